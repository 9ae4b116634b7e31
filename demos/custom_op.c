/* SPDX-License-Identifier: MIT */
/* An operation of your own for the command, as a shared object: the Bessel function J_n(x) of the first kind,
 * bessel(n, x), of integer order n. To build and use it:
 *
 *     cc -shared -fPIC -o bessel.so custom_op.c $(pkg-config --cflags --libs chainrule) -lm
 *     chainrule explain --load=./bessel.so 'bessel(0, x)^2' x=1
 *
 * Its derivative is J_n'(x) = (J_{n-1}(x) - J_{n+1}(x)) / 2 (Abramowitz and Stegun 1964, 9.1.27). As that is made of
 * the operation itself, it can be recorded, and gives derivatives of any order. */
#define _XOPEN_SOURCE 700 /* jn */
#include <autodiff/autodiff.h>

#include <math.h>

static bool is_order(double n) { return n == floor(n) && fabs(n) < 1e9; }

static bool value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    if (!is_order(x[0])) return false;
    y[0] = jn((int)x[0], x[1]);
    return true;
}

static bool vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)y, (void)m;
    const int order = (int)x[0];
    g[0] = 0; /* the order is a parameter */
    g[1] = s[0] * (0.5 * (jn(order - 1, x[1]) - jn(order + 1, x[1])));
    return true;
}

/* The same as nodes; y[0] says which operation this is. */
static bool record_vjp(void *state, ad_tape *tape, const ad_var *x, size_t n, const ad_var *y, size_t m,
                       const ad_var *s, ad_var *g)
{
    (void)state, (void)tape, (void)n, (void)m;
    const ad_custom_op bessel = ad_custom_of(y[0]);
    const ad_var below[] = {ad_sub(x[0], ad_const(1)), x[1]}, above[] = {ad_add(x[0], ad_const(1)), x[1]};
    const ad_span low = ad_call(bessel, below, 2), high = ad_call(bessel, above, 2);
    if (low.tape == NULL || high.tape == NULL) return false;
    g[0] = ad_const(0);
    g[1] = ad_mul(s[0], ad_mul(ad_const(0.5), ad_sub(ad_at(low, 0), ad_at(high, 0))));
    return true;
}

/* What the command calls when it loads this. */
AD_API ad_status chainrule_register(ad_tape *tape);

ad_status chainrule_register(ad_tape *tape)
{
    ad_register(tape,
                &(ad_custom){.name = "bessel", .inputs = 2, .value = value, .vjp = vjp, .record_vjp = record_vjp});
    return ad_tape_error(tape);
}
