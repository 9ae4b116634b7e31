/* SPDX-License-Identifier: MIT */
/* One step down the gradient, from gradients that were all there before the first parameter changed. */
#include "delta_print.h"
#include "command.h"
#include "language.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double *gradient_of(const delta_view *v, nn_tensor tensor, size_t l)
{
    return v->report.layer[l].tensor[tensor].tape;
}

static double before_step(const delta_view *v, nn_tensor gradient, size_t l, size_t entry)
{
    return ad_values(gradient == NN_TENSOR_DW ? nn_weights(v->net, l) : nn_biases(v->net, l))[entry];
}

double stepped(const delta_view *v, nn_tensor gradient, bool by_form, size_t l, size_t entry)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[gradient];
    const double p = before_step(v, gradient, l, entry);
    if (gradient == NN_TENSOR_DB && v->hold_biases) return p;
    return p - v->rate * (by_form ? c->form : c->tape)[entry];
}

/* As a part of the parameter, or of the step if that is larger: a parameter may become 0. */
static double apart_after_step(const delta_view *v, nn_tensor gradient, size_t l, size_t entry)
{
    const double tape = stepped(v, gradient, false, l, entry), form = stepped(v, gradient, true, l, entry);
    const double before = before_step(v, gradient, l, entry);
    return tape == form ? 0 : fabs(tape - form) / fmax(fmax(fabs(form), fabs(before)), fabs(form - before));
}

static double worst_after_step(const delta_view *v, size_t *count)
{
    double worst = 0;
    *count = 0;
    for (size_t l = 1; l <= depth_of(v); l++)
        for (nn_tensor t = NN_TENSOR_DW; t <= (v->hold_biases ? NN_TENSOR_DW : NN_TENSOR_DB); t++) {
            const size_t size = v->report.layer[l].tensor[t].rows * v->report.layer[l].tensor[t].columns;
            for (size_t e = 0; e < size; e++) worst = fmax(worst, apart_after_step(v, t, l, e));
            *count += size;
        }
    return worst;
}

enum { COLUMNS = 6 };

static void add_parameter(table *t, const delta_view *v, char *name, nn_tensor gradient, size_t l, size_t entry)
{
    table_add(t,
              (char *[COLUMNS]){name, input_cell(as_noted(v, gradient, before_step(v, gradient, l, entry)), v->digits),
                                number_text(v, as_noted(v, gradient, gradient_of(v, gradient, l)[entry])),
                                number_text(v, as_noted(v, gradient, stepped(v, gradient, false, l, entry))),
                                number_text(v, as_noted(v, gradient, stepped(v, gradient, true, l, entry))),
                                magnitude_text(apart_after_step(v, gradient, l, entry))});
}

static void add_weights(table *t, const delta_view *v, size_t l)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[NN_TENSOR_DW];
    const size_t size = c->rows * c->columns, shown = size > v->entries + 1 ? v->entries : size;
    size_t j, k;
    for (size_t e = 0; e < shown; e++) {
        entry_at(v, NN_TENSOR_DW, c, e, &j, &k);
        add_parameter(t, v, weight_name(v, l, j, k), NN_TENSOR_DW, l, j * c->columns + k);
    }
    if (size > shown) table_add_more(t, size - shown);
}

static void add_biases(table *t, const delta_view *v, size_t l)
{
    if (v->hold_biases || !has_biases(v, l)) return;
    const size_t size = width_at(v, l), shown = size > v->entries + 1 ? v->entries : size;
    for (size_t j = 0; j < shown; j++) add_parameter(t, v, bias_name(v, l, j), NN_TENSOR_DB, l, j);
    if (size > shown) table_add_more(t, size - shown);
}

static void print_parameters(FILE *to, const delta_view *v)
{
    const char *const heads[COLUMNS] = {"", _("before"), _("gradient"), _("after"), _("closed form"), _("difference")};
    static const bool is_number[COLUMNS] = {false, true, true, true, true, true};
    table t = {.columns = COLUMNS, .heads = heads, .is_number = is_number, .wrapped = COLUMNS};
    for (size_t l = 1; l <= depth_of(v); l++) {
        add_weights(&t, v, l);
        add_biases(&t, v, l);
    }
    table_print(&t, to);
}

