/* SPDX-License-Identifier: MIT */
/* `chainrule lesson wishes`: their mean, one step along it, and the general form, computed again by plain loops; and
 * that no number is left untested. */
#define DATA "lesson_wishes_step.csv"
#include "lesson_wishes.h"
#include "run_suite.h"

/* ---------------------------------------------------------------------------------- the mean, the step */

/* Rows of parameters, in their order, in the first column; at most 20. */
static size_t assert_parameters(const known_batch *k, json_t *table, place *places)
{
    const size_t count = all_places(k, places, false);
    ck_assert_uint_eq(rows_of(table), count < 20 ? count : 20);
    for (size_t row = 0; row < rows_of(table); row++)
        ck_assert_msg(same_place(place_of(shown_at(table, row, 0)), places[row]), "row %zu is %s", row,
                      shown_at(table, row, 0));
    return rows_of(table);
}

static double mean_cost(const known_batch *k)
{
    double sum = 0;
    for (size_t i = 0; i < k->m; i++) sum += k->pass[i].cost;
    return sum / (double)k->m;
}

START_TEST(test_means_are_minus_the_gradient_of_the_batch)
{
    static known_batch k;
    static place places[MOST_PLACES];
    know_batch(&k, &cases[_i]);
    json_t *table = block_of(k.all, "means");
    const size_t rows = assert_parameters(&k, table, places);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 1; column <= 3; column++)
            assert_close_to(number_at(table, row, column), mean_for(&k, places[row]), scale_of(&k, places[row]),
                            shown_at(table, row, 0));
    assert_close(value_of(k.all, "J"), mean_cost(&k), "J");
    json_decref(k.all);
}
END_TEST

static double *parameter_of(book_net *n, place at)
{
    return at.kind == 'w' ? &n->w[at.l][at.j][at.k] : &n->b[at.l][at.j];
}

START_TEST(test_step_goes_along_the_means)
{
    static known_batch k;
    static place places[MOST_PLACES];
    know_batch(&k, &cases[_i]);
    json_t *table = block_of(k.all, "step");
    const size_t rows = assert_parameters(&k, table, places);
    ck_assert(value_of(k.all, "rate") == k.rate);
    for (size_t row = 0; row < rows; row++) {
        const double before = *parameter_of(&k.net, places[row]), mean = mean_for(&k, places[row]);
        ck_assert(number_at(table, row, 1) == before);
        assert_close_to(number_at(table, row, 2), mean, scale_of(&k, places[row]), "the mean");
        assert_close_to(number_at(table, row, 3), before + k.rate * mean, 1, "after the step");
    }
    json_decref(k.all);
}
END_TEST

/* What the cost of sample i would lose by the step if it were a plane. */
static double foretold(const known_batch *k, const place *places, size_t count, size_t i)
{
    double sum = 0;
    for (size_t e = 0; e < count; e++) sum += wish_for(&k->pass[i], places[e]) * mean_for(k, places[e]);
    return -k->rate * sum;
}

static void assert_cost(json_t *table, size_t row, double before, double after, double expected)
{
    assert_close_to(number_at(table, row, 1), before, 1, "the cost before");
    assert_close_to(number_at(table, row, 2), after, 1, "the cost after");
    assert_close_to(number_at(table, row, 3), after - before, 10, "the change");
    assert_close_to(number_at(table, row, 4), expected, 1, "what was foretold");
}

static void assert_outcome(json_t *all, size_t m, double before, double after, size_t worse, size_t first_worse)
{
    char words[80];
    snprintf(words, sizeof words, "%zu sample%s worse off, sample %zu", worse, worse == 1 ? " is" : "s are",
             first_worse);
    ck_assert_int_eq(says(all, "the step was too long"), after > before);
    ck_assert_int_eq(says(all, "no sample is worse off"), m > 1 && after <= before && worse == 0);
    ck_assert_int_eq(says(all, words), m > 1 && after <= before && worse > 0);
}

START_TEST(test_costs_before_and_after_the_step)
{
    static known_batch k;
    static place places[MOST_PLACES];
    static book_net stepped;
    static book_pass p;
    know_batch(&k, &cases[_i]);
    json_t *table = block_of(k.all, "costs");
    const size_t count = all_places(&k, places, false), shown = k.m < MOST_ROWS ? k.m : MOST_ROWS;
    double after = 0, expected = 0;
    size_t worse = 0, first_worse = 0;
    stepped = k.net;
    for (size_t e = 0; e < count; e++) *parameter_of(&stepped, places[e]) += k.rate * mean_for(&k, places[e]);
    for (size_t i = 0; i < k.m; i++) {
        book_forward(&stepped, k.x[i], k.y[i], &p);
        if (i < shown) assert_cost(table, i, k.pass[i].cost, p.cost, foretold(&k, places, count, i));
        after += p.cost / (double)k.m;
        expected += foretold(&k, places, count, i) / (double)k.m;
        if (p.cost > k.pass[i].cost && worse++ == 0) first_worse = i + 1;
    }
    const size_t last = rows_of(table) - 1;
    ck_assert_uint_eq(last, shown + (k.m > shown));
    if (k.m > shown) ck_assert_uint_eq(more_in(shown_at(table, shown, 0)), k.m - shown);
    assert_cost(table, last, mean_cost(&k), after, expected);
    assert_outcome(k.all, k.m, mean_cost(&k), after, worse, first_worse);
    json_decref(k.all);
}
END_TEST

