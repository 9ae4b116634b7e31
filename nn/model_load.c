/* SPDX-License-Identifier: MIT */
/* Loading a model: the text is read first, and only what it says as a whole is made. */
#include "model_text.h"

#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------- arrays that know their allocator */

typedef union owned {
    struct {
        ad_allocator allocator;
        size_t bytes;
    } head;
    max_align_t align;
} owned;

void *nn_own(const ad_allocator *allocator, size_t count, size_t size)
{
    if (count > ((SIZE_MAX >> 1) - sizeof(owned)) / size) return NULL;
    const size_t bytes = sizeof(owned) + count * size;
    owned *block = nn_allocate(allocator, bytes, 1);
    if (block == NULL) return NULL;
    block->head.allocator = *allocator;
    block->head.bytes = bytes;
    return block + 1;
}

void nn_disown(void *array)
{
    if (array == NULL) return;
    owned *block = (owned *)array - 1;
    const ad_allocator allocator = block->head.allocator;
    nn_release(&allocator, block, block->head.bytes, 1);
}

static void disown_strings(char **strings, size_t count)
{
    for (size_t k = 0; strings != NULL && k < count; k++) nn_disown(strings[k]);
    nn_disown(strings);
}

void nn_model_free(nn_model *model)
{
    if (model == NULL) return;
    nn_trainer_free(model->trainer);
    nn_mlp_free(model->net);
    nn_disown(model->shift);
    nn_disown(model->scale);
    disown_strings(model->labels, model->label_count);
    disown_strings(model->notes, model->note_count);
    *model = (nn_model){.net = NULL};
}

/* -------------------------------------------------------------------------------- making it */

/* What failed lies at this line of the text, unless it is memory or the tape. */
static nn_status blame(nn_content *c, size_t line, const nn_error *error)
{
    if (error->status != NN_ERR_ARGUMENT) return nn_fail(c->r.error, error->status, "%s", error->message);
    c->r.line = line;
    nn_read_fail(&c->r, "%s", error->message);
    return NN_ERR_FORMAT;
}

/* Networks and optimisers fill in what they were not told. Then saving would not give the same text again. */
static bool has_all_alphas(nn_content *c)
{
    for (size_t k = 0; k < c->shape.depth; k++) {
        if (c->layers[k].alpha == c->model->net->layers[k].alpha) continue;
        c->r.line = c->shape_line + 1 + k;
        return nn_read_fail(&c->r, "%s needs an alpha", nn_activation_name(c->layers[k].activation));
    }
    return true;
}

static bool has_all_options(nn_content *c)
{
    const char *made = (const char *)&c->model->trainer->options, *told = (const char *)&c->options;
    for (size_t k = 0; k < NN_FIELDS; k++) {
        const nn_field *field = &nn_fields[k];
        if (memcmp(made + field->offset, told + field->offset, nn_field_size(field)) == 0) continue;
        c->r.line = c->training_line + 2 + k;
        return nn_read_fail(&c->r, "%s cannot be 0 here", field->name);
    }
    return true;
}

static bool has_moments(nn_content *c, const char *name, const double *told, const double *made)
{
    if ((told == NULL) == (made == NULL)) return true;
    c->r.line = c->training_line + 1;
    return nn_read_fail(&c->r, "the method %s %s moments %s", nn_method_name(c->options.method),
                        made == NULL ? "has no" : "needs the", name);
}

/* ------------------------------------------------------------------------------------ making it */

static nn_status make_network(nn_content *c, ad_tape *tape)
{
    nn_error error;
    c->model->net = nn_mlp_new(tape, &c->shape, &error);
    if (c->model->net == NULL) return blame(c, c->shape_line, &error);
    return has_all_alphas(c) ? NN_OK : NN_ERR_FORMAT;
}

static void copy(double *to, const double *from, size_t n)
{
    if (from != NULL) memcpy(to, from, n * sizeof *to);
}

static nn_status make_trainer(nn_content *c)
{
    nn_error error;
    if (!c->has_training) return NN_OK;
    nn_trainer *t = c->model->trainer = nn_trainer_new(c->model->net, &c->options, &error);
    if (t == NULL) return blame(c, c->training_line, &error);
    if (!has_all_options(c) || !has_moments(c, "m", c->m, t->m) || !has_moments(c, "v", c->v, t->v))
        return NN_ERR_FORMAT;
    if (c->best != NULL) {
        t->best = nn_allocate(&t->allocator, t->count, sizeof *t->best);
        if (t->best == NULL) return nn_fail_memory(c->r.error);
    }
    copy(t->m, c->m, t->count);
    copy(t->v, c->v, t->count);
    copy(t->best, c->best, t->count);
    t->steps = c->steps;
    t->running.training = c->running;
    t->running.seconds = c->running_seconds;
    t->best_epoch = c->best_epoch;
    t->best_cost = c->best_cost;
    return NN_OK;
}

static nn_status make(nn_content *c, ad_tape *tape)
{
    nn_status status = make_network(c, tape);
    if (status == NN_OK) status = make_trainer(c);
    if (status == NN_OK && ad_set_all(c->model->net->parameters, c->values) != AD_OK)
        status = nn_fail_tape(c->r.error, tape);
    return status;
}

/* A rewind needs memory where rewinds are nested. It is there once a mark was rewound to twice. */
static nn_status make_or_rewind(nn_content *c, ad_tape *tape)
{
    const ad_mark mark = ad_tape_mark(tape);
    if (ad_tape_rewind(tape, mark) != AD_OK || ad_tape_rewind(tape, mark) != AD_OK)
        return nn_fail_tape(c->r.error, tape);
    const nn_status status = make(c, tape);
    if (status != NN_OK) ad_tape_rewind(tape, mark);
    return status;
}

nn_status nn_load(nn_model *model, ad_tape *tape, const char *path, nn_error *error)
{
    if (model == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no model to load into");
    *model = (nn_model){.net = NULL};
    if (tape == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no tape");
    if (path == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no path to load from");
    const ad_allocator *allocator = ad_tape_allocator(tape);
    nn_text_file file;
    nn_status status = nn_text_file_read(&file, allocator, path, NN_MODEL_MAGIC, error);
    if (status != NN_OK) return status;
    nn_content c = {.r = {.text = file.bytes, .path = path, .size = file.size, .error = error},
                    .allocator = allocator,
                    .model = model};
    status = nn_content_read(&c) ? make_or_rewind(&c, tape) : c.r.status;
    if (status != NN_OK) nn_model_free(model);
    nn_content_free(&c);
    nn_release(allocator, file.bytes, file.room, 1);
    return status;
}
