/* SPDX-License-Identifier: MIT */
/* `chainrule lesson neuron`: every number of its JSON, again by plain loops; Mazur's published numbers. */
#include "evaluate.h"
#include "golden.h"
#include "lesson_book.h"
#include "run_suite.h"

static const lesson_case cases[] = {
    {.options = "", .sizes = "2,2,2", .rate = 0.5},
    {.options = "--rate=3 --digits=12", .sizes = "2,2,2", .rate = 3},
    {.options = "--sizes=3,3,4,3 --activation=tanh --rate=0.1", .sizes = "3,3,4,3", .hidden = "tanh", .rate = 0.1},
    {.options = "--sizes=2,3,2 --no-bias --output=identity --seed=4 --rate=0.25",
     .sizes = "2,3,2",
     .output = "identity",
     .no_biases = true,
     .rate = 0.25},
    {.options = "--sizes=1,2,2,2,1 --seed=2", .sizes = "1,2,2,2,1", .rate = 0.5},
    {.options = "--sizes=2,3,1 --activation=relu --seed=7", .sizes = "2,3,1", .hidden = "relu", .rate = 0.5},
    {.options = "--sizes=3,2 --rate=1", .sizes = "3,2", .rate = 1},
};
enum { CASES = sizeof cases / sizeof *cases };

/* ------------------------------------------------------------------------------------ the network */

/* Neurons count from 1 through all layers. */
static size_t neuron(const book_net *net, size_t l, size_t j)
{
    size_t number = j + 1;
    for (size_t m = 0; m < l; m++) number += net->width[m];
    return number;
}

static const char *weight_name(const book_net *net, size_t l, size_t j, size_t k)
{
    static char name[60];
    const size_t p = neuron(net, l - 1, k), q = neuron(net, l, j);
    snprintf(name, sizeof name, p > 9 || q > 9 ? "w_{%zu,%zu}" : "w_%zu%zu", p, q);
    return name;
}

static void assert_name(json_t *table, size_t row, const char *format, const char *name)
{
    char expected[80];
    snprintf(expected, sizeof expected, "%s%s", format, name);
    ck_assert_str_eq(shown_at(table, row, 0), expected);
}

static void read_table(book_net *net, json_t *table)
{
    size_t row = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        for (size_t j = 0; j < net->width[l]; j++)
            for (size_t k = 0; k < net->width[l - 1]; k++, row++) {
                assert_name(table, row, "", weight_name(net, l, j, k));
                net->w[l][j][k] = number_at(table, row, 1);
            }
        for (size_t j = 0; net->biases && j < net->width[l]; j++, row++) {
            char name[40];
            snprintf(name, sizeof name, "b_%zu", neuron(net, l, j));
            assert_name(table, row, "", name);
            net->b[l][j] = number_at(table, row, 1);
        }
    }
    ck_assert_uint_eq(rows_of(table), row);
}

static void know_neurons(known *k, const lesson_case *c)
{
    k->all = lesson_of("neuron", c->options);
    make_book(&k->net, c);
    read_table(&k->net, block_of(k->all, "parameters"));
    run_known(k, c);
}

/* ------------------------------------------------------------------------------ neuron by neuron */

/* What a formula in numbers is to have, in this order and up to the signs; what it comes to without what is left out of
 * a long sum. */
typedef struct formula {
    double numbers[2 * BOOK_UNITS + 3], value;
    size_t count;
    bool is_long;
} formula;

/* A sum of products; of more than three the first and the last are written. */
static void add_products(formula *f, const double *first, const double *second, size_t n)
{
    f->is_long = n > 3;
    for (size_t k = 0; k < n; k++) {
        if (f->is_long && k > 0 && k + 1 < n) continue;
        f->numbers[f->count++] = first[k];
        f->numbers[f->count++] = second[k];
        f->value += first[k] * second[k];
    }
}

