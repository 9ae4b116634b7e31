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

/* Where a node's operands that are nodes stand, by its code. */
enum { NO_OPERANDS, IN_A, IN_A_AND_B, IN_B, IN_LIST, IN_SEQUENCES };

static const uint8_t places_of_operands[CODE_COUNT] = {
#define AD_UNARY(ID, ...) [CODE_##ID] = IN_A,
#define AD_BINARY(ID, ...) [CODE_##ID] = IN_A_AND_B, [CODE_##ID##_VC] = IN_A, [CODE_##ID##_CV] = IN_B,
#define AD_TERNARY(ID, ...) [CODE_##ID] = IN_LIST,
#define AD_NARY(ID, ...) [CODE_##ID] = IN_SEQUENCES,
#include <autodiff/ops.def>
    [CODE_CUSTOM] = IN_SEQUENCES,
};

/* Whether one of three references is to a marked node. */
static bool any_marked(const uint32_t *references, const uint8_t *marks)
{
    for (int k = 0; k < 3; k++)
        if (!(references[k] & CONSTANT_BIT) && marks[references[k]]) return true;
    return false;
}

void ad_mark_dependent(const ad_tape *t, ad_span x, uint32_t end, uint8_t *marks)
{
    memset(marks, 0, end);
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t input = element_reference(t, x.kind, x.first, k);
        if (input < end) marks[input] = 1;
    }
    for (uint32_t i = ad_first_dependent(x); i < end; i++) switch (places_of_operands[t->code[i]]) {
        case IN_A: marks[i] = marks[t->a[i]]; break;
        case IN_A_AND_B: marks[i] = marks[t->a[i]] | marks[t->b[i]]; break;
        case IN_B: marks[i] = marks[t->b[i]]; break;
        case IN_LIST: marks[i] = any_marked(t->operands + t->a[i], marks); break;
        case IN_SEQUENCES: marks[i] = ad_nary_touches(t, i, marks); break;
        }
}
