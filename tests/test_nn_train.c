/* SPDX-License-Identifier: MIT */
/* Training as a whole: epochs, shuffles, what the callbacks are told, stops. */
#include "nn_training.h"
#include "run_suite.h"

/* ------------------------------------------------------------------------------------- as a loop */

/* The batches of an epoch by hand, e = 1, 2, ...: each sample's number, in order. */
static void order_by_hand(size_t *order, uint64_t seed, uint64_t e, bool in_order)
{
    nn_random random = nn_random_new(seed + e);
    nn_random_order(&random, order, SAMPLES);
    for (size_t k = 0; in_order && k < SAMPLES; k++) order[k] = k;
}

START_TEST(test_training_is_a_loop_of_gradients_and_steps)
{
    const bool in_order = _i == 1;
    const nn_options options = {
        .method = NN_ADAM, .rate = 0.03, .batch = BATCH, .epochs = 3, .seed = 12, .l2 = 0.1, .in_order = in_order};
    nn_trainer *loop = trainer_of(options), *whole = trainer_of(options);
    double start[PARAMETERS], after[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    for (uint64_t e = 1; e <= 3; e++) {
        size_t order[SAMPLES];
        order_by_hand(order, 12, e, in_order);
        for (size_t from = 0; from < SAMPLES; from += BATCH) {
            const size_t n = SAMPLES - from < BATCH ? SAMPLES - from : BATCH;
            assert_good(nn_gradient(net, &data, order + from, n, 0.1, NULL, &error), error);
            assert_good(nn_trainer_step(loop, 0.03, &error), error);
        }
    }
    memcpy(after, keep_parameters(), sizeof after);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), start), AD_OK);
    ck_assert_int_eq((int)train(whole, NULL), NN_ALL_EPOCHS);
    assert_parameters(after);
    ck_assert_uint_eq(nn_trainer_steps(whole), 3 * BATCHES);
    nn_trainer_free(loop);
    nn_trainer_free(whole);
}
END_TEST

START_TEST(test_a_batch_of_all_samples_takes_them_in_order)
{
    nn_trainer *loop = trainer_of((nn_options){.rate = 0.1}),
               *whole = trainer_of((nn_options){.rate = 0.1, .batch = 1000, .epochs = 4});
    double start[PARAMETERS], after[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    for (int e = 0; e < 4; e++) {
        assert_good(nn_gradient(net, &data, NULL, SAMPLES, 0, NULL, &error), error);
        assert_good(nn_trainer_step(loop, 0.1, &error), error);
    }
    memcpy(after, keep_parameters(), sizeof after);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), start), AD_OK);
    train(whole, NULL);
    assert_parameters(after);
    ck_assert_uint_eq(nn_trainer_steps(whole), 4);
    nn_trainer_free(loop);
    nn_trainer_free(whole);
}
END_TEST

/* -------------------------------------------------------------------------- what a callback is told */

static double halved_at_two(void *user, double rate, double epoch)
{
    (void)user;
    return epoch < 2 ? rate : rate / 2;
}

