/* SPDX-License-Identifier: MIT */
/* The second rule of operations of the program's own: the product of seeds with the derivative, recorded by a callback;
 * and from that the tangent of a product, which Hessian-vector products need. */
#include "internal.h"

#include <string.h>

/* ------------------------------------------------------------------------------- running the rule */

static COLD bool no_rule(ad_tape *t, const ad_custom *custom, const char *function)
{
    char quoted[AD_QUOTE_SIZE];
    ad_quote(quoted, custom->name, strlen(custom->name));
    ad_fail(t, AD_ERR_ARGUMENT, function, "operation '%s' has no second rule (record_vjp)", quoted);
    return false;
}

/* Whether the rule has done what it should. */
static bool accept(ad_tape *t, const ad_custom_group *g, bool done, const ad_var *products, const char *function)
{
    char quoted[AD_QUOTE_SIZE];
    ad_quote(quoted, g->custom->name, strlen(g->custom->name));
    if (!done)
        ad_fail(t, AD_ERR_CUSTOM, function, "the second rule (record_vjp) of '%s', node %u, failed", quoted, g->first);
    for (uint32_t k = 0; k < g->n && done; k++)
        if (!is_const(products[k]) && ad_node_fault(t, products[k]) != NULL)
            ad_fail(t, AD_ERR_CUSTOM, function,
                    "product %u of the second rule (record_vjp) of '%s' is no node of this tape and no constant", k + 1,
                    quoted);
    return t->error == AD_OK;
}

bool ad_custom_record(ad_tape *t, uint32_t i, const ad_var *seeds, ad_var *products, const char *function)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    const ad_custom *const custom = g.custom, *const calling = t->calling;
    const uint8_t watching = t->watching;
    if (custom->record_vjp == NULL) return no_rule(t, custom, function);
    const size_t bytes = ((size_t)g.n + g.m) * sizeof(ad_var);
    ad_var *const x = ad_resize(t, NULL, 0, bytes);
    if (x == NULL) {
        ad_fail(t, AD_ERR_MEMORY, function, "no memory for %u operands and %u outputs", g.n, g.m);
        return false;
    }
    ad_var *const y = x + g.n;
    for (uint32_t k = 0; k < g.n; k++) x[k] = ad_handle(t, g.references[k]), products[k] = INVALID;
    for (uint32_t j = 0; j < g.m; j++) y[j] = node_handle(t, g.first + j);
    t->calling = custom;
    t->watching = ONLY_RECORDING;
    const bool done = custom->record_vjp(custom->state, t, x, g.n, y, g.m, seeds, products);
    t->watching = watching;
    t->calling = calling;
    ad_resize(t, x, bytes, 0);
    return accept(t, &g, done, products, function);
}

/* ------------------------------------------------------------------------------- with tangents */

/* Where no operand has a tangent, the tangents of the products are the products of the seeds' tangents. */
static bool add_products(ad_tape *t, const ad_custom_group *g, const double *seeds, double *to, const char *function)
{
    const double *products = ad_custom_vjp(t, g, seeds, function);
    for (uint32_t k = 0; k < g->n && products != NULL; k++)
        if (!(g->references[k] & CONSTANT_BIT)) to[g->references[k]] += products[k];
    return products != NULL;
}

static bool has_tangent(const ad_tape *t, const ad_custom_group *g)
{
    for (uint32_t k = 0; k < g->n; k++)
        if (tangent_at(t, g->references[k]) != 0) return true;
    return false;
}

/* What one call works with: n products and m seeds as handles, the seeds and their tangents as numbers. */
typedef struct second {
    ad_var *products, *seeds;
    double *values, *tangents;
} second;

static size_t size_of(const ad_custom_group *g)
{
    return ((size_t)g->n + g->m) * sizeof(ad_var) + 2 * (size_t)g->m * sizeof(double);
}

/* Outputs after `last` have nothing to give. */
static second second_in(ad_var *memory, const ad_custom_group *g, uint32_t last, const double *adjoint,
                        const double *dot)
{
    double *numbers = (double *)(void *)(memory + g->n + g->m);
    const second s = {memory, memory + g->n, numbers, numbers + g->m};
    for (uint32_t j = 0; j < g->m; j++) {
        const bool given = g->first + j <= last;
        s.values[j] = given ? adjoint[g->first + j] : 0;
        s.tangents[j] = given ? dot[g->first + j] : 0;
    }
    return s;
}

/* Records leaves for the seeds and the rule on them, and takes the tangents of all that. */
static bool record_with_tangents(ad_tape *t, uint32_t i, uint32_t m, const second *s, const char *function)
{
    const ad_span leaves = ad_leaves(t, s->values, m);
    for (uint32_t j = 0; j < leaves.count; j++) s->seeds[j] = ad_at(leaves, j);
    if (leaves.tape == NULL || !ad_custom_record(t, i, s->seeds, s->products, function) ||
        ad_room_for_tangents(t, function) != AD_OK)
        return false;
    const uint32_t first = leaves.first + m;
    for (uint32_t j = 0; j < m; j++) t->tangent[leaves.first + j] = s->tangents[j];
    for (uint32_t k = first; k < t->count; k++) t->tangent[k] = 0;
    ad_tangent_nodes(t, first, t->count);
    return t->error == AD_OK;
}

static void add_tangents(ad_tape *t, uint32_t i, const ad_var *products, double *adjoint, double *dot)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    for (uint32_t k = 0; k < g.n; k++) {
        const uint32_t to = g.references[k];
        if (to & CONSTANT_BIT) continue;
        adjoint[to] += ad_value(products[k]);
        if (!is_const(products[k])) dot[to] += t->tangent[products[k].index];
    }
}

bool ad_custom_second(ad_tape *t, uint32_t last, double *adjoint, double *dot, const char *function)
{
    const ad_custom_group g = ad_custom_group_of(t, last);
    const bool is_linear = !has_tangent(t, &g); /* along this direction */
    if (!is_linear && g.custom->record_vjp == NULL) return no_rule(t, g.custom, function);
    const ad_mark mark = ad_tape_mark(t);
    ad_var *const memory = ad_undo_ready(t) ? ad_resize(t, NULL, 0, size_of(&g)) : NULL;
    if (memory == NULL) {
        ad_fail(t, AD_ERR_MEMORY, function, "no memory for %u operands and %u outputs", g.n, g.m);
        return false;
    }
    if (last + 1 < g.first + g.m) ad_custom_tangent(t, last + 1, g.first + g.m); /* maybe there are none of these yet */
    const second s = second_in(memory, &g, last, adjoint, dot);
    bool done;
    if (is_linear)
        done = add_products(t, &g, s.values, adjoint, function) && add_products(t, &g, s.tangents, dot, function);
    else if ((done = record_with_tangents(t, last, g.m, &s, function))) add_tangents(t, last, s.products, adjoint, dot);
    ad_resize(t, memory, size_of(&g), 0);
    ad_undo(t, mark);
    return done;
}
