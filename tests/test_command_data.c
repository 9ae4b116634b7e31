/* SPDX-License-Identifier: MIT */
/* What the command prints for programs: JSON, whose numbers are computed anew here, and DOT. */
#include "command_json.h"
#include "run_suite.h"

#include <autodiff/autodiff.h>

#include <math.h>

static const char *const formulas[] = {
    "'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
    "'s = x*y; C = s^2 + exp(s)*x - x/y' x=0.5 y=-1.25",
    "'a = tanh(w*x + b); C = (a - y)^2' w=0.5 x=1 b=0.1 y=1",
    "'fma(x, y, sum(x, y, 2)) + log_sum_exp(x, y)^(x/7)' x=0.3 y=2",
    "'x > 1 ? max(x, y) : leaky_relu(y, 0.1)' x=0.25 y=-2",
    "'v1*v2 + 变量' v1=2 v2=3 变量=0.1",
};

static json_t *explained(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "chainrule explain --json %s", arguments);
    return json_of(line);
}

static json_t *get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    ck_assert_msg(value != NULL, "no \"%s\"", key);
    return value;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = get(object, key);
    if (json_is_number(value)) return json_number_value(value);
    const char *word = json_string_value(value);
    ck_assert_msg(word != NULL, "\"%s\" is no number", key);
    return strcmp(word, "inf") == 0 ? INFINITY : strcmp(word, "-inf") == 0 ? -INFINITY : NAN;
}

static size_t index_at(const json_t *object, const char *key)
{
    ck_assert(json_is_integer(get(object, key)));
    return (size_t)json_integer_value(get(object, key));
}

static json_t *node_of(const json_t *root, size_t i) { return json_array_get(get(root, "nodes"), i); }

static double operand_value(const json_t *root, const json_t *operand)
{
    const json_t *node = json_object_get(operand, "node");
    return node != NULL ? number(node_of(root, (size_t)json_integer_value(node)), "value")
                        : number(operand, "constant");
}

/* ------------------------------------------------------------------------------------------ JSON */

/* The operation on constants, straight from the library. */
static double recomputed(const json_t *root, const json_t *node)
{
    const json_t *operands = get(node, "operands");
    const size_t n = json_array_size(operands);
    const ad_op op = ad_op_find(json_string_value(get(node, "op")));
    ad_tape *tape = ad_tape_new();
    ad_var x[16], v;
    ck_assert_uint_le(n, 16);
    for (size_t k = 0; k < n; k++) x[k] = ad_leaf(tape, operand_value(root, json_array_get(operands, k)));
    if (op == AD_OP_SUM) v = ad_sum(ad_gather(tape, x, n));
    else if (op == AD_OP_LOG_SUM_EXP) v = ad_log_sum_exp(ad_gather(tape, x, n));
    else v = ad_apply(op, x, n);
    const double value = ad_value(v);
    ad_tape_free(tape);
    return value;
}

START_TEST(test_values_are_those_of_the_operations)
{
    json_t *root = explained(formulas[_i]), *node;
    size_t i, operations = 0;
    json_array_foreach(get(root, "nodes"), i, node)
    {
        ck_assert_uint_eq(index_at(node, "index"), i);
        if (strcmp(json_string_value(get(node, "op")), "leaf") == 0) continue;
        ck_assert_double_eq(recomputed(root, node), number(node, "value"));
        operations++;
    }
    ck_assert_uint_ge(operations, 2);
    json_decref(root);
}
END_TEST

