/* SPDX-License-Identifier: MIT */
/* Every elementary operation against multiple precision: values to 4 ulps, partial derivatives to 8, at the points
 * that its row of the op table asks for, at the borders of the exponents, near all of these, and at random.
 * Prints what was measured as TAP comments. */
#include <autodiff/autodiff.h>

#include "mpfr_oracle.h"
#include "row_domains.h"
#include "run_suite.h"
#include "sanitized.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_VALUE_ULPS 4
#define MOST_PARTIAL_ULPS 8

/* ------------------------------------------------------------------------------- the rows, for tests */

#define SMOOTH false
#define KINK(at, side) (at)
#define BRANCH(side) false
#define AD_UNARY(ID, name, label, definition, value, da, kink, ...) \
    static bool kink_##ID(double a, double b, double c, double v)   \
    {                                                               \
        (void)a, (void)b, (void)c, (void)v;                         \
        return kink;                                                \
    }
#define AD_BINARY(ID, name, label, definition, value, da, db, kink, ...) \
    AD_UNARY(ID, name, label, definition, value, da, kink, )
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, kink, ...) \
    AD_UNARY(ID, name, label, definition, value, da, kink, )
#include <autodiff/ops.def>

static const struct row {
    ad_op op;
    bool (*at_kink)(double a, double b, double c, double v);
} rows[] = {
#define AD_UNARY(ID, ...) {AD_OP_##ID, kink_##ID},
#define AD_BINARY(ID, ...) {AD_OP_##ID, kink_##ID},
#define AD_TERNARY(ID, ...) {AD_OP_##ID, kink_##ID},
#include <autodiff/ops.def>
};
#define ROWS (int)(sizeof rows / sizeof rows[0])

/* Where the bound cannot be kept. There the error may be `ulps` of the number 1 instead. */
static const struct exception {
    const char *name;
    int of; /* 0: the value, 1: da, 2: db, 3: dc */
    double least, greatest, ulps;
    const char *reason;
} exceptions[] = {
    {"silu", 1, -1.32, -1.24, 0.04, "the derivative's own zero at -1.2784645427610738"},
    {"gelu", 1, -1, -0.5, 0.5, "the derivative's own zero at -0.7517915246935645"},
    {"logaddexp", 0, -1.4, 0, 0x1p-52, "the value's own zeros on e^a + e^b = 1: 106 bits do not reach the nearest"},
};

/* ------------------------------------------------------------------------------------------- points */

static uint64_t random_state;

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t random_bits(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t n) { return random_bits() % n; }
static double uniform(double least, double greatest)
{
    return least + (greatest - least) * ((double)(random_bits() >> 11) * 0x1p-53);
}

static double moved(double x, int ulps)
{
    for (; ulps > 0; ulps--) x = nextafter(x, INFINITY);
    for (; ulps < 0; ulps++) x = nextafter(x, -INFINITY);
    return x;
}

static bool is_inside(const double *domain, double x) { return x >= domain[0] && x <= domain[1]; }

/* A number of the domain: of any exponent, or moderate, or whole, or close to 1, -1 or an end. */
static double random_point(const double *domain)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        double x = 0, sign = below(2) ? 1 : -1, mantissa = uniform(1, 2);
        switch (below(8)) {
        case 0:
        case 1: x = sign * ldexp(mantissa, (int)below(2100) - 1075); break;
        case 2: x = sign * ldexp(mantissa, (int)below(60) - 45); break;
        case 3: x = uniform(fmax(domain[0], -50), fmin(domain[1], 50)); break;
        case 4: x = uniform(fmax(domain[0], -1100), fmin(domain[1], 1100)); break;
        case 5: x = sign * (double)below(1u << below(12)); break;
        case 6: x = sign + (below(2) ? 1 : -1) * ldexp(mantissa, -(int)below(53)); break;
        case 7: {
            double end = domain[below(2)];
            x = isfinite(end) ? end + sign * ldexp(mantissa, -(int)below(60)) : uniform(-3, 3);
            break;
        }
        }
        if (is_inside(domain, x)) return x;
    }
    return domain[0];
}

