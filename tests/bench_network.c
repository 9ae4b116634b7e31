/* SPDX-License-Identifier: MIT */
/* Networks: 784-30-10 with sigmoid units, 2-16-16-1 with tanh or relu units; op by op, where every product and every
 * sum is a node, and by weighted-sum nodes. Parameters are recorded once, each sample is recorded anew. */
#include "bench_network.h"
#include "bench.h"
#include "bench_adolc.h"

#include <stdlib.h>
#include <string.h>

enum {
    BIG_INPUTS = 30 * 785 + 10 * 31,
    SMALL_INPUTS = 16 * 3 + 16 * 17 + 17,
    /* Products and sums with the bias; activations; differences, squares, their sum and its half. */
    BIG_OPERATIONS = 2 * (784 * 30 + 30 * 10) + 30 + 10 + 3 * 10,
    SMALL_OPERATIONS = 2 * (2 * 16 + 16 * 16 + 16) + 16 + 16 + 1 + 3
};

#define ALIGNED __attribute__((aligned(64)))
static double big_parameters[BIG_INPUTS] ALIGNED, big_samples[BENCH_BATCH * 784] ALIGNED;
static double big_targets[BENCH_BATCH * 10];
static double small_parameters[SMALL_INPUTS] ALIGNED, small_samples[BENCH_BATCH * 2], small_targets[BENCH_BATCH];
static double result[BIG_INPUTS] ALIGNED, result_simd[BIG_INPUTS] ALIGNED;

const bench_net bench_784_30_10 = {
    2, {784, 30, 10, 0}, BENCH_SIGMOID, BIG_INPUTS, big_parameters, big_samples, big_targets,
};
const bench_net bench_2_16_16_1 = {
    3, {2, 16, 16, 1}, BENCH_TANH, SMALL_INPUTS, small_parameters, small_samples, small_targets,
};
const bench_net bench_2_16_16_1_relu = {
    3, {2, 16, 16, 1}, BENCH_RELU, SMALL_INPUTS, small_parameters, small_samples, small_targets,
};

void bench_network_prepare(void)
{
    for (size_t k = 0; k < BIG_INPUTS; k++) big_parameters[k] = 0.1 * bench_number(k);
    for (size_t k = 0; k < BENCH_BATCH * 784; k++) big_samples[k] = 0.5 + 0.5 * bench_number(100000 + k);
    for (size_t k = 0; k < BENCH_BATCH * 10; k++) big_targets[k] = k % 11 == 0;
    for (size_t k = 0; k < SMALL_INPUTS; k++) small_parameters[k] = 0.5 * bench_number(200000 + k);
    for (size_t k = 0; k < BENCH_BATCH * 2; k++) small_samples[k] = bench_number(300000 + k);
    for (size_t k = 0; k < BENCH_BATCH; k++) small_targets[k] = k % 2 == 1;
}

/* What a tool is asked for. */
typedef struct variant {
    const bench_net *net;
    size_t samples;
    bool sample_is_leaves;
} variant;

/* ------------------------------------------------------------------------------------- by hand */

static double plain(const void *instance, const double **gradient)
{
    const variant *v = instance;
    double sum = 0;
    (void)gradient;
    for (size_t s = 0; s < v->samples; s++) sum += bench_strict_value(v->net, s);
    return sum;
}

static double by_hand(const variant *v, double (*of_sample)(const bench_net *, size_t, double *, bool), double *into)
{
    double sum = 0;
    if (v->samples == 1) return of_sample(v->net, 0, into, false);
    memset(into, 0, v->net->inputs * sizeof *into);
    for (size_t s = 0; s < v->samples; s++) sum += of_sample(v->net, s, into, true);
    return sum;
}

static double strict(const void *instance, const double **gradient)
{
    *gradient = result;
    return by_hand(instance, bench_strict_gradient, result);
}

static double simd(const void *instance, const double **gradient)
{
    *gradient = result_simd;
    return by_hand(instance, bench_simd_gradient, result_simd);
}

/* ------------------------------------------------------------------------------------ chainrule */

typedef struct instance {
    ad_tape *tape;
    const variant *variant;
    ad_span parameters;
    ad_var *w;                     /* the same one by one */
    ad_span weights[3], biases[3]; /* the same layer by layer */
    ad_mark mark;
} instance;

