/* SPDX-License-Identifier: MIT */
/* Checking gradients: the derivatives that a sweep gives beside derivatives got without it, with a verdict for each and
 * a reason.
 *
 * Five methods, of which all that apply are used unless options say otherwise:
 *
 * differences  For each coordinate central differences (f(x + h e_i) - f(x - h e_i)) / 2h, extrapolated to h = 0 as in
 *              Ridders (1982), Advances in Engineering Software 4, 75: a table of ever smaller steps, whose entries
 *              tell their own error. To that is added what rounding does to f. Steps shrink until no kink lies between
 *              x - h and x + h and f is finite there. A difference that contradicts the gradient must do so with
 *              smaller steps too, as far down as rounding lets it.
 * complex      Im f(x + i h e_i) / h with h next to nothing (Squire and Trapp 1998), which loses no digits: where every
 *              operation in use has a definition (ops.def) that complex numbers can take. The real part of each node is
 *              the value on the tape.
 * Taylor       Along random directions v, whether |f(x + h v) - f(x) - h g.v| falls as h^2, as it does only if g is the
 *              gradient: needs no tolerance.
 * dot product  Forward and backward: u.(J v) = (J^T u).v for random u and v (ad_jvp and the sweep).
 * nodes        Each operation alone: what the sweep hands from a node to its operands, beside the complex step or
 *              differences of that one operation at the values of its operands. This finds a wrong rule wherever it
 *              matters little to the whole, and names it. Where neither can tell, and with the dot product test,
 *              beside the partial derivative that forward tangents take (ad_jvp). Also, sweeps node by node and in one
 * go must agree.
 *
 * A verdict is PASS when the two agree to the tolerance, or as closely as the differences can tell, if that is to three
 * digits at least (a gradient of 0 also where the differences are 0 as closely as rounding of f lets them tell); it is
 * FAIL only where they differ by far more than the differences' own error. The error of a coordinate is relative,
 * |a - n| / max(|a|, |n|), and 0 when both are 0; a wrong sign is an error of 2. */
#ifndef AUTODIFF_GRADCHECK_H
#define AUTODIFF_GRADCHECK_H

#include <autodiff/derivatives.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of their weight: the verdict of several is the greatest. */
typedef enum ad_check_verdict {
    AD_CHECK_NONE,      /* not checked: no method applies */
    AD_CHECK_PASS,      /* they agree */
    AD_CHECK_KINK,      /* no comparison: a branch, a tie or a kink lies within the step; `at` says which */
    AD_CHECK_NOISE,     /* no comparison: differences cannot resolve the derivative; `error` says how coarse they are */
    AD_CHECK_NONFINITE, /* a value or a derivative is not finite; `at` is the first such node */
    AD_CHECK_FAIL       /* they differ; `at` is the node with the wrong rule, where one was found */
} ad_check_verdict;
enum { AD_CHECK_VERDICTS = AD_CHECK_FAIL + 1 };

/* "PASS", "FAIL", ...; never NULL. */
AD_API const char *ad_check_verdict_text(ad_check_verdict verdict);

enum {
    AD_CHECK_DIFFERENCES = 1,
    AD_CHECK_COMPLEX = 2,
    AD_CHECK_TAYLOR = 4,
    AD_CHECK_DOT_PRODUCT = 8,
    AD_CHECK_NODES = 16,
    AD_CHECK_ALL = 31
};

/* All-zero is fine. */
typedef struct ad_gradcheck_options {
    unsigned methods;  /* of the above, added; 0: all */
    double tolerance;  /* of relative errors; 0: 1e-6 */
    size_t most;       /* coordinates to check; where there are more, a random subset of so many; 0: 1000 */
    size_t most_nodes; /* operations to check alone; where there are more, a random subset of so many; 0: 10,000 */
    size_t directions; /* of the Taylor and the dot product test; 0: 3 */
    uint64_t seed;     /* of all that is random; the same seed gives the same report */
    size_t outputs;    /* of `fn`; 0: 1. Of several outputs y the check is of sum_k u_k y_k, u_k random in +-[0.5, 1] */
    const ad_allocator *allocator; /* of the report, and of a function's tapes; NULL: that of the tape there is, or
                                      realloc and free */
    /* Called now and then with how much is done; returning false stops, and the report says so. May be NULL. */
    bool (*progress)(void *user, size_t done, size_t all);
    /* Writes what a node is, for ad_check_place, in at most `size` bytes with the NUL; NULL: its name or number. */
    void (*describe)(void *user, ad_var node, char *text, size_t size);
    void *user;
} ad_gradcheck_options;

/* Where on the recording. */
typedef struct ad_check_place {
    bool found;
    uint32_t node; /* its index, counted from the first input of a function, or on the tape that was checked */
    ad_op op;
    char text[96]; /* "tanh, node 7", "relu, node 12 'h'"; "" when nothing was found */
} ad_check_place;

