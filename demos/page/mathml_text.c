/* SPDX-License-Identifier: MIT */
#include "mathml_text.h"
#include "command.h"

#include <string.h>

/* --------------------------------------------------------------------------------------- characters */

static size_t decode(const unsigned char *s, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length == 0) return 0;
    uint32_t c = length == 1 ? s[0] : s[0] & (0x7fu >> length);
    for (size_t k = 1; k < length; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[k] & 0x3f);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
    *character = c;
    return length;
}

/* Characters that mean one kind of thing, and the one on the line of a raised or lowered one. */
static const struct {
    uint32_t character;
    sign_kind kind;
    uint32_t base;
} particular[] = {
    {'(', SIGN_OPEN, 0},
    {'[', SIGN_OPEN, 0},
    {'{', SIGN_OPEN, 0},
    {')', SIGN_CLOSE, 0},
    {']', SIGN_CLOSE, 0},
    {'}', SIGN_CLOSE, 0},
    {'|', SIGN_BAR, 0},
    {0x2016, SIGN_BAR, 0},
    {0x3a3, SIGN_LARGE, 0x2211},
    {0x2211, SIGN_LARGE, 0x2211},
    {0x220f, SIGN_LARGE, 0x220f},
    {0xb2, SIGN_RAISED, '2'},
    {0xb3, SIGN_RAISED, '3'},
    {0xb9, SIGN_RAISED, '1'},
    {0x2070, SIGN_RAISED, '0'},
    {0x2074, SIGN_RAISED, '4'},
    {0x2075, SIGN_RAISED, '5'},
    {0x2076, SIGN_RAISED, '6'},
    {0x2077, SIGN_RAISED, '7'},
    {0x2078, SIGN_RAISED, '8'},
    {0x2079, SIGN_RAISED, '9'},
    {0x207b, SIGN_RAISED, 0x2212},
    {0x207f, SIGN_RAISED, 'n'},
    {0x1d40, SIGN_RAISED, 'T'},
    {0x2032, SIGN_RAISED, 0x2032},
    {0x2033, SIGN_RAISED, 0x2033},
    {'\'', SIGN_RAISED, 0x2032},
    {0x1d62, SIGN_LOWERED, 'i'},
    {0x2c7c, SIGN_LOWERED, 'j'},
    {0x2096, SIGN_LOWERED, 'k'},
    {0x2097, SIGN_LOWERED, 'l'},
    {0x2099, SIGN_LOWERED, 'n'},
    {0x177, SIGN_HAT, 'y'},
    {0x176, SIGN_HAT, 'Y'},
    {0x2026, SIGN_SYMBOL, 0},
    {0x2202, SIGN_SYMBOL, 0},
    {0x2207, SIGN_SYMBOL, 0},
    {0x221e, SIGN_SYMBOL, 0},
    {0xbd, SIGN_SYMBOL, 0},
    {0xbc, SIGN_SYMBOL, 0},
    {0xd7, SIGN_OTHER, 0},
    {0xf7, SIGN_OTHER, 0},
};

static const struct {
    uint32_t first, last;
    sign_kind kind;
} ranges[] = {
    {0x00, 0x20, SIGN_SPACE},       {0x7f, 0xa0, SIGN_SPACE},    {'0', '9', SIGN_DIGIT},
    {'A', 'Z', SIGN_LETTER},        {'a', 'z', SIGN_LETTER},     {0xc0, 0x24f, SIGN_LETTER},
    {0x300, 0x36f, SIGN_MARK},      {0x370, 0x3ff, SIGN_SYMBOL}, {0x400, 0x1fff, SIGN_TEXT},
    {0x2080, 0x2089, SIGN_LOWERED}, {0x2e80, 0xfffd, SIGN_TEXT}, {0x20000, 0x3ffff, SIGN_TEXT},
};

sign sign_at(const char *text)
{
    sign s = {.kind = SIGN_OTHER, .character = 0xfffd, .bytes = 1};
    if (*text == '\0') return (sign){.kind = SIGN_END};
    const size_t bytes = decode((const unsigned char *)text, &s.character);
    if (bytes == 0) return s;
    s.bytes = bytes;
    if ((s.character & 0xfffe) == 0xfffe) s.character = 0xfffd;
    for (size_t k = 0; k < sizeof particular / sizeof *particular; k++)
        if (particular[k].character == s.character)
            return (sign){particular[k].kind, s.character, particular[k].base, s.bytes};
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
        if (s.character >= ranges[k].first && s.character <= ranges[k].last) s.kind = ranges[k].kind;
    if (s.kind == SIGN_LOWERED) s.base = '0' + s.character - 0x2080;
    return s;
}

