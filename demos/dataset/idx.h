/* SPDX-License-Identifier: MIT */
/* Data from IDX, the format of MNIST: two zero bytes, a type, a number of dimensions, each dimension in four bytes,
 * then the values, all with the highest byte first. */
#ifndef DEMOS_IDX_H
#define DEMOS_IDX_H

#include "stream.h"

/* Whether a file that begins with these bytes is meant as IDX. */
bool idx_begins(const char *bytes, size_t count);

/* Reads samples from `images` and their classes from `labels`, which may be NULL; both stay the caller's. Unsigned
 * bytes are divided by 255, other values stay as they are. `names`: what the labels 0, 1, ... are called (name_count of
 * them), NULL: their numbers. NULL on an error. What it allocates follows what the streams really have, not what
 * they promise. */
dataset *idx_read(stream *images, stream *labels, const char *const *names, size_t name_count,
                  const dataset_options *options, dataset_error *error);

#endif
