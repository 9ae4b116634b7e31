/* SPDX-License-Identifier: MIT */
/* Gradients, scores and predictions over samples. */
#include "failing_memory.h"
#include "nn_helpers.h"
#include "run_suite.h"

#include <locale.h>

static ad_tape *tape;
static nn_error error;

static void begin(void) { tape = ad_tape_new(); }
static void end(void) { ad_tape_free(tape); }

enum { IN = 3, OUT = 2, MANY = 300, PARAMETERS = 4 * 3 + 4 + 2 * 4 + 2 };

static double x[MANY * IN], y[MANY * OUT];
static const nn_data all = {x, y, MANY};

static nn_mlp *tanh_net(ad_tape *on)
{
    generator g = {42};
    fill(x, MANY * IN, &g, -2, 2);
    fill(y, MANY * OUT, &g, -1, 1);
    nn_mlp *net = make_net(
        on,
        &(nn_shape){IN, 2, (nn_layer[]){{.width = 4, .activation = NN_TANH}, {.width = OUT, .activation = NN_SIGMOID}},
                    NN_HALF_SUM_OF_SQUARES});
    set_parameters(net, &g, 1);
    return net;
}

static void gradient_of(nn_mlp *net, const size_t *which, size_t n, double l2, double *g, nn_score *score)
{
    assert_good(nn_gradient(net, &all, which, n, l2, score, &error), error);
    memcpy(g, ad_grads(nn_parameters(net)), PARAMETERS * sizeof *g);
}

/* ---------------------------------------------------------------------------------- gradients */

