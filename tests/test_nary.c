/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

/* For the tests of the vector loops themselves. */
#include "../autodiff/kernels.h"
#include "sanitized.h"

#include "helpers.h"
#include "run_suite.h"

#include <stdlib.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* ------------------------------------------------------------- the operations, as plain formulas */

typedef long double wide;

static wide log_sum_exp(const double *x, size_t n)
{
    wide most = x[0], total = 0;
    for (size_t k = 1; k < n; k++) most = x[k] > most ? x[k] : most;
    for (size_t k = 0; k < n; k++) total += expl(x[k] - most);
    return most + logl(total);
}

/* p log q, where 0 log 0 = 0. */
static wide times_log(wide p, wide q) { return p == 0 ? 0 : p * logl(q); }

static wide softplus(wide x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }

static wide value_of(ad_op op, const double *x, const double *y, size_t n)
{
    wide total = 0;
    if (op == AD_OP_LOG_SUM_EXP) return log_sum_exp(x, n);
    for (size_t k = 0; k < n; k++) {
        const wide p = x[k], q = y[k];
        switch (op) {
        case AD_OP_WEIGHTED_SUM: total += p * q; break;
        case AD_OP_SUM: total += p; break;
        case AD_OP_HALF_SUM_OF_SQUARES: total += (p - q) * (p - q) / 2; break;
        case AD_OP_SUM_OF_SQUARES: total += (p - q) * (p - q); break;
        case AD_OP_MEAN_OF_SQUARES: total += (p - q) * (p - q) / n; break;
        case AD_OP_SOFTMAX_CROSS_ENTROPY: total += q * (log_sum_exp(x, n) - p); break;
        case AD_OP_LOGISTIC_CROSS_ENTROPY: total += softplus(p) - q * p; break;
        case AD_OP_BINARY_CROSS_ENTROPY: total -= times_log(q, p) + times_log(1 - q, 1 - p); break;
        default: ck_abort_msg("no formula for operation %d", (int)op);
        }
    }
    return total;
}

static wide partial_x(ad_op op, const double *x, const double *y, size_t n, size_t k)
{
    const wide p = x[k], q = y[k];
    wide s = 0;
    switch (op) {
    case AD_OP_WEIGHTED_SUM: return q;
    case AD_OP_SUM: return 1;
    case AD_OP_HALF_SUM_OF_SQUARES: return p - q;
    case AD_OP_SUM_OF_SQUARES: return 2 * (p - q);
    case AD_OP_MEAN_OF_SQUARES: return 2 * (p - q) / n;
    case AD_OP_LOG_SUM_EXP: return expl(p - log_sum_exp(x, n));
    case AD_OP_SOFTMAX_CROSS_ENTROPY:
        for (size_t j = 0; j < n; j++) s += y[j];
        return s * expl(p - log_sum_exp(x, n)) - q;
    case AD_OP_LOGISTIC_CROSS_ENTROPY: return 1 / (1 + expl(-p)) - q;
    default: return (p - q) / (p * (1 - p));
    }
}

static wide partial_y(ad_op op, const double *x, const double *y, size_t n, size_t k)
{
    const wide p = x[k];
    switch (op) {
    case AD_OP_WEIGHTED_SUM: return p;
    case AD_OP_SOFTMAX_CROSS_ENTROPY: return log_sum_exp(x, n) - p;
    case AD_OP_LOGISTIC_CROSS_ENTROPY: return -p;
    case AD_OP_BINARY_CROSS_ENTROPY: return logl(1 - p) - logl(p);
    default: return -partial_x(op, x, y, n, k);
    }
}

static bool is_nary(ad_op op) { return ad_op_get(op)->arity < 0; }

/* Where x is of outputs between 0 and 1, not of any number. */
static bool takes_outputs(ad_op op) { return op == AD_OP_BINARY_CROSS_ENTROPY; }

/* ----------------------------------------------------------------------- every shape of operand */

enum { MOST = 70 };
enum { RUN_OF_LEAVES, CONSTANTS, LIST_OF_LEAVES, MIXED_LIST, DUPLICATES, OPERATIONS, SHAPES };

static const char *const shape_names[] = {"leaves", "constants", "list", "mixed list", "duplicates", "operations"};

typedef struct operand {
    int shape;
    ad_span span;
    double values[MOST];
    ad_var vars[MOST]; /* the elements; constants where they are */
} operand;

