/* SPDX-License-Identifier: MIT */
#include <autodiff/derivatives.h>

#include "failing_memory.h"
#include "helpers.h"
#include "row_domains.h"
#include "run_suite.h"
#include "sanitized.h"

#include <stdio.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* ----------------------------------------------- three ways to a Hessian-vector product that agree */

/* By the gradient as nodes: the gradient of sum_k v_k g_k. */
static void product_of_recorded(ad_var y, ad_span x, const double *v, double *hv)
{
    const ad_mark mark = ad_tape_mark(tape);
    const ad_span g = ad_record_gradient(y, x);
    assert_ok(tape);
    ad_var gs[8];
    ck_assert_uint_le(x.count, 8);
    for (size_t k = 0; k < x.count; k++) gs[k] = ad_at(g, k), hv[k] = 0;
    ad_var *outs = gs;
    double seeds[8];
    size_t n = 0;
    for (size_t k = 0; k < x.count; k++)
        if (!ad_is_const(gs[k])) outs[n] = gs[k], seeds[n++] = v[k];
    if (n > 0) {
        ck_assert_int_eq(ad_backward_from(outs, seeds, n), AD_OK);
        for (size_t k = 0; k < x.count; k++) hv[k] = ad_grad(ad_at(x, k));
    }
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
}

/* By the change of the gradient along v, extrapolated; false where a branch lies in between or a number is not finite.
 * *doubt is how far the two steps are apart. */