START_TEST(test_the_gradient_is_the_mean_of_those_of_the_samples)
{
    /* In one chunk, at its limit, and in several. */
    static const size_t counts[] = {1, 2, 7, 127, 128, 129, 256, 257, 300};
    const size_t n = counts[_i];
    nn_mlp *net = tanh_net(tape);
    double mean[PARAMETERS] = {0}, one[PARAMETERS], got[PARAMETERS], cost = 0;
    size_t which[MANY];
    for (size_t s = 0; s < n; s++) {
        nn_score score;
        which[s] = (s * 7) % MANY;
        gradient_of(net, &which[s], 1, 0, one, &score);
        ck_assert_uint_eq(score.samples, 1);
        for (size_t k = 0; k < PARAMETERS; k++) mean[k] += one[k] / (double)n;
        cost += score.cost / (double)n;
    }
    nn_score score;
    gradient_of(net, which, n, 0, got, &score);
    for (size_t k = 0; k < PARAMETERS; k++) assert_near(got[k], mean[k], 1e-15);
    assert_near(score.cost, cost, 1e-14);
    ck_assert_uint_eq(score.samples, n);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, PARAMETERS);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 0);
    ck_assert(is_invalid(nn_outputs(net)) && is_invalid(nn_costs(net)));
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_the_first_samples_are_taken_where_none_are_chosen)
{
    nn_mlp *net = tanh_net(tape);
    double chosen[PARAMETERS], first[PARAMETERS];
    size_t which[MANY];
    for (size_t s = 0; s < MANY; s++) which[s] = s;
    for (size_t n = 1; n <= MANY; n += 23) {
        nn_score score_chosen, score_first;
        gradient_of(net, which, n, 0.1, chosen, &score_chosen);
        gradient_of(net, NULL, n, 0.1, first, &score_first);
        ck_assert(memcmp(chosen, first, sizeof first) == 0);
        ck_assert(memcmp(&score_chosen, &score_first, sizeof score_first) == 0);
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_a_gradient_again_has_the_same_bits)
{
    nn_mlp *net = tanh_net(tape);
    double once[PARAMETERS], again[PARAMETERS];
    for (size_t n = 100; n <= MANY; n += 100) {
        gradient_of(net, NULL, n, 0.5, once, NULL);
        gradient_of(net, NULL, n, 0.5, again, NULL);
        ck_assert(memcmp(once, again, sizeof once) == 0);
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_l2_adds_lambda_w_to_the_gradients_of_weights_and_its_value_to_the_cost)
{
    const size_t n = _i == 0 ? 5 : MANY;
    nn_mlp *net = tanh_net(tape);
    double plain[PARAMETERS], with[PARAMETERS], squares = 0;
    nn_score score_plain, score_with;
    gradient_of(net, NULL, n, 0, plain, &score_plain);
    gradient_of(net, NULL, n, 0.25, with, &score_with);
    const size_t weights = nn_all_weights(net).count;
    for (size_t k = 0; k < PARAMETERS; k++) {
        const double w = k < weights ? ad_value(ad_at(nn_parameters(net), k)) : 0;
        assert_near(with[k], plain[k] + 0.25 * w, 1e-15);
        squares += w * w;
    }
    assert_near(score_with.cost, score_plain.cost + 0.125 * squares, 1e-14);
    ck_assert_uint_eq(score_with.correct, score_plain.correct);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_sums_over_samples_that_the_caller_made_end)
{
    nn_mlp *net = tanh_net(tape);
    double once[PARAMETERS], again[PARAMETERS];
    gradient_of(net, NULL, 10, 0, once, NULL);
    ck_assert_int_eq(ad_accumulate(nn_parameters(net)), AD_OK);
    for (int k = 0; k < 2; k++) {
        gradient_of(net, NULL, 10, 0, again, NULL);
        ck_assert(memcmp(once, again, sizeof once) == 0);
    }
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_nodes_of_the_caller_below_the_network_and_above_stay)
{
    const ad_var before = ad_exp(ad_leaf(tape, 1));
    nn_mlp *net = tanh_net(tape);
    const ad_var after = ad_tanh(ad_at(nn_parameters(net), 0));
    double got[PARAMETERS], expected[PARAMETERS];
    gradient_of(net, NULL, MANY, 0.1, got, NULL);
    assert_near(ad_value(before), exp(1), 1e-15);
    ck_assert(ad_is_valid(after));
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, PARAMETERS + 3);
    ad_tape *other = ad_tape_new();
    nn_mlp *same = tanh_net(other);
    gradient_of(same, NULL, MANY, 0.1, expected, NULL);
    ck_assert(memcmp(got, expected, sizeof got) == 0);
    nn_mlp_free(same);
    nn_mlp_free(net);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_after_the_first_call_of_a_size_nothing_is_allocated)
{
    failing_memory memory = {0};
    ad_tape *counted = failing_tape(&memory);
    nn_mlp *net = tanh_net(counted);
    nn_score score;
    size_t which[MANY];
    double outputs[MANY * OUT];
    for (size_t s = 0; s < MANY; s++) which[s] = MANY - 1 - s;
    for (int round = 0; round < 3; round++) {
        if (round == 1) fail_at(&memory, 1, true);
        for (size_t n = MANY; n > 0; n /= 3) assert_good(nn_gradient(net, &all, which, n, 0.1, &score, &error), error);
        assert_good(nn_evaluate(net, &all, &score, &error), error);
        assert_good(nn_predict(net, x, MANY, outputs, &error), error);
    }
    ck_assert_uint_eq(memory.calls, 0);
    nn_mlp_free(net);
    ad_tape_free(counted);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
}
END_TEST

/* ------------------------------------------------------------------------- scores, predictions */

START_TEST(test_evaluation_gives_the_cost_of_the_gradient_and_the_outputs_of_forward)
{
    nn_mlp *net = tanh_net(tape);
    nn_score of_gradient, of_evaluation;
    double g[PARAMETERS], outputs[MANY * OUT];
    gradient_of(net, NULL, MANY, 0, g, &of_gradient);
    assert_good(nn_evaluate(net, &all, &of_evaluation, &error), error);
    ck_assert_double_eq_tol(of_evaluation.cost, of_gradient.cost, 1e-15);
    ck_assert_uint_eq(of_evaluation.correct, of_gradient.correct);
    ck_assert_uint_eq(of_evaluation.samples, MANY);
    assert_good(nn_evaluate(net, &all, NULL, &error), error);
    assert_good(nn_predict(net, x, MANY, outputs, &error), error);
    assert_good(nn_predict(net, NULL, 0, NULL, &error), error);
    assert_good(nn_forward(net, ad_constants(tape, x, MANY * IN), &error), error);
    for (size_t k = 0; k < MANY * OUT; k++) assert_same_bits(outputs[k], ad_value(ad_at(nn_outputs(net), k)));
    nn_mlp_free(net);
}
END_TEST

/* A network whose outputs are its inputs, times a factor. */
static nn_mlp *diagonal(size_t n, double factor, nn_activation f, nn_cost cost)
{
    nn_mlp *net = make_net(tape, &(nn_shape){n, 1, (nn_layer[]){{.width = n, .activation = f}}, cost});
    for (size_t k = 0; k < n; k++) ad_set(ad_at(nn_weights(net, 1), k * n + k), factor);
    return net;
}

static size_t correct_of(nn_mlp *net, const double *inputs, const double *targets, size_t samples)
{
    nn_score score;
    assert_good(nn_evaluate(net, &(nn_data){inputs, targets, samples}, &score, &error), error);
    nn_score of_gradient;
    assert_good(nn_gradient(net, &(nn_data){inputs, targets, samples}, NULL, samples, 0, &of_gradient, &error), error);
    ck_assert_uint_eq(of_gradient.correct, score.correct);
    return score.correct;
}

START_TEST(test_with_several_outputs_the_largest_one_is_the_answer)
{
    static const double in[] = {1, 2, 3, 3, 2, 1, -1, -2, -3, 5, 6, 5},
                        out[] = {0, 0, 1, 1, 0, 0, 0, 0, 1, 0.1, 0.8, 0.1};
    nn_mlp *net = diagonal(3, 1, NN_IDENTITY, NN_SUM_OF_SQUARES);
    ck_assert_uint_eq(correct_of(net, in, out, 4), 3);
    nn_mlp_free(net);
    net = diagonal(3, -1, NN_SOFTMAX, NN_SOFTMAX_CROSS_ENTROPY);
    ck_assert_uint_eq(correct_of(net, in, out, 4), 1);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_with_one_output_the_side_of_the_middle_is_the_answer)
{
    static const double in[] = {0.2, 0.7, -0.3, 3, -0.01}, zero_one[] = {0, 1, 0, 1, 1}, signs[] = {-1, 1, -1, 1, 1};
    nn_mlp *net = diagonal(1, 1, NN_IDENTITY, NN_SUM_OF_SQUARES);
    ck_assert_uint_eq(correct_of(net, in, zero_one, 5), 4);
    nn_mlp_free(net);
    net = diagonal(1, 1, NN_SIGMOID, NN_BINARY_CROSS_ENTROPY);
    ck_assert_uint_eq(correct_of(net, in, zero_one, 5), 3);
    nn_mlp_free(net);
    net = diagonal(1, 1, NN_TANH, NN_SUM_OF_SQUARES);
    ck_assert_uint_eq(correct_of(net, in, signs, 5), 3);
    nn_mlp_free(net);
}
END_TEST

/* ---------------------------------------------------------------------------------- not finite */

static void assert_nonfinite(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, const char *message)
{
    assert_refused(nn_gradient(net, data, which, n, 0, NULL, &error), NN_ERR_NONFINITE, error, message);
    assert_ok(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, nn_parameters(net).count);
}

START_TEST(test_the_first_number_that_is_not_finite_is_named)
{
    static const size_t which[] = {3, 1, 2};
    double in[] = {1, 2, 3, 4}, out[] = {0, 0, 0, 0};
    const nn_data data = {in, out, 4};
    nn_layer layers[] = {{.width = 2, .activation = NN_SOFTPLUS}, {.width = 1, .activation = NN_ELU, .skip = 2}};
    nn_mlp *net = make_net(tape, &(nn_shape){1, 2, layers, NN_SUM_OF_SQUARES});
    const ad_span p = nn_parameters(net);
    ad_set_all(p, (double[]){1, 1, 1, 1, 0, 0, 0});
    assert_good(nn_gradient(net, &data, NULL, 4, 0, NULL, &error), error);

    in[1] = NAN;
    assert_nonfinite(net, &data, which, 3, "the cost is not finite: input 1 of sample 2 is nan");
    assert_refused(nn_evaluate(net, &data, NULL, &error), NN_ERR_NONFINITE, error,
                   "the cost is not finite: input 1 of sample 2 is nan");
    assert_good(nn_gradient(net, &data, which, 1, 0, NULL, &error), error);
    in[1] = 2;
    out[2] = -INFINITY;
    assert_nonfinite(net, &data, which, 3, "the cost is not finite: target 1 of sample 3 is -inf");
    out[2] = 0;
    ad_set(ad_at(p, 5), INFINITY);
    assert_nonfinite(net, &data, which, 3, "the cost is not finite: b^1_2 is inf");
    ad_set(ad_at(p, 5), 0);
    ad_set(ad_at(p, 1), 6e307);
    assert_nonfinite(
        net, &data, which, 3,
        "the cost is not finite: the weighted sum in z^1_2 of sample 4 is inf, weighted_sum of 6e+307 and 4");
    assert_nonfinite(
        net, &data, which + 1, 2,
        "the cost is not finite: the weighted sum in z^1_2 of sample 3 is inf, weighted_sum of 6e+307 and 3");
    assert_nonfinite(net, &data, which + 1, 1,
                     "the cost is not finite: the cost of sample 2 is inf, sum_of_squares of 1.2e+308 and 0");
    ad_set(ad_at(p, 0), 1.5e308);
    ad_set(ad_at(p, 1), 1.5e308);
    in[1] = 1;
    assert_nonfinite(net, &data, which + 1, 1,
                     "the cost is not finite: the weighted sum in z^2_1 of sample 2 is inf, weighted_sum of 4 numbers "
                     "from 1 to 1.5e+308");
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_costs_that_are_finite_with_a_sum_that_is_not_are_refused)
{
    double in[] = {1.2e154, 1.2e154}, out[] = {0, 0};
    nn_mlp *net = diagonal(1, 1, NN_IDENTITY, NN_SUM_OF_SQUARES);
    assert_good(nn_gradient(net, &(nn_data){in, out, 2}, NULL, 1, 0, NULL, &error), error);
    assert_nonfinite(net, &(nn_data){in, out, 2}, NULL, 2,
                     "the cost is not finite: the samples' costs are, but not their sum");
    ad_set(ad_at(nn_parameters(net), 0), 1.2e154);
    in[0] = 0;
    assert_refused(nn_gradient(net, &(nn_data){in, out, 2}, NULL, 1, 2.5, NULL, &error), NN_ERR_NONFINITE, error,
                   "the cost is not finite: that of L2 is inf");
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_messages_do_not_depend_on_the_locale)
{
    double in[] = {1.5e308}, out[] = {0};
    nn_mlp *net = diagonal(1, 1.25, NN_IDENTITY, NN_SUM_OF_SQUARES);
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "C"};
    for (size_t k = 0; k < 4; k++) {
        if (setlocale(LC_ALL, names[k]) == NULL) continue;
        assert_nonfinite(net, &(nn_data){in, out, 1}, NULL, 1,
                         "the cost is not finite: the weighted sum in z^1_1 of sample 1 is inf, weighted_sum of 1.25 "
                         "and 1.5e+308");
    }
    nn_mlp_free(net);
}
END_TEST

