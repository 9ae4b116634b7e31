/* SPDX-License-Identifier: MIT */
/* The check of delta for reading: layer by layer, the tape beside the closed form. */
#include "delta_print.h"
#include "command.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 12 };

char *number_text(const delta_view *v, double x) { return number_cell(x, v->digits); }

/* --------------------------------------------------------------------------------------- network */

static void put_activation(FILE *to, const delta_view *v, size_t l)
{
    const nn_layer *layer = layer_of(v, l);
    char alpha[NUMBER_SIZE];
    fputs(nn_activation_name(layer->activation), to);
    if (layer->alpha != 0) fprintf(to, " (α = %s)", show_input(alpha, layer->alpha, v->digits));
    if (layer->skip > 0) fprintf(to, _(" + skip over %zu"), layer->skip);
    if (layer->no_bias) fputs(_(", no biases"), to);
}

char *network_text(const delta_view *v)
{
    draft t;
    draft_begin(&t);
    for (size_t l = 0; l <= depth_of(v); l++) fprintf(t.to, l == 0 ? "%zu" : "-%zu", width_at(v, l));
    for (size_t l = 1; l <= depth_of(v); l++) {
        char *name = layer_name(v, l);
        fprintf(t.to, _("; %s: "), name);
        put_activation(t.to, v, l);
        free(name);
    }
    fprintf(t.to, _("; cost: %s"), nn_cost_name(nn_mlp_shape(v->net)->cost));
    return draft_done(&t);
}

static void put_vector(FILE *to, const delta_view *v, const double *x, size_t n)
{
    char shown[NUMBER_SIZE];
    for (size_t k = 0; k < n && k < v->entries; k++)
        fprintf(to, "%s%s", k == 0 ? "" : ", ", show_input(shown, x[k], v->digits));
    if (n > v->entries) fprintf(to, _(", … (%zu in all)"), n);
}

char *sample_text(const delta_view *v)
{
    draft t;
    draft_begin(&t);
    if (v->from != NULL) fprintf(t.to, "%s; ", v->from);
    fputs("x = (", t.to);
    put_vector(t.to, v, v->x, width_at(v, 0));
    fprintf(t.to, "), %s = (", target_letter(v->convention));
    put_vector(t.to, v, v->y, nn_mlp_outputs(v->net));
    fputc(')', t.to);
    return draft_done(&t);
}

void put_remark(FILE *to, const char *remark)
{
    fputs("  ", to);
    put_wrapped(to, remark, 2, 2);
    fputc('\n', to);
}

/* What the rules say of the parts that this network has. */
static void put_remarks(FILE *to, const delta_view *v, bool backward)
{
    const char *errata = convention_remark(v->convention, backward);
    if (errata != NULL) put_remark(to, errata);
    if (!backward && v->convention == NN_LOGISTIC && has_some_biases(v))
        put_remark(to, _("a^(l)_0 = 1 is a bias unit: θ^(l)_i0 is the bias of unit i"));
    if (v->convention != NN_LOGISTIC && !has_all_biases(v))
        put_remark(to, backward && v->convention == NN_ROW_MINUS_BIAS
                           ? _("Where a layer has no biases, ∂E/∂b stands for −∂E/∂z.")
                           : _("Where a layer has no biases, b is left out."));
    if (!backward && nn_mlp_shape(v->net)->cost > NN_MEAN_OF_SQUARES)
        put_remark(to, _("A cross-entropy is computed from the outputs' z, which loses no digits, so that the sweep "
                         "does not pass through the outputs themselves."));
    if (!has_skips(v)) return;
    put_remark(to, backward ? _("The start of a skip connection also receives what its end does.")
                            : _("A skip connection over s layers adds the activation of s layers before."));
    if (!backward && v->convention == NN_PER_NEURON)
        put_remark(to, _("What a skip connection adds up is a neuron of its own: it gives out its sum, and its weights "
                         "lead on."));
}

