/* SPDX-License-Identifier: MIT */
/* Derivatives timed beside what they are made of: tangents beside evaluation, second derivatives beside a gradient, a
 * Jacobian beside one gradient for each output. */
#include "bench.h"

#include <autodiff/derivatives.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Times directional, second and matrix derivatives beside recording, evaluation and gradients.\v"
    "Medians over rounds. The exit status is 0 when all agree.";

enum { MOST_INPUTS = 1 << 15, MOST_WAYS = 16, DIRECTIONS = 8, SIDE = 100, LAYERS = 2, FEW_INPUTS = 400 };

/* A recorded function, and room for its derivatives. */
typedef struct function {
    const char *title;
    const bench_task *task; /* NULL: a map from SIDE to SIDE numbers */
    size_t tool;
    ad_var (*record)(const void *instance);
    void (*record_map)(struct function *f);
    ad_tape *tape;
    const void *instance;
    ad_span x, y;
} function;

/* One of the things timed. */
typedef struct way {
    const char *name;
    void (*run)(function *f);
} way;

static double direction[DIRECTIONS * MOST_INPUTS], along[DIRECTIONS * SIDE], by_gradients[SIDE * SIDE],
    jacobian[SIDE * SIDE], unit[SIDE * SIDE], transposed[SIDE * SIDE], hessian_along[MOST_INPUTS],
    hessian_of_few[FEW_INPUTS * FEW_INPUTS];

/* ------------------------------------------------------------------------------- one output */

static void set_out(function *f, ad_var out)
{
    f->tape = out.tape;
    f->y = ad_run(out, 1);
    f->x = ad_run(ad_node_at(out.tape, 0), f->task->inputs);
}

static void record(function *f) { set_out(f, f->record(f->instance)); }
static void evaluate(function *f) { ad_reevaluate(f->tape, NULL); }
static void sweep(function *f) { ad_backward(ad_at(f->y, 0)); }

static void gradient(function *f)
{
    record(f);
    sweep(f);
}

static void one_direction(function *f) { ad_jvp(f->y, f->x, direction, 1, along); }
static void many_directions(function *f) { ad_jvp(f->y, f->x, direction, DIRECTIONS, along); }
static void hessian_vector(function *f) { ad_hvp(ad_at(f->y, 0), f->x, direction, 1, hessian_along); }
static void hessian(function *f) { ad_hessian(ad_at(f->y, 0), f->x, hessian_of_few); }

static const way ways_of_functions[] = {
    {"record", record},
    {"evaluate again", evaluate},
    {"sweep", sweep},
    {"gradient: record and sweep", gradient},
    {"one direction", one_direction},
    {"eight directions", many_directions},
    {"Hessian-vector product", hessian_vector},
    {"Hessian", hessian},
};
enum { WITHOUT_HESSIAN = sizeof ways_of_functions / sizeof *ways_of_functions - 1 };

static bool directions_agree(const function *f)
{
    double expected = 0, size = 0;
    const double *g = ad_grads(f->x);
    for (size_t d = 0; d < DIRECTIONS; d++) {
        expected = size = 0;
        for (size_t k = 0; k < f->x.count; k++) {
            expected += g[k] * direction[d * f->x.count + k];
            size += fabs(g[k] * direction[d * f->x.count + k]);
        }
        if (!(fabs(along[d] - expected) <= 1e-12 * size)) return false;
    }
    return true;
}

/* The product with the Hessian beside the difference of gradients along the direction, and beside the Hessian where
 * that is not too large. */
