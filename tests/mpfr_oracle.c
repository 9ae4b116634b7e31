/* SPDX-License-Identifier: MIT */
#include "mpfr_oracle.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors are bounded by their binary exponents: a cell's value is off by less than 2^error. */
#define EXACT (LONG_MIN / 8)
#define LARGEST_EXPONENT (LONG_MAX / 32)
#define WANTED_BITS 90
#define ENOUGH (-1200)
#define MOST_BITS 16000

enum kind {
    NUMBER,
    VARIABLE,
    PI,
    NEGATE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    POWER,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL,
    EQUAL,
    UNEQUAL,
    CHOOSE,
    FUNCTION
};

typedef struct cell {
    enum kind kind;
    int function, operand[3];
    double number; /* or the index of a variable */
    mpfr_t value;
    long error;
} cell;

struct oracle {
    cell cells[64];
    int count, root;
    mpfr_t x[3], low, high, quotient[2];
    mpfr_prec_t bits;
    bool overflow; /* inside the formula: what follows of it cannot be trusted */
    /* while parsing */
    const char *text, *at;
    char *message;
    size_t room;
};

/* ------------------------------------------------------------------------------------- functions */

/* How an error of the operand shows in the result z of f(x). */
enum spread { LIKE_LOG, LIKE_EXP, LIKE_ROOT, LIKE_ERFC, AT_MOST_1, RELATIVE, PASSES };

static int floor_of(mpfr_t z, const mpfr_t x, mpfr_rnd_t r) { return mpfr_rint_floor(z, x, r); }
static int ceil_of(mpfr_t z, const mpfr_t x, mpfr_rnd_t r) { return mpfr_rint_ceil(z, x, r); }
static int abs_of(mpfr_t z, const mpfr_t x, mpfr_rnd_t r) { return mpfr_abs(z, x, r); }

static const struct function {
    const char *name;
    int (*unary)(mpfr_t, const mpfr_t, mpfr_rnd_t);
    int (*binary)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);
    enum spread spread;
} functions[] = {
    {"sqrt", mpfr_sqrt, NULL, LIKE_ROOT},   {"cbrt", mpfr_cbrt, NULL, LIKE_ROOT},
    {"exp", mpfr_exp, NULL, LIKE_EXP},      {"exp2", mpfr_exp2, NULL, LIKE_EXP},
    {"expm1", mpfr_expm1, NULL, RELATIVE},  {"log", mpfr_log, NULL, LIKE_LOG},
    {"log2", mpfr_log2, NULL, LIKE_LOG},    {"log10", mpfr_log10, NULL, LIKE_LOG},
    {"log1p", mpfr_log1p, NULL, RELATIVE},  {"sin", mpfr_sin, NULL, AT_MOST_1},
    {"cos", mpfr_cos, NULL, AT_MOST_1},     {"tan", mpfr_tan, NULL, RELATIVE},
    {"asin", mpfr_asin, NULL, RELATIVE},    {"acos", mpfr_acos, NULL, RELATIVE},
    {"atan", mpfr_atan, NULL, AT_MOST_1},   {"sinh", mpfr_sinh, NULL, RELATIVE},
    {"cosh", mpfr_cosh, NULL, RELATIVE},    {"tanh", mpfr_tanh, NULL, AT_MOST_1},
    {"asinh", mpfr_asinh, NULL, AT_MOST_1}, {"acosh", mpfr_acosh, NULL, RELATIVE},
    {"atanh", mpfr_atanh, NULL, RELATIVE},  {"erf", mpfr_erf, NULL, AT_MOST_1},
    {"erfc", mpfr_erfc, NULL, LIKE_ERFC},   {"abs", abs_of, NULL, PASSES},
    {"floor", floor_of, NULL, PASSES},      {"ceil", ceil_of, NULL, PASSES},
    {"min", NULL, mpfr_min, PASSES},        {"max", NULL, mpfr_max, PASSES},
    {"atan2", NULL, mpfr_atan2, RELATIVE},  {"hypot", NULL, mpfr_hypot, RELATIVE},
};
#define FUNCTIONS (int)(sizeof functions / sizeof functions[0])

