/* SPDX-License-Identifier: MIT */
/* Eight sweeps at once, backward or forward: each node has eight adjoints or tangents side by side, its *lanes*.
 *
 * A node's mark says whether it depends on the inputs, and whether it is *active*: its lanes hold something. Those of
 * other nodes hold anything, and count as 0. So nothing is zeroed before a sweep, and a sweep passes over what its
 * seeds do not reach. */
#include "kernels.h"
#include "nary.h"

#include <string.h>

ad_status ad_room_for_lanes(ad_tape *t, ad_span x, uint32_t end, const char *function)
{
    if (!ad_grow(t, &t->marks, &t->marks_capacity, end, sizeof *t->marks) || !ad_grow_lanes(t, end))
        return ad_fail(t, AD_ERR_MEMORY, function, "no memory for eight numbers beside each of %u nodes", end);
    if (end > 0) ad_mark_dependent(t, x, end, t->marks);
    return AD_OK;
}

double *ad_lanes_activate(ad_tape *t, uint32_t i)
{
    double *lanes = lanes_of(t, i);
    if (t->marks[i] != ACTIVE) memset(lanes, 0, ABREAST * sizeof *lanes);
    t->marks[i] = ACTIVE;
    return lanes;
}

void ad_lanes_activate_all(ad_tape *t, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        if (t->marks[i] != INDEPENDENT) ad_lanes_activate(t, i);
}

/* ------------------------------------------------------------------------------------ weighted sums */

/* Some of the places in a run. */
typedef struct places {
    uint32_t at[256], count;
} places;

/* Those among the next from place `from` on, of n, whose marks are at least this. Returns where to go on. */
static uint32_t find_places(places *p, const uint8_t *marks, uint32_t from, uint32_t n, uint8_t least)
{
    const uint32_t most = sizeof p->at / sizeof *p->at, end = n - from < most ? n : from + most;
    p->count = 0;
    for (uint32_t k = from; k < end; k++) {
        p->at[p->count] = k;
        p->count += marks[k] >= least;
    }
    return end;
}

static bool any_marked(const uint8_t *marks, uint32_t n)
{
    uint8_t any = 0;
    for (uint32_t k = 0; k < n; k++) any |= marks[k];
    return any != 0;
}

/* Adds w_{r,k} times the lanes at s_r to those of element k of a run, for each r. */
static void spread_to(ad_tape *t, uint32_t first, uint32_t n, const double *const *w, const double *const *s,
                      size_t rows)
{
    places p;
    for (uint32_t from = 0; from < n;) {
        from = find_places(&p, t->marks + first, from, n, DEPENDENT);
        for (uint32_t c = 0; c < p.count; c++) ad_lanes_activate(t, first + p.at[c]);
        const ad_lane_run run = {lanes_of(t, first), p.at, p.count, !t->propagate_zeros};
        if (p.count > 0) t->kernels->lanes_spread(&run, w, s, rows);
    }
}

/* Some rows of a layer, by where their weights and their lanes stand. */
typedef struct some_rows {
    const double *w[AD_LANE_ROWS], *s[AD_LANE_ROWS];
    size_t count;
} some_rows;

static void spread_rows(ad_tape *t, const nary *node, some_rows *rows)
{
    if (rows->count > 0 && node->y.kind == SPAN_RUN)
        spread_to(t, node->y.first, node->n, rows->w, rows->s, rows->count);
    rows->count = 0;
}

/* Sweeps the weighted sums of one sample up to node `last`. Returns the first of them. */
static uint32_t sums_back(ad_tape *t, uint32_t last)
{
    const nary node = nary_at(t, last);
    const uint32_t n = node.n, first = last - SHAPE_ROW(t->b[last]), w = node.x.first - (last - first) * n;
    const bool to_w = node.x.kind == SPAN_RUN && any_marked(t->marks + w, (last - first + 1) * n);
    const bool apart = !to_w || w >= node.y.first + n || node.x.first + n <= node.y.first;
    const double *const weights = row(t, (sequence){node.x.kind, w}), *const x = row(t, node.y);
    some_rows rows = {.count = 0};
    for (uint32_t i = last + 1; i-- > first;) {
        if (t->marks[i] != ACTIVE) continue;
        const double *s = rows.s[rows.count] = lanes_of(t, i);
        rows.w[rows.count++] = weights + (size_t)(i - first) * n;
        if (to_w) spread_to(t, w + (i - first) * n, n, &x, &s, 1);
        if (!apart || rows.count == AD_LANE_ROWS) spread_rows(t, &node, &rows);
        t->marks[i] = DEPENDENT;
    }
    spread_rows(t, &node, &rows);
    return first;
}

