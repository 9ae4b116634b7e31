/* SPDX-License-Identifier: MIT */
#include "material.h"
#include "command.h"
#include "dataset_message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------- opening, closing */

/* FNV-1a (Fowler, Noll and Vo), but by words. */
static uint64_t hashed(uint64_t sum, const void *words, size_t count)
{
    const char *at = words;
    for (size_t k = 0; k < count; k++) {
        uint64_t word;
        memcpy(&word, at + k * sizeof word, sizeof word);
        sum = (sum ^ word ^ word >> 32) * 0x100000001b3u;
    }
    return sum;
}

static uint64_t fingerprint_of(const dataset *d)
{
    uint64_t sum = hashed(0xcbf29ce484222325u, d->x, d->samples * d->inputs);
    for (size_t s = 0; s < d->samples && d->label != NULL; s++) {
        const uint64_t label = d->label[s];
        sum = hashed(sum, &label, 1);
    }
    return d->y == NULL ? sum : hashed(sum, d->y, d->samples * d->outputs);
}

bool material_open(material *m, const char *name, const dataset_options *how, dataset_error *error)
{
    *m = (material){.name = name, .data = dataset_open(name, how, error)};
    if (m->data == NULL) return false;
    m->parts.training = dataset_all(m->data);
    m->fingerprint = fingerprint_of(m->data);
    return true;
}

void material_free(material *m)
{
    dataset_free(m->data);
    dataset_free(m->test_set);
    free(m->target_shift);
    free(m->target_scale);
    *m = (material){.name = NULL};
}

/* ----------------------------------------------------------------------------------------- parts */

static bool open_test_set(material *m, const char *name, dataset_error *error)
{
    const dataset *d = m->data;
    m->test_set = dataset_open(
        name,
        &(dataset_options){.inputs = d->inputs, .classes = (const char *const *)d->labels, .class_count = d->classes},
        error);
    return m->test_set != NULL;
}

bool material_split(material *m, double validation, double test, bool own_test, uint64_t seed, dataset_error *error)
{
    enum { FEW = 50 };
    const bool is_small = m->data->samples < FEW;
    const char *test_name = own_test ? dataset_test_name(m->name) : NULL;
    if (validation < 0) validation = is_small ? 0 : test_name != NULL ? 1.0 / 6 : 0.1;
    if (test < 0) test = is_small ? 0 : 0.2;
    if (test_name != NULL && !open_test_set(m, test_name, error)) return false;
    return dataset_split(m->data, validation, test_name != NULL ? 0 : test, seed, &m->parts, error);
}

size_t material_tests(const material *m) { return m->test_set != NULL ? m->test_set->samples : m->parts.test.count; }

material_view material_judged(const material *m)
{
    if (m->test_set != NULL) return (material_view){m->test_set, dataset_all(m->test_set), "test"};
    if (m->parts.test.count > 0) return (material_view){m->data, m->parts.test, "test"};
    if (m->parts.validation.count > 0) return (material_view){m->data, m->parts.validation, "validation"};
    return (material_view){m->data, m->parts.training, "training"};
}

/* ---------------------------------------------------------------------------- scaling and encoding */

static void scale_targets(dataset *d, const double *shift, const double *scale)
{
    for (size_t k = 0; k < d->samples * d->outputs; k++)
        d->y[k] = (d->y[k] - shift[k % d->outputs]) * scale[k % d->outputs];
}

void material_scale_targets(material *m, const double *shift, const double *scale)
{
    const size_t n = m->data->outputs;
    m->target_shift = memcpy(resized(NULL, n, sizeof *shift), shift, n * sizeof *shift);
    m->target_scale = memcpy(resized(NULL, n, sizeof *scale), scale, n * sizeof *scale);
    scale_targets(m->data, shift, scale);
}

void material_standardise_targets(material *m)
{
    const dataset *d = m->data;
    const size_t n = d->outputs, count = m->parts.training.count;
    double *shift = resized(NULL, n, sizeof *shift), *scale = resized(NULL, n, sizeof *scale);
    for (size_t j = 0; j < n; j++) {
        double mean = 0, square = 0;
        for (size_t s = 0; s < count; s++) mean += d->y[s * n + j] / (double)count;
        for (size_t s = 0; s < count; s++) {
            const double off = d->y[s * n + j] - mean;
            square += off * off / (double)count;
        }
        shift[j] = mean;
        scale[j] = isnormal(square) && isnormal(1 / sqrt(square)) ? 1 / sqrt(square) : 1;
    }
    material_scale_targets(m, shift, scale);
    free(shift);
    free(scale);
}

static bool prepare(dataset *d, const double *shift, const double *scale, const nn_mlp *net, dataset_error *error)
{
    const nn_shape *shape = nn_mlp_shape(net);
    const double low = shape->layers[shape->depth - 1].activation == NN_TANH ? -1 : 0;
    dataset_scale(d, shift, scale);
    return dataset_encode(d, nn_mlp_outputs(net), low, 1, error);
}

bool material_prepare(material *m, const double *shift, const double *scale, const nn_mlp *net, dataset_error *error)
{
    return prepare(m->data, shift, scale, net, error) &&
           (m->test_set == NULL || prepare(m->test_set, shift, scale, net, error));
}
