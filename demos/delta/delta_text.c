/* SPDX-License-Identifier: MIT */
/* The check of delta for reading: layer by layer, the tape beside the closed form. */
#include "delta_view.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 12 };

static char *number(const delta_view *v, double x)
{
    char shown[NUMBER_SIZE];
    return copied(show_number(shown, x, v->digits));
}

/* A difference is for its order of magnitude. */
static char *magnitude(double x) { return x == 0 ? copied("0") : formatted("%.1e", x); }

static void put_labelled(FILE *to, const char *label, char *owned)
{
    put_column(to, label, MARGIN, COLOUR_HEADING);
    put_wrapped(to, owned, MARGIN, MARGIN);
    fputc('\n', to);
    free(owned);
}

static void put_owned_note(FILE *to, char *note)
{
    put_note(to, note);
    free(note);
}

/* --------------------------------------------------------------------------------------- network */

static void put_activation(FILE *to, const nn_layer *layer)
{
    fputs(nn_activation_name(layer->activation), to);
    if (layer->alpha != 0) fprintf(to, " (α = %g)", layer->alpha);
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
        put_activation(t.to, layer_of(v, l));
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

static bool has_any(const delta_view *v, bool (*has)(const delta_view *v, size_t l))
{
    bool found = false;
    for (size_t l = 1; l <= depth_of(v); l++) found = found || has(v, l);
    return found;
}

static bool has_skip(const delta_view *v, size_t l) { return layer_of(v, l)->skip > 0; }

static void put_remark(FILE *to, const char *remark)
{
    fputs("  ", to);
    put_wrapped(to, remark, 2, 2);
    fputc('\n', to);
}

static void print_formulas(FILE *to, const delta_view *v, bool backward)
{
    const char *const *line = formulas_of(v, backward);
    for (; *line != NULL; line++) fprintf(to, "  %s\n", _(*line));
    if (!backward && v->convention == NN_LOGISTIC && has_any(v, has_biases))
        put_remark(to, _("a^(l)_0 = 1 is a bias unit: θ^(l)_i0 is the bias of unit i"));
    if (!has_any(v, has_skip)) return;
    put_remark(to, backward ? _("The start of a skip connection also receives what its end does.")
                            : _("A skip connection over s layers adds the activation of s layers before."));
}

/* ------------------------------------------------------------------------------------------ tables */

enum { COLUMNS = 5 };

/* Numbers with many digits leave no room for the last column. */
static table entry_table(const delta_view *v)
{
    enum { MOST_DIGITS = 9 };
    static const char *heads[COLUMNS] = {NULL};
    heads[0] = "";
    heads[1] = _("tape");
    heads[2] = _("closed form");
    heads[3] = _("difference");
    heads[4] = _("in numbers");
    static const bool is_number[COLUMNS] = {false, true, true, true, false};
    const size_t columns = v->digits > MOST_DIGITS ? COLUMNS - 1 : COLUMNS;
    return (table){.columns = columns, .heads = heads, .is_number = is_number, .wrapped = COLUMNS - 1};
}

static void add_row(table *t, char *const cells[COLUMNS])
{
    table_add(t, cells);
    if (t->columns < COLUMNS) free(cells[COLUMNS - 1]);
}

static double difference_of(const nn_tensor_check *c, size_t k) { return fabs(c->tape[k] - c->form[k]) / c->largest; }

static void add_entry(table *t, const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t k = row * c->columns + column;
    add_row(t, (char *[COLUMNS]){entry_name(v, tensor, l, row, column), number(v, as_noted(v, tensor, c->tape[k])),
                                 number(v, as_noted(v, tensor, c->form[k])), magnitude(difference_of(c, k)),
                                 entry_in_numbers(v, tensor, l, row, column)});
}

/* The first entries; of the others how many there are, and how far they are apart. */
static void add_tensor(table *t, const delta_view *v, nn_tensor tensor, size_t l)
{
    if (!is_noted(v, tensor, l)) return;
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t size = c->rows * c->columns, shown = size > v->entries + 1 ? v->entries : size;
    double apart = 0;
    for (size_t e = 0, row, column; e < size; e++) {
        entry_at(v, tensor, c, e, &row, &column);
        if (e < shown) add_entry(t, v, tensor, l, row, column);
        else apart = fmax(apart, difference_of(c, row * c->columns + column));
    }
    if (shown == size) return;
    add_row(t, (char *[COLUMNS]){formatted(_("… %zu more"), size - shown), copied(""), copied(""), magnitude(apart),
                                 copied("")});
}

static void put_layer_heading(FILE *to, const delta_view *v, size_t l)
{
    char *name = layer_name(v, l);
    fprintf(to, "\n%s%s%s  ", start_of(COLOUR_STEP), name, end_of(COLOUR_STEP));
    put_activation(to, layer_of(v, l));
    fputc('\n', to);
    free(name);
}

static void print_forward(FILE *to, const delta_view *v)
{
    put_heading(to, _("Forward pass: from the inputs to the cost"));
    print_formulas(to, v, false);
    for (size_t l = 1; l <= depth_of(v); l++) {
        table t = entry_table(v);
        put_layer_heading(to, v, l);
        add_tensor(&t, v, NN_TENSOR_Z, l);
        add_tensor(&t, v, NN_TENSOR_A, l);
        table_print(&t, to);
    }
    const nn_tensor_check *c = &v->report.cost;
    table t = entry_table(v);
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the cost"), end_of(COLOUR_STEP));
    add_row(&t, (char *[COLUMNS]){copied(cost_letter(v->convention)), number(v, c->tape[0]), number(v, c->form[0]),
                                  magnitude(c->difference), cost_in_numbers(v)});
    table_print(&t, to);
}

static void print_backward(FILE *to, const delta_view *v)
{
    put_heading(to, _("Backward pass: from the cost to the inputs"));
    print_formulas(to, v, true);
    for (size_t l = depth_of(v); l >= 1; l--) {
        table t = entry_table(v);
        put_layer_heading(to, v, l);
        add_tensor(&t, v, NN_TENSOR_DELTA, l);
        add_tensor(&t, v, NN_TENSOR_DW, l);
        add_tensor(&t, v, NN_TENSOR_DB, l);
        table_print(&t, to);
    }
    table t = entry_table(v);
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), _("the inputs"), end_of(COLOUR_STEP));
    add_tensor(&t, v, NN_TENSOR_DX, 0);
    table_print(&t, to);
}