/* --------------------------------------------------------------------------------------- parsing */

static int parse_choice(oracle *o);

static int fail(oracle *o, const char *why)
{
    if (o->message[0] == '\0')
        snprintf(o->message, o->room, "%s at character %d of \"%s\"", why, (int)(o->at - o->text) + 1, o->text);
    return 0;
}

static int new_cell(oracle *o, enum kind kind, int x, int y, int z)
{
    if (o->count == (int)(sizeof o->cells / sizeof o->cells[0])) return fail(o, "too long");
    cell *c = &o->cells[o->count];
    *c = (cell){.kind = kind, .operand = {x, y, z}};
    mpfr_init2(c->value, 64);
    return o->count++;
}

static bool accept(oracle *o, const char *token)
{
    while (isspace((unsigned char)*o->at)) o->at++;
    if (strncmp(o->at, token, strlen(token)) != 0) return false;
    o->at += strlen(token);
    return true;
}

static int parse_call(oracle *o, const char *name, size_t length)
{
    for (int f = 0; f < FUNCTIONS; f++) {
        if (strlen(functions[f].name) != length || strncmp(functions[f].name, name, length) != 0) continue;
        int x = parse_choice(o), y = 0;
        if (functions[f].binary && !accept(o, ",")) return fail(o, "',' expected");
        if (functions[f].binary) y = parse_choice(o);
        if (!accept(o, ")")) return fail(o, "')' expected");
        int c = new_cell(o, FUNCTION, x, y, 0);
        o->cells[c].function = f;
        return c;
    }
    return fail(o, "unknown function");
}

static int parse_name(oracle *o)
{
    const char *name = o->at;
    while (isalnum((unsigned char)*o->at)) o->at++;
    size_t length = (size_t)(o->at - name);
    if (accept(o, "(")) return parse_call(o, name, length);
    if (length == 2 && strncmp(name, "pi", 2) == 0) return new_cell(o, PI, 0, 0, 0);
    bool nan = length == 3 && strncmp(name, "nan", 3) == 0;
    if (!nan && (length != 1 || *name < 'a' || *name > 'c')) return fail(o, "unknown name");
    int c = new_cell(o, nan ? NUMBER : VARIABLE, 0, 0, 0);
    o->cells[c].number = nan ? strtod("nan", NULL) : *name - 'a';
    return c;
}

static int parse_primary(oracle *o)
{
    if (accept(o, "(")) {
        int x = parse_choice(o);
        return accept(o, ")") ? x : fail(o, "')' expected");
    }
    if (isalpha((unsigned char)*o->at)) return parse_name(o);
    char *end;
    double number = strtod(o->at, &end);
    if (end == o->at) return fail(o, "operand expected");
    o->at = end;
    int c = new_cell(o, NUMBER, 0, 0, 0);
    o->cells[c].number = number;
    return c;
}

static int parse_unary(oracle *o);

static int parse_power(oracle *o)
{
    int x = parse_primary(o);
    return accept(o, "^") ? new_cell(o, POWER, x, parse_unary(o), 0) : x;
}

static int parse_unary(oracle *o)
{
    return accept(o, "-") ? new_cell(o, NEGATE, parse_unary(o), 0, 0) : parse_power(o);
}

static int parse_product(oracle *o)
{
    int x = parse_unary(o);
    for (;;) {
        if (accept(o, "*")) x = new_cell(o, MULTIPLY, x, parse_unary(o), 0);
        else if (accept(o, "/")) x = new_cell(o, DIVIDE, x, parse_unary(o), 0);
        else return x;
    }
}

static int parse_sum(oracle *o)
{
    int x = parse_product(o);
    for (;;) {
        if (accept(o, "+")) x = new_cell(o, ADD, x, parse_product(o), 0);
        else if (accept(o, "-")) x = new_cell(o, SUBTRACT, x, parse_product(o), 0);
        else return x;
    }
}

