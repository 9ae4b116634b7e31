/* SPDX-License-Identifier: MIT */
/* The convention squared: the wishes of each sample, and of a batch as their mean; the factor 2 stays. */
#include "delta_internal.h"

#include <string.h>

typedef nn_squared_layer layer_of;

static nn_status check(const nn_squared_net *net, size_t m, nn_error *error)
{
    nn_status status = nn_check_plain_depth(NN_SQUARED, net->layers, error);
    if (status == NN_OK && m == 0)
        status = nn_fail(error, NN_ERR_ARGUMENT, "the convention squared: a batch of no samples");
    for (size_t l = 1; status == NN_OK && l <= net->layers; l++) {
        const layer_of *at = &net->layer[l];
        const nn_layer layer = {at->width, at->activation, 0, false, at->skip};
        status = nn_check_plain_layer(NN_SQUARED, l, &layer, at->skip <= l ? net->layer[l - at->skip].width : 0, error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------ forward */

/* z^[l] = W^[l] a^[l-1] + b^[l],  a^[l] = g(z^[l]). */
static void forward(layer_of *layer, const layer_of *before)
{
    for (size_t j = 0; j < layer->width; j++) {
        double z = layer->b != NULL ? layer->b[j] : 0;
        for (size_t k = 0; k < before->width; k++) z += layer->W[j * before->width + k] * before->a[k];
        layer->z[j] = z;
        layer->a[j] = nn_activation_value(layer->activation, layer->alpha, z);
        if (layer->skip > 0) layer->a[j] += (layer - layer->skip)->a[j];
    }
}

/* C_0 = sum_j (a^[L]_j - y_j)^2 */
static double cost_of(const layer_of *output, const double *y)
{
    double c = 0;
    for (size_t j = 0; j < output->width; j++) c += (output->a[j] - y[j]) * (output->a[j] - y[j]);
    return c;
}

/* ----------------------------------------------------------------------------------- backward */

/* da^[L] = 2 (a^[L] - y); the other layers have received nothing yet. */
static void output_wishes(nn_squared_net *net, const double *y)
{
    for (size_t l = 0; l < net->layers; l++) memset(net->layer[l].da, 0, net->layer[l].width * sizeof(double));
    layer_of *output = &net->layer[net->layers];
    for (size_t j = 0; j < output->width; j++) output->da[j] = 2 * (output->a[j] - y[j]);
}

/* From da^[l]: dz^[l], then dW^[l] and db^[l], to which this sample's are added, and da^[l-1]. */
static void backward(layer_of *layer, layer_of *before)
{
    for (size_t j = 0; j < layer->width; j++) {
        layer->dz[j] = layer->da[j] * nn_activation_slope(layer->activation, layer->alpha, layer->z[j]);
        if (layer->db != NULL) layer->db[j] += layer->dz[j];
        if (layer->skip > 0) (layer - layer->skip)->da[j] += layer->da[j];
    }
    for (size_t j = 0; j < layer->width; j++)
        for (size_t k = 0; k < before->width; k++) layer->dW[j * before->width + k] += layer->dz[j] * before->a[k];
    for (size_t k = 0; k < before->width; k++) {
        double sum = 0;
        for (size_t j = 0; j < layer->width; j++) sum += layer->W[j * before->width + k] * layer->dz[j];
        before->da[k] += sum;
    }
}

/* --------------------------------------------------------------------------------------- batch */

static void clear(nn_squared_net *net)
{
    net->J = 0;
    for (size_t l = 1; l <= net->layers; l++) {
        layer_of *layer = &net->layer[l];
        memset(layer->dW, 0, layer->width * layer[-1].width * sizeof(double));
        if (layer->db != NULL) memset(layer->db, 0, layer->width * sizeof(double));
    }
}

/* 1/m of the sum. */
static void average(nn_squared_net *net, size_t m)
{
    net->J /= (double)m;
    for (size_t l = 1; l <= net->layers; l++) {
        layer_of *layer = &net->layer[l];
        for (size_t k = 0; k < layer->width * layer[-1].width; k++) layer->dW[k] /= (double)m;
        for (size_t j = 0; layer->db != NULL && j < layer->width; j++) layer->db[j] /= (double)m;
    }
}

nn_status nn_delta_squared(nn_squared_net *net, const double *x, const double *y, size_t m, nn_error *error)
{
    const nn_status status = check(net, m, error);
    if (status != NN_OK) return status;
    layer_of *input = &net->layer[0], *output = &net->layer[net->layers];
    clear(net);
    for (size_t i = 0; i < m; i++) {
        memcpy(input->a, x + i * input->width, input->width * sizeof *x);
        for (size_t l = 1; l <= net->layers; l++) forward(&net->layer[l], &net->layer[l - 1]);
        net->J += cost_of(output, y + i * output->width);
        output_wishes(net, y + i * output->width);
        for (size_t l = net->layers; l >= 1; l--) backward(&net->layer[l], &net->layer[l - 1]);
    }
    average(net, m);
    return NN_OK;
}
