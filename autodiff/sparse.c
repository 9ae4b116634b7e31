/* SPDX-License-Identifier: MIT */
/* Sparse Jacobians and Hessians: from pattern and colouring to the products to take, and from these to the elements. */
#include "sparse.h"

#include <autodiff/derivatives.h>

#include <string.h>

enum kind { JACOBIAN_BY_COLUMNS, JACOBIAN_BY_ROWS, HESSIAN };

/* A product takes the sum of the unit vectors of one colour. Element order[p], for p from start[c] to start[c + 1] - 1,
 * stands in the product of colour c, at from[p]. */
struct ad_sparse {
    ad_sparse_matrix matrix;
    ad_tape *tape;
    enum kind kind;
    ad_span y, x;
    ad_var output; /* of a Hessian */
    ad_pattern pattern;
    ad_colouring colouring;
    uint32_t *row, *order, *from, *start;
    double *value;
    size_t batch, in, out; /* vectors at a time; numbers in a vector, in a product */
    double *vectors, *products;
};

/* Vectors and products go through in batches, each of about so many numbers, of lanes that fill up what tangents are
 * computed in at a time. */
enum { BATCH = 1 << 20, LANES = 8 };

void ad_sparse_free(ad_sparse *s)
{
    if (s == NULL) return;
    ad_tape *t = s->tape;
    const size_t count = s->pattern.count;
    free_array(t, s->row, count, sizeof *s->row);
    free_array(t, s->order, count, sizeof *s->order);
    free_array(t, s->from, count, sizeof *s->from);
    free_array(t, s->value, count, sizeof *s->value);
    free_array(t, s->start, (size_t)s->colouring.colours + 1, sizeof *s->start);
    free_array(t, s->vectors, s->batch * s->in, sizeof *s->vectors);
    free_array(t, s->products, s->batch * s->out, sizeof *s->products);
    ad_pattern_free(&s->pattern);
    ad_colouring_free(&s->colouring);
    ad_resize(t, s, sizeof *s, 0);
}

/* ---------------------------------------------------------------------------------- colours */

/* By columns or by rows, whichever takes fewer products. As many colours are needed as the longest row (column) has
 * elements: the way that may do with fewer goes first, and the other only where it may still be better. */
static bool colour_jacobian(ad_sparse *s)
{
    const ad_pattern *p = &s->pattern;
    ad_pattern t;
    ad_colouring other;
    if (!ad_pattern_transpose(p, &t)) return false;
    const uint32_t by_columns = ad_pattern_longest_row(p), by_rows = ad_pattern_longest_row(&t);
    const bool columns_first = by_columns <= by_rows;
    const uint32_t least = columns_first ? by_rows : by_columns;
    s->kind = columns_first ? JACOBIAN_BY_COLUMNS : JACOBIAN_BY_ROWS;
    bool done = ad_colour_columns(&s->colouring, columns_first ? p : &t);
    if (done && s->colouring.colours > least) {
        done = ad_colour_columns(&other, columns_first ? &t : p);
        if (done && other.colours < s->colouring.colours) {
            const ad_colouring worse = s->colouring;
            s->colouring = other;
            other = worse;
            s->kind = columns_first ? JACOBIAN_BY_ROWS : JACOBIAN_BY_COLUMNS;
        }
        if (done) ad_colouring_free(&other);
    }
    ad_pattern_free(&t);
    return done;
}

/* ------------------------------------------------------------------- which product has an element */

/* Element e stands in the product of colour[e] at place[e]: into the order of the colours. */
static void sort_by_colour(ad_sparse *s, const uint32_t *colour, const uint32_t *place)
{
    const uint32_t count = s->pattern.count, colours = s->colouring.colours;
    memset(s->start, 0, ((size_t)colours + 1) * sizeof *s->start);
    for (uint32_t e = 0; e < count; e++) s->start[colour[e] + 1]++;
    for (uint32_t c = 0; c < colours; c++) s->start[c + 1] += s->start[c];
    for (uint32_t e = 0; e < count; e++) {
        const uint32_t p = s->start[colour[e]]++;
        s->order[p] = e;
        s->from[p] = place[e];
    }
    for (uint32_t c = colours; c > 0; c--) s->start[c] = s->start[c - 1];
    s->start[0] = 0;
}

