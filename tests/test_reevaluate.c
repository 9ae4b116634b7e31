/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

#include "helpers.h"
#include "run_suite.h"

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

static bool same_or_nan(double x, double y) { return same_bits(x, y) || (isnan(x) && isnan(y)); }

/* ------------------------------------------------------------------- the same as recording anew */

static const double points[] = {-2.5, -1, -0.6, 0, 0.3, 0.5, 1, 1.7, 4, INFINITY, (double)NAN};
enum { POINTS = sizeof points / sizeof *points };

/* Records `op` at the operands, those of `constants` (a bit each) as constants; leaves[k] is operand k. */
static ad_var record(ad_op op, const double *at, unsigned constants, ad_var *leaves)
{
    const int arity = ad_op_get(op)->arity;
    for (int k = 0; k < arity; k++) leaves[k] = constants >> k & 1 ? ad_const(at[k]) : ad_leaf(tape, at[k]);
    return ad_apply(op, leaves, (size_t)arity);
}

static void check_moved(ad_op op, const double *from, const double *to, unsigned constants)
{
    const int arity = ad_op_get(op)->arity;
    ad_var moved[3], fresh[3];
    double target[3];
    for (int k = 0; k < arity; k++) target[k] = constants >> k & 1 ? from[k] : to[k];
    ad_tape_reset(tape);
    const ad_var a = record(op, from, constants, moved), b = record(op, target, constants, fresh);
    for (int k = 0; k < arity; k++)
        if (!ad_is_const(moved[k])) ck_assert_int_eq(ad_set(moved[k], target[k]), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_msg(same_or_nan(ad_value(a), ad_value(b)), "%s, constants %u: %a re-evaluated, %a recorded",
                  ad_op_get(op)->name, constants, ad_value(a), ad_value(b));
    double grads[3];
    ck_assert_int_eq(ad_backward(a), AD_OK);
    for (int k = 0; k < arity; k++) grads[k] = ad_is_const(moved[k]) ? 0 : ad_grad(moved[k]);
    ck_assert_int_eq(ad_backward(b), AD_OK);
    for (int k = 0; k < arity; k++)
        if (!ad_is_const(fresh[k])) ck_assert(same_or_nan(grads[k], ad_grad(fresh[k])));
}

START_TEST(test_every_elementary_operation_reevaluates_to_what_recording_anew_gives)
{
    generator g = {1};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const int arity = ad_op_get(op)->arity;
        for (int round = 0; arity > 0 && round < 150; round++)
            for (unsigned constants = 0; constants + 1 < 1u << arity; constants++) {
                double from[3], to[3];
                for (int k = 0; k < 3; k++) from[k] = points[below(&g, POINTS)], to[k] = points[below(&g, POINTS)];
                check_moved(op, from, to, constants);
            }
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_every_nary_operation_reevaluates_to_what_recording_anew_gives)
{
    generator g = {2};
    enum { N = 41 };
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (int round = 0; ad_op_get(op)->arity < 0 && round < 20; round++) {
            double from[2 * N], to[2 * N];
            for (int k = 0; k < 2 * N; k++) from[k] = uniform(&g, 0.1, 0.9), to[k] = uniform(&g, 0.1, 0.9);
            ad_tape_reset(tape);
            const ad_span p = ad_leaves(tape, from, (size_t)2 * N), q = ad_leaves(tape, to, (size_t)2 * N);
            const ad_var a = apply_nary(op, ad_slice(p, 0, N), ad_slice(p, N, N));
            const ad_var b = apply_nary(op, ad_slice(q, 0, N), ad_slice(q, N, N));
            ck_assert_double_ne(ad_value(a), ad_value(b));
            ck_assert_int_eq(ad_set_all(p, to), AD_OK);
            ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
            assert_same_bits(ad_value(a), ad_value(b));
            double grads[2 * N];
            ck_assert_int_eq(ad_backward(a), AD_OK);
            memcpy(grads, ad_grads(p), sizeof grads);
            ck_assert_int_eq(ad_backward(b), AD_OK);
            for (int k = 0; k < 2 * N; k++) assert_same_bits(grads[k], ad_grads(q)[k]);
        }
}
END_TEST

START_TEST(test_random_graphs_reevaluate_to_what_recording_anew_gives)
{
    generator g = {(uint64_t)_i};
    for (int round = 0; round < 100; round++) {
        script s = random_script(&g, false);
        ad_var moved[SCRIPT_SLOTS], fresh[SCRIPT_SLOTS];
        ad_tape_reset(tape);
        record_script(tape, &s, moved);
        for (int k = 0; k < SCRIPT_LEAVES; k++) {
            s.leaf[k] = uniform(&g, -2, 2);
            ck_assert_int_eq(ad_set(moved[k], s.leaf[k]), AD_OK);
        }
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
        record_script(tape, &s, fresh);
        assert_ok(tape);
        double grads[SCRIPT_SLOTS];
        ck_assert_int_eq(ad_backward(moved[SCRIPT_SLOTS - 1]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) grads[k] = ad_grad(moved[k]);
        ck_assert_int_eq(ad_backward(fresh[SCRIPT_SLOTS - 1]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) {
            ck_assert(same_or_nan(ad_value(moved[k]), ad_value(fresh[k])));
            ck_assert(same_or_nan(grads[k], ad_grad(fresh[k])));
        }
    }
}
END_TEST

START_TEST(test_reevaluation_without_a_change_changes_no_bit)
{
    generator g = {4};
    ad_var slots[SCRIPT_SLOTS];
    double values[SCRIPT_SLOTS];
    ad_verdict verdict;
    const script s = random_script(&g, false);
    record_script(tape, &s, slots);
    for (int k = 0; k < SCRIPT_SLOTS; k++) values[k] = ad_value(slots[k]);
    ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS - 1]), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 0);
    for (int k = 0; k < SCRIPT_SLOTS; k++) assert_same_bits(ad_value(slots[k]), values[k]);
    ck_assert(!isnan(ad_grad(slots[0])));
    assert_ok(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------- verdict */

static ad_verdict moved_to(ad_var leaf, double value)
{
    ad_verdict verdict = {77, leaf};
    ck_assert_int_eq(ad_set(leaf, value), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    return verdict;
}

START_TEST(test_a_branch_that_comes_out_otherwise_is_reported_and_back_again_is_not)
{
    const ad_op ops[] = {AD_OP_RELU, AD_OP_ABS, AD_OP_SIGN, AD_OP_STEP, AD_OP_FLOOR, AD_OP_CEIL};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        ad_tape_reset(tape);
        const ad_var x = ad_leaf(tape, 0.25), v = ad_apply(ops[k], &x, 1);
        ck_assert_uint_eq(moved_to(x, 0.5).changed, 0);
        const ad_verdict verdict = moved_to(x, -0.5);
        ck_assert_msg(verdict.changed == 1, "%s", ad_op_get(ops[k])->name);
        ck_assert(same_node(verdict.first, v));
        ck_assert(ad_is_valid(verdict.first));
        const ad_verdict back = moved_to(x, 0.75);
        ck_assert_uint_eq(back.changed, 0);
        ck_assert_ptr_null(back.first.tape);
    }
}
END_TEST

START_TEST(test_comparisons_max_and_min_report_the_other_side)
{
    const ad_op ops[] = {AD_OP_LT, AD_OP_LE, AD_OP_GT, AD_OP_GE, AD_OP_MAX, AD_OP_MIN};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        for (int form = 0; form < 3; form++) {
            ad_tape_reset(tape);
            const ad_var x = ad_leaf(tape, 1), y = form == 0 ? ad_leaf(tape, 2) : ad_const(2);
            const ad_var operands[] = {form == 2 ? y : x, form == 2 ? x : y}, v = ad_apply(ops[k], operands, 2);
            ck_assert_uint_eq(moved_to(x, 1.5).changed, 0);
            const ad_verdict verdict = moved_to(x, 3);
            ck_assert_msg(verdict.changed == 1, "%s", ad_op_get(ops[k])->name);
            ck_assert(same_node(verdict.first, v));
            ck_assert_uint_eq(moved_to(x, 0).changed, 0);
        }
}
END_TEST

START_TEST(test_equality_reports_both_ways)
{
    const ad_var x = ad_leaf(tape, 1), same = ad_eq(x, ad_const(1)), other = ad_ne(x, ad_const(2));
    ck_assert_double_eq(ad_value(same), 1);
    ck_assert_double_eq(ad_value(other), 1);
    const ad_verdict away = moved_to(x, 3);
    ck_assert_uint_eq(away.changed, 1);
    ck_assert(same_node(away.first, same));
    ck_assert_uint_eq(moved_to(x, 2).changed, 2);
    ck_assert_uint_eq(moved_to(x, 1).changed, 0);
}
END_TEST

START_TEST(test_select_follows_its_condition_and_reports_the_change)
{
    const ad_var x = ad_leaf(tape, 1), condition = ad_gt(x, ad_const(0)), f = ad_select(condition, x, ad_square(x));
    ad_verdict verdict = moved_to(x, -3);
    ck_assert_double_eq(ad_value(f), 9);
    ck_assert_uint_eq(verdict.changed, 2);
    ck_assert(same_node(verdict.first, condition));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(x), -6);
    verdict = moved_to(x, 2);
    ck_assert_uint_eq(verdict.changed, 0);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_double_eq(ad_grad(x), 1);
}
END_TEST

START_TEST(test_a_nan_is_another_side_only_where_there_was_none)
{
    const ad_var x = ad_leaf(tape, 1), v = ad_floor(x);
    ck_assert_uint_eq(moved_to(x, (double)NAN).changed, 1);
    ck_assert(isnan(ad_value(v)));
    ad_tape_reset(tape);
    const ad_var y = ad_leaf(tape, (double)NAN), w = ad_floor(y);
    ck_assert_uint_eq(moved_to(y, -(double)NAN).changed, 0);
    ck_assert_uint_eq(moved_to(y, 2).changed, 1);
    ck_assert_double_eq(ad_value(w), 2);
}
END_TEST

START_TEST(test_the_first_changed_node_is_the_first_recorded)
{
    const ad_var x = ad_leaf(tape, 1), s = ad_exp(x), r = ad_relu(x), q = ad_abs(x), f = ad_add(ad_add(s, q), r);
    const ad_verdict verdict = moved_to(x, -1);
    ck_assert(ad_is_valid(f));
    ck_assert_uint_eq(verdict.changed, 2);
    ck_assert(same_node(verdict.first, r));
}
END_TEST

START_TEST(test_the_verdict_compares_with_the_last_recording)
{
    const ad_var x = ad_leaf(tape, 1), r = ad_relu(x);
    ck_assert_uint_eq(moved_to(x, -1).changed, 1);
    const ad_var f = ad_mul(r, ad_const(2)); /* recorded at x = -1 */
    ad_verdict verdict;
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 0);
    ck_assert_uint_eq(moved_to(x, -2).changed, 0);
    ck_assert_uint_eq(moved_to(x, 2).changed, 1);
    ck_assert_double_eq(ad_value(f), 4);
}
END_TEST

