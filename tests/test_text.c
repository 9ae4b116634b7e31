/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* directories and threads */

#include <autodiff/autodiff.h>

#include "failing_memory.h"
#include "run_suite.h"
#include "text_invariants.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static ad_tape *tape;
static ad_var x, y;
static ad_text_error error;

/* A tape with x = 3 and y = 5. */
static void begin(void)
{
    tape = ad_tape_new();
    x = ad_leaf(tape, 3.0);
    y = ad_leaf(tape, 5.0);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert_int_eq(ad_name(y, "y"), AD_OK);
}

static void end(void) { ad_tape_free(tape); }

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static bool same_node(ad_var a, ad_var b) { return a.tape == b.tape && a.index == b.index; }

static ad_var parsed(const char *text)
{
    ad_var out;
    const ad_status status = ad_parse(tape, text, &out, &error);
    ck_assert_msg(status == AD_OK, "%s: %zu:%zu: %s", text, error.line, error.column, error.message);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert_uint_eq(error.line, 0);
    ck_assert_str_eq(error.message, "");
    return out;
}

static void assert_value(const char *text, double expected)
{
    const double value = ad_value(parsed(text));
    ck_assert_msg(same(value, expected), "%s is %.17g, not %.17g", text, value, expected);
}

static size_t nodes(void) { return ad_tape_stats(tape).nodes; }

static void assert_error(const char *text, size_t line, size_t column, size_t offset, const char *message)
{
    const size_t before = nodes();
    ad_var out = x;
    ck_assert_int_eq(ad_parse(tape, text, &out, &error), AD_ERR_TEXT);
    ck_assert_str_eq(error.message, message);
    ck_assert_msg(error.line == line && error.column == column, "%s: line %zu, column %zu", text, error.line,
                  error.column);
    ck_assert_uint_eq(error.offset, offset);
    ck_assert_ptr_null(out.tape);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert_uint_eq(nodes(), before);
    ck_assert_int_eq(ad_parse(tape, text, &out, NULL), AD_ERR_TEXT);
}

/* ---------------------------------------------------------------------------------- expressions */

static const struct {
    const char *text;
    double value; /* where x = 3, y = 5 */
} values[] = {
    {"1 + 2 * 3", 7},
    {"(1 + 2) * 3", 9},
    {"x - y - 1", -3},
    {"x / y / 2", 0.3},
    {"x - y + 1", -1},
    {"x / y * 2", 1.2},
    {"2 ^ 3 ^ 2", 512},
    {"(2 ^ 3) ^ 2", 64},
    {"-x ^ 2", -9},
    {"(-x) ^ 2", 9},
    {"2 ^ -1", 0.5},
    {"2 ^ -1 ^ 2", 0.5},
    {"2 ^ -2 * 3", 0.75},
    {"2 ^ - -2", 4},
    {"2 ^ +2", 4},
    {"-2 ^ -2", -0.25},
    {"2 * -x ^ 2 * 2", -36},
    {"- -x", 3},
    {"-+-+x", 3},
    {"x --y", 8},
    {"x-+-y", 8},
    {"-x + y", 2},
    {"-x * y", -15},
    {"x * -y", -15},
    {"-x / -y", 0.6},
    {"1 + x < y", 1},
    {"x < y - 2", 0},
    {"x <= y - 2", 1},
    {"x >= 3", 1},
    {"x > 3", 0},
    {"x == 3", 1},
    {"x != 3", 0},
    {"1 < 2 < 0.5", 0},
    {"5 > 4 > 3", 0},
    {"1 < 2 == 2 < 3", 1},
    {"1 == 2 != 1", 1},
    {"2 == 2 == 2", 0},
    {"x<y?1:2", 1},
    {"x > y ? 1 : 2", 2},
    {"0 ? 1 : 0 ? 2 : 3", 3},
    {"1 ? 0 ? 1 : 2 : 3", 2},
    {"0 ? 1 : 1 ? 2 : 3", 2},
    {"1 ? 2 : 3 + 10", 2},
    {"0 ? 2 : 3 + 10", 13},
    {"1 + 0 ? 2 : 3", 2},
    {"-1 ? 2 : 3", 2},
    {"(x < y ? x : y) * 2", 6},
    {"max(x < y ? x : y, 4)", 4},
    {"max(min(x, y), x ? 1 : 2)", 3},
    {"fma(x, y, 1)", 16},
    {"fma ( x , y , -1 )", 14},
    {"((((x))))", 3},
    {"pow(2, x)", 8},
    {"add(x, mul(y, 2))", 13},
    {"lt(x, y)", 1},
    {"select(0, 1, 2)", 2},
    {"sum(x)", 3},
    {"sum(x, y, 1, x)", 12},
    {"half_sum_of_squares(x, y)", 17},
    {"sum_of_squares(x, y, -1)", 35},
    {"mean_of_squares(x, y)", 17},
    {"log_sum_exp(x)", 3},
    {"sum(x, sum(y, 1), max(1, 2))", 11},
    {"x\t*\r y", 15},
    {"x*(\n# a comment ( here\n y\n)", 15},
    {"\n\n ;; x; # the end", 3},
    {"x;", 3},
    {"1; 2; x", 3},
    {"exp = 1; exp + exp(0)", 2},
};

START_TEST(test_formulas_have_the_values_of_mathematics) { assert_value(values[_i].text, values[_i].value); }
END_TEST

static const struct {
    const char *text;
    double value;
} numbers[] = {
    {"2", 2},
    {"007", 7},
    {"0.5", 0.5},
    {".5", 0.5},
    {"5.", 5},
    {"1e3", 1e3},
    {"1E+3", 1e3},
    {"1e-3", 1e-3},
    {".1e1", 1},
    {"1.e1", 10},
    {"0.1", 0.1},
    {"0x10", 16},
    {"0XfF", 255},
    {"0x1.8p3", 12},
    {"0x.8P+1", 1},
    {"0x1p-1074", 4.9406564584124654e-324},
    {"4.9406564584124654e-324", 4.9406564584124654e-324},
    {"2e-324", 0},
    {"1e-999999999999999999999999", 0},
    {"1.7976931348623157e308", 1.7976931348623157e308},
    {"0.1000000000000000055511151231257827021181583404541015625", 0.1},
    {"9007199254740993", 9007199254740992.0},
    {"9007199254740993.0000000000000000000000000000000000000000000000000000000000000000000000000000001",
     9007199254740994.0},
    {"inf", INFINITY},
    {"-inf", -INFINITY},
    {"nan", NAN},
    {"pi", 3.141592653589793},
    {"e", 2.718281828459045},
    {"2*pi", 6.283185307179586},
};