/* ----------------------------------------------------------------------- slopes from the output */

/* The slope as a function of the output, where that can lose digits. */
static const char *form_of_output(nn_activation activation)
{
    switch (activation) {
    case NN_SIGMOID: return "o (1 − o)";
    case NN_TANH: return "1 − o²";
    case NN_SOFTPLUS: return "1 − e^−o";
    case NN_ELU: return _("o + α below 0");
    default: return NULL;
    }
}

static double largest_loss(const delta_view *v, size_t *where)
{
    double most = -1;
    for (size_t l = 1; l <= depth_of(v); l++) {
        const nn_slope_loss *loss = &v->report.layer[l].slope_loss;
        if (form_of_output(layer_of(v, l)->activation) == NULL || !loss->known || loss->loss <= most) continue;
        most = loss->loss;
        *where = l;
    }
    return most;
}

/* Where the output does not tell the slope any more. */
static void print_saturation(FILE *to, const delta_view *v)
{
    size_t l = 0;
    if (largest_loss(v, &l) <= NN_DELTA_TOLERANCE) return;
    const nn_slope_loss *loss = &v->report.layer[l].slope_loss;
    const nn_layer *layer = layer_of(v, l);
    char *z = entry_name(v, NN_TENSOR_Z, l, loss->unit, 0), *at = number(v, z_of(v, l, loss->unit)),
         *slope = number(v, loss->slope), *of_output = number(v, loss->of_output);
    fprintf(to, "\n%s", start_of(COLOUR_WARNING));
    put_owned_note(to,
                   formatted(_("Saturated: at %s = %s, %s′ is %s. Taken from the output o, as %s, it would be %s, off "
                               "by %.3g %%: so near its limit o has too few digits. The closed form takes it from z."),
                             z, at, nn_activation_name(layer->activation), slope, form_of_output(layer->activation),
                             of_output, 100 * loss->loss));
    fputs(end_of(COLOUR_WARNING), to);
    free(of_output);
    free(slope);
    free(at);
    free(z);
}

/* A line below the verdict; frees what was found. */
static void put_finding(FILE *to, const char *what, char *found)
{
    enum { WIDTH = 20 };
    fputs("  ", to);
    put_column(to, what, WIDTH, COLOUR_PLAIN);
    put_wrapped(to, found, 2 + WIDTH, 2 + WIDTH);
    fputc('\n', to);
    free(found);
}

