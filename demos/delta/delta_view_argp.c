/* SPDX-License-Identifier: MIT */
#include "delta_view_argp.h"
#include "command.h"
#include "help_text.h"
#include "language.h"
#include "library_text.h"
#include "number.h"
#include "option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CONVENTION = 0x4000, KEY_PATHS, KEY_RATE, KEY_HOLD_BIASES, KEY_ENTRIES };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("What is computed:"), 1},
    {"convention", KEY_CONVENTION, "CONVENTION", 0, N_("Whose notation, cost and signs: see below"), 1},
    {"paths", KEY_PATHS, "L,J", 0,
     N_("Show δ of unit J of layer L as the sum over all paths to the cost; for logistic"), 1},
    {"rate", KEY_RATE, "ETA", 0, N_("Show one step down the gradient with this learning rate, η"), 1},
    {"learning-rate", 0, NULL, OPTION_ALIAS, NULL, 1},
    {"hold-biases", KEY_HOLD_BIASES, NULL, 0, N_("The step changes the weights only"), 1},
    {"entries", KEY_ENTRIES, "N", 0, N_("At most N entries of each vector or matrix (default 12)"), 4},
    {0}};

static void choose_paths(struct argp_state *state, delta_view_options *o, const char *argument)
{
    const char *comma = strchr(argument, ',');
    if (comma == NULL) argp_error(state, _("--paths=%s: expected a layer and a neuron, as in 2,1"), argument);
    char *layer = formatted("%.*s", (int)(comma - argument), argument);
    o->path_layer = (size_t)option_within(state, "paths", layer, 2, 1e6);
    o->path_unit = (size_t)option_within(state, "paths", comma + 1, 1, 1e6);
    free(layer);
}

static void choose_rate(struct argp_state *state, delta_view_options *o, const char *argument)
{
    if (!read_number(argument, &o->rate) || !(o->rate > 0) || !isfinite(o->rate))
        argp_error(state, _("--rate=%s: expected a number above 0"), argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    delta_view_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->network; return 0;
    case KEY_CONVENTION: o->network.convention = argument; return 0;
    case KEY_PATHS: choose_paths(state, o, argument); return 0;
    case KEY_RATE: choose_rate(state, o, argument); return 0;
    case KEY_HOLD_BIASES: o->hold_biases = true; return 0;
    case KEY_ENTRIES: o->entries = (size_t)option_within(state, "entries", argument, 1, 1e9); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&delta_argp, 0, NULL, 0}, {0}};
const struct argp delta_view_argp = {options, parse, NULL, NULL, children, help_text, LANGUAGE_DOMAIN};

const char *delta_view_network(const delta_view_options *o)
{
    if (o->network.convention != NULL) return "convention";
    if (o->path_layer > 0) return "paths";
    if (o->rate > 0) return "rate";
    if (o->hold_biases) return "hold-biases";
    if (o->entries > 0) return "entries";
    return delta_argp_network(&o->network);
}

/* ------------------------------------------------------------------------------------- the subject */

/* The sum over paths is the logistic convention's. */
static void choose_convention(delta_view_options *o)
{
    const char *logistic = nn_convention_name(NN_LOGISTIC), **chosen = &o->network.convention;
    if (o->path_layer == 0) return;
    if (*chosen == NULL) *chosen = logistic;
    if (strcmp(delta_convention_word(*chosen), logistic) != 0)
        die(CODE_USAGE, _("--paths goes with --convention=%s, not with %s"), logistic, *chosen);
}

void delta_subject_make(delta_subject *s, delta_view_options *o, int digits)
{
    enum { ENTRIES = 12 };
    nn_error error;
    choose_convention(o);
    if (o->hold_biases && !(o->rate > 0)) die(CODE_USAGE, _("--hold-biases needs --rate"));
    s->tape = ad_tape_new();
    if (s->tape == NULL) die(CODE_DATA, _("out of memory"));
    s->problem = delta_problem_of(&o->network, s->tape);
    const delta_problem *p = &s->problem;
    s->view = (delta_view){.net = p->net,
                           .convention = p->convention,
                           .x = p->x,
                           .y = p->y,
                           .from = p->from,
                           .digits = digits,
                           .entries = o->entries > 0 ? o->entries : ENTRIES,
                           .rate = o->rate,
                           .hold_biases = o->hold_biases,
                           .path_layer = o->path_layer,
                           .path_unit = o->path_unit};
    if (nn_check_delta(p->net, p->convention, p->x, p->y, &s->view.report, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
}

void delta_subject_free(delta_subject *s, delta_view_options *o)
{
    nn_delta_report_free(&s->view.report);
    delta_problem_free(&s->problem, &o->network);
    ad_tape_free(s->tape);
}
