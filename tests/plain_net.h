/* SPDX-License-Identifier: MIT */
/* A small network as a textbook has it: plain loops over plain arrays, with nothing of the library. Layers 1 .. L,
 * layer 0 is the input; w[l][j][k] leads from unit k of layer l - 1 to unit j of layer l. */
#ifndef TESTS_PLAIN_NET_H
#define TESTS_PLAIN_NET_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum { PLAIN_LAYERS = 24, PLAIN_WIDTH = 12 };

typedef enum plain_kind { PLAIN_IDENTITY, PLAIN_SIGMOID, PLAIN_TANH, PLAIN_RELU, PLAIN_SOFTMAX } plain_kind;

typedef struct plain_net {
    size_t depth, n[PLAIN_LAYERS];
    plain_kind kind[PLAIN_LAYERS];
    size_t skip[PLAIN_LAYERS];
    bool has_biases;
    double w[PLAIN_LAYERS][PLAIN_WIDTH][PLAIN_WIDTH], b[PLAIN_LAYERS][PLAIN_WIDTH], y[PLAIN_WIDTH];
    double z[PLAIN_LAYERS][PLAIN_WIDTH], a[PLAIN_LAYERS][PLAIN_WIDTH]; /* a[0] is x */
    double delta[PLAIN_LAYERS][PLAIN_WIDTH], da[PLAIN_LAYERS][PLAIN_WIDTH];
} plain_net;

static inline double plain_value(plain_kind kind, double z)
{
    switch (kind) {
    case PLAIN_SIGMOID: return 1 / (1 + exp(-z));
    case PLAIN_TANH: return tanh(z);
    case PLAIN_RELU: return z > 0 ? z : 0;
    default: return z;
    }
}

static inline double plain_slope(plain_kind kind, double z)
{
    const double f = plain_value(kind, z);
    switch (kind) {
    case PLAIN_SIGMOID: return f * (1 - f);
    case PLAIN_TANH: return 1 - f * f;
    case PLAIN_RELU: return z > 0;
    default: return 1;
    }
}

static inline void plain_forward(plain_net *net)
{
    for (size_t l = 1; l <= net->depth; l++) {
        double sum = 0;
        for (size_t j = 0; j < net->n[l]; j++) {
            net->z[l][j] = net->has_biases ? net->b[l][j] : 0;
            for (size_t k = 0; k < net->n[l - 1]; k++) net->z[l][j] += net->w[l][j][k] * net->a[l - 1][k];
            sum += exp(net->z[l][j]);
        }
        for (size_t j = 0; j < net->n[l]; j++)
            net->a[l][j] = net->kind[l] == PLAIN_SOFTMAX ? exp(net->z[l][j]) / sum
                                                         : plain_value(net->kind[l], net->z[l][j]) +
                                                               (net->skip[l] > 0 ? net->a[l - net->skip[l]][j] : 0);
    }
}

/* delta[L] is there already, and what the outputs hand on by a skip connection is nothing. */
static inline void plain_backward(plain_net *net)
{
    for (size_t l = net->depth; l-- > 0;)
        for (size_t k = 0; k < net->n[l]; k++) {
            net->da[l][k] = 0;
            for (size_t j = 0; j < net->n[l + 1]; j++) net->da[l][k] += net->w[l + 1][j][k] * net->delta[l + 1][j];
            for (size_t m = l + 1; m < net->depth; m++)
                if (net->skip[m] > 0 && net->skip[m] == m - l) net->da[l][k] += net->da[m][k];
            net->delta[l][k] = l > 0 ? net->da[l][k] * plain_slope(net->kind[l], net->z[l][k]) : 0;
        }
}

#endif
