/* SPDX-License-Identifier: MIT */
/* The tangent sweep: the chain rule from the inputs up. */
#include "internal.h"
#include "ops_math.h"

#include <string.h>

COLD double ad_tangent_without_zeros(const ad_tape *t, uint32_t i)
{
    const uint32_t n = ad_operand_count(t, i);
    double partial[3], operand[3] = {0, 0, 0}, tangent[3], sum = 0;
    for (uint32_t k = 0; k < n; k++) {
        operand[k] = value_at(t, ad_operand(t, i, k));
        tangent[k] = tangent_at(t, ad_operand(t, i, k));
    }
    ad_partials(ad_op_of_code(t->code[i]), &(ad_operands){operand[0], operand[1], operand[2], t->value[i]}, partial);
    for (uint32_t k = 0; k < n; k++)
        if (tangent[k] != 0) sum += tangent[k] * partial[k];
    return sum;
}

/* 0 times an infinite partial makes a NaN, which is seldom: what to leave out is looked at only then. */
static void tangents_between(ad_tape *t, uint32_t from, uint32_t to)
{
    double *const tangent = t->tangent;
    const double *const value = t->value, *const constants = t->constants;
    const uint32_t *const A = t->a, *const B = t->b;
    const bool leave_zeros_out = !t->propagate_zeros;
    for (uint32_t i = from; i < to; i++) {
        double sum;
        switch (t->code[i]) {
        case CODE_LEAF: continue;
#define AD_UNARY(ID, name, label, definition, VALUE, DA, ...) \
    case CODE_##ID: {                                         \
        const double a = value[A[i]], v = value[i];           \
        (void)a, (void)v;                                     \
        sum = tangent[A[i]] * (DA);                           \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, ...)                       \
    case CODE_##ID: {                                                                    \
        const double a = value[A[i]], b = value[B[i]], v = value[i];                     \
        (void)a, (void)b, (void)v;                                                       \
        sum = tangent[A[i]] * (DA) + tangent[B[i]] * (DB);                               \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_VC: {                                                               \
        const double a = value[A[i]], b = constants[B[i] & ~CONSTANT_BIT], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        sum = tangent[A[i]] * (DA);                                                      \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_CV: {                                                               \
        const double a = constants[A[i] & ~CONSTANT_BIT], b = value[B[i]], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        sum = tangent[B[i]] * (DB);                                                      \
        break;                                                                           \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, ...)                                 \
    case CODE_##ID: {                                                                                   \
        const uint32_t *const r = t->operands + A[i];                                                   \
        const double a = value_at(t, r[0]), b = value_at(t, r[1]), c = value_at(t, r[2]), v = value[i]; \
        (void)a, (void)b, (void)c, (void)v;                                                             \
        sum = r[0] & CONSTANT_BIT ? 0 : tangent[r[0]] * (DA);                                           \
        if (!(r[1] & CONSTANT_BIT)) sum += tangent[r[1]] * (DB);                                        \
        if (!(r[2] & CONSTANT_BIT)) sum += tangent[r[2]] * (DC);                                        \
        break;                                                                                          \
    }
#include <autodiff/ops.def>
        case CODE_WEIGHTED_SUM: i = ad_sums_tangent(t, i, to) - 1; continue;
        case CODE_CUSTOM: i = ad_custom_tangent(t, i, to) - 1; continue;
        default: tangent[i] = ad_nary_tangent(t, i); continue;
        }
        if (UNLIKELY(sum != sum) && leave_zeros_out) sum = ad_tangent_without_zeros(t, i);
        tangent[i] = sum;
    }
}

void ad_tangent_nodes(ad_tape *t, uint32_t from, uint32_t to)
{
    for (uint32_t g = ad_first_group(t, from); g < t->groups_count; g++) {
        const ad_group *group = &t->groups[g];
        if (group->first + group->count > to) break;
        tangents_between(t, from, group->first);
        ad_group_tangent(t, group);
        from = group->first + group->count;
    }
    tangents_between(t, from, to);
}

void ad_tangents_along(ad_tape *t, ad_span x, const double *dx, uint32_t unwritten, uint32_t end)
{
    const uint32_t dependent = ad_first_dependent(x), begin = dependent < end ? dependent : end;
    if (unwritten > 0) t->direction = (ad_direction){dx, x.first, x.count, unwritten};
    if (unwritten < begin) memset(t->tangent + unwritten, 0, (begin - unwritten) * sizeof *t->tangent);
    for (uint32_t i = begin; i < end && t->leaves > t->leaf_prefix; i++)
        if (t->code[i] == CODE_LEAF) t->tangent[i] = 0;
    if (unwritten <= x.first || x.kind != SPAN_RUN) ad_inputs_scatter(x, dx, t->tangent, end);
    else if (unwritten - x.first < x.count) {
        const uint32_t k = unwritten - x.first;
        ad_inputs_scatter((ad_span){t, unwritten, x.count - k, x.generation, SPAN_RUN}, dx + k, t->tangent, end);
    }
    ad_tangent_nodes(t, begin, end);
    t->direction = (ad_direction){NULL, 0, 0, 0};
}