static void make_operand(operand *o, int shape, size_t n, bool outputs, generator *g)
{
    o->shape = shape;
    for (size_t k = 0; k < n; k++) o->values[k] = outputs ? uniform(g, 0.05, 0.95) : uniform(g, -2, 2);
    if (shape == DUPLICATES)
        for (size_t k = 1; k < n; k++)
            if (below(g, 2)) o->values[k] = o->values[0];
    switch (shape) {
    case CONSTANTS: o->span = ad_constants(tape, o->values, n); break;
    case OPERATIONS: o->span = ad_each(AD_OP_NEG, ad_each(AD_OP_NEG, ad_leaves(tape, o->values, n))); break;
    default: o->span = ad_leaves(tape, o->values, n);
    }
    for (size_t k = 0; k < n; k++) o->vars[k] = ad_at(o->span, k);
    if (shape == MIXED_LIST)
        for (size_t k = 0; k < n; k++)
            if (below(g, 2)) o->vars[k] = ad_const(o->values[k]);
    if (shape == DUPLICATES)
        for (size_t k = 1; k < n; k++)
            if (o->values[k] == o->values[0]) o->vars[k] = o->vars[0];
    if (shape == LIST_OF_LEAVES)
        for (size_t k = 0; k < n; k++) {
            const size_t j = below(g, (uint32_t)n);
            const ad_var var = o->vars[k];
            const double value = o->values[k];
            o->vars[k] = o->vars[j], o->values[k] = o->values[j];
            o->vars[j] = var, o->values[j] = value;
        }
    if (shape == LIST_OF_LEAVES || shape == MIXED_LIST || shape == DUPLICATES) o->span = ad_gather(tape, o->vars, n);
}

/* The expected adjoint of element j of an operand: the sum over the places where its node stands. */
static wide expected_adjoint(ad_op op, const operand *x, const operand *y, size_t n, ad_var node)
{
    wide total = 0;
    for (size_t k = 0; k < n; k++) {
        if (!ad_is_const(x->vars[k]) && same_node(x->vars[k], node)) total += partial_x(op, x->values, y->values, n, k);
        if (has_two_sequences(op) && !ad_is_const(y->vars[k]) && same_node(y->vars[k], node))
            total += partial_y(op, x->values, y->values, n, k);
    }
    return total;
}

static void check_operand(ad_op op, const operand *o, const operand *x, const operand *y, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (ad_is_const(o->vars[k])) continue;
        const double grad = ad_grad(o->vars[k]), expected = (double)expected_adjoint(op, x, y, n, o->vars[k]);
        ck_assert_msg(near(grad, expected, 1e-13 * (double)n),
                      "%s of %zu, x %s, y %s: element %zu has %.17g, not %.17g", ad_op_get(op)->name, n,
                      shape_names[x->shape], shape_names[y->shape], k, grad, expected);
    }
}

START_TEST(test_every_nary_operation_agrees_with_plain_loops_on_every_shape)
{
    static operand x, y;
    generator g = {5};
    const size_t lengths[] = {1, 2, 3, 8, 9, 31, 70};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (size_t shapes = 0; is_nary(op) && shapes < SHAPES * SHAPES; shapes++)
            for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) {
                const size_t n = lengths[j];
                ad_tape_reset(tape);
                make_operand(&x, (int)(shapes % SHAPES), n, takes_outputs(op), &g);
                make_operand(&y, (int)(shapes / SHAPES), n, true, &g);
                const ad_var v = apply_nary(op, x.span, y.span);
                assert_ok(tape);
                const double expected = (double)value_of(op, x.values, y.values, n);
                ck_assert_msg(near(ad_value(v), expected, 1e-14 * (double)n), "%s of %zu is %.17g, not %.17g",
                              ad_op_get(op)->name, n, ad_value(v), expected);
                ck_assert_int_eq(ad_backward(v), AD_OK);
                check_operand(op, &x, &x, &y, n);
                if (has_two_sequences(op)) check_operand(op, &y, &x, &y, n);
            }
}
END_TEST

/* A span against itself, and two runs of which one begins inside the other. */
START_TEST(test_the_same_span_twice_and_overlapping_runs_add_up)
{
    static operand x, y;
    generator g = {6};
    enum { N = 50, APART_STEP = 7 };
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (size_t apart = 0; has_two_sequences(op) && apart < N; apart += APART_STEP)
            for (int swapped = 0; swapped < 2; swapped++) {
                ad_tape_reset(tape);
                double values[2 * N];
                for (int k = 0; k < 2 * N; k++) values[k] = uniform(&g, 0.05, 0.95);
                const ad_span all = ad_leaves(tape, values, (size_t)2 * N);
                operand *const low = swapped ? &y : &x, *const high = swapped ? &x : &y;
                low->span = ad_slice(all, 0, N);
                high->span = ad_slice(all, apart, N);
                low->shape = high->shape = RUN_OF_LEAVES;
                for (size_t k = 0; k < N; k++) {
                    low->vars[k] = ad_at(low->span, k), low->values[k] = values[k];
                    high->vars[k] = ad_at(high->span, k), high->values[k] = values[apart + k];
                }
                const ad_var v = apply_nary(op, x.span, y.span);
                assert_near(ad_value(v), (double)value_of(op, x.values, y.values, N), 1e-13);
                ck_assert_int_eq(ad_backward(v), AD_OK);
                check_operand(op, &x, &x, &y, N);
                check_operand(op, &y, &x, &y, N);
            }
}
END_TEST

