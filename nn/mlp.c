/* SPDX-License-Identifier: MIT */
/* Networks: their shape, their parameters on the tape, and the values these start from. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* --------------------------------------------------------------------------- checking a shape */

/* As many nodes as a tape holds at most. */
static const size_t most_parameters = 0x7fffffff;

static bool has_alpha(nn_activation activation) { return activation == NN_LEAKY_RELU || activation == NN_ELU; }

static size_t width(const nn_shape *shape, size_t l) { return l == 0 ? shape->inputs : shape->layers[l - 1].width; }

static nn_status check_skip(const nn_shape *shape, size_t l, nn_error *error)
{
    const nn_layer *layer = &shape->layers[l - 1];
    if (layer->skip == 0) return NN_OK;
    if (layer->skip > l)
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: skip: there is no layer %zu before it", l, layer->skip);
    if (width(shape, l - layer->skip) != layer->width)
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: skip: layer %zu is %zu wide, this one %zu", l,
                       l - layer->skip, width(shape, l - layer->skip), layer->width);
    if (layer->activation == NN_SOFTMAX) return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: skip: not with softmax", l);
    if (l == shape->depth && shape->cost == NN_BINARY_CROSS_ENTROPY)
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: skip: not on the output of %s", l,
                       nn_cost_name(shape->cost));
    return NN_OK;
}

static nn_status check_activation(const nn_shape *shape, size_t l, nn_error *error)
{
    const nn_layer *layer = &shape->layers[l - 1];
    const char *name = nn_activation_name(layer->activation);
    if (name == NULL)
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: activation: there is none with number %d", l,
                       (int)layer->activation);
    if (layer->activation == NN_SOFTMAX && (l < shape->depth || shape->cost != NN_SOFTMAX_CROSS_ENTROPY))
        return nn_fail(error, NN_ERR_ARGUMENT,
                       "layer %zu: activation: softmax goes only on the output, with softmax_cross_entropy", l);
    if (!isfinite(layer->alpha)) return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: alpha: must be finite", l);
    if (layer->alpha != 0 && !has_alpha(layer->activation))
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: alpha: %s has none, only leaky_relu and elu have", l, name);
    return NN_OK;
}

static nn_status check_layer(const nn_shape *shape, size_t l, size_t *parameters, nn_error *error)
{
    const nn_layer *layer = &shape->layers[l - 1];
    if (layer->width == 0) return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: width: must be at least 1", l);
    const size_t in = width(shape, l - 1) + !layer->no_bias, left = most_parameters - *parameters;
    if (in == 0 || layer->width > left / in)
        return nn_fail(error, NN_ERR_ARGUMENT, "layer %zu: width: with %zu weights each, %zu units are too many", l,
                       width(shape, l - 1), layer->width);
    *parameters += layer->width * in;
    nn_status status = check_activation(shape, l, error);
    if (status == NN_OK) status = check_skip(shape, l, error);
    return status;
}

/* The activation that a cost needs on the output. */
static nn_status check_cost(const nn_shape *shape, nn_error *error)
{
    if (nn_cost_name(shape->cost) == NULL)
        return nn_fail(error, NN_ERR_ARGUMENT, "cost: there is none with number %d", (int)shape->cost);
    const nn_activation needed = shape->cost == NN_BINARY_CROSS_ENTROPY    ? NN_SIGMOID
                                 : shape->cost == NN_SOFTMAX_CROSS_ENTROPY ? NN_SOFTMAX
                                                                           : NN_IDENTITY;
    const nn_activation output = shape->layers[shape->depth - 1].activation;
    if (needed == NN_IDENTITY || output == needed) return NN_OK;
    return nn_fail(error, NN_ERR_ARGUMENT, "cost: %s needs %s on the output, layer %zu, which has %s",
                   nn_cost_name(shape->cost), nn_activation_name(needed), shape->depth, nn_activation_name(output));
}

