/* SPDX-License-Identifier: MIT */
/* The backward sweep, and reading what it leaves. */
#include <autodiff/gradcheck.h>

#include "internal.h"
#include "ops_math.h"

#include <math.h>

#define SMOOTH 0
#define KINK(at, side) (at)
#define BRANCH(side) 0

/* From node `end` - 1 down to `begin`: each adjoint s goes to the operands, times the partials of the row. `skip` is
 * the adjoint that is not propagated: 0, or a NaN (which equals nothing) to propagate all. */
static void sweep_nodes(ad_tape *t, uint32_t end, uint32_t begin, double skip)
{
    double *const adjoint = t->adjoint;
    const double *const value = t->value, *const constants = t->constants;
    const uint32_t *const A = t->a, *const B = t->b;
    size_t skipped = 0, kinks = 0, leaves = 0;
    for (uint32_t i = end; i-- > begin;) {
        const double s = adjoint[i];
        if (UNLIKELY(s == skip) && t->code[i] != CODE_WEIGHTED_SUM) {
            skipped += t->code[i] != CODE_LEAF;
            leaves += t->code[i] == CODE_LEAF;
            continue;
        }
        switch (t->code[i]) {
        case CODE_LEAF: leaves++; break;
#define AD_UNARY(ID, name, label, definition, VALUE, DA, kink, ...) \
    case CODE_##ID: {                                               \
        const double a = value[A[i]], v = value[i];                 \
        (void)a, (void)v;                                           \
        kinks += kink;                                              \
        adjoint[A[i]] += s * (DA);                                  \
        break;                                                      \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, kink, ...)                 \
    case CODE_##ID: {                                                                    \
        const double a = value[A[i]], b = value[B[i]], v = value[i];                     \
        (void)a, (void)b, (void)v;                                                       \
        kinks += kink;                                                                   \
        adjoint[A[i]] += s * (DA);                                                       \
        adjoint[B[i]] += s * (DB);                                                       \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_VC: {                                                               \
        const double a = value[A[i]], b = constants[B[i] & ~CONSTANT_BIT], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        kinks += kink;                                                                   \
        adjoint[A[i]] += s * (DA);                                                       \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_CV: {                                                               \
        const double a = constants[A[i] & ~CONSTANT_BIT], b = value[B[i]], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        kinks += kink;                                                                   \
        adjoint[B[i]] += s * (DB);                                                       \
        break;                                                                           \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, kink, ...)                           \
    case CODE_##ID: {                                                                                   \
        const uint32_t *const r = t->operands + A[i];                                                   \
        const double a = value_at(t, r[0]), b = value_at(t, r[1]), c = value_at(t, r[2]), v = value[i]; \
        (void)a, (void)b, (void)c, (void)v;                                                             \
        kinks += kink;                                                                                  \
        if (!(r[0] & CONSTANT_BIT)) adjoint[r[0]] += s * (DA);                                          \
        if (!(r[1] & CONSTANT_BIT)) adjoint[r[1]] += s * (DB);                                          \
        if (!(r[2] & CONSTANT_BIT)) adjoint[r[2]] += s * (DC);                                          \
        break;                                                                                          \
    }
#include <autodiff/ops.def>
        case CODE_WEIGHTED_SUM: i = ad_sums_sweep(t, i, skip, &skipped); break;
        case CODE_CUSTOM: i = ad_custom_sweep(t, i, skip, &skipped); break;
        default: ad_nary_sweep(t, i, s);
        }
    }
    t->skipped += skipped;
    t->kinks += kinks;
    t->steps += end - begin - skipped - leaves;
}

/* The whole sweep: groups as such, and what stands between them node by node. */
static void sweep(ad_tape *t, uint32_t end, double skip)
{
    t->skipped = t->kinks = t->steps = 0;
    for (uint32_t g = t->groups_count; g-- > 0;) {
        const ad_group *group = &t->groups[g];
        if (group->first + group->count > end) continue;
        sweep_nodes(t, end, group->first + group->count, skip);
        ad_group_sweep(t, group, skip);
        end = group->first;
    }
    if (end > t->leaf_prefix) sweep_nodes(t, end, t->leaf_prefix, skip);
}

/* --------------------------------------------------------------- step by step: watched, or planted */

/* The most operands that a node has. */
static size_t widest(ad_tape *t)
{
    size_t most = 3;
    for (uint32_t i = t->leaf_prefix; i < t->count; i++) {
        const size_t n = ad_arity_of(node_handle(t, i));
        if (n > most) most = n;
    }
    return most;
}

/* Whether a wrong rule is planted for edge k of a step. */
static bool is_planted(const ad_tape *t, const ad_sweep_step *step, size_t k)
{
    if (step->op != t->planted_op || t->planted_op == AD_OP_LEAF) return false;
    const ad_op_info *info = ad_op_get(step->op);
    size_t operand = k + 1;
    if (step->op != AD_OP_CUSTOM && info->arity < 0) operand = info->partial[1] != NULL && k >= step->count / 2 ? 2 : 1;
    return t->planted_operand == 0 || t->planted_operand == operand;
}

