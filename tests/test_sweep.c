/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

#include "helpers.h"
#include "run_suite.h"

#include <pthread.h>
#include <stdlib.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

static ad_var constant(double x) { return ad_const(x); }

/* ---------------------------------------------------------------------------------- chain rule */

START_TEST(test_the_gradient_of_a_leaf_by_itself_is_1)
{
    const ad_var x = ad_leaf(tape, 5), y = ad_leaf(tape, 6);
    ck_assert_int_eq(ad_backward(x), AD_OK);
    assert_same_bits(ad_grad(x), 1.0);
    assert_same_bits(ad_grad(y), 0.0);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 0);
}
END_TEST

START_TEST(test_product_and_sum_follow_the_chain_rule)
{
    /* f = (x y + sin x)^2: df/dx = 2 u (y + cos x), df/dy = 2 u x with u = x y + sin x. */
    const double a = 1.25, b = -0.5, u = a * b + sin(a);
    const ad_var x = ad_leaf(tape, a), y = ad_leaf(tape, b);
    const ad_var sum = ad_add(ad_mul(x, y), ad_sin(x)), f = ad_square(sum);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_near(ad_value(f), u * u, 1e-15);
    assert_near(ad_grad(x), 2 * u * (b + cos(a)), 1e-15);
    assert_near(ad_grad(y), 2 * u * a, 1e-15);
    assert_near(ad_grad(sum), 2 * u, 1e-15);
    assert_same_bits(ad_grad(f), 1.0);
}
END_TEST

START_TEST(test_a_neuron_has_the_textbook_gradient)
{
    const ad_var w0 = ad_leaf(tape, 2), x0 = ad_leaf(tape, -1), w1 = ad_leaf(tape, -3), x1 = ad_leaf(tape, -2),
                 w2 = ad_leaf(tape, -3);
    const ad_var f = ad_sigmoid(ad_add(ad_add(ad_mul(w0, x0), ad_mul(w1, x1)), w2));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq_tol(ad_value(f), 0.7311, 5e-5);
    ck_assert_double_eq_tol(ad_grad(w0), -0.1966, 5e-5);
    ck_assert_double_eq_tol(ad_grad(x0), 0.3932, 5e-5);
    ck_assert_double_eq_tol(ad_grad(w1), -0.3932, 5e-5);
    ck_assert_double_eq_tol(ad_grad(x1), -0.5898, 5e-5);
    ck_assert_double_eq_tol(ad_grad(w2), 0.1966, 5e-5);
}
END_TEST

START_TEST(test_an_operand_that_stands_twice_is_added_twice)
{
    const ad_var x = ad_leaf(tape, 3);
    ck_assert_int_eq(ad_backward(ad_mul(x, x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), 6);
    ck_assert_int_eq(ad_backward(ad_sub(x, x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), 0);
    ck_assert_int_eq(ad_backward(ad_fma(x, x, x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), 7);
}
END_TEST

START_TEST(test_constants_in_every_place_take_no_contribution)
{
    const ad_var x = ad_leaf(tape, 3);
    ck_assert_int_eq(ad_backward(ad_sub(x, constant(10))), AD_OK);
    ck_assert_double_eq(ad_grad(x), 1);
    ck_assert_int_eq(ad_backward(ad_sub(constant(10), x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), -1);
    ck_assert_int_eq(ad_backward(ad_div(constant(18), x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), -2);
    ck_assert_int_eq(ad_backward(ad_fma(x, constant(5), constant(1))), AD_OK);
    ck_assert_double_eq(ad_grad(x), 5);
    ck_assert_int_eq(ad_backward(ad_fma(constant(4), x, constant(1))), AD_OK);
    ck_assert_double_eq(ad_grad(x), 4);
    ck_assert_int_eq(ad_backward(ad_fma(constant(4), constant(2), x)), AD_OK);
    ck_assert_double_eq(ad_grad(x), 1);
}
END_TEST

START_TEST(test_sixty_levels_of_doubling_take_sixty_steps)
{
    const ad_var a = ad_leaf(tape, 1);
    ad_var b = a;
    for (int k = 0; k < 60; k++) b = ad_add(b, b);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 61);
    ck_assert_int_eq(ad_backward(b), AD_OK);
    ck_assert_double_eq(ad_value(b), 0x1p60);
    ck_assert_double_eq(ad_grad(a), 0x1p60);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 60);
}
END_TEST

START_TEST(test_leaves_among_operations_get_their_adjoints)
{
    ad_var product = ad_leaf(tape, 1);
    ad_var leaves[40];
    for (int k = 0; k < 40; k++) product = ad_mul(product, leaves[k] = ad_leaf(tape, k % 2 ? 2 : 0.5));
    ck_assert_int_eq(ad_backward(product), AD_OK);
    for (int k = 0; k < 40; k++) ck_assert_double_eq(ad_grad(leaves[k]), k % 2 ? 0.5 : 2);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 40);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 0);
}
END_TEST

/* ------------------------------------------------------------------------------------- sweeps */

START_TEST(test_backward_twice_gives_the_same_gradient)
{
    generator g = {7};
    ad_var slots[SCRIPT_SLOTS];
    const script s = random_script(&g, false);
    record_script(tape, &s, slots);
    double first[SCRIPT_SLOTS];
    ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS - 1]), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    for (int k = 0; k < SCRIPT_SLOTS; k++) first[k] = ad_grad(slots[k]);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS / 2]), AD_OK);
        ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS - 1]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) assert_same_bits(ad_grad(slots[k]), first[k]);
    }
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_mem_eq(&after, &before, sizeof after);
}
END_TEST

