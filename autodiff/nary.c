/* SPDX-License-Identifier: MIT */
/* The n-ary nodes: weighted sum, sum, squares, log-sum-exp and the cross-entropies. Each is one node over one or two
 * sequences x and y (the weighted sum's w is its x, its x the y), however long. */
#include "internal.h"
#include "kernels.h"
#include "nary.h"
#include "ops_math.h"

#include <string.h>

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
    const double *x = row(t, node->x), *y = row(t, node->y);
    double total = 0;
    if (x != NULL && y != NULL)
        for (uint32_t k = 0; k < node->n; k++) total += square(x[k] - y[k]);
    else
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

static inline double value_of(const ad_tape *t, const nary *node)
{
    switch (node->code) {
    case CODE_WEIGHTED_SUM: return weighted_sum(t, node);
    case CODE_SUM: return sum(t, node->x, node->n);
    case CODE_HALF_SUM_OF_SQUARES: return 0.5 * sum_of_squares(t, node);
    case CODE_SUM_OF_SQUARES: return sum_of_squares(t, node);
    case CODE_MEAN_OF_SQUARES: return sum_of_squares(t, node) / node->n;
    case CODE_LOG_SUM_EXP: return log_sum_exp(t, node->x, node->n);
    case CODE_SOFTMAX_CROSS_ENTROPY: return softmax_cross_entropy(t, node);
    case CODE_LOGISTIC_CROSS_ENTROPY: return logistic_cross_entropy(t, node);
    default: return binary_cross_entropy(t, node);
    }
}

double ad_nary_value(const ad_tape *t, uint32_t i)
{
    const nary node = nary_at(t, i);
    return value_of(t, &node);
}

/* The code of an n-ary operation; CODE_LEAF for another one. */
static unsigned code_of(ad_op op)
{
    static const uint8_t codes[AD_OP_COUNT] = {
#define AD_NARY(ID, ...) [AD_OP_##ID] = CODE_##ID,
#include <autodiff/ops.def>
    };
    return (unsigned)op < AD_OP_COUNT ? codes[op] : CODE_LEAF;
}

double ad_nary_value_over(const ad_tape *t, ad_op op, ad_span x)
{
    const nary node = {code_of(op), x.count, {x.kind, x.first}, {0, 0}};
    return value_of(t, &node);
}

/* ----------------------------------------------------------------------------------- the sweep */

shared ad_nary_shared(const ad_tape *t, uint32_t i, const nary *node)
{
    shared with = {t->value[i], node->n, 0, 0};
    if (node->code == CODE_SOFTMAX_CROSS_ENTROPY) {
        with.L = log_sum_exp(t, node->x, node->n);
        with.s = sum(t, node->y, node->n);
    }
    return with;
}

/* The weighted sum of two rows: dv/dx = y and dv/dy = x as vectors. */
static void sweep_rows(ad_tape *t, const nary *node, double s)
{
    if (node->x.kind == SPAN_RUN) ad_adjoints_add_run(t, node->x.first, node->n, s, row(t, node->y));
    if (node->y.kind == SPAN_RUN) ad_adjoints_add_run(t, node->y.first, node->n, s, row(t, node->x));
}

/* The weighted sums of `samples` samples by `rows` rows, nodes from `first` on, in the order of their recording. */
typedef struct block {
    uint32_t first, rows, samples, n;
    uint32_t w, x; /* where the matrix starts, and the first sample's elements */
} block;

/* The block that ends with node `last`: the sums of one sample, up to this row, and of the samples before it that were
 * recorded just before with the same matrix. No node of a block is an operand of another: in W (W x) there are two. */
