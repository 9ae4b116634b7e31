/* SPDX-License-Identifier: MIT */
/* A demon that adds to the weighted input of a neuron: on the tape, and in the closed form of half-mean. Layers count
 * as in nn.h, units from 0. */
#ifndef DEMOS_DEMON_H
#define DEMOS_DEMON_H

#include "lesson.h"

/* The network of a view, recorded with a leaf at every neuron that is added to its z: Δz^l_j, 0 to begin with. */
typedef struct demon_tape {
    const delta_view *v;
    ad_mark before;
    ad_span *demons, *z, *activated; /* of layer l at [l]; activated: σ(z), before a skip connection adds to it */
    ad_var cost;
    ad_var set; /* the leaf that may be other than 0 */
} demon_tape;
void demon_tape_begin(demon_tape *d, const delta_subject *n);

/* Takes the recording off the tape again. */
void demon_tape_end(demon_tape *d);

/* Sets Δz of one neuron and evaluates the tape again, with all others at 0. How many pieces of activations came out
 * otherwise than recorded is stored in *kinks (may be NULL). Returns C. */
double demon_tape_cost(demon_tape *d, size_t l, size_t j, double dz, size_t *kinks);

/* As the tape stands: z + Δz of a neuron, σ′ there, and δ by a sweep. */
double demon_tape_z(const demon_tape *d, size_t l, size_t j);
double demon_tape_slope(const demon_tape *d, size_t l, size_t j);
double demon_tape_delta(const demon_tape *d, size_t l, size_t j);

/* ∂²C/∂z² and ∂³C/∂z³ of a neuron. */
double demon_tape_second(const demon_tape *d, size_t l, size_t j);
double demon_tape_third(const demon_tape *d, size_t l, size_t j);

/* The same network in plain loops. */
typedef struct demon_form {
    const delta_view *v;
    nn_half_mean_net net;
    double *numbers; /* all that the layers point to */
} demon_form;
void demon_form_begin(demon_form *f, const delta_view *v);
void demon_form_end(demon_form *f);

/* C with a demon at one neuron; afterwards f->net has z, a and δ. */
double demon_form_cost(demon_form *f, size_t l, size_t j, double dz);

#endif
