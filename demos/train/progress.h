/* SPDX-License-Identifier: MIT */
/* How far a training is: a line for each epoch, or for about twenty of many, and on a terminal below them one that is
 * redrawn: a bar, cost, right answers, samples per second, time left. */
#ifndef DEMOS_PROGRESS_H
#define DEMOS_PROGRESS_H

#include <nn/nn.h>

#include <stdio.h>

typedef struct progress {
    FILE *to;   /* of the lines; NULL: none */
    FILE *live; /* a terminal; NULL: none */
    bool has_classes, has_validation, has_l2;
    size_t epochs, samples; /* in all; in an epoch */

    size_t every;
    double first;        /* epoch, from 0 and fractional */
    double began, drawn; /* seconds on a clock */
    bool is_drawn, is_begun;
    nn_epoch last;  /* the last one that is over */
    size_t printed; /* the last one that has its line */
} progress;

/* Lines to `to`; with a live line where `live`, which may be NULL, is a terminal. The three flags are to be set then:
 * has_l2 says that the cost of training includes that term. */
progress progress_new(FILE *to, FILE *live, size_t epochs, size_t samples);

/* Before every batch: where training is. */
void progress_batch(progress *p, double epoch);
void progress_epoch(progress *p, const nn_epoch *epoch);

/* Takes the live line away, and prints the line of the last epoch if it is still due. */
void progress_end(progress *p);

double progress_seconds(const progress *p); /* since the first batch */

/* A line on a terminal for other work that may take long: a word and a bar, drawn after the first half second. */
typedef struct waiting {
    FILE *live; /* NULL: there is no terminal */
    const char *word;
    double began, drawn;
    bool is_drawn;
} waiting;
waiting waiting_begin(FILE *live, const char *word);
void waiting_show(waiting *w, double part);
void waiting_end(waiting *w); /* takes it away */

#endif
