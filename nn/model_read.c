/* SPDX-License-Identifier: MIT */
/* Reading a model's text; see model.md. Whatever it says, what it makes this code allocate is bounded by its size. */
#include "model_text.h"

#include <string.h>

static bool out_of_memory(nn_content *c)
{
    c->r.status = nn_fail_memory(c->r.error);
    return false;
}

/* "word" and a whole number, to the end of the line. */
static bool read_size_line(nn_reader *r, const char *word, size_t least, size_t most, size_t *n)
{
    return nn_read_word(r, word) && nn_read_size(r, least, most, n) && nn_read_line_end(r);
}

/* ----------------------------------------------------------------------------------- its frame */

static bool read_version(nn_reader *r)
{
    const char *newline = memchr(r->text, '\n', r->size);
    if (r->size == 0) return nn_read_fail(r, "the file is empty");
    if (newline > r->text && newline[-1] == '\r')
        return nn_read_fail(r, "lines end in CR LF: those of a model file end in LF alone");
    uint64_t version = 0;
    if (!nn_read_word(r, NN_MODEL_MAGIC) || !nn_read_whole(r, 0, UINT64_MAX, &version)) return false;
    if (version == NN_MODEL_VERSION) return nn_read_line_end(r);
    return nn_read_fail(r, "version %llu: this program reads version %d", (unsigned long long)version,
                        (int)NN_MODEL_VERSION);
}

/* Goes to the line that begins with the word; false, at the end of the text, when there is none. */
static bool find_line(nn_reader *r, const char *word)
{
    while (r->at < r->size && !nn_read_next_is(r, word)) {
        const char *newline = memchr(r->text + r->at, '\n', r->size - r->at);
        if (newline == NULL) return false;
        r->at = (size_t)(newline - r->text) + 1;
        r->line++;
    }
    return r->at < r->size;
}

static bool check_no_nul(nn_reader *r)
{
    const char *nul = memchr(r->text, '\0', r->size);
    if (nul == NULL) return true;
    for (const char *c = r->text + r->at; c < nul; c++) r->line += *c == '\n';
    return nn_read_fail(r, "a NUL byte, which no text has");
}

static bool check_sum(nn_reader *r, size_t size)
{
    char computed[NN_SEAL_DIGITS + 1], digits[NN_SEAL_DIGITS + 1];
    nn_checksum_text(computed, nn_checksum(NN_CHECKSUM_START, r->text, size));
    if (!nn_read_word(r, NN_MODEL_SEAL) || !nn_read_digits(r, digits)) return false;
    if (memcmp(computed, digits, NN_SEAL_DIGITS) == 0) return true;
    return nn_read_fail(r, "the checksum is %s, that of the content is %s: the file was damaged or edited", digits,
                        computed);
}

/* Checks the last line, and takes it away from the text. */
static bool check_seal(nn_reader *r)
{
    const size_t at = r->at, line = r->line;
    if (!find_line(r, NN_MODEL_SEAL)) return nn_read_fail(r, "the file ends without its checksum: it was cut short");
    const size_t size = r->at;
    if (!check_sum(r, size) || !nn_read_line_end(r)) return false;
    if (r->at < r->size) return nn_read_expected(r, "the end of the file after the checksum");
    r->at = at;
    r->line = line;
    r->size = size;
    r->end = "the checksum";
    return true;
}

/* --------------------------------------------------------------------------------- the network */

/* No shorter line tells of a layer, and no number is shorter with what parts it from the next. */
static const size_t least_layer_line = sizeof "layer 1 width 1 activation elu bias no skip 0\n" - 1,
                    least_number = sizeof "0x0p+0 " - 1;

/* As many elements as fit the bytes that follow. */
static bool check_room(nn_reader *r, size_t count, size_t bytes_each, const char *what)
{
    if (count <= nn_read_left(r) / bytes_each) return true;
    return nn_read_fail(r, "%zu %s do not fit the %zu bytes that follow", count, what, nn_read_left(r));
}

/* Adds the layer's parameters to those before it. */
static bool count_parameters(nn_content *c, size_t l)
{
    const nn_layer *layer = &c->layers[l - 1];
    const size_t in = l == 1 ? c->shape.inputs : layer[-1].width, most = nn_read_left(&c->r) / least_number;
    const size_t each = in + !layer->no_bias;
    if (c->parameters > most || each > (most - c->parameters) / layer->width)
        return nn_read_fail(&c->r, "%zu x %zu weights do not fit the %zu bytes that follow", layer->width, in,
                            nn_read_left(&c->r));
    c->weights += in * layer->width;
    c->parameters += each * layer->width;
    return true;
}

static bool read_alpha(nn_reader *r, nn_layer *layer)
{
    if (!nn_read_next_is(r, "alpha")) return true;
    if (!nn_read_word(r, "alpha") || !nn_read_reals(r, &layer->alpha, 1)) return false;
    return layer->alpha != 0 || nn_read_fail(r, "alpha cannot be 0");
}

