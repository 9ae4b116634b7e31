/* SPDX-License-Identifier: MIT */
/* The check of delta for programs: everything, with all digits, in the notation of nn.h. */
#include "delta_view.h"
#include "json_values.h"

static json_t *tensor_json(const nn_tensor_check *c)
{
    json_t *object = json_object();
    set(object, "rows", whole_number(c->rows));
    set(object, "columns", whole_number(c->columns));
    set(object, "tape", exact_numbers(c->tape, c->rows * c->columns));
    set(object, "closed_form", exact_numbers(c->form, c->rows * c->columns));
    set(object, "difference", exact_number(c->difference));
    set(object, "at", json_pack("[ii]", (int)c->row, (int)c->column));
    set(object, "noise", exact_number(c->noise));
    set(object, "allowed", exact_number(c->allowed));
    set(object, "agrees", json_boolean(c->agrees));
    return object;
}

static json_t *slope_json(const nn_slope_loss *loss)
{
    if (!loss->known) return json_null();
    json_t *object = json_object();
    set(object, "loss", exact_number(loss->loss));
    set(object, "unit", whole_number(loss->unit));
    set(object, "slope", exact_number(loss->slope));
    set(object, "of_output", exact_number(loss->of_output));
    return object;
}

static json_t *layer_json(const delta_view *v, size_t l)
{
    static const char *const names[NN_TENSORS] = {"z", "a", "delta", "dw", "db", "da"};
    json_t *object = json_object();
    set(object, "layer", whole_number(l));
    set(object, "width", whole_number(width_at(v, l)));
    if (l > 0) {
        const nn_layer *layer = layer_of(v, l);
        const ad_span w = nn_weights(v->net, l), b = nn_biases(v->net, l);
        set(object, "activation", json_string(nn_activation_name(layer->activation)));
        set(object, "alpha", exact_number(layer->alpha));
        set(object, "skip", whole_number(layer->skip));
        set(object, "w", exact_numbers(ad_values(w), w.count));
        set(object, "b", b.count > 0 ? exact_numbers(ad_values(b), b.count) : json_null());
        set(object, "slope_of_output", slope_json(&v->report.layer[l].slope_loss));
    }
    for (int k = 0; k < (v->forward_only ? NN_TENSOR_DELTA : NN_TENSORS); k++) {
        const nn_tensor_check *c = &v->report.layer[l].tensor[k];
        if (c->rows > 0) set(object, names[k], tensor_json(c));
    }
    return object;
}

static json_t *parameters_after(const delta_view *v, nn_tensor gradient, bool by_form, size_t l)
{
    const size_t count = gradient == NN_TENSOR_DW ? nn_weights(v->net, l).count : nn_biases(v->net, l).count;
    json_t *array = json_array();
    for (size_t e = 0; e < count; e++) append(array, exact_number(stepped(v, gradient, by_form, l, e)));
    return array;
}

/* The parameters after a step, in the tape's signs, and the cost; both by the closed form, too. */
static json_t *step_json(const delta_view *v)
{
    double form;
    const double cost = cost_after_step(v, &form);
    json_t *object = json_object(), *layers = json_array();
    set(object, "rate", exact_number(v->rate));
    set(object, "hold_biases", json_boolean(v->hold_biases));
    set(object, "cost_before", exact_number(v->report.cost.tape[0]));
    set(object, "cost_after", exact_number(cost));
    set(object, "cost_after_closed_form", exact_number(form));
    for (size_t l = 1; l <= depth_of(v); l++) {
        json_t *layer = json_object();
        set(layer, "layer", whole_number(l));
        set(layer, "w", parameters_after(v, NN_TENSOR_DW, false, l));
        set(layer, "b", parameters_after(v, NN_TENSOR_DB, false, l));
        set(layer, "w_closed_form", parameters_after(v, NN_TENSOR_DW, true, l));
        set(layer, "b_closed_form", parameters_after(v, NN_TENSOR_DB, true, l));
        append(layers, layer);
    }
    set(object, "layers", layers);
    return object;
}

json_t *delta_json(const delta_view *v)
{
    json_t *all = json_object(), *layers = json_array();
    set(all, "convention", json_string(nn_convention_name(v->convention)));
    set(all, "cost_function", json_string(nn_cost_name(nn_mlp_shape(v->net)->cost)));
    set(all, "x", exact_numbers(v->x, width_at(v, 0)));
    set(all, "y", exact_numbers(v->y, nn_mlp_outputs(v->net)));
    for (size_t l = 0; l <= depth_of(v); l++) append(layers, layer_json(v, l));
    set(all, "layers", layers);
    set(all, "cost", tensor_json(&v->report.cost));
    set(all, "numbers", whole_number(v->report.numbers));
    set(all, "agrees", json_boolean(v->report.agrees));
    if (v->path_layer > 0) set(all, "paths", delta_paths_json(v));
    if (v->rate > 0) set(all, "step", step_json(v));
    return all;
}

void delta_print_json(FILE *to, delta_view *v) { print_and_free(to, delta_json(v)); }
