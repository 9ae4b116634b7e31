/* SPDX-License-Identifier: MIT */
/* Gradients timed: chainrule beside plain double code, hand-written gradients and ADOL-C. */
#include "bench.h"

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

static const char doc[] = "Times the gradients of design.md's figures by chainrule, by hand and by ADOL-C.\v"
                          "Medians over rounds. The exit status is 0 when all gradients agree.";

static bool wanted(const bench_task *task, const bench_options *o) { return bench_wanted(task->title, o); }

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
    return result_of(task, tool)->timing.median_ns / (double)task->operations;
}

static void figure_ns(const char *what, double limit, const bench_task *task, const char *tool, const bench_options *o)
{
    if (wanted(task, o)) bench_print_figure(what, limit, ns_per_operation(task, tool), "ns/op");
}

static void figure_ratio(const char *what, double limit, const bench_task *task, const char *hand,
                         const bench_options *o)
{
    if (!wanted(task, o)) return;
    const double ours = ns_per_operation(task, "chainrule, weighted sums");
    bench_print_figure(what, limit, ours / ns_per_operation(task, hand), "x hand");
}

static void figure_first_call(const char *what, const bench_task *task, const char *tool, const bench_options *o)
{
    if (!wanted(task, o)) return;
    const bench_probe *probe = &result_of(task, tool)->probe;
    bench_print_figure(what, 3, probe->first_ns / probe->warm_ns, "x warm");
}

static void print_figures(const bench_options *o)
{
    static const char ours[] = "chainrule", layers[] = "chainrule, weighted sums";
    static const char simd[] = "hand-written, SIMD", strict[] = "hand-written, strict loops";
    bench_print_figures_head();
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
static void probe_all(const bench_options *o)
{
    for (size_t i = 0; i < TASKS; i++)
        for (size_t k = 0; k < tasks[i]->tools_count && wanted(tasks[i], o); k++)
            results[i][k].probed = bench_probe_tool(&tasks[i]->tools[k], o->plan.probes, &results[i][k].probe);
}

int main(int argc, char **argv)
{
    bench_options o = {{21, 5, 1.5e6}, false, NULL};
    bool good = true;
    bench_parse(argc, argv, doc, &o);
    bench_print_machine();
#ifndef HAVE_ADOLC
    printf("ADOL-C was not there when this was built (Debian: libadolc-dev): its lines are left out.\n");
#endif
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
