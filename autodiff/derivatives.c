/* SPDX-License-Identifier: MIT */
/* What all derivatives of recorded outputs by recorded inputs begin with: are the spans fit for it, and which nodes
 * depend on the inputs. */
#include <autodiff/derivatives.h>

#include "internal.h"

#include <string.h>

/* AD_OK when each input is a leaf. */
static ad_status check_inputs(ad_tape *t, ad_span x, const char *function)
{
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t reference = element_reference(t, x.kind, x.first, k);
        if (reference & CONSTANT_BIT)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "input %u is a constant: inputs are leaves", k + 1);
        if (t->code[reference] != CODE_LEAF)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "input %u, node %u, is not a leaf", k + 1, reference);
    }
    return AD_OK;
}

ad_tape *ad_derivable(ad_span y, ad_span x, const char *function)
{
    ad_tape *t = x.tape != NULL ? x.tape : y.tape;
    if (t == NULL) return NULL;
    ad_status status = t->watching ? ad_not_watching(t, function) : t->error;
    if (status == AD_OK && t->values_stale)
        status =
            ad_fail(t, AD_ERR_STALE, function, "a leaf was set since these values were computed: ad_reevaluate first");
    if (status == AD_OK) status = ad_check_span(t, y, function, 1);
    if (status == AD_OK) status = ad_check_span(t, x, function, 2);
    if (status == AD_OK) status = check_inputs(t, x, function);
    return status == AD_OK ? t : NULL;
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
