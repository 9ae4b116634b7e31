/* SPDX-License-Identifier: MIT */
/* The sweep written onto the tape as nodes: what ad_backward computes, recorded. */
#include <autodiff/derivatives.h>

#include "rules.h"
#include "text_cells.h"

#include <string.h>

typedef struct recorder {
    ad_tape *tape;
    const char *function;
    uint32_t end;     /* one more than the last output */
    uint8_t *depends; /* which nodes below depend on the inputs */
    ad_var *adjoints; /* of the nodes below `end`: the invalid handle where there is none yet */
    text_cells known; /* the elementary operations that stand on the tape, with what they are applied to */
    uint32_t *nodes;  /* of each cell of `known` */
    uint32_t nodes_capacity;
} recorder;

static const ad_var none = {NULL, 0, 0};

/* -------------------------------------------------------------- nodes, simplified and only once */

/* Operands as words: a node's index, or a constant's bits; a + b is b + a. */
enum { OPERAND_WORDS = 3, MOST_WORDS = 3 * OPERAND_WORDS };

static uint32_t words_of(ad_op op, const ad_var *operands, unsigned n, uint32_t *words)
{
    ad_var x[3] = {operands[0], n > 1 ? operands[1] : none, n > 2 ? operands[2] : none};
    if ((op == AD_OP_ADD || op == AD_OP_MUL) && x[0].index > x[1].index) {
        x[0] = operands[1];
        x[1] = operands[0];
    }
    for (unsigned k = 0; k < n; k++) {
        words[OPERAND_WORDS * k] = is_const(x[k]);
        words[OPERAND_WORDS * k + 1] = x[k].index;
        words[OPERAND_WORDS * k + 2] = is_const(x[k]) ? x[k].generation : 0;
    }
    return OPERAND_WORDS * n;
}

/* The place of the node of this operation in `nodes`; NULL: no memory. Where there is none yet, it is 0, as no
 * operation is. */
static uint32_t *node_known(recorder *r, ad_op op, const ad_var *x, unsigned n)
{
    uint32_t words[MOST_WORDS], cell;
    const uint32_t before = r->known.count;
    if (ad_text_cell(&r->known, op, words, words_of(op, x, n, words), &cell) &&
        ad_grow(r->tape, &r->nodes, &r->nodes_capacity, r->known.count, sizeof *r->nodes)) {
        if (r->known.count > before) r->nodes[cell] = 0;
        return &r->nodes[cell];
    }
    ad_fail(r->tape, AD_ERR_MEMORY, r->function, "no memory to look for operations recorded before");
    return NULL;
}

static bool learn(recorder *r)
{
    ad_tape *t = r->tape;
    for (uint32_t i = t->leaf_prefix; i < t->count; i++) {
        ad_var x[3];
        const ad_op op = ad_op_of_code(t->code[i]);
        const int arity = ad_op_get(op)->arity;
        if (arity <= 0) continue;
        for (uint32_t k = 0; k < (uint32_t)arity; k++) x[k] = ad_handle(t, ad_operand(t, i, k));
        uint32_t *known = node_known(r, op, x, (unsigned)arity);
        if (known == NULL) return false;
        if (*known == 0) *known = i;
    }
    return true;
}

static bool is_number(ad_var x, double number) { return is_const(x) && const_value(x) == number; }

static ad_var record(recorder *r, ad_op op, const ad_var *x, unsigned n)
{
    bool constant = true;
    for (unsigned k = 0; k < n; k++) constant = constant && is_const(x[k]);
    if (constant) return ad_apply(op, x, n);
    uint32_t *known = node_known(r, op, x, n);
    if (known == NULL) return none;
    if (*known != 0) return node_handle(r->tape, *known);
    const ad_var v = ad_apply(op, x, n);
    *known = v.index;
    return v;
}

static ad_var negated(recorder *r, ad_var x)
{
    if (!is_const(x) && ad_op_of(x) == AD_OP_NEG) return ad_handle(r->tape, ad_operand(r->tape, x.index, 0));
    return record(r, AD_OP_NEG, &x, 1);
}

