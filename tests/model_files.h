/* SPDX-License-Identifier: MIT */
/* What the tests of model files share: a directory to work in, whole files, checksums of their own, random models. */
#ifndef TESTS_MODEL_FILES_H
#define TESTS_MODEL_FILES_H

#include <nn/nn.h>

#include "helpers.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------- files and directories */

/* A fresh directory that is the working directory while a test runs, so that paths in messages are short; in memory
 * where there is such a place, because thousands of files are synced. */
static char directory[40];

static inline void enter_directory(void)
{
    const char *where = access("/dev/shm", R_OK | W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof directory, "%s/chainrule-test-XXXXXX", where);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
}

/* How many entries the working directory has; counts no "." and "..". */
static inline int entries(void)
{
    DIR *d = opendir(".");
    ck_assert_ptr_nonnull(d);
    int count = -2;
    while (readdir(d) != NULL) count++;
    closedir(d);
    return count;
}

static inline void leave_directory(void)
{
    DIR *d = opendir(".");
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (unlink(e->d_name) != 0) rmdir(e->d_name);
    closedir(d);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(directory), 0);
}

/* Bytes with a NUL behind them. */
typedef struct content {
    char *bytes;
    size_t size;
} content;

static inline content read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    content c = {malloc(1), 0};
    size_t more = 1;
    while (more > 0) {
        c.bytes = realloc(c.bytes, c.size + 65537);
        ck_assert_ptr_nonnull(c.bytes);
        more = fread(c.bytes + c.size, 1, 65536, file);
        c.size += more;
    }
    c.bytes[c.size] = '\0';
    fclose(file);
    return c;
}

static inline void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void assert_same_files(const char *path, const char *other)
{
    const content a = read_file(path), b = read_file(other);
    ck_assert_msg(a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0, "%s and %s differ:\n%s\n%s", path, other,
                  a.bytes, b.bytes);
    free(a.bytes);
    free(b.bytes);
}

static inline uint64_t checksum_of(const char *text, size_t size)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t k = 0; k < size; k++) sum = (sum ^ (unsigned char)text[k]) * 1099511628211u;
    return sum;
}

/* Writes the text with the checksum line that belongs to it. */
static inline void write_sealed(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    fprintf(file, "checksum %016llx\n", (unsigned long long)checksum_of(text, size));
    ck_assert_int_eq(fclose(file), 0);
}

/* ------------------------------------------------------------------------------- saving and loading */

static inline void save(const nn_model *model, const char *path)
{
    nn_error error = {NN_OK, ""};
    ck_assert_msg(nn_save(model, path, &error) == NN_OK, "%s", error.message);
}

static inline nn_model load(ad_tape *tape, const char *path)
{
    nn_error error = {NN_OK, ""};
    nn_model model;
    ck_assert_msg(nn_load(&model, tape, path, &error) == NN_OK, "%s", error.message);
    assert_ok(tape);
    return model;
}

static inline bool is_all_zero(const nn_model *model)
{
    return model->net == NULL && model->trainer == NULL && model->shift == NULL && model->scale == NULL &&
           model->labels == NULL && model->label_count == 0 && model->notes == NULL && model->note_count == 0;
}

/* Loading fails with this message, and leaves nothing behind. */
static inline void assert_not_loaded(const char *path, nn_status status, const char *message)
{
    ad_tape *tape = ad_tape_new();
    const ad_var kept = ad_leaf(tape, 7);
    nn_error error = {NN_OK, ""};
    nn_model model;
    memset(&model, 0x55, sizeof model);
    ck_assert_int_eq(nn_load(&model, tape, path, &error), status);
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
    ck_assert(is_all_zero(&model));
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert(ad_value(kept) == 7);
    ad_tape_free(tape);
}

/* ------------------------------------------------------------------------------------ random models */

/* Any finite double: all exponents, zeros, subnormal ones, the least and the largest. */
static inline double any_double(generator *g)
{
    static const double special[] = {
        0.0, -0.0, 0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp-1023, -0x1.fffffffffffffp+1023, 1, -1, 0.1};
    if (below(g, 4) == 0) return special[below(g, sizeof special / sizeof *special)];
    for (;;) {
        const uint64_t bits = next_bits(g);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) return x;
    }
}

