/* SPDX-License-Identifier: MIT */
#include "demon.h"
#include "library_text.h"

#include <stdlib.h>
#include <string.h>

/* How many numbers a layer points to: w, then b, Δz, z, δ, a, ∂C/∂a, and the gradients by w and b. */
static size_t numbers_of(const delta_view *v, size_t l)
{
    const size_t weights = l > 0 ? width_at(v, l) * width_at(v, l - 1) : 0;
    return 2 * weights + 7 * width_at(v, l);
}

/* The next `count` of the numbers. */
static double *taken(double **next, size_t count)
{
    double *first = *next;
    *next += count;
    return first;
}

static void fill_layer(const delta_view *v, size_t l, nn_half_mean_layer *layer, double **next)
{
    const size_t width = width_at(v, l), before = width_at(v, l - 1);
    double *w = taken(next, width * before), *b = taken(next, width);
    memcpy(w, ad_values(nn_weights(v->net, l)), width * before * sizeof *w);
    for (size_t j = 0; j < width && has_biases(v, l); j++) b[j] = bias_of(v, l, j);
    const nn_layer *own = layer_of(v, l);
    layer->activation = own->activation;
    layer->alpha = own->alpha;
    layer->skip = own->skip;
    layer->w = w;
    layer->b = b;
    layer->demon = taken(next, width);
    layer->z = taken(next, width);
    layer->delta = taken(next, width);
    layer->dw = taken(next, width * before);
    layer->db = taken(next, width);
}

void demon_form_begin(demon_form *f, const delta_view *v)
{
    const size_t layers = depth_of(v) + 1;
    size_t all = 0;
    for (size_t l = 0; l < layers; l++) all += numbers_of(v, l);
    f->v = v;
    f->numbers = resized(NULL, all, sizeof *f->numbers);
    memset(f->numbers, 0, all * sizeof *f->numbers);
    f->net = (nn_half_mean_net){.layers = layers - 1, .cost = nn_mlp_shape(v->net)->cost};
    f->net.layer = resized(NULL, layers, sizeof *f->net.layer);
    double *next = f->numbers;
    for (size_t l = 0; l < layers; l++) {
        nn_half_mean_layer *layer = &f->net.layer[l];
        *layer = (nn_half_mean_layer){.width = width_at(v, l)};
        if (l > 0) fill_layer(v, l, layer, &next);
        layer->a = taken(&next, layer->width);
        layer->da = taken(&next, layer->width);
    }
}

void demon_form_end(demon_form *f)
{
    free(f->net.layer);
    free(f->numbers);
}

double demon_form_cost(demon_form *f, size_t l, size_t j, double dz)
{
    nn_error error;
    double *demon = f->numbers + (f->net.layer[l].demon - f->numbers) + j;
    *demon = dz;
    if (nn_delta_half_mean(&f->net, f->v->x, f->v->y, 1, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    *demon = 0;
    return f->net.C;
}