static void assert_formula(const char *text, const formula *f)
{
    size_t k = 0;
    for (const char *at = text; *at != '\0';) {
        const size_t length = starts_number(text, at) ? number_length(at) : 0;
        const shown_number shown = number_in(at, length);
        if (length > 0)
            ck_assert_msg(k < f->count && fabs(fabs(shown.value) - fabs(f->numbers[k])) <= 0.5001 * shown.unit,
                          "%.*s in %s", (int)length, at, text);
        k += length > 0;
        at += length > 0 ? length : 1;
    }
    ck_assert_msg(k == f->count, "%s has %zu numbers, not %zu", text, k, f->count);
    ck_assert_int_eq(strstr(text, "…") != NULL, f->is_long);
    assert_comes_to(text, f->value);
}

static void check_z_in_numbers(const known *lesson, size_t l, size_t j, const char *text)
{
    formula f = {0};
    add_products(&f, lesson->net.w[l][j], lesson->pass.a[l - 1], lesson->net.width[l - 1]);
    if (lesson->net.biases) f.numbers[f.count++] = lesson->net.b[l][j];
    f.value += lesson->net.b[l][j];
    assert_formula(text, &f);
}

START_TEST(test_forward_pass_is_that_of_plain_loops)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "forward");
    size_t row = 0;
    for (size_t l = 1; l <= lesson.net.depth; l++)
        for (size_t j = 0; j < lesson.net.width[l]; j++, row++) {
            ck_assert(number_at(table, row, 0) == (double)neuron(&lesson.net, l, j));
            assert_close(number_at(table, row, 1), lesson.pass.z[l][j], "z");
            assert_close(number_at(table, row, 2), lesson.pass.a[l][j], "o");
            check_z_in_numbers(&lesson, l, j, shown_at(table, row, 3));
        }
    ck_assert_uint_eq(rows_of(table), row);
    assert_close(value_of(lesson.all, "L"), lesson.pass.cost, "L");
    json_decref(lesson.all);
}
END_TEST

/* -(t - o) f'(z), f'(z) (delta w + ...) */
static void check_delta_in_numbers(const known *lesson, size_t l, size_t j, const char *text)
{
    const double slope = lesson->pass.slope[l][j];
    const size_t next = l < lesson->net.depth ? lesson->net.width[l + 1] : 0;
    double w[BOOK_UNITS];
    formula f = {{lesson->y[j], lesson->pass.a[l][j], slope}, lesson->pass.a[l][j] - lesson->y[j], 3, false};
    if (l < lesson->net.depth) f = (formula){{slope}, 0, 1, false};
    for (size_t k = 0; k < next; k++) w[k] = lesson->net.w[l + 1][k][j];
    add_products(&f, lesson->pass.dz[l + 1], w, next);
    f.value *= slope;
    assert_formula(text, &f);
}

START_TEST(test_deltas_are_those_of_plain_loops)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "deltas");
    size_t row = 0;
    for (size_t l = lesson.net.depth; l >= 1; l--)
        for (size_t j = 0; j < lesson.net.width[l]; j++, row++) {
            const double slope = lesson.pass.slope[l][j], o = lesson.pass.a[l][j];
            ck_assert(number_at(table, row, 0) == (double)neuron(&lesson.net, l, j));
            assert_close(number_at(table, row, 1), slope, "the slope");
            if (strcmp(book_activation(&lesson.net, l), "sigmoid") == 0)
                assert_close(number_at(table, row, 2), o * (1 - o), "o (1 - o)");
            if (strcmp(book_activation(&lesson.net, l), "tanh") == 0)
                assert_close(number_at(table, row, 2), 1 - o * o, "1 - o^2");
            assert_close(number_at(table, row, 3), lesson.pass.dz[l][j], "delta");
            check_delta_in_numbers(&lesson, l, j, shown_at(table, row, 4));
        }
    ck_assert_uint_eq(rows_of(table), row);
    json_decref(lesson.all);
}
END_TEST

START_TEST(test_gradients_are_delta_times_output)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "gradients");
    size_t row = 0;
    for (size_t l = lesson.net.depth; l >= 1; l--)
        for (size_t j = 0; j < lesson.net.width[l]; j++)
            for (size_t k = 0; k < lesson.net.width[l - 1]; k++, row++) {
                assert_name(table, row, "∂L/∂", weight_name(&lesson.net, l, j, k));
                assert_close(number_at(table, row, 1), lesson.pass.dw[l][j][k], "a gradient");
                const formula f = {{lesson.pass.dz[l][j], lesson.pass.a[l - 1][k]}, lesson.pass.dw[l][j][k], 2, false};
                assert_formula(shown_at(table, row, 2), &f);
            }
    ck_assert_uint_eq(rows_of(table), row);
    json_decref(lesson.all);
}
END_TEST

