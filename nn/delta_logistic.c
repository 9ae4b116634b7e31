/* SPDX-License-Identifier: MIT */
/* The convention logistic: delta^(L) = a - y, Theta^(l) from layer l to layer l + 1. */
#include "delta_internal.h"

#include <math.h>
#include <string.h>

typedef nn_logistic_layer layer_of;

/* ---------------------------------------------------------------------------------- what it knows */

static nn_status check_targets(const nn_logistic_net *net, const double *y, nn_error *error)
{
    double sum = 0;
    for (size_t k = 0; k < net->layer[net->layers - 1].units; k++) sum += y[k];
    if (net->cost != NN_SOFTMAX_CROSS_ENTROPY || fabs(sum - 1) <= 1e-12) return NN_OK;
    return nn_fail(error, NN_ERR_ARGUMENT,
                   "the convention logistic: with softmax_cross_entropy the targets must add up to 1, not %.6g", sum);
}

static nn_status check(const nn_logistic_net *net, const double *y, nn_error *error)
{
    nn_status status = nn_check_plain_depth(NN_LOGISTIC, net->layers > 0 ? net->layers - 1 : 0, error);
    if (status != NN_OK) return status;
    const layer_of *output = &net->layer[net->layers - 1];
    status = nn_check_plain_cost(NN_LOGISTIC, net->cost, output->activation, error);
    if (status == NN_OK && output->skip > 0 && net->cost != NN_HALF_SUM_OF_SQUARES)
        status = nn_fail(error, NN_ERR_ARGUMENT, "the convention logistic: a skip connection to the output of a %s",
                         nn_cost_name(net->cost));
    for (size_t l = 1; status == NN_OK && l <= net->layers; l++) {
        const layer_of *at = &net->layer[l - 1];
        const bool is_plain = l == 1 || (at == output && at->activation == NN_SOFTMAX);
        const nn_layer layer = {at->units, is_plain ? NN_IDENTITY : at->activation, 0, false, l > 1 ? at->skip : 0};
        status =
            nn_check_plain_layer(NN_LOGISTIC, l, &layer, at->skip < l ? net->layer[l - 1 - at->skip].units : 0, error);
    }
    return status == NN_OK ? check_targets(net, y, error) : status;
}

/* ------------------------------------------------------------------------------------ forward */

/* theta^(l)_{ij} stands at theta[i * columns + bias_unit + j]. */
static size_t columns_of(const layer_of *layer) { return layer->bias_unit + layer->units; }

static void weigh(const layer_of *from, layer_of *to)
{
    for (size_t i = 0; i < to->units; i++) {
        const double *theta = from->theta + i * columns_of(from);
        double z = from->bias_unit ? theta[0] * 1 : 0;
        for (size_t j = 0; j < from->units; j++) z += theta[from->bias_unit + j] * from->a[j];
        to->z[i] = z;
    }
}

static void softmax(layer_of *layer)
{
    double largest = layer->z[0], sum = 0;
    for (size_t k = 1; k < layer->units; k++)
        if (layer->z[k] > largest) largest = layer->z[k];
    for (size_t k = 0; k < layer->units; k++) sum += layer->a[k] = exp(layer->z[k] - largest);
    for (size_t k = 0; k < layer->units; k++) layer->a[k] /= sum;
}

static void activate(layer_of *layer, const layer_of *skipped)
{
    for (size_t i = 0; i < layer->units; i++) {
        layer->a[i] = nn_activation_value(layer->activation, layer->alpha, layer->z[i]);
        if (skipped != NULL) layer->a[i] += skipped->a[i];
    }
}

static const layer_of *skipped_by(const layer_of *layer) { return layer->skip > 0 ? layer - layer->skip : NULL; }

static void forward(nn_logistic_net *net, const double *x)
{
    memcpy(net->layer[0].a, x, net->layer[0].units * sizeof *x);
    for (size_t l = 2; l <= net->layers; l++) {
        layer_of *layer = &net->layer[l - 1];
        weigh(layer - 1, layer);
        if (layer->activation == NN_SOFTMAX) softmax(layer);
        else activate(layer, skipped_by(layer));
    }
}

/* --------------------------------------------------------------------------------------- cost */

/* -log of a sigmoid, and -log of the other outcome, from z: softplus(-z) and softplus(z). */
static double minus_log_sigmoid(double z) { return (z < 0 ? -z : 0) + log1p(exp(-fabs(z))); }

