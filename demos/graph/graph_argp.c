/* SPDX-License-Identifier: MIT */
#include "graph_argp.h"
#include "command.h"
#include "graph.h"
#include "graphviz.h"
#include "help_text.h"
#include "language.h"
#include "replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_DOT = 0x5000, KEY_SVG, KEY_PNG, KEY_ALL_NODES, GROUP = 5 };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("The graph, to standard output, or to FILE beside the text:"), GROUP},
    {"dot", KEY_DOT, "FILE", OPTION_ARG_OPTIONAL, N_("Print the graph in the language of Graphviz"), GROUP},
    {"svg", KEY_SVG, "FILE", OPTION_ARG_OPTIONAL, N_("Draw it, as SVG"), GROUP},
    {"png", KEY_PNG, "FILE", OPTION_ARG_OPTIONAL, N_("Draw it, as PNG"), GROUP},
    {"all-nodes", KEY_ALL_NODES, NULL, 0, N_("Show every node of a large graph, instead of folding it by groups"),
     GROUP},
    {0}};

static const char *const names[GRAPH_FORMATS] = {"--dot", "--svg", "--png"};

const char *graph_on_output(const graph_options *o)
{
    for (size_t k = 0; k < GRAPH_FORMATS; k++)
        if (o->path[k] != NULL && *o->path[k] == '\0') return names[k];
    return NULL;
}

/* ---------------------------------------------------------------------------------------- options */

static void add(struct argp_state *state, size_t format, const char *path)
{
    graph_options *o = state->input;
    const char *other = graph_on_output(o);
    if (path != NULL && *path == '\0') argp_error(state, _("%s= needs the name of a file"), names[format]);
    if (path == NULL && other != NULL && other != names[format])
        argp_error(state, _("%s and %s cannot both go to standard output: give one a file, %s=FILE"), other,
                   names[format], names[format]);
    if (path == NULL && format == GRAPH_PNG && isatty(STDOUT_FILENO))
        argp_error(state, _("a terminal does not show PNG: give it a file, --png=FILE"));
    o->path[format] = path != NULL ? path : "";
}

/* What speaks against writing, as far as it can be known before anything is computed. */
static void check_options(const graph_options *o)
{
    for (size_t k = 0; k < GRAPH_FORMATS; k++) {
        if (o->path[k] == NULL) continue;
        const char *hindrance = *o->path[k] != '\0' ? replace_hindrance(o->path[k]) : NULL;
        if (hindrance != NULL) die(CODE_DATA, "%s: %s", o->path[k], hindrance);
        if (k != GRAPH_DOT && !graphviz_is_there()) die(CODE_DATA, "%s: %s", names[k], graphviz_advice());
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    graph_options *o = state->input;
    switch (key) {
    case KEY_DOT: add(state, GRAPH_DOT, argument); return 0;
    case KEY_SVG: add(state, GRAPH_SVG, argument); return 0;
    case KEY_PNG: add(state, GRAPH_PNG, argument); return 0;
    case KEY_ALL_NODES: o->all_nodes = true; return 0;
    case ARGP_KEY_SUCCESS: check_options(o); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp graph_argp = {options, parse, NULL, NULL, NULL, help_text, LANGUAGE_DOMAIN};

/* ---------------------------------------------------------------------------------------- writing */

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    if (*path == '\0') {
        fwrite(bytes, 1, size, stdout);
        return;
    }
    replacement r = replace_begin(path);
    const bool is_good = replace_write(&r, bytes, size);
    if (!replace_end(&r, is_good)) die(CODE_DATA, _("%s: cannot write: %s"), path, strerror(errno));
}

static void write_picture(const char *path, const char *dot, const char *format)
{
    size_t size;
    char *bytes = graphviz_render(dot, format, &size);
    if (bytes == NULL) exit(CODE_DATA);
    write_bytes(path, bytes, size);
    free(bytes);
}

bool graph_is_wanted(const graph_options *o)
{
    bool is_wanted = false;
    for (int k = 0; k < GRAPH_FORMATS; k++) is_wanted = is_wanted || o->path[k] != NULL;
    return is_wanted;
}

void graph_options_write(const graph_options *o, const explanation *x, int digits)
{
    const bool draws = o->path[GRAPH_SVG] != NULL || o->path[GRAPH_PNG] != NULL;
    char *why;
    if (!graph_is_wanted(o)) return;
    graph g;
    graph_make(&g, x, o->all_nodes ? GRAPH_FOLD_NEVER : GRAPH_FOLD_LARGE, digits);
    graph_place_layers(&g);
    if (draws && graph_is_too_large(&g, &why)) die(CODE_DATA, _("%s: leave out --all-nodes"), why);
    draft t;
    draft_begin(&t);
    graph_print_dot(t.to, &g);
    char *dot = draft_done(&t);
    if (o->path[GRAPH_DOT] != NULL) write_bytes(o->path[GRAPH_DOT], dot, t.size);
    if (o->path[GRAPH_SVG] != NULL) write_picture(o->path[GRAPH_SVG], dot, "svg");
    if (o->path[GRAPH_PNG] != NULL) write_picture(o->path[GRAPH_PNG], dot, "png");
    free(dot);
    graph_free(&g);
}
