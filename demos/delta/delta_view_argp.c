/* SPDX-License-Identifier: MIT */
#include "delta_view_argp.h"
#include "command.h"
#include "help_text.h"
#include "input.h"
#include "language.h"
#include "option.h"

#include <math.h>
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
    if (!option_pair(state, "paths", argument, 2, &o->path_layer, &o->path_unit))
        argp_error(state, _("--paths=%s: expected a layer and a neuron, as in 2,1"), argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    delta_view_options *o = state->input;
    if (argument != NULL) argument = formula_typed(argument);
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->network; return 0;
    case KEY_CONVENTION: o->network.convention = argument; return 0;
    case KEY_PATHS: choose_paths(state, o, argument); return 0;
    case KEY_RATE: o->rate = option_number(state, "rate", argument, (option_range){0, INFINITY, true}); return 0;
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

void delta_view_make(delta_subject *s, delta_view_options *o, int digits)
{
    choose_convention(o);
    if (o->hold_biases && !(o->rate > 0)) die(CODE_USAGE, _("--hold-biases needs --rate"));
    delta_subject_make(s, &o->network, digits);
    if (o->entries > 0) s->view.entries = o->entries;
    s->view.rate = o->rate;
    s->view.hold_biases = o->hold_biases;
    s->view.path_layer = o->path_layer;
    s->view.path_unit = o->path_unit;
}
