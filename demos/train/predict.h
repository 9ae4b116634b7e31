/* SPDX-License-Identifier: MIT */
/* The parts of `chainrule predict`: what is printed. */
#ifndef DEMOS_PREDICT_H
#define DEMOS_PREDICT_H

#include "outcome.h"

/* With `all` what the network gives for every class. */
void predict_print_csv(const outcome *o, bool all);
void predict_print_table(const outcome *o, bool all);
void predict_print_json(const outcome *o, const char *model, bool all);

#endif
