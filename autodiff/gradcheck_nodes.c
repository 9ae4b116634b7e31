/* SPDX-License-Identifier: MIT */
/* Each operation alone: what a sweep hands from a node with adjoint 1 to each operand, beside the complex step in its
 * definition, or differences of it. An operand that stands twice is moved, and counted, in all its places. */
#include "gradcheck_internal.h"

#include <math.h>
#include <string.h>

/* A node over more operands than this is checked by so many of them, at random. */
enum { MOST_OPERANDS = 32 };

typedef struct operation {
    ad_checking *c;
    uint32_t node, operand;
} operation;

static ad_status sample(void *user, double h, ad_sample *s)
{
    const operation *o = user;
    ad_checking *c = o->c;
    const double x = c->tape->value[o->operand];
    c->values[o->operand] = x + h;
    const ad_status status = ad_gradcheck_evaluate_node(c, o->node, s);
    s->moved = c->values[o->operand] - x;
    c->values[o->operand] = x;
    return status;
}

/* What rounding does to the value of an operation. */
static double rounding_of(ad_checking *c, uint32_t i)
{
    const size_t n = ad_edges(node_handle(c->tape, i), c->edges, c->widest);
    return 4 * (DBL_EPSILON * ad_gradcheck_size(c, i, n) + 0x1p-1074);
}

/* What the rules of all places where an operand stands may lose. */
static ad_status error_of(ad_checking *c, uint32_t i, uint32_t operand, double *sum)
{
    const uint32_t n = ad_operand_count(c->tape, i);
    *sum = 0;
    for (uint32_t k = 0; k < n; k++) {
        double error;
        if (ad_operand(c->tape, i, k) != operand) continue;
        const ad_status status = ad_gradcheck_partial_error(c, i, k, &error);
        if (status != AD_OK) return status;
        *sum += error;
    }
    return AD_OK;
}

/* By differences and complex step; what the rule itself may lose is looked at only where they contradict it. */
static ad_status compare(ad_checking *c, operation *o, double partial, ad_finding *found)
{
    const ad_tape *t = c->tape;
    const uint32_t i = o->node;
    ad_curve curve = {.sample = sample, .user = o, .x = t->value[o->operand], .value = t->value[i]};
    ad_complex_slope by_complex;
    double error = 0;
    curve.noisy = t->code[i] == CODE_CUSTOM;
    curve.hidden = curve.noisy || ad_is_at_kink(t, i);
    curve.rounding = rounding_of(c, i);
    curve.slack = 16 * DBL_EPSILON * fabs(partial) + 8 * 0x1p-1074;
    c->unit[o->operand] = 1;
    ad_status status = ad_complex_step(c, i, c->unit, &by_complex);
    c->unit[o->operand] = 0;
    for (int k = 0; k < 2 && status == AD_OK; k++) {
        status = ad_gradcheck_find(c, &curve, partial, &by_complex, AD_CHECK_DIFFERENCES, true, found);
        if (status != AD_OK || found->verdict != AD_CHECK_FAIL || k > 0) break;
        status = error_of(c, i, o->operand, &error);
        curve.slack += error;
    }
    return status;
}

/* Where that cannot tell, the partial that forward tangents take still can: the dot product test of one operation. */
static void compare_with_tangent(ad_checking *c, const operation *o, double partial, ad_finding *found)
{
    const size_t n = ad_edges(node_handle(c->tape, o->node), c->edges, c->widest);
    double sum = 0, size = 0;
    for (size_t k = 0; k < n; k++) {
        const ad_edge *edge = &c->edges[k];
        if (is_const(edge->operand) || edge->operand.index != o->operand) continue;
        sum += edge->partial;
        size += fabs(edge->partial);
    }
    const double error = 4 * DBL_EPSILON * size + 8 * 0x1p-1074;
    if (!isfinite(sum) || ad_gradcheck_judge(partial, sum, error, 0, c->options.tolerance) != AD_CHECK_FAIL) return;
    found->verdict = AD_CHECK_FAIL;
    found->numeric = sum;
    found->error = error;
}

