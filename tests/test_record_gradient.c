/* SPDX-License-Identifier: MIT */
#include <autodiff/derivatives.h>

#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* The first, second, ... derivative of y by x, as a node or a constant. */
static ad_var derivative(ad_var y, ad_var x, int order)
{
    for (int k = 0; k < order; k++) {
        const ad_span g = ad_record_gradient(y, ad_run(x, 1));
        assert_ok(tape);
        ck_assert_uint_eq(g.count, 1);
        y = ad_at(g, 0);
    }
    return y;
}

static ad_var formula(const char *text)
{
    ad_text_error error;
    ad_var y;
    ck_assert_msg(ad_parse(tape, text, &y, &error) == AD_OK, "%s: %s", text, error.message);
    return y;
}

static ad_var leaf(const char *name, double value)
{
    const ad_var x = ad_leaf(tape, value);
    ck_assert_int_eq(ad_name(x, name), AD_OK);
    return x;
}

/* ------------------------------------------------------------------------------- first derivatives */

static const double points[] = {-2.4, -1.3, -0.7, -0.2, 0.15, 0.4, 0.6, 0.9, 1.3, 1.9, 2.6, 3.0};
enum { POINTS = sizeof points / sizeof *points };

START_TEST(test_the_recorded_gradient_of_every_operation_is_that_of_the_sweep)
{
    const ad_op op = (ad_op)_i;
    const int arity = ad_op_get(op)->arity, operands = arity > 0 ? arity : 4;
    size_t checked = 0;
    for (int point = 0; point < POINTS * POINTS * POINTS; point++) {
        if (operands < 3 && point >= (operands == 1 ? POINTS : POINTS * POINTS)) break;
        double at[] = {points[point % POINTS], points[point / POINTS % POINTS], points[point / POINTS / POINTS], 0.3};
        if (op == AD_OP_BINARY_CROSS_ENTROPY) at[0] = fabs(at[0]) / 4, at[1] = fabs(at[1]) / 4;
        ad_tape_reset(tape);
        const ad_span x = ad_leaves(tape, at, (size_t)operands);
        ad_var leaves[4];
        for (int k = 0; k < operands; k++) leaves[k] = ad_at(x, (size_t)k);
        const ad_var y =
            arity > 0 ? ad_apply(op, leaves, (size_t)arity) : apply_nary(op, ad_slice(x, 0, 2), ad_slice(x, 2, 2));
        const ad_span g = ad_record_gradient(y, x);
        assert_ok(tape);
        ck_assert_int_eq(ad_backward(y), AD_OK);
        for (int k = 0; k < operands; k++) {
            const double value = ad_value(ad_at(g, (size_t)k)), adjoint = ad_grads(x)[k];
            ck_assert_msg(near(value, adjoint, 4e-16) || (isnan(value) && isnan(adjoint)),
                          "%s(%g, %g, %g) by %d: recorded %.17g, swept %.17g", ad_op_get(op)->name, at[0], at[1], at[2],
                          k + 1, value, adjoint);
            checked += isfinite(value) ? 1 : 0;
        }
    }
    ck_assert_uint_ge(checked, 4);
}
END_TEST

enum { SEEDS = 8, GRAPHS = 60, LAST = SCRIPT_SLOTS - 1 };

