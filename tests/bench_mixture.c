/* SPDX-License-Identifier: MIT */
/* The log-likelihood of a Gaussian mixture with a Wishart prior, as in ADBench (Srajer, Kukelova and Fitzgibbon,
 * Optimization Methods and Software 33 (2018) 889):
 *
 *     sum_i log sum_k exp(alpha_k + sum_j q_kj - 1/2 |Q_k (x_i - mu_k)|^2) - N log sum_k exp(alpha_k)
 *         + 1/2 sum_k |Q_k|^2
 *
 * Q_k is lower triangular; its diagonal is exp(q_k1), ..., exp(q_kD), below that it is l_k, column by column. The
 * inputs are all alpha, then all mu, then q_k and l_k for each k; the points x are data. */
#include "bench.h"
#include "bench_adolc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS = 1000,
    D = 10,
    K = 25,
    LOWER = D * (D - 1) / 2,
    FACTOR = D + LOWER,
    MU = K,
    Q = K + K * D,
    INPUTS = K * (1 + D + FACTOR),
    /* Of a point and a part: x - mu, Q (x - mu), its square, the term; of a log-sum-exp; of a part's prior. */
    TERM = D + D + 2 * LOWER + 2 * D - 1 + 3,
    LOG_SUM_EXP = 3 * K + 1,
    PART = D + D - 1 + 2 * FACTOR - 1,
    OPERATIONS = POINTS * (K * TERM + LOG_SUM_EXP) + POINTS - 1 + LOG_SUM_EXP + K * PART + K - 1 + 4
};

static double points[POINTS][D], inputs[INPUTS], gradient_by_hand[INPUTS];

static void prepare(void)
{
    for (size_t i = 0; i < POINTS; i++)
        for (size_t j = 0; j < D; j++) points[i][j] = bench_number(i * D + j) + (double)(i % K) / K;
    for (size_t k = 0; k < INPUTS; k++) inputs[k] = 0.5 * bench_number(1000000 + k);
}

/* ----------------------------------------------------------------------------------- plain double */

static double log_sum_exp(const double *x)
{
    double most = x[0], sum = 0;
    for (size_t k = 1; k < K; k++) most = x[k] > most ? x[k] : most;
    for (size_t k = 0; k < K; k++) sum += exp(x[k] - most);
    return log(sum) + most;
}

/* y = Q c */
static void multiply(const double *diagonal, const double *lower, const double *c, double *y)
{
    for (size_t j = 0; j < D; j++) y[j] = diagonal[j] * c[j];
    for (size_t j = 0; j < D; j++)
        for (size_t r = j + 1; r < D; r++) y[r] += *lower++ * c[j];
}

static double squares(const double *x, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += x[k] * x[k];
    return sum;
}

/* The diagonals and the sums of q. */
static void prepare_factors(double diagonal[K][D], double sums[K])
{
    for (size_t k = 0; k < K; k++) {
        sums[k] = 0;
        for (size_t j = 0; j < D; j++) {
            sums[k] += inputs[Q + k * FACTOR + j];
            diagonal[k][j] = exp(inputs[Q + k * FACTOR + j]);
        }
    }
}

static double prior(double diagonal[K][D])
{
    double sum = 0;
    for (size_t k = 0; k < K; k++) sum += squares(diagonal[k], D) + squares(inputs + Q + k * FACTOR + D, LOWER);
    return 0.5 * sum;
}

static double plain(const void *instance, const double **gradient)
{
    double diagonal[K][D], sums[K], terms[K], c[D], y[D], total = 0;
    (void)instance, (void)gradient;
    prepare_factors(diagonal, sums);
    for (size_t i = 0; i < POINTS; i++) {
        for (size_t k = 0; k < K; k++) {
            for (size_t j = 0; j < D; j++) c[j] = points[i][j] - inputs[MU + k * D + j];
            multiply(diagonal[k], inputs + Q + k * FACTOR + D, c, y);
            terms[k] = inputs[k] + sums[k] - 0.5 * squares(y, D);
        }
        total += log_sum_exp(terms);
    }
    return total - POINTS * log_sum_exp(inputs) + prior(diagonal);
}

/* ------------------------------------------------------------------------------------- by hand */

/* What the way back needs of a point. */
typedef struct forward {
    double c[K][D], y[K][D], terms[K];
} forward;

