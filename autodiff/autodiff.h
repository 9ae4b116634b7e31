/* SPDX-License-Identifier: MIT */
/* Chainrule, the engine: scalar reverse-mode automatic differentiation.
 *
 * A *tape* records every scalar as a *node*: a leaf (an input, a weight, a bias) or an operation on
 * earlier nodes. A *backward sweep* walks the tape once, from the last node to the first, and leaves
 * in every node its *adjoint*, the derivative of the output with respect to that node:
 *
 *     adjoint(operand) += adjoint(node) * (partial derivative of node with respect to operand)
 *
 * Symbols in this file: a, b, c are the operands of a node, v its value; x_k, w_k, y_k the k-th
 * element of a span, n its length; out the output of a sweep. All numbers are IEEE doubles.
 *
 *     ad_tape *tape = ad_tape_new();
 *     ad_var x = ad_leaf(tape, 2.0), w = ad_leaf(tape, -3.0);
 *     ad_var y = ad_tanh(ad_mul(w, x));
 *     if (ad_backward(y) == AD_OK)
 *         use(ad_value(y), ad_grad(w), ad_grad(x));
 *     ad_tape_free(tape);
 *
 * Errors. Constructors of objects return NULL when memory runs out; calls that can fail return an
 * ad_status. Functions that make nodes return a handle so that formulas nest: on failure it is the
 * invalid handle, and the tape keeps its *first* error with a message that names the operation and
 * the operand until ad_tape_clear_error; sweeps refuse a tape in error. A call that runs out of
 * memory leaves the tape as it was. Domain errors are no errors: inf and NaN flow on as in plain C,
 * and ad_find_nonfinite says which node was the first. Nothing here prints, aborts or exits.
 *
 * Threads. A tape may be used by one thread at a time, any number of tapes by any number of
 * threads. There is no global state, and the locale never matters.
 *
 * Cost. O(1) for each call unless its comment says otherwise.
 */
#ifndef AUTODIFF_AUTODIFF_H
#define AUTODIFF_AUTODIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AD_API __attribute__((visibility("default")))
#else
#define AD_API
#endif

typedef enum ad_status {
    AD_OK = 0,
    AD_ERR_MEMORY,      /* the allocator returned NULL */
    AD_ERR_LIMIT,       /* more nodes, constants or operands than 32-bit indices or ad_tape_limit allow */
    AD_ERR_HANDLE,      /* an invalid handle, one from before a rewind or a reset, or of another tape */
    AD_ERR_ARGUMENT,    /* an argument of the wrong kind or shape; the message says which */
    AD_ERR_STALE,       /* a leaf was set: ad_reevaluate, then ad_backward, come first */
    AD_ERR_NO_GRADIENT, /* no sweep has reached this node yet */
    AD_ERR_NAME,        /* a name is empty, malformed or taken */
    AD_ERR_TEXT,        /* a formula's text is wrong: see ad_text_error */
    AD_ERR_CUSTOM       /* an operation or a function of the program's own failed */
} ad_status;

/* A word for a status: "ok", "out of memory", ...; never NULL. */
AD_API const char *ad_status_text(ad_status status);

/* ---------------------------------------------------------------------------------- operations */

/* Every operation. The elementary ones are the rows of ops.def, which says for each its definition,
 * its derivative, its domain and its convention at kinks; AD_OP_LEAF is a node with no operands. */
typedef enum ad_op {
    AD_OP_LEAF,
#define AD_UNARY(ID, ...) AD_OP_##ID,
#define AD_BINARY(ID, ...) AD_OP_##ID,
#define AD_TERNARY(ID, ...) AD_OP_##ID,
#define AD_NARY(ID, ...) AD_OP_##ID,
#include <autodiff/ops.def>
    AD_OP_COUNT,               /* how many there are in the table */
    AD_OP_CUSTOM = AD_OP_COUNT /* one of your own: see ad_register */
} ad_op;

