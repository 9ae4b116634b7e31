/* SPDX-License-Identifier: MIT */
/* `chainrule lesson wishes`: every number of its --json, computed again by plain loops. */
#include "lesson_book.h"
#include "run_suite.h"

#include <ctype.h>

/* ----------------------------------------------------------------------------- networks and batches */

enum { MOST_SAMPLES = 20, MOST_ROWS = 12, SHOWN_SAMPLES = 3, FILE_ROWS = 16 };
#define DATA "lesson_wishes.csv"

typedef struct lesson_case {
    const char *options, *sizes, *hidden, *output, *skip;
    size_t batch, row;
    double rate;
    bool no_biases, has_data;
} lesson_case;

static const lesson_case cases[] = {
    {.options = "", .sizes = "2,3,2"},
    {.options = "--seed=7 --sizes=3,4,2 --batch=5 --rate=0.1", .sizes = "3,4,2", .batch = 5, .rate = 0.1},
    {.options = "--sizes=2,1 --batch=2", .sizes = "2,1", .batch = 2},
    {.options = "--sizes=2,3,3,2 --activation=tanh --output=identity --rate=2",
     .sizes = "2,3,3,2",
     .hidden = "tanh",
     .output = "identity",
     .rate = 2},
    {.options = "--sizes=2,3,3,1 --skip=1 --seed=3", .sizes = "2,3,3,1", .skip = "1"},
    {.options = "--sizes=3,3,3,3 --skip=1,0,1 --seed=4 --output=tanh",
     .sizes = "3,3,3,3",
     .skip = "1,0,1",
     .output = "tanh"},
    {.options = "--sizes=2,4,1 --no-bias --batch=1", .sizes = "2,4,1", .batch = 1, .no_biases = true},
    {.options = "--sizes=1,1,1,1 --seed=5", .sizes = "1,1,1,1"},
    {.options = "--sizes=1,1 --seed=5 --no-bias", .sizes = "1,1", .no_biases = true},
    {.options = "--sizes=1,1,1,1 --seed=5 --skip=1", .sizes = "1,1,1,1", .skip = "1"},
    {.options = "--inputs=1,-0.5 --targets=0.2,0.9", .sizes = "2,3,2", .batch = 1},
    {.options = "--sizes=4,14,6 --seed=9 --batch=4 --activation=relu", .sizes = "4,14,6", .hidden = "relu", .batch = 4},
    {.options = "--sizes=3,2,1 --data=" DATA " --row=2 --batch=14",
     .sizes = "3,2,1",
     .batch = 14,
     .row = 2,
     .has_data = true},
    {.options = "--sizes=3,2,1 --data=" DATA " --row=12 --batch=14 --rate=30",
     .sizes = "3,2,1",
     .batch = 5,
     .row = 12,
     .rate = 30,
     .has_data = true},
};
enum { CASES = sizeof cases / sizeof *cases };

/* A case, the lesson's JSON, and what plain loops find. */
typedef struct known {
    json_t *all;
    book_net net;
    size_t m, L;
    double x[MOST_SAMPLES][BOOK_UNITS], y[MOST_SAMPLES][BOOK_UNITS], rate;
    book_pass pass[MOST_SAMPLES];
} known;

static double file_number(size_t row, size_t column)
{
    return ((double)((7 * row + 11 * column * column) % 23) - 11) / 10;
}

static double file_target(size_t row) { return row * row % 11 > 4; }

static void write_data(void)
{
    FILE *file = fopen(DATA, "w");
    ck_assert_ptr_nonnull(file);
    fputs("a,b,c,target\n", file);
    for (size_t row = 0; row < FILE_ROWS; row++)
        fprintf(file, "%.17g,%.17g,%.17g,%.17g\n", file_number(row, 0), file_number(row, 1), file_number(row, 2),
                file_target(row));
    ck_assert_int_eq(fclose(file), 0);
}

/* Those of a file are known; others are as the table shows them, with all their digits. */
static void read_samples(known *k, const lesson_case *c)
{
    json_t *table = block_of(k->all, "samples");
    k->m = c->batch > 0 ? c->batch : 3;
    ck_assert_uint_eq(rows_of(table), k->m < MOST_ROWS ? k->m : MOST_ROWS);
    for (size_t i = 0; i < k->m; i++) {
        for (size_t j = 0; c->has_data && j < 3; j++) k->x[i][j] = file_number(c->row - 1 + i, j);
        if (c->has_data) k->y[i][0] = file_target(c->row - 1 + i);
        if (i >= rows_of(table)) continue;
        double x[BOOK_UNITS], y[BOOK_UNITS];
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 1), x, BOOK_UNITS), k->net.width[0]);
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 2), y, BOOK_UNITS), k->net.width[k->L]);
        if (c->has_data) ck_assert(x[0] == k->x[i][0] && x[2] == k->x[i][2] && y[0] == k->y[i][0]);
        memcpy(k->x[i], x, sizeof x);
        memcpy(k->y[i], y, sizeof y);
    }
}

