/* SPDX-License-Identifier: MIT */
/* Looking at what is recorded: a node's operation, its edges with their partials, the first non-finite number. */
#include "internal.h"
#include "ops_math.h"

ad_op ad_op_of_code(unsigned code)
{
    static const uint8_t ops[CODE_COUNT] = {
        [CODE_LEAF] = AD_OP_LEAF,
#define AD_UNARY(ID, ...) [CODE_##ID] = AD_OP_##ID,
#define AD_BINARY(ID, ...) [CODE_##ID] = AD_OP_##ID, [CODE_##ID##_VC] = AD_OP_##ID, [CODE_##ID##_CV] = AD_OP_##ID,
#define AD_TERNARY(ID, ...) [CODE_##ID] = AD_OP_##ID,
#define AD_NARY(ID, ...) [CODE_##ID] = AD_OP_##ID,
#include <autodiff/ops.def>
        [CODE_CUSTOM] = AD_OP_CUSTOM,
    };
    return (ad_op)ops[code];
}

/* Whether `a` is a live node; no error is set. */
static bool is_node(ad_var a) { return a.tape != NULL && !is_const(a) && is_live(a.tape, a); }

ad_op ad_op_of(ad_var a) { return is_node(a) ? ad_op_of_code(a.tape->code[a.index]) : AD_OP_LEAF; }

size_t ad_arity_of(ad_var a)
{
    if (!is_node(a)) return 0;
    const int arity = ad_op_get(ad_op_of_code(a.tape->code[a.index]))->arity;
    return arity >= 0 ? (size_t)arity : ad_nary_operand_count(a.tape, a.index);
}

uint32_t ad_operand_count(const ad_tape *t, uint32_t i)
{
    const int arity = ad_op_get(ad_op_of_code(t->code[i]))->arity;
    return arity >= 0 ? (uint32_t)arity : ad_nary_operand_count(t, i);
}

uint32_t ad_operand(const ad_tape *t, uint32_t i, uint32_t k)
{
    const int arity = ad_op_get(ad_op_of_code(t->code[i]))->arity;
    if (arity < 0) return ad_nary_operand(t, i, k);
    return arity == 3 ? t->operands[t->a[i] + k] : k == 0 ? t->a[i] : t->b[i];
}

/* ------------------------------------------------------------------ by row: partials and kinks */

static ad_operands operands_of(const ad_tape *t, uint32_t i, int arity)
{
    double x[3] = {0, 0, 0};
    for (int k = 0; k < arity; k++) x[k] = value_at(t, ad_operand(t, i, (uint32_t)k));
    return (ad_operands){x[0], x[1], x[2], t->value[i]};
}

#define ROW_VALUES                                           \
    const double a = at->a, b = at->b, c = at->c, v = at->v; \
    (void)a, (void)b, (void)c, (void)v

void ad_partials(ad_op op, const ad_operands *at, double *partial)
{
    ROW_VALUES;
    switch (op) {
#define AD_UNARY(ID, name, label, definition, value, DA, ...) \
    case AD_OP_##ID: {                                        \
        partial[0] = DA;                                      \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, value, DA, DB, ...) \
    case AD_OP_##ID: {                                             \
        partial[0] = DA, partial[1] = DB;                          \
        break;                                                     \
    }
#define AD_TERNARY(ID, name, label, definition, value, DA, DB, DC, ...) \
    case AD_OP_##ID: {                                                  \
        partial[0] = DA, partial[1] = DB, partial[2] = DC;              \
        break;                                                          \
    }
#include <autodiff/ops.def>
    default: break;
    }
}

static bool at_kink(ad_op op, const ad_operands *at)
{
    ROW_VALUES;
    switch (op) {
#define SMOOTH false
#define KINK(at, side) (at)
#define BRANCH(side) false
#define AD_UNARY(ID, name, label, definition, value, da, kink, ...) \
    case AD_OP_##ID: {                                              \
        return kink;                                                \
    }
#define AD_BINARY(ID, name, label, definition, value, da, db, kink, ...) \
    case AD_OP_##ID: {                                                   \
        return kink;                                                     \
    }
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, kink, ...) \
    case AD_OP_##ID: {                                                        \
        return kink;                                                          \
    }
#include <autodiff/ops.def>
    default: return false;
    }
}

bool ad_is_at_kink(const ad_tape *tape, uint32_t i)
{
    const ad_op op = ad_op_of_code(tape->code[i]);
    const int arity = ad_op_get(op)->arity;
    if (arity <= 0) return false;
    const ad_operands at = operands_of(tape, i, arity);
    return at_kink(op, &at);
}

size_t ad_edges(ad_var x, ad_edge *edges, size_t room)
{
    if (!is_node(x)) return 0;
    ad_tape *t = x.tape;
    const ad_op op = ad_op_of_code(t->code[x.index]);
    const int arity = ad_op_get(op)->arity;
    if (op == AD_OP_CUSTOM) return ad_custom_edges(t, x.index, edges, room);
    if (arity < 0) return ad_nary_edges(t, x.index, edges, room);
    if (arity == 0) return 0;
    double partial[3] = {0, 0, 0};
    const ad_operands at = operands_of(t, x.index, arity);
    ad_partials(op, &at, partial);
    for (size_t k = 0; k < (size_t)arity && k < room; k++) {
        const uint32_t operand = ad_operand(t, x.index, (uint32_t)k);
        edges[k] = (ad_edge){ad_handle(t, operand), value_at(t, operand), partial[k], 0, 0};
    }
    return (size_t)arity;
}

/* -------------------------------------------------------------------------- the first non-finite */

bool ad_find_nonfinite(ad_tape *tape, ad_nonfinite *found)
{
    *found = (ad_nonfinite){INVALID, false, 0, 0};
    if (tape == NULL) return false;
    const bool swept = !tape->gradient_stale;
    uint32_t i = 0;
    while (i < tape->count && isfinite(tape->value[i])) i++;
    const bool in_value = i < tape->count;
    if (!in_value) {
        i = swept ? tape->grad_count : 0;
        while (i > 0 && isfinite(tape->adjoint[i - 1])) i--;
        if (i == 0) return false;
        i--;
    }
    const bool has_adjoint = swept && i < tape->grad_count;
    *found =
        (ad_nonfinite){node_handle(tape, i), !in_value, tape->value[i], has_adjoint ? tape->adjoint[i] : (double)NAN};
    return true;
}