static bool read_layer(nn_content *c, size_t l)
{
    nn_reader *r = &c->r;
    nn_layer *layer = &c->layers[l - 1];
    int activation = 0;
    bool bias = false;
    if (!nn_read_word(r, "layer") || !nn_read_index(r, l) || !nn_read_word(r, "width") ||
        !nn_read_size(r, 1, INT32_MAX, &layer->width) || !nn_read_word(r, "activation") ||
        !nn_read_choice(r, nn_activation_find, &activation))
        return false;
    layer->activation = (nn_activation)activation;
    if (!read_alpha(r, layer) || !nn_read_word(r, "bias") || !nn_read_flag(r, &bias) || !nn_read_word(r, "skip") ||
        !nn_read_size(r, 0, l, &layer->skip))
        return false;
    layer->no_bias = !bias;
    return count_parameters(c, l) && nn_read_line_end(r);
}

static bool read_shape(nn_content *c)
{
    nn_reader *r = &c->r;
    int cost = 0;
    if (!read_size_line(r, "inputs", 1, INT32_MAX, &c->shape.inputs) || !nn_read_word(r, "cost") ||
        !nn_read_choice(r, nn_cost_find, &cost) || !nn_read_line_end(r))
        return false;
    c->shape.cost = (nn_cost)cost;
    c->shape_line = r->line;
    if (!nn_read_word(r, "layers") || !nn_read_size(r, 1, INT32_MAX, &c->shape.depth) ||
        !check_room(r, c->shape.depth, least_layer_line, "layers") || !nn_read_line_end(r))
        return false;
    c->shape.layers = c->layers = nn_own(c->allocator, c->shape.depth, sizeof *c->layers);
    if (c->layers == NULL) return out_of_memory(c);
    for (size_t l = 1; l <= c->shape.depth; l++)
        if (!read_layer(c, l)) return false;
    return true;
}

/* ---------------------------------------------------------------------- scaling, labels, notes, values */

static bool read_inputs(nn_content *c, const char *word, double **values)
{
    nn_reader *r = &c->r;
    if (!nn_read_word(r, word) || !check_room(r, c->shape.inputs, least_number, "numbers")) return false;
    *values = nn_own(c->allocator, c->shape.inputs, sizeof **values);
    if (*values == NULL) return out_of_memory(c);
    return nn_read_reals(r, *values, c->shape.inputs) && nn_read_line_end(r);
}

static bool read_scaling(nn_content *c)
{
    if (!nn_read_next_is(&c->r, "shift")) return true;
    return read_inputs(c, "shift", &c->model->shift) && read_inputs(c, "scale", &c->model->scale);
}

/* Labels or notes. */
typedef struct strings {
    const char *what, *title; /* "label", "labels" */
    size_t most_bytes, least_line;
} strings;

static bool read_string(nn_content *c, const strings *s, char **string)
{
    char text[NN_NOTE_BYTES + 1];
    if (!nn_read_word(&c->r, s->what) || !nn_read_string(&c->r, s->what, text, s->most_bytes) ||
        !nn_read_line_end(&c->r))
        return false;
    const size_t size = strlen(text) + 1;
    *string = nn_own(c->allocator, size, 1);
    if (*string == NULL) return out_of_memory(c);
    memcpy(*string, text, size);
    return true;
}

static bool read_strings(nn_content *c, strings s, char ***texts, size_t *text_count)
{
    size_t count = 0;
    if (!nn_read_next_is(&c->r, s.title)) return true;
    if (!nn_read_word(&c->r, s.title) || !nn_read_size(&c->r, 1, INT32_MAX, &count) ||
        !check_room(&c->r, count, s.least_line, s.title) || !nn_read_line_end(&c->r))
        return false;
    *texts = nn_own(c->allocator, count, sizeof **texts);
    if (*texts == NULL) return out_of_memory(c);
    *text_count = count;
    for (size_t k = 0; k < count; k++)
        if (!read_string(c, &s, &(*texts)[k])) return false;
    return true;
}

static bool read_all_strings(nn_content *c)
{
    static const strings labels = {"label", "labels", NN_LABEL_BYTES, sizeof "label \"\"\n" - 1};
    static const strings notes = {"note", "notes", NN_NOTE_BYTES, sizeof "note \"\"\n" - 1};
    return read_strings(c, labels, &c->model->labels, &c->model->label_count) &&
           read_strings(c, notes, &c->model->notes, &c->model->note_count);
}

