/* SPDX-License-Identifier: MIT */
/* The allocator of tapes that are not given one: realloc, and on Linux large pages for large blocks. The first touch of
 * a page costs as much as recording hundreds of nodes, so a fresh tape would be several times slower than a used one;
 * and a block of large pages grows without being copied. */
#define _GNU_SOURCE /* mremap */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#if defined(__linux__) && defined(MADV_HUGEPAGE)

static const size_t large_page = (size_t)1 << 21, large_block = (size_t)1 << 20;

static bool is_large(size_t size) { return size >= large_block; }

static size_t whole_pages(size_t size) { return (size + large_page - 1) / large_page * large_page; }

/* `size` bytes of address space that start on a large page and may not be touched yet; NULL when there are none. */
static char *reserve(size_t size)
{
    if (size > SIZE_MAX / 2) return NULL;
    char *start = mmap(NULL, size + large_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) return NULL;
    const size_t before = (large_page - (uintptr_t)start % large_page) % large_page;
    if (before > 0) munmap(start, before);
    munmap(start + before + size, large_page - before);
    return start + before;
}

static void *map(size_t size)
{
    size = whole_pages(size);
    char *place = reserve(size);
    if (place == NULL) return NULL;
    if (mmap(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        munmap(place, size);
        return NULL;
    }
    madvise(place, size, MADV_HUGEPAGE);
    return place;
}

static void *remap(void *block, size_t old_size, size_t new_size)
{
    old_size = whole_pages(old_size);
    new_size = whole_pages(new_size);
    if (old_size == new_size) return block;
    char *place = reserve(new_size);
    if (place == NULL) return NULL;
    if (mremap(block, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
        munmap(place, new_size);
        return NULL;
    }
    madvise(place, new_size, MADV_HUGEPAGE);
    return place;
}

static void release(void *block, size_t size)
{
    if (is_large(size)) munmap(block, whole_pages(size));
    else free(block);
}

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (!is_large(old_size) && !is_large(new_size) && new_size > 0) return realloc(block, new_size);
    if (is_large(old_size) && is_large(new_size)) return remap(block, old_size, new_size);
    void *moved = NULL;
    if (new_size > 0) {
        moved = is_large(new_size) ? map(new_size) : malloc(new_size);
        if (moved == NULL) return NULL;
        if (old_size > 0) memcpy(moved, block, old_size < new_size ? old_size : new_size);
    }
    if (block != NULL) release(block, old_size);
    return moved;
}

#else

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

#endif

const ad_allocator ad_default_allocator = {resize, NULL};