/* The same formula, of elementary operations. */
static ad_var made_of_elementary(ad_op op, const ad_var *x, const ad_var *y, size_t n)
{
    ad_var total = ad_const(0), most = x[0];
    const ad_var one = ad_const(1);
    for (size_t k = 0; k < n; k++) {
        ad_var term = x[k];
        switch (op) {
        case AD_OP_WEIGHTED_SUM: term = ad_mul(x[k], y[k]); break;
        case AD_OP_SUM: break;
        case AD_OP_HALF_SUM_OF_SQUARES: term = ad_mul(ad_const(0.5), ad_square(ad_sub(x[k], y[k]))); break;
        case AD_OP_SUM_OF_SQUARES: term = ad_square(ad_sub(x[k], y[k])); break;
        case AD_OP_MEAN_OF_SQUARES: term = ad_div(ad_square(ad_sub(x[k], y[k])), ad_const((double)n)); break;
        case AD_OP_LOG_SUM_EXP: term = most = k == 0 ? x[0] : ad_logaddexp(most, x[k]); break;
        case AD_OP_SOFTMAX_CROSS_ENTROPY:
            most = x[0];
            for (size_t j = 1; j < n; j++) most = ad_logaddexp(most, x[j]);
            term = ad_mul(y[k], ad_sub(most, x[k]));
            break;
        case AD_OP_LOGISTIC_CROSS_ENTROPY: term = ad_sub(ad_softplus(x[k]), ad_mul(y[k], x[k])); break;
        default:
            term = ad_neg(ad_add(ad_mul(y[k], ad_log(x[k])), ad_mul(ad_sub(one, y[k]), ad_log(ad_sub(one, x[k])))));
        }
        total = op == AD_OP_LOG_SUM_EXP ? term : ad_add(total, term);
    }
    return total;
}

START_TEST(test_every_nary_operation_agrees_with_the_same_formula_of_elementary_nodes)
{
    generator g = {8};
    enum { N = 12 };
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (int round = 0; is_nary(op) && round < 20; round++) {
            ad_tape_reset(tape);
            double values[2 * N], grads[2 * N];
            for (int k = 0; k < 2 * N; k++)
                values[k] = takes_outputs(op) || k >= N ? uniform(&g, 0.05, 0.95) : uniform(&g, -3, 3);
            const ad_span all = ad_leaves(tape, values, (size_t)2 * N);
            ad_var vars[2 * N];
            for (size_t k = 0; k < 2 * N; k++) vars[k] = ad_at(all, k);
            const ad_var v = apply_nary(op, ad_slice(all, 0, N), ad_slice(all, N, N));
            const ad_var w = made_of_elementary(op, vars, vars + N, N);
            assert_ok(tape);
            assert_near(ad_value(v), ad_value(w), 1e-13);
            ck_assert_int_eq(ad_backward(v), AD_OK);
            memcpy(grads, ad_grads(all), sizeof grads);
            ck_assert_int_eq(ad_backward(w), AD_OK);
            for (int k = 0; k < 2 * N; k++) assert_near(grads[k], ad_grads(all)[k], 1e-13);
        }
}
END_TEST

START_TEST(test_an_adjoint_other_than_1_scales_every_contribution)
{
    generator g = {9};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        if (!is_nary(op)) continue;
        double values[20], grads[20];
        for (int k = 0; k < 20; k++) values[k] = uniform(&g, 0.1, 0.9);
        const ad_span all = ad_leaves(tape, values, 20);
        const ad_var v = apply_nary(op, ad_slice(all, 0, 10), ad_slice(all, 10, 10));
        ck_assert_int_eq(ad_backward(v), AD_OK);
        memcpy(grads, ad_grads(all), sizeof grads);
        ck_assert_int_eq(ad_backward_from(&v, (double[]){-4}, 1), AD_OK);
        for (int k = 0; k < 20; k++) ck_assert_double_eq(ad_grads(all)[k], -4 * grads[k]);
    }
}
END_TEST

START_TEST(test_one_element_is_enough_and_none_are_refused)
{
    const ad_span x = ad_leaves(tape, (double[]){0.25}, 1), none = ad_slice(x, 0, 0);
    const ad_span no_constants = ad_constants(tape, NULL, 0), empty_list = ad_gather(tape, NULL, 0);
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        if (!is_nary(op)) continue;
        assert_near(ad_value(apply_nary(op, x, x)), (double)value_of(op, ad_values(x), ad_values(x), 1), 1e-15);
        assert_ok(tape);
        const ad_span empty[] = {none, no_constants, empty_list};
        for (int k = 0; k < 3; k++) {
            ck_assert(!ad_is_valid(apply_nary(op, empty[k], empty[k])));
            ck_assert_int_eq(ad_tape_error(tape), AD_ERR_ARGUMENT);
            ad_tape_clear_error(tape);
        }
    }
}
END_TEST

/* ------------------------------------------------------------------------------------- extremes */

