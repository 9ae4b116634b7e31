/* SPDX-License-Identifier: MIT */
/* The closed forms by themselves: numbers that were worked out by hand or published, and each note's own formulas
 * written out for the networks that the note has. */
#include "helpers.h"
#include "run_suite.h"

#include <nn/delta.h>

#include <float.h>

static double sigma(double z) { return 1 / (1 + exp(-z)); }
static double sigma_slope(double z) { return sigma(z) * (1 - sigma(z)); }

#define assert_good(call)                                                                              \
    do {                                                                                               \
        nn_error error_ = {NN_OK, ""};                                                                 \
        nn_error *const error = &error_;                                                               \
        const nn_status status_ = (call);                                                              \
        ck_assert_msg(status_ == NN_OK, "%s: %s: %s", #call, nn_status_text(status_), error_.message); \
    } while (0)

#define assert_bad(call, text)                            \
    do {                                                  \
        nn_error error_ = {NN_OK, ""};                    \
        nn_error *const error = &error_;                  \
        ck_assert_int_eq((call), NN_ERR_ARGUMENT);        \
        ck_assert_str_eq(error_.message, text);           \
        ck_assert_int_eq(error_.status, NN_ERR_ARGUMENT); \
    } while (0)

/* ------------------------------------------------------------------------------------ conventions */

START_TEST(test_conventions_are_found_by_their_names)
{
    static const char *const names[] = {"logistic", "squared", "half-mean", "row-minus-bias", "per-neuron"};
    for (int k = 0; k < NN_CONVENTIONS; k++) {
        ck_assert_str_eq(nn_convention_name((nn_convention)k), names[k]);
        ck_assert_int_eq(nn_convention_find(names[k]), k);
    }
    ck_assert_int_eq(nn_convention_find("half_mean"), -1);
    ck_assert_int_eq(nn_convention_find(""), -1);
    ck_assert_int_eq(nn_convention_find(NULL), -1);
    ck_assert_ptr_null(nn_convention_name((nn_convention)NN_CONVENTIONS));
    ck_assert_ptr_null(nn_convention_name((nn_convention)-1));
}
END_TEST

static nn_shape shape_of(nn_layer *layer, nn_activation output, nn_cost cost)
{
    layer[0] = (nn_layer){.width = 2, .activation = NN_TANH};
    layer[1] = (nn_layer){.width = 2, .activation = output};
    return (nn_shape){2, 2, layer, cost};
}

START_TEST(test_convention_knows_the_costs_that_its_formulas_are_for)
{
    static const struct {
        nn_cost cost;
        nn_activation output;
        bool fits[NN_CONVENTIONS];
        nn_convention first;
    } cases[] = {
        {NN_HALF_SUM_OF_SQUARES, NN_SIGMOID, {false, false, true, true, true}, NN_HALF_MEAN},
        {NN_HALF_SUM_OF_SQUARES, NN_IDENTITY, {true, false, true, true, true}, NN_LOGISTIC},
        {NN_SUM_OF_SQUARES, NN_IDENTITY, {false, true, true, false, false}, NN_SQUARED},
        {NN_MEAN_OF_SQUARES, NN_TANH, {false, false, true, false, false}, NN_HALF_MEAN},
        {NN_BINARY_CROSS_ENTROPY, NN_SIGMOID, {true, false, false, false, false}, NN_LOGISTIC},
        {NN_SOFTMAX_CROSS_ENTROPY, NN_SOFTMAX, {true, false, false, false, false}, NN_LOGISTIC},
    };
    nn_layer layer[2];
    const nn_shape shape = shape_of(layer, cases[_i].output, cases[_i].cost);
    for (int k = 0; k < NN_CONVENTIONS; k++)
        ck_assert_int_eq(nn_convention_fits((nn_convention)k, &shape, NULL),
                         cases[_i].fits[k] ? NN_OK : NN_ERR_ARGUMENT);
    ck_assert_int_eq(nn_convention_for(&shape), cases[_i].first);
}
END_TEST

START_TEST(test_convention_says_what_it_needs)
{
    nn_layer layer[2];
    nn_shape shape = shape_of(layer, NN_SIGMOID, NN_MEAN_OF_SQUARES);
    assert_bad(nn_convention_fits(NN_LOGISTIC, &shape, error),
               "the convention logistic needs a matched pair: binary_cross_entropy on sigmoid, softmax_cross_entropy "
               "on softmax, or half_sum_of_squares on identity; this is mean_of_squares on sigmoid");
    assert_bad(nn_convention_fits(NN_SQUARED, &shape, error),
               "the convention squared needs the cost sum_of_squares; this is mean_of_squares on sigmoid");
    assert_bad(nn_convention_fits(NN_PER_NEURON, &shape, error),
               "the convention per-neuron needs the cost half_sum_of_squares; this is mean_of_squares on sigmoid");
    shape = shape_of(layer, NN_SOFTMAX, NN_SOFTMAX_CROSS_ENTROPY);
    assert_bad(nn_convention_fits(NN_HALF_MEAN, &shape, error),
               "the convention half-mean needs a cost of squares: half_sum_of_squares, sum_of_squares or "
               "mean_of_squares; this is softmax_cross_entropy on softmax");
    shape = shape_of(layer, NN_TANH, NN_HALF_SUM_OF_SQUARES);
    layer[1].skip = 1;
    assert_bad(nn_convention_fits(NN_ROW_MINUS_BIAS, &shape, error),
               "the convention row-minus-bias has no skip connections, and layer 2 has one; all the others know "
               "them");
    assert_bad(nn_convention_fits((nn_convention)9, &shape, error), "there is no convention number 9");
}
END_TEST

/* ------------------------------------------------------------------------------------ activations */

static double central_difference(nn_activation f, double alpha, double z)
{
    const double h = 1e-5;
    return (nn_activation_value(f, alpha, z + h) - nn_activation_value(f, alpha, z - h)) / (2 * h);
}

START_TEST(test_slopes_are_the_derivatives_of_the_values)
{
    static const double alphas[] = {0, 0.3, 1.7};
    for (int f = 0; f < NN_SOFTMAX; f++)
        for (size_t k = 0; k < 3; k++)
            for (double z = -6.05; z < 6; z += 0.1) {
                const double slope = nn_activation_slope((nn_activation)f, alphas[k], z);
                assert_near(slope, central_difference((nn_activation)f, alphas[k], z), 1e-8);
            }
    ck_assert(isnan(nn_activation_value(NN_SOFTMAX, 0, 1)) && isnan(nn_activation_slope(NN_SOFTMAX, 0, 1)));
}
END_TEST

START_TEST(test_slopes_of_the_output_are_the_same_where_nothing_is_saturated)
{
    static const bool known[NN_ACTIVATIONS] = {
        [NN_IDENTITY] = true,   [NN_SIGMOID] = true, [NN_TANH] = true,    [NN_RELU] = true,
        [NN_LEAKY_RELU] = true, [NN_ELU] = true,     [NN_SOFTPLUS] = true};
    for (int f = 0; f < NN_ACTIVATIONS; f++)
        for (double z = -2.05; z < 2; z += 0.1) {
            const double o = nn_activation_value((nn_activation)f, 0.5, z);
            const double slope = nn_activation_slope_of_output((nn_activation)f, 0.5, o);
            ck_assert_int_eq(isnan(slope), !known[f]);
            if (known[f]) assert_near(slope, nn_activation_slope((nn_activation)f, 0.5, z), 1e-14);
        }
    ck_assert(isnan(nn_activation_slope_of_output(NN_ELU, -1, -0.5)));
    ck_assert(isnan(nn_activation_slope_of_output(NN_LEAKY_RELU, -1, 0.5)));
}
END_TEST

START_TEST(test_slope_keeps_its_digits_where_that_of_the_output_loses_them)
{
    const double z = 37.5, o = nn_activation_value(NN_SIGMOID, 0, z);
    assert_near(nn_activation_slope(NN_SIGMOID, 0, z) / exp(-z), 1, 1e-15);
    ck_assert(nn_activation_slope_of_output(NN_SIGMOID, 0, o) == 0);
    assert_near(nn_activation_slope(NN_TANH, 0, -20) / (4 * exp(-40)), 1, 1e-15);
    ck_assert(nn_activation_slope_of_output(NN_TANH, 0, nn_activation_value(NN_TANH, 0, -20)) == 0);
    assert_near(nn_activation_slope(NN_SIGMOID, 0, -700) / exp(-700), 1, 1e-15);
    assert_same_bits(nn_activation_slope(NN_SIGMOID, 0, 1e6), 0);
}
END_TEST

/* --------------------------------------------------------------------------------------- logistic */

/* The network of the note's picture, 4 layers and one output, with room for its numbers. */
typedef struct four_layers {
    double theta[3][4], z[4][2], a[4][2], delta[4][2], da[4][2], dtheta[3][6];
    nn_logistic_layer layer[4];
    nn_logistic_net net;
} four_layers;

static void four_layers_begin(four_layers *n)
{
    static const double theta[3][4] = {{0.5, -1.5, 0.75, 0.25}, {-0.5, 1.25, 2, -0.75}, {1.5, -2.25}};
    memcpy(n->theta, theta, sizeof theta);
    for (int l = 0; l < 4; l++)
        n->layer[l] = (nn_logistic_layer){.units = l < 3 ? 2 : 1,
                                          .activation = NN_SIGMOID,
                                          .theta = l < 3 ? n->theta[l] : NULL,
                                          .z = n->z[l],
                                          .a = n->a[l],
                                          .delta = n->delta[l],
                                          .da = n->da[l],
                                          .dtheta = l < 3 ? n->dtheta[l] : NULL};
    n->net = (nn_logistic_net){4, n->layer, NN_BINARY_CROSS_ENTROPY, 0};
}

START_TEST(test_logistic_has_the_two_paths_that_the_note_writes_out)
{
    four_layers n;
    four_layers_begin(&n);
    const double x[] = {0.6, -0.4}, y = 1;
    assert_good(nn_delta_logistic(&n.net, x, &y, error));

    /* z^(2)_2 leads to a^(4)_1 by z^(3)_1 and by z^(3)_2; theta^(l)_{ij} is n.theta[l - 1][2 (i - 1) + (j - 1)] */
    const double a41 = n.a[3][0], blue = a41 - y;
    const double first = blue * (n.theta[2][0] * sigma_slope(n.z[2][0])) * (n.theta[1][1] * sigma_slope(n.z[1][1]));
    const double second = blue * (n.theta[2][1] * sigma_slope(n.z[2][1])) * (n.theta[1][3] * sigma_slope(n.z[1][1]));
    assert_near(n.delta[1][1], first + second, 1e-15);
    ck_assert_uint_eq(n.layer[1].paths, 2);
    assert_near(nn_logistic_path(&n.net, 2, 2, 0, NULL, NULL), first, 1e-15);
    assert_near(nn_logistic_path(&n.net, 2, 2, 1, NULL, NULL), second, 1e-15);
    double sum;
    assert_good(nn_logistic_sum_of_paths(&n.net, 2, 2, &sum, error));
    assert_near(sum, first + second, 1e-15);

    nn_path_step steps[3];
    size_t count;
    nn_logistic_path(&n.net, 2, 2, 1, steps, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert(steps[0].layer == 2 && steps[0].unit == 2 && steps[0].theta == 1);
    ck_assert(steps[1].layer == 3 && steps[1].unit == 2 && steps[1].theta == n.theta[1][3]);
    ck_assert(steps[2].layer == 4 && steps[2].unit == 1 && steps[2].theta == n.theta[2][1]);
    assert_near(steps[0].slope, sigma_slope(n.z[1][1]), 1e-15);
    assert_near(steps[1].slope, sigma_slope(n.z[2][1]), 1e-15);
    assert_same_bits(steps[2].slope, blue);
}
END_TEST

START_TEST(test_logistic_is_what_the_note_says_layer_by_layer)
{
    four_layers n;
    four_layers_begin(&n);
    const double x[] = {0.6, -0.4}, y = 0;
    assert_good(nn_delta_logistic(&n.net, x, &y, error));
    assert_near(n.net.C, -log(1 - sigma(n.z[3][0])), 1e-14);
    assert_near(n.delta[3][0], n.a[3][0] - y, 0);
    assert_near(n.delta[2][0], n.delta[3][0] * n.theta[2][0] * sigma_slope(n.z[2][0]), 1e-15);
    assert_near(n.delta[2][1], n.delta[3][0] * n.theta[2][1] * sigma_slope(n.z[2][1]), 1e-15);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++) {
            assert_near(n.dtheta[1][2 * i + j], n.delta[2][i] * n.a[1][j], 0);
            assert_near(n.dtheta[0][2 * i + j], n.delta[1][i] * x[j], 0);
        }
    assert_near(n.da[0][1], n.theta[0][1] * n.delta[1][0] + n.theta[0][3] * n.delta[1][1], 1e-15);
}
END_TEST

START_TEST(test_logistic_bias_unit_has_the_first_column)
{
    double z[2][1], a[2][2], delta[2][1], da[2][2], dtheta[3];
    const double theta[] = {0.25, -1, 2}, x[] = {3, 0.5}, y = 0.75;
    nn_logistic_layer layer[2] = {
        {.units = 2, .bias_unit = true, .theta = theta, .a = a[0], .da = da[0], .dtheta = dtheta},
        {.units = 1, .activation = NN_IDENTITY, .z = z[1], .a = a[1], .delta = delta[1], .da = da[1]}};
    nn_logistic_net net = {2, layer, NN_HALF_SUM_OF_SQUARES, 0};
    assert_good(nn_delta_logistic(&net, x, &y, error));
    assert_same_bits(z[1][0], 0.25 - 3 + 1);
    assert_same_bits(delta[1][0], -1.75 - 0.75);
    assert_same_bits(net.C, 3.125);
    ck_assert(dtheta[0] == -2.5 && dtheta[1] == -7.5 && dtheta[2] == -1.25);
    ck_assert(da[0][0] == 2.5 && da[0][1] == -5);
}
END_TEST

START_TEST(test_logistic_softmax_has_a_minus_y)
{
    double z[2], a[2], delta[2], da[2], ax[1], dax[1], dtheta[2];
    const double theta[] = {1000, 1000 - log(3)}, x = 1, y[] = {0, 1};
    nn_logistic_layer layer[2] = {{.units = 1, .theta = theta, .a = ax, .da = dax, .dtheta = dtheta},
                                  {.units = 2, .activation = NN_SOFTMAX, .z = z, .a = a, .delta = delta, .da = da}};
    nn_logistic_net net = {2, layer, NN_SOFTMAX_CROSS_ENTROPY, 0};
    assert_good(nn_delta_logistic(&net, &x, y, error));
    assert_near(a[0], 0.75, 1e-13);
    assert_near(delta[0], 0.75, 1e-13);
    assert_near(delta[1], -0.75, 1e-13);
    assert_near(net.C, log(4), 1e-13);
    const double no_distribution[] = {0.5, 0.75};
    assert_bad(nn_delta_logistic(&net, &x, no_distribution, error),
               "the convention logistic: with softmax_cross_entropy the targets must add up to 1, not 1.25");
}
END_TEST

/* A network of the given widths, without biases, all of whose numbers are drawn. */
typedef struct drawn_net {
    double block[4096];
    nn_logistic_layer layer[9];
    nn_logistic_net net;
} drawn_net;

static double *draw(drawn_net *d, size_t *used, generator *g, size_t n)
{
    double *first = d->block + *used;
    ck_assert_uint_le(*used + n, sizeof d->block / sizeof *d->block);
    for (size_t k = 0; k < n; k++) first[k] = g == NULL ? 0 : uniform(g, -1, 1);
    *used += n;
    return first;
}

static void drawn_net_begin(drawn_net *d, generator *g, const size_t *widths, size_t layers, nn_cost cost)
{
    size_t used = 0;
    for (size_t l = 0; l < layers; l++) {
        const size_t n = widths[l], next = l + 1 < layers ? widths[l + 1] : 0;
        d->layer[l] = (nn_logistic_layer){.units = n,
                                          .activation = NN_TANH,
                                          .theta = draw(d, &used, g, n * next),
                                          .z = draw(d, &used, NULL, n),
                                          .delta = draw(d, &used, NULL, n),
                                          .a = draw(d, &used, NULL, n),
                                          .da = draw(d, &used, NULL, n),
                                          .dtheta = draw(d, &used, NULL, n * next)};
    }
    d->layer[layers - 1].activation = cost == NN_HALF_SUM_OF_SQUARES ? NN_IDENTITY : NN_SIGMOID;
    d->net = (nn_logistic_net){layers, d->layer, cost, 0};
}

static void assert_sums_of_paths_are_deltas(const nn_logistic_net *net)
{
    for (size_t l = 2; l <= net->layers; l++)
        for (size_t j = 1; j <= net->layer[l - 1].units; j++) {
            double sum;
            assert_good(nn_logistic_sum_of_paths(net, l, j, &sum, error));
            assert_near(sum, net->layer[l - 1].delta[j - 1], 1e-13);
        }
}

START_TEST(test_sum_over_all_paths_is_delta)
{
    generator g = {(uint64_t)_i};
    drawn_net d;
    size_t widths[9];
    const size_t layers = 2 + below(&g, 6);
    double x[5], y[5];
    for (size_t l = 0; l < layers; l++) widths[l] = 1 + below(&g, 5);
    for (size_t k = 0; k < 5; k++) x[k] = uniform(&g, -1, 1), y[k] = uniform(&g, 0, 1);
    drawn_net_begin(&d, &g, widths, layers, NN_BINARY_CROSS_ENTROPY);
    assert_good(nn_delta_logistic(&d.net, x, y, error));
    assert_sums_of_paths_are_deltas(&d.net);
}
END_TEST

START_TEST(test_sum_over_all_paths_takes_skip_connections)
{
    generator g = {(uint64_t)_i};
    drawn_net d;
    const size_t widths[] = {3, 3, 3, 3, 3, 3, 3};
    double x[3], y[3];
    for (size_t k = 0; k < 3; k++) x[k] = uniform(&g, -1, 1), y[k] = uniform(&g, -1, 1);
    drawn_net_begin(&d, &g, widths, 7, NN_HALF_SUM_OF_SQUARES);
    for (size_t l = 2; l <= 7; l++) d.layer[l - 1].skip = below(&g, (uint32_t)l);
    assert_good(nn_delta_logistic(&d.net, x, y, error));
    assert_sums_of_paths_are_deltas(&d.net);
}
END_TEST

START_TEST(test_path_over_a_skip_connection_is_one_step)
{
    generator g = {1};
    drawn_net d;
    const size_t widths[] = {1, 2, 2, 2, 2};
    const double x = 1, y[] = {0, 1};
    nn_path_step steps[4];
    size_t count;
    drawn_net_begin(&d, &g, widths, 5, NN_HALF_SUM_OF_SQUARES);
    d.layer[4].skip = 2;
    d.layer[3].skip = 2;
    assert_good(nn_delta_logistic(&d.net, &x, y, error));
    ck_assert_uint_eq(d.layer[2].paths, 2 * 2 + 1);
    ck_assert_uint_eq(d.layer[1].paths, 2 * 5 + 2);
    nn_logistic_path(&d.net, 2, 2, 11, steps, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert(steps[1].layer == 4 && steps[1].unit == 2 && steps[1].skipped_to && steps[1].theta == 1);
    ck_assert(steps[1].slope == 1 && steps[2].layer == 5 && !steps[2].skipped_to);
    nn_logistic_path(&d.net, 3, 1, 4, steps, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert(steps[1].layer == 5 && steps[1].unit == 1 && steps[1].skipped_to);
    assert_same_bits(steps[1].slope, d.layer[4].a[0] - y[0]);
}
END_TEST

START_TEST(test_paths_that_are_too_many_or_missing_are_refused)
{
    generator g = {1};
    drawn_net d;
    const size_t widths[] = {1, 1, 11, 11, 11, 11, 11, 11};
    double x = 1, y[11] = {0}, sum;
    drawn_net_begin(&d, &g, widths, 8, NN_BINARY_CROSS_ENTROPY);
    assert_good(nn_delta_logistic(&d.net, &x, y, error));
    ck_assert_uint_eq(d.layer[2].paths, 161051);
    ck_assert_uint_eq(d.layer[1].paths, NN_MOST_PATHS + 1);
    ck_assert_uint_eq(d.layer[0].paths, NN_MOST_PATHS + 1);
    assert_bad(nn_logistic_sum_of_paths(&d.net, 2, 1, &sum, error),
               "more than 1000000 paths lead from z^(2)_1 to the cost; the sum over paths is for smaller networks");
    assert_bad(nn_logistic_sum_of_paths(&d.net, 1, 1, &sum, error),
               "there is no z^(1)_1: layers with a weighted input are 2 to 8, units count from 1");
    ck_assert_int_eq(nn_logistic_sum_of_paths(&d.net, 9, 1, &sum, NULL), NN_ERR_ARGUMENT);
    ck_assert_int_eq(nn_logistic_sum_of_paths(&d.net, 3, 12, &sum, NULL), NN_ERR_ARGUMENT);
    ck_assert_int_eq(nn_logistic_sum_of_paths(&d.net, 3, 0, &sum, NULL), NN_ERR_ARGUMENT);
    ck_assert(isnan(nn_logistic_path(&d.net, 2, 1, 0, NULL, NULL)));
    ck_assert(isnan(nn_logistic_path(&d.net, 3, 1, 161051, NULL, NULL)));
    ck_assert(!isnan(nn_logistic_path(&d.net, 3, 1, 161050, NULL, NULL)));
}
END_TEST

/* ---------------------------------------------------------------------------------------- squared */

typedef struct chain {
    double W[4], b[4], z[4], dz[4], a[4], da[4], dW[4], db[4];
    nn_squared_layer layer[4];
    nn_squared_net net;
} chain;

/* The note's chain of layers with one neuron each, (w_1, b_1) to (w_3, b_3). */
static void chain_begin(chain *c)
{
    static const double W[] = {0, 0.5, -1.5, 2}, b[] = {0, 0.25, 0.75, -0.5};
    memcpy(c->W, W, sizeof W);
    memcpy(c->b, b, sizeof b);
    for (int l = 0; l < 4; l++)
        c->layer[l] = (nn_squared_layer){1,        NN_SIGMOID, 0,        0,         &c->W[l],  &c->b[l],
                                         &c->z[l], &c->dz[l],  &c->a[l], &c->da[l], &c->dW[l], &c->db[l]};
    c->net = (nn_squared_net){3, c->layer, 0};
}

START_TEST(test_squared_keeps_the_factor_2_of_the_note)
{
    chain c;
    chain_begin(&c);
    const double x = 0.4, y = 0.9;
    assert_good(nn_delta_squared(&c.net, &x, &y, 1, error));
    const double wish = sigma_slope(c.z[3]) * 2 * (c.a[3] - y);
    assert_near(c.net.J, (c.a[3] - y) * (c.a[3] - y), 1e-16);
    assert_near(c.dW[3], c.a[2] * wish, 1e-16);
    assert_near(c.db[3], wish, 1e-16);
    assert_near(c.da[2], c.W[3] * wish, 1e-16);
    assert_near(c.dW[2], c.a[1] * sigma_slope(c.z[2]) * c.da[2], 1e-16);
    assert_near(c.da[0], c.W[1] * c.dz[1], 1e-16);
}
END_TEST

START_TEST(test_squared_batch_is_the_mean_of_the_wishes)
{
    chain batch, one;
    const double x[] = {0.4, -1, 2.5}, y[] = {0.9, 0, 0.3};
    chain_begin(&batch);
    chain_begin(&one);
    double mean[9] = {0};
    for (int i = 0; i < 3; i++) {
        assert_good(nn_delta_squared(&one.net, &x[i], &y[i], 1, error));
        for (int l = 1; l < 4; l++) mean[l] += one.dW[l] / 3, mean[3 + l] += one.db[l] / 3;
        mean[0] += one.net.J / 3;
    }
    assert_good(nn_delta_squared(&batch.net, x, y, 3, error));
    assert_near(batch.net.J, mean[0], 1e-15);
    for (int l = 1; l < 4; l++) {
        assert_near(batch.dW[l], mean[l], 1e-15);
        assert_near(batch.db[l], mean[3 + l], 1e-15);
    }
    assert_bad(nn_delta_squared(&batch.net, x, y, 0, error), "the convention squared: a batch of no samples");
}
END_TEST

/* ------------------------------------------------------------------------- half-mean, and the demon */

typedef struct small_net {
    double w[2][6], b[2][3], z[3][3], delta[3][3], a[3][3], da[3][3], dw[2][6], db[2][3], demon[2][3];
    nn_half_mean_layer layer[3];
    nn_half_mean_net net;
} small_net;

/* 2-3-2 */
static void small_net_begin(small_net *n, nn_cost cost)
{
    generator g = {7};
    for (int k = 0; k < 12; k++) n->w[k / 6][k % 6] = uniform(&g, -1, 1);
    for (int k = 0; k < 6; k++) n->b[k / 3][k % 3] = uniform(&g, -1, 1), n->demon[k / 3][k % 3] = 0;
    n->layer[0] = (nn_half_mean_layer){.width = 2, .a = n->a[0], .da = n->da[0]};
    for (int l = 1; l < 3; l++)
        n->layer[l] = (nn_half_mean_layer){.width = l == 1 ? 3 : 2,
                                           .activation = l == 1 ? NN_TANH : NN_SIGMOID,
                                           .w = n->w[l - 1],
                                           .b = n->b[l - 1],
                                           .demon = n->demon[l - 1],
                                           .z = n->z[l],
                                           .delta = n->delta[l],
                                           .a = n->a[l],
                                           .da = n->da[l],
                                           .dw = n->dw[l - 1],
                                           .db = n->db[l - 1]};
    n->net = (nn_half_mean_net){2, n->layer, cost, 0};
}

static const double small_x[] = {0.5, -1.25, 2, 0.125}, small_y[] = {1, 0, 0.25, 0.75};

START_TEST(test_half_mean_obeys_the_four_equations)
{
    small_net n;
    small_net_begin(&n, NN_HALF_SUM_OF_SQUARES);
    assert_good(nn_delta_half_mean(&n.net, small_x, small_y, 1, error));
    double cost = 0;
    for (size_t j = 0; j < 2; j++) {
        const double apart = n.a[2][j] - small_y[j];
        cost += apart * apart / 2;
        assert_near(n.delta[2][j], apart * sigma_slope(n.z[2][j]), 1e-15);                            /* BP1 */
        for (size_t k = 0; k < 3; k++) assert_near(n.dw[1][3 * j + k], n.a[1][k] * n.delta[2][j], 0); /* BP4 */
    }
    for (size_t j = 0; j < 3; j++) {
        const double sum = n.w[1][j] * n.delta[2][0] + n.w[1][3 + j] * n.delta[2][1];
        const double slope = 1 - tanh(n.z[1][j]) * tanh(n.z[1][j]);
        assert_near(n.delta[1][j], sum * slope, 1e-15); /* BP2 */
        assert_same_bits(n.db[0][j], n.delta[1][j]);    /* BP3 */
    }
    assert_near(n.net.C, cost, 1e-15);
}
END_TEST

START_TEST(test_half_mean_takes_the_other_costs_by_their_gradient)
{
    small_net half, sum, mean;
    small_net_begin(&half, NN_HALF_SUM_OF_SQUARES);
    small_net_begin(&sum, NN_SUM_OF_SQUARES);
    small_net_begin(&mean, NN_MEAN_OF_SQUARES);
    assert_good(nn_delta_half_mean(&half.net, small_x, small_y, 1, error));
    assert_good(nn_delta_half_mean(&sum.net, small_x, small_y, 1, error));
    assert_good(nn_delta_half_mean(&mean.net, small_x, small_y, 1, error));
    assert_near(sum.net.C, 2 * half.net.C, 1e-15);
    assert_near(mean.net.C, half.net.C, 1e-15); /* two outputs: 1/2 */
    for (size_t k = 0; k < 6; k++) {
        assert_near(sum.dw[0][k], 2 * half.dw[0][k], 1e-15);
        assert_near(mean.dw[0][k], half.dw[0][k], 1e-15);
    }
    half.net.cost = NN_BINARY_CROSS_ENTROPY;
    assert_bad(nn_delta_half_mean(&half.net, small_x, small_y, 1, error),
               "the convention half-mean needs a cost of squares: half_sum_of_squares, sum_of_squares or "
               "mean_of_squares; this is binary_cross_entropy on sigmoid");
    assert_bad(nn_delta_half_mean(&sum.net, small_x, small_y, 0, error), "the convention half-mean: no samples");
}
END_TEST

START_TEST(test_half_mean_of_samples_is_the_mean)
{
    small_net n;
    double dw[6] = {0}, cost = 0;
    small_net_begin(&n, NN_HALF_SUM_OF_SQUARES);
    for (size_t i = 0; i < 2; i++) {
        assert_good(nn_delta_half_mean(&n.net, small_x + 2 * i, small_y + 2 * i, 1, error));
        cost += n.net.C / 2;
        for (size_t k = 0; k < 6; k++) dw[k] += n.dw[0][k] / 2;
    }
    assert_good(nn_delta_half_mean(&n.net, small_x, small_y, 2, error));
    assert_near(n.net.C, cost, 1e-15);
    for (size_t k = 0; k < 6; k++) assert_near(n.dw[0][k], dw[k], 1e-15);
}
END_TEST

/* Delta C = delta Delta z, but for what is quadratic in Delta z. */
START_TEST(test_demon_changes_the_cost_by_delta_times_what_it_adds)
{
    small_net n;
    small_net_begin(&n, NN_HALF_SUM_OF_SQUARES);
    assert_good(nn_delta_half_mean(&n.net, small_x, small_y, 1, error));
    const size_t l = _i < 3 ? 1 : 2, j = (size_t)(_i < 3 ? _i : _i - 3);
    const double before = n.net.C, delta = n.delta[l][j], dz = -1e-5 * delta;
    n.demon[l - 1][j] = dz;
    assert_good(nn_delta_half_mean(&n.net, small_x, small_y, 1, error));
    ck_assert_msg(n.net.C < before, "a good demon, and the cost grows from %.17g to %.17g", before, n.net.C);
    ck_assert(fabs((n.net.C - before) / (delta * dz) - 1) < 1e-4);
}
END_TEST

/* --------------------------------------------------------------------------------- row-minus-bias */

/* Matrices as the note has them, small and slow: C = A B, A transposed, diagonal. */
typedef struct matrix {
    size_t rows, columns;
    double at[6][6];
} matrix;

static matrix times(matrix a, matrix b)
{
    matrix c = {a.rows, b.columns, {{0}}};
    ck_assert_uint_eq(a.columns, b.rows);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.columns; j++)
            for (size_t k = 0; k < a.columns; k++) c.at[i][j] += a.at[i][k] * b.at[k][j];
    return c;
}

static matrix transposed(matrix a)
{
    matrix t = {a.columns, a.rows, {{0}}};
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.columns; j++) t.at[j][i] = a.at[i][j];
    return t;
}

static matrix minus(matrix a)
{
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.columns; j++) a.at[i][j] = -a.at[i][j];
    return a;
}

