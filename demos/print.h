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

/* Writes a heading with an empty line before it; a note, wrapped, each on lines of its own. */
void put_heading(FILE *to, const char *heading);
void put_note(FILE *to, const char *note);

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

/* Prints the table, or where it does not fit its rows as lists, and frees it. */
void table_print(table *t, FILE *to);

#endif
