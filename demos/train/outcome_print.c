/* SPDX-License-Identifier: MIT */
#include "outcome_print.h"
#include "command.h"
#include "confusion.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>

static void print_numbers(FILE *to, const outcome *o)
{
    char mean[NUMBER_SIZE], root[NUMBER_SIZE];
    fprintf(to, "mean error %s, root of the mean square %s\n", show_number(mean, o->mean_error, 4),
            show_number(root, o->root_mean_square, 4));
    for (size_t k = 0; k < o->outputs; k++) {
        if (isnan(o->r_squared[k])) continue;
        fprintf(to, "  R^2 %.4f", o->r_squared[k]);
        if (o->outputs > 1 && o->data->targets != NULL) fprintf(to, " of %s", o->data->targets[k]);
        fputc('\n', to);
    }
}

static void print_classes(FILE *to, const outcome *o)
{
    char *right = count_text(o->correct);
    fprintf(to, "%s%s right, %.2f %%%s, cost %.4g\n", start_of(COLOUR_NUMBER), right,
            100 * (double)o->correct / (double)o->samples, end_of(COLOUR_NUMBER), o->mean_cost);
    confusion_print(to, o);
    free(right);
}

void outcome_print(FILE *to, const outcome *o, const char *what)
{
    enum { MOST_MISTAKES = 5 };
    char *samples = count_text(o->samples);
    fprintf(to, "\n%s%s %s%ssample%s:%s ", start_of(COLOUR_HEADING), samples, what, *what != '\0' ? " " : "",
            o->samples == 1 ? "" : "s", end_of(COLOUR_HEADING));
    free(samples);
    if (o->predicted != NULL) print_classes(to, o);
    else print_numbers(to, o);
    mistakes_print(to, o, MOST_MISTAKES);
}
