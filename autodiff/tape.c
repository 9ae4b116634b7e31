/* SPDX-License-Identifier: MIT */
/* The life of a tape: new, mark, rewind, reset, free, and what it says of itself. */
#include "internal.h"
#include "kernels.h"
#include "rules.h"

#include <string.h>
#include <time.h>

/* A first generation that differs from tape to tape, so that a handle of a freed tape is detected even by a new
 * one at the same address. */
static uint32_t first_generation(const ad_tape *tape)
{
    struct timespec now = {0, 0};
    timespec_get(&now, TIME_UTC);
    uint64_t mix = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
    mix ^= (uint64_t)(uintptr_t)tape;
    return (uint32_t)((mix * 0x9e3779b97f4a7c15u) >> 32);
}

ad_tape *ad_tape_new(void) { return ad_tape_new_with(NULL); }

ad_tape *ad_tape_new_with(const ad_allocator *allocator)
{
    const ad_allocator memory = allocator != NULL ? *allocator : ad_default_allocator;
    ad_tape *tape = memory.resize(memory.user, NULL, 0, sizeof *tape);
    if (tape == NULL) return NULL;
    memset(tape, 0, sizeof *tape);
    tape->allocator = memory;
    tape->bytes = tape->bytes_peak = sizeof *tape;
    tape->limit = tape->bulk_end = MAX_NODES;
    tape->kernels = ad_kernels_choose();
    tape->generation = tape->old_generation = first_generation(tape);
    if (!ad_grow(tape, &tape->rewinds, &tape->rewinds_capacity, 1, sizeof *tape->rewinds)) {
        ad_tape_free(tape);
        return NULL;
    }
    tape->rewinds[0] = (ad_extent){tape->generation, 0, 0, 0};
    tape->rewinds_count = 1;
    return tape;
}

const ad_allocator *ad_tape_allocator(const ad_tape *tape) { return &tape->allocator; }

void ad_tape_free(ad_tape *tape)
{
    if (tape == NULL) return;
    ad_customs_free(tape);
    ad_names_free(tape);
    ad_rules_free(tape);
    ad_release_streams(tape);
    ad_release(tape, &tape->recorded, tape->recorded_capacity, sizeof *tape->recorded);
    ad_release(tape, &tape->numbers, tape->numbers_capacity, sizeof *tape->numbers);
    ad_release(tape, &tape->edges, tape->edges_capacity, sizeof *tape->edges);
    ad_release(tape, &tape->marks, tape->marks_capacity, sizeof *tape->marks);
    ad_release(tape, &tape->second, tape->second_capacity, sizeof *tape->second);
    ad_release(tape, &tape->groups, tape->groups_capacity, sizeof *tape->groups);
    ad_release(tape, &tape->rewinds, tape->rewinds_capacity, sizeof *tape->rewinds);
    tape->allocator.resize(tape->allocator.user, tape, sizeof *tape, 0);
}

ad_status ad_tape_reserve(ad_tape *tape, size_t nodes)
{
    if (tape == NULL) return AD_ERR_HANDLE;
    return nodes <= tape->capacity ? AD_OK : ad_room_for_nodes(tape, nodes - tape->count, "ad_tape_reserve");
}

ad_status ad_tape_limit(ad_tape *tape, size_t nodes)
{
    if (tape == NULL) return AD_ERR_HANDLE;
    if (tape->watching) return ad_not_watching(tape, "ad_tape_limit");
    if (nodes < tape->count || nodes > MAX_NODES)
        return ad_fail(tape, AD_ERR_ARGUMENT, "ad_tape_limit", "the limit must be from %u, the nodes recorded, to %u",
                       tape->count, MAX_NODES);
    tape->limit = (uint32_t)nodes;
    if (tape->capacity > tape->limit) tape->capacity = tape->limit;
    return AD_OK;
}

ad_mark ad_tape_mark(ad_tape *tape)
{
    if (tape == NULL) return (ad_mark){NULL, 0, 0, 0, 0, 0, 0};
    return (ad_mark){tape,           tape->count,     tape->leaves, tape->constants_count, tape->operands_count,
                     tape->bulk_end, tape->generation};
}

static bool leaves_at_least(const ad_extent *left, const ad_extent *right)
{
    return left->nodes >= right->nodes && left->constants >= right->constants && left->operands >= right->operands;
}

/* How many records of rewinds stay when the tape is rewound to leave only `kept`. */
static uint32_t rewinds_before(const ad_tape *tape, const ad_extent *kept)
{
    uint32_t n = tape->rewinds_count;
    while (n > 0 && leaves_at_least(&tape->rewinds[n - 1], kept)) n--;
    return n;
}

