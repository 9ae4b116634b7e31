/* SPDX-License-Identifier: MIT */
/* What a network records: against plain loops, node by node, sample by sample. */
#include "nn_helpers.h"
#include "run_suite.h"

#include <stdlib.h>

static ad_tape *tape;
static nn_error error;

static void begin(void) { tape = ad_tape_new(); }
static void end(void) { ad_tape_free(tape); }

enum { SAMPLES = 5, MOST = SAMPLES * MOST_WIDTH };

/* ------------------------------------------------------------------------- the same by plain loops */

static double activated(nn_activation f, double alpha, double z)
{
    switch (f) {
    case NN_SIGMOID: return 1 / (1 + exp(-z));
    case NN_TANH: return tanh(z);
    case NN_RELU: return z > 0 ? z : 0;
    case NN_LEAKY_RELU: return z > 0 ? z : alpha * z;
    case NN_ELU: return z > 0 ? z : alpha * (exp(z) - 1);
    case NN_SILU: return z / (1 + exp(-z));
    case NN_GELU: return z * erfc(-z / sqrt(2)) / 2;
    case NN_SOFTPLUS: return log(1 + exp(z));
    default: return z;
    }
}

static void take_softmax(double *a, const double *z, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += exp(z[j]);
    for (size_t j = 0; j < n; j++) a[j] = exp(z[j]) / sum;
}

/* One sample: z[l] and a[l], l up to the depth. */
typedef struct plain {
    double z[MOST_LAYERS + 1][MOST_WIDTH], a[MOST_LAYERS + 1][MOST_WIDTH];
} plain;

static void forward(plain *p, const nn_mlp *net, const double *x)
{
    const nn_shape *shape = nn_mlp_shape(net);
    memcpy(p->a[0], x, shape->inputs * sizeof *x);
    for (size_t l = 1; l <= shape->depth; l++) {
        const nn_layer *layer = &shape->layers[l - 1];
        const size_t in = nn_mlp_width(net, l - 1);
        for (size_t j = 0; j < layer->width; j++) {
            double z = layer->no_bias ? 0 : ad_value(ad_at(nn_biases(net, l), j));
            for (size_t k = 0; k < in; k++) z += ad_value(ad_at(nn_weights(net, l), j * in + k)) * p->a[l - 1][k];
            p->z[l][j] = z;
            p->a[l][j] = activated(layer->activation, layer->alpha, z);
            if (layer->skip > 0) p->a[l][j] += p->a[l - layer->skip][j];
        }
        if (layer->activation == NN_SOFTMAX) take_softmax(p->a[l], p->z[l], layer->width);
    }
}

static double cost(nn_cost cost, const double *z, const double *a, const double *y, size_t n)
{
    double squares = 0, binary = 0, softmax = 0;
    for (size_t j = 0; j < n; j++) {
        squares += (a[j] - y[j]) * (a[j] - y[j]);
        softmax -= y[j] * log(a[j]);
        binary += y[j] * log1p(exp(-z[j])) + (1 - y[j]) * log1p(exp(z[j]));
    }
    switch (cost) {
    case NN_HALF_SUM_OF_SQUARES: return squares / 2;
    case NN_SUM_OF_SQUARES: return squares;
    case NN_MEAN_OF_SQUARES: return squares / (double)n;
    case NN_BINARY_CROSS_ENTROPY: return binary;
    default: return softmax;
    }
}

static void assert_all_near(ad_span span, const double *expected, size_t from, size_t n, const char *what, size_t l)
{
    for (size_t k = 0; k < n; k++) {
        const double got = ad_value(ad_at(span, from + k));
        ck_assert_msg(near(got, expected[k], 1e-12), "%s^%zu_%zu is %.17g, not %.17g", what, l, k + 1, got,
                      expected[k]);
    }
}

