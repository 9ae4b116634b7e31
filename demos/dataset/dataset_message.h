/* SPDX-License-Identifier: MIT */
/* What the readers of data share: error messages, text that may be shown, names that were meant. */
#ifndef DEMOS_DATASET_MESSAGE_H
#define DEMOS_DATASET_MESSAGE_H

#include "command.h"
#include "dataset.h"

/* Writes the message, cut where it is too long; returns false. */
bool dataset_fail(dataset_error *error, const char *format, ...) FORMAT(2, 3);

/* A text of any bytes as it may stand in a message: its first characters, with '?' for what is no printable UTF-8.
 * Returns `shown`. */
enum { SHOWN_SIZE = 64 };
const char *show_text(char shown[SHOWN_SIZE], const char *text);

/* Whether a text is UTF-8 without control characters. */
bool is_plain_text(const char *text);

/* The nearest of the names, by letters that differ; NULL: none is near. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

/* ", did you mean 'name'?", or nothing where no name is near; to be freed. */
char *did_you_mean(const char *name, const char *const *names, size_t count);

#endif
