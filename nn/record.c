/* SPDX-License-Identifier: MIT */
/* Recording a network on the tape: forward, costs, L2. */
#include "internal.h"

/* The elements from, ..., from + count - 1 of a span that has them. */
static ad_span part_of(ad_span span, size_t from, size_t count)
{
    span.first += (uint32_t)from;
    span.count = (uint32_t)count;
    return span;
}

/* ------------------------------------------------------------------------------------ a layer */

/* z^l: the weighted sums of all samples, then the bias additions. Where a call fails, those that follow fail too, and
 * the tape keeps the first error: it is enough to look at the end. */
static ad_span weighted_inputs(const nn_mlp *net, const nn_part *part, ad_span in)
{
    const ad_span sums = ad_weighted_sums_batch(part->weights, in, net->samples);
    return part->biases.count == 0 ? sums : ad_each2(AD_OP_ADD, sums, part->biases);
}

/* e^{z - log sum e^z}. The results stand in a row only if each kind of node is recorded for all samples in turn. */
static ad_span softmax(const nn_mlp *net, ad_span z)
{
    const size_t width = z.count / net->samples;
    const ad_span logs = ad_each_row(AD_OP_LOG_SUM_EXP, z, z, net->samples);
    ad_span differences = logs;
    if (logs.tape == NULL) return logs;
    for (size_t s = 0; s < net->samples; s++) {
        const ad_span some = ad_each2(AD_OP_SUB, part_of(z, s * width, width), part_of(logs, s, 1));
        if (some.tape == NULL) return some;
        if (s == 0) differences = some;
    }
    return ad_each(AD_OP_EXP, part_of(differences, 0, z.count));
}

static ad_span activations(const nn_mlp *net, const nn_layer *layer, ad_span z)
{
    static const ad_op ops[NN_ACTIVATIONS] = {
        [NN_SIGMOID] = AD_OP_SIGMOID, [NN_TANH] = AD_OP_TANH,
        [NN_RELU] = AD_OP_RELU,       [NN_LEAKY_RELU] = AD_OP_LEAKY_RELU,
        [NN_ELU] = AD_OP_ELU,         [NN_SILU] = AD_OP_SILU,
        [NN_GELU] = AD_OP_GELU,       [NN_SOFTPLUS] = AD_OP_SOFTPLUS,
    };
    switch (layer->activation) {
    case NN_IDENTITY: return z;
    case NN_LEAKY_RELU:
    case NN_ELU: return ad_each2(ops[layer->activation], z, ad_constants(net->tape, &layer->alpha, 1));
    case NN_SOFTMAX: return softmax(net, z);
    default: return ad_each(ops[layer->activation], z);
    }
}

nn_status nn_record_layers(nn_mlp *net, ad_span x, size_t samples)
{
    net->samples = samples;
    net->costs = (ad_span){NULL, 0, 0, 0, 0};
    net->parts[0].a = x;
    for (size_t l = 1; l <= net->shape.depth; l++) {
        const nn_layer *layer = &net->layers[l - 1];
        nn_part *part = &net->parts[l];
        part->z = weighted_inputs(net, part, part[-1].a);
        part->a = activations(net, layer, part->z);
        if (layer->skip > 0) part->a = ad_each2(AD_OP_ADD, part->a, net->parts[l - layer->skip].a);
        if (part->a.tape == NULL) {
            net->samples = 0;
            return NN_ERR_TAPE;
        }
    }
    return NN_OK;
}

nn_status nn_forward(nn_mlp *net, ad_span x, nn_error *error)
{
    const size_t inputs = net->shape.inputs;
    if (x.tape == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "x: the invalid span");
    if (x.count == 0 || x.count % inputs != 0)
        return nn_fail(error, NN_ERR_ARGUMENT, "x: %u elements are no samples of %zu inputs", x.count, inputs);
    const ad_mark before = ad_tape_mark(net->tape);
    if (nn_record_layers(net, x, x.count / inputs) == NN_OK) return NN_OK;
    ad_tape_rewind(net->tape, before);
    return nn_fail_tape(error, net->tape);
}

/* -------------------------------------------------------------------------------------- costs */

nn_status nn_record_cost_of_each(nn_mlp *net, ad_span y)
{
    static const ad_op ops[NN_COSTS] = {
        [NN_HALF_SUM_OF_SQUARES] = AD_OP_HALF_SUM_OF_SQUARES,
        [NN_SUM_OF_SQUARES] = AD_OP_SUM_OF_SQUARES,
        [NN_MEAN_OF_SQUARES] = AD_OP_MEAN_OF_SQUARES,
        [NN_BINARY_CROSS_ENTROPY] = AD_OP_LOGISTIC_CROSS_ENTROPY,
        [NN_SOFTMAX_CROSS_ENTROPY] = AD_OP_SOFTMAX_CROSS_ENTROPY,
    };
    const nn_cost cost = net->shape.cost;
    const nn_part *last = &net->parts[net->shape.depth];
    const bool on_z = cost == NN_BINARY_CROSS_ENTROPY || cost == NN_SOFTMAX_CROSS_ENTROPY;
    net->costs = ad_each_row(ops[cost], on_z ? last->z : last->a, y, net->samples);
    return net->costs.tape == NULL ? NN_ERR_TAPE : NN_OK;
}

nn_status nn_record_costs(nn_mlp *net, ad_span y, nn_error *error)
{
    if (net->samples == 0) return nn_fail(error, NN_ERR_ARGUMENT, "there are no outputs: nn_forward comes first");
    if (y.tape == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "y: the invalid span");
    if (y.count != net->samples * nn_mlp_outputs(net))
        return nn_fail(error, NN_ERR_ARGUMENT, "y: %u elements are not %zu samples of %zu outputs", y.count,
                       net->samples, nn_mlp_outputs(net));
    const ad_mark before = ad_tape_mark(net->tape);
    if (nn_record_cost_of_each(net, y) == NN_OK) return NN_OK;
    ad_tape_rewind(net->tape, before);
    return nn_fail_tape(error, net->tape);
}

ad_var nn_l2(const nn_mlp *net, double lambda)
{
    const ad_mark before = ad_tape_mark(net->tape);
    const ad_var sum = ad_mul(ad_const(lambda / 2), ad_weighted_sum(net->weights, net->weights));
    if (sum.tape == NULL) ad_tape_rewind(net->tape, before);
    return sum;
}

/* ------------------------------------------------------------------------- what was recorded */

static const ad_span none;

ad_span nn_weighted_inputs(const nn_mlp *net, size_t l)
{
    return net->samples > 0 && l >= 1 && l <= net->shape.depth ? net->parts[l].z : none;
}

ad_span nn_activations(const nn_mlp *net, size_t l)
{
    return net->samples > 0 && l <= net->shape.depth ? net->parts[l].a : none;
}

ad_span nn_outputs(const nn_mlp *net) { return nn_activations(net, net->shape.depth); }
ad_span nn_costs(const nn_mlp *net) { return net->samples > 0 ? net->costs : none; }
