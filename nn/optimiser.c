/* SPDX-License-Identifier: MIT */
/* Optimisers: their options, their state, and a step of each as one pass over the parameters. */
#include "internal.h"

#include <math.h>

/* ------------------------------------------------------------------------------------- options */

static bool has_m(nn_method method) { return method != NN_GRADIENT_DESCENT && method != NN_RMSPROP; }
static bool has_v(nn_method method) { return method == NN_RMSPROP || method == NN_ADAM || method == NN_ADAMW; }

static nn_status check_number(bool good, const char *name, double value, const char *need, nn_error *error)
{
    char number[NN_NUMBER_SIZE];
    if (good) return NN_OK;
    return nn_fail(error, NN_ERR_ARGUMENT, "%s: %s, but must be %s", name, nn_number_text(value, number), need);
}

/* 0 stands for a default everywhere but in the rate. */
static nn_status check_options(const nn_options *o, nn_error *error)
{
    static const char fraction[] = "at least 0 and below 1", amount[] = "finite and at least 0";
    if (nn_method_name(o->method) == NULL)
        return nn_fail(error, NN_ERR_ARGUMENT, "method: there is none with number %d", (int)o->method);
    const struct {
        bool good;
        const char *name;
        double value;
        const char *need;
    } checks[] = {
        {o->rate > 0 && isfinite(o->rate), "rate", o->rate, "finite and above 0"},
        {o->momentum >= 0 && o->momentum < 1, "momentum", o->momentum, fraction},
        {o->decay_rate >= 0 && o->decay_rate < 1, "decay_rate", o->decay_rate, fraction},
        {o->epsilon >= 0 && isfinite(o->epsilon), "epsilon", o->epsilon, amount},
        {o->weight_decay >= 0 && isfinite(o->weight_decay), "weight_decay", o->weight_decay, amount},
        {o->l2 >= 0 && isfinite(o->l2), "l2", o->l2, amount},
    };
    nn_status status = NN_OK;
    for (size_t k = 0; status == NN_OK && k < sizeof checks / sizeof *checks; k++)
        status = check_number(checks[k].good, checks[k].name, checks[k].value, checks[k].need, error);
    return status;
}

/* What the method does not use stays as it is. */
static void fill_in(nn_options *o)
{
    if (o->momentum == 0 && has_m(o->method)) o->momentum = 0.9;
    if (o->decay_rate == 0 && has_v(o->method)) o->decay_rate = o->method == NN_RMSPROP ? 0.9 : 0.999;
    if (o->epsilon == 0 && has_v(o->method)) o->epsilon = 1e-8;
    if (o->weight_decay == 0 && o->method == NN_ADAMW) o->weight_decay = 0.01;
    if (o->batch == 0) o->batch = 10;
}

/* ------------------------------------------------------------------------------- new and free */

nn_trainer *nn_trainer_new(nn_mlp *net, const nn_options *options, nn_error *error)
{
    if (net == NULL || options == NULL) {
        nn_fail(error, NN_ERR_ARGUMENT, net == NULL ? "no network" : "no options");
        return NULL;
    }
    if (check_options(options, error) != NN_OK) return NULL;
    nn_trainer *trainer = nn_allocate(&net->allocator, 1, sizeof *trainer);
    if (trainer == NULL) {
        nn_fail_memory(error);
        return NULL;
    }
    *trainer = (nn_trainer){.net = net, .allocator = net->allocator, .count = net->parameters.count};
    trainer->options = *options;
    fill_in(&trainer->options);
    if (has_m(options->method)) trainer->m = nn_allocate(&net->allocator, trainer->count, sizeof *trainer->m);
    if (has_v(options->method)) trainer->v = nn_allocate(&net->allocator, trainer->count, sizeof *trainer->v);
    if ((trainer->m != NULL) == has_m(options->method) && (trainer->v != NULL) == has_v(options->method))
        return trainer;
    nn_fail_memory(error);
    nn_trainer_free(trainer);
    return NULL;
}

void nn_trainer_free(nn_trainer *trainer)
{
    if (trainer == NULL) return;
    const ad_allocator allocator = trainer->allocator;
    nn_release(&allocator, trainer->m, trainer->count, sizeof *trainer->m);
    nn_release(&allocator, trainer->v, trainer->count, sizeof *trainer->v);
    nn_release(&allocator, trainer->best, trainer->count, sizeof *trainer->best);
    nn_release(&allocator, trainer->order, trainer->order_count, sizeof *trainer->order);
    nn_release(&allocator, trainer, 1, sizeof *trainer);
}

