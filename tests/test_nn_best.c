/* SPDX-License-Identifier: MIT */
/* Training: the best parameters, patience, and numbers that are not finite. */
#include "nn_training.h"
#include "run_suite.h"

/* ------------------------------------------------------------------------------------ the best */

START_TEST(test_patience_ends_training_and_the_best_parameters_are_kept)
{
    static log_of_epochs log;
    double after[MOST_EPOCHS][PARAMETERS];
    nn_trainer *trainer = trainer_of((nn_options){
        .rate = 0.9, .batch = BATCH, .epochs = MOST_EPOCHS, .patience = 3, .on_epoch = take_epoch, .user = &log});
    nn_end why = NN_STOPPED;
    for (size_t e = 1; why == NN_STOPPED; e++) {
        log.stop_after = e;
        assert_good(nn_train(trainer, &front, &rear, &why, &error), error);
        if (why == NN_STOPPED) memcpy(after[e - 1], keep_parameters(), sizeof *after);
    }
    ck_assert_int_eq((int)why, NN_NO_PROGRESS);
    ck_assert_uint_lt(log.count, MOST_EPOCHS);
    double cost, least = INFINITY;
    size_t best = 0;
    for (size_t k = 0; k < log.count; k++) {
        const bool better = log.epochs[k].validation.cost < least;
        ck_assert(log.epochs[k].best == better);
        if (!better) continue;
        best = k + 1;
        least = log.epochs[k].validation.cost;
    }
    ck_assert_uint_eq(log.count, best + 3);
    ck_assert_uint_eq(nn_best_epoch(trainer, &cost), best);
    ck_assert_uint_eq(nn_best_epoch(trainer, NULL), best);
    ck_assert_double_eq(cost, least);
    assert_good(nn_use_best(trainer, &error), error);
    assert_parameters(after[best - 1]);
    nn_score score;
    assert_good(nn_evaluate(net, &rear, &score, &error), error);
    assert_same_bits(score.cost, least);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_without_validation_the_best_is_by_the_cost_of_training)
{
    static log_of_epochs log;
    nn_trainer *trainer =
        trainer_of((nn_options){.rate = 1, .batch = BATCH, .epochs = 30, .on_epoch = take_epoch, .user = &log});
    const nn_data empty = {NULL, NULL, 0};
    train(trainer, &empty);
    size_t best = 0;
    for (size_t k = 1; k < 30; k++)
        if (log.epochs[k].training.cost < log.epochs[best].training.cost) best = k;
    ck_assert_uint_eq(nn_best_epoch(trainer, NULL), best + 1);
    ck_assert_uint_eq(log.epochs[0].validation.samples, 0);
    nn_trainer_free(trainer);
}
END_TEST

/* ----------------------------------------------------------------------------------- not finite */

static double explode(void *user, double rate, double epoch) { return epoch < *(const double *)user ? rate : 1e200; }

