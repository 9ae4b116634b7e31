/* SPDX-License-Identifier: MIT */
/* What the benchmarks share, and what the files of the gradient benchmark do.
 *
 * A *task* is a function with inputs, data and a count of scalar operations, the same for all tools. A *tool*
 * computes the value of the function, or the value and the gradient, in one call of `run`. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <autodiff/autodiff.h>

#include <stdbool.h>
#include <stddef.h>

typedef enum bench_kind {
    BENCH_VALUE,     /* plain double code: no gradient */
    BENCH_HAND,      /* a hand-written gradient: what the gradients of the others are compared with */
    BENCH_HAND_MORE, /* another one */
    BENCH_PEER,      /* another library */
    BENCH_OURS,      /* a tape; the instance starts with it */
    BENCH_OURS_EACH  /* the same, one node for each scalar operation */
} bench_kind;

typedef struct bench_tool {
    const char *name;
    bench_kind kind;
    /* Returns the value; *gradient is where the gradient stands until the next call, if the tool computes one. */
    double (*run)(const void *instance, const double **gradient);
    /* A fresh instance made with `with`, and its end. Where the functions are NULL, `with` is the instance. */
    const void *(*open)(const void *with);
    void (*close)(const void *instance);
    const void *with;
    /* Comes first: makes the instance's tape, or empties it, and records what stays (NULL: there is none). */
    void (*restart)(const void *instance);
} bench_tool;

typedef struct bench_task {
    const char *key, *title;
    size_t operations; /* scalar operations of the function, all samples of a call together */
    size_t samples;    /* gradients added up in a call */
    size_t inputs;
    void (*prepare)(void); /* makes the data */
    size_t tools_count;
    const bench_tool *tools;
} bench_task;

/* A tool in a process of its own. */
typedef struct bench_probe {
    double process_ns; /* restart and call, the first in the process */
    double first_ns;   /* the first of a second instance beside the first: code warm, memory fresh */
    double warm_ns;    /* the median of those after that */
    double peak_bytes; /* what the resident memory grew by with one instance, at its peak */
    ad_stats stats;    /* of the tape, after the last call */
} bench_probe;

typedef struct bench_timing {
    double median_ns, least_ns;
} bench_timing;

typedef struct bench_result {
    bench_timing timing; /* of one call */
    double difference;   /* of the gradient, relative, the largest */
    bench_probe probe;
    bool probed, agrees;
} bench_result;

typedef struct bench_plan {
    size_t rounds, probes;
    double block_ns; /* a measurement repeats calls for about so long */
} bench_plan;

typedef struct bench_options {
    bench_plan plan;
    bool quick;       /* one round and as few calls as there can be */
    const char *only; /* of the tasks, those whose titles contain this; NULL: all */
} bench_options;

/* bench_options.c */
void bench_parse(int argc, char **argv, const char *doc, bench_options *options); /* exits on --help and mistakes */
bool bench_wanted(const char *title, const bench_options *options);

/* bench_measure.c */
double bench_now_ns(void);
double bench_median(double *values, size_t n);
void *bench_allocate(size_t size); /* zeroed, on cache lines; ends the program when there is no memory */
/* Calls block(user, tool), which returns the time of a measurement, for all tools in turn, round after round; fills
 * timings[k] for tool k. False when there is no memory. */
bool bench_interleave(size_t tools, size_t rounds, double (*block)(void *user, size_t tool), void *user,
                      bench_timing *timings);
/* The largest difference of x from y, relative; to elements far below the largest one, relative to 1/1000 of it,
 * because they are what is left of larger numbers. */
double bench_difference(const double *x, const double *y, size_t n);
/* In a process of its own; the median of `times` such. False when that failed. */
bool bench_probe_tool(const bench_tool *tool, size_t times, bench_probe *probe);
/* Fills results[k] for tool k: all tools in turn, round after round. False when a gradient is wrong. */
bool bench_measure(const bench_task *task, const bench_plan *plan, bench_result *results);

/* bench_report.c */
void bench_print_machine(void);
void bench_print_head(void);
void bench_print_task(const bench_task *task, const bench_result *results);
void bench_print_memory_head(void);
void bench_print_memory(const bench_task *task, const bench_result *results);
void bench_print_figures_head(void);
void bench_print_figure(const char *what, double wanted, double measured, const char *unit);

/* Numbers that look random and are the same in every run: in [-1, 1). */
static inline double bench_number(unsigned long long k)
{
    unsigned long long z = (k + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/* What the tools of chainrule record, on an instance of theirs that was restarted: the inputs are the first leaves. Op
 * by op, and by layers (the first sample). */
ad_var bench_mixture_record(const void *instance);
ad_var bench_network_record(const void *instance);
ad_var bench_layers_record(const void *instance);

extern const bench_task bench_product, bench_mixture;
extern const bench_task bench_big, bench_small, bench_small_relu; /* networks op by op */
extern const bench_task bench_layers, bench_layers_batch, bench_layers_small, bench_layers_small_relu;

#endif