/* A case's lesson; its JSON is to be freed. */
static void know(known *k, const lesson_case *c)
{
    char line[300];
    write_data();
    snprintf(line, sizeof line, "chainrule lesson wishes --json %s", c->options);
    memset(k, 0, sizeof *k);
    k->all = lesson_json(line);
    k->rate = c->rate > 0 ? c->rate : 0.5;
    k->net = (book_net){.hidden = c->hidden != NULL ? c->hidden : "sigmoid",
                        .output = c->output != NULL ? c->output : "sigmoid",
                        .biases = !c->no_biases,
                        .factor = 2};
    read_parameters(k->all, &k->net, c->sizes, c->skip);
    k->L = k->net.depth;
    read_samples(k, c);
    for (size_t i = 0; i < k->m; i++) book_run(&k->net, k->x[i], k->y[i], &k->pass[i]);
}

/* ------------------------------------------------------------------------------------- what is wished */

/* "W^[2]_11", "W^[2]_{1,10}", "b^[2]_1", "a^[1]_3"; of a chain "w^(2)"; indices from 0. */
typedef struct place {
    char kind;
    size_t l, j, k;
} place;

static place place_of(const char *name)
{
    char *end;
    place p = {.kind = (char)tolower((unsigned char)name[0])};
    ck_assert_msg(strchr("wba", p.kind) != NULL && name[1] == '^', "%s is no name", name);
    p.l = strtoul(name + 3, &end, 10);
    if (*end == ')') return p;
    ck_assert_msg(strncmp(end, "]_", 2) == 0, "%s has no index", name);
    end += 2;
    const bool is_long = *end == '{';
    if (p.kind == 'w' && !is_long) return (place){p.kind, p.l, (size_t)(end[0] - '1'), (size_t)(end[1] - '1')};
    p.j = strtoul(end + is_long, &end, 10) - 1;
    if (is_long) p.k = strtoul(end + 1, NULL, 10) - 1;
    return p;
}

static double wish_for(const book_pass *p, place at)
{
    if (at.kind == 'w') return -p->dw[at.l][at.j][at.k];
    return at.kind == 'b' ? -p->db[at.l][at.j] : -p->da[at.l][at.j];
}

static double mean_for(const known *k, place at)
{
    double sum = 0;
    for (size_t i = 0; i < k->m; i++) sum += wish_for(&k->pass[i], at);
    return sum / (double)k->m;
}

/* Calls for every weight, then every bias, as nn_parameters has them; or for every hidden a. */
static size_t all_places(const known *k, place *places, bool hidden)
{
    size_t count = 0;
    for (size_t l = 1; !hidden && l <= k->L; l++)
        for (size_t j = 0; j < k->net.width[l]; j++)
            for (size_t i = 0; i < k->net.width[l - 1]; i++) places[count++] = (place){'w', l, j, i};
    for (size_t l = 1; hidden ? l < k->L : l <= k->L; l++)
        for (size_t j = 0; (hidden || k->net.biases) && j < k->net.width[l]; j++)
            places[count++] = (place){hidden ? 'a' : 'b', l, j, 0};
    return count;
}
enum { MOST_PLACES = BOOK_LAYERS * BOOK_UNITS * BOOK_UNITS };

static bool same_place(place p, place q) { return p.kind == q.kind && p.l == q.l && p.j == q.j && p.k == q.k; }

/* The size that a cancelled sum is judged by. */
static double scale_of(const known *k, place at)
{
    double most = 0;
    for (size_t i = 0; i < k->m; i++) most = fmax(most, fabs(wish_for(&k->pass[i], at)));
    return most;
}

static size_t shown_samples(const known *k) { return k->m < SHOWN_SAMPLES ? k->m : SHOWN_SAMPLES; }

/* Column c: of a shown sample, or at last of the mean. */
static double in_column(const known *k, size_t c, place at)
{
    return c < shown_samples(k) ? wish_for(&k->pass[c], at) : mean_for(k, at);
}

/* ----------------------------------------------------------------------------------------- the chain */

