/* SPDX-License-Identifier: MIT */
#include "language.h"
#include "library_text.h"
#include "vanish.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    const char *name;
    nn_activation activation;
    nn_init init;
    size_t skip;
} kinds[VANISH_KINDS] = {
    [VANISH_SIGMOID] = {"sigmoid", NN_SIGMOID, NN_INIT_FAN_IN, 0},
    [VANISH_TANH] = {"tanh", NN_TANH, NN_INIT_FAN_IN, 0},
    [VANISH_RELU] = {"ReLU", NN_RELU, NN_INIT_HE, 0},
    [VANISH_SKIP] = {N_("sigmoid with skips"), NN_SIGMOID, NN_INIT_FAN_IN, 1},
};

const char *vanish_kind(size_t kind) { return kind == VANISH_SKIP ? _(kinds[kind].name) : kinds[kind].name; }

static nn_mlp *network(ad_tape *tape, size_t kind, size_t depth, uint64_t seed)
{
    nn_layer layers[VANISH_DEEPEST];
    nn_error error;
    for (size_t l = 0; l < depth; l++)
        layers[l] = (nn_layer){.width = VANISH_WIDTH, .activation = kinds[kind].activation, .skip = kinds[kind].skip};
    layers[depth - 1].activation = NN_SIGMOID;
    layers[depth - 1].skip = 0;
    const nn_shape shape = {VANISH_WIDTH, depth, layers, NN_HALF_SUM_OF_SQUARES};
    nn_mlp *net = nn_mlp_new(tape, &shape, &error);
    if (net == NULL || nn_mlp_init(net, kinds[kind].init, seed, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    return net;
}

/* Inputs in [-1, 1), targets in [0, 1). */
static void draw_sample(uint64_t seed, double *x, double *y)
{
    nn_random random = nn_random_new(seed);
    for (size_t k = 0; k < VANISH_WIDTH; k++) x[k] = 2 * nn_random_uniform(&random) - 1;
    for (size_t k = 0; k < VANISH_WIDTH; k++) y[k] = nn_random_uniform(&random);
}

static double norm_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += x[k] * x[k];
    return sqrt(sum);
}

static void take_agreement(vanish_agreement *a, const nn_delta_report *r)
{
    const nn_tensor_check *worst = &r->layer[r->worst_layer].tensor[r->worst];
    a->numbers += r->numbers;
    if (a->allowed > 0 && worst->difference / worst->allowed <= a->difference / a->allowed) return;
    a->difference = worst->difference;
    a->allowed = worst->allowed;
}

/* Adds the logarithms of the tape's norms, and f′(z) of the hidden layers. */
static void add_network(vanish_norms *n, size_t kind, const nn_delta_report *r)
{
    for (size_t l = 1; l <= n->depth; l++) {
        const nn_layer_check *layer = &r->layer[l];
        n->norm[l] += log(norm_of(layer->tensor[NN_TENSOR_DB].tape, VANISH_WIDTH));
        for (size_t j = 0; l < n->depth && j < VANISH_WIDTH; j++)
            n->slope += nn_activation_slope(kinds[kind].activation, 0, layer->tensor[NN_TENSOR_Z].tape[j]);
    }
}

vanish_norms vanish_measure(size_t kind, size_t depth, vanish_agreement *agreement)
{
    vanish_norms n = {.depth = depth, .norm = resized(NULL, depth + 1, sizeof *n.norm)};
    double x[VANISH_WIDTH], y[VANISH_WIDTH];
    nn_delta_report report;
    nn_error error;
    for (size_t l = 0; l <= depth; l++) n.norm[l] = 0;
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    for (uint64_t seed = 1; seed <= VANISH_SEEDS; seed++) {
        nn_mlp *net = network(tape, kind, depth, seed);
        draw_sample(seed, x, y);
        if (nn_check_delta(net, NN_HALF_MEAN, x, y, &report, &error) != NN_OK)
            die(CODE_DATA, "%s", library_text(error.message));
        add_network(&n, kind, &report);
        take_agreement(agreement, &report);
        nn_delta_report_free(&report);
        nn_mlp_free(net);
        ad_tape_reset(tape);
    }
    ad_tape_free(tape);
    for (size_t l = 1; l <= depth; l++) n.norm[l] = exp(n.norm[l] / VANISH_SEEDS);
    n.slope /= (double)(VANISH_SEEDS * VANISH_WIDTH * (depth - 1));
    return n;
}

double vanish_ratio(const vanish_norms *n) { return n->norm[1] / n->norm[n->depth]; }
double vanish_factor(const vanish_norms *n)
{
    return n->depth > 2 ? pow(n->norm[1] / n->norm[n->depth - 1], 1 / (double)(n->depth - 2)) : NAN;
}