START_TEST(test_a_sweep_of_an_intermediate_output_gives_0_above_it)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x), z = ad_mul(y, x);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_double_eq(ad_grad(x), 12);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(x), 4);
    ck_assert_double_eq(ad_grad(y), 1);
    assert_same_bits(ad_grad(z), 0.0);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 0);
}
END_TEST

START_TEST(test_nodes_recorded_after_a_sweep_have_no_gradient_and_older_ones_keep_theirs)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ad_var z = y;
    for (int k = 0; k < 1000; k++) z = ad_neg(z);
    ck_assert_double_eq(ad_grad(x), 4);
    ck_assert(isnan(ad_grad(z)));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 1001 was recorded");
    ck_assert_ptr_null(ad_grads(ad_run(x, 3)));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grads: no sweep since node 2 was recorded");
    ck_assert_ptr_nonnull(ad_grads(ad_run(x, 2)));
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_double_eq(ad_grad(x), 4);
}
END_TEST

START_TEST(test_several_outputs_add_up_with_their_seeds)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_leaf(tape, 5), p = ad_mul(x, y), q = ad_square(p), r = ad_add(x, y);
    const ad_var outs[] = {r, q, p, q, x};
    const double seeds[] = {1, 0.5, -3, 0.25, 100};
    ck_assert_int_eq(ad_backward_from(outs, seeds, 5), AD_OK);
    /* 0.75 * 2 p * y - 3 y + 1 + 100, and the same by x without the 100 */
    ck_assert_double_eq(ad_grad(x), 0.75 * 2 * 10 * 5 - 15 + 101);
    ck_assert_double_eq(ad_grad(y), 0.75 * 2 * 10 * 2 - 6 + 1);
    ck_assert_double_eq(ad_grad(q), 0.75);
    ck_assert_double_eq(ad_grad(p), 0.75 * 20 - 3);
    ck_assert_int_eq(ad_backward_from(outs, seeds, 1), AD_OK);
    ck_assert_double_eq(ad_grad(x), 1);
    ck_assert_double_eq(ad_grad(q), 0);
}
END_TEST

START_TEST(test_outputs_that_are_no_nodes_are_refused)
{
    const ad_var x = ad_leaf(tape, 2), none = {NULL, 0, 0};
    const double seeds[] = {1, 1};
    ck_assert_int_eq(ad_backward_from((ad_var[]){x, ad_const(1)}, seeds, 2), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_backward_from: operand 2 is a constant");
    ck_assert_int_eq(ad_backward_from((ad_var[]){none, x}, seeds, 2), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_backward_from: operand 1 is the invalid handle");
    ck_assert_int_eq(ad_backward_from((ad_var[]){ad_const(2), ad_const(1)}, seeds, 2), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_backward_from(&x, seeds, 0), AD_ERR_HANDLE);
    assert_ok(tape);
    ck_assert(isnan(ad_grad(x)));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 0 was recorded");
}
END_TEST

START_TEST(test_grads_of_consecutive_nodes_stand_in_a_row)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2, 3}, 3);
    const ad_var f = ad_mul(ad_mul(ad_at(x, 0), ad_at(x, 1)), ad_at(x, 2));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    const double *grads = ad_grads(x);
    ck_assert_ptr_nonnull(grads);
    ck_assert_double_eq(grads[0], 6);
    ck_assert_double_eq(grads[1], 3);
    ck_assert_double_eq(grads[2], 2);
    ck_assert_ptr_eq(ad_grads(ad_slice(x, 1, 2)), grads + 1);
}
END_TEST

START_TEST(test_a_gradient_is_stale_once_a_leaf_was_set)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_int_eq(ad_set(x, 3), AD_OK);
    ck_assert(isnan(ad_grad(x)));
    assert_error(tape, AD_ERR_STALE, "ad_grad: a leaf was set since the last sweep");
    ck_assert_ptr_null(ad_grads(ad_run(x, 2)));
    assert_error(tape, AD_ERR_STALE, "ad_grads: a leaf was set since the last sweep");
    ck_assert_int_eq(ad_backward(y), AD_ERR_STALE);
    assert_error(tape, AD_ERR_STALE,
                 "ad_backward: a leaf was set since these values were computed: ad_reevaluate first");
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert(isnan(ad_grad(x)));
    assert_error(tape, AD_ERR_STALE, "ad_grad: a leaf was set since the last sweep");
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(x), 6);
}
END_TEST

/* -------------------------------------------------------------------------------- accumulation */