/* The network of the chain's table. */
static void read_chain(known *k, book_net *n, double *x, double *y)
{
    json_t *table = block_of(k->all, "chain");
    *n = (book_net){.depth = rows_of(table) - 1, .hidden = "sigmoid", .output = "sigmoid", .factor = 2};
    *x = number_at(table, 0, 4);
    *y = value_of(k->all, "chain_y");
    n->width[0] = 1;
    for (size_t l = 1; l <= n->depth; l++) {
        n->width[l] = 1;
        n->w[l][0][0] = number_at(table, l, 1);
        n->b[l][0] = shown_at(table, l, 2)[0] == '\0' ? 0 : number_at(table, l, 2);
    }
}

static void assert_link(json_t *table, size_t row, const char *format, size_t l, double by, double slope, double rest,
                        double derivative)
{
    char name[40];
    snprintf(name, sizeof name, format, l);
    ck_assert_str_eq(shown_at(table, row, 0), name);
    assert_close(number_at(table, row, 1), by, name);
    assert_close(number_at(table, row, 2), slope, name);
    assert_close(number_at(table, row, 3), rest, name);
    assert_close(number_at(table, row, 4), derivative, name);
    assert_close(number_at(table, row, 5), derivative, name);
}

/* Layer l's rows from `row` on; returns the next. */
static size_t assert_layer_of_chain(json_t *table, size_t row, const book_net *n, const book_pass *p, size_t l,
                                    bool biases)
{
    const double slope = p->slope[l][0], rest = p->da[l][0];
    assert_link(table, row++, "∂C₀/∂w^(%zu)", l, p->a[l - 1][0], slope, rest, p->dw[l][0][0]);
    if (biases) assert_link(table, row++, "∂C₀/∂b^(%zu)", l, 1, slope, rest, p->db[l][0]);
    if (l > 1) assert_link(table, row++, "∂C₀/∂a^(%zu)", l - 1, n->w[l][0][0], slope, rest, p->da[l - 1][0]);
    return row;
}

START_TEST(test_chain_hands_products_on)
{
    static known k;
    static book_net n;
    static book_pass p;
    double x, y;
    know(&k, &cases[_i]);
    read_chain(&k, &n, &x, &y);
    book_run(&n, &x, &y, &p);
    json_t *table = block_of(k.all, "chain");
    for (size_t l = 1; l <= n.depth; l++) {
        assert_close(number_at(table, l, 0), (double)l, "a layer");
        assert_close(number_at(table, l, 3), p.z[l][0], "z of the chain");
        assert_close(number_at(table, l, 4), p.a[l][0], "a of the chain");
    }
    assert_close(value_of(k.all, "chain_C0"), p.cost, "C0 of the chain");
    const bool biases = shown_at(table, 1, 2)[0] != '\0';
    json_t *last = block_of(k.all, "chain_last"), *before = find_block(k.all, "chain_before");
    ck_assert_uint_eq(assert_layer_of_chain(last, 0, &n, &p, n.depth, biases), rows_of(last));
    ck_assert_int_eq(before != NULL, n.depth > 1);
    size_t row = 0;
    for (size_t l = n.depth - 1; l >= 1; l--) row = assert_layer_of_chain(before, row, &n, &p, l, biases);
    if (before != NULL) ck_assert_uint_eq(row, rows_of(before));
    json_decref(k.all);
}
END_TEST

/* A network that is a chain without skip connections is the one that is shown; otherwise it is the lesson's own. */
START_TEST(test_chain_is_the_readers_where_there_is_one)
{
    static known k;
    static book_net n;
    double x, y;
    know(&k, &cases[_i]);
    read_chain(&k, &n, &x, &y);
    if (strspn(cases[_i].sizes, "1,") == strlen(cases[_i].sizes) && cases[_i].skip == NULL) {
        ck_assert_uint_eq(n.depth, k.L);
        ck_assert(x == k.x[0][0] && y == k.y[0][0]);
        for (size_t l = 1; l <= n.depth; l++) ck_assert(n.w[l][0][0] == k.net.w[l][0][0] && n.b[l][0] == k.net.b[l][0]);
    } else {
        static const double w[] = {1.2, -0.8, 1.5}, b[] = {0.3, 0.1, -0.4};
        ck_assert_uint_eq(n.depth, 3);
        ck_assert(x == 0.5 && y == 0.1);
        for (size_t l = 1; l <= 3; l++) ck_assert(n.w[l][0][0] == w[l - 1] && n.b[l][0] == b[l - 1]);
    }
    json_decref(k.all);
}
END_TEST