static block block_before(const ad_tape *t, uint32_t last, const nary *node)
{
    const uint32_t row_of_last = SHAPE_ROW(t->b[last]), n = node->n, w = node->x.first - row_of_last * n;
    block b = {last - row_of_last, row_of_last + 1, 1, n, w, node->y.first};
    uint32_t header = t->a[last];
    const uint32_t shape = t->b[last];
    const uint32_t x_end = node->y.kind == SPAN_RUN ? node->y.first + n : 0;
    while (b.first >= b.rows + x_end && header >= HEADER_SIZE && node->y.kind != SPAN_LIST) {
        const uint32_t before = b.first - 1, *h = t->operands + header - HEADER_SIZE;
        if (t->code[before] != CODE_WEIGHTED_SUM || t->a[before] != header - HEADER_SIZE || t->b[before] != shape ||
            h[HEADER_N] != n || h[HEADER_X] != w || h[HEADER_Y] + n != b.x)
            break;
        header -= HEADER_SIZE;
        b.first -= b.rows;
        b.x -= n;
        b.samples++;
    }
    return b;
}

/* One sample with many columns goes row by row. */
enum { SMALL_LAYER = 64 };

uint32_t ad_sums_sweep(ad_tape *t, uint32_t last, double skip, size_t *skipped)
{
    const nary node = nary_at(t, last);
    const block b = block_before(t, last, &node);
    const uint32_t terms = b.samples * b.rows;
    const double *const s = t->adjoint + b.first;
    const size_t zeros = t->kernels->count(s, skip, terms);
    *skipped += zeros;
    if (zeros == terms) return b.first;
    const bool to_x = node.y.kind == SPAN_RUN;
    const bool apart = !to_x || b.w + b.rows * b.n <= b.x || b.x + b.samples * b.n <= b.w;
    if ((b.samples == 1 && b.n > SMALL_LAYER) || node.x.kind != SPAN_RUN || node.y.kind == SPAN_LIST || !apart) {
        for (uint32_t i = b.first + terms; i-- > b.first;)
            if (t->adjoint[i] != skip) ad_nary_sweep(t, i, t->adjoint[i]);
        return b.first;
    }
    if (b.samples == 1) {
        ad_adjoints_zero_from(t, to_x && b.x < b.w ? b.x : b.w);
        t->kernels->dots_back(t->adjoint + b.w, to_x ? t->adjoint + b.x : NULL, t->value + b.w,
                              row(t, (sequence){node.y.kind, b.x}), s, skip, b.rows, b.n);
        return b.first;
    }
    ad_products p = {.c = s, .rows = b.samples, .terms = b.rows, .n = b.n, .skip_zeros = zeros > 0};
    if (to_x) {
        ad_adjoints_zero_from(t, b.x);
        p.y = t->adjoint + b.x, p.x = t->value + b.w, p.row_step = b.rows, p.term_step = 1;
        t->kernels->add_products(&p);
    }
    p.y = t->adjoint + b.w, p.x = row(t, (sequence){node.y.kind, b.x}), p.row_step = 1, p.term_step = b.rows;
    p.rows = b.rows, p.terms = b.samples, p.store = ad_adjoints_take_run(t, b.w, b.rows * b.n);
    t->kernels->add_products(&p);
    return b.first;
}

void ad_nary_sweep(ad_tape *t, uint32_t i, double s)
{
    const nary node = nary_at(t, i);
    if (node.code == CODE_WEIGHTED_SUM && node.x.kind != SPAN_LIST && node.y.kind != SPAN_LIST) {
        sweep_rows(t, &node, s);
        return;
    }
    const shared with = ad_nary_shared(t, i, &node);
    for (uint32_t k = 0; k < node.n && node.x.kind != SPAN_CONSTANTS; k++) {
        const uint32_t x = reference_at(t, node.x, k);
        if (!(x & CONSTANT_BIT)) t->adjoint[x] += s * partial_x(node.code, with, t->value[x], element(t, node.y, k));
    }
    for (uint32_t k = 0; k < node.n && node.y.kind != SPAN_CONSTANTS && node.y.kind != 0; k++) {
        const uint32_t y = reference_at(t, node.y, k);
        if (!(y & CONSTANT_BIT)) t->adjoint[y] += s * partial_y(node.code, with, element(t, node.x, k), t->value[y]);
    }
}

uint32_t ad_nary_operand_count(const ad_tape *t, uint32_t i)
{
    const nary node = nary_at(t, i);
    return node.y.kind == 0 ? node.n : 2 * node.n;
}

uint32_t ad_nary_operand(const ad_tape *t, uint32_t i, uint32_t k)
{
    const nary node = nary_at(t, i);
    return k < node.n ? reference_at(t, node.x, k) : reference_at(t, node.y, k - node.n);
}

