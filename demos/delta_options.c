/* SPDX-License-Identifier: MIT */
#include "delta_options.h"
#include "command.h"
#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------- lists */

typedef struct list {
    char **words;
    size_t count;
} list;

/* What stands between commas. */
static list split(const char *text)
{
    list l = {NULL, 0};
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, ",");
        l.words = resized(l.words, l.count + 1, sizeof *l.words);
        l.words[l.count++] = formatted("%.*s", (int)n, at);
        at += n;
        if (*at == '\0') return l;
    }
}

static void list_free(list l)
{
    for (size_t k = 0; k < l.count; k++) free(l.words[k]);
    free(l.words);
}

static double *numbers_in(const char *option, const char *text, size_t *count)
{
    const list l = split(text);
    double *x = resized(NULL, l.count, sizeof *x);
    for (size_t k = 0; k < l.count; k++)
        if (!read_number(l.words[k], &x[k]) || !isfinite(x[k]))
            die(CODE_USAGE, "--%s: '%s' is no number; numbers have commas between them, as in 0.1,-2,3e-4", option,
                l.words[k]);
    *count = l.count;
    list_free(l);
    return x;
}

/* A list that must have `count` numbers; `what` says which. */
static double *so_many_numbers(const char *option, const char *text, size_t count, const char *what)
{
    size_t given;
    double *x = numbers_in(option, text, &given);
    if (given != count)
        die(CODE_USAGE, "--%s: %zu number%s given, but %zu needed: %s", option, given, given == 1 ? " is" : "s are",
            count, what);
    return x;
}

static size_t *counts_in(const char *option, const char *text, size_t *count)
{
    enum { MOST = 100000 };
    double *x = numbers_in(option, text, count);
    size_t *n = resized(NULL, *count, sizeof *n);
    for (size_t k = 0; k < *count; k++) {
        if (!(x[k] >= 0 && x[k] <= MOST && x[k] == floor(x[k])))
            die(CODE_USAGE, "--%s: expected whole numbers up to %d, as in 2,3,1", option, MOST);
        n[k] = (size_t)x[k];
    }
    free(x);
    return n;
}

/* --------------------------------------------------------------------------------------- words */

/* All names that a number of an enumeration has, for messages. */
static char *all_names(const char *(*name)(int k))
{
    draft t;
    draft_begin(&t);
    for (int k = 0; name(k) != NULL; k++) fprintf(t.to, "%s%s", k == 0 ? "" : ", ", name(k));
    return draft_done(&t);
}

static int number_called(const char *option, const char *word, const char *(*name)(int k))
{
    for (int k = 0; name(k) != NULL; k++)
        if (strcmp(name(k), word) == 0) return k;
    die(CODE_USAGE, "--%s=%s: expected one of %s", option, word, all_names(name));
}

static const char *activation_name(int k) { return nn_activation_name((nn_activation)k); }
static const char *cost_name(int k) { return nn_cost_name((nn_cost)k); }
static const char *convention_name(int k) { return nn_convention_name((nn_convention)k); }
static const char *init_name(int k) { return nn_init_name((nn_init)k); }

/* -------------------------------------------------------------------------------------- the shape */

static nn_cost cost_for(const delta_options *o, int convention, nn_activation output)
{
    if (o->cost != NULL) return (nn_cost)number_called("cost", o->cost, cost_name);
    if (output == NN_SOFTMAX) return NN_SOFTMAX_CROSS_ENTROPY;
    if (convention == NN_SQUARED) return NN_SUM_OF_SQUARES;
    if (convention == NN_LOGISTIC && output != NN_IDENTITY) return NN_BINARY_CROSS_ENTROPY;
    return NN_HALF_SUM_OF_SQUARES;
}

static nn_activation output_for(const delta_options *o)
{
    if (o->output != NULL) return (nn_activation)number_called("output", o->output, activation_name);
    const bool is_softmax = o->cost != NULL && strcmp(o->cost, nn_cost_name(NN_SOFTMAX_CROSS_ENTROPY)) == 0;
    return is_softmax ? NN_SOFTMAX : NN_SIGMOID;
}

/* Of the hidden layers: one word for all, or one for each. */
static void set_activations(const delta_options *o, nn_layer *layers, size_t depth)
{
    const list l = split(o->activation != NULL ? o->activation : "sigmoid");
    if (l.count != 1 && l.count != depth - 1)
        die(CODE_USAGE, "--activation=%s: expected one name, or one for each hidden layer, of which there %s %zu",
            o->activation, depth == 2 ? "is" : "are", depth - 1);
    for (size_t k = 0; k + 1 < depth; k++)
        layers[k].activation =
            (nn_activation)number_called("activation", l.words[l.count == 1 ? 0 : k], activation_name);
    list_free(l);
}

static void set_alphas(const delta_options *o, nn_layer *layers, size_t depth)
{
    if (o->alpha == NULL) return;
    double *alpha = so_many_numbers("alpha", o->alpha, 1, "the slope of leaky_relu, the factor of elu");
    for (size_t k = 0; k < depth; k++)
        if (layers[k].activation == NN_LEAKY_RELU || layers[k].activation == NN_ELU) layers[k].alpha = *alpha;
    free(alpha);
}

static void set_skips(const delta_options *o, nn_layer *layers, size_t depth)
{
    if (o->skip == NULL) return;
    size_t count, *skip = counts_in("skip", o->skip, &count);
    if (count != depth)
        die(CODE_USAGE, "--skip=%s: expected one number for each layer after the input, of which there %s %zu; 0: none",
            o->skip, depth == 1 ? "is" : "are", depth);
    for (size_t k = 0; k < depth; k++) layers[k].skip = skip[k];
    free(skip);
}

