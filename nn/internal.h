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
};

/* An optimiser's state: everything but `options` follows from the steps taken. */
struct nn_trainer {
    nn_mlp *net;
    ad_allocator allocator;
    size_t count;       /* parameters */
    nn_options options; /* with the defaults filled in */
    uint64_t steps;     /* taken so far; epoch and batch follow from it */
    double *m, *v;      /* moments, one for each parameter; NULL where the method has none */
    double *best;       /* parameters after the best epoch or, before there is one, those at the start; NULL at first */
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

/* -------------------------------------------------------------------------------------- record.c */

/* nn_forward and nn_record_costs without their checks: NN_OK, or NN_ERR_TAPE with the tape in error, where what was
 * recorded still stands. */
nn_status nn_record_layers(nn_mlp *net, ad_span x, size_t samples);
nn_status nn_record_cost_of_each(nn_mlp *net, ad_span y);

/* ------------------------------------------------------------------------------------ gradient.c */

/* Whether there are samples, and which[0 .. n - 1] (NULL: 0 .. n - 1) are some of them. */
nn_status nn_check_data(const nn_data *data, nn_error *error);
nn_status nn_check_choice(const nn_data *data, const size_t *which, size_t n, nn_error *error);

/* ------------------------------------------------------------------------------------ describe.c */

typedef enum nn_role {
    NN_WEIGHT,
    NN_BIAS,
    NN_X,
    NN_Z_SUM, /* the weighted sum, before the bias is added */
    NN_Z,
    NN_LOG_SUM, /* of softmax: log sum_k e^{z_k} */
    NN_LOG_A,   /* ... z_j - that */
    NN_A_TERM,  /* f(z), before the skip connection is added */
    NN_A,
    NN_COST
} nn_role;

/* Where a node belongs; layers and units count from 1, samples from 0 in the last nn_forward. */
typedef struct nn_place {
    nn_role role;
    size_t layer, unit, from; /* from: of a weight, the unit k of layer - 1 */
    size_t sample;
} nn_place;

/* False when the node is none of the network's. No error is set. */
bool nn_find_place(const nn_mlp *net, ad_var node, nn_place *place);

/* "z^1_4 of sample 2"; returns text. */
const char *nn_place_text(const nn_place *place, size_t sample, char *text, size_t size);

/* ----------------------------------------------------------------------------------- nonfinite.c */

/* What a sample of the last nn_forward is called: which[k] + 1 or, where that is NULL, from + k + 1. */
typedef struct nn_sample_numbers {
    const size_t *which;
    size_t from;
} nn_sample_numbers;

/* The message for a cost that is not finite: the first number that is to blame, among the data x and y of the last
 * nn_forward, the parameters, and the nodes from `from` on. */
nn_status nn_fail_nonfinite(nn_error *error, const nn_mlp *net, ad_span x, ad_span y, nn_sample_numbers numbers,
                            size_t from);

/* Its index; n when all are finite. */
size_t nn_first_nonfinite(const double *values, size_t n);

/* Six digits, whatever the locale; returns text. */
enum { NN_NUMBER_SIZE = 40 };
const char *nn_number_text(double value, char text[NN_NUMBER_SIZE]);

/* -------------------------------------------------------------------------------------- memory.c */

/* count elements of `size` bytes, all zero; NULL when there is no memory or the product overflows. nn_release takes the
 * same count and size. */
void *nn_allocate(const ad_allocator *allocator, size_t count, size_t size);
void nn_release(const ad_allocator *allocator, void *block, size_t count, size_t size);

#endif
