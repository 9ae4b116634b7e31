/* SPDX-License-Identifier: MIT */
/* Help in Chinese. argp counts bytes and breaks lines at spaces, which is right for English alone: in another language
 * it lays out a page with short marks, where this puts the texts when the program ends. */
#ifndef DEMOS_HELP_TEXT_H
#define DEMOS_HELP_TEXT_H

#include <argp.h>

/* The help_filter of every parser. */
char *help_text(int key, const char *text, void *input);

/* When the parser begins, before argp writes anything. */
void help_begin(struct argp_state *state);

#endif
