/* SPDX-License-Identifier: MIT */
/* `chainrule lesson paths`: every number of its JSON, again by plain loops. */
#include "golden.h"
#include "lesson_book.h"
#include "run_suite.h"

#include <nn/nn.h>

/* The lesson counts the input as layer 1: unit j of layer l here is its unit j of layer l + 1. */
static const lesson_case cases[] = {
    {.options = "", .sizes = "2,2,2,1", .no_biases = true, .j = 2},
    {.options = "--unit=3,1 --seed=5 --depth=4", .sizes = "2,2,2,1", .no_biases = true, .l = 2},
    {.options = "--sizes=3,4,4,2 --activation=tanh --unit=2,3 --depth=8",
     .sizes = "3,4,4,2",
     .hidden = "tanh",
     .no_biases = true,
     .j = 3},
    {.options = "--sizes=2,3,3,3 --skip=0,1,0 --biases=.1,.2,.3,.4,.5,.6,.7,.8,.9 --output=softmax --depth=5",
     .sizes = "2,3,3,3",
     .output = "softmax",
     .skip = "0,1,0",
     .j = 2},
    {.options = "--sizes=2,3,2 --output=identity --cost=half_sum_of_squares --activation=relu --seed=3",
     .sizes = "2,3,2",
     .hidden = "relu",
     .output = "identity",
     .no_biases = true,
     .j = 2},
    {.options = "--sizes=2,7,8,2 --depth=3", .sizes = "2,7,8,2", .no_biases = true, .j = 2},
    {.options = "--sizes=2,1 --depth=1", .sizes = "2,1", .no_biases = true},
    {.options = "--sizes=2,12,12,12,1 --depth=20", .sizes = "2,12,12,12,1", .no_biases = true, .j = 2},
};
enum { CASES = sizeof cases / sizeof *cases };

/* The costs of the logistic convention: an output and its cost belong together. */
static void set_cost(book_net *n) { n->is_cross_entropy = strcmp(n->output, "identity") != 0; }

static void know_paths(known *k, const lesson_case *c)
{
    k->all = lesson_of("paths", c->options);
    make_book(&k->net, c);
    set_cost(&k->net);
    read_parameters(k->all, &k->net);
    run_known(k, c);
}

/* ---------------------------------------------------------------------------------- sums over paths */

typedef struct sum {
    double count, sum, size;
} sum;

static sum sum_behind(const known *lesson, size_t l, size_t j);

/* Over all paths from a^l_j to the cost. */
static sum sum_from_output(const known *lesson, size_t l, size_t j)
{
    sum s = {0};
    for (size_t k = 0; k < lesson->net.width[l + 1]; k++) {
        const sum next = sum_behind(lesson, l + 1, k);
        s.count += next.count;
        s.sum += lesson->net.w[l + 1][k][j] * next.sum;
        s.size += fabs(lesson->net.w[l + 1][k][j]) * next.size;
    }
    for (size_t m = l + 1; m < lesson->net.depth; m++) {
        if (lesson->net.skip[m] == 0 || lesson->net.skip[m] != m - l) continue;
        const sum next = sum_from_output(lesson, m, j);
        s = (sum){s.count + next.count, s.sum + next.sum, s.size + next.size};
    }
    return s;
}

/* Over all paths from z^l_j; every one is gone along. */
static sum sum_behind(const known *lesson, size_t l, size_t j)
{
    if (l == lesson->net.depth)
        return (sum){1, lesson->pass.a[l][j] - lesson->y[j], fabs(lesson->pass.a[l][j] - lesson->y[j])};
    const double slope = lesson->pass.slope[l][j];
    const sum s = sum_from_output(lesson, l, j);
    return (sum){s.count, slope * s.sum, fabs(slope) * s.size};
}

/* ------------------------------------------------------------------------------------------ forward */