static void record_parameters(instance *i)
{
    const bench_net *net = i->variant->net;
    size_t at = 0;
    i->parameters = ad_leaves(i->tape, net->parameters, net->inputs);
    for (size_t k = 0; k < net->inputs; k++) i->w[k] = ad_at(i->parameters, k);
    for (size_t l = 0; l < net->layers; l++) {
        const size_t in = net->widths[l], n = net->widths[l + 1];
        i->weights[l] = ad_slice(i->parameters, at, n * in);
        i->biases[l] = ad_slice(i->parameters, at + n * in, n);
        at += n * (in + 1);
    }
    i->mark = ad_tape_mark(i->tape);
}

static const void *open(const void *with)
{
    instance *i = bench_allocate(sizeof *i);
    i->variant = with;
    i->w = bench_allocate(i->variant->net->inputs * sizeof *i->w);
    return i;
}

static void restart(const void *opened)
{
    instance *i = (instance *)opened;
    if (i->tape == NULL) i->tape = ad_tape_new();
    else ad_tape_reset(i->tape);
    record_parameters(i);
}

static void close(const void *opened)
{
    const instance *i = opened;
    ad_tape_free(i->tape);
    free(i->w);
    free((void *)opened);
}

static ad_op op_of(const bench_net *net, size_t layer)
{
    if (layer + 1 == net->layers || net->activation == BENCH_SIGMOID) return AD_OP_SIGMOID;
    return net->activation == BENCH_TANH ? AD_OP_TANH : AD_OP_RELU;
}

static ad_var activate(ad_op op, ad_var z)
{
    if (op == AD_OP_SIGMOID) return ad_sigmoid(z);
    return op == AD_OP_TANH ? ad_tanh(z) : ad_relu(z);
}

static void record_layer(ad_op op, const ad_var *w, const ad_var *x, size_t in, ad_var *out, size_t n)
{
    const ad_var *b = w + n * in;
    for (size_t j = 0; j < n; j++) {
        const ad_var *row = w + j * in;
        ad_var z = ad_mul(row[0], x[0]);
        for (size_t k = 1; k < in; k++) z = ad_add(z, ad_mul(row[k], x[k]));
        out[j] = activate(op, ad_add(z, b[j]));
    }
}

static ad_var record_loss(const ad_var *out, const double *target, size_t n)
{
    ad_var sum = ad_square(ad_sub(out[0], ad_const(target[0])));
    for (size_t j = 1; j < n; j++) sum = ad_add(sum, ad_square(ad_sub(out[j], ad_const(target[j]))));
    return ad_mul(ad_const(0.5), sum);
}

ad_var bench_network_record(const void *opened)
{
    const instance *i = opened;
    const bench_net *net = i->variant->net;
    const ad_var *w = i->w;
    ad_var out[4][BENCH_WIDEST];
    ad_tape_rewind(i->tape, i->mark);
    for (size_t k = 0; k < net->widths[0]; k++)
        out[0][k] = i->variant->sample_is_leaves ? ad_leaf(i->tape, net->samples[k]) : ad_const(net->samples[k]);
    for (size_t l = 0; l < net->layers; l++) {
        record_layer(op_of(net, l), w, out[l], net->widths[l], out[l + 1], net->widths[l + 1]);
        w += net->widths[l + 1] * (net->widths[l] + 1);
    }
    return record_loss(out[net->layers], net->targets, net->widths[net->layers]);
}

static double op_by_op(const void *opened, const double **gradient)
{
    const ad_var value = bench_network_record(opened);
    ad_backward(value);
    *gradient = ad_grads(((const instance *)opened)->parameters);
    return ad_value(value);
}

static ad_var record_sample(const instance *i, size_t s)
{
    const bench_net *net = i->variant->net;
    ad_tape *tape = i->tape;
    ad_tape_rewind(tape, i->mark);
    ad_span out = ad_constants(tape, net->samples + s * net->widths[0], net->widths[0]);
    for (size_t l = 0; l < net->layers; l++)
        out = ad_each(op_of(net, l), ad_each2(AD_OP_ADD, ad_weighted_sums(i->weights[l], out), i->biases[l]));
    const size_t outputs = net->widths[net->layers];
    return ad_half_sum_of_squares(out, ad_constants(tape, net->targets + s * outputs, outputs));
}

ad_var bench_layers_record(const void *opened) { return record_sample(opened, 0); }

static double by_layers(const void *opened, const double **gradient)
{
    const instance *i = opened;
    double sum = 0;
    if (i->variant->samples > 1) ad_accumulate(i->parameters);
    for (size_t s = 0; s < i->variant->samples; s++) {
        const ad_var value = record_sample(i, s);
        ad_backward(value);
        sum += ad_value(value);
    }
    *gradient = ad_grads(i->parameters);
    return sum;
}

/* ---------------------------------------------------------------------------------------- ADOL-C */

