/* SPDX-License-Identifier: MIT */
/* The five conventions: their names, and which networks each of them knows. */
#include "delta_internal.h"

#include <string.h>

static const char *const names[NN_CONVENTIONS] = {[NN_LOGISTIC] = "logistic",
                                                  [NN_SQUARED] = "squared",
                                                  [NN_HALF_MEAN] = "half-mean",
                                                  [NN_ROW_MINUS_BIAS] = "row-minus-bias",
                                                  [NN_PER_NEURON] = "per-neuron"};

const char *nn_convention_name(nn_convention convention)
{
    return (unsigned)convention < NN_CONVENTIONS ? names[convention] : NULL;
}

int nn_convention_find(const char *name)
{
    for (int k = 0; k < NN_CONVENTIONS; k++)
        if (name != NULL && strcmp(names[k], name) == 0) return k;
    return -1;
}

/* --------------------------------------------------------------------------------- costs, outputs */

static bool is_matched_pair(nn_cost cost, nn_activation output)
{
    return (cost == NN_BINARY_CROSS_ENTROPY && output == NN_SIGMOID) ||
           (cost == NN_SOFTMAX_CROSS_ENTROPY && output == NN_SOFTMAX) ||
           (cost == NN_HALF_SUM_OF_SQUARES && output == NN_IDENTITY);
}

static bool knows_cost(nn_convention convention, nn_cost cost, nn_activation output)
{
    switch (convention) {
    case NN_LOGISTIC: return is_matched_pair(cost, output);
    case NN_SQUARED: return cost == NN_SUM_OF_SQUARES;
    case NN_HALF_MEAN: return cost == NN_HALF_SUM_OF_SQUARES || cost == NN_SUM_OF_SQUARES || cost == NN_MEAN_OF_SQUARES;
    case NN_ROW_MINUS_BIAS:
    case NN_PER_NEURON: return cost == NN_HALF_SUM_OF_SQUARES;
    }
    return false;
}

/* What a convention asks for, in the words of a message. */
static const char *needs(nn_convention convention)
{
    switch (convention) {
    case NN_LOGISTIC:
        return "a matched pair: binary_cross_entropy on sigmoid, softmax_cross_entropy on softmax, or "
               "half_sum_of_squares on identity";
    case NN_SQUARED: return "the cost sum_of_squares";
    case NN_HALF_MEAN: return "a cost of squares: half_sum_of_squares, sum_of_squares or mean_of_squares";
    case NN_ROW_MINUS_BIAS:
    case NN_PER_NEURON: return "the cost half_sum_of_squares";
    }
    return "";
}

static const char *word(const char *name) { return name != NULL ? name : "something unknown"; }

nn_status nn_check_plain_cost(nn_convention convention, nn_cost cost, nn_activation output, nn_error *error)
{
    if (knows_cost(convention, cost, output)) return NN_OK;
    return nn_fail(error, NN_ERR_ARGUMENT, "the convention %s needs %s; this is %s on %s", names[convention],
                   needs(convention), word(nn_cost_name(cost)), word(nn_activation_name(output)));
}

/* -------------------------------------------------------------------------------------- layers */

nn_status nn_check_plain_depth(nn_convention convention, size_t depth, nn_error *error)
{
    if (depth > 0) return NN_OK;
    return nn_fail(error, NN_ERR_ARGUMENT, "the convention %s: a network needs a layer beside its input",
                   names[convention]);
}

static bool knows_activation(nn_activation activation) { return (unsigned)activation < NN_SOFTMAX; }

nn_status nn_check_plain_layer(nn_convention convention, size_t l, const nn_layer *layer, size_t skipped,
                               nn_error *error)
{
    const char *name = names[convention];
    if (layer->width == 0) return nn_fail(error, NN_ERR_ARGUMENT, "the convention %s: layer %zu is empty", name, l);
    if (layer->activation == NN_SOFTMAX)
        return nn_fail(error, NN_ERR_ARGUMENT,
                       "the convention %s: layer %zu has softmax, which goes only on the output of the convention "
                       "logistic",
                       name, l);
    if (!knows_activation(layer->activation))
        return nn_fail(error, NN_ERR_ARGUMENT, "the convention %s: layer %zu has no known activation", name, l);
    if (layer->skip > 0 && convention == NN_ROW_MINUS_BIAS)
        return nn_fail(error, NN_ERR_ARGUMENT,
                       "the convention %s has no skip connections, and layer %zu has one; all the others know them",
                       name, l);
    if (layer->skip > 0 && skipped != layer->width)
        return nn_fail(error, NN_ERR_ARGUMENT,
                       "the convention %s: layer %zu has %zu units and a skip connection from a layer of %zu", name, l,
                       layer->width, skipped);
    return NN_OK;
}

/* ------------------------------------------------------------------------------------- networks */

static size_t width_of(const nn_shape *shape, size_t l) { return l == 0 ? shape->inputs : shape->layers[l - 1].width; }

nn_status nn_convention_fits(nn_convention convention, const nn_shape *shape, nn_error *error)
{
    if ((unsigned)convention >= NN_CONVENTIONS)
        return nn_fail(error, NN_ERR_ARGUMENT, "there is no convention number %d", (int)convention);
    nn_status status = nn_check_plain_depth(convention, shape->depth, error);
    if (status != NN_OK) return status;
    status = nn_check_plain_cost(convention, shape->cost, shape->layers[shape->depth - 1].activation, error);
    for (size_t l = 1; status == NN_OK && l <= shape->depth; l++) {
        nn_layer layer = shape->layers[l - 1];
        if (l == shape->depth && convention == NN_LOGISTIC && layer.activation == NN_SOFTMAX)
            layer.activation = NN_IDENTITY;
        const size_t skipped = layer.skip <= l ? width_of(shape, l - layer.skip) : 0;
        status = nn_check_plain_layer(convention, l, &layer, skipped, error);
    }
    return status;
}

nn_convention nn_convention_for(const nn_shape *shape)
{
    int k = 0;
    while (k < NN_CONVENTIONS - 1 && nn_convention_fits((nn_convention)k, shape, NULL) != NN_OK) k++;
    return (nn_convention)k;
}
