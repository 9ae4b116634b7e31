/* SPDX-License-Identifier: MIT */
/* delta as the sum over all paths to the cost. A path has a number: that of its first step among the ways out of its
 * first unit, each of which takes as many numbers as paths go on from there. */
#include "delta_internal.h"

#include <math.h>

typedef nn_logistic_layer layer_of;

static double slope_at(const nn_logistic_net *net, size_t l, size_t j)
{
    const layer_of *layer = &net->layer[l - 1];
    if (l == net->layers) return layer->delta[j];
    return nn_activation_slope(layer->activation, layer->alpha, layer->z[j]);
}

/* Which layer's skip connection path number *path takes from layer l, once the ways through layer l + 1 are counted. */
static size_t layer_skipped_to(const nn_logistic_net *net, size_t l, size_t *path)
{
    size_t m = l + 1;
    for (; m < net->layers; m++) {
        const layer_of *layer = &net->layer[m - 1];
        if (layer->skip != m - l) continue;
        if (*path < layer->paths) break;
        *path -= layer->paths;
    }
    return m;
}

/* The step after the one to unit *j of layer l; *j counts from 0. */
static nn_path_step next_step(const nn_logistic_net *net, size_t l, size_t *j, size_t *path)
{
    const layer_of *layer = &net->layer[l - 1], *next = layer + 1;
    const size_t through_next = next->units * next->paths;
    if (*path >= through_next) {
        *path -= through_next;
        const size_t m = layer_skipped_to(net, l, path);
        const double slope = m == net->layers ? slope_at(net, m, *j) : 1;
        return (nn_path_step){m, *j + 1, true, 1, slope};
    }
    const size_t i = *path / next->paths, columns = layer->bias_unit + layer->units;
    const double theta = layer->theta[i * columns + layer->bias_unit + *j];
    *path %= next->paths;
    *j = i;
    return (nn_path_step){l + 1, i + 1, false, theta, slope_at(net, l + 1, i)};
}

static bool is_unit(const nn_logistic_net *net, size_t l, size_t j)
{
    return l >= 2 && l <= net->layers && j >= 1 && j <= net->layer[l - 1].units;
}

double nn_logistic_path(const nn_logistic_net *net, size_t l, size_t j, size_t path, nn_path_step *steps, size_t *count)
{
    if (count != NULL) *count = 0;
    if (!is_unit(net, l, j) || net->layer[l - 1].paths > NN_MOST_PATHS || path >= net->layer[l - 1].paths) return NAN;
    double product = 1;
    size_t n = 0, unit = j - 1;
    for (nn_path_step step = {l, j, false, 1, slope_at(net, l, unit)};;
         step = next_step(net, step.layer, &unit, &path)) {
        product *= step.theta * step.slope;
        if (steps != NULL) steps[n] = step;
        n++;
        if (step.layer == net->layers) break;
    }
    if (count != NULL) *count = n;
    return product;
}

nn_status nn_logistic_sum_of_paths(const nn_logistic_net *net, size_t l, size_t j, double *sum, nn_error *error)
{
    if (!is_unit(net, l, j))
        return nn_fail(error, NN_ERR_ARGUMENT,
                       "there is no z^(%zu)_%zu: layers with a weighted input are 2 to %zu, units count from 1", l, j,
                       net->layers);
    if (net->layer[l - 1].paths > NN_MOST_PATHS)
        return nn_fail(
            error, NN_ERR_ARGUMENT,
            "more than %d paths lead from z^(%zu)_%zu to the cost; the sum over paths is for smaller networks",
            NN_MOST_PATHS, l, j);
    *sum = 0;
    for (size_t path = 0; path < net->layer[l - 1].paths; path++) *sum += nn_logistic_path(net, l, j, path, NULL, NULL);
    return NN_OK;
}
