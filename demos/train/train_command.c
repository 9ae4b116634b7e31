/* SPDX-License-Identifier: MIT */
/* `chainrule train`: options, and the order of what happens. */
#include "command.h"
#include "data_words.h"
#include "dataset_argp.h"
#include "display_argp.h"
#include "language.h"
#include "option.h"
#include "outcome_print.h"
#include "plots.h"
#include "replace.h"
#include "train.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Trains a network on a data set or a file (default: digits), saves it, and says how good it is on samples that it "
    "has not seen.\n"
    "\v"
    "DATA is a name that `chainrule data list' knows, or a file: CSV or IDX, plain or gzipped; - is standard input. "
    "Classes or numbers to learn, widths, activations and cost follow from the data unless options say otherwise. The "
    "samples are shuffled by the seed and parted into training, validation and test. Each epoch goes once through the "
    "training samples; the epoch with the least cost on the validation samples is the best, and what the network "
    "then was is what it is used as. The same command gives the same model, to the last bit.\n"
    "\n"
    "Ctrl-C finishes the batch, saves the model, and says how to go on: with --resume, and it comes out as if nothing "
    "had happened. Of the other options only --epochs, --patience, --goal, -o and those of pictures go with --resume.\n"
    "\n"
    "Examples:\n"
    "  chainrule train\n"
    "  chainrule train moons --hidden=16,16 --boundary=moons.png --curves=moons.svg\n"
    "  chainrule train xor --hidden=3 --activation=sigmoid --goal=0.01 --seeds=20\n"
    "  chainrule train digits --activation=relu --schedule=cosine\n"
    "  chainrule train digits -o d.model --mistakes=mistakes.png --weights=w.png\n"
    "\n"
    "With files of yours, and MNIST (chainrule data fetch mnist):\n"
    "  chainrule train iris.csv --label=species -o iris.model\n"
    "  chainrule train houses.csv --target=price --ignore=id,street --patience=20\n"
    "  chainrule train mnist --hidden=100 --epochs=30 --l2=0.0001\n"
    "  chainrule train --resume mnist.model\n"
    "\n"
    "Exit codes: 0 all went well; 1 data or a model are missing or wrong, a number was not finite, or something could "
    "not be written; 2 the command was called wrongly; 130 stopped by Ctrl-C, 143 by SIGTERM, with the model saved.\n";

enum { KEY_RESUME = 256, KEY_SEEDS, KEY_JSON };

static const struct argp_option options[] = {
    {"save", 'o', "MODEL", 0, "Save the model there (default: the name of the data, and .model)", 1},
    {"resume", KEY_RESUME, "MODEL", 0, "Go on with the training of a model", 1},
    {"seeds", KEY_SEEDS, "N", 0, "Train for N seeds, from --seed up, save nothing, and say how that went", 1},
    {"quiet", 'q', NULL, 0, "Print nothing but errors", 1},
    {"json", KEY_JSON, NULL, 0, "Print everything as JSON at the end", 1},
    {NULL, 0, NULL, 0, PICTURES_HEADING, PICTURES},
    {0}};

/* --------------------------------------------------------------------------------------- options */

static bool has_data_options(const dataset_options *o)
{
    notes words = {NULL, 0, 0};
    data_words_note(&words, o);
    const bool has_some = words.count > 0;
    notes_free(&words);
    return has_some;
}

static void check(const train_settings *s, struct argp_state *state)
{
    const char *fixed = s->network.first != NULL ? s->network.first : s->training.first;
    if (s->resume != NULL && fixed != NULL)
        argp_error(state, "--%s cannot change when a training goes on: --resume takes it as it was", fixed);
    if (s->resume != NULL && has_data_options(&s->how))
        argp_error(state,
                   "the data cannot be read otherwise when a training goes on: --resume takes them as they were");
    if (s->seeds > 0 && (s->resume != NULL || s->output != NULL || s->has_json))
        argp_error(state, "--seeds excludes --resume, -o and --json");
    const picture_options *p = &s->pictures;
    if (s->seeds > 0 && (p->curves != NULL || p->weights != NULL || p->boundary != NULL || p->mistakes != NULL))
        argp_error(state, "--seeds draws no pictures");
}

