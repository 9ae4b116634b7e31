/* SPDX-License-Identifier: MIT */
/* The elementary operations: one constructor for each row of ops.def. */
#include "internal.h"
#include "ops_math.h"

/* The operands of a node about to be recorded: their references and values, and which is a constant. With
 * constants alone there is no tape, and the result is a constant too. */
typedef struct ad_prepared {
    ad_tape *tape;
    uint32_t a, b;
    double value_a, value_b;
    unsigned form; /* what to add to the row's first code: 0, or 1 (b constant), or 2 (a constant) */
    bool failed;
} ad_prepared;

enum { FORM_VC = 1, FORM_CV = 2 };

static const ad_prepared failed = {.failed = true};

/* One live node and room for the result: the fast path. */
static inline bool ready(const ad_tape *t, ad_var x) { return t != NULL && is_live(t, x) && t->count < t->capacity; }

COLD static ad_prepared prepare_unary(ad_var x, const char *function)
{
    if (is_const(x)) return (ad_prepared){.value_a = const_value(x)};
    ad_tape *t = x.tape;
    if (ad_check_node(t, x, function, 0) != AD_OK || ad_room_for_nodes(t, 1, function) != AD_OK) return failed;
    use_alone(t, x.index);
    return (ad_prepared){.tape = t, .a = x.index, .value_a = t->value[x.index]};
}

/* The tape that a node of these operands belongs to; NULL when all are constants, or none has a tape. */
static ad_tape *common_tape(const ad_var *operands, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!is_const(operands[k]) && operands[k].tape != NULL) return operands[k].tape;
    return NULL;
}

static ad_prepared prepare_binary(ad_var x, ad_var y, const char *function)
{
    if (is_const(x) && is_const(y)) return (ad_prepared){.value_a = const_value(x), .value_b = const_value(y)};
    ad_tape *t = common_tape((ad_var[]){x, y}, 2);
    ad_prepared p = {.tape = t, .form = is_const(y) ? FORM_VC : is_const(x) ? FORM_CV : 0};
    if (t == NULL) return failed;
    const uint32_t constants = t->constants_count;
    if (ad_reference(t, x, function, 1, &p.a) != AD_OK || ad_reference(t, y, function, 2, &p.b) != AD_OK ||
        ad_room_for_nodes(t, 1, function) != AD_OK) {
        t->constants_count = constants;
        return failed;
    }
    use_alone(t, p.a);
    use_alone(t, p.b);
    p.value_a = value_at(t, p.a);
    p.value_b = value_at(t, p.b);
    return p;
}

static ad_prepared prepare_ternary(const ad_var *x, const char *function)
{
    ad_tape *t = common_tape(x, 3);
    ad_prepared p = {.tape = t};
    if (t == NULL) {
        p.failed = !is_const(x[0]) || !is_const(x[1]) || !is_const(x[2]);
        return p;
    }
    if (ad_room_for_operands(t, 3, function) != AD_OK || ad_room_for_nodes(t, 1, function) != AD_OK) return failed;
    const uint32_t constants = t->constants_count;
    for (unsigned k = 0; k < 3; k++)
        if (ad_reference(t, x[k], function, k + 1, &t->operands[t->operands_count + k]) != AD_OK) {
            t->constants_count = constants;
            return failed;
        }
    p.a = t->operands_count;
    for (unsigned k = 0; k < 3; k++) use_alone(t, t->operands[p.a + k]);
    t->operands_count += 3;
    return p;
}

static double operand_value(ad_var x) { return is_const(x) ? const_value(x) : x.tape->value[x.index]; }

