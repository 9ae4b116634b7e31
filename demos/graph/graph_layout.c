/* SPDX-License-Identifier: MIT */
/* Places by Graphviz: its JSON, read back. */
#include "graph_parts.h"
#include "command.h"
#include "graphviz.h"
#include "language.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* Numbers with commas and spaces between them; how many there were. */
static size_t read_numbers(const char *text, double *numbers, size_t most)
{
    size_t count = 0;
    char *end;
    while (count < most) {
        text += strspn(text, ", ");
        const double x = strtod(text, &end);
        if (end == text) break;
        numbers[count++] = x;
        text = end;
    }
    return count;
}

/* Graphviz has y go up. */
static graph_point place(const graph *g, const double *xy) { return (graph_point){xy[0], g->height - xy[1]}; }

static bool read_box(graph *g, const json_t *object)
{
    double xy[2];
    const size_t k = strtoul(text_of(object, "name") + 1, NULL, 10);
    if (k >= g->box_count || read_numbers(text_of(object, "pos"), xy, 2) != 2) return false;
    const graph_point at = place(g, xy);
    g->boxes[k].x = at.x;
    g->boxes[k].y = at.y;
    return true;
}

static void read_frame(graph *g, const json_t *object, const char *name)
{
    double corners[4];
    const size_t l = strtoul(name, NULL, 10);
    if (l >= g->frame_count || read_numbers(text_of(object, "bb"), corners, 4) != 4) return;
    graph_frame *f = &g->frames[l];
    f->width = corners[2] - corners[0];
    f->height = corners[3] - corners[1];
    f->x = corners[0] + f->width / 2;
    f->y = g->height - corners[1] - f->height / 2;
}

static bool read_edge(graph *g, const json_t *edge)
{
    const char *id = text_of(edge, "id"), *pos = text_of(edge, "pos");
    const size_t k = strtoul(id, NULL, 10), most = strlen(pos) / 2 + 1;
    if (k >= g->edge_count || *pos == '\0') return false;
    double *numbers = resized(NULL, most, sizeof *numbers), label[2];
    graph_edge *e = &g->edges[k];
    e->point_count = read_numbers(pos, numbers, most) / 2;
    e->points = resized(e->points, e->point_count, sizeof *e->points);
    for (size_t i = 0; i < e->point_count; i++) e->points[i] = place(g, numbers + 2 * i);
    if (read_numbers(text_of(edge, "lp"), label, 2) == 2) e->label = place(g, label);
    free(numbers);
    return e->point_count >= 4;
}

/* False: it is not what Graphviz writes. */
static bool read_places(graph *g, const json_t *root)
{
    static const char frame[] = "cluster_";
    double corners[4];
    size_t k, boxes = 0, edges = 0;
    const json_t *object;
    if (read_numbers(text_of(root, "bb"), corners, 4) != 4) return false;
    g->width = corners[2];
    g->height = corners[3];
    json_array_foreach(json_object_get(root, "objects"), k, object)
    {
        const char *name = text_of(object, "name");
        if (strncmp(name, frame, strlen(frame)) == 0) read_frame(g, object, name + strlen(frame));
        else if (*name == 'n') boxes += read_box(g, object);
    }
    json_array_foreach(json_object_get(root, "edges"), k, object) edges += read_edge(g, object);
    return boxes == g->box_count && edges == g->edge_count;
}

bool graph_lay_out(graph *g, char **advice)
{
    *advice = NULL;
    if (graph_place_layers(g)) return true;
    if (graph_is_too_large(g, advice)) return false;
    if (!graphviz_is_there()) *advice = copied(graphviz_advice());
    if (*advice != NULL) return false;
    draft t;
    draft_begin(&t);
    graph_print_bare_dot(t.to, g);
    char *dot = draft_done(&t);
    size_t size;
    char *text = graphviz_render(dot, "json0", &size);
    json_t *root = text != NULL ? json_loadb(text, size, 0, NULL) : NULL;
    const bool is_good = root != NULL && read_places(g, root);
    if (!is_good) *advice = copied(_("Graphviz could not lay the graph out"));
    json_decref(root);
    free(text);
    free(dot);
    return is_good;
}
