/* SPDX-License-Identifier: MIT */
/* Along random directions: the remainder of Taylor's formula, and the products u.(J v) and (J^T u).v. */
#include "gradcheck_internal.h"

#include <math.h>

/* Steps of the Taylor test fall by a factor of 4 from 1/10 of the scale of x on; the slope is that of the smallest few
 * whose remainder is no rounding. */
enum { STEPS = 26, FITTED = 3, FEWEST = 3 };

typedef struct direction {
    ad_checking *c;
    double *v;      /* one for each input */
    double terms;   /* the sum of the sizes of what makes up g.v */
    double towards; /* the gradient times how far x moved in the last sample */
} direction;

typedef struct excess {
    double step, size, noise;
    bool usable;
} excess;

/* ------------------------------------------------------------------------------------- sampling */

static ad_status evaluate(direction *d, double h, ad_sample *s)
{
    ad_checking *c = d->c;
    const double *x = c->tape->value;
    d->towards = 0;
    for (uint32_t k = 0; k < c->x.count; k++) {
        const uint32_t leaf = input_of(c, k);
        c->values[leaf] = x[leaf] + h * c->tangent[leaf];
        /* A leaf that stands for several inputs moves once for all of them. */
        d->towards +=
            c->adjoint[leaf] * (c->values[leaf] - x[leaf]) * (c->tangent[leaf] != 0 ? d->v[k] / c->tangent[leaf] : 0);
    }
    const ad_status status = ad_gradcheck_evaluate(c, s);
    s->moved = h;
    for (uint32_t k = 0; k < c->x.count; k++) c->values[input_of(c, k)] = x[input_of(c, k)];
    ad_gradcheck_restore(c);
    return status;
}

static ad_status sample(void *user, double h, ad_sample *s) { return evaluate(user, h, s); }

/* ----------------------------------------------------------------------------------- Taylor's test */

static ad_status remainders(direction *d, const ad_rounding *rounding, excess *r, ad_check_verdict *obstacle)
{
    const ad_checking *c = d->c;
    double h = 0.1;
    for (int k = 0; k < STEPS; k++, h /= 4) {
        ad_sample s;
        const ad_status status = evaluate(d, h, &s);
        if (status != AD_OK) return status;
        r[k] = (excess){.step = h, .size = fabs(s.value - c->value - d->towards), .usable = s.finite && !s.crossed};
        r[k].noise = CHECK_SAFETY * (2 * rounding->value + DBL_EPSILON * (fabs(s.value) + fabs(c->value)) +
                                     h * rounding->derivative + DBL_EPSILON * fabs(d->towards));
        if (s.finite && s.crossed) *obstacle = AD_CHECK_KINK;
        else if (!s.finite && *obstacle == AD_CHECK_NONE) *obstacle = AD_CHECK_NONFINITE;
    }
    return AD_OK;
}

/* The smallest few steps in a row that show more than rounding; how many there are. */
static int choose_remainders(const excess *r, const excess **chosen)
{
    int n = 0;
    for (int k = STEPS - 1; k >= 0 && n < FITTED; k--) {
        const bool shows = r[k].usable && r[k].size > r[k].noise;
        if (shows) chosen[n++] = &r[k];
        else if (n > 0 && n < FEWEST) n = 0;
        else if (n > 0) break;
    }
    return n;
}

