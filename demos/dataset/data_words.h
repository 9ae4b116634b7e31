/* SPDX-License-Identifier: MIT */
/* The options that data were read with, as notes of a model: "option --label=species". */
#ifndef DEMOS_DATA_WORDS_H
#define DEMOS_DATA_WORDS_H

#include "dataset.h"
#include "notes.h"

void data_words_note(notes *n, const dataset_options *options);

/* Reads them again. Texts stay those of the notes. False: a note is no such option. */
bool data_words_read(const notes *n, dataset_options *options);

#endif
