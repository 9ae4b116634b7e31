/* SPDX-License-Identifier: MIT */
/* The tokens of formulas. The only thing here that depends on a locale is strtod, and it is told the number with
 * the mark that the locale of the calling thread uses, so that a point is a point everywhere. */
#include "text_lex.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

text_place ad_text_place_of(const char *text, size_t offset)
{
    text_place place = {1, 1};
    for (size_t k = 0; k < offset; k++) {
        if (text[k] == '\n') place = (text_place){place.line + 1, 1};
        else if (((unsigned char)text[k] & 0xc0) != 0x80) place.column++;
    }
    return place;
}

bool ad_text_fail(text_reader *r, size_t offset, const char *format, ...)
{
    r->status = AD_ERR_TEXT;
    if (r->error == NULL) return false;
    const text_place place = ad_text_place_of(r->text, offset);
    r->error->line = place.line;
    r->error->column = place.column;
    r->error->offset = offset;
    va_list args;
    va_start(args, format);
    vsnprintf(r->error->message, sizeof r->error->message, format, args);
    va_end(args);
    return false;
}

bool ad_text_out_of_memory(text_reader *r)
{
    r->status = AD_ERR_MEMORY;
    return false;
}

const char *ad_text_show_token(const text_reader *r, text_shown shown)
{
    const text_token *t = &r->token;
    char quoted[AD_QUOTE_SIZE];
    if (t->kind == TEXT_END) return "the end of the text";
    if (t->kind == TEXT_LINE_END) return "the end of the line";
    snprintf(shown, sizeof(text_shown), "'%s'", ad_quote(quoted, r->text + t->offset, t->length));
    return shown;
}

/* ------------------------------------------------------------------------------------ numbers */

