/* SPDX-License-Identifier: MIT */
/* Which nodes share a box: those of one group, or of several layers or levels in a row, as long as the output either
 * depends on all of them or on none. */
#include "graph_parts.h"
#include "command.h"
#include "delta_view.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

/* More groups than these are put together by their layers. A formula's levels stand in one long row. So few leaves of
 * a formula are not put together. */
enum { MOST_LEVELS = 12, MOST_GROUPS = 72, PARTS = 8, MOST_LEAVES = 6 };

static const uint32_t NO_BOX = UINT32_MAX;

/* A group's nodes are in one of these, the output by itself. */
enum { RELATED, UNRELATED, OUTPUT, CLASSES };

/* Groups of the layers 1 .. `layers` are put together, `together` layers at a time; 0: each group is by itself. */
typedef struct folding {
    const explanation *x;
    size_t layers, together;
    uint32_t *bundle_of; /* of each group */
    uint32_t (*box_of)[CLASSES];
} folding;

static size_t last_layer(const explanation *x)
{
    size_t last = 0;
    for (size_t k = 0; k < x->group_count; k++)
        if (x->groups[k].layer > last) last = x->groups[k].layer;
    return last;
}

/* Which groups belong together: those with the same number. */
static void bundle(folding *f)
{
    const explanation *x = f->x;
    f->layers = last_layer(x);
    const size_t most = x->network != NULL ? MOST_GROUPS : MOST_LEVELS;
    f->together = x->group_count > most ? (f->layers + PARTS - 1) / PARTS : 0;
    f->bundle_of = resized(NULL, x->group_count, sizeof *f->bundle_of);
    for (size_t k = 0; k < x->group_count; k++) {
        const size_t layer = x->groups[k].layer;
        f->bundle_of[k] = (uint32_t)(f->together == 0 ? k : layer == 0 ? 0 : 1 + (layer - 1) / f->together);
    }
}

static size_t class_of(const explanation *x, uint32_t i)
{
    if (i == x->output.index) return OUTPUT;
    return x->nodes[i].output_depends ? RELATED : UNRELATED;
}

/* ------------------------------------------------------------------------------------------- boxes */

static graph_kind kind_of(const explanation *x, uint32_t i)
{
    if (i == x->output.index) return GRAPH_OUTPUT;
    if (!x->nodes[i].output_depends) return GRAPH_UNRELATED;
    return x->nodes[i].op == AD_OP_LEAF ? GRAPH_LEAF : GRAPH_OPERATION;
}

static void widen(graph_box *b, double value)
{
    if (isnan(value) || isnan(b->least)) b->least = b->largest = NAN;
    else if (value < b->least) b->least = value;
    else if (value > b->largest) b->largest = value;
}

/* The norm is that of `hypot`, which does not overflow before its result does. */
static void join(graph_box *b, const explanation *x, uint32_t i)
{
    const node *n = &x->nodes[i];
    b->count++;
    widen(b, n->value);
    b->norm = hypot(b->norm, n->adjoint);
    if (b->kind != kind_of(x, i)) b->kind = GRAPH_OPERATION;
    if (n->group >= b->group + b->group_count) b->group_count = n->group + 1 - b->group;
    if (n->group < b->group) {
        b->group_count += b->group - n->group;
        b->group = n->group;
    }
}

static uint32_t new_box(graph *g, uint32_t i)
{
    const node *n = &g->x->nodes[i];
    if (g->box_count % 64 == 0) g->boxes = resized(g->boxes, g->box_count + 64, sizeof *g->boxes);
    g->boxes[g->box_count] = (graph_box){.kind = kind_of(g->x, i),
                                         .node = i,
                                         .group = n->group,
                                         .group_count = 1,
                                         .least = n->value,
                                         .largest = n->value};
    return (uint32_t)g->box_count++;
}

static bool stands_alone(const graph *g, uint32_t i)
{
    return g->x->network == NULL && g->x->nodes[i].group == 0 && g->x->groups[0].count <= MOST_LEAVES;
}

static void put_node_into_box(graph *g, folding *f, uint32_t i)
{
    uint32_t alone = NO_BOX;
    uint32_t *box = stands_alone(g, i) ? &alone : &f->box_of[f->bundle_of[g->x->nodes[i].group]][class_of(g->x, i)];
    if (*box == NO_BOX) *box = new_box(g, i);
    join(&g->boxes[*box], g->x, i);
    g->box_of[i] = *box;
}

/* ------------------------------------------------------------------------------------------- names */

static char *name_of_layers(const graph *g, const graph_box *b)
{
    const group *groups = g->x->groups;
    size_t first = groups[b->group].layer, last = first;
    for (size_t k = b->group; k < b->group + b->group_count; k++) {
        if (groups[k].layer < first) first = groups[k].layer;
        if (groups[k].layer > last) last = groups[k].layer;
    }
    if (g->x->network == NULL)
        return first == last ? formatted(_("level %zu"), first) : formatted(_("levels %zu to %zu"), first, last);
    return first == last ? formatted(_("layer %zu"), first) : formatted(_("layers %zu to %zu"), first, last);
}

/* "30 × 64", "30 nodes" */
static char *size_of_group(const graph *g, const graph_box *b)
{
    const explanation *x = g->x;
    const size_t layer = x->groups[b->group].layer;
    if (x->network != NULL && b->group_count == 1 && layer > 0 && layer <= depth_of(x->network) &&
        x->layers[layer].weights == x->groups[b->group].first) {
        const size_t rows = width_at(x->network, layer), columns = width_at(x->network, layer - 1);
        const bool is_transposed = x->network->convention == NN_ROW_MINUS_BIAS;
        return formatted("%zu × %zu", is_transposed ? columns : rows, is_transposed ? rows : columns);
    }
    char *count = count_text(b->count), *text = formatted(ngettext("%s node", "%s nodes", b->count), count);
    free(count);
    return text;
}

static void name_box(graph *g, graph_box *b)
{
    b->is_group = b->count > 1;
    if (!b->is_group) return;
    b->name = b->group_count == 1 ? copied(g->x->groups[b->group].name) : name_of_layers(g, b);
    b->detail = size_of_group(g, b);
    if (!g->x->is_swept) b->norm = NAN;
}

void fold_nodes(graph *g)
{
    folding f = {.x = g->x};
    bundle(&f);
    f.box_of = resized(NULL, g->x->group_count, sizeof *f.box_of);
    for (size_t k = 0; k < g->x->group_count; k++)
        for (size_t class = 0; class < CLASSES; class ++) f.box_of[k][class] = NO_BOX;
    for (uint32_t i = 0; i < g->x->node_count; i++) put_node_into_box(g, &f, i);
    for (size_t k = 0; k < g->box_count; k++) name_box(g, &g->boxes[k]);
    free(f.box_of);
    free(f.bundle_of);
}

/* Each node has a box to itself. */
void unfold_nodes(graph *g)
{
    for (uint32_t i = 0; i < g->x->node_count; i++) {
        g->box_of[i] = new_box(g, i);
        join(&g->boxes[i], g->x, i);
    }
}
