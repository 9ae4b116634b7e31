/* SPDX-License-Identifier: MIT */
/* Leaves and constants: where numbers come in, are read and are set. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* Nodes from `first` on were recorded as leaves. */
static void count_leaves(ad_tape *tape, uint32_t first)
{
    if (tape->leaf_prefix == first) tape->leaf_prefix = tape->count;
    tape->leaves += tape->count - first;
}

ad_var ad_leaf(ad_tape *tape, double value)
{
    if (tape == NULL) return INVALID;
    if (UNLIKELY(tape->count == tape->capacity) && ad_room_for_nodes(tape, 1, "ad_leaf") != AD_OK) return INVALID;
    const ad_var leaf = push(tape, CODE_LEAF, 0, 0, value);
    count_leaves(tape, leaf.index);
    return leaf;
}

/* Copies n values, or zeros where `from` is NULL. */
static void copy(double *to, const double *from, size_t n)
{
    if (from != NULL) memcpy(to, from, n * sizeof *to);
    else memset(to, 0, n * sizeof *to);
}

ad_span ad_leaves(ad_tape *tape, const double *values, size_t n)
{
    if (tape == NULL || ad_room_for_nodes(tape, n, "ad_leaves") != AD_OK) return INVALID_SPAN;
    const uint32_t first = tape->count;
    if (n > 0) {
        memset(tape->code + first, CODE_LEAF, n);
        copy(tape->value + first, values, n);
    }
    tape->count += (uint32_t)n;
    count_leaves(tape, first);
    return (ad_span){tape, first, (uint32_t)n, tape->generation, SPAN_RUN};
}

ad_var ad_const(double value)
{
    union {
        double whole;
        uint64_t bits;
    } u = {value};
    return (ad_var){(ad_tape *)&ad_constant_tape, (uint32_t)u.bits, (uint32_t)(u.bits >> 32)};
}

/* Long spans start on a cache line, as the streams do: their elements are read many times. */
enum { LINE = 64 / sizeof(double) };

static ad_span new_constants(ad_tape *tape, size_t n, const char *function)
{
    if (tape == NULL) return INVALID_SPAN;
    const uint32_t skipped = n < LINE ? 0 : (LINE - tape->constants_count % LINE) % LINE;
    const size_t more = n > MAX_NODES ? n : skipped + n; /* too many are too many, and must not wrap */
    if (ad_room_for_constants(tape, more, function) != AD_OK) return INVALID_SPAN;
    const uint32_t first = tape->constants_count + skipped;
    for (uint32_t k = tape->constants_count; k < first; k++) tape->constants[k] = 0;
    tape->constants_count = first + (uint32_t)n;
    return (ad_span){tape, first, (uint32_t)n, tape->generation, SPAN_CONSTANTS};
}

ad_span ad_constants(ad_tape *tape, const double *values, size_t n)
{
    const ad_span span = new_constants(tape, n, "ad_constants");
    if (span.count > 0) copy(tape->constants + span.first, values, n);
    return span;
}

ad_span ad_constants_in_place(ad_tape *tape, size_t n, double **values)
{
    const ad_span span = new_constants(tape, n, "ad_constants_in_place");
    *values = span.tape == NULL ? NULL : tape->constants + span.first;
    return span;
}

ad_status ad_constant_reference(ad_tape *tape, double value, const char *function, uint32_t *reference)
{
    const ad_status status = ad_room_for_constants(tape, 1, function);
    if (status == AD_OK) *reference = constant_reference(tape, value);
    return status;
}

double ad_value(ad_var a)
{
    if (is_const(a)) return const_value(a);
    if (ad_check_node(NULL, a, "ad_value", 0) != AD_OK) return (double)NAN;
    return a.tape->value[a.index];
}

const double *ad_values(ad_span span)
{
    if (ad_check_span(NULL, span, "ad_values", 0) != AD_OK) return NULL;
    if (span.kind == SPAN_RUN) return span.tape->value + span.first;
    if (span.kind == SPAN_CONSTANTS) return span.tape->constants + span.first;
    ad_fail(span.tape, AD_ERR_ARGUMENT, "ad_values", "the elements of a gathered span do not stand in a row");
    return NULL;
}