/* The second number of a pair: of its own, or nearly the first one or its opposite, or of like size. */
static double random_partner(const double *domain, double x)
{
    double sign = below(2) ? 1 : -1, y = NAN;
    switch (below(8)) {
    case 0: y = moved(x, (int)below(9) - 4); break;
    case 1: y = moved(-x, (int)below(9) - 4); break;
    case 2: y = sign * x * (1 + ldexp(uniform(-1, 1), -(int)below(53))); break;
    case 3: y = sign * x * ldexp(uniform(1, 2), (int)below(120) - 60); break;
    default: break;
    }
    return is_inside(domain, y) ? y : random_point(domain);
}

#define MOST_SPECIALS 400

/* The domain's ends and points, the borders of doubles, and neighbours; also outside of the domain. */
static int collect_specials(const double *domain, double *list)
{
    static const double borders[] = {0x1p-1074, 0x1p-1073, 0x1p-1022, 0x1p-1021, 0x1p-538, 0x1p-511, 0x1p-340,
                                     0x1p-54,   0x1p-53,   0x1p-52,   0x1p-26,   0.25,     0.5,      1,
                                     1.5,       2,         3,         4,         5,        7,        10,
                                     17,        24,        100,       0x1p26,    0x1p53,   0x1p54,   0x1p340,
                                     0x1p511,   0x1p512,   0x1p538,   0x1p1022,  0x1p1023, DBL_MAX,  INFINITY};
    static const double near[] = {0x1p-1022, 1, DBL_MAX};
    int count = 0;
    list[count++] = 0;
    list[count++] = -0.0;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t k = 0; k < sizeof borders / sizeof borders[0]; k++) list[count++] = sign * borders[k];
        for (size_t k = 0; k < sizeof near / sizeof near[0]; k++)
            for (int u = -3; u <= 3; u++) list[count++] = moved(sign * near[k], u);
    }
    for (int k = 0; k < MOST_POINTS; k++)
        for (int u = -3; u <= 3 && domain[k] != 0; u++) list[count++] = moved(domain[k], u);
    return count;
}

/* ------------------------------------------------------------------------------------------ measuring */

typedef struct worst {
    double ulps, x[3];
} worst;

typedef struct measurement {
    const struct row *row;
    const ad_op_info *info;
    oracle *oracle;
    ad_tape *tape;
    mpfr_t exact;
    int points, values, partials, undecided, failures;
    worst value, partial;
} measurement;

static const struct exception *exception_for(const measurement *m, int of, double a)
{
    for (size_t k = 0; k < sizeof exceptions / sizeof exceptions[0]; k++) {
        const struct exception *e = &exceptions[k];
        if (strcmp(e->name, m->info->name) == 0 && e->of == of && a >= e->least && a <= e->greatest) return e;
    }
    return NULL;
}

static void judge(measurement *m, int of, const double x[3], double got)
{
    double ulps = ulps_off(got, m->exact);
    const struct exception *e = exception_for(m, of, x[0]);
    if (e) {
        double most = e->ulps * 0x1p-52 / fmax(ldexp(1, (got == 0 ? -1022 : ilogb(got)) - 52), 0x1p-1074);
        if (ulps <= fmax(most, MOST_PARTIAL_ULPS)) return;
    }
    worst *w = of ? &m->partial : &m->value;
    if (ulps > w->ulps) *w = (worst){ulps, {x[0], x[1], x[2]}};
    if (ulps <= (of ? MOST_PARTIAL_ULPS : MOST_VALUE_ULPS)) return;
    if (++m->failures > 20) return;
    printf("# %s %s at %a %a %a (%.17g %.17g %.17g): %.17g instead of %.17g, %.3g ulps off\n", m->info->name,
           of ? (const char *[]){"da", "db", "dc"}[of - 1] : "value", x[0], x[1], x[2], x[0], x[1], x[2], got,
           mpfr_get_d(m->exact, MPFR_RNDN), ulps);
}