static nn_status check_shape(const nn_shape *shape, size_t *parameters, nn_error *error)
{
    if (shape == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no shape");
    if (shape->inputs == 0) return nn_fail(error, NN_ERR_ARGUMENT, "inputs: must be at least 1");
    if (shape->depth == 0) return nn_fail(error, NN_ERR_ARGUMENT, "depth: must be at least 1");
    if (shape->layers == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "layers: there are none");
    for (size_t l = 1; l <= shape->depth; l++) {
        const nn_status status = check_layer(shape, l, parameters, error);
        if (status != NN_OK) return status;
    }
    return check_cost(shape, error);
}

/* -------------------------------------------------------------------------------- new and free */

/* The layers' shares of the parameters: all weights, then all biases. */
static void share_parameters(nn_mlp *net)
{
    ad_span next = net->parameters;
    for (size_t l = 1; l <= net->shape.depth; l++) {
        next.count = (uint32_t)(nn_mlp_width(net, l) * nn_mlp_width(net, l - 1));
        net->parts[l].weights = next;
        next.first += next.count;
    }
    net->weights = net->parameters;
    net->weights.count = next.first - net->parameters.first;
    for (size_t l = 1; l <= net->shape.depth; l++) {
        next.count = net->layers[l - 1].no_bias ? 0 : (uint32_t)nn_mlp_width(net, l);
        net->parts[l].biases = next;
        next.first += next.count;
    }
}

static void copy_layers(nn_mlp *net, const nn_layer *layers)
{
    memcpy(net->layers, layers, net->shape.depth * sizeof *layers);
    net->shape.layers = net->layers;
    for (size_t k = 0; k < net->shape.depth; k++)
        if (net->layers[k].alpha == 0 && has_alpha(net->layers[k].activation))
            net->layers[k].alpha = net->layers[k].activation == NN_ELU ? 1 : 0.01;
}

nn_mlp *nn_mlp_new(ad_tape *tape, const nn_shape *shape, nn_error *error)
{
    size_t parameters = 0;
    if (tape == NULL) {
        nn_fail(error, NN_ERR_ARGUMENT, "no tape");
        return NULL;
    }
    if (check_shape(shape, &parameters, error) != NN_OK) return NULL;
    const ad_allocator *allocator = ad_tape_allocator(tape);
    nn_mlp *net = nn_allocate(allocator, 1, sizeof *net);
    if (net == NULL) {
        nn_fail_memory(error);
        return NULL;
    }
    *net = (nn_mlp){.tape = tape, .allocator = *allocator, .shape = *shape};
    net->layers = nn_allocate(allocator, shape->depth, sizeof *net->layers);
    net->parts = nn_allocate(allocator, shape->depth + 1, sizeof *net->parts);
    if (net->layers == NULL || net->parts == NULL) nn_fail_memory(error);
    else {
        net->parameters = ad_leaves(tape, NULL, parameters);
        if (net->parameters.tape == NULL) nn_fail_tape(error, tape);
    }
    if (net->parameters.tape == NULL) {
        nn_mlp_free(net);
        return NULL;
    }
    copy_layers(net, shape->layers);
    share_parameters(net);
    return net;
}

void nn_mlp_free(nn_mlp *net)
{
    if (net == NULL) return;
    const ad_allocator allocator = net->allocator;
    nn_release(&allocator, net->layers, net->shape.depth, sizeof *net->layers);
    nn_release(&allocator, net->parts, net->shape.depth + 1, sizeof *net->parts);
    nn_release(&allocator, net, 1, sizeof *net);
}

/* ---------------------------------------------------------------------------- what it is made of */

static const ad_span none;

const nn_shape *nn_mlp_shape(const nn_mlp *net) { return &net->shape; }
ad_tape *nn_mlp_tape(const nn_mlp *net) { return net->tape; }
size_t nn_mlp_outputs(const nn_mlp *net) { return nn_mlp_width(net, net->shape.depth); }
size_t nn_mlp_width(const nn_mlp *net, size_t l) { return l > net->shape.depth ? 0 : width(&net->shape, l); }

static bool has_layer(const nn_mlp *net, size_t l) { return l >= 1 && l <= net->shape.depth; }

ad_span nn_parameters(const nn_mlp *net) { return net->parameters; }
ad_span nn_weights(const nn_mlp *net, size_t l) { return has_layer(net, l) ? net->parts[l].weights : none; }
ad_span nn_biases(const nn_mlp *net, size_t l) { return has_layer(net, l) ? net->parts[l].biases : none; }
ad_span nn_all_weights(const nn_mlp *net) { return net->weights; }

/* ------------------------------------------------------------------------------- starting values */

static void start_weights(nn_random *random, nn_init init, double *w, size_t n, double in, double out)
{
    const double limit = sqrt(6 / (in + out)), factor = init == NN_INIT_NORMAL ? 1
                                                        : init == NN_INIT_HE   ? sqrt(2 / in)
                                                                               : 1 / sqrt(in);
    for (size_t k = 0; k < n; k++)
        w[k] = init == NN_INIT_GLOROT ? limit * (2 * nn_random_uniform(random) - 1) : factor * nn_random_normal(random);
}

nn_status nn_mlp_init(nn_mlp *net, nn_init init, uint64_t seed, nn_error *error)
{
    if (nn_init_name(init) == NULL)
        return nn_fail(error, NN_ERR_ARGUMENT, "init: there is none with number %d", (int)init);
    double *values = ad_set_in_place(net->parameters);
    if (values == NULL) return nn_fail_tape(error, net->tape);
    nn_random random = nn_random_new(seed);
    for (size_t l = 1; l <= net->shape.depth; l++) {
        const nn_part *part = &net->parts[l];
        double *w = values + (part->weights.first - net->parameters.first);
        double *b = values + (part->biases.first - net->parameters.first);
        start_weights(&random, init, w, part->weights.count, (double)nn_mlp_width(net, l - 1),
                      (double)nn_mlp_width(net, l));
        for (size_t k = 0; k < part->biases.count; k++) b[k] = init == NN_INIT_NORMAL ? nn_random_normal(&random) : 0;
    }
    return NN_OK;
}