START_TEST(test_numbers_are_correctly_rounded_constants)
{
    errno = 77;
    const ad_var out = parsed(numbers[_i].text);
    ck_assert_int_eq(errno, 77);
    ck_assert(ad_is_const(out));
    ck_assert_msg(same(ad_value(out), numbers[_i].value), "%s is %.17g", numbers[_i].text, ad_value(out));
    ck_assert_uint_eq(nodes(), 2);
}
END_TEST

START_TEST(test_a_number_of_a_million_digits)
{
    enum { N = 1000000 };
    char *text = malloc(N + 8);
    ck_assert_ptr_nonnull(text);
    memset(text, '3', N);
    memcpy(text, "0.", 2);
    text[N] = '\0';
    assert_value(text, 0.333333333333333333333);
    free(text);
}
END_TEST

START_TEST(test_a_formula_of_constants_is_a_constant_and_records_nothing)
{
    static const char *const texts[] = {"2^3 + sin(1)",        "sum(1, 2, 3)",           "mean_of_squares(3, 4)",
                                        "1 < 2 ? pi : e",      "log_sum_exp(1, sum(2))", "half_sum_of_squares(1)",
                                        "sum_of_squares(1, 2)"};
    const ad_stats before = ad_tape_stats(tape);
    ck_assert(ad_is_const(parsed(texts[_i])));
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.nodes, before.nodes);
    ck_assert_uint_eq(after.bytes_used, before.bytes_used);
}
END_TEST

START_TEST(test_a_name_alone_is_its_node)
{
    ck_assert(same_node(parsed("x"), x));
    ck_assert(same_node(parsed("(+y)"), y));
    ck_assert_uint_eq(nodes(), 2);
}
END_TEST

START_TEST(test_identical_subexpressions_share_a_node)
{
    assert_value("(x*y + 1)*(x*y + 1) - x*y", 241);
    ck_assert_uint_eq(nodes(), 2 + 4);
    assert_value("sum(x, y) + sum(x, y) + sum(y, x)", 24);
    ck_assert_uint_eq(nodes(), 2 + 4 + 4);
}
END_TEST

START_TEST(test_zeros_of_different_sign_are_different_constants)
{
    assert_value("x/(0*-1) + 1/0", NAN);
    assert_value("1/(-0.0)", -INFINITY);
    assert_value("1/0.0", INFINITY);
}
END_TEST

START_TEST(test_the_gradient_of_a_formula_is_that_of_its_operations)
{
    const ad_var out = parsed("z = x^2*y\ntanh(z/50) + max(x, y)");
    ck_assert_int_eq(ad_backward(out), AD_OK);
    const double gx = ad_grad(x), gy = ad_grad(y);
    const ad_var z = ad_mul(ad_pow(x, ad_const(2.0)), y);
    const ad_var again = ad_add(ad_tanh(ad_div(z, ad_const(50.0))), ad_max(x, y));
    ck_assert(same(ad_value(out), ad_value(again)));
    ck_assert_int_eq(ad_backward(again), AD_OK);
    ck_assert(same(gx, ad_grad(x)));
    ck_assert(same(gy, ad_grad(y)));
}
END_TEST

/* ------------------------------------------------------------------------------------ op table */

static const double points[][3] = {{0.5, 0.25, 2.0}, {-1.5, 2.0, 0.75},  {3.0, -2.0, -1.0}, {0.9, 0.9, 0.9},
                                   {0.0, 1.0, -0.0}, {-0.3, -0.7, 40.0}, {20.0, 3.0, 0.0},  {1e-320, 1e300, 1.0}};

START_TEST(test_every_operation_is_a_function_of_its_name)
{
    const ad_op_info *info = ad_op_get((ad_op)_i);
    if (info->arity < 1) return;
    for (int k = 0; k < COUNT(points); k++) {
        ad_tape_reset(tape);
        ad_var operands[3];
        char text[200];
        int length = snprintf(text, sizeof text, "%s(", info->name);
        for (int j = 0; j < info->arity; j++) {
            operands[j] = ad_leaf(tape, points[k][j]);
            ck_assert_int_eq(ad_name(operands[j], (const char *[]){"a", "b", "c"}[j]), AD_OK);
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%c", j > 0 ? ", " : "", 'a' + j);
        }
        snprintf(text + length, sizeof text - (size_t)length, ")");
        const ad_var out = parsed(text), expected = ad_apply((ad_op)_i, operands, (size_t)info->arity);
        ck_assert_int_eq(ad_op_of(out), (ad_op)_i);
        ck_assert_msg(same(ad_value(out), ad_value(expected)), "%s", text);
    }
}
END_TEST

START_TEST(test_every_partial_derivative_in_the_table_is_a_formula_with_its_value)
{
    const ad_op_info *info = ad_op_get((ad_op)_i);
    if (info->arity < 1) return;
    for (int k = 0; k < COUNT(points); k++) {
        ad_tape_reset(tape);
        ad_var operands[3];
        for (int j = 0; j < info->arity; j++) {
            operands[j] = ad_leaf(tape, points[k][j]);
            ck_assert_int_eq(ad_name(operands[j], (const char *[]){"a", "b", "c"}[j]), AD_OK);
        }
        const ad_var v = ad_apply((ad_op)_i, operands, (size_t)info->arity);
        ck_assert_int_eq(ad_name(v, "v"), AD_OK);
        ad_edge edges[3];
        ck_assert_uint_eq(ad_edges(v, edges, 3), (size_t)info->arity);
        for (int j = 0; j < info->arity; j++) {
            const double partial = ad_value(parsed(info->partial[j]));
            ck_assert_msg(same(partial, edges[j].partial) || partial == edges[j].partial,
                          "%s at %g, %g, %g: %s is %.17g, not %.17g", info->name, points[k][0], points[k][1],
                          points[k][2], info->partial[j], partial, edges[j].partial);
        }
    }
}
END_TEST

