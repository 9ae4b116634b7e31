/* SPDX-License-Identifier: MIT */
/* An explanation as a graph in Graphviz' language: nodes with value and adjoint, edges with local derivatives. */
#include "explanation.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_EXPRESSION = 40 };

/* Inside a quoted string: a backslash or a quote would end or escape it, & would begin an entity. */
static void put_quoted(FILE *to, const char *string)
{
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\') fputc('\\', to);
        if (*string == '&') fputs("&amp;", to);
        else fputc(*string, to);
    }
}

/* "z = v7 + w2"; a leaf by its name alone. */
static void put_name(FILE *to, const explanation *x, wording *w, uint32_t i)
{
    const node *n = &x->nodes[i];
    put_quoted(to, n->label);
    if (n->op == AD_OP_LEAF) return;
    char *expression = expression_of(w, i);
    fputs(" = ", to);
    if (width_of(expression) <= LONGEST_EXPRESSION) put_quoted(to, expression);
    else fprintf(to, "%s(...)", n->op_name);
    free(expression);
}

static const char *look_of(const explanation *x, uint32_t i)
{
    const node *n = &x->nodes[i];
    if (i == x->output.index) return ", style=\"filled,bold\", fillcolor=\"#ffe3b3\"";
    if (!n->output_depends) return ", style=\"filled,dashed\", fillcolor=\"#eeeeee\"";
    return n->op == AD_OP_LEAF ? ", fillcolor=\"#d5e8ff\"" : "";
}

static void put_node(FILE *to, const explanation *x, wording *w, uint32_t i, int digits)
{
    const node *n = &x->nodes[i];
    char shown[NUMBER_SIZE];
    fprintf(to, "  n%u [label=\"", i);
    put_name(to, x, w, i);
    fputs("\\n", to);
    fprintf(to, _("value %s"), (n->op == AD_OP_LEAF ? show_input : show_number)(shown, n->value, digits));
    fputs("\\n", to);
    fprintf(to, _("adjoint %s"), x->is_swept ? show_number(shown, n->adjoint, digits) : _("not computed"));
    fprintf(to, "\"%s];\n", look_of(x, i));
}

static void put_edges(FILE *to, const explanation *x, uint32_t i, int digits)
{
    const node *n = &x->nodes[i];
    for (size_t k = 0; k < n->count; k++) {
        const operand *o = &x->operands[n->first + k];
        char shown[NUMBER_SIZE];
        if (o->is_constant) continue;
        fprintf(to, "  n%u -> n%u [label=\" %s\"];\n", o->node, i, show_number(shown, o->partial, digits));
    }
}

void print_dot(FILE *to, const explanation *x, int digits)
{
    wording *w = wording_new(x, digits);
    char *title = formatted(_("adjoint: the derivative of %s by the node; on an edge: the derivative of a node by its "
                              "operand"),
                            x->nodes[x->output.index].label);
    fputs("digraph chainrule {\n  rankdir=LR;\n  label=\"", to);
    put_quoted(to, title);
    fputs("\";\n"
          "  node [fontname=\"Helvetica\", shape=box, style=filled, fillcolor=\"#ffffff\", color=\"#445566\"];\n"
          "  edge [fontname=\"Helvetica\", fontcolor=\"#a03000\", color=\"#445566\"];\n"
          "  graph [fontname=\"Helvetica\", fontsize=11];\n",
          to);
    for (uint32_t i = 0; i < x->node_count; i++) put_node(to, x, w, i, digits);
    for (uint32_t i = 0; i < x->node_count; i++) put_edges(to, x, i, digits);
    fputs("}\n", to);
    free(title);
    wording_free(w);
}
