/* SPDX-License-Identifier: MIT */
/* Training a batch at once by matrix products of OpenBLAS. The step needs no gradient in memory of its own: the last
 * product goes to the weights. */
#include "bench_training.h"
#include "bench.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct layer {
    size_t in, out;
    bench_activation activation;
    double *w, *b;
    double *a, *delta; /* batch x out */
} layer;

typedef struct blas {
    const bench_problem *problem;
    layer layers[BENCH_MOST_LAYERS];
    double *parameters, *x, *y;
} blas;

/* ------------------------------------------------------------------------------- its environment */

void bench_blas_start(char **arguments)
{
    static const char threads[] = "OPENBLAS_NUM_THREADS", kernels[] = "OPENBLAS_CORETYPE";
    const char *set = getenv(threads);
    if (set != NULL && strcmp(set, "1") == 0 && getenv(kernels) == NULL) return;
    if (setenv(threads, "1", 1) == 0 && unsetenv(kernels) == 0) execv("/proc/self/exe", arguments);
}

const char *bench_blas_kernels(void) { return openblas_get_corename(); }

/* -------------------------------------------------------------------------------------- training */

static double *numbers(size_t n) { return bench_allocate(n * sizeof(double)); }

static void *begin(const bench_problem *problem)
{
    blas *t = bench_allocate(sizeof *t);
    openblas_set_num_threads(1);
    t->problem = problem;
    t->parameters = numbers(bench_parameters(problem));
    t->x = numbers(problem->batch * problem->widths[0]);
    t->y = numbers(problem->batch * problem->widths[problem->layers]);
    for (size_t l = 0; l < problem->layers; l++) {
        const size_t in = problem->widths[l], out = problem->widths[l + 1], at = bench_parameters_before(problem, l);
        t->layers[l] = (layer){in,
                               out,
                               bench_activation_of(problem, l),
                               t->parameters + at,
                               t->parameters + at + in * out,
                               numbers(problem->batch * out),
                               numbers(problem->batch * out)};
    }
    return t;
}

static void end(void *instance)
{
    blas *t = instance;
    for (size_t l = 0; l < t->problem->layers; l++) {
        free(t->layers[l].a);
        free(t->layers[l].delta);
    }
    free(t->parameters);
    free(t->x);
    free(t->y);
    free(t);
}

static void put(void *instance, const double *parameters)
{
    blas *t = instance;
    memcpy(t->parameters, parameters, bench_parameters(t->problem) * sizeof *parameters);
}

static void get(void *instance, double *parameters)
{
    const blas *t = instance;
    memcpy(parameters, t->parameters, bench_parameters(t->problem) * sizeof *parameters);
}

static void gather(double *to, const double *from, const size_t *which, size_t n, size_t width)
{
    for (size_t s = 0; s < n; s++) memcpy(to + s * width, from + which[s] * width, width * sizeof *to);
}

/* c = alpha a b + beta c, where c is rows x columns and the sums are over n products. */
static void product(enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, size_t rows, size_t columns, size_t n,
                    double alpha, const double *a, const double *b, double beta, double *c)
{
    const size_t lda = ta == CblasTrans ? rows : n, ldb = tb == CblasTrans ? n : columns;
    cblas_dgemm(CblasRowMajor, ta, tb, (blasint)rows, (blasint)columns, (blasint)n, alpha, a, (blasint)lda, b,
                (blasint)ldb, beta, c, (blasint)columns);
}

static void forward(const layer *l, const double *x, size_t batch)
{
    for (size_t s = 0; s < batch; s++) memcpy(l->a + s * l->out, l->b, l->out * sizeof *l->a);
    product(CblasNoTrans, CblasTrans, batch, l->out, l->in, 1, x, l->w, 1, l->a);
    bench_activate(l->activation, l->a, batch * l->out);
}

static void backward(const layer *l, const layer *below, size_t batch)
{
    product(CblasNoTrans, CblasNoTrans, batch, l->in, l->out, 1, l->delta, l->w, 0, below->delta);
    bench_slope(below->activation, below->a, below->delta, batch * l->in);
}

static void descend(const layer *l, const double *x, size_t batch, double rate)
{
    double *restrict b = l->b;
    product(CblasTrans, CblasNoTrans, l->out, l->in, batch, -rate, l->delta, x, 1, l->w);
    for (size_t s = 0; s < batch; s++)
        for (size_t j = 0; j < l->out; j++) b[j] -= rate * l->delta[s * l->out + j];
}

static double step(void *instance, const size_t *which)
{
    blas *t = instance;
    const bench_problem *p = t->problem;
    const layer *layers = t->layers, *last = &layers[p->layers - 1];
    const double n = (double)p->batch;
    gather(t->x, p->x, which, p->batch, p->widths[0]);
    gather(t->y, p->y, which, p->batch, last->out);
    for (size_t l = 0; l < p->layers; l++) forward(&layers[l], l > 0 ? layers[l - 1].a : t->x, p->batch);
    const double cost = bench_cost(last->a, t->y, last->delta, p->batch * last->out);
    bench_slope(last->activation, last->a, last->delta, p->batch * last->out);
    for (size_t l = p->layers; l-- > 1;) backward(&layers[l], &layers[l - 1], p->batch);
    for (size_t l = 0; l < p->layers; l++) descend(&layers[l], l > 0 ? layers[l - 1].a : t->x, p->batch, p->rate / n);
    return cost / n;
}

const bench_trainer bench_blas = {"OpenBLAS, batch at once", BENCH_CHECKED, 1e-9, NULL, begin, put, step, get, end};