/* -------------------------------------------------------------------------------------- refusals */

START_TEST(test_bad_arguments_are_refused)
{
    nn_mlp *net = tanh_net(tape);
    double outputs[OUT];
    static const size_t which[] = {0, 5, MANY};
    assert_refused(nn_gradient(net, NULL, NULL, 1, 0, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: there are no samples");
    assert_refused(nn_evaluate(net, &(nn_data){x, y, 0}, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: there are no samples");
    assert_refused(nn_gradient(net, &(nn_data){NULL, y, 5}, NULL, 1, 0, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: x is NULL");
    assert_refused(nn_evaluate(net, &(nn_data){x, NULL, 5}, NULL, &error), NN_ERR_ARGUMENT, error, "data: y is NULL");
    assert_refused(nn_gradient(net, &all, NULL, 0, 0, NULL, &error), NN_ERR_ARGUMENT, error,
                   "which: no samples are chosen");
    assert_refused(nn_gradient(net, &all, NULL, MANY + 1, 0, NULL, &error), NN_ERR_ARGUMENT, error,
                   "which: there are 300 samples, not 301");
    assert_refused(nn_gradient(net, &all, which, 3, 0, NULL, &error), NN_ERR_ARGUMENT, error,
                   "which: element 2 is 300, but there are 300 samples");
    assert_refused(nn_predict(net, NULL, 1, outputs, &error), NN_ERR_ARGUMENT, error, "x is NULL");
    assert_refused(nn_predict(net, x, 1, NULL, &error), NN_ERR_ARGUMENT, error, "outputs is NULL");
    assert_ok(tape);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_a_gradient_that_fails_on_the_way_is_no_gradient)
{
    nn_mlp *net = tanh_net(tape);
    double g[PARAMETERS];
    x[200 * IN] = NAN;
    assert_refused(nn_gradient(net, &all, NULL, MANY, 0, NULL, &error), NN_ERR_NONFINITE, error,
                   "the cost is not finite: input 1 of sample 201 is nan");
    ck_assert_ptr_null(ad_grads(nn_parameters(net)));
    ad_tape_clear_error(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, PARAMETERS);
    gradient_of(net, NULL, 100, 0, g, NULL);
    ck_assert(fabs(g[0]) < 10);
    nn_mlp_free(net);
}
END_TEST

START_TEST(test_a_tape_in_error_or_without_room_comes_through)
{
    nn_mlp *net = tanh_net(tape);
    ad_var none = {NULL, 0, 0};
    ad_mul(ad_at(nn_parameters(net), 0), none);
    assert_refused(nn_gradient(net, &all, NULL, 1, 0, NULL, &error), NN_ERR_TAPE, error,
                   "ad_mul: operand 2 is the invalid handle");
    assert_ok(tape);
    ad_tape_limit(tape, PARAMETERS + 5);
    assert_refused(nn_evaluate(net, &all, NULL, &error), NN_ERR_TAPE, error,
                   "ad_weighted_sums_batch: more than 31 nodes");
    assert_ok(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, PARAMETERS);
    nn_mlp_free(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_gradient");

    TCase *gradients = tcase_create("gradients");
    tcase_add_checked_fixture(gradients, begin, end);
    tcase_add_loop_test(gradients, test_the_gradient_is_the_mean_of_those_of_the_samples, 0, 9);
    tcase_add_test(gradients, test_the_first_samples_are_taken_where_none_are_chosen);
    tcase_add_test(gradients, test_a_gradient_again_has_the_same_bits);
    tcase_add_loop_test(gradients, test_l2_adds_lambda_w_to_the_gradients_of_weights_and_its_value_to_the_cost, 0, 2);
    tcase_add_test(gradients, test_sums_over_samples_that_the_caller_made_end);
    tcase_add_test(gradients, test_nodes_of_the_caller_below_the_network_and_above_stay);
    tcase_add_test(gradients, test_after_the_first_call_of_a_size_nothing_is_allocated);
    suite_add_tcase(suite, gradients);

    TCase *scores = tcase_create("scores");
    tcase_add_checked_fixture(scores, begin, end);
    tcase_add_test(scores, test_evaluation_gives_the_cost_of_the_gradient_and_the_outputs_of_forward);
    tcase_add_test(scores, test_with_several_outputs_the_largest_one_is_the_answer);
    tcase_add_test(scores, test_with_one_output_the_side_of_the_middle_is_the_answer);
    suite_add_tcase(suite, scores);

    TCase *refusals = tcase_create("refusals");
    tcase_add_checked_fixture(refusals, begin, end);
    tcase_add_test(refusals, test_the_first_number_that_is_not_finite_is_named);
    tcase_add_test(refusals, test_costs_that_are_finite_with_a_sum_that_is_not_are_refused);
    tcase_add_test(refusals, test_messages_do_not_depend_on_the_locale);
    tcase_add_test(refusals, test_bad_arguments_are_refused);
    tcase_add_test(refusals, test_a_gradient_that_fails_on_the_way_is_no_gradient);
    tcase_add_test(refusals, test_a_tape_in_error_or_without_room_comes_through);
    suite_add_tcase(suite, refusals);

    return run_suite(suite);
}
