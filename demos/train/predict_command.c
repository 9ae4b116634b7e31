/* SPDX-License-Identifier: MIT */
/* `chainrule predict`: what a saved model says of samples. */
#include "command.h"
#include "dataset_argp.h"
#include "dataset_message.h"
#include "display_argp.h"
#include "language.h"
#include "outcome_print.h"
#include "picture_argp.h"
#include "plots.h"
#include "predict.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Says what a saved model predicts for samples: the class and its probability, or numbers.\n"
    "\v"
    "DATA is a name that `chainrule data list' knows, or a file: CSV or IDX, plain or gzipped; - is standard input. A "
    "file may have labels or targets, which the predictions are then compared with, or just the inputs. Without DATA, "
    "the samples are those that were kept for the test when the model was trained. Inputs are scaled as the model "
    "asks for.\n"
    "\n"
    "Examples (with a model of chainrule train):\n"
    "  chainrule predict digits.model\n"
    "  chainrule predict digits.model --format=summary --mistakes=mistakes.png\n"
    "  chainrule predict digits.model digits --limit=5 --all\n"
    "  chainrule predict iris.model new.csv --format=table\n"
    "  echo 5.1,3.5,1.4,0.2 | chainrule predict iris.model -\n"
    "\n"
    "Exit codes: 0 all went well; 1 data or a model are missing or wrong, or something could not be written; 2 the "
    "command was called wrongly.\n";

enum { KEY_FORMAT = 256, KEY_ALL };

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "FORMAT", 0,
     "csv (default; how many are right is said on standard error), table, summary (only how good the predictions are) "
     "or json",
     1},
    {"all", KEY_ALL, NULL, 0, "Print what the model gives for every class", 1},
    {NULL, 0, NULL, 0, PICTURES_HEADING, PICTURES},
    {0}};

typedef enum format { FORMAT_CSV, FORMAT_TABLE, FORMAT_SUMMARY, FORMAT_JSON } format;

typedef struct settings {
    format format;
    bool all;
    const char *model, *data;
    dataset_options how;
    picture_options pictures;
} settings;