START_TEST(test_log_sum_exp_does_not_overflow_or_underflow)
{
    const ad_span x = ad_leaves(tape, (double[]){1000, 1000, -1000, 999}, 4);
    const ad_var v = ad_log_sum_exp(x), low = ad_log_sum_exp(ad_slice(x, 2, 1));
    assert_near(ad_value(v), 1000 + log(2 + exp(-1)), 1e-15);
    assert_same_bits(ad_value(low), -1000.0);
    ck_assert_int_eq(ad_backward(v), AD_OK);
    assert_near(ad_grads(x)[0], 1 / (2 + exp(-1)), 1e-13);
    assert_near(ad_grads(x)[3], exp(-1) / (2 + exp(-1)), 1e-13);
    ck_assert_double_eq(ad_grads(x)[2], 0);
    const ad_span y = ad_leaves(tape, (double[]){-1000, -1001, -1e308}, 3);
    const ad_var w = ad_log_sum_exp(y);
    assert_near(ad_value(w), -1000 + log1p(exp(-1)), 1e-15);
    ck_assert_int_eq(ad_backward(w), AD_OK);
    assert_near(ad_grads(y)[0], 1 / (1 + exp(-1)), 1e-13);
    ck_assert_double_eq(ad_grads(y)[2], 0);
}
END_TEST

START_TEST(test_log_sum_exp_of_infinities_and_nan)
{
    const double inf = INFINITY, nan = (double)NAN;
    const struct {
        double x[3], expected;
    } cases[] = {
        {{-inf, -inf, -inf}, -inf}, {{-inf, 1, -inf}, 1}, {{1, inf, 2}, inf},   {{inf, inf, -inf}, inf},
        {{nan, 1, 2}, nan},         {{1, nan, 2}, nan},   {{1, 2, nan}, nan},   {{nan, -inf, -inf}, nan},
        {{-inf, -inf, nan}, nan},   {{nan, inf, 1}, nan}, {{inf, nan, 1}, nan}, {{inf, 1, nan}, nan},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const double v = ad_value(ad_log_sum_exp(ad_leaves(tape, cases[k].x, 3)));
        ck_assert_msg(near(v, cases[k].expected, 1e-15), "case %zu is %g", k, v);
    }
}
END_TEST

START_TEST(test_softmax_cross_entropy_of_saturated_logits)
{
    const ad_span x = ad_leaves(tape, (double[]){1000, -1000, 0}, 3);
    const ad_span right = ad_constants(tape, (double[]){1, 0, 0}, 3),
                  wrong = ad_constants(tape, (double[]){0, 1, 0}, 3);
    const ad_var good = ad_softmax_cross_entropy(x, right), bad = ad_softmax_cross_entropy(x, wrong);
    assert_same_bits(ad_value(good), 0.0);
    assert_same_bits(ad_value(bad), 2000.0);
    ck_assert_int_eq(ad_backward(good), AD_OK);
    for (size_t k = 0; k < 3; k++) ck_assert_double_eq(ad_grads(x)[k], 0);
    ck_assert_int_eq(ad_backward(bad), AD_OK);
    ck_assert_double_eq(ad_grads(x)[0], 1);
    ck_assert_double_eq(ad_grads(x)[1], -1);
    ck_assert_double_eq(ad_grads(x)[2], 0);
}
END_TEST

START_TEST(test_softmax_cross_entropy_leaves_out_impossible_classes_of_weight_0)
{
    const ad_span x = ad_leaves(tape, (double[]){0, 0, -INFINITY}, 3);
    const ad_var v = ad_softmax_cross_entropy(x, ad_constants(tape, (double[]){0.5, 0.5, 0}, 3));
    assert_near(ad_value(v), log(2), 1e-15);
    ck_assert_int_eq(ad_backward(v), AD_OK);
    ck_assert_double_eq(ad_grads(x)[0], 0);
    ck_assert_double_eq(ad_grads(x)[2], 0);
}
END_TEST

START_TEST(test_logistic_cross_entropy_is_right_for_any_logit)
{
    const double logits[] = {-1000, -745, -40, -1, 0, 1e-300, 1, 40, 745, 1000};
    const double targets[] = {0, 1, 0.25};
    for (size_t j = 0; j < sizeof logits / sizeof *logits; j++)
        for (size_t k = 0; k < 3; k++) {
            const double z = logits[j], y = targets[k];
            const ad_span x = ad_leaves(tape, &z, 1);
            const ad_var v = ad_logistic_cross_entropy(x, ad_constants(tape, &y, 1));
            /* y softplus(-z) + (1 - y) softplus(z), each term to full relative precision */
            const wide expected = y * softplus(-(wide)z) + (1 - y) * softplus((wide)z);
            ck_assert_msg(fabs(ad_value(v) - (double)expected) <= 1e-15 * (double)expected, "z %g, y %g: %.17g", z, y,
                          ad_value(v));
            ck_assert_int_eq(ad_backward(v), AD_OK);
            const wide slope = (1 - y) / (1 + expl(-(wide)z)) - y / (1 + expl((wide)z));
            const double size = y == 0.25 ? 1 : fabs((double)slope);
            ck_assert_msg(fabs(ad_grads(x)[0] - (double)slope) <= 4e-16 * size + 5e-324, "z %g, y %g: slope %.17g", z,
                          y, ad_grads(x)[0]);
        }
}
END_TEST

