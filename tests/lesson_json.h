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

/* The block with this key, of this kind or, with NULL, of any; NULL: none. */
static inline json_t *find_block_of(json_t *all, const char *kind, const char *key)
{
    size_t k;
    json_t *block;
    json_array_foreach(json_object_get(all, "blocks"), k, block)
    {
        const char *name = json_string_value(json_object_get(block, "key"));
        const char *own = json_string_value(json_object_get(block, "kind"));
        if (name != NULL && strcmp(name, key) == 0 && (kind == NULL || strcmp(own, kind) == 0)) return block;
    }
    return NULL;
}

static inline json_t *find_block(json_t *all, const char *key) { return find_block_of(all, NULL, key); }

static inline json_t *block_of(json_t *all, const char *key)
{
    json_t *block = find_block(all, key);
    ck_assert_msg(block != NULL, "there is no block %s", key);
    return block;
}

/* Those of layers: "w1", "w2", ... */
static inline json_t *find_numbered(json_t *all, const char *name, size_t l)
{
    char key[40];
    snprintf(key, sizeof key, "%s%zu", name, l);
    return find_block(all, key);
}

static inline json_t *numbered_block(json_t *all, const char *name, size_t l)
{
    json_t *block = find_numbered(all, name, l);
    ck_assert_msg(block != NULL, "there is no block %s%zu", name, l);
    return block;
}

/* Whether a paragraph or a question has these words. */
static inline bool says(json_t *all, const char *words)
{
    size_t at;
    json_t *block;
    json_array_foreach(json_object_get(all, "blocks"), at, block)
    {
        const char *text = json_string_value(json_object_get(block, "text"));
        if (text != NULL && strstr(text, words) != NULL) return true;
    }
    return false;
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

/* 3 of "… 3 more"; 0 of other texts. */
static inline size_t more_in(const char *text)
{
    static const char dots[] = "… ";
    return strncmp(text, dots, strlen(dots)) == 0 ? strtoul(text + strlen(dots), NULL, 10) : 0;
}

/* A table of n rows, of which the first 12 are there and how many more there are where that is more than one; returns
 * how many are there. */
static inline size_t assert_rows(json_t *table, size_t n)
{
    const size_t shown = n > 13 ? 12 : n;
    ck_assert_uint_eq(rows_of(table), shown + (n > shown));
    if (n > shown) ck_assert_uint_eq(more_in(shown_at(table, shown, 0)), n - shown);
    return shown;
}

/* ----------------------------------------------------------------------------------------- plots */

/* NULL: none. */
static inline json_t *plot_of(json_t *all, const char *key) { return find_block_of(all, "plot", key); }

static inline double point(json_t *plot, size_t curve, const char *axis, size_t k)
{
    json_t *of = json_array_get(json_object_get(plot, "curves"), curve);
    return number_of(json_array_get(json_object_get(of, axis), k), axis);
}

static inline size_t points_of(json_t *plot, size_t curve)
{
    return json_array_size(json_object_get(json_array_get(json_object_get(plot, "curves"), curve), "x"));
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

/* A matrix of one column, up to rounding of its largest entry. */
static inline void assert_column(json_t *matrix, const double *x, size_t n, const char *what)
{
    double most = 0;
    for (size_t j = 0; j < n; j++) most = fmax(most, fabs(x[j]));
    ck_assert_uint_eq(json_array_size(matrix), n);
    for (size_t j = 0; j < n; j++) {
        ck_assert_uint_eq(json_array_size(json_array_get(matrix, j)), 1);
        assert_close_to(entry_at(matrix, j, 0), x[j], most, what);
    }
}

/* -------------------------------------------------------------------------------------- all of it */

/* A '#' of the pattern stands for digits. */
static inline bool matches(const char *key, const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        const size_t digits = *pattern == '#' ? strspn(key, "0123456789") : 0;
        if (*pattern == '#' ? digits == 0 : *key != *pattern) return false;
        key += *pattern == '#' ? digits : 1;
    }
    return *key == '\0';
}

/* The patterns are separated by spaces. */
static inline void assert_matches_one(const char *key, const char *patterns)
{
    char copy[400], *rest = copy;
    bool found = false;
    snprintf(copy, sizeof copy, "%s", patterns);
    for (const char *one; (one = strsep(&rest, " ")) != NULL;) found = found || matches(key, one);
    ck_assert_msg(found, "%s is not tested", key);
}

/* These blocks and values, which tests look at, are all that there are. */
static inline void assert_only_has(json_t *all, const char *blocks, const char *values)
{
    size_t at;
    json_t *block, *value;
    const char *name;
    json_array_foreach(json_object_get(all, "blocks"), at, block)
    {
        const char *key = json_string_value(json_object_get(block, "key"));
        if (key != NULL) assert_matches_one(key, blocks);
    }
    json_object_foreach(json_object_get(all, "values"), name, value) assert_matches_one(name, values);
}

/* Of check k of the lesson. */
static inline double of_check(json_t *all, size_t k, const char *key)
{
    return number_of(json_object_get(json_array_get(json_object_get(all, "checks"), k), key), key);
}

/* So many numbers are compared by each check, and none is further off than is allowed. */
static inline void assert_checks(json_t *all, const size_t *numbers, size_t count)
{
    ck_assert_uint_eq(json_array_size(json_object_get(all, "checks")), count);
    for (size_t k = 0; k < count; k++) {
        ck_assert(of_check(all, k, "numbers") == (double)numbers[k]);
        ck_assert(of_check(all, k, "difference") <= of_check(all, k, "allowed"));
    }
}

#endif
