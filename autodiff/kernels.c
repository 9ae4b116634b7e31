/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "kernels_vector.h"

extern const ad_kernels KERNELS;

/* Element k of a dot product is added to lane k % 16, and what does not fill 16 lanes to lanes 0 to 7, in whatever
 * vectors the lanes stand. The total of eight lanes is ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). */
static ALWAYS_INLINE double lanes_total(const vec t[GROUP])
{
#if WIDTH == 64
    const quad low = {t[0][0], t[0][1], t[0][2], t[0][3]}, high = {t[0][4], t[0][5], t[0][6], t[0][7]};
    const quad a = low + high;
#elif WIDTH == 32
    const quad a = t[0] + t[1];
#endif
#if WIDTH == 16
    const pair b = (t[0] + t[2]) + (t[1] + t[3]);
#else
    const pair b = (pair){a[0], a[1]} + (pair){a[2], a[3]};
#endif
    return b[0] + b[1];
}

/* The total of a dot product's 16 lanes and of what is left from element k on. */
static ALWAYS_INLINE double total_of(const vec s[2 * GROUP], const double *x, const double *y, size_t k, size_t n)
{
    vec t[GROUP];
    UNROLLED
    for (size_t j = 0; j < GROUP; j++) t[j] = s[j] + s[GROUP + j];
    double total = lanes_total(t);
    for (; k < n; k++) total += x[k] * y[k];
    return total;
}

/* As many dot products side by side as the registers hold. */
#if WIDTH == 64
enum { TILE_ROWS = 5, TILE_COUNT = 2 };
#elif WIDTH == 32
enum { TILE_ROWS = 1, TILE_COUNT = 2 };
#else
enum { TILE_ROWS = 1, TILE_COUNT = 1 };
#endif

/* Adds the products of elements k to k + LANES - 1 to sum `l` of each dot product in the tile. */
static ALWAYS_INLINE void tile_step(vec s[TILE_COUNT][TILE_ROWS][2 * GROUP], size_t l, const double *w, const double *x,
                                    size_t k, size_t rows, size_t n, size_t count)
{
    vec of_w[TILE_ROWS];
    UNROLLED
    for (size_t j = 0; j < rows; j++) {
        of_w[j] = AT(w + j * n + k);
        HOLD(of_w[j]);
    }
    UNROLLED
    for (size_t i = 0; i < count; i++) {
        vec of_x = AT(x + i * n + k);
        HOLD(of_x);
        UNROLLED
        for (size_t j = 0; j < rows; j++) s[i][j][l] += of_w[j] * of_x;
    }
}

/* out_{i,j} for j below `rows` and i below `count`, which are TILE_ROWS and TILE_COUNT at most; n is 8 at least. */
static ALWAYS_INLINE void dots_tile(double *out, size_t step, const double *w, const double *x, size_t rows, size_t n,
                                    size_t count)
{
    vec s[TILE_COUNT][TILE_ROWS][2 * GROUP] = {{{{0}}}};
    size_t k = 0;
    for (; k + 16 <= n; k += 16) {
        UNROLLED
        for (size_t l = 0; l < 2 * GROUP; l++) tile_step(s, l, w, x, k + l * LANES, rows, n, count);
    }
    for (; k + 8 <= n; k += 8) {
        UNROLLED
        for (size_t l = 0; l < GROUP; l++) tile_step(s, l, w, x, k + l * LANES, rows, n, count);
    }
    UNROLLED
    for (size_t i = 0; i < count; i++) {
        UNROLLED
        for (size_t j = 0; j < rows; j++) out[i * step + j] = total_of(s[i][j], w + j * n, x + i * n, k, n);
    }
}

/* The same where n is below 8; best known when the call is compiled. */
static ALWAYS_INLINE void short_dots(double *out, const double *w, const double *x, size_t rows, size_t n, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rows; j++) {
            double total = 0;
            for (size_t k = 0; k < n; k++) total += w[j * n + k] * x[i * n + k];
            out[i * rows + j] = total;
        }
}

static double dot(const double *x, const double *y, size_t n)
{
    double total;
    if (n < 8) short_dots(&total, x, y, 1, n, 1);
    else dots_tile(&total, 1, x, y, 1, n, 1);
    return total;
}

/* Short rows are turned so that LANES of them stand side by side, each in a lane of its own, and no vector is left to
 * be added up across its lanes. */
enum { LONGEST_TURNED = 112, FEWEST_TURNED = 4 };

static ALWAYS_INLINE vec turned_dot(const vec *turned, const double *x, size_t n)
{
    vec lane[8], total = {0};
    size_t k = n / 8 * 8;
    if (k > 0) {
        for (size_t l = 0; l < 8; l++) {
            vec low = {0}, high = {0};
            size_t at = l;
            for (; at + 16 <= n + l; at += 16) low += turned[at] * x[at], high += turned[at + 8] * x[at + 8];
            if (at < k) low += turned[at] * x[at];
            lane[l] = low + high;
        }
        total = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    }
    for (; k < n; k++) total += turned[k] * x[k];
    return total;
}

