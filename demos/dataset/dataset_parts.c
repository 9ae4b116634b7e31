/* SPDX-License-Identifier: MIT */
/* Order, parts, scaling and encoding of a data set. */
#include "dataset.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------- order */

/* Puts elements into the order by following its cycles. `order` comes back as it was. */
static void reorder(void *elements, size_t size, const size_t *order, size_t count)
{
    char *all = elements, *held = resized(NULL, size, 1);
    bool *is_done = resized(NULL, count, sizeof *is_done);
    memset(is_done, 0, count * sizeof *is_done);
    for (size_t start = 0; start < count; start++) {
        if (is_done[start]) continue;
        size_t k = start;
        memcpy(held, all + start * size, size);
        for (is_done[k] = true; order[k] != start; is_done[k] = true) {
            memcpy(all + k * size, all + order[k] * size, size);
            k = order[k];
        }
        memcpy(all + k * size, held, size);
    }
    free(is_done);
    free(held);
}

void dataset_reorder(dataset *d, const size_t *order)
{
    reorder(d->x, d->inputs * sizeof *d->x, order, d->samples);
    reorder(d->number, sizeof *d->number, order, d->samples);
    if (d->y != NULL) reorder(d->y, d->outputs * sizeof *d->y, order, d->samples);
    if (d->label != NULL) reorder(d->label, sizeof *d->label, order, d->samples);
}

/* ----------------------------------------------------------------------------------------- parts */

/* The samples that a fraction or a count comes to. */
static bool size_of_part(const dataset *d, const char *part, double wanted, size_t *size, dataset_error *error)
{
    const double samples = (double)d->samples;
    if (!(wanted >= 0) || (wanted >= 1 && wanted != floor(wanted)))
        return dataset_fail(error, "%s part: %g is neither a fraction from 0 to 1 nor a number of samples", part,
                            wanted);
    const double count = wanted < 1 ? floor(wanted * samples + 0.5) : wanted;
    if (wanted > 0 && count == 0)
        return dataset_fail(error, "%s part: a fraction of %g of %zu samples is not even one", part, wanted,
                            d->samples);
    if (count >= samples)
        return dataset_fail(error, "%s part: %.0f of %zu samples leave none for training", part, count, d->samples);
    *size = (size_t)count;
    return true;
}

bool dataset_split(dataset *d, double validation, double test, uint64_t seed, dataset_parts *parts,
                   dataset_error *error)
{
    size_t of_validation = 0, of_test = 0;
    if (!size_of_part(d, "validation", validation, &of_validation, error) ||
        !size_of_part(d, "test", test, &of_test, error))
        return false;
    if (of_validation + of_test >= d->samples)
        return dataset_fail(error, "validation and test part: %zu + %zu of %zu samples leave none for training",
                            of_validation, of_test, d->samples);
    nn_random random = nn_random_new(seed);
    size_t *order = resized(NULL, d->samples, sizeof *order);
    nn_random_order(&random, order, d->samples);
    dataset_reorder(d, order);
    free(order);
    const size_t of_training = d->samples - of_validation - of_test;
    parts->training = (dataset_part){0, of_training};
    parts->validation = (dataset_part){of_training, of_validation};
    parts->test = (dataset_part){of_training + of_validation, of_test};
    return true;
}

/* --------------------------------------------------------------------------------------- scaling */

static const char *const scalings[DATASET_SCALINGS] = {[DATASET_AS_IS] = "none",
                                                       [DATASET_FROM_0_TO_1] = "0..1",
                                                       [DATASET_FROM_M1_TO_1] = "-1..1",
                                                       [DATASET_STANDARDISED] = "standard"};

const char *dataset_scaling_name(dataset_scaling scaling)
{
    return (int)scaling < DATASET_SCALINGS ? scalings[scaling] : NULL;
}

int dataset_scaling_find(const char *name)
{
    for (int k = 0; k < DATASET_SCALINGS; k++)
        if (strcmp(scalings[k], name) == 0) return k;
    return -1;
}

typedef struct statistics {
    double least, most, mean, deviation;
} statistics;

