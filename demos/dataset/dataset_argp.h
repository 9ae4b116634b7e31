/* SPDX-License-Identifier: MIT */
/* The options of the command line that choose how data is read, for every command that reads some: a child parser whose
 * input is a dataset_options. */
#ifndef DEMOS_DATASET_ARGP_H
#define DEMOS_DATASET_ARGP_H

#include <argp.h>

extern const struct argp dataset_argp;

#endif
