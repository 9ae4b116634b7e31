/* SPDX-License-Identifier: MIT */
#include "info.h"
#include "outcome_json.h"

static void set(json_t *object, const char *key, json_t *value) { json_object_set_new(object, key, value); }

static json_t *json_of_spread(ad_span parameters)
{
    const spread s = spread_of(parameters);
    json_t *object = json_object();
    set(object, "count", json_of_count(s.count));
    if (s.count == 0) return object;
    set(object, "mean", json_of_number(s.mean));
    set(object, "deviation", json_of_number(s.deviation));
    set(object, "least", json_of_number(s.least));
    set(object, "most", json_of_number(s.most));
    return object;
}

static json_t *layers_of(const nn_mlp *net)
{
    json_t *layers = json_array();
    const nn_shape *shape = nn_mlp_shape(net);
    for (size_t l = 1; l <= shape->depth; l++) {
        const nn_layer *from = &shape->layers[l - 1];
        json_t *layer = json_object();
        set(layer, "width", json_of_count(from->width));
        set(layer, "activation", json_string(nn_activation_name(from->activation)));
        if (from->alpha != 0) set(layer, "alpha", json_of_number(from->alpha));
        set(layer, "skip", json_of_count(from->skip));
        set(layer, "weights", json_of_spread(nn_weights(net, l)));
        set(layer, "biases", json_of_spread(nn_biases(net, l)));
        json_array_append_new(layers, layer);
    }
    return layers;
}

static json_t *numbers_of(const double *x, size_t n)
{
    json_t *numbers = json_array();
    for (size_t k = 0; k < n; k++) json_array_append_new(numbers, json_of_number(x[k]));
    return numbers;
}

static json_t *labels_of(const nn_model *m)
{
    json_t *labels = json_array();
    for (size_t k = 0; k < m->label_count; k++) json_array_append_new(labels, json_string(m->labels[k]));
    return labels;
}

static json_t *notes_of(const notes *n)
{
    json_t *lines = json_array();
    for (size_t k = 0; k < n->count; k++) json_array_append_new(lines, json_string(n->lines[k]));
    return lines;
}

static json_t *training_of(const nn_trainer *t)
{
    double cost;
    const nn_options *o = nn_trainer_options(t);
    json_t *training = json_object();
    set(training, "method", json_string(nn_method_name(o->method)));
    set(training, "rate", json_of_number(o->rate));
    set(training, "momentum", json_of_number(o->momentum));
    set(training, "decay_rate", json_of_number(o->decay_rate));
    set(training, "epsilon", json_of_number(o->epsilon));
    set(training, "weight_decay", json_of_number(o->weight_decay));
    set(training, "l2", json_of_number(o->l2));
    set(training, "batch", json_of_count(o->batch));
    set(training, "epochs", json_of_count(o->epochs));
    set(training, "patience", json_of_count(o->patience));
    set(training, "seed", json_integer((json_int_t)o->seed));
    set(training, "steps", json_integer((json_int_t)nn_trainer_steps(t)));
    set(training, "best_epoch", json_of_count(nn_best_epoch(t, &cost)));
    set(training, "best_cost", json_of_number(cost));
    return training;
}

void info_print_json(const trained *t, const char *path)
{
    const nn_model *m = &t->model;
    const size_t inputs = nn_mlp_width(m->net, 0);
    json_t *root = json_object();
    set(root, "model", json_string(path));
    set(root, "inputs", json_of_count(inputs));
    set(root, "cost", json_string(nn_cost_name(nn_mlp_shape(m->net)->cost)));
    set(root, "parameters", json_of_count(nn_parameters(m->net).count));
    set(root, "layers", layers_of(m->net));
    set(root, "shift", m->shift != NULL ? numbers_of(m->shift, inputs) : json_null());
    set(root, "scale", m->scale != NULL ? numbers_of(m->scale, inputs) : json_null());
    set(root, "labels", labels_of(m));
    set(root, "training", m->trainer != NULL ? training_of(m->trainer) : json_null());
    set(root, "notes", notes_of(&t->notes));
    json_print(root);
}
