/* SPDX-License-Identifier: MIT */
/* A lesson's network for the textbook's loops, and what its texts say. */
#ifndef TESTS_LESSON_BOOK_H
#define TESTS_LESSON_BOOK_H

#include "lesson_json.h"
#include "textbook.h"

/* Whether a paragraph or a question has these words. */
static inline bool says(json_t *all, const char *words)
{
    size_t at;
    json_t *block;
    json_array_foreach(json_object_get(all, "blocks"), at, block)
    {
        const char *text = json_string_value(json_object_get(block, "text"));
        if (text != NULL && strstr(text, words) != NULL) return true;
    }
    return false;
}

/* 3 of "… 3 more"; 0 of other texts. */
static inline size_t more_in(const char *text)
{
    static const char dots[] = "… ";
    return strncmp(text, dots, strlen(dots)) == 0 ? strtoul(text + strlen(dots), NULL, 10) : 0;
}

/* The sizes and skip connections as in the options (skip may be NULL), weights and biases as the lesson says them. */
static inline void read_parameters(json_t *all, book_net *n, const char *sizes, const char *skip)
{
    char key[16];
    book_sizes(n, sizes);
    if (skip != NULL) book_skip(n, skip);
    for (size_t l = 1; l <= n->depth; l++) {
        snprintf(key, sizeof key, "w%zu", l);
        for (size_t j = 0; j < n->width[l]; j++)
            for (size_t k = 0; k < n->width[l - 1]; k++)
                n->w[l][j][k] = entry_at(matrix_of(block_of(all, key), 0), j, k);
        snprintf(key, sizeof key, "b%zu", l);
        ck_assert_int_eq(find_block(all, key) != NULL, n->biases);
        for (size_t j = 0; n->biases && j < n->width[l]; j++)
            n->b[l][j] = entry_at(matrix_of(block_of(all, key), 0), j, 0);
    }
}

#endif
