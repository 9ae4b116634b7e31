/* SPDX-License-Identifier: MIT */
/* Activations and costs of the hand-written trainers, for a compiler that may use vectors and libm's vector
 * functions. */
#include "bench_training.h"

#include <math.h>

void bench_activate(bench_activation activation, double *restrict v, size_t n)
{
    if (activation == BENCH_SIGMOID)
        for (size_t k = 0; k < n; k++) v[k] = 1 / (1 + exp(-v[k]));
    else if (activation == BENCH_RELU)
        for (size_t k = 0; k < n; k++) v[k] = v[k] > 0 ? v[k] : 0;
}

void bench_slope(bench_activation activation, const double *restrict v, double *restrict delta, size_t n)
{
    if (activation == BENCH_SIGMOID)
        for (size_t k = 0; k < n; k++) delta[k] *= v[k] * (1 - v[k]);
    else if (activation == BENCH_RELU)
        for (size_t k = 0; k < n; k++) delta[k] = v[k] > 0 ? delta[k] : 0;
}

double bench_cost(const double *restrict v, const double *restrict y, double *restrict delta, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        delta[k] = v[k] - y[k];
        sum += delta[k] * delta[k];
    }
    return sum / 2;
}