/* ------------------------------------------------------------------------------- rows and matrices */

static void assert_row(json_t *matrix, const double *expected, size_t n, double sign)
{
    ck_assert_uint_eq(json_array_size(matrix), 1);
    ck_assert_uint_eq(json_array_size(json_array_get(matrix, 0)), n);
    for (size_t j = 0; j < n; j++) assert_close(entry_at(matrix, 0, j), sign * expected[j], "an entry of a row");
}

START_TEST(test_rows_times_matrices_minus_biases_are_z)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    for (size_t l = 1; l <= lesson.net.depth; l++) {
        json_t *z = numbered_block(lesson.all, "row_z", l), *w = matrix_of(z, 1);
        assert_row(matrix_of(z, 0), lesson.pass.a[l - 1], lesson.net.width[l - 1], 1);
        ck_assert_uint_eq(json_array_size(w), lesson.net.width[l - 1]);
        for (size_t k = 0; k < lesson.net.width[l - 1]; k++)
            for (size_t j = 0; j < lesson.net.width[l]; j++) ck_assert(entry_at(w, k, j) == lesson.net.w[l][j][k]);
        if (lesson.net.biases) assert_row(matrix_of(z, 2), lesson.net.b[l], lesson.net.width[l], -1);
        assert_row(matrix_of(z, lesson.net.biases ? 3 : 2), lesson.pass.z[l], lesson.net.width[l], 1);
        ck_assert_uint_eq(matrices_in(z), lesson.net.biases ? 4 : 3);
        assert_row(matrix_of(numbered_block(lesson.all, "row_output", l), 0), lesson.pass.a[l], lesson.net.width[l], 1);
    }
    json_decref(lesson.all);
}
END_TEST

static void check_dE_db(const known *lesson, size_t l, json_t *block)
{
    if (l == lesson->net.depth) {
        assert_row(matrix_of(block, 0), lesson->pass.a[l], lesson->net.width[l], 1);
        assert_row(matrix_of(block, 1), lesson->y, lesson->net.width[l], 1);
    } else {
        assert_row(matrix_of(block, 0), lesson->pass.dz[l + 1], lesson->net.width[l + 1], -1);
        for (size_t j = 0; j < lesson->net.width[l + 1]; j++)
            for (size_t k = 0; k < lesson->net.width[l]; k++)
                ck_assert(entry_at(matrix_of(block, 1), j, k) == lesson->net.w[l + 1][j][k]);
    }
    assert_row(matrix_of(block, 2), lesson->pass.slope[l], lesson->net.width[l], 1);
    assert_row(matrix_of(block, 3), lesson->pass.dz[l], lesson->net.width[l], -1);
    ck_assert_uint_eq(matrices_in(block), 4);
}

START_TEST(test_recursion_over_biases_keeps_its_minus_signs)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    for (size_t l = 1; l <= lesson.net.depth; l++) {
        json_t *block = numbered_block(lesson.all, "row_dW", l);
        check_dE_db(&lesson, l, numbered_block(lesson.all, "row_db", l));
        assert_row(matrix_of(block, 1), lesson.pass.dz[l], lesson.net.width[l], -1);
        for (size_t k = 0; k < lesson.net.width[l - 1]; k++) {
            assert_close(entry_at(matrix_of(block, 0), k, 0), lesson.pass.a[l - 1][k], "an entry of a column");
            for (size_t j = 0; j < lesson.net.width[l]; j++)
                assert_close(entry_at(matrix_of(block, 2), k, j), lesson.pass.dw[l][j][k], "an entry of a gradient");
        }
        ck_assert_uint_eq(matrices_in(block), 3);
    }
    json_decref(lesson.all);
}
END_TEST

/* ------------------------------------------------------------------------------------- three ways */

