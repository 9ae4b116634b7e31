/* SPDX-License-Identifier: MIT */
/* What the reader typed, onto a tape; what is wrong with it ends the program with a message that shows where. */
#ifndef DEMOS_INPUT_H
#define DEMOS_INPUT_H

#include <autodiff/autodiff.h>

/* All of standard input; to be freed. */
char *read_formula(void);

/* "name=value" becomes a leaf of that name; a value is a formula of constants. */
void record_assignment(ad_tape *tape, const char *assignment);

/* Records the formula; what it is worth is a node, not a constant. */
ad_var record_formula(ad_tape *tape, const char *formula);

/* The node called `name`. */
ad_var node_called(ad_tape *tape, const char *name);

#endif
