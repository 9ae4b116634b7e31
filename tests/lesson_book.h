/* SPDX-License-Identifier: MIT */
/* Networks that the lessons are tried with, their JSON, and what a textbook's loops find for them. */
#ifndef TESTS_LESSON_BOOK_H
#define TESTS_LESSON_BOOK_H

#include "lesson_json.h"
#include "textbook.h"

/* What is left out is 0 or NULL. */
typedef struct lesson_case {
    const char *options, *sizes, *skip; /* --skip as in the options */
    const char *hidden, *output;        /* activations, sigmoid if not given */
    double factor;                      /* of the cost, 1 if not given */
    bool no_biases;
    double rate;
    size_t batch, row; /* of samples; the file's first, from 1 */
    size_t l, j;       /* a unit, both from 1; 1, 1 if not given */
} lesson_case;

/* A case's JSON, which is to be freed; its network and sample, and what plain loops make of them. */
typedef struct known {
    json_t *all;
    book_net net;
    double x[BOOK_UNITS], y[BOOK_UNITS];
    book_pass pass;
    size_t l, j; /* the unit, from 1 and from 0 */
} known;

static inline json_t *lesson_of(const char *lesson, const char *options)
{
    char line[400];
    snprintf(line, sizeof line, "chainrule lesson %s --json %s", lesson, options);
    return lesson_json(line);
}

/* ------------------------------------------------------------------------------------ the network */

/* As the options say, without its parameters. */
static inline void make_book(book_net *n, const lesson_case *c)
{
    *n = (book_net){.hidden = c->hidden != NULL ? c->hidden : "sigmoid",
                    .output = c->output != NULL ? c->output : "sigmoid",
                    .biases = !c->no_biases,
                    .factor = c->factor > 0 ? c->factor : 1};
    book_sizes(n, c->sizes);
    if (c->skip != NULL) book_skip(n, c->skip);
}

static inline void read_vector(json_t *all, const char *letter, double *x, size_t n)
{
    char key[32];
    for (size_t k = 0; k < n; k++) {
        snprintf(key, sizeof key, "%s_%zu", letter, k + 1);
        x[k] = value_of(all, key);
    }
}

/* From the matrices w1, b1, ... */
static inline void read_parameters(json_t *all, book_net *n)
{
    for (size_t l = 1; l <= n->depth; l++) {
        json_t *w = matrix_of(numbered_block(all, "w", l), 0), *b = find_numbered(all, "b", l);
        ck_assert_int_eq(b != NULL, n->biases);
        for (size_t j = 0; j < n->width[l]; j++) {
            for (size_t k = 0; k < n->width[l - 1]; k++) n->w[l][j][k] = entry_at(w, j, k);
            if (b != NULL) n->b[l][j] = entry_at(matrix_of(b, 0), j, 0);
        }
    }
}

/* Beside what is there already: all, net. */
static inline void run_known(known *k, const lesson_case *c)
{
    read_vector(k->all, "x", k->x, k->net.width[0]);
    read_vector(k->all, "y", k->y, k->net.width[k->net.depth]);
    book_run(&k->net, k->x, k->y, &k->pass);
    k->l = c->l > 0 ? c->l : 1;
    k->j = c->j > 0 ? c->j - 1 : 0;
}

static inline void know(known *k, const char *lesson, const lesson_case *c)
{
    k->all = lesson_of(lesson, c->options);
    make_book(&k->net, c);
    read_parameters(k->all, &k->net);
    run_known(k, c);
}

/* Its parameters are exactly these, layer by layer. */
static inline void assert_parameters_are(const book_net *n, const double *w, const double *b)
{
    for (size_t l = 1; l <= n->depth; l++)
        for (size_t j = 0; j < n->width[l]; j++) {
            for (size_t k = 0; k < n->width[l - 1]; k++) ck_assert(n->w[l][j][k] == *w++);
            if (n->biases) ck_assert(n->b[l][j] == *b++);
        }
}

/* A lesson takes the numbers that are given. */
static inline json_t *lesson_with_given_numbers(const char *lesson)
{
    static const lesson_case given = {.options = "--sizes=2,2,1 --weights=1,2,3,4,5,6 --biases=7,8,9 "
                                                 "--inputs=0.25,-4 --targets=0.5",
                                      .sizes = "2,2,1"};
    static known k;
    know(&k, lesson, &given);
    assert_parameters_are(&k.net, (const double[]){1, 2, 3, 4, 5, 6}, (const double[]){7, 8, 9});
    ck_assert(k.x[0] == 0.25 && k.x[1] == -4 && k.y[0] == 0.5);
    return k.all;
}

/* --------------------------------------------------------------------------------------- its data */

enum { FILE_ROWS = 16 };

static inline double file_number(size_t row, size_t column)
{
    return ((double)((7 * row + 11 * column * column) % 23) - 11) / 10;
}

static inline double file_target(size_t row) { return row * row % 11 > 4; }

/* Three inputs and a target in each row. */
static inline void write_data(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) abort();
    fputs("a,b,c,target\n", file);
    for (size_t row = 0; row < FILE_ROWS; row++)
        fprintf(file, "%.17g,%.17g,%.17g,%.17g\n", file_number(row, 0), file_number(row, 1), file_number(row, 2),
                file_target(row));
    if (fclose(file) != 0) abort();
}

#endif
