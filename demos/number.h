/* SPDX-License-Identifier: MIT */
/* Decimal numbers in text, whatever the locale. */
#ifndef DEMOS_NUMBER_H
#define DEMOS_NUMBER_H

#include <stdbool.h>

/* Whether the whole text is a number such as -1.5e-3; *value then is the nearest double, or infinite where that is too
 * large. No hexadecimal numbers, infinities and NaNs, no spaces. */
bool read_number(const char *text, double *value);

/* What to say of a text that is none: "is not a number", with a hint at a decimal comma. */
const char *not_a_number(const char *text);

#endif
