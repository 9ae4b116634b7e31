/* SPDX-License-Identifier: MIT */
/* The rules of operations of the program's own: running their callbacks, and what a sweep, a re-evaluation and an
 * inspection make of them. */
#include "internal.h"
#include "kernels.h"

#include <math.h>
#include <string.h>

ad_custom_group ad_custom_group_of(const ad_tape *t, uint32_t i)
{
    const uint32_t *header = t->operands + t->a[i];
    return (ad_custom_group){t->customs[header[HEADER_CUSTOM]], header[HEADER_FIRST], header[HEADER_N],
                             header[HEADER_OUTPUTS], t->operands + header[HEADER_X]};
}

ad_status ad_room_for_call(ad_tape *t, size_t n, size_t m, const char *function)
{
    if (ad_grow(t, &t->numbers, &t->numbers_capacity, 2 * n + m, sizeof *t->numbers)) return AD_OK;
    return ad_fail(t, AD_ERR_MEMORY, function, "no memory for %u operands and %u outputs", (unsigned)n, (unsigned)m);
}

/* ----------------------------------------------------------------------------- running callbacks */

/* What stands while a callback runs, in which nothing may be recorded: as inside a watcher. */
typedef struct callback {
    uint32_t capacity;
    const ad_custom *calling;
    uint8_t watching;
    ad_status error;
} callback;

/* Whether the scratch is in use: by a callback, but not by a second rule, which may well call other operations. */
static bool is_inside_callback(const ad_tape *t) { return t->calling != NULL && t->watching == WATCHING; }

static bool enter(ad_tape *t, const ad_custom_group *g, callback *kept, const char *function)
{
    if (is_inside_callback(t)) {
        ad_not_watching(t, function);
        return false;
    }
    *kept = (callback){t->capacity, t->calling, t->watching, t->error};
    t->calling = g->custom;
    t->watching = WATCHING;
    t->capacity = t->count; /* so that constructors take their slow way, which refuses */
    for (uint32_t k = 0; k < g->n; k++) t->numbers[k] = value_at(t, g->references[k]);
    return true;
}

/* A callback that did what it must not has put the tape in error, and has failed too. */
static bool leave(ad_tape *t, const ad_custom_group *g, const callback *kept, bool done, const char *function,
                  const char *what)
{
    char quoted[AD_QUOTE_SIZE];
    t->calling = kept->calling;
    t->watching = kept->watching;
    t->capacity = kept->capacity;
    if (t->error != kept->error) return false;
    if (done) return true;
    ad_quote(quoted, g->custom->name, strlen(g->custom->name));
    if (g->first < t->count)
        ad_fail(t, AD_ERR_CUSTOM, function, "the %s of '%s', node %u, failed", what, quoted, g->first);
    else ad_fail(t, AD_ERR_CUSTOM, function, "the %s of '%s' failed", what, quoted);
    return false;
}

/* What a callback forgets to store shall not look like a number. */
static void forget(double *x, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) x[k] = (double)NAN;
}

bool ad_custom_value(ad_tape *t, const ad_custom_group *g, double *y, const char *function)
{
    const ad_custom *custom = g->custom;
    callback kept;
    if (!enter(t, g, &kept, function)) return false;
    forget(y, g->m);
    const bool done = custom->value(custom->state, t->numbers, g->n, y, g->m);
    if (leave(t, g, &kept, done, function, "value")) return true;
    forget(y, g->m);
    return false;
}

const double *ad_custom_vjp(ad_tape *t, const ad_custom_group *g, const double *seeds, const char *function)
{
    const ad_custom *custom = g->custom;
    double *const products = t->numbers + g->n + g->m;
    callback kept;
    if (!enter(t, g, &kept, function)) return NULL;
    forget(products, g->n);
    const bool done = custom->vjp(custom->state, t->numbers, g->n, t->value + g->first, g->m, seeds, products);
    return leave(t, g, &kept, done, function, "derivative (vjp)") ? products : NULL;
}

const double *ad_custom_partials(ad_tape *t, const ad_custom_group *g, uint32_t j, const char *function)
{
    double *const seeds = ad_custom_seeds(t, g);
    if (!is_inside_callback(t))
        for (uint32_t k = 0; k < g->m; k++) seeds[k] = k == j;
    return ad_custom_vjp(t, g, seeds, function);
}

/* --------------------------------------------------------------------- sweep, values, inspection */

uint32_t ad_custom_sweep(ad_tape *t, uint32_t last, double skip, size_t *skipped)
{
    if (t->custom_failed) return 0;
    const ad_custom_group g = ad_custom_group_of(t, last);
    const uint32_t outputs = last - g.first + 1; /* those after `last` have been skipped or are not in the sweep */
    const size_t zeros = t->kernels->count(t->adjoint + g.first, skip, outputs);
    *skipped += zeros;
    if (zeros == outputs) return g.first;
    const double *products = ad_custom_vjp(t, &g, t->adjoint + g.first, "ad_backward");
    t->custom_failed = products == NULL;
    for (uint32_t k = 0; k < g.n && products != NULL; k++)
        if (!(g.references[k] & CONSTANT_BIT)) t->adjoint[g.references[k]] += products[k];
    return g.first;
}

void ad_custom_reevaluate(ad_tape *t, uint32_t i)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    if (i != g.first || t->custom_failed || ad_custom_value(t, &g, t->value + i, "ad_reevaluate")) return;
    t->custom_failed = true;
    if (!t->values_stale) t->stale_from = i;
    t->values_stale = true;
}

/* Whether the tangent of an operand counts. */
static bool counts(const ad_tape *t, uint32_t reference)
{
    return !(reference & CONSTANT_BIT) && (t->tangent[reference] != 0 || t->propagate_zeros);
}

static double tangent_of_output(ad_tape *t, const ad_custom_group *g, uint32_t j)
{
    const double *partials = t->error == AD_OK ? ad_custom_partials(t, g, j, "ad_jvp") : NULL;
    double sum = partials == NULL ? (double)NAN : 0;
    for (uint32_t k = 0; k < g->n && partials != NULL; k++)
        if (counts(t, g->references[k])) sum += partials[k] * t->tangent[g->references[k]];
    return sum;
}

uint32_t ad_custom_tangent(ad_tape *t, uint32_t i, uint32_t end)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    if (end > g.first + g.m) end = g.first + g.m;
    bool varies = false;
    for (uint32_t k = 0; k < g.n && !varies; k++) varies = counts(t, g.references[k]);
    for (; i < end; i++) t->tangent[i] = varies ? tangent_of_output(t, &g, i - g.first) : 0;
    return end;
}

size_t ad_custom_edges(ad_tape *t, uint32_t i, ad_edge *edges, size_t room)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    const double *partials = room == 0 ? NULL : ad_custom_partials(t, &g, i - g.first, "ad_edges");
    for (uint32_t k = 0; k < g.n && k < room; k++)
        edges[k] = (ad_edge){ad_handle(t, g.references[k]), value_at(t, g.references[k]),
                             partials == NULL ? (double)NAN : partials[k], 0, 0};
    return g.n;
}
