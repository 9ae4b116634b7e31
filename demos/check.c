/* SPDX-License-Identifier: MIT */
/* Central finite differences by re-evaluating the tape. */
#include "explanation.h"
#include "command.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Leaves are checked while this many re-evaluated nodes last: about a second. */
#define MOST_EVALUATIONS 2e8

enum { PROBES = 5 };

/* One finite difference. */
typedef struct probe {
    double step, slope;
    double rounding; /* the error that rounding may make in the slope */
    double apart;    /* from the slope with the step before */
    bool is_finite, is_smooth;
    uint32_t at; /* unless smooth: the first node that came out otherwise */
} probe;

static double value_at(const explanation *x, ad_var leaf, double value, probe *p)
{
    ad_verdict verdict;
    if (ad_set(leaf, value) != AD_OK || ad_reevaluate(x->tape, &verdict) != AD_OK)
        die(CODE_DATA, "%s", ad_tape_message(x->tape));
    if (verdict.changed > 0 && p->is_smooth) {
        p->is_smooth = false;
        p->at = verdict.first.index;
    }
    return ad_value(x->output);
}

/* The difference is divided by the step as it was rounded. */
static probe probe_at(const explanation *x, ad_var leaf, double value, double step, double scale)
{
    probe p = {.step = step, .is_smooth = true};
    const double above = value + step, below = value - step;
    const double high = value_at(x, leaf, above, &p), low = value_at(x, leaf, below, &p);
    p.slope = (high - low) / (above - below);
    p.rounding = DBL_EPSILON * (fabs(high) + fabs(low) + scale) / (above - below);
    p.is_finite = isfinite(p.slope);
    return p;
}

/* Of two finite differences with steps of different size the better one. */
static probe better(probe large, probe small)
{
    if (large.is_finite != small.is_finite) return large.is_finite ? large : small;
    if (!large.is_smooth || !small.is_smooth) return large.is_smooth || !small.is_smooth ? large : small;
    small.apart = fabs(large.slope - small.slope);
    const bool is_settled = small.apart <= 4 * small.rounding || large.rounding + small.apart <= small.rounding;
    if (is_settled) large.apart = small.apart;
    return is_settled ? large : small;
}

/* Steps from the usual one downwards, until two agree as far as rounding lets them; for a value near 0 also one in
 * proportion to it. */
static probe best_probe(const explanation *x, ad_var leaf, double value, double scale)
{
    const double usual = cbrt(DBL_EPSILON) * fmax(1, fabs(value)), own = cbrt(DBL_EPSILON) * fabs(value);
    probe best = probe_at(x, leaf, value, usual, scale);
    for (int k = 1; k < PROBES; k++) {
        const double step = k < PROBES - 1 ? usual * pow(0.1, k) : own;
        if (step >= best.step || step < DBL_MIN || value + step == value) continue;
        const probe next = probe_at(x, leaf, value, step, scale), chosen = better(best, next);
        const bool is_settled = chosen.step == best.step && chosen.is_smooth && chosen.is_finite && next.is_finite;
        best = chosen;
        if (is_settled) break;
    }
    return best;
}

static double relative(double a, double b)
{
    const double larger = fmax(fabs(a), fabs(b));
    return a == b ? 0 : fabs(a - b) / larger;
}

static check_state judge(const probe *p, double gradient)
{
    if (!p->is_finite || !isfinite(gradient)) return CHECK_NOT_FINITE;
    const double apart = fabs(gradient - p->slope);
    if (apart <= 1e-6 * fmax(fabs(gradient), fabs(p->slope)) || apart <= 16 * p->rounding) return CHECK_AGREES;
    if (!p->is_smooth) return CHECK_KINK;
    const bool is_coarse = p->apart > 1e-3 * fabs(p->slope);
    return is_coarse || apart <= 16 * (p->rounding + p->apart) ? CHECK_UNCLEAR : CHECK_DIFFERS;
}

static void check_leaf(const explanation *x, check *c, double scale)
{
    const ad_var leaf = ad_node_at(x->tape, c->leaf);
    const node *n = &x->nodes[c->leaf];
    const probe p = best_probe(x, leaf, n->value, scale);
    c->step = p.step;
    c->difference = p.slope;
    c->error = p.rounding + p.apart;
    c->relative = relative(n->adjoint, p.slope);
    c->at = p.at;
    c->state = judge(&p, n->adjoint);
    if (ad_set(leaf, n->value) != AD_OK) die(CODE_DATA, "%s", ad_tape_message(x->tape));
}

/* Times DBL_EPSILON, the error of the output when every operation rounds, to first order. */
static double scale_of_rounding(const explanation *x)
{
    double scale = 0;
    for (size_t i = 0; i < x->node_count; i++) {
        const node *n = &x->nodes[i];
        const double share = fabs(n->adjoint * n->value);
        if (n->op != AD_OP_LEAF && isfinite(share)) scale += share;
    }
    return scale;
}

void check_gradient(explanation *x)
{
    double cost = 0;
    const double scale = scale_of_rounding(x);
    x->checks = resized(NULL, x->node_count, sizeof *x->checks);
    for (uint32_t i = 0; i < x->node_count; i++) {
        if (x->nodes[i].op != AD_OP_LEAF) continue;
        check *c = &x->checks[x->check_count++];
        *c = (check){.leaf = i, .state = CHECK_NONE, .difference = NAN, .relative = NAN};
        if ((cost += 4 * (double)x->node_count) <= MOST_EVALUATIONS) check_leaf(x, c, scale);
    }
    if (ad_reevaluate(x->tape, NULL) != AD_OK) die(CODE_DATA, "%s", ad_tape_message(x->tape));
}