START_TEST(test_the_callback_is_told_the_scores_the_norm_and_the_rate)
{
    static log_of_epochs log;
    const nn_options options = {.rate = 0.1,
                                .batch = BATCH,
                                .epochs = 4,
                                .seed = 3,
                                .on_epoch = take_epoch,
                                .user = &log,
                                .schedule = halved_at_two};
    nn_trainer *trainer = trainer_of(options);
    double start[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    train(trainer, &rear);
    nn_trainer_free(trainer);
    ck_assert_uint_eq(log.count, 4);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), start), AD_OK);
    trainer = trainer_of(options);
    double best = INFINITY;
    for (size_t e = 1; e <= 4; e++) {
        const nn_epoch *told = &log.epochs[e - 1];
        size_t order[SAMPLES], correct = 0;
        double sum = 0, norm = 0;
        nn_score score;
        order_by_hand(order, 3, e, false);
        for (size_t from = 0; from < SAMPLES; from += BATCH) {
            const size_t n = SAMPLES - from < BATCH ? SAMPLES - from : BATCH;
            assert_good(nn_gradient(net, &data, order + from, n, 0, &score, &error), error);
            sum += score.cost * (double)n;
            correct += score.correct;
            norm = 0;
            for (size_t k = 0; k < PARAMETERS; k++) norm += pow(ad_grad(ad_at(nn_parameters(net), k)), 2);
            assert_good(nn_trainer_step(trainer, e <= 2 ? 0.1 : 0.05, &error), error);
        }
        assert_good(nn_evaluate(net, &rear, &score, &error), error);
        ck_assert_uint_eq(told->epoch, e);
        ck_assert_uint_eq(told->epochs, 4);
        ck_assert_uint_eq(told->steps, e * BATCHES);
        ck_assert_double_eq(told->rate, e <= 2 ? 0.1 : 0.05);
        ck_assert_uint_eq(told->training.samples, SAMPLES);
        ck_assert_uint_eq(told->training.correct, correct);
        assert_near(told->training.cost, sum / SAMPLES, 1e-15);
        ck_assert_uint_eq(told->validation.samples, rear.samples);
        ck_assert_uint_eq(told->validation.correct, score.correct);
        ck_assert_double_eq(told->validation.cost, score.cost);
        assert_near(told->gradient_norm, sqrt(norm), 1e-15);
        ck_assert(told->best == (score.cost < best));
        if (score.cost < best) best = score.cost;
        ck_assert(told->seconds >= 0 && told->seconds < 10);
        if (told->seconds > 0) assert_near(told->samples_per_second, SAMPLES / told->seconds, 1e-12);
    }
    nn_trainer_free(trainer);
}
END_TEST

static double take_fraction(void *user, double rate, double epoch)
{
    double **next = user;
    *(*next)++ = epoch;
    return rate;
}

START_TEST(test_the_schedule_is_asked_before_every_step)
{
    double fractions[2 * BATCHES], *next = fractions;
    nn_trainer *trainer =
        trainer_of((nn_options){.rate = 0.1, .batch = BATCH, .epochs = 2, .schedule = take_fraction, .user = &next});
    train(trainer, NULL);
    ck_assert_ptr_eq(next, fractions + 2 * BATCHES);
    for (int k = 0; k < 2 * BATCHES; k++) ck_assert_double_eq(fractions[k], (double)k / BATCHES);
    nn_trainer_free(trainer);
}
END_TEST

static double bad_rate(void *user, double rate, double epoch)
{
    (void)user;
    return epoch < 1.5 ? rate : -1;
}

START_TEST(test_a_schedule_that_gives_a_bad_rate_stops_with_a_message)
{
    nn_trainer *trainer = trainer_of((nn_options){.rate = 0.1, .batch = BATCH, .epochs = 2, .schedule = bad_rate});
    assert_refused(nn_train(trainer, &data, NULL, NULL, &error), NN_ERR_ARGUMENT, error,
                   "rate: -1, but must be finite and at least 0");
    ck_assert_uint_eq(nn_trainer_steps(trainer), 8);
    nn_trainer_free(trainer);
}
END_TEST

/* ------------------------------------------------------------------------------- stop and go on */

/* Stops after some steps; the schedule is asked before each, the stop is looked at before that. */
typedef struct stopper {
    int left;
    volatile int stop;
} stopper;

static double stop_soon(void *user, double rate, double epoch)
{
    (void)epoch;
    stopper *s = user;
    if (--s->left == 0) s->stop = 1;
    return rate;
}

START_TEST(test_stopped_at_any_batch_and_gone_on_with_the_parameters_come_out_the_same_to_the_bit)
{
    stopper s = {_i, 0};
    const nn_options plain = {.method = NN_ADAMW, .rate = 0.03, .batch = BATCH, .epochs = 3, .seed = 8};
    nn_options stopping = plain;
    stopping.schedule = stop_soon;
    stopping.user = &s;
    stopping.stop = &s.stop;
    double start[PARAMETERS], after[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    nn_trainer *whole = trainer_of(plain), *parts = trainer_of(stopping);
    train(whole, &rear);
    memcpy(after, keep_parameters(), sizeof after);
    double cost, cost_in_parts;
    const size_t best = nn_best_epoch(whole, &cost);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), start), AD_OK);
    for (size_t steps = (size_t)_i;; steps += (size_t)_i) {
        const nn_end why = train(parts, &rear);
        ck_assert_uint_eq(nn_trainer_steps(parts), steps < 3 * BATCHES ? steps : 3 * BATCHES);
        if (why == NN_ALL_EPOCHS) break;
        ck_assert_int_eq((int)why, NN_STOPPED);
        s = (stopper){_i, 0};
    }
    assert_parameters(after);
    ck_assert_uint_eq(nn_best_epoch(parts, &cost_in_parts), best);
    assert_same_bits(cost_in_parts, cost);
    nn_trainer_free(whole);
    nn_trainer_free(parts);
}
END_TEST