START_TEST(test_random_networks_compute_what_plain_loops_do)
{
    generator g = {(uint64_t)_i};
    random_shape r;
    double x[MOST], y[MOST];
    make_shape(&r, &g, false);
    nn_mlp *net = make_net(tape, &r.shape);
    set_parameters(net, &g, 1.5);
    const size_t in = r.shape.inputs, out = nn_mlp_outputs(net);
    fill(x, SAMPLES * in, &g, -2, 2);
    fill(y, SAMPLES * out, &g, 0, 1);
    assert_good(nn_forward(net, ad_constants(tape, x, SAMPLES * in), &error), error);
    ck_assert(is_invalid(nn_costs(net)));
    assert_good(nn_record_costs(net, ad_constants(tape, y, SAMPLES * out), &error), error);
    ck_assert_uint_eq(nn_costs(net).count, SAMPLES);
    for (size_t s = 0; s < SAMPLES; s++) {
        plain p;
        forward(&p, net, x + s * in);
        for (size_t l = 1; l <= r.shape.depth; l++) {
            const size_t n = nn_mlp_width(net, l);
            ck_assert_uint_eq(nn_weighted_inputs(net, l).count, SAMPLES * n);
            assert_all_near(nn_weighted_inputs(net, l), p.z[l], s * n, n, "z", l);
            assert_all_near(nn_activations(net, l), p.a[l], s * n, n, "a", l);
        }
        assert_all_near(nn_activations(net, 0), x + s * in, s * in, in, "a", 0);
        assert_all_near(nn_outputs(net), p.a[r.shape.depth], s * out, out, "output ", r.shape.depth);
        const size_t depth = r.shape.depth;
        assert_near(ad_value(ad_at(nn_costs(net), s)), cost(r.shape.cost, p.z[depth], p.a[depth], y + s * out, out),
                    1e-11);
    }
    assert_ok(tape);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_a_batch_has_the_bits_of_one_sample_after_the_other)
{
    generator g = {1000 + (uint64_t)_i};
    random_shape r;
    double x[MOST], y[MOST], values[MOST], costs[SAMPLES];
    make_shape(&r, &g, false);
    nn_mlp *net = make_net(tape, &r.shape);
    set_parameters(net, &g, 2);
    const size_t in = r.shape.inputs, out = nn_mlp_outputs(net);
    fill(x, SAMPLES * in, &g, -2, 2);
    fill(y, SAMPLES * out, &g, 0, 1);
    const ad_mark mark = ad_tape_mark(tape);
    assert_good(nn_forward(net, ad_constants(tape, x, SAMPLES * in), &error), error);
    assert_good(nn_record_costs(net, ad_constants(tape, y, SAMPLES * out), &error), error);
    memcpy(values, ad_values(nn_outputs(net)), SAMPLES * out * sizeof *values);
    memcpy(costs, ad_values(nn_costs(net)), sizeof costs);
    for (size_t s = 0; s < SAMPLES; s++) {
        ad_tape_rewind(tape, mark);
        assert_good(nn_forward(net, ad_constants(tape, x + s * in, in), &error), error);
        assert_good(nn_record_costs(net, ad_constants(tape, y + s * out, out), &error), error);
        for (size_t j = 0; j < out; j++) assert_same_bits(ad_value(ad_at(nn_outputs(net), j)), values[s * out + j]);
        assert_same_bits(ad_value(ad_at(nn_costs(net), 0)), costs[s]);
    }
    nn_mlp_free(net);
}
END_TEST

/* ------------------------------------------------------------------------------- node by node */

/* Operation and description of each node, from node `from` on. */
static void assert_nodes(const nn_mlp *net, size_t from, size_t n, ad_op op, const char *const *descriptions)
{
    for (size_t k = 0; k < n; k++) {
        char text[80];
        const ad_var node = ad_node_at(tape, from + k);
        ck_assert_str_eq(nn_describe(net, node, text, sizeof text), descriptions[k]);
        ck_assert_str_eq(ad_op_get(ad_op_of(node))->name, ad_op_get(op)->name);
    }
}

