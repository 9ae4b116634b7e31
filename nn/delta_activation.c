/* SPDX-License-Identifier: MIT */
/* Activations and their derivatives for the closed forms, from textbook formulas. */
#include <nn/delta.h>

#include <math.h>

/* -------------------------------------------------------------------------------------- values */

/* 1 / (1 + e^-z) with e^-|z|, which never overflows. */
static double logistic(double z)
{
    const double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static double alpha_of(nn_activation activation, double alpha)
{
    return alpha != 0 ? alpha : activation == NN_LEAKY_RELU ? 0.01 : 1;
}

/* Phi(z) = erfc(-z / sqrt 2) / 2 and phi(z) = e^{-z^2/2} / sqrt(2 pi). */
static double normal_distribution(double z) { return erfc(-z / sqrt(2)) / 2; }
static double normal_density(double z) { return exp(-z * z / 2) / sqrt(2 * acos(-1)); }

double nn_activation_value(nn_activation activation, double alpha, double z)
{
    alpha = alpha_of(activation, alpha);
    switch (activation) {
    case NN_IDENTITY: return z;
    case NN_SIGMOID: return logistic(z);
    case NN_TANH: return tanh(z);
    case NN_RELU: return z > 0 ? z : 0;
    case NN_LEAKY_RELU: return z > 0 ? z : alpha * z;
    case NN_ELU: return z > 0 ? z : alpha * expm1(z);
    case NN_SILU: return z * logistic(z);
    case NN_GELU: return z * normal_distribution(z);
    case NN_SOFTPLUS: return (z > 0 ? z : 0) + log1p(exp(-fabs(z)));
    case NN_SOFTMAX: break;
    }
    return NAN;
}

/* --------------------------------------------------------------------------------- derivatives */

/* sigma'(z) = e^-|z| / (1 + e^-|z|)^2. */
static double logistic_slope(double z)
{
    const double e = exp(-fabs(z));
    return e / ((1 + e) * (1 + e));
}

/* tanh'(z) = 1 / cosh(z)^2 = 4 e^-2|z| / (1 + e^-2|z|)^2. */
static double tanh_slope(double z) { return 4 * logistic_slope(2 * z); }

double nn_activation_slope(nn_activation activation, double alpha, double z)
{
    alpha = alpha_of(activation, alpha);
    switch (activation) {
    case NN_IDENTITY: return 1;
    case NN_SIGMOID: return logistic_slope(z);
    case NN_TANH: return tanh_slope(z);
    case NN_RELU: return z > 0 ? 1 : 0;
    case NN_LEAKY_RELU: return z > 0 ? 1 : alpha;
    case NN_ELU: return z > 0 ? 1 : alpha * exp(z);
    case NN_SILU: return logistic(z) + z * logistic_slope(z);
    case NN_GELU: return normal_distribution(z) + z * normal_density(z);
    case NN_SOFTPLUS: return logistic(z);
    case NN_SOFTMAX: break;
    }
    return NAN;
}

double nn_activation_slope_of_output(nn_activation activation, double alpha, double o)
{
    alpha = alpha_of(activation, alpha);
    if (alpha < 0 && (activation == NN_LEAKY_RELU || activation == NN_ELU)) return NAN;
    switch (activation) {
    case NN_IDENTITY: return 1;
    case NN_SIGMOID: return o * (1 - o);
    case NN_TANH: return 1 - o * o;
    case NN_RELU: return o > 0 ? 1 : 0;
    case NN_LEAKY_RELU: return o > 0 ? 1 : alpha;
    case NN_ELU: return o > 0 ? 1 : o + alpha;
    case NN_SOFTPLUS: return 1 - exp(-o);
    case NN_SILU:
    case NN_GELU:
    case NN_SOFTMAX: break;
    }
    return NAN;
}