START_TEST(test_the_verdict_survives_a_rewind_and_counts_nodes_recorded_since)
{
    const ad_var x = ad_leaf(tape, 1), r = ad_relu(x);
    const ad_mark mark = ad_tape_mark(tape);
    for (int round = 0; round < 3; round++) {
        const ad_var y = ad_leaf(tape, 3), m = ad_max(r, y), a = ad_abs(y);
        ck_assert(ad_is_valid(m));
        ck_assert_uint_eq(moved_to(y, 2).changed, 0);
        const ad_verdict verdict = moved_to(y, -1);
        ck_assert_uint_eq(verdict.changed, 2);
        ck_assert_uint_eq(moved_to(x, -4).changed, 3); /* relu too; max(0, -1) is not as max(1, 3) was */
        ck_assert(ad_is_valid(a));
        ck_assert_int_eq(ad_set(x, 1), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    }
}
END_TEST

/* ------------------------------------------------------------------------------- what is stale */

START_TEST(test_values_are_stale_only_if_operations_follow_the_leaf)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x), late = ad_leaf(tape, 5);
    ck_assert_int_eq(ad_set(late, 6), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(x), 4);
    const ad_var z = ad_mul(y, late);
    ck_assert_double_eq(ad_value(z), 24);
    ck_assert_int_eq(ad_set(late, 7), AD_OK);
    ck_assert_double_eq(ad_value(late), 7);
    ck_assert_double_eq(ad_value(z), 24);
    ck_assert_int_eq(ad_backward(z), AD_ERR_STALE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_double_eq(ad_value(z), 28);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_double_eq(ad_grad(x), 28);
}
END_TEST