static void choose_format(settings *s, const char *name, struct argp_state *state)
{
    static const char *const names[] = {"csv", "table", "summary", "json"};
    for (size_t k = 0; k < 4; k++)
        if (strcmp(names[k], name) == 0) {
            s->format = (format)k;
            return;
        }
    argp_error(state, "--format=%s: expected csv, table, summary or json", name);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &s->how;
        state->child_inputs[1] = &s->pictures;
        return 0;
    case KEY_FORMAT: choose_format(s, argument, state); return 0;
    case KEY_ALL: s->all = true; return 0;
    case ARGP_KEY_ARG:
        if (s->model == NULL) s->model = argument;
        else if (s->data == NULL) s->data = argument;
        else argp_error(state, "'%s' is one name too many", argument);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which model?"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ------------------------------------------------------------------------------------------ data */

/* Whether columns have names of their own, not just x1, x2, ... */
static bool is_named(const char *column, size_t k)
{
    char *usual = formatted("x%zu", k + 1);
    const bool differs = strcmp(usual, column) != 0;
    free(usual);
    return differs;
}

/* How the training chose its columns, for somebody who seems to choose others now. */
static void remind_of_options(const trained *t)
{
    static const char *const kinds[] = {"--label=", "--target=", "--ignore="};
    size_t at = 0;
    draft d;
    const char *option;
    draft_begin(&d);
    while ((option = notes_find(&t->notes, "option", &at)) != NULL)
        for (size_t k = 0; k < 3; k++)
            if (strncmp(option, kinds[k], strlen(kinds[k])) == 0) fprintf(d.to, " %s", option);
    char *all = draft_done(&d);
    if (*all != '\0') complain("the training read its data with%s", all);
    free(all);
}

/* Columns in another order than the model has learnt would go unnoticed. */
static void check_columns(const trained *t, const dataset *d, const char *name)
{
    char shown[SHOWN_SIZE], expected[SHOWN_SIZE];
    size_t at = 0;
    const char *input;
    for (size_t k = 0; k < d->inputs && (input = notes_find(&t->notes, "input", &at)) != NULL; k++) {
        if (!is_named(input, k) || !is_named(d->columns[k], k) || strcmp(input, d->columns[k]) == 0) continue;
        complain("%s: input %zu is '%s', but the model was trained on '%s' there", name, k + 1,
                 show_text(shown, d->columns[k]), show_text(expected, input));
        remind_of_options(t);
        exit(CODE_DATA);
    }
}

static void open_new(const trained *t, const settings *s, material *m)
{
    dataset_error error;
    double *shift, *scale;
    dataset_options how = s->how;
    how.inputs = nn_mlp_width(t->model.net, 0);
    how.classes = (const char *const *)t->model.labels;
    how.class_count = t->model.label_count;
    how.outputs = trained_has_classes(t) ? 0 : trained_outputs(t);
    how.may_lack_targets = true;
    if (!material_open(m, s->data, &how, &error)) {
        complain("%s", error.message);
        if (strstr(error.message, "column") != NULL) remind_of_options(t);
        exit(CODE_DATA);
    }
    check_columns(t, m->data, s->data);
    if (m->data->y != NULL && trained_target_scaling(t, &shift, &scale)) {
        material_scale_targets(m, shift, scale);
        free(shift);
        free(scale);
    }
    if (m->data->label == NULL && m->data->y == NULL) dataset_scale(m->data, t->model.shift, t->model.scale);
    else if (!material_prepare(m, t->model.shift, t->model.scale, t->model.net, &error))
        die(CODE_DATA, "%s: %s", s->data, error.message);
}

/* ------------------------------------------------------------------------------------- main path */

static void check_pictures(const settings *s, const trained *t, const dataset *d)
{
    const char *why;
    const picture_options *p = &s->pictures;
    picture_options_check(p);
    if (p->boundary != NULL && !plot_boundary_is_possible(t, &why)) die(CODE_DATA, "--boundary: %s", why);
    if (p->mistakes != NULL && d->image_width == 0) die(CODE_DATA, "--mistakes: the samples are not images");
    if (p->mistakes != NULL && d->label == NULL) die(CODE_DATA, "--mistakes: the samples have no labels");
}

static bool draw_pictures(const settings *s, const trained *t, const outcome *o)
{
    bool good = true;
    const picture_options *p = &s->pictures;
    if (p->boundary != NULL) good = plot_boundary(p->boundary, t, o->data) && good;
    if (p->mistakes != NULL) good = plot_mistakes(p->mistakes, o) && good;
    return good;
}

/* One line, for people, beside what programs read. */
static void say_score(const outcome *o)
{
    fflush(stdout);
    if (!o->has_answers) return;
    if (o->predicted != NULL)
        fprintf(stderr, "%zu of %zu right (%.2f %%)\n", o->correct, o->samples,
                100 * (double)o->correct / (double)o->samples);
    else fprintf(stderr, "mean error %.4g, root of the mean square %.4g\n", o->mean_error, o->root_mean_square);
}

static void print(const settings *s, const outcome *o, const char *what)
{
    switch (s->format) {
    case FORMAT_CSV:
        predict_print_csv(o, s->all);
        say_score(o);
        return;
    case FORMAT_JSON: predict_print_json(o, s->model, s->all); return;
    case FORMAT_TABLE: predict_print_table(o, s->all); break;
    case FORMAT_SUMMARY:
        if (!o->has_answers)
            die(CODE_DATA, "--format=summary: the samples have no %s to compare predictions with",
                trained_has_classes(o->model) ? "labels" : "targets");
    }
    if (o->has_answers) outcome_print(stdout, o, what);
}

static int predict(const settings *s)
{
    material m;
    trained t = trained_load(s->model);
    material_view view;
    if (s->data == NULL) {
        trained_material(&t, NULL, &m);
        view = material_judged(&m);
    } else {
        open_new(&t, s, &m);
        view = (material_view){m.data, dataset_all(m.data), ""};
    }
    check_pictures(s, &t, view.data);
    trained_use_best(&t);
    outcome o = outcome_of(&t, view.data, view.part);
    print(s, &o, view.what);
    const bool good = draw_pictures(s, &t, &o);
    outcome_free(&o);
    material_free(&m);
    trained_free(&t);
    return good ? CODE_OK : CODE_DATA;
}

int predict_command(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&dataset_argp, 0, NULL, 0}, {&sample_picture_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "MODEL [DATA]", doc, children, NULL, LANGUAGE_DOMAIN};
    settings s = {.model = NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    return predict(&s);
}