START_TEST(test_binary_cross_entropy_at_targets_0_and_1)
{
    const ad_span x = ad_leaves(tape, (double[]){0.25, 0.25, 1, 0}, 4);
    const ad_span y = ad_constants(tape, (double[]){0, 1, 1, 0}, 4);
    const ad_var v = ad_binary_cross_entropy(x, y);
    assert_near(ad_value(v), -log(0.75) - log(0.25), 1e-15);
    ck_assert_int_eq(ad_backward(v), AD_OK);
    assert_near(ad_grads(x)[0], 1 / 0.75, 1e-15);
    assert_near(ad_grads(x)[1], -4, 1e-15);
    assert_near(ad_grads(x)[2], -1, 1e-15);
    assert_near(ad_grads(x)[3], 1, 1e-15);
    const ad_var wrong = ad_binary_cross_entropy(ad_slice(x, 2, 1), ad_slice(y, 0, 1));
    ck_assert_double_eq(ad_value(wrong), INFINITY);
    ck_assert_int_eq(ad_backward(wrong), AD_OK);
    ck_assert_double_eq(ad_grads(x)[2], INFINITY);
}
END_TEST

START_TEST(test_a_weighted_sum_with_a_zero_weight_and_an_infinite_input_is_nan_as_in_plain_c)
{
    const ad_span w = ad_leaves(tape, (double[]){0, 1}, 2), x = ad_leaves(tape, (double[]){INFINITY, 1}, 2);
    ck_assert(isnan(ad_value(ad_weighted_sum(w, x))));
    assert_ok(tape);
}
END_TEST

/* -------------------------------------------------------------------------------- weighted sums */

START_TEST(test_weighted_sums_are_the_rows_of_a_matrix_times_a_vector)
{
    generator g = {11};
    const size_t shapes[][2] = {{1, 1}, {1, 5}, {5, 1}, {3, 4}, {30, 78}, {10, 30}, {2, 1025}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int kind = 0; kind < 9; kind++) {
            const size_t out = shapes[s][0], in = shapes[s][1];
            ad_tape_reset(tape);
            static double w[2340], x[1025], seeds[30];
            for (size_t k = 0; k < out * in; k++) w[k] = uniform(&g, -1, 1);
            for (size_t k = 0; k < in; k++) x[k] = uniform(&g, -1, 1);
            for (size_t k = 0; k < out; k++) seeds[k] = uniform(&g, -1, 1);
            ad_span spans[2] = {kind % 3 == 1 ? ad_constants(tape, w, out * in) : ad_leaves(tape, w, out * in),
                                kind / 3 == 1 ? ad_constants(tape, x, in) : ad_leaves(tape, x, in)};
            for (int j = 0; j < 2; j++) {
                static ad_var vars[2340];
                if ((j == 0 ? kind % 3 : kind / 3) != 2) continue;
                for (size_t k = 0; k < spans[j].count; k++) vars[k] = ad_at(spans[j], k);
                spans[j] = ad_gather(tape, vars, spans[j].count);
            }
            const ad_span z = ad_weighted_sums(spans[0], spans[1]);
            assert_ok(tape);
            ck_assert_uint_eq(z.count, out);
            ad_var outs[30];
            for (size_t j = 0; j < out; j++) {
                wide total = 0;
                for (size_t k = 0; k < in; k++) total += (wide)w[j * in + k] * x[k];
                outs[j] = ad_at(z, j);
                assert_near(ad_value(outs[j]), (double)total, 1e-13);
                ck_assert_int_eq(ad_op_of(outs[j]), AD_OP_WEIGHTED_SUM);
                ck_assert_uint_eq(ad_arity_of(outs[j]), 2 * in);
            }
            ck_assert_int_eq(ad_backward_from(outs, seeds, out), AD_OK);
            for (size_t k = 0; k < out * in; k++)
                if (kind % 3 != 1) assert_near(ad_grad(ad_at(spans[0], k)), seeds[k / in] * x[k % in], 1e-14);
            for (size_t k = 0; k < in; k++) {
                wide total = 0;
                for (size_t j = 0; j < out; j++) total += (wide)seeds[j] * w[j * in + k];
                if (kind / 3 != 1) assert_near(ad_grad(ad_at(spans[1], k)), (double)total, 1e-13);
            }
        }
}
END_TEST

