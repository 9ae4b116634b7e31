/* SPDX-License-Identifier: MIT */
#include "csv_rows.h"
#include "command.h"
#include "dataset_message.h"
#include "language.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ROW = 1 << 24 };

struct csv_rows {
    stream *from;
    struct csv_parser parser;
    char delimiter;
    size_t line, first_line; /* of the piece that comes next; of the row */
    bool in_row, is_whole, has_ended;
    bool after_cr;   /* the piece before ended in CR: an LF now belongs to it */
    size_t row_size; /* bytes of the row so far */
    char *bytes;
    size_t used, room;
    size_t *starts; /* of the cells in bytes */
    const char **cells;
    size_t count, cell_room;
};

/* ---------------------------------------------------------------------------- finding the delimiter */

/* How often a delimiter stands outside quotes on the line, and where the line ends. */
static size_t count_in_line(const char *text, size_t size, char delimiter, size_t *end)
{
    size_t found = 0, k = 0;
    bool is_quoted = false;
    for (; k < size && (is_quoted || (text[k] != '\n' && text[k] != '\r')); k++) {
        if (text[k] == '"') is_quoted = !is_quoted;
        const bool is_run = delimiter == ' ' && k > 0 && text[k - 1] == ' ';
        if (!is_quoted && text[k] == delimiter && !is_run) found++;
    }
    while (k < size && (text[k] == '\n' || text[k] == '\r')) k++;
    *end = k;
    return found;
}

/* The first of these that stands equally often on the first two lines; else the first that stands on the first. The
 * comma comes late, because it is also a decimal mark. */
static char likely_delimiter(const char *text, size_t size)
{
    static const char delimiters[] = "\t;|, ";
    char found = '\0';
    for (const char *d = delimiters; *d != '\0'; d++) {
        size_t first_end, second_end;
        const size_t first = count_in_line(text, size, *d, &first_end);
        const size_t second = count_in_line(text + first_end, size - first_end, *d, &second_end);
        if (first > 0 && first == second) return *d;
        if (first > 0 && found == '\0') found = *d;
    }
    return found != '\0' ? found : ',';
}

/* --------------------------------------------------------------------------- what libcsv calls back */

static void keep_cell(void *cell, size_t size, void *user)
{
    csv_rows *rows = user;
    if (cell == NULL && rows->delimiter == ' ') return; /* between two spaces of a run */
    if (rows->used + size + 1 > rows->room) {
        rows->room = 2 * (rows->used + size + 1);
        rows->bytes = resized(rows->bytes, rows->room, 1);
    }
    if (rows->count == rows->cell_room) {
        rows->cell_room = 2 * rows->cell_room + 16;
        rows->starts = resized(rows->starts, rows->cell_room, sizeof *rows->starts);
        rows->cells = resized(rows->cells, rows->cell_room, sizeof *rows->cells);
    }
    rows->starts[rows->count++] = rows->used;
    if (size > 0) memcpy(rows->bytes + rows->used, cell, size);
    rows->used += size;
    rows->bytes[rows->used++] = '\0';
}

static void end_row(int terminator, void *user)
{
    csv_rows *rows = user;
    (void)terminator;
    rows->is_whole = rows->count > 0;
    rows->in_row = false;
}

/* ------------------------------------------------------------------------------------ opening, closing */

static bool is_utf16(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static bool begin(csv_rows *rows, dataset_error *error)
{
    size_t size, mark = 0;
    const char *text = stream_ahead(rows->from, &size, error);
    if (text == NULL) return false;
    const char *name = stream_name(rows->from);
    if (size == 0) return dataset_fail(error, _("%s: the file is empty"), name);
    if (is_utf16(text, size)) return dataset_fail(error, _("%s: this is UTF-16; save the file as UTF-8"), name);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) mark = 3;
    if (rows->delimiter == '\0') rows->delimiter = likely_delimiter(text + mark, size - mark);
    csv_set_delim(&rows->parser, (unsigned char)rows->delimiter);
    char skipped[3];
    return mark == 0 || stream_read(rows->from, skipped, mark, &size, error);
}