START_TEST(test_parameters_are_set_between_samples_without_reevaluation)
{
    const ad_span w = ad_leaves(tape, (double[]){1, -1, 0.5}, 3);
    const ad_mark mark = ad_tape_mark(tape);
    double values[] = {1, -1, 0.5}, loss = 0, before = 0;
    for (int step = 0; step < 200; step++) {
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        ck_assert_int_eq(ad_set_all(w, values), AD_OK);
        const ad_var f = ad_half_sum_of_squares(w, ad_constants(tape, (double[]){3, 4, 5}, 3));
        ck_assert_int_eq(ad_backward(f), AD_OK);
        for (int k = 0; k < 3; k++) values[k] -= 0.1 * ad_grads(w)[k];
        loss = ad_value(f);
        if (step > 0) ck_assert_double_le(loss, before);
        before = loss;
    }
    ck_assert_double_lt(loss, 1e-15);
    ck_assert_double_eq_tol(values[2], 5, 1e-7);
    ck_assert_uint_lt(ad_tape_stats(tape).bytes_reserved, 40000);
}
END_TEST

START_TEST(test_setting_before_the_rewind_is_not_stale_once_the_operations_are_gone)
{
    const ad_var w = ad_leaf(tape, 1);
    const ad_mark mark = ad_tape_mark(tape);
    for (int step = 0; step < 3; step++) {
        const ad_var f = ad_square(w);
        ck_assert_int_eq(ad_backward(f), AD_OK);
        ck_assert_double_eq(ad_grad(w), 2 * (step + 1));
        ck_assert_int_eq(ad_set(w, step + 2), AD_OK);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    }
}
END_TEST

