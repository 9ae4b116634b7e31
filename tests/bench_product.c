/* SPDX-License-Identifier: MIT */
/* A product of a million factors: one chain of dependent multiplications. */
#include "bench.h"
#include "bench_adolc.h"

#include <stdlib.h>

enum { FACTORS = 1000000 };

static double factors[FACTORS], gradient_by_hand[FACTORS];

static void prepare(void)
{
    for (size_t k = 0; k < FACTORS; k++) factors[k] = 1 + 1e-3 * bench_number(k);
}

static double plain(const void *instance, const double **gradient)
{
    double p = factors[0];
    (void)instance, (void)gradient;
    for (size_t k = 1; k < FACTORS; k++) p *= factors[k];
    return p;
}

/* dp/dx_k is the product of the factors before k times that of the factors behind it. */
static double by_hand(const void *instance, const double **gradient)
{
    double before = 1, behind = 1;
    (void)instance;
    for (size_t k = 0; k < FACTORS; k++) {
        gradient_by_hand[k] = before;
        before *= factors[k];
    }
    for (size_t k = FACTORS; k-- > 0;) {
        gradient_by_hand[k] *= behind;
        behind *= factors[k];
    }
    *gradient = gradient_by_hand;
    return before;
}

/* ------------------------------------------------------------------------------------ chainrule */

typedef struct instance {
    ad_tape *tape;
} instance;

static const void *open(const void *with)
{
    instance *i = bench_allocate(sizeof *i);
    (void)with;
    return i;
}

static void restart(const void *opened)
{
    instance *i = (instance *)opened;
    if (i->tape == NULL) i->tape = ad_tape_new();
    else ad_tape_reset(i->tape);
}

static void close(const void *opened)
{
    const instance *i = opened;
    ad_tape_free(i->tape);
    free((void *)opened);
}

static double chainrule(const void *opened, const double **gradient)
{
    ad_tape *tape = ((const instance *)opened)->tape;
    ad_tape_reset(tape);
    const ad_span x = ad_leaves(tape, factors, FACTORS);
    ad_var p = ad_at(x, 0);
    for (size_t k = 1; k < FACTORS; k++) p = ad_mul(p, ad_at(x, k));
    ad_backward(p);
    *gradient = ad_grads(x);
    return ad_value(p);
}

/* ---------------------------------------------------------------------------------------- ADOL-C */

#ifdef HAVE_ADOLC
static double adolc(const void *opened, const double **gradient)
{
    static double result[FACTORS];
    (void)opened;
    *gradient = result;
    return bench_adolc_product(FACTORS, factors, FACTORS, result);
}
#endif

static const bench_tool tools[] = {
    {"plain double, value only", BENCH_VALUE, plain, NULL, NULL, NULL, NULL},
    {"hand-written gradient", BENCH_HAND, by_hand, NULL, NULL, NULL, NULL},
    {"chainrule", BENCH_OURS_EACH, chainrule, open, close, NULL, restart},
#ifdef HAVE_ADOLC
    {"ADOL-C", BENCH_PEER, adolc, NULL, NULL, NULL, NULL},
#endif
};

const bench_task bench_product = {
    "product", "product of 10^6 factors", FACTORS - 1, 1, FACTORS, prepare, sizeof tools / sizeof *tools, tools,
};
