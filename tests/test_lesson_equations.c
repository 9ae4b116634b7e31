/* SPDX-License-Identifier: MIT */
/* `chainrule lesson equations`: every number of its --json, computed again by plain loops. */
#include "evaluate.h"
#include "lesson_book.h"
#include "run_suite.h"

#define DATA "lesson_equations.csv"
#define ZEROS "--weights=0,0,0,0,0,0,0,0,0,0,0,0 --biases=0,0,0,0,0"

static const lesson_case cases[] = {
    {.options = "", .sizes = "2,3,2"},
    {.options = "--seed=7 --sizes=3,4,2", .sizes = "3,4,2"},
    {.options = "--sizes=2,1 --cost=sum_of_squares", .sizes = "2,1", .factor = 2},
    {.options = "--sizes=2,3,3,2 --activation=tanh --output=identity --cost=mean_of_squares",
     .sizes = "2,3,3,2",
     .hidden = "tanh",
     .output = "identity",
     .factor = 1},
    {.options = "--sizes=2,3,4 --cost=mean_of_squares", .sizes = "2,3,4", .factor = 0.5},
    {.options = "--sizes=2,3,3,1 --skip=1 --seed=3", .sizes = "2,3,3,1", .skip = "1"},
    {.options = "--sizes=3,3,3,3 --skip=1,2,1 --seed=4 --output=tanh",
     .sizes = "3,3,3,3",
     .skip = "1,2,1",
     .output = "tanh"},
    {.options = "--sizes=2,4,1 --no-bias", .sizes = "2,4,1", .no_biases = true},
    {.options = "--sizes=1,1,1,1 --seed=5", .sizes = "1,1,1,1"},
    {.options = "--sizes=4,14,6 --seed=9 --activation=relu", .sizes = "4,14,6", .hidden = "relu"},
    {.options = "--sizes=2,13,1", .sizes = "2,13,1"},
    {.options = "--sizes=3,2,1 --data=" DATA " --row=5", .sizes = "3,2,1", .row = 5},
    {.options = "--inputs=1,-0.5 --targets=0.2,0.9", .sizes = "2,3,2"},
    {.options = ZEROS, .sizes = "2,3,2"},
};
enum { CASES = sizeof cases / sizeof *cases };

/* ------------------------------------------------------------------------------- numbers in a text */

/* The text does not say all of a long sum. */
static void assert_in_numbers(const char *text, double expected)
{
    if (strstr(text, "…") == NULL) assert_comes_to(text, expected);
}

START_TEST(test_texts_are_evaluated)
{
    const char *text = "2 · (0.5 - 0.25)·(-3) + -1·4 - (2 - 1e-1) · 10";
    const evaluated e = sum_at(&text);
    ck_assert(e.value == 2 * 0.25 * -3 - 4 - 19);
    ck_assert(e.size == 2 * 0.75 * 3 + 4 + 21);
}
END_TEST

/* -------------------------------------------------------------------------------------- components */

/* Rows of a table of components: name, in numbers, by the equation, on the tape; then how many more there are. */
typedef struct component {
    char name[40];
    double value;
} component;

static void assert_components(json_t *table, const component *all, size_t count, bool has_numbers)
{
    const size_t rows = rows_of(table), shown = count > 13 ? 12 : count;
    double most = 0;
    for (size_t e = 0; e < count; e++) most = fmax(most, fabs(all[e].value));
    ck_assert_uint_eq(rows, shown + (count > shown));
    for (size_t e = 0; e < shown; e++) {
        ck_assert_str_eq(shown_at(table, e, 0), all[e].name);
        if (has_numbers) assert_in_numbers(shown_at(table, e, 1), all[e].value);
        assert_close_to(number_at(table, e, 2), all[e].value, most, all[e].name);
        assert_close_to(number_at(table, e, 3), all[e].value, most, all[e].name);
    }
    if (count > shown) ck_assert_uint_eq(more_in(shown_at(table, shown, 0)), count - shown);
}

static size_t name_deltas(const known *k, size_t l, const char *format, component *to)
{
    for (size_t j = 0; j < k->net.width[l]; j++) {
        snprintf(to[j].name, sizeof to->name, format, l, j + 1);
        to[j].value = k->pass.dz[l][j];
    }
    return k->net.width[l];
}

