/* SPDX-License-Identifier: MIT */
/* What the suites of training share: a small network and its data, which need no function of a libm. */
#ifndef TESTS_NN_TRAINING_H
#define TESTS_NN_TRAINING_H

#include "nn_helpers.h"

enum { IN = 2, SAMPLES = 23, BATCH = 5, BATCHES = 5, PARAMETERS = 2 * 4 + 4 + 4 + 1, MOST_EPOCHS = 64 };

static ad_tape *tape;
static nn_mlp *net;
static nn_error error;
static double x[SAMPLES * IN], y[SAMPLES], parameters[PARAMETERS];
static const nn_data data = {x, y, SAMPLES}, front = {x, y, SAMPLES - 8}, rear = {x + 15 * IN, y + 15, 8};

static inline void begin(void)
{
    generator g = {99};
    tape = ad_tape_new();
    net = make_net(tape, &(nn_shape){IN, 2, (nn_layer[]){{.width = 4, .activation = NN_RELU}, {.width = 1}},
                                     NN_HALF_SUM_OF_SQUARES});
    assert_good(nn_mlp_init(net, NN_INIT_HE, 5, &error), error);
    fill(x, SAMPLES * IN, &g, -1, 1);
    for (size_t k = 0; k < SAMPLES; k++) y[k] = x[2 * k] * x[2 * k] - 0.5 * x[2 * k + 1];
}

static inline void end(void)
{
    nn_mlp_free(net);
    ad_tape_free(tape);
}

static inline nn_trainer *trainer_of(nn_options options)
{
    nn_trainer *trainer = nn_trainer_new(net, &options, &error);
    ck_assert_msg(trainer != NULL, "%s", error.message);
    return trainer;
}

static inline const double *keep_parameters(void)
{
    return memcpy(parameters, ad_values(nn_parameters(net)), sizeof parameters);
}

static inline void assert_parameters(const double *expected)
{
    const double *got = ad_values(nn_parameters(net));
    for (size_t k = 0; k < PARAMETERS; k++) ck_assert_msg(got[k] == expected[k], "%zu: %a, %a", k, got[k], expected[k]);
}

static inline nn_end train(nn_trainer *trainer, const nn_data *validation)
{
    nn_end why = (nn_end)-1;
    assert_good(nn_train(trainer, &data, validation, &why, &error), error);
    return why;
}

/* What the callback was told. */
typedef struct log {
    size_t count, stop_after; /* stop_after: 0 never */
    nn_epoch epochs[MOST_EPOCHS];
} log_of_epochs;

static inline bool take_epoch(void *user, const nn_epoch *epoch)
{
    log_of_epochs *log = user;
    log->epochs[log->count++] = *epoch;
    return log->count != log->stop_after;
}

#endif
