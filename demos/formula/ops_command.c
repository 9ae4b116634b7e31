/* SPDX-License-Identifier: MIT */
/* `chainrule ops`: the op table for reading. */
#include "command.h"
#include "display_argp.h"
#include "help_text.h"
#include "language.h"
#include "library_text.h"
#include "print.h"

#include <autodiff/autodiff.h>

#include <argp.h>
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char doc[] = N_(
    "Lists the operations: what each one is, its derivatives as they are computed, and where they are a convention. "
    "With OPERATION, a name or a sign, only those.\n") "\v" N_(
    "Examples:\n"
    "  chainrule ops\n"
    "  chainrule ops sigmoid relu '*'\n"
    "  chainrule ops --json pow\n"
    "\n"
    "Exit codes: 0 all went well; 1 there is no such operation, or the output could not be written; 2 the command was "
    "called wrongly.\n");
/* clang-format on */

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {{"json", KEY_JSON, NULL, 0, N_("Print the table as JSON"), 0}, {0}};

typedef struct settings {
    bool is_json;
    bool is_chosen[AD_OP_COUNT];
    bool has_choice;
} settings;

/* ------------------------------------------------------------------------------- which operations */

static bool choose_label(settings *s, const char *label)
{
    bool found = false;
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        if (strcmp(ad_op_get((ad_op)op)->label, label) == 0) found = s->is_chosen[op] = true;
    return found;
}

/* The parser of formulas knows the nearest name. */
static void no_operation(const char *name)
{
    ad_tape *scratch = ad_tape_new();
    char *call = formatted("%s(0)", name);
    ad_var out;
    ad_text_error error;
    const bool is_unknown =
        ad_parse(scratch, call, &out, &error) == AD_ERR_TEXT && strncmp(error.message, "unknown function", 16) == 0;
    free(call);
    ad_tape_free(scratch);
    if (is_unknown) die(CODE_DATA, "%s", library_text(error.message));
    die(CODE_DATA, _("there is no operation '%s'"), name);
}

static void choose(settings *s, const char *name)
{
    const ad_op op = ad_op_find(name);
    s->has_choice = true;
    if (op != AD_OP_LEAF) s->is_chosen[op] = true;
    else if (!choose_label(s, name)) no_operation(name);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case KEY_JSON: s->is_json = true; return 0;
    case ARGP_KEY_ARG: choose(s, argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --------------------------------------------------------------------------------------- for reading */

enum { INDENT = 4 };

static void put_row(const char *label, const char *content)
{
    const size_t used = INDENT + width_of(label);
    printf("%*s%s", INDENT, "", label);
    put_wrapped(stdout, content, used, used);
    putchar('\n');
}

static bool has_weights(const ad_op_info *info) { return strstr(info->definition, "w_k") != NULL; }

static const char *operands_of(const ad_op_info *info)
{
    static const char *const few[] = {"", "a", "a, b", "a, b, c"};
    if (info->arity >= 0) return few[info->arity];
    return info->partial[1] == NULL ? "x_0, x_1, ..." : has_weights(info) ? "w, x" : "x, y";
}

static void put_call(const ad_op_info *info)
{
    const bool is_sign = !isalpha((unsigned char)info->label[0]);
    printf("\n%s%s%s(%s)", start_of(COLOUR_STEP), info->name, end_of(COLOUR_STEP), operands_of(info));
    if (is_sign && info->arity == 2) printf(_(", written a %s b"), info->label);
    else if (is_sign) printf(_(", written %s"), info->definition);
    putchar('\n');
}

static void put_op(const ad_op_info *info)
{
    static const char *const of[] = {"dv/da = ", "dv/db = ", "dv/dc = "};
    static const char *const of_row[] = {"dv/dx_k = ", "dv/dy_k = "}, *const of_weights[] = {"dv/dw_k = ",
                                                                                             "dv/dx_k = "};
    const char *const *heads = info->arity > 0 ? of : has_weights(info) ? of_weights : of_row;
    put_call(info);
    put_row("v = ", info->definition);
    for (size_t k = 0; k < 3 && info->partial[k] != NULL; k++) put_row(heads[k], info->partial[k]);
    if (*info->kink != '\0') put_row(_("kink where "), info->kink);
    if (*info->note != '\0') put_row("", translated(info->note));
}

static void put_conventions(void)
{
    const char *const heads[] = {_("operation"), _("where"), _("convention")};
    static const bool is_number[] = {false, false, false};
    table t = {.columns = 3, .heads = heads, .is_number = is_number, .wrapped = 2};
    put_heading(stdout, _("Conventions: derivatives where an operation has none"));
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const ad_op_info *info = ad_op_get((ad_op)op);
        if (*info->kink == '\0') continue;
        table_add(&t, (char *[]){copied(info->name), copied(info->kink), copied(translated(info->note))});
    }
    table_print(&t, stdout);
}

static void print_text(const settings *s)
{
    put_wrapped(stdout,
                _("a, b, c are the operands of an operation, v is its value; x_k, w_k, y_k are the k-th of a row. A "
                  "derivative stands as it is computed: c ? x : y is x where c holds, else y."),
                0, 0);
    putchar('\n');
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        if (!s->has_choice || s->is_chosen[op]) put_op(ad_op_get((ad_op)op));
    if (!s->has_choice) put_conventions();
}

/* -------------------------------------------------------------------------------------- for programs */

static json_t *op_json(const ad_op_info *info)
{
    json_t *partials = json_array();
    for (size_t k = 0; k < 3 && info->partial[k] != NULL; k++)
        json_array_append_new(partials, json_string(info->partial[k]));
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:s}", "name", info->name, "label", info->label, "operands",
                     info->arity < 0 ? json_string("any") : json_integer(info->arity), "definition", info->definition,
                     "derivatives", partials, "kink", info->kink, "note", info->note);
}

static void print_json(const settings *s)
{
    json_t *all = json_array();
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        if (!s->has_choice || s->is_chosen[op])
            if (json_array_append_new(all, op_json(ad_op_get((ad_op)op))) != 0) die(CODE_DATA, _("out of memory"));
    if (json_dumpf(all, stdout, JSON_INDENT(1)) == 0) putchar('\n');
    json_decref(all);
}

int ops_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, N_("[OPERATION...]"), doc, children, help_text, LANGUAGE_DOMAIN};
    settings s = {.is_json = false};
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    (s.is_json ? print_json : print_text)(&s);
    return CODE_OK;
}