/* Adds up what the steps pass on and compares every product, every sum and every adjoint. */
START_TEST(test_steps_add_up_to_the_adjoints)
{
    json_t *root = explained(formulas[_i]), *step, *c;
    size_t i, k, count = json_array_size(get(root, "nodes"));
    double *adjoint = calloc(count, sizeof *adjoint);
    ck_assert_ptr_nonnull(adjoint);
    adjoint[index_at(root, "output")] = 1;
    json_array_foreach(get(root, "steps"), i, step)
    {
        const double own = adjoint[index_at(step, "node")];
        ck_assert_double_eq(number(step, "adjoint"), own);
        ck_assert_int_eq(json_is_true(get(step, "skipped")), own == 0);
        json_array_foreach(get(step, "contributions"), k, c)
        {
            const size_t to = index_at(c, "to");
            ck_assert_double_eq(number(c, "contribution"), own * number(c, "derivative"));
            ck_assert_double_eq(number(c, "before"), adjoint[to]);
            adjoint[to] += number(c, "contribution");
            ck_assert_double_eq(number(c, "after"), adjoint[to]);
        }
    }
    for (i = 0; i < count; i++) ck_assert_double_eq(number(node_of(root, i), "adjoint"), adjoint[i]);
    free(adjoint);
    json_decref(root);
}
END_TEST

START_TEST(test_gradient_agrees_with_finite_differences)
{
    json_t *root = explained(formulas[_i]), *row;
    size_t i;
    json_array_foreach(get(root, "gradient"), i, row)
    {
        const json_t *check = get(row, "check");
        const double g = number(row, "gradient"), d = number(check, "finite_difference");
        ck_assert_double_eq(number(node_of(root, index_at(row, "node")), "adjoint"), g);
        ck_assert_str_eq(json_string_value(get(check, "verdict")), "agrees");
        ck_assert_double_eq_tol(g, d, 1e-8 * fmax(1, fabs(g)));
        ck_assert_double_eq_tol(number(check, "relative_difference"), g == d ? 0 : fabs(g - d) / fmax(fabs(g), fabs(d)),
                                1e-15);
    }
    ck_assert_uint_ge(i, 2);
    json_decref(root);
}
END_TEST

/* The formula of each derivative, as text, has the value that is printed beside it. */
START_TEST(test_formulas_of_derivatives_have_their_values)
{
    json_t *root = explained(formulas[_i]), *step, *c;
    size_t i, k;
    json_array_foreach(get(root, "steps"), i, step) json_array_foreach(get(step, "contributions"), k, c)
    {
        size_t j;
        json_t *node;
        ad_var out;
        ad_text_error error;
        ad_tape *tape = ad_tape_new();
        json_array_foreach(get(root, "nodes"), j, node)
            ad_name(ad_leaf(tape, number(node, "value")), json_string_value(get(node, "label")));
        const char *formula = json_string_value(get(c, "formula"));
        ck_assert_msg(ad_parse(tape, formula, &out, &error) == AD_OK, "%s: %s", formula, error.message);
        ck_assert_double_eq_tol(ad_value(out), number(c, "derivative"), 1e-14 * fmax(1, fabs(ad_value(out))));
        ad_tape_free(tape);
    }
    json_decref(root);
}
END_TEST

START_TEST(test_edges_are_the_operands_that_are_nodes)
{
    json_t *root = explained(formulas[_i]), *edge;
    size_t i, operands = 0, k;
    json_t *node, *operand;
    json_array_foreach(get(root, "nodes"), i, node) json_array_foreach(get(node, "operands"), k, operand) operands +=
        json_object_get(operand, "node") != NULL;
    json_array_foreach(get(root, "edges"), i, edge)
    {
        const json_t *to = node_of(root, index_at(edge, "to"));
        const json_t *at = json_array_get(get(to, "operands"), index_at(edge, "operand"));
        ck_assert_uint_eq(index_at(at, "node"), index_at(edge, "from"));
        ck_assert(json_is_number(get(edge, "derivative")));
    }
    ck_assert_uint_eq(i, operands);
    json_decref(root);
}
END_TEST

START_TEST(test_numbers_that_are_not_finite_are_words)
{
    json_t *root = explained("'y = log(x) + a*nan' x=0 a=-inf");
    ck_assert_str_eq(json_string_value(get(node_of(root, 0), "adjoint")), "inf");
    ck_assert_str_eq(json_string_value(get(node_of(root, 1), "value")), "-inf");
    ck_assert_str_eq(json_string_value(get(node_of(root, index_at(root, "output")), "value")), "nan");
    const json_t *first = get(root, "first_nonfinite");
    ck_assert_str_eq(json_string_value(get(first, "in")), "value");
    ck_assert_uint_eq(index_at(first, "node"), 1);
    json_decref(root);
}
END_TEST

