/* SPDX-License-Identifier: MIT */
/* Training timed: chainrule beside textbook loops, OpenBLAS and FANN. */
#include "bench_training.h"
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bench_trainer *const trainers[] = {
    &bench_loops,
#ifdef HAVE_BLAS
    &bench_blas,
#endif
#ifdef HAVE_FANN
    &bench_fann,
#endif
    &bench_each_sample, &bench_whole_batch,
};
enum { TRAINERS = sizeof trainers / sizeof *trainers };

static bench_problem problems[] = {
    /* Their samples do not fit into any cache. */
    {"mnist-30: 784-30-10, sigmoid, batch 10",
     2,
     {784, 30, 10},
     BENCH_SIGMOID,
     BENCH_SIGMOID,
     3.0,
     10000,
     10,
     200,
     "epoch of 50,000",
     50000,
     NULL,
     NULL,
     NULL,
     NULL},
    {"mnist-100: 784-100-10, sigmoid, batch 10",
     2,
     {784, 100, 10},
     BENCH_SIGMOID,
     BENCH_SIGMOID,
     3.0,
     10000,
     10,
     100,
     "epoch of 50,000",
     50000,
     NULL,
     NULL,
     NULL,
     NULL},
    {"digits: 64-32-10, sigmoid, batch 10",
     2,
     {64, 32, 10},
     BENCH_SIGMOID,
     BENCH_SIGMOID,
     1.0,
     1790,
     10,
     358,
     "epoch of 1,790",
     1790,
     NULL,
     NULL,
     NULL,
     NULL},
    {"moons: 2-16-16-1, relu, batch 100",
     3,
     {2, 16, 16, 1},
     BENCH_RELU,
     BENCH_IDENTITY,
     0.05,
     1000,
     100,
     100,
     "step of 100",
     100,
     NULL,
     NULL,
     NULL,
     NULL},
    {"xor: 2-3-1, sigmoid, batch 4",
     2,
     {2, 3, 1},
     BENCH_SIGMOID,
     BENCH_SIGMOID,
     2.0,
     4,
     4,
     4000,
     "epoch of 4",
     4,
     NULL,
     NULL,
     NULL,
     NULL},
};
enum { MNIST_30, MNIST_100, DIGITS, MOONS, XOR, PROBLEMS };

/* ------------------------------------------------------------------------------------------ data */

/* What looks random, in [0, 1). */
static double chance(size_t k) { return (bench_number(k) + 1) / 2; }

/* Images: so large a part of the pixels is not 0, in steps of 1/levels; a class for each. */
static void draw_images(const bench_problem *p, double *x, double *y, double part, double levels)
{
    const size_t pixels = p->widths[0], classes = p->widths[p->layers];
    for (size_t k = 0; k < p->samples * pixels; k++) {
        const double v = chance(k) / part;
        x[k] = v < 1 ? ceil(v * levels) / levels : 0;
    }
    for (size_t s = 0; s < p->samples; s++) y[s * classes + (size_t)(chance(1000 + s) * (double)classes)] = 1;
}

static void draw_moons(const bench_problem *p, double *x, double *y)
{
    for (size_t s = 0; s < p->samples; s++) {
        const bool upper = s % 2 == 0;
        const double angle = acos(-1) * chance(2 * s);
        x[2 * s] = (upper ? cos(angle) : 1 - cos(angle)) + 0.1 * bench_number(5000 + 2 * s);
        x[2 * s + 1] = (upper ? sin(angle) : 0.5 - sin(angle)) + 0.1 * bench_number(5001 + 2 * s);
        y[s] = upper;
    }
}

static void draw_xor(double *x, double *y)
{
    for (size_t s = 0; s < 4; s++) {
        x[2 * s] = (double)(s / 2);
        x[2 * s + 1] = (double)(s % 2);
        y[s] = s == 1 || s == 2;
    }
}

/* Weights within +-sqrt(3 / in), biases 0. */
static double *draw_start(const bench_problem *p)
{
    double *start = bench_allocate(bench_parameters(p) * sizeof *start);
    for (size_t l = 0; l < p->layers; l++) {
        double *w = start + bench_parameters_before(p, l);
        for (size_t k = 0; k < p->widths[l] * p->widths[l + 1]; k++)
            w[k] = sqrt(3 / (double)p->widths[l]) * bench_number(1000000 * (l + 1) + k);
    }
    return start;
}