/* What an operation with an operand 0, 1 or -1 is without it; the invalid handle: nothing simpler. */
static ad_var simpler(recorder *r, ad_op op, const ad_var *x)
{
    switch (op) {
    case AD_OP_NEG: return ad_op_of(x[0]) == AD_OP_NEG ? negated(r, x[0]) : none;
    case AD_OP_ADD: return is_number(x[0], 0) ? x[1] : is_number(x[1], 0) ? x[0] : none;
    case AD_OP_SUB: return is_number(x[1], 0) ? x[0] : is_number(x[0], 0) ? negated(r, x[1]) : none;
    case AD_OP_MUL:
        if (is_number(x[0], 0) || is_number(x[1], 0)) return ad_const(0);
        if (is_number(x[0], 1) || is_number(x[1], 1)) return is_number(x[0], 1) ? x[1] : x[0];
        return is_number(x[0], -1) ? negated(r, x[1]) : is_number(x[1], -1) ? negated(r, x[0]) : none;
    case AD_OP_DIV:
        if (is_number(x[1], 1) || is_number(x[0], 0)) return x[0];
        return is_number(x[1], -1) ? negated(r, x[0]) : none;
    case AD_OP_POW:
    case AD_OP_POWI: return is_number(x[1], 1) ? x[0] : none;
    default: return none;
    }
}

static ad_var apply(recorder *r, ad_op op, const ad_var *x, unsigned n)
{
    const ad_var v = simpler(r, op, x);
    return v.tape != NULL ? v : record(r, op, x, n);
}

static ad_var apply2(recorder *r, ad_op op, ad_var a, ad_var b) { return apply(r, op, (ad_var[]){a, b}, 2); }

/* ------------------------------------------------------------------------------ rules as nodes */

/* The steps that the present values take, in order, but for those that only decide which; returns how many. */
static unsigned steps_taken(const ad_rule *rule, uint8_t *taken)
{
    unsigned count = 0;
    for (unsigned at = 0; at < rule->steps_count; at++) {
        const rule_step *step = &rule->steps[at];
        if (step->op == STEP_JUMP || (step->op == STEP_JUMP_UNLESS && rule->registers[step->operand[0]].v == 0))
            at = step->to - 1u;
        else if (step->op != STEP_JUMP_UNLESS) taken[count++] = (uint8_t)at;
    }
    bool needed[RULE_MOST] = {false};
    needed[rule->result] = true;
    for (unsigned k = count; k-- > 0;) {
        const rule_step *step = &rule->steps[taken[k]];
        if (!needed[step->to]) taken[k] = UINT8_MAX;
        for (unsigned j = 0; needed[step->to] && j < step_operands(step); j++) needed[step->operand[j]] = true;
    }
    return count;
}

/* The partial derivative as a node or constant, from its inputs. */
static ad_var record_rule(recorder *r, ad_op op, unsigned which, const ad_var *inputs)
{
    ad_var registers[RULE_MOST];
    uint8_t taken[RULE_MOST];
    ad_rule *rule = ad_rule_of(r->tape, op, which, r->function);
    if (rule == NULL) return none;
    for (unsigned k = 0; k < RULE_INPUTS; k++)
        rule->registers[k] = (ad_dual){inputs[k].tape == NULL ? 0 : ad_value(inputs[k]), 0};
    ad_rule_run(rule);
    for (unsigned k = 0; k < rule->registers_count; k++)
        registers[k] = k < RULE_INPUTS ? inputs[k] : ad_const(rule->registers[k].v);
    const unsigned count = steps_taken(rule, taken);
    for (unsigned k = 0; k < count; k++) {
        if (taken[k] == UINT8_MAX) continue;
        const rule_step *step = &rule->steps[taken[k]];
        ad_var x[3];
        for (unsigned j = 0; j < step_operands(step); j++) x[j] = registers[step->operand[j]];
        registers[step->to] = step->op == STEP_COPY ? x[0] : apply(r, (ad_op)step->op, x, step_operands(step));
        if (registers[step->to].tape == NULL) return none;
    }
    return registers[rule->result];
}

/* ----------------------------------------------------------------------------------- the sweep */

/* adjoint(operand) += s * partial */
static bool contribute(recorder *r, uint32_t operand, ad_var s, ad_var partial)
{
    ad_var *adjoint = &r->adjoints[operand];
    if (partial.tape == NULL) return false;
    if (adjoint->tape != NULL && is_number(partial, -1)) *adjoint = apply2(r, AD_OP_SUB, *adjoint, s);
    else {
        const ad_var contribution = apply2(r, AD_OP_MUL, s, partial);
        if (contribution.tape == NULL) return false;
        *adjoint = adjoint->tape == NULL ? contribution : apply2(r, AD_OP_ADD, *adjoint, contribution);
    }
    return adjoint->tape != NULL;
}