static void measure(measurement *m, const double x[3])
{
    const int arity = m->info->arity;
    ad_var operands[3];
    ad_edge edges[3];
    bool infinite = false;
    const ad_mark mark = ad_tape_mark(m->tape);
    for (int k = 0; k < arity; k++) {
        operands[k] = ad_leaf(m->tape, x[k]);
        infinite = infinite || isinf(x[k]);
    }
    const ad_var node = ad_apply(m->row->op, operands, (size_t)arity);
    const double v = ad_value(node);
    ck_assert_uint_eq(ad_edges(node, edges, 3), (size_t)arity);
    ck_assert_int_eq(ad_tape_error(m->tape), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(m->tape, mark), AD_OK);

    m->points++;
    if (!oracle_value(m->oracle, x, m->exact)) {
        m->undecided++;
        return;
    }
    /* IEEE 754 gives some limits at infinity, where arithmetic alone gives NaN. */
    if (infinite && mpfr_nan_p(m->exact)) return;
    m->values++;
    judge(m, 0, x, v);
    if (infinite || !mpfr_number_p(m->exact)) return;
    if (m->row->at_kink(x[0], x[1], x[2], v)) return;
    for (int k = 0; k < arity; k++) {
        if (!oracle_partial(m->oracle, x, k, m->exact)) continue;
        m->partials++;
        judge(m, k + 1, x, edges[k].partial);
    }
}

static void measure_unary(measurement *m)
{
    double list[MOST_SPECIALS];
    const int count = collect_specials(row_domains[m->row->op][0], list);
    for (int k = 0; k < count; k++) measure(m, (double[3]){list[k], 0, 0});
    for (int k = 0; k < 4000 / FEWER; k++) measure(m, (double[3]){random_point(row_domains[m->row->op][0]), 0, 0});
}

static void measure_binary(measurement *m)
{
    double first[MOST_SPECIALS], second[MOST_SPECIALS];
    const double(*domain)[MOST_POINTS] = row_domains[m->row->op];
    const int n = collect_specials(domain[0], first), count = collect_specials(domain[1], second);
    for (int i = 0; i < n; i++)
        for (int j = i % FEWER; j < count; j += FEWER) measure(m, (double[3]){first[i], second[j], 0});
    for (int k = 0; k < 6000 / FEWER; k++) {
        const double a = random_point(domain[0]);
        measure(m, (double[3]){a, random_partner(domain[1], a), 0});
    }
}

static void measure_ternary(measurement *m)
{
    double list[3][MOST_SPECIALS];
    int count[3];
    const double(*domain)[MOST_POINTS] = row_domains[m->row->op];
    for (int k = 0; k < 3; k++) count[k] = collect_specials(domain[k], list[k]);
    for (int n = 0; n < 6000 / FEWER; n++) {
        double x[3];
        for (int k = 0; k < 3; k++) x[k] = list[k][below((uint64_t)count[k])];
        measure(m, x);
        x[0] = random_point(domain[0]);
        x[1] = random_partner(domain[1], x[0]);
        x[2] = below(2) ? random_partner(domain[2], x[0] * x[1]) : random_point(domain[2]);
        measure(m, x);
    }
}

static void print_worst(const char *what, const worst *w, int arity)
{
    printf("  %s %.2f", what, w->ulps);
    for (int k = 0; k < arity; k++) printf("%s%.17g", k ? ", " : " at ", w->x[k]);
}

START_TEST(test_value_and_partials_are_accurate)
{
    measurement m = {.row = &rows[_i], .info = ad_op_get(rows[_i].op)};
    char message[200];
    m.oracle = oracle_new(m.info->definition, message, sizeof message);
    ck_assert_msg(m.oracle != NULL, "%s: %s", m.info->name, message);
    m.tape = ad_tape_new();
    ck_assert_ptr_nonnull(m.tape);
    mpfr_init2(m.exact, 64);
    random_state = (uint64_t)_i;

    if (m.info->arity == 1) measure_unary(&m);
    else if (m.info->arity == 2) measure_binary(&m);
    else measure_ternary(&m);

    printf("# %-10s %6d points %6d values %6d partials %5d undecided", m.info->name, m.points, m.values, m.partials,
           m.undecided);
    print_worst("value", &m.value, m.info->arity);
    print_worst("partial", &m.partial, m.info->arity);
    printf("\n");
    fflush(stdout);
    mpfr_clear(m.exact);
    oracle_free(m.oracle);
    ad_tape_free(m.tape);
    ck_assert_msg(m.failures == 0, "%s: %d results are too far off", m.info->name, m.failures);
    ck_assert_int_gt(m.values, m.points / 3);
}
END_TEST

