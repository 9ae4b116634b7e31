/* SPDX-License-Identifier: MIT */
/* From a network's arrays to those of a convention, through its closed form, and back. */
#include "delta_internal.h"

/* The next `count` doubles of the scratch. */
static double *take(double **scratch, size_t count)
{
    double *next = *scratch;
    *scratch += count;
    return next;
}

static double *or_null(double *array, size_t count) { return count > 0 ? array : NULL; }

/* ------------------------------------------------------------------------------------ logistic */

/* Theta of the note stands with the layer that it leads from, the biases before the weights in each row. */
static void give_theta(nn_logistic_layer *from, const layer_numbers *to, double **scratch)
{
    double *theta = take(scratch, to->weights + to->biases);
    from->bias_unit = to->biases > 0;
    from->theta = theta;
    from->dtheta = take(scratch, to->weights + to->biases);
    for (size_t i = 0; i < to->width; i++) {
        if (from->bias_unit) *theta++ = to->b[i];
        for (size_t j = 0; j < from->units; j++) *theta++ = to->w[i * from->units + j];
    }
}

static void take_dtheta(const nn_logistic_layer *from, layer_numbers *to)
{
    const double *dtheta = from->dtheta;
    for (size_t i = 0; i < to->width; i++) {
        if (from->bias_unit) to->db[i] = *dtheta++;
        for (size_t j = 0; j < from->units; j++) to->dw[i * from->units + j] = *dtheta++;
    }
}

static nn_status by_logistic(numbers *n, const nn_closed_forms *forms, nn_error *error)
{
    const size_t depth = n->depth;
    nn_logistic_layer *layer = nn_allocate(&n->allocator, depth + 1, sizeof *layer);
    if (layer == NULL) return nn_fail_memory(error);
    double *scratch = n->scratch;
    for (size_t l = 0; l <= depth; l++) {
        const layer_numbers *m = &n->layer[l];
        layer[l].units = m->width;
        layer[l].a = m->a;
        layer[l].da = m->da;
        if (l < depth) give_theta(&layer[l], &n->layer[l + 1], &scratch);
        if (l == 0) continue;
        layer[l].activation = n->shape->layers[l - 1].activation;
        layer[l].alpha = n->shape->layers[l - 1].alpha;
        layer[l].skip = n->shape->layers[l - 1].skip;
        layer[l].z = m->z;
        layer[l].delta = m->delta;
    }
    nn_logistic_net net = {depth + 1, layer, n->shape->cost, 0};
    const nn_status status =
        (forms != NULL && forms->logistic != NULL ? forms->logistic : nn_delta_logistic)(&net, n->x, n->y, error);
    for (size_t l = 0; l < depth; l++) take_dtheta(&layer[l], &n->layer[l + 1]);
    n->cost = net.C;
    nn_release(&n->allocator, layer, depth + 1, sizeof *layer);
    return status;
}

/* ------------------------------------------------------------------------- squared, half-mean */

static nn_status by_squared(numbers *n, const nn_closed_forms *forms, nn_error *error)
{
    const size_t depth = n->depth;
    nn_squared_layer *layer = nn_allocate(&n->allocator, depth + 1, sizeof *layer);
    if (layer == NULL) return nn_fail_memory(error);
    layer[0] = (nn_squared_layer){.width = n->layer[0].width, .a = n->layer[0].a, .da = n->layer[0].da};
    for (size_t l = 1; l <= depth; l++) {
        const layer_numbers *m = &n->layer[l];
        const nn_layer *f = &n->shape->layers[l - 1];
        layer[l] = (nn_squared_layer){m->width, f->activation, f->alpha, f->skip, m->w,  or_null(m->b, m->biases),
                                      m->z,     m->delta,      m->a,     m->da,   m->dw, or_null(m->db, m->biases)};
    }
    nn_squared_net net = {depth, layer, 0};
    const nn_status status =
        (forms != NULL && forms->squared != NULL ? forms->squared : nn_delta_squared)(&net, n->x, n->y, 1, error);
    n->cost = net.J;
    nn_release(&n->allocator, layer, depth + 1, sizeof *layer);
    return status;
}

