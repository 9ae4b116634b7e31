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

/* The pieces of a sentence beside it. */
static void add_pieces(json_t *object, const char *key)
{
    const char *text = text_at(object, key);
    if (text != NULL) set(object, "pieces", pieces_of(text));
}

static bool is_kind(json_t *object, const char *kind) { return strcmp(text_at(object, "kind"), kind) == 0; }

static void add_to_rows(json_t *rows)
{
    size_t row, column;
    json_t *cells, *item;
    json_array_foreach(rows, row, cells)
    {
        json_array_foreach(cells, column, item)
        {
            if (is_kind(item, "math")) add_math(item, "shown", false);
            else if (is_kind(item, "text")) add_pieces(item, "shown");
        }
    }
}

static void add_to_heads(json_t *object)
{
    size_t k;
    json_t *head, *heads = json_object_get(object, "heads"), *in_pieces = json_array();
    json_array_foreach(heads, k, head) append(in_pieces, pieces_of(json_string_value(head)));
    set(object, "heads_in_pieces", in_pieces);
}

static void add_to_terms(json_t *terms)
{
    size_t k;
    json_t *item;
    json_array_foreach(terms, k, item) add_math(item, "math", false);
}

static void add_to_block(json_t *object)
{
    if (is_kind(object, "formula")) add_math(object, "text", true);
    else if (is_kind(object, "table")) {
        add_to_heads(object);
        add_to_rows(json_object_get(object, "rows"));
    } else if (is_kind(object, "matrices")) add_to_terms(json_object_get(object, "terms"));
    else add_pieces(object, "text");
}

json_t *lesson_json(const script *s)
{
    size_t k;
    json_t *all = script_json(s), *object;
    json_array_foreach(json_object_get(all, "blocks"), k, object) add_to_block(object);
    json_array_foreach(json_object_get(all, "checks"), k, object) add_pieces(object, "what");
    return all;
}
