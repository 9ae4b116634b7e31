/* SPDX-License-Identifier: MIT */
/* Matrices side by side, in characters. */
#include "print.h"
#include "script_blocks.h"

#include <stdlib.h>
#include <string.h>

/* A matrix has a line of its own where it needs one, indented more: there it has to fit. */
enum { INDENT = 2, MORE = 3 * INDENT, ROOM = LINE_WIDTH - MORE };
enum { MOST_ROWS = 8, MOST_ENTRIES = 6, LEAST_ENTRIES = 2 };

/* A term as lines of the same width. */
typedef struct picture_of_term {
    char **lines;
    size_t count, width;
} lines_of;

static bool is_elided(size_t k, size_t n, size_t most) { return n > most && k == (most > 2 ? most - 2 : 1); }

/* Entry k of the shown ones: of many the first ones and, where there is room for three, the last. */
static size_t shown_index(size_t k, size_t n, size_t most) { return n > most && k == most - 1 ? n - 1 : k; }

static size_t shown_of(size_t n, size_t most) { return n < most ? n : most; }

static char *entry_text(const script *s, const term *t, size_t row, size_t column, size_t most)
{
    if (is_elided(row, t->rows, MOST_ROWS) || is_elided(column, t->columns, most)) return copied("…");
    const size_t i = shown_index(row, t->rows, MOST_ROWS), j = shown_index(column, t->columns, most);
    return number_cell(t->numbers[i * t->columns + j], s->digits);
}

/* Spaces before and behind a number, so that marks stand below each other in a column. */
static void align_column(char **entries, size_t rows)
{
    size_t before = 0, after = 0;
    for (size_t row = 0; row < rows; row++) {
        const size_t mark = strcspn(entries[row], ".e"), rest = width_of(entries[row]) - mark;
        if (strcmp(entries[row], "…") == 0) continue;
        if (mark > before) before = mark;
        if (rest > after) after = rest;
    }
    for (size_t row = 0; row < rows; row++) {
        const bool is_dots = strcmp(entries[row], "…") == 0;
        const size_t mark = is_dots ? 1 : strcspn(entries[row], ".e"), rest = is_dots ? 0 : strlen(entries[row]) - mark;
        const size_t left = before > mark ? before - mark : 0, right = after > rest ? after - rest : 0;
        char *aligned = formatted("%*s%s%*s", (int)left, "", entries[row], (int)right, "");
        free(entries[row]);
        entries[row] = aligned;
    }
}

static const char *bracket(bool is_left, size_t row, size_t rows)
{
    static const char *const marks[][4] = {{"⎤", "⎥", "⎦", "]"}, {"⎡", "⎢", "⎣", "["}};
    return marks[is_left][rows == 1 ? 3 : row == 0 ? 0 : row + 1 == rows ? 2 : 1];
}

/* With at most so many columns. */
static lines_of matrix_of(const script *s, const term *t, size_t most)
{
    const size_t rows = shown_of(t->rows, MOST_ROWS), columns = shown_of(t->columns, most);
    char *entries[MOST_ENTRIES][MOST_ROWS];
    for (size_t j = 0; j < columns; j++) {
        for (size_t i = 0; i < rows; i++) entries[j][i] = entry_text(s, t, i, j, most);
        align_column(entries[j], rows);
    }
    lines_of m = {resized(NULL, rows, sizeof *m.lines), rows, 0};
    for (size_t i = 0; i < rows; i++) {
        draft line;
        draft_begin(&line);
        fputs(bracket(true, i, rows), line.to);
        for (size_t j = 0; j < columns; j++) fprintf(line.to, "%s%s", j > 0 ? "  " : "", entries[j][i]);
        fputs(bracket(false, i, rows), line.to);
        m.lines[i] = draft_done(&line);
    }
    m.width = width_of(m.lines[0]);
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++) free(entries[j][i]);
    return m;
}

static void free_lines(lines_of *m)
{
    for (size_t k = 0; k < m->count; k++) free(m->lines[k]);
    free(m->lines);
}

/* With as many columns as fit. */
static lines_of matrix_lines(const script *s, const term *t)
{
    size_t most = MOST_ENTRIES;
    lines_of m = matrix_of(s, t, most);
    while (m.width > ROOM && most > LEAST_ENTRIES) {
        free_lines(&m);
        m = matrix_of(s, t, --most);
    }
    return m;
}

static lines_of math_lines(const char *math)
{
    lines_of m = {resized(NULL, 1, sizeof *m.lines), 1, width_of(math)};
    m.lines[0] = copied(math);
    return m;
}

/* What stands in a line of a term that is centred among `height` lines; NULL: nothing. */
static const char *line_at(const lines_of *m, size_t line, size_t height)
{
    const size_t above = (height - m->count) / 2;
    return line >= above && line < above + m->count ? m->lines[line - above] : NULL;
}

static void put_lines(FILE *to, const lines_of *terms, size_t count, size_t indent)
{
    size_t height = 1;
    for (size_t k = 0; k < count; k++)
        if (terms[k].count > height) height = terms[k].count;
    for (size_t line = 0; line < height; line++) {
        size_t gap = indent;
        for (size_t k = 0; k < count; k++) {
            const char *text = line_at(&terms[k], line, height);
            if (text == NULL) gap += terms[k].width + 1;
            else {
                fprintf(to, "%*s%s", (int)gap, "", text);
                gap = 1 + terms[k].width - width_of(text);
            }
        }
        fputc('\n', to);
    }
}

/* As many terms as fit on a line; the others follow, indented more, with the sign before them. */
void print_matrices(FILE *to, const script *s, const block *b)
{
    lines_of *terms = resized(NULL, b->term_count, sizeof *terms);
    for (size_t k = 0; k < b->term_count; k++)
        terms[k] = b->terms[k].math != NULL ? math_lines(b->terms[k].math) : matrix_lines(s, &b->terms[k]);
    for (size_t first = 0, next, indent = INDENT; first < b->term_count; first = next, indent = MORE) {
        size_t width = indent;
        for (next = first; next < b->term_count; width += terms[next++].width + 1)
            if (next > first && width + terms[next].width > LINE_WIDTH) break;
        if (next < b->term_count && next > first + 1 && b->terms[next - 1].math != NULL) next--;
        put_lines(to, terms + first, next - first, indent);
    }
    for (size_t k = 0; k < b->term_count; k++) free_lines(&terms[k]);
    free(terms);
}
