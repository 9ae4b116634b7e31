/* SPDX-License-Identifier: MIT */
/* The gradient check: every verdict by cases made by hand, planted errors, the report, and what must not change. */
#include <autodiff/gradcheck.h>

#include "failing_memory.h"
#include "gradcheck_helpers.h"
#include "run_suite.h"

#include <stdio.h>

/* ------------------------------------------------------------------------------------ verdicts */

typedef struct verdict_case {
    const char *text;
    double x;
    ad_check_verdict verdict;
    const char *op; /* of the place; NULL: there is none */
} verdict_case;

static const verdict_case cases[] = {
    {"tanh(x1) * exp(x1)", 0.7, AD_CHECK_PASS, NULL},
    {"relu(x1)", 0, AD_CHECK_KINK, "relu"},
    {"relu(x1)", -0.0, AD_CHECK_KINK, "relu"},
    {"relu(x1)", 1e-9, AD_CHECK_PASS, NULL},
    {"relu(x1)", -1e-300, AD_CHECK_PASS, NULL},
    {"relu(x1 - 1)", 1.0000001, AD_CHECK_PASS, NULL},
    {"sin(x1) + relu(x1 - 1)", 1.0000001, AD_CHECK_PASS, NULL},
    {"sin(x1) + relu(x1 - 1)", 1.0000000000000002, AD_CHECK_KINK, "relu"},
    {"abs(x1)", 0, AD_CHECK_KINK, "abs"},
    {"max(x1, 2)", 2, AD_CHECK_KINK, "max"},
    {"max(x1, x1)", 2, AD_CHECK_PASS, NULL},
    {"hypot(x1, 0)", 0, AD_CHECK_KINK, "hypot"},
    {"hypot(x1, 0)", 1e-9, AD_CHECK_PASS, NULL},
    {"atan2(x1, -1)", 0, AD_CHECK_KINK, "atan2"},
    {"atan2(x1, -1)", 1e-7, AD_CHECK_PASS, NULL},
    {"floor(x1)", 3, AD_CHECK_KINK, "floor"},
    {"floor(x1)", 2.999999, AD_CHECK_PASS, NULL},
    {"x1 < 0 ? -x1 : exp(x1)", 0, AD_CHECK_KINK, "<"},
    {"log(x1)", 0, AD_CHECK_NONFINITE, "log"},
    {"log(x1)", 1e-300, AD_CHECK_PASS, NULL},
    {"log(x1)", -1, AD_CHECK_NONFINITE, "log"},
    {"sqrt(x1)", 0, AD_CHECK_NONFINITE, "sqrt"},
    {"sqrt(x1)", 1e-20, AD_CHECK_PASS, NULL},
    {"sqrt(1 - x1)", 0.9999999999, AD_CHECK_PASS, NULL},
    {"asin(x1)", 0.99999999999999, AD_CHECK_PASS, NULL},
    {"acosh(x1)", 1.0000000001, AD_CHECK_PASS, NULL},
    {"cbrt(x1)", -1e-250, AD_CHECK_PASS, NULL},
    {"sin(1e8 * x1)", 1.3, AD_CHECK_PASS, NULL},
    {"x1 + 1e-3 * sin(1e6 * x1)", 1.3, AD_CHECK_PASS, NULL},
    {"sin(1000 * x1)", 1e15, AD_CHECK_PASS, NULL},
    {"2 + sin(x1)", 1e22, AD_CHECK_PASS, NULL},
    {"1e200 * x1", 1e-200, AD_CHECK_PASS, NULL},
    {"(1e200 * x1)^2", 1e-200, AD_CHECK_PASS, NULL},
    {"1e-200 * exp(x1)", 2, AD_CHECK_PASS, NULL},
    {"1e6 + 1e-6 * x1", 3, AD_CHECK_PASS, NULL},
    {"exp(x1) - exp(x1)", 1, AD_CHECK_PASS, NULL},
    {"x1 ^ 2", 0, AD_CHECK_PASS, NULL},
    {"x1 ^ 3 * 0", 5, AD_CHECK_PASS, NULL},
    {"erf(x1)", 6, AD_CHECK_PASS, NULL},
    {"1 / (1 + exp(-x1))", -800, AD_CHECK_PASS, NULL},
    {"exp(x1)", 710, AD_CHECK_NONFINITE, "exp"},
    {"x1 * 2", NAN, AD_CHECK_NONFINITE, "*"},
};

START_TEST(test_each_verdict_where_it_belongs)
{
    const verdict_case *c = &cases[_i];
    ad_gradcheck_report report;
    check_formula(c->text, &c->x, 1, NULL, &report);
    const ad_check_coordinate *x = &report.coordinates[0];
    ck_assert_msg(x->verdict == c->verdict, "%s at %g is %s", c->text, c->x, ad_check_verdict_text(x->verdict));
    ck_assert_int_ne(report.verdict, AD_CHECK_FAIL);
    ck_assert_int_eq(x->at.found, c->op != NULL);
    if (c->op != NULL)
        ck_assert_str_eq(ad_op_get(x->at.op)->label[0] == c->op[0] ? c->op : ad_op_get(x->at.op)->name, c->op);
    ad_gradcheck_free(&report);
}
END_TEST

