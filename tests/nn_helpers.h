/* SPDX-License-Identifier: MIT */
/* What the suites of the nn layer share: networks of random shapes, and assertions on errors. */
#ifndef TESTS_NN_HELPERS_H
#define TESTS_NN_HELPERS_H

#include <nn/nn.h>

#include "helpers.h"

#define assert_good(call, error)                                         \
    do {                                                                 \
        const nn_status status_ = (call);                                \
        ck_assert_msg(status_ == NN_OK, "%s: %s", #call, error.message); \
    } while (0)

/* The call fails with this status and exactly this message. */
#define assert_refused(call, status_expected, error, text)    \
    do {                                                      \
        (error).message[0] = '\0';                            \
        const nn_status status_ = (call);                     \
        ck_assert_str_eq((error).message, text);              \
        ck_assert_int_eq((int)status_, (int)status_expected); \
        ck_assert_int_eq((int)(error).status, (int)status_);  \
    } while (0)

static inline bool is_invalid(ad_span span) { return span.tape == NULL; }

/* ----------------------------------------------------------------------------- random networks */

enum { MOST_LAYERS = 6, MOST_WIDTH = 7 };

typedef struct random_shape {
    nn_shape shape;
    nn_layer layers[MOST_LAYERS];
} random_shape;

static inline size_t width_of(const nn_shape *shape, size_t l)
{
    return l == 0 ? shape->inputs : shape->layers[l - 1].width;
}

static inline nn_layer random_layer(generator *g, const nn_shape *shape, size_t l)
{
    nn_layer layer = {.width = 1 + below(g, MOST_WIDTH), .activation = (nn_activation)below(g, NN_SOFTMAX)};
    layer.no_bias = below(g, 4) == 0;
    if (below(g, 2) == 0 && (layer.activation == NN_LEAKY_RELU || layer.activation == NN_ELU))
        layer.alpha = uniform(g, -0.5, 2);
    if (below(g, 2) == 0) {
        layer.skip = 1 + below(g, (uint32_t)l);
        layer.width = width_of(shape, l - layer.skip);
    }
    return layer;
}

/* A network with any of what there is; `smooth`: without kinks. */
static inline void make_shape(random_shape *r, generator *g, bool smooth)
{
    r->shape = (nn_shape){.inputs = 1 + below(g, MOST_WIDTH),
                          .depth = 1 + below(g, MOST_LAYERS),
                          .layers = r->layers,
                          .cost = (nn_cost)below(g, NN_COSTS)};
    for (size_t l = 1; l <= r->shape.depth; l++) {
        nn_layer *layer = &r->layers[l - 1];
        do *layer = random_layer(g, &r->shape, l);
        while (smooth && (layer->activation == NN_RELU || layer->activation == NN_LEAKY_RELU ||
                          (layer->activation == NN_ELU && layer->alpha != 0)));
    }
    nn_layer *last = &r->layers[r->shape.depth - 1];
    if (r->shape.cost < NN_BINARY_CROSS_ENTROPY) return;
    last->activation = r->shape.cost == NN_SOFTMAX_CROSS_ENTROPY ? NN_SOFTMAX : NN_SIGMOID;
    last->alpha = 0;
    last->skip = 0;
}

static inline nn_mlp *make_net(ad_tape *tape, const nn_shape *shape)
{
    nn_error error;
    nn_mlp *net = nn_mlp_new(tape, shape, &error);
    ck_assert_msg(net != NULL, "%s", error.message);
    return net;
}

/* Random parameters, biases too. */
static inline void set_parameters(nn_mlp *net, generator *g, double size)
{
    double *p = ad_set_in_place(nn_parameters(net));
    ck_assert_ptr_nonnull(p);
    for (size_t k = 0; k < nn_parameters(net).count; k++) p[k] = uniform(g, -size, size);
}

static inline void fill(double *values, size_t n, generator *g, double low, double high)
{
    for (size_t k = 0; k < n; k++) values[k] = uniform(g, low, high);
}

#endif