static bool product_of_differences(ad_var y, ad_span x, const double *v, double *hv, double *doubt)
{
    double at[8], moved[8], g[4][8];
    static const double steps[] = {2e-4, -2e-4, 1e-4, -1e-4};
    bool good = true;
    const size_t n = x.count;
    for (size_t k = 0; k < n; k++) at[k] = ad_value(ad_at(x, k));
    for (int s = 0; s < 4; s++) {
        ad_verdict verdict;
        for (size_t k = 0; k < n; k++) moved[k] = at[k] + steps[s] * v[k];
        ck_assert_int_eq(ad_set_all(x, moved), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
        ck_assert_int_eq(ad_backward(y), AD_OK);
        good = good && verdict.changed == 0;
        for (size_t k = 0; k < n; k++) good = isfinite(g[s][k] = ad_grads(x)[k]) && good;
    }
    ck_assert_int_eq(ad_set_all(x, at), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    *doubt = 0;
    for (size_t k = 0; k < n && good; k++) {
        const double coarse = (g[0][k] - g[1][k]) / 4e-4, fine = (g[2][k] - g[3][k]) / 2e-4;
        hv[k] = fine + (fine - coarse) / 3;
        *doubt = fmax(*doubt, fabs(fine - coarse) + 1e-10 * (fabs(g[0][k]) + 1));
    }
    return good;
}

typedef struct agreement {
    size_t finite, by_differences, not_zero;
} agreement;

/* Compares all three; `size` is what rounding is relative to. */
static void assert_they_agree(ad_var y, ad_span x, const double *v, double size, const char *what, agreement *count)
{
    double exact[8], recorded[8], differences[8], doubt;
    ck_assert_int_eq(ad_hvp(y, x, v, 1, exact), AD_OK);
    product_of_recorded(y, x, v, recorded);
    const bool smooth = product_of_differences(y, x, v, differences, &doubt);
    for (size_t k = 0; k < x.count; k++) {
        if (isfinite(exact[k]) && isfinite(recorded[k])) {
            ck_assert_msg(fabs(exact[k] - recorded[k]) <= 1e-12 * fmax(size, fabs(exact[k])),
                          "%s: (Hv)_%zu is %.17g, by the recorded gradient %.17g", what, k, exact[k], recorded[k]);
            count->finite++;
            count->not_zero += exact[k] != 0;
        }
        if (!smooth || !isfinite(exact[k])) continue;
        ck_assert_msg(fabs(exact[k] - differences[k]) <= 1e-6 * fmax(size, fabs(exact[k])) + 4 * doubt,
                      "%s: (Hv)_%zu is %.17g, by differences %.17g", what, k, exact[k], differences[k]);
        count->by_differences += doubt < 1e-3 * (1 + fabs(exact[k]));
    }
}

static const double points[] = {-2.4, -1.3, -0.7, -0.2, 0.15, 0.4, 0.6, 0.9, 1.3, 1.9, 2.6, 3.0};
enum { POINTS = sizeof points / sizeof *points };

/* y and y^2, so that the second derivative meets adjoints that vary and such that do not. */
START_TEST(test_second_derivatives_of_every_operation_agree)
{
    const ad_op op = (ad_op)_i;
    const int arity = ad_op_get(op)->arity, operands = arity > 0 ? arity : 4;
    agreement count = {0, 0, 0};
    generator g = {(uint64_t)_i};
    for (int point = 0; point < POINTS * POINTS * POINTS; point++) {
        if (operands < 3 && point >= (operands == 1 ? POINTS : POINTS * POINTS)) break;
        if (operands >= 3 && point % 5 != 0) continue;
        double at[] = {points[point % POINTS], points[point / POINTS % POINTS], points[point / POINTS / POINTS], 0.3};
        if (op == AD_OP_BINARY_CROSS_ENTROPY) at[0] = (at[0] + 3) / 7, at[1] = (at[1] + 3) / 7;
        ad_tape_reset(tape);
        const ad_span x = ad_leaves(tape, at, (size_t)operands);
        ad_var leaves[4], y;
        double v[4], size = 1;
        for (int k = 0; k < operands; k++) leaves[k] = ad_at(x, (size_t)k), v[k] = uniform(&g, -1, 1);
        y = arity > 0 ? ad_apply(op, leaves, (size_t)arity) : apply_nary(op, ad_slice(x, 0, 2), ad_slice(x, 2, 2));
        if (point % 2 == 1) y = ad_square(y);
        if (op == AD_OP_POWI) v[1] = 0; /* integers only */
        ad_edge edges[4];
        ad_edges(ad_node_at(tape, (size_t)operands), edges, 4);
        for (int k = 0; k < operands; k++) size = fmax(size, edges[k].partial * edges[k].partial);
        char what[100];
        snprintf(what, sizeof what, "%s(%g, %g, %g)%s", ad_op_get(op)->name, at[0], at[1], at[2],
                 point % 2 == 1 ? "^2" : "");
        assert_they_agree(y, x, v, size, what, &count);
    }
    ck_assert_uint_ge(count.finite, 4);
    ck_assert_uint_ge(count.by_differences, 3);
    const bool flat = op == AD_OP_SIGN || op == AD_OP_STEP || op == AD_OP_FLOOR || op == AD_OP_CEIL ||
                      (op >= AD_OP_LT && op <= AD_OP_NE);
    ck_assert((count.not_zero > 0) != flat);
}
END_TEST

/* Where the row names no more, a point of moderate size. */
static double point_of_row(ad_op op, int operand, int number)
{
    const int k = number % MOST_POINTS;
    const double point = row_domains[op][operand][k];
    return k > 2 && point == 0 ? points[k % POINTS] : point;
}

/* Subnormals, poles, borders of exponents. What 0 is multiplied with matters in nodes: they may be NaN alone. */
START_TEST(test_second_derivatives_agree_at_the_points_of_every_row)
{
    const ad_op op = (ad_op)_i;
    const int arity = ad_op_get(op)->arity;
    const int all = arity == 1 ? MOST_POINTS : arity == 2 ? MOST_POINTS * MOST_POINTS : arity == 3 ? 8000 : 0;
    size_t compared = 0;
    for (int point = 0; point < all; point++) {
        const double at[] = {point_of_row(op, 0, point), point_of_row(op, 1, point / MOST_POINTS),
                             point_of_row(op, 2, point / MOST_POINTS / MOST_POINTS)};
        double v[3] = {0.75, -0.5, 0.625}, exact[3], recorded[3];
        ad_tape_reset(tape);
        const ad_span x = ad_leaves(tape, at, (size_t)arity);
        ad_var leaves[3];
        for (int k = 0; k < arity; k++) leaves[k] = ad_at(x, (size_t)k);
        const ad_var y = ad_apply(op, leaves, (size_t)arity);
        if (op == AD_OP_POWI) v[1] = 0;
        ck_assert_int_eq(ad_hvp(y, x, v, 1, exact), AD_OK);
        product_of_recorded(y, x, v, recorded);
        for (int k = 0; k < arity; k++) {
            if (!isfinite(exact[k]) || !isfinite(recorded[k])) continue;
            double h[9], size = 0;
            ck_assert_int_eq(ad_hessian(y, x, h), AD_OK);
            for (int j = 0; j < arity; j++) size += fabs(h[k * arity + j] * v[j]);
            ck_assert_msg(fabs(exact[k] - recorded[k]) <= 1e-9 * size + 1e-300 || size == INFINITY || isnan(size),
                          "%s(%g, %g, %g): (Hv)_%d is %.17g, by the recorded gradient %.17g", ad_op_get(op)->name,
                          at[0], at[1], at[2], k + 1, exact[k], recorded[k]);
            compared++;
        }
    }
    if (arity > 0) ck_assert_uint_gt(compared, 0);
}
END_TEST

/* Far out an operation has overflowed, or is flat: the factors of its second derivative must not make NaN of it. */
START_TEST(test_second_derivatives_far_out_are_numbers_where_the_first_are)
{
    static const double far[] = {100, 355, 372, 400, 710, 711, 745, 1e4, 1e10, 1e150, 1e300};
    const ad_op op = (ad_op)_i;
    if (ad_op_get(op)->arity != 1) return;
    for (size_t k = 0; k < 2 * sizeof far / sizeof *far; k++) {
        const double one = 1, at = k % 2 == 0 ? far[k / 2] : -far[k / 2];
        double product, recorded;
        ad_tape_reset(tape);
        const ad_span x = ad_leaves(tape, &at, 1);
        const ad_var leaf = ad_at(x, 0), y = ad_apply(op, &leaf, 1);
        ck_assert_int_eq(ad_backward(y), AD_OK);
        if (!isfinite(ad_value(y)) || !isfinite(ad_grad(leaf))) continue;
        ck_assert_int_eq(ad_hvp(y, x, &one, 1, &product), AD_OK);
        product_of_recorded(y, x, &one, &recorded);
        ck_assert_msg(isfinite(product) && isfinite(recorded), "%s(%g): %g, by the recorded gradient %g",
                      ad_op_get(op)->name, at, product, recorded);
    }
}
END_TEST

enum { SEEDS = 8, GRAPHS = SANITIZED ? 20 : 60, LAST = SCRIPT_SLOTS - 1 };

START_TEST(test_second_derivatives_of_random_graphs_agree)
{
    generator g = {50 + (uint64_t)_i};
    agreement count = {0, 0, 0};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double v[SCRIPT_LEAVES], size = 1;
        const script s = random_script(&g, true);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) size = fmax(size, fabs(ad_grad(slots[k])));
        for (int k = 0; k < SCRIPT_LEAVES; k++) v[k] = uniform(&g, -1, 1);
        char what[40];
        snprintf(what, sizeof what, "graph %d", round);
        const ad_span x = ad_run(slots[0], SCRIPT_LEAVES);
        double hessian[SCRIPT_LEAVES * SCRIPT_LEAVES];
        ck_assert_int_eq(ad_hessian(slots[LAST], x, hessian), AD_OK);
        for (int k = 0; k < SCRIPT_LEAVES * SCRIPT_LEAVES; k++)
            if (isfinite(hessian[k])) size = fmax(size, fabs(hessian[k]));
        assert_they_agree(slots[LAST], x, v, 100 * size, what, &count);
    }
    ck_assert_uint_gt(count.finite, GRAPHS * SCRIPT_LEAVES * 3 / 4);
    ck_assert_uint_gt(count.by_differences, GRAPHS * SCRIPT_LEAVES / 2);
    ck_assert_uint_gt(count.not_zero, count.finite / 4);
}
END_TEST

