/* SPDX-License-Identifier: MIT */
/* A network's explanation: its tape, in the names of a convention, beside the closed form. */
#include "delta_view.h"
#include "explanation.h"
#include "command.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

/* The sample onto the tape, the inputs as leaves: they have adjoints too. */
static ad_var record(const delta_view *v)
{
    nn_error error;
    ad_tape *tape = nn_parameters(v->net).tape;
    const ad_span x = ad_leaves(tape, v->x, width_at(v, 0));
    const ad_span y = ad_constants(tape, v->y, nn_mlp_outputs(v->net));
    if (x.tape == NULL || y.tape == NULL) die(CODE_DATA, "%s", ad_tape_message(tape));
    if (nn_forward(v->net, x, &error) != NN_OK || nn_record_costs(v->net, y, &error) != NN_OK)
        die(CODE_DATA, "%s", error.message);
    return ad_at(nn_costs(v->net), 0);
}

static void find_layers(explanation *x)
{
    const delta_view *v = x->network;
    x->layers = resized(NULL, depth_of(v) + 1, sizeof *x->layers);
    x->layers[0] = (layer_nodes){.a = nn_activations(v->net, 0).first};
    for (size_t l = 1; l <= depth_of(v); l++) {
        const uint32_t z = nn_weighted_inputs(v->net, l).first;
        const bool biased = has_biases(v, l);
        x->layers[l] = (layer_nodes){.weights = nn_weights(v->net, l).first,
                                     .biases = biased ? nn_biases(v->net, l).first : 0,
                                     .sums = biased ? x->operands[x->nodes[z].first].node : z,
                                     .z = z,
                                     .a = nn_activations(v->net, l).first,
                                     .has_biases = biased};
    }
}

/* ------------------------------------------------------------------------------------------ names */

static void give_name(explanation *x, uint32_t i, char *owned)
{
    free(x->names[i]);
    x->names[i] = owned;
    x->nodes[i].name = x->nodes[i].label = owned;
}

/* The bias that the tape adds is the negative of the one that row-minus-bias subtracts. */
static char *bias_on_tape(const delta_view *v, size_t l, size_t j)
{
    char *name = bias_name(v, l, j);
    if (v->convention != NN_ROW_MINUS_BIAS) return name;
    char *negative = formatted("−%s", name);
    free(name);
    return negative;
}

static void name_layer(explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const layer_nodes *at = &x->layers[l];
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < in; k++) give_name(x, at->weights + (uint32_t)(j * in + k), weight_name(v, l, j, k));
        if (at->has_biases) give_name(x, at->biases + (uint32_t)j, bias_on_tape(v, l, j));
        give_name(x, at->z + (uint32_t)j, entry_name(v, NN_TENSOR_Z, l, j, 0));
        if (at->a != at->z) give_name(x, at->a + (uint32_t)j, entry_name(v, NN_TENSOR_A, l, j, 0));
    }
}

static void name_nodes(explanation *x)
{
    const delta_view *v = x->network;
    x->names = resized(NULL, x->node_count, sizeof *x->names);
    for (size_t i = 0; i < x->node_count; i++) x->names[i] = NULL;
    for (size_t k = 0; k < width_at(v, 0); k++)
        give_name(x, x->layers[0].a + (uint32_t)k, entry_name(v, NN_TENSOR_A, 0, k, 0));
    for (size_t l = 1; l <= depth_of(v); l++) name_layer(x, l);
    give_name(x, x->output.index, copied(cost_letter(v->convention)));
}

/* ----------------------------------------------------------------------------------- the closed form */

static const nn_tensor_check *tensor_of(const explanation *x, nn_tensor tensor, size_t l)
{
    return &x->network->report.layer[l].tensor[tensor];
}

static void put_values(explanation *x, uint32_t first, const nn_tensor_check *c)
{
    for (size_t k = 0; k < c->rows * c->columns; k++) x->nodes[first + k].closed_value = c->form[k];
}

static void put_adjoints(explanation *x, uint32_t first, const nn_tensor_check *c)
{
    for (size_t k = 0; k < c->rows * c->columns; k++) x->nodes[first + k].closed_adjoint = c->form[k];
}

static void put_closed_forms(explanation *x)
{
    const delta_view *v = x->network;
    put_adjoints(x, x->layers[0].a, tensor_of(x, NN_TENSOR_DX, 0));
    for (size_t l = 1; l <= depth_of(v); l++) {
        const layer_nodes *at = &x->layers[l];
        put_values(x, at->z, tensor_of(x, NN_TENSOR_Z, l));
        put_values(x, at->a, tensor_of(x, NN_TENSOR_A, l));
        put_adjoints(x, at->z, tensor_of(x, NN_TENSOR_DELTA, l));
        put_adjoints(x, at->weights, tensor_of(x, NN_TENSOR_DW, l));
        if (at->has_biases) put_adjoints(x, at->biases, tensor_of(x, NN_TENSOR_DB, l));
    }
    x->nodes[x->output.index].closed_value = v->report.cost.form[0];
    x->nodes[x->output.index].closed_adjoint = 1;
}

/* ------------------------------------------------------------------------------------------ groups */

static uint32_t new_group(explanation *x, char *name, size_t layer, uint32_t first, size_t count)
{
    x->groups = resized(x->groups, x->group_count + 1, sizeof *x->groups);
    x->groups[x->group_count] = (group){name, layer, first, count};
    for (size_t k = 0; k < count; k++) x->nodes[first + k].group = (uint32_t)x->group_count;
    return (uint32_t)x->group_count++;
}

/* Nodes between z and a of a layer that have no names: of softmax, of a skip connection. */
static void group_between(explanation *x, size_t l, size_t first, size_t end)
{
    if (first < end) new_group(x, formatted(_("inside layer %zu"), l), l, (uint32_t)first, end - first);
}

static void group_nodes(explanation *x)
{
    const delta_view *v = x->network;
    new_group(x, copied(_("inputs")), 0, x->layers[0].a, width_at(v, 0));
    for (size_t l = 1; l <= depth_of(v); l++) {
        const layer_nodes *at = &x->layers[l];
        const size_t n = width_at(v, l);
        new_group(x, formatted(_("weights of layer %zu"), l), l, at->weights, n * width_at(v, l - 1));
        if (at->has_biases) {
            new_group(x, formatted(_("biases of layer %zu"), l), l, at->biases, n);
            new_group(x, formatted(_("sums of layer %zu"), l), l, at->sums, n);
        }
        new_group(x, formatted(_("weighted inputs of layer %zu"), l), l, at->z, n);
        if (at->a == at->z) continue;
        group_between(x, l, at->z + n, at->a);
        new_group(x, formatted(_("activations of layer %zu"), l), l, at->a, n);
    }
    const size_t after = x->layers[depth_of(v)].a + width_at(v, depth_of(v));
    new_group(x, copied(_("cost")), depth_of(v) + 1, (uint32_t)after, x->node_count - after);
}

void explain_network(explanation *x, const delta_view *v)
{
    const ad_var cost = record(v);
    explain_tape(x, cost);
    x->network = v;
    find_layers(x);
    name_nodes(x);
    put_closed_forms(x);
    group_nodes(x);
}
