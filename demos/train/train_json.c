/* SPDX-License-Identifier: MIT */
/* `chainrule train --json`. */
#include "outcome_json.h"
#include "train.h"

static void set(json_t *object, const char *key, json_t *value) { json_object_set_new(object, key, value); }

static json_t *layers_of(const nn_shape *shape)
{
    json_t *layers = json_array();
    for (size_t k = 0; k < shape->depth; k++)
        json_array_append_new(layers, json_pack("{s:I, s:s, s:b}", "width", (json_int_t)shape->layers[k].width,
                                                "activation", nn_activation_name(shape->layers[k].activation), "bias",
                                                !shape->layers[k].no_bias));
    return layers;
}

static json_t *epochs_of(const history *h)
{
    json_t *epochs = json_array();
    for (size_t k = 0; k < h->count; k++) {
        const history_epoch *e = &h->epochs[k];
        json_t *epoch = json_object();
        set(epoch, "epoch", json_of_count(e->epoch));
        set(epoch, "rate", json_of_number(e->rate));
        set(epoch, "cost", json_of_number(e->cost));
        set(epoch, "right", json_of_number(e->right));
        set(epoch, "validation_cost", json_of_number(e->validation_cost));
        set(epoch, "validation_right", json_of_number(e->validation_right));
        set(epoch, "gradient_norm", json_of_number(e->norm));
        json_array_append_new(epochs, epoch);
    }
    return epochs;
}

static json_t *samples_of(const material *m)
{
    json_t *samples = json_object();
    set(samples, "training", json_of_count(m->parts.training.count));
    set(samples, "validation", json_of_count(m->parts.validation.count));
    set(samples, "test", json_of_count(material_tests(m)));
    return samples;
}

void train_print_json(const training *r, const outcome *o)
{
    static const char *const ends[] = {"all epochs", "no progress", "goal", "stopped"};
    double cost;
    const nn_shape *shape = nn_mlp_shape(r->t.model.net);
    const nn_options *options = nn_trainer_options(r->t.model.trainer);
    json_t *root = json_object();
    set(root, "data", json_string(r->m.name));
    set(root, "samples", samples_of(&r->m));
    set(root, "inputs", json_of_count(shape->inputs));
    set(root, "layers", layers_of(shape));
    set(root, "cost", json_string(nn_cost_name(shape->cost)));
    set(root, "parameters", json_of_count(nn_parameters(r->t.model.net).count));
    set(root, "method", json_string(nn_method_name(options->method)));
    set(root, "rate", json_of_number(options->rate));
    set(root, "batch", json_of_count(options->batch));
    set(root, "l2", json_of_number(options->l2));
    set(root, "seed", json_integer((json_int_t)options->seed));
    set(root, "epochs", epochs_of(&r->history));
    set(root, "end", json_string(ends[r->end]));
    set(root, "seconds", json_of_number(r->seconds));
    set(root, "best_epoch", json_of_count(nn_best_epoch(r->t.model.trainer, &cost)));
    set(root, "best_cost", json_of_number(cost));
    if (o != NULL) {
        set(root, "judged_on", json_string(material_judged(&r->m).what));
        set(root, "result", json_of_outcome(o));
    }
    set(root, "model", json_string(r->path));
    json_print(root);
}
