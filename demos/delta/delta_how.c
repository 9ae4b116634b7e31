/* SPDX-License-Identifier: MIT */
/* How each number comes of others, with their values put in. */
#include "delta_view.h"
#include "command.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>

/* Numbers in the middle of a formula are for recognising them. */
static void put_number(FILE *to, const delta_view *v, double x)
{
    enum { ENOUGH = 4 };
    char shown[NUMBER_SIZE];
    fputs(show_number(shown, x, v->digits < ENOUGH ? v->digits : ENOUGH), to);
}

void put_operand(FILE *to, const delta_view *v, double x)
{
    const bool in_parentheses = x < 0;
    if (in_parentheses) fputc('(', to);
    put_number(to, v, x);
    if (in_parentheses) fputc(')', to);
}

/* " + b", " - b" */
static void put_added(FILE *to, const delta_view *v, double x)
{
    fputs(x < 0 ? " - " : " + ", to);
    put_number(to, v, fabs(x));
}

/* ---------------------------------------------------------------------------------- sums of products */

typedef double (*factor)(const delta_view *v, size_t l, size_t j, size_t k);

/* first(k) second(k) for k = 0 .. n - 1, of a long sum the ends. */
static void put_sum(FILE *to, const delta_view *v, size_t n, size_t l, size_t j, factor first, factor second)
{
    enum { MOST = 3 };
    for (size_t k = 0; k < n; k++) {
        if (n > MOST && k == 1) {
            fputs(" + …", to);
            k = n - 1;
        }
        if (k > 0) fputs(" + ", to);
        if (k == 0) put_number(to, v, first(v, l, j, k));
        else put_operand(to, v, first(v, l, j, k));
        fputs("·", to);
        put_operand(to, v, second(v, l, j, k));
    }
}

static double weight_in(const delta_view *v, size_t l, size_t j, size_t k) { return weight_of(v, l, j, k); }
static double input_in(const delta_view *v, size_t l, size_t j, size_t k)
{
    (void)j;
    return a_of(v, l - 1, k);
}

/* For the way back, j is a unit of layer l - 1 and k one of layer l. */
static double weight_back(const delta_view *v, size_t l, size_t j, size_t k) { return weight_of(v, l, k, j); }
static double delta_back(const delta_view *v, size_t l, size_t j, size_t k)
{
    (void)j;
    return as_noted(v, NN_TENSOR_DELTA, delta_of(v, l, k));
}

static void put_weighted_deltas(FILE *to, const delta_view *v, size_t l, size_t j)
{
    const bool delta_first = v->convention == NN_PER_NEURON || v->convention == NN_ROW_MINUS_BIAS;
    put_sum(to, v, width_at(v, l), l, j, delta_first ? delta_back : weight_back,
            delta_first ? weight_back : delta_back);
}

/* ------------------------------------------------------------------------------------------ forward */

static void put_z(FILE *to, const delta_view *v, size_t l, size_t j)
{
    const bool input_first = v->convention == NN_ROW_MINUS_BIAS;
    put_sum(to, v, width_at(v, l - 1), l, j, input_first ? input_in : weight_in, input_first ? weight_in : input_in);
    if (!has_biases(v, l)) return;
    const double b = bias_of(v, l, j);
    if (v->convention != NN_ROW_MINUS_BIAS) put_added(to, v, b);
    else {
        fputs(" - ", to);
        put_operand(to, v, -b);
    }
}

static void put_a(FILE *to, const delta_view *v, size_t l, size_t j)
{
    const nn_layer *layer = layer_of(v, l);
    if (layer->activation == NN_IDENTITY) put_number(to, v, z_of(v, l, j));
    else if (layer->activation == NN_SOFTMAX) {
        fputs("e^", to);
        put_operand(to, v, z_of(v, l, j));
        fputs(" / Σ e^z", to);
    } else {
        fprintf(to, "%s(", nn_activation_name(layer->activation));
        put_number(to, v, z_of(v, l, j));
        fputc(')', to);
    }
    if (layer->skip > 0) put_added(to, v, a_of(v, l - layer->skip, j));
}

/* ----------------------------------------------------------------------------------------- backward */

/* What the cost's derivative by an output is to a - y. */
static double factor_of(const delta_view *v)
{
    const nn_cost cost = nn_mlp_shape(v->net)->cost;
    if (cost == NN_SUM_OF_SQUARES) return 2;
    return cost == NN_MEAN_OF_SQUARES ? 2 / (double)nn_mlp_outputs(v->net) : 1;
}

static void put_difference(FILE *to, const delta_view *v, double a, double b)
{
    put_number(to, v, a);
    fputs(" - ", to);
    put_operand(to, v, b);
}

static void put_output_delta(FILE *to, const delta_view *v, size_t l, size_t j)
{
    if (v->convention == NN_LOGISTIC) {
        put_difference(to, v, a_of(v, l, j), v->y[j]);
        return;
    }
    if (v->convention == NN_ROW_MINUS_BIAS || v->convention == NN_PER_NEURON) fputc('-', to);
    else if (factor_of(v) != 1) {
        put_number(to, v, factor_of(v));
        fputs(" · ", to);
    }
    fputc('(', to);
    if (v->convention == NN_PER_NEURON) put_difference(to, v, v->y[j], a_of(v, l, j));
    else put_difference(to, v, a_of(v, l, j), v->y[j]);
    fputs(") · ", to);
    put_operand(to, v, slope_of(v, l, j));
}

