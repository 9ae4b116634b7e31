/* SPDX-License-Identifier: MIT */
/* The gradient of an explanation beside finite differences, by the library's check. */
#include "explanation.h"
#include "command.h"
#include "library_text.h"

#include <autodiff/gradcheck.h>

#include <math.h>
#include <stdlib.h>

/* As many leaves are checked as take about a second. */
#define MOST_OPERATIONS 2e8
enum { EVALUATIONS_OF_A_LEAF = 20 };

static size_t affordable(const explanation *x)
{
    const double leaves = MOST_OPERATIONS / EVALUATIONS_OF_A_LEAF / (double)x->node_count;
    return leaves < 1 ? 1 : (size_t)leaves;
}

/* A difference that is too coarse for a verdict may still agree, as closely as it can tell, with a derivative that is
 * nearly 0. */
static check_state state_of(const ad_check_coordinate *c)
{
    static const check_state states[] = {
        [AD_CHECK_NONE] = CHECK_NONE,     [AD_CHECK_PASS] = CHECK_AGREES,          [AD_CHECK_KINK] = CHECK_KINK,
        [AD_CHECK_NOISE] = CHECK_UNCLEAR, [AD_CHECK_NONFINITE] = CHECK_NOT_FINITE, [AD_CHECK_FAIL] = CHECK_DIFFERS};
    const bool is_within = c->verdict == AD_CHECK_NOISE && fabs(c->gradient - c->numeric) <= c->error &&
                           c->error <= 1e-6 * fmax(1, fabs(c->gradient));
    return is_within ? CHECK_AGREES : states[c->verdict];
}

static void copy(check *to, const ad_check_coordinate *from)
{
    to->state = state_of(from);
    to->step = from->step;
    to->difference = from->numeric;
    to->error = from->error;
    to->relative = from->relative;
    to->has_place = from->at.found;
    to->at = from->at.node;
}

/* All leaves, as checks that are yet to be made and as handles. */
static ad_span list_leaves(explanation *x)
{
    ad_var *leaves = resized(NULL, x->node_count, sizeof *leaves);
    x->checks = resized(NULL, x->node_count, sizeof *x->checks);
    for (uint32_t i = 0; i < x->node_count; i++) {
        if (x->nodes[i].op != AD_OP_LEAF) continue;
        leaves[x->check_count] = ad_node_at(x->tape, i);
        x->checks[x->check_count++] = (check){.leaf = i, .state = CHECK_NONE, .difference = NAN, .relative = NAN};
    }
    const ad_span all = ad_gather(x->tape, leaves, x->check_count);
    free(leaves);
    return all;
}

void check_gradient(explanation *x)
{
    ad_gradcheck_report report;
    const ad_span leaves = list_leaves(x);
    const ad_gradcheck_options options = {.methods = AD_CHECK_DIFFERENCES, .most = affordable(x)};
    if (ad_gradcheck_recorded(x->output, leaves, &options, &report) != AD_OK)
        die(CODE_DATA, "%s", library_text(report.message));
    for (size_t k = 0; k < report.count; k++) copy(&x->checks[report.coordinates[k].index], &report.coordinates[k]);
    ad_gradcheck_free(&report);
}
