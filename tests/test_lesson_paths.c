/* SPDX-License-Identifier: MIT */
/* `chainrule lesson paths`: every number of its JSON, again by plain loops. */
#include "golden.h"
#include "lesson_json.h"
#include "plain_net.h"
#include "run_suite.h"

#include <nn/nn.h>

static const struct lesson {
    const char *options;
    size_t depth, n[5]; /* as in --sizes */
    plain_kind hidden, output;
    size_t skip; /* of the layer before the output */
    bool has_biases;
    size_t l, j; /* the unit, as the lesson counts: the input is layer 1 */
} lessons[] = {
    {"", 3, {2, 2, 2, 1}, PLAIN_SIGMOID, PLAIN_SIGMOID, 0, false, 2, 2},
    {"--unit=3,1 --seed=5 --depth=4", 3, {2, 2, 2, 1}, PLAIN_SIGMOID, PLAIN_SIGMOID, 0, false, 3, 1},
    {"--sizes=3,4,4,2 --activation=tanh --unit=2,3 --depth=8",
     3,
     {3, 4, 4, 2},
     PLAIN_TANH,
     PLAIN_SIGMOID,
     0,
     false,
     2,
     3},
    {"--sizes=2,3,3,3 --skip=0,1,0 --biases=.1,.2,.3,.4,.5,.6,.7,.8,.9 --output=softmax --depth=5",
     3,
     {2, 3, 3, 3},
     PLAIN_SIGMOID,
     PLAIN_SOFTMAX,
     1,
     true,
     2,
     2},
    {"--sizes=2,3,2 --output=identity --cost=half_sum_of_squares --activation=relu --seed=3",
     2,
     {2, 3, 2},
     PLAIN_RELU,
     PLAIN_IDENTITY,
     0,
     false,
     2,
     2},
    {"--sizes=2,7,8,2 --depth=3", 3, {2, 7, 8, 2}, PLAIN_SIGMOID, PLAIN_SIGMOID, 0, false, 2, 2},
    {"--sizes=2,1 --depth=1", 1, {2, 1}, PLAIN_SIGMOID, PLAIN_SIGMOID, 0, false, 2, 1},
    {"--sizes=2,12,12,12,1 --depth=20", 4, {2, 12, 12, 12, 1}, PLAIN_SIGMOID, PLAIN_SIGMOID, 0, false, 2, 2},
};
enum { LESSONS = sizeof lessons / sizeof *lessons };

static json_t *json_of(const struct lesson *c)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson paths --json %s", c->options);
    return lesson_json(line);
}

static double numbered_value(json_t *all, const char *letter, size_t k)
{
    char key[16];
    snprintf(key, sizeof key, "%s_%zu", letter, k + 1);
    return value_of(all, key);
}

static json_t *numbered_block(json_t *all, const char *name, size_t l)
{
    char key[40];
    snprintf(key, sizeof key, "%s%zu", name, l);
    return block_of(all, key);
}

/* ------------------------------------------------------------------------------------ the network */

static void set_delta(plain_net *net)
{
    for (size_t j = 0; j < net->n[net->depth]; j++) net->delta[net->depth][j] = net->a[net->depth][j] - net->y[j];
    plain_backward(net);
}

static plain_net *network_of(const struct lesson *c, json_t *all)
{
    plain_net *net = calloc(1, sizeof *net);
    if (net == NULL) abort();
    net->depth = c->depth;
    net->has_biases = c->has_biases;
    for (size_t l = 0; l <= c->depth; l++) {
        net->n[l] = c->n[l];
        net->kind[l] = l == c->depth ? c->output : c->hidden;
    }
    if (c->skip > 0) net->skip[c->depth - 1] = c->skip;
    for (size_t k = 0; k < net->n[0]; k++) net->a[0][k] = numbered_value(all, "x", k);
    for (size_t k = 0; k < net->n[c->depth]; k++) net->y[k] = numbered_value(all, "y", k);
    for (size_t l = 1; l <= c->depth; l++)
        for (size_t j = 0; j < net->n[l]; j++) {
            for (size_t k = 0; k < net->n[l - 1]; k++)
                net->w[l][j][k] = entry_at(matrix_of(numbered_block(all, "w", l), 0), j, k);
            if (c->has_biases) net->b[l][j] = entry_at(matrix_of(numbered_block(all, "b", l), 0), j, 0);
        }
    plain_forward(net);
    set_delta(net);
    return net;
}

