/* SPDX-License-Identifier: MIT */
/* Files that are part of the program. */
#ifndef DEMOS_EMBEDDED_H
#define DEMOS_EMBEDDED_H

#include <stddef.h>

extern const char embedded_digits[]; /* data/digits.csv */
extern const size_t embedded_digits_size;
extern const char embedded_fetch[]; /* the script fetch; ends in a NUL */

#endif
