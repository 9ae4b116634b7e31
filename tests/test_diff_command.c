/* SPDX-License-Identifier: MIT */
/* `chainrule diff`, and formulas written back from a tape. */
#include "formula_text.h"
#include "helpers.h"
#include "run_suite.h"
#include "train_command.h"

#include <autodiff/derivatives.h>

/* ------------------------------------------------------------------------------------ formula text */

static const char *const variables[SCRIPT_LEAVES] = {"x", "y", "z", "w", "t1"};

static void name_leaves(const ad_var *leaves)
{
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) ck_assert_int_eq(ad_name(leaves[k], variables[k]), AD_OK);
}

static ad_tape *tape_with_variables(const double *values)
{
    ad_tape *tape = ad_tape_new();
    ad_var leaves[SCRIPT_LEAVES];
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) leaves[k] = ad_leaf(tape, values[k]);
    name_leaves(leaves);
    return tape;
}

/* What the text is worth at these values. */
static double value_of_text(const char *text, const double *values)
{
    ad_tape *tape = tape_with_variables(values);
    ad_text_error error;
    ad_var out;
    ck_assert_msg(ad_parse(tape, text, &out, &error) == AD_OK, "%s\n%s", text, error.message);
    const double value = ad_value(out);
    ad_tape_free(tape);
    return value;
}

/* The text of a node with the given variables; NULL: it cannot be written. */
static char *text_of(ad_var y)
{
    formula_text f;
    char *why;
    if (!formula_text_of(&f, y, (formula_parts){SCRIPT_LEAVES, UINT32_MAX}, &why)) {
        ck_assert_msg(strstr(why, "a formula cannot write ") == why, "%s", why);
        free(why);
        return NULL;
    }
    for (size_t k = 0; k < f.count; k++)
        ck_assert_msg(strlen(f.lines[k]) <= 85, "%s", f.lines[k]); /* numbers get no names */
    char *text = formula_text_joined(&f);
    formula_text_free(&f);
    return text;
}

static const struct {
    const char *formula, *text;
} texts[] = {
    {"x + (y + 1)", "y + 1 + x"},
    {"x - (y - 1)", "x - (y - 1)"},
    {"x - (y + 1)", "x - (y + 1)"},
    {"-x^2", "-x^2"},
    {"(-x)^2", "(-x)^2"},
    {"x^-y", "x^(-y)"},
    {"(x^y)^z", "(x^y)^z"},
    {"x^y^z", "x^y^z"},
    {"-(x*y)", "-x * y"},
    {"-(x + y)", "-(x + y)"},
    {"-(-x)", "x"},
    {"x - -y", "x + y"},
    {"-x + y", "y - x"},
    {"x + -y*2", "x - 2 * y"},
    {"x * -3", "-3 * x"},
    {"(x + 1)*2", "2 * (x + 1)"},
    {"x*y*2", "x * y * 2"},
    {"x*(y*z)", "y * z * x"},
    {"x*(y/z)", "x * (y / z)"},
    {"x/(y*z)", "x / (y * z)"},
    {"x/y/z", "x / y / z"},
    {"recip(x)", "1 / x"},
    {"1*x", "x"},
    {"-1*x", "-x"},
    {"x < y == z", "x < y == z"},
    {"x < (y == z)", "x < (y == z)"},
    {"(x > 1 ? y : z) + 1", "(x > 1 ? y : z) + 1"},
    {"x > 1 ? y : z > 2 ? 3 : -x", "x > 1 ? y : z > 2 ? 3 : -x"},
    {"(x ? y : z) ? 1 : w", "(x ? y : z) ? 1 : w"},
    {"fma(x, -y, -2)", "fma(x, -y, -2)"},
    {"sum(x, y, 1) + mean_of_squares(x, y)", "sum(x, y, 1) + mean_of_squares(x, y)"},
    {"0.1*x + 1e-300*y + 123456789*z + 1e5*w", "0.1 * x + 1e-300 * y + 123456789 * z + 100000 * w"},
    {"x*inf", "inf * x"},
    {"powi(x, 3)", "powi(x, 3)"},
    {"tanh(x)*tanh(x)", "tanh(x) * tanh(x)"},
    {"tanh(x + y + z)*tanh(x + y + z)", "t2 = tanh(x + y + z); t2 * t2"}, /* t1 is a variable */
    {"a = x*y; a + 1", "a = x * y; a + 1"},
    {"k = 3; k*x", "k = 3; k * x"},
    {"a = x*y; sin(z)", "sin(z)"},
};

