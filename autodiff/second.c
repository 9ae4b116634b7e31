/* SPDX-License-Identifier: MIT */
/* Hessian-vector products: the tangent of a sweep. Along a direction v of the inputs every number has a tangent, the
 * values by a tangent sweep, the adjoints s here:
 *
 *     adjoint(operand) += s p,   its tangent += s' p + s p'
 *
 * where p is the partial derivative of the row and p' its tangent, which the row's rule gives. */
#include <autodiff/derivatives.h>

#include "kernels.h"
#include "rules.h"

#include <string.h>

typedef struct second_sweep {
    ad_tape *tape;
    const char *function;
    double *adjoint; /* of each node, and the tangent of that, which stands where a sweep has the adjoint */
    double *dot;
} second_sweep;

/* ----------------------------------------------------------------------------------- one edge */

/* What 0 is multiplied with does not matter, as in ad_backward. */
static inline void contribute(const second_sweep *w, uint32_t operand, ad_dual s, ad_dual p)
{
    double dot = 0;
    if (s.v != 0) {
        w->adjoint[operand] += s.v * p.v;
        if (p.d != 0) dot = s.v * p.d;
    }
    if (s.d != 0) dot += s.d * p.v;
    w->dot[operand] += dot;
}

static inline ad_dual dual_of(const ad_tape *t, uint32_t node) { return (ad_dual){t->value[node], t->tangent[node]}; }

static inline ad_dual dual_at(const ad_tape *t, uint32_t reference)
{
    if (reference & CONSTANT_BIT) return (ad_dual){t->constants[reference & ~CONSTANT_BIT], 0};
    return dual_of(t, reference);
}

/* The partial derivative of an operation at these inputs; false: no memory. */
static inline bool partial(const second_sweep *w, ad_op op, unsigned which, const ad_dual *inputs, unsigned count,
                           ad_dual *p)
{
    ad_rule *rule = ad_rule_at(w->tape, op, which);
    if (UNLIKELY(rule == NULL || !rule->read)) rule = ad_rule_of(w->tape, op, which, w->function);
    if (rule == NULL) return false;
    if (rule->steps_count == 0) *p = rule->result < RULE_INPUTS ? inputs[rule->result] : rule->registers[rule->result];
    else {
        memcpy(rule->registers, inputs, count * sizeof *inputs);
        *p = ad_rule_run(rule);
    }
    return true;
}

/* ---------------------------------------------------------------------------------- n-ary nodes */

/* d(w.x)/dw = x along consecutive nodes w, x consecutive too or constants. (Nobody asks for the adjoint of a leaf.) */
static void sweep_row(const second_sweep *sweep, ad_span w, ad_span x, ad_dual s)
{
    ad_tape *t = sweep->tape;
    if (w.kind != SPAN_RUN) return;
    const bool constants = x.kind == SPAN_CONSTANTS;
    const double *values = constants ? t->constants + x.first : t->value + x.first;
    if (s.v != 0 && w.first >= t->leaf_prefix) t->kernels->axpy(sweep->adjoint + w.first, s.v, values, w.count);
    if (s.d != 0) ad_adjoints_add_run(t, w.first, w.count, s.d, values);
    if (s.v != 0 && !constants) ad_adjoints_add_run(t, w.first, w.count, s.v, t->tangent + x.first);
}

/* An n-ary operation over x alone, as a number with its tangent: what the rules call L and s. */
static bool over(const second_sweep *w, ad_op op, ad_span x, ad_dual *result)
{
    const ad_tape *t = w->tape;
    ad_dual inputs[RULE_INPUTS] = {{0, 0}}, p;
    *result = inputs[RULE_V] = (ad_dual){ad_nary_value_over(t, op, x), 0};
    inputs[RULE_N].v = x.count;
    for (uint32_t k = 0; k < x.count; k++) {
        inputs[RULE_X] = dual_at(t, element_reference(t, x.kind, x.first, k));
        if (inputs[RULE_X].d == 0) continue;
        if (!partial(w, op, 0, inputs, RULE_INPUTS, &p)) return false;
        result->d += p.v * inputs[RULE_X].d;
    }
    return true;
}

static bool shared_inputs(const second_sweep *w, uint32_t i, ad_op op, ad_span x, ad_span y, ad_dual *inputs)
{
    const ad_tape *t = w->tape;
    const ad_rule *rule = ad_rule_of(w->tape, op, 0, w->function);
    if (rule == NULL) return false;
    inputs[RULE_V] = (ad_dual){t->value[i], t->tangent[i]};
    inputs[RULE_N] = (ad_dual){x.count, 0};
    return (!ad_rule_depends(rule, RULE_L) || over(w, AD_OP_LOG_SUM_EXP, x, &inputs[RULE_L])) &&
           (!ad_rule_depends(rule, RULE_S) || over(w, AD_OP_SUM, y, &inputs[RULE_S]));
}

