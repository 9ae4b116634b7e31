/* SPDX-License-Identifier: MIT */
/* The five conventions in writing: what they call things, and their formulas. */
#include "delta_view.h"
#include "command.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------ the network's numbers */

const nn_layer *layer_of(const delta_view *v, size_t l) { return &nn_mlp_shape(v->net)->layers[l - 1]; }
size_t width_at(const delta_view *v, size_t l) { return nn_mlp_width(v->net, l); }
size_t depth_of(const delta_view *v) { return nn_mlp_shape(v->net)->depth; }

double weight_of(const delta_view *v, size_t l, size_t j, size_t k)
{
    return ad_values(nn_weights(v->net, l))[j * width_at(v, l - 1) + k];
}

bool has_biases(const delta_view *v, size_t l) { return !layer_of(v, l)->no_bias; }
double bias_of(const delta_view *v, size_t l, size_t j) { return ad_values(nn_biases(v->net, l))[j]; }

static double form_of(const delta_view *v, nn_tensor tensor, size_t l, size_t j)
{
    return v->report.layer[l].tensor[tensor].form[j];
}

double z_of(const delta_view *v, size_t l, size_t j) { return form_of(v, NN_TENSOR_Z, l, j); }
double a_of(const delta_view *v, size_t l, size_t j) { return l == 0 ? v->x[j] : form_of(v, NN_TENSOR_A, l, j); }
double delta_of(const delta_view *v, size_t l, size_t j) { return form_of(v, NN_TENSOR_DELTA, l, j); }

double slope_of(const delta_view *v, size_t l, size_t j)
{
    return nn_activation_slope(layer_of(v, l)->activation, layer_of(v, l)->alpha, z_of(v, l, j));
}

/* --------------------------------------------------------------------------------------- indices */

/* "12", but "{12,3}" where an index has two digits. */
static char *pair(size_t i, size_t j)
{
    return i > 9 || j > 9 ? formatted("{%zu,%zu}", i, j) : formatted("%zu%zu", i, j);
}

static char *with_pair(const char *format, size_t l, size_t i, size_t j)
{
    char *indices = pair(i, j), *first = formatted(format, l), *name = formatted("%s_%s", first, indices);
    free(indices);
    free(first);
    return name;
}

/* Neurons count from 1 through all layers; one with a skip connection has the additions after its f(z). */
static size_t first_neuron(const delta_view *v, size_t l, bool addition)
{
    size_t first = 1;
    for (size_t m = 0; m < l; m++) first += width_at(v, m) * (m > 0 && layer_of(v, m)->skip > 0 ? 2 : 1);
    return first + (addition && l > 0 && layer_of(v, l)->skip > 0 ? width_at(v, l) : 0);
}

/* ----------------------------------------------------------------------------------------- names */

static char *name_logistic(nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z^(%zu)_%zu", l + 1, row + 1);
    case NN_TENSOR_A: return formatted("a^(%zu)_%zu", l + 1, row + 1);
    case NN_TENSOR_DELTA: return formatted("δ^(%zu)_%zu", l + 1, row + 1);
    case NN_TENSOR_DW: return with_pair("∂C/∂θ^(%zu)", l, row + 1, column + 1);
    case NN_TENSOR_DB: return with_pair("∂C/∂θ^(%zu)", l, row + 1, 0);
    case NN_TENSOR_DX: return formatted("∂C/∂a^(1)_%zu", row + 1);
    }
    return NULL;
}

static char *name_squared(nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z^[%zu]_%zu", l, row + 1);
    case NN_TENSOR_A: return formatted("a^[%zu]_%zu", l, row + 1);
    case NN_TENSOR_DELTA: return formatted("dz^[%zu]_%zu", l, row + 1);
    case NN_TENSOR_DW: return with_pair("dW^[%zu]", l, row + 1, column + 1);
    case NN_TENSOR_DB: return formatted("db^[%zu]_%zu", l, row + 1);
    case NN_TENSOR_DX: return formatted("da^[0]_%zu", row + 1);
    }
    return NULL;
}

static char *name_half_mean(nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z^%zu_%zu", l, row + 1);
    case NN_TENSOR_A: return formatted("a^%zu_%zu", l, row + 1);
    case NN_TENSOR_DELTA: return formatted("δ^%zu_%zu", l, row + 1);
    case NN_TENSOR_DW: return with_pair("∂C/∂w^%zu", l, row + 1, column + 1);
    case NN_TENSOR_DB: return formatted("∂C/∂b^%zu_%zu", l, row + 1);
    case NN_TENSOR_DX: return formatted("∂C/∂a^0_%zu", row + 1);
    }
    return NULL;
}

