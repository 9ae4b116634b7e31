/* SPDX-License-Identifier: MIT */
#include "formula_text.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What binds tighter is larger, as the parser of formulas has it. */
enum { BIND_CHOICE, BIND_EQUALITY, BIND_ORDER, BIND_SUM, BIND_PRODUCT, BIND_SIGN, BIND_POWER, BIND_ATOM };

/* How a node or a constant stands in what is made of it: a minus sign, and the text behind it. A minus sign before a
 * product or a quotient negates it exactly. */
typedef struct term {
    char *text;
    bool is_negative, is_quotient, is_constant;
    int binding; /* of the text */
} term;

typedef struct writer {
    ad_tape *tape;
    uint32_t root;
    formula_parts parts;
    term *terms; /* of nodes */
    uint32_t *uses;
    bool *is_summand;
    ad_edge *edges;
    term *operands; /* of the node that is being written: owned where they are constants */
    formula_text *f;
    size_t room, last_name;
    char *why;
} writer;

/* ------------------------------------------------------------------------------------- numbers */

/* "1e+05" as "1e5". */
static void shorten_exponent(char *number)
{
    char *e = strchr(number, 'e');
    if (e == NULL) return;
    char *to = e + 1, *from = to + (*to == '+');
    if (*from == '-') *to++ = *from++;
    from += strspn(from, "0");
    memmove(to, from, strlen(from) + 1);
}

char *formula_number(double x)
{
    enum { MOST_DIGITS = 17 };
    char shown[NUMBER_SIZE];
    if (isnan(x)) return copied("nan");
    if (isinf(x)) return copied(x > 0 ? "inf" : "-inf");
    if (x == floor(x) && fabs(x) < 1e6) return formatted("%.0f", x);
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
        snprintf(shown, sizeof shown, "%.*g", digits, x);
        if (strtod(shown, NULL) == x) break;
    }
    shorten_exponent(shown);
    return copied(shown);
}

static term term_of_number(double x)
{
    return (term){.text = formula_number(fabs(x)),
                  .is_negative = signbit(x) && !isnan(x),
                  .is_constant = true,
                  .binding = BIND_ATOM};
}

/* --------------------------------------------------------------------------------------- terms */

static int binding_of(const term *t) { return t->is_negative && t->binding > BIND_SIGN ? BIND_SIGN : t->binding; }

/* The term where something that binds as tight as `least` is due. */
static char *in_place(const term *t, int least)
{
    const char *sign = t->is_negative ? "-" : "";
    return formatted(binding_of(t) < least ? "(%s%s)" : "%s%s", sign, t->text);
}

/* The same of what stands behind its sign. */
static char *unsigned_in_place(const term *t, int least)
{
    return formatted(t->binding < least ? "(%s)" : "%s", t->text);
}

static term joined(char *left, const char *sign, char *right, int binding)
{
    const term t = {.text = formatted("%s%s%s", left, sign, right), .binding = binding};
    free(left);
    free(right);
    return t;
}

static void swap(const term **a, const term **b)
{
    const term *kept = *a;
    *a = *b;
    *b = kept;
}

static term sum_of(const term *a, const term *b, bool is_difference)
{
    if (!is_difference && ((b->binding == BIND_SUM && a->binding > BIND_SUM) || (a->is_negative && !b->is_negative)))
        swap(&a, &b);
    const bool minus = b->is_negative != is_difference;
    return joined(in_place(a, BIND_SUM), minus ? " - " : " + ", unsigned_in_place(b, BIND_PRODUCT), BIND_SUM);
}

static term product_of(const term *a, const term *b, bool is_quotient)
{
    const bool is_late_number = b->is_constant && !a->is_constant && a->binding != BIND_PRODUCT;
    const bool is_late_product =
        b->binding == BIND_PRODUCT && !b->is_quotient && a->binding > BIND_PRODUCT && !a->is_constant;
    const bool is_negative = a->is_negative != b->is_negative;
    if (!is_quotient && (is_late_number || is_late_product)) swap(&a, &b);
    const bool is_one = !is_quotient && a->is_constant && strcmp(a->text, "1") == 0;
    term t = is_one ? *b
                    : joined(unsigned_in_place(a, BIND_PRODUCT), is_quotient ? " / " : " * ",
                             unsigned_in_place(b, BIND_SIGN), BIND_PRODUCT);
    if (is_one) t.text = copied(b->text);
    t.is_negative = is_negative;
    t.is_quotient = is_quotient;
    return t;
}

