/* SPDX-License-Identifier: MIT */
/* An explanation for programs: everything, with all digits. */
#include "explain_network.h"
#include "json_values.h"

#include <math.h>
#include <stdlib.h>

static json_t *known_adjoint(const explanation *x, size_t i)
{
    return x->is_swept ? exact_number(x->nodes[i].adjoint) : json_null();
}

/* --------------------------------------------------------------------------------------- nodes */

static json_t *operand_json(const operand *o)
{
    json_t *object = json_object();
    if (o->is_constant) set(object, "constant", exact_number(o->value));
    else set(object, "node", whole_number(o->node));
    return object;
}

/* What the closed form has for a node; null: nothing. */
static json_t *closed_json(double x) { return isnan(x) ? json_null() : exact_number(x); }

static json_t *node_json(const explanation *x, size_t i)
{
    const node *n = &x->nodes[i];
    json_t *object = json_object(), *operands = json_array();
    set(object, "index", whole_number(i));
    set(object, "label", json_string(n->label));
    set(object, "name", n->name != NULL ? json_string(n->name) : json_null());
    set(object, "op", json_string(n->op_name));
    for (size_t k = 0; k < n->count; k++) append(operands, operand_json(&x->operands[n->first + k]));
    set(object, "operands", operands);
    set(object, "value", exact_number(n->value));
    set(object, "adjoint", known_adjoint(x, i));
    if (x->network == NULL) return object;
    set(object, "closed_value", closed_json(n->closed_value));
    set(object, "closed_adjoint", x->is_swept ? closed_json(n->closed_adjoint) : json_null());
    return object;
}

static json_t *nodes_json(const explanation *x)
{
    json_t *array = json_array();
    for (size_t i = 0; i < x->node_count; i++) append(array, node_json(x, i));
    return array;
}

/* An edge goes from an operand to the node that it is an operand of. */
static json_t *edges_json(const explanation *x)
{
    json_t *array = json_array();
    for (size_t i = 0; i < x->node_count; i++)
        for (size_t k = 0; k < x->nodes[i].count; k++) {
            const operand *o = &x->operands[x->nodes[i].first + k];
            if (o->is_constant) continue;
            json_t *edge = json_object();
            set(edge, "from", whole_number(o->node));
            set(edge, "to", whole_number(i));
            set(edge, "operand", whole_number(k));
            set(edge, "derivative", exact_number(o->partial));
            append(array, edge);
        }
    return array;
}

/* --------------------------------------------------------------------------------------- steps */

static json_t *contribution_json(const explanation *x, wording *w, uint32_t i, size_t k)
{
    const operand *o = &x->operands[x->nodes[i].first + k];
    json_t *object = json_object();
    char *partial = partial_of(w, i, k);
    set(object, "to", whole_number(o->node));
    set(object, "formula", has_formula(&x->nodes[i]) ? json_string(partial) : json_null());
    set(object, "derivative", exact_number(o->partial));
    set(object, "contribution", exact_number(o->contribution));
    set(object, "before", exact_number(o->before));
    set(object, "after", exact_number(o->after));
    free(partial);
    return object;
}

static json_t *step_json(const explanation *x, wording *w, uint32_t i)
{
    const node *n = &x->nodes[i];
    json_t *object = json_object(), *contributions = json_array();
    char *expression = expression_of(w, i);
    set(object, "node", whole_number(i));
    set(object, "expression", json_string(expression));
    set(object, "adjoint", exact_number(n->adjoint));
    set(object, "kink", json_boolean(n->is_kink && !n->is_skipped));
    set(object, "skipped", json_boolean(n->is_skipped));
    set(object, "output_depends", json_boolean(n->output_depends));
    for (size_t k = 0; k < n->count && !n->is_skipped; k++) {
        if (!x->operands[n->first + k].is_constant) append(contributions, contribution_json(x, w, i, k));
    }
    set(object, "contributions", contributions);
    free(expression);
    return object;
}

static json_t *steps_json(const explanation *x)
{
    json_t *array = json_array();
    wording *w = wording_new(x, 17);
    for (size_t k = 0; k < x->step_count; k++) append(array, step_json(x, w, x->steps[k]));
    wording_free(w);
    return array;
}

/* ------------------------------------------------------------------------------------ gradient */

static const char *state_text(check_state state)
{
    static const char *const texts[] = {
        [CHECK_NONE] = "not checked",      [CHECK_AGREES] = "agrees",   [CHECK_KINK] = "kink within the step",
        [CHECK_NOT_FINITE] = "not finite", [CHECK_UNCLEAR] = "unclear", [CHECK_DIFFERS] = "differs"};
    return texts[state];
}

static json_t *check_json(const check *c)
{
    json_t *object = json_object();
    set(object, "verdict", json_string(state_text(c->state)));
    if (c->state == CHECK_NONE) return object;
    set(object, "step", exact_number(c->step));
    set(object, "finite_difference", exact_number(c->difference));
    set(object, "estimated_error", exact_number(c->error));
    set(object, "relative_difference", exact_number(c->relative));
    if (c->state == CHECK_KINK && c->has_place) set(object, "changed_at", whole_number(c->at));
    return object;
}

static json_t *gradient_json(const explanation *x)
{
    json_t *array = json_array();
    for (size_t k = 0; k < x->check_count; k++) {
        const check *c = &x->checks[k];
        const node *n = &x->nodes[c->leaf];
        json_t *object = json_object();
        set(object, "node", whole_number(c->leaf));
        set(object, "label", json_string(n->label));
        set(object, "value", exact_number(n->value));
        set(object, "gradient", exact_number(n->adjoint));
        set(object, "check", check_json(c));
        append(array, object);
    }
    return array;
}

static json_t *nonfinite_json(const explanation *x)
{
    if (!x->has_nonfinite) return json_null();
    json_t *object = json_object();
    set(object, "node", whole_number(x->nonfinite));
    set(object, "in", json_string(x->nonfinite_adjoint ? "adjoint" : "value"));
    return object;
}

void print_json(FILE *to, const explanation *x)
{
    json_t *all = json_object();
    set(all, "formula", typed_text(x->formula));
    set(all, "output", whole_number(x->output.index));
    set(all, "nodes", nodes_json(x));
    set(all, "edges", edges_json(x));
    set(all, "steps", x->is_swept ? steps_json(x) : json_null());
    set(all, "gradient", x->is_swept && x->network == NULL ? gradient_json(x) : json_null());
    set(all, "first_nonfinite", nonfinite_json(x));
    if (x->network != NULL) set(all, "network", delta_json(x->network));
    print_and_free(to, all);
}
