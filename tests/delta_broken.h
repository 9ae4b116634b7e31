/* SPDX-License-Identifier: MIT */
/* The closed forms once more, as a pupil might write them: right, or with a mistake. Layers without skip connections.
 */
#ifndef TESTS_DELTA_BROKEN_H
#define TESTS_DELTA_BROKEN_H

#include <nn/delta.h>

typedef enum mistake {
    NO_MISTAKE,
    FLIPPED_SIGN, /* of delta in the output */
    NO_SLOPE,     /* sigma' is missing in the hidden layers */
    UNTRANSPOSED, /* W where W^T belongs: for square layers */
    NO_FACTOR,    /* the 2 of a cost without 1/2 is missing; of a cost with 1/2 it is there */
    IN_PLACE      /* the output's weights have taken their step already when the hidden delta is computed */
} mistake;
enum { MISTAKES = IN_PLACE + 1 };

extern const char *const mistake_names[MISTAKES];

/* All five forms with this mistake, until the next call. */
const nn_closed_forms *forms_with(mistake which);

#endif
