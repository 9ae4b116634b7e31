/* SPDX-License-Identifier: MIT */
/* A lesson for the page: what script_json says, with MathML beside it. */
#include "json_values.h"
#include "mathml.h"
#include "page_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *text_at(json_t *object, const char *key) { return json_string_value(json_object_get(object, key)); }

/* A whole <math> element. */
static void add_math(json_t *object, const char *key, bool is_block)
{
    const char *notation = text_at(object, key);
    if (notation == NULL) return;
    char *math = mathml_of(notation, is_block);
    set(object, "mathml", json_string(math));
    free(math);
}

static void add_to_rows(json_t *rows)
{
    size_t row, column;
    json_t *cells, *item;
    json_array_foreach(rows, row, cells)
    {
        json_array_foreach(cells, column, item)
        {
            if (strcmp(text_at(item, "kind"), "math") == 0) add_math(item, "shown", false);
        }
    }
}

static void add_to_terms(json_t *terms)
{
    size_t k;
    json_t *item;
    json_array_foreach(terms, k, item) add_math(item, "math", false);
}

json_t *lesson_json(const script *s)
{
    size_t k;
    json_t *all = script_json(s), *block;
    json_array_foreach(json_object_get(all, "blocks"), k, block)
    {
        if (strcmp(text_at(block, "kind"), "formula") == 0) add_math(block, "text", true);
        add_to_rows(json_object_get(block, "rows"));
        add_to_terms(json_object_get(block, "terms"));
    }
    return all;
}
