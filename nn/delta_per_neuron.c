/* SPDX-License-Identifier: MIT */
/* The convention per-neuron: any feed-forward wiring, one neuron after the other. */
#include "delta_internal.h"

/* ---------------------------------------------------------------------------------- what it knows */

static nn_status check_wires(const nn_wiring *net, nn_error *error)
{
    for (size_t k = 0; k < net->wires; k++) {
        const size_t p = net->wire[k].p, q = net->wire[k].q;
        if (q >= net->neurons || p >= q)
            return nn_fail(error, NN_ERR_ARGUMENT,
                           "wire %zu goes from neuron %zu to %zu of %zu: a neuron takes only from ones with a lower "
                           "number",
                           k, p, q, net->neurons);
        if (q < net->inputs)
            return nn_fail(error, NN_ERR_ARGUMENT, "wire %zu goes to neuron %zu, which is an input", k, q);
        if (k > 0 && q < net->wire[k - 1].q)
            return nn_fail(
                error, NN_ERR_ARGUMENT,
                "wire %zu goes to neuron %zu, the one before to %zu: wires stand in the order of the neurons "
                "that they go to",
                k, q, net->wire[k - 1].q);
    }
    return NN_OK;
}

static nn_status check_neurons(const nn_wiring *net, nn_error *error)
{
    if (net->inputs == 0 || net->inputs > net->neurons || net->outputs == 0)
        return nn_fail(error, NN_ERR_ARGUMENT, "%zu neurons with %zu inputs and %zu outputs", net->neurons, net->inputs,
                       net->outputs);
    for (size_t q = net->inputs; q < net->neurons; q++)
        if ((unsigned)net->neuron[q].activation >= NN_SOFTMAX)
            return nn_fail(error, NN_ERR_ARGUMENT, "neuron %zu: its activation is no function of its z alone", q);
    for (size_t v = 0; v < net->outputs; v++)
        if (net->output[v] < net->inputs || net->output[v] >= net->neurons)
            return nn_fail(error, NN_ERR_ARGUMENT, "output %zu is neuron %zu, which is %s", v, net->output[v],
                           net->output[v] < net->inputs ? "an input" : "none");
    return NN_OK;
}

/* ------------------------------------------------------------------------------------ forward */

static void forward(nn_wiring *net, const double *x)
{
    const nn_wire *wire = net->wire, *end = net->wire + net->wires;
    for (size_t q = 0; q < net->neurons; q++) {
        nn_neuron *n = &net->neuron[q];
        if (q < net->inputs) {
            n->z = n->o = x[q];
            n->slope = n->slope_of_output = 1;
            continue;
        }
        n->z = n->bias;
        for (; wire < end && wire->q == q; wire++) n->z += wire->w * net->neuron[wire->p].o;
        n->o = nn_activation_value(n->activation, n->alpha, n->z);
        n->slope = nn_activation_slope(n->activation, n->alpha, n->z);
        n->slope_of_output = nn_activation_slope_of_output(n->activation, n->alpha, n->o);
    }
}

/* L = 1/2 sum_v (t_v - o_v)^2 */
static double loss_of(const nn_wiring *net, const double *t)
{
    double sum = 0;
    for (size_t v = 0; v < net->outputs; v++) {
        const double o = net->neuron[net->output[v]].o;
        sum += (t[v] - o) * (t[v] - o);
    }
    return sum / 2;
}

/* ----------------------------------------------------------------------------------- backward */

/* From the last neuron to the first: delta_q holds dL/do_q, the sum over all that q leads to, until its turn. */
static void backward(nn_wiring *net, const double *t)
{
    for (size_t q = 0; q < net->neurons; q++) net->neuron[q].delta = 0;
    for (size_t v = 0; v < net->outputs; v++) {
        nn_neuron *output = &net->neuron[net->output[v]];
        output->delta += -(t[v] - output->o);
    }
    size_t k = net->wires;
    for (size_t q = net->neurons; q-- > 0;) {
        const double delta = net->neuron[q].delta *= net->neuron[q].slope;
        for (; k > 0 && net->wire[k - 1].q == q; k--) {
            nn_wire *wire = &net->wire[k - 1];
            wire->dw = delta * net->neuron[wire->p].o;
            net->neuron[wire->p].delta += delta * wire->w;
        }
    }
}

nn_status nn_delta_per_neuron(nn_wiring *net, const double *x, const double *t, nn_error *error)
{
    nn_status status = check_neurons(net, error);
    if (status == NN_OK) status = check_wires(net, error);
    if (status != NN_OK) return status;
    forward(net, x);
    net->L = loss_of(net, t);
    backward(net, t);
    return NN_OK;
}

void nn_per_neuron_update(nn_wiring *net, double eta, bool biases)
{
    for (size_t k = 0; k < net->wires; k++) net->wire[k].w -= eta * net->wire[k].dw;
    for (size_t q = net->inputs; biases && q < net->neurons; q++) net->neuron[q].bias -= eta * net->neuron[q].delta;
}
