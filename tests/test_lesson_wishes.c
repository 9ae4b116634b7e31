/* SPDX-License-Identifier: MIT */
/* `chainrule lesson wishes`: the chain, what samples wish, and what is seen of it, computed again by plain loops. */
#define DATA "lesson_wishes.csv"
#include "lesson_wishes.h"
#include "run_suite.h"

/* ----------------------------------------------------------------------------------------- the chain */

/* The network of the chain's table. */
static void read_chain(known_batch *k, book_net *n, double *x, double *y)
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
    static known_batch k;
    static book_net n;
    static book_pass p;
    double x, y;
    know_batch(&k, &cases[_i]);
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
    static known_batch k;
    static book_net n;
    double x, y;
    know_batch(&k, &cases[_i]);
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
    static known_batch k;
    know_batch(&k, &cases[_i]);
    json_t *table = block_of(k.all, "samples");
    for (size_t i = 0; i < rows_of(table); i++) {
        double a[BOOK_UNITS];
        ck_assert(number_at(table, i, 0) == (double)i + 1);
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 3), a, BOOK_UNITS), k.net.width[k.L]);
        for (size_t j = 0; j < k.net.width[k.L]; j++)
            ck_assert_double_eq_tol(a[j], k.pass[i].a[k.L][j], 0.001 * fabs(k.pass[i].a[k.L][j]));
        for (size_t j = 0; j < k.net.width[k.L]; j++) {
            char key[60];
            snprintf(key, sizeof key, "a_%zu_%zu", i + 1, j + 1);
            assert_close(value_of(k.all, key), k.pass[i].a[k.L][j], key);
        }
        assert_close_to(number_at(table, i, 4), k.pass[i].cost, 1, "C0");
    }
    json_decref(k.all);
}
END_TEST

/* The entries of layer l's table: its w and b, and the a of the layer before. */
static size_t entries_of_layer(const known_batch *k, size_t l)
{
    const size_t n = k->net.width[l], in = k->net.width[l - 1];
    return n * in + (k->net.biases ? n : 0) + (l > 1 ? in : 0);
}