/* ------------------------------------------------------------------------------- what is published */

/* Kinks, ties, borders and far arguments, where the definition alone does not say or cannot be evaluated. */
static const struct convention {
    const char *name;
    double x[3], value, partial[3];
} conventions[] = {
    {"div", {1, 0}, INFINITY, {INFINITY, -INFINITY}},
    {"div", {0, 0x1p-1074}, 0, {INFINITY, 0}},
    {"sqrt", {0}, 0, {INFINITY}},
    {"sqrt", {-0.0}, 0, {INFINITY}},
    {"sqrt", {-1}, NAN, {NAN}},
    {"cbrt", {0}, 0, {INFINITY}},
    {"cbrt", {-0.0}, 0, {INFINITY}},
    {"cbrt", {INFINITY}, INFINITY, {0}},
    {"hypot", {0, 0}, 0, {0, 0}},
    {"hypot", {-0.0, 0}, 0, {0, 0}},
    {"hypot", {-3, -0.0}, 3, {-1, 0}},
    {"hypot", {INFINITY, 1}, INFINITY, {1, 0}},
    {"pow", {0, 0}, 1, {0, 0}},
    {"pow", {0, 1}, 0, {1, 0}},
    {"pow", {0, 2}, 0, {0, 0}},
    {"pow", {0, 100}, 0, {0, 0}},
    {"pow", {0, 0.5}, 0, {INFINITY, 0}},
    {"pow", {-0.0, 0.5}, 0, {INFINITY, 0}},
    {"pow", {0, -1}, INFINITY, {-INFINITY, -INFINITY}},
    {"pow", {5, 0}, 1, {0, 1.6094379124341003}},
    {"pow", {-2, 3}, -8, {12, NAN}},
    {"pow", {-2, 0}, 1, {0, NAN}},
    {"pow", {-2, 0.5}, NAN, {NAN, NAN}},
    {"powi", {0, 0}, 1, {0, 0}},
    {"powi", {0, 1}, 0, {1, 0}},
    {"powi", {0, 100}, 0, {0, 0}},
    {"powi", {-3, 2}, 9, {-6, 0}},
    {"powi", {-2, -3}, -0.125, {-0.1875, 0}},
    {"powi", {2, 0.5}, NAN, {NAN, 0}},
    {"log", {0}, -INFINITY, {INFINITY}},
    {"exp", {-INFINITY}, 0, {0}},
    {"exp", {1e308}, INFINITY, {INFINITY}},
    {"expm1", {1e308}, INFINITY, {INFINITY}},
    {"gauss", {1e308}, 0, {0}},
    {"logaddexp", {0, 0}, 0.6931471805599453, {0.5, 0.5}},
    {"logaddexp", {1000, 1000}, 1000.6931471805599, {0.5, 0.5}},
    {"logaddexp", {1e308, -1e308}, 1e308, {1, 0}},
    {"logaddexp", {-1e308, -1.1e308}, -1e308, {1, 0}},
    {"logaddexp", {2, -INFINITY}, 2, {1, 0}},
    {"logaddexp", {-INFINITY, -INFINITY}, -INFINITY, {NAN, NAN}},
    {"softmax2", {1e308, -1e308}, 1, {0, 0}},
    {"softmax2", {-1e308, 1e308}, 0, {0, 0}},
    {"atan2", {0, 0}, 0, {NAN, NAN}},
    {"atan2", {0, -1}, 3.141592653589793, {-1, 0}},
    {"atan2", {-0.0, -1}, -3.141592653589793, {-1, 0}},
    {"asin", {1}, 1.5707963267948966, {INFINITY}},
    {"acos", {-1}, 3.141592653589793, {-INFINITY}},
    {"acosh", {1}, 0, {INFINITY}},
    {"tanh", {1000}, 1, {0}},
    {"sigmoid", {0}, 0.5, {0.25}},
    {"sigmoid", {1e308}, 1, {0}},
    {"sigmoid", {-1e308}, 0, {0}},
    {"sigmoid", {-INFINITY}, 0, {0}},
    {"logsigmoid", {1e308}, 0, {0}},
    {"logsigmoid", {-1e308}, -1e308, {1}},
    {"logit", {0}, -INFINITY, {INFINITY}},
    {"logit", {0.5}, 0, {4}},
    {"logit", {1}, INFINITY, {INFINITY}},
    {"softplus", {1e308}, 1e308, {1}},
    {"softplus", {-1e308}, 0, {0}},
    {"relu", {0}, 0, {0}},
    {"relu", {-0.0}, 0, {0}},
    {"leaky_relu", {0, 0.25}, 0, {0.25, 0}},
    {"elu", {0, 2}, 0, {2, 0}},
    {"elu", {-INFINITY, 2}, -2, {0, -1}},
    {"silu", {1e308}, 1e308, {1}},
    {"silu", {-1e308}, 0, {0}},
    {"gelu", {1e308}, 1e308, {1}},
    {"gelu", {-1e308}, 0, {0}},
    {"abs", {0}, 0, {0}},
    {"abs", {-0.0}, 0, {0}},
    {"sign", {0}, 0, {0}},
    {"step", {0}, 0, {0}},
    {"floor", {2}, 2, {0}},
    {"ceil", {2}, 2, {0}},
    {"max", {3, 3}, 3, {0.5, 0.5}},
    {"min", {3, 3}, 3, {0.5, 0.5}},
    {"max", {NAN, 1}, NAN, {1, 1}},
    {"min", {1, NAN}, NAN, {1, 1}},
    {"lt", {1, 1}, 0, {0, 0}},
    {"le", {1, 1}, 1, {0, 0}},
    {"gt", {1, 1}, 0, {0, 0}},
    {"ge", {1, 1}, 1, {0, 0}},
    {"eq", {1, 1}, 1, {0, 0}},
    {"ne", {1, 1}, 0, {0, 0}},
    {"eq", {0, -0.0}, 1, {0, 0}},
    {"lt", {NAN, 1}, 0, {0, 0}},
    {"eq", {NAN, NAN}, 0, {0, 0}},
    {"ne", {NAN, NAN}, 1, {0, 0}},
    {"select", {0, 5, 7}, 7, {0, 0, 1}},
    {"select", {-0.0, 5, NAN}, NAN, {0, 0, 1}},
    {"select", {2, 5, NAN}, 5, {0, 1, 0}},
    {"select", {NAN, 5, 7}, 5, {0, 1, 0}},
};

