/* SPDX-License-Identifier: MIT */
/* What a good demon gains: by which sign, at which neuron, and nothing at a saturated one. */
#include "language.h"
#include "lesson_demon.h"

#include <math.h>
#include <stdlib.h>

/* The step of a good demon. */
static const double small = 0.01;

/* -------------------------------------------------------------------------------------------- sign */

/* Returns by how much the cost changes. */
static double add_sign(demon_lesson *d, const char *what, double dz)
{
    const double real = demon_cost(d, d->l, d->j, dz, NULL) - d->cost;
    script_row(d->to,
               (cell[]){cell_math(copied(what)), cell_number(dz), cell_number(d->delta * dz), cell_number(real)});
    return real;
}

void demon_say_sign(demon_lesson *d)
{
    script_heading(d->to, _("Which sign"));
    script_ask(d->to,
               _("This demon is a good one: it wants the cost to fall. δ is %s. Should it add something to z, or take "
                 "something away?"),
               script_number(d->to, d->delta));
    if (d->delta == 0) script_say(d->to, _("δ is 0: to first order it can do nothing, whatever the sign."));
    else if (d->delta > 0)
        script_say(d->to, _("It should take something away: Δz opposite in sign to δ makes δ·Δz negative."));
    else script_say(d->to, _("It should add something: Δz opposite in sign to δ makes δ·Δz negative."));
    script_table(d->to, "sign", 4, (const char *[]){_("choice"), "Δz", "δ·Δz", "ΔC"});
    add_sign(d, "Δz = +ε", small);
    add_sign(d, "Δz = −ε", -small);
    const double by_delta = add_sign(d, "Δz = −δ", -d->delta);
    script_say(d->to,
               _("The note lets the demon change z to z − η (∂C/∂z) Δz. That is a slip: it changes the cost by about "
                 "−η δ² Δz, so that the cost falls only if Δz happens to be positive. What is meant is a Δz of its own "
                 "choice, opposite in sign to ∂C/∂z; such as Δz = −η ∂C/∂z, which changes the cost by about −η δ² and "
                 "never makes it rise, if η is small enough. (The last row has η = 1.)"));
    if (by_delta > 0) script_say(d->to, _("Here η = 1 is too much: the cost rises in the last row."));
}

/* ----------------------------------------------------------------------------------------- ranking */

enum { MOST_RANKED = 20 };

typedef struct neuron {
    size_t l, j;
    double delta, dz, real;
    size_t place; /* by the real change, from 1 */
} neuron;

static int by_delta(const void *a, const void *b)
{
    const neuron *x = a, *y = b;
    const double one = fabs(x->delta), other = fabs(y->delta);
    if (one != other) return (one < other) - (one > other);
    return x->l != y->l ? (x->l > y->l) - (x->l < y->l) : (x->j > y->j) - (x->j < y->j);
}

static size_t neurons_in(const delta_view *v)
{
    size_t count = 0;
    for (size_t l = 1; l <= depth_of(v); l++) count += width_at(v, l);
    return count;
}

/* All neurons, those with the largest |δ| first. */
static neuron *ranked(demon_lesson *d, size_t count)
{
    neuron *all = resized(NULL, count, sizeof *all), *next = all;
    demon_cost(d, d->l, d->j, 0, NULL);
    demon_tape_delta(&d->tape, d->l, d->j);
    for (size_t l = 1; l <= depth_of(d->v); l++) {
        const double *delta = ad_grads(d->tape.demons[l]);
        for (size_t j = 0; j < width_at(d->v, l); j++) *next++ = (neuron){.l = l, .j = j, .delta = delta[j]};
    }
    qsort(all, count, sizeof *all, by_delta);
    return all;
}

static void measure(demon_lesson *d, neuron *all, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        neuron *n = &all[k];
        n->dz = n->delta > 0 ? -small : n->delta < 0 ? small : 0;
        n->real = n->dz != 0 ? demon_cost(d, n->l, n->j, n->dz, NULL) - d->cost : 0;
    }
    for (size_t k = 0; k < count; k++) {
        all[k].place = 1;
        for (size_t i = 0; i < count; i++) all[k].place += all[i].real < all[k].real;
    }
}

static void add_ranking(demon_lesson *d, const neuron *all, size_t count)
{
    script_table(d->to, "ranking", 7,
                 (const char *[]){_("place"), _("neuron"), "δ", "Δz", "δ·Δz", "ΔC", _("place by ΔC")});
    for (size_t k = 0; k < count; k++) {
        const neuron *n = &all[k];
        char *name = entry_name(d->v, NN_TENSOR_Z, n->l, n->j, 0);
        script_row(d->to,
                   (cell[]){cell_count((double)(k + 1)), cell_math(name), cell_number(n->delta), cell_number(n->dz),
                            cell_number(n->delta * n->dz), cell_number(n->real), cell_count((double)n->place)});
    }
}

