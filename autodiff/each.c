/* SPDX-License-Identifier: MIT */
/* Elementwise operations. The nodes that one call records over consecutive nodes or constants are a *group*, which a
 * sweep takes by plain loops over memory: several times faster than node by node, the same numbers added in the same
 * order. Within a group no node is an operand of another, and an element of x serves once. */
#include "internal.h"
#include "kernels.h"

#include <string.h>

/* ----------------------------------------------------------------------------------- recording */

/* The code of an elementary operation on nodes, and how many operands it has; 0 for another operation. */
typedef struct ad_elementary {
    uint8_t code, arity;
} ad_elementary;

static ad_elementary elementary(ad_op op)
{
    static const ad_elementary operations[AD_OP_COUNT] = {
#define AD_UNARY(ID, ...) [AD_OP_##ID] = {CODE_##ID, 1},
#define AD_BINARY(ID, ...) [AD_OP_##ID] = {CODE_##ID, 2},
#include <autodiff/ops.def>
    };
    return (unsigned)op < AD_OP_COUNT ? operations[op] : operations[AD_OP_LEAF];
}

/* Where not both are nodes there may be new constants; where both are constants there is nothing to record. */
static ad_status check_constants(ad_tape *t, const ad_span *x, const ad_span *y, const char *function)
{
    const ad_status status = ad_room_for_constants(t, x->count, function);
    if (status != AD_OK || x->kind == SPAN_RUN || y->kind == SPAN_RUN) return status;
    for (uint32_t k = 0; k < x->count; k++)
        if (element_reference(t, x->kind, x->first, k) & element_reference(t, y->kind, y->first, k % y->count) &
            CONSTANT_BIT)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "element %u is constant", k);
    return AD_OK;
}

/* The elements of both spans side by side, those of y again and again, and room for the result. (Of a unary operation
 * both are the same.) */
static ad_status check_elements(ad_op op, unsigned arity, const ad_span *x, const ad_span *y, const char *function)
{
    ad_tape *t = x->tape != NULL ? x->tape : y->tape;
    ad_status status = ad_check_span(t, *x, function, 1);
    if (status == AD_OK && y != x) status = ad_check_span(t, *y, function, 2);
    if (status != AD_OK) return status;
    if (x->count != y->count && (y->count == 0 || x->count % y->count != 0))
        return ad_fail(t, AD_ERR_ARGUMENT, function, "spans of %u and %u elements", x->count, y->count);
    if (elementary(op).arity != arity)
        return ad_fail(t, AD_ERR_ARGUMENT, function, "not a %s operation", arity == 1 ? "unary" : "binary");
    status = room_for_nodes(t, x->count, function);
    if (status == AD_OK && t->groups_count == t->groups_capacity &&
        !ad_grow(t, &t->groups, &t->groups_capacity, (size_t)t->groups_count + 1, sizeof *t->groups))
        status = ad_fail(t, AD_ERR_MEMORY, function, "no memory for one more group of nodes");
    if (status != AD_OK || (x->kind == SPAN_RUN && y->kind == SPAN_RUN)) return status;
    return check_constants(t, x, y, function);
}

/* The handle of element k; there is room for whatever is recorded with it. */
static ad_var element(const ad_span *s, uint32_t k)
{
    return ad_handle(s->tape, element_reference(s->tape, s->kind, s->first, k));
}

static const double *values_of(const ad_tape *t, const ad_span *s)
{
    return s->kind == SPAN_RUN ? t->value + s->first : t->constants + s->first;
}

/* The references to a span's elements, as often as it takes to make n. */
static void refer_to(ad_tape *t, uint32_t *references, const ad_span *s, uint32_t n)
{
    const uint32_t first = s->kind == SPAN_RUN ? s->first : s->first | CONSTANT_BIT, count = s->count;
    use_alone(t, first);
    for (uint32_t k = 0; k < count; k++) references[k] = first + k;
    for (uint32_t done = count; done < n; done += count)
        memcpy(references + done, references, count * sizeof *references);
}

