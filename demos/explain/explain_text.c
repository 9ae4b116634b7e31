/* SPDX-License-Identifier: MIT */
/* An explanation for reading: the forward pass, the gradient beside finite differences, and what to beware of. */
#include "explanation.h"
#include "command.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NOTES = 12 };

static char *number(double x, int digits)
{
    char shown[NUMBER_SIZE];
    return copied(show_number(shown, x, digits));
}

static char *value_cell(const node *n, int digits)
{
    char shown[NUMBER_SIZE];
    return copied((n->op == AD_OP_LEAF ? show_input : show_number)(shown, n->value, digits));
}

/* Relative differences are for their order of magnitude: two digits. */
static char *magnitude(double x) { return isnan(x) ? copied("-") : x == 0 ? copied("0") : formatted("%.1e", x); }

static const char *output_label(const explanation *x) { return x->nodes[x->output.index].label; }

/* A name for a table: cut where it is too wide, and then the number tells which it is. */
static char *name_cell(const node *n)
{
    enum { WIDEST = 16 };
    if (n->name == NULL) return copied("");
    if (width_of(n->name) <= WIDEST) return copied(n->name);
    return formatted("%.*s...", (int)fitting(n->name, WIDEST - 3), n->name);
}

static void put_formatted_note(FILE *to, char *note)
{
    put_note(to, note);
    free(note);
}

/* --------------------------------------------------------------------------------- forward pass */

/* An operator by its sign, a function by its name. */
static const char *op_cell(const node *n)
{
    const ad_op_info *info = ad_op_get(n->op);
    const char first = info->label[0];
    const bool is_word = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    return is_word ? n->op_name : info->label;
}

static void print_forward(FILE *to, const explanation *x, wording *w, int digits)
{
    static const char *const heads[] = {"node", "name", "op", "operands", "value"};
    static const bool is_number[] = {false, false, false, false, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 3};
    put_heading(to, "Forward pass: the value of each node, from the values of its operands");
    for (size_t i = 0; i < x->node_count; i++) {
        const node *n = &x->nodes[i];
        table_add(&t, (char *[]){copied(n->number), name_cell(n), copied(op_cell(n)), operands_of(w, (uint32_t)i),
                                 value_cell(n, digits)});
    }
    table_print(&t, to);
}

/* ------------------------------------------------------------------------------------ gradient */

static void print_gradient_table(FILE *to, const explanation *x, int digits)
{
    static const char *const heads[] = {"leaf", "value", "gradient", "finite difference", "relative difference"};
    static const bool is_number[] = {false, true, true, true, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 5};
    for (size_t k = 0; k < x->check_count; k++) {
        const check *c = &x->checks[k];
        const node *n = &x->nodes[c->leaf];
        table_add(&t, (char *[]){copied(n->label), value_cell(n, digits), number(n->adjoint, digits),
                                 c->state == CHECK_NONE || (c->state == CHECK_KINK && isnan(c->difference))
                                     ? copied("-")
                                     : number(c->difference, digits),
                                 magnitude(c->relative)});
    }
    table_print(&t, to);
}

static size_t count_of(const explanation *x, check_state state)
{
    size_t n = 0;
    for (size_t k = 0; k < x->check_count; k++) n += x->checks[k].state == state;
    return n;
}

static char *remark_on(const explanation *x, const check *c, int digits)
{
    char g[NUMBER_SIZE], d[NUMBER_SIZE], h[NUMBER_SIZE];
    const char *leaf = x->nodes[c->leaf].label;
    show_number(h, c->step, 2);
    show_number(g, x->nodes[c->leaf].adjoint, digits);
    show_number(d, c->difference, digits);
    switch (c->state) {
    case CHECK_KINK:
        if (c->step == 0)
            return formatted(
                "%s: however small the step, %s changes sides (a kink, a tie or a branch), so that there is "
                "no finite difference; the gradient is taken at %s itself.",
                leaf, c->has_place ? x->nodes[c->at].label : "something", leaf);
        return formatted("%s: between %s - %s and %s + %s, %s changes sides (a kink, a tie or a branch). The finite "
                         "difference mixes both sides; the gradient is taken at %s itself.",
                         leaf, leaf, h, leaf, h, c->has_place ? x->nodes[c->at].label : "something", leaf);
    case CHECK_NOT_FINITE: return formatted("%s: no comparison, where a number is not finite.", leaf);
    case CHECK_UNCLEAR:
        return formatted("%s: no verdict, since the finite difference is too coarse here: its error is about %.1e.",
                         leaf, c->error);
    case CHECK_DIFFERS:
        return formatted("%s: %s and %s differ by more than the finite difference's error of about %.1e.", leaf, g, d,
                         c->error);
    default: return NULL;
    }
}

