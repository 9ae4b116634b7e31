/* SPDX-License-Identifier: MIT */
/* Which inputs interact: for the pattern of a Hessian. Never installed. */
#ifndef AUTODIFF_INTERACTION_H
#define AUTODIFF_INTERACTION_H

#include "sparse.h"

/* Each input has a chain of the sets whose elements it interacts with. */
typedef struct interaction {
    uint32_t set, next;
} interaction;

typedef struct interactions {
    ad_tape *tape;
    uint32_t inputs;
    uint32_t *first;    /* where an input's chain starts in `links`; 0: it has none */
    uint32_t *elements; /* scratch: of a set */
    interaction *links;
    uint32_t links_count, links_capacity;
    uint64_t *pairs; /* of sets that were joined already, by hash; 0: free */
    uint32_t pairs_size, pairs_count;
} interactions;

/* False when there is no memory; then, too, ad_interactions_end frees what there is. */
bool ad_interactions_begin(interactions *joined, ad_tape *tape, uint32_t inputs);
void ad_interactions_end(interactions *joined);

/* Each element of a interacts with each of b. The sets are held for ever. False: no memory. */
bool ad_interactions_join(interactions *joined, ad_sets *sets, uint32_t a, uint32_t b);

/* Starts a union of what input i interacts with, and returns an upper bound of its size. */
uint32_t ad_interactions_of(const interactions *joined, ad_sets *sets, uint32_t i);

#endif