/* The same by differences alone, which resolve less but claim nothing false. */
START_TEST(test_differences_alone_never_contradict_a_right_gradient)
{
    const verdict_case *c = &cases[_i];
    const ad_gradcheck_options options = {.methods = AD_CHECK_DIFFERENCES};
    ad_gradcheck_report report;
    check_formula(c->text, &c->x, 1, &options, &report);
    const ad_check_verdict verdict = report.verdict;
    ck_assert_msg(verdict == c->verdict || verdict == AD_CHECK_NOISE || verdict == AD_CHECK_NONFINITE, "%s at %g is %s",
                  c->text, c->x, ad_check_verdict_text(verdict));
    ad_gradcheck_free(&report);
}
END_TEST

static ad_status branches(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m, (void)user;
    y[0] = ad_value(x[0]) > 1 ? ad_mul(x[0], ad_const(3)) : ad_exp(x[0]);
    return AD_OK;
}

START_TEST(test_a_branch_of_the_program_is_a_kink_only_where_it_is_too_near)
{
    const double points[] = {1, 1.0000001, 0.9, 2};
    for (size_t k = 0; k < 4; k++) {
        ad_gradcheck_report report;
        ck_assert_int_eq(ad_gradcheck(branches, NULL, &points[k], 1, NULL, &report), AD_OK);
        ck_assert_int_eq((int)report.coordinates[0].verdict, k == 0 ? AD_CHECK_KINK : AD_CHECK_PASS);
        if (k == 0) ck_assert_str_eq(report.coordinates[0].at.text, "exp, node 1");
        ad_gradcheck_free(&report);
    }
}
END_TEST

static ad_status detaches(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m, (void)user;
    y[0] = ad_mul(ad_exp(x[0]), ad_const(ad_value(x[0])));
    return AD_OK;
}

START_TEST(test_a_value_used_as_a_constant_is_found)
{
    const double x = 3;
    char text[2000];
    ad_gradcheck_report report;
    ck_assert_int_eq(ad_gradcheck(detaches, NULL, &x, 1, NULL, &report), AD_OK);
    ck_assert_int_eq(report.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(report.rule_count, 0);
    ck_assert_str_eq(report.coordinates[0].at.text, "mul, node 2");
    assert_near(report.coordinates[0].numeric, 4 * exp(3), 1e-8);
    ad_gradcheck_text(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "FAIL: 1 of 1 coordinates: a value is used as a constant in mul, node 2.\n"));
    ad_gradcheck_free(&report);
}
END_TEST

static ad_status chooses_constant(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m, (void)user;
    y[0] = ad_mul(ad_const(ad_value(x[0]) > 0 ? 1 : 2), x[0]);
    return AD_OK;
}

START_TEST(test_a_constant_that_a_branch_chooses_is_a_kink)
{
    const double x = 0;
    ad_gradcheck_report report;
    ck_assert_int_eq(ad_gradcheck(chooses_constant, NULL, &x, 1, NULL, &report), AD_OK);
    ck_assert_int_eq(report.coordinates[0].verdict, AD_CHECK_KINK);
    ad_gradcheck_free(&report);
}
END_TEST

static ad_status counts_calls(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m;
    int *calls = user;
    y[0] = ad_mul(x[0], ad_const(1 + 1e-15 * ++*calls));
    return AD_OK;
}

START_TEST(test_a_function_that_does_not_repeat_itself_fails)
{
    const double x = 3;
    int calls = 0;
    char text[200];
    ad_gradcheck_report report;
    ck_assert_int_eq(ad_gradcheck(counts_calls, &calls, &x, 1, NULL, &report), AD_OK);
    ck_assert(report.differs);
    ck_assert_int_eq(report.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(report.count, 0);
    ad_gradcheck_text(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "FAIL: two evaluations at the same point differ.\n"));
    ad_gradcheck_free(&report);
}
END_TEST

static ad_status only_above_zero(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m, (void)user;
    if (ad_value(x[0]) < 0) return AD_ERR_CUSTOM;
    y[0] = ad_mul(x[0], ad_sqrt(x[0]));
    return AD_OK;
}

START_TEST(test_where_a_function_fails_it_has_no_value)
{
    const double x = 1e-3;
    ad_gradcheck_report report;
    ck_assert_int_eq(ad_gradcheck(only_above_zero, NULL, &x, 1, NULL, &report), AD_OK);
    ck_assert_int_eq(report.coordinates[0].verdict, AD_CHECK_PASS);
    ad_gradcheck_free(&report);
}
END_TEST

static ad_status chain(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)n, (void)m, (void)user;
    y[0] = x[0];
    for (int k = 0; k < 100000; k++) y[0] = ad_sin(y[0]);
    return AD_OK;
}

START_TEST(test_a_chain_of_100000_nodes_passes)
{
    const double x = 1;
    const ad_gradcheck_options options = {.most_nodes = 100, .directions = 1};
    ad_gradcheck_report report;
    ck_assert_int_eq(ad_gradcheck(chain, NULL, &x, 1, &options, &report), AD_OK);
    ck_assert_int_eq(report.verdict, AD_CHECK_PASS);
    ck_assert_uint_eq(report.node_count, 100000);
    ck_assert_uint_eq(report.nodes_checked, 100);
    ad_gradcheck_free(&report);
}
END_TEST

/* ---------------------------------------------------------------------------------- the report */

