/* SPDX-License-Identifier: MIT */
/* Training by FANN in doubles: its batch training (fann_train_epoch with FANN_TRAIN_BATCH), each batch being an epoch
 * to it. It keeps learning rates and errors as floats, and its derivative of a sigmoid is never less than that where
 * the sigmoid is 0.01, so that it goes its own way after a few steps. It has no relu: its piecewise linear function
 * stands in. */
#include "bench_training.h"
#include "bench.h"

#include <doublefann.h>
#include <stdlib.h>
#include <string.h>

typedef struct with_fann {
    const bench_problem *problem;
    struct fann *net;
    struct fann_train_data *batch; /* points to the problem's samples */
    double **x, **y;               /* the rows that came with it */
} with_fann;

static bool same(const bench_problem *problem) { return problem->hidden != BENCH_RELU; }

static enum fann_activationfunc_enum function(bench_activation activation)
{
    if (activation == BENCH_SIGMOID) return FANN_SIGMOID;
    return activation == BENCH_RELU ? FANN_LINEAR_PIECE : FANN_LINEAR;
}

static void *must(void *object)
{
    if (object == NULL) exit(1); /* FANN has said why */
    return object;
}

static void set_layers(const bench_problem *problem, struct fann *net)
{
    for (size_t l = 0; l < problem->layers; l++) {
        const bench_activation activation = bench_activation_of(problem, l);
        fann_set_activation_function_layer(net, function(activation), (int)l + 1);
        /* Its sigmoid is 1 / (1 + exp(-2 steepness z)), its linear functions steepness z. */
        fann_set_activation_steepness_layer(net, activation == BENCH_SIGMOID ? 0.5 : 1, (int)l + 1);
    }
}

static void *begin(const bench_problem *problem)
{
    with_fann *t = bench_allocate(sizeof *t);
    unsigned widths[BENCH_MOST_LAYERS + 1];
    for (size_t l = 0; l <= problem->layers; l++) widths[l] = (unsigned)problem->widths[l];
    t->problem = problem;
    t->net = must(fann_create_standard_array((unsigned)problem->layers + 1, widths));
    set_layers(problem, t->net);
    fann_set_training_algorithm(t->net, FANN_TRAIN_BATCH);
    fann_set_train_error_function(t->net, FANN_ERRORFUNC_LINEAR);
    fann_set_learning_rate(t->net, (float)problem->rate);
    t->batch = must(fann_create_train((unsigned)problem->batch, widths[0], widths[problem->layers]));
    t->x = t->batch->input;
    t->y = t->batch->output;
    t->batch->input = bench_allocate(problem->batch * sizeof *t->x);
    t->batch->output = bench_allocate(problem->batch * sizeof *t->y);
    return t;
}

static void end(void *instance)
{
    with_fann *t = instance;
    free(t->batch->input);
    free(t->batch->output);
    t->batch->input = t->x;
    t->batch->output = t->y;
    fann_destroy_train(t->batch);
    fann_destroy(t->net);
    free(t);
}

/* Its weights stand neuron by neuron, the bias after the others. */
static void put(void *instance, const double *parameters)
{
    with_fann *t = instance;
    double *to = t->net->weights;
    for (size_t l = 0; l < t->problem->layers; l++) {
        const size_t in = t->problem->widths[l], out = t->problem->widths[l + 1];
        const double *w = parameters + bench_parameters_before(t->problem, l);
        for (size_t j = 0; j < out; j++, to += in + 1) {
            memcpy(to, w + j * in, in * sizeof *to);
            to[in] = w[out * in + j];
        }
    }
}

static void get(void *instance, double *parameters)
{
    const with_fann *t = instance;
    const double *from = t->net->weights;
    for (size_t l = 0; l < t->problem->layers; l++) {
        const size_t in = t->problem->widths[l], out = t->problem->widths[l + 1];
        double *w = parameters + bench_parameters_before(t->problem, l);
        for (size_t j = 0; j < out; j++, from += in + 1) {
            memcpy(w + j * in, from, in * sizeof *from);
            w[out * in + j] = from[in];
        }
    }
}

static double step(void *instance, const size_t *which)
{
    with_fann *t = instance;
    const bench_problem *p = t->problem;
    const size_t inputs = p->widths[0], outputs = p->widths[p->layers];
    for (size_t s = 0; s < p->batch; s++) {
        t->batch->input[s] = (double *)p->x + which[s] * inputs;
        t->batch->output[s] = (double *)p->y + which[s] * outputs;
    }
    return (double)fann_train_epoch(t->net, t->batch) * (double)outputs / 2; /* it gives the mean of the squares */
}

const bench_trainer bench_fann = {"FANN, its batch training", 1, 1e-6, same, begin, put, step, get, end};