/* Adds weight * (derivative of the term of part k) to the gradient. */
static void backward_term(const forward *f, size_t k, double weight, const double *diagonal)
{
    const double *lower = inputs + Q + k * FACTOR + D;
    double *g_mu = gradient_by_hand + MU + k * D, *g_q = gradient_by_hand + Q + k * FACTOR, *g_lower = g_q + D;
    double dy[D];
    for (size_t j = 0; j < D; j++) dy[j] = -weight * f->y[k][j];
    for (size_t j = 0; j < D; j++) {
        double dc = diagonal[j] * dy[j];
        g_q[j] += dy[j] * f->c[k][j] * diagonal[j] + weight;
        for (size_t r = j + 1; r < D; r++) {
            *g_lower++ += dy[r] * f->c[k][j];
            dc += *lower++ * dy[r];
        }
        g_mu[j] -= dc;
    }
    gradient_by_hand[k] += weight;
}

static double add_point(size_t i, double diagonal[K][D], const double sums[K])
{
    forward f;
    for (size_t k = 0; k < K; k++) {
        for (size_t j = 0; j < D; j++) f.c[k][j] = points[i][j] - inputs[MU + k * D + j];
        multiply(diagonal[k], inputs + Q + k * FACTOR + D, f.c[k], f.y[k]);
        f.terms[k] = inputs[k] + sums[k] - 0.5 * squares(f.y[k], D);
    }
    const double value = log_sum_exp(f.terms);
    for (size_t k = 0; k < K; k++) backward_term(&f, k, exp(f.terms[k] - value), diagonal[k]);
    return value;
}

static double by_hand(const void *instance, const double **gradient)
{
    double diagonal[K][D], sums[K], total = 0;
    (void)instance;
    *gradient = gradient_by_hand;
    memset(gradient_by_hand, 0, sizeof gradient_by_hand);
    prepare_factors(diagonal, sums);
    for (size_t i = 0; i < POINTS; i++) total += add_point(i, diagonal, sums);
    const double normal = log_sum_exp(inputs);
    for (size_t k = 0; k < K; k++) {
        double *g_q = gradient_by_hand + Q + k * FACTOR;
        gradient_by_hand[k] -= POINTS * exp(inputs[k] - normal);
        for (size_t j = 0; j < D; j++) g_q[j] += diagonal[k][j] * diagonal[k][j];
        for (size_t j = D; j < FACTOR; j++) g_q[j] += inputs[Q + k * FACTOR + j];
    }
    return total - POINTS * normal + prior(diagonal);
}

/* ------------------------------------------------------------------------------------ chainrule */

typedef struct instance {
    ad_tape *tape;
    ad_span inputs;
    ad_var alpha[K], mu[K][D], q[K][D], lower[K][LOWER];
    ad_var diagonal[K][D], sums[K];
    bool points_are_leaves;
    ad_var x[D];
} instance;

static ad_var log_sum_exp_nodes(const ad_var *x)
{
    ad_var most = x[0];
    for (size_t k = 1; k < K; k++)
        if (ad_value(x[k]) > ad_value(most)) most = x[k];
    ad_var sum = ad_exp(ad_sub(x[0], most));
    for (size_t k = 1; k < K; k++) sum = ad_add(sum, ad_exp(ad_sub(x[k], most)));
    return ad_add(ad_log(sum), most);
}

static void multiply_nodes(const ad_var *diagonal, const ad_var *lower, const ad_var *c, ad_var *y)
{
    for (size_t j = 0; j < D; j++) y[j] = ad_mul(diagonal[j], c[j]);
    for (size_t j = 0; j < D; j++)
        for (size_t r = j + 1; r < D; r++) y[r] = ad_add(y[r], ad_mul(*lower++, c[j]));
}

static ad_var squares_nodes(const ad_var *x, size_t n)
{
    ad_var sum = ad_square(x[0]);
    for (size_t k = 1; k < n; k++) sum = ad_add(sum, ad_square(x[k]));
    return sum;
}

static void record_inputs(instance *m)
{
    m->inputs = ad_leaves(m->tape, inputs, INPUTS);
    for (size_t k = 0; k < K; k++) {
        m->alpha[k] = ad_at(m->inputs, k);
        for (size_t j = 0; j < D; j++) m->mu[k][j] = ad_at(m->inputs, MU + k * D + j);
        for (size_t j = 0; j < D; j++) m->q[k][j] = ad_at(m->inputs, Q + k * FACTOR + j);
        for (size_t j = 0; j < LOWER; j++) m->lower[k][j] = ad_at(m->inputs, Q + k * FACTOR + D + j);
    }
}

