/* SPDX-License-Identifier: MIT */
/* Memory: everything a tape holds comes through ad_resize, and every array grows by doubling. */
#include "internal.h"

#include <string.h>

void *ad_resize(ad_tape *tape, void *block, size_t old_size, size_t new_size)
{
    if (block == NULL && new_size == 0) return NULL;
    void *moved = tape->allocator.resize(tape->allocator.user, block, old_size, new_size);
    if (moved != NULL || new_size == 0) {
        tape->bytes += new_size - old_size;
        if (tape->bytes > tape->bytes_peak) tape->bytes_peak = tape->bytes;
    }
    return moved;
}

static size_t doubled(size_t capacity, size_t need, size_t most)
{
    size_t room = capacity < 32 ? 32 : 2 * capacity;
    if (room < need) room = need;
    return room < most ? room : most;
}

bool ad_grow(ad_tape *tape, void *array, uint32_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity) return true;
    if (need > MAX_NODES || need > SIZE_MAX / 2 / size) return false;
    const size_t room = doubled(*capacity, need, MAX_NODES);
    void *block;
    memcpy(&block, array, sizeof block);
    block = ad_resize(tape, block, *capacity * size, room * size);
    if (block == NULL) return false;
    memcpy(array, &block, sizeof block);
    *capacity = (uint32_t)room;
    return true;
}

void ad_release(ad_tape *tape, void *array, size_t capacity, size_t size)
{
    void *block;
    memcpy(&block, array, sizeof block);
    ad_resize(tape, block, capacity * size, 0);
}

/* A stream's data starts on a cache line, in a large block so many bytes in: streams that are read side by side at
 * equal indices must not fall on the same cache sets. */
enum { CACHE_LINE = 64, STAGGER = 13 * CACHE_LINE, LARGE = 1 << 16 };

static size_t stagger(unsigned which, size_t bytes) { return bytes < LARGE ? 0 : (size_t)which * STAGGER; }

static size_t block_size(unsigned which, size_t bytes)
{
    return bytes == 0 ? 0 : stagger(which, bytes) + CACHE_LINE + bytes;
}

/* Room for exactly `count` elements of `size` bytes (0: none, and the memory goes back); *data is where they start.
 * False, with nothing changed, when there is no memory. */
static bool resize_stream(ad_tape *tape, unsigned which, void *data, size_t count, size_t size)
{
    ad_stream *stream = &tape->streams[which];
    if (count > SIZE_MAX / 2 / size) return false;
    const size_t used = stream->capacity * size;
    char *start = NULL;
    char *block = ad_resize(tape, stream->block, block_size(which, used), block_size(which, count * size));
    if (block == NULL && count > 0) return false;
    if (block != NULL) {
        start = block + stagger(which, count * size);
        start += (CACHE_LINE - (uintptr_t)start % CACHE_LINE) % CACHE_LINE;
        if (start != block + stream->offset) memmove(start, block + stream->offset, used);
        stream->offset = (size_t)(start - block);
    }
    stream->block = block;
    stream->capacity = (uint32_t)count;
    memcpy(data, &start, sizeof start);
    return true;
}

static bool grow_nodes(ad_tape *tape, size_t room)
{
    const struct {
        void *data;
        size_t size;
    } streams[] = {
        [STREAM_CODE] = {&tape->code, sizeof *tape->code},
        [STREAM_A] = {&tape->a, sizeof *tape->a},
        [STREAM_B] = {&tape->b, sizeof *tape->b},
        [STREAM_VALUE] = {&tape->value, sizeof *tape->value},
    };
    for (unsigned k = 0; k < sizeof streams / sizeof *streams; k++)
        if ((tape->streams[k].capacity < room || room == 0) &&
            !resize_stream(tape, k, streams[k].data, room, streams[k].size))
            return false;
    tape->capacity = (uint32_t)room;
    return true;
}

COLD static ad_status out_of_memory(ad_tape *tape, const char *function, const char *what)
{
    return ad_fail(tape, AD_ERR_MEMORY, function, "no memory for more %s", what);
}

COLD static ad_status over_limit(ad_tape *tape, const char *function, const char *what, uint32_t limit)
{
    return ad_fail(tape, AD_ERR_LIMIT, function, "more than %u %s", limit, what);
}

