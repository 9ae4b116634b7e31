/* SPDX-License-Identifier: MIT */
/* Costs and gradients over samples, which are recorded, swept and rewound in chunks. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* As many samples as are on the tape at once: more leave the second cache, and are slower. */
enum { CHUNK = 128 };

/* Samples of the data: which[0 .. samples - 1], or where that is NULL those from `from` on; and as they stand on the
 * tape, the targets only if there are any. */
typedef struct rows {
    const nn_data *data;
    nn_sample_numbers numbers;
    size_t samples;
    ad_span x, y;
} rows;

/* ------------------------------------------------------------------------------ taking samples */

nn_status nn_check_data(const nn_data *data, nn_error *error)
{
    if (data == NULL || data->samples == 0) return nn_fail(error, NN_ERR_ARGUMENT, "data: there are no samples");
    if (data->x == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "data: x is NULL");
    if (data->y == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "data: y is NULL");
    return NN_OK;
}

nn_status nn_check_choice(const nn_data *data, const size_t *which, size_t n, nn_error *error)
{
    if (n == 0) return nn_fail(error, NN_ERR_ARGUMENT, "which: no samples are chosen");
    if (which == NULL && n > data->samples)
        return nn_fail(error, NN_ERR_ARGUMENT, "which: there are %zu samples, not %zu", data->samples, n);
    for (size_t k = 0; which != NULL && k < n; k++)
        if (which[k] >= data->samples)
            return nn_fail(error, NN_ERR_ARGUMENT, "which: element %zu is %zu, but there are %zu samples", k, which[k],
                           data->samples);
    return NN_OK;
}

/* The samples from `from` on, at most a chunk of them. */
static rows next_rows(const nn_data *data, const size_t *which, size_t from, size_t n)
{
    const nn_sample_numbers numbers = {which == NULL ? NULL : which + from, from};
    return (rows){.data = data, .numbers = numbers, .samples = n - from < CHUNK ? n - from : CHUNK};
}

/* Their rows of a matrix, as constants. */
static ad_span rows_of(ad_tape *tape, const rows *r, const double *matrix, size_t width)
{
    double *to;
    const size_t *which = r->numbers.which;
    const ad_span span = ad_constants_in_place(tape, r->samples * width, &to);
    if (to == NULL) return span;
    if (which == NULL) memcpy(to, matrix + r->numbers.from * width, r->samples * width * sizeof *to);
    else
        for (size_t s = 0; s < r->samples; s++) memcpy(to + s * width, matrix + which[s] * width, width * sizeof *to);
    return span;
}

/* ---------------------------------------------------------------------------------- on the tape */

/* Where the tape ends now; to rewind to there will not fail for want of memory, once it was done. */
static nn_status begin(nn_mlp *net, ad_mark *mark, nn_error *error)
{
    *mark = ad_tape_mark(net->tape);
    net->samples = 0;
    return ad_tape_rewind(net->tape, *mark) == AD_OK ? NN_OK : nn_fail_tape(error, net->tape);
}

static void forget(nn_mlp *net, ad_mark mark)
{
    ad_tape_rewind(net->tape, mark);
    net->samples = 0;
}

/* Records the rows through the network, and their costs if they have targets. */
static nn_status record(nn_mlp *net, rows *r, nn_error *error)
{
    r->x = rows_of(net->tape, r, r->data->x, net->shape.inputs);
    nn_status status = nn_record_layers(net, r->x, r->samples);
    if (status == NN_OK && r->data->y != NULL) {
        r->y = rows_of(net->tape, r, r->data->y, nn_mlp_outputs(net));
        status = nn_record_cost_of_each(net, r->y);
    }
    return status == NN_OK ? NN_OK : nn_fail_tape(error, net->tape);
}

static size_t largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (x[k] > x[best]) best = k;
    return best;
}

static size_t count_correct(const nn_mlp *net, const rows *r)
{
    const size_t width = nn_mlp_outputs(net);
    const double middle = net->layers[net->shape.depth - 1].activation == NN_TANH ? 0 : 0.5;
    const double *a = ad_values(nn_outputs(net)), *y = ad_values(r->y);
    size_t correct = 0;
    for (size_t s = 0; s < r->samples; s++, a += width, y += width)
        correct += width == 1 ? (*a > middle) == (*y > middle) : largest(a, width) == largest(y, width);
    return correct;
}

/* Adds what was recorded for these rows to the sum of costs, and to the right answers if they are asked for. */
static nn_status add_score(nn_mlp *net, const rows *r, ad_mark mark, nn_score *sum, bool correct, nn_error *error)
{
    const double *costs = ad_values(net->costs);
    double total = 0;
    for (size_t s = 0; s < r->samples; s++) total += costs[s];
    sum->samples += r->samples;
    sum->cost += total;
    if (!isfinite(sum->cost)) return nn_fail_nonfinite(error, net, r->x, r->y, r->numbers, mark.nodes);
    if (correct) sum->correct += count_correct(net, r);
    return NN_OK;
}

