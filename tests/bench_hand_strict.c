/* SPDX-License-Identifier: MIT */
/* The networks by plain loops. */
#include "bench_network.h"

#include <math.h>
#include <string.h>

static double activate(int activation, double z)
{
    if (activation == BENCH_TANH) return tanh(z);
    if (activation == BENCH_RELU) return z > 0 ? z : 0;
    return 1 / (1 + exp(-z));
}

/* The derivative, of the activation's value. */
static double slope(int activation, double v)
{
    if (activation == BENCH_TANH) return 1 - v * v;
    if (activation == BENCH_RELU) return v > 0 ? 1 : 0;
    return v * (1 - v);
}

static int activation_of(const bench_net *net, size_t layer)
{
    return layer + 1 < net->layers ? net->activation : BENCH_SIGMOID;
}

/* The outputs of every layer; where the parameters of each start. Returns the value. */
static double forward(const bench_net *net, size_t sample, double out[4][BENCH_WIDEST], size_t starts[4])
{
    double value = 0;
    size_t start = 0;
    memcpy(out[0], net->samples + sample * net->widths[0], net->widths[0] * sizeof(double));
    for (size_t l = 0; l < net->layers; l++) {
        const size_t in = net->widths[l], n = net->widths[l + 1];
        const double *w = net->parameters + start, *b = w + n * in;
        for (size_t j = 0; j < n; j++) {
            double z = 0;
            for (size_t k = 0; k < in; k++) z += w[j * in + k] * out[l][k];
            out[l + 1][j] = activate(activation_of(net, l), z + b[j]);
        }
        starts[l] = start;
        start += n * (in + 1);
    }
    const size_t outputs = net->widths[net->layers];
    for (size_t j = 0; j < outputs; j++) {
        const double d = out[net->layers][j] - net->targets[sample * outputs + j];
        value += d * d;
    }
    return value / 2;
}

double bench_strict_value(const bench_net *net, size_t sample)
{
    double out[4][BENCH_WIDEST];
    size_t starts[4];
    return forward(net, sample, out, starts);
}

/* The rows of a layer's gradient: delta_j x_k and delta_j. */
static void outer(double *restrict gradient, const double *restrict delta, const double *restrict x, size_t n,
                  size_t in, bool add)
{
    double *b = gradient + n * in;
    for (size_t j = 0; j < n; j++) {
        double *row = gradient + j * in;
        if (add)
            for (size_t k = 0; k < in; k++) row[k] += delta[j] * x[k];
        else
            for (size_t k = 0; k < in; k++) row[k] = delta[j] * x[k];
        b[j] = add ? b[j] + delta[j] : delta[j];
    }
}

/* From the deltas of a layer those of the layer below, out of which came v. */
static void back(double *restrict below, const double *restrict delta, const double *restrict w,
                 const double *restrict v, size_t n, size_t in, int activation)
{
    for (size_t k = 0; k < in; k++) below[k] = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < in; k++) below[k] += delta[j] * w[j * in + k];
    for (size_t k = 0; k < in; k++) below[k] *= slope(activation, v[k]);
}

double bench_strict_gradient(const bench_net *net, size_t sample, double *gradient, bool add)
{
    double out[4][BENCH_WIDEST], delta[4][BENCH_WIDEST];
    size_t starts[4];
    const double value = forward(net, sample, out, starts);
    const size_t last = net->layers, outputs = net->widths[last];
    for (size_t j = 0; j < outputs; j++)
        delta[last][j] = (out[last][j] - net->targets[sample * outputs + j]) * slope(BENCH_SIGMOID, out[last][j]);
    for (size_t l = last; l-- > 0;) {
        const size_t in = net->widths[l], n = net->widths[l + 1];
        outer(gradient + starts[l], delta[l + 1], out[l], n, in, add);
        if (l > 0) back(delta[l], delta[l + 1], net->parameters + starts[l], out[l], n, in, activation_of(net, l - 1));
    }
    return value;
}