START_TEST(test_every_operation_checks_its_number_of_operands)
{
    const ad_op_info *info = ad_op_get((ad_op)_i);
    if (info->arity < 1) return;
    for (int n = 0; n <= 4; n++) {
        if (n == info->arity) continue;
        char text[200], message[200];
        int length = snprintf(text, sizeof text, " %s(", info->name);
        for (int j = 0; j < n; j++)
            length += snprintf(text + length, sizeof text - (size_t)length, j > 0 ? ", x" : "x");
        snprintf(text + length, sizeof text - (size_t)length, ")");
        snprintf(message, sizeof message, "'%s' takes %d operand%s, got %d", info->name, info->arity,
                 info->arity == 1 ? "" : "s", n);
        assert_error(text, 1, 2, 1, message);
    }
}
END_TEST

START_TEST(test_nary_operations_take_one_row_or_say_why_not)
{
    const ad_op_info *info = ad_op_get((ad_op)_i);
    if (info->arity >= 0) return;
    char text[200], message[200];
    snprintf(text, sizeof text, "%s(x, y)", info->name);
    ad_var out;
    if (ad_parse(tape, text, &out, &error) == AD_OK) {
        ck_assert_int_eq(ad_op_of(out), (ad_op)_i);
        snprintf(text, sizeof text, "%s()", info->name);
        snprintf(message, sizeof message, "'%s' takes at least 1 operand, got 0", info->name);
    } else snprintf(message, sizeof message, "'%s' takes two rows of values, which a formula cannot write", info->name);
    assert_error(text, 1, 1, 0, message);
}
END_TEST

/* ---------------------------------------------------------------------------------- statements */

START_TEST(test_each_assigned_value_has_its_name_on_the_tape)
{
    const ad_var out = parsed("z = x*y + 1; u = tanh(z)\nv = u - z;u*v");
    const double z = 16, u = ad_value(ad_tanh(ad_const(z)));
    ck_assert(ad_value(ad_find(tape, "z")) == z);
    ck_assert(ad_value(ad_find(tape, "u")) == u);
    ck_assert(ad_value(ad_find(tape, "v")) == u - z);
    ck_assert(ad_value(out) == u * (u - z));
    ck_assert_ptr_null(ad_name_of(out));
}
END_TEST

START_TEST(test_the_value_of_an_assignment_is_its_node)
{
    const ad_var out = parsed("z = x*y");
    ck_assert(same_node(out, ad_find(tape, "z")));
    ck_assert(ad_value(out) == 15);
}
END_TEST

START_TEST(test_a_named_constant_becomes_a_leaf)
{
    const ad_var out = parsed("rate = 0.1; twice = 2*0.1; also = 0.1; rate*x + 0.1");
    const ad_var rate = ad_find(tape, "rate");
    ck_assert_int_eq(ad_op_of(rate), AD_OP_LEAF);
    ck_assert(!ad_is_const(rate));
    ck_assert(!same_node(rate, ad_find(tape, "also")));
    ck_assert_int_eq(ad_backward(out), AD_OK);
    ck_assert(ad_grad(rate) == 3.0);
    ck_assert(ad_grad(ad_find(tape, "also")) == 0.0);
    ck_assert(ad_value(ad_find(tape, "twice")) == 0.2);
    ck_assert_int_eq(ad_set(rate, 0.5), AD_OK);
}
END_TEST

START_TEST(test_equal_expressions_with_two_names_are_two_nodes)
{
    const ad_var out = parsed("a = x*y; b = x*y; a - b + x*y");
    const ad_var a = ad_find(tape, "a"), b = ad_find(tape, "b");
    ck_assert(ad_is_valid(a));
    ck_assert(ad_is_valid(b));
    ck_assert(!same_node(a, b));
    ck_assert(ad_value(out) == 15);
}
END_TEST

START_TEST(test_a_second_name_for_a_node_is_one_inside_the_text_only)
{
    ck_assert(same_node(parsed("z = x"), x));
    ck_assert_str_eq(ad_name_of(x), "x");
    ck_assert_ptr_null(ad_find(tape, "z").tape);
    assert_value("z = x; u = z; z*u + x", 12);
    ck_assert_ptr_null(ad_find(tape, "u").tape);
    assert_error("z = x; z = y", 1, 8, 7, "the name 'z' is already taken (line 1)");
}
END_TEST

START_TEST(test_later_texts_see_the_names_of_earlier_ones)
{
    parsed("z = x*y");
    assert_value("z + 1", 16);
    assert_error("z = 2", 1, 1, 0, "the name 'z' is already taken on the tape");
}
END_TEST

START_TEST(test_names_in_other_scripts)
{
    assert_value(
        "\xce\xb8 = 2*x; \xd0\xb2\xd0\xb5\xd1\x81\xe2\x82\x81 = \xce\xb8 + 1; \xd0\xb2\xd0\xb5\xd1\x81\xe2\x82\x81", 7);
    ck_assert(ad_value(ad_find(tape, "\xce\xb8")) == 6);
}
END_TEST

START_TEST(test_an_error_kept_on_the_tape_stays_and_does_not_hinder)
{
    ad_name(x, "1");
    const char *message = "ad_name: '1': a name is a letter or '_', then letters, digits, '_' and '.'";
    ad_var out;
    ck_assert_int_eq(ad_parse(tape, "x*y", &out, &error), AD_OK);
    ck_assert(ad_value(out) == 15);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NAME);
    ck_assert_str_eq(ad_tape_message(tape), message);
    ck_assert_int_eq(ad_parse(tape, "x*", &out, &error), AD_ERR_TEXT);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NAME);
    ck_assert_str_eq(ad_tape_message(tape), message);
}
END_TEST

/* -------------------------------------------------------------------------------------- errors */

