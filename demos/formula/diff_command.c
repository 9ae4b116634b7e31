/* SPDX-License-Identifier: MIT */
/* `chainrule diff`: the derivative of a formula as a formula. */
#include "command.h"
#include "display_argp.h"
#include "formula_holds.h"
#include "formula_text.h"
#include "help_text.h"
#include "input.h"
#include "json_values.h"
#include "language.h"
#include "library_text.h"
#include "load.h"
#include "option.h"
#include "print.h"

#include <autodiff/derivatives.h>

#include <argp.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char doc[] = N_(
    "Prints the derivative of a formula as a formula: by the first NAME, then of that by the second, and so on; and "
    "its value, where every name in it has one.\n") "\v" N_(
    "FORMULA is written as for chainrule explain; `-' reads it from standard input. The derivative is a formula of the "
    "same language, and all else that is printed is a comment in it (#), so that it can be piped on. What stands in it "
    "more than once may get a name (t1, t2, ...).\n"
    "\n"
    "It is the backward sweep written down, simplified only so far: numbers are computed, 0 and 1 left out, and "
    "nothing is computed twice. Where the derivative of an operation has pieces (relu, max, c ? a : b), it is that of "
    "the piece that the values take, and a comment says where it holds. Names without a value are taken between 0 and "
    "1, each at another number, which matters for the choice of pieces only.\n"
    "\n"
    "Examples:\n"
    "  chainrule diff 'x^2 + sin(x)' x\n"
    "  chainrule diff 'tanh(x)' x x x x=2\n"
    "  chainrule diff 'z = w*x + b; (sigmoid(z) - y)^2' w x=1 y=0 w=0.5 b=0.1\n"
    "  chainrule diff 'relu(x)^3 + abs(x)' x x=2\n"
    "  chainrule diff 'sin(x)/x' x | chainrule explain - x=0.5\n"
    "\n"
    "Exit codes: 0 all went well; 1 an error in the formula, a value or a name, or the output could not be written; 2 "
    "the command was called wrongly.\n");
/* clang-format on */

enum { KEY_DIGITS = 256, KEY_JSON, KEY_LOAD };

static const struct argp_option options[] = {
    {"digits", KEY_DIGITS, "N", 0, N_("Show the value with N significant digits, 1 to 17 (default 6)"), 0},
    {"json", KEY_JSON, NULL, 0, N_("Print everything as JSON, with all digits"), 0},
    {"load", KEY_LOAD, "FILE", 0, LOAD_TEXT, 0},
    {0}};

typedef struct settings {
    int digits;
    bool is_json;
    const char *formula;
    char **by, **assignments;
    size_t by_count, assignment_count;
    load_list loads;
} settings;

typedef struct derivation {
    const settings *s;
    const char *formula;
    ad_tape *tape;
    uint32_t valued, given; /* leaves: first those with a value, then those without, then what the formula makes */
    formula_parts parts;
    ad_var y, derivative;
    formula_text text;
    formula_notes notes;
    bool *is_used; /* by the derivative, of the leaves that are given */
} derivation;

/* ------------------------------------------------------------------------------------- options */

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case KEY_DIGITS: s->digits = digits_in(state, argument); return 0;
    case KEY_JSON: s->is_json = true; return 0;
    case KEY_LOAD: load_add(&s->loads, argument); return 0;
    case ARGP_KEY_ARG:
        if (s->formula == NULL) s->formula = argument;
        else if (strchr(argument, '=') != NULL) s->assignments[s->assignment_count++] = argument;
        else s->by[s->by_count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, _("a formula is missing")); return 0;
    case ARGP_KEY_END:
        if (s->by_count == 0)
            argp_error(state, _("by which name? It stands after the formula, as in: chainrule diff 'x^2 + sin(x)' x"));
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---------------------------------------------------------------------------------------- names */

/* Values for names that have none: no two the same, so that there are no ties, no number at which anything happens, and
 * small, where derivatives are written as in textbooks. */
static double stand_in(size_t k)
{
    static const double first[] = {0.3, 0.4, 0.5, 0.2, 0.6, 0.1, 0.7, 0.8};
    const size_t count = sizeof first / sizeof *first;
    return k < count ? first[k] : 0.8 + 0.1 / (double)(k - count + 2);
}

static void give_stand_in(derivation *d, const char *name)
{
    const ad_var leaf = ad_leaf(d->tape, stand_in(d->given - d->valued));
    if (ad_name(leaf, name) != AD_OK) {
        const char *reason = strstr(ad_tape_message(d->tape), ": "); /* after the name of the call */
        die(CODE_DATA, "%s", library_text(reason != NULL ? reason + 2 : ad_tape_message(d->tape)));
    }
    d->given++;
}

