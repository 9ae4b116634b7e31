/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

#include "helpers.h"
#include "run_suite.h"

#include <ctype.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* ------------------------------------------------------------------------------------ op table */

START_TEST(test_every_row_of_the_op_table_is_complete)
{
    const ad_op op = (ad_op)_i;
    const ad_op_info *info = ad_op_get(op);
    ck_assert_ptr_nonnull(info);
    ck_assert_int_eq(info->op, op);
    ck_assert_uint_gt(strlen(info->name), 0);
    ck_assert_uint_gt(strlen(info->label), 0);
    ck_assert_ptr_nonnull(info->kink);
    ck_assert_ptr_nonnull(info->note);
    ck_assert_int_ge(info->arity, -1);
    ck_assert_int_le(info->arity, 3);
    for (const char *c = info->name; *c != '\0'; c++)
        ck_assert(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    const int partials = info->arity >= 0 ? info->arity : has_two_sequences(op) ? 2 : 1;
    for (int k = 0; k < 3; k++)
        ck_assert_msg((info->partial[k] != NULL) == (k < partials), "%s, partial %d", info->name, k);
    for (int k = 0; k < partials; k++) ck_assert_uint_gt(strlen(info->partial[k]), 0);
    if (op != AD_OP_LEAF) {
        ck_assert_int_ne(info->arity, 0);
        ck_assert_uint_gt(strlen(info->definition), 0);
        ck_assert_int_eq(ad_op_find(info->name), op);
    }
    for (int other = 0; other < _i; other++) ck_assert_str_ne(ad_op_get((ad_op)other)->name, info->name);
}
END_TEST

START_TEST(test_there_is_no_row_beyond_the_table_and_no_operation_of_unknown_name)
{
    ck_assert_ptr_null(ad_op_get(AD_OP_CUSTOM + 1));
    ck_assert_ptr_null(ad_op_get((ad_op)12345));
    ck_assert_ptr_null(ad_op_get((ad_op)-1));
    ck_assert_int_eq(ad_op_find("nonsense"), AD_OP_LEAF);
    ck_assert_int_eq(ad_op_find(""), AD_OP_LEAF);
    ck_assert_int_eq(ad_op_find("Tanh"), AD_OP_LEAF);
    ck_assert_int_eq(ad_op_find("tan"), AD_OP_TAN);
    ck_assert_int_eq(ad_op_get(AD_OP_LEAF)->arity, 0);
}
END_TEST

/* --------------------------------------------------------------------------------------- edges */

static double value_at(ad_op op, const double *at)
{
    const int arity = ad_op_get(op)->arity;
    ad_var constants[3];
    for (int k = 0; k < arity; k++) constants[k] = ad_const(at[k]);
    return ad_value(ad_apply(op, constants, (size_t)arity));
}

static double difference(ad_op op, const double *at, int k, double h)
{
    double low[3] = {at[0], at[1], at[2]}, high[3] = {at[0], at[1], at[2]};
    low[k] -= h;
    high[k] += h;
    return (value_at(op, high) - value_at(op, low)) / (high[k] - low[k]);
}

/* Whether two points at this distance on either side lie on different pieces: there, differences say nothing. */
static bool is_near_kink(ad_op op, const double *at, int k, double h)
{
    if (ad_op_get(op)->kink[0] == '\0') return false;
    ad_verdict verdict = {0, ad_const(0)};
    for (int side = -1; side <= 1; side += 2) {
        ad_var leaves[3];
        for (int j = 0; j < ad_op_get(op)->arity; j++) leaves[j] = ad_leaf(tape, at[j]);
        ad_apply(op, leaves, (size_t)ad_op_get(op)->arity);
        ck_assert_int_eq(ad_set(leaves[k], at[k] + side * h), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
        if (verdict.changed > 0) return true;
    }
    return false;
}

START_TEST(test_edges_of_every_elementary_operation_are_central_differences)
{
    const ad_op op = (ad_op)_i;
    static const double points[] = {-2.4, -1.3, -0.7, -0.2, 0.15, 0.4, 0.6, 0.9, 1.3, 1.9, 2.6, 3.0};
    enum { POINTS = sizeof points / sizeof *points };
    const int arity = ad_op_get(op)->arity;
    size_t checked[3] = {0};
    for (int point = 0; arity > 0 && point < POINTS * POINTS * POINTS; point++) {
        const double at[] = {points[point % POINTS], points[point / POINTS % POINTS], points[point / POINTS / POINTS]};
        if (arity < 3 && point >= (arity == 1 ? POINTS : POINTS * POINTS)) break;
        ad_tape_reset(tape);
        ad_var leaves[3];
        ad_edge edges[3];
        for (int k = 0; k < arity; k++) leaves[k] = ad_leaf(tape, at[k]);
        const ad_var v = ad_apply(op, leaves, (size_t)arity);
        ck_assert_uint_eq(ad_edges(v, edges, 3), (size_t)arity);
        for (int k = 0; k < arity; k++) {
            ck_assert(same_node(edges[k].operand, leaves[k]));
            ck_assert_double_eq(edges[k].value, at[k]);
            ck_assert_double_eq(edges[k].contribution, 0);
            ck_assert_double_eq(edges[k].adjoint, 0);
            const double h = 1e-5, coarse = difference(op, at, k, 2 * h), fine = difference(op, at, k, h);
            if (!isfinite(coarse) || !isfinite(fine) || is_near_kink(op, at, k, 2 * h)) continue;
            const double slope = fine + (fine - coarse) / 3, partial = edges[k].partial; /* Richardson */
            ck_assert_msg(near(partial, slope, 1e-8), "%s(%g, %g, %g) by operand %d: %.17g, differences %.17g",
                          ad_op_get(op)->name, at[0], at[1], at[2], k + 1, partial, slope);
            checked[k]++;
        }
    }
    for (int k = 0; k < arity; k++)
        ck_assert_msg(checked[k] >= 4 || (op == AD_OP_POWI && k == 1), "%s, operand %d: checked at %zu points only",
                      ad_op_get(op)->name, k + 1, checked[k]);
}
END_TEST

START_TEST(test_edges_tell_constants_from_nodes)
{
    const ad_var x = ad_leaf(tape, 3), v = ad_sub(ad_const(10), x), w = ad_fma(x, ad_const(2), ad_const(-1));
    ad_edge edges[3];
    ck_assert_uint_eq(ad_edges(v, edges, 3), 2);
    ck_assert(ad_is_const(edges[0].operand));
    ck_assert_double_eq(ad_value(edges[0].operand), 10);
    ck_assert_double_eq(edges[0].partial, 1);
    ck_assert(same_node(edges[1].operand, x));
    ck_assert_double_eq(edges[1].partial, -1);
    ck_assert_uint_eq(ad_edges(w, edges, 3), 3);
    ck_assert_double_eq(edges[0].partial, 2);
    ck_assert_double_eq(edges[1].partial, 3);
    ck_assert_double_eq(edges[2].partial, 1);
    ck_assert(ad_is_const(edges[1].operand) && ad_is_const(edges[2].operand));
    ck_assert_double_eq(edges[2].value, -1);
}
END_TEST

START_TEST(test_no_more_edges_are_written_than_there_is_room_for)
{
    const ad_span x = ad_leaves(tape, (double[]){0.25, 0.5, 0.75}, 3);
    const ad_var nodes[] = {ad_fma(ad_at(x, 0), ad_at(x, 1), ad_at(x, 2)), ad_mul(ad_at(x, 0), ad_at(x, 1)),
                            ad_weighted_sum(x, x), ad_softmax_cross_entropy(x, x), ad_sum(x)};
    const size_t counts[] = {3, 2, 6, 6, 3};
    for (int k = 0; k < 5; k++) {
        ad_edge whole[6];
        ck_assert_uint_eq(ad_arity_of(nodes[k]), counts[k]);
        ck_assert_uint_eq(ad_edges(nodes[k], NULL, 0), counts[k]);
        ck_assert_uint_eq(ad_edges(nodes[k], whole, 6), counts[k]);
        for (size_t room = 1; room <= counts[k]; room++) {
            ad_edge edges[7];
            memset(edges, 0x5a, sizeof edges);
            ck_assert_uint_eq(ad_edges(nodes[k], edges, room), counts[k]);
            for (size_t j = 0; j < room; j++) {
                ck_assert(same_node(edges[j].operand, whole[j].operand));
                assert_same_bits(edges[j].partial, whole[j].partial);
            }
            for (const unsigned char *byte = (unsigned char *)&edges[room]; byte < (unsigned char *)&edges[7]; byte++)
                ck_assert_uint_eq(*byte, 0x5a);
        }
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_edges_of_nary_nodes_are_what_a_sweep_adds)
{
    generator g = {21};
    enum { N = 9 };
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        if (ad_op_get(op)->arity >= 0) continue;
        ad_tape_reset(tape);
        double values[2 * N], sums[2 * N] = {0};
        for (int k = 0; k < 2 * N; k++) values[k] = uniform(&g, 0.1, 0.9);
        const ad_span all = ad_leaves(tape, values, (size_t)2 * N);
        const ad_var v = apply_nary(op, ad_slice(all, 0, N), ad_slice(all, N / 2, N));
        ad_edge edges[2 * N];
        const size_t count = ad_edges(v, edges, (size_t)2 * N);
        ck_assert_uint_eq(count, has_two_sequences(op) ? 2 * N : N);
        ck_assert_int_eq(ad_op_of(v), op);
        for (size_t k = 0; k < count; k++) {
            ck_assert_uint_eq(edges[k].operand.index, k < N ? k : k - N + N / 2);
            ck_assert_double_eq(edges[k].value, values[edges[k].operand.index]);
            sums[edges[k].operand.index] += edges[k].partial;
        }
        ck_assert_int_eq(ad_backward(v), AD_OK);
        for (int k = 0; k < 2 * N; k++) assert_near(ad_grads(all)[k], sums[k], 1e-15);
    }
}
END_TEST

START_TEST(test_edges_follow_reevaluated_values)
{
    const ad_var x = ad_leaf(tape, 3), v = ad_square(x);
    ad_edge edge;
    ck_assert_int_eq(ad_set(x, 5), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_uint_eq(ad_edges(v, &edge, 1), 1);
    ck_assert_double_eq(edge.value, 5);
    ck_assert_double_eq(edge.partial, 10);
}
END_TEST

START_TEST(test_leaves_and_constants_have_no_edges)
{
    ad_edge edge;
    ck_assert_uint_eq(ad_edges(ad_leaf(tape, 1), &edge, 1), 0);
    ck_assert_uint_eq(ad_edges(ad_const(1), &edge, 1), 0);
    ck_assert_uint_eq(ad_arity_of(ad_leaf(tape, 1)), 0);
    assert_ok(tape);
}
END_TEST

START_TEST(test_op_of_gives_the_operation_in_every_form)
{
    const ad_var x = ad_leaf(tape, 0.5);
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const int arity = ad_op_get(op)->arity;
        for (unsigned constants = 0; arity > 0 && constants + 1 < 1u << arity; constants++) {
            ad_var operands[3];
            for (int k = 0; k < arity; k++) operands[k] = constants >> k & 1 ? ad_const(0.25) : x;
            const ad_var v = ad_apply(op, operands, (size_t)arity);
            ck_assert_int_eq(ad_op_of(v), op);
            ck_assert_uint_eq(ad_arity_of(v), (size_t)arity);
        }
    }
}
END_TEST

/* -------------------------------------------------------------------------------- non-finite */

START_TEST(test_nothing_is_found_where_all_is_finite)
{
    ad_nonfinite found = {ad_const(1), true, 1, 1};
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x);
    ck_assert(!ad_find_nonfinite(tape, &found));
    ck_assert_ptr_null(found.node.tape);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert(!ad_find_nonfinite(tape, &found));
    ad_tape_reset(tape);
    ck_assert(!ad_find_nonfinite(tape, &found));
}
END_TEST

START_TEST(test_the_first_nonfinite_value_is_found_with_its_operands)
{
    ad_nonfinite found;
    const ad_var x = ad_leaf(tape, 0), y = ad_leaf(tape, 3), bad = ad_log(x), worse = ad_mul(bad, y);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(same_node(found.node, bad));
    ck_assert(ad_is_valid(found.node));
    ck_assert(!found.in_adjoint);
    ck_assert_double_eq(found.value, -INFINITY);
    ck_assert(isnan(found.adjoint));
    ad_edge edge;
    ck_assert_uint_eq(ad_edges(found.node, &edge, 1), 1);
    ck_assert(same_node(edge.operand, x));
    ck_assert_int_eq(ad_backward(worse), AD_OK);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(!found.in_adjoint);
    ck_assert_double_eq(found.adjoint, 3);
}
END_TEST

START_TEST(test_a_nonfinite_leaf_is_found)
{
    ad_nonfinite found;
    ad_leaf(tape, 1);
    const ad_var x = ad_leaf(tape, (double)NAN);
    ad_exp(x);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(same_node(found.node, x));
    ck_assert(isnan(found.value));
}
END_TEST

START_TEST(test_the_first_nonfinite_adjoint_in_sweep_order_is_found)
{
    ad_nonfinite found;
    const ad_var x = ad_leaf(tape, 0), y = ad_neg(x), root = ad_sqrt(ad_neg(y)), f = ad_mul(root, ad_const(2));
    ck_assert(!ad_find_nonfinite(tape, &found));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(found.in_adjoint);
    ck_assert_uint_eq(found.node.index, 2); /* the operand of the root */
    ck_assert_double_eq(found.value, 0);
    ck_assert_double_eq(fabs(found.adjoint), INFINITY);
    ck_assert_int_eq(ad_set(x, 0), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert(!ad_find_nonfinite(tape, &found)); /* the adjoints are stale */
    assert_ok(tape);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inspect");

    TCase *table = tcase_create("table");
    tcase_add_checked_fixture(table, begin, end);
    tcase_add_loop_test(table, test_every_row_of_the_op_table_is_complete, AD_OP_LEAF, AD_OP_COUNT);
    tcase_add_test(table, test_there_is_no_row_beyond_the_table_and_no_operation_of_unknown_name);
    suite_add_tcase(suite, table);

    TCase *edges = tcase_create("edges");
    tcase_add_checked_fixture(edges, begin, end);
    tcase_set_timeout(edges, 60);
    tcase_add_loop_test(edges, test_edges_of_every_elementary_operation_are_central_differences, 1, AD_OP_COUNT);
    tcase_add_test(edges, test_edges_tell_constants_from_nodes);
    tcase_add_test(edges, test_no_more_edges_are_written_than_there_is_room_for);
    tcase_add_test(edges, test_edges_of_nary_nodes_are_what_a_sweep_adds);
    tcase_add_test(edges, test_edges_follow_reevaluated_values);
    tcase_add_test(edges, test_leaves_and_constants_have_no_edges);
    tcase_add_test(edges, test_op_of_gives_the_operation_in_every_form);
    suite_add_tcase(suite, edges);

    TCase *nonfinite = tcase_create("non-finite");
    tcase_add_checked_fixture(nonfinite, begin, end);
    tcase_add_test(nonfinite, test_nothing_is_found_where_all_is_finite);
    tcase_add_test(nonfinite, test_the_first_nonfinite_value_is_found_with_its_operands);
    tcase_add_test(nonfinite, test_a_nonfinite_leaf_is_found);
    tcase_add_test(nonfinite, test_the_first_nonfinite_adjoint_in_sweep_order_is_found);
    suite_add_tcase(suite, nonfinite);

    return run_suite(suite);
}
