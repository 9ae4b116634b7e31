/* SPDX-License-Identifier: MIT */
/* A script for reading, in a terminal or a file. */
#include "language.h"
#include "print.h"
#include "script_blocks.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, AFTER_A_BREAK = 6, PRECISE = 9 };

/* ----------------------------------------------------------------------------------------- tables */

char *shown_cell(const script *s, const cell *c)
{
    switch (c->kind) {
    case CELL_TEXT:
    case CELL_MATH: return copied(c->text);
    case CELL_NUMBER: return number_cell(c->number, s->digits);
    case CELL_PRECISE: return number_cell(c->number, s->digits > PRECISE ? s->digits : PRECISE);
    case CELL_INPUT: return input_cell(c->number, s->digits);
    case CELL_COUNT: return shown_count(c->number);
    case CELL_MAGNITUDE: return magnitude_text(c->number);
    }
    return NULL;
}

/* A column of numbers may have empty cells. */
static bool holds_numbers(const block *b, size_t column)
{
    bool has_number = false;
    for (size_t row = 0; row < b->rows; row++) {
        const cell *c = &b->cells[row * b->columns + column];
        if (c->text != NULL && *c->text != '\0') return false;
        has_number = has_number || c->text == NULL;
    }
    return has_number;
}

/* The widest of the columns that hold texts; as many as there are for none. */
static size_t widest_text(const block *b, const bool *is_number)
{
    size_t most = 0, found = b->columns;
    for (size_t row = 0; row < b->rows; row++)
        for (size_t k = 0; k < b->columns; k++) {
            const char *text = b->cells[row * b->columns + k].text;
            const size_t width = is_number[k] || text == NULL ? 0 : width_of(text);
            if (width <= most) continue;
            most = width;
            found = k;
        }
    return found;
}

static void print_table(FILE *to, const script *s, const block *b)
{
    bool is_number[MOST_COLUMNS];
    char *cells[MOST_COLUMNS];
    for (size_t k = 0; k < b->columns; k++) is_number[k] = holds_numbers(b, k);
    table t = {.columns = b->columns,
               .heads = (const char *const *)b->heads,
               .is_number = is_number,
               .wrapped = widest_text(b, is_number)};
    for (size_t row = 0; row < b->rows; row++) {
        for (size_t k = 0; k < b->columns; k++) cells[k] = shown_cell(s, &b->cells[row * b->columns + k]);
        table_add(&t, cells);
    }
    table_print(&t, to);
}

/* ------------------------------------------------------------------------------------------ blocks */

static void put_indented(FILE *to, const char *text, size_t indent, size_t more)
{
    fprintf(to, "%*s", (int)indent, "");
    put_wrapped(to, text, indent, more);
    fputc('\n', to);
}

static void print_question(FILE *to, const char *text)
{
    static const char mark[] = "? ";
    fprintf(to, "%s%s", start_of(COLOUR_STEP), mark);
    put_wrapped(to, text, strlen(mark), strlen(mark));
    fprintf(to, "%s\n", end_of(COLOUR_STEP));
}

static void print_block(FILE *to, const script *s, const block *b)
{
    const bool goes_on = b > s->blocks && b->kind == BLOCK_FORMULA && b[-1].kind == BLOCK_FORMULA;
    if (!goes_on && b->kind != BLOCK_HEADING) fputc('\n', to);
    switch (b->kind) {
    case BLOCK_HEADING: put_heading(to, b->text); break;
    case BLOCK_TEXT: put_indented(to, b->text, 0, 0); break;
    case BLOCK_FORMULA: put_indented(to, b->text, INDENT, AFTER_A_BREAK); break;
    case BLOCK_QUESTION: print_question(to, b->text); break;
    case BLOCK_MATRICES: print_matrices(to, s, b); break;
    case BLOCK_TABLE: print_table(to, s, b); break;
    case BLOCK_PLOT: text_plot_print(to, &b->plot, text_plot_columns(to), text_plot_has_unicode()); break;
    }
}

/* ------------------------------------------------------------------------------------------- checks */

/* What is allowed where rounding leaves nothing to compare. */
#define HOPELESS 1

static char *check_text(const script_check *c)
{
    char *difference = magnitude_text(c->difference), *allowed = formatted("%.0e", c->allowed), *text;
    if (!check_agrees(c))
        text = formatted(ngettext("%s: %zu number does NOT agree; the largest difference is %s (%s is allowed).",
                                  "%s: %zu numbers do NOT agree; the largest difference is %s (%s is allowed).",
                                  c->numbers),
                         c->what, c->numbers, difference, allowed);
    else if (c->allowed == 0 || (c->allowed > HOPELESS && c->difference == 0))
        text = formatted(
            ngettext("%s: %zu number is exactly the same.", "%s: %zu numbers are exactly the same.", c->numbers),
            c->what, c->numbers);
    else if (c->allowed > HOPELESS)
        text = formatted(c->numbers == 1
                             ? _("%s: %zu number agrees but for rounding, which is as large as the number; the "
                                 "difference is %s.")
                             : _("%s: %zu numbers agree but for rounding, which is as large as some of them; the "
                                 "largest difference is %s."),
                         c->what, c->numbers, difference);
    else
        text = formatted(ngettext("%s: %zu number agrees; the largest difference is %s (%s is allowed).",
                                  "%s: %zu numbers agree; the largest difference is %s (%s is allowed).", c->numbers),
                         c->what, c->numbers, difference, allowed);
    free(allowed);
    free(difference);
    return text;
}

static void print_check(FILE *to, const script_check *c)
{
    const colour ink = check_agrees(c) ? COLOUR_PLAIN : COLOUR_WARNING;
    char *text = check_text(c);
    fputs(start_of(ink), to);
    put_indented(to, text, INDENT, 2 * INDENT);
    fputs(end_of(ink), to);
    free(text);
}

static void print_checks(FILE *to, const script *s)
{
    size_t numbers = 0;
    put_heading(to, _("Checked"));
    for (size_t k = 0; k < s->check_count; k++) {
        print_check(to, &s->checks[k]);
        numbers += s->checks[k].numbers;
    }
    if (s->check_count < 2) return;
    char *total = script_agrees(s) ? formatted(_("All %zu numbers agree."), numbers)
                                   : formatted(_("Not all of these %zu numbers agree."), numbers);
    fprintf(to, "  %s\n", total);
    free(total);
}

/* ------------------------------------------------------------------------------------------ pauses */

/* Waits for a line; false: it is "q", or there is no more. */
static bool wait_for_reader(FILE *to)
{
    char *line = NULL;
    size_t room = 0;
    fprintf(to, "\n%s%s%s ", start_of(COLOUR_QUIET), _("(think, then press Enter; q ends)"), end_of(COLOUR_QUIET));
    fflush(to);
    const ssize_t length = getline(&line, &room, stdin);
    const bool goes_on = length > 0 && strcmp(line, "q\n") != 0 && strcmp(line, "q") != 0;
    if (length <= 0) fputc('\n', to);
    free(line);
    return goes_on;
}

bool script_print_text(FILE *to, const script *s, bool pauses)
{
    fputs(start_of(COLOUR_HEADING), to);
    put_wrapped(to, s->title, 0, 0);
    fprintf(to, "%s\n", end_of(COLOUR_HEADING));
    for (size_t k = 0; k < s->block_count; k++) {
        print_block(to, s, &s->blocks[k]);
        if (pauses && s->blocks[k].kind == BLOCK_QUESTION && !wait_for_reader(to)) {
            fprintf(to, "%s\n", _("Until next time."));
            return false;
        }
    }
    print_checks(to, s);
    return true;
}
