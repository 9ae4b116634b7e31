/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_OUTCOME_PRINT_H
#define DEMOS_OUTCOME_PRINT_H

#include "outcome.h"

#include <stdio.h>

/* How good the answers are: right ones, confusion and the worst mistakes, or the size of errors. `what` the samples
 * are: "test", or nothing. */
void outcome_print(FILE *to, const outcome *o, const char *what);

#endif
