/* SPDX-License-Identifier: MIT */
#include "axes.h"
#include "command.h"
#include "plots.h"

#include <math.h>
#include <stdlib.h>

enum { TRAINING, VALIDATION };
enum { PANEL = 500, HEIGHT = 360 };

/* A curve over the epochs: which number of a history it shows. */
typedef struct curve {
    const history *h;
    bool is_right; /* else the cost */
    int of;
} curve;

static double value_of(const curve *c, size_t k)
{
    const history_epoch *e = &c->h->epochs[k];
    if (c->is_right) return 100 * (c->of == TRAINING ? e->right : e->validation_right);
    return c->of == TRAINING ? e->cost : e->validation_cost;
}

static bool has_validation(const history *h) { return h->count > 0 && !isnan(h->epochs[0].validation_cost); }

static void take_range(const curve *c, double *low, double *high)
{
    for (size_t k = 0; k < c->h->count; k++) {
        *low = fmin(*low, value_of(c, k));
        *high = fmax(*high, value_of(c, k));
    }
}

/* ----------------------------------------------------------------------------------------- lines */

static rgb colour_of(int of) { return picture_colour(of == TRAINING ? 0 : 1); }

static void draw_curve(cairo_t *c, const curve *own, const axis *x, const axis *y)
{
    enum { MANY = 150 };
    const history *h = own->h;
    picture_set(c, colour_of(own->of));
    cairo_set_line_width(c, h->count > MANY ? 1.2 : 2);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
    for (size_t k = 0; k < h->count; k++)
        cairo_line_to(c, axis_place(x, (double)h->epochs[k].epoch), axis_place(y, value_of(own, k)));
    cairo_stroke(c);
    if (h->count > 1) return;
    cairo_arc(c, axis_place(x, (double)h->epochs[0].epoch), axis_place(y, value_of(own, 0)), 3.5, 0, 7);
    cairo_fill(c);
}

/* The names of the curves at their right ends, apart from each other. */
static void draw_names(cairo_t *c, const curve curves[2], size_t count, bool has_l2, const axis *x, const axis *y)
{
    const char *const names[] = {has_l2 ? "training + L2" : "training", "validation"};
    enum { APART = 15 };
    double at[2] = {0, 0};
    for (size_t k = 0; k < count; k++) at[k] = axis_place(y, value_of(&curves[k], curves[k].h->count - 1));
    if (count == 2 && fabs(at[0] - at[1]) < APART) {
        const double middle = (at[0] + at[1]) / 2, sign = at[0] < at[1] ? -1 : 1;
        at[0] = middle + sign * APART / 2;
        at[1] = middle - sign * APART / 2;
    }
    for (size_t k = 0; k < count; k++) {
        picture_set(c, colour_of(curves[k].of));
        picture_text(c, names[k], x->to + 7, at[k] + 4, 0);
    }
}

/* A dot on the best epoch; its number above the plot. */
static void draw_best(cairo_t *c, const curve *own, size_t best, const axis *x, const axis *y)
{
    const history *h = own->h;
    size_t k = 0;
    while (k < h->count && h->epochs[k].epoch < best) k++;
    if (best == 0 || k == h->count) return;
    const double at = axis_place(x, (double)best), height = axis_place(y, value_of(own, k));
    const double dashes[] = {3, 3};
    char *text = formatted("best: %zu", best);
    picture_set(c, picture_grey);
    cairo_set_line_width(c, 1);
    cairo_set_dash(c, dashes, 2, 0);
    cairo_move_to(c, at, y->from);
    cairo_line_to(c, at, y->to - 4);
    cairo_stroke(c);
    cairo_set_dash(c, NULL, 0, 0);
    const double half = picture_text_width(c, text) / 2;
    picture_text(c, text, fmin(fmax(at, x->from + half), x->to - half), y->to - 8, 0.5);
    picture_set(c, colour_of(own->of));
    cairo_arc(c, at, height, 4, 0, 7);
    cairo_fill(c);
    free(text);
}

/* ---------------------------------------------------------------------------------------- panels */

static axis value_axis(const curve curves[2], size_t count, double from, double to)
{
    const bool is_right = curves[0].is_right;
    axis y = {.low = INFINITY, .high = -INFINITY, .from = from, .to = to, .unit = is_right ? " %" : NULL};
    for (size_t k = 0; k < count; k++) take_range(&curves[k], &y.low, &y.high);
    if (is_right) y.high = 100;
    else if (y.low > 0 && y.high / y.low >= 20) y.is_logarithmic = true;
    else y.low = 0;
    axis_round(&y);
    return y;
}

/* What the panels share. */
typedef struct plot {
    cairo_t *c;
    const history *h;
    size_t best; /* 0: none */
    bool has_l2;
} plot;

static void draw_panel(const plot *p, bool is_right, double left)
{
    cairo_t *c = p->c;
    const curve curves[2] = {{p->h, is_right, TRAINING}, {p->h, is_right, VALIDATION}};
    const size_t count = has_validation(p->h) ? 2 : 1;
    const axis y = value_axis(curves, count, HEIGHT - 52, 62);
    axis x = {.low = 1, .high = (double)p->h->epochs[p->h->count - 1].epoch, .is_whole = true};
    x.from = left + 62;
    x.to = left + PANEL - 92;
    if (x.high <= x.low) x.high = 2;
    picture_font(c, 15, true);
    picture_set(c, picture_ink);
    picture_text(c, is_right ? "Right answers" : "Cost", x.from, 28, 0);
    picture_font(c, 12, false);
    axis_draw_y(c, &y, &x, true);
    axis_draw_x(c, &x, &y, "epoch", false);
    for (size_t k = 0; k < count; k++) draw_curve(c, &curves[k], &x, &y);
    draw_best(c, &curves[count - 1], p->best, &x, &y);
    draw_names(c, curves, count, p->has_l2 && !is_right, &x, &y);
}

bool plot_curves(const char *path, const trained *t, const history *h)
{
    const nn_trainer *trainer = t->model.trainer;
    const bool has_classes = trained_has_classes(t);
    picture *p = picture_begin(path, has_classes ? 2 * PANEL : PANEL, HEIGHT);
    const plot all = {picture_canvas(p), h, trainer != NULL ? nn_best_epoch(trainer, NULL) : 0,
                      trainer != NULL && nn_trainer_options(trainer)->l2 > 0};
    if (h->count > 0) draw_panel(&all, false, 0);
    if (h->count > 0 && has_classes) draw_panel(&all, true, PANEL);
    return picture_end(p);
}
