/* SPDX-License-Identifier: MIT */
#include <autodiff/derivatives.h>

#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* n leaves with values that are neither 0 nor equal. */
static ad_span inputs(size_t n)
{
    const ad_span x = ad_leaves(tape, NULL, n);
    double *values = ad_set_in_place(x);
    for (size_t k = 0; k < n; k++) values[k] = 0.3 + 0.1 * (double)(k % 7) + 1e-3 * (double)(k % 1000);
    return x;
}

/* ------------------------------------------------------------------------------ what must hold */

static void assert_sorted(const ad_sparse_matrix *m)
{
    for (size_t e = 0; e < m->count; e++) {
        ck_assert_uint_lt(m->row[e], m->rows);
        ck_assert_uint_lt(m->column[e], m->columns);
        if (e == 0) continue;
        ck_assert_uint_ge(m->row[e], m->row[e - 1]);
        if (m->row[e] == m->row[e - 1]) ck_assert_uint_gt(m->column[e], m->column[e - 1]);
    }
}

/* What is listed is what the dense matrix has, and what is not listed is 0 there. */
static void assert_is(const ad_sparse_matrix *m, const double *dense)
{
    size_t e = 0;
    assert_sorted(m);
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->columns; j++) {
            const bool listed = e < m->count && m->row[e] == i && m->column[e] == j;
            const double found = listed ? m->value[e] : 0, expected = dense[i * m->columns + j];
            ck_assert_msg(listed ? near(found, expected, 1e-9) : expected == 0,
                          "element %zu, %zu is %.17g, not %.17g%s", i, j, found, expected, listed ? "" : " (unlisted)");
            e += listed;
        }
    ck_assert_uint_eq(e, m->count);
}

/* The most elements in a row (column). */
static size_t longest(const uint32_t *line, size_t lines, size_t count)
{
    size_t most = 0, *length = calloc(lines + 1, sizeof *length);
    ck_assert_ptr_nonnull(length);
    for (size_t e = 0; e < count; e++)
        if (++length[line[e]] > most) most = length[line[e]];
    free(length);
    return most;
}