static char *name_row(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z_%zu[%zu]", l, row + 1);
    case NN_TENSOR_A: return l == depth_of(v) ? formatted("ŷ[%zu]", row + 1) : formatted("x_%zu[%zu]", l + 1, row + 1);
    case NN_TENSOR_DELTA:
    case NN_TENSOR_DB: return formatted("∂E/∂b_%zu[%zu]", l, row + 1);
    case NN_TENSOR_DW: return formatted("∂E/∂W_%zu[%zu,%zu]", l, column + 1, row + 1);
    case NN_TENSOR_DX: return formatted("∂E/∂x_1[%zu]", row + 1);
    }
    return NULL;
}

static char *name_neuron(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const size_t q = first_neuron(v, l, false) + row, o = first_neuron(v, l, true) + row;
    char *indices, *name;
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z_%zu", q);
    case NN_TENSOR_A: return formatted("o_%zu", o);
    case NN_TENSOR_DELTA: return formatted("δ_%zu", q);
    case NN_TENSOR_DW:
        indices = pair(first_neuron(v, l - 1, true) + column, q);
        name = formatted("∂L/∂w_%s", indices);
        free(indices);
        return name;
    case NN_TENSOR_DB: return formatted("∂L/∂b_%zu", q);
    case NN_TENSOR_DX: return formatted("∂L/∂o_%zu", q);
    }
    return NULL;
}

char *entry_name(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (v->convention) {
    case NN_LOGISTIC: return name_logistic(tensor, l, row, column);
    case NN_SQUARED: return name_squared(tensor, l, row, column);
    case NN_HALF_MEAN: return name_half_mean(tensor, l, row, column);
    case NN_ROW_MINUS_BIAS: return name_row(v, tensor, l, row, column);
    case NN_PER_NEURON: return name_neuron(v, tensor, l, row, column);
    }
    return NULL;
}

/* The name of the gradient without its "d" or "dC/d". */
static char *without_d(const delta_view *v, char *gradient)
{
    const size_t length = v->convention == NN_SQUARED ? strlen("d") : strlen("∂C/∂");
    char *name = copied(gradient + length);
    free(gradient);
    return name;
}

char *weight_name(const delta_view *v, size_t l, size_t j, size_t k)
{
    return without_d(v, entry_name(v, NN_TENSOR_DW, l, j, k));
}

char *bias_name(const delta_view *v, size_t l, size_t j) { return without_d(v, entry_name(v, NN_TENSOR_DB, l, j, 0)); }

char *layer_name(const delta_view *v, size_t l)
{
    if (v->convention != NN_PER_NEURON) return formatted(_("layer %zu"), v->convention == NN_LOGISTIC ? l + 1 : l);
    const size_t first = first_neuron(v, l, false), last = first_neuron(v, l + 1, false) - 1;
    if (first == last) return formatted(_("neuron %zu"), first);
    return formatted(last == first + 1 ? _("neurons %zu and %zu") : _("neurons %zu to %zu"), first, last);
}

const char *cost_letter(nn_convention convention)
{
    static const char *const letters[NN_CONVENTIONS] = {"C", "C₀", "C", "E", "L"};
    return letters[convention];
}

const char *activation_letter(nn_convention convention)
{
    static const char *const letters[NN_CONVENTIONS] = {"σ", "g", "σ", "f", "f"};
    return letters[convention];
}

const char *target_letter(nn_convention convention) { return convention == NN_PER_NEURON ? "t" : "y"; }

/* ---------------------------------------------------------------------------------------- entries */

double as_noted(const delta_view *v, nn_tensor tensor, double number)
{
    const bool is_bias = tensor == NN_TENSOR_DELTA || tensor == NN_TENSOR_DB;
    return v->convention == NN_ROW_MINUS_BIAS && is_bias && number != 0 ? -number : number;
}

bool is_noted(const delta_view *v, nn_tensor tensor, size_t l)
{
    if (v->report.layer[l].tensor[tensor].rows == 0) return false;
    return v->convention != NN_ROW_MINUS_BIAS || tensor != NN_TENSOR_DELTA || !has_biases(v, l);
}

void entry_at(const delta_view *v, nn_tensor tensor, const nn_tensor_check *t, size_t e, size_t *row, size_t *column)
{
    const bool transposed = v->convention == NN_ROW_MINUS_BIAS && tensor == NN_TENSOR_DW;
    *row = transposed ? e % t->rows : e / t->columns;
    *column = transposed ? e / t->rows : e % t->columns;
}