START_TEST(test_only_leaves_can_be_set_and_all_or_none)
{
    const ad_var x = ad_leaf(tape, 1), y = ad_leaf(tape, 2), z = ad_mul(x, y);
    ck_assert_int_eq(ad_set(z, 5), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_set: node 2 is not a leaf");
    ck_assert_int_eq(ad_set_all(ad_run(x, 3), (double[]){7, 8, 9}), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_set_all: node 2 is not a leaf");
    ck_assert_double_eq(ad_value(x), 1);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_int_eq(ad_set_all(ad_run(x, 2), (double[]){7, 8}), AD_OK);
    ck_assert_double_eq(ad_value(y), 8);
}
END_TEST

START_TEST(test_a_tape_in_error_is_reevaluated_all_the_same)
{
    ad_verdict verdict = {5, ad_const(1)};
    const ad_var x = ad_leaf(tape, 1), y = ad_neg(x);
    ck_assert_int_eq(ad_set(x, 2), AD_OK);
    ad_node_at(tape, 9);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 0);
    ck_assert_double_eq(ad_value(y), -2);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_ARGUMENT);
    ck_assert_int_eq(ad_backward(y), AD_ERR_ARGUMENT);
}
END_TEST

START_TEST(test_a_rewind_past_all_that_depends_on_what_was_set_ends_staleness)
{
    const ad_var x = ad_leaf(tape, 1), y = ad_neg(x), z = ad_leaf(tape, 3);
    const ad_mark mark = ad_tape_mark(tape);
    ad_mul(y, z);
    ck_assert_int_eq(ad_set(z, 4), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(x), -1);

    ad_mul(y, z);
    ck_assert_int_eq(ad_set(z, 5), AD_OK);
    ck_assert_int_eq(ad_set(x, 2), AD_OK); /* y depends on this one */
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_ERR_STALE);
}
END_TEST

