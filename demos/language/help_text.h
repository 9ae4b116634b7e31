/* SPDX-License-Identifier: MIT */
/* Help in Chinese. argp counts bytes and breaks lines at spaces, which is right for English alone. */
#ifndef DEMOS_HELP_TEXT_H
#define DEMOS_HELP_TEXT_H

/* A help_filter of argp: lays out a text with characters of double width so that argp has nothing left to do. */
char *help_text(int key, const char *text, void *input);

#endif
