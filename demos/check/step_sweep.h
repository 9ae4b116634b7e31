/* SPDX-License-Identifier: MIT */
/* How finite differences come near a derivative, and go astray again, as their step shrinks. */
#ifndef DEMOS_STEP_SWEEP_H
#define DEMOS_STEP_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Steps from 10^top down by so many decades, so many in each. */
enum { SWEEP_DECADES = 16, SWEEP_EACH = 8, SWEEP_COUNT = SWEEP_DECADES * SWEEP_EACH + 1 };

/* Of one coordinate. Errors are relative, |difference - gradient| / the larger of the two; NaN where the function is
 * not finite. */
typedef struct step_sweep {
    const char *name; /* of the coordinate; the caller's */
    double x, gradient;
    int top;
    double h[SWEEP_COUNT];       /* from small to large */
    double central[SWEEP_COUNT]; /* of (f(x + h) - f(x - h)) / 2h */
    double forward[SWEEP_COUNT]; /* of (f(x + h) - f(x)) / h */
    size_t best;  /* where the central difference is nearest, and those beside it; SWEEP_COUNT: it is finite nowhere */
    double slope; /* of log central by log h right of the best; NaN: there is no straight line */
} step_sweep;

/* The function of the coordinate, everything else held; NaN or infinite where it has no value. */
typedef double (*step_function)(void *user, double x);

/* 10^top is the power of ten next to |x|; 1 where x is 0. */
void step_sweep_make(step_sweep *s, step_function f, void *user, double x, double gradient);

/* Whether there is a step with which the central difference is near the gradient; what is said of it, to be freed. */
bool step_sweep_has_best(const step_sweep *s);
char *step_sweep_best_text(const step_sweep *s);

/* A number with one digit, "2e-6"; to be freed. */
char *step_sweep_magnitude(double x);

/* The plot on lines of at most `columns` characters, in Unicode or ASCII; logarithmic both ways. */
void step_sweep_print(FILE *to, const step_sweep *s, size_t columns, bool is_unicode);

/* The same as a picture, PNG or SVG; false: it could not be written, and a message has said why. */
bool step_sweep_draw(const char *path, const step_sweep *s);

#endif
