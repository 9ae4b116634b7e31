/* SPDX-License-Identifier: MIT */
/* A derivative by differences, with its error: tables of central differences with ever smaller steps, extrapolated to
 * step 0 (Ridders 1982), each with steps about a thirtieth of those of the one before, until one is as good as the
 * tolerance needs or rounding forbids to go on. */
#include "gradcheck_internal.h"

#include <math.h>
#include <string.h>

/* Steps of a table shrink by a factor that has no power near a whole number: of a function with a period that divides
 * the first step, say, no two rows are at the same place of the period. */
enum { ROWS = 8, COLUMNS = 6, FIRST_TO_TRUST = 2, MOST_TABLES = 40, MOST_FOR_ZERO = 12, MOST_RESTARTS = 4 };
static const double shrink = 1.7, between_tables = 30;

/* What is to be found, and how. */
typedef struct search {
    const ad_curve *curve;
    double tolerance, least; /* least: no smaller step can be told from 0 */
    double rounding;         /* the error of a value */
    int side;                /* 0: central differences; 1, -1: only above, below x, where f ends at x */
    ad_estimate *out;
    ad_status status;
} search;

/* A difference quotient. */
typedef struct quotient {
    double slope, noise; /* noise: the error that rounding may make in it */
    double bend, change; /* between the slopes above and below; of the value, above and below */
    bool usable;
} quotient;

/* ----------------------------------------------------------------------------- difference quotients */

static void note(search *s, const ad_sample *sample)
{
    ad_estimate *out = s->out;
    if (!sample->finite) out->nonfinite_at = sample->at;
    else if (sample->crossed) out->crossed_at = sample->at;
    if (sample->detached) out->detached_at = sample->detached_at;
    out->nonfinite = out->nonfinite || !sample->finite;
    out->crossed = out->crossed || (sample->finite && sample->crossed);
    out->detached = out->detached || sample->detached;
}

static bool sample_at(search *s, double h, ad_sample *sample)
{
    *sample = (ad_sample){.finite = true};
    if (s->status == AD_OK) s->status = s->curve->sample(s->curve->user, h, sample);
    if (s->status != AD_OK) return false;
    note(s, sample);
    return sample->finite && !sample->crossed;
}

static quotient quotient_at(search *s, double h)
{
    const ad_curve *curve = s->curve;
    ad_sample above = {.value = curve->value}, below = above;
    bool usable = true;
    if (s->side >= 0) usable = sample_at(s, h, &above) && usable;
    if (s->side <= 0) usable = sample_at(s, -h, &below) && usable;
    const double apart = above.moved - below.moved;
    quotient q = {.slope = (above.value - below.value) / apart, .usable = usable && apart > 0};
    q.noise =
        (2 * (s->rounding + curve->shift) + DBL_EPSILON * fabs(above.value) + DBL_EPSILON * fabs(below.value)) / apart;
    if (s->side == 0)
        q.bend = fabs((above.value - curve->value) / above.moved - (curve->value - below.value) / -below.moved);
    q.change = fabs(above.value - curve->value) + fabs(below.value - curve->value);
    q.usable = q.usable && isfinite(q.slope) && isfinite(q.noise);
    return q;
}

/* The largest step up to h, within a factor of 4, below which no kink and no end of the domain was met; 0 where even
 * the least step meets one. */
static double free_step(search *s, double h)
{
    double low = s->least, high = h;
    if (high <= low || !quotient_at(s, low).usable) return 0;
    while (s->status == AD_OK && high / 4 > low) {
        const double middle = sqrt(low) * sqrt(high);
        if (quotient_at(s, middle).usable) low = middle;
        else high = middle;
    }
    return low;
}

/* How much values next to x scatter, where a curve may be noisy, as a solver's result is: the
 * greatest difference from the mean of two neighbours, over steps too small for a smooth curve to bend (as in More and
 * Wild 2011, SIAM Journal on Scientific Computing 33, 1292). */
static double scatter(search *s)
{
    const double h = 0x1p-36 * fmax(1, fabs(s->curve->x));
    double most = 0;
    for (int k = 1; k <= 8; k++) {
        ad_sample above, below;
        if (!sample_at(s, k * h, &above) || !sample_at(s, -k * h, &below)) continue;
        most = fmax(most, fabs(above.value + below.value - 2 * s->curve->value));
    }
    return most;
}

/* ------------------------------------------------------------------------------------- the table */

static bool is_settled(const search *s)
{
    const ad_estimate *out = s->out;
    return out->found && CHECK_SAFETY * out->error <= 0.01 * s->tolerance * fabs(out->slope);
}

