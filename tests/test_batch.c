/* SPDX-License-Identifier: MIT */
/* What is recorded and swept in bulk: the weighted sums of a batch, and elementwise operations. The same numbers come
 * out as from one node at a time; a watched sweep, which goes node by node, is the judge of the adjoints. */
#include "helpers.h"
#include "run_suite.h"
#include "sanitized.h"

static ad_tape *tape;

static void begin(void) { tape = ad_tape_new(); }
static void end(void) { ad_tape_free(tape); }

static void watch_nothing(void *user, const ad_sweep_step *step)
{
    (void)user;
    (void)step;
}

static bool same_or_nan(double x, double y) { return same_bits(x, y) || (isnan(x) && isnan(y)); }

enum { MOST = 20000 };

/* Sweeps from the outputs with and without a watcher, and compares all adjoints and counts. */
static void assert_swept_alike(const ad_var *outs, const double *seeds, size_t n)
{
    static double watched[MOST];
    assert_ok(tape);
    const ad_span all = ad_run(ad_node_at(tape, 0), ad_tape_stats(tape).nodes);
    ck_assert_uint_le(all.count, MOST);
    ad_watch(tape, watch_nothing, NULL);
    ck_assert_int_eq(ad_backward_from(outs, seeds, n), AD_OK);
    memcpy(watched, ad_grads(all), all.count * sizeof *watched);
    const ad_stats by_node = ad_tape_stats(tape);
    ad_watch(tape, NULL, NULL);
    ck_assert_int_eq(ad_backward_from(outs, seeds, n), AD_OK);
    const ad_stats in_bulk = ad_tape_stats(tape);
    const double *grads = ad_grads(all);
    for (size_t k = 0; k < all.count; k++)
        ck_assert_msg(same_or_nan(grads[k], watched[k]), "node %zu (%s): %a in bulk, %a node by node", k,
                      ad_op_get(ad_op_of(ad_node_at(tape, k)))->name, grads[k], watched[k]);
    ck_assert_uint_eq(in_bulk.steps, by_node.steps);
    ck_assert_uint_eq(in_bulk.skipped, by_node.skipped);
    ck_assert_uint_eq(in_bulk.kinks, by_node.kinks);
}

static ad_span random_leaves(generator *g, size_t n)
{
    const ad_span leaves = ad_leaves(tape, NULL, n);
    double *values = ad_set_in_place(leaves);
    for (size_t k = 0; k < n; k++) values[k] = uniform(g, -1, 1);
    return leaves;
}

/* Seeds of which some are 0. */
static void outputs_of(generator *g, ad_span span, ad_var *outs, double *seeds)
{
    for (size_t k = 0; k < span.count; k++) {
        outs[k] = ad_at(span, k);
        seeds[k] = below(g, 4) == 0 ? 0 : uniform(g, -1, 1);
    }
}

/* ------------------------------------------------------------------------------ weighted sums */

START_TEST(test_a_batch_of_weighted_sums_has_the_bits_of_one_sample_after_the_other)
{
    generator g = {1};
    for (int round = 0; round < 300 / FEWER; round++) {
        ad_tape_reset(tape);
        const size_t in = 1 + below(&g, 70), out = 1 + below(&g, 9), samples = 1 + below(&g, 7);
        const ad_span w = random_leaves(&g, out * in), x = random_leaves(&g, samples * in);
        const ad_span batch = ad_weighted_sums_batch(w, x, samples);
        ck_assert_uint_eq(batch.count, samples * out);
        for (size_t s = 0; s < samples; s++) {
            const ad_span one = ad_weighted_sums(w, ad_slice(x, s * in, in));
            for (size_t j = 0; j < out; j++)
                assert_same_bits(ad_value(ad_at(batch, s * out + j)), ad_value(ad_at(one, j)));
        }
        assert_ok(tape);
    }
}
END_TEST

/* x as leaves after the weights or before them, as constants, as operations. */
enum { X_AFTER, X_BEFORE, X_CONSTANT, X_NODES, X_KINDS };

