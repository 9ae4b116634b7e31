/* SPDX-License-Identifier: MIT */
/* Shapes, parameters and starting values of networks. */
#include "nn_helpers.h"
#include "run_suite.h"

static ad_tape *tape;
static nn_error error;

static void begin(void) { tape = ad_tape_new(); }
static void end(void) { ad_tape_free(tape); }

/* -------------------------------------------------------------------------------------- shapes */

#define LAYERS(...) \
    sizeof((nn_layer[]){__VA_ARGS__}) / sizeof(nn_layer), (nn_layer[]) { __VA_ARGS__ }
#define HUGE 0x60000000

static const struct {
    nn_shape shape;
    const char *message;
} bad[] = {
    {{0, LAYERS({.width = 1}), NN_SUM_OF_SQUARES}, "inputs: must be at least 1"},
    {{1, 0, NULL, NN_SUM_OF_SQUARES}, "depth: must be at least 1"},
    {{1, 2, NULL, NN_SUM_OF_SQUARES}, "layers: there are none"},
    {{1, LAYERS({.width = 1}, {.width = 0}), NN_SUM_OF_SQUARES}, "layer 2: width: must be at least 1"},
    {{1, LAYERS({.width = 1}), (nn_cost)5}, "cost: there is none with number 5"},
    {{1, LAYERS({.width = 1}), (nn_cost)-1}, "cost: there is none with number -1"},
    {{1, LAYERS({.width = 1, .activation = (nn_activation)10}), NN_SUM_OF_SQUARES},
     "layer 1: activation: there is none with number 10"},
    {{1, LAYERS({.width = 1, .activation = (nn_activation)-3}), NN_SUM_OF_SQUARES},
     "layer 1: activation: there is none with number -3"},
    {{1, LAYERS({.width = 1, .activation = NN_SOFTMAX}, {.width = 1, .activation = NN_SOFTMAX}),
      NN_SOFTMAX_CROSS_ENTROPY},
     "layer 1: activation: softmax goes only on the output, with softmax_cross_entropy"},
    {{1, LAYERS({.width = 1, .activation = NN_SOFTMAX}), NN_SUM_OF_SQUARES},
     "layer 1: activation: softmax goes only on the output, with softmax_cross_entropy"},
    {{1, LAYERS({.width = 1}, {.width = 1, .activation = NN_TANH}), NN_SOFTMAX_CROSS_ENTROPY},
     "cost: softmax_cross_entropy needs softmax on the output, layer 2, which has tanh"},
    {{1, LAYERS({.width = 1}), NN_BINARY_CROSS_ENTROPY},
     "cost: binary_cross_entropy needs sigmoid on the output, layer 1, which has identity"},
    {{1, LAYERS({.width = 1, .activation = NN_ELU, .alpha = INFINITY}), NN_SUM_OF_SQUARES},
     "layer 1: alpha: must be finite"},
    {{1, LAYERS({.width = 1, .activation = NN_TANH, .alpha = NAN}), NN_SUM_OF_SQUARES},
     "layer 1: alpha: must be finite"},
    {{1, LAYERS({.width = 1}, {.width = 1, .activation = NN_RELU, .alpha = 0.1}), NN_SUM_OF_SQUARES},
     "layer 2: alpha: relu has none, only leaky_relu and elu have"},
    {{1, LAYERS({.width = 1}, {.width = 1, .skip = 3}), NN_SUM_OF_SQUARES},
     "layer 2: skip: there is no layer 3 before it"},
    {{1, LAYERS({.width = 1, .skip = SIZE_MAX}), NN_SUM_OF_SQUARES},
     "layer 1: skip: there is no layer 18446744073709551615 before it"},
    {{3, LAYERS({.width = 4}, {.width = 5, .skip = 1}), NN_SUM_OF_SQUARES},
     "layer 2: skip: layer 1 is 4 wide, this one 5"},
    {{3, LAYERS({.width = 4, .skip = 1}), NN_SUM_OF_SQUARES}, "layer 1: skip: layer 0 is 3 wide, this one 4"},
    {{3, LAYERS({.width = 3, .activation = NN_SOFTMAX, .skip = 1}), NN_SOFTMAX_CROSS_ENTROPY},
     "layer 1: skip: not with softmax"},
    {{3, LAYERS({.width = 3, .activation = NN_SIGMOID, .skip = 1}), NN_BINARY_CROSS_ENTROPY},
     "layer 1: skip: not on the output of binary_cross_entropy"},
    {{HUGE, LAYERS({.width = 1}, {.width = HUGE}), NN_SUM_OF_SQUARES},
     "layer 2: width: with 1 weights each, 1610612736 units are too many"},
    {{SIZE_MAX, LAYERS({.width = 1}), NN_SUM_OF_SQUARES},
     "layer 1: width: with 18446744073709551615 weights each, 1 units are too many"},
    {{SIZE_MAX / 2 + 1, LAYERS({.width = 2, .no_bias = true}), NN_SUM_OF_SQUARES},
     "layer 1: width: with 9223372036854775808 weights each, 2 units are too many"},
};

