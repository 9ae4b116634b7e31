/* SPDX-License-Identifier: MIT */
/* The n-ary nodes: weighted sum, sum, squares, log-sum-exp and the cross-entropies. Each is one node over one or two
 * sequences x and y (the weighted sum's w is its x, its x the y), however long. */
#include "internal.h"
#include "kernels.h"
#include "ops_math.h"

#include <string.h>

/* A node's sequences. */
typedef struct sequence {
    uint32_t kind, first; /* kind 0: there is none */
} sequence;

typedef struct nary {
    unsigned code;
    uint32_t n;
    sequence x, y;
} nary;

static nary nary_at(const ad_tape *t, uint32_t i)
{
    const uint32_t *header = t->operands + t->a[i], shape = t->b[i], n = header[HEADER_N];
    return (nary){
        t->code[i], n, {SHAPE_X(shape), header[HEADER_X] + SHAPE_ROW(shape) * n}, {SHAPE_Y(shape), header[HEADER_Y]}};
}

static inline uint32_t reference_at(const ad_tape *t, sequence s, uint32_t k)
{
    return element_reference(t, s.kind, s.first, k);
}

/* Element k; 0 in a sequence that is not there. */
static inline double element(const ad_tape *t, sequence s, uint32_t k)
{
    return s.kind == 0 ? 0 : value_at(t, reference_at(t, s, k));
}

/* The values in place, where they stand in a row; else NULL. */
static inline const double *row(const ad_tape *t, sequence s)
{
    if (s.kind == SPAN_RUN) return t->value + s.first;
    return s.kind == SPAN_CONSTANTS ? t->constants + s.first : NULL;
}

/* ------------------------------------------------------------------------------------- values */

static double weighted_sum(const ad_tape *t, const nary *node)
{
    const double *x = row(t, node->x), *y = row(t, node->y);
    if (x != NULL && y != NULL) return t->kernels->dot(x, y, node->n);
    double total = 0;
    for (uint32_t k = 0; k < node->n; k++) total += element(t, node->x, k) * element(t, node->y, k);
    return total;
}

static double sum(const ad_tape *t, sequence s, uint32_t n)
{
    double total = 0;
    for (uint32_t k = 0; k < n; k++) total += element(t, s, k);
    return total;
}

static double sum_of_squares(const ad_tape *t, const nary *node)
{
    double total = 0;
    for (uint32_t k = 0; k < node->n; k++) total += square(element(t, node->x, k) - element(t, node->y, k));
    return total;
}

static double log_sum_exp(const ad_tape *t, sequence s, uint32_t n)
{
    double most = element(t, s, 0), total = 0;
    for (uint32_t k = 1; k < n; k++) {
        const double x = element(t, s, k);
        if (!(x <= most) && most == most) most = x; /* a NaN stays */
    }
    if (isinf(most)) return most;
    for (uint32_t k = 0; k < n; k++) total += exp(element(t, s, k) - most);
    return most + log(total);
}

/* p * q, where p = 0 takes the term away even when q is not finite. */
static double weighted(double p, double q) { return p == 0 ? 0 : p * q; }

static double softmax_cross_entropy(const ad_tape *t, const nary *node)
{
    const double l = log_sum_exp(t, node->x, node->n);
    double total = 0;
    for (uint32_t k = 0; k < node->n; k++) total += weighted(element(t, node->y, k), l - element(t, node->x, k));
    return total;
}

/* softplus(x) - y x = y softplus(-x) + (1 - y) softplus(x), which does not cancel at y = 1. */
static double logistic_cross_entropy(const ad_tape *t, const nary *node)
{
    double total = 0;
    for (uint32_t k = 0; k < node->n; k++) {
        const double x = element(t, node->x, k), y = element(t, node->y, k);
        total += weighted(y, softplus(-x)) + weighted(1 - y, softplus(x));
    }
    return total;
}

static double binary_cross_entropy(const ad_tape *t, const nary *node)
{
    double total = 0;
    for (uint32_t k = 0; k < node->n; k++) {
        const double x = element(t, node->x, k), y = element(t, node->y, k);
        total -= weighted(y, log(x)) + weighted(1 - y, log1p(-x));
    }
    return total;
}