START_TEST(test_wishes_are_minus_each_samples_derivatives)
{
    static known_batch k;
    know_batch(&k, &cases[_i]);
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

static place largest_in(const known_batch *k, size_t c, const place *places, size_t count)
{
    size_t largest = 0;
    for (size_t e = 1; e < count; e++)
        if (fabs(in_column(k, c, places[e])) > fabs(in_column(k, c, places[largest])) * (1 + 1e-12)) largest = e;
    return places[largest];
}

/* "1, mean" */
static void write_marks(const known_batch *k, place at, char *text)
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
    static known_batch k;
    size_t marks = 0;
    know_batch(&k, &cases[_i]);
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
    static known_batch k;
    know_batch(&k, &cases[_i]);
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

static size_t pushed_neuron(const known_batch *k)
{
    size_t largest = 0;
    for (size_t j = 1; j < k->net.width[k->L]; j++)
        if (fabs(k->pass[0].dz[k->L][j]) > fabs(k->pass[0].dz[k->L][largest])) largest = j;
    return largest;
}

START_TEST(test_wishes_of_one_neuron_are_a_or_w_times_its_push)
{
    static known_batch k;
    know_batch(&k, &cases[_i]);
    json_t *by_a = block_of(k.all, "larger_a"), *by_w = block_of(k.all, "larger_w");
    const size_t j = pushed_neuron(&k), in = k.net.width[k.L - 1];
    const double push = -k.pass[0].dz[k.L][j];
    const size_t shown = assert_rows(by_a, in);
    assert_rows(by_w, in);
    for (size_t i = 0; i < shown; i++) {
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

static quarrel quarrel_about(const known_batch *k, place at)
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
    static known_batch k;
    static place places[MOST_PLACES];
    know_batch(&k, &cases[_i]);
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

/* ------------------------------------------------------------------------------------------ options */

/* The lesson's own network: a sample is worse off after the step, though the mean is better. */
START_TEST(test_own_network_is_that_of_the_lesson)
{
    static const double w[] = {0.9, -0.6, 0.3, 0.8, -1.1, 0.5, 1.2, -0.7, 0.4, -0.9, 0.6, 1.5},
                        b[] = {0.1, -0.2, 0.3, -0.4, 0.2};
    static known_batch k;
    know_batch(&k, &cases[0]);
    assert_parameters_are(&k.net, w, b);
    ck_assert(says(k.all, "and yet 1 sample is worse off"));
    json_decref(k.all);
}
END_TEST

START_TEST(test_given_numbers_are_taken)
{
    json_t *all = lesson_with_given_numbers("wishes");
    ck_assert_str_eq(shown_at(block_of(all, "samples"), 0, 1), "(0.25, -4)");
    ck_assert_str_eq(shown_at(block_of(all, "samples"), 0, 2), "(0.5)");
    json_decref(all);
}
END_TEST

/* ---------------------------------------------------------------------------------------- the text */

START_TEST(test_text_is_readable)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson wishes %s", cases[_i].options);
    assert_prints_readable(line);
}
END_TEST

static const failure refused[] = {
    {"--cost=half_sum_of_squares", 1,
     "chainrule: the convention squared needs the cost sum_of_squares; this is half_sum_of_squares on sigmoid\n"},
    {"--output=softmax", 1,
     "chainrule: the convention squared needs the cost sum_of_squares; this is softmax_cross_entropy on softmax\n"},
    {"--batch=0", 2, "chainrule lesson: --batch=0: expected a whole number from 1 to 1000000\n..."},
    {"--batch=2.5", 2, "chainrule lesson: --batch=2.5: expected a whole number from 1 to 1000000\n..."},
    {"--batch=3 --inputs=1,2", 2, "chainrule: --inputs and --batch exclude each other\n"},
    {"--batch=3 --targets=1,2", 2, "chainrule: --targets and --batch exclude each other\n"},
    {"--rate=0", 2, "chainrule lesson: --rate=0: expected a number above 0\n..."},
    {"--rate=quick", 2, "chainrule lesson: --rate=quick: expected a number above 0\n..."},
    {"--unit=1,1", 2, "chainrule: lesson wishes has no --unit\n"},
    {"--depth=3", 2, "chainrule: lesson wishes has no --depth\n"},
    {"--weights=1,2", 2,
     "chainrule: --weights: 2 numbers are given, but 12 needed: 3 x 2 for layer 1, then 2 x 3 for layer 2\n"},
    {"--inputs=1,2,3", 2, "chainrule: --inputs: 3 numbers are given, but 2 needed: one for each input\n"},
    {"--sizes=2,0,1", 2, "chainrule: --sizes: expected whole numbers from 1 to 100000, as in 2,3,1\n"},
    {"--data=nowhere.csv", 1, "chainrule: nowhere.csv: there is no such file or data set\n"},
    {"--data=digits", 1, "chainrule: --data=digits has 64 inputs, the network 2\n"},
    {"--batch=1000000 --sizes=10,10,10", 2,
     "chainrule: 1000000 samples have more than 10000000 wishes in a network of this size; --batch says how many "
     "samples\n"},
    {"--output=identity --rate=1e300", 1, "chainrule: after a step with --rate: the cost is not finite..."},
};

START_TEST(test_what_cannot_be_is_said) { assert_refuses("lesson wishes", &refused[_i]); }
END_TEST

int main(void)
{
    find_command();
    write_data(DATA);
    Suite *suite = suite_create("lesson_wishes");
    add(suite, "chain", test_chain_hands_products_on, CASES);
    add(suite, "chain_of_reader", test_chain_is_the_readers_where_there_is_one, CASES);
    add(suite, "samples", test_samples_have_their_costs, CASES);
    add(suite, "wishes", test_wishes_are_minus_each_samples_derivatives, CASES);
    add(suite, "marks", test_largest_wishes_are_marked_and_shown, CASES);
    add(suite, "neurons", test_neurons_wishes_add_up_to_the_tapes, CASES);
    add(suite, "one_neuron", test_wishes_of_one_neuron_are_a_or_w_times_its_push, CASES);
    add(suite, "contradictions", test_contradictions_are_those_that_lose_most, CASES);
    add(suite, "own_network", test_own_network_is_that_of_the_lesson, 1);
    add(suite, "given", test_given_numbers_are_taken, 1);
    add(suite, "text", test_text_is_readable, CASES);
    add(suite, "refused", test_what_cannot_be_is_said, sizeof refused / sizeof *refused);
    const int failed = run_suite(suite);
    remove(DATA);
    return failed;
}
