/* SPDX-License-Identifier: MIT */
/* One step down the gradient, from gradients that were all there before the first parameter changed. */
#include "delta_view.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <stdlib.h>

static char *number(const delta_view *v, double x)
{
    char shown[NUMBER_SIZE];
    return copied(show_number(shown, x, v->digits));
}

static char *input(const delta_view *v, double x)
{
    char shown[NUMBER_SIZE];
    return copied(show_input(shown, x, v->digits));
}

static const double *gradient_of(const delta_view *v, nn_tensor tensor, size_t l)
{
    return v->report.layer[l].tensor[tensor].tape;
}

static void add_parameter(table *t, const delta_view *v, char *name, double value, double gradient)
{
    table_add(t, (char *[]){name, input(v, value), number(v, gradient), number(v, value - v->rate * gradient)});
}

static void add_weights(table *t, const delta_view *v, size_t l)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[NN_TENSOR_DW];
    const size_t size = c->rows * c->columns;
    size_t j, k;
    for (size_t e = 0; e < size && e < v->entries; e++) {
        entry_at(v, NN_TENSOR_DW, c, e, &j, &k);
        add_parameter(t, v, weight_name(v, l, j, k), weight_of(v, l, j, k),
                      gradient_of(v, NN_TENSOR_DW, l)[j * c->columns + k]);
    }
}

static void add_biases(table *t, const delta_view *v, size_t l)
{
    if (v->hold_biases) return;
    for (size_t j = 0; has_biases(v, l) && j < width_at(v, l) && j < v->entries; j++)
        add_parameter(t, v, bias_name(v, l, j), as_noted(v, NN_TENSOR_DB, bias_of(v, l, j)),
                      as_noted(v, NN_TENSOR_DB, gradient_of(v, NN_TENSOR_DB, l)[j]));
}

static void print_parameters(FILE *to, const delta_view *v)
{
    const char *const heads[] = {"", _("before"), _("gradient"), _("after")};
    static const bool is_number[] = {false, true, true, true};
    table t = {.columns = 4, .heads = heads, .is_number = is_number, .wrapped = 4};
    for (size_t l = 1; l <= depth_of(v); l++) {
        add_weights(&t, v, l);
        add_biases(&t, v, l);
    }
    table_print(&t, to);
}

static void go_down(double *p, const double *gradient, size_t n, double rate)
{
    for (size_t k = 0; k < n; k++) p[k] -= rate * gradient[k];
}

static void take_step(delta_view *v)
{
    for (size_t l = 1; l <= depth_of(v); l++) {
        const ad_span weights = nn_weights(v->net, l), biases = nn_biases(v->net, l);
        go_down(ad_set_in_place(weights), gradient_of(v, NN_TENSOR_DW, l), weights.count, v->rate);
        if (biases.count > 0 && !v->hold_biases)
            go_down(ad_set_in_place(biases), gradient_of(v, NN_TENSOR_DB, l), biases.count, v->rate);
    }
}

void print_step(FILE *to, delta_view *v)
{
    nn_delta_report after;
    nn_error error;
    const char *letter = cost_letter(v->convention);
    char *before = number(v, v->report.cost.tape[0]);
    char *heading = formatted(_("One step down the gradient, with η = %g: parameter − η · gradient"), v->rate);
    put_heading(to, heading);
    print_parameters(to, v);
    take_step(v);
    if (nn_check_delta(v->net, v->convention, v->x, v->y, &after, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    char *now = number(v, after.cost.tape[0]);
    fputc('\n', to);
    fprintf(to,
            v->hold_biases ? _("%s goes from %s to %s. The biases are held where they were.")
                           : _("%s goes from %s to %s."),
            letter, before, now);
    fputc('\n', to);
    nn_delta_report_free(&after);
    free(now);
    free(heading);
    free(before);
}
