/* SPDX-License-Identifier: MIT */
/* How each number comes of others: in their names, or with their values put in. */
#include "delta_how.h"
#include "command.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------ numbers */

void put_number(FILE *to, const delta_view *v, double x)
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

static const char *minus(const how *h) { return h->in_names ? "−" : "-"; }

/* A name or a number, which has parentheses around its sign unless it stands first; frees the name. */
static void put_value(const how *h, char *name, double x, bool is_first)
{
    if (h->in_names) fputs(name, h->to);
    else if (is_first) put_number(h->to, h->v, x);
    else put_operand(h->to, h->v, x);
    free(name);
}

/* " + b", " - b" */
static void put_added(const how *h, char *name, double x)
{
    fputs(!h->in_names && x < 0 ? " - " : " + ", h->to);
    put_value(h, name, fabs(x), true);
}

static void put_a(const how *h, size_t l, size_t j, bool is_first)
{
    put_value(h, entry_name(h->v, NN_TENSOR_A, l, j, 0), a_of(h->v, l, j), is_first);
}

static void put_target(const how *h, size_t j, bool is_first)
{
    put_value(h, target_name(h->v, j), h->v->y[j], is_first);
}

static void put_delta_itself(const how *h, size_t l, size_t j, bool is_first)
{
    put_value(h, entry_name(h->v, NN_TENSOR_DELTA, l, j, 0), as_noted(h->v, NN_TENSOR_DELTA, delta_of(h->v, l, j)),
              is_first);
}

static void put_slope(const how *h, size_t l, size_t j, bool is_first)
{
    char *z = entry_name(h->v, NN_TENSOR_Z, l, j, 0);
    put_value(h, formatted("%s′(%s)", activation_letter_of(h->v), z), slope_of(h->v, l, j), is_first);
    free(z);
}

/* ---------------------------------------------------------------------------------- sums of products */

typedef void (*factor)(const how *h, size_t l, size_t j, size_t k, bool is_first);

static void put_product(const how *h, size_t l, size_t j, size_t k, factor first, factor second, bool is_first)
{
    first(h, l, j, k, is_first);
    fputs("·", h->to);
    second(h, l, j, k, false);
}

/* first(k) second(k) for k = 0 .. n - 1, of a long sum the ends. */
static void put_sum(const how *h, size_t n, size_t l, size_t j, factor first, factor second)
{
    for (size_t k = 0; k < n; k++) {
        if (n > h->most && k == 1) {
            fputs(" + …", h->to);
            k = n - 1;
        }
        if (k > 0) fputs(" + ", h->to);
        put_product(h, l, j, k, first, second, k == 0);
    }
}

static void weight_in(const how *h, size_t l, size_t j, size_t k, bool is_first)
{
    put_value(h, weight_name(h->v, l, j, k), weight_of(h->v, l, j, k), is_first);
}

static void input_in(const how *h, size_t l, size_t j, size_t k, bool is_first)
{
    (void)j;
    put_a(h, l - 1, k, is_first);
}

/* For the way back, j is a unit of layer l - 1 and k one of layer l. */
static void weight_back(const how *h, size_t l, size_t j, size_t k, bool is_first) { weight_in(h, l, k, j, is_first); }

static void delta_back(const how *h, size_t l, size_t j, size_t k, bool is_first)
{
    (void)j;
    put_delta_itself(h, l, k, is_first);
}

static bool is_delta_first(const delta_view *v)
{
    return v->convention == NN_PER_NEURON || v->convention == NN_ROW_MINUS_BIAS || v->convention == NN_LOGISTIC;
}

static void put_weighted_deltas(const how *h, size_t l, size_t j)
{
    const bool delta_first = is_delta_first(h->v);
    put_sum(h, width_at(h->v, l), l, j, delta_first ? delta_back : weight_back, delta_first ? weight_back : delta_back);
}

/* ------------------------------------------------------------------------------------------ forward */

static void put_z(const how *h, size_t l, size_t j)
{
    const delta_view *v = h->v;
    const bool is_row = v->convention == NN_ROW_MINUS_BIAS;
    put_sum(h, width_at(v, l - 1), l, j, is_row ? input_in : weight_in, is_row ? weight_in : input_in);
    if (!has_biases(v, l)) return;
    const double b = bias_of(v, l, j);
    if (!is_row) put_added(h, bias_name(v, l, j), b);
    else {
        fprintf(h->to, " %s ", minus(h));
        put_value(h, bias_name(v, l, j), -b, false);
    }
}