/* Looks at one row, and returns the difference that it says. */
static double check_three(json_t *table, size_t row, double expected, double sign)
{
    assert_close(number_at(table, row, 2), expected, shown_at(table, row, 0));
    assert_close(number_at(table, row, 3), expected, shown_at(table, row, 0));
    assert_close(number_at(table, row, 4), sign * expected, shown_at(table, row, 1));
    return number_at(table, row, 5);
}

/* The largest difference between two of the three is that of the row, relative to the largest number of its kind. */
static void assert_difference(json_t *table, size_t row, double sign, double largest)
{
    const double tape = number_at(table, row, 2), neurons = number_at(table, row, 3),
                 rows = sign * number_at(table, row, 4);
    const double apart = (fmax(fmax(tape, neurons), rows) - fmin(fmin(tape, neurons), rows)) / largest;
    ck_assert_msg(fabs(number_at(table, row, 5) - apart) <= 1e-3 * apart, "row %zu: %g, not %g", row,
                  number_at(table, row, 5), apart);
}

static double largest_of(const double *x, size_t n)
{
    double most = 0;
    for (size_t k = 0; k < n; k++) most = fmax(most, fabs(x[k]));
    return most;
}

static size_t check_vector(json_t *table, size_t row, const double *x, size_t n, double sign, double *most)
{
    for (size_t j = 0; j < n; j++, row++) {
        *most = fmax(*most, check_three(table, row, x[j], sign));
        assert_difference(table, row, sign, largest_of(x, n));
    }
    return row;
}

static size_t check_gradients(const known *lesson, json_t *table, size_t row, size_t l, double *most)
{
    double all[BOOK_UNITS * BOOK_UNITS];
    size_t count = 0;
    for (size_t j = 0; j < lesson->net.width[l]; j++)
        for (size_t k = 0; k < lesson->net.width[l - 1]; k++) {
            assert_name(table, row + count, "∂L/∂", weight_name(&lesson->net, l, j, k));
            all[count++] = lesson->pass.dw[l][j][k];
        }
    return check_vector(table, row, all, count, 1, most);
}

START_TEST(test_three_ways_agree_on_every_number)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "three_ways");
    json_t *check = json_array_get(json_object_get(lesson.all, "checks"), 0);
    size_t row = 0;
    double most = 0;
    for (size_t l = 1; l <= lesson.net.depth; l++) {
        row = check_vector(table, row, lesson.pass.z[l], lesson.net.width[l], 1, &most);
        row = check_vector(table, row, lesson.pass.a[l], lesson.net.width[l], 1, &most);
    }
    for (size_t l = lesson.net.depth; l >= 1; l--) {
        row = check_vector(table, row, lesson.pass.dz[l], lesson.net.width[l], -1, &most);
        row = check_gradients(&lesson, table, row, l, &most);
    }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(json_number_value(json_object_get(check, "numbers")) == 3 * (double)row);
    ck_assert(json_number_value(json_object_get(check, "difference")) == most);
    json_decref(lesson.all);
}
END_TEST

