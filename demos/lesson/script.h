/* SPDX-License-Identifier: MIT */
/* A lesson as a list of blocks: paragraphs, formulas, matrices, tables, plots, questions, checks. A lesson writes it
 * once; it is shown as text, as JSON and on a page. Texts are translated by whoever adds them, and copied. Where memory
 * runs out the program ends. */
#ifndef DEMOS_SCRIPT_H
#define DEMOS_SCRIPT_H

#include "command.h"
#include "text_plot.h"

#include <jansson.h>
#include <math.h>

typedef struct script script;

/* `name` is the lesson's ("paths"), `digits` as in show_number. */
script *script_new(const char *name, const char *title, int digits);
void script_free(script *s);
int script_digits(const script *s);

/* ------------------------------------------------------------------------------------- writing it */

void script_heading(script *s, const char *text);
void script_say(script *s, const char *format, ...) FORMAT(2, 3);

/* A line of mathematics as mathml.h reads it, "δ^L = ∇_a C ⊙ σ′(z^L)". */
void script_formula(script *s, const char *format, ...) FORMAT(2, 3);

/* A question; everything up to the next question or heading is its answer. */
void script_ask(script *s, const char *format, ...) FORMAT(2, 3);

/* A number that a paragraph or a formula says with few digits: for programs, with all of them. Shows nothing. A key
 * stands once. */
void script_value(script *s, const char *key, double x);

/* A number with the script's digits, for a paragraph or a formula; in parentheses where it is negative, as behind an
 * operator; its order of magnitude, "2.2e-16"; a whole number, "2,260". Texts are the script's and last as long as it.
 */
const char *script_number(script *s, double x);
const char *script_operand(script *s, double x);
const char *script_magnitude(script *s, double x);
const char *script_count(script *s, double n);

/* Takes a text over, to free it with the script; returns it. */
const char *script_keep(script *s, char *owned);

/* One line of matrices and what stands between them, W_1 = [...]: each term is a matrix, row by row, or (`math` not
 * NULL) mathematics. All is copied. `key` names it for programs, the same in every language. */
typedef struct term {
    const char *math;
    size_t rows, columns;
    const double *numbers;
} term;
void script_matrices(script *s, const char *key, const term *terms, size_t count);

/* The same, term by term: begin with {0}. Texts and numbers are handed over, and freed by script_line. */
enum { MOST_TERMS = 16 };
typedef struct matrix_line {
    term terms[MOST_TERMS];
    size_t count;
} matrix_line;
void line_math(matrix_line *e, char *owned);
void line_matrix(matrix_line *e, size_t rows, size_t columns, double *owned);
void script_line(script *s, const char *key, matrix_line *e);

/* A cell of a table. Texts are owned by the table. */
typedef enum cell_kind {
    CELL_TEXT,
    CELL_MATH,     /* a text that mathml.h reads: a name, a formula in numbers */
    CELL_NUMBER,   /* shown with the script's digits */
    CELL_PRECISE,  /* with at least nine */
    CELL_INPUT,    /* a number that the reader chose: shown as typed */
    CELL_COUNT,    /* a whole number; from 10^12 on shown with four digits */
    CELL_MAGNITUDE /* a number that matters for its order of magnitude: two digits */
} cell_kind;

typedef struct cell {
    cell_kind kind;
    double number;
    char *text;
} cell;

static inline cell cell_text(char *owned) { return (cell){CELL_TEXT, 0, owned}; }
static inline cell cell_math(char *owned) { return (cell){CELL_MATH, 0, owned}; }
static inline cell cell_number(double x) { return (cell){CELL_NUMBER, x, NULL}; }
static inline cell cell_precise(double x) { return (cell){CELL_PRECISE, x, NULL}; }
static inline cell cell_input(double x) { return (cell){CELL_INPUT, x, NULL}; }
static inline cell cell_count(double n) { return (cell){CELL_COUNT, n, NULL}; }
static inline cell cell_magnitude(double x) { return (cell){CELL_MAGNITUDE, x, NULL}; }
static inline cell cell_empty(void) { return cell_text(copied("")); }
static inline cell cell_known(double x) { return isnan(x) ? cell_empty() : cell_number(x); }

/* Begins a table; `key` names it for programs, the same in every language. Heads are translated, as many as columns;
 * at most MOST_COLUMNS. Rows are added to the last table that was begun. */
enum { MOST_COLUMNS = 8 };
void script_table(script *s, const char *key, size_t columns, const char *const *heads);
void script_row(script *s, const cell *cells);

/* How many of n rows are shown where more than `most` are too many: no row is spent on saying that one is left out. */
static inline size_t rows_shown(size_t n, size_t most) { return n > most + 1 ? most : n; }

/* A row "… 3 more" for those that are not; with a count of 0 nothing. */
void script_more(script *s, size_t count);

/* A plot in characters, as text_plot.h has it, but for a note. Numbers and texts are copied. */
void script_plot(script *s, const plot *p);

/* What was checked, for the lesson's last lines: so many numbers, computed in two ways that `what` says ("the sum over
 * all paths beside the sweep"), the largest difference between them, relative unless `what` says otherwise, and how
 * large it may be. A difference of NaN is too large. */
void script_checked(script *s, const char *what, size_t numbers, double difference, double allowed);

/* Whether every check was passed. */
bool script_agrees(const script *s);

/* ------------------------------------------------------------------------------------- showing it */

/* On lines of at most 80 columns. With `pauses`, each question waits for a line of standard input; without, the answer
 * follows at once. False: the reader went away before the end, by "q" or the end of input. */
bool script_print_text(FILE *to, const script *s, bool pauses);

/* Everything, with all digits; to be freed by json_decref. An object of
 *   lesson, title, digits
 *   blocks    in order, each with its kind:
 *               heading, text, formula, question: text
 *               table: key, heads, rows of cells: {kind, value, shown} of numbers, {kind, shown} of texts
 *               matrices: key, terms: {math} or {rows: [[...]], shown: [["..."]]}
 *               plot: key, x_label, y_label, log_x, log_y, curves of {name, scattered, x, y}
 *   values    an object of what script_value was told
 *   checks    each {what, numbers, difference, allowed, agrees}
 *   agrees */
json_t *script_json(const script *s);

#endif