#ifdef HAVE_ADOLC
static double adolc(const void *opened, const double **gradient)
{
    static double gradient_by_adolc[BIG_INPUTS];
    const bench_net *net = ((const variant *)opened)->net;
    *gradient = gradient_by_adolc;
    return bench_adolc_network(net->layers == 2 ? BIG_OPERATIONS : SMALL_OPERATIONS, net->widths, net->layers,
                               net->activation, net->samples, net->targets, net->parameters, net->inputs,
                               gradient_by_adolc);
}
#define ADOLC(with) {"ADOL-C", BENCH_PEER, adolc, NULL, NULL, with, NULL},
#else
#define ADOLC(with)
#endif

/* ----------------------------------------------------------------------------------------- tasks */

static const variant big = {&bench_784_30_10, 1, false}, big_leaves = {&bench_784_30_10, 1, true};
static const variant big_batch = {&bench_784_30_10, BENCH_BATCH, false};
static const variant small = {&bench_2_16_16_1, 1, false}, small_leaves = {&bench_2_16_16_1, 1, true};
static const variant small_relu = {&bench_2_16_16_1_relu, 1, false};
static const variant small_relu_leaves = {&bench_2_16_16_1_relu, 1, true};

#define PLAIN(with)                                                            \
    {                                                                          \
        "plain double, value only", BENCH_VALUE, plain, NULL, NULL, with, NULL \
    }
#define STRICT(with)                                                             \
    {                                                                            \
        "hand-written, strict loops", BENCH_HAND, strict, NULL, NULL, with, NULL \
    }
#define SIMD(with)                                                          \
    {                                                                       \
        "hand-written, SIMD", BENCH_HAND_MORE, simd, NULL, NULL, with, NULL \
    }
#define EACH(with)                                                         \
    {                                                                      \
        "chainrule", BENCH_OURS_EACH, op_by_op, open, close, with, restart \
    }
#define EACH_LEAVES(with)                                                                    \
    {                                                                                        \
        "chainrule, sample as leaves", BENCH_OURS_EACH, op_by_op, open, close, with, restart \
    }
#define LAYERS(with)                                                                  \
    {                                                                                 \
        "chainrule, weighted sums", BENCH_OURS, by_layers, open, close, with, restart \
    }

#define OP_BY_OP(name, key, title, operations, inputs, with, with_leaves)                                             \
    static const bench_tool name##_tools[] = {                                                                        \
        PLAIN(&with), STRICT(&with), SIMD(&with), EACH(&with), EACH_LEAVES(&with_leaves), ADOLC(&with)};              \
    const bench_task name = {                                                                                         \
        key,         title, operations, 1, inputs, bench_network_prepare, sizeof name##_tools / sizeof *name##_tools, \
        name##_tools};
#define BY_LAYERS(name, key, title, operations, samples, inputs, with)                                  \
    static const bench_tool name##_tools[] = {PLAIN(&with), STRICT(&with), SIMD(&with), LAYERS(&with)}; \
    const bench_task name = {key,                                                                       \
                             title,                                                                     \
                             (operations) * (samples),                                                  \
                             samples,                                                                   \
                             inputs,                                                                    \
                             bench_network_prepare,                                                     \
                             sizeof name##_tools / sizeof *name##_tools,                                \
                             name##_tools};

OP_BY_OP(bench_big, "784-30-10", "784-30-10, op by op", BIG_OPERATIONS, BIG_INPUTS, big, big_leaves)
OP_BY_OP(bench_small, "2-16-16-1", "2-16-16-1, tanh, op by op", SMALL_OPERATIONS, SMALL_INPUTS, small, small_leaves)
OP_BY_OP(bench_small_relu, "2-16-16-1 relu", "2-16-16-1, relu, op by op", SMALL_OPERATIONS, SMALL_INPUTS, small_relu,
         small_relu_leaves)
BY_LAYERS(bench_layers, "784-30-10 layers", "784-30-10 by layers, one sample", BIG_OPERATIONS, 1, BIG_INPUTS, big)
BY_LAYERS(bench_layers_batch, "784-30-10 batch", "784-30-10 by layers, sum over 10 samples", BIG_OPERATIONS,
          BENCH_BATCH, BIG_INPUTS, big_batch)
BY_LAYERS(bench_layers_small, "2-16-16-1 layers", "2-16-16-1 by layers, tanh, one sample", SMALL_OPERATIONS, 1,
          SMALL_INPUTS, small)
BY_LAYERS(bench_layers_small_relu, "2-16-16-1 relu layers", "2-16-16-1 by layers, relu, one sample", SMALL_OPERATIONS,
          1, SMALL_INPUTS, small_relu)