/* --------------------------------------------------------------------------------------- formulas */

static const char *const *logistic_formulas(nn_cost cost, bool backward)
{
    static const char *const binary[] = {"C = −Σ y log a^(L) + (1 − y) log(1 − a^(L))",
                                         "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l))", NULL};
    static const char *const softmax[] = {
        "C = −Σ y log a^(L)", "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l)), a^(L) = softmax(z^(L))", NULL};
    static const char *const squares[] = {"C = ½ Σ (a^(L) − y)²", "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l))",
                                          NULL};
    static const char *const deltas[] = {"δ^(L) = a^(L) − y", "δ^(l) = ((Θ^(l))ᵀ δ^(l+1)) ⊙ σ′(z^(l))",
                                         "∂C/∂θ^(l)_ij = δ^(l+1)_i a^(l)_j", NULL};
    if (backward) return deltas;
    return cost == NN_BINARY_CROSS_ENTROPY ? binary : cost == NN_SOFTMAX_CROSS_ENTROPY ? softmax : squares;
}

static const char *const *squared_formulas(bool backward)
{
    static const char *const forward[] = {"C₀ = Σ (a^[L] − y)²",
                                          "z^[l] = W^[l] a^[l−1] + b^[l]        a^[l] = g(z^[l])", NULL};
    static const char *const deltas[] = {"da^[L] = 2 (a^[L] − y)        da^[l−1] = (W^[l])ᵀ dz^[l]",
                                         "dz^[l] = da^[l] ⊙ g′(z^[l])",
                                         "dW^[l] = dz^[l] (a^[l−1])ᵀ        db^[l] = dz^[l]", NULL};
    return backward ? deltas : forward;
}

static const char *const *half_mean_formulas(nn_cost cost, bool backward)
{
#define Z "z^l = w^l a^(l−1) + b^l        a^l = σ(z^l)"
#define BP2_TO_4 \
    "BP2  δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l)", "BP3  ∂C/∂b^l_j = δ^l_j", "BP4  ∂C/∂w^l_jk = a^(l−1)_k δ^l_j", NULL
    static const char *const forward[][3] = {
        {N_("C = 1/(2n) Σ ‖y − a^L‖², of n = 1 sample"), Z, NULL},
        {"C = ‖y − a^L‖²", Z, NULL},
        {N_("C = 1/n^L ‖y − a^L‖², n^L the number of outputs"), Z, NULL},
    };
    static const char *const deltas[][5] = {
        {"BP1  δ^L = ∇C ⊙ σ′(z^L),  ∇C = a^L − y", BP2_TO_4},
        {"BP1  δ^L = ∇C ⊙ σ′(z^L),  ∇C = 2 (a^L − y)", BP2_TO_4},
        {"BP1  δ^L = ∇C ⊙ σ′(z^L),  ∇C = 2/n^L (a^L − y)", BP2_TO_4},
    };
#undef Z
#undef BP2_TO_4
    return backward ? deltas[cost] : forward[cost];
}

const char *const *convention_formulas(nn_convention convention, nn_cost cost, bool backward)
{
    static const char *const row[][4] = {
        {"E = ½ ‖ŷ − y‖²", "z_k = x_k W_k − b_k        x_(k+1) = f(z_k)        ŷ = x_(l+1)", NULL},
        {"∂E/∂b_l = −(ŷ − y) ∘ f′(z_l)", "∂E/∂b_k = (∂E/∂b_(k+1) W_(k+1)ᵀ) ∘ f′(z_k)", "∂E/∂W_k = −x_kᵀ ∂E/∂b_k",
         NULL}};
    static const char *const neuron[][5] = {
        {"L = ½ Σ_v (t_v − o_v)²", "z_q = Σ_p w_pq o_p + b_q        o_q = f(z_q)", NULL},
        {N_("δ_v = −(t_v − o_v) f′(z_v)          an output neuron v"),
         N_("δ_q = f′(z_q) Σ_k δ_k w_qk         a hidden neuron q, which leads to k"),
         "∂L/∂w_pq = δ_q o_p        ∂L/∂b_q = δ_q", NULL}};
    switch (convention) {
    case NN_LOGISTIC: return logistic_formulas(cost, backward);
    case NN_SQUARED: return squared_formulas(backward);
    case NN_HALF_MEAN: return half_mean_formulas(cost, backward);
    case NN_ROW_MINUS_BIAS: return row[backward];
    case NN_PER_NEURON: return neuron[backward];
    }
    return NULL;
}
