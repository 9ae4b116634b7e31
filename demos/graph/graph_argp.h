/* SPDX-License-Identifier: MIT */
/* The options of the command line that ask for the graph of an explanation: a child parser whose input is a
 * graph_options. */
#ifndef DEMOS_GRAPH_ARGP_H
#define DEMOS_GRAPH_ARGP_H

#include "explanation.h"

#include <argp.h>

enum { GRAPH_DOT, GRAPH_SVG, GRAPH_PNG, GRAPH_FORMATS };

/* All 0: nothing is asked for. */
typedef struct graph_options {
    const char *path[GRAPH_FORMATS]; /* NULL: not asked for; empty: standard output */
    bool all_nodes;
} graph_options;

extern const struct argp graph_argp;

/* Whether any option asks for the graph. */
bool graph_is_wanted(const graph_options *o);

/* The option that asks for the graph on standard output, "--dot"; NULL: none does. */
const char *graph_on_output(const graph_options *o);

/* Writes what was asked for, each whole or not at all; ends the program with a message where one cannot be. */
void graph_options_write(const graph_options *o, const explanation *x, int digits);

#endif
