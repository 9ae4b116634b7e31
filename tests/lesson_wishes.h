/* SPDX-License-Identifier: MIT */
/* The networks and batches that `chainrule lesson wishes` is tried with, what plain loops find for them, and the names
 * of what samples wish for. DATA, which is to be defined before, is a file for each suite. */
#ifndef TESTS_LESSON_WISHES_H
#define TESTS_LESSON_WISHES_H

#include "lesson_book.h"

#include <ctype.h>

/* ----------------------------------------------------------------------------- networks and batches */

enum { MOST_SAMPLES = 20, MOST_ROWS = 12, SHOWN_SAMPLES = 3 };

static const lesson_case cases[] = {
    {.options = "", .sizes = "2,3,2"},
    {.options = "--seed=7 --sizes=3,4,2 --batch=5 --rate=0.1", .sizes = "3,4,2", .batch = 5, .rate = 0.1},
    {.options = "--sizes=2,1 --batch=2", .sizes = "2,1", .batch = 2},
    {.options = "--sizes=2,3,3,2 --activation=tanh --output=identity --rate=2",
     .sizes = "2,3,3,2",
     .hidden = "tanh",
     .output = "identity",
     .rate = 2},
    {.options = "--sizes=2,3,3,1 --skip=1 --seed=3", .sizes = "2,3,3,1", .skip = "1"},
    {.options = "--sizes=3,3,3,3 --skip=1,0,1 --seed=4 --output=tanh",
     .sizes = "3,3,3,3",
     .skip = "1,0,1",
     .output = "tanh"},
    {.options = "--sizes=2,4,1 --no-bias --batch=1", .sizes = "2,4,1", .batch = 1, .no_biases = true},
    {.options = "--sizes=1,1,1,1 --seed=5", .sizes = "1,1,1,1"},
    {.options = "--sizes=1,1 --seed=5 --no-bias", .sizes = "1,1", .no_biases = true},
    {.options = "--sizes=1,1,1,1 --seed=5 --skip=1", .sizes = "1,1,1,1", .skip = "1"},
    {.options = "--inputs=1,-0.5 --targets=0.2,0.9", .sizes = "2,3,2", .batch = 1},
    {.options = "--sizes=4,14,6 --seed=9 --batch=4 --activation=relu", .sizes = "4,14,6", .hidden = "relu", .batch = 4},
    {.options = "--sizes=4,14,6 --seed=9 --batch=2 --no-bias", .sizes = "4,14,6", .batch = 2, .no_biases = true},
    {.options = "--sizes=3,2,1 --data=" DATA " --row=2 --batch=14", .sizes = "3,2,1", .batch = 14, .row = 2},
    {.options = "--sizes=3,2,1 --data=" DATA " --row=12 --batch=14 --rate=30",
     .sizes = "3,2,1",
     .batch = 5,
     .row = 12,
     .rate = 30},
};
enum { CASES = sizeof cases / sizeof *cases };

/* A case's JSON, which is to be freed; its network and samples, and what plain loops find for each. */
typedef struct known_batch {
    json_t *all;
    book_net net;
    size_t m, L;
    double x[MOST_SAMPLES][BOOK_UNITS], y[MOST_SAMPLES][BOOK_UNITS], rate;
    book_pass pass[MOST_SAMPLES];
} known_batch;

/* Those of a file are known; others are as the table shows them, with all their digits. */
static inline void read_samples(known_batch *k, const lesson_case *c)
{
    json_t *table = block_of(k->all, "samples");
    k->m = c->batch > 0 ? c->batch : 3;
    ck_assert_uint_eq(rows_of(table), k->m < MOST_ROWS ? k->m : MOST_ROWS);
    for (size_t i = 0; i < k->m; i++) {
        for (size_t j = 0; c->row > 0 && j < 3; j++) k->x[i][j] = file_number(c->row - 1 + i, j);
        if (c->row > 0) k->y[i][0] = file_target(c->row - 1 + i);
        if (i >= rows_of(table)) continue;
        double x[BOOK_UNITS], y[BOOK_UNITS];
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 1), x, BOOK_UNITS), k->net.width[0]);
        ck_assert_uint_eq(numbers_in(shown_at(table, i, 2), y, BOOK_UNITS), k->net.width[k->L]);
        if (c->row > 0) ck_assert(x[0] == k->x[i][0] && x[1] == k->x[i][1] && x[2] == k->x[i][2] && y[0] == k->y[i][0]);
        memcpy(k->x[i], x, sizeof x);
        memcpy(k->y[i], y, sizeof y);
    }
}