static double cost_of(const plain_net *net)
{
    const double *a = net->a[net->depth];
    double cost = 0;
    for (size_t j = 0; j < net->n[net->depth]; j++) switch (net->kind[net->depth]) {
        case PLAIN_SIGMOID: cost -= net->y[j] * log(a[j]) + (1 - net->y[j]) * log(1 - a[j]); break;
        case PLAIN_SOFTMAX: cost -= net->y[j] * log(a[j]); break;
        default: cost += (a[j] - net->y[j]) * (a[j] - net->y[j]) / 2;
        }
    return cost;
}

/* ---------------------------------------------------------------------------------- sums over paths */

typedef struct sum {
    double count, sum, size;
} sum;

static sum sum_behind(const plain_net *net, size_t l, size_t j);

/* Over all paths from a^l_j to the cost. */
static sum sum_from_output(const plain_net *net, size_t l, size_t j)
{
    sum s = {0};
    for (size_t k = 0; k < net->n[l + 1]; k++) {
        const sum next = sum_behind(net, l + 1, k);
        s.count += next.count;
        s.sum += net->w[l + 1][k][j] * next.sum;
        s.size += fabs(net->w[l + 1][k][j]) * next.size;
    }
    for (size_t m = l + 1; m < net->depth; m++) {
        if (net->skip[m] == 0 || net->skip[m] != m - l) continue;
        const sum next = sum_from_output(net, m, j);
        s = (sum){s.count + next.count, s.sum + next.sum, s.size + next.size};
    }
    return s;
}

/* Over all paths from z^l_j; every one is gone along. */
static sum sum_behind(const plain_net *net, size_t l, size_t j)
{
    if (l == net->depth) return (sum){1, net->a[l][j] - net->y[j], fabs(net->a[l][j] - net->y[j])};
    const double slope = plain_slope(net->kind[l], net->z[l][j]);
    const sum s = sum_from_output(net, l, j);
    return (sum){s.count, slope * s.sum, fabs(slope) * s.size};
}

/* ------------------------------------------------------------------------------------------ forward */

START_TEST(test_forward_pass_is_that_of_plain_loops)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "forward");
    plain_net *net = network_of(c, all);
    size_t row = 0;
    for (size_t l = 1; l <= net->depth; l++)
        for (size_t j = 0; j < net->n[l]; j++, row++) {
            ck_assert(number_at(table, row, 0) == (double)(l + 1) && number_at(table, row, 1) == (double)(j + 1));
            assert_close(number_at(table, row, 2), net->z[l][j], "z");
            assert_close(number_at(table, row, 3), net->a[l][j], "a");
            if (net->kind[l] == PLAIN_SOFTMAX) ck_assert_str_eq(shown_at(table, row, 4), "");
            else assert_close(number_at(table, row, 4), plain_slope(net->kind[l], net->z[l][j]), "the slope");
        }
    ck_assert_uint_eq(rows_of(table), row);
    assert_close(value_of(all, "C"), cost_of(net), "C");
    free(net);
    json_decref(all);
}
END_TEST