static matrix random_matrix(generator *g, size_t rows, size_t columns)
{
    matrix m = {rows, columns, {{0}}};
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) m.at[i][j] = uniform(g, -1, 1);
    return m;
}

/* f(x W - b), and df(z)/dz as the diagonal matrix of f (1 - f). */
static matrix f_of(matrix x, matrix W, matrix b, matrix *slope)
{
    matrix z = times(x, W);
    *slope = (matrix){W.columns, W.columns, {{0}}};
    for (size_t j = 0; j < W.columns; j++) {
        z.at[0][j] = sigma(z.at[0][j] - b.at[0][j]);
        slope->at[j][j] = z.at[0][j] * (1 - z.at[0][j]);
    }
    return z;
}

typedef struct flat_layer {
    double W[36], b[6], z[6], output[6], slope[6], slope_of_output[6], dE_dW[36], dE_db[6];
} flat_layer;

static nn_row_layer row_layer(flat_layer *flat, matrix W, matrix b)
{
    for (size_t i = 0; i < W.rows; i++)
        for (size_t j = 0; j < W.columns; j++) flat->W[i * W.columns + j] = W.at[i][j];
    memcpy(flat->b, b.at[0], sizeof flat->b);
    return (nn_row_layer){
        W.columns,   NN_SIGMOID, 0, flat->W, flat->b, flat->z, flat->output, flat->slope, flat->slope_of_output,
        flat->dE_dW, flat->dE_db};
}

