/* SPDX-License-Identifier: MIT */
/* What lessons on a network share. */
#include "language.h"
#include "lesson.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>

/* Of a layer; most networks that are redone by hand have fewer. */
enum { MOST_PARAMETERS = 24 };

/* -------------------------------------------------------------------------------------- defaults */

static void put(const char **given, const char *own)
{
    if (*given == NULL) *given = own;
}

void lesson_default_network(delta_options *o, const delta_options *own)
{
    const bool is_drawn = o->sizes != NULL || o->init != NULL || o->has_seed;
    put(&o->convention, own->convention);
    if (o->model != NULL) return;
    o->no_biases = o->no_biases || (own->no_biases && o->biases == NULL);
    if (!is_drawn) put(&o->weights, own->weights);
    if (!is_drawn && !o->no_biases) put(&o->biases, own->biases);
    if (!is_drawn && o->data == NULL) put(&o->inputs, own->inputs);
    if (!is_drawn && o->data == NULL) put(&o->targets, own->targets);
    if (o->sizes == NULL) put(&o->skip, own->skip);
    put(&o->sizes, own->sizes);
    put(&o->activation, own->activation);
    put(&o->init, own->init);
    if (o->cost != NULL || o->output != NULL) return;
    o->cost = own->cost;
    o->output = own->output;
}

/* ----------------------------------------------------------------------------------- the network */

/* The settings have it before it is made, so that nothing is lost where the program ends with a message. */
delta_subject *lesson_network_of(lesson_settings *s)
{
    if (s->network_made != NULL) return s->network_made;
    s->network_made = resized(NULL, 1, sizeof *s->network_made);
    if (s->batch > 0) s->network.batch = s->batch;
    delta_subject_make(s->network_made, &s->network, s->digits);
    return s->network_made;
}

void lesson_network_free(lesson_settings *s)
{
    if (s->network_made != NULL) delta_subject_free(s->network_made, &s->network);
    free(s->network_made);
}

/* ------------------------------------------------------------------------------------ its numbers */

/* The weights of a layer in the rows and columns that the convention's matrix has. */
static double *weights_as_noted(const delta_view *v, size_t l)
{
    const nn_tensor_check *dw = &v->report.layer[l].tensor[NN_TENSOR_DW];
    const size_t size = dw->rows * dw->columns;
    double *w = resized(NULL, size, sizeof *w);
    for (size_t e = 0, row, column; e < size; e++) {
        entry_at(v, NN_TENSOR_DW, dw, e, &row, &column);
        w[e] = weight_of(v, l, row, column);
    }
    return w;
}

static double *biases_as_noted(const delta_view *v, size_t l)
{
    double *b = resized(NULL, width_at(v, l), sizeof *b);
    for (size_t j = 0; j < width_at(v, l); j++) b[j] = as_noted(v, NN_TENSOR_DB, bias_of(v, l, j));
    return b;
}

/* "W_1 =" */
static char *matrix_name(nn_convention convention, size_t l, bool is_bias)
{
    switch (convention) {
    case NN_LOGISTIC: return formatted(is_bias ? "θ^(%zu)_i0 =" : "Θ^(%zu) =", l);
    case NN_SQUARED: return formatted(is_bias ? "b^[%zu] =" : "W^[%zu] =", l);
    case NN_ROW_MINUS_BIAS: return formatted(is_bias ? "b_%zu =" : "W_%zu =", l);
    default: return formatted(is_bias ? "b^%zu =" : "w^%zu =", l);
    }
}

static void say_layer(script *to, const delta_view *v, size_t l)
{
    const bool rows = v->convention == NN_ROW_MINUS_BIAS;
    const size_t out = width_at(v, l), in = width_at(v, l - 1);
    char *key = formatted("w%zu", l), *name = matrix_name(v->convention, l, false);
    double *w = weights_as_noted(v, l);
    script_matrices(to, key, (term[]){{.math = name}, {NULL, rows ? in : out, rows ? out : in, w}}, 2);
    free(w);
    free(name);
    free(key);
    if (!has_biases(v, l)) return;
    key = formatted("b%zu", l);
    name = matrix_name(v->convention, l, true);
    double *b = biases_as_noted(v, l);
    script_matrices(to, key, (term[]){{.math = name}, {NULL, rows ? 1 : out, rows ? out : 1, b}}, 2);
    free(b);
    free(name);
    free(key);
}

/* ------------------------------------------------------------------------------ neuron by neuron */

static void add_parameter(script *to, char *name, double value)
{
    script_row(to, (cell[]){cell_math(name), cell_input(value)});
}

/* The weights of a layer, or the first of them. */
static void say_weights(script *to, const delta_view *v, size_t l)
{
    const size_t in = width_at(v, l - 1), size = width_at(v, l) * in, shown = rows_shown(size, MOST_PARAMETERS);
    for (size_t e = 0; e < shown; e++)
        add_parameter(to, weight_name(v, l, e / in, e % in), weight_of(v, l, e / in, e % in));
    script_more(to, size - shown);
}

static void say_biases(script *to, const delta_view *v, size_t l)
{
    const size_t shown = rows_shown(width_at(v, l), MOST_PARAMETERS);
    for (size_t j = 0; j < shown; j++) add_parameter(to, bias_name(v, l, j), bias_of(v, l, j));
    script_more(to, width_at(v, l) - shown);
}

static void say_parameters(script *to, const delta_view *v)
{
    static const char *const heads[] = {N_("parameter"), N_("value")};
    script_table(to, "parameters", 2, (const char *[]){_(heads[0]), _(heads[1])});
    for (size_t l = 1; l <= depth_of(v); l++) {
        say_weights(to, v, l);
        if (has_biases(v, l)) say_biases(to, v, l);
    }
}

static void put_values(script *to, const char *letter, const double *x, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        char *key = formatted("%s_%zu", letter, k + 1);
        script_value(to, key, x[k]);
        free(key);
    }
}

void lesson_say_network(script *to, const delta_subject *n)
{
    const delta_view *v = &n->view;
    char *network = network_text(v), *sample = sample_text(v);
    if (n->problem.samples > 1) script_say(to, _("The network: %s. The first sample: %s."), network, sample);
    else script_say(to, _("The network: %s. The sample: %s."), network, sample);
    free(sample);
    free(network);
    put_values(to, "x", v->x, width_at(v, 0));
    put_values(to, "y", v->y, nn_mlp_outputs(v->net));
    if (v->convention == NN_PER_NEURON) say_parameters(to, v);
    else
        for (size_t l = 1; l <= depth_of(v); l++) say_layer(to, v, l);
}

double *lesson_transposed_weights(const delta_view *v, size_t l)
{
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    double *w = resized(NULL, n * in, sizeof *w);
    for (size_t k = 0; k < in; k++)
        for (size_t j = 0; j < n; j++) w[k * n + j] = weight_of(v, l, j, k);
    return w;
}

/* ----------------------------------------------------------------------------------------- checks */

void lesson_check_network(script *to, const delta_subject *n)
{
    const nn_delta_report *r = &n->view.report;
    const nn_tensor_check *worst = &r->layer[r->worst_layer].tensor[r->worst];
    if (r->cost.difference / r->cost.allowed > worst->difference / worst->allowed) worst = &r->cost;
    script_checked(to, _("z, a, δ, the gradients and the cost on the tape beside the closed form"), r->numbers,
                   worst->difference, worst->allowed);
}

double relative_difference(double a, double b)
{
    if (a == b) return 0;
    return fabs(a - b) / fmax(fabs(a), fabs(b));
}