/* ---------------------------------------------------------------------------------- the general form */

/* sum_j M_jk dz_j, for W or for dW. */
static double product(const known_batch *k, bool slip, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < k->net.width[k->L]; j++)
        sum += (slip ? k->pass[0].dw[k->L][j][i] : k->net.w[k->L][j][i]) * k->pass[0].dz[k->L][j];
    return sum;
}

START_TEST(test_general_form_has_W_and_the_slip_dW)
{
    static known_batch k;
    know_batch(&k, &cases[_i]);
    const size_t in = k.net.width[k.L - 1], n = k.net.width[k.L];
    for (int slip = 0; slip < 2; slip++) {
        json_t *block = block_of(k.all, slip ? "slip_product" : "right_product");
        ck_assert_uint_eq(matrices_in(block), 3);
        for (size_t i = 0; i < in; i++) {
            for (size_t j = 0; j < n; j++)
                assert_close(entry_at(matrix_of(block, 0), i, j), slip ? k.pass[0].dw[k.L][j][i] : k.net.w[k.L][j][i],
                             "an entry of the transposed matrix");
            assert_close_to(entry_at(matrix_of(block, 2), i, 0), product(&k, slip, i), 1, "the product");
        }
        for (size_t j = 0; j < n; j++) assert_close(entry_at(matrix_of(block, 1), j, 0), k.pass[0].dz[k.L][j], "dz");
    }
    json_t *table = block_of(k.all, "slip");
    const size_t shown = assert_rows(table, in);
    for (size_t i = 0; i < shown; i++) {
        const double skipped = k.net.skip[k.L] == 1 ? k.pass[0].da[k.L][i] : 0;
        assert_close_to(number_at(table, i, 1), k.pass[0].da[k.L - 1][i], 1, "the right da");
        assert_close_to(number_at(table, i, 2), k.pass[0].da[k.L - 1][i], 1, "the tape's da");
        assert_close_to(number_at(table, i, 3), product(&k, true, i) + skipped, 1, "the slip's da");
    }
    json_decref(k.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------ all of it */

START_TEST(test_no_number_is_left_untested)
{
    static known_batch k;
    know_batch(&k, &cases[_i]);
    assert_only_has(k.all,
                    "w# b# chain chain_last chain_before samples neurons larger_a larger_w wishes_# means step "
                    "contradictions costs right_product slip_product slip",
                    "chain_y chain_C0 pulled_both_ways J rate a_#_# x_# y_#");
    double x[BOOK_UNITS], y[BOOK_UNITS];
    read_vector(k.all, "x", x, k.net.width[0]);
    read_vector(k.all, "y", y, k.net.width[k.L]);
    for (size_t j = 0; j < k.net.width[0]; j++) ck_assert(x[j] == k.x[0][j]);
    for (size_t j = 0; j < k.net.width[k.L]; j++) ck_assert(y[j] == k.y[0][j]);
    json_decref(k.all);
}
END_TEST

/* So many numbers, and none of them off. */
START_TEST(test_checks_say_how_many_numbers_were_compared)
{
    static known_batch k;
    static place places[MOST_PLACES];
    know_batch(&k, &cases[_i]);
    const size_t parameters = all_places(&k, places, false), hidden = all_places(&k, places, true);
    size_t chain = rows_of(block_of(k.all, "chain_last"));
    if (find_block(k.all, "chain_before") != NULL) chain += rows_of(block_of(k.all, "chain_before"));
    const size_t expected[] = {chain, k.m * (parameters + hidden), 2 * parameters + 1, 1, k.net.width[k.L - 1]};
    assert_checks(k.all, expected, 5);
    for (size_t c = 0; c < 5; c++) ck_assert(of_check(k.all, c, "difference") <= 1e-12);
    json_decref(k.all);
}
END_TEST

int main(void)
{
    find_command();
    write_data(DATA);
    Suite *suite = suite_create("lesson_wishes_step");
    add(suite, "means", test_means_are_minus_the_gradient_of_the_batch, CASES);
    add(suite, "step", test_step_goes_along_the_means, CASES);
    add(suite, "costs", test_costs_before_and_after_the_step, CASES);
    add(suite, "general_form", test_general_form_has_W_and_the_slip_dW, CASES);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    add(suite, "checks", test_checks_say_how_many_numbers_were_compared, CASES);
    const int failed = run_suite(suite);
    remove(DATA);
    return failed;
}