static inline nn_cost random_shape(generator *g, nn_layer *layers, size_t depth)
{
    for (size_t k = 0; k < depth; k++) {
        layers[k] = (nn_layer){.width = 1 + below(g, 5), .no_bias = below(g, 3) == 0};
        layers[k].activation = (nn_activation)below(g, NN_SOFTMAX);
        if (layers[k].activation == NN_ELU && below(g, 2) == 0) layers[k].alpha = uniform(g, 0.1, 2);
        for (size_t s = 1; s <= k; s++)
            if (layers[k - s].width == layers[k].width && below(g, 2) == 0) layers[k].skip = s;
    }
    nn_layer *output = &layers[depth - 1];
    const nn_cost cost = (nn_cost)below(g, NN_COSTS);
    if (cost < NN_BINARY_CROSS_ENTROPY) return cost;
    output->activation = cost == NN_BINARY_CROSS_ENTROPY ? NN_SIGMOID : NN_SOFTMAX;
    output->alpha = 0;
    output->skip = 0;
    return cost;
}

static inline nn_mlp *random_network(generator *g, ad_tape *tape)
{
    nn_layer layers[6];
    const size_t depth = 1 + below(g, 6);
    nn_error error = {NN_OK, ""};
    const nn_cost cost = random_shape(g, layers, depth);
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){1 + below(g, 6), depth, layers, cost}, &error);
    ck_assert_msg(net != NULL, "%s", error.message);
    double *p = ad_set_in_place(nn_parameters(net));
    for (size_t k = 0; k < nn_parameters(net).count; k++) p[k] = any_double(g);
    return net;
}

/* ------------------------------------------------------------------------------------ a whole text */

/* One of each thing; the numbers of its lines stand in the messages below. */
#define WHOLE_MODEL                                                         \
    "chainrule-model 1\n" /* 1 */                                           \
    "inputs 2\n"                                                            \
    "cost mean_of_squares\n"                                                \
    "layers 2\n"                                                            \
    "layer 1 width 2 activation elu alpha 0x1p-3 bias yes skip 0\n" /* 5 */ \
    "layer 2 width 1 activation tanh bias no skip 0\n"                      \
    "shift 0x0p+0 -0x1p+0\n"                                                \
    "scale 0x1p+0 0x1.8p+1\n"                                               \
    "labels 2\n"                                                            \
    "label \"no\"\n" /* 10 */                                               \
    "label \"\\\"y\\\\\\x0a\xc3\xa9s\"\n"                                   \
    "parameters\n"                                                          \
    "weights 1\n"                                                           \
    "0x1p+0 0x1.8p+0\n"                                                     \
    "-0x1p-1 0x0p+0\n" /* 15 */                                             \
    "biases 1\n"                                                            \
    "0x1p-1074 -0x0p+0\n"                                                   \
    "weights 2\n"                                                           \
    "0x1.fffffffffffffp+1023 -0x1.999999999999ap-4\n"                       \
    "training\n" /* 20 */                                                   \
    "method momentum\n"                                                     \
    "rate 0x1p-5\n"                                                         \
    "momentum 0x1p-1\n"                                                     \
    "decay_rate 0x0p+0\n"                                                   \
    "epsilon 0x0p+0\n" /* 25 */                                             \
    "weight_decay 0x0p+0\n"                                                 \
    "l2 0x1p-10\n"                                                          \
    "batch 10\n"                                                            \
    "epochs 30\n"                                                           \
    "patience 4\n" /* 30 */                                                 \
    "seed 18446744073709551615\n"                                           \
    "in_order no\n"                                                         \
    "steps 250\n"                                                           \
    "running samples 20 correct 12\n"                                       \
    "cost 0x1.4p+3\n" /* 35 */                                              \
    "seconds 0x1p-2\n"                                                      \
    "m\n"                                                                   \
    "weights 1\n"                                                           \
    "0x1p-20 0x0p+0\n"                                                      \
    "0x0p+0 0x0p+0\n" /* 40 */                                              \
    "biases 1\n"                                                            \
    "0x0p+0 0x0p+0\n"                                                       \
    "weights 2\n"                                                           \
    "0x0p+0 -0x1p-30\n"                                                     \
    "best epoch 7\n" /* 45 */                                               \
    "cost 0x1p-2\n"                                                         \
    "weights 1\n"                                                           \
    "0x1p+1 0x0p+0\n"                                                       \
    "0x0p+0 0x0p+0\n"                                                       \
    "biases 1\n" /* 50 */                                                   \
    "0x0p+0 0x0p+0\n"                                                       \
    "weights 2\n"                                                           \
    "0x0p+0 -0x1p+1\n" /* 53; 54 is the checksum */

static inline void write_whole(const char *path) { write_sealed(path, WHOLE_MODEL, sizeof WHOLE_MODEL - 1); }

#endif
