/* SPDX-License-Identifier: MIT */
/* Tangents of n-ary nodes. Those of weighted sums are weighted sums too: w . dx + dw . x, taken as the recording took
 * the values, a layer and a batch at once. */
#include "kernels.h"
#include "nary.h"

#include <string.h>

/* Calls visit(user, operand, partial) for each operand that is a node. */
static inline void visit(const ad_tape *t, uint32_t i, void (*visitor)(void *, uint32_t, double), void *user)
{
    const nary node = nary_at(t, i);
    const shared with = ad_nary_shared(t, i, &node);
    for (uint32_t k = 0; k < node.n && node.x.kind != SPAN_CONSTANTS; k++) {
        const uint32_t x = reference_at(t, node.x, k);
        if (!(x & CONSTANT_BIT)) visitor(user, x, partial_x(node.code, with, t->value[x], element(t, node.y, k)));
    }
    for (uint32_t k = 0; k < node.n && node.y.kind != SPAN_CONSTANTS && node.y.kind != 0; k++) {
        const uint32_t y = reference_at(t, node.y, k);
        if (!(y & CONSTANT_BIT)) visitor(user, y, partial_y(node.code, with, element(t, node.x, k), t->value[y]));
    }
}

void ad_nary_visit(const ad_tape *t, uint32_t i, void (*visitor)(void *user, uint32_t operand, double partial),
                   void *user)
{
    visit(t, i, visitor, user);
}

typedef struct tangent_sum {
    const ad_tape *tape;
    double sum;
} tangent_sum;

static inline void add_term(void *user, uint32_t operand, double partial)
{
    tangent_sum *s = user;
    const double tangent = s->tape->tangent[operand];
    if (tangent != 0 || s->tape->propagate_zeros) s->sum += tangent * partial;
}

double ad_nary_tangent(const ad_tape *t, uint32_t i)
{
    tangent_sum s = {t, 0};
    visit(t, i, add_term, &s);
    return s.sum;
}

/* ------------------------------------------------------------------------------ weighted sums */

/* The weighted sums of `samples` samples by `rows` rows, nodes from `first` on: of the matrix w from its row on, and of
 * the elements x, the first sample's. */
typedef struct block {
    uint32_t first, rows, samples, n;
    sequence w, x;
} block;

/* Whether the weighted sums from node `i` on, below `end`, are one more sample of the block. */
static bool goes_on(const ad_tape *t, const block *b, uint32_t i, uint32_t end)
{
    const uint32_t header = t->a[b->first] + b->samples * HEADER_SIZE;
    if (b->rows > end - i || t->code[i] != CODE_WEIGHTED_SUM || t->code[i + b->rows - 1] != CODE_WEIGHTED_SUM)
        return false;
    if (t->a[i] != header || t->a[i + b->rows - 1] != header || t->b[i] != t->b[b->first]) return false;
    const uint32_t *h = t->operands + header, x = b->x.first + b->samples * b->n;
    return h[HEADER_N] == b->n && h[HEADER_X] == b->w.first && h[HEADER_Y] == x &&
           (b->x.kind == SPAN_CONSTANTS || x + b->n <= b->first);
}

/* The block that starts with node `first`. No node of it is an operand of another. */
static block block_after(const ad_tape *t, uint32_t first, uint32_t end)
{
    const nary node = nary_at(t, first);
    block b = {first, 1, 1, node.n, node.x, node.y};
    while (first + b.rows < end && t->code[first + b.rows] == CODE_WEIGHTED_SUM && t->a[first + b.rows] == t->a[first])
        b.rows++;
    if (SHAPE_ROW(t->b[first]) != 0 || node.y.kind == SPAN_LIST) return b;
    while (goes_on(t, &b, first + b.samples * b.rows, end)) b.samples++;
    return b;
}