START_TEST(test_accumulated_leaves_hold_the_sum_over_samples_and_others_the_last_gradient)
{
    const ad_span all = ad_leaves(tape, (double[]){0.5, -1, 2, 0.25}, 4), w = ad_slice(all, 1, 2);
    const ad_mark mark = ad_tape_mark(tape);
    double sum[4] = {0}, last[4] = {0};
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(ad_accumulate(w), AD_OK);
        memset(sum, 0, sizeof sum);
        for (int sample = 1; sample <= 5; sample++) {
            ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
            const ad_var x = ad_leaf(tape, sample);
            ad_var f = x;
            for (size_t k = 0; k < 4; k++) f = ad_mul(f, ad_at(all, k));
            ck_assert_int_eq(ad_backward(f), AD_OK);
            ck_assert_double_eq(ad_grad(x), 0.5 * -1 * 2 * 0.25);
            for (size_t k = 0; k < 4; k++) sum[k] += last[k] = ad_value(f) / ad_value(ad_at(all, k));
        }
        for (size_t k = 0; k < 4; k++) ck_assert_double_eq(ad_grad(ad_at(all, k)), k == 1 || k == 2 ? sum[k] : last[k]);
    }
    ck_assert_int_eq(ad_accumulate(ad_slice(w, 0, 0)), AD_OK);
    const ad_var f = ad_mul(ad_at(w, 0), ad_at(w, 1));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(ad_at(w, 0)), 2);
    assert_ok(tape);
}
END_TEST

START_TEST(test_accumulation_starts_from_0_at_the_call)
{
    const ad_span w = ad_leaves(tape, (double[]){3, 4}, 2);
    const ad_var f = ad_mul(ad_at(w, 0), ad_at(w, 1));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_int_eq(ad_accumulate(w), AD_OK);
    ck_assert(isnan(ad_grad(ad_at(w, 0))));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 0 was recorded");
    for (int k = 1; k <= 3; k++) {
        ck_assert_int_eq(ad_backward(f), AD_OK);
        ck_assert_double_eq(ad_grad(ad_at(w, 0)), 4 * k);
        ck_assert_double_eq(ad_grad(f), 1);
    }
}
END_TEST

START_TEST(test_accumulation_survives_growth_and_ends_when_its_leaves_are_rewound)
{
    const ad_mark empty = ad_tape_mark(tape);
    const ad_span w = ad_leaves(tape, (double[]){3, 4}, 2);
    ck_assert_int_eq(ad_accumulate(w), AD_OK);
    double expected = 0;
    ad_var f = ad_at(w, 0);
    for (int k = 1; k <= 300; k++) {
        f = ad_add(ad_at(w, 1), f);
        ck_assert_int_eq(ad_backward(f), AD_OK);
        expected += k;
    }
    ck_assert_double_eq(ad_grad(ad_at(w, 0)), 300);
    ck_assert_double_eq(ad_grad(ad_at(w, 1)), expected);
    ck_assert_int_eq(ad_tape_rewind(tape, empty), AD_OK);
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_near(ad_grad(x), exp(1), 1e-15);
}
END_TEST

START_TEST(test_only_leaves_accumulate)
{
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x);
    ck_assert_int_eq(ad_accumulate(ad_run(x, 2)), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_accumulate: node 1 is not a leaf");
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_near(ad_grad(x), exp(1), 1e-15);
}
END_TEST

/* A use of three leaves that is no weighted sum over runs; its partials by the leaves, whose values are small, are
 * added to `expected`, which stands by index. */
static ad_var use_otherwise(ad_span three, int how, double *expected)
{
    const ad_var a = ad_at(three, 0), b = ad_at(three, 1), c = ad_at(three, 2);
    const ad_span constants = ad_constants(tape, (double[]){5, 6, 7}, 3);
    double partial[3] = {1, 1, 1};
    ad_var f;
    switch (how % 9) {
    case 0: f = ad_add(a, ad_add(b, c)); break;
    case 1: f = ad_sum(three); break;
    case 2: f = ad_sum(ad_each(AD_OP_NEG, three)), partial[0] = partial[1] = partial[2] = -1; break;
    case 3: f = ad_sum(ad_each2(AD_OP_ADD, three, three)), partial[0] = partial[1] = partial[2] = 2; break;
    case 4: f = ad_sum(ad_each2(AD_OP_SUB, constants, three)), partial[0] = partial[1] = partial[2] = -1; break;
    case 5: f = ad_sum(ad_each2(AD_OP_SUB, three, constants)); break;
    case 6:
        f = ad_weighted_sum(ad_gather(tape, (ad_var[]){a, b, c}, 3), constants);
        for (int k = 0; k < 3; k++) partial[k] = 5 + k;
        break;
    case 7: f = ad_fma(a, ad_const(3), ad_fma(ad_const(4), b, c)), partial[0] = 3, partial[1] = 4; break;
    default: f = ad_add(ad_sub(ad_const(1), a), ad_sub(b, ad_sub(ad_const(1), c))), partial[0] = -1;
    }
    for (int k = 0; k < 3; k++) expected[three.first + (uint32_t)k] += partial[k];
    return f;
}

