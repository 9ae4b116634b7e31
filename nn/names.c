/* SPDX-License-Identifier: MIT */
/* The names that options and model files have for numbers. */
#include <nn/nn.h>

#include <string.h>

static const char *const activations[NN_ACTIVATIONS] = {
    [NN_IDENTITY] = "identity",     [NN_SIGMOID] = "sigmoid", [NN_TANH] = "tanh", [NN_RELU] = "relu",
    [NN_LEAKY_RELU] = "leaky_relu", [NN_ELU] = "elu",         [NN_SILU] = "silu", [NN_GELU] = "gelu",
    [NN_SOFTPLUS] = "softplus",     [NN_SOFTMAX] = "softmax",
};

static const char *const costs[NN_COSTS] = {
    [NN_HALF_SUM_OF_SQUARES] = "half_sum_of_squares",
    [NN_SUM_OF_SQUARES] = "sum_of_squares",
    [NN_MEAN_OF_SQUARES] = "mean_of_squares",
    [NN_BINARY_CROSS_ENTROPY] = "binary_cross_entropy",
    [NN_SOFTMAX_CROSS_ENTROPY] = "softmax_cross_entropy",
};

static const char *const inits[NN_INITS] = {
    [NN_INIT_FAN_IN] = "fan_in",
    [NN_INIT_GLOROT] = "glorot",
    [NN_INIT_HE] = "he",
    [NN_INIT_NORMAL] = "normal",
};

static const char *const methods[NN_METHODS] = {
    [NN_GRADIENT_DESCENT] = "gd", [NN_MOMENTUM] = "momentum", [NN_NESTEROV] = "nesterov",
    [NN_RMSPROP] = "rmsprop",     [NN_ADAM] = "adam",         [NN_ADAMW] = "adamw",
};

/* A number that is none of the enumeration's, a negative one too, is far above the count. */
static const char *name_of(const char *const *names, unsigned count, unsigned number)
{
    return number < count ? names[number] : NULL;
}

static int find(const char *const *names, int count, const char *name)
{
    for (int k = 0; name != NULL && k < count; k++)
        if (strcmp(names[k], name) == 0) return k;
    return -1;
}

const char *nn_activation_name(nn_activation activation)
{
    return name_of(activations, NN_ACTIVATIONS, (unsigned)activation);
}
const char *nn_cost_name(nn_cost cost) { return name_of(costs, NN_COSTS, (unsigned)cost); }
const char *nn_init_name(nn_init init) { return name_of(inits, NN_INITS, (unsigned)init); }
const char *nn_method_name(nn_method method) { return name_of(methods, NN_METHODS, (unsigned)method); }

int nn_activation_find(const char *name) { return find(activations, NN_ACTIVATIONS, name); }
int nn_cost_find(const char *name) { return find(costs, NN_COSTS, name); }
int nn_init_find(const char *name) { return find(inits, NN_INITS, name); }
int nn_method_find(const char *name) { return find(methods, NN_METHODS, name); }
