/* SPDX-License-Identifier: MIT */
/* Replacing a file as a whole: the new one is written beside it and takes its name at the end. */
#ifndef DEMOS_REPLACE_H
#define DEMOS_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/* Whether `path` can be written, as far as that can be known before; else false with the reason of the system in errno:
 * nothing there but a folder, no permission, ... */
bool replace_is_possible(const char *path);

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
