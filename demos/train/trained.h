/* SPDX-License-Identifier: MIT */
/* A model in use: a network on a tape of its own, and what its file says besides. */
#ifndef DEMOS_TRAINED_H
#define DEMOS_TRAINED_H

#include "material.h"
#include "notes.h"

typedef struct trained {
    ad_tape *tape;
    nn_model model; /* without its notes: */
    notes notes;
    bool is_loaded; /* by nn_load; else the parts of `model` come from malloc */
} trained;

/* An empty one, with a tape. */
trained trained_new(void);

/* Ends the program with a message when there is no such model. */
trained trained_load(const char *path);

nn_status trained_save(const trained *t, const char *path, nn_error *error);
void trained_free(trained *t);

/* Sets the best parameters, where training has found any. */
void trained_use_best(trained *t);

size_t trained_outputs(const trained *t);
static inline bool trained_has_classes(const trained *t) { return t->model.label_count > 0; }

/* The data that the model was trained on, parted as then and ready for its network. `name` NULL: by the name and with
 * the options that stand in the notes, else by this name. Ends the program when they are not there or not the same. */
void trained_material(const trained *t, const char *name, material *m);

/* What the notes say about that; false: they say nothing. */
typedef struct trained_data {
    const char *name;
    size_t training, validation, test;
    bool own_test;
} trained_data;
bool trained_find_data(const trained *t, trained_data *d);
void trained_note_data(trained *t, const material *m, const dataset_options *how);

/* Scaling of the targets, outputs elements each; false: there is none. To be freed. */
bool trained_target_scaling(const trained *t, double **shift, double **scale);

/* The size of the images that the model was trained on; false: it was not. */
bool trained_image_size(const trained *t, size_t *width, size_t *height);

/* "64 - 30 tanh - 10 softmax"; to be freed. */
char *trained_layers(const nn_mlp *net);

#endif
