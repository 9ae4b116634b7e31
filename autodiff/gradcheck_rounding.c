/* SPDX-License-Identifier: MIT */
/* What rounding does to f beside x, to the gradient, and to the partial derivatives that it is made of. */
#include "gradcheck_internal.h"
#include "nary.h"

#include <math.h>

static double finite_or_0(double x) { return isfinite(x) ? x : 0; }

/* The smallest number of all, by which results may be off however small they are. */
static const double tiniest = 0x1p-1074;

/* --------------------------------------------------------------------- of values, and of the gradient */

double ad_gradcheck_size(const ad_checking *c, uint32_t i, size_t n)
{
    double size = fabs(c->tape->value[i]), largest = 0;
    for (size_t k = 0; k < n && n > 3; k++) size += fabs(finite_or_0(c->edges[k].partial * c->edges[k].value));
    if (c->tape->code[i] == CODE_LOG_SUM_EXP) return size + 1;
    if (c->tape->code[i] != CODE_SOFTMAX_CROSS_ENTROPY) return size;
    for (size_t k = 0; k < n / 2; k++) largest = fmax(largest, fabs(c->edges[k].value));
    for (size_t k = n / 2; k < n; k++) size += fabs(finite_or_0((1 + largest) * c->edges[k].value));
    return size;
}

/* Adds what operation i does: its tangent, and the errors of its value and of its tangent, as far as they reach f. */
static void touch_operation(ad_checking *c, uint32_t i, ad_rounding *r)
{
    const size_t n = ad_edges(node_handle(c->tape, i), c->edges, c->widest);
    const double s = fabs(c->adjoint[i]), size = ad_gradcheck_size(c, i, n);
    double tangents = 0, tangent = 0;
    for (size_t k = 0; k < n; k++) {
        const ad_edge *edge = &c->edges[k];
        if (is_const(edge->operand) || c->tangent[edge->operand.index] == 0) continue;
        const double term = edge->partial * c->tangent[edge->operand.index];
        tangent += term;
        tangents += fabs(term);
    }
    c->tangent[i] = tangent;
    if (!c->leads[i]) return;
    r->value += finite_or_0(s * (DBL_EPSILON * size + tiniest));
    r->derivative += finite_or_0(s * (DBL_EPSILON * tangents + tiniest) + fabs(tangent) * tiniest);
    const bool kink = ad_is_at_kink(c->tape, i), custom = c->tape->code[i] == CODE_CUSTOM;
    if ((kink || custom) && !r->kink && !r->custom) r->at = i;
    r->kink = r->kink || kink;
    r->custom = r->custom || custom;
}

ad_rounding ad_gradcheck_touch(ad_checking *c, ad_span leaves)
{
    ad_rounding r = {.value = 0};
    for (uint32_t k = 0; k < c->touched_count; k++) c->tangent[c->touched[k]] = 0;
    c->touched_count = 0;
    ad_mark_dependent(c->tape, leaves, c->end, c->varies);
    for (uint32_t i = c->tape->leaf_prefix; i < c->end; i++) {
        if (!c->varies[i] || c->tape->code[i] == CODE_LEAF) continue;
        c->touched[c->touched_count++] = i;
        touch_operation(c, i, &r);
    }
    r.value *= 2;
    r.derivative *= 4;
    return r;
}

/* ------------------------------------------------------------------------- of partial derivatives */

/* A rule's inputs, and their errors. */
typedef struct inputs {
    double value[RULE_INPUTS], error[RULE_INPUTS];
} inputs;

/* The error of L = log sum_k exp(x_k): what adding the largest x_k did to the logarithm of the others' sum. */
static double log_sum_error(const ad_tape *t, const nary *node, double L)
{
    double most = -INFINITY, total = 0;
    for (uint32_t k = 0; k < node->n; k++) most = fmax(most, element(t, node->x, k));
    for (uint32_t k = 0; k < node->n; k++) total += exp(element(t, node->x, k) - most);
    return fabs((L - most) - log(total)) + 4 * DBL_EPSILON * (1 + log(total));
}

static inputs inputs_of(ad_checking *c, uint32_t i, uint32_t k)
{
    const ad_tape *t = c->tape;
    const size_t n = ad_edges(node_handle(c->tape, i), c->edges, c->widest);
    const ad_op_info *info = ad_op_get(ad_op_of_code(t->code[i]));
    const double size = 4 * DBL_EPSILON * ad_gradcheck_size(c, i, n);
    inputs in = {.value = {[RULE_V] = t->value[i]}, .error = {[RULE_V] = size}};
    for (size_t e = 0; e < n && info->arity > 0; e++) in.value[e] = c->edges[e].value;
    if (info->arity > 0) return in;
    const nary node = nary_at(t, i);
    const shared with = ad_nary_shared(t, i, &node);
    in.value[RULE_X] = element(t, node.x, k % node.n);
    in.value[RULE_Y] = element(t, node.y, k % node.n);
    in.value[RULE_N] = with.n;
    in.value[RULE_L] = with.L;
    in.value[RULE_S] = with.s;
    for (uint32_t e = 0; e < node.n; e++) in.error[RULE_S] += DBL_EPSILON * fabs(element(t, node.y, e));
    if (node.code == CODE_LOG_SUM_EXP) in.error[RULE_V] = log_sum_error(t, &node, t->value[i]);
    if (node.code == CODE_SOFTMAX_CROSS_ENTROPY) in.error[RULE_L] = log_sum_error(t, &node, with.L);
    return in;
}

