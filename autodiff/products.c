/* SPDX-License-Identifier: MIT */
/* Products with the Jacobian of recorded outputs by recorded inputs, from either side, and the Jacobian itself. */
#include <autodiff/derivatives.h>

#include "internal.h"
#include "kernels.h"

#include <string.h>

static uint32_t reference_in(ad_span s, uint32_t k) { return element_reference(s.tape, s.kind, s.first, k); }

/* Vectors that go into sweeps, by rows; or the unit vectors, which need no memory. */
typedef struct vectors {
    const double *given; /* NULL: unit vectors */
    size_t length, count;
} vectors;

static double element_of(const vectors *v, size_t vector, size_t k)
{
    return v->given != NULL ? v->given[vector * v->length + k] : vector == k;
}

/* Where results go: element k of vector l stands at to[l * vector_step + k * element_step]. */
typedef struct results {
    double *to;
    size_t vector_step, element_step;
} results;

/* A product of all vectors from the outputs' side or the inputs' side. */
typedef struct product {
    ad_tape *tape;
    ad_span y, x;
    vectors v;
    results r;
    uint32_t end, begin; /* the nodes to sweep: above the inputs, up to the outputs */
    const char *function;
} product;

static product product_of(ad_span y, ad_span x, const char *function)
{
    const uint32_t end = ad_outputs_end(y), first = ad_first_dependent(x);
    return (product){
        .tape = x.tape, .y = y, .x = x, .end = end, .begin = first < end ? first : end, .function = function};
}

/* ----------------------------------------------------------------------------- several at a time */

/* Vectors first .. first + count - 1 of a product, eight at most. */
typedef struct batch {
    size_t first, count;
} batch;

static batch batch_from(size_t first, size_t count)
{
    return (batch){first, count - first < ABREAST ? count - first : ABREAST};
}

/* Adds the k-th elements to the lanes of a node, which stays as it is where all are 0. */
static void add_elements(ad_tape *t, uint32_t node, const vectors *v, batch b, size_t k)
{
    double elements[ABREAST] = {0};
    bool any = false;
    for (size_t l = 0; l < b.count; l++) {
        elements[l] = element_of(v, b.first + l, k);
        any = any || elements[l] != 0;
    }
    if (any) t->kernels->lanes_add(ad_lanes_activate(t, node), 1, elements, false);
}

/* The elements of the vectors go to the nodes that they belong to. */
static void seed(const product *p, ad_span nodes, batch b)
{
    const size_t from = p->v.given != NULL ? 0 : b.first, to = p->v.given != NULL ? p->v.length : b.first + b.count;
    for (size_t k = from; k < to; k++) {
        const uint32_t node = reference_in(nodes, (uint32_t)k);
        if (node < p->end && p->tape->marks[node] != INDEPENDENT) add_elements(p->tape, node, &p->v, b, k);
    }
}

static void read_lanes(const product *p, ad_span nodes, batch b)
{
    static const double zeros[ABREAST] = {0};
    for (uint32_t k = 0; k < nodes.count; k++) {
        const uint32_t node = reference_in(nodes, k);
        const double *lanes = node < p->end && p->tape->marks[node] == ACTIVE ? lanes_of(p->tape, node) : zeros;
        double *to = p->r.to + b.first * p->r.vector_step + k * p->r.element_step;
        for (size_t l = 0; l < b.count; l++) to[l * p->r.vector_step] = lanes[l];
    }
}

static void unmark_inputs(const product *p)
{
    for (uint32_t k = 0; k < p->x.count; k++)
        if (reference_in(p->x, k) < p->end) p->tape->marks[reference_in(p->x, k)] = DEPENDENT;
}

static void batch_back(const product *p, batch b)
{
    unmark_inputs(p);
    if (p->tape->propagate_zeros) ad_lanes_activate_all(p->tape, 0, p->end);
    seed(p, p->y, b);
    ad_lanes_back(p->tape, p->end, p->begin);
    read_lanes(p, p->x, b);
}

static void batch_forward(const product *p, batch b)
{
    unmark_inputs(p);
    if (p->tape->propagate_zeros) ad_lanes_activate_all(p->tape, 0, p->begin);
    seed(p, p->x, b);
    ad_lanes_forward(p->tape, p->begin, p->end);
    read_lanes(p, p->y, b);
}

/* ----------------------------------------------------------------------------------- one by one */

