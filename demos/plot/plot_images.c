/* SPDX-License-Identifier: MIT */
#include "plot_images.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static uint32_t pixel(rgb ink)
{
    const uint32_t red = (uint32_t)(255 * ink.red + 0.5), green = (uint32_t)(255 * ink.green + 0.5),
                   blue = (uint32_t)(255 * ink.blue + 0.5);
    return red << 16 | green << 8 | blue;
}

/* Writes pixel k as a square of so many each way. */
static void put_pixel(unsigned char *bytes, size_t stride, size_t width, size_t k, size_t times, uint32_t value)
{
    const size_t left = k % width * times, top = k / width * times;
    for (size_t y = top; y < top + times; y++)
        for (size_t x = left; x < left + times; x++) memcpy(bytes + y * stride + 4 * x, &value, sizeof value);
}

/* Many viewers of SVG smooth what they enlarge: for sharp squares the image has several pixels to a point. */
static size_t enlargement(plot_place place, size_t width, bool is_smooth)
{
    enum { TO_A_POINT = 4, MOST = 64 };
    const double times = is_smooth ? 1 : ceil(TO_A_POINT * place.width / (double)width);
    return times < 1 ? 1 : times > MOST ? MOST : (size_t)times;
}

void plot_image(cairo_t *c, plot_place place, size_t width, size_t height, bool is_smooth, pixel_colour *colour_of,
                const void *user)
{
    const size_t times = enlargement(place, width, is_smooth);
    cairo_surface_t *image =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * times), (int)(height * times));
    unsigned char *bytes = cairo_image_surface_get_data(image);
    const size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t k = 0; bytes != NULL && k < width * height; k++)
        put_pixel(bytes, stride, width, k, times, pixel(colour_of(user, k)));
    cairo_surface_mark_dirty(image);
    cairo_save(c);
    cairo_translate(c, place.x, place.y);
    cairo_scale(c, place.width / (double)(width * times), place.height / (double)(height * times));
    cairo_set_source_surface(c, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_BILINEAR);
    cairo_pattern_set_extend(cairo_get_source(c), CAIRO_EXTEND_PAD);
    cairo_rectangle(c, 0, 0, (double)(width * times), (double)(height * times));
    cairo_fill(c);
    cairo_restore(c);
    cairo_surface_destroy(image);
}