/* What the op table says of an operation, as text. Static, never freed. */
typedef struct ad_op_info {
    ad_op op;
    const char *name;       /* "tanh": the function's name in formulas, and in C after "ad_" */
    const char *label;      /* "tanh", "*": what a picture shows */
    const char *definition; /* "a * b": the mathematics, in terms of a, b, c (x_k, w_k, y_k where n-ary) */
    const char *partial[3]; /* "b", "a": dv/da, dv/db, dv/dc as computed, in terms of a, b, c, v; or NULL */
    const char *kink;       /* "a == 0": where the derivative is a convention, or "" where it never is */
    const char *note;       /* domain, convention at kinks, source */
    int arity;              /* operands: 0 for a leaf, 1 to 3, -1 for an n-ary operation */
} ad_op_info;

/* The row of `op`; for AD_OP_CUSTOM one that says so; NULL when op is neither. */
AD_API const ad_op_info *ad_op_get(ad_op op);

/* The operation called `name` in formulas; AD_OP_LEAF when there is none. O(operations). */
AD_API ad_op ad_op_find(const char *name);

/* --------------------------------------------------------------------------------------- tapes */

typedef struct ad_tape ad_tape;

/* Memory for a tape: `resize` behaves like realloc(block, new_size), is told the size the block had
 * (0 for block == NULL), frees it and returns NULL when new_size is 0, and returns NULL with the
 * block intact when there is no memory. */
typedef struct ad_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
} ad_allocator;

/* A new empty tape; NULL when there is no memory. ad_tape_new_with takes all its memory from
 * `allocator` (copied; its `user` must outlive the tape; NULL means realloc and free). */
AD_API ad_tape *ad_tape_new(void);
AD_API ad_tape *ad_tape_new_with(const ad_allocator *allocator);

/* The allocator that a tape uses, for what belongs to it; lasts as long as the tape. */
AD_API const ad_allocator *ad_tape_allocator(const ad_tape *tape);

/* Frees the tape and all it owns; handles of it must not be used any more. NULL is fine. */
AD_API void ad_tape_free(ad_tape *tape);

/* Makes room for `nodes` nodes in all, so that recording up to there allocates nothing but constants, operand lists,
 * and a few bytes for each call that records a span. */
AD_API ad_status ad_tape_reserve(ad_tape *tape, size_t nodes);

/* Allows at most `nodes` nodes (2^31 - 1 by default and at most): recording more fails with
 * AD_ERR_LIMIT. A guard for programs that record what others wrote. */
AD_API ad_status ad_tape_limit(ad_tape *tape, size_t nodes);

/* A place on the tape, to come back to. */
typedef struct ad_mark {
    ad_tape *tape;
    uint32_t nodes, leaves, constants, operands, bulk_end, generation;
} ad_mark;

/* Where the tape ends now. */
AD_API ad_mark ad_tape_mark(ad_tape *tape);

/* Forgets every node, constant, list and name made since `mark`; older handles stay valid, newer
 * ones are detected from now on. Memory is kept for what is recorded next. AD_ERR_HANDLE when the
 * tape was already rewound to before the mark or reset. Adjoints of the older nodes stay readable.
 * O(1), and O(names) when a node made since the mark has a name. */
AD_API ad_status ad_tape_rewind(ad_tape *tape, ad_mark mark);

/* Forgets everything, the error too; keeps memory, allocator, limit, watcher, switches and registered operations. */
AD_API void ad_tape_reset(ad_tape *tape);

typedef struct ad_stats {
    size_t nodes;          /* leaves and operations */
    size_t leaves;         /* nodes that are leaves */
    size_t constants;      /* distinct constants, elements of constant spans, and gaps that align these */
    size_t bytes_used;     /* by what is recorded, adjoints included */
    size_t bytes_reserved; /* held from the allocator now */
    size_t bytes_peak;     /* the most ever held */
    /* of the last sweep: */
    size_t steps;   /* nodes whose adjoint was propagated */
    size_t skipped; /* operations whose adjoint was exactly 0 and therefore not propagated */
    size_t kinks;   /* steps taken exactly at a kink, where the derivative is a convention */
} ad_stats;

