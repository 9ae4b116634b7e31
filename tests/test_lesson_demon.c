/* SPDX-License-Identifier: MIT */
/* `chainrule lesson demon`: every number of its --json, computed again by plain loops. */
#include "lesson_book.h"
#include "run_suite.h"

#include <float.h>

static const lesson_case cases[] = {
    {.options = "", .sizes = "2,3,2"},
    {.options = "--unit=2,2", .sizes = "2,3,2", .l = 2, .j = 2},
    {.options = "--seed=7 --sizes=3,4,2 --unit=1,4", .sizes = "3,4,2", .l = 1, .j = 4},
    {.options = "--sizes=2,1 --cost=sum_of_squares --seed=2", .sizes = "2,1", .factor = 2},
    {.options = "--sizes=2,3,3,2 --activation=tanh --output=identity --cost=mean_of_squares --unit=2,3",
     .sizes = "2,3,3,2",
     .hidden = "tanh",
     .output = "identity",
     .factor = 1,
     .l = 2,
     .j = 3},
    {.options = "--sizes=2,3,4 --cost=mean_of_squares", .sizes = "2,3,4", .factor = 0.5},
    {.options = "--sizes=3,3,3,3 --skip=1,2,1 --seed=4 --output=tanh --unit=1,2",
     .sizes = "3,3,3,3",
     .skip = "1,2,1",
     .output = "tanh",
     .l = 1,
     .j = 2},
    {.options = "--sizes=2,4,1 --no-bias --init=glorot --seed=3", .sizes = "2,4,1", .no_biases = true},
    {.options = "--sizes=3,4,4,2 --activation=relu --seed=3 --unit=2,2",
     .sizes = "3,4,4,2",
     .hidden = "relu",
     .l = 2,
     .j = 2},
    {.options = "--sizes=2,20,3 --seed=5 --unit=1,20", .sizes = "2,20,3", .l = 1, .j = 20},
    {.options = "--activation=relu --biases=-9,-9,-9,0,0", .sizes = "2,3,2", .hidden = "relu"},
    {.options = "--inputs=1,-0.5 --targets=0.2,0.9", .sizes = "2,3,2"},
    {.options = "--sizes=2,3 --output=identity --unit=1,3", .sizes = "2,3", .output = "identity", .l = 1, .j = 3},
};
/* Here a neuron behind the demon's crosses a kink. */
static const lesson_case with_kink = {
    .options = "--sizes=3,4,4,2 --activation=relu --seed=7 --unit=1,1", .sizes = "3,4,4,2", .hidden = "relu"};
enum { CASES = sizeof cases / sizeof *cases, STEPS = 9 };

static double delta_of(const known *k) { return k->pass.dz[k->l][k->j]; }

/* The network with a demon at a neuron: Δz added to z is Δz added to b. */
static double cost_with(const known *k, size_t l, size_t j, double dz, book_pass *pass)
{
    static book_net net;
    book_pass own;
    net = k->net;
    net.b[l][j] += dz;
    book_run(&net, k->x, k->y, pass != NULL ? pass : &own);
    return pass != NULL ? pass->cost : own.cost;
}

static double curvature_of(const char *name, double z)
{
    const double a = book_value(name, z), slope = book_slope(name, z);
    if (strcmp(name, "sigmoid") == 0) return slope * (1 - 2 * a);
    return strcmp(name, "tanh") == 0 ? -2 * a * slope : 0;
}