START_TEST(test_weighted_sums_of_no_rows_are_an_empty_span_and_of_no_columns_an_error)
{
    const ad_span x = ad_constants(tape, (double[]){1, 2}, 2), none = ad_leaves(tape, NULL, 0);
    const ad_stats before = ad_tape_stats(tape);
    const ad_span z = ad_weighted_sums(none, x);
    ck_assert_ptr_eq(z.tape, tape);
    ck_assert_uint_eq(z.count, 0);
    assert_ok(tape);
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.bytes_used, before.bytes_used);
    ck_assert_ptr_null(ad_weighted_sums(x, none).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums: 2 weights are no matrix with 0 columns");
    ck_assert_ptr_null(ad_weighted_sums(none, none).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums: 0 weights are no matrix with 0 columns");
    const ad_span many = ad_leaves(tape, NULL, ((size_t)1 << 24) + 1);
    ck_assert_ptr_null(ad_weighted_sums(many, ad_slice(x, 0, 1)).tape);
    assert_error(tape, AD_ERR_LIMIT, "ad_weighted_sums: more than 16777216 rows");
}
END_TEST

START_TEST(test_weighted_sums_have_the_bits_of_single_weighted_sums)
{
    generator g = {12};
    double values[7 * 45];
    for (int k = 0; k < 7 * 45; k++) values[k] = uniform(&g, -1, 1);
    const ad_span w = ad_leaves(tape, values, 7 * 45), x = ad_slice(w, 100, 45), z = ad_weighted_sums(w, x);
    for (size_t j = 0; j < 7; j++)
        assert_same_bits(ad_value(ad_at(z, j)), ad_value(ad_weighted_sum(ad_slice(w, 45 * j, 45), x)));
}
END_TEST

/* ------------------------------------------------------------------------- element by element */

START_TEST(test_each_applies_a_unary_operation_to_every_element)
{
    const double values[] = {0.25, 0.5, 0.75};
    const ad_span x = ad_leaves(tape, values, 3);
    const ad_span list = ad_gather(tape, (ad_var[]){ad_at(x, 0), ad_at(x, 1), ad_at(x, 2)}, 3);
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        if (ad_op_get(op)->arity != 1) continue;
        const ad_span spans[] = {ad_each(op, x), ad_each(op, list)};
        for (size_t k = 0; k < 3; k++) {
            const ad_var x_k = ad_at(x, k), alone = ad_apply(op, &x_k, 1);
            ck_assert_int_eq(ad_backward(alone), AD_OK);
            const double grad = ad_grad(x_k);
            for (int j = 0; j < 2; j++) {
                const ad_var v = ad_at(spans[j], k);
                ck_assert_int_eq(ad_op_of(v), op);
                ck_assert(same_bits(ad_value(v), ad_value(alone)) || isnan(ad_value(alone)));
                ck_assert_int_eq(ad_backward(v), AD_OK);
                ck_assert(same_bits(ad_grad(x_k), grad) || isnan(grad));
            }
        }
    }
    assert_ok(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 0);
    const size_t nodes = ad_tape_stats(tape).nodes;
    const ad_span none = ad_each(AD_OP_EXP, ad_slice(x, 0, 0));
    ck_assert_uint_eq(none.count, 0);
    ck_assert_ptr_eq(none.tape, tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes);
}
END_TEST

START_TEST(test_each2_applies_a_binary_operation_to_every_pair)
{
    const double a[] = {0.25, 0.5, 0.75}, b[] = {1.5, 2.5, 0.5};
    const ad_span x = ad_leaves(tape, a, 3), y = ad_leaves(tape, b, 3), c = ad_constants(tape, b, 3);
    const ad_span some = ad_gather(tape, (ad_var[]){ad_at(y, 0), ad_const(2.5), ad_at(y, 2)}, 3);
    const ad_span lefts[] = {x, x, x, y, c, c, some, some}, rights[] = {y, c, some, y, x, some, x, c};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (size_t s = 0; ad_op_get(op)->arity == 2 && s < 8; s++) {
            const ad_span l = lefts[s], r = rights[s], each = ad_each2(op, l, r);
            if (s == 5 || s == 7) { /* both elements in the middle are constants */
                ck_assert_ptr_null(each.tape);
                assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: element 1 is constant");
                continue;
            }
            for (size_t k = 0; k < 3; k++) {
                const ad_var operands[] = {ad_at(l, k), ad_at(r, k)}, alone = ad_apply(op, operands, 2);
                const ad_var v = ad_at(each, k);
                ad_edge one[2], other[2];
                assert_same_bits(ad_value(v), ad_value(alone));
                ck_assert_uint_eq(ad_edges(v, one, 2), 2);
                ck_assert_uint_eq(ad_edges(alone, other, 2), 2);
                ck_assert_mem_eq(one, other, sizeof one);
                double grads[2];
                ck_assert_int_eq(ad_backward(alone), AD_OK);
                for (int j = 0; j < 2; j++) grads[j] = ad_is_const(operands[j]) ? 0 : ad_grad(operands[j]);
                ck_assert_int_eq(ad_backward(v), AD_OK);
                for (int j = 0; j < 2; j++)
                    if (!ad_is_const(operands[j])) assert_near(ad_grad(operands[j]), grads[j], 0);
            }
        }
}
END_TEST

/* ---------------------------------------------------------------------------------- the kernels */

enum { LONGEST = 200, OFFSETS = 8, GUARD = 16 };