void ad_nary_spans(ad_tape *t, uint32_t i, ad_span *x, ad_span *y)
{
    const nary node = nary_at(t, i);
    *x = (ad_span){t, node.x.first, node.n, t->generation, node.x.kind};
    *y = node.y.kind == 0 ? INVALID_SPAN : (ad_span){t, node.y.first, node.n, t->generation, node.y.kind};
}

static bool touches(const ad_tape *t, sequence s, uint32_t n, const uint8_t *marks)
{
    if (s.kind == SPAN_RUN) return memchr(marks + s.first, 1, n) != NULL;
    for (uint32_t k = 0; k < n && s.kind == SPAN_LIST; k++) {
        const uint32_t reference = reference_at(t, s, k);
        if (!(reference & CONSTANT_BIT) && marks[reference]) return true;
    }
    return false;
}

bool ad_nary_touches(const ad_tape *t, uint32_t i, const uint8_t *marks)
{
    const nary node = nary_at(t, i);
    return touches(t, node.x, node.n, marks) || touches(t, node.y, node.n, marks);
}

size_t ad_nary_edges(ad_tape *t, uint32_t i, ad_edge *edges, size_t room)
{
    const nary node = nary_at(t, i);
    const size_t count = ad_nary_operand_count(t, i);
    if (room == 0) return count;
    const shared with = ad_nary_shared(t, i, &node);
    for (size_t e = 0; e < count && e < room; e++) {
        const bool of_x = e < node.n;
        const uint32_t k = (uint32_t)(of_x ? e : e - node.n);
        const uint32_t reference = reference_at(t, of_x ? node.x : node.y, k);
        const double x = element(t, node.x, k), y = element(t, node.y, k);
        const double partial = of_x ? partial_x(node.code, with, x, y) : partial_y(node.code, with, x, y);
        edges[e] = (ad_edge){ad_handle(t, reference), value_at(t, reference), partial, 0, 0};
    }
    return count;
}

/* ------------------------------------------------------------------------------- constructors */

/* Whether `nodes` nodes over x and y (NULL: there is none) can be recorded, with so many headers. */
static bool record_ready(ad_span x, const ad_span *y, size_t nodes, size_t headers, const char *function)
{
    ad_tape *t = x.tape != NULL || y == NULL ? x.tape : y->tape;
    return ad_check_span(t, x, function, 1) == AD_OK && (y == NULL || ad_check_span(t, *y, function, 2) == AD_OK) &&
           room_for_operands(t, headers * HEADER_SIZE, function) == AD_OK &&
           room_for_nodes(t, nodes, function) == AD_OK;
}

/* Takes the elements of a span out of what only weighted sums over runs use. */
static void use_elements_alone(const ad_span *s)
{
    if (s->kind == SPAN_RUN) use_alone(s->tape, s->first);
    else if (s->kind == SPAN_LIST)
        for (uint32_t k = 0; k < s->count; k++) use_alone(s->tape, s->tape->operands[s->first + k]);
}

/* The header of nodes of n elements; there must be room. Returns where it stands. */
static uint32_t push_header(ad_tape *t, uint32_t n, uint32_t x, uint32_t y)
{
    uint32_t *header = t->operands + t->operands_count;
    header[HEADER_N] = n;
    header[HEADER_X] = x;
    header[HEADER_Y] = y;
    t->operands_count += HEADER_SIZE;
    return t->operands_count - HEADER_SIZE;
}