static int parse_comparison(oracle *o)
{
    static const struct {
        const char *token;
        enum kind kind;
    } comparisons[] = {
        {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL}, {"==", EQUAL}, {"!=", UNEQUAL}, {"<", LESS}, {">", GREATER},
    };
    int x = parse_sum(o);
    for (size_t k = 0; k < sizeof comparisons / sizeof comparisons[0]; k++)
        if (accept(o, comparisons[k].token)) return new_cell(o, comparisons[k].kind, x, parse_sum(o), 0);
    return x;
}

static int parse_choice(oracle *o)
{
    int x = parse_comparison(o);
    if (!accept(o, "?")) return x;
    int y = parse_choice(o);
    if (!accept(o, ":")) return fail(o, "':' expected");
    return new_cell(o, CHOOSE, x, y, parse_choice(o));
}

oracle *oracle_new(const char *definition, char *message, size_t room)
{
    oracle *o = calloc(1, sizeof *o);
    if (!o) return NULL;
    mpfr_set_emin(-LARGEST_EXPONENT);
    mpfr_set_emax(LARGEST_EXPONENT);
    for (int k = 0; k < 3; k++) mpfr_init2(o->x[k], 64);
    mpfr_inits2(64, o->low, o->high, o->quotient[0], o->quotient[1], (mpfr_ptr)0);
    o->text = o->at = definition;
    o->message = message;
    o->room = room;
    message[0] = '\0';
    o->root = parse_choice(o);
    accept(o, ""); /* trailing space */
    if (*o->at != '\0') fail(o, "end expected");
    if (message[0] == '\0') return o;
    oracle_free(o);
    return NULL;
}

void oracle_free(oracle *o)
{
    if (!o) return;
    for (int k = 0; k < o->count; k++) mpfr_clear(o->cells[k].value);
    for (int k = 0; k < 3; k++) mpfr_clear(o->x[k]);
    mpfr_clears(o->low, o->high, o->quotient[0], o->quotient[1], (mpfr_ptr)0);
    free(o);
    mpfr_free_cache();
}

/* ------------------------------------------------------------------------------------ evaluation */

static long greatest(long x, long y) { return x > y ? x : y; }

/* The exponent of a number; of a zero that may be none, that of its error. */
static long exponent(const mpfr_t x, long error)
{
    return mpfr_regular_p(x) ? greatest(mpfr_get_exp(x), error) : error;
}

static long exponent_of(const cell *c) { return exponent(c->value, c->error); }

static long error_of_product(const cell *x, const cell *y)
{
    long first = x->error == EXACT ? EXACT : x->error + exponent_of(y);
    long second = y->error == EXACT ? EXACT : y->error + exponent_of(x);
    return greatest(greatest(first, second) + 1, EXACT);
}

static long error_of_quotient(const cell *x, const cell *y)
{
    long ey = mpfr_regular_p(y->value) ? mpfr_get_exp(y->value) : 0;
    long first = x->error == EXACT ? EXACT : x->error - ey + 1;
    long second = y->error == EXACT ? EXACT : y->error + exponent_of(x) - 2 * ey + 2;
    return greatest(first, second) + 1;
}

static long error_of_function(enum spread spread, const cell *x, const cell *z)
{
    if (x->error == EXACT) return EXACT;
    long ex = exponent_of(x), ez = exponent_of(z);
    switch (spread) {
    case LIKE_LOG: return x->error - ex + 2;
    case LIKE_EXP: return x->error + ez + 1;
    case LIKE_ROOT: return mpfr_regular_p(z->value) ? x->error - ex + ez + 1 : (x->error + 2) / 3;
    case LIKE_ERFC: return x->error + ez + greatest(ex, 0) + 2;
    case AT_MOST_1: return x->error + 1;
    case PASSES: return x->error;
    case RELATIVE: break;
    }
    return mpfr_regular_p(z->value) ? x->error - ex + ez + 20 : x->error + 20;
}