static double *new_numbers(size_t n)
{
    double *numbers = calloc(n + 1, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    return numbers;
}

static void assert_values_of_jacobian(const ad_sparse *sparse, ad_span y, ad_span x)
{
    double *dense = new_numbers((size_t)y.count * x.count);
    ck_assert_int_eq(ad_jacobian(y, x, dense), AD_OK);
    assert_is(ad_sparse_matrix_of(sparse), dense);
    free(dense);
}

static ad_sparse *jacobian_of(ad_span y, ad_span x)
{
    ad_sparse *sparse = ad_sparse_jacobian_new(y, x);
    ck_assert_msg(sparse != NULL, "%s", ad_tape_message(x.tape));
    const ad_sparse_matrix *m = ad_sparse_matrix_of(sparse);
    ck_assert_uint_eq(m->rows, y.count);
    ck_assert_uint_eq(m->columns, x.count);
    const size_t by_columns = longest(m->row, m->rows, m->count), by_rows = longest(m->column, m->columns, m->count);
    ck_assert_uint_ge(m->products, by_columns < by_rows ? by_columns : by_rows);
    ck_assert_uint_le(m->products, m->rows);
    ck_assert_uint_le(m->products, m->columns);
    assert_values_of_jacobian(sparse, y, x);
    return sparse;
}

/* Row and column, value and value: the same bits. */
static void assert_symmetric(const ad_sparse_matrix *m)
{
    size_t *next = calloc(m->rows + 1, sizeof *next), *start = calloc(m->rows + 2, sizeof *start);
    ck_assert(next != NULL && start != NULL);
    for (size_t e = 0; e < m->count; e++) start[m->row[e] + 1]++;
    for (size_t i = 0; i < m->rows; i++) start[i + 1] += start[i];
    memcpy(next, start, (m->rows + 1) * sizeof *next);
    for (size_t e = 0; e < m->count; e++) {
        const size_t mirrored = next[m->column[e]]++;
        ck_assert_uint_lt(mirrored, start[m->column[e] + 1]);
        ck_assert_uint_eq(m->column[mirrored], m->row[e]);
        assert_same_bits(m->value[mirrored], m->value[e]);
    }
    free(next);
    free(start);
}

static void assert_values_of_hessian(const ad_sparse *sparse, ad_var y, ad_span x)
{
    double *dense = new_numbers((size_t)x.count * x.count);
    ck_assert_int_eq(ad_hessian(y, x, dense), AD_OK);
    assert_is(ad_sparse_matrix_of(sparse), dense);
    assert_symmetric(ad_sparse_matrix_of(sparse));
    free(dense);
}

static ad_sparse *hessian_of(ad_var y, ad_span x)
{
    ad_sparse *sparse = ad_sparse_hessian_new(y, x);
    ck_assert_msg(sparse != NULL, "%s", ad_tape_message(x.tape));
    const ad_sparse_matrix *m = ad_sparse_matrix_of(sparse);
    ck_assert_uint_eq(m->rows, x.count);
    ck_assert_uint_eq(m->columns, x.count);
    const size_t most = longest(m->row, m->rows, m->count);
    ck_assert_uint_le(m->products, x.count);
    ck_assert_uint_le(m->products, most * most + 1);
    ck_assert_uint_eq(m->products > 0, m->count > 0);
    assert_values_of_hessian(sparse, y, x);
    return sparse;
}

/* The pattern as a picture, a line for each row: 'x' is listed. And so many products. */
static void assert_pattern(ad_sparse *sparse, size_t products, const char *picture)
{
    const ad_sparse_matrix *m = ad_sparse_matrix_of(sparse);
    const size_t width = m->columns + 1;
    char *drawn = calloc(m->rows * width + 1, 1);
    ck_assert_ptr_nonnull(drawn);
    memset(drawn, '.', m->rows * width);
    for (size_t i = 0; i < m->rows; i++) drawn[i * width + m->columns] = '\n';
    for (size_t e = 0; e < m->count; e++) drawn[m->row[e] * width + m->column[e]] = 'x';
    ck_assert_str_eq(drawn, picture);
    ck_assert_uint_eq(m->products, products);
    free(drawn);
    ad_sparse_free(sparse);
}

static void assert_size(ad_sparse *sparse, size_t count, size_t products)
{
    ck_assert_uint_eq(ad_sparse_matrix_of(sparse)->count, count);
    ck_assert_uint_eq(ad_sparse_matrix_of(sparse)->products, products);
    ad_sparse_free(sparse);
}

/* ----------------------------------------------------------------------------------- Jacobians */

START_TEST(test_a_diagonal_jacobian_takes_one_product)
{
    const ad_span x = inputs(100);
    assert_size(jacobian_of(ad_each(AD_OP_EXP, x), x), 100, 1);
}
END_TEST

START_TEST(test_a_band_takes_as_many_products_as_it_is_wide)
{
    enum { N = 101 };
    const size_t band = (size_t)_i;
    const ad_span x = inputs(N);
    ad_var y[N];
    for (size_t i = 0; i + band <= N; i++) y[i] = ad_log_sum_exp(ad_slice(x, i, band));
    assert_size(jacobian_of(ad_gather(tape, y, N - band + 1), x), (N - band + 1) * band, band);
}
END_TEST

/* Broyden's tridiagonal function. */
static ad_span broyden(ad_span x)
{
    ad_var y[200];
    for (size_t i = 0; i < x.count; i++) {
        const ad_var xi = ad_at(x, i);
        y[i] = ad_mul(ad_sub(ad_const(3), ad_mul(ad_const(2), xi)), xi);
        if (i > 0) y[i] = ad_sub(y[i], ad_at(x, i - 1));
        if (i + 1 < x.count) y[i] = ad_sub(y[i], ad_mul(ad_const(2), ad_at(x, i + 1)));
    }
    return ad_gather(tape, y, x.count);
}

START_TEST(test_a_tridiagonal_jacobian_takes_three_products)
{
    ad_span x = inputs(5);
    assert_pattern(jacobian_of(broyden(x), x), 3, "xx...\nxxx..\n.xxx.\n..xxx\n...xx\n");
    x = inputs(200);
    assert_size(jacobian_of(broyden(x), x), 598, 3);
}
END_TEST

START_TEST(test_a_full_row_is_had_by_rows_and_a_full_column_by_columns)
{
    enum { N = 6 };
    const ad_span x = inputs(N);
    ad_var y[N];
    for (size_t i = 0; i < N; i++) y[i] = i == 0 ? ad_sum(x) : ad_exp(ad_at(x, i));
    assert_pattern(jacobian_of(ad_gather(tape, y, N), x), 2, "xxxxxx\n.x....\n..x...\n...x..\n....x.\n.....x\n");
    for (size_t i = 0; i < N; i++) y[i] = ad_mul(ad_at(x, 0), ad_at(x, i));
    assert_pattern(jacobian_of(ad_gather(tape, y, N), x), 2, "x.....\nxx....\nx.x...\nx..x..\nx...x.\nx....x\n");
    y[0] = ad_log_sum_exp(x);
    assert_pattern(jacobian_of(ad_gather(tape, y, N), x), 6, "xxxxxx\nxx....\nx.x...\nx..x..\nx...x.\nx....x\n");
}
END_TEST

START_TEST(test_a_block_diagonal_jacobian_takes_as_many_products_as_a_block_is_wide)
{
    enum { BLOCKS = 20, WIDE = 4, HIGH = 7 };
    const ad_span x = inputs(BLOCKS * WIDE);
    ad_var y[BLOCKS * HIGH];
    for (size_t i = 0; i < BLOCKS * HIGH; i++) y[i] = ad_log_sum_exp(ad_slice(x, i / HIGH * WIDE, WIDE));
    assert_size(jacobian_of(ad_gather(tape, y, BLOCKS * HIGH), x), BLOCKS * HIGH * WIDE, WIDE);
}
END_TEST

START_TEST(test_a_full_jacobian_takes_as_many_products_as_a_dense_one)
{
    const ad_span x = inputs(40);
    ad_var y[70];
    for (size_t i = 0; i < 70; i++) y[i] = ad_exp(ad_mul(ad_log_sum_exp(x), ad_const((double)i / 70)));
    assert_size(jacobian_of(ad_gather(tape, y, 70), x), 2800, 40);
    assert_size(jacobian_of(ad_gather(tape, y, 30), x), 1200, 30);
}
END_TEST

START_TEST(test_constants_unused_inputs_and_foreign_leaves_have_no_elements)
{
    const ad_span x = inputs(4);
    const ad_var other = ad_leaf(tape, 2);
    ad_var y[] = {ad_const(3), ad_mul(ad_at(x, 1), other), ad_exp(other), other, ad_at(x, 3)};
    assert_pattern(jacobian_of(ad_gather(tape, y, 5), x), 1, "....\n.x..\n....\n....\n...x\n");
    assert_pattern(jacobian_of(ad_gather(tape, y, 1), x), 0, "....\n");
    assert_pattern(jacobian_of(ad_constants(tape, NULL, 2), x), 0, "....\n....\n");
    assert_pattern(jacobian_of(ad_slice(x, 0, 0), x), 0, "");
    assert_pattern(jacobian_of(x, ad_slice(x, 0, 0)), 0, "\n\n\n\n");
    assert_pattern(jacobian_of(x, x), 1, "x...\n.x..\n..x.\n...x\n");
}
END_TEST

START_TEST(test_a_leaf_that_stands_twice_is_two_inputs)
{
    const ad_span x = inputs(2);
    const ad_var a = ad_at(x, 0), b = ad_at(x, 1);
    const ad_span twice = ad_gather(tape, (ad_var[]){a, b, a}, 3);
    ad_var y[] = {ad_exp(a), ad_exp(b), ad_mul(a, b)};
    assert_pattern(jacobian_of(ad_gather(tape, y, 3), twice), 2, "x.x\n.x.\nxxx\n");
    assert_pattern(hessian_of(ad_mul(a, b), twice), 2, ".x.\nx.x\n.x.\n");
    assert_pattern(hessian_of(ad_exp(a), twice), 2, "x.x\n...\nx.x\n");
}
END_TEST

START_TEST(test_what_only_decides_has_no_derivative)
{
    const ad_span x = inputs(3);
    const ad_var a = ad_at(x, 0), b = ad_at(x, 1), c = ad_at(x, 2);
    ad_var y[] = {ad_select(ad_gt(a, b), b, c), ad_floor(a), ad_lt(a, b), ad_powi(a, b), ad_mul(ad_step(a), b)};
    assert_pattern(jacobian_of(ad_gather(tape, y, 5), x), 2, ".xx\n...\n...\nx..\n.x.\n");
}
END_TEST

/* Rows of one or two elements: the columns are the vertices of a graph, and coloured as such. */
static ad_span rows_of_edges(ad_span x, size_t edges, const unsigned edge[][2])
{
    ad_var y[10];
    for (size_t k = 0; k < edges; k++) y[k] = ad_mul(ad_at(x, edge[k][0]), ad_at(x, edge[k][1]));
    return ad_gather(tape, y, edges);
}

START_TEST(test_the_better_one_of_two_orders_is_taken)
{
    const ad_span x = inputs(8);
    /* A path whose ends come first: both ends take the same colour, and one is missing in the middle. */
    const unsigned ends_first[][2] = {{0, 2}, {2, 3}, {3, 1}, {2, 2}, {2, 2}, {2, 2}};
    assert_size(jacobian_of(rows_of_edges(x, 6, ends_first), x), 9, 2);
    /* The same, where the ends come first for having the most neighbours, but not as they stand. */
    const unsigned large_ends[][2] = {{0, 1}, {1, 2}, {2, 3}, {0, 4}, {0, 5}, {3, 6}, {3, 7}};
    assert_size(jacobian_of(rows_of_edges(x, 7, large_ends), x), 14, 2);
}
END_TEST

START_TEST(test_outputs_in_any_order_and_more_than_once)
{
    const ad_span x = inputs(3);
    const ad_var u = ad_exp(ad_at(x, 0)), v = ad_mul(u, ad_at(x, 2));
    assert_pattern(jacobian_of(ad_gather(tape, (ad_var[]){v, u, v, ad_at(x, 1)}, 4), x), 2, "x.x\nx..\nx.x\n.x.\n");
}
END_TEST

/* ------------------------------------------------------------------------------------ Hessians */

START_TEST(test_a_separable_function_has_a_diagonal_hessian_of_one_product)
{
    const ad_span x = inputs(100);
    assert_size(hessian_of(ad_sum(ad_each(AD_OP_EXP, x)), x), 100, 1);
}
END_TEST

/* sum_i (x_{i + 1} - x_i^2)^2 + (1 - x_i)^2, the chained function of Rosenbrock. */
static ad_var chain(ad_span x)
{
    ad_var y = ad_const(0);
    for (size_t i = 0; i + 1 < x.count; i++) {
        const ad_var a = ad_sub(ad_at(x, i + 1), ad_square(ad_at(x, i)));
        y = ad_add(y, ad_add(ad_square(a), ad_square(ad_sub(ad_const(1), ad_at(x, i)))));
    }
    return y;
}

START_TEST(test_a_tridiagonal_hessian_takes_three_products)
{
    ad_span x = inputs(5);
    assert_pattern(hessian_of(chain(x), x), 3, "xx...\nxxx..\n.xxx.\n..xxx\n...xx\n");
    x = inputs(150);
    assert_size(hessian_of(chain(x), x), 448, 3);
}
END_TEST

START_TEST(test_a_hessian_shaped_as_an_arrow_takes_two_products)
{
    enum { N = 100 };
    const ad_span x = inputs(N);
    const size_t at = _i == 0 ? 0 : N - 1;
    ad_var y = ad_const(0);
    for (size_t i = 0; i < N; i++) y = ad_add(y, ad_exp(ad_mul(ad_at(x, at), ad_at(x, i))));
    assert_size(hessian_of(y, x), 3 * N - 2, 2);
}
END_TEST

START_TEST(test_a_full_hessian_takes_as_many_products_as_there_are_inputs)
{
    const ad_span x = inputs(80);
    assert_size(hessian_of(ad_log_sum_exp(x), x), 6400, 80);
    assert_size(hessian_of(ad_exp(ad_sum(x)), x), 6400, 80);
}
END_TEST

START_TEST(test_a_block_diagonal_hessian_takes_as_many_products_as_a_block_is_wide)
{
    enum { BLOCKS = 30, WIDE = 5 };
    const ad_span x = inputs(BLOCKS * WIDE);
    ad_var y = ad_const(0);
    for (size_t k = 0; k < BLOCKS; k++) y = ad_add(y, ad_log_sum_exp(ad_slice(x, k * WIDE, WIDE)));
    assert_size(hessian_of(y, x), BLOCKS * WIDE * WIDE, WIDE);
}
END_TEST

START_TEST(test_a_linear_function_has_an_empty_hessian)
{
    const ad_span x = inputs(4);
    const ad_var a = ad_at(x, 0), b = ad_at(x, 1);
    assert_size(hessian_of(ad_sub(ad_mul(ad_const(3), ad_sum(x)), ad_div(a, ad_const(2))), x), 0, 0);
    assert_size(hessian_of(ad_max(ad_relu(ad_abs(a)), ad_select(a, b, ad_neg(a))), x), 0, 0);
    assert_size(hessian_of(ad_floor(ad_exp(a)), x), 0, 0);
    assert_size(hessian_of(ad_weighted_sum(x, ad_constants(tape, (double[]){1, 2, 3, 4}, 4)), x), 0, 0);
    assert_size(hessian_of(a, x), 0, 0);
    assert_size(hessian_of(ad_const(3), x), 0, 0);
    assert_size(hessian_of(ad_exp(a), ad_slice(x, 0, 0)), 0, 0);
    assert_size(hessian_of(ad_exp(ad_leaf(tape, 1)), x), 0, 0);
}
END_TEST

START_TEST(test_only_operations_on_the_way_to_the_output_join_inputs)
{
    const ad_span x = inputs(3);
    const ad_var a = ad_at(x, 0), b = ad_at(x, 1), c = ad_at(x, 2), u = ad_mul(a, b);
    ad_exp(ad_mul(u, c));
    const ad_var y = ad_add(u, ad_exp(c));
    ad_mul(y, y);
    assert_pattern(hessian_of(y, x), 2, ".x.\nx..\n..x\n");
    const ad_var z = ad_mul(ad_step(ad_mul(b, c)), ad_exp(a));
    assert_pattern(hessian_of(z, x), 1, "x..\n...\n...\n");
}
END_TEST

START_TEST(test_nary_nodes_join_what_their_rules_say)
{
    const ad_span all = inputs(6), x = ad_slice(all, 0, 3), y = ad_slice(all, 3, 3);
    static const char beside[] = "...x..\n....x.\n.....x\nx.....\n.x....\n..x...\n",
                      both[] = "x..x..\n.x..x.\n..x..x\nx..x..\n.x..x.\n..x..x\n";
    assert_pattern(hessian_of(ad_weighted_sum(x, y), all), 2, beside);
    assert_pattern(hessian_of(ad_half_sum_of_squares(x, y), all), 2, both);
    assert_pattern(hessian_of(ad_sum_of_squares(x, y), all), 2, both);
    assert_pattern(hessian_of(ad_mean_of_squares(x, y), all), 2, both);
    assert_pattern(hessian_of(ad_logistic_cross_entropy(x, y), all), 2,
                   "x..x..\n.x..x.\n..x..x\nx.....\n.x....\n..x...\n");
    assert_pattern(hessian_of(ad_binary_cross_entropy(x, y), all), 2,
                   "x..x..\n.x..x.\n..x..x\nx.....\n.x....\n..x...\n");
    assert_pattern(hessian_of(ad_softmax_cross_entropy(x, y), all), 4,
                   "xxxxxx\nxxxxxx\nxxxxxx\nxxx...\nxxx...\nxxx...\n");
    assert_pattern(hessian_of(ad_softmax_cross_entropy(x, ad_constants(tape, (double[]){0, 1, 0}, 3)), all), 3,
                   "xxx...\nxxx...\nxxx...\n......\n......\n......\n");
    assert_pattern(hessian_of(ad_log_sum_exp(ad_gather(tape, (ad_var[]){ad_at(x, 0), ad_at(y, 1)}, 2)), all), 2,
                   "x...x.\n......\n......\n......\nx...x.\n......\n");
}
END_TEST

/* The costs of a batch of samples through a network of one hidden layer, by all its parameters. */
static ad_var network_cost(ad_span parameters, size_t in, size_t hidden, size_t out, size_t samples)
{
    double numbers[256], targets[256] = {0};
    for (size_t k = 0; k < samples * in; k++) numbers[k] = sin((double)(3 * k + 1));
    for (size_t k = 0; k < samples; k++) targets[k * out + k % out] = 1;
    const ad_span w = ad_slice(parameters, 0, in * hidden), b = ad_slice(parameters, in * hidden, hidden);
    const ad_span v = ad_slice(parameters, (in + 1) * hidden, hidden * out);
    const ad_span z = ad_weighted_sums_batch(w, ad_constants(tape, numbers, samples * in), samples);
    const ad_span h = ad_each(AD_OP_TANH, ad_each2(AD_OP_ADD, z, b));
    const ad_span o = ad_weighted_sums_batch(v, h, samples);
    return ad_sum(ad_each_row(AD_OP_SOFTMAX_CROSS_ENTROPY, o, ad_constants(tape, targets, samples * out), samples));
}

START_TEST(test_the_hessian_of_a_network_by_its_parameters_is_full)
{
    enum { IN = 3, HIDDEN = 5, OUT = 4, N = (IN + 1) * HIDDEN + HIDDEN * OUT };
    const ad_span x = inputs(N);
    assert_size(hessian_of(network_cost(x, IN, HIDDEN, OUT, 6), x), N * N, N);
}
END_TEST

START_TEST(test_units_that_share_no_weight_do_not_interact)
{
    enum { UNITS = 50, IN = 4 };
    const ad_span w = inputs(UNITS * IN);
    const ad_span z = ad_weighted_sums(w, ad_constants(tape, (double[]){1, -2, 3, 0.5}, IN));
    assert_size(hessian_of(ad_sum(ad_each(AD_OP_SIGMOID, z)), w), UNITS * IN * IN, IN);
}
END_TEST

/* --------------------------------------------------------------------- operations of the program's own */

/* y_0 = x_0 x_1, y_1 = x_1 + x_2 */
static bool custom_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = x[0] * x[1];
    y[1] = x[1] + x[2];
    return true;
}

