/* SPDX-License-Identifier: MIT */
/* A network for the page: its neurons, the formulas of its convention, and each of its numbers as an equation. */
#include "delta_view.h"
#include "json_values.h"
#include "language.h"
#include "page_parts.h"

#include <stdlib.h>
#include <string.h>

/* Of the weights into one neuron so many have an equation; the others are alike. */
enum { MOST_WEIGHTS = 4 };

/* -------------------------------------------------------------------------------------- formulas */

/* A line of formulas, with wide spaces between them; what has no equals sign is a remark or a number. */
static json_t *line_json(const char *line)
{
    json_t *pieces = json_array();
    while (*line != '\0') {
        const char *gap = strstr(line, "  ");
        const size_t length = gap != NULL ? (size_t)(gap - line) : strlen(line);
        char *piece = formatted("%.*s", (int)length, line);
        json_t *object = json_object();
        if (strchr(piece, '=') != NULL) set(object, "math", math_of(piece));
        else set(object, "text", json_string(piece));
        append(pieces, object);
        free(piece);
        line += length + strspn(line + length, " ");
    }
    return pieces;
}

static json_t *formulas_json(const delta_view *v, bool backward)
{
    json_t *lines = json_array();
    const char *const *line = convention_formulas(v->convention, nn_mlp_shape(v->net)->cost, backward);
    for (; *line != NULL; line++) append(lines, line_json(_(*line)));
    return lines;
}

/* Which of the convention's formulas of the way back say what an equation is: as many as each has bits. */
static json_t *roles_json(const delta_view *v)
{
    static const char *const names[] = {"output", "hidden", "bias", "weight", "received"};
    static const unsigned roles[NN_CONVENTIONS][5] = {[NN_LOGISTIC] = {1, 2, 4, 4},
                                                      [NN_SQUARED] = {2, 2, 4, 4, 1},
                                                      [NN_HALF_MEAN] = {1 | 2, 4, 8, 16},
                                                      [NN_ROW_MINUS_BIAS] = {1, 2, 1 | 2, 4},
                                                      [NN_PER_NEURON] = {1, 2, 4, 4}};
    json_t *object = json_object();
    for (size_t k = 0; k < 5; k++) {
        json_t *lines = json_array();
        for (size_t line = 0; line < 5; line++)
            if (roles[v->convention][k] >> line & 1) append(lines, whole_number(line));
        set(object, names[k], lines);
    }
    return object;
}

/* ------------------------------------------------------------------------------------- equations */

static json_t *equation_json(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    json_t *object = json_object();
    set(object, "symbol", math_of_owned(entry_name(v, tensor, l, row, column)));
    set(object, "numbers", math_of_owned(entry_in_numbers(v, tensor, l, row, column)));
    set(object, "result", exact_number(as_noted(v, tensor, c->tape[row * c->columns + column])));
    return object;
}

/* Of what becomes known with a node. */
static void put_equation(json_t *all, uint32_t index, const char *role, json_t *equation)
{
    char *key = formatted("%u", index);
    set(equation, "role", json_string(role));
    if (json_object_get(all, key) == NULL) set(all, key, json_array());
    append(json_object_get(all, key), equation);
    free(key);
}

/* What becomes known of a layer going forward: z and a. */
static void put_forward(json_t *all, const explanation *x, size_t l)
{
    const delta_view *v = x->network;
    for (size_t j = 0; j < width_at(v, l); j++) {
        put_equation(all, x->layers[l].z + (uint32_t)j, "z", equation_json(v, NN_TENSOR_Z, l, j, 0));
        if (x->layers[l].a != x->layers[l].z)
            put_equation(all, x->layers[l].a + (uint32_t)j, "a", equation_json(v, NN_TENSOR_A, l, j, 0));
    }
}

/* And going back: where the convention speaks of it da, delta, and the gradients of biases and weights. */
static void put_backward(json_t *all, const explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const layer_nodes *at = &x->layers[l];
    const size_t in = width_at(v, l - 1);
    const char *role = l == depth_of(v) ? "output" : "hidden";
    for (size_t j = 0; j < width_at(v, l); j++) {
        if (is_noted(v, NN_TENSOR_DA, l))
            put_equation(all, at->a + (uint32_t)j, "received", equation_json(v, NN_TENSOR_DA, l, j, 0));
        put_equation(all, at->z + (uint32_t)j, role, equation_json(v, NN_TENSOR_DELTA, l, j, 0));
        if (at->has_biases)
            put_equation(all, at->biases + (uint32_t)j, "bias", equation_json(v, NN_TENSOR_DB, l, j, 0));
        for (size_t k = 0; k < in && k < MOST_WEIGHTS; k++)
            put_equation(all, at->weights + (uint32_t)(j * in + k), "weight", equation_json(v, NN_TENSOR_DW, l, j, k));
    }
}

