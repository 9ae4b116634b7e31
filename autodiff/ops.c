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

static const ad_prepared failed = {.failed = true};

/* A live node and room for the result: the fast path. */
static inline bool ready(const ad_tape *t, ad_var x)
{
    return t != NULL && t->count < t->capacity && is_surely_live(t, x);
}

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

COLD static ad_prepared prepare_binary_slowly(ad_var x, ad_var y, const char *function)
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

/* A node and a constant, with room for both the result and the constant, need no more than this. */
static inline ad_prepared prepare_binary(ad_var x, ad_var y, const char *function)
{
    ad_tape *t = x.tape;
    if (is_const(y) && ready(t, x) && t->constants_count < t->streams[STREAM_CONSTANTS].capacity) {
        use_alone(t, x.index);
        const double b = const_value(y);
        return (ad_prepared){t, x.index, constant_reference(t, b), t->value[x.index], b, FORM_VC, false};
    }
    t = y.tape;
    if (is_const(x) && ready(t, y) && t->constants_count < t->streams[STREAM_CONSTANTS].capacity) {
        use_alone(t, y.index);
        const double a = const_value(x);
        return (ad_prepared){t, constant_reference(t, a), y.index, a, t->value[y.index], FORM_CV, false};
    }
    return prepare_binary_slowly(x, y, function);
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

/* Apart from the fast path, so that this stays free of calls and of a stack frame. */
#define AD_UNARY(ID, name, label, definition, VALUE, ...)                         \
    APART static ad_var name##_apart(ad_var x)                                    \
    {                                                                             \
        const ad_prepared p = prepare_unary(x, "ad_" #name);                      \
        if (p.failed) return INVALID;                                             \
        const double a = p.value_a, v = VALUE;                                    \
        return p.tape == NULL ? ad_const(v) : push(p.tape, CODE_##ID, p.a, 0, v); \
    }                                                                             \
    ad_var ad_##name(ad_var x)                                                    \
    {                                                                             \
        ad_tape *t = x.tape;                                                      \
        if (UNLIKELY(!ready(t, x))) return name##_apart(x);                       \
        use_alone(t, x.index);                                                    \
        const double a = t->value[x.index];                                       \
        return push(t, CODE_##ID, x.index, 0, VALUE);                             \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, ...)                                             \
    APART static ad_var name##_apart(ad_var x, ad_var y)                                               \
    {                                                                                                  \
        const ad_prepared p = prepare_binary(x, y, "ad_" #name);                                       \
        if (p.failed) return INVALID;                                                                  \
        const double a = p.value_a, b = p.value_b, v = VALUE;                                          \
        return p.tape == NULL ? ad_const(v) : push(p.tape, CODE_##ID + p.form, p.a, p.b, v);           \
    }                                                                                                  \
    ad_var ad_##name(ad_var x, ad_var y)                                                               \
    {                                                                                                  \
        ad_tape *t = x.tape;                                                                           \
        if (UNLIKELY(t != y.tape || !ready(t, x) || !is_surely_live(t, y))) return name##_apart(x, y); \
        use_alone(t, x.index);                                                                         \
        use_alone(t, y.index);                                                                         \
        const double a = t->value[x.index], b = t->value[y.index];                                     \
        return push(t, CODE_##ID, x.index, y.index, VALUE);                                            \
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
    ad_tape *t = common_tape(operands, n);
    if (op == AD_OP_CUSTOM) ad_fail(t, AD_ERR_ARGUMENT, "ad_apply", "an operation of your own is recorded by ad_call");
    else
        ad_fail(t, AD_ERR_ARGUMENT, "ad_apply", "'%s' does not take %u operands", info == NULL ? "?" : info->name,
                (unsigned)n);
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
