/* SPDX-License-Identifier: MIT */
#include "picture_argp.h"
#include "command.h"
#include "picture.h"
#include "replace.h"

enum { KEY_CURVES = 0x4000, KEY_WEIGHTS, KEY_BOUNDARY, KEY_MISTAKES };

static const struct argp_option model_options[] = {
    {"curves", KEY_CURVES, "FILE", 0, "Cost and right answers over the epochs", PICTURES},
    {"weights", KEY_WEIGHTS, "FILE", 0, "The weights of the first layer, as images where the inputs are", PICTURES},
    {0}};

static const struct argp_option sample_options[] = {
    {"boundary", KEY_BOUNDARY, "FILE", 0, "Two inputs: which class the network sees where, and the samples", PICTURES},
    {"mistakes", KEY_MISTAKES, "FILE", 0, "The worst mistakes, where the samples are images", PICTURES},
    {0}};

static const char *path_of(struct argp_state *state, const char *option, const char *path)
{
    if (!picture_has_format(path))
        argp_error(state, "--%s=%s: expected the name of a file that ends in .png or .svg", option, path);
    return path;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    picture_options *o = state->input;
    switch (key) {
    case KEY_CURVES: o->curves = path_of(state, "curves", argument); return 0;
    case KEY_WEIGHTS: o->weights = path_of(state, "weights", argument); return 0;
    case KEY_BOUNDARY: o->boundary = path_of(state, "boundary", argument); return 0;
    case KEY_MISTAKES: o->mistakes = path_of(state, "mistakes", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void picture_options_check(const picture_options *o)
{
    const char *const paths[] = {o->curves, o->weights, o->boundary, o->mistakes};
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
        const char *hindrance = paths[k] != NULL ? replace_hindrance(paths[k]) : NULL;
        if (hindrance != NULL) die(CODE_DATA, "%s: %s", paths[k], hindrance);
    }
}

const struct argp model_picture_argp = {model_options, parse, NULL, NULL, NULL, NULL, NULL};
const struct argp sample_picture_argp = {sample_options, parse, NULL, NULL, NULL, NULL, NULL};