/* --------------------------------------------------------------------------------------- the wishes */

START_TEST(test_samples_have_their_costs)
{
    static known k;
    know(&k, &cases[_i]);
    json_t *table = block_of(k.all, "samples");
    for (size_t i = 0; i < rows_of(table); i++) {
        double a[BOOK_UNITS];
        ck_assert(number_at(table, i, 0) == (double)i + 1);
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 3), a, BOOK_UNITS), k.net.width[k.L]);
        for (size_t j = 0; j < k.net.width[k.L]; j++)
            ck_assert_double_eq_tol(a[j], k.pass[i].a[k.L][j], 0.001 * fabs(k.pass[i].a[k.L][j]));
        assert_close_to(number_at(table, i, 4), k.pass[i].cost, 1, "C0");
    }
    json_decref(k.all);
}
END_TEST

/* The entries of layer l's table: its w and b, and the a of the layer before. */
static size_t entries_of_layer(const known *k, size_t l)
{
    const size_t n = k->net.width[l], in = k->net.width[l - 1];
    return n * in + (k->net.biases ? n : 0) + (l > 1 ? in : 0);
}

START_TEST(test_wishes_are_minus_each_samples_derivatives)
{
    static known k;
    know(&k, &cases[_i]);
    for (size_t l = 1; l <= k.L; l++) {
        char key[20];
        snprintf(key, sizeof key, "wishes_%zu", l);
        json_t *table = block_of(k.all, key);
        size_t seen = 0;
        ck_assert_uint_eq(columns_in(table), shown_samples(&k) + 3);
        for (size_t row = 0; row < rows_of(table); row++) {
            const char *name = shown_at(table, row, 0);
            const size_t more = more_in(name);
            seen += more > 0 ? more : 1;
            if (more > 0) continue;
            const place at = place_of(name);
            ck_assert_uint_eq(at.l, at.kind == 'a' ? l - 1 : l);
            for (size_t c = 0; c <= shown_samples(&k); c++)
                assert_close_to(number_at(table, row, 1 + c), in_column(&k, c, at), scale_of(&k, at), name);
        }
        ck_assert_uint_eq(seen, entries_of_layer(&k, l));
    }
    json_decref(k.all);
}
END_TEST

static place largest_in(const known *k, size_t c, const place *places, size_t count)
{
    size_t largest = 0;
    for (size_t e = 1; e < count; e++)
        if (fabs(in_column(k, c, places[e])) > fabs(in_column(k, c, places[largest])) * (1 + 1e-12)) largest = e;
    return places[largest];
}

/* "1, mean" */
static void write_marks(const known *k, place at, char *text)
{
    static place places[2][MOST_PLACES];
    text[0] = '\0';
    for (size_t c = 0; c <= shown_samples(k); c++) {
        bool is_marked = false;
        for (int hidden = 0; hidden < 2; hidden++) {
            const size_t count = all_places(k, places[hidden], hidden);
            is_marked = is_marked || (count > 0 && same_place(largest_in(k, c, places[hidden], count), at));
        }
        if (!is_marked) continue;
        if (text[0] != '\0') strcat(text, ", ");
        if (c < shown_samples(k)) sprintf(text + strlen(text), "%zu", c + 1);
        else strcat(text, "mean");
    }
}

START_TEST(test_largest_wishes_are_marked_and_shown)
{
    static known k;
    size_t marks = 0;
    know(&k, &cases[_i]);
    for (size_t l = 1; l <= k.L; l++) {
        char key[20], expected[40];
        snprintf(key, sizeof key, "wishes_%zu", l);
        json_t *table = block_of(k.all, key);
        for (size_t row = 0; row < rows_of(table); row++) {
            if (more_in(shown_at(table, row, 0)) > 0) continue;
            write_marks(&k, place_of(shown_at(table, row, 0)), expected);
            const char *found = shown_at(table, row, shown_samples(&k) + 2);
            ck_assert_msg(strcmp(found, expected) == 0, "%s: '%s', not '%s'", shown_at(table, row, 0), found, expected);
            for (const char *at = found; *at != '\0'; at++) marks += *at == ',';
            marks += *found != '\0';
        }
    }
    ck_assert_uint_eq(marks, (shown_samples(&k) + 1) * (k.L > 1 ? 2 : 1));
    json_decref(k.all);
}
END_TEST

