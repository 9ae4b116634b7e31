/* SPDX-License-Identifier: MIT */
/* Pairs of inputs that an operation joins. Not pair by pair, but with whole sets: the elements of a get b into their
 * chains, and those of b get a. Where a network treats many samples alike the same two sets are joined again and again:
 * once is enough. */
#include "interaction.h"

#include <string.h>

enum { FIRST_PAIRS = 256 };

static uint64_t *new_pairs(ad_tape *tape, uint32_t size)
{
    uint64_t *pairs = new_array(tape, size, sizeof *pairs);
    if (pairs != NULL) memset(pairs, 0, size * sizeof *pairs);
    return pairs;
}

bool ad_interactions_begin(interactions *j, ad_tape *tape, uint32_t inputs)
{
    *j = (interactions){.tape = tape, .inputs = inputs, .pairs_size = FIRST_PAIRS, .links_count = 1};
    j->first = new_array(tape, inputs, sizeof *j->first);
    j->elements = new_array(tape, inputs, sizeof *j->elements);
    j->pairs = new_pairs(tape, j->pairs_size);
    if (j->first == NULL || j->elements == NULL || j->pairs == NULL) return false;
    memset(j->first, 0, inputs * sizeof *j->first);
    return true;
}

void ad_interactions_end(interactions *j)
{
    free_array(j->tape, j->first, j->inputs, sizeof *j->first);
    free_array(j->tape, j->elements, j->inputs, sizeof *j->elements);
    free_array(j->tape, j->pairs, j->pairs_size, sizeof *j->pairs);
    ad_release(j->tape, &j->links, j->links_capacity, sizeof *j->links);
}

/* ---------------------------------------------------------------------------- pairs of sets */

/* Where a pair stands among them, or the free place where it would. */
static uint64_t *place_of(uint64_t *pairs, uint32_t size, uint64_t pair)
{
    uint32_t at = (uint32_t)((pair * 0x9e3779b97f4a7c15u) >> 32) & (size - 1);
    while (pairs[at] != 0 && pairs[at] != pair) at = (at + 1) & (size - 1);
    return &pairs[at];
}

static bool room_for_pair(interactions *j)
{
    if (j->pairs_count < j->pairs_size / 2) return true;
    if (j->pairs_size > MAX_NODES / 2) return false;
    const uint32_t size = 2 * j->pairs_size;
    uint64_t *pairs = new_pairs(j->tape, size);
    if (pairs == NULL) return false;
    for (uint32_t k = 0; k < j->pairs_size; k++)
        if (j->pairs[k] != 0) *place_of(pairs, size, j->pairs[k]) = j->pairs[k];
    free_array(j->tape, j->pairs, j->pairs_size, sizeof *pairs);
    j->pairs = pairs;
    j->pairs_size = size;
    return true;
}

/* ---------------------------------------------------------------------------------- the chains */

static bool link_all(interactions *j, const ad_sets *sets, uint32_t of, uint32_t set)
{
    const uint32_t n = ad_sets_elements(sets, of, j->elements);
    if (!ad_grow(j->tape, &j->links, &j->links_capacity, (size_t)j->links_count + n, sizeof *j->links)) return false;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t *first = &j->first[j->elements[k]];
        j->links[j->links_count] = (interaction){set, *first};
        *first = j->links_count++;
    }
    return true;
}

bool ad_interactions_join(interactions *j, ad_sets *sets, uint32_t a, uint32_t b)
{
    if (a == SET_EMPTY || b == SET_EMPTY) return true;
    const uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    if (!room_for_pair(j)) return false;
    uint64_t *place = place_of(j->pairs, j->pairs_size, pair);
    if (*place == pair) return true;
    *place = pair;
    j->pairs_count++;
    ad_sets_hold(sets, a);
    ad_sets_hold(sets, b);
    return link_all(j, sets, a, b) && (a == b || link_all(j, sets, b, a));
}

uint32_t ad_interactions_of(const interactions *j, ad_sets *sets, uint32_t i)
{
    uint64_t most = 0;
    ad_sets_start(sets);
    for (uint32_t at = j->first[i]; at != 0; at = j->links[at].next) {
        ad_sets_add(sets, j->links[at].set);
        most += ad_sets_size(sets, j->links[at].set);
    }
    return (uint32_t)(most < j->inputs ? most : j->inputs);
}