static double log_sum_exp(const double *z, size_t n)
{
    double largest = z[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        if (z[k] > largest) largest = z[k];
    for (size_t k = 0; k < n; k++) sum += exp(z[k] - largest);
    return largest + log(sum);
}

static double cost_of(nn_cost cost, const layer_of *output, const double *y)
{
    double c = 0;
    const double log_sum = cost == NN_SOFTMAX_CROSS_ENTROPY ? log_sum_exp(output->z, output->units) : 0;
    for (size_t k = 0; k < output->units; k++) {
        const double z = output->z[k], a = output->a[k];
        if (cost == NN_BINARY_CROSS_ENTROPY) c += y[k] * minus_log_sigmoid(z) + (1 - y[k]) * minus_log_sigmoid(-z);
        else if (cost == NN_SOFTMAX_CROSS_ENTROPY) c += y[k] * (log_sum - z);
        else c += 0.5 * (a - y[k]) * (a - y[k]);
    }
    return c;
}

/* ------------------------------------------------------------------------------------ backward */

/* delta^(L) = a^(L) - y; a cost of squares also has it as dC/da^(L), which a skip connection hands on. */
static void output_delta(nn_logistic_net *net, const double *y)
{
    layer_of *output = &net->layer[net->layers - 1];
    for (size_t k = 0; k < output->units; k++) {
        output->delta[k] = output->a[k] - y[k];
        output->da[k] = net->cost == NN_HALF_SUM_OF_SQUARES ? output->delta[k] : 0;
    }
}

/* (Theta^(l))^T delta^(l+1), beside what skip connections brought. */
static void hand_back(layer_of *layer, const layer_of *next)
{
    for (size_t j = 0; j < layer->units; j++) {
        double sum = 0;
        for (size_t i = 0; i < next->units; i++)
            sum += layer->theta[i * columns_of(layer) + layer->bias_unit + j] * next->delta[i];
        layer->da[j] += sum;
    }
}

static void hidden_delta(layer_of *layer)
{
    for (size_t j = 0; j < layer->units; j++)
        layer->delta[j] = layer->da[j] * nn_activation_slope(layer->activation, layer->alpha, layer->z[j]);
}

static void hand_to_skipped(const layer_of *layer)
{
    if (layer->skip == 0) return;
    for (size_t j = 0; j < layer->units; j++) (layer - layer->skip)->da[j] += layer->da[j];
}

/* dC/dtheta^(l)_{ij} = delta^(l+1)_i a^(l)_j, a^(l)_0 = 1. */
static void gradient(const layer_of *layer, const layer_of *next)
{
    for (size_t i = 0; i < next->units; i++) {
        double *row = layer->dtheta + i * columns_of(layer);
        if (layer->bias_unit) *row++ = next->delta[i] * 1;
        for (size_t j = 0; j < layer->units; j++) row[j] = next->delta[i] * layer->a[j];
    }
}

static void backward(nn_logistic_net *net, const double *y)
{
    for (size_t l = 1; l < net->layers; l++) memset(net->layer[l - 1].da, 0, net->layer[l - 1].units * sizeof(double));
    output_delta(net, y);
    for (size_t l = net->layers; l > 1; l--) {
        layer_of *layer = &net->layer[l - 1];
        if (l < net->layers) hidden_delta(layer);
        hand_to_skipped(layer);
        hand_back(layer - 1, layer);
        gradient(layer - 1, layer);
    }
}

/* --------------------------------------------------------------------------------------- paths */

static size_t sum_of_counts(size_t a, size_t b) { return a + b > NN_MOST_PATHS ? NN_MOST_PATHS + 1 : a + b; }

static size_t product_of_counts(size_t a, size_t b)
{
    return a > 0 && b > NN_MOST_PATHS / a ? NN_MOST_PATHS + 1 : a * b;
}

static void count_paths(nn_logistic_net *net)
{
    for (size_t l = net->layers; l >= 1; l--) {
        layer_of *layer = &net->layer[l - 1];
        layer->paths = l == net->layers ? 1 : product_of_counts(layer[1].units, layer[1].paths);
        for (size_t m = l + 1; m <= net->layers; m++)
            if (net->layer[m - 1].skip == m - l) layer->paths = sum_of_counts(layer->paths, net->layer[m - 1].paths);
    }
}

nn_status nn_delta_logistic(nn_logistic_net *net, const double *x, const double *y, nn_error *error)
{
    const nn_status status = check(net, y, error);
    if (status != NN_OK) return status;
    forward(net, x);
    net->C = cost_of(net->cost, &net->layer[net->layers - 1], y);
    backward(net, y);
    count_paths(net);
    return NN_OK;
}