static void assert_is_matrix(const double *found, matrix expected)
{
    for (size_t i = 0; i < expected.rows; i++)
        for (size_t j = 0; j < expected.columns; j++)
            assert_near(found[i * expected.columns + j], expected.at[i][j], 1e-15);
}

/* The note's network 3-5-4-3 with its matrices A, B, C and its rows a, b, c, and its products of matrices. */
START_TEST(test_row_minus_bias_is_the_chain_of_matrices_of_the_note)
{
    generator g = {(uint64_t)_i};
    const matrix A = random_matrix(&g, 3, 5), B = random_matrix(&g, 5, 4), C = random_matrix(&g, 4, 3);
    const matrix a = random_matrix(&g, 1, 5), b = random_matrix(&g, 1, 4), c = random_matrix(&g, 1, 3);
    const matrix x = random_matrix(&g, 1, 3), y = random_matrix(&g, 1, 3);
    matrix f1, f2, f3;
    const matrix hidden1 = f_of(x, A, a, &f1), hidden2 = f_of(hidden1, B, b, &f2), yhat = f_of(hidden2, C, c, &f3);
    matrix apart = yhat;
    double E = 0;
    for (size_t j = 0; j < 3; j++) apart.at[0][j] -= y.at[0][j], E += apart.at[0][j] * apart.at[0][j] / 2;
    const matrix dc = minus(times(apart, f3));
    const matrix db = minus(times(times(times(apart, f3), transposed(C)), f2));
    const matrix da = minus(times(times(times(times(times(apart, f3), transposed(C)), f2), transposed(B)), f1));

    flat_layer flat[3];
    double dE_dx[3];
    nn_row_layer layer[3] = {row_layer(&flat[0], A, a), row_layer(&flat[1], B, b), row_layer(&flat[2], C, c)};
    nn_row_net net = {3, 3, layer, dE_dx, 0};
    assert_good(nn_delta_row_minus_bias(&net, x.at[0], y.at[0], error));
    assert_near(net.E, E, 1e-15);
    assert_is_matrix(flat[2].output, yhat);
    assert_is_matrix(flat[2].dE_db, dc);
    assert_is_matrix(flat[1].dE_db, db);
    assert_is_matrix(flat[0].dE_db, da);
    assert_is_matrix(flat[2].dE_dW, minus(times(transposed(hidden2), dc)));
    assert_is_matrix(flat[1].dE_dW, minus(times(transposed(hidden1), db)));
    assert_is_matrix(flat[0].dE_dW, minus(times(transposed(x), da)));
    assert_is_matrix(dE_dx, minus(times(da, transposed(A))));
    for (size_t j = 0; j < 3; j++) {
        assert_near(flat[2].slope_of_output[j], yhat.at[0][j] * (1 - yhat.at[0][j]), 1e-16);
        assert_near(flat[2].slope[j], flat[2].slope_of_output[j], 1e-15);
    }
}
END_TEST

