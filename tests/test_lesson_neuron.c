/* SPDX-License-Identifier: MIT */
/* `chainrule lesson neuron`: every number of its JSON, again by plain loops; Mazur's published numbers. */
#include "golden.h"
#include "lesson_json.h"
#include "plain_net.h"
#include "run_suite.h"

static const struct lesson {
    const char *options;
    size_t depth, n[6];
    plain_kind hidden, output;
    bool lacks_biases;
    double rate;
} lessons[] = {
    {"", 2, {2, 2, 2}, PLAIN_SIGMOID, PLAIN_SIGMOID, false, 0.5},
    {"--rate=3 --digits=12", 2, {2, 2, 2}, PLAIN_SIGMOID, PLAIN_SIGMOID, false, 3},
    {"--sizes=3,3,4,3 --activation=tanh --rate=0.1", 3, {3, 3, 4, 3}, PLAIN_TANH, PLAIN_SIGMOID, false, 0.1},
    {"--sizes=2,3,2 --no-bias --output=identity --seed=4 --rate=0.25",
     2,
     {2, 3, 2},
     PLAIN_SIGMOID,
     PLAIN_IDENTITY,
     true,
     0.25},
    {"--sizes=1,2,2,2,1 --seed=2", 4, {1, 2, 2, 2, 1}, PLAIN_SIGMOID, PLAIN_SIGMOID, false, 0.5},
    {"--sizes=2,3,1 --activation=relu --seed=7", 2, {2, 3, 1}, PLAIN_RELU, PLAIN_SIGMOID, false, 0.5},
    {"--sizes=3,2 --rate=1", 1, {3, 2}, PLAIN_SIGMOID, PLAIN_SIGMOID, false, 1},
};
enum { LESSONS = sizeof lessons / sizeof *lessons };

static json_t *json_of(const struct lesson *c)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson neuron --json %s", c->options);
    return lesson_json(line);
}

static json_t *numbered_block(json_t *all, const char *name, size_t l)
{
    char key[40];
    snprintf(key, sizeof key, "%s%zu", name, l);
    return block_of(all, key);
}

/* ------------------------------------------------------------------------------------ the network */

/* Neurons count from 1 through all layers. */
static size_t neuron(const plain_net *net, size_t l, size_t j)
{
    size_t number = j + 1;
    for (size_t m = 0; m < l; m++) number += net->n[m];
    return number;
}

static const char *weight_name(const plain_net *net, size_t l, size_t j, size_t k)
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

static void read_parameters(plain_net *net, json_t *table)
{
    size_t row = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        for (size_t j = 0; j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++, row++) {
                assert_name(table, row, "", weight_name(net, l, j, k));
                net->w[l][j][k] = number_at(table, row, 1);
            }
        for (size_t j = 0; net->has_biases && j < net->n[l]; j++, row++) {
            char name[40];
            snprintf(name, sizeof name, "b_%zu", neuron(net, l, j));
            assert_name(table, row, "", name);
            net->b[l][j] = number_at(table, row, 1);
        }
    }
    ck_assert_uint_eq(rows_of(table), row);
}

static double half_squares(const plain_net *net)
{
    double sum = 0;
    for (size_t j = 0; j < net->n[net->depth]; j++) sum += pow(net->y[j] - net->a[net->depth][j], 2) / 2;
    return sum;
}

static plain_net *network_of(const struct lesson *c, json_t *all)
{
    plain_net *net = calloc(1, sizeof *net);
    const size_t L = c->depth;
    if (net == NULL) abort();
    net->depth = L;
    net->has_biases = !c->lacks_biases;
    for (size_t l = 0; l <= L; l++) {
        net->n[l] = c->n[l];
        net->kind[l] = l == L ? c->output : c->hidden;
    }
    for (size_t k = 0; k < net->n[0] + net->n[L]; k++) {
        const bool is_x = k < net->n[0];
        char key[40];
        snprintf(key, sizeof key, "%c_%zu", is_x ? 'x' : 'y', is_x ? k + 1 : k + 1 - net->n[0]);
        *(is_x ? &net->a[0][k] : &net->y[k - net->n[0]]) = value_of(all, key);
    }
    read_parameters(net, block_of(all, "parameters"));
    plain_forward(net);
    for (size_t j = 0; j < net->n[L]; j++)
        net->delta[L][j] = -(net->y[j] - net->a[L][j]) * plain_slope(net->kind[L], net->z[L][j]);
    plain_backward(net);
    return net;
}

