/* SPDX-License-Identifier: MIT */
/* What delta_how.c and delta_how_cost.c share. */
#ifndef DEMOS_DELTA_HOW_H
#define DEMOS_DELTA_HOW_H

#include "delta_view.h"

/* What is being written. Both ways of writing, in names and in numbers, go through the same formulas. */
typedef struct how {
    FILE *to;
    const delta_view *v;
    bool in_names;
    size_t most; /* terms of a sum; of a longer one the ends are written */
} how;

enum { FEW = 3 };

/* Numbers in the middle of a formula are for recognising them. */
void put_number(FILE *to, const delta_view *v, double x);

/* a - y, or t - o */
void put_error(const how *h, size_t j);

/* What the cost's derivative by an output is to a - y. */
double factor_of(const delta_view *v);

#endif
