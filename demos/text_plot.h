/* SPDX-License-Identifier: MIT */
/* Plots in characters, for a terminal: in Unicode curves are of Braille dots, eight to a character, in ASCII of one
 * character each. */
#ifndef DEMOS_TEXT_PLOT_H
#define DEMOS_TEXT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A line through points, which breaks where a number is not finite, or not above 0 on a logarithmic axis. */
typedef struct curve {
    const char *name;
    const double *x, *y;
    size_t count;
    bool is_scattered; /* the points alone, without a line */
} curve;

/* All curves are to be told apart without colour: in Unicode the first has no marks, the others one each. */
typedef struct plot {
    const char *key, *x_label, *y_label; /* the key is for programs */
    bool is_log_x, is_log_y;
    const curve *curves;
    size_t count;
    double x_range[2], y_range[2]; /* what the axes show, what is outside standing at the edge; 0, 0: all there is */
    double note_x;                 /* what the note points to, from below the axis */
    const char *note;              /* NULL: none */
} plot;

/* On lines of at most `columns` characters (from 40 to 80), about twenty of them. */
void text_plot_print(FILE *to, const plot *p, size_t columns, bool is_unicode);

/* Whether the reader's locale has Unicode, whatever this program has set for itself. */
bool text_plot_has_unicode(void);

/* The columns of the terminal or, elsewhere, of COLUMNS; never more than a line has. */
size_t text_plot_columns(FILE *to);

#endif
