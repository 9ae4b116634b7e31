/* SPDX-License-Identifier: MIT */
#include "replace.h"
#include "command.h"
#include "language.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder, with its slash; empty for the present one. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return formatted("%.*s", slash == NULL ? 0 : (int)(slash - path) + 1, path);
}

const char *replace_hindrance(const char *path)
{
    struct stat status;
    const size_t length = strlen(path);
    if (length > 0 && path[length - 1] == '/') return strerror(EISDIR);
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode)) return strerror(EISDIR);
        if (!S_ISREG(status.st_mode)) return _("this is not a regular file");
        if (access(path, W_OK) != 0) return strerror(errno);
    } else if (errno != ENOENT || length == 0) return strerror(errno);
    char *folder = folder_of(path);
    const int code = access(*folder == '\0' ? "." : folder, W_OK | X_OK) == 0 ? 0 : errno;
    free(folder);
    return code == 0 ? NULL : strerror(code);
}

/* With the permissions that a new file gets, or those of the old one. */
static int open_temporary(const replacement *r)
{
    struct stat old;
    const int file = mkstemp(r->temporary);
    if (file < 0) return -1;
    const mode_t mask = umask(0);
    umask(mask);
    const mode_t mode = stat(r->path, &old) == 0 ? old.st_mode & 0777 : 0666 & ~mask;
    if (fchmod(file, mode) == 0) return file;
    close(file);
    unlink(r->temporary);
    return -1;
}

replacement replace_begin(const char *path)
{
    replacement r = {NULL, realpath(path, NULL), NULL, 0};
    if (r.path == NULL) r.path = copied(path);
    char *folder = folder_of(r.path);
    r.temporary = formatted("%s.chainrule-XXXXXX", folder);
    free(folder);
    const int file = open_temporary(&r);
    if (file >= 0) r.to = fdopen(file, "wb");
    if (r.to == NULL) r.failure = errno;
    return r;
}

bool replace_write(replacement *r, const void *bytes, size_t count)
{
    if (r->failure == 0 && fwrite(bytes, 1, count, r->to) != count) r->failure = errno;
    return r->failure == 0;
}

bool replace_end(replacement *r, bool is_good)
{
    int code = r->failure;
    if (r->to != NULL && fclose(r->to) != 0 && code == 0) code = errno;
    if (code == 0 && !is_good) code = ECANCELED;
    if (code == 0 && rename(r->temporary, r->path) != 0) code = errno;
    if (code != 0 && r->to != NULL) unlink(r->temporary);
    free(r->path);
    free(r->temporary);
    *r = (replacement){NULL, NULL, NULL, 0};
    errno = code;
    return code == 0;
}
