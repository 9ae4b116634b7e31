/* SPDX-License-Identifier: MIT */
#include "csv_file.h"
#include "command.h"
#include "csv_columns.h"
#include "csv_rows.h"
#include "dataset_message.h"
#include "labels.h"
#include "language.h"
#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const dataset_options *options;
    csv_rows *rows;
    csv_row first; /* a copy */
    csv_columns columns;
    class_labels *labels;
    dataset *data;
    size_t room; /* samples that there is memory for */
    dataset_error *error;
} reader;

/* ----------------------------------------------------------------------------------------- cells */

/* Says what is wrong with a cell, in this column of the row. */
static bool refuse(const reader *r, const csv_row *row, size_t column, const char *reason)
{
    char shown[SHOWN_SIZE];
    const csv_columns *c = &r->columns;
    char *name = c->names == NULL ? copied("") : formatted(" ('%s')", show_text(shown, c->names[column]));
    dataset_fail(r->error, _("%s:%zu: column %zu%s: %s"), c->file, row->line, column + 1, name, reason);
    free(name);
    return false;
}

static bool read_value(const reader *r, const csv_row *row, size_t column, double *value)
{
    char shown[SHOWN_SIZE];
    const char *cell = row->cells[column];
    const bool is_number = read_number(cell, value);
    if (is_number && isfinite(*value)) return true;
    if (*cell == '\0') return refuse(r, row, column, _("a number is missing"));
    char *reason = is_number ? formatted(_("'%s' is too large"), show_text(shown, cell))
                             : formatted("'%s' %s", show_text(shown, cell), not_a_number(cell));
    refuse(r, row, column, reason);
    free(reason);
    return false;
}

static bool read_label(const reader *r, const csv_row *row, size_t column)
{
    dataset_error reason;
    if (labels_find(r->labels, row->cells[column], &r->data->label[r->data->samples], &reason)) return true;
    return refuse(r, row, column, reason.message);
}

/* ------------------------------------------------------------------------------------------ rows */

static void make_room(reader *r)
{
    dataset *d = r->data;
    if (d->samples < r->room) return;
    r->room += r->room / 2 + 64;
    d->x = resized(d->x, r->room, d->inputs * sizeof *d->x);
    d->number = resized(d->number, r->room, sizeof *d->number);
    if (d->outputs > 0) d->y = resized(d->y, r->room, d->outputs * sizeof *d->y);
    if (r->columns.has_label) d->label = resized(d->label, r->room, sizeof *d->label);
}

static bool add_row(reader *r, const csv_row *row)
{
    const csv_columns *c = &r->columns;
    dataset *d = r->data;
    if (row->count != c->count)
        return dataset_fail(r->error, _("%s:%zu: the number of cells is %zu, but %zu on line %zu"), c->file, row->line,
                            row->count, c->count, r->first.line);
    make_room(r);
    double *x = d->x + d->samples * d->inputs;
    for (size_t k = 0; k < c->count; k++) {
        const csv_column column = c->at[k];
        bool good = true;
        switch (column.role) {
        case CSV_INPUT: good = read_value(r, row, k, x++); break;
        case CSV_TARGET: good = read_value(r, row, k, &d->y[d->samples * d->outputs + column.target]); break;
        case CSV_LABEL: good = read_label(r, row, k); break;
        case CSV_IGNORED: break;
        }
        if (!good) return false;
    }
    d->number[d->samples++] = row->line;
    return true;
}

static bool is_enough(const reader *r) { return r->options->most > 0 && r->data->samples == r->options->most; }

static bool add_rest(reader *r, const csv_row *second)
{
    csv_row row;
    bool failed = false;
    if (second != NULL && !is_enough(r) && !add_row(r, second)) return false;
    while (!is_enough(r) && csv_next(r->rows, &row, &failed, r->error))
        if (!add_row(r, &row)) return false;
    return !failed;
}

/* -------------------------------------------------------------------------------------- columns */