double ad_nary_value(const ad_tape *t, uint32_t i)
{
    const nary node = nary_at(t, i);
    switch (node.code) {
    case CODE_WEIGHTED_SUM: return weighted_sum(t, &node);
    case CODE_SUM: return sum(t, node.x, node.n);
    case CODE_HALF_SUM_OF_SQUARES: return 0.5 * sum_of_squares(t, &node);
    case CODE_SUM_OF_SQUARES: return sum_of_squares(t, &node);
    case CODE_MEAN_OF_SQUARES: return sum_of_squares(t, &node) / node.n;
    case CODE_LOG_SUM_EXP: return log_sum_exp(t, node.x, node.n);
    case CODE_SOFTMAX_CROSS_ENTROPY: return softmax_cross_entropy(t, &node);
    case CODE_LOGISTIC_CROSS_ENTROPY: return logistic_cross_entropy(t, &node);
    default: return binary_cross_entropy(t, &node);
    }
}

/* ----------------------------------------------------------------------------------- partials */

/* What the partials of a node share: L = log_sum_exp(x) and s = sum(y). */
typedef struct shared {
    double l, s;
} shared;

static shared shared_of(const ad_tape *t, uint32_t i, const nary *node)
{
    if (node->code == CODE_LOG_SUM_EXP) return (shared){t->value[i], 1};
    if (node->code != CODE_SOFTMAX_CROSS_ENTROPY) return (shared){0, 0};
    return (shared){log_sum_exp(t, node->x, node->n), sum(t, node->y, node->n)};
}

/* dv/dx_k */
static double partial_x(const ad_tape *t, const nary *node, shared with, uint32_t k)
{
    const double x = element(t, node->x, k), y = element(t, node->y, k);
    switch (node->code) {
    case CODE_WEIGHTED_SUM: return y;
    case CODE_SUM: return 1;
    case CODE_HALF_SUM_OF_SQUARES: return x - y;
    case CODE_SUM_OF_SQUARES: return 2 * (x - y);
    case CODE_MEAN_OF_SQUARES: return 2 * (x - y) / node->n;
    case CODE_LOG_SUM_EXP: return exp(x - with.l);
    case CODE_SOFTMAX_CROSS_ENTROPY: return with.s * exp(x - with.l) - y;
    case CODE_LOGISTIC_CROSS_ENTROPY: return (1 - y) * sigmoid(x) - y * sigmoid(-x);
    default: return weighted(1 - y, 1 / (1 - x)) - weighted(y, 1 / x);
    }
}

/* dv/dy_k */
static double partial_y(const ad_tape *t, const nary *node, shared with, uint32_t k)
{
    const double x = element(t, node->x, k);
    switch (node->code) {
    case CODE_WEIGHTED_SUM: return x;
    case CODE_SOFTMAX_CROSS_ENTROPY: return with.l - x;
    case CODE_LOGISTIC_CROSS_ENTROPY: return -x;
    case CODE_BINARY_CROSS_ENTROPY: return log1p(-x) - log(x);
    default: return -partial_x(t, node, with, k);
    }
}

/* The weighted sum of two rows: dv/dx = y and dv/dy = x as vectors. */
static void sweep_rows(ad_tape *t, const nary *node, double s)
{
    if (node->x.kind == SPAN_RUN) ad_adjoints_add_run(t, node->x.first, node->n, s, row(t, node->y));
    if (node->y.kind == SPAN_RUN) ad_adjoints_add_run(t, node->y.first, node->n, s, row(t, node->x));
}

/* In a small layer, going column by column over all its rows saves most of the work of going row by row: what is added
 * to an element, and in what order, is the same. */
enum { SMALL_LAYER = 64 };

uint32_t ad_sums_sweep(ad_tape *t, uint32_t last, double skip, size_t *skipped)
{
    const nary node = nary_at(t, last);
    const uint32_t row_of_last = SHAPE_ROW(t->b[last]), first = last - row_of_last;
    const uint32_t n = node.n, y = node.y.first, w = node.x.first - row_of_last * n;
    const bool to_y = node.y.kind == SPAN_RUN;
    const bool apart = !to_y || node.x.first + n <= y || y + n <= w;
    if (n > SMALL_LAYER || node.x.kind != SPAN_RUN || node.y.kind == SPAN_LIST || !apart) {
        ad_nary_sweep(t, last, t->adjoint[last]);
        return last;
    }
    ad_adjoints_zero_from(t, to_y && y < w ? y : w);
    for (uint32_t i = first; i < last; i++) *skipped += t->adjoint[i] == skip;
    t->kernels->dots_back(t->adjoint + w, to_y ? t->adjoint + y : NULL, t->value + w, row(t, node.y),
                          t->adjoint + first, skip, row_of_last + 1, n);
    return first;
}

