/* SPDX-License-Identifier: MIT */
/* The ways of showing a network's explanation. */
#ifndef DEMOS_EXPLAIN_NETWORK_H
#define DEMOS_EXPLAIN_NETWORK_H

#include "delta_view.h"
#include "explanation.h"

/* Neuron by neuron, and node by node along the tape. (Layer by layer is delta_print_text.) */
void print_by_neuron(FILE *to, const explanation *x);
void print_by_node(FILE *to, const explanation *x);

/* For programs: what delta_print_json has, and each neuron. */
void print_neurons_json(FILE *to, const explanation *x);

/* ------------------------------------------------------------------------------- explain_network.c */

/* What unit j of layer l received from unit k of the next layer in the sweep. */
double product_on_tape(const explanation *x, size_t l, size_t j, size_t k);

/* What a neuron receives, in the convention's sign: row-minus-bias hands on dE/db, which is -dE/dz. */
double handed_on(const delta_view *v, double x);

/* Whether layer l is the output of a matched pair in the logistic convention, where delta is a - y at once. */
bool is_matched_output(const delta_view *v, size_t l);

/* The largest |dC/da| of a layer by the closed form. */
double largest_received(const delta_view *v, size_t l);

/* difference / largest; 0 where both are 0. */
double part_of(double difference, double largest);

/* What the derivative of the output by a node is called, "δ^1_2", "∂C/∂w^1_12"; to be freed. */
char *adjoint_name(const explanation *x, uint32_t node);

#endif
