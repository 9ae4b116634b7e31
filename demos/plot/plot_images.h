/* SPDX-License-Identifier: MIT */
/* Images of computed colours. */
#ifndef DEMOS_PLOT_IMAGES_H
#define DEMOS_PLOT_IMAGES_H

#include "picture.h"

/* The colour of pixel k, row by row from the top left. */
typedef rgb pixel_colour(const void *user, size_t k);

/* width x height pixels as equal rectangles that fill one; `is_smooth`: with the colours between them. */
typedef struct plot_place {
    double x, y, width, height;
} plot_place;
void plot_image(cairo_t *c, plot_place place, size_t width, size_t height, bool is_smooth, pixel_colour *colour_of,
                const void *user);

#endif