/* ---------------------------------------------------------------------------------------- Hessians */

START_TEST(test_hessians_are_symmetric_and_made_of_products)
{
    generator g = {150 + (uint64_t)_i};
    enum { N = SCRIPT_LEAVES };
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double h[N * N], v[2 * N], hv[2 * N], size = 1;
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span x = ad_run(slots[0], N);
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) size = fmax(size, fabs(ad_grad(slots[k])));
        ck_assert_int_eq(ad_hessian(slots[LAST], x, h), AD_OK);
        for (int k = 0; k < N * N; k++) size = fmax(size, fabs(h[k]));
        for (int k = 0; k < 2 * N; k++) v[k] = uniform(&g, -1, 1);
        ck_assert_int_eq(ad_hvp(slots[LAST], x, v, 2, hv), AD_OK);
        for (int i = 0; i < N && isfinite(size); i++) {
            double product[2] = {0, 0};
            for (int j = 0; j < N; j++) {
                assert_near(h[i * N + j], h[j * N + i], 1e-12 * size);
                for (int d = 0; d < 2; d++) product[d] += h[i * N + j] * v[d * N + j];
            }
            for (int d = 0; d < 2; d++) assert_near(hv[d * N + i], product[d], 1e-12 * size);
        }
    }
}
END_TEST

