/* SPDX-License-Identifier: MIT */
/* How the learning rate changes over the epochs. */
#ifndef DEMOS_SCHEDULE_H
#define DEMOS_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct schedule {
    enum { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_STEP, SCHEDULE_EXPONENTIAL } kind;
    size_t every;  /* STEP: so many epochs */
    double factor; /* STEP and EXPONENTIAL */
} schedule;

/* "constant", "cosine", "step:EPOCHS:FACTOR" or "exponential:FACTOR", with 0 < FACTOR <= 1; false: none of these. */
bool schedule_read(const char *text, schedule *s);

/* The same text; to be freed. */
char *schedule_text(const schedule *s);

/* The rate at `epoch` (from 0, fractional) of `epochs` when `rate` is that at the start. */
double schedule_rate(const schedule *s, double rate, double epoch, size_t epochs);

#endif
