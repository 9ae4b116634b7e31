/* SPDX-License-Identifier: MIT */
/* The pictures of a training, of a model, and of what it says of samples. Each writes one file; false: it could not be
 * written, and a message has said why. */
#ifndef DEMOS_PLOTS_H
#define DEMOS_PLOTS_H

#include "history.h"
#include "outcome.h"
#include "trained.h"

/* Cost and, for classes, right answers over the epochs, of training and validation samples. */
bool plot_curves(const char *path, const trained *t, const history *h);

/* The plane of the two inputs in the colours of the classes that the network sees there, with the samples. */
bool plot_boundary(const char *path, const trained *t, const dataset *data);
bool plot_boundary_is_possible(const trained *t, const char **why);

/* The samples with the costliest mistakes as images. */
bool plot_mistakes(const char *path, const outcome *o);

/* The weights of the first layer: an image for each unit where inputs are images of this size, else one map. */
bool plot_weights(const char *path, const trained *t);

#endif