/* Of the inputs first .. first + width - 1 in all samples of the part; in two passes, so that nothing cancels. */
static statistics statistics_of(const dataset *d, dataset_part part, size_t first, size_t width)
{
    statistics s = {INFINITY, -INFINITY, 0, 0};
    const double count = (double)part.count * (double)width;
    for (size_t row = part.first; row < part.first + part.count; row++)
        for (size_t k = first; k < first + width; k++) {
            const double x = d->x[row * d->inputs + k];
            s.least = fmin(s.least, x);
            s.most = fmax(s.most, x);
            s.mean += x / count;
        }
    for (size_t row = part.first; row < part.first + part.count; row++)
        for (size_t k = first; k < first + width; k++) {
            const double off = d->x[row * d->inputs + k] - s.mean;
            s.deviation += off * off / count;
        }
    s.deviation = sqrt(s.deviation);
    return s;
}

/* Where the span of the numbers, or its reciprocal, is no normal double, the input stays unscaled. */
static double scale_for(double span, double size)
{
    const double scale = size / span;
    return isnormal(span) && isnormal(scale) ? scale : 1;
}

static void scaling_of(statistics s, dataset_scaling scaling, double *shift, double *scale)
{
    const bool is_constant = s.least == s.most;
    *shift = 0;
    *scale = 1;
    switch (scaling) {
    case DATASET_AS_IS: return;
    case DATASET_FROM_0_TO_1:
        *shift = s.least;
        *scale = is_constant ? 1 : scale_for(s.most - s.least, 1);
        return;
    case DATASET_FROM_M1_TO_1:
        *shift = s.least / 2 + s.most / 2;
        *scale = is_constant ? 1 : scale_for(s.most - s.least, 2);
        return;
    case DATASET_STANDARDISED:
        *shift = is_constant ? s.least : s.mean;
        *scale = is_constant ? 1 : scale_for(s.deviation, 1);
        return;
    }
}

void dataset_scaling_of(const dataset *d, dataset_part part, dataset_scaling scaling, double *shift, double *scale)
{
    const bool is_image = d->image_width > 0;
    const size_t width = is_image ? d->inputs : 1;
    for (size_t first = 0; first < d->inputs; first += width) {
        scaling_of(statistics_of(d, part, first, width), scaling, &shift[first], &scale[first]);
        for (size_t k = first + 1; k < first + width; k++) {
            shift[k] = shift[first];
            scale[k] = scale[first];
        }
    }
}

void dataset_scale(dataset *d, const double *shift, const double *scale)
{
    if (shift == NULL || scale == NULL) return;
    for (size_t s = 0; s < d->samples; s++)
        for (size_t k = 0; k < d->inputs; k++) {
            double *x = &d->x[s * d->inputs + k];
            *x = (*x - shift[k]) * scale[k];
        }
}

/* -------------------------------------------------------------------------------------- encoding */

static bool check_outputs(const dataset *d, size_t outputs, dataset_error *error)
{
    if (d->classes == 0 && d->outputs == outputs) return true;
    if (d->classes == 0) return dataset_fail(error, _("%zu target columns, but %zu outputs"), d->outputs, outputs);
    if (outputs == d->classes || (outputs == 1 && d->classes == 2)) return true;
    if (d->classes == 2) return dataset_fail(error, _("2 classes need 2 outputs or one, not %zu"), outputs);
    return dataset_fail(error, _("%zu classes need %zu outputs, not %zu"), d->classes, d->classes, outputs);
}

bool dataset_encode(dataset *d, size_t outputs, double low, double high, dataset_error *error)
{
    if (!check_outputs(d, outputs, error)) return false;
    if (d->classes == 0) return true;
    d->outputs = outputs;
    d->y = resized(d->y, d->samples, outputs * sizeof *d->y);
    for (size_t s = 0; s < d->samples; s++)
        for (size_t j = 0; j < outputs; j++) {
            const bool is_high = outputs == 1 ? d->label[s] == 1 : d->label[s] == j;
            d->y[s * outputs + j] = is_high ? high : low;
        }
    return true;
}
