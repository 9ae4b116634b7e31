/* SPDX-License-Identifier: MIT */
/* What `chainrule train` says for reading. */
#include "command.h"
#include "print.h"
#include "train.h"

#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------- start */

/* "  name      text", wrapped; frees the text. */
static void put_field(const char *name, char *text)
{
    enum { AT = 12 };
    printf("  %-*s", AT - 2, name);
    put_wrapped(stdout, text, AT, AT);
    putchar('\n');
    free(text);
}

static char *method_text(const training *r)
{
    char rate[NUMBER_SIZE], l2[NUMBER_SIZE];
    draft t;
    const nn_options *o = nn_trainer_options(r->t.model.trainer);
    draft_begin(&t);
    fprintf(t.to, "%s, rate %s", nn_method_name(o->method), show_number(rate, o->rate, 4));
    if (r->schedule.kind != SCHEDULE_CONSTANT) {
        char *how = schedule_text(&r->schedule);
        fprintf(t.to, " (%s)", how);
        free(how);
    }
    fprintf(t.to, ", batch %zu", o->batch);
    if (o->l2 > 0) fprintf(t.to, ", l2 %s", show_number(l2, o->l2, 4));
    fprintf(t.to, ", seed %llu", (unsigned long long)o->seed);
    return draft_done(&t);
}

static char *samples_text(const material *m)
{
    char *trained_on = count_text(m->parts.training.count), *validation = count_text(m->parts.validation.count),
         *tests = count_text(material_tests(m));
    char *text = formatted("%s for training, %s for validation, %s for the test", trained_on, validation, tests);
    free(trained_on);
    free(validation);
    free(tests);
    return text;
}

void train_print_start(const training *r)
{
    const nn_mlp *net = r->t.model.net;
    char *layers = trained_layers(net), *parameters = count_text(nn_parameters(net).count);
    put_wrapped(stdout, r->m.data->source, 0, 2);
    putchar('\n');
    put_field("samples", samples_text(&r->m));
    put_field("network", formatted("%s; %s parameters", layers, parameters));
    put_field("cost", copied(nn_cost_name(nn_mlp_shape(net)->cost)));
    put_field("method", method_text(r));
    fflush(stdout);
    free(layers);
    free(parameters);
}

/* ------------------------------------------------------------------------------------------- end */

static void put_reason(FILE *to, const training *r, size_t epochs, size_t of)
{
    switch (r->end) {
    case TRAIN_ALL_EPOCHS: fprintf(to, "%zu epochs", epochs); break;
    case TRAIN_NO_PROGRESS:
        fprintf(to, "stopped after epoch %zu of %zu, because for %zu epochs nothing was better", epochs, of,
                nn_trainer_options(r->t.model.trainer)->patience);
        break;
    case TRAIN_GOAL: fprintf(to, "the goal was reached in epoch %zu of %zu", epochs, of); break;
    case TRAIN_STOPPED:
        if (epochs < of) fprintf(to, "stopped in epoch %zu of %zu", epochs + 1, of);
        else fprintf(to, "stopped after epoch %zu", of);
    }
}

/* Wrapped, on lines of its own; frees the text. */
static void put_sentence(char *text)
{
    put_wrapped(stdout, text, 0, 2);
    putchar('\n');
    free(text);
}

void train_print_end(const training *r)
{
    char seconds[NUMBER_SIZE];
    double cost;
    draft t;
    const size_t epochs = r->history.count > 0 ? r->history.epochs[r->history.count - 1].epoch : 0;
    const size_t best = nn_best_epoch(r->t.model.trainer, &cost);
    draft_begin(&t);
    put_reason(t.to, r, epochs, nn_trainer_options(r->t.model.trainer)->epochs);
    fprintf(t.to, " (%s s)", show_number(seconds, r->seconds, 2));
    if (best > 0)
        fprintf(t.to, "; the best was epoch %zu, with a %s cost of %.4g", best,
                r->m.parts.validation.count > 0 ? "validation" : "training", cost);
    putchar('\n');
    put_sentence(draft_done(&t));
}

/* A word for the shell: as it is where that is safe, else in quotes. */
static char *quoted(const char *word)
{
    draft t;
    if (*word != '\0' &&
        word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=,")] == '\0')
        return copied(word);
    draft_begin(&t);
    fputc('\'', t.to);
    for (; *word != '\0'; word++)
        if (*word == '\'') fputs("'\\''", t.to);
        else fputc(*word, t.to);
    fputc('\'', t.to);
    return draft_done(&t);
}

void train_print_use(const training *r)
{
    char *path = quoted(r->path);
    putchar('\n');
    if (r->old_model == NULL) put_sentence(formatted("The model is in %s. Next:", r->path));
    else put_sentence(formatted("The model is in %s, the one that was there in %s. Next:", r->path, r->old_model));
    if (r->end == TRAIN_STOPPED) printf("  chainrule train --resume %-22s  goes on where it stopped\n", path);
    printf("  chainrule predict %-29s  %s\n", path,
           material_tests(&r->m) > 0 ? "on the samples for the test" : "on the training samples");
    printf("  chainrule info %-32s  looks inside\n", path);
    free(path);
}