START_TEST(test_default_network_has_the_numbers_that_are_documented)
{
    static const double w[3][2][2] = {{{0.5, -0.4}, {0.3, 0.8}}, {{0.9, -0.6}, {0.7, 0.2}}, {{1.2, -0.5}}};
    json_t *all = json_of(&lessons[0]);
    plain_net *net = network_of(&lessons[0], all);
    for (size_t l = 0; l < 3; l++)
        for (size_t j = 0; j < net->n[l + 1]; j++)
            for (size_t k = 0; k < 2; k++) ck_assert(net->w[l + 1][j][k] == w[l][j][k]);
    ck_assert(net->a[0][0] == 1 && net->a[0][1] == 0.5 && net->y[0] == 1);
    free(net);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- paths */

/* A path as its neurons, "z^(2)_2 → a^(3)_1 → z^(4)_1 → C": its layers and units of the plain network. */
typedef struct route {
    size_t count, l[PLAIN_LAYERS], j[PLAIN_LAYERS];
    bool skipped[PLAIN_LAYERS];
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
static size_t factors_of(const plain_net *net, const route *r, double *factors)
{
    size_t count = 0;
    const size_t last = r->count - 1;
    factors[count++] = net->a[r->l[last]][r->j[last]] - net->y[r->j[last]];
    for (size_t k = last; k-- > 0;) {
        if (!r->skipped[k + 1]) factors[count++] = net->w[r->l[k + 1]][r->j[k + 1]][r->j[k]];
        else ck_assert(r->j[k + 1] == r->j[k] && net->skip[r->l[k + 1]] == r->l[k + 1] - r->l[k]);
        if (!r->skipped[k]) factors[count++] = plain_slope(net->kind[r->l[k]], net->z[r->l[k]][r->j[k]]);
    }
    return count;
}

static char *symbols_of(const plain_net *net, const route *r)
{
    static char text[400];
    const size_t last = r->count - 1, unit = r->j[last] + 1;
    const char *format = net->n[net->depth] > 1 ? "(a^(%zu)_%zu − y_%zu)" : "(a^(%zu)_%zu − y)";
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
static double check_paths(const plain_net *net, const struct lesson *c, json_t *table)
{
    double total = 0, factors[2 * PLAIN_LAYERS];
    for (size_t row = 0; row < rows_of(table); row++) {
        const route r = route_of(shown_at(table, row, 1));
        const size_t count = factors_of(net, &r, factors);
        double product = 1;
        ck_assert(r.l[0] == c->l - 1 && r.j[0] == c->j - 1 && r.l[r.count - 1] == net->depth);
        for (size_t k = 0; k < count; k++) product *= factors[k];
        factors[count] = product;
        ck_assert_str_eq(shown_at(table, row, 2), symbols_of(net, &r));
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
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "paths");
    plain_net *net = network_of(c, all);
    const sum s = sum_behind(net, c->l - 1, c->j - 1);
    const double listed = check_paths(net, c, table);
    if (s.count <= 32) {
        ck_assert((double)rows_of(table) == s.count);
        for (size_t row = 0; row < rows_of(table); row++) ck_assert(number_at(table, row, 0) == (double)(row + 1));
        assert_close_to(value_of(all, "sum_over_paths"), listed, s.size, "the sum of the list");
    }
    assert_close_to(value_of(all, "sum_over_paths"), s.sum, 1e3 * s.size, "the sum over all paths");
    free(net);
    json_decref(all);
}
END_TEST

START_TEST(test_of_many_paths_the_largest_are_listed)
{
    static const size_t many[] = {7};
    const struct lesson *c = &lessons[many[_i]];
    json_t *all = json_of(c), *table = block_of(all, "paths");
    plain_net *net = network_of(c, all);
    double larger = 0, least = INFINITY;
    ck_assert_uint_eq(rows_of(table), 5);
    for (size_t row = 0; row < 5; row++) least = fmin(least, fabs(number_at(table, row, 4)));
    for (size_t j = 0; j < 12; j++)
        for (size_t k = 0; k < 12; k++)
            larger += fabs(net->delta[4][0] * net->w[4][0][k] * plain_slope(PLAIN_SIGMOID, net->z[3][k]) *
                           net->w[3][k][j] * plain_slope(PLAIN_SIGMOID, net->z[2][j]) * net->w[2][j][1] *
                           plain_slope(PLAIN_SIGMOID, net->z[1][1])) > least * (1 + 1e-12);
    ck_assert(larger == 4);
    free(net);
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- layers */

static void assert_column(json_t *matrix, const double *expected, size_t n)
{
    ck_assert_uint_eq(json_array_size(matrix), n);
    for (size_t j = 0; j < n; j++) assert_close_to(entry_at(matrix, j, 0), expected[j], 1, "an entry of a column");
}

static void check_hidden_delta(const plain_net *net, size_t l, json_t *block)
{
    double slopes[PLAIN_WIDTH], skips[PLAIN_WIDTH] = {0};
    json_t *theta = matrix_of(block, 0);
    bool has_skip = false;
    for (size_t j = 0; j < net->n[l]; j++) {
        slopes[j] = plain_slope(net->kind[l], net->z[l][j]);
        for (size_t k = 0; k < net->n[l + 1]; k++) ck_assert(entry_at(theta, j, k) == net->w[l + 1][k][j]);
    }
    for (size_t m = l + 1; m < net->depth; m++)
        for (size_t j = 0; net->skip[m] > 0 && net->skip[m] == m - l && j < net->n[l]; j++) {
            skips[j] += net->da[m][j];
            has_skip = true;
        }
    assert_column(matrix_of(block, 1), net->delta[l + 1], net->n[l + 1]);
    if (has_skip) assert_column(matrix_of(block, 2), skips, net->n[l]);
    assert_column(matrix_of(block, has_skip ? 3 : 2), slopes, net->n[l]);
    assert_column(matrix_of(block, has_skip ? 4 : 3), net->delta[l], net->n[l]);
    ck_assert_uint_eq(matrices_in(block), has_skip ? 5 : 4);
}

START_TEST(test_delta_of_every_layer_is_that_of_plain_loops)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c);
    plain_net *net = network_of(c, all);
    assert_column(matrix_of(numbered_block(all, "delta", net->depth + 1), 0), net->delta[net->depth],
                  net->n[net->depth]);
    for (size_t l = c->l - 1; l < net->depth; l++) check_hidden_delta(net, l, numbered_block(all, "delta", l + 1));
    free(net);
    json_decref(all);
}
END_TEST

/* Of a check of the lesson. */
static double of_check(json_t *all, size_t k, const char *key)
{
    return json_number_value(json_object_get(json_array_get(json_object_get(all, "checks"), k), key));
}

START_TEST(test_three_ways_are_one)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "three_ways");
    plain_net *net = network_of(c, all);
    size_t row = 0;
    double most = 0;
    for (size_t l = net->depth; l >= 1; l--)
        for (size_t j = 0; j < net->n[l]; j++, row++) {
            char name[60];
            const sum s = sum_behind(net, l, j);
            snprintf(name, sizeof name, "z^(%zu)_%zu", l + 1, j + 1);
            ck_assert_str_eq(shown_at(table, row, 0), name);
            ck_assert(number_at(table, row, 1) == s.count);
            for (size_t way = 2; way < 5; way++)
                ck_assert_msg(fabs(number_at(table, row, way) - s.sum) <= 1e-12 * s.size, "%s", name);
            const double a = number_at(table, row, 2), b = number_at(table, row, 3), t = number_at(table, row, 4);
            const double apart = a == b && a == t ? 0 : fmax(fabs(a - b), fabs(a - t)) / s.size;
            ck_assert(fabs(number_at(table, row, 5) - apart) <= 1e-3 * apart);
            most = fmax(most, number_at(table, row, 5));
        }
    ck_assert_uint_eq(rows_of(table), row);
    ck_assert(of_check(all, 0, "numbers") == 3.0 * (double)row && of_check(all, 0, "difference") == most);
    ck_assert(of_check(all, 1, "numbers") == (double)row && of_check(all, 1, "difference") == 0);
    free(net);
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- deeper */

/* The lesson's network with so many hidden layers, drawn as nn.h says. */
static plain_net *deep_network(const struct lesson *c, json_t *all, size_t hidden, uint64_t seed)
{
    plain_net *net = calloc(1, sizeof *net);
    nn_random random = nn_random_new(seed);
    size_t widest = 1;
    if (net == NULL) abort();
    for (size_t l = 1; l < c->depth; l++) widest = c->n[l] > widest ? c->n[l] : widest;
    net->depth = hidden + 1;
    net->has_biases = c->has_biases;
    for (size_t l = 0; l <= net->depth; l++) {
        net->n[l] = l == 0 ? c->n[0] : l == net->depth ? c->n[c->depth] : widest;
        net->kind[l] = l == net->depth ? c->output : c->hidden;
        for (size_t j = 0; l > 0 && j < net->n[l]; j++)
            for (size_t k = 0; k < net->n[l - 1]; k++) net->w[l][j][k] = nn_random_normal(&random);
        for (size_t j = 0; l > 0 && net->has_biases && j < net->n[l]; j++) net->b[l][j] = nn_random_normal(&random);
    }
    for (size_t k = 0; k < net->n[0]; k++) net->a[0][k] = numbered_value(all, "x", k);
    for (size_t k = 0; k < net->n[net->depth]; k++) net->y[k] = numbered_value(all, "y", k);
    plain_forward(net);
    set_delta(net);
    return net;
}

/* The wires into each neuron and their weights, its bias and its sum, its activation; and from the cost to each z. */
static double edges_of(const plain_net *net)
{
    double edges = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        const bool has_activation = l < net->depth && net->kind[l] != PLAIN_IDENTITY;
        edges += (double)(net->n[l] * (2 * net->n[l - 1] + (net->has_biases ? 2 : 0) + has_activation));
    }
    return edges + (double)net->n[net->depth];
}

