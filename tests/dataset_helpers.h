/* SPDX-License-Identifier: MIT */
/* What the suites of the data readers share: sets that must be read or refused, folders with files. */
#ifndef TESTS_DATASET_HELPERS_H
#define TESTS_DATASET_HELPERS_H

#include "csv_file.h"
#include "dataset.h"
#include "idx.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Bytes with NULs among them, as pointer and size. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static inline dataset *csv_of(const void *bytes, size_t size, const dataset_options *options, dataset_error *error)
{
    stream *s = stream_of(bytes, size, "data.csv");
    strcpy(error->message, "no message");
    dataset *data = csv_read(s, options, error);
    stream_close(s);
    return data;
}

/* A text that must be read. */
static inline dataset *good_csv(const char *text, dataset_options options)
{
    dataset_error error;
    dataset *data = csv_of(text, strlen(text), &options, &error);
    ck_assert_msg(data != NULL, "%s\n%s", text, error.message);
    return data;
}

static inline void assert_x(const dataset *data, size_t samples, size_t inputs, const double *x)
{
    ck_assert_uint_eq(data->samples, samples);
    ck_assert_uint_eq(data->inputs, inputs);
    for (size_t k = 0; k < samples * inputs; k++)
        ck_assert_msg(data->x[k] == x[k], "x[%zu] is %.17g, expected %.17g", k, data->x[k], x[k]);
}

/* The labels of the samples, one after the other with spaces between. */
static inline void assert_labels(const dataset *data, const char *expected)
{
    char found[1024] = "";
    for (size_t s = 0; s < data->samples; s++) {
        ck_assert_uint_lt(data->label[s], data->classes);
        if (s > 0) strcat(found, " ");
        strcat(found, data->labels[data->label[s]]);
    }
    ck_assert_str_eq(found, expected);
}

static inline void assert_texts(char *const *texts, size_t count, const char *expected)
{
    char found[1024] = "";
    for (size_t k = 0; k < count; k++) {
        if (k > 0) strcat(found, " ");
        strcat(found, texts[k]);
    }
    ck_assert_str_eq(found, expected);
}

/* A folder of the test's own; it is the working directory until the test ends. */
static char folder[64];

static inline void enter_folder(void)
{
    strcpy(folder, "/tmp/chainrule-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static inline void leave_folder(void)
{
    char line[128];
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    ck_assert_int_eq(system(line), 0);
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void write_gzip(const char *path, const void *bytes, size_t size)
{
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static inline dataset *good_file(const char *name, dataset_options options)
{
    dataset_error error;
    dataset *data = dataset_open(name, &options, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    return data;
}

static inline void assert_refused(const char *name, dataset_options options, const char *message)
{
    dataset_error error;
    ck_assert_ptr_null(dataset_open(name, &options, &error));
    ck_assert_str_eq(error.message, message);
}

#endif