static double slope_of(const excess *const *r, int n)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (int k = 0; k < n; k++) {
        const double p = log(r[k]->step), q = log(r[k]->size);
        x += p, y += q, xx += p * p, xy += p * q;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

/* A slope of less than 2 must be borne out by differences along the direction. */
static ad_status confirm(direction *d, const ad_rounding *rounding, double slope, ad_check_direction *to)
{
    ad_checking *c = d->c;
    double lost;
    const ad_status status = ad_gradcheck_rules_error(c, &lost);
    const ad_curve curve = {.sample = sample,
                            .user = d,
                            .x = 1,
                            .value = c->value,
                            .rounding = rounding->value,
                            .shift = DBL_EPSILON * d->terms,
                            .slack = rounding->derivative + lost,
                            .hidden = rounding->kink || rounding->custom,
                            .at = rounding->at,
                            .noisy = rounding->custom};
    ad_estimate e;
    if (status != AD_OK) return status;
    return ad_gradcheck_differ(&curve, slope, 0.01 * c->options.tolerance, &e, &to->taylor);
}

static ad_status test_taylor(direction *d, const ad_rounding *rounding, double slope, ad_check_direction *to)
{
    excess r[STEPS];
    const excess *chosen[FITTED];
    ad_check_verdict obstacle = AD_CHECK_NONE;
    const ad_status status = remainders(d, rounding, r, &obstacle);
    if (status != AD_OK) return status;
    const int n = choose_remainders(r, chosen);
    if (n >= FEWEST) to->slope = slope_of(chosen, n);
    if (!r[STEPS - 1].usable) to->taylor = obstacle;
    else if (n < FEWEST || to->slope >= 1.5) to->taylor = AD_CHECK_PASS;
    else return confirm(d, rounding, slope, to);
    return AD_OK;
}

/* ------------------------------------------------------------------------------- dot products */

static ad_status test_products(direction *d, const ad_rounding *rounding, ad_check_direction *to)
{
    ad_checking *c = d->c;
    double *tangents = c->output_tangents;
    const ad_status status = ad_jvp(c->y, c->x, d->v, 1, tangents);
    if (status != AD_OK) return status;
    to->forward = 0;
    for (uint32_t k = 0; k < c->y.count; k++) to->forward += c->seeds[k] * tangents[k];
    to->relative = ad_gradcheck_relative(to->backward, to->forward);
    if (!isfinite(to->backward)) to->dot = AD_CHECK_NONFINITE;
    else if (isfinite(to->forward))
        to->dot = ad_gradcheck_judge(to->backward, to->forward, rounding->derivative, 4 * DBL_EPSILON * d->terms,
                                     c->options.tolerance);
    if (to->dot == AD_CHECK_NOISE) to->dot = AD_CHECK_PASS; /* as closely as rounding lets it be told */
    return AD_OK;
}

/* ------------------------------------------------------------------------------- one direction */

/* A random direction, each element in proportion to its input, or of the size of 1 where that is 0. */
static ad_rounding choose_direction(direction *d)
{
    ad_checking *c = d->c;
    for (uint32_t k = 0; k < c->x.count; k++) {
        const uint32_t leaf = input_of(c, k);
        const double x = fabs(c->tape->value[leaf]), part = 1 - ad_gradcheck_uniform(&c->random) / 2;
        d->v[k] = (ad_gradcheck_bits(&c->random) & 1 ? part : -part) * (x == 0 ? 1 : x);
        c->tangent[leaf] += d->v[k];
    }
    return ad_gradcheck_touch(c, c->x);
}

static ad_status check_direction(direction *d, ad_check_direction *to)
{
    ad_checking *c = d->c;
    const unsigned methods = c->options.methods;
    const ad_rounding rounding = choose_direction(d);
    *to = (ad_check_direction){.slope = (double)NAN, .forward = (double)NAN, .relative = (double)NAN};
    d->terms = 0;
    for (uint32_t k = 0; k < c->x.count; k++) {
        const double term = c->adjoint[input_of(c, k)] * d->v[k];
        to->backward += term;
        d->terms += fabs(term);
    }
    ad_status status = AD_OK;
    if (!isfinite(c->value) || !isfinite(to->backward)) {
        to->taylor = methods & AD_CHECK_TAYLOR ? AD_CHECK_NONFINITE : AD_CHECK_NONE;
        to->dot = methods & AD_CHECK_DOT_PRODUCT ? AD_CHECK_NONFINITE : AD_CHECK_NONE;
    } else {
        if (methods & AD_CHECK_TAYLOR) status = test_taylor(d, &rounding, to->backward, to);
        if (status == AD_OK && (methods & AD_CHECK_DOT_PRODUCT)) status = test_products(d, &rounding, to);
    }
    for (uint32_t k = 0; k < c->x.count; k++) c->tangent[input_of(c, k)] = 0;
    return status;
}

ad_status ad_gradcheck_directions(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    direction d = {.c = c, .v = ad_gradcheck_allocate(c, c->x.count, sizeof *d.v)};
    c->output_tangents = ad_gradcheck_allocate(c, c->y.count, sizeof *c->output_tangents);
    if (d.v == NULL || c->output_tangents == NULL) return c->tape->error;
    while (report->direction_count < c->options.directions && !report->stopped) {
        const ad_status status = check_direction(&d, &report->directions[report->direction_count++]);
        if (status != AD_OK) return status;
        report->stopped = !ad_gradcheck_progress(c);
    }
    report->methods |= c->options.methods & (AD_CHECK_TAYLOR | AD_CHECK_DOT_PRODUCT);
    return AD_OK;
}