START_TEST(test_a_cost_that_is_not_finite_stops_with_the_best_parameters_and_a_new_optimiser)
{
    static log_of_epochs log;
    double when = _i == 0 ? 0 : 2, start[PARAMETERS], cost;
    memcpy(start, keep_parameters(), sizeof start);
    nn_trainer *trainer = trainer_of((nn_options){
        .method = NN_MOMENTUM, .rate = 0.05, .batch = BATCH, .epochs = 9, .schedule = explode, .user = &when});
    error.message[0] = '\0';
    ck_assert_int_eq((int)nn_train(trainer, &data, NULL, NULL, &error), NN_ERR_NONFINITE);
    ck_assert_ptr_nonnull(strstr(error.message, "the cost is not finite: "));
    ck_assert_msg(strstr(error.message, "inf, ") != NULL || strstr(error.message, "nan, ") != NULL, "%s",
                  error.message);
    ck_assert_ptr_nonnull(strstr(error.message, " of sample "));
    ck_assert_uint_eq(nn_trainer_steps(trainer), 0);
    ck_assert_uint_eq(nn_best_epoch(trainer, &cost), _i == 0 ? 0 : 2);
    if (_i == 0) assert_parameters(start);
    else {
        const double *best = keep_parameters();
        assert_good(nn_use_best(trainer, &error), error);
        assert_parameters(best);
    }
    /* A new trainer does the same from there. */
    double here[PARAMETERS], after[PARAMETERS];
    memcpy(here, keep_parameters(), sizeof here);
    nn_trainer_go_on(trainer, &(nn_options){.epochs = 2, .on_epoch = take_epoch, .user = &log});
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    memcpy(after, keep_parameters(), sizeof after);
    ck_assert_uint_eq(log.epochs[0].training.samples, SAMPLES);
    nn_trainer_free(trainer);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), here), AD_OK);
    trainer = trainer_of((nn_options){.method = NN_MOMENTUM, .rate = 0.05, .batch = BATCH, .epochs = 2});
    train(trainer, NULL);
    assert_parameters(after);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_a_validation_cost_that_is_not_finite_stops_too)
{
    double start[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    x[SAMPLES * IN - 1] = INFINITY;
    nn_trainer *trainer = trainer_of((nn_options){.rate = 0.1, .batch = BATCH, .epochs = 2});
    assert_refused(nn_train(trainer, &front, &rear, NULL, &error), NN_ERR_NONFINITE, error,
                   "the cost is not finite: input 2 of sample 8 is inf");
    assert_parameters(start);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_parameters_and_gradients_that_are_not_finite_stop_even_where_the_cost_is)
{
    /* The rectifier hides a weight of -inf, as it is 0 for inputs above 0. */
    nn_layer layers[] = {{.width = 1, .activation = NN_RELU, .no_bias = true}};
    nn_mlp *small = make_net(tape, &(nn_shape){1, 1, layers, NN_HALF_SUM_OF_SQUARES});
    const ad_var w = ad_at(nn_parameters(small), 0);
    double one = 1, zero = 0;
    nn_options options = {.rate = 1e308, .epochs = 5};
    ad_set(w, 10);
    nn_trainer *trainer = nn_trainer_new(small, &options, &error);
    assert_refused(nn_train(trainer, &(nn_data){&one, &zero, 1}, NULL, NULL, &error), NN_ERR_NONFINITE, error,
                   "w^1_{1,1} is -inf");
    ck_assert_double_eq(ad_value(w), 10);
    nn_trainer_free(trainer);
    /* And a cost of 1e300 has a gradient of 1e310. */
    options.rate = 1;
    double large = 1e160;
    ad_set(w, 1e-10);
    trainer = nn_trainer_new(small, &options, &error);
    assert_refused(nn_train(trainer, &(nn_data){&large, &zero, 1}, NULL, NULL, &error), NN_ERR_NONFINITE, error,
                   "the gradient of w^1_{1,1} is inf");
    ck_assert_double_eq(ad_value(w), 1e-10);
    nn_trainer_free(trainer);
    nn_mlp_free(small);
}
END_TEST

START_TEST(test_a_norm_is_finite_where_the_squares_are_not)
{
    static log_of_epochs log;
    nn_mlp *line = make_net(tape, &(nn_shape){1, 1, (nn_layer[]){{.width = 1}}, NN_HALF_SUM_OF_SQUARES});
    double in = 1e200, out = 1;
    nn_trainer *trainer =
        nn_trainer_new(line, &(nn_options){.rate = 1e-200, .epochs = 1, .on_epoch = take_epoch, .user = &log}, &error);
    assert_good(nn_train(trainer, &(nn_data){&in, &out, 1}, NULL, NULL, &error), error);
    assert_near(log.epochs[0].gradient_norm / 1e200, 1, 1e-15);
    nn_trainer_free(trainer);
    nn_mlp_free(line);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_best");

    TCase *best = tcase_create("best");
    tcase_add_checked_fixture(best, begin, end);
    tcase_add_test(best, test_patience_ends_training_and_the_best_parameters_are_kept);
    tcase_add_test(best, test_without_validation_the_best_is_by_the_cost_of_training);
    suite_add_tcase(suite, best);

    TCase *nonfinite = tcase_create("not finite");
    tcase_add_checked_fixture(nonfinite, begin, end);
    tcase_add_loop_test(nonfinite, test_a_cost_that_is_not_finite_stops_with_the_best_parameters_and_a_new_optimiser, 0,
                        2);
    tcase_add_test(nonfinite, test_a_validation_cost_that_is_not_finite_stops_too);
    tcase_add_test(nonfinite, test_parameters_and_gradients_that_are_not_finite_stop_even_where_the_cost_is);
    tcase_add_test(nonfinite, test_a_norm_is_finite_where_the_squares_are_not);
    suite_add_tcase(suite, nonfinite);

    return run_suite(suite);
}
