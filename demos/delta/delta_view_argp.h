/* SPDX-License-Identifier: MIT */
/* The options that say how backpropagation in a network is to be shown, with those of the network itself: a child
 * parser whose input is a delta_view_options. */
#ifndef DEMOS_DELTA_VIEW_ARGP_H
#define DEMOS_DELTA_VIEW_ARGP_H

#include "delta_argp.h"
#include "delta_view.h"

typedef struct delta_view_options {
    delta_options network;
    size_t entries; /* 0: not given */
    size_t path_layer, path_unit;
    double rate;
    bool hold_biases;
} delta_view_options;

extern const struct argp delta_view_argp;

/* An option that was given and means something for networks only; NULL: none. */
const char *delta_view_network(const delta_view_options *o);

/* The network and the sample, to be shown as the options say. */
void delta_view_make(delta_subject *s, delta_view_options *o, int digits);

#endif
