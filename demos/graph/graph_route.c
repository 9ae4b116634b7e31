/* SPDX-License-Identifier: MIT */
/* The ways of the edges in the graph of a network: around boxes, so that each can be followed. */
#include "graph_parts.h"
#include "command.h"
#include "delta_view.h"

#include <math.h>
#include <stdlib.h>

enum {
    LABEL_ABOVE = 7,
    DETOUR = 16 /* between edges below all boxes */
};

/* A stretch of an edge that is level, past the boxes of a column. */
typedef struct level {
    double from, to, y;
    bool is_there;
} level;

typedef struct arrival {
    uint32_t edge, to;
    double y; /* where it comes from */
} arrival;

/* ------------------------------------------------------------------------------------------ levels */

/* From the layer before to the sum of neuron j: above the weight. */
static bool passes_weights(const grid *d, const graph_edge *e, level *v)
{
    const graph *g = d->g;
    const explanation *x = g->x;
    const uint32_t to = g->boxes[e->to].node, from = g->boxes[e->from].node;
    for (size_t l = 1; l < g->frame_count; l++) {
        const layer_nodes *at = &x->layers[l], *before = &x->layers[l - 1];
        const size_t n = width_at(x->network, l), in = width_at(x->network, l - 1);
        if (to < at->sums || to >= at->sums + n || from < before->a || from >= before->a + in) continue;
        const span column = d->columns[d->column_of[g->box_of[at->weights]]];
        *v = (level){column.from, column.to, passage_at(d, l, to - at->sums, from - before->a), true};
        return true;
    }
    return false;
}

/* What one column is between: a bias passes the sum at its own height. */
static bool passes_sums(const grid *d, const graph_edge *e, level *v)
{
    const graph *g = d->g;
    const explanation *x = g->x;
    for (size_t l = 1; l < g->frame_count; l++) {
        const layer_nodes *at = &x->layers[l];
        if (!at->has_biases || g->boxes[e->from].node < at->biases) continue;
        if (g->boxes[e->from].node >= at->biases + width_at(x->network, l)) continue;
        const span column = d->columns[d->column_of[g->box_of[at->sums]]];
        *v = (level){column.from, column.to, g->boxes[e->from].y, true};
        return true;
    }
    return false;
}

static level level_of(grid *d, const graph_edge *e)
{
    level v = {0, 0, d->g->boxes[e->from].y, false};
    const size_t from = d->column_of[e->from], to = d->column_of[e->to];
    if (passes_weights(d, e, &v) || passes_sums(d, e, &v) || to == from + 1) return v;
    v = (level){d->columns[from].to + DETOUR, d->columns[to].from - DETOUR, d->below += DETOUR, true};
    return v;
}

/* ------------------------------------------------------------------------------------------ curves */

static void add_point(graph_edge *e, double x, double y) { e->points[e->point_count++] = (graph_point){x, y}; }

/* A curve that begins and ends level. */
static void add_curve(graph_edge *e, double x, double y)
{
    const graph_point last = e->points[e->point_count - 1];
    const double bend = fabs(x - last.x) / 2;
    add_point(e, last.x + bend, last.y);
    add_point(e, x - bend, y);
    add_point(e, x, y);
}

/* The number stands where the edge is alone: above its stretch past a column, at its beginning, or, of several that
 * begin there, at its end. */
static void draw(const grid *d, graph_edge *e, const level *v, const graph_point *end)
{
    enum { MOST_POINTS = 13 };
    const graph_box *from = &d->g->boxes[e->from];
    const double start = from->x + from->width / 2, room = number_room(d->g);
    const bool at_end = !v->is_there && d->leaving[e->from] > 1;
    e->points = resized(e->points, MOST_POINTS, sizeof *e->points);
    e->point_count = 0;
    add_point(e, start, from->y);
    if (v->is_there) {
        add_curve(e, v->from, v->y);
        add_curve(e, v->to, v->y);
    } else if (!at_end) add_curve(e, start + room, from->y);
    if (at_end) add_curve(e, end->x - room, end->y);
    add_curve(e, end->x, end->y);
    const double x = at_end ? end->x - room / 2 : v->is_there ? v->to - room / 2 : start + room / 2;
    e->label = (graph_point){x, (at_end ? end->y : v->y) - LABEL_ABOVE};
}

/* ---------------------------------------------------------------------------------------- arrivals */

static int by_box_and_height(const void *a, const void *b)
{
    const arrival *p = a, *q = b;
    if (p->to != q->to) return p->to < q->to ? -1 : 1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return p->edge < q->edge ? -1 : p->edge > q->edge;
}

/* Edges come to a box side by side, in the order of where they are from. */
static void draw_all(const grid *d, const level *levels, const arrival *arrivals)
{
    graph *g = d->g;
    for (size_t k = 0; k < g->edge_count;) {
        size_t end = k;
        while (end < g->edge_count && arrivals[end].to == arrivals[k].to) end++;
        const graph_box *b = &g->boxes[arrivals[k].to];
        for (size_t i = k; i < end; i++) {
            const double part = (double)(i - k + 1) / (double)(end - k + 1) - 0.5;
            const uint32_t edge = arrivals[i].edge;
            const graph_point at = {b->x - b->width / 2, b->y + part * b->height * 0.8};
            draw(d, &g->edges[edge], &levels[edge], &at);
        }
        k = end;
    }
}

void route_on_grid(grid *d)
{
    graph *g = d->g;
    level *levels = resized(NULL, g->edge_count, sizeof *levels);
    arrival *arrivals = resized(NULL, g->edge_count, sizeof *arrivals);
    d->below = g->height;
    d->leaving = resized(NULL, g->box_count, sizeof *d->leaving);
    for (size_t k = 0; k < g->box_count; k++) d->leaving[k] = 0;
    for (uint32_t k = 0; k < g->edge_count; k++) {
        levels[k] = level_of(d, &g->edges[k]);
        if (!levels[k].is_there) d->leaving[g->edges[k].from]++;
        arrivals[k] = (arrival){k, g->edges[k].to, levels[k].y};
    }
    if (d->below > g->height) g->height = d->below + DETOUR;
    qsort(arrivals, g->edge_count, sizeof *arrivals, by_box_and_height);
    draw_all(d, levels, arrivals);
    free(d->leaving);
    free(arrivals);
    free(levels);
}