START_TEST(test_an_epoch_that_was_stopped_is_told_whole)
{
    static log_of_epochs whole, parts;
    stopper s = {3, 0};
    double start[PARAMETERS];
    memcpy(start, keep_parameters(), sizeof start);
    nn_options options = {.rate = 0.1, .batch = BATCH, .epochs = 1, .on_epoch = take_epoch, .user = &whole};
    nn_trainer *trainer = trainer_of(options);
    train(trainer, NULL);
    nn_trainer_free(trainer);
    ck_assert_int_eq(ad_set_all(nn_parameters(net), start), AD_OK);
    options.on_epoch = NULL;
    options.schedule = stop_soon;
    options.stop = &s.stop;
    options.user = &s;
    trainer = trainer_of(options);
    ck_assert_int_eq((int)train(trainer, NULL), NN_STOPPED);
    options = (nn_options){.epochs = 1, .on_epoch = take_epoch, .user = &parts};
    nn_trainer_go_on(trainer, &options);
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    ck_assert_uint_eq(parts.count, 1);
    assert_same_bits(parts.epochs[0].training.cost, whole.epochs[0].training.cost);
    ck_assert_uint_eq(parts.epochs[0].training.samples, SAMPLES);
    ck_assert_uint_eq(parts.epochs[0].training.correct, whole.epochs[0].training.correct);
    assert_same_bits(parts.epochs[0].gradient_norm, whole.epochs[0].gradient_norm);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_the_callback_stops_after_its_epoch)
{
    static log_of_epochs log = {.stop_after = 2};
    nn_trainer *trainer =
        trainer_of((nn_options){.rate = 0.1, .batch = BATCH, .epochs = 5, .on_epoch = take_epoch, .user = &log});
    ck_assert_int_eq((int)train(trainer, NULL), NN_STOPPED);
    ck_assert_uint_eq(nn_trainer_steps(trainer), 2 * BATCHES);
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    ck_assert_uint_eq(log.count, 5);
    for (size_t k = 0; k < 5; k++) ck_assert_uint_eq(log.epochs[k].epoch, k + 1);
    const double *before = keep_parameters();
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    assert_parameters(before);
    nn_trainer_go_on(trainer, &(nn_options){.epochs = 6, .on_epoch = take_epoch, .user = &log});
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    ck_assert_uint_eq(log.count, 6);
    ck_assert_uint_eq(nn_trainer_steps(trainer), 6 * BATCHES);
    ck_assert_double_eq(nn_trainer_options(trainer)->rate, 0.1);
    nn_trainer_free(trainer);
}
END_TEST

/* ----------------------------------------------------------------------------------------- rest */

