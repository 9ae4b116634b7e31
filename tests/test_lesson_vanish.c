/* SPDX-License-Identifier: MIT */
/* `chainrule lesson vanish`: every number of its --json, computed again by plain loops. */
#include "lesson_book.h"
#include "run_suite.h"

#include <nn/nn.h>

enum { WIDTH = 30, SEEDS = 20, KINDS = 4, EPOCHS = 300, RUNS = 3 };

static const char *const depths[] = {"", "--depth=2", "--depth=3", "--depth=6 --digits=8"};
static const size_t depth_of[] = {12, 2, 3, 6};
enum { DEPTHS = sizeof depth_of / sizeof *depth_of };

static const char *const rates[] = {"", "--rate=0.5", "--rate=0.01", "--rate=20"};
static const double rate_of[] = {0.15, 0.5, 0.01, 20};
enum { RATES = sizeof rate_of / sizeof *rate_of };

/* ----------------------------------------------------------------------------------------- networks */

static const struct {
    const char *name, *activation;
    double gain; /* weights are normal with deviation gain / sqrt(inputs) */
    bool skips;
} kinds[KINDS] = {{"sigmoid", "sigmoid", 1, false},
                  {"tanh", "tanh", 1, false},
                  {"ReLU", "relu", M_SQRT2, false},
                  {"sigmoid with skips", "sigmoid", 1, true}};

/* A network without biases, and a sample; all layers are equally wide. */
static void draw(book_net *n, size_t kind, size_t depth, uint64_t seed, double *x, double *y)
{
    nn_random of_weights = nn_random_new(seed), of_sample = nn_random_new(seed);
    *n = (book_net){.depth = depth, .hidden = kinds[kind].activation, .output = "sigmoid", .factor = 1};
    for (size_t l = 0; l <= depth; l++) {
        n->width[l] = WIDTH;
        n->skip[l] = kinds[kind].skips && l > 0 && l < depth;
        for (size_t j = 0; l > 0 && j < WIDTH; j++)
            for (size_t k = 0; k < WIDTH; k++)
                n->w[l][j][k] = kinds[kind].gain / sqrt(WIDTH) * nn_random_normal(&of_weights);
    }
    for (size_t k = 0; k < WIDTH; k++) x[k] = 2 * nn_random_uniform(&of_sample) - 1;
    for (size_t k = 0; k < WIDTH; k++) y[k] = nn_random_uniform(&of_sample);
}

/* The geometric means of the norms, and the mean slope of hidden neurons. */
static double measure(size_t kind, size_t depth, double *norm)
{
    static book_net n;
    static book_pass p;
    double x[WIDTH], y[WIDTH], sum = 0;
    for (size_t l = 0; l <= depth; l++) norm[l] = 1;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        draw(&n, kind, depth, seed, x, y);
        book_run(&n, x, y, &p);
        for (size_t l = 1; l <= depth; l++) {
            double squares = 0;
            for (size_t j = 0; j < WIDTH; j++) squares += p.dz[l][j] * p.dz[l][j];
            norm[l] *= pow(squares, 0.5 / SEEDS);
            for (size_t j = 0; l < depth && j < WIDTH; j++) sum += p.slope[l][j];
        }
    }
    return sum / (double)(SEEDS * WIDTH * (depth - 1));
}

START_TEST(test_norms_by_layer_are_those_of_plain_loops)
{
    const size_t depth = depth_of[_i];
    double norm[BOOK_LAYERS];
    json_t *all = lesson_of("vanish", depths[_i]), *norms = block_of(all, "norms"), *plot = plot_of(all, "norms");
    ck_assert_uint_eq(rows_of(norms), depth);
    ck_assert(json_is_true(json_object_get(plot, "log_y")));
    for (size_t kind = 0; kind < KINDS; kind++) {
        measure(kind, depth, norm);
        ck_assert_str_eq(json_string_value(json_array_get(json_object_get(norms, "heads"), 1 + kind)),
                         kinds[kind].name);
        for (size_t l = 1; l <= depth; l++) {
            ck_assert(number_at(norms, l - 1, 0) == (double)l);
            assert_close(number_at(norms, l - 1, 1 + kind), norm[l], "a norm");
            ck_assert(point(plot, kind, "x", l - 1) == (double)l);
            ck_assert(point(plot, kind, "y", l - 1) == number_at(norms, l - 1, 1 + kind));
        }
    }
    json_decref(all);
}
END_TEST

