/* SPDX-License-Identifier: MIT */
/* The characters of mathematics on one line, for mathml.c: what they are, and their markup. */
#ifndef DEMOS_MATHML_TEXT_H
#define DEMOS_MATHML_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sign_kind {
    SIGN_END,
    SIGN_SPACE,
    SIGN_DIGIT,
    SIGN_LETTER,  /* of names of several letters: Latin */
    SIGN_SYMBOL,  /* a name by itself: Greek, ∂, ∞, ... */
    SIGN_HAT,     /* a letter with a circumflex: base is the letter */
    SIGN_TEXT,    /* of other writings: Chinese, ... */
    SIGN_MARK,    /* combines with the character before */
    SIGN_OPEN,    /* ( [ { */
    SIGN_CLOSE,   /* ) ] } */
    SIGN_BAR,     /* | ‖, which open and close */
    SIGN_RAISED,  /* a superscript: base is the character on the line */
    SIGN_LOWERED, /* a subscript */
    SIGN_LARGE,   /* Σ ∏ */
    SIGN_OTHER    /* operators, and whatever else there is */
} sign_kind;

/* One character of UTF-8; `bytes` that are none are a replacement character. */
typedef struct sign {
    sign_kind kind;
    uint32_t character, base;
    size_t bytes;
} sign;

sign sign_at(const char *text);

/* The bytes of the number, the name or the text that begins here; 0: none does. */
size_t number_at(const char *text);
size_t word_at(const char *text);
size_t foreign_at(const char *text);

/* How many letters a name has; marks do not count. */
size_t letters_of(const char *name, size_t bytes);

/* Whether it is a function that is written without parentheses too, log x. */
bool is_function(const char *name, size_t bytes);

/* A growing text. */
typedef struct markup {
    char *text;
    size_t size, room;
} markup;

void put(markup *m, const char *text);
void put_escaped(markup *m, const char *text, size_t bytes);
void put_character(markup *m, uint32_t character);

/* Puts a text in at a place; takes bytes out there. */
void put_at(markup *m, size_t place, const char *text);
void take_out(markup *m, size_t place, size_t bytes);

#endif