static void sweep_step(ad_tape *t, uint32_t i, double skip)
{
    const double s = t->adjoint[i];
    ad_sweep_step step = {.node = node_handle(t, i), .value = t->value[i], .adjoint = s, .skipped = s == skip};
    step.op = ad_op_of(step.node);
    step.kink = ad_is_at_kink(t, i);
    step.count = ad_edges(step.node, t->edges, t->edges_capacity);
    step.edges = t->edges;
    if (step.op == AD_OP_CUSTOM && t->error != AD_OK) {
        t->custom_failed = true;
        return;
    }
    for (size_t k = 0; k < step.count; k++) {
        ad_edge *edge = &t->edges[k];
        if (is_planted(t, &step, k)) edge->partial *= t->planted_factor;
        if (is_const(edge->operand)) continue;
        double *adjoint = &t->adjoint[edge->operand.index];
        if (!step.skipped) {
            edge->contribution = s * edge->partial;
            *adjoint += edge->contribution;
        }
        edge->adjoint = *adjoint;
    }
    t->skipped += step.skipped;
    t->steps += !step.skipped;
    t->kinks += !step.skipped && step.kink;
    if (t->watcher != NULL) t->watcher(t->watcher_user, &step); /* it may take itself away */
}

static void sweep_by_steps(ad_tape *t, uint32_t end, double skip)
{
    const uint32_t capacity = t->capacity;
    t->skipped = t->steps = t->kinks = 0;
    t->watching = WATCHING;
    t->capacity = t->count; /* so that constructors take their slow way, which refuses */
    for (uint32_t i = end; i-- > t->leaf_prefix && !t->custom_failed;)
        if (t->code[i] != CODE_LEAF) sweep_step(t, i, skip);
    t->capacity = capacity;
    t->watching = NOT_WATCHING;
}

/* Which of the two ways sweeps go from now on. */
static void choose_way(ad_tape *t) { t->step_by_step = t->watcher != NULL || t->planted_op != AD_OP_LEAF; }

void ad_watch(ad_tape *tape, ad_watcher watcher, void *user)
{
    if (tape == NULL) return;
    tape->watcher = watcher;
    tape->watcher_user = user;
    choose_way(tape);
}

ad_status ad_plant_error(ad_tape *tape, ad_op op, unsigned operand, double factor)
{
    static const char function[] = "ad_plant_error";
    if (tape == NULL) return AD_ERR_HANDLE;
    if (tape->watching) return ad_not_watching(tape, function);
    const ad_op_info *info = ad_op_get(op);
    if (info == NULL || op == AD_OP_LEAF)
        return ad_fail(tape, AD_ERR_ARGUMENT, function, "operation %u has no rule", (unsigned)op);
    const unsigned most = info->arity > 0 ? (unsigned)info->arity : info->partial[1] != NULL ? 2 : 1;
    if (op != AD_OP_CUSTOM && operand > most)
        return ad_fail(tape, AD_ERR_ARGUMENT, function, "'%s' has no operand %u", info->name, operand);
    tape->planted_op = factor == 1 ? AD_OP_LEAF : (uint8_t)op;
    tape->planted_operand = operand;
    tape->planted_factor = factor;
    choose_way(tape);
    return AD_OK;
}

void ad_sweep_node(ad_tape *t, uint32_t i)
{
    if (t->step_by_step) sweep_step(t, i, 0);
    else sweep_nodes(t, i + 1, i, 0);
}

/* ----------------------------------------------------------------------------------- backward */

static ad_status check_sweep(ad_tape *t, const ad_var *outs, size_t n, const char *function)
{
    if (t->watching) return ad_not_watching(t, function);
    if (t->error != AD_OK) return t->error;
    if (t->values_stale)
        return ad_fail(t, AD_ERR_STALE, function,
                       "a leaf was set since these values were computed: ad_reevaluate first");
    for (size_t k = 0; k < n; k++) {
        const ad_status status = ad_check_node(t, outs[k], function, (unsigned)k + 1);
        if (status != AD_OK) return status;
    }
    ad_status status = ad_room_for_adjoints(t, function);
    if (status == AD_OK && t->step_by_step && !ad_grow(t, &t->edges, &t->edges_capacity, widest(t), sizeof *t->edges))
        status = ad_fail(t, AD_ERR_MEMORY, function, "no memory for the edges of a node");
    return status;
}

/* An operation of the program's own had no derivative: what there is of a gradient is none, and no part of a sum. */
COLD static ad_status failed(ad_tape *t)
{
    t->custom_failed = false;
    t->grad_count = 0;
    t->accumulate_anew = true;
    return t->error != AD_OK ? t->error : AD_ERR_CUSTOM;
}

