/* SPDX-License-Identifier: MIT */
/* The classes of a data set, by their labels. */
#ifndef DEMOS_LABELS_H
#define DEMOS_LABELS_H

#include "dataset.h"

enum { MOST_CLASSES = 1000 };

typedef struct class_labels class_labels;

/* With `known` labels only these are taken, in this order; NULL: all are. */
class_labels *labels_new(const char *const *known, size_t count);
void labels_free(class_labels *l);

/* The class with this label. False, with a message that has no place yet, for a label that is empty, unknown (a known
 * one of the same number is taken: 1.0 for 1), no plain text, or one too many. */
bool labels_find(class_labels *l, const char *label, size_t *class, dataset_error *error);

/* Gives data its labels and classes, sorted where they were not known, and renumbers data->label. */
void labels_finish(class_labels *l, dataset *data);

#endif
