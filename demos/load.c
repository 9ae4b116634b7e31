/* SPDX-License-Identifier: MIT */
#include "load.h"
#include "command.h"
#include "language.h"
#include "library_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The loader's own messages begin with the path. */
static void *opened(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) die(CODE_DATA, "--load=%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode)) die(CODE_DATA, _("--load=%s: this is not a file"), path);
    char *with_folder = formatted(strchr(path, '/') != NULL ? "%s" : "./%s", path);
    void *object = dlopen(with_folder, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        const char *message = dlerror();
        const size_t n = strlen(with_folder);
        if (strncmp(message, with_folder, n) == 0 && message[n] == ':') message += n + 1 + (message[n + 1] == ' ');
        die(CODE_DATA, _("--load=%s: this cannot be loaded: %s"), path, message);
    }
    free(with_folder);
    return object;
}

static void load(ad_tape *tape, const char *path)
{
    void *object = opened(path);
    load_register enter;
    *(void **)&enter = dlsym(object, LOAD_FUNCTION);
    if (enter == NULL) die(CODE_DATA, _("--load=%s: it has no function %s"), path, LOAD_FUNCTION);
    const ad_status status = enter(tape);
    if (status == AD_OK && ad_tape_error(tape) == AD_OK) return;
    const char *message = ad_tape_message(tape);
    die(CODE_DATA, _("--load=%s: %s failed: %s"), path, LOAD_FUNCTION,
        library_text(*message != '\0' ? message : ad_status_text(status)));
}

void load_add(load_list *list, const char *path)
{
    list->paths = resized(list->paths, list->count + 1, sizeof *list->paths);
    list->paths[list->count++] = path;
}

void load_operations(ad_tape *tape, load_list *list)
{
    for (size_t k = 0; k < list->count; k++) load(tape, list->paths[k]);
    free(list->paths);
    *list = (load_list){NULL, 0};
}