AD_API ad_stats ad_tape_stats(const ad_tape *tape);

/* The first error since the last clear, and its message ("" when there is none); the message is
 * owned by the tape and lasts until the error is cleared or the tape freed. A NULL tape is
 * AD_ERR_HANDLE. */
AD_API ad_status ad_tape_error(const ad_tape *tape);
AD_API const char *ad_tape_message(const ad_tape *tape);
AD_API void ad_tape_clear_error(ad_tape *tape);

/* ------------------------------------------------------------------------------------- handles */

/* A scalar: a node of a tape, or a constant. A small value, to be copied freely. All-zero is the
 * invalid handle. A handle from before a rewind or a reset, or with an index that was never
 * recorded, is detected and never followed; `tape` itself must be NULL or a living tape's. */
typedef struct ad_var {
    ad_tape *tape;
    uint32_t index, generation;
} ad_var;

/* n scalars in a row: consecutive nodes (ad_leaves, ad_run), constants (ad_constants), or any nodes
 * (ad_gather). All-zero is the invalid span. */
typedef struct ad_span {
    ad_tape *tape;
    uint32_t first, count, generation, kind;
} ad_span;

/* A new leaf with the given value: an input, a weight, anything to differentiate by. */
AD_API ad_var ad_leaf(ad_tape *tape, double value);

/* n consecutive leaves; values is copied (NULL: all 0). O(n). */
AD_API ad_span ad_leaves(ad_tape *tape, const double *values, size_t n);

/* A constant: takes part in any operation of any tape, has no adjoint, costs no node. An
 * elementary operation on constants alone is a constant. */
AD_API ad_var ad_const(double value);

/* n constants in a row on this tape; values is copied (NULL: all 0). O(n). */
AD_API ad_span ad_constants(ad_tape *tape, const double *values, size_t n);

/* The same with values yet to be written: stores where in *values, valid until the next call that records, rewinds or
 * frees; what is not written is undefined. */
AD_API ad_span ad_constants_in_place(ad_tape *tape, size_t n, double **values);

/* The count nodes first, first + 1, ... in the order they were recorded. */
AD_API ad_span ad_run(ad_var first, size_t count);

/* Any n scalars, nodes or constants, as a span of this tape. O(n), 4 bytes an element. */
AD_API ad_span ad_gather(ad_tape *tape, const ad_var *vars, size_t n);

/* Element k of a span; elements from, ..., from + count - 1 of a span. Out of range: AD_ERR_ARGUMENT. */
AD_API ad_var ad_at(ad_span span, size_t k);
AD_API ad_span ad_slice(ad_span span, size_t from, size_t count);

/* The handle of node `index` (0 is the first recorded); for programs that walk a tape. */
AD_API ad_var ad_node_at(ad_tape *tape, size_t index);

/* Whether a handle is a constant; whether it is a constant or a node that exists. No error is set. */
AD_API bool ad_is_const(ad_var a);
AD_API bool ad_is_valid(ad_var a);

/* The value of a constant or a node: as recorded or as re-evaluated last (a leaf: as set). On a bad
 * handle NaN, and the tape is in error. */
AD_API double ad_value(ad_var a);

/* The n values of consecutive nodes or of constants (not of a gathered span), in place: valid until
 * the next call that records, rewinds or frees. NULL on error. */
AD_API const double *ad_values(ad_span span);

/* Sets a leaf (all leaves of a span of consecutive ones; O(n)). Gradients become stale; if operations
 * were recorded after the leaf, so do their values, until ad_reevaluate. The first set after
 * recording saves the recorded values for ad_reevaluate's verdict, O(nodes). */
AD_API ad_status ad_set(ad_var leaf, double value);
AD_API ad_status ad_set_all(ad_span leaves, const double *values);

