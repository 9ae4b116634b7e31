/* SPDX-License-Identifier: MIT */
/* The options of the benchmarks. */
#include "bench.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

static error_t take_option(int key, char *text, struct argp_state *state)
{
    bench_options *o = state->input;
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

void bench_parse(int argc, char **argv, const char *doc, bench_options *options)
{
    static const struct argp_option known[] = {
        {"quick", 'q', NULL, 0, "One round and one call each: shows that everything runs and agrees, not how fast", 0},
        {"rounds", 'r', "N", 0, "Rounds; each takes all tools of a task in turn (default 21)", 0},
        {"task", 't', "TEXT", 0, "Only the tasks whose names contain TEXT", 0},
        {0},
    };
    const struct argp parser = {.options = known, .parser = take_option, .doc = doc};
    argp_parse(&parser, argc, argv, 0, NULL, options);
}

bool bench_wanted(const char *title, const bench_options *options)
{
    return options->only == NULL || strstr(title, options->only) != NULL;
}
