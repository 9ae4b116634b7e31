/* SPDX-License-Identifier: MIT */
/* Data made ready for a network: parted into training, validation and test samples, scaled and encoded. */
#ifndef DEMOS_MATERIAL_H
#define DEMOS_MATERIAL_H

#include "dataset.h"

typedef struct material {
    const char *name;     /* that it was opened by; the caller's */
    dataset *data;        /* all samples, in the order of the parts */
    dataset_parts parts;  /* at first all is for training */
    dataset *test_set;    /* of its own, as mnist has one; NULL: parts.test is the test set */
    uint64_t fingerprint; /* of the data as they were read, to know them again */

    /* Targets that are numbers are learnt as (y - target_shift) * target_scale; NULL: as they are. */
    double *target_shift, *target_scale;
} material;

/* False: a message for the user. On failure there is nothing to free. */
bool material_open(material *m, const char *name, const dataset_options *how, dataset_error *error);
void material_free(material *m);

/* Parts the samples by dataset_split. With `own_test` the test samples are the test set that belongs to the data by its
 * name, if there is one, and `test` counts only if there is none. Negative parts: as usual. */
bool material_split(material *m, double validation, double test, bool own_test, uint64_t seed, dataset_error *error);

/* Scales all inputs, and makes targets of classes for a network with so many outputs and this activation on them. */
bool material_prepare(material *m, const double *shift, const double *scale, const nn_mlp *net, dataset_error *error);

/* Standardises targets that are numbers by those of the training samples, or as given. Before material_prepare. */
void material_standardise_targets(material *m);
void material_scale_targets(material *m, const double *shift, const double *scale);

/* Samples to be judged: the test samples or, without them, validation or training samples. */
typedef struct material_view {
    const dataset *data;
    dataset_part part;
    const char *what; /* "test", "validation" or "training" */
} material_view;
material_view material_judged(const material *m);
size_t material_tests(const material *m); /* how many test samples there are */

#endif