/* The values of consecutive leaves, to be written in place: otherwise as ad_set_all, and what is not written keeps its
 * value. Adjoints that ad_grads gave out before stay readable. Valid until the next call that records, rewinds or
 * frees. NULL on error. */
AD_API double *ad_set_in_place(ad_span leaves);

/* ------------------------------------------------------------------------------ making nodes */

/* v = ad_tanh(a), v = ad_mul(a, b), v = ad_fma(a, b, c), ...: one function for each elementary row of
 * ops.def. Operands are nodes of one tape or constants; any other handle is AD_ERR_HANDLE. */
#define AD_UNARY(ID, name, ...) AD_API ad_var ad_##name(ad_var a);
#define AD_BINARY(ID, name, ...) AD_API ad_var ad_##name(ad_var a, ad_var b);
#define AD_TERNARY(ID, name, ...) AD_API ad_var ad_##name(ad_var a, ad_var b, ad_var c);
#define AD_NARY(ID, ...)
#include <autodiff/ops.def>

/* The operation `op` by number: n operands, as many as its arity. */
AD_API ad_var ad_apply(ad_op op, const ad_var *operands, size_t n);

/* A unary (binary) elementary operation on every element: n consecutive nodes. Where b is shorter than a, and its
 * length divides a's, its elements serve again and again, as the biases of a layer do for each sample. O(n). */
AD_API ad_span ad_each(ad_op op, ad_span a);
AD_API ad_span ad_each2(ad_op op, ad_span a, ad_span b);

/* n-ary nodes: one node however long the spans. Two spans must be of equal length; an empty span
 * is AD_ERR_ARGUMENT. O(n) to record and to sweep. A weighted sum over consecutive nodes or constants is
 * a straight vector loop both ways; it adds in one fixed order, whatever vectors the machine has. */

/* v = sum_k w_k x_k,  dv/dw_k = x_k,  dv/dx_k = w_k. */
AD_API ad_var ad_weighted_sum(ad_span w, ad_span x);

/* All weighted sums of a layer, as out = w.count / x.count consecutive nodes: w is out x in, row-major,
 * in = x.count, and node j is sum_k w_{j,k} x_k. AD_ERR_ARGUMENT unless in divides w.count. */
AD_API ad_span ad_weighted_sums(ad_span w, ad_span x);

/* The same for a batch: x is samples x in, row-major, and the nodes are the weighted sums of the first sample, those of
 * the second, and so on; with the same bits as one call for each sample, faster. AD_ERR_ARGUMENT unless samples
 * divides x.count. */
AD_API ad_span ad_weighted_sums_batch(ad_span w, ad_span x, size_t samples);

/* v = sum_k x_k,  dv/dx_k = 1. */
AD_API ad_var ad_sum(ad_span x);

/* v = 1/2 sum_k (x_k - y_k)^2,  dv/dx_k = x_k - y_k = -dv/dy_k. */
AD_API ad_var ad_half_sum_of_squares(ad_span x, ad_span y);

/* v = sum_k (x_k - y_k)^2,  dv/dx_k = 2 (x_k - y_k) = -dv/dy_k. */
AD_API ad_var ad_sum_of_squares(ad_span x, ad_span y);

/* The mean squared error: v = 1/n sum_k (x_k - y_k)^2,  dv/dx_k = 2/n (x_k - y_k) = -dv/dy_k. */
AD_API ad_var ad_mean_of_squares(ad_span x, ad_span y);

/* v = log sum_k exp(x_k), computed with the largest x_k taken out;  dv/dx_k = exp(x_k - v). */
AD_API ad_var ad_log_sum_exp(ad_span x);

/* Cross-entropy of softmax(x) against the target distribution y (sum_k y_k = 1 for the usual meaning):
 * v = sum_k y_k (L - x_k), L = log sum_k exp(x_k);
 * dv/dx_k = s exp(x_k - L) - y_k with s = sum_k y_k,  dv/dy_k = L - x_k. */
AD_API ad_var ad_softmax_cross_entropy(ad_span x, ad_span y);

