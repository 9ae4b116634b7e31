/* SPDX-License-Identifier: MIT */
#include "demon.h"
#include "library_text.h"

#include <autodiff/derivatives.h>

#include <math.h>
#include <stdlib.h>

static void need(const demon_tape *d)
{
    ad_tape *tape = nn_mlp_tape(d->v->net);
    if (ad_tape_error(tape) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
}

static ad_var demon_at(const demon_tape *d, size_t l, size_t j) { return ad_at(d->demons[l], j); }

/* z^l_j = Σ_k w^l_jk a^(l-1)_k + b^l_j + Δz^l_j, a^l = σ(z^l) [+ a^(l-s)] */
static ad_span record_layer(demon_tape *d, size_t l, const ad_span *a)
{
    ad_tape *tape = nn_mlp_tape(d->v->net);
    const nn_layer *layer = layer_of(d->v, l);
    const ad_span sums = ad_weighted_sums(nn_weights(d->v->net, l), a[l - 1]);
    const ad_span z = has_biases(d->v, l) ? ad_each2(AD_OP_ADD, sums, nn_biases(d->v->net, l)) : sums;
    d->demons[l] = ad_leaves(tape, NULL, layer->width);
    d->z[l] = ad_each2(AD_OP_ADD, z, d->demons[l]);
    const ad_op op = layer->activation != NN_IDENTITY ? ad_op_find(nn_activation_name(layer->activation)) : AD_OP_LEAF;
    if (op == AD_OP_LEAF) d->activated[l] = d->z[l];
    else if (ad_op_get(op)->arity == 1) d->activated[l] = ad_each(op, d->z[l]);
    else d->activated[l] = ad_each2(op, d->z[l], ad_constants(tape, &layer->alpha, 1));
    return layer->skip > 0 ? ad_each2(AD_OP_ADD, d->activated[l], a[l - layer->skip]) : d->activated[l];
}

void demon_tape_begin(demon_tape *d, const delta_subject *n)
{
    const delta_view *v = &n->view;
    const nn_shape *shape = nn_mlp_shape(v->net);
    const size_t layers = depth_of(v) + 1;
    ad_span *a = resized(NULL, layers, sizeof *a);
    *d = (demon_tape){.v = v, .before = ad_tape_mark(n->tape)};
    d->demons = resized(NULL, layers, sizeof *d->demons);
    d->z = resized(NULL, layers, sizeof *d->z);
    d->activated = resized(NULL, layers, sizeof *d->activated);
    a[0] = ad_constants(n->tape, v->x, shape->inputs);
    for (size_t l = 1; l < layers; l++) a[l] = record_layer(d, l, a);
    const ad_span y = ad_constants(n->tape, v->y, width_at(v, layers - 1));
    d->set = demon_at(d, 1, 0);
    d->cost = ad_at(ad_each_row(ad_op_find(nn_cost_name(shape->cost)), a[layers - 1], y, 1), 0);
    need(d);
    free(a);
}

void demon_tape_end(demon_tape *d)
{
    ad_tape_rewind(nn_mlp_tape(d->v->net), d->before);
    free(d->activated);
    free(d->z);
    free(d->demons);
}

double demon_tape_cost(demon_tape *d, size_t l, size_t j, double dz, size_t *kinks)
{
    ad_verdict verdict = {0, {NULL, 0, 0}};
    const ad_var demon = demon_at(d, l, j);
    ad_set(d->set, 0);
    ad_set(demon, dz);
    d->set = demon;
    ad_reevaluate(nn_mlp_tape(d->v->net), &verdict);
    need(d);
    if (kinks != NULL) *kinks = verdict.changed;
    return ad_value(d->cost);
}

double demon_tape_z(const demon_tape *d, size_t l, size_t j) { return ad_value(ad_at(d->z[l], j)); }

double demon_tape_slope(const demon_tape *d, size_t l, size_t j)
{
    ad_edge edge;
    if (layer_of(d->v, l)->activation == NN_IDENTITY) return 1;
    ad_edges(ad_at(d->activated[l], j), &edge, 1);
    return edge.partial;
}

double demon_tape_delta(const demon_tape *d, size_t l, size_t j)
{
    ad_backward(d->cost);
    need(d);
    return ad_grad(demon_at(d, l, j));
}

static double second_of(const demon_tape *d, ad_var y, size_t l, size_t j)
{
    double second = NAN;
    ad_hessian(y, ad_run(demon_at(d, l, j), 1), &second);
    need(d);
    return second;
}

double demon_tape_second(const demon_tape *d, size_t l, size_t j) { return second_of(d, d->cost, l, j); }

double demon_tape_third(const demon_tape *d, size_t l, size_t j)
{
    ad_tape *tape = nn_mlp_tape(d->v->net);
    const ad_mark before = ad_tape_mark(tape);
    const ad_var first = ad_at(ad_record_gradient(d->cost, ad_run(demon_at(d, l, j), 1)), 0);
    need(d);
    const double third = ad_is_const(first) ? 0 : second_of(d, first, l, j);
    ad_tape_rewind(tape, before);
    return third;
}
