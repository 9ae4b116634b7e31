/* SPDX-License-Identifier: MIT */
/* A network neuron by neuron, for programs. */
#include "explain_network.h"
#include "json_values.h"

#include <stdlib.h>

static json_t *pair_json(double tape, double form)
{
    json_t *object = json_object();
    set(object, "tape", exact_number(tape));
    set(object, "closed_form", exact_number(form));
    return object;
}

static json_t *owned_string(char *text)
{
    json_t *string = json_string(text);
    free(text);
    return string;
}

static json_t *checked_json(const delta_view *v, nn_tensor tensor, size_t l, size_t entry)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    json_t *object = pair_json(as_noted(v, tensor, c->tape[entry]), as_noted(v, tensor, c->form[entry]));
    set(object, "name", owned_string(entry_name(v, tensor, l, entry / c->columns, entry % c->columns)));
    return object;
}

static json_t *receipt_json(size_t layer, size_t unit, double tape, double form)
{
    json_t *object = pair_json(tape, form);
    set(object, "from_layer", whole_number(layer));
    set(object, "from_unit", whole_number(unit));
    return object;
}

/* By the weights of the next layer, then by skip connections. */
static json_t *received_json(const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    json_t *array = json_array();
    for (size_t k = 0; l < depth_of(v) && k < width_at(v, l + 1); k++)
        append(array, receipt_json(l + 1, k, handed_on(v, product_on_tape(x, l, j, k)),
                                   handed_on(v, weight_of(v, l + 1, k, j) * delta_of(v, l + 1, k))));
    for (size_t m = l + 1; m <= depth_of(v); m++)
        if (layer_of(v, m)->skip == m - l)
            append(array, receipt_json(m, j, x->nodes[x->layers[m].a + j].adjoint, received_of(v, m, j)));
    return array;
}

static json_t *weights_json(const delta_view *v, size_t l, size_t j)
{
    json_t *array = json_array();
    for (size_t k = 0; k < width_at(v, l - 1); k++) {
        const size_t entry = j * width_at(v, l - 1) + k;
        json_t *object = json_object();
        set(object, "name", owned_string(weight_name(v, l, j, k)));
        set(object, "value", exact_number(weight_of(v, l, j, k)));
        if (!v->forward_only) set(object, "gradient", checked_json(v, NN_TENSOR_DW, l, entry));
        if (v->rate > 0) set(object, "after", exact_number(stepped(v, NN_TENSOR_DW, false, l, entry)));
        append(array, object);
    }
    return array;
}

static json_t *bias_json(const delta_view *v, size_t l, size_t j)
{
    json_t *object = json_object();
    set(object, "name", owned_string(bias_name(v, l, j)));
    set(object, "value", exact_number(as_noted(v, NN_TENSOR_DB, bias_of(v, l, j))));
    if (!v->forward_only) set(object, "gradient", checked_json(v, NN_TENSOR_DB, l, j));
    if (v->rate > 0)
        set(object, "after", exact_number(as_noted(v, NN_TENSOR_DB, stepped(v, NN_TENSOR_DB, false, l, j))));
    return object;
}

static json_t *neuron_json(const explanation *x, size_t l, size_t j)
{
    const delta_view *v = x->network;
    json_t *object = json_object();
    set(object, "layer", whole_number(l));
    set(object, "unit", whole_number(j));
    set(object, "z", checked_json(v, NN_TENSOR_Z, l, j));
    set(object, "a", checked_json(v, NN_TENSOR_A, l, j));
    if (!v->forward_only) {
        set(object, "received", received_json(x, l, j));
        set(object, "delta", checked_json(v, NN_TENSOR_DELTA, l, j));
    }
    set(object, "weights", weights_json(v, l, j));
    set(object, "bias", has_biases(v, l) ? bias_json(v, l, j) : json_null());
    return object;
}

void print_neurons_json(FILE *to, const explanation *x)
{
    const delta_view *v = x->network;
    json_t *all = delta_json(v), *neurons = json_array();
    for (size_t l = 1; l <= depth_of(v); l++)
        for (size_t j = 0; j < width_at(v, l); j++) append(neurons, neuron_json(x, l, j));
    set(all, "neurons", neurons);
    print_and_free(to, all);
}
