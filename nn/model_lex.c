/* SPDX-License-Identifier: MIT */
/* The tokens of a model file: one space between two of them, one newline after a line, nothing else. */
#include "model_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------- failures */

static bool fail(nn_reader *r, const char *reason)
{
    char shown[NN_PATH_SHOWN];
    r->status = nn_fail(r->error, NN_ERR_FORMAT, "%s:%zu: %s", nn_show_path(shown, r->path), r->line, reason);
    return false;
}

bool nn_read_fail(nn_reader *r, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return fail(r, reason);
}

static bool is_token(char c) { return c != ' ' && c != '\n'; }

static size_t token_length(const nn_reader *r)
{
    size_t end = r->at;
    while (end < r->size && is_token(r->text[end])) end++;
    return end - r->at;
}

typedef char found_text[NN_QUOTE_SIZE + 2];

static const char *show_found(const nn_reader *r, found_text found)
{
    const size_t length = token_length(r);
    char quoted[NN_QUOTE_SIZE];
    if (r->at == r->size) return r->end;
    if (length == 0) return r->text[r->at] == '\n' ? "the end of the line" : "a space";
    snprintf(found, sizeof(found_text), "'%s'", nn_quote(quoted, r->text + r->at, length));
    return found;
}

bool nn_read_expected(nn_reader *r, const char *format, ...)
{
    char what[128];
    found_text found;
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return nn_read_fail(r, "expected %s, found %s", what, show_found(r, found));
}

/* --------------------------------------------------------------------------------------- tokens */

static bool at_line_start(const nn_reader *r) { return r->at == 0 || r->text[r->at - 1] == '\n'; }

/* Passes the space before a token that is not the first of its line; stays where there is none. */
static void pass_space(nn_reader *r)
{
    if (!at_line_start(r) && r->at < r->size && r->text[r->at] == ' ') r->at++;
}

static bool token_is(const nn_reader *r, const char *word)
{
    const size_t length = strlen(word);
    return token_length(r) == length && memcmp(r->text + r->at, word, length) == 0;
}

bool nn_read_word(nn_reader *r, const char *word)
{
    pass_space(r);
    if (!token_is(r, word)) return nn_read_expected(r, "'%s'", word);
    r->at += strlen(word);
    r->after = word;
    return true;
}

bool nn_read_line_end(nn_reader *r)
{
    if (r->at >= r->size || r->text[r->at] != '\n') {
        nn_reader ahead = *r;
        pass_space(&ahead);
        if (token_length(&ahead) > 0) r->at = ahead.at;
        return nn_read_expected(r, "the end of the line");
    }
    r->at++;
    r->line++;
    return true;
}

bool nn_read_next_is(const nn_reader *r, const char *word)
{
    nn_reader ahead = *r;
    pass_space(&ahead);
    return token_is(&ahead, word);
}

size_t nn_read_left(const nn_reader *r) { return r->size - r->at; }

/* -------------------------------------------------------------------------------- whole numbers */

static bool is_whole(const char *text, size_t length)
{
    for (size_t k = 0; k < length; k++)
        if (text[k] < '0' || text[k] > '9') return false;
    return length > 0 && (length == 1 || text[0] != '0');
}

/* False when it does not fit. */
static bool convert(const char *text, size_t length, uint64_t *n)
{
    *n = 0;
    for (size_t k = 0; k < length; k++) {
        const uint64_t digit = (uint64_t)(text[k] - '0');
        if (*n > (UINT64_MAX - digit) / 10) return false;
        *n = 10 * *n + digit;
    }
    return true;
}

bool nn_read_whole(nn_reader *r, uint64_t least, uint64_t most, uint64_t *n)
{
    pass_space(r);
    const size_t length = token_length(r);
    const char *text = r->text + r->at;
    if (!is_whole(text, length)) return nn_read_expected(r, "a whole number after '%s'", r->after);
    if (!convert(text, length, n) || *n < least || *n > most)
        return nn_read_expected(r, "a number from %llu to %llu after '%s'", (unsigned long long)least,
                                (unsigned long long)most, r->after);
    r->at += length;
    return true;
}

bool nn_read_size(nn_reader *r, size_t least, size_t most, size_t *n)
{
    uint64_t whole = 0;
    if (!nn_read_whole(r, least, most, &whole)) return false;
    *n = (size_t)whole;
    return true;
}

bool nn_read_index(nn_reader *r, size_t index)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", index);
    pass_space(r);
    if (!token_is(r, text)) return nn_read_expected(r, "%zu after '%s'", index, r->after);
    r->at += strlen(text);
    return true;
}