START_TEST(test_row_minus_bias_refuses_what_it_does_not_know)
{
    nn_row_layer layer = {.width = 0};
    nn_row_net net = {1, 0, &layer, NULL, 0};
    assert_bad(nn_delta_row_minus_bias(&net, NULL, NULL, error),
               "the convention row-minus-bias: a network needs a layer beside its input");
    net.layers = 1;
    assert_bad(nn_delta_row_minus_bias(&net, NULL, NULL, error), "the convention row-minus-bias: layer 1 is empty");
    layer = (nn_row_layer){.width = 1, .activation = NN_SOFTMAX};
    assert_bad(nn_delta_row_minus_bias(&net, NULL, NULL, error),
               "the convention row-minus-bias: layer 1 has softmax, which goes only on the output of the convention "
               "logistic");
    layer.activation = (nn_activation)77;
    assert_bad(nn_delta_row_minus_bias(&net, NULL, NULL, error),
               "the convention row-minus-bias: layer 1 has no known activation");
    net.inputs = 0;
    assert_bad(nn_delta_row_minus_bias(&net, NULL, NULL, error), "the convention row-minus-bias: no inputs");
}
END_TEST

/* -------------------------------------------------------------------------------------- per-neuron */

/* Mazur's example: inputs .05 and .10, targets .01 and .99, one hidden layer, eta .5. */
typedef struct mazur {
    nn_neuron neuron[6];
    nn_wire wire[8];
    nn_wiring net;
} mazur;

