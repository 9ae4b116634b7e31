/* SPDX-License-Identifier: MIT */
/* Which classes a network takes for which, and its worst mistakes, as tables for reading. */
#ifndef DEMOS_CONFUSION_H
#define DEMOS_CONFUSION_H

#include "outcome.h"

#include <stdio.h>

/* counts[is * classes + said]; to be freed. */
size_t *confusion_counts(const outcome *o);

/* A matrix where it fits 80 columns, else the most frequent mistakes. */
void confusion_print(FILE *to, const outcome *o);

/* The samples with the costliest mistakes, or with the largest errors where answers are numbers. */
void mistakes_print(FILE *to, const outcome *o, size_t most);

#endif