/* Binary cross-entropy of sigmoid(x_k) against targets y_k in [0, 1], from the logits x_k:
 * v = sum_k softplus(x_k) - y_k x_k;  dv/dx_k = sigmoid(x_k) - y_k,  dv/dy_k = -x_k. */
AD_API ad_var ad_logistic_cross_entropy(ad_span x, ad_span y);

/* Binary cross-entropy of outputs x_k in (0, 1) against targets y_k in [0, 1]:
 * v = -sum_k y_k log x_k + (1 - y_k) log(1 - x_k), with 0 log 0 = 0;
 * dv/dx_k = (x_k - y_k) / (x_k (1 - x_k)),  dv/dy_k = log(1 - x_k) - log x_k. */
AD_API ad_var ad_binary_cross_entropy(ad_span x, ad_span y);

/* An n-ary operation `op` on each row of x and y, matrices of `rows` rows (x alone for ad_sum and ad_log_sum_exp, where
 * y is not looked at): `rows` consecutive nodes, such as the costs of the samples of a batch. AD_ERR_ARGUMENT unless
 * rows divides x.count. O(elements). */
AD_API ad_span ad_each_row(ad_op op, ad_span x, ad_span y, size_t rows);

/* ------------------------------------------------------------------------- operations of your own */

/* An operation y = f(x) of n operands and m outputs, with its derivative: a function that the table lacks, or a program
 * of any size (a solver, a simulation) that brings its own vector-Jacobian product. Callbacks return false when they
 * cannot do it, which is AD_ERR_CUSTOM; what they do not store is NaN. They must not record on, sweep, rewind or free
 * the tape (it refuses, as inside a watcher, and the call has failed), but for record_vjp, which records. */
typedef struct ad_custom {
    const char *name; /* as for ad_name, and no operation of the table, nor one registered before; copied */
    size_t inputs;    /* n; 0: any number from 1 on */
    size_t outputs;   /* m; 0 counts as 1 */
    /* y_j = f_j(x) */
    bool (*value)(void *state, const double *x, size_t n, double *y, size_t m);
    /* The derivative: g_k = sum_j s_j dy_j/dx_k, all n stored. With m = 1, g_k = s_0 dy/dx_k. */
    bool (*vjp)(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g);
    /* The same, recorded on the tape by operations on x, y and s: the second rule, which recorded gradients, Hessians
     * and Hessian-vector products need. NULL: they refuse, naming the operation. g_k may be a constant. */
    bool (*record_vjp)(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                       const ad_var *s, ad_var *g);
    void *state;                     /* handed to the callbacks; the tape's from a successful registration on */
    void (*free_state)(void *state); /* called once, by ad_tape_free; NULL: nothing to free */
} ad_custom;

/* A registered operation. A small value; lasts as long as its tape. All-zero is the invalid one. */
typedef struct ad_custom_op {
    ad_tape *tape;
    uint32_t index;
} ad_custom_op;

/* Makes an operation known to a tape, for good: ad_tape_reset keeps it. An operation without a value or without a
 * derivative (vjp) cannot be registered: AD_ERR_ARGUMENT; a bad name: AD_ERR_NAME. On failure the invalid operation,
 * and `state` stays the caller's. Formulas can call it by name where m = 1. */
AD_API ad_custom_op ad_register(ad_tape *tape, const ad_custom *custom);

/* Records y = f(x): m consecutive nodes, in the order of the outputs. Operands are nodes of the tape or constants. They
 * take part in everything: sweeps (one vjp for all outputs together), re-evaluation, tangents (m calls of vjp), edges,
 * pictures, and by the second rule recorded gradients. On a failure the invalid span, and nothing is recorded.
 * O(n + m) and one call of value. */
AD_API ad_span ad_call(ad_custom_op op, const ad_var *x, size_t n);

/* What was registered, of an operation; the invalid operation gives NULL. And the operation of a node; the invalid one
 * for a node of another operation. */