static term negative_of(const term *a)
{
    return (term){.text = unsigned_in_place(a, BIND_PRODUCT),
                  .is_negative = !a->is_negative,
                  .is_quotient = a->is_quotient,
                  .binding = a->binding < BIND_PRODUCT ? BIND_ATOM : a->binding};
}

static term compared(const term *a, const char *label, const term *b, int binding)
{
    char *sign = formatted(" %s ", label);
    const term t = joined(in_place(a, binding), sign, in_place(b, binding + 1), binding);
    free(sign);
    return t;
}

static term choice_of(const term operands[3])
{
    char *condition = in_place(&operands[0], BIND_EQUALITY), *first = in_place(&operands[1], BIND_EQUALITY),
         *second = in_place(&operands[2], BIND_CHOICE);
    const term t = {.text = formatted("%s ? %s : %s", condition, first, second), .binding = BIND_CHOICE};
    free(condition);
    free(first);
    free(second);
    return t;
}

static term call_of(const char *name, const term *operands, size_t n)
{
    draft text;
    draft_begin(&text);
    fprintf(text.to, "%s(", name);
    for (size_t k = 0; k < n; k++)
        fprintf(text.to, "%s%s%s", k > 0 ? ", " : "", operands[k].is_negative ? "-" : "", operands[k].text);
    fputc(')', text.to);
    return (term){.text = draft_done(&text), .binding = BIND_ATOM};
}

/* ---------------------------------------------------------------------------- rows of operands */

static bool is_zero(const term *t) { return t->is_constant && strcmp(t->text, "0") == 0; }

static term weighted_sum_of(const term *operands, size_t pairs)
{
    term all = product_of(&operands[0], &operands[pairs], false);
    for (size_t k = 1; k < pairs; k++) {
        term product = product_of(&operands[k], &operands[pairs + k], false), before = all;
        all = sum_of(&before, &product, false);
        free(before.text);
        free(product.text);
    }
    return all;
}

/* Of a sum of squares of differences, with one row of them. */
static term call_of_differences(const char *name, const term *operands, size_t pairs)
{
    term *differences = resized(NULL, pairs, sizeof *differences);
    for (size_t k = 0; k < pairs; k++) {
        const term *x = &operands[k], *y = &operands[pairs + k];
        differences[k] = is_zero(y) ? *x : sum_of(x, y, true);
        if (is_zero(y)) differences[k].text = copied(x->text);
    }
    const term t = call_of(name, differences, pairs);
    for (size_t k = 0; k < pairs; k++) free(differences[k].text);
    free(differences);
    return t;
}

static term row_of(writer *w, const ad_op_info *info, size_t n)
{
    switch (info->op) {
    case AD_OP_SUM:
    case AD_OP_LOG_SUM_EXP: return call_of(info->name, w->operands, n);
    case AD_OP_WEIGHTED_SUM: return weighted_sum_of(w->operands, n / 2);
    case AD_OP_HALF_SUM_OF_SQUARES:
    case AD_OP_SUM_OF_SQUARES:
    case AD_OP_MEAN_OF_SQUARES: return call_of_differences(info->name, w->operands, n / 2);
    default:
        if (w->why == NULL) w->why = formatted(_("a formula cannot write %s of two rows"), info->name);
        return (term){.text = copied("nan"), .binding = BIND_ATOM};
    }
}

/* ---------------------------------------------------------------------------------- operations */

static term own_operation(writer *w, ad_var node, size_t n)
{
    const ad_custom *custom = ad_custom_get(ad_custom_of(node));
    if (custom != NULL && custom->outputs > 1 && w->why == NULL)
        w->why = formatted(_("a formula cannot call %s, which has %zu outputs"), custom->name, custom->outputs);
    return call_of(ad_op_name_of(node), w->operands, n);
}

