/* SPDX-License-Identifier: MIT */
#include "axes.h"
#include "command.h"

#include <stdlib.h>

static char *tick_text(const axis *a, double tick) { return axis_tick_text(a, tick, "\u2212"); }

static void line(cairo_t *c, double x1, double y1, double x2, double y2)
{
    cairo_move_to(c, x1, y1);
    cairo_line_to(c, x2, y2);
    cairo_stroke(c);
}

void axis_draw_x(cairo_t *c, const axis *x, const axis *y, const char *label, bool has_lines)
{
    double ticks[MOST_TICKS];
    const size_t count = axis_ticks(x, ticks);
    cairo_set_line_width(c, 1);
    for (size_t k = 0; k < count; k++) {
        const double at = axis_place(x, ticks[k]);
        picture_set(c, has_lines ? picture_faint : picture_grey);
        line(c, at, y->from + 5, at, has_lines ? y->to : y->from);
        char *text = tick_text(x, ticks[k]);
        picture_set(c, picture_grey);
        picture_text(c, text, at, y->from + 19, 0.5);
        free(text);
    }
    picture_set(c, picture_grey);
    if (!has_lines) line(c, x->from, y->from, x->to, y->from);
    if (label != NULL) picture_text(c, label, (x->from + x->to) / 2, y->from + 38, 0.5);
}

void axis_draw_y(cairo_t *c, const axis *y, const axis *x, bool has_lines)
{
    double ticks[MOST_TICKS];
    const size_t count = axis_ticks(y, ticks);
    cairo_set_line_width(c, 1);
    for (size_t k = 0; k < count; k++) {
        const double at = axis_place(y, ticks[k]);
        picture_set(c, has_lines ? picture_faint : picture_grey);
        line(c, has_lines ? x->from : x->from - 5, at, has_lines ? x->to : x->from, at);
        char *text = tick_text(y, ticks[k]);
        picture_set(c, picture_grey);
        picture_text(c, text, x->from - 9, at + 4, 1);
        free(text);
    }
}