static double parameters_of(const plain_net *net)
{
    size_t count = 0;
    for (size_t l = 1; l <= net->depth; l++) count += net->n[l] * (net->n[l - 1] + net->has_biases);
    return (double)count;
}

static uint64_t seed_of(const struct lesson *c)
{
    const char *seed = strstr(c->options, "--seed=");
    return seed != NULL ? strtoull(seed + 7, NULL, 10) : 1;
}

START_TEST(test_growth_is_counted_right)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "growth"), *curves;
    curves = json_object_get(block_of(all, "growth_plot"), "curves");
    for (size_t row = 0; row < rows_of(table); row++) {
        plain_net *net = deep_network(c, all, row + 1, seed_of(c));
        double paths = (double)net->n[net->depth];
        for (size_t l = 2; l < net->depth; l++) paths *= (double)net->n[l];
        const double expected[] = {(double)(row + 1), paths, paths * 2 * (double)(row + 1), edges_of(net)};
        const bool is_relu = c->hidden == PLAIN_RELU;
        for (size_t k = 0; k < 3; k++) ck_assert(number_at(table, row, k) == expected[k]);
        if (is_relu) ck_assert(number_at(table, row, 3) <= expected[3]);
        else ck_assert_msg(number_at(table, row, 3) == expected[3], "%g", number_at(table, row, 3));
        for (size_t k = 0; k < 2; k++) {
            json_t *curve = json_array_get(curves, k);
            ck_assert(json_number_value(json_array_get(json_object_get(curve, "x"), row)) == expected[0]);
            ck_assert(json_number_value(json_array_get(json_object_get(curve, "y"), row)) ==
                      number_at(table, row, 2 + k));
        }
        if (row + 1 == rows_of(table)) ck_assert(value_of(all, "parameters") == parameters_of(net));
        free(net);
    }
    const char *depth = strstr(c->options, "--depth=");
    ck_assert_uint_eq(rows_of(table), depth != NULL ? strtoul(depth + 8, NULL, 10) : 20);
    json_decref(all);
}
END_TEST

