/* SPDX-License-Identifier: MIT */
/* A demon adds to one neuron's weighted input: what δ says of the cost, and how well. */
#include "lesson_demon.h"
#include "language.h"
#include "lesson_compare.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static void set_defaults(lesson_settings *s)
{
    static const delta_options own = {.sizes = "2,3,2",
                                      .convention = "half-mean",
                                      .weights = "0.6,-0.4,-1,0.8,0.3,0.5,1.5,-0.7,0.4,-0.8,1.2,0.9",
                                      .biases = "0.1,0.2,-0.3,-0.2,0.3",
                                      .inputs = "1,0.5",
                                      .targets = "0,1"};
    lesson_default_network(&s->network, &own);
}

static void choose_unit(const lesson_settings *s, demon_lesson *d)
{
    const size_t l = s->layer > 0 ? s->layer : 1, j = s->layer > 0 ? s->unit : 1, depth = depth_of(d->v);
    if (l > depth)
        die(CODE_USAGE,
            ngettext("--unit=%zu,%zu: the network has %zu layer", "--unit=%zu,%zu: the network has %zu layers", depth),
            l, j, depth);
    const size_t width = width_at(d->v, l);
    if (j > width)
        die(CODE_USAGE,
            ngettext("--unit=%zu,%zu: layer %zu has %zu neuron", "--unit=%zu,%zu: layer %zu has %zu neurons", width), l,
            j, l, width);
    d->l = l;
    d->j = j - 1;
}

/* ---------------------------------------------------------------------------------------- the costs */

double demon_cost(demon_lesson *d, size_t l, size_t j, double dz, size_t *kinks)
{
    const double tape = demon_tape_cost(&d->tape, l, j, dz, kinks), form = demon_form_cost(&d->form, l, j, dz);
    const double largest = fmax(fabs(tape), fabs(form)), difference = fabs(tape - form) / fmax(largest, d->cost);
    if (largest > 0 && !(difference <= d->worst_cost)) d->worst_cost = difference;
    d->costs++;
    return tape;
}

/* -------------------------------------------------------------------------------- shrinking the step */

/* What rounding may do to ΔC, the difference of two costs, one of them at a z + Δz that was rounded too. */
static double rounding(const demon_lesson *d) { return DBL_EPSILON * (4 * fabs(d->cost) + 2 * fabs(d->delta * d->z)); }

/* Whether the error of a row is so small that rounding is a hundredth of it or more: then it has no order. */
static bool shows_rounding(const demon_lesson *d, const demon_step *s) { return fabs(s->error) <= 100 * rounding(d); }

static void measure_steps(demon_lesson *d)
{
    for (size_t k = 0; k < DEMON_STEPS; k++) {
        demon_step *s = &d->steps[k];
        s->dz = pow(10, -(double)k);
        s->predicted = d->delta * s->dz;
        s->real = demon_cost(d, d->l, d->j, s->dz, &s->kinks) - d->cost;
        s->error = s->real - s->predicted;
        s->second = d->second * s->dz * s->dz / 2;
        s->order = k > 0 && !shows_rounding(d, s) ? log10(fabs(s[-1].error / s->error)) : NAN;
    }
}

/* Whether the order of row k can only be that of the first term left out: terms of higher order are small already, and
 * no kink is crossed. (C‴ at z itself says nothing of a Δz as large as 1.) */
static bool is_measurable(const demon_lesson *d, size_t k)
{
    const demon_step *s = &d->steps[k];
    return !isnan(s->order) && s[-1].kinks == 0 && s[-1].dz <= 0.1 && fabs(d->third * s[-1].dz) < 0.3 * fabs(d->second);
}

