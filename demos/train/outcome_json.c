/* SPDX-License-Identifier: MIT */
#include "outcome_json.h"
#include "confusion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

json_t *json_of_number(double x) { return isfinite(x) ? json_real(x) : json_null(); }
json_t *json_of_count(size_t n) { return json_integer((json_int_t)n); }

static json_t *confusion_of(const outcome *o)
{
    size_t *counts = confusion_counts(o);
    const size_t classes = o->model->model.label_count;
    json_t *rows = json_array();
    for (size_t k = 0; k < classes; k++) {
        json_t *row = json_array();
        for (size_t j = 0; j < classes; j++) json_array_append_new(row, json_of_count(counts[k * classes + j]));
        json_array_append_new(rows, row);
    }
    free(counts);
    return rows;
}

static void add_classes(json_t *result, const outcome *o)
{
    json_t *labels = json_array();
    for (size_t k = 0; k < o->model->model.label_count; k++)
        json_array_append_new(labels, json_string(o->model->model.labels[k]));
    json_object_set_new(result, "right", json_of_count(o->correct));
    json_object_set_new(result, "accuracy", json_of_number((double)o->correct / (double)o->samples));
    json_object_set_new(result, "labels", labels);
    json_object_set_new(result, "confusion", confusion_of(o));
}

static void add_numbers(json_t *result, const outcome *o)
{
    json_t *r_squared = json_array();
    for (size_t k = 0; k < o->outputs; k++) json_array_append_new(r_squared, json_of_number(o->r_squared[k]));
    json_object_set_new(result, "mean_error", json_of_number(o->mean_error));
    json_object_set_new(result, "root_mean_square_error", json_of_number(o->root_mean_square));
    json_object_set_new(result, "r_squared", r_squared);
}

json_t *json_of_outcome(const outcome *o)
{
    if (!o->has_answers) return json_null();
    json_t *result = json_object();
    json_object_set_new(result, "samples", json_of_count(o->samples));
    json_object_set_new(result, "cost", json_of_number(o->mean_cost));
    if (o->predicted != NULL) add_classes(result, o);
    else add_numbers(result, o);
    return result;
}

void json_print(json_t *root)
{
    if (json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0) putchar('\n');
    json_decref(root);
}
