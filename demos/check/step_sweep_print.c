/* SPDX-License-Identifier: MIT */
/* The plot of a step sweep in characters: a row for each decade of the error, a few columns for each of the step. */
#include "language.h"
#include "step_sweep.h"
#include "text_plot.h"

#include <stdlib.h>

/* Forward differences are a smooth curve, half as many points of which can be seen as well. */
static size_t take_half(const double *all, double half[SWEEP_COUNT])
{
    size_t count = 0;
    for (size_t k = 0; k < SWEEP_COUNT; k += 2) half[count++] = all[k];
    return count;
}

/* Errors of 0 can be seen too. */
static void put_floor(double errors[SWEEP_COUNT], double least)
{
    for (size_t k = 0; k < SWEEP_COUNT; k++)
        if (errors[k] < least) errors[k] = least;
}

void step_sweep_print(FILE *to, const step_sweep *s, size_t columns, bool is_unicode)
{
    static const double least = 1e-16, most = 1;
    double central[SWEEP_COUNT], forward[SWEEP_COUNT] = {0}, h[SWEEP_COUNT];
    for (size_t k = 0; k < SWEEP_COUNT; k++) central[k] = s->central[k];
    const size_t half = take_half(s->h, h);
    take_half(s->forward, forward);
    put_floor(central, least);
    put_floor(forward, least);
    const curve curves[] = {{_("central differences"), s->h, central, SWEEP_COUNT, true},
                            {_("forward differences"), h, forward, half, true}};
    char *note = step_sweep_has_best(s) ? step_sweep_best_text(s) : NULL;
    text_plot_print(to,
                    &(plot){.x_label = "h",
                            .y_label = _("relative error"),
                            .is_log_x = true,
                            .is_log_y = true,
                            .curves = curves,
                            .count = 2,
                            .x_range = {s->h[0], s->h[SWEEP_COUNT - 1]},
                            .y_range = {least, most},
                            .note = note,
                            .note_x = s->best < SWEEP_COUNT ? s->h[s->best] : 1},
                    columns, is_unicode);
    free(note);
}
