/* SPDX-License-Identifier: MIT */
/* Writing what is on a tape back as a formula: the way back from ad_parse. */
#ifndef DEMOS_FORMULA_TEXT_H
#define DEMOS_FORMULA_TEXT_H

#include <autodiff/autodiff.h>

#include <stddef.h>

/* Statements in their order; the last one has no name and is the value. */
typedef struct formula_text {
    char **lines;
    size_t count;
} formula_text;

/* Which nodes of a tape are what. */
typedef struct formula_parts {
    uint32_t given; /* named leaves below are variables */
    uint32_t swept; /* nodes from here on were recorded by ad_record_gradient, the last term first: a sum of two is
                       turned round, to stand as the formula has it */
} formula_parts;

/* Writes y in the language of formulas, from the variables among the first nodes. Later leaves with a name, which the
 * formula made of constants, and named operations are statements under their names; what is used more than once and is
 * not short gets a name t1, t2, ...; so does a part of what would not fit a line. There are no more parentheses than
 * needed, and numbers are as short as exact.
 *
 * ad_parse reads the same value from it, to the bit where no weighted sum is involved. False: it cannot be written;
 * *why then says so, to be freed. */
bool formula_text_of(formula_text *f, ad_var y, formula_parts parts, char **why);
void formula_text_free(formula_text *f);

/* All statements on one line, with "; " between; to be freed. */
char *formula_text_joined(const formula_text *f);

/* A number as short as reads back the same, "0.1", "1e-20"; to be freed. */
char *formula_number(double x);

#endif