/* Adds the sums of w_{r,k} times the lanes of element k of a run to those of `rows` nodes from `to` on. False when no
 * element has anything to give. */
static bool gather_from(ad_tape *t, uint32_t first, uint32_t n, const double *w, uint32_t to, uint32_t rows)
{
    places p;
    bool any = false;
    for (uint32_t from = 0; from < n;) {
        from = find_places(&p, t->marks + first, from, n, ACTIVE);
        const ad_lane_run run = {lanes_of(t, first), p.at, p.count, !t->propagate_zeros};
        if (p.count > 0) t->kernels->lanes_gather(&run, w, n, lanes_of(t, to), rows);
        any = any || p.count > 0;
    }
    return any;
}

/* Sweeps the weighted sums of one sample from node `first` on, below `end`. Returns the node after them. */
static uint32_t sums_forward(ad_tape *t, uint32_t first, uint32_t end)
{
    const nary node = nary_at(t, first);
    const uint32_t n = node.n;
    uint32_t after = first + 1;
    while (after < end && t->code[after] == CODE_WEIGHTED_SUM && t->a[after] == t->a[first]) after++;
    const double *const weights = row(t, node.x), *const x = row(t, node.y);
    const bool from_w = node.x.kind == SPAN_RUN && memchr(t->marks + node.x.first, ACTIVE, (after - first) * n) != NULL;
    memset(lanes_of(t, first), 0, (size_t)(after - first) * ABREAST * sizeof *t->lanes);
    const bool from_x = node.y.kind == SPAN_RUN && gather_from(t, node.y.first, n, weights, first, after - first);
    for (uint32_t i = first; i < after; i++) {
        const bool active = from_w && gather_from(t, node.x.first + (i - first) * n, n, x, i, 1);
        if (t->marks[i] != INDEPENDENT) t->marks[i] = active || from_x ? ACTIVE : DEPENDENT;
    }
    return after;
}

/* ------------------------------------------------------------------------------- other n-ary nodes */

typedef struct visit {
    ad_tape *tape;
    uint32_t node;
    bool active;
} visit;

static void give(void *user, uint32_t operand, double partial)
{
    const visit *v = user;
    if (v->tape->marks[operand] == INDEPENDENT) return;
    double *to = ad_lanes_activate(v->tape, operand);
    v->tape->kernels->lanes_add(to, partial, lanes_of(v->tape, v->node), !v->tape->propagate_zeros);
}

static void take(void *user, uint32_t operand, double partial)
{
    visit *v = user;
    ad_tape *t = v->tape;
    if (t->marks[operand] != ACTIVE) return;
    t->kernels->lanes_add(lanes_of(t, v->node), partial, lanes_of(t, operand), !t->propagate_zeros);
    v->active = true;
}

static bool is_sum_of_rows(const ad_tape *t, uint32_t i)
{
    return t->code[i] == CODE_WEIGHTED_SUM && SHAPE_X(t->b[i]) != SPAN_LIST && SHAPE_Y(t->b[i]) != SPAN_LIST;
}

static uint32_t nary_back(ad_tape *t, uint32_t i)
{
    if (is_sum_of_rows(t, i)) return sums_back(t, i);
    if (t->code[i] == CODE_CUSTOM) return ad_custom_lanes_back(t, i);
    visit v = {t, i, true};
    ad_nary_visit(t, i, give, &v);
    t->marks[i] = DEPENDENT;
    return i;
}

static uint32_t nary_forward(ad_tape *t, uint32_t i, uint32_t end)
{
    if (is_sum_of_rows(t, i)) return sums_forward(t, i, end);
    if (t->code[i] == CODE_CUSTOM) return ad_custom_lanes_forward(t, i, end);
    visit v = {t, i, false};
    memset(lanes_of(t, i), 0, ABREAST * sizeof *t->lanes);
    ad_nary_visit(t, i, take, &v);
    t->marks[i] = v.active ? ACTIVE : DEPENDENT;
    return i + 1;
}

/* ------------------------------------------------------------------------------------------ sweeps */

void ad_lanes_back(ad_tape *t, uint32_t end, uint32_t begin)
{
    while ((end = t->kernels->lanes_back(t, end, begin)) > begin) end = nary_back(t, end - 1);
}

void ad_lanes_forward(ad_tape *t, uint32_t begin, uint32_t end)
{
    while ((begin = t->kernels->lanes_forward(t, begin, end)) < end) begin = nary_forward(t, begin, end);
}
