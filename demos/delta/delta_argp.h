/* SPDX-License-Identifier: MIT */
/* The options of the command line that make a small network and its samples: a child parser whose input is a
 * delta_options. */
#ifndef DEMOS_DELTA_ARGP_H
#define DEMOS_DELTA_ARGP_H

#include "delta_options.h"

#include <argp.h>

extern const struct argp delta_argp;

/* An option that was given and means something for networks only; NULL: none. (--output and --seed may mean something
 * else.) */
const char *delta_argp_network(const delta_options *o);

/* Whether a command that takes a formula or a network was given a network: by `option`, which is one for networks only
 * (NULL: none was given), or by an argument that is a model's file, which o->model then is. `first` is the first
 * argument (NULL: none), `others` are those after it. Mixtures and the want of both are usage errors. */
bool network_is_meant(struct argp_state *state, delta_options *o, const char *option, const char *first,
                      char *const *others, size_t count);

#endif
