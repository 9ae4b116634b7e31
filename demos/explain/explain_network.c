/* SPDX-License-Identifier: MIT */
/* A network's explanation: its tape, in the names of a convention, beside the closed form. */
#include "explain_network.h"
#include "command.h"
#include "language.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The sample onto the tape, the inputs as leaves: they have adjoints too. */
static ad_var record(const delta_view *v)
{
    nn_error error;
    ad_tape *tape = nn_parameters(v->net).tape;
    const ad_span x = ad_leaves(tape, v->x, width_at(v, 0));
    const ad_span y = ad_constants(tape, v->y, nn_mlp_outputs(v->net));
    if (x.tape == NULL || y.tape == NULL) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    if (nn_forward(v->net, x, &error) != NN_OK || nn_record_costs(v->net, y, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
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

/* Nodes between z and a: of softmax log Σ e^z, then log a; before a skip connection's addition what it is added to. */
static void name_inside(explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const uint32_t n = (uint32_t)width_at(v, l), first = x->layers[l].z + n, end = x->layers[l].a;
    const bool is_softmax = layer_of(v, l)->activation == NN_SOFTMAX;
    if (end <= first) return;
    if (is_softmax) give_name(x, first, copied("log Σ e^z"));
    for (uint32_t j = 0; j < n && first + is_softmax + j < end; j++) {
        char *a = entry_name(v, NN_TENSOR_A, l, j, 0);
        give_name(x, first + is_softmax + j, is_softmax ? formatted("log %s", a) : before_skip_name(v, l, j));
        free(a);
    }
}

static void name_layer(explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const layer_nodes *at = &x->layers[l];
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < in; k++) give_name(x, at->weights + (uint32_t)(j * in + k), weight_name(v, l, j, k));
        if (at->has_biases) give_name(x, at->biases + (uint32_t)j, bias_on_tape(v, l, j));
        if (at->has_biases) give_name(x, at->sums + (uint32_t)j, sum_name(v, l, j));
        give_name(x, at->z + (uint32_t)j, entry_name(v, NN_TENSOR_Z, l, j, 0));
        if (at->a != at->z) give_name(x, at->a + (uint32_t)j, entry_name(v, NN_TENSOR_A, l, j, 0));
    }
    name_inside(x, l);
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

/* By the activations, too, where the cost is computed from them. */
static void put_received(explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const layer_nodes *at = &x->layers[l];
    if (at->a == at->z || is_matched_output(v, l)) return;
    for (size_t j = 0; j < width_at(v, l); j++) x->nodes[at->a + j].closed_adjoint = received_of(v, l, j);
}

static void put_closed_forms(explanation *x)
{
    const delta_view *v = x->network;
    put_adjoints(x, x->layers[0].a, tensor_of(x, NN_TENSOR_DA, 0));
    for (size_t l = 1; l <= depth_of(v); l++) {
        const layer_nodes *at = &x->layers[l];
        put_values(x, at->z, tensor_of(x, NN_TENSOR_Z, l));
        put_values(x, at->a, tensor_of(x, NN_TENSOR_A, l));
        put_adjoints(x, at->z, tensor_of(x, NN_TENSOR_DELTA, l));
        put_received(x, l);
        put_adjoints(x, at->weights, tensor_of(x, NN_TENSOR_DW, l));
        if (at->has_biases) put_adjoints(x, at->biases, tensor_of(x, NN_TENSOR_DB, l));
    }
    x->nodes[x->output.index].closed_value = v->report.cost.form[0];
    x->nodes[x->output.index].closed_adjoint = 1;
}

/* ------------------------------------------------------------------------------------------ groups */

static void new_group(explanation *x, char *name, size_t layer, uint32_t first, size_t count)
{
    x->groups = resized(x->groups, x->group_count + 1, sizeof *x->groups);
    x->groups[x->group_count] = (group){name, layer, first, count};
    for (size_t k = 0; k < count; k++) x->nodes[first + k].group = (uint32_t)x->group_count;
    x->group_count++;
}

/* `format` says what it is, with the layer as the convention calls it. */
static void group_of_layer(explanation *x, const char *format, size_t l, uint32_t first, size_t count)
{
    char *layer = layer_name(x->network, l);
    new_group(x, formatted(format, layer), l, first, count);
    free(layer);
}

static void group_layer(explanation *x, size_t l)
{
    const layer_nodes *at = &x->layers[l];
    const size_t n = width_at(x->network, l), after_z = at->z + n;
    group_of_layer(x, _("weights of %s"), l, at->weights, n * width_at(x->network, l - 1));
    if (at->has_biases) {
        group_of_layer(x, _("biases of %s"), l, at->biases, n);
        group_of_layer(x, _("sums of %s"), l, at->sums, n);
    }
    group_of_layer(x, _("weighted inputs of %s"), l, at->z, n);
    if (at->a == at->z) return;
    /* Of softmax and of a skip connection. */
    if (after_z < at->a) group_of_layer(x, _("inside %s"), l, (uint32_t)after_z, at->a - after_z);
    group_of_layer(x, _("activations of %s"), l, at->a, n);
}

static void group_nodes(explanation *x)
{
    const size_t depth = depth_of(x->network), after = x->layers[depth].a + width_at(x->network, depth);
    new_group(x, copied(_("inputs")), 0, x->layers[0].a, width_at(x->network, 0));
    for (size_t l = 1; l <= depth; l++) group_layer(x, l);
    new_group(x, copied(_("cost")), depth + 1, (uint32_t)after, x->node_count - after);
}

void explain_network(explanation *x, const delta_view *v)
{
    const ad_var cost = record(v);
    explain_tape(x, cost, v->forward_only);
    x->network = v;
    find_layers(x);
    name_nodes(x);
    put_closed_forms(x);
    group_nodes(x);
}

/* -------------------------------------------------------------------------- what there is to know of it */

bool is_matched_output(const delta_view *v, size_t l) { return v->convention == NN_LOGISTIC && l == depth_of(v); }

double product_on_tape(const explanation *x, size_t l, size_t j, size_t k)
{
    const node *sum = &x->nodes[x->layers[l + 1].sums + k];
    return x->operands[sum->first + width_at(x->network, l) + j].contribution;
}

double largest_received(const delta_view *v, size_t l)
{
    double largest = 0;
    for (size_t j = 0; j < width_at(v, l); j++) largest = fmax(largest, fabs(received_of(v, l, j)));
    return largest;
}

double handed_on(const delta_view *v, double x) { return v->convention == NN_ROW_MINUS_BIAS && x != 0 ? -x : x; }

double part_of(double difference, double largest) { return difference == 0 ? 0 : difference / largest; }

/* The tensor of layer l whose entry the derivative by a node is. */
typedef struct place {
    nn_tensor tensor;
    size_t l, entry;
} place;

static bool is_in(uint32_t i, uint32_t first, size_t count) { return i >= first && i < first + count; }

static bool find_place(const explanation *x, uint32_t i, place *p)
{
    const delta_view *v = x->network;
    *p = (place){NN_TENSOR_DA, 0, i - x->layers[0].a};
    if (is_in(i, x->layers[0].a, width_at(v, 0))) return true;
    for (size_t l = 1; l <= depth_of(v); l++) {
        const layer_nodes *at = &x->layers[l];
        const size_t n = width_at(v, l);
        if (is_in(i, at->weights, n * width_at(v, l - 1))) *p = (place){NN_TENSOR_DW, l, i - at->weights};
        else if (at->has_biases && is_in(i, at->biases, n)) *p = (place){NN_TENSOR_DB, l, i - at->biases};
        else if (is_in(i, at->z, n)) *p = (place){NN_TENSOR_DELTA, l, i - at->z};
        else if (is_in(i, at->a, n)) *p = (place){NN_TENSOR_DA, l, i - at->a};
        else continue;
        return true;
    }
    return false;
}

/* The tape's z and b have the opposite signs of those that row-minus-bias derives by. */
static bool has_own_name(const delta_view *v, nn_tensor tensor)
{
    return v->convention != NN_ROW_MINUS_BIAS || (tensor != NN_TENSOR_DELTA && tensor != NN_TENSOR_DB);
}

char *adjoint_name(const explanation *x, uint32_t i)
{
    const delta_view *v = x->network;
    const char *label = x->nodes[i].label;
    place p;
    if (find_place(x, i, &p) && has_own_name(v, p.tensor)) {
        const size_t columns = p.tensor == NN_TENSOR_DW ? width_at(v, p.l - 1) : 1;
        return entry_name(v, p.tensor, p.l, p.entry / columns, p.entry % columns);
    }
    if (v->convention == NN_SQUARED && !is_chain(v) && i != x->output.index) return formatted("d%s", label);
    return formatted(strncmp(label, "−", strlen("−")) == 0 ? "∂%s/∂(%s)" : "∂%s/∂%s", cost_letter(v->convention),
                     label);
}
