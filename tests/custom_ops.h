/* SPDX-License-Identifier: MIT */
/* Operations that tests register: by hand, and any elementary operation of the table over again. */
#ifndef TESTS_CUSTOM_OPS_H
#define TESTS_CUSTOM_OPS_H

#include "helpers.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- one operand: a^3 */

/* How often callbacks ran, and which of them shall fail. All-zero: none. */
typedef struct cube_state {
    size_t values, derivatives, freed;
    bool value_fails, vjp_fails;
    void (*misbehave)(void *with); /* called by value and vjp, where it is */
    void *with;
} cube_state;

static inline bool cube_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    cube_state *s = state;
    ck_assert(n == 1 && m == 1);
    s->values++;
    if (s->misbehave != NULL) s->misbehave(s->with);
    y[0] = x[0] * x[0] * x[0];
    return !s->value_fails;
}

static inline bool cube_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s,
                            double *g)
{
    cube_state *c = state;
    ck_assert(n == 1 && m == 1 && (isnan(y[0]) || y[0] == x[0] * x[0] * x[0]));
    c->derivatives++;
    if (c->misbehave != NULL) c->misbehave(c->with);
    g[0] = s[0] * (3 * x[0] * x[0]);
    return !c->vjp_fails;
}

static inline bool cube_record_vjp(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                   const ad_var *s, ad_var *g)
{
    (void)state, (void)tape, (void)y;
    ck_assert(n == 1 && m == 1);
    g[0] = ad_mul(s[0], ad_mul(ad_const(3), ad_square(x[0])));
    return true;
}

static inline void cube_free(void *state) { ((cube_state *)state)->freed++; }

static inline ad_custom cube(cube_state *state)
{
    return (ad_custom){"cube", 1, 1, cube_value, cube_vjp, cube_record_vjp, state, cube_free};
}

/* ------------------------------------------------------- any number of operands: their product */

static inline double product_without(const double *x, size_t n, size_t left_out)
{
    double product = 1;
    for (size_t k = 0; k < n; k++)
        if (k != left_out) product *= x[k];
    return product;
}

static inline bool product_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)m;
    y[0] = product_without(x, n, n);
    return true;
}

static inline bool product_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s,
                               double *g)
{
    (void)state, (void)y, (void)m;
    for (size_t k = 0; k < n; k++) g[k] = s[0] * product_without(x, n, k);
    return true;
}

static inline bool product_record_vjp(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                      const ad_var *s, ad_var *g)
{
    (void)state, (void)tape, (void)y, (void)m;
    for (size_t k = 0; k < n; k++) {
        g[k] = s[0];
        for (size_t i = 0; i < n; i++)
            if (i != k) g[k] = ad_mul(g[k], x[i]);
    }
    return true;
}

static inline ad_custom product(void)
{
    return (ad_custom){.name = "product", .value = product_value, .vjp = product_vjp, .record_vjp = product_record_vjp};
}

/* ------------------------------------------------ an external function of 3 inputs and 2 outputs */

/* A solver: u and v with u + b sin v = a and v + c cos u = b, by Newton's method; |b c| < 1. With J the matrix of the
 * equations' derivatives by (u, v), the products with a seed are those of the solution l of J^T l = s (the implicit
 * function theorem). */
static inline bool solver_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    const double a = x[0], b = x[1], c = x[2];
    double u = a, v = b;
    for (int step = 0; step < 50; step++) {
        const double f = u + b * sin(v) - a, g = v + c * cos(u) - b;
        const double fv = b * cos(v), gu = -c * sin(u), det = 1 - fv * gu;
        u -= (f - fv * g) / det;
        v -= (g - gu * f) / det;
    }
    y[0] = u, y[1] = v;
    return true;
}

static inline bool solver_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s,
                              double *g)
{
    (void)state, (void)n, (void)m;
    const double b = x[1], c = x[2], u = y[0], v = y[1];
    const double fv = b * cos(v), gu = -c * sin(u), det = 1 - fv * gu;
    const double l0 = (s[0] - gu * s[1]) / det, l1 = (s[1] - fv * s[0]) / det;
    g[0] = l0;
    g[1] = l1 - l0 * sin(v);
    g[2] = -l1 * cos(u);
    return true;
}

static inline bool solver_record_vjp(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                     const ad_var *s, ad_var *g)
{
    (void)state, (void)tape, (void)n, (void)m;
    const ad_var b = x[1], c = x[2], u = y[0], v = y[1];
    const ad_var fv = ad_mul(b, ad_cos(v)), gu = ad_neg(ad_mul(c, ad_sin(u)));
    const ad_var det = ad_sub(ad_const(1), ad_mul(fv, gu));
    const ad_var l0 = ad_div(ad_sub(s[0], ad_mul(gu, s[1])), det), l1 = ad_div(ad_sub(s[1], ad_mul(fv, s[0])), det);
    g[0] = l0;
    g[1] = ad_sub(l1, ad_mul(l0, ad_sin(v)));
    g[2] = ad_neg(ad_mul(l1, ad_cos(u)));
    return true;
}

