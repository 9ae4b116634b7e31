/* SPDX-License-Identifier: MIT */
/* What the fuzz targets of the data readers share: what holds after any read. */
#ifndef TESTS_FUZZ_DATASET_H
#define TESTS_FUZZ_DATASET_H

#include "dataset.h"
#include "dataset_message.h"
#include "fuzz.h"

#include <math.h>
#include <string.h>

static inline void check_samples(const dataset *d, const dataset_options *options)
{
    for (size_t k = 0; k < d->samples * d->inputs; k++) require(isfinite(d->x[k]), "inputs are finite");
    for (size_t k = 0; k < d->samples * d->outputs; k++) require(isfinite(d->y[k]), "targets are finite");
    for (size_t s = 0; s < d->samples; s++) {
        require(d->number[s] > 0 && (s == 0 || d->number[s] > d->number[s - 1]), "samples stand in order");
        if (d->classes > 0) require(d->label[s] < d->classes, "every sample has a class");
    }
    for (size_t k = 0; k < d->classes; k++) require(is_plain_text(d->labels[k]), "labels are printable");
    for (size_t k = 0; k < d->inputs; k++) require(is_plain_text(d->columns[k]), "names of columns are printable");
    if (options->classes != NULL && d->classes > 0)
        require(d->classes == options->class_count && strcmp(d->labels[0], options->classes[0]) == 0,
                "known classes stay as they are");
}

/* data is what was read from so many bytes, or NULL. */
static inline void check_read(const dataset *data, const dataset_options *options, const dataset_error *error,
                              size_t size)
{
    if (data == NULL) {
        require(*error->message != '\0' && strcmp(error->message, "no message") != 0, "a failure has a message");
        require(is_plain_text(error->message), "the message is printable");
        return;
    }
    require(data->samples > 0 && data->inputs > 0, "there are samples and inputs");
    require(options->most == 0 || data->samples <= options->most, "the limit is kept");
    require(options->inputs == 0 || data->inputs == options->inputs, "the inputs are as many as expected");
    require(data->samples * (data->inputs + data->outputs) <= size, "there are no more numbers than bytes");
    check_samples(data, options);
}

#endif
