/* SPDX-License-Identifier: MIT */
/* What all derivatives of recorded outputs by recorded inputs begin with: are the spans fit for it, and which nodes
 * depend on the inputs. */
#include <autodiff/derivatives.h>

#include "internal.h"

#include <string.h>

/* AD_OK when each input is a leaf. */
static ad_status check_inputs(ad_tape *t, ad_span x, const char *function)
{
    if (x.kind == SPAN_RUN && x.first + x.count <= t->leaf_prefix) return AD_OK;
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t reference = element_reference(t, x.kind, x.first, k);
        if (reference & CONSTANT_BIT)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "input %u is a constant: inputs are leaves", k + 1);
        if (t->code[reference] != CODE_LEAF)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "input %u, node %u, is not a leaf", k + 1, reference);
    }
    return AD_OK;
}

ad_status ad_derivable(ad_span y, ad_span x, const char *function)
{
    ad_tape *t = x.tape != NULL ? x.tape : y.tape;
    if (t == NULL) return AD_ERR_HANDLE;
    ad_status status = t->watching ? ad_not_watching(t, function) : t->error;
    if (status == AD_OK && t->values_stale)
        status =
            ad_fail(t, AD_ERR_STALE, function, "a leaf was set since these values were computed: ad_reevaluate first");
    if (status == AD_OK) status = ad_check_span(t, y, function, 1);
    if (status == AD_OK) status = ad_check_span(t, x, function, 2);
    return status != AD_OK ? status : check_inputs(t, x, function);
}

uint32_t ad_outputs_end(ad_span y)
{
    uint32_t end = 0;
    if (y.kind == SPAN_RUN) return y.first + y.count;
    for (uint32_t k = 0; k < y.count; k++) {
        const uint32_t reference = element_reference(y.tape, y.kind, y.first, k);
        if (!(reference & CONSTANT_BIT) && reference >= end) end = reference + 1;
    }
    return end;
}

uint32_t ad_first_dependent(ad_span x)
{
    const ad_tape *t = x.tape;
    uint32_t least = x.kind == SPAN_RUN && x.count > 0 ? x.first : t->count;
    for (uint32_t k = 0; k < x.count && x.kind != SPAN_RUN; k++) {
        const uint32_t input = element_reference(t, x.kind, x.first, k);
        if (input < least) least = input;
    }
    return least < t->leaf_prefix ? t->leaf_prefix : least;
}

void ad_inputs_scatter(ad_span x, const double *numbers, double *nodes, uint32_t end)
{
    if (x.kind == SPAN_RUN && x.first + x.count <= end) {
        if (x.count > 0) memcpy(nodes + x.first, numbers, x.count * sizeof *nodes);
        return;
    }
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t input = element_reference(x.tape, x.kind, x.first, k);
        if (input < end) nodes[input] += numbers[k];
    }
}

void ad_inputs_gather(ad_span x, const double *nodes, uint32_t end, double *numbers)
{
    if (x.kind == SPAN_RUN && x.first + x.count <= end) {
        if (x.count > 0) memcpy(numbers, nodes + x.first, x.count * sizeof *nodes);
        return;
    }
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t input = element_reference(x.tape, x.kind, x.first, k);
        numbers[k] = input < end ? nodes[input] : 0;
    }
}

/* Whether node i has an operand that is marked. */
static bool touches(const ad_tape *t, uint32_t i, const uint8_t *marks)
{
    if (ad_op_get(ad_op_of_code(t->code[i]))->arity < 0) return ad_nary_touches(t, i, marks);
    const uint32_t n = ad_operand_count(t, i);
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t reference = ad_operand(t, i, k);
        if (!(reference & CONSTANT_BIT) && marks[reference]) return true;
    }
    return false;
}

void ad_mark_dependent(const ad_tape *t, ad_span x, uint32_t end, uint8_t *marks)
{
    memset(marks, 0, end);
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t input = element_reference(t, x.kind, x.first, k);
        if (input < end) marks[input] = 1;
    }
    for (uint32_t i = t->leaf_prefix; i < end; i++)
        if (t->code[i] != CODE_LEAF) marks[i] = touches(t, i, marks);
}