static char *name_of(const reader *r, size_t column, size_t position, char letter)
{
    char shown[SHOWN_SIZE];
    const char *name = r->columns.names != NULL ? r->columns.names[column] : "";
    return *name == '\0' ? formatted("%c%zu", letter, position) : copied(show_text(shown, name));
}

static void name_columns(const reader *r)
{
    const csv_columns *c = &r->columns;
    dataset *d = r->data;
    d->inputs = c->inputs;
    d->outputs = c->outputs;
    d->columns = resized(NULL, d->inputs, sizeof *d->columns);
    if (d->outputs > 0) d->targets = resized(NULL, d->outputs, sizeof *d->targets);
    size_t input = 0;
    for (size_t k = 0; k < c->count; k++) {
        const size_t target = c->at[k].target;
        if (c->at[k].role == CSV_INPUT) d->columns[input] = name_of(r, k, input + 1, 'x'), input++;
        if (c->at[k].role == CSV_TARGET) d->targets[target] = name_of(r, k, target + 1, 'y');
    }
}

static bool choose_columns(reader *r, const csv_row *second)
{
    bool is_header;
    csv_columns *c = &r->columns;
    c->count = r->first.count;
    if (!csv_find_header(&r->first, second, r->options, c->file, &is_header, r->error)) return false;
    if (is_header) c->names = r->first.cells;
    if (!csv_columns_choose(c, r->options, r->error)) return false;
    if (c->has_label) r->labels = labels_new(r->options->classes, r->options->class_count);
    name_columns(r);
    return true;
}

/* ------------------------------------------------------------------------------------- the file */

static bool take_first(reader *r)
{
    csv_row row;
    bool failed;
    if (!csv_next(r->rows, &row, &failed, r->error))
        return failed ? false : dataset_fail(r->error, _("%s: there are only blank lines"), r->columns.file);
    r->first = (csv_row){row.line, row.count, resized(NULL, row.count, sizeof *row.cells)};
    for (size_t k = 0; k < row.count; k++) r->first.cells[k] = copied(row.cells[k]);
    return true;
}

static bool check_classes(const reader *r)
{
    const dataset *d = r->data;
    char shown[SHOWN_SIZE];
    if (r->options->classes != NULL || d->classes != 1) return true;
    return dataset_fail(r->error, _("%s: all samples are of the class '%s': there is nothing to tell apart"),
                        r->columns.file, show_text(shown, d->labels[0]));
}

static bool read_all(reader *r)
{
    csv_row second;
    bool failed;
    if (!take_first(r)) return false;
    const bool has_second = csv_next(r->rows, &second, &failed, r->error);
    if (!has_second && failed) return false;
    if (!choose_columns(r, has_second ? &second : NULL)) return false;
    if (r->columns.names == NULL && !add_row(r, &r->first)) return false;
    if (!add_rest(r, has_second ? &second : NULL)) return false;
    if (r->data->samples == 0)
        return dataset_fail(r->error, _("%s: there is a header, but no sample"), r->columns.file);
    if (r->labels != NULL) labels_finish(r->labels, r->data);
    return check_classes(r);
}

static void release(reader *r)
{
    for (size_t k = 0; k < r->first.count; k++) free((char *)r->first.cells[k]);
    free(r->first.cells);
    free(r->columns.at);
    labels_free(r->labels);
    csv_rows_free(r->rows);
}

dataset *csv_read(stream *from, const dataset_options *options, dataset_error *error)
{
    reader r = {.options = options, .error = error, .columns.file = stream_name(from)};
    r.rows = csv_rows_new(from, options->delimiter, error);
    if (r.rows == NULL) return NULL;
    r.data = resized(NULL, 1, sizeof *r.data);
    *r.data = (dataset){.source = copied(stream_name(from))};
    const bool good = read_all(&r);
    release(&r);
    if (good) return r.data;
    dataset_free(r.data);
    return NULL;
}
