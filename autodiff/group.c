/* SPDX-License-Identifier: MIT */
/* Groups: runs of nodes that one call of ad_each or ad_each2 recorded. A sweep takes them by plain loops over memory,
 * which is several times faster than node by node and adds the same numbers in the same order: within a group no node
 * is an operand of another, and an element of x serves once. */
#include "internal.h"
#include "kernels.h"

enum { SHORTEST = 4 };

ad_status ad_room_for_groups(ad_tape *t, size_t more, const char *function)
{
    if (ad_grow(t, &t->groups, &t->groups_capacity, t->groups_count + more, sizeof *t->groups)) return AD_OK;
    return ad_fail(t, AD_ERR_MEMORY, function, "no memory for one more group of nodes");
}

void ad_group_add(ad_tape *t, uint32_t first, uint32_t count, uint32_t repeat)
{
    if (count < SHORTEST) return;
    const uint32_t x = t->a[first], y = t->b[first];
    if (repeat > 0 && x < y + repeat && y < x + count)
        return; /* an element of both would be added to in another order */
    t->groups[t->groups_count++] = (ad_group){first, count, repeat};
}

void ad_groups_rewind(ad_tape *t, uint32_t nodes)
{
    while (t->groups_count > 0) {
        const ad_group *last = &t->groups[t->groups_count - 1];
        if (last->first + last->count <= nodes) return;
        t->groups_count--;
    }
}

void ad_group_sweep(ad_tape *t, const ad_group *group, double skip)
{
    const uint32_t first = group->first, x = t->a[first], y = t->b[first];
    const unsigned code = t->code[first];
    const double *const value = t->value;
    double *const adjoint = t->adjoint;
    const uint32_t repeat = group->repeat > 0 ? group->repeat : group->count;
    const size_t skipped = t->kernels->count(adjoint + first, skip, group->count);
    t->skipped += skipped;
    t->steps += group->count - skipped;
    if (skipped == group->count) return;
    for (uint32_t k = group->count; k > 0;) {
        k -= repeat;
        const ad_lanes lanes = {value + x + k,       value + y,       value + first + k,
                                adjoint + first + k, adjoint + x + k, adjoint + y};
        t->kinks += t->kernels->each_back(code, &lanes, repeat, skip);
    }
}
