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

#endif
