/* SPDX-License-Identifier: MIT */
/* Zeroing adjoints, and adding to runs of them.
 *
 * The weights of a network are leaves that nothing but weighted sums over runs makes use of. Zeroing all their adjoints
 * before a sweep and then adding to each once would take memory two passes where one is enough. So the adjoints of the
 * first leaves, as far as nothing else uses them, stay as they are until a run is first added to, and then what would
 * be added to zero is stored. A sweep meets the runs of a network from the last to the first: everything from `zeroed`
 * on is zeroed or stored to, nothing below it is. */
#include "internal.h"
#include "kernels.h"

#include <string.h>

static void zero(ad_tape *t, uint32_t from, uint32_t end)
{
    if (from < end) memset(t->adjoint + from, 0, (end - from) * sizeof *t->adjoint);
}

void ad_adjoints_clear(ad_tape *t, uint32_t later)
{
    const bool adds = t->accumulate_count > 0 && !t->accumulate_anew;
    t->accumulate_anew = false;
    if (!adds) {
        t->zeroed = later;
        zero(t, later, t->count);
    } else {
        t->zeroed = 0;
        zero(t, 0, t->accumulate_first);
        zero(t, t->accumulate_first + t->accumulate_count, t->count);
    }
}

void ad_adjoints_add_run(ad_tape *t, uint32_t first, uint32_t n, double s, const double *x)
{
    const uint32_t end = first + n;
    if (first < t->zeroed) {
        zero(t, end, t->zeroed);
        const uint32_t stop = end < t->zeroed ? end : t->zeroed;
        t->kernels->scale(t->adjoint + first, s, x, stop - first);
        t->zeroed = first;
        x += stop - first;
        first = stop;
    }
    if (first < end) t->kernels->axpy(t->adjoint + first, s, x, end - first);
}

void ad_adjoints_zero_from(ad_tape *t, uint32_t first)
{
    if (first >= t->zeroed) return;
    zero(t, first, t->zeroed);
    t->zeroed = first;
}

bool ad_adjoints_take_run(ad_tape *t, uint32_t first, uint32_t n)
{
    if (first >= t->zeroed) return false;
    const bool whole = first + n <= t->zeroed;
    zero(t, whole ? first + n : first, t->zeroed);
    t->zeroed = first;
    return whole;
}

void ad_adjoints_finish(ad_tape *t) { ad_adjoints_zero_from(t, 0); }

ad_adjoints ad_adjoints_lend(ad_tape *t, double *instead, uint32_t bulk)
{
    const ad_adjoints kept = {t->adjoint, t->accumulate_count, t->accumulate_anew};
    const uint32_t most = t->bulk_end < t->leaf_prefix ? t->bulk_end : t->leaf_prefix;
    t->adjoint = instead;
    t->accumulate_count = 0;
    ad_adjoints_clear(t, bulk < most ? bulk : most);
    return kept;
}

void ad_adjoints_give_back(ad_tape *t, const ad_adjoints *kept)
{
    ad_adjoints_finish(t);
    t->adjoint = kept->adjoint;
    t->accumulate_count = kept->accumulate_count;
    t->accumulate_anew = kept->accumulate_anew;
}