static size_t *draw_order(size_t n)
{
    size_t *order = bench_allocate(n * sizeof *order);
    for (size_t k = 0; k < n; k++) {
        const size_t other = (size_t)(chance(7000000 + k) * (double)(k + 1));
        order[k] = order[other];
        order[other] = k;
    }
    return order;
}

static void prepare(bench_problem *p)
{
    double *x = bench_allocate(p->samples * p->widths[0] * sizeof *x);
    double *y = bench_allocate(p->samples * p->widths[p->layers] * sizeof *y);
    if (p == &problems[MOONS]) draw_moons(p, x, y);
    else if (p == &problems[XOR]) draw_xor(x, y);
    else if (p == &problems[DIGITS]) draw_images(p, x, y, 0.5, 16);
    else draw_images(p, x, y, 0.2, 255);
    p->x = x;
    p->y = y;
    p->start = draw_start(p);
    p->order = draw_order(p->samples);
}

static void clear(bench_problem *p)
{
    free((double *)p->x);
    free((double *)p->y);
    free((double *)p->start);
    free((size_t *)p->order);
}

/* ------------------------------------------------------------------------------------- agreement */

/* The costs before each of some steps, and how far the parameters went. */
typedef struct trained {
    double *way, costs[BENCH_CHECKED];
} trained;

static trained train_some(const bench_problem *p, const bench_trainer *trainer, void *instance, size_t steps)
{
    const size_t n = bench_parameters(p);
    trained t = {bench_allocate(n * sizeof *t.way), {0}};
    trainer->put(instance, p->start);
    for (size_t s = 0; s < steps; s++) t.costs[s] = trainer->step(instance, p->order + s * p->batch % p->samples);
    trainer->get(instance, t.way);
    for (size_t k = 0; k < n; k++) t.way[k] -= p->start[k];
    return t;
}

typedef struct result {
    bench_timing timing; /* of a sample */
    double difference;   /* of costs and parameters from the first trainer's */
    bool compared, agrees;
} result;

static void check_one(const bench_problem *p, void *const *instances, size_t k, result *r)
{
    const size_t steps = trainers[k]->checked;
    const trained reference = train_some(p, trainers[0], instances[0], steps);
    const trained t = train_some(p, trainers[k], instances[k], steps);
    const double costs = bench_difference(t.costs, reference.costs, steps);
    const double way = bench_difference(t.way, reference.way, bench_parameters(p));
    r->difference = costs > way ? costs : way;
    r->compared = trainers[k]->same == NULL || trainers[k]->same(p);
    r->agrees = !r->compared || r->difference <= trainers[k]->tolerance;
    free(t.way);
    free(reference.way);
}

static bool check(const bench_problem *p, void *const *instances, result *results)
{
    bool good = true;
    for (size_t k = 0; k < TRAINERS; k++) {
        check_one(p, instances, k, &results[k]);
        good = good && results[k].agrees;
    }
    return good;
}

/* ---------------------------------------------------------------------------------------- timing */

typedef struct run {
    const bench_problem *problem;
    void *instances[TRAINERS];
    size_t steps, next; /* the next batch goes on from where the last measurement of any trainer ended */
} run;

static double time_steps(void *user, size_t k)
{
    run *r = user;
    const bench_problem *p = r->problem;
    trainers[k]->put(r->instances[k], p->start);
    const double start = bench_now_ns();
    for (size_t s = 0; s < r->steps; s++) {
        trainers[k]->step(r->instances[k], p->order + r->next);
        r->next = (r->next + p->batch) % p->samples;
    }
    return (bench_now_ns() - start) / (double)(r->steps * p->batch);
}

static bool measure(const bench_problem *p, const bench_options *o, result *results)
{
    run r = {.problem = p, .steps = o->quick ? 1 : p->steps};
    bench_timing timings[TRAINERS];
    for (size_t k = 0; k < TRAINERS; k++) r.instances[k] = trainers[k]->begin(p);
    bool good = check(p, r.instances, results);
    good = bench_interleave(TRAINERS, o->plan.rounds, time_steps, &r, timings) && good;
    for (size_t k = 0; k < TRAINERS; k++) {
        results[k].timing = timings[k];
        trainers[k]->end(r.instances[k]);
    }
    return good;
}

/* ---------------------------------------------------------------------------------------- report */