static bool custom_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)y, (void)m;
    g[0] = s[0] * x[1];
    g[1] = s[0] * x[0] + s[1];
    g[2] = s[1];
    return true;
}

static bool custom_record(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                          const ad_var *s, ad_var *g)
{
    (void)state, (void)t, (void)n, (void)y, (void)m;
    g[0] = ad_mul(s[0], x[1]);
    g[1] = ad_add(ad_mul(s[0], x[0]), s[1]);
    g[2] = s[1];
    return true;
}

static ad_span call(bool with_second_rule, const ad_var *x)
{
    const ad_custom custom = {.name = with_second_rule ? "twice" : "once",
                              .inputs = 3,
                              .outputs = 2,
                              .value = custom_value,
                              .vjp = custom_vjp,
                              .record_vjp = with_second_rule ? custom_record : NULL};
    return ad_call(ad_register(tape, &custom), x, 3);
}

START_TEST(test_an_operation_of_the_programs_own_joins_all_its_operands)
{
    const ad_span x = inputs(5);
    const ad_var operands[] = {ad_at(x, 0), ad_exp(ad_at(x, 2)), ad_at(x, 4)};
    const ad_span y = call(true, operands);
    assert_ok(tape);
    assert_pattern(jacobian_of(y, x), 2, "x.x.x\nx.x.x\n");
    assert_pattern(hessian_of(ad_add(ad_exp(ad_at(x, 1)), ad_at(y, 0)), x), 3, "x.x.x\n.x...\nx.x.x\n.....\nx.x.x\n");
    const ad_span once = call(false, operands);
    assert_pattern(jacobian_of(once, x), 2, "x.x.x\nx.x.x\n");
    ck_assert_ptr_null(ad_sparse_hessian_new(ad_at(once, 0), x));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(ad_tape_message(tape), "once"));
}
END_TEST

