/* SPDX-License-Identifier: MIT */
/* Axes with ticks at round numbers, linear or logarithmic. */
#ifndef DEMOS_AXES_H
#define DEMOS_AXES_H

#include "picture.h"

/* Values low .. high along from .. to, in points. */
typedef struct axis {
    double low, high, from, to;
    bool is_logarithmic;
    bool is_whole;    /* ticks are whole numbers */
    const char *unit; /* behind the numbers of ticks; NULL: nothing */
} axis;

/* Widens low .. high to round numbers. */
void axis_round(axis *a);
double axis_place(const axis *a, double value);

/* Draws the ticks' numbers and, where `has_lines`, faint lines across `from` .. `to` of the other axis. */
void axis_draw_x(cairo_t *c, const axis *x, const axis *y, const char *label, bool has_lines);
void axis_draw_y(cairo_t *c, const axis *y, const axis *x, bool has_lines);

#endif