static bool wants(const recorder *r, uint32_t reference)
{
    return !(reference & CONSTANT_BIT) && r->depends[reference];
}

static bool sweep_elementary(recorder *r, uint32_t i, ad_op op, uint32_t arity, ad_var s)
{
    ad_tape *t = r->tape;
    ad_var inputs[RULE_INPUTS] = {none};
    for (uint32_t k = 0; k < arity; k++) inputs[k] = ad_handle(t, ad_operand(t, i, k));
    inputs[RULE_V] = node_handle(t, i);
    for (uint32_t k = 0; k < arity; k++) {
        const uint32_t operand = ad_operand(t, i, k);
        if (wants(r, operand) && !contribute(r, operand, s, record_rule(r, op, k, inputs))) return false;
    }
    return true;
}

/* L and s of an n-ary node, where its rules name them. */
static bool record_shared(recorder *r, uint32_t i, ad_op op, ad_var *inputs)
{
    const ad_rule *rule = ad_rule_of(r->tape, op, 0, r->function);
    if (rule == NULL) return false;
    inputs[RULE_L] = inputs[RULE_S] = ad_const(0);
    ad_span x, y;
    ad_nary_spans(r->tape, i, &x, &y);
    if (ad_rule_depends(rule, RULE_L)) inputs[RULE_L] = ad_log_sum_exp(x);
    if (ad_rule_depends(rule, RULE_S)) inputs[RULE_S] = ad_sum(y);
    return inputs[RULE_L].tape != NULL && inputs[RULE_S].tape != NULL;
}

static bool sweep_nary(recorder *r, uint32_t i, ad_op op, ad_var s)
{
    ad_tape *t = r->tape;
    const uint32_t count = ad_operand_count(t, i);
    const bool pairs = ad_op_get(op)->partial[1] != NULL;
    const uint32_t n = pairs ? count / 2 : count;
    ad_var inputs[RULE_INPUTS] = {none};
    inputs[RULE_V] = node_handle(t, i);
    inputs[RULE_N] = ad_const(n);
    if (!record_shared(r, i, op, inputs)) return false;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t operand = ad_operand(t, i, k);
        if (!wants(r, operand)) continue;
        inputs[RULE_X] = ad_handle(t, ad_operand(t, i, k % n));
        if (pairs) inputs[RULE_Y] = ad_handle(t, ad_operand(t, i, n + k % n));
        if (!contribute(r, operand, s, record_rule(r, op, k / n, inputs))) return false;
    }
    return true;
}

/* All outputs together, when the last of them that has an adjoint is reached: after that none has. */
static bool sweep_custom(recorder *r, uint32_t last)
{
    const ad_custom_group g = ad_custom_group_of(r->tape, last);
    const size_t bytes = ((size_t)g.n + g.m) * sizeof(ad_var);
    ad_var *const seeds = ad_resize(r->tape, NULL, 0, bytes);
    if (seeds == NULL) {
        ad_fail(r->tape, AD_ERR_MEMORY, r->function, "no memory for %u operands and %u outputs", g.n, g.m);
        return false;
    }
    for (uint32_t j = 0; j < g.m; j++) {
        const uint32_t output = g.first + j;
        const bool given = output <= last && r->adjoints[output].tape != NULL;
        seeds[j] = given ? r->adjoints[output] : ad_const(0);
        if (given) r->adjoints[output] = none;
    }
    ad_var *const products = seeds + g.m;
    bool done = ad_custom_record(r->tape, last, seeds, products, r->function);
    for (uint32_t k = 0; k < g.n && done; k++) {
        const uint32_t operand = ad_custom_group_of(r->tape, last).references[k];
        if (wants(r, operand)) done = contribute(r, operand, products[k], ad_const(1));
    }
    ad_resize(r->tape, seeds, bytes, 0);
    return done;
}

