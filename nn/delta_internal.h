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

/* One sample's numbers, laid out as those of nn.h. Of layer 0 there are only a = x and delta = dC/dx. */
typedef struct layer_numbers {
    size_t width;
    size_t weights; /* elements of w and dw */
    size_t biases;  /* elements of b and db: 0 without biases */
    double *w, *b;
    double *z, *a, *delta, *dw, *db;
} layer_numbers;

typedef struct numbers {
    const nn_shape *shape;
    layer_numbers *layer; /* layer[0] .. layer[depth] */
    double *y;
    double cost;
    ad_allocator allocator;
    double *block;
    size_t block_size;
} numbers;

/* Arrays for a network of this shape, all 0; false when there is no memory. */
bool nn_numbers_new(numbers *n, const nn_shape *shape, const ad_allocator *allocator);
void nn_numbers_free(numbers *n);

/* Copies parameters, x and y, which is what a closed form knows; the same with each number moved by its last bit, up or
 * down at random. */
void nn_numbers_given(numbers *to, const numbers *from);
void nn_numbers_jolt(numbers *to, const numbers *from);

/* ---------------------------------------------------------------------------- delta_forms.c, delta_forms_*.c */

/* Computes everything that is not given by the convention's closed form, in the convention's own arrays. */
nn_status nn_numbers_by_form(numbers *n, nn_convention convention, const nn_closed_forms *forms, nn_error *error);

#endif
