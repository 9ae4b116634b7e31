/* SPDX-License-Identifier: MIT */
/* Every request for memory of the nn layer failed, once or from then on: no call crashes or leaks, what was there
 * stays, and the call made again does what it would have done. */
#include "failing_memory.h"
#include "nn_helpers.h"
#include "run_suite.h"

/* ------------------------------------------------------------------- a scenario, call by call */

enum { IN = 9, OUT = 3, SAMPLES = 150, BATCH = 140, NODES = 4096 };

static double x[SAMPLES * IN], y[SAMPLES * OUT];
static const nn_data all = {x, y, SAMPLES};

typedef struct scene {
    ad_tape *tape;
    nn_mlp *net;
    nn_trainer *trainer;
    nn_score score;
    double outputs[SAMPLES * OUT];
    nn_error error;
} scene;

static nn_status make_net_of_three_layers(scene *s)
{
    nn_layer layers[] = {{.width = 9, .activation = NN_LEAKY_RELU},
                         {.width = 9, .activation = NN_TANH, .skip = 1, .no_bias = true},
                         {.width = OUT, .activation = NN_SOFTMAX}};
    s->net = nn_mlp_new(s->tape, &(nn_shape){IN, 3, layers, NN_SOFTMAX_CROSS_ENTROPY}, &s->error);
    return s->net == NULL ? s->error.status : NN_OK;
}

static nn_status start_it(scene *s) { return nn_mlp_init(s->net, NN_INIT_FAN_IN, 3, &s->error); }

static nn_status make_trainer(scene *s)
{
    const nn_options options = {.method = NN_ADAM, .rate = 0.01, .batch = BATCH, .epochs = 3, .l2 = 0.01};
    s->trainer = nn_trainer_new(s->net, &options, &s->error);
    return s->trainer == NULL ? s->error.status : NN_OK;
}

static nn_status take_gradient(scene *s) { return nn_gradient(s->net, &all, NULL, 20, 0.1, &s->score, &s->error); }

static nn_status take_chosen_gradient(scene *s)
{
    size_t which[SAMPLES];
    for (size_t k = 0; k < SAMPLES; k++) which[k] = SAMPLES - 1 - k;
    return nn_gradient(s->net, &all, which, SAMPLES, 0.1, &s->score, &s->error);
}

static nn_status step(scene *s)
{
    const nn_status status = nn_gradient(s->net, &all, NULL, 5, 0, NULL, &s->error);
    return status == NN_OK ? nn_trainer_step(s->trainer, 0.01, &s->error) : status;
}

static nn_status evaluate(scene *s) { return nn_evaluate(s->net, &all, &s->score, &s->error); }
static nn_status predict(scene *s) { return nn_predict(s->net, x, SAMPLES, s->outputs, &s->error); }
static nn_status train(scene *s) { return nn_train(s->trainer, &all, &all, NULL, &s->error); }
static nn_status use_best(scene *s) { return nn_use_best(s->trainer, &s->error); }

static nn_status record(scene *s)
{
    const ad_span inputs = ad_constants(s->tape, x, 30 * IN);
    if (inputs.tape == NULL) {
        ad_tape_clear_error(s->tape);
        return NN_ERR_MEMORY;
    }
    return nn_forward(s->net, inputs, &s->error);
}

static nn_status record_costs(scene *s)
{
    const ad_span targets = ad_constants(s->tape, y, 30 * OUT);
    if (targets.tape == NULL) {
        ad_tape_clear_error(s->tape);
        return NN_ERR_MEMORY;
    }
    return nn_record_costs(s->net, targets, &s->error);
}

typedef struct call {
    const char *name;
    nn_status (*make)(scene *);
    bool in_parts; /* may have done a part of its work when it fails */
} call;

static const call calls[] = {
    {"new", make_net_of_three_layers, false},
    {"init", start_it, false},
    {"evaluate", evaluate, false},
    {"gradient", take_gradient, false},
    {"chosen gradient", take_chosen_gradient, false},
    {"predict", predict, false},
    {"new trainer", make_trainer, false},
    {"step", step, false},
    {"train", train, true},
    {"use the best", use_best, false},
    {"forward", record, false},
    {"costs", record_costs, false},
    {"gradient above nodes", take_gradient, false},
};
enum { CALLS = sizeof calls / sizeof *calls };