static json_t *cost_json(const delta_view *v)
{
    json_t *object = json_object();
    set(object, "symbol", math_of(cost_letter(v->convention)));
    set(object, "numbers", math_of_owned(cost_in_numbers(v)));
    set(object, "result", exact_number(v->report.cost.tape[0]));
    return object;
}

static json_t *equations_json(const explanation *x, bool backward)
{
    json_t *all = json_object();
    for (size_t l = 1; l <= depth_of(x->network); l++) (backward ? put_backward : put_forward)(all, x, l);
    if (!backward) put_equation(all, x->output.index, "cost", cost_json(x->network));
    return all;
}

/* ---------------------------------------------------------------------------------------- layers */

static json_t *delta_names(const delta_view *v, size_t l)
{
    json_t *names = json_array();
    for (size_t j = 0; j < width_at(v, l); j++) append(names, math_of_owned(entry_name(v, NN_TENSOR_DELTA, l, j, 0)));
    return names;
}

static json_t *layer_json(const explanation *x, size_t l)
{
    const delta_view *v = x->network;
    const layer_nodes *at = &x->layers[l];
    json_t *object = json_object();
    set(object, "width", whole_number(width_at(v, l)));
    set(object, "a", whole_number(at->a));
    if (l == 0) return object;
    set(object, "skip", whole_number(layer_of(v, l)->skip));
    set(object, "z", whole_number(at->z));
    set(object, "sums", whole_number(at->sums));
    set(object, "weights", whole_number(at->weights));
    set(object, "biases", at->has_biases ? whole_number(at->biases) : json_null());
    set(object, "deltas", delta_names(v, l));
    return object;
}

/* "2-3-1; sigmoid, sigmoid; half_sum_of_squares": in the words of the options. */
static json_t *summary_of(const delta_view *v)
{
    draft t;
    draft_begin(&t);
    for (size_t l = 0; l <= depth_of(v); l++) fprintf(t.to, "%s%zu", l > 0 ? "-" : "", width_at(v, l));
    for (size_t l = 1; l <= depth_of(v); l++)
        fprintf(t.to, "%s%s", l > 1 ? ", " : "; ", nn_activation_name(layer_of(v, l)->activation));
    fprintf(t.to, "; %s", nn_cost_name(nn_mlp_shape(v->net)->cost));
    char *text = draft_done(&t);
    json_t *summary = json_string(text);
    free(text);
    return summary;
}

/* -------------------------------------------------------------------------------------- the step */

static void put_after(json_t *after, const delta_view *v, nn_tensor gradient, size_t l, uint32_t first, size_t count)
{
    for (size_t e = 0; e < count; e++) {
        char *key = formatted("%u", first + (uint32_t)e);
        set(after, key, exact_number(stepped(v, gradient, false, l, e)));
        free(key);
    }
}

/* Node by node what a parameter becomes, in the signs of the tape. */
static json_t *parameters_after(const explanation *x)
{
    const delta_view *v = x->network;
    json_t *after = json_object();
    for (size_t l = 1; l <= depth_of(v); l++) {
        const layer_nodes *at = &x->layers[l];
        put_after(after, v, NN_TENSOR_DW, l, at->weights, width_at(v, l) * width_at(v, l - 1));
        if (at->has_biases && !v->hold_biases) put_after(after, v, NN_TENSOR_DB, l, at->biases, width_at(v, l));
    }
    return after;
}

static json_t *step_json(const explanation *x)
{
    const delta_view *v = x->network;
    if (!(v->rate > 0) || v->forward_only) return json_null();
    char *title = title_of_step(v), *sentence = sentence_of_step(v, cost_after_step(v, NULL));
    json_t *object = json_object();
    set(object, "title", json_string(title));
    set(object, "text", pieces_of(sentence));
    set(object, "after", parameters_after(x));
    free(sentence);
    free(title);
    return object;
}

/* ------------------------------------------------------------------------------------- all of it */

json_t *network_json(const explanation *x)
{
    const delta_view *v = x->network;
    if (v == NULL) return json_null();
    json_t *object = json_object(), *layers = json_array(), *targets = json_array();
    for (size_t l = 0; l <= depth_of(v); l++) append(layers, layer_json(x, l));
    for (size_t j = 0; j < nn_mlp_outputs(v->net); j++) append(targets, exact_number(v->y[j]));
    set(object, "summary", summary_of(v));
    set(object, "layers", layers);
    set(object, "targets", targets);
    set(object, "target", json_string(target_letter(v->convention)));
    set(object, "delta_sign", json_integer(as_noted(v, NN_TENSOR_DELTA, 1) < 0 ? -1 : 1));
    set(object, "forward_formulas", formulas_json(v, false));
    set(object, "backward_formulas", formulas_json(v, true));
    set(object, "roles", roles_json(v));
    set(object, "forward", equations_json(x, false));
    set(object, "backward", equations_json(x, true));
    set(object, "step", step_json(x));
    return object;
}
