/* SPDX-License-Identifier: MIT */
/* What the files of the training benchmark share.
 *
 * A *problem* is a network, data and how to train it: plain gradient descent on the mean over a batch of half the sum
 * of squared differences from the targets. A *trainer* is a tool that does it, in doubles and in one thread. All take
 * the same samples by their indices from the same arrays. */
#ifndef TESTS_BENCH_TRAINING_H
#define TESTS_BENCH_TRAINING_H

#include <stdbool.h>
#include <stddef.h>

typedef enum bench_activation { BENCH_IDENTITY, BENCH_SIGMOID, BENCH_RELU } bench_activation;

enum { BENCH_MOST_LAYERS = 3, BENCH_CHECKED = 5 };

typedef struct bench_problem {
    const char *title;
    size_t layers, widths[BENCH_MOST_LAYERS + 1];
    bench_activation hidden, output;
    double rate;
    size_t samples, batch;
    size_t steps;        /* in a measurement */
    const char *unit;    /* "epoch of 50,000": what else than a sample a time is told for, */
    double unit_samples; /* and the samples in it */
    const double *x, *y; /* samples x width */
    const double *start; /* for each layer the weights, out x in, row-major, then the biases */
    const size_t *order; /* of the samples: batches stand one after the other */
} bench_problem;

typedef struct bench_trainer {
    const char *name;
    /* Over so many steps its costs and the change of its parameters are compared with the others', and may be so far
     * from them. */
    size_t checked;
    double tolerance;
    bool (*same)(const bench_problem *problem); /* whether it can do this problem as the others do; NULL: always */
    void *(*begin)(const bench_problem *problem);
    void (*put)(void *instance, const double *parameters); /* these are the parameters from now on */
    double (*step)(void *instance, const size_t *which);   /* trains on a batch; returns its mean cost before that */
    void (*get)(void *instance, double *parameters);
    void (*end)(void *instance);
} bench_trainer;

extern const bench_trainer bench_loops, bench_blas, bench_fann;
extern const bench_trainer bench_each_sample, bench_whole_batch; /* chainrule */

/* All parameters of a problem, and where those of layer l = 0 .. layers - 1 begin. */
static inline size_t bench_parameters_before(const bench_problem *problem, size_t l)
{
    size_t n = 0;
    for (size_t k = 0; k < l; k++) n += (problem->widths[k] + 1) * problem->widths[k + 1];
    return n;
}

static inline size_t bench_parameters(const bench_problem *problem)
{
    return bench_parameters_before(problem, problem->layers);
}

static inline bench_activation bench_activation_of(const bench_problem *problem, size_t l)
{
    return l + 1 == problem->layers ? problem->output : problem->hidden;
}

/* bench_blas.c. OpenBLAS reads from the environment, when the program starts, how many threads it makes and whether it
 * shall take other kernels than those it finds best: starts the program again with one thread and the best kernels,
 * unless it runs so. Returns where that cannot be done. */
void bench_blas_start(char **arguments);
const char *bench_blas_kernels(void);

/* bench_elementwise.c, n elements each */
void bench_activate(bench_activation activation, double *restrict v, size_t n);
/* delta times the derivative of the activation where it has the value v */
void bench_slope(bench_activation activation, const double *restrict v, double *restrict delta, size_t n);
/* delta = v - y; returns half the sum of its squares */
double bench_cost(const double *restrict v, const double *restrict y, double *restrict delta, size_t n);

#endif
