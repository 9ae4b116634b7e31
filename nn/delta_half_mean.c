/* SPDX-License-Identifier: MIT */
/* The convention half-mean: the four equations BP1 to BP4, and the demon. */
#include "delta_internal.h"

#include <string.h>

typedef nn_half_mean_layer layer_of;

static nn_status check(const nn_half_mean_net *net, size_t n, nn_error *error)
{
    nn_status status = nn_check_plain_depth(NN_HALF_MEAN, net->layers, error);
    if (status == NN_OK)
        status = nn_check_plain_cost(NN_HALF_MEAN, net->cost, net->layer[net->layers].activation, error);
    if (status == NN_OK && n == 0) status = nn_fail(error, NN_ERR_ARGUMENT, "the convention half-mean: no samples");
    for (size_t l = 1; status == NN_OK && l <= net->layers; l++) {
        const layer_of *at = &net->layer[l];
        const nn_layer layer = {at->width, at->activation, 0, false, at->skip};
        status =
            nn_check_plain_layer(NN_HALF_MEAN, l, &layer, at->skip <= l ? net->layer[l - at->skip].width : 0, error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------ forward */

/* z^l_j = sum_k w^l_{jk} a^{l-1}_k + b^l_j, to which a demon may add; a^l_j = sigma(z^l_j). */
static void forward(layer_of *layer, const layer_of *before)
{
    for (size_t j = 0; j < layer->width; j++) {
        double z = 0;
        for (size_t k = 0; k < before->width; k++) z += layer->w[j * before->width + k] * before->a[k];
        if (layer->b != NULL) z += layer->b[j];
        if (layer->demon != NULL) z += layer->demon[j];
        layer->z[j] = z;
        layer->a[j] = nn_activation_value(layer->activation, layer->alpha, z);
        if (layer->skip > 0) layer->a[j] += (layer - layer->skip)->a[j];
    }
}

/* What a cost of squares is to sum_j (y_j - a_j)^2. */
static double share_of_squares(nn_cost cost, size_t outputs)
{
    return cost == NN_HALF_SUM_OF_SQUARES ? 0.5 : cost == NN_MEAN_OF_SQUARES ? 1 / (double)outputs : 1;
}

static double cost_of(nn_cost cost, const layer_of *output, const double *y)
{
    double sum = 0;
    for (size_t j = 0; j < output->width; j++) sum += (y[j] - output->a[j]) * (y[j] - output->a[j]);
    return share_of_squares(cost, output->width) * sum;
}

/* ---------------------------------------------------------------------------- the four equations */

static double slope(const layer_of *layer, size_t j)
{
    return nn_activation_slope(layer->activation, layer->alpha, layer->z[j]);
}

/* delta^L = grad_a C (.) sigma'(z^L) */
static void bp1(nn_cost cost, layer_of *output, const double *y)
{
    const double factor = 2 * share_of_squares(cost, output->width);
    for (size_t j = 0; j < output->width; j++) {
        output->da[j] = factor * (output->a[j] - y[j]);
        output->delta[j] = output->da[j] * slope(output, j);
    }
}

/* The bracket of BP2: (w^{l+1})^T delta^{l+1}. */
static void bracket(layer_of *layer, const layer_of *next)
{
    for (size_t j = 0; j < layer->width; j++) {
        double sum = 0;
        for (size_t k = 0; k < next->width; k++) sum += next->w[k * layer->width + j] * next->delta[k];
        layer->da[j] += sum;
    }
}

/* delta^l = ((w^{l+1})^T delta^{l+1}) (.) sigma'(z^l) */
static void bp2(layer_of *layer, const layer_of *next)
{
    bracket(layer, next);
    for (size_t j = 0; j < layer->width; j++) layer->delta[j] = layer->da[j] * slope(layer, j);
}

static void hand_to_skipped(const layer_of *layer)
{
    if (layer->skip == 0) return;
    for (size_t j = 0; j < layer->width; j++) (layer - layer->skip)->da[j] += layer->da[j];
}

/* dC/db^l_j = delta^l_j */
static void bp3(layer_of *layer)
{
    for (size_t j = 0; layer->db != NULL && j < layer->width; j++) layer->db[j] += layer->delta[j];
}

/* dC/dw^l_{jk} = a^{l-1}_k delta^l_j */
static void bp4(layer_of *layer, const layer_of *before)
{
    for (size_t j = 0; j < layer->width; j++)
        for (size_t k = 0; k < before->width; k++) layer->dw[j * before->width + k] += before->a[k] * layer->delta[j];
}

static void backward(nn_half_mean_net *net, const double *y)
{
    for (size_t l = 0; l < net->layers; l++) memset(net->layer[l].da, 0, net->layer[l].width * sizeof(double));
    for (size_t l = net->layers; l >= 1; l--) {
        layer_of *layer = &net->layer[l];
        if (l == net->layers) bp1(net->cost, layer, y);
        else bp2(layer, layer + 1);
        hand_to_skipped(layer);
        bp3(layer);
        bp4(layer, layer - 1);
    }
    bracket(&net->layer[0], &net->layer[1]);
}

/* ------------------------------------------------------------------------------------ samples */

static void clear(nn_half_mean_net *net)
{
    net->C = 0;
    for (size_t l = 1; l <= net->layers; l++) {
        layer_of *layer = &net->layer[l];
        memset(layer->dw, 0, layer->width * layer[-1].width * sizeof(double));
        if (layer->db != NULL) memset(layer->db, 0, layer->width * sizeof(double));
    }
}

/* C = 1/n sum_x C_x. */
static void average(nn_half_mean_net *net, size_t n)
{
    net->C /= (double)n;
    for (size_t l = 1; l <= net->layers; l++) {
        layer_of *layer = &net->layer[l];
        for (size_t k = 0; k < layer->width * layer[-1].width; k++) layer->dw[k] /= (double)n;
        for (size_t j = 0; layer->db != NULL && j < layer->width; j++) layer->db[j] /= (double)n;
    }
}

nn_status nn_delta_half_mean(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    const nn_status status = check(net, n, error);
    if (status != NN_OK) return status;
    layer_of *input = &net->layer[0], *output = &net->layer[net->layers];
    clear(net);
    for (size_t i = 0; i < n; i++) {
        memcpy(input->a, x + i * input->width, input->width * sizeof *x);
        for (size_t l = 1; l <= net->layers; l++) forward(&net->layer[l], &net->layer[l - 1]);
        net->C += cost_of(net->cost, output, y + i * output->width);
        backward(net, y + i * output->width);
    }
    average(net, n);
    return NN_OK;
}
