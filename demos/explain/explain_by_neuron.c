/* SPDX-License-Identifier: MIT */
/* A network neuron by neuron: what each computes, what it receives on the way back, and what it makes of that. */
#include "explain_network.h"
#include "command.h"
#include "delta_print.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5 };

static table neuron_table(const char *const heads[COLUMNS])
{
    static const bool is_number[COLUMNS] = {false, true, true, true, false};
    return (table){.columns = COLUMNS, .heads = heads, .is_number = is_number, .wrapped = COLUMNS - 1};
}

static void add_numbers(table *t, const delta_view *v, char *name, double tape, double form, double apart, char *how)
{
    table_add(t, (char *[COLUMNS]){name, number_text(v, tape), number_text(v, form), magnitude_text(apart), how});
}

static void add_checked(table *t, const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t k = row * c->columns + column;
    add_numbers(t, v, entry_name(v, tensor, l, row, column), as_noted(v, tensor, c->tape[k]),
                as_noted(v, tensor, c->form[k]), difference_of(c, k), entry_in_both(v, tensor, l, row, column));
}

/* How many of `count` are shown. */
static size_t shown_of(const delta_view *v, size_t count) { return count > v->entries + 1 ? v->entries : count; }

static void put_more_neurons(FILE *to, const delta_view *v, size_t l)
{
    const size_t more = width_at(v, l) - shown_of(v, width_at(v, l));
    if (more == 0) return;
    char *name = layer_name(v, l);
    fputs("\n  ", to);
    fprintf(to, ngettext("… %zu more neuron of %s", "… %zu more neurons of %s", more), more, name);
    fputc('\n', to);
    free(name);
}

/* ------------------------------------------------------------------------------------------ forward */

static void print_forward(FILE *to, const delta_view *v, const char *const heads[COLUMNS])
{
    put_heading(to, _("Forward pass: neuron by neuron, from the inputs to the cost"));
    print_lead(to, v, false);
    for (size_t l = 1; l <= depth_of(v); l++) {
        for (size_t j = 0; j < shown_of(v, width_at(v, l)); j++) {
            table t = neuron_table(heads);
            put_part_title(to, v, l, unit_name(v, l, j));
            add_checked(&t, v, NN_TENSOR_Z, l, j, 0);
            add_checked(&t, v, NN_TENSOR_A, l, j, 0);
            table_print(&t, to);
        }
        put_more_neurons(to, v, l);
    }
    table t = neuron_table(heads);
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the cost"), end_of(COLOUR_STEP));
    const nn_tensor_check *c = &v->report.cost;
    add_numbers(&t, v, copied(cost_letter(v->convention)), c->tape[0], c->form[0], c->difference, cost_in_numbers(v));
    table_print(&t, to);
}

/* ---------------------------------------------------------------------------------- what is received */

static size_t skips_back_to(const delta_view *v, size_t l)
{
    size_t count = 0;
    for (size_t m = l + 1; m <= depth_of(v); m++) count += layer_of(v, m)->skip == m - l;
    return count;
}

static void add_products(table *t, const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    const size_t n = width_at(v, l + 1), shown = shown_of(v, n);
    double largest = 0;
    for (size_t k = 0; k < n; k++) largest = fmax(largest, fabs(weight_of(v, l + 1, k, j) * delta_of(v, l + 1, k)));
    for (size_t k = 0; k < shown; k++) {
        const double tape = product_on_tape(x, l, j, k), form = weight_of(v, l + 1, k, j) * delta_of(v, l + 1, k);
        add_numbers(t, v, formatted(_("from neuron %zu"), unit_number(v, l + 1, k)), handed_on(v, tape),
                    handed_on(v, form), part_of(fabs(tape - form), largest), product_back(v, l + 1, j, k));
    }
    if (n > shown) table_add_more(t, n - shown);
}

static void add_skips(table *t, const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    for (size_t m = l + 1; m <= depth_of(v); m++) {
        if (layer_of(v, m)->skip != m - l) continue;
        char *end = entry_name(v, NN_TENSOR_A, m, j, 0);
        const double tape = x->nodes[x->layers[m].a + j].adjoint, form = received_of(v, m, j);
        add_numbers(t, v, formatted(_("by skip from %s"), end), tape, form, part_of(fabs(tape - form), fabs(form)),
                    entry_name(v, NN_TENSOR_DA, m, j, 0));
        free(end);
    }
}

/* The derivative by the neuron's activation, in the convention's sign. */
static char *received_name(const delta_view *v, size_t l, size_t j)
{
    char *name = entry_name(v, NN_TENSOR_DA, l, j, 0);
    if (v->convention != NN_ROW_MINUS_BIAS) return name;
    char *negative = formatted("−%s", name);
    free(name);
    return negative;
}

static void add_received(table *t, const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    const double tape = x->nodes[x->layers[l].a + j].adjoint, form = received_of(v, l, j);
    const bool is_output = l == depth_of(v), is_alone = !is_output && width_at(v, l + 1) + skips_back_to(v, l) == 1;
    add_numbers(t, v, received_name(v, l, j), handed_on(v, tape), handed_on(v, form),
                part_of(fabs(tape - form), largest_received(v, l)),
                is_output  ? entry_in_both(v, NN_TENSOR_DA, l, j, 0)
                : is_alone ? copied(_("that alone"))
                           : copied(_("their sum")));
}

