/* SPDX-License-Identifier: MIT */
/* The four equations as products of matrices and vectors, layer by layer. */
#include "lesson_equations.h"

#include <stdlib.h>

const double *on_tape(const delta_view *v, nn_tensor tensor, size_t l)
{
    return v->report.layer[l].tensor[tensor].tape;
}

const double *activations_on_tape(const delta_view *v, size_t l) { return l == 0 ? v->x : on_tape(v, NN_TENSOR_A, l); }

static double factor_of(const delta_view *v)
{
    switch (nn_mlp_shape(v->net)->cost) {
    case NN_SUM_OF_SQUARES: return 2;
    case NN_MEAN_OF_SQUARES: return 2 / (double)nn_mlp_outputs(v->net);
    default: return 1;
    }
}

static double *vector(size_t n) { return resized(NULL, n, sizeof(double)); }

/* (w^l)ᵀ δ^l */
static void multiply_transposed(double *to, const delta_view *v, size_t l, const double *delta)
{
    for (size_t k = 0; k < width_at(v, l - 1); k++) {
        to[k] = 0;
        for (size_t j = 0; j < width_at(v, l); j++) to[k] += weight_of(v, l, j, k) * delta[j];
    }
}

static void find_bracket(equations *e, size_t l)
{
    const delta_view *v = e->view;
    const size_t n = width_at(v, l);
    equations_layer *here = &e->layer[l];
    here->bracket = vector(n);
    here->weighted = vector(n);
    if (l < e->depth) multiply_transposed(here->weighted, v, l + 1, e->layer[l + 1].delta);
    for (size_t j = 0; j < n; j++)
        here->bracket[j] = l < e->depth ? here->weighted[j] : e->factor * (on_tape(v, NN_TENSOR_A, l)[j] - v->y[j]);
    for (size_t m = l + 1; m <= e->depth; m++)
        for (size_t j = 0; layer_of(v, m)->skip == m - l && j < n; j++) here->bracket[j] += e->layer[m].bracket[j];
}

static void find_layer(equations *e, size_t l)
{
    const delta_view *v = e->view;
    const nn_layer *layer = layer_of(v, l);
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    equations_layer *here = &e->layer[l];
    find_bracket(e, l);
    here->slope = vector(n);
    here->delta = vector(n);
    here->outer = vector(n * in);
    for (size_t j = 0; j < n; j++) {
        here->slope[j] = nn_activation_slope(layer->activation, layer->alpha, on_tape(v, NN_TENSOR_Z, l)[j]);
        here->delta[j] = here->bracket[j] * here->slope[j];
        for (size_t k = 0; k < in; k++) here->outer[j * in + k] = activations_on_tape(v, l - 1)[k] * here->delta[j];
    }
}

void equations_make(equations *e, const delta_view *v)
{
    *e = (equations){.view = v, .depth = depth_of(v), .factor = factor_of(v)};
    e->layer = resized(NULL, e->depth + 1, sizeof *e->layer);
    e->layer[0] = (equations_layer){0};
    for (size_t l = e->depth; l >= 1; l--) find_layer(e, l);
}

void equations_free(equations *e)
{
    for (size_t l = 1; l <= e->depth; l++) {
        free(e->layer[l].slope);
        free(e->layer[l].bracket);
        free(e->layer[l].weighted);
        free(e->layer[l].delta);
        free(e->layer[l].outer);
    }
    free(e->layer);
}

static void compare_tensor(comparison *c, const delta_view *v, nn_tensor tensor, size_t l, const double *ours)
{
    const nn_tensor_check *t = &v->report.layer[l].tensor[tensor];
    compare(c, ours, t->tape, t->rows * t->columns, t->allowed);
}

void compare_equations(comparison *c, const equations *e)
{
    for (size_t l = 1; l <= e->depth; l++) {
        compare_tensor(c, e->view, NN_TENSOR_DELTA, l, e->layer[l].delta);
        compare_tensor(c, e->view, NN_TENSOR_DW, l, e->layer[l].outer);
        if (has_biases(e->view, l)) compare_tensor(c, e->view, NN_TENSOR_DB, l, e->layer[l].delta);
    }
}
