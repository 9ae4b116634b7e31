/* SPDX-License-Identifier: MIT */
/* The wishes of each sample, by a sweep of the tape and by the closed form. */
#include "lesson_wishes.h"
#include "language.h"
#include "library_text.h"

#include <stdlib.h>
#include <string.h>

size_t unit_at(const wishes *w, size_t l, size_t j)
{
    size_t first = 0;
    for (size_t below = 0; below < l; below++) first += width_at(w->view, below);
    return first + j;
}

static size_t parameter_at(const wishes *w, ad_span span, size_t k)
{
    return span.first - nn_parameters(w->view->net).first + k;
}

size_t entry_of_weight(const wishes *w, size_t l, size_t j, size_t k)
{
    return parameter_at(w, nn_weights(w->view->net, l), j * width_at(w->view, l - 1) + k);
}

size_t entry_of_bias(const wishes *w, size_t l, size_t j) { return parameter_at(w, nn_biases(w->view->net, l), j); }
size_t entry_of_a(const wishes *w, size_t l, size_t j) { return w->parameters + unit_at(w, l, j); }

double wish_of(const wishes *w, size_t sample, size_t entry)
{
    const pass *p = &w->tape[sample];
    return entry < w->parameters ? -p->gradient[entry] : -p->da[entry - w->parameters];
}

char *parameter_name(const wishes *w, size_t entry)
{
    for (size_t l = 1; l <= w->depth; l++) {
        const size_t in = width_at(w->view, l - 1), n = width_at(w->view, l), weight = entry_of_weight(w, l, 0, 0);
        if (entry >= weight && entry < weight + n * in)
            return weight_name(w->view, l, (entry - weight) / in, (entry - weight) % in);
        if (!has_biases(w->view, l)) continue;
        const size_t bias = entry_of_bias(w, l, 0);
        if (entry >= bias && entry < bias + n) return bias_name(w->view, l, entry - bias);
    }
    return NULL;
}

/* -------------------------------------------------------------------------------------- memory */

static void pass_make(pass *p, const wishes *w)
{
    double *memory = resized(NULL, w->parameters + 4 * w->units, sizeof *memory);
    for (size_t k = 0; k < w->parameters + 4 * w->units; k++) memory[k] = 0;
    p->cost = 0;
    p->gradient = memory;
    p->z = memory + w->parameters;
    p->a = p->z + w->units;
    p->dz = p->a + w->units;
    p->da = p->dz + w->units;
}

static void pass_free(pass *p) { free(p->gradient); }

static pass *passes_new(const wishes *w)
{
    pass *all = resized(NULL, w->batch.samples, sizeof *all);
    for (size_t i = 0; i < w->batch.samples; i++) pass_make(&all[i], w);
    return all;
}

void wishes_free(wishes *w)
{
    for (size_t i = 0; i < w->batch.samples; i++) {
        pass_free(&w->tape[i]);
        pass_free(&w->form[i]);
    }
    free(w->tape);
    free(w->form);
    free(w->mean);
}

/* -------------------------------------------------------------------------------------- the tape */

static void copy(double *to, const double *from, size_t n)
{
    for (size_t k = 0; k < n; k++) to[k] = from[k];
}

