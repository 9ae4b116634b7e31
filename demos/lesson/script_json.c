/* SPDX-License-Identifier: MIT */
/* A script for programs, and for the page. */
#include "json_values.h"
#include "print.h"
#include "script_blocks.h"

#include <stdlib.h>

static json_t *owned_text(char *text)
{
    json_t *string = json_string(text);
    free(text);
    return string;
}

/* ---------------------------------------------------------------------------------------- tables */

static json_t *cell_json(const script *s, const cell *c)
{
    static const char *const kinds[] = {"text", "math", "number", "precise", "input", "count", "magnitude"};
    json_t *object = json_object();
    set(object, "kind", json_string(kinds[c->kind]));
    if (c->kind == CELL_COUNT && c->number < 0x1p53) set(object, "value", whole_number((size_t)c->number));
    else if (c->text == NULL) set(object, "value", exact_number(c->number));
    set(object, "shown", owned_text(shown_cell(s, c)));
    return object;
}

static void put_table(json_t *object, const script *s, const block *b)
{
    json_t *heads = json_array(), *rows = json_array();
    for (size_t k = 0; k < b->columns; k++) append(heads, json_string(b->heads[k]));
    for (size_t row = 0; row < b->rows; row++) {
        json_t *cells = json_array();
        for (size_t k = 0; k < b->columns; k++) append(cells, cell_json(s, &b->cells[row * b->columns + k]));
        append(rows, cells);
    }
    set(object, "heads", heads);
    set(object, "rows", rows);
}

/* -------------------------------------------------------------------------------------- matrices */

static json_t *shown_row(const script *s, const double *x, size_t n)
{
    char shown[NUMBER_SIZE];
    json_t *array = json_array();
    for (size_t k = 0; k < n; k++) append(array, json_string(show_number(shown, x[k], s->digits)));
    return array;
}

static json_t *term_json(const script *s, const term *t)
{
    json_t *object = json_object();
    if (t->math != NULL) {
        set(object, "math", json_string(t->math));
        return object;
    }
    json_t *rows = json_array(), *shown = json_array();
    for (size_t row = 0; row < t->rows; row++) {
        append(rows, exact_numbers(t->numbers + row * t->columns, t->columns));
        append(shown, shown_row(s, t->numbers + row * t->columns, t->columns));
    }
    set(object, "rows", rows);
    set(object, "shown", shown);
    return object;
}

static void put_terms(json_t *object, const script *s, const block *b)
{
    json_t *terms = json_array();
    for (size_t k = 0; k < b->term_count; k++) append(terms, term_json(s, &b->terms[k]));
    set(object, "terms", terms);
}

/* ----------------------------------------------------------------------------------------- plots */

static json_t *curve_json(const curve *c)
{
    json_t *object = json_object();
    set(object, "name", json_string(c->name));
    set(object, "scattered", json_boolean(c->is_scattered));
    set(object, "x", exact_numbers(c->x, c->count));
    set(object, "y", exact_numbers(c->y, c->count));
    return object;
}

static void put_plot(json_t *object, const plot *p)
{
    json_t *curves = json_array();
    for (size_t k = 0; k < p->count; k++) append(curves, curve_json(&p->curves[k]));
    set(object, "x_label", json_string(p->x_label));
    set(object, "y_label", json_string(p->y_label));
    set(object, "log_x", json_boolean(p->is_log_x));
    set(object, "log_y", json_boolean(p->is_log_y));
    set(object, "curves", curves);
}

/* ----------------------------------------------------------------------------------------- all of it */

static json_t *block_json(const script *s, const block *b)
{
    static const char *const kinds[] = {"heading", "text", "formula", "question", "matrices", "table", "plot"};
    const bool has_key = b->kind >= BLOCK_MATRICES;
    json_t *object = json_object();
    set(object, "kind", json_string(kinds[b->kind]));
    set(object, has_key ? "key" : "text", json_string(b->text));
    if (b->kind == BLOCK_TABLE) put_table(object, s, b);
    if (b->kind == BLOCK_MATRICES) put_terms(object, s, b);
    if (b->kind == BLOCK_PLOT) put_plot(object, &b->plot);
    return object;
}

static json_t *check_json(const script_check *c)
{
    json_t *object = json_object();
    set(object, "what", json_string(c->what));
    set(object, "numbers", whole_number(c->numbers));
    set(object, "difference", exact_number(c->difference));
    set(object, "allowed", exact_number(c->allowed));
    set(object, "agrees", json_boolean(check_agrees(c)));
    return object;
}

json_t *script_json(const script *s)
{
    json_t *all = json_object(), *blocks = json_array(), *values = json_object(), *checks = json_array();
    for (size_t k = 0; k < s->block_count; k++) append(blocks, block_json(s, &s->blocks[k]));
    for (size_t k = 0; k < s->fact_count; k++) set(values, s->facts[k].key, exact_number(s->facts[k].value));
    for (size_t k = 0; k < s->check_count; k++) append(checks, check_json(&s->checks[k]));
    set(all, "lesson", json_string(s->name));
    set(all, "title", json_string(s->title));
    set(all, "digits", json_integer(s->digits));
    set(all, "blocks", blocks);
    set(all, "values", values);
    set(all, "checks", checks);
    set(all, "agrees", json_boolean(script_agrees(s)));
    return all;
}
