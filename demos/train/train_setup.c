/* SPDX-License-Identifier: MIT */
/* What a training starts from: data, a network that fits them, an optimiser; or all that as it was when one stopped. */
#include "command.h"
#include "print.h"
#include "train.h"

#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------- data */

static void open_data(training *r)
{
    const train_settings *s = r->s;
    dataset_error error;
    const bool own_test = s->training.test < 0;
    const char *name = s->data != NULL ? s->data : "digits";
    if (!material_open(&r->m, name, &s->how, &error)) die(CODE_DATA, "%s", error.message);
    if (r->m.data->classes == 1)
        die(CODE_DATA, "%s: all samples are of the class '%s': there is nothing to tell apart", name,
            r->m.data->labels[0]);
    if (!material_split(&r->m, s->training.validation, s->training.test, own_test, s->training.seed, &error))
        die(CODE_DATA, "%s: %s", name, error.message);
}

static void choose_scaling(training *r)
{
    const dataset *d = r->m.data;
    const int chosen = r->s->training.scaling;
    const dataset_scaling usual = d->image_width > 0 ? DATASET_FROM_0_TO_1 : DATASET_STANDARDISED;
    const dataset_scaling scaling = chosen < 0 ? usual : (dataset_scaling)chosen;
    if (scaling == DATASET_AS_IS) return;
    r->t.model.shift = resized(NULL, d->inputs, sizeof(double));
    r->t.model.scale = resized(NULL, d->inputs, sizeof(double));
    dataset_scaling_of(d, r->m.parts.training, scaling, r->t.model.shift, r->t.model.scale);
    notes_add(&r->t.notes, "scaling", "%s", dataset_scaling_name(scaling));
}

static void copy_labels(training *r)
{
    const dataset *d = r->m.data;
    r->t.model.label_count = d->classes;
    if (d->classes == 0) return;
    r->t.model.labels = resized(NULL, d->classes, sizeof *r->t.model.labels);
    for (size_t k = 0; k < d->classes; k++) r->t.model.labels[k] = copied(d->labels[k]);
}

/* -------------------------------------------------------------------------------------- network */

/* The output's activation: as asked for, as the cost needs it, or as the data suggest. */
static nn_activation choose_output(const network_options *o, const dataset *d)
{
    if (o->output >= 0) return (nn_activation)o->output;
    if (d->classes == 0) return NN_IDENTITY;
    if (o->cost == NN_SOFTMAX_CROSS_ENTROPY || (o->cost < 0 && d->classes > 2)) return NN_SOFTMAX;
    return NN_SIGMOID;
}

static nn_cost choose_cost(const network_options *o, const dataset *d, nn_activation output)
{
    if (o->cost >= 0) return (nn_cost)o->cost;
    if (output == NN_SOFTMAX) return NN_SOFTMAX_CROSS_ENTROPY;
    return output == NN_SIGMOID && d->classes > 0 ? NN_BINARY_CROSS_ENTROPY : NN_MEAN_OF_SQUARES;
}

static nn_init choose_init(const network_options *o)
{
    bool has_kink = false;
    for (size_t k = 0; k < o->activation_count; k++)
        has_kink = has_kink || (o->activations[k] >= NN_RELU && o->activations[k] <= NN_SOFTPLUS);
    return o->init >= 0 ? (nn_init)o->init : has_kink ? NN_INIT_HE : NN_INIT_FAN_IN;
}

static size_t width_before(const nn_layer *layers, size_t inputs, size_t l, size_t back)
{
    return back > l ? 0 : back == l ? inputs : layers[l - back - 1].width;
}

static void add_skips(nn_layer *layers, size_t hidden, size_t inputs, size_t skip)
{
    size_t count = 0;
    for (size_t l = 1; l <= hidden && skip > 0; l++)
        if (width_before(layers, inputs, l, skip) == layers[l - 1].width) layers[l - 1].skip = skip, count++;
    if (skip > 0 && count == 0)
        die(CODE_USAGE, "--skip=%zu: no hidden layer is as wide as the layer %zu before it", skip, skip);
}

static size_t choose_layers(const network_options *o, const dataset *d, nn_layer layers[MOST_HIDDEN + 1])
{
    enum { USUAL_WIDTH = 30 };
    const size_t hidden = o->has_hidden ? o->hidden_count : 1;
    const nn_activation output = choose_output(o, d);
    if (o->activation_count > 1 && o->activation_count != hidden)
        die(CODE_USAGE, "--activation: %zu names for %zu hidden layers", o->activation_count, hidden);
    for (size_t k = 0; k < hidden; k++) {
        const nn_activation activation = o->activation_count == 0   ? NN_TANH
                                         : o->activation_count == 1 ? o->activations[0]
                                                                    : o->activations[k];
        layers[k] = (nn_layer){.width = o->has_hidden ? o->hidden[k] : USUAL_WIDTH, .activation = activation};
    }
    const size_t outputs = d->classes == 0 ? d->outputs : d->classes == 2 && output != NN_SOFTMAX ? 1 : d->classes;
    layers[hidden] = (nn_layer){.width = outputs, .activation = output};
    for (size_t k = 0; k <= hidden; k++) layers[k].no_bias = o->no_bias;
    add_skips(layers, hidden, d->inputs, o->skip);
    return hidden + 1;
}