/* Where the memory of tangents holds adjoints. */
static void one_back(const product *p, size_t number)
{
    ad_tape *t = p->tape;
    const ad_span unit = {t, p->y.first + (uint32_t)number, 1, p->y.generation, p->y.kind};
    const double one = 1;
    double *to = p->r.to + number * p->r.vector_step;
    if (p->v.given == NULL) ad_sweep_beside(t, t->tangent, unit, &one);
    else ad_sweep_beside(t, t->tangent, p->y, p->v.given + number * p->v.length);
    for (uint32_t k = 0; k < p->x.count; k++) to[k * p->r.element_step] = t->tangent[reference_in(p->x, k)];
}

/* The leaves that nothing but weighted sums over runs looks at need not be written: see ad_direction. */
static uint32_t unwritten_leaves(const product *p)
{
    const ad_tape *t = p->tape;
    uint32_t end = t->bulk_end < t->leaf_prefix ? t->bulk_end : t->leaf_prefix;
    if (p->x.kind != SPAN_RUN) return 0;
    for (uint32_t k = 0; k < p->y.count; k++)
        if (reference_in(p->y, k) < end) end = reference_in(p->y, k);
    return end;
}

static void one_forward(const product *p, size_t number)
{
    ad_tape *t = p->tape;
    double *to = p->r.to + number * p->r.vector_step;
    ad_tangents_along(t, p->x, p->v.given + number * p->v.length, unwritten_leaves(p), p->end);
    for (uint32_t k = 0; k < p->y.count; k++) to[k * p->r.element_step] = tangent_at(t, reference_in(p->y, k));
}

/* ------------------------------------------------------------------------------------- all of them */

/* Alone goes a vector that is left over. All of them do where there are more inputs than operations: weights of layers,
 * whose weighted sums are straight loops one by one, and which eight numbers each would drive from the caches. Where
 * zeros are propagated none goes alone, so that it makes no difference how many there are. */
static size_t alone(const product *p)
{
    const uint32_t leaves = p->tape->leaves, operations = p->end > leaves ? p->end - leaves : 0;
    if (p->tape->propagate_zeros) return 0;
    return p->x.count > operations ? p->v.count : p->v.count % ABREAST == 1;
}

/* `one` may be NULL: none goes alone. */
static ad_status compute(const product *p, void (*batch_of)(const product *, batch),
                         void (*one)(const product *, size_t))
{
    const size_t together = p->v.count - (one != NULL ? alone(p) : 0);
    ad_status status = AD_OK;
    if (together < p->v.count) status = ad_room_for_tangents(p->tape, p->function);
    if (status == AD_OK && together > 0) status = ad_room_for_lanes(p->tape, p->x, p->end, p->function);
    if (status != AD_OK) return status;
    /* An operation of the program's own may fail on the way. */
    const ad_status *error = &p->tape->error;
    for (size_t first = 0; first < together && *error == AD_OK; first += ABREAST)
        batch_of(p, batch_from(first, together));
    for (size_t number = together; number < p->v.count && *error == AD_OK; number++) one(p, number);
    return *error;
}

ad_status ad_jvp(ad_span y, ad_span x, const double *dx, size_t k, double *dy)
{
    static const char function[] = "ad_jvp";
    const ad_status status = ad_derivable(y, x, function);
    if (status != AD_OK) return status;
    product p = product_of(y, x, function);
    p.v = (vectors){dx, x.count, k};
    p.r = (results){dy, y.count, 1};
    return compute(&p, batch_forward, one_forward);
}

ad_status ad_vjp(ad_span y, ad_span x, const double *seeds, size_t k, double *products)
{
    static const char function[] = "ad_vjp";
    const ad_status status = ad_derivable(y, x, function);
    if (status != AD_OK) return status;
    product p = product_of(y, x, function);
    p.v = (vectors){seeds, y.count, k};
    p.r = (results){products, x.count, 1};
    return compute(&p, batch_back, one_back);
}

ad_status ad_jacobian(ad_span y, ad_span x, double *jacobian)
{
    static const char function[] = "ad_jacobian";
    const ad_status status = ad_derivable(y, x, function);
    if (status != AD_OK) return status;
    const bool by_rows = y.count <= x.count;
    product p = product_of(y, x, function);
    p.v.length = p.v.count = by_rows ? y.count : x.count;
    p.r = by_rows ? (results){jacobian, x.count, 1} : (results){jacobian, 1, x.count};
    return by_rows ? compute(&p, batch_back, one_back) : compute(&p, batch_forward, NULL);
}