static void print_notes(void)
{
#ifdef HAVE_BLAS
    printf("OpenBLAS with kernels for %s.\n", bench_blas_kernels());
#else
    printf("OpenBLAS was not there when this was built (Debian: libopenblas-dev): its lines are left out.\n");
#endif
#ifndef HAVE_FANN
    printf("FANN was not there when this was built (Debian: libfann-dev): its lines are left out.\n");
#endif
    printf("\nTraining by plain gradient descent, in doubles, in one thread: ns for each sample, median and least\n"
           "of the rounds; ratio of medians to textbook loops, which are compiled for this machine with every\n"
           "liberty of arithmetic; largest relative difference from their costs and changes of parameters\n"
           "in %d steps (FANN: in 1, because it cuts its sigmoid's slope off; it has no relu)\n\n"
           "%-30s %9s %9s %8s %8s\n",
           BENCH_CHECKED, "", "ns/sample", "least", "x loops", "differs");
}

static void print_time(double ns)
{
    if (ns >= 1e8) printf(" %9.3f s", ns / 1e9);
    else if (ns >= 1e5) printf(" %9.3f ms", ns / 1e6);
    else if (ns >= 1e3) printf(" %9.3f us", ns / 1e3);
    else printf(" %9.1f ns", ns);
}

static void print_problem(const bench_problem *p, const result *results)
{
    printf("%-70s %s\n", p->title, p->unit);
    for (size_t k = 0; k < TRAINERS; k++) {
        const result *r = &results[k];
        printf("  %-28s %9.1f %9.1f %8.2f", trainers[k]->name, r->timing.median_ns, r->timing.least_ns,
               r->timing.median_ns / results[0].timing.median_ns);
        if (r->compared) printf(" %8.1e", r->difference);
        else printf(" %8s", "other");
        print_time(r->timing.median_ns * p->unit_samples);
        printf(r->agrees ? "\n" : "  DISAGREES\n");
    }
    printf("\n");
    fflush(stdout);
}

static double sample_ns(const result *results, const bench_trainer *trainer)
{
    for (size_t k = 0; k < TRAINERS; k++)
        if (trainers[k] == trainer) return results[k].timing.median_ns;
    return (double)NAN;
}

static void figure_ratio(const char *what, double limit, const result *results, const bench_trainer *trainer)
{
    bench_print_figure(what, limit, sample_ns(results, trainer) / sample_ns(results, &bench_loops), "x");
}

static void print_figures(const bench_options *o, result results[][TRAINERS])
{
    static const char *const to_loops[][2] = {
        {"784-30-10, sample by sample, to textbook loops", "784-30-10, batch at once, to textbook loops"},
        {"784-100-10, sample by sample, to textbook loops", "784-100-10, batch at once, to textbook loops"}};
    bench_print_figures_head();
    for (size_t i = MNIST_30; i <= MNIST_100; i++) {
        if (!bench_wanted(problems[i].title, o)) continue;
        figure_ratio(to_loops[i][0], 1.0, results[i], &bench_each_sample);
        figure_ratio(to_loops[i][1], 0.6, results[i], &bench_whole_batch);
    }
    if (bench_wanted(problems[MOONS].title, o))
        bench_print_figure("moons 2-16-16-1, one step of 100 samples", 45,
                           sample_ns(results[MOONS], &bench_whole_batch) * 100 / 1e3, "us");
    if (bench_wanted(problems[XOR].title, o))
        bench_print_figure("xor 2-3-1, one epoch of 4 samples", 500, sample_ns(results[XOR], &bench_whole_batch) * 4,
                           "ns");
}

int main(int argc, char **argv)
{
    static const char doc[] = "Times training by chainrule, textbook loops, OpenBLAS and FANN.\v"
                              "Medians over rounds. The exit status is 0 when all train alike.";
    static result results[PROBLEMS][TRAINERS];
    bench_options o = {.plan = {.rounds = 21}};
    bool good = true;
#ifdef HAVE_BLAS
    bench_blas_start(argv);
#endif
    bench_parse(argc, argv, doc, &o);
    bench_print_machine();
    print_notes();
    for (size_t i = 0; i < PROBLEMS; i++) {
        if (!bench_wanted(problems[i].title, &o)) continue;
        prepare(&problems[i]);
        good = measure(&problems[i], &o, results[i]) && good;
        print_problem(&problems[i], results[i]);
        clear(&problems[i]);
    }
    if (!o.quick) print_figures(&o, results);
    if (!good) printf("\nSome trainers DISAGREE.\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