/* ∂²C/∂z²: first and second derivatives by z, carried forward along with the values. */
static double second_of(const known *k)
{
    const size_t l = k->l, j = k->j;
    static double first[BOOK_LAYERS][BOOK_UNITS], second[BOOK_LAYERS][BOOK_UNITS];
    const book_net *n = &k->net;
    double sum = 0;
    memset(first, 0, sizeof first);
    memset(second, 0, sizeof second);
    for (size_t m = l; m <= n->depth; m++)
        for (size_t i = 0; i < n->width[m]; i++) {
            double z1 = m == l && i == j, z2 = 0;
            for (size_t q = 0; m > l && q < n->width[m - 1]; q++) {
                z1 += n->w[m][i][q] * first[m - 1][q];
                z2 += n->w[m][i][q] * second[m - 1][q];
            }
            first[m][i] = k->pass.slope[m][i] * z1;
            second[m][i] = curvature_of(book_activation(n, m), k->pass.z[m][i]) * z1 * z1 + k->pass.slope[m][i] * z2;
            if (n->skip[m] == 0) continue;
            first[m][i] += first[m - n->skip[m]][i];
            second[m][i] += second[m - n->skip[m]][i];
        }
    for (size_t i = 0; i < n->width[n->depth]; i++)
        sum += n->factor *
               (first[n->depth][i] * first[n->depth][i] + (k->pass.a[n->depth][i] - k->y[i]) * second[n->depth][i]);
    return sum;
}

/* ΔC is known up to the rounding of two costs. */
static double noise(const known *k)
{
    return 8 * DBL_EPSILON * (k->pass.cost + fabs(delta_of(k) * k->pass.z[k->l][k->j]));
}

static void assert_change(const known *k, double found, double expected, const char *what)
{
    const double allowed = noise(k) + 1e-11 * fabs(expected);
    ck_assert_msg(fabs(found - expected) <= allowed, "%s is %.17g, not %.17g", what, found, expected);
}

/* ------------------------------------------------------------------------------------------- steps */

START_TEST(test_neuron_is_that_of_plain_loops)
{
    static known k;
    know(&k, "demon", &cases[_i]);
    assert_close(value_of(k.all, "z"), k.pass.z[k.l][k.j], "z");
    assert_close_to(value_of(k.all, "delta"), delta_of(&k), 1, "δ");
    assert_close(value_of(k.all, "C"), k.pass.cost, "C");
    assert_close_to(value_of(k.all, "C2"), second_of(&k), 1, "C″");
    json_decref(k.all);
}
END_TEST

START_TEST(test_real_change_is_that_of_a_demon_in_plain_loops)
{
    static known k;
    know(&k, "demon", &cases[_i]);
    json_t *steps = block_of(k.all, "steps");
    ck_assert_uint_eq(rows_of(steps), STEPS);
    for (size_t row = 0; row < STEPS; row++) {
        const double dz = number_at(steps, row, 0), real = cost_with(&k, k.l, k.j, dz, NULL) - k.pass.cost;
        assert_close(dz, pow(10, -(double)row), "Δz");
        assert_close_to(number_at(steps, row, 1), delta_of(&k) * dz, dz, "the prediction");
        assert_change(&k, number_at(steps, row, 2), real, "the change");
        assert_change(&k, number_at(steps, row, 3), real - delta_of(&k) * dz, "the error");
        assert_close_to(number_at(steps, row, 5), second_of(&k) * dz * dz / 2, dz * dz, "the second-order term");
    }
    json_decref(k.all);
}
END_TEST

/* From 0.01 on terms of higher order are small; a row has its order where its error is well above rounding. */
START_TEST(test_order_of_the_error_is_2)
{
    static known k;
    size_t measured = 0;
    know(&k, "demon", &cases[_i]);
    json_t *steps = block_of(k.all, "steps");
    ck_assert_str_eq(shown_at(steps, 0, 4), "");
    for (size_t row = 1; row < STEPS; row++) {
        const double above = cost_with(&k, k.l, k.j, pow(10, 1 - (double)row), NULL) - k.pass.cost -
                             delta_of(&k) * pow(10, 1 - (double)row),
                     here = cost_with(&k, k.l, k.j, pow(10, -(double)row), NULL) - k.pass.cost -
                            delta_of(&k) * pow(10, -(double)row);
        const bool has_order = *shown_at(steps, row, 4) != '\0';
        if (fabs(here) > 200 * noise(&k)) ck_assert_msg(has_order, "row %zu has no order", row);
        if (fabs(here) < 5 * noise(&k)) ck_assert_msg(!has_order, "row %zu has an order", row);
        if (!has_order) continue;
        const double order = number_at(steps, row, 4);
        ck_assert_double_eq_tol(order, log10(fabs(above / here)), 0.05);
        if (row < 3) continue;
        ck_assert_double_eq_tol(order, 2, 0.1);
        measured++;
    }
    if (second_of(&k) != 0) ck_assert_uint_ge(measured, 1);
    ck_assert(says(k.all, second_of(&k) != 0 ? "it is of order 2" : "Nothing is left out"));
    json_decref(k.all);
}
END_TEST

