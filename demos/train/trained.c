/* SPDX-License-Identifier: MIT */
#include "trained.h"
#include "command.h"
#include "data_words.h"
#include "dataset_message.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- new, load, save */

trained trained_new(void)
{
    trained t = {.tape = ad_tape_new()};
    if (t.tape == NULL) die(CODE_DATA, "out of memory");
    return t;
}

/* Classes and outputs must go together, whoever wrote the file. */
static void check(const trained *t, const char *path)
{
    const size_t classes = t->model.label_count, outputs = trained_outputs(t);
    if (classes == 0 || classes == outputs || (classes == 2 && outputs == 1)) return;
    die(CODE_DATA, "%s: %zu labels, but %zu outputs", path, classes, outputs);
}

trained trained_load(const char *path)
{
    nn_error error;
    trained t = trained_new();
    if (nn_load(&t.model, t.tape, path, &error) != NN_OK) die(CODE_DATA, "%s", error.message);
    t.is_loaded = true;
    notes_add_lines(&t.notes, t.model.notes, t.model.note_count);
    check(&t, path);
    return t;
}

nn_status trained_save(const trained *t, const char *path, nn_error *error)
{
    nn_model model = t->model;
    model.notes = t->notes.lines;
    model.note_count = t->notes.count;
    return nn_save(&model, path, error);
}

static void free_made(nn_model *m)
{
    nn_trainer_free(m->trainer);
    nn_mlp_free(m->net);
    free(m->shift);
    free(m->scale);
    for (size_t k = 0; k < m->label_count; k++) free(m->labels[k]);
    free(m->labels);
}

void trained_free(trained *t)
{
    if (t->is_loaded) nn_model_free(&t->model);
    else free_made(&t->model);
    notes_free(&t->notes);
    ad_tape_free(t->tape);
    *t = (trained){.tape = NULL};
}

void trained_use_best(trained *t)
{
    if (t->model.trainer != NULL && nn_best_epoch(t->model.trainer, NULL) > 0) nn_use_best(t->model.trainer, NULL);
}

size_t trained_outputs(const trained *t) { return nn_mlp_outputs(t->model.net); }

char *trained_layers(const nn_mlp *net)
{
    draft text;
    const nn_shape *shape = nn_mlp_shape(net);
    draft_begin(&text);
    fprintf(text.to, "%zu", shape->inputs);
    for (size_t k = 0; k < shape->depth; k++)
        fprintf(text.to, " - %zu %s", shape->layers[k].width, nn_activation_name(shape->layers[k].activation));
    return draft_done(&text);
}

bool trained_image_size(const trained *t, size_t *width, size_t *height)
{
    const size_t inputs = nn_mlp_width(t->model.net, 0);
    const char *note = notes_find(&t->notes, "image", NULL);
    return note != NULL && sscanf(note, "%zu %zu", width, height) == 2 && *width <= inputs && *height <= inputs &&
           *width * *height == inputs;
}

/* ------------------------------------------------------------------------------- where data came from */

void trained_note_data(trained *t, const material *m, const dataset_options *how)
{
    notes *n = &t->notes;
    notes_add(n, "data", "%s", m->name);
    data_words_note(n, how);
    notes_add(n, "fingerprint", "%016" PRIx64, m->fingerprint);
    notes_add(n, "parts", "%zu %zu %zu%s", m->parts.training.count, m->parts.validation.count, material_tests(m),
              m->test_set != NULL ? " of its own" : "");
    if (m->data->image_width > 0) notes_add(n, "image", "%zu %zu", m->data->image_width, m->data->image_height);
    for (size_t k = 0; m->data->image_width == 0 && k < m->data->inputs; k++)
        notes_add(n, "input", "%s", m->data->columns[k]);
    for (size_t k = 0; m->data->targets != NULL && k < m->data->outputs; k++)
        notes_add(n, "target", "%s", m->data->targets[k]);
    for (size_t k = 0; m->target_shift != NULL && k < m->data->outputs; k++)
        notes_add(n, "target-scaling", "%a %a", m->target_shift[k], m->target_scale[k]);
}

bool trained_find_data(const trained *t, trained_data *d)
{
    int end = 0;
    const char *parts = notes_find(&t->notes, "parts", NULL);
    *d = (trained_data){.name = notes_find(&t->notes, "data", NULL)};
    if (d->name == NULL || parts == NULL) return false;
    if (sscanf(parts, "%zu %zu %zu%n", &d->training, &d->validation, &d->test, &end) != 3) return false;
    d->own_test = parts[end] != '\0';
    return true;
}

bool trained_target_scaling(const trained *t, double **shift, double **scale)
{
    const size_t n = trained_outputs(t);
    size_t at = 0, count = 0;
    const char *line;
    *shift = resized(NULL, n, sizeof **shift);
    *scale = resized(NULL, n, sizeof **scale);
    while (count < n && (line = notes_find(&t->notes, "target-scaling", &at)) != NULL &&
           sscanf(line, "%la %la", &(*shift)[count], &(*scale)[count]) == 2 && isfinite((*shift)[count]) &&
           isnormal((*scale)[count]))
        count++;
    if (count == n) return true;
    free(*shift);
    free(*scale);
    *shift = *scale = NULL;
    return false;
}

/* ------------------------------------------------------------------------------------- data again */

static void check_fingerprint(const trained *t, const material *m)
{
    char own[17];
    const char *noted = notes_find(&t->notes, "fingerprint", NULL);
    snprintf(own, sizeof own, "%016" PRIx64, m->fingerprint);
    if (noted == NULL || strcmp(noted, own) != 0)
        die(CODE_DATA, "%s: these are not the data that the model was trained on, or not as they were", m->name);
}

static dataset_options how_to_open(const trained *t)
{
    dataset_options how;
    if (!data_words_read(&t->notes, &how)) die(CODE_DATA, "the model's notes about its data make no sense");
    how.inputs = nn_mlp_width(t->model.net, 0);
    how.classes = (const char *const *)t->model.labels;
    how.class_count = t->model.label_count;
    if (how.classes == NULL) how.outputs = trained_outputs(t);
    return how;
}

void trained_material(const trained *t, const char *name, material *m)
{
    dataset_error error;
    trained_data d;
    double *shift, *scale;
    const nn_trainer *trainer = t->model.trainer;
    if (!trained_find_data(t, &d) || trainer == NULL)
        die(CODE_DATA, "the model's file does not say what data it was trained on");
    const dataset_options how = how_to_open(t);
    if (!material_open(m, name != NULL ? name : d.name, &how, &error)) die(CODE_DATA, "%s", error.message);
    check_fingerprint(t, m);
    const double test = d.own_test ? 0 : (double)d.test;
    if (!material_split(m, (double)d.validation, test, d.own_test, nn_trainer_options(trainer)->seed, &error))
        die(CODE_DATA, "%s", error.message);
    if (m->parts.training.count != d.training) die(CODE_DATA, "the model's notes about its data make no sense");
    if (trained_target_scaling(t, &shift, &scale)) {
        material_scale_targets(m, shift, scale);
        free(shift);
        free(scale);
    }
    if (!material_prepare(m, t->model.shift, t->model.scale, t->model.net, &error)) die(CODE_DATA, "%s", error.message);
}
