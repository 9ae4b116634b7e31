/* SPDX-License-Identifier: MIT */
#include "lesson_compare.h"

#include <math.h>

double largest_of(const double *x, size_t n)
{
    double most = 0;
    for (size_t k = 0; k < n; k++)
        if (fabs(x[k]) > most) most = fabs(x[k]);
    return most;
}

void compare_on_scale(comparison *c, const double *one, const double *other, size_t n, double scale, double allowed)
{
    double apart = 0;
    for (size_t k = 0; k < n; k++) {
        const double difference = fabs(one[k] - other[k]) / fmax(scale, LEAST_SCALE);
        if (!(difference <= apart)) apart = difference;
        if (isnan(apart)) break;
    }
    const bool is_worst = c->numbers == 0 || isnan(apart) || apart / allowed > c->difference / c->allowed;
    c->numbers += n;
    if (!is_worst) return;
    c->difference = apart;
    c->allowed = allowed;
}

void compare(comparison *c, const double *one, const double *other, size_t n, double allowed)
{
    compare_on_scale(c, one, other, n, largest_of(other, n), allowed);
}

double allowed_by(const nn_delta_report *report)
{
    double most = report->cost.allowed;
    for (size_t l = 0; l <= report->depth; l++)
        for (int t = 0; t < NN_TENSORS; t++)
            if (report->layer[l].tensor[t].allowed > most) most = report->layer[l].tensor[t].allowed;
    return most;
}

void script_compared(script *to, const char *what, const comparison *c)
{
    script_checked(to, what, c->numbers, c->difference, c->allowed);
}