START_TEST(test_a_batch_is_swept_with_the_bits_of_a_sweep_node_by_node)
{
    static ad_var outs[MOST];
    static double seeds[MOST];
    generator g = {(uint64_t)_i + 10};
    for (int round = 0; round < 120 / FEWER; round++) {
        ad_tape_reset(tape);
        ad_propagate_zeros(tape, round % 5 == 0);
        const size_t in = 1 + below(&g, round % 3 == 0 ? 130 : 20), out = 1 + below(&g, 9), samples = 1 + below(&g, 9);
        ad_span x = {0};
        if (_i == X_BEFORE) x = random_leaves(&g, samples * in);
        const ad_span w = random_leaves(&g, out * in);
        if (_i == X_AFTER || _i == X_NODES) x = random_leaves(&g, samples * in);
        if (_i == X_NODES) x = ad_each(AD_OP_RELU, x);
        if (_i == X_CONSTANT) {
            double *values;
            x = ad_constants_in_place(tape, samples * in, &values);
            for (size_t k = 0; k < x.count; k++) values[k] = below(&g, 50) == 0 ? INFINITY : uniform(&g, -1, 1);
        }
        const ad_span z = ad_weighted_sums_batch(w, x, samples);
        const ad_span a = ad_each(AD_OP_RELU, z), b = ad_weighted_sums_batch(w, x, samples);
        const ad_span last = ad_each2(AD_OP_MUL, a, b);
        outputs_of(&g, last, outs, seeds);
        assert_swept_alike(outs, seeds, 1 + below(&g, last.count));
    }
}
END_TEST

START_TEST(test_a_batch_whose_inputs_are_its_weights_is_swept_right)
{
    generator g = {5};
    for (size_t in = 1; in < 40; in++) {
        ad_tape_reset(tape);
        const ad_span w = random_leaves(&g, 3 * in), z = ad_weighted_sums_batch(w, w, 3);
        ad_var outs[9];
        double seeds[9];
        outputs_of(&g, z, outs, seeds);
        assert_swept_alike(outs, seeds, 9);
    }
}
END_TEST

START_TEST(test_sums_that_only_look_like_one_batch_and_matrices_that_overlap_are_swept_right)
{
    static ad_var outs[MOST];
    static double seeds[MOST];
    generator g = {8};
    for (int round = 0; round < 400 / FEWER; round++) {
        ad_tape_reset(tape);
        const ad_span weights = random_leaves(&g, 300), inputs = random_leaves(&g, 100);
        const size_t in = 1 + below(&g, 12);
        size_t count = 0;
        for (uint32_t part = 2 + below(&g, 4); part > 0; part--) {
            const size_t out = 2 + below(&g, 2), samples = 1 + below(&g, 3);
            const ad_span w = ad_slice(weights, below(&g, 3) * in, out * in);
            const ad_span x = ad_slice(inputs, below(&g, 5) * in, samples * in);
            const ad_span z = ad_weighted_sums_batch(w, x, samples);
            outputs_of(&g, z, outs + count, seeds + count);
            count += z.count;
        }
        assert_swept_alike(outs, seeds, count);
    }
}
END_TEST

START_TEST(test_a_layer_over_the_layer_before_with_the_same_matrix_is_no_batch)
{
    generator g = {11};
    for (size_t n = 1; n < 30; n++) {
        ad_tape_reset(tape);
        const ad_span w = random_leaves(&g, n * n);
        ad_span x = random_leaves(&g, n);
        for (int power = 0; power < 4; power++) x = ad_weighted_sums(w, x);
        ad_var outs[30];
        double seeds[30];
        outputs_of(&g, x, outs, seeds);
        assert_swept_alike(outs, seeds, n);
    }
}
END_TEST

START_TEST(test_a_batch_accumulates_over_several_sweeps)
{
    generator g = {6};
    const ad_span w = random_leaves(&g, 4 * 30);
    const ad_mark mark = ad_tape_mark(tape);
    double x[6 * 30], sums[2][4 * 30];
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) x[k] = uniform(&g, -1, 1);
    for (size_t parts = 1; parts <= 2; parts++) {
        ck_assert_int_eq(ad_accumulate(w), AD_OK);
        /* Sweeps add the samples from the last to the first: so here the last part comes first. */
        for (size_t part = parts; part-- > 0;) {
            const size_t samples = 6 / parts;
            const ad_span z =
                ad_weighted_sums_batch(w, ad_constants(tape, x + part * samples * 30, samples * 30), samples);
            ad_var outs[24];
            double seeds[24];
            for (size_t k = 0; k < z.count; k++) outs[k] = ad_at(z, k), seeds[k] = 1 + (double)(part * z.count + k);
            ck_assert_int_eq(ad_backward_from(outs, seeds, z.count), AD_OK);
            ad_tape_rewind(tape, mark);
        }
        memcpy(sums[parts - 1], ad_grads(w), sizeof *sums);
    }
    for (size_t k = 0; k < 4 * 30; k++) assert_same_bits(sums[0][k], sums[1][k]);
}
END_TEST