static void turned_dots(double *out, const double *w, const double *x, size_t rows, size_t n, size_t count)
{
    vec turned[LONGEST_TURNED];
    for (size_t j = 0; j < rows; j += LANES) {
        const size_t some = rows - j < LANES ? rows - j : LANES;
        for (size_t k = 0; k < n; k++)
            for (size_t r = 0; r < LANES; r++) turned[k][r] = w[(j + (r < some ? r : 0)) * n + k];
        for (size_t i = 0; i < count; i++) {
            const vec totals = turned_dot(turned, x + i * n, n);
            if (some == LANES) PUT(out + i * rows + j) = totals;
            else
                for (size_t r = 0; r < some; r++) out[i * rows + j + r] = totals[r];
        }
    }
}

static void dots(double *out, const double *w, const double *x, size_t rows, size_t n, size_t count)
{
    if (n <= LONGEST_TURNED && rows >= FEWEST_TURNED && count >= FEWEST_TURNED) {
        turned_dots(out, w, x, rows, n, count);
        return;
    }
    switch (n) {
    case 1: short_dots(out, w, x, rows, 1, count); return;
    case 2: short_dots(out, w, x, rows, 2, count); return;
    case 3: short_dots(out, w, x, rows, 3, count); return;
    case 4: short_dots(out, w, x, rows, 4, count); return;
    case 0:
    case 5:
    case 6:
    case 7: short_dots(out, w, x, rows, n, count); return;
    }
    /* A sample on its own goes row by row, which memory delivers fastest. */
    const size_t in_tiles = count / TILE_COUNT * TILE_COUNT * (TILE_COUNT > 1);
    size_t j = 0;
    for (; j + TILE_ROWS <= rows; j += TILE_ROWS)
        for (size_t i = 0; i < in_tiles; i += TILE_COUNT)
            dots_tile(out + i * rows + j, rows, w + j * n, x + i * n, TILE_ROWS, n, TILE_COUNT);
    for (; j < rows; j++)
        for (size_t i = 0; i < in_tiles; i++) dots_tile(out + i * rows + j, rows, w + j * n, x + i * n, 1, n, 1);
    for (size_t i = in_tiles; i < count; i++)
        for (j = 0; j < rows; j++) dots_tile(out + i * rows + j, rows, w + j * n, x + i * n, 1, n, 1);
}

static void axpy(double *y, double s, const double *x, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) PUT(y + k) = AT(y + k) + s * AT(x + k);
    for (; k < n; k++) y[k] += s * x[k];
}

static void scale(double *y, double s, const double *x, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) PUT(y + k) = 0.0 + s * AT(x + k);
    for (; k < n; k++) y[k] = 0.0 + s * x[k];
}

static ALWAYS_INLINE void rows_back(double *gw, double *gx, const double *w, const double *x, const double *s,
                                    double skip, size_t rows, size_t n)
{
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        const vec xk = AT(x + k);
        vec g = {0};
        if (gx != NULL) g = AT(gx + k);
        for (size_t j = rows; j-- > 0;) {
            if (s[j] == skip) continue;
            PUT(gw + j * n + k) = AT(gw + j * n + k) + s[j] * xk;
            if (gx != NULL) g += s[j] * AT(w + j * n + k);
        }
        if (gx != NULL) PUT(gx + k) = g;
    }
    for (; k < n; k++)
        for (size_t j = rows; j-- > 0;) {
            if (s[j] == skip) continue;
            gw[j * n + k] += s[j] * x[k];
            if (gx != NULL) gx[k] += s[j] * w[j * n + k];
        }
}

static void dots_back(double *gw, double *gx, const double *w, const double *x, const double *s, double skip,
                      size_t rows, size_t n)
{
    if (gx == NULL) rows_back(gw, NULL, w, x, s, skip, rows, n);
    else rows_back(gw, gx, w, x, s, skip, rows, n);
}

/* Rows r to r + rows - 1 of the products, in the columns of `vectors` vectors from k on: at most as many as here. */
enum { BLOCK_ROWS = WIDTH == 64 ? 6 : 4, BLOCK_VECTORS = WIDTH == 64 ? 4 : 2 };

