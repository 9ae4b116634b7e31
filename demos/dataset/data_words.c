/* SPDX-License-Identifier: MIT */
#include "data_words.h"
#include "dataset_argp.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

enum { EXACT = 15 };

static void note_text(notes *n, const char *option, const char *text)
{
    if (text != NULL) notes_add(n, "option", "--%s=%s", option, text);
}

static void note_whole(notes *n, const char *option, uint64_t value)
{
    if (value > 0) notes_add(n, "option", "--%s=%llu", option, (unsigned long long)value);
}

void data_words_note(notes *n, const dataset_options *o)
{
    char shown[NUMBER_SIZE];
    const char delimiter[] = {o->delimiter, '\0'};
    if (o->delimiter != '\0')
        note_text(n, "delimiter", o->delimiter == '\t' ? "tab" : o->delimiter == ' ' ? "space" : delimiter);
    if (o->header != DATASET_HEADER_AUTO) note_text(n, "header", o->header == DATASET_HEADER ? "yes" : "no");
    note_text(n, "label", o->label);
    note_text(n, "target", o->targets);
    note_text(n, "ignore", o->ignore);
    note_text(n, "labels", o->labels_path);
    note_whole(n, "limit", o->most);
    note_whole(n, "samples", o->samples);
    if (o->has_noise) note_text(n, "noise", show_number(shown, o->noise, EXACT));
    note_whole(n, "data-seed", o->seed);
}

bool data_words_read(const notes *n, dataset_options *options)
{
    char **words = resized(NULL, n->count + 2, sizeof *words);
    int count = 0;
    const char *word;
    words[count++] = copied("");
    for (size_t at = 0; (word = notes_find(n, "option", &at)) != NULL;) words[count++] = (char *)word;
    words[count] = NULL;
    *options = (dataset_options){0};
    int end = 0;
    const error_t error = argp_parse(&dataset_argp, count, words, ARGP_SILENT, &end, options);
    free(words[0]);
    free(words);
    return error == 0 && end == count;
}
