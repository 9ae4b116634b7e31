/* SPDX-License-Identifier: MIT */
/* Gradients timed: chainrule beside plain double code, hand-written gradients and ADOL-C. */
#include "bench.h"

#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those of few inputs first: once it has seen many, ADOL-C is slower ever after. */
static const bench_task *const tasks[] = {
    &bench_small,        &bench_small_relu,        &bench_product, &bench_mixture,      &bench_big,
    &bench_layers_small, &bench_layers_small_relu, &bench_layers,  &bench_layers_batch,
};
enum { TASKS = sizeof tasks / sizeof *tasks, MOST_TOOLS = 16 };
static bench_result results[TASKS][MOST_TOOLS];

typedef struct options {
    bench_plan plan;
    bool quick;
    const char *only;
} options;

static error_t take_option(int key, char *text, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'q':
        o->plan = (bench_plan){1, 1, 0};
        o->quick = true;
        return 0;
    case 'r':
        o->plan.rounds = strtoul(text, NULL, 10);
        if (o->plan.rounds == 0) argp_error(state, "rounds are counted from 1, not '%s'", text);
        return 0;
    case 't': o->only = text; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option known_options[] = {
    {"quick", 'q', NULL, 0, "One round and one call each: shows that everything runs and agrees, not how fast", 0},
    {"rounds", 'r', "N", 0, "Rounds; each takes all tools of a task in turn (default 21)", 0},
    {"task", 't', "TEXT", 0, "Only the tasks whose names contain TEXT", 0},
    {0},
};
static const struct argp parser = {
    .options = known_options,
    .parser = take_option,
    .doc = "Times the gradients of design.md's figures by chainrule, by hand and by ADOL-C.\v"
           "Medians over rounds. The exit status is 0 when all gradients agree.",
};

static bool wanted(const bench_task *task, const options *o)
{
    return o->only == NULL || strstr(task->title, o->only) != NULL;
}

/* ---------------------------------------------------------------------------------- the figures */

static const bench_result *result_of(const bench_task *task, const char *tool)
{
    for (size_t i = 0; i < TASKS; i++)
        for (size_t k = 0; k < task->tools_count; k++)
            if (tasks[i] == task && strcmp(task->tools[k].name, tool) == 0) return &results[i][k];
    return NULL;
}

static double ns_per_operation(const bench_task *task, const char *tool)
{
    return result_of(task, tool)->ns / (double)task->operations;
}

static void figure_ns(const char *what, double limit, const bench_task *task, const char *tool, const options *o)
{
    if (wanted(task, o)) bench_print_figure(what, limit, ns_per_operation(task, tool), "ns/op");
}

static void figure_ratio(const char *what, double limit, const bench_task *task, const char *hand, const options *o)
{
    if (!wanted(task, o)) return;
    const double ours = ns_per_operation(task, "chainrule, weighted sums");
    bench_print_figure(what, limit, ours / ns_per_operation(task, hand), "x hand");
}

static void figure_first_call(const char *what, const bench_task *task, const char *tool, const options *o)
{
    if (!wanted(task, o)) return;
    const bench_probe *probe = &result_of(task, tool)->probe;
    bench_print_figure(what, 3, probe->first_ns / probe->warm_ns, "x warm");
}

static void print_figures(const options *o)
{
    static const char ours[] = "chainrule", layers[] = "chainrule, weighted sums";
    static const char simd[] = "hand-written, SIMD", strict[] = "hand-written, strict loops";
    printf("\nThe figures of design.md:\n  %-55s %6s %8s %-6s %s\n", "", "wanted", "measured", "", "reached");
    figure_ns("record + sweep, product", 9, &bench_product, ours, o);
    figure_ns("record + sweep, mixture", 5, &bench_mixture, ours, o);
    figure_ns("record + sweep, 784-30-10 as scalar products", 5, &bench_big, ours, o);
    figure_ns("record + sweep, 2-16-16-1, tanh", 5, &bench_small, ours, o);
    figure_ns("record + sweep, 2-16-16-1, relu", 5, &bench_small_relu, ours, o);
    figure_ratio("784-30-10 by weighted sums, one sample, to SIMD", 1.3, &bench_layers, simd, o);
    figure_ratio("784-30-10 by weighted sums, 10 samples, to SIMD", 1.3, &bench_layers_batch, simd, o);
    figure_ns("784-30-10 by weighted sums, one sample", 0.2, &bench_layers, layers, o);
    figure_ns("784-30-10 by weighted sums, 10 samples", 0.2, &bench_layers_batch, layers, o);
    figure_ratio("2-16-16-1 by weighted sums, tanh, to strict loops", 1.2, &bench_layers_small, strict, o);
    figure_ratio("2-16-16-1 by weighted sums, relu, to strict loops", 1.2, &bench_layers_small_relu, strict, o);
    figure_ratio("2-16-16-1 by weighted sums, tanh, to SIMD", 1.2, &bench_layers_small, simd, o);
    figure_ratio("2-16-16-1 by weighted sums, relu, to SIMD", 1.2, &bench_layers_small_relu, simd, o);
    if (wanted(&bench_mixture, o))
        bench_print_figure("bytes per operation, mixture", 25,
                           (double)result_of(&bench_mixture, ours)->probe.stats.bytes_used /
                               (double)bench_mixture.operations,
                           "bytes");
    figure_first_call("first call, fresh tape, product", &bench_product, ours, o);
    figure_first_call("first call, fresh tape, mixture", &bench_mixture, ours, o);
    figure_first_call("first call, fresh tape, 784-30-10 as scalar products", &bench_big, ours, o);
    figure_first_call("first call, fresh tape, 2-16-16-1", &bench_small, ours, o);
    figure_first_call("first call, fresh tape, 784-30-10 by weighted sums", &bench_layers, layers, o);
}

/* ------------------------------------------------------------------------------------------ main */

/* Before anything else has used memory. */
static void probe_all(const options *o)
{
    for (size_t i = 0; i < TASKS; i++)
        for (size_t k = 0; k < tasks[i]->tools_count && wanted(tasks[i], o); k++)
            results[i][k].probed = bench_probe_tool(&tasks[i]->tools[k], o->plan.probes, &results[i][k].probe);
}

int main(int argc, char **argv)
{
    options o = {{21, 5, 1.5e6}, false, NULL};
    bool good = true;
    argp_parse(&parser, argc, argv, 0, NULL, &o);
    bench_print_machine();
    for (size_t i = 0; i < TASKS; i++) tasks[i]->prepare();
    probe_all(&o);
    bench_print_head();
    for (size_t i = 0; i < TASKS; i++) {
        if (!wanted(tasks[i], &o)) continue;
        good = bench_measure(tasks[i], &o.plan, results[i]) && good;
        bench_print_task(tasks[i], results[i]);
    }
    bench_print_memory_head();
    for (size_t i = 0; i < TASKS; i++)
        if (wanted(tasks[i], &o)) bench_print_memory(tasks[i], results[i]);
    if (!o.quick) print_figures(&o);
    if (!good) printf("\nSome gradients are WRONG.\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
