/* SPDX-License-Identifier: MIT */
#include "network_argp.h"
#include "command.h"
#include "option.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_HIDDEN = 0x2000, KEY_ACTIVATION, KEY_OUTPUT, KEY_COST, KEY_INIT, KEY_NO_BIAS, KEY_SKIP };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Network:", 3},
    {"hidden", KEY_HIDDEN, "WIDTHS", 0, "Units of the hidden layers: 30 (default), 30,10, or 0 for no such layer", 0},
    {"activation", KEY_ACTIVATION, "NAMES", 0,
     "Of the hidden layers, one for all or one for each: tanh (default), sigmoid, relu, leaky_relu, elu, silu, gelu, "
     "softplus, identity",
     0},
    {"output", KEY_OUTPUT, "NAME", 0,
     "Activation of the output (default: softmax; sigmoid for two classes, identity for numbers)", 0},
    {"cost", KEY_COST, "NAME", 0,
     "softmax_cross_entropy, binary_cross_entropy, half_sum_of_squares (the quadratic cost), sum_of_squares, "
     "mean_of_squares (default: the cross-entropy of the output; mean_of_squares for numbers)",
     0},
    {"init", KEY_INIT, "NAME", 0,
     "Starting weights: fan_in (default), he (default for relu and its kin), glorot, normal (also the biases)", 0},
    {"no-bias", KEY_NO_BIAS, NULL, 0, "Neurons without biases", 0},
    {"skip", KEY_SKIP, "N", 0, "Add the activations of N layers before to hidden layers that are as wide", 0},
    {0}};

/* Calls `take` for each text between commas; the texts stand in a copy. */
static void for_each(const char *list, network_options *o, struct argp_state *state,
                     void (*take)(const char *text, network_options *o, struct argp_state *state))
{
    char *own = copied(list), *rest = own;
    for (const char *text; (text = strsep(&rest, ",")) != NULL;) take(text, o, state);
    free(own);
}

static void take_width(const char *text, network_options *o, struct argp_state *state)
{
    const size_t width = option_count(state, "hidden", text, 0);
    if (o->hidden_count == MOST_HIDDEN) argp_error(state, "--hidden: more than %d layers", (int)MOST_HIDDEN);
    else o->hidden[o->hidden_count++] = width;
}

static void take_widths(const char *list, network_options *o, struct argp_state *state)
{
    o->hidden_count = 0;
    o->has_hidden = true;
    for_each(list, o, state, take_width);
    if (o->hidden_count == 1 && o->hidden[0] == 0) o->hidden_count = 0;
    for (size_t k = 0; k < o->hidden_count; k++)
        if (o->hidden[k] == 0) argp_error(state, "--hidden=%s: a layer needs at least one unit", list);
}

static const char *activation_name(int k) { return nn_activation_name((nn_activation)k); }
static const char *cost_name(int k) { return nn_cost_name((nn_cost)k); }
static const char *init_name(int k) { return nn_init_name((nn_init)k); }

static void take_activation(const char *text, network_options *o, struct argp_state *state)
{
    const int k = option_choice(state, "activation", text, activation_name, NN_SOFTMAX);
    if (o->activation_count == MOST_HIDDEN) argp_error(state, "--activation: more than %d names", (int)MOST_HIDDEN);
    else o->activations[o->activation_count++] = (nn_activation)k;
}

static const char *name_of(int key)
{
    const struct argp_option *option = options;
    while (option->key != key) option++;
    return option->name;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    network_options *o = state->input;
    switch (key) {
    case KEY_HIDDEN: take_widths(argument, o, state); break;
    case KEY_ACTIVATION:
        o->activation_count = 0;
        for_each(argument, o, state, take_activation);
        break;
    case KEY_OUTPUT: o->output = option_choice(state, "output", argument, activation_name, NN_ACTIVATIONS); break;
    case KEY_COST: o->cost = option_choice(state, "cost", argument, cost_name, NN_COSTS); break;
    case KEY_INIT: o->init = option_choice(state, "init", argument, init_name, NN_INITS); break;
    case KEY_NO_BIAS: o->no_bias = true; break;
    case KEY_SKIP: o->skip = option_count(state, "skip", argument, 1); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    if (o->first == NULL) o->first = name_of(key);
    return 0;
}

const struct argp network_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
