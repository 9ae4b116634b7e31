/* SPDX-License-Identifier: MIT */
/* The update, and what goes wrong where it comes too early. */
#include "language.h"
#include "lesson_neuron.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Parameters in the order of nn_parameters; biases are held. */
typedef struct step {
    ad_tape *tape;
    nn_mlp *net; /* a network of its own, to be changed */
    size_t parameters;
    double *before, *at_once, *in_place;
    double *gradient, *gradient_in_place;
} step;

static size_t offset_of(const step *s, size_t l) { return nn_weights(s->net, l).first - nn_parameters(s->net).first; }

/* ------------------------------------------------------------------------------------ computing it */

static void put_gradient(step *s, const delta_view *v)
{
    s->gradient = resized(NULL, s->parameters, sizeof *s->gradient);
    for (size_t k = 0; k < s->parameters; k++) s->gradient[k] = 0;
    for (size_t l = 1; l <= depth_of(v); l++) {
        const nn_tensor_check *dw = &v->report.layer[l].tensor[NN_TENSOR_DW];
        memcpy(s->gradient + offset_of(s, l), dw->tape, dw->rows * dw->columns * sizeof *dw->tape);
    }
}

/* delta of layer l where the weights of layer l + 1 are new already: what a program in a hurry finds. */
static double *hurried_delta(const step *s, const delta_view *v, size_t l, const double *next)
{
    const size_t in = width_at(v, l), out = l < depth_of(v) ? width_at(v, l + 1) : 0;
    const double *w = out > 0 ? s->in_place + offset_of(s, l + 1) : NULL;
    double *delta = resized(NULL, in, sizeof *delta);
    for (size_t j = 0; j < in; j++) {
        double sum = 0;
        for (size_t k = 0; k < out; k++) sum += next[k] * w[k * in + j];
        delta[j] = out == 0 ? delta_of(v, l, j) : sum * slope_of(v, l, j);
    }
    return delta;
}

static void step_in_place(step *s, const delta_view *v, double rate)
{
    double *next = NULL;
    s->in_place = numbers_copied(s->before, s->parameters);
    s->gradient_in_place = numbers_copied(s->gradient, s->parameters);
    for (size_t l = depth_of(v); l >= 1; l--) {
        const size_t in = width_at(v, l - 1), at = offset_of(s, l);
        double *delta = hurried_delta(s, v, l, next);
        for (size_t j = 0; j < width_at(v, l); j++)
            for (size_t k = 0; k < in; k++) {
                const size_t e = at + j * in + k;
                s->gradient_in_place[e] = delta[j] * a_of(v, l - 1, k);
                s->in_place[e] -= rate * s->gradient_in_place[e];
            }
        free(next);
        next = delta;
    }
    free(next);
}

static step step_new(const neuron_lesson *n)
{
    nn_error error;
    const delta_view *v = n->neurons;
    step s = {.tape = ad_tape_new()};
    s.net = nn_mlp_new(s.tape, nn_mlp_shape(v->net), &error);
    if (s.net == NULL) die(CODE_DATA, "%s", library_text(error.message));
    s.parameters = nn_parameters(s.net).count;
    s.before = numbers_copied(ad_values(nn_parameters(v->net)), s.parameters);
    put_gradient(&s, v);
    s.at_once = numbers_copied(s.before, s.parameters);
    for (size_t k = 0; k < s.parameters; k++) s.at_once[k] -= n->rate * s.gradient[k];
    step_in_place(&s, v, n->rate);
    return s;
}

static void step_free(step *s)
{
    free(s->before);
    free(s->at_once);
    free(s->in_place);
    free(s->gradient);
    free(s->gradient_in_place);
    nn_mlp_free(s->net);
    ad_tape_free(s->tape);
}

/* The total error at these parameters, on the tape and by the closed form. */
typedef struct total {
    double on_tape, difference, allowed;
} total;

