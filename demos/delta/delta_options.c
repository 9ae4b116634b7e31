/* SPDX-License-Identifier: MIT */
#include "delta_options.h"
#include "command.h"
#include "language.h"
#include "library_text.h"
#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------------------------- memory */

/* So that none is lost where the program ends with a message. */
void *delta_take(delta_options *o, size_t count, size_t size)
{
    o->memory = resized(o->memory, o->blocks + 1, sizeof *o->memory);
    void *block = resized(NULL, count, size);
    o->memory[o->blocks++] = block;
    return block;
}

void delta_problem_free(delta_problem *p, delta_options *o)
{
    if (o->loaded.net == NULL) nn_mlp_free(p->net);
    nn_model_free(&o->loaded);
    dataset_free(o->samples);
    for (size_t k = 0; k < o->blocks; k++) free(o->memory[k]);
    free(o->memory);
}

/* --------------------------------------------------------------------------------------- lists */

static size_t elements_of(const char *list)
{
    size_t n = 1;
    for (; *list != '\0'; list++) n += *list == ',';
    return n;
}

/* The element that *list begins with; *list then begins with the next. */
static const char *next_element(delta_options *o, const char **list)
{
    const size_t n = strcspn(*list, ",");
    char *word = delta_take(o, n + 1, 1);
    memcpy(word, *list, n);
    word[n] = '\0';
    *list += n + ((*list)[n] == ',');
    return word;
}

static double *numbers_in(delta_options *o, const char *option, const char *list)
{
    const size_t count = elements_of(list);
    double *x = delta_take(o, count, sizeof *x);
    for (size_t k = 0; k < count; k++) {
        const char *word = next_element(o, &list);
        if (!read_number(word, &x[k]) || !isfinite(x[k]))
            die(CODE_USAGE, _("--%s: '%s' is no number; numbers have commas between them, as in 0.1,-2,3e-4"), option,
                word);
    }
    return x;
}

/* A list that must have `count` numbers; `what` says which. */
static double *so_many_numbers(delta_options *o, const char *option, const char *list, size_t count, const char *what)
{
    const size_t given = elements_of(list);
    if (given != count)
        die(CODE_USAGE,
            ngettext("--%s: %zu number is given, but %zu needed: %s", "--%s: %zu numbers are given, but %zu needed: %s",
                     given),
            option, given, count, what);
    return numbers_in(o, option, list);
}

static size_t *counts_in(delta_options *o, const char *option, const char *list, size_t least)
{
    enum { MOST = 100000 };
    const size_t count = elements_of(list);
    const double *x = numbers_in(o, option, list);
    size_t *n = delta_take(o, count, sizeof *n);
    for (size_t k = 0; k < count; k++) {
        if (!(x[k] >= (double)least && x[k] <= MOST && x[k] == floor(x[k])))
            die(CODE_USAGE, _("--%s: expected whole numbers from %zu to %d, as in 2,3,1"), option, least, MOST);
        n[k] = (size_t)x[k];
    }
    return n;
}

/* --------------------------------------------------------------------------------------- words */

/* All names that a number of an enumeration has, for messages. */
static char *all_names(const char *(*name)(int k))
{
    draft t;
    draft_begin(&t);
    for (int k = 0; name(k) != NULL; k++) fprintf(t.to, "%s%s", k == 0 ? "" : _(", "), name(k));
    return draft_done(&t);
}

static int number_called(const char *option, const char *word, const char *(*name)(int k))
{
    for (int k = 0; name(k) != NULL; k++)
        if (strcmp(name(k), word) == 0) return k;
    die(CODE_USAGE, _("--%s=%s: expected one of %s"), option, word, all_names(name));
}

static const char *activation_name(int k) { return nn_activation_name((nn_activation)k); }
static const char *cost_name(int k) { return nn_cost_name((nn_cost)k); }
static const char *convention_name(int k) { return nn_convention_name((nn_convention)k); }
static const char *init_name(int k) { return nn_init_name((nn_init)k); }

const char *delta_convention_word(const char *word)
{
    const bool is_numbered = (word[0] == 'S' || word[0] == 's') && word[1] >= '0' && word[1] < '0' + NN_CONVENTIONS;
    return is_numbered && word[2] == '\0' ? convention_name(word[1] - '0') : word;
}

static int convention_called(const char *word)
{
    return number_called("convention", delta_convention_word(word), convention_name);
}

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
static void set_activations(delta_options *o, nn_layer *layers, size_t depth)
{
    const char *list = o->activation != NULL ? o->activation : "sigmoid";
    const size_t given = elements_of(list);
    if (given != 1 && given != depth - 1)
        die(CODE_USAGE,
            ngettext("--activation=%s: expected one name, or one for each hidden layer, of which there is %zu",
                     "--activation=%s: expected one name, or one for each hidden layer, of which there are %zu",
                     depth - 1),
            list, depth - 1);
    nn_activation activation = NN_SIGMOID;
    for (size_t k = 0; k < given || k + 1 < depth; k++) {
        if (k < given) activation = (nn_activation)number_called("activation", next_element(o, &list), activation_name);
        if (k + 1 < depth) layers[k].activation = activation;
    }
}

