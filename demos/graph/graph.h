/* SPDX-License-Identifier: MIT */
/* An explanation as a graph to be drawn: boxes and edges, folded where there are too many nodes, with places: a
 * network's are those of its layers; a formula's are where Graphviz puts them. The pictures (graph_dot.c) and the page
 * are made from it.
 *
 * A box is one node, or, where the graph is folded, all nodes of one group (explanation.h); where there are too many
 * groups too, of several layers or levels in a row. Leaves of a formula and its output never share a box with others.
 * An edge leads from an operand to its node, and stands for as many operands as `count` says.
 *
 * Places are in points (1/72 inch), x to the right and y down, from the upper left corner of the graph. They are for
 * text of GRAPH_FONT_SIZE points in a sans-serif font, on lines of GRAPH_LINE points, and each box is wide enough for
 * its texts and for any value and adjoint that `digits` allows. */
#ifndef DEMOS_GRAPH_H
#define DEMOS_GRAPH_H

#include "explanation.h"

enum { GRAPH_FONT_SIZE = 11, GRAPH_LINE = 15, GRAPH_MARGIN = 8 };

/* Graphs with more nodes than GRAPH_MOST_UNFOLDED are folded. Beyond so many boxes, or so many levels that the edges
 * span together, Graphviz is not asked: it would take minutes. */
enum { GRAPH_MOST_UNFOLDED = 60, GRAPH_MOST_BOXES = 2500, GRAPH_MOST_SPANNED = 200000 };

typedef enum graph_folding {
    GRAPH_FOLD_LARGE, /* where there are more than GRAPH_MOST_UNFOLDED nodes */
    GRAPH_FOLD_ALWAYS,
    GRAPH_FOLD_NEVER
} graph_folding;

/* Draw leaves, operations and the output by different shapes. A group has the kind of its nodes. */
typedef enum graph_kind {
    GRAPH_LEAF,
    GRAPH_OPERATION,
    GRAPH_OUTPUT,
    GRAPH_UNRELATED /* the output does not depend on it */
} graph_kind;

typedef struct graph_point {
    double x, y;
} graph_point;

typedef struct graph_box {
    graph_kind kind;
    bool is_group;
    uint32_t node;  /* the node; of a group its first */
    size_t count;   /* nodes that it stands for */
    uint32_t group; /* groups[group], ...: as many as group_count */
    size_t group_count;
    uint32_t frame; /* frames[frame]; as many as there are for none */
    char *name;     /* "z", "weights of layer 1"; owned */
    char *detail;   /* what it is: "w * x", of a group "30 × 64", "1,920 nodes"; empty for a leaf; owned */
    /* Of a group's nodes; NaN where one is no number, and the adjoints' where there was no sweep. */
    double least, largest; /* value */
    double norm;           /* of the adjoints, the root of their sum of squares */
    double x, y;           /* the centre */
    double width, height;
} graph_box;

typedef struct graph_edge {
    uint32_t from, to; /* boxes */
    size_t operand;    /* operands[operand] of the explanation, the first that it stands for */
    size_t count;
    double partial; /* of all of them together, the derivative of `to` by `from`; NaN where a box is a group */
    /* A chain of cubic Bezier curves, 1 + 3 n points, from the border of `from` to that of `to`. */
    graph_point *points;
    size_t point_count;
    graph_point label; /* the centre of a text beside it, as wide as a number; (0, 0) where there is none */
} graph_edge;

/* A frame around the boxes of one layer of a network. */
typedef struct graph_frame {
    char *name; /* "layer 1"; owned */
    size_t layer;
    double x, y, width, height; /* the centre; 0: it has no place */
} graph_frame;

typedef struct graph {
    const explanation *x;
    int digits;
    bool is_folded;
    bool is_on_grid; /* its places are those of its layers, neuron by neuron, and need no Graphviz */
    graph_box *boxes;
    size_t box_count;
    graph_edge *edges;
    size_t edge_count;
    graph_frame *frames;
    size_t frame_count;
    uint32_t *box_of; /* of each node of the explanation */
    size_t spanned;   /* levels, by all edges of a formula's graph together */
    double width, height;
} graph;

/* The explanation must outlive it. Costs time in proportion to the operands. */
void graph_make(graph *g, const explanation *x, graph_folding folding, int digits);
void graph_free(graph *g);

/* Gives a network's boxes and edges their places, layer by layer and neuron by neuron; needs no Graphviz. False: it is
 * no network's graph, or one whose layers share boxes. */
bool graph_place_layers(graph *g);

/* Whether Graphviz would take too long; `why`, to be freed, then says so, and else is NULL. */
bool graph_is_too_large(const graph *g, char **why);

/* Gives everything its place: graph_place_layers, or else Graphviz. Boxes may be made larger before. False: there is no
 * Graphviz, or the graph is too large, or it failed; `advice`, to be freed, then says what to do, as a sentence. Takes
 * seconds for the largest graphs. */
bool graph_lay_out(graph *g, char **advice);

/* In the language of Graphviz, with texts and colours; places too, if graph_place_layers has given them. */
void graph_print_dot(FILE *to, const graph *g);

#endif
