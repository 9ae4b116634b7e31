/* SPDX-License-Identifier: MIT */
/* Elementwise operations over arrays, straight from the rows of the op table: values, the sweep, tangents. */
#include "kernels.h"

#include "internal.h"
#include "ops_math.h"

#define SMOOTH 0
#define KINK(at, side) (at)
#define BRANCH(side) 0

void KERNEL(each_value)(unsigned code, const ad_lanes *l, double *values, size_t n)
{
    const double *restrict const as = l->a, *restrict const bs = l->b;
    double *restrict const vs = values;
    switch (code) {
#define AD_UNARY(ID, name, label, definition, VALUE, ...) \
    case CODE_##ID: {                                     \
        for (size_t k = 0; k < n; k++) {                  \
            const double a = as[k];                       \
            vs[k] = VALUE;                                \
        }                                                 \
        break;                                            \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, ...) \
    case CODE_##ID: {                                      \
        for (size_t k = 0; k < n; k++) {                   \
            const double a = as[k], b = bs[k];             \
            vs[k] = VALUE;                                 \
        }                                                  \
        break;                                             \
    }
#include <autodiff/ops.def>
    default: break;
    }
}

/* Kinks have a loop of their own, which is empty where a row has none, so that the other one is free of counting. */
size_t KERNEL(each_back)(unsigned code, const ad_lanes *l, size_t n, double skip)
{
    const double *restrict const as = l->a, *restrict const bs = l->b, *restrict const vs = l->v,
                                 *restrict const ss = l->s;
    double *restrict const to_a = l->to_a, *restrict const to_b = l->to_b;
    size_t kinks = 0;
    switch (code) {
#define AD_UNARY(ID, name, label, definition, VALUE, DA, kink, ...) \
    case CODE_##ID: {                                               \
        for (size_t k = 0; k < n; k++) {                            \
            const double a = as[k], v = vs[k], s = ss[k];           \
            (void)a, (void)v;                                       \
            to_a[k] += s == skip ? 0 : s * (DA);                    \
        }                                                           \
        for (size_t k = 0; k < n; k++) {                            \
            const double a = as[k], v = vs[k], s = ss[k];           \
            (void)a, (void)v;                                       \
            kinks += (kink) && s != skip ? 1 : 0;                   \
        }                                                           \
        break;                                                      \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, kink, ...) \
    case CODE_##ID: {                                                    \
        for (size_t k = 0; k < n && to_a != NULL; k++) {                 \
            const double a = as[k], b = bs[k], v = vs[k], s = ss[k];     \
            (void)a, (void)b, (void)v;                                   \
            to_a[k] += s == skip ? 0 : s * (DA);                         \
        }                                                                \
        for (size_t k = 0; k < n && to_b != NULL; k++) {                 \
            const double a = as[k], b = bs[k], v = vs[k], s = ss[k];     \
            (void)a, (void)b, (void)v;                                   \
            to_b[k] += s == skip ? 0 : s * (DB);                         \
        }                                                                \
        for (size_t k = 0; k < n; k++) {                                 \
            const double a = as[k], b = bs[k], v = vs[k], s = ss[k];     \
            (void)a, (void)b, (void)v;                                   \
            kinks += (kink) && s != skip ? 1 : 0;                        \
        }                                                                \
        break;                                                           \
    }
#include <autodiff/ops.def>
    default: break;
    }
    return kinks;
}

size_t KERNEL(each_tangent)(unsigned code, const ad_tangents *l, double *tangents, size_t n)
{
    const double *restrict const as = l->a, *restrict const bs = l->b, *restrict const vs = l->v,
                                 *restrict const das = l->tangent_a, *restrict const dbs = l->tangent_b;
    double *restrict const ts = tangents;
    size_t not_numbers = 0;
    switch (code) {
#define AD_UNARY(ID, name, label, definition, VALUE, DA, ...) \
    case CODE_##ID: {                                         \
        for (size_t k = 0; k < n; k++) {                      \
            const double a = as[k], v = vs[k];                \
            (void)a, (void)v;                                 \
            ts[k] = das[k] * (DA);                            \
        }                                                     \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, ...)     \
    case CODE_##ID: {                                                  \
        for (size_t k = 0; k < n && das != NULL && dbs != NULL; k++) { \
            const double a = as[k], b = bs[k], v = vs[k];              \
            (void)a, (void)b, (void)v;                                 \
            ts[k] = das[k] * (DA) + dbs[k] * (DB);                     \
        }                                                              \
        for (size_t k = 0; k < n && dbs == NULL; k++) {                \
            const double a = as[k], b = bs[k], v = vs[k];              \
            (void)a, (void)b, (void)v;                                 \
            ts[k] = das[k] * (DA);                                     \
        }                                                              \
        for (size_t k = 0; k < n && das == NULL; k++) {                \
            const double a = as[k], b = bs[k], v = vs[k];              \
            (void)a, (void)b, (void)v;                                 \
            ts[k] = dbs[k] * (DB);                                     \
        }                                                              \
        break;                                                         \
    }
#include <autodiff/ops.def>
    default: break;
    }
    for (size_t k = 0; k < n; k++) not_numbers += ts[k] != ts[k];
    return not_numbers;
}
