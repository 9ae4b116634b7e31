/* SPDX-License-Identifier: MIT */
/* Options that all commands have: colors, the language, and -h. */
#ifndef DEMOS_DISPLAY_ARGP_H
#define DEMOS_DISPLAY_ARGP_H

#include <argp.h>

extern const struct argp display_argp; /* needs no input */

#endif
