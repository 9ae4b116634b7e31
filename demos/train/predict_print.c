/* SPDX-License-Identifier: MIT */
/* Predictions as rows: CSV for programs, a table for people; and as JSON. */
#include "command.h"
#include "outcome_json.h"
#include "predict.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------- columns */

/* Texts of one row. */
typedef struct cells {
    char **texts;
    bool *is_number;
    size_t count, room;
} cells;

static void add(cells *c, char *text, bool is_number)
{
    if (c->count == c->room) {
        c->room = 2 * c->room + 16;
        c->texts = resized(c->texts, c->room, sizeof *c->texts);
        c->is_number = resized(c->is_number, c->room, sizeof *c->is_number);
    }
    c->texts[c->count] = text;
    c->is_number[c->count++] = is_number;
}

/* `with_texts`: they are not someone else's now. */
static void cells_free(cells *c, bool with_texts)
{
    for (size_t k = 0; with_texts && k < c->count; k++) free(c->texts[k]);
    free(c->texts);
    free(c->is_number);
    *c = (cells){NULL, NULL, 0, 0};
}

/* The name of a target, from the notes of the model. */
static const char *target_name(const outcome *o, size_t output)
{
    size_t at = 0;
    const char *name = notes_find(&o->model->notes, "target", &at);
    for (size_t k = 0; k < output && name != NULL; k++) name = notes_find(&o->model->notes, "target", &at);
    return name;
}

static char *output_name(const outcome *o, size_t output)
{
    const char *name = target_name(o, output);
    return name != NULL ? copied(name) : formatted("y%zu", output + 1);
}

/* In a table, where room is scarce, the columns of classes have just their labels as heads. */
static cells heads_of(const outcome *o, bool all, bool are_short)
{
    cells c = {NULL, NULL, 0, 0};
    const char *what = outcome_has_probabilities(o) ? "probability" : "output";
    add(&c, copied("sample"), true);
    for (size_t k = 0; k < o->outputs && o->predicted == NULL; k++) {
        char *name = output_name(o, k);
        add(&c, formatted("predicted %s", name), true);
        if (o->has_answers) add(&c, copied(name), true);
        free(name);
    }
    if (o->predicted == NULL) return c;
    add(&c, copied("predicted"), false);
    add(&c, copied(what), true);
    if (o->has_answers) add(&c, copied("label"), false);
    for (size_t k = 0; all && k < o->model->model.label_count; k++)
        add(&c, are_short ? copied(o->model->model.labels[k]) : formatted("%s of %s", what, o->model->model.labels[k]),
            true);
    return c;
}

static cells row_of(const outcome *o, size_t s, bool all, int digits)
{
    cells c = {NULL, NULL, 0, 0};
    char *const *labels = o->model->model.labels;
    add(&c, formatted("%zu", outcome_number(o, s)), true);
    for (size_t k = 0; k < o->outputs && o->predicted == NULL; k++) {
        add(&c, number_cell(o->a[s * o->outputs + k], digits), true);
        if (o->has_answers) add(&c, number_cell(outcome_target(o, s, k), digits), true);
    }
    if (o->predicted == NULL) return c;
    add(&c, copied(labels[o->predicted[s]]), false);
    add(&c, number_cell(o->confidence[s], digits), true);
    if (o->has_answers) add(&c, copied(labels[outcome_label(o, s)]), false);
    for (size_t k = 0; all && k < o->model->model.label_count; k++)
        add(&c, number_cell(outcome_confidence(o, s, k), digits), true);
    return c;
}

/* ------------------------------------------------------------------------------------------- CSV */

static void put_cell(const char *text)
{
    if (text[strcspn(text, ",\"\n\r")] == '\0' && *text != ' ') {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void put_row(cells c)
{
    for (size_t k = 0; k < c.count; k++) {
        if (k > 0) putchar(',');
        put_cell(c.texts[k]);
    }
    putchar('\n');
    cells_free(&c, true);
}

void predict_print_csv(const outcome *o, bool all)
{
    enum { DIGITS = 9 };
    put_row(heads_of(o, all, false));
    for (size_t s = 0; s < o->samples; s++) put_row(row_of(o, s, all, DIGITS));
}

/* ----------------------------------------------------------------------------------------- table */

void predict_print_table(const outcome *o, bool all)
{
    enum { DIGITS = 4 };
    cells heads = heads_of(o, all, true);
    table t = {.columns = heads.count,
               .heads = (const char *const *)heads.texts,
               .is_number = heads.is_number,
               .wrapped = heads.count};
    for (size_t s = 0; s < o->samples; s++) {
        cells row = row_of(o, s, all, DIGITS);
        table_add(&t, row.texts);
        cells_free(&row, false);
    }
    table_print(&t, stdout);
    cells_free(&heads, true);
}

/* ------------------------------------------------------------------------------------------ JSON */

static json_t *numbers_of(const outcome *o, size_t s)
{
    json_t *numbers = json_array();
    for (size_t k = 0; k < o->outputs; k++) json_array_append_new(numbers, json_of_number(o->a[s * o->outputs + k]));
    return numbers;
}

static json_t *targets_of(const outcome *o, size_t s)
{
    json_t *numbers = json_array();
    for (size_t k = 0; k < o->outputs; k++) json_array_append_new(numbers, json_of_number(outcome_target(o, s, k)));
    return numbers;
}

static json_t *confidences_of(const outcome *o, size_t s)
{
    json_t *numbers = json_object();
    for (size_t k = 0; k < o->model->model.label_count; k++)
        json_object_set_new(numbers, o->model->model.labels[k], json_of_number(outcome_confidence(o, s, k)));
    return numbers;
}

static json_t *prediction_of(const outcome *o, size_t s, bool all)
{
    char *const *labels = o->model->model.labels;
    const char *what = outcome_has_probabilities(o) ? "probability" : "output";
    json_t *p = json_object();
    json_object_set_new(p, "sample", json_of_count(outcome_number(o, s)));
    if (o->predicted == NULL) {
        json_object_set_new(p, "predicted", numbers_of(o, s));
        if (o->has_answers) json_object_set_new(p, "target", targets_of(o, s));
        return p;
    }
    json_object_set_new(p, "predicted", json_string(labels[o->predicted[s]]));
    json_object_set_new(p, what, json_of_number(o->confidence[s]));
    if (o->has_answers) json_object_set_new(p, "label", json_string(labels[outcome_label(o, s)]));
    if (all) json_object_set_new(p, "classes", confidences_of(o, s));
    return p;
}

void predict_print_json(const outcome *o, const char *model, bool all)
{
    json_t *root = json_object(), *predictions = json_array();
    for (size_t s = 0; s < o->samples; s++) json_array_append_new(predictions, prediction_of(o, s, all));
    json_object_set_new(root, "model", json_string(model));
    json_object_set_new(root, "predictions", predictions);
    json_object_set_new(root, "result", json_of_outcome(o));
    json_print(root);
}
