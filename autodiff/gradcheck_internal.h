/* SPDX-License-Identifier: MIT */
/* What the files of the gradient check share. Never installed. */
#ifndef AUTODIFF_GRADCHECK_INTERNAL_H
#define AUTODIFF_GRADCHECK_INTERNAL_H

#include <autodiff/gradcheck.h>

#include "internal.h"
#include "rules.h"

#include <float.h>

/* A FAIL is a difference of more than so many times the estimated error; a PASS of less than the tolerance means
 * something where so many times the error is below this part of the derivative. */
#define CHECK_SAFETY 8.0
#define CHECK_COARSEST 1e-3

/* -------------------------------------------------------------------- gradcheck_differences.c */

/* What a function of one number, of which x stands for 0, is at h. */
typedef struct ad_sample {
    double value, moved; /* moved: by how much x moved in truth, as x + h was rounded */
    bool finite, crossed, detached;
    uint32_t at;          /* the first node to blame where it is not finite, or crossed to another way than at x */
    uint32_t detached_at; /* the first node with another constant than at x */
} ad_sample;

typedef struct ad_curve {
    ad_status (*sample)(void *user, double h, ad_sample *sample);
    void *user;
    double x, value; /* value: at h = 0 */
    double rounding; /* the error of a value near there */
    double shift;    /* and because x is rounded, if `moved` does not tell */
    double slack;    /* the error of the derivative that is to be checked */
    bool hidden;     /* there may be kinks that a sample does not show, */
    uint32_t at;     /* at this node first */
    bool noisy;      /* values may scatter by more than `rounding` */
} ad_curve;

/* A derivative by differences. */
typedef struct ad_estimate {
    bool found;
    double slope, error, step;
    bool is_settled; /* nothing is to be gained by other steps */
    bool crossed, nonfinite, detached;
    uint32_t crossed_at, nonfinite_at, detached_at;
} ad_estimate;

/* The derivative `a` beside differences. */
ad_status ad_gradcheck_differ(const ad_curve *curve, double a, double tolerance, ad_estimate *estimate,
                              ad_check_verdict *verdict);

/* PASS, NOISE or FAIL: a beside n, whose error is estimated, and the error that a itself may have. */
ad_check_verdict ad_gradcheck_judge(double a, double n, double error, double slack, double tolerance);
double ad_gradcheck_relative(double a, double n);

/* ------------------------------------------------------------------------------- gradcheck.c */

enum { CHECK_BLOCKS = 16 };

/* A check in progress. Arrays of nodes have as many elements as the tape. */
typedef struct ad_checking {
    const char *function;         /* that was called, for messages */
    ad_tape *tape;                /* values are those at x */
    ad_gradcheck_options options; /* with the defaults filled in */
    ad_gradcheck_report *report;
    ad_span x, y;
    double *seeds; /* f is the sum of seeds[k] * y_k */
    ad_var *outs;  /* the outputs that are nodes, and their seeds */
    double *out_seeds;
    size_t outs_count;
    double *output_tangents;
    uint32_t end;               /* nodes from here on do not matter */
    double value;               /* f(x) */
    const ad_function *program; /* that records anew; NULL: there is only what is recorded */
    ad_tape *again;             /* where it does */
    double *point;
    uint64_t random; /* the generator's state */
    size_t done, all;

    double *values;    /* for evaluations: at x but while one is under way */
    double *adjoint;   /* of the sweep from f */
    double *tangent;   /* of nodes that depend on the inputs in question; else 0 */
    double *unit;      /* 0 but while one operation is looked at */
    uint8_t *leads;    /* to f */
    uint8_t *varies;   /* with the inputs in question */
    uint32_t *touched; /* the operations among these, in order */
    uint32_t touched_count;
    ad_edge *edges; /* of one node */
    uint32_t widest;
    ad_rule *definitions;      /* of operations, by ad_op */
    struct ad_number *numbers; /* of one node's operands */

    struct {
        void *start;
        size_t bytes;
    } blocks[CHECK_BLOCKS];
    size_t blocks_count;
} ad_checking;

/* Zeroed memory until the end of the check; NULL, with the tape in error, when there is none. */
void *ad_gradcheck_allocate(ad_checking *c, size_t count, size_t size);

/* The same for what the report keeps. */
void *ad_gradcheck_keep(ad_checking *c, size_t count, size_t size);
enum { CHECK_MOST_RULES = 100 };

/* One more step is done; false to stop. */
bool ad_gradcheck_progress(ad_checking *c);

