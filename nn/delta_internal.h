/* SPDX-License-Identifier: MIT */
/* What the closed forms and the check of the tape against them share. Never installed. */
#ifndef NN_DELTA_INTERNAL_H
#define NN_DELTA_INTERNAL_H

#include <nn/delta.h>

#include "internal.h"

/* -------------------------------------------------------------------------- delta_convention.c */

/* Whether a closed form can compute layer l of a convention: `skipped` is the width of layer l - skip, 0 when there is
 * no such layer. */
nn_status nn_check_plain_layer(nn_convention convention, size_t l, const nn_layer *layer, size_t skipped,
                               nn_error *error);
nn_status nn_check_plain_depth(nn_convention convention, size_t depth, nn_error *error);

/* Whether the convention knows the cost, with this activation of the output. */
nn_status nn_check_plain_cost(nn_convention convention, nn_cost cost, nn_activation output, nn_error *error);

/* ----------------------------------------------------------------------------- delta_numbers.c */

/* A layer's numbers for one sample, laid out as in nn.h. Layer 0 has only a = x and da = dC/dx;
 * of the others only some conventions compute da. */
typedef struct layer_numbers {
    size_t width, weights, biases; /* elements; biases is 0 without them */
    double *w, *b;
    double *z, *a, *delta, *da, *dw, *db;
} layer_numbers;

typedef struct numbers {
    const nn_shape *shape; /* the network's, which a report may outlive */
    size_t depth;
    layer_numbers *layer; /* layer[0] .. layer[depth] */
    double *x, *y;
    double cost;
    double *given; /* the parameters, x and y in a row: all that a closed form knows */
    size_t given_count;
    double *scratch; /* 2 (weights + biases) + 3 units elements of all layers, for a convention's own arrays */
    ad_allocator allocator;
    double *block; /* that all of these are in */
    size_t block_size;
} numbers;

/* Arrays for a network of this shape, all 0; false when there is no memory. */
bool nn_numbers_new(numbers *n, const nn_shape *shape, const ad_allocator *allocator);
void nn_numbers_free(numbers *n);

/* Copies what is given; the same with each number moved by its last bit, up or down at random; makes all else NaN. */
void nn_numbers_give(numbers *to, const numbers *from);
void nn_numbers_jolt(numbers *to, const numbers *from, uint64_t seed);
void nn_numbers_forget(numbers *n);

/* ---------------------------------------------------------------- delta_forms.c, delta_wiring.c */

/* Computes everything that is not given by a closed form, in the convention's own arrays; form NULL: the library's. */
nn_status nn_numbers_by_form(numbers *n, nn_convention convention, const nn_closed_forms *forms, nn_error *error);
nn_status nn_numbers_per_neuron(numbers *n, const nn_closed_forms *forms, nn_error *error);

/* ------------------------------------------------------------------------------ delta_report.c */

/* What a report owns. */
typedef struct report_memory {
    ad_allocator allocator;
    numbers tape, form;
} report_memory;

/* An empty report with its memory; false when there is none. */
bool nn_report_new(nn_delta_report *report, nn_convention convention, const nn_shape *shape,
                   const ad_allocator *allocator);

/* Makes the noise at least how far `jolted` is from the form's numbers; compares these with the tape's. */
void nn_report_noise(nn_delta_report *report, const numbers *jolted);
void nn_report_compare(nn_delta_report *report);

#endif
