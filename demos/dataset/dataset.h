/* SPDX-License-Identifier: MIT */
/* Data for training and prediction: the built-in and the fetched sets, and files (CSV, IDX, both also gzipped).
 *
 *     dataset_error error;
 *     dataset *data = dataset_open("iris.csv", &(dataset_options){.label = "species"}, &error);
 *     if (data == NULL) die(CODE_DATA, "%s", error.message);
 *     dataset_parts parts;
 *     if (!dataset_split(data, 0.1, 0.2, 1, &parts, &error)) die(CODE_DATA, "%s", error.message);
 *     dataset_scaling_of(data, parts.training, DATASET_STANDARDISED, shift, scale);
 *     dataset_scale(data, shift, scale);
 *     if (!dataset_encode(data, data->classes, 0, 1, &error)) die(CODE_DATA, "%s", error.message);
 *     const nn_data training = dataset_rows(data, parts.training);
 *
 * Functions that can fail say so by NULL or false and leave a message of one line in *error, which begins with the
 * file (and line) it is about. The want of memory for what was really read ends the program, as in command.h. */
#ifndef DEMOS_DATASET_H
#define DEMOS_DATASET_H

#include <nn/nn.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dataset_error {
    char message[640];
} dataset_error;

typedef struct dataset {
    size_t samples, inputs;
    double *x;      /* samples x inputs */
    size_t *number; /* where each sample stood in its source, from 1: its line in a CSV file, else its place */

    /* Classes: labels[label[s]] is the class of sample s. Without them (targets are numbers, or a file for prediction
     * has none) classes is 0, and labels and label are NULL. Labels are UTF-8 without control characters, in numeric
     * order when all are numbers, else in the order of their bytes; or as options.classes had them. */
    size_t classes;
    char **labels;
    size_t *label;

    /* Targets, samples x outputs: read from columns of numbers, or made from classes by dataset_encode. Before that,
     * and where there are none, outputs is 0 and y NULL. */
    size_t outputs;
    double *y;

    char **columns;                   /* the inputs' names: of the header, else "x1", "x2", ... */
    char **targets;                   /* the names of the target columns, where targets are numbers; else NULL */
    size_t image_width, image_height; /* inputs are such images, row by row from the top left; 0: they are not */
    char *source;                     /* one line for people: what it is and where it comes from */
} dataset;

typedef enum dataset_header { DATASET_HEADER_AUTO, DATASET_HEADER, DATASET_NO_HEADER } dataset_header;

/* All-zero is what suits most files. */
typedef struct dataset_options {
    /* Columns of a CSV file are given by name or by number: 1 is the first, -1 the last. */
    char delimiter;        /* 0: found out among , ; | tab and runs of spaces */
    dataset_header header; /* whether the first line has names; AUTO: found out */
    const char *label;     /* the column of the classes; NULL: the last */
    const char *targets;   /* columns of numbers to learn, with commas between: "height,weight"; NULL: classes */
    const char *ignore;    /* columns to leave out, likewise */

    const char *labels_path; /* IDX: the file of the labels; NULL: found by the images' name, in which "images-idx3"
                                becomes "labels-idx1", with or without .gz */

    /* For data that a saved model is to be used on. */
    size_t inputs;              /* how many inputs there must be; 0: any number */
    size_t outputs;             /* how many target columns, of numbers, at the end, when classes and targets are NULL */
    const char *const *classes; /* its class_count labels; others are refused. NULL: the labels are found */
    size_t class_count;
    bool may_lack_targets; /* a CSV file with just `inputs` columns, and images without a file of labels, will do */

    size_t most; /* read no more samples than this; 0: all */

    /* The generated sets. */
    size_t samples; /* 0: 500; xor always has 4 */
    bool has_noise; /* else the usual noise: moons 0.1, circles 0.05, spirals 0.02 */
    double noise;
    uint64_t seed;
} dataset_options;

/* Opens a set by name, or a file by path ("-": standard input). A file with the name of a set can be given as ./name.
 * The names:
 *     xor, moons, circles, spirals      generated, two inputs and two classes
 *     digits                            1,797 images of 8 x 8, in the program
 *     mnist, mnist-test, fashion-mnist, fashion-mnist-test
 *                                       fetched before by `chainrule data fetch`; found in dataset_folder()
 * Generated sets come in a random order, digits and files as they stand. Options that a kind of data has no use for are
 * refused where leaving them unnoticed would mislead (columns of images, say). */
dataset *dataset_open(const char *name, const dataset_options *options, dataset_error *error);
void dataset_free(dataset *data);

/* "mnist-test" for "mnist", and so on; NULL for sets and files that have no test set of their own. */
const char *dataset_test_name(const char *name);

/* Where fetched sets are: CHAINRULE_DATA, else XDG_DATA_HOME/chainrule, else HOME/.local/share/chainrule; to be freed.
 * NULL: no such variable is set. */
char *dataset_folder(void);

/* ------------------------------------------------------------------------------------- parts */

/* Samples first .. first + count - 1. */
typedef struct dataset_part {
    size_t first, count;
} dataset_part;

typedef struct dataset_parts {
    dataset_part training, validation, test;
} dataset_parts;

/* Shuffles the samples in place, by nn_random_order of nn_random_new(seed), and parts them: simple random, not by
 * class. `validation` and `test` are fractions below 1, or counts from 1 up (10000); 0: an empty part. False when no
 * sample is left for training, or when a fraction of more than 0 comes to no sample. */
bool dataset_split(dataset *data, double validation, double test, uint64_t seed, dataset_parts *parts,
                   dataset_error *error);

/* Puts the samples into this order: sample k then is what sample order[k] was. */
void dataset_reorder(dataset *data, const size_t *order);

static inline dataset_part dataset_all(const dataset *data) { return (dataset_part){0, data->samples}; }

/* What the nn layer trains on; y is NULL before dataset_encode where there are classes. */
static inline nn_data dataset_rows(const dataset *data, dataset_part part)
{
    return (nn_data){data->x + part.first * data->inputs, data->y != NULL ? data->y + part.first * data->outputs : NULL,
                     part.count};
}

/* ------------------------------------------------------------------------- scaling and encoding */

typedef enum dataset_scaling {
    DATASET_AS_IS,
    DATASET_FROM_0_TO_1,  /* (x - min) / (max - min) */
    DATASET_FROM_M1_TO_1, /* 2 (x - min) / (max - min) - 1 */
    DATASET_STANDARDISED  /* (x - mean) / deviation, with 1/n */
} dataset_scaling;
enum { DATASET_SCALINGS = DATASET_STANDARDISED + 1 };
const char *dataset_scaling_name(dataset_scaling scaling); /* "none", "0..1", "-1..1", "standard" */
int dataset_scaling_find(const char *name);                /* -1: no such name */

/* shift and scale (inputs elements each) from the samples of this part, such that (x - shift) * scale is scaled: for
 * each input on its own, but for images with one shift and scale for all pixels. A constant input gets scale 1. */
void dataset_scaling_of(const dataset *data, dataset_part part, dataset_scaling scaling, double *shift, double *scale);

/* x = (x - shift) * scale in all samples; both NULL: nothing. */
void dataset_scale(dataset *data, const double *shift, const double *scale);

/* Makes y of the classes: with outputs == classes one-hot, `high` where the class is and `low` elsewhere; with
 * outputs == 1 and two classes `low` for the first and `high` for the second. False for other numbers of outputs.
 * Targets that are numbers stay as they are: false when there are not so many. */
bool dataset_encode(dataset *data, size_t outputs, double low, double high, dataset_error *error);

#endif
