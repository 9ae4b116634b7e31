/* SPDX-License-Identifier: MIT */
/* The derivative of one operation by a complex step: Im f(x + i h t) / h, where f is the operation's definition,
 * computed with complex numbers. The imaginary part is so small that it leaves every real part as it is, and is a
 * derivative to as many digits as the real parts have. They are long doubles, which mostly have a wider range, because
 * definitions overflow where doubles do and the operation itself does not.
 *
 * Beside each number goes what rounding does to its imaginary and its real part, to first order: `noise` and `loss`, in
 * units of DBL_EPSILON and of LDBL_EPSILON. */
#include "gradcheck_internal.h"

#include <complex.h>
#include <math.h>
#include <string.h>

typedef long double real;
typedef long double complex whole;
typedef struct ad_number {
    whole z;
    real noise, loss;
} number;

/* What computing has met that makes the result useless: an operation that complex numbers cannot take, or an imaginary
 * part that has become too small for its digits. */
typedef struct trouble {
    bool undefined, tiny;
} trouble;

static const real smallest = 1e10L * LDBL_MIN;

static whole make(real re, real im)
{
    union {
        real parts[2];
        whole number;
    } u = {{re, im}};
    return u.number;
}

static number constant(real x) { return (number){make(x, 0), 0, 0}; }

/* The noise that a loss makes in what it is a factor of. */
static const real noise_of_loss = LDBL_EPSILON / DBL_EPSILON;

/* -------------------------------------------------------------------------------------- primitives */

/* A function of one number: its noise grows as the imaginary part does, its loss so too, or else in proportion. */
static number of_one(number a, whole z, trouble *t)
{
    const real before = cimagl(a.z), after = cimagl(z), v = fabsl(creall(z)), x = fabsl(creall(a.z));
    if (before == 0) return (number){make(creall(z), 0), 0, v + (a.loss > 0 ? v * a.loss / x : 0)};
    if (fabsl(after) < smallest && x != 0) t->tiny = true;
    const real slope = fabsl(after / before);
    return (number){z, slope * a.noise + 2 * fabsl(after), slope * a.loss + v};
}

static number add(number a, number b, real sign)
{
    const whole z = make(creall(a.z) + sign * creall(b.z), cimagl(a.z) + sign * cimagl(b.z));
    return (number){z, a.noise + b.noise + fabsl(cimagl(z)), a.loss + b.loss + fabsl(creall(z))};
}

static real product(real x, real im, trouble *t)
{
    const real p = x * im;
    if (fabsl(p) < smallest && x != 0 && im != 0) t->tiny = true;
    return p;
}

static number multiply(number a, number b, trouble *t)
{
    const real x = creall(a.z), y = creall(b.z), left = product(y, cimagl(a.z), t), right = product(x, cimagl(b.z), t);
    const real lost = noise_of_loss * (fabsl(cimagl(a.z)) * b.loss + fabsl(cimagl(b.z)) * a.loss);
    return (number){make(x * y, left + right),
                    fabsl(y) * a.noise + fabsl(x) * b.noise + 2 * (fabsl(left) + fabsl(right)) + lost,
                    fabsl(y) * a.loss + fabsl(x) * b.loss + fabsl(x * y)};
}

static number reciprocal(number a, trouble *t)
{
    const real v = 1 / creall(a.z), lost = fabsl(v) * a.loss;
    const real im = product(-v, product(v, cimagl(a.z), t), t);
    return (number){make(v, im), v * v * a.noise + (3 + 2 * noise_of_loss * lost) * fabsl(im), fabsl(v) * (1 + lost)};
}

static number divide(number a, number b, trouble *t) { return multiply(a, reciprocal(b, t), t); }

/* What rounding did to the real part before is a relative error of the result. */
static number exponential(number a, trouble *t)
{
    number e = of_one(a, cexpl(a.z), t);
    const real lost = a.loss + fabsl(creall(a.z));
    e.noise += noise_of_loss * lost * fabsl(cimagl(e.z));
    e.loss = fabsl(creall(e.z)) * (1 + lost);
    return e;
}

/* For a negative base the power is real, and the derivative by the exponent is not. */
static number power(number a, number b, trouble *t)
{
    const real x = creall(a.z), y = creall(b.z);
    if (x == 0 || (x < 0 && (cimagl(b.z) != 0 || y != floorl(y)))) t->undefined = true;
    const real sign = x < 0 && fmodl(y, 2) != 0 ? -1 : 1;
    const number base = x < 0 ? (number){-a.z, a.noise, a.loss} : a,
                 exponent = multiply(b, of_one(base, clogl(base.z), t), t);
    const number p = exponential(exponent, t);
    return (number){make(sign * creall(p.z), sign * cimagl(p.z)), p.noise, p.loss};
}

