/* SPDX-License-Identifier: MIT */
/* What the two halves of the lesson on paths share. */
#ifndef DEMOS_LESSON_PATHS_H
#define DEMOS_LESSON_PATHS_H

#include "lesson.h"
#include "lesson_compare.h"

/* More paths than these are counted, but not walked. */
enum { MOST_WALKED = 100000 };

/* The sum of all paths' products from z^(l)_j, and the sum of their sizes, which is what rounding is relative to. */
typedef struct path_sum {
    double sum, size;
} path_sum;
path_sum sum_over_paths(const nn_logistic_net *net, size_t l, size_t j);

/* |a - b| / size; 0 where they are equal. */
double apart_by(double a, double b, double size);

/* How many paths lead to the cost from a unit of layer l of nn.h, by a sweep in which all derivatives are 1. */
double counted_by_sweep(const nn_shape *shape, size_t l);

/* Paths and the sweep in networks of 1 to `depth` hidden layers. */
void lesson_paths_grow(script *to, const delta_view *v, size_t depth, uint64_t seed);

#endif