/* dC/da^l_j, from the next layer and by skip connections. */
static double received(const delta_view *v, size_t l, size_t j)
{
    const nn_cost cost = nn_mlp_shape(v->net)->cost;
    double sum = 0;
    if (l == depth_of(v)) return cost <= NN_MEAN_OF_SQUARES ? factor_of(v) * (a_of(v, l, j) - v->y[j]) : 0;
    for (size_t k = 0; k < width_at(v, l + 1); k++) sum += weight_of(v, l + 1, k, j) * delta_of(v, l + 1, k);
    for (size_t m = l + 1; m <= depth_of(v); m++)
        if (layer_of(v, m)->skip == m - l) sum += received(v, m, j);
    return sum;
}

static void put_received(FILE *to, const delta_view *v, size_t l, size_t j)
{
    put_weighted_deltas(to, v, l + 1, j);
    for (size_t m = l + 1; m <= depth_of(v); m++)
        if (layer_of(v, m)->skip == m - l) put_added(to, v, received(v, m, j));
}

static void put_hidden_delta(FILE *to, const delta_view *v, size_t l, size_t j)
{
    if (v->convention == NN_PER_NEURON) {
        put_number(to, v, slope_of(v, l, j));
        fputs(" · (", to);
        put_received(to, v, l, j);
        fputc(')', to);
        return;
    }
    fputc('(', to);
    put_received(to, v, l, j);
    fputs(") · ", to);
    put_operand(to, v, slope_of(v, l, j));
}

static void put_delta(FILE *to, const delta_view *v, size_t l, size_t j)
{
    if (l == depth_of(v)) put_output_delta(to, v, l, j);
    else put_hidden_delta(to, v, l, j);
}

static void put_weight_gradient(FILE *to, const delta_view *v, size_t l, size_t j, size_t k)
{
    const double delta = as_noted(v, NN_TENSOR_DELTA, delta_of(v, l, j)), a = a_of(v, l - 1, k);
    const bool a_first = v->convention == NN_HALF_MEAN || v->convention == NN_ROW_MINUS_BIAS;
    if (v->convention == NN_ROW_MINUS_BIAS) {
        fputc('-', to);
        put_operand(to, v, a);
    } else put_number(to, v, a_first ? a : delta);
    fputs("·", to);
    put_operand(to, v, a_first ? delta : a);
}

static void put_input_gradient(FILE *to, const delta_view *v, size_t j)
{
    if (v->convention == NN_ROW_MINUS_BIAS) fputs("-(", to);
    put_received(to, v, 0, j);
    if (v->convention == NN_ROW_MINUS_BIAS) fputc(')', to);
}

static void put_bias_gradient(FILE *to, const delta_view *v, size_t l, size_t j)
{
    if (v->convention == NN_ROW_MINUS_BIAS) {
        put_delta(to, v, l, j);
        return;
    }
    char *delta = entry_name(v, NN_TENSOR_DELTA, l, j, 0);
    fputs(delta, to);
    free(delta);
}

/* -------------------------------------------------------------------------------------------- the cost */

/* One output's share of a cost. */
static void put_share(FILE *to, const delta_view *v, size_t j)
{
    const double a = a_of(v, depth_of(v), j), y = v->y[j];
    if (nn_mlp_shape(v->net)->cost <= NN_MEAN_OF_SQUARES) {
        fputc('(', to);
        put_difference(to, v, v->convention == NN_PER_NEURON ? y : a, v->convention == NN_PER_NEURON ? a : y);
        fputs(")²", to);
        return;
    }
    put_number(to, v, y);
    fputs("·log(", to);
    put_number(to, v, a);
    fputc(')', to);
    if (nn_mlp_shape(v->net)->cost == NN_SOFTMAX_CROSS_ENTROPY) return;
    fputs(" + ", to);
    put_operand(to, v, 1 - y);
    fputs("·log(", to);
    put_number(to, v, 1 - a);
    fputc(')', to);
}

char *cost_in_numbers(const delta_view *v)
{
    enum { MOST = 3 };
    const size_t n = nn_mlp_outputs(v->net);
    const bool is_of_squares = nn_mlp_shape(v->net)->cost <= NN_MEAN_OF_SQUARES, has_factor = factor_of(v) != 2;
    const bool in_parentheses = !is_of_squares || (has_factor && n > 1);
    draft t;
    draft_begin(&t);
    if (!is_of_squares) fputc('-', t.to);
    else if (has_factor) {
        put_number(t.to, v, factor_of(v) / 2);
        fputs(" · ", t.to);
    }
    if (in_parentheses) fputc('(', t.to);
    for (size_t j = 0; j < n; j++) {
        if (n > MOST && j == 1) {
            fputs(" + …", t.to);
            j = n - 1;
        }
        if (j > 0) fputs(" + ", t.to);
        put_share(t.to, v, j);
    }
    if (in_parentheses) fputc(')', t.to);
    return draft_done(&t);
}

char *entry_in_numbers(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    draft t;
    draft_begin(&t);
    switch (tensor) {
    case NN_TENSOR_Z: put_z(t.to, v, l, row); break;
    case NN_TENSOR_A: put_a(t.to, v, l, row); break;
    case NN_TENSOR_DELTA: put_delta(t.to, v, l, row); break;
    case NN_TENSOR_DW: put_weight_gradient(t.to, v, l, row, column); break;
    case NN_TENSOR_DB: put_bias_gradient(t.to, v, l, row); break;
    case NN_TENSOR_DX: put_input_gradient(t.to, v, row); break;
    }
    return draft_done(&t);
}
