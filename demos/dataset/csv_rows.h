/* SPDX-License-Identifier: MIT */
/* The rows of a CSV file (RFC 4180): cells with quotes around them where needed, lines that end in LF, CRLF or CR, a
 * byte order mark, blank lines between. Spaces around a cell without quotes are no part of it. */
#ifndef DEMOS_CSV_ROWS_H
#define DEMOS_CSV_ROWS_H

#include "stream.h"

typedef struct csv_row {
    size_t line; /* on which it begins, from 1 */
    size_t count;
    const char **cells;
} csv_row;

typedef struct csv_rows csv_rows;

/* The rows of a stream, which stays the caller's. delimiter 0: found out from the first two lines. NULL on an error. */
csv_rows *csv_rows_new(stream *from, char delimiter, dataset_error *error);
void csv_rows_free(csv_rows *rows);

char csv_delimiter(const csv_rows *rows);

/* The next row, which lasts until the next call; false at the end, and on an error, which *failed tells apart. */
bool csv_next(csv_rows *rows, csv_row *row, bool *failed, dataset_error *error);

#endif
