/* SPDX-License-Identifier: MIT */
#include "stream.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16 };

struct stream {
    gzFile file; /* NULL: memory */
    const char *memory;
    size_t left; /* of memory */
    char *name;
    size_t from, to; /* the bytes of block that stand ready */
    char block[BLOCK];
};

/* ------------------------------------------------------------------------------ opening, closing */

/* The end of a long path, from the start of a folder's name where there is one. */
static char *shortened(const char *path)
{
    enum { LONGEST = 200 };
    const size_t length = strlen(path);
    if (length <= LONGEST) return copied(path);
    const char *end = path + length - LONGEST, *slash = strchr(end, '/');
    return formatted("...%s", slash != NULL ? slash : end);
}

static stream *named(char *name)
{
    stream *s = resized(NULL, 1, sizeof *s);
    s->file = NULL;
    s->name = name;
    s->from = s->to = s->left = 0;
    return s;
}

static bool open_file(stream *s, const char *path, dataset_error *error)
{
    struct stat status;
    const int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return dataset_fail(error, "%s: %s", s->name, strerror(errno));
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(fd);
        return dataset_fail(error, _("%s: this is a folder, not a file"), s->name);
    }
    s->file = gzdopen(fd, "rb");
    if (s->file == NULL) die(CODE_DATA, _("out of memory"));
    gzbuffer(s->file, BLOCK);
    return true;
}

stream *stream_open(const char *path, dataset_error *error)
{
    stream *s = named(strcmp(path, "-") == 0 ? copied(_("standard input")) : shortened(path));
    if (open_file(s, path, error)) return s;
    stream_close(s);
    return NULL;
}

stream *stream_of(const void *bytes, size_t size, const char *name)
{
    stream *s = named(copied(name));
    s->memory = bytes;
    s->left = size;
    return s;
}

void stream_close(stream *s)
{
    if (s == NULL) return;
    if (s->file != NULL) gzclose(s->file);
    free(s->name);
    free(s);
}

const char *stream_name(const stream *s) { return s->name; }

/* ---------------------------------------------------------------------------------------- reading */

static bool file_failed(stream *s, dataset_error *error)
{
    int code;
    const char *reason = gzerror(s->file, &code);
    if (code == Z_ERRNO) reason = strerror(errno);
    else if (code == Z_BUF_ERROR) reason = _("the gzip file is cut off");
    else reason = _("the gzip file is damaged");
    return dataset_fail(error, "%s: %s", s->name, reason);
}

/* Puts up to `count` bytes at `to`, fewer only at the end. */
static bool take(stream *s, char *to, size_t count, size_t *got, dataset_error *error)
{
    *got = 0;
    if (s->file == NULL) {
        *got = s->left < count ? s->left : count;
        if (*got == 0) return true;
        memcpy(to, s->memory, *got);
        s->memory += *got;
        s->left -= *got;
        return true;
    }
    while (*got < count) {
        const size_t wanted = count - *got < BLOCK ? count - *got : BLOCK;
        const int n = gzread(s->file, to + *got, (unsigned)wanted);
        if (n < 0) return file_failed(s, error);
        if (n == 0) break;
        *got += (size_t)n;
    }
    int code = Z_OK;
    if (*got < count) gzerror(s->file, &code);
    return code == Z_OK || code == Z_STREAM_END || file_failed(s, error);
}

const char *stream_ahead(stream *s, size_t *count, dataset_error *error)
{
    size_t got;
    memmove(s->block, s->block + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
    if (!take(s, s->block + s->to, BLOCK - s->to, &got, error)) return NULL;
    s->to += got;
    *count = s->to;
    return s->block;
}

const char *stream_piece(stream *s, size_t *count, dataset_error *error)
{
    size_t ready;
    if (s->from == s->to && stream_ahead(s, &ready, error) == NULL) return NULL;
    const char *piece = s->block + s->from;
    size_t n = 0;
    while (s->from < s->to) {
        const char c = s->block[s->from++];
        n++;
        if (c == '\n' || c == '\r') break;
    }
    *count = n;
    return piece;
}

bool stream_read(stream *s, void *to, size_t count, size_t *got, dataset_error *error)
{
    const size_t ready = s->to - s->from < count ? s->to - s->from : count;
    memcpy(to, s->block + s->from, ready);
    s->from += ready;
    const bool good = take(s, (char *)to + ready, count - ready, got, error);
    *got += ready;
    return good;
}