START_TEST(test_the_recorded_gradient_of_a_random_graph_is_that_of_the_sweep)
{
    generator g = {(uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span x = ad_run(slots[0], SCRIPT_LEAVES), recorded = ad_record_gradient(slots[LAST], x);
        assert_ok(tape);
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        double size = 1;
        for (int k = 0; k < SCRIPT_SLOTS; k++) size = fmax(size, fabs(ad_grad(slots[k])));
        for (size_t k = 0; k < SCRIPT_LEAVES; k++)
            assert_near(ad_value(ad_at(recorded, k)), ad_grads(x)[k], 1e-14 * size);
    }
}
END_TEST

START_TEST(test_seeds_weigh_the_outputs_and_may_be_nodes)
{
    const ad_var x = leaf("x", 0.7), w = leaf("w", 3);
    const ad_var ys[] = {ad_sin(x), ad_square(x), ad_const(5), x}, seeds[] = {w, ad_const(2), w, ad_const(1)};
    const ad_span g = ad_record_gradient_from(ys, seeds, 4, ad_run(x, 1));
    assert_ok(tape);
    assert_near(ad_value(ad_at(g, 0)), 3 * cos(0.7) + 4 * 0.7 + 1, 1e-15);
    assert_near(ad_value(derivative(ad_at(g, 0), w, 1)), cos(0.7), 1e-15);
}
END_TEST

/* ---------------------------------------------------------------------------- higher derivatives */

static const struct {
    const char *formula;
    double x;
    int order;
    double value;
} closed_forms[] = {
    {"tanh(x)", 2, 3, 0.25265406509806273}, /* -2 (1 - t^2)(1 - 3 t^2) */
    {"tanh(x)", 0, 3, -2},
    {"sin(x)", 1, 3, -0.5403023058681398},
    {"exp(2*x)", 0.5, 4, 43.492509255344724},
    {"log(x)", 3, 3, 2.0 / 27},
    {"1/x", 2, 3, -6.0 / 16},
    {"sqrt(x)", 4, 3, 3.0 / 8 / 32},
    {"x^5", 2, 3, 240},
    {"x^5", 2, 5, 120},
    {"x^5", 2, 6, 0},
    {"x*x*x", 7, 3, 6},
    {"sigmoid(x)", 0, 3, -0.125},
    {"atan(x)", 1, 3, 0.5},
    {"erf(x)", 0, 3, -2.256758334191025},
    {"x^x", 1, 3, 3},
    {"cosh(x) - sinh(x)", 1, 3, -0.36787944117144233},
    {"sin(x)^2 + cos(x)^2", 0.8, 3, 0},
    {"softplus(x)", 0, 4, -0.125},
    {"relu(x)^3", 2, 3, 6},
    {"relu(x)^3", -2, 3, 0},
    {"abs(x)^3", -2, 3, -6},
    {"x > 1 ? x^4 : x^3", 2, 3, 48},
    {"x > 1 ? x^4 : x^3", 0.5, 3, 6},
    {"max(x^3, x)", 3, 3, 6},
    {"x^2", 0, 2, 2},
    {"log_sum_exp(x, 0)", 0, 4, -0.125},
    {"mean_of_squares(x^2, 3*x)", 2, 3, 24},
};
enum { CLOSED_FORMS = sizeof closed_forms / sizeof *closed_forms };

START_TEST(test_higher_derivatives_have_their_closed_forms)
{
    const ad_var x = leaf("x", closed_forms[_i].x), y = formula(closed_forms[_i].formula);
    const double value = ad_value(derivative(y, x, closed_forms[_i].order));
    ck_assert_msg(near(value, closed_forms[_i].value, 2e-14), "derivative %d of %s at %g is %.17g, not %.17g",
                  closed_forms[_i].order, closed_forms[_i].formula, closed_forms[_i].x, value, closed_forms[_i].value);
}
END_TEST

START_TEST(test_mixed_derivatives_do_not_depend_on_their_order)
{
    const ad_var x = leaf("x", 0.4), y = leaf("y", -1.2), z = leaf("z", 0.9);
    const ad_var f = formula("sin(x*y) * exp(z) / (1 + x^2) + tanh(y*z)^3 + hypot(x, z)");
    const ad_var xyz = derivative(derivative(derivative(f, x, 1), y, 1), z, 1);
    const ad_var zyx = derivative(derivative(derivative(f, z, 1), y, 1), x, 1);
    const ad_var yxz = derivative(derivative(derivative(f, y, 1), x, 1), z, 1);
    assert_near(ad_value(xyz), ad_value(zyx), 1e-14);
    assert_near(ad_value(xyz), ad_value(yxz), 1e-14);
    ck_assert_double_gt(fabs(ad_value(xyz)), 0.1);
}
END_TEST

/* ------------------------------------------------------------------------------ as ordinary nodes */

START_TEST(test_after_reevaluation_the_nodes_are_the_gradient_at_the_new_values)
{
    generator g = {900 + (uint64_t)_i};
    size_t compared = 0;
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, true);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span x = ad_run(slots[0], SCRIPT_LEAVES), recorded = ad_record_gradient(slots[LAST], x);
        double moved[SCRIPT_LEAVES];
        for (int k = 0; k < SCRIPT_LEAVES; k++) moved[k] = s.leaf[k] + uniform(&g, -0.05, 0.05);
        ad_verdict verdict;
        ck_assert_int_eq(ad_set_all(x, moved), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
        if (verdict.changed > 0) continue;
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        double size = 1;
        for (int k = 0; k < SCRIPT_SLOTS; k++) size = fmax(size, fabs(ad_grad(slots[k])));
        for (size_t k = 0; k < SCRIPT_LEAVES; k++)
            if (isfinite(size)) assert_near(ad_value(ad_at(recorded, k)), ad_grads(x)[k], 1e-12 * size);
        compared++;
    }
    ck_assert_uint_gt(compared, GRAPHS / 2);
}
END_TEST

