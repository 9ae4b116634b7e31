/* SPDX-License-Identifier: MIT */
/* Any bytes as the content of a model file, with the checksum that belongs to them; a file that is read must be saved
 * as the same bytes. Built with -DREPLAY it has a main that runs the files given as arguments; as a libFuzzer target:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz_model.c nn/[a-z]*.c autodiff/[a-z]*.c -lm
 *     ./a.out -max_len=4000 tests/corpus/model
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <nn/nn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory in memory where there is one, since every run syncs files. It is taken away at the end. */
static char input[64], output[64];

static void remove_files(void)
{
    unlink(input);
    unlink(output);
    *strrchr(input, '/') = '\0';
    rmdir(input);
}

static void make_files(void)
{
    char directory[40];
    strcpy(directory, access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm/fuzz-XXXXXX" : "/tmp/fuzz-XXXXXX");
    require(mkdtemp(directory) != NULL, "there is a place for files");
    snprintf(input, sizeof input, "%s/in", directory);
    snprintf(output, sizeof output, "%s/out", directory);
    atexit(remove_files);
}

/* The bytes and their checksum line in `sealed`; returns the size. */
static size_t seal(char *sealed, const unsigned char *data, size_t size)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t k = 0; k < size; k++) sum = (sum ^ data[k]) * 1099511628211u;
    if (size > 0) memcpy(sealed, data, size);
    return size + (size_t)sprintf(sealed + size, "checksum %016llx\n", (unsigned long long)sum);
}

static void write_input(const char *bytes, size_t size)
{
    FILE *file = fopen(input, "wb");
    require(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "a file is written");
}

static bool output_is(const char *bytes, size_t size)
{
    static char saved[MOST_BYTES + 100];
    FILE *file = fopen(output, "rb");
    require(file != NULL, "a file was saved");
    const size_t read = fread(saved, 1, sizeof saved, file);
    fclose(file);
    return read == size && memcmp(saved, bytes, size) == 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static char sealed[MOST_BYTES + 100];
    if (size > MOST_BYTES) return 0;
    if (input[0] == '\0') make_files();
    const size_t sealed_size = seal(sealed, data, size);
    write_input(sealed, sealed_size);
    ad_tape *tape = ad_tape_new();
    nn_error error = {NN_OK, ""};
    nn_model model;
    const nn_status status = nn_load(&model, tape, input, &error);
    if (status == NN_OK) {
        require(nn_save(&model, output, &error) == NN_OK, "what was loaded can be saved");
        require(output_is(sealed, sealed_size), "what was loaded is saved as the same bytes");
    } else {
        require(status == NN_ERR_FORMAT, "what is refused is called a bad file");
        require(strncmp(error.message, input, strlen(input)) == 0, "the message begins with the path");
        require(model.net == NULL && model.trainer == NULL && model.labels == NULL, "nothing is left behind");
        require(ad_tape_stats(tape).nodes == 0 && ad_tape_error(tape) == AD_OK, "the tape is as it was");
    }
    nn_model_free(&model);
    ad_tape_free(tape);
    return 0;
}
