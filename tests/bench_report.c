/* SPDX-License-Identifier: MIT */
/* What the benchmark prints. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

/* How the benchmark was compiled; told by the build. */
#ifndef BENCH_FLAGS
#define BENCH_FLAGS "flags unknown"
#endif

static void print_processor(void)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = '\0';
            printf("%s", strchr(line, ':') + 2);
            found = true;
        }
    if (!found) printf("processor unknown");
    if (file != NULL) fclose(file);
}

void bench_print_machine(void)
{
    print_processor();
#ifdef __VERSION__
    printf("; compiler %s", __VERSION__);
#endif
    printf("; %s\n", BENCH_FLAGS);
}

void bench_print_head(void)
{
    printf("\nns per scalar operation of the function, median and least of the rounds; ratios of\n"
           "medians to plain double code, which computes the value alone, and to the gradients\n"
           "written by hand; largest relative difference from the strict one of these\n\n"
           "%-30s %8s %8s %8s %8s %8s %8s\n",
           "", "ns/op", "least", "x plain", "x hand", "x SIMD", "differs");
}

static double ns_of(const bench_task *task, const bench_result *results, bench_kind kind)
{
    for (size_t k = 0; k < task->tools_count; k++)
        if (task->tools[k].kind == kind) return results[k].timing.median_ns;
    return 0;
}

static void print_ratio(double ns, double of)
{
    if (of > 0) printf(" %8.2f", ns / of);
    else printf(" %8s", "");
}

void bench_print_task(const bench_task *task, const bench_result *results)
{
    const double plain = ns_of(task, results, BENCH_VALUE), hand = ns_of(task, results, BENCH_HAND);
    const double simd = ns_of(task, results, BENCH_HAND_MORE);
    printf("%s: %zu operations", task->title, task->operations / task->samples);
    printf(task->samples > 1 ? " a sample\n" : "\n");
    for (size_t k = 0; k < task->tools_count; k++) {
        printf("  %-28s %8.3f %8.3f", task->tools[k].name, results[k].timing.median_ns / (double)task->operations,
               results[k].timing.least_ns / (double)task->operations);
        print_ratio(results[k].timing.median_ns, plain);
        print_ratio(results[k].timing.median_ns, hand);
        print_ratio(results[k].timing.median_ns, simd);
        printf(" %8.1e%s\n", results[k].difference, results[k].agrees ? "" : "  WRONG");
    }
    printf("\n");
    fflush(stdout);
}

void bench_print_memory_head(void)
{
    printf("Each in processes of its own: bytes per operation on the tape, adjoints included, and\n"
           "held from the allocator; growth of resident memory at its peak; a gradient from a fresh\n"
           "tape on (code warm, memory fresh), and from a fresh process on, to the same with memory kept\n\n"
           "%-30s %8s %8s %8s %8s %8s\n",
           "", "bytes/op", "held/op", "peak MB", "x first", "x process");
}

static bool worth_a_line(const bench_tool *tool)
{
    return tool->kind == BENCH_PEER || tool->kind == BENCH_OURS || tool->kind == BENCH_OURS_EACH;
}

void bench_print_memory(const bench_task *task, const bench_result *results)
{
    const double operations = (double)task->operations;
    printf("%s\n", task->title);
    for (size_t k = 0; k < task->tools_count; k++) {
        const bench_probe *probe = &results[k].probe;
        if (!worth_a_line(&task->tools[k]) || !results[k].probed) continue;
        printf("  %-28s", task->tools[k].name);
        if (probe->stats.nodes > 0)
            printf(" %8.2f %8.2f", (double)probe->stats.bytes_used / operations,
                   (double)probe->stats.bytes_reserved / operations);
        else printf(" %8s %8s", "", "");
        printf(" %8.2f", probe->peak_bytes / 1e6);
        if (task->tools[k].open != NULL) printf(" %8.2f", probe->first_ns / probe->warm_ns);
        else printf(" %8s", "");
        printf(" %8.2f\n", probe->process_ns / probe->warm_ns);
    }
    fflush(stdout);
}

void bench_print_figures_head(void)
{
    printf("\nThe figures of design.md:\n  %-55s %6s %8s %-6s %s\n", "", "wanted", "measured", "", "reached");
}

void bench_print_figure(const char *what, double wanted, double measured, const char *unit)
{
    printf("  %-55s %6.2f %8.3f %-6s %s\n", what, wanted, measured, unit, measured <= wanted ? "yes" : "no");
}
