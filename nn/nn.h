/* SPDX-License-Identifier: MIT */
/* Chainrule, the layer on top: multilayer perceptrons whose every weight, bias and activation is a scalar node of
 * a tape.
 *
 * This header is a promise for now: it declares nothing yet. What it will hold: networks of any depth and widths,
 * with their parameters as runs of leaves and, in layer order, one weighted sum, one bias addition and one activation
 * node for each neuron; costs and optimisers; and the closed-form backpropagation formulas that every gradient is
 * checked against. It uses nothing but the public functions of <autodiff/autodiff.h>.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include <autodiff/autodiff.h>

#endif
