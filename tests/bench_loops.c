/* SPDX-License-Identifier: MIT */
/* Training as textbooks write it: for each sample of a batch forward, backward, and its gradient added up; then one
 * step. Plain loops along the rows of the weights, for a compiler that may use all instructions of this machine and
 * reorder arithmetic. */
#include "bench_training.h"
#include "bench.h"

#include <stdlib.h>
#include <string.h>

typedef struct layer {
    size_t in, out;
    bench_activation activation;
    double *w, *b;   /* parameters */
    double *gw, *gb; /* their gradient */
    double *a;       /* activations */
    double *delta;   /* derivatives of the cost by the weighted inputs */
} layer;

typedef struct loops {
    const bench_problem *problem;
    layer layers[BENCH_MOST_LAYERS];
    double *parameters, *gradient;
    size_t count;
} loops;

static double *numbers(size_t n) { return bench_allocate(n * sizeof(double)); }

static void *begin(const bench_problem *problem)
{
    loops *t = bench_allocate(sizeof *t);
    t->problem = problem;
    t->count = bench_parameters(problem);
    t->parameters = numbers(t->count);
    t->gradient = numbers(t->count);
    for (size_t l = 0; l < problem->layers; l++) {
        const size_t in = problem->widths[l], out = problem->widths[l + 1], at = bench_parameters_before(problem, l);
        t->layers[l] = (layer){in,
                               out,
                               bench_activation_of(problem, l),
                               t->parameters + at,
                               t->parameters + at + in * out,
                               t->gradient + at,
                               t->gradient + at + in * out,
                               numbers(out),
                               numbers(out)};
    }
    return t;
}

static void end(void *instance)
{
    loops *t = instance;
    for (size_t l = 0; l < t->problem->layers; l++) {
        free(t->layers[l].a);
        free(t->layers[l].delta);
    }
    free(t->parameters);
    free(t->gradient);
    free(t);
}

static void put(void *instance, const double *parameters)
{
    loops *t = instance;
    memcpy(t->parameters, parameters, t->count * sizeof *parameters);
}

static void get(void *instance, double *parameters)
{
    const loops *t = instance;
    memcpy(parameters, t->parameters, t->count * sizeof *parameters);
}

static void forward(const layer *l, const double *restrict x)
{
    const double *restrict w = l->w;
    double *restrict a = l->a;
    for (size_t j = 0; j < l->out; j++) {
        double z = l->b[j];
        for (size_t k = 0; k < l->in; k++) z += w[j * l->in + k] * x[k];
        a[j] = z;
    }
    bench_activate(l->activation, a, l->out);
}

/* The deltas of the layer below from those of this one. */
static void backward(const layer *l, const layer *below)
{
    const double *restrict w = l->w, *restrict delta = l->delta;
    double *restrict sum = below->delta;
    for (size_t k = 0; k < l->in; k++) sum[k] = 0;
    for (size_t j = 0; j < l->out; j++)
        for (size_t k = 0; k < l->in; k++) sum[k] += delta[j] * w[j * l->in + k];
    bench_slope(below->activation, below->a, sum, l->in);
}

static void add_gradient(const layer *l, const double *restrict x)
{
    const double *restrict delta = l->delta;
    double *restrict gw = l->gw, *restrict gb = l->gb;
    for (size_t j = 0; j < l->out; j++) {
        const double d = delta[j];
        for (size_t k = 0; k < l->in; k++) gw[j * l->in + k] += d * x[k];
        gb[j] += d;
    }
}

static double train_sample(loops *t, const double *x, const double *y)
{
    layer *layers = t->layers, *last = &layers[t->problem->layers - 1];
    for (size_t l = 0; l < t->problem->layers; l++) forward(&layers[l], l > 0 ? layers[l - 1].a : x);
    const double cost = bench_cost(last->a, y, last->delta, last->out);
    bench_slope(last->activation, last->a, last->delta, last->out);
    for (size_t l = t->problem->layers; l-- > 1;) backward(&layers[l], &layers[l - 1]);
    for (size_t l = 0; l < t->problem->layers; l++) add_gradient(&layers[l], l > 0 ? layers[l - 1].a : x);
    return cost;
}

static void descend(loops *t, double rate)
{
    double *restrict parameters = t->parameters;
    const double *restrict gradient = t->gradient;
    for (size_t k = 0; k < t->count; k++) parameters[k] -= rate * gradient[k];
}

static double step(void *instance, const size_t *which)
{
    loops *t = instance;
    const bench_problem *p = t->problem;
    const size_t inputs = p->widths[0], outputs = p->widths[p->layers];
    double cost = 0;
    memset(t->gradient, 0, t->count * sizeof *t->gradient);
    for (size_t s = 0; s < p->batch; s++) cost += train_sample(t, p->x + which[s] * inputs, p->y + which[s] * outputs);
    descend(t, p->rate / (double)p->batch);
    return cost / (double)p->batch;
}

const bench_trainer bench_loops = {"textbook loops", BENCH_CHECKED, 1e-9, NULL, begin, put, step, get, end};