static void set_alphas(delta_options *o, nn_layer *layers, size_t depth)
{
    if (o->alpha == NULL) return;
    const double *alpha = so_many_numbers(o, "alpha", o->alpha, 1, _("the slope of leaky_relu, the factor of elu"));
    bool is_used = false;
    if (*alpha == 0) die(CODE_USAGE, _("--alpha=0: leaky_relu or elu with 0 is relu"));
    for (size_t k = 0; k < depth; k++) {
        if (layers[k].activation != NN_LEAKY_RELU && layers[k].activation != NN_ELU) continue;
        layers[k].alpha = *alpha;
        is_used = true;
    }
    if (!is_used) die(CODE_USAGE, _("--alpha: no layer is leaky_relu or elu"));
}

/* One number: for all hidden layers that are as wide as the one so many layers before. */
static void set_skip(const size_t *sizes, nn_layer *layers, size_t depth, size_t skip)
{
    bool fits_one = false;
    for (size_t l = skip; skip > 0 && l < depth; l++) {
        if (sizes[l - skip] != sizes[l]) continue;
        layers[l - 1].skip = skip;
        fits_one = true;
    }
    if (skip > 0 && !fits_one)
        die(CODE_USAGE,
            ngettext("--skip=%zu: no hidden layer is as wide as the one %zu layer before it",
                     "--skip=%zu: no hidden layer is as wide as the one %zu layers before it", skip),
            skip, skip);
}

