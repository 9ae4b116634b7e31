/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. Never installed. */
#ifndef NN_INTERNAL_H
#define NN_INTERNAL_H

#include <nn/nn.h>

#if defined(__GNUC__)
#define FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FORMAT(fmt, args)
#endif

/* The parts of a layer: where its parameters stand, and what the last nn_forward recorded for it. */
typedef struct nn_part {
    ad_span weights, biases; /* biases: of no elements without them */
    ad_span z, a;
} nn_part;

struct nn_mlp {
    ad_tape *tape;
    ad_allocator allocator;
    nn_shape shape;
    nn_layer *layers; /* layers[l - 1] is layer l; shape.layers points to them */
    nn_part *parts;   /* parts[l]; parts[0].a is the input */
    ad_span parameters, weights;
    size_t samples; /* in the last nn_forward */
    ad_span costs;
    double *scratch; /* samples gathered for the tape */
    size_t scratch_size;
};

/* An optimiser's state: everything but `options` follows from the steps taken. */
struct nn_trainer {
    nn_mlp *net;
    nn_options options; /* with the defaults filled in */
    uint64_t steps;     /* taken so far; epoch and batch follow from it */
    double *m, *v;      /* moments, one for each parameter; NULL where the method has none */
    double *best;       /* parameters after the best epoch, or NULL before the first */
    size_t best_epoch;  /* from 1; 0: none */
    double best_cost;
    nn_epoch running; /* sums over the epoch that is not over yet */
    size_t *order;    /* of the samples in this epoch */
    size_t order_count;
};

/* -------------------------------------------------------------------------------------- status.c */

/* Writes status and message to *error (NULL: nowhere); returns status. */
nn_status nn_fail(nn_error *error, nn_status status, const char *format, ...) FORMAT(3, 4);
nn_status nn_fail_memory(nn_error *error);

/* The same from the tape's error, which is cleared. */
nn_status nn_fail_tape(nn_error *error, ad_tape *tape);

/* -------------------------------------------------------------------------------------- memory.c */

/* count elements of `size` bytes, all zero; NULL when there is no memory or the product overflows. nn_release takes the
 * same count and size. */
void *nn_allocate(const ad_allocator *allocator, size_t count, size_t size);
void nn_release(const ad_allocator *allocator, void *block, size_t count, size_t size);

#endif