START_TEST(test_the_report_says_what_was_found)
{
    const double x[] = {1, 2, 3};
    ad_gradcheck_report r;
    check_formula("tanh(x1 * x2) + exp(x1)", x, 3, NULL, &r);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    assert_near(r.value, tanh(2) + exp(1), 1e-15);
    ck_assert(!r.differs && !r.stopped);
    ck_assert_uint_eq(r.methods, AD_CHECK_COMPLEX | AD_CHECK_TAYLOR | AD_CHECK_DOT_PRODUCT | AD_CHECK_NODES);
    ck_assert_uint_eq(r.inputs, 3);
    ck_assert_uint_eq(r.count, 3);
    ck_assert_uint_eq(r.direction_count, 3);
    ck_assert_uint_eq(r.node_count, 4);
    ck_assert_uint_eq(r.nodes_checked, 4);
    ck_assert_uint_eq(r.nodes_unclear, 0);
    ck_assert_uint_eq(r.rule_count, 0);
    ck_assert_uint_eq(r.verdicts[AD_CHECK_PASS], 3);
    ck_assert_str_eq(r.message, "");
    const double slope = 1 - tanh(2) * tanh(2), gradient[] = {2 * slope + exp(1), slope, 0};
    for (size_t k = 0; k < 3; k++) {
        const ad_check_coordinate *c = &r.coordinates[k];
        ck_assert_uint_eq(c->index, k);
        ck_assert_int_eq(c->name[1], '1' + (int)k);
        assert_same_bits(c->x, x[k]);
        assert_near(c->gradient, gradient[k], 1e-14);
        ck_assert_double_le(fabs(c->numeric - gradient[k]), c->error + 1e-16);
        ck_assert_double_le(c->relative, 1e-12);
        assert_same_bits(c->step, 0);
        ck_assert_uint_eq(c->method, AD_CHECK_COMPLEX);
        ck_assert(!c->at.found);
    }
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(r.directions[k].taylor, AD_CHECK_PASS);
        ck_assert_int_eq(r.directions[k].dot, AD_CHECK_PASS);
        assert_near(r.directions[k].slope, 2, 0.05);
        assert_near(r.directions[k].forward, r.directions[k].backward, 1e-12);
    }
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_differences_know_their_own_error)
{
    static const char *const texts[] = {"exp(x1)", "sin(10 * x1)", "erf(x1)",      "1 / x1",
                                        "x1^5",    "log(x1)",      "1e6 + cos(x1)"};
    const ad_gradcheck_options options = {.methods = AD_CHECK_DIFFERENCES};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        for (double x = 0.3; x < 5; x *= 1.6) {
            ad_gradcheck_report r;
            check_formula(texts[k], &x, 1, &options, &r);
            const ad_check_coordinate *c = &r.coordinates[0];
            ck_assert_msg(c->verdict == AD_CHECK_PASS, "%s at %g: %s", texts[k], x, ad_check_verdict_text(c->verdict));
            ck_assert_uint_eq(c->method, AD_CHECK_DIFFERENCES);
            ck_assert_double_gt(c->step, 0);
            ck_assert_msg(fabs(c->numeric - c->gradient) <= c->error, "%s at %g: %g, said %g", texts[k], x,
                          fabs(c->numeric - c->gradient), c->error);
            ad_gradcheck_free(&r);
        }
}
END_TEST

START_TEST(test_differences_find_the_scale_of_small_inputs)
{
    static const verdict_case small[] = {{"cbrt(x1)", -1e-250, AD_CHECK_PASS, NULL},
                                         {"sqrt(x1)", 1e-200, AD_CHECK_PASS, NULL},
                                         {"atan2(x1, 1e-100)", 3e-101, AD_CHECK_PASS, NULL}};
    const ad_gradcheck_options options = {.methods = AD_CHECK_DIFFERENCES};
    for (size_t k = 0; k < sizeof small / sizeof *small; k++) {
        ad_gradcheck_report r;
        check_formula(small[k].text, &small[k].x, 1, &options, &r);
        ck_assert_msg(r.verdict == AD_CHECK_PASS, "%s: %s", small[k].text, ad_check_verdict_text(r.verdict));
        ad_gradcheck_free(&r);
        const planted wrong = {k == 0 ? AD_OP_CBRT : k == 1 ? AD_OP_SQRT : AD_OP_ATAN2, 1, -1};
        check_planted(small[k].text, &small[k].x, 1, &wrong, &options, &r);
        ck_assert_msg(r.verdict == AD_CHECK_FAIL, "%s: %s", small[k].text, ad_check_verdict_text(r.verdict));
        ad_gradcheck_free(&r);
    }
}
END_TEST

static ad_status sum_of_sines(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)m, (void)user;
    y[0] = ad_sum(ad_each(AD_OP_SIN, ad_run(x[0], n)));
    return ad_tape_error(tape);
}