/* Before the first set after a recording: keeps the values as recorded, for ad_reevaluate's verdict. A tape of
 * leaves alone has nothing to re-evaluate. */
static ad_status keep_recorded(ad_tape *tape, const char *function)
{
    if (tape->count == tape->leaves) tape->recorded_count = 0;
    else if (tape->recorded_count != tape->count) {
        if (!ad_grow(tape, &tape->recorded, &tape->recorded_capacity, tape->count, sizeof *tape->recorded))
            return ad_fail(tape, AD_ERR_MEMORY, function, "no memory to keep the values as recorded");
        memcpy(tape->recorded, tape->value, tape->count * sizeof *tape->value);
        tape->recorded_count = tape->count;
    }
    return AD_OK;
}

/* The first node from `from` on, and before `end`, that is not a leaf; `end` when there is none. */
static uint32_t first_operation_in(const ad_tape *tape, uint32_t from, uint32_t end)
{
    if (from < tape->leaf_prefix) from = tape->leaf_prefix < end ? tape->leaf_prefix : end;
    while (from < end && tape->code[from] == CODE_LEAF) from++;
    return from;
}

uint32_t ad_first_operation(const ad_tape *tape, uint32_t from) { return first_operation_in(tape, from, tape->count); }

ad_status ad_check_leaves(ad_span leaves, const char *function)
{
    ad_tape *tape = leaves.tape;
    const ad_status status = ad_check_span(tape, leaves, function, 0);
    if (status != AD_OK) return status;
    if (leaves.kind != SPAN_RUN)
        return ad_fail(tape, AD_ERR_ARGUMENT, function, "the elements are not consecutive leaves");
    const uint32_t operation = first_operation_in(tape, leaves.first, leaves.first + leaves.count);
    if (operation == leaves.first + leaves.count) return AD_OK;
    return ad_fail(tape, AD_ERR_ARGUMENT, function, "node %u is not a leaf", operation);
}

/* Makes ready for these leaves to be set. */
static ad_status begin_set(ad_span leaves, const char *function)
{
    ad_tape *tape = leaves.tape;
    ad_status status = ad_check_leaves(leaves, function);
    if (status == AD_OK) status = ad_not_watching(tape, function);
    if (status == AD_OK) status = keep_recorded(tape, function);
    if (status != AD_OK) return status;
    tape->gradient_stale = true;
    if (!tape->values_stale || leaves.first < tape->stale_from) tape->stale_from = leaves.first;
    if (!tape->values_stale) tape->values_stale = ad_first_operation(tape, leaves.first) < tape->count;
    return AD_OK;
}

static ad_status set(ad_span leaves, const double *values, const char *function)
{
    const ad_status status = begin_set(leaves, function);
    if (status == AD_OK && leaves.count > 0)
        memcpy(leaves.tape->value + leaves.first, values, leaves.count * sizeof *values);
    return status;
}

double *ad_set_in_place(ad_span leaves)
{
    return begin_set(leaves, "ad_set_in_place") == AD_OK ? leaves.tape->value + leaves.first : NULL;
}

ad_status ad_set(ad_var leaf, double value)
{
    const ad_status status = ad_check_node(NULL, leaf, "ad_set", 0);
    if (status != AD_OK) return status;
    return set((ad_span){leaf.tape, leaf.index, 1, leaf.generation, SPAN_RUN}, &value, "ad_set");
}

ad_status ad_set_all(ad_span leaves, const double *values)
{
    if (values != NULL || leaves.count == 0) return set(leaves, values, "ad_set_all");
    const ad_status status = ad_check_leaves(leaves, "ad_set_all");
    return status != AD_OK ? status : ad_fail(leaves.tape, AD_ERR_ARGUMENT, "ad_set_all", "no values");
}