static bool sweep_nary(const second_sweep *w, uint32_t i, ad_dual s)
{
    ad_tape *t = w->tape;
    const ad_op op = ad_op_of_code(t->code[i]);
    ad_span x, y;
    ad_nary_spans(t, i, &x, &y);
    if (op == AD_OP_WEIGHTED_SUM && x.kind != SPAN_LIST && y.kind != SPAN_LIST) {
        sweep_row(w, x, y, s);
        sweep_row(w, y, x, s);
        return true;
    }
    ad_dual inputs[RULE_INPUTS] = {{0, 0}}, p;
    if (!shared_inputs(w, i, op, x, y, inputs)) return false;
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t to[2] = {element_reference(t, x.kind, x.first, k),
                                y.kind == 0 ? CONSTANT_BIT : element_reference(t, y.kind, y.first, k)};
        inputs[RULE_X] = dual_at(t, to[0]);
        if (y.kind != 0) inputs[RULE_Y] = dual_at(t, to[1]);
        for (unsigned which = 0; which < 2; which++) {
            if (to[which] & CONSTANT_BIT) continue;
            if (!partial(w, op, which, inputs, RULE_INPUTS, &p)) return false;
            contribute(w, to[which], s, p);
        }
    }
    return true;
}

/* ------------------------------------------------------------- operations of the program's own */

/* All outputs together, when the last of them that has anything to give is reached: after that none has. */
static bool sweep_custom(const second_sweep *w, uint32_t last)
{
    const uint32_t first = ad_custom_group_of(w->tape, last).first;
    if (!ad_custom_second(w->tape, last, w->adjoint, w->dot, w->function)) return false;
    memset(w->adjoint + first, 0, (last - first + 1) * sizeof *w->adjoint);
    memset(w->dot + first, 0, (last - first + 1) * sizeof *w->dot);
    return true;
}

/* ----------------------------------------------------------------------------------- the sweep */

/* Whether a partial derivative is nothing but this letter or digit: known when this is compiled. */
static inline bool is_just(const char *text, char what) { return text[0] == what && text[1] == '\0'; }

/* One operand of an elementary operation: a partial derivative that is a number or an operand needs no rule. */
#define CONTRIBUTE(OPERAND, WHICH, TEXT, OP)                               \
    do {                                                                   \
        ad_dual p = {0, 0};                                                \
        if (is_just(TEXT, '0')) break;                                     \
        if (is_just(TEXT, '1')) p.v = 1;                                   \
        else if (is_just(TEXT, 'a')) p = in[RULE_A];                       \
        else if (is_just(TEXT, 'b')) p = in[RULE_B];                       \
        else if (is_just(TEXT, 'c')) p = in[RULE_C];                       \
        else if (is_just(TEXT, 'v')) p = in[RULE_V];                       \
        else if (is_just((TEXT) + ((TEXT)[0] == '-'), '1')) p.v = -1;      \
        else if (!partial(w, OP, WHICH, in, RULE_V + 1, &p)) return false; \
        contribute(w, OPERAND, s, p);                                      \
    } while (0)

