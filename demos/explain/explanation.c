/* SPDX-License-Identifier: MIT */
/* Copies a tape and one watched sweep into an explanation. */
#include "explanation.h"
#include "command.h"
#include "language.h"
#include "print.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LABEL = 16 };

static double *adjoint_of(explanation *x, uint32_t i) { return &x->nodes[i].adjoint; }

/* ---------------------------------------------------------------------------------- the nodes */

/* `edges` has room for the node's; `last` has, for each node, the last operand that it was. */
static void copy_operands(explanation *x, node *n, ad_var at, ad_edge *edges, size_t *last)
{
    ad_edges(at, edges, n->count);
    for (size_t k = 0; k < n->count; k++) {
        const bool is_constant = ad_is_const(edges[k].operand);
        operand *o = &x->operands[n->first + k];
        *o = (operand){.is_constant = is_constant, .value = edges[k].value, .partial = edges[k].partial};
        if (is_constant) continue;
        o->node = edges[k].operand.index;
        const size_t before = last[o->node];
        if (before != SIZE_MAX && before >= n->first) o->is_repeated = x->operands[before].is_repeated = true;
        last[o->node] = n->first + k;
    }
}

static void copy_nodes(explanation *x)
{
    size_t most = 0;
    x->node_count = ad_tape_stats(x->tape).nodes;
    x->nodes = resized(NULL, x->node_count, sizeof *x->nodes);
    for (size_t i = 0; i < x->node_count; i++) {
        const ad_var at = ad_node_at(x->tape, i);
        node *n = &x->nodes[i];
        *n = (node){.op = ad_op_of(at),
                    .op_name = ad_op_name_of(at),
                    .name = ad_name_of(at),
                    .value = ad_value(at),
                    .count = ad_arity_of(at),
                    .closed_value = NAN,
                    .closed_adjoint = NAN};
        n->first = x->operand_count;
        x->operand_count += n->count;
        if (n->count > most) most = n->count;
    }
    ad_edge *edges = resized(NULL, most, sizeof *edges);
    x->operands = resized(NULL, x->operand_count, sizeof *x->operands);
    size_t *last = resized(NULL, x->node_count, sizeof *last);
    for (size_t i = 0; i < x->node_count; i++) last[i] = SIZE_MAX;
    for (size_t i = 0; i < x->node_count; i++) copy_operands(x, &x->nodes[i], ad_node_at(x->tape, i), edges, last);
    free(last);
    free(edges);
}

/* --------------------------------------------------------------------------------- the labels */

/* Whether a name reads like the number of a node: `prefix` and digits. */
static bool reads_as_number(const char *name, const char *prefix)
{
    const size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && name[n] != '\0' && name[n + strspn(name + n, "0123456789")] == '\0';
}

static bool is_taken(const explanation *x, const char *prefix)
{
    for (size_t i = 0; i < x->node_count; i++)
        if (x->nodes[i].name != NULL && reads_as_number(x->nodes[i].name, prefix)) return true;
    return false;
}

/* Nodes are v0, v1, ...; where names look like that v_0, v_1, ..., and so on. */
static void label_nodes(explanation *x)
{
    char prefix[300] = "v";
    while (is_taken(x, prefix)) strcat(prefix, "_");
    const size_t size = strlen(prefix) + 11;
    x->numbers = resized(NULL, x->node_count, size);
    for (size_t i = 0; i < x->node_count; i++) {
        node *n = &x->nodes[i];
        char *number = x->numbers + i * size;
        snprintf(number, size, "%s%zu", prefix, i);
        n->number = number;
        n->label = n->name != NULL && width_of(n->name) <= LONGEST_LABEL ? n->name : number;
    }
}

/* ---------------------------------------------------------------------------------- the groups */