/* Where y repeats often it is spread over a chunk of elements, so that loops are long enough. */
enum { CHUNK = 64, SHORT = 16 };

static bool is_spread(const ad_group *g) { return g->arity == 2 && g->repeat < SHORT; }
static uint32_t chunk_of(const ad_group *g)
{
    if (!is_spread(g)) return g->repeat;
    return g->count <= CHUNK ? g->count : CHUNK / g->repeat * g->repeat;
}

static void spread(double *to, const double *from, uint32_t repeat, uint32_t n)
{
    for (uint32_t k = 0; k < repeat; k++) to[k] = from[k];
    for (uint32_t k = repeat; k < n; k++) to[k] = to[k - repeat];
}

static void record_values(ad_tape *t, const ad_group *g, const double *x, const double *y)
{
    double spread_y[CHUNK];
    const uint32_t chunk = chunk_of(g);
    if (is_spread(g)) spread(spread_y, y, g->repeat, chunk);
    for (uint32_t k = 0; k < g->count; k += chunk) {
        const uint32_t n = g->count - k < chunk ? g->count - k : chunk;
        const ad_lanes lanes = {.a = x + k, .b = is_spread(g) ? spread_y : y};
        t->kernels->each_value(g->code, &lanes, t->value + g->first + k, n);
    }
}

/* A sweep takes as a group what is long enough, unless an element of y is one of x: it would be added to in another
 * order. */
enum { SHORTEST = 20 };

static void add_group(ad_tape *t, const ad_group *g, const ad_span *x, const ad_span *y)
{
    if (g->count < SHORTEST) return;
    const bool apart = x->kind != y->kind || x->first + x->count <= y->first || y->first + y->count <= x->first;
    if (g->arity == 1 || apart) t->groups[t->groups_count++] = *g;
}

static void record_group(ad_tape *t, ad_elementary op, const ad_span *x, const ad_span *y)
{
    const ad_group g = {t->count, x->count, y->count, op.code, op.arity};
    const unsigned form = y == x ? 0 : y->kind == SPAN_CONSTANTS ? FORM_VC : x->kind == SPAN_CONSTANTS ? FORM_CV : 0;
    record_values(t, &g, values_of(t, x), values_of(t, y));
    memset(t->code + t->count, (int)(g.code + form), x->count);
    refer_to(t, t->a + t->count, x, x->count);
    if (op.arity == 2) refer_to(t, t->b + t->count, y, x->count);
    add_group(t, &g, x, y);
    t->count += x->count;
}

static ad_span each(ad_op op, unsigned arity, const ad_span *x, const ad_span *y, const char *function)
{
    if (check_elements(op, arity, x, y, function) != AD_OK) return INVALID_SPAN;
    ad_tape *t = x->tape;
    const ad_span result = {t, t->count, x->count, t->generation, SPAN_RUN};
    if (x->count == 0) return result;
    if (x->kind != SPAN_LIST && y->kind != SPAN_LIST) record_group(t, elementary(op), x, y);
    else
        for (uint32_t k = 0; k < x->count; k++)
            ad_apply(op, (ad_var[]){element(x, k), element(y, k % y->count)}, arity);
    return result;
}

ad_span ad_each(ad_op op, ad_span x) { return each(op, 1, &x, &x, "ad_each"); }

ad_span ad_each2(ad_op op, ad_span x, ad_span y) { return each(op, 2, &x, &y, "ad_each2"); }

/* ---------------------------------------------------------------------------------- the sweep */

void ad_groups_rewind(ad_tape *t, uint32_t nodes)
{
    while (t->groups_count > 0) {
        const ad_group *last = &t->groups[t->groups_count - 1];
        if (last->first + last->count <= nodes) return;
        t->groups_count--;
    }
}

static double *adjoint_at(ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? NULL : t->adjoint + reference;
}

