/* SPDX-License-Identifier: MIT */
#include "picture.h"
#include "command.h"
#include "language.h"
#include "print.h"
#include "replace.h"

#include <cairo-svg.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double scale_of_png = 2;

struct picture {
    char *path;
    replacement file;
    bool is_svg;
    cairo_surface_t *surface;
    cairo_t *canvas;
};

static bool ends_in(const char *path, const char *end)
{
    const size_t length = strlen(path), n = strlen(end);
    return length > n && strcasecmp(path + length - n, end) == 0;
}

bool picture_has_format(const char *path) { return ends_in(path, ".png") || ends_in(path, ".svg"); }

static cairo_status_t write_bytes(void *file, const unsigned char *bytes, unsigned count)
{
    return replace_write(file, bytes, count) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

picture *picture_begin(const char *path, double width, double height)
{
    picture *p = resized(NULL, 1, sizeof *p);
    *p = (picture){.path = copied(path), .is_svg = ends_in(path, ".svg")};
    p->file = replace_begin(path);
    if (p->is_svg) p->surface = cairo_svg_surface_create_for_stream(write_bytes, &p->file, width, height);
    else {
        p->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * scale_of_png),
                                                (int)ceil(height * scale_of_png));
        cairo_surface_set_device_scale(p->surface, scale_of_png, scale_of_png);
    }
    p->canvas = cairo_create(p->surface);
    cairo_set_source_rgb(p->canvas, 1, 1, 1);
    cairo_paint(p->canvas);
    picture_set(p->canvas, picture_ink);
    return p;
}

cairo_t *picture_canvas(const picture *p) { return p->canvas; }

/* What the libraries keep, so that a search for leaks finds none. */
static void forget_fonts(void)
{
    cairo_debug_reset_static_data();
    FcFini();
}

bool picture_end(picture *p)
{
    cairo_status_t status = cairo_status(p->canvas);
    cairo_destroy(p->canvas);
    if (p->file.to != NULL && !p->is_svg && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(p->surface, write_bytes, &p->file);
    cairo_surface_finish(p->surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(p->surface);
    cairo_surface_destroy(p->surface);
    const bool is_drawn = status == CAIRO_STATUS_SUCCESS, is_written = replace_end(&p->file, is_drawn);
    if (!is_drawn && status != CAIRO_STATUS_WRITE_ERROR)
        complain(_("%s: cannot draw: %s"), p->path, cairo_status_to_string(status));
    else if (!is_written) complain(_("%s: cannot write: %s"), p->path, strerror(errno));
    free(p->path);
    free(p);
    forget_fonts();
    return is_written;
}

/* --------------------------------------------------------------------------------------- colours */

const rgb picture_ink = {0.13, 0.13, 0.13}, picture_grey = {0.42, 0.42, 0.42}, picture_faint = {0.87, 0.87, 0.87};

rgb picture_colour(size_t k)
{
    static const rgb colours[] = {{0, 0.447, 0.698}, {0.835, 0.369, 0},     {0, 0.620, 0.451},  {0.8, 0.475, 0.655},
                                  {0.902, 0.624, 0}, {0.337, 0.706, 0.914}, {0.45, 0.45, 0.45}, {0.75, 0.7, 0.1}};
    return colours[k % (sizeof colours / sizeof *colours)];
}

rgb picture_mixed(rgb a, rgb b, double part_of_b)
{
    const double rest = 1 - part_of_b;
    return (rgb){rest * a.red + part_of_b * b.red, rest * a.green + part_of_b * b.green,
                 rest * a.blue + part_of_b * b.blue};
}

rgb picture_diverging(double x)
{
    const rgb white = {1, 1, 1}, low = {0, 0.33, 0.58}, high = {0.75, 0.29, 0};
    const double size = fmin(fabs(x), 1);
    return picture_mixed(white, x < 0 ? low : high, size);
}

void picture_set(cairo_t *c, rgb ink) { cairo_set_source_rgb(c, ink.red, ink.green, ink.blue); }

/* ------------------------------------------------------------------------------------------ text */

/* Cairo takes one font for all of a text: for another language than English one that has its characters. To be freed.
 */
static char *family_of_language(void)
{
    char *name = formatted("sans-serif:lang=%s", language_tag());
    FcPattern *wanted = is_english() ? NULL : FcNameParse((const FcChar8 *)name), *found = NULL;
    FcChar8 *family = NULL;
    FcResult result;
    if (wanted != NULL && FcConfigSubstitute(NULL, wanted, FcMatchPattern)) {
        FcDefaultSubstitute(wanted);
        found = FcFontMatch(NULL, wanted, &result);
    }
    if (found == NULL || FcPatternGetString(found, FC_FAMILY, 0, &family) != FcResultMatch) family = NULL;
    char *own = copied(family != NULL ? (const char *)family : "sans-serif");
    if (found != NULL) FcPatternDestroy(found);
    if (wanted != NULL) FcPatternDestroy(wanted);
    free(name);
    return own;
}

void picture_font(cairo_t *c, double size, bool is_bold)
{
    char *family = family_of_language();
    cairo_select_font_face(c, family, CAIRO_FONT_SLANT_NORMAL,
                           is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
    free(family);
}

double picture_text_width(cairo_t *c, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(c, text, &extents);
    return extents.x_advance;
}

void picture_text(cairo_t *c, const char *text, double x, double y, double end)
{
    cairo_move_to(c, x - end * picture_text_width(c, text), y);
    cairo_show_text(c, text);
    cairo_new_path(c);
}

char *picture_fitting(cairo_t *c, const char *text, double width)
{
    char *shown = copied(text);
    for (size_t columns = width_of(text); picture_text_width(c, shown) > width && columns > 1; columns--) {
        free(shown);
        shown = formatted("%.*s...", (int)fitting(text, columns - 1), text);
    }
    return shown;
}