/* Takes over an entry of the table that is better than what there is. */
static void offer(search *s, double slope, double error, double step)
{
    if (!isfinite(slope) || !(error < s->out->error || !s->out->found)) return;
    s->out->found = true;
    s->out->slope = slope;
    s->out->error = error;
    s->out->step = step;
}

/* One row: the quotient, then what it and the row before it extrapolate to. Returns the least change. */
static double extend(search *s, const quotient *q, int row, double h, double *entries, double *before)
{
    const double power = s->side == 0 ? shrink * shrink : shrink;
    double factor = power, least = INFINITY;
    memcpy(before, entries, COLUMNS * sizeof *before);
    entries[0] = q->slope;
    for (int k = 1; k <= row && k < COLUMNS; k++, factor *= power) {
        entries[k] = entries[k - 1] + (entries[k - 1] - before[k - 1]) / (factor - 1);
        const double change = fmax(fabs(entries[k] - entries[k - 1]), fabs(entries[k] - before[k - 1]));
        least = fmin(least, change);
        if (row >= FIRST_TO_TRUST) offer(s, entries[k], 2 * change + 4 * q->noise, h);
    }
    return least;
}

/* A table with steps from h on. Returns the step with which to begin the next one. */
static double tabulate(search *s, double h)
{
    double entries[COLUMNS] = {0}, before[COLUMNS], least = INFINITY;
    const double first = h;
    for (int row = 0; row < ROWS && h >= s->least; row++, h /= shrink) {
        const quotient q = quotient_at(s, h);
        if (s->status != AD_OK) return 0;
        if (!q.usable) return free_step(s, h);
        const double change = extend(s, &q, row, h, entries, before);
        if ((row > FIRST_TO_TRUST && is_settled(s)) || (row > 4 && change > 8 * least)) break;
        least = fmin(least, change);
    }
    return first / between_tables;
}

/* What rounding does to a quotient with this step. */
static double noise_at(const search *s, double h)
{
    return (s->rounding + s->curve->shift + DBL_EPSILON * fabs(s->curve->value)) / h;
}

/* Rounding grows as steps fall; and a slope that is 0 as closely as can be told will not become anything else. */
static bool is_hopeless(const search *s, double h, int tables)
{
    const ad_estimate *out = s->out;
    const bool is_zero = fabs(out->slope) <= CHECK_SAFETY * out->error;
    return out->found && (4 * noise_at(s, h) >= out->error || (is_zero && tables >= MOST_FOR_ZERO));
}

static void find(search *s, double h)
{
    for (int k = 0; k < MOST_TABLES && s->status == AD_OK && h >= s->least; k++) {
        h = tabulate(s, h);
        s->out->is_settled = is_settled(s);
        if (s->out->is_settled || is_hopeless(s, h, k)) break;
    }
}

static double coarseness(const ad_estimate *e) { return e->found ? e->error / fabs(e->slope) : INFINITY; }

/* Steps in proportion to 1 first; where these do not settle it and x is small, in proportion to x. */
static void search_scales(search *s)
{
    const double x = fabs(s->curve->x), first = 0.0863;
    ad_estimate *out = s->out;
    find(s, first * fmax(1, x));
    if (out->is_settled || x == 0 || x > 1e-3 || s->status != AD_OK) return;
    const ad_estimate usual = *out;
    out->found = false;
    find(s, first * x);
    if (out->is_settled || coarseness(out) < coarseness(&usual)) return;
    const bool crossed = out->crossed, nonfinite = out->nonfinite, detached = out->detached;
    *out = usual;
    out->crossed = out->crossed || crossed;
    out->nonfinite = out->nonfinite || nonfinite;
    out->detached = out->detached || detached;
}

/* -------------------------------------------------------------------------------------- verdicts */

double ad_gradcheck_relative(double a, double n) { return a == n ? 0 : fabs(a - n) / fmax(fabs(a), fabs(n)); }

ad_check_verdict ad_gradcheck_judge(double a, double n, double error, double slack, double tolerance)
{
    const double apart = fabs(a - n), size = fmax(fabs(a), fabs(n)), coarse = CHECK_SAFETY * (error + slack);
    if (apart > tolerance * size && apart > coarse) return AD_CHECK_FAIL;
    if (apart <= tolerance * size && (size == 0 || coarse <= 0.1 * size)) return AD_CHECK_PASS;
    return coarse <= CHECK_COARSEST * size ? AD_CHECK_PASS : AD_CHECK_NOISE;
}

/* Whether smaller steps than those whose differences contradict `a` bear it out, down to where rounding blurs the
 * contradiction: none speaks for `a` (else *from is that step), the value changes the less the smaller they are, and
 * the slopes above and below x come together. Values that are no larger than their rounding, as sin's of 1e18 are, bear
 * nothing out. */