static const char *sentence_on_sums(const delta_view *v)
{
    if (!has_all_biases(v) && has_some_biases(v))
        return _("A neuron takes what the layer before it gives out, times its weights, and where its layer has biases "
                 "its bias, too: that is its weighted input z.");
    if (!has_some_biases(v))
        return _("A neuron takes what the layer before it gives out, times its weights: that is its weighted input z.");
    if (v->convention == NN_ROW_MINUS_BIAS)
        return _("A neuron takes what the layer before it gives out, times its weights, and subtracts its bias: that "
                 "is its weighted input z.");
    return _("A neuron takes what the layer before it gives out, times its weights, and adds its bias: that is its "
             "weighted input z.");
}

static char *forward_sentences(const delta_view *v)
{
    return formatted(_("%s What it gives out itself, its activation, is a function %s of z. Each number is a node of "
                       "the tape; beside it stands the closed form, computed without a tape, and how far apart the two "
                       "are, as a part of the largest number of its kind in the layer."),
                     sentence_on_sums(v), activation_letter_of(v));
}

/* What the derivative by z is called. */
static const char *meaning_of_delta(const delta_view *v)
{
    if (is_chain(v)) return _("∂C₀/∂z is how fast the cost changes with a neuron's z.");
    switch (v->convention) {
    case NN_SQUARED: return _("dz is how fast the cost changes with a neuron's z: dz = ∂C₀/∂z; so are da, dW and db.");
    case NN_ROW_MINUS_BIAS:
        return _("∂E/∂b is how fast the cost changes with a neuron's bias; as biases are subtracted it is −∂E/∂z, "
                 "which others call −δ.");
    case NN_PER_NEURON: return _("δ is how fast the cost changes with a neuron's z: δ = ∂L/∂z.");
    default: return _("δ is how fast the cost changes with a neuron's z: δ = ∂C/∂z.");
    }
}

static const char *name_of_delta(const delta_view *v)
{
    static const char *const names[NN_CONVENTIONS] = {"δ", "dz", "δ", "−∂E/∂b", "δ"};
    return is_chain(v) ? "∂C₀/∂z" : names[v->convention];
}

static char *backward_sentences(const delta_view *v)
{
    const char *first = depth_of(v) == 1
                            ? _("At the outputs it follows from the cost.")
                            : _("At the outputs it follows from the cost. A neuron before them acts on the cost only "
                                "through the neurons after it, so that theirs must be known first: that is why this "
                                "pass goes backwards.");
    return formatted(_("%s From it come the gradients of the neuron's weights: each is %s times what the weight is "
                       "multiplied by."),
                     first, name_of_delta(v));
}

void put_paragraph(FILE *to, char *owned)
{
    put_wrapped(to, owned, 0, 0);
    fputc('\n', to);
    free(owned);
}

void print_lead(FILE *to, const delta_view *v, bool backward)
{
    if (backward) {
        put_paragraph(to, copied(meaning_of_delta(v)));
        put_paragraph(to, backward_sentences(v));
    } else put_paragraph(to, forward_sentences(v));
    fputc('\n', to);
    const char *const *line = formulas_of(v, backward);
    for (; *line != NULL; line++) fprintf(to, "  %s\n", _(*line));
    put_remarks(to, v, backward);
}

void put_part_title(FILE *to, const delta_view *v, size_t l, char *owned)
{
    fprintf(to, "\n%s%s%s  ", start_of(COLOUR_STEP), owned, end_of(COLOUR_STEP));
    put_activation(to, v, l);
    fputc('\n', to);
    free(owned);
}

void print_subject(FILE *to, const delta_view *v)
{
    put_labelled(to, _("Network"), MARGIN, network_text(v));
    put_labelled(to, _("Sample"), MARGIN, sample_text(v));
    put_labelled(to, _("Convention"), MARGIN, copied(nn_convention_name(v->convention)));
}

/* ----------------------------------------------------------------------------------- layer by layer */

