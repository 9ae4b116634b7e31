/* SPDX-License-Identifier: MIT */
/* A model's file and a file of its samples, for the commands that show a network. */
#ifndef TESTS_NETWORK_FILES_H
#define TESTS_NETWORK_FILES_H

#include "model_files.h"

static inline void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A fresh directory with "model", 2-3-2 with two classes, its inputs scaled where that is given, and three rows of
 * samples in "rows.csv". */
static inline void enter_with_model(double *shift, double *scale)
{
    const nn_layer layers[] = {{.width = 3, .activation = NN_TANH}, {.width = 2, .activation = NN_SOFTMAX}};
    char *labels[] = {"no", "yes"};
    ad_tape *tape = ad_tape_new();
    const nn_model model = {.net = nn_mlp_new(tape, &(nn_shape){2, 2, layers, NN_SOFTMAX_CROSS_ENTROPY}, NULL),
                            .shift = shift,
                            .scale = scale,
                            .labels = labels,
                            .label_count = 2};
    enter_directory();
    ck_assert_int_eq(nn_mlp_init(model.net, NN_INIT_GLOROT, 1, NULL), NN_OK);
    ck_assert_int_eq(nn_save(&model, "model", NULL), NN_OK);
    nn_mlp_free(model.net);
    ad_tape_free(tape);
    write_text("rows.csv", "p,q,answer\n1,2,yes\n3,4,no\n5,-2,yes\n");
}

#endif
