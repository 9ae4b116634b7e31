/* SPDX-License-Identifier: MIT */
/* Training: epochs of batches, the best parameters kept beside the present ones. */
#include "internal.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* A call of nn_train. */
typedef struct run {
    nn_trainer *trainer;
    const nn_data *data, *validation; /* validation: NULL without */
    size_t batch, batches;            /* samples in a batch, batches in an epoch */
    uint64_t epochs;                  /* that are over */
    size_t next;                      /* batch of this epoch */
    double began;                     /* this epoch, or what is left of it */
    double norm;                      /* of the last gradient of an epoch */
    double rate;
} run;

static double now(void)
{
    struct timespec t = {0, 0};
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void copy_parameters(double *to, const nn_trainer *trainer)
{
    memcpy(to, ad_values(trainer->net->parameters), trainer->count * sizeof *to);
}

/* ---------------------------------------------------------------------------------- preparing */

/* The order of the samples in this epoch. */
static void shuffle(const run *r)
{
    nn_trainer *trainer = r->trainer;
    if (r->batches == 1) return;
    nn_random random = nn_random_new(trainer->options.seed + r->epochs + 1);
    if (!trainer->options.in_order) nn_random_order(&random, trainer->order, trainer->order_count);
    else
        for (size_t k = 0; k < trainer->order_count; k++) trainer->order[k] = k;
}

static nn_status make_room(nn_trainer *trainer, size_t samples, nn_error *error)
{
    if (trainer->order_count != samples) {
        size_t *order = nn_allocate(&trainer->allocator, samples, sizeof *order);
        if (order == NULL) return nn_fail_memory(error);
        nn_release(&trainer->allocator, trainer->order, trainer->order_count, sizeof *order);
        trainer->order = order;
        trainer->order_count = samples;
    }
    if (trainer->best != NULL) return NN_OK;
    trainer->best = nn_allocate(&trainer->allocator, trainer->count, sizeof *trainer->best);
    return trainer->best != NULL ? NN_OK : nn_fail_memory(error);
}

/* Until the first epoch is over, the best parameters are those that training started from. */
static nn_status prepare(run *r, nn_error *error)
{
    nn_trainer *trainer = r->trainer;
    if (r->data == NULL || r->data->samples == 0) return nn_fail(error, NN_ERR_ARGUMENT, "data: there are no samples");
    if (ad_values(trainer->net->parameters) == NULL) return nn_fail_tape(error, trainer->net->tape);
    const bool is_new = trainer->best == NULL || (trainer->best_epoch == 0 && trainer->steps == 0);
    const nn_status status = make_room(trainer, r->data->samples, error);
    if (status != NN_OK) return status;
    if (is_new) copy_parameters(trainer->best, trainer);
    r->batch = trainer->options.batch < r->data->samples ? trainer->options.batch : r->data->samples;
    r->batches = (r->data->samples - 1) / r->batch + 1;
    r->epochs = trainer->steps / r->batches;
    r->next = (size_t)(trainer->steps % r->batches);
    if (r->next > 0) shuffle(r);
    return NN_OK;
}

/* ------------------------------------------------------------------------------------ a batch */

/* Euclidean; with the largest element taken out, where the plain sum overflows. */
static double norm_of(const double *g, size_t n)
{
    double sum = 0, most = 0;
    for (size_t k = 0; k < n; k++) sum += g[k] * g[k];
    if (isfinite(sum) || nn_first_nonfinite(g, n) < n) return sqrt(sum);
    for (size_t k = 0; k < n; k++) most = fabs(g[k]) > most ? fabs(g[k]) : most;
    sum = 0;
    for (size_t k = 0; k < n; k++) sum += (g[k] / most) * (g[k] / most);
    return most * sqrt(sum);
}

/* A message that names the first of these numbers, one for each parameter, that is not finite. */
static nn_status check_finite(const nn_trainer *trainer, const double *values, const char *what, nn_error *error)
{
    char name[80], number[NN_NUMBER_SIZE];
    const size_t k = nn_first_nonfinite(values, trainer->count);
    if (k == trainer->count) return NN_OK;
    nn_describe(trainer->net, ad_at(trainer->net->parameters, k), name, sizeof name);
    return nn_fail(error, NN_ERR_NONFINITE, "%s%s is %s", what, name, nn_number_text(values[k], number));
}

static nn_status take_norm(run *r, nn_error *error)
{
    const double *g = ad_grads(r->trainer->net->parameters);
    if (g == NULL) return nn_fail_tape(error, r->trainer->net->tape);
    r->norm = norm_of(g, r->trainer->count);
    return isfinite(r->norm) ? NN_OK : check_finite(r->trainer, g, "the gradient of ", error);
}

static nn_status do_batch(run *r, nn_error *error)
{
    nn_trainer *trainer = r->trainer;
    const nn_options *o = &trainer->options;
    const size_t from = r->next * r->batch, left = r->data->samples - from, n = left < r->batch ? left : r->batch;
    const size_t *which = r->batches == 1 ? NULL : trainer->order + from;
    nn_score score;
    r->rate =
        o->schedule == NULL ? o->rate : o->schedule(o->user, o->rate, (double)trainer->steps / (double)r->batches);
    nn_status status = nn_gradient(trainer->net, r->data, which, n, o->l2, &score, error);
    if (status == NN_OK && r->next + 1 == r->batches) status = take_norm(r, error);
    if (status == NN_OK) status = nn_trainer_step(trainer, r->rate, error);
    if (status != NN_OK) return status;
    nn_score *sum = &trainer->running.training;
    sum->samples += n;
    sum->cost += score.cost * (double)n;
    sum->correct += score.correct;
    r->next++;
    return NN_OK;
}

/* ---------------------------------------------------------------------------------- an epoch */

/* Keeps the parameters if they are the best so far. */
static void keep_best(nn_trainer *trainer, nn_epoch *epoch)
{
    const double cost = epoch->validation.samples > 0 ? epoch->validation.cost : epoch->training.cost;
    epoch->best = trainer->best_epoch == 0 || cost < trainer->best_cost;
    if (!epoch->best) return;
    copy_parameters(trainer->best, trainer);
    trainer->best_epoch = epoch->epoch;
    trainer->best_cost = cost;
}

/* Adds the time since `began`, where somebody wants to know it. */
static void take_time(run *r)
{
    if (r->trainer->options.on_epoch == NULL) return;
    const double end = now();
    if (end > r->began) r->trainer->running.seconds += end - r->began;
    r->began = end;
}

/* After the last batch: *go_on is what the callback says. */
static nn_status end_epoch(run *r, bool *go_on, nn_error *error)
{
    nn_trainer *trainer = r->trainer;
    r->epochs++;
    r->next = 0;
    take_time(r);
    nn_epoch epoch = trainer->running;
    trainer->running = (nn_epoch){0};
    nn_status status = check_finite(trainer, ad_values(trainer->net->parameters), "", error);
    if (status == NN_OK && r->validation != NULL)
        status = nn_evaluate(trainer->net, r->validation, &epoch.validation, error);
    if (r->validation != NULL) r->began = now();
    if (status != NN_OK) return status;
    epoch.epoch = (size_t)r->epochs;
    epoch.epochs = trainer->options.epochs;
    epoch.steps = trainer->steps;
    epoch.rate = r->rate;
    epoch.gradient_norm = r->norm;
    epoch.samples_per_second = epoch.seconds > 0 ? (double)epoch.training.samples / epoch.seconds : 0;
    if (epoch.training.samples > 0) epoch.training.cost /= (double)epoch.training.samples;
    keep_best(trainer, &epoch);
    *go_on = trainer->options.on_epoch == NULL || trainer->options.on_epoch(trainer->options.user, &epoch);
    return NN_OK;
}

/* -------------------------------------------------------------------------------------- all */

/* Whether the epochs that are over were the last ones. */
static bool is_over(const run *r, nn_end *end)
{
    const nn_options *o = &r->trainer->options;
    const uint64_t best = r->trainer->best_epoch;
    *end = r->epochs >= o->epochs ? NN_ALL_EPOCHS : NN_NO_PROGRESS;
    return *end == NN_ALL_EPOCHS ||
           (o->patience > 0 && best > 0 && r->epochs > best && r->epochs - best >= o->patience);
}

static nn_status train(run *r, nn_end *end, nn_error *error)
{
    const nn_options *o = &r->trainer->options;
    nn_status status = NN_OK;
    bool go_on = true;
    r->began = now();
    while (status == NN_OK) {
        if (r->next == 0 && is_over(r, end)) return NN_OK;
        if (!go_on || (o->stop != NULL && *o->stop != 0)) {
            *end = NN_STOPPED;
            if (r->next > 0) take_time(r);
            return NN_OK;
        }
        if (r->next == 0) shuffle(r);
        status = do_batch(r, error);
        if (status == NN_OK && r->next == r->batches) status = end_epoch(r, &go_on, error);
    }
    return status;
}

/* After a number that is not finite: the best parameters, and an optimiser that has taken no step. */
static void start_anew(nn_trainer *trainer)
{
    double *p = ad_set_in_place(trainer->net->parameters);
    if (p != NULL) memcpy(p, trainer->best, trainer->count * sizeof *p);
    else ad_tape_clear_error(trainer->net->tape);
    if (trainer->m != NULL) memset(trainer->m, 0, trainer->count * sizeof *trainer->m);
    if (trainer->v != NULL) memset(trainer->v, 0, trainer->count * sizeof *trainer->v);
    trainer->steps = 0;
    trainer->running = (nn_epoch){0};
}

nn_status nn_train(nn_trainer *trainer, const nn_data *data, const nn_data *validation, nn_end *end, nn_error *error)
{
    nn_end why = NN_ALL_EPOCHS;
    run r = {.trainer = trainer, .data = data};
    if (validation != NULL && validation->samples > 0) r.validation = validation;
    nn_status status = prepare(&r, error);
    if (status == NN_OK) status = train(&r, &why, error);
    if (status == NN_ERR_NONFINITE) start_anew(trainer);
    if (end != NULL) *end = why;
    return status;
}

size_t nn_best_epoch(const nn_trainer *trainer, double *cost)
{
    if (cost != NULL) *cost = trainer->best_cost;
    return trainer->best_epoch;
}

nn_status nn_use_best(nn_trainer *trainer, nn_error *error)
{
    if (trainer->best_epoch == 0) return nn_fail(error, NN_ERR_ARGUMENT, "no epoch is over yet, so none is the best");
    double *p = ad_set_in_place(trainer->net->parameters);
    if (p == NULL) return nn_fail_tape(error, trainer->net->tape);
    memcpy(p, trainer->best, trainer->count * sizeof *p);
    return NN_OK;
}
