/* SPDX-License-Identifier: MIT */
/* Comparing the tape's numbers with a closed form's, tensor by tensor. */
#include "delta_internal.h"

#include <float.h>
#include <math.h>

/* -------------------------------------------------------------------------------------- memory */

static void free_memory(report_memory *memory)
{
    const ad_allocator allocator = memory->allocator;
    nn_numbers_free(&memory->form);
    nn_numbers_free(&memory->tape);
    nn_release(&allocator, memory, 1, sizeof *memory);
}

static report_memory *new_memory(const nn_shape *shape, const ad_allocator *allocator)
{
    report_memory *memory = nn_allocate(allocator, 1, sizeof *memory);
    if (memory == NULL) return NULL;
    memory->allocator = *allocator;
    if (nn_numbers_new(&memory->tape, shape, allocator) && nn_numbers_new(&memory->form, shape, allocator))
        return memory;
    free_memory(memory);
    return NULL;
}

void nn_delta_report_free(nn_delta_report *report)
{
    report_memory *memory = report->memory;
    if (memory != NULL) {
        nn_release(&memory->allocator, report->layer, report->depth + 1, sizeof *report->layer);
        free_memory(memory);
    }
    *report = (nn_delta_report){0};
}

/* ----------------------------------------------------------------------------------- the tensors */

static double *entries(const numbers *n, size_t l, nn_tensor tensor)
{
    const layer_numbers *layer = &n->layer[l];
    switch (tensor) {
    case NN_TENSOR_Z: return layer->z;
    case NN_TENSOR_A: return layer->a;
    case NN_TENSOR_DELTA: return layer->delta;
    case NN_TENSOR_DW: return layer->dw;
    case NN_TENSOR_DB: return layer->db;
    case NN_TENSOR_DA: return layer->da;
    }
    return NULL;
}

static bool is_there(nn_convention convention, const layer_numbers *layer, size_t l, nn_tensor tensor)
{
    if (tensor == NN_TENSOR_DA) return l == 0 || convention == NN_SQUARED;
    return l > 0 && (tensor != NN_TENSOR_DB || layer->biases > 0);
}

static nn_tensor_check tensor_of(const nn_delta_report *report, size_t l, nn_tensor tensor)
{
    const report_memory *memory = report->memory;
    const layer_numbers *layer = &memory->tape.layer[l];
    if (!is_there(report->convention, layer, l, tensor)) return (nn_tensor_check){.agrees = true};
    return (nn_tensor_check){.rows = layer->width,
                             .columns = tensor == NN_TENSOR_DW ? layer->weights / layer->width : 1,
                             .tape = entries(&memory->tape, l, tensor),
                             .form = entries(&memory->form, l, tensor)};
}

bool nn_report_new(nn_delta_report *report, nn_convention convention, const nn_shape *shape,
                   const ad_allocator *allocator)
{
    *report = (nn_delta_report){.convention = convention, .depth = shape->depth};
    report_memory *memory = new_memory(shape, allocator);
    if (memory == NULL) return false;
    report->memory = memory;
    report->layer = nn_allocate(allocator, shape->depth + 1, sizeof *report->layer);
    if (report->layer == NULL) {
        nn_delta_report_free(report);
        return false;
    }
    for (size_t l = 0; l <= shape->depth; l++)
        for (int t = 0; t < NN_TENSORS; t++) {
            report->layer[l].tensor[t] = tensor_of(report, l, (nn_tensor)t);
            report->numbers += report->layer[l].tensor[t].rows * report->layer[l].tensor[t].columns;
        }
    report->cost = (nn_tensor_check){.rows = 1, .columns = 1, .tape = &memory->tape.cost, .form = &memory->form.cost};
    report->numbers++;
    return true;
}

/* ----------------------------------------------------------------------------------- comparing */

/* Doubles below this lose digits, or lead to ones that do. */
static const double least_scale = DBL_MIN / DBL_EPSILON;

static size_t size_of(const nn_tensor_check *t) { return t->rows * t->columns; }

static double largest_of(const double *entry, size_t n)
{
    double most = least_scale;
    for (size_t k = 0; k < n; k++) most = fmax(most, fabs(entry[k]));
    return most;
}

/* The largest |a_k - b_k| / scale, and which; a NaN counts as INFINITY. */
static double furthest(const double *a, const double *b, size_t n, double scale, size_t *which)
{
    double most = 0;
    *which = 0;
    for (size_t k = 0; k < n; k++) {
        double difference = fabs(a[k] - b[k]) / scale;
        if (isnan(difference)) difference = INFINITY;
        if (difference <= most) continue;
        most = difference;
        *which = k;
    }
    return most;
}

static void compare(nn_tensor_check *t)
{
    size_t which;
    if (size_of(t) == 0) return;
    t->largest = largest_of(t->form, size_of(t));
    t->difference = furthest(t->tape, t->form, size_of(t), t->largest, &which);
    t->row = which / t->columns;
    t->column = which % t->columns;
    t->allowed = fmax(NN_DELTA_TOLERANCE, 16 * t->noise);
    t->agrees = t->difference <= t->allowed;
}

static double noise_of(const nn_tensor_check *t, const double *jolted)
{
    size_t which;
    return furthest(jolted, t->form, size_of(t), largest_of(t->form, size_of(t)), &which);
}

void nn_report_noise(nn_delta_report *report, const numbers *jolted)
{
    for (size_t l = 0; l <= report->depth; l++)
        for (int k = 0; k < NN_TENSORS; k++) {
            nn_tensor_check *t = &report->layer[l].tensor[k];
            t->noise = fmax(t->noise, noise_of(t, entries(jolted, l, (nn_tensor)k)));
        }
    report->cost.noise = fmax(report->cost.noise, noise_of(&report->cost, &jolted->cost));
}

/* ------------------------------------------------------------------------ what the output's form loses */

static nn_slope_loss slope_loss(const nn_layer *f, const layer_numbers *m)
{
    nn_slope_loss worst = {.known = true};
    for (size_t j = 0; j < m->width; j++) {
        const double slope = nn_activation_slope(f->activation, f->alpha, m->z[j]);
        const double o = nn_activation_value(f->activation, f->alpha, m->z[j]);
        const double of_output = nn_activation_slope_of_output(f->activation, f->alpha, o);
        if (isnan(of_output)) return (nn_slope_loss){0};
        const double loss = slope == of_output ? 0 : fabs((of_output - slope) / slope);
        if (j == 0 || loss > worst.loss) worst = (nn_slope_loss){true, loss, j, slope, of_output};
    }
    return worst;
}

/* ----------------------------------------------------------------------------------- the verdict */

static double excess(const nn_tensor_check *t) { return size_of(t) == 0 ? -1 : t->difference / t->allowed; }

void nn_report_compare(nn_delta_report *report)
{
    const report_memory *memory = report->memory;
    double most = -1;
    compare(&report->cost);
    report->agrees = report->cost.agrees;
    for (size_t l = 0; l <= report->depth; l++)
        for (int k = 0; k < NN_TENSORS; k++) {
            nn_tensor_check *t = &report->layer[l].tensor[k];
            compare(t);
            report->agrees = report->agrees && t->agrees;
            if (excess(t) <= most) continue;
            most = excess(t);
            report->worst_layer = l;
            report->worst = (nn_tensor)k;
        }
    for (size_t l = 1; l <= report->depth; l++)
        report->layer[l].slope_loss = slope_loss(&memory->form.shape->layers[l - 1], &memory->form.layer[l]);
}
