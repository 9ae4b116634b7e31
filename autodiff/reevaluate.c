/* SPDX-License-Identifier: MIT */
/* Forward re-evaluation after leaves were set, with the verdict on branches. */
#include "internal.h"
#include "ops_math.h"

/* side_X tells on which side of its kink an operation is; a smooth one has but one, and the comparison below
 * leaves nothing of it. */
#define SMOOTH 0
#define KINK(at, side) (side)
#define BRANCH(side) (side)
#define AD_UNARY(ID, name, label, definition, VALUE, DA, kink, ...) \
    static inline double side_##ID(double a, double v)              \
    {                                                               \
        (void)a, (void)v;                                           \
        return kink;                                                \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, kink, ...) \
    static inline double side_##ID(double a, double b, double v)         \
    {                                                                    \
        (void)a, (void)b, (void)v;                                       \
        return kink;                                                     \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, kink, ...) \
    static inline double side_##ID(double a, double b, double c, double v)    \
    {                                                                         \
        (void)a, (void)b, (void)c, (void)v;                                   \
        return kink;                                                          \
    }
#include <autodiff/ops.def>

static inline bool differ(double side, double other) { return side != other && (side == side || other == other); }

/* The value of a reference when the last node was recorded. */
static inline double recorded_at(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? value_at(t, reference) : t->recorded[reference];
}

/* Recomputes node i; true when it came out on another side than recorded. */
static bool reevaluate(ad_tape *t, uint32_t i)
{
    const uint32_t A = t->a[i], B = t->b[i];
    const bool known = i < t->recorded_count;
    switch (t->code[i]) {
    case CODE_LEAF: return false;
#define AD_UNARY(ID, name, label, definition, VALUE, ...)                                   \
    case CODE_##ID: {                                                                       \
        const double a = t->value[A], v = t->value[i] = (VALUE);                            \
        return known && differ(side_##ID(a, v), side_##ID(t->recorded[A], t->recorded[i])); \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, ...)                                                           \
    case CODE_##ID:                                                                                                  \
    case CODE_##ID##_VC:                                                                                             \
    case CODE_##ID##_CV: {                                                                                           \
        const double a = value_at(t, A), b = value_at(t, B), v = t->value[i] = (VALUE);                              \
        return known && differ(side_##ID(a, b, v), side_##ID(recorded_at(t, A), recorded_at(t, B), t->recorded[i])); \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, ...)                                                 \
    case CODE_##ID: {                                                                                       \
        const uint32_t *const r = t->operands + A;                                                          \
        const double a = value_at(t, r[0]), b = value_at(t, r[1]), c = value_at(t, r[2]);                   \
        const double v = t->value[i] = (VALUE);                                                             \
        return known && differ(side_##ID(a, b, c, v), side_##ID(recorded_at(t, r[0]), recorded_at(t, r[1]), \
                                                                recorded_at(t, r[2]), t->recorded[i]));     \
    }
#include <autodiff/ops.def>
    case CODE_CUSTOM: ad_custom_reevaluate(t, i); return false;
    default: t->value[i] = ad_nary_value(t, i); return false;
    }
}

bool ad_reevaluate_node(ad_tape *t, uint32_t i) { return reevaluate(t, i); }

/* An operation of the program's own had no value. */
COLD static ad_status failed(ad_tape *tape)
{
    tape->custom_failed = false;
    return tape->error != AD_OK ? tape->error : AD_ERR_CUSTOM;
}

ad_status ad_reevaluate(ad_tape *tape, ad_verdict *verdict)
{
    ad_verdict found = {0, INVALID};
    if (verdict != NULL) *verdict = found;
    if (tape == NULL) return AD_ERR_HANDLE;
    if (tape->watching) return ad_not_watching(tape, "ad_reevaluate");
    /* Nothing was set since the last node was recorded: the values are those as recorded. */
    if (!tape->values_stale && tape->recorded_count != tape->count) tape->recorded_count = 0;
    tape->custom_failed = false;
    for (uint32_t i = tape->leaf_prefix; i < tape->count; i++)
        if (reevaluate(tape, i) && found.changed++ == 0) found.first = node_handle(tape, i);
    if (verdict != NULL) *verdict = found;
    if (UNLIKELY(tape->custom_failed)) return failed(tape);
    tape->values_stale = false;
    return AD_OK;
}