static ad_status check_operand(ad_checking *c, uint32_t i, uint32_t k, bool *unclear)
{
    operation o = {c, i, ad_operand(c->tape, i, k)};
    const double partial = c->tape->adjoint[o.operand];
    ad_finding found = {.verdict = AD_CHECK_NONFINITE};
    if (isfinite(partial) && isfinite(c->tape->value[o.operand])) {
        const ad_status status = compare(c, &o, partial, &found);
        if (status != AD_OK) return status;
        const bool is_fine = CHECK_SAFETY * found.error <= c->options.tolerance * fabs(partial);
        const bool is_told = found.verdict == AD_CHECK_FAIL || (found.verdict == AD_CHECK_PASS && is_fine);
        if (!is_told && (c->options.methods & AD_CHECK_DOT_PRODUCT) && c->tape->code[i] != CODE_CUSTOM)
            compare_with_tangent(c, &o, partial, &found);
    }
    *unclear = *unclear || (found.verdict != AD_CHECK_PASS && found.verdict != AD_CHECK_FAIL);
    if (found.verdict != AD_CHECK_FAIL) return AD_OK;
    const ad_check_rule rule = {ad_gradcheck_place(c, i),
                                k + 1,
                                partial,
                                found.numeric,
                                found.error,
                                ad_gradcheck_relative(partial, found.numeric)};
    return ad_gradcheck_add_rule(c, &rule);
}

/* Whether operand k is to be checked: a node that varies, finite, which has not stood before it. */
static bool is_wanted(ad_checking *c, uint32_t i, uint32_t k)
{
    const ad_tape *t = c->tape;
    const uint32_t x = ad_operand(t, i, k);
    if ((x & CONSTANT_BIT) || !c->varies[x]) return false;
    for (uint32_t before = 0; before < k && k < MOST_OPERANDS; before++)
        if (ad_operand(t, i, before) == x) return false;
    return true;
}

static void clear_operands(ad_tape *t, uint32_t i)
{
    const uint32_t n = ad_operand_count(t, i);
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t x = ad_operand(t, i, k);
        if (!(x & CONSTANT_BIT)) t->adjoint[x] = 0;
    }
    t->adjoint[i] = 0;
}

static ad_status check_node(ad_checking *c, uint32_t i)
{
    ad_tape *t = c->tape;
    const uint32_t n = ad_operand_count(t, i);
    ad_status status = AD_OK;
    t->adjoint[i] = 1;
    ad_sweep_node(t, i);
    if (t->error != AD_OK) return t->error;
    bool unclear = !isfinite(t->value[i]);
    size_t wanted = n < MOST_OPERANDS ? n : MOST_OPERANDS;
    for (uint32_t k = 0; k < n && status == AD_OK && isfinite(t->value[i]); k++) {
        if (!ad_gradcheck_choose(&c->random, n - k, wanted)) continue;
        wanted--;
        if (is_wanted(c, i, k)) status = check_operand(c, i, k, &unclear);
    }
    clear_operands(t, i);
    c->report->nodes_checked++;
    c->report->nodes_unclear += unclear;
    return status;
}

ad_status ad_gradcheck_nodes(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    ad_gradcheck_touch(c, c->x);
    memset(c->tape->adjoint, 0, c->tape->count * sizeof *c->tape->adjoint);
    size_t left = report->node_count;
    for (uint32_t k = c->touched_count; k-- > 0 && !report->stopped;) {
        const uint32_t i = c->touched[k];
        if (!c->leads[i]) continue;
        const size_t wanted = c->options.most_nodes - report->nodes_checked;
        if (!ad_gradcheck_choose(&c->random, left--, wanted)) continue;
        const ad_status status = check_node(c, i);
        if (status != AD_OK) return status;
        report->stopped = !ad_gradcheck_progress(c);
    }
    report->methods |= AD_CHECK_NODES;
    return AD_OK;
}

ad_status ad_gradcheck_add_rule(ad_checking *c, const ad_check_rule *rule)
{
    ad_gradcheck_report *report = c->report;
    if (report->rule_count == CHECK_MOST_RULES) return AD_OK;
    if (report->rules == NULL) report->rules = ad_gradcheck_keep(c, CHECK_MOST_RULES, sizeof *report->rules);
    if (report->rules == NULL) return c->tape->error;
    report->rules[report->rule_count++] = *rule;
    return AD_OK;
}
