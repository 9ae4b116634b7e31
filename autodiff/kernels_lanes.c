/* SPDX-License-Identifier: MIT */
/* Eight sweeps at once, node by node: a node's partials are computed once, and its eight numbers are as many vectors
 * as they fill. */
#include "kernels.h"

#include "internal.h"
#include "kernels_vector.h"
#include "ops_math.h"

#include <string.h>

enum { EIGHT = 8 };

/* factor * from; where that counts, 0 for lanes that are 0, whatever the factor. */
static ALWAYS_INLINE vec times(double factor, vec from, bool skip_zeros)
{
    const vec product = from * factor;
    return skip_zeros ? (vec)((bits)product & (from != 0)) : product;
}

static ALWAYS_INLINE void add(double *to, double factor, const double *from, bool skip_zeros)
{
    UNROLLED
    for (size_t g = 0; g < GROUP; g++)
        PUT(to + g * LANES) = AT(to + g * LANES) + times(factor, AT(from + g * LANES), skip_zeros);
}

static bool is_finite(double x) { return x - x == 0; }

void KERNEL(lanes_add)(double *to, double factor, const double *from, bool skip_zeros)
{
    if (skip_zeros && !is_finite(factor)) add(to, factor, from, true);
    else add(to, factor, from, false);
}

/* ----------------------------------------------------------------------------------- backward */

/* What the eight sweeps have at hand. */
typedef struct sweeps {
    double *lanes;
    uint8_t *marks;
    bool skip_zeros;
} sweeps;

APART static void give_nonfinite(const sweeps *to, uint32_t operand, const double *s, double partial)
{
    double *lanes = to->lanes + (size_t)operand * EIGHT;
    if (to->marks[operand] != ACTIVE) memset(lanes, 0, EIGHT * sizeof *lanes);
    to->marks[operand] = ACTIVE;
    add(lanes, partial, s, to->skip_zeros);
}

/* Adds what a node gives to an operand; stores it where that has nothing yet. */
static ALWAYS_INLINE void give(const sweeps *to, uint32_t operand, const double *s, double partial)
{
    double *lanes = to->lanes + (size_t)operand * EIGHT;
    if (UNLIKELY(!is_finite(partial))) give_nonfinite(to, operand, s, partial);
    else if (to->marks[operand] == ACTIVE) add(lanes, partial, s, false);
    else {
        UNROLLED
        for (size_t g = 0; g < GROUP; g++) PUT(lanes + g * LANES) = 0.0 + partial * AT(s + g * LANES);
        to->marks[operand] = ACTIVE;
    }
}

/* 1 + the last active node in a word of marks or more, below `end`. */
static inline uint32_t skip_back(const uint8_t *marks, uint32_t end, uint32_t begin)
{
    for (uint64_t word; end - begin >= sizeof word; end -= (uint32_t)sizeof word) {
        memcpy(&word, marks + end - sizeof word, sizeof word);
        if (word & ACTIVE * 0x0101010101010101u) break;
    }
    return end;
}

uint32_t KERNEL(lanes_back)(const ad_tape *t, uint32_t end, uint32_t begin)
{
    const sweeps to = {t->lanes, t->marks, !t->propagate_zeros};
    const double *const value = t->value, *const constants = t->constants;
    const uint32_t *const A = t->a, *const B = t->b;
    for (uint32_t i = end; i-- > begin;) {
        if (to.marks[i] != ACTIVE) {
            i = skip_back(to.marks, i, begin);
            continue;
        }
        const double *const s = to.lanes + (size_t)i * EIGHT;
        switch (t->code[i]) {
        case CODE_LEAF: continue;
#define AD_UNARY(ID, name, label, definition, VALUE, DA, ...) \
    case CODE_##ID: {                                         \
        const double a = value[A[i]], v = value[i];           \
        (void)a, (void)v;                                     \
        give(&to, A[i], s, DA);                               \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, ...)                       \
    case CODE_##ID: {                                                                    \
        const double a = value[A[i]], b = value[B[i]], v = value[i];                     \
        (void)a, (void)b, (void)v;                                                       \
        if (to.marks[A[i]] != INDEPENDENT) give(&to, A[i], s, DA);                       \
        if (to.marks[B[i]] != INDEPENDENT) give(&to, B[i], s, DB);                       \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_VC: {                                                               \
        const double a = value[A[i]], b = constants[B[i] & ~CONSTANT_BIT], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        give(&to, A[i], s, DA);                                                          \
        break;                                                                           \
    }                                                                                    \
    case CODE_##ID##_CV: {                                                               \
        const double a = constants[A[i] & ~CONSTANT_BIT], b = value[B[i]], v = value[i]; \
        (void)a, (void)b, (void)v;                                                       \
        give(&to, B[i], s, DB);                                                          \
        break;                                                                           \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, ...)                                 \
    case CODE_##ID: {                                                                                   \
        const uint32_t *const r = t->operands + A[i];                                                   \
        const double a = value_at(t, r[0]), b = value_at(t, r[1]), c = value_at(t, r[2]), v = value[i]; \
        (void)a, (void)b, (void)c, (void)v;                                                             \
        if (mark_at(t, r[0]) != INDEPENDENT) give(&to, r[0], s, DA);                                    \
        if (mark_at(t, r[1]) != INDEPENDENT) give(&to, r[1], s, DB);                                    \
        if (mark_at(t, r[2]) != INDEPENDENT) give(&to, r[2], s, DC);                                    \
        break;                                                                                          \
    }
