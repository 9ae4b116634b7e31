/* SPDX-License-Identifier: MIT */
/* Reading a formula's text: tokens, places, errors. Private to text*.c. */
#ifndef AUTODIFF_TEXT_LEX_H
#define AUTODIFF_TEXT_LEX_H

#include "internal.h"

typedef enum text_kind {
    TEXT_END,
    TEXT_LINE_END,
    TEXT_SEMICOLON,
    TEXT_NUMBER,
    TEXT_NAME,
    TEXT_OPEN,
    TEXT_CLOSE,
    TEXT_COMMA,
    TEXT_QUESTION,
    TEXT_COLON,
    TEXT_ASSIGN,
    TEXT_OPERATOR
} text_kind;

/* What binds tighter is larger. BIND_NOT: an open parenthesis or '?', which no operator reaches across. */
enum { BIND_NOT, BIND_CHOICE, BIND_EQUALITY, BIND_ORDER, BIND_SUM, BIND_PRODUCT, BIND_SIGN, BIND_POWER };

typedef struct text_token {
    text_kind kind;
    uint8_t op, binding; /* of an operator between two operands */
    size_t offset, length;
    double number;
} text_token;

typedef struct text_reader {
    ad_tape *tape; /* for memory */
    const char *text;
    size_t at;
    text_token token, before; /* the present token, and the one before it */
    ad_status status;
    ad_text_error *error; /* NULL: nobody asks */
} text_reader;

/* Reads the next token; a newline is one only where `lines_count`. False: status and error say why. */
bool ad_text_next(text_reader *r, bool lines_count);

/* Where the space and the comments from `at` on end. */
size_t ad_text_after_space(const text_reader *r, size_t at, bool lines_count);

/* Sets status AD_ERR_TEXT and the error at `offset`. Returns false. */
bool ad_text_fail(text_reader *r, size_t offset, const char *format, ...) FORMAT(3, 4);
bool ad_text_out_of_memory(text_reader *r);

/* Line and column of a byte, from 1; columns count characters. O(offset). */
typedef struct text_place {
    size_t line, column;
} text_place;
text_place ad_text_place_of(const char *text, size_t offset);

/* The present token as a message shows it: "'x'", "the end of the text". */
typedef char text_shown[AD_QUOTE_SIZE + 2];
const char *ad_text_show_token(const text_reader *r, text_shown shown);

/* The known name that is nearest to an unknown one, offered to it one by one (text_hint.c). */
typedef struct text_guess {
    const char *name;
    size_t length;
    size_t distance; /* of best; only nearer ones are taken */
    char best[65];   /* "" when nothing is near */
} text_guess;
text_guess ad_text_guess_for(const char *name, size_t length);
void ad_text_guess_offer(text_guess *guess, const char *known);

#endif