/* How many steps a node is away from the leaves: one more than the operand that is furthest. */
static void group_by_level(explanation *x)
{
    for (size_t i = 0; i < x->node_count; i++) {
        node *n = &x->nodes[i];
        n->group = 0;
        for (size_t k = 0; k < n->count; k++) {
            const operand *o = &x->operands[n->first + k];
            if (!o->is_constant && x->nodes[o->node].group >= n->group) n->group = x->nodes[o->node].group + 1;
        }
        if (n->group >= x->group_count) x->group_count = n->group + 1;
    }
    x->groups = resized(NULL, x->group_count, sizeof *x->groups);
    for (size_t k = 0; k < x->group_count; k++)
        x->groups[k] = (group){.name = k == 0 ? copied(_("leaves")) : formatted(_("level %zu"), k), .layer = k};
    for (size_t i = x->node_count; i-- > 0;) {
        group *g = &x->groups[x->nodes[i].group];
        g->first = (uint32_t)i;
        g->count++;
    }
}

/* ----------------------------------------------------------------------------------- the sweep */

static void mark_dependence(explanation *x)
{
    x->nodes[x->output.index].output_depends = true;
    for (size_t i = x->output.index + 1; i-- > 0;) {
        const node *n = &x->nodes[i];
        for (size_t k = 0; n->output_depends && k < n->count; k++) {
            const operand *o = &x->operands[n->first + k];
            if (!o->is_constant) x->nodes[o->node].output_depends = true;
        }
    }
}

static void copy_step(void *user, const ad_sweep_step *step)
{
    explanation *x = user;
    node *n = &x->nodes[step->node.index];
    n->is_kink = step->kink;
    n->is_skipped = step->skipped;
    for (size_t k = 0; k < step->count; k++) {
        operand *o = &x->operands[n->first + k];
        if (o->is_constant) continue;
        o->contribution = step->edges[k].contribution;
        o->before = *adjoint_of(x, o->node);
        o->after = *adjoint_of(x, o->node) = step->edges[k].adjoint;
    }
    x->steps[x->step_count++] = step->node.index;
}

static void sweep(explanation *x)
{
    x->steps = resized(NULL, x->node_count, sizeof *x->steps);
    *adjoint_of(x, x->output.index) = 1;
    ad_watch(x->tape, copy_step, x);
    if (ad_backward(x->output) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(x->tape)));
    ad_watch(x->tape, NULL, NULL);
    for (size_t i = 0; i < x->node_count; i++) x->nodes[i].adjoint = ad_grad(ad_node_at(x->tape, i));
    x->is_swept = true;
}

static void find_nonfinite(explanation *x)
{
    ad_nonfinite found;
    x->has_nonfinite = ad_find_nonfinite(x->tape, &found);
    if (!x->has_nonfinite) return;
    x->nonfinite = found.node.index;
    x->nonfinite_adjoint = found.in_adjoint;
}

void explain(explanation *x, const char *formula, ad_var output, bool forward_only)
{
    *x = (explanation){.formula = formula, .tape = output.tape, .output = output};
    copy_nodes(x);
    label_nodes(x);
    group_by_level(x);
    mark_dependence(x);
    if (!forward_only) sweep(x);
    find_nonfinite(x);
    if (!forward_only) check_gradient(x);
}

/* Of a network: names, groups and closed forms are explain_network's. */
void explain_tape(explanation *x, ad_var output, bool forward_only)
{
    *x = (explanation){.tape = output.tape, .output = output};
    copy_nodes(x);
    label_nodes(x);
    mark_dependence(x);
    if (!forward_only) sweep(x);
    find_nonfinite(x);
}

void explanation_free(explanation *x)
{
    free(x->nodes);
    free(x->operands);
    free(x->steps);
    free(x->checks);
    free(x->numbers);
    for (size_t i = 0; x->names != NULL && i < x->node_count; i++) free(x->names[i]);
    free(x->names);
    for (size_t k = 0; k < x->group_count; k++) free(x->groups[k].name);
    free(x->groups);
    free(x->layers);
}