static size_t largest_of(const double *x, size_t n)
{
    size_t largest = 0;
    for (size_t k = 1; k < n; k++)
        if (fabs(x[k]) > fabs(x[largest])) largest = k;
    return largest;
}

/* Whether one of several is larger in size than all others. */
static bool has_largest(const double *x, size_t n)
{
    const size_t largest = largest_of(x, n);
    for (size_t k = 0; k < n; k++)
        if (k != largest && fabs(x[k]) == fabs(x[largest])) return false;
    return n > 1;
}

/* ----------------------------------------------------------------------------------------- forward */

START_TEST(test_forward_pass_is_that_of_plain_loops)
{
    static known k;
    know(&k, "equations", &cases[_i]);
    for (size_t l = 1; l <= k.net.depth; l++) {
        json_t *z = numbered_block(k.all, "forward_z_", l), *a = numbered_block(k.all, "forward_a_", l);
        const size_t n = k.net.width[l], in = k.net.width[l - 1];
        ck_assert_uint_eq(matrices_in(z), k.net.biases ? 4 : 3);
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < in; i++) ck_assert(entry_at(matrix_of(z, 0), j, i) == k.net.w[l][j][i]);
        assert_column(matrix_of(z, 1), k.pass.a[l - 1], in, "a of the layer before");
        if (k.net.biases) assert_column(matrix_of(z, 2), k.net.b[l], n, "b");
        assert_column(matrix_of(z, k.net.biases ? 3 : 2), k.pass.z[l], n, "z");
        assert_column(matrix_of(a, 0), k.pass.a[l], n, "a");
    }
    assert_close(value_of(k.all, "C"), k.pass.cost, "C");
    json_decref(k.all);
}
END_TEST

START_TEST(test_slip_in_the_sigmoid_is_outside_0_and_1)
{
    static known k;
    know(&k, "equations", &cases[_i]);
    json_t *table = block_of(k.all, "sigmoid");
    const size_t shown = assert_rows(table, k.net.width[1]);
    for (size_t j = 0; j < shown; j++) {
        const double z = k.pass.z[1][j], slip = number_at(table, j, 4);
        char name[20];
        snprintf(name, sizeof name, "z^1_%zu", j + 1);
        ck_assert_str_eq(shown_at(table, j, 0), name);
        assert_close_to(number_at(table, j, 1), z, 1, name);
        assert_close(number_at(table, j, 2), 1 / (1 + exp(-z)), "the sigmoid");
        assert_close(number_at(table, j, 3), 1 / (1 + exp(-z)), "the tape's sigmoid");
        ck_assert(slip < 0 || slip >= 1);
        if (z != 0) assert_close_to(slip, -1 / expm1(-z), 1e3, "the slip");
        else ck_assert(isinf(slip));
    }
    json_decref(k.all);
}
END_TEST

START_TEST(test_product_is_entry_by_entry)
{
    json_t *all = lesson_json("chainrule lesson equations --json"), *block = block_of(all, "hadamard");
    static const double expected[3][2] = {{1, 2}, {3, 4}, {1 * 3, 2 * 4}};
    for (size_t m = 0; m < 3; m++) assert_column(matrix_of(block, m), expected[m], 2, "the example");
    json_decref(all);
}
END_TEST

/* ---------------------------------------------------------------------------------- the four equations */

START_TEST(test_bp1_is_the_derivative_by_z_of_the_outputs)
{
    static known k;
    component all[BOOK_UNITS];
    char words[80];
    know(&k, "equations", &cases[_i]);
    const size_t n = name_deltas(&k, k.net.depth, "δ^%zu_%zu", all);
    json_t *block = block_of(k.all, "bp1_matrices");
    assert_components(block_of(k.all, "bp1"), all, n, true);
    assert_column(matrix_of(block, 0), k.pass.da[k.net.depth], n, "the gradient by a");
    assert_column(matrix_of(block, 1), k.pass.slope[k.net.depth], n, "the slope");
    assert_column(matrix_of(block, 2), k.pass.dz[k.net.depth], n, "δ");
    snprintf(words, sizeof words, "The largest in size is δ^%zu_%zu:", k.net.depth,
             largest_of(k.pass.dz[k.net.depth], n) + 1);
    ck_assert_int_eq(says(k.all, words), has_largest(k.pass.dz[k.net.depth], n));
    json_decref(k.all);
}
END_TEST