static const struct {
    const char *text;
    size_t line, column, offset;
    const char *message;
} errors[] = {
    /* nothing */
    {"", 1, 1, 0, "expected a formula, found the end of the text"},
    {" \n; # x\n ", 3, 2, 9, "expected a formula, found the end of the text"},
    /* a value is missing */
    {"x +", 1, 4, 3, "expected a value, found the end of the text"},
    {"x + # y", 1, 8, 7, "expected a value, found the end of the text"},
    {"z = \n2", 1, 5, 4,
     "expected a value, found the end of the line: a formula goes on after it only inside parentheses"},
    {"x *\n y", 1, 4, 3,
     "expected a value, found the end of the line: a formula goes on after it only inside parentheses"},
    {"x * ; y", 1, 5, 4, "expected a value, found ';'"},
    {"x * / y", 1, 5, 4, "expected a value, found '/'"},
    {"x ** 2", 1, 4, 3, "expected a value, found '*': a power is written ^"},
    {"x <= < y", 1, 6, 5, "expected a value, found '<'"},
    {"()", 1, 2, 1, "expected a value, found ')'"},
    {"(x + )", 1, 6, 5, "expected a value, found ')'"},
    {"max(x,)", 1, 7, 6, "expected a value, found ')'"},
    {"max(,x)", 1, 5, 4, "expected a value, found ','"},
    {"x ? : y", 1, 5, 4, "expected a value, found ':'"},
    {"= 2", 1, 1, 0, "expected a value, found '='"},
    {"z = = 2", 1, 5, 4, "expected a value, found '='"},
    {"x += 2", 1, 4, 3, "expected a value, found '='"},
    {"^2", 1, 1, 0, "expected a value, found '^'"},
    /* an operator is missing */
    {"2x", 1, 2, 1, "expected an operator, found 'x': to multiply write 2*x"},
    {"x 2", 1, 3, 2, "expected an operator, found '2': to multiply write x*2"},
    {"x y", 1, 3, 2, "expected an operator, found 'y': to multiply write x*y"},
    {"2exp(x)", 1, 2, 1, "expected an operator, found 'exp': to multiply write 2*exp"},
    {"2(x)", 1, 2, 1, "expected an operator, found '(': to multiply write 2*(...)"},
    {"(x)(y)", 1, 4, 3, "expected an operator, found '(': to multiply write *"},
    {"(x) y", 1, 5, 4, "expected an operator, found 'y': to multiply write *"},
    {"sin(2x)", 1, 6, 5, "expected an operator, found 'x': to multiply write 2*x"},
    {"max(x y)", 1, 7, 6, "expected ',' or an operator, found 'y'"},
    {"z = y = 2", 1, 7, 6,
     "expected an operator, found '=': to compare write ==, to name a value start a statement with its name"},
    {"x*y = 2", 1, 5, 4,
     "expected an operator, found '=': to compare write ==, to name a value start a statement with its name"},
    {"0.000000000000000000000000000000000000001x", 1, 42, 41, "expected an operator, found 'x': to multiply write *"},
    /* parentheses */
    {"(x", 1, 3, 2, "expected ')', found the end of the text: the '(' at line 1, column 1 is not closed"},
    {"x*(y + (2)", 1, 11, 10, "expected ')', found the end of the text: the '(' at line 1, column 3 is not closed"},
    {"(x; y)", 1, 3, 2, "expected ')', found ';': the '(' at line 1, column 1 is not closed"},
    {"z = 1\nsin (x", 2, 7, 12, "expected ')', found the end of the text: the '(' at line 2, column 5 is not closed"},
    {"z = (x\nu = 2", 2, 1, 7, "expected ')', found 'u': the '(' at line 1, column 5 is not closed"},
    {"x)", 1, 2, 1, "')' without a '(' before it"},
    {"max(x, y))", 1, 10, 9, "')' without a '(' before it"},
    {"[x]", 1, 1, 0, "'[' has no meaning here: write ("},
    {"x, y", 1, 2, 1, "',' stands only between the operands of a function; the decimal mark is a point"},
    {"1,5", 1, 2, 1, "',' stands only between the operands of a function; the decimal mark is a point"},
    {"(1, 2)", 1, 3, 2, "',' stands only between the operands of a function; the decimal mark is a point"},
    /* choices */
    {"x ? y", 1, 6, 5, "expected ':', found the end of the text: the '?' at line 1, column 3 has no ':'"},
    {"(x ? y)", 1, 7, 6, "expected ':', found ')': the '?' at line 1, column 4 has no ':'"},
    {"max(x ? y, 2)", 1, 10, 9, "expected ':', found ',': the '?' at line 1, column 7 has no ':'"},
    {"x ? y\n: 2", 1, 6, 5, "expected ':', found the end of the line: the '?' at line 1, column 3 has no ':'"},
    {"x : y", 1, 3, 2, "':' without a '?' before it"},
    {"x ? (y : 2)", 1, 8, 7, "':' without a '?' before it"},
    {"x ? y : 2 : 3", 1, 11, 10, "':' without a '?' before it"},
    /* names */
    {"abcdef", 1, 1, 0, "unknown name 'abcdef'"},
    {"sigmod", 1, 1, 0, "unknown name 'sigmod': did you mean 'sigmoid'?"},
    {"1 + sigmod(x)", 1, 5, 4, "unknown function 'sigmod': did you mean 'sigmoid'?"},
    {"Tanh(x)", 1, 1, 0, "unknown function 'Tanh': did you mean 'tanh'?"},
    {"EXP(x)", 1, 1, 0, "unknown function 'EXP': did you mean 'exp'?"},
    {"tnah(x)", 1, 1, 0, "unknown function 'tnah': did you mean 'tanh'?"},
    {"X", 1, 1, 0, "unknown name 'X': did you mean 'x'?"},
    {"q", 1, 1, 0, "unknown name 'q'"},
    {"Pi", 1, 1, 0, "unknown name 'Pi': did you mean 'pi'?"},
    {"\xcf\x80*2", 1, 1, 0, "unknown name '\xcf\x80': did you mean 'pi'?"},
    {"weight = 1; wieght*2", 1, 13, 12, "unknown name 'wieght': did you mean 'weight'?"},
    {"qqq(x)", 1, 1, 0, "unknown function 'qqq'"},
    {"z = z + 1", 1, 5, 4, "unknown name 'z'"},
    {"tanh x", 1, 1, 0, "'tanh' is a function: write its operands in parentheses, tanh(...)"},
    {"2*sum", 1, 3, 2, "'sum' is a function: write its operands in parentheses, sum(...)"},
    {"tanh\n(x)", 1, 1, 0, "'tanh' is a function: write its operands in parentheses, tanh(...)"},
    {"x(2)", 1, 1, 0, "'x' is not a function: to multiply write x*(...)"},
    {"x (y + 1)", 1, 1, 0, "'x' is not a function: to multiply write x*(...)"},
    {"2*pi(3)", 1, 3, 2, "'pi' is not a function: to multiply write pi*(...)"},
    {"z = 2; z(2)", 1, 8, 7, "'z' is not a function: to multiply write z*(...)"},
    {"x = 2", 1, 1, 0, "the name 'x' is already taken on the tape"},
    {"z = 1\n\nu = 2; z = 2", 3, 8, 14, "the name 'z' is already taken (line 1)"},
    {"pi = 3", 1, 1, 0, "'pi' is a number in formulas and cannot be assigned"},
    {"e=1", 1, 1, 0, "'e' is a number in formulas and cannot be assigned"},
    {"inf = 1", 1, 1, 0, "'inf' is a number in formulas and cannot be assigned"},
    {"nan = 1", 1, 1, 0, "'nan' is a number in formulas and cannot be assigned"},
    /* numbers */
    {"1.2.3", 1, 1, 0, "'1.2.3' is not a number: it has a point too many"},
    {"1..2", 1, 1, 0, "'1..2' is not a number: it has a point too many"},
    {"1e5.5", 1, 1, 0, "'1e5.5' is not a number: it has a point too many"},
    {"1e", 1, 1, 0, "'1e' is not a number: its exponent has no digits"},
    {"x + 1e+", 1, 5, 4, "'1e+' is not a number: its exponent has no digits"},
    {"1e-x", 1, 1, 0, "'1e-' is not a number: its exponent has no digits"},
    {"0x1p", 1, 1, 0, "'0x1p' is not a number: its exponent has no digits"},
    {"0x", 1, 1, 0, "'0x' is not a number: it has no digits"},
    {"0x.", 1, 1, 0, "'0x.' is not a number: it has no digits"},
    {"0xg", 1, 1, 0, "'0xg' is not a number: it has no digits"},
    {"1_000", 1, 1, 0, "'1_000' is not a number: digits stand together"},
    {"1e999", 1, 1, 0, "the number '1e999' is too large"},
    {"-1e309", 1, 2, 1, "the number '1e309' is too large"},
    {"0x1p1024", 1, 1, 0, "the number '0x1p1024' is too large"},
    {".", 1, 1, 0, "'.' has no meaning in a formula"},
    /* characters; columns count characters, offsets bytes */
    {"x & y", 1, 3, 2, "'&' has no meaning in a formula"},
    {"!x", 1, 1, 0, "'!' has no meaning in a formula"},
    {"x $", 1, 3, 2, "'$' has no meaning in a formula"},
    {"x\x07", 1, 2, 1, "'\\x07' has no meaning in a formula"},
    {"x\v+ y", 1, 2, 1, "'\\x0b' has no meaning in a formula"},
    {"x\xc2\xa0+ y", 1, 2, 1, "'\\u00a0' has no meaning in a formula"},
    {"\xef\xbb\xbfx", 1, 1, 0, "'\\ufeff' has no meaning in a formula"},
    {"x \xe2\x88\x92 y", 1, 3, 2, "'\xe2\x88\x92' has no meaning here: write -"},
    {"x\xc2\xb7y", 1, 2, 1, "'\xc2\xb7' has no meaning here: write *"},
    {"x\xc2\xb2", 1, 2, 1, "'\xc2\xb2' has no meaning here: write ^2"},
    {"x \xe2\x89\xa4 y", 1, 3, 2, "'\xe2\x89\xa4' has no meaning here: write <="},
    {"x\xef\xbc\x8by", 1, 2, 1, "'\xef\xbc\x8b' has no meaning here: write +"},
    {"\xce\xb8\xce\xb8 = x; \xce\xb8\xce\xb8 \xff", 1, 12, 15, "byte 0xff is not valid UTF-8 here"},
    {"x + \xc3(", 1, 5, 4, "byte 0xc3 is not valid UTF-8 here"},
    {"x + \xe2\x88", 1, 5, 4, "byte 0xe2 is not valid UTF-8 here"},
    {"\x80", 1, 1, 0, "byte 0x80 is not valid UTF-8 here"},
    {"# \xce\xb8\n\xce\xb8 = 1; \xce\xb8 ? 2", 2, 13, 19,
     "expected ':', found the end of the text: the '?' at line 2, column 10 has no ':'"},
};