static const double mazur_x[] = {0.05, 0.10}, mazur_t[] = {0.01, 0.99};

static void mazur_begin(mazur *m)
{
    static const nn_wire wires[] = {{0, 2, 0.15, 0}, {1, 2, 0.20, 0}, {0, 3, 0.25, 0}, {1, 3, 0.30, 0},
                                    {2, 4, 0.40, 0}, {3, 4, 0.45, 0}, {2, 5, 0.50, 0}, {3, 5, 0.55, 0}};
    static const size_t outputs[] = {4, 5};
    memcpy(m->wire, wires, sizeof wires);
    for (int q = 0; q < 6; q++)
        m->neuron[q] = (nn_neuron){.activation = NN_SIGMOID, .bias = q < 2 ? 0 : q < 4 ? 0.35 : 0.60};
    m->net = (nn_wiring){6, m->neuron, 2, 8, m->wire, 2, outputs, 0};
}

START_TEST(test_per_neuron_has_the_published_numbers_of_mazur)
{
    static const double after[] = {0.149780716, 0.19956143,  0.24975114,  0.29950229,
                                   0.35891648,  0.408666186, 0.511301270, 0.561370121};
    mazur m;
    mazur_begin(&m);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    ck_assert(fabs(m.net.L - 0.298371109) < 5e-10);
    ck_assert(fabs(m.neuron[2].z - 0.3775) < 1e-15 && fabs(m.neuron[2].o - 0.593269992) < 5e-10);
    ck_assert(fabs(m.neuron[4].o - 0.75136507) < 5e-9 && fabs(m.neuron[5].o - 0.772928465) < 5e-10);
    ck_assert(fabs(m.neuron[4].delta - 0.138498562) < 5e-10);
    ck_assert(fabs(m.wire[4].dw - 0.082167041) < 5e-10 && fabs(m.wire[0].dw - 0.000438568) < 5e-10);
    nn_per_neuron_update(&m.net, 0.5, false);
    for (int k = 0; k < 8; k++)
        ck_assert_msg(fabs(m.wire[k].w - after[k]) < 6e-9, "weight %d is %.9f", k + 1, m.wire[k].w);
}
END_TEST