START_TEST(test_second_order_term_predicts_the_error)
{
    static known k;
    know(&k, "demon", &cases[_i]);
    json_t *steps = block_of(k.all, "steps");
    for (size_t row = 3; row < STEPS; row++) {
        const double error = number_at(steps, row, 3), second = number_at(steps, row, 5);
        const double next = 10 * fabs(second) * number_at(steps, row, 0);
        ck_assert_msg(fabs(error - second) <= next + noise(&k), "row %zu: %.17g and %.17g", row, error, second);
    }
    json_decref(k.all);
}
END_TEST

START_TEST(test_plot_has_the_numbers_of_the_table)
{
    static known k;
    static const size_t columns[] = {2, 3, 5};
    know(&k, "demon", &cases[_i]);
    json_t *steps = block_of(k.all, "steps"), *plot = plot_of(k.all, "steps");
    ck_assert_int_eq(plot != NULL, second_of(&k) != 0);
    for (size_t c = 0; plot != NULL && c < 3; c++) {
        ck_assert_uint_eq(points_of(plot, c), STEPS);
        for (size_t row = 0; row < STEPS; row++) {
            ck_assert(point(plot, c, "x", row) == number_at(steps, row, 0));
            ck_assert(point(plot, c, "y", row) == fabs(number_at(steps, row, columns[c])));
        }
    }
    if (plot != NULL)
        ck_assert(json_is_true(json_object_get(plot, "log_x")) && json_is_true(json_object_get(plot, "log_y")));
    json_decref(k.all);
}
END_TEST

/* Whether some relu is on the other side of its kink with Δz. */
static bool crosses_a_kink(const known *k, double dz)
{
    static book_pass pass;
    cost_with(k, k->l, k->j, dz, &pass);
    for (size_t l = 1; l <= k->net.depth; l++)
        for (size_t j = 0; j < k->net.width[l] && strcmp(book_activation(&k->net, l), "relu") == 0; j++)
            if ((pass.z[l][j] > 0) != (k->pass.z[l][j] > 0)) return true;
    return false;
}

START_TEST(test_kinks_are_said_where_one_is_crossed)
{
    static known k;
    size_t crossing = 0;
    know(&k, "demon", _i < CASES ? &cases[_i] : &with_kink);
    if (_i == CASES) ck_assert(crosses_a_kink(&k, 0.1) && !crosses_a_kink(&k, 0.01));
    json_t *steps = block_of(k.all, "steps");
    for (size_t row = 0; row < STEPS; row++)
        if (crosses_a_kink(&k, number_at(steps, row, 0))) crossing = row + 1;
    ck_assert_int_eq(says(k.all, "kink"), crossing > 0);
    if (crossing > 0) {
        char words[80];
        snprintf(words, sizeof words, "With Δz = %s or more an activation crosses a kink",
                 shown_at(steps, crossing - 1, 0));
        ck_assert_msg(says(k.all, words), "%s", words);
    }
    json_decref(k.all);
}
END_TEST

