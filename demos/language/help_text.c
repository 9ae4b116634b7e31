/* SPDX-License-Identifier: MIT */
#include "help_text.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

/* Where argp puts the texts of options, and where its lines end. */
enum { OPTION_COLUMN = 29, LAST_COLUMN = 78 };

/* On the page a text stands as a number between these. */
enum { BEFORE = '\2', AFTER = '\3' };

static draft page;
static char **texts;
static size_t text_count;

/* argp has not looked up what is above or below the options. */
char *help_text(int key, const char *text, void *input)
{
    (void)input;
    if (page.to == NULL || text == NULL || key == ARGP_KEY_HELP_ARGS_DOC) return (char *)text;
    texts = resized(texts, text_count + 1, sizeof *texts);
    texts[text_count] = copied(translated(text));
    return formatted("%c%zu%c", BEFORE, text_count++, AFTER);
}

/* A line of a text, which stands in a column already: goes on below where it is too long. */
static void put_line(const char *line, size_t n, size_t column, size_t indent)
{
    char *whole = formatted("%.*s", (int)n, line);
    const char *rest = whole;
    for (size_t end; column + width_of(rest) > LAST_COLUMN && (end = line_within(rest, LAST_COLUMN - column)) > 0;) {
        printf("%.*s\n%*s", (int)end, rest, (int)indent, "");
        rest += end + strspn(rest + end, " ");
        column = indent;
    }
    fputs(rest, stdout);
    free(whole);
}

/* Lines that begin with spaces go on as far in. argp ends the last line. */
static void put_text(const char *text, size_t column)
{
    const size_t margin = column < OPTION_COLUMN ? column : OPTION_COLUMN;
    for (;;) {
        const size_t n = strcspn(text, "\n"), own = strspn(text, " ");
        printf("%*s", (int)own, "");
        put_line(text + own, n - own, column + own, margin + own);
        if (text[n] == '\0' || text[n + 1] == '\0') return;
        printf("\n%*s", (int)margin, "");
        text += n + 1;
        column = margin;
    }
}

static void put_page(void)
{
    char *all = draft_done(&page), *at = all, *line = all;
    for (; *at != '\0'; at++) {
        if (*at == BEFORE) {
            const size_t k = strtoul(at + 1, &at, 10);
            char *before = formatted("%.*s", (int)strcspn(line, "\2"), line);
            put_text(texts[k], width_of(before));
            free(before);
        } else fputc(*at, stdout);
        if (*at == '\n') line = at + 1;
    }
    for (size_t k = 0; k < text_count; k++) free(texts[k]);
    free(texts);
    free(all);
}

void help_begin(struct argp_state *state)
{
    if (is_english()) return;
    if (page.to == NULL) {
        draft_begin(&page);
        atexit(put_page);
    }
    state->out_stream = page.to;
}