START_TEST(test_errors_say_where_and_why)
{
    assert_error(errors[_i].text, errors[_i].line, errors[_i].column, errors[_i].offset, errors[_i].message);
}
END_TEST

START_TEST(test_a_long_name_is_cut_between_characters)
{
    char *text = malloc(10001), message[300] = "unknown name '";
    ck_assert_ptr_nonnull(text);
    memset(text, 'n', 10000);
    text[10000] = '\0';
    assert_error(text, 1, 1, 0, "unknown name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...'");
    text[9999] = '=';
    assert_error(text, 1, 1, 0,
                 "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is too long for a name: at most 255 bytes");
    for (int k = 0; k < 10000; k += 4) memcpy(text + k, "\xf0\x9d\x9b\xbc", 4);
    for (int k = 0; k < 19; k++) strcat(message, "\xf0\x9d\x9b\xbc");
    assert_error(text, 1, 1, 0, strcat(message, "...'"));
    free(text);
}
END_TEST

START_TEST(test_a_name_of_255_bytes_can_be_assigned)
{
    char text[300];
    memset(text, 'n', 255);
    strcpy(text + 255, " = x*y");
    ck_assert_ptr_nonnull(ad_name_of(parsed(text)));
}
END_TEST

START_TEST(test_wrong_arguments_are_statuses)
{
    ad_var out = x;
    ck_assert_int_eq(ad_parse(NULL, "1", &out, &error), AD_ERR_HANDLE);
    ck_assert_ptr_null(out.tape);
    ck_assert_str_eq(error.message, "ad_parse: no tape");
    ck_assert_int_eq(ad_parse(ad_const(1.0).tape, "1", &out, &error), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_parse(tape, NULL, &out, &error), AD_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "ad_parse: text is NULL");
    ck_assert_int_eq(ad_parse(tape, "1", NULL, &error), AD_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "ad_parse: out is NULL");
    ck_assert_int_eq(ad_parse(NULL, NULL, NULL, NULL), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
}
END_TEST

static void parse_inside(void *user, const ad_sweep_step *step)
{
    ad_var out;
    *(ad_status *)user = ad_parse(step->node.tape, "x*y", &out, &error);
}

START_TEST(test_a_watcher_cannot_parse)
{
    const ad_var z = ad_mul(x, y);
    ad_status status = AD_OK;
    ad_watch(tape, parse_inside, &status);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_int_eq(status, AD_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "ad_parse: not inside a watcher");
    ck_assert_uint_eq(nodes(), 3);
}
END_TEST

START_TEST(test_the_limit_of_nodes_holds_and_leaves_the_tape_as_it_was)
{
    const ad_var z = ad_relu(x);
    ck_assert_int_eq(ad_tape_limit(tape, 5), AD_OK);
    ck_assert_int_eq(ad_set(x, -1.0), AD_OK);
    ad_var out;
    ck_assert_int_eq(ad_parse(tape, "u = x*y; v = u*x; v*x", &out, &error), AD_ERR_LIMIT);
    ck_assert_ptr_null(out.tape);
    ck_assert_str_eq(error.message, "ad_mul: more than 5 nodes");
    ck_assert_uint_eq(nodes(), 3);
    ck_assert_ptr_null(ad_find(tape, "u").tape);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ad_verdict verdict;
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 1);
    ck_assert(same_node(verdict.first, z));
    ck_assert_int_eq(ad_parse(tape, "u = x*y; v = u*x; v*x", &out, &error), AD_ERR_LIMIT);
    ck_assert_int_eq(ad_set(x, -2.0), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 1); /* of what was recorded where x was 3 */
    ck_assert_int_eq(ad_parse(tape, "u = x*y; v = u*x; v", &out, &error), AD_OK);
}
END_TEST

