/* SPDX-License-Identifier: MIT */
/* `chainrule delta`: options, and which format is printed. */
#include "delta_argp.h"
#include "command.h"
#include "delta_view.h"
#include "display_argp.h"
#include "language.h"
#include "number.h"
#include "option.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char doc[] = N_(
    "Checks backpropagation on one sample of a small network: every weighted input z, activation a, δ and gradient, "
    "from the tape and from the closed formulas, side by side, in the notation that you know.\n") "\v" N_(
    "Books and courses write backpropagation down in different ways. CONVENTION is\n"
    "  logistic        δ = a − y of matched pairs, cross-entropy on a sigmoid or\n"
    "                  on softmax; Θ from layer l to l + 1, layers from 1.\n"
    "                  --paths shows δ as the sum over all paths to the cost\n"
    "  squared         C = Σ (a − y)² with its factor 2; dz, dW, db and da\n"
    "  half-mean       C = ½ ‖y − a‖², the four equations BP1 to BP4; also\n"
    "                  with the other costs of squares\n"
    "  row-minus-bias  row vectors, x W − b with biases subtracted; ∂E/∂b\n"
    "  per-neuron      neuron by neuron, w from p to q; δ = −(t − o) f′(z)\n"
    "Without it, it is the first that knows the cost and the output. Without a cost, the cost is the convention's.\n"
    "\n"
    "A list has commas between its elements. Weights stand neuron by neuron: all those that lead into the first, then "
    "those into the second. For row-minus-bias they are the matrices W row by row, and the biases are subtracted. What "
    "is not given is drawn from the seed.\n"
    "\n"
    "Examples:\n"
    "  chainrule delta\n"
    "  chainrule delta --paths=2,2 --sizes=2,2,2,1 --no-bias\n"
    "  chainrule delta --convention=row-minus-bias --sizes=3,5,4,3 --entries=4\n"
    "  chainrule delta --sizes=2,4,4,1 --activation=relu --skip=0,1,0 --entries=4\n"
    "  chainrule delta --sizes=1,1,1 --weights=40,1 --biases=0,0 --inputs=1 \\\n"
    "    --targets=0\n"
    "  chainrule delta --output=softmax --sizes=4,3 --json\n"
    "  chainrule delta --data=digits --row=7 --sizes=64,10,10 --output=softmax\n"
    "Mazur's \"A step by step backpropagation example\", with the step at its end:\n"
    "  chainrule delta --convention=per-neuron --sizes=2,2,2 --digits=9 \\\n"
    "    --weights=.15,.20,.25,.30,.40,.45,.50,.55 --biases=.35,.35,.60,.60 \\\n"
    "    --inputs=.05,.10 --targets=.01,.99 --rate=.5 --hold-biases\n"
    "\n"
    "Exit codes: 0 tape and closed form agree; 1 they do not, or a number is not finite, or there is no such network, "
    "or the output could not be written; 2 the command was called wrongly.\n");
/* clang-format on */

enum { KEY_CONVENTION = 256, KEY_PATHS, KEY_RATE, KEY_HOLD_BIASES, KEY_DIGITS, KEY_ENTRIES, KEY_JSON };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("What is computed:"), 1},
    {"convention", KEY_CONVENTION, "CONVENTION", 0, N_("Whose notation, cost and signs: see below"), 1},
    {"paths", KEY_PATHS, "L,J", 0,
     N_("Show δ of unit J of layer L as the sum over all paths to the cost; for logistic"), 1},
    {"rate", KEY_RATE, "ETA", 0, N_("Show one step down the gradient with this learning rate"), 1},
    {"hold-biases", KEY_HOLD_BIASES, NULL, 0, N_("The step changes the weights only"), 1},
    {NULL, 0, NULL, 0, N_("How it is shown:"), 4},
    {"digits", KEY_DIGITS, "N", 0,
     N_("N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 4},
    {"entries", KEY_ENTRIES, "N", 0, N_("At most N entries of each vector or matrix (default 12)"), 4},
    {"json", KEY_JSON, NULL, 0, N_("Everything as JSON, with all digits"), 4},
    {0}};

typedef struct settings {
    delta_options options;
    int digits;
    size_t entries, path_layer, path_unit;
    double rate;
    bool hold_biases, is_json;
} settings;

/* ------------------------------------------------------------------------------------- options */

static void choose_paths(struct argp_state *state, settings *s, const char *argument)
{
    const char *comma = strchr(argument, ',');
    if (comma == NULL) argp_error(state, _("--paths=%s: expected a layer and a neuron, as in 2,1"), argument);
    char *layer = formatted("%.*s", (int)(comma - argument), argument);
    s->path_layer = (size_t)option_within(state, "paths", layer, 2, 1e6);
    s->path_unit = (size_t)option_within(state, "paths", comma + 1, 1, 1e6);
    free(layer);
}

static void choose_rate(struct argp_state *state, settings *s, const char *argument)
{
    if (!read_number(argument, &s->rate) || !(s->rate > 0) || !isfinite(s->rate))
        argp_error(state, _("--rate=%s: expected a number above 0"), argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    delta_options *o = &s->options;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; return 0;
    case KEY_CONVENTION: o->convention = argument; return 0;
    case KEY_PATHS: choose_paths(state, s, argument); return 0;
    case KEY_RATE: choose_rate(state, s, argument); return 0;
    case KEY_HOLD_BIASES: s->hold_biases = true; return 0;
    case KEY_DIGITS: s->digits = (int)option_within(state, "digits", argument, 1, 17); return 0;
    case KEY_ENTRIES: s->entries = (size_t)option_within(state, "entries", argument, 1, 1e9); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, _("'%s' is no option; a list has commas and no spaces"), argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --------------------------------------------------------------------------------------- main path */

static bool run(settings *s)
{
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    delta_problem p = delta_problem_of(&s->options, tape);
    delta_view v = {.net = p.net,
                    .convention = p.convention,
                    .x = p.x,
                    .y = p.y,
                    .from = p.from,
                    .digits = s->digits,
                    .entries = s->entries,
                    .rate = s->rate,
                    .hold_biases = s->hold_biases,
                    .path_layer = s->path_layer,
                    .path_unit = s->path_unit};
    nn_error error;
    if (nn_check_delta(p.net, p.convention, p.x, p.y, &v.report, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    const bool agrees = v.report.agrees;
    if (s->is_json) delta_print_json(stdout, &v);
    else delta_print_text(stdout, &v);
    nn_delta_report_free(&v.report);
    delta_problem_free(&p, &s->options);
    ad_tape_free(tape);
    return agrees;
}

int delta_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&delta_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, NULL, doc, children, NULL, LANGUAGE_DOMAIN};
    settings s = {.digits = 4, .entries = 12, .options.seed = 1};
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    const char *logistic = nn_convention_name(NN_LOGISTIC);
    if (s.path_layer > 0 && s.options.convention == NULL) s.options.convention = logistic;
    if (s.path_layer > 0 && strcmp(s.options.convention, logistic) != 0)
        die(CODE_USAGE, _("--paths goes with --convention=%s, not with %s"), logistic, s.options.convention);
    return run(&s) ? CODE_OK : CODE_DATA;
}
