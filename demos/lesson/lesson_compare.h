/* SPDX-License-Identifier: MIT */
/* Numbers computed in two ways, set against each other for a lesson's last lines. */
#ifndef DEMOS_LESSON_COMPARE_H
#define DEMOS_LESSON_COMPARE_H

#include "script.h"

#include <nn/delta.h>

/* Below it doubles have fewer digits: no difference is relative to less. */
#define LEAST_SCALE 1e-292

/* What was compared so far; {0} to begin with. */
typedef struct comparison {
    size_t numbers;
    double difference, allowed; /* of those that came nearest to what is allowed, or went beyond it */
} comparison;

/* n numbers that belong together: their differences are relative to the largest of them. */
void compare(comparison *c, const double *one, const double *other, size_t n, double allowed);

/* The same, relative to `scale`. */
void compare_on_scale(comparison *c, const double *one, const double *other, size_t n, double scale, double allowed);

/* The largest of |x|; 0 of none. */
double largest_of(const double *x, size_t n);

/* What rounding leaves to compare in the report's network: the largest difference that it allows. */
double allowed_by(const nn_delta_report *report);

void script_compared(script *to, const char *what, const comparison *c);

#endif
