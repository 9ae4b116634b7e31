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
    double size = fabs(c->tape->value[i]);
    for (size_t k = 0; k < n && n > 3; k++) {
        const double term = fabs(c->edges[k].partial * c->edges[k].value);
        if (isfinite(term)) size += term;
    }
    return 4 * (DBL_EPSILON * size + 0x1p-1074);
}

static ad_status check_operand(ad_checking *c, uint32_t i, uint32_t k, bool *unclear)
{
    ad_tape *t = c->tape;
    operation o = {c, i, ad_operand(t, i, k)};
    const double partial = t->adjoint[o.operand];
    const bool hidden = ad_is_at_kink(t, i) || ad_op_of_code(t->code[i]) == AD_OP_CUSTOM;
    const ad_curve curve = {sample,
                            &o,
                            t->value[o.operand],
                            t->value[i],
                            rounding_of(c, i),
                            16 * DBL_EPSILON * fabs(partial) + 8 * 0x1p-1074,
                            hidden};
    ad_complex_slope by_complex;
    ad_finding found;
    c->unit[o.operand] = 1;
    ad_status status = ad_complex_step(c, i, c->unit, &by_complex);
    c->unit[o.operand] = 0;
    if (status == AD_OK)
        status = ad_gradcheck_find(c, &curve, partial, &by_complex, AD_CHECK_DIFFERENCES, true, &found);
    if (status != AD_OK) return status;
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

/* Whether everything about it is finite, so that there is something to compare. */
static bool is_finite(const ad_tape *t, uint32_t i)
{
    const uint32_t n = ad_operand_count(t, i);
    bool finite = isfinite(t->value[i]);
    for (uint32_t k = 0; k < n && finite; k++) {
        const uint32_t x = ad_operand(t, i, k);
        finite = isfinite(value_at(t, x)) && ((x & CONSTANT_BIT) || isfinite(t->adjoint[x]));
    }
    return finite;
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
    const bool finite = is_finite(t, i);
    bool unclear = !finite;
    size_t wanted = n < MOST_OPERANDS ? n : MOST_OPERANDS;
    for (uint32_t k = 0; k < n && status == AD_OK && finite; k++) {
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
