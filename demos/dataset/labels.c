/* SPDX-License-Identifier: MIT */
#include "labels.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"
#include "number.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) die(CODE_DATA, _("out of memory"))
#include <uthash.h>

enum { LONGEST_LABEL = 255 };

typedef struct entry {
    char *label;
    size_t class;
    double number; /* that the label is, where it is one */
    bool is_number;
    UT_hash_handle hh;
} entry;

struct class_labels {
    entry *by_label;
    entry **entries; /* by class */
    size_t count;
    bool are_known;
};

static entry *add(class_labels *l, const char *label)
{
    entry *e = resized(NULL, 1, sizeof *e);
    *e = (entry){.label = copied(label), .class = l->count};
    e->is_number = read_number(label, &e->number);
    l->entries = resized(l->entries, l->count + 1, sizeof(entry *));
    l->entries[l->count++] = e;
    HASH_ADD_KEYPTR(hh, l->by_label, e->label, strlen(e->label), e);
    return e;
}

class_labels *labels_new(const char *const *known, size_t count)
{
    class_labels *l = resized(NULL, 1, sizeof *l);
    *l = (class_labels){.are_known = known != NULL};
    for (size_t k = 0; k < count; k++) add(l, known[k]);
    return l;
}

void labels_free(class_labels *l)
{
    if (l == NULL) return;
    HASH_CLEAR(hh, l->by_label);
    for (size_t k = 0; k < l->count; k++) {
        free(l->entries[k]->label);
        free(l->entries[k]);
    }
    free(l->entries);
    free(l);
}

/* ------------------------------------------------------------------------------------------- finding */

static const entry *of_same_number(const class_labels *l, const char *label)
{
    double number;
    if (!read_number(label, &number)) return NULL;
    for (size_t k = 0; k < l->count; k++)
        if (l->entries[k]->is_number && l->entries[k]->number == number) return l->entries[k];
    return NULL;
}

/* The first few labels, for a message. */
static char *some_labels(const class_labels *l)
{
    enum { FEW = 5 };
    char shown[SHOWN_SIZE];
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < l->count && k < FEW; k++)
        fprintf(t.to, "%s%s", k > 0 ? ", " : "", show_text(shown, l->entries[k]->label));
    if (l->count > FEW) fputs(", ...", t.to);
    return draft_done(&t);
}

static bool unknown(const class_labels *l, const char *label, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    char *some = some_labels(l);
    dataset_fail(error, _("the class '%s' is unknown (expected one of: %s)"), show_text(shown, label), some);
    free(some);
    return false;
}

static bool may_be_added(const class_labels *l, const char *label, dataset_error *error)
{
    char shown[SHOWN_SIZE];
    if (*label == '\0') return dataset_fail(error, _("the label is missing"));
    if (!is_plain_text(label))
        return dataset_fail(error, _("the label '%s' has characters that are not printable UTF-8"),
                            show_text(shown, label));
    if (strlen(label) > LONGEST_LABEL)
        return dataset_fail(error, _("the label '%s' has more than %d bytes"), show_text(shown, label), LONGEST_LABEL);
    if (l->count < MOST_CLASSES) return true;
    return dataset_fail(error, _("more than %d different labels: are they numbers to be learnt, not classes?"),
                        MOST_CLASSES);
}

bool labels_find(class_labels *l, const char *label, size_t *class, dataset_error *error)
{
    entry *e;
    HASH_FIND_STR(l->by_label, label, e);
    if (e != NULL) {
        *class = e->class;
        return true;
    }
    if (!l->are_known) {
        if (!may_be_added(l, label, error)) return false;
        *class = add(l, label)->class;
        return true;
    }
    if (*label == '\0') return dataset_fail(error, _("the label is missing"));
    const entry *same = of_same_number(l, label);
    if (same == NULL) return unknown(l, label, error);
    *class = same->class;
    return true;
}

/* ------------------------------------------------------------------------------------------- sorting */

static int by_number(const void *a, const void *b)
{
    const entry *x = *(entry *const *)a, *y = *(entry *const *)b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->label, y->label);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp((*(entry *const *)a)->label, (*(entry *const *)b)->label);
}

void labels_finish(class_labels *l, dataset *data)
{
    bool all_numbers = true;
    for (size_t k = 0; k < l->count; k++) all_numbers = all_numbers && l->entries[k]->is_number;
    if (!l->are_known && l->count > 0) qsort(l->entries, l->count, sizeof(entry *), all_numbers ? by_number : by_bytes);
    size_t *new_class = resized(NULL, l->count, sizeof *new_class);
    data->labels = resized(NULL, l->count, sizeof *data->labels);
    data->classes = l->count;
    for (size_t k = 0; k < l->count; k++) {
        new_class[l->entries[k]->class] = k;
        data->labels[k] = copied(l->entries[k]->label);
    }
    for (size_t s = 0; s < data->samples; s++) data->label[s] = new_class[data->label[s]];
    free(new_class);
}
