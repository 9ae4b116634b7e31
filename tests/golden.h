/* SPDX-License-Identifier: MIT */
/* What commands print, kept in files: after "$ " a command, then its output. Numbers are compared as numbers, so that
 * another libm's last bits do not matter, and everything else as text.
 *
 * To make those anew that are wrong, run the tests with GOLDEN=write in the environment, and look at what has changed.
 * A new file is begun with its first line, the command. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "test_command.h"

#include <ctype.h>
#include <math.h>

static inline bool starts_number(const char *text, const char *at)
{
    const bool in_word = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '.');
    if (in_word) return false;
    return isdigit((unsigned char)*at) || (*at == '-' && isdigit((unsigned char)at[1]));
}

/* The bytes of the number that a text begins with: "-1", "0.25", "2.2e-16", "2,260". */
static inline size_t number_length(const char *s)
{
    size_t n = *s == '-';
    n += strspn(s + n, "0123456789");
    while (s[n] == ',' && strspn(s + n + 1, "0123456789") == 3) n += 4;
    if (s[n] == '.' && isdigit((unsigned char)s[n + 1])) n += 1 + strspn(s + n + 1, "0123456789");
    const size_t sign = s[n] == 'e' && (s[n + 1] == '-' || s[n + 1] == '+');
    if (s[n] == 'e' && isdigit((unsigned char)s[n + 1 + sign])) n += 1 + sign + strspn(s + n + 1 + sign, "0123456789");
    return n;
}

/* A number as it is written: one in its last digit is `unit`, and it has so many significant ones. */
typedef struct shown_number {
    double value, unit;
    int digits;
} shown_number;

static inline shown_number number_in(const char *s, size_t length)
{
    char plain[64];
    size_t n = 0;
    shown_number x = {.unit = 1};
    bool behind_mark = false;
    for (size_t k = 0; k < length && s[k] != 'e'; k++) {
        if (isdigit((unsigned char)s[k]) && (x.digits > 0 || s[k] != '0')) x.digits++;
        if (behind_mark) x.unit /= 10;
        behind_mark = behind_mark || s[k] == '.';
    }
    for (size_t k = 0; k < length && n + 1 < sizeof plain; k++)
        if (s[k] != ',') plain[n++] = s[k];
    plain[n] = '\0';
    x.value = strtod(plain, NULL);
    const char *exponent = strchr(plain, 'e');
    if (exponent != NULL) x.unit *= pow(10, atof(exponent + 1));
    return x;
}

/* "2.2e-16", or 0: a difference, of which only the order of magnitude matters. */
static inline bool is_tiny(shown_number x) { return x.digits <= 2 && fabs(x.value) < 1e-7; }

/* Rounding errors are different on each machine; of other numbers the last shown digit may be, behind the mark and if
 * it is at least the fourth. */
static inline bool same_number(shown_number x, shown_number y)
{
    const double apart = fabs(x.value - y.value);
    const bool is_rounded = x.digits >= 4 && y.digits >= 4 && x.unit < 1 && y.unit < 1;
    if (x.value == y.value || (is_tiny(x) && is_tiny(y))) return true;
    return apart <= 1e-9 * fmax(fabs(x.value), fabs(y.value)) || (is_rounded && apart <= 1.001 * fmax(x.unit, y.unit));
}

static inline const char *behind_spaces(const char *s) { return s + strspn(s, " \n"); }

/* NULL where both texts say the same; else where they differ. Where all numbers are written alike the spaces are, too;
 * otherwise columns and lines may have other widths. */
static inline char *text_difference(const char *expected, const char *found)
{
    const char *e = expected, *f = found;
    char *text = NULL;
    bool is_alike = true;
    if (strcmp(expected, found) == 0) return NULL;
    for (e = behind_spaces(e), f = behind_spaces(f); *e != '\0' && *f != '\0' && text == NULL;
         e = behind_spaces(e), f = behind_spaces(f)) {
        const bool is_number = starts_number(expected, e) && starts_number(found, f);
        const size_t n = is_number ? number_length(e) : 1, m = is_number ? number_length(f) : 1;
        const bool is_same = n == m && strncmp(e, f, n) == 0;
        if (!is_same && !(is_number && same_number(number_in(e, n), number_in(f, m))) &&
            asprintf(&text, "expected '%.*s', found '%.*s'", (int)strcspn(e, "\n"), e, (int)strcspn(f, "\n"), f) < 0)
            abort();
        is_alike = is_alike && is_same;
        e += n;
        f += m;
    }
    if (text == NULL && *e != *f && asprintf(&text, "one text is longer: '%s' and '%s'", e, f) < 0) abort();
    if (text == NULL && is_alike && asprintf(&text, "the spaces are different:\n%s", found) < 0) abort();
    return text;
}

static inline void assert_same_text(const char *expected, const char *found, const char *what)
{
    char *difference = text_difference(expected, found);
    ck_assert_msg(difference == NULL, "%s: %s", what, difference);
    free(difference);
}

static inline void write_golden(const char *path, const char *line, const char *out)
{
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL && fprintf(file, "$ %s\n%s", line, out) > 0 && fclose(file) == 0, "%s cannot be written",
                  path);
}

/* Runs the command of a file, compares its output with the rest or writes it there, and returns it, and the command:
 * both to be freed. The command must succeed. */
static inline char *golden_output(const char *path, char **line)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    char *text = whole_of(file), *rest = text + strcspn(text, "\n");
    ck_assert_msg(strncmp(text, "$ ", 2) == 0 && *rest == '\n', "%s does not begin with a command", path);
    *rest++ = '\0';
    *line = strdup(text + 2);
    const result r = run(*line);
    ck_assert_msg(r.code == 0, "%s\nexit code %d\n%s", *line, r.code, r.err);
    const char *mode = getenv("GOLDEN");
    char *difference = text_difference(rest, r.out);
    if (difference != NULL && mode != NULL && strcmp(mode, "write") == 0) write_golden(path, *line, r.out);
    else ck_assert_msg(difference == NULL, "%s: %s", path, difference);
    free(difference);
    free(text);
    free(r.err);
    return r.out;
}

#endif
