/* SPDX-License-Identifier: MIT */
#include "input.h"
#include "command.h"
#include "language.h"
#include "library_text.h"
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------- where the error is */

static bool is_control(char c) { return (unsigned char)c < ' ' || c == 0x7f; }

/* Shows the line of a text with the error and a caret below its place; of a long line the part around it. */
static void show_place(const char *line, size_t offset)
{
    enum { INDENT = 2, BEFORE = 50 };
    size_t from = offset, to;
    while (from > 0 && line[from - 1] != '\n') from--;
    char *shown = copied(line + from);
    shown[strcspn(shown, "\n")] = '\0';
    for (char *c = shown; *c != '\0'; c++)
        if (is_control(*c)) *c = ' ';
    const size_t place = offset - from;
    size_t start = 0;
    char *before = formatted("%.*s", (int)place, shown);
    while (width_of(before + start) > BEFORE) start += fitting(before + start, 1);
    to = start + fitting(shown + start, LINE_WIDTH - INDENT);
    fprintf(stderr, "%*s%.*s\n", INDENT, "", (int)(to - start), shown + start);
    fprintf(stderr, "%*s^\n", (int)(INDENT + width_of(before + start)), "");
    free(before);
    free(shown);
}

size_t unknown_name(const char *formula, const ad_text_error *error)
{
    if (strncmp(error->message, "unknown name", 12) != 0) return 0;
    return strcspn(formula + error->offset, " \t\r\n+-*/^<>=!?:;,()#");
}

/* How to give a name a value, where that is what is missing. */
static void hint_at_assignment(const char *text, const ad_text_error *error)
{
    const char *name = text + error->offset;
    const size_t n = unknown_name(text, error);
    if (n > 0 && n <= 40)
        complain(_("to give %.*s a value, add it after the formula: %.*s=1"), (int)n, name, (int)n, name);
}

static bool has_lines(const char *text) { return strchr(text, '\n') != NULL; }

/* ------------------------------------------------------------------------------------- formulas */

char *read_formula(void)
{
    draft t;
    char block[4096];
    draft_begin(&t);
    for (size_t n; (n = fread(block, 1, sizeof block, stdin)) > 0;) {
        if (memchr(block, '\0', n) != NULL) die(CODE_DATA, _("the formula on standard input contains a NUL byte"));
        fwrite(block, 1, n, t.to);
    }
    if (ferror(stdin)) die(CODE_DATA, _("cannot read the formula: %s"), strerror(errno));
    return draft_done(&t);
}

void refuse_formula(const char *formula, const ad_text_error *error)
{
    if (has_lines(formula))
        complain(_("line %zu, column %zu of the formula: %s"), error->line, error->column,
                 library_text(error->message));
    else complain(_("column %zu of the formula: %s"), error->column, library_text(error->message));
    show_place(formula, error->offset);
    hint_at_assignment(formula, error);
    exit(CODE_DATA);
}

ad_var record_formula(ad_tape *tape, const char *formula, const char *command)
{
    ad_var out;
    ad_text_error error;
    const ad_status status = ad_parse(tape, formula, &out, &error);
    if (status == AD_ERR_TEXT) refuse_formula(formula, &error);
    if (status != AD_OK) die(CODE_DATA, "%s", library_text(error.message));
    if (!ad_is_const(out)) return out;
    char shown[NUMBER_SIZE];
    die(CODE_DATA,
        _("the formula is the constant %s: there is nothing to differentiate by.\n"
          "chainrule: use names and give them values, as in: chainrule %s 'x^2' x=3"),
        show_number(shown, ad_value(out), 6), command);
}

void hide_formulas(int argc, char **argv)
{
    for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++)
        if (argv[k][0] == '-' && argv[k][1] != '\0' && argv[k][1] != '-' && strcmp(argv[k], "-h") != 0 &&
            strcmp(argv[k], "-?") != 0 && strcmp(argv[k], "-V") != 0)
            argv[k] = formatted(" %s", argv[k]);
}

char *formula_typed(const char *argument) { return (char *)argument + (argument[0] == ' ' && argument[1] == '-'); }

/* ----------------------------------------------------------------------------------- assignments */

static double value_of(const char *assignment, const char *value)
{
    ad_tape *scratch = ad_tape_new();
    ad_var out;
    ad_text_error error;
    const ad_status status = ad_parse(scratch, value, &out, &error);
    if (status == AD_ERR_TEXT) {
        complain(_("in %.*s: %s"), (int)fitting(assignment, 60), assignment, library_text(error.message));
        show_place(assignment, (size_t)(value - assignment) + error.offset);
        exit(CODE_DATA);
    }
    if (status != AD_OK) die(CODE_DATA, "%s", library_text(error.message));
    if (!ad_is_const(out)) die(CODE_DATA, _("in %s: a value is a number or a formula of numbers"), assignment);
    const double number = ad_value(out);
    ad_tape_free(scratch);
    return number;
}

/* Why the engine does not take a name, as it said without the name of the call. */
_Noreturn static void refuse_name(const ad_tape *tape, const char *assignment)
{
    const char *message = ad_tape_message(tape), *reason = strstr(message, ": ");
    die(CODE_DATA, _("in %s: %s"), assignment, library_text(reason != NULL ? reason + 2 : message));
}

void record_assignment(ad_tape *tape, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        die(CODE_USAGE, _("'%s' is no NAME=VALUE; the formula comes first, in quotes, then the values"), assignment);
    const double value = value_of(assignment, equals + 1);
    char *name = formatted("%.*s", (int)(equals - assignment), assignment);
    if (ad_is_valid(ad_find(tape, name))) die(CODE_DATA, _("%s is given a value twice"), name);
    const ad_status status = ad_name(ad_leaf(tape, value), name);
    free(name);
    if (status != AD_OK) refuse_name(tape, assignment);
}

static void mark_operands(bool *is_used, ad_var node)
{
    const size_t n = ad_arity_of(node);
    ad_edge *edges = resized(NULL, n, sizeof *edges);
    ad_edges(node, edges, n);
    for (size_t k = 0; k < n; k++)
        if (!ad_is_const(edges[k].operand)) is_used[edges[k].operand.index] = true;
    free(edges);
}

void warn_of_unused_values(ad_tape *tape, ad_var output, size_t count)
{
    const size_t nodes = ad_tape_stats(tape).nodes;
    bool *is_used = resized(NULL, nodes, sizeof *is_used);
    memset(is_used, 0, nodes * sizeof *is_used);
    if (!ad_is_const(output)) is_used[output.index] = true;
    for (size_t i = 0; i < nodes; i++) mark_operands(is_used, ad_node_at(tape, i));
    for (size_t i = 0; i < count; i++)
        if (!is_used[i])
            complain(_("warning: %s is given a value, but the formula does not use it"),
                     ad_name_of(ad_node_at(tape, i)));
    free(is_used);
}

/* ------------------------------------------------------------------------------------ the output */

ad_var node_called(ad_tape *tape, const char *name)
{
    const ad_var found = ad_find(tape, name);
    if (ad_is_valid(found)) return found;
    ad_var out;
    ad_text_error error;
    const bool is_text = ad_parse(tape, name, &out, &error) == AD_OK;
    die(CODE_DATA, "--output=%s: %s", name,
        is_text ? _("no node of the formula has this name") : library_text(error.message));
}
