/* SPDX-License-Identifier: MIT */
/* A network node by node: its tape forward, the watched sweep, and the gradients beside the closed form. */
#include "explain_network.h"
#include "command.h"
#include "delta_print.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 5 };

/* ------------------------------------------------------------------------------------------ forward */

static char *value_text(const explanation *x, const node *n)
{
    char shown[NUMBER_SIZE];
    return copied((n->op == AD_OP_LEAF ? show_input : show_number)(shown, n->value, x->network->digits));
}

static double largest_form(const explanation *x, const group *g)
{
    double largest = 0;
    for (size_t k = 0; k < g->count; k++) largest = fmax(largest, fabs(x->nodes[g->first + k].closed_value));
    return largest;
}

static void add_node(table *t, const explanation *x, wording *w, uint32_t i, double largest)
{
    const node *n = &x->nodes[i];
    const bool has_form = !isnan(n->closed_value);
    table_add(
        t, (char *[COLUMNS]){copied(n->label), value_text(x, n),
                             has_form ? number_text(x->network, n->closed_value) : copied(""),
                             has_form ? magnitude_text(part_of(fabs(n->value - n->closed_value), largest)) : copied(""),
                             n->op == AD_OP_LEAF ? copied("") : expression_of(w, i)});
}

static void add_group(table *t, const explanation *x, wording *w, const group *g)
{
    const size_t most = x->network->entries, shown = g->count > most + 1 ? most : g->count;
    const double largest = largest_form(x, g);
    for (size_t k = 0; k < shown; k++) add_node(t, x, w, g->first + (uint32_t)k, largest);
    if (shown < g->count) table_add_more(t, g->count - shown);
}

static void put_title(FILE *to, const delta_view *v, size_t layer)
{
    if (layer > 0 && layer <= depth_of(v)) {
        put_part_title(to, v, layer, layer_name(v, layer));
        return;
    }
    fprintf(to, "\n%s%s%s\n", start_of(COLOUR_STEP), layer == 0 ? _("the inputs") : _("the cost"), end_of(COLOUR_STEP));
}

/* What is on the tape otherwise than in the formulas. */
static void put_remarks(FILE *to, const delta_view *v)
{
    bool has_identity = false, has_sums = false;
    for (size_t l = 1; l <= depth_of(v); l++) {
        has_sums = has_sums || has_biases(v, l);
        has_identity = has_identity || (layer_of(v, l)->activation == NN_IDENTITY && layer_of(v, l)->skip == 0);
    }
    if (has_sums) put_remark(to, _("Σ is the weighted sum before the bias is added."));
    if (v->convention == NN_ROW_MINUS_BIAS)
        put_remark(to, _("The tape adds: for a bias b that is subtracted it has a node −b."));
    if (has_identity) put_remark(to, _("Where the activation is the identity, z is the activation, too: one node."));
}

static void print_forward(FILE *to, const explanation *x, wording *w)
{
    const char *const heads[COLUMNS] = {"", _("value"), _("closed form"), _("difference"), _("computed as")};
    static const bool is_number[COLUMNS] = {false, true, true, true, false};
    put_heading(to, _("Forward pass: node by node, in the order of the tape"));
    print_lead(to, x->network, false);
    put_remarks(to, x->network);
    for (size_t k = 0; k < x->group_count;) {
        const size_t layer = x->groups[k].layer;
        table t = {.columns = COLUMNS, .heads = heads, .is_number = is_number, .wrapped = COLUMNS - 1};
        put_title(to, x->network, layer);
        for (; k < x->group_count && x->groups[k].layer == layer; k++) add_group(&t, x, w, &x->groups[k]);
        table_print(&t, to);
    }
}

/* ------------------------------------------------------------------------------------------ all of it */

static void print_gradient(FILE *to, const explanation *x)
{
    char *heading =
        formatted(_("Gradient: the derivatives of %s, and the closed form"), x->nodes[x->output.index].label);
    put_heading(to, heading);
    if (x->network->convention == NN_ROW_MINUS_BIAS)
        put_paragraph(to, copied(has_some_biases(x->network)
                                     ? _("∂E/∂b is minus the adjoint of the node −b, which is that of z.")
                                     : _("Where a layer has no biases, ∂E/∂b stands for −∂E/∂z.")));
    print_gradients(to, x->network);
    free(heading);
}

void print_by_node(FILE *to, const explanation *x)
{
    const delta_view *v = x->network;
    wording *w = wording_new(x, v->digits);
    delta_paths *paths = delta_paths_new(v);
    print_subject(to, v);
    print_forward(to, x, w);
    if (x->is_swept) {
        print_steps(to, x, w, v->digits);
        print_gradient(to, x);
        print_paths(to, v, paths);
    }
    delta_paths_free(paths);
    wording_free(w);
    print_verdict(to, v);
    if (v->rate > 0) print_step(to, v);
}