/* ------------------------------------------------------------------------------------- parameters */

/* row-minus-bias has its matrices in x out, and subtracts its biases. */
static void set_weights(const delta_problem *p, const double *given)
{
    const bool transposed = p->convention == NN_ROW_MINUS_BIAS;
    for (size_t l = 1; l <= nn_mlp_shape(p->net)->depth; l++) {
        const size_t in = nn_mlp_width(p->net, l - 1), out = nn_mlp_width(p->net, l);
        double *w = ad_set_in_place(nn_weights(p->net, l));
        for (size_t j = 0; j < out; j++)
            for (size_t k = 0; k < in; k++) w[j * in + k] = given[transposed ? k * out + j : j * in + k];
        given += in * out;
    }
}

static void set_biases(const delta_problem *p, const double *given)
{
    const double sign = p->convention == NN_ROW_MINUS_BIAS ? -1 : 1;
    for (size_t l = 1; l <= nn_mlp_shape(p->net)->depth; l++) {
        const size_t n = nn_biases(p->net, l).count;
        double *b = n > 0 ? ad_set_in_place(nn_biases(p->net, l)) : NULL;
        for (size_t j = 0; j < n; j++) b[j] = sign * *given++;
    }
}

static char *per_layer(const nn_mlp *net, bool biases)
{
    draft t;
    draft_begin(&t);
    for (size_t l = 1; l <= nn_mlp_shape(net)->depth; l++) {
        const size_t out = nn_mlp_width(net, l);
        fputs(l == 1 ? "" : ", then ", t.to);
        if (biases) fprintf(t.to, "%u for layer %zu", nn_biases(net, l).count, l);
        else fprintf(t.to, "%zu x %zu for layer %zu", out, nn_mlp_width(net, l - 1), l);
    }
    return draft_done(&t);
}

static void set_parameters(const delta_options *o, const delta_problem *p)
{
    const size_t weights = nn_all_weights(p->net).count, biases = nn_parameters(p->net).count - weights;
    const nn_init init = o->init != NULL ? (nn_init)number_called("init", o->init, init_name) : NN_INIT_NORMAL;
    nn_mlp_init(p->net, init, o->seed, NULL);
    if (o->weights != NULL) {
        char *what = per_layer(p->net, false);
        double *given = so_many_numbers("weights", o->weights, weights, what);
        set_weights(p, given);
        free(given);
        free(what);
    }
    if (o->biases != NULL && o->no_biases) die(CODE_USAGE, "--biases and --no-biases exclude each other");
    if (o->biases != NULL) {
        char *what = per_layer(p->net, true);
        double *given = so_many_numbers("biases", o->biases, biases, what);
        set_biases(p, given);
        free(given);
        free(what);
    }
}

/* -------------------------------------------------------------------------------------- the sample */

static double *inputs_of(const delta_options *o, size_t n, nn_random *random)
{
    if (o->inputs != NULL) return so_many_numbers("inputs", o->inputs, n, "one for each input");
    double *x = resized(NULL, n, sizeof *x);
    for (size_t k = 0; k < n; k++) x[k] = round(200 * nn_random_uniform(random) - 100) / 100;
    return x;
}

/* For cross-entropies, classes. */
static double *targets_of(const delta_options *o, size_t n, nn_cost cost, nn_random *random)
{
    if (o->targets != NULL) return so_many_numbers("targets", o->targets, n, "one for each output");
    double *y = resized(NULL, n, sizeof *y);
    const size_t class = (size_t)nn_random_below(random, n);
    for (size_t k = 0; k < n; k++) {
        if (cost == NN_SOFTMAX_CROSS_ENTROPY) y[k] = k == class;
        else if (cost == NN_BINARY_CROSS_ENTROPY) y[k] = (double)nn_random_below(random, 2);
        else y[k] = round(100 * nn_random_uniform(random)) / 100;
    }
    return y;
}

/* ---------------------------------------------------------------------------------------- all of it */

static nn_mlp *net_of(const delta_options *o, int convention, ad_tape *tape)
{
    size_t count, *sizes = counts_in("sizes", o->sizes != NULL ? o->sizes : "2,3,1", &count);
    if (count < 2) die(CODE_USAGE, "--sizes: a network has at least two: the inputs and the outputs, as in 2,1");
    const size_t depth = count - 1;
    nn_layer *layers = resized(NULL, depth, sizeof *layers);
    for (size_t k = 0; k < depth; k++) layers[k] = (nn_layer){.width = sizes[k + 1], .no_bias = o->no_biases};
    layers[depth - 1].activation = output_for(o);
    set_activations(o, layers, depth);
    set_alphas(o, layers, depth);
    set_skips(o, layers, depth);
    const nn_shape shape = {sizes[0], depth, layers, cost_for(o, convention, layers[depth - 1].activation)};
    nn_error error;
    nn_mlp *net = nn_mlp_new(tape, &shape, &error);
    if (net == NULL) die(CODE_DATA, "%s", error.message);
    free(layers);
    free(sizes);
    return net;
}

delta_problem delta_problem_of(const delta_options *o, ad_tape *tape)
{
    const int convention = o->convention != NULL ? number_called("convention", o->convention, convention_name) : -1;
    delta_problem p = {.net = net_of(o, convention, tape)};
    const nn_shape *shape = nn_mlp_shape(p.net);
    p.convention = convention >= 0 ? (nn_convention)convention : nn_convention_for(shape);
    nn_random random = nn_random_new(o->seed + 1);
    set_parameters(o, &p);
    p.x = inputs_of(o, shape->inputs, &random);
    p.y = targets_of(o, nn_mlp_outputs(p.net), shape->cost, &random);
    return p;
}
