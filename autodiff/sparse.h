/* SPDX-License-Identifier: MIT */
/* Patterns of sparse matrices, and their colourings. Never installed. */
#ifndef AUTODIFF_SPARSE_H
#define AUTODIFF_SPARSE_H

#include "index_sets.h"

/* Where a matrix may be other than 0: row i has the columns column[start[i]] .. column[start[i + 1] - 1], ascending. */
typedef struct ad_pattern {
    ad_tape *tape;
    uint32_t rows, columns, count;
    uint32_t *start, *column;
} ad_pattern;

static inline uint32_t row_length(const ad_pattern *p, uint32_t i) { return p->start[i + 1] - p->start[i]; }

/* --------------------------------------------------------------------------------- sparsity.c */

/* Of the Jacobian of y by x, of the Hessian of y by x. On failure the tape is in error and there is no pattern. */
ad_status ad_pattern_jacobian(ad_pattern *pattern, ad_span y, ad_span x, const char *function);
ad_status ad_pattern_hessian(ad_pattern *pattern, ad_var y, ad_span x, const char *function);

/* ---------------------------------------------------------------------------------- pattern.c */

/* A pattern that is being made, row by row: each begins with ad_pattern_row, which makes room for `most` elements more
 * and says where they go (NULL: no memory, or too many); ad_pattern_add says how many there are. */
typedef struct ad_pattern_rows {
    ad_pattern pattern;
    uint32_t row, capacity;
    bool too_many;
} ad_pattern_rows;
bool ad_pattern_begin(ad_pattern_rows *rows, ad_tape *tape, uint32_t row_count, uint32_t columns);
uint32_t *ad_pattern_row(ad_pattern_rows *rows, uint32_t most);
void ad_pattern_add(ad_pattern_rows *rows, uint32_t count);

/* Sorts the rows into a pattern that holds no more memory than it needs; frees `rows`. */
bool ad_pattern_sort(ad_pattern_rows *rows, ad_pattern *sorted);
void ad_pattern_drop(ad_pattern_rows *rows);

/* The pattern of the transposed matrix; its rows are sorted whether those of `pattern` are or not. False: no memory. */
bool ad_pattern_transpose(const ad_pattern *pattern, ad_pattern *transposed);

/* The rows that are no copies of an earlier one. False: no memory. */
bool ad_pattern_distinct(const ad_pattern *pattern, ad_pattern *distinct);

void ad_pattern_free(ad_pattern *pattern);
uint32_t ad_pattern_longest_row(const ad_pattern *pattern);

/* ---------------------------------------------------------------------------------- colour.c */

/* The colour of each column (row), from 0; a column without elements has none. */
#define NO_COLOUR UINT32_MAX
typedef struct ad_colouring {
    ad_tape *tape;
    uint32_t *colour, count; /* count: of columns */
    uint32_t colours;
} ad_colouring;

/* No two columns of a colour share a row. False: no memory. */
bool ad_colour_columns(ad_colouring *colouring, const ad_pattern *pattern);

/* A star colouring of the graph of a symmetric pattern: columns that share an element differ, and no path of four
 * columns has but two colours. */
bool ad_colour_star(ad_colouring *colouring, const ad_pattern *pattern);
void ad_colouring_free(ad_colouring *colouring);

#endif