static bool is_hex_digit(char c) { return ad_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool is_sign(char c) { return c == '+' || c == '-'; }

static size_t digits(const char *s, bool hex)
{
    size_t n = 0;
    while (hex ? is_hex_digit(s[n]) : ad_is_digit(s[n])) n++;
    return n;
}

/* The bytes of the exponent that s starts with: 0 without one, 1 when its digits are missing. */
static size_t exponent(const char *s, bool hex)
{
    if ((s[0] | 0x20) != (hex ? 'p' : 'e')) return 0;
    const size_t sign = is_sign(s[1]);
    const size_t n = digits(s + 1 + sign, false);
    return n == 0 ? 1 : 1 + sign + n;
}

static bool is_word(char c)
{
    return ad_is_digit(c) || c == '_' || c == '.' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool bad_number(text_reader *r, const char *why)
{
    const char *s = r->text + r->token.offset;
    size_t n = 0;
    while (is_word(s[n])) n++;
    if (is_sign(s[n]) && ((s[n - 1] | 0x20) == 'e' || (s[n - 1] | 0x20) == 'p')) n++;
    char quoted[AD_QUOTE_SIZE];
    return ad_text_fail(r, r->token.offset, "'%s' is not a number: %s", ad_quote(quoted, s, n), why);
}

/* Copies a number with the locale's mark in place of the point. The mark is what snprintf writes into 0.5: unlike
 * localeconv's static storage, that is safe while other threads ask the same. */
static void copy_for_strtod(char *copy, const char *number, size_t n)
{
    char half[24];
    const int length = snprintf(half, sizeof half, "%.1f", 0.5);
    const size_t mark = length > 2 && (size_t)length < sizeof half ? (size_t)length - 2 : 0;
    for (size_t k = 0; k < n; k++) {
        if (number[k] != '.') *copy++ = number[k];
        else {
            memcpy(copy, half + 1, mark);
            copy += mark;
        }
    }
    *copy = '\0';
}

/* The value of a well-formed number, correctly rounded; errno is kept. */
static bool convert(text_reader *r, size_t n)
{
    char few[64], *copy = few;
    const size_t room = n + 24;
    if (room > sizeof few && (copy = ad_resize(r->tape, NULL, 0, room)) == NULL) return ad_text_out_of_memory(r);
    copy_for_strtod(copy, r->text + r->token.offset, n);
    const int kept = errno;
    char *end;
    r->token.number = strtod(copy, &end);
    const bool whole = *end == '\0';
    errno = kept;
    if (copy != few) ad_resize(r->tape, copy, room, 0);
    if (!whole) return bad_number(r, "the locale changed while it was read");
    if (!isinf(r->token.number)) return true;
    char quoted[AD_QUOTE_SIZE];
    return ad_text_fail(r, r->token.offset, "the number '%s' is too large",
                        ad_quote(quoted, r->text + r->token.offset, n));
}

static bool read_number(text_reader *r)
{
    const char *s = r->text + r->token.offset;
    const bool hex = s[0] == '0' && (s[1] | 0x20) == 'x';
    size_t n = hex ? 2 : 0, mantissa = digits(s + n, hex);
    n += mantissa;
    if (s[n] == '.') {
        const size_t fraction = digits(s + n + 1, hex);
        mantissa += fraction;
        n += 1 + fraction;
    }
    if (mantissa == 0) return bad_number(r, "it has no digits");
    const size_t more = exponent(s + n, hex);
    if (more == 1 && ad_name_length(s + n) < 2) return bad_number(r, "its exponent has no digits");
    if (more > 1) n += more;
    if (s[n] == '.') return bad_number(r, "it has a point too many");
    if (s[n] == '_') return bad_number(r, "digits stand together");
    r->token.kind = TEXT_NUMBER;
    r->token.length = n;
    r->at += n;
    return convert(r, n);
}

/* ---------------------------------------------------------------------------------- characters */

static const struct symbol {
    char text[3];
    uint8_t kind, op, binding;
} symbols[] = {
    {"==", TEXT_OPERATOR, AD_OP_EQ, BIND_EQUALITY},
    {"!=", TEXT_OPERATOR, AD_OP_NE, BIND_EQUALITY},
    {"<=", TEXT_OPERATOR, AD_OP_LE, BIND_ORDER},
    {">=", TEXT_OPERATOR, AD_OP_GE, BIND_ORDER},
    {"<", TEXT_OPERATOR, AD_OP_LT, BIND_ORDER},
    {">", TEXT_OPERATOR, AD_OP_GT, BIND_ORDER},
    {"+", TEXT_OPERATOR, AD_OP_ADD, BIND_SUM},
    {"-", TEXT_OPERATOR, AD_OP_SUB, BIND_SUM},
    {"*", TEXT_OPERATOR, AD_OP_MUL, BIND_PRODUCT},
    {"/", TEXT_OPERATOR, AD_OP_DIV, BIND_PRODUCT},
    {"^", TEXT_OPERATOR, AD_OP_POW, BIND_POWER},
    {"=", TEXT_ASSIGN, 0, 0},
    {"(", TEXT_OPEN, 0, 0},
    {")", TEXT_CLOSE, 0, 0},
    {",", TEXT_COMMA, 0, 0},
    {"?", TEXT_QUESTION, 0, 0},
    {":", TEXT_COLON, 0, 0},
    {";", TEXT_SEMICOLON, 0, 0},
    {"\n", TEXT_LINE_END, 0, 0},
};

/* What to write for a character that looks like something in formulas; NULL when there is no advice. */
static const char *instead_of(uint32_t c, char ascii[2])
{
    static const struct {
        uint32_t character;
        char instead[6];
    } known[] = {
        {'[', "("},    {']', ")"},    {'{', "("},       {'}', ")"},      {0x2212, "-"},   {0x2013, "-"},
        {0x2010, "-"}, {0xd7, "*"},   {0xb7, "*"},      {0x2219, "*"},   {0x22c5, "*"},   {0x2217, "*"},
        {0xf7, "/"},   {0x2215, "/"}, {0x2044, "/"},    {0x2264, "<="},  {0x2265, ">="},  {0x2260, "!="},
        {0xb2, "^2"},  {0xb3, "^3"},  {0x221a, "sqrt"}, {0x221e, "inf"}, {0x2211, "sum"}, {0xbd, "1/2"},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].character == c) return known[k].instead;
    if (c < 0xff01 || c > 0xff5e) return NULL; /* the wide forms of ASCII */
    ascii[0] = (char)(c - 0xff01 + '!');
    ascii[1] = '\0';
    return ascii;
}

static bool bad_character(text_reader *r)
{
    const char *s = r->text + r->token.offset;
    char quoted[AD_QUOTE_SIZE], ascii[2];
    uint32_t c = 0;
    const unsigned bytes = ad_utf8_read(s, &c);
    if (bytes == 0)
        return ad_text_fail(r, r->token.offset, "byte 0x%02x is not valid UTF-8 here", (unsigned)(unsigned char)*s);
    ad_quote(quoted, s, bytes);
    const char *instead = instead_of(c, ascii);
    if (instead != NULL) return ad_text_fail(r, r->token.offset, "'%s' has no meaning here: write %s", quoted, instead);
    return ad_text_fail(r, r->token.offset, "'%s' has no meaning in a formula", quoted);
}

size_t ad_text_after_space(const text_reader *r, size_t at, bool lines_count)
{
    for (;;) {
        const char c = r->text[at];
        if (c == '#')
            while (r->text[at] != '\n' && r->text[at] != '\0') at++;
        else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && !lines_count)) at++;
        else return at;
    }
}

bool ad_text_next(text_reader *r, bool lines_count)
{
    r->before = r->token;
    r->at = ad_text_after_space(r, r->at, lines_count);
    const char *s = r->text + r->at;
    r->token = (text_token){.kind = TEXT_END, .offset = r->at};
    if (*s == '\0') return true;
    if (ad_is_digit(*s) || (*s == '.' && ad_is_digit(s[1]))) return read_number(r);
    r->token.kind = TEXT_NAME;
    r->token.length = ad_name_length(s);
    for (size_t k = 0; r->token.length == 0 && k < sizeof symbols / sizeof *symbols; k++) {
        const size_t n = strlen(symbols[k].text);
        if (strncmp(symbols[k].text, s, n) == 0)
            r->token = (text_token){(text_kind)symbols[k].kind, symbols[k].op, symbols[k].binding, r->at, n, 0.0};
    }
    r->at += r->token.length;
    return r->token.length > 0 || bad_character(r);
}
