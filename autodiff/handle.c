/* SPDX-License-Identifier: MIT */
/* Handles and spans: which are alive, and what they point to. */
#include "internal.h"

const ad_tape ad_constant_tape;

ad_extent ad_extent_of(const ad_tape *tape, uint32_t generation)
{
    if (tape->rewinds_count == 0) return (ad_extent){0, 0, 0, 0};
    const uint32_t first = tape->rewinds[0].generation, age = generation - first;
    if (age > tape->generation - first) return (ad_extent){0, 0, 0, 0};
    uint32_t low = 0, high = tape->rewinds_count; /* the first rewind later than `generation` is in [low, high] */
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (tape->rewinds[middle].generation - first > age) high = middle;
        else low = middle + 1;
    }
    if (low < tape->rewinds_count) return tape->rewinds[low];
    return (ad_extent){generation, tape->count, tape->constants_count, tape->operands_count};
}

COLD static ad_status refuse(ad_tape *tape, const char *function, unsigned operand, const char *why)
{
    if (operand == 0) return ad_fail(tape, AD_ERR_HANDLE, function, "the handle %s", why);
    return ad_fail(tape, AD_ERR_HANDLE, function, "operand %u %s", operand, why);
}

static const char invalid[] = "is the invalid handle", foreign[] = "belongs to another tape",
                  constant[] = "is a constant", dead[] = "is from before a rewind or a reset";

const char *ad_node_fault(const ad_tape *tape, ad_var x)
{
    if (x.tape == NULL) return invalid;
    if (is_const(x)) return constant;
    if (x.tape != tape) return foreign;
    return is_live(tape, x) ? NULL : dead;
}

ad_status ad_check_node(ad_tape *tape, ad_var x, const char *function, unsigned operand)
{
    if (tape == NULL) tape = x.tape;
    const char *fault = ad_node_fault(tape, x);
    return LIKELY(fault == NULL) ? AD_OK : refuse(tape, function, operand, fault);
}

/* AD_OK when the span lies in what stands of its generation. */
static ad_status check_extent(ad_tape *tape, ad_span x, const char *function, unsigned operand)
{
    if (x.tape == NULL || x.tape == &ad_constant_tape) return refuse(tape, function, operand, invalid);
    if (x.tape != tape) return refuse(tape, function, operand, foreign);
    const ad_extent standing = ad_extent_of(tape, x.generation);
    const uint32_t end = x.kind == SPAN_RUN         ? standing.nodes
                         : x.kind == SPAN_CONSTANTS ? standing.constants
                         : x.kind == SPAN_LIST      ? standing.operands
                                                    : 0;
    if (x.kind == 0 || x.kind > SPAN_LIST || x.count > end || x.first > end - x.count)
        return refuse(tape, function, operand, dead);
    return AD_OK;
}

/* Whether a reference, of a list that may be made up, refers to something that stands. */
static bool reference_stands(const ad_tape *tape, uint32_t reference)
{
    if (reference & CONSTANT_BIT) return (reference & ~CONSTANT_BIT) < tape->constants_count;
    return reference < tape->count;
}

ad_status ad_check_span_slowly(ad_tape *tape, ad_span x, const char *function, unsigned operand)
{
    if (tape == NULL) tape = x.tape;
    const ad_status status = check_extent(tape, x, function, operand);
    if (status != AD_OK || x.kind != SPAN_LIST) return status;
    for (uint32_t k = 0; k < x.count; k++)
        if (!reference_stands(tape, tape->operands[x.first + k])) return refuse(tape, function, operand, dead);
    return AD_OK;
}

ad_status ad_reference(ad_tape *tape, ad_var x, const char *function, unsigned operand, uint32_t *reference)
{
    if (is_const(x)) return ad_constant_reference(tape, const_value(x), function, reference);
    *reference = x.index;
    return ad_check_node(tape, x, function, operand);
}

ad_var ad_handle(ad_tape *tape, uint32_t reference)
{
    if (reference & CONSTANT_BIT) return ad_const(tape->constants[reference & ~CONSTANT_BIT]);
    return node_handle(tape, reference);
}

bool ad_is_const(ad_var a) { return is_const(a); }

bool ad_is_valid(ad_var a) { return is_const(a) || (a.tape != NULL && is_live(a.tape, a)); }

ad_var ad_node_at(ad_tape *tape, size_t index)
{
    if (tape == NULL) return INVALID;
    if (index < tape->count) return node_handle(tape, (uint32_t)index);
    ad_fail(tape, AD_ERR_ARGUMENT, "ad_node_at", "there are %u nodes", tape->count);
    return INVALID;
}

ad_span ad_run(ad_var first, size_t count)
{
    if (ad_check_node(NULL, first, "ad_run", 0) != AD_OK) return INVALID_SPAN;
    ad_tape *tape = first.tape;
    if (count <= tape->count - first.index)
        return (ad_span){tape, first.index, (uint32_t)count, tape->generation, SPAN_RUN};
    ad_fail(tape, AD_ERR_ARGUMENT, "ad_run", "only %u nodes from the first one on", tape->count - first.index);
    return INVALID_SPAN;
}

ad_span ad_gather(ad_tape *tape, const ad_var *vars, size_t n)
{
    static const char function[] = "ad_gather";
    if (tape == NULL || ad_room_for_operands(tape, n, function) != AD_OK) return INVALID_SPAN;
    if (vars == NULL && n > 0) {
        ad_fail(tape, AD_ERR_ARGUMENT, function, "no variables");
        return INVALID_SPAN;
    }
    const uint32_t constants = tape->constants_count;
    for (size_t k = 0; k < n; k++)
        if (ad_reference(tape, vars[k], function, (unsigned)k + 1, &tape->operands[tape->operands_count + k]) !=
            AD_OK) {
            tape->constants_count = constants;
            return INVALID_SPAN;
        }
    const ad_span list = {tape, tape->operands_count, (uint32_t)n, tape->generation, SPAN_LIST};
    tape->operands_count += (uint32_t)n;
    return list;
}

COLD static ad_var element_slowly(ad_span span, size_t k)
{
    static const char function[] = "ad_at";
    ad_tape *tape = span.tape;
    if (check_extent(tape, span, function, 0) != AD_OK) return INVALID;
    if (k >= span.count) {
        ad_fail(tape, AD_ERR_ARGUMENT, function, "the span has %u elements", span.count);
        return INVALID;
    }
    const uint32_t reference = element_reference(tape, span.kind, span.first, (uint32_t)k);
    if (reference_stands(tape, reference)) return ad_handle(tape, reference);
    refuse(tape, function, 0, dead);
    return INVALID;
}

ad_var ad_at(ad_span span, size_t k)
{
    if (UNLIKELY(span.tape == NULL || k >= span.count || !run_is_surely_live(span.tape, span)))
        return element_slowly(span, k);
    return (ad_var){span.tape, span.first + (uint32_t)k, span.generation};
}

ad_span ad_slice(ad_span span, size_t from, size_t count)
{
    if (ad_check_span(span.tape, span, "ad_slice", 0) != AD_OK) return INVALID_SPAN;
    if (from <= span.count && count <= span.count - from)
        return (ad_span){span.tape, span.first + (uint32_t)from, (uint32_t)count, span.generation, span.kind};
    ad_fail(span.tape, AD_ERR_ARGUMENT, "ad_slice", "the span has %u elements", span.count);
    return INVALID_SPAN;
}
