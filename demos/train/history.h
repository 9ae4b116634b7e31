/* SPDX-License-Identifier: MIT */
/* What the epochs of a training brought, for curves and reports. Of more than a thousand epochs not all are kept, but
 * always the same ones and the last, whether training was interrupted or not. */
#ifndef DEMOS_HISTORY_H
#define DEMOS_HISTORY_H

#include "notes.h"

#include <nn/nn.h>

typedef struct history_epoch {
    size_t epoch;                                   /* from 1 */
    double rate, cost, right;                       /* of training; right: the fraction of right answers */
    double validation_cost, validation_right, norm; /* validation: NaN without */
} history_epoch;

typedef struct history {
    history_epoch *epochs;
    size_t count, room;
} history;

void history_add(history *h, const nn_epoch *epoch);
void history_free(history *h);

/* As notes "epoch 12 ..."; numbers have nine digits. */
void history_note(const history *h, notes *n);

/* Reads these notes; stops at one that makes no sense. */
history history_read(const notes *n);

#endif
