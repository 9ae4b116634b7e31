/* SPDX-License-Identifier: MIT */
/* The convention row-minus-bias: row vectors, x_k W_k - b_k, and the recursion over dE/db. */
#include "delta_internal.h"

typedef nn_row_layer layer_of;

static nn_status check(const nn_row_net *net, nn_error *error)
{
    nn_status status = nn_check_plain_depth(NN_ROW_MINUS_BIAS, net->layers, error);
    if (status == NN_OK && net->inputs == 0)
        status = nn_fail(error, NN_ERR_ARGUMENT, "the convention row-minus-bias: no inputs");
    for (size_t k = 1; status == NN_OK && k <= net->layers; k++) {
        const nn_layer layer = {net->layer[k - 1].width, net->layer[k - 1].activation, 0, false, 0};
        status = nn_check_plain_layer(NN_ROW_MINUS_BIAS, k, &layer, 0, error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------ forward */

/* z = x_k W_k - b_k, where x_k is a row of `in` numbers and W_k is in x out; x_{k+1} = f(z). */
static void forward(const layer_of *layer, const double *x, size_t in)
{
    for (size_t j = 0; j < layer->width; j++) {
        double z = 0;
        for (size_t i = 0; i < in; i++) z += x[i] * layer->W[i * layer->width + j];
        if (layer->b != NULL) z -= layer->b[j];
        layer->z[j] = z;
        layer->output[j] = nn_activation_value(layer->activation, layer->alpha, z);
        layer->slope[j] = nn_activation_slope(layer->activation, layer->alpha, z);
        layer->slope_of_output[j] = nn_activation_slope_of_output(layer->activation, layer->alpha, layer->output[j]);
    }
}

/* E = 1/2 |yhat - y|^2 */
static double error_of(const layer_of *last, const double *y)
{
    double sum = 0;
    for (size_t j = 0; j < last->width; j++) sum += (last->output[j] - y[j]) * (last->output[j] - y[j]);
    return sum / 2;
}

/* ----------------------------------------------------------------------------------- backward */

/* dE/db_l = -(yhat - y) (.) f' */
static void last_bias(const layer_of *last, const double *y)
{
    for (size_t j = 0; j < last->width; j++) last->dE_db[j] = -(last->output[j] - y[j]) * last->slope[j];
}

/* The row dE/db_{k+1} W_{k+1}^T. */
static void times_transposed(double *row, const layer_of *layer, size_t in)
{
    for (size_t i = 0; i < in; i++) {
        row[i] = 0;
        for (size_t j = 0; j < layer->width; j++) row[i] += layer->dE_db[j] * layer->W[i * layer->width + j];
    }
}

/* dE/db_k = (dE/db_{k+1} W_{k+1}^T) (.) f' */
static void hidden_bias(const layer_of *layer, const layer_of *next)
{
    times_transposed(layer->dE_db, next, layer->width);
    for (size_t j = 0; j < layer->width; j++) layer->dE_db[j] *= layer->slope[j];
}

/* dE/dW_k = -x_k^T dE/db_k */
static void weights(const layer_of *layer, const double *x, size_t in)
{
    for (size_t i = 0; i < in; i++)
        for (size_t j = 0; j < layer->width; j++) layer->dE_dW[i * layer->width + j] = -x[i] * layer->dE_db[j];
}

nn_status nn_delta_row_minus_bias(nn_row_net *net, const double *x, const double *y, nn_error *error)
{
    const nn_status status = check(net, error);
    if (status != NN_OK) return status;
    layer_of *layers = net->layer, *last = layers + net->layers - 1;
    for (layer_of *layer = layers; layer <= last; layer++)
        if (layer == layers) forward(layer, x, net->inputs);
        else forward(layer, layer[-1].output, layer[-1].width);
    net->E = error_of(last, y);

    last_bias(last, y);
    for (layer_of *layer = last; layer > layers; layer--) hidden_bias(layer - 1, layer);

    weights(layers, x, net->inputs);
    for (layer_of *layer = layers + 1; layer <= last; layer++) weights(layer, layer[-1].output, layer[-1].width);
    if (net->dE_dx == NULL) return NN_OK;
    times_transposed(net->dE_dx, layers, net->inputs);
    for (size_t i = 0; i < net->inputs; i++) net->dE_dx[i] = -net->dE_dx[i];
    return NN_OK;
}