static total total_with(const step *s, const delta_view *v, const double *parameters)
{
    nn_error error;
    nn_delta_report report;
    ad_set_all(nn_parameters(s->net), parameters);
    if (nn_check_delta(s->net, v->convention, v->x, v->y, &report, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    const total t = {report.cost.tape[0], report.cost.difference, report.cost.allowed};
    nn_delta_report_free(&report);
    return t;
}

/* ---------------------------------------------------------------------------------------- the update */

/* Calls `add` for the first weights of each layer up to `last`, from the outputs down. */
typedef void add_weight(const neuron_lesson *n, const step *s, char *owned_name, size_t e);

static void for_weights(const neuron_lesson *n, const step *s, size_t last, add_weight *add, bool is_gradient)
{
    const delta_view *v = n->neurons;
    for (size_t l = last; l >= 1; l--) {
        const size_t in = width_at(v, l - 1), size = width_at(v, l) * in, shown = rows_shown(size, MOST_ENTRIES_SHOWN);
        for (size_t k = 0; k < shown; k++) {
            const size_t row = k / in, column = k % in;
            add(n, s, is_gradient ? entry_name(v, NN_TENSOR_DW, l, row, column) : weight_name(v, l, row, column),
                offset_of(s, l) + k);
        }
        script_more(n->to, size - shown);
    }
}

static void add_update(const neuron_lesson *n, const step *s, char *owned_name, size_t e)
{
    script_row(n->to, (cell[]){cell_math(owned_name), cell_input(s->before[e]), cell_number(s->gradient[e]),
                               cell_precise(s->at_once[e])});
}

static void say_update(const neuron_lesson *n, const step *s)
{
    script_heading(n->to, _("A step down the gradient"));
    script_formula(n->to, "w_pq ← w_pq − η ∂L/∂w_pq");
    script_say(n->to,
               has_some_biases(n->neurons) ? _("With η = %s, and the biases held where they are:") : _("With η = %s:"),
               script_number(n->to, n->rate));
    script_value(n->to, "rate", n->rate);
    script_table(n->to, "update", 4, (const char *[]){_("weight"), _("before"), "∂L/∂w", _("after")});
    for_weights(n, s, depth_of(n->neurons), add_update, false);
}

/* ------------------------------------------------------------------------------------------ the slip */

static void add_slip(const neuron_lesson *n, const step *s, char *owned_name, size_t e)
{
    script_row(n->to, (cell[]){cell_math(owned_name), cell_number(s->gradient[e]), cell_number(s->gradient_in_place[e]),
                               cell_number(s->gradient_in_place[e] - s->gradient[e])});
}

/* Returns whether the slip has led lower. */
static bool tabulate_totals(const neuron_lesson *n, const step *s)
{
    const char *const words[] = {_("before the step"), _("all weights at once"), _("the outputs' weights first")};
    const double *const parameters[] = {s->before, s->at_once, s->in_place};
    double difference = 0, allowed = NN_DELTA_TOLERANCE, totals[3];
    script_table(n->to, "totals", 2, (const char *[]){_("weights changed"), _("total error L")});
    for (size_t k = 0; k < 3; k++) {
        const total t = total_with(s, n->neurons, parameters[k]);
        script_row(n->to, (cell[]){cell_text(copied(words[k])), cell_precise(t.on_tape)});
        totals[k] = t.on_tape;
        difference = fmax(difference, t.difference);
        allowed = fmax(allowed, t.allowed);
    }
    script_checked(n->to, _("the total errors on the tape beside the closed form"), 3, difference, allowed);
    return totals[2] < totals[1];
}

static void say_slip(const neuron_lesson *n, const step *s)
{
    script_heading(n->to, _("When is a weight changed?"));
    script_ask(n->to,
               _("One program computes all gradients and then changes all weights. Another changes the weights of "
                 "the outputs as soon as it has their gradients, and then goes back to the hidden neurons. Which "
                 "is right, and why?"));
    script_say(n->to,
               _("The first. A gradient belongs to one point, the weights that the forward pass went through. The "
                 "hidden δ_q = f′(z_q) Σ_k δ_k w_qk takes its δ_k from there; with weights w_qk that are new "
                 "already, it is the derivative of nothing. The hidden gradients of both:"));
    script_table(n->to, "slip", 4,
                 (const char *[]){_("derivative"), _("right"), _("with new weights"), _("difference")});
    for_weights(n, s, depth_of(n->neurons) - 1, add_slip, true);
    if (tabulate_totals(n, s))
        script_say(n->to, _("The second has come out lower here. That is luck, and no reason: one step down the right "
                            "gradient is only sure to go down where it is small enough."));
    if (n->is_mazur)
        script_say(n->to,
                   _("This is Mazur's network. His widely read example prints the weights of the first program, and "
                     "later the total error of the second."));
}

/* ------------------------------------------------------------------------------------------ the tape */

/* What the tape says when a weight is set between the forward pass and the sweep. */
static const char *refusal(const step *s, const delta_view *v)
{
    nn_error error;
    const ad_span x = ad_constants(s->tape, v->x, width_at(v, 0)),
                  y = ad_constants(s->tape, v->y, nn_mlp_outputs(v->net));
    if (nn_forward(s->net, x, &error) != NN_OK || nn_record_costs(s->net, y, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    ad_set(ad_at(nn_weights(s->net, depth_of(v)), 0), s->before[offset_of(s, depth_of(v))]);
    if (ad_backward(ad_at(nn_costs(s->net), 0)) != AD_ERR_STALE)
        die(CODE_WRONG, _("the tape was swept although a weight was set after the forward pass"));
    return library_text(ad_tape_message(s->tape));
}

static void say_tape(const neuron_lesson *n, const step *s)
{
    script_ask(n->to, _("Could this happen with a tape?"));
    script_say(n->to,
               _("No. A sweep reads the values that were recorded, and has all derivatives before anything can be "
                 "changed. And a tape of which a weight was set after the forward pass refuses to be swept. That was "
                 "tried just now, and the tape said: \"%s\"."),
               refusal(s, n->neurons));
}

void lesson_neuron_step(const neuron_lesson *n)
{
    step s = step_new(n);
    say_update(n, &s);
    if (depth_of(n->neurons) > 1) say_slip(n, &s);
    else tabulate_totals(n, &s);
    say_tape(n, &s);
    step_free(&s);
}
