/* SPDX-License-Identifier: MIT */
#include "dataset_argp.h"
#include "dataset.h"
#include "option.h"

#include <math.h>
#include <string.h>

enum {
    KEY_DELIMITER = 0x1000,
    KEY_HEADER,
    KEY_LABEL,
    KEY_TARGET,
    KEY_IGNORE,
    KEY_LABELS,
    KEY_LIMIT,
    KEY_SAMPLES,
    KEY_NOISE,
    KEY_SEED
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Data:", 2},
    {"delimiter", KEY_DELIMITER, "CHAR", 0, "Between the cells of CSV; also tab or space (default: found out)", 0},
    {"header", KEY_HEADER, "WHEN", 0, "Whether the first line of CSV has names: auto (default), yes or no", 0},
    {"label", KEY_LABEL, "COLUMN", 0, "The column of the classes, by name or number; -1 is the last (default)", 0},
    {"target", KEY_TARGET, "COLUMNS", 0, "Columns of numbers to learn instead, with commas between", 0},
    {"ignore", KEY_IGNORE, "COLUMNS", 0, "Columns to leave out, with commas between", 0},
    {"labels", KEY_LABELS, "FILE", 0, "The labels of an IDX file of images (default: found by its name)", 0},
    {"limit", KEY_LIMIT, "N", 0, "Read no more than the first N samples", 0},
    {"samples", KEY_SAMPLES, "N", 0, "How many samples of moons, circles, spirals (default 500)", 0},
    {"noise", KEY_NOISE, "X", 0, "Deviation of the noise on them (default 0.1, 0.05, 0.02)", 0},
    {"data-seed", KEY_SEED, "N", 0, "The seed that they are generated from", 0},
    {0}};

static char delimiter_of(struct argp_state *state, const char *text)
{
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) return '\t';
    if (strcmp(text, "space") == 0) return ' ';
    const char c = text[0];
    const bool is_possible = c != '\0' && text[1] == '\0' && (unsigned char)c < 0x80 && strchr("\"\r\n", c) == NULL;
    if (!is_possible) argp_error(state, "--delimiter=%s: expected one ASCII character, tab or space", text);
    return c;
}

static dataset_header header_of(struct argp_state *state, const char *text)
{
    if (strcmp(text, "yes") == 0) return DATASET_HEADER;
    if (strcmp(text, "no") == 0) return DATASET_NO_HEADER;
    if (strcmp(text, "auto") != 0) argp_error(state, "--header=%s: expected auto, yes or no", text);
    return DATASET_HEADER_AUTO;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    dataset_options *o = state->input;
    switch (key) {
    case KEY_DELIMITER: o->delimiter = delimiter_of(state, argument); return 0;
    case KEY_HEADER: o->header = header_of(state, argument); return 0;
    case KEY_LABEL: o->label = argument; return 0;
    case KEY_TARGET: o->targets = argument; return 0;
    case KEY_IGNORE: o->ignore = argument; return 0;
    case KEY_LABELS: o->labels_path = argument; return 0;
    case KEY_LIMIT: o->most = option_count(state, "limit", argument, 1); return 0;
    case KEY_SAMPLES: o->samples = option_count(state, "samples", argument, 1); return 0;
    case KEY_NOISE:
        o->noise = option_number(state, "noise", argument, (option_range){0, INFINITY, 0});
        o->has_noise = true;
        return 0;
    case KEY_SEED: o->seed = option_whole(state, "data-seed", argument, 0); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp dataset_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