START_TEST(test_forward_pass_is_that_of_plain_loops)
{
    static known lesson;
    know_paths(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "forward");
    size_t row = 0;
    for (size_t l = 1; l <= lesson.net.depth; l++)
        for (size_t j = 0; j < lesson.net.width[l]; j++, row++) {
            ck_assert(number_at(table, row, 0) == (double)(l + 1) && number_at(table, row, 1) == (double)(j + 1));
            assert_close(number_at(table, row, 2), lesson.pass.z[l][j], "z");
            assert_close(number_at(table, row, 3), lesson.pass.a[l][j], "a");
            if (book_is_softmax(&lesson.net, l)) ck_assert_str_eq(shown_at(table, row, 4), "");
            else assert_close(number_at(table, row, 4), lesson.pass.slope[l][j], "the slope");
        }
    ck_assert_uint_eq(rows_of(table), row);
    assert_close(value_of(lesson.all, "C"), lesson.pass.cost, "C");
    json_decref(lesson.all);
}
END_TEST

START_TEST(test_default_network_has_the_numbers_that_are_documented)
{
    static const double w[] = {0.5, -0.4, 0.3, 0.8, 0.9, -0.6, 0.7, 0.2, 1.2, -0.5};
    static known lesson;
    know_paths(&lesson, &cases[0]);
    assert_parameters_are(&lesson.net, w, NULL);
    ck_assert(lesson.x[0] == 1 && lesson.x[1] == 0.5 && lesson.y[0] == 1);
    json_decref(lesson.all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- paths */

/* A path as its neurons, "z^(2)_2 → a^(3)_1 → z^(4)_1 → C": its layers and units of the plain network. */
typedef struct route {
    size_t count, l[BOOK_LAYERS], j[BOOK_LAYERS];
    bool skipped[BOOK_LAYERS];
} route;

static route route_of(const char *text)
{
    route r = {0};
    for (const char *at = text; *at != 'C';) {
        char letter;
        int read = 0;
        ck_assert_int_eq(sscanf(at, "%c^(%zu)_%zu%n", &letter, &r.l[r.count], &r.j[r.count], &read), 3);
        r.skipped[r.count] = letter == 'a';
        r.l[r.count]--;
        r.j[r.count++]--;
        at += read;
        ck_assert_int_eq(strncmp(at, " → ", strlen(" → ")), 0);
        at += strlen(" → ");
    }
    return r;
}

/* The factors from the cost back. */
static size_t factors_of(const known *lesson, const route *r, double *factors)
{
    size_t count = 0;
    const size_t last = r->count - 1;
    factors[count++] = lesson->pass.a[r->l[last]][r->j[last]] - lesson->y[r->j[last]];
    for (size_t k = last; k-- > 0;) {
        if (!r->skipped[k + 1]) factors[count++] = lesson->net.w[r->l[k + 1]][r->j[k + 1]][r->j[k]];
        else ck_assert(r->j[k + 1] == r->j[k] && lesson->net.skip[r->l[k + 1]] == r->l[k + 1] - r->l[k]);
        if (!r->skipped[k]) factors[count++] = lesson->pass.slope[r->l[k]][r->j[k]];
    }
    return count;
}

static char *symbols_of(const known *lesson, const route *r)
{
    static char text[400];
    const size_t last = r->count - 1, unit = r->j[last] + 1;
    const char *format = lesson->net.width[lesson->net.depth] > 1 ? "(a^(%zu)_%zu − y_%zu)" : "(a^(%zu)_%zu − y)";
    size_t n = (size_t)snprintf(text, sizeof text, format, r->l[last] + 1, unit, unit);
    for (size_t k = last; k-- > 0;) {
        if (!r->skipped[k + 1]) {
            const char *theta = r->j[k + 1] < 9 && r->j[k] < 9 ? " · θ^(%zu)_%zu%zu" : " · θ^(%zu)_{%zu,%zu}";
            n += (size_t)snprintf(text + n, sizeof text - n, theta, r->l[k + 1], r->j[k + 1] + 1, r->j[k] + 1);
        }
        if (!r->skipped[k])
            n += (size_t)snprintf(text + n, sizeof text - n, " σ′(z^(%zu)_%zu)", r->l[k] + 1, r->j[k] + 1);
    }
    return text;
}

/* The numbers of the text are these, in this order, with the digits that are shown. */
static void assert_numbers(const char *text, const double *expected, size_t count)
{
    size_t k = 0;
    for (const char *at = text; *at != '\0';) {
        const size_t length = starts_number(text, at) ? number_length(at) : 0;
        if (length > 0) {
            const shown_number shown = number_in(at, length);
            ck_assert_msg(k < count && fabs(shown.value - expected[k]) <= 0.5001 * shown.unit, "%s: %.*s", text,
                          (int)length, at);
            k++;
        }
        at += length > 0 ? length : 1;
    }
    ck_assert_msg(k == count, "%s has %zu numbers, not %zu", text, k, count);
}

/* All rows but the first columns' numbers; returns the sum of the products. */
static double check_paths(const known *lesson, json_t *table)
{
    double total = 0, factors[2 * BOOK_LAYERS];
    for (size_t row = 0; row < rows_of(table); row++) {
        const route r = route_of(shown_at(table, row, 1));
        const size_t count = factors_of(lesson, &r, factors);
        double product = 1;
        ck_assert(r.l[0] == lesson->l && r.j[0] == lesson->j && r.l[r.count - 1] == lesson->net.depth);
        for (size_t k = 0; k < count; k++) product *= factors[k];
        factors[count] = product;
        ck_assert_str_eq(shown_at(table, row, 2), symbols_of(lesson, &r));
        assert_numbers(shown_at(table, row, 3), factors, count + 1);
        assert_close(number_at(table, row, 4), product, "a product");
        for (size_t other = 0; other < row; other++)
            ck_assert_str_ne(shown_at(table, other, 1), shown_at(table, row, 1));
        total += product;
    }
    return total;
}

START_TEST(test_paths_are_all_there_and_add_up)
{
    static known lesson;
    know_paths(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "paths");
    const sum s = sum_behind(&lesson, lesson.l, lesson.j);
    const double listed = check_paths(&lesson, table);
    if (s.count <= 32) {
        ck_assert((double)rows_of(table) == s.count);
        for (size_t row = 0; row < rows_of(table); row++) ck_assert(number_at(table, row, 0) == (double)(row + 1));
        assert_close_to(value_of(lesson.all, "sum_over_paths"), listed, s.size, "the sum of the list");
    }
    assert_close_to(value_of(lesson.all, "sum_over_paths"), s.sum, 1e3 * s.size, "the sum over all paths");
    json_decref(lesson.all);
}
END_TEST

START_TEST(test_of_many_paths_the_largest_are_listed)
{
    static const size_t many[] = {7};
    static known lesson;
    know_paths(&lesson, &cases[many[_i]]);
    json_t *table = block_of(lesson.all, "paths");
    double larger = 0, least = INFINITY;
    ck_assert_uint_eq(rows_of(table), 5);
    for (size_t row = 0; row < 5; row++) least = fmin(least, fabs(number_at(table, row, 4)));
    for (size_t j = 0; j < 12; j++)
        for (size_t k = 0; k < 12; k++)
            larger +=
                fabs(lesson.pass.dz[4][0] * lesson.net.w[4][0][k] * lesson.pass.slope[3][k] * lesson.net.w[3][k][j] *
                     lesson.pass.slope[2][j] * lesson.net.w[2][j][1] * lesson.pass.slope[1][1]) > least * (1 + 1e-12);
    ck_assert(larger == 4);
    json_decref(lesson.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- layers */

static void check_hidden_delta(const known *lesson, size_t l, json_t *block)
{
    const size_t n = lesson->net.width[l];
    double skips[BOOK_UNITS] = {0};
    json_t *theta = matrix_of(block, 0);
    bool has_skip = false;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < lesson->net.width[l + 1]; k++)
            ck_assert(entry_at(theta, j, k) == lesson->net.w[l + 1][k][j]);
    for (size_t m = l + 1; m < lesson->net.depth; m++)
        for (size_t j = 0; lesson->net.skip[m] > 0 && lesson->net.skip[m] == m - l && j < n; j++) {
            skips[j] += lesson->pass.da[m][j];
            has_skip = true;
        }
    assert_column(matrix_of(block, 1), lesson->pass.dz[l + 1], lesson->net.width[l + 1], "the next δ");
    if (has_skip) assert_column(matrix_of(block, 2), skips, n, "what is skipped back");
    assert_column(matrix_of(block, has_skip ? 3 : 2), lesson->pass.slope[l], n, "the slopes");
    assert_column(matrix_of(block, has_skip ? 4 : 3), lesson->pass.dz[l], n, "δ");
    ck_assert_uint_eq(matrices_in(block), has_skip ? 5 : 4);
}

START_TEST(test_delta_of_every_layer_is_that_of_plain_loops)
{
    static known lesson;
    know_paths(&lesson, &cases[_i]);
    assert_column(matrix_of(numbered_block(lesson.all, "delta", lesson.net.depth + 1), 0),
                  lesson.pass.dz[lesson.net.depth], lesson.net.width[lesson.net.depth], "δ of the outputs");
    for (size_t l = lesson.l; l < lesson.net.depth; l++)
        check_hidden_delta(&lesson, l, numbered_block(lesson.all, "delta", l + 1));
    json_decref(lesson.all);
}
END_TEST

static double largest_delta(const known *lesson, size_t l)
{
    double largest = 0;
    for (size_t j = 0; j < lesson->net.width[l]; j++) largest = fmax(largest, fabs(lesson->pass.dz[l][j]));
    return largest;
}

START_TEST(test_three_ways_are_one)
{
    static known lesson;
    know_paths(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "three_ways");
    size_t row = 0;
    double most = 0;
    for (size_t l = lesson.net.depth; l >= 1; l--) {
        const double largest = largest_delta(&lesson, l);
        for (size_t j = 0; j < lesson.net.width[l]; j++, row++) {
            char name[60];
            const sum s = sum_behind(&lesson, l, j);
            snprintf(name, sizeof name, "z^(%zu)_%zu", l + 1, j + 1);
            ck_assert_str_eq(shown_at(table, row, 0), name);
            ck_assert(number_at(table, row, 1) == s.count);
            for (size_t way = 2; way < 5; way++)
                ck_assert_msg(fabs(number_at(table, row, way) - s.sum) <= 1e-12 * s.size, "%s", name);
            const double a = number_at(table, row, 2), b = number_at(table, row, 3), t = number_at(table, row, 4);
            const double apart = a == b && a == t ? 0 : fmax(fabs(a - b), fabs(a - t)) / fmax(s.size, largest);
            ck_assert(fabs(number_at(table, row, 5) - apart) <= 1e-3 * apart);
            most = fmax(most, number_at(table, row, 5));
        }
    }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(of_check(lesson.all, 0, "numbers") == 3.0 * (double)row && of_check(lesson.all, 0, "difference") == most);
    ck_assert(of_check(lesson.all, 1, "numbers") == (double)row && of_check(lesson.all, 1, "difference") == 0);
    json_decref(lesson.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- deeper */

/* The lesson's network with so many hidden layers, drawn as nn.h says. */
static void know_deep(known *deep, const known *lesson, size_t hidden, uint64_t seed)
{
    const book_net *own = &lesson->net;
    book_net *net = &deep->net;
    nn_random random = nn_random_new(seed);
    size_t widest = 1;
    for (size_t l = 1; l < own->depth; l++) widest = own->width[l] > widest ? own->width[l] : widest;
    *net = (book_net){
        .depth = hidden + 1, .hidden = own->hidden, .output = own->output, .biases = own->biases, .factor = 1};
    set_cost(net);
    for (size_t l = 0; l <= net->depth; l++) {
        net->width[l] = l == 0 ? own->width[0] : l == net->depth ? own->width[own->depth] : widest;
        for (size_t j = 0; l > 0 && j < net->width[l]; j++)
            for (size_t k = 0; k < net->width[l - 1]; k++) net->w[l][j][k] = nn_random_normal(&random);
        for (size_t j = 0; l > 0 && net->biases && j < net->width[l]; j++) net->b[l][j] = nn_random_normal(&random);
    }
    memcpy(deep->y, lesson->y, sizeof deep->y);
    book_run(net, lesson->x, lesson->y, &deep->pass);
}

/* The wires into each neuron and their weights, its bias and its sum, its activation; and from the cost to each z. */
static double edges_of(const book_net *net)
{
    double edges = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        const bool has_activation = l < net->depth && strcmp(net->hidden, "identity") != 0;
        edges += (double)(net->width[l] * (2 * net->width[l - 1] + (net->biases ? 2 : 0) + has_activation));
    }
    return edges + (double)net->width[net->depth];
}

static double parameters_of(const book_net *net)
{
    size_t count = 0;
    for (size_t l = 1; l <= net->depth; l++) count += net->width[l] * (net->width[l - 1] + net->biases);
    return (double)count;
}

static uint64_t seed_of(const lesson_case *c)
{
    const char *seed = strstr(c->options, "--seed=");
    return seed != NULL ? strtoull(seed + 7, NULL, 10) : 1;
}

START_TEST(test_growth_is_counted_right)
{
    const lesson_case *c = &cases[_i];
    static known lesson, deep;
    know_paths(&lesson, c);
    json_t *table = block_of(lesson.all, "growth"), *plot = plot_of(lesson.all, "growth_plot");
    for (size_t row = 0; row < rows_of(table); row++) {
        know_deep(&deep, &lesson, row + 1, seed_of(c));
        double paths = (double)deep.net.width[deep.net.depth];
        for (size_t l = 2; l < deep.net.depth; l++) paths *= (double)deep.net.width[l];
        const double expected[] = {(double)(row + 1), paths, paths * 2 * (double)(row + 1), edges_of(&deep.net)};
        for (size_t k = 0; k < 3; k++) ck_assert(number_at(table, row, k) == expected[k]);
        if (strcmp(deep.net.hidden, "relu") == 0) ck_assert(number_at(table, row, 3) <= expected[3]);
        else ck_assert_msg(number_at(table, row, 3) == expected[3], "%g", number_at(table, row, 3));
        for (size_t k = 0; k < 2; k++) {
            ck_assert(point(plot, k, "x", row) == expected[0]);
            ck_assert(point(plot, k, "y", row) == number_at(table, row, 2 + k));
        }
        if (row + 1 == rows_of(table)) ck_assert(value_of(lesson.all, "parameters") == parameters_of(&deep.net));
    }
    const char *depth = strstr(c->options, "--depth=");
    ck_assert_uint_eq(rows_of(table), depth != NULL ? strtoul(depth + 8, NULL, 10) : 20);
    json_decref(lesson.all);
}
END_TEST

/* Of at most so many paths the plain loops walk along each, too. */
enum { WALKED = 5000 };

static void check_deeper_row(const known *deep, json_t *table, size_t row)
{
    sum s = {0};
    double size[BOOK_LAYERS][BOOK_UNITS] = {{0}};
    for (size_t j = 0; j < deep->net.width[deep->net.depth]; j++)
        size[deep->net.depth][j] = fabs(deep->pass.dz[deep->net.depth][j]);
    for (size_t l = deep->net.depth - 1; l >= 1; l--)
        for (size_t k = 0; k < deep->net.width[l]; k++) {
            for (size_t j = 0; j < deep->net.width[l + 1]; j++)
                size[l][k] += fabs(deep->net.w[l + 1][j][k]) * size[l + 1][j];
            size[l][k] *= fabs(deep->pass.slope[l][k]);
        }
    const double by_paths = number_at(table, row, 1), by_sweep = number_at(table, row, 2),
                 scale = fmax(size[1][0], largest_delta(deep, 1)),
                 apart = by_paths == by_sweep ? 0 : fabs(by_paths - by_sweep) / scale;
    ck_assert(fabs(by_paths - deep->pass.dz[1][0]) <= 1e-12 * scale &&
              fabs(by_sweep - deep->pass.dz[1][0]) <= 1e-12 * scale);
    ck_assert(fabs(number_at(table, row, 3) - apart) <= 1e-3 * apart);
    if (pow((double)deep->net.width[1], (double)deep->net.depth) > WALKED) return;
    s = sum_behind(deep, 1, 0);
    ck_assert(fabs(by_paths - s.sum) <= 1e-12 * scale);
}

START_TEST(test_deeper_sums_are_those_of_plain_loops)
{
    static known lesson, deep;
    know_paths(&lesson, &cases[_i]);
    json_t *table = block_of(lesson.all, "deeper_sums"), *growth = block_of(lesson.all, "growth");
    size_t walked = 0;
    double most = 0;
    for (size_t row = 0; row < rows_of(growth); row++) walked += number_at(growth, row, 1) <= 100000;
    ck_assert_uint_eq(rows_of(table), walked);
    for (size_t row = 0; row < walked; row++) {
        know_deep(&deep, &lesson, row + 1, seed_of(&cases[_i]));
        ck_assert(number_at(table, row, 0) == (double)(row + 1));
        check_deeper_row(&deep, table, row);
        most = fmax(most, number_at(table, row, 3));
    }
    ck_assert(of_check(lesson.all, 2, "numbers") == (double)walked && of_check(lesson.all, 2, "difference") == most);
    ck_assert(of_check(lesson.all, 3, "numbers") == (double)rows_of(growth) &&
              of_check(lesson.all, 3, "difference") == 0);
    json_decref(lesson.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- words */

START_TEST(test_counts_beyond_the_bits_of_a_double_are_said_to_be_rounded)
{
    char *few = output_of("chainrule lesson paths --sizes=2,9,1 --depth=3"),
         *many = output_of("chainrule lesson paths --sizes=2,9,1 --depth=20");
    ck_assert_ptr_null(strstr(few, "2^53"));
    ck_assert_ptr_nonnull(strstr(many, "(Counts are exact up to 2^53."));
    free(many);
    free(few);
}
END_TEST

START_TEST(test_too_many_paths_are_counted_but_not_walked)
{
    json_t *all = lesson_json("chainrule lesson paths --sizes=2,20,20,20,20,20,1 --depth=2 --json");
    json_t *table = block_of(all, "three_ways");
    ck_assert_ptr_null(find_block(all, "paths"));
    const size_t last = rows_of(table) - 2;
    ck_assert_uint_eq(more_in(shown_at(table, last + 1, 0)), 8);
    ck_assert(number_at(table, last, 1) == 160000);
    ck_assert_str_eq(shown_at(table, last, 2), "");
    assert_close(number_at(table, last, 3), number_at(table, last, 4), "delta");
    json_decref(all);
}
END_TEST

START_TEST(test_no_number_is_left_untested)
{
    json_t *all = lesson_of("paths", cases[_i].options);
    assert_only_has(all, "w# b# forward paths delta# three_ways growth growth_plot deeper_sums",
                    "C sum_over_paths parameters x_# y_#");
    json_decref(all);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_paths");
    add(suite, "forward", test_forward_pass_is_that_of_plain_loops, CASES);
    add(suite, "default", test_default_network_has_the_numbers_that_are_documented, 1);
    add(suite, "paths", test_paths_are_all_there_and_add_up, CASES);
    add(suite, "largest", test_of_many_paths_the_largest_are_listed, 1);
    add(suite, "layers", test_delta_of_every_layer_is_that_of_plain_loops, CASES);
    add(suite, "three ways", test_three_ways_are_one, CASES);
    add(suite, "growth", test_growth_is_counted_right, CASES);
    add(suite, "deeper", test_deeper_sums_are_those_of_plain_loops, CASES);
    add(suite, "rounded counts", test_counts_beyond_the_bits_of_a_double_are_said_to_be_rounded, 1);
    add(suite, "too many", test_too_many_paths_are_counted_but_not_walked, 1);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    return run_suite(suite);
}
