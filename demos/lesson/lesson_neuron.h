/* SPDX-License-Identifier: MIT */
/* What the parts of the lesson on three ways of writing one network share. */
#ifndef DEMOS_LESSON_NEURON_H
#define DEMOS_LESSON_NEURON_H

#include "lesson.h"

/* The same network on the same tape, beside the closed forms of both notes. */
typedef struct neuron_lesson {
    script *to;
    const delta_view *neurons, *rows; /* per-neuron, row-minus-bias */
    double rate;
    bool is_mazur; /* the reader has changed nothing */
} neuron_lesson;

/* Of a long vector so many entries are tabulated, and of the gradients of a layer's weights. */
enum { MOST_ENTRIES_SHOWN = 12, MOST_GRADIENTS_SHOWN = 24 };

/* lesson_neuron_rows.c: rows, matrices, and biases that are subtracted. */
void lesson_neuron_forward_rows(const neuron_lesson *n);
void lesson_neuron_backward_rows(const neuron_lesson *n);

/* lesson_neuron_step.c: the update, and what goes wrong where it comes too early. */
void lesson_neuron_step(const neuron_lesson *n);

#endif
