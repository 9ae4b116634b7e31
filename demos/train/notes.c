/* SPDX-License-Identifier: MIT */
#include "notes.h"
#include "dataset_message.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void add(notes *n, char *line)
{
    if (n->count == n->room) {
        n->room = 2 * n->room + 16;
        n->lines = resized(n->lines, n->room, sizeof *n->lines);
    }
    n->lines[n->count++] = line;
}

/* Makes a line that a model file takes: of the length that it may have, and of printable characters. */
static void tidy(char *line)
{
    enum { LONGEST = 4095 };
    if (strlen(line) > LONGEST) line[LONGEST] = '\0';
    for (char *c = line; !is_plain_text(line) && *c != '\0'; c++)
        if (*c < ' ' || *c > '~') *c = '?';
}

void notes_add(notes *n, const char *word, const char *format, ...)
{
    draft t;
    va_list args;
    draft_begin(&t);
    fprintf(t.to, "%s ", word);
    va_start(args, format);
    vfprintf(t.to, format, args);
    va_end(args);
    char *line = draft_done(&t);
    tidy(line);
    add(n, line);
}

void notes_add_lines(notes *n, char *const *lines, size_t count)
{
    for (size_t k = 0; k < count; k++) add(n, copied(lines[k]));
}

/* What a line of this word says; NULL: it is another one's. */
static const char *says(const char *line, const char *word)
{
    const size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

void notes_drop(notes *n, const char *word)
{
    size_t kept = 0;
    for (size_t k = 0; k < n->count; k++)
        if (says(n->lines[k], word) != NULL) free(n->lines[k]);
        else n->lines[kept++] = n->lines[k];
    n->count = kept;
}

const char *notes_find(const notes *n, const char *word, size_t *at)
{
    size_t first = 0;
    if (at == NULL) at = &first;
    while (*at < n->count) {
        const char *found = says(n->lines[(*at)++], word);
        if (found != NULL) return found;
    }
    return NULL;
}

void notes_free(notes *n)
{
    for (size_t k = 0; k < n->count; k++) free(n->lines[k]);
    free(n->lines);
    *n = (notes){NULL, 0, 0};
}
