/* SPDX-License-Identifier: MIT */
/* Writing a model as text; see model.md. */
#include "model_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------------------- what can be saved */

static nn_status check_scaling(const nn_model *model, nn_error *error)
{
    if ((model->shift == NULL) != (model->scale == NULL))
        return nn_fail(error, NN_ERR_ARGUMENT, "shift and scale: only one of them is there");
    for (size_t k = 0; model->shift != NULL && k < model->net->shape.inputs; k++)
        if (!isfinite(model->shift[k]) || !isfinite(model->scale[k]))
            return nn_fail(error, NN_ERR_ARGUMENT, "the %s of input %zu is not finite",
                           isfinite(model->scale[k]) ? "shift" : "scale", k + 1);
    return NN_OK;
}

/* Labels or notes. */
typedef struct strings {
    const char *what;
    char *const *texts;
    size_t count, most_bytes;
} strings;

static strings labels_of(const nn_model *m) { return (strings){"label", m->labels, m->label_count, NN_LABEL_BYTES}; }
static strings notes_of(const nn_model *m) { return (strings){"note", m->notes, m->note_count, NN_NOTE_BYTES}; }

static nn_status check_string(const strings *s, size_t k, nn_error *error)
{
    const char *text = s->texts[k], *what = s->what;
    if (text == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "%s %zu is not there", what, k + 1);
    const size_t length = strlen(text);
    if (length > s->most_bytes)
        return nn_fail(error, NN_ERR_ARGUMENT, "%s %zu has %zu bytes, more than %zu", what, k + 1, length,
                       s->most_bytes);
    for (size_t at = 0, more; at < length; at += more) {
        more = nn_utf8_length(text + at, length - at);
        if (more == 0) return nn_fail(error, NN_ERR_ARGUMENT, "%s %zu is not valid UTF-8", what, k + 1);
    }
    return NN_OK;
}

static nn_status check_strings(strings s, nn_error *error)
{
    if (s.count > 0 && s.texts == NULL)
        return nn_fail(error, NN_ERR_ARGUMENT, "%zu %ss, but none are there", s.count, s.what);
    nn_status status = NN_OK;
    for (size_t k = 0; status == NN_OK && k < s.count; k++) status = check_string(&s, k, error);
    return status;
}

/* `values` belong to the parameters one by one; NULL: there are none. */
static nn_status check_values(const nn_mlp *net, const char *what, const double *values, nn_error *error)
{
    char node[64];
    for (size_t k = 0; values != NULL && k < net->parameters.count; k++)
        if (!isfinite(values[k]))
            return nn_fail(error, NN_ERR_ARGUMENT, "%s%s is not finite", what,
                           nn_describe(net, ad_at(net->parameters, k), node, sizeof node));
    return NN_OK;
}

static nn_status check_trainer(const nn_model *model, nn_error *error)
{
    const nn_trainer *t = model->trainer;
    if (t == NULL) return NN_OK;
    if (t->net != model->net) return nn_fail(error, NN_ERR_ARGUMENT, "the trainer is another network's");
    if (!isfinite(t->running.training.cost) || !isfinite(t->best_cost))
        return nn_fail(error, NN_ERR_ARGUMENT, "the %s cost is not finite",
                       isfinite(t->best_cost) ? "present epoch's" : "best");
    nn_status status = check_values(t->net, "the moment m of ", t->m, error);
    if (status == NN_OK) status = check_values(t->net, "the moment v of ", t->v, error);
    if (status == NN_OK) status = check_values(t->net, "the best ", t->best, error);
    return status;
}

static nn_status check_model(const nn_model *model, const double *parameters, nn_error *error)
{
    if (parameters == NULL) return nn_fail_tape(error, model->net->tape);
    nn_status status = check_scaling(model, error);
    if (status == NN_OK) status = check_strings(labels_of(model), error);
    if (status == NN_OK) status = check_strings(notes_of(model), error);
    if (status == NN_OK) status = check_values(model->net, "", parameters, error);
    if (status == NN_OK) status = check_trainer(model, error);
    return status;
}

/* ----------------------------------------------------------------------------------- writing it */

typedef struct writer {
    nn_saving *saving;
    uint64_t sum;
} writer;

static void put_bytes(writer *w, const char *bytes, size_t count)
{
    w->sum = nn_checksum(w->sum, bytes, count);
    nn_saving_write(w->saving, bytes, count);
}

/* Only %s, %zu and %llu are used: nothing in here depends on the locale. */
static void put(writer *w, const char *format, ...) FORMAT(2, 3);
static void put(writer *w, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_bytes(w, text, (size_t)length);
}

static void put_reals(writer *w, const double *values, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        char text[NN_REAL_SIZE];
        if (k > 0) put_bytes(w, " ", 1);
        put_bytes(w, text, nn_real_text(text, values[k]));
    }
    put_bytes(w, "\n", 1);
}

/* "word number" */
static void put_real(writer *w, const char *word, double value)
{
    put(w, "%s ", word);
    put_reals(w, &value, 1);
}