/* ------------------------------------------------------------------------------------- gradients */

/* A call of nn_gradient: what it adds up, over n samples in all. */
typedef struct task {
    double l2, weight; /* of a sample: 1/n */
    bool first, correct;
    nn_score sum;
    double penalty;
} task;

/* The sweep from all costs at once, of which each counts 1/n; with the first chunk from the L2 term too. */
static nn_status sweep(nn_mlp *net, task *t, nn_error *error)
{
    ad_var outs[CHUNK + 1];
    double seeds[CHUNK + 1];
    char number[NN_NUMBER_SIZE];
    size_t n = 0;
    for (; n < net->costs.count; n++) {
        outs[n] = (ad_var){net->tape, net->costs.first + (uint32_t)n, net->costs.generation};
        seeds[n] = t->weight;
    }
    if (t->first && t->l2 != 0) {
        outs[n] = nn_l2(net, t->l2);
        seeds[n++] = 1;
        t->penalty = outs[n - 1].tape == NULL ? 0 : ad_value(outs[n - 1]);
        if (!isfinite(t->penalty))
            return nn_fail(error, NN_ERR_NONFINITE, "the cost is not finite: that of L2 is %s",
                           nn_number_text(t->penalty, number));
    }
    return ad_backward_from(outs, seeds, n) == AD_OK ? NN_OK : nn_fail_tape(error, net->tape);
}

static nn_status add_gradient(nn_mlp *net, rows *r, ad_mark mark, task *t, nn_error *error)
{
    nn_status status = record(net, r, error);
    if (status == NN_OK) status = add_score(net, r, mark, &t->sum, t->correct, error);
    if (status == NN_OK) status = sweep(net, t, error);
    t->first = false;
    forget(net, mark);
    return status;
}

/* From now on sweeps add up, from 0, or (on == false) no longer. */
static nn_status accumulate(nn_mlp *net, bool on, nn_error *error)
{
    ad_span leaves = net->parameters;
    if (!on) leaves.count = 0;
    return ad_accumulate(leaves) == AD_OK ? NN_OK : nn_fail_tape(error, net->tape);
}

nn_status nn_gradient(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, double l2, nn_score *score,
                      nn_error *error)
{
    ad_mark mark;
    nn_status status = nn_check_data(data, error);
    if (status == NN_OK) status = nn_check_choice(data, which, n, error);
    if (status == NN_OK) status = begin(net, &mark, error);
    if (status == NN_OK) status = accumulate(net, n > CHUNK, error);
    if (status != NN_OK) return status;
    task t = {.l2 = l2, .weight = 1 / (double)n, .first = true, .correct = score != NULL};
    for (size_t from = 0; from < n && status == NN_OK; from += CHUNK) {
        rows r = next_rows(data, which, from, n);
        status = add_gradient(net, &r, mark, &t, error);
    }
    if (n > CHUNK) {
        if (status != NN_OK) accumulate(net, true, NULL); /* a part of the gradient is none */
        accumulate(net, false, NULL);
    }
    if (status == NN_OK && score != NULL) *score = (nn_score){n, t.sum.cost * t.weight + t.penalty, t.sum.correct};
    return status;
}

/* ------------------------------------------------------------------------ without a gradient */

nn_status nn_evaluate(nn_mlp *net, const nn_data *data, nn_score *score, nn_error *error)
{
    ad_mark mark;
    nn_score sum = {0, 0, 0};
    nn_status status = nn_check_data(data, error);
    if (status == NN_OK) status = begin(net, &mark, error);
    if (status != NN_OK) return status;
    for (size_t from = 0; from < data->samples && status == NN_OK; from += CHUNK) {
        rows r = next_rows(data, NULL, from, data->samples);
        status = record(net, &r, error);
        if (status == NN_OK) status = add_score(net, &r, mark, &sum, true, error);
        forget(net, mark);
    }
    sum.cost /= (double)data->samples;
    if (status == NN_OK && score != NULL) *score = sum;
    return status;
}

nn_status nn_predict(nn_mlp *net, const double *x, size_t n, double *outputs, nn_error *error)
{
    ad_mark mark;
    const nn_data data = {x, NULL, n};
    if (n > 0 && x == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "x is NULL");
    if (n > 0 && outputs == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "outputs is NULL");
    nn_status status = begin(net, &mark, error);
    for (size_t from = 0; from < n && status == NN_OK; from += CHUNK) {
        rows r = next_rows(&data, NULL, from, n);
        status = record(net, &r, error);
        if (status == NN_OK) {
            const ad_span a = nn_outputs(net);
            memcpy(outputs + from * nn_mlp_outputs(net), ad_values(a), a.count * sizeof *outputs);
        }
        forget(net, mark);
    }
    return status;
}
