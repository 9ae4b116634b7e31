/* SPDX-License-Identifier: MIT */
/* The plot of a step sweep as a picture. */
#include "axes.h"
#include "command.h"
#include "language.h"
#include "step_sweep.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 620, HEIGHT = 440 };

/* Errors below this, 0 among them, stand at the bottom. */
#define LEAST_ERROR 1e-17

typedef struct plot {
    cairo_t *c;
    const step_sweep *s;
    axis x, y;
} plot;

static double height_of(const plot *p, double error) { return axis_place(&p->y, fmax(error, p->y.low)); }

static void draw_points(const plot *p, const double *errors, rgb ink, double radius)
{
    picture_set(p->c, ink);
    for (size_t k = 0; k < SWEEP_COUNT; k++) {
        if (isnan(errors[k])) continue;
        cairo_arc(p->c, axis_place(&p->x, p->s->h[k]), height_of(p, errors[k]), radius, 0, 7);
        cairo_fill(p->c);
    }
}

static void draw_best(const plot *p)
{
    const step_sweep *s = p->s;
    const double dashes[] = {3, 3};
    if (!step_sweep_has_best(s)) return;
    const double at = axis_place(&p->x, s->h[s->best]), height = height_of(p, s->central[s->best]);
    char *text = step_sweep_best_text(s);
    const double half = picture_text_width(p->c, text) / 2;
    picture_set(p->c, picture_grey);
    cairo_set_line_width(p->c, 1);
    cairo_set_dash(p->c, dashes, 2, 0);
    cairo_move_to(p->c, at, p->y.from);
    cairo_line_to(p->c, at, p->y.to);
    cairo_stroke(p->c);
    cairo_set_dash(p->c, NULL, 0, 0);
    picture_text(p->c, text, fmin(fmax(at, p->x.from + half), p->x.to - half), p->y.to - 7, 0.5);
    cairo_arc(p->c, at, height, 5, 0, 7);
    cairo_set_line_width(p->c, 1.5);
    picture_set(p->c, picture_ink);
    cairo_stroke(p->c);
    free(text);
}

static void draw_legend(const plot *p)
{
    const char *const names[] = {_("central differences"), _("forward differences")};
    double at = p->x.from;
    for (size_t k = 0; k < 2; k++) {
        picture_set(p->c, picture_colour(k));
        cairo_arc(p->c, at + 4, 41, 3.5, 0, 7);
        cairo_fill(p->c);
        picture_text(p->c, names[k], at + 13, 45, 0);
        at += 35 + picture_text_width(p->c, names[k]);
    }
}

static void draw_title(const plot *p)
{
    char *title = formatted(_("Relative error of differences by %s, against the tape's gradient"), p->s->name);
    picture_font(p->c, 15, true);
    picture_set(p->c, picture_ink);
    char *shown = picture_fitting(p->c, title, p->x.to - p->x.from);
    picture_text(p->c, shown, p->x.from, 24, 0);
    picture_font(p->c, 12, false);
    free(shown);
    free(title);
}

bool step_sweep_draw(const char *path, const step_sweep *s)
{
    picture *file = picture_begin(path, WIDTH, HEIGHT);
    plot p = {picture_canvas(file), s, .y = {LEAST_ERROR, 10, HEIGHT - 55, 78, .is_logarithmic = true}};
    p.x = (axis){s->h[0], s->h[SWEEP_COUNT - 1], 70, WIDTH - 30, .is_logarithmic = true};
    draw_title(&p);
    draw_legend(&p);
    axis_draw_y(p.c, &p.y, &p.x, true);
    axis_draw_x(p.c, &p.x, &p.y, _("step h"), false);
    draw_points(&p, s->forward, picture_colour(1), 1.7);
    draw_points(&p, s->central, picture_colour(0), 2.2);
    draw_best(&p);
    return picture_end(file);
}
