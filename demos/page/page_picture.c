/* SPDX-License-Identifier: MIT */
/* The graph's places for the page: folded where it is large, and in full. */
#include "graph.h"
#include "json_values.h"
#include "page_parts.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In whole points. */
static json_t *length_json(double x) { return json_integer((json_int_t)lround(x)); }

static void set_place(json_t *object, double x, double y, double width, double height)
{
    set(object, "x", length_json(x - width / 2));
    set(object, "y", length_json(y - height / 2));
    set(object, "width", length_json(width));
    set(object, "height", length_json(height));
}

/* ---------------------------------------------------------------------------------------- sizes */

/* The page writes numbers without words before them, and names with small scripts: narrower than pictures do. */
enum { COLUMN = 7, MARGIN = 14, NODE_HEIGHT = 58, GROUP_HEIGHT = 74, LEAST_COLUMNS = 6, RANGE_COLUMNS = 17 };

static size_t columns_of(const char *name)
{
    size_t columns = width_of(name);
    for (; *name != '\0'; name++) columns -= strchr("^_{}", *name) != NULL;
    return columns;
}

static size_t title_columns(const graph_box *b)
{
    const size_t name = columns_of(b->name), detail = columns_of(b->detail);
    if (b->is_group) return name > detail ? name : detail;
    return name + (detail > 0 ? detail + strlen(" = ") : 0);
}

static size_t number_columns(const graph *g, const graph_box *b)
{
    char value[NUMBER_SIZE], adjoint[NUMBER_SIZE];
    const explanation *x = g->x;
    const node *n = &x->nodes[b->node];
    const int digits = g->digits;
    if (b->is_group) return RANGE_COLUMNS;
    const size_t of_value = strlen((n->op == AD_OP_LEAF ? show_input : show_number)(value, n->value, digits));
    const size_t of_adjoint = x->is_swept ? strlen(show_number(adjoint, n->adjoint, digits)) : 0;
    return of_value > of_adjoint ? of_value : of_adjoint;
}

static void fit_box(const graph *g, graph_box *b)
{
    const char *sign = b->is_group ? NULL : short_sign_of(&g->x->nodes[b->node]);
    if (sign != NULL) {
        free(b->detail);
        b->detail = copied(sign);
    }
    size_t columns = LEAST_COLUMNS;
    if (title_columns(b) > columns) columns = title_columns(b);
    if (number_columns(g, b) > columns) columns = number_columns(g, b);
    b->width = (double)(COLUMN * columns + MARGIN);
    b->height = b->is_group ? GROUP_HEIGHT : NODE_HEIGHT;
}

/* ---------------------------------------------------------------------------------------- boxes */

static json_t *nodes_in(const graph *g, uint32_t which)
{
    json_t *array = json_array();
    for (size_t i = 0; i < g->x->node_count; i++)
        if (g->box_of[i] == which) append(array, whole_number(i));
    return array;
}

static json_t *box_json(const graph *g, uint32_t k)
{
    const graph_box *b = &g->boxes[k];
    json_t *object = json_object();
    set(object, "name", json_string(b->name));
    if (b->is_group) set(object, "nodes", nodes_in(g, k));
    else set(object, "node", whole_number(b->node));
    set(object, "detail", json_string(b->detail));
    set_place(object, b->x, b->y, b->width, b->height);
    return object;
}

static json_t *frame_json(const graph_frame *f)
{
    json_t *object = json_object();
    set(object, "name", json_string(f->name));
    set_place(object, f->x, f->y, f->width, f->height);
    return object;
}

/* ---------------------------------------------------------------------------------------- edges */

/* As SVG has it: "M1 2C3 4 5 6 7 8C...". */
static json_t *path_json(const graph_edge *e)
{
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < e->point_count; k++) {
        const char *before = k == 0 ? "M" : k % 3 == 1 ? "C" : " ";
        fprintf(t.to, "%s%.1f %.1f", before, e->points[k].x, e->points[k].y);
    }
    char *path = draft_done(&t);
    json_t *string = json_string(path);
    free(path);
    return string;
}

static json_t *edge_json(const graph_edge *e)
{
    json_t *object = json_object();
    set(object, "from", whole_number(e->from));
    set(object, "to", whole_number(e->to));
    set(object, "path", path_json(e));
    if (!isnan(e->partial)) set(object, "partial", exact_number(e->partial));
    if (e->label.x != 0 || e->label.y != 0) set(object, "label", json_pack("[ff]", e->label.x, e->label.y));
    return object;
}

/* ------------------------------------------------------------------------------------- the whole */

static json_t *layout_json(const graph *g)
{
    json_t *object = json_object(), *boxes = json_array(), *edges = json_array(), *frames = json_array();
    for (uint32_t k = 0; k < g->box_count; k++) append(boxes, box_json(g, k));
    for (size_t k = 0; k < g->edge_count; k++) append(edges, edge_json(&g->edges[k]));
    for (size_t k = 0; k < g->frame_count; k++)
        if (g->frames[k].width > 0) append(frames, frame_json(&g->frames[k]));
    set(object, "width", length_json(g->width));
    set(object, "height", length_json(g->height));
    set(object, "boxes", boxes);
    set(object, "edges", edges);
    set(object, "frames", frames);
    return object;
}

/* Null: there is none, and the advice says why. */
static json_t *laid_out(const explanation *x, graph_folding folding, int digits, char **advice)
{
    graph g;
    graph_make(&g, x, folding, digits);
    for (size_t k = 0; k < g.box_count; k++) fit_box(&g, &g.boxes[k]);
    json_t *layout = graph_lay_out(&g, advice) ? layout_json(&g) : json_null();
    graph_free(&g);
    return layout;
}

json_t *picture_json(const explanation *x, int digits)
{
    char *advice = NULL, *of_full = NULL;
    json_t *object = json_object();
    const bool is_large = x->node_count > GRAPH_MOST_UNFOLDED;
    set(object, "folded", is_large ? laid_out(x, GRAPH_FOLD_ALWAYS, digits, &advice) : json_null());
    set(object, "full",
        x->node_count <= GRAPH_MOST_BOXES ? laid_out(x, GRAPH_FOLD_NEVER, digits, &of_full) : json_null());
    const char *said = advice != NULL ? advice : of_full;
    set(object, "advice", said != NULL ? json_string(said) : json_null());
    free(advice);
    free(of_full);
    return object;
}
