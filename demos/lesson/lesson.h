/* SPDX-License-Identifier: MIT */
/* The lessons, one function each, and what they can be told. */
#ifndef DEMOS_LESSON_H
#define DEMOS_LESSON_H

#include "delta_options.h"
#include "delta_view.h"
#include "script.h"

/* What the options say; 0 and NULL where one was not given and the lesson has no default. */
typedef struct lesson_settings {
    delta_options network;
    int digits;
    size_t layer, unit;          /* --unit=L,J, as the lesson's convention counts them: units from 1 */
    size_t depth;                /* --depth */
    size_t batch;                /* --batch */
    double rate;                 /* --rate */
    delta_subject *network_made; /* by lesson_network_of; NULL: none */
} lesson_settings;

/* Which options a lesson has: those of the network (delta_argp.h), and more. One that it does not have is refused. */
enum {
    LESSON_NETWORK = 1, /* all of them, --seed too */
    LESSON_UNIT = 2,
    LESSON_DEPTH = 4,
    LESSON_BATCH = 8,
    LESSON_RATE = 16
};

typedef struct lesson {
    const char *name, *note;     /* "paths", "S0" */
    const char *title, *summary; /* marked by N_: one line each */
    unsigned options;
    void (*set_defaults)(lesson_settings *s); /* for what was not given; NULL: there are none */
    void (*write)(script *to, lesson_settings *s);
} lesson;

extern const lesson lesson_paths, lesson_wishes, lesson_equations, lesson_demon, lesson_vanish, lesson_neuron;

/* ------------------------------------------------------------------------------ lesson_network.c */

/* Puts the lesson's own network and sample in where the reader gave none: each text of `own` that was not given, as far
 * as it goes with those that were. (With --sizes, --init or --seed, numbers are drawn; with --model the network is the
 * file's.) */
void lesson_default_network(delta_options *given, const delta_options *own);

/* The network and the sample of the settings' options, made when it is first asked for; ends the program where there is
 * none. It is the settings', and what --html, --dot, --svg and --png show: its parameters are to be left as they are.
 */
delta_subject *lesson_network_of(lesson_settings *s);
void lesson_network_free(lesson_settings *s);

/* What a lesson on a network begins with, for redoing it by hand: its layers, and its sample; its weights and biases as
 * the convention has them. JSON has values x_1, ..., y_1, ..., and matrices w1, b1, ... (per-neuron: a table
 * "parameters", of large layers the first ones). */
void lesson_say_network(script *to, const delta_subject *n);

/* (w^l)ᵀ, with a row for each neuron of layer l - 1; to be freed. */
double *lesson_transposed_weights(const delta_view *v, size_t l);

/* Adds the report of the network's check to what the lesson checked. */
void lesson_check_network(script *to, const delta_subject *n);

/* How far apart: |a - b| / the larger; 0 where they are equal, NaN where one is no number. */
double relative_difference(double a, double b);

#endif