static void place_jacobian(const ad_sparse *s, uint32_t *colour, uint32_t *place)
{
    const bool by_columns = s->kind == JACOBIAN_BY_COLUMNS;
    for (uint32_t e = 0; e < s->pattern.count; e++) {
        const uint32_t i = s->row[e], j = s->pattern.column[e];
        colour[e] = s->colouring.colour[by_columns ? j : i];
        place[e] = by_columns ? i : j;
    }
}

/* Element i, j is the i-th number in the product of j's colour, unless another element of row i has that colour too;
 * then, the colouring being one of stars, it is the j-th in the product of i's colour. The same number serves for
 * i, j and j, i: these follow each other in row j as the rows i come. */
static void place_hessian(const ad_sparse *s, uint32_t *colour, uint32_t *place, uint32_t *next, uint32_t *met)
{
    const ad_pattern *p = &s->pattern;
    const uint32_t *const of = s->colouring.colour;
    memcpy(next, p->start, p->rows * sizeof *next);
    for (uint32_t i = 0; i < p->rows; i++) {
        for (uint32_t e = p->start[i]; e < p->start[i + 1]; e++) met[of[p->column[e]]] = 0;
        for (uint32_t e = p->start[i]; e < p->start[i + 1]; e++) met[of[p->column[e]]]++;
        for (uint32_t e = next[i]; e < p->start[i + 1]; e++) {
            const uint32_t j = p->column[e], mirrored = next[j]++;
            const bool here = met[of[j]] == 1;
            colour[e] = colour[mirrored] = of[here ? j : i];
            place[e] = place[mirrored] = here ? i : j;
        }
    }
}

static bool place_elements(ad_sparse *s)
{
    const size_t count = s->pattern.count, n = s->pattern.rows, colours = s->colouring.colours;
    uint32_t *colour = new_array(s->tape, count, sizeof *colour), *place = new_array(s->tape, count, sizeof *place);
    uint32_t *next = new_array(s->tape, n, sizeof *next), *met = new_array(s->tape, colours, sizeof *met);
    const bool done = colour != NULL && place != NULL && next != NULL && met != NULL;
    if (done && s->kind == HESSIAN) place_hessian(s, colour, place, next, met);
    else if (done) place_jacobian(s, colour, place);
    if (done) sort_by_colour(s, colour, place);
    free_array(s->tape, colour, count, sizeof *colour);
    free_array(s->tape, place, count, sizeof *place);
    free_array(s->tape, next, n, sizeof *next);
    free_array(s->tape, met, colours, sizeof *met);
    return done;
}

/* --------------------------------------------------------------------------------- evaluation */

/* As many vectors at a time as a batch has room for, and not more than there are. */
static size_t batch_of(const ad_sparse *s)
{
    const size_t most = (s->in > s->out ? s->in : s->out) + 1, colours = s->colouring.colours;
    const size_t batch = BATCH / most < LANES ? LANES : BATCH / most / LANES * LANES;
    return batch < colours ? batch : colours;
}

/* Takes the products of `n` colours from `first` on. */
static ad_status multiply(ad_sparse *s, size_t first, size_t n)
{
    memset(s->vectors, 0, n * s->in * sizeof *s->vectors);
    for (size_t j = 0; j < s->in; j++) {
        const size_t lane = s->colouring.colour[j] - first;
        if (s->colouring.colour[j] != NO_COLOUR && lane < n) s->vectors[lane * s->in + j] = 1;
    }
    if (s->kind == HESSIAN) return ad_hvp(s->output, s->x, s->vectors, n, s->products);
    return (s->kind == JACOBIAN_BY_COLUMNS ? ad_jvp : ad_vjp)(s->y, s->x, s->vectors, n, s->products);
}

static ad_status evaluate(ad_sparse *s)
{
    for (size_t first = 0; first < s->colouring.colours; first += s->batch) {
        const size_t left = s->colouring.colours - first, n = left < s->batch ? left : s->batch;
        const ad_status status = multiply(s, first, n);
        if (status != AD_OK) return status;
        for (size_t c = first; c < first + n; c++)
            for (uint32_t p = s->start[c]; p < s->start[c + 1]; p++)
                s->value[s->order[p]] = s->products[(c - first) * s->out + s->from[p]];
    }
    return AD_OK;
}

