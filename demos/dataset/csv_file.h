/* SPDX-License-Identifier: MIT */
/* Data from CSV. */
#ifndef DEMOS_CSV_FILE_H
#define DEMOS_CSV_FILE_H

#include "stream.h"

/* Reads a data set from the stream, which stays the caller's; NULL on an error. */
dataset *csv_read(stream *from, const dataset_options *options, dataset_error *error);

#endif
