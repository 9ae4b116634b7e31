/* SPDX-License-Identifier: MIT */
/* Axes drawn in pictures. */
#ifndef DEMOS_AXES_H
#define DEMOS_AXES_H

#include "picture.h"
#include "ticks.h"

/* Draws the ticks' numbers and, where `has_lines`, faint lines across `from` .. `to` of the other axis. */
void axis_draw_x(cairo_t *c, const axis *x, const axis *y, const char *label, bool has_lines);
void axis_draw_y(cairo_t *c, const axis *y, const axis *x, bool has_lines);

#endif
