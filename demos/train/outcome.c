/* SPDX-License-Identifier: MIT */
#include "outcome.h"
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------- classes */

static nn_activation output_activation(const trained *t)
{
    const nn_shape *shape = nn_mlp_shape(t->model.net);
    return shape->layers[shape->depth - 1].activation;
}

bool outcome_has_probabilities(const outcome *o)
{
    const nn_cost cost = nn_mlp_shape(o->model->model.net)->cost;
    return cost == NN_BINARY_CROSS_ENTROPY || cost == NN_SOFTMAX_CROSS_ENTROPY;
}

double outcome_confidence(const outcome *o, size_t s, size_t class)
{
    const double *a = o->a + s * o->outputs;
    if (o->outputs > 1) return a[class];
    return class == 1 || !outcome_has_probabilities(o) ? *a : 1 - *a;
}

static size_t predicted(const outcome *o, size_t s)
{
    const double *a = o->a + s * o->outputs, middle = output_activation(o->model) == NN_TANH ? 0 : 0.5;
    size_t best = 0;
    if (o->outputs == 1) return *a > middle;
    for (size_t k = 1; k < o->outputs; k++)
        if (a[k] > a[best]) best = k;
    return best;
}

static void judge_classes(outcome *o)
{
    o->predicted = resized(NULL, o->samples, sizeof *o->predicted);
    o->confidence = resized(NULL, o->samples, sizeof *o->confidence);
    for (size_t s = 0; s < o->samples; s++) {
        o->predicted[s] = predicted(o, s);
        o->confidence[s] = outcome_confidence(o, s, o->predicted[s]);
        o->correct += o->has_answers && o->predicted[s] == outcome_label(o, s);
    }
}

/* --------------------------------------------------------------------------------------- numbers */

static double in_units_of_data(const outcome *o, double y, size_t output)
{
    return o->scale == NULL ? y : y / o->scale[output] + o->shift[output];
}

double outcome_target(const outcome *o, size_t s, size_t output)
{
    return in_units_of_data(o, o->data->y[(o->part.first + s) * o->outputs + output], output);
}

static void judge_output(outcome *o, size_t output)
{
    double mean = 0, of_errors = 0, of_targets = 0;
    const double n = (double)o->samples;
    for (size_t s = 0; s < o->samples; s++) mean += outcome_target(o, s, output) / n;
    for (size_t s = 0; s < o->samples; s++) {
        const double y = outcome_target(o, s, output), error = o->a[s * o->outputs + output] - y;
        of_errors += error * error;
        of_targets += (y - mean) * (y - mean);
        o->mean_error += fabs(error) / (n * (double)o->outputs);
    }
    o->root_mean_square += of_errors / (n * (double)o->outputs);
    o->r_squared[output] = of_targets > 0 ? 1 - of_errors / of_targets : NAN;
}

static void judge_numbers(outcome *o)
{
    trained_target_scaling(o->model, &o->shift, &o->scale);
    for (size_t k = 0; k < o->samples * o->outputs; k++) o->a[k] = in_units_of_data(o, o->a[k], k % o->outputs);
    if (!o->has_answers) return;
    o->r_squared = resized(NULL, o->outputs, sizeof *o->r_squared);
    for (size_t k = 0; k < o->outputs; k++) judge_output(o, k);
    o->root_mean_square = sqrt(o->root_mean_square);
}

/* ------------------------------------------------------------------------------------------- all */

static void take_costs(outcome *o)
{
    nn_error error;
    nn_score score;
    o->cost = resized(NULL, o->samples, sizeof *o->cost);
    for (size_t s = 0; s < o->samples; s++) {
        const nn_data one = dataset_rows(o->data, (dataset_part){o->part.first + s, 1});
        if (nn_evaluate(o->model->model.net, &one, &score, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
        o->cost[s] = score.cost;
        o->mean_cost += score.cost / (double)o->samples;
    }
}

outcome outcome_of(const trained *t, const dataset *data, dataset_part part)
{
    nn_error error;
    const bool has_classes = trained_has_classes(t);
    outcome o = {.model = t, .data = data, .part = part, .samples = part.count, .outputs = trained_outputs(t)};
    o.has_answers = part.count > 0 && (has_classes ? data->label != NULL : data->y != NULL);
    o.a = resized(NULL, o.samples, o.outputs * sizeof *o.a);
    const nn_data rows = dataset_rows(data, part);
    if (nn_predict(t->model.net, rows.x, o.samples, o.a, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    if (o.has_answers) take_costs(&o);
    if (has_classes) judge_classes(&o);
    else judge_numbers(&o);
    return o;
}

void outcome_free(outcome *o)
{
    free(o->a);
    free(o->predicted);
    free(o->confidence);
    free(o->cost);
    free(o->r_squared);
    free(o->shift);
    free(o->scale);
    *o = (outcome){.model = NULL};
}

/* ----------------------------------------------------------------------------------------- worst */

typedef struct mistake {
    size_t sample;
    double cost;
} mistake;

static int by_cost(const void *a, const void *b)
{
    const mistake *x = a, *y = b;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return x->sample < y->sample ? -1 : 1;
}

size_t *outcome_worst(const outcome *o, size_t *count)
{
    mistake *all = resized(NULL, o->samples, sizeof *all);
    *count = 0;
    for (size_t s = 0; s < o->samples; s++)
        if (o->predicted == NULL || o->predicted[s] != outcome_label(o, s)) all[(*count)++] = (mistake){s, o->cost[s]};
    qsort(all, *count, sizeof *all, by_cost);
    size_t *worst = resized(NULL, *count, sizeof *worst);
    for (size_t k = 0; k < *count; k++) worst[k] = all[k].sample;
    free(all);
    return worst;
}