static void set_skips(delta_options *o, const size_t *sizes, nn_layer *layers, size_t depth)
{
    if (o->skip == NULL) return;
    const size_t given = elements_of(o->skip), *skip = counts_in(o, "skip", o->skip, 0);
    if (given != 1 && given != depth)
        die(CODE_USAGE,
            ngettext(
                "--skip=%s: expected one number, or one for each layer after the input, of which there is %zu; 0: none",
                "--skip=%s: expected one number, or one for each layer after the input, of which there are %zu; 0: "
                "none",
                depth),
            o->skip, depth);
    if (given == 1) set_skip(sizes, layers, depth, skip[0]);
    else
        for (size_t k = 0; k < depth; k++) layers[k].skip = skip[k];
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

/* How many there are, layer by layer, for a message; the memory is given to the options. */
static const char *per_layer(delta_options *o, const nn_mlp *net, bool biases)
{
    draft t;
    draft_begin(&t);
    for (size_t l = 1; l <= nn_mlp_shape(net)->depth; l++) {
        fputs(l == 1 ? "" : _(", then "), t.to);
        if (biases) fprintf(t.to, _("%u for layer %zu"), nn_biases(net, l).count, l);
        else fprintf(t.to, _("%zu x %zu for layer %zu"), nn_mlp_width(net, l), nn_mlp_width(net, l - 1), l);
    }
    char *text = draft_done(&t), *kept = delta_take(o, strlen(text) + 1, 1);
    strcpy(kept, text);
    free(text);
    return kept;
}

static void set_parameters(delta_options *o, const delta_problem *p)
{
    const size_t weights = nn_all_weights(p->net).count, biases = nn_parameters(p->net).count - weights;
    const nn_init init = o->init != NULL ? (nn_init)number_called("init", o->init, init_name) : NN_INIT_NORMAL;
    nn_mlp_init(p->net, init, o->seed, NULL);
    if (o->weights != NULL)
        set_weights(p, so_many_numbers(o, "weights", o->weights, weights, per_layer(o, p->net, false)));
    if (o->biases != NULL) set_biases(p, so_many_numbers(o, "biases", o->biases, biases, per_layer(o, p->net, true)));
}

/* -------------------------------------------------------------------------------------- the sample */

static double *inputs_of(delta_options *o, size_t n, size_t samples, nn_random *random)
{
    if (o->inputs != NULL) return so_many_numbers(o, "inputs", o->inputs, n, _("one for each input"));
    double *x = delta_take(o, n * samples, sizeof *x);
    for (size_t k = 0; k < n * samples; k++) x[k] = round(200 * nn_random_uniform(random) - 100) / 100;
    return x;
}

/* For cross-entropies, classes. */
static void draw_targets(double *y, size_t n, nn_cost cost, nn_random *random)
{
    const size_t class = (size_t)nn_random_below(random, n);
    for (size_t k = 0; k < n; k++) {
        if (cost == NN_SOFTMAX_CROSS_ENTROPY) y[k] = k == class;
        else if (cost == NN_BINARY_CROSS_ENTROPY) y[k] = (double)nn_random_below(random, 2);
        else y[k] = round(100 * nn_random_uniform(random)) / 100;
    }
}

static double *targets_of(delta_options *o, size_t n, size_t samples, nn_cost cost, nn_random *random)
{
    if (o->targets != NULL) return so_many_numbers(o, "targets", o->targets, n, _("one for each output"));
    double *y = delta_take(o, n * samples, sizeof *y);
    for (size_t s = 0; s < samples; s++) draw_targets(y + s * n, n, cost, random);
    return y;
}

/* ---------------------------------------------------------------------------------------- all of it */

static nn_mlp *net_of(delta_options *o, int convention, ad_tape *tape)
{
    const char *list = o->sizes != NULL ? o->sizes : "2,3,1";
    if (elements_of(list) < 2)
        die(CODE_USAGE, _("--sizes: a network has at least two: the inputs and the outputs, as in 2,1"));
    const size_t depth = elements_of(list) - 1, *sizes = counts_in(o, "sizes", list, 1);
    nn_layer *layers = delta_take(o, depth, sizeof *layers);
    for (size_t k = 0; k < depth; k++) layers[k] = (nn_layer){.width = sizes[k + 1], .no_bias = o->no_biases};
    layers[depth - 1].activation = output_for(o);
    set_activations(o, layers, depth);
    set_alphas(o, layers, depth);
    set_skips(o, sizes, layers, depth);
    const nn_shape shape = {sizes[0], depth, layers, cost_for(o, convention, layers[depth - 1].activation)};
    nn_error error;
    nn_mlp *net = nn_mlp_new(tape, &shape, &error);
    if (net == NULL) die(CODE_DATA, "%s", library_text(error.message));
    return net;
}

/* Two options that cannot both be meant. */
static void refuse_both(const char *one, const char *this, const char *other, const char *that)
{
    if (this != NULL && that != NULL) die(CODE_USAGE, _("--%s and --%s exclude each other"), one, other);
}

static void refuse_contradictions(const delta_options *o)
{
    refuse_both("model", o->model, "sizes", o->sizes);
    refuse_both("model", o->model, "activation", o->activation);
    refuse_both("model", o->model, "output", o->output);
    refuse_both("model", o->model, "cost", o->cost);
    refuse_both("model", o->model, "alpha", o->alpha);
    refuse_both("model", o->model, "skip", o->skip);
    refuse_both("model", o->model, "no-bias", o->no_biases ? "" : NULL);
    refuse_both("model", o->model, "weights", o->weights);
    refuse_both("model", o->model, "biases", o->biases);
    refuse_both("model", o->model, "init", o->init);
    refuse_both("data", o->data, "inputs", o->inputs);
    refuse_both("biases", o->biases, "no-bias", o->no_biases ? "" : NULL);
    if (o->row > 0 && o->data == NULL) die(CODE_USAGE, _("--row needs --data"));
    refuse_both("inputs", o->inputs, "batch", o->batch > 1 ? "" : NULL);
    refuse_both("targets", o->targets, "batch", o->batch > 1 ? "" : NULL);
}

delta_problem delta_problem_of(delta_options *o, ad_tape *tape)
{
    refuse_contradictions(o);
    const int convention = o->convention != NULL ? convention_called(o->convention) : -1;
    delta_problem p = {.net = o->model != NULL ? delta_model_of(o, tape) : net_of(o, convention, tape)};
    const nn_shape *shape = nn_mlp_shape(p.net);
    p.convention = convention >= 0 ? (nn_convention)convention : nn_convention_for(shape);
    nn_random random = nn_random_new(o->seed + 1);
    if (o->model == NULL) set_parameters(o, &p);
    p.samples = o->batch > 0 ? o->batch : 1;
    if (o->data != NULL) delta_sample_of(o, &p);
    else p.x = inputs_of(o, shape->inputs, p.samples, &random);
    if (p.y == NULL || o->targets != NULL) p.y = targets_of(o, nn_mlp_outputs(p.net), p.samples, shape->cost, &random);
    return p;
}

/* ------------------------------------------------------------------------------------ with its check */

void delta_subject_make(delta_subject *s, delta_options *o, int digits)
{
    nn_error error;
    s->tape = ad_tape_new();
    if (s->tape == NULL) die(CODE_DATA, _("out of memory"));
    s->problem = delta_problem_of(o, s->tape);
    const delta_problem *p = &s->problem;
    s->view = (delta_view){.net = p->net,
                           .convention = p->convention,
                           .x = p->x,
                           .y = p->y,
                           .from = p->from,
                           .digits = digits,
                           .entries = 12};
    if (nn_check_delta(p->net, p->convention, p->x, p->y, &s->view.report, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
}

void delta_subject_free(delta_subject *s, delta_options *o)
{
    nn_delta_report_free(&s->view.report);
    delta_problem_free(&s->problem, o);
    ad_tape_free(s->tape);
}
