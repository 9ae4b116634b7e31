/* SPDX-License-Identifier: MIT */
#include "graph_parts.h"
#include "command.h"
#include "delta_view.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An operand that a node has more often than this has one edge, not one each. */
enum { MOST_PARALLEL = 3 };

enum { LONGEST_DETAIL = 32 };

static const uint32_t NO_EDGE = UINT32_MAX;

/* ------------------------------------------------------------------------------------------- boxes */

/* What the node computes; a long expression by the operation alone. */
static char *detail_of(const graph *g, wording *w, uint32_t i)
{
    const node *n = &g->x->nodes[i];
    if (n->op == AD_OP_LEAF) return copied("");
    enum { MOST_OPERANDS = 8 };
    if (n->count > MOST_OPERANDS) return formatted("%s(…)", n->op_name);
    char *expression = expression_of(w, i);
    if (width_of(expression) <= LONGEST_DETAIL) return expression;
    free(expression);
    return formatted("%s(…)", n->op_name);
}

static void describe_nodes(graph *g)
{
    wording *w = wording_new(g->x, g->digits);
    for (size_t k = 0; k < g->box_count; k++) {
        graph_box *b = &g->boxes[k];
        if (b->is_group) continue;
        b->name = copied(g->x->nodes[b->node].label);
        b->detail = detail_of(g, w, b->node);
    }
    wording_free(w);
}

/* ------------------------------------------------------------------------------------------- edges */

static uint32_t add_edge(graph *g, uint32_t from, uint32_t to, size_t which)
{
    if (g->edge_count % 256 == 0) g->edges = resized(g->edges, g->edge_count + 256, sizeof *g->edges);
    g->edges[g->edge_count] = (graph_edge){.from = from, .to = to, .operand = which};
    return (uint32_t)g->edge_count++;
}

static void count_operand(graph *g, uint32_t edge, size_t which)
{
    graph_edge *e = &g->edges[edge];
    const bool is_folded = g->boxes[e->from].is_group || g->boxes[e->to].is_group;
    e->count++;
    e->partial = is_folded ? NAN : e->partial + g->x->operands[which].partial;
}

/* How often a node has an operand, and the edge that stands for it; of each operand's box. */
typedef struct seen {
    size_t times;
    uint32_t edge;
} seen;

static void add_edges_of_node(graph *g, uint32_t i, seen *s)
{
    const node *n = &g->x->nodes[i];
    const operand *o = &g->x->operands[n->first];
    for (size_t k = 0; k < n->count; k++)
        if (!o[k].is_constant) s[o[k].node].times++;
    for (size_t k = 0; k < n->count; k++) {
        if (o[k].is_constant) continue;
        seen *from = &s[o[k].node];
        if (from->edge == NO_EDGE || from->times <= MOST_PARALLEL) from->edge = add_edge(g, o[k].node, i, n->first + k);
        count_operand(g, from->edge, n->first + k);
    }
    for (size_t k = 0; k < n->count; k++)
        if (!o[k].is_constant) s[o[k].node] = (seen){0, NO_EDGE};
}

static void add_edges(graph *g)
{
    seen *s = resized(NULL, g->box_count, sizeof *s);
    for (size_t k = 0; k < g->box_count; k++) s[k] = (seen){0, NO_EDGE};
    for (uint32_t i = 0; i < g->x->node_count; i++) add_edges_of_node(g, i, s);
    free(s);
}

/* One edge from a box to another, however many operands it stands for. */
static void add_folded_edges(graph *g)
{
    const size_t n = g->box_count;
    uint32_t *edge_of = resized(NULL, n * n, sizeof *edge_of);
    for (size_t k = 0; k < n * n; k++) edge_of[k] = NO_EDGE;
    for (uint32_t i = 0; i < g->x->node_count; i++) {
        const uint32_t to = g->box_of[i];
        const size_t first = g->x->nodes[i].first;
        for (size_t k = first; k < first + g->x->nodes[i].count; k++) {
            if (g->x->operands[k].is_constant) continue;
            const uint32_t from = g->box_of[g->x->operands[k].node];
            if (from == to) continue;
            uint32_t *edge = &edge_of[from * n + to];
            if (*edge == NO_EDGE) *edge = add_edge(g, from, to, k);
            count_operand(g, *edge, k);
        }
    }
    free(edge_of);
}