START_TEST(test_text_has_no_parentheses_that_are_not_needed)
{
    static const double values[SCRIPT_LEAVES] = {0.3, 1.7, -0.6, 2.25, 0.9};
    ad_tape *tape = tape_with_variables(values);
    ad_var out;
    ck_assert_int_eq(ad_parse(tape, texts[_i].formula, &out, NULL), AD_OK);
    char *text = text_of(out);
    ck_assert_str_eq(text, texts[_i].text);
    assert_same_bits(value_of_text(text, values), ad_value(out));
    free(text);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_numbers_are_as_short_as_exact)
{
    static const struct {
        double x;
        const char *text;
    } numbers[] = {
        {0, "0"},           {-0.0, "-0"},        {1, "1"},       {-2, "-2"},           {0.1, "0.1"},
        {100000, "100000"}, {1e6, "1e6"},        {1e22, "1e22"}, {1e-7, "1e-7"},       {1.0 / 3, "0.3333333333333333"},
        {INFINITY, "inf"},  {-INFINITY, "-inf"}, {NAN, "nan"},   {1234567, "1234567"}, {0x1p-1074, "5e-324"}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        char *text = formula_number(numbers[k].x);
        ck_assert_str_eq(text, numbers[k].text);
        free(text);
    }
    generator g = {(uint64_t)_i + 1};
    for (int k = 0; k < 1000; k++) {
        const double x = any_double(&g);
        char *text = formula_number(x);
        assert_same_bits(strtod(text, NULL), x);
        free(text);
    }
}
END_TEST

static bool has_weighted_sum(ad_tape *tape)
{
    for (size_t i = 0; i < ad_tape_stats(tape).nodes; i++)
        if (ad_op_of(ad_node_at(tape, i)) == AD_OP_WEIGHTED_SUM) return true;
    return false;
}

/* Sums of products round otherwise than weighted sums do; all else is the same operations. */
START_TEST(test_text_of_a_random_graph_is_worth_the_same)
{
    generator g = {(uint64_t)_i + 1};
    ad_tape *tape = ad_tape_new();
    ad_var slots[SCRIPT_SLOTS];
    const script s = random_script(&g, false);
    record_script(tape, &s, slots);
    name_leaves(slots);
    const bool is_exact = !has_weighted_sum(tape);
    for (size_t k = SCRIPT_LEAVES; k < SCRIPT_SLOTS; k++) {
        char *text = text_of(slots[k]);
        if (text == NULL) continue;
        const double value = value_of_text(text, s.leaf), expected = ad_value(slots[k]);
        if (is_exact) ck_assert_msg(value == expected, "%s: %.17g, not %.17g", text, value, expected);
        else if (k < SCRIPT_LEAVES + 5) assert_near(value, expected, 1e-9);
        free(text);
    }
    ad_tape_free(tape);
}
END_TEST

/* Every operation of the table, alone: a formula can write it, or says that it cannot. */
START_TEST(test_every_operation_can_be_written_or_says_why_not)
{
    static const double values[SCRIPT_LEAVES] = {0.3, 0.7, 0.2, 0.8, 0.9};
    const ad_op op = (ad_op)_i;
    ad_tape *tape = tape_with_variables(values);
    const unsigned n = ad_op_get(op)->arity > 0 ? (unsigned)ad_op_get(op)->arity : has_two_sequences(op) ? 4 : 2;
    const script_step step = {.op = op, .n = n, .slot = {0, 1, 2, 3}};
    ad_var slots[SCRIPT_LEAVES];
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) slots[k] = ad_node_at(tape, k);
    const ad_var y = record_step(tape, &step, slots);
    char *text = text_of(y);
    const bool is_entropy = strstr(ad_op_get(op)->name, "cross_entropy") != NULL;
    ck_assert_msg((text == NULL) == is_entropy, "%s", ad_op_get(op)->name);
    if (text != NULL) assert_near(value_of_text(text, values), ad_value(y), 1e-15);
    free(text);
    ad_tape_free(tape);
}
END_TEST

/* Derivatives are the hardest formulas that there are. */
START_TEST(test_text_of_a_recorded_gradient_is_worth_the_gradient)
{
    generator g = {(uint64_t)_i + 1};
    ad_tape *tape = ad_tape_new();
    ad_var slots[SCRIPT_SLOTS];
    const script s = random_script(&g, false);
    record_script(tape, &s, slots);
    name_leaves(slots);
    for (size_t k = SCRIPT_LEAVES; k < SCRIPT_LEAVES + 10; k++) {
        const ad_span gradient = ad_record_gradient(slots[k], ad_run(slots[0], SCRIPT_LEAVES));
        assert_ok(tape);
        for (size_t j = 0; j < SCRIPT_LEAVES; j++) {
            char *text = text_of(ad_at(gradient, j));
            if (text == NULL) continue;
            const double value = value_of_text(text, s.leaf), expected = ad_value(ad_at(gradient, j));
            ck_assert_msg(near(value, expected, 1e-9), "%s: %.17g, not %.17g", text, value, expected);
            free(text);
        }
    }
    ad_tape_free(tape);
}
END_TEST

