/* SPDX-License-Identifier: MIT */
/* Files of models: reading a regular file whole, and replacing one so that either the old or the new one is there. */
#define _POSIX_C_SOURCE 200809L
#include "model_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "path: [what: ]reason" */
static nn_status fail(nn_error *error, const char *path, const char *what, int code)
{
    char shown[NN_PATH_SHOWN], reason[128];
    if (strerror_r(code, reason, sizeof reason) != 0) snprintf(reason, sizeof reason, "error %d", code);
    return nn_fail(error, NN_ERR_FILE, "%s: %s%s", nn_show_path(shown, path), what, reason);
}

static nn_status not_regular(nn_error *error, const char *path, mode_t mode)
{
    const char *what = S_ISDIR(mode)    ? "a directory"
                       : S_ISFIFO(mode) ? "a pipe"
                       : S_ISSOCK(mode) ? "a socket"
                       : S_ISCHR(mode)  ? "a character device"
                       : S_ISBLK(mode)  ? "a block device"
                                        : "something else";
    char shown[NN_PATH_SHOWN];
    return nn_fail(error, NN_ERR_FILE, "%s: not a regular file but %s", nn_show_path(shown, path), what);
}

/* -------------------------------------------------------------------------------------- reading */

static ssize_t read_some(int file, char *bytes, size_t room)
{
    for (;;) {
        const ssize_t count = read(file, bytes, room);
        if (count >= 0 || errno != EINTR) return count;
    }
}

/* Room for at least one byte more. */
static bool grow(nn_text_file *file, const ad_allocator *allocator, size_t hint)
{
    enum { FIRST = 1 << 20 };
    if (file->size < file->room) return true;
    if (file->room > (SIZE_MAX >> 2)) return false;
    const size_t room = file->room > 0 ? 2 * file->room : hint < FIRST ? hint + 1 : FIRST;
    char *bytes = allocator->resize(allocator->user, file->bytes, file->room, room);
    if (bytes == NULL) return false;
    file->bytes = bytes;
    file->room = room;
    return true;
}

static bool starts_with(const nn_text_file *file, const char *start)
{
    const size_t length = strlen(start);
    return file->size < length || memcmp(file->bytes, start, length) == 0;
}

static nn_status read_all(nn_text_file *text, int file, const ad_allocator *allocator, const char *path,
                          const char *start, nn_error *error)
{
    struct stat info;
    if (fstat(file, &info) != 0) return fail(error, path, "", errno);
    if (!S_ISREG(info.st_mode)) return not_regular(error, path, info.st_mode);
    for (;;) {
        if (!grow(text, allocator, info.st_size > 0 ? (size_t)info.st_size : 0)) return nn_fail_memory(error);
        char *more = text->bytes + text->size;
        const ssize_t count = read_some(file, more, text->room - text->size);
        if (count < 0) return fail(error, path, "cannot read: ", errno);
        text->size += (size_t)count;
        if (count == 0 || memchr(more, '\0', (size_t)count) != NULL || !starts_with(text, start)) return NN_OK;
    }
}

nn_status nn_text_file_read(nn_text_file *text, const ad_allocator *allocator, const char *path, const char *start,
                            nn_error *error)
{
    *text = (nn_text_file){NULL, 0, 0};
    /* Without O_NONBLOCK, opening a pipe would wait for its writer. */
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) return fail(error, path, "", errno);
    const nn_status status = read_all(text, file, allocator, path, start, error);
    close(file);
    if (status == NN_OK) return NN_OK;
    nn_release(allocator, text->bytes, text->room, 1);
    *text = (nn_text_file){NULL, 0, 0};
    return status;
}

/* --------------------------------------------------------------------------------------- saving */

enum { PATH_ROOM = 4096, BUFFER_ROOM = 1 << 16 };

struct nn_saving {
    const ad_allocator *allocator;
    const char *path;          /* as the caller has it, for messages */
    char target[PATH_ROOM];    /* the file to replace, which is no symbolic link */
    char temporary[PATH_ROOM]; /* in the same directory */
    size_t directory;          /* the length of both up to the file's name */
    int file;                  /* -1: none */
    int failure;               /* errno of the first failure */
    size_t used;               /* in buffer */
    char buffer[BUFFER_ROOM];
};

/* Makes of target the file behind all symbolic links, which may be one that does not exist yet. Returns an errno. */
static int follow_links(char target[PATH_ROOM], char link[PATH_ROOM])
{
    enum { MOST = 40 };
    for (int k = 0; k < MOST; k++) {
        const ssize_t length = readlink(target, link, PATH_ROOM - 1);
        if (length < 0) return errno == EINVAL || errno == ENOENT ? 0 : errno;
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        const size_t directory = slash == NULL ? 0 : (size_t)(slash - target) + 1;
        if (directory + (size_t)length >= PATH_ROOM) return ENAMETOOLONG;
        memcpy(target + directory, link, (size_t)length);
        target[directory + (size_t)length] = '\0';
    }
    return ELOOP;
}

