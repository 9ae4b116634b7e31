/* SPDX-License-Identifier: MIT */
/* The network and the sample of `chainrule delta`, as its options give them. */
#ifndef DEMOS_DELTA_OPTIONS_H
#define DEMOS_DELTA_OPTIONS_H

#include <nn/delta.h>

/* Texts are as typed, NULL where an option was not given. */
typedef struct delta_options {
    const char *sizes, *activation, *output, *cost, *convention, *skip, *alpha;
    const char *weights, *biases, *init, *inputs, *targets;
    bool no_biases;
    uint64_t seed;
} delta_options;

/* All of it made; x and y are to be freed. */
typedef struct delta_problem {
    nn_mlp *net;
    nn_convention convention;
    double *x, *y;
} delta_problem;

/* Ends the program where the options are no network and no sample. */
delta_problem delta_problem_of(const delta_options *options, ad_tape *tape);

#endif