START_TEST(test_of_many_inputs_a_random_subset_is_checked)
{
    enum { N = 3000 };
    static double x[N];
    for (size_t k = 0; k < N; k++) x[k] = (double)k / 100;
    ad_gradcheck_report r[3];
    for (int k = 0; k < 3; k++) {
        const ad_gradcheck_options options = {.most = 50, .seed = k == 2 ? 8 : 7, .most_nodes = 10};
        ck_assert_int_eq(ad_gradcheck(sum_of_sines, NULL, x, N, &options, &r[k]), AD_OK);
        ck_assert_uint_eq(r[k].inputs, N);
        ck_assert_uint_eq(r[k].count, 50);
        ck_assert_uint_eq(r[k].seed, options.seed);
        ck_assert_uint_eq(r[k].nodes_checked, 10);
        ck_assert_int_eq(r[k].verdict, AD_CHECK_PASS);
        for (size_t e = 1; e < 50; e++) ck_assert_uint_lt(r[k].coordinates[e - 1].index, r[k].coordinates[e].index);
    }
    size_t same = 0;
    for (size_t e = 0; e < 50; e++) {
        ck_assert_uint_eq(r[0].coordinates[e].index, r[1].coordinates[e].index);
        same += r[0].coordinates[e].index == r[2].coordinates[e].index;
    }
    ck_assert_uint_lt(same, 40);
    ck_assert_uint_gt(r[0].coordinates[49].index, N / 2);
    char text[20000];
    ad_gradcheck_text(&r[0], text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "50 of 3000 inputs were checked, chosen at random by the seed 7.\n"));
    ck_assert_ptr_nonnull(strstr(text, "(the worst 20 of 50)\n"));
    for (int k = 0; k < 3; k++) ad_gradcheck_free(&r[k]);
}
END_TEST

typedef struct counter {
    size_t calls, stop_at, all;
} counter;

static bool count_progress(void *user, size_t done, size_t all)
{
    counter *c = user;
    c->calls++;
    c->all = all;
    ck_assert_uint_eq(done, c->calls);
    ck_assert_uint_le(done, all);
    return c->calls != c->stop_at;
}

START_TEST(test_progress_can_stop_the_check)
{
    const double x[] = {1, 2, 3};
    counter c = {0, 0, 0};
    ad_gradcheck_options options = {.progress = count_progress, .user = &c};
    ad_gradcheck_report r;
    check_formula("tanh(x1 * x2) + exp(x3)", x, 3, &options, &r);
    ck_assert(!r.stopped);
    ck_assert_uint_eq(c.calls, c.all);
    ck_assert_uint_eq(c.all, 3 + 3 + 4);
    ad_gradcheck_free(&r);
    for (size_t stop = 1; stop <= c.all; stop++) {
        counter again = {0, stop, 0};
        options.user = &again;
        check_formula("tanh(x1 * x2) + exp(x3)", x, 3, &options, &r);
        ck_assert(r.stopped);
        ck_assert_uint_eq(again.calls, stop);
        ck_assert_uint_eq(r.count, stop < 3 ? stop : 3);
        ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
        ad_gradcheck_free(&r);
    }
}
END_TEST

START_TEST(test_the_text_is_a_table_with_a_closing_sentence)
{
    static const char right[] =
        "input  value  by the sweep  without it       +-  relative  method       verdict\n"
        "x1         0             0         nan      inf            differences  KINK: relu, node 3\n"
        "x2         2   7.389056099   7.3890561  1.9e-09   1.4e-10  differences  PASS\n"
        "KINK: 1 of 2 coordinates PASS, 1 KINK.\n";
    ad_check_coordinate rows[2] = {{.name = "x1",
                                    .verdict = AD_CHECK_KINK,
                                    .method = AD_CHECK_DIFFERENCES,
                                    .numeric = NAN,
                                    .error = INFINITY,
                                    .relative = NAN,
                                    .at = {true, 3, AD_OP_RELU, "relu, node 3"}},
                                   {.name = "x2",
                                    .verdict = AD_CHECK_PASS,
                                    .method = AD_CHECK_DIFFERENCES,
                                    .x = 2,
                                    .gradient = 7.38905609893065,
                                    .numeric = 7.3890561,
                                    .error = 1.9e-9,
                                    .relative = 1.4e-10}};
    const ad_gradcheck_report r = {.verdict = AD_CHECK_KINK,
                                   .methods = AD_CHECK_DIFFERENCES,
                                   .inputs = 2,
                                   .count = 2,
                                   .coordinates = rows,
                                   .verdicts = {[AD_CHECK_PASS] = 1, [AD_CHECK_KINK] = 1}};
    char text[1000];
    ck_assert_uint_eq(ad_gradcheck_text(&r, text, sizeof text), sizeof right - 1);
    ck_assert_str_eq(text, right);
    for (size_t size = 0; size < sizeof right; size++) {
        memset(text, '#', sizeof text);
        ck_assert_uint_eq(ad_gradcheck_text(&r, text, size), sizeof right - 1);
        if (size > 0) ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_int_eq(text[size], '#');
        if (size > 0) ck_assert_mem_eq(text, right, size - 1);
    }
    ck_assert_uint_eq(ad_gradcheck_text(&r, NULL, 0), sizeof right - 1);
}
END_TEST

START_TEST(test_the_sentence_names_the_wrong_rule)
{
    const double x[] = {1, 2};
    planted p = {AD_OP_TANH, 0, 1.00001};
    char text[4000];
    ad_gradcheck_report r;
    check_planted("tanh(x1 * x2) + exp(x1)", x, 2, &p, NULL, &r);
    ad_gradcheck_text(&r, text, sizeof text);
    ck_assert_ptr_nonnull(
        strstr(text, "\nFAIL: 1 of 2 coordinates: the rule of tanh, node 3, is off by a factor 1.00001.\n"));
    ck_assert_ptr_nonnull(strstr(text, "FAIL: tanh, node 3\n"));
    ad_gradcheck_free(&r);
    p.factor = 0;
    check_planted("tanh(x1 * x2) + exp(x1)", x, 2, &p, NULL, &r);
    ad_gradcheck_text(&r, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "the rule of tanh, node 3, leaves a term out.\n"));
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_verdicts_have_texts)
{
    ck_assert_str_eq(ad_check_verdict_text(AD_CHECK_PASS), "PASS");
    ck_assert_str_eq(ad_check_verdict_text(AD_CHECK_NONFINITE), "NONFINITE");
    ck_assert_str_eq(ad_check_verdict_text((ad_check_verdict)77), "unknown");
}
END_TEST

