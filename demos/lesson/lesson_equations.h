/* SPDX-License-Identifier: MIT */
/* BP1 to BP4 as matrices, computed from the z and a that the tape has. */
#ifndef DEMOS_LESSON_EQUATIONS_H
#define DEMOS_LESSON_EQUATIONS_H

#include "lesson.h"
#include "lesson_compare.h"

/* Of one layer, l = 1 .. L. */
typedef struct equations_layer {
    double *slope;    /* σ′(z^l) */
    double *bracket;  /* ∇_a C, or the bracket of BP2; with skip connections, and what they bring back */
    double *weighted; /* (w^{l+1})ᵀ δ^{l+1} alone; not of layer L */
    double *delta;    /* BP1, BP2 */
    double *outer;    /* BP4: δ^l (a^{l−1})ᵀ */
} equations_layer;

typedef struct equations {
    const delta_view *view;
    size_t depth;
    double factor;          /* ∇_a C = factor (a^L − y) */
    equations_layer *layer; /* [0] .. [L]; that of the inputs is empty */
} equations;

static inline term column(const double *x, size_t n) { return (term){NULL, n, 1, x}; }

void equations_make(equations *e, const delta_view *view);
void equations_free(equations *e);

/* As the tape has it: row j of a tensor. */
const double *on_tape(const delta_view *v, nn_tensor tensor, size_t l);
const double *activations_on_tape(const delta_view *v, size_t l);

/* Sets the four equations against the tape. */
void compare_equations(comparison *c, const equations *e);

/* The parts of the lesson. */
void write_forward(script *to, const delta_view *v);
void write_hadamard(script *to);
void write_bp1(script *to, const equations *e);
void write_bp2(script *to, const equations *e);
void write_bp3(script *to, const equations *e);
void write_bp4(script *to, const equations *e);

#endif