static void add_steps(demon_lesson *d)
{
    script_table(d->to, "steps", 6, (const char *[]){"Δz", "δ·Δz", "ΔC", "ΔC − δ·Δz", _("order"), "½·C″·Δz²"});
    for (size_t k = 0; k < DEMON_STEPS; k++) {
        const demon_step *s = &d->steps[k];
        script_row(d->to, (cell[]){cell_input(s->dz), cell_number(s->predicted), cell_number(s->real),
                                   shows_rounding(d, s) ? cell_magnitude(s->error) : cell_number(s->error),
                                   cell_known(s->order), cell_number(s->second)});
    }
}

static void plot_steps(demon_lesson *d)
{
    double dz[DEMON_STEPS], real[DEMON_STEPS], error[DEMON_STEPS], second[DEMON_STEPS];
    for (size_t k = 0; k < DEMON_STEPS; k++) {
        dz[k] = d->steps[k].dz;
        real[k] = fabs(d->steps[k].real);
        error[k] = fabs(d->steps[k].error);
        second[k] = fabs(d->steps[k].second);
    }
    const curve curves[] = {{.name = "|ΔC|", .x = dz, .y = real, .count = DEMON_STEPS},
                            {.name = "|ΔC − δ·Δz|", .x = dz, .y = error, .count = DEMON_STEPS},
                            {.name = "½·|C″|·Δz²", .x = dz, .y = second, .count = DEMON_STEPS}};
    script_plot(d->to, &(plot){.key = "steps",
                               .x_label = "Δz",
                               .y_label = _("change of the cost, and error"),
                               .is_log_x = true,
                               .is_log_y = true,
                               .curves = curves,
                               .count = 3});
}

static void say_kinks(demon_lesson *d)
{
    size_t k = DEMON_STEPS;
    while (k > 0 && d->steps[k - 1].kinks == 0) k--;
    if (k == 0) return;
    if (k == DEMON_STEPS)
        script_say(
            d->to,
            _("However small Δz is, it takes an activation across a kink, where the derivative is a convention."));
    else
        script_say(d->to,
                   _("With Δz = %s or more an activation crosses a kink, beyond which its slope is another: a "
                     "derivative knows nothing of that."),
                   script_number(d->to, d->steps[k - 1].dz));
}

/* The first row, behind those that can be measured, whose error is mostly something else than ½·C″·Δz². */
static size_t first_rounded(const demon_lesson *d)
{
    size_t k = DEMON_STEPS;
    while (k > 0 && fabs(d->steps[k - 1].error - d->steps[k - 1].second) > fabs(d->steps[k - 1].second) / 2) k--;
    return k;
}

static bool is_exact(const demon_lesson *d)
{
    size_t k = 0;
    while (k < DEMON_STEPS && d->steps[k].error == 0) k++;
    return k == DEMON_STEPS;
}

/* Whether δ·Δz is nothing beside what it leaves out, wherever an order was measured. */
static bool is_all_error(const demon_lesson *d)
{
    for (size_t k = 0; k < DEMON_STEPS; k++)
        if (is_measurable(d, k) && !(fabs(d->steps[k].predicted) < 0.01 * fabs(d->steps[k].error))) return false;
    return true;
}

static void say_orders_by_ten(demon_lesson *d)
{
    if (is_all_error(d))
        script_say(d->to,
                   _("δ is %s here, and what it predicts is nothing beside ΔC: all of ΔC is error. Each time Δz gets "
                     "ten times smaller, ΔC gets a hundred times smaller: it is itself of order 2 in Δz. The order in "
                     "a row is the logarithm of how many times the error has shrunk since the row above; where "
                     "rounding may be a hundredth of the error, none is given."),
                   script_number(d->to, d->delta));
    else
        script_say(d->to,
                   _("Each time Δz gets ten times smaller, ΔC does too, but the error of the prediction gets a "
                     "hundred times smaller: it is of order 2 in Δz. The order in a row is the logarithm of how "
                     "many times the error has shrunk since the row above; where rounding may be a hundredth of the "
                     "error, none is given. So for a small Δz δ is all one needs to know."));
}