/* splitmix64 (Steele, Lea and Flood 2014): 64 bits; uniform in [0, 1); below n. */
uint64_t ad_gradcheck_bits(uint64_t *state);
double ad_gradcheck_uniform(uint64_t *state);

/* Whether the next of `left` things is one of `wanted` that are chosen at random (Knuth, The Art of Computer
 * Programming 2, 3.4.2, algorithm S). */
bool ad_gradcheck_choose(uint64_t *state, size_t left, size_t wanted);

ad_check_place ad_gradcheck_place(const ad_checking *c, uint32_t node);

/* The verdict of several. */
static inline ad_check_verdict weightier(ad_check_verdict a, ad_check_verdict b) { return a > b ? a : b; }

/* ---------------------------------------------------------------------- gradcheck_evaluate.c */

/* The k-th input's leaf. */
static inline uint32_t input_of(const ad_checking *c, uint32_t k)
{
    return element_reference(c->tape, c->x.kind, c->x.first, k);
}

/* f at the present `values` of the leaves, of which only those that `touched` goes with differ from x. */
ad_status ad_gradcheck_evaluate(ad_checking *c, ad_sample *sample);

/* Puts back the values that the evaluation changed; those of the leaves are the caller's. */
void ad_gradcheck_restore(ad_checking *c);

/* The value of one operation alone; nothing is left to restore but the operands. */
ad_status ad_gradcheck_evaluate_node(ad_checking *c, uint32_t i, ad_sample *sample);

/* Whether two evaluations at x are the same to the bit. */
ad_status ad_gradcheck_repeats(ad_checking *c, bool *same);

/* Gradient by sweeps: fills in `adjoint`. Nodes where going step by step gives another adjoint than going in one go,
 * the last one's index in *at. */
ad_status ad_gradcheck_sweep(ad_checking *c, bool *agrees, uint32_t *at);

/* ---------------------------------------------------------------------- gradcheck_rounding.c */

/* From now on the inputs in question are these leaves, and `tangent` those of their directions: fills in varies,
 * touched and the tangents of operations, the error that rounding makes in f, and in the derivative along them. */
typedef struct ad_rounding {
    double value, derivative;
    bool kink, custom; /* whether an operation that varies is at a kink; is one of the program's own; */
    uint32_t at;       /* the first of these */
} ad_rounding;
ad_rounding ad_gradcheck_touch(ad_checking *c, ad_span leaves);

/* What the rounding of operation i is in proportion to: of one over many operands all that is added up, of which the
 * logarithm of a sum has 1, and cross-entropy of softmax takes each x_k away. Its n edges stand in `edges`. */
double ad_gradcheck_size(const ad_checking *c, uint32_t i, size_t n);

/* The error of what a rule computes, of the partial derivative of node i by its operand k (from 0); and what those of
 * all rules on the way add to the error of the derivative along the tangents. */
ad_status ad_gradcheck_partial_error(ad_checking *c, uint32_t i, uint32_t k, double *error);
ad_status ad_gradcheck_rules_error(ad_checking *c, double *sum);

/* ------------------------------------------------------------------------------ complex_step.c */

/* The derivative of node i along the tangents of its operands, by a complex step in its definition. */
typedef struct ad_complex_slope {
    bool applies;
    double slope, error;
} ad_complex_slope;
ad_status ad_complex_step(ad_checking *c, uint32_t i, const double *tangent, ad_complex_slope *found);

/* -------------------------------------------------------------------- gradcheck_coordinates.c */

/* What came out of one derivative. */
typedef struct ad_finding {
    ad_check_verdict verdict;
    unsigned method;
    double numeric, error, step;
    bool has_place;
    uint32_t at;
} ad_finding;

/* The derivative `a` beside differences, and beside the complex step where it applies; `quick`: where that agrees,
 * without differences. */
ad_status ad_gradcheck_find(const ad_checking *c, const ad_curve *curve, double a, const ad_complex_slope *by_complex,
                            unsigned methods, bool quick, ad_finding *found);

ad_status ad_gradcheck_coordinates(ad_checking *c);

/* Says of each coordinate that FAILs which wrong rule lies on its way. */
void ad_gradcheck_blame(ad_checking *c);

/* ---------------------------------------------------- gradcheck_nodes.c, gradcheck_directions.c */

/* Adds to the wrong rules. */
ad_status ad_gradcheck_add_rule(ad_checking *c, const ad_check_rule *rule);

ad_status ad_gradcheck_nodes(ad_checking *c);
ad_status ad_gradcheck_directions(ad_checking *c);

#endif