static void describe_in_words(void *user, ad_var node, char *text, size_t size)
{
    (void)user;
    snprintf(text, size, "thing %u", (unsigned)node.index);
}

START_TEST(test_places_are_in_the_words_of_the_caller)
{
    const double x = 0;
    const ad_gradcheck_options options = {.describe = describe_in_words};
    ad_gradcheck_report r;
    check_formula("exp(relu(x1))", &x, 1, &options, &r);
    ck_assert_str_eq(r.coordinates[0].name, "thing 0");
    ck_assert_str_eq(r.coordinates[0].at.text, "relu, thing 1");
    ad_gradcheck_free(&r);
}
END_TEST

static ad_status three_outputs(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)n;
    ck_assert_uint_eq(m, 3);
    if (user != NULL) ad_plant_error(tape, AD_OP_SIN, 1, -1);
    y[0] = ad_exp(x[0]);
    y[1] = ad_const(5);
    y[2] = ad_sin(ad_mul(x[0], x[1]));
    return AD_OK;
}

START_TEST(test_several_outputs_are_checked_together)
{
    const double x[] = {0.3, 0.4};
    const ad_gradcheck_options options = {.outputs = 3, .seed = 5};
    ad_gradcheck_report r;
    ck_assert_int_eq(ad_gradcheck(three_outputs, NULL, x, 2, &options, &r), AD_OK);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ad_gradcheck_free(&r);
    ck_assert_int_eq(ad_gradcheck(three_outputs, &r, x, 2, &options, &r), AD_OK);
    ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(r.rule_count, 1);
    ck_assert_str_eq(r.rules[0].at.text, "sin, node 4");
    ad_gradcheck_free(&r);
}
END_TEST

/* ------------------------------------------------------------------------------- planted errors */

/* A point of every operation's domain with no partial 0 and no kink, where there is one. */
static void choose_point(ad_op op, double x[3])
{
    x[0] = 0.6, x[1] = 0.4, x[2] = 0.7;
    if (op == AD_OP_ACOSH) x[0] = 1.7;
    if (op == AD_OP_LEAKY_RELU || op == AD_OP_ELU) x[0] = -0.6;
    if (op == AD_OP_POWI) x[1] = 3;
}