/* -------------------------------------------------------------------------------------------- words */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits_at(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n])) n++;
    return n;
}

size_t number_at(const char *text)
{
    size_t n = digits_at(text);
    if (text[n] == '.' && is_digit(text[n + 1])) n += 1 + digits_at(text + n + 1);
    if (n == 0 || (text[n] | 0x20) != 'e') return n;
    const size_t sign_bytes = text[n + 1] == '-' || text[n + 1] == '+';
    const size_t exponent = digits_at(text + n + 1 + sign_bytes);
    return exponent > 0 ? n + 1 + sign_bytes + exponent : n;
}

size_t word_at(const char *text)
{
    sign s = sign_at(text);
    if (s.kind != SIGN_LETTER && s.kind != SIGN_SYMBOL && s.kind != SIGN_HAT) return 0;
    size_t n = s.bytes;
    const bool is_single = s.kind != SIGN_LETTER;
    for (s = sign_at(text + n); s.kind == SIGN_MARK; s = sign_at(text + n)) n += s.bytes;
    while (!is_single && (s.kind == SIGN_LETTER || s.kind == SIGN_DIGIT || s.kind == SIGN_MARK)) {
        n += s.bytes;
        s = sign_at(text + n);
    }
    return n;
}

size_t foreign_at(const char *text)
{
    size_t n = 0;
    for (sign s = sign_at(text); s.kind == SIGN_TEXT || s.kind == SIGN_MARK; s = sign_at(text + n)) n += s.bytes;
    return n;
}

size_t letters_of(const char *name, size_t bytes)
{
    size_t letters = 0;
    for (size_t k = 0; k < bytes;) {
        const sign s = sign_at(name + k);
        letters += s.kind != SIGN_MARK && s.kind != SIGN_DIGIT;
        k += s.bytes;
    }
    return letters;
}

bool is_function(const char *name, size_t bytes)
{
    static const char *const names[] = {"cos", "exp", "log", "log10", "log2", "ln", "max", "min", "sin", "tan", "tanh"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strlen(names[k]) == bytes && strncmp(names[k], name, bytes) == 0) return true;
    return false;
}

/* ------------------------------------------------------------------------------------------- markup */

static void put_bytes(markup *m, const char *bytes, size_t count)
{
    if (m->room - m->size <= count) {
        m->room = 2 * (m->room + count) + 256;
        m->text = resized(m->text, m->room, 1);
    }
    memcpy(m->text + m->size, bytes, count);
    m->size += count;
    m->text[m->size] = '\0';
}

void put(markup *m, const char *text) { put_bytes(m, text, strlen(text)); }

void put_character(markup *m, uint32_t c)
{
    char bytes[4];
    size_t n = 0;
    if (c < 0x80) bytes[n++] = (char)c;
    else if (c < 0x800) bytes[n++] = (char)(0xc0 | c >> 6);
    else if (c < 0x10000) bytes[n++] = (char)(0xe0 | c >> 12);
    else bytes[n++] = (char)(0xf0 | c >> 18);
    if (c >= 0x10000) bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
    if (c >= 0x800) bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    if (c >= 0x80) bytes[n++] = (char)(0x80 | (c & 0x3f));
    if (c == '<') put(m, "&lt;");
    else if (c == '>') put(m, "&gt;");
    else if (c == '&') put(m, "&amp;");
    else put_bytes(m, bytes, n);
}

void put_escaped(markup *m, const char *text, size_t bytes)
{
    for (size_t k = 0; k < bytes;) {
        const sign s = sign_at(text + k);
        put_character(m, s.kind == SIGN_SPACE ? ' ' : s.character);
        k += s.bytes;
    }
}

void put_at(markup *m, size_t place, const char *text)
{
    const size_t count = strlen(text), after = m->size - place;
    put_bytes(m, text, count);
    memmove(m->text + place + count, m->text + place, after);
    memcpy(m->text + place, text, count);
}

void take_out(markup *m, size_t place, size_t bytes)
{
    memmove(m->text + place, m->text + place + bytes, m->size - place - bytes + 1);
    m->size -= bytes;
}
