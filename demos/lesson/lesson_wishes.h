/* SPDX-License-Identifier: MIT */
/* What the samples of a minibatch wish: minus the derivatives of each one's own cost, C_0 = sum (a - y)^2. */
#ifndef DEMOS_LESSON_WISHES_H
#define DEMOS_LESSON_WISHES_H

#include "lesson.h"
#include "lesson_compare.h"

/* What going through the network and back gives, for one sample. Parameters are counted as nn_parameters does, units
 * through all layers, the inputs first. */
typedef struct pass {
    double cost;
    double *gradient;        /* by each parameter */
    double *z, *a, *dz, *da; /* of each unit; the inputs have no z */
} pass;

typedef struct wishes {
    const delta_view *view;
    nn_data batch;
    size_t depth, parameters, units;
    pass *tape, *form; /* one for each sample, by the tape and by the closed form */
    double *mean;      /* of what the samples wish, by the tape: entries as below */
    double allowed;    /* between the two */
} wishes;

void wishes_make(wishes *w, const delta_subject *n);
void wishes_free(wishes *w);

/* What can be wished for, counted from 0: parameters, then the a of all units. */
size_t entry_of_weight(const wishes *w, size_t l, size_t j, size_t k);
size_t entry_of_bias(const wishes *w, size_t l, size_t j);
size_t entry_of_a(const wishes *w, size_t l, size_t j);
double wish_of(const wishes *w, size_t sample, size_t entry);

/* The name of the entry of a parameter, to be freed. */
char *parameter_name(const wishes *w, size_t entry);

size_t unit_at(const wishes *w, size_t l, size_t j);

/* The gradient of the batch's cost J by the closed form of m samples, at the network's present parameters; returns J.
 */
double closed_gradient(const wishes *w, double *gradient);

/* Sets all the wishes of the tape against those of the closed form. */
void compare_wishes(comparison *c, const wishes *w);

/* "(0.5, -1)", of a long vector the beginning; to be freed. */
char *vector_text(script *to, const double *x, size_t n);

/* The parts of the lesson. */
void write_chain(script *to, const delta_subject *network, int digits);
void write_wishes(script *to, const wishes *w);
void write_observations(script *to, const wishes *w);
void write_step(script *to, const wishes *w, double rate);
void write_general_form(script *to, const wishes *w);

#endif
