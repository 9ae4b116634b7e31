/* SPDX-License-Identifier: MIT */
/* The structure of model files that writing and reading have in common. */
#include "model_text.h"

nn_block nn_block_of(const nn_shape *shape, size_t l, const nn_block *before, size_t all_weights)
{
    const nn_layer *layer = &shape->layers[l - 1];
    return (nn_block){
        .weights = before == NULL ? 0 : before->weights + before->rows * before->columns,
        .rows = layer->width,
        .columns = l == 1 ? shape->inputs : layer[-1].width,
        .biases = before == NULL ? all_weights : before->biases + before->bias_count,
        .bias_count = layer->no_bias ? 0 : layer->width,
    };
}

const nn_field nn_fields[NN_FIELDS] = {
    {"rate", NN_FIELD_REAL, offsetof(nn_options, rate)},
    {"momentum", NN_FIELD_REAL, offsetof(nn_options, momentum)},
    {"decay_rate", NN_FIELD_REAL, offsetof(nn_options, decay_rate)},
    {"epsilon", NN_FIELD_REAL, offsetof(nn_options, epsilon)},
    {"weight_decay", NN_FIELD_REAL, offsetof(nn_options, weight_decay)},
    {"l2", NN_FIELD_REAL, offsetof(nn_options, l2)},
    {"batch", NN_FIELD_SIZE, offsetof(nn_options, batch)},
    {"epochs", NN_FIELD_SIZE, offsetof(nn_options, epochs)},
    {"patience", NN_FIELD_SIZE, offsetof(nn_options, patience)},
    {"seed", NN_FIELD_SEED, offsetof(nn_options, seed)},
    {"in_order", NN_FIELD_FLAG, offsetof(nn_options, in_order)},
};

size_t nn_field_size(const nn_field *field)
{
    switch (field->kind) {
    case NN_FIELD_REAL: return sizeof(double);
    case NN_FIELD_SIZE: return sizeof(size_t);
    case NN_FIELD_SEED: return sizeof(uint64_t);
    case NN_FIELD_FLAG: return sizeof(bool);
    }
    return 0;
}
