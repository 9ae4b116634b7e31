/* SPDX-License-Identifier: MIT */
/* Replacing a file as a whole: the new one is written beside it and takes its name at the end. */
#ifndef DEMOS_REPLACE_H
#define DEMOS_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What speaks against writing to `path`, as far as that can be known before: no such folder, no permission, no regular
 * file, ... NULL: nothing. */
const char *replace_hindrance(const char *path);

typedef struct replacement {
    FILE *to; /* NULL: it could not be opened */
    char *path, *temporary;
    int failure; /* errno of the first thing that failed; 0: nothing did */
} replacement;

replacement replace_begin(const char *path);

/* False: they could not be written. */
bool replace_write(replacement *r, const void *bytes, size_t count);

/* True: the new file is there. Else, and when `is_good` is false, the old one, if any, is as it was; see errno. Frees
 * the rest. */
bool replace_end(replacement *r, bool is_good);

#endif