/* Weights in many blocks of memory, of which sweeps use some: what a sweep does not add to is 0 all the same. */
START_TEST(test_sparsely_used_weights_have_exact_gradients_in_any_order_of_sweeps)
{
    enum { WEIGHTS = 10000, IN = 37 };
    generator g = {3};
    static double values[WEIGHTS], expected[WEIGHTS];
    for (int k = 0; k < WEIGHTS; k++) values[k] = uniform(&g, -1, 1);
    const ad_span w = ad_leaves(tape, values, WEIGHTS);
    const ad_mark mark = ad_tape_mark(tape);
    for (int round = 0; round < 60; round++) {
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        memset(expected, 0, sizeof expected);
        ad_var f = ad_leaf(tape, 0);
        for (int term = 0; term < 1 + round % 7; term++) {
            const uint32_t n = 1 + below(&g, round % 5 == 0 ? 5000 : IN), first = below(&g, WEIGHTS - n);
            const uint32_t other = below(&g, WEIGHTS - n);
            const ad_span run = ad_slice(w, first, n);
            if (round % 3 == 0) {
                const ad_span x = ad_constants(tape, values, n);
                f = ad_add(f, ad_weighted_sum(run, x));
                for (uint32_t k = 0; k < n; k++) expected[first + k] += values[k];
            } else {
                f = ad_add(f, ad_weighted_sum(run, ad_slice(w, other, n)));
                for (uint32_t k = 0; k < n; k++) {
                    expected[first + k] += values[other + k];
                    expected[other + k] += values[first + k];
                }
            }
        }
        if (round % 4 == 1) f = ad_add(f, use_otherwise(ad_slice(w, below(&g, WEIGHTS - 3), 3), round / 4, expected));
        ck_assert_int_eq(ad_backward(f), AD_OK);
        const double *grads = ad_grads(w);
        for (int k = 0; k < WEIGHTS; k++) assert_near(grads[k], expected[k], 1e-14);
        if (round % 2 == 0) {
            const uint32_t seeded = below(&g, WEIGHTS);
            expected[seeded] += 3;
            ck_assert_int_eq(ad_backward_from((ad_var[]){f, ad_at(w, seeded)}, (double[]){1, 3}, 2), AD_OK);
            grads = ad_grads(w);
            for (int k = 0; k < WEIGHTS; k++) assert_near(grads[k], expected[k], 1e-14);
        }
    }
}
END_TEST

/* ----------------------------------------------------------------- zeros, infinities and kinks */

START_TEST(test_an_adjoint_of_0_is_not_propagated_unless_asked_for)
{
    const ad_var x = ad_leaf(tape, 0), root = ad_sqrt(x), f = ad_mul(root, constant(0));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_same_bits(ad_grad(x), 0.0);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 1);
    ad_propagate_zeros(tape, true);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert(isnan(ad_grad(x)));
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 2);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 0);
    ad_propagate_zeros(tape, false);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_same_bits(ad_grad(x), 0.0);
}
END_TEST

START_TEST(test_a_negative_zero_is_not_propagated_either)
{
    const ad_var x = ad_leaf(tape, 0), root = ad_sqrt(x), f = ad_mul(root, constant(-0.0));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(x), 0);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 1);
}
END_TEST

START_TEST(test_skipped_operations_are_counted_and_leaves_are_not)
{
    const ad_var x = ad_leaf(tape, 1), dead = ad_exp(ad_exp(x)), late = ad_leaf(tape, 2), y = ad_mul(x, late);
    ck_assert(ad_is_valid(dead));
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 2);
}
END_TEST

START_TEST(test_a_layers_nodes_of_adjoint_0_propagate_nothing_to_weights_and_inputs)
{
    const double inf = INFINITY;
    for (int leaves = 0; leaves < 2; leaves++) {
        ad_tape_reset(tape);
        const ad_span w = ad_leaves(tape, (double[]){1, 2, inf, 4, 5, 6}, 6);
        const ad_span x = leaves ? ad_leaves(tape, (double[]){7, inf}, 2) : ad_constants(tape, (double[]){7, inf}, 2);
        const ad_span z = ad_weighted_sums(w, x);
        ck_assert_int_eq(ad_backward(ad_mul(ad_at(z, 2), ad_const(3))), AD_OK);
        const double expected[] = {0, 0, 0, 0, 21, inf};
        for (size_t k = 0; k < 6; k++) ck_assert_double_eq(ad_grads(w)[k], expected[k]);
        if (leaves) ck_assert_double_eq(ad_grads(x)[0], 15);
        if (leaves) ck_assert_double_eq(ad_grads(x)[1], 18);
        ck_assert_uint_eq(ad_tape_stats(tape).skipped, 2);
        ck_assert_uint_eq(ad_tape_stats(tape).steps, 2);
        ad_propagate_zeros(tape, true);
        ck_assert_int_eq(ad_backward(ad_at(z, 2)), AD_OK);
        ck_assert(isnan(ad_grads(w)[1]) && isnan(ad_grads(w)[3]));
        ck_assert_uint_eq(ad_tape_stats(tape).steps, 3);
        ad_propagate_zeros(tape, false);
    }
}
END_TEST

