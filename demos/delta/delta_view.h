/* SPDX-License-Identifier: MIT */
/* A network, a sample, and the check of their tape against a closed form, for showing. */
#ifndef DEMOS_DELTA_VIEW_H
#define DEMOS_DELTA_VIEW_H

#include <jansson.h>
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
    bool forward_only; /* nothing of the backward pass */
    size_t path_layer; /* show the paths from unit path_unit of this layer, in the convention's count; 0: none */
    size_t path_unit;
} delta_view;

void delta_print_text(FILE *to, delta_view *v);
void delta_print_json(FILE *to, delta_view *v);
json_t *delta_json(const delta_view *v); /* what that prints */

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
bool has_some_biases(const delta_view *v); /* in any layer */
bool has_all_biases(const delta_view *v);  /* in every layer */
bool has_skips(const delta_view *v);       /* skip connections anywhere */
double bias_of(const delta_view *v, size_t l, size_t j);
double slope_of(const delta_view *v, size_t l, size_t j);

/* z, a and delta by the closed form; a of layer 0 is x. */
double z_of(const delta_view *v, size_t l, size_t j);
double a_of(const delta_view *v, size_t l, size_t j);
double delta_of(const delta_view *v, size_t l, size_t j);

/* The name of an entry in the convention, to be freed: "dC/dw^2_13". For layer 0 also that of a. */
char *entry_name(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);

/* (NN_TENSOR_DA: of layers above 0 the name of dC/da.) */

/* The names of a weight and a bias themselves; of a weighted sum before the bias is added, "Σ^1_2"; of f(z) where a
 * skip connection adds to it; of a target. */
char *weight_name(const delta_view *v, size_t l, size_t j, size_t k);
char *bias_name(const delta_view *v, size_t l, size_t j);
char *sum_name(const delta_view *v, size_t l, size_t j);
char *before_skip_name(const delta_view *v, size_t l, size_t j);
char *target_name(const delta_view *v, size_t j);

/* "neuron 2 of layer 1", "neuron 4"; its number alone. */
size_t unit_number(const delta_view *v, size_t l, size_t j);
char *unit_name(const delta_view *v, size_t l, size_t j);

/* Whether it is `squared` with one neuron in each layer, which has names of its own; or row-minus-bias with so few
 * layers that they have letters: A, a, hidden₁, B, b, ... */
bool is_chain(const delta_view *v);
bool has_letters(const delta_view *v);

/* "layer 2", "neurons 3 and 4". */
char *layer_name(const delta_view *v, size_t l);

/* An entry's number as the convention has it: row-minus-bias has minus signs. */
double as_noted(const delta_view *v, nn_tensor tensor, double number);

/* Whether the convention has this tensor, beside those that are the same thing. */
bool is_noted(const delta_view *v, nn_tensor tensor, size_t l);

/* Entry number e in the order that the convention's matrices have. */
void entry_at(const delta_view *v, nn_tensor tensor, const nn_tensor_check *t, size_t e, size_t *row, size_t *column);

/* What the convention calls the cost ("C"), the activation ("sigma") and a target ("y"). */
const char *cost_letter(nn_convention convention);
const char *activation_letter(nn_convention convention);
const char *activation_letter_of(const delta_view *v); /* of a chain "σ" */
const char *target_letter(nn_convention convention);

/* ----------------------------------------------------------------------------- delta_formulas.c */

/* The convention's formulas, line by line; NULL after the last. Those of the view have the symbols of its layers. */
const char *const *convention_formulas(nn_convention convention, nn_cost cost, bool backward);
const char *const *formulas_of(const delta_view *v, bool backward);

/* The step down the gradient as a formula. */
char *step_formula(const delta_view *v);

/* What the convention's note has wrong, beside its formulas for this pass; NULL: nothing. */
const char *convention_remark(nn_convention convention, bool backward);

/* --------------------------------------------------------------------------------- delta_how.c */

/* How an entry is computed, with its numbers, "0.4·0.1385 + 0.5·(-0.03810)"; in names, too, "w^2_11·δ^2_1 + … =
 * 0.4·0.1385 + …" (NN_TENSOR_DA: also of a layer above 0); to be freed. */
char *entry_in_numbers(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);
char *entry_in_both(const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);

/* The same for what unit j of layer l - 1 receives from unit k of layer l, the weight between them times delta; and for
 * delta as the slope times what was received in all, which is called `name`. */
char *product_back(const delta_view *v, size_t l, size_t j, size_t k);
char *delta_by_received(const delta_view *v, size_t l, size_t j, const char *name, double received);

/* dC/da^l_j by the closed form: what comes from the next layer and by skip connections, or of an output from the cost;
 * 0 for an output of a cross-entropy, which is computed from z. */
double received_of(const delta_view *v, size_t l, size_t j);
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

json_t *delta_paths_json(const delta_view *v); /* all of them; of a view that has some */

/* The network alone, however many paths it has; its closed form, computed. */
delta_paths *delta_paths_of(const delta_view *v);
const nn_logistic_net *delta_paths_net(const delta_paths *p);

/* A path's product from the cost back, of the steps of nn_logistic_path: "(a^(4)_1 − y) · θ^(3)_11 σ′(z^(3)_1)", and
 * "= 0.5 · 1.2·0.24 = 0.144"; to be freed. */
char *path_in_symbols(const delta_view *v, const nn_path_step *steps, size_t count);
char *path_in_values(const delta_view *v, const nn_path_step *steps, size_t count, double product);

/* A step down the gradient: the parameters before and after it, and the cost. The network is as before. */
void print_step(FILE *to, const delta_view *v);

/* The same, as far as the costs go: that of after the step, on the tape, and in *form (unless NULL) by the closed form.
 */
void print_costs_of_step(FILE *to, const delta_view *v);
double cost_after_step(const delta_view *v, double *form);

/* What the step is, as a heading; what the cost does when it comes to `cost`; to be freed. */
char *title_of_step(const delta_view *v);
char *sentence_of_step(const delta_view *v, double cost);

/* A parameter after the step, down the tape's gradient or the closed form's. */
double stepped(const delta_view *v, nn_tensor gradient, bool by_form, size_t l, size_t entry);

#endif