/* The order of additions that kernels.c promises, written out. */
static double dot_in_order(const double *x, const double *y, size_t n)
{
    double lane[16] = {0}, total = 0;
    size_t k = 0;
    if (n >= 8) {
        for (; k < n / 16 * 16; k++) lane[k % 16] += x[k] * y[k];
        for (; k < n / 8 * 8; k++) lane[k % 8] += x[k] * y[k];
        double t[8];
        for (int j = 0; j < 8; j++) t[j] = lane[j] + lane[8 + j];
        total = ((t[0] + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
    }
    for (; k < n; k++) total += x[k] * y[k];
    return total;
}

START_TEST(test_all_kernels_give_the_same_bits_for_every_length_and_alignment)
{
    generator g = {13};
    static double x[LONGEST + OFFSETS], y[LONGEST + OFFSETS];
    for (int k = 0; k < LONGEST + OFFSETS; k++) {
        x[k] = uniform(&g, -1, 1) * exp2((double)below(&g, 40));
        y[k] = uniform(&g, -1, 1) * exp2((double)below(&g, 40));
    }
    size_t kinds = 0;
    for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++, kinds++) {
        ck_assert_uint_gt(strlen((*kernels)->name), 0);
        for (size_t n = 0; n <= LONGEST; n++)
            for (size_t from = n % FEWER; from < OFFSETS; from += FEWER) {
                const double *p = x + from, *q = y + from * 3 % OFFSETS;
                assert_same_bits((*kernels)->dot(p, q, n), dot_in_order(p, q, n));
                double sum[2 * GUARD + LONGEST + OFFSETS], scaled[2 * GUARD + LONGEST + OFFSETS];
                for (size_t k = 0; k < sizeof sum / sizeof *sum; k++) sum[k] = scaled[k] = (double)k;
                double *const s = sum + GUARD + from, *const r = scaled + GUARD + from;
                (*kernels)->axpy(s, 0.7, q, n);
                (*kernels)->scale(r, 0.7, q, n);
                for (size_t k = 0; k < sizeof sum / sizeof *sum; k++) {
                    const bool inside = k >= GUARD + from && k < GUARD + from + n;
                    const double product = inside ? 0.7 * q[k - GUARD - from] : 0;
                    assert_same_bits(sum[k], inside ? (double)k + product : (double)k);
                    assert_same_bits(scaled[k], inside ? 0.0 + product : (double)k);
                }
            }
    }
    ck_assert_uint_ge(kinds, 1);
    ck_assert_ptr_eq(ad_kernels_choose(), ad_kernels_all()[0]);
}
END_TEST

START_TEST(test_all_kernels_take_many_dot_products_at_once_with_the_bits_of_each_alone)
{
    enum { ROWS = 11, COUNT = 5, WIDEST = 120 };
    generator g = {14};
    static double w[ROWS * WIDEST], x[COUNT * WIDEST], out[ROWS * COUNT + 1];
    for (int k = 0; k < ROWS * WIDEST; k++) w[k] = uniform(&g, -1, 1);
    for (int k = 0; k < COUNT * WIDEST; k++) x[k] = uniform(&g, -1, 1);
    for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++)
        for (size_t n = 1; n <= WIDEST; n++)
            for (size_t rows = n % FEWER; rows <= ROWS; rows += FEWER)
                for (size_t count = 1; count <= COUNT; count++) {
                    out[count * rows] = 17;
                    (*kernels)->dots(out, w, x, rows, n, count);
                    for (size_t i = 0; i < count; i++)
                        for (size_t j = 0; j < rows; j++)
                            assert_same_bits(out[i * rows + j], dot_in_order(w + j * n, x + i * n, n));
                    assert_same_bits(out[count * rows], 17.0);
                }
}
END_TEST

/* What add_products is said to do, in plain loops. */
static void add_products_in_order(const ad_products *p)
{
    for (size_t r = 0; r < p->rows; r++)
        for (size_t k = 0; k < p->n; k++) {
            double *const sum = &p->y[r * p->n + k];
            if (p->store) *sum = 0;
            for (size_t t = p->terms; t-- > 0;) {
                const double c = p->c[r * p->row_step + t * p->term_step];
                if (c != 0 || !p->skip_zeros) *sum += c * p->x[t * p->n + k];
            }
        }
}