#include <autodiff/ops.def>
        default: return i + 1;
        }
        to.marks[i] = DEPENDENT;
    }
    return begin;
}

/* ------------------------------------------------------------------------------------ forward */

/* Adds what a node takes from an operand that has anything to give. */
static ALWAYS_INLINE void take(const sweeps *from, uint32_t operand, double partial, vec sum[GROUP])
{
    const double *lanes = from->lanes + (size_t)operand * EIGHT;
    if (UNLIKELY(!is_finite(partial)) && from->skip_zeros) {
        UNROLLED
        for (size_t g = 0; g < GROUP; g++) sum[g] += times(partial, AT(lanes + g * LANES), true);
    } else {
        UNROLLED
        for (size_t g = 0; g < GROUP; g++) sum[g] += times(partial, AT(lanes + g * LANES), false);
    }
}

uint32_t KERNEL(lanes_forward)(const ad_tape *t, uint32_t begin, uint32_t end)
{
    const sweeps from = {t->lanes, t->marks, !t->propagate_zeros};
    const double *const value = t->value, *const constants = t->constants;
    const uint32_t *const A = t->a, *const B = t->b;
    for (uint32_t i = begin; i < end; i++) {
        if (from.marks[i] == INDEPENDENT) continue;
        vec sum[GROUP] = {{0}};
        bool active = true;
        switch (t->code[i]) {
        case CODE_LEAF: continue;
#define AD_UNARY(ID, name, label, definition, VALUE, DA, ...) \
    case CODE_##ID: {                                         \
        const double a = value[A[i]], v = value[i];           \
        (void)a, (void)v;                                     \
        active = from.marks[A[i]] == ACTIVE;                  \
        if (active) take(&from, A[i], DA, sum);               \
        break;                                                \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, ...)                               \
    case CODE_##ID: {                                                                            \
        const double a = value[A[i]], b = value[B[i]], v = value[i];                             \
        (void)a, (void)b, (void)v;                                                               \
        const bool active_a = from.marks[A[i]] == ACTIVE, active_b = from.marks[B[i]] == ACTIVE; \
        if (active_a) take(&from, A[i], DA, sum);                                                \
        if (active_b) take(&from, B[i], DB, sum);                                                \
        active = active_a || active_b;                                                           \
        break;                                                                                   \
    }                                                                                            \
    case CODE_##ID##_VC: {                                                                       \
        const double a = value[A[i]], b = constants[B[i] & ~CONSTANT_BIT], v = value[i];         \
        (void)a, (void)b, (void)v;                                                               \
        active = from.marks[A[i]] == ACTIVE;                                                     \
        if (active) take(&from, A[i], DA, sum);                                                  \
        break;                                                                                   \
    }                                                                                            \
    case CODE_##ID##_CV: {                                                                       \
        const double a = constants[A[i] & ~CONSTANT_BIT], b = value[B[i]], v = value[i];         \
        (void)a, (void)b, (void)v;                                                               \
        active = from.marks[B[i]] == ACTIVE;                                                     \
        if (active) take(&from, B[i], DB, sum);                                                  \
        break;                                                                                   \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, ...)                                 \
    case CODE_##ID: {                                                                                   \
        const uint32_t *const r = t->operands + A[i];                                                   \
        const double a = value_at(t, r[0]), b = value_at(t, r[1]), c = value_at(t, r[2]), v = value[i]; \
        (void)a, (void)b, (void)c, (void)v;                                                             \
        const bool active_a = mark_at(t, r[0]) == ACTIVE, active_b = mark_at(t, r[1]) == ACTIVE,        \
                   active_c = mark_at(t, r[2]) == ACTIVE;                                               \
        if (active_a) take(&from, r[0], DA, sum);                                                       \
        if (active_b) take(&from, r[1], DB, sum);                                                       \
        if (active_c) take(&from, r[2], DC, sum);                                                       \
        active = active_a || active_b || active_c;                                                      \
        break;                                                                                          \
    }