static bool sweep_node(const second_sweep *w, uint32_t i, ad_dual s)
{
    ad_tape *const t = w->tape;
    const uint32_t A = t->a[i], B = t->b[i];
    ad_dual in[RULE_V + 1];
    in[RULE_V] = (ad_dual){t->value[i], t->tangent[i]};
    switch (t->code[i]) {
#define AD_UNARY(ID, name, label, definition, value, da, ...) \
    case CODE_##ID: {                                         \
        in[RULE_A] = dual_of(t, A);                           \
        CONTRIBUTE(A, 0, #da, AD_OP_##ID);                    \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, value, da, db, ...) \
    case CODE_##ID: {                                              \
        in[RULE_A] = dual_of(t, A), in[RULE_B] = dual_of(t, B);    \
        CONTRIBUTE(A, 0, #da, AD_OP_##ID);                         \
        CONTRIBUTE(B, 1, #db, AD_OP_##ID);                         \
        break;                                                     \
    }                                                              \
    case CODE_##ID##_VC: {                                         \
        in[RULE_A] = dual_of(t, A), in[RULE_B] = dual_at(t, B);    \
        CONTRIBUTE(A, 0, #da, AD_OP_##ID);                         \
        break;                                                     \
    }                                                              \
    case CODE_##ID##_CV: {                                         \
        in[RULE_A] = dual_at(t, A), in[RULE_B] = dual_of(t, B);    \
        CONTRIBUTE(B, 1, #db, AD_OP_##ID);                         \
        break;                                                     \
    }
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, ...)   \
    case CODE_##ID: {                                                     \
        const uint32_t *const r = t->operands + A;                        \
        for (unsigned k = 0; k < 3; k++) in[k] = dual_at(t, r[k]);        \
        if (!(r[0] & CONSTANT_BIT)) CONTRIBUTE(r[0], 0, #da, AD_OP_##ID); \
        if (!(r[1] & CONSTANT_BIT)) CONTRIBUTE(r[1], 1, #db, AD_OP_##ID); \
        if (!(r[2] & CONSTANT_BIT)) CONTRIBUTE(r[2], 2, #dc, AD_OP_##ID); \
        break;                                                            \
    }
#include <autodiff/ops.def>
    case CODE_CUSTOM: return sweep_custom(w, i);
    default: return sweep_nary(w, i, s);
    }
    return true;
}

static bool sweep(const second_sweep *w, uint32_t end)
{
    const ad_tape *t = w->tape;
    for (uint32_t i = end; i-- > t->leaf_prefix;) {
        const ad_dual s = {w->adjoint[i], w->dot[i]};
        if ((s.v == 0 && s.d == 0) || t->code[i] == CODE_LEAF) continue;
        if (!sweep_node(w, i, s)) return false;
    }
    return true;
}

/* One product, from a direction of the inputs. */
static bool product(const second_sweep *w, uint32_t end, ad_span x, const double *v, double *result)
{
    ad_tape *t = w->tape;
    ad_tangents_along(t, x, v, 0, end);
    if (t->error != AD_OK) return false;
    const ad_adjoints kept = ad_adjoints_lend(t, w->dot, end - 1);
    memset(w->adjoint + t->zeroed, 0, (end - t->zeroed) * sizeof *w->adjoint);
    w->adjoint[end - 1] = 1;
    const bool done = sweep(w, end);
    ad_adjoints_give_back(t, &kept);
    if (done) ad_inputs_gather(x, w->dot, end, result);
    return done;
}

/* Makes ready for products from output y. */
static ad_status begin(second_sweep *w, ad_var y, ad_span x, const char *function)
{
    ad_tape *t = x.tape;
    ad_status status = is_const(y) ? AD_OK : ad_check_node(t, y, function, 1);
    if (status == AD_OK) status = ad_derivable(is_const(y) ? ad_no_outputs(x) : span_of(y), x, function);
    if (status == AD_OK) status = ad_room_for_tangents(t, function);
    if (status != AD_OK) return status;
    if (!ad_grow(t, &t->second, &t->second_capacity, 2 * (size_t)t->count, sizeof *t->second))
        return ad_fail(t, AD_ERR_MEMORY, function, "no memory for adjoints and their tangents");
    *w = (second_sweep){t, function, t->second, t->second + t->count};
    return AD_OK;
}

static ad_status hvp(ad_var y, ad_span x, const double *v, size_t k, double *products, const char *function)
{
    second_sweep w;
    const ad_status status = begin(&w, y, x, function);
    if (status != AD_OK) return status;
    for (size_t j = 0; j < k; j++, v += x.count, products += x.count)
        if (is_const(y)) memset(products, 0, x.count * sizeof *products);
        else if (!product(&w, y.index + 1, x, v, products)) return w.tape->error;
    return AD_OK;
}

ad_status ad_hvp(ad_var y, ad_span x, const double *v, size_t k, double *products)
{
    return hvp(y, x, v, k, products, "ad_hvp");
}

ad_status ad_hessian(ad_var y, ad_span x, double *hessian)
{
    static const char function[] = "ad_hessian";
    const size_t n = x.count, bytes = (n + 1) * sizeof(double);
    ad_status status = ad_derivable(ad_no_outputs(x), x, function);
    if (status != AD_OK) return status;
    double *v = ad_resize(x.tape, NULL, 0, bytes);
    if (v == NULL) return ad_fail(x.tape, AD_ERR_MEMORY, function, "no memory for a direction");
    memset(v, 0, bytes);
    for (size_t k = 0; k < n && status == AD_OK; k++) {
        v[k] = 1;
        status = hvp(y, x, v, 1, hessian + k * n, function);
        v[k] = 0;
    }
    ad_resize(x.tape, v, bytes, 0);
    return status;
}
