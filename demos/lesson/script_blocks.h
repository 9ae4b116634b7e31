/* SPDX-License-Identifier: MIT */
/* What a script holds, for those that show it. */
#ifndef DEMOS_SCRIPT_BLOCKS_H
#define DEMOS_SCRIPT_BLOCKS_H

#include "script.h"

typedef enum block_kind {
    BLOCK_HEADING,
    BLOCK_TEXT,
    BLOCK_FORMULA,
    BLOCK_QUESTION,
    BLOCK_MATRICES,
    BLOCK_TABLE,
    BLOCK_PLOT
} block_kind;

/* What a block of this kind does not have is 0. All is owned, terms and curves with what they point at. */
typedef struct block {
    block_kind kind;
    char *text; /* or the key of a table, of matrices, of a plot */
    term *terms;
    size_t term_count;
    char *heads[MOST_COLUMNS];
    size_t columns, rows;
    cell *cells; /* row by row */
    plot plot;
} block;

typedef struct script_check {
    char *what;
    size_t numbers;
    double difference, allowed;
} script_check;

typedef struct script_fact {
    char *key;
    double value;
} script_fact;

struct script {
    char *name, *title;
    int digits;
    block *blocks;
    size_t block_count;
    script_fact *facts;
    size_t fact_count;
    script_check *checks;
    size_t check_count;
    char **kept;
    size_t kept_count;
};

static inline bool check_agrees(const script_check *c) { return c->difference <= c->allowed; }

/* As in a table, "2.2e-16" and "2,260"; to be freed. */
char *shown_count(double n);

/* The cell as a reader sees it, without the spaces that align it; to be freed. */
char *shown_cell(const script *s, const cell *c);

/* Writes a block of matrices on lines of at most 80 columns. */
void print_matrices(FILE *to, const script *s, const block *b);

#endif