#define NODES(op, ...)                                                               \
    do {                                                                             \
        static const char *const names_[] = {__VA_ARGS__};                           \
        assert_nodes(net, next, sizeof names_ / sizeof *names_, AD_OP_##op, names_); \
        next += sizeof names_ / sizeof *names_;                                      \
    } while (0)

START_TEST(test_nodes_stand_layer_by_layer_in_groups_and_are_described)
{
    size_t next = 0;
    nn_layer layers[] = {{.width = 2, .activation = NN_ELU},
                         {.width = 2, .activation = NN_TANH, .skip = 1, .no_bias = true},
                         {.width = 2, .skip = 3},
                         {.width = 1, .activation = NN_IDENTITY}};
    nn_mlp *net = make_net(tape, &(nn_shape){2, 4, layers, NN_SUM_OF_SQUARES});
    const ad_span x = ad_leaves(tape, NULL, 4);
    assert_good(nn_forward(net, x, &error), error);
    assert_good(nn_record_costs(net, ad_constants(tape, NULL, 2), &error), error);
    NODES(LEAF, "w^1_{1,1}", "w^1_{1,2}", "w^1_{2,1}", "w^1_{2,2}", "w^2_{1,1}", "w^2_{1,2}", "w^2_{2,1}", "w^2_{2,2}",
          "w^3_{1,1}", "w^3_{1,2}", "w^3_{2,1}", "w^3_{2,2}", "w^4_{1,1}", "w^4_{1,2}", "b^1_1", "b^1_2", "b^3_1",
          "b^3_2", "b^4_1", "x_1 of sample 1", "x_2 of sample 1", "x_1 of sample 2", "x_2 of sample 2");
    NODES(WEIGHTED_SUM, "the weighted sum in z^1_1 of sample 1", "the weighted sum in z^1_2 of sample 1",
          "the weighted sum in z^1_1 of sample 2", "the weighted sum in z^1_2 of sample 2");
    NODES(ADD, "z^1_1 of sample 1", "z^1_2 of sample 1", "z^1_1 of sample 2", "z^1_2 of sample 2");
    NODES(ELU, "a^1_1 of sample 1", "a^1_2 of sample 1", "a^1_1 of sample 2", "a^1_2 of sample 2");
    NODES(WEIGHTED_SUM, "z^2_1 of sample 1", "z^2_2 of sample 1", "z^2_1 of sample 2", "z^2_2 of sample 2");
    NODES(TANH, "f(z^2_1) of sample 1", "f(z^2_2) of sample 1", "f(z^2_1) of sample 2", "f(z^2_2) of sample 2");
    NODES(ADD, "a^2_1 of sample 1", "a^2_2 of sample 1", "a^2_1 of sample 2", "a^2_2 of sample 2");
    NODES(WEIGHTED_SUM, "the weighted sum in z^3_1 of sample 1", "the weighted sum in z^3_2 of sample 1",
          "the weighted sum in z^3_1 of sample 2", "the weighted sum in z^3_2 of sample 2");
    NODES(ADD, "z^3_1 of sample 1", "z^3_2 of sample 1", "z^3_1 of sample 2", "z^3_2 of sample 2");
    NODES(ADD, "a^3_1 of sample 1", "a^3_2 of sample 1", "a^3_1 of sample 2", "a^3_2 of sample 2");
    NODES(WEIGHTED_SUM, "the weighted sum in z^4_1 of sample 1", "the weighted sum in z^4_1 of sample 2");
    NODES(ADD, "z^4_1 of sample 1", "z^4_1 of sample 2");
    NODES(SUM_OF_SQUARES, "the cost of sample 1", "the cost of sample 2");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, next);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_softmax_takes_a_logarithm_for_each_sample_and_two_nodes_for_each_neuron)
{
    nn_layer layers[] = {{.width = 2, .activation = NN_SOFTMAX, .no_bias = true}};
    nn_mlp *net = make_net(tape, &(nn_shape){1, 1, layers, NN_SOFTMAX_CROSS_ENTROPY});
    size_t next = ad_tape_stats(tape).nodes;
    assert_good(nn_forward(net, ad_constants(tape, (double[]){1, 2}, 2), &error), error);
    assert_good(nn_record_costs(net, ad_constants(tape, (double[]){1, 0, 0, 1}, 4), &error), error);
    NODES(WEIGHTED_SUM, "z^1_1 of sample 1", "z^1_2 of sample 1", "z^1_1 of sample 2", "z^1_2 of sample 2");
    NODES(LOG_SUM_EXP, "the log-sum-exp of z^1 of sample 1", "the log-sum-exp of z^1 of sample 2");
    NODES(SUB, "log a^1_1 of sample 1", "log a^1_2 of sample 1", "log a^1_1 of sample 2", "log a^1_2 of sample 2");
    NODES(EXP, "a^1_1 of sample 1", "a^1_2 of sample 1", "a^1_1 of sample 2", "a^1_2 of sample 2");
    NODES(SOFTMAX_CROSS_ENTROPY, "the cost of sample 1", "the cost of sample 2");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, next);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_a_node_that_is_none_of_the_networks_is_described_by_operation_and_index)
{
    char text[80];
    nn_mlp *net = make_net(tape, &(nn_shape){1, 1, (nn_layer[]){{.width = 1}}, NN_SUM_OF_SQUARES});
    const ad_mark mark = ad_tape_mark(tape);
    assert_good(nn_forward(net, ad_constants(tape, NULL, 1), &error), error);
    const ad_var z = ad_at(nn_outputs(net), 0), w = ad_at(nn_weights(net, 1), 0), mine = ad_exp(w);
    ck_assert_str_eq(nn_describe(net, mine, text, sizeof text), "exp, node 4");
    ck_assert_str_eq(nn_describe(net, ad_const(2), text, sizeof text), "a constant");
    ck_assert_str_eq(nn_describe(net, z, text, 5), "z^1_");
    ad_tape_rewind(tape, mark);
    ck_assert_str_eq(nn_describe(net, z, text, sizeof text), "no node");
    ck_assert_str_eq(nn_describe(net, w, text, sizeof text), "w^1_{1,1}");
    for (int k = 0; k < 3; k++) ad_tanh(w);
    ck_assert_str_eq(nn_describe(net, ad_node_at(tape, 3), text, sizeof text), "tanh, node 3");
    assert_ok(tape);
    nn_mlp_free(net);
}
END_TEST