#include <autodiff/ops.def>
        default: return i;
        }
        from.marks[i] = active ? ACTIVE : DEPENDENT;
        UNROLLED
        for (size_t g = 0; g < GROUP && active; g++) PUT(from.lanes + (size_t)i * EIGHT + g * LANES) = sum[g];
    }
    return end;
}

/* ------------------------------------------------------------------------------- weighted sums */

/* As many rows at once as the registers hold. */
#if WIDTH == 64
enum { ROWS = 8 };
#elif WIDTH == 32
enum { ROWS = 4 };
#else
enum { ROWS = 2 };
#endif

/* Whether all numbers from the first to the last place are finite. */
static bool are_finite(const ad_lane_run *run, const double *w)
{
    const uint32_t last = run->at[run->count - 1];
    size_t k = run->at[0];
    vec zeros = {0};
    double zero = 0;
    for (; k + LANES <= last + (size_t)1; k += LANES) zeros += AT(w + k) * 0.0;
    for (size_t l = 0; l < LANES; l++) zero += zeros[l];
    for (; k <= last; k++) zero += w[k] * 0.0;
    return zero == 0;
}

static ALWAYS_INLINE void spread(const ad_lane_run *run, const double *const *w, const double *const *s, size_t rows,
                                 bool skip_zeros)
{
    vec from[ROWS][GROUP];
    for (size_t r = 0; r < rows; r++)
        for (size_t g = 0; g < GROUP; g++) from[r][g] = AT(s[r] + g * LANES);
    for (size_t c = 0; c < run->count; c++) {
        const size_t k = run->at[c];
        double *to = run->x + k * EIGHT;
        for (size_t g = 0; g < GROUP; g++) {
            vec sum = AT(to + g * LANES);
            for (size_t r = 0; r < rows; r++) sum += times(w[r][k], from[r][g], skip_zeros);
            PUT(to + g * LANES) = sum;
        }
    }
}

void KERNEL(lanes_spread)(const ad_lane_run *run, const double *const *w, const double *const *s, size_t rows)
{
    bool skip_zeros = false;
    for (size_t r = 0; r < rows && run->skip_zeros && !skip_zeros; r++) skip_zeros = !are_finite(run, w[r]);
    size_t r = 0;
    for (; r + ROWS <= rows && !skip_zeros; r += ROWS) spread(run, w + r, s + r, ROWS, false);
    for (; r < rows && !skip_zeros; r++) spread(run, w + r, s + r, 1, false);
    for (; r < rows; r++) spread(run, w + r, s + r, 1, true);
}

static ALWAYS_INLINE void gather(const ad_lane_run *run, const double *w, size_t n, double *s, size_t rows,
                                 bool skip_zeros)
{
    vec sum[ROWS][GROUP];
    for (size_t r = 0; r < rows; r++)
        for (size_t g = 0; g < GROUP; g++) sum[r][g] = AT(s + r * EIGHT + g * LANES);
    for (size_t c = 0; c < run->count; c++) {
        const size_t k = run->at[c];
        for (size_t g = 0; g < GROUP; g++) {
            const vec from = AT(run->x + k * EIGHT + g * LANES);
            for (size_t r = 0; r < rows; r++) sum[r][g] += times(w[r * n + k], from, skip_zeros);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t g = 0; g < GROUP; g++) PUT(s + r * EIGHT + g * LANES) = sum[r][g];
}

void KERNEL(lanes_gather)(const ad_lane_run *run, const double *w, size_t n, double *s, size_t rows)
{
    size_t r = 0;
    for (bool finite = true; r < rows && finite;) {
        const size_t some = rows - r < ROWS ? 1 : ROWS;
        for (size_t j = 0; j < some && run->skip_zeros && finite; j++) finite = are_finite(run, w + (r + j) * n);
        if (!finite) break;
        if (some == ROWS) gather(run, w + r * n, n, s + r * EIGHT, ROWS, false);
        else gather(run, w + r * n, n, s + r * EIGHT, 1, false);
        r += some;
    }
    for (; r < rows; r++) gather(run, w + r * n, n, s + r * EIGHT, 1, true);
}
