/* SPDX-License-Identifier: MIT */
/* The networks written for speed alone, for a compiler that may use all instructions of this machine and reorder
 * arithmetic: sizes are constants everywhere, and the widest layer takes several rows at a time, so that an input
 * is loaded once for all of them. */
#include "bench_network.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

#ifdef __AVX512F__
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
typedef double vec __attribute__((vector_size(WIDTH), aligned(sizeof(double)), may_alias));
#define AT(x) (*(const vec *)(x))
#define PUT(x) (*(vec *)(x))

enum { LANES = WIDTH / sizeof(double), ROWS = 6 };

INLINE void activate(int activation, double *v, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (activation == BENCH_TANH) v[k] = tanh(v[k]);
        else if (activation == BENCH_RELU) v[k] = v[k] > 0 ? v[k] : 0;
        else v[k] = 1 / (1 + exp(-v[k]));
    }
}

INLINE double slope(int activation, double v)
{
    if (activation == BENCH_TANH) return 1 - v * v;
    if (activation == BENCH_RELU) return v > 0 ? 1 : 0;
    return v * (1 - v);
}

INLINE double total(vec v)
{
    double sum = 0;
    for (size_t k = 0; k < LANES; k++) sum += v[k];
    return sum;
}

/* y = W x for ROWS rows; LANES divides in. */
INLINE void multiply_rows(double *y, const double *w, const double *x, size_t in)
{
    vec s[ROWS] = {{0}};
    for (size_t k = 0; k < in; k += LANES) {
        const vec a = AT(x + k);
        for (size_t j = 0; j < ROWS; j++) s[j] += AT(w + j * in + k) * a;
    }
    for (size_t j = 0; j < ROWS; j++) y[j] = total(s[j]);
}

/* y = activation(W x + b) */
INLINE void forward(double *y, const double *w, const double *x, size_t in, size_t n, int activation)
{
    if (in >= 64 && in % LANES == 0 && n % ROWS == 0)
        for (size_t j = 0; j < n; j += ROWS) multiply_rows(y + j, w + j * in, x, in);
    else
        for (size_t j = 0; j < n; j++) {
            double z = 0;
            for (size_t k = 0; k < in; k++) z += w[j * in + k] * x[k];
            y[j] = z;
        }
    for (size_t j = 0; j < n; j++) y[j] += w[n * in + j];
    activate(activation, y, n);
}

INLINE void outer_row(double *restrict row, double delta, const double *restrict x, size_t in, bool add)
{
    size_t k = 0;
    for (; k + LANES <= in; k += LANES) PUT(row + k) = add ? AT(row + k) + delta * AT(x + k) : delta * AT(x + k);
    for (; k < in; k++) row[k] = add ? row[k] + delta * x[k] : delta * x[k];
}

INLINE void outer(double *restrict gradient, const double *restrict delta, const double *restrict x, size_t in,
                  size_t n, bool add)
{
    for (size_t j = 0; j < n; j++) outer_row(gradient + j * in, delta[j], x, in, add);
    for (size_t j = 0; j < n; j++) gradient[n * in + j] = add ? gradient[n * in + j] + delta[j] : delta[j];
}

INLINE void back(double *restrict below, const double *restrict delta, const double *restrict w,
                 const double *restrict v, size_t in, size_t n, int activation)
{
    for (size_t k = 0; k < in; k++) below[k] = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < in; k++) below[k] += delta[j] * w[j * in + k];
    for (size_t k = 0; k < in; k++) below[k] *= slope(activation, v[k]);
}

INLINE double loss(double *restrict delta, const double *restrict v, const double *restrict target, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double d = v[j] - target[j];
        sum += d * d;
        delta[j] = d * slope(BENCH_SIGMOID, v[j]);
    }
    return sum / 2;
}

enum { W1 = 0, W2 = 30 * 785, V1 = 0, V2 = 16 * 3, V3 = V2 + 16 * 17 };

INLINE double big(const double *p, const double *x, const double *target, double *gradient, bool add)
{
    double h[30], o[10], dh[30], d[10];
    forward(h, p + W1, x, 784, 30, BENCH_SIGMOID);
    forward(o, p + W2, h, 30, 10, BENCH_SIGMOID);
    const double value = loss(d, o, target, 10);
    back(dh, d, p + W2, h, 30, 10, BENCH_SIGMOID);
    outer(gradient + W2, d, h, 30, 10, add);
    outer(gradient + W1, dh, x, 784, 30, add);
    return value;
}

INLINE double small(const double *p, const double *x, const double *target, double *gradient, bool add, int activation)
{
    double g[16], h[16], o[1], dg[16], dh[16], d[1];
    forward(g, p + V1, x, 2, 16, activation);
    forward(h, p + V2, g, 16, 16, activation);
    forward(o, p + V3, h, 16, 1, BENCH_SIGMOID);
    const double value = loss(d, o, target, 1);
    back(dh, d, p + V3, h, 16, 1, activation);
    back(dg, dh, p + V2, g, 16, 16, activation);
    outer(gradient + V3, d, h, 16, 1, add);
    outer(gradient + V2, dh, g, 16, 16, add);
    outer(gradient + V1, dg, x, 2, 16, add);
    return value;
}

double bench_simd_gradient(const bench_net *net, size_t sample, double *gradient, bool add)
{
    const double *p = net->parameters, *x = net->samples + sample * net->widths[0];
    const double *target = net->targets + sample * net->widths[net->layers];
    if (net->layers == 2) return add ? big(p, x, target, gradient, true) : big(p, x, target, gradient, false);
    if (net->activation == BENCH_TANH)
        return add ? small(p, x, target, gradient, true, BENCH_TANH) : small(p, x, target, gradient, false, BENCH_TANH);
    return add ? small(p, x, target, gradient, true, BENCH_RELU) : small(p, x, target, gradient, false, BENCH_RELU);
}
