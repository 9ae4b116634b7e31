/* SPDX-License-Identifier: MIT */
#include "csv_columns.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"
#include "number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- columns by name */

static bool is_integer(const char *text, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0;
}

static bool by_number(const csv_columns *c, long number, size_t *column, dataset_error *error)
{
    const size_t distance = number > 0 ? (size_t)number : 0 - (size_t)number;
    if (number == 0 || distance > c->count)
        return dataset_fail(error, _("%s: there is no column %ld; the file has %zu"), c->file, number, c->count);
    *column = number > 0 ? distance - 1 : c->count - distance;
    return true;
}

static bool no_such_name(const csv_columns *c, const char *name, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    show_text(shown, name);
    if (c->names == NULL)
        return dataset_fail(error, _("%s: there is no column '%s': the file has no header"), c->file, shown);
    char *hint = did_you_mean(name, c->names, c->count);
    dataset_fail(error, _("%s: there is no column '%s'%s"), c->file, shown, hint);
    free(hint);
    return false;
}

static bool find_column(const csv_columns *c, const char *name, size_t *column, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    size_t found = 0;
    for (size_t k = 0; c->names != NULL && k < c->count; k++) {
        if (strcmp(c->names[k], name) != 0) continue;
        *column = k;
        found++;
    }
    if (found == 1) return true;
    if (found > 1)
        return dataset_fail(error, _("%s: the header has '%s' more than once; choose the column by its number"),
                            c->file, show_text(shown, name));
    long number;
    return is_integer(name, &number) ? by_number(c, number, column, error) : no_such_name(c, name, error);
}

static bool take_column(csv_columns *c, const char *name, csv_role role, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    size_t column = 0;
    if (!find_column(c, name, &column, error)) return false;
    if (c->at[column].role != CSV_INPUT)
        return dataset_fail(error, _("%s: the column '%s' is chosen twice"), c->file, show_text(shown, name));
    c->at[column].role = role;
    if (role == CSV_TARGET) c->at[column].target = c->outputs++;
    if (role == CSV_LABEL) c->has_label = true;
    return true;
}

/* Takes each column of a list with commas between. */
static bool take_columns(csv_columns *c, const char *list, csv_role role, dataset_error *error)
{
    bool good = true;
    char *copy = copied(list), *rest = copy;
    for (char *name; good && (name = strsep(&rest, ",")) != NULL;) good = take_column(c, name, role, error);
    free(copy);
    return good;
}

/* ---------------------------------------------------------------------------------- all the roles */

static size_t count_role(const csv_columns *c, csv_role role)
{
    size_t count = 0;
    for (size_t k = 0; k < c->count; k++) count += c->at[k].role == role;
    return count;
}

/* The last columns that are not spoken for become labels, or targets in the order in which they stand. */
static void take_last(csv_columns *c, csv_role role, size_t count)
{
    for (size_t k = c->count; k-- > 0 && count > 0;) {
        if (c->at[k].role != CSV_INPUT) continue;
        c->at[k] = (csv_column){role, --count};
        if (role == CSV_TARGET) c->outputs++;
        else c->has_label = true;
    }
}

static bool choose_answers(csv_columns *c, const dataset_options *o, dataset_error *error)
{
    if (o->targets != NULL) return take_columns(c, o->targets, CSV_TARGET, error);
    if (o->label != NULL) return take_column(c, o->label, CSV_LABEL, error);
    const size_t columns = count_role(c, CSV_INPUT);
    if (o->may_lack_targets && columns == o->inputs) return true;
    const bool are_numbers = o->classes == NULL && o->outputs > 0;
    if (are_numbers && o->outputs >= columns)
        return dataset_fail(error, _("%s: %zu columns are too few for %zu targets"), c->file, columns, o->outputs);
    take_last(c, are_numbers ? CSV_TARGET : CSV_LABEL, are_numbers ? o->outputs : 1);
    return true;
}

static bool check_inputs(const csv_columns *c, const dataset_options *o, dataset_error *error)
{
    if (c->inputs == 0)
        return dataset_fail(
            error,
            c->count == 1 ? _("%s: no column is left for inputs (there is 1 in all; is another --delimiter needed?)")
                          : _("%s: no column is left for inputs (there are only so few in all; is another "
                              "--delimiter needed?)"),
            c->file);
    if (o->inputs == 0 || c->inputs == o->inputs) return true;
    return dataset_fail(error, _("%s: %zu input columns, where %zu are expected"), c->file, c->inputs, o->inputs);
}

bool csv_columns_choose(csv_columns *c, const dataset_options *o, dataset_error *error)
{
    c->at = resized(c->at, c->count, sizeof *c->at);
    for (size_t k = 0; k < c->count; k++) c->at[k] = (csv_column){CSV_INPUT, 0};
    c->outputs = 0;
    c->has_label = false;
    if (o->label != NULL && o->targets != NULL)
        return dataset_fail(error, _("%s: a label column and target columns exclude each other"), c->file);
    if (o->ignore != NULL && !take_columns(c, o->ignore, CSV_IGNORED, error)) return false;
    if (!choose_answers(c, o, error)) return false;
    c->inputs = count_role(c, CSV_INPUT);
    return check_inputs(c, o, error);
}

/* -------------------------------------------------------------------------------------- the header */

/* Whether an option chooses a column by its name. */
static bool has_name(const char *list)
{
    bool found = false;
    long number;
    if (list == NULL) return false;
    char *copy = copied(list), *rest = copy;
    for (char *name; (name = strsep(&rest, ",")) != NULL;) found = found || !is_integer(name, &number);
    free(copy);
    return found;
}

static bool is_number(const char *cell)
{
    double value;
    return read_number(cell, &value);
}

/* A label is a word above a number: a name, it seems. */
static bool names_labels(const csv_columns *c, const csv_row *first, const csv_row *second)
{
    for (size_t k = 0; k < c->count; k++)
        if (c->at[k].role == CSV_LABEL)
            return second != NULL && k < second->count && !is_number(first->cells[k]) && is_number(second->cells[k]);
    return false;
}

static bool unclear(const csv_columns *c, const csv_row *first, size_t word, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    return dataset_fail(error, _("%s:%zu: column %zu: '%s' %s (for a header, say --header=yes)"), c->file, first->line,
                        word + 1, show_text(shown, first->cells[word]), not_a_number(first->cells[word]));
}

static bool looks_like_header(const csv_columns *c, const csv_row *first, const csv_row *second, bool *is_header,
                              dataset_error *error)
{
    size_t numbers = 0, words = 0, word = 0;
    for (size_t k = 0; k < c->count; k++) {
        if (c->at[k].role == CSV_LABEL || c->at[k].role == CSV_IGNORED || *first->cells[k] == '\0') continue;
        if (is_number(first->cells[k])) numbers++;
        else if (words++ == 0) word = k;
    }
    *is_header = words > 0 || names_labels(c, first, second);
    if (words == 0 || numbers == 0) return true;
    return unclear(c, first, word, error);
}

bool csv_find_header(const csv_row *first, const csv_row *second, const dataset_options *o, const char *file,
                     bool *is_header, dataset_error *error)
{
    *is_header = o->header == DATASET_HEADER;
    if (o->header != DATASET_HEADER_AUTO) return true;
    *is_header = has_name(o->label) || has_name(o->targets) || has_name(o->ignore);
    if (*is_header) return true;
    csv_columns c = {.file = file, .count = first->count};
    const bool good = csv_columns_choose(&c, o, error) && looks_like_header(&c, first, second, is_header, error);
    free(c.at);
    return good;
}
