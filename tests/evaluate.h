/* SPDX-License-Identifier: MIT */
/* Formulas in numbers, as the command writes them, and what they come to. */
#ifndef TESTS_EVALUATE_H
#define TESTS_EVALUATE_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a text like "(0.6·(-0.08114) + 0.3·0.1243) · 0.2217" comes to, and the sum of the sizes of its terms. */
typedef struct evaluated {
    double value, size;
} evaluated;

static inline evaluated sum_at(const char **at);

static inline void skip_spaces(const char **at) { *at += strspn(*at, " "); }

/* "…", terms that are left out, is 0. */
static inline evaluated factor_at(const char **at)
{
    static const char dots[] = "…";
    skip_spaces(at);
    const bool is_negative = **at == '-';
    *at += is_negative;
    evaluated e = {0};
    if (strncmp(*at, dots, strlen(dots)) == 0) {
        *at += strlen(dots);
    } else if (**at == '(') {
        ++*at;
        e = sum_at(at);
        ck_assert_msg(**at == ')', "no parenthesis at '%s'", *at);
        ++*at;
    } else {
        char *end;
        e.value = strtod(*at, &end);
        ck_assert_msg(end != *at, "no number at '%s'", *at);
        *at = end;
        e.size = fabs(e.value);
    }
    if (is_negative) e.value = -e.value;
    skip_spaces(at);
    return e;
}

static inline evaluated product_at(const char **at)
{
    static const char sign[] = "·";
    evaluated e = factor_at(at);
    while (strncmp(*at, sign, strlen(sign)) == 0) {
        *at += strlen(sign);
        const evaluated next = factor_at(at);
        e = (evaluated){e.value * next.value, e.size * next.size};
    }
    return e;
}

static inline evaluated sum_at(const char **at)
{
    evaluated e = product_at(at);
    while (**at == '+' || **at == '-') {
        const double sign = *(*at)++ == '+' ? 1 : -1;
        const evaluated next = product_at(at);
        e = (evaluated){e.value + sign * next.value, e.size + next.size};
    }
    return e;
}

/* All of a text, whose numbers have four digits, comes to this. */
static inline void assert_comes_to(const char *text, double expected)
{
    const char *at = text;
    const evaluated e = sum_at(&at);
    ck_assert_msg(*at == '\0', "'%s' is left of '%s'", at, text);
    ck_assert_msg(fabs(e.value - expected) <= 2e-3 * e.size, "%s is %g, not %g", text, e.value, expected);
}

#endif
