/* SPDX-License-Identifier: MIT */
/* Products with the Jacobian of recorded outputs by recorded inputs, from either side, and the Jacobian itself. */
#include <autodiff/derivatives.h>

#include "internal.h"
#include "kernels.h"

#include <string.h>

static uint32_t reference_in(ad_span s, uint32_t k) { return element_reference(s.tape, s.kind, s.first, k); }

/* Vectors that go into eight sweeps: `count` of those given, or of the unit vectors, from number `first` on. */
typedef struct ad_vectors {
    const double *given; /* NULL: unit vectors */
    size_t length, first, count;
} vectors;

/* Adds the k-th elements to the lanes of a node; none of them is looked at where all are 0. */
static void add_elements(ad_tape *t, uint32_t node, const vectors *v, size_t k)
{
    double elements[ABREAST] = {0};
    bool any = false;
    for (size_t l = 0; l < v->count; l++) {
        elements[l] = v->given != NULL ? v->given[(v->first + l) * v->length + k] : v->first + l == k;
        any = any || elements[l] != 0;
    }
    if (any) t->kernels->lanes_add(ad_lanes_activate(t, node), 1, elements, false);
}

/* The elements of the vectors go to the nodes that they belong to, below `end`. */
static void seed(ad_tape *t, ad_span nodes, uint32_t end, const vectors *v)
{
    const size_t from = v->given != NULL ? 0 : v->first, to = v->given != NULL ? v->length : v->first + v->count;
    for (size_t k = from; k < to; k++) {
        const uint32_t node = reference_in(nodes, (uint32_t)k);
        if (node < end && t->marks[node] != INDEPENDENT) add_elements(t, node, v, k);
    }
}

/* Where results go: element k of vector l stands at to[l * vector_step + k * element_step]. */
typedef struct results {
    double *to;
    size_t vector_step, element_step;
} results;

static void read_lanes(const ad_tape *t, ad_span nodes, uint32_t end, size_t count, results r)
{
    static const double zeros[ABREAST] = {0};
    for (uint32_t k = 0; k < nodes.count; k++) {
        const uint32_t node = reference_in(nodes, k);
        const double *lanes = node < end && t->marks[node] == ACTIVE ? lanes_of(t, node) : zeros;
        for (size_t l = 0; l < count; l++) r.to[l * r.vector_step + k * r.element_step] = lanes[l];
    }
}

static void unmark(ad_tape *t, ad_span x, uint32_t end)
{
    for (uint32_t k = 0; k < x.count; k++)
        if (reference_in(x, k) < end) t->marks[reference_in(x, k)] = DEPENDENT;
}

static size_t abreast(size_t left) { return left < ABREAST ? left : ABREAST; }

/* k vectors through J^T, from the outputs to the inputs; through J, from the inputs to the outputs. */
static ad_status sweeps_back(ad_tape *t, ad_span y, ad_span x, vectors v, size_t k, double *to, const char *function)
{
    const uint32_t end = ad_outputs_end(y), begin = ad_first_dependent(x);
    const ad_status status = ad_room_for_lanes(t, x, end, function);
    for (v.first = 0; status == AD_OK && v.first < k; v.first += v.count) {
        v.count = abreast(k - v.first);
        if (t->propagate_zeros) ad_lanes_activate_all(t, 0, end);
        seed(t, y, end, &v);
        if (begin < end) ad_lanes_back(t, end, begin);
        read_lanes(t, x, end, v.count, (results){to + v.first * x.count, x.count, 1});
        unmark(t, x, end);
    }
    return status;
}

static ad_status sweeps_forward(ad_tape *t, ad_span y, ad_span x, vectors v, size_t k, results r, const char *function)
{
    const uint32_t end = ad_outputs_end(y), begin = ad_first_dependent(x);
    const ad_status status = ad_room_for_lanes(t, x, end, function);
    for (v.first = 0; status == AD_OK && v.first < k; v.first += v.count) {
        v.count = abreast(k - v.first);
        unmark(t, x, end);
        if (t->propagate_zeros)
            for (uint32_t j = 0; j < x.count; j++)
                if (reference_in(x, j) < end) ad_lanes_activate(t, reference_in(x, j));
        seed(t, x, end, &v);
        if (begin < end) ad_lanes_forward(t, begin, end);
        read_lanes(t, y, end, v.count, (results){r.to + v.first * r.vector_step, r.vector_step, r.element_step});
    }
    return status;
}

/* One direction, by tangents. */
static ad_status sweep_forward(ad_tape *t, ad_span y, ad_span x, const double *dx, double *dy, const char *function)
{
    const ad_status status = ad_room_for_tangents(t, function);
    if (status != AD_OK) return status;
    ad_tangents_along(t, x, dx, ad_outputs_end(y));
    for (uint32_t k = 0; k < y.count; k++) dy[k] = tangent_at(t, reference_in(y, k));
    return AD_OK;
}

ad_status ad_jvp(ad_span y, ad_span x, const double *dx, size_t k, double *dy)
{
    static const char function[] = "ad_jvp";
    ad_status status = ad_derivable(y, x, function);
    if (status != AD_OK) return status;
    ad_tape *t = x.tape;
    /* A direction that is left over goes alone, but for what counts as an operand where zeros are propagated. */
    const size_t alone = t->propagate_zeros ? 0 : k % ABREAST == 1, together = k - alone;
    const vectors v = {dx, x.count, 0, 0};
    if (together > 0) status = sweeps_forward(t, y, x, v, together, (results){dy, y.count, 1}, function);
    if (status == AD_OK && alone > 0)
        status = sweep_forward(t, y, x, dx + together * x.count, dy + together * y.count, function);
    return status;
}

ad_status ad_vjp(ad_span y, ad_span x, const double *seeds, size_t k, double *products)
{
    static const char function[] = "ad_vjp";
    const ad_status status = ad_derivable(y, x, function);
    return status != AD_OK ? status : sweeps_back(x.tape, y, x, (vectors){seeds, y.count, 0, 0}, k, products, function);
}

ad_status ad_jacobian(ad_span y, ad_span x, double *jacobian)
{
    static const char function[] = "ad_jacobian";
    const ad_status status = ad_derivable(y, x, function);
    if (status != AD_OK) return status;
    ad_tape *t = x.tape;
    if (y.count <= x.count) return sweeps_back(t, y, x, (vectors){NULL, y.count, 0, 0}, y.count, jacobian, function);
    return sweeps_forward(t, y, x, (vectors){NULL, x.count, 0, 0}, x.count, (results){jacobian, 1, x.count}, function);
}