START_TEST(test_infinite_and_nan_adjoints_flow_on)
{
    const ad_var x = ad_leaf(tape, 0), y = ad_leaf(tape, 1), root = ad_sqrt(x), f = ad_add(root, y);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(x), INFINITY);
    ck_assert_double_eq(ad_grad(y), 1);
    ck_assert_int_eq(ad_backward_from(&f, (double[]){(double)NAN}, 1), AD_OK);
    ck_assert(isnan(ad_grad(y)) && isnan(ad_grad(x)));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(y), 1);
    assert_ok(tape);
}
END_TEST

START_TEST(test_the_branch_not_selected_gets_nothing_even_where_its_derivative_is_infinite)
{
    const ad_var x = ad_leaf(tape, 0), f = ad_select(ad_gt(x, constant(0)), ad_sqrt(x), ad_mul(x, constant(3)));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(x), 3);
}
END_TEST

START_TEST(test_kinks_are_counted_where_the_sweep_steps_on_them)
{
    const ad_var x = ad_leaf(tape, 0), r = ad_relu(x), m = ad_max(x, r), a = ad_abs(x);
    const ad_var f = ad_add(r, m), unused = ad_abs(a);
    ck_assert(ad_is_valid(unused));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    /* relu and max; abs is not reached. */
    ck_assert_uint_eq(ad_tape_stats(tape).kinks, 2);
    ck_assert_double_eq(ad_grad(x), 0.5);
    ck_assert_int_eq(ad_set(x, 1), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(ad_backward(r), AD_OK);
    ck_assert_uint_eq(ad_tape_stats(tape).kinks, 0);
    ck_assert_double_eq(ad_grad(x), 1);
}
END_TEST

/* --------------------------------------------------------------------------------------- watcher */

enum { SEEN_STEPS = 200, SEEN_EDGES = 8 };

typedef struct seen_step {
    ad_sweep_step step;
    ad_edge edges[SEEN_EDGES];
} seen_step;

typedef struct seen {
    size_t count;
    seen_step steps[SEEN_STEPS];
} seen;

static void see(void *user, const ad_sweep_step *step)
{
    seen *s = user;
    ck_assert_uint_lt(s->count, SEEN_STEPS);
    ck_assert_uint_le(step->count, SEEN_EDGES);
    seen_step *now = &s->steps[s->count++];
    now->step = *step;
    memcpy(now->edges, step->edges, step->count * sizeof *step->edges);
}

START_TEST(test_a_watcher_sees_each_step_with_its_contributions)
{
    static seen s;
    const ad_var x = ad_leaf(tape, 3), y = ad_mul(x, x), z = ad_sub(constant(10), y), w = ad_abs(ad_leaf(tape, 0));
    const ad_var f = ad_add(z, w);
    ad_watch(tape, see, &s);
    ck_assert_int_eq(ad_backward_from(&f, (double[]){2}, 1), AD_OK);
    ck_assert_uint_eq(s.count, 4);
    const ad_op ops[] = {AD_OP_ADD, AD_OP_ABS, AD_OP_SUB, AD_OP_MUL};
    const ad_var nodes[] = {f, w, z, y};
    const double adjoints[] = {2, 2, 2, -2};
    for (size_t k = 0; k < 4; k++) {
        const ad_sweep_step *step = &s.steps[k].step;
        ck_assert_int_eq(step->op, ops[k]);
        ck_assert(same_node(step->node, nodes[k]));
        ck_assert(ad_is_valid(step->node));
        ck_assert_double_eq(step->value, ad_value(nodes[k]));
        ck_assert_double_eq(step->adjoint, adjoints[k]);
        ck_assert_int_eq(step->kink, k == 1);
        ck_assert(!step->skipped);
        ck_assert_uint_eq(step->count, k == 1 ? 1 : 2);
    }
    const ad_edge *sub = s.steps[2].edges, *mul = s.steps[3].edges;
    ck_assert(ad_is_const(sub[0].operand));
    ck_assert_double_eq(sub[0].value, 10);
    ck_assert_double_eq(sub[0].contribution, 0);
    ck_assert_double_eq(sub[0].adjoint, 0);
    ck_assert(same_node(sub[1].operand, y));
    ck_assert_double_eq(sub[1].partial, -1);
    ck_assert_double_eq(sub[1].contribution, -2);
    ck_assert_double_eq(sub[1].adjoint, -2);
    ck_assert(same_node(mul[0].operand, x) && same_node(mul[1].operand, x));
    ck_assert_double_eq(mul[0].contribution, -6);
    ck_assert_double_eq(mul[0].adjoint, -6);
    ck_assert_double_eq(mul[1].contribution, -6);
    ck_assert_double_eq(mul[1].adjoint, -12);
    ck_assert_double_eq(ad_grad(x), -12);
}
END_TEST

START_TEST(test_a_watcher_sees_skipped_steps_with_contributions_of_0)
{
    static seen s;
    const ad_var x = ad_leaf(tape, 2), unused = ad_exp(x), f = ad_square(x);
    ad_watch(tape, see, &s);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_uint_eq(s.count, 2);
    ck_assert(same_node(s.steps[1].step.node, unused));
    ck_assert(s.steps[1].step.skipped);
    ck_assert_double_eq(s.steps[1].edges[0].contribution, 0);
    ck_assert_double_eq(s.steps[1].edges[0].adjoint, 4);
    assert_near(s.steps[1].edges[0].partial, exp(2), 1e-15);
}
END_TEST

static void count_steps(void *user, const ad_sweep_step *step)
{
    (void)step;
    ++*(size_t *)user;
}

START_TEST(test_a_watched_sweep_gives_the_same_bits_and_counts)
{
    generator g = {(uint64_t)_i};
    for (int round = 0; round < 100; round++) {
        ad_tape_reset(tape);
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        record_script(tape, &s, slots);
        const ad_span run = ad_run(slots[0], SCRIPT_SLOTS / 2);
        const ad_span overlapping = ad_slice(run, 3, 10), constants = ad_constants(tape, s.leaf, 5);
        /* Two small layers, of whose nodes some are not used. */
        const ad_span layer = ad_weighted_sums(ad_slice(run, 0, 12), ad_slice(run, 1, 4)),
                      next = ad_weighted_sums(ad_slice(run, 2, 6), layer);
        const ad_var sums = ad_add(ad_add(ad_at(layer, 0), ad_at(layer, 2)), ad_at(next, below(&g, 2)));
        const ad_var f = ad_add(ad_add(ad_weighted_sum(ad_slice(run, 0, 10), overlapping), slots[SCRIPT_SLOTS - 1]),
                                ad_add(ad_weighted_sum(constants, ad_slice(run, 2, 5)), sums));
        const size_t nodes = ad_tape_stats(tape).nodes;
        for (int zeros = 0; zeros < 2; zeros++) {
            double unwatched[2 * SCRIPT_SLOTS];
            size_t steps = 0;
            ad_propagate_zeros(tape, zeros);
            ad_watch(tape, NULL, NULL);
            ck_assert_int_eq(ad_backward(f), AD_OK);
            const ad_stats before = ad_tape_stats(tape);
            for (size_t k = 0; k < nodes; k++) unwatched[k] = ad_grad(ad_node_at(tape, k));
            ad_watch(tape, count_steps, &steps);
            ck_assert_int_eq(ad_backward(f), AD_OK);
            const ad_stats after = ad_tape_stats(tape);
            ck_assert_uint_eq(after.steps, before.steps);
            ck_assert_uint_eq(after.skipped, before.skipped);
            ck_assert_uint_eq(after.kinks, before.kinks);
            ck_assert_uint_eq(after.steps + after.skipped, steps);
            for (size_t k = 0; k < nodes; k++) {
                const double watched = ad_grad(ad_node_at(tape, k));
                ck_assert_msg(same_bits(watched, unwatched[k]) || (isnan(watched) && isnan(unwatched[k])),
                              "node %zu: %a watched, %a unwatched", k, watched, unwatched[k]);
            }
        }
    }
    assert_ok(tape);
}
END_TEST

/* What a watcher tries to do to its tape, and how many of the attempts were refused. */
static void meddle(void *user, const ad_sweep_step *step)
{
    size_t *refused = user;
    const ad_var x = step->node;
    ad_tape *t = x.tape;
    static const ad_mark no_mark;
    const ad_span run = ad_run(x, 1), leaf = ad_run(ad_node_at(t, 0), 1);
    const ad_var made[] = {ad_leaf(t, 1),
                           ad_exp(x),
                           ad_mul(x, x),
                           ad_mul(x, ad_const(7)),
                           ad_fma(x, x, x),
                           ad_sum(run),
                           ad_at(ad_leaves(t, NULL, 1000), 0),
                           ad_at(ad_each(AD_OP_EXP, run), 0)};
    for (size_t k = 0; k < sizeof made / sizeof *made; k++) *refused += !ad_is_valid(made[k]);
    *refused += ad_gather(t, &x, 1).tape == NULL;
    *refused += ad_constants(t, (double[]){1}, 1).tape == NULL;
    *refused += ad_weighted_sums(run, run).tape == NULL;
    *refused += ad_backward(x) != AD_OK;
    *refused += ad_backward_from(&x, (double[]){1}, 1) != AD_OK;
    *refused += ad_reevaluate(t, NULL) != AD_OK;
    *refused += ad_set(ad_node_at(t, 0), 7) != AD_OK;
    *refused += ad_set_all(leaf, (double[]){7}) != AD_OK;
    *refused += ad_accumulate(leaf) != AD_OK;
    *refused += ad_tape_rewind(t, ad_tape_mark(t)) != AD_OK;
    *refused += ad_tape_rewind(t, no_mark) != AD_OK;
    *refused += ad_tape_limit(t, 2) != AD_OK;
    *refused += ad_tape_reserve(t, 100000) != AD_OK;
    ad_tape_reset(t);
    ck_assert_str_eq(ad_tape_message(t), "ad_leaf: not inside a watcher");
    ad_tape_clear_error(t);
}

START_TEST(test_a_watcher_cannot_change_the_tape)
{
    size_t refused = 0;
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x), z = ad_mul(y, ad_const(3)), f = ad_sin(z);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    const double grad = ad_grad(x);
    ad_watch(tape, meddle, &refused);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_uint_eq(refused, 3 * 21);
    ad_watch(tape, NULL, NULL);
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.nodes, before.nodes);
    ck_assert_uint_eq(after.constants, before.constants);
    ck_assert_uint_eq(after.bytes_used, before.bytes_used);
    assert_same_bits(ad_grad(x), grad);
    assert_same_bits(ad_value(x), 2.0);
    assert_ok(tape);
    ck_assert(ad_is_valid(ad_exp(f)));
}
END_TEST

