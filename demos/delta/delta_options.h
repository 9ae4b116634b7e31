/* SPDX-License-Identifier: MIT */
/* The network and the sample of `chainrule delta`, as its options give them. */
#ifndef DEMOS_DELTA_OPTIONS_H
#define DEMOS_DELTA_OPTIONS_H

#include "dataset.h"
#include "delta_view.h"

#include <nn/delta.h>

/* Texts are as typed, NULL where an option was not given. */
typedef struct delta_options {
    const char *sizes, *activation, *output, *cost, *convention, *skip, *alpha;
    const char *weights, *biases, *init, *inputs, *targets;
    const char *model, *data;
    size_t row;               /* from 1; 0: not given */
    size_t batch;             /* how many samples there may be; 0: one */
    bool no_biases, has_seed; /* has_seed: it was given */
    uint64_t seed;

    void **memory; /* all that was made of them */
    size_t blocks;
    nn_model loaded;
    dataset *samples;
} delta_options;

typedef struct delta_problem {
    nn_mlp *net;
    nn_convention convention;
    double *x, *y;    /* the options': one sample after the other */
    size_t samples;   /* of data as many as there are from the row on, at most the batch */
    const char *from; /* where the sample is from, in words; NULL: from the command line */
} delta_problem;

/* A convention by its name, or S0 .. S4 as the notes are numbered: gives the name. Another word is left as it is. */
const char *delta_convention_word(const char *word);

/* Ends the program where the options are no network and no sample. */
delta_problem delta_problem_of(delta_options *options, ad_tape *tape);

/* Frees all that was made of the options. */
void delta_problem_free(delta_problem *p, delta_options *options);

/* The network and the sample that the options give, and the check of their tape, for showing: 12 entries of each
 * tensor. Ends the program where there are none. */
typedef struct delta_subject {
    ad_tape *tape;
    delta_problem problem;
    delta_view view;
} delta_subject;
void delta_subject_make(delta_subject *s, delta_options *o, int digits);
void delta_subject_free(delta_subject *s, delta_options *o);

/* Memory that belongs to the options. */
void *delta_take(delta_options *o, size_t count, size_t size);

/* ------------------------------------------------------------------------------ delta_files.c */

/* The network of the file o->model. */
nn_mlp *delta_model_of(delta_options *o, ad_tape *tape);

/* The row of o->data and those that follow in the batch, for the network: x, y, samples and from. y is NULL where the
 * data have no targets. */
void delta_sample_of(delta_options *o, delta_problem *p);

#endif
