/* SPDX-License-Identifier: MIT */
/* Tables, laid out by libsmartcols. */
#include "print.h"
#include "command.h"
#include "language.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, GAP = 2, LEAST_WRAP = 12 };

void table_add(table *t, char *const *cells)
{
    if (t->rows == t->room) {
        t->room = 2 * t->room + 16;
        t->cells = resized(t->cells, t->room * t->columns, sizeof *t->cells);
    }
    memcpy(t->cells + t->rows++ * t->columns, cells, t->columns * sizeof *cells);
}

void table_add_more(table *t, size_t count)
{
    char **cells = resized(NULL, t->columns, sizeof *cells);
    cells[0] = formatted(_("… %zu more"), count);
    for (size_t k = 1; k < t->columns; k++) cells[k] = copied("");
    table_add(t, cells);
    free(cells);
}

static char **cell(const table *t, size_t row, size_t column) { return &t->cells[row * t->columns + column]; }

/* The characters before a number's decimal mark or exponent. */
static size_t before_mark(const char *number) { return strcspn(number, ".e"); }

/* Puts spaces before the numbers of a column, so that their decimal marks stand below each other. */
static void align(table *t, size_t column)
{
    size_t most = 0;
    for (size_t row = 0; row < t->rows; row++) {
        const size_t before = before_mark(*cell(t, row, column));
        if (before > most) most = before;
    }
    for (size_t row = 0; row < t->rows; row++) {
        char *number = *cell(t, row, column);
        *cell(t, row, column) = formatted("%*s%s", (int)(most - before_mark(number)), "", number);
        free(number);
    }
}

static size_t column_width(const table *t, size_t column)
{
    size_t most = width_of(t->heads[column]);
    for (size_t row = 0; row < t->rows; row++) {
        const size_t width = width_of(*cell(t, row, column));
        if (width > most) most = width;
    }
    return most;
}

/* The bytes of the first line of a text that is wider than `width`: it ends before an equals sign, else where a line
 * may, else after a multiplication sign; 0 where there is none of them. */
static size_t first_line(const char *string, size_t width)
{
    static const char sign[] = "·";
    const char *equals = strstr(string, " = ");
    if (equals != NULL && (size_t)(equals - string) <= fitting(string, width)) return (size_t)(equals - string);
    const size_t line = line_within(string, width);
    if (line > 0) return line;
    for (size_t n = fitting(string, width); n >= strlen(sign); n--)
        if (strncmp(string + n - strlen(sign), sign, strlen(sign)) == 0) return n;
    return 0;
}

/* Breaks a cell's text into lines of at most `width` columns, where it can. */
static char *broken(char *string, size_t width)
{
    draft t;
    draft_begin(&t);
    const char *rest = string;
    for (size_t n; width_of(rest) > width && (n = first_line(rest, width)) > 0; rest += n + strspn(rest + n, " "))
        fprintf(t.to, "%.*s\n", (int)n, rest);
    fputs(rest, t.to);
    free(string);
    return draft_done(&t);
}

/* Whether that leaves no line wider. */
static bool can_be_broken(const char *rest, size_t width)
{
    for (size_t n; width_of(rest) > width && (n = first_line(rest, width)) > 0;) rest += n + strspn(rest + n, " ");
    return width_of(rest) <= width;
}

/* The width of the wrapped column; 0 when the others leave too little for it. */
static size_t room_for_wrapped(const table *t)
{
    size_t others = INDENT;
    for (size_t column = 0; column < t->columns; column++)
        if (column != t->wrapped) others += column_width(t, column) + GAP;
    if (t->wrapped >= t->columns) return others <= LINE_WIDTH + GAP;
    if (others + LEAST_WRAP > LINE_WIDTH) return 0;
    for (size_t row = 0; row < t->rows; row++)
        if (!can_be_broken(*cell(t, row, t->wrapped), LINE_WIDTH - others)) return 0;
    return LINE_WIDTH - others;
}

static char *laid_out(const table *t)
{
    struct libscols_table *layout = scols_new_table();
    char *lines = NULL;
    bool good = layout != NULL && scols_table_set_column_separator(layout, "  ") == 0 &&
                scols_table_set_termforce(layout, SCOLS_TERMFORCE_NEVER) == 0;
    for (size_t column = 0; good && column < t->columns; column++) {
        struct libscols_column *c = scols_table_new_column(layout, t->heads[column], 0, SCOLS_FL_WRAP);
        good = c != NULL && scols_column_set_wrapfunc(c, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) == 0 &&
               scols_column_set_safechars(c, "\n") == 0;
    }
    for (size_t row = 0; good && row < t->rows; row++) {
        struct libscols_line *line = scols_table_new_line(layout, NULL);
        good = line != NULL;
        for (size_t column = 0; good && column < t->columns; column++)
            good = scols_line_set_data(line, column, *cell(t, row, column)) == 0;
    }
    if (!good || scols_print_table_to_string(layout, &lines) != 0) die(CODE_DATA, _("out of memory"));
    scols_unref_table(layout);
    return lines;
}

static void print_lines(FILE *to, char *lines)
{
    bool is_head = true;
    for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n"), is_head = false) {
        size_t n = strlen(line);
        while (n > 0 && line[n - 1] == ' ') n--;
        const colour c = is_head ? COLOUR_HEADING : COLOUR_PLAIN;
        fprintf(to, "%*s%s%.*s%s\n", INDENT, "", start_of(c), (int)n, line, end_of(c));
    }
}

/* For what is too wide: each row as a list of its cells. */
static void print_lists(FILE *to, const table *t)
{
    size_t heads = 0;
    for (size_t column = 0; column < t->columns; column++)
        if (width_of(t->heads[column]) > heads) heads = width_of(t->heads[column]);
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < t->columns; column++) {
            const char *content = *cell(t, row, column) + strspn(*cell(t, row, column), " ");
            if (*content == '\0') continue;
            const size_t indent = column == 0 ? INDENT : 2 * INDENT, at = 2 * INDENT + heads + GAP;
            fprintf(to, "%*s", (int)indent, "");
            put_column(to, t->heads[column], at - indent, COLOUR_PLAIN);
            put_wrapped(to, content, at, at);
            fputc('\n', to);
        }
}

void table_print(table *t, FILE *to)
{
    for (size_t column = 0; column < t->columns; column++)
        if (t->is_number[column]) align(t, column);
    const size_t room = room_for_wrapped(t);
    if (room == 0) print_lists(to, t);
    else {
        for (size_t row = 0; t->wrapped < t->columns && row < t->rows; row++)
            *cell(t, row, t->wrapped) = broken(*cell(t, row, t->wrapped), room);
        char *lines = laid_out(t);
        print_lines(to, lines);
        free(lines);
    }
    for (size_t k = 0; k < t->rows * t->columns; k++) free(t->cells[k]);
    free(t->cells);
}
