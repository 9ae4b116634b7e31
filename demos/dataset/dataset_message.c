/* SPDX-License-Identifier: MIT */
#include "dataset_message.h"
#include "language.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool dataset_fail(dataset_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return false;
}

/* --------------------------------------------------------------------------------------- text */

/* The bytes of the printable character at the start of a text; 0: there is none. */
static size_t printable(const unsigned char *p)
{
    if (p[0] < 0x80) return p[0] >= ' ' && p[0] != 0x7f;
    const size_t length = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < length; k++)
        if ((p[k] & 0xc0) != 0x80) return 0;
    const bool is_control = p[0] == 0xc2 && p[1] < 0xa0;
    const bool is_overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    const bool is_no_character = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return is_control || is_overlong || is_no_character ? 0 : length;
}

const char *show_text(char shown[SHOWN_SIZE], const char *text)
{
    const char *const more = "...";
    size_t used = 0;
    while (*text != '\0') {
        const size_t length = printable((const unsigned char *)text), n = length > 0 ? length : 1;
        if (used + n + strlen(more) >= SHOWN_SIZE) {
            strcpy(shown + used, more);
            return shown;
        }
        if (length > 0) memcpy(shown + used, text, n);
        else shown[used] = '?';
        used += n;
        text += n;
    }
    shown[used] = '\0';
    return shown;
}

bool is_plain_text(const char *text)
{
    size_t length = 1;
    for (; *text != '\0' && length > 0; text += length) length = printable((const unsigned char *)text);
    return length > 0;
}

/* -------------------------------------------------------------------------------------- names */

enum { LONGEST_NAME = 64 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static bool same_letter(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

/* Bytes inserted, left out or replaced (Levenshtein); capitals count as small letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1];
    const size_t n = strlen(b);
    for (size_t k = 0; k <= n; k++) row[k] = k;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 1; k <= n; k++) {
            const size_t replaced = diagonal + !same_letter(a[i], b[k - 1]);
            diagonal = row[k];
            row[k] = least(replaced, 1 + least(row[k], row[k - 1]));
        }
    }
    return row[n];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
    const size_t length = strlen(name);
    if (length > LONGEST_NAME) return NULL;
    size_t nearest = length < 3 ? 2 : length < 8 ? 3 : 4;
    const char *found = NULL;
    for (size_t k = 0; k < count; k++) {
        if (strlen(names[k]) > LONGEST_NAME) continue;
        const size_t far = distance(name, names[k]);
        if (far >= nearest || far >= length) continue;
        nearest = far;
        found = names[k];
    }
    return found;
}

char *did_you_mean(const char *name, const char *const *names, size_t count)
{
    char shown[SHOWN_SIZE];
    const char *near = nearest_name(name, names, count);
    return near == NULL ? copied("") : formatted(_(", did you mean '%s'?"), show_text(shown, near));
}
