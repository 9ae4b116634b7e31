/* SPDX-License-Identifier: MIT */
/* What a node is to a network, in words. */
#include "internal.h"

#include <stdio.h>

/* Which element of the span the node is; false when it is none, or when the span's nodes are gone. */
static bool is_in(ad_span span, ad_var node, size_t *k)
{
    if (span.tape != node.tape || node.index < span.first || node.index - span.first >= span.count) return false;
    *k = node.index - span.first;
    return ad_is_valid((ad_var){span.tape, span.first, span.generation});
}

static bool find_parameter(const nn_mlp *net, ad_var node, nn_place *place)
{
    size_t k;
    for (size_t l = 1; l <= net->shape.depth; l++) {
        const size_t in = nn_mlp_width(net, l - 1);
        if (is_in(net->parts[l].weights, node, &k)) {
            *place = (nn_place){NN_WEIGHT, l, k / in + 1, k % in + 1, 0};
            return true;
        }
        if (is_in(net->parts[l].biases, node, &k)) {
            *place = (nn_place){NN_BIAS, l, k + 1, 0, 0};
            return true;
        }
    }
    return false;
}

/* A group of nodes of a layer: so many for each sample. */
static bool find_in_group(ad_span group, size_t each, ad_var node, nn_place what, nn_place *place)
{
    size_t k;
    if (!is_in(group, node, &k)) return false;
    *place = what;
    place->unit = k % each + 1;
    place->sample = k / each;
    return true;
}

/* The `count` nodes right before the span. */
static ad_span before(ad_span span, size_t count)
{
    span.first -= (uint32_t)count;
    span.count = (uint32_t)count;
    return span;
}

/* The groups of a layer follow one another: sums, [biases added,] [logarithms, differences,] activations, [skip
 * added]. */
static bool find_in_layer(const nn_mlp *net, size_t l, ad_var node, nn_place *place)
{
    const nn_layer *layer = &net->layers[l - 1];
    const nn_part *part = &net->parts[l];
    const size_t n = part->z.count, width = layer->width;
    const bool has_sums = part->biases.count > 0, has_f = layer->skip > 0 && layer->activation != NN_IDENTITY;
    if (find_in_group(part->z, width, node, (nn_place){.role = NN_Z, .layer = l}, place) ||
        find_in_group(part->a, width, node, (nn_place){.role = NN_A, .layer = l}, place) ||
        (has_sums && find_in_group(before(part->z, n), width, node, (nn_place){.role = NN_Z_SUM, .layer = l}, place)) ||
        (has_f && find_in_group(before(part->a, n), width, node, (nn_place){.role = NN_A_TERM, .layer = l}, place)))
        return true;
    if (layer->activation != NN_SOFTMAX) return false;
    const ad_span differences = before(part->a, n), logs = before(differences, net->samples);
    return find_in_group(differences, width, node, (nn_place){.role = NN_LOG_A, .layer = l}, place) ||
           find_in_group(logs, 1, node, (nn_place){.role = NN_LOG_SUM, .layer = l}, place);
}

bool nn_find_place(const nn_mlp *net, ad_var node, nn_place *place)
{
    if (node.tape != net->tape || !ad_is_valid(node)) return false;
    if (find_parameter(net, node, place)) return true;
    if (net->samples == 0) return false;
    if (find_in_group(net->costs, 1, node, (nn_place){.role = NN_COST}, place)) return true;
    const ad_span x = net->parts[0].a;
    const bool are_nodes = x.kind == net->parts[1].z.kind;
    if (are_nodes && find_in_group(x, net->shape.inputs, node, (nn_place){.role = NN_X}, place)) return true;
    for (size_t l = 1; l <= net->shape.depth; l++)
        if (find_in_layer(net, l, node, place)) return true;
    return false;
}

const char *nn_place_text(const nn_place *p, size_t sample, char *text, size_t size)
{
    switch (p->role) {
    case NN_WEIGHT: snprintf(text, size, "w^%zu_{%zu,%zu}", p->layer, p->unit, p->from); break;
    case NN_BIAS: snprintf(text, size, "b^%zu_%zu", p->layer, p->unit); break;
    case NN_X: snprintf(text, size, "x_%zu of sample %zu", p->unit, sample); break;
    case NN_Z: snprintf(text, size, "z^%zu_%zu of sample %zu", p->layer, p->unit, sample); break;
    case NN_Z_SUM:
        snprintf(text, size, "the weighted sum in z^%zu_%zu of sample %zu", p->layer, p->unit, sample);
        break;
    case NN_A: snprintf(text, size, "a^%zu_%zu of sample %zu", p->layer, p->unit, sample); break;
    case NN_A_TERM: snprintf(text, size, "f(z^%zu_%zu) of sample %zu", p->layer, p->unit, sample); break;
    case NN_LOG_SUM: snprintf(text, size, "the log-sum-exp of z^%zu of sample %zu", p->layer, sample); break;
    case NN_LOG_A: snprintf(text, size, "log a^%zu_%zu of sample %zu", p->layer, p->unit, sample); break;
    case NN_COST: snprintf(text, size, "the cost of sample %zu", sample); break;
    }
    return text;
}

const char *nn_describe(const nn_mlp *net, ad_var node, char *text, size_t size)
{
    nn_place place;
    if (size == 0) return text;
    if (nn_find_place(net, node, &place)) return nn_place_text(&place, place.sample + 1, text, size);
    if (ad_is_const(node)) snprintf(text, size, "a constant");
    else if (!ad_is_valid(node)) snprintf(text, size, "no node");
    else snprintf(text, size, "%s, node %u", ad_op_get(ad_op_of(node))->name, node.index);
    return text;
}
