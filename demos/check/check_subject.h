/* SPDX-License-Identifier: MIT */
/* What a gradient check is of: a formula, or a network with samples. */
#ifndef DEMOS_CHECK_SUBJECT_H
#define DEMOS_CHECK_SUBJECT_H

#include "step_sweep.h"

#include <nn/nn.h>

typedef struct check_subject {
    ad_tape *tape;
    const char *formula; /* NULL: a network */
    ad_var y;            /* of a formula */
    ad_span x;           /* the coordinates: all leaves of a formula, all parameters of a network */
    nn_mlp *net;
    nn_data data;
    const char *from; /* where the samples are from; NULL: nothing to say */
} check_subject;

/* The name of a coordinate, "w" or "w^2_{3,1}", and of what is differentiated; to be freed. */
char *check_coordinate_name(const check_subject *s, size_t index);
char *check_output_name(const check_subject *s);

/* The coordinate of this name; as many as there are: none has it. */
size_t check_find(const check_subject *s, const char *name);

/* The methods by their names, in the order of their bits; NULL for no such number. */
const char *check_method_name(int k);

/* Makes the check, with a live line on a terminal where it takes long. Ends the program where it cannot be made. */
void check_make(const check_subject *s, const ad_gradcheck_options *how, ad_gradcheck_report *report);

/* Sweeps the steps of one coordinate, whose name is the caller's. */
void check_sweep(const check_subject *s, size_t index, const char *name, step_sweep *steps);

#endif