/* A leaf may stand next to the first node that needs it. */
static void add_spans(graph *g)
{
    const explanation *x = g->x;
    uint32_t *level = resized(NULL, x->node_count, sizeof *level);
    for (size_t i = 0; i < x->node_count; i++) level[i] = x->nodes[i].op == AD_OP_LEAF ? UINT32_MAX : x->nodes[i].group;
    for (size_t k = 0; k < g->edge_count; k++) {
        uint32_t *from = &level[g->edges[k].from];
        const bool is_leaf = x->nodes[g->edges[k].from].op == AD_OP_LEAF;
        if (is_leaf && level[g->edges[k].to] - 1 < *from) *from = level[g->edges[k].to] - 1;
    }
    for (size_t k = 0; k < g->edge_count; k++) g->spanned += level[g->edges[k].to] - level[g->edges[k].from];
    free(level);
}

bool graph_is_too_large(const graph *g, char **why)
{
    *why = NULL;
    if (g->is_on_grid || (g->box_count <= GRAPH_MOST_BOXES && g->spanned <= GRAPH_MOST_SPANNED)) return false;
    char *boxes = count_text(g->box_count);
    *why = formatted(_("the graph is too large to be drawn node by node: it has %s nodes"), boxes);
    free(boxes);
    return true;
}

/* ------------------------------------------------------------------------------------------ frames */

/* Of the layers of a network whose boxes are of one layer each: the inputs, and the layers. */
static void add_frames(graph *g)
{
    const delta_view *v = g->x->network;
    const size_t most = v != NULL ? depth_of(v) + 1 : 0;
    bool is_mixed = false;
    for (size_t k = 0; k < g->box_count; k++) {
        const graph_box *b = &g->boxes[k];
        for (size_t i = 1; i < b->group_count; i++)
            if (g->x->groups[b->group + i].layer != g->x->groups[b->group].layer) is_mixed = true;
    }
    g->frame_count = is_mixed ? 0 : most;
    g->frames = resized(NULL, g->frame_count, sizeof *g->frames);
    for (size_t l = 0; l < g->frame_count; l++)
        g->frames[l] = (graph_frame){.name = l == 0 ? copied(_("inputs")) : layer_name(v, l), .layer = l};
    for (size_t k = 0; k < g->box_count; k++) {
        const size_t layer = v == NULL ? 0 : g->x->groups[g->boxes[k].group].layer;
        g->boxes[k].frame = (uint32_t)(layer < g->frame_count ? layer : g->frame_count);
    }
}

/* ------------------------------------------------------------------------------------------- sizes */

size_t number_columns(int digits)
{
    enum { SIGN_MARK_AND_EXPONENT = 7 };
    return (size_t)digits + SIGN_MARK_AND_EXPONENT;
}

/* In points: a column of a sans-serif font is a little wider than half of the font's size. */
static double text_width(size_t columns) { return 0.58 * GRAPH_FONT_SIZE * (double)columns; }

double number_room(const graph *g) { return 0.5 * EDGE_FONT_SIZE * (double)number_columns(g->digits); }

static void size_box(const graph *g, graph_box *b)
{
    const size_t numbers = width_of(b->is_group ? _("values") : _("adjoint")) + 1 +
                           number_columns(g->digits) * (b->is_group ? 2 : 1) + (b->is_group ? 4 : 0);
    const size_t name = width_of(b->name), detail = width_of(b->detail);
    const size_t title = !b->is_group && detail > 0 ? name + 3 + detail : name > detail ? name : detail;
    b->width = text_width(title > numbers ? title : numbers) + 2 * GRAPH_MARGIN;
    b->height = GRAPH_LINE * (b->is_group ? 4 : 3) + GRAPH_MARGIN;
}

/* ------------------------------------------------------------------------------------------- whole */

void graph_make(graph *g, const explanation *x, graph_folding folding, int digits)
{
    *g = (graph){.x = x, .digits = digits, .box_of = resized(NULL, x->node_count, sizeof *g->box_of)};
    g->is_folded = folding == GRAPH_FOLD_ALWAYS || (folding == GRAPH_FOLD_LARGE && x->node_count > GRAPH_MOST_UNFOLDED);
    if (g->is_folded) fold_nodes(g);
    else unfold_nodes(g);
    describe_nodes(g);
    if (g->is_folded) add_folded_edges(g);
    else add_edges(g);
    add_frames(g);
    for (size_t k = 0; k < g->box_count; k++) size_box(g, &g->boxes[k]);
    if (!g->is_folded && x->network == NULL) add_spans(g);
}

void graph_free(graph *g)
{
    for (size_t k = 0; k < g->box_count; k++) {
        free(g->boxes[k].name);
        free(g->boxes[k].detail);
    }
    for (size_t k = 0; k < g->edge_count; k++) free(g->edges[k].points);
    for (size_t k = 0; k < g->frame_count; k++) free(g->frames[k].name);
    free(g->boxes);
    free(g->edges);
    free(g->frames);
    free(g->box_of);
}