/* -------------------------------------------------------------------------------------- memory */

/* Rewinds to more and more nodes, so that the tape has a long history to keep. */
static void rewind_often(int times)
{
    for (int k = 0; k < times; k++) {
        ad_leaf(tape, 0.0);
        const ad_mark mark = ad_tape_mark(tape);
        ad_tanh(x);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    }
}

static bool parse_survives(size_t k, bool for_ever, int rewinds)
{
    static const char text[] =
        "w1 = 0.5; w2 = 0.1000000000000000055511151231257827021181583404541015625\n"
        "z = w1*x + w2*y; u = tanh(z); u2 = tanh(z); alias = u\n"
        "loss = sum(u, u2, alias) + mean_of_squares(x, y, 3) + fma(u, 7, 9) + (x < y ? x : y)^(1 + 2)\n"
        "a1=x+1;a2=x+2;a3=x+3;a4=x+4;a5=x+5;a6=x+6;a7=x+7;a8=x+8;a9=x+9;a10=x+10;a11=x+11;a12=x+12;a13=x+13;a14=x+14\n"
        "loss + sum(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,a14)";
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    x = ad_leaf(tape, 3.0);
    y = ad_leaf(tape, 5.0);
    ad_name(x, "x");
    ad_name(y, "y");
    rewind_often(rewinds);
    const ad_var old = ad_mul(x, y);
    ck_assert_int_eq(ad_backward(old), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    fail_at(&memory, k, for_ever);
    ad_var out;
    const ad_status status = ad_parse(tape, text, &out, &error);
    fail_at(&memory, 0, false);
    if (status != AD_OK) {
        ck_assert_int_eq(status, AD_ERR_MEMORY);
        ck_assert_ptr_null(out.tape);
        ck_assert_msg(strstr(error.message, "no memory") != NULL, "%s", error.message);
        ck_assert_uint_eq(error.line, 0);
        const ad_stats after = ad_tape_stats(tape);
        ck_assert_uint_eq(after.nodes, before.nodes);
        ck_assert_uint_eq(after.leaves, before.leaves);
        ck_assert_uint_eq(after.constants, before.constants);
        ck_assert_uint_eq(after.bytes_used, before.bytes_used);
        ck_assert_ptr_null(ad_find(tape, "z").tape);
        ck_assert_ptr_null(ad_find(tape, "a14").tape);
        ck_assert(same_node(ad_find(tape, "x"), x));
        ck_assert(ad_value(old) == 15.0);
        ck_assert(ad_grad(x) == 5.0);
        ck_assert(ad_grad(old) == 1.0);
        ck_assert_int_eq(ad_tape_error(tape), AD_OK);
        ck_assert_int_eq(ad_parse(tape, text, &out, &error), AD_OK);
    }
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert(ad_value(ad_find(tape, "w1")) == 0.5);
    ck_assert_int_eq(ad_backward(out), AD_OK);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return status != AD_OK;
}

START_TEST(test_parsing_survives_a_lack_of_memory_at_every_request)
{
    static const int rewinds[] = {0, 31}; /* the second fills what room a tape has for its rewinds */
    size_t k = 1;
    while (parse_survives(k, _i % 2 == 1, rewinds[_i / 2])) k++;
    ck_assert_uint_gt(k, 40);
}
END_TEST

START_TEST(test_what_reading_needs_is_given_back)
{
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    x = ad_leaf(tape, 3.0);
    ad_name(x, "x");
    const size_t held = memory.held;
    ad_var out;
    ck_assert_int_eq(ad_parse(tape, "1 + (2 + (3 + sum(4, 5, x^2) + ", &out, NULL), AD_ERR_TEXT);
    ck_assert_uint_eq(memory.held, held);
    ck_assert_int_eq(ad_parse(tape, "x", &out, NULL), AD_OK);
    ck_assert_uint_eq(memory.held, held);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
}
END_TEST

/* --------------------------------------------------------------------------------------- depth */

enum { MANY = 1000000 };

/* `head` many times, `middle`, `tail` many times. */
static char *repeated(const char *head, const char *middle, const char *tail)
{
    const size_t h = strlen(head), m = strlen(middle), t = strlen(tail);
    char *text = malloc(MANY * (h + t) + m + 1), *p = text;
    ck_assert_ptr_nonnull(text);
    for (int k = 0; k < MANY; k++, p += h) memcpy(p, head, h);
    memcpy(p, middle, m);
    p += m;
    for (int k = 0; k < MANY; k++, p += t) memcpy(p, tail, t);
    *p = '\0';
    return text;
}

static const struct {
    const char *head, *middle, *tail;
    double value;
    size_t nodes;  /* recorded */
    size_t column; /* of the error; 0: none */
    const char *message;
} deep[] = {
    {"(", "x", ")", 3, 0, 0, ""},
    {"-", "x", "", 3, MANY, 0, ""},
    {"+", "x", "", 3, 0, 0, ""},
    {"1^", "x", "", 1, MANY, 0, ""},
    {"", "x", "^1", 3, 1, 0, ""},
    {"", "x", "+x", 3.0 * (MANY + 1), MANY, 0, ""},
    {"abs(", "x", ")", 3, MANY, 0, ""},
    {"x?", "y", ":1", 5, MANY, 0, ""},
    {"0?1:", "y", "", 5, MANY, 0, ""},
    {"sum(", "x", ")", 3, MANY, 0, ""},
    {"", "sum(x", ",x", 0, 0, 2 * MANY + 6,
     "expected ')', found the end of the text: the '(' at line 1, column 4 is not closed"},
    {"(", "", "", 0, 0, MANY + 1, "expected a value, found the end of the text"},
    {"(", "x", "", 0, 0, MANY + 2,
     "expected ')', found the end of the text: the '(' at line 1, column 1000000 is not closed"},
    {"-", "", "", 0, 0, MANY + 1, "expected a value, found the end of the text"},
    {"sin(", "", "", 0, 0, 4 * MANY + 1, "expected a value, found the end of the text"},
    {"", "x", ")", 0, 0, 2, "')' without a '(' before it"},
    {"x?", "y", "", 0, 0, 2 * MANY + 2,
     "expected ':', found the end of the text: the '?' at line 1, column 2000000 has no ':'"},
};

static ad_status deep_status;
static ad_var deep_out;

static void *parse_deep(void *text)
{
    deep_status = ad_parse(tape, text, &deep_out, &error);
    return NULL;
}

START_TEST(test_depth_takes_memory_and_not_stack)
{
    char *text = repeated(deep[_i].head, deep[_i].middle, deep[_i].tail);
    pthread_attr_t attributes;
    pthread_t thread;
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, parse_deep, text), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    free(text);
    ck_assert_str_eq(error.message, deep[_i].message);
    ck_assert_uint_eq(error.column, deep[_i].column);
    ck_assert_int_eq(deep_status, deep[_i].column == 0 ? AD_OK : AD_ERR_TEXT);
    if (deep_status == AD_OK) ck_assert(ad_value(deep_out) == deep[_i].value);
    ck_assert_uint_eq(nodes(), 2 + deep[_i].nodes);
}
END_TEST