/* The first name that no file has. Several threads and programs may be at it: only one of them creates it. */
static int create_temporary(nn_saving *s, mode_t mode)
{
    enum { MOST = 1000 };
    char name[48];
    for (unsigned k = 0; k < MOST; k++) {
        const int length = snprintf(name, sizeof name, ".chainrule-%ld-%u", (long)getpid(), k);
        if (s->directory + (size_t)length >= PATH_ROOM) return ENAMETOOLONG;
        memcpy(s->temporary, s->target, s->directory);
        memcpy(s->temporary + s->directory, name, (size_t)length + 1);
        s->file = open(s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (s->file >= 0) return 0;
        if (errno != EEXIST) return errno;
    }
    return EEXIST;
}

/* Gives the new file what it can have of the old one's owner, and its permissions. */
static int take_over(int file, const struct stat *old)
{
    struct stat fresh;
    if (fstat(file, &fresh) != 0) return errno;
    if ((fresh.st_uid != old->st_uid || fresh.st_gid != old->st_gid) && fchown(file, old->st_uid, old->st_gid) != 0)
        errno = 0;
    return (fresh.st_mode & 0777) == (old->st_mode & 0777) || fchmod(file, old->st_mode & 0777) == 0 ? 0 : errno;
}

static nn_status begin(nn_saving *s, nn_error *error)
{
    const size_t length = strlen(s->path);
    if (length == 0 || length >= PATH_ROOM) return fail(error, s->path, "", length == 0 ? ENOENT : ENAMETOOLONG);
    memcpy(s->target, s->path, length + 1);
    int code = follow_links(s->target, s->temporary);
    if (code != 0) return fail(error, s->path, "", code);
    struct stat old;
    const bool exists = stat(s->target, &old) == 0;
    if (!exists && errno != ENOENT) return fail(error, s->path, "", errno);
    if (exists && !S_ISREG(old.st_mode)) return not_regular(error, s->path, old.st_mode);
    if (exists && faccessat(AT_FDCWD, s->target, W_OK, AT_EACCESS) != 0) return fail(error, s->path, "", errno);
    const char *slash = strrchr(s->target, '/');
    s->directory = slash == NULL ? 0 : (size_t)(slash - s->target) + 1;
    code = create_temporary(s, exists ? 0600 : 0666);
    if (code != 0) return fail(error, s->path, "cannot write a file beside it: ", code);
    s->failure = exists ? take_over(s->file, &old) : 0;
    return NN_OK;
}

nn_status nn_saving_begin(nn_saving **saving, const ad_allocator *allocator, const char *path, nn_error *error)
{
    nn_saving *s = nn_allocate(allocator, 1, sizeof *s);
    if (s == NULL) return nn_fail_memory(error);
    s->allocator = allocator;
    s->path = path;
    s->file = -1;
    const nn_status status = begin(s, error);
    if (status == NN_OK) *saving = s;
    else nn_release(allocator, s, 1, sizeof *s);
    return status;
}

static void flush(nn_saving *s)
{
    size_t done = 0;
    while (s->failure == 0 && done < s->used) {
        const ssize_t count = write(s->file, s->buffer + done, s->used - done);
        if (count > 0) done += (size_t)count;
        else if (count == 0) s->failure = EIO;
        else if (errno != EINTR) s->failure = errno;
    }
    s->used = 0;
}

void nn_saving_write(nn_saving *s, const char *bytes, size_t count)
{
    while (count > 0) {
        const size_t room = BUFFER_ROOM - s->used, part = count < room ? count : room;
        memcpy(s->buffer + s->used, bytes, part);
        s->used += part;
        bytes += part;
        count -= part;
        if (s->used == BUFFER_ROOM) flush(s);
    }
}

static int sync_file(int file)
{
    while (fsync(file) != 0)
        if (errno != EINTR) return errno;
    return 0;
}

/* The name is safe only when its directory is. Not every file system lets a directory be synced, nor every directory be
 * read: then there is nothing to do. */
static int sync_directory(nn_saving *s)
{
    s->temporary[s->directory] = '\0';
    const int directory = open(s->directory > 0 ? s->temporary : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return errno == EACCES ? 0 : errno;
    const int code = sync_file(directory);
    close(directory);
    return code == EINVAL ? 0 : code;
}

static nn_status replace(nn_saving *s, nn_error *error)
{
    flush(s);
    if (s->failure == 0) s->failure = sync_file(s->file);
    if (close(s->file) != 0 && s->failure == 0 && errno != EINTR) s->failure = errno;
    if (s->failure == 0 && rename(s->temporary, s->target) != 0) s->failure = errno;
    if (s->failure != 0) {
        unlink(s->temporary);
        return fail(error, s->path, "cannot write: ", s->failure);
    }
    const int code = sync_directory(s);
    return code == 0 ? NN_OK : fail(error, s->path, "written, but its directory cannot be synced: ", code);
}

nn_status nn_saving_end(nn_saving *s, nn_error *error)
{
    const nn_status status = replace(s, error);
    nn_release(s->allocator, s, 1, sizeof *s);
    return status;
}