START_TEST(test_names_of_both_notes_stand_side_by_side)
{
    static const char *const names[][2] = {{"z_3", "z_1[1]"},
                                           {"z_4", "z_1[2]"},
                                           {"o_3", "hidden₁[1]"},
                                           {"o_4", "hidden₁[2]"},
                                           {"z_5", "z_2[1]"},
                                           {"z_6", "z_2[2]"},
                                           {"o_5", "ŷ[1]"},
                                           {"o_6", "ŷ[2]"},
                                           {"δ_5", "∂E/∂b[1]"},
                                           {"δ_6", "∂E/∂b[2]"},
                                           {"∂L/∂w_35", "∂E/∂B[1,1]"},
                                           {"∂L/∂w_45", "∂E/∂B[2,1]"},
                                           {"∂L/∂w_36", "∂E/∂B[1,2]"},
                                           {"∂L/∂w_46", "∂E/∂B[2,2]"},
                                           {"δ_3", "∂E/∂a[1]"},
                                           {"δ_4", "∂E/∂a[2]"},
                                           {"∂L/∂w_13", "∂E/∂A[1,1]"},
                                           {"∂L/∂w_23", "∂E/∂A[2,1]"},
                                           {"∂L/∂w_14", "∂E/∂A[1,2]"},
                                           {"∂L/∂w_24", "∂E/∂A[2,2]"}};
    json_t *all = lesson_of("neuron", cases[0].options), *table = block_of(all, "three_ways");
    ck_assert_uint_eq(rows_of(table), sizeof names / sizeof *names);
    for (size_t row = 0; row < rows_of(table); row++)
        for (size_t k = 0; k < 2; k++) ck_assert_str_eq(shown_at(table, row, k), names[row][k]);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- the step */

/* A network after a step, its cost, and the gradients that were used. */
typedef struct stepped {
    book_net net;
    book_pass pass;
    double used[BOOK_LAYERS][BOOK_UNITS][BOOK_UNITS];
} stepped;

/* In a hurry, the weights of a layer are new before the delta of the one before is found. */
static void take_step(stepped *s, const known *lesson, double rate, bool in_a_hurry)
{
    const book_net *net = &lesson->net;
    double delta[BOOK_UNITS], before[BOOK_UNITS];
    s->net = *net;
    for (size_t l = net->depth; l >= 1; l--) {
        for (size_t j = 0; j < net->width[l]; j++) {
            double sum = 0;
            for (size_t k = 0; l < net->depth && k < net->width[l + 1]; k++)
                sum += before[k] * (in_a_hurry ? &s->net : net)->w[l + 1][k][j];
            delta[j] = l == net->depth ? lesson->pass.dz[l][j] : sum * lesson->pass.slope[l][j];
        }
        for (size_t j = 0; j < net->width[l]; j++)
            for (size_t k = 0; k < net->width[l - 1]; k++) {
                s->used[l][j][k] = delta[j] * lesson->pass.a[l - 1][k];
                s->net.w[l][j][k] -= rate * s->used[l][j][k];
            }
        memcpy(before, delta, sizeof before);
    }
    book_forward(&s->net, lesson->x, lesson->y, &s->pass);
}

START_TEST(test_update_goes_down_the_gradient)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "update");
    static stepped new;
    take_step(&new, &lesson, cases[_i].rate, false);
    size_t row = 0;
    for (size_t l = lesson.net.depth; l >= 1; l--)
        for (size_t j = 0; j < lesson.net.width[l]; j++)
            for (size_t k = 0; k < lesson.net.width[l - 1]; k++, row++) {
                assert_name(table, row, "", weight_name(&lesson.net, l, j, k));
                ck_assert(number_at(table, row, 1) == lesson.net.w[l][j][k]);
                assert_close(number_at(table, row, 2), lesson.pass.dw[l][j][k], "a gradient");
                assert_close(number_at(table, row, 3), new.net.w[l][j][k], "a new weight");
            }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(value_of(lesson.all, "rate") == cases[_i].rate);
    json_decref(lesson.all);
}
END_TEST

static void check_slip(const known *lesson, json_t *table, double hurried[BOOK_LAYERS][BOOK_UNITS][BOOK_UNITS])
{
    size_t row = 0;
    for (size_t l = lesson->net.depth - 1; l >= 1; l--)
        for (size_t j = 0; j < lesson->net.width[l]; j++)
            for (size_t k = 0; k < lesson->net.width[l - 1]; k++, row++) {
                assert_name(table, row, "∂L/∂", weight_name(&lesson->net, l, j, k));
                assert_close(number_at(table, row, 1), lesson->pass.dw[l][j][k], "the gradient");
                assert_close(number_at(table, row, 2), hurried[l][j][k], "the gradient in a hurry");
                ck_assert(number_at(table, row, 3) == number_at(table, row, 2) - number_at(table, row, 1));
            }
    ck_assert_uint_eq(rows_of(table), row);
}

START_TEST(test_slip_is_computed_and_both_errors_after_it)
{
    static known lesson;
    know_neurons(&lesson, &cases[_i]);
    json_t *totals = block_of(lesson.all, "totals");
    static stepped right, wrong;
    take_step(&right, &lesson, cases[_i].rate, false);
    take_step(&wrong, &lesson, cases[_i].rate, true);
    if (lesson.net.depth > 1) check_slip(&lesson, block_of(lesson.all, "slip"), wrong.used);
    else ck_assert_ptr_null(find_block(lesson.all, "slip"));
    ck_assert_uint_eq(rows_of(totals), 3);
    assert_close(number_at(totals, 0, 1), lesson.pass.cost, "before");
    assert_close(number_at(totals, 1, 1), right.pass.cost, "at once");
    assert_close(number_at(totals, 2, 1), wrong.pass.cost, "in place");
    json_decref(lesson.all);
}
END_TEST

