/* SPDX-License-Identifier: MIT */
/* What the parts of the lesson `demon` share. */
#ifndef DEMOS_LESSON_DEMON_H
#define DEMOS_LESSON_DEMON_H

#include "demon.h"

enum { DEMON_STEPS = 9 };

/* A row: Δz, and what it does to the cost. */
typedef struct demon_step {
    double dz, predicted, real, error, order, second; /* order: NaN where there is none */
    size_t kinks;
} demon_step;

typedef struct demon_lesson {
    script *to;
    const delta_view *v;
    size_t l, j;      /* the neuron, as in nn.h */
    const char *name; /* "z^1_1" */
    demon_tape tape;
    demon_form form;
    double cost, z, delta, second, third; /* without a demon */
    demon_step steps[DEMON_STEPS];
    size_t measured, costs; /* orders and costs that were compared, and how far apart they are at most */
    double worst_order, worst_cost;
} demon_lesson;

/* C with a demon, by the tape; it is compared with the closed form's. */
double demon_cost(demon_lesson *d, size_t l, size_t j, double dz, size_t *kinks);

/* ------------------------------------------------------------------------- lesson_demon_gains.c */

void demon_say_sign(demon_lesson *d);
void demon_say_ranking(demon_lesson *d);
void demon_say_saturation(demon_lesson *d);

#endif