/* ------------------------------------------------------------------------- whatever is recorded */

/* An operation on leaves of its own, as many as it has operands (of an n-ary one, three in each sequence). */
static ad_var operation(ad_op op, ad_span *x)
{
    const int arity = ad_op_get(op)->arity;
    *x = inputs(arity > 0 ? (size_t)arity : has_two_sequences(op) ? 6 : 3);
    if (arity < 0) return apply_nary(op, ad_slice(*x, 0, 3), ad_slice(*x, x->count - 3, 3));
    ad_var operands[3];
    for (size_t k = 0; k < (size_t)arity; k++) operands[k] = ad_at(*x, k);
    return ad_apply(op, operands, (size_t)arity);
}

/* Moves all inputs to random places, in one of several ranges, now and then to integers. */
static void move(generator *g, ad_span x)
{
    static const double range[][2] = {{0.01, 0.99}, {1, 3}, {-2, 2}, {-10, 10}};
    const uint32_t r = below(g, 4), integers = below(g, 2);
    double values[300];
    for (size_t k = 0; k < x.count; k++) {
        values[k] = uniform(g, range[r][0], range[r][1]);
        if (integers && below(g, 2) == 0) values[k] = round(values[k]);
    }
    ck_assert_int_eq(ad_set_all(x, values), AD_OK);
    ck_assert_int_eq(ad_reevaluate(x.tape, NULL), AD_OK);
}