static number cube_root(number a, trouble *t)
{
    const bool negative = creall(a.z) < 0;
    const whole z = cexpl(clogl(negative ? -a.z : a.z) / 3);
    if (creall(a.z) == 0) t->undefined = true;
    return of_one(a, negative ? -z : z, t);
}

/* The angle of (b, a): that of the quotient, but for a constant. */
static number angle(number a, number b, trouble *t)
{
    const bool steep = fabsl(creall(a.z)) > fabsl(creall(b.z));
    const number q = steep ? divide(b, a, t) : divide(a, b, t), r = of_one(q, catanl(q.z), t);
    return (number){make(atan2l(creall(a.z), creall(b.z)), steep ? -cimagl(r.z) : cimagl(r.z)), r.noise, r.loss};
}

/* erfl(z) = 2 / sqrt(pi) exp(-z^2) sum_n 2^n z^(2n+1) / (1 3 5 ... (2n+1)), whose terms have one sign; and
 * erfcl(z) = exp(-z^2) / sqrt(pi) / (z + 1/2 / (z + 1 / (z + 3/2 / (z + ...)))) where Re z is large (Abramowitz and
 * Stegun 1964, 7.1.6 and 7.1.14). */
static whole erf_series(whole z)
{
    whole term = z, sum = z;
    for (int n = 1; n < 200 && cabsl(term) > 1e-21L * cabsl(sum); n++) {
        term *= 2 * z * z / (2 * n + 1);
        sum += term;
    }
    return 1.128379167095512573896L * cexpl(-z * z) * sum;
}

static whole erfc_fraction(whole z)
{
    whole fraction = z;
    for (int n = 150; n > 0; n--) fraction = z + 0.5 * n / fraction;
    return 0.564189583547756286948L * cexpl(-z * z) / fraction;
}

static number error_function(number a, bool complement, trouble *t)
{
    const real x = creall(a.z);
    const whole z = x < 0 ? -a.z : a.z, tail = fabsl(x) > 2 ? erfc_fraction(z) : 1 - erf_series(z);
    const real im = (x < 0 ? -1 : 1) * cimagl(tail), re = complement ? erfcl(x) : erfl(x);
    number r = of_one(a, make(re, complement ? im : -im), t);
    r.noise += x * x * fabsl(im);
    return r;
}

static number pick(bool first, number a, number b) { return first ? a : b; }

/* What goes by pieces goes by the real parts, and stands at a kink where these are equal. */
static number piece(unsigned op, number a, number b, trouble *t)
{
    const real x = creall(a.z), y = op == AD_OP_ABS ? 0 : op == AD_OP_FLOOR || op == AD_OP_CEIL ? NAN : creall(b.z);
    if (x == y && (op == AD_OP_ABS ? cimagl(a.z) != 0 : a.z != b.z)) t->undefined = true;
    switch (op) {
    case AD_OP_ABS: return pick(x >= 0, a, add(constant(0), a, -1));
    case AD_OP_MAX: return pick(x > y, a, b);
    case AD_OP_MIN: return pick(x < y, a, b);
    case AD_OP_FLOOR: return constant(floorl(x));
    case AD_OP_CEIL: return constant(ceill(x));
    case AD_OP_LT: return constant(x < y);
    case AD_OP_LE: return constant(x <= y);
    case AD_OP_GT: return constant(x > y);
    case AD_OP_GE: return constant(x >= y);
    case AD_OP_EQ: return constant(x == y);
    case AD_OP_NE: return constant(x != y);
    default: t->undefined = true; return a;
    }
}

