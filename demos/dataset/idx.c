/* SPDX-License-Identifier: MIT */
#include "idx.h"
#include "command.h"
#include "dataset_message.h"
#include "labels.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIMENSIONS = 4, CHUNK = 1 << 15 };

typedef enum idx_type {
    IDX_U8 = 0x08,
    IDX_I8 = 0x09,
    IDX_I16 = 0x0b,
    IDX_I32 = 0x0c,
    IDX_F32 = 0x0d,
    IDX_F64 = 0x0e
} idx_type;

typedef struct idx {
    stream *from;
    idx_type type;
    size_t dimensions, dimension[MOST_DIMENSIONS];
    size_t per_sample; /* values */
    double unit;       /* that values are divided by */
} idx;

/* ------------------------------------------------------------------------------------ the header */

static size_t size_of(unsigned type)
{
    switch (type) {
    case IDX_U8:
    case IDX_I8: return 1;
    case IDX_I16: return 2;
    case IDX_I32:
    case IDX_F32: return 4;
    case IDX_F64: return 8;
    default: return 0;
    }
}

bool idx_begins(const char *bytes, size_t count)
{
    return count >= 4 && bytes[0] == 0 && bytes[1] == 0 && size_of((unsigned char)bytes[2]) > 0 && bytes[3] > 0;
}

static uint64_t big_endian(const unsigned char *p, size_t size)
{
    uint64_t bits = 0;
    for (size_t k = 0; k < size; k++) bits = bits << 8 | p[k];
    return bits;
}

static bool cut_off(const idx *file, dataset_error *error)
{
    return dataset_fail(error, _("%s: the IDX header is cut off"), stream_name(file->from));
}

static bool read_magic(idx *file, dataset_error *error)
{
    unsigned char magic[4];
    size_t got;
    const char *name = stream_name(file->from);
    if (!stream_read(file->from, magic, sizeof magic, &got, error)) return false;
    if (got == 0) return dataset_fail(error, _("%s: the file is empty"), name);
    if (got < sizeof magic) return cut_off(file, error);
    if (magic[0] != 0 || magic[1] != 0)
        return dataset_fail(error, _("%s: this is no IDX file: it begins with %02x %02x, not with two zeros"), name,
                            magic[0], magic[1]);
    if (size_of(magic[2]) == 0) return dataset_fail(error, _("%s: 0x%02x is no type of IDX"), name, magic[2]);
    if (magic[3] == 0 || magic[3] > MOST_DIMENSIONS)
        return dataset_fail(error, _("%s: %d dimensions, where 1 to %d are expected"), name, magic[3], MOST_DIMENSIONS);
    file->type = magic[2];
    file->dimensions = magic[3];
    return true;
}

static bool read_header(idx *file, dataset_error *error)
{
    unsigned char bytes[4];
    size_t got, total = size_of(file->type = IDX_U8);
    const char *name = stream_name(file->from);
    if (!read_magic(file, error)) return false;
    file->per_sample = 1;
    for (size_t k = 0; k < file->dimensions; k++) {
        if (!stream_read(file->from, bytes, sizeof bytes, &got, error)) return false;
        if (got < sizeof bytes) return cut_off(file, error);
        const size_t n = file->dimension[k] = (size_t)big_endian(bytes, 4);
        if (n == 0) return dataset_fail(error, _("%s: dimension %zu is 0"), name, k + 1);
        if (k > 0) file->per_sample *= n;
        if (__builtin_mul_overflow(total, n, &total) || total > SIZE_MAX / sizeof(double))
            return dataset_fail(error, _("%s: the dimensions are too large"), name);
    }
    return true;
}

/* ------------------------------------------------------------------------------------- the values */

static double value_of(idx_type type, const unsigned char *p)
{
    const uint64_t bits = big_endian(p, size_of(type));
    const uint32_t low = (uint32_t)bits;
    float single;
    double twice;
    switch (type) {
    case IDX_U8: return (double)bits;
    case IDX_I8: return (double)(int8_t)bits;
    case IDX_I16: return (double)(int16_t)bits;
    case IDX_I32: return (double)(int32_t)low;
    case IDX_F32: memcpy(&single, &low, sizeof single); return (double)single;
    case IDX_F64: memcpy(&twice, &bits, sizeof twice); return twice;
    default: return 0;
    }
}

static bool too_short(const idx *file, size_t had, size_t promised, dataset_error *error)
{
    return dataset_fail(error, _("%s: the file ends after %zu of the %zu values that its header promises"),
                        stream_name(file->from), had, promised);
}

static bool check_end(const idx *file, dataset_error *error)
{
    char byte;
    size_t got;
    if (!stream_read(file->from, &byte, 1, &got, error)) return false;
    return got == 0 ||
           dataset_fail(error, _("%s: there are more bytes than its header promises"), stream_name(file->from));
}

static bool check_finite(const idx *file, const double *values, size_t from, size_t count, dataset_error *error)
{
    for (size_t k = from; k < from + count; k++)
        if (!isfinite(values[k]))
            return dataset_fail(error, _("%s: value %zu of sample %zu is not finite"), stream_name(file->from),
                                k % file->per_sample + 1, k / file->per_sample + 1);
    return true;
}

