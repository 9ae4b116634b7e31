/* SPDX-License-Identifier: MIT */
/* A picture in a file, PNG or SVG, drawn by cairo on white; colours that colour-blind people can tell apart. */
#ifndef DEMOS_PICTURE_H
#define DEMOS_PICTURE_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a path ends in .png or .svg. */
bool picture_has_format(const char *path);

typedef struct picture picture;

/* Of so many points; a PNG has four pixels for each. */
picture *picture_begin(const char *path, double width, double height);
cairo_t *picture_canvas(const picture *p);

/* Writes it, whole or not at all. False: it could not be, and a message has said why. */
bool picture_end(picture *p);

typedef struct rgb {
    double red, green, blue;
} rgb;

/* Okabe and Ito's colours, in an order for lines and classes; from 8 on they begin again. */
rgb picture_colour(size_t k);

/* From blue over white to vermilion, for -1 .. 1. */
rgb picture_diverging(double x);
rgb picture_mixed(rgb a, rgb b, double part_of_b);

/* Black ink, grey ink for what matters less, and thin lines. */
extern const rgb picture_ink, picture_grey, picture_faint;
void picture_set(cairo_t *c, rgb ink);

/* Text that stands at (x, y), the base line, by its left end (0), its middle (0.5) or its right end (1). */
void picture_text(cairo_t *c, const char *text, double x, double y, double end);
double picture_text_width(cairo_t *c, const char *text);

/* The text, cut to this width with "..." at its end; to be freed. */
char *picture_fitting(cairo_t *c, const char *text, double width);

void picture_font(cairo_t *c, double size, bool is_bold);

#endif
