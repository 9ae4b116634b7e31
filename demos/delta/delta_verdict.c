/* SPDX-License-Identifier: MIT */
/* Whether tape and closed form agree, and what limits the comparison. */
#include "delta_print.h"
#include "command.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

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
    char *z = entry_name(v, NN_TENSOR_Z, l, loss->unit, 0), *at = number_text(v, z_of(v, l, loss->unit)),
         *slope = number_text(v, loss->slope), *of_output = number_text(v, loss->of_output);
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

/* What a slope taken from the output, as the notes' o (1 - o) is, would have lost. */
static void print_slope_loss(FILE *to, const delta_view *v)
{
    size_t l = 0;
    const double most = largest_loss(v, &l);
    if (most < 0 || most > NN_DELTA_TOLERANCE) return;
    const nn_activation activation = layer_of(v, l)->activation;
    char *shown = magnitude_text(most);
    char *from_output = formatted(_("%s′ from the output"), activation_letter_of(v));
    put_finding(to, from_output,
                formatted(_("%s off: %s of %s"), shown, form_of_output(activation), nn_activation_name(activation)));
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
    char *difference = magnitude_text(fmax(worst->difference, r->cost.difference));
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
         *difference = magnitude_text(worst->difference), *tape = number_text(v, worst->tape[k]),
         *form = number_text(v, worst->form[k]);
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

void print_verdict(FILE *to, const delta_view *v)
{
    if (v->forward_only && v->report.agrees) return;
    if (v->report.agrees) print_agreement(to, v);
    else print_disagreement(to, v);
    print_slope_loss(to, v);
    print_noise(to, v);
    print_saturation(to, v);
}
