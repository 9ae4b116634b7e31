/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "plot_images.h"
#include "plots.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 6, ROWS = 4, TILE = 112, GAP = 22, CAPTION = 50, MARGIN = 26, HEAD = 44 };

/* An image, and the least and the greatest value of all that are shown. */
typedef struct shades {
    const double *x;
    double low, high;
} shades;

/* Ink on white: digits are bright on dark. */
static rgb shade_of(const void *user, size_t k)
{
    const shades *s = user;
    const double dark = s->high > s->low ? (s->x[k] - s->low) / (s->high - s->low) : 0, light = 1 - 0.94 * dark;
    return (rgb){light, light, light};
}

static shades range_of(const outcome *o, const size_t *worst, size_t count)
{
    shades s = {NULL, INFINITY, -INFINITY};
    const dataset *d = o->data;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < d->inputs; i++) {
            const double x = d->x[(o->part.first + worst[k]) * d->inputs + i];
            s.low = fmin(s.low, x);
            s.high = fmax(s.high, x);
        }
    return s;
}

static void put_line(cairo_t *c, char *text, double x, double y)
{
    char *shown = picture_fitting(c, text, TILE + GAP - 6);
    picture_text(c, shown, x + TILE / 2.0, y, 0.5);
    free(shown);
    free(text);
}

static void draw_caption(cairo_t *c, const outcome *o, size_t s, double x, double y)
{
    char *const *labels = o->model->model.labels;
    picture_font(c, 13, true);
    picture_set(c, picture_ink);
    put_line(c, formatted("%s", labels[outcome_label(o, s)]), x, y + 15);
    picture_font(c, 11.5, false);
    picture_set(c, picture_colour(1));
    put_line(c, formatted("taken for %s", labels[o->predicted[s]]), x, y + 30);
    picture_set(c, picture_grey);
    if (outcome_has_probabilities(o))
        put_line(c, formatted("%.0f %%, sample %zu", 100 * o->confidence[s], outcome_number(o, s)), x, y + 44);
    else put_line(c, formatted("%.2g, sample %zu", o->confidence[s], outcome_number(o, s)), x, y + 44);
}

static void draw_tile(cairo_t *c, const outcome *o, size_t s, shades range, double x, double y)
{
    const dataset *d = o->data;
    const double most = (double)(d->image_width > d->image_height ? d->image_width : d->image_height);
    const double width = TILE * (double)d->image_width / most, height = TILE * (double)d->image_height / most;
    const plot_place place = {x + (TILE - width) / 2, y + (TILE - height) / 2, width, height};
    range.x = d->x + (o->part.first + s) * d->inputs;
    plot_image(c, place, d->image_width, d->image_height, false, shade_of, &range);
    picture_set(c, picture_faint);
    cairo_set_line_width(c, 1);
    cairo_rectangle(c, place.x, place.y, place.width, place.height);
    cairo_stroke(c);
    draw_caption(c, o, s, x, y + TILE);
}

static void draw_heading(cairo_t *c, const outcome *o, size_t shown, size_t count)
{
    picture_font(c, 15, true);
    picture_set(c, picture_ink);
    char *samples = count_text(o->samples), *all = count_text(count);
    char *text = shown < count ? formatted("The %zu worst of %s mistakes in %s samples", shown, all, samples)
                               : formatted("%s mistake%s in %s samples", all, count == 1 ? "" : "s", samples);
    free(samples);
    free(all);
    picture_text(c, text, MARGIN, 30, 0);
    free(text);
}

bool plot_mistakes(const char *path, const outcome *o)
{
    size_t count;
    size_t *worst = outcome_worst(o, &count);
    const size_t shown = count < COLUMNS * ROWS ? count : COLUMNS * ROWS, rows = (shown + COLUMNS - 1) / COLUMNS;
    picture *p = picture_begin(path, 2 * MARGIN + COLUMNS * (TILE + GAP) - GAP,
                               HEAD + (double)rows * (TILE + CAPTION + 10) + 10);
    cairo_t *c = picture_canvas(p);
    const shades range = range_of(o, worst, shown);
    draw_heading(c, o, shown, count);
    for (size_t k = 0; k < shown; k++)
        draw_tile(c, o, worst[k], range, MARGIN + (double)(k % COLUMNS) * (TILE + GAP),
                  HEAD + (double)(k / COLUMNS) * (TILE + CAPTION + 10));
    free(worst);
    return picture_end(p);
}
