/* SPDX-License-Identifier: MIT */
/* Values of options on the command line; what is no such value ends in a usage error that says what is. */
#ifndef DEMOS_OPTION_H
#define DEMOS_OPTION_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number from `least` up. */
uint64_t option_whole(struct argp_state *state, const char *option, const char *text, uint64_t least);
size_t option_count(struct argp_state *state, const char *option, const char *text, size_t least);

/* A whole number from `least` to `most`, both of which are whole. */
double option_within(struct argp_state *state, const char *option, const char *text, double least, double most);

/* A layer from `least` up and a unit from 1 up, with a comma between: "2,1". False: there is no comma. */
bool option_pair(struct argp_state *state, const char *option, const char *text, double least, size_t *layer,
                 size_t *unit);

/* A number with `least` <= x < `bound` or, where `is_open`, `least` < x < `bound`; an infinite bound is none. */
typedef struct option_range {
    double least, bound;
    int is_open;
} option_range;
double option_number(struct argp_state *state, const char *option, const char *text, option_range range);

/* How many significant digits to show, 1 to 17: the value of --digits. */
int digits_in(struct argp_state *state, const char *text);

/* The number of one of `count` names, given by `name_of`; - counts as _. */
int option_choice(struct argp_state *state, const char *option, const char *text, const char *(*name_of)(int),
                  int count);

#endif
