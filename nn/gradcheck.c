/* SPDX-License-Identifier: MIT */
/* The gradient check of a network's cost. */
#include "internal.h"

#include <string.h>

/* What the callbacks of the check are handed. */
typedef struct subject {
    const nn_mlp *net;
    const size_t *which;
    ad_gradcheck_options asked; /* by the caller */
} subject;

/* A node in the words of the network, where samples are numbered as in the data. */
static void describe(void *user, ad_var node, char *text, size_t size)
{
    const subject *s = user;
    nn_place place;
    if (s->asked.describe != NULL) s->asked.describe(s->asked.user, node, text, size);
    else if (!nn_find_place(s->net, node, &place)) nn_describe(s->net, node, text, size);
    else nn_place_text(&place, (s->which != NULL ? s->which[place.sample] : place.sample) + 1, text, size);
}

static bool progress(void *user, size_t done, size_t all)
{
    const subject *s = user;
    return s->asked.progress(s->asked.user, done, all);
}

/* Rows of a matrix as constants. */
static ad_span rows_of(ad_tape *tape, const double *matrix, const size_t *which, size_t n, size_t width)
{
    double *to;
    const ad_span span = ad_constants_in_place(tape, n * width, &to);
    for (size_t k = 0; k < n && to != NULL; k++)
        memcpy(to + k * width, matrix + (which != NULL ? which[k] : k) * width, width * sizeof *to);
    return span;
}

/* The mean cost of the samples, plus that of L2. */
static nn_status record(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, double l2, ad_var *cost,
                        nn_error *error)
{
    ad_tape *tape = net->tape;
    nn_status status = NN_ERR_TAPE;
    const ad_span x = rows_of(tape, data->x, which, n, net->shape.inputs);
    if (x.tape != NULL) status = nn_record_layers(net, x, n);
    const ad_span y = status == NN_OK ? rows_of(tape, data->y, which, n, nn_mlp_outputs(net)) : x;
    if (status == NN_OK && y.tape != NULL) status = nn_record_cost_of_each(net, y);
    if (status != NN_OK || y.tape == NULL) return nn_fail_tape(error, tape);
    *cost = ad_mul(ad_const(1 / (double)n), ad_sum(net->costs));
    if (l2 != 0) *cost = ad_add(*cost, nn_l2(net, l2));
    return cost->tape != NULL ? NN_OK : nn_fail_tape(error, tape);
}

static nn_status check(nn_mlp *net, ad_var cost, subject *s, ad_gradcheck_report *report, nn_error *error)
{
    ad_gradcheck_options options = s->asked;
    options.user = s;
    options.describe = describe;
    if (options.progress != NULL) options.progress = progress;
    return ad_gradcheck_recorded(cost, net->parameters, &options, report) == AD_OK ? NN_OK
                                                                                   : nn_fail_tape(error, net->tape);
}

nn_status nn_gradcheck(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, double l2,
                       const ad_gradcheck_options *options, ad_gradcheck_report *report, nn_error *error)
{
    memset(report, 0, sizeof *report);
    nn_status status = nn_check_data(data, error);
    if (status == NN_OK) status = nn_check_choice(data, which, n, error);
    if (status != NN_OK) return status;
    subject s = {.net = net, .which = which};
    if (options != NULL) s.asked = *options;
    const ad_mark mark = ad_tape_mark(net->tape);
    net->samples = 0;
    /* To rewind to there will not fail for want of memory, once it was done. */
    if (ad_tape_rewind(net->tape, mark) != AD_OK) return nn_fail_tape(error, net->tape);
    ad_var cost;
    status = record(net, data, which, n, l2, &cost, error);
    if (status == NN_OK) status = check(net, cost, &s, report, error);
    ad_tape_rewind(net->tape, mark);
    net->samples = 0;
    return status;
}