static double dw(const plain_net *net, size_t l, size_t j, size_t k) { return net->delta[l][j] * net->a[l - 1][k]; }

/* ------------------------------------------------------------------------------ neuron by neuron */

/* The decimal numbers of a formula are among these, with the digits that are shown. */
static void assert_made_of(const char *text, const double *among, size_t count)
{
    for (const char *at = text; *at != '\0';) {
        const size_t length = starts_number(text, at) ? number_length(at) : 0;
        const shown_number shown = number_in(at, length);
        bool found = length == 0;
        for (size_t k = 0; k < count; k++)
            found = found || fabs(fabs(shown.value) - fabs(among[k])) <= 0.5001 * shown.unit;
        ck_assert_msg(found, "%.*s in %s", (int)length, at, text);
        at += length > 0 ? length : 1;
    }
}

static void check_z_in_numbers(const plain_net *net, size_t l, size_t j, const char *text)
{
    double among[2 * PLAIN_WIDTH + 1];
    size_t count = 0;
    for (size_t k = 0; k < net->n[l - 1]; k++) {
        among[count++] = net->w[l][j][k];
        among[count++] = net->a[l - 1][k];
    }
    if (net->has_biases) among[count++] = net->b[l][j];
    assert_made_of(text, among, count);
}

START_TEST(test_forward_pass_is_that_of_plain_loops)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "forward");
    plain_net *net = network_of(c, all);
    size_t row = 0;
    for (size_t l = 1; l <= net->depth; l++)
        for (size_t j = 0; j < net->n[l]; j++, row++) {
            ck_assert(number_at(table, row, 0) == (double)neuron(net, l, j));
            assert_close(number_at(table, row, 1), net->z[l][j], "z");
            assert_close(number_at(table, row, 2), net->a[l][j], "o");
            check_z_in_numbers(net, l, j, shown_at(table, row, 3));
        }
    ck_assert_uint_eq(rows_of(table), row);
    assert_close(value_of(all, "L"), half_squares(net), "L");
    free(net);
    json_decref(all);
}
END_TEST

static void check_delta_in_numbers(const plain_net *net, size_t l, size_t j, const char *text)
{
    double among[2 * PLAIN_WIDTH + 3];
    size_t count = 0;
    among[count++] = plain_slope(net->kind[l], net->z[l][j]);
    if (l == net->depth) {
        among[count++] = net->y[j];
        among[count++] = net->a[l][j];
    }
    for (size_t k = 0; l < net->depth && k < net->n[l + 1]; k++) {
        among[count++] = net->w[l + 1][k][j];
        among[count++] = net->delta[l + 1][k];
    }
    assert_made_of(text, among, count);
}

START_TEST(test_deltas_are_those_of_plain_loops)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "deltas");
    plain_net *net = network_of(c, all);
    size_t row = 0;
    for (size_t l = net->depth; l >= 1; l--)
        for (size_t j = 0; j < net->n[l]; j++, row++) {
            const double slope = plain_slope(net->kind[l], net->z[l][j]), o = net->a[l][j];
            ck_assert(number_at(table, row, 0) == (double)neuron(net, l, j));
            assert_close(number_at(table, row, 1), slope, "the slope");
            if (net->kind[l] == PLAIN_SIGMOID) assert_close(number_at(table, row, 2), o * (1 - o), "o (1 - o)");
            if (net->kind[l] == PLAIN_TANH) assert_close(number_at(table, row, 2), 1 - o * o, "1 - o^2");
            assert_close(number_at(table, row, 3), net->delta[l][j], "delta");
            check_delta_in_numbers(net, l, j, shown_at(table, row, 4));
        }
    ck_assert_uint_eq(rows_of(table), row);
    free(net);
    json_decref(all);
}
END_TEST

