/* SPDX-License-Identifier: MIT */
/* A graph in Graphviz' language. */
#include "graph_parts.h"
#include "command.h"
#include "delta_view.h"
#include "language.h"
#include "mathml_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With more boxes than these, edges are straight and have no numbers: dot takes too long for curves around boxes, and
 * for finding places for so many texts. What it takes for better places grows with the levels that edges span. */
enum {
    MOST_WITH_CURVES = 300,
    MOST_WITH_NUMBERS = 100,
    MOST_SPANNED_FOR_CURVES = 3000,
    MOST_SPANNED_FOR_BETTER = 15000,
    MOST_SPANNED_FOR_GOOD = 60000
};

typedef struct painter {
    FILE *to;
    const graph *g;
    bool is_bare;
} painter;

/* -------------------------------------------------------------------------------------------- texts */

static void put_piece(FILE *to, const char *text, size_t bytes)
{
    for (size_t k = 0; k < bytes;) {
        const sign s = sign_at(text + k);
        if (s.kind == SIGN_SPACE) fputc(' ', to);
        else if (s.character == 0xfffd) fputs("\xef\xbf\xbd", to);
        else if (strchr("&<>\"", (int)s.character) != NULL && s.bytes == 1) fprintf(to, "&#%u;", (unsigned)s.character);
        else fwrite(text + k, 1, s.bytes, to);
        k += s.bytes;
    }
}

static void put_text(FILE *to, const char *text) { put_piece(to, text, strlen(text)); }