static void print_forward(FILE *to, const delta_view *v)
{
    put_heading(to, _("Forward pass: from the inputs to the cost"));
    print_lead(to, v, false);
    for (size_t l = 1; l <= depth_of(v); l++) {
        table t = entry_table(v);
        put_part_title(to, v, l, layer_name(v, l));
        add_tensor(&t, v, NN_TENSOR_Z, l);
        add_tensor(&t, v, NN_TENSOR_A, l);
        table_print(&t, to);
    }
    table t = entry_table(v);
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the cost"), end_of(COLOUR_STEP));
    add_cost(&t, v);
    table_print(&t, to);
}

/* A vector being written, in names and in numbers; of a long one the beginning. */
typedef struct vector {
    draft names, numbers;
    size_t shown, count;
} vector;

static void put_entry(vector *all, const delta_view *v, size_t l, size_t j, size_t k)
{
    if (all->count++ >= v->entries) return;
    const char *comma = all->shown++ > 0 ? ", " : "";
    char *name = entry_name(v, NN_TENSOR_DW, l, j, k),
         *number = number_text(v, v->report.layer[l].tensor[NN_TENSOR_DW].tape[j * width_at(v, l - 1) + k]);
    fprintf(all->names.to, "%s%s", comma, name);
    fprintf(all->numbers.to, "%s%s", comma, number);
    free(number);
    free(name);
}

static void put_vector_done(FILE *to, const delta_view *v, vector *all)
{
    const char *more = all->count > all->shown ? ", …" : "";
    char *names = draft_done(&all->names), *numbers = draft_done(&all->numbers),
         *line = formatted("∇%s = (%s%s) = (%s%s)", cost_letter(v->convention), names, more, numbers, more);
    fputs("  ", to);
    put_wrapped(to, line, 2, 7);
    fputc('\n', to);
    free(line);
    free(numbers);
    free(names);
}

void print_gradient_vector(FILE *to, const delta_view *v, size_t l, size_t j)
{
    vector all = {.count = 0};
    draft_begin(&all.names);
    draft_begin(&all.numbers);
    for (size_t m = depth_of(v); m >= 1; m--)
        for (size_t i = 0; (l == 0 || l == m) && i < width_at(v, m); i++)
            for (size_t k = 0; (l == 0 || i == j) && k < width_at(v, m - 1); k++) put_entry(&all, v, m, i, k);
    put_vector_done(to, v, &all);
}

/* What dW is made of stands before it: of row-minus-bias that is dE/db. */
static void add_gradients(table *t, const delta_view *v, size_t l)
{
    const bool bias_first = v->convention == NN_ROW_MINUS_BIAS;
    add_tensor(t, v, NN_TENSOR_DA, l);
    add_tensor(t, v, NN_TENSOR_DELTA, l);
    if (bias_first) add_tensor(t, v, NN_TENSOR_DB, l);
    add_tensor(t, v, NN_TENSOR_DW, l);
    if (!bias_first) add_tensor(t, v, NN_TENSOR_DB, l);
}

void print_gradients(FILE *to, const delta_view *v)
{
    for (size_t l = depth_of(v); l >= 1; l--) {
        table t = entry_table(v);
        put_part_title(to, v, l, layer_name(v, l));
        add_gradients(&t, v, l);
        table_print(&t, to);
    }
    table t = entry_table(v);
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the inputs"), end_of(COLOUR_STEP));
    add_tensor(&t, v, NN_TENSOR_DA, 0);
    table_print(&t, to);
    if (v->convention != NN_PER_NEURON) return;
    fputc('\n', to);
    print_gradient_vector(to, v, 0, 0);
}

static void print_backward(FILE *to, const delta_view *v)
{
    put_heading(to, _("Backward pass: from the cost to the inputs"));
    print_lead(to, v, true);
    print_gradients(to, v);
}

void delta_print_text(FILE *to, delta_view *v)
{
    delta_paths *paths = delta_paths_new(v);
    print_subject(to, v);
    print_forward(to, v);
    if (!v->forward_only) {
        print_backward(to, v);
        print_paths(to, v, paths);
    }
    delta_paths_free(paths);
    print_verdict(to, v);
    if (v->rate > 0) print_step(to, v);
}