static int compute(cell *z, const cell *x, const cell *y)
{
    switch (z->kind) {
    case NEGATE: return mpfr_neg(z->value, x->value, MPFR_RNDN);
    case ADD: return mpfr_add(z->value, x->value, y->value, MPFR_RNDN);
    case SUBTRACT: return mpfr_sub(z->value, x->value, y->value, MPFR_RNDN);
    case MULTIPLY: return mpfr_mul(z->value, x->value, y->value, MPFR_RNDN);
    case DIVIDE: return mpfr_div(z->value, x->value, y->value, MPFR_RNDN);
    case POWER: return mpfr_pow(z->value, x->value, y->value, MPFR_RNDN);
    case LESS: return mpfr_set_si(z->value, mpfr_less_p(x->value, y->value) != 0, MPFR_RNDN);
    case LESS_EQUAL: return mpfr_set_si(z->value, mpfr_lessequal_p(x->value, y->value) != 0, MPFR_RNDN);
    case GREATER: return mpfr_set_si(z->value, mpfr_greater_p(x->value, y->value) != 0, MPFR_RNDN);
    case GREATER_EQUAL: return mpfr_set_si(z->value, mpfr_greaterequal_p(x->value, y->value) != 0, MPFR_RNDN);
    case EQUAL: return mpfr_set_si(z->value, mpfr_equal_p(x->value, y->value) != 0, MPFR_RNDN);
    case UNEQUAL: return mpfr_set_si(z->value, mpfr_equal_p(x->value, y->value) == 0, MPFR_RNDN);
    default: break;
    }
    const struct function *f = &functions[z->function];
    return f->unary ? f->unary(z->value, x->value, MPFR_RNDN) : f->binary(z->value, x->value, y->value, MPFR_RNDN);
}

static long inherited_error(const cell *z, const cell *x, const cell *y)
{
    switch (z->kind) {
    case NEGATE: return x->error;
    case ADD:
    case SUBTRACT: return x->error == EXACT && y->error == EXACT ? EXACT : greatest(x->error, y->error) + 1;
    case MULTIPLY: return error_of_product(x, y);
    case DIVIDE: return x->error == EXACT && y->error == EXACT ? EXACT : error_of_quotient(x, y);
    case FUNCTION:
        return greatest(error_of_function(functions[z->function].spread, x, z),
                        functions[z->function].binary ? error_of_function(functions[z->function].spread, y, z) : EXACT);
    case POWER:
        return x->error == EXACT && y->error == EXACT
                   ? EXACT
                   : exponent_of(z) + greatest(x->error - exponent_of(x) + greatest(exponent_of(y), 0), y->error) + 20;
    default: return EXACT; /* comparisons */
    }
}

/* `last`: nothing is computed of this cell's value, so that it may overflow as a double would. */
static void evaluate(oracle *o, int at, bool last)
{
    cell *z = &o->cells[at];
    mpfr_set_prec(z->value, o->bits);
    z->error = EXACT;
    int rounded = 0;
    if (z->kind == NUMBER) {
        mpfr_set_d(z->value, z->number, MPFR_RNDN);
    } else if (z->kind == VARIABLE) {
        mpfr_srcptr x = o->x[(int)z->number];
        mpfr_set_prec(z->value, mpfr_get_prec(x));
        mpfr_set(z->value, x, MPFR_RNDN);
    } else if (z->kind == PI) {
        rounded = mpfr_const_pi(z->value, MPFR_RNDN);
    } else if (z->kind == CHOOSE) {
        evaluate(o, z->operand[0], false);
        const cell *taken = &o->cells[z->operand[mpfr_zero_p(o->cells[z->operand[0]].value) ? 2 : 1]];
        evaluate(o, (int)(taken - o->cells), last);
        mpfr_set_prec(z->value, mpfr_get_prec(taken->value));
        mpfr_set(z->value, taken->value, MPFR_RNDN);
        z->error = taken->error;
    } else {
        const cell *x = &o->cells[z->operand[0]], *y = &o->cells[z->operand[1]];
        bool binary = z->kind == FUNCTION ? functions[z->function].binary != NULL : z->kind != NEGATE;
        evaluate(o, z->operand[0], false);
        if (binary) evaluate(o, z->operand[1], false);
        mpfr_clear_flags();
        rounded = compute(z, x, y);
        if (mpfr_overflow_p() && !last) o->overflow = true;
        z->error = inherited_error(z, x, y);
        bool exact = x->error == EXACT && (!binary || y->error == EXACT);
        bool finite = mpfr_number_p(x->value) && (!binary || mpfr_number_p(y->value));
        if (!exact && finite && !mpfr_number_p(z->value)) o->overflow = true;
    }
    z->error = greatest(z->error, EXACT);
    if (rounded) z->error = greatest(z->error, exponent(z->value, mpfr_get_emin()) - (long)o->bits);
}

