/* SPDX-License-Identifier: MIT */
/* The few loops over memory that n-ary nodes are made of. kernels.c is compiled once for each instruction set that
 * is worth it, and the tape takes the widest one that the processor has. All give the same bits: the order of
 * additions is fixed in the source and nothing is fused. */
#ifndef AUTODIFF_KERNELS_H
#define AUTODIFF_KERNELS_H

#include <stddef.h>

typedef struct ad_kernels {
    const char *name;
    double (*dot)(const double *x, const double *y, size_t n);     /* sum_k x_k y_k */
    void (*axpy)(double *y, double s, const double *x, size_t n);  /* y_k += s x_k */
    void (*scale)(double *y, double s, const double *x, size_t n); /* y_k = 0 + s x_k, as if y was 0 */
} ad_kernels;

/* Those compiled in and able to run here, widest first, NULL at the end; and the first of them. */
const ad_kernels *const *ad_kernels_all(void);
const ad_kernels *ad_kernels_choose(void);

#endif