/* Where the dense matrix is ever other than 0. */
static void find_nonzeros(const double *dense, size_t n, bool *nonzero)
{
    for (size_t k = 0; k < n; k++) nonzero[k] = nonzero[k] || (dense[k] != 0 && isfinite(dense[k]));
}

static void assert_nonzeros(const ad_sparse_matrix *m, const bool *nonzero, const char *name)
{
    size_t e = 0;
    for (size_t k = 0; k < m->rows * m->columns; k++) {
        const bool listed = e < m->count && m->row[e] * m->columns + m->column[e] == k;
        ck_assert_msg(listed == nonzero[k], "%s: element %zu is %slisted", name, k, listed ? "" : "not ");
        e += listed;
    }
}

START_TEST(test_the_patterns_of_every_operation_are_exact)
{
    const ad_op op = (ad_op)_i;
    generator g = {(uint64_t)_i};
    bool first[6] = {false}, second[36] = {false};
    double dense[36];
    ad_span x;
    const ad_var y = operation(op, &x);
    const ad_span outputs = ad_run(y, 1);
    for (int k = 0; k < 400; k++) {
        move(&g, x);
        ck_assert_int_eq(ad_jacobian(outputs, x, dense), AD_OK);
        find_nonzeros(dense, x.count, first);
        ck_assert_int_eq(ad_hessian(y, x, dense), AD_OK);
        find_nonzeros(dense, (size_t)x.count * x.count, second);
    }
    ad_sparse *jacobian = ad_sparse_jacobian_new(outputs, x), *hessian = ad_sparse_hessian_new(y, x);
    assert_ok(tape);
    assert_nonzeros(ad_sparse_matrix_of(jacobian), first, ad_op_get(op)->name);
    assert_nonzeros(ad_sparse_matrix_of(hessian), second, ad_op_get(op)->name);
    ad_sparse_free(jacobian);
    ad_sparse_free(hessian);
}
END_TEST

START_TEST(test_random_graphs)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        generator g = {seed + 1000 * (uint64_t)_i};
        const script s = random_script(&g, false);
        ad_var slots[SCRIPT_SLOTS];
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span x = ad_run(slots[0], SCRIPT_LEAVES);
        ad_var outputs[4] = {slots[SCRIPT_SLOTS - 1]};
        for (size_t k = 1; k < 4; k++) outputs[k] = slots[below(&g, SCRIPT_SLOTS)];
        ad_sparse_free(jacobian_of(ad_gather(tape, outputs, 4), x));
        ad_sparse_free(hessian_of(outputs[0], x));
    }
}
END_TEST

/* Records operations on leaves and nodes near one another, so that what depends on what is a matter of chance. Returns
 * the last `m` nodes. */
static ad_span random_net(generator *g, ad_span x, uint32_t nodes, uint32_t reach, uint32_t m)
{
    static ad_var slot[2000];
    for (uint32_t k = 0; k < x.count; k++) slot[k] = ad_at(x, k);
    for (uint32_t k = x.count; k < x.count + nodes; k++) {
        const uint32_t near_by = reach < k ? k - reach + below(g, reach) : below(g, k);
        const ad_var a = slot[near_by], b = slot[below(g, k)];
        switch (below(g, 5)) {
        case 0: slot[k] = ad_mul(ad_sin(a), b); break;
        case 1: slot[k] = ad_sub(a, b); break;
        case 2: slot[k] = ad_relu(a); break;
        case 3: slot[k] = ad_softmax2(a, b); break;
        default: slot[k] = ad_sum(ad_gather(tape, (ad_var[]){a, b, a}, 3)); break;
        }
    }
    return ad_gather(tape, slot + x.count + nodes - m, m);
}

START_TEST(test_random_nets_of_many_inputs)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        generator g = {seed + 100 * (uint64_t)_i};
        ad_tape_reset(tape);
        const ad_span x = inputs(1 + below(&g, 250));
        const uint32_t nodes = x.count + below(&g, 400), m = 1 + below(&g, x.count);
        const ad_span y = random_net(&g, x, nodes, 1 + below(&g, 300), m);
        ad_sparse_free(jacobian_of(y, x));
        ad_sparse_free(hessian_of(ad_sum(ad_each(AD_OP_SIN, y)), x));
    }
}
END_TEST

/* Any colouring that is not valid adds elements up: here all are different. */
static double entry(size_t i, size_t j) { return 1 + (double)i * 1000 + (double)j; }

START_TEST(test_colourings_of_random_patterns_are_valid)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        generator g = {seed + 100 * (uint64_t)_i};
        ad_tape_reset(tape);
        const uint32_t n = 2 + below(&g, 90), m = 1 + below(&g, 90), rarity = 1 + below(&g, 40);
        const ad_span x = inputs(n);
        ad_var y[100], total = ad_const(0);
        for (uint32_t i = 0; i < m; i++) y[i] = ad_const(0);
        for (uint32_t i = 0; i < m; i++)
            for (uint32_t j = 0; j < n; j++)
                if (below(&g, rarity) == 0) y[i] = ad_fma(ad_const(entry(i, j)), ad_at(x, j), y[i]);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j <= i; j++)
                if (below(&g, rarity) == 0)
                    total = ad_fma(ad_mul(ad_at(x, i), ad_at(x, j)), ad_const(entry(i, j)), total);
        ad_sparse_free(jacobian_of(ad_gather(tape, y, m), x));
        ad_sparse_free(hessian_of(total, x));
    }
}
END_TEST

/* ---------------------------------------------------------------------------------- evaluation */