/* Names that the formula uses and nobody has given a value get one. */
static void record(derivation *d)
{
    ad_text_error error;
    ad_status status;
    while ((status = ad_parse(d->tape, d->formula, &d->y, &error)) == AD_ERR_TEXT) {
        const size_t n = unknown_name(d->formula, &error);
        if (n == 0) refuse_formula(d->formula, &error);
        char *name = formatted("%.*s", (int)n, d->formula + error.offset);
        give_stand_in(d, name);
        free(name);
    }
    if (status != AD_OK) die(CODE_DATA, "%s", library_text(error.message));
}

static void check_names(const derivation *d)
{
    const settings *s = d->s;
    for (size_t k = 0; k < s->by_count; k++) {
        const ad_var found = ad_find(d->tape, s->by[k]);
        if (!ad_is_valid(found)) die(CODE_DATA, _("the formula has no %s to differentiate by"), s->by[k]);
        if (ad_op_of(found) != AD_OP_LEAF)
            die(CODE_DATA, _("%s is computed by the formula: to differentiate by it, give it a value instead"),
                s->by[k]);
    }
}

/* ----------------------------------------------------------------------------------- derivatives */

static void mark_used(bool *is_used, uint32_t given, ad_var y)
{
    memset(is_used, 0, given * sizeof *is_used);
    if (ad_is_const(y)) return;
    bool *needed = resized(NULL, (size_t)y.index + 1, sizeof *needed);
    memset(needed, 0, ((size_t)y.index + 1) * sizeof *needed);
    needed[y.index] = true;
    for (uint32_t i = y.index + 1; i-- > 0;) {
        const ad_var node = ad_node_at(y.tape, i);
        const size_t n = needed[i] ? ad_arity_of(node) : 0;
        if (needed[i] && i < given) is_used[i] = true;
        if (n == 0) continue;
        ad_edge *edges = resized(NULL, n, sizeof *edges);
        ad_edges(node, edges, n);
        for (size_t k = 0; k < n; k++)
            if (!ad_is_const(edges[k].operand)) needed[edges[k].operand.index] = true;
        free(edges);
    }
    free(needed);
}

static void differentiate(derivation *d)
{
    d->derivative = d->y;
    d->parts = (formula_parts){d->given, (uint32_t)ad_tape_stats(d->tape).nodes};
    for (size_t k = 0; k < d->s->by_count; k++) {
        const ad_var x = ad_find(d->tape, d->s->by[k]);
        formula_notes_add(&d->notes, d->derivative, x, d->parts);
        if (ad_is_const(d->derivative)) d->derivative = ad_const(0);
        else d->derivative = ad_at(ad_record_gradient(d->derivative, ad_run(x, 1)), 0);
        if (!ad_is_valid(d->derivative)) die(CODE_DATA, "%s", library_text(ad_tape_message(d->tape)));
    }
}

/* Whether all names in the derivative have a value, and there are some. */
static bool has_value(const derivation *d)
{
    bool has_some = false;
    for (uint32_t i = 0; i < d->given; i++) {
        if (d->is_used[i] && i >= d->valued) return false;
        has_some = has_some || d->is_used[i];
    }
    return has_some;
}

/* --------------------------------------------------------------------------------------- for reading */

/* "x = 2, y = 3": of the leaves from .. to - 1 those that count. */
static char *places(const derivation *d, uint32_t from, uint32_t to, bool all)
{
    draft text;
    bool is_first = true;
    draft_begin(&text);
    for (uint32_t i = from; i < to; i++) {
        const ad_var leaf = ad_node_at(d->tape, i);
        char shown[NUMBER_SIZE];
        if (!all && !d->is_used[i]) continue;
        fprintf(text.to, "%s%s = %s", is_first ? "" : ", ", ad_name_of(leaf),
                show_input(shown, ad_value(leaf), d->s->digits));
        is_first = false;
    }
    return draft_done(&text);
}

/* The bytes of a text that stand on a line of so many columns, which ends where a line may if it can. */
static size_t first_line(const char *text, size_t columns)
{
    const size_t n = line_within(text, columns);
    return n > 0 ? n : fitting(text, columns);
}

static void put_comment(char *comment)
{
    enum { FIRST = 2, MORE = 4 };
    size_t n = first_line(comment, LINE_WIDTH - FIRST);
    printf("# %.*s\n", (int)n, comment);
    for (const char *rest = comment + n + strspn(comment + n, " "); *rest != '\0'; rest += n + strspn(rest + n, " ")) {
        n = first_line(rest, LINE_WIDTH - MORE);
        printf("#   %.*s\n", (int)n, rest);
    }
    free(comment);
}

