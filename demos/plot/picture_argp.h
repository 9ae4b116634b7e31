/* SPDX-License-Identifier: MIT */
/* The options of the command line that ask for pictures: child parsers whose input is a picture_options. */
#ifndef DEMOS_PICTURE_ARGP_H
#define DEMOS_PICTURE_ARGP_H

#include <argp.h>

/* The files to write, PNG or SVG by their names; NULL: none. */
typedef struct picture_options {
    const char *curves, *weights;    /* of a model */
    const char *boundary, *mistakes; /* of a model and samples */
} picture_options;

/* The group that they are in, and its heading, which belongs among the options of the command. */
enum { PICTURES = 5 };
#define PICTURES_HEADING "Pictures (PNG or SVG, by the end of the file's name):"

/* Ends the program with a message when one of the files cannot be written, as far as that can be known before. */
void picture_options_check(const picture_options *o);

extern const struct argp model_picture_argp, sample_picture_argp;

#endif