START_TEST(test_before_the_sweep_adjoints_are_null)
{
    json_t *root = explained("--forward 'x^2 + y' x=1 y=2"), *node;
    size_t i;
    json_array_foreach(get(root, "nodes"), i, node) ck_assert(json_is_null(get(node, "adjoint")));
    ck_assert(json_is_null(get(root, "steps")));
    ck_assert(json_is_null(get(root, "gradient")));
    json_decref(root);
}
END_TEST

START_TEST(test_kink_is_told_from_a_mistake)
{
    json_t *root = explained("'relu(x)' x=0");
    const json_t *check = get(json_array_get(get(root, "gradient"), 0), "check");
    ck_assert(json_is_true(get(json_array_get(get(root, "steps"), 0), "kink")));
    ck_assert_str_eq(json_string_value(get(check, "verdict")), "kink within the step");
    ck_assert_uint_eq(index_at(check, "changed_at"), 1);
    json_decref(root);
}
END_TEST

START_TEST(test_coarse_finite_difference_gives_no_verdict)
{
    json_t *root = explained("'sin(1e12*x)' x=1");
    const json_t *check = get(json_array_get(get(root, "gradient"), 0), "check");
    ck_assert_str_eq(json_string_value(get(check, "verdict")), "unclear");
    json_decref(root);
}
END_TEST

/* Values near 0, near a pole or in the thousands: the step of the finite difference suits them. */
START_TEST(test_finite_differences_suit_the_value)
{
    static const char *const hard[] = {"'log(x)' x=1e-10",      "'sin(1000*x)' x=1",     "'exp(x)' x=700",
                                       "'1/x' x=1e-8",          "'x^3' x=1e6",           "'sqrt(x)' x=1e-300",
                                       "'relu(x)' x=1e-9",      "'x^2' x=1e-200",        "'tanh(x)' x=20",
                                       "'cos(x)' x=pi",         "'cos(x) + y' x=pi y=1", "'abs(x - 1)' x=1.00000001",
                                       "'x*y' x=1e200 y=1e-200"};
    json_t *root = explained(hard[_i]), *row;
    size_t i;
    json_array_foreach(get(root, "gradient"), i, row)
        ck_assert_msg(strcmp(json_string_value(get(get(row, "check"), "verdict")), "agrees") == 0, "%s: %s", hard[_i],
                      json_string_value(get(get(row, "check"), "verdict")));
    json_decref(root);
}
END_TEST

/* Where a right difference is a matter of luck, none is claimed. */
START_TEST(test_difference_that_tells_nothing_is_no_agreement)
{
    static const char *const coarse[] = {"'1e16 + x' x=1", "'1e14 + 3*x' x=1", "'sin(x)' x=1e22",
                                         "'sin(1000*x)' x=1e15"};
    json_t *root = explained(coarse[_i]), *row = json_array_get(get(root, "gradient"), 0);
    ck_assert_str_eq(json_string_value(get(get(row, "check"), "verdict")), "unclear");
    json_decref(root);
}
END_TEST

START_TEST(test_comment_that_is_not_utf8_leaves_the_json_valid)
{
    json_t *root = explained("\"$(printf 'x^2 # \\377 \\033')\" x=1");
    ck_assert(json_is_null(get(root, "formula")));
    json_decref(root);
}
END_TEST

/* Thirty thousand nodes, and as many leaves as keep the checks from being made: in every format in a moment. */
START_TEST(test_huge_formula_takes_linear_time)
{
    static const char *const formats[] = {"", "--json", "--dot"};
    char line[512];
    snprintf(line, sizeof line,
             "for i in $(seq 10000); do printf 'a%%d = x*%%d + y; ' $i $i; done | { cat; echo 'sum(a1, a9999)*z'; } | "
             "chainrule explain %s - x=1 y=2 z=3",
             formats[_i]);
    char *out = output_of(line);
    if (_i < 2) ck_assert_uint_gt(strlen(out), 100000);
    else ck_assert_ptr_nonnull(strstr(out, ">9,998 nodes<"));
    if (_i == 1) {
        json_t *root = parsed(out, line);
        ck_assert_uint_eq(json_array_size(get(root, "nodes")), 20005);
        json_decref(root);
    }
    free(out);
}
END_TEST

