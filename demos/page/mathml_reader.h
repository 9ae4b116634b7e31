/* SPDX-License-Identifier: MIT */
/* What the parts of the reader of mathematics share. */
#ifndef DEMOS_MATHML_READER_H
#define DEMOS_MATHML_READER_H

#include "mathml_text.h"

/* Browsers stop nesting elements at 512 levels: these bounds stay below it. */
enum { MOST_LEVELS = 24, MOST_FRACTIONS = 6, MOST_SCRIPTS = 4 };

typedef struct reader {
    const char *s;
    markup m;
    int level;
    const char *by;    /* where the dx of dy/dx begins */
    bool shows_layers; /* superscripts in parentheses keep them */
} reader;

typedef enum kind { NOTHING, NUMBER, NAME, WORD, GROUP, POWER, OTHER } piece_kind;

/* One factor, a single element of markup from `start` on. */
typedef struct piece {
    piece_kind kind;
    size_t start;
} piece;

/* What ends a row beside a closing bracket and the end: one of these, or the bar. */
enum { AT_COMMA = 1, AT_COLON = 2, AT_QUESTION = 4, AT_NOTHING = 8 };
typedef struct ends {
    unsigned at;
    uint32_t bar;
} ends;

/* What was in a row. */
typedef enum row_kind { ROW_OTHER, ROW_FACTOR, ROW_GROUP, ROW_CHOICE } row_kind;
row_kind read_row(reader *r, ends until);

/* One factor with its scripts, arguments and indices; NOTHING, with nothing read, when none begins here. */
piece read_factor(reader *r);

/* Puts scripts around a factor that ends where the markup does; false: there are none. */
bool read_scripts(reader *r, piece *base, bool is_large);

/* A bracketed group; what is in one, without its brackets. Takes away the parentheses of a piece that is a group. */
piece read_group(reader *r);
void read_inside(reader *r);
void strip_group(reader *r, piece p);

bool is_large_operator(const reader *r);

/* A sum or product sign with its limits. */
void read_large_operator(reader *r);

size_t skip_spaces(reader *r);
void put_word(reader *r, const char *tag, size_t bytes);
void put_sign(reader *r, const char *before, uint32_t character);

/* Puts an element around what stands from `start` on. */
void put_around(reader *r, size_t start, const char *open, const char *close);

#endif
