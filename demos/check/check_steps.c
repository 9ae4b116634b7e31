/* SPDX-License-Identifier: MIT */
/* The step sweep of a gradient check, with what there is to see in it. */
#include "check_view.h"
#include "command.h"
#include "language.h"
#include "print.h"
#include "text_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ad_check_coordinate *coordinate_of(const check_view *v)
{
    for (size_t k = 0; k < v->report.count; k++) {
        char *name = check_coordinate_name(&v->subject, v->report.coordinates[k].index);
        const bool is_it = strcmp(name, v->steps->name) == 0;
        free(name);
        if (is_it) return &v->report.coordinates[k];
    }
    return NULL;
}

static char *explanation_of(const check_view *v)
{
    const step_sweep *s = v->steps;
    const ad_check_coordinate *c = coordinate_of(v);
    const ad_check_verdict verdict = c != NULL ? c->verdict : AD_CHECK_NONE;
    if (s->best == SWEEP_COUNT) return copied(_("There is nothing to see: no difference is a finite number."));
    if (verdict == AD_CHECK_FAIL && c->relative > v->options.tolerance) {
        char *off = step_sweep_magnitude(c->relative);
        char *text = formatted(_("However small the step, differences do not come nearer than about %s to the tape's "
                                 "gradient: by so much it is wrong."),
                               off);
        free(off);
        return text;
    }
    if (verdict == AD_CHECK_KINK)
        return copied(_("Differences do not come near the tape's gradient as they do elsewhere: there is a kink."));
    if (!isnan(s->slope))
        return formatted(_("To the right the formula of differences is too coarse: that error falls as h^2 (slope %.1f "
                           "here), for forward differences as h. To the left rounding is divided by ever smaller steps "
                           "and grows as 1/h."),
                         s->slope);
    return copied(
        _("Differences have no error but rounding here; divided by ever smaller steps, it grows as 1/h to the left."));
}

void check_print_steps(FILE *to, const check_view *v)
{
    char *heading = formatted(_("Steps: how near differences by %s come to the tape's gradient"), v->steps->name);
    put_heading(to, heading);
    if (v->steps->best < SWEEP_COUNT) step_sweep_print(to, v->steps, text_plot_columns(to), text_plot_has_unicode());
    char *note = explanation_of(v);
    put_wrapped(to, note, 0, 0);
    fputc('\n', to);
    free(note);
    free(heading);
}
