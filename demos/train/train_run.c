/* SPDX-License-Identifier: MIT */
/* Training itself: what happens before each batch and after each epoch, and how it is stopped and saved. */
#include "command.h"
#include "train.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------------------------------------------------------------- signals */

static volatile sig_atomic_t stopped_by; /* the number of a signal; 0: none came */

static void take_signal(int number) { stopped_by = number; }

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
enum { STOPPING = sizeof stopping / sizeof *stopping };

/* A second signal of the same kind ends the program at once. */
static void listen_to_signals(struct sigaction old[STOPPING])
{
    struct sigaction action = {.sa_handler = take_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    stopped_by = 0;
    for (size_t k = 0; k < STOPPING; k++) {
        sigaction(stopping[k], NULL, &old[k]);
        if (old[k].sa_handler != SIG_IGN) sigaction(stopping[k], &action, NULL);
    }
}

static void leave_signals(const struct sigaction old[STOPPING])
{
    for (size_t k = 0; k < STOPPING; k++) sigaction(stopping[k], &old[k], NULL);
}

/* --------------------------------------------------------------------------------------- saving */

/* A model of an earlier training that would be lost stays, as "digits.model~". */
static void keep_old_model(training *r)
{
    if (!r->keeps_old_model) return;
    r->keeps_old_model = false;
    if (access(r->path, F_OK) != 0) return;
    r->old_model = formatted("%s~", r->path);
    unlink(r->old_model);
    if (link(r->path, r->old_model) != 0) complain("warning: %s: %s", r->old_model, strerror(errno));
}

static nn_status save(training *r, nn_error *error)
{
    keep_old_model(r);
    history_note(&r->history, &r->t.notes);
    return trained_save(&r->t, r->path, error);
}

void train_save(training *r)
{
    nn_error error;
    if (save(r, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
}

/* Once a minute, so that not much is lost when the machine fails. */
static void save_now_and_then(training *r)
{
    static const double interval = 60;
    nn_error error;
    const double time = progress_seconds(&r->progress);
    if (time - r->saved < interval) return;
    r->saved = time;
    if (save(r, &error) != NN_OK) complain("warning: %s", error.message);
}

/* ------------------------------------------------------------------------------------- callbacks */

static double rate_at(void *user, double rate, double epoch)
{
    training *r = user;
    progress_batch(&r->progress, epoch);
    return schedule_rate(&r->schedule, rate, epoch, r->progress.epochs);
}

static bool is_goal_reached(const training *r, const nn_epoch *epoch)
{
    const nn_score *score = epoch->validation.samples > 0 ? &epoch->validation : &epoch->training;
    return r->goal > 0 && score->cost <= r->goal;
}

static bool after_epoch(void *user, const nn_epoch *epoch)
{
    training *r = user;
    history_add(&r->history, epoch);
    progress_epoch(&r->progress, epoch);
    if (is_goal_reached(r, epoch)) {
        r->end = TRAIN_GOAL;
        return false;
    }
    if (r->path != NULL) save_now_and_then(r);
    return true;
}

/* ----------------------------------------------------------------------------------------- training */

/* A network whose numbers ran away is put back to its best state, which is saved without its optimiser. */
static void rescue(training *r, const nn_error *why)
{
    nn_error error;
    complain("%s", why->message);
    complain("the numbers ran away; a lower learning rate may help: --rate=%g, say",
             nn_trainer_options(r->t.model.trainer)->rate / 10);
    if (r->history.count == 0 || r->path == NULL) return;
    nn_trainer *trainer = r->t.model.trainer;
    r->t.model.trainer = NULL;
    if (save(r, &error) != NN_OK) complain("%s", error.message);
    else complain("the network as it was at its best is in %s", r->path);
    r->t.model.trainer = trainer;
}

bool train_run(training *r)
{
    struct sigaction old[STOPPING];
    nn_error error;
    nn_end end;
    const nn_data rows = dataset_rows(r->m.data, r->m.parts.training);
    const nn_data validation = dataset_rows(r->m.data, r->m.parts.validation);
    nn_options options = *nn_trainer_options(r->t.model.trainer);
    options.schedule = rate_at;
    options.on_epoch = after_epoch;
    options.user = r;
    options.stop = &stopped_by;
    r->end = TRAIN_ALL_EPOCHS;
    nn_trainer_go_on(r->t.model.trainer, &options);
    listen_to_signals(old);
    const nn_status status = nn_train(r->t.model.trainer, &rows, &validation, &end, &error);
    leave_signals(old);
    progress_end(&r->progress);
    r->seconds = progress_seconds(&r->progress);
    if (status != NN_OK) {
        rescue(r, &error);
        return false;
    }
    if (end == NN_NO_PROGRESS) r->end = TRAIN_NO_PROGRESS;
    else if (end == NN_STOPPED && r->end != TRAIN_GOAL) {
        r->end = TRAIN_STOPPED;
        r->signal = stopped_by;
    }
    return true;
}
