/* SPDX-License-Identifier: MIT */
/* Sets of numbers below a bound, made by union and never changed. Sets that are equal are one set, counted by how often
 * it is held. Never installed. */
#ifndef AUTODIFF_INDEX_SETS_H
#define AUTODIFF_INDEX_SETS_H

#include "internal.h"

/* A set is known by a number: none for the empty one, SET_SINGLE | j for {j}, else where it stands among `sets`. */
enum { SET_EMPTY = 0 };
#define SET_SINGLE 0x80000000u
#define SET_FAILED UINT32_MAX

typedef struct index_set index_set;

typedef struct ad_sets {
    ad_tape *tape;
    uint32_t bound, words; /* elements are below `bound`, which is so many 64-bit words of bits */
    uint32_t longest;      /* a set of more elements than this is kept as bits, of fewer as a list in no order */
    index_set *sets;
    uint32_t sets_count, sets_capacity, free; /* `free`: the first of the places that are free again */
    uint32_t *buckets, buckets_count, held;   /* of the table of all sets, by hash */

    /* The union at work: its elements are a list, and stamped, or bits. */
    uint32_t only, largest, largest_count; /* the first set; the largest of several */
    bool is_several, is_dense;
    uint32_t *stamp, now, *list, list_count;
    uint64_t *bits;
} ad_sets;

/* False when there is no memory; then, too, ad_sets_end frees what there is. */
bool ad_sets_begin(ad_sets *sets, ad_tape *tape, uint32_t bound);
void ad_sets_end(ad_sets *sets);

/* The union of all sets that are added from here on. ad_sets_union gives it, held once more, or SET_FAILED when there
 * is no memory; ad_sets_collect stores its elements, in no order, and returns how many there are. */
void ad_sets_start(ad_sets *sets);
void ad_sets_add(ad_sets *sets, uint32_t set);
void ad_sets_add_all(ad_sets *sets, const uint32_t *set, uint32_t n);
uint32_t ad_sets_union(ad_sets *sets);
uint32_t ad_sets_collect(ad_sets *sets, uint32_t *elements);

void ad_sets_hold(ad_sets *sets, uint32_t set);
void ad_sets_drop(ad_sets *sets, uint32_t set);

uint32_t ad_sets_size(const ad_sets *sets, uint32_t set);

/* Stores the elements of a set, in no order; returns how many there are. */
uint32_t ad_sets_elements(const ad_sets *sets, uint32_t set, uint32_t *elements);

/* Arrays of a size that is known, from the tape's allocator; NULL when there is no memory, never where n is 0. */
static inline void *new_array(ad_tape *tape, size_t n, size_t size)
{
    return n >= SIZE_MAX / 2 / size ? NULL : ad_resize(tape, NULL, 0, (n + 1) * size);
}

static inline void free_array(ad_tape *tape, void *array, size_t n, size_t size)
{
    if (array != NULL) ad_resize(tape, array, (n + 1) * size, 0);
}

#endif