START_TEST(test_training_on_nothing_is_refused)
{
    nn_trainer *trainer = trainer_of((nn_options){.rate = 0.1, .epochs = 1});
    assert_refused(nn_train(trainer, NULL, NULL, NULL, &error), NN_ERR_ARGUMENT, error, "data: there are no samples");
    assert_refused(nn_train(trainer, &(nn_data){x, y, 0}, NULL, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: there are no samples");
    assert_refused(nn_train(trainer, &(nn_data){x, NULL, 3}, NULL, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: y is NULL");
    assert_refused(nn_train(trainer, &data, &(nn_data){NULL, y, 3}, NULL, &error), NN_ERR_ARGUMENT, error,
                   "data: x is NULL");
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_no_epochs_are_all_epochs)
{
    nn_trainer *trainer = trainer_of((nn_options){.rate = 0.1});
    const double *before = keep_parameters();
    ck_assert_int_eq((int)train(trainer, NULL), NN_ALL_EPOCHS);
    assert_parameters(before);
    ck_assert_uint_eq(nn_trainer_steps(trainer), 0);
    nn_trainer_free(trainer);
}
END_TEST

/* From how many of the seeds 1, ..., seeds a 2-3-1 network learns XOR to a mean squared error below 0.01. */
static size_t learns_xor(nn_activation hidden, const nn_options *options, uint64_t seeds)
{
    static const double in[] = {0, 0, 0, 1, 1, 0, 1, 1}, out[] = {0, 1, 1, 0};
    const nn_data xor = {in, out, 4};
    size_t learnt = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        ad_tape *own = ad_tape_new();
        nn_layer layers[] = {{.width = 3, .activation = hidden}, {.width = 1, .activation = NN_SIGMOID}};
        nn_mlp *small = make_net(own, &(nn_shape){2, 2, layers, NN_MEAN_OF_SQUARES});
        assert_good(nn_mlp_init(small, NN_INIT_FAN_IN, seed, &error), error);
        nn_trainer *trainer = nn_trainer_new(small, options, &error);
        nn_score score;
        assert_good(nn_train(trainer, &xor, NULL, NULL, &error), error);
        assert_good(nn_evaluate(small, &xor, &score, &error), error);
        learnt += score.cost < 0.01 && score.correct == 4;
        nn_trainer_free(trainer);
        nn_mlp_free(small);
        ad_tape_free(own);
    }
    return learnt;
}

START_TEST(test_xor_is_learnt_by_every_method)
{
    static const double rates[NN_METHODS] = {3, 0.3, 0.3, 0.02, 0.05, 0.05};
    const nn_options options = {
        .method = (nn_method)_i, .rate = rates[_i], .batch = 4, .epochs = 2000, .weight_decay = 1e-4};
    const size_t learnt = learns_xor(NN_SILU, &options, 20);
    ck_assert_msg(learnt == 20, "%s: %zu", nn_method_name((nn_method)_i), learnt);
}
END_TEST

START_TEST(test_xor_is_learnt_from_95_of_100_seeds_by_tanh_and_gradient_descent)
{
    const nn_options options = {.method = NN_GRADIENT_DESCENT, .rate = 3, .batch = 4, .epochs = 2000};
    const size_t learnt = learns_xor(NN_TANH, &options, 100);
    ck_assert_msg(learnt >= 95, "%zu", learnt);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_train");

    TCase *loop = tcase_create("loop");
    tcase_add_checked_fixture(loop, begin, end);
    tcase_add_loop_test(loop, test_training_is_a_loop_of_gradients_and_steps, 0, 2);
    tcase_add_test(loop, test_a_batch_of_all_samples_takes_them_in_order);
    tcase_add_test(loop, test_the_callback_is_told_the_scores_the_norm_and_the_rate);
    tcase_add_test(loop, test_the_schedule_is_asked_before_every_step);
    tcase_add_test(loop, test_a_schedule_that_gives_a_bad_rate_stops_with_a_message);
    suite_add_tcase(suite, loop);

    TCase *stop = tcase_create("stop");
    tcase_add_checked_fixture(stop, begin, end);
    tcase_add_loop_test(stop, test_stopped_at_any_batch_and_gone_on_with_the_parameters_come_out_the_same_to_the_bit, 1,
                        16);
    tcase_add_test(stop, test_an_epoch_that_was_stopped_is_told_whole);
    tcase_add_test(stop, test_the_callback_stops_after_its_epoch);
    suite_add_tcase(suite, stop);

    TCase *rest = tcase_create("rest");
    tcase_set_timeout(rest, 60);
    tcase_add_checked_fixture(rest, begin, end);
    tcase_add_test(rest, test_training_on_nothing_is_refused);
    tcase_add_test(rest, test_no_epochs_are_all_epochs);
    tcase_add_loop_test(rest, test_xor_is_learnt_by_every_method, 0, NN_METHODS);
    tcase_add_test(rest, test_xor_is_learnt_from_95_of_100_seeds_by_tanh_and_gradient_descent);
    suite_add_tcase(suite, rest);

    return run_suite(suite);
}