START_TEST(test_a_wrong_rule_of_each_elementary_operation_is_found_and_named)
{
    static const double factors[] = {1.00001, -1, 0, 2};
    const ad_op op = (ad_op)(_i + 1);
    const int arity = ad_op_get(op)->arity;
    if (arity < 0) return;
    double x[3], partial[3] = {0};
    choose_point(op, x);
    ad_tape *tape = ad_tape_new();
    ad_var operands[3];
    ad_edge edges[3];
    const ad_span leaves = ad_leaves(tape, x, (size_t)arity);
    for (size_t k = 0; k < (size_t)arity; k++) operands[k] = ad_at(leaves, k);
    const ad_var y = ad_apply(op, operands, (size_t)arity);
    ad_edges(y, edges, 3);
    for (int k = 0; k < arity; k++) partial[k] = edges[k].partial;
    ad_gradcheck_report r;
    for (size_t f = 0; f < 4; f++)
        for (unsigned operand = 1; operand <= (unsigned)arity; operand++) {
            if (partial[operand - 1] == 0) continue;
            ck_assert_int_eq(ad_plant_error(tape, op, operand, factors[f]), AD_OK);
            ck_assert_int_eq(ad_gradcheck_recorded(y, leaves, NULL, &r), AD_OK);
            ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
            ck_assert_uint_eq(r.rule_count, 1);
            ck_assert_int_eq(r.rules[0].at.op, op);
            ck_assert_uint_eq(r.rules[0].operand, operand);
            assert_near(r.rules[0].partial, factors[f] * partial[operand - 1], 1e-12);
            assert_near(r.rules[0].numeric, partial[operand - 1], 1e-9);
            ck_assert_int_eq(r.coordinates[operand - 1].verdict, AD_CHECK_FAIL);
            ck_assert_uint_eq(r.coordinates[operand - 1].at.node, y.index);
            ad_gradcheck_free(&r);
        }
    ck_assert_int_eq(ad_plant_error(tape, op, 0, 1), AD_OK);
    ck_assert_int_eq(ad_gradcheck_recorded(y, leaves, NULL, &r), AD_OK);
    ck_assert_int_ne(r.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(r.rule_count, 0);
    ad_gradcheck_free(&r);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_a_wrong_rule_of_each_nary_operation_is_found_and_named)
{
    const ad_op op = (ad_op)(_i + 1);
    if (ad_op_get(op)->arity > 0) return;
    const double x[] = {0.6, 0.3, 0.8, 0.55, 0.25, 0.2};
    ad_tape *tape = ad_tape_new();
    const ad_span leaves = ad_leaves(tape, x, 6);
    const ad_var y = apply_nary(op, ad_slice(leaves, 0, 3), ad_slice(leaves, 3, 3));
    for (unsigned operand = 1; operand <= (has_two_sequences(op) ? 2u : 1u); operand++) {
        ad_gradcheck_report r;
        ck_assert_int_eq(ad_plant_error(tape, op, operand, 1.00001), AD_OK);
        ck_assert_int_eq(ad_gradcheck_recorded(y, leaves, NULL, &r), AD_OK);
        ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
        ck_assert_uint_eq(r.rule_count, 3);
        for (size_t k = 0; k < 3; k++) ck_assert_uint_eq(r.rules[k].operand, 3 * (operand - 1) + k + 1);
        ad_gradcheck_free(&r);
    }
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_each_method_alone_finds_a_wrong_sign)
{
    static const unsigned methods[] = {AD_CHECK_DIFFERENCES, AD_CHECK_COMPLEX, AD_CHECK_TAYLOR, AD_CHECK_DOT_PRODUCT,
                                       AD_CHECK_NODES};
    const double x[] = {1, 2};
    const planted wrong = {AD_OP_EXP, 0, -1};
    for (size_t k = 0; k < 5; k++) {
        const ad_gradcheck_options options = {.methods = methods[k]};
        ad_gradcheck_report r;
        check_formula("tanh(x1 * x2) + exp(x1)", x, 2, &options, &r);
        ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
        ck_assert_uint_eq(r.methods, methods[k]);
        ad_gradcheck_free(&r);
        check_planted("tanh(x1 * x2) + exp(x1)", x, 2, &wrong, &options, &r);
        ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
        if (methods[k] == AD_CHECK_TAYLOR) assert_near(r.directions[0].slope, 1, 0.02);
        ad_gradcheck_free(&r);
    }
}
END_TEST

START_TEST(test_a_wrong_rule_that_hardly_matters_is_found_by_its_operation_alone)
{
    const double x[] = {1, 2};
    const planted wrong = {AD_OP_COS, 0, 1.00001};
    ad_gradcheck_report r;
    check_planted("exp(x1) + 1e-12 * cos(x1)", x, 2, &wrong, NULL, &r);
    ck_assert_int_eq(r.coordinates[0].verdict, AD_CHECK_PASS);
    ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
    ck_assert_int_eq(r.rules[0].at.op, AD_OP_COS);
    ad_gradcheck_free(&r);
}
END_TEST

START_TEST(test_a_planted_error_spoils_sweeps_alone_and_is_mended)
{
    ad_tape *tape = ad_tape_new();
    const ad_var x = ad_leaf(tape, 0.5), y = ad_sin(ad_mul(x, x));
    const double one = 1;
    double tangent;
    ck_assert_int_eq(ad_backward(y), AD_OK);
    const double right = ad_grad(x);
    ck_assert_int_eq(ad_plant_error(tape, AD_OP_MUL, 2, 3), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_near(ad_grad(x), 2 * right, 1e-15);
    ck_assert_int_eq(ad_jvp(ad_run(y, 1), ad_run(x, 1), &one, 1, &tangent), AD_OK);
    assert_near(tangent, right, 1e-15);
    ck_assert_int_eq(ad_plant_error(tape, AD_OP_SIN, 0, -1), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), -right);
    ck_assert_int_eq(ad_plant_error(tape, AD_OP_SIN, 0, 1), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), right);
    assert_ok(tape);
    ck_assert_int_eq(ad_plant_error(NULL, AD_OP_SIN, 0, 1), AD_ERR_HANDLE);
    ad_plant_error(tape, AD_OP_LEAF, 0, 2);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_plant_error: operation 0 has no rule");
    ad_plant_error(tape, AD_OP_SIN, 2, 2);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_plant_error: 'sin' has no operand 2");
    ad_plant_error(tape, AD_OP_SUM, 2, 2);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_plant_error: 'sum' has no operand 2");
    ad_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------ restoring */

static void count_steps(void *user, const ad_sweep_step *step)
{
    (void)step;
    ++*(size_t *)user;
}

START_TEST(test_a_checked_tape_is_as_it_was)
{
    size_t steps = 0;
    ad_tape *tape = ad_tape_new();
    const ad_var x = ad_leaf(tape, -1), z = ad_leaf(tape, 2), y = ad_mul(ad_relu(x), ad_exp(z));
    ad_verdict verdict;
    ad_set(x, 3); /* so that relu is on another side than recorded */
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 1);
    ad_watch(tape, count_steps, &steps);
    const ad_stats before = ad_tape_stats(tape);
    ad_gradcheck_report r;
    ck_assert_int_eq(ad_gradcheck_recorded(y, ad_run(x, 2), NULL, &r), AD_OK);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ad_gradcheck_free(&r);
    ck_assert_uint_eq(steps, 0);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    assert_same_bits(ad_value(x), 3);
    assert_same_bits(ad_value(y), 3 * exp(2));
    assert_near(ad_grad(x), exp(2), 1e-15);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 1);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_uint_eq(steps, 3);
    assert_ok(tape);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_layers_and_groups_are_checked_and_both_ways_to_sweep_agree)
{
    enum { IN = 5, OUT = 30, SAMPLES = 3 };
    double w[IN * OUT], x[IN * SAMPLES];
    generator g = {3};
    for (size_t k = 0; k < IN * OUT; k++) w[k] = uniform(&g, -1, 1);
    for (size_t k = 0; k < IN * SAMPLES; k++) x[k] = uniform(&g, -1, 1);
    ad_tape *tape = ad_tape_new();
    const ad_span weights = ad_leaves(tape, w, IN * OUT), inputs = ad_leaves(tape, x, IN * SAMPLES);
    const ad_span z = ad_weighted_sums_batch(weights, inputs, SAMPLES), a = ad_each(AD_OP_TANH, z);
    const ad_var y = ad_log_sum_exp(a);
    ad_gradcheck_report r;
    ck_assert_int_eq(ad_gradcheck_recorded(y, weights, NULL, &r), AD_OK);
    ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ck_assert_uint_eq(r.count, IN * OUT);
    ck_assert_uint_eq(r.node_count, 2 * OUT * SAMPLES + 1);
    ad_gradcheck_free(&r);
    ad_plant_error(tape, AD_OP_WEIGHTED_SUM, 1, 2);
    ck_assert_int_eq(ad_gradcheck_recorded(y, weights, NULL, &r), AD_OK);
    ck_assert_uint_eq(r.rule_count, 100);
    ck_assert_uint_eq(r.verdicts[AD_CHECK_FAIL], IN * OUT);
    ad_gradcheck_free(&r);
    ad_tape_free(tape);
}
END_TEST

