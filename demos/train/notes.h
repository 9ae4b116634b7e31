/* SPDX-License-Identifier: MIT */
/* The notes that a model file keeps for the command: lines of a word, a space, and what it says. */
#ifndef DEMOS_NOTES_H
#define DEMOS_NOTES_H

#include "command.h"

typedef struct notes {
    char **lines;
    size_t count, room;
} notes;

void notes_add(notes *n, const char *word, const char *format, ...) FORMAT(3, 4);
void notes_add_lines(notes *n, char *const *lines, size_t count);

/* Takes all notes of this word away. */
void notes_drop(notes *n, const char *word);

/* What the next note of this word says, from number *at on, which then is behind it; NULL: there is none. `at` may be
 * NULL for the first one. */
const char *notes_find(const notes *n, const char *word, size_t *at);

void notes_free(notes *n);

#endif
