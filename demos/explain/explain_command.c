/* SPDX-License-Identifier: MIT */
/* `chainrule explain`: options, and which format is printed. */
#include "command.h"
#include "display_argp.h"
#include "explanation.h"
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
    "Explains the chain rule on a formula: the value of every node (forward pass), the adjoint of every node "
    "(backward sweep, step by step), and the gradient beside central finite differences.\n") "\v" N_(
    "FORMULA is written as in C, with ^ for powers; `-' reads it from standard input. Statements such as "
    "`z = w*x + b; y = tanh(z)' give names to nodes; the last one is differentiated. A VALUE is a number or a "
    "formula of numbers, such as pi/4. `chainrule ops' lists the functions.\n"
    "\n"
    "Examples:\n"
    "  chainrule explain 'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3\n"
    "  chainrule explain 'z = w*x + b; y = tanh(z)' w=0.5 x=2 b=-1 --output=z\n"
    "  chainrule explain --digits=10 'sin(x)/x' x=pi/4\n"
    "  chainrule explain --json 'log(a) - log(b)' a=3 b=2\n"
    "  chainrule explain --svg=graph.svg 'x*y + sin(x)' x=1 y=2\n"
    "  chainrule explain --html=page.html 'x*y + sin(x)' x=1 y=2\n"
    "  echo 'max(x, y)^2' | chainrule explain - x=1 y=3\n"
    "\n"
    "Exit codes: 0 all went well; 1 an error in the formula, a value or a name, or the output could not be "
    "written; 2 the command was called wrongly.\n");
/* clang-format on */

enum { KEY_DIGITS = 256, KEY_JSON, KEY_HTML, KEY_FORWARD, KEY_OUTPUT, KEY_LOAD };

static const struct argp_option options[] = {
    {"digits", KEY_DIGITS, "N", 0,
     N_("Show N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 0},
    {"output", KEY_OUTPUT, "NAME", 0, N_("Differentiate the node called NAME instead of the last statement"), 0},
    {"forward", KEY_FORWARD, NULL, 0, N_("Stop after the forward pass: adjoints are not computed"), 0},
    {"json", KEY_JSON, NULL, 0, N_("Print everything as JSON, with all digits"), 0},
    {"html", KEY_HTML, "FILE", 0, N_("Write a page to FILE on which both passes can be stepped through"), 0},
    {"load", KEY_LOAD, "FILE", 0, LOAD_TEXT, 0},
    {0}};

typedef struct settings {
    bool is_json;
    const char *html; /* NULL: no page */
    graph_options graph;
    int digits;
    bool forward_only;
    const char *output; /* NULL: the last statement */
    const char *formula;
    char **assignments;
    size_t assignment_count;
    load_list loads;
} settings;

/* ------------------------------------------------------------------------------------- options */

static void check_formats(struct argp_state *state, const settings *s)
{
    const char *graph = graph_on_output(&s->graph);
    if (s->is_json && s->html != NULL) argp_error(state, _("--json and %s exclude each other"), "--html");
    if (s->is_json && graph != NULL) argp_error(state, _("--json and %s exclude each other"), graph);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case KEY_HTML: s->html = argument; return 0;
    case KEY_FORWARD: s->forward_only = true; return 0;
    case KEY_OUTPUT: s->output = argument; return 0;
    case KEY_LOAD: load_add(&s->loads, argument); return 0;
    case ARGP_KEY_INIT: state->child_inputs[1] = &s->graph; return 0;
    case ARGP_KEY_END: check_formats(state, s); return 0;
    case ARGP_KEY_ARG:
        if (s->formula == NULL) s->formula = argument;
        else s->assignments[s->assignment_count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, _("a formula is missing")); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --------------------------------------------------------------------------------------- main path */

static void write_page(explanation *x, const settings *s)
{
    const page p = {.title = _("The chain rule, step by step"), .graph = x, .digits = s->digits};
    if (!page_write(s->html, &p)) exit(CODE_DATA);
}

static void print(explanation *x, const settings *s)
{
    graph_options_write(&s->graph, x, s->digits);
    if (graph_on_output(&s->graph) != NULL) return;
    if (s->html != NULL) write_page(x, s);
    else if (s->is_json) print_json(stdout, x);
    else print_text(stdout, x, s->digits);
}

static void run(settings *s)
{
    char *input = strcmp(s->formula, "-") == 0 ? read_formula() : NULL;
    const char *formula = input != NULL ? input : formula_typed(s->formula);
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    load_operations(tape, &s->loads);
    for (size_t k = 0; k < s->assignment_count; k++) record_assignment(tape, s->assignments[k]);
    ad_var out = record_formula(tape, formula, "explain");
    if (s->output != NULL) out = node_called(tape, s->output);
    warn_of_unused_values(tape, out, s->assignment_count);
    explanation x;
    explain(&x, formula, out, s->forward_only);
    print(&x, s);
    explanation_free(&x);
    ad_tape_free(tape);
    free(input);
}

int explain_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&display_argp, 0, NULL, 0}, {&graph_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,   parse,          N_("FORMULA [NAME=VALUE...]"), doc, children,
                                     help_text, LANGUAGE_DOMAIN};
    settings s = {.digits = 4, .assignments = resized(NULL, (size_t)argc, sizeof(char *))};
    hide_formulas(argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    run(&s);
    free(s.assignments);
    return CODE_OK;
}
