/* SPDX-License-Identifier: MIT */
/* The gradient check of operations of one's own. */
#include <autodiff/gradcheck.h>

#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

/* y_0 = a b, y_1 = a^2 + sin b; with a factor that makes the second derivative by b wrong. */
static bool pair_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = x[0] * x[1];
    y[1] = x[0] * x[0] + sin(x[1]);
    return true;
}

static bool pair_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)n, (void)y, (void)m;
    g[0] = s[0] * x[1] + s[1] * 2 * x[0];
    g[1] = s[0] * x[0] + s[1] * cos(x[1]) * *(const double *)state;
    return true;
}

/* |x|, whose kink nobody tells. */
static bool hidden_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = fabs(x[0]);
    return true;
}

static bool hidden_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)y, (void)m;
    g[0] = s[0] * (x[0] > 0 ? 1 : -1);
    return true;
}

/* sqrt as an iteration that stops early: right to about 1e-9, and rough. */
static bool solver_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    if (x[0] < 0) return false;
    const double noise = 1e-9 * sin(1e15 * x[0]);
    y[0] = sqrt(x[0]) * (1 + noise);
    return true;
}

static bool solver_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)n, (void)y, (void)m;
    g[0] = s[0] * 0.5 / sqrt(x[0]) * *(const double *)state;
    return true;
}

static int calls;
static bool drifting_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = x[0] + 1e-14 * ++calls;
    return true;
}

static bool identity_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)x, (void)n, (void)y, (void)m;
    g[0] = s[0];
    return true;
}

static bool refusing_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)x, (void)n, (void)y, (void)m, (void)s, (void)g;
    return false;
}

static ad_tape *tape;
static double factor;
static ad_custom_op pair, hidden, solver;

static ad_custom_op registered(const char *name, size_t n, size_t m,
                               bool (*value)(void *, const double *, size_t, double *, size_t),
                               bool (*vjp)(void *, const double *, size_t, const double *, size_t, const double *,
                                           double *))
{
    return ad_register(
        tape, &(ad_custom){.name = name, .inputs = n, .outputs = m, .value = value, .vjp = vjp, .state = &factor});
}

static void begin(void)
{
    tape = ad_tape_new();
    factor = 1;
    pair = registered("pair", 2, 2, pair_value, pair_vjp);
    hidden = registered("hidden", 1, 1, hidden_value, hidden_vjp);
    solver = registered("solver", 1, 1, solver_value, solver_vjp);
}

static void end(void) { ad_tape_free(tape); }

static ad_gradcheck_report checked(ad_custom_op op, const double *x, size_t n)
{
    ad_gradcheck_report r;
    const size_t before = ad_tape_stats(tape).nodes;
    const ad_status status = ad_gradcheck_custom(op, x, n, NULL, &r);
    ck_assert_msg(status == AD_OK, "%s", r.message);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before);
    assert_ok(tape);
    return r;
}

START_TEST(test_a_right_operation_passes_and_a_wrong_one_is_named)
{
    const double x[] = {1.3, 0.4};
    ad_leaf(tape, 7);
    ad_gradcheck_report r = checked(pair, x, 2);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ck_assert_uint_eq(r.node_count, 2);
    ad_gradcheck_free(&r);
    factor = 1.00001;
    r = checked(pair, x, 2);
    ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(r.rule_count, 1);
    ck_assert_uint_eq(r.rules[0].operand, 2);
    ck_assert_int_eq(r.rules[0].at.op, AD_OP_CUSTOM);
    ck_assert_str_eq(r.rules[0].at.text, "pair, node 4");
    ck_assert_int_eq(r.coordinates[0].verdict, AD_CHECK_PASS);
    ck_assert_int_eq(r.coordinates[1].verdict, AD_CHECK_FAIL);
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_a_kink_that_nobody_tells_is_no_failure)
{
    const double points[] = {0, 1e-6, -2};
    for (size_t k = 0; k < 3; k++) {
        ad_gradcheck_report r = checked(hidden, &points[k], 1);
        ck_assert_int_eq((int)r.coordinates[0].verdict, k == 0 ? AD_CHECK_KINK : AD_CHECK_PASS);
        if (k == 0) ck_assert_str_eq(r.coordinates[0].at.text, "hidden, node 1");
        ad_gradcheck_free(&r);
    }
}
END_TEST

START_TEST(test_rough_values_are_no_failure_but_a_wrong_derivative_is)
{
    for (double x = 0.1; x < 20; x *= 1.1) {
        factor = 1;
        ad_gradcheck_report r = checked(solver, &x, 1);
        ck_assert_int_ne(r.verdict, AD_CHECK_FAIL);
        ad_gradcheck_free(&r);
        factor = 1.1;
        r = checked(solver, &x, 1);
        ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
        ad_gradcheck_free(&r);
    }
}
END_TEST