START_TEST(test_the_hessian_of_log_sum_exp_is_that_of_softmax)
{
    const double at[] = {0.5, -1, 2, 0};
    const ad_span x = ad_leaves(tape, at, 4);
    double h[16], p[4], total = 0;
    for (int k = 0; k < 4; k++) total += p[k] = exp(at[k]);
    ck_assert_int_eq(ad_hessian(ad_log_sum_exp(x), x, h), AD_OK);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_near(h[4 * i + j], (i == j) * p[i] / total - p[i] * p[j] / total / total, 1e-15);
}
END_TEST

START_TEST(test_products_with_the_hessian_of_a_network_are_differences_of_gradients)
{
    enum { IN = 5, HIDDEN = 30, OUT = 3, SAMPLES = 7, PARAMETERS = HIDDEN * IN + HIDDEN + OUT * HIDDEN + OUT };
    generator g = {3};
    double start[PARAMETERS], v[PARAMETERS], hv[PARAMETERS], inputs[SAMPLES * IN], targets[SAMPLES * OUT];
    for (int k = 0; k < PARAMETERS; k++) start[k] = uniform(&g, -0.5, 0.5), v[k] = uniform(&g, -1, 1);
    for (int k = 0; k < SAMPLES * IN; k++) inputs[k] = uniform(&g, -1, 1);
    for (int k = 0; k < SAMPLES * OUT; k++) targets[k] = uniform(&g, 0, 1);
    const ad_span all = ad_leaves(tape, start, PARAMETERS);
    const ad_span w1 = ad_slice(all, 0, HIDDEN * IN), b1 = ad_slice(all, HIDDEN * IN, HIDDEN);
    const ad_span w2 = ad_slice(all, HIDDEN * IN + HIDDEN, OUT * HIDDEN), b2 = ad_slice(all, PARAMETERS - OUT, OUT);
    ad_span a = ad_constants(tape, inputs, SAMPLES * IN);
    a = ad_each(AD_OP_TANH, ad_each2(AD_OP_ADD, ad_weighted_sums_batch(w1, a, SAMPLES), b1));
    a = ad_each(AD_OP_SIGMOID, ad_each2(AD_OP_ADD, ad_weighted_sums_batch(w2, a, SAMPLES), b2));
    const ad_var cost = ad_binary_cross_entropy(a, ad_constants(tape, targets, SAMPLES * OUT));
    assert_ok(tape);
    ck_assert_int_eq(ad_hvp(cost, all, v, 1, hv), AD_OK);
    double gradients[2][PARAMETERS], moved[PARAMETERS];
    for (int s = 0; s < 2; s++) {
        for (int k = 0; k < PARAMETERS; k++) moved[k] = start[k] + (s == 0 ? 1e-5 : -1e-5) * v[k];
        ck_assert_int_eq(ad_set_all(all, moved), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
        ck_assert_int_eq(ad_backward(cost), AD_OK);
        memcpy(gradients[s], ad_grads(all), sizeof gradients[s]);
    }
    double most = 0;
    for (int k = 0; k < PARAMETERS; k++) {
        assert_near(hv[k], (gradients[0][k] - gradients[1][k]) / 2e-5, 1e-7);
        most = fmax(most, fabs(hv[k]));
    }
    ck_assert_double_gt(most, 1);
}
END_TEST

START_TEST(test_nothing_that_was_there_is_disturbed)
{
    const ad_var x = ad_leaf(tape, 0.4), y = ad_mul(ad_sin(x), ad_exp(x));
    const double v = 1;
    double hv;
    ck_assert_int_eq(ad_backward(ad_square(x)), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    ck_assert_int_eq(ad_hvp(y, ad_run(x, 1), &v, 1, &hv), AD_OK);
    ck_assert_int_eq(ad_hessian(y, ad_run(x, 1), &hv), AD_OK);
    assert_near(hv, 2 * cos(0.4) * exp(0.4), 1e-15);
    ck_assert_double_eq(ad_grad(x), 0.8);
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.nodes, before.nodes);
    ck_assert_uint_eq(after.constants, before.constants);
    ck_assert_uint_eq(after.steps, before.steps);
}
END_TEST

/* ---------------------------------------------------------------------------------- at the borders */

START_TEST(test_constants_leaves_and_unused_inputs_have_products_of_zero)
{
    const ad_var x = ad_leaf(tape, 2), unused = ad_leaf(tape, 3), y = ad_square(x);
    const ad_span both = ad_run(x, 2);
    const double v[] = {1, 1};
    double hv[] = {7, 7};
    ck_assert_int_eq(ad_hvp(ad_const(4), both, v, 1, hv), AD_OK);
    ck_assert(hv[0] == 0 && hv[1] == 0);
    hv[0] = hv[1] = 7;
    ck_assert_int_eq(ad_hvp(x, both, v, 1, hv), AD_OK);
    ck_assert(hv[0] == 0 && hv[1] == 0);
    ck_assert_int_eq(ad_hvp(y, both, v, 1, hv), AD_OK);
    ck_assert(hv[0] == 2 && hv[1] == 0);
    const ad_span twice = ad_gather(tape, (ad_var[]){x, x}, 2);
    ck_assert_int_eq(ad_hvp(y, twice, v, 1, hv), AD_OK);
    ck_assert(hv[0] == 4 && hv[1] == 4);
    ck_assert_double_eq(ad_value(unused), 3);
    assert_ok(tape);
}
END_TEST

START_TEST(test_what_zero_is_multiplied_with_does_not_matter)
{
    const ad_var x = ad_leaf(tape, 0), z = ad_leaf(tape, 1);
    const ad_var y = ad_add(ad_mul(ad_const(0), ad_sqrt(x)), ad_square(z)); /* sqrt has no derivative at 0 */
    const double v[] = {0, 1};
    double hv[2];
    ck_assert_int_eq(ad_hvp(y, ad_run(x, 2), v, 1, hv), AD_OK);
    ck_assert(hv[0] == 0 && hv[1] == 2);
}
END_TEST

START_TEST(test_errors_name_the_function_and_the_operand)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    const double v = 1;
    double hv;
    ck_assert_int_eq(ad_hvp(y, ad_run(y, 1), &v, 1, &hv), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_hvp: input 1, node 1, is not a leaf");
    ck_assert_int_eq(ad_hessian((ad_var){NULL, 0, 0}, ad_run(x, 1), &hv), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_set(x, 3), AD_OK);
    ck_assert_int_eq(ad_hvp(y, ad_run(x, 1), &v, 1, &hv), AD_ERR_STALE);
    assert_error(tape, AD_ERR_STALE, "ad_hvp: a leaf was set since these values were computed: ad_reevaluate first");
}
END_TEST

START_TEST(test_when_memory_runs_out_nothing_is_lost)
{
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t fail = 1;; fail++) {
            failing_memory memory = {0};
            ad_tape *t = failing_tape(&memory);
            const double at[] = {0.3, -0.8};
            double h[4];
            const ad_span x = ad_leaves(t, at, 2);
            ad_var y;
            ck_assert_int_eq(ad_name(ad_at(x, 0), "p"), AD_OK);
            ck_assert_int_eq(ad_name(ad_at(x, 1), "q"), AD_OK);
            ck_assert_int_eq(ad_parse(t, "tanh(p*q) + mean_of_squares(p, q) / hypot(p, q) + p^q", &y, NULL), AD_OK);
            const ad_stats before = ad_tape_stats(t);
            fail_at(&memory, fail, for_ever);
            const ad_status status = ad_hessian(y, x, h);
            const ad_span g = status == AD_OK ? ad_record_gradient(y, x) : (ad_span){NULL, 0, 0, 0, 0};
            const bool done = g.tape != NULL;
            if (!done) {
                ck_assert_int_eq(ad_tape_error(t), AD_ERR_MEMORY);
                ck_assert_uint_eq(ad_tape_stats(t).nodes, before.nodes);
                ck_assert_uint_eq(ad_tape_stats(t).constants, before.constants);
                ad_tape_clear_error(t);
                fail_at(&memory, 0, false);
                ck_assert_int_eq(ad_hessian(y, x, h), AD_OK);
                ck_assert(ad_record_gradient(y, x).tape == t);
            }
            ad_tape_free(t);
            ck_assert(memory.held == 0 && !memory.wrong_size);
            if (done) break;
        }
}
END_TEST

