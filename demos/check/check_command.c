/* SPDX-License-Identifier: MIT */
/* `chainrule check`: options, and what they ask to be checked. */
#include "check_plant.h"
#include "check_view.h"
#include "command.h"
#include "delta_argp.h"
#include "display_argp.h"
#include "help_text.h"
#include "input.h"
#include "language.h"
#include "library_text.h"
#include "load.h"
#include "option.h"
#include "picture.h"
#include "replace.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char doc[] = N_(
    "Checks the gradient of a formula or a network: the tape's derivatives beside derivatives got without it, with a "
    "verdict for each and the reason.\n") "\v" N_(
    "FORMULA and VALUE are written as for chainrule explain, and --output=NAME is the node to differentiate. MODEL is "
    "a file of chainrule train. A network is checked by all its parameters (of many, by --most at random), on the mean "
    "cost of the samples of --data, or on random ones.\n"
    "\n"
    "Methods: `differences' are central ones, extrapolated to h = 0 from ever smaller steps; `complex' is the complex "
    "step, which loses no digits, where all operations have one; `taylor' looks along random directions whether "
    "|f(x + h v) - f(x) - h g.v| falls as h^2 (slope 2), as it does only for the right gradient g; `dot' compares a "
    "forward with a backward product, u.(J v) and (J'u).v; `nodes' checks the rule of each operation alone, and names "
    "the wrong one.\n"
    "\n"
    "Verdicts: PASS, they agree. FAIL, they differ by far more than the differences' own error. KINK, a kink, a tie or "
    "a branch lies within the step, so that differences mix two sides. NOISE, rounding leaves differences too coarse. "
    "NONFINITE, a number is infinite or NaN.\n"
    "\n"
    "How to read it: a relative error of 1e-10 to 1e-7 is normal for differences, 1e-16 to 1e-14 for the complex step. "
    "1e-2 or more is a wrong gradient, whatever the step; so is a Taylor slope of 1. Between them look at the column "
    "`its error' and at the plot of the steps: where the gradient is right, the error falls as h^2 with the step h "
    "until rounding, which grows as 1/h, takes over; where it is wrong, it stops falling long before. Deep networks and "
    "long sums round more, and saturated units have gradients near 0, of which differences know few digits: there the error "
    "is larger, and said to be. At a kink move the point a little and check again.\n"
    "\n"
    "Examples:\n"
    "  chainrule check 'tanh(w*x + b)^2' w=0.5 x=2 b=-0.3\n"
    "  chainrule check 'z = w*x + b; log(1 + exp(z))' w=2 x=1 b=0 --steps=w\n"
    "  chainrule check --no-steps --method=complex,nodes 'sin(x)/x' x=pi/4\n"
    "  chainrule check 'relu(x) + x^2' x=0\n"
    "  chainrule check --sizes=2,3,1\n"
    "  chainrule check --sizes=64,10,10 --output=softmax --data=digits --batch=5\n"
    "Of a model, and with a picture:\n"
    "  chainrule check digits.model --data=digits\n"
    "  chainrule check 'exp(sin(x))' x=1 --picture=steps.png\n"
    "With a wrong rule, which the check finds, so that the exit code is 3:\n"
    "  chainrule check 'tanh(w*x + b)^2' w=0.5 x=2 b=-0.3 --plant=tanh:1e-5\n"
    "\n"
    "Exit codes: 0 nothing is wrong (KINK and NOISE alone are nothing wrong); 1 an error in the formula, a value, a "
    "name or a file, or a number is not finite, or no method can be used, or something could not be written; 2 the "
    "command was called wrongly; 3 FAIL.\n");
/* clang-format on */