START_TEST(test_ratios_by_depth_are_those_of_plain_loops)
{
    const size_t depth = depth_of[_i];
    double norm[BOOK_LAYERS], first = NAN, last = NAN;
    json_t *all = lesson_of("vanish", depths[_i]), *ratios = find_block(all, "ratios");
    ck_assert_int_eq(ratios != NULL, depth > 2);
    for (size_t kind = 0; ratios != NULL && kind < KINDS; kind++)
        for (size_t d = 2; d <= depth; d++) {
            measure(kind, d, norm);
            ck_assert(number_at(ratios, d - 2, 0) == (double)d);
            assert_close(number_at(ratios, d - 2, 1 + kind), norm[1] / norm[d], "a ratio");
            ck_assert(point(plot_of(all, "ratios"), kind, "y", d - 2) == number_at(ratios, d - 2, 1 + kind));
            if (kind == 0 && d == 2) first = norm[1] / norm[d];
            if (kind == 0) last = norm[1] / norm[d];
        }
    if (ratios != NULL)
        assert_close(value_of(all, "factor_by_depth"), pow(last / first, 1 / ((double)depth - 2)), "the factor");
    json_decref(all);
}
END_TEST

START_TEST(test_factors_are_those_of_plain_loops)
{
    const size_t depth = depth_of[_i];
    double norm[BOOK_LAYERS];
    json_t *all = lesson_of("vanish", depths[_i]), *factors = block_of(all, "factors");
    ck_assert_uint_eq(rows_of(factors), KINDS);
    for (size_t kind = 0; kind < KINDS; kind++) {
        const double mean = measure(kind, depth, norm);
        ck_assert_str_eq(shown_at(factors, kind, 0), kinds[kind].name);
        assert_close(number_at(factors, kind, 1), mean, "a mean slope");
        if (depth == 2) ck_assert_str_eq(shown_at(factors, kind, 2), "");
        else
            assert_close(number_at(factors, kind, 2), pow(norm[1] / norm[depth - 1], 1 / ((double)depth - 2)),
                         "a factor");
    }
    json_decref(all);
}
END_TEST