static bool second_derivatives_agree(function *f)
{
    const size_t n = f->x.count;
    double *difference = bench_allocate(2 * n * sizeof *difference), *by_rows = difference + n;
    const double h = 1e-5;
    for (int side = -1; side <= 1; side += 2) {
        double *values = ad_set_in_place(f->x);
        for (size_t k = 0; k < n; k++) values[k] += side * h * direction[k];
        evaluate(f);
        sweep(f);
        for (size_t k = 0; k < n; k++) difference[k] += side * ad_grads(f->x)[k] / (2 * h);
        values = ad_set_in_place(f->x);
        for (size_t k = 0; k < n; k++) values[k] -= side * h * direction[k];
    }
    evaluate(f);
    hessian_vector(f);
    bool good = bench_difference(hessian_along, difference, n) <= 1e-3;
    if (n <= FEW_INPUTS) {
        hessian(f);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++) by_rows[i] += hessian_of_few[i * n + k] * direction[k];
        good = good && bench_difference(hessian_along, by_rows, n) <= 1e-9;
    }
    free(difference);
    return good;
}

/* ----------------------------------------------------------------------------------- maps */

static void start_map(function *f)
{
    if (f->tape == NULL) f->tape = ad_tape_new();
    ad_tape_reset(f->tape);
}

/* y_i = tanh(sum_k w_ik x_k), each product and each sum a node. */
static void record_op_by_op(function *f)
{
    start_map(f);
    ad_var y[SIDE];
    f->x = ad_leaves(f->tape, direction, SIDE);
    for (size_t i = 0; i < SIDE; i++) {
        ad_var sum = ad_mul(ad_const(0.1 * bench_number(i * SIDE)), ad_at(f->x, 0));
        for (size_t k = 1; k < SIDE; k++)
            sum = ad_add(sum, ad_mul(ad_const(0.1 * bench_number(i * SIDE + k)), ad_at(f->x, k)));
        y[i] = ad_tanh(sum);
    }
    f->y = ad_gather(f->tape, y, SIDE);
}

static void record_layers(function *f)
{
    static double weights[LAYERS * SIDE * SIDE];
    start_map(f);
    for (size_t k = 0; k < LAYERS * SIDE * SIDE; k++) weights[k] = 0.1 * bench_number(k);
    const ad_span w = ad_leaves(f->tape, weights, LAYERS * SIDE * SIDE);
    f->x = f->y = ad_leaves(f->tape, direction, SIDE);
    for (size_t l = 0; l < LAYERS; l++)
        f->y = ad_each(AD_OP_TANH, ad_weighted_sums(ad_slice(w, l * SIDE * SIDE, SIDE * SIDE), f->y));
}

static void one_gradient_each(function *f)
{
    for (size_t i = 0; i < SIDE; i++) {
        ad_backward(ad_at(f->y, i));
        memcpy(by_gradients + i * SIDE, ad_grads(f->x), SIDE * sizeof *by_gradients);
    }
}

static void by_rows(function *f) { ad_jacobian(f->y, f->x, jacobian); }
static void by_columns(function *f) { ad_jvp(f->y, f->x, unit, SIDE, transposed); }

static const way ways_of_maps[] = {
    {"100 gradients: a sweep each", one_gradient_each},
    {"Jacobian", by_rows},
    {"the same by columns", by_columns},
};

static bool jacobians_agree(void)
{
    for (size_t i = 0; i < SIDE; i++)
        for (size_t k = 0; k < SIDE; k++)
            if (!(fabs(transposed[k * SIDE + i] - by_gradients[i * SIDE + k]) <= 1e-14)) return false;
    return bench_difference(jacobian, by_gradients, SIDE * SIDE) <= 1e-12;
}

/* --------------------------------------------------------------------------------- timing */

typedef struct measurement {
    function *function;
    const way *ways;
    size_t repeats[MOST_WAYS];
} measurement;

static double time_way(void *user, size_t k)
{
    const measurement *m = user;
    const double start = bench_now_ns();
    for (size_t j = 0; j < m->repeats[k]; j++) m->ways[k].run(m->function);
    return (bench_now_ns() - start) / (double)m->repeats[k];
}

static bool measure(function *f, const way *ways, size_t count, const bench_plan *plan, bench_timing *timings)
{
    measurement m = {f, ways, {0}};
    for (size_t k = 0; k < count; k++) {
        m.repeats[k] = 2;
        const double repeats = plan->block_ns / time_way(&m, k);
        m.repeats[k] = repeats < 1 ? 1 : repeats > 1e6 ? 1000000 : (size_t)repeats;
    }
    return bench_interleave(count, plan->rounds, time_way, &m, timings);
}