START_TEST(test_a_batch_that_does_not_divide_is_refused)
{
    const ad_span w = ad_leaves(tape, NULL, 6), x = ad_leaves(tape, NULL, 9);
    ck_assert_ptr_null(ad_weighted_sums_batch(w, x, 2).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums_batch: 9 elements are not 2 samples");
    ck_assert_ptr_null(ad_weighted_sums_batch(w, x, 0).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums_batch: 9 elements are not 0 samples");
    ck_assert_ptr_null(ad_weighted_sums_batch(ad_slice(w, 0, 5), x, 3).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums_batch: 5 weights are no matrix with 3 columns");
    ck_assert_ptr_null(ad_weighted_sums_batch(w, (ad_span){0}, 1).tape);
    ad_tape_clear_error(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 15);
}
END_TEST

/* --------------------------------------------------------------------------------- elementwise */

/* Values at which kinks, ties, domains' ends and ordinary points all come up. */
static double odd_value(generator *g)
{
    static const double values[] = {0, -0.0, 1, -1, 0.5, 2, 3, 1e-300, 40, -40, 800, -800};
    return below(g, 3) == 0 ? values[below(g, sizeof values / sizeof *values)] : uniform(g, -3, 3);
}

static ad_span odd_leaves(generator *g, size_t n)
{
    const ad_span leaves = ad_leaves(tape, NULL, n);
    double *values = ad_set_in_place(leaves);
    for (size_t k = 0; k < n; k++) values[k] = odd_value(g);
    return leaves;
}

static ad_span odd_constants(generator *g, size_t n)
{
    double *values;
    const ad_span constants = ad_constants_in_place(tape, n, &values);
    for (size_t k = 0; k < n; k++) values[k] = odd_value(g);
    return constants;
}

static void check_unary(ad_op op, generator *g)
{
    static ad_var outs[MOST];
    static double seeds[MOST];
    ad_tape_reset(tape);
    const ad_span x = odd_leaves(g, 1 + below(g, 90)), v = ad_each(op, x);
    for (size_t k = 0; k < x.count; k++) {
        const ad_var one = ad_at(x, k);
        ck_assert_msg(same_or_nan(ad_value(ad_at(v, k)), ad_value(ad_apply(op, &one, 1))), "%s", ad_op_get(op)->name);
    }
    outputs_of(g, v, outs, seeds);
    assert_swept_alike(outs, seeds, v.count);
}

enum { BOTH_RUNS, X_CONSTANTS, Y_CONSTANTS, OVERLAPPING, FORMS };

static void check_binary(ad_op op, generator *g, int form)
{
    static ad_var outs[MOST];
    static double seeds[MOST];
    ad_tape_reset(tape);
    const size_t repeat = 1 + below(g, form == OVERLAPPING ? 30
                                       : below(g, 2)       ? 4
                                                           : 30),
                 n = repeat * (1 + below(g, 40));
    const ad_span run = odd_leaves(g, 2 * n);
    ad_span x = ad_slice(run, 0, n), y = ad_slice(run, n, repeat);
    if (form == X_CONSTANTS) x = odd_constants(g, n);
    if (form == Y_CONSTANTS) y = odd_constants(g, repeat);
    if (form == OVERLAPPING) y = ad_slice(run, below(g, (uint32_t)n), repeat);
    const ad_span v = ad_each2(op, x, y);
    ck_assert_uint_eq(v.count, n);
    for (size_t k = 0; k < n; k++) {
        const ad_var pair[] = {ad_at(x, k), ad_at(y, k % repeat)};
        ck_assert_msg(same_or_nan(ad_value(ad_at(v, k)), ad_value(ad_apply(op, pair, 2))), "%s", ad_op_get(op)->name);
    }
    outputs_of(g, v, outs, seeds);
    assert_swept_alike(outs, seeds, v.count);
}

START_TEST(test_every_elementary_operation_is_recorded_and_swept_in_bulk_as_node_by_node)
{
    generator g = {(uint64_t)_i + 100};
    ad_propagate_zeros(tape, _i % 2 == 1);
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (int round = 0; round < 10; round++) {
            if (ad_op_get(op)->arity == 1) check_unary(op, &g);
            if (ad_op_get(op)->arity == 2) check_binary(op, &g, round % FORMS);
        }
}
END_TEST

START_TEST(test_a_shorter_second_span_must_divide_the_first)
{
    const ad_span x = ad_leaves(tape, NULL, 6);
    ck_assert_uint_eq(ad_each2(AD_OP_ADD, x, ad_slice(x, 0, 3)).count, 6);
    ck_assert_ptr_null(ad_each2(AD_OP_ADD, x, ad_slice(x, 0, 4)).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: spans of 6 and 4 elements");
    ck_assert_ptr_null(ad_each2(AD_OP_ADD, x, ad_slice(x, 0, 0)).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: spans of 6 and 0 elements");
    ck_assert_ptr_null(ad_each2(AD_OP_ADD, ad_slice(x, 0, 3), x).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: spans of 3 and 6 elements");
}
END_TEST

START_TEST(test_a_sweep_from_within_a_group_and_after_a_rewind_into_one_is_right)
{
    generator g = {7};
    const ad_span x = odd_leaves(&g, 40), y = ad_each(AD_OP_SQUARE, x);
    for (size_t k = 0; k < 40; k++) {
        const ad_var out = ad_at(y, k);
        assert_swept_alike(&out, (double[]){1}, 1);
        assert_same_bits(ad_grad(ad_at(x, k)), 2 * ad_value(ad_at(x, k)));
    }
    const ad_mark middle = ad_tape_mark(tape);
    const ad_span z = ad_each(AD_OP_EXP, y);
    ad_tape_rewind(tape, middle);
    ck_assert(!ad_is_valid(ad_at(z, 0)));
    ad_tape_clear_error(tape);
    const ad_var out = ad_sum(ad_each(AD_OP_SIN, y));
    assert_swept_alike(&out, (double[]){1}, 1);
}
END_TEST

/* -------------------------------------------------------------------------------- rows */

START_TEST(test_an_operation_on_each_row_is_that_operation_on_one_row_after_the_other)
{
    static ad_var outs[MOST];
    static double seeds[MOST];
    generator g = {9};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (uint32_t round = 0; ad_op_get(op)->arity < 0 && round < 12; round++) {
            ad_tape_reset(tape);
            const size_t rows = 1 + below(&g, 5), n = 1 + below(&g, 9);
            const ad_span x = ad_each(AD_OP_SIGMOID, random_leaves(&g, rows * n));
            const ad_span y =
                round % 2 ? ad_each(AD_OP_SIGMOID, random_leaves(&g, rows * n)) : odd_constants(&g, rows * n);
            const ad_span v = ad_each_row(op, x, y, rows);
            ck_assert_uint_eq(v.count, rows);
            for (size_t r = 0; r < rows; r++) {
                const ad_var one = apply_nary(op, ad_slice(x, r * n, n), ad_slice(y, r * n, n));
                ck_assert(same_or_nan(ad_value(ad_at(v, r)), ad_value(one)));
            }
            outputs_of(&g, v, outs, seeds);
            assert_swept_alike(outs, seeds, rows);
        }
}
END_TEST

START_TEST(test_rows_that_do_not_divide_or_match_are_refused)
{
    const ad_span x = ad_leaves(tape, NULL, 6);
    ck_assert_ptr_null(ad_each_row(AD_OP_SUM, x, x, 4).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: 6 elements are not 4 rows");
    ck_assert_ptr_null(ad_each_row(AD_OP_SUM, x, x, 0).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: 6 elements are not 0 rows");
    ck_assert_ptr_null(ad_each_row(AD_OP_EXP, x, x, 2).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: not an n-ary operation");
    ck_assert_ptr_null(ad_each_row((ad_op)10000, x, x, 2).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: not an n-ary operation");
    ck_assert_ptr_null(ad_each_row(AD_OP_SUM_OF_SQUARES, x, ad_slice(x, 0, 3), 2).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: spans of 6 and 3 elements");
    ck_assert_ptr_null(ad_each_row(AD_OP_SUM, ad_slice(x, 0, 0), x, 2).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each_row: the span is empty");
    ck_assert_ptr_null(ad_each_row(AD_OP_SUM, (ad_span){0}, x, 2).tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 6);
}
END_TEST

/* A list's elements stand elsewhere, so that its rows do too. */
START_TEST(test_rows_of_gathered_nodes_are_rows_of_the_list)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2, 3, 4}, 4);
    const ad_span turned = ad_gather(tape, (ad_var[]){ad_at(x, 3), ad_at(x, 1), ad_at(x, 0), ad_const(10)}, 4);
    const ad_span sums = ad_each_row(AD_OP_SUM, turned, turned, 2);
    assert_same_bits(ad_value(ad_at(sums, 0)), 6.0);
    assert_same_bits(ad_value(ad_at(sums, 1)), 11.0);
    const ad_var out = ad_at(sums, 0);
    assert_swept_alike(&out, (double[]){2}, 1);
    assert_same_bits(ad_grad(ad_at(x, 3)), 2.0);
    assert_same_bits(ad_grad(ad_at(x, 0)), 0.0);
}
END_TEST

/* ------------------------------------------------------------------------------------ in place */

START_TEST(test_values_set_in_place_are_as_good_as_set)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2, 3}, 3);
    const ad_var f = ad_sum_of_squares(x, ad_constants(tape, NULL, 3));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    const double *grads = ad_grads(x);
    double *values = ad_set_in_place(x);
    for (int k = 0; k < 3; k++) values[k] -= 0.5 * grads[k];
    ck_assert_int_eq(ad_backward(f), AD_ERR_STALE);
    ad_tape_clear_error(tape);
    ck_assert(isnan(ad_grad(ad_at(x, 0))));
    assert_error(tape, AD_ERR_STALE, "ad_grad: a leaf was set since the last sweep");
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    assert_same_bits(ad_value(f), 0.0);
}
END_TEST

START_TEST(test_only_leaves_can_be_set_in_place)
{
    const ad_span x = ad_leaves(tape, NULL, 3), y = ad_each(AD_OP_EXP, x);
    ck_assert_ptr_null(ad_set_in_place(y));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_set_in_place: node 3 is not a leaf");
    ck_assert_ptr_null(ad_set_in_place(ad_constants(tape, NULL, 3)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_set_in_place: the elements are not consecutive leaves");
    ck_assert_ptr_null(ad_set_in_place((ad_span){0}));
}
END_TEST

START_TEST(test_constants_written_in_place_are_constants)
{
    double *values;
    const ad_span c = ad_constants_in_place(tape, 2, &values);
    values[0] = 3, values[1] = 4;
    const ad_span x = ad_leaves(tape, (double[]){5, 6}, 2);
    assert_same_bits(ad_value(ad_weighted_sum(c, x)), 39.0);
    ck_assert(ad_is_const(ad_at(c, 1)));
    ck_assert_ptr_null(ad_constants_in_place(NULL, 2, &values).tape);
    ck_assert_ptr_null(values);
    assert_ok(tape);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch");

    TCase *sums = tcase_create("weighted sums");
    tcase_add_checked_fixture(sums, begin, end);
    tcase_set_timeout(sums, 60);
    tcase_add_test(sums, test_a_batch_of_weighted_sums_has_the_bits_of_one_sample_after_the_other);
    tcase_add_loop_test(sums, test_a_batch_is_swept_with_the_bits_of_a_sweep_node_by_node, 0, X_KINDS);
    tcase_add_test(sums, test_a_batch_whose_inputs_are_its_weights_is_swept_right);
    tcase_add_test(sums, test_sums_that_only_look_like_one_batch_and_matrices_that_overlap_are_swept_right);
    tcase_add_test(sums, test_a_layer_over_the_layer_before_with_the_same_matrix_is_no_batch);
    tcase_add_test(sums, test_a_batch_accumulates_over_several_sweeps);
    tcase_add_test(sums, test_a_batch_that_does_not_divide_is_refused);
    suite_add_tcase(suite, sums);

    TCase *each = tcase_create("elementwise");
    tcase_add_checked_fixture(each, begin, end);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, test_every_elementary_operation_is_recorded_and_swept_in_bulk_as_node_by_node, 0, 4);
    tcase_add_test(each, test_a_shorter_second_span_must_divide_the_first);
    tcase_add_test(each, test_a_sweep_from_within_a_group_and_after_a_rewind_into_one_is_right);
    suite_add_tcase(suite, each);

    TCase *rows = tcase_create("rows");
    tcase_add_checked_fixture(rows, begin, end);
    tcase_add_test(rows, test_an_operation_on_each_row_is_that_operation_on_one_row_after_the_other);
    tcase_add_test(rows, test_rows_that_do_not_divide_or_match_are_refused);
    tcase_add_test(rows, test_rows_of_gathered_nodes_are_rows_of_the_list);
    suite_add_tcase(suite, rows);

    TCase *in_place = tcase_create("in place");
    tcase_add_checked_fixture(in_place, begin, end);
    tcase_add_test(in_place, test_values_set_in_place_are_as_good_as_set);
    tcase_add_test(in_place, test_only_leaves_can_be_set_in_place);
    tcase_add_test(in_place, test_constants_written_in_place_are_constants);
    suite_add_tcase(suite, in_place);

    return run_suite(suite);
}