/* -------------------------------------------------------------------------------------- errors */

static ad_status refuses(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)x, (void)n, (void)y, (void)m, (void)user;
    return AD_ERR_CUSTOM;
}

static ad_status forgets_output(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)tape, (void)x, (void)n, (void)y, (void)m, (void)user;
    return AD_OK;
}

#define assert_failure(call, expected, text)         \
    do {                                             \
        ad_gradcheck_report r_;                      \
        memset(&r_, 1, sizeof r_);                   \
        ad_gradcheck_report *report = &r_;           \
        ck_assert_int_eq(call, expected);            \
        ck_assert_str_eq(r_.message, text);          \
        ck_assert_ptr_null(r_.coordinates);          \
        ck_assert_uint_eq(r_.count, 0);              \
        char text_[300];                             \
        ad_gradcheck_text(&r_, text_, sizeof text_); \
        ck_assert_str_eq(text_, text "\n");          \
        ad_gradcheck_free(&r_);                      \
    } while (0)

START_TEST(test_what_cannot_be_checked_is_refused_with_a_message)
{
    const double x = 1;
    assert_failure(ad_gradcheck(NULL, NULL, &x, 1, NULL, report), AD_ERR_ARGUMENT, "ad_gradcheck: no function");
    assert_failure(ad_gradcheck(branches, NULL, &x, 0, NULL, report), AD_ERR_ARGUMENT, "ad_gradcheck: no point x");
    assert_failure(ad_gradcheck(branches, NULL, NULL, 1, NULL, report), AD_ERR_ARGUMENT, "ad_gradcheck: no point x");
    assert_failure(ad_gradcheck(refuses, NULL, &x, 1, NULL, report), AD_ERR_CUSTOM,
                   "ad_record: the function failed: an operation or a function of the program failed");
    assert_failure(ad_gradcheck(forgets_output, NULL, &x, 1, NULL, report), AD_ERR_HANDLE,
                   "ad_record: output 1 is no node of this tape and no constant");
    ck_assert_int_eq(ad_gradcheck(branches, NULL, &x, 1, NULL, NULL), AD_ERR_ARGUMENT);
    ad_gradcheck_free(NULL);
}
END_TEST

START_TEST(test_what_cannot_be_checked_on_a_tape_is_refused)
{
    ad_tape *tape = ad_tape_new(), *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x), foreign = ad_leaf(other, 1);
    const ad_span none = {tape, 0, 0, x.generation, ad_run(x, 1).kind};
    ck_assert_int_eq(ad_gradcheck_recorded(y, ad_run(x, 1), NULL, NULL), AD_ERR_ARGUMENT);
    assert_failure(ad_gradcheck_recorded(y, none, NULL, report), AD_ERR_ARGUMENT,
                   "ad_gradcheck_recorded: there are no inputs");
    ad_tape_clear_error(tape);
    assert_failure(ad_gradcheck_recorded(y, ad_run(y, 1), NULL, report), AD_ERR_ARGUMENT,
                   "ad_gradcheck_recorded: input 1, node 1, is not a leaf");
    ad_tape_clear_error(tape);
    assert_failure(ad_gradcheck_recorded(foreign, ad_run(x, 1), NULL, report), AD_ERR_HANDLE,
                   "ad_gradcheck_recorded: operand 1 belongs to another tape");
    assert_failure(ad_gradcheck_recorded(y, ad_run(x, 1), NULL, report), AD_ERR_HANDLE,
                   "ad_gradcheck_recorded: operand 1 belongs to another tape");
    ad_tape_clear_error(tape);
    ad_set(x, 2);
    assert_failure(ad_gradcheck_recorded(y, ad_run(x, 1), NULL, report), AD_ERR_STALE,
                   "ad_gradcheck_recorded: a leaf was set since these values were computed: ad_reevaluate first");
    ad_tape_free(tape);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_every_allocation_of_the_check_of_a_function_can_fail)
{
    const double x[] = {1, 2};
    failing_memory memory = {0};
    const ad_allocator allocator = {failing_resize, &memory};
    const ad_gradcheck_options options = {.allocator = &allocator, .outputs = 3};
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t k = 1;; k++) {
            ad_gradcheck_report r;
            fail_at(&memory, k, for_ever);
            const ad_status status = ad_gradcheck(three_outputs, &r, x, 2, &options, &r);
            const bool was_enough = memory.calls < k;
            ad_gradcheck_free(&r);
            ck_assert_uint_eq(memory.held, 0);
            ck_assert(!memory.wrong_size);
            if (status == AD_OK && was_enough) break;
            if (status != AD_OK) ck_assert_int_eq(status, AD_ERR_MEMORY);
        }
}
END_TEST

