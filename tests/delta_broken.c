/* SPDX-License-Identifier: MIT */
#include "delta_broken.h"

#include <math.h>

const char *const mistake_names[MISTAKES] = {"no mistake",   "a flipped sign", "no slope",
                                             "untransposed", "no factor",      "updated in place"};

static mistake made;

static const double learning_rate = 0.5;

/* ------------------------------------------------------------------------------ parts with mistakes */

static double signed_by(double delta) { return made == FLIPPED_SIGN ? -delta : delta; }
static double factor_by(double factor) { return made == NO_FACTOR ? factor == 1 ? 2 : factor / 2 : factor; }

static double slope(nn_activation f, double alpha, double z, bool hidden)
{
    return made == NO_SLOPE && hidden ? 1 : nn_activation_slope(f, alpha, z);
}

/* The weight from unit k of n to unit j by which delta_j goes back, given its place in a row-major matrix and its
 * transposed place; and its gradient, where it is of the output. */
static double weight_back(const double *w, const double *dw, size_t place, size_t transposed, bool of_output)
{
    const size_t at = made == UNTRANSPOSED ? transposed : place;
    return made == IN_PLACE && of_output ? w[at] - learning_rate * dw[at] : w[at];
}

/* --------------------------------------------------------------------------------------- logistic */

static void softmax_of(nn_logistic_layer *layer)
{
    double sum = 0;
    for (size_t k = 0; k < layer->units; k++) sum += exp(layer->z[k]);
    for (size_t k = 0; k < layer->units; k++) layer->a[k] = exp(layer->z[k]) / sum;
}

static double logistic_cost(nn_cost cost, const nn_logistic_layer *output, const double *y)
{
    double c = 0;
    for (size_t k = 0; k < output->units; k++) {
        const double a = output->a[k];
        if (cost == NN_BINARY_CROSS_ENTROPY) c -= y[k] * log(a) + (1 - y[k]) * log(1 - a);
        else c += cost == NN_SOFTMAX_CROSS_ENTROPY ? -y[k] * log(a) : 0.5 * (a - y[k]) * (a - y[k]);
    }
    return c;
}

static nn_status logistic(nn_logistic_net *net, const double *x, const double *y, nn_error *error)
{
    (void)error;
    nn_logistic_layer *first = net->layer, *last = first + net->layers - 1;
    for (size_t j = 0; j < first->units; j++) first->a[j] = x[j];
    for (nn_logistic_layer *at = first; at < last; at++) {
        const size_t columns = at->units + at->bias_unit;
        for (size_t i = 0; i < at[1].units; i++) {
            at[1].z[i] = at->bias_unit ? at->theta[i * columns] : 0;
            for (size_t j = 0; j < at->units; j++) at[1].z[i] += at->theta[i * columns + at->bias_unit + j] * at->a[j];
            at[1].a[i] = nn_activation_value(at[1].activation, at[1].alpha, at[1].z[i]);
        }
        if (at[1].activation == NN_SOFTMAX) softmax_of(at + 1);
    }
    net->C = logistic_cost(net->cost, last, y);
    for (size_t k = 0; k < last->units; k++) last->delta[k] = factor_by(1) * signed_by(last->a[k] - y[k]);
    for (nn_logistic_layer *at = last - 1; at >= first; at--) {
        const size_t columns = at->units + at->bias_unit, bias = at->bias_unit;
        for (size_t i = 0; i < at[1].units; i++)
            for (size_t j = 0; j < columns; j++)
                at->dtheta[i * columns + j] = at[1].delta[i] * (j < bias ? 1 : at->a[j - bias]);
        for (size_t j = 0; j < at->units; j++) {
            at->da[j] = 0;
            for (size_t i = 0; i < at[1].units; i++)
                at->da[j] +=
                    at[1].delta[i] * weight_back(at->theta, at->dtheta, i * columns + bias + j,
                                                 (made == UNTRANSPOSED ? j * columns + bias + i : 0), at + 1 == last);
            if (at > first) at->delta[j] = at->da[j] * slope(at->activation, at->alpha, at->z[j], true);
        }
    }
    return NN_OK;
}

/* -------------------------------------------------------------------------- squared and half-mean */