/* Nodes over each row of x and y (NULL: there is none), which have `rows` rows. */
static ad_span row_nodes(unsigned code, ad_span x, const ad_span *y, uint32_t rows, const char *function)
{
    ad_tape *t = x.tape;
    if (!record_ready(x, y, rows, rows, function)) return INVALID_SPAN;
    if (x.count == 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "the span is empty");
        return INVALID_SPAN;
    }
    if (y != NULL && y->count != x.count) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "spans of %u and %u elements", x.count, y->count);
        return INVALID_SPAN;
    }
    if (code != CODE_WEIGHTED_SUM || x.kind == SPAN_LIST || y->kind == SPAN_LIST) {
        use_elements_alone(&x);
        if (y != NULL) use_elements_alone(y);
    }
    const ad_span nodes = {t, t->count, rows, t->generation, SPAN_RUN};
    nary node = {code, rows == 1 ? x.count : x.count / rows, {x.kind, x.first}, {0, 0}};
    if (y != NULL) node.y = (sequence){y->kind, y->first};
    for (uint32_t r = 0; r < rows; r++) {
        push(t, code, push_header(t, node.n, node.x.first, node.y.first), SHAPE(node.x.kind, node.y.kind, 0),
             value_of(t, &node));
        node.x.first += node.n;
        node.y.first += node.n;
    }
    return nodes;
}

static ad_var one_node(unsigned code, ad_span x, const ad_span *y, const char *function)
{
    const ad_span node = row_nodes(code, x, y, 1, function);
    return (ad_var){node.tape, node.first, node.generation};
}

ad_span ad_each_row(ad_op op, ad_span x, ad_span y, size_t rows)
{
    static const char function[] = "ad_each_row";
    const unsigned code = code_of(op);
    if (code == CODE_LEAF) {
        ad_fail(x.tape, AD_ERR_ARGUMENT, function, "not an n-ary operation");
        return INVALID_SPAN;
    }
    if (rows == 0 || x.count % rows != 0) {
        ad_fail(x.tape, AD_ERR_ARGUMENT, function, "%u elements are not %zu rows", x.count, rows);
        return INVALID_SPAN;
    }
    const bool alone = code == CODE_SUM || code == CODE_LOG_SUM_EXP;
    return row_nodes(code, x, alone ? NULL : &y, (uint32_t)rows, function);
}

/* The weighted sums of `samples` samples, x.count / samples elements each, with one header for each sample. */
static ad_span weighted_sums(ad_span w, ad_span x, size_t samples, const char *function)
{
    ad_tape *t = w.tape != NULL ? w.tape : x.tape;
    if (samples == 0 || x.count % samples != 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "%u elements are not %zu samples", x.count, samples);
        return INVALID_SPAN;
    }
    const uint32_t count = (uint32_t)samples, in = x.count / count, out = in == 0 ? 0 : w.count / in;
    if (in == 0 || w.count % in != 0) {
        ad_fail(t, AD_ERR_ARGUMENT, function, "%u weights are no matrix with %u columns", w.count, in);
        return INVALID_SPAN;
    }
    if (out > MAX_ROWS) {
        ad_fail(t, AD_ERR_LIMIT, function, "more than %u rows", MAX_ROWS);
        return INVALID_SPAN;
    }
    const size_t nodes = (size_t)out * count;
    if (!record_ready(w, &x, nodes, count, function)) return INVALID_SPAN;
    const ad_span result = {t, t->count, (uint32_t)nodes, t->generation, SPAN_RUN};
    if (out == 0) return result;
    const double *rows = row(t, (sequence){w.kind, w.first}), *columns = row(t, (sequence){x.kind, x.first});
    if (rows == NULL || columns == NULL) {
        use_elements_alone(&w);
        use_elements_alone(&x);
    }
    memset(t->code + t->count, CODE_WEIGHTED_SUM, nodes);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t header = push_header(t, in, w.first, x.first + i * in);
        for (uint32_t j = 0; j < out; j++) {
            t->a[t->count + i * out + j] = header;
            t->b[t->count + i * out + j] = SHAPE(w.kind, x.kind, j);
        }
    }
    if (rows != NULL && columns != NULL) t->kernels->dots(t->value + t->count, rows, columns, out, in, count);
    else
        for (uint32_t k = t->count; k < t->count + nodes; k++) t->value[k] = ad_nary_value(t, k);
    t->count += (uint32_t)nodes;
    return result;
}

ad_span ad_weighted_sums(ad_span w, ad_span x) { return weighted_sums(w, x, 1, "ad_weighted_sums"); }

ad_span ad_weighted_sums_batch(ad_span w, ad_span x, size_t samples)
{
    return weighted_sums(w, x, samples, "ad_weighted_sums_batch");
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
