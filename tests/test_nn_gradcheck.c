/* SPDX-License-Identifier: MIT */
/* The gradient check of networks. */
#include <nn/nn.h>

#include "failing_memory.h"
#include "nn_helpers.h"
#include "run_suite.h"

enum { SEEDS = 60, SAMPLES = 3 };

typedef struct fixture {
    ad_tape *tape;
    nn_mlp *net;
    double x[10 * MOST_WIDTH], y[10 * MOST_WIDTH];
    nn_data data;
} fixture;

static fixture f;
static nn_error error;

static void begin_with(const nn_shape *shape, uint64_t seed, const ad_allocator *allocator)
{
    generator g = {seed};
    f.tape = ad_tape_new_with(allocator);
    f.net = make_net(f.tape, shape);
    set_parameters(f.net, &g, 1);
    fill(f.x, 10 * shape->inputs, &g, -1, 1);
    fill(f.y, 10 * nn_mlp_outputs(f.net), &g, 0.1, 0.9);
    f.data = (nn_data){f.x, f.y, 10};
}

static void end(void)
{
    nn_mlp_free(f.net);
    ad_tape_free(f.tape);
}

static const nn_shape small = {
    .inputs = 2,
    .depth = 2,
    .layers = (nn_layer[]){{.width = 3, .activation = NN_TANH}, {.width = 1, .activation = NN_SIGMOID}},
    .cost = NN_MEAN_OF_SQUARES};

START_TEST(test_right_gradients_of_random_networks_pass)
{
    generator g = {(uint64_t)_i};
    random_shape shape;
    make_shape(&shape, &g, _i % 2 == 0);
    begin_with(&shape.shape, (uint64_t)_i + 1000, NULL);
    ad_gradcheck_report r;
    const ad_gradcheck_options options = {.most = 60, .most_nodes = 200, .seed = (uint64_t)_i};
    assert_good(nn_gradcheck(f.net, &f.data, NULL, SAMPLES, 0.1, &options, &r, &error), error);
    char text[20000];
    ad_gradcheck_text(&r, text, sizeof text);
    ck_assert_msg(r.verdict <= AD_CHECK_KINK, "%s", text);
    if (_i % 2 == 0) ck_assert_int_eq(r.verdict, AD_CHECK_PASS);
    ck_assert_uint_eq(r.inputs, nn_parameters(f.net).count);
    ad_gradcheck_free(&r);
    end();
}
END_TEST

START_TEST(test_the_gradient_that_is_checked_is_that_of_nn_gradient)
{
    const size_t which[] = {7, 2, 5};
    begin_with(&small, 1, NULL);
    ad_gradcheck_report r;
    assert_good(nn_gradcheck(f.net, &f.data, which, 3, 0.5, NULL, &r, &error), error);
    nn_score score;
    assert_good(nn_gradient(f.net, &f.data, which, 3, 0.5, &score, &error), error);
    ck_assert_uint_eq(r.count, 13);
    assert_near(r.value, score.cost, 1e-15);
    for (size_t k = 0; k < r.count; k++)
        assert_near(r.coordinates[k].gradient, ad_grads(nn_parameters(f.net))[k], 1e-15);
    ck_assert_str_eq(r.coordinates[0].name, "w^1_{1,1}");
    ck_assert_str_eq(r.coordinates[12].name, "b^2_1");
    ad_gradcheck_free(&r);
    end();
}
END_TEST

START_TEST(test_a_wrong_rule_is_named_in_the_words_of_the_network)
{
    const size_t which[] = {7, 2, 5};
    begin_with(&small, 1, NULL);
    ad_plant_error(f.tape, AD_OP_TANH, 1, -1);
    ad_gradcheck_report r;
    assert_good(nn_gradcheck(f.net, &f.data, which, 3, 0, NULL, &r, &error), error);
    ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
    ck_assert_uint_eq(r.rule_count, 9);
    ck_assert_str_eq(r.rules[0].at.text, "tanh, a^1_3 of sample 6");
    ck_assert_str_eq(r.rules[8].at.text, "tanh, a^1_1 of sample 8");
    for (size_t k = 0; k < r.count; k++) {
        const bool first_layer = strstr(r.coordinates[k].name, "^1_") != NULL;
        ck_assert_int_eq((int)r.coordinates[k].verdict, first_layer ? AD_CHECK_FAIL : AD_CHECK_PASS);
    }
    ad_gradcheck_free(&r);
    end();
}
END_TEST