START_TEST(test_a_bad_shape_is_refused_with_layer_and_field)
{
    error.message[0] = '\0';
    ck_assert_ptr_null(nn_mlp_new(tape, &bad[_i].shape, &error));
    ck_assert_str_eq(error.message, bad[_i].message);
    ck_assert_int_eq((int)error.status, NN_ERR_ARGUMENT);
    ck_assert_ptr_null(nn_mlp_new(tape, &bad[_i].shape, NULL));
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
    assert_ok(tape);
}
END_TEST

START_TEST(test_no_tape_and_no_shape_are_refused)
{
    ck_assert_ptr_null(nn_mlp_new(NULL, &bad[0].shape, &error));
    ck_assert_str_eq(error.message, "no tape");
    ck_assert_ptr_null(nn_mlp_new(tape, NULL, &error));
    ck_assert_str_eq(error.message, "no shape");
}
END_TEST

START_TEST(test_a_network_over_the_limit_of_its_tape_is_refused)
{
    ck_assert_int_eq(ad_tape_limit(tape, 10), AD_OK);
    ck_assert_ptr_null(nn_mlp_new(tape, &(nn_shape){3, LAYERS({.width = 3}), NN_SUM_OF_SQUARES}, &error));
    ck_assert_str_eq(error.message, "ad_leaves: more than 10 nodes");
    ck_assert_int_eq((int)error.status, NN_ERR_TAPE);
    assert_ok(tape);
    nn_mlp_free(make_net(tape, &(nn_shape){4, LAYERS({.width = 2}), NN_SUM_OF_SQUARES}));
}
END_TEST

START_TEST(test_the_shape_is_copied_and_alpha_filled_in)
{
    nn_layer layers[] = {{.width = 2, .activation = NN_LEAKY_RELU},
                         {.width = 3, .activation = NN_ELU},
                         {.width = 4, .activation = NN_ELU, .alpha = -0.25, .no_bias = true},
                         {.width = 4, .skip = 1}};
    nn_mlp *net = make_net(tape, &(nn_shape){5, 4, layers, NN_MEAN_OF_SQUARES});
    memset(layers, 0, sizeof layers);
    const nn_shape *shape = nn_mlp_shape(net);
    ck_assert_uint_eq(shape->inputs, 5);
    ck_assert_uint_eq(shape->depth, 4);
    ck_assert_int_eq((int)shape->cost, NN_MEAN_OF_SQUARES);
    ck_assert_double_eq(shape->layers[0].alpha, 0.01);
    ck_assert_double_eq(shape->layers[1].alpha, 1);
    ck_assert_double_eq(shape->layers[2].alpha, -0.25);
    ck_assert_double_eq(shape->layers[3].alpha, 0);
    ck_assert(shape->layers[2].no_bias && !shape->layers[3].no_bias);
    ck_assert_uint_eq(shape->layers[3].skip, 1);
    ck_assert_ptr_eq(nn_mlp_tape(net), tape);
    ck_assert_uint_eq(nn_mlp_outputs(net), 4);
    static const size_t widths[] = {5, 2, 3, 4, 4, 0};
    for (size_t l = 0; l < 6; l++) ck_assert_uint_eq(nn_mlp_width(net, l), widths[l]);
    nn_mlp_free(net);
}
END_TEST

