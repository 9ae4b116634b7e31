/* SPDX-License-Identifier: MIT */
#include "step_sweep.h"
#include "command.h"
#include "formula_text.h"
#include "language.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double relative_error(double a, double b)
{
    if (!isfinite(a) || !isfinite(b)) return NAN;
    return a == b ? 0 : fabs(a - b) / fmax(fabs(a), fabs(b));
}

/* The worst error of a step and those beside it: chance makes single ones good. */
static double error_around(const step_sweep *s, size_t k)
{
    enum { BESIDE = 2 };
    double worst = s->central[k];
    for (size_t j = k < BESIDE ? 0 : k - BESIDE; j <= k + BESIDE && j < SWEEP_COUNT; j++)
        worst = isnan(s->central[j]) ? INFINITY : fmax(worst, s->central[j]);
    return worst;
}

static size_t best_of(const step_sweep *s)
{
    size_t best = SWEEP_COUNT;
    for (size_t k = 0; k < SWEEP_COUNT; k++)
        if (!isnan(s->central[k]) && (best == SWEEP_COUNT || error_around(s, k) <= error_around(s, best))) best = k;
    return best;
}

/* A least-squares line through log error by log h, where truncation is all that matters: from the best step up, as long
 * as the error is small and well above rounding. */
static double slope_of(const step_sweep *s)
{
    enum { LEAST = SWEEP_EACH };
    const double floor = 1e3 * fmax(error_around(s, s->best), DBL_EPSILON);
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t k = s->best; k < SWEEP_COUNT; k++) {
        if (!(s->central[k] > floor && s->central[k] < 0.01)) continue;
        const double u = log(s->h[k]), v = log(s->central[k]);
        n++;
        x += u;
        y += v;
        xx += u * u;
        xy += u * v;
    }
    return n < LEAST ? NAN : (n * xy - x * y) / (n * xx - x * x);
}

/* The difference is divided by the step as it was rounded. */
static void measure(step_sweep *s, size_t k, step_function f, void *user, double here)
{
    const double above = s->x + s->h[k], below = s->x - s->h[k];
    const double high = f(user, above), low = f(user, below);
    s->central[k] = above == below ? NAN : relative_error((high - low) / (above - below), s->gradient);
    s->forward[k] = above == s->x ? NAN : relative_error((high - here) / (above - s->x), s->gradient);
}

void step_sweep_make(step_sweep *s, step_function f, void *user, double x, double gradient)
{
    *s = (step_sweep){.name = s->name, .x = x, .gradient = gradient};
    s->top = x == 0 || !isfinite(x) ? 0 : (int)lround(log10(fabs(x)));
    const double here = f(user, x);
    for (size_t k = 0; k < SWEEP_COUNT; k++) {
        s->h[k] = pow(10, s->top - SWEEP_DECADES + (double)k / SWEEP_EACH);
        measure(s, k, f, user, here);
    }
    s->best = best_of(s);
    s->slope = s->best < SWEEP_COUNT ? slope_of(s) : NAN;
}

bool step_sweep_has_best(const step_sweep *s)
{
    static const double near = 0.1;
    return s->best < SWEEP_COUNT && s->central[s->best] < near;
}

char *step_sweep_magnitude(double x)
{
    char shown[32];
    snprintf(shown, sizeof shown, "%.0e", x);
    return formula_number(strtod(shown, NULL));
}

char *step_sweep_best_text(const step_sweep *s)
{
    char *h = step_sweep_magnitude(s->h[s->best]), *error = step_sweep_magnitude(s->central[s->best]);
    char *text = formatted(_("best: h = %s, error %s"), h, error);
    free(h);
    free(error);
    return text;
}
