/* SPDX-License-Identifier: MIT */
/* What a network says of samples, and how that compares with what is known of them. */
#ifndef DEMOS_OUTCOME_H
#define DEMOS_OUTCOME_H

#include "trained.h"

typedef struct outcome {
    const trained *model;
    const dataset *data;
    dataset_part part;
    size_t samples, outputs;
    double *a; /* samples x outputs; of numbers: in the units of the data */

    /* Classes. */
    size_t *predicted;
    double *confidence; /* the output for the predicted class; a probability with cross-entropies */
    size_t correct;     /* where labels are known */

    bool has_answers; /* labels or targets are known; only then: */
    double *cost;     /* of each sample */
    double mean_cost;

    /* Numbers, over all outputs, in the units of the data; R^2 for each output, NaN where targets do not differ. */
    double *shift, *scale; /* of the targets, as trained_target_scaling gives them */
    double mean_error, root_mean_square;
    double *r_squared;
} outcome;

/* The data are as material_prepare leaves them. Ends the program when a cost is not finite. */
outcome outcome_of(const trained *t, const dataset *data, dataset_part part);
void outcome_free(outcome *o);

/* The known class of sample s, counted in the part; a target in the units of the data. */
static inline size_t outcome_label(const outcome *o, size_t s) { return o->data->label[o->part.first + s]; }
double outcome_target(const outcome *o, size_t s, size_t output);

/* Where the sample stood in its source. */
static inline size_t outcome_number(const outcome *o, size_t s) { return o->data->number[o->part.first + s]; }

/* What the network gives for class k of sample s, as `confidence` is for the predicted one. */
double outcome_confidence(const outcome *o, size_t s, size_t class);
bool outcome_has_probabilities(const outcome *o);

/* The samples with wrong answers (all samples, where answers are numbers), the costliest first; to be freed. */
size_t *outcome_worst(const outcome *o, size_t *count);

#endif
