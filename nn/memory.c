/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

void *nn_allocate(const ad_allocator *allocator, size_t count, size_t size)
{
    if (size == 0 || count > (SIZE_MAX >> 1) / size) return NULL;
    const size_t bytes = count > 0 ? count * size : 1;
    void *block = allocator->resize(allocator->user, NULL, 0, bytes);
    if (block != NULL) memset(block, 0, bytes);
    return block;
}

void nn_release(const ad_allocator *allocator, void *block, size_t count, size_t size)
{
    if (block != NULL) allocator->resize(allocator->user, block, count > 0 ? count * size : 1, 0);
}