/* By how much one operation rounds: basic arithmetic tells. */
static double own_error(unsigned op, const ad_operands *at)
{
    const double a = at->a, b = op == AD_OP_SUB ? -at->b : at->b, v = at->v, b_in_v = v - a;
    switch (op) {
    case AD_OP_NEG:
    case AD_OP_ABS:
    case AD_OP_MAX:
    case AD_OP_MIN: return 0;
    case AD_OP_ADD:
    case AD_OP_SUB: return fabs((a - (v - b_in_v)) + (b - b_in_v));
    case AD_OP_MUL: return fabs(fma(a, b, -v)) + tiniest;
    case AD_OP_DIV: return fabs(fma(-v, b, a) / b) + tiniest;
    default: return 2 * DBL_EPSILON * fabs(v) + tiniest;
    }
}

/* The error of one step's result, from those of what it takes. */
static double error_of_step(const rule_step *step, const ad_dual *r, const double *error)
{
    double partial[3] = {1, 0, 0};
    const unsigned n = step_operands(step);
    const ad_operands at = {r[step->operand[0]].v, r[step->operand[1]].v, r[step->operand[2]].v, r[step->to].v};
    if (step->op == STEP_COPY) return error[step->operand[0]];
    double sum = own_error(step->op, &at);
    if (isnan(sum)) sum = 2 * DBL_EPSILON * fabs(at.v);
    ad_partials((ad_op)step->op, &at, partial);
    for (unsigned k = 0; k < n; k++) {
        const double by = error[step->operand[k]], operand = r[step->operand[k]].v;
        if (by == 0 || isnan(partial[k])) continue;
        sum += isinf(partial[k]) ? fabs(at.v) * (by / fabs(operand)) : fabs(partial[k]) * by;
    }
    return sum;
}

/* Runs the rule, and then goes the same way once more for the errors. */
static double error_of_rule(ad_rule *rule, const inputs *in)
{
    double error[RULE_MOST] = {0};
    for (unsigned k = 0; k < RULE_INPUTS; k++) {
        rule->registers[k] = (ad_dual){in->value[k], 0};
        error[k] = in->error[k];
    }
    ad_rule_run(rule);
    const ad_dual *r = rule->registers;
    for (unsigned at = 0; at < rule->steps_count; at++) {
        const rule_step *step = &rule->steps[at];
        if (step->op == STEP_JUMP || (step->op == STEP_JUMP_UNLESS && r[step->operand[0]].v == 0)) at = step->to - 1u;
        else if (step->op != STEP_JUMP_UNLESS) error[step->to] = error_of_step(step, r, error);
    }
    return isnan(error[rule->result]) ? INFINITY : error[rule->result] + tiniest;
}

ad_status ad_gradcheck_partial_error(ad_checking *c, uint32_t i, uint32_t k, double *error)
{
    const ad_op op = ad_op_of_code(c->tape->code[i]);
    *error = 0;
    if (op == AD_OP_CUSTOM) return AD_OK;
    const bool wide = ad_op_get(op)->arity < 0;
    const inputs in = inputs_of(c, i, k);
    const unsigned which = !wide ? k : nary_at(c->tape, i).n <= k;
    ad_rule *rule = ad_rule_of(c->tape, op, which, c->function);
    if (rule == NULL) return c->tape->error;
    *error = error_of_rule(rule, &in);
    return AD_OK;
}

ad_status ad_gradcheck_rules_error(ad_checking *c, double *sum)
{
    *sum = 0;
    for (uint32_t at = 0; at < c->touched_count; at++) {
        const uint32_t i = c->touched[at], n = ad_operand_count(c->tape, i);
        const double s = fabs(c->adjoint[i]);
        for (uint32_t k = 0; k < n && c->leads[i] && s != 0; k++) {
            const uint32_t x = ad_operand(c->tape, i, k);
            double error;
            if ((x & CONSTANT_BIT) || c->tangent[x] == 0) continue;
            const ad_status status = ad_gradcheck_partial_error(c, i, k, &error);
            if (status != AD_OK) return status;
            *sum += s * fabs(c->tangent[x]) * error;
        }
    }
    return AD_OK;
}