START_TEST(test_every_allocation_of_the_check_of_a_tape_can_fail)
{
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t k = 1;; k++) {
            failing_memory memory = {0};
            ad_tape *tape = failing_tape(&memory);
            const ad_var x = ad_leaf(tape, 0.5), y = ad_mul(ad_tanh(x), ad_exp(x));
            ad_plant_error(tape, AD_OP_TANH, 0, 2);
            ad_gradcheck_report r;
            const size_t held = memory.held;
            fail_at(&memory, k, for_ever);
            const ad_status status = ad_gradcheck_recorded(y, ad_run(x, 1), NULL, &r);
            const bool was_enough = memory.calls < k;
            if (status == AD_OK) {
                ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
                ck_assert_int_eq(r.rules[0].at.op, AD_OP_TANH);
            } else {
                ck_assert_int_eq(status, AD_ERR_MEMORY);
                ck_assert_int_eq(ad_tape_error(tape), AD_ERR_MEMORY);
                ck_assert_str_eq(r.message, ad_tape_message(tape));
                ad_tape_clear_error(tape);
            }
            ck_assert_uint_ge(memory.held, held);
            ad_gradcheck_free(&r);
            fail_at(&memory, 0, false);
            assert_same_bits(ad_value(x), 0.5);
            assert_same_bits(ad_value(y), tanh(0.5) * exp(0.5));
            ad_plant_error(tape, AD_OP_TANH, 0, 1);
            ck_assert_int_eq(ad_gradcheck_recorded(y, ad_run(x, 1), NULL, &r), AD_OK);
            ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
            ad_gradcheck_free(&r);
            ad_tape_free(tape);
            ck_assert_uint_eq(memory.held, 0);
            ck_assert(!memory.wrong_size);
            if (was_enough) break;
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradcheck");
    const int all = sizeof cases / sizeof *cases;
    TCase *verdicts = tcase_create("verdicts");
    tcase_add_loop_test(verdicts, test_each_verdict_where_it_belongs, 0, all);
    tcase_add_loop_test(verdicts, test_differences_alone_never_contradict_a_right_gradient, 0, all);
    tcase_add_test(verdicts, test_a_branch_of_the_program_is_a_kink_only_where_it_is_too_near);
    tcase_add_test(verdicts, test_a_value_used_as_a_constant_is_found);
    tcase_add_test(verdicts, test_a_constant_that_a_branch_chooses_is_a_kink);
    tcase_add_test(verdicts, test_a_function_that_does_not_repeat_itself_fails);
    tcase_add_test(verdicts, test_where_a_function_fails_it_has_no_value);
    tcase_add_test(verdicts, test_a_chain_of_100000_nodes_passes);
    tcase_set_timeout(verdicts, 60);
    suite_add_tcase(suite, verdicts);
    TCase *report = tcase_create("report");
    tcase_add_test(report, test_the_report_says_what_was_found);
    tcase_add_test(report, test_differences_know_their_own_error);
    tcase_add_test(report, test_differences_find_the_scale_of_small_inputs);
    tcase_add_test(report, test_of_many_inputs_a_random_subset_is_checked);
    tcase_add_test(report, test_progress_can_stop_the_check);
    tcase_add_test(report, test_the_text_is_a_table_with_a_closing_sentence);
    tcase_add_test(report, test_the_sentence_names_the_wrong_rule);
    tcase_add_test(report, test_verdicts_have_texts);
    tcase_add_test(report, test_places_are_in_the_words_of_the_caller);
    tcase_add_test(report, test_several_outputs_are_checked_together);
    suite_add_tcase(suite, report);
    TCase *planting = tcase_create("planted errors");
    tcase_add_loop_test(planting, test_a_wrong_rule_of_each_elementary_operation_is_found_and_named, 0,
                        AD_OP_COUNT - 1);
    tcase_add_loop_test(planting, test_a_wrong_rule_of_each_nary_operation_is_found_and_named, 0, AD_OP_COUNT - 1);
    tcase_add_test(planting, test_each_method_alone_finds_a_wrong_sign);
    tcase_add_test(planting, test_a_wrong_rule_that_hardly_matters_is_found_by_its_operation_alone);
    tcase_add_test(planting, test_a_planted_error_spoils_sweeps_alone_and_is_mended);
    suite_add_tcase(suite, planting);
    TCase *tapes = tcase_create("tapes");
    tcase_add_test(tapes, test_a_checked_tape_is_as_it_was);
    tcase_add_test(tapes, test_layers_and_groups_are_checked_and_both_ways_to_sweep_agree);
    suite_add_tcase(suite, tapes);
    TCase *errors = tcase_create("errors");
    tcase_add_test(errors, test_what_cannot_be_checked_is_refused_with_a_message);
    tcase_add_test(errors, test_what_cannot_be_checked_on_a_tape_is_refused);
    tcase_add_test(errors, test_every_allocation_of_the_check_of_a_function_can_fail);
    tcase_add_test(errors, test_every_allocation_of_the_check_of_a_tape_can_fail);
    tcase_set_timeout(errors, 60);
    suite_add_tcase(suite, errors);
    return run_suite(suite);
}
