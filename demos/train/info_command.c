/* SPDX-License-Identifier: MIT */
/* `chainrule info`: what is in a model file. */
#include "command.h"
#include "display_argp.h"
#include "info.h"
#include "language.h"
#include "picture_argp.h"
#include "plots.h"

#include <argp.h>
#include <math.h>

static const char doc[] =
    "Says what is in a model file: the network, its parameters layer by layer, the scaling of its inputs, its classes, "
    "and what is known of its training.\n"
    "\v"
    "Examples (with a model of chainrule train):\n"
    "  chainrule info digits.model\n"
    "  chainrule info digits.model --weights=weights.png --curves=curves.svg\n"
    "  chainrule info --json digits.model\n"
    "\n"
    "The format of model files is described in nn/model.md.\n"
    "\n"
    "Exit codes: 0 all went well; 1 the model is missing or wrong, or something could not be written; 2 the command "
    "was called wrongly.\n";

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print everything but the parameters as JSON", 1},
    {NULL, 0, NULL, 0, PICTURES_HEADING, PICTURES},
    {0}};

typedef struct settings {
    const char *model;
    bool has_json;
    picture_options pictures;
} settings;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->pictures; return 0;
    case KEY_JSON: s->has_json = true; return 0;
    case ARGP_KEY_ARG:
        if (s->model != NULL) argp_error(state, "'%s' is one name too many", argument);
        s->model = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which model?"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

spread spread_of(ad_span parameters)
{
    const double *p = ad_values(parameters), n = (double)parameters.count;
    spread s = {parameters.count, 0, 0, INFINITY, -INFINITY};
    for (size_t k = 0; k < s.count; k++) {
        s.mean += p[k] / n;
        s.least = fmin(s.least, p[k]);
        s.most = fmax(s.most, p[k]);
    }
    for (size_t k = 0; k < s.count; k++) s.deviation += (p[k] - s.mean) * (p[k] - s.mean) / n;
    s.deviation = sqrt(s.deviation);
    return s;
}

static bool draw_pictures(const trained *t, const picture_options *p)
{
    bool good = true;
    history h = history_read(&t->notes);
    picture_options_check(p);
    if (p->curves != NULL && h.count == 0) die(CODE_DATA, "--curves: the model's file does not tell of its epochs");
    if (p->curves != NULL) good = plot_curves(p->curves, t, &h) && good;
    if (p->weights != NULL) good = plot_weights(p->weights, t) && good;
    history_free(&h);
    return good;
}

int info_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&model_picture_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "MODEL", doc, children, NULL, LANGUAGE_DOMAIN};
    settings s = {.model = NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    trained t = trained_load(s.model);
    trained_use_best(&t);
    if (s.has_json) info_print_json(&t, s.model);
    else info_print_text(&t, s.model);
    const bool good = draw_pictures(&t, &s.pictures);
    trained_free(&t);
    return good ? CODE_OK : CODE_DATA;
}
