/* SPDX-License-Identifier: MIT */
#include "axes.h"
#include "command.h"
#include "plot_images.h"
#include "plots.h"

#include <math.h>
#include <stdlib.h>

enum { CELLS = 200, PLOT = 480, LEFT = 64, TOP = 46, RIGHT = 24, BOTTOM = 54 };

/* What the network says at (CELLS + 1) x (CELLS + 1) points, row by row from the bottom left. */
typedef struct field {
    const trained *t;
    axis x, y;
    size_t outputs, classes;
    double *a;
} field;

bool plot_boundary_is_possible(const trained *t, const char **why)
{
    *why = nn_mlp_width(t->model.net, 0) != 2 ? "the network does not have two inputs"
           : !trained_has_classes(t)          ? "the network does not tell classes"
                                              : NULL;
    return *why == NULL;
}

/* An input as it was before scaling. */
static double unscaled(const trained *t, double x, size_t input)
{
    if (t->model.shift == NULL) return x;
    return x / t->model.scale[input] + t->model.shift[input];
}

static double scaled(const trained *t, double x, size_t input)
{
    if (t->model.shift == NULL) return x;
    return (x - t->model.shift[input]) * t->model.scale[input];
}

/* ------------------------------------------------------------------------------------- the field */

static axis axis_for(const trained *t, const dataset *d, size_t input, double from, double to)
{
    axis a = {.low = INFINITY, .high = -INFINITY, .from = from, .to = to};
    for (size_t s = 0; s < d->samples; s++) {
        const double x = unscaled(t, d->x[2 * s + input], input);
        a.low = fmin(a.low, x);
        a.high = fmax(a.high, x);
    }
    const double margin = a.high > a.low ? 0.12 * (a.high - a.low) : 1;
    a.low -= margin;
    a.high += margin;
    return a;
}

static double along(const axis *a, double part) { return a->low + part * (a->high - a->low); }

