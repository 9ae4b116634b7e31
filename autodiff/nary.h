/* SPDX-License-Identifier: MIT */
/* What the files that deal with n-ary nodes share. */
#ifndef AUTODIFF_NARY_H
#define AUTODIFF_NARY_H

#include "internal.h"
#include "ops_math.h"

/* A node's sequences. */
typedef struct sequence {
    uint32_t kind, first; /* kind 0: there is none */
} sequence;

typedef struct nary {
    unsigned code;
    uint32_t n;
    sequence x, y;
} nary;

static inline nary nary_at(const ad_tape *t, uint32_t i)
{
    const uint32_t *header = t->operands + t->a[i], shape = t->b[i], n = header[HEADER_N];
    return (nary){
        t->code[i], n, {SHAPE_X(shape), header[HEADER_X] + SHAPE_ROW(shape) * n}, {SHAPE_Y(shape), header[HEADER_Y]}};
}

static inline uint32_t reference_at(const ad_tape *t, sequence s, uint32_t k)
{
    return element_reference(t, s.kind, s.first, k);
}

/* Element k; 0 in a sequence that is not there. */
static inline double element(const ad_tape *t, sequence s, uint32_t k)
{
    return s.kind == 0 ? 0 : value_at(t, reference_at(t, s, k));
}

/* The values in place, where they stand in a row; else NULL. */
static inline const double *row(const ad_tape *t, sequence s)
{
    if (s.kind == SPAN_RUN) return t->value + s.first;
    return s.kind == SPAN_CONSTANTS ? t->constants + s.first : NULL;
}

/* What the partials of a node share: its value, its length, L = log_sum_exp(x) and s = sum(y). */
typedef struct shared {
    double v, n, L, s;
} shared;

shared ad_nary_shared(const ad_tape *tape, uint32_t i, const nary *node);

#define NARY_VALUES                                              \
    const double v = with.v, n = with.n, L = with.L, s = with.s; \
    (void)v, (void)n, (void)L, (void)s

/* dv/dx_k, dv/dy_k */
static inline double partial_x(unsigned code, shared with, double x, double y)
{
    NARY_VALUES;
    switch (code) {
#define AD_NARY1(ID, name, label, definition, X, DX, ...) \
    case CODE_##ID: {                                     \
        const double X = x;                               \
        (void)X;                                          \
        return DX;                                        \
    }
#define AD_NARY2(ID, name, label, definition, X, DX, Y, ...) \
    case CODE_##ID: {                                        \
        const double X = x, Y = y;                           \
        (void)X, (void)Y;                                    \
        return DX;                                           \
    }
#include <autodiff/ops.def>
    default: return 0;
    }
}

static inline double partial_y(unsigned code, shared with, double x, double y)
{
    NARY_VALUES;
    switch (code) {
#define AD_NARY1(...)
#define AD_NARY2(ID, name, label, definition, X, DX, Y, DY, ...) \
    case CODE_##ID: {                                            \
        const double X = x, Y = y;                               \
        (void)X, (void)Y;                                        \
        return DY;                                               \
    }
#include <autodiff/ops.def>
    default: return 0;
    }
}

#undef NARY_VALUES

#endif