/* One coordinate. */
typedef struct ad_check_coordinate {
    size_t index;  /* of the input, from 0 */
    char name[48]; /* the name of its leaf, what `describe` says of it, or "x_1", "x_2", ... */
    ad_check_verdict verdict;
    unsigned method;   /* that `numeric` is from: AD_CHECK_DIFFERENCES or AD_CHECK_COMPLEX */
    double x;          /* the input */
    double gradient;   /* a: by the sweep */
    double numeric;    /* n: without it */
    double error;      /* of n, estimated, absolute */
    double relative;   /* |a - n| / max(|a|, |n|) */
    double step;       /* h of the differences, as the table ended; 0 for the complex step */
    ad_check_place at; /* KINK, NONFINITE, FAIL */
} ad_check_coordinate;

/* One operand of one node whose rule disagrees with differences of the operation alone. */
typedef struct ad_check_rule {
    ad_check_place at;
    size_t operand;        /* from 1; 0: the adjoint of this node itself differs between the two ways to sweep */
    double partial;        /* as the sweep has it: contribution / adjoint */
    double numeric, error; /* by differences, and their error */
    double relative;
} ad_check_rule;

/* One direction. The slope is that of log |f(x + h v) - f(x) - h g.v| by log h, where it can be told from rounding;
 * NaN where the remainder is rounding throughout (f is linear along v, say), which passes. */
typedef struct ad_check_direction {
    ad_check_verdict taylor;
    double slope;             /* 2 or more: the gradient is right; 1: it is not */
    ad_check_verdict dot;     /* AD_CHECK_NONE where not asked for, and where J v is not finite but J^T u is */
    double forward, backward; /* u.(J v) and (J^T u).v */
    double relative;
} ad_check_direction;

typedef struct ad_gradcheck_report {
    ad_check_verdict verdict; /* the greatest of all below */
    double value;             /* f(x) */
    bool differs;             /* two evaluations at x were not the same to the bit; then the verdict is FAIL */
    bool stopped;             /* by `progress`; what follows is what was done until then */
    unsigned methods;         /* those that were used */
    size_t inputs, count;     /* how many inputs there are, how many of them were checked */
    uint64_t seed;
    ad_check_coordinate *coordinates; /* count, in the order of their index */
    size_t direction_count;
    ad_check_direction *directions;
    size_t node_count, nodes_checked, nodes_unclear; /* operations there are, checked alone, of these KINK or NOISE */
    size_t rule_count;
    ad_check_rule *rules;               /* the wrong ones, at most 100, in the order of the sweep */
    size_t verdicts[AD_CHECK_VERDICTS]; /* how many coordinates have each */
    char message[192];                  /* after a failure: what was wrong; else "" */
    ad_allocator allocator;             /* of the arrays; this and the rest is private */
    size_t coordinates_room, directions_room;
} ad_gradcheck_report;

/* Checks the gradient of a function at x (n numbers). The function is recorded on tapes of its own, again and again; it
 * should do the same each time. It may branch on values: where x + h takes another way than x, that is KINK. Where it
 * puts a value into a constant, the sweep misses a part of the derivative: that is FAIL, and `at` the node with such a
 * constant. Returns AD_OK when the check could be made, whatever its verdict; else the status, and a report that is
 * all-zero but for its message. Free it with ad_gradcheck_free. Costs about 20 evaluations for each coordinate, and as
 * many of each operation alone. */
AD_API ad_status ad_gradcheck(ad_fn fn, void *user, const double *x, size_t n, const ad_gradcheck_options *options,
                              ad_gradcheck_report *report);

/* The same of what is recorded: y, by the inputs x (leaves; options->outputs is not looked at). Leaves, values and the
 * watcher are as they were afterwards, also on a failure; adjoints are those of a sweep from y, and what ad_accumulate
 * began is ended. A branch that the program took when it recorded cannot be seen. */
AD_API ad_status ad_gradcheck_recorded(ad_var y, ad_span x, const ad_gradcheck_options *options,
                                       ad_gradcheck_report *report);

/* The same of one operation of your own (ad_register) at the operands x (n numbers): all its outputs. */
AD_API ad_status ad_gradcheck_custom(ad_custom_op op, const double *x, size_t n, const ad_gradcheck_options *options,
                                     ad_gradcheck_report *report);

AD_API void ad_gradcheck_free(ad_gradcheck_report *report);

/* The report as a table for reading, in at most `size` bytes with the NUL: a line for each coordinate (the worst 20
 * where there are more, and all that are not PASS up to 100), the directions, wrong rules, and the verdict in a
 * sentence. Returns the bytes that all of it takes without the NUL, as snprintf does. */
AD_API size_t ad_gradcheck_text(const ad_gradcheck_report *report, char *text, size_t size);

/* For tests and demonstrations: from now on the sweep's rule of `op` is wrong, its partial by operand `operand` (from
 * 1; of an n-ary operation 1 is x_k and 2 is y_k; 0: by each) multiplied by `factor`: -1 flips the sign, 0 drops the
 * term, 2 doubles it, 1.00001 is off by 1e-5.
 * AD_OP_CUSTOM: all operations of your own. Sweeps go node by node then, and ad_jvp stays right. One at a time; factor
 * 1 mends it. */
AD_API ad_status ad_plant_error(ad_tape *tape, ad_op op, unsigned operand, double factor);

#ifdef __cplusplus
}
#endif

#endif