/* The transposed weights times the next layer's δ; with skip connections, and what they bring back. */
static void assert_bp2_matrices(const known *k, size_t l)
{
    const size_t n = k->net.width[l], next = k->net.width[l + 1];
    double weighted[BOOK_UNITS] = {0}, back[BOOK_UNITS];
    json_t *block = numbered_block(k->all, "bp2_product_", l);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < next; i++) {
            ck_assert(entry_at(matrix_of(block, 0), j, i) == k->net.w[l + 1][i][j]);
            weighted[j] += k->net.w[l + 1][i][j] * k->pass.dz[l + 1][i];
        }
    assert_column(matrix_of(block, 1), k->pass.dz[l + 1], next, "the next δ");
    assert_column(matrix_of(block, 2), weighted, n, "the product");
    bool skips = false;
    for (size_t m = l + 1; m <= k->net.depth; m++) skips = skips || k->net.skip[m] == m - l;
    json_t *skip = find_numbered(k->all, "bp2_skip_", l);
    ck_assert_int_eq(skip != NULL, skips);
    if (skips) {
        for (size_t j = 0; j < n; j++) back[j] = k->pass.da[l][j] - weighted[j];
        assert_column(matrix_of(skip, 0), weighted, n, "the product");
        assert_column(matrix_of(skip, 1), back, n, "what is skipped back");
        assert_column(matrix_of(skip, 2), k->pass.da[l], n, "the bracket");
    }
    block = numbered_block(k->all, "bp2_matrices_", l);
    assert_column(matrix_of(block, 0), k->pass.da[l], n, "the bracket");
    assert_column(matrix_of(block, 1), k->pass.slope[l], n, "the slope");
    assert_column(matrix_of(block, 2), k->pass.dz[l], n, "δ");
}

START_TEST(test_bp2_is_the_derivative_by_z_of_hidden_layers)
{
    static known k;
    component all[BOOK_UNITS];
    char words[60];
    know(&k, "equations", &cases[_i]);
    for (size_t l = 1; l < k.net.depth; l++) {
        const size_t n = name_deltas(&k, l, "δ^%zu_%zu", all);
        assert_components(numbered_block(k.all, "bp2_", l), all, n, true);
        assert_bp2_matrices(&k, l);
        snprintf(words, sizeof words, "The cost feels z^%zu_%zu most.", l, largest_of(k.pass.dz[l], n) + 1);
        ck_assert_int_eq(says(k.all, words), has_largest(k.pass.dz[l], n));
    }
    json_decref(k.all);
}
END_TEST

START_TEST(test_bp3_is_the_derivative_by_the_biases)
{
    static known k;
    component all[BOOK_UNITS];
    know(&k, "equations", &cases[_i]);
    ck_assert_int_eq(find_block(k.all, "bp3") != NULL, k.net.biases);
    size_t row = 0;
    for (size_t l = 1; k.net.biases && l <= k.net.depth; l++) {
        const size_t n = name_deltas(&k, l, "∂C/∂b^%zu_%zu", all), shown = n > 13 ? 12 : n;
        json_t *table = block_of(k.all, "bp3");
        for (size_t j = 0; j < shown; j++, row++) {
            char delta[40];
            snprintf(delta, sizeof delta, "δ^%zu_%zu", l, j + 1);
            ck_assert_str_eq(shown_at(table, row, 0), all[j].name);
            ck_assert_str_eq(shown_at(table, row, 1), delta);
            assert_close_to(number_at(table, row, 2), all[j].value, 1e-3, delta);
            assert_close_to(number_at(table, row, 3), all[j].value, 1e-3, delta);
        }
        if (n > shown) ck_assert_uint_eq(more_in(shown_at(table, row++, 0)), n - shown);
    }
    if (k.net.biases) ck_assert_uint_eq(row, rows_of(block_of(k.all, "bp3")));
    json_decref(k.all);
}
END_TEST