/* The network after the step; its parameters before it are the caller's to put back. */
static void take_step(const delta_view *v)
{
    for (size_t l = 1; l <= depth_of(v); l++) {
        const ad_span weights = nn_weights(v->net, l), biases = nn_biases(v->net, l);
        double *w = ad_set_in_place(weights), *b = biases.count > 0 ? ad_set_in_place(biases) : NULL;
        for (size_t e = 0; e < weights.count; e++) w[e] = stepped(v, NN_TENSOR_DW, false, l, e);
        for (size_t e = 0; e < biases.count; e++) b[e] = stepped(v, NN_TENSOR_DB, false, l, e);
    }
}

/* What else stands on the tape follows the parameters. */
static void reevaluate(ad_tape *tape)
{
    if (ad_reevaluate(tape, NULL) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
}

double cost_after_step(const delta_view *v, double *form)
{
    const ad_span parameters = nn_parameters(v->net);
    const size_t bytes = parameters.count * sizeof(double);
    double *before = memcpy(resized(NULL, parameters.count, sizeof *before), ad_values(parameters), bytes);
    nn_delta_report after;
    nn_error error;
    take_step(v);
    reevaluate(parameters.tape);
    if (nn_check_delta(v->net, v->convention, v->x, v->y, &after, &error) != NN_OK)
        die(CODE_DATA, _("after the step: %s"), library_text(error.message));
    const double cost = after.cost.tape[0];
    if (form != NULL) *form = after.cost.form[0];
    memcpy(ad_set_in_place(parameters), before, bytes);
    reevaluate(parameters.tape);
    nn_delta_report_free(&after);
    free(before);
    return cost;
}

static void print_form_of_step(FILE *to, const delta_view *v, double cost, double form)
{
    size_t count;
    char *apart = magnitude_text(worst_after_step(v, &count)), *shown = number_text(v, form),
         *costs_apart = magnitude_text(cost == form ? 0 : fabs(cost - form) / fmax(fabs(cost), fabs(form)));
    char *line = count == 1
                     ? formatted(_("By the closed form it goes to %s, a difference of %s; the parameter after the step "
                                   "differs by %s."),
                                 shown, costs_apart, apart)
                     : formatted(_("By the closed form it goes to %s, a difference of %s; the %zu parameters after the "
                                   "step differ by %s at most."),
                                 shown, costs_apart, count, apart);
    put_paragraph(to, line);
    free(costs_apart);
    free(shown);
    free(apart);
}

char *sentence_of_step(const delta_view *v, double cost)
{
    char *before = number_text(v, v->report.cost.tape[0]), *now = number_text(v, cost);
    char *sentence = formatted(v->hold_biases && has_some_biases(v)
                                   ? _("%s goes from %s to %s. The biases are held where they were.")
                                   : _("%s goes from %s to %s."),
                               cost_letter(v->convention), before, now);
    free(now);
    free(before);
    return sentence;
}

void print_costs_of_step(FILE *to, const delta_view *v)
{
    double form;
    const double cost = cost_after_step(v, &form);
    fputc('\n', to);
    put_paragraph(to, sentence_of_step(v, cost));
    print_form_of_step(to, v, cost, form);
}

char *title_of_step(const delta_view *v)
{
    char rate[NUMBER_SIZE];
    return formatted(_("One step down the gradient, with η = %s"), show_input(rate, v->rate, v->digits));
}

void print_step_lead(FILE *to, const delta_view *v)
{
    char *heading = title_of_step(v), *formula = step_formula(v);
    put_heading(to, heading);
    put_paragraph(to, copied(_("Every gradient is there before the first parameter changes, so that none is made with "
                               "a weight that is new already.")));
    fprintf(to, "\n  %s\n", formula);
    free(formula);
    free(heading);
}

void print_step(FILE *to, const delta_view *v)
{
    print_step_lead(to, v);
    print_parameters(to, v);
    print_costs_of_step(to, v);
}
