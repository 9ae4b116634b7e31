/* SPDX-License-Identifier: MIT */
/* The backward sweep in words and numbers, step by step. */
#include "explain_network.h"
#include "command.h"
#include "delta_print.h"
#include "language.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

typedef struct steps {
    FILE *to;
    const explanation *x;
    wording *w;
    int digits;
    size_t indent; /* of all lines of a step but its first */
} steps;

static const char *output_label(const steps *s) { return s->x->nodes[s->x->output.index].label; }

/* A line of a step, wrapped; frees it. */
static void put_line(const steps *s, size_t more, char *line, colour c)
{
    const size_t indent = s->indent + more;
    fprintf(s->to, "%*s%s", (int)indent, "", start_of(c));
    put_wrapped(s->to, line, indent, indent + 4);
    fprintf(s->to, "%s\n", end_of(c));
    free(line);
}

/* A number as a factor or a term that is not the first: with parentheses where it has a sign. */
static const char *show_term(char shown[NUMBER_SIZE], double x, int digits)
{
    char bare[NUMBER_SIZE - 2];
    strcpy(bare, show_number(shown, x, digits));
    snprintf(shown, NUMBER_SIZE, bare[0] == '-' ? "(%s)" : "%s", bare);
    return shown;
}

/* ----------------------------------------------------------------------------------- one operand */

static char *derivative_name(const steps *s, const char *of, const char *by)
{
    if (s->x->network == NULL) return formatted("d%s/d%s", of, by);
    return formatted(strncmp(by, "−", strlen("−")) == 0 ? "∂%s/∂(%s)" : "∂%s/∂%s", of, by);
}

static void put_derivative(const steps *s, uint32_t i, size_t k, const operand *o)
{
    char shown[NUMBER_SIZE];
    show_number(shown, o->partial, s->digits);
    char *partial = partial_of(s->w, i, k);
    const char *of = s->x->nodes[i].label, *by = s->x->nodes[o->node].label;
    char *name = derivative_name(s, of, by);
    if (o->is_repeated) {
        char *place = formatted(_("%s, by operand %zu"), name, k + 1);
        free(name);
        name = place;
    }
    put_line(s, 0,
             strcmp(partial, shown) == 0 ? formatted("%s = %s", name, shown)
                                         : formatted("%s = %s = %s", name, partial, shown),
             COLOUR_PLAIN);
    free(name);
    free(partial);
}

static void put_contribution(const steps *s, const node *n, const operand *o)
{
    char adjoint[NUMBER_SIZE], partial[NUMBER_SIZE], product[NUMBER_SIZE], term[NUMBER_SIZE], before[NUMBER_SIZE],
        after[NUMBER_SIZE];
    show_number(adjoint, n->adjoint, s->digits);
    show_term(partial, o->partial, s->digits);
    show_number(product, o->contribution, s->digits);
    show_term(term, o->contribution, s->digits);
    show_number(before, o->before, s->digits);
    show_number(after, o->after, s->digits);
    const char *label = s->x->nodes[o->node].label;
    put_line(s, 4,
             o->before == 0
                 ? formatted(_("%s receives %s * %s = %s, so far %s"), label, adjoint, partial, product, after)
                 : formatted(_("%s receives %s * %s = %s, so far %s + %s = %s"), label, adjoint, partial, product,
                             before, term, after),
             COLOUR_PLAIN);
}

/* -------------------------------------------------------------------------------------- one step */

static char *adjoint_text(const steps *s, uint32_t i, const char *shown)
{
    if (s->x->network == NULL) return formatted(_("adjoint of %s = %s"), s->x->nodes[i].label, shown);
    char *name = adjoint_name(s->x, i), *text = formatted("%s = %s", name, shown);
    free(name);
    return text;
}

static void put_title(const steps *s, size_t number, uint32_t i)
{
    const node *n = &s->x->nodes[i];
    char shown[NUMBER_SIZE], *expression = expression_of(s->w, i);
    char *equation = formatted("%s = %s", n->label, expression);
    show_number(shown, n->adjoint, s->digits);
    char *adjoint = adjoint_text(s, i, shown);
    const size_t left = s->indent + width_of(equation), right = width_of(adjoint);
    char *title = formatted(_("step %zu"), number);
    fputc('\n', s->to);
    put_column(s->to, title, s->indent, COLOUR_STEP);
    put_wrapped(s->to, equation, s->indent, s->indent + 4);
    if (left + 2 + right <= LINE_WIDTH) fprintf(s->to, "%*s", (int)(LINE_WIDTH - left - right), "");
    else fprintf(s->to, "\n%*s", (int)(LINE_WIDTH - right), "");
    fprintf(s->to, "%s%s%s\n", start_of(COLOUR_NUMBER), adjoint, end_of(COLOUR_NUMBER));
    free(title);
    free(adjoint);
    free(equation);
    free(expression);
}

