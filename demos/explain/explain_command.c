/* SPDX-License-Identifier: MIT */
/* `chainrule explain`: options, and which format is printed. */
#include "command.h"
#include "delta_view_argp.h"
#include "display_argp.h"
#include "explain_network.h"
#include "graph_argp.h"
#include "help_text.h"
#include "input.h"
#include "language.h"
#include "load.h"
#include "option.h"
#include "page.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char doc[] = N_(
    "Explains the chain rule, step by step with all numbers: on a formula, the value of every node (forward pass), the "
    "adjoint of every node (backward sweep), and the gradient beside finite differences; on a network, "
    "backpropagation, in the notation that you know and beside its closed form.\n") "\v" N_(
    "FORMULA is written as in C, with ^ for powers; `-' reads it from standard input. Statements such as "
    "`z = w*x + b; y = tanh(z)' give names to nodes; the last one is differentiated, or the one of --output. A VALUE is "
    "a number or a formula of numbers, such as pi/4. `chainrule ops' lists the functions.\n"
    "\n"
    "A network is given by options, or by MODEL, a file of chainrule train; the sample by --inputs and --targets, or it "
    "is a row of --data. What is not given is drawn from the seed. CONVENTION is whose notation, signs and cost it is "
    "shown in: logistic (or S0), squared (S1), half-mean (S2), row-minus-bias (S3), per-neuron (S4); `chainrule delta "
    "--help' says what they are.\n"
    "\n"
    "Examples:\n"
    "  chainrule explain 'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3\n"
    "  chainrule explain 'z = w*x + b; y = tanh(z)' w=0.5 x=2 b=-1 --output=z\n"
    "  chainrule explain --digits=10 'sin(x)/x' x=pi/4\n"
    "  chainrule explain --json 'log(a) - log(b)' a=3 b=2\n"
    "  chainrule explain --svg=graph.svg 'x*y + sin(x)' x=1 y=2\n"
    "  chainrule explain --html=page.html 'x*y + sin(x)' x=1 y=2\n"
    "  echo 'max(x, y)^2' | chainrule explain - x=1 y=3\n"
    "Networks, layer by layer, neuron by neuron, and node by node along the tape:\n"
    "  chainrule explain --sizes=2,3,1\n"
    "  chainrule explain --sizes=2,2,1 --by=neuron --convention=S4 --rate=0.1\n"
    "  chainrule explain --sizes=2,2,1 --by=node --convention=S2\n"
    "  chainrule explain --sizes=4,3,2,1 --convention=S0 --no-bias --paths=2,2\n"
    "  chainrule explain --sizes=64,10,10 --output=softmax --data=digits --row=7\n"
    "Mazur's \"A step by step backpropagation example\": the cost falls from 0.298371109 to 0.291027774:\n"
    "  chainrule explain --by=neuron --convention=per-neuron --sizes=2,2,2 \\\n"
    "    --weights=.15,.20,.25,.30,.40,.45,.50,.55 --biases=.35,.35,.60,.60 \\\n"
    "    --inputs=.05,.10 --targets=.01,.99 --rate=.5 --hold-biases --digits=9\n"
    "\n"
    "Exit codes: 0 all went well; 1 an error in the formula, a value, a name, a file or a network, or tape and closed "
    "form do not agree, or the output could not be written; 2 the command was called wrongly.\n");
/* clang-format on */

enum { KEY_DIGITS = 256, KEY_JSON, KEY_HTML, KEY_FORWARD, KEY_LOAD, KEY_BY };

