/* SPDX-License-Identifier: MIT */
/* Where the derivative of what is on a tape, written down as a formula, is the derivative: on one side of kinks. */
#ifndef DEMOS_FORMULA_HOLDS_H
#define DEMOS_FORMULA_HOLDS_H

#include <autodiff/autodiff.h>

#include <stddef.h>

/* Lines such as "holds where x > 0", none of them twice. */
typedef struct formula_notes {
    char **lines;
    size_t count;
    bool has_side; /* a piece was taken that depends on the present values */
} formula_notes;

/* Adds what is to be said of the derivative of y by the leaf x; `given` as in formula_text_of. The tape is as it was
 * afterwards. */
void formula_notes_add(formula_notes *n, ad_var y, ad_var x, uint32_t given);
void formula_notes_free(formula_notes *n);

#endif
