/* SPDX-License-Identifier: MIT */
/* Whether a text in another language has English left in it. */
#ifndef TESTS_ENGLISH_H
#define TESTS_ENGLISH_H

#include <stdbool.h>
#include <string.h>

static inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Two English words that follow each other. */
static inline bool has_english(const char *text)
{
    for (const char *at = text; (at = strchr(at, ' ')) != NULL; at++)
        if (at >= text + 2 && is_letter(at[-1]) && is_letter(at[-2]) && is_letter(at[1]) && is_letter(at[2]))
            return true;
    return false;
}

#endif