/* ----------------------------------------------------------------------------------------- output */

static const struct {
    const char *line, *out;
} outputs[] = {
    {"chainrule diff 'x^2 + sin(x)' x", "2 * x + cos(x)\n"},
    {"chainrule diff 'x^2 + sin(x)' x x=0", "2 * x + cos(x)\n# = 1 at x = 0\n"},
    {"chainrule diff 'x^2 + sin(x)' x x x", "-cos(x)\n"},
    {"chainrule diff 'x*y' x", "y\n"},
    {"chainrule diff 'x*y' x y", "1\n"},
    {"chainrule diff 'x*y' x x", "0\n"},
    {"chainrule diff 'x*y' x y=3 x=2", "y\n# = 3 at y = 3\n"},
    {"chainrule diff 'w*x' x w=3", "w\n# = 3 at w = 3\n"},
    {"chainrule diff 'relu(x)' x x=2", "1\n# holds where x > 0\n"},
    {"chainrule diff 'relu(x)' x x=-2", "0\n# holds where x < 0\n"},
    {"chainrule diff 'relu(x)*x' x",
     "x + relu(x)\n# holds where x > 0\n# the piece is that at x = 0.3, for want of a value\n"},
    {"chainrule diff 'relu(x)' x x=0", "0\n# at x == 0, a kink of relu, this is a convention: derivative 0 at 0\n"},
    {"chainrule diff 'abs(x)' x x=-3", "sign(x)\n# but not where x == 0, a kink of abs\n# = -1 at x = -3\n"},
    {"chainrule diff 'x > y ? x^2 : -x' x x=1 y=2", "-1\n# holds where x <= y\n"},
    {"chainrule diff '-x^2' x", "-2 * x\n"},
    {"echo 'exp(x)' | chainrule diff - x --digits=3 x=1", "exp(x)\n# = 2.72 at x = 1\n"},
    {"chainrule diff 'sin(x)*x' x | chainrule diff - x", "cos(x) + cos(x) - x * sin(x)\n"},
};

START_TEST(test_derivative_is_printed_as_a_formula)
{
    char *out = output_of(outputs[_i].line);
    ck_assert_str_eq(out, outputs[_i].out);
    free(out);
}
END_TEST

/* At values that show it: the derivative's formula, read again, is worth what the value is said to be. */
static const struct {
    const char *formula, *by, *values;
    double value;
} values[] = {
    {"tanh(x)", "x x x", "x=2", 0.25265413587084945},
    {"exp(x*y)", "x y", "x=0.5 y=2", 2 * 2.718281828459045},
    {"sin(x)/x", "x x", "x=1", -0.23913362692838303},
    {"z = w*x + b; (sigmoid(z) - y)^2", "w", "w=0.5 x=1 y=0 b=0.1", 0.29543197523183912},
    {"log_sum_exp(x, y, 1)", "x y", "x=1 y=1", -1.0 / 9},
    {"mean_of_squares(x - y, x^2)", "x x", "x=3 y=1", 55},
};

START_TEST(test_value_is_that_of_the_formula_read_again)
{
    char line[600];
    snprintf(line, sizeof line, "chainrule diff --json '%s' %s %s", values[_i].formula, values[_i].by,
             values[_i].values);
    json_t *root = json_of(line);
    assert_near(number_at(root, "value"), values[_i].value, 1e-7);
    snprintf(line, sizeof line, "chainrule explain --forward --json '%s' %s",
             json_string_value(json_object_get(root, "derivative")), values[_i].values);
    const result again = run(line);
    json_t *explained = parsed(again.out, line);
    const json_t *node = json_array_get(json_object_get(explained, "nodes"), (size_t)number_at(explained, "output"));
    assert_near(json_number_value(json_object_get(node, "value")), values[_i].value, 1e-7);
    json_decref(explained);
    json_decref(root);
    release(again);
}
END_TEST

START_TEST(test_json_says_everything)
{
    static const char *const keys[] = {"formula", "by",     "derivative",    "statements", "holds_where",
                                       "kinks",   "values", "without_value", "value"};
    json_t *root = json_of("chainrule diff --json 'relu(x)*y + u' x y=2");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        ck_assert_msg(json_object_get(root, keys[k]) != NULL, "there is no %s", keys[k]);
    ck_assert_uint_eq(json_object_size(root), sizeof keys / sizeof *keys);
    ck_assert_str_eq(json_string_value(json_object_get(root, "derivative")), "y");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(root, "holds_where"), 0)), "x > 0");
    ck_assert(number_at(root, "values y") == 2 && number_at(root, "value") == 2);
    ck_assert(number_at(root, "without_value x") == 0.3 && number_at(root, "without_value u") == 0.4);
    json_decref(root);
    root = json_of("chainrule diff --json 'x^2' x");
    ck_assert(json_is_null(json_object_get(root, "value")));
    json_decref(root);
}
END_TEST

