/* SPDX-License-Identifier: MIT */
/* Derivatives of every kind: along directions, of many outputs, of second and any higher order, dense and sparse; of
 * what is recorded, and of C functions that record. All of them come from the one row of each operation in ops.def.
 *
 * Symbols: x_1 ... x_n the inputs, y_1 ... y_m the outputs; J the Jacobian, J_ij = dy_i / dx_j, m x n; H the Hessian of
 * one output y, H_ij = d2y / dx_i dx_j, n x n, symmetric. All matrices are row-major. N is the number of nodes from the
 * first to the last output; a "sweep" costs O(operands of those nodes).
 *
 * Inputs are leaves of one tape: a span of consecutive ones, or a gathered span (ad_gather), in which a leaf that
 * stands twice counts as two inputs. Outputs are a span of any nodes and constants of that tape.
 *
 * The functions below read the values that stand on the tape, leave everything on it as it is, adjoints and what
 * ad_grad says included, and take their working memory from it, which it keeps for the next call. They refuse what a
 * sweep refuses: a tape in error (returning that error), values that are stale (AD_ERR_STALE), handles that are not
 * alive, inputs that are no leaves (AD_ERR_ARGUMENT). On a failure the results are unspecified and the tape is in
 * error.
 *
 * At kinks and ties all of them take the convention of the op table. Where an operation is locally constant or linear
 * its second derivative is 0, so that the Hessian of relu(x) is 0 everywhere. */
#ifndef AUTODIFF_DERIVATIVES_H
#define AUTODIFF_DERIVATIVES_H

#include <autodiff/autodiff.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------ of what is recorded */

/* Directional derivatives, forward: for each of k directions dx (k x n), dy = J dx (k x m). A tangent sweep from the
 * inputs to the outputs: (tangent of a node) = sum over operands of (partial) * (tangent of operand). k = 1 costs about
 * as much as the values did; more directions go through several at a time. Tangents of exactly 0 are not propagated, as
 * adjoints in ad_backward are not. */
AD_API ad_status ad_jvp(ad_span y, ad_span x, const double *dx, size_t k, double *dy);

/* Backward: for each of k seed vectors (k x m), the products (k x n) J^T seed, several of them in one sweep. Adjoints
 * of exactly 0 are not propagated, as in ad_backward. Only nodes that depend on the inputs take part. */
AD_API ad_status ad_vjp(ad_span y, ad_span x, const double *seeds, size_t k, double *products);

/* The Jacobian, by rows (backward) where m <= n, else by columns (forward): min(m, n) products, several in one sweep.
 * Working memory: 64 bytes for each of N nodes. */
AD_API ad_status ad_jacobian(ad_span y, ad_span x, double *jacobian);

/* For each of k directions v (k x n) the Hessian-vector product H v (k x n), exactly: the tangent of a sweep, node by
 * node (tangent over adjoint). Each costs a tangent sweep and a sweep with twice the arithmetic and more. An operation
 * of your own (ad_register) on the way from the inputs must have its second rule, record_vjp: AD_ERR_ARGUMENT, naming
 * it, where it has none. What that records is taken off the tape again. */
AD_API ad_status ad_hvp(ad_var y, ad_span x, const double *v, size_t k, double *products);

/* The Hessian: n Hessian-vector products. It is symmetric to rounding; what is returned is computed by columns. */
AD_API ad_status ad_hessian(ad_var y, ad_span x, double *hessian);

/* Records the gradient of y by the n inputs as ordinary nodes at the end of the tape: the sweep from y, written down.
 * Returns them as a span of n elements (some may be constants, or older nodes), or the invalid span, with the tape in
 * error and otherwise as it was. They have values, can be swept, explained and named like all nodes; done again on
 * them, it gives the second derivatives, and so on.
 *
 * What is written is simplified only so far: operations on constants are computed; x + 0, x - 0, 0 - x, x * 0, x * 1,
 * x / 1, 0 / x, x ^ 1 and --x are not recorded; an operation that stands on the tape already is not recorded again.
 * Where the derivative of an operation is written in pieces (ops.def), the piece is written that the present values
 * take. So after ad_set and ad_reevaluate the nodes are the gradient as long as the verdict counts nothing changed.
 * Adjoints that happen to be 0 are written down like all others: 0 * inf is NaN then. What the second rule of an
 * operation of your own records stands as it does; where it has none: AD_ERR_ARGUMENT. O(operands up to y). */
AD_API ad_span ad_record_gradient(ad_var y, ad_span x);

/* The same of sum_k seeds[k] * ys[k], where the seeds are any nodes or constants: a recorded vector-Jacobian product.
 */
AD_API ad_span ad_record_gradient_from(const ad_var *ys, const ad_var *seeds, size_t k, ad_span x);

/* ------------------------------------------------------------------------------------------ sparse */

/* A matrix in coordinate form: element e is value[e] at row[e], column[e], both from 0, sorted by rows and then by
 * columns. What is not listed is 0 whatever the inputs are; what is listed may be 0 at some. */