/* -------------------------------------------------------------------------------------- locale */

START_TEST(test_the_decimal_mark_is_a_point_in_every_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", "it_IT.UTF-8",
                                        "ru_RU.UTF-8", "de_DE",       "ps_AF.UTF-8" /* U+066B, two bytes */};
    int tried = 0;
    for (int k = 0; k < COUNT(names); k++) {
        if (setlocale(LC_ALL, names[k]) == NULL || strcmp(localeconv()->decimal_point, ".") == 0) continue;
        tried++;
        assert_value("1.5", 1.5);
        assert_value("0x1.8p1 + .5", 3.5);
        assert_value("0.1000000000000000055511151231257827021181583404541015625", 0.1);
        assert_value("max(1,5)", 5);
        assert_value("max(1.25,2.5)", 2.5);
        assert_error("1,5", 1, 2, 1, "',' stands only between the operands of a function; the decimal mark is a point");
    }
    if (tried == 0) printf("# skipped: no locale with another decimal mark is installed\n");
}
END_TEST

/* --------------------------------------------------------------------------- another evaluator */

/* A recursive reading of the same grammar, in plain doubles. */
typedef struct reading {
    const char *at;
} reading;

static double read_choice(reading *r);

static double read_atom(reading *r)
{
    const char c = *r->at++;
    if (c == 'x') return 3.0;
    if (c == 'y') return 5.0;
    if (c != '(') return c - '0';
    const double value = read_choice(r);
    r->at++;
    return value;
}

static double read_sign(reading *r);

static double read_power(reading *r)
{
    const double base = read_atom(r);
    if (*r->at != '^') return base;
    r->at++;
    return pow(base, read_sign(r));
}

static double read_sign(reading *r)
{
    if (*r->at != '-') return read_power(r);
    r->at++;
    return -read_sign(r);
}

static double read_product(reading *r)
{
    double value = read_sign(r);
    while (*r->at == '*' || *r->at == '/') {
        const bool times = *r->at++ == '*';
        const double other = read_sign(r);
        value = times ? value * other : value / other;
    }
    return value;
}

static double read_sum(reading *r)
{
    double value = read_product(r);
    while (*r->at == '+' || *r->at == '-') {
        const bool plus = *r->at++ == '+';
        const double other = read_product(r);
        value = plus ? value + other : value - other;
    }
    return value;
}

static double read_order(reading *r)
{
    double value = read_sum(r);
    while (*r->at == '<' || *r->at == '>') {
        const bool less = *r->at++ == '<', equal = *r->at == '=';
        r->at += equal;
        const double other = read_sum(r);
        value = less ? (equal ? value <= other : value < other) : equal ? value >= other : value > other;
    }
    return value;
}

static double read_equality(reading *r)
{
    double value = read_order(r);
    while (*r->at == '=' || *r->at == '!') {
        const bool equal = *r->at == '=';
        r->at += 2;
        const double other = read_order(r);
        value = equal ? value == other : value != other;
    }
    return value;
}

static double read_choice(reading *r)
{
    const double condition = read_equality(r);
    if (*r->at != '?') return condition;
    r->at++;
    const double yes = read_choice(r);
    r->at++;
    const double no = read_choice(r);
    return condition != 0 ? yes : no;
}

static unsigned random_below(unsigned n)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