/* Not where a minus sign may lead. */
static bool is_turned_round(const writer *w, ad_var node, const term *a, const term *b)
{
    return node.index >= w->parts.swept && !w->is_summand[node.index] && a->binding > BIND_SUM &&
           b->binding > BIND_SUM && !b->is_negative;
}

static term operation(writer *w, ad_var node, size_t n)
{
    const ad_op_info *info = ad_op_get(ad_op_of(node));
    const term *a = &w->operands[0], *b = &w->operands[1];
    switch (info->op) {
    case AD_OP_ADD: return is_turned_round(w, node, a, b) ? sum_of(b, a, false) : sum_of(a, b, false);
    case AD_OP_SUB: return sum_of(a, b, true);
    case AD_OP_MUL: return product_of(a, b, false);
    case AD_OP_DIV: return product_of(a, b, true);
    case AD_OP_RECIP: return product_of(&(term){.text = "1", .is_constant = true, .binding = BIND_ATOM}, a, true);
    case AD_OP_NEG: return negative_of(a);
    case AD_OP_POW: return joined(in_place(a, BIND_ATOM), "^", in_place(b, BIND_POWER), BIND_POWER);
    case AD_OP_LT:
    case AD_OP_LE:
    case AD_OP_GT:
    case AD_OP_GE: return compared(a, info->label, b, BIND_ORDER);
    case AD_OP_EQ:
    case AD_OP_NE: return compared(a, info->label, b, BIND_EQUALITY);
    case AD_OP_SELECT: return choice_of(w->operands);
    case AD_OP_CUSTOM: return own_operation(w, node, n);
    default: return info->arity < 0 ? row_of(w, info, n) : call_of(info->name, w->operands, n);
    }
}

/* ---------------------------------------------------------------------------------- statements */

static void add_line(writer *w, char *line)
{
    if (w->f->count == w->room) {
        w->room = 2 * w->room + 8;
        w->f->lines = resized(w->f->lines, w->room, sizeof *w->f->lines);
    }
    w->f->lines[w->f->count++] = line;
}

/* The term becomes a statement, and its name stands for it from now on. */
static void give_name(writer *w, term *t, const char *name)
{
    add_line(w, formatted("%s = %s%s", name, t->is_negative ? "-" : "", t->text));
    free(t->text);
    *t = (term){.text = copied(name), .binding = BIND_ATOM};
}

/* A name that the tape does not have. */
static void give_new_name(writer *w, term *t)
{
    char name[24];
    do snprintf(name, sizeof name, "t%zu", ++w->last_name);
    while (ad_is_valid(ad_find(w->tape, name)));
    give_name(w, t, name);
}

static bool is_worth_a_name(const term *t, uint32_t uses)
{
    enum { WORTH = 12 };
    const bool is_name = t->binding == BIND_ATOM && strchr(t->text, '(') == NULL;
    return !is_name && (uses - 1) * width_of(t->text) > WORTH;
}

/* The longest operand that is more than a name and can get one; NULL: there is none. */
static term *longest_operand(writer *w, size_t n)
{
    enum { LEAST = 8 };
    term *longest = NULL;
    size_t most = LEAST;
    for (size_t k = 0; k < n; k++) {
        if (ad_is_const(w->edges[k].operand)) continue;
        term *t = &w->terms[w->edges[k].operand.index];
        const size_t width = width_of(t->text);
        if (width > most) {
            most = width;
            longest = t;
        }
    }
    return longest;
}

static void fetch_operands(writer *w, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const ad_var operand = w->edges[k].operand;
        w->operands[k] = ad_is_const(operand) ? term_of_number(w->edges[k].value) : w->terms[operand.index];
    }
}

static void release_operands(writer *w, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (ad_is_const(w->edges[k].operand)) free(w->operands[k].text);
}

/* Operands get names until the line is short enough. */
static term term_of_operation(writer *w, ad_var node)
{
    enum { LONGEST = LINE_WIDTH - 8 };
    const size_t n = ad_arity_of(node);
    ad_edges(node, w->edges, n);
    for (;;) {
        fetch_operands(w, n);
        term t = operation(w, node, n);
        release_operands(w, n);
        term *longest = width_of(t.text) > LONGEST ? longest_operand(w, n) : NULL;
        if (longest == NULL) return t;
        free(t.text);
        give_new_name(w, longest);
    }
}

