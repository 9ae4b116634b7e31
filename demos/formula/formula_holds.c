/* SPDX-License-Identifier: MIT */
/* What the op table says of kinks ("a == 0 && b != 1"), as relations between the operands of a node, written as
 * formulas. */
#include "formula_holds.h"
#include "command.h"
#include "language.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct finder {
    ad_tape *tape;
    formula_parts parts;
    bool *depends, *matters; /* on the variable; to the derivative */
    ad_edge *edges;
    formula_notes *notes;
} finder;

/* -------------------------------------------------------------------------------------- relations */

/* One of a table's conjuncts: "a == 0". */
typedef struct relation {
    char left[8], sign[8], right[8];
} relation;

/* The conjunct that *text begins with; *text then begins with the next, or is NULL. */
static relation next_relation(const char **text)
{
    relation r = {"", "", ""};
    if (sscanf(*text, "%7s %7s %7s", r.left, r.sign, r.right) != 3)
        die(CODE_DATA, _("the kink '%s' makes no sense"), *text);
    const char *more = strstr(*text, " && ");
    *text = more != NULL ? more + strlen(" && ") : NULL;
    return r;
}

/* What a word of a relation stands for at a node: an operand, the value, or a number. */
static ad_var meaning(const finder *f, ad_var node, const char *word)
{
    const char c = word[0];
    if (c >= 'a' && c <= 'c' && word[1] == '\0') return f->edges[c - 'a'].operand;
    return c == 'v' ? node : ad_const(strtod(word, NULL));
}

static ad_op op_of_sign(const char *sign)
{
    static const ad_op ops[] = {AD_OP_EQ, AD_OP_NE, AD_OP_LT, AD_OP_LE, AD_OP_GT, AD_OP_GE};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        if (strcmp(ad_op_get(ops[k])->label, sign) == 0) return ops[k];
    return AD_OP_EQ;
}

/* "x > 0"; to be freed. The relation is on the tape only while it is written. */
static char *relation_text(const finder *f, ad_op op, ad_var left, ad_var right)
{
    char *why, *text = NULL;
    formula_text written;
    const ad_mark mark = ad_tape_mark(f->tape);
    const ad_var v = ad_apply(op, (ad_var[]){left, right}, 2);
    if (!ad_is_valid(v)) die(CODE_DATA, "%s", library_text(ad_tape_message(f->tape)));
    if (formula_text_of(&written, v, f->parts, &why)) {
        text = formula_text_joined(&written);
        formula_text_free(&written);
    } else free(why);
    ad_tape_rewind(f->tape, mark);
    return text != NULL ? text : copied(_("the piece is the same"));
}

/* ------------------------------------------------------------------------------------------ notes */

static void add_note(char ***lines, size_t *count, char *line)
{
    for (size_t k = 0; k < *count; k++)
        if (strcmp((*lines)[k], line) == 0) {
            free(line);
            return;
        }
    *lines = resized(*lines, *count + 1, sizeof **lines);
    (*lines)[(*count)++] = line;
}

static void add_side(finder *f, char *side) { add_note(&f->notes->sides, &f->notes->side_count, side); }
static void add_kink(finder *f, char *kink) { add_note(&f->notes->kinks, &f->notes->kink_count, kink); }

void formula_notes_free(formula_notes *n)
{
    for (size_t k = 0; k < n->side_count; k++) free(n->sides[k]);
    for (size_t k = 0; k < n->kink_count; k++) free(n->kinks[k]);
    free(n->sides);
    free(n->kinks);
    *n = (formula_notes){.sides = NULL};
}

static void note_convention(finder *f, const ad_op_info *info, char *where)
{
    add_kink(f,
             formatted(_("at %s, a kink of %s, this is a convention: %s"), where, info->name, translated(info->note)));
    free(where);
}

/* The derivative is written in pieces, told apart by the two sides of the relation. */
static void note_side(finder *f, ad_var node, const ad_op_info *info, const relation *r)
{
    const ad_var left = meaning(f, node, r->left), right = meaning(f, node, r->right);
    const double a = ad_value(left), b = ad_value(right);
    if (a == b) note_convention(f, info, relation_text(f, AD_OP_EQ, left, right));
    else add_side(f, relation_text(f, a > b ? AD_OP_GT : AD_OP_LT, left, right));
}

static bool holds(ad_op op, ad_var left, ad_var right)
{
    return ad_value(ad_apply(op, (ad_var[]){ad_const(ad_value(left)), ad_const(ad_value(right))}, 2)) != 0;
}

/* Where the kink of a node is, "x == 0 and y == 0", as far as numbers of the formula have not decided it; NULL: they
 * keep it away. *is_there: it is at the present values. To be freed. */
static char *kink_text(const finder *f, ad_var node, const char *kink, bool *is_there)
{
    char *all = copied("");
    *is_there = true;
    while (kink != NULL) {
        const relation r = next_relation(&kink);
        const ad_op op = op_of_sign(r.sign);
        const ad_var left = meaning(f, node, r.left), right = meaning(f, node, r.right);
        const bool is_fixed = ad_is_const(left) && ad_is_const(right), is_true = holds(op, left, right);
        *is_there = *is_there && is_true;
        if (is_fixed && !is_true) {
            free(all);
            return NULL;
        }
        char *own = is_fixed ? copied("") : relation_text(f, op, left, right), *before = all;
        all = *own == '\0' || strcmp(own, before) == 0
                  ? copied(before)
                  : formatted("%s%s%s", before, *before == '\0' ? "" : _(" and "), own);
        free(own);
        free(before);
    }
    return all;
}

