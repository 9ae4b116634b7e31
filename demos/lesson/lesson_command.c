/* SPDX-License-Identifier: MIT */
/* `chainrule lesson`: the list of lessons, options, and which format is written. */
#include "delta_argp.h"
#include "display_argp.h"
#include "graph_argp.h"
#include "help_text.h"
#include "json_values.h"
#include "language.h"
#include "lesson.h"
#include "option.h"
#include "page.h"
#include "print.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const lesson *const lessons[] = {
    &lesson_paths, &lesson_wishes, &lesson_equations, &lesson_demon, &lesson_vanish, &lesson_neuron,
};
enum { LESSONS = sizeof lessons / sizeof *lessons };

static const char doc[] = N_("Teaches backpropagation with numbers; without LESSON, lists the lessons.\n") "\v" N_(
    "Numbers are computed at that moment, on a network of your choice; what is not given is the lesson's own, small "
    "enough to be redone by hand. Each lesson is that of one of five sets of notes on backpropagation, in the notes' "
    "notation: S0 logistic, S1 squared, S2 half-mean, S3 row-minus-bias, S4 per-neuron (see chainrule delta).\n"
    "\n"
    "On a terminal a lesson waits after each question until you press Enter; q ends it. Its last lines say what was "
    "checked, and by how much it agreed.\n"
    "\n"
    "Examples:\n"
    "  chainrule lesson\n"
    "  chainrule lesson paths\n"
    "  chainrule lesson paths --sizes=3,4,4,2 --unit=2,1 --digits=6\n"
    "  chainrule lesson wishes --batch=5 --no-pause | less\n"
    "  chainrule lesson neuron --rate=0.1 --html=neuron.html\n"
    "  chainrule lesson equations --svg=graph.svg\n"
    "  chainrule lesson vanish --json\n"
    "\n"
    "Exit codes: 0 all went well; 1 there is no such network, or the output could not be written; 2 the command was "
    "called wrongly; 3 a check failed.\n");

enum { KEY_NO_PAUSE = 256, KEY_UNIT, KEY_DEPTH, KEY_BATCH, KEY_RATE, KEY_DIGITS, KEY_JSON, KEY_HTML };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("The lesson:"), 1},
    {"no-pause", KEY_NO_PAUSE, NULL, 0, N_("Do not wait after questions"), 1},
    {"unit", KEY_UNIT, "L,J", 0, N_("Look at unit J of layer L, as the lesson counts layers"), 1},
    {"depth", KEY_DEPTH, "N", 0, N_("Go on to networks of N layers"), 1},
    {"batch", KEY_BATCH, "N", 0, N_("So many samples in the minibatch"), 1},
    {"rate", KEY_RATE, "ETA", 0, N_("The learning rate"), 1},
    {NULL, 0, NULL, 0, N_("How it is shown:"), 4},
    {"digits", KEY_DIGITS, "N", 0,
     N_("N significant digits, 1 to 17 (default 4; a number that needs at most two more is shown in full)"), 4},
    {"json", KEY_JSON, NULL, 0, N_("Everything as JSON, with all digits"), 4},
    {"html", KEY_HTML, "FILE", 0,
     N_("Write a page to FILE, with the lesson and its network, through which both passes can be stepped"), 4},
    {0}};

typedef struct command {
    lesson_settings settings;
    graph_options graph;
    const char *name; /* NULL: none */
    const char *html; /* NULL: no page */
    bool is_json, no_pause;
} command;

/* ------------------------------------------------------------------------------------- options */

static void choose_unit(struct argp_state *state, lesson_settings *s, const char *argument)
{
    if (!option_pair(state, "unit", argument, 1, &s->layer, &s->unit))
        argp_error(state, _("--unit=%s: expected a layer and a unit, as in 2,1"), argument);
}

/* An option that asks for a graph; NULL: none. */
static const char *graph_asked_for(const command *c)
{
    static const char *const names[GRAPH_FORMATS] = {"dot", "svg", "png"};
    for (size_t k = 0; k < GRAPH_FORMATS; k++)
        if (c->graph.path[k] != NULL) return names[k];
    return NULL;
}

/* An option that was given and that the lesson does not have; NULL: none. */
static const char *unwanted(const lesson *l, const command *c)
{
    const lesson_settings *s = &c->settings;
    const bool has_network = (l->options & LESSON_NETWORK) != 0;
    const char *of_network = delta_argp_network(&s->network);
    if (s->layer > 0 && (l->options & LESSON_UNIT) == 0) return "unit";
    if (s->depth > 0 && (l->options & LESSON_DEPTH) == 0) return "depth";
    if (s->batch > 0 && (l->options & LESSON_BATCH) == 0) return "batch";
    if (s->rate > 0 && (l->options & LESSON_RATE) == 0) return "rate";
    if (has_network) return NULL;
    if (s->network.output != NULL) return "output";
    if (s->network.has_seed) return "seed";
    return of_network != NULL ? of_network : graph_asked_for(c);
}