/* What the notes' o (1 - o) and 1 - o^2 would have made of the slopes. */
static void print_slope_loss(FILE *to, const delta_view *v)
{
    size_t l = 0;
    const double most = largest_loss(v, &l);
    if (most < 0 || most > NN_DELTA_TOLERANCE) return;
    char *shown = magnitude(most);
    char *from_output = formatted(_("%s′ from the output"), activation_letter_of(v));
    put_finding(to, from_output, formatted(_("%s off: o (1 − o) for a sigmoid, 1 − o² for tanh"), shown));
    free(from_output);
    free(shown);
}

/* ------------------------------------------------------------------------------------- verdict */

/* The noise above which a difference means nothing. */
#define HOPELESS 0.05

/* Says so where rounding leaves less to compare than the tolerance asks for. */
static void print_noise(FILE *to, const delta_view *v)
{
    const nn_tensor_check *noisy = &v->report.cost;
    for (size_t l = 0; l <= depth_of(v); l++)
        for (int k = 0; k < NN_TENSORS; k++)
            if (v->report.layer[l].tensor[k].noise > noisy->noise) noisy = &v->report.layer[l].tensor[k];
    if (noisy->allowed <= NN_DELTA_TOLERANCE) return;
    fputc('\n', to);
    if (noisy->noise > HOPELESS) {
        put_note(to,
                 _("Rounding limits the comparison: some of these numbers are hardly more than rounding error, so that "
                   "they change altogether when each parameter moves by its last bit."));
        return;
    }
    put_owned_note(to,
                   formatted(_("Rounding limits the comparison: when each parameter moves by its last bit, some of "
                               "these numbers move by %.1e of the largest beside them, so that up to %.1e is allowed "
                               "there."),
                             noisy->noise, noisy->allowed));
}

static void print_agreement(FILE *to, const delta_view *v)
{
    const nn_delta_report *r = &v->report;
    const nn_tensor_check *worst = &r->layer[r->worst_layer].tensor[r->worst];
    char *difference = magnitude(fmax(worst->difference, r->cost.difference));
    put_heading(to, _("Tape and closed form agree"));
    put_finding(to, _("numbers compared"), formatted("%zu", r->numbers));
    put_finding(to, _("largest difference"), formatted(_("%s of the largest number beside it"), difference));
    put_finding(to, _("allowed"), formatted("%.0e", NN_DELTA_TOLERANCE));
    free(difference);
}

static void print_disagreement(FILE *to, const delta_view *v)
{
    const nn_delta_report *r = &v->report;
    const nn_tensor_check *worst = &r->layer[r->worst_layer].tensor[r->worst];
    const bool is_cost = worst->agrees;
    if (is_cost) worst = &r->cost;
    const size_t k = worst->row * worst->columns + worst->column;
    char *name = is_cost ? copied(cost_letter(v->convention))
                         : entry_name(v, r->worst, r->worst_layer, worst->row, worst->column),
         *difference = magnitude(worst->difference), *tape = number(v, worst->tape[k]),
         *form = number(v, worst->form[k]);
    fputs(start_of(COLOUR_WARNING), to);
    put_heading(to, _("Tape and closed form do NOT agree"));
    put_owned_note(to,
                   formatted(_("Furthest apart is %s: %s on the tape and %s by the closed form, a difference of %s of "
                               "the largest number beside it; %.0e is allowed."),
                             name, tape, form, difference, worst->allowed));
    fputs(end_of(COLOUR_WARNING), to);
    free(form);
    free(tape);
    free(difference);
    free(name);
}

static void print_verdict(FILE *to, const delta_view *v)
{
    if (v->report.agrees) print_agreement(to, v);
    else print_disagreement(to, v);
    print_slope_loss(to, v);
    print_noise(to, v);
    print_saturation(to, v);
}

void delta_print_text(FILE *to, delta_view *v)
{
    delta_paths *paths = delta_paths_new(v);
    put_labelled(to, _("Network"), network_text(v));
    put_labelled(to, _("Sample"), sample_text(v));
    put_labelled(to, _("Convention"), copied(nn_convention_name(v->convention)));
    print_forward(to, v);
    print_backward(to, v);
    print_paths(to, v, paths);
    delta_paths_free(paths);
    print_verdict(to, v);
    if (v->rate > 0) print_step(to, v);
}