START_TEST(test_gradients_are_delta_times_output)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "gradients");
    plain_net *net = network_of(c, all);
    size_t row = 0;
    for (size_t l = net->depth; l >= 1; l--)
        for (size_t j = 0; j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++, row++) {
                assert_name(table, row, "∂L/∂", weight_name(net, l, j, k));
                assert_close(number_at(table, row, 1), dw(net, l, j, k), "a gradient");
                assert_made_of(shown_at(table, row, 2), (double[]){net->delta[l][j], net->a[l - 1][k]}, 2);
            }
    ck_assert_uint_eq(rows_of(table), row);
    free(net);
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------- rows and matrices */

static void assert_row(json_t *matrix, const double *expected, size_t n, double sign)
{
    ck_assert_uint_eq(json_array_size(matrix), 1);
    ck_assert_uint_eq(json_array_size(json_array_get(matrix, 0)), n);
    for (size_t j = 0; j < n; j++) assert_close(entry_at(matrix, 0, j), sign * expected[j], "an entry of a row");
}

static void slopes_of(const plain_net *net, size_t l, double *slopes)
{
    for (size_t j = 0; j < net->n[l]; j++) slopes[j] = plain_slope(net->kind[l], net->z[l][j]);
}

START_TEST(test_rows_times_matrices_minus_biases_are_z)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c);
    plain_net *net = network_of(c, all);
    for (size_t l = 1; l <= net->depth; l++) {
        json_t *z = numbered_block(all, "row_z", l), *w = matrix_of(z, 1);
        assert_row(matrix_of(z, 0), net->a[l - 1], net->n[l - 1], 1);
        ck_assert_uint_eq(json_array_size(w), net->n[l - 1]);
        for (size_t k = 0; k < net->n[l - 1]; k++)
            for (size_t j = 0; j < net->n[l]; j++) ck_assert(entry_at(w, k, j) == net->w[l][j][k]);
        if (net->has_biases) assert_row(matrix_of(z, 2), net->b[l], net->n[l], -1);
        assert_row(matrix_of(z, net->has_biases ? 3 : 2), net->z[l], net->n[l], 1);
        ck_assert_uint_eq(matrices_in(z), net->has_biases ? 4 : 3);
        assert_row(matrix_of(numbered_block(all, "row_output", l), 0), net->a[l], net->n[l], 1);
    }
    free(net);
    json_decref(all);
}
END_TEST

static void check_dE_db(const plain_net *net, size_t l, json_t *block)
{
    double slopes[PLAIN_WIDTH];
    slopes_of(net, l, slopes);
    if (l == net->depth) {
        assert_row(matrix_of(block, 0), net->a[l], net->n[l], 1);
        assert_row(matrix_of(block, 1), net->y, net->n[l], 1);
    } else {
        assert_row(matrix_of(block, 0), net->delta[l + 1], net->n[l + 1], -1);
        for (size_t j = 0; j < net->n[l + 1]; j++)
            for (size_t k = 0; k < net->n[l]; k++)
                ck_assert(entry_at(matrix_of(block, 1), j, k) == net->w[l + 1][j][k]);
    }
    assert_row(matrix_of(block, 2), slopes, net->n[l], 1);
    assert_row(matrix_of(block, 3), net->delta[l], net->n[l], -1);
    ck_assert_uint_eq(matrices_in(block), 4);
}

START_TEST(test_recursion_over_biases_keeps_its_minus_signs)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c);
    plain_net *net = network_of(c, all);
    for (size_t l = 1; l <= net->depth; l++) {
        json_t *block = numbered_block(all, "row_dW", l);
        check_dE_db(net, l, numbered_block(all, "row_db", l));
        assert_row(matrix_of(block, 1), net->delta[l], net->n[l], -1);
        for (size_t k = 0; k < net->n[l - 1]; k++) {
            assert_close(entry_at(matrix_of(block, 0), k, 0), net->a[l - 1][k], "an entry of a column");
            for (size_t j = 0; j < net->n[l]; j++)
                assert_close(entry_at(matrix_of(block, 2), k, j), dw(net, l, j, k), "an entry of a gradient");
        }
        ck_assert_uint_eq(matrices_in(block), 3);
    }
    free(net);
    json_decref(all);
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

