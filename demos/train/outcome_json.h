/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_OUTCOME_JSON_H
#define DEMOS_OUTCOME_JSON_H

#include "outcome.h"

#include <jansson.h>

/* JSON has no infinities and no NaN: null. */
json_t *json_of_number(double x);
json_t *json_of_count(size_t n);

/* How good the answers are, with a confusion matrix for classes; null where the right ones are not known. */
json_t *json_of_outcome(const outcome *o);

/* Prints, with nine digits, and frees it. */
void json_print(json_t *root);

#endif
