/* SPDX-License-Identifier: MIT */
#include "script_blocks.h"
#include "language.h"
#include "print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

script *script_new(const char *name, const char *title, int digits)
{
    script *s = resized(NULL, 1, sizeof *s);
    *s = (script){.name = copied(name), .title = copied(title), .digits = digits};
    return s;
}

int script_digits(const script *s) { return s->digits; }

static void free_term(const term *t)
{
    free((char *)t->math);
    free((double *)t->numbers);
}

static void free_block(block *b)
{
    for (size_t k = 0; k < b->term_count; k++) free_term(&b->terms[k]);
    for (size_t k = 0; k < b->columns; k++) free(b->heads[k]);
    for (size_t k = 0; k < b->rows * b->columns; k++) free(b->cells[k].text);
    for (size_t k = 0; k < b->plot.count; k++) {
        free((char *)b->plot.curves[k].name);
        free((double *)b->plot.curves[k].x);
        free((double *)b->plot.curves[k].y);
    }
    free((char *)b->plot.x_label);
    free((char *)b->plot.y_label);
    free((curve *)b->plot.curves);
    free(b->terms);
    free(b->cells);
    free(b->text);
}

void script_free(script *s)
{
    if (s == NULL) return;
    for (size_t k = 0; k < s->block_count; k++) free_block(&s->blocks[k]);
    for (size_t k = 0; k < s->fact_count; k++) free(s->facts[k].key);
    for (size_t k = 0; k < s->check_count; k++) free(s->checks[k].what);
    for (size_t k = 0; k < s->kept_count; k++) free(s->kept[k]);
    free(s->blocks);
    free(s->facts);
    free(s->kept);
    free(s->checks);
    free(s->title);
    free(s->name);
    free(s);
}

/* --------------------------------------------------------------------------------------- blocks */

static block *new_block(script *s, block_kind kind, char *owned)
{
    s->blocks = resized(s->blocks, s->block_count + 1, sizeof *s->blocks);
    s->blocks[s->block_count] = (block){.kind = kind, .text = owned};
    return &s->blocks[s->block_count++];
}

static void add_text(script *s, block_kind kind, const char *format, va_list args)
{
    draft t;
    draft_begin(&t);
    vfprintf(t.to, format, args);
    new_block(s, kind, draft_done(&t));
}

void script_heading(script *s, const char *text) { new_block(s, BLOCK_HEADING, copied(text)); }

void script_say(script *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(s, BLOCK_TEXT, format, args);
    va_end(args);
}

void script_formula(script *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(s, BLOCK_FORMULA, format, args);
    va_end(args);
}

void script_ask(script *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(s, BLOCK_QUESTION, format, args);
    va_end(args);
}

/* ---------------------------------------------------------------------------------------- numbers */

void script_value(script *s, const char *key, double x)
{
    s->facts = resized(s->facts, s->fact_count + 1, sizeof *s->facts);
    s->facts[s->fact_count++] = (script_fact){copied(key), x};
}

const char *script_keep(script *s, char *owned)
{
    s->kept = resized(s->kept, s->kept_count + 1, sizeof *s->kept);
    return s->kept[s->kept_count++] = owned;
}

const char *script_number(script *s, double x) { return script_keep(s, number_cell(x, s->digits)); }

const char *script_operand(script *s, double x)
{
    char shown[NUMBER_SIZE];
    return script_keep(s, formatted(x < 0 ? "(%s)" : "%s", show_number(shown, x, s->digits)));
}

/* In full as long as a reader can take them in. */
char *shown_count(double n)
{
    enum { DIGITS = 4 };
    return n < 1e12 ? count_text((size_t)n) : number_cell(n, DIGITS);
}

const char *script_magnitude(script *s, double x) { return script_keep(s, magnitude_text(x)); }
const char *script_count(script *s, double n) { return script_keep(s, shown_count(n)); }

/* ---------------------------------------------------------------------- matrices, tables and plots */

void script_matrices(script *s, const char *key, const term *terms, size_t count)
{
    block *b = new_block(s, BLOCK_MATRICES, copied(key));
    b->terms = resized(NULL, count, sizeof *b->terms);
    b->term_count = count;
    for (size_t k = 0; k < count; k++) {
        b->terms[k] = terms[k];
        if (terms[k].math != NULL) b->terms[k].math = copied(terms[k].math);
        else b->terms[k].numbers = numbers_copied(terms[k].numbers, terms[k].rows * terms[k].columns);
    }
}

void line_math(matrix_line *e, char *owned) { e->terms[e->count++] = (term){.math = owned}; }

void line_matrix(matrix_line *e, size_t rows, size_t columns, double *owned)
{
    e->terms[e->count++] = (term){NULL, rows, columns, owned};
}

void script_line(script *s, const char *key, matrix_line *e)
{
    script_matrices(s, key, e->terms, e->count);
    for (size_t k = 0; k < e->count; k++) free_term(&e->terms[k]);
    e->count = 0;
}

void script_table(script *s, const char *key, size_t columns, const char *const *heads)
{
    block *b = new_block(s, BLOCK_TABLE, copied(key));
    b->columns = columns;
    for (size_t k = 0; k < columns; k++) b->heads[k] = copied(heads[k]);
}

static block *last_table(script *s)
{
    block *b = &s->blocks[s->block_count - 1];
    while (b->kind != BLOCK_TABLE) b--;
    return b;
}

void script_row(script *s, const cell *cells)
{
    block *b = last_table(s);
    b->cells = resized(b->cells, (b->rows + 1) * b->columns, sizeof *b->cells);
    memcpy(b->cells + b->rows++ * b->columns, cells, b->columns * sizeof *cells);
}

void script_more(script *s, size_t count)
{
    if (count == 0) return;
    cell cells[MOST_COLUMNS] = {cell_text(formatted(ngettext("… %zu more", "… %zu more", count), count))};
    for (size_t k = 1; k < last_table(s)->columns; k++) cells[k] = cell_empty();
    script_row(s, cells);
}

void script_plot(script *s, const plot *p)
{
    block *b = new_block(s, BLOCK_PLOT, copied(p->key));
    curve *curves = resized(NULL, p->count, sizeof *curves);
    for (size_t k = 0; k < p->count; k++) {
        const curve *c = &p->curves[k];
        curves[k] = (curve){copied(c->name), numbers_copied(c->x, c->count), numbers_copied(c->y, c->count), c->count,
                            c->is_scattered};
    }
    b->plot = *p;
    b->plot.key = b->text;
    b->plot.x_label = copied(p->x_label);
    b->plot.y_label = copied(p->y_label);
    b->plot.curves = curves;
    b->plot.note = NULL;
}

/* ----------------------------------------------------------------------------------------- checks */

void script_checked(script *s, const char *what, size_t numbers, double difference, double allowed)
{
    s->checks = resized(s->checks, s->check_count + 1, sizeof *s->checks);
    s->checks[s->check_count++] = (script_check){copied(what), numbers, difference, allowed};
}

bool script_agrees(const script *s)
{
    bool agrees = true;
    for (size_t k = 0; k < s->check_count; k++) agrees = agrees && check_agrees(&s->checks[k]);
    return agrees;
}