static inline void know_batch(known_batch *k, const lesson_case *c)
{
    k->all = lesson_of("wishes", c->options);
    k->rate = c->rate > 0 ? c->rate : 0.5;
    make_book(&k->net, c);
    k->net.factor = 2;
    read_parameters(k->all, &k->net);
    k->L = k->net.depth;
    read_samples(k, c);
    for (size_t i = 0; i < k->m; i++) book_run(&k->net, k->x[i], k->y[i], &k->pass[i]);
}

/* ------------------------------------------------------------------------------------- what is wished */

/* "W^[2]_11", "W^[2]_{1,10}", "b^[2]_1", "a^[1]_3"; of a chain "w^(2)"; indices from 0. */
typedef struct place {
    char kind;
    size_t l, j, k;
} place;

static inline place place_of(const char *name)
{
    char *end;
    place p = {.kind = (char)tolower((unsigned char)name[0])};
    ck_assert_msg(strchr("wba", p.kind) != NULL && name[1] == '^', "%s is no name", name);
    p.l = strtoul(name + 3, &end, 10);
    if (*end == ')') return p;
    ck_assert_msg(strncmp(end, "]_", 2) == 0, "%s has no index", name);
    end += 2;
    const bool is_long = *end == '{';
    if (p.kind == 'w' && !is_long) return (place){p.kind, p.l, (size_t)(end[0] - '1'), (size_t)(end[1] - '1')};
    p.j = strtoul(end + is_long, &end, 10) - 1;
    if (is_long) p.k = strtoul(end + 1, NULL, 10) - 1;
    return p;
}

static inline double wish_for(const book_pass *p, place at)
{
    if (at.kind == 'w') return -p->dw[at.l][at.j][at.k];
    return at.kind == 'b' ? -p->db[at.l][at.j] : -p->da[at.l][at.j];
}

static inline double mean_for(const known_batch *k, place at)
{
    double sum = 0;
    for (size_t i = 0; i < k->m; i++) sum += wish_for(&k->pass[i], at);
    return sum / (double)k->m;
}

/* Calls for every weight, then every bias, as nn_parameters has them; or for every hidden a. */
static inline size_t all_places(const known_batch *k, place *places, bool hidden)
{
    size_t count = 0;
    for (size_t l = 1; !hidden && l <= k->L; l++)
        for (size_t j = 0; j < k->net.width[l]; j++)
            for (size_t i = 0; i < k->net.width[l - 1]; i++) places[count++] = (place){'w', l, j, i};
    for (size_t l = 1; hidden ? l < k->L : l <= k->L; l++)
        for (size_t j = 0; (hidden || k->net.biases) && j < k->net.width[l]; j++)
            places[count++] = (place){hidden ? 'a' : 'b', l, j, 0};
    return count;
}
enum { MOST_PLACES = BOOK_LAYERS * BOOK_UNITS * BOOK_UNITS };

static inline bool same_place(place p, place q) { return p.kind == q.kind && p.l == q.l && p.j == q.j && p.k == q.k; }

/* The size that a cancelled sum is judged by. */
static inline double scale_of(const known_batch *k, place at)
{
    double most = 0;
    for (size_t i = 0; i < k->m; i++) most = fmax(most, fabs(wish_for(&k->pass[i], at)));
    return most;
}

static inline size_t shown_samples(const known_batch *k) { return k->m < SHOWN_SAMPLES ? k->m : SHOWN_SAMPLES; }

/* Column c: of a shown sample, or at last of the mean. */
static inline double in_column(const known_batch *k, size_t c, place at)
{
    return c < shown_samples(k) ? wish_for(&k->pass[c], at) : mean_for(k, at);
}

#endif
