/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "info.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

enum { AT = 14 };

/* "  name        text", wrapped; frees the text. */
static void put_field(const char *name, char *text)
{
    printf("  %-*s", AT - 2, name);
    put_wrapped(stdout, text, AT, AT);
    putchar('\n');
    free(text);
}

/* ------------------------------------------------------------------------------------ the network */

static char *parameters_text(const nn_mlp *net)
{
    char *all = count_text(nn_parameters(net).count), *weights = count_text(nn_all_weights(net).count);
    char *text = formatted("%s, of which %s are weights", all, weights);
    free(all);
    free(weights);
    return text;
}

/* Names with commas between, as many as make a few lines. */
static char *names_text(const char *const *names, size_t count)
{
    enum { MOST = 200 };
    draft t;
    size_t used = 0, k = 0;
    draft_begin(&t);
    for (; k < count && used < MOST; k++) {
        fprintf(t.to, "%s%s", k > 0 ? ", " : "", names[k]);
        used += width_of(names[k]) + 2;
    }
    if (k < count) fprintf(t.to, ", ... (%zu in all)", count);
    return draft_done(&t);
}

static void put_names(const trained *t, const char *name, const char *word)
{
    const char **names = resized(NULL, t->notes.count, sizeof *names), *found;
    size_t count = 0;
    for (size_t at = 0; (found = notes_find(&t->notes, word, &at)) != NULL;) names[count++] = found;
    if (count > 0) put_field(name, names_text(names, count));
    free(names);
}

static char *scaling_text(const trained *t)
{
    char shift[NUMBER_SIZE], scale[NUMBER_SIZE];
    const nn_model *m = &t->model;
    const char *note = notes_find(&t->notes, "scaling", NULL);
    bool all_the_same = true;
    if (m->shift == NULL) return copied("none: inputs as they are");
    for (size_t k = 1; k < nn_mlp_width(m->net, 0); k++)
        all_the_same = all_the_same && m->shift[k] == m->shift[0] && m->scale[k] == m->scale[0];
    if (!all_the_same) return formatted("%s, for each input on its own", note != NULL ? note : "(x - shift) * scale");
    return formatted("(x - %s) * %s%s%s", show_number(shift, m->shift[0], 4), show_number(scale, m->scale[0], 4),
                     note != NULL ? ", " : "", note != NULL ? note : "");
}

/* ----------------------------------------------------------------------------------- the training */

static char *data_text(const trained_data *d)
{
    char *training = count_text(d->training), *validation = count_text(d->validation), *test = count_text(d->test);
    char *text = formatted("%s: %s samples for training, %s for validation, %s for the test", d->name, training,
                           validation, test);
    free(training);
    free(validation);
    free(test);
    return text;
}

static char *method_text(const trained *t)
{
    char rate[NUMBER_SIZE], l2[NUMBER_SIZE];
    draft text;
    const nn_options *o = nn_trainer_options(t->model.trainer);
    const char *schedule = notes_find(&t->notes, "schedule", NULL), *init = notes_find(&t->notes, "init", NULL);
    draft_begin(&text);
    fprintf(text.to, "%s, rate %s", nn_method_name(o->method), show_number(rate, o->rate, 4));
    if (schedule != NULL) fprintf(text.to, " (%s)", schedule);
    fprintf(text.to, ", batch %zu", o->batch);
    if (o->l2 > 0) fprintf(text.to, ", l2 %s", show_number(l2, o->l2, 4));
    fprintf(text.to, ", seed %llu", (unsigned long long)o->seed);
    if (init != NULL) fprintf(text.to, ", start %s", init);
    return draft_done(&text);
}

static char *epochs_text(const trained *t, const trained_data *d)
{
    const nn_trainer *trainer = t->model.trainer;
    const nn_options *o = nn_trainer_options(trainer);
    char *steps = count_text((size_t)nn_trainer_steps(trainer)), *text;
    const size_t batches = d->training > 0 ? (d->training - 1) / o->batch + 1 : 0;
    if (batches == 0) text = formatted("%s steps", steps);
    else {
        const uint64_t done = nn_trainer_steps(trainer) / batches;
        const bool is_between = nn_trainer_steps(trainer) % batches != 0;
        text = formatted("%llu of %zu%s, %s steps", (unsigned long long)done, o->epochs,
                         is_between ? " and a part of the next" : "", steps);
    }
    free(steps);
    return text;
}

static void put_training(const trained *t)
{
    trained_data d = {.name = NULL};
    double cost;
    if (trained_find_data(t, &d)) put_field("data", data_text(&d));
    if (t->model.trainer == NULL) {
        put_field("training", copied("the file has nothing that training further would need"));
        return;
    }
    put_field("method", method_text(t));
    put_field("epochs", epochs_text(t, &d));
    const size_t best = nn_best_epoch(t->model.trainer, &cost);
    if (best > 0)
        put_field("best epoch", formatted("%zu, with a %s cost of %.4g: it is what predict uses, and what is below",
                                          best, d.validation > 0 ? "validation" : "training", cost));
}

/* -------------------------------------------------------------------------------------- the layers */

static void add_row(table *layers, char *layer, const char *what, spread s)
{
    table_add(layers, (char *[]){layer, copied(what), formatted("%zu", s.count), number_cell(s.mean, 3),
                                 number_cell(s.deviation, 3), number_cell(s.least, 3), number_cell(s.most, 3)});
}

static void put_layers(const nn_mlp *net)
{
    static const char *const heads[] = {"layer", "", "count", "mean", "deviation", "least", "most"};
    static const bool is_number[] = {false, false, true, true, true, true, true};
    table layers = {.columns = 7, .heads = heads, .is_number = is_number, .wrapped = 7};
    const nn_shape *shape = nn_mlp_shape(net);
    for (size_t l = 1; l <= shape->depth; l++) {
        const nn_layer *layer = &shape->layers[l - 1];
        char *name = formatted("%zu: %zu - %zu %s%s", l, nn_mlp_width(net, l - 1), layer->width,
                               nn_activation_name(layer->activation), layer->skip > 0 ? ", skip" : "");
        add_row(&layers, name, "weights", spread_of(nn_weights(net, l)));
        if (!layer->no_bias) add_row(&layers, copied(""), "biases", spread_of(nn_biases(net, l)));
    }
    putchar('\n');
    table_print(&layers, stdout);
}

void info_print_text(const trained *t, const char *path)
{
    size_t width, height;
    const nn_mlp *net = t->model.net;
    printf("%s%s%s\n", start_of(COLOUR_HEADING), path, end_of(COLOUR_HEADING));
    put_field("network", trained_layers(net));
    put_field("cost", copied(nn_cost_name(nn_mlp_shape(net)->cost)));
    put_field("parameters", parameters_text(net));
    put_field("scaling", scaling_text(t));
    put_names(t, "inputs", "input");
    if (trained_image_size(t, &width, &height)) put_field("images", formatted("%zu x %zu pixels", width, height));
    if (trained_has_classes(t))
        put_field("classes", names_text((const char *const *)t->model.labels, t->model.label_count));
    put_names(t, "targets", "target");
    put_training(t);
    put_layers(net);
}
