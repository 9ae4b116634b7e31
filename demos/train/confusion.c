/* SPDX-License-Identifier: MIT */
#include "confusion.h"
#include "command.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

size_t *confusion_counts(const outcome *o)
{
    const size_t classes = o->model->model.label_count;
    size_t *counts = resized(NULL, classes * classes, sizeof *counts);
    memset(counts, 0, classes * classes * sizeof *counts);
    for (size_t s = 0; s < o->samples; s++) counts[outcome_label(o, s) * classes + o->predicted[s]]++;
    return counts;
}

/* ------------------------------------------------------------------------------------ the matrix */

/* How a matrix is laid out: columns stand under labels or, where these are too wide, under letters. */
typedef struct layout {
    FILE *to;
    char *const *labels;
    size_t classes;
    const size_t *counts;
    bool has_letters;
    size_t head, cell; /* columns for a row's label and for a number */
} layout;

enum { INDENT = 2, RIGHT = 10, LONGEST_LABEL = 24 };

static size_t widest(const layout *l)
{
    size_t most = 0;
    for (size_t k = 0; k < l->classes; k++) {
        const size_t width = width_of(l->labels[k]);
        if (width > most) most = width;
    }
    return most;
}

static size_t digits_of_counts(const layout *l)
{
    size_t most = 0, digits = 1;
    for (size_t k = 0; k < l->classes * l->classes; k++)
        if (l->counts[k] > most) most = l->counts[k];
    for (; most >= 10; most /= 10) digits++;
    return digits;
}

/* False: it does not fit. */
static bool lay_out(layout *l)
{
    const size_t label = widest(l), digits = digits_of_counts(l);
    l->head = label < LONGEST_LABEL ? label : LONGEST_LABEL;
    l->cell = 2 + (label > digits ? label : digits);
    if (INDENT + l->head + l->classes * l->cell + RIGHT <= LINE_WIDTH) return true;
    l->has_letters = true;
    l->head += 2;
    l->cell = 2 + digits;
    return l->classes <= 26 && INDENT + l->head + l->classes * l->cell + RIGHT <= LINE_WIDTH;
}

/* Pads to `width` columns on the left or, negative, on the right. */
static void put_padded(FILE *to, const char *text, int width)
{
    const int space = abs(width) - (int)width_of(text);
    if (width > 0) fprintf(to, "%*s", space > 0 ? space : 0, "");
    fputs(text, to);
    if (width < 0) fprintf(to, "%*s", space > 0 ? space : 0, "");
}

static void put_heads(const layout *l)
{
    fprintf(l->to, "%s%*s", start_of(COLOUR_HEADING), (int)(INDENT + l->head), "");
    for (size_t k = 0; k < l->classes; k++) {
        const char letter[] = {(char)('a' + k % 26), '\0'};
        put_padded(l->to, l->has_letters ? letter : l->labels[k], (int)l->cell);
    }
    fprintf(l->to, "%*s%s\n", RIGHT, "right", end_of(COLOUR_HEADING));
}

static void put_row(const layout *l, size_t class)
{
    const size_t *counts = l->counts + class * l->classes, n = fitting(l->labels[class], LONGEST_LABEL);
    size_t all = 0;
    char *label = l->has_letters ? formatted("%c %.*s", (char)('a' + class), (int)n, l->labels[class])
                                 : formatted("%.*s", (int)n, l->labels[class]);
    fprintf(l->to, "%*s", INDENT, "");
    put_padded(l->to, label, -(int)l->head);
    for (size_t k = 0; k < l->classes; k++) {
        const colour c = k == class ? COLOUR_NUMBER : counts[k] > 0 ? COLOUR_WARNING : COLOUR_PLAIN;
        char *number = counts[k] > 0 ? formatted("%zu", counts[k]) : copied(".");
        fprintf(l->to, "%*s%s%s%s", (int)(l->cell - strlen(number)), "", start_of(c), number, end_of(c));
        free(number);
        all += counts[k];
    }
    if (all > 0) fprintf(l->to, "%*.1f %%", RIGHT - 2, 100 * (double)counts[class] / (double)all);
    fputc('\n', l->to);
    free(label);
}

/* -------------------------------------------------------------------------------------- the list */

typedef struct pair {
    size_t is, said, count;
} pair;

