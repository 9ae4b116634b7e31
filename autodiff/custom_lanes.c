/* SPDX-License-Identifier: MIT */
/* Operations of the program's own in eight sweeps at once: see lanes.c. */
#include "internal.h"
#include "kernels.h"

#include <string.h>

static bool is_active(const ad_tape *t, uint32_t reference)
{
    return !(reference & CONSTANT_BIT) && t->marks[reference] == ACTIVE;
}

static bool is_wanted(const ad_tape *t, uint32_t reference)
{
    return !(reference & CONSTANT_BIT) && t->marks[reference] != INDEPENDENT;
}

/* What one output gives to the operands in all eight, by its partials. */
static bool give_by_output(ad_tape *t, const ad_custom_group *g, uint32_t output)
{
    const double *partials = ad_custom_partials(t, g, output - g->first, "ad_vjp");
    for (uint32_t k = 0; k < g->n && partials != NULL; k++)
        if (is_wanted(t, g->references[k]))
            t->kernels->lanes_add(ad_lanes_activate(t, g->references[k]), partials[k], lanes_of(t, output),
                                  !t->propagate_zeros);
    return partials != NULL;
}

/* What all outputs give to the operands in one of the eight. */
static bool give_by_lane(ad_tape *t, const ad_custom_group *g, uint32_t last, size_t lane)
{
    double *const seeds = ad_custom_seeds(t, g);
    bool any = t->propagate_zeros;
    for (uint32_t j = 0; j < g->m; j++) {
        const uint32_t output = g->first + j;
        seeds[j] = output <= last && t->marks[output] == ACTIVE ? lanes_of(t, output)[lane] : 0;
        any = any || seeds[j] != 0;
    }
    const double *products = any ? ad_custom_vjp(t, g, seeds, "ad_vjp") : NULL;
    for (uint32_t k = 0; k < g->n && products != NULL; k++)
        if (is_wanted(t, g->references[k])) ad_lanes_activate(t, g->references[k])[lane] += products[k];
    return !any || products != NULL;
}

uint32_t ad_custom_lanes_back(ad_tape *t, uint32_t last)
{
    const ad_custom_group g = ad_custom_group_of(t, last);
    uint32_t active = 0;
    bool done = t->error == AD_OK;
    for (uint32_t i = g.first; i <= last; i++) active += t->marks[i] == ACTIVE;
    for (size_t lane = 0; lane < ABREAST && active > ABREAST && done; lane++) done = give_by_lane(t, &g, last, lane);
    for (uint32_t i = last + 1; i-- > g.first;) {
        if (t->marks[i] != ACTIVE) continue;
        if (active <= ABREAST && done) done = give_by_output(t, &g, i);
        t->marks[i] = DEPENDENT;
    }
    return g.first;
}

static void take(ad_tape *t, const ad_custom_group *g, uint32_t output)
{
    const double *partials = ad_custom_partials(t, g, output - g->first, "ad_jvp");
    for (uint32_t k = 0; k < g->n && partials != NULL; k++)
        if (is_active(t, g->references[k]))
            t->kernels->lanes_add(lanes_of(t, output), partials[k], lanes_of(t, g->references[k]), !t->propagate_zeros);
}

uint32_t ad_custom_lanes_forward(ad_tape *t, uint32_t i, uint32_t end)
{
    const ad_custom_group g = ad_custom_group_of(t, i);
    bool active = false;
    for (uint32_t k = 0; k < g.n && !active; k++) active = is_active(t, g.references[k]);
    if (end > g.first + g.m) end = g.first + g.m;
    for (; i < end; i++) {
        if (t->marks[i] == INDEPENDENT) continue;
        memset(lanes_of(t, i), 0, ABREAST * sizeof *t->lanes);
        if (active && t->error == AD_OK) take(t, &g, i);
        t->marks[i] = active ? ACTIVE : DEPENDENT;
    }
    return end;
}
