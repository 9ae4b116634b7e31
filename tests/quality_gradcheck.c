/* SPDX-License-Identifier: MIT */
/* How far the verdicts of the gradient check can be trusted, measured: that it accuses no right gradient, and finds and
 * names wrong ones.
 *
 * Right gradients are those of single operations of the table at random points of their domains, of any magnitude, and
 * of random graphs of 25 operations, kinks and n-ary ones included. A wrong one is planted into the sweep by one
 * operation's partial derivative by one operand, chosen at random among those that take part: the operation's adjoint
 * and what it hands down are normal numbers other than 0, and it does not stand exactly at a kink. An error that is in
 * the row itself, and so in forward tangents too, would not show in dot products: once more without these. */
#include <autodiff/gradcheck.h>

#include <stdio.h>
#include <stdlib.h>

/* The helpers assert; outside of a suite Check cannot. */
#include <check.h>
#undef ck_assert_msg
#undef ck_abort_msg
#undef ck_assert_int_eq
#undef ck_assert_ptr_nonnull
#define ck_assert_msg(what, ...) ((what) ? (void)0 : abort())
#define ck_abort_msg(...) abort()
#define ck_assert_int_eq(x, y) ((x) == (y) ? (void)0 : abort())
#define ck_assert_ptr_nonnull(x) ((x) != NULL ? (void)0 : abort())
#include "helpers.h"
#include "row_domains.h"

/* ------------------------------------------------------------------------------------ operations */

enum { MOST_ELEMENTS = 6, MOST_LEAVES = 2 * MOST_ELEMENTS };

static const ad_op elementary[] = {
#define AD_UNARY(ID, ...) AD_OP_##ID,
#define AD_BINARY(ID, ...) AD_OP_##ID,
#define AD_TERNARY(ID, ...) AD_OP_##ID,
#include <autodiff/ops.def>
};
static const ad_op nary[] = {
#define AD_NARY(ID, ...) AD_OP_##ID,
#include <autodiff/ops.def>
};
enum { ELEMENTARY = sizeof elementary / sizeof *elementary, NARY = sizeof nary / sizeof *nary };

/* A number of the domain: of any exponent, or moderate, or whole, or close to 1, -1, a point of the row or an end. */
static double random_point(generator *g, const double *domain)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        const double sign = below(g, 2) ? 1 : -1, mantissa = uniform(g, 1, 2);
        double x = 0;
        switch (below(g, 9)) {
        case 0: x = sign * ldexp(mantissa, (int)below(g, 2100) - 1075); break;
        case 1: x = sign * ldexp(mantissa, (int)below(g, 60) - 45); break;
        case 2: x = uniform(g, fmax(domain[0], -1100), fmin(domain[1], 1100)); break;
        case 3: x = sign * (double)below(g, 1u << below(g, 12)); break;
        case 4: x = sign + (below(g, 2) ? 1 : -1) * ldexp(mantissa, -(int)below(g, 53)); break;
        case 5: {
            const double end = domain[below(g, MOST_POINTS)];
            x = isfinite(end) ? end + sign * ldexp(mantissa, -(int)below(g, 60)) : uniform(g, -3, 3);
            break;
        }
        default: x = uniform(g, fmax(domain[0], -20), fmin(domain[1], 20)); break;
        }
        if (x >= domain[0] && x <= domain[1]) return x;
    }
    return domain[0];
}

/* ------------------------------------------------------------------------------- what is checked */

/* A function that stands on a tape. */
typedef struct subject {
    ad_tape *tape;
    ad_span x;
    ad_var y;
} subject;

