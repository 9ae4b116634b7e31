/* SPDX-License-Identifier: MIT */
/* What the files of a graph share. */
#ifndef DEMOS_GRAPH_PARTS_H
#define DEMOS_GRAPH_PARTS_H

#include "graph.h"
#include "print.h"

/* graph_fold.c: the boxes, without the names of those of one node. */
void fold_nodes(graph *g);
void unfold_nodes(graph *g);

/* graph.c: the columns that a number of so many digits may take. */
size_t number_columns(int digits);

/* graph_dot.c: the graph in Graphviz' language, with texts and colours, or with sizes alone. */
void graph_print_bare_dot(FILE *to, const graph *g);

#endif