static void name_weight(char *name, size_t size, size_t l, size_t j, size_t i)
{
    snprintf(name, size, j >= 9 || i >= 9 ? "∂C/∂w^%zu_{%zu,%zu}" : "∂C/∂w^%zu_%zu%zu", l, j + 1, i + 1);
}

START_TEST(test_bp4_is_the_derivative_by_the_weights)
{
    static known k;
    static component all[BOOK_UNITS * BOOK_UNITS];
    know(&k, "equations", &cases[_i]);
    for (size_t l = 1; l <= k.net.depth; l++) {
        const size_t n = k.net.width[l], in = k.net.width[l - 1];
        json_t *block = numbered_block(k.all, "bp4_matrices_", l);
        for (size_t e = 0; e < n * in; e++) {
            name_weight(all[e].name, sizeof all->name, l, e / in, e % in);
            all[e].value = k.pass.dw[l][e / in][e % in];
            assert_close_to(entry_at(matrix_of(block, 2), e / in, e % in), all[e].value, 1e-3, all[e].name);
            assert_close_to(entry_at(matrix_of(block, 1), 0, e % in), k.pass.a[l - 1][e % in], 1, "a");
        }
        assert_components(numbered_block(k.all, "bp4_", l), all, n * in, true);
        assert_column(matrix_of(block, 0), k.pass.dz[l], n, "δ");
    }
    json_decref(k.all);
}
END_TEST

START_TEST(test_weight_with_the_largest_gradient_is_named)
{
    static known k;
    char words[60];
    know(&k, "equations", &cases[_i]);
    const size_t j = largest_of(k.pass.dz[1], k.net.width[1]), i = largest_of(k.x, k.net.width[0]);
    name_weight(words, sizeof words, 1, j, i);
    const bool has_one = k.pass.dz[1][j] * k.x[i] != 0 &&
                         (k.net.width[1] == 1 || has_largest(k.pass.dz[1], k.net.width[1])) &&
                         (k.net.width[0] == 1 || has_largest(k.x, k.net.width[0]));
    strcat(words, ": the row of");
    ck_assert_msg(says(k.all, words) == has_one, "%s", words);
    json_decref(k.all);
}
END_TEST

/* ----------------------------------------------------------------------------------------- all of it */

START_TEST(test_no_number_is_left_untested)
{
    static known k;
    know(&k, "equations", &cases[_i]);
    assert_only_has(k.all,
                    "w# b# forward_z_# forward_a_# sigmoid hadamard bp1 bp1_matrices bp2_# bp2_product_# bp2_skip_# "
                    "bp2_matrices_# bp3 bp4_# bp4_matrices_#",
                    "C x_# y_#");
    json_decref(k.all);
}
END_TEST

START_TEST(test_checks_say_how_many_numbers_were_compared)
{
    static known k;
    know(&k, "equations", &cases[_i]);
    size_t matrices = 0, report = k.net.width[0] + 1;
    for (size_t l = 1; l <= k.net.depth; l++) {
        const size_t n = k.net.width[l], gradients = n * k.net.width[l - 1] + (k.net.biases ? n : 0);
        matrices += n + gradients;
        report += 3 * n + gradients;
    }
    const size_t expected[] = {k.net.width[1] > 13 ? 12 : k.net.width[1], report, matrices};
    assert_checks(k.all, expected, 3);
    json_decref(k.all);
}
END_TEST

START_TEST(test_own_network_is_that_of_the_lesson)
{
    static const double w[] = {0.2, -0.5, 0.7, 0.4, -0.3, 0.9, 0.6, -0.8, 0.5, -0.4, 0.3, 1.1},
                        b[] = {0.1, -0.2, 0.3, 0.2, -0.1};
    static known k;
    know(&k, "equations", &cases[0]);
    assert_parameters_are(&k.net, w, b);
    ck_assert(k.x[0] == 1 && k.x[1] == 0.5 && k.y[0] == 0.9 && k.y[1] == 0.1);
    json_decref(k.all);
}
END_TEST