static void say_order(demon_lesson *d)
{
    const size_t k = first_rounded(d);
    if (d->measured == 0) {
        script_say(d->to,
                   is_exact(d)
                       ? _("Nothing is left out here: every ΔC is δ·Δz, to the last digit.")
                       : _("Here no order can be measured: the error is rounding from the beginning, or further terms "
                           "are as large as the first."));
        return;
    }
    say_orders_by_ten(d);
    if (k < DEMON_STEPS)
        script_say(d->to,
                   _("At Δz = %s rounding has taken over: ΔC is the difference of two costs near %s, each of which is "
                     "rounded to about %s. What is left is rounding, which has no order."),
                   script_number(d->to, d->steps[k].dz), script_number(d->to, d->cost),
                   script_magnitude(d->to, DBL_EPSILON * d->cost));
}

/* How far the orders are from 2 that can be measured. */
static void compare_orders(demon_lesson *d)
{
    for (size_t k = 0; k < DEMON_STEPS; k++)
        if (is_measurable(d, k)) {
            d->worst_order = fmax(d->worst_order, fabs(d->steps[k].order - 2));
            d->measured++;
        }
}

static void say_steps(demon_lesson *d)
{
    script_heading(d->to, _("What the demon does to the cost"));
    script_ask(d->to,
               _("The demon at %s adds Δz = 0.1. By about how much does the cost change? And with a Δz ten times "
                 "smaller, how many times smaller is the error of that prediction?"),
               d->name);
    measure_steps(d);
    script_say(d->to,
               _("Predicted is ΔC = δ·Δz, which is %s for Δz = 0.1. For the real ΔC the tape has one more leaf at this "
                 "neuron, Δz, which is added to z: it is set, and the tape is evaluated again."),
               script_number(d->to, d->steps[1].predicted));
    add_steps(d);
    if (d->delta != 0 || d->second != 0) plot_steps(d);
    compare_orders(d);
    say_order(d);
    say_kinks(d);
}

static void say_second(demon_lesson *d)
{
    script_heading(d->to, _("What δ leaves out"));
    script_ask(d->to, "%s",
               d->measured > 0 ? _("Why a hundred times, and not ten? What is the first term that δ·Δz leaves out?")
                               : _("What is the first term that δ·Δz leaves out?"));
    script_formula(d->to, "C(z + Δz) = C(z) + δ Δz + ½ C″ Δz^2 + …");
    script_say(
        d->to,
        _("The cost is a curve over z, and δ is its slope. What is left out begins with the curvature C″, the second "
          "derivative by z, and Δz stands there squared. The engine differentiates twice: C″ = %s. The last column of "
          "the table is that term; where Δz is small and rounding is not yet in the way, it is the error."),
        script_number(d->to, d->second));
    script_value(d->to, "C2", d->second);
}

/* --------------------------------------------------------------------------------------- the lesson */

static void say_beginning(demon_lesson *d, const delta_subject *n)
{
    script_say(d->to, _("A demon sits at one neuron. While the sample passes through, it adds a little Δz to the "
                        "neuron's weighted input z, so that the neuron gives out σ(z + Δz) instead of σ(z). The change "
                        "runs on through the layers above, up to the cost. What δ = ∂C/∂z means is this: for a small "
                        "Δz the cost changes by δ·Δz. Is that so, and how well does it hold?"));
    lesson_say_network(d->to, n);
    script_formula(d->to, "%s = %s,  δ^%zu_%zu = %s,  C = %s", d->name, script_number(d->to, d->z), d->l, d->j + 1,
                   script_number(d->to, d->delta), script_number(d->to, d->cost));
    script_value(d->to, "z", d->z);
    script_value(d->to, "delta", d->delta);
    script_value(d->to, "C", d->cost);
}