START_TEST(test_an_operation_may_refuse_beside_the_point)
{
    const double x = 1e-3;
    ad_gradcheck_report r = checked(solver, &x, 1);
    ck_assert_int_eq(r.coordinates[0].verdict, AD_CHECK_PASS);
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_a_graph_of_both_kinds_of_operations_is_checked)
{
    const double x[] = {0.3, 0.8};
    const ad_span leaves = ad_leaves(tape, x, 2);
    const ad_var in[] = {ad_exp(ad_at(leaves, 0)), ad_at(leaves, 1)};
    const ad_span out = ad_call(pair, in, 2);
    const ad_var y = ad_tanh(ad_mul(ad_at(out, 0), ad_at(out, 1)));
    ad_gradcheck_report r;
    ck_assert_int_eq(ad_gradcheck_recorded(y, leaves, NULL, &r), AD_OK);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ad_gradcheck_free(&r);
    ck_assert_int_eq(ad_plant_error(tape, AD_OP_CUSTOM, 2, -1), AD_OK);
    ck_assert_int_eq(ad_gradcheck_recorded(y, leaves, NULL, &r), AD_OK);
    ck_assert_uint_eq(r.rule_count, 2);
    for (size_t k = 0; k < 2; k++) ck_assert_uint_eq(r.rules[k].operand, 2);
    ad_gradcheck_free(&r);
    assert_ok(tape);
}
END_TEST

START_TEST(test_what_cannot_be_checked_is_refused)
{
    const double x = 1;
    ad_gradcheck_report r;
    ck_assert_int_eq(ad_gradcheck_custom((ad_custom_op){NULL, 0}, &x, 1, NULL, &r), AD_ERR_HANDLE);
    ck_assert_str_eq(r.message, "ad_gradcheck_custom: the invalid operation");
    ck_assert_int_eq(ad_gradcheck_custom(hidden, &x, 0, NULL, &r), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_gradcheck_custom: no point x");
    ck_assert_int_eq(ad_gradcheck_custom(pair, &x, 1, NULL, &r), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: 'pair' takes 2 operands, got 1");
    const ad_custom_op refusing = registered("refusing", 1, 1, hidden_value, refusing_vjp);
    ck_assert_int_eq(ad_gradcheck_custom(refusing, &x, 1, NULL, &r), AD_ERR_CUSTOM);
    ck_assert_str_eq(r.message, ad_tape_message(tape));
    ck_assert_ptr_nonnull(strstr(r.message, "the derivative (vjp) of 'refusing'"));
    ad_tape_clear_error(tape);
    const double below = -1;
    ck_assert_int_eq(ad_gradcheck_custom(solver, &below, 1, NULL, &r), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
}
END_TEST

START_TEST(test_an_operation_that_does_not_repeat_itself_fails)
{
    const double x = 1;
    ad_gradcheck_report r = checked(registered("drifting", 1, 1, drifting_value, identity_vjp), &x, 1);
    ck_assert(r.differs);
    ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_every_allocation_can_fail)
{
    const double x[] = {1.3, 0.4};
    for (size_t k = 1;; k++) {
        failing_memory memory = {0};
        ad_tape *old = tape;
        tape = failing_tape(&memory);
        const ad_custom_op op = registered("pair", 2, 2, pair_value, pair_vjp);
        ad_gradcheck_report r;
        fail_at(&memory, k, false);
        const ad_status status = ad_gradcheck_custom(op, x, 2, NULL, &r);
        const bool was_enough = memory.calls < k;
        ck_assert_int_eq((int)status, was_enough ? AD_OK : AD_ERR_MEMORY);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
        ad_gradcheck_free(&r);
        ad_tape_free(tape);
        tape = old;
        ck_assert_uint_eq(memory.held, 0);
        if (was_enough) break;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradcheck_custom");
    TCase *custom = tcase_create("operations of one's own");
    tcase_add_checked_fixture(custom, begin, end);
    tcase_add_test(custom, test_a_right_operation_passes_and_a_wrong_one_is_named);
    tcase_add_test(custom, test_a_kink_that_nobody_tells_is_no_failure);
    tcase_add_test(custom, test_rough_values_are_no_failure_but_a_wrong_derivative_is);
    tcase_add_test(custom, test_an_operation_may_refuse_beside_the_point);
    tcase_add_test(custom, test_a_graph_of_both_kinds_of_operations_is_checked);
    tcase_add_test(custom, test_what_cannot_be_checked_is_refused);
    tcase_add_test(custom, test_an_operation_that_does_not_repeat_itself_fails);
    tcase_add_test(custom, test_every_allocation_can_fail);
    suite_add_tcase(suite, custom);
    return run_suite(suite);
}
