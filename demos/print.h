/* SPDX-License-Identifier: MIT */
/* Text on lines of at most 80 columns: numbers, widths, wrapping, tables. */
#ifndef DEMOS_PRINT_H
#define DEMOS_PRINT_H

#include "command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LINE_WIDTH = 80, NUMBER_SIZE = 40 };

/* A number for reading: `digits` significant ones, but a number that needs at most two more is shown in full, and
 * no digit before the decimal mark of a number below 10^9 is left out. Returns `shown`. */
const char *show_number(char shown[NUMBER_SIZE], double x, int digits);

/* A number that the reader chose, a leaf's or a constant: as typed if it has at most 10 digits. */
const char *show_input(char shown[NUMBER_SIZE], double x, int digits);

/* The same, to be freed; and of a number that is there for its order of magnitude two digits: where there is none,
 * which is NaN, a dash by known_magnitude. */
char *number_cell(double x, int digits);
char *input_cell(double x, int digits);
char *magnitude_text(double x);
char *known_magnitude(double x);

/* A count for reading, "2,260"; to be freed. */
char *count_text(size_t n);

/* The columns that a UTF-8 text takes on a terminal. */
size_t width_of(const char *string);

/* The bytes of the longest beginning that takes at most `width` columns (at least one character). */
size_t fitting(const char *string, size_t width);

/* The bytes of the longest beginning that takes at most `width` columns and may stand on a line of its own: up to a
 * space, or in Chinese between characters, though not before a comma or after an opening parenthesis. Spaces at its end
 * do not count. 0: there is none. */
size_t line_within(const char *string, size_t width);

/* Writes a text that stands in column `column` already, going on after `indent` spaces where a line is full; breaks
 * where a line may end if it can. No newline at the end. */
void put_wrapped(FILE *to, const char *string, size_t column, size_t indent);

/* Writes a heading with an empty line before it; a note, wrapped, each on lines of its own; a text behind a label,
 * which takes `margin` columns. What is owned is freed. */
void put_heading(FILE *to, const char *heading);
void put_note(FILE *to, const char *note);
void put_owned_note(FILE *to, char *owned);
void put_labelled(FILE *to, const char *label, size_t margin, char *owned);

/* Writes a text and spaces after it, so that it takes `width` columns. */
void put_column(FILE *to, const char *string, size_t width, colour c);

/* Writes "Formula  " and the formula as typed, but for empty lines; of a long one the beginning. */
void print_formula(FILE *to, const char *formula);

/* A table: columns that hold numbers align them at the decimal mark, one column may be wrapped. Cells are owned. */
typedef struct table {
    size_t columns, rows, room;
    const char *const *heads;
    const bool *is_number;
    size_t wrapped; /* which column; as many as `columns` for none */
    char **cells;
} table;

void table_add(table *t, char *const *cells);

/* A row "… 3 more", with nothing in its other cells. */
void table_add_more(table *t, size_t count);

/* Prints the table, or where it does not fit its rows as lists, and frees it. */
void table_print(table *t, FILE *to);

#endif
