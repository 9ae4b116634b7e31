/* SPDX-License-Identifier: MIT */
/* A page: the template with its parts filled in. */
#include "page.h"
#include "json_values.h"
#include "language.h"
#include "page_parts.h"
#include "replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------- escaping */

static void put_escaped(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&') fputs("&amp;", to);
        else if (*text == '<') fputs("&lt;", to);
        else if (*text == '>') fputs("&gt;", to);
        else if (*text == '"') fputs("&quot;", to);
        else fputc(*text, to);
    }
}

/* JSON inside a script: nothing that ends the script, begins a comment or another script. */
static void put_json(FILE *to, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL) die(CODE_DATA, _("out of memory"));
    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '<' && c[1] == '/') fputs("<\\", to);
        else if (c[0] == '<' && (c[1] == '!' || c[1] == 's' || c[1] == 'S')) fputs("\\u003c", to);
        else fputc(*c, to);
    }
    free(text);
}

/* ----------------------------------------------------------------------------------------- parts */

static void put_data(FILE *to, const page *p)
{
    json_t *data = json_object();
    set(data, "title", typed_text(p->title));
    set(data, "digits", json_integer(p->digits));
    set(data, "words", words_json());
    set(data, "graph", p->graph != NULL ? graph_json(p->graph, p->digits) : json_null());
    set(data, "lesson", p->lesson != NULL ? lesson_json(p->lesson) : json_null());
    put_json(to, data);
    json_decref(data);
}

static void put_part(FILE *to, const char *name, size_t length, const page *p)
{
    const char *const names[] = {"language", "title", "no_script", "styles", "theme", "data", "scripts"};
    size_t k = 0;
    while (k < 6 && (strlen(names[k]) != length || strncmp(names[k], name, length) != 0)) k++;
    switch (k) {
    case 0: put_escaped(to, language_tag()); return;
    case 1: put_escaped(to, p->title); return;
    case 2: put_escaped(to, _("This page needs JavaScript, which is part of it.")); return;
    case 3: put_styles(to); return;
    case 4: fputs(theme_js, to); return;
    case 5: put_data(to, p); return;
    default: put_scripts(to); return;
    }
}

/* The template has {{names}} where parts go. */
static void put_page(FILE *to, const page *p)
{
    const char *at = page_html;
    for (const char *mark; (mark = strstr(at, "{{")) != NULL;) {
        const char *end = strstr(mark, "}}");
        fwrite(at, 1, (size_t)(mark - at), to);
        put_part(to, mark + 2, (size_t)(end - mark - 2), p);
        at = end + 2;
    }
    fputs(at, to);
}

bool page_write(const char *path, const page *p)
{
    const char *hindrance = replace_hindrance(path);
    if (hindrance != NULL) {
        complain("%s: %s", path, hindrance);
        return false;
    }
    draft t;
    draft_begin(&t);
    put_page(t.to, p);
    char *bytes = draft_done(&t);
    replacement r = replace_begin(path);
    const bool is_written = replace_end(&r, replace_write(&r, bytes, strlen(bytes)));
    if (!is_written) complain("%s: %s", path, strerror(errno));
    free(bytes);
    return is_written;
}