static subject elementary_subject(ad_tape *tape, generator *g)
{
    const ad_op op = elementary[below(g, ELEMENTARY)];
    const size_t n = (size_t)ad_op_get(op)->arity;
    const uint32_t variable = below(g, (uint32_t)n);
    double x[3];
    ad_var operands[3];
    for (size_t k = 0; k < n; k++) x[k] = random_point(g, row_domains[op][k]);
    if (n > 1 && below(g, 4) == 0) x[1] = x[0] * (1 + ldexp(uniform(g, -1, 1), -(int)below(g, 53)));
    const ad_span leaves = ad_leaves(tape, x, n);
    for (size_t k = 0; k < n; k++) {
        operands[k] = ad_at(leaves, k);
        if (k != variable && below(g, 3) == 0) operands[k] = ad_const(x[k]);
    }
    return (subject){tape, leaves, ad_apply(op, operands, n)};
}

static subject nary_subject(ad_tape *tape, generator *g)
{
    static const double any[MOST_POINTS] = {-INFINITY, INFINITY}, unit[MOST_POINTS] = {0, 1, 0.5};
    const ad_op op = nary[below(g, NARY)];
    const bool two = has_two_sequences(op), entropy = op == AD_OP_BINARY_CROSS_ENTROPY;
    const bool target = entropy || op == AD_OP_SOFTMAX_CROSS_ENTROPY || op == AD_OP_LOGISTIC_CROSS_ENTROPY;
    const size_t n = 1 + below(g, MOST_ELEMENTS), all = two ? 2 * n : n;
    double x[MOST_LEAVES];
    for (size_t k = 0; k < all; k++) x[k] = random_point(g, entropy || (target && k >= n) ? unit : any);
    const ad_span leaves = ad_leaves(tape, x, all), first = ad_slice(leaves, 0, n);
    return (subject){tape, leaves, apply_nary(op, first, two ? ad_slice(leaves, n, n) : first)};
}

static subject graph_subject(ad_tape *tape, generator *g, bool smooth)
{
    const script s = random_script(g, smooth);
    ad_var slots[SCRIPT_SLOTS];
    record_script(tape, &s, slots);
    return (subject){tape, ad_run(slots[0], SCRIPT_LEAVES), slots[SCRIPT_SLOTS - 1]};
}

/* One of three kinds. */
static subject random_subject(ad_tape *tape, generator *g)
{
    ad_tape_reset(tape);
    const uint32_t kind = below(g, 8);
    if (kind < 3) return elementary_subject(tape, g);
    if (kind == 3) return nary_subject(tape, g);
    return graph_subject(tape, g, below(g, 2) == 0);
}

static void show(const subject *s, const ad_gradcheck_report *report)
{
    static char text[1 << 16];
    ad_gradcheck_text(report, text, sizeof text);
    printf("# %s\n", text);
    for (uint32_t i = 0; i <= s->y.index; i++) {
        ad_edge edges[MOST_LEAVES];
        const ad_var node = ad_node_at(s->tape, i);
        const size_t n = ad_edges(node, edges, MOST_LEAVES);
        printf("#   node %u: %s = %.17g", (unsigned)i, ad_op_get(ad_op_of(node))->name, ad_value(node));
        for (size_t k = 0; k < n; k++)
            printf(" (%s%.17g, partial %.17g)", ad_is_const(edges[k].operand) ? "constant " : "", edges[k].value,
                   edges[k].partial);
        printf("\n");
    }
}

/* -------------------------------------------------------------------------------- no false FAIL */

typedef struct tally {
    size_t checks, coordinates, accused, verdicts[AD_CHECK_VERDICTS], overall[AD_CHECK_VERDICTS];
    size_t nodes, unclear;
} tally;

static ad_gradcheck_report checked(const subject *s, unsigned methods, uint64_t seed)
{
    const ad_gradcheck_options options = {.methods = methods, .seed = seed};
    ad_gradcheck_report report;
    if (ad_gradcheck_recorded(s->y, s->x, &options, &report) == AD_OK) return report;
    fprintf(stderr, "%s\n", report.message);
    exit(1);
}

