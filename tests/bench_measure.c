/* SPDX-License-Identifier: MIT */
/* Timing: tools in turn, round after round, and probes in processes of their own. */
#define _DEFAULT_SOURCE
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TOOLS = 16, WARM_CALLS = 9 };

double bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void *bench_allocate(size_t size)
{
    const size_t line = 64, whole = (size + line - 1) / line * line;
    void *block = aligned_alloc(line, whole);
    if (block == NULL) {
        fputs("no memory\n", stderr);
        exit(1);
    }
    return memset(block, 0, whole);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    if (n == 0) return (double)NAN;
    qsort(values, n, sizeof *values, ascending);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static const void *open_instance(const bench_tool *tool)
{
    return tool->open != NULL ? tool->open(tool->with) : tool->with;
}

static void close_instance(const bench_tool *tool, const void *instance)
{
    if (tool->close != NULL) tool->close(instance);
}

static bool is_ours(const bench_tool *tool) { return tool->kind == BENCH_OURS || tool->kind == BENCH_OURS_EACH; }

static const ad_tape *tape_of(const void *instance) { return *(ad_tape *const *)instance; }

/* ------------------------------------------------------------------------------------- probes */

static double resident_peak(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss * 1024 : (double)NAN;
}

static void restart(const bench_tool *tool, const void *instance)
{
    if (tool->restart != NULL) tool->restart(instance);
}

static double restart_and_call(const bench_tool *tool, const void *instance)
{
    const double *gradient = NULL;
    const double start = bench_now_ns();
    restart(tool, instance);
    tool->run(instance, &gradient);
    return bench_now_ns() - start;
}

static void probe_here(const bench_tool *tool, bench_probe *probe)
{
    const void *one = open_instance(tool), *two = open_instance(tool);
    double warm[WARM_CALLS];
    const double before = resident_peak();
    probe->process_ns = restart_and_call(tool, one);
    restart_and_call(tool, one);
    probe->peak_bytes = resident_peak() - before;
    probe->first_ns = restart_and_call(tool, two);
    for (size_t k = 0; k < WARM_CALLS; k++) warm[k] = restart_and_call(tool, two);
    probe->warm_ns = bench_median(warm, WARM_CALLS);
    if (is_ours(tool)) probe->stats = ad_tape_stats(tape_of(two));
}

static bool probe_once(const bench_tool *tool, bench_probe *probe)
{
    int ends[2], status = 0;
    fflush(NULL);
    if (pipe(ends) != 0) return false;
    const pid_t child = fork();
    if (child == 0) {
        probe_here(tool, probe);
        _exit(write(ends[1], probe, sizeof *probe) == (ssize_t)sizeof *probe ? 0 : 1);
    }
    close(ends[1]);
    const bool complete = child > 0 && read(ends[0], probe, sizeof *probe) == (ssize_t)sizeof *probe;
    close(ends[0]);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 && complete;
}

bool bench_probe_tool(const bench_tool *tool, size_t times, bench_probe *probe)
{
    enum { MOST = 64 };
    double process[MOST], first[MOST], warm[MOST], peak[MOST];
    size_t n = 0;
    memset(probe, 0, sizeof *probe);
    for (; n < times && n < MOST; n++) {
        if (!probe_once(tool, probe)) return false;
        process[n] = probe->process_ns;
        first[n] = probe->first_ns;
        warm[n] = probe->warm_ns;
        peak[n] = probe->peak_bytes;
    }
    probe->process_ns = bench_median(process, n);
    probe->first_ns = bench_median(first, n);
    probe->warm_ns = bench_median(warm, n);
    probe->peak_bytes = bench_median(peak, n);
    return true;
}

/* ------------------------------------------------------------------------------------- rounds */

double bench_difference(const double *x, const double *y, size_t n)
{
    double most = 0, difference = 0;
    for (size_t k = 0; k < n; k++) most = fmax(most, fabs(y[k]));
    for (size_t k = 0; k < n; k++) {
        const double d = fabs(x[k] - y[k]) / fmax(fabs(y[k]), most / 1000);
        if (!(d <= difference)) difference = d;
    }
    return difference;
}

bool bench_interleave(size_t tools, size_t rounds, double (*block)(void *user, size_t tool), void *user,
                      bench_timing *timings)
{
    double *times = calloc(tools * rounds, sizeof *times);
    if (times == NULL) return false;
    for (size_t round = 0; round < rounds; round++)
        for (size_t k = 0; k < tools; k++) times[k * rounds + round] = block(user, k);
    for (size_t k = 0; k < tools; k++) {
        timings[k].median_ns = bench_median(times + k * rounds, rounds);
        timings[k].least_ns = times[k * rounds]; /* the median has sorted them */
    }
    free(times);
    return true;
}

static const double *hand_gradient(const bench_task *task)
{
    const double *gradient = NULL;
    for (size_t k = 0; k < task->tools_count && gradient == NULL; k++)
        if (task->tools[k].kind == BENCH_HAND) task->tools[k].run(task->tools[k].with, &gradient);
    return gradient;
}

static double hand_value(const bench_task *task)
{
    const double *gradient = NULL;
    for (size_t k = 0; k < task->tools_count; k++)
        if (task->tools[k].kind == BENCH_VALUE) return task->tools[k].run(task->tools[k].with, &gradient);
    return (double)NAN;
}

/* One call, its value and gradient compared with the hand-written one's. */
static bool check(const bench_task *task, const bench_tool *tool, const void *instance, bench_result *result)
{
    const double *gradient = NULL, *reference = hand_gradient(task);
    const double value = tool->run(instance, &gradient), expected = hand_value(task);
    result->difference = fabs(value - expected) / fabs(expected);
    if (tool->kind != BENCH_VALUE) {
        const double d = gradient == NULL ? (double)NAN : bench_difference(gradient, reference, task->inputs);
        if (!(d <= result->difference)) result->difference = d;
    }
    result->agrees = result->difference <= 1e-9;
    if (tool->kind == BENCH_OURS_EACH) {
        const ad_stats stats = ad_tape_stats(tape_of(instance));
        if (stats.nodes - stats.leaves == task->operations) return result->agrees;
        printf("%s, %s: %zu operations on the tape, not %zu\n", task->key, tool->name, stats.nodes - stats.leaves,
               task->operations);
        result->agrees = false;
    }
    return result->agrees;
}

static double time_block(const bench_tool *tool, const void *instance, size_t repeats)
{
    const double *gradient = NULL;
    const double start = bench_now_ns();
    for (size_t k = 0; k < repeats; k++) tool->run(instance, &gradient);
    return (bench_now_ns() - start) / (double)repeats;
}

/* How many calls make a block: after two to warm up. */
static size_t calibrate(const bench_tool *tool, const void *instance, double block_ns)
{
    time_block(tool, instance, 2);
    const double repeats = block_ns / time_block(tool, instance, 1);
    return repeats < 1 ? 1 : repeats > 1e6 ? 1000000 : (size_t)repeats;
}

/* What the interleaved rounds of a task need. */
typedef struct measurement {
    const bench_task *task;
    const void *instances[MOST_TOOLS];
    size_t repeats[MOST_TOOLS];
} measurement;

static double time_tool(void *user, size_t k)
{
    const measurement *m = user;
    return time_block(&m->task->tools[k], m->instances[k], m->repeats[k]);
}

bool bench_measure(const bench_task *task, const bench_plan *plan, bench_result *results)
{
    measurement m = {.task = task};
    bench_timing timings[MOST_TOOLS];
    if (task->tools_count > MOST_TOOLS) return false;
    for (size_t k = 0; k < task->tools_count; k++) {
        m.instances[k] = open_instance(&task->tools[k]);
        restart(&task->tools[k], m.instances[k]);
        m.repeats[k] = calibrate(&task->tools[k], m.instances[k], plan->block_ns);
    }
    bool good = bench_interleave(task->tools_count, plan->rounds, time_tool, &m, timings);
    for (size_t k = 0; k < task->tools_count; k++) {
        results[k].timing = timings[k];
        good = check(task, &task->tools[k], m.instances[k], &results[k]) && good;
        close_instance(&task->tools[k], m.instances[k]);
    }
    return good;
}
