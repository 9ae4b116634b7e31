/* SPDX-License-Identifier: MIT */
#include "plot_images.h"

#include <stdint.h>
#include <string.h>

static uint32_t pixel(rgb colour)
{
    const uint32_t red = (uint32_t)(255 * colour.red + 0.5), green = (uint32_t)(255 * colour.green + 0.5),
                   blue = (uint32_t)(255 * colour.blue + 0.5);
    return red << 16 | green << 8 | blue;
}

void plot_image(cairo_t *c, plot_place place, size_t width, size_t height, bool is_smooth, pixel_colour *colour,
                const void *user)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    unsigned char *bytes = cairo_image_surface_get_data(image);
    const size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t k = 0; bytes != NULL && k < width * height; k++) {
        const uint32_t value = pixel(colour(user, k));
        memcpy(bytes + k / width * stride + 4 * (k % width), &value, sizeof value);
    }
    cairo_surface_mark_dirty(image);
    cairo_save(c);
    cairo_translate(c, place.x, place.y);
    cairo_scale(c, place.width / (double)width, place.height / (double)height);
    cairo_set_source_surface(c, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c), is_smooth ? CAIRO_FILTER_BILINEAR : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(c), CAIRO_EXTEND_PAD);
    cairo_rectangle(c, 0, 0, (double)width, (double)height);
    cairo_fill(c);
    cairo_restore(c);
    cairo_surface_destroy(image);
}