#define AD_UNARY(ID, name, label, definition, VALUE, ...)                   \
    ad_var ad_##name(ad_var x)                                              \
    {                                                                       \
        ad_tape *t = x.tape;                                                \
        double a;                                                           \
        if (LIKELY(ready(t, x))) {                                          \
            use_alone(t, x.index);                                          \
            a = t->value[x.index];                                          \
        } else {                                                            \
            const ad_prepared p = prepare_unary(x, "ad_" #name);            \
            if (p.failed) return INVALID;                                   \
            t = p.tape;                                                     \
            a = p.value_a;                                                  \
        }                                                                   \
        const double v = VALUE;                                             \
        return t == NULL ? ad_const(v) : push(t, CODE_##ID, x.index, 0, v); \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, ...)                                   \
    ad_var ad_##name(ad_var x, ad_var y)                                                     \
    {                                                                                        \
        ad_tape *t = x.tape;                                                                 \
        if (LIKELY(t == y.tape && ready(t, x) && is_live(t, y))) {                           \
            use_alone(t, x.index);                                                           \
            use_alone(t, y.index);                                                           \
            const double a = t->value[x.index], b = t->value[y.index];                       \
            return push(t, CODE_##ID, x.index, y.index, VALUE);                              \
        }                                                                                    \
        const ad_prepared p = prepare_binary(x, y, "ad_" #name);                             \
        if (p.failed) return INVALID;                                                        \
        const double a = p.value_a, b = p.value_b, v = VALUE;                                \
        return p.tape == NULL ? ad_const(v) : push(p.tape, CODE_##ID + p.form, p.a, p.b, v); \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, ...)                                       \
    ad_var ad_##name(ad_var x, ad_var y, ad_var z)                                                \
    {                                                                                             \
        const ad_prepared p = prepare_ternary((ad_var[]){x, y, z}, "ad_" #name);                  \
        if (p.failed) return INVALID;                                                             \
        const double a = operand_value(x), b = operand_value(y), c = operand_value(z), v = VALUE; \
        return p.tape == NULL ? ad_const(v) : push(p.tape, CODE_##ID, p.a, 0, v);                 \
    }
#include <autodiff/ops.def>

/* ---------------------------------------------------------------------------- operations by number */

COLD static ad_var wrong_arity(const ad_var *operands, size_t n, ad_op op)
{
    const ad_op_info *info = ad_op_get(op);
    ad_fail(common_tape(operands, n), AD_ERR_ARGUMENT, "ad_apply", "'%s' does not take %u operands",
            info == NULL ? "?" : info->name, (unsigned)n);
    return INVALID;
}

ad_var ad_apply(ad_op op, const ad_var *x, size_t n)
{
    switch (op) {
#define AD_UNARY(ID, name, ...)                                  \
    case AD_OP_##ID: {                                           \
        return n == 1 ? ad_##name(x[0]) : wrong_arity(x, n, op); \
    }
#define AD_BINARY(ID, name, ...)                                       \
    case AD_OP_##ID: {                                                 \
        return n == 2 ? ad_##name(x[0], x[1]) : wrong_arity(x, n, op); \
    }
#define AD_TERNARY(ID, name, ...)                                            \
    case AD_OP_##ID: {                                                       \
        return n == 3 ? ad_##name(x[0], x[1], x[2]) : wrong_arity(x, n, op); \
    }
#include <autodiff/ops.def>
    default: return wrong_arity(x, n, op);
    }
}

/* The elements of both spans side by side: where both are constants there is nothing to record. (ad_each compares
 * a span with itself.) */
static ad_status check_elements(ad_span x, ad_span y, const char *function)
{
    ad_tape *t = x.tape != NULL ? x.tape : y.tape;
    ad_status status = ad_check_span(t, x, function, 1);
    if (status == AD_OK) status = ad_check_span(t, y, function, 2);
    if (status == AD_OK && x.count != y.count)
        status = ad_fail(t, AD_ERR_ARGUMENT, function, "spans of %u and %u elements", x.count, y.count);
    if (status != AD_OK || x.kind == SPAN_RUN || y.kind == SPAN_RUN) return status;
    for (uint32_t k = 0; k < x.count; k++)
        if (element_reference(t, x.kind, x.first, k) & element_reference(t, y.kind, y.first, k) & CONSTANT_BIT)
            return ad_fail(t, AD_ERR_ARGUMENT, function, "element %u is constant", k);
    return AD_OK;
}

ad_span ad_each(ad_op op, ad_span x)
{
    static const char function[] = "ad_each";
    ad_tape *t = x.tape;
    if (check_elements(x, x, function) != AD_OK || ad_room_for_nodes(t, x.count, function) != AD_OK)
        return INVALID_SPAN;
    const uint32_t first = t->count;
    switch (op) {
#define AD_UNARY(ID, name, label, definition, VALUE, ...)                   \
    case AD_OP_##ID:                                                        \
        for (uint32_t k = 0; k < x.count; k++) {                            \
            const uint32_t from = element_reference(t, x.kind, x.first, k); \
            use_alone(t, from);                                             \
            const double a = t->value[from];                                \
            push(t, CODE_##ID, from, 0, VALUE);                             \
        }                                                                   \
        break;
#include <autodiff/ops.def>
    default: ad_fail(t, AD_ERR_ARGUMENT, function, "not a unary operation"); return INVALID_SPAN;
    }
    return (ad_span){t, first, x.count, t->generation, SPAN_RUN};
}

ad_span ad_each2(ad_op op, ad_span x, ad_span y)
{
    static const char function[] = "ad_each2";
    ad_tape *t = x.tape;
    if (check_elements(x, y, function) != AD_OK || ad_room_for_nodes(t, x.count, function) != AD_OK)
        return INVALID_SPAN;
    const uint32_t first = t->count;
    switch (op) {
#define AD_BINARY(ID, name, label, definition, VALUE, ...)                                                             \
    case AD_OP_##ID:                                                                                                   \
        for (uint32_t k = 0; k < x.count; k++) {                                                                       \
            const uint32_t p = element_reference(t, x.kind, x.first, k), q = element_reference(t, y.kind, y.first, k); \
            use_alone(t, p);                                                                                           \
            use_alone(t, q);                                                                                           \
            const double a = value_at(t, p), b = value_at(t, q);                                                       \
            const unsigned form = q & CONSTANT_BIT ? FORM_VC : p & CONSTANT_BIT ? FORM_CV : 0;                         \
            push(t, CODE_##ID + form, p, q, VALUE);                                                                    \
        }                                                                                                              \
        break;
#include <autodiff/ops.def>
    default: ad_fail(t, AD_ERR_ARGUMENT, function, "not a binary operation"); return INVALID_SPAN;
    }
    return (ad_span){t, first, x.count, t->generation, SPAN_RUN};
}
