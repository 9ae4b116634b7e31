/* SPDX-License-Identifier: MIT */
/* The lessons, one function each, and what they can be told. */
#ifndef DEMOS_LESSON_H
#define DEMOS_LESSON_H

#include "delta_options.h"
#include "delta_view.h"
#include "explanation.h"
#include "script.h"

/* What the options say; 0 and NULL where one was not given. */
typedef struct lesson_settings {
    delta_options network; /* with the lesson's own defaults put in */
    int digits;
    size_t layer, unit; /* --unit=L,J, as the lesson's convention counts them */
    size_t depth;       /* --depth */
    size_t batch;       /* --batch */
    double rate;        /* --rate */
} lesson_settings;

/* Which options a lesson has beside those of the network (delta_argp.h). */
enum { LESSON_NETWORK = 1, LESSON_UNIT = 2, LESSON_DEPTH = 4, LESSON_BATCH = 8, LESSON_RATE = 16 };

typedef struct lesson {
    const char *name, *title, *summary; /* title and summary are marked by N_ */
    unsigned options;
    void (*set_defaults)(lesson_settings *s); /* for what was not given; NULL: nothing */
    void (*write)(script *to, lesson_settings *s);
} lesson;

extern const lesson lesson_paths, lesson_wishes, lesson_equations, lesson_demon, lesson_vanish, lesson_neuron;

/* ------------------------------------------------------------------------------ lesson_network.c */

/* The network and the sample that the options give, checked against the closed form of its convention; ends the
 * program where there is none. */
typedef struct lesson_network {
    ad_tape *tape;
    delta_problem problem;
    delta_view view; /* with the report */
} lesson_network;
void lesson_network_make(lesson_network *n, lesson_settings *s);
void lesson_network_free(lesson_network *n, lesson_settings *s);

/* Two rows that every lesson on a network begins with: its layers, its sample. */
void lesson_say_network(script *to, const lesson_network *n);

/* Adds the report of the check of delta to what the lesson checked. */
void lesson_check_network(script *to, const lesson_network *n);

/* How far apart: |a - b| / the larger; 0 where they are equal, NaN where one is no number. */
double relative_difference(double a, double b);

#endif
