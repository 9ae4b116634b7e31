/* SPDX-License-Identifier: MIT */
/* The cost as a formula of numbers. */
#include "delta_how.h"
#include "command.h"

#include <math.h>

/* The logarithm of the output, or of 1 less it, from z: where the output is rounded to 0 or 1 it is not known from
 * that. */
static double log_of(const delta_view *v, size_t j, bool of_rest)
{
    const size_t l = depth_of(v);
    const double z = of_rest ? -z_of(v, l, j) : z_of(v, l, j);
    if (nn_mlp_shape(v->net)->cost != NN_SOFTMAX_CROSS_ENTROPY) return fmin(z, 0) - log1p(exp(-fabs(z)));
    double most = z, sum = 0;
    for (size_t k = 0; k < width_at(v, l); k++) most = fmax(most, z_of(v, l, k));
    for (size_t k = 0; k < width_at(v, l); k++) sum += exp(z_of(v, l, k) - most);
    return z - most - log(sum);
}

/* "·log(0.25)"; of what is almost 0 the logarithm itself. */
static void put_log(FILE *to, const delta_view *v, size_t j, bool of_rest)
{
    const double a = a_of(v, depth_of(v), j), p = of_rest ? 1 - a : a;
    fputs("·", to);
    if (p < 1e-6) put_operand(to, v, log_of(v, j, of_rest));
    else {
        fputs("log(", to);
        put_number(to, v, p);
        fputc(')', to);
    }
}

/* One output's share of a cost. */
static void put_share(FILE *to, const delta_view *v, size_t j)
{
    const how h = {to, v, false, FEW};
    const double y = v->y[j];
    if (nn_mlp_shape(v->net)->cost <= NN_MEAN_OF_SQUARES) {
        fputc('(', to);
        put_error(&h, j);
        fputs(")²", to);
        return;
    }
    put_number(to, v, y);
    put_log(to, v, j, false);
    if (nn_mlp_shape(v->net)->cost == NN_SOFTMAX_CROSS_ENTROPY) return;
    fputs(" + ", to);
    put_operand(to, v, 1 - y);
    put_log(to, v, j, true);
}

char *cost_in_numbers(const delta_view *v)
{
    enum { MOST = 3 };
    const size_t n = nn_mlp_outputs(v->net);
    const bool is_of_squares = nn_mlp_shape(v->net)->cost <= NN_MEAN_OF_SQUARES, has_factor = factor_of(v) != 2;
    const bool in_parentheses = !is_of_squares || (has_factor && n > 1);
    draft t;
    draft_begin(&t);
    if (!is_of_squares) fputc('-', t.to);
    else if (has_factor) {
        put_number(t.to, v, factor_of(v) / 2);
        fputs(" · ", t.to);
    }
    if (in_parentheses) fputc('(', t.to);
    for (size_t j = 0; j < n; j++) {
        if (n > MOST && j == 1) {
            fputs(" + …", t.to);
            j = n - 1;
        }
        if (j > 0) fputs(" + ", t.to);
        put_share(t.to, v, j);
    }
    if (in_parentheses) fputc(')', t.to);
    return draft_done(&t);
}