static tally measure_right_ones(size_t count, uint64_t seed, bool verbose)
{
    tally t = {.checks = count};
    generator g = {seed};
    ad_tape *tape = ad_tape_new();
    for (size_t k = 0; k < count; k++) {
        const subject s = random_subject(tape, &g);
        ad_gradcheck_report report = checked(&s, AD_CHECK_ALL, k);
        t.coordinates += report.count;
        t.accused += report.verdict == AD_CHECK_FAIL;
        t.overall[report.verdict]++;
        t.nodes += report.nodes_checked;
        t.unclear += report.nodes_unclear;
        for (int v = 0; v < AD_CHECK_VERDICTS; v++) t.verdicts[v] += report.verdicts[v];
        if (report.verdict == AD_CHECK_FAIL || (verbose && report.verdict == AD_CHECK_NOISE)) show(&s, &report);
        ad_gradcheck_free(&report);
    }
    ad_tape_free(tape);
    return t;
}

/* ----------------------------------------------------------------------------------- planted errors */

typedef struct plant {
    ad_op op;
    unsigned operand;
} plant;

/* Of an n-ary operation, 1 is x and 2 is y. */
static unsigned operand_number(ad_op op, size_t k, size_t n)
{
    if (ad_op_get(op)->arity > 0) return (unsigned)k + 1;
    return has_two_sequences(op) && k >= n / 2 ? 2 : 1;
}

/* Whether a node takes part by one of its operands, chosen at random. Where that stands in several places, what is
 * handed down through them must not cancel; nor may it, of an n-ary operation, be what rounding left of a difference.
 */
static bool takes_part(ad_var node, generator *g, plant *chosen)
{
    ad_edge edges[MOST_LEAVES];
    const ad_op op = ad_op_of(node);
    const size_t n = ad_edges(node, edges, MOST_LEAVES), k = n > 0 ? below(g, (uint32_t)n) : 0;
    if (n == 0 || ad_is_const(edges[k].operand)) return false;
    *chosen = (plant){op, operand_number(op, k, n)};
    double sum = 0, size = 0, largest = 0;
    for (size_t e = 0; e < n; e++) {
        largest = fmax(largest, fabs(edges[e].partial));
        if (same_node(edges[e].operand, edges[k].operand)) {
            size += fabs(edges[e].partial);
            if (operand_number(op, e, n) == chosen->operand) sum += edges[e].partial;
        }
    }
    if (ad_op_get(op)->arity < 0 && !(fabs(sum) > 1e-12 * largest)) return false;
    const double adjoint = ad_grad(node);
    return isnormal(adjoint) && isnormal(sum) && isnormal(4 * adjoint * sum) && fabs(sum) > 0.5 * size;
}

typedef struct kinks {
    bool at[SCRIPT_SLOTS + MOST_LEAVES];
} kinks;

static void watch_kinks(void *user, const ad_sweep_step *step)
{
    kinks *k = user;
    k->at[step->node.index] = step->kink;
}

/* An operation to spoil; false when there is none. */
static bool choose(const subject *s, generator *g, plant *chosen)
{
    kinks k = {{false}};
    ad_watch(s->tape, watch_kinks, &k);
    const ad_status status = ad_backward(s->y);
    ad_watch(s->tape, NULL, NULL);
    if (status != AD_OK || !isfinite(ad_value(s->y))) return false;
    for (int attempt = 0; attempt < 20; attempt++) {
        const ad_var node = ad_node_at(s->tape, below(g, s->y.index + 1));
        if (!k.at[node.index] && takes_part(node, g, chosen)) return true;
    }
    return false;
}

typedef struct found {
    size_t trials, found, named;
    size_t missed[AD_OP_COUNT];
} found;

static bool names(const ad_gradcheck_report *report, ad_op op)
{
    for (size_t k = 0; k < report->rule_count; k++)
        if (report->rules[k].at.op == op) return true;
    return false;
}

