/* SPDX-License-Identifier: MIT */
/* What a gradient check is of: names, values, derivatives; and its check, with a live line on a terminal. */
#include "check_subject.h"
#include "command.h"
#include "language.h"
#include "library_text.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------ names */

static char *node_name(const check_subject *s, ad_var node)
{
    char text[100];
    if (s->net != NULL) return copied(nn_describe(s->net, node, text, sizeof text));
    return ad_name_of(node) != NULL ? copied(ad_name_of(node)) : formatted("v%u", node.index);
}

char *check_coordinate_name(const check_subject *s, size_t index) { return node_name(s, ad_at(s->x, index)); }

char *check_output_name(const check_subject *s)
{
    return s->net != NULL ? copied("the mean cost") : node_name(s, s->y);
}

const char *check_method_name(int k)
{
    static const char *const names[] = {"differences", "complex", "taylor", "dot", "nodes"};
    return k >= 0 && k < (int)(sizeof names / sizeof *names) ? names[k] : NULL;
}

size_t check_find(const check_subject *s, const char *name)
{
    for (size_t k = 0; k < s->x.count; k++) {
        char *own = check_coordinate_name(s, k);
        const bool found = strcmp(own, name) == 0;
        free(own);
        if (found) return k;
    }
    return s->x.count;
}

/* ------------------------------------------------------------------------------------------ check */

static bool show_progress(void *user, size_t done, size_t all)
{
    waiting_show(user, all > 0 ? (double)done / (double)all : 0);
    return true;
}

void check_make(const check_subject *s, const ad_gradcheck_options *how, ad_gradcheck_report *report)
{
    nn_error error;
    waiting wait = waiting_begin(stderr, _("checking"));
    ad_gradcheck_options options = *how;
    options.progress = show_progress;
    options.user = &wait;
    if (s->net == NULL) {
        const ad_status status = ad_gradcheck_recorded(s->y, s->x, &options, report);
        waiting_end(&wait);
        if (status != AD_OK)
            die(CODE_DATA, "%s", library_text(*report->message != '\0' ? report->message : ad_tape_message(s->tape)));
    } else {
        const nn_status status = nn_gradcheck(s->net, &s->data, NULL, s->data.samples, 0, &options, report, &error);
        waiting_end(&wait);
        if (status != NN_OK) die(CODE_DATA, "%s", library_text(error.message));
    }
}

/* ----------------------------------------------------------------------------------------- a sweep */

typedef struct coordinate {
    const check_subject *s;
    ad_var leaf;
} coordinate;

static double value_at(void *user, double x)
{
    const coordinate *c = user;
    nn_score score;
    nn_error error;
    if (ad_set(c->leaf, x) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(c->s->tape)));
    if (c->s->net != NULL) {
        if (!isfinite(x)) return NAN;
        const nn_status status = nn_evaluate(c->s->net, &c->s->data, &score, &error);
        if (status != NN_OK && status != NN_ERR_NONFINITE) die(CODE_DATA, "%s", library_text(error.message));
        return status == NN_OK ? score.cost : NAN;
    }
    if (ad_reevaluate(c->s->tape, NULL) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(c->s->tape)));
    return ad_value(c->s->y);
}

static double gradient_at(const check_subject *s, ad_var leaf)
{
    nn_error error;
    if (s->net == NULL && ad_backward(s->y) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(s->tape)));
    if (s->net != NULL && nn_gradient(s->net, &s->data, NULL, s->data.samples, 0, NULL, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    return ad_grad(leaf);
}

void check_sweep(const check_subject *s, size_t index, const char *name, step_sweep *steps)
{
    coordinate c = {s, ad_at(s->x, index)};
    const double x = ad_value(c.leaf), gradient = gradient_at(s, c.leaf);
    steps->name = name;
    step_sweep_make(steps, value_at, &c, x, gradient);
    value_at(&c, x);
}