/* Of at most so many paths the plain loops walk along each, too. */
enum { WALKED = 5000 };

static void check_deeper_row(const plain_net *net, json_t *table, size_t row)
{
    sum s = {0};
    double size[PLAIN_LAYERS][PLAIN_WIDTH] = {{0}};
    for (size_t j = 0; j < net->n[net->depth]; j++) size[net->depth][j] = fabs(net->delta[net->depth][j]);
    for (size_t l = net->depth - 1; l >= 1; l--)
        for (size_t k = 0; k < net->n[l]; k++) {
            for (size_t j = 0; j < net->n[l + 1]; j++) size[l][k] += fabs(net->w[l + 1][j][k]) * size[l + 1][j];
            size[l][k] *= fabs(plain_slope(net->kind[l], net->z[l][k]));
        }
    const double by_paths = number_at(table, row, 1), by_sweep = number_at(table, row, 2), scale = size[1][0],
                 apart = by_paths == by_sweep ? 0 : fabs(by_paths - by_sweep) / scale;
    ck_assert(fabs(by_paths - net->delta[1][0]) <= 1e-12 * scale && fabs(by_sweep - net->delta[1][0]) <= 1e-12 * scale);
    ck_assert(fabs(number_at(table, row, 3) - apart) <= 1e-3 * apart);
    if (pow((double)net->n[1], (double)net->depth) > WALKED) return;
    s = sum_behind(net, 1, 0);
    ck_assert(fabs(by_paths - s.sum) <= 1e-12 * scale);
}