/* ---------------------------------------------------------------------------------- gradients */

/* The mean cost of all samples with the parameters as they are. */
static double mean_cost(nn_mlp *net, const double *x, const double *y)
{
    const ad_mark mark = ad_tape_mark(tape);
    assert_good(nn_forward(net, ad_constants(tape, x, SAMPLES * nn_mlp_width(net, 0)), &error), error);
    assert_good(nn_record_costs(net, ad_constants(tape, y, SAMPLES * nn_mlp_outputs(net)), &error), error);
    double sum = 0;
    for (size_t s = 0; s < SAMPLES; s++) sum += ad_value(ad_at(nn_costs(net), s));
    ad_tape_rewind(tape, mark);
    return sum / SAMPLES;
}

START_TEST(test_gradients_of_random_networks_are_those_of_finite_differences)
{
    generator g = {5000 + (uint64_t)_i};
    random_shape r;
    double x[MOST], y[MOST];
    make_shape(&r, &g, true);
    nn_mlp *net = make_net(tape, &r.shape);
    set_parameters(net, &g, 1);
    fill(x, SAMPLES * r.shape.inputs, &g, -1, 1);
    fill(y, SAMPLES * nn_mlp_outputs(net), &g, 0, 1);
    const ad_span all = nn_parameters(net);
    double *gradient = malloc(all.count * sizeof *gradient);
    assert_good(nn_gradient(net, &(nn_data){x, y, SAMPLES}, NULL, SAMPLES, 0, NULL, &error), error);
    memcpy(gradient, ad_grads(all), all.count * sizeof *gradient);
    for (size_t k = 0; k < all.count; k++) {
        const ad_var p = ad_at(all, k);
        const double at = ad_value(p), h = 1e-5;
        ad_set(p, at + h);
        const double above = mean_cost(net, x, y);
        ad_set(p, at - h);
        const double below_it = mean_cost(net, x, y);
        ad_set(p, at);
        char text[80];
        ck_assert_msg(near(gradient[k], (above - below_it) / (2 * h), 1e-6), "%s: %g, but %g",
                      nn_describe(net, p, text, sizeof text), gradient[k], (above - below_it) / (2 * h));
    }
    free(gradient);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_inputs_that_are_nodes_get_gradients_too)
{
    nn_layer layers[] = {{.width = 3, .activation = NN_TANH}, {.width = 1, .skip = 0}};
    nn_mlp *net = make_net(tape, &(nn_shape){2, 2, layers, NN_SUM_OF_SQUARES});
    assert_good(nn_mlp_init(net, NN_INIT_NORMAL, 4, &error), error);
    const ad_span leaves = ad_leaves(tape, (double[]){0.3, -0.4}, 2), x = ad_each(AD_OP_SIN, leaves);
    assert_good(nn_forward(net, x, &error), error);
    ck_assert_int_eq(ad_backward(ad_at(nn_outputs(net), 0)), AD_OK);
    for (size_t k = 0; k < 2; k++) {
        double expected = 0;
        for (size_t j = 0; j < 3; j++) {
            const double a = ad_value(ad_at(nn_activations(net, 1), j));
            expected += ad_value(ad_at(nn_weights(net, 2), j)) * (1 - a * a) *
                        ad_value(ad_at(nn_weights(net, 1), 2 * j + k)) * cos(ad_value(ad_at(leaves, k)));
        }
        assert_near(ad_grad(ad_at(leaves, k)), expected, 1e-14);
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_l2_is_half_lambda_times_the_squares_of_the_weights)
{
    nn_layer layers[] = {{.width = 2}, {.width = 1}};
    nn_mlp *net = make_net(tape, &(nn_shape){2, 2, layers, NN_SUM_OF_SQUARES});
    assert_good(nn_mlp_init(net, NN_INIT_NORMAL, 4, &error), error);
    const size_t nodes = ad_tape_stats(tape).nodes;
    const ad_var penalty = nn_l2(net, 0.3);
    double expected = 0;
    for (size_t k = 0; k < 6; k++) expected += 0.15 * pow(ad_value(ad_at(nn_all_weights(net), k)), 2);
    assert_near(ad_value(penalty), expected, 1e-15);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes + 2);
    ck_assert_int_eq(ad_backward(penalty), AD_OK);
    for (size_t k = 0; k < 6; k++)
        assert_near(ad_grad(ad_at(nn_all_weights(net), k)), 0.3 * ad_value(ad_at(nn_all_weights(net), k)), 1e-15);
    for (size_t l = 1; l <= 2; l++) ck_assert_double_eq(ad_grad(ad_at(nn_biases(net, l), 0)), 0);
    ad_tape_limit(tape, nodes + 3);
    ck_assert_ptr_null(nn_l2(net, 0.3).tape);
    assert_error(tape, AD_ERR_LIMIT, "ad_mul: more than 12 nodes");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes + 2);
    nn_mlp_free(net);
}
END_TEST