/* δ by the leaf Δz of every neuron beside BP1 and BP2, as a part of the largest in its layer. */
static void check_deltas(demon_lesson *d)
{
    double worst = 0;
    size_t count = 0;
    demon_cost(d, d->l, d->j, 0, NULL);
    demon_tape_delta(&d->tape, d->l, d->j);
    for (size_t l = 1; l <= depth_of(d->v); l++) {
        const nn_tensor_check *t = &d->v->report.layer[l].tensor[NN_TENSOR_DELTA];
        const double *tape = ad_grads(d->tape.demons[l]);
        for (size_t j = 0; j < width_at(d->v, l); j++, count++)
            worst = fmax(worst, fabs(tape[j] - t->form[j]) / t->largest * (NN_DELTA_TOLERANCE / t->allowed));
    }
    script_checked(d->to, _("δ of all neurons, by the leaves Δz on the tape and by BP1 and BP2"), count, worst,
                   NN_DELTA_TOLERANCE);
}

static double form_delta(demon_lesson *d, double dz)
{
    demon_form_cost(&d->form, d->l, d->j, dz);
    return d->form.net.layer[d->l].delta[d->j];
}

static double slope_over(demon_lesson *d, double h) { return (form_delta(d, h) - form_delta(d, -h)) / (2 * h); }

static bool has_kink_within(demon_lesson *d, double h)
{
    size_t above, below;
    demon_tape_cost(&d->tape, d->l, d->j, h, &above);
    demon_tape_cost(&d->tape, d->l, d->j, -h, &below);
    return above > 0 || below > 0;
}

/* C″ of the tape beside the slope of the closed form's δ, by differences over h and h/2 of which the terms in h² cancel
 * (Richardson, 1911). An error of ε in δ may become 3 ε/h. */
static void check_second(demon_lesson *d)
{
    static const double h = 1e-4;
    if (has_kink_within(d, h)) return;
    const nn_tensor_check *t = &d->v->report.layer[d->l].tensor[NN_TENSOR_DELTA];
    const double slope = (4 * slope_over(d, h / 2) - slope_over(d, h)) / 3;
    const double scale = fmax(LEAST_SCALE, fmax(fabs(d->second), fabs(d->delta))),
                 noise = 3 * t->allowed * t->largest / h;
    const double difference = slope == d->second ? 0 : fabs(slope - d->second) / scale;
    script_checked(
        d->to, _("C″ by the tape and by differences of the closed form's δ, as a part of C″ or of δ if that is larger"),
        1, difference, fmax(1e-6, noise / scale));
}

static void write_lesson(script *to, lesson_settings *s)
{
    delta_subject *n = lesson_network_of(s);
    demon_lesson d = {.to = to, .v = &n->view};
    choose_unit(s, &d);
    char *name = entry_name(d.v, NN_TENSOR_Z, d.l, d.j, 0);
    d.name = name;
    demon_form_begin(&d.form, d.v);
    demon_tape_begin(&d.tape, n);
    d.cost = ad_value(d.tape.cost);
    d.z = demon_tape_z(&d.tape, d.l, d.j);
    d.delta = demon_tape_delta(&d.tape, d.l, d.j);
    d.second = demon_tape_second(&d.tape, d.l, d.j);
    d.third = demon_tape_third(&d.tape, d.l, d.j);
    say_beginning(&d, n);
    say_steps(&d);
    say_second(&d);
    demon_say_sign(&d);
    demon_say_ranking(&d);
    demon_say_saturation(&d);
    lesson_check_network(to, n);
    check_deltas(&d);
    script_checked(to, _("the cost with a demon, on the tape and by the closed form"), d.costs, d.worst_cost, 1e-12);
    check_second(&d);
    if (d.measured > 0)
        script_checked(to, _("the order of the error where it can be measured, and 2 (how far apart they are)"),
                       d.measured, d.worst_order, 0.1);
    demon_tape_end(&d.tape);
    demon_form_end(&d.form);
    free(name);
}

const lesson lesson_demon = {"demon",
                             "S2",
                             N_("The demon at a neuron, or what δ means"),
                             N_("What δ of a neuron means: by how much the cost changes when its z does"),
                             LESSON_NETWORK | LESSON_UNIT,
                             set_defaults,
                             write_lesson};