static void put_shape(writer *w, const nn_shape *shape)
{
    put(w, "%s %d\n", NN_MODEL_MAGIC, NN_MODEL_VERSION);
    put(w, "inputs %zu\ncost %s\nlayers %zu\n", shape->inputs, nn_cost_name(shape->cost), shape->depth);
    for (size_t k = 0; k < shape->depth; k++) {
        const nn_layer *layer = &shape->layers[k];
        put(w, "layer %zu width %zu activation %s ", k + 1, layer->width, nn_activation_name(layer->activation));
        if (layer->alpha != 0) {
            char alpha[NN_REAL_SIZE];
            nn_real_text(alpha, layer->alpha);
            put(w, "alpha %s ", alpha);
        }
        put(w, "bias %s skip %zu\n", layer->no_bias ? "no" : "yes", layer->skip);
    }
}

static void put_scaling(writer *w, const nn_model *model)
{
    if (model->shift == NULL) return;
    put(w, "shift ");
    put_reals(w, model->shift, model->net->shape.inputs);
    put(w, "scale ");
    put_reals(w, model->scale, model->net->shape.inputs);
}

static void put_string(writer *w, const char *what, const char *text)
{
    put(w, "%s \"", what);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') put_bytes(w, "\\", 1);
        if ((unsigned char)*c < 0x20 || *c == 0x7f) put(w, "\\x%02x", (unsigned)*c);
        else put_bytes(w, c, 1);
    }
    put(w, "\"\n");
}

static void put_strings(writer *w, strings s)
{
    if (s.count == 0) return;
    put(w, "%ss %zu\n", s.what, s.count);
    for (size_t k = 0; k < s.count; k++) put_string(w, s.what, s.texts[k]);
}

/* One number for each parameter, layer by layer, a row of weights on a line. */
static void put_values(writer *w, const nn_mlp *net, const double *values)
{
    nn_block block;
    for (size_t l = 1; l <= net->shape.depth; l++) {
        block = nn_block_of(&net->shape, l, l == 1 ? NULL : &block, net->weights.count);
        put(w, "weights %zu\n", l);
        for (size_t row = 0; row < block.rows; row++)
            put_reals(w, values + block.weights + row * block.columns, block.columns);
        if (block.bias_count == 0) continue;
        put(w, "biases %zu\n", l);
        put_reals(w, values + block.biases, block.bias_count);
    }
}

static void put_option(writer *w, const nn_options *options, const nn_field *field)
{
    const void *value = (const char *)options + field->offset;
    switch (field->kind) {
    case NN_FIELD_REAL: put_real(w, field->name, *(const double *)value); break;
    case NN_FIELD_SIZE: put(w, "%s %zu\n", field->name, *(const size_t *)value); break;
    case NN_FIELD_SEED: put(w, "%s %llu\n", field->name, (unsigned long long)*(const uint64_t *)value); break;
    case NN_FIELD_FLAG: put(w, "%s %s\n", field->name, *(const bool *)value ? "yes" : "no"); break;
    }
}

static void put_training(writer *w, const nn_trainer *t)
{
    if (t == NULL) return;
    const nn_score *running = &t->running.training;
    put(w, "training\nmethod %s\n", nn_method_name(t->options.method));
    for (size_t k = 0; k < NN_FIELDS; k++) put_option(w, &t->options, &nn_fields[k]);
    put(w, "steps %llu\n", (unsigned long long)t->steps);
    put(w, "running samples %zu correct %zu\n", running->samples, running->correct);
    put_real(w, "cost", running->cost);
    put_real(w, "seconds", t->running.seconds);
    if (t->m != NULL) put(w, "m\n");
    if (t->m != NULL) put_values(w, t->net, t->m);
    if (t->v != NULL) put(w, "v\n");
    if (t->v != NULL) put_values(w, t->net, t->v);
    if (t->best == NULL) return;
    put(w, "best epoch %zu\n", t->best_epoch);
    put_real(w, "cost", t->best_cost);
    put_values(w, t->net, t->best);
}

static void put_seal(writer *w)
{
    char digits[NN_SEAL_DIGITS + 1];
    nn_checksum_text(digits, w->sum);
    put(w, "%s %s\n", NN_MODEL_SEAL, digits);
}

nn_status nn_save(const nn_model *model, const char *path, nn_error *error)
{
    if (model == NULL || model->net == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no network to save");
    if (path == NULL) return nn_fail(error, NN_ERR_ARGUMENT, "no path to save to");
    const nn_mlp *net = model->net;
    const double *parameters = ad_values(net->parameters);
    nn_status status = check_model(model, parameters, error);
    if (status != NN_OK) return status;
    writer w = {NULL, NN_CHECKSUM_START};
    status = nn_saving_begin(&w.saving, &net->allocator, path, error);
    if (status != NN_OK) return status;
    put_shape(&w, &net->shape);
    put_scaling(&w, model);
    put_strings(&w, labels_of(model));
    put_strings(&w, notes_of(model));
    put(&w, "parameters\n");
    put_values(&w, net, parameters);
    put_training(&w, model->trainer);
    put_seal(&w);
    return nn_saving_end(w.saving, error);
}