/* One wish from each neuron of the last layer, and their sum. */
START_TEST(test_neurons_wishes_add_up_to_the_tapes)
{
    static known k;
    know(&k, &cases[_i]);
    json_t *table = find_block(k.all, "neurons");
    const size_t n = k.net.width[k.L];
    ck_assert_int_eq(table != NULL, k.L > 1 && (n > 1 || k.net.skip[k.L] == 1));
    const bool has_others = n > 4 || k.net.skip[k.L] == 1;
    const size_t most = has_others ? 3 : 4, neurons = n < most ? n : most;
    for (size_t i = 0; table != NULL && i < rows_of(table); i++) {
        const place at = place_of(shown_at(table, i, 0));
        double rest = -k.pass[0].da[k.L - 1][i];
        ck_assert(at.kind == 'a' && at.l == k.L - 1 && at.j == i);
        for (size_t j = 0; j < neurons; j++) {
            const double wish = -k.net.w[k.L][j][i] * k.pass[0].dz[k.L][j];
            assert_close(number_at(table, i, 1 + j), wish, "a neuron's wish");
            rest -= wish;
        }
        if (has_others) assert_close_to(number_at(table, i, 1 + neurons), rest, 1, "the others");
        const size_t sum = 1 + neurons + has_others;
        ck_assert_uint_eq(columns_in(table), sum + 2);
        assert_close_to(number_at(table, i, sum), -k.pass[0].da[k.L - 1][i], 1, "the sum");
        assert_close_to(number_at(table, i, sum + 1), -k.pass[0].da[k.L - 1][i], 1, "the tape");
    }
    if (table != NULL) ck_assert_uint_eq(rows_of(table), k.net.width[k.L - 1] < 12 ? k.net.width[k.L - 1] : 12);
    json_decref(k.all);
}
END_TEST

/* ------------------------------------------------------------------------------------- observations */

static size_t pushed_neuron(const known *k)
{
    size_t largest = 0;
    for (size_t j = 1; j < k->net.width[k->L]; j++)
        if (fabs(k->pass[0].dz[k->L][j]) > fabs(k->pass[0].dz[k->L][largest])) largest = j;
    return largest;
}

START_TEST(test_wishes_of_one_neuron_are_a_or_w_times_its_push)
{
    static known k;
    know(&k, &cases[_i]);
    json_t *by_a = block_of(k.all, "larger_a"), *by_w = block_of(k.all, "larger_w");
    const size_t j = pushed_neuron(&k), in = k.net.width[k.L - 1];
    const double push = -k.pass[0].dz[k.L][j];
    ck_assert_uint_eq(rows_of(by_a), in < 12 ? in : 12);
    ck_assert_uint_eq(rows_of(by_w), in < 12 ? in : 12);
    for (size_t i = 0; i < rows_of(by_a); i++) {
        const place w = place_of(shown_at(by_a, i, 0)), a = place_of(shown_at(by_w, i, 0));
        ck_assert(w.kind == 'w' && w.l == k.L && w.j == j && w.k == i);
        ck_assert(a.kind == 'a' && a.l == k.L - 1 && a.j == i);
        assert_close(number_at(by_a, i, 1), k.pass[0].a[k.L - 1][i], "a");
        assert_close(number_at(by_a, i, 2), push, "-dz");
        assert_close(number_at(by_a, i, 3), k.pass[0].a[k.L - 1][i] * push, "the wish for w");
        assert_close(number_at(by_w, i, 1), k.net.w[k.L][j][i], "w");
        assert_close(number_at(by_w, i, 2), push, "-dz");
        assert_close(number_at(by_w, i, 3), k.net.w[k.L][j][i] * push, "the wish for a");
    }
    json_decref(k.all);
}
END_TEST

typedef struct quarrel {
    double up, down, size, mean;
} quarrel;

static quarrel quarrel_about(const known *k, place at)
{
    quarrel q = {.mean = mean_for(k, at)};
    for (size_t i = 0; i < k->m; i++) {
        const double wish = wish_for(&k->pass[i], at);
        q.up += wish > 0;
        q.down += wish < 0;
        q.size += fabs(wish) / (double)k->m;
    }
    return q;
}

