/* SPDX-License-Identifier: MIT */
/* What the files that write and read models share: numbers, strings and the checksum of their text (model_text.c), the
 * tokens of a model file (model_lex.c), and files (model_file.c). The format is described in model.md. */
#ifndef NN_MODEL_TEXT_H
#define NN_MODEL_TEXT_H

#include "internal.h"

#define NN_MODEL_MAGIC "chainrule-model"
#define NN_MODEL_SEAL "checksum"
enum { NN_MODEL_VERSION = 1, NN_LABEL_BYTES = 255, NN_NOTE_BYTES = 4095, NN_SEAL_DIGITS = 16 };

/* --------------------------------------------------------------------------------- model_text.c */

/* A number as model files have it: "-0x1.8p+3". The form is unique: zeros are 0x0p+0 and -0x0p+0, all others start with
 * 0x1, subnormal ones too. Returns the length without the NUL. */
enum { NN_REAL_SIZE = 32 };
size_t nn_real_text(char text[NN_REAL_SIZE], double x);

/* The number whose unique form these bytes are. Otherwise false, and *why says what is wrong. */
bool nn_real_read(const char *text, size_t length, double *x, const char **why);

/* FNV-1a with 64 bits (Fowler, Noll and Vo), begun with NN_CHECKSUM_START. */
#define NN_CHECKSUM_START 0xcbf29ce484222325u
uint64_t nn_checksum(uint64_t sum, const char *bytes, size_t count);
void nn_checksum_text(char text[NN_SEAL_DIGITS + 1], uint64_t sum);

/* The length of the valid UTF-8 character that starts at text, 0 when none does; reads at most `room` bytes. */
size_t nn_utf8_length(const char *text, size_t room);

/* Any bytes as a message shows them: without controls, cut after some forty characters. */
enum { NN_QUOTE_SIZE = 64 };
const char *nn_quote(char quoted[NN_QUOTE_SIZE], const char *text, size_t length);

/* A path as a message shows it: of a long one, the end. */
enum { NN_PATH_SHOWN = 132 };
const char *nn_show_path(char shown[NN_PATH_SHOWN], const char *path);

/* ------------------------------------------------------------------------------- model_fields.c */

/* Where the parameters of a layer stand among all of them, which are first all weights, then all biases. */
typedef struct nn_block {
    size_t weights, rows, columns; /* w^l: from, n^l x n^{l-1} */
    size_t biases, bias_count;     /* b^l: from, n^l or 0 */
} nn_block;

/* The block of layer l, given that of layer l - 1; `before` NULL for l = 1. `all_weights` is their number. */
nn_block nn_block_of(const nn_shape *shape, size_t l, const nn_block *before, size_t all_weights);

/* The options that a model file has, in the order of their lines. */
typedef struct nn_field {
    const char *name;
    enum { NN_FIELD_REAL, NN_FIELD_SIZE, NN_FIELD_SEED, NN_FIELD_FLAG } kind;
    size_t offset; /* in nn_options */
} nn_field;
size_t nn_field_size(const nn_field *field);
enum { NN_FIELDS = 11 };
extern const nn_field nn_fields[NN_FIELDS];

/* ---------------------------------------------------------------------------------- model_lex.c */

/* Reads tokens from a text in memory. All functions return false on failure, once *error is set; on NN_OK the
 * reader stands behind what was read. */
typedef struct nn_reader {
    const char *text, *path;
    size_t size, at;
    size_t line;       /* from 1 */
    const char *after; /* the last word read, for messages */
    const char *end;   /* what comes behind the text: "the end of the file" */
    nn_status status;
    nn_error *error;
} nn_reader;

/* "path:line: ...". Returns false. */
bool nn_read_fail(nn_reader *r, const char *format, ...) FORMAT(2, 3);

/* "path:line: expected <what>, found <the token that is there>". Returns false. */
bool nn_read_expected(nn_reader *r, const char *format, ...) FORMAT(2, 3);

bool nn_read_word(nn_reader *r, const char *word);
bool nn_read_line_end(nn_reader *r);

/* Whether this word comes next. */
bool nn_read_next_is(const nn_reader *r, const char *word);

/* A whole number, from `least` to `most`. */
bool nn_read_whole(nn_reader *r, uint64_t least, uint64_t most, uint64_t *n);
bool nn_read_size(nn_reader *r, size_t least, size_t most, size_t *n);

/* A whole number that counts from 1 and must be this one. */
bool nn_read_index(nn_reader *r, size_t index);

/* n numbers. */
bool nn_read_reals(nn_reader *r, double *values, size_t n);

/* "yes" or "no". */
bool nn_read_flag(nn_reader *r, bool *flag);

/* One of the words that `find` knows. */
bool nn_read_choice(nn_reader *r, int (*find)(const char *name), int *choice);

/* The quoted string of a "label" or a "note"; text has room for `most` bytes and a NUL. */
bool nn_read_string(nn_reader *r, const char *what, char *text, size_t most);

/* The digits of a checksum. */
bool nn_read_digits(nn_reader *r, char digits[NN_SEAL_DIGITS + 1]);

/* The bytes not read yet. */
size_t nn_read_left(const nn_reader *r);

/* --------------------------------------------------------------------------------- model_read.c */

/* What a text says. */
typedef struct nn_content {
    nn_reader r;
    const ad_allocator *allocator;
    nn_model *model; /* scaling, labels and notes go there */
    nn_shape shape;
    nn_layer *layers;
    size_t weights, parameters; /* how many */
    size_t shape_line, training_line;
    double *values, *m, *v, *best; /* one for each parameter */
    bool has_training;
    nn_options options;
    uint64_t steps;
    nn_score running; /* of the epoch that is not over, with sums of the costs */
    double running_seconds;
    size_t best_epoch;
    double best_cost;
} nn_content;

/* False when the text is wrong or memory runs out: c->r.status and *c->r.error. */
bool nn_content_read(nn_content *c);
void nn_content_free(nn_content *c); /* all but *c->model */

/* --------------------------------------------------------------------------------- model_load.c */

/* Arrays that know their allocator and size, all zero at first. */
void *nn_own(const ad_allocator *allocator, size_t count, size_t size);
void nn_disown(void *array);

/* --------------------------------------------------------------------------------- model_file.c */

/* The bytes of a regular file, from the allocator. Reading ends early at a start that is not `start` and after a NUL:
 * what is no text is not worth memory. */
typedef struct nn_text_file {
    char *bytes;
    size_t size, room;
} nn_text_file;
nn_status nn_text_file_read(nn_text_file *file, const ad_allocator *allocator, const char *path, const char *start,
                            nn_error *error);

/* A file that is being saved. */
typedef struct nn_saving nn_saving;

/* Starts a file beside the one that `path` leads to, with its permissions. */
nn_status nn_saving_begin(nn_saving **saving, const ad_allocator *allocator, const char *path, nn_error *error);

/* Failures show at the end. */
void nn_saving_write(nn_saving *saving, const char *bytes, size_t count);

/* Puts the new file in the place of the old one, or, when anything failed, removes it. Frees `saving`. */
nn_status nn_saving_end(nn_saving *saving, nn_error *error);

#endif