static field field_of(const trained *t, const dataset *d)
{
    nn_error error;
    field f = {.t = t, .outputs = trained_outputs(t), .classes = t->model.label_count};
    const size_t points = (CELLS + 1) * (CELLS + 1);
    double *x = resized(NULL, points, 2 * sizeof *x);
    f.x = axis_for(t, d, 0, LEFT, LEFT + PLOT);
    f.y = axis_for(t, d, 1, TOP + PLOT, TOP);
    f.a = resized(NULL, points, f.outputs * sizeof *f.a);
    for (size_t k = 0; k < points; k++) {
        x[2 * k] = scaled(t, along(&f.x, (double)(k % (CELLS + 1)) / CELLS), 0);
        x[2 * k + 1] = scaled(t, along(&f.y, (double)(k / (CELLS + 1)) / CELLS), 1);
    }
    if (nn_predict(t->model.net, x, points, f.a, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    free(x);
    return f;
}

/* How much the network speaks for a class at a point, against the strongest other one: above 0 where it wins, about -1
 * to 1. */
static double lead(const field *f, size_t point, size_t class)
{
    const nn_shape *shape = nn_mlp_shape(f->t->model.net);
    const double *a = f->a + point * f->outputs;
    const bool is_tanh = shape->layers[shape->depth - 1].activation == NN_TANH;
    if (f->outputs == 1) return (class == 1 ? 1 : -1) * (is_tanh ? *a : 2 * *a - 1);
    double other = -INFINITY;
    for (size_t k = 0; k < f->outputs; k++)
        if (k != class) other = fmax(other, a[k]);
    return a[class] - other;
}

/* The colour of the winner, the paler the less it leads. Rows of pixels go down, those of the field up. */
static rgb colour_at(const void *user, size_t k)
{
    const field *f = user;
    const rgb white = {1, 1, 1};
    const size_t side = CELLS + 1, point = (CELLS - k / side) * side + k % side;
    size_t winner = 0;
    for (size_t class = 1; class < f->classes; class ++)
        if (lead(f, point, class) > 0) winner = class;
    return picture_mixed(white, picture_colour(winner), 0.08 + 0.34 * fmin(fmax(lead(f, point, winner), 0), 1));
}

/* The points are the middles of pixels, half of which stand over at the sides. */
static void paint_field(cairo_t *c, const field *f)
{
    const double half = 0.5 * PLOT / CELLS, side = PLOT + 2 * half;
    cairo_save(c);
    cairo_rectangle(c, LEFT, TOP, PLOT, PLOT);
    cairo_clip(c);
    plot_image(c, (plot_place){LEFT - half, TOP - half, side, side}, CELLS + 1, CELLS + 1, true, colour_at, f);
    cairo_restore(c);
}

/* ----------------------------------------------------------------------------------- the boundary */

/* Where a lead passes through 0 on the side from one corner of a cell to the next. */
static bool crossing(const double corner[4], int side, double *x, double *y)
{
    static const double at[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    const int next = (side + 1) % 4;
    if ((corner[side] > 0) == (corner[next] > 0)) return false;
    const double part = corner[side] / (corner[side] - corner[next]);
    *x = at[side][0] + part * (at[next][0] - at[side][0]);
    *y = at[side][1] + part * (at[next][1] - at[side][1]);
    return true;
}

/* The line through a cell, or two of them, around where the class wins (marching squares). */
static void trace_cell(cairo_t *c, const field *f, size_t column, size_t row, size_t class)
{
    const size_t at = row * (CELLS + 1) + column;
    const double corner[4] = {lead(f, at, class), lead(f, at + 1, class), lead(f, at + CELLS + 2, class),
                              lead(f, at + CELLS + 1, class)};
    bool is_open = false;
    for (int side = 0; side < 4; side++) {
        double x, y;
        if (!crossing(corner, side, &x, &y)) continue;
        x = LEFT + PLOT * ((double)column + x) / CELLS;
        y = TOP + PLOT - PLOT * ((double)row + y) / CELLS;
        if (is_open) cairo_line_to(c, x, y);
        else cairo_move_to(c, x, y);
        is_open = !is_open;
    }
}

static void trace_boundary(cairo_t *c, const field *f)
{
    picture_set(c, picture_ink);
    cairo_set_line_width(c, 1.3);
    cairo_set_line_cap(c, CAIRO_LINE_CAP_ROUND);
    for (size_t class = f->classes > 2 ? 0 : 1; class < f->classes; class ++)
        for (size_t row = 0; row < CELLS; row++)
            for (size_t column = 0; column < CELLS; column++) trace_cell(c, f, column, row, class);
    cairo_stroke(c);
}

/* ------------------------------------------------------------------------------------- the samples */

static void draw_samples(cairo_t *c, const field *f, const dataset *d)
{
    const rgb white = {1, 1, 1};
    const double radius = d->samples > 2000 ? 1.5 : d->samples > 400 ? 2.8 : d->samples > 20 ? 3.6 : 7;
    cairo_set_line_width(c, 0.8);
    for (size_t s = 0; s < d->samples; s++) {
        const double x = unscaled(f->t, d->x[2 * s], 0), y = unscaled(f->t, d->x[2 * s + 1], 1);
        cairo_arc(c, axis_place(&f->x, x), axis_place(&f->y, y), radius, 0, 2 * 3.14159265358979323846);
        picture_set(c, d->label != NULL ? picture_colour(d->label[s]) : picture_grey);
        cairo_fill_preserve(c);
        picture_set(c, white);
        cairo_stroke(c);
    }
}

/* The labels in the colours of their classes, above the plot, as many as have room. */
static void draw_labels(cairo_t *c, const trained *t)
{
    enum { DOT = 15, GAP = 22, WIDEST = 120 };
    double at = LEFT;
    picture_font(c, 13, true);
    for (size_t k = 0; k < t->model.label_count; k++) {
        char *text = picture_fitting(c, t->model.labels[k], WIDEST);
        const double next = at + DOT + picture_text_width(c, text) + GAP;
        const bool fits = next - GAP <= LEFT + PLOT;
        picture_set(c, fits ? picture_colour(k) : picture_grey);
        if (fits) cairo_arc(c, at + 5, TOP - 19, 5, 0, 7);
        cairo_fill(c);
        picture_text(c, fits ? text : "...", fits ? at + DOT : at, TOP - 14, 0);
        free(text);
        if (!fits) return;
        at = next;
    }
}

static void draw_axes(cairo_t *c, const field *f, const dataset *d)
{
    picture_font(c, 12, false);
    axis_draw_x(c, &f->x, &f->y, NULL, false);
    axis_draw_y(c, &f->y, &f->x, false);
    picture_set(c, picture_grey);
    cairo_set_line_width(c, 1);
    cairo_rectangle(c, LEFT, TOP, PLOT, PLOT);
    cairo_stroke(c);
    picture_set(c, picture_ink);
    char *x = picture_fitting(c, d->columns[0], PLOT), *y = picture_fitting(c, d->columns[1], PLOT);
    picture_text(c, x, LEFT + PLOT / 2, TOP + PLOT + 42, 0.5);
    cairo_save(c);
    cairo_translate(c, 18, TOP + PLOT / 2);
    cairo_rotate(c, -3.14159265358979323846 / 2);
    picture_text(c, y, 0, 0, 0.5);
    cairo_restore(c);
    free(x);
    free(y);
}

bool plot_boundary(const char *path, const trained *t, const dataset *data)
{
    picture *p = picture_begin(path, LEFT + PLOT + RIGHT, TOP + PLOT + BOTTOM);
    cairo_t *c = picture_canvas(p);
    field f = field_of(t, data);
    paint_field(c, &f);
    trace_boundary(c, &f);
    draw_samples(c, &f, data);
    draw_labels(c, t);
    draw_axes(c, &f, data);
    free(f.a);
    return picture_end(p);
}