START_TEST(test_a_piece_that_the_new_values_leave_is_in_the_verdict)
{
    const ad_var x = leaf("x", 1);
    derivative(formula("relu(x) * x"), x, 1);
    ad_verdict verdict;
    ck_assert_int_eq(ad_set(x, -1), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_gt(verdict.changed, 0);
}
END_TEST

START_TEST(test_the_nodes_can_be_named_swept_and_have_edges)
{
    const ad_var x = leaf("x", 0.3), d = derivative(formula("sin(x)*x"), x, 1);
    ad_edge edges[2];
    ck_assert_int_eq(ad_name(d, "slope"), AD_OK);
    ck_assert(same_node(ad_find(tape, "slope"), d));
    ck_assert_uint_eq(ad_edges(d, edges, 2), 2);
    ck_assert_int_eq(ad_backward(d), AD_OK);
    assert_near(ad_grad(x), 2 * cos(0.3) - 0.3 * sin(0.3), 1e-15);
}
END_TEST

/* -------------------------------------------------------------------------------- simplification */

static const struct {
    const char *formula;
    int order;
    int nodes;       /* how many the derivative adds; -1: it is a constant */
    double constant; /* which */
} simple[] = {
    {"3*x + 2", 1, -1, 3},      {"x", 1, -1, 1},
    {"x - x*1", 1, -1, 0},      {"x/4", 1, -1, 0.25},
    {"floor(x)", 1, -1, 0},     {"x > 0", 1, -1, 0},
    {"relu(x)", 1, -1, 1},      {"x^2", 1, 1, 0},             /* 2 * x */
    {"x^2", 2, -1, 2},          {"x^3", 1, 2, 0},             /* 3 * x^2 */
    {"sin(x)", 1, 1, 0},                                      /* cos(x) */
    {"sin(x)", 4, 3, 0},                                      /* cos(x), -sin(x), -cos(x), and sin(x) itself */
    {"exp(x)", 3, 0, 0},                                      /* itself */
    {"tanh(x/8)", 1, 3, 0},                                   /* (1 - v*v) * 0.125 */
    {"1/x", 1, 2, 0},                                         /* -(v / x) */
    {"log(x)", 1, 1, 0},        {"cos(x) + sin(x)", 1, 2, 0}, /* -sin(x), and cos(x) + (-sin(x)) */
    {"sum(x, x, x)", 1, -1, 3},
};
enum { SIMPLE = sizeof simple / sizeof *simple };

START_TEST(test_what_is_recorded_is_as_simple_as_promised)
{
    const ad_var x = leaf("x", 1.5), y = formula(simple[_i].formula);
    const int before = (int)ad_tape_stats(tape).nodes;
    const ad_var d = derivative(y, x, simple[_i].order);
    const int added = (int)ad_tape_stats(tape).nodes - before;
    ck_assert_msg(ad_is_const(d) == (simple[_i].nodes < 0), "%s, order %d", simple[_i].formula, simple[_i].order);
    if (ad_is_const(d)) ck_assert_double_eq(ad_value(d), simple[_i].constant);
    else
        ck_assert_msg(added == simple[_i].nodes, "%s, order %d: %d nodes", simple[_i].formula, simple[_i].order, added);
}
END_TEST

START_TEST(test_the_same_gradient_again_adds_no_node)
{
    generator g = {77};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span x = ad_run(slots[0], SCRIPT_LEAVES), first = ad_record_gradient(slots[LAST], x);
        const size_t nodes = ad_tape_stats(tape).nodes;
        const ad_span second = ad_record_gradient(slots[LAST], x);
        size_t shared = 0; /* log-sum-exps and sums that cross-entropies need are recorded anew */
        for (int k = 0; k < SCRIPT_STEPS; k++) shared += s.step[k].op == AD_OP_SOFTMAX_CROSS_ENTROPY;
        if (shared > 0) continue;
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes);
        for (size_t k = 0; k < SCRIPT_LEAVES; k++)
            assert_same_bits(ad_value(ad_at(first, k)), ad_value(ad_at(second, k)));
    }
}
END_TEST

/* ---------------------------------------------------------------------------------------- errors */

START_TEST(test_inputs_must_be_leaves_and_outputs_alive)
{
    const ad_var x = leaf("x", 2), y = ad_square(x), z = ad_sin(y);
    ck_assert(ad_record_gradient(z, ad_run(y, 1)).tape == NULL);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_record_gradient: input 1, node 1, is not a leaf");
    ck_assert(ad_record_gradient(z, ad_gather(tape, (ad_var[]){x, ad_const(1)}, 2)).tape == NULL);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_record_gradient: input 2 is a constant: inputs are leaves");
    ck_assert(ad_record_gradient((ad_var){NULL, 0, 0}, ad_run(x, 1)).tape == NULL);
    assert_error(tape, AD_ERR_HANDLE, "ad_record_gradient: operand 1 is the invalid handle");
    ad_tape *other = ad_tape_new();
    ck_assert(ad_record_gradient(ad_leaf(other, 1), ad_run(x, 1)).tape == NULL);
    assert_error(tape, AD_ERR_HANDLE, "ad_record_gradient: operand 1 belongs to another tape");
    ad_tape_free(other);
    ck_assert_int_eq(ad_set(x, 3), AD_OK);
    ck_assert(ad_record_gradient(z, ad_run(x, 1)).tape == NULL);
    assert_error(tape, AD_ERR_STALE,
                 "ad_record_gradient: a leaf was set since these values were computed: ad_reevaluate first");
    ck_assert(ad_record_gradient(z, (ad_span){NULL, 0, 0, 0, 0}).tape == NULL);
    assert_ok(tape);
}
END_TEST