static const double *value_from(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? t->constants + (reference & ~CONSTANT_BIT) : t->value + reference;
}

/* Elements from .. from + n - 1, those of y spread: what they contribute to y is added to it from the last to the
 * first. */
static size_t sweep_spread(ad_tape *t, const ad_group *g, ad_lanes lanes, const double *y, uint32_t n, double skip)
{
    double to_spread[CHUNK];
    memset(to_spread, 0, n * sizeof *to_spread);
    double *const to_y = lanes.to_b;
    lanes.b = y;
    if (to_y != NULL) lanes.to_b = to_spread;
    const size_t kinks = t->kernels->each_back(g->code, &lanes, n, skip);
    if (to_y == NULL) return kinks;
    for (uint32_t done = n; done > 0; done -= g->repeat)
        for (uint32_t k = 0; k < g->repeat; k++) to_y[k] += to_spread[done - g->repeat + k];
    return kinks;
}

void ad_group_sweep(ad_tape *t, const ad_group *g, double skip)
{
    const uint32_t first = g->first, chunk = chunk_of(g), x = t->a[first], y = g->arity == 1 ? x : t->b[first];
    const size_t skipped = t->kernels->count(t->adjoint + first, skip, g->count);
    t->skipped += skipped;
    t->steps += g->count - skipped;
    if (skipped == g->count) return;
    double spread_y[CHUNK];
    if (is_spread(g)) spread(spread_y, value_from(t, y), g->repeat, chunk);
    for (uint32_t k = g->count, n; k > 0; k -= n) {
        n = k < chunk ? k : chunk;
        const uint32_t from = k - n;
        const ad_lanes lanes = {.a = value_from(t, x) + from,
                                .b = value_from(t, y),
                                .v = t->value + first + from,
                                .s = t->adjoint + first + from,
                                .to_a = x & CONSTANT_BIT ? NULL : adjoint_at(t, x) + from,
                                .to_b = adjoint_at(t, y)};
        if (is_spread(g)) t->kinks += sweep_spread(t, g, lanes, spread_y, n, skip);
        else t->kinks += t->kernels->each_back(g->code, &lanes, n, skip);
    }
}

/* ----------------------------------------------------------------------------------- tangents */

uint32_t ad_first_group(const ad_tape *t, uint32_t from)
{
    uint32_t low = 0, high = t->groups_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (t->groups[middle].first < from) low = middle + 1;
        else high = middle;
    }
    return low;
}

static const double *tangent_from(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? NULL : t->tangent + reference;
}

static const double *from_element(const double *first, uint32_t k) { return first == NULL ? NULL : first + k; }

void ad_group_tangent(ad_tape *t, const ad_group *g)
{
    const uint32_t first = g->first, chunk = chunk_of(g), x = t->a[first], y = g->arity == 1 ? x : t->b[first];
    double spread_y[CHUNK], spread_tangent[CHUNK];
    ad_tangents l = {.b = value_from(t, y), .tangent_b = tangent_from(t, y)};
    if (is_spread(g)) {
        spread(spread_y, l.b, g->repeat, chunk);
        l.b = spread_y;
        if (l.tangent_b != NULL) spread(spread_tangent, l.tangent_b, g->repeat, chunk);
        if (l.tangent_b != NULL) l.tangent_b = spread_tangent;
    }
    for (uint32_t k = 0, n; k < g->count; k += n) {
        n = g->count - k < chunk ? g->count - k : chunk;
        l.a = value_from(t, x) + k;
        l.v = t->value + first + k;
        l.tangent_a = from_element(tangent_from(t, x), k);
        if (t->kernels->each_tangent(g->code, &l, t->tangent + first + k, n) == 0 || t->propagate_zeros) continue;
        for (uint32_t i = first + k; i < first + k + n; i++)
            if (t->tangent[i] != t->tangent[i]) t->tangent[i] = ad_tangent_without_zeros(t, i);
    }
}
