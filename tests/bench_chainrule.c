/* SPDX-License-Identifier: MIT */
/* Training by chainrule: with nn_gradient and nn_trainer_step, as nn_train does it, and by one recording and one sweep
 * for each sample. */
#include "bench_training.h"
#include "bench.h"

#include <nn/nn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chainrule {
    const bench_problem *problem;
    ad_tape *tape;
    nn_mlp *net;
    nn_trainer *trainer;
    nn_error error;
} chainrule;

static void end_on(const chainrule *t, bool failed)
{
    if (!failed) return;
    fprintf(stderr, "%s: %s\n", t->problem->title, t->error.message);
    exit(1);
}

static nn_activation activation_of(const bench_problem *problem, size_t l)
{
    static const nn_activation of[] = {
        [BENCH_IDENTITY] = NN_IDENTITY, [BENCH_SIGMOID] = NN_SIGMOID, [BENCH_RELU] = NN_RELU};
    return of[bench_activation_of(problem, l)];
}

static void *begin(const bench_problem *problem)
{
    chainrule *t = bench_allocate(sizeof *t);
    nn_layer layers[BENCH_MOST_LAYERS] = {{0}};
    for (size_t l = 0; l < problem->layers; l++)
        layers[l] = (nn_layer){.width = problem->widths[l + 1], .activation = activation_of(problem, l)};
    t->problem = problem;
    t->tape = ad_tape_new();
    t->net = nn_mlp_new(t->tape, &(nn_shape){problem->widths[0], problem->layers, layers, NN_HALF_SUM_OF_SQUARES},
                        &t->error);
    end_on(t, t->net == NULL);
    t->trainer = nn_trainer_new(t->net, &(nn_options){.rate = problem->rate}, &t->error);
    end_on(t, t->trainer == NULL);
    return t;
}

static void end(void *instance)
{
    chainrule *t = instance;
    nn_trainer_free(t->trainer);
    nn_mlp_free(t->net);
    ad_tape_free(t->tape);
    free(t);
}

static void put(void *instance, const double *parameters)
{
    chainrule *t = instance;
    for (size_t l = 0; l < t->problem->layers; l++) {
        const double *w = parameters + bench_parameters_before(t->problem, l);
        ad_set_all(nn_weights(t->net, l + 1), w);
        ad_set_all(nn_biases(t->net, l + 1), w + t->problem->widths[l] * t->problem->widths[l + 1]);
    }
}

static void get(void *instance, double *parameters)
{
    chainrule *t = instance;
    for (size_t l = 0; l < t->problem->layers; l++) {
        const ad_span w = nn_weights(t->net, l + 1), b = nn_biases(t->net, l + 1);
        double *to = parameters + bench_parameters_before(t->problem, l);
        memcpy(to, ad_values(w), w.count * sizeof *to);
        memcpy(to + w.count, ad_values(b), b.count * sizeof *to);
    }
}

/* ------------------------------------------------------------------------------- a batch at once */

static double step_whole_batch(void *instance, const size_t *which)
{
    chainrule *t = instance;
    const bench_problem *p = t->problem;
    const nn_data data = {p->x, p->y, p->samples};
    nn_score score;
    end_on(t, nn_gradient(t->net, &data, which, p->batch, 0, &score, &t->error) != NN_OK);
    end_on(t, nn_trainer_step(t->trainer, p->rate, &t->error) != NN_OK);
    return score.cost;
}

const bench_trainer bench_whole_batch = {
    "chainrule, batch at once", BENCH_CHECKED, 1e-9, NULL, begin, put, step_whole_batch, get, end,
};

/* ------------------------------------------------------------------------------ sample by sample */

/* Records the sample at the end of the tape, sweeps, and rewinds. */
static double add_gradient(chainrule *t, const double *x, const double *y, double seed)
{
    const size_t inputs = t->problem->widths[0], outputs = t->problem->widths[t->problem->layers];
    const ad_mark mark = ad_tape_mark(t->tape);
    end_on(t, nn_forward(t->net, ad_constants(t->tape, x, inputs), &t->error) != NN_OK);
    end_on(t, nn_record_costs(t->net, ad_constants(t->tape, y, outputs), &t->error) != NN_OK);
    const ad_var cost = ad_at(nn_costs(t->net), 0);
    const double value = ad_value(cost);
    ad_backward_from(&cost, &seed, 1);
    ad_tape_rewind(t->tape, mark);
    return value;
}

static double step_each_sample(void *instance, const size_t *which)
{
    chainrule *t = instance;
    const bench_problem *p = t->problem;
    const size_t inputs = p->widths[0], outputs = p->widths[p->layers];
    const double share = 1 / (double)p->batch;
    double cost = 0;
    ad_accumulate(nn_parameters(t->net));
    for (size_t s = 0; s < p->batch; s++)
        cost += add_gradient(t, p->x + which[s] * inputs, p->y + which[s] * outputs, share);
    end_on(t, nn_trainer_step(t->trainer, p->rate, &t->error) != NN_OK);
    return cost * share;
}

const bench_trainer bench_each_sample = {
    "chainrule, sample by sample", BENCH_CHECKED, 1e-9, NULL, begin, put, step_each_sample, get, end,
};
