/* SPDX-License-Identifier: MIT */
/* Coordinate by coordinate: what the sweep says beside differences and the complex step. */
#include "gradcheck_internal.h"

#include <math.h>
#include <stdio.h>

/* ------------------------------------------------------------------------------- one derivative */

static void take_differences(ad_finding *found, const ad_estimate *e)
{
    found->method = AD_CHECK_DIFFERENCES;
    found->numeric = e->slope;
    found->error = e->error;
    found->step = e->step;
}

static void take_complex(ad_finding *found, const ad_complex_slope *by_complex)
{
    found->method = AD_CHECK_COMPLEX;
    found->numeric = by_complex->slope;
    found->error = by_complex->error;
    found->step = 0;
}

static void name_culprit(ad_finding *found, const ad_curve *curve, const ad_estimate *e)
{
    found->has_place = true;
    if (found->verdict == AD_CHECK_KINK && e->crossed) found->at = e->crossed_at;
    else if (found->verdict == AD_CHECK_KINK && e->detached) found->at = e->detached_at;
    else if (found->verdict == AD_CHECK_KINK && curve->hidden) found->at = curve->at;
    else if (found->verdict == AD_CHECK_NONFINITE && e->nonfinite) found->at = e->nonfinite_at;
    else if (found->verdict == AD_CHECK_FAIL && e->detached) found->at = e->detached_at;
    else found->has_place = false;
}

/* Both verdicts in one. Where differences agree to the tolerance a complex step does not speak against them. It needs
 * no room about x: too near to a kink it can still tell that a rule is wrong, unless x stands on it, and too near to
 * the end of the domain also that it is right. */
static void combine(const ad_curve *curve, double a, double tolerance, const ad_estimate *e,
                    const ad_complex_slope *by_complex, ad_check_verdict by_definition, ad_finding *found)
{
    const double size = fmax(fabs(a), fabs(e->slope)), coarse = CHECK_SAFETY * (e->error + curve->slack);
    const bool is_sure = found->verdict == AD_CHECK_PASS && coarse <= tolerance * size;
    const bool is_wrong = by_definition == AD_CHECK_FAIL && !is_sure && !curve->hidden;
    const bool is_right = by_definition == AD_CHECK_PASS && found->verdict != AD_CHECK_KINK && !curve->hidden;
    if (!is_wrong && (!is_right || found->verdict == AD_CHECK_FAIL)) return;
    take_complex(found, by_complex);
    found->verdict = by_definition;
}

ad_status ad_gradcheck_find(const ad_checking *c, const ad_curve *curve, double a, const ad_complex_slope *by_complex,
                            unsigned methods, bool quick, ad_finding *found)
{
    const double tolerance = c->options.tolerance;
    ad_estimate e = {.slope = (double)NAN};
    ad_check_verdict by_definition = AD_CHECK_NONE;
    *found = (ad_finding){.numeric = (double)NAN, .error = (double)NAN};
    if (by_complex->applies) {
        by_definition = ad_gradcheck_judge(a, by_complex->slope, by_complex->error, curve->slack, tolerance);
        take_complex(found, by_complex);
        found->verdict = by_definition;
        if (curve->hidden && !(methods & AD_CHECK_DIFFERENCES)) found->verdict = AD_CHECK_KINK;
        name_culprit(found, curve, &e);
    }
    if (!(methods & AD_CHECK_DIFFERENCES) || (quick && by_definition == AD_CHECK_PASS && !curve->hidden)) return AD_OK;
    const ad_status status = ad_gradcheck_differ(curve, a, tolerance, &e, &found->verdict);
    if (status != AD_OK) return status;
    take_differences(found, &e);
    if (by_complex->applies) combine(curve, a, tolerance, &e, by_complex, by_definition, found);
    name_culprit(found, curve, &e);
    return AD_OK;
}

/* ------------------------------------------------------------------------------- one coordinate */

typedef struct line {
    ad_checking *c;
    uint32_t leaf;
} line;

static ad_status sample(void *user, double h, ad_sample *s)
{
    const line *l = user;
    ad_checking *c = l->c;
    const double x = c->tape->value[l->leaf];
    c->values[l->leaf] = x + h;
    const ad_status status = ad_gradcheck_evaluate(c, s);
    s->moved = c->values[l->leaf] - x;
    c->values[l->leaf] = x;
    ad_gradcheck_restore(c);
    return status;
}

/* The derivative of f by one complex step for each operation, from the leaf whose tangent is 1 onwards. */
static ad_status complex_derivative(ad_checking *c, ad_complex_slope *found)
{
    ad_complex_slope one;
    *found = (ad_complex_slope){.applies = true};
    for (uint32_t k = 0; k < c->touched_count && found->applies; k++) {
        const uint32_t i = c->touched[k];
        if (!c->leads[i]) continue;
        const ad_status status = ad_complex_step(c, i, c->unit, &one);
        if (status != AD_OK) return status;
        found->applies = one.applies;
        c->unit[i] = one.slope;
        found->error += fabs(c->adjoint[i]) * one.error;
    }
    for (uint32_t k = 0; k < c->y.count; k++) {
        const uint32_t y = element_reference(c->tape, c->y.kind, c->y.first, k);
        if (!(y & CONSTANT_BIT)) found->slope += c->seeds[k] * c->unit[y];
    }
    for (uint32_t k = 0; k < c->touched_count; k++) c->unit[c->touched[k]] = 0;
    found->applies = found->applies && isfinite(found->slope) && isfinite(found->error);
    return AD_OK;
}