/* ----------------------------------------------------------------------------------- of functions */

static ad_status rosenbrock(ad_tape *t, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)t, (void)n, (void)m, (void)user;
    y[0] =
        ad_add(ad_square(ad_sub(ad_const(1), x[0])), ad_mul(ad_const(100), ad_square(ad_sub(x[1], ad_square(x[0])))));
    return AD_OK;
}

START_TEST(test_the_derivatives_of_a_function_leave_the_tape_as_it_was)
{
    const ad_function f = {rosenbrock, NULL, 2, 1};
    const double x[] = {-1.2, 1}, v[] = {1, 2};
    double value = 0, g[2], h[4], hv[2];
    const ad_var earlier = ad_leaf(tape, 5);
    ck_assert_int_eq(ad_fn_gradient(tape, &f, x, &value, g), AD_OK);
    assert_near(value, 24.2, 1e-15);
    assert_near(g[0], -215.6, 1e-14);
    assert_near(g[1], -88, 1e-14);
    ck_assert_int_eq(ad_fn_hessian(tape, &f, x, &value, g, h), AD_OK);
    assert_near(h[0], 1330, 1e-14);
    assert_near(h[1], 480, 1e-14);
    assert_near(h[2], 480, 1e-14);
    assert_near(h[3], 200, 1e-14);
    ck_assert_int_eq(ad_fn_hvp(tape, &f, x, v, 1, NULL, hv), AD_OK);
    assert_near(hv[0], 1330 + 960, 1e-14);
    assert_near(hv[1], 480 + 400, 1e-14);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
    ck_assert_double_eq(ad_value(earlier), 5);
    assert_ok(tape);
}
END_TEST

