/* SPDX-License-Identifier: MIT */
/* Sets of numbers: what a node depends on. Many nodes depend on the same, so equal sets are found by their hash and
 * kept once; a large one is kept as bits, 32 times smaller than a list of all numbers. */
#include "index_sets.h"

#include <string.h>

struct index_set {
    void *elements; /* a list (uint32_t), or bits (uint64_t) where `count` is above `longest`; NULL: a free place */
    uint32_t count, holders, hash, next; /* the next one with the same bucket, or the next free place */
};

static bool is_dense(const ad_sets *s, uint32_t count) { return count > s->longest; }

static size_t size_of(const ad_sets *s, uint32_t count)
{
    return is_dense(s, count) ? s->words * sizeof(uint64_t) : count * sizeof(uint32_t);
}

/* ------------------------------------------------------------------------------------- bits */

static uint32_t count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint32_t)((word * 0x0101010101010101u) >> 56);
}

static uint32_t list_bits(const uint64_t *bits, uint32_t words, uint32_t *elements)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < words; k++)
        for (uint64_t word = bits[k]; word != 0; word &= word - 1)
            elements[n++] = k * 64 + count_bits((word & (~word + 1)) - 1);
    return n;
}

static void set_bit(uint64_t *bits, uint32_t j) { bits[j / 64] |= (uint64_t)1 << j % 64; }

/* ------------------------------------------------------------------------------------ their life */

enum { FIRST_BUCKETS = 256 };

bool ad_sets_begin(ad_sets *s, ad_tape *tape, uint32_t bound)
{
    *s = (ad_sets){.tape = tape, .bound = bound, .words = bound / 64 + 1, .longest = bound / 32};
    s->stamp = new_array(tape, bound, sizeof *s->stamp);
    s->list = new_array(tape, s->longest, sizeof *s->list);
    s->bits = new_array(tape, s->words, sizeof *s->bits);
    s->buckets = new_array(tape, FIRST_BUCKETS, sizeof *s->buckets);
    if (s->stamp == NULL || s->list == NULL || s->bits == NULL || s->buckets == NULL) return false;
    s->buckets_count = FIRST_BUCKETS;
    memset(s->stamp, 0, bound * sizeof *s->stamp);
    memset(s->buckets, 0, FIRST_BUCKETS * sizeof *s->buckets);
    return true;
}

void ad_sets_end(ad_sets *s)
{
    for (uint32_t k = 1; k < s->sets_count; k++)
        if (s->sets[k].elements != NULL) ad_resize(s->tape, s->sets[k].elements, size_of(s, s->sets[k].count), 0);
    ad_release(s->tape, &s->sets, s->sets_capacity, sizeof *s->sets);
    free_array(s->tape, s->stamp, s->bound, sizeof *s->stamp);
    free_array(s->tape, s->list, s->longest, sizeof *s->list);
    free_array(s->tape, s->bits, s->words, sizeof *s->bits);
    free_array(s->tape, s->buckets, s->buckets_count > 0 ? s->buckets_count : FIRST_BUCKETS, sizeof *s->buckets);
}

static bool is_kept(uint32_t set) { return set != SET_EMPTY && !(set & SET_SINGLE); }

void ad_sets_hold(ad_sets *s, uint32_t set)
{
    if (is_kept(set)) s->sets[set].holders++;
}

static uint32_t *bucket_of(const ad_sets *s, uint32_t hash) { return &s->buckets[hash & (s->buckets_count - 1)]; }

void ad_sets_drop(ad_sets *s, uint32_t set)
{
    if (!is_kept(set) || --s->sets[set].holders > 0) return;
    index_set *dropped = &s->sets[set];
    uint32_t *link = bucket_of(s, dropped->hash);
    while (*link != set) link = &s->sets[*link].next;
    *link = dropped->next;
    ad_resize(s->tape, dropped->elements, size_of(s, dropped->count), 0);
    dropped->elements = NULL;
    dropped->next = s->free;
    s->free = set;
    s->held--;
}

uint32_t ad_sets_size(const ad_sets *s, uint32_t set) { return is_kept(set) ? s->sets[set].count : set != SET_EMPTY; }

uint32_t ad_sets_elements(const ad_sets *s, uint32_t set, uint32_t *elements)
{
    if (set == SET_EMPTY) return 0;
    if (!is_kept(set)) {
        elements[0] = set & ~SET_SINGLE;
        return 1;
    }
    const index_set *of = &s->sets[set];
    if (is_dense(s, of->count)) return list_bits(of->elements, s->words, elements);
    memcpy(elements, of->elements, of->count * sizeof *elements);
    return of->count;
}

/* ---------------------------------------------------------------------------------------- unions */

void ad_sets_start(ad_sets *s)
{
    s->only = s->largest = SET_EMPTY;
    s->largest_count = s->list_count = 0;
    s->is_several = s->is_dense = false;
}

/* The union has become large: its elements are bits from now on. */
static void make_dense(ad_sets *s)
{
    s->is_dense = true;
    memset(s->bits, 0, s->words * sizeof *s->bits);
    for (uint32_t k = 0; k < s->list_count; k++) set_bit(s->bits, s->list[k]);
}

static inline void include(ad_sets *s, uint32_t j)
{
    if (!s->is_dense) {
        if (s->stamp[j] == s->now) return;
        if (s->list_count < s->longest) {
            s->stamp[j] = s->now;
            s->list[s->list_count++] = j;
            return;
        }
        make_dense(s);
    }
    set_bit(s->bits, j);
}