static void check_formats(struct argp_state *state, const command *c)
{
    static const lesson none = {.name = NULL};
    const char *graph = graph_on_output(&c->graph), *needy = c->html != NULL ? "html" : unwanted(&none, c);
    if (c->html != NULL && *c->html == '\0') argp_error(state, _("%s= needs the name of a file"), "--html");
    if (c->is_json && c->html != NULL) argp_error(state, _("--json and %s exclude each other"), "--html");
    if (c->is_json && graph != NULL) argp_error(state, _("--json and %s exclude each other"), graph);
    if (c->name == NULL && needy != NULL) argp_error(state, _("--%s needs a lesson"), needy);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    command *c = state->input;
    lesson_settings *s = &c->settings;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &s->network;
        state->child_inputs[2] = &c->graph;
        return 0;
    case KEY_NO_PAUSE: c->no_pause = true; return 0;
    case KEY_UNIT: choose_unit(state, s, argument); return 0;
    case KEY_DEPTH: s->depth = (size_t)option_within(state, "depth", argument, 1, 1e6); return 0;
    case KEY_BATCH: s->batch = (size_t)option_within(state, "batch", argument, 1, 1e6); return 0;
    case KEY_RATE: s->rate = option_number(state, "rate", argument, (option_range){0, INFINITY, true}); return 0;
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: c->is_json = true; return 0;
    case KEY_HTML: c->html = argument; return 0;
    case ARGP_KEY_ARG:
        if (c->name != NULL) argp_error(state, _("one lesson at a time: '%s' is one too many"), argument);
        c->name = argument;
        return 0;
    case ARGP_KEY_END: check_formats(state, c); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -------------------------------------------------------------------------------------- the list */

static void list_lessons(FILE *to)
{
    static const bool is_number[] = {false, false, false};
    const char *const heads[] = {_("lesson"), _("note"), _("what is learned")};
    table t = {.columns = 3, .heads = heads, .is_number = is_number, .wrapped = 2};
    for (size_t k = 0; k < LESSONS; k++)
        table_add(&t, (char *[]){copied(lessons[k]->name), copied(lessons[k]->note), copied(_(lessons[k]->summary))});
    table_print(&t, to);
    fprintf(to, "\n%s\n", _("`chainrule lesson NAME' runs one."));
}

static json_t *list_json(void)
{
    json_t *all = json_array();
    for (size_t k = 0; k < LESSONS; k++) {
        json_t *one = json_object();
        set(one, "lesson", json_string(lessons[k]->name));
        set(one, "note", json_string(lessons[k]->note));
        set(one, "title", json_string(_(lessons[k]->title)));
        set(one, "summary", json_string(_(lessons[k]->summary)));
        append(all, one);
    }
    return all;
}

static const lesson *lesson_called(const char *name)
{
    for (size_t k = 0; k < LESSONS; k++)
        if (strcmp(lessons[k]->name, name) == 0) return lessons[k];
    draft names;
    draft_begin(&names);
    for (size_t k = 0; k < LESSONS; k++) fprintf(names.to, "%s%s", k == 0 ? "" : _(", "), lessons[k]->name);
    die(CODE_USAGE, _("there is no lesson '%s'; there are %s"), name, draft_done(&names));
}

/* ------------------------------------------------------------------------------------- main path */

static int list(const command *c)
{
    if (c->is_json) print_and_free(stdout, list_json());
    else list_lessons(stdout);
    return CODE_OK;
}

/* The page has the lesson, too; its network's graph, where it has one. */
static bool write_page(const command *c, const lesson *l, const script *text, explanation *graph)
{
    const page p = {.title = _(l->title), .graph = graph, .lesson = text, .digits = c->settings.digits};
    return page_write(c->html, &p);
}

/* Pages and graphs; false: a page could not be written, and a message has said why. */
static bool write_files(const command *c, const lesson *l, const script *text)
{
    explanation graph;
    const delta_subject *network = c->settings.network_made;
    if (c->html == NULL && graph_asked_for(c) == NULL) return true;
    if (network == NULL) return write_page(c, l, text, NULL);
    explain_network(&graph, &network->view);
    graph_options_write(&c->graph, &graph, c->settings.digits);
    const bool is_written = c->html == NULL || write_page(c, l, text, &graph);
    explanation_free(&graph);
    return is_written;
}

/* False: the reader did not stay to the end. */
static bool print(const command *c, const script *text)
{
    const bool pauses = !c->no_pause && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!c->is_json) return script_print_text(stdout, text, pauses);
    print_and_free(stdout, script_json(text));
    return true;
}

static int show(const command *c, const lesson *l, const script *text)
{
    const bool stands_for_text = c->html != NULL || graph_on_output(&c->graph) != NULL;
    if (!write_files(c, l, text)) return CODE_DATA;
    if (!stands_for_text && !print(c, text)) return CODE_OK;
    return script_agrees(text) ? CODE_OK : CODE_WRONG;
}

static int run(command *c)
{
    const lesson *l = lesson_called(c->name);
    lesson_settings *s = &c->settings;
    const char *option = unwanted(l, c);
    if (option != NULL) die(CODE_USAGE, _("lesson %s has no --%s"), l->name, option);
    if (l->set_defaults != NULL) l->set_defaults(s);
    script *text = script_new(l->name, _(l->title), s->digits);
    l->write(text, s);
    const int code = show(c, l, text);
    script_free(text);
    lesson_network_free(s);
    return code;
}

int lesson_command(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&delta_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {&graph_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "[LESSON]", doc, children, help_text, LANGUAGE_DOMAIN};
    command c = {.settings = {.digits = 4, .network.seed = 1}};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    return c.name == NULL ? list(&c) : run(&c);
}