static int by_count(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    if (x->is != y->is) return x->is < y->is ? -1 : 1;
    return x->said < y->said ? -1 : 1;
}

static void print_pairs(const layout *l)
{
    enum { MOST = 10 };
    static const char *const heads[] = {"is", "taken for", "times"};
    static const bool is_number[] = {false, false, true};
    table t = {.columns = 3, .heads = heads, .is_number = is_number, .wrapped = 3};
    pair *pairs = resized(NULL, l->classes * l->classes, sizeof *pairs);
    size_t count = 0;
    for (size_t k = 0; k < l->classes * l->classes; k++)
        if (l->counts[k] > 0 && k / l->classes != k % l->classes)
            pairs[count++] = (pair){k / l->classes, k % l->classes, l->counts[k]};
    qsort(pairs, count, sizeof *pairs, by_count);
    for (size_t k = 0; k < count && k < MOST; k++)
        table_add(&t, (char *[]){copied(l->labels[pairs[k].is]), copied(l->labels[pairs[k].said]),
                                 formatted("%zu", pairs[k].count)});
    if (count > 0) {
        put_heading(l->to, count > MOST ? "The most frequent mistakes" : "The mistakes");
        table_print(&t, l->to);
    }
    free(pairs);
}

void confusion_print(FILE *to, const outcome *o)
{
    size_t *counts = confusion_counts(o);
    layout l = {.to = to, .labels = o->model->model.labels, .classes = o->model->model.label_count, .counts = counts};
    if (lay_out(&l)) {
        put_heading(to, "Confusion: in rows what it is, in columns what the network says");
        put_heads(&l);
        for (size_t k = 0; k < l.classes; k++) put_row(&l, k);
    } else print_pairs(&l);
    free(counts);
}

/* ----------------------------------------------------------------------------------- the mistakes */

static void print_wrong_classes(FILE *to, const outcome *o, const size_t *worst, size_t count)
{
    const bool has_probabilities = outcome_has_probabilities(o);
    const char *const heads[] = {"sample", "is", "taken for", has_probabilities ? "probability" : "output", "cost"};
    static const bool is_number[] = {true, false, false, true, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 5};
    char *const *labels = o->model->model.labels;
    for (size_t k = 0; k < count; k++) {
        const size_t s = worst[k];
        table_add(&t, (char *[]){formatted("%zu", outcome_number(o, s)), copied(labels[outcome_label(o, s)]),
                                 copied(labels[o->predicted[s]]), formatted("%.4f", o->confidence[s]),
                                 formatted("%.3f", o->cost[s])});
    }
    table_print(&t, to);
}

/* The output with the largest share in a sample's cost. */
static size_t worst_output(const outcome *o, size_t s)
{
    size_t worst = 0;
    double most = -1;
    for (size_t j = 0; j < o->outputs; j++) {
        const double scale = o->scale != NULL ? o->scale[j] : 1;
        const double error = (o->a[s * o->outputs + j] - outcome_target(o, s, j)) * scale;
        if (error * error > most) most = error * error, worst = j;
    }
    return worst;
}

static void print_wrong_numbers(FILE *to, const outcome *o, const size_t *worst, size_t count)
{
    static const char *const heads[] = {"sample", "output", "is", "predicted", "error"};
    static const bool is_number[] = {true, false, true, true, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 5};
    for (size_t k = 0; k < count; k++) {
        const size_t s = worst[k], j = worst_output(o, s);
        const double y = outcome_target(o, s, j), a = o->a[s * o->outputs + j];
        table_add(&t, (char *[]){formatted("%zu", outcome_number(o, s)),
                                 o->data->targets != NULL ? copied(o->data->targets[j]) : formatted("%zu", j + 1),
                                 number_cell(y, 4), number_cell(a, 4), number_cell(a - y, 4)});
    }
    table_print(&t, to);
}

void mistakes_print(FILE *to, const outcome *o, size_t most)
{
    size_t count;
    size_t *worst = outcome_worst(o, &count);
    const size_t shown = count < most ? count : most;
    if (shown > 0) {
        put_heading(to, o->predicted == NULL ? "The largest errors" : "The worst mistakes");
        (o->predicted != NULL ? print_wrong_classes : print_wrong_numbers)(to, o, worst, shown);
    }
    free(worst);
}