/* Whether tangents from `first` on are all 0: those of weights mostly are or are not from the start. */
static bool are_zero(const ad_tape *t, const double *tangent, uint32_t n)
{
    enum { PART = 512 };
    if (tangent[0] != 0) return false;
    for (uint32_t k = 0; k < n; k += PART) {
        const uint32_t part = n - k < PART ? n - k : PART;
        if (t->kernels->count(tangent + k, 0, part) != part) return false;
    }
    return true;
}

/* Writes the tangents of leaves that wait in the direction. */
static void write_waiting(ad_tape *t, uint32_t first, uint32_t n)
{
    const ad_direction *d = &t->direction;
    for (uint32_t i = first; i < first + n && i < d->end; i++)
        t->tangent[i] = i - d->first < d->count ? d->tangent[i - d->first] : 0;
}

/* The tangents of a run of n, NULL where all are 0. */
static const double *tangents_of(ad_tape *t, sequence s, uint32_t n)
{
    const ad_direction *d = &t->direction;
    const double *tangent = t->tangent + s.first;
    if (s.kind != SPAN_RUN) return NULL;
    if (s.first < d->end) {
        const bool before = s.first + n <= d->first, behind = s.first >= d->first + d->count;
        if (s.first + n <= d->end && (before || behind)) return NULL;
        if (s.first + n <= d->end && s.first >= d->first && s.first + n <= d->first + d->count)
            tangent = d->tangent + (s.first - d->first);
        else write_waiting(t, s.first, n);
    }
    return !t->propagate_zeros && are_zero(t, tangent, n) ? NULL : tangent;
}

/* Adds sum_k w_{j,k} x_{i,k} to the tangent of each row j of each sample i. */
static void add_dots(ad_tape *t, const block *b, const double *w, const double *x)
{
    enum { MOST = 256 };
    double part[MOST], *to = t->tangent + b->first;
    const uint32_t rows = b->rows < MOST ? b->rows : MOST, samples = rows < b->rows ? 1 : MOST / rows;
    for (uint32_t i = 0; i < b->samples; i += samples)
        for (uint32_t j = 0; j < b->rows; j += rows) {
            const uint32_t is = b->samples - i < samples ? b->samples - i : samples;
            const uint32_t js = b->rows - j < rows ? b->rows - j : rows;
            t->kernels->dots(part, w + (size_t)j * b->n, x + (size_t)i * b->n, js, b->n, is);
            for (uint32_t k = 0; k < is * js; k++) to[i * b->rows + j + k] += part[k];
        }
}

/* Does anew what is not a number. */
static void leave_zeros_out(ad_tape *t, const block *b)
{
    const uint32_t after = b->first + b->rows * b->samples;
    bool waiting = true;
    for (uint32_t i = b->first; i < after; i++) {
        if (LIKELY(t->tangent[i] == t->tangent[i])) continue;
        if (waiting && b->w.kind == SPAN_RUN) write_waiting(t, b->w.first, b->rows * b->n);
        if (waiting && b->x.kind == SPAN_RUN) write_waiting(t, b->x.first, b->samples * b->n);
        waiting = false;
        t->tangent[i] = ad_nary_tangent(t, i);
    }
}

uint32_t ad_sums_tangent(ad_tape *t, uint32_t first, uint32_t end)
{
    const block b = block_after(t, first, end);
    const uint32_t after = first + b.rows * b.samples;
    const double *w = row(t, b.w), *x = row(t, b.x);
    double *const to = t->tangent + first;
    if (w == NULL || x == NULL) {
        for (uint32_t i = first; i < after; i++) t->tangent[i] = ad_nary_tangent(t, i);
        return after;
    }
    const double *dw = tangents_of(t, b.w, b.rows * b.n), *dx = tangents_of(t, b.x, b.samples * b.n);
    if (dw != NULL) t->kernels->dots(to, dw, x, b.rows, b.n, b.samples);
    else if (dx != NULL) t->kernels->dots(to, w, dx, b.rows, b.n, b.samples);
    else memset(to, 0, (after - first) * sizeof *to);
    if (dw != NULL && dx != NULL) add_dots(t, &b, w, dx);
    if (!t->propagate_zeros) leave_zeros_out(t, &b);
    return after;
}