csv_rows *csv_rows_new(stream *from, char delimiter, dataset_error *error)
{
    csv_rows *rows = resized(NULL, 1, sizeof *rows);
    *rows = (csv_rows){.from = from, .delimiter = delimiter, .line = 1};
    if (csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL | CSV_EMPTY_IS_NULL) != 0)
        die(CODE_DATA, _("out of memory"));
    if (begin(rows, error)) return rows;
    csv_rows_free(rows);
    return NULL;
}

void csv_rows_free(csv_rows *rows)
{
    if (rows == NULL) return;
    csv_free(&rows->parser);
    free(rows->bytes);
    free(rows->starts);
    free(rows->cells);
    free(rows);
}

char csv_delimiter(const csv_rows *rows) { return rows->delimiter; }

/* ---------------------------------------------------------------------------------------------- reading */

static bool refuse(const csv_rows *rows, size_t line, const char *reason, dataset_error *error)
{
    return dataset_fail(error, "%s:%zu: %s", stream_name(rows->from), line, reason);
}

static bool not_parsed(csv_rows *rows, dataset_error *error)
{
    if (csv_error(&rows->parser) == CSV_ENOMEM) die(CODE_DATA, _("out of memory"));
    return refuse(rows, rows->line, _("a quote in the middle of a cell (in a quoted cell, quotes are doubled)"), error);
}

static void count_lines(csv_rows *rows, const char *piece, size_t size)
{
    const char last = piece[size - 1];
    if (last == '\r' || (last == '\n' && !(rows->after_cr && size == 1))) rows->line++;
    rows->after_cr = last == '\r';
}

static bool is_blank(const char *piece, size_t size)
{
    while (size > 0 && strchr(" \t\r\n", piece[size - 1]) != NULL) size--;
    return size == 0;
}

static bool feed(csv_rows *rows, const char *piece, size_t size, dataset_error *error)
{
    if (memchr(piece, '\0', size) != NULL) return refuse(rows, rows->line, _("a NUL byte: this is no text"), error);
    if (!rows->in_row) {
        rows->first_line = rows->line;
        rows->row_size = 0;
    }
    rows->row_size += size;
    if (rows->row_size > LONGEST_ROW)
        return refuse(rows, rows->first_line, _("a row of more than 16 MiB: is a quote not closed?"), error);
    if (!is_blank(piece, size)) rows->in_row = true;
    /* Otherwise libcsv would grow the memory of a long cell by a few bytes at a time. */
    csv_set_blk_size(&rows->parser, csv_get_buffer_size(&rows->parser) + 4096);
    if (csv_parse(&rows->parser, piece, size, keep_cell, end_row, rows) != size) return not_parsed(rows, error);
    count_lines(rows, piece, size);
    return true;
}

static bool finish(csv_rows *rows, dataset_error *error)
{
    rows->has_ended = true;
    if (csv_fini(&rows->parser, keep_cell, end_row, rows) == 0) return true;
    return refuse(rows, rows->first_line, _("a quote is not closed to the end of the file"), error);
}

bool csv_next(csv_rows *rows, csv_row *row, bool *failed, dataset_error *error)
{
    rows->used = rows->count = 0;
    rows->is_whole = *failed = false;
    while (!rows->is_whole && !rows->has_ended) {
        size_t size;
        const char *piece = stream_piece(rows->from, &size, error);
        *failed = piece == NULL || !(size > 0 ? feed(rows, piece, size, error) : finish(rows, error));
        if (*failed) return false;
    }
    if (!rows->is_whole) return false;
    for (size_t k = 0; k < rows->count; k++) rows->cells[k] = rows->bytes + rows->starts[k];
    *row = (csv_row){rows->first_line, rows->count, rows->cells};
    return true;
}