static nn_status by_half_mean(numbers *n, const nn_closed_forms *forms, nn_error *error)
{
    const size_t depth = n->depth;
    nn_half_mean_layer *layer = nn_allocate(&n->allocator, depth + 1, sizeof *layer);
    if (layer == NULL) return nn_fail_memory(error);
    layer[0] = (nn_half_mean_layer){.width = n->layer[0].width, .a = n->layer[0].a, .da = n->layer[0].da};
    for (size_t l = 1; l <= depth; l++) {
        const layer_numbers *m = &n->layer[l];
        const nn_layer *f = &n->shape->layers[l - 1];
        layer[l] = (nn_half_mean_layer){.width = m->width,
                                        .activation = f->activation,
                                        .alpha = f->alpha,
                                        .skip = f->skip,
                                        .w = m->w,
                                        .b = or_null(m->b, m->biases),
                                        .z = m->z,
                                        .delta = m->delta,
                                        .a = m->a,
                                        .da = m->da,
                                        .dw = m->dw,
                                        .db = or_null(m->db, m->biases)};
    }
    nn_half_mean_net net = {depth, layer, n->shape->cost, 0};
    const nn_status status =
        (forms != NULL && forms->half_mean != NULL ? forms->half_mean : nn_delta_half_mean)(&net, n->x, n->y, 1, error);
    n->cost = net.C;
    nn_release(&n->allocator, layer, depth + 1, sizeof *layer);
    return status;
}

/* ------------------------------------------------------------------------------ row-minus-bias */

/* W_k is w^T, b_k is -b. */
static nn_row_layer row_layer(const layer_numbers *m, const nn_layer *f, double **scratch)
{
    const size_t in = m->weights / m->width;
    double *W = take(scratch, m->weights), *b = take(scratch, m->biases);
    for (size_t j = 0; j < m->width; j++)
        for (size_t i = 0; i < in; i++) W[i * m->width + j] = m->w[j * in + i];
    for (size_t j = 0; j < m->biases; j++) b[j] = -m->b[j];
    return (nn_row_layer){.width = m->width,
                          .activation = f->activation,
                          .alpha = f->alpha,
                          .W = W,
                          .b = or_null(b, m->biases),
                          .z = m->z,
                          .output = m->a,
                          .slope = take(scratch, m->width),
                          .slope_of_output = take(scratch, m->width),
                          .dE_dW = take(scratch, m->weights),
                          .dE_db = take(scratch, m->width)};
}

static void take_from_row_layer(const nn_row_layer *layer, layer_numbers *m)
{
    const size_t in = m->weights / m->width;
    for (size_t j = 0; j < m->width; j++)
        for (size_t i = 0; i < in; i++) m->dw[j * in + i] = layer->dE_dW[i * m->width + j];
    for (size_t j = 0; j < m->width; j++) m->delta[j] = -layer->dE_db[j];
    for (size_t j = 0; j < m->biases; j++) m->db[j] = -layer->dE_db[j];
}

static nn_status by_row_minus_bias(numbers *n, const nn_closed_forms *forms, nn_error *error)
{
    const size_t depth = n->depth;
    nn_row_layer *layer = nn_allocate(&n->allocator, depth, sizeof *layer);
    if (layer == NULL) return nn_fail_memory(error);
    double *scratch = n->scratch;
    for (size_t l = 1; l <= depth; l++) layer[l - 1] = row_layer(&n->layer[l], &n->shape->layers[l - 1], &scratch);
    nn_row_net net = {n->layer[0].width, depth, layer, n->layer[0].da, 0};
    const nn_status status =
        (forms != NULL && forms->row_minus_bias != NULL ? forms->row_minus_bias : nn_delta_row_minus_bias)(&net, n->x,
                                                                                                           n->y, error);
    for (size_t l = 1; l <= depth; l++) take_from_row_layer(&layer[l - 1], &n->layer[l]);
    n->cost = net.E;
    nn_release(&n->allocator, layer, depth, sizeof *layer);
    return status;
}

nn_status nn_numbers_by_form(numbers *n, nn_convention convention, const nn_closed_forms *forms, nn_error *error)
{
    switch (convention) {
    case NN_LOGISTIC: return by_logistic(n, forms, error);
    case NN_SQUARED: return by_squared(n, forms, error);
    case NN_HALF_MEAN: return by_half_mean(n, forms, error);
    case NN_ROW_MINUS_BIAS: return by_row_minus_bias(n, forms, error);
    case NN_PER_NEURON: return nn_numbers_per_neuron(n, forms, error);
    }
    return nn_fail(error, NN_ERR_ARGUMENT, "there is no convention number %d", (int)convention);
}