START_TEST(test_a_matrix_is_evaluated_again_at_other_points)
{
    generator g = {7};
    const ad_span x = inputs(150), y = broyden(x);
    const ad_var total = ad_add(chain(x), ad_sum(y));
    ad_sparse *jacobian = jacobian_of(y, x), *hessian = hessian_of(total, x);
    for (int k = 0; k < 5; k++) {
        const double before = ad_sparse_matrix_of(jacobian)->value[0], after = ad_sparse_matrix_of(hessian)->value[0];
        move(&g, x);
        ck_assert_int_eq(ad_sparse_evaluate(jacobian), AD_OK);
        ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_OK);
        ck_assert_double_ne(ad_sparse_matrix_of(jacobian)->value[0], before);
        ck_assert_double_ne(ad_sparse_matrix_of(hessian)->value[0], after);
        assert_values_of_jacobian(jacobian, y, x);
        assert_values_of_hessian(hessian, total, x);
    }
    ad_sparse_free(jacobian);
    ad_sparse_free(hessian);
}
END_TEST

START_TEST(test_a_matrix_holds_for_the_other_side_of_a_kink)
{
    const ad_span x = ad_leaves(tape, (double[]){-1, 2}, 2);
    const ad_var a = ad_at(x, 0), b = ad_at(x, 1), y = ad_mul(ad_leaky_relu(a, b), ad_max(a, b));
    ad_sparse *hessian = hessian_of(y, x);
    move(&(generator){3}, x);
    ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_OK);
    assert_values_of_hessian(hessian, y, x);
    ad_sparse_free(hessian);
}
END_TEST

START_TEST(test_the_tape_stays_as_it_is)
{
    const ad_span x = inputs(10);
    const ad_var y = chain(x);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    const double gradient = ad_grad(ad_at(x, 4));
    const size_t nodes = ad_tape_stats(tape).nodes;
    ad_sparse *hessian = ad_sparse_hessian_new(y, x), *jacobian = ad_sparse_jacobian_new(ad_run(y, 1), x);
    ck_assert(hessian != NULL && jacobian != NULL);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes);
    ck_assert_double_eq(ad_grad(ad_at(x, 4)), gradient);
    ck_assert_double_eq(ad_sparse_matrix_of(jacobian)->value[4], gradient);
    ad_sparse_free(hessian);
    ad_sparse_free(jacobian);
}
END_TEST

/* A hundred thousand inputs: elements near both ends and in the middle are what they should be. */
START_TEST(test_a_large_chain_takes_three_products)
{
    enum { N = 100000 };
    const ad_span x = inputs(N);
    const double *at = ad_values(x);
    ad_sparse *hessian = ad_sparse_hessian_new(chain(x), x);
    assert_ok(tape);
    const ad_sparse_matrix *m = ad_sparse_matrix_of(hessian);
    ck_assert_uint_eq(m->count, 3 * N - 2);
    ck_assert_uint_eq(m->products, 3);
    at = ad_values(x);
    for (size_t i = 1; i + 1 < N; i++) {
        ck_assert_uint_eq(m->row[3 * i], i);
        ck_assert_uint_eq(m->column[3 * i], i);
        assert_near(m->value[3 * i - 1], -4 * at[i - 1], 1e-12);
        assert_near(m->value[3 * i], 12 * at[i] * at[i] - 4 * at[i + 1] + 4, 1e-12);
        assert_near(m->value[3 * i + 1], -4 * at[i], 1e-12);
    }
    ad_sparse_free(hessian);
}
END_TEST

START_TEST(test_a_matrix_of_many_products_goes_through_in_batches)
{
    enum { N = 1500 };
    const ad_span x = inputs(N);
    ad_var *y = malloc(N * sizeof *y);
    ck_assert_ptr_nonnull(y);
    for (size_t i = 0; i < N; i++) y[i] = ad_mul(ad_at(x, 0), ad_at(x, i));
    y[0] = ad_weighted_sum(x, x);
    ad_sparse *sparse = ad_sparse_jacobian_new(ad_gather(tape, y, N), x);
    assert_ok(tape);
    const ad_sparse_matrix *m = ad_sparse_matrix_of(sparse);
    ck_assert_uint_eq(m->products, N);
    ck_assert_uint_eq(m->count, 3 * N - 2);
    for (size_t i = 1; i < N; i++) {
        assert_near(m->value[i], 2 * ad_value(ad_at(x, i)), 1e-15);
        ck_assert_double_eq(m->value[N + 2 * i - 2], ad_value(ad_at(x, i)));
        ck_assert_double_eq(m->value[N + 2 * i - 1], ad_value(ad_at(x, 0)));
    }
    ad_sparse_free(sparse);
    free(y);
}
END_TEST

/* -------------------------------------------------------------------------------------- errors */