static bool same(double x, double y) { return x == y || (isnan(x) && isnan(y)); }

/* Records the operation on fresh leaves of the tape. */
static ad_var apply(ad_tape *tape, const ad_op_info *info, const double *x)
{
    ad_var operands[3];
    for (int k = 0; k < info->arity; k++) operands[k] = ad_leaf(tape, x[k]);
    return ad_apply(info->op, operands, (size_t)info->arity);
}

START_TEST(test_conventions_are_as_published)
{
    const struct convention *c = &conventions[_i];
    const ad_op_info *info = ad_op_get(ad_op_find(c->name));
    ck_assert_int_ne(info->op, AD_OP_LEAF);
    ad_tape *tape = ad_tape_new();
    const ad_var node = apply(tape, info, c->x);
    ad_edge edges[3];
    ck_assert_uint_eq(ad_edges(node, edges, 3), (size_t)info->arity);
    ck_assert_msg(same(ad_value(node), c->value), "%s(%g, %g, %g) is %.17g, not %.17g", c->name, c->x[0], c->x[1],
                  c->x[2], ad_value(node), c->value);
    for (int k = 0; k < info->arity; k++)
        ck_assert_msg(same(edges[k].partial, c->partial[k]), "%s(%g, %g, %g): partial %d is %.17g, not %.17g", c->name,
                      c->x[0], c->x[1], c->x[2], k, edges[k].partial, c->partial[k]);
    ad_tape_free(tape);
}
END_TEST

/* Where a NaN does not make NaN, the row's note says so. */
START_TEST(test_nan_makes_nan)
{
    const ad_op_info *info = ad_op_get(rows[_i].op);
    if (strstr(info->note, "NaN")) return;
    ad_tape *tape = ad_tape_new();
    for (int k = 0; k < info->arity; k++) {
        double x[3] = {0.5, 0.5, 0.5};
        x[k] = NAN;
        ck_assert_msg(isnan(ad_value(apply(tape, info, x))), "%s: operand %d", info->name, k);
    }
    ad_tape_free(tape);
}
END_TEST

