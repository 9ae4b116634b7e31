/* SPDX-License-Identifier: MIT */
/* Places in the graph of a network: its layers from left to right, in each the neurons from top to bottom in their
 * order, with a neuron's weights and bias before it. */
#include "graph_parts.h"
#include "command.h"
#include "delta_view.h"

#include <math.h>
#include <stdlib.h>

enum {
    GAP = 8,         /* above a bias */
    PASSAGE = 24,    /* above a weight: for what comes from the layer before and is multiplied by it */
    NEURON_GAP = 16, /* between neurons */
    TURN = 40,       /* between columns, beside the room for a number */
    LAYER_GAP = 100, /* before a layer */
    FRAME_MARGIN = 12,
    FRAME_TITLE = 16
};

static graph_box *box_at(const grid *d, uint32_t i) { return &d->g->boxes[d->g->box_of[i]]; }

/* The neurons of a layer that have boxes of their own: one stands for all where the graph is folded. */
static size_t shown(const grid *d, size_t width) { return d->g->is_folded ? 1 : width; }
static size_t neurons(const grid *d, size_t l) { return shown(d, width_at(d->g->x->network, l)); }

/* ---------------------------------------------------------------------------------------- columns */

static void put_box(grid *d, uint32_t i, double y)
{
    graph_box *b = box_at(d, i);
    const uint32_t k = (uint32_t)(b - d->g->boxes);
    if (d->column_of[k] != 0) return;
    d->column_of[k] = d->column;
    b->y = y;
    b->x = d->x + b->width / 2;
    if (b->width > d->widest) d->widest = b->width;
}

static double column_gap(const grid *d) { return number_room(d->g) + TURN; }

/* Its boxes are centred. */
static void end_column(grid *d, double gap)
{
    if (d->widest == 0) return;
    for (size_t k = 0; k < d->g->box_count; k++)
        if (d->column_of[k] == d->column) d->g->boxes[k].x = d->x + d->widest / 2;
    d->columns[d->column++] = (span){d->x, d->x + d->widest};
    d->x += d->widest + gap;
    d->widest = 0;
}

static void put_neurons(grid *d, uint32_t first, size_t l)
{
    for (size_t j = 0; j < neurons(d, l); j++)
        put_box(d, first + (uint32_t)j, d->heights[l].first + d->heights[l].pitch * (double)j);
    end_column(d, column_gap(d));
}

/* How many steps a node is away from those before `first`; `level` has this of the nodes from `first` on. */
static size_t level_among(const grid *d, size_t first, size_t i, const size_t *level)
{
    const node *n = &d->g->x->nodes[i];
    size_t most = 0;
    for (size_t k = 0; k < n->count; k++) {
        const operand *o = &d->g->x->operands[n->first + k];
        if (!o->is_constant && o->node >= first && level[o->node - first] >= most) most = level[o->node - first] + 1;
    }
    return most;
}

/* Nodes that are not in the layer's own columns: in columns by what they need of each other, one above the other, or
 * beside the neurons where there are as many. */
static void put_others(grid *d, size_t first, size_t end, const row_heights *rows, size_t most)
{
    if (first >= end) return;
    const double pitch = d->box + PASSAGE;
    size_t *level = resized(NULL, end - first, sizeof *level), last = 0;
    for (size_t i = first; i < end; i++) {
        level[i - first] = d->g->is_folded ? 0 : level_among(d, first, i, level);
        if (level[i - first] > last) last = level[i - first];
    }
    for (size_t l = 0; l <= last; l++) {
        size_t count = 0;
        for (size_t i = first; i < end; i++) count += level[i - first] == l;
        const bool beside = rows != NULL && count == most;
        double y = beside ? rows->first : d->middle - pitch * (double)(shown(d, count) - 1) / 2;
        for (size_t i = first; i < end; i++) {
            if (level[i - first] != l) continue;
            put_box(d, (uint32_t)i, y);
            y += beside ? rows->pitch : pitch;
        }
        end_column(d, column_gap(d));
    }
    free(level);
}

/* ----------------------------------------------------------------------------------------- layers */

/* How high a neuron of the layer stands, with its weights and its bias. */
static double block_height(const grid *d, size_t l)
{
    if (l == 0) return d->box;
    const double bias = d->g->x->layers[l].has_biases ? GAP + d->box : 0;
    return (double)neurons(d, l - 1) * (PASSAGE + d->box) + bias;
}

static void find_heights(grid *d, size_t depth)
{
    double most = 0;
    for (size_t l = 0; l <= depth; l++) {
        d->heights[l].pitch = block_height(d, l) + (l == 0 ? PASSAGE : NEURON_GAP);
        most = fmax(most, d->heights[l].pitch * (double)neurons(d, l));
    }
    d->middle = FRAME_TITLE + PASSAGE + 2 * FRAME_MARGIN + most / 2;
    for (size_t l = 0; l <= depth; l++)
        d->heights[l].first = d->middle - d->heights[l].pitch * (double)(neurons(d, l) - 1) / 2;
}

