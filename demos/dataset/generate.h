/* SPDX-License-Identifier: MIT */
/* Data sets that are computed: two inputs, two classes "0" and "1". */
#ifndef DEMOS_GENERATE_H
#define DEMOS_GENERATE_H

#include "dataset.h"

/* xor: the four corners of the unit square, (0, 0), (0, 1), (1, 0), (1, 1).
 * moons, circles: as scikit-learn's make_moons and make_circles (factor 1/2) have them.
 * spirals: two arms of one and three quarter turns that end at radius 1.
 * All but xor have normal noise of this deviation on both inputs and are shuffled, from nn_random_new(options->seed).
 * NULL, with a message, for a noise or a number of samples that makes no sense. */
dataset *generate_xor(const dataset_options *options, dataset_error *error);
dataset *generate_moons(const dataset_options *options, dataset_error *error);
dataset *generate_circles(const dataset_options *options, dataset_error *error);
dataset *generate_spirals(const dataset_options *options, dataset_error *error);

#endif