START_TEST(test_per_neuron_update_is_simultaneous)
{
    mazur m;
    mazur_begin(&m);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    nn_per_neuron_update(&m.net, 0.5, false);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    ck_assert_msg(fabs(m.net.L - 0.291027773694) < 5e-13, "the loss is %.12f", m.net.L);
}
END_TEST

/* The total that is printed beside these weights, 0.291027924, belongs to the slip: the output's weights first, and
 * the hidden delta from the new ones. */
START_TEST(test_published_total_of_mazur_is_that_of_the_slip)
{
    mazur m;
    mazur_begin(&m);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    for (int k = 4; k < 8; k++) m.wire[k].w -= 0.5 * m.wire[k].dw;
    for (int q = 2; q < 4; q++) {
        const double sum = m.neuron[4].delta * m.wire[q + 2].w + m.neuron[5].delta * m.wire[q + 4].w;
        const double delta = sum * m.neuron[q].o * (1 - m.neuron[q].o);
        for (int p = 0; p < 2; p++) m.wire[2 * (q - 2) + p].w -= 0.5 * delta * mazur_x[p];
    }
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    ck_assert_msg(fabs(m.net.L - 0.291027924) < 5e-10, "the loss is %.12f", m.net.L);
}
END_TEST

START_TEST(test_per_neuron_update_leaves_the_inputs_alone)
{
    mazur m;
    mazur_begin(&m);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    nn_per_neuron_update(&m.net, 0.5, true);
    ck_assert(m.neuron[0].bias == 0 && m.neuron[1].bias == 0);
    assert_near(m.neuron[4].bias, 0.60 - 0.5 * m.neuron[4].delta, 0);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    ck_assert(m.net.L < 0.2911);
}
END_TEST