static ALWAYS_INLINE void products_block(const ad_products *p, size_t r, size_t k, size_t rows, size_t vectors,
                                         bool store, bool skip_zeros)
{
    double *y = p->y + r * p->n + k;
    const double *c = p->c + r * p->row_step, *x = p->x + k;
    const size_t n = p->n, row_step = p->row_step, term_step = p->term_step;
    vec sum[BLOCK_ROWS][BLOCK_VECTORS] = {{{0}}};
    if (!store)
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < vectors; j++) sum[i][j] = AT(y + i * n + j * LANES);
    for (size_t t = p->terms; t-- > 0;)
        for (size_t i = 0; i < rows; i++) {
            const double s = c[i * row_step + t * term_step];
            const vec scales = s - (vec){0};
            for (size_t j = 0; j < vectors; j++) {
                const vec product = scales * AT(x + t * n + j * LANES);
                sum[i][j] += skip_zeros ? (vec)((bits)product & (scales != 0)) : product;
            }
        }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < vectors; j++) PUT(y + i * n + j * LANES) = sum[i][j];
}

/* The columns from k on that fill no vector, of all rows, eight at a time. */
static ALWAYS_INLINE void products_rest(const ad_products *p, size_t k, size_t row_step, bool store, bool skip_zeros)
{
    enum { SIDE_BY_SIDE = 8 };
    for (size_t r = 0; r < p->rows; r += SIDE_BY_SIDE)
        for (size_t at = k; at < p->n; at++) {
            const size_t rows = p->rows - r < SIDE_BY_SIDE ? p->rows - r : SIDE_BY_SIDE;
            double *y = p->y + r * p->n + at, sum[SIDE_BY_SIDE] = {0};
            for (size_t i = 0; i < rows && !store; i++) sum[i] = y[i * p->n];
            for (size_t t = p->terms; t-- > 0;) {
                const double *c = p->c + r * row_step + t * p->term_step, x = p->x[t * p->n + at];
                if (rows == SIDE_BY_SIDE)
                    for (size_t i = 0; i < SIDE_BY_SIDE; i++)
                        sum[i] += skip_zeros && c[i * row_step] == 0 ? 0 : c[i * row_step] * x;
                else
                    for (size_t i = 0; i < rows; i++)
                        sum[i] += skip_zeros && c[i * row_step] == 0 ? 0 : c[i * row_step] * x;
            }
            for (size_t i = 0; i < rows; i++) y[i * p->n] = sum[i];
        }
}

static ALWAYS_INLINE void products_columns(const ad_products *p, size_t k, size_t vectors, bool store, bool skip_zeros)
{
    size_t r = 0;
    for (; r + BLOCK_ROWS <= p->rows; r += BLOCK_ROWS) products_block(p, r, k, BLOCK_ROWS, vectors, store, skip_zeros);
    for (; r < p->rows; r++) products_block(p, r, k, 1, vectors, store, skip_zeros);
}

static ALWAYS_INLINE void products(const ad_products *p, bool store, bool skip_zeros)
{
    size_t k = 0;
    for (; k + BLOCK_VECTORS * LANES <= p->n; k += BLOCK_VECTORS * LANES)
        products_columns(p, k, BLOCK_VECTORS, store, skip_zeros);
    for (; k + LANES <= p->n; k += LANES) products_columns(p, k, 1, store, skip_zeros);
    if (p->row_step == 1) products_rest(p, k, 1, store, skip_zeros);
    else products_rest(p, k, p->row_step, store, skip_zeros);
}

/* A few elements, without much ado. */
enum { FEW = 4 };

static ALWAYS_INLINE void few_products(const ad_products *p, bool skip_zeros)
{
    const size_t n = p->n, terms = p->terms, term_step = p->term_step;
    double *y = p->y;
    for (size_t r = 0; r < p->rows; r++)
        for (size_t k = 0; k < n; k++, y++) {
            const double *c = p->c + r * p->row_step + terms * term_step, *x = p->x + terms * n + k;
            double sum = p->store ? 0 : *y;
            for (size_t t = terms; t > 0; t--) {
                c -= term_step, x -= n;
                if (!skip_zeros || *c != 0) sum += *c * *x;
            }
            *y = sum;
        }
}

static void add_products(const ad_products *p)
{
    if (p->rows <= FEW && p->n <= FEW) {
        if (p->skip_zeros) few_products(p, true);
        else few_products(p, false);
        return;
    }
    if (p->skip_zeros) products(p, p->store, true);
    else products(p, p->store, false);
}

static size_t count(const double *x, double y, size_t n)
{
    size_t k = 0, total = 0;
    bits found = {0};
    for (; k + LANES <= n; k += LANES) found -= AT(x + k) == y;
    for (size_t j = 0; j < LANES; j++) total += (size_t)found[j];
    for (; k < n; k++) total += x[k] == y;
    return total;
}

const ad_kernels KERNELS = {KERNELS_NAME,
                            dot,
                            dots,
                            axpy,
                            scale,
                            dots_back,
                            add_products,
                            count,
                            KERNEL(each_value),
                            KERNEL(each_back),
                            KERNEL(each_tangent),
                            KERNEL(lanes_back),
                            KERNEL(lanes_forward),
                            KERNEL(lanes_add),
                            KERNEL(lanes_spread),
                            KERNEL(lanes_gather)};