static size_t check_gradients(const plain_net *net, json_t *table, size_t row, size_t l, double *most)
{
    double all[PLAIN_WIDTH * PLAIN_WIDTH];
    size_t count = 0;
    for (size_t j = 0; j < net->n[l]; j++)
        for (size_t k = 0; k < net->n[l - 1]; k++) {
            assert_name(table, row + count, "∂L/∂", weight_name(net, l, j, k));
            all[count++] = dw(net, l, j, k);
        }
    return check_vector(table, row, all, count, 1, most);
}

START_TEST(test_three_ways_agree_on_every_number)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "three_ways");
    plain_net *net = network_of(c, all);
    json_t *check = json_array_get(json_object_get(all, "checks"), 0);
    size_t row = 0;
    double most = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        row = check_vector(table, row, net->z[l], net->n[l], 1, &most);
        row = check_vector(table, row, net->a[l], net->n[l], 1, &most);
    }
    for (size_t l = net->depth; l >= 1; l--) {
        row = check_vector(table, row, net->delta[l], net->n[l], -1, &most);
        row = check_gradients(net, table, row, l, &most);
    }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(json_number_value(json_object_get(check, "numbers")) == 3 * (double)row);
    ck_assert(json_number_value(json_object_get(check, "difference")) == most);
    free(net);
    json_decref(all);
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
    json_t *all = json_of(&lessons[0]), *table = block_of(all, "three_ways");
    ck_assert_uint_eq(rows_of(table), sizeof names / sizeof *names);
    for (size_t row = 0; row < rows_of(table); row++)
        for (size_t k = 0; k < 2; k++) ck_assert_str_eq(shown_at(table, row, k), names[row][k]);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- the step */

/* The network after a step; in a hurry, the weights of a layer are new before the delta of the one before is found. The
 * gradients that were used go to `used`. */
static plain_net *after_step(const plain_net *net, double rate, bool in_a_hurry,
                             double used[PLAIN_LAYERS][PLAIN_WIDTH][PLAIN_WIDTH])
{
    plain_net *new = malloc(sizeof *new);
    double delta[PLAIN_WIDTH], before[PLAIN_WIDTH];
    if (new == NULL) abort();
    *new = *net;
    for (size_t l = net->depth; l >= 1; l--) {
        for (size_t j = 0; j < net->n[l]; j++) {
            double sum = 0;
            for (size_t k = 0; l < net->depth && k < net->n[l + 1]; k++)
                sum += before[k] * (in_a_hurry ? new : net)->w[l + 1][k][j];
            delta[j] = l == net->depth ? net->delta[l][j] : sum * plain_slope(net->kind[l], net->z[l][j]);
        }
        for (size_t j = 0; j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++) {
                used[l][j][k] = delta[j] * net->a[l - 1][k];
                new->w[l][j][k] = net->w[l][j][k] - rate *used[l][j][k];
            }
        memcpy(before, delta, sizeof before);
    }
    plain_forward(new);
    return new;
}

START_TEST(test_update_goes_down_the_gradient)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "update");
    plain_net *net = network_of(c, all);
    static double used[PLAIN_LAYERS][PLAIN_WIDTH][PLAIN_WIDTH];
    plain_net *new = after_step(net, c->rate, false, used);
    size_t row = 0;
    for (size_t l = net->depth; l >= 1; l--)
        for (size_t j = 0; j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++, row++) {
                assert_name(table, row, "", weight_name(net, l, j, k));
                ck_assert(number_at(table, row, 1) == net->w[l][j][k]);
                assert_close(number_at(table, row, 2), dw(net, l, j, k), "a gradient");
                assert_close(number_at(table, row, 3), new->w[l][j][k], "a new weight");
            }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(value_of(all, "rate") == c->rate);
    free(new);
    free(net);
    json_decref(all);
}
END_TEST