static ad_var record(nn_mlp *net, const double *x, const double *y)
{
    nn_error error;
    ad_tape *tape = nn_mlp_tape(net);
    const ad_span inputs = ad_leaves(tape, x, nn_mlp_width(net, 0));
    const ad_span targets = ad_constants(tape, y, nn_mlp_outputs(net));
    if (inputs.tape == NULL || targets.tape == NULL) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    if (nn_forward(net, inputs, &error) != NN_OK || nn_record_costs(net, targets, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    return ad_at(nn_costs(net), 0);
}

static void sweep(const wishes *w, pass *p, const double *x, const double *y)
{
    nn_mlp *net = w->view->net;
    ad_tape *tape = nn_mlp_tape(net);
    const ad_mark before = ad_tape_mark(tape);
    const ad_var cost = record(net, x, y);
    if (ad_backward(cost) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    p->cost = ad_value(cost);
    copy(p->gradient, ad_grads(nn_parameters(net)), w->parameters);
    for (size_t l = 0; l <= w->depth; l++) {
        const size_t n = width_at(w->view, l), first = unit_at(w, l, 0);
        copy(p->a + first, ad_values(nn_activations(net, l)), n);
        copy(p->da + first, ad_grads(nn_activations(net, l)), n);
        if (l == 0) continue;
        copy(p->z + first, ad_values(nn_weighted_inputs(net, l)), n);
        copy(p->dz + first, ad_grads(nn_weighted_inputs(net, l)), n);
    }
    ad_tape_rewind(tape, before);
}

/* -------------------------------------------------------------------------------- the closed form */

static nn_squared_layer layer_for(const wishes *w, const pass *p, size_t l)
{
    nn_mlp *net = w->view->net;
    const size_t first = unit_at(w, l, 0), n = width_at(w->view, l);
    nn_squared_layer layer = {.width = n, .a = p->a + first, .da = p->da + first};
    if (l == 0) return layer;
    const nn_layer *shape = layer_of(w->view, l);
    layer.activation = shape->activation;
    layer.alpha = shape->alpha;
    layer.skip = shape->skip;
    layer.z = p->z + first;
    layer.dz = p->dz + first;
    layer.W = ad_values(nn_weights(net, l));
    layer.dW = p->gradient + entry_of_weight(w, l, 0, 0);
    if (shape->no_bias) return layer;
    layer.b = ad_values(nn_biases(net, l));
    layer.db = p->gradient + entry_of_bias(w, l, 0);
    return layer;
}

static void close_form(const wishes *w, pass *p, const double *x, const double *y, size_t samples)
{
    nn_error error;
    nn_squared_net net = {.layers = w->depth, .layer = resized(NULL, w->depth + 1, sizeof *net.layer)};
    for (size_t l = 0; l <= w->depth; l++) net.layer[l] = layer_for(w, p, l);
    if (nn_delta_squared(&net, x, y, samples, &error) != NN_OK) die(CODE_DATA, "%s", library_text(error.message));
    p->cost = net.J;
    free(net.layer);
}

double closed_gradient(const wishes *w, double *gradient)
{
    pass p;
    pass_make(&p, w);
    close_form(w, &p, w->batch.x, w->batch.y, w->batch.samples);
    copy(gradient, p.gradient, w->parameters);
    const double cost = p.cost;
    pass_free(&p);
    return cost;
}

/* -------------------------------------------------------------------------------------- all of it */

static const double *inputs_of(const wishes *w, size_t i) { return w->batch.x + i * width_at(w->view, 0); }
static const double *targets_of(const wishes *w, size_t i) { return w->batch.y + i * nn_mlp_outputs(w->view->net); }

/* The library counts the samples that it was given, which was one: sample i + 1 of the batch. */
static _Noreturn void refuse_sample(size_t i, const char *message)
{
    static const char alone[] = "of sample 1";
    const char *at = strstr(message, alone);
    if (at == NULL) die(CODE_DATA, _("sample %zu: %s"), i + 1, library_text(message));
    char *renumbered = formatted("%.*sof sample %zu%s", (int)(at - message), message, i + 1, at + strlen(alone));
    die(CODE_DATA, "%s", library_text(renumbered));
}

/* What rounding leaves to compare, in the sample where that is least. */
static double allowed_for(const wishes *w)
{
    double most = NN_DELTA_TOLERANCE;
    for (size_t i = 0; i < w->batch.samples; i++) {
        nn_delta_report report;
        nn_error error;
        if (nn_check_delta(w->view->net, NN_SQUARED, inputs_of(w, i), targets_of(w, i), &report, &error) != NN_OK)
            refuse_sample(i, error.message);
        if (allowed_by(&report) > most) most = allowed_by(&report);
        nn_delta_report_free(&report);
    }
    return most;
}

static void refuse_too_many(const wishes *w)
{
    enum { MOST = 10000000 };
    if (w->batch.samples > MOST / (w->parameters + w->units))
        die(CODE_USAGE,
            _("%zu samples have more than %d wishes in a network of this size; --batch says how many samples"),
            w->batch.samples, MOST);
}

void wishes_make(wishes *w, const delta_subject *n)
{
    const delta_view *v = &n->view;
    *w = (wishes){.view = v,
                  .batch = {n->problem.x, n->problem.y, n->problem.samples},
                  .depth = depth_of(v),
                  .parameters = nn_parameters(v->net).count};
    w->units = unit_at(w, w->depth + 1, 0);
    refuse_too_many(w);
    w->allowed = allowed_for(w);
    w->tape = passes_new(w);
    w->form = passes_new(w);
    for (size_t i = 0; i < w->batch.samples; i++) {
        sweep(w, &w->tape[i], inputs_of(w, i), targets_of(w, i));
        close_form(w, &w->form[i], inputs_of(w, i), targets_of(w, i), 1);
    }
    w->mean = resized(NULL, w->parameters + w->units, sizeof *w->mean);
    for (size_t e = 0; e < w->parameters + w->units; e++) {
        double sum = 0;
        for (size_t i = 0; i < w->batch.samples; i++) sum += wish_of(w, i, e);
        w->mean[e] = sum / (double)w->batch.samples;
    }
}

/* ------------------------------------------------------------------------------------- comparing */

static void compare_layer(comparison *c, const wishes *w, const pass *tape, const pass *form, size_t l)
{
    const size_t n = width_at(w->view, l), weight = entry_of_weight(w, l, 0, 0), a = unit_at(w, l, 0);
    compare(c, tape->gradient + weight, form->gradient + weight, n * width_at(w->view, l - 1), w->allowed);
    if (l < w->depth) compare(c, tape->da + a, form->da + a, n, w->allowed);
    if (!has_biases(w->view, l)) return;
    const size_t bias = entry_of_bias(w, l, 0);
    compare(c, tape->gradient + bias, form->gradient + bias, n, w->allowed);
}

void compare_wishes(comparison *c, const wishes *w)
{
    for (size_t i = 0; i < w->batch.samples; i++)
        for (size_t l = 1; l <= w->depth; l++) compare_layer(c, w, &w->tape[i], &w->form[i], l);
}