START_TEST(test_ops_as_json_is_the_table)
{
    json_t *root = json_of("chainrule ops --json"), *row;
    size_t i;
    ck_assert_uint_eq(json_array_size(root), AD_OP_COUNT - 1);
    json_array_foreach(root, i, row)
    {
        const ad_op_info *info = ad_op_get(ad_op_find(json_string_value(get(row, "name"))));
        ck_assert_int_ne(info->op, AD_OP_LEAF);
        ck_assert_str_eq(json_string_value(get(row, "definition")), info->definition);
        ck_assert_str_eq(json_string_value(json_array_get(get(row, "derivatives"), 0)), info->partial[0]);
        ck_assert_str_eq(json_string_value(get(row, "note")), info->note);
    }
    json_decref(root);
}
END_TEST

/* ------------------------------------------------------------------------------------------- DOT */

START_TEST(test_graphviz_draws_the_graph)
{
    char line[1024];
    if (system("dot -V >/dev/null 2>&1") != 0) return;
    for (int forward = 0; forward < 2; forward++) {
        snprintf(line, sizeof line, "chainrule explain --dot %s %s | dot -Tsvg", forward ? "--forward" : "",
                 formulas[_i]);
        char *svg = output_of(line);
        ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
        ck_assert_int_eq(strstr(svg, "not computed") != NULL, forward);
        free(svg);
    }
}
END_TEST

START_TEST(test_unknown_adjoints_are_not_zero)
{
    char *before = output_of("chainrule explain --dot --forward 'x^2 + y*0.5' x=1 y=2");
    char *after = output_of("chainrule explain --dot 'x^2 + y*0.5' x=1 y=2");
    ck_assert_ptr_nonnull(strstr(before, "not computed"));
    ck_assert_ptr_null(strstr(before, ">0</td>"));
    ck_assert_ptr_null(strstr(after, "not computed"));
    ck_assert_ptr_nonnull(strstr(after, "adjoint </td><td align=\"right\">2</td>"));
    ck_assert_ptr_nonnull(strstr(after, "n1 -> n3 [label=\" 0.5 \"]"));
    free(before);
    free(after);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    const size_t n = sizeof formulas / sizeof *formulas;
    find_command();
    Suite *suite = suite_create("command data");
    add(suite, "values", test_values_are_those_of_the_operations, n);
    add(suite, "steps", test_steps_add_up_to_the_adjoints, n);
    add(suite, "gradient", test_gradient_agrees_with_finite_differences, n);
    add(suite, "derivatives", test_formulas_of_derivatives_have_their_values, n);
    add(suite, "edges", test_edges_are_the_operands_that_are_nodes, n);
    add(suite, "not finite", test_numbers_that_are_not_finite_are_words, 1);
    add(suite, "forward", test_before_the_sweep_adjoints_are_null, 1);
    add(suite, "kink", test_kink_is_told_from_a_mistake, 1);
    add(suite, "coarse", test_coarse_finite_difference_gives_no_verdict, 1);
    add(suite, "finite differences", test_finite_differences_suit_the_value, 13);
    add(suite, "utf-8", test_comment_that_is_not_utf8_leaves_the_json_valid, 1);
    add(suite, "finite differences", test_difference_that_tells_nothing_is_no_agreement, 4);
    add(suite, "huge", test_huge_formula_takes_linear_time, 3);
    add(suite, "ops", test_ops_as_json_is_the_table, 1);
    add(suite, "graphviz", test_graphviz_draws_the_graph, n);
    add(suite, "unknown", test_unknown_adjoints_are_not_zero, 1);
    return run_suite(suite);
}