void demon_say_ranking(demon_lesson *d)
{
    const size_t count = neurons_in(d->v), shown = count < MOST_RANKED ? count : MOST_RANKED;
    neuron *all = ranked(d, count);
    measure(d, all, shown);
    size_t moved = 0;
    for (size_t k = 0; k < shown; k++) moved += all[k].place != k + 1 && all[k].real != all[all[k].place - 1].real;
    script_heading(d->to, _("Where the demon should sit"));
    script_ask(d->to, _("Now the demon may choose its neuron, but change z by ε = %s at most. Where does it sit down?"),
               script_number(d->to, small));
    script_say(d->to, _("With the good sign it gains about |δ| ε: so where |δ| is largest. Here every neuron has its "
                        "turn, with Δz = −ε or +ε, and the cost is computed anew each time."));
    add_ranking(d, all, shown);
    if (shown < count)
        script_say(d->to, _("These are the first %zu of %s neurons."), shown, script_count(d->to, (double)count));
    if (all[0].delta == 0)
        script_say(d->to, _("Here every δ is 0: to first order no demon gains anything, wherever it sits."));
    else if (moved == 0)
        script_say(d->to, _("The order by |δ| is the order by what the cost really loses. A large |δ| means: at this "
                            "neuron there is something to be gained. That is why δ is called the neuron's error."));
    else
        script_say(
            d->to,
            ngettext("%zu neuron has another place by what the cost really loses: its |δ| is so near to another's, or "
                     "so near to 0, that ½·C″·Δz² decides. All others have the place that |δ| says.",
                     "%zu neurons have other places by what the cost really loses: their |δ| are so near to others', "
                     "or so near to 0, that ½·C″·Δz² decides. All others have the place that |δ| says.",
                     moved),
            moved);
    free(all);
}

/* -------------------------------------------------------------------------------------- saturation */

typedef struct place {
    double z, slope, delta, real;
} place;

static const double places_z[] = {-10, -5, -2, 0, 2, 5, 10};
enum { PLACES = sizeof places_z / sizeof *places_z };

/* The demon first moves z there, and then a little more. */
static place measure_at(demon_lesson *d, double z)
{
    const double there = demon_cost(d, d->l, d->j, z - d->z, NULL);
    place p = {
        .z = z, .slope = demon_tape_slope(&d->tape, d->l, d->j), .delta = demon_tape_delta(&d->tape, d->l, d->j)};
    const double dz = p.delta > 0 ? -small : p.delta < 0 ? small : 0;
    p.real = dz != 0 ? demon_cost(d, d->l, d->j, z - d->z + dz, NULL) - there : 0;
    return p;
}

/* A demon strong enough to go from the flat place to the steep one. */
static void say_far(demon_lesson *d, const place *flat, const place *steep)
{
    const double far =
        demon_cost(d, d->l, d->j, steep->z - d->z, NULL) - demon_cost(d, d->l, d->j, flat->z - d->z, NULL);
    script_value(d->to, "far", far);
    if (far == 0) return;
    script_say(
        d->to,
        _("The note adds that where the derivative is 0 no change of z matters, however large. That is so only to "
          "first order, for a small Δz: a demon strong enough to bring z from %s to %s would change the cost by %s."),
        script_number(d->to, flat->z), script_number(d->to, steep->z), script_number(d->to, far));
}

static void say_flat(demon_lesson *d, const place *flat, const place *steep)
{
    if (fabs(flat->slope) > 0.05 * fabs(steep->slope)) {
        script_say(d->to,
                   _("This activation saturates nowhere here: its slope is at least %s, and a demon has something to "
                     "do everywhere."),
                   script_number(d->to, flat->slope));
        return;
    }
    const char *z = script_number(d->to, flat->z), *slope = script_magnitude(d->to, flat->slope),
               *steepest = script_number(d->to, steep->slope), *there = script_number(d->to, steep->z);
    if (fabs(flat->delta) < fabs(steep->delta))
        script_say(d->to,
                   _("At z = %s the neuron is saturated: σ′(z) is %s there, while it is %s at z = %s. δ has σ′(z) as "
                     "a factor (BP1, BP2) and falls with it: the demon gains next to nothing, and gradient descent, "
                     "which does what a good demon would do, learns next to nothing there. The lesson vanish goes on "
                     "from here."),
                   z, slope, steepest, there);
    else
        script_say(d->to,
                   _("At z = %s the neuron is saturated: σ′(z) is %s there, while it is %s at z = %s. δ has σ′(z) as "
                     "a factor (BP1, BP2). Here it is not larger where the neuron is steep: its other factor, what "
                     "comes back from the cost, is smaller there, or 0."),
                   z, slope, steepest, there);
    say_far(d, flat, steep);
}

void demon_say_saturation(demon_lesson *d)
{
    const place *flat = NULL, *steep = NULL;
    place all[PLACES];
    script_heading(d->to, _("A saturated neuron"));
    script_ask(d->to, _("Suppose that %s were 10, or −10, and all else as it is. What could the demon gain there?"),
               d->name);
    script_table(d->to, "saturation", 4, (const char *[]){"z", "σ′(z)", "δ", _("ΔC of a good demon")});
    for (size_t k = 0; k < PLACES; k++) {
        all[k] = measure_at(d, places_z[k]);
        script_row(d->to, (cell[]){cell_input(all[k].z), cell_number(all[k].slope), cell_number(all[k].delta),
                                   cell_number(all[k].real)});
        if (flat == NULL || fabs(all[k].slope) < fabs(flat->slope)) flat = &all[k];
        if (steep == NULL || fabs(all[k].slope) > fabs(steep->slope)) steep = &all[k];
    }
    say_flat(d, flat, steep);
}