/* The formula at o->x, and the error of it. */
static const cell *evaluate_root(oracle *o)
{
    evaluate(o, o->root, true);
    return &o->cells[o->root];
}

/* Whether a number with such an error is good; if not, *bits becomes what may do. */
static bool good_enough(const mpfr_t x, long error, mpfr_prec_t *bits)
{
    if (!mpfr_number_p(x) || error <= ENOUGH) return true;
    long lacking = mpfr_zero_p(x) ? (long)*bits : error - (mpfr_get_exp(x) - WANTED_BITS);
    if (lacking <= 0) return true;
    *bits += lacking + 32;
    return false;
}

static void set_operands(oracle *o, const double x[3])
{
    for (int k = 0; k < 3; k++) {
        mpfr_set_prec(o->x[k], 64);
        mpfr_set_d(o->x[k], x[k], MPFR_RNDN);
    }
}

bool oracle_value(oracle *o, const double x[3], mpfr_t result)
{
    set_operands(o, x);
    for (o->bits = 192; o->bits < MOST_BITS;) {
        o->overflow = false;
        const cell *root = evaluate_root(o);
        if (o->overflow) return false;
        if (!good_enough(root->value, root->error, &o->bits)) continue;
        mpfr_set_prec(result, o->bits);
        mpfr_set(result, root->value, MPFR_RNDN);
        return true;
    }
    return false;
}

/* -------------------------------------------------------------------------------------- derivatives */

/* f at x[k] + sign 2^step, into y; its error, or LONG_MAX where f is not a number. */
static long shifted(oracle *o, const double x[3], int k, int sign, long step, mpfr_t y)
{
    set_operands(o, x);
    long top = x[k] == 0 ? step : greatest(mpfr_get_exp(o->x[k]), step);
    long bottom = x[k] == 0 ? step : mpfr_get_exp(o->x[k]) - 53;
    mpfr_set_prec(o->x[k], top - (bottom < step ? bottom : step) + 8);
    mpfr_set_d(o->x[k], x[k], MPFR_RNDN);
    mpfr_t h;
    mpfr_init2(h, 64);
    mpfr_set_si_2exp(h, sign, step, MPFR_RNDN);
    mpfr_add(o->x[k], o->x[k], h, MPFR_RNDN);
    mpfr_clear(h);
    const cell *root = evaluate_root(o);
    mpfr_set_prec(y, mpfr_get_prec(root->value));
    mpfr_set(y, root->value, MPFR_RNDN);
    return mpfr_number_p(root->value) && !o->overflow ? root->error : LONG_MAX;
}

/* (f(x + h) - f(x - h)) / (2 h) with h = 2^step, or one-sided. */
static bool difference_quotient(oracle *o, const double x[3], int k, long step, mpfr_t q)
{
    for (o->bits = 320; o->bits < MOST_BITS;) {
        o->overflow = false;
        long low = shifted(o, x, k, -1, step, o->low), high = shifted(o, x, k, 1, step, o->high);
        long divisor = step + 1;
        if (low == LONG_MAX && high == LONG_MAX) return false;
        if (o->overflow) return false;
        if (low == LONG_MAX || high == LONG_MAX) {
            long middle = shifted(o, x, k, 0, step, low == LONG_MAX ? o->low : o->high);
            if (middle == LONG_MAX) return false;
            *(low == LONG_MAX ? &low : &high) = middle;
            divisor = step;
        }
        mpfr_set_prec(q, greatest(mpfr_get_prec(o->low), mpfr_get_prec(o->high)));
        bool rounded = mpfr_sub(q, o->high, o->low, MPFR_RNDN) != 0;
        long error = low == EXACT && high == EXACT ? EXACT : greatest(low, high) + 1 - divisor;
        if (rounded) error = greatest(error, mpfr_get_exp(q) - divisor - (long)mpfr_get_prec(q));
        mpfr_mul_2si(q, q, -divisor, MPFR_RNDN);
        if (good_enough(q, error, &o->bits)) return true;
    }
    return false;
}

