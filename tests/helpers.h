/* SPDX-License-Identifier: MIT */
/* What the suites of the engine share: a seeded generator, comparisons, and random graphs as scripts that can be
 * recorded again and again. */
#ifndef TESTS_HELPERS_H
#define TESTS_HELPERS_H

#include <autodiff/autodiff.h>

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* --------------------------------------------------------------------------------- generator */

/* splitmix64 (Steele, Lea and Flood 2014): the same numbers everywhere for a seed. */
typedef struct generator {
    uint64_t state;
} generator;

static inline uint64_t next_bits(generator *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint32_t below(generator *g, uint32_t n) { return (uint32_t)((next_bits(g) >> 32) * n >> 32); }

static inline double uniform(generator *g, double low, double high)
{
    return low + (high - low) * ((double)(next_bits(g) >> 11) * 0x1p-53);
}

/* ------------------------------------------------------------------------------- comparisons */

static inline bool same_bits(double x, double y) { return memcmp(&x, &y, sizeof x) == 0; }

/* Equal, or both NaN, or within `tolerance`, relative where they are greater than 1. */
static inline bool near(double x, double y, double tolerance)
{
    if (x == y || (isnan(x) && isnan(y))) return true;
    const double scale = fmax(1, fmax(fabs(x), fabs(y)));
    return fabs(x - y) <= tolerance * scale;
}

#define assert_near(x, y, tolerance)                                                            \
    do {                                                                                        \
        const double x_ = (x), y_ = (y);                                                        \
        ck_assert_msg(near(x_, y_, tolerance), "%s is %.17g, but %s is %.17g", #x, x_, #y, y_); \
    } while (0)

#define assert_same_bits(x, y)                                                      \
    do {                                                                            \
        const double x_ = (x), y_ = (y);                                            \
        ck_assert_msg(same_bits(x_, y_), "%s is %a, but %s is %a", #x, x_, #y, y_); \
    } while (0)

static inline bool same_node(ad_var a, ad_var b) { return a.tape == b.tape && a.index == b.index; }

#define assert_ok(tape) ck_assert_msg(ad_tape_error(tape) == AD_OK, "the tape is in error: %s", ad_tape_message(tape))

/* The tape is in this error, with exactly this message; and then no more. */
#define assert_error(tape, status, message)               \
    do {                                                  \
        ck_assert_str_eq(ad_tape_message(tape), message); \
        ck_assert_int_eq(ad_tape_error(tape), status);    \
        ad_tape_clear_error(tape);                        \
    } while (0)

/* ---------------------------------------------------------------------------- random graphs */

/* An operation on earlier slots or constants. An n-ary one takes x_0, x_1 (and y_0, y_1). */
typedef struct script_step {
    ad_op op;
    unsigned n;
    bool is_constant[4];
    uint32_t slot[4];
    double constant[4];
} script_step;

enum { SCRIPT_LEAVES = 5, SCRIPT_STEPS = 25, SCRIPT_SLOTS = SCRIPT_LEAVES + SCRIPT_STEPS };

/* Slots 0 .. SCRIPT_LEAVES - 1 are leaves, the others the results of the steps. */
typedef struct script {
    double leaf[SCRIPT_LEAVES];
    script_step step[SCRIPT_STEPS];
} script;

static inline ad_var script_operand(const script_step *s, unsigned k, const ad_var *slots)
{
    return s->is_constant[k] ? ad_const(s->constant[k]) : slots[s->slot[k]];
}

static inline bool has_two_sequences(ad_op op)
{
    return ad_op_get(op)->arity < 0 && op != AD_OP_SUM && op != AD_OP_LOG_SUM_EXP;
}

static inline ad_var apply_nary(ad_op op, ad_span x, ad_span y)
{
    switch (op) {
    case AD_OP_WEIGHTED_SUM: return ad_weighted_sum(x, y);
    case AD_OP_SUM: return ad_sum(x);
    case AD_OP_HALF_SUM_OF_SQUARES: return ad_half_sum_of_squares(x, y);
    case AD_OP_SUM_OF_SQUARES: return ad_sum_of_squares(x, y);
    case AD_OP_MEAN_OF_SQUARES: return ad_mean_of_squares(x, y);
    case AD_OP_LOG_SUM_EXP: return ad_log_sum_exp(x);
    case AD_OP_SOFTMAX_CROSS_ENTROPY: return ad_softmax_cross_entropy(x, y);
    case AD_OP_LOGISTIC_CROSS_ENTROPY: return ad_logistic_cross_entropy(x, y);
    case AD_OP_BINARY_CROSS_ENTROPY: return ad_binary_cross_entropy(x, y);
    default: ck_abort_msg("operation %d is not n-ary, or missing here", (int)op);
    }
}

static inline ad_var record_step(ad_tape *tape, const script_step *s, const ad_var *slots)
{
    ad_var operands[4];
    for (unsigned k = 0; k < s->n; k++) operands[k] = script_operand(s, k, slots);
    if (ad_op_get(s->op)->arity > 0) return ad_apply(s->op, operands, s->n);
    const ad_span x = ad_gather(tape, operands, 2);
    return apply_nary(s->op, x, s->n == 4 ? ad_gather(tape, operands + 2, 2) : x);
}

/* Records the script; slots has room for SCRIPT_SLOTS handles. Slot `replaced` becomes a leaf with the given value
 * instead (SCRIPT_SLOTS: none does). */
static inline void record_replacing(ad_tape *tape, const script *s, ad_var *slots, size_t replaced, double value)
{
    for (size_t k = 0; k < SCRIPT_SLOTS; k++)
        slots[k] = k == replaced       ? ad_leaf(tape, value)
                   : k < SCRIPT_LEAVES ? ad_leaf(tape, s->leaf[k])
                                       : record_step(tape, &s->step[k - SCRIPT_LEAVES], slots);
}

static inline void record_script(ad_tape *tape, const script *s, ad_var *slots)
{
    record_replacing(tape, s, slots, SCRIPT_SLOTS, 0);
}

/* Whether value and partials of a node are finite and of moderate size. */
static inline bool is_moderate(ad_var node)
{
    ad_edge edges[4];
    const size_t n = ad_edges(node, edges, 4);
    if (!(fabs(ad_value(node)) <= 6)) return false;
    for (size_t k = 0; k < n; k++)
        if (!(fabs(edges[k].partial) <= 6)) return false;
    return true;
}

/* A step on the slots recorded so far, at least one operand of which is no constant. With `smooth`, no operation with
 * kinks, and none that takes integers only. */
static inline script_step random_step(generator *g, uint32_t slots, bool smooth)
{
    script_step s = {.op = AD_OP_LEAF};
    do s.op = (ad_op)(1 + below(g, AD_OP_COUNT - 1));
    while (smooth && (ad_op_get(s.op)->kink[0] != '\0' || s.op == AD_OP_POWI));
    const int arity = ad_op_get(s.op)->arity;
    s.n = arity > 0 ? (unsigned)arity : has_two_sequences(s.op) ? 4 : 2;
    const unsigned variable = below(g, s.n);
    for (unsigned k = 0; k < s.n; k++) {
        s.is_constant[k] = k != variable && below(g, 5) == 0;
        s.slot[k] = below(g, 2) == 0 && slots > 6 ? slots - 1 - below(g, 6) : below(g, slots);
        s.constant[k] = below(g, 4) == 0 ? (double)below(g, 4) : uniform(g, -2, 2);
    }
    return s;
}

/* A random graph, every node of which is of moderate size at the given leaves. Some nodes lead to no later one. */
static inline script random_script(generator *g, bool smooth)
{
    script s;
    ad_var slots[SCRIPT_SLOTS];
    ad_tape *tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
    for (uint32_t k = 0; k < SCRIPT_LEAVES; k++) slots[k] = ad_leaf(tape, s.leaf[k] = uniform(g, -2, 2));
    for (uint32_t k = 0; k < SCRIPT_STEPS; k++) {
        const ad_mark mark = ad_tape_mark(tape);
        for (;;) {
            s.step[k] = random_step(g, SCRIPT_LEAVES + k, smooth);
            slots[SCRIPT_LEAVES + k] = record_step(tape, &s.step[k], slots);
            if (is_moderate(slots[SCRIPT_LEAVES + k])) break;
            ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        }
    }
    assert_ok(tape);
    ad_tape_free(tape);
    return s;
}

#endif