void ad_nary_sweep(ad_tape *t, uint32_t i, double s)
{
    const nary node = nary_at(t, i);
    if (node.code == CODE_WEIGHTED_SUM && node.x.kind != SPAN_LIST && node.y.kind != SPAN_LIST) {
        sweep_rows(t, &node, s);
        return;
    }
    const shared with = shared_of(t, i, &node);
    for (uint32_t k = 0; k < node.n; k++) {
        const uint32_t x = reference_at(t, node.x, k);
        if (!(x & CONSTANT_BIT)) t->adjoint[x] += s * partial_x(t, &node, with, k);
    }
    if (node.y.kind == 0 || node.y.kind == SPAN_CONSTANTS) return;
    for (uint32_t k = 0; k < node.n; k++) {
        const uint32_t y = reference_at(t, node.y, k);
        if (!(y & CONSTANT_BIT)) t->adjoint[y] += s * partial_y(t, &node, with, k);
    }
}

size_t ad_nary_edges(ad_tape *t, uint32_t i, ad_edge *edges, size_t room)
{
    const nary node = nary_at(t, i);
    const size_t count = node.y.kind == 0 ? node.n : 2 * (size_t)node.n;
    if (room == 0) return count;
    const shared with = shared_of(t, i, &node);
    for (size_t e = 0; e < count && e < room; e++) {
        const bool of_x = e < node.n;
        const uint32_t k = (uint32_t)(of_x ? e : e - node.n);
        const uint32_t reference = reference_at(t, of_x ? node.x : node.y, k);
        const double partial = (of_x ? partial_x : partial_y)(t, &node, with, k);
        edges[e] = (ad_edge){ad_handle(t, reference), value_at(t, reference), partial, 0, 0};
    }
    return count;
}

/* ------------------------------------------------------------------------------- constructors */

/* Whether `nodes` nodes over x and y (NULL: there is none) can be recorded. */
static bool record_ready(ad_span x, const ad_span *y, uint32_t nodes, const char *function)
{
    ad_tape *t = x.tape != NULL || y == NULL ? x.tape : y->tape;
    return ad_check_span(t, x, function, 1) == AD_OK && (y == NULL || ad_check_span(t, *y, function, 2) == AD_OK) &&
           ad_room_for_operands(t, HEADER_SIZE, function) == AD_OK && ad_room_for_nodes(t, nodes, function) == AD_OK;
}

/* Takes the elements of a span out of what only weighted sums over runs use. */
static void use_elements_alone(const ad_span *s)
{
    if (s->kind == SPAN_RUN) use_alone(s->tape, s->first);
    else if (s->kind == SPAN_LIST)
        for (uint32_t k = 0; k < s->count; k++) use_alone(s->tape, s->tape->operands[s->first + k]);
}

/* The header of nodes of n elements; there must be room. Returns where it stands. */
static uint32_t push_header(ad_tape *t, uint32_t n, const ad_span *x, const ad_span *y)
{
    uint32_t *header = t->operands + t->operands_count;
    header[HEADER_N] = n;
    header[HEADER_X] = x->first;
    header[HEADER_Y] = y == NULL ? 0 : y->first;
    t->operands_count += HEADER_SIZE;
    return t->operands_count - HEADER_SIZE;
}

static ad_var one_node(unsigned code, ad_span x, const ad_span *y, const char *function)
{
    ad_tape *t = x.tape;
    if (!record_ready(x, y, 1, function)) return INVALID;
    if (x.count == 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "the span is empty");
        return INVALID;
    }
    if (y != NULL && y->count != x.count) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "spans of %u and %u elements", x.count, y->count);
        return INVALID;
    }
    if (code != CODE_WEIGHTED_SUM || x.kind == SPAN_LIST || y->kind == SPAN_LIST) {
        use_elements_alone(&x);
        if (y != NULL) use_elements_alone(y);
    }
    const uint32_t y_kind = y == NULL ? 0 : y->kind;
    const ad_var v = push(t, code, push_header(t, x.count, &x, y), SHAPE(x.kind, y_kind, 0), 0);
    t->value[v.index] = ad_nary_value(t, v.index);
    return v;
}