static void write_leaf(writer *w, ad_var node)
{
    term *t = &w->terms[node.index];
    const char *name = ad_name_of(node);
    if (node.index < w->parts.given) {
        if (name == NULL && w->why == NULL) w->why = formatted(_("leaf %u has no name"), node.index);
        *t = (term){.text = copied(name != NULL ? name : ""), .binding = BIND_ATOM};
    } else {
        *t = term_of_number(ad_value(node));
        if (name != NULL) give_name(w, t, name);
    }
}

static void write_node(writer *w, uint32_t i)
{
    const ad_var node = ad_node_at(w->tape, i);
    if (ad_op_of(node) == AD_OP_LEAF) {
        write_leaf(w, node);
        return;
    }
    w->terms[i] = term_of_operation(w, node);
    if (i == w->root) return;
    if (ad_name_of(node) != NULL) give_name(w, &w->terms[i], ad_name_of(node));
    else if (is_worth_a_name(&w->terms[i], w->uses[i])) give_new_name(w, &w->terms[i]);
}

/* ------------------------------------------------------------------------------------- all of it */

/* How often each node is used by those that the root needs. */
static size_t count_uses(writer *w)
{
    size_t most = 1;
    for (uint32_t i = 0; i <= w->root; i++) {
        const size_t n = ad_arity_of(ad_node_at(w->tape, i));
        if (n > most) most = n;
    }
    w->edges = resized(NULL, most, sizeof *w->edges);
    w->uses[w->root] = 1;
    for (uint32_t i = w->root + 1; i-- > 0;) {
        const size_t n = w->uses[i] > 0 ? ad_edges(ad_node_at(w->tape, i), w->edges, most) : 0;
        const bool is_sum = ad_op_of(ad_node_at(w->tape, i)) == AD_OP_ADD;
        for (size_t k = 0; k < n; k++) {
            if (ad_is_const(w->edges[k].operand)) continue;
            w->uses[w->edges[k].operand.index]++;
            if (is_sum) w->is_summand[w->edges[k].operand.index] = true;
        }
    }
    return most;
}

static void write_nodes(writer *w)
{
    const size_t count = (size_t)w->root + 1;
    w->uses = resized(NULL, count, sizeof *w->uses);
    w->terms = resized(NULL, count, sizeof *w->terms);
    w->is_summand = resized(NULL, count, sizeof *w->is_summand);
    memset(w->is_summand, 0, count * sizeof *w->is_summand);
    memset(w->uses, 0, count * sizeof *w->uses);
    memset(w->terms, 0, count * sizeof *w->terms);
    w->operands = resized(NULL, count_uses(w), sizeof *w->operands);
    for (uint32_t i = 0; i <= w->root; i++)
        if (w->uses[i] > 0) write_node(w, i);
    add_line(w, in_place(&w->terms[w->root], BIND_CHOICE));
    for (uint32_t i = 0; i <= w->root; i++) free(w->terms[i].text);
    free(w->terms);
    free(w->uses);
    free(w->is_summand);
    free(w->edges);
    free(w->operands);
}

bool formula_text_of(formula_text *f, ad_var y, formula_parts parts, char **why)
{
    writer w = {.tape = y.tape, .root = y.index, .parts = parts, .f = f};
    *f = (formula_text){NULL, 0};
    if (ad_is_const(y)) add_line(&w, formula_number(ad_value(y)));
    else write_nodes(&w);
    if (w.why == NULL) return true;
    formula_text_free(f);
    *why = w.why;
    return false;
}

void formula_text_free(formula_text *f)
{
    for (size_t k = 0; k < f->count; k++) free(f->lines[k]);
    free(f->lines);
    *f = (formula_text){NULL, 0};
}

char *formula_text_joined(const formula_text *f)
{
    draft text;
    draft_begin(&text);
    for (size_t k = 0; k < f->count; k++) fprintf(text.to, "%s%s", k > 0 ? "; " : "", f->lines[k]);
    return draft_done(&text);
}