START_TEST(test_all_kernels_add_products_from_the_last_term_to_the_first)
{
    enum { ROWS = 9, TERMS = 3, WIDEST = 41, CELLS = ROWS * WIDEST + GUARD };
    generator g = {15};
    static double c[ROWS * TERMS], x[TERMS * WIDEST], y[CELLS], expected[CELLS];
    for (int k = 0; k < ROWS * TERMS; k++) c[k] = k % 3 == 0 ? 0 : uniform(&g, -1, 1);
    for (int k = 0; k < TERMS * WIDEST; k++) x[k] = k % 29 == 7 ? INFINITY : uniform(&g, -1, 1);
    for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++)
        for (size_t n = 1; n <= WIDEST; n++)
            for (size_t rows = n % 2; rows <= ROWS; rows += 2)
                for (size_t terms = 0; terms <= TERMS; terms++)
                    for (int form = (int)n % FEWER; form < 8; form += FEWER) {
                        ad_products p = {.y = y, .c = c, .x = x, .rows = rows, .terms = terms, .n = n};
                        p.row_step = form & 1 ? 1 : terms;
                        p.term_step = form & 1 ? rows : 1;
                        p.store = form & 2;
                        p.skip_zeros = form & 4;
                        for (size_t k = 0; k < CELLS; k++) y[k] = expected[k] = (double)k - 3.5;
                        (*kernels)->add_products(&p);
                        p.y = expected;
                        add_products_in_order(&p);
                        for (size_t k = 0; k < CELLS; k++)
                            ck_assert_msg(same_bits(y[k], expected[k]) || (isnan(y[k]) && isnan(expected[k])),
                                          "%zu: %a, but %a in order", k, y[k], expected[k]);
                    }
}
END_TEST

START_TEST(test_kernels_treat_infinities_nan_and_negative_zeros_alike)
{
    double x[41], y[41], expected[41];
    for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++)
        for (size_t n = 1; n <= 41; n++) {
            for (size_t k = 0; k < n; k++) x[k] = -0.0, y[k] = k % 2 ? 1 : -1;
            assert_same_bits((*kernels)->dot(x, y, n), dot_in_order(x, y, n));
            for (size_t k = 0; k < n; k++) expected[k] = 5;
            (*kernels)->scale(expected, 1, x, n);
            for (size_t k = 0; k < n; k++) assert_same_bits(expected[k], 0.0);
            x[n - 1] = INFINITY, y[n - 1] = 2;
            ck_assert_double_eq((*kernels)->dot(x, y, n), INFINITY);
            y[n - 1] = 0;
            ck_assert(isnan((*kernels)->dot(x, y, n)));
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nary");

    TCase *shapes = tcase_create("shapes");
    tcase_add_checked_fixture(shapes, begin, end);
    tcase_set_timeout(shapes, 120);
    tcase_add_test(shapes, test_every_nary_operation_agrees_with_plain_loops_on_every_shape);
    tcase_add_test(shapes, test_the_same_span_twice_and_overlapping_runs_add_up);
    tcase_add_test(shapes, test_every_nary_operation_agrees_with_the_same_formula_of_elementary_nodes);
    tcase_add_test(shapes, test_an_adjoint_other_than_1_scales_every_contribution);
    tcase_add_test(shapes, test_one_element_is_enough_and_none_are_refused);
    suite_add_tcase(suite, shapes);

    TCase *extremes = tcase_create("extremes");
    tcase_add_checked_fixture(extremes, begin, end);
    tcase_add_test(extremes, test_log_sum_exp_does_not_overflow_or_underflow);
    tcase_add_test(extremes, test_log_sum_exp_of_infinities_and_nan);
    tcase_add_test(extremes, test_softmax_cross_entropy_of_saturated_logits);
    tcase_add_test(extremes, test_softmax_cross_entropy_leaves_out_impossible_classes_of_weight_0);
    tcase_add_test(extremes, test_logistic_cross_entropy_is_right_for_any_logit);
    tcase_add_test(extremes, test_binary_cross_entropy_at_targets_0_and_1);
    tcase_add_test(extremes, test_a_weighted_sum_with_a_zero_weight_and_an_infinite_input_is_nan_as_in_plain_c);
    suite_add_tcase(suite, extremes);

    TCase *sums = tcase_create("weighted sums");
    tcase_add_checked_fixture(sums, begin, end);
    tcase_set_timeout(sums, 60);
    tcase_add_test(sums, test_weighted_sums_are_the_rows_of_a_matrix_times_a_vector);
    tcase_add_test(sums, test_weighted_sums_of_no_rows_are_an_empty_span_and_of_no_columns_an_error);
    tcase_add_test(sums, test_weighted_sums_have_the_bits_of_single_weighted_sums);
    suite_add_tcase(suite, sums);

    TCase *each = tcase_create("each");
    tcase_add_checked_fixture(each, begin, end);
    tcase_add_test(each, test_each_applies_a_unary_operation_to_every_element);
    tcase_add_test(each, test_each2_applies_a_binary_operation_to_every_pair);
    suite_add_tcase(suite, each);

    TCase *kernels = tcase_create("kernels");
    tcase_set_timeout(kernels, 60);
    tcase_add_test(kernels, test_all_kernels_give_the_same_bits_for_every_length_and_alignment);
    tcase_add_test(kernels, test_all_kernels_take_many_dot_products_at_once_with_the_bits_of_each_alone);
    tcase_add_test(kernels, test_all_kernels_add_products_from_the_last_term_to_the_first);
    tcase_add_test(kernels, test_kernels_treat_infinities_nan_and_negative_zeros_alike);
    suite_add_tcase(suite, kernels);

    return run_suite(suite);
}