static nn_status squared(nn_squared_net *net, const double *x, const double *y, size_t m, nn_error *error)
{
    (void)error;
    nn_squared_layer *first = net->layer, *last = first + net->layers;
    if (m != 1) return NN_ERR_ARGUMENT;
    for (size_t k = 0; k < first->width; k++) first->a[k] = x[k];
    for (nn_squared_layer *at = first + 1; at <= last; at++)
        for (size_t j = 0; j < at->width; j++) {
            at->z[j] = at->b == NULL ? 0 : at->b[j];
            for (size_t k = 0; k < at[-1].width; k++) at->z[j] += at->W[j * at[-1].width + k] * at[-1].a[k];
            at->a[j] = nn_activation_value(at->activation, at->alpha, at->z[j]);
        }
    net->J = 0;
    for (size_t j = 0; j < last->width; j++) {
        net->J += (last->a[j] - y[j]) * (last->a[j] - y[j]);
        last->da[j] = signed_by(factor_by(2) * (last->a[j] - y[j]));
    }
    for (nn_squared_layer *at = last; at > first; at--) {
        const size_t in = at[-1].width;
        for (size_t j = 0; j < at->width; j++) {
            at->dz[j] = at->da[j] * slope(at->activation, at->alpha, at->z[j], at < last);
            if (at->db != NULL) at->db[j] = at->dz[j];
            for (size_t k = 0; k < in; k++) at->dW[j * in + k] = at->dz[j] * at[-1].a[k];
        }
        for (size_t k = 0; k < in; k++) {
            at[-1].da[k] = 0;
            for (size_t j = 0; j < at->width; j++)
                at[-1].da[k] += at->dz[j] * weight_back(at->W, at->dW, j * in + k, k * in + j, at == last);
        }
    }
    return NN_OK;
}

static nn_status half_mean(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    (void)error;
    nn_half_mean_layer *first = net->layer, *last = first + net->layers;
    const double twice = net->cost == NN_HALF_SUM_OF_SQUARES ? 1
                         : net->cost == NN_SUM_OF_SQUARES    ? 2
                                                             : 2 / (double)last->width;
    if (n != 1) return NN_ERR_ARGUMENT;
    for (size_t k = 0; k < first->width; k++) first->a[k] = x[k];
    for (nn_half_mean_layer *at = first + 1; at <= last; at++)
        for (size_t j = 0; j < at->width; j++) {
            at->z[j] = at->b == NULL ? 0 : at->b[j];
            for (size_t k = 0; k < at[-1].width; k++) at->z[j] += at->w[j * at[-1].width + k] * at[-1].a[k];
            at->a[j] = nn_activation_value(at->activation, at->alpha, at->z[j]);
        }
    net->C = 0;
    for (size_t j = 0; j < last->width; j++) {
        net->C += twice / 2 * (last->a[j] - y[j]) * (last->a[j] - y[j]);
        last->da[j] = signed_by(factor_by(twice) * (last->a[j] - y[j]));
    }
    for (nn_half_mean_layer *at = last; at > first; at--) {
        const size_t in = at[-1].width;
        for (size_t j = 0; j < at->width; j++) {
            at->delta[j] = at->da[j] * slope(at->activation, at->alpha, at->z[j], at < last);
            if (at->db != NULL) at->db[j] = at->delta[j];
            for (size_t k = 0; k < in; k++) at->dw[j * in + k] = at->delta[j] * at[-1].a[k];
        }
        for (size_t k = 0; k < in; k++) {
            at[-1].da[k] = 0;
            for (size_t j = 0; j < at->width; j++)
                at[-1].da[k] += at->delta[j] * weight_back(at->w, at->dw, j * in + k, k * in + j, at == last);
        }
    }
    return NN_OK;
}

/* --------------------------------------------------------------------------------- row-minus-bias */

static void row_back(double *row, const nn_row_layer *layer, size_t in, bool is_last)
{
    const size_t out = layer->width;
    for (size_t i = 0; i < in; i++) {
        row[i] = 0;
        for (size_t j = 0; j < out; j++)
            row[i] += layer->dE_db[j] * weight_back(layer->W, layer->dE_dW, i * out + j, j * out + i, is_last);
    }
}

