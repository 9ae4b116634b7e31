/* SPDX-License-Identifier: MIT */
/* Bytes to be read once from start to end: of a file, plain or gzipped, or of memory. */
#ifndef DEMOS_STREAM_H
#define DEMOS_STREAM_H

#include "dataset.h"

typedef struct stream stream;

/* Opens the file `path` ("-": standard input). NULL: no such file, a directory, ... */
stream *stream_open(const char *path, dataset_error *error);

/* Reads memory, which stays the caller's; `name` is what messages call it. */
stream *stream_of(const void *bytes, size_t size, const char *name);

void stream_close(stream *s);

/* The path as messages show it: of a long one the end. */
const char *stream_name(const stream *s);

/* The next bytes, up to 64 KiB of them and fewer only at the end, without going on; NULL on an error. */
const char *stream_ahead(stream *s, size_t *count, dataset_error *error);

/* The next bytes to the end of a line, inclusive, or of what stands ready; *count is 0 at the end. They stay until the
 * next call. NULL on an error. */
const char *stream_piece(stream *s, size_t *count, dataset_error *error);

/* The next `count` bytes, or as many as there are; false on an error. */
bool stream_read(stream *s, void *to, size_t count, size_t *got, dataset_error *error);

#endif