START_TEST(test_contradictions_are_those_that_lose_most)
{
    static known k;
    static place places[MOST_PLACES];
    know(&k, &cases[_i]);
    const size_t count = all_places(&k, places, false);
    size_t pulled = 0, above = 0;
    double least = INFINITY;
    json_t *table = find_block(k.all, "contradictions");
    for (size_t row = 0; table != NULL && row < rows_of(table); row++) {
        const place at = place_of(shown_at(table, row, 0));
        const quarrel q = quarrel_about(&k, at);
        const double lost = q.size - fabs(q.mean);
        ck_assert(number_at(table, row, 1) == q.up && number_at(table, row, 2) == q.down);
        assert_close(number_at(table, row, 3), q.size, "the mean size");
        assert_close_to(number_at(table, row, 4), q.mean, q.size, "the mean");
        assert_close_to(number_at(table, row, 5), 100 * fabs(q.mean) / q.size, 100, "what is left");
        ck_assert(lost <= least + 1e-12);
        least = lost;
    }
    for (size_t e = 0; e < count; e++) {
        const quarrel q = quarrel_about(&k, places[e]);
        pulled += q.up > 0 && q.down > 0;
        above += q.up > 0 && q.down > 0 && q.size - fabs(q.mean) > least + 1e-12;
    }
    if (k.m > 1) ck_assert(value_of(k.all, "pulled_both_ways") == (double)pulled);
    ck_assert_uint_eq(table != NULL ? rows_of(table) : 0, pulled < 6 ? pulled : 6);
    ck_assert_uint_lt(table != NULL ? above : 0, 6);
    json_decref(k.all);
}
END_TEST

/* ---------------------------------------------------------------------------------- the mean, the step */

/* Rows of parameters, in their order, in the first column; at most 20. */
static size_t assert_parameters(const known *k, json_t *table, place *places)
{
    const size_t count = all_places(k, places, false);
    ck_assert_uint_eq(rows_of(table), count < 20 ? count : 20);
    for (size_t row = 0; row < rows_of(table); row++)
        ck_assert_msg(same_place(place_of(shown_at(table, row, 0)), places[row]), "row %zu is %s", row,
                      shown_at(table, row, 0));
    return rows_of(table);
}

static double mean_cost(const known *k)
{
    double sum = 0;
    for (size_t i = 0; i < k->m; i++) sum += k->pass[i].cost;
    return sum / (double)k->m;
}

START_TEST(test_means_are_minus_the_gradient_of_the_batch)
{
    static known k;
    static place places[MOST_PLACES];
    know(&k, &cases[_i]);
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
    static known k;
    static place places[MOST_PLACES];
    know(&k, &cases[_i]);
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
static double foretold(const known *k, const place *places, size_t count, size_t i)
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

static void assert_outcome(json_t *all, double before, double after, size_t worse, size_t first_worse)
{
    char words[80];
    snprintf(words, sizeof words, "%zu sample%s worse off, sample %zu", worse, worse == 1 ? " is" : "s are",
             first_worse);
    ck_assert_int_eq(says(all, "the step was too long"), after > before);
    ck_assert_int_eq(says(all, "no sample is worse off"), after <= before && worse == 0);
    ck_assert_int_eq(says(all, words), after <= before && worse > 0);
}

START_TEST(test_costs_before_and_after_the_step)
{
    static known k;
    static place places[MOST_PLACES];
    static book_net stepped;
    static book_pass p;
    know(&k, &cases[_i]);
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
    assert_outcome(k.all, mean_cost(&k), after, worse, first_worse);
    json_decref(k.all);
}
END_TEST

/* ---------------------------------------------------------------------------------- the general form */

/* sum_j M_jk dz_j, for W or for dW. */
static double product(const known *k, bool slip, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < k->net.width[k->L]; j++)
        sum += (slip ? k->pass[0].dw[k->L][j][i] : k->net.w[k->L][j][i]) * k->pass[0].dz[k->L][j];
    return sum;
}

