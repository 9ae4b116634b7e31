/* SPDX-License-Identifier: MIT */
#include "history.h"
#include "command.h"

#include <math.h>
#include <stdlib.h>

/* Of so many epochs every k-th is kept, k a power of 2. */
static size_t stride(size_t epochs)
{
    enum { MOST = 1000 };
    size_t k = 1;
    while (epochs / k > MOST) k *= 2;
    return k;
}

static void append(history *h, const history_epoch *epoch)
{
    if (h->count == h->room) {
        h->room = 2 * h->room + 64;
        h->epochs = resized(h->epochs, h->room, sizeof *h->epochs);
    }
    h->epochs[h->count++] = *epoch;
}

/* Leaves out what is between the steps. */
static void thin_out(history *h, size_t k)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++)
        if (h->epochs[i].epoch % k == 0 || h->epochs[i].epoch == 1) h->epochs[kept++] = h->epochs[i];
    h->count = kept;
}

/* Before an epoch is added: the one before it stands there only because it was the last. */
static void drop_last(history *h, size_t k)
{
    const size_t last = h->count > 0 ? h->epochs[h->count - 1].epoch : 1;
    if (last % k != 0 && last != 1) h->count--;
}

static double fraction(const nn_score *score)
{
    return score->samples > 0 ? (double)score->correct / (double)score->samples : NAN;
}

void history_add(history *h, const nn_epoch *epoch)
{
    const size_t k = stride(epoch->epoch);
    if (k != stride(epoch->epoch - 1)) thin_out(h, k);
    else drop_last(h, k);
    append(h, &(history_epoch){epoch->epoch, epoch->rate, epoch->training.cost, fraction(&epoch->training),
                               epoch->validation.samples > 0 ? epoch->validation.cost : NAN,
                               fraction(&epoch->validation), epoch->gradient_norm});
}

void history_free(history *h)
{
    free(h->epochs);
    *h = (history){NULL, 0, 0};
}

void history_note(const history *h, notes *n)
{
    notes_drop(n, "epoch");
    for (size_t k = 0; k < h->count; k++) {
        const history_epoch *e = &h->epochs[k];
        notes_add(n, "epoch", "%zu %.9g %.9g %.9g %.9g %.9g %.9g", e->epoch, e->rate, e->cost, e->right,
                  e->validation_cost, e->validation_right, e->norm);
    }
}

history history_read(const notes *n)
{
    history h = {NULL, 0, 0};
    const char *line;
    for (size_t at = 0; (line = notes_find(n, "epoch", &at)) != NULL;) {
        history_epoch e;
        if (sscanf(line, "%zu %lf %lf %lf %lf %lf %lf", &e.epoch, &e.rate, &e.cost, &e.right, &e.validation_cost,
                   &e.validation_right, &e.norm) != 7)
            break;
        append(&h, &e);
    }
    return h;
}
