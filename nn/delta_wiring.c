/* SPDX-License-Identifier: MIT */
/* A network as a wiring of neurons. The layers follow one another, the input first; a layer with a skip connection has
 * its neurons f(z) first, then one for each addition, with identity and two wires of weight 1. */
#include "delta_internal.h"

#include <string.h>

typedef struct builder {
    numbers *n;
    nn_wiring net;
    size_t *of_z, *of_a; /* the first neuron of layer l whose z is z^l, and whose o is a^l */
    size_t *output;
    size_t neurons, wires; /* so far */
} builder;

static size_t outputs_of(const numbers *n) { return n->layer[n->depth].width; }

static void count(const numbers *n, size_t *neurons, size_t *wires)
{
    *neurons = n->layer[0].width;
    *wires = 0;
    for (size_t l = 1; l <= n->depth; l++) {
        const bool has_skip = n->shape->layers[l - 1].skip > 0;
        *neurons += n->layer[l].width * (has_skip ? 2 : 1);
        *wires += n->layer[l].weights + (has_skip ? 2 * n->layer[l].width : 0);
    }
}

/* ------------------------------------------------------------------------------------ building */

static void add_neuron(builder *b, const nn_layer *f, double bias)
{
    b->net.neuron[b->neurons++] = (nn_neuron){.activation = f->activation, .alpha = f->alpha, .bias = bias};
}

static void add_wire(builder *b, size_t p, size_t q, double w) { b->net.wire[b->wires++] = (nn_wire){p, q, w, 0}; }

static void add_layer(builder *b, size_t l)
{
    static const nn_layer addition = {0, NN_IDENTITY, 0, true, 0};
    const layer_numbers *m = &b->n->layer[l];
    const nn_layer *f = &b->n->shape->layers[l - 1];
    const size_t in = b->n->layer[l - 1].width;
    b->of_z[l] = b->of_a[l] = b->neurons;
    for (size_t j = 0; j < m->width; j++) {
        for (size_t k = 0; k < in; k++) add_wire(b, b->of_a[l - 1] + k, b->neurons, m->w[j * in + k]);
        add_neuron(b, f, m->biases > 0 ? m->b[j] : 0);
    }
    if (f->skip == 0) return;
    b->of_a[l] = b->neurons;
    for (size_t j = 0; j < m->width; j++) {
        add_wire(b, b->of_z[l] + j, b->neurons, 1);
        add_wire(b, b->of_a[l - f->skip] + j, b->neurons, 1);
        add_neuron(b, &addition, 0);
    }
}

static void build(builder *b)
{
    static const nn_layer input = {0, NN_IDENTITY, 0, true, 0};
    const size_t depth = b->n->depth;
    b->of_a[0] = 0;
    for (size_t k = 0; k < b->n->layer[0].width; k++) add_neuron(b, &input, 0);
    for (size_t l = 1; l <= depth; l++) add_layer(b, l);
    for (size_t v = 0; v < outputs_of(b->n); v++) b->output[v] = b->of_a[depth] + v;
}

/* ------------------------------------------------------------------------------------- reading */

static void take_layer(const builder *b, size_t l, const nn_wire **wire)
{
    layer_numbers *m = &b->n->layer[l];
    for (size_t k = 0; k < m->weights; k++) m->dw[k] = (*wire)++->dw;
    if (l > 0 && b->n->shape->layers[l - 1].skip > 0) *wire += 2 * m->width;
    for (size_t j = 0; j < m->width; j++) {
        const nn_neuron *z = &b->net.neuron[b->of_z[l] + j];
        m->a[j] = b->net.neuron[b->of_a[l] + j].o;
        (l > 0 ? m->delta : m->da)[j] = z->delta;
        if (l > 0) m->z[j] = z->z;
        if (m->biases > 0) m->db[j] = z->delta;
    }
}

static nn_status compute(builder *b, const nn_closed_forms *forms, nn_error *error)
{
    numbers *n = b->n;
    const nn_status status = (forms != NULL && forms->per_neuron != NULL ? forms->per_neuron : nn_delta_per_neuron)(
        &b->net, n->x, n->y, error);
    const nn_wire *wire = b->net.wire;
    for (size_t l = 0; l <= n->depth; l++) take_layer(b, l, &wire);
    n->cost = b->net.L;
    return status;
}

nn_status nn_numbers_per_neuron(numbers *n, const nn_closed_forms *forms, nn_error *error)
{
    const size_t layers = n->depth + 1, indices = 2 * layers + outputs_of(n);
    size_t neurons, wires;
    count(n, &neurons, &wires);
    nn_neuron *neuron = nn_allocate(&n->allocator, neurons, sizeof *neuron);
    nn_wire *wire = nn_allocate(&n->allocator, wires, sizeof *wire);
    size_t *index = nn_allocate(&n->allocator, indices, sizeof *index);
    nn_status status = NN_ERR_MEMORY;
    if (neuron == NULL || wire == NULL || index == NULL) nn_fail_memory(error);
    else {
        builder b = {.n = n, .of_z = index, .of_a = index + layers, .output = index + 2 * layers};
        b.net = (nn_wiring){neurons, neuron, n->layer[0].width, wires, wire, outputs_of(n), b.output, 0};
        build(&b);
        status = compute(&b, forms, error);
    }
    nn_release(&n->allocator, index, indices, sizeof *index);
    nn_release(&n->allocator, wire, wires, sizeof *wire);
    nn_release(&n->allocator, neuron, neurons, sizeof *neuron);
    return status;
}
