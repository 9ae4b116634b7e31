/* SPDX-License-Identifier: MIT */
#include "training_argp.h"
#include "option.h"

#include <math.h>

enum {
    KEY_METHOD = 0x3000,
    KEY_RATE,
    KEY_MOMENTUM,
    KEY_DECAY_RATE,
    KEY_EPSILON,
    KEY_WEIGHT_DECAY,
    KEY_L2,
    KEY_BATCH,
    KEY_SEED,
    KEY_SCHEDULE,
    KEY_SCALE,
    KEY_VALIDATION,
    KEY_TEST,
    KEY_EPOCHS, /* from here on: may change when a training goes on */
    KEY_PATIENCE,
    KEY_GOAL
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Training:", 4},
    {"epochs", KEY_EPOCHS, "N", 0, "How often to go through the data (default: 30, or as many as 10,000 steps take)",
     0},
    {"batch", KEY_BATCH, "N", 0, "Samples for a step of the optimiser (default 10)", 0},
    {"method", KEY_METHOD, "NAME", 0, "The optimiser: adam (default), adamw, gd, momentum, nesterov, rmsprop", 0},
    {"rate", KEY_RATE, "X", 0,
     "Learning rate (default: 0.01, for more than 10,000 samples 0.001; 0.01 for momentum and nesterov, 0.1 for gd)",
     0},
    {"schedule", KEY_SCHEDULE, "HOW", 0,
     "How the rate changes: constant (default), cosine, step:EPOCHS:FACTOR, exponential:FACTOR (each epoch)", 0},
    {"momentum", KEY_MOMENTUM, "X", 0, "mu of momentum, nesterov, adam (default 0.9)", 0},
    {"decay-rate", KEY_DECAY_RATE, "X", 0, "rho of rmsprop (default 0.9) and adam (0.999)", 0},
    {"epsilon", KEY_EPSILON, "X", 0, "eps of rmsprop and adam (default 1e-8)", 0},
    {"weight-decay", KEY_WEIGHT_DECAY, "X", 0, "Of adamw (default 0.01)", 0},
    {"l2", KEY_L2, "X", 0, "Add X/2 times the sum of all squared weights to the cost (default 0)", 0},
    {"seed", KEY_SEED, "N", 0, "For starting weights, parts and order of the samples (default 1)", 0},
    {"patience", KEY_PATIENCE, "N", 0, "Stop when N epochs brought nothing better (default: never)", 0},
    {"goal", KEY_GOAL, "COST", 0, "Stop when the cost, of the validation samples if any, is no more than this", 0},
    {"scale", KEY_SCALE, "HOW", 0,
     "The inputs: standard (mean 0, deviation 1: default), 0..1 (default for images), -1..1, none", 0},
    {"validation", KEY_VALIDATION, "PART", 0,
     "Samples to judge each epoch by: a fraction or a number (default: 0.1; a sixth where there is a test set; none of "
     "fewer than 50)",
     0},
    {"test", KEY_TEST, "PART", 0,
     "Samples to keep for the end (default: the test set of mnist and fashion-mnist, else 0.2; none of fewer than 50)",
     0},
    {0}};

static const char *method_name(int k) { return nn_method_name((nn_method)k); }
static const char *scaling_name(int k) { return dataset_scaling_name((dataset_scaling)k); }

static void take_schedule(training_options *o, const char *text, struct argp_state *state)
{
    if (schedule_read(text, &o->schedule)) return;
    argp_error(state,
               "--schedule=%s: expected constant, cosine, step:EPOCHS:FACTOR or exponential:FACTOR, with a factor "
               "above 0, at most 1",
               text);
}

static double part_of(struct argp_state *state, const char *option, const char *text)
{
    const double part = option_number(state, option, text, (option_range){0, INFINITY, 0});
    if (part > 1 && part != floor(part))
        argp_error(state, "--%s=%s: expected a fraction below 1 or a whole number of samples", option, text);
    return part;
}

static int scaling_of(struct argp_state *state, const char *text)
{
    const int scaling = dataset_scaling_find(text);
    return scaling >= 0 ? scaling : option_choice(state, "scale", text, scaling_name, DATASET_SCALINGS);
}

/* What stays the same when a training goes on. */
static bool take_fixed(training_options *o, int key, const char *text, struct argp_state *state)
{
    const option_range amount = {0, INFINITY, 0}, above = {0, INFINITY, 1}, fraction = {0, 1, 1};
    switch (key) {
    case KEY_METHOD: o->method = option_choice(state, "method", text, method_name, NN_METHODS); return true;
    case KEY_RATE: o->rate = option_number(state, "rate", text, above); return true;
    case KEY_MOMENTUM: o->more.momentum = option_number(state, "momentum", text, fraction); return true;
    case KEY_DECAY_RATE: o->more.decay_rate = option_number(state, "decay-rate", text, fraction); return true;
    case KEY_EPSILON: o->more.epsilon = option_number(state, "epsilon", text, above); return true;
    case KEY_WEIGHT_DECAY: o->more.weight_decay = option_number(state, "weight-decay", text, above); return true;
    case KEY_L2: o->more.l2 = option_number(state, "l2", text, amount); return true;
    case KEY_BATCH: o->more.batch = option_count(state, "batch", text, 1); return true;
    case KEY_SEED: o->seed = option_whole(state, "seed", text, 0); return true;
    case KEY_SCHEDULE: take_schedule(o, text, state); return true;
    case KEY_SCALE: o->scaling = scaling_of(state, text); return true;
    case KEY_VALIDATION: o->validation = part_of(state, "validation", text); return true;
    case KEY_TEST: o->test = part_of(state, "test", text); return true;
    default: return false;
    }
}

static const char *name_of(int key)
{
    const struct argp_option *option = options;
    while (option->key != key) option++;
    return option->name;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    training_options *o = state->input;
    switch (key) {
    case KEY_EPOCHS: o->epochs = option_count(state, "epochs", argument, 1); return 0;
    case KEY_PATIENCE:
        o->patience = option_count(state, "patience", argument, 0);
        o->has_patience = true;
        return 0;
    case KEY_GOAL: o->goal = option_number(state, "goal", argument, (option_range){0, INFINITY, 1}); return 0;
    default:
        if (!take_fixed(o, key, argument, state)) return ARGP_ERR_UNKNOWN;
        if (o->first == NULL) o->first = name_of(key);
        return 0;
    }
}

const struct argp training_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