START_TEST(test_given_numbers_are_taken) { json_decref(lesson_with_given_numbers("equations")); }
END_TEST

START_TEST(test_row_of_the_data_is_the_sample)
{
    static known k;
    for (size_t c = 0; c < CASES; c++) {
        if (cases[c].row == 0) continue;
        know(&k, "equations", &cases[c]);
        for (size_t j = 0; j < 3; j++) ck_assert(k.x[j] == file_number(cases[c].row - 1, j));
        ck_assert(k.y[0] == file_target(cases[c].row - 1));
        json_decref(k.all);
    }
}
END_TEST

START_TEST(test_text_is_readable)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson equations %s", cases[_i].options);
    assert_prints_readable(line);
}
END_TEST

static const failure refused[] = {
    {"--cost=binary_cross_entropy", 1,
     "chainrule: the convention half-mean needs a cost of squares: half_sum_of_squares, sum_of_squares or "
     "mean_of_squares; this is binary_cross_entropy on sigmoid\n"},
    {"--output=softmax", 1,
     "chainrule: the convention half-mean needs a cost of squares: half_sum_of_squares, sum_of_squares or "
     "mean_of_squares; this is softmax_cross_entropy on softmax\n"},
    {"--batch=3", 2, "chainrule: lesson equations has no --batch\n"},
    {"--rate=1", 2, "chainrule: lesson equations has no --rate\n"},
    {"--unit=1,1", 2, "chainrule: lesson equations has no --unit\n"},
    {"--weights=1,2", 2,
     "chainrule: --weights: 2 numbers are given, but 12 needed: 3 x 2 for layer 1, then 2 x 3 for layer 2\n"},
    {"--inputs=1,b", 2, "chainrule: --inputs: 'b' is no number; numbers have commas between them, as in 0.1,-2,3e-4\n"},
    {"--targets=1", 2, "chainrule: --targets: 1 number is given, but 2 needed: one for each output\n"},
    {"--sizes=2", 2, "chainrule: --sizes: a network has at least two: the inputs and the outputs, as in 2,1\n"},
    {"--activation=step", 2,
     "chainrule: --activation=step: expected one of identity, sigmoid, tanh, relu, leaky_relu, elu, silu, gelu, "
     "softplus, softmax\n"},
    {"--row=2", 2, "chainrule: --row needs --data\n"},
    {"--model=nowhere.model", 1, "chainrule: nowhere.model: No such file or directory\n"},
};

START_TEST(test_what_cannot_be_is_said) { assert_refuses("lesson equations", &refused[_i]); }
END_TEST

int main(void)
{
    find_command();
    write_data(DATA);
    Suite *suite = suite_create("lesson_equations");
    add(suite, "evaluation", test_texts_are_evaluated, 1);
    add(suite, "forward", test_forward_pass_is_that_of_plain_loops, CASES);
    add(suite, "sigmoid", test_slip_in_the_sigmoid_is_outside_0_and_1, CASES);
    add(suite, "hadamard", test_product_is_entry_by_entry, 1);
    add(suite, "bp1", test_bp1_is_the_derivative_by_z_of_the_outputs, CASES);
    add(suite, "bp2", test_bp2_is_the_derivative_by_z_of_hidden_layers, CASES);
    add(suite, "bp3", test_bp3_is_the_derivative_by_the_biases, CASES);
    add(suite, "bp4", test_bp4_is_the_derivative_by_the_weights, CASES);
    add(suite, "largest", test_weight_with_the_largest_gradient_is_named, CASES);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    add(suite, "checks", test_checks_say_how_many_numbers_were_compared, CASES);
    add(suite, "own_network", test_own_network_is_that_of_the_lesson, 1);
    add(suite, "given", test_given_numbers_are_taken, 1);
    add(suite, "row", test_row_of_the_data_is_the_sample, 1);
    add(suite, "text", test_text_is_readable, CASES);
    add(suite, "refused", test_what_cannot_be_is_said, sizeof refused / sizeof *refused);
    const int failed = run_suite(suite);
    remove(DATA);
    return failed;
}