static void check_slip(const plain_net *net, json_t *table, double hurried[PLAIN_LAYERS][PLAIN_WIDTH][PLAIN_WIDTH])
{
    size_t row = 0;
    for (size_t l = net->depth - 1; l >= 1; l--)
        for (size_t j = 0; j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++, row++) {
                assert_name(table, row, "∂L/∂", weight_name(net, l, j, k));
                assert_close(number_at(table, row, 1), dw(net, l, j, k), "the gradient");
                assert_close(number_at(table, row, 2), hurried[l][j][k], "the gradient in a hurry");
                ck_assert(number_at(table, row, 3) == number_at(table, row, 2) - number_at(table, row, 1));
            }
    ck_assert_uint_eq(rows_of(table), row);
}

START_TEST(test_slip_is_computed_and_both_errors_after_it)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *totals = block_of(all, "totals");
    plain_net *net = network_of(c, all);
    static double used[PLAIN_LAYERS][PLAIN_WIDTH][PLAIN_WIDTH];
    plain_net *right = after_step(net, c->rate, false, used), *wrong = after_step(net, c->rate, true, used);
    if (c->depth > 1) check_slip(net, block_of(all, "slip"), used);
    else ck_assert_ptr_null(find_block(all, "slip"));
    ck_assert_uint_eq(rows_of(totals), 3);
    assert_close(number_at(totals, 0, 1), half_squares(net), "before");
    assert_close(number_at(totals, 1, 1), half_squares(right), "at once");
    assert_close(number_at(totals, 2, 1), half_squares(wrong), "in place");
    free(wrong);
    free(right);
    free(net);
    json_decref(all);
}
END_TEST

START_TEST(test_numbers_of_mazur_are_found)
{
    static const double weights[] = {0.35891648,  0.408666186, 0.511301270, 0.561370121,
                                     0.149780716, 0.19956143,  0.24975114,  0.29950229};
    static const char *const totals[] = {"0.298371109", "0.291027774", "0.291027924"};
    json_t *all = json_of(&lessons[0]);
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
    } cases[] = {{"", 2},
                 {"--digits=9", 2},
                 {"--rate=0.4", 0},
                 {"--inputs=.05,.11", 0},
                 {"--sizes=2,2,2", 0},
                 {"--activation=tanh", 0},
                 {"--no-bias", 0}};
    char line[100];
    int times = 0;
    snprintf(line, sizeof line, "chainrule lesson neuron %s", cases[_i].options);
    char *text = output_of(line);
    for (const char *at = text; (at = strstr(at, "Mazur")) != NULL; at++) times++;
    ck_assert_msg(times == cases[_i].times, "%s: %d times", line, times);
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

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_neuron");
    add(suite, "forward", test_forward_pass_is_that_of_plain_loops, LESSONS);
    add(suite, "deltas", test_deltas_are_those_of_plain_loops, LESSONS);
    add(suite, "gradients", test_gradients_are_delta_times_output, LESSONS);
    add(suite, "rows", test_rows_times_matrices_minus_biases_are_z, LESSONS);
    add(suite, "recursion", test_recursion_over_biases_keeps_its_minus_signs, LESSONS);
    add(suite, "three ways", test_three_ways_agree_on_every_number, LESSONS);
    add(suite, "names", test_names_of_both_notes_stand_side_by_side, 1);
    add(suite, "update", test_update_goes_down_the_gradient, LESSONS);
    add(suite, "slip", test_slip_is_computed_and_both_errors_after_it, LESSONS);
    add(suite, "mazur", test_numbers_of_mazur_are_found, 1);
    add(suite, "whose network", test_mazur_is_named_only_where_the_network_is_his, 7);
    add(suite, "luck", test_lower_error_by_the_slip_is_called_luck, 1);
    add(suite, "refusal", test_tape_refuses_the_sweep_after_a_weight_was_set, 1);
    return run_suite(suite);
}