/* What the activation makes of z. */
static void put_activated(const how *h, size_t l, size_t j)
{
    const nn_activation activation = layer_of(h->v, l)->activation;
    const char *name = h->in_names ? activation_letter_of(h->v) : nn_activation_name(activation);
    char *z = entry_name(h->v, NN_TENSOR_Z, l, j, 0);
    if (activation == NN_IDENTITY) put_value(h, z, z_of(h->v, l, j), true);
    else if (activation == NN_SOFTMAX) {
        fputs("e^", h->to);
        put_value(h, z, z_of(h->v, l, j), false);
        fputs(" / Σ e^z", h->to);
    } else {
        fprintf(h->to, "%s(", name);
        put_value(h, z, z_of(h->v, l, j), true);
        fputc(')', h->to);
    }
}

static void put_activation(const how *h, size_t l, size_t j)
{
    const size_t skip = layer_of(h->v, l)->skip;
    put_activated(h, l, j);
    if (skip > 0) put_added(h, entry_name(h->v, NN_TENSOR_A, l - skip, j, 0), a_of(h->v, l - skip, j));
}

/* ----------------------------------------------------------------------------------------- backward */

double factor_of(const delta_view *v)
{
    const nn_cost cost = nn_mlp_shape(v->net)->cost;
    if (cost == NN_SUM_OF_SQUARES) return 2;
    return cost == NN_MEAN_OF_SQUARES ? 2 / (double)nn_mlp_outputs(v->net) : 1;
}

static char *factor_name(const delta_view *v)
{
    return nn_mlp_shape(v->net)->cost == NN_SUM_OF_SQUARES ? copied("2") : formatted("2/%zu", nn_mlp_outputs(v->net));
}

void put_error(const how *h, size_t j)
{
    const bool target_first = h->v->convention == NN_PER_NEURON;
    if (target_first) put_target(h, j, true);
    else put_a(h, depth_of(h->v), j, true);
    fprintf(h->to, " %s ", minus(h));
    if (target_first) put_a(h, depth_of(h->v), j, false);
    else put_target(h, j, false);
}

/* dC/da of an output, of the costs of squares; as a factor a difference is in parentheses. */
static void put_cost_slope(const how *h, size_t j, bool is_factor)
{
    const delta_view *v = h->v;
    if (v->convention == NN_ROW_MINUS_BIAS || v->convention == NN_PER_NEURON) fputs(minus(h), h->to);
    else if (factor_of(v) != 1) {
        put_value(h, factor_name(v), factor_of(v), true);
        fputs(" · ", h->to);
    } else if (!is_factor) {
        put_error(h, j);
        return;
    }
    fputc('(', h->to);
    put_error(h, j);
    fputc(')', h->to);
}

static void put_output_delta(const how *h, size_t l, size_t j)
{
    if (h->v->convention == NN_LOGISTIC) {
        put_error(h, j);
        return;
    }
    put_cost_slope(h, j, true);
    fputs(" · ", h->to);
    put_slope(h, l, j, false);
}

/* dC/da^l_j, from the next layer and by skip connections. */
double received_of(const delta_view *v, size_t l, size_t j)
{
    const nn_cost cost = nn_mlp_shape(v->net)->cost;
    double sum = 0;
    if (l == depth_of(v)) return cost <= NN_MEAN_OF_SQUARES ? factor_of(v) * (a_of(v, l, j) - v->y[j]) : 0;
    for (size_t k = 0; k < width_at(v, l + 1); k++) sum += weight_of(v, l + 1, k, j) * delta_of(v, l + 1, k);
    for (size_t m = l + 1; m <= depth_of(v); m++)
        if (layer_of(v, m)->skip == m - l) sum += received_of(v, m, j);
    return sum;
}

static void put_received(const how *h, size_t l, size_t j)
{
    const delta_view *v = h->v;
    put_weighted_deltas(h, l + 1, j);
    for (size_t m = l + 1; m <= depth_of(v); m++)
        if (layer_of(v, m)->skip == m - l) put_added(h, entry_name(v, NN_TENSOR_DA, m, j, 0), received_of(v, m, j));
}

static void put_hidden_delta(const how *h, size_t l, size_t j)
{
    const bool slope_first = h->v->convention == NN_PER_NEURON;
    if (slope_first) {
        put_slope(h, l, j, true);
        fputs(" · ", h->to);
    }
    fputc('(', h->to);
    put_received(h, l, j);
    fputc(')', h->to);
    if (slope_first) return;
    fputs(" · ", h->to);
    put_slope(h, l, j, false);
}

