/* SPDX-License-Identifier: MIT */
/* The benchmark's functions by ADOL-C, taped anew for every gradient, behind an interface for C. Each returns the
 * value and writes the gradient by the inputs `x` to `gradient`; `operations` is about how many there are. */
#ifndef TESTS_BENCH_ADOLC_H
#define TESTS_BENCH_ADOLC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

double bench_adolc_product(size_t operations, const double *x, size_t n, double *gradient);

/* See bench_mixture.c: `points` x `dim` data, x = alphas, means, inverse covariance factors. */
double bench_adolc_mixture(size_t operations, const double *data, size_t points, size_t dim, size_t parts,
                           const double *x, size_t n, double *gradient);

/* See bench_network.h: layers of widths[0], ..., widths[layers]; the hidden ones are of the given activation. */
double bench_adolc_network(size_t operations, const size_t *widths, size_t layers, int activation, const double *sample,
                           const double *target, const double *x, size_t n, double *gradient);

#ifdef __cplusplus
}
#endif

#endif
