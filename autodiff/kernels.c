/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#ifndef KERNELS
#define KERNELS ad_kernels_plain
#define KERNELS_NAME "plain"
#endif

extern const ad_kernels KERNELS;

/* The widest vector of the target, as the vector extension of gcc and clang; loaded from and stored to the address of
 * any double. */
#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
typedef double vec __attribute__((vector_size(WIDTH), aligned(sizeof(double)), may_alias));
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define AT(x) (*(const vec *)(x))
#define PUT(x) (*(vec *)(x))

/* Element k of a dot product is added to lane k % 32, and what does not fill 32 lanes to lanes 0 to 7, in whatever
 * vectors the lanes stand. */
enum { LANES = WIDTH / sizeof(double), GROUP = 8 / LANES };

static ALWAYS_INLINE double dot_in_line(const double *x, const double *y, size_t n)
{
    size_t k = 0;
    double total = 0;
    if (n >= 8) {
        vec s[4 * GROUP] = {{0}};
        for (; k + 32 <= n; k += 32)
            for (size_t j = 0; j < 4 * GROUP; j++) s[j] += AT(x + k + j * LANES) * AT(y + k + j * LANES);
        for (; k + 8 <= n; k += 8)
            for (size_t j = 0; j < GROUP; j++) s[j] += AT(x + k + j * LANES) * AT(y + k + j * LANES);
        double t[8];
        for (size_t j = 0; j < GROUP; j++)
            PUT(t + j * LANES) = (s[j] + s[2 * GROUP + j]) + (s[GROUP + j] + s[3 * GROUP + j]);
        total = ((t[0] + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
    }
    for (; k < n; k++) total += x[k] * y[k];
    return total;
}

static double dot(const double *x, const double *y, size_t n) { return dot_in_line(x, y, n); }

static void dots(double *out, const double *w, const double *x, size_t rows, size_t n)
{
    for (size_t j = 0; j < rows; j++) out[j] = dot_in_line(w + j * n, x, n);
}

static void axpy(double *y, double s, const double *x, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) PUT(y + k) = AT(y + k) + s * AT(x + k);
    for (; k < n; k++) y[k] += s * x[k];
}

static void scale(double *y, double s, const double *x, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) PUT(y + k) = 0.0 + s * AT(x + k);
    for (; k < n; k++) y[k] = 0.0 + s * x[k];
}

static ALWAYS_INLINE void rows_back(double *gw, double *gx, const double *w, const double *x, const double *s,
                                    double skip, size_t rows, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        const vec xk = AT(x + k);
        vec g = {0};
        if (gx != NULL) g = AT(gx + k);
        for (size_t j = rows; j-- > 0;) {
            if (s[j] == skip) continue;
            PUT(gw + j * n + k) = AT(gw + j * n + k) + s[j] * xk;
            if (gx != NULL) g += s[j] * AT(w + j * n + k);
        }
        if (gx != NULL) PUT(gx + k) = g;
    }
    for (; k < n; k++)
        for (size_t j = rows; j-- > 0;) {
            if (s[j] == skip) continue;
            gw[j * n + k] += s[j] * x[k];
            if (gx != NULL) gx[k] += s[j] * w[j * n + k];
        }
}

static void dots_back(double *gw, double *gx, const double *w, const double *x, const double *s, double skip,
                      size_t rows, size_t n)
{
    if (gx == NULL) rows_back(gw, NULL, w, x, s, skip, rows, n);
    else rows_back(gw, gx, w, x, s, skip, rows, n);
}

const ad_kernels KERNELS = {KERNELS_NAME, dot, dots, axpy, scale, dots_back};
