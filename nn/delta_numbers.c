/* SPDX-License-Identifier: MIT */
/* Arrays for everything that a sample makes a network compute. */
#include "delta_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

static size_t width_of(const nn_shape *shape, size_t l) { return l == 0 ? shape->inputs : shape->layers[l - 1].width; }

/* The next `count` doubles of a block; without a block, only counts them. */
typedef struct taker {
    double *block;
    size_t taken;
} taker;

static double *take(taker *t, size_t count)
{
    double *next = t->block == NULL ? NULL : t->block + t->taken;
    t->taken += count;
    return next;
}

static void lay_out_given(numbers *n, taker *t)
{
    const size_t before = t->taken, depth = n->depth;
    n->given = take(t, 0);
    for (size_t l = 1; l <= depth; l++) n->layer[l].w = take(t, n->layer[l].weights);
    for (size_t l = 1; l <= depth; l++) n->layer[l].b = take(t, n->layer[l].biases);
    n->x = take(t, n->layer[0].width);
    n->y = take(t, n->layer[depth].width);
    n->given_count = t->taken - before;
}

static void lay_out(numbers *n, taker *t)
{
    size_t scratch = 0;
    lay_out_given(n, t);
    for (size_t l = 0; l <= n->depth; l++) {
        layer_numbers *layer = &n->layer[l];
        layer->a = take(t, layer->width);
        layer->da = take(t, layer->width);
        if (l > 0) layer->z = take(t, layer->width);
        if (l > 0) layer->delta = take(t, layer->width);
        layer->dw = take(t, layer->weights);
        layer->db = take(t, layer->biases);
        scratch += 2 * (layer->weights + layer->biases) + 3 * layer->width;
    }
    n->scratch = take(t, scratch);
}

bool nn_numbers_new(numbers *n, const nn_shape *shape, const ad_allocator *allocator)
{
    *n = (numbers){.shape = shape, .depth = shape->depth, .allocator = *allocator};
    n->layer = nn_allocate(allocator, shape->depth + 1, sizeof *n->layer);
    if (n->layer == NULL) return false;
    for (size_t l = 0; l <= shape->depth; l++) {
        n->layer[l].width = width_of(shape, l);
        if (l == 0) continue;
        n->layer[l].weights = width_of(shape, l) * width_of(shape, l - 1);
        n->layer[l].biases = shape->layers[l - 1].no_bias ? 0 : width_of(shape, l);
    }
    taker t = {NULL, 0};
    lay_out(n, &t);
    n->block_size = t.taken;
    n->block = nn_allocate(allocator, n->block_size, sizeof *n->block);
    if (n->block == NULL) {
        nn_numbers_free(n);
        return false;
    }
    t = (taker){n->block, 0};
    lay_out(n, &t);
    return true;
}

void nn_numbers_free(numbers *n)
{
    if (n->layer == NULL) return;
    nn_release(&n->allocator, n->block, n->block_size, sizeof *n->block);
    nn_release(&n->allocator, n->layer, n->depth + 1, sizeof *n->layer);
    *n = (numbers){0};
}

void nn_numbers_give(numbers *to, const numbers *from)
{
    memcpy(to->given, from->given, from->given_count * sizeof *from->given);
}

void nn_numbers_jolt(numbers *to, const numbers *from, uint64_t seed)
{
    nn_random random = nn_random_new(seed);
    uint64_t bits = 0;
    for (size_t k = 0; k < from->given_count; k++) {
        if (k % 64 == 0) bits = nn_random_bits(&random);
        to->given[k] = from->given[k] * (bits >> k % 64 & 1 ? 1 + DBL_EPSILON : 1 - DBL_EPSILON);
    }
}

void nn_numbers_forget(numbers *n)
{
    n->cost = NAN;
    for (size_t k = n->given_count; k < n->block_size; k++) n->block[k] = NAN;
}