/* Whether x and y agree to 64 bits. */
static bool agree(const mpfr_t x, const mpfr_t y)
{
    if (mpfr_equal_p(x, y)) return true;
    if (mpfr_zero_p(x) || mpfr_zero_p(y)) return exponent(x, ENOUGH) <= ENOUGH && exponent(y, ENOUGH) <= ENOUGH;
    mpfr_t d;
    mpfr_init2(d, 64);
    mpfr_sub(d, x, y, MPFR_RNDN);
    bool yes = mpfr_get_exp(d) < mpfr_get_exp(x) - 64;
    mpfr_clear(d);
    return yes;
}

bool oracle_partial(oracle *o, const double x[3], int k, mpfr_t result)
{
    static const long steps[] = {100, 400, 2400};
    if (x[k] - x[k] != 0) return false;
    mpfr_ptr first = o->quotient[0], second = o->quotient[1];
    set_operands(o, x);
    long scale = x[k] == 0 ? -1300 : mpfr_get_exp(o->x[k]) > 0 ? 0 : mpfr_get_exp(o->x[k]);
    for (int i = 0; i < 3; i++) {
        if (!difference_quotient(o, x, k, scale - steps[i], first)) return false;
        if (!difference_quotient(o, x, k, scale - steps[i] - 40, second)) return false;
        mpfr_set_prec(result, mpfr_get_prec(second));
        mpfr_set(result, second, MPFR_RNDN);
        if (agree(first, second)) return true;
    }
    /* The quotient goes to infinity or to zero with the step, as that of a root at 0 does. */
    if (mpfr_zero_p(first) || mpfr_zero_p(second)) return false;
    if (mpfr_get_exp(second) > mpfr_get_exp(first)) mpfr_set_inf(result, mpfr_sgn(second));
    else if (mpfr_get_exp(second) < mpfr_get_exp(first)) mpfr_set_zero(result, mpfr_sgn(second));
    else return false;
    return true;
}

/* ----------------------------------------------------------------------------------------- measure */

double ulps_off(double got, const mpfr_t exact)
{
    double rounded = mpfr_get_d(exact, MPFR_RNDN);
    if (got == rounded || (got != got && rounded != rounded)) return 0;
    if (got != got || rounded != rounded) return strtod("inf", NULL);
    mpfr_t x, y;
    mpfr_init2(x, 64);
    mpfr_init2(y, mpfr_get_prec(exact) + 64);
    if (got - got != 0) mpfr_set_si_2exp(x, got > 0 ? 1 : -1, 1024, MPFR_RNDN);
    else mpfr_set_d(x, got, MPFR_RNDN);
    if (mpfr_inf_p(exact)) mpfr_set_si_2exp(y, mpfr_sgn(exact), 1024, MPFR_RNDN);
    else mpfr_set(y, exact, MPFR_RNDN);
    long last = mpfr_zero_p(y) ? -1074 : mpfr_get_exp(y) - 53;
    if (last < -1074) last = -1074;
    if (last > 971) last = 971;
    mpfr_sub(y, x, y, MPFR_RNDA);
    mpfr_mul_2si(y, y, -last, MPFR_RNDA);
    double off = mpfr_get_d(y, MPFR_RNDA);
    mpfr_clears(x, y, (mpfr_ptr)0);
    return off < 0 ? -off : off;
}
