/* SPDX-License-Identifier: MIT */
/* The five conventions in writing: what they call things. */
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

static size_t layers_with_biases(const delta_view *v)
{
    size_t count = 0;
    for (size_t l = 1; l <= depth_of(v); l++) count += has_biases(v, l);
    return count;
}

bool has_some_biases(const delta_view *v) { return layers_with_biases(v) > 0; }
bool has_all_biases(const delta_view *v) { return layers_with_biases(v) == depth_of(v); }

bool has_skips(const delta_view *v)
{
    for (size_t l = 1; l <= depth_of(v); l++)
        if (layer_of(v, l)->skip > 0) return true;
    return false;
}

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
    case NN_TENSOR_DA: return formatted("∂C/∂a^(%zu)_%zu", l + 1, row + 1);
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
    case NN_TENSOR_DA: return formatted("da^[%zu]_%zu", l, row + 1);
    }
    return NULL;
}

bool is_chain(const delta_view *v)
{
    bool all = v->convention == NN_SQUARED;
    for (size_t l = 0; l <= depth_of(v); l++) all = all && width_at(v, l) == 1;
    return all;
}

static char *name_chain(nn_tensor tensor, size_t l)
{
    static const char *const names[NN_TENSORS] = {"z", "a", "∂C₀/∂z", "∂C₀/∂w", "∂C₀/∂b", "∂C₀/∂a"};
    return formatted("%s^(%zu)", names[tensor], l);
}

static char *name_half_mean(nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z^%zu_%zu", l, row + 1);
    case NN_TENSOR_A: return formatted("a^%zu_%zu", l, row + 1);
    case NN_TENSOR_DELTA: return formatted("δ^%zu_%zu", l, row + 1);
    case NN_TENSOR_DW: return with_pair("∂C/∂w^%zu", l, row + 1, column + 1);
    case NN_TENSOR_DB: return formatted("∂C/∂b^%zu_%zu", l, row + 1);
    case NN_TENSOR_DA: return formatted("∂C/∂a^%zu_%zu", l, row + 1);
    }
    return NULL;
}

/* The note has letters where there are at most three layers, and numbers for any depth. */
bool has_letters(const delta_view *v) { return v->convention == NN_ROW_MINUS_BIAS && depth_of(v) <= 3; }

/* "x_2[1]", "hidden₁[1]", "ŷ[1]" */
static char *row_output(const delta_view *v, size_t l, size_t row)
{
    static const char *const letters[] = {"x", "hidden₁", "hidden₂"};
    if (l == depth_of(v)) return formatted("ŷ[%zu]", row + 1);
    return has_letters(v) ? formatted("%s[%zu]", letters[l], row + 1) : formatted("x_%zu[%zu]", l + 1, row + 1);
}

static char *row_gradient(char *owned)
{
    char *gradient = formatted("∂E/∂%s", owned);
    free(owned);
    return gradient;
}

static char *name_row(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const int letter = (int)l - 1;
    switch (tensor) {
    case NN_TENSOR_Z: return formatted("z_%zu[%zu]", l, row + 1);
    case NN_TENSOR_A: return row_output(v, l, row);
    case NN_TENSOR_DELTA:
    case NN_TENSOR_DB:
        return row_gradient(has_letters(v) ? formatted("%c[%zu]", 'a' + letter, row + 1)
                                           : formatted("b_%zu[%zu]", l, row + 1));
    case NN_TENSOR_DW:
        return row_gradient(has_letters(v) ? formatted("%c[%zu,%zu]", 'A' + letter, column + 1, row + 1)
                                           : formatted("W_%zu[%zu,%zu]", l, column + 1, row + 1));
    case NN_TENSOR_DA: return row_gradient(row_output(v, l, row));
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
    case NN_TENSOR_DA: return formatted("∂L/∂o_%zu", o);
    }
    return NULL;
}

char *entry_name(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    switch (v->convention) {
    case NN_LOGISTIC: return name_logistic(tensor, l, row, column);
    case NN_SQUARED: return is_chain(v) ? name_chain(tensor, l) : name_squared(tensor, l, row, column);
    case NN_HALF_MEAN: return name_half_mean(tensor, l, row, column);
    case NN_ROW_MINUS_BIAS: return name_row(v, tensor, l, row, column);
    case NN_PER_NEURON: return name_neuron(v, tensor, l, row, column);
    }
    return NULL;
}

/* The name of the gradient without its "d" or "∂C/∂". */
static char *without_d(char *gradient)
{
    static const char by[] = "/∂";
    const char *at = strstr(gradient, by);
    char *name = copied(at != NULL ? at + strlen(by) : gradient + strlen("d"));
    free(gradient);
    return name;
}

char *weight_name(const delta_view *v, size_t l, size_t j, size_t k)
{
    return without_d(entry_name(v, NN_TENSOR_DW, l, j, k));
}

char *bias_name(const delta_view *v, size_t l, size_t j) { return without_d(entry_name(v, NN_TENSOR_DB, l, j, 0)); }

char *sum_name(const delta_view *v, size_t l, size_t j)
{
    char *z = entry_name(v, NN_TENSOR_Z, l, j, 0), *sum = formatted("Σ%s", z + strlen("z"));
    free(z);
    return sum;
}

char *before_skip_name(const delta_view *v, size_t l, size_t j)
{
    if (v->convention == NN_PER_NEURON) return formatted("o_%zu", first_neuron(v, l, false) + j);
    char *z = entry_name(v, NN_TENSOR_Z, l, j, 0), *name = formatted("%s(%s)", activation_letter_of(v), z);
    free(z);
    return name;
}

char *target_name(const delta_view *v, size_t j)
{
    if (v->convention == NN_PER_NEURON) return formatted("t_%zu", first_neuron(v, depth_of(v), true) + j);
    if (v->convention == NN_ROW_MINUS_BIAS) return formatted("y[%zu]", j + 1);
    return nn_mlp_outputs(v->net) == 1 ? copied("y") : formatted("y_%zu", j + 1);
}

size_t unit_number(const delta_view *v, size_t l, size_t j)
{
    return v->convention == NN_PER_NEURON ? first_neuron(v, l, false) + j : j + 1;
}

char *unit_name(const delta_view *v, size_t l, size_t j)
{
    if (v->convention == NN_PER_NEURON) return formatted(_("neuron %zu"), unit_number(v, l, j));
    const size_t layer = v->convention == NN_LOGISTIC ? l + 1 : l;
    return formatted(_("neuron %zu of layer %zu"), unit_number(v, l, j), layer);
}

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

const char *activation_letter_of(const delta_view *v) { return is_chain(v) ? "σ" : activation_letter(v->convention); }

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
