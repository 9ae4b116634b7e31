/* SPDX-License-Identifier: MIT */
/* The few loops over memory that n-ary nodes are made of. kernels.c is compiled once for each instruction set that
 * is worth it, and the tape takes the widest one that the processor has. All give the same bits: the order of
 * additions is fixed in the source and nothing is fused. */
#ifndef AUTODIFF_KERNELS_H
#define AUTODIFF_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ad_products {
    double *y;
    const double *c, *x;
    size_t rows, terms, n;
    size_t row_step, term_step; /* c_{r,t} = c[r * row_step + t * term_step] */
    bool store;                 /* y counts as 0, whatever it holds */
    bool skip_zeros;            /* no term where c_{r,t} = 0: inf and NaN of x do not matter there */
} ad_products;

/* An elementwise operation over arrays: operands, values, the adjoints of the results, and where the contributions to
 * those of the operands are added. None leads into another's elements; b and to_b are not looked at where the operation
 * is unary, and to_a or to_b is NULL where the operand is a constant. */
typedef struct ad_lanes {
    const double *a, *b, *v, *s;
    double *to_a, *to_b;
} ad_lanes;

/* The same for tangents: those of the operands, NULL where the operand is constant. */
typedef struct ad_tangents {
    const double *a, *b, *v, *tangent_a, *tangent_b;
} ad_tangents;

/* What eight sweeps at once do with weighted sums, whose operands are places `at`, `count` of them in ascending order,
 * in a run of nodes whose eight numbers each stand at `x`. */
typedef struct ad_lane_run {
    double *x;
    const uint32_t *at;
    size_t count;
    bool skip_zeros; /* no term where a lane is 0 */
} ad_lane_run;
#define AD_LANE_ROWS 8

struct ad_tape;

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
    /* For each row j of w from the last to the first, but where s_j == skip: gw_{j,k} += s_j x_k, gx_k += s_j w_{j,k}
     * (unless gx is NULL). Nothing overlaps. */
    void (*dots_back)(double *gw, double *gx, const double *w, const double *x, const double *s, double skip,
                      size_t rows, size_t n);
    /* For each term t from the last to the first: y_{r,k} += c_{r,t} x_{t,k}, where y is rows x n and x is terms x n.
     * Nothing overlaps. */
    void (*add_products)(const ad_products *products);
    /* how many of x_k equal y */
    size_t (*count)(const double *x, double y, size_t n);
    /* The values of the row that has this code; its sweep, but where s == skip, which returns the number of kinks. */
    void (*each_value)(unsigned code, const ad_lanes *lanes, double *values, size_t n);
    size_t (*each_back)(unsigned code, const ad_lanes *lanes, size_t n, double skip);
    /* The tangents of the results; returns how many are not a number. */
    size_t (*each_tangent)(unsigned code, const ad_tangents *operands, double *tangents, size_t n);
    /* Eight sweeps at once: see lanes.c. Back from node `end` - 1 (forward from node `begin`) over active (dependent)
     * elementary nodes to the first that is n-ary, or to the end of the range. Returns the node that is above (that
     * is) there. */
    uint32_t (*lanes_back)(const struct ad_tape *tape, uint32_t end, uint32_t begin);
    uint32_t (*lanes_forward)(const struct ad_tape *tape, uint32_t begin, uint32_t end);
    /* to += factor * from */
    void (*lanes_add)(double *to, double factor, const double *from, bool skip_zeros);
    /* x_k += w_{r,k} s_r for rows r from the first to the last, AD_LANE_ROWS at most */
    void (*lanes_spread)(const ad_lane_run *run, const double *const *w, const double *const *s, size_t rows);
    /* s_r += sum_k w_{r,k} x_k, where w is rows x n, and s rows x 8 */
    void (*lanes_gather)(const ad_lane_run *run, const double *w, size_t n, double *s, size_t rows);
} ad_kernels;

/* The functions of this instruction set that other files of it define. */
#ifndef KERNELS
#define KERNELS ad_kernels_plain
#define KERNELS_NAME "plain"
#endif
#define KERNEL(name) KERNEL_PASTED(KERNELS, name)
#define KERNEL_PASTED(set, name) KERNEL_JOINED(set, name)
#define KERNEL_JOINED(set, name) set##_##name
void KERNEL(each_value)(unsigned code, const ad_lanes *lanes, double *values, size_t n);
size_t KERNEL(each_back)(unsigned code, const ad_lanes *lanes, size_t n, double skip);
size_t KERNEL(each_tangent)(unsigned code, const ad_tangents *operands, double *tangents, size_t n);
uint32_t KERNEL(lanes_back)(const struct ad_tape *tape, uint32_t end, uint32_t begin);
uint32_t KERNEL(lanes_forward)(const struct ad_tape *tape, uint32_t begin, uint32_t end);
void KERNEL(lanes_add)(double *to, double factor, const double *from, bool skip_zeros);
void KERNEL(lanes_spread)(const ad_lane_run *run, const double *const *w, const double *const *s, size_t rows);
void KERNEL(lanes_gather)(const ad_lane_run *run, const double *w, size_t n, double *s, size_t rows);

/* Those compiled in and able to run here, widest first, NULL at the end; and the first of them. */
const ad_kernels *const *ad_kernels_all(void);
const ad_kernels *ad_kernels_choose(void);

#endif
