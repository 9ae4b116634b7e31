/* SPDX-License-Identifier: MIT */
#include "dataset.h"
#include "command.h"
#include "csv_file.h"
#include "dataset_message.h"
#include "embedded.h"
#include "generate.h"
#include "idx.h"
#include "labels.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --------------------------------------------------------------------------------- fetched sets */

static const char *const fashion_labels[] = {"T-shirt/top", "trouser", "pullover", "dress", "coat",
                                             "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};

static const struct fetched {
    const char *name, *folder, *files; /* the files' names begin like this */
    const char *of_system;             /* where a package of the system puts it */
    const char *const *labels;
    size_t label_count;
} fetched_sets[] = {
    {"mnist", "mnist", "train", NULL, NULL, 0},
    {"mnist-test", "mnist", "t10k", NULL, NULL, 0},
    {"fashion-mnist", "fashion-mnist", "train", "/usr/share/datasets/fashion-mnist", fashion_labels, 10},
    {"fashion-mnist-test", "fashion-mnist", "t10k", "/usr/share/datasets/fashion-mnist", fashion_labels, 10},
};
enum { FETCHED_SETS = sizeof fetched_sets / sizeof *fetched_sets };

char *dataset_folder(void)
{
    const char *own = getenv("CHAINRULE_DATA"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (own != NULL && *own != '\0') return copied(own);
    if (xdg != NULL && *xdg == '/') return formatted("%s/chainrule", xdg);
    if (home != NULL && *home != '\0') return formatted("%s/.local/share/chainrule", home);
    return NULL;
}

/* The path of a file, plain or gzipped, in a folder; NULL: it is not there. To be freed. */
static char *existing(const char *folder, const char *beginning, const char *end)
{
    char *path = formatted("%s/%s%s.gz", folder, beginning, end);
    if (access(path, F_OK) == 0) return path;
    path[strlen(path) - strlen(".gz")] = '\0';
    if (access(path, F_OK) == 0) return path;
    free(path);
    return NULL;
}

static dataset *read_images(const char *images, const char *labels, const struct fetched *set,
                            const dataset_options *options, dataset_error *error)
{
    stream *of_images = stream_open(images, error);
    stream *of_labels = of_images == NULL || labels == NULL ? NULL : stream_open(labels, error);
    dataset *data = NULL;
    if (of_images != NULL && (of_labels != NULL || labels == NULL))
        data = idx_read(of_images, of_labels, set != NULL ? set->labels : NULL, set != NULL ? set->label_count : 0,
                        options, error);
    stream_close(of_images);
    stream_close(of_labels);
    return data;
}

/* The set from this folder; *found: whether it is there. */
static dataset *read_fetched(const struct fetched *set, const char *folder, const dataset_options *options, bool *found,
                             dataset_error *error)
{
    dataset *data = NULL;
    char *images = existing(folder, set->files, "-images-idx3-ubyte");
    char *labels = existing(folder, set->files, "-labels-idx1-ubyte");
    *found = images != NULL && labels != NULL;
    if (*found) data = read_images(images, labels, set, options, error);
    free(images);
    free(labels);
    if (data == NULL) return NULL;
    free(data->source);
    data->source = formatted("%s: from %s", set->name, folder);
    return data;
}

static dataset *open_fetched(const struct fetched *set, const dataset_options *options, dataset_error *error)
{
    bool found = false;
    dataset *data = NULL;
    char *all = dataset_folder(), *folder = all == NULL ? NULL : formatted("%s/%s", all, set->folder);
    if (folder != NULL) data = read_fetched(set, folder, options, &found, error);
    if (!found && set->of_system != NULL) data = read_fetched(set, set->of_system, options, &found, error);
    if (!found)
        dataset_fail(error, _("%s is not in %s; to fetch it: chainrule data fetch %s"), set->name,
                     folder != NULL ? folder : _("a folder that is known (HOME is not set)"), set->folder);
    free(folder);
    free(all);
    return data;
}

/* ---------------------------------------------------------------------------------- built-in sets */

static dataset *open_digits(const dataset_options *options, dataset_error *error)
{
    dataset_options plain = *options;
    plain.header = DATASET_HEADER;
    plain.delimiter = ',';
    stream *s = stream_of(embedded_digits, embedded_digits_size, "digits");
    dataset *data = csv_read(s, &plain, error);
    stream_close(s);
    if (data == NULL) return NULL;
    data->image_width = data->image_height = 8;
    for (size_t k = 0; k < data->samples; k++) data->number[k]--; /* the header's line does not count */
    free(data->source);
    data->source = copied("digits: UCI Optical Recognition of Handwritten Digits, test set (CC BY 4.0)");
    return data;
}

typedef dataset *opener(const dataset_options *options, dataset_error *error);

static const struct built_in {
    const char *name;
    opener *open;
} built_in_sets[] = {{"xor", generate_xor},
                     {"moons", generate_moons},
                     {"circles", generate_circles},
                     {"spirals", generate_spirals},
                     {"digits", open_digits}};
enum { BUILT_IN_SETS = sizeof built_in_sets / sizeof *built_in_sets };

/* ---------------------------------------------------------------------------------------- files */

static char *replaced(const char *name, const char *part, const char *by)
{
    const char *at = strstr(name, part);
    if (at == NULL) return copied(name);
    return formatted("%.*s%s%s", (int)(at - name), name, by, at + strlen(part));
}

/* The file of the labels for a file of images, by its name. */
static char *labels_for(const char *images)
{
    const char *slash = strrchr(images, '/'), *name = slash != NULL ? slash + 1 : images;
    if (strstr(name, "images") == NULL) return NULL;
    char *folder = slash == NULL ? copied(".") : formatted("%.*s", (int)(slash - images), images);
    char *half = replaced(name, "images", "labels"), *whole = replaced(half, "idx3", "idx1");
    const size_t length = strlen(whole);
    if (length > 3 && strcmp(whole + length - 3, ".gz") == 0) whole[length - 3] = '\0';
    char *path = existing(folder, whole, "");
    free(folder);
    free(half);
    free(whole);
    return path;
}

static void no_labels(stream *images, dataset_error *error)
{
    size_t size;
    const char *beginning = stream_ahead(images, &size, error);
    const bool is_labels = beginning != NULL && size > 3 && beginning[3] == 1;
    dataset_fail(error, "%s: %s", stream_name(images),
                 is_labels ? _("this is a file of labels; name the file of their images")
                           : _("no file of labels is beside it; name one with --labels"));
}

static dataset *read_idx(stream *images, const char *path, const dataset_options *options, dataset_error *error)
{
    dataset *data = NULL;
    char *labels = options->labels_path != NULL ? copied(options->labels_path) : labels_for(path);
    stream *of_labels = labels == NULL ? NULL : stream_open(labels, error);
    if (of_labels != NULL || (labels == NULL && options->may_lack_targets))
        data = idx_read(images, of_labels, NULL, 0, options, error);
    else if (labels == NULL) no_labels(images, error);
    stream_close(of_labels);
    free(labels);
    return data;
}

static bool check_choices(bool is_idx, const char *name, const dataset_options *o, dataset_error *error)
{
    if (is_idx && (o->label != NULL || o->targets != NULL || o->ignore != NULL))
        return dataset_fail(error, _("%s: this is an IDX file, which has no columns to choose"), name);
    if (!is_idx && o->labels_path != NULL)
        return dataset_fail(error, _("%s: this is no IDX file; only that has its labels in a second file"), name);
    return true;
}

static dataset *open_file(const char *path, const dataset_options *options, dataset_error *error)
{
    size_t size;
    dataset *data = NULL;
    stream *s = stream_open(path, error);
    if (s == NULL) return NULL;
    const char *beginning = stream_ahead(s, &size, error);
    const bool is_idx = beginning != NULL && idx_begins(beginning, size);
    if (beginning != NULL && check_choices(is_idx, stream_name(s), options, error))
        data = is_idx ? read_idx(s, path, options, error) : csv_read(s, options, error);
    stream_close(s);
    return data;
}

/* ----------------------------------------------------------------------------------------- opening */

static bool is_file(const char *name) { return strcmp(name, "-") == 0 || access(name, F_OK) == 0; }

static dataset *no_such_set(const char *name, dataset_error *error)
{
    const char *names[BUILT_IN_SETS + FETCHED_SETS];
    char shown[SHOWN_SIZE];
    for (size_t k = 0; k < BUILT_IN_SETS; k++) names[k] = built_in_sets[k].name;
    for (size_t k = 0; k < FETCHED_SETS; k++) names[BUILT_IN_SETS + k] = fetched_sets[k].name;
    char *hint = did_you_mean(name, names, BUILT_IN_SETS + FETCHED_SETS);
    dataset_fail(error, _("%s: there is no such file or data set%s"), show_text(shown, name), hint);
    free(hint);
    return NULL;
}

/* Options about columns have no meaning for a set by name. */
static bool check_named(const char *name, const dataset_options *o, dataset_error *error)
{
    const char *refusal = o->label != NULL         ? _("%s is a built-in data set: no label columns can be chosen")
                          : o->targets != NULL     ? _("%s is a built-in data set: no target columns can be chosen")
                          : o->ignore != NULL      ? _("%s is a built-in data set: no ignored columns can be chosen")
                          : o->labels_path != NULL ? _("%s is a built-in data set: no file of labels can be chosen")
                                                   : NULL;
    return refusal == NULL || dataset_fail(error, refusal, name);
}

static dataset *open_any(const char *name, const dataset_options *options, bool *is_named, dataset_error *error)
{
    *is_named = true;
    for (size_t k = 0; k < BUILT_IN_SETS; k++)
        if (strcmp(built_in_sets[k].name, name) == 0)
            return check_named(name, options, error) ? built_in_sets[k].open(options, error) : NULL;
    for (size_t k = 0; k < FETCHED_SETS; k++)
        if (strcmp(fetched_sets[k].name, name) == 0)
            return check_named(name, options, error) ? open_fetched(&fetched_sets[k], options, error) : NULL;
    *is_named = false;
    return strchr(name, '/') != NULL || is_file(name) ? open_file(name, options, error) : no_such_set(name, error);
}

/* ----------------------------------------------------------------- checks that all kinds of data share */

/* Generated sets find their labels themselves. */
static bool use_known_classes(dataset *data, const char *name, const dataset_options *options, dataset_error *error)
{
    dataset_error reason;
    bool good = true;
    class_labels *known = labels_new(options->classes, options->class_count);
    for (size_t s = 0; s < data->samples && good; s++)
        good = labels_find(known, data->labels[data->label[s]], &data->label[s], &reason);
    for (size_t k = 0; k < data->classes; k++) free(data->labels[k]);
    free(data->labels);
    data->labels = NULL;
    data->classes = 0;
    if (good) labels_finish(known, data);
    labels_free(known);
    return good || dataset_fail(error, "%s: %.500s", name, reason.message);
}

static bool check(dataset *data, const char *name, const dataset_options *o, bool is_named, dataset_error *error)
{
    if (!is_named) name = data->source;
    if (o->most > 0 && data->samples > o->most) data->samples = o->most;
    if (o->inputs > 0 && data->inputs != o->inputs)
        return dataset_fail(error, _("%s: %zu inputs, where %zu are expected"), name, data->inputs, o->inputs);
    if (o->classes == NULL && o->outputs > 0 && data->classes > 0)
        return dataset_fail(error, _("%s: classes, where %zu numbers are expected as targets"), name, o->outputs);
    if (o->outputs > 0 && data->outputs > 0 && data->outputs != o->outputs)
        return dataset_fail(error, _("%s: %zu targets, where %zu are expected"), name, data->outputs, o->outputs);
    if (o->classes == NULL || !is_named || data->classes == 0) return true;
    return use_known_classes(data, name, o, error);
}

dataset *dataset_open(const char *name, const dataset_options *options, dataset_error *error)
{
    bool is_named;
    dataset *data = open_any(name, options, &is_named, error);
    if (data == NULL || check(data, name, options, is_named, error)) return data;
    dataset_free(data);
    return NULL;
}

const char *dataset_test_name(const char *name)
{
    for (size_t k = 0; k + 1 < FETCHED_SETS; k += 2)
        if (strcmp(fetched_sets[k].name, name) == 0) return fetched_sets[k + 1].name;
    return NULL;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t k = 0; k < count && texts != NULL; k++) free(texts[k]);
    free(texts);
}

void dataset_free(dataset *data)
{
    if (data == NULL) return;
    free_texts(data->columns, data->inputs);
    free_texts(data->targets, data->outputs);
    free_texts(data->labels, data->classes);
    free(data->x);
    free(data->y);
    free(data->label);
    free(data->number);
    free(data->source);
    free(data);
}
