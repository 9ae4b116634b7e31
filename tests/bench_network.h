/* SPDX-License-Identifier: MIT */
/* The networks of the benchmark: layers of sigmoid, tanh or relu units, sigmoid outputs, and half the sum of squared
 * differences from the targets. Parameters: weights (row-major, out x in) and biases of the first layer, then of the
 * next. */
#ifndef TESTS_BENCH_NETWORK_H
#define TESTS_BENCH_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_SIGMOID, BENCH_TANH, BENCH_RELU };
enum { BENCH_BATCH = 10, BENCH_WIDEST = 784 };

typedef struct bench_net {
    size_t layers, widths[4];
    int activation; /* of the hidden layers */
    size_t inputs;  /* parameters */
    const double *parameters, *samples, *targets;
} bench_net;

extern const bench_net bench_784_30_10, bench_2_16_16_1, bench_2_16_16_1_relu;
void bench_network_prepare(void);

/* Value and gradient by plain loops, compiled without any freedom in arithmetic. `add`: adds to the gradient instead of
 * overwriting it. */
double bench_strict_value(const bench_net *net, size_t sample);
double bench_strict_gradient(const bench_net *net, size_t sample, double *gradient, bool add);

/* The same as fast as the machine at hand allows: vectors, every liberty of arithmetic, sizes known to the compiler. */
double bench_simd_gradient(const bench_net *net, size_t sample, double *gradient, bool add);

#ifdef __cplusplus
}
#endif

#endif