static bool is_borne_out(search *s, double a, double *from)
{
    const double n = s->out->slope, apart = fabs(a - n), power = shrink * shrink;
    const quotient first = quotient_at(s, s->out->step);
    quotient last = first;
    double least_step = 0;
    *from = 0;
    if (s->rounding > fabs(s->curve->value) + first.change) return false;
    for (double h = s->out->step / 4; h >= s->least && s->status == AD_OK; h /= 8) {
        const quotient q = quotient_at(s, h), smaller = quotient_at(s, h / shrink);
        if (64 * smaller.noise > apart) break;
        if (!q.usable || !smaller.usable) continue;
        const double slope = smaller.slope + (smaller.slope - q.slope) / (power - 1);
        least_step = h;
        last = q;
        if (fabs(slope - n) < fabs(slope - a)) continue;
        *from = h;
        return false;
    }
    const double most_change = first.change * sqrt(least_step / s->out->step) + 16 * s->rounding;
    return least_step > 0 && last.bend <= apart / 4 + last.noise && last.change <= most_change;
}

/* Whether the slopes above and below x stay apart as the step falls. */
static bool is_kinked(search *s, double a)
{
    const double size = fmax(fabs(a), fabs(s->out->slope));
    bool is_smaller = false;
    quotient last = quotient_at(s, s->out->step), before = last;
    for (double h = s->out->step / 16; h >= s->least && s->status == AD_OK; h /= 16) {
        const quotient q = quotient_at(s, h);
        if (!q.usable || (last.noise > 0 && q.noise > 0.001 * fmax(size, q.bend))) break;
        before = last;
        last = q;
        is_smaller = true;
        if (q.noise == 0 && q.bend == 0) break;
    }
    return is_smaller && last.bend > before.bend / 4 && last.bend > CHECK_SAFETY * last.noise &&
           last.bend > 0.05 * size;
}

/* Whether the slope is 0 as closely as rounding lets it be told. */
static bool is_zero_to_rounding(const search *s)
{
    const ad_estimate *out = s->out;
    return out->found && fabs(out->slope) <= CHECK_SAFETY * out->error &&
           out->error <= 100 * noise_at(s, out->step) + DBL_MIN;
}

static ad_check_verdict verdict_of(search *s, double a)
{
    const ad_curve *curve = s->curve;
    double from;
    ad_check_verdict verdict = AD_CHECK_NOISE;
    for (int k = 0; k < MOST_RESTARTS && s->status == AD_OK && s->out->found; k++) {
        verdict = ad_gradcheck_judge(a, s->out->slope, s->out->error, curve->slack, s->tolerance);
        if (verdict != AD_CHECK_FAIL || is_borne_out(s, a, &from)) break;
        verdict = AD_CHECK_NOISE;
        if (from == 0) break;
        s->out->found = false;
        find(s, from);
    }
    return verdict == AD_CHECK_NOISE && a == 0 && is_zero_to_rounding(s) ? AD_CHECK_PASS : verdict;
}

/* f ends at x, or is not finite beside it: what can be compared is the slope on the other side, which can speak for a
 * derivative, but not against it. */
static ad_check_verdict verdict_at_border(search *s, double a)
{
    for (s->side = 1; s->side >= -1; s->side -= 2) {
        s->out->found = false;
        const double h = free_step(s, 0.1 * fmax(1, fabs(s->curve->x)));
        if (h == 0) continue;
        find(s, h);
        if (s->status == AD_OK && s->out->found && verdict_of(s, a) == AD_CHECK_PASS) return AD_CHECK_PASS;
    }
    return AD_CHECK_NONFINITE;
}

ad_status ad_gradcheck_differ(const ad_curve *curve, double a, double tolerance, ad_estimate *estimate,
                              ad_check_verdict *verdict)
{
    *estimate = (ad_estimate){.found = false};
    search s = {.curve = curve, .tolerance = tolerance, .out = estimate};
    s.least = fmax(4 * DBL_EPSILON * fabs(curve->x), 0x1p-1070);
    s.rounding = curve->rounding;
    if (curve->noisy) s.rounding += scatter(&s);
    *estimate = (ad_estimate){.slope = (double)NAN, .error = INFINITY};
    search_scales(&s);
    *verdict = AD_CHECK_NOISE;
    if (s.status == AD_OK && estimate->found) *verdict = verdict_of(&s, a);
    if (s.status != AD_OK) return s.status;
    if (estimate->found && (curve->hidden || estimate->detached) && is_kinked(&s, a)) *verdict = AD_CHECK_KINK;
    else if (*verdict == AD_CHECK_NOISE && estimate->crossed) *verdict = AD_CHECK_KINK;
    else if (!estimate->found && estimate->nonfinite) *verdict = verdict_at_border(&s, a);
    return s.status;
}