static const struct argp_option options[] = {
    {"by", KEY_BY, "WHAT", 0, N_("Of a network: by layer (default), neuron or node"), 1},
    {"forward", KEY_FORWARD, NULL, 0, N_("Stop after the forward pass: adjoints are not computed"), 1},
    {"load", KEY_LOAD, "FILE", 0, LOAD_TEXT, 1},
    {NULL, 0, NULL, 0, N_("How it is shown:"), 4},
    {"digits", KEY_DIGITS, "N", 0,
     N_("Show N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 4},
    {"json", KEY_JSON, NULL, 0, N_("Print everything as JSON, with all digits"), 4},
    {"html", KEY_HTML, "FILE", 0, N_("Write a page to FILE on which both passes can be stepped through"), 4},
    {0}};

typedef enum explain_by { BY_LAYER, BY_NEURON, BY_NODE } explain_by;

typedef struct settings {
    bool is_json;
    const char *html; /* NULL: no page */
    graph_options graph;
    explain_by by;
    int digits;
    bool has_by, forward_only, is_network;
    delta_view_options network; /* its output is that of a formula, too */
    const char *formula;        /* or a model's file; NULL: neither */
    char **assignments;
    size_t assignment_count;
    load_list loads;
} settings;

/* ------------------------------------------------------------------------------------- options */

static void check_formats(struct argp_state *state, const settings *s)
{
    const char *graph = graph_on_output(&s->graph);
    const char *picture = s->html != NULL ? "--html" : graph;
    if (s->network.path_layer > 0 && picture != NULL)
        argp_error(state, _("--paths and %s exclude each other"), picture);
    if (s->is_json && s->html != NULL) argp_error(state, _("--json and %s exclude each other"), "--html");
    if (s->is_json && graph != NULL) argp_error(state, _("--json and %s exclude each other"), graph);
}

static const char *by_name(int k)
{
    static const char *const names[] = {"layer", "neuron", "node"};
    return names[k];
}

static void choose_by(struct argp_state *state, settings *s, const char *argument)
{
    s->by = (explain_by)option_choice(state, "by", argument, by_name, BY_NODE + 1);
    s->has_by = true;
}

static void sort_out(struct argp_state *state, settings *s)
{
    const char *option = s->has_by ? "by" : delta_view_network(&s->network);
    s->is_network =
        network_is_meant(state, &s->network.network, option, s->formula, s->assignments, s->assignment_count);
    if (s->is_network && s->loads.count > 0) argp_error(state, _("--load is for formulas, not for a network"));
    if (!s->is_network && s->network.network.has_seed)
        argp_error(state, _("--seed is for networks, not for a formula"));
    if (s->forward_only && s->network.rate > 0)
        argp_error(state, _("--forward stops before the gradient, which --rate needs"));
    if (s->forward_only && s->network.path_layer > 0)
        argp_error(state, _("--forward stops before the backward pass, which --paths is about"));
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &s->network;
        state->child_inputs[2] = &s->graph;
        return 0;
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case KEY_HTML:
        if (*argument == '\0') argp_error(state, _("%s= needs the name of a file"), "--html");
        s->html = argument;
        return 0;
    case KEY_FORWARD: s->forward_only = true; return 0;
    case KEY_LOAD: load_add(&s->loads, argument); return 0;
    case KEY_BY: choose_by(state, s, argument); return 0;
    case ARGP_KEY_ARG:
        if (s->formula == NULL) s->formula = argument;
        else s->assignments[s->assignment_count++] = argument;
        return 0;
    case ARGP_KEY_END:
        sort_out(state, s);
        check_formats(state, s);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --------------------------------------------------------------------------------------- main path */

static void write_page(explanation *x, const settings *s)
{
    const char *title = s->is_network ? _("Backpropagation, step by step") : _("The chain rule, step by step");
    const page p = {.title = title, .graph = x, .digits = s->digits};
    if (!page_write(s->html, &p)) exit(CODE_DATA);
}

/* A page, and a graph on standard output, stand for the text; a graph in a file comes beside it. False: there is text
 * to print. */
static bool print_elsewhere(explanation *x, const settings *s)
{
    graph_options_write(&s->graph, x, s->digits);
    if (s->html != NULL) write_page(x, s);
    return s->html != NULL || graph_on_output(&s->graph) != NULL;
}

static void print_nodes(const explanation *x, const settings *s)
{
    if (s->is_json) print_json(stdout, x);
    else if (s->is_network) print_by_node(stdout, x);
    else print_text(stdout, x, s->digits);
}

static void print_neurons(const explanation *x, const settings *s)
{
    if (s->is_json) print_neurons_json(stdout, x);
    else print_by_neuron(stdout, x);
}

static void print_layers(delta_view *v, const settings *s)
{
    if (s->is_json) delta_print_json(stdout, v);
    else delta_print_text(stdout, v);
}

/* By node or by neuron, on a page or as a graph. False: layer by layer, as text, is still to be printed. */
static bool explain_nodes(const delta_view *v, const settings *s)
{
    explanation x;
    explain_network(&x, v);
    const bool is_elsewhere = print_elsewhere(&x, s);
    if (!is_elsewhere && s->by == BY_NODE) print_nodes(&x, s);
    if (!is_elsewhere && s->by == BY_NEURON) print_neurons(&x, s);
    explanation_free(&x);
    return is_elsewhere || s->by != BY_LAYER;
}

/* Layers alone need no explanation of every node. */
static int explain_a_network(settings *s)
{
    delta_subject subject;
    delta_view_make(&subject, &s->network, s->digits);
    subject.view.forward_only = s->forward_only;
    const bool agrees = subject.view.report.agrees;
    const bool needs_nodes = s->by != BY_LAYER || s->html != NULL || graph_is_wanted(&s->graph);
    if (!needs_nodes || !explain_nodes(&subject.view, s)) print_layers(&subject.view, s);
    delta_subject_free(&subject, &s->network.network);
    return agrees ? CODE_OK : CODE_DATA;
}

static void explain_a_formula(settings *s)
{
    char *input = strcmp(s->formula, "-") == 0 ? read_formula() : NULL;
    const char *formula = input != NULL ? input : formula_typed(s->formula), *output = s->network.network.output;
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    load_operations(tape, &s->loads);
    for (size_t k = 0; k < s->assignment_count; k++) record_assignment(tape, s->assignments[k]);
    ad_var out = record_formula(tape, formula, "explain");
    if (output != NULL) out = node_called(tape, output);
    warn_of_unused_values(tape, out, s->assignment_count);
    explanation x;
    explain(&x, formula, out, s->forward_only);
    if (!print_elsewhere(&x, s)) print_nodes(&x, s);
    explanation_free(&x);
    ad_tape_free(tape);
    free(input);
}

int explain_command(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&delta_view_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {&graph_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, N_("FORMULA [NAME=VALUE...]\nMODEL\n--sizes=LIST"), doc, children, help_text, LANGUAGE_DOMAIN};
    settings s = {.digits = 4, .network.network.seed = 1, .assignments = resized(NULL, (size_t)argc, sizeof(char *))};
    int code = CODE_OK;
    hide_formulas(argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    if (s.is_network) code = explain_a_network(&s);
    else explain_a_formula(&s);
    free(s.assignments);
    return code;
}