static void take_away(void *user, const ad_sweep_step *step)
{
    ++*(size_t *)user;
    ad_watch(step->node.tape, NULL, NULL);
}

START_TEST(test_a_watcher_may_take_itself_away)
{
    size_t steps = 0;
    const ad_var x = ad_leaf(tape, 2), f = ad_sin(ad_square(x));
    ad_watch(tape, take_away, &steps);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_uint_eq(steps, 1);
    assert_near(ad_grad(x), 4 * cos(4), 1e-15);
}
END_TEST

START_TEST(test_a_watcher_stays_through_a_reset)
{
    size_t steps = 0;
    ad_watch(tape, count_steps, &steps);
    ad_tape_reset(tape);
    ck_assert_int_eq(ad_backward(ad_exp(ad_leaf(tape, 1))), AD_OK);
    ck_assert_uint_eq(steps, 1);
}
END_TEST

static void look(void *user, const ad_sweep_step *step)
{
    ad_edge edges[2];
    ad_nonfinite found;
    ck_assert_uint_eq(ad_edges(step->node, edges, 2), step->count);
    ck_assert_uint_eq(ad_arity_of(step->node), step->count);
    ck_assert_int_eq(ad_op_of(step->node), step->op);
    ck_assert_double_eq(ad_value(step->node), step->value);
    ck_assert_double_eq(edges[0].partial, step->edges[0].partial);
    ck_assert_str_eq(ad_name_of(step->node), "y");
    ad_find_nonfinite(step->node.tape, &found);
    ++*(size_t *)user;
}