/* AD_OK when everything is in order. */
static ad_status check(const ad_sparse *s, const char *function)
{
    const ad_span output = is_const(s->output) ? ad_no_outputs(s->x) : span_of(s->output);
    return ad_derivable(s->kind == HESSIAN ? output : s->y, s->x, function);
}

ad_status ad_sparse_evaluate(ad_sparse *s)
{
    if (s == NULL) return AD_ERR_HANDLE;
    const ad_status status = check(s, "ad_sparse_evaluate");
    return status != AD_OK ? status : evaluate(s);
}

const ad_sparse_matrix *ad_sparse_matrix_of(const ad_sparse *s) { return s == NULL ? NULL : &s->matrix; }

/* ------------------------------------------------------------------------------------- making */

/* Room for everything that lasts, and the rows of all elements. */
static bool make_room(ad_sparse *s)
{
    const ad_pattern *p = &s->pattern;
    s->in = s->kind == JACOBIAN_BY_ROWS ? p->rows : p->columns;
    s->out = s->kind == JACOBIAN_BY_ROWS ? p->columns : p->rows;
    s->batch = batch_of(s);
    s->row = new_array(s->tape, p->count, sizeof *s->row);
    s->order = new_array(s->tape, p->count, sizeof *s->order);
    s->from = new_array(s->tape, p->count, sizeof *s->from);
    s->value = new_array(s->tape, p->count, sizeof *s->value);
    s->start = new_array(s->tape, (size_t)s->colouring.colours + 1, sizeof *s->start);
    s->vectors = new_array(s->tape, s->batch * s->in, sizeof *s->vectors);
    s->products = new_array(s->tape, s->batch * s->out, sizeof *s->products);
    if (s->row == NULL || s->order == NULL || s->from == NULL || s->value == NULL || s->start == NULL ||
        s->vectors == NULL || s->products == NULL)
        return false;
    for (uint32_t i = 0; i < p->rows; i++)
        for (uint32_t e = p->start[i]; e < p->start[i + 1]; e++) s->row[e] = i;
    s->matrix = (ad_sparse_matrix){p->rows, p->columns, p->count, s->row, p->column, s->value, s->colouring.colours};
    return true;
}

static ad_status find_pattern(ad_sparse *s, const char *function)
{
    if (s->kind == HESSIAN) return ad_pattern_hessian(&s->pattern, s->output, s->x, function);
    return ad_pattern_jacobian(&s->pattern, s->y, s->x, function);
}

/* Everything but the values. */
static ad_status make(ad_sparse *s, const char *function)
{
    const ad_status status = find_pattern(s, function);
    if (status != AD_OK) return status;
    if ((s->kind == HESSIAN ? ad_colour_star(&s->colouring, &s->pattern) : colour_jacobian(s)) && make_room(s) &&
        place_elements(s))
        return AD_OK;
    return ad_fail(s->tape, AD_ERR_MEMORY, function, "no memory for a matrix of %u elements", s->pattern.count);
}

static ad_sparse *sparse_new(const ad_sparse *what, const char *function)
{
    if (check(what, function) != AD_OK) return NULL;
    ad_tape *t = what->x.tape;
    ad_sparse *s = ad_resize(t, NULL, 0, sizeof *s);
    if (s == NULL) {
        ad_fail(t, AD_ERR_MEMORY, function, "no memory for a matrix");
        return NULL;
    }
    *s = *what;
    s->tape = s->pattern.tape = s->colouring.tape = t;
    if (make(s, function) == AD_OK && evaluate(s) == AD_OK) return s;
    ad_sparse_free(s);
    return NULL;
}

ad_sparse *ad_sparse_jacobian_new(ad_span y, ad_span x)
{
    return sparse_new(&(ad_sparse){.kind = JACOBIAN_BY_COLUMNS, .y = y, .x = x}, "ad_sparse_jacobian_new");
}

ad_sparse *ad_sparse_hessian_new(ad_var y, ad_span x)
{
    return sparse_new(&(ad_sparse){.kind = HESSIAN, .output = y, .x = x}, "ad_sparse_hessian_new");
}
