/* SPDX-License-Identifier: MIT */
/* A network, a sample, and the check of their tape against a closed form, for showing. */
#ifndef DEMOS_DELTA_VIEW_H
#define DEMOS_DELTA_VIEW_H

#include <nn/delta.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct delta_view {
    nn_mlp *net;
    nn_convention convention;
    const double *x, *y;
    const char *from; /* where the sample is from; NULL: nothing to say */
    nn_delta_report report;
    int digits;
    size_t entries;    /* of a tensor, as many as are shown */
    double rate;       /* eta of a step down the gradient; 0: no step */
    bool hold_biases;  /* the step leaves them alone */
    size_t path_layer; /* show the paths from unit path_unit of this layer, in the convention's count; 0: none */
    size_t path_unit;
} delta_view;

void delta_print_text(FILE *to, delta_view *v);
void delta_print_json(FILE *to, delta_view *v);

/* The network in words, and the sample's numbers, on one line each; to be freed. */
char *network_text(const delta_view *v);
char *sample_text(const delta_view *v);

/* ---------------------------------------------------------------------------- delta_notation.c */

/* Layers l and units count as in nn.h: layer 0 is the input, units from 0. */
const nn_layer *layer_of(const delta_view *v, size_t l);
size_t width_at(const delta_view *v, size_t l);
size_t depth_of(const delta_view *v);
double weight_of(const delta_view *v, size_t l, size_t j, size_t k);
bool has_biases(const delta_view *v, size_t l);
double bias_of(const delta_view *v, size_t l, size_t j);
double slope_of(const delta_view *v, size_t l, size_t j);

/* z, a and delta by the closed form; a of layer 0 is x. */
double z_of(const delta_view *v, size_t l, size_t j);
double a_of(const delta_view *v, size_t l, size_t j);
double delta_of(const delta_view *v, size_t l, size_t j);

/* The name of an entry in the convention, to be freed: "dC/dw^2_13". For layer 0 also that of a. */
char *entry_name(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);

/* The names of a weight and a bias themselves. */
char *weight_name(const delta_view *v, size_t l, size_t j, size_t k);
char *bias_name(const delta_view *v, size_t l, size_t j);

/* "layer 2", "neurons 3 and 4". */
char *layer_name(const delta_view *v, size_t l);

/* An entry's number as the convention has it: row-minus-bias has minus signs. */
double as_noted(const delta_view *v, nn_tensor tensor, double number);

/* Whether the convention has this tensor, beside those that are the same thing. */
bool is_noted(const delta_view *v, nn_tensor tensor, size_t l);

/* Entry number e in the order that the convention's matrices have. */
void entry_at(const delta_view *v, nn_tensor tensor, const nn_tensor_check *t, size_t e, size_t *row, size_t *column);

/* The convention's formulas, line by line; NULL after the last. */
const char *const *convention_formulas(nn_convention convention, nn_cost cost, bool backward);

/* What the convention calls the cost ("C"), the activation ("sigma") and a target ("y"). */
const char *cost_letter(nn_convention convention);
const char *activation_letter(nn_convention convention);
const char *target_letter(nn_convention convention);

/* --------------------------------------------------------------------------------- delta_how.c */

/* How an entry is computed, with its numbers: "0.4·0.1385 + 0.5·(-0.03810)"; to be freed. */
char *entry_in_numbers(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);
char *cost_in_numbers(const delta_view *v);

/* A number after an operator sign: in parentheses where it is negative. */
void put_operand(FILE *to, const delta_view *v, double x);

/* ------------------------------------------------------------- delta_paths.c, delta_step.c */

/* The paths from the view's unit to the cost, and their sum; ends the program when there is no such unit, or too many
 * paths. NULL when the view has none. */
typedef struct delta_paths delta_paths;
delta_paths *delta_paths_new(const delta_view *v);
void delta_paths_free(delta_paths *p);
void print_paths(FILE *to, const delta_view *v, const delta_paths *p);

/* A step down the gradient: the parameters before and after it, and the cost. Changes the network. */
void print_step(FILE *to, delta_view *v);

#endif
