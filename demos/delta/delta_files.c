/* SPDX-License-Identifier: MIT */
/* Networks and samples for `chainrule delta` from files. */
#include "delta_options.h"
#include "command.h"
#include "language.h"
#include "library_text.h"

#include <stdlib.h>
#include <string.h>

nn_mlp *delta_model_of(delta_options *o, ad_tape *tape)
{
    nn_error error;
    if (nn_load(&o->loaded, tape, o->model, &error) != NN_OK) die(CODE_DATA, "%s", library_text(error.message));
    nn_trainer *trainer = o->loaded.trainer;
    if (trainer != NULL && nn_best_epoch(trainer, NULL) > 0 && nn_use_best(trainer, &error) != NN_OK)
        die(CODE_DATA, "%s: %s", o->model, library_text(error.message));
    return o->loaded.net;
}

/* A network with one output has its second class there. */
static void open_data(delta_options *o, const nn_mlp *net)
{
    dataset_error error;
    const dataset_options how = {.inputs = nn_mlp_width(net, 0),
                                 .outputs = nn_mlp_outputs(net),
                                 .classes = (const char *const *)o->loaded.labels,
                                 .class_count = o->loaded.label_count,
                                 .may_lack_targets = true};
    const dataset_options plain = {0};
    o->samples = dataset_open(o->data, o->model != NULL ? &how : &plain, &error);
    if (o->samples == NULL) die(CODE_DATA, "%s", error.message);
    if (o->samples->inputs != nn_mlp_width(net, 0))
        die(CODE_DATA,
            ngettext("--data=%s has %zu input, the network %zu", "--data=%s has %zu inputs, the network %zu",
                     o->samples->inputs),
            o->data, o->samples->inputs, nn_mlp_width(net, 0));
}

static void encode(delta_options *o, const nn_mlp *net)
{
    const nn_shape *shape = nn_mlp_shape(net);
    const double low = shape->layers[shape->depth - 1].activation == NN_TANH ? -1 : 0;
    const bool has_targets = o->samples->y != NULL || o->samples->classes > 0;
    dataset_error error;
    if (has_targets && !dataset_encode(o->samples, nn_mlp_outputs(net), low, 1, &error))
        die(CODE_DATA, "--data=%s: %s", o->data, error.message);
}

static const char *words_for(delta_options *o, size_t s, size_t samples)
{
    const dataset *d = o->samples;
    char *text = samples > 1      ? formatted(_("%s, rows %zu to %zu"), o->data, s + 1, s + samples)
                 : d->classes > 0 ? formatted(_("%s, row %zu, which is \"%s\""), o->data, s + 1, d->labels[d->label[s]])
                                  : formatted(_("%s, row %zu"), o->data, s + 1);
    char *kept = delta_take(o, strlen(text) + 1, 1);
    strcpy(kept, text);
    free(text);
    return kept;
}

void delta_sample_of(delta_options *o, delta_problem *p)
{
    open_data(o, p->net);
    dataset *d = o->samples;
    const size_t s = o->row > 0 ? o->row - 1 : 0;
    if (s >= d->samples) die(CODE_DATA, _("--row=%zu: %s has %zu samples"), o->row, o->data, d->samples);
    dataset_scale(d, o->loaded.shift, o->loaded.scale);
    encode(o, p->net);
    p->x = d->x + s * d->inputs;
    p->y = d->y != NULL ? d->y + s * d->outputs : NULL;
    if (p->samples > d->samples - s) p->samples = d->samples - s;
    p->from = words_for(o, s, p->samples);
}
