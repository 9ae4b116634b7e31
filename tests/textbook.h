/* SPDX-License-Identifier: MIT */
/* Backpropagation as a textbook has it: plain loops over one sample, for what the command says to be compared with. */
#ifndef TESTS_TEXTBOOK_H
#define TESTS_TEXTBOOK_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BOOK_LAYERS = 24, BOOK_UNITS = 30 };

/* w[l][j][k] leads from unit k of layer l - 1 to unit j of layer l. */
typedef struct book_net {
    size_t depth, width[BOOK_LAYERS]; /* layers 0, the input, .. depth */
    const char *hidden, *output;      /* activations */
    size_t skip[BOOK_LAYERS];
    bool biases;
    double factor;         /* the cost is factor/2 sum (a - y)^2, */
    bool is_cross_entropy; /* or -sum y log a + (1 - y) log(1 - a) on a sigmoid, -sum y log a on a softmax */
    double w[BOOK_LAYERS][BOOK_UNITS][BOOK_UNITS], b[BOOK_LAYERS][BOOK_UNITS];
} book_net;

typedef struct book_pass {
    double z[BOOK_LAYERS][BOOK_UNITS], a[BOOK_LAYERS][BOOK_UNITS], slope[BOOK_LAYERS][BOOK_UNITS];
    double da[BOOK_LAYERS][BOOK_UNITS], dz[BOOK_LAYERS][BOOK_UNITS];
    double dw[BOOK_LAYERS][BOOK_UNITS][BOOK_UNITS], db[BOOK_LAYERS][BOOK_UNITS];
    double cost;
} book_pass;

static inline double book_value(const char *name, double z)
{
    if (strcmp(name, "sigmoid") == 0) return 1 / (1 + exp(-z));
    if (strcmp(name, "tanh") == 0) return tanh(z);
    if (strcmp(name, "relu") == 0) return z > 0 ? z : 0;
    ck_assert_msg(name[0] == 'i', "an activation that the textbook does not have: %s", name);
    return z;
}

static inline double book_slope(const char *name, double z)
{
    if (strcmp(name, "sigmoid") == 0) return exp(-z) / ((1 + exp(-z)) * (1 + exp(-z)));
    if (strcmp(name, "tanh") == 0) return 1 / (cosh(z) * cosh(z));
    if (strcmp(name, "relu") == 0) return z > 0;
    return 1;
}

static inline const char *book_activation(const book_net *n, size_t l) { return l == n->depth ? n->output : n->hidden; }

static inline bool book_is_softmax(const book_net *n, size_t l)
{
    return strcmp(book_activation(n, l), "softmax") == 0;
}

/* Without a maximum subtracted first: good for the moderate numbers of tests. */
static inline void book_softmax(const double *z, double *a, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += a[j] = exp(z[j]);
    for (size_t j = 0; j < n; j++) a[j] /= sum;
}

static inline double book_cost(const book_net *n, const double *a, const double *y)
{
    double cost = 0;
    for (size_t j = 0; j < n->width[n->depth]; j++) {
        if (!n->is_cross_entropy) cost += n->factor / 2 * pow(a[j] - y[j], 2);
        else cost -= y[j] * log(a[j]);
        if (n->is_cross_entropy && !book_is_softmax(n, n->depth)) cost -= (1 - y[j]) * log(1 - a[j]);
    }
    return cost;
}

static inline void book_forward(const book_net *n, const double *x, const double *y, book_pass *p)
{
    memset(p, 0, sizeof *p);
    for (size_t k = 0; k < n->width[0]; k++) p->a[0][k] = x[k];
    for (size_t l = 1; l <= n->depth; l++) {
        const char *activation = book_activation(n, l);
        for (size_t j = 0; j < n->width[l]; j++) {
            p->z[l][j] = n->b[l][j];
            for (size_t k = 0; k < n->width[l - 1]; k++) p->z[l][j] += n->w[l][j][k] * p->a[l - 1][k];
            if (book_is_softmax(n, l)) continue;
            p->a[l][j] = book_value(activation, p->z[l][j]);
            p->slope[l][j] = book_slope(activation, p->z[l][j]);
            if (n->skip[l] > 0) p->a[l][j] += p->a[l - n->skip[l]][j];
        }
        if (book_is_softmax(n, l)) book_softmax(p->z[l], p->a[l], n->width[l]);
    }
    p->cost = book_cost(n, p->a[n->depth], y);
}

static inline void book_backward(const book_net *n, const double *y, book_pass *p)
{
    for (size_t j = 0; j < n->width[n->depth]; j++) p->da[n->depth][j] = n->factor * (p->a[n->depth][j] - y[j]);
    for (size_t l = n->depth; l >= 1; l--)
        for (size_t j = 0; j < n->width[l]; j++) {
            const bool is_matched = n->is_cross_entropy && l == n->depth;
            const double dz = is_matched ? p->a[l][j] - y[j] : p->da[l][j] * p->slope[l][j];
            p->dz[l][j] = p->db[l][j] = dz;
            for (size_t k = 0; k < n->width[l - 1]; k++) {
                p->dw[l][j][k] = dz * p->a[l - 1][k];
                p->da[l - 1][k] += dz * n->w[l][j][k];
            }
            if (n->skip[l] > 0) p->da[l - n->skip[l]][j] += p->da[l][j];
        }
}

static inline void book_run(const book_net *n, const double *x, const double *y, book_pass *p)
{
    book_forward(n, x, y, p);
    book_backward(n, y, p);
}

/* Reads "2,3,1". */
static inline void book_sizes(book_net *n, const char *list)
{
    char *end;
    n->depth = 0;
    for (const char *at = list;; at = end + 1) {
        n->width[n->depth] = strtoul(at, &end, 10);
        if (*end == '\0') return;
        n->depth++;
        ck_assert_uint_lt(n->depth, BOOK_LAYERS);
    }
}

/* As --skip has it: one number for all hidden layers that are as wide as the one so many before, or one for each. */
static inline void book_skip(book_net *n, const char *list)
{
    char *end;
    const size_t skip = strtoul(list, &end, 10);
    for (size_t l = 1; l <= n->depth; l++) {
        const bool is_wide = skip <= l && n->width[l - skip] == n->width[l];
        if (strchr(list, ',') != NULL) n->skip[l] = strtoul(l == 1 ? list : end + 1, &end, 10);
        else n->skip[l] = l < n->depth && is_wide ? skip : 0;
    }
}

/* Numbers out of "(0.5, -1)". */
static inline size_t numbers_in(const char *text, double *x, size_t room)
{
    size_t count = 0;
    for (const char *at = text + 1; *at != '\0' && *at != ')'; count++) {
        char *end;
        ck_assert_msg(count < room, "too many numbers in %s", text);
        x[count] = strtod(at, &end);
        ck_assert_msg(end != at, "no number at '%s' of %s", at, text);
        at = end + strspn(end, ", ");
    }
    return count;
}

#endif