/* The bytes of the script that stands after ^ or _, with brackets around it or not. */
static size_t script_at(const char *s)
{
    if (strchr("([{", *s) != NULL && *s != '\0') return strcspn(s, ")]}") + (s[strcspn(s, ")]}")] != '\0');
    return strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_letter(char c) { return ((unsigned char)c | 0x20) >= 'a' && ((unsigned char)c | 0x20) <= 'z'; }

/* The bytes before the next mark of a script; those in a word, weighted_sum, are none. */
static size_t plain_at(const char *s)
{
    size_t n = 1;
    for (; s[n] != '\0'; n++)
        if ((s[n] == '^' || s[n] == '_') && (n < 2 || !is_letter(s[n - 1]) || !is_letter(s[n - 2]))) break;
    return n;
}

/* A name of a network's notation, w^1_{12,3}, with its scripts raised and lowered. */
static void put_notation(FILE *to, const char *name)
{
    while (*name != '\0') {
        const bool is_mark = *name == '^' || *name == '_';
        const size_t script = is_mark ? script_at(name + 1) : 0;
        if (script == 0) {
            const size_t plain = plain_at(name);
            put_piece(to, name, plain);
            name += plain;
            continue;
        }
        const char *tag = *name == '^' ? "sup" : "sub";
        const size_t braces = name[1] == '{' && script > 2;
        fprintf(to, "<%s>", tag);
        put_piece(to, name + 1 + braces, script - 2 * braces);
        fprintf(to, "</%s>", tag);
        name += 1 + script;
    }
}

static void put_name(const painter *p, const char *name)
{
    if (p->g->x->network != NULL) put_notation(p->to, name);
    else put_text(p->to, name);
}

static const char *number(char shown[NUMBER_SIZE], const painter *p, double x)
{
    return show_number(shown, x, p->g->digits);
}

/* ------------------------------------------------------------------------------------------- places */

/* Graphviz has y go up. */
static void put_point(const painter *p, double x, double y) { fprintf(p->to, "%.2f,%.2f", x, p->g->height - y); }

/* The way of an edge, which ends before its arrow. */
static void put_way(const painter *p, const graph_edge *e)
{
    enum { ARROW = 6 };
    const graph_point end = e->points[e->point_count - 1];
    fputs("pos=\"e,", p->to);
    put_point(p, end.x, end.y);
    for (size_t k = 0; k < e->point_count; k++) {
        fputc(' ', p->to);
        put_point(p, e->points[k].x - (k + 1 == e->point_count ? ARROW : 0), e->points[k].y);
    }
    fputs("\", lp=\"", p->to);
    put_point(p, e->label.x, e->label.y);
    fputs("\", ", p->to);
}

static void put_frame(const painter *p, size_t l)
{
    const graph *g = p->g;
    const graph_frame *f = &g->frames[l];
    const double left = f->x - f->width / 2, top = f->y - f->height / 2;
    fprintf(p->to, "  subgraph cluster_%zu {\n    graph [label=\"", l);
    put_text(p->to, f->name);
    if (g->is_on_grid) {
        fputs("\", bb=\"", p->to);
        put_point(p, left, top + f->height);
        fputc(',', p->to);
        put_point(p, left + f->width, top);
        fputs("\", lp=\"", p->to);
        put_point(p, f->x, top + GRAPH_LINE);
    }
    fputs("\"];\n    ", p->to);
    for (size_t k = 0; k < g->box_count; k++)
        if (g->boxes[k].frame == l) fprintf(p->to, "n%zu; ", k);
    fputs("\n  }\n", p->to);
}

/* -------------------------------------------------------------------------------------------- boxes */

static void put_line(const painter *p, const char *what, const char *text)
{
    fputs("<tr><td align=\"left\">", p->to);
    put_text(p->to, what);
    fputs(" </td><td align=\"right\">", p->to);
    put_text(p->to, text);
    fputs("</td></tr>", p->to);
}

static void put_node_lines(const painter *p, const graph_box *b)
{
    const node *n = &p->g->x->nodes[b->node];
    char shown[NUMBER_SIZE];
    put_line(p, _("value"),
             n->op == AD_OP_LEAF ? show_input(shown, n->value, p->g->digits) : number(shown, p, n->value));
    put_line(p, _("adjoint"), p->g->x->is_swept ? number(shown, p, n->adjoint) : _("not computed"));
}

static void put_group_lines(const painter *p, const graph_box *b)
{
    char least[NUMBER_SIZE], largest[NUMBER_SIZE], norm[NUMBER_SIZE];
    char *range = formatted(_("%s to %s"), number(least, p, b->least), number(largest, p, b->largest));
    put_line(p, _("values"), range);
    put_line(p, _("adjoints, norm"), p->g->x->is_swept ? number(norm, p, b->norm) : _("not computed"));
    free(range);
}

/* "z = w * x", or the name of a group over its size. */
static void put_title(const painter *p, const graph_box *b)
{
    fputs("<tr><td colspan=\"2\"><b>", p->to);
    put_name(p, *b->name != '\0' ? b->name : " ");
    fputs("</b>", p->to);
    if (*b->detail != '\0' && b->is_group) {
        fputs("</td></tr><tr><td colspan=\"2\">", p->to);
        put_text(p->to, b->detail);
    } else if (*b->detail != '\0') {
        fputs(" = ", p->to);
        put_name(p, b->detail);
    }
    fputs("</td></tr>", p->to);
}

/* Shapes that can be told apart in black and white, and Okabe and Ito's colours, made light. */
static void put_look(const painter *p, const graph_box *b)
{
    static const char *const looks[] = {[GRAPH_LEAF] = "style=\"filled,rounded\", fillcolor=\"#d3ebf9\", ",
                                        [GRAPH_OPERATION] = "",
                                        [GRAPH_OUTPUT] = "peripheries=2, fillcolor=\"#fae3b4\", ",
                                        [GRAPH_UNRELATED] = "style=\"filled,dashed\", fillcolor=\"#eeeeee\", "};
    fprintf(p->to, "%s%s", looks[b->kind], b->is_group ? "penwidth=2.5, " : "");
}

static void put_box(const painter *p, size_t k)
{
    const graph_box *b = &p->g->boxes[k];
    if (p->is_bare) {
        fprintf(p->to, "  n%zu [label=\"\", fixedsize=true, width=%.4f, height=%.4f];\n", k, b->width / 72,
                b->height / 72);
        return;
    }
    fprintf(p->to, "  n%zu [", k);
    put_look(p, b);
    if (p->g->is_on_grid) {
        fprintf(p->to, "width=%.3f, height=%.3f, pos=\"", b->width / 72, b->height / 72);
        put_point(p, b->x, b->y);
        fputs("\", ", p->to);
    }
    fputs("label=<<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"0\">", p->to);
    put_title(p, b);
    if (b->is_group) put_group_lines(p, b);
    else put_node_lines(p, b);
    fputs("</table>>];\n", p->to);
}

/* -------------------------------------------------------------------------------------------- edges */

static bool has_numbers(const graph *g) { return g->box_count <= MOST_WITH_NUMBERS; }

static void put_edge_text(const painter *p, const graph_edge *e)
{
    char shown[NUMBER_SIZE];
    char *count = count_text(e->count);
    if (isnan(e->partial) && (p->g->boxes[e->from].is_group || p->g->boxes[e->to].is_group))
        fprintf(p->to, "× %s", count);
    else if (e->count > 1) fprintf(p->to, "%s (× %s)", number(shown, p, e->partial), count);
    else fputs(number(shown, p, e->partial), p->to);
    free(count);
}

/* As wide as any number of so many digits. */
static void put_room_for_number(const painter *p)
{
    for (size_t k = 0; k < number_columns(p->g->digits); k++) fputc('0', p->to);
}

static void put_edge(const painter *p, size_t k)
{
    const graph_edge *e = &p->g->edges[k];
    fprintf(p->to, "  n%" PRIu32 " -> n%" PRIu32 " [", e->from, e->to);
    if (p->is_bare) fprintf(p->to, "id=\"%zu\"", k);
    if (p->g->is_on_grid) put_way(p, e);
    if (has_numbers(p->g)) {
        fputs(p->is_bare ? ", label=\"" : "label=\" ", p->to);
        if (p->is_bare) put_room_for_number(p);
        else put_edge_text(p, e);
        fputs(p->is_bare ? "\"" : " \"", p->to);
    }
    fputs("];\n", p->to);
}

/* -------------------------------------------------------------------------------------------- whole */

static void put_caption(const painter *p)
{
    const graph *g = p->g;
    const char *output = g->x->nodes[g->x->output.index].label;
    char *text = formatted(_("Adjoint: the derivative of %s by the node. On an edge: the derivative of a node by its "
                             "operand. Rounded: leaves; double line: the output."),
                           output);
    put_text(p->to, text);
    free(text);
    if (!g->is_folded) return;
    fputs("\\l", p->to);
    put_text(p->to,
             _("Thick line: several nodes, with the range of their values and the root of the sum of the squares "
               "of their adjoints; on its edges: for how many operands each stands."));
    fputs("\\l", p->to);
}

/* How dot is to search for places, and for how long. */
static void put_search(const painter *p)
{
    const graph *g = p->g;
    if (g->is_on_grid) fputs("layout=nop2", p->to);
    else if (g->box_count <= MOST_WITH_CURVES && g->spanned <= MOST_SPANNED_FOR_CURVES)
        fputs("rankdir=LR, nodesep=0.15, ranksep=0.25", p->to);
    else
        fprintf(
            p->to,
            "rankdir=LR, nodesep=0.15, ranksep=0.6, splines=line, nslimit=%s, nslimit1=1, mclimit=0.1, searchsize=5",
            g->spanned <= MOST_SPANNED_FOR_BETTER ? "1"
            : g->spanned <= MOST_SPANNED_FOR_GOOD ? "0.05"
                                                  : "0");
}

static void put_head(const painter *p)
{
    fputs("digraph chainrule {\n  graph [", p->to);
    put_search(p);
    fprintf(p->to, ",\n    fontname=\"Helvetica\", fontsize=%d, color=\"#999999\", style=rounded, labeljust=l];\n",
            GRAPH_FONT_SIZE);
    fprintf(p->to,
            "  node [fontname=\"Helvetica\", fontsize=%d, shape=box, style=filled, fillcolor=\"#ffffff\", "
            "color=\"#222222\",\n    fontcolor=\"#222222\", margin=\"0.1,0.05\"];\n"
            "  edge [fontname=\"Helvetica\", fontsize=%d, fontcolor=\"#a34700\", color=\"#777777\", %s];\n",
            GRAPH_FONT_SIZE, EDGE_FONT_SIZE, p->is_bare ? "arrowhead=none" : "arrowsize=0.6");
    if (p->is_bare) return;
    fputs("  labelloc=b;\n  label=\"", p->to);
    put_caption(p);
    fputs("\";\n", p->to);
}

static void print(const painter *p)
{
    put_head(p);
    for (size_t k = 0; k < p->g->box_count; k++) put_box(p, k);
    for (size_t l = 0; l < p->g->frame_count; l++) put_frame(p, l);
    for (size_t k = 0; k < p->g->edge_count; k++) put_edge(p, k);
    fputs("}\n", p->to);
}

void graph_print_dot(FILE *to, const graph *g) { print(&(painter){to, g, false}); }

void graph_print_bare_dot(FILE *to, const graph *g) { print(&(painter){to, g, true}); }
