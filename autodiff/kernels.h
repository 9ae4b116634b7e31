/* SPDX-License-Identifier: MIT */
/* The few loops over memory that n-ary nodes are made of. kernels.c is compiled once for each instruction set that
 * is worth it, and the tape takes the widest one that the processor has. All give the same bits: the order of
 * additions is fixed in the source and nothing is fused. */
#ifndef AUTODIFF_KERNELS_H
#define AUTODIFF_KERNELS_H

#include <stddef.h>

typedef struct ad_kernels {
    const char *name;
    /* sum_k x_k y_k; and for each of `rows` rows of w, out_j = sum_k w_{j,k} x_k */
    double (*dot)(const double *x, const double *y, size_t n);
    void (*dots)(double *out, const double *w, const double *x, size_t rows, size_t n);
    /* y_k += s x_k; and y_k = 0 + s x_k, as if y was 0 */
    void (*axpy)(double *y, double s, const double *x, size_t n);
    void (*scale)(double *y, double s, const double *x, size_t n);
    /* for each row j of w from the last to the first, but where s_j == skip: gw_{j,k} += s_j x_k, gx_k += s_j w_{j,k}
     * (unless gx is NULL); nothing overlaps */
    void (*dots_back)(double *gw, double *gx, const double *w, const double *x, const double *s, double skip,
                      size_t rows, size_t n);
} ad_kernels;

/* Those compiled in and able to run here, widest first, NULL at the end; and the first of them. */
const ad_kernels *const *ad_kernels_all(void);
const ad_kernels *ad_kernels_choose(void);

#endif