/* The first `count` values, to be freed; NULL on an error. */
static double *read_values(const idx *file, size_t count, dataset_error *error)
{
    unsigned char chunk[CHUNK];
    const size_t size = size_of(file->type);
    double *values = NULL;
    size_t room = 0, got = CHUNK;
    for (size_t have = 0; have < count; have += got) {
        const size_t wanted = count - have < CHUNK / size ? count - have : CHUNK / size;
        bool good = stream_read(file->from, chunk, wanted * size, &got, error);
        got /= size;
        if (have + got > room) {
            room = have + have / 2 + got < count ? have + have / 2 + got : count;
            values = resized(values, room, sizeof *values);
        }
        for (size_t k = 0; k < got; k++) values[have + k] = value_of(file->type, chunk + k * size) / file->unit;
        if (good && got < wanted) good = too_short(file, have + got, count, error);
        if (good && check_finite(file, values, have, got, error)) continue;
        free(values);
        return NULL;
    }
    return values;
}

/* ------------------------------------------------------------------------------------- the images */

static bool check_images(const idx *file, const dataset_options *options, dataset_error *error)
{
    const char *name = stream_name(file->from);
    if (file->dimensions == 1)
        return dataset_fail(error, _("%s: there is one number for each sample: is this the file of the labels?"), name);
    if (options->inputs == 0 || file->per_sample == options->inputs) return true;
    return dataset_fail(error, _("%s: %zu values for each sample, where %zu inputs are expected"), name,
                        file->per_sample, options->inputs);
}

static bool is_limited(const dataset_options *options, size_t samples)
{
    return options->most > 0 && options->most < samples;
}

static void describe(dataset *data, const idx *file)
{
    data->inputs = file->per_sample;
    data->number = resized(NULL, data->samples, sizeof *data->number);
    for (size_t s = 0; s < data->samples; s++) data->number[s] = s + 1;
    data->columns = resized(NULL, data->inputs, sizeof *data->columns);
    for (size_t k = 0; k < data->inputs; k++) data->columns[k] = formatted("x%zu", k + 1);
    if (file->dimensions != 3) return;
    data->image_height = file->dimension[1];
    data->image_width = file->dimension[2];
}

static bool read_images(dataset *data, idx *file, const dataset_options *options, dataset_error *error)
{
    if (!read_header(file, error) || !check_images(file, options, error)) return false;
    const size_t all = file->dimension[0];
    if (file->type == IDX_U8) file->unit = 255;
    data->samples = is_limited(options, all) ? options->most : all;
    data->x = read_values(file, data->samples * file->per_sample, error);
    if (data->x == NULL || (data->samples == all && !check_end(file, error))) return false;
    describe(data, file);
    return true;
}

/* ------------------------------------------------------------------------------------- the labels */

static bool check_labels(const idx *file, const idx *images, dataset_error *error)
{
    const char *name = stream_name(file->from);
    if (file->dimensions != 1)
        return dataset_fail(error, _("%s: labels have one dimension, not %zu"), name, file->dimensions);
    if (file->type == IDX_F32 || file->type == IDX_F64)
        return dataset_fail(error, _("%s: labels are integers, not floating point"), name);
    if (file->dimension[0] == images->dimension[0]) return true;
    return dataset_fail(error, _("%s: %zu labels, but %zu samples in %s"), name, file->dimension[0],
                        images->dimension[0], stream_name(images->from));
}

static char *label_of(double number, const char *const *names, size_t name_count)
{
    if (number >= 0 && number < (double)name_count) return copied(names[(size_t)number]);
    return formatted("%.0f", number);
}

static bool take_labels(dataset *data, const idx *file, const double *values, class_labels *found,
                        const char *const *names, size_t name_count, dataset_error *error)
{
    data->label = resized(NULL, data->samples, sizeof *data->label);
    for (size_t s = 0; s < data->samples; s++) {
        dataset_error reason;
        char *label = label_of(values[s], names, name_count);
        const bool good = labels_find(found, label, &data->label[s], &reason);
        free(label);
        if (!good)
            return dataset_fail(error, _("%s: label %zu: %.500s"), stream_name(file->from), s + 1, reason.message);
    }
    labels_finish(found, data);
    return true;
}

static bool read_labels(dataset *data, idx *file, const idx *images, const char *const *names, size_t name_count,
                        const dataset_options *options, dataset_error *error)
{
    if (!read_header(file, error) || !check_labels(file, images, error)) return false;
    double *values = read_values(file, data->samples, error);
    if (values == NULL) return false;
    const bool given = options->classes != NULL;
    class_labels *found = labels_new(given ? options->classes : names, given ? options->class_count : name_count);
    const bool good = (data->samples < file->dimension[0] || check_end(file, error)) &&
                      take_labels(data, file, values, found, names, name_count, error);
    labels_free(found);
    free(values);
    return good;
}

dataset *idx_read(stream *images, stream *labels, const char *const *names, size_t name_count,
                  const dataset_options *options, dataset_error *error)
{
    idx image_file = {.from = images, .unit = 1}, label_file = {.from = labels, .unit = 1};
    dataset *data = resized(NULL, 1, sizeof *data);
    *data = (dataset){.source = copied(stream_name(images))};
    if (read_images(data, &image_file, options, error) &&
        (labels == NULL || read_labels(data, &label_file, &image_file, names, name_count, options, error)))
        return data;
    dataset_free(data);
    return NULL;
}