/* The next identifier of a formula, from *at on; its length, and *at moves behind it. 0 at the end. */
static size_t next_identifier(const char **at, const char **identifier)
{
    const char *p = *at;
    while (*p && !isalpha((unsigned char)*p)) {
        char *end;
        strtod(p, &end); /* so that the e of an exponent is no identifier */
        p = end > p ? end : p + 1;
    }
    *identifier = p;
    while (isalnum((unsigned char)*p) || *p == '_') p++;
    *at = p;
    return (size_t)(p - *identifier);
}

START_TEST(test_partials_name_operands_and_operations_only)
{
    const ad_op_info *info = ad_op_get(rows[_i].op);
    for (int k = 0; k < info->arity; k++) {
        const char *at = info->partial[k], *identifier;
        ck_assert_ptr_nonnull(at);
        for (size_t length; (length = next_identifier(&at, &identifier)) > 0;) {
            char name[64];
            snprintf(name, sizeof name, "%.*s", (int)length, identifier);
            const bool is_operand = length == 1 && (*name == 'v' || (*name >= 'a' && *name < 'a' + info->arity));
            ck_assert_msg(is_operand || ad_op_find(name) != AD_OP_LEAF, "%s: '%s' in \"%s\"", info->name, name,
                          info->partial[k]);
        }
    }
}
END_TEST

/* The text of a partial, read as a formula, computes the same bits as the compiled row. */
START_TEST(test_partials_read_as_formulas_give_the_same_bits)
{
    const ad_op_info *info = ad_op_get(rows[_i].op);
    ad_tape *tape = ad_tape_new();
    random_state = (uint64_t)_i;
    for (int n = 0; n < 300; n++) {
        const ad_mark mark = ad_tape_mark(tape);
        ad_var operands[4];
        ad_edge edges[3];
        double x[3];
        for (int k = 0; k < info->arity; k++) {
            x[k] = k ? random_partner(row_domains[rows[_i].op][k], x[0]) : random_point(row_domains[rows[_i].op][0]);
            operands[k] = ad_leaf(tape, x[k]);
            ad_name(operands[k], (const char *[]){"a", "b", "c"}[k]);
        }
        const ad_var node = ad_apply(info->op, operands, (size_t)info->arity);
        ad_edges(node, edges, 3);
        ad_name(node, "v");
        for (int k = 0; k < info->arity; k++) {
            ad_var partial;
            ad_text_error error = {0};
            ck_assert_msg(ad_parse(tape, info->partial[k], &partial, &error) == AD_OK, "%s: %s", info->name,
                          error.message);
            ck_assert_msg(same(ad_value(partial), edges[k].partial), "%s: \"%s\" at %a, %a, %a is %a, not %a",
                          info->name, info->partial[k], x[0], info->arity > 1 ? x[1] : 0, info->arity > 2 ? x[2] : 0,
                          ad_value(partial), edges[k].partial);
        }
        ck_assert_int_eq(ad_tape_error(tape), AD_OK);
        ad_tape_rewind(tape, mark);
    }
    ad_tape_free(tape);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("accuracy");
    TCase *accuracy = tcase_create("multiple precision");
    tcase_set_timeout(accuracy, 300);
    tcase_add_loop_test(accuracy, test_value_and_partials_are_accurate, 0, ROWS);
    suite_add_tcase(s, accuracy);
    TCase *published = tcase_create("published");
    tcase_add_loop_test(published, test_conventions_are_as_published, 0,
                        (int)(sizeof conventions / sizeof conventions[0]));
    tcase_add_loop_test(published, test_nan_makes_nan, 0, ROWS);
    tcase_add_loop_test(published, test_partials_name_operands_and_operations_only, 0, ROWS);
    tcase_add_loop_test(published, test_partials_read_as_formulas_give_the_same_bits, 0, ROWS);
    suite_add_tcase(s, published);
    return s;
}

int main(void) { return run_suite(suite()); }