/* ----------------------------------------------------------------------------------------- backward */

/* delta as the slope times what was received; of a matched pair it is a - y at once. */
static void add_delta(table *t, const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    const nn_tensor tensor = is_noted(v, NN_TENSOR_DELTA, l) ? NN_TENSOR_DELTA : NN_TENSOR_DB;
    if (is_matched_output(v, l)) {
        add_checked(t, v, tensor, l, j, 0);
        return;
    }
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    char *name = received_name(v, l, j);
    add_numbers(t, v, entry_name(v, tensor, l, j, 0), as_noted(v, tensor, c->tape[j]), as_noted(v, tensor, c->form[j]),
                difference_of(c, j), delta_by_received(v, l, j, name, handed_on(v, received_of(v, l, j))));
    free(name);
}

static void add_gradients(table *t, const delta_view *v, size_t l, size_t j)
{
    const size_t n = width_at(v, l - 1), shown = shown_of(v, n);
    for (size_t k = 0; k < shown; k++) add_checked(t, v, NN_TENSOR_DW, l, j, k);
    if (n > shown) table_add_more(t, n - shown);
    if (has_biases(v, l) && is_noted(v, NN_TENSOR_DELTA, l)) add_checked(t, v, NN_TENSOR_DB, l, j, 0);
}

/* "w_35 ← 0.4 − 0.5·0.08217 = 0.3589" */
static void put_update(FILE *to, const delta_view *v, char *name, nn_tensor gradient, size_t l, size_t entry)
{
    const ad_span parameters = gradient == NN_TENSOR_DW ? nn_weights(v->net, l) : nn_biases(v->net, l);
    char before[NUMBER_SIZE], rate[NUMBER_SIZE], slope[NUMBER_SIZE], after[NUMBER_SIZE];
    show_input(rate, v->rate, v->digits);
    show_input(before, as_noted(v, gradient, ad_values(parameters)[entry]), v->digits);
    show_number(slope, as_noted(v, gradient, v->report.layer[l].tensor[gradient].tape[entry]), v->digits);
    show_number(after, as_noted(v, gradient, stepped(v, gradient, false, l, entry)), v->digits);
    char *line = formatted(slope[0] == '-' ? "%s ← %s − %s·(%s) = %s" : "%s ← %s − %s·%s = %s", name, before, rate,
                           slope, after);
    fputs("  ", to);
    put_wrapped(to, line, 2, 6);
    fputc('\n', to);
    free(line);
    free(name);
}

static void print_updates(FILE *to, const delta_view *v, size_t l, size_t j)
{
    const size_t n = width_at(v, l - 1), shown = shown_of(v, n);
    for (size_t k = 0; k < shown; k++) put_update(to, v, weight_name(v, l, j, k), NN_TENSOR_DW, l, j * n + k);
    if (n > shown) {
        fputs("  ", to);
        fprintf(to, _("… %zu more"), n - shown);
        fputc('\n', to);
    }
    if (has_biases(v, l) && !v->hold_biases) put_update(to, v, bias_name(v, l, j), NN_TENSOR_DB, l, j);
}

static void print_neuron_back(FILE *to, const explanation *x, size_t l, size_t j, const char *const heads[COLUMNS])
{
    const delta_view *v = x->network;
    table t = neuron_table(heads);
    put_part_title(to, v, l, unit_name(v, l, j));
    if (l < depth_of(v)) {
        add_products(&t, x, l, j);
        add_skips(&t, x, l, j);
    }
    if (!is_matched_output(v, l)) add_received(&t, x, l, j);
    add_delta(&t, x, l, j);
    add_gradients(&t, v, l, j);
    table_print(&t, to);
    if (v->convention == NN_PER_NEURON) print_gradient_vector(to, v, l, j);
    if (v->rate > 0) print_updates(to, v, l, j);
}

static void print_backward(FILE *to, const explanation *x, const char *const heads[COLUMNS])
{
    const delta_view *v = x->network;
    put_heading(to, _("Backward pass: neuron by neuron, from the cost to the inputs"));
    print_lead(to, v, true);
    for (size_t l = depth_of(v); l >= 1; l--) {
        for (size_t j = 0; j < shown_of(v, width_at(v, l)); j++) print_neuron_back(to, x, l, j, heads);
        put_more_neurons(to, v, l);
    }
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the inputs"), end_of(COLOUR_STEP));
    table t = neuron_table(heads);
    const size_t inputs = width_at(v, 0), shown = shown_of(v, inputs);
    for (size_t k = 0; k < shown; k++) add_checked(&t, v, NN_TENSOR_DA, 0, k, 0);
    if (inputs > shown) table_add_more(&t, inputs - shown);
    table_print(&t, to);
}

void print_by_neuron(FILE *to, const explanation *x)
{
    const delta_view *v = x->network;
    const char *const heads[COLUMNS] = {"", _("tape"), _("closed form"), _("difference"), _("how")};
    delta_paths *paths = delta_paths_new(v);
    print_subject(to, v);
    print_forward(to, v, heads);
    if (!v->forward_only) {
        print_backward(to, x, heads);
        print_paths(to, v, paths);
    }
    delta_paths_free(paths);
    print_verdict(to, v);
    if (v->rate == 0) return;
    print_step_lead(to, v);
    print_costs_of_step(to, v);
}