static number apply(unsigned op, number a, number b, trouble *t)
{
    switch (op) {
    case STEP_COPY: return a;
    case AD_OP_ADD: return add(a, b, 1);
    case AD_OP_SUB: return add(a, b, -1);
    case AD_OP_MUL: return multiply(a, b, t);
    case AD_OP_SQUARE: return multiply(a, a, t);
    case AD_OP_DIV: return divide(a, b, t);
    case AD_OP_RECIP: return reciprocal(a, t);
    case AD_OP_NEG: return add(constant(0), a, -1);
    case AD_OP_POW:
    case AD_OP_POWI: return power(a, b, t);
    case AD_OP_SQRT: return of_one(a, csqrtl(a.z), t);
    case AD_OP_CBRT: return cube_root(a, t);
    case AD_OP_EXP: return exponential(a, t);
    case AD_OP_LOG: return of_one(a, clogl(a.z), t);
    case AD_OP_SIN: return of_one(a, csinl(a.z), t);
    case AD_OP_COS: return of_one(a, ccosl(a.z), t);
    case AD_OP_TAN: return of_one(a, ctanl(a.z), t);
    case AD_OP_ASIN: return of_one(a, casinl(a.z), t);
    case AD_OP_ACOS: return of_one(a, cacosl(a.z), t);
    case AD_OP_ATAN: return of_one(a, catanl(a.z), t);
    case AD_OP_ATAN2: return angle(a, b, t);
    case AD_OP_SINH: return of_one(a, csinhl(a.z), t);
    case AD_OP_COSH: return of_one(a, ccoshl(a.z), t);
    case AD_OP_TANH: return of_one(a, ctanhl(a.z), t);
    case AD_OP_ASINH: return of_one(a, casinhl(a.z), t);
    case AD_OP_ACOSH: return of_one(a, cacoshl(a.z), t);
    case AD_OP_ATANH: return of_one(a, catanhl(a.z), t);
    case AD_OP_ERF: return error_function(a, false, t);
    case AD_OP_ERFC: return error_function(a, true, t);
    default: return piece(op, a, b, t);
    }
}

/* ------------------------------------------------------------------------------------- definitions */

/* The definition of an operation as a program; NULL, with the tape in error, where there is no memory for it. */
static const ad_rule *definition_of(ad_checking *c, ad_op op)
{
    static const char *const names[] = {"a", "b", "c"};
    ad_rule *rule = &c->definitions[op];
    if (rule->read || ad_rule_read(c->tape, rule, ad_op_get(op)->definition, names, 3)) return rule;
    ad_fail(c->tape, AD_ERR_MEMORY, c->function, "no memory for the definition of '%s'", ad_op_get(op)->name);
    return NULL;
}

static number run(const ad_rule *rule, const number *operands, trouble *t)
{
    number r[RULE_MOST];
    for (unsigned k = 0; k < rule->registers_count; k++) r[k] = k < 3 ? operands[k] : constant(rule->registers[k].v);
    for (unsigned at = 0; at < rule->steps_count; at++) {
        const rule_step *step = &rule->steps[at];
        if (step->op == STEP_JUMP || (step->op == STEP_JUMP_UNLESS && creall(r[step->operand[0]].z) == 0))
            at = step->to - 1u;
        else if (step->op != STEP_JUMP_UNLESS)
            r[step->to] = apply(step->op, r[step->operand[0]], r[step->operand[1]], t);
    }
    return r[rule->result];
}

/* ------------------------------------------------------------------------------ n-ary definitions */

static number log_sum_exp(const number *x, size_t n, trouble *t)
{
    real most = creall(x[0].z);
    number sum = constant(0);
    bool varies = false;
    for (size_t k = 1; k < n; k++) most = fmaxl(most, creall(x[k].z));
    for (size_t k = 0; k < n; k++) {
        const number e = add(x[k], constant(most), -1);
        trouble negligible = {false, false};
        sum = add(sum, of_one(e, cexpl(e.z), &negligible), 1);
        varies = varies || cimagl(e.z) != 0;
    }
    if (varies && fabsl(cimagl(sum.z)) < smallest) t->tiny = true;
    return add(of_one(sum, clogl(sum.z), t), constant(most), 1);
}

static number softplus(number x)
{
    const bool negative = creall(x.z) < 0;
    trouble negligible = {false, false};
    const number e = negative ? x : add(constant(0), x, -1), more = of_one(e, cexpl(e.z), &negligible);
    const number one_more = add(constant(1), more, 1), l = of_one(one_more, clogl(one_more.z), &negligible);
    return negative ? l : add(x, l, 1);
}

static number square_of_difference(number x, number y, trouble *t)
{
    const number d = add(x, y, -1);
    return multiply(d, d, t);
}

/* y log x, and 0 where y is, if that is no matter of the derivative. */
static number times_log(number y, number x, trouble *t)
{
    if (y.z == 0) return constant(0);
    return multiply(y, of_one(x, clogl(x.z), t), t);
}

static number cross_entropy_term(number x, number y, trouble *t)
{
    const number one = constant(1);
    return add(times_log(y, x, t), times_log(add(one, y, -1), add(one, x, -1), t), 1);
}

/* Of an operation over `count` operands, the elements of x, and of y where there is one; but terms that do not vary are
 * left out. */
