/* SPDX-License-Identifier: MIT */
/* Numbers, strings and the checksum of model files, without the C library's conversions: those follow the locale. */
#include "model_text.h"

#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------------------------- numbers */

enum { FRACTION_BITS = 52, BIAS = 1023, LEAST_EXPONENT = -1074, LEAST_NORMAL = -1022 };
static const uint64_t fraction_mask = ((uint64_t)1 << FRACTION_BITS) - 1;

static char *write_decimal(char *to, unsigned n)
{
    char digits[12];
    size_t count = 0;
    do digits[count++] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    while (count > 0) *to++ = digits[--count];
    return to;
}

size_t nn_real_text(char text[NN_REAL_SIZE], double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t fraction = bits & fraction_mask;
    int exponent = (int)(bits >> FRACTION_BITS & 0x7ff);
    const bool zero = exponent == 0 && fraction == 0;
    if (exponent == 0) exponent = 1;
    else fraction |= fraction_mask + 1;
    for (; !zero && fraction <= fraction_mask; exponent--) fraction <<= 1;

    char *to = text;
    if (bits >> 63 != 0) *to++ = '-';
    memcpy(to, zero ? "0x0" : "0x1", 3);
    to += 3;
    fraction &= fraction_mask;
    if (fraction != 0) *to++ = '.';
    for (; fraction != 0; fraction = fraction << 4 & fraction_mask)
        *to++ = "0123456789abcdef"[fraction >> (FRACTION_BITS - 4)];
    if (!zero) exponent -= BIAS;
    else exponent = 0;
    *to++ = 'p';
    *to++ = exponent < 0 ? '-' : '+';
    to = write_decimal(to, (unsigned)(exponent < 0 ? -exponent : exponent));
    *to = '\0';
    return (size_t)(to - text);
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/* Takes the digits of a fraction, at most 13; the bits that are missing are 0. */
static const char *read_fraction(const char *s, const char *end, uint64_t *fraction)
{
    int shift = FRACTION_BITS;
    *fraction = 0;
    if (s == end || *s != '.') return s;
    for (s++; s < end && shift > 0 && hex_digit(*s) >= 0; s++) {
        shift -= 4;
        *fraction |= (uint64_t)hex_digit(*s) << shift;
    }
    return s;
}

/* Takes "p+12"; NULL when it does not stand there, or has more than four digits. */
static const char *read_exponent(const char *s, const char *end, int *exponent)
{
    if (end - s < 3 || end - s > 6 || s[0] != 'p' || (s[1] != '+' && s[1] != '-')) return NULL;
    const bool negative = s[1] == '-';
    *exponent = 0;
    for (s += 2; s < end; s++) {
        if (*s < '0' || *s > '9') return NULL;
        *exponent = 10 * *exponent + (*s - '0');
    }
    if (negative) *exponent = -*exponent;
    return s;
}

/* The bits of 1.fraction times 2^exponent. Where a subnormal number has no room for it, bits are lost, which shows when
 * the number is written again. */
static uint64_t assemble(uint64_t fraction, int exponent)
{
    if (exponent >= LEAST_NORMAL) return (uint64_t)(exponent + BIAS) << FRACTION_BITS | fraction;
    return exponent < LEAST_EXPONENT ? 0 : (fraction_mask + 1 + fraction) >> (LEAST_NORMAL - exponent);
}

bool nn_real_read(const char *text, size_t length, double *x, const char **why)
{
    const char *end = text + length, *s = text + (length > 0 && *text == '-');
    *why = "is not a number in the form 0x1.8p+3";
    if (end - s < 6 || s[0] != '0' || s[1] != 'x' || (s[2] != '0' && s[2] != '1')) return false;
    const bool zero = s[2] == '0';
    uint64_t fraction;
    int exponent;
    s = read_exponent(read_fraction(s + 3, end, &fraction), end, &exponent);
    if (s == NULL) return false;
    *why = "is too large";
    if (!zero && exponent > BIAS) return false;
    const uint64_t bits = (zero ? 0 : assemble(fraction, exponent)) | (uint64_t)(*text == '-') << 63;
    memcpy(x, &bits, sizeof bits);
    char form[NN_REAL_SIZE];
    *why = "is not in normal form: 0x1, digits without zeros at their end, and no more of them than a double has";
    return nn_real_text(form, *x) == length && memcmp(form, text, length) == 0;
}

/* ------------------------------------------------------------------------------------- checksum */

uint64_t nn_checksum(uint64_t sum, const char *bytes, size_t count)
{
    for (size_t k = 0; k < count; k++) sum = (sum ^ (unsigned char)bytes[k]) * 0x100000001b3u;
    return sum;
}

void nn_checksum_text(char text[NN_SEAL_DIGITS + 1], uint64_t sum)
{
    for (unsigned k = NN_SEAL_DIGITS; k-- > 0; sum >>= 4) text[k] = "0123456789abcdef"[sum & 0xf];
    text[NN_SEAL_DIGITS] = '\0';
}

/* -------------------------------------------------------------------------------------- strings */

size_t nn_utf8_length(const char *text, size_t room)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (room == 0) return 0;
    const unsigned length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (length > room) return 0;
    uint32_t c = length <= 1 ? s[0] : s[0] & (0x7fu >> length);
    for (unsigned k = 1; k < length; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[k] & 0x3f);
    }
    return c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : length;
}

/* One character, without controls, into at most 4 bytes; returns how many bytes it had. */
static size_t show(char shown[5], const char *text, size_t room)
{
    const size_t length = nn_utf8_length(text, room);
    const unsigned char c = (unsigned char)text[0];
    const bool control = c < 0x20 || c == 0x7f || (length == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0);
    if (length == 0 || control) snprintf(shown, 5, "\\x%02x", c);
    else {
        memcpy(shown, text, length);
        shown[length] = '\0';
    }
    return length == 0 || control ? 1 : length;
}

/* Whole characters into size bytes; the rest becomes "...". */
static void show_all(char *shown, size_t size, const char *text, size_t length)
{
    size_t used = 0, at = 0;
    while (at < length) {
        char one[5];
        const size_t taken = show(one, text + at, length - at), more = strlen(one);
        if (used + more > size - 4) break;
        memcpy(shown + used, one, more);
        used += more;
        at += taken;
    }
    strcpy(shown + used, at < length ? "..." : "");
}

const char *nn_quote(char quoted[NN_QUOTE_SIZE], const char *text, size_t length)
{
    show_all(quoted, NN_QUOTE_SIZE, text, length);
    return quoted;
}

const char *nn_show_path(char shown[NN_PATH_SHOWN], const char *path)
{
    enum { TAIL = 100 };
    const size_t length = strlen(path);
    if (length <= NN_PATH_SHOWN - 4) {
        show_all(shown, NN_PATH_SHOWN, path, length);
        return shown;
    }
    const char *tail = path + length - TAIL;
    while (((unsigned char)*tail & 0xc0) == 0x80) tail++;
    memcpy(shown, "...", 3);
    show_all(shown + 3, NN_PATH_SHOWN - 3, tail, strlen(tail));
    return shown;
}