const nn_options *nn_trainer_options(const nn_trainer *trainer) { return &trainer->options; }
uint64_t nn_trainer_steps(const nn_trainer *trainer) { return trainer->steps; }

void nn_trainer_go_on(nn_trainer *trainer, const nn_options *options)
{
    nn_options *own = &trainer->options;
    own->schedule = options->schedule;
    own->on_epoch = options->on_epoch;
    own->user = options->user;
    own->epochs = options->epochs;
    own->patience = options->patience;
    own->stop = options->stop;
}

/* ---------------------------------------------------------------------------------- the methods */

static void descend(double *restrict p, const double *restrict g, size_t n, double rate)
{
    for (size_t k = 0; k < n; k++) p[k] -= rate * g[k];
}

static void follow_momentum(double *restrict p, const double *restrict g, double *restrict m, size_t n, double rate,
                            double mu)
{
    for (size_t k = 0; k < n; k++) {
        m[k] = mu * m[k] + g[k];
        p[k] -= rate * m[k];
    }
}

static void follow_nesterov(double *restrict p, const double *restrict g, double *restrict m, size_t n, double rate,
                            double mu)
{
    for (size_t k = 0; k < n; k++) {
        m[k] = mu * m[k] + g[k];
        p[k] -= rate * (g[k] + mu * m[k]);
    }
}

static void follow_rmsprop(double *restrict p, const double *restrict g, double *restrict v, size_t n, double rate,
                           double rho, double epsilon)
{
    const double rest = 1 - rho;
    for (size_t k = 0; k < n; k++) {
        v[k] = rho * v[k] + rest * (g[k] * g[k]);
        p[k] -= rate * g[k] / (sqrt(v[k]) + epsilon);
    }
}

/* Adam at one step: `rate` has 1/(1 - mu^t) in it already, and `unbias` is 1/(1 - rho^t). */
typedef struct adam {
    double rate, mu, rho, unbias, epsilon;
} adam;

static void follow_adam(double *restrict p, const double *restrict g, double *restrict m, double *restrict v, size_t n,
                        adam a, double decay)
{
    const double rest_mu = 1 - a.mu, rest_rho = 1 - a.rho;
    for (size_t k = 0; k < n; k++) {
        m[k] = a.mu * m[k] + rest_mu * g[k];
        v[k] = a.rho * v[k] + rest_rho * (g[k] * g[k]);
        const double kept = p[k] - decay * p[k];
        p[k] = kept - a.rate * m[k] / (sqrt(v[k] * a.unbias) + a.epsilon);
    }
}

/* x^n by squaring: the same bits everywhere, which pow of a libm has not. */
static double power(double x, uint64_t n)
{
    double result = 1;
    for (; n > 0; n >>= 1) {
        if (n & 1) result *= x;
        x *= x;
    }
    return result;
}

static void step_adam(nn_trainer *trainer, double *p, const double *g, double rate)
{
    const nn_options *o = &trainer->options;
    const double decay = o->method == NN_ADAMW ? rate * o->weight_decay : 0;
    const size_t weights = trainer->net->weights.count;
    const adam a = {rate / (1 - power(o->momentum, trainer->steps)), o->momentum, o->decay_rate,
                    1 / (1 - power(o->decay_rate, trainer->steps)), o->epsilon};
    double *const m = trainer->m, *const v = trainer->v;
    follow_adam(p, g, m, v, weights, a, decay);
    follow_adam(p + weights, g + weights, m + weights, v + weights, trainer->count - weights, a, 0);
}

nn_status nn_trainer_step(nn_trainer *trainer, double rate, nn_error *error)
{
    const nn_options *o = &trainer->options;
    const ad_span parameters = trainer->net->parameters;
    const size_t n = trainer->count;
    if (!(rate >= 0 && isfinite(rate))) return check_number(false, "rate", rate, "finite and at least 0", error);
    const double *g = ad_grads(parameters);
    double *p = g != NULL ? ad_set_in_place(parameters) : NULL;
    if (p == NULL) return nn_fail_tape(error, trainer->net->tape);
    trainer->steps++;
    switch (o->method) {
    case NN_GRADIENT_DESCENT: descend(p, g, n, rate); break;
    case NN_MOMENTUM: follow_momentum(p, g, trainer->m, n, rate, o->momentum); break;
    case NN_NESTEROV: follow_nesterov(p, g, trainer->m, n, rate, o->momentum); break;
    case NN_RMSPROP: follow_rmsprop(p, g, trainer->v, n, rate, o->decay_rate, o->epsilon); break;
    case NN_ADAM:
    case NN_ADAMW: step_adam(trainer, p, g, rate); break;
    }
    return NN_OK;
}
