/* SPDX-License-Identifier: MIT */
/* The cost as a formula of numbers. */
#include "delta_how.h"
#include "command.h"

/* One output's share of a cost. */
static void put_share(FILE *to, const delta_view *v, size_t j)
{
    const how h = {to, v, false, FEW};
    const double a = a_of(v, depth_of(v), j), y = v->y[j];
    if (nn_mlp_shape(v->net)->cost <= NN_MEAN_OF_SQUARES) {
        fputc('(', to);
        put_error(&h, j);
        fputs(")²", to);
        return;
    }
    put_number(to, v, y);
    fputs("·log(", to);
    put_number(to, v, a);
    fputc(')', to);
    if (nn_mlp_shape(v->net)->cost == NN_SOFTMAX_CROSS_ENTROPY) return;
    fputs(" + ", to);
    put_operand(to, v, 1 - y);
    fputs("·log(", to);
    put_number(to, v, 1 - a);
    fputc(')', to);
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