ad_span ad_weighted_sums(ad_span w, ad_span x)
{
    static const char function[] = "ad_weighted_sums";
    ad_tape *t = w.tape;
    const uint32_t in = x.count, out = in == 0 ? 0 : w.count / in;
    if (!record_ready(w, &x, out, function)) return INVALID_SPAN;
    if (in == 0 || w.count % in != 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "%u weights are no matrix with %u columns", w.count, in);
        return INVALID_SPAN;
    }
    if (out > MAX_ROWS) {
        ad_fail(t, AD_ERR_LIMIT, function, "more than %u rows", MAX_ROWS);
        return INVALID_SPAN;
    }
    const ad_span result = {t, t->count, out, t->generation, SPAN_RUN};
    if (out == 0) return result;
    const double *rows = row(t, (sequence){w.kind, w.first}), *column = row(t, (sequence){x.kind, x.first});
    const uint32_t header = push_header(t, in, &w, &x);
    memset(t->code + t->count, CODE_WEIGHTED_SUM, out);
    for (uint32_t j = 0; j < out; j++) {
        t->a[t->count + j] = header;
        t->b[t->count + j] = SHAPE(w.kind, x.kind, j);
    }
    if (rows != NULL && column != NULL) t->kernels->dots(t->value + t->count, rows, column, out, in);
    else {
        use_elements_alone(&w);
        use_elements_alone(&x);
        for (uint32_t j = 0; j < out; j++) t->value[t->count + j] = ad_nary_value(t, t->count + j);
    }
    t->count += out;
    return result;
}

ad_span ad_weighted_sums_batch(ad_span w, ad_span x, size_t samples)
{
    static const char function[] = "ad_weighted_sums_batch";
    ad_tape *t = w.tape != NULL ? w.tape : x.tape;
    if (ad_check_span(t, w, function, 1) != AD_OK || ad_check_span(t, x, function, 2) != AD_OK) return INVALID_SPAN;
    if (samples == 0 || x.count % samples != 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "%u elements are not %zu samples", x.count, samples);
        return INVALID_SPAN;
    }
    const uint32_t in = (uint32_t)(x.count / samples);
    const ad_mark before = ad_tape_mark(t);
    ad_span result = {t, t->count, 0, t->generation, SPAN_RUN};
    for (size_t s = 0; s < samples; s++) {
        const ad_span one = ad_weighted_sums(w, ad_slice(x, s * in, in));
        if (one.tape == NULL) {
            ad_tape_rewind(t, before);
            return INVALID_SPAN;
        }
        result.count += one.count;
    }
    return result;
}

#define ONE_SEQUENCE(ID, name) \
    ad_var ad_##name(ad_span x) { return one_node(CODE_##ID, x, NULL, "ad_" #name); }
#define TWO_SEQUENCES(ID, name) \
    ad_var ad_##name(ad_span x, ad_span y) { return one_node(CODE_##ID, x, &y, "ad_" #name); }
TWO_SEQUENCES(WEIGHTED_SUM, weighted_sum)
ONE_SEQUENCE(SUM, sum)
TWO_SEQUENCES(HALF_SUM_OF_SQUARES, half_sum_of_squares)
TWO_SEQUENCES(SUM_OF_SQUARES, sum_of_squares)
TWO_SEQUENCES(MEAN_OF_SQUARES, mean_of_squares)
ONE_SEQUENCE(LOG_SUM_EXP, log_sum_exp)
TWO_SEQUENCES(SOFTMAX_CROSS_ENTROPY, softmax_cross_entropy)
TWO_SEQUENCES(LOGISTIC_CROSS_ENTROPY, logistic_cross_entropy)
TWO_SEQUENCES(BINARY_CROSS_ENTROPY, binary_cross_entropy)
#undef ONE_SEQUENCE
#undef TWO_SEQUENCES