enum {
    KEY_METHOD = 256,
    KEY_TOLERANCE,
    KEY_MOST,
    KEY_PLANT,
    KEY_STEPS,
    KEY_NO_STEPS,
    KEY_PICTURE,
    KEY_NETWORK,
    KEY_BATCH,
    KEY_LOAD,
    KEY_DIGITS,
    KEY_JSON
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("The check:"), 1},
    {"method", KEY_METHOD, "LIST", 0,
     N_("differences, complex, taylor, dot, nodes, with commas between (default: all)"), 1},
    {"tolerance", KEY_TOLERANCE, "X", 0, N_("Of relative errors (default 1e-6)"), 1},
    {"most", KEY_MOST, "N", 0, N_("Check at most N leaves or parameters, of more a random choice (default 1000)"), 1},
    {"plant", KEY_PLANT, "OP[.K]:ERROR", 0,
     N_("Spoil the derivative of an operation (by its operand K), and see it caught: ERROR is a relative error such as "
        "1e-5, or sign, drop, double"),
     1},
    {"load", KEY_LOAD, "FILE", 0, LOAD_TEXT, 1},
    {"network", KEY_NETWORK, NULL, 0, N_("Check a network (as any option below does that makes one)"), 2},
    {"batch", KEY_BATCH, "N", 0, N_("So many samples (default: of data 10, or the one of --row; else 1)"), 3},
    {NULL, 0, NULL, 0, N_("How it is shown:"), 4},
    {"steps", KEY_STEPS, "NAME", OPTION_ARG_OPTIONAL,
     N_("Plot the error of differences over their step, by leaf or parameter NAME (default: for formulas, by the "
        "worst)"),
     4},
    {"no-steps", KEY_NO_STEPS, NULL, 0, N_("Do not plot that"), 4},
    {"picture", KEY_PICTURE, "FILE", 0, N_("Draw the same plot: PNG or SVG, by the end of the file's name"), 4},
    {"digits", KEY_DIGITS, "N", 0,
     N_("N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 4},
    {"json", KEY_JSON, NULL, 0, N_("Everything as JSON, with all digits"), 4},
    {0}};

typedef struct settings {
    const char *first; /* a formula or a model's file; NULL: neither */
    char **assignments;
    size_t assignment_count;
    delta_options network; /* its output is that of a formula, too, and its seed that of the check */
    bool is_network, is_json, has_steps, no_steps;
    const char *steps, *picture; /* NULL: the worst; none */
    ad_gradcheck_options check;
    planted_error planted;
    load_list loads;
    int digits;
} settings;

/* ------------------------------------------------------------------------------------- options */

static unsigned method_called(struct argp_state *state, const char *list, const char *word)
{
    draft t;
    for (int k = 0; check_method_name(k) != NULL; k++)
        if (strcmp(check_method_name(k), word) == 0) return 1u << k;
    draft_begin(&t);
    for (int k = 0; check_method_name(k) != NULL; k++) fprintf(t.to, "%s%s", k > 0 ? ", " : "", check_method_name(k));
    char *names = draft_done(&t);
    argp_error(state, _("--method=%s: '%s' is none of %s"), list, word, names);
    free(names);
    return 0;
}

static unsigned methods_in(struct argp_state *state, const char *list)
{
    unsigned methods = 0;
    char *own = copied(list), *rest = own;
    for (const char *word; (word = strsep(&rest, ",")) != NULL;) methods |= method_called(state, list, word);
    free(own);
    return methods;
}

static const char *picture_in(struct argp_state *state, const char *path)
{
    if (!picture_has_format(path))
        argp_error(state, _("--picture=%s: expected the name of a file that ends in .png or .svg"), path);
    return path;
}

static void sort_out(settings *s, struct argp_state *state)
{
    const char *option = delta_argp_network(&s->network);
    if (option == NULL && s->network.batch > 0) option = "batch";
    if (option == NULL && s->is_network) option = "network";
    s->is_network = network_is_meant(state, &s->network, option, s->first, s->assignments, s->assignment_count);
    if (s->has_steps && s->no_steps) argp_error(state, _("--steps and --no-steps exclude each other"));
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->network; return 0;
    case KEY_METHOD: s->check.methods = methods_in(state, argument); return 0;
    case KEY_TOLERANCE:
        s->check.tolerance = option_number(state, "tolerance", argument, (option_range){0, INFINITY, 1});
        return 0;
    case KEY_MOST: s->check.most = option_count(state, "most", argument, 1); return 0;
    case KEY_PLANT: plant_read(&s->planted, state, argument); return 0;
    case KEY_LOAD: load_add(&s->loads, argument); return 0;
    case KEY_NETWORK: s->is_network = true; return 0;
    case KEY_BATCH: s->network.batch = option_count(state, "batch", argument, 1); return 0;
    case KEY_STEPS:
        s->has_steps = true;
        s->steps = argument;
        return 0;
    case KEY_NO_STEPS: s->no_steps = true; return 0;
    case KEY_PICTURE: s->picture = picture_in(state, argument); return 0;
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case ARGP_KEY_ARG:
        if (s->first == NULL) s->first = argument;
        else s->assignments[s->assignment_count++] = argument;
        return 0;
    case ARGP_KEY_END: sort_out(s, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -------------------------------------------------------------------------------------- subjects */

static ad_span leaves_of(ad_tape *tape)
{
    const size_t nodes = ad_tape_stats(tape).nodes;
    size_t count = 0;
    ad_var *leaves = resized(NULL, nodes, sizeof *leaves);
    for (size_t i = 0; i < nodes; i++)
        if (ad_op_of(ad_node_at(tape, i)) == AD_OP_LEAF) leaves[count++] = ad_node_at(tape, i);
    const ad_span all = ad_gather(tape, leaves, count);
    free(leaves);
    return all;
}

static void record_formula_of(settings *s, check_subject *subject, const char *formula)
{
    ad_tape *tape = subject->tape;
    subject->formula = formula;
    for (size_t k = 0; k < s->assignment_count; k++) record_assignment(tape, s->assignments[k]);
    subject->y = record_formula(tape, formula, "check");
    if (s->network.output != NULL) subject->y = node_called(tape, s->network.output);
    subject->x = leaves_of(tape);
    warn_of_unused_values(tape, subject->y, s->assignment_count);
    plant_put(&s->planted, tape, subject->y);
}

/* Errors are planted in operations that are there, for which they are recorded once. */
static void plant_in_network(settings *s, const check_subject *subject)
{
    nn_error error;
    nn_mlp *net = subject->net;
    const ad_mark mark = ad_tape_mark(subject->tape);
    const size_t n = subject->data.samples;
    const ad_span x = ad_constants(subject->tape, subject->data.x, n * nn_mlp_width(net, 0));
    const ad_span y = ad_constants(subject->tape, subject->data.y, n * nn_mlp_outputs(net));
    if (nn_forward(net, x, &error) != NN_OK || nn_record_costs(net, y, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    plant_put(&s->planted, subject->tape, ad_at(nn_costs(net), n - 1));
    ad_tape_rewind(subject->tape, mark);
}

static delta_problem make_network_of(settings *s, check_subject *subject)
{
    enum { BATCH = 10 };
    delta_options *o = &s->network;
    if (o->batch == 0 && o->data != NULL && o->row == 0) o->batch = BATCH;
    const delta_problem p = delta_problem_of(o, subject->tape);
    subject->net = p.net;
    subject->x = nn_parameters(p.net);
    subject->data = (nn_data){p.x, p.y, p.samples};
    subject->from = p.from;
    if (s->planted.text != NULL) plant_in_network(s, subject);
    return p;
}

/* ------------------------------------------------------------------------------------------ steps */

/* The worst coordinate; of good ones the first with a derivative. */
static size_t worst_of(const ad_gradcheck_report *r)
{
    size_t worst = 0;
    for (size_t k = 1; k < r->count; k++) {
        const ad_check_coordinate *c = &r->coordinates[k], *w = &r->coordinates[worst];
        const bool is_first = c->verdict == AD_CHECK_PASS && w->gradient == 0 && c->gradient != 0;
        const bool is_worse = c->verdict != AD_CHECK_PASS && c->verdict == w->verdict && c->relative > w->relative;
        if (c->verdict > w->verdict || is_worse || (c->verdict == w->verdict && is_first)) worst = k;
    }
    return r->count > 0 ? r->coordinates[worst].index : 0;
}

static bool wants_steps(const settings *s)
{
    return s->has_steps || s->picture != NULL || (!s->no_steps && !s->is_network && !s->is_json);
}

static char *name_for_steps(const settings *s, const check_view *v, size_t *index)
{
    *index = s->steps != NULL ? check_find(&v->subject, s->steps) : worst_of(&v->report);
    if (*index == v->subject.x.count)
        die(CODE_DATA,
            s->is_network ? _("--steps=%s: there is no parameter of this name")
                          : _("--steps=%s: there is no leaf of this name"),
            s->steps);
    return check_coordinate_name(&v->subject, *index);
}

/* --------------------------------------------------------------------------------------- main path */

static int code_of(ad_check_verdict verdict)
{
    if (verdict == AD_CHECK_FAIL) return CODE_WRONG;
    return verdict == AD_CHECK_NONFINITE || verdict == AD_CHECK_NONE ? CODE_DATA : CODE_OK;
}

/* Checks and shows; the exit code. */
static int show(const settings *s, check_view *v)
{
    step_sweep steps;
    char *name = NULL;
    check_make(&v->subject, &v->options, &v->report);
    int code = code_of(v->report.verdict);
    if (wants_steps(s)) {
        size_t index;
        name = name_for_steps(s, v, &index);
        check_sweep(&v->subject, index, name, &steps);
        v->steps = s->no_steps ? NULL : &steps;
    }
    if (s->is_json) check_print_json(v);
    else check_print_text(stdout, v);
    if (s->picture != NULL && !step_sweep_draw(s->picture, &steps) && code == CODE_OK) code = CODE_DATA;
    ad_gradcheck_free(&v->report);
    free(name);
    return code;
}

static int run(settings *s)
{
    check_view v = {
        .subject.tape = ad_tape_new(), .options = s->check, .planted = s->planted.text, .digits = s->digits};
    char *input = !s->is_network && strcmp(s->first, "-") == 0 ? read_formula() : NULL;
    delta_problem network = {.net = NULL};
    const char *hindrance = s->picture != NULL ? replace_hindrance(s->picture) : NULL;
    if (v.subject.tape == NULL) die(CODE_DATA, _("out of memory"));
    if (hindrance != NULL) die(CODE_DATA, "%s: %s", s->picture, hindrance);
    v.options.seed = s->network.seed;
    load_operations(v.subject.tape, &s->loads);
    if (s->is_network) network = make_network_of(s, &v.subject);
    else record_formula_of(s, &v.subject, input != NULL ? input : formula_typed(s->first));
    const int code = show(s, &v);
    if (s->is_network) delta_problem_free(&network, &s->network);
    ad_tape_free(v.subject.tape);
    free(input);
    return code;
}

int check_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&delta_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, N_("FORMULA [NAME=VALUE...]\nMODEL\n--sizes=LIST"), doc, children, help_text, LANGUAGE_DOMAIN};
    settings s = {.digits = 4, .network.seed = 1, .check.tolerance = 1e-6};
    s.assignments = resized(NULL, (size_t)argc, sizeof *s.assignments);
    hide_formulas(argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    const int code = run(&s);
    free(s.assignments);
    return code;
}