ad_status ad_not_watching(ad_tape *tape, const char *function)
{
    if (!tape->watching) return AD_OK;
    if (tape->calling == NULL) return ad_fail(tape, AD_ERR_ARGUMENT, function, "not inside a watcher");
    char quoted[AD_QUOTE_SIZE];
    ad_quote(quoted, tape->calling->name, strlen(tape->calling->name));
    return ad_fail(tape, AD_ERR_ARGUMENT, function, "not inside a callback of '%s'", quoted);
}

ad_status ad_room_for_nodes(ad_tape *tape, size_t more, const char *function)
{
    if (UNLIKELY(tape->watching == WATCHING)) return ad_not_watching(tape, function);
    if (more <= tape->capacity - tape->count) return AD_OK;
    if (more > tape->limit || tape->count > tape->limit - more) return over_limit(tape, function, "nodes", tape->limit);
    const size_t room = doubled(tape->capacity, tape->count + more, tape->limit);
    return grow_nodes(tape, room) ? AD_OK : out_of_memory(tape, function, "nodes");
}

/* Room for `more` elements behind `count` in a stream that grows on its own. */
static ad_status room_in(ad_tape *tape, unsigned which, void *data, size_t size, uint32_t count, size_t more,
                         const char *function, const char *what)
{
    if (UNLIKELY(tape->watching == WATCHING)) return ad_not_watching(tape, function);
    const uint32_t capacity = tape->streams[which].capacity;
    if (more <= capacity - count) return AD_OK;
    if (more > MAX_NODES - count) return over_limit(tape, function, what, MAX_NODES);
    const size_t room = doubled(capacity, count + more, MAX_NODES);
    return resize_stream(tape, which, data, room, size) ? AD_OK : out_of_memory(tape, function, what);
}

ad_status ad_room_for_constants(ad_tape *tape, size_t more, const char *function)
{
    return room_in(tape, STREAM_CONSTANTS, &tape->constants, sizeof *tape->constants, tape->constants_count, more,
                   function, "constants");
}

ad_status ad_room_for_operands(ad_tape *tape, size_t more, const char *function)
{
    return room_in(tape, STREAM_OPERANDS, &tape->operands, sizeof *tape->operands, tape->operands_count, more, function,
                   "operands");
}

ad_status ad_room_for_adjoints(ad_tape *tape, const char *function)
{
    if (tape->count <= tape->streams[STREAM_ADJOINT].capacity) return AD_OK;
    return resize_stream(tape, STREAM_ADJOINT, &tape->adjoint, tape->capacity, sizeof *tape->adjoint)
               ? AD_OK
               : out_of_memory(tape, function, "adjoints");
}

ad_status ad_room_for_tangents(ad_tape *tape, const char *function)
{
    if (tape->count <= tape->streams[STREAM_TANGENT].capacity) return AD_OK;
    return resize_stream(tape, STREAM_TANGENT, &tape->tangent, tape->capacity, sizeof *tape->tangent)
               ? AD_OK
               : out_of_memory(tape, function, "tangents");
}

bool ad_grow_lanes(ad_tape *tape, uint32_t end)
{
    const size_t size = ABREAST * sizeof *tape->lanes;
    if (end <= tape->streams[STREAM_LANES].capacity) return true;
    resize_stream(tape, STREAM_LANES, &tape->lanes, 0, size);
    return resize_stream(tape, STREAM_LANES, &tape->lanes, end, size);
}

void ad_release_streams(ad_tape *tape)
{
    grow_nodes(tape, 0);
    resize_stream(tape, STREAM_ADJOINT, &tape->adjoint, 0, sizeof *tape->adjoint);
    resize_stream(tape, STREAM_CONSTANTS, &tape->constants, 0, sizeof *tape->constants);
    resize_stream(tape, STREAM_OPERANDS, &tape->operands, 0, sizeof *tape->operands);
    resize_stream(tape, STREAM_TANGENT, &tape->tangent, 0, sizeof *tape->tangent);
    resize_stream(tape, STREAM_LANES, &tape->lanes, 0, ABREAST * sizeof *tape->lanes);
}