START_TEST(test_what_is_not_fit_for_it_is_refused)
{
    const ad_span x = inputs(2), none = {0};
    const ad_var a = ad_at(x, 0), y = ad_exp(a), nothing = {0};
    ad_tape *other = ad_tape_new();
    const ad_span foreign = ad_leaves(other, NULL, 1);
    ck_assert_ptr_null(ad_sparse_jacobian_new(none, x));
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_jacobian_new: operand 1 is the invalid handle");
    ck_assert_ptr_null(ad_sparse_jacobian_new(foreign, x));
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_jacobian_new: operand 1 belongs to another tape");
    ck_assert_ptr_null(ad_sparse_jacobian_new(ad_run(y, 1), ad_run(y, 1)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_sparse_jacobian_new: input 1, node 2, is not a leaf");
    ck_assert_ptr_null(ad_sparse_hessian_new(nothing, x));
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_hessian_new: operand 1 is the invalid handle");
    ck_assert_ptr_null(ad_sparse_hessian_new(ad_at(foreign, 0), x));
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_hessian_new: operand 1 belongs to another tape");
    ck_assert_ptr_null(ad_sparse_hessian_new(y, ad_gather(tape, (ad_var[]){a, ad_const(1)}, 2)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_sparse_hessian_new: input 2 is a constant: inputs are leaves");
    ck_assert_ptr_null(ad_sparse_hessian_new(y, none));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ck_assert_ptr_null(ad_sparse_hessian_new(y, x));
    ck_assert_ptr_null(ad_sparse_jacobian_new(x, x));
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_set(a, 1), AD_OK);
    ck_assert_ptr_null(ad_sparse_hessian_new(y, x));
    assert_error(tape, AD_ERR_STALE,
                 "ad_sparse_hessian_new: a leaf was set since these values were computed: ad_reevaluate first");
    ck_assert_ptr_null(ad_sparse_hessian_new(nothing, none));
    ck_assert_ptr_null(ad_sparse_jacobian_new(none, none));
    assert_ok(tape);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_a_matrix_knows_when_what_it_is_of_is_gone)
{
    const ad_span x = inputs(2);
    const ad_mark mark = ad_tape_mark(tape);
    ad_var y = ad_exp(ad_at(x, 0));
    ad_sparse *hessian = hessian_of(y, x), *jacobian = jacobian_of(ad_run(y, 1), x);
    ck_assert_int_eq(ad_set(ad_at(x, 0), 2), AD_OK);
    ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_ERR_STALE);
    assert_error(tape, AD_ERR_STALE,
                 "ad_sparse_evaluate: a leaf was set since these values were computed: ad_reevaluate first");
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    y = ad_exp(ad_at(x, 1));
    ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_evaluate: operand 1 is from before a rewind or a reset");
    ck_assert_int_eq(ad_sparse_evaluate(jacobian), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_sparse_evaluate: operand 1 is from before a rewind or a reset");
    ad_sparse_free(jacobian);
    ad_sparse_free(hessian);
    hessian = hessian_of(ad_const(1), x);
    ad_tape_reset(tape);
    ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_sparse_free(hessian);
}
END_TEST

START_TEST(test_no_matrix_at_all_is_no_crash)
{
    ad_sparse_free(NULL);
    ck_assert_ptr_null(ad_sparse_matrix_of(NULL));
    ck_assert_int_eq(ad_sparse_evaluate(NULL), AD_ERR_HANDLE);
}
END_TEST

static void try_inside(void *user, const ad_sweep_step *step)
{
    size_t *refused = user;
    ad_tape *t = step->node.tape;
    *refused += ad_sparse_hessian_new(step->node, ad_run(ad_node_at(t, 0), 1)) == NULL;
}

START_TEST(test_inside_a_watcher_there_is_no_new_matrix)
{
    size_t refused = 0;
    const ad_var y = ad_exp(ad_leaf(tape, 1));
    ad_watch(tape, try_inside, &refused);
    ck_assert_int_eq(ad_backward(y), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_sparse_hessian_new: not inside a watcher");
    ck_assert_uint_eq(refused, 1);
}
END_TEST

/* --------------------------------------------------------------------------------------- memory */

/* Inputs and operations that make use of sets of all kinds: single ones, lists and bits, dropped and found again. */
static ad_span record_of_all_kinds(ad_span *x, ad_var *total)
{
    enum { N = 100, NODES = 250 };
    generator g = {5};
    *x = inputs(N);
    const ad_span y = random_net(&g, *x, NODES, 30, 50);
    *total = ad_sum(ad_each(AD_OP_SIN, ad_gather(tape, (ad_var[]){ad_at(y, 0), ad_at(y, 10), ad_at(y, 49)}, 3)));
    return y;
}

static void assert_held(const failing_memory *memory)
{
    ck_assert(!memory->wrong_size);
    ck_assert_uint_eq(memory->held, ad_tape_stats(tape).bytes_reserved);
}

static ad_sparse *sparse_of(bool is_hessian, ad_span y, ad_var total, ad_span x)
{
    return is_hessian ? ad_sparse_hessian_new(total, x) : ad_sparse_jacobian_new(y, x);
}

/* The matrix is the one that there was when nothing failed, which is kept. */
static void assert_as_ever(const ad_sparse_matrix *m)
{
    static struct {
        size_t count;
        uint32_t row[9000], column[9000];
        double value[9000];
    } kept;
    ck_assert_uint_le(m->count, 9000);
    if (kept.count == 0) {
        kept.count = m->count;
        memcpy(kept.row, m->row, m->count * sizeof *m->row);
        memcpy(kept.column, m->column, m->count * sizeof *m->column);
        memcpy(kept.value, m->value, m->count * sizeof *m->value);
    }
    ck_assert_uint_eq(m->count, kept.count);
    ck_assert_mem_eq(m->row, kept.row, m->count * sizeof *m->row);
    ck_assert_mem_eq(m->column, kept.column, m->count * sizeof *m->column);
    ck_assert_mem_eq(m->value, kept.value, m->count * sizeof *m->value);
}

/* Whether the k-th request of making a matrix (0: none) was reached; it fails. What fails is told, and done again it
 * works. */
static bool survives(size_t k, bool for_ever, bool is_hessian)
{
    failing_memory memory = {0};
    ad_span x;
    ad_var total;
    tape = failing_tape(&memory);
    const ad_span y = record_of_all_kinds(&x, &total);
    assert_ok(tape);
    fail_at(&memory, k, for_ever);
    ad_sparse *sparse = sparse_of(is_hessian, y, total, x);
    const bool reached = memory.calls >= k;
    assert_held(&memory);
    ck_assert_int_eq(ad_tape_error(tape), sparse == NULL ? AD_ERR_MEMORY : AD_OK);
    fail_at(&memory, 0, false);
    if (sparse == NULL) {
        ck_assert(reached);
        ad_tape_clear_error(tape);
        sparse = sparse_of(is_hessian, y, total, x);
    }
    assert_ok(tape);
    assert_as_ever(ad_sparse_matrix_of(sparse));
    ad_sparse_free(sparse);
    assert_held(&memory);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
    return reached;
}

START_TEST(test_every_failed_request_is_told_and_leaks_nothing)
{
    size_t k = 0;
    while (survives(k, _i & 1, _i & 2)) k++;
    ck_assert_uint_gt(k, 200);
}
END_TEST

/* How much more memory than before the call it took, at most, to make a matrix. */
static size_t peak_of(bool is_hessian, ad_span y, ad_var total, ad_span x)
{
    const size_t before = ad_tape_stats(tape).bytes_reserved;
    ad_sparse *sparse = sparse_of(is_hessian, y, total, x);
    assert_ok(tape);
    ad_sparse_free(sparse);
    return ad_tape_stats(tape).bytes_peak - before;
}

START_TEST(test_sets_that_nothing_needs_any_more_are_freed)
{
    enum { N = 20000 };
    begin();
    const ad_span x = inputs(N);
    ad_var y = ad_const(0);
    for (size_t i = 0; i < N; i++) y = ad_sin(ad_add(y, ad_at(x, i)));
    ck_assert_uint_lt(peak_of(false, ad_run(y, 1), y, x), N * (N / 8) / 4);
    end();
}
END_TEST

START_TEST(test_nodes_that_depend_on_the_same_share_a_set)
{
    enum { IN = 100, UNITS = 30, SAMPLES = 1000, N = IN * UNITS };
    begin();
    const ad_span x = inputs(N);
    double *samples = new_numbers(SAMPLES * IN);
    for (size_t k = 0; k < SAMPLES * IN; k++) samples[k] = cos((double)k);
    const ad_span z = ad_weighted_sums_batch(x, ad_constants(tape, samples, SAMPLES * IN), SAMPLES);
    const ad_var y = ad_sum(ad_each(AD_OP_TANH, z));
    ck_assert_uint_lt(peak_of(false, ad_run(y, 1), y, x), SAMPLES * UNITS * (N / 8) * 3 / 4);
    free(samples);
    end();
}
END_TEST

START_TEST(test_a_long_sum_on_the_way_to_the_output_of_a_hessian_needs_no_sets)
{
    enum { N = 1000 };
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    const ad_span x = inputs(N);
    ad_var y = ad_const(0);
    for (size_t i = 0; i < N; i++) y = ad_add(y, ad_exp(ad_at(x, i)));
    memory.calls = 0;
    ad_sparse_free(ad_sparse_hessian_new(y, x));
    assert_ok(tape);
    ck_assert_uint_lt(memory.calls, N / 2);
    end();
}
END_TEST

/* A tape in whose memory there is nothing left for the working memory of a product. */
START_TEST(test_an_evaluation_without_memory_is_told)
{
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    const ad_span x = inputs(5), y = broyden(x);
    ad_sparse *jacobian = ad_sparse_jacobian_new(y, x);
    assert_ok(tape);
    for (int k = 0; k < 10000; k++) ad_exp(ad_at(x, 0));
    const ad_span later = ad_each(AD_OP_EXP, x);
    ad_sparse *other = ad_sparse_jacobian_new(later, x);
    assert_ok(tape);
    fail_at(&memory, 1, true);
    ck_assert_int_eq(ad_sparse_evaluate(jacobian), AD_OK);
    ck_assert_ptr_null(ad_sparse_jacobian_new(later, x));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_MEMORY);
    ck_assert_int_eq(ad_sparse_evaluate(other), AD_ERR_MEMORY);
    ad_sparse_free(other);
    ad_sparse_free(jacobian);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sparse");
    TCase *jacobians = tcase_create("jacobians"), *hessians = tcase_create("hessians");
    TCase *random = tcase_create("random"), *evaluation = tcase_create("evaluation");
    TCase *errors = tcase_create("errors"), *memory = tcase_create("memory");
    TCase *all[] = {jacobians, hessians, random, evaluation, errors, memory};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        suite_add_tcase(suite, all[k]);
        tcase_set_timeout(all[k], 120);
        if (all[k] != memory) tcase_add_checked_fixture(all[k], begin, end);
    }
    tcase_add_test(jacobians, test_a_diagonal_jacobian_takes_one_product);
    tcase_add_loop_test(jacobians, test_a_band_takes_as_many_products_as_it_is_wide, 1, 9);
    tcase_add_test(jacobians, test_a_tridiagonal_jacobian_takes_three_products);
    tcase_add_test(jacobians, test_a_full_row_is_had_by_rows_and_a_full_column_by_columns);
    tcase_add_test(jacobians, test_a_block_diagonal_jacobian_takes_as_many_products_as_a_block_is_wide);
    tcase_add_test(jacobians, test_a_full_jacobian_takes_as_many_products_as_a_dense_one);
    tcase_add_test(jacobians, test_constants_unused_inputs_and_foreign_leaves_have_no_elements);
    tcase_add_test(jacobians, test_a_leaf_that_stands_twice_is_two_inputs);
    tcase_add_test(jacobians, test_what_only_decides_has_no_derivative);
    tcase_add_test(jacobians, test_the_better_one_of_two_orders_is_taken);
    tcase_add_test(jacobians, test_outputs_in_any_order_and_more_than_once);
    tcase_add_test(hessians, test_a_separable_function_has_a_diagonal_hessian_of_one_product);
    tcase_add_test(hessians, test_a_tridiagonal_hessian_takes_three_products);
    tcase_add_loop_test(hessians, test_a_hessian_shaped_as_an_arrow_takes_two_products, 0, 2);
    tcase_add_test(hessians, test_a_full_hessian_takes_as_many_products_as_there_are_inputs);
    tcase_add_test(hessians, test_a_block_diagonal_hessian_takes_as_many_products_as_a_block_is_wide);
    tcase_add_test(hessians, test_a_linear_function_has_an_empty_hessian);
    tcase_add_test(hessians, test_only_operations_on_the_way_to_the_output_join_inputs);
    tcase_add_test(hessians, test_nary_nodes_join_what_their_rules_say);
    tcase_add_test(hessians, test_the_hessian_of_a_network_by_its_parameters_is_full);
    tcase_add_test(hessians, test_units_that_share_no_weight_do_not_interact);
    tcase_add_test(hessians, test_an_operation_of_the_programs_own_joins_all_its_operands);
    tcase_add_loop_test(random, test_the_patterns_of_every_operation_are_exact, AD_OP_LEAF + 1, AD_OP_COUNT);
    tcase_add_loop_test(random, test_random_graphs, 0, 8);
    tcase_add_loop_test(random, test_random_nets_of_many_inputs, 0, 8);
    tcase_add_loop_test(random, test_colourings_of_random_patterns_are_valid, 0, 8);
    tcase_add_test(evaluation, test_a_matrix_is_evaluated_again_at_other_points);
    tcase_add_test(evaluation, test_a_matrix_holds_for_the_other_side_of_a_kink);
    tcase_add_test(evaluation, test_the_tape_stays_as_it_is);
    tcase_add_test(evaluation, test_a_large_chain_takes_three_products);
    tcase_add_test(evaluation, test_a_matrix_of_many_products_goes_through_in_batches);
    tcase_add_test(errors, test_what_is_not_fit_for_it_is_refused);
    tcase_add_test(errors, test_a_matrix_knows_when_what_it_is_of_is_gone);
    tcase_add_test(errors, test_no_matrix_at_all_is_no_crash);
    tcase_add_test(errors, test_inside_a_watcher_there_is_no_new_matrix);
    tcase_add_test(memory, test_sets_that_nothing_needs_any_more_are_freed);
    tcase_add_test(memory, test_nodes_that_depend_on_the_same_share_a_set);
    tcase_add_test(memory, test_a_long_sum_on_the_way_to_the_output_of_a_hessian_needs_no_sets);
    tcase_add_test(memory, test_an_evaluation_without_memory_is_told);
    tcase_add_loop_test(memory, test_every_failed_request_is_told_and_leaks_nothing, 0, 4);
    return run_suite(suite);
}