static number nary(ad_op op, const number *x, size_t count, trouble *t)
{
    const size_t n = ad_op_get(op)->partial[1] != NULL ? count / 2 : count;
    const number *y = x + (count - n);
    number sum = constant(0), l = constant(0);
    if (op == AD_OP_LOG_SUM_EXP || op == AD_OP_SOFTMAX_CROSS_ENTROPY) l = log_sum_exp(x, n, t);
    if (op == AD_OP_LOG_SUM_EXP) return l;
    for (size_t k = 0; k < n; k++) {
        if (cimagl(x[k].z) == 0 && cimagl(y[k].z) == 0 && cimagl(l.z) == 0) continue;
        switch (op) {
        case AD_OP_WEIGHTED_SUM: sum = add(sum, multiply(x[k], y[k], t), 1); break;
        case AD_OP_SUM: sum = add(sum, x[k], 1); break;
        case AD_OP_HALF_SUM_OF_SQUARES:
        case AD_OP_SUM_OF_SQUARES:
        case AD_OP_MEAN_OF_SQUARES: sum = add(sum, square_of_difference(x[k], y[k], t), 1); break;
        case AD_OP_SOFTMAX_CROSS_ENTROPY: sum = add(sum, multiply(y[k], add(l, x[k], -1), t), 1); break;
        case AD_OP_LOGISTIC_CROSS_ENTROPY: sum = add(sum, add(softplus(x[k]), multiply(y[k], x[k], t), -1), 1); break;
        case AD_OP_BINARY_CROSS_ENTROPY: sum = add(sum, cross_entropy_term(x[k], y[k], t), -1); break;
        default: t->undefined = true;
        }
    }
    if (op == AD_OP_LOGISTIC_CROSS_ENTROPY && fabsl(cimagl(sum.z)) < smallest) t->tiny = true;
    const real factor = op == AD_OP_HALF_SUM_OF_SQUARES ? 0.5 : op == AD_OP_MEAN_OF_SQUARES ? 1 / (real)n : 1;
    return (number){make(factor * creall(sum.z), factor * cimagl(sum.z)), factor * sum.noise, factor * sum.loss};
}

/* -------------------------------------------------------------------------------------- the step */

/* The step: next to nothing beside 1 and the operands that vary, and beside the others where these are 0. */
static real step_for(const ad_checking *c, size_t n, const double *tangent)
{
    real least = 1, step = INFINITY;
    for (size_t k = 0; k < n; k++)
        if (c->edges[k].value != 0) least = fminl(least, fabsl(c->edges[k].value));
    for (size_t k = 0; k < n; k++) {
        const ad_edge *edge = &c->edges[k];
        const real along = is_const(edge->operand) ? 0 : fabsl(tangent[edge->operand.index]);
        if (along > 0) step = fminl(step, 1e-40L * (edge->value != 0 ? fminl(1, fabsl(edge->value)) : least) / along);
    }
    return step;
}

/* The operands with their tangents as imaginary parts; false where these would be too small. */
static bool take_operands(const ad_checking *c, size_t n, const double *tangent, real step)
{
    for (size_t k = 0; k < n; k++) {
        const ad_edge *edge = &c->edges[k];
        const real im = is_const(edge->operand) ? 0 : step * tangent[edge->operand.index];
        if (im != 0 && !(fabsl(im) >= smallest)) return false;
        c->numbers[k] = (number){make(edge->value, im), 0, 0};
    }
    return true;
}

ad_status ad_complex_step(ad_checking *c, uint32_t i, const double *tangent, ad_complex_slope *found)
{
    const ad_op op = ad_op_of_code(c->tape->code[i]);
    const ad_op_info *info = ad_op_get(op);
    *found = (ad_complex_slope){.applies = false};
    if (op >= AD_OP_COUNT) return AD_OK;
    const size_t n = ad_edges(node_handle(c->tape, i), c->edges, c->widest);
    const real step = step_for(c, n, tangent);
    found->applies = isinf(step);
    if (found->applies) return AD_OK;
    if (c->numbers == NULL) c->numbers = ad_gradcheck_allocate(c, c->widest, sizeof *c->numbers);
    const ad_rule *rule = info->arity > 0 ? definition_of(c, op) : NULL;
    if (c->numbers == NULL || (rule == NULL && info->arity > 0)) return c->tape->error;
    if (!take_operands(c, n, tangent, step)) return AD_OK;
    trouble t = {false, false};
    const number result = rule != NULL ? run(rule, c->numbers, &t) : nary(op, c->numbers, n, &t);
    found->slope = (double)(cimagl(result.z) / step);
    found->error = (double)(4 * DBL_EPSILON * result.noise / step);
    found->applies =
        !t.undefined && !t.tiny && isfinite(creall(result.z)) && isfinite(found->slope) && isfinite(found->error);
    return AD_OK;
}