static void print(const function *f, const way *ways, size_t count, const bench_timing *timings, size_t references)
{
    printf("%s: %zu nodes\n", f->title, ad_tape_stats(f->tape).nodes);
    for (size_t k = 0; k < count; k++) {
        printf("  %-28s %12.3f %12.3f", ways[k].name, timings[k].median_ns / 1e3, timings[k].least_ns / 1e3);
        for (size_t j = 0; j < references; j++) printf(" %8.2f", timings[k].median_ns / timings[j].median_ns);
        printf("\n");
    }
    printf("\n");
    fflush(stdout);
}

/* ------------------------------------------------------------------------------------------ main */

static function functions[] = {
    {.title = "2-16-16-1, tanh, op by op", .task = &bench_small, .tool = 3, .record = bench_network_record},
    {.title = "2-16-16-1 by layers", .task = &bench_layers_small, .tool = 3, .record = bench_layers_record},
    {.title = "Gaussian mixture", .task = &bench_mixture, .tool = 2, .record = bench_mixture_record},
    {.title = "784-30-10, op by op", .task = &bench_big, .tool = 3, .record = bench_network_record},
    {.title = "784-30-10 by layers", .task = &bench_layers, .tool = 3, .record = bench_layers_record},
};

static function maps[] = {
    {.title = "100 to 100, tanh of sums of products, op by op", .record_map = record_op_by_op},
    {.title = "100-100-100 by layers, tanh, by its inputs", .record_map = record_layers},
};

static bool time_function(function *f, const bench_plan *plan)
{
    enum { WAYS = sizeof ways_of_functions / sizeof *ways_of_functions };
    bench_timing timings[WAYS];
    const size_t ways = f->task->inputs <= FEW_INPUTS ? WAYS : WITHOUT_HESSIAN;
    const bench_tool *tool = &f->task->tools[f->tool];
    f->task->prepare();
    f->instance = tool->open(tool->with);
    tool->restart(f->instance);
    gradient(f);
    bool good = measure(f, ways_of_functions, ways, plan, timings);
    print(f, ways_of_functions, ways, timings, 4);
    gradient(f);
    one_direction(f);
    good = good && ad_tape_error(f->tape) == AD_OK && directions_agree((many_directions(f), f));
    good = good && second_derivatives_agree(f);
    if (!good) printf("%s: derivatives are WRONG\n", f->title);
    tool->close(f->instance);
    return good;
}

static bool time_map(function *f, const bench_plan *plan)
{
    enum { WAYS = sizeof ways_of_maps / sizeof *ways_of_maps };
    bench_timing timings[WAYS];
    f->record_map(f);
    bool good = measure(f, ways_of_maps, WAYS, plan, timings);
    print(f, ways_of_maps, WAYS, timings, 1);
    good = good && ad_tape_error(f->tape) == AD_OK && jacobians_agree();
    if (!good) printf("%s: Jacobians are WRONG\n", f->title);
    ad_tape_free(f->tape);
    return good;
}

int main(int argc, char **argv)
{
    bench_options o = {{21, 5, 1.5e6}, false, NULL};
    bool good = true;
    bench_parse(argc, argv, doc, &o);
    bench_print_machine();
    for (size_t k = 0; k < DIRECTIONS * MOST_INPUTS; k++) direction[k] = bench_number(500000 + k);
    for (size_t k = 0; k < SIDE; k++) unit[k * SIDE + k] = 1;
    printf("\nMicroseconds, median and least of the rounds; ratios of medians to recording, to evaluating again, to a\n"
           "sweep and to a gradient\n\n");
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        if (bench_wanted(functions[k].title, &o)) good = time_function(&functions[k], &o.plan) && good;
    printf("Ratios to 100 gradients\n\n");
    for (size_t k = 0; k < sizeof maps / sizeof *maps; k++)
        if (bench_wanted(maps[k].title, &o)) good = time_map(&maps[k], &o.plan) && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
