/* SPDX-License-Identifier: MIT */
/* A textbook's multilayer perceptron: forward and backward in plain loops, for a sample. It shares nothing with the
 * library. Layer 0 is the input; w[l][j][k] leads from unit k of layer l - 1 to unit j of layer l. */
#ifndef TESTS_TEXTBOOK_H
#define TESTS_TEXTBOOK_H

#include <math.h>
#include <stddef.h>

enum { TEXTBOOK_LAYERS = 5, TEXTBOOK_UNITS = 6 };

typedef enum textbook_cost { TEXTBOOK_HALF_SQUARES, TEXTBOOK_SQUARES, TEXTBOOK_CROSS_ENTROPY } textbook_cost;

typedef struct textbook {
    size_t depth, width[TEXTBOOK_LAYERS];
    int is_tanh; /* the hidden layers; else sigmoid. The output is a sigmoid */
    textbook_cost cost;
    double w[TEXTBOOK_LAYERS][TEXTBOOK_UNITS][TEXTBOOK_UNITS], b[TEXTBOOK_LAYERS][TEXTBOOK_UNITS];
    double x[TEXTBOOK_UNITS], y[TEXTBOOK_UNITS];
    double z[TEXTBOOK_LAYERS][TEXTBOOK_UNITS], a[TEXTBOOK_LAYERS][TEXTBOOK_UNITS];
    double delta[TEXTBOOK_LAYERS][TEXTBOOK_UNITS], da[TEXTBOOK_LAYERS][TEXTBOOK_UNITS];
    double dw[TEXTBOOK_LAYERS][TEXTBOOK_UNITS][TEXTBOOK_UNITS], C;
} textbook;

static inline double textbook_f(const textbook *t, size_t l, double z)
{
    return t->is_tanh && l < t->depth ? tanh(z) : 1 / (1 + exp(-z));
}

static inline double textbook_slope(const textbook *t, size_t l, double z)
{
    const double f = textbook_f(t, l, z);
    return t->is_tanh && l < t->depth ? 1 - f * f : f * (1 - f);
}

static inline void textbook_forward(textbook *t)
{
    const size_t L = t->depth;
    for (size_t k = 0; k < t->width[0]; k++) t->a[0][k] = t->x[k];
    for (size_t l = 1; l <= L; l++)
        for (size_t j = 0; j < t->width[l]; j++) {
            t->z[l][j] = t->b[l][j];
            for (size_t k = 0; k < t->width[l - 1]; k++) t->z[l][j] += t->w[l][j][k] * t->a[l - 1][k];
            t->a[l][j] = textbook_f(t, l, t->z[l][j]);
        }
    t->C = 0;
    for (size_t j = 0; j < t->width[L]; j++) {
        const double a = t->a[L][j], y = t->y[j];
        if (t->cost == TEXTBOOK_CROSS_ENTROPY) t->C -= y * log(a) + (1 - y) * log(1 - a);
        else t->C += (t->cost == TEXTBOOK_SQUARES ? 1 : 0.5) * (a - y) * (a - y);
    }
}

static inline void textbook_backward(textbook *t)
{
    const size_t L = t->depth;
    for (size_t j = 0; j < t->width[L]; j++) {
        t->da[L][j] = (t->cost == TEXTBOOK_SQUARES ? 2 : 1) * (t->a[L][j] - t->y[j]);
        t->delta[L][j] =
            t->cost == TEXTBOOK_CROSS_ENTROPY ? t->da[L][j] : t->da[L][j] * textbook_slope(t, L, t->z[L][j]);
    }
    for (size_t l = L; l >= 1; l--) {
        for (size_t j = 0; j < t->width[l]; j++)
            for (size_t k = 0; k < t->width[l - 1]; k++) t->dw[l][j][k] = t->delta[l][j] * t->a[l - 1][k];
        for (size_t k = 0; k < t->width[l - 1]; k++) {
            t->da[l - 1][k] = 0;
            for (size_t j = 0; j < t->width[l]; j++) t->da[l - 1][k] += t->w[l][j][k] * t->delta[l][j];
            if (l > 1) t->delta[l - 1][k] = t->da[l - 1][k] * textbook_slope(t, l - 1, t->z[l - 1][k]);
        }
    }
}

/* One step: all gradients first, then all parameters. */
static inline void textbook_step(textbook *t, double eta, int biases)
{
    for (size_t l = 1; l <= t->depth; l++)
        for (size_t j = 0; j < t->width[l]; j++) {
            for (size_t k = 0; k < t->width[l - 1]; k++) t->w[l][j][k] -= eta * t->dw[l][j][k];
            if (biases) t->b[l][j] -= eta * t->delta[l][j];
        }
}

#endif