/* In the notes' order; row-minus-bias has the minus sign in what was received. */
static void put_delta_of_received(const how *h, size_t l, size_t j, const char *name, double received)
{
    const bool slope_first = h->v->convention == NN_PER_NEURON || is_chain(h->v);
    if (slope_first) put_slope(h, l, j, true);
    else put_value(h, copied(name), received, true);
    fputs(" · ", h->to);
    if (slope_first) put_value(h, copied(name), received, false);
    else put_slope(h, l, j, false);
}

static void put_delta(const how *h, size_t l, size_t j)
{
    if (is_noted(h->v, NN_TENSOR_DA, l)) {
        char *name = entry_name(h->v, NN_TENSOR_DA, l, j, 0);
        put_delta_of_received(h, l, j, name, received_of(h->v, l, j));
        free(name);
    } else if (l == depth_of(h->v)) put_output_delta(h, l, j);
    else put_hidden_delta(h, l, j);
}

static void put_weight_gradient(const how *h, size_t l, size_t j, size_t k)
{
    const bool is_row = h->v->convention == NN_ROW_MINUS_BIAS;
    if (is_row) fputs(minus(h), h->to);
    if (is_row || h->v->convention == NN_HALF_MEAN || is_chain(h->v)) {
        put_a(h, l - 1, k, !is_row);
        fputs("·", h->to);
        put_delta_itself(h, l, j, false);
    } else {
        put_delta_itself(h, l, j, true);
        fputs("·", h->to);
        put_a(h, l - 1, k, false);
    }
}

/* dC/da of an input or of a hidden layer. In row-minus-bias the deltas are -dE/dz. */
static void put_input_gradient(const how *h, size_t l, size_t j)
{
    const bool is_row = h->v->convention == NN_ROW_MINUS_BIAS;
    if (is_row) fprintf(h->to, "%s(", minus(h));
    put_received(h, l, j);
    if (is_row) fputc(')', h->to);
}

static void put_bias_gradient(const how *h, size_t l, size_t j)
{
    if (h->v->convention == NN_ROW_MINUS_BIAS) {
        put_delta(h, l, j);
        return;
    }
    char *delta = entry_name(h->v, NN_TENSOR_DELTA, l, j, 0);
    fputs(delta, h->to);
    free(delta);
}

/* ------------------------------------------------------------------------------------------- entries */

static char *entry(const delta_view *v, bool in_names, size_t most, nn_tensor tensor, size_t l, size_t row,
                   size_t column)
{
    draft t;
    draft_begin(&t);
    const how h = {t.to, v, in_names, most};
    switch (tensor) {
    case NN_TENSOR_Z: put_z(&h, l, row); break;
    case NN_TENSOR_A: put_activation(&h, l, row); break;
    case NN_TENSOR_DELTA: put_delta(&h, l, row); break;
    case NN_TENSOR_DW: put_weight_gradient(&h, l, row, column); break;
    case NN_TENSOR_DB: put_bias_gradient(&h, l, row); break;
    case NN_TENSOR_DA:
        if (l == depth_of(v)) put_cost_slope(&h, row, false);
        else put_input_gradient(&h, l, row);
        break;
    }
    return draft_done(&t);
}

char *entry_in_numbers(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    return entry(v, false, FEW, tensor, l, row, column);
}

char *entry_in_both(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    enum { MANY = 6 };
    char *names = entry(v, true, MANY, tensor, l, row, column),
         *numbers = entry(v, false, MANY, tensor, l, row, column);
    char *both = strcmp(names, numbers) == 0 ? copied(names) : formatted("%s = %s", names, numbers);
    free(numbers);
    free(names);
    return both;
}

char *product_back(const delta_view *v, size_t l, size_t j, size_t k)
{
    const bool delta_first = is_delta_first(v);
    const factor first = delta_first ? delta_back : weight_back, second = delta_first ? weight_back : delta_back;
    draft t;
    draft_begin(&t);
    put_product(&(how){t.to, v, true, FEW}, l, j, k, first, second, true);
    fputs(" = ", t.to);
    put_product(&(how){t.to, v, false, FEW}, l, j, k, first, second, true);
    return draft_done(&t);
}

char *delta_by_received(const delta_view *v, size_t l, size_t j, const char *name, double received)
{
    draft t;
    draft_begin(&t);
    put_delta_of_received(&(how){t.to, v, true, FEW}, l, j, name, received);
    fputs(" = ", t.to);
    put_delta_of_received(&(how){t.to, v, false, FEW}, l, j, name, received);
    return draft_done(&t);
}
