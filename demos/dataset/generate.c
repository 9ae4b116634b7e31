/* SPDX-License-Identifier: MIT */
#include "generate.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 500, MOST_SAMPLES = 10000000 };

static const double pi = 3.14159265358979323846;

static dataset *two_classes(size_t samples, char *source)
{
    dataset *d = resized(NULL, 1, sizeof *d);
    *d = (dataset){.samples = samples, .inputs = 2, .classes = 2, .source = source};
    d->x = resized(NULL, samples, 2 * sizeof *d->x);
    d->label = resized(NULL, samples, sizeof *d->label);
    d->number = resized(NULL, samples, sizeof *d->number);
    d->labels = resized(NULL, 2, sizeof *d->labels);
    d->columns = resized(NULL, 2, sizeof *d->columns);
    for (size_t k = 0; k < 2; k++) {
        d->labels[k] = formatted("%zu", k);
        d->columns[k] = formatted("x%zu", k + 1);
    }
    for (size_t s = 0; s < samples; s++) d->number[s] = s + 1;
    return d;
}

dataset *generate_xor(const dataset_options *options, dataset_error *error)
{
    (void)options;
    (void)error;
    dataset *d = two_classes(4, copied("xor: the exclusive or of two inputs"));
    for (size_t s = 0; s < 4; s++) {
        d->x[2 * s] = (double)(s / 2);
        d->x[2 * s + 1] = (double)(s % 2);
        d->label[s] = (s / 2) ^ (s % 2);
    }
    return d;
}

/* --------------------------------------------------------------------------- two classes on curves */

/* The k-th of n points on the curve of a class. */
typedef void curve(size_t class, size_t k, size_t n, double x[2]);

static void moon(size_t class, size_t k, size_t n, double x[2])
{
    const double angle = n > 1 ? pi * (double)k / (double)(n - 1) : 0;
    x[0] = class == 0 ? cos(angle) : 1 - cos(angle);
    x[1] = class == 0 ? sin(angle) : 0.5 - sin(angle);
}

static void circle(size_t class, size_t k, size_t n, double x[2])
{
    const double angle = 2 * pi * (double)k / (double)n, radius = class == 0 ? 1 : 0.5;
    x[0] = radius * cos(angle);
    x[1] = radius * sin(angle);
}

static void spiral(size_t class, size_t k, size_t n, double x[2])
{
    const double radius = (double)(k + 1) / (double)n, angle = pi * (3.5 * radius + (double)class);
    x[0] = radius * cos(angle);
    x[1] = radius * sin(angle);
}

static void fill(dataset *d, curve *on, double noise, nn_random *random)
{
    const size_t half = d->samples / 2;
    for (size_t s = 0; s < d->samples; s++) {
        double *x = d->x + 2 * s;
        const size_t class = d->label[s] = s >= half;
        on(class, class == 0 ? s : s - half, class == 0 ? half : d->samples - half, x);
        for (size_t k = 0; k < 2; k++) x[k] += noise * nn_random_normal(random);
    }
}

static dataset *on_curves(const char *name, curve *on, double usual_noise, const dataset_options *options,
                          dataset_error *error)
{
    const size_t samples = options->samples > 0 ? options->samples : SAMPLES;
    const double noise = options->has_noise ? options->noise : usual_noise;
    if (samples < 2 || samples > MOST_SAMPLES) {
        dataset_fail(error, _("%s: %zu samples, where 2 to %d are possible"), name, samples, MOST_SAMPLES);
        return NULL;
    }
    if (!(noise >= 0 && noise <= 1e6)) {
        dataset_fail(error, _("%s: a noise of %g, where 0 to 1e6 is possible"), name, noise);
        return NULL;
    }
    dataset *d = two_classes(samples, formatted("%s: generated with noise %g from seed %llu", name, noise,
                                                (unsigned long long)options->seed));
    nn_random random = nn_random_new(options->seed);
    fill(d, on, noise, &random);
    size_t *order = resized(NULL, samples, sizeof *order);
    nn_random_order(&random, order, samples);
    dataset_reorder(d, order);
    free(order);
    for (size_t s = 0; s < samples; s++) d->number[s] = s + 1;
    return d;
}

dataset *generate_moons(const dataset_options *options, dataset_error *error)
{
    return on_curves("moons", moon, 0.1, options, error);
}

dataset *generate_circles(const dataset_options *options, dataset_error *error)
{
    return on_curves("circles", circle, 0.05, options, error);
}

dataset *generate_spirals(const dataset_options *options, dataset_error *error)
{
    return on_curves("spirals", spiral, 0.02, options, error);
}