/* --------------------------------------------------------------------------- what must stay */

typedef struct snapshot {
    size_t nodes;
    uint64_t steps;
    double values[NODES];
} snapshot;

static void take(snapshot *shot, const scene *s)
{
    ck_assert_int_eq(ad_tape_error(s->tape), AD_OK);
    shot->nodes = ad_tape_stats(s->tape).nodes;
    shot->steps = s->trainer == NULL ? 0 : nn_trainer_steps(s->trainer);
    ck_assert_uint_le(shot->nodes, NODES);
    for (size_t k = 0; k < shot->nodes; k++) shot->values[k] = ad_value(ad_node_at(s->tape, k));
}

static void assert_unchanged(const snapshot *old, const snapshot *new, const char *name)
{
    ck_assert_msg(old->nodes == new->nodes, "%s: %zu nodes, then %zu", name, old->nodes, new->nodes);
    ck_assert_msg(old->steps == new->steps, "%s: steps", name);
    ck_assert_msg(memcmp(old->values, new->values, old->nodes * sizeof *old->values) == 0, "%s: values", name);
}

/* A call met a request that failed: says so, changes nothing, and is made again without that. */
static void make_again(const call *c, scene *s, failing_memory *memory, const snapshot *before, nn_status status)
{
    static snapshot after;
    ck_assert_msg(status == NN_ERR_MEMORY, "%s: %s", c->name, s->error.message);
    ck_assert_msg(s->error.message[0] == '\0' || strstr(s->error.message, "memory") != NULL, "%s: %s", c->name,
                  s->error.message);
    take(&after, s);
    if (!c->in_parts) assert_unchanged(before, &after, c->name);
    fail_at(memory, 0, false);
    ck_assert_msg(c->make(s) == NN_OK, "%s, once more: %s", c->name, s->error.message);
}

/* Rewinds within rewinds: their records take memory too. */
static void nest_rewinds(ad_tape *tape, size_t depth)
{
    for (size_t k = 0; k < depth; k++) {
        ad_leaf(tape, 0);
        ck_assert_int_eq(ad_tape_rewind(tape, ad_tape_mark(tape)), AD_OK);
    }
}

/* Runs the scenario with a failing request. True if the request was reached. */
static bool run(size_t fail, bool for_ever, size_t depth, snapshot *final)
{
    static snapshot before;
    failing_memory memory = {0};
    scene s = {.tape = failing_tape(&memory)};
    bool failed = false;
    nest_rewinds(s.tape, depth);
    fail_at(&memory, fail, for_ever);
    for (size_t k = 0; k < CALLS; k++) {
        if (fail > 0 && !failed) take(&before, &s);
        const nn_status status = calls[k].make(&s);
        if (status == NN_OK) continue;
        ck_assert_msg(!failed && fail > 0, "%s: %s", calls[k].name, s.error.message);
        failed = true;
        make_again(&calls[k], &s, &memory, &before, status);
    }
    take(final, &s);
    nn_trainer_free(s.trainer);
    nn_mlp_free(s.net);
    ck_assert_uint_eq(memory.held, ad_tape_stats(s.tape).bytes_reserved);
    ad_tape_free(s.tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return failed;
}

START_TEST(test_every_failed_request_leaves_all_as_it_was)
{
    static snapshot expected, final;
    const bool for_ever = _i % 2 != 0;
    const size_t depth = _i < 2 ? 0 : (size_t)(30 + _i / 2);
    generator g = {1};
    fill(x, SAMPLES * IN, &g, -1, 1);
    for (size_t k = 0; k < SAMPLES; k++) y[k * OUT + k % OUT] = 1;
    size_t reached = 0;
    run(0, false, depth, &expected);
    ck_assert_uint_gt(expected.steps, 3);
    while (run(reached + 1, for_ever, depth, &final)) {
        assert_unchanged(&expected, &final, "the end");
        reached++;
    }
    /* The last run met no failure: all requests were failed, of which there are some. */
    ck_assert_uint_gt(reached, 25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_memory");
    TCase *scenario = tcase_create("scenario");
    tcase_set_timeout(scenario, 120);
    tcase_add_loop_test(scenario, test_every_failed_request_leaves_all_as_it_was, 0, 8);
    suite_add_tcase(suite, scenario);
    return run_suite(suite);
}
