/* SPDX-License-Identifier: MIT */
#include "number.h"
#include "command.h"
#include "language.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* A short integer, which most cells of images are; -1: another text. */
static int short_integer(const char *text)
{
    int value = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 9; digits++)
        value = 10 * value + (text[digits] - '0');
    return digits > 0 && text[digits] == '\0' ? value : -1;
}

bool read_number(const char *text, double *value)
{
    static locale_t c_locale;
    const int integer = short_integer(text);
    if (integer >= 0) {
        *value = integer;
        return true;
    }
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    if (c_locale == (locale_t)0) c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) die(CODE_DATA, _("out of memory"));
    char *end;
    *value = strtod_l(text, &end, c_locale);
    return *end == '\0';
}

const char *not_a_number(const char *text)
{
    double value;
    char *with_point = copied(text), *comma = strchr(with_point, ',');
    if (comma != NULL) *comma = '.';
    const bool has_decimal_comma = comma != NULL && read_number(with_point, &value);
    free(with_point);
    return has_decimal_comma ? _("is not a number: the decimal mark is a point") : _("is not a number");
}
