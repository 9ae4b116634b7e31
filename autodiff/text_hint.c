/* SPDX-License-Identifier: MIT */
/* "Did you mean": the nearest known name by edit distance. */
#include "text_lex.h"

#include <string.h>

enum { LONGEST = sizeof((text_guess *)NULL)->best - 1 };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Bytes inserted, left out, replaced or swapped with their neighbour; capitals count as small letters. Both are at
 * most LONGEST long. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST + 1];
    for (size_t k = 0; k <= b_length; k++) rows[0][k] = k;
    for (size_t i = 1; i <= a_length; i++) {
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_length; k++) {
            const bool same = lower(a[i - 1]) == lower(b[k - 1]);
            row[k] = least(above[k - 1] + !same, 1 + least(above[k], row[k - 1]));
            if (i > 1 && k > 1 && lower(a[i - 1]) == lower(b[k - 2]) && lower(a[i - 2]) == lower(b[k - 1]))
                row[k] = least(row[k], two_above[k - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

text_guess ad_text_guess_for(const char *name, size_t length)
{
    text_guess guess = {name, length, length > LONGEST ? 0 : length < 3 ? 1 : length < 5 ? 2 : length < 8 ? 3 : 4, ""};
    if (length == 2 && memcmp(name, "\xcf\x80", 2) == 0) strcpy(guess.best, "pi");
    return guess;
}

void ad_text_guess_offer(text_guess *guess, const char *known)
{
    const size_t length = strlen(known);
    if (length > LONGEST || length + guess->distance <= guess->length || guess->length + guess->distance <= length)
        return;
    const size_t far = distance(guess->name, guess->length, known, length);
    if (far >= guess->distance) return;
    guess->distance = far;
    memcpy(guess->best, known, length + 1);
}
