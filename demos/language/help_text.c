/* SPDX-License-Identifier: MIT */
#include "help_text.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

/* Where argp puts the texts of options, and where its lines end. */
enum { OPTION_COLUMN = 29, LAST_COLUMN = 79 };

/* A space at which argp does not break. */
#define FIXED_SPACE "\u00a0"

/* A line that argp thinks too long, since it counts bytes, goes without spaces to break it at. */
static void put_line(FILE *to, const char *line, size_t n, size_t width)
{
    for (size_t k = 0; k < n; k++)
        if (line[k] == ' ' && n > width) fputs(FIXED_SPACE, to);
        else fputc(line[k], to);
}

/* A line of the text, which ends at `n`: goes on below where it is too long, as far in as it begins. */
static void put_paragraph(FILE *to, const char *line, size_t n, size_t width)
{
    const size_t indent = strspn(line, " ");
    char *rest = formatted("%.*s", (int)n, line);
    while (width_of(rest) > width) {
        const size_t end = indent + line_within(rest + indent, width - indent);
        put_line(to, rest, end > indent ? end : strlen(rest), width);
        if (end == indent) break;
        fputc('\n', to);
        char *more = formatted("%*s%s", (int)indent, "", rest + end + strspn(rest + end, " "));
        free(rest);
        rest = more;
    }
    put_line(to, rest, strlen(rest), width);
    free(rest);
}

char *help_text(int key, const char *text, void *input)
{
    (void)input;
    const bool is_option = key < ARGP_KEY_HELP_PRE_DOC || key > ARGP_KEY_HELP_ARGS_DOC;
    const size_t width = is_option ? LAST_COLUMN - OPTION_COLUMN : LAST_COLUMN;
    if (text == NULL || key == ARGP_KEY_HELP_ARGS_DOC || is_english()) return (char *)text;
    draft t;
    draft_begin(&t);
    for (;;) {
        const size_t n = strcspn(text, "\n");
        put_paragraph(t.to, text, n, width);
        if (text[n] == '\0') return draft_done(&t);
        fputc('\n', t.to);
        text += n + 1;
    }
}