static double block_top(const grid *d, size_t l, size_t j)
{
    return d->heights[l].first + d->heights[l].pitch * (double)j - block_height(d, l) / 2;
}

double passage_at(const grid *d, size_t l, size_t j, size_t k)
{
    enum { OVER_WEIGHT = 7 };
    const double pitch = PASSAGE + d->box;
    return block_top(d, l, j) + pitch * (double)k + PASSAGE - OVER_WEIGHT;
}

static void put_parameters(grid *d, size_t l)
{
    const layer_nodes *at = &d->g->x->layers[l];
    const size_t in = neurons(d, l - 1);
    const double box = d->box, pitch = PASSAGE + box;
    for (size_t j = 0; j < neurons(d, l); j++) {
        const double top = block_top(d, l, j);
        for (size_t k = 0; k < in; k++)
            put_box(d, at->weights + (uint32_t)(j * in + k), top + pitch * (double)k + PASSAGE + box / 2);
        if (at->has_biases) put_box(d, at->biases + (uint32_t)j, top + pitch * (double)in + GAP + box / 2);
    }
    end_column(d, column_gap(d));
}

static void put_layer(grid *d, size_t l)
{
    const layer_nodes *at = &d->g->x->layers[l];
    const size_t n = width_at(d->g->x->network, l);
    if (l > 0) {
        d->x += LAYER_GAP - column_gap(d);
        put_parameters(d, l);
        if (at->sums != at->z) put_neurons(d, at->sums, l);
        put_neurons(d, at->z, l);
        if (at->a != at->z) put_others(d, at->z + n, at->a, &d->heights[l], n);
    }
    if (l == 0 || at->a != at->z) put_neurons(d, at->a, l);
}

/* ----------------------------------------------------------------------------------------- frames */

static void frame_layer(graph *g, size_t l)
{
    double left = INFINITY, right = 0, top = INFINITY, bottom = 0;
    for (size_t k = 0; k < g->box_count; k++) {
        const graph_box *b = &g->boxes[k];
        if (b->frame != l) continue;
        left = fmin(left, b->x - b->width / 2);
        right = fmax(right, b->x + b->width / 2);
        top = fmin(top, b->y - b->height / 2);
        bottom = fmax(bottom, b->y + b->height / 2);
    }
    top -= FRAME_TITLE + (l > 0 ? PASSAGE : 0);
    graph_frame *f = &g->frames[l];
    f->x = (left + right) / 2;
    f->y = (top + bottom) / 2;
    f->width = right - left + 2 * FRAME_MARGIN;
    f->height = bottom - top + 2 * FRAME_MARGIN;
    g->width = fmax(g->width, right + 2 * FRAME_MARGIN);
    g->height = fmax(g->height, bottom + 2 * FRAME_MARGIN);
}

static bool all_are_placed(const grid *d)
{
    for (size_t k = 0; k < d->g->box_count; k++)
        if (d->column_of[k] == 0) return false;
    return true;
}

/* Where the layers and the cost stand; the output is the last. */
static void put_all(grid *d)
{
    const explanation *x = d->g->x;
    const size_t depth = depth_of(x->network);
    const size_t after = x->layers[depth].a + width_at(x->network, depth);
    find_heights(d, depth);
    for (size_t l = 0; l <= depth; l++) put_layer(d, l);
    put_others(d, after, x->output.index, NULL, 0);
    put_box(d, x->output.index, d->middle);
    end_column(d, 0);
}

bool graph_place_layers(graph *g)
{
    grid d = {.g = g, .x = 2 * FRAME_MARGIN, .column = 1};
    if (g->frame_count == 0) return false;
    d.heights = resized(NULL, g->frame_count, sizeof *d.heights);
    d.columns = resized(NULL, g->box_count + 1, sizeof *d.columns);
    d.column_of = resized(NULL, g->box_count, sizeof *d.column_of);
    for (size_t k = 0; k < g->box_count; k++) {
        d.column_of[k] = 0;
        d.box = fmax(d.box, g->boxes[k].height);
    }
    put_all(&d);
    if (all_are_placed(&d)) {
        g->is_on_grid = true;
        g->width = d.x + 2 * FRAME_MARGIN;
        for (size_t l = 0; l < g->frame_count; l++) frame_layer(g, l);
        route_on_grid(&d);
    }
    free(d.column_of);
    free(d.columns);
    free(d.heights);
    return g->is_on_grid;
}