START_TEST(test_kink_is_said_to_be_crossed_from_the_step_that_does)
{
    json_t *all = lesson_json("chainrule lesson demon --json --sizes=1,1,1 --activation=relu --weights=1,1 "
                              "--biases=0,0 --inputs=-0.05 --targets=0.4");
    ck_assert(says(all, "With Δz = 0.1 or more an activation crosses a kink"));
    json_decref(all);
    all = lesson_json("chainrule lesson demon --json --sizes=1,1,1 --activation=relu --weights=1,1 --biases=0,0 "
                      "--inputs=0 --targets=0.4");
    ck_assert(says(all, "However small Δz is, it takes an activation across a kink"));
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- gains */

START_TEST(test_good_sign_is_opposite_to_delta)
{
    static known k;
    know(&k, "demon", &cases[_i]);
    json_t *sign = block_of(k.all, "sign");
    const double dz[] = {0.01, -0.01, -delta_of(&k)};
    ck_assert_uint_eq(rows_of(sign), 3);
    for (size_t row = 0; row < 3; row++) {
        assert_close_to(number_at(sign, row, 1), dz[row], 1, "Δz");
        assert_close_to(number_at(sign, row, 2), delta_of(&k) * dz[row], 1, "the prediction");
        assert_change(&k, number_at(sign, row, 3), cost_with(&k, k.l, k.j, dz[row], NULL) - k.pass.cost, "the change");
    }
    ck_assert_int_eq(says(k.all, "It should take something away"), delta_of(&k) > 0);
    ck_assert_int_eq(says(k.all, "It should add something"), delta_of(&k) < 0);
    ck_assert(says(k.all, "That is a slip"));
    json_decref(k.all);
}
END_TEST

/* "z^2_13", "z^1_{12}" */
static void neuron_in(const char *name, size_t *l, size_t *j)
{
    char *end;
    ck_assert_msg(strncmp(name, "z^", 2) == 0, "%s", name);
    *l = strtoul(name + 2, &end, 10);
    *j = strtoul(end + strspn(end, "_{"), NULL, 10) - 1;
}

START_TEST(test_neurons_are_ranked_by_what_they_gain)
{
    static known k;
    static bool seen[BOOK_LAYERS][BOOK_UNITS];
    size_t neurons = 0, moved = 0;
    know(&k, "demon", &cases[_i]);
    json_t *ranking = block_of(k.all, "ranking");
    const size_t rows = rows_of(ranking);
    memset(seen, 0, sizeof seen);
    for (size_t l = 1; l <= k.net.depth; l++) neurons += k.net.width[l];
    ck_assert_uint_eq(rows, neurons < 20 ? neurons : 20);
    double least = INFINITY, real[20];
    for (size_t row = 0; row < rows; row++) {
        size_t l, j;
        neuron_in(shown_at(ranking, row, 1), &l, &j);
        ck_assert_msg(!seen[l][j], "z^%zu_%zu stands twice", l, j + 1);
        seen[l][j] = true;
        const double delta = k.pass.dz[l][j], dz = delta > 0 ? -0.01 : delta < 0 ? 0.01 : 0;
        ck_assert(number_at(ranking, row, 0) == (double)(row + 1));
        assert_close_to(number_at(ranking, row, 2), delta, 1, "δ");
        assert_close(number_at(ranking, row, 3), dz, "Δz");
        assert_close_to(number_at(ranking, row, 4), delta * dz, 0.01, "the prediction");
        assert_change(&k, number_at(ranking, row, 5), cost_with(&k, l, j, dz, NULL) - k.pass.cost, "the change");
        ck_assert_msg(fabs(delta) <= least * (1 + 1e-12), "z^%zu_%zu should be before", l, j + 1);
        least = fabs(delta);
        real[row] = number_at(ranking, row, 5);
    }
    for (size_t l = 1; l <= k.net.depth; l++)
        for (size_t j = 0; j < k.net.width[l]; j++)
            ck_assert_msg(seen[l][j] || fabs(k.pass.dz[l][j]) <= least * (1 + 1e-12), "z^%zu_%zu is missing", l, j + 1);
    for (size_t row = 0; row < rows; row++) {
        size_t place = 1;
        for (size_t i = 0; i < rows; i++) place += real[i] < real[row];
        ck_assert(number_at(ranking, row, 6) == (double)place);
        moved += place != row + 1 && real[row] != real[place - 1];
    }
    ck_assert_int_eq(says(k.all, "The order by |δ| is the order by what the cost really loses"), moved == 0);
    ck_assert_int_eq(says(k.all, "These are the first 20 of"), neurons > 20);
    json_decref(k.all);
}
END_TEST

START_TEST(test_saturated_neuron_gains_nothing)
{
    static const double places[] = {-10, -5, -2, 0, 2, 5, 10};
    static known k;
    static book_pass pass;
    know(&k, "demon", &cases[_i]);
    json_t *saturation = block_of(k.all, "saturation");
    const char *activation = book_activation(&k.net, k.l);
    size_t flat = 0, steep = 0;
    ck_assert_uint_eq(rows_of(saturation), 7);
    for (size_t row = 0; row < 7; row++) {
        const double moved = places[row] - k.pass.z[k.l][k.j], there = cost_with(&k, k.l, k.j, moved, &pass);
        const double delta = pass.dz[k.l][k.j], dz = delta > 0 ? -0.01 : delta < 0 ? 0.01 : 0;
        ck_assert(number_at(saturation, row, 0) == places[row]);
        const double slope = number_at(saturation, row, 1);
        assert_close(slope, book_slope(activation, places[row]), "the slope");
        ck_assert_double_eq_tol(number_at(saturation, row, 2), delta, 1e-9 * fabs(delta) + 1e-14);
        assert_change(&k, number_at(saturation, row, 3), cost_with(&k, k.l, k.j, moved + dz, NULL) - there, "the gain");
        if (slope < number_at(saturation, flat, 1)) flat = row;
        if (slope > number_at(saturation, steep, 1)) steep = row;
    }
    const bool is_flat = strcmp(activation, "identity") != 0;
    ck_assert_int_eq(says(k.all, "the neuron is saturated"), is_flat);
    if (is_flat) {
        ck_assert(fabs(number_at(saturation, flat, 3)) <= 0.01 * fabs(number_at(saturation, steep, 3)) ||
                  delta_of(&k) == 0);
        const double z = k.pass.z[k.l][k.j];
        assert_change(&k, value_of(k.all, "far"),
                      cost_with(&k, k.l, k.j, places[steep] - z, NULL) -
                          cost_with(&k, k.l, k.j, places[flat] - z, NULL),
                      "the change by a strong demon");
    }
    json_decref(k.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------ options */

/* The costs that are computed with a demon: at each step, with both signs and -δ, at each ranked neuron that has a δ,
 * at each place of the saturated neuron and from there, with the strong one from flat to steep, and twice with Δz = 0.
 */
static size_t costs_with_a_demon(const known *k)
{
    json_t *ranking = block_of(k->all, "ranking"), *saturation = block_of(k->all, "saturation");
    size_t costs = STEPS + 3 + rows_of(saturation) + 2;
    for (size_t row = 0; row < rows_of(ranking); row++) costs += number_at(ranking, row, 2) != 0;
    for (size_t row = 0; row < rows_of(saturation); row++) costs += number_at(saturation, row, 2) != 0;
    return costs + (json_object_get(json_object_get(k->all, "values"), "far") != NULL ? 2 : 0);
}

START_TEST(test_checks_say_how_many_numbers_were_compared)
{
    static known k;
    know(&k, "demon", &cases[_i]);
    size_t neurons = 0, report = k.net.width[0] + 1, orders = 0, count = 3;
    json_t *steps = block_of(k.all, "steps");
    for (size_t l = 1; l <= k.net.depth; l++) {
        const size_t n = k.net.width[l];
        neurons += n;
        report += 3 * n + n * k.net.width[l - 1] + (k.net.biases ? n : 0);
    }
    for (size_t row = 0; row < STEPS; row++) orders += *shown_at(steps, row, 4) != '\0';
    size_t expected[5] = {report, neurons, costs_with_a_demon(&k)};
    if (!crosses_a_kink(&k, 1e-4)) expected[count++] = 1;
    if (says(k.all, "it is of order 2")) {
        expected[count] = (size_t)of_check(k.all, count, "numbers");
        ck_assert(expected[count] >= 1 && expected[count] <= orders);
        count++;
    }
    assert_checks(k.all, expected, count);
    json_decref(k.all);
}
END_TEST

START_TEST(test_no_number_is_left_untested)
{
    json_t *all = lesson_of("demon", cases[_i].options);
    assert_only_has(all, "w# b# steps sign ranking saturation", "x_# y_# z delta C C2 far");
    json_decref(all);
}
END_TEST

START_TEST(test_text_is_readable)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson demon %s", cases[_i].options);
    assert_prints_readable(line);
}
END_TEST

static const failure refused[] = {
    {"--unit=3,1", 2, "chainrule: --unit=3,1: the network has 2 layers\n"},
    {"--unit=2,3", 2, "chainrule: --unit=2,3: layer 2 has 2 neurons\n"},
    {"--sizes=2,1 --unit=1,2", 2, "chainrule: --unit=1,2: layer 1 has 1 neuron\n"},
    {"--sizes=2,1 --unit=2,1", 2, "chainrule: --unit=2,1: the network has 1 layer\n"},
    {"--unit=0,1", 2, "chainrule lesson: --unit=0: expected a whole number from 1 to 1000000\n..."},
    {"--unit=1", 2, "chainrule lesson: --unit=1: expected a layer and a unit, as in 2,1\n..."},
    {"--cost=binary_cross_entropy", 1,
     "chainrule: the convention half-mean needs a cost of squares: half_sum_of_squares, sum_of_squares or "
     "mean_of_squares; this is binary_cross_entropy on sigmoid\n"},
    {"--depth=3", 2, "chainrule: lesson demon has no --depth\n"},
    {"--batch=3", 2, "chainrule: lesson demon has no --batch\n"},
    {"--rate=1", 2, "chainrule: lesson demon has no --rate\n"},
    {"--weights=1,2", 2,
     "chainrule: --weights: 2 numbers are given, but 12 needed: 3 x 2 for layer 1, then 2 x 3 for layer 2\n"},
    {"--inputs=1e400,0", 2,
     "chainrule: --inputs: '1e400' is no number; numbers have commas between them, as in 0.1,-2,3e-4\n"},
    {"--inputs=1e308,0 --weights=1e308,0,0,0,0,0,0,0,0,0,0,0 --activation=identity", 1,
     "chainrule: z^1_1 of sample 1 is inf\n"},
};

START_TEST(test_what_cannot_be_is_said) { assert_refuses("lesson demon", &refused[_i]); }
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_demon");
    add(suite, "neuron", test_neuron_is_that_of_plain_loops, CASES);
    add(suite, "steps", test_real_change_is_that_of_a_demon_in_plain_loops, CASES);
    add(suite, "order", test_order_of_the_error_is_2, CASES);
    add(suite, "second", test_second_order_term_predicts_the_error, CASES);
    add(suite, "plot", test_plot_has_the_numbers_of_the_table, CASES);
    add(suite, "kinks", test_kinks_are_said_where_one_is_crossed, CASES + 1);
    add(suite, "which_kink", test_kink_is_said_to_be_crossed_from_the_step_that_does, 1);
    add(suite, "sign", test_good_sign_is_opposite_to_delta, CASES);
    add(suite, "ranking", test_neurons_are_ranked_by_what_they_gain, CASES);
    add(suite, "saturation", test_saturated_neuron_gains_nothing, CASES);
    add(suite, "checks", test_checks_say_how_many_numbers_were_compared, CASES);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    add(suite, "text", test_text_is_readable, CASES);
    add(suite, "refused", test_what_cannot_be_is_said, sizeof refused / sizeof *refused);
    return run_suite(suite);
}