static ad_status backward(ad_tape *t, const ad_var *outs, const double *seeds, size_t n, const char *function)
{
    const ad_status status = check_sweep(t, outs, n, function);
    if (status != AD_OK) return status;
    uint32_t end = 0, bulk = t->step_by_step ? 0 : t->bulk_end < t->leaf_prefix ? t->bulk_end : t->leaf_prefix;
    for (size_t k = 0; k < n; k++) {
        if (outs[k].index < bulk) bulk = outs[k].index;
        if (outs[k].index >= end) end = outs[k].index + 1;
    }
    ad_adjoints_clear(t, bulk);
    for (size_t k = 0; k < n; k++) t->adjoint[outs[k].index] += seeds[k];
    (t->step_by_step ? sweep_by_steps : sweep)(t, end, t->propagate_zeros ? (double)NAN : 0.0);
    ad_adjoints_finish(t);
    t->grad_count = t->count;
    t->gradient_stale = false;
    return UNLIKELY(t->custom_failed) ? failed(t) : t->error; /* a watcher may have made one */
}

ad_status ad_backward(ad_var out)
{
    static const char function[] = "ad_backward";
    const double seed = 1;
    if (out.tape == NULL || is_const(out)) return ad_check_node(NULL, out, function, 0);
    return backward(out.tape, &out, &seed, 1, function);
}

ad_status ad_backward_from(const ad_var *outs, const double *seeds, size_t n)
{
    static const char function[] = "ad_backward_from";
    for (size_t k = 0; k < n; k++)
        if (outs[k].tape != NULL && !is_const(outs[k])) return backward(outs[k].tape, outs, seeds, n, function);
    return AD_ERR_HANDLE;
}

void ad_propagate_zeros(ad_tape *tape, bool on)
{
    if (tape != NULL) tape->propagate_zeros = on;
}

ad_status ad_accumulate(ad_span leaves)
{
    static const char function[] = "ad_accumulate";
    ad_tape *t = leaves.tape;
    if (leaves.count == 0 && t != NULL && t->accumulate_count == 0 && !t->watching)
        return ad_check_span(t, leaves, function, 0);
    ad_status status = ad_check_leaves(leaves, function);
    if (status == AD_OK) status = ad_not_watching(t, function);
    if (status == AD_OK) status = ad_room_for_adjoints(t, function);
    if (status != AD_OK) return status;
    t->accumulate_first = leaves.first;
    t->accumulate_count = leaves.count;
    t->accumulate_anew = true;
    if (leaves.count > 0) t->grad_count = 0;
    return AD_OK;
}

void ad_sweep_beside(ad_tape *t, double *adjoints, ad_span outs, const double *seeds)
{
    const size_t steps = t->steps, skipped = t->skipped, kinks = t->kinks;
    uint32_t bulk = t->count;
    for (uint32_t k = 0; k < outs.count; k++) {
        const uint32_t out = element_reference(t, outs.kind, outs.first, k);
        if (out < bulk) bulk = out;
    }
    const ad_adjoints kept = ad_adjoints_lend(t, adjoints, bulk);
    for (uint32_t k = 0; k < outs.count; k++) {
        const uint32_t out = element_reference(t, outs.kind, outs.first, k);
        if (!(out & CONSTANT_BIT)) adjoints[out] += seeds[k];
    }
    sweep(t, ad_outputs_end(outs), t->propagate_zeros ? (double)NAN : 0.0);
    ad_adjoints_give_back(t, &kept);
    t->custom_failed = false; /* the error says it */
    t->steps = steps, t->skipped = skipped, t->kinks = kinks;
}

/* ------------------------------------------------------------------------- reading the gradient */

static ad_status check_gradient(ad_tape *t, uint32_t end, const char *function)
{
    if (end > t->grad_count)
        return ad_fail(t, AD_ERR_NO_GRADIENT, function, "no sweep since node %u was recorded", end - 1);
    if (t->gradient_stale) return ad_fail(t, AD_ERR_STALE, function, "a leaf was set since the last sweep");
    return AD_OK;
}

double ad_grad(ad_var a)
{
    static const char function[] = "ad_grad";
    if (ad_check_node(NULL, a, function, 0) != AD_OK) return (double)NAN;
    return check_gradient(a.tape, a.index + 1, function) == AD_OK ? a.tape->adjoint[a.index] : (double)NAN;
}

const double *ad_grads(ad_span span)
{
    static const char function[] = "ad_grads";
    if (ad_check_span(NULL, span, function, 0) != AD_OK) return NULL;
    if (span.kind != SPAN_RUN) {
        ad_fail(span.tape, AD_ERR_ARGUMENT, function, "the elements are not consecutive nodes");
        return NULL;
    }
    if (check_gradient(span.tape, span.first + span.count, function) != AD_OK) return NULL;
    return span.tape->adjoint + span.first;
}
