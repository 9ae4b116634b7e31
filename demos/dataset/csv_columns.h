/* SPDX-License-Identifier: MIT */
/* What the columns of a CSV file are for, by the options of dataset_open. */
#ifndef DEMOS_CSV_COLUMNS_H
#define DEMOS_CSV_COLUMNS_H

#include "csv_rows.h"

typedef enum csv_role { CSV_INPUT, CSV_LABEL, CSV_TARGET, CSV_IGNORED } csv_role;

typedef struct csv_column {
    csv_role role;
    size_t target; /* which output it is, where the role is CSV_TARGET */
} csv_column;

typedef struct csv_columns {
    const char *file;         /* as messages call it */
    const char *const *names; /* of the header; NULL: none */
    size_t count, inputs, outputs;
    bool has_label;
    csv_column *at;
} csv_columns;

/* Fills in all but file, names and count, which are given; free `at` afterwards, in any case. */
bool csv_columns_choose(csv_columns *columns, const dataset_options *options, dataset_error *error);

/* Whether the first row is a header; `second` is the row below, or NULL. False on an error: it may be either. */
bool csv_find_header(const csv_row *first, const csv_row *second, const dataset_options *options, const char *file,
                     bool *is_header, dataset_error *error);

#endif
