/* SPDX-License-Identifier: MIT */
/* Parts of the texts about a network, for all ways of showing it. */
#ifndef DEMOS_DELTA_PRINT_H
#define DEMOS_DELTA_PRINT_H

#include "delta_view.h"
#include "print.h"

/* With the view's digits; to be freed. */
char *number_text(const delta_view *v, double x);

void put_paragraph(FILE *to, char *owned); /* as put_owned_note, without an indent */

void put_remark(FILE *to, const char *remark); /* indented as formulas are */

/* The network, the sample, the convention. */
void print_subject(FILE *to, const delta_view *v);

/* What a pass does, in a sentence or two and in the convention's formulas, with what its note has wrong. */
void print_lead(FILE *to, const delta_view *v, bool backward);

/* The same of the step down the gradient, with its heading. */
void print_step_lead(FILE *to, const delta_view *v);

/* The name of a layer or a neuron as the title of a part, and what the layer has. */
void put_part_title(FILE *to, const delta_view *v, size_t l, char *owned);

/* delta and the gradients, layer by layer from the last to the inputs. */
void print_gradients(FILE *to, const delta_view *v);

/* The gradient by the weights as a vector: of all layers, output first, or of those that lead to unit j of layer l > 0.
 */
void print_gradient_vector(FILE *to, const delta_view *v, size_t l, size_t j);

/* ---------------------------------------------------------------------------------- delta_table.c */

/* A table of the tape beside the closed form; rows are entries as the convention has them. */
table entry_table(const delta_view *v);
void add_entry(table *t, const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column);
void add_cost(table *t, const delta_view *v);

/* The first entries; of the others how many there are, and how far they are apart. */
void add_tensor(table *t, const delta_view *v, nn_tensor tensor, size_t l);

/* The same for `apart` on `count` entries. */
void add_rest(table *t, size_t count, double apart);

/* |tape - form| / the largest in the tensor. */
double difference_of(const nn_tensor_check *c, size_t k);

/* -------------------------------------------------------------------------------- delta_verdict.c */

/* Whether tape and closed form agree, by how much, and what limits the comparison. */
void print_verdict(FILE *to, const delta_view *v);

#endif