START_TEST(test_verdict_tells_a_tie_from_either_side)
{
    const ad_var x = ad_leaf(tape, 1), y = ad_leaf(tape, 1);
    ad_max(x, y);
    ad_min(x, y);
    ad_abs(ad_sub(x, y));
    ad_verdict verdict;
    for (int side = -1; side <= 1; side += 2) {
        ck_assert_int_eq(ad_set(x, 1 + side), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
        ck_assert_uint_eq(verdict.changed, 3);
    }
    ck_assert_int_eq(ad_set(x, 1), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reevaluate");

    TCase *anew = tcase_create("anew");
    tcase_add_checked_fixture(anew, begin, end);
    tcase_set_timeout(anew, 60);
    tcase_add_test(anew, test_every_elementary_operation_reevaluates_to_what_recording_anew_gives);
    tcase_add_test(anew, test_every_nary_operation_reevaluates_to_what_recording_anew_gives);
    tcase_add_loop_test(anew, test_random_graphs_reevaluate_to_what_recording_anew_gives, 0, 5);
    tcase_add_test(anew, test_reevaluation_without_a_change_changes_no_bit);
    suite_add_tcase(suite, anew);

    TCase *verdict = tcase_create("verdict");
    tcase_add_checked_fixture(verdict, begin, end);
    tcase_add_test(verdict, test_a_branch_that_comes_out_otherwise_is_reported_and_back_again_is_not);
    tcase_add_test(verdict, test_comparisons_max_and_min_report_the_other_side);
    tcase_add_test(verdict, test_equality_reports_both_ways);
    tcase_add_test(verdict, test_select_follows_its_condition_and_reports_the_change);
    tcase_add_test(verdict, test_a_nan_is_another_side_only_where_there_was_none);
    tcase_add_test(verdict, test_the_first_changed_node_is_the_first_recorded);
    tcase_add_test(verdict, test_the_verdict_compares_with_the_last_recording);
    tcase_add_test(verdict, test_the_verdict_survives_a_rewind_and_counts_nodes_recorded_since);
    suite_add_tcase(suite, verdict);

    TCase *stale = tcase_create("stale");
    tcase_add_checked_fixture(stale, begin, end);
    tcase_add_test(stale, test_values_are_stale_only_if_operations_follow_the_leaf);
    tcase_add_test(stale, test_parameters_are_set_between_samples_without_reevaluation);
    tcase_add_test(stale, test_setting_before_the_rewind_is_not_stale_once_the_operations_are_gone);
    tcase_add_test(stale, test_only_leaves_can_be_set_and_all_or_none);
    tcase_add_test(stale, test_a_tape_in_error_is_reevaluated_all_the_same);
    tcase_add_test(stale, test_a_rewind_past_all_that_depends_on_what_was_set_ends_staleness);
    tcase_add_test(stale, test_verdict_tells_a_tie_from_either_side);
    suite_add_tcase(suite, stale);

    return run_suite(suite);
}