/* The first operation, in the order of the sweep, of those between the leaf and f that hands down what is not finite.
 */
static bool find_nonfinite(ad_checking *c, uint32_t leaf, uint32_t *at)
{
    for (uint32_t k = 0; k < c->touched_count; k++) {
        *at = c->touched[k];
        if (c->leads[*at] && !isfinite(c->tape->value[*at])) return true;
    }
    for (uint32_t k = c->touched_count; k-- > 0;) {
        const uint32_t i = *at = c->touched[k];
        const size_t n = ad_edges(node_handle(c->tape, i), c->edges, c->widest);
        for (size_t e = 0; e < n && c->adjoint[i] != 0 && c->leads[i]; e++) {
            const ad_var operand = c->edges[e].operand;
            const bool varies = !is_const(operand) && (c->varies[operand.index] || operand.index == leaf);
            if (varies && !isfinite(c->adjoint[i] * c->edges[e].partial)) return true;
        }
    }
    *at = leaf;
    return true;
}

static ad_status check_finite_coordinate(ad_checking *c, uint32_t leaf, const ad_rounding *rounding,
                                         ad_check_coordinate *to, ad_finding *found)
{
    line along = {c, leaf};
    ad_curve curve = {.sample = sample,
                      .user = &along,
                      .x = to->x,
                      .value = c->value,
                      .rounding = rounding->value,
                      .slack = rounding->derivative,
                      .hidden = rounding->kink || rounding->custom,
                      .at = rounding->at,
                      .noisy = rounding->custom};
    ad_complex_slope by_complex = {.applies = false};
    if (c->options.methods & AD_CHECK_COMPLEX) {
        c->unit[leaf] = 1;
        const ad_status status = complex_derivative(c, &by_complex);
        c->unit[leaf] = 0;
        if (status != AD_OK) return status;
    }
    ad_status status = ad_gradcheck_find(c, &curve, to->gradient, &by_complex, c->options.methods, false, found);
    if (status != AD_OK || found->verdict != AD_CHECK_FAIL) return status;
    /* What the rules themselves may lose is looked at only now. */
    double lost;
    status = ad_gradcheck_rules_error(c, &lost);
    curve.slack += lost;
    return status != AD_OK ? status
                           : ad_gradcheck_find(c, &curve, to->gradient, &by_complex, c->options.methods, false, found);
}

static void name_input(const ad_checking *c, uint32_t leaf, ad_check_coordinate *to)
{
    const ad_var node = node_handle(c->tape, leaf);
    const char *name = ad_name_of(node);
    if (c->options.describe != NULL) c->options.describe(c->options.user, node, to->name, sizeof to->name);
    else if (name != NULL) snprintf(to->name, sizeof to->name, "%s", name);
    else snprintf(to->name, sizeof to->name, "x_%zu", to->index + 1);
}

static ad_status check_coordinate(ad_checking *c, uint32_t leaf, ad_check_coordinate *to)
{
    ad_finding found = {.verdict = AD_CHECK_NONFINITE, .numeric = (double)NAN, .error = (double)NAN};
    ad_status status = AD_OK;
    to->x = c->tape->value[leaf];
    to->gradient = c->adjoint[leaf];
    name_input(c, leaf, to);
    c->tangent[leaf] = 1;
    const ad_rounding rounding = ad_gradcheck_touch(c, span_of(node_handle(c->tape, leaf)));
    if (isfinite(c->value) && isfinite(to->gradient) && isfinite(to->x))
        status = check_finite_coordinate(c, leaf, &rounding, to, &found);
    else found.has_place = find_nonfinite(c, leaf, &found.at);
    c->tangent[leaf] = 0;
    to->verdict = found.verdict;
    to->method = found.method;
    to->numeric = found.numeric;
    to->error = found.error;
    to->step = found.step;
    to->relative = found.method == 0 ? (double)NAN : ad_gradcheck_relative(to->gradient, found.numeric);
    if (found.has_place) to->at = ad_gradcheck_place(c, found.at);
    c->report->methods |= found.method;
    return status;
}

ad_status ad_gradcheck_coordinates(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    size_t done = 0;
    for (uint32_t k = 0; k < c->x.count && !report->stopped; k++) {
        if (!ad_gradcheck_choose(&c->random, c->x.count - k, report->count - done)) continue;
        ad_check_coordinate *to = &report->coordinates[done++];
        to->index = k;
        const ad_status status = check_coordinate(c, input_of(c, k), to);
        if (status != AD_OK) return status;
        report->verdicts[to->verdict]++;
        report->stopped = !ad_gradcheck_progress(c);
    }
    report->count = done;
    return AD_OK;
}

void ad_gradcheck_blame(ad_checking *c)
{
    const ad_gradcheck_report *report = c->report;
    for (size_t k = 0; k < report->count && report->rule_count > 0; k++) {
        ad_check_coordinate *x = &report->coordinates[k];
        if (x->verdict != AD_CHECK_FAIL) continue;
        const uint32_t leaf = input_of(c, (uint32_t)x->index);
        ad_mark_dependent(c->tape, span_of(node_handle(c->tape, leaf)), c->end, c->varies);
        for (size_t r = 0; r < report->rule_count; r++) {
            if (!c->varies[report->rules[r].at.node]) continue;
            x->at = report->rules[r].at;
            break;
        }
    }
}
