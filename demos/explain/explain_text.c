/* SPDX-License-Identifier: MIT */
/* An explanation for reading: the forward pass, the gradient beside finite differences, and what to beware of. */
#include "explanation.h"
#include "command.h"
#include "language.h"
#include "print.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NOTES = 12 };

static char *value_cell(const node *n, int digits)
{
    return (n->op == AD_OP_LEAF ? input_cell : number_cell)(n->value, digits);
}

static const char *output_label(const explanation *x) { return x->nodes[x->output.index].label; }

/* A name for a table: cut where it is too wide, and then the number tells which it is. */
static char *name_cell(const node *n)
{
    enum { WIDEST = 16 };
    if (n->name == NULL) return copied("");
    if (width_of(n->name) <= WIDEST) return copied(n->name);
    return formatted("%.*s...", (int)fitting(n->name, WIDEST - 3), n->name);
}

/* --------------------------------------------------------------------------------- forward pass */

/* An operator by its sign, a function by its name. */
static const char *op_cell(const node *n)
{
    const ad_op_info *info = ad_op_get(n->op);
    return isalpha((unsigned char)info->label[0]) ? n->op_name : info->label;
}

static void print_forward(FILE *to, const explanation *x, wording *w, int digits)
{
    const char *const heads[] = {_("node"), _("name"), _("op"), _("operands"), _("value")};
    static const bool is_number[] = {false, false, false, false, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 3};
    put_heading(to, _("Forward pass: the value of each node, from the values of its operands"));
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
    const char *const heads[] = {_("leaf"), _("value"), _("gradient"), _("finite difference"),
                                 _("relative difference")};
    static const bool is_number[] = {false, true, true, true, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 5};
    for (size_t k = 0; k < x->check_count; k++) {
        const check *c = &x->checks[k];
        const node *n = &x->nodes[c->leaf];
        table_add(&t, (char *[]){copied(n->label), value_cell(n, digits), number_cell(n->adjoint, digits),
                                 c->state == CHECK_NONE || (c->state == CHECK_KINK && isnan(c->difference))
                                     ? copied("-")
                                     : number_cell(c->difference, digits),
                                 known_magnitude(c->relative)});
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
                _("%s: however small the step, %s changes sides (a kink, a tie or a branch), so that there is "
                  "no finite difference; the gradient is taken at %s itself."),
                leaf, c->has_place ? x->nodes[c->at].label : _("something"), leaf);
        return formatted(_("%s: between %s - %s and %s + %s, %s changes sides (a kink, a tie or a branch). The finite "
                           "difference mixes both sides; the gradient is taken at %s itself."),
                         leaf, leaf, h, leaf, h, c->has_place ? x->nodes[c->at].label : _("something"), leaf);
    case CHECK_NOT_FINITE: return formatted(_("%s: no comparison, where a number is not finite."), leaf);
    case CHECK_UNCLEAR:
        if (fabs(c->difference - x->nodes[c->leaf].adjoint) > c->error)
            return formatted(_("%s: no verdict, since finite differences do not settle here."), leaf);
        return formatted(_("%s: no verdict, since the finite difference is too coarse here: its error is about %.1e."),
                         leaf, c->error);
    case CHECK_DIFFERS:
        return formatted(_("%s: %s and %s differ by more than the finite difference's error of about %.1e."), leaf, g,
                         d, c->error);
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
    if (more > 0) put_owned_note(to, formatted(_("(and %zu more like these)"), more));
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
    char *largest = known_magnitude(worst), *sentence;
    if (by_rounding == all)
        sentence = copied(all == 1 ? _("They agree within the rounding error of the finite difference.")
                                   : _("All agree within the rounding error of the finite difference."));
    else if (by_rounding > 0)
        sentence = formatted(_("All agree: %zu within the rounding error of the finite difference, the others with a "
                               "relative difference of at most %s."),
                             by_rounding, largest);
    else
        sentence = formatted(all == 1 ? _("They agree; the relative difference is %s.")
                                      : _("All agree; the largest relative difference is %s."),
                             largest);
    free(largest);
    return sentence;
}

static void print_verdict(FILE *to, const explanation *x)
{
    const size_t agree = count_of(x, CHECK_AGREES), none = count_of(x, CHECK_NONE), all = x->check_count - none;
    if (all > 0 && agree == all) put_owned_note(to, sentence_of_agreement(x, all));
    else if (all > 1) put_owned_note(to, formatted(_("%zu of %zu agree."), agree, all));
    if (none > 0)
        put_owned_note(to, formatted(_("The other %zu leaves were not checked: that would take too long."), none));
}

static void print_gradient(FILE *to, const explanation *x, int digits)
{
    char *heading =
        formatted(_("Gradient: the derivative of %s by each leaf, and a central finite difference"), output_label(x));
    put_heading(to, heading);
    free(heading);
    print_gradient_table(to, x, digits);
    fputc('\n', to);
    print_verdict(to, x);
    print_remarks(to, x, digits);
}

/* --------------------------------------------------------------------------- non-finite numbers */

/* The operands with their values, "a = 3, b = 0". */
static char *operand_values(const explanation *x, const node *n, int digits)
{
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < n->count && k < 3; k++) {
        const operand *o = &x->operands[n->first + k];
        char shown[NUMBER_SIZE];
        show_number(shown, o->value, digits);
        if (k > 0) fputs(", ", t.to);
        if (o->is_constant) fputs(shown, t.to);
        else fprintf(t.to, "%s = %s", x->nodes[o->node].label, shown);
    }
    if (n->count > 3) fputs(", ...", t.to);
    return draft_done(&t);
}

static void print_nonfinite(FILE *to, const explanation *x, wording *w, int digits)
{
    const node *n = &x->nodes[x->nonfinite];
    const bool has_expression = n->count > 0 && n->count <= 3;
    char shown[NUMBER_SIZE], *expression = has_expression ? expression_of(w, x->nonfinite) : NULL,
                             *which = has_expression ? formatted("%s = %s", n->label, expression) : copied(n->label),
                             *from = operand_values(x, n, digits), *note;
    show_number(shown, x->nonfinite_adjoint ? n->adjoint : n->value, digits);
    if (x->nonfinite_adjoint)
        note =
            formatted(_("Not finite: the first adjoint that is not a finite number is that of %s: %s."), which, shown);
    else if (n->count == 0)
        note = formatted(_("Not finite: the first value that is not a finite number is that of %s: %s."), which, shown);
    else
        note = formatted(_("Not finite: the first value that is not a finite number is that of %s: %s, from %s."),
                         which, shown, from);
    fprintf(to, "\n%s", start_of(COLOUR_WARNING));
    put_wrapped(to, note, 0, 2);
    fprintf(to, "%s\n", end_of(COLOUR_WARNING));
    free(note);
    free(from);
    free(which);
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