START_TEST(test_a_constant_output_and_an_unused_input_have_constant_gradients)
{
    const ad_var x = leaf("x", 2), unused = leaf("unused", 3), y = ad_square(x);
    const ad_span of_constant = ad_record_gradient(ad_const(4), ad_run(x, 2));
    ck_assert(ad_is_const(ad_at(of_constant, 0)) && ad_value(ad_at(of_constant, 0)) == 0);
    const ad_span g = ad_record_gradient(y, ad_run(x, 2));
    ck_assert_double_eq(ad_value(ad_at(g, 0)), 4);
    ck_assert(ad_is_const(ad_at(g, 1)) && ad_value(ad_at(g, 1)) == 0);
    ck_assert_double_eq(ad_value(unused), 3);
    ck_assert_uint_eq(ad_record_gradient(y, ad_run(x, 0)).count, 0);
    assert_ok(tape);
}
END_TEST

START_TEST(test_the_limit_leaves_the_tape_as_it_was)
{
    const ad_var x = leaf("x", 2), y = formula("sin(x)*cos(x)*exp(x)*tanh(x)");
    const ad_stats before = ad_tape_stats(tape);
    for (size_t more = 0; more < 8; more++) {
        ck_assert_int_eq(ad_tape_limit(tape, before.nodes + more), AD_OK);
        ck_assert(ad_record_gradient(y, ad_run(x, 1)).tape == NULL);
        ck_assert_int_eq(ad_tape_error(tape), AD_ERR_LIMIT);
        ad_tape_clear_error(tape);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
        ck_assert_uint_eq(ad_tape_stats(tape).constants, before.constants);
        ck_assert(ad_is_valid(y));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record_gradient");
    TCase *first = tcase_create("first derivatives");
    tcase_add_checked_fixture(first, begin, end);
    tcase_set_timeout(first, 120);
    tcase_add_loop_test(first, test_the_recorded_gradient_of_every_operation_is_that_of_the_sweep, AD_OP_LEAF + 1,
                        AD_OP_COUNT);
    tcase_add_loop_test(first, test_the_recorded_gradient_of_a_random_graph_is_that_of_the_sweep, 0, SEEDS);
    tcase_add_test(first, test_seeds_weigh_the_outputs_and_may_be_nodes);
    suite_add_tcase(suite, first);
    TCase *higher = tcase_create("higher derivatives");
    tcase_add_checked_fixture(higher, begin, end);
    tcase_add_loop_test(higher, test_higher_derivatives_have_their_closed_forms, 0, CLOSED_FORMS);
    tcase_add_test(higher, test_mixed_derivatives_do_not_depend_on_their_order);
    suite_add_tcase(suite, higher);
    TCase *nodes = tcase_create("ordinary nodes");
    tcase_add_checked_fixture(nodes, begin, end);
    tcase_add_loop_test(nodes, test_after_reevaluation_the_nodes_are_the_gradient_at_the_new_values, 0, SEEDS);
    tcase_add_test(nodes, test_a_piece_that_the_new_values_leave_is_in_the_verdict);
    tcase_add_test(nodes, test_the_nodes_can_be_named_swept_and_have_edges);
    suite_add_tcase(suite, nodes);
    TCase *simplified = tcase_create("simplification");
    tcase_add_checked_fixture(simplified, begin, end);
    tcase_add_loop_test(simplified, test_what_is_recorded_is_as_simple_as_promised, 0, SIMPLE);
    tcase_add_test(simplified, test_the_same_gradient_again_adds_no_node);
    suite_add_tcase(suite, simplified);
    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, begin, end);
    tcase_add_test(errors, test_inputs_must_be_leaves_and_outputs_alive);
    tcase_add_test(errors, test_a_constant_output_and_an_unused_input_have_constant_gradients);
    tcase_add_test(errors, test_the_limit_leaves_the_tape_as_it_was);
    suite_add_tcase(suite, errors);
    return run_suite(suite);
}
