/* SPDX-License-Identifier: MIT */
/* Sentences with mathematics in them: what looks like a name with scripts or a derivative becomes MathML. */
#include "page_parts.h"
#include "json_values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of the UTF-8 character at `s`. */
static size_t bytes_at(const char *s)
{
    size_t n = 1;
    while ((s[n] & 0xC0) == 0x80) n++;
    return n;
}

/* Chinese characters and their punctuation stand next to mathematics without a space. */
static bool is_wide(const char *s)
{
    const unsigned char c = (unsigned char)s[0];
    return c >= 0xE3 || (c == 0xE2 && (unsigned char)s[1] >= 0xBA);
}

static bool ends_run(const char *s)
{
    static const char *const marks[] = {"—", "…", "“", "”", "‘", "’", "="};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (strncmp(s, marks[k], strlen(marks[k])) == 0) return true;
    return *s == '\0' || strchr(" \n\t,;:?!\"'`", *s) != NULL || is_wide(s);
}

/* The length of what goes on without a space, without a full stop or brackets that were open before it. */
static size_t run_at(const char *s)
{
    size_t n = 0;
    int depth = 0;
    while (!ends_run(s + n) || (depth > 0 && s[n] == ',')) {
        if (strchr("([{", s[n]) != NULL) depth++;
        if (strchr(")]}", s[n]) != NULL && depth-- == 0) break;
        n += bytes_at(s + n);
    }
    while (n > 0 && s[n - 1] == '.') n--;
    return n;
}

/* A subscript is short: words_like_this are none. */
static bool has_subscript(const char *s, size_t n)
{
    enum { LONGEST = 2 };
    for (size_t k = 1; k < n; k++) {
        if (s[k] != '_') continue;
        size_t length = 0;
        while (k + 1 + length < n && isalnum((unsigned char)s[k + 1 + length])) length++;
        const bool is_word = k + 1 + length < n && s[k + 1 + length] == '_';
        if (s[k + 1] == '(' || s[k + 1] == '{' || (length > 0 && length <= LONGEST && !is_word)) return true;
        k += length;
    }
    return false;
}

static bool is_mathematics(const char *s, size_t n)
{
    return n > 1 && (memchr(s, '^', n) != NULL || memmem(s, n, "∂", strlen("∂")) != NULL || has_subscript(s, n));
}

static void add_text(json_t *pieces, const char *from, const char *to)
{
    if (to > from) append(pieces, json_stringn(from, (size_t)(to - from)));
}

json_t *pieces_of(const char *text)
{
    json_t *pieces = json_array();
    const char *plain = text, *at = text;
    while (*at != '\0') {
        const size_t n = run_at(at);
        if (is_mathematics(at, n)) {
            json_t *piece = json_object();
            add_text(pieces, plain, at);
            set(piece, "math", math_of_owned(formatted("%.*s", (int)n, at)));
            append(pieces, piece);
            plain = at + n;
        }
        at += n > 0 ? n : bytes_at(at);
    }
    add_text(pieces, plain, at);
    return pieces;
}
