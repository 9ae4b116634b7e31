/* SPDX-License-Identifier: MIT */
/* The few loops over memory that n-ary nodes are made of. kernels.c is compiled once for each instruction set that
 * is worth it, and the tape takes the widest one that the processor has. All give the same bits: the order of
 * additions is fixed in the source and nothing is fused. */
#ifndef AUTODIFF_KERNELS_H
#define AUTODIFF_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ad_products {
    double *y;
    const double *c, *x;
    size_t rows, terms, n;
    size_t row_step, term_step; /* c_{r,t} = c[r * row_step + t * term_step] */
    bool store;                 /* y counts as 0, whatever it holds */
    bool skip_zeros;            /* no term where c_{r,t} = 0: inf and NaN of x do not matter there */
} ad_products;

typedef struct ad_kernels {
    const char *name;
    /* sum_k x_k y_k */
    double (*dot)(const double *x, const double *y, size_t n);
    /* out_{i,j} = sum_k w_{j,k} x_{i,k}: out is count x rows, w is rows x n, x is count x n; each with the bits of dot
     */
    void (*dots)(double *out, const double *w, const double *x, size_t rows, size_t n, size_t count);
    /* y_k += s x_k; and y_k = 0 + s x_k, as if y was 0 */
    void (*axpy)(double *y, double s, const double *x, size_t n);
    void (*scale)(double *y, double s, const double *x, size_t n);
    /* For each term t from the last to the first: y_{r,k} += c_{r,t} x_{t,k}, where y is rows x n and x is terms x n.
     * Nothing overlaps. */
    void (*add_products)(const ad_products *products);
} ad_kernels;

/* Those compiled in and able to run here, widest first, NULL at the end; and the first of them. */
const ad_kernels *const *ad_kernels_all(void);
const ad_kernels *ad_kernels_choose(void);

#endif