/* The sign that the note loses: delta_v = -(t - o) o (1 - o), and the gradient is +delta o. */
START_TEST(test_per_neuron_delta_has_its_sign)
{
    mazur m;
    mazur_begin(&m);
    assert_good(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error));
    for (int v = 0; v < 2; v++) {
        const double o = m.neuron[4 + v].o;
        assert_near(m.neuron[4 + v].delta, -(mazur_t[v] - o) * o * (1 - o), 1e-16);
        for (int u = 0; u < 2; u++)
            assert_near(m.wire[4 + 2 * v + u].dw, -(mazur_t[v] - o) * o * (1 - o) * m.neuron[2 + u].o, 1e-16);
    }
    for (int q = 2; q < 4; q++) {
        const double o = m.neuron[q].o;
        const double sum = m.neuron[4].delta * m.wire[q + 2].w + m.neuron[5].delta * m.wire[q + 4].w;
        assert_near(m.neuron[q].delta, o * (1 - o) * sum, 1e-16);
    }
}
END_TEST

enum { MOST_NEURONS = 20, MOST_WIRES = MOST_NEURONS * MOST_NEURONS };

typedef struct random_wiring {
    nn_neuron neuron[MOST_NEURONS];
    nn_wire wire[MOST_WIRES];
    size_t output[MOST_NEURONS];
    double x[MOST_NEURONS], t[MOST_NEURONS];
    nn_wiring net;
} random_wiring;

/* Any wires from lower to higher numbers, some twice; outputs that lead on, and neurons that lead nowhere. */
static void wire_at_random(random_wiring *w, generator *g)
{
    w->net = (nn_wiring){.neurons = 2 + below(g, MOST_NEURONS - 1), .neuron = w->neuron, .wire = w->wire};
    w->net.inputs = 1 + below(g, (uint32_t)w->net.neurons - 1);
    w->net.output = w->output;
    for (size_t q = 0; q < w->net.neurons; q++) {
        w->neuron[q] = (nn_neuron){.activation = (nn_activation)below(g, NN_SOFTMAX), .alpha = uniform(g, 0.1, 1.5)};
        w->x[q] = uniform(g, -1, 1);
        w->t[q] = uniform(g, -1, 1);
        if (q < w->net.inputs) continue;
        w->neuron[q].bias = below(g, 2) == 0 ? 0 : uniform(g, -1, 1);
        for (size_t p = 0; p < q; p++)
            if (below(g, 2) == 0) w->wire[w->net.wires++] = (nn_wire){p, q, uniform(g, -1, 1), 0};
        if (below(g, 4) == 0) w->wire[w->net.wires++] = (nn_wire){q - 1, q, uniform(g, -1, 1), 0};
        if (below(g, 3) == 0 || q + 1 == w->net.neurons) w->output[w->net.outputs++] = q;
    }
}

static ad_var record_activation(const nn_neuron *n, ad_var z)
{
    switch (n->activation) {
    case NN_SIGMOID: return ad_sigmoid(z);
    case NN_TANH: return ad_tanh(z);
    case NN_RELU: return ad_relu(z);
    case NN_LEAKY_RELU: return ad_leaky_relu(z, ad_const(n->alpha));
    case NN_ELU: return ad_elu(z, ad_const(n->alpha));
    case NN_SILU: return ad_silu(z);
    case NN_GELU: return ad_gelu(z);
    case NN_SOFTPLUS: return ad_softplus(z);
    default: return z;
    }
}

