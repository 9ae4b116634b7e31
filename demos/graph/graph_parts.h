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

/* How wide the number of an edge may be, in points. */
enum { EDGE_FONT_SIZE = 9 };
double number_room(const graph *g);

typedef struct span {
    double from, to;
} span;

/* The centre of a layer's first neuron, and how far apart they are. */
typedef struct row_heights {
    double first, pitch;
} row_heights;

/* Columns count from 1. */
typedef struct grid {
    graph *g;
    row_heights *heights; /* of each layer */
    double middle;        /* of all layers */
    double box;           /* the height of the highest box */
    span *columns;
    size_t *column_of; /* of each box; 0: it has no place */
    size_t column;     /* that is being filled */
    double x, widest;  /* where it begins, and its widest box */
    double below;      /* the height of the lowest edge */
    size_t *leaving;   /* edges from each box that go straight to the next column */
} grid;

/* The way of what comes to neuron j of layer l from neuron k of the layer before. */
double passage_at(const grid *d, size_t l, size_t j, size_t k);

/* graph_route.c: the edges, once the boxes have places. */
void route_on_grid(grid *d);

/* graph_dot.c: the graph in Graphviz' language, with texts and colours, or with sizes alone. */
void graph_print_bare_dot(FILE *to, const graph *g);

#endif
