/* SPDX-License-Identifier: MIT */
/* What the parts of the lesson `vanish` share: gradients of deep networks, and one neuron that learns. */
#ifndef DEMOS_VANISH_H
#define DEMOS_VANISH_H

#include "lesson.h"

/* ------------------------------------------------------------------------------ vanish_norms.c */

/* Kinds of networks, all layers as wide; the output is sigmoid, the cost half the sum of squares. */
enum { VANISH_SIGMOID, VANISH_TANH, VANISH_RELU, VANISH_SKIP, VANISH_KINDS };
enum { VANISH_WIDTH = 30, VANISH_SEEDS = 20, VANISH_DEPTH = 12, VANISH_DEEPEST = 30 };

/* "sigmoid", "sigmoid with skip connections", in the reader's language. */
const char *vanish_kind(size_t kind);

/* One kind at one depth L, averaged over the seeds 1 .. VANISH_SEEDS. */
typedef struct vanish_norms {
    size_t depth;
    double *norm; /* [l]: the geometric mean of |∂C/∂b^l|, l = 1 .. L */
    double slope; /* the mean of f′(z) in the hidden layers */
} vanish_norms;

/* How the tapes agreed with BP1 to BP4: the difference that is largest beside what is allowed. */
typedef struct vanish_agreement {
    size_t numbers;
    double difference, allowed;
} vanish_agreement;

vanish_norms vanish_measure(size_t kind, size_t depth, vanish_agreement *agreement);

/* The first layer's norm over the last's; and the factor, in the mean, from a hidden layer to the one below (NaN: there
 * is but one). */
double vanish_ratio(const vanish_norms *n);
double vanish_factor(const vanish_norms *n);

/* ----------------------------------------------------------------------------- vanish_neuron.c */

enum { VANISH_EPOCHS = 300 };

/* One sigmoid neuron with input 1 and target 0, which learns by gradient descent. [e]: after e epochs. */
typedef struct vanish_run {
    double w, b; /* at the start */
    nn_cost cost;
    double C[VANISH_EPOCHS + 1], a[VANISH_EPOCHS + 1], z, delta; /* z and ∂C/∂b: at the start */
    double worst; /* how far ∂C/∂w and ∂C/∂b were from the closed form, at most */
} vanish_run;
void vanish_train(vanish_run *r, double rate);

/* The first epoch after which a < 1/2; NaN: there was none. */
double vanish_half(const vanish_run *r);

/* The second half of the lesson; the checks are added to the first's. */
void vanish_say_neuron(script *to, double rate);

#endif