static nn_status row_minus_bias(nn_row_net *net, const double *x, const double *y, nn_error *error)
{
    (void)error;
    nn_row_layer *first = net->layer, *last = first + net->layers - 1;
    net->E = 0;
    for (nn_row_layer *at = first; at <= last; at++) {
        const double *row = at == first ? x : at[-1].output;
        const size_t in = at == first ? net->inputs : at[-1].width;
        for (size_t j = 0; j < at->width; j++) {
            at->z[j] = at->b == NULL ? 0 : -at->b[j];
            for (size_t i = 0; i < in; i++) at->z[j] += row[i] * at->W[i * at->width + j];
            at->output[j] = nn_activation_value(at->activation, at->alpha, at->z[j]);
        }
    }
    for (size_t j = 0; j < last->width; j++) {
        const double apart = last->output[j] - y[j];
        net->E += apart * apart / 2;
        last->dE_db[j] = signed_by(-factor_by(1) * apart * slope(last->activation, last->alpha, last->z[j], false));
    }
    for (nn_row_layer *at = last; at >= first; at--) {
        const double *row = at == first ? x : at[-1].output;
        const size_t in = at == first ? net->inputs : at[-1].width;
        for (size_t i = 0; i < in; i++)
            for (size_t j = 0; j < at->width; j++) at->dE_dW[i * at->width + j] = -row[i] * at->dE_db[j];
        row_back(at == first ? net->dE_dx : at[-1].dE_db, at, in, at == last);
        for (size_t i = 0; i < in; i++)
            if (at == first) net->dE_dx[i] = -net->dE_dx[i];
            else at[-1].dE_db[i] *= slope(at[-1].activation, at[-1].alpha, at[-1].z[i], true);
    }
    return NN_OK;
}

/* ------------------------------------------------------------------------------------- per-neuron */

/* The wire by which delta_q goes back to p. In layers of `width` neurons each, transposed: that of the neurons with
 * these places in their layers exchanged. Wires into a neuron stand in the order of their p. */
static const nn_wire *wire_back(const nn_wiring *net, const nn_wire *wire, size_t width)
{
    if (made != UNTRANSPOSED) return wire;
    const size_t to = wire->q - wire->q % width + wire->p % width;
    return &net->wire[(to - width) * width + wire->q % width];
}

static bool is_output(const nn_wiring *net, size_t q) { return q >= net->output[0]; }

static nn_status per_neuron(nn_wiring *net, const double *x, const double *t, nn_error *error)
{
    (void)error;
    for (size_t q = 0; q < net->neurons; q++) {
        nn_neuron *n = &net->neuron[q];
        n->z = q < net->inputs ? x[q] : n->bias;
        for (size_t k = 0; q >= net->inputs && k < net->wires; k++)
            if (net->wire[k].q == q) n->z += net->wire[k].w * net->neuron[net->wire[k].p].o;
        n->o = q < net->inputs ? x[q] : nn_activation_value(n->activation, n->alpha, n->z);
        n->delta = 0;
    }
    net->L = 0;
    for (size_t v = 0; v < net->outputs; v++) {
        nn_neuron *n = &net->neuron[net->output[v]];
        net->L += (t[v] - n->o) * (t[v] - n->o) / 2;
        n->delta = signed_by(-factor_by(1) * (t[v] - n->o) * slope(n->activation, n->alpha, n->z, false));
    }
    for (size_t q = net->neurons; q-- > 0;) {
        nn_neuron *n = &net->neuron[q];
        for (size_t k = 0; !is_output(net, q) && k < net->wires; k++) {
            if (net->wire[k].p != q) continue;
            nn_wire *out = &net->wire[k];
            const nn_wire *back = wire_back(net, out, net->inputs);
            out->dw = net->neuron[out->q].delta * n->o;
            n->delta += net->neuron[out->q].delta * weight_back(&back->w, &out->dw, 0, 0, is_output(net, out->q));
        }
        if (q >= net->inputs && !is_output(net, q)) n->delta *= slope(n->activation, n->alpha, n->z, true);
    }
    return NN_OK;
}

const nn_closed_forms *forms_with(mistake which)
{
    static const nn_closed_forms forms = {logistic, squared, half_mean, row_minus_bias, per_neuron};
    made = which;
    return &forms;
}