static void make_network(training *r)
{
    const network_options *o = &r->s->network;
    const dataset *d = r->m.data;
    nn_layer layers[MOST_HIDDEN + 1];
    nn_error error;
    const size_t depth = choose_layers(o, d, layers);
    const nn_cost cost = choose_cost(o, d, layers[depth - 1].activation);
    const nn_init init = choose_init(o);
    const nn_shape shape = {.inputs = d->inputs, .depth = depth, .layers = layers, .cost = cost};
    r->t.model.net = nn_mlp_new(r->t.tape, &shape, &error);
    if (r->t.model.net == NULL) die(CODE_USAGE, "%s", error.message);
    if (nn_mlp_init(r->t.model.net, init, r->s->training.seed, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    notes_add(&r->t.notes, "init", "%s", nn_init_name(init));
}

/* ------------------------------------------------------------------------------------ optimiser */

static double usual_rate(nn_method method, size_t samples)
{
    enum { MANY = 10000 };
    switch (method) {
    case NN_GRADIENT_DESCENT: return 0.1;
    case NN_MOMENTUM:
    case NN_NESTEROV: return 0.01;
    default: return samples > MANY ? 0.001 : 0.01;
    }
}

static size_t usual_epochs(size_t samples, size_t batch)
{
    enum { EPOCHS = 30, STEPS = 10000 };
    const size_t batches = (samples - 1) / batch + 1, epochs = (STEPS - 1) / batches + 1;
    return epochs > EPOCHS ? epochs : EPOCHS;
}

static nn_options options_of(const training *r)
{
    enum { BATCH = 10 };
    const training_options *o = &r->s->training;
    nn_options options = o->more;
    options.method = o->method >= 0 ? (nn_method)o->method : NN_ADAM;
    options.rate = o->rate > 0 ? o->rate : usual_rate(options.method, r->m.parts.training.count);
    if (options.batch == 0) options.batch = BATCH;
    options.epochs = o->epochs > 0 ? o->epochs : usual_epochs(r->m.parts.training.count, options.batch);
    options.patience = o->patience;
    options.seed = o->seed;
    return options;
}

static void make_trainer(training *r)
{
    nn_error error;
    const nn_options options = options_of(r);
    r->schedule = r->s->training.schedule;
    r->t.model.trainer = nn_trainer_new(r->t.model.net, &options, &error);
    if (r->t.model.trainer == NULL) die(CODE_USAGE, "%s", error.message);
    if (r->schedule.kind == SCHEDULE_CONSTANT) return;
    char *text = schedule_text(&r->schedule);
    notes_add(&r->t.notes, "schedule", "%s", text);
    free(text);
}

static void note_goal(training *r)
{
    enum { EXACT = 15 };
    char shown[NUMBER_SIZE];
    r->goal = r->s->training.goal;
    if (r->goal == 0) return;
    notes_drop(&r->t.notes, "goal");
    notes_add(&r->t.notes, "goal", "%s", show_number(shown, r->goal, EXACT));
}

/* ----------------------------------------------------------------------------------------- begin */

void train_begin(training *r)
{
    dataset_error error;
    r->t = trained_new();
    open_data(r);
    choose_scaling(r);
    copy_labels(r);
    make_network(r);
    make_trainer(r);
    note_goal(r);
    const nn_shape *shape = nn_mlp_shape(r->t.model.net);
    if (r->m.data->classes == 0 && shape->layers[shape->depth - 1].activation == NN_IDENTITY)
        material_standardise_targets(&r->m);
    trained_note_data(&r->t, &r->m, &r->s->how);
    if (!material_prepare(&r->m, r->t.model.shift, r->t.model.scale, r->t.model.net, &error))
        die(CODE_DATA, "%s", error.message);
}

/* ---------------------------------------------------------------------------------------- resume */

static void go_on_with(training *r)
{
    const training_options *o = &r->s->training;
    nn_options options = *nn_trainer_options(r->t.model.trainer);
    if (o->epochs > 0) options.epochs = o->epochs;
    if (o->has_patience) options.patience = o->patience;
    nn_trainer_go_on(r->t.model.trainer, &options);
    const char *how = notes_find(&r->t.notes, "schedule", NULL), *goal = notes_find(&r->t.notes, "goal", NULL);
    if (how != NULL && !schedule_read(how, &r->schedule))
        die(CODE_DATA, "%s: its note about the schedule makes no sense", r->s->resume);
    note_goal(r);
    if (r->goal == 0 && goal != NULL) r->goal = strtod(goal, NULL);
}

static void check_epochs_left(const training *r)
{
    const nn_trainer *trainer = r->t.model.trainer;
    const nn_options *o = nn_trainer_options(trainer);
    const size_t batches = (r->m.parts.training.count - 1) / o->batch + 1;
    const uint64_t done = nn_trainer_steps(trainer) / batches;
    if (done >= o->epochs)
        die(CODE_DATA, "%s: all its %zu epochs are done; for more: --epochs=%llu", r->s->resume, o->epochs,
            (unsigned long long)(2 * done));
}

void train_resume(training *r)
{
    r->t = trained_load(r->s->resume);
    if (r->t.model.trainer == NULL)
        die(CODE_DATA, "%s: the file has a network, but not what training it further needs", r->s->resume);
    go_on_with(r);
    trained_material(&r->t, r->s->data, &r->m);
    r->history = history_read(&r->t.notes);
    check_epochs_left(r);
}

void train_free(training *r)
{
    trained_free(&r->t);
    material_free(&r->m);
    history_free(&r->history);
    free(r->path);
    free(r->old_model);
}

/* ------------------------------------------------------------------------------------------ path */

char *train_path(const char *data)
{
    const char *slash = strrchr(data, '/'), *name = slash != NULL ? slash + 1 : data;
    if (strcmp(name, "-") == 0) return copied("standard-input.model");
    const size_t length = strcspn(name, ".");
    return formatted("%.*s.model", length > 0 ? (int)length : (int)strlen(name), name);
}
