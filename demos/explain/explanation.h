/* SPDX-License-Identifier: MIT */
/* The model of an explanation: what the tape holds and what a watched sweep did, copied out of the engine. The text,
 * JSON and graphs are written from it alone. */
#ifndef DEMOS_EXPLANATION_H
#define DEMOS_EXPLANATION_H

#include <autodiff/autodiff.h>

#include <stdio.h>

/* One operand of one node, and what the node's step of the sweep passed on to it. */
typedef struct operand {
    bool is_constant, is_repeated; /* repeated: another operand of the node is the same node */
    uint32_t node;                 /* unless it is a constant */
    double value, partial;
    double contribution, before, after; /* of a node with an adjoint: after = before + contribution */
} operand;

typedef struct node {
    ad_op op;
    const char *op_name;      /* of the operation, also of one that was loaded */
    const char *name;         /* NULL: none */
    const char *label;        /* how texts refer to it: its name, or its number where it has none or a very long one */
    const char *number;       /* "v7" */
    double value, adjoint;    /* adjoint: only where there was a sweep */
    bool output_depends;      /* the output is a function of it */
    bool is_kink, is_skipped; /* in its step of the sweep */
    size_t first, count;      /* operands[first], ... */
    uint32_t group;           /* groups[group] */
    /* By the closed form, for networks; NaN: there is none for this node. */
    double closed_value, closed_adjoint;
} node;

/* Nodes that a large graph folds into one: those of one layer and kind, or of one distance from the leaves. */
typedef struct group {
    char *name; /* "w^1", "z^2", "level 3"; owned */
    size_t layer;
    uint32_t first; /* its first node */
    size_t count;
} group;

/* Where the parts of a network's layer stand: consecutive nodes from these on, as many as the layer has; unit by unit,
 * and weights row by row. Of layer 0 only `a` is there, the inputs. Without biases z is sums, with identity a is z. */
typedef struct layer_nodes {
    uint32_t weights, biases, sums, z, a;
    bool has_biases;
} layer_nodes;

/* The derivative by one leaf beside a central finite difference: (f(x + h) - f(x - h)) / 2h. */
typedef enum check_state {
    CHECK_NONE,   /* too many leaves for the time that checks may take */
    CHECK_AGREES, /* within what the finite difference can tell */
    CHECK_KINK,   /* a comparison, a branch or a kink lies within the step: the two need not agree */
    CHECK_NOT_FINITE,
    CHECK_UNCLEAR, /* the finite difference itself is too coarse to tell */
    CHECK_DIFFERS
} check_state;

typedef struct check {
    uint32_t leaf;
    check_state state;
    double step;       /* h */
    double difference; /* the finite difference */
    double relative;   /* |gradient - difference| / the larger of the two; 0 where both are 0 */
    double error;      /* an estimate of the finite difference's own error */
    bool has_place;    /* CHECK_KINK: whether it is known which */
    uint32_t at;       /* node came out otherwise */
} check;

typedef struct explanation {
    const char *formula;
    ad_tape *tape;
    ad_var output;
    bool is_swept;
    node *nodes;
    size_t node_count;
    operand *operands;
    size_t operand_count;
    uint32_t *steps; /* nodes in the order of the sweep */
    size_t step_count;
    check *checks; /* one for each leaf */
    size_t check_count;
    bool has_nonfinite, nonfinite_adjoint;
    uint32_t nonfinite; /* the first node with a value (or an adjoint) that is not finite */
    char *numbers;      /* the characters of all `number`s */
    char **names;       /* of a network's nodes, owned; NULL: names are the tape's */
    group *groups;
    size_t group_count;
    const struct delta_view *network; /* NULL: a formula's */
    layer_nodes *layers;              /* of a network: 0 .. depth */
} explanation;

/* The tape as recorded and, unless `forward_only`, one watched sweep from the output and the checks. The tape must
 * outlive the explanation. */
void explain(explanation *x, const char *formula, ad_var output, bool forward_only);
void explanation_free(explanation *x);

/* The view's network and sample: recorded, swept and named in the view's convention, with the closed form's numbers
 * beside the tape's. The view, which has been checked, must outlive the explanation; the sample stays on its tape. */
void explain_network(explanation *x, const struct delta_view *network);

/* All of it but the checks and the groups. */
void explain_tape(explanation *x, ad_var output, bool forward_only);

/* Fills in the checks (explain does); the tape is as before afterwards. */
void check_gradient(explanation *x);

/* How the engine would write it: a node's expression, "w0 * x0"; the partial derivative of a node by its k-th operand
 * in the operands' names, "1 / x" (a number where the operation was loaded: has_formula says so); where its kink is,
 * "z == 0". */
typedef struct wording wording;
wording *wording_new(const explanation *x, int digits);
void wording_free(wording *w);

/* Whether nodes are written as their values in place of their names, from now on. */
void wording_in_numbers(wording *w, bool in_numbers);

char *expression_of(wording *w, uint32_t node);
char *partial_of(wording *w, uint32_t node, size_t k);
bool has_formula(const node *n);
char *kink_of(wording *w, uint32_t node);

/* The k-th operand as it stands in a formula, a negative number in parentheses; all as a list, "w0, x0, 2". */
char *operand_of(wording *w, uint32_t node, size_t k);
char *operands_of(wording *w, uint32_t node);

/* The formats. `digits` as in show_number. */
void print_text(FILE *to, const explanation *x, int digits);
void print_steps(FILE *to, const explanation *x, wording *w, int digits);
void print_json(FILE *to, const explanation *x);

#endif