START_TEST(test_long_derivatives_stay_on_short_lines)
{
    assert_prints_readable("chainrule diff 'exp(sin(x)*tanh(y*x) + sigmoid(x^2*y))/(1 + gelu(x) + silu(x*y))' x y x");
    assert_prints_readable("chainrule diff 'max(x, max(relu(y), abs(x*y))) + floor(x) + x^y' x x=2 y=-1.5");
}
END_TEST

START_TEST(test_what_is_printed_is_a_formula)
{
    char *out = output_of("chainrule diff 'z = relu(x)*y; tanh(z)*abs(x)' x x=2 y=0.5 | chainrule explain - x=2 y=0.5");
    assert_has(out, "Gradient");
    free(out);
}
END_TEST

START_TEST(test_unused_values_are_warned_of)
{
    const result r = run("chainrule diff 'x^2' x speed=3");
    ck_assert_int_eq(r.code, 0);
    ck_assert_str_eq(r.err, "chainrule: warning: speed is given a value, but the formula does not use it\n");
    ck_assert_str_eq(r.out, "2 * x\n");
    release(r);
}
END_TEST

/* ---------------------------------------------------------------------------------------- messages */

static const struct {
    const char *line;
    int code;
    const char *err;
} failures[] = {
    {"chainrule diff", 2, "chainrule diff: a formula is missing\n..."},
    {"chainrule diff 'x^2'", 2,
     "chainrule diff: by which name? It stands after the formula, as in: chainrule diff 'x^2 + sin(x)' x\n..."},
    {"chainrule diff 'x^2' x --digits=0", 2, "chainrule diff: --digits=0: expected a whole number from 1 to 17\n..."},
    {"chainrule diff 'x^2' x --color=red", 2, "chainrule diff: --color=red: expected auto, always or never\n..."},
    {"chainrule diff 'x^2' x --frob", 2, "chainrule diff: unrecognized option '--frob'\n..."},
    {"chainrule diff 'x^2' y", 1, "chainrule: the formula has no y to differentiate by\n"},
    {"chainrule diff 'z = x^2; sin(z)' z", 1,
     "chainrule: z is computed by the formula: to differentiate by it, give it a value instead\n"},
    {"chainrule diff 'sigmod(x)' x", 1,
     "chainrule: column 1 of the formula: unknown function 'sigmod': did you mean 'sigmoid'?\n  sigmod(x)\n  ^\n"},
    {"chainrule diff 'x + ' x", 1,
     "chainrule: column 5 of the formula: expected a value, found the end of the text\n..."},
    {"chainrule diff 'x^2' x x=1 x=2", 1, "chainrule: x is given a value twice\n"},
    {"chainrule diff 'x^2' x x=", 1, "chainrule: in x=: expected a formula, found the end of the text\n..."},
    {"chainrule diff 'x^2' x --load=none.so", 1, "chainrule: --load=none.so: No such file or directory\n"},
    {"chainrule diff 'x^2' x >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_and_its_exit_code)
{
    assert_fails(failures[_i].line, failures[_i].code, failures[_i].err);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("diff_command");
    add(suite, "texts", test_text_has_no_parentheses_that_are_not_needed, sizeof texts / sizeof *texts);
    add(suite, "numbers", test_numbers_are_as_short_as_exact, 5);
    add(suite, "random graphs", test_text_of_a_random_graph_is_worth_the_same, 300);
    TCase *each = tcase_create("each operation");
    tcase_add_loop_test(each, test_every_operation_can_be_written_or_says_why_not, AD_OP_LEAF + 1, AD_OP_COUNT);
    suite_add_tcase(suite, each);
    add(suite, "gradients", test_text_of_a_recorded_gradient_is_worth_the_gradient, 300);
    add(suite, "output", test_derivative_is_printed_as_a_formula, sizeof outputs / sizeof *outputs);
    add(suite, "values", test_value_is_that_of_the_formula_read_again, sizeof values / sizeof *values);
    add(suite, "json", test_json_says_everything, 1);
    add(suite, "long", test_long_derivatives_stay_on_short_lines, 1);
    add(suite, "piped", test_what_is_printed_is_a_formula, 1);
    add(suite, "warnings", test_unused_values_are_warned_of, 1);
    add(suite, "errors", test_error_has_its_message_and_its_exit_code, sizeof failures / sizeof *failures);
    return run_suite(suite);
}
