/* SPDX-License-Identifier: MIT */
/* Axes with ticks at round numbers, linear or logarithmic, for pictures and for plots in characters. */
#ifndef DEMOS_TICKS_H
#define DEMOS_TICKS_H

#include <stdbool.h>
#include <stddef.h>

/* Values low .. high along from .. to, in points or in characters. */
typedef struct axis {
    double low, high, from, to;
    bool is_logarithmic;
    bool is_whole;    /* ticks are whole numbers */
    const char *unit; /* behind the numbers of ticks; NULL: nothing */
    double spacing;   /* room that a tick takes; 0: as in a picture */
} axis;

/* Widens low .. high to round numbers. */
void axis_round(axis *a);
double axis_place(const axis *a, double value);

/* The ticks from low to high, and how many; as many as have room. */
enum { MOST_TICKS = 16 };
size_t axis_ticks(const axis *a, double ticks[MOST_TICKS]);

/* A tick's number, "0.5", "1e-5"; to be freed. */
char *axis_tick_text(const axis *a, double tick, const char *minus);

#endif