/* y = (x_0, x_0 x_1, 3) */
static ad_status three_outputs(ad_tape *t, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)t, (void)n, (void)m, (void)user;
    y[0] = x[0];
    y[1] = ad_mul(x[0], x[1]);
    y[2] = ad_const(3);
    return AD_OK;
}

START_TEST(test_a_function_of_several_outputs_has_a_jacobian_and_products)
{
    const ad_function f = {three_outputs, NULL, 2, 3};
    const double x[] = {2, 5}, dx[] = {1, -1}, seeds[] = {1, 2, 3, 0, 1, 0};
    double y[3], j[6], dy[3], g[4];
    ck_assert_int_eq(ad_fn_jacobian(tape, &f, x, y, j), AD_OK);
    ck_assert(y[0] == 2 && y[1] == 10 && y[2] == 3);
    ck_assert(j[0] == 1 && j[1] == 0 && j[2] == 5 && j[3] == 2 && j[4] == 0 && j[5] == 0);
    ck_assert_int_eq(ad_fn_jvp(tape, &f, x, dx, 1, NULL, dy), AD_OK);
    ck_assert(dy[0] == 1 && dy[1] == 3 && dy[2] == 0);
    ck_assert_int_eq(ad_fn_vjp(tape, &f, x, seeds, 2, y, g), AD_OK);
    ck_assert(g[0] == 11 && g[1] == 4 && g[2] == 5 && g[3] == 2);
    ck_assert_int_eq(ad_fn_gradient(tape, &f, x, y, g), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_fn_gradient: a function of 1 output, not of 3");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
}
END_TEST

typedef struct fault {
    ad_status status;
    bool forgets, foreign;
    ad_tape *other;
} fault;

static ad_status faulty(ad_tape *t, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    const fault *how = user;
    (void)t, (void)n, (void)m;
    const ad_var v = ad_sin(x[0]);
    if (!how->forgets) y[0] = how->foreign ? ad_leaf(how->other, 1) : v;
    return how->status;
}

START_TEST(test_a_function_that_fails_leaves_nothing_behind)
{
    fault how = {AD_ERR_CUSTOM, false, false, NULL};
    const ad_function f = {faulty, &how, 1, 1}, none = {NULL, NULL, 1, 1};
    const double x = 0.5;
    double g;
    ck_assert_int_eq(ad_fn_gradient(tape, &f, &x, NULL, &g), AD_ERR_CUSTOM);
    assert_error(tape, AD_ERR_CUSTOM,
                 "ad_fn_gradient: the function failed: an operation or a function of the program failed");
    how = (fault){AD_OK, true, false, NULL};
    ck_assert_int_eq(ad_fn_gradient(tape, &f, &x, NULL, &g), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_fn_gradient: output 1 is no node of this tape and no constant");
    how = (fault){AD_OK, false, true, ad_tape_new()};
    ad_span in, out;
    ck_assert_int_eq(ad_record(tape, &f, &x, &in, &out), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_record: output 1 is no node of this tape and no constant");
    ck_assert(in.tape == NULL && out.tape == NULL);
    ad_tape_free(how.other);
    ck_assert_int_eq(ad_fn_gradient(tape, &none, &x, NULL, &g), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_fn_gradient: no function");
    ck_assert_int_eq(ad_fn_gradient(tape, &f, NULL, NULL, &g), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_fn_gradient: no point x");
    ck_assert_int_eq(ad_fn_gradient(NULL, &f, &x, NULL, &g), AD_ERR_HANDLE);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
}
END_TEST

START_TEST(test_what_a_function_recorded_can_be_used_further)
{
    const ad_function f = {rosenbrock, NULL, 2, 1};
    ad_span x, y;
    double h[4];
    ck_assert_int_eq(ad_record(tape, &f, (double[]){-1.2, 1}, &x, &y), AD_OK);
    ck_assert_int_eq(ad_backward(ad_at(y, 0)), AD_OK);
    assert_near(ad_grads(x)[1], -88, 1e-14);
    ck_assert_int_eq(ad_set_all(x, (double[]){1, 1}), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(ad_hessian(ad_at(y, 0), x, h), AD_OK);
    assert_near(h[0], 802, 1e-14);
    assert_near(h[1], -400, 1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("second");
    TCase *ways = tcase_create("three ways");
    tcase_add_checked_fixture(ways, begin, end);
    tcase_set_timeout(ways, 120);
    tcase_add_loop_test(ways, test_second_derivatives_of_every_operation_agree, AD_OP_LEAF + 1, AD_OP_COUNT);
    tcase_add_loop_test(ways, test_second_derivatives_agree_at_the_points_of_every_row, AD_OP_LEAF + 1, AD_OP_COUNT);
    tcase_add_loop_test(ways, test_second_derivatives_far_out_are_numbers_where_the_first_are, AD_OP_LEAF + 1,
                        AD_OP_COUNT);
    tcase_add_loop_test(ways, test_second_derivatives_of_random_graphs_agree, 0, SEEDS);
    suite_add_tcase(suite, ways);
    TCase *hessians = tcase_create("Hessians");
    tcase_add_checked_fixture(hessians, begin, end);
    tcase_add_loop_test(hessians, test_hessians_are_symmetric_and_made_of_products, 0, SEEDS);
    tcase_add_test(hessians, test_the_hessian_of_log_sum_exp_is_that_of_softmax);
    tcase_add_test(hessians, test_products_with_the_hessian_of_a_network_are_differences_of_gradients);
    tcase_add_test(hessians, test_nothing_that_was_there_is_disturbed);
    suite_add_tcase(suite, hessians);
    TCase *borders = tcase_create("borders");
    tcase_add_checked_fixture(borders, begin, end);
    tcase_add_test(borders, test_constants_leaves_and_unused_inputs_have_products_of_zero);
    tcase_add_test(borders, test_what_zero_is_multiplied_with_does_not_matter);
    tcase_add_test(borders, test_errors_name_the_function_and_the_operand);
    tcase_add_test(borders, test_when_memory_runs_out_nothing_is_lost);
    suite_add_tcase(suite, borders);
    TCase *functions = tcase_create("functions");
    tcase_add_checked_fixture(functions, begin, end);
    tcase_add_test(functions, test_the_derivatives_of_a_function_leave_the_tape_as_it_was);
    tcase_add_test(functions, test_a_function_of_several_outputs_has_a_jacobian_and_products);
    tcase_add_test(functions, test_a_function_that_fails_leaves_nothing_behind);
    tcase_add_test(functions, test_what_a_function_recorded_can_be_used_further);
    suite_add_tcase(suite, functions);
    return run_suite(suite);
}