#define ASSERT_NAMES(what, count)                                                                                \
    do {                                                                                                         \
        for (int k = 0; k < (count); k++) ck_assert_int_eq(nn_##what##_find(nn_##what##_name((nn_##what)k)), k); \
        ck_assert_ptr_null(nn_##what##_name((nn_##what) - 1));                                                   \
        ck_assert_ptr_null(nn_##what##_name((nn_##what)(count)));                                                \
        ck_assert_int_eq(nn_##what##_find("no such"), -1);                                                       \
        ck_assert_int_eq(nn_##what##_find(""), -1);                                                              \
        ck_assert_int_eq(nn_##what##_find(NULL), -1);                                                            \
    } while (0)

START_TEST(test_names_are_found_both_ways)
{
    ASSERT_NAMES(activation, NN_ACTIVATIONS);
    ASSERT_NAMES(cost, NN_COSTS);
    ASSERT_NAMES(init, NN_INITS);
    ASSERT_NAMES(method, NN_METHODS);
    ck_assert_str_eq(nn_activation_name(NN_LEAKY_RELU), "leaky_relu");
    ck_assert_str_eq(nn_cost_name(NN_HALF_SUM_OF_SQUARES), "half_sum_of_squares");
    ck_assert_str_eq(nn_init_name(NN_INIT_FAN_IN), "fan_in");
    ck_assert_str_eq(nn_method_name(NN_GRADIENT_DESCENT), "gd");
}
END_TEST

/* ---------------------------------------------------------------------------------- parameters */

START_TEST(test_parameters_are_one_run_of_leaves_all_weights_then_all_biases)
{
    ad_leaf(tape, 1);
    nn_mlp *net = make_net(
        tape, &(nn_shape){4, LAYERS({.width = 3}, {.width = 2, .no_bias = true}, {.width = 5}), NN_SUM_OF_SQUARES});
    const ad_span all = nn_parameters(net), weights = nn_all_weights(net);
    const ad_span spans[] = {nn_weights(net, 1), nn_weights(net, 2), nn_weights(net, 3),
                             nn_biases(net, 1),  nn_biases(net, 2),  nn_biases(net, 3)};
    static const size_t counts[] = {12, 6, 10, 3, 0, 5};
    uint32_t next = 1;
    for (size_t k = 0; k < 6; k++) {
        ck_assert_uint_eq(spans[k].count, counts[k]);
        ck_assert_uint_eq(spans[k].first, next);
        next += spans[k].count;
    }
    ck_assert_uint_eq(all.first, 1);
    ck_assert_uint_eq(all.count, 36);
    ck_assert_uint_eq(weights.first, 1);
    ck_assert_uint_eq(weights.count, 28);
    for (size_t k = 0; k < all.count; k++) {
        ck_assert_int_eq((int)ad_op_of(ad_at(all, k)), AD_OP_LEAF);
        ck_assert_double_eq(ad_value(ad_at(all, k)), 0);
    }
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 37);
    for (size_t l = 0; l < 5; l += 4) ck_assert(is_invalid(nn_weights(net, l)) && is_invalid(nn_biases(net, l)));
    assert_ok(tape);
    nn_mlp_free(net);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 37);
    nn_mlp_free(NULL);
}
END_TEST

/* ------------------------------------------------------------------------------ starting values */

START_TEST(test_starting_values_are_drawn_layer_by_layer)
{
    nn_mlp *net = make_net(
        tape, &(nn_shape){4, LAYERS({.width = 3}, {.width = 2, .no_bias = true}, {.width = 5}), NN_SUM_OF_SQUARES});
    for (int init = 0; init < NN_INITS; init++) {
        assert_good(nn_mlp_init(net, (nn_init)init, 17, &error), error);
        nn_random random = nn_random_new(17);
        for (size_t l = 1; l <= 3; l++) {
            const double in = (double)nn_mlp_width(net, l - 1), out = (double)nn_mlp_width(net, l);
            for (size_t k = 0; k < nn_weights(net, l).count; k++) {
                const double w = ad_value(ad_at(nn_weights(net, l), k));
                const double expected = init == NN_INIT_GLOROT
                                            ? sqrt(6 / (in + out)) * (2 * nn_random_uniform(&random) - 1)
                                        : init == NN_INIT_HE     ? sqrt(2 / in) * nn_random_normal(&random)
                                        : init == NN_INIT_FAN_IN ? nn_random_normal(&random) / sqrt(in)
                                                                 : nn_random_normal(&random);
                ck_assert_double_eq_tol(w, expected, 1e-15);
            }
            for (size_t k = 0; k < nn_biases(net, l).count; k++) {
                const double b = ad_value(ad_at(nn_biases(net, l), k));
                ck_assert_double_eq(b, init == NN_INIT_NORMAL ? nn_random_normal(&random) : 0);
            }
        }
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_starting_values_have_these_bits_everywhere)
{
    static const double expected[NN_INITS][7] = {
        {0x1.551cb4a864dd9p+0, 0x1.d76832cccbbc5p-1, 0x1.c0d732ae4b3ddp-2, -0x1.5088df52fd8fdp-1, 0, 0, 0},
        {0x1.25dcb966136d2p-1, 0x1.d986b47c6eb91p-5, 0x1.ad441d0059e2dp-3, -0x1.3abef91ee8c93p-2, 0, 0, 0},
        {0x1.e267c87ac62ebp+0, 0x1.4d55c9633557cp+0, 0x1.3d60d4996bfdbp-1, -0x1.dbee8f7ed498dp-1, 0, 0, 0},
        {0x1.e267c87ac62ebp+0, 0x1.4d55c9633557cp+0, -0x1.5088df52fd8fdp-1, 0x1.153c160bd1468p+0, 0x1.c0d732ae4b3ddp-2,
         0x1.0252c47c3a352p-1, 0x1.d735a13d41845p-3},
    };
    nn_mlp *net = make_net(tape, &(nn_shape){2, LAYERS({.width = 1}, {.width = 2}), NN_SUM_OF_SQUARES});
    for (int init = 0; init < NN_INITS; init++) {
        assert_good(nn_mlp_init(net, (nn_init)init, 1, &error), error);
        for (size_t k = 0; k < 7; k++) assert_same_bits(ad_value(ad_at(nn_parameters(net), k)), expected[init][k]);
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_starting_values_of_no_such_kind_are_refused)
{
    nn_mlp *net = make_net(tape, &(nn_shape){2, LAYERS({.width = 1}), NN_SUM_OF_SQUARES});
    assert_good(nn_mlp_init(net, NN_INIT_HE, 1, &error), error);
    const double before = ad_value(ad_at(nn_parameters(net), 0));
    assert_refused(nn_mlp_init(net, (nn_init)4, 1, &error), NN_ERR_ARGUMENT, error,
                   "init: there is none with number 4");
    assert_same_bits(ad_value(ad_at(nn_parameters(net), 0)), before);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_parameters_that_were_rewound_are_noticed)
{
    const ad_mark mark = ad_tape_mark(tape);
    nn_mlp *net = make_net(tape, &(nn_shape){2, LAYERS({.width = 1}), NN_SUM_OF_SQUARES});
    ad_tape_rewind(tape, mark);
    ad_leaves(tape, NULL, 20);
    assert_refused(nn_mlp_init(net, NN_INIT_HE, 1, &error), NN_ERR_TAPE, error,
                   "ad_set_in_place: the handle is from before a rewind or a reset");
    assert_refused(nn_forward(net, ad_constants(tape, NULL, 2), &error), NN_ERR_TAPE, error,
                   "ad_weighted_sums_batch: operand 1 is from before a rewind or a reset");
    assert_ok(tape);
    nn_mlp_free(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_mlp");

    TCase *shapes = tcase_create("shapes");
    tcase_add_checked_fixture(shapes, begin, end);
    tcase_add_loop_test(shapes, test_a_bad_shape_is_refused_with_layer_and_field, 0, sizeof bad / sizeof *bad);
    tcase_add_test(shapes, test_no_tape_and_no_shape_are_refused);
    tcase_add_test(shapes, test_a_network_over_the_limit_of_its_tape_is_refused);
    tcase_add_test(shapes, test_the_shape_is_copied_and_alpha_filled_in);
    tcase_add_test(shapes, test_names_are_found_both_ways);
    suite_add_tcase(suite, shapes);

    TCase *parameters = tcase_create("parameters");
    tcase_add_checked_fixture(parameters, begin, end);
    tcase_add_test(parameters, test_parameters_are_one_run_of_leaves_all_weights_then_all_biases);
    tcase_add_test(parameters, test_starting_values_are_drawn_layer_by_layer);
    tcase_add_test(parameters, test_starting_values_have_these_bits_everywhere);
    tcase_add_test(parameters, test_starting_values_of_no_such_kind_are_refused);
    tcase_add_test(parameters, test_parameters_that_were_rewound_are_noticed);
    suite_add_tcase(suite, parameters);

    return run_suite(suite);
}
