/* SPDX-License-Identifier: MIT */
/* `chainrule delta`: `chainrule explain --by=layer` for a network. */
#include "command.h"
#include "delta_view_argp.h"
#include "display_argp.h"
#include "help_text.h"
#include "language.h"
#include "option.h"

#include <argp.h>

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

enum { KEY_DIGITS = 256, KEY_JSON };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("How it is shown:"), 4},
    {"digits", KEY_DIGITS, "N", 0,
     N_("N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 4},
    {"json", KEY_JSON, NULL, 0, N_("Everything as JSON, with all digits"), 4},
    {0}};

typedef struct settings {
    delta_view_options view;
    int digits;
    bool is_json;
} settings;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->view; return 0;
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, _("'%s' is no option; a list has commas and no spaces"), argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int delta_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&delta_view_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, NULL, doc, children, help_text, LANGUAGE_DOMAIN};
    settings s = {.digits = 4, .view.network.seed = 1};
    delta_subject subject;
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    delta_view_make(&subject, &s.view, s.digits);
    (s.is_json ? delta_print_json : delta_print_text)(stdout, &subject.view);
    const bool agrees = subject.view.report.agrees;
    delta_subject_free(&subject, &s.view.network);
    return agrees ? CODE_OK : CODE_DATA;
}