START_TEST(test_numbers_of_mazur_are_found)
{
    static const double weights[] = {0.35891648,  0.408666186, 0.511301270, 0.561370121,
                                     0.149780716, 0.19956143,  0.24975114,  0.29950229};
    static const char *const totals[] = {"0.298371109", "0.291027774", "0.291027924"};
    json_t *all = lesson_of("neuron", cases[0].options);
    for (size_t k = 0; k < 8; k++)
        ck_assert_double_eq_tol(number_at(block_of(all, "update"), k, 3), weights[k], 5.1e-9);
    for (size_t k = 0; k < 3; k++) ck_assert_str_eq(shown_at(block_of(all, "totals"), k, 1), totals[k]);
    ck_assert_double_eq_tol(number_at(block_of(all, "totals"), 1, 1), 0.291027773694, 5e-13);
    json_decref(all);
}
END_TEST

START_TEST(test_mazur_is_named_only_where_the_network_is_his)
{
    static const struct {
        const char *options;
        int times;
    } networks[] = {{"", 2},
                    {"--digits=9", 2},
                    {"--rate=0.4", 0},
                    {"--inputs=.05,.11", 0},
                    {"--sizes=2,2,2", 0},
                    {"--activation=tanh", 0},
                    {"--no-bias", 0}};
    char line[100];
    int times = 0;
    snprintf(line, sizeof line, "chainrule lesson neuron %s", networks[_i].options);
    char *text = output_of(line);
    for (const char *at = text; (at = strstr(at, "Mazur")) != NULL; at++) times++;
    ck_assert_msg(times == networks[_i].times, "%s: %d times", line, times);
    free(text);
}
END_TEST

START_TEST(test_lower_error_by_the_slip_is_called_luck)
{
    char *higher = output_of("chainrule lesson neuron"),
         *lower = output_of("chainrule lesson neuron --sizes=3,5,4,3 --activation=tanh --rate=0.1");
    ck_assert_ptr_null(strstr(higher, "luck"));
    ck_assert_ptr_nonnull(strstr(lower, "luck"));
    free(lower);
    free(higher);
}
END_TEST

START_TEST(test_tape_refuses_the_sweep_after_a_weight_was_set)
{
    char *text = output_of("chainrule lesson neuron");
    ck_assert_ptr_nonnull(strstr(text, "\"ad_backward: a leaf was set since"));
    free(text);
}
END_TEST

START_TEST(test_no_number_is_left_untested)
{
    json_t *all = lesson_of("neuron", cases[_i].options);
    assert_only_has(
        all, "parameters forward row_z# row_output# deltas gradients row_db# row_dW# three_ways update slip totals",
        "L rate x_# y_#");
    json_decref(all);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_neuron");
    add(suite, "forward", test_forward_pass_is_that_of_plain_loops, CASES);
    add(suite, "deltas", test_deltas_are_those_of_plain_loops, CASES);
    add(suite, "gradients", test_gradients_are_delta_times_output, CASES);
    add(suite, "rows", test_rows_times_matrices_minus_biases_are_z, CASES);
    add(suite, "recursion", test_recursion_over_biases_keeps_its_minus_signs, CASES);
    add(suite, "three ways", test_three_ways_agree_on_every_number, CASES);
    add(suite, "names", test_names_of_both_notes_stand_side_by_side, 1);
    add(suite, "update", test_update_goes_down_the_gradient, CASES);
    add(suite, "slip", test_slip_is_computed_and_both_errors_after_it, CASES);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    add(suite, "mazur", test_numbers_of_mazur_are_found, 1);
    add(suite, "whose network", test_mazur_is_named_only_where_the_network_is_his, 7);
    add(suite, "luck", test_lower_error_by_the_slip_is_called_luck, 1);
    add(suite, "refusal", test_tape_refuses_the_sweep_after_a_weight_was_set, 1);
    return run_suite(suite);
}