START_TEST(test_deeper_sums_are_those_of_plain_loops)
{
    const struct lesson *c = &lessons[_i];
    json_t *all = json_of(c), *table = block_of(all, "deeper_sums"), *growth = block_of(all, "growth");
    size_t walked = 0;
    double most = 0;
    for (size_t row = 0; row < rows_of(growth); row++) walked += number_at(growth, row, 1) <= 100000;
    ck_assert_uint_eq(rows_of(table), walked);
    for (size_t row = 0; row < walked; row++) {
        plain_net *net = deep_network(c, all, row + 1, seed_of(c));
        ck_assert(number_at(table, row, 0) == (double)(row + 1));
        check_deeper_row(net, table, row);
        most = fmax(most, number_at(table, row, 3));
        free(net);
    }
    ck_assert(of_check(all, 2, "numbers") == (double)walked && of_check(all, 2, "difference") == most);
    ck_assert(of_check(all, 3, "numbers") == (double)rows_of(growth) && of_check(all, 3, "difference") == 0);
    json_decref(all);
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
    const size_t last = rows_of(table) - 1;
    ck_assert(number_at(table, last, 1) == 160000);
    ck_assert_str_eq(shown_at(table, last, 2), "");
    assert_close(number_at(table, last, 3), number_at(table, last, 4), "delta");
    json_decref(all);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_paths");
    add(suite, "forward", test_forward_pass_is_that_of_plain_loops, LESSONS);
    add(suite, "default", test_default_network_has_the_numbers_that_are_documented, 1);
    add(suite, "paths", test_paths_are_all_there_and_add_up, LESSONS);
    add(suite, "largest", test_of_many_paths_the_largest_are_listed, 1);
    add(suite, "layers", test_delta_of_every_layer_is_that_of_plain_loops, LESSONS);
    add(suite, "three ways", test_three_ways_are_one, LESSONS);
    add(suite, "growth", test_growth_is_counted_right, LESSONS);
    add(suite, "deeper", test_deeper_sums_are_those_of_plain_loops, LESSONS);
    add(suite, "rounded counts", test_counts_beyond_the_bits_of_a_double_are_said_to_be_rounded, 1);
    add(suite, "too many", test_too_many_paths_are_counted_but_not_walked, 1);
    return run_suite(suite);
}
