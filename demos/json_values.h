/* SPDX-License-Identifier: MIT */
/* Building JSON; when memory runs out, the program ends. */
#ifndef DEMOS_JSON_VALUES_H
#define DEMOS_JSON_VALUES_H

#include "command.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* JSON has no infinities and no NaN: they stand as strings. */
static inline json_t *exact_number(double x)
{
    if (isfinite(x)) return json_real(x);
    return json_string(isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

static inline json_t *whole_number(size_t n) { return json_integer((json_int_t)n); }

static inline void append(json_t *array, json_t *item)
{
    if (json_array_append_new(array, item) != 0) die(CODE_DATA, "out of memory");
}

static inline json_t *exact_numbers(const double *x, size_t n)
{
    json_t *array = json_array();
    for (size_t k = 0; k < n; k++) append(array, exact_number(x[k]));
    return array;
}

static inline void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) die(CODE_DATA, "out of memory");
}

/* What a reader typed: null where it is not UTF-8. */
static inline json_t *typed_text(const char *text)
{
    json_t *string = text != NULL ? json_string(text) : NULL;
    return string != NULL ? string : json_null();
}

/* Prints with all digits, and frees. */
static inline void print_and_free(FILE *to, json_t *root)
{
    if (json_dumpf(root, to, JSON_INDENT(1)) == 0) fputc('\n', to);
    json_decref(root);
}

#endif