static bool sweep(recorder *r)
{
    ad_tape *t = r->tape;
    for (uint32_t i = r->end; i-- > t->leaf_prefix;) {
        const ad_var s = r->adjoints[i];
        const ad_op op = ad_op_of_code(t->code[i]);
        if (s.tape == NULL || is_number(s, 0) || op == AD_OP_LEAF) continue;
        const int arity = ad_op_get(op)->arity;
        const bool done = op == AD_OP_CUSTOM ? sweep_custom(r, i)
                          : arity > 0        ? sweep_elementary(r, i, op, (uint32_t)arity, s)
                                             : sweep_nary(r, i, op, s);
        if (!done) return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------------ the calls */

static bool seed(recorder *r, const ad_var *ys, const ad_var *seeds, size_t k)
{
    for (uint32_t i = 0; i < r->end; i++) r->adjoints[i] = none;
    for (size_t j = 0; j < k; j++)
        if (!is_const(ys[j]) && r->depends[ys[j].index] && !contribute(r, ys[j].index, seeds[j], ad_const(1)))
            return false;
    return true;
}

static ad_span gather_gradient(recorder *r, ad_span x)
{
    const size_t bytes = ((size_t)x.count + 1) * sizeof(ad_var);
    ad_var *gradient = ad_resize(r->tape, NULL, 0, bytes);
    if (gradient == NULL) {
        ad_fail(r->tape, AD_ERR_MEMORY, r->function, "no memory for the gradient");
        return INVALID_SPAN;
    }
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t input = element_reference(r->tape, x.kind, x.first, k);
        const bool reached = input < r->end && r->adjoints[input].tape != NULL;
        gradient[k] = reached ? r->adjoints[input] : ad_const(0);
    }
    const ad_span span = ad_gather(r->tape, gradient, x.count);
    ad_resize(r->tape, gradient, bytes, 0);
    return span;
}

static ad_span record_gradient(recorder *r, const ad_var *ys, const ad_var *seeds, size_t k, ad_span x)
{
    ad_tape *t = r->tape;
    ad_span gradient = INVALID_SPAN;
    const size_t nodes = (size_t)r->end + 1;
    r->depends = ad_resize(t, NULL, 0, nodes);
    r->adjoints = ad_resize(t, NULL, 0, nodes * sizeof *r->adjoints);
    r->known.tape = t;
    if (r->depends == NULL || r->adjoints == NULL || !ad_undo_ready(t))
        ad_fail(t, AD_ERR_MEMORY, r->function, "no memory for the adjoints");
    else {
        ad_mark_dependent(t, x, r->end, r->depends);
        if (learn(r) && seed(r, ys, seeds, k) && sweep(r)) gradient = gather_gradient(r, x);
    }
    ad_resize(t, r->depends, r->depends == NULL ? 0 : nodes, 0);
    ad_resize(t, r->adjoints, r->adjoints == NULL ? 0 : nodes * sizeof *r->adjoints, 0);
    ad_release(t, &r->nodes, r->nodes_capacity, sizeof *r->nodes);
    ad_text_cells_free(&r->known);
    return gradient;
}

/* Outputs and seeds are nodes of the tape or constants. */
static bool check(ad_tape *t, const ad_var *ys, const ad_var *seeds, size_t k, const char *function)
{
    for (size_t j = 0; j < k; j++)
        if ((!is_const(ys[j]) && ad_check_node(t, ys[j], function, (unsigned)j + 1) != AD_OK) ||
            (!is_const(seeds[j]) && ad_check_node(t, seeds[j], function, (unsigned)j + 1) != AD_OK))
            return false;
    return true;
}

static ad_span from(const ad_var *ys, const ad_var *seeds, size_t k, ad_span x, const char *function)
{
    ad_tape *t = x.tape;
    if (ad_derivable(ad_no_outputs(x), x, function) != AD_OK || !check(t, ys, seeds, k, function)) return INVALID_SPAN;
    recorder r = {.tape = t, .function = function};
    for (size_t j = 0; j < k; j++)
        if (!is_const(ys[j]) && ys[j].index >= r.end) r.end = ys[j].index + 1;
    const ad_mark mark = ad_tape_mark(t);
    const ad_span gradient = record_gradient(&r, ys, seeds, k, x);
    if (gradient.tape == NULL) ad_undo(t, mark);
    return gradient;
}

ad_span ad_record_gradient(ad_var y, ad_span x)
{
    const ad_var one = ad_const(1);
    return from(&y, &one, 1, x, "ad_record_gradient");
}

ad_span ad_record_gradient_from(const ad_var *ys, const ad_var *seeds, size_t k, ad_span x)
{
    return from(ys, seeds, k, x, "ad_record_gradient_from");
}