static void print_remarks(FILE *to, const explanation *x, int digits)
{
    size_t said = 0, more = 0;
    for (size_t k = 0; k < x->check_count; k++) {
        char *remark = remark_on(x, &x->checks[k], digits);
        if (remark == NULL) continue;
        if (said++ < MOST_NOTES) put_note(to, remark);
        else more++;
        free(remark);
    }
    if (more > 0) put_formatted_note(to, formatted("(and %zu more like these)", more));
}

/* What a relative difference may be; above that, agreement is within the finite difference's rounding error. */
#define CLOSE 1e-6

static char *sentence_of_agreement(const explanation *x, size_t all)
{
    size_t by_rounding = 0;
    double worst = 0;
    for (size_t k = 0; k < x->check_count; k++) {
        const check *c = &x->checks[k];
        if (c->state != CHECK_AGREES) continue;
        by_rounding += c->relative > CLOSE;
        if (c->relative <= CLOSE && c->relative > worst) worst = c->relative;
    }
    const char *subject = all == 1 ? "They" : "All";
    char *largest = magnitude(worst), *sentence;
    if (by_rounding == all)
        sentence = formatted("%s agree within the rounding error of the finite difference.", subject);
    else if (by_rounding > 0)
        sentence = formatted("All agree: %zu within the rounding error of the finite difference, the others with a "
                             "relative difference of at most %s.",
                             by_rounding, largest);
    else
        sentence = formatted(all == 1 ? "%s agree; the relative difference is %s."
                                      : "%s agree; the largest relative difference is %s.",
                             subject, largest);
    free(largest);
    return sentence;
}

static void print_verdict(FILE *to, const explanation *x)
{
    const size_t agree = count_of(x, CHECK_AGREES), none = count_of(x, CHECK_NONE), all = x->check_count - none;
    if (all > 0 && agree == all) put_formatted_note(to, sentence_of_agreement(x, all));
    else if (all > 1) put_formatted_note(to, formatted("%zu of %zu agree.", agree, all));
    if (none > 0)
        put_formatted_note(to, formatted("The other %zu leaves were not checked: that would take too long.", none));
}

static void print_gradient(FILE *to, const explanation *x, int digits)
{
    char *heading =
        formatted("Gradient: the derivative of %s by each leaf, and a central finite difference", output_label(x));
    put_heading(to, heading);
    free(heading);
    print_gradient_table(to, x, digits);
    fputc('\n', to);
    print_verdict(to, x);
    print_remarks(to, x, digits);
}

/* --------------------------------------------------------------------------- non-finite numbers */

static void put_operand_values(FILE *to, const explanation *x, const node *n, int digits)
{
    for (size_t k = 0; k < n->count && k < 3; k++) {
        const operand *o = &x->operands[n->first + k];
        char shown[NUMBER_SIZE];
        show_number(shown, o->value, digits);
        fprintf(to, "%s", k == 0 ? ", from " : ", ");
        if (o->is_constant) fputs(shown, to);
        else fprintf(to, "%s = %s", x->nodes[o->node].label, shown);
    }
    if (n->count > 3) fputs(", ...", to);
}

static void print_nonfinite(FILE *to, const explanation *x, wording *w, int digits)
{
    const node *n = &x->nodes[x->nonfinite];
    char shown[NUMBER_SIZE], *expression = n->count > 0 && n->count <= 3 ? expression_of(w, x->nonfinite) : NULL;
    draft t;
    draft_begin(&t);
    show_number(shown, x->nonfinite_adjoint ? n->adjoint : n->value, digits);
    fprintf(t.to, "Not finite: the first %s that is not a finite number is that of %s",
            x->nonfinite_adjoint ? "adjoint" : "value", n->label);
    if (expression != NULL) fprintf(t.to, " = %s", expression);
    fprintf(t.to, ": %s", shown);
    if (!x->nonfinite_adjoint) put_operand_values(t.to, x, n, digits);
    fputc('.', t.to);
    char *note = draft_done(&t);
    fprintf(to, "\n%s", start_of(COLOUR_WARNING));
    put_wrapped(to, note, 0, 2);
    fprintf(to, "%s\n", end_of(COLOUR_WARNING));
    free(note);
    free(expression);
}

/* --------------------------------------------------------------------------------------- all */

void print_text(FILE *to, const explanation *x, int digits)
{
    wording *w = wording_new(x, digits);
    print_formula(to, x->formula);
    print_forward(to, x, w, digits);
    if (x->is_swept) {
        print_steps(to, x, w, digits);
        print_gradient(to, x, digits);
    }
    if (x->has_nonfinite) print_nonfinite(to, x, w, digits);
    wording_free(w);
}