static void include_kept(ad_sets *s, uint32_t set)
{
    const index_set *of = &s->sets[set];
    if (of->count > s->largest_count) {
        s->largest = set;
        s->largest_count = of->count;
    }
    if (!is_dense(s, of->count)) {
        const uint32_t *list = of->elements;
        for (uint32_t k = 0; k < of->count; k++) include(s, list[k]);
        return;
    }
    if (!s->is_dense) make_dense(s);
    const uint64_t *bits = of->elements;
    for (uint32_t k = 0; k < s->words; k++) s->bits[k] |= bits[k];
}

static inline void include_set(ad_sets *s, uint32_t set)
{
    if (set & SET_SINGLE) include(s, set & ~SET_SINGLE);
    else include_kept(s, set);
}

/* There is more than one set: a union has to be made. */
static void become_several(ad_sets *s)
{
    s->is_several = true;
    if (++s->now == 0) {
        memset(s->stamp, 0, s->bound * sizeof *s->stamp);
        s->now = 1;
    }
    if (s->only != SET_EMPTY) include_set(s, s->only);
}

void ad_sets_add_all(ad_sets *s, const uint32_t *set, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        if (set[k] == SET_EMPTY || set[k] == s->only) continue;
        if (s->only == SET_EMPTY) {
            s->only = set[k];
            continue;
        }
        if (!s->is_several) become_several(s);
        include_set(s, set[k]);
    }
}

void ad_sets_add(ad_sets *s, uint32_t set) { ad_sets_add_all(s, &set, 1); }

uint32_t ad_sets_collect(ad_sets *s, uint32_t *elements)
{
    if (!s->is_several) return ad_sets_elements(s, s->only, elements);
    if (s->is_dense) return list_bits(s->bits, s->words, elements);
    memcpy(elements, s->list, s->list_count * sizeof *elements);
    return s->list_count;
}

/* ------------------------------------------------------------------------ finding an equal set */

static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Of a list, whatever its order. */
static uint32_t hash_of(const ad_sets *s)
{
    uint64_t hash = 0;
    if (s->is_dense)
        for (uint32_t k = 0; k < s->words; k++) hash = mixed(hash + s->bits[k] + 1);
    else
        for (uint32_t k = 0; k < s->list_count; k++) hash += mixed((uint64_t)s->list[k] + 1);
    return (uint32_t)(hash ^ hash >> 32);
}

static bool is_union(const ad_sets *s, const index_set *set)
{
    if (s->is_dense) return memcmp(set->elements, s->bits, s->words * sizeof *s->bits) == 0;
    const uint32_t *list = set->elements;
    for (uint32_t k = 0; k < set->count; k++)
        if (s->stamp[list[k]] != s->now) return false;
    return true;
}

static uint32_t find(const ad_sets *s, uint32_t count, uint32_t hash)
{
    uint32_t set = *bucket_of(s, hash);
    while (set != SET_EMPTY &&
           !(s->sets[set].hash == hash && s->sets[set].count == count && is_union(s, &s->sets[set])))
        set = s->sets[set].next;
    return set;
}

/* As many buckets as sets, at least; where there is no memory for more the old ones do. */
static void make_buckets(ad_sets *s)
{
    const uint32_t count = 2 * s->buckets_count;
    if (s->held < s->buckets_count || count > MAX_NODES) return;
    uint32_t *buckets = new_array(s->tape, count, sizeof *buckets);
    if (buckets == NULL) return;
    memset(buckets, 0, count * sizeof *buckets);
    free_array(s->tape, s->buckets, s->buckets_count, sizeof *buckets);
    s->buckets = buckets;
    s->buckets_count = count;
    for (uint32_t k = 1; k < s->sets_count; k++) {
        if (s->sets[k].elements == NULL) continue;
        uint32_t *bucket = bucket_of(s, s->sets[k].hash);
        s->sets[k].next = *bucket;
        *bucket = k;
    }
}

/* A place for one set more; SET_FAILED when there is no memory. */
static uint32_t new_place(ad_sets *s)
{
    const uint32_t set = s->free;
    if (set != SET_EMPTY) {
        s->free = s->sets[set].next;
        return set;
    }
    const uint32_t end = s->sets_count > 0 ? s->sets_count : 1; /* the place that would be the empty set stays free */
    if (!ad_grow(s->tape, &s->sets, &s->sets_capacity, (size_t)end + 1, sizeof *s->sets)) return SET_FAILED;
    s->sets[0].elements = NULL;
    s->sets_count = end + 1;
    return end;
}

static uint32_t keep(ad_sets *s, uint32_t count, uint32_t hash)
{
    void *elements = ad_resize(s->tape, NULL, 0, size_of(s, count));
    const uint32_t set = elements == NULL ? SET_FAILED : new_place(s);
    if (set == SET_FAILED) {
        if (elements != NULL) ad_resize(s->tape, elements, size_of(s, count), 0);
        return SET_FAILED;
    }
    memcpy(elements, s->is_dense ? (const void *)s->bits : s->list, size_of(s, count));
    uint32_t *bucket = bucket_of(s, hash);
    s->sets[set] = (index_set){elements, count, 1, hash, *bucket};
    *bucket = set;
    s->held++;
    make_buckets(s);
    return set;
}

uint32_t ad_sets_union(ad_sets *s)
{
    uint32_t set = s->only, count = s->list_count;
    if (s->is_several) {
        if (s->is_dense)
            for (uint32_t k = count = 0; k < s->words; k++) count += count_bits(s->bits[k]);
        if (count == s->largest_count) set = s->largest;
        else {
            const uint32_t hash = hash_of(s);
            set = find(s, count, hash);
            if (set == SET_EMPTY) return keep(s, count, hash);
        }
    }
    ad_sets_hold(s, set);
    return set;
}
