/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "plot_images.h"
#include "plots.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { MARGIN = 26, HEAD = 48, GAP = 8, SIDE = 800, BAR = 160 };

/* The weights of the first layer, rows x columns, and the largest of them. */
typedef struct weights {
    const double *w;
    size_t rows, columns;
    double most;
} weights;

static weights weights_of(const trained *t)
{
    const nn_mlp *net = t->model.net;
    weights w = {ad_values(nn_weights(net, 1)), nn_mlp_width(net, 1), nn_mlp_width(net, 0), 0};
    for (size_t k = 0; k < w.rows * w.columns; k++) w.most = fmax(w.most, fabs(w.w[k]));
    return w;
}

static rgb colour_of(const void *user, size_t k)
{
    const weights *w = user;
    return picture_diverging(w->most > 0 ? w->w[k] / w->most : 0);
}

/* ------------------------------------------------------------------------------------- the scale */

static rgb colour_on_bar(const void *user, size_t k)
{
    (void)user;
    return picture_diverging(((double)k + 0.5) / BAR * 2 - 1);
}

static void draw_heading(cairo_t *c, const weights *w, double width)
{
    char *text = formatted("Weights of the first layer, %zu units of %zu inputs", w->rows, w->columns);
    char *low = formatted("\u2212%.2g", w->most), *high = formatted("%.2g", w->most);
    const double x = width - MARGIN - BAR;
    picture_font(c, 15, true);
    picture_set(c, picture_ink);
    picture_text(c, text, MARGIN, 30, 0);
    plot_image(c, (plot_place){x, 14, BAR, 10}, BAR, 1, false, colour_on_bar, NULL);
    picture_font(c, 11, false);
    picture_set(c, picture_grey);
    picture_text(c, low, x, 37, 0);
    picture_text(c, "0", x + BAR / 2.0, 37, 0.5);
    picture_text(c, high, x + BAR, 37, 1);
    free(text);
    free(low);
    free(high);
}

static void frame(cairo_t *c, plot_place p)
{
    picture_set(c, picture_faint);
    cairo_set_line_width(c, 1);
    cairo_rectangle(c, p.x, p.y, p.width, p.height);
    cairo_stroke(c);
}

/* ------------------------------------------------------------------------------------- as images */

/* About a square of tiles, a wide one rather, with few places left empty. */
static size_t tile_columns(size_t tiles)
{
    size_t best = 1, fewest = SIZE_MAX;
    for (size_t columns = (size_t)ceil(sqrt((double)tiles)); (double)(columns * columns) <= 2.6 * (double)tiles + 1;
         columns++) {
        const size_t empty = (columns - tiles % columns) % columns;
        if (empty < fewest) fewest = empty, best = columns;
    }
    return best;
}

/* A tile for each unit. */
static bool plot_tiles(const char *path, const weights *w, size_t width, size_t height)
{
    const size_t columns = tile_columns(w->rows), rows = (w->rows + columns - 1) / columns;
    const double tile = fmin(fmax(floor((SIDE - MARGIN) / (double)columns) - GAP, 16), 110);
    const double tall = tile * (double)height / (double)width;
    const double all = fmax(2 * MARGIN + (double)columns * (tile + GAP) - GAP, 640);
    picture *p = picture_begin(path, all, HEAD + (double)rows * (tall + GAP) + MARGIN - GAP + 4);
    cairo_t *c = picture_canvas(p);
    draw_heading(c, w, all);
    for (size_t k = 0; k < w->rows; k++) {
        const weights one = {w->w + k * w->columns, 1, w->columns, w->most};
        const plot_place place = {MARGIN + (double)(k % columns) * (tile + GAP),
                                  HEAD + (double)(k / columns) * (tall + GAP) + 4, tile, tall};
        plot_image(c, place, width, height, false, colour_of, &one);
        frame(c, place);
    }
    return picture_end(p);
}

/* ---------------------------------------------------------------------------------------- as a map */

/* The name of an input, from the notes. */
static char *input_name(const trained *t, size_t input)
{
    size_t at = 0;
    const char *name = notes_find(&t->notes, "input", &at);
    for (size_t k = 0; k < input && name != NULL; k++) name = notes_find(&t->notes, "input", &at);
    return name != NULL ? copied(name) : formatted("x%zu", input + 1);
}

/* The weights with the longer side across: units down and inputs across, or the other way round. */
typedef struct map {
    const weights *w;
    bool is_turned; /* inputs go down */
    size_t across, down;
    plot_place place;
    double cell;
} map;

static rgb colour_in_map(const void *user, size_t k)
{
    const map *m = user;
    return colour_of(m->w, m->is_turned ? k % m->across * m->down + k / m->across : k);
}

static map map_of(const weights *w)
{
    enum { LEFT = 96 };
    map m = {.w = w, .is_turned = w->rows > w->columns};
    m.across = m.is_turned ? w->rows : w->columns;
    m.down = m.is_turned ? w->columns : w->rows;
    m.cell = fmin(fmax(floor((SIDE - LEFT) / (double)m.across), 1), 44);
    m.place = (plot_place){LEFT, HEAD + 26, m.cell * (double)m.across, m.cell * (double)m.down};
    return m;
}

static char *name_in_map(const trained *t, bool is_input, size_t k)
{
    return is_input ? input_name(t, k) : formatted("unit %zu", k + 1);
}

/* With names where there is room for them. */
static void draw_names(cairo_t *c, const trained *t, const map *m)
{
    enum { LEAST_CELL = 14, GAP_OF_NAMES = 4 };
    picture_font(c, 11, false);
    picture_set(c, picture_grey);
    for (size_t k = 0; k < m->across && m->cell >= LEAST_CELL; k++) {
        char *name = m->is_turned ? formatted("%zu", k + 1) : name_in_map(t, true, k);
        char *shown = picture_fitting(c, name, m->cell - GAP_OF_NAMES);
        picture_text(c, shown, m->place.x + ((double)k + 0.5) * m->cell, m->place.y - 7, 0.5);
        free(name);
        free(shown);
    }
    for (size_t k = 0; k < m->down && m->cell >= LEAST_CELL; k++) {
        char *name = name_in_map(t, m->is_turned, k), *shown = picture_fitting(c, name, m->place.x - MARGIN - 8);
        picture_text(c, shown, m->place.x - 8, m->place.y + ((double)k + 0.5) * m->cell + 4, 1);
        free(name);
        free(shown);
    }
    if (m->is_turned) picture_text(c, "unit", m->place.x - 8, m->place.y - 7, 1);
}

static bool plot_map(const char *path, const trained *t, const weights *w)
{
    const map m = map_of(w);
    const double all = fmax(m.place.x + m.place.width + MARGIN, 640);
    picture *p = picture_begin(path, all, m.place.y + m.place.height + MARGIN);
    cairo_t *c = picture_canvas(p);
    draw_heading(c, w, all);
    plot_image(c, m.place, m.across, m.down, false, colour_in_map, &m);
    frame(c, m.place);
    draw_names(c, t, &m);
    return picture_end(p);
}

bool plot_weights(const char *path, const trained *t)
{
    size_t width, height;
    const weights w = weights_of(t);
    return trained_image_size(t, &width, &height) ? plot_tiles(path, &w, width, height) : plot_map(path, t, &w);
}