/* Appends a random expression. */
static void write_random(char *text, int depth)
{
    static const char *const operators[] = {"+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "^", "-", "^-"};
    const unsigned kind = random_below(10);
    if (depth == 0 || kind < 2) {
        const char atom[2] = {"xy0123459"[random_below(9)], '\0'};
        strcat(text, atom);
    } else if (kind == 2) {
        strcat(text, "-");
        write_random(text, depth - 1);
    } else if (kind == 3) {
        strcat(text, "(");
        write_random(text, depth - 1);
        strcat(text, ")");
    } else {
        write_random(text, depth - 1);
        strcat(text, kind == 4 ? "?" : operators[random_below(14)]);
        write_random(text, depth - 1);
        if (kind != 4) return;
        strcat(text, ":");
        write_random(text, depth - 1);
    }
}

START_TEST(test_random_formulas_are_read_as_a_recursive_reader_does)
{
    const ad_mark mark = ad_tape_mark(tape);
    for (int k = 0; k < 20000; k++) {
        char text[8192] = "";
        write_random(text, 5);
        reading r = {text};
        const double expected = read_choice(&r);
        ck_assert_msg(*r.at == '\0', "the other reader stopped at %s in %s", r.at, text);
        assert_value(text, expected);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    }
}
END_TEST

/* -------------------------------------------------------------------------------------- corpus */

static void check_file(const char *folder, const char *name)
{
    char path[1024], *text = calloc(1, 1 << 16);
    snprintf(path, sizeof path, "%s/text/%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_lt(fread(text, 1, (1 << 16) - 1, file), (1 << 16) - 1);
    fclose(file);
    const char *broken = text_broken_invariant(text);
    ck_assert_msg(broken == NULL, "%s: does not hold: %s", name, broken);
    const text_run run = text_run_of(text, 0);
    const bool bad = strncmp(name, "bad", 3) == 0 || strcmp(name, "empty") == 0;
    ck_assert_msg(run.status == (bad ? AD_ERR_TEXT : AD_OK), "%s: %s", name, run.error.message);
    free(text);
}

START_TEST(test_every_file_of_the_corpus_keeps_the_invariants)
{
    const char *folder = getenv("CORPUS_DIR");
#ifdef CORPUS_DIR
    if (folder == NULL) folder = CORPUS_DIR;
#endif
    ck_assert_msg(folder != NULL, "CORPUS_DIR is not set");
    char path[1024];
    snprintf(path, sizeof path, "%s/text", folder);
    DIR *files = opendir(path);
    ck_assert_msg(files != NULL, "cannot open %s", path);
    int count = 0;
    for (const struct dirent *file; (file = readdir(files)) != NULL;)
        if (file->d_name[0] != '.') {
            check_file(folder, file->d_name);
            count++;
        }
    closedir(files);
    ck_assert_int_gt(count, 20);
}
END_TEST

static TCase *tcase(Suite *s, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, begin, end);
    suite_add_tcase(s, c);
    return c;
}

static Suite *suite(void)
{
    Suite *s = suite_create("text");
    TCase *c = tcase(s, "expressions");
    tcase_add_loop_test(c, test_formulas_have_the_values_of_mathematics, 0, COUNT(values));
    tcase_add_loop_test(c, test_numbers_are_correctly_rounded_constants, 0, COUNT(numbers));
    tcase_add_test(c, test_a_number_of_a_million_digits);
    tcase_add_loop_test(c, test_a_formula_of_constants_is_a_constant_and_records_nothing, 0, 7);
    tcase_add_test(c, test_a_name_alone_is_its_node);
    tcase_add_test(c, test_identical_subexpressions_share_a_node);
    tcase_add_test(c, test_zeros_of_different_sign_are_different_constants);
    tcase_add_test(c, test_the_gradient_of_a_formula_is_that_of_its_operations);
    tcase_add_test(c, test_random_formulas_are_read_as_a_recursive_reader_does);

    c = tcase(s, "op table");
    tcase_add_loop_test(c, test_every_operation_is_a_function_of_its_name, AD_OP_LEAF + 1, AD_OP_COUNT);
    tcase_add_loop_test(c, test_every_partial_derivative_in_the_table_is_a_formula_with_its_value, AD_OP_LEAF + 1,
                        AD_OP_COUNT);
    tcase_add_loop_test(c, test_every_operation_checks_its_number_of_operands, AD_OP_LEAF + 1, AD_OP_COUNT);
    tcase_add_loop_test(c, test_nary_operations_take_one_row_or_say_why_not, AD_OP_LEAF + 1, AD_OP_COUNT);

    c = tcase(s, "statements");
    tcase_add_test(c, test_each_assigned_value_has_its_name_on_the_tape);
    tcase_add_test(c, test_the_value_of_an_assignment_is_its_node);
    tcase_add_test(c, test_a_named_constant_becomes_a_leaf);
    tcase_add_test(c, test_equal_expressions_with_two_names_are_two_nodes);
    tcase_add_test(c, test_a_second_name_for_a_node_is_one_inside_the_text_only);
    tcase_add_test(c, test_later_texts_see_the_names_of_earlier_ones);
    tcase_add_test(c, test_names_in_other_scripts);
    tcase_add_test(c, test_an_error_kept_on_the_tape_stays_and_does_not_hinder);

    c = tcase(s, "errors");
    tcase_add_loop_test(c, test_errors_say_where_and_why, 0, COUNT(errors));
    tcase_add_test(c, test_a_long_name_is_cut_between_characters);
    tcase_add_test(c, test_a_name_of_255_bytes_can_be_assigned);
    tcase_add_test(c, test_wrong_arguments_are_statuses);
    tcase_add_test(c, test_a_watcher_cannot_parse);
    tcase_add_test(c, test_the_limit_of_nodes_holds_and_leaves_the_tape_as_it_was);

    c = tcase(s, "depth");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_depth_takes_memory_and_not_stack, 0, COUNT(deep));

    c = tcase(s, "locale");
    tcase_add_test(c, test_the_decimal_mark_is_a_point_in_every_locale);

    c = tcase_create("memory"); /* makes its own tapes */
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_parsing_survives_a_lack_of_memory_at_every_request, 0, 4);
    tcase_add_test(c, test_what_reading_needs_is_given_back);
    tcase_add_test(c, test_every_file_of_the_corpus_keeps_the_invariants);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