START_TEST(test_general_form_has_W_and_the_slip_dW)
{
    static known k;
    know(&k, &cases[_i]);
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
    ck_assert_uint_eq(rows_of(table), in < 12 ? in : 12);
    for (size_t i = 0; i < rows_of(table); i++) {
        const double skipped = k.net.skip[k.L] == 1 ? k.pass[0].da[k.L][i] : 0;
        assert_close_to(number_at(table, i, 1), k.pass[0].da[k.L - 1][i], 1, "the right da");
        assert_close_to(number_at(table, i, 2), k.pass[0].da[k.L - 1][i], 1, "the tape's da");
        assert_close_to(number_at(table, i, 3), product(&k, true, i) + skipped, 1, "the slip's da");
    }
    json_decref(k.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------ all of it */

/* The blocks and values that the tests above look at are all that there are. */
START_TEST(test_no_number_is_left_untested)
{
    static const char *const tested[] = {"chain",    "chain_last",    "chain_before", "samples", "neurons",
                                         "larger_a", "larger_w",      "means",        "step",    "contradictions",
                                         "costs",    "right_product", "slip_product", "slip"};
    static const char *const values[] = {"chain_y", "chain_C0", "pulled_both_ways", "J", "rate"};
    static known k;
    know(&k, &cases[_i]);
    size_t at;
    json_t *block, *value;
    const char *name;
    json_array_foreach(json_object_get(k.all, "blocks"), at, block)
    {
        const char *key = json_string_value(json_object_get(block, "key"));
        if (key == NULL) continue;
        const bool is_layer = strchr("wb", key[0]) != NULL && isdigit((unsigned char)key[1]);
        bool found = is_layer || strncmp(key, "wishes_", strlen("wishes_")) == 0;
        for (size_t t = 0; t < sizeof tested / sizeof *tested; t++) found = found || strcmp(key, tested[t]) == 0;
        ck_assert_msg(found, "%s is not tested", key);
    }
    json_object_foreach(json_object_get(k.all, "values"), name, value)
    {
        bool found = false;
        for (size_t t = 0; t < sizeof values / sizeof *values; t++) found = found || strcmp(name, values[t]) == 0;
        for (size_t j = 0; j < k.net.width[0] && strncmp(name, "x_", 2) == 0; j++)
            found = found || ((size_t)atoi(name + 2) == j + 1 && json_number_value(value) == k.x[0][j]);
        for (size_t j = 0; j < k.net.width[k.L] && strncmp(name, "y_", 2) == 0; j++)
            found = found || ((size_t)atoi(name + 2) == j + 1 && json_number_value(value) == k.y[0][j]);
        ck_assert_msg(found, "the value %s is not tested", name);
    }
    json_decref(k.all);
}
END_TEST

/* So many numbers, and none of them off. */
START_TEST(test_checks_say_how_many_numbers_were_compared)
{
    static known k;
    static place places[MOST_PLACES];
    know(&k, &cases[_i]);
    const size_t parameters = all_places(&k, places, false), hidden = all_places(&k, places, true);
    json_t *checks = json_object_get(k.all, "checks");
    size_t chain = rows_of(block_of(k.all, "chain_last"));
    if (find_block(k.all, "chain_before") != NULL) chain += rows_of(block_of(k.all, "chain_before"));
    const size_t expected[] = {chain, k.m * (parameters + hidden), 2 * parameters + 1, 1, k.net.width[k.L - 1]};
    ck_assert_uint_eq(json_array_size(checks), 5);
    for (size_t c = 0; c < 5; c++) {
        json_t *check = json_array_get(checks, c);
        ck_assert_int_eq(json_integer_value(json_object_get(check, "numbers")), (json_int_t)expected[c]);
        ck_assert(json_number_value(json_object_get(check, "difference")) <= 1e-12);
    }
    json_decref(k.all);
}
END_TEST

/* The lesson's own network: a sample is worse off after the step, though the mean is better. */
START_TEST(test_own_network_is_that_of_the_lesson)
{
    static const double w1[] = {0.9, -0.6, 0.3, 0.8, -1.1, 0.5}, w2[] = {1.2, -0.7, 0.4, -0.9, 0.6, 1.5},
                        b1[] = {0.1, -0.2, 0.3}, b2[] = {-0.4, 0.2};
    static known k;
    know(&k, &cases[0]);
    for (size_t e = 0; e < 6; e++) {
        ck_assert(k.net.w[1][e / 2][e % 2] == w1[e]);
        ck_assert(k.net.w[2][e / 3][e % 3] == w2[e]);
    }
    for (size_t j = 0; j < 3; j++) ck_assert(k.net.b[1][j] == b1[j]);
    for (size_t j = 0; j < 2; j++) ck_assert(k.net.b[2][j] == b2[j]);
    ck_assert(says(k.all, "and yet 1 sample is worse off"));
    json_decref(k.all);
}
END_TEST

START_TEST(test_given_numbers_are_taken)
{
    json_t *all = lesson_json("chainrule lesson wishes --json --sizes=2,2,1 --weights=1,2,3,4,5,6 --biases=7,8,9 "
                              "--inputs=0.25,-4 --targets=0.5 --rate=0.125");
    for (size_t e = 0; e < 4; e++)
        ck_assert(entry_at(matrix_of(block_of(all, "w1"), 0), e / 2, e % 2) == (double)e + 1);
    ck_assert(entry_at(matrix_of(block_of(all, "w2"), 0), 0, 1) == 6);
    ck_assert(entry_at(matrix_of(block_of(all, "b1"), 0), 1, 0) == 8);
    ck_assert(entry_at(matrix_of(block_of(all, "b2"), 0), 0, 0) == 9);
    ck_assert_str_eq(shown_at(block_of(all, "samples"), 0, 1), "(0.25, -4)");
    ck_assert_str_eq(shown_at(block_of(all, "samples"), 0, 2), "(0.5)");
    ck_assert(value_of(all, "rate") == 0.125);
    json_decref(all);
}
END_TEST

/* ---------------------------------------------------------------------------------------- the text */

START_TEST(test_text_is_readable)
{
    char line[300];
    write_data();
    snprintf(line, sizeof line, "chainrule lesson wishes %s", cases[_i].options);
    char *out = output_of(line);
    assert_readable(out, line);
    free(out);
}
END_TEST

START_TEST(test_what_cannot_be_is_said)
{
    static const struct {
        const char *options, *message;
        int code;
    } all[] = {
        {"--cost=half_sum_of_squares", "squared needs the cost sum_of_squares", 1},
        {"--output=softmax", "squared needs the cost sum_of_squares", 1},
        {"--batch=0", "--batch=0: expected a whole number from 1", 2},
        {"--batch=2.5", "--batch=2.5: expected a whole number from 1", 2},
        {"--batch=3 --inputs=1,2", "--inputs and --batch exclude each other", 2},
        {"--batch=3 --targets=1,2", "--targets and --batch exclude each other", 2},
        {"--rate=0", "--rate=0: expected a number above 0", 2},
        {"--rate=quick", "--rate=quick: expected a number above 0", 2},
        {"--unit=1,1", "lesson wishes has no --unit", 2},
        {"--depth=3", "lesson wishes has no --depth", 2},
        {"--weights=1,2", "--weights: 2 numbers are given, but 12 needed", 2},
        {"--inputs=1,2,3", "--inputs: 3 numbers are given, but 2 needed", 2},
        {"--sizes=2,0,1", "layer 1: width: must be at least 1", 1},
        {"--data=nowhere.csv", "nowhere.csv", 1},
        {"--data=digits", "--data=digits has 64 inputs, the network 2", 1},
        {"--batch=1000000 --sizes=10,10,10", "--batch says how many samples", 2},
        {"--output=identity --rate=1e300", "after a step with --rate: the cost is not finite", 1},
    };
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson wishes %s", all[_i].options);
    const result r = run(line);
    ck_assert_msg(r.code == all[_i].code, "%s: exit code %d\n%s", line, r.code, r.err);
    ck_assert_msg(strstr(r.err, all[_i].message) != NULL, "%s: %s", line, r.err);
    ck_assert_msg(r.out[0] == '\0', "%s: printed %.200s", line, r.out);
    release(r);
}
END_TEST
enum { REFUSED = 17 };

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_wishes");
    add(suite, "chain", test_chain_hands_products_on, CASES);
    add(suite, "chain_of_reader", test_chain_is_the_readers_where_there_is_one, CASES);
    add(suite, "samples", test_samples_have_their_costs, CASES);
    add(suite, "wishes", test_wishes_are_minus_each_samples_derivatives, CASES);
    add(suite, "marks", test_largest_wishes_are_marked_and_shown, CASES);
    add(suite, "neurons", test_neurons_wishes_add_up_to_the_tapes, CASES);
    add(suite, "one_neuron", test_wishes_of_one_neuron_are_a_or_w_times_its_push, CASES);
    add(suite, "contradictions", test_contradictions_are_those_that_lose_most, CASES);
    add(suite, "means", test_means_are_minus_the_gradient_of_the_batch, CASES);
    add(suite, "step", test_step_goes_along_the_means, CASES);
    add(suite, "costs", test_costs_before_and_after_the_step, CASES);
    add(suite, "general_form", test_general_form_has_W_and_the_slip_dW, CASES);
    add(suite, "all_numbers", test_no_number_is_left_untested, CASES);
    add(suite, "checks", test_checks_say_how_many_numbers_were_compared, CASES);
    add(suite, "own_network", test_own_network_is_that_of_the_lesson, 1);
    add(suite, "given", test_given_numbers_are_taken, 1);
    add(suite, "text", test_text_is_readable, CASES);
    add(suite, "refused", test_what_cannot_be_is_said, REFUSED);
    const int failed = run_suite(suite);
    remove(DATA);
    return failed;
}
