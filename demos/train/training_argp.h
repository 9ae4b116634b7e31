/* SPDX-License-Identifier: MIT */
/* The options of the command line that say how to train: a child parser whose input is a training_options. */
#ifndef DEMOS_TRAINING_ARGP_H
#define DEMOS_TRAINING_ARGP_H

#include "dataset.h"
#include "schedule.h"

#include <argp.h>

typedef struct training_options {
    int method;        /* -1: Adam */
    double rate;       /* 0: what suits method and data */
    nn_options more;   /* momentum, decay_rate, epsilon, weight_decay, l2, batch */
    schedule schedule; /* all-zero: constant */
    uint64_t seed;
    int scaling;             /* -1: what suits the data */
    double validation, test; /* as dataset_split has them; negative: as usual */

    /* What may also change when a training goes on. */
    size_t epochs; /* 0: as usual */
    size_t patience;
    bool has_patience;
    double goal; /* a cost; 0: none */

    const char *first; /* an option that was given and may not change then; NULL: none was */
} training_options;

extern const struct argp training_argp;

#endif
