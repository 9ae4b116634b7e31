/* SPDX-License-Identifier: MIT */
/* A gradient check for programs: everything, with all digits. */
#include "check_view.h"
#include "json_values.h"

#include <stdlib.h>

static json_t *owned_text(char *text)
{
    json_t *string = typed_text(text);
    free(text);
    return string;
}

static json_t *verdict_json(ad_check_verdict verdict) { return json_string(ad_check_verdict_text(verdict)); }

static json_t *methods_json(unsigned methods)
{
    json_t *array = json_array();
    for (int k = 0; check_method_name(k) != NULL; k++)
        if (methods & 1u << k) append(array, json_string(check_method_name(k)));
    return array;
}

static json_t *place_json(const ad_check_place *place)
{
    if (!place->found) return json_null();
    json_t *object = json_object();
    set(object, "node", whole_number(place->node));
    set(object, "text", typed_text(place->text));
    return object;
}

static json_t *coordinate_json(const check_view *v, const ad_check_coordinate *c)
{
    json_t *object = json_object();
    set(object, "index", whole_number(c->index));
    set(object, "name", owned_text(check_coordinate_name(&v->subject, c->index)));
    set(object, "verdict", verdict_json(c->verdict));
    set(object, "x", exact_number(c->x));
    set(object, "gradient", exact_number(c->gradient));
    set(object, "method",
        c->verdict == AD_CHECK_NONE     ? json_null()
        : c->method == AD_CHECK_COMPLEX ? json_string("complex")
                                        : json_string("differences"));
    set(object, "numeric", exact_number(c->numeric));
    set(object, "estimated_error", exact_number(c->error));
    set(object, "relative_error", exact_number(c->relative));
    set(object, "step", exact_number(c->step));
    set(object, "at", place_json(&c->at));
    return object;
}

static json_t *direction_json(const ad_check_direction *d)
{
    json_t *object = json_object();
    set(object, "taylor", verdict_json(d->taylor));
    set(object, "slope", exact_number(d->slope));
    set(object, "dot_product", verdict_json(d->dot));
    set(object, "forward", exact_number(d->forward));
    set(object, "backward", exact_number(d->backward));
    set(object, "relative_error", exact_number(d->relative));
    return object;
}

static json_t *rule_json(const ad_check_rule *r)
{
    json_t *object = json_object();
    set(object, "at", place_json(&r->at));
    set(object, "operand", whole_number(r->operand));
    set(object, "derivative", exact_number(r->partial));
    set(object, "numeric", exact_number(r->numeric));
    set(object, "estimated_error", exact_number(r->error));
    set(object, "relative_error", exact_number(r->relative));
    return object;
}

static json_t *numbers_json(const double *x)
{
    json_t *array = json_array();
    for (size_t k = 0; k < SWEEP_COUNT; k++) append(array, exact_number(x[k]));
    return array;
}

static json_t *steps_json(const step_sweep *s)
{
    if (s == NULL) return json_null();
    json_t *object = json_object();
    set(object, "name", typed_text(s->name));
    set(object, "gradient", exact_number(s->gradient));
    set(object, "h", numbers_json(s->h));
    set(object, "central", numbers_json(s->central));
    set(object, "forward", numbers_json(s->forward));
    set(object, "best_step", s->best < SWEEP_COUNT ? exact_number(s->h[s->best]) : json_null());
    set(object, "least_error", s->best < SWEEP_COUNT ? exact_number(s->central[s->best]) : json_null());
    set(object, "slope", exact_number(s->slope));
    return object;
}

static void add_subject(json_t *all, const check_subject *s)
{
    if (s->formula != NULL) {
        set(all, "formula", typed_text(s->formula));
        set(all, "output", owned_text(check_output_name(s)));
        return;
    }
    json_t *widths = json_array();
    for (size_t l = 0; l <= nn_mlp_shape(s->net)->depth; l++) append(widths, whole_number(nn_mlp_width(s->net, l)));
    set(all, "sizes", widths);
    set(all, "cost", json_string(nn_cost_name(nn_mlp_shape(s->net)->cost)));
    set(all, "samples", whole_number(s->data.samples));
}

void check_print_json(const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    json_t *all = json_object(), *coordinates = json_array(), *directions = json_array(), *rules = json_array();
    for (size_t k = 0; k < r->count; k++) append(coordinates, coordinate_json(v, &r->coordinates[k]));
    for (size_t k = 0; k < r->direction_count; k++) append(directions, direction_json(&r->directions[k]));
    for (size_t k = 0; k < r->rule_count; k++) append(rules, rule_json(&r->rules[k]));
    add_subject(all, &v->subject);
    set(all, "value", exact_number(r->value));
    set(all, "verdict", verdict_json(r->verdict));
    set(all, "planted", typed_text(v->planted));
    set(all, "methods", methods_json(r->methods));
    set(all, "tolerance", exact_number(v->options.tolerance));
    set(all, "seed", json_integer((json_int_t)r->seed));
    set(all, "deterministic", json_boolean(!r->differs));
    set(all, "inputs", whole_number(r->inputs));
    set(all, "checked", whole_number(r->count));
    set(all, "coordinates", coordinates);
    set(all, "directions", directions);
    set(all, "operations", whole_number(r->node_count));
    set(all, "operations_checked", whole_number(r->nodes_checked));
    set(all, "operations_unclear", whole_number(r->nodes_unclear));
    set(all, "wrong_rules", rules);
    set(all, "steps", steps_json(v->steps));
    print_and_free(stdout, all);
}