typedef struct ad_sparse_matrix {
    size_t rows, columns, count;
    const uint32_t *row, *column;
    const double *value;
    size_t products; /* how many products with the matrix (colours) one evaluation takes; a dense one min(m, n) */
} ad_sparse_matrix;

/* A sparse Jacobian or Hessian of what is recorded: its pattern, propagated from node to node; a colouring, so that
 * columns (or rows) that share no row are computed in one product; and its values. */
typedef struct ad_sparse ad_sparse;

/* Finds pattern and colours, and evaluates. NULL on error; the tape is in error then (AD_ERR_LIMIT: more than 2^31 - 1
 * elements). The matrix takes memory from the tape's allocator, 24 bytes an element and vectors of at most 16 MB or 128
 * bytes for each row or column, and must be freed before the tape.
 *
 * Jacobian: each node's set of inputs is propagated. Nodes with equal sets share one, and a set goes when no later node
 * needs it. O(operands * inputs in a set) time, so O(operands) where sets are small; a 64th of that where they have
 * more than 1/32 of all inputs and are kept as bits. Then columns or rows are coloured greedily, both where it is not
 * clear that one takes fewer colours (Curtis, Powell and Reid 1974; Coleman and More 1983), O(elements * colours) as an
 * evaluation. One evaluation is so many vectors through ad_jvp (columns) or ad_vjp (rows).
 *
 * Hessian: a pair of inputs is in the pattern when an operation on the way to y that is not linear in two of its
 * operands (by its rule in ops.def; an operation of your own: in all) joins their sets. Sets are propagated only as far
 * as such operations: long sums cost nothing. The colouring is a star colouring, from which each element is read
 * directly (Gebremedhin, Tarafdar, Manne and Pothen 2007), O(elements * colours) at most. One evaluation is so many
 * directions through ad_hvp. Elements i, j and j, i are the same bits. y may be a constant. */
AD_API ad_sparse *ad_sparse_jacobian_new(ad_span y, ad_span x);
AD_API ad_sparse *ad_sparse_hessian_new(ad_var y, ad_span x);
AD_API void ad_sparse_free(ad_sparse *sparse);

/* The matrix; lasts as long as `sparse`, its values until the next evaluation. */
AD_API const ad_sparse_matrix *ad_sparse_matrix_of(const ad_sparse *sparse);

/* Computes the values anew, after ad_set and ad_reevaluate; pattern and colours hold for all inputs. AD_ERR_HANDLE when
 * the outputs or inputs were rewound. */
AD_API ad_status ad_sparse_evaluate(ad_sparse *sparse);

/* ------------------------------------------------------------------------------------- of functions */

/* A C function of n numbers: records outputs y[0 .. m - 1] (nodes or constants) from the inputs x[0 .. n - 1], which
 * are n consecutive leaves (ad_run(x[0], n) is their span). It may look at values and branch, and returns AD_OK, or
 * what is wrong with it. For example
 *
 *     ad_status rosenbrock(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
 *     {
 *         y[0] = ad_add(ad_square(ad_sub(ad_const(1), x[0])),
 *                       ad_mul(ad_const(100), ad_square(ad_sub(x[1], ad_square(x[0])))));
 *         return AD_OK;
 *     } */
typedef ad_status (*ad_fn)(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user);

typedef struct ad_function {
    ad_fn record;
    void *user;             /* handed to `record` */
    size_t inputs, outputs; /* n, m */
} ad_function;

/* Records f at x, as leaves for the inputs and whatever f records, and stores the spans of both. On a failure the tape
 * is rewound; it is in error, "ad_record: ..." where f failed by its status alone or left an output that is no node and
 * no constant of this tape. */
AD_API ad_status ad_record(ad_tape *tape, const ad_function *f, const double *x, ad_span *inputs, ad_span *outputs);

/* The above at the point x (n numbers) in one call: record, compute, rewind, so that the tape is as it was. Outputs
 * (m numbers, or the one of a function with outputs = 1) are stored in y; y, `value` and the gradients may be NULL.
 * Those that take one output set AD_ERR_ARGUMENT when outputs is not 1. Gradients are those of ad_backward, which puts
 * an end to earlier adjoints on the tape. */
AD_API ad_status ad_fn_gradient(ad_tape *tape, const ad_function *f, const double *x, double *value, double *gradient);
AD_API ad_status ad_fn_jvp(ad_tape *tape, const ad_function *f, const double *x, const double *dx, size_t k, double *y,
                           double *dy);
AD_API ad_status ad_fn_vjp(ad_tape *tape, const ad_function *f, const double *x, const double *seeds, size_t k,
                           double *y, double *products);
AD_API ad_status ad_fn_jacobian(ad_tape *tape, const ad_function *f, const double *x, double *y, double *jacobian);
AD_API ad_status ad_fn_hvp(ad_tape *tape, const ad_function *f, const double *x, const double *v, size_t k,
                           double *value, double *products);
AD_API ad_status ad_fn_hessian(ad_tape *tape, const ad_function *f, const double *x, double *value, double *gradient,
                               double *hessian);

#ifdef __cplusplus
}
#endif

#endif