static void begin_children(struct argp_state *state, train_settings *s)
{
    state->child_inputs[0] = &s->how;
    state->child_inputs[1] = &s->network;
    state->child_inputs[2] = &s->training;
    state->child_inputs[3] = state->child_inputs[4] = &s->pictures;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    train_settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: begin_children(state, s); return 0;
    case 'o': s->output = argument; return 0;
    case KEY_RESUME: s->resume = argument; return 0;
    case KEY_SEEDS: s->seeds = option_count(state, "seeds", argument, 1); return 0;
    case 'q': s->is_quiet = true; return 0;
    case KEY_JSON: s->has_json = true; return 0;
    case ARGP_KEY_ARG:
        if (s->data != NULL) argp_error(state, "'%s': there is '%s' to train on already", argument, s->data);
        s->data = argument;
        return 0;
    case ARGP_KEY_END: check(s, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -------------------------------------------------------------------------------------- pictures */

/* Before the training, because afterwards it would be a pity. */
static void check_outputs(const training *r)
{
    const char *why, *hindrance = replace_hindrance(r->path);
    const picture_options *p = &r->s->pictures;
    if (hindrance != NULL) die(CODE_DATA, "%s: %s", r->path, hindrance);
    picture_options_check(p);
    if (p->boundary != NULL && !plot_boundary_is_possible(&r->t, &why)) die(CODE_DATA, "--boundary: %s", why);
    if (p->mistakes != NULL && r->m.data->image_width == 0) die(CODE_DATA, "--mistakes: the samples are not images");
}

static bool draw_pictures(const training *r, const outcome *o)
{
    const picture_options *p = &r->s->pictures;
    bool good = true;
    if (p->curves != NULL) good = plot_curves(p->curves, &r->t, &r->history) && good;
    if (p->weights != NULL) good = plot_weights(p->weights, &r->t) && good;
    if (p->boundary != NULL) good = plot_boundary(p->boundary, &r->t, r->m.data) && good;
    if (p->mistakes != NULL) good = plot_mistakes(p->mistakes, o) && good;
    return good;
}

/* ------------------------------------------------------------------------------------- main path */

static void start(training *r)
{
    const train_settings *s = r->s;
    const bool prints = !s->is_quiet && !s->has_json;
    if (s->resume != NULL) train_resume(r);
    else train_begin(r);
    r->path = s->output != NULL ? copied(s->output) : s->resume != NULL ? copied(s->resume) : train_path(r->m.name);
    r->keeps_old_model = s->output == NULL && s->resume == NULL;
    check_outputs(r);
    const nn_options *o = nn_trainer_options(r->t.model.trainer);
    FILE *const live = s->is_quiet ? NULL : s->has_json ? stderr : stdout;
    r->progress = progress_new(prints ? stdout : NULL, live, o->epochs, r->m.parts.training.count);
    r->progress.has_classes = trained_has_classes(&r->t);
    r->progress.has_validation = r->m.parts.validation.count > 0;
    r->progress.has_l2 = o->l2 > 0;
    if (prints) train_print_start(r);
}

/* What there is to say about the finished network; the exit code. */
static int finish(training *r)
{
    const train_settings *s = r->s;
    const bool prints = !s->is_quiet && !s->has_json;
    const material_view view = material_judged(&r->m);
    trained_use_best(&r->t);
    outcome o = outcome_of(&r->t, view.data, view.part);
    if (prints) {
        outcome_print(stdout, &o, view.what);
        train_print_use(r);
    }
    if (s->has_json) train_print_json(r, &o);
    const int code = draw_pictures(r, &o) ? CODE_OK : CODE_DATA;
    outcome_free(&o);
    return code;
}

static int train(const train_settings *s)
{
    enum { SIGNALLED = 128 };
    training r = {.s = s};
    int code = CODE_DATA;
    start(&r);
    if (train_run(&r)) {
        train_save(&r);
        if (!s->is_quiet && !s->has_json) train_print_end(&r);
        if (r.end != TRAIN_STOPPED) code = finish(&r);
        else {
            if (s->has_json) train_print_json(&r, NULL);
            else if (!s->is_quiet) train_print_use(&r);
            code = SIGNALLED + r.signal;
        }
    }
    train_free(&r);
    return code;
}

int train_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&dataset_argp, 0, NULL, 0},
                                                 {&network_argp, 0, NULL, 0},
                                                 {&training_argp, 0, NULL, 0},
                                                 {&model_picture_argp, 0, NULL, 0},
                                                 {&sample_picture_argp, 0, NULL, 0},
                                                 {&display_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {options, parse, "[DATA]", doc, children, NULL, LANGUAGE_DOMAIN};
    train_settings s = {.data = NULL};
    s.network.output = s.network.cost = s.network.init = s.training.method = s.training.scaling = -1;
    s.training.validation = s.training.test = -1;
    s.training.seed = 1;
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    if (s.seeds == 0) return train(&s);
    train_seeds(&s);
    return CODE_OK;
}
