/* SPDX-License-Identifier: MIT */
/* The command on an operation of one's own, that of demos/custom_op.c. */
#include "command_json.h"
#include "helpers.h"
#include "run_suite.h"

#include <math.h>

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST(test_explanation_shows_the_operation_by_name_and_its_derivative_as_a_number)
{
    char *out = output_of("chainrule explain --load=" CUSTOM_OP " 'y = bessel(0, w*x); y + bessel(1, x)' x=1.5 w=2");
    assert_has(out, "  v3    y     bessel  0, v2     -0.2601\n");
    assert_has(out, "step 3  y = bessel(0, v2)");
    assert_has(out, "        dy/dv2 = -0.3391\n");
    assert_has(out, "            v2 receives 1 * (-0.3391) = -0.3391, so far -0.3391\n");
    assert_has(out, "All agree; ");
    ck_assert_ptr_null(strstr(out, "custom"));
    assert_readable(out, "chainrule explain");
    free(out);
}
END_TEST

START_TEST(test_explanation_as_json_has_the_name_and_no_formula)
{
    json_t *root = json_of("chainrule explain --json --load=" CUSTOM_OP " 'bessel(0, x)' x=1"), *node, *contribution;
    node = json_array_get(json_object_get(root, "nodes"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(node, "op")), "bessel");
    assert_near(json_number_value(json_object_get(node, "value")), j0(1), 1e-15);
    node = json_array_get(json_object_get(root, "steps"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(node, "expression")), "bessel(0, x)");
    contribution = json_array_get(json_object_get(node, "contributions"), 0);
    ck_assert(json_is_null(json_object_get(contribution, "formula")));
    assert_near(json_number_value(json_object_get(contribution, "derivative")), -j1(1), 1e-15);
    json_decref(root);
}
END_TEST

START_TEST(test_graph_has_the_name_and_the_derivative_on_the_edge)
{
    char *out = output_of("chainrule explain --dot --load=" CUSTOM_OP " 'bessel(0, x)' x=1");
    assert_has(out, "<b>v1</b> = bessel(0, x)<");
    assert_has(out, ">0.7652<");
    assert_has(out, "  n0 -> n1 [label=\" -0.4401 \"];\n");
    free(out);
}
END_TEST

START_TEST(test_third_derivative_comes_from_the_second_rule)
{
    char *out = output_of("chainrule diff --load=" CUSTOM_OP " 'bessel(0, x)' x x x x=2");
    const char *value = strstr(out, "# = ");
    ck_assert_msg(value != NULL, "%s", out);
    assert_near(strtod(value + 4, NULL), (3 * j1(2) - jn(3, 2)) / 4, 1e-5);
    free(out);
}
END_TEST

START_TEST(test_order_that_is_no_integer_is_refused_by_name)
{
    const result r = run("chainrule explain --load=" CUSTOM_OP " 'bessel(n, x)' n=0.5 x=1");
    ck_assert_int_eq(r.code, 1);
    assert_has(r.err, "the value of 'bessel' failed");
    release(r);
    const result arity = run("chainrule explain --load=" CUSTOM_OP " 'besel(x)' x=1");
    assert_has(arity.err, "unknown function 'besel': did you mean 'bessel'?");
    release(arity);
}
END_TEST

int main(void)
{
    find_command();
    Suite *s = suite_create("custom_command");
    TCase *c = tcase_create("custom");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_explanation_shows_the_operation_by_name_and_its_derivative_as_a_number);
    tcase_add_test(c, test_explanation_as_json_has_the_name_and_no_formula);
    tcase_add_test(c, test_graph_has_the_name_and_the_derivative_on_the_edge);
    tcase_add_test(c, test_third_derivative_comes_from_the_second_rule);
    tcase_add_test(c, test_order_that_is_no_integer_is_refused_by_name);
    suite_add_tcase(s, c);
    return run_suite(s);
}