static inline ad_custom solver(void)
{
    return (ad_custom){.name = "solve",
                       .inputs = 3,
                       .outputs = 2,
                       .value = solver_value,
                       .vjp = solver_vjp,
                       .record_vjp = solver_record_vjp};
}

/* ------------------------------------------------------------- an operation of the table, once more */

/* An elementary operation: its value from constants, its partials from a tape of its own. */
typedef struct twin {
    ad_op op;
    ad_tape *tape;
    char name[40];
} twin;

static inline bool twin_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    const twin *t = state;
    ad_var operands[3];
    (void)m;
    for (size_t k = 0; k < n; k++) operands[k] = ad_const(x[k]);
    y[0] = ad_value(ad_apply(t->op, operands, n));
    return true;
}

static inline bool twin_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s,
                            double *g)
{
    const twin *t = state;
    ad_var operands[3];
    ad_edge edges[3];
    (void)y, (void)m;
    ad_tape_reset(t->tape);
    for (size_t k = 0; k < n; k++) operands[k] = ad_leaf(t->tape, x[k]);
    if (ad_edges(ad_apply(t->op, operands, n), edges, 3) != n) return false;
    for (size_t k = 0; k < n; k++) g[k] = s[0] * edges[k].partial;
    return true;
}

/* The rule of the table once more, as a formula over the operands' names, which they are given here. */
static inline void put_named(char *to, ad_var x)
{
    if (ad_is_const(x)) {
        sprintf(to, "(%a)", ad_value(x));
        return;
    }
    sprintf(to, "node_%u", x.index);
    if (ad_name_of(x) == NULL) ck_assert_int_eq(ad_name(x, to), AD_OK);
    strcpy(to, ad_name_of(x));
}

static inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

static inline ad_var twin_partial(ad_tape *tape, const char *rule, const ad_var *x, size_t n, ad_var y)
{
    char formula[2000], *to = formula;
    bool in_word = false;
    for (const char *at = rule; *at != '\0'; at++) {
        const bool is_alone = !in_word && !is_letter(at[1]) && !(at[1] >= '0' && at[1] <= '9') && at[1] != '(';
        in_word = is_letter(*at) || (*at >= '0' && *at <= '9') || *at == '.';
        *to = *at, to[1] = '\0';
        if (is_alone && *at >= 'a' && *at < 'a' + (int)n) put_named(to, x[*at - 'a']);
        if (is_alone && *at == 'v') put_named(to, y);
        to += strlen(to);
    }
    ad_var partial;
    ad_text_error error;
    ck_assert_msg(ad_parse(tape, formula, &partial, &error) == AD_OK, "%s: %s", formula, error.message);
    return partial;
}

static inline bool twin_record_vjp(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                   const ad_var *s, ad_var *g)
{
    const twin *t = state;
    (void)m;
    for (size_t k = 0; k < n; k++) g[k] = ad_mul(s[0], twin_partial(tape, ad_op_get(t->op)->partial[k], x, n, y[0]));
    return true;
}

static inline void twin_free(void *state)
{
    twin *t = state;
    ad_tape_free(t->tape);
    free(t);
}

/* Registers the operation `op` over again, as "my_tanh". */
static inline ad_custom_op register_twin(ad_tape *tape, ad_op op)
{
    twin *t = malloc(sizeof *t);
    ck_assert_ptr_nonnull(t);
    *t = (twin){op, ad_tape_new(), "my_"};
    strcat(t->name, ad_op_get(op)->name);
    return ad_register(tape, &(ad_custom){.name = t->name,
                                          .inputs = (size_t)ad_op_get(op)->arity,
                                          .value = twin_value,
                                          .vjp = twin_vjp,
                                          .record_vjp = twin_record_vjp,
                                          .state = t,
                                          .free_state = twin_free});
}

static inline void register_twins(ad_tape *tape, ad_custom_op *twins)
{
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        if (ad_op_get(op)->arity > 0) twins[op] = register_twin(tape, op);
    assert_ok(tape);
}

/* Records a script in which half of the elementary operations are twins. */
static inline void record_twins(ad_tape *tape, const script *s, const ad_custom_op *twins, generator *g, ad_var *slots)
{
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) slots[k] = ad_leaf(tape, s->leaf[k]);
    for (size_t k = 0; k < SCRIPT_STEPS; k++) {
        const script_step *step = &s->step[k];
        ad_var operands[4];
        for (unsigned i = 0; i < step->n; i++) operands[i] = script_operand(step, i, slots);
        const bool replaced = ad_op_get(step->op)->arity > 0 && below(g, 2) == 0;
        slots[SCRIPT_LEAVES + k] =
            replaced ? ad_at(ad_call(twins[step->op], operands, step->n), 0) : record_step(tape, step, slots);
    }
    assert_ok(tape);
}

#endif