/* What the lesson says of its four kinds is true of these numbers. */
START_TEST(test_sigmoid_vanishes_and_the_others_do_not)
{
    json_t *all = lesson_of("vanish", ""), *norms = block_of(all, "norms"), *ratios = block_of(all, "ratios"),
           *factors = block_of(all, "factors");
    for (size_t l = 1; l < 12; l++) ck_assert(number_at(norms, l - 1, 1) < 0.25 * number_at(norms, l, 1));
    ck_assert(number_at(ratios, 10, 1) < 1e-6);
    ck_assert(number_at(ratios, 10, 2) > 0.1);
    ck_assert(number_at(ratios, 10, 3) > 0.5);
    for (size_t row = 0; row < 11; row++)
        ck_assert_double_eq_tol(number_at(ratios, row, 4), number_at(ratios, 0, 4), 0.05);
    ck_assert(number_at(factors, 0, 1) < 0.25 && number_at(factors, 0, 2) < 0.25);
    ck_assert_double_eq_tol(number_at(factors, 2, 1), 0.5, 0.05);
    ck_assert(number_at(factors, 3, 2) >= 1);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- chain */

START_TEST(test_chain_is_a_product)
{
    const size_t depth = depth_of[_i];
    nn_random random = nn_random_new(1);
    double weight[BOOK_LAYERS], out[BOOK_LAYERS] = {1}, flat[BOOK_LAYERS];
    for (size_t l = 1; l <= depth; l++) {
        weight[l] = nn_random_normal(&random);
        const double bias = nn_random_normal(&random), z = weight[l] * out[l - 1] + bias;
        out[l] = 1 / (1 + exp(-z));
        flat[l] = book_slope("sigmoid", z);
    }
    json_t *all = lesson_of("vanish", depths[_i]), *chain = block_of(all, "chain");
    ck_assert_uint_eq(rows_of(chain), depth);
    double product = out[depth] * flat[depth];
    for (size_t l = depth; l >= 1; l--) {
        const size_t row = depth - l;
        if (l < depth) product *= weight[l + 1] * flat[l];
        ck_assert(number_at(chain, row, 0) == (double)l);
        assert_close(number_at(chain, row, 2), flat[l], "a slope");
        assert_close(number_at(chain, row, 4), product, "δ");
        if (l == depth) ck_assert_str_eq(shown_at(chain, row, 1), "");
        else {
            assert_close(number_at(chain, row, 1), weight[l + 1], "a weight");
            assert_close(number_at(chain, row, 3), weight[l + 1] * flat[l], "a factor");
        }
    }
    json_decref(all);
}
END_TEST

/* ----------------------------------------------------------------------------------------- the neuron */

/* By hand: with input 1 and target 0, dC/dw = dC/db = delta. */
typedef struct learnt {
    double C[EPOCHS + 1], a[EPOCHS + 1], z, delta;
    size_t half; /* the first epoch after which a < 1/2; EPOCHS + 1: none */
} learnt;

static learnt learn(size_t run, double rate)
{
    static const double starts[RUNS][2] = {{2, 2}, {2, 2}, {0.6, 0.9}};
    const bool is_entropy = run == 1;
    double weight = starts[run][0], bias = starts[run][1];
    learnt r = {.z = weight + bias, .half = EPOCHS + 1};
    for (size_t e = 0; e <= EPOCHS; e++) {
        const double z = weight + bias, out = 1 / (1 + exp(-z)), own = is_entropy ? out : out * out * (1 - out);
        r.a[e] = out;
        r.C[e] = is_entropy ? -log1p(-out) : out * out / 2;
        if (e == 0) r.delta = own;
        if (out < 0.5 && r.half > EPOCHS) r.half = e;
        weight -= rate * own;
        bias -= rate * own;
    }
    return r;
}

START_TEST(test_neuron_learns_as_plain_loops_do)
{
    json_t *all = lesson_of("vanish", rates[_i]), *start = block_of(all, "start"), *epochs = block_of(all, "epochs"),
           *plot = plot_of(all, "costs");
    ck_assert_uint_eq(rows_of(start), RUNS);
    ck_assert_uint_eq(rows_of(epochs), EPOCHS / 50 + 1);
    for (size_t run = 0; run < RUNS; run++) {
        const learnt r = learn(run, rate_of[_i]);
        ck_assert(number_at(start, run, 1) + number_at(start, run, 2) == r.z);
        assert_close(number_at(start, run, 3), r.z, "z");
        assert_close(number_at(start, run, 4), r.a[0], "a");
        assert_close(number_at(start, run, 5), book_slope("sigmoid", r.z), "σ′");
        assert_close(number_at(start, run, 6), r.delta, "δ");
        if (r.half > EPOCHS) ck_assert_str_eq(shown_at(start, run, 7), "> 300");
        else ck_assert(number_at(start, run, 7) == (double)r.half);
        for (size_t e = 0; e <= EPOCHS; e++) {
            ck_assert(point(plot, run, "x", e) == (double)e);
            ck_assert_double_eq_tol(point(plot, run, "y", e), r.C[e] / r.C[0], 1e-9);
        }
        for (size_t row = 0; row <= EPOCHS / 50; row++) {
            ck_assert(number_at(epochs, row, 0) == (double)(50 * row));
            ck_assert_double_eq_tol(number_at(epochs, row, 1 + 2 * run), r.C[50 * row], 1e-9);
            ck_assert_double_eq_tol(number_at(epochs, row, 2 + 2 * run), r.a[50 * row], 1e-9);
        }
    }
    json_decref(all);
}
END_TEST

START_TEST(test_quadratic_cost_learns_late_and_cross_entropy_at_once)
{
    json_t *all = lesson_of("vanish", ""), *start = block_of(all, "start"), *epochs = block_of(all, "epochs");
    ck_assert(number_at(start, 0, 7) > 10 * number_at(start, 1, 7));
    ck_assert(number_at(start, 0, 7) > 5 * number_at(start, 2, 7));
    ck_assert(number_at(epochs, 3, 2) > 0.9);
    ck_assert(number_at(epochs, 1, 4) < 0.1);
    assert_close(number_at(start, 1, 6), number_at(start, 1, 4), "δ of cross-entropy, a − y");
    assert_close(number_at(start, 0, 6), number_at(start, 0, 4) * number_at(start, 0, 5), "δ of the quadratic cost");
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------------------ options */

/* How many numbers nn_check_delta compares in a network: z, a, δ, b by layer, weights, inputs and the cost. */
START_TEST(test_checks_say_how_many_numbers_were_compared)
{
    const size_t depth = depth_of[_i];
    size_t numbers = 0;
    for (size_t d = 2; d <= depth; d++) numbers += KINDS * SEEDS * (d * (4 * WIDTH + WIDTH * WIDTH) + WIDTH + 1);
    json_t *all = lesson_of("vanish", depths[_i]);
    assert_checks(all, (const size_t[]){RUNS * 2 * (EPOCHS + 1), numbers, depth}, 3);
    json_decref(all);
}
END_TEST

START_TEST(test_text_is_readable)
{
    static const char *const options[] = {"",           "--depth=2", "--depth=30", "--rate=1e300", "--rate=1e-300",
                                          "--digits=17"};
    char line[200];
    snprintf(line, sizeof line, "LC_ALL=%s chainrule lesson vanish %s", _i % 2 == 0 ? "C.UTF-8" : "C", options[_i]);
    assert_prints_readable(line);
}
END_TEST

static const failure refused[] = {
    {"--depth=1", 2, "chainrule: --depth=1: lesson vanish goes from 2 to 30 layers\n"},
    {"--depth=31", 2, "chainrule: --depth=31: lesson vanish goes from 2 to 30 layers\n"},
    {"--depth=two", 2, "chainrule lesson: --depth=two: expected a whole number from 1 to 1000000\n..."},
    {"--rate=0", 2, "chainrule lesson: --rate=0: expected a number above 0\n..."},
    {"--rate=nan", 2, "chainrule lesson: --rate=nan: expected a number above 0\n..."},
    {"--rate=-1", 2, "chainrule lesson: --rate=-1: expected a number above 0\n..."},
    {"--seed=3", 2, "chainrule: lesson vanish has no --seed\n"},
    {"--sizes=2,2", 2, "chainrule: lesson vanish has no --sizes\n"},
    {"--output=tanh", 2, "chainrule: lesson vanish has no --output\n"},
    {"--unit=1,1", 2, "chainrule: lesson vanish has no --unit\n"},
    {"--batch=2", 2, "chainrule: lesson vanish has no --batch\n"},
};

START_TEST(test_what_cannot_be_is_said) { assert_refuses("lesson vanish", &refused[_i]); }
END_TEST

START_TEST(test_no_number_is_left_untested)
{
    json_t *all = lesson_of("vanish", depths[_i]);
    assert_only_has(all, "norms ratios factors chain start epochs costs", "factor_by_depth");
    json_decref(all);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_vanish");
    add(suite, "norms", test_norms_by_layer_are_those_of_plain_loops, DEPTHS);
    add(suite, "ratios", test_ratios_by_depth_are_those_of_plain_loops, DEPTHS);
    add(suite, "factors", test_factors_are_those_of_plain_loops, DEPTHS);
    add(suite, "kinds", test_sigmoid_vanishes_and_the_others_do_not, 1);
    add(suite, "chain", test_chain_is_a_product, DEPTHS);
    add(suite, "neuron", test_neuron_learns_as_plain_loops_do, RATES);
    add(suite, "late", test_quadratic_cost_learns_late_and_cross_entropy_at_once, 1);
    add(suite, "checks", test_checks_say_how_many_numbers_were_compared, DEPTHS);
    add(suite, "text", test_text_is_readable, 6);
    add(suite, "refused", test_what_cannot_be_is_said, sizeof refused / sizeof *refused);
    add(suite, "all_numbers", test_no_number_is_left_untested, DEPTHS);
    return run_suite(suite);
}