START_TEST(test_a_watcher_may_read_values_and_inspect)
{
    size_t steps = 0;
    const ad_var x = ad_leaf(tape, 2), y = ad_mul(x, ad_const(5));
    ck_assert_int_eq(ad_name(y, "y"), AD_OK);
    ad_watch(tape, look, &steps);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_uint_eq(steps, 1);
    assert_ok(tape);
}
END_TEST

/* ----------------------------------------------------------------------------------------- depth */

enum { LONG = 10000000 };

static void *sweep_a_long_chain(void *failed)
{
    *(const char **)failed = "the chain";
    ad_tape *own = ad_tape_new();
    const ad_var x = ad_leaf(own, 1);
    ad_var y = x;
    for (int k = 1; k < LONG; k++) y = ad_add(y, x);
    if (ad_tape_stats(own).nodes != LONG || ad_value(y) != LONG) return NULL;
    if (ad_backward(y) != AD_OK) return NULL;
    if (ad_grad(x) != LONG || ad_tape_stats(own).steps != LONG - 1) return NULL;
    ad_verdict verdict;
    if (ad_set(x, 0.5) != AD_OK || ad_reevaluate(own, &verdict) != AD_OK) return NULL;
    if (ad_value(y) != 0.5 * LONG || verdict.changed != 0) return NULL;
    ad_tape_free(own);
    *(const char **)failed = NULL;
    return NULL;
}

START_TEST(test_a_chain_of_ten_million_nodes_needs_no_stack)
{
    pthread_attr_t small;
    pthread_t thread;
    const char *failed = "the thread";
    ck_assert_int_eq(pthread_attr_init(&small), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&small, 256 * 1024), 0);
    ck_assert_int_eq(pthread_create(&thread, &small, sweep_a_long_chain, &failed), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&small);
    ck_assert_ptr_null(failed);
}
END_TEST

START_TEST(test_ending_an_accumulation_leaves_the_gradient_readable)
{
    const ad_span x = ad_leaves(tape, (double[]){2, 3}, 2);
    const ad_var y = ad_mul(ad_at(x, 0), ad_at(x, 1));
    ck_assert_int_eq(ad_accumulate(x), AD_OK);
    for (int k = 0; k < 3; k++) ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_int_eq(ad_accumulate(ad_slice(x, 0, 0)), AD_OK);
    ck_assert_double_eq(ad_grad(ad_at(x, 0)), 9);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(ad_at(x, 0)), 3);
}
END_TEST