START_TEST(test_a_wrong_rule_of_every_operation_of_a_network_is_found)
{
    static const ad_op ops[] = {AD_OP_WEIGHTED_SUM,    AD_OP_ADD, AD_OP_TANH, AD_OP_SIGMOID,
                                AD_OP_MEAN_OF_SQUARES, AD_OP_SUM};
    begin_with(&small, 1, NULL);
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        ad_gradcheck_report r;
        ad_plant_error(f.tape, ops[k], 1, 1.00001);
        assert_good(nn_gradcheck(f.net, &f.data, NULL, 4, 0.1, NULL, &r, &error), error);
        ck_assert_int_eq(r.verdict, AD_CHECK_FAIL);
        ck_assert_int_eq(r.rules[0].at.op, ops[k]);
        ad_gradcheck_free(&r);
    }
    end();
}
END_TEST

static bool stop_at_once(void *user, size_t done, size_t all)
{
    (void)done, (void)all;
    ck_assert_ptr_eq(user, &f);
    return false;
}

START_TEST(test_callbacks_are_handed_the_users_pointer)
{
    begin_with(&small, 1, NULL);
    const ad_gradcheck_options options = {.progress = stop_at_once, .user = &f};
    ad_gradcheck_report r;
    assert_good(nn_gradcheck(f.net, &f.data, NULL, 4, 0, &options, &r, &error), error);
    ck_assert(r.stopped);
    ck_assert_uint_eq(r.count, 1);
    ad_gradcheck_free(&r);
    end();
}
END_TEST

START_TEST(test_a_cost_that_is_not_finite_is_a_verdict)
{
    begin_with(&small, 1, NULL);
    f.x[1] = NAN;
    ad_gradcheck_report r;
    assert_good(nn_gradcheck(f.net, &f.data, NULL, 2, 0, NULL, &r, &error), error);
    ck_assert_int_eq(r.verdict, AD_CHECK_NONFINITE);
    ck_assert_str_eq(r.coordinates[0].at.text, "weighted_sum, the weighted sum in z^1_1 of sample 1");
    ad_gradcheck_free(&r);
    end();
}
END_TEST

START_TEST(test_bad_arguments_are_refused)
{
    const size_t which[] = {1, 10};
    begin_with(&small, 1, NULL);
    ad_gradcheck_report r;
    assert_refused(nn_gradcheck(f.net, NULL, NULL, 1, 0, NULL, &r, &error), NN_ERR_ARGUMENT, error,
                   "data: there are no samples");
    assert_refused(nn_gradcheck(f.net, &f.data, NULL, 0, 0, NULL, &r, &error), NN_ERR_ARGUMENT, error,
                   "which: no samples are chosen");
    assert_refused(nn_gradcheck(f.net, &f.data, which, 2, 0, NULL, &r, &error), NN_ERR_ARGUMENT, error,
                   "which: element 1 is 10, but there are 10 samples");
    ck_assert_ptr_null(r.coordinates);
    end();
}
END_TEST

START_TEST(test_every_allocation_can_fail_and_the_network_is_as_it_was)
{
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t k = 1;; k++) {
            failing_memory memory = {0};
            const ad_allocator allocator = {failing_resize, &memory};
            begin_with(&small, 1, &allocator);
            const size_t nodes = ad_tape_stats(f.tape).nodes;
            const double first = ad_values(nn_parameters(f.net))[0];
            ad_gradcheck_report r;
            fail_at(&memory, k, for_ever);
            const nn_status status = nn_gradcheck(f.net, &f.data, NULL, 2, 0.1, NULL, &r, &error);
            const bool was_enough = memory.calls < k;
            ad_gradcheck_free(&r);
            fail_at(&memory, 0, false);
            ck_assert_int_eq((int)status, was_enough ? NN_OK : NN_ERR_MEMORY);
            ck_assert_uint_eq(ad_tape_stats(f.tape).nodes, nodes);
            assert_same_bits(ad_values(nn_parameters(f.net))[0], first);
            assert_ok(f.tape);
            assert_good(nn_gradient(f.net, &f.data, NULL, 2, 0, NULL, &error), error);
            end();
            ck_assert_uint_eq(memory.held, 0);
            ck_assert(!memory.wrong_size);
            if (was_enough) break;
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_gradcheck");
    TCase *networks = tcase_create("networks");
    tcase_add_loop_test(networks, test_right_gradients_of_random_networks_pass, 0, SEEDS);
    tcase_add_test(networks, test_the_gradient_that_is_checked_is_that_of_nn_gradient);
    tcase_add_test(networks, test_a_wrong_rule_is_named_in_the_words_of_the_network);
    tcase_add_test(networks, test_a_wrong_rule_of_every_operation_of_a_network_is_found);
    tcase_add_test(networks, test_callbacks_are_handed_the_users_pointer);
    tcase_add_test(networks, test_a_cost_that_is_not_finite_is_a_verdict);
    tcase_add_test(networks, test_bad_arguments_are_refused);
    tcase_add_test(networks, test_every_allocation_can_fail_and_the_network_is_as_it_was);
    tcase_set_timeout(networks, 60);
    suite_add_tcase(suite, networks);
    return run_suite(suite);
}