static found measure_planted(size_t count, double factor, unsigned methods, uint64_t seed, bool verbose)
{
    found f = {0};
    generator g = {seed};
    ad_tape *tape = ad_tape_new();
    while (f.trials < count) {
        plant p;
        const subject s = random_subject(tape, &g);
        if (!choose(&s, &g, &p)) continue;
        ad_plant_error(tape, p.op, p.operand, factor);
        ad_gradcheck_report report = checked(&s, methods, f.trials);
        f.trials++;
        f.found += report.verdict == AD_CHECK_FAIL;
        f.named += names(&report, p.op);
        f.missed[p.op] += report.verdict != AD_CHECK_FAIL;
        if (verbose && (report.verdict != AD_CHECK_FAIL || !names(&report, p.op))) {
            printf("# planted: %s, operand %u, factor %g\n", ad_op_get(p.op)->name, p.operand, factor);
            show(&s, &report);
        }
        ad_gradcheck_free(&report);
        ad_plant_error(tape, p.op, 0, 1);
    }
    ad_tape_free(tape);
    return f;
}

/* --------------------------------------------------------------------------------------- the report */

static bool report_right_ones(const tally *t)
{
    printf("right gradients: %zu checks, %zu coordinates\n", t->checks, t->coordinates);
    printf("  accused: %zu\n  coordinates:", t->accused);
    for (int v = 0; v < AD_CHECK_VERDICTS; v++)
        printf(" %s %.3f %%", ad_check_verdict_text((ad_check_verdict)v),
               100 * (double)t->verdicts[v] / (double)t->coordinates);
    printf("\n  checks:");
    for (int v = 0; v < AD_CHECK_VERDICTS; v++)
        printf(" %s %.3f %%", ad_check_verdict_text((ad_check_verdict)v),
               100 * (double)t->overall[v] / (double)t->checks);
    printf("\n  operations alone: %zu, unclear %.3f %%\n", t->nodes, 100 * (double)t->unclear / (double)t->nodes);
    return t->accused == 0;
}

static bool report_planted(const char *what, const found *f, double least)
{
    const double part = (double)f->found / (double)f->trials, named = (double)f->named / (double)f->trials;
    printf("%s: %zu trials, found %.3f %%, operation named %.3f %%", what, f->trials, 100 * part, 100 * named);
    for (int op = 0; op < AD_OP_COUNT; op++)
        if (f->missed[op] > 0) printf(", %s missed %zu times", ad_op_get((ad_op)op)->name, f->missed[op]);
    printf("\n");
    return part >= least && named >= least;
}

int main(int argc, char **argv)
{
    bool quick = false, verbose = false, good;
    uint64_t seed = 1;
    for (int k = 1; k < argc; k++) {
        quick = quick || strcmp(argv[k], "--quick") == 0;
        verbose = verbose || strcmp(argv[k], "--verbose") == 0;
        if (strncmp(argv[k], "--seed=", 7) == 0) seed = strtoull(argv[k] + 7, NULL, 10);
    }
    const size_t points = quick ? 1500 : 100000, trials = quick ? 500 : 20000;
    const tally right = measure_right_ones(points, seed, verbose);
    good = report_right_ones(&right);
    static const struct {
        const char *what;
        double factor, least;
        unsigned methods;
    } errors[] = {{"relative error 1e-5", 1.00001, 0.999, AD_CHECK_ALL},
                  {"sign flipped", -1, 1, AD_CHECK_ALL},
                  {"term dropped", 0, 1, AD_CHECK_ALL},
                  {"contribution doubled", 2, 1, AD_CHECK_ALL},
                  {"relative error 1e-5, without dot products", 1.00001, 0.999, AD_CHECK_ALL & ~AD_CHECK_DOT_PRODUCT}};
    for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
        const found f = measure_planted(trials, errors[k].factor, errors[k].methods, seed + 1 + k, verbose);
        good = report_planted(errors[k].what, &f, errors[k].least) && good;
    }
    return good ? 0 : 1;
}