static void fail_in_watcher(void *user, const ad_sweep_step *step)
{
    (void)step;
    ad_leaf(user, 1);
}

START_TEST(test_backward_says_that_its_watcher_made_an_error)
{
    const ad_var y = ad_neg(ad_leaf(tape, 1));
    ad_watch(tape, fail_in_watcher, tape);
    ck_assert_int_eq(ad_backward(y), AD_ERR_ARGUMENT);
    ck_assert_str_eq(ad_tape_message(tape), "ad_leaf: not inside a watcher");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");

    TCase *chain = tcase_create("chain rule");
    tcase_add_checked_fixture(chain, begin, end);
    tcase_add_test(chain, test_the_gradient_of_a_leaf_by_itself_is_1);
    tcase_add_test(chain, test_product_and_sum_follow_the_chain_rule);
    tcase_add_test(chain, test_a_neuron_has_the_textbook_gradient);
    tcase_add_test(chain, test_an_operand_that_stands_twice_is_added_twice);
    tcase_add_test(chain, test_constants_in_every_place_take_no_contribution);
    tcase_add_test(chain, test_sixty_levels_of_doubling_take_sixty_steps);
    tcase_add_test(chain, test_leaves_among_operations_get_their_adjoints);
    suite_add_tcase(suite, chain);

    TCase *sweeps = tcase_create("sweeps");
    tcase_add_checked_fixture(sweeps, begin, end);
    tcase_add_test(sweeps, test_backward_twice_gives_the_same_gradient);
    tcase_add_test(sweeps, test_a_sweep_of_an_intermediate_output_gives_0_above_it);
    tcase_add_test(sweeps, test_nodes_recorded_after_a_sweep_have_no_gradient_and_older_ones_keep_theirs);
    tcase_add_test(sweeps, test_several_outputs_add_up_with_their_seeds);
    tcase_add_test(sweeps, test_outputs_that_are_no_nodes_are_refused);
    tcase_add_test(sweeps, test_grads_of_consecutive_nodes_stand_in_a_row);
    tcase_add_test(sweeps, test_a_gradient_is_stale_once_a_leaf_was_set);
    suite_add_tcase(suite, sweeps);

    TCase *accumulation = tcase_create("accumulation");
    tcase_add_checked_fixture(accumulation, begin, end);
    tcase_set_timeout(accumulation, 60);
    tcase_add_test(accumulation, test_accumulated_leaves_hold_the_sum_over_samples_and_others_the_last_gradient);
    tcase_add_test(accumulation, test_accumulation_starts_from_0_at_the_call);
    tcase_add_test(accumulation, test_accumulation_survives_growth_and_ends_when_its_leaves_are_rewound);
    tcase_add_test(accumulation, test_only_leaves_accumulate);
    tcase_add_test(accumulation, test_sparsely_used_weights_have_exact_gradients_in_any_order_of_sweeps);
    suite_add_tcase(suite, accumulation);

    tcase_add_test(accumulation, test_ending_an_accumulation_leaves_the_gradient_readable);
    TCase *special = tcase_create("zeros, infinities and kinks");
    tcase_add_checked_fixture(special, begin, end);
    tcase_add_test(special, test_an_adjoint_of_0_is_not_propagated_unless_asked_for);
    tcase_add_test(special, test_a_negative_zero_is_not_propagated_either);
    tcase_add_test(special, test_skipped_operations_are_counted_and_leaves_are_not);
    tcase_add_test(special, test_a_layers_nodes_of_adjoint_0_propagate_nothing_to_weights_and_inputs);
    tcase_add_test(special, test_infinite_and_nan_adjoints_flow_on);
    tcase_add_test(special, test_the_branch_not_selected_gets_nothing_even_where_its_derivative_is_infinite);
    tcase_add_test(special, test_kinks_are_counted_where_the_sweep_steps_on_them);
    suite_add_tcase(suite, special);

    TCase *watcher = tcase_create("watcher");
    tcase_add_checked_fixture(watcher, begin, end);
    tcase_set_timeout(watcher, 60);
    tcase_add_test(watcher, test_backward_says_that_its_watcher_made_an_error);
    tcase_add_test(watcher, test_a_watcher_sees_each_step_with_its_contributions);
    tcase_add_test(watcher, test_a_watcher_sees_skipped_steps_with_contributions_of_0);
    tcase_add_loop_test(watcher, test_a_watched_sweep_gives_the_same_bits_and_counts, 0, 5);
    tcase_add_test(watcher, test_a_watcher_cannot_change_the_tape);
    tcase_add_test(watcher, test_a_watcher_may_take_itself_away);
    tcase_add_test(watcher, test_a_watcher_stays_through_a_reset);
    tcase_add_test(watcher, test_a_watcher_may_read_values_and_inspect);
    suite_add_tcase(suite, watcher);

    TCase *depth = tcase_create("depth");
    tcase_set_timeout(depth, 120);
    tcase_add_test(depth, test_a_chain_of_ten_million_nodes_needs_no_stack);
    suite_add_tcase(suite, depth);

    return run_suite(suite);
}
