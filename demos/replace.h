/* SPDX-License-Identifier: MIT */
/* Replacing a file as a whole: the new one is written beside it and takes its name at the end. */
#ifndef DEMOS_REPLACE_H
#define DEMOS_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/* What speaks against writing to `path`, as far as that can be known before: no such folder, no permission, no regular
 * file, ... NULL: nothing. */
const char *replace_hindrance(const char *path);

typedef struct replacement {
    FILE *to; /* NULL: it could not be opened */
    char *path, *temporary;
    int failure; /* errno then */
} replacement;

replacement replace_begin(const char *path);

/* True: the new file is there. Else, and when `is_good` is false, the old one, if any, is as it was; see errno. Frees
 * the rest. */
bool replace_end(replacement *r, bool is_good);

#endif