AD_API const ad_custom *ad_custom_get(ad_custom_op op);
AD_API ad_custom_op ad_custom_of(ad_var node);

/* The name of a node's operation: "tanh", or that of an operation of your own; "leaf" for a leaf, "constant" for a
 * constant; "" for a bad handle. */
AD_API const char *ad_op_name_of(ad_var a);

/* ------------------------------------------------------------------------------------ backward */

/* The backward sweep from out: adjoint(out) = 1, and the chain rule down to the first node. Clears
 * what an earlier sweep left (but see ad_accumulate), so that calling it twice gives the same
 * gradient twice. An adjoint of exactly 0 is not propagated, so that 0 * inf makes no NaN
 * (ad_propagate_zeros turns that off). Refuses a tape in error and a stale one. Where an operation of your
 * own fails, the sweep ends: there is no gradient then, and a sum of gradients starts anew. O(nodes). */
AD_API ad_status ad_backward(ad_var out);

/* The same from n outputs of one tape at once: adjoint(outs[k]) += seeds[k], so that the gradient is
 * that of sum_k seeds[k] * outs[k]. */
AD_API ad_status ad_backward_from(const ad_var *outs, const double *seeds, size_t n);

/* The adjoint d out / d a of a leaf or an intermediate node after the last sweep. When there was no
 * sweep since a was recorded (AD_ERR_NO_GRADIENT), a leaf was set since (AD_ERR_STALE), or a is a
 * constant or a bad handle (AD_ERR_HANDLE): NaN, and the tape is in error. */
AD_API double ad_grad(ad_var a);

/* The adjoints of consecutive nodes, in place: valid until the next call that sweeps, rewinds or
 * frees. NULL on error. */
AD_API const double *ad_grads(ad_span span);

/* From now on sweeps add to the adjoints of these consecutive leaves instead of clearing them first:
 * the gradient of a sum over samples. The adjoints start from 0 at this call, so that calling it
 * again starts the next sum. One span at a time; an empty span of the tape ends it. O(n). */
AD_API ad_status ad_accumulate(ad_span leaves);

/* Whether adjoints of exactly 0 are propagated (default: false). */
AD_API void ad_propagate_zeros(ad_tape *tape, bool on);

/* --------------------------------------------------------------------------------- re-evaluation */

/* What a re-evaluation found. */
typedef struct ad_verdict {
    size_t changed; /* comparisons, selections, ties and pieces that came out otherwise than recorded */
    ad_var first;   /* the first such node; the invalid handle when there is none */
} ad_verdict;

/* Recomputes every operation from the leaves' values as set, in place, and ends staleness of values
 * (gradients need a new sweep). The operations of the tape itself (relu, max, select, ...) follow the
 * new values; a branch that the *program* took on a comparison at recording time does not, which is
 * what `verdict` (may be NULL) is for. "As recorded" are the values when the last node was recorded.
 * Where an operation of your own fails, values stay stale. O(nodes). */
AD_API ad_status ad_reevaluate(ad_tape *tape, ad_verdict *verdict);

/* ----------------------------------------------------------------------------------- inspection */

/* One operand of one node: an edge of the graph. */
typedef struct ad_edge {
    ad_var operand;      /* a node or a constant */
    double value;        /* of the operand */
    double partial;      /* d node / d operand, at the present values */
    double contribution; /* in a watched sweep: adjoint of the node * partial; else 0 */
    double adjoint;      /* in a watched sweep: the operand's adjoint after adding it; else 0 */
} ad_edge;

/* The operation of a node; AD_OP_LEAF for a leaf, a constant or a bad handle. */
AD_API ad_op ad_op_of(ad_var a);

/* The number of operands of a node; 0 for a leaf, a constant or a bad handle. */
AD_API size_t ad_arity_of(ad_var a);

/* Writes the edges of a node, at most `room` of them, and returns how many the node has. O(operands). */
AD_API size_t ad_edges(ad_var a, ad_edge *edges, size_t room);