static void record_factors(instance *m)
{
    for (size_t k = 0; k < K; k++) {
        m->sums[k] = m->q[k][0];
        for (size_t j = 0; j < D; j++) m->diagonal[k][j] = ad_exp(m->q[k][j]);
        for (size_t j = 1; j < D; j++) m->sums[k] = ad_add(m->sums[k], m->q[k][j]);
    }
}

static ad_var record_prior(const instance *m)
{
    ad_var sum = ad_add(squares_nodes(m->diagonal[0], D), squares_nodes(m->lower[0], LOWER));
    for (size_t k = 1; k < K; k++)
        sum = ad_add(sum, ad_add(squares_nodes(m->diagonal[k], D), squares_nodes(m->lower[k], LOWER)));
    return ad_mul(ad_const(0.5), sum);
}

static ad_var record_point(instance *m, const double *point)
{
    ad_var terms[K], c[D], y[D];
    for (size_t j = 0; j < D; j++) m->x[j] = m->points_are_leaves ? ad_leaf(m->tape, point[j]) : ad_const(point[j]);
    for (size_t k = 0; k < K; k++) {
        for (size_t j = 0; j < D; j++) c[j] = ad_sub(m->x[j], m->mu[k][j]);
        multiply_nodes(m->diagonal[k], m->lower[k], c, y);
        const ad_var half = ad_mul(ad_const(0.5), squares_nodes(y, D));
        terms[k] = ad_sub(ad_add(m->alpha[k], m->sums[k]), half);
    }
    return log_sum_exp_nodes(terms);
}

ad_var bench_mixture_record(const void *opened)
{
    instance *m = (instance *)opened;
    ad_tape_reset(m->tape);
    record_inputs(m);
    record_factors(m);
    ad_var total = record_point(m, points[0]);
    for (size_t i = 1; i < POINTS; i++) total = ad_add(total, record_point(m, points[i]));
    const ad_var normal = ad_mul(ad_const(POINTS), log_sum_exp_nodes(m->alpha));
    return ad_add(ad_sub(total, normal), record_prior(m));
}

static double chainrule(const void *opened, const double **gradient)
{
    const ad_var out = bench_mixture_record(opened);
    ad_backward(out);
    *gradient = ad_grads(((const instance *)opened)->inputs);
    return ad_value(out);
}

static const char points_as_leaves[] = "points as leaves";

static const void *open(const void *with)
{
    instance *m = bench_allocate(sizeof *m);
    m->points_are_leaves = with == points_as_leaves;
    return m;
}

static void restart(const void *opened)
{
    instance *m = (instance *)opened;
    if (m->tape == NULL) m->tape = ad_tape_new();
    else ad_tape_reset(m->tape);
}

static void close(const void *opened)
{
    const instance *m = opened;
    ad_tape_free(m->tape);
    free((void *)opened);
}

/* ---------------------------------------------------------------------------------------- ADOL-C */

#ifdef HAVE_ADOLC
static double adolc(const void *opened, const double **gradient)
{
    static double result[INPUTS];
    (void)opened;
    *gradient = result;
    return bench_adolc_mixture(OPERATIONS, points[0], POINTS, D, K, inputs, INPUTS, result);
}
#endif

static const bench_tool tools[] = {
    {"plain double, value only", BENCH_VALUE, plain, NULL, NULL, NULL, NULL},
    {"hand-written gradient", BENCH_HAND, by_hand, NULL, NULL, NULL, NULL},
    {"chainrule", BENCH_OURS_EACH, chainrule, open, close, NULL, restart},
    {"chainrule, points as leaves", BENCH_OURS_EACH, chainrule, open, close, points_as_leaves, restart},
#ifdef HAVE_ADOLC
    {"ADOL-C", BENCH_PEER, adolc, NULL, NULL, NULL, NULL},
#endif
};

const bench_task bench_mixture = {
    "mixture", "Gaussian mixture, n=1000, d=10, K=25", OPERATIONS, 1, INPUTS,
    prepare,   sizeof tools / sizeof *tools,           tools,
};