/* ------------------------------------------------------------------------------ numbers and words */

bool nn_read_reals(nn_reader *r, double *values, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        pass_space(r);
        const size_t length = token_length(r);
        if (length == 0 && n == 1) return nn_read_expected(r, "a number after '%s'", r->after);
        if (length == 0) return nn_read_expected(r, "number %zu of %zu", k + 1, n);
        const char *why;
        char quoted[NN_QUOTE_SIZE];
        if (!nn_real_read(r->text + r->at, length, &values[k], &why))
            return nn_read_fail(r, "'%s' %s", nn_quote(quoted, r->text + r->at, length), why);
        r->at += length;
    }
    return true;
}

bool nn_read_flag(nn_reader *r, bool *flag)
{
    pass_space(r);
    *flag = token_is(r, "yes");
    if (!*flag && !token_is(r, "no")) return nn_read_expected(r, "'yes' or 'no' after '%s'", r->after);
    r->at += token_length(r);
    return true;
}

bool nn_read_choice(nn_reader *r, int (*find)(const char *name), int *choice)
{
    char word[32];
    pass_space(r);
    const size_t length = token_length(r), copied = length < sizeof word ? length : 0;
    memcpy(word, r->text + r->at, copied);
    word[copied] = '\0';
    *choice = find(word);
    if (*choice < 0) return nn_read_expected(r, "a known %s", r->after);
    r->at += length;
    return true;
}

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool nn_read_digits(nn_reader *r, char digits[NN_SEAL_DIGITS + 1])
{
    pass_space(r);
    const char *text = r->text + r->at;
    size_t count = 0;
    while (count < token_length(r) && hex(text[count]) >= 0) count++;
    if (count != NN_SEAL_DIGITS || token_length(r) != count)
        return nn_read_expected(r, "%d hexadecimal digits after '%s'", (int)NN_SEAL_DIGITS, r->after);
    memcpy(digits, text, count);
    digits[count] = '\0';
    r->at += count;
    return true;
}

/* -------------------------------------------------------------------------------------- strings */

/* A character behind a backslash: a quote, a backslash, or a control as two hexadecimal digits. */
static bool read_escape(nn_reader *r, char *c)
{
    const char *s = r->text + r->at;
    const size_t room = nn_read_left(r);
    if (room > 1 && (s[1] == '"' || s[1] == '\\')) {
        *c = s[1];
        r->at += 2;
        return true;
    }
    const int code = room > 3 && s[1] == 'x' && hex(s[2]) >= 0 && hex(s[3]) >= 0 ? 16 * hex(s[2]) + hex(s[3]) : -1;
    if (!(code > 0 && code < 0x20) && code != 0x7f)
        return nn_read_fail(r, "a backslash stands before \", \\, or x and the two digits of a control character");
    *c = (char)code;
    r->at += 4;
    return true;
}

/* One character of a string, as one to four bytes. */
static bool read_character(nn_reader *r, const char *what, char bytes[4], size_t *count)
{
    const char *s = r->text + r->at;
    *count = 1;
    if (r->at == r->size || *s == '\n') return nn_read_fail(r, "expected '\"' at the end of the %s", what);
    if (*s == '\\') return read_escape(r, bytes);
    if ((unsigned char)*s < 0x20 || *s == 0x7f)
        return nn_read_fail(r, "the control character 0x%02x in a %s must be \\x%02x", (unsigned)*s, what,
                            (unsigned)*s);
    *count = nn_utf8_length(s, nn_read_left(r));
    if (*count == 0) return nn_read_fail(r, "byte 0x%02x is not valid UTF-8 here", (unsigned)(unsigned char)*s);
    memcpy(bytes, s, *count);
    r->at += *count;
    return true;
}

bool nn_read_string(nn_reader *r, const char *what, char *text, size_t most)
{
    pass_space(r);
    if (r->at == r->size || r->text[r->at] != '"') return nn_read_expected(r, "a %s in quotes", what);
    r->at++;
    size_t length = 0;
    while (r->at == r->size || r->text[r->at] != '"') {
        char bytes[4];
        size_t count;
        if (!read_character(r, what, bytes, &count)) return false;
        if (length + count > most) return nn_read_fail(r, "a %s has at most %zu bytes", what, most);
        memcpy(text + length, bytes, count);
        length += count;
    }
    text[length] = '\0';
    r->at++;
    return true;
}