/* One step of a backward sweep. `edges` lasts until the watcher returns. An operand that stands twice
 * in a node has two edges, in order. Constants have edges with contribution and adjoint 0. */
typedef struct ad_sweep_step {
    ad_var node;
    ad_op op;
    double value, adjoint;
    bool kink;    /* taken at a kink */
    bool skipped; /* adjoint exactly 0: no contributions made (they stand as 0) */
    size_t count;
    const ad_edge *edges;
} ad_sweep_step;

/* Called for every operation of a sweep from the output down. It may read values and call the inspection
 * functions on the tape; it must not record, sweep, rewind or free it. */
typedef void (*ad_watcher)(void *user, const ad_sweep_step *step);

/* Sets the tape's watcher; NULL takes it away. A watched sweep is slower and gives the same bits (but for an operation
 * of your own with several outputs, or with a vjp of more than s_0 * dy/dx_k: it is taken output by output, with s =
 * 1). */
AD_API void ad_watch(ad_tape *tape, ad_watcher watcher, void *user);

/* The first node, in recording order, with a non-finite value; failing that, the first one in sweep order
 * with a non-finite adjoint (where a sweep has been made and is not stale). */
typedef struct ad_nonfinite {
    ad_var node;     /* the invalid handle when everything is finite */
    bool in_adjoint; /* whether it is the adjoint that is not finite */
    double value, adjoint;
} ad_nonfinite;

/* O(nodes). True when there is one; its operands are ad_edges(found->node, ...). */
AD_API bool ad_find_nonfinite(ad_tape *tape, ad_nonfinite *found);

/* ---------------------------------------------------------------------------------------- names */

/* Gives a node a name (copied): a letter or '_', then letters, digits, '_', and '.', or letters of other
 * scripts in UTF-8; at most 255 bytes. A node has at most one name, a name at most one node:
 * AD_ERR_NAME otherwise. */
AD_API ad_status ad_name(ad_var a, const char *name);

/* The name of a node, NULL when it has none; lasts until the node is forgotten. */
AD_API const char *ad_name_of(ad_var a);

/* The node with that name; the invalid handle, without error, when there is none. */
AD_API ad_var ad_find(ad_tape *tape, const char *name);

/* -------------------------------------------------------------------------------- formulas as text */

/* What is wrong with a formula, and where. Lines and columns count from 1, columns in characters. */
typedef struct ad_text_error {
    size_t line, column, offset; /* offset in bytes from 0 */
    char message[256];           /* "unknown name 'sigmod': did you mean 'sigmoid'?" */
} ad_text_error;

/* Records the formula `text` (UTF-8, NUL-terminated) on the tape and stores the value of its last
 * statement in *out. Names are those of the tape's nodes (ad_name), `pi`, `e`, and what earlier statements
 * assign:
 *
 *     statements  z = w*x + b; y = sigmoid(z)    a name for each value; the last needs none;
 *                                                a constant that is given a name becomes a leaf;
 *                                                a newline separates too; # comments to the end of line
 *     operators   + - * / ^ (power, right to left, binds tighter than unary minus: -x^2 = -(x^2))
 *                 < <= > >= == != (1 or 0), c ? a : b, parentheses
 *     functions   every operation of the table by its name, with its number of operands, and
 *                 sum, half_sum_of_squares, sum_of_squares, mean_of_squares, log_sum_exp of any number;
 *                 operations of your own (ad_register) that have one output
 *     numbers     2, 0.5, .5, 1e-3, 0x1.8p3, inf, nan; the decimal mark is always a point
 *
 * Identical subexpressions of one text may share a node. On AD_ERR_TEXT, *error (may be NULL) says where
 * and why; on any failure the tape is as it was, its error state too, and *out is the invalid handle.
 * A formula of constants alone gives a constant. O(length of text); nesting takes memory, not stack. */
AD_API ad_status ad_parse(ad_tape *tape, const char *text, ad_var *out, ad_text_error *error);

#ifdef __cplusplus
}
#endif

#endif
