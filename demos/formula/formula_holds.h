/* SPDX-License-Identifier: MIT */
/* Where the derivative of what is on a tape, written down as a formula, is the derivative: on one side of kinks. */
#ifndef DEMOS_FORMULA_HOLDS_H
#define DEMOS_FORMULA_HOLDS_H

#include "formula_text.h"

/* None of them twice. */
typedef struct formula_notes {
    char **sides; /* "x > 0": where the pieces are taken that the present values take */
    size_t side_count;
    char **kinks; /* "but not where x == 0, a kink of abs" */
    size_t kink_count;
    size_t seen; /* nodes with kinks; of more than FORMULA_MOST_KINKS nothing is said */
} formula_notes;
enum { FORMULA_MOST_KINKS = 50 };

/* Adds what is to be said of the derivative of y by the leaf x. The tape is as it was afterwards. */
void formula_notes_add(formula_notes *n, ad_var y, ad_var x, formula_parts parts);
void formula_notes_free(formula_notes *n);

#endif
