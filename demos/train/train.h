/* SPDX-License-Identifier: MIT */
/* The parts of `chainrule train`. */
#ifndef DEMOS_TRAIN_H
#define DEMOS_TRAIN_H

#include "history.h"
#include "network_argp.h"
#include "outcome.h"
#include "picture_argp.h"
#include "progress.h"
#include "trained.h"
#include "training_argp.h"

typedef struct train_settings {
    const char *data, *output, *resume; /* NULL: not given */
    dataset_options how;
    network_options network;
    training_options training;
    picture_options pictures;
    bool is_quiet, has_json;
    size_t seeds; /* 0: one training, that of the seed */
} train_settings;

typedef enum train_end { TRAIN_ALL_EPOCHS, TRAIN_NO_PROGRESS, TRAIN_GOAL, TRAIN_STOPPED } train_end;

/* A training under way. */
typedef struct training {
    const train_settings *s;
    char *path;           /* of the model */
    bool keeps_old_model; /* under another name: the path was not asked for */
    char *old_model;      /* that name; NULL: there was none */
    trained t;
    material m;
    schedule schedule;
    double goal; /* 0: none */
    history history;
    progress progress;
    double saved; /* seconds on the progress' clock when the model was last saved */
    train_end end;
    int signal; /* that stopped it; 0: none */
    double seconds;
} training;

/* ---------------------------------------------------------------------------------- train_setup.c */

/* A network for these data and an optimiser for it, at the start; or, to be gone on with, those of a model's file. Ends
 * the program with a message where they do not go together. */
void train_begin(training *r);
void train_resume(training *r);
void train_free(training *r);

/* What a training would be called: "iris.model" for data/iris.csv; to be freed. */
char *train_path(const char *data);

/* ------------------------------------------------------------------------------------ train_run.c */

/* Trains; r->end, r->signal and r->seconds then say how that went. Signals to stop are taken as such meanwhile. False:
 * a number was not finite; what was learnt before is saved, and messages have said so. */
bool train_run(training *r);

/* Saves the model; ends the program with a message when that fails. */
void train_save(training *r);

/* --------------------------------------------------------------------------------- train_report.c */

void train_print_start(const training *r);
void train_print_end(const training *r); /* how it went */
void train_print_use(const training *r); /* what to do next */

/* ----------------------------------------------------------------------------------- train_json.c */

/* Everything; `o` is NULL after a stop. */
void train_print_json(const training *r, const outcome *o);

/* ---------------------------------------------------------------------------------- train_seeds.c */

/* Trains once for each of so many seeds and prints how that went. */
void train_seeds(const train_settings *s);

#endif
