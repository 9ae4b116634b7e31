/* SPDX-License-Identifier: MIT */
/* Patterns: made row by row, sorted by being transposed twice. */
#include "sparse.h"

#include <string.h>

void ad_pattern_free(ad_pattern *p)
{
    free_array(p->tape, p->start, (size_t)p->rows + 1, sizeof *p->start);
    free_array(p->tape, p->column, p->count, sizeof *p->column);
    p->start = p->column = NULL;
}

uint32_t ad_pattern_longest_row(const ad_pattern *p)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        if (row_length(p, i) > longest) longest = row_length(p, i);
    return longest;
}

/* In each row of the result the columns ascend, since they come in that order. */
bool ad_pattern_transpose(const ad_pattern *p, ad_pattern *to)
{
    *to = (ad_pattern){p->tape, p->columns, p->rows, p->count, NULL, NULL};
    to->start = new_array(to->tape, (size_t)to->rows + 1, sizeof *to->start);
    to->column = new_array(to->tape, to->count, sizeof *to->column);
    if (to->start == NULL || to->column == NULL) {
        ad_pattern_free(to);
        return false;
    }
    memset(to->start, 0, ((size_t)to->rows + 1) * sizeof *to->start);
    for (uint32_t e = 0; e < p->count; e++) to->start[p->column[e] + 1]++;
    for (uint32_t j = 0; j < to->rows; j++) to->start[j + 1] += to->start[j];
    for (uint32_t i = 0; i < p->rows; i++)
        for (uint32_t e = p->start[i]; e < p->start[i + 1]; e++) to->column[to->start[p->column[e]]++] = i;
    for (uint32_t j = to->rows; j > 0; j--) to->start[j] = to->start[j - 1];
    to->start[0] = 0;
    return true;
}

/* ------------------------------------------------------------------------------- distinct rows */

static uint64_t hash_of(const ad_pattern *p, uint32_t i)
{
    uint64_t hash = 0;
    for (uint32_t e = p->start[i]; e < p->start[i + 1]; e++) {
        hash = (hash ^ p->column[e]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static bool is_same_row(const ad_pattern *p, uint32_t i, uint32_t k)
{
    return row_length(p, i) == row_length(p, k) &&
           memcmp(p->column + p->start[i], p->column + p->start[k], row_length(p, i) * sizeof *p->column) == 0;
}

/* Finds, by hash, the rows that are no copies of an earlier one, into `row`; returns how many there are. */
static uint32_t find_distinct(const ad_pattern *p, uint32_t *table, size_t size, uint32_t *row)
{
    uint32_t found = 0;
    memset(table, 0, size * sizeof *table);
    for (uint32_t i = 0; i < p->rows; i++) {
        size_t at = hash_of(p, i) & (size - 1);
        while (table[at] != 0 && !is_same_row(p, i, table[at] - 1)) at = (at + 1) & (size - 1);
        if (table[at] != 0) continue;
        table[at] = i + 1;
        row[found++] = i;
    }
    return found;
}

static bool copy_rows(const ad_pattern *p, const uint32_t *row, uint32_t rows, ad_pattern *to)
{
    *to = (ad_pattern){p->tape, rows, p->columns, 0, NULL, NULL};
    for (uint32_t k = 0; k < rows; k++) to->count += row_length(p, row[k]);
    to->start = new_array(to->tape, (size_t)rows + 1, sizeof *to->start);
    to->column = new_array(to->tape, to->count, sizeof *to->column);
    if (to->start == NULL || to->column == NULL) {
        ad_pattern_free(to);
        return false;
    }
    to->start[0] = 0;
    for (uint32_t k = 0; k < rows; k++) {
        const uint32_t length = row_length(p, row[k]);
        memcpy(to->column + to->start[k], p->column + p->start[row[k]], length * sizeof *to->column);
        to->start[k + 1] = to->start[k] + length;
    }
    return true;
}

bool ad_pattern_distinct(const ad_pattern *p, ad_pattern *distinct)
{
    size_t size = 4;
    while (size < 2 * (size_t)p->rows) size *= 2;
    uint32_t *row = new_array(p->tape, p->rows, sizeof *row), *table = new_array(p->tape, size, sizeof *table);
    const bool done = row != NULL && table != NULL && copy_rows(p, row, find_distinct(p, table, size, row), distinct);
    free_array(p->tape, row, p->rows, sizeof *row);
    free_array(p->tape, table, size, sizeof *table);
    return done;
}

/* ------------------------------------------------------------------------------------- making */

bool ad_pattern_begin(ad_pattern_rows *r, ad_tape *tape, uint32_t row_count, uint32_t columns)
{
    *r = (ad_pattern_rows){.pattern = {tape, row_count, columns, 0, NULL, NULL}};
    r->pattern.start = new_array(tape, (size_t)row_count + 1, sizeof *r->pattern.start);
    if (r->pattern.start != NULL) r->pattern.start[0] = 0;
    return r->pattern.start != NULL;
}

uint32_t *ad_pattern_row(ad_pattern_rows *r, uint32_t most)
{
    ad_pattern *p = &r->pattern;
    r->too_many = most > MAX_NODES - p->count;
    /* One more, so that there is a place to point to. */
    if (r->too_many || !ad_grow(p->tape, &p->column, &r->capacity, (size_t)p->count + most + 1, sizeof *p->column))
        return NULL;
    return p->column + p->count;
}

void ad_pattern_add(ad_pattern_rows *r, uint32_t count)
{
    r->pattern.count += count;
    r->pattern.start[++r->row] = r->pattern.count;
}

void ad_pattern_drop(ad_pattern_rows *r)
{
    ad_release(r->pattern.tape, &r->pattern.column, r->capacity, sizeof *r->pattern.column);
    r->pattern.column = NULL;
    ad_pattern_free(&r->pattern);
}

bool ad_pattern_sort(ad_pattern_rows *r, ad_pattern *sorted)
{
    ad_pattern transposed;
    bool done = ad_pattern_transpose(&r->pattern, &transposed);
    ad_pattern_drop(r);
    if (!done) return false;
    done = ad_pattern_transpose(&transposed, sorted);
    ad_pattern_free(&transposed);
    return done;
}