static bool read_block(nn_reader *r, size_t l, const nn_block *block, double *values)
{
    if (!nn_read_word(r, "weights") || !nn_read_index(r, l) || !nn_read_line_end(r)) return false;
    for (size_t row = 0; row < block->rows; row++)
        if (!nn_read_reals(r, values + block->weights + row * block->columns, block->columns) || !nn_read_line_end(r))
            return false;
    if (block->bias_count == 0) return true;
    return nn_read_word(r, "biases") && nn_read_index(r, l) && nn_read_line_end(r) &&
           nn_read_reals(r, values + block->biases, block->bias_count) && nn_read_line_end(r);
}

/* One number for each parameter. */
static bool read_values(nn_content *c, double **values)
{
    if (!check_room(&c->r, c->parameters, least_number, "numbers")) return false;
    *values = nn_own(c->allocator, c->parameters, sizeof **values);
    if (*values == NULL) return out_of_memory(c);
    nn_block block;
    for (size_t l = 1; l <= c->shape.depth; l++) {
        block = nn_block_of(&c->shape, l, l == 1 ? NULL : &block, c->weights);
        if (!read_block(&c->r, l, &block, *values)) return false;
    }
    return true;
}

static bool read_titled_values(nn_content *c, const char *title, double **values)
{
    return nn_read_word(&c->r, title) && nn_read_line_end(&c->r) && read_values(c, values);
}

/* ------------------------------------------------------------------------------------ training */

static bool read_option(nn_reader *r, const nn_field *field, nn_options *options)
{
    void *value = (char *)options + field->offset;
    bool good = nn_read_word(r, field->name);
    switch (field->kind) {
    case NN_FIELD_REAL: good = good && nn_read_reals(r, value, 1); break;
    case NN_FIELD_SIZE: good = good && nn_read_size(r, 0, SIZE_MAX, value); break;
    case NN_FIELD_SEED: good = good && nn_read_whole(r, 0, UINT64_MAX, value); break;
    case NN_FIELD_FLAG: good = good && nn_read_flag(r, value); break;
    }
    return good && nn_read_line_end(r);
}

static bool read_options(nn_content *c)
{
    nn_reader *r = &c->r;
    int method = 0;
    if (!nn_read_word(r, "method") || !nn_read_choice(r, nn_method_find, &method) || !nn_read_line_end(r)) return false;
    c->options.method = (nn_method)method;
    for (size_t k = 0; k < NN_FIELDS; k++)
        if (!read_option(r, &nn_fields[k], &c->options)) return false;
    return true;
}

/* "word" and a number, to the end of the line. */
static bool read_real_line(nn_reader *r, const char *word, double *x)
{
    return nn_read_word(r, word) && nn_read_reals(r, x, 1) && nn_read_line_end(r);
}

static bool read_running(nn_content *c)
{
    nn_reader *r = &c->r;
    nn_score *running = &c->running;
    return nn_read_word(r, "running") && nn_read_word(r, "samples") &&
           nn_read_size(r, 0, SIZE_MAX, &running->samples) &&
           read_size_line(r, "correct", 0, running->samples, &running->correct) &&
           read_real_line(r, "cost", &running->cost) && read_real_line(r, "seconds", &c->running_seconds);
}

static bool read_best(nn_content *c)
{
    nn_reader *r = &c->r;
    return nn_read_word(r, "best") && read_size_line(r, "epoch", 0, SIZE_MAX, &c->best_epoch) &&
           read_real_line(r, "cost", &c->best_cost) && read_values(c, &c->best);
}

static bool read_steps(nn_content *c)
{
    return nn_read_word(&c->r, "steps") && nn_read_whole(&c->r, 0, INT64_MAX, &c->steps) && nn_read_line_end(&c->r);
}

static bool read_training(nn_content *c)
{
    nn_reader *r = &c->r;
    if (!nn_read_next_is(r, "training")) return true;
    c->has_training = true;
    c->training_line = r->line;
    if (!nn_read_word(r, "training") || !nn_read_line_end(r) || !read_options(c) || !read_steps(c) || !read_running(c))
        return false;
    if (nn_read_next_is(r, "m") && !read_titled_values(c, "m", &c->m)) return false;
    if (nn_read_next_is(r, "v") && !read_titled_values(c, "v", &c->v)) return false;
    return !nn_read_next_is(r, "best") || read_best(c);
}

static bool read_end(nn_reader *r)
{
    return nn_read_left(r) == 0 || nn_read_expected(r, "another part or the checksum");
}

bool nn_content_read(nn_content *c)
{
    nn_reader *r = &c->r;
    r->line = 1;
    r->end = "the end of the file";
    return read_version(r) && check_no_nul(r) && check_seal(r) && read_shape(c) && read_scaling(c) &&
           read_all_strings(c) && read_titled_values(c, "parameters", &c->values) && read_training(c) && read_end(r);
}

void nn_content_free(nn_content *c)
{
    nn_disown(c->layers);
    nn_disown(c->values);
    nn_disown(c->m);
    nn_disown(c->v);
    nn_disown(c->best);
}