/* The derivative is one formula, but for the kink. */
static void note_exception(finder *f, ad_var node, const ad_op_info *info)
{
    bool is_there;
    char *where = kink_text(f, node, info->kink, &is_there);
    if (where == NULL) return;
    if (is_there) note_convention(f, info, where);
    else {
        add_kink(f, formatted(_("but not where %s, a kink of %s"), where, info->name));
        free(where);
    }
}

/* Whether a partial derivative asks on which side of the relation its operands are. */
static bool has_sides(const ad_op_info *info, const relation *r)
{
    char *above = formatted("%s > %s", r->left, r->right), *below = formatted("%s < %s", r->left, r->right);
    bool found = false;
    for (size_t k = 0; k < 3 && info->partial[k] != NULL; k++)
        found = found || strstr(info->partial[k], above) != NULL || strstr(info->partial[k], below) != NULL;
    free(above);
    free(below);
    return found;
}

static void note_kink(finder *f, ad_var node, const ad_op_info *info)
{
    const char *rest = info->kink;
    const relation first = next_relation(&rest);
    if (has_sides(info, &first)) note_side(f, node, info, &first);
    else note_exception(f, node, info);
}

/* A selection: where its condition holds, or does not. */
static void note_choice(finder *f, ad_var condition)
{
    static const ad_op opposites[][2] = {{AD_OP_LT, AD_OP_GE}, {AD_OP_LE, AD_OP_GT}, {AD_OP_GT, AD_OP_LE},
                                         {AD_OP_GE, AD_OP_LT}, {AD_OP_EQ, AD_OP_NE}, {AD_OP_NE, AD_OP_EQ}};
    const bool holds = ad_value(condition) != 0;
    ad_op op = holds ? AD_OP_NE : AD_OP_EQ;
    ad_var left = condition, right = ad_const(0);
    for (size_t k = 0; k < sizeof opposites / sizeof *opposites; k++)
        if (ad_op_of(condition) == opposites[k][0]) {
            ad_edge edges[2];
            ad_edges(condition, edges, 2);
            op = opposites[k][!holds];
            left = edges[0].operand;
            right = edges[1].operand;
        }
    add_side(f, relation_text(f, op, left, right));
}

/* ------------------------------------------------------------------------------------- the nodes */

static void find_dependence(finder *f, ad_var y, ad_var x)
{
    for (uint32_t i = 0; i <= y.index; i++) {
        const ad_var node = ad_node_at(f->tape, i);
        const size_t n = ad_edges(node, f->edges, ad_arity_of(node));
        f->depends[i] = i == x.index;
        for (size_t k = 0; k < n; k++)
            if (!ad_is_const(f->edges[k].operand) && f->depends[f->edges[k].operand.index]) f->depends[i] = true;
    }
}

/* A condition, and what a selection does not take, have no part in the derivative. */
static bool has_part(ad_op op, const ad_edge *edges, size_t k)
{
    return op != AD_OP_SELECT || k == (edges[0].value != 0 ? 1 : 2);
}

static void visit(finder *f, ad_var node)
{
    const ad_op op = ad_op_of(node);
    const ad_op_info *info = ad_op_get(op);
    const size_t n = ad_edges(node, f->edges, ad_arity_of(node));
    for (size_t k = 0; k < n; k++)
        if (!ad_is_const(f->edges[k].operand) && has_part(op, f->edges, k))
            f->matters[f->edges[k].operand.index] = true;
    const bool is_choice = op == AD_OP_SELECT && !ad_is_const(f->edges[0].operand);
    if (!is_choice && *info->kink == '\0') return;
    if (f->notes->seen++ >= FORMULA_MOST_KINKS) return;
    if (is_choice) note_choice(f, f->edges[0].operand);
    else note_kink(f, node, info);
}

static size_t most_operands(ad_var y)
{
    size_t most = 3;
    for (uint32_t i = 0; i <= y.index; i++) {
        const size_t n = ad_arity_of(ad_node_at(y.tape, i));
        if (n > most) most = n;
    }
    return most;
}

void formula_notes_add(formula_notes *n, ad_var y, ad_var x, formula_parts parts)
{
    if (ad_is_const(y)) return;
    const size_t count = (size_t)y.index + 1;
    finder f = {.tape = y.tape, .parts = parts, .notes = n};
    f.edges = resized(NULL, most_operands(y), sizeof *f.edges);
    f.depends = resized(NULL, count, sizeof *f.depends);
    f.matters = resized(NULL, count, sizeof *f.matters);
    memset(f.matters, 0, count * sizeof *f.matters);
    f.matters[y.index] = true;
    find_dependence(&f, y, x);
    for (uint32_t i = y.index + 1; i-- > 0;)
        if (f.matters[i] && f.depends[i] && ad_op_of(ad_node_at(y.tape, i)) != AD_OP_LEAF)
            visit(&f, ad_node_at(y.tape, i));
    free(f.edges);
    free(f.depends);
    free(f.matters);
}
