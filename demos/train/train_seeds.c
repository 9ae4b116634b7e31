/* SPDX-License-Identifier: MIT */
/* `chainrule train --seeds`: how much the start decides. */
#include "command.h"
#include "print.h"
#include "train.h"

#include <stdlib.h>

/* Numbers of all trainings, to be sorted. */
typedef struct collection {
    double *x;
    size_t count;
} collection;

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* "least, median and most" of the numbers. */
static void print_spread(const char *what, const collection *c)
{
    char least[NUMBER_SIZE], median[NUMBER_SIZE], most[NUMBER_SIZE];
    if (c->count == 0) return;
    qsort(c->x, c->count, sizeof *c->x, by_size);
    const double middle = c->count % 2 == 1 ? c->x[c->count / 2] : (c->x[c->count / 2 - 1] + c->x[c->count / 2]) / 2;
    printf("  %-16s  %-10s  %-10s  %s\n", what, show_number(least, c->x[0], 4), show_number(median, middle, 4),
           show_number(most, c->x[c->count - 1], 4));
}

static void add(collection *c, double x) { c->x[c->count++] = x; }

static void judge(const training *r, collection *costs, collection *rights)
{
    const material_view view = material_judged(&r->m);
    outcome o = outcome_of(&r->t, view.data, view.part);
    add(costs, o.mean_cost);
    if (trained_has_classes(&r->t)) add(rights, 100 * (double)o.correct / (double)o.samples);
    outcome_free(&o);
}

/* False: stopped by a signal. */
static bool train_once(const train_settings *s, collection *costs, collection *rights, collection *reached)
{
    training r = {.s = s};
    train_begin(&r);
    r.progress = progress_new(NULL, NULL, nn_trainer_options(r.t.model.trainer)->epochs, 1);
    const bool is_good = train_run(&r), goes_on = r.end != TRAIN_STOPPED;
    if (is_good && goes_on) {
        trained_use_best(&r.t);
        judge(&r, costs, rights);
        if (r.end == TRAIN_GOAL) add(reached, (double)r.history.epochs[r.history.count - 1].epoch);
    }
    train_free(&r);
    return goes_on;
}

void train_seeds(const train_settings *s)
{
    train_settings one = *s;
    collection costs = {resized(NULL, s->seeds, sizeof(double)), 0};
    collection rights = {resized(NULL, s->seeds, sizeof(double)), 0};
    collection reached = {resized(NULL, s->seeds, sizeof(double)), 0};
    size_t done = 0;
    for (; done < s->seeds; done++) {
        one.training.seed = s->training.seed + done;
        if (!train_once(&one, &costs, &rights, &reached)) break;
    }
    printf("%zu trainings, with seeds %llu to %llu\n", done, (unsigned long long)s->training.seed,
           (unsigned long long)(s->training.seed + done - (done > 0)));
    if (s->training.goal > 0) printf("%zu of them reached the goal, a cost of %g\n", reached.count, s->training.goal);
    printf("%s\n  %-16s  %-10s  %-10s  %s%s\n", start_of(COLOUR_HEADING), "", "least", "median", "most",
           end_of(COLOUR_HEADING));
    print_spread("cost", &costs);
    print_spread("right, percent", &rights);
    print_spread("epochs to goal", &reached);
    free(costs.x);
    free(rights.x);
    free(reached.x);
}
