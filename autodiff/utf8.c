/* SPDX-License-Identifier: MIT */
/* UTF-8: reading characters, which of them make names, and showing any bytes in a message. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

unsigned ad_utf8_read(const char *text, uint32_t *character)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length == 0) return 0;
    uint32_t c = length == 1 ? s[0] : s[0] & (0x7fu >> length);
    for (unsigned k = 1; k < length; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[k] & 0x3f);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
    *character = c;
    return length;
}

typedef struct range {
    uint32_t first, last;
} range;

static bool is_in(const range *ranges, size_t n, uint32_t c)
{
    for (size_t k = 0; k < n; k++)
        if (c >= ranges[k].first && c <= ranges[k].last) return true;
    return false;
}

/* Characters that leave no ink or reorder the text around them: controls, spaces, marks of direction. */
static bool is_unseen(uint32_t c)
{
    static const range unseen[] = {{0x00, 0x20},      {0x7f, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},
                                   {0x1680, 0x1680},  {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f},
                                   {0x205f, 0x206f},  {0x3000, 0x3000}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb},
                                   {0xe0000, 0xe0fff}};
    return is_in(unseen, sizeof unseen / sizeof *unseen, c) || (c & 0xfffe) == 0xfffe;
}

/* Punctuation, operators, superscripts, currencies, arrows: a name made of them would read as something else. */
static bool is_symbol(uint32_t c)
{
    static const range symbols[] = {{0xa1, 0xa9},     {0xab, 0xb4},     {0xb6, 0xb9},     {0xbb, 0xbf},
                                    {0xd7, 0xd7},     {0xf7, 0xf7},     {0x2010, 0x205e}, {0x2070, 0x207f},
                                    {0x208a, 0x208e}, {0x20a0, 0x20cf}, {0x2190, 0x2bff}, {0x3001, 0x3003},
                                    {0x3008, 0x3020}, {0xff01, 0xff65}};
    return is_in(symbols, sizeof symbols / sizeof *symbols, c);
}

bool ad_is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_ascii_letter(uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

size_t ad_name_length(const char *text)
{
    size_t length = 0;
    for (;;) {
        uint32_t c;
        const unsigned bytes = ad_utf8_read(text + length, &c);
        const bool letter = bytes == 1 ? is_ascii_letter(c) : bytes > 1 && !is_unseen(c) && !is_symbol(c);
        if (!letter && (length == 0 || bytes != 1 || (!ad_is_digit((char)c) && c != '.'))) return length;
        length += bytes;
    }
}

/* One character as it stands in a message; returns the bytes it has in the text. */
static unsigned show(char shown[16], const char *text)
{
    uint32_t c;
    const unsigned bytes = ad_utf8_read(text, &c);
    if (bytes == 0) snprintf(shown, 16, "\\x%02x", (unsigned)(unsigned char)*text);
    else if (c == '\n' || c == '\t' || c == '\r') snprintf(shown, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    else if (c != ' ' && is_unseen(c)) snprintf(shown, 16, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    else {
        memcpy(shown, text, bytes);
        shown[bytes] = '\0';
    }
    return bytes == 0 ? 1 : bytes;
}

const char *ad_quote(char quoted[AD_QUOTE_SIZE], const char *text, size_t length)
{
    enum { MOST_CHARACTERS = 40, MOST_BYTES = AD_QUOTE_SIZE - 4 };
    size_t from = 0, to = 0;
    for (unsigned characters = 0; from < length; characters++) {
        char shown[16];
        const unsigned bytes = show(shown, text + from);
        const size_t more = strlen(shown);
        if (characters == MOST_CHARACTERS || to + more > MOST_BYTES) break;
        memcpy(quoted + to, shown, more);
        from += bytes;
        to += more;
    }
    strcpy(quoted + to, from < length ? "..." : "");
    return quoted;
}
