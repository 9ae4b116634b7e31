/* SPDX-License-Identifier: MIT */
/* What a lesson's --json holds: its blocks by their keys, cells of tables, entries of matrices. */
#ifndef TESTS_LESSON_JSON_H
#define TESTS_LESSON_JSON_H

#include "command_json.h"

#include <math.h>

/* The lesson that a line prints with --json, which must have found that everything agrees; to be freed. */
static inline json_t *lesson_json(const char *line)
{
    json_t *all = json_of(line);
    ck_assert_msg(json_is_true(json_object_get(all, "agrees")), "%s: a check failed", line);
    return all;
}

/* The block with this key; NULL: none. */
static inline json_t *find_block(json_t *all, const char *key)
{
    size_t k;
    json_t *block;
    json_array_foreach(json_object_get(all, "blocks"), k, block)
    {
        const char *name = json_string_value(json_object_get(block, "key"));
        if (name != NULL && strcmp(name, key) == 0) return block;
    }
    return NULL;
}

static inline json_t *block_of(json_t *all, const char *key)
{
    json_t *block = find_block(all, key);
    ck_assert_msg(block != NULL, "there is no block %s", key);
    return block;
}

/* JSON has neither infinities nor NaN: they stand as strings. */
static inline double number_of(json_t *value, const char *what)
{
    if (json_is_string(value)) return strtod(json_string_value(value), NULL);
    ck_assert_msg(json_is_number(value), "%s is no number", what);
    return json_number_value(value);
}

static inline double value_of(json_t *all, const char *key)
{
    return number_of(json_object_get(json_object_get(all, "values"), key), key);
}

/* ---------------------------------------------------------------------------------------- tables */

static inline size_t rows_of(json_t *table) { return json_array_size(json_object_get(table, "rows")); }
static inline size_t columns_in(json_t *table) { return json_array_size(json_object_get(table, "heads")); }

static inline json_t *cell_at(json_t *table, size_t row, size_t column)
{
    json_t *cell = json_array_get(json_array_get(json_object_get(table, "rows"), row), column);
    ck_assert_msg(cell != NULL, "%s has no cell %zu, %zu", json_string_value(json_object_get(table, "key")), row,
                  column);
    return cell;
}

static inline const char *shown_at(json_t *table, size_t row, size_t column)
{
    return json_string_value(json_object_get(cell_at(table, row, column), "shown"));
}

static inline double number_at(json_t *table, size_t row, size_t column)
{
    return number_of(json_object_get(cell_at(table, row, column), "value"), shown_at(table, row, column));
}

/* ---------------------------------------------------------------------------------------- matrices */

/* Term k of those that are matrices. */
static inline json_t *matrix_of(json_t *block, size_t k)
{
    size_t at;
    json_t *term;
    json_array_foreach(json_object_get(block, "terms"), at, term)
    {
        json_t *rows = json_object_get(term, "rows");
        if (rows != NULL && k-- == 0) return rows;
    }
    ck_abort_msg("%s has too few matrices", json_string_value(json_object_get(block, "key")));
}

static inline size_t matrices_in(json_t *block)
{
    size_t at, count = 0;
    json_t *term;
    json_array_foreach(json_object_get(block, "terms"), at, term) count += json_object_get(term, "rows") != NULL;
    return count;
}

static inline double entry_at(json_t *matrix, size_t row, size_t column)
{
    return number_of(json_array_get(json_array_get(matrix, row), column), "an entry of a matrix");
}

/* -------------------------------------------------------------------------------------- comparing */

/* Computed in another order: up to rounding, of numbers about as large as `scale`. */
static inline void assert_close_to(double found, double expected, double scale, const char *what)
{
    const double allowed = 1e-11 * fmax(fabs(expected), 1e-3 * scale);
    ck_assert_msg(found == expected || fabs(found - expected) <= allowed, "%s is %.17g, not %.17g", what, found,
                  expected);
}

static inline void assert_close(double found, double expected, const char *what)
{
    assert_close_to(found, expected, 0, what);
}

#endif
