/* SPDX-License-Identifier: MIT */
/* The options of the command line that make a network: a child parser whose input is a network_options. */
#ifndef DEMOS_NETWORK_ARGP_H
#define DEMOS_NETWORK_ARGP_H

#include <nn/nn.h>

#include <argp.h>

enum { MOST_HIDDEN = 64 };

/* All-zero, but -1 where something can be chosen by number, is what suits the data. */
typedef struct network_options {
    size_t hidden[MOST_HIDDEN], hidden_count;
    bool has_hidden;
    nn_activation activations[MOST_HIDDEN]; /* of the hidden layers; the last one for all that follow */
    size_t activation_count;
    int output, cost, init; /* -1: what fits */
    bool no_bias;
    size_t skip;
    const char *first; /* an option that was given; NULL: none was */
} network_options;

extern const struct argp network_argp;

#endif