/* -------------------------------------------------------------------------------------- refusals */

START_TEST(test_spans_of_a_wrong_shape_are_refused)
{
    nn_layer layers[] = {{.width = 2}};
    nn_mlp *net = make_net(tape, &(nn_shape){3, 1, layers, NN_SUM_OF_SQUARES});
    const ad_span none = {NULL, 0, 0, 0, 0};
    ck_assert(is_invalid(nn_weighted_inputs(net, 1)) && is_invalid(nn_activations(net, 0)));
    ck_assert(is_invalid(nn_outputs(net)) && is_invalid(nn_costs(net)));
    assert_refused(nn_forward(net, none, &error), NN_ERR_ARGUMENT, error, "x: the invalid span");
    assert_refused(nn_forward(net, ad_constants(tape, NULL, 0), &error), NN_ERR_ARGUMENT, error,
                   "x: 0 elements are no samples of 3 inputs");
    assert_refused(nn_forward(net, ad_constants(tape, NULL, 7), &error), NN_ERR_ARGUMENT, error,
                   "x: 7 elements are no samples of 3 inputs");
    assert_refused(nn_record_costs(net, ad_constants(tape, NULL, 2), &error), NN_ERR_ARGUMENT, error,
                   "there are no outputs: nn_forward comes first");
    assert_good(nn_forward(net, ad_constants(tape, NULL, 6), &error), error);
    assert_refused(nn_record_costs(net, none, &error), NN_ERR_ARGUMENT, error, "y: the invalid span");
    assert_refused(nn_record_costs(net, ad_constants(tape, NULL, 2), &error), NN_ERR_ARGUMENT, error,
                   "y: 2 elements are not 2 samples of 2 outputs");
    ck_assert(is_invalid(nn_costs(net)));
    assert_good(nn_record_costs(net, ad_constants(tape, NULL, 4), &error), error);
    ck_assert(is_invalid(nn_weighted_inputs(net, 0)) && is_invalid(nn_weighted_inputs(net, 2)));
    ck_assert(is_invalid(nn_activations(net, 2)));
    assert_ok(tape);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_what_the_tape_refuses_is_rewound_and_comes_through)
{
    ad_tape *other = ad_tape_new();
    nn_layer layers[] = {{.width = 2, .activation = NN_TANH}, {.width = 2, .activation = NN_SOFTMAX}};
    nn_mlp *net = make_net(tape, &(nn_shape){3, 2, layers, NN_SOFTMAX_CROSS_ENTROPY});
    const size_t nodes = ad_tape_stats(tape).nodes;
    assert_refused(nn_forward(net, ad_constants(other, NULL, 3), &error), NN_ERR_TAPE, error,
                   "ad_weighted_sums_batch: operand 2 belongs to another tape");
    const ad_span x = ad_constants(tape, NULL, 3), y = ad_constants(tape, NULL, 2);
    for (size_t room = 0; room < 16; room++) {
        ck_assert_int_eq(ad_tape_limit(tape, nodes + room), AD_OK);
        const bool fits = room >= 15;
        ck_assert_int_eq((int)nn_forward(net, x, &error), fits ? NN_OK : NN_ERR_TAPE);
        assert_ok(tape);
        if (fits) continue;
        ck_assert_ptr_nonnull(strstr(error.message, ": more than "));
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes);
        ck_assert(is_invalid(nn_outputs(net)));
    }
    ck_assert_int_eq(ad_tape_limit(tape, nodes + 15), AD_OK);
    assert_refused(nn_record_costs(net, y, &error), NN_ERR_TAPE, error, "ad_each_row: more than 29 nodes");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nodes + 15);
    ck_assert(!is_invalid(nn_outputs(net)) && is_invalid(nn_costs(net)));
    assert_ok(tape);
    nn_mlp_free(net);
    ad_tape_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_record");

    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, begin, end);
    tcase_add_loop_test(values, test_random_networks_compute_what_plain_loops_do, 0, 200);
    tcase_add_loop_test(values, test_a_batch_has_the_bits_of_one_sample_after_the_other, 0, 100);
    suite_add_tcase(suite, values);

    TCase *nodes = tcase_create("nodes");
    tcase_add_checked_fixture(nodes, begin, end);
    tcase_add_test(nodes, test_nodes_stand_layer_by_layer_in_groups_and_are_described);
    tcase_add_test(nodes, test_softmax_takes_a_logarithm_for_each_sample_and_two_nodes_for_each_neuron);
    tcase_add_test(nodes, test_a_node_that_is_none_of_the_networks_is_described_by_operation_and_index);
    suite_add_tcase(suite, nodes);

    TCase *gradients = tcase_create("gradients");
    tcase_add_checked_fixture(gradients, begin, end);
    tcase_add_loop_test(gradients, test_gradients_of_random_networks_are_those_of_finite_differences, 0, 60);
    tcase_add_test(gradients, test_inputs_that_are_nodes_get_gradients_too);
    tcase_add_test(gradients, test_l2_is_half_lambda_times_the_squares_of_the_weights);
    suite_add_tcase(suite, gradients);

    TCase *refusals = tcase_create("refusals");
    tcase_add_checked_fixture(refusals, begin, end);
    tcase_add_test(refusals, test_spans_of_a_wrong_shape_are_refused);
    tcase_add_test(refusals, test_what_the_tape_refuses_is_rewound_and_comes_through);
    suite_add_tcase(suite, refusals);

    return run_suite(suite);
}
