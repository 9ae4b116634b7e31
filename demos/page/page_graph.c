/* SPDX-License-Identifier: MIT */
/* The graph for the page: numbers with all digits, what is mathematics as MathML. */
#include "json_values.h"
#include "language.h"
#include "page_parts.h"

#include <stdlib.h>
#include <string.h>

/* Of an operation on many operands so many have their derivative in symbols, on each side. */
enum { MOST_FORMULAS = 4 };

typedef struct source {
    const explanation *x;
    wording *symbols, *numbers;
} source;

static void set_text(json_t *object, const char *key, char *owned)
{
    set(object, key, typed_text(owned));
    free(owned);
}

/* ------------------------------------------------------------------------------------ operands */

static bool has_own_formula(const source *s, const node *n, size_t k)
{
    const bool is_nary = ad_op_get(n->op)->arity < 0, is_two_rows = is_nary && ad_op_get(n->op)->partial[1] != NULL;
    const size_t row = is_two_rows ? n->count / 2 : n->count;
    return has_formula(n) && s->x->is_swept && k % row < MOST_FORMULAS;
}

/* The derivative in symbols and, where that says more than a number would, in numbers. */
static void set_formula(json_t *object, const source *s, uint32_t i, size_t k)
{
    char *symbols = partial_of(s->symbols, i, k), *numbers = partial_of(s->numbers, i, k);
    const bool says_more = numbers[strspn(numbers, "-()0123456789.e")] != '\0';
    set(object, "formula", math_of_nodes(symbols));
    if (says_more) set(object, "formula_numbers", math_of_nodes(copied(numbers)));
    free(numbers);
}

static json_t *operand_json(const source *s, uint32_t i, size_t k)
{
    const node *n = &s->x->nodes[i];
    const operand *o = &s->x->operands[n->first + k];
    json_t *object = json_object();
    if (o->is_constant) {
        set(object, "constant", exact_number(o->value));
        return object;
    }
    set(object, "node", whole_number(o->node));
    set(object, "partial", exact_number(o->partial));
    if (!s->x->is_swept || n->is_skipped) return object;
    set(object, "contribution", exact_number(o->contribution));
    if (o->before != 0) set(object, "after", exact_number(o->after));
    if (has_own_formula(s, n, k)) set_formula(object, s, i, k);
    return object;
}

static json_t *operands_json(const source *s, uint32_t i)
{
    json_t *array = json_array();
    for (size_t k = 0; k < s->x->nodes[i].count; k++) append(array, operand_json(s, i, k));
    return array;
}

/* --------------------------------------------------------------------------------------- nodes */

/* What a step has to say beside its numbers. */
static char *remark_on(const source *s, uint32_t i)
{
    const node *n = &s->x->nodes[i];
    const char *output = s->x->nodes[s->x->output.index].label;
    if (n->is_skipped)
        return n->output_depends ? copied(_("skipped: its adjoint is exactly 0, so it has nothing to pass on"))
                                 : formatted(_("skipped: %s does not depend on %s"), output, n->label);
    if (!n->is_kink) return NULL;
    char *kink = kink_of(s->symbols, i);
    char *remark =
        formatted(_("at a kink (%s), where the derivative is a convention: %s"), kink, _(ad_op_get(n->op)->note));
    free(kink);
    return remark;
}

static void set_derivation(json_t *object, const source *s, uint32_t i)
{
    char *remark = s->x->is_swept ? remark_on(s, i) : NULL;
    set(object, "expression", math_of_nodes(short_expression_of(s->symbols, s->x, i)));
    set(object, "numbers", math_of_nodes(short_expression_of(s->numbers, s->x, i)));
    set(object, "operands", operands_json(s, i));
    if (remark != NULL) set_text(object, "remark", remark);
}

static json_t *node_json(const source *s, uint32_t i)
{
    const node *n = &s->x->nodes[i];
    json_t *object = json_object();
    set(object, "label", json_string(n->label));
    set(object, "math", math_of_nodes(copied(n->label)));
    if (n->name != NULL && n->name != n->label) set(object, "name", json_string(n->name));
    set(object, "value", exact_number(n->value));
    if (s->x->is_swept) set(object, "adjoint", exact_number(n->adjoint));
    if (!n->output_depends) set(object, "apart", json_true());
    if (!isnan(n->closed_value)) set(object, "closed_value", exact_number(n->closed_value));
    if (!isnan(n->closed_adjoint)) set(object, "closed_adjoint", exact_number(n->closed_adjoint));
    if (n->op != AD_OP_LEAF) set_derivation(object, s, i);
    return object;
}

static json_t *nodes_json(const source *s)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < s->x->node_count; i++) append(array, node_json(s, i));
    return array;
}

/* ---------------------------------------------------------------------------------- all the rest */

static json_t *steps_json(const explanation *x)
{
    if (!x->is_swept) return json_null();
    json_t *array = json_array();
    for (size_t k = 0; k < x->step_count; k++) append(array, whole_number(x->steps[k]));
    return array;
}

static const char *verdict_of(check_state state)
{
    static const char *const texts[] = {[CHECK_NONE] = N_("not checked"),
                                        [CHECK_AGREES] = N_("agrees"),
                                        [CHECK_KINK] = N_("a kink within the step"),
                                        [CHECK_NOT_FINITE] = N_("not finite"),
                                        [CHECK_UNCLEAR] = N_("too coarse to tell"),
                                        [CHECK_DIFFERS] = N_("differs")};
    return _(texts[state]);
}

static json_t *checks_json(const explanation *x)
{
    json_t *array = json_array();
    for (size_t k = 0; k < x->check_count; k++) {
        const check *c = &x->checks[k];
        json_t *object = json_object();
        set(object, "leaf", whole_number(c->leaf));
        set(object, "verdict", json_string(verdict_of(c->state)));
        if (c->state != CHECK_NONE && !isnan(c->difference)) {
            set(object, "difference", exact_number(c->difference));
            set(object, "relative", exact_number(c->relative));
        }
        append(array, object);
    }
    return array;
}

json_t *graph_json(const explanation *x, int digits)
{
    const source s = {x, wording_new(x, digits), wording_new(x, digits)};
    json_t *object = json_object();
    wording_in_numbers(s.numbers, true);
    set(object, "formula", typed_text(x->formula));
    set(object, "output", whole_number(x->output.index));
    set(object, "nodes", nodes_json(&s));
    set(object, "steps", steps_json(x));
    set(object, "checks", checks_json(x));
    set(object, "picture", picture_json(x, digits));
    set(object, "network", network_json(x));
    wording_free(s.symbols);
    wording_free(s.numbers);
    return object;
}