/* "# holds where x > 0 and y > x" */
static void put_sides(const derivation *d)
{
    draft t;
    if (d->notes.side_count == 0) return;
    draft_begin(&t);
    for (size_t k = 0; k < d->notes.side_count; k++) fprintf(t.to, "%s%s", k == 0 ? "" : _(" and "), d->notes.sides[k]);
    char *sides = draft_done(&t);
    put_comment(formatted(_("holds where %s"), sides));
    free(sides);
}

static void print_text(const derivation *d)
{
    printf("%s", start_of(COLOUR_NUMBER));
    for (size_t k = 0; k < d->text.count; k++) printf("%s\n", d->text.lines[k]);
    printf("%s", end_of(COLOUR_NUMBER));
    put_sides(d);
    for (size_t k = 0; k < d->notes.kink_count; k++) put_comment(copied(d->notes.kinks[k]));
    if (d->notes.seen > FORMULA_MOST_KINKS)
        put_comment(
            formatted(_("(and so on, with %zu more operations that have kinks)"), d->notes.seen - FORMULA_MOST_KINKS));
    if (d->notes.side_count > 0 && d->given > d->valued) {
        char *where = places(d, d->valued, d->given, true);
        put_comment(formatted(_("the piece is that at %s, for want of a value"), where));
        free(where);
    }
    if (!has_value(d)) return;
    char shown[NUMBER_SIZE], *where = places(d, 0, d->valued, false);
    put_comment(formatted(_("= %s at %s"), show_number(shown, ad_value(d->derivative), d->s->digits), where));
    free(where);
}

/* -------------------------------------------------------------------------------------- for programs */

static json_t *values_json(const derivation *d, uint32_t from, uint32_t to)
{
    json_t *object = json_object();
    for (uint32_t i = from; i < to; i++) {
        const ad_var leaf = ad_node_at(d->tape, i);
        set(object, ad_name_of(leaf), exact_number(ad_value(leaf)));
    }
    return object;
}

static json_t *lines_json(char *const *lines, size_t count)
{
    json_t *array = json_array();
    for (size_t k = 0; k < count; k++) append(array, typed_text(lines[k]));
    return array;
}

static void print_json(const derivation *d)
{
    json_t *all = json_object();
    char *text = formula_text_joined(&d->text);
    set(all, "formula", typed_text(d->formula));
    set(all, "by", lines_json(d->s->by, d->s->by_count));
    set(all, "derivative", typed_text(text));
    set(all, "statements", lines_json(d->text.lines, d->text.count));
    set(all, "holds_where", lines_json(d->notes.sides, d->notes.side_count));
    set(all, "kinks", lines_json(d->notes.kinks, d->notes.kink_count));
    set(all, "values", values_json(d, 0, d->valued));
    set(all, "without_value", values_json(d, d->valued, d->given));
    set(all, "value", has_value(d) || ad_is_const(d->derivative) ? exact_number(ad_value(d->derivative)) : json_null());
    print_and_free(stdout, all);
    free(text);
}

/* --------------------------------------------------------------------------------------- main path */

static void run(settings *s)
{
    char *input = strcmp(s->formula, "-") == 0 ? read_formula() : NULL, *why;
    derivation d = {.s = s, .formula = input != NULL ? input : formula_typed(s->formula), .tape = ad_tape_new()};
    if (d.tape == NULL) die(CODE_DATA, _("out of memory"));
    load_operations(d.tape, &s->loads);
    for (size_t k = 0; k < s->assignment_count; k++) record_assignment(d.tape, s->assignments[k]);
    d.valued = d.given = (uint32_t)s->assignment_count;
    record(&d);
    check_names(&d);
    warn_of_unused_values(d.tape, d.y, d.valued);
    differentiate(&d);
    if (!formula_text_of(&d.text, d.derivative, d.parts, &why)) die(CODE_DATA, "%s", why);
    d.is_used = resized(NULL, d.given, sizeof *d.is_used);
    mark_used(d.is_used, d.given, d.derivative);
    (s->is_json ? print_json : print_text)(&d);
    formula_text_free(&d.text);
    formula_notes_free(&d.notes);
    free(d.is_used);
    ad_tape_free(d.tape);
    free(input);
}

int diff_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,   parse,          N_("FORMULA NAME... [NAME=VALUE...]"), doc, children,
                                     help_text, LANGUAGE_DOMAIN};
    settings s = {.digits = 6};
    s.by = resized(NULL, (size_t)argc, sizeof *s.by);
    s.assignments = resized(NULL, (size_t)argc, sizeof *s.assignments);
    hide_formulas(argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    run(&s);
    free(s.by);
    free(s.assignments);
    return CODE_OK;
}