/* Starts a new generation, in which only `kept` of the older ones stands. There must be room for one record more.
 * After four thousand million rewinds without a reset the counter stays where it is: handles keep working, and
 * what is no longer detected is the use of a node that was rewound and recorded anew. */
static void begin_generation(ad_tape *tape, ad_extent kept)
{
    tape->rewinds_count = rewinds_before(tape, &kept);
    const uint32_t first = tape->rewinds_count > 0 ? tape->rewinds[0].generation : tape->generation;
    if (tape->old_count > kept.nodes) tape->old_count = kept.nodes;
    if (tape->generation + 1 == first) return;
    kept.generation = ++tape->generation;
    tape->rewinds[tape->rewinds_count++] = kept;
    tape->old_generation = tape->generation;
    tape->old_span = tape->old_count = 0;
    if (tape->rewinds_count < 2) return;
    tape->old_generation = tape->rewinds[tape->rewinds_count - 2].generation;
    tape->old_span = tape->generation - 1 - tape->old_generation;
    tape->old_count = kept.nodes;
}

static void cut(ad_tape *tape, const ad_extent *kept, uint32_t leaves, uint32_t bulk_end)
{
    tape->count = kept->nodes;
    tape->leaves = leaves;
    tape->bulk_end = bulk_end;
    tape->constants_count = kept->constants;
    tape->operands_count = kept->operands;
    if (tape->recorded_count > kept->nodes) tape->recorded_count = kept->nodes;
    if (tape->leaf_prefix > kept->nodes) tape->leaf_prefix = kept->nodes;
    if (tape->grad_count > kept->nodes) tape->grad_count = kept->nodes;
    if (tape->accumulate_first + tape->accumulate_count > kept->nodes) tape->accumulate_count = 0;
    if (tape->values_stale) tape->values_stale = ad_first_operation(tape, tape->stale_from) < tape->count;
    ad_groups_rewind(tape, kept->nodes);
    if (tape->named_end > kept->nodes) ad_names_rewind(tape, kept->nodes);
}

ad_status ad_tape_rewind(ad_tape *tape, ad_mark mark)
{
    static const char function[] = "ad_tape_rewind";
    if (tape == NULL) return AD_ERR_HANDLE;
    if (mark.tape != tape) return ad_fail(tape, AD_ERR_HANDLE, function, "the mark belongs to another tape");
    if (tape->watching) return ad_not_watching(tape, function);
    const ad_extent kept = {0, mark.nodes, mark.constants, mark.operands};
    const ad_extent standing = ad_extent_of(tape, mark.generation);
    if (!leaves_at_least(&standing, &kept))
        return ad_fail(tape, AD_ERR_HANDLE, function, "the tape was rewound to before this mark");
    if (!ad_grow(tape, &tape->rewinds, &tape->rewinds_capacity, (size_t)rewinds_before(tape, &kept) + 1, sizeof kept))
        return ad_fail(tape, AD_ERR_MEMORY, function, "no memory for one more nested rewind");
    begin_generation(tape, kept);
    cut(tape, &kept, mark.leaves, mark.bulk_end);
    return AD_OK;
}

bool ad_undo_ready(ad_tape *tape)
{
    return ad_grow(tape, &tape->rewinds, &tape->rewinds_capacity, (size_t)tape->rewinds_count + 1,
                   sizeof *tape->rewinds);
}

void ad_undo(ad_tape *tape, ad_mark mark)
{
    if (tape->count != mark.nodes || tape->constants_count != mark.constants || tape->operands_count != mark.operands)
        ad_tape_rewind(tape, mark);
}

void ad_tape_reset(ad_tape *tape)
{
    if (tape == NULL || tape->watching) return;
    const ad_extent nothing = {0, 0, 0, 0};
    begin_generation(tape, nothing);
    cut(tape, &nothing, 0, MAX_NODES);
    tape->gradient_stale = false;
    tape->steps = tape->skipped = tape->kinks = 0;
    ad_tape_clear_error(tape);
}

ad_stats ad_tape_stats(const ad_tape *tape)
{
    if (tape == NULL) return (ad_stats){0};
    const size_t node = sizeof *tape->code + sizeof *tape->a + sizeof *tape->b + sizeof *tape->value;
    return (ad_stats){
        .nodes = tape->count,
        .leaves = tape->leaves,
        .constants = tape->constants_count,
        .bytes_used = tape->count * node + tape->grad_count * sizeof *tape->adjoint +
                      tape->constants_count * sizeof *tape->constants + tape->operands_count * sizeof *tape->operands,
        .bytes_reserved = tape->bytes,
        .bytes_peak = tape->bytes_peak,
        .steps = tape->steps,
        .skipped = tape->skipped,
        .kinks = tape->kinks,
    };
}
