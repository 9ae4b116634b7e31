/* SPDX-License-Identifier: MIT */
/* Errors planted in the rules of the sweep, to see whether they are found. */
#ifndef DEMOS_CHECK_PLANT_H
#define DEMOS_CHECK_PLANT_H

#include <autodiff/gradcheck.h>

#include <argp.h>

typedef struct planted_error {
    const char *text; /* as typed; NULL: none */
    char *name;       /* of the operation */
    ad_op op;         /* AD_OP_LEAF: none of the table has this name, but one from --load may */
    unsigned operand; /* 0: all */
    double factor;
} planted_error;

/* Reads OP[.OPERAND]:ERROR, as in "tanh:1e-5", "*.2:sign". */
void plant_read(planted_error *p, struct argp_state *state, const char *text);

/* Plants it, if there is one, on a tape where the nodes up to y are recorded (a constant: they are not there yet). Ends
 * the program where none of them is such an operation. */
void plant_put(planted_error *p, ad_tape *tape, ad_var y);

#endif
