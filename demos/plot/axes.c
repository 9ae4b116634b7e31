/* SPDX-License-Identifier: MIT */
#include "axes.h"
#include "command.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_TICKS = 16 };

static double position(const axis *a, double value) { return a->is_logarithmic ? log10(value) : value; }

double axis_place(const axis *a, double value)
{
    const double low = position(a, a->low), high = position(a, a->high);
    return high > low ? a->from + (position(a, value) - low) / (high - low) * (a->to - a->from) : a->from;
}

/* The least of 1, 2, 5, 10, ... times a power of ten that makes at most `most` steps. */
static double step_of(double span, double most, bool is_whole)
{
    const double unit = pow(10, floor(log10(span / most)));
    double step = unit;
    if (span / step > most) step = 2 * unit;
    if (span / step > most) step = 5 * unit;
    if (span / step > most) step = 10 * unit;
    return is_whole && step < 1 ? 1 : step;
}

/* As many ticks as have room. */
static double step_on(const axis *a)
{
    const double room = fabs(a->to - a->from), most = fmin(fmax(floor(room / 55), 2), 10);
    return step_of(a->high - a->low, most, a->is_whole);
}

void axis_round(axis *a)
{
    if (a->is_logarithmic) {
        const double low = pow(10, floor(log10(a->low))), high = pow(10, floor(log10(a->high)));
        a->low = 5 * low <= a->low ? 5 * low : 2 * low <= a->low ? 2 * low : low;
        a->high = high >= a->high ? high : 2 * high >= a->high ? 2 * high : 5 * high >= a->high ? 5 * high : 10 * high;
        return;
    }
    if (!(a->high > a->low)) a->high = a->low + (a->low != 0 ? fabs(a->low) : 1);
    const double step = step_on(a);
    a->low = floor(a->low / step + 1e-9) * step;
    a->high = ceil(a->high / step - 1e-9) * step;
}

/* 1, 10, 100, ...; with 2 and 5 between where that would be few. */
static size_t logarithmic_ticks(const axis *a, double ticks[MOST_TICKS])
{
    static const double between[] = {1, 2, 5};
    const double decades = log10(a->high / a->low);
    const size_t each = decades < 2.5 ? 3 : 1;
    const double skip = decades > 8 ? ceil(decades / 6) : 1;
    size_t count = 0;
    for (double e = floor(log10(a->low)); e <= log10(a->high) + 1e-9; e += skip)
        for (size_t k = 0; k < each && count < MOST_TICKS; k++) {
            const double tick = between[k] * pow(10, e);
            if (tick >= a->low * (1 - 1e-9) && tick <= a->high * (1 + 1e-9)) ticks[count++] = tick;
        }
    return count;
}

static size_t ticks_on(const axis *a, double ticks[MOST_TICKS])
{
    if (a->is_logarithmic) return logarithmic_ticks(a, ticks);
    const double step = step_on(a);
    size_t count = 0;
    for (double k = ceil(a->low / step - 1e-9); k * step <= a->high + 1e-9 * step && count < MOST_TICKS; k++)
        ticks[count++] = k == 0 ? 0 : k * step;
    return count;
}

static char *tick_text(const axis *a, double tick)
{
    const char *sign = tick < 0 ? "\u2212" : "";
    return formatted("%s%.*g%s", sign, fabs(tick) >= 1e6 ? 3 : 7, fabs(tick), a->unit != NULL ? a->unit : "");
}

static void line(cairo_t *c, double x1, double y1, double x2, double y2)
{
    cairo_move_to(c, x1, y1);
    cairo_line_to(c, x2, y2);
    cairo_stroke(c);
}

void axis_draw_x(cairo_t *c, const axis *x, const axis *y, const char *label, bool has_lines)
{
    double ticks[MOST_TICKS];
    const size_t count = ticks_on(x, ticks);
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
    const size_t count = ticks_on(y, ticks);
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