static void put_kink(const steps *s, uint32_t i)
{
    char *kink = kink_of(s->w, i);
    const char *note = translated(ad_op_get(s->x->nodes[i].op)->note);
    put_line(s, 0, formatted(_("at a kink (%s), where the derivative is a convention: %s"), kink, note),
             COLOUR_WARNING);
    free(kink);
}

static void put_skipped(const steps *s, const node *n)
{
    put_line(s, 0,
             n->output_depends ? formatted(_("skipped: its adjoint is exactly 0, so it has nothing to pass on"))
                               : formatted(_("skipped: %s does not depend on %s"), output_label(s), n->label),
             COLOUR_WARNING);
}

/* Of a long run of operands, all that are weights or all that are inputs, the first and the last are shown: how many
 * are left out from the k-th on. */
static size_t left_out_at(const steps *s, const node *n, size_t k)
{
    enum { FIRST = 3 };
    const size_t run = n->op == AD_OP_WEIGHTED_SUM ? n->count / 2 : n->count;
    return s->x->network != NULL && run > s->x->network->entries && k % run == FIRST ? run - FIRST - 1 : 0;
}

static void put_step(const steps *s, size_t number, uint32_t i)
{
    const node *n = &s->x->nodes[i];
    put_title(s, number, i);
    if (n->is_skipped) {
        put_skipped(s, n);
        return;
    }
    if (n->is_kink) put_kink(s, i);
    for (size_t k = 0; k < n->count; k++) {
        const operand *o = &s->x->operands[n->first + k];
        const size_t left_out = left_out_at(s, n, k);
        if (left_out > 0) {
            put_line(s, 0, formatted(_("… %zu more like these"), left_out), COLOUR_PLAIN);
            k += left_out - 1;
            continue;
        }
        if (o->is_constant) continue;
        put_derivative(s, i, k, o);
        put_contribution(s, n, o);
    }
}

/* ------------------------------------------------------------------------------------ all steps */

/* Of a network the first steps of each group; of a formula all. */
static void put_steps(const steps *s)
{
    const explanation *x = s->x;
    for (size_t k = 0; k < x->step_count;) {
        const uint32_t kind = x->nodes[x->steps[k]].group;
        size_t count = 1;
        while (k + count < x->step_count && x->nodes[x->steps[k + count]].group == kind) count++;
        const size_t shown = x->network != NULL && count > x->network->entries + 1 ? x->network->entries : count;
        for (size_t n = 0; n < shown; n++) put_step(s, k + n + 1, x->steps[k + n]);
        if (count > shown) {
            fputc('\n', s->to);
            put_line(s, 0, formatted(_("… %zu more steps: %s"), count - shown, x->groups[kind].name), COLOUR_PLAIN);
        }
        k += count;
    }
}

void print_steps(FILE *to, const explanation *x, wording *w, int digits)
{
    char *last = formatted(_("step %zu"), x->step_count);
    const steps s = {to, x, w, digits, width_of(last) + 2};
    char *heading = formatted(_("Backward sweep: from %s down to the leaves"), output_label(&s));
    put_heading(to, heading);
    if (x->network != NULL) {
        print_lead(to, x->network, true);
        fputc('\n', to);
    }
    char *rounded = formatted(
        ngettext("(Numbers are rounded to %d digit.)", "(Numbers are rounded to %d digits.)", (unsigned)digits),
        digits);
    char *rule =
        formatted(_("The adjoint of a node is the derivative of %s with respect to it. Each step passes on, to "
                    "every operand of its node: adjoint of the node * derivative of the node with respect to the "
                    "operand. An operand adds up what it receives. %s"),
                  output_label(&s), rounded);
    if (x->step_count > 0) put_wrapped(to, rule, 0, 0);
    else fprintf(to, _("%s is a leaf: there is no step, and its adjoint is 1."), output_label(&s));
    fputc('\n', to);
    put_steps(&s);
    free(rounded);
    free(rule);
    free(heading);
    free(last);
}