START_TEST(test_per_neuron_agrees_with_a_tape_on_any_wiring)
{
    generator g = {(uint64_t)_i};
    random_wiring w;
    wire_at_random(&w, &g);
    assert_good(nn_delta_per_neuron(&w.net, w.x, w.t, error));

    ad_tape *tape = ad_tape_new();
    ad_var z[MOST_NEURONS], o[MOST_NEURONS], weight[MOST_WIRES], loss = ad_const(0);
    size_t k = 0, v = 0;
    for (size_t q = 0; q < w.net.neurons; q++) {
        z[q] = ad_leaf(tape, q < w.net.inputs ? w.x[q] : w.neuron[q].bias);
        for (; k < w.net.wires && w.wire[k].q == q; k++) {
            weight[k] = ad_leaf(tape, w.wire[k].w);
            z[q] = ad_add(z[q], ad_mul(weight[k], o[w.wire[k].p]));
        }
        o[q] = q < w.net.inputs ? z[q] : record_activation(&w.neuron[q], z[q]);
        if (v == w.net.outputs || w.output[v] != q) continue;
        loss = ad_add(loss, ad_mul(ad_const(0.5), ad_square(ad_sub(ad_const(w.t[v++]), o[q]))));
    }
    ck_assert_int_eq(ad_backward(loss), AD_OK);
    assert_near(w.net.L, ad_value(loss), 1e-13);
    for (size_t q = 0; q < w.net.neurons; q++) {
        assert_near(w.neuron[q].o, ad_value(o[q]), 1e-13);
        assert_near(w.neuron[q].delta, ad_grad(z[q]), 1e-12);
    }
    for (k = 0; k < w.net.wires; k++) assert_near(w.wire[k].dw, ad_grad(weight[k]), 1e-12);
    assert_ok(tape);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_per_neuron_refuses_wires_that_do_not_feed_forward)
{
    static const size_t outputs[] = {1, 7};
    mazur m;
    mazur_begin(&m);
    m.wire[3].p = 3;
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error),
               "wire 3 goes from neuron 3 to 3 of 6: a neuron takes only from ones with a lower number");
    m.wire[3] = (nn_wire){1, 6, 0, 0};
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error),
               "wire 3 goes from neuron 1 to 6 of 6: a neuron takes only from ones with a lower number");
    m.wire[3] = (nn_wire){1, 2, 0, 0};
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error),
               "wire 3 goes to neuron 2, the one before to 3: wires stand in the order of the neurons that they go to");
    mazur_begin(&m);
    m.wire[0] = (nn_wire){0, 1, 0, 0};
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error), "wire 0 goes to neuron 1, which is an input");
    mazur_begin(&m);
    m.neuron[3].activation = NN_SOFTMAX;
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error),
               "neuron 3: its activation is no function of its z alone");
    mazur_begin(&m);
    m.net.output = outputs;
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error), "output 0 is neuron 1, which is an input");
    m.net.output = outputs + 1;
    m.net.outputs = 1;
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error), "output 0 is neuron 7, which is none");
    m.net.outputs = 0;
    assert_bad(nn_delta_per_neuron(&m.net, mazur_x, mazur_t, error), "6 neurons with 2 inputs and 0 outputs");
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    Suite *suite = suite_create("delta");
    TCase *conventions = tcase_create("conventions");
    tcase_add_test(conventions, test_conventions_are_found_by_their_names);
    tcase_add_loop_test(conventions, test_convention_knows_the_costs_that_its_formulas_are_for, 0, 6);
    tcase_add_test(conventions, test_convention_says_what_it_needs);
    suite_add_tcase(suite, conventions);
    TCase *activations = tcase_create("activations");
    tcase_add_test(activations, test_slopes_are_the_derivatives_of_the_values);
    tcase_add_test(activations, test_slopes_of_the_output_are_the_same_where_nothing_is_saturated);
    tcase_add_test(activations, test_slope_keeps_its_digits_where_that_of_the_output_loses_them);
    suite_add_tcase(suite, activations);
    TCase *logistic = tcase_create("logistic");
    tcase_add_test(logistic, test_logistic_has_the_two_paths_that_the_note_writes_out);
    tcase_add_test(logistic, test_logistic_is_what_the_note_says_layer_by_layer);
    tcase_add_test(logistic, test_logistic_bias_unit_has_the_first_column);
    tcase_add_test(logistic, test_logistic_softmax_has_a_minus_y);
    tcase_add_loop_test(logistic, test_sum_over_all_paths_is_delta, 0, 20);
    tcase_add_loop_test(logistic, test_sum_over_all_paths_takes_skip_connections, 0, 20);
    tcase_add_test(logistic, test_path_over_a_skip_connection_is_one_step);
    tcase_add_test(logistic, test_paths_that_are_too_many_or_missing_are_refused);
    suite_add_tcase(suite, logistic);
    TCase *squared = tcase_create("squared");
    tcase_add_test(squared, test_squared_keeps_the_factor_2_of_the_note);
    tcase_add_test(squared, test_squared_batch_is_the_mean_of_the_wishes);
    suite_add_tcase(suite, squared);
    TCase *half_mean = tcase_create("half-mean");
    tcase_add_test(half_mean, test_half_mean_obeys_the_four_equations);
    tcase_add_test(half_mean, test_half_mean_takes_the_other_costs_by_their_gradient);
    tcase_add_test(half_mean, test_half_mean_of_samples_is_the_mean);
    tcase_add_loop_test(half_mean, test_demon_changes_the_cost_by_delta_times_what_it_adds, 0, 5);
    suite_add_tcase(suite, half_mean);
    TCase *row_minus_bias = tcase_create("row-minus-bias");
    tcase_add_loop_test(row_minus_bias, test_row_minus_bias_is_the_chain_of_matrices_of_the_note, 0, 10);
    tcase_add_test(row_minus_bias, test_row_minus_bias_refuses_what_it_does_not_know);
    suite_add_tcase(suite, row_minus_bias);
    TCase *per_neuron = tcase_create("per-neuron");
    tcase_add_test(per_neuron, test_per_neuron_has_the_published_numbers_of_mazur);
    tcase_add_test(per_neuron, test_per_neuron_update_is_simultaneous);
    tcase_add_test(per_neuron, test_published_total_of_mazur_is_that_of_the_slip);
    tcase_add_test(per_neuron, test_per_neuron_update_leaves_the_inputs_alone);
    tcase_add_test(per_neuron, test_per_neuron_delta_has_its_sign);
    tcase_add_loop_test(per_neuron, test_per_neuron_agrees_with_a_tape_on_any_wiring, 0, 200);
    tcase_add_test(per_neuron, test_per_neuron_refuses_wires_that_do_not_feed_forward);
    suite_add_tcase(suite, per_neuron);
    return run_suite(suite);
}
