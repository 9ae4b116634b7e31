/* SPDX-License-Identifier: MIT */
/* An allocator for tests: counts what is held, notices a size that is told wrong, and fails when asked to. */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <autodiff/autodiff.h>

#include <stdlib.h>

typedef struct failing_memory {
    size_t held;     /* bytes */
    size_t calls;    /* that asked for memory */
    size_t fail_at;  /* the call to fail, from 1; 0: none */
    bool for_ever;   /* and all after it */
    bool wrong_size; /* a block's old size was not what it was given */
} failing_memory;

static inline void *failing_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    enum { HEAD = 2 * sizeof(max_align_t) };
    failing_memory *memory = user;
    char *old = block == NULL ? NULL : (char *)block - HEAD;
    if ((old == NULL ? 0 : *(size_t *)(void *)old) != old_size) memory->wrong_size = true;
    if (new_size > 0) {
        const size_t call = ++memory->calls;
        if (memory->fail_at > 0 && (call == memory->fail_at || (memory->for_ever && call > memory->fail_at)))
            return NULL;
    }
    memory->held += new_size - old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    char *fresh = realloc(old, HEAD + new_size);
    if (fresh == NULL) abort();
    *(size_t *)(void *)fresh = new_size;
    return fresh + HEAD;
}

static inline ad_tape *failing_tape(failing_memory *memory)
{
    const ad_allocator allocator = {failing_resize, memory};
    return ad_tape_new_with(&allocator);
}

/* From now on the k-th request fails (and all later ones). */
static inline void fail_at(failing_memory *memory, size_t k, bool for_ever)
{
    memory->calls = 0;
    memory->fail_at = k;
    memory->for_ever = for_ever;
}

#endif
