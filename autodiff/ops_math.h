/* SPDX-License-Identifier: MIT */
/* The functions that the rows of ops.def use beyond those of <math.h>. Never installed.
 *
 * Some are here because libm lacks them or does them poorly, some because a row's partial derivative is
 * formula and C at once and calls operations by their names. For .c files that instantiate rows. */
#ifndef AUTODIFF_OPS_MATH_H
#define AUTODIFF_OPS_MATH_H

#include <math.h>
#include <stdlib.h>

/* In formulas abs is of real numbers; <stdlib.h> comes first because it declares the one of int. */
#define abs(x) fabs(x)

static inline double square(double a) { return a * a; }
static inline double sign(double a) { return a > 0 ? 1 : a < 0 ? -1 : a; }

/* NaN if an operand is: fmax and fmin of C would drop it. */
static inline double max(double a, double b) { return a > b || a != a ? a : b; }
static inline double min(double a, double b) { return a < b || a != a ? a : b; }

static inline double powi(double a, double b) { return b == floor(b) ? pow(a, b) : NAN; }

/* Of exp(-|a|), so that it never overflows: 1 / (1 + exp(-a)) would be 0 below -709, not exp(a). */
static inline double sigmoid(double a)
{
    double e = exp(-fabs(a));
    return (a < 0 ? e : 1) / (1 + e);
}

/* log(1 + e^a) = max(a, 0) + log(1 + e^-|a|): two terms of one sign, and no overflow. */
static inline double softplus(double a) { return (a < 0 ? 0 : a) + log1p(exp(-fabs(a))); }

/* log(a / (1 - a)). The quotient loses digits near 1/2, where the logarithm is 0, so there it is
 * log(1 + x) with x = (2 a - 1) / (1 - a), whose numerator is exact. */
static inline double logit(double a)
{
    return a > 0.25 && a < 0.75 ? log1p((2 * a - 1) / (1 - a)) : log(a) - log1p(-a);
}

/* exp(-s) where s + rest is the exact argument: a square rounded to s alone would cost s / 2 ulps, 360 of
 * them at the end of the range. exp(-s - rest) = exp(-s) (1 - rest) but for rest * rest. */
static inline double exp_minus(double s, double rest)
{
    double e = exp(-s);
    return s < 800 ? e - e * rest : e;
}

/* exp(-a^2). */
static inline double gauss(double a) { return exp_minus(a * a, fma(a, a, -(a * a))); }

/* The libm of glibc is up to 3.7 ulps off, which the derivative would double: one step of Newton's
 * iteration, with y^3 - a to full precision, rounds it almost correctly. */
static inline double accurate_cbrt(double a)
{
    if (a == 0 || !isfinite(a)) return a;
    double scale = fabs(a) < 1e-280 ? 0x1p50 : 1; /* so that the residue does not underflow */
    double cube = a * scale * scale * scale;
    double y = cbrt(cube), s = y * y;
    double residue = fma(s, y, -cube) + fma(y, y, -s) * y;
    return (y - residue / (3 * s)) / scale;
}

/* factor erfc(x + dx) exp((x + dx)^2) exp(-s - rest) for 1/2 <= x <= 28. As in Shepherd and Laframboise, Mathematics of
 * Computation 36 (1981) 249, (1 + 2 x) exp(x^2) erfc(x) is a polynomial p in (x - 4) / (x + 4); this one interpolates
 * it in Chebyshev points of that interval, to a relative 7e-19. What the operations lose is summed up in `lost`, a
 * relative error, and made good at the end. The derivative of log(exp(x^2) erfc(x)) is 2 x - 2 / sqrt(pi) / it. */
static inline double erfc_tail(double factor, double x, double dx, double s, double rest)
{
    static const double coefficient[] = {
        1.2329951186255526,      -0.1396211168405625,     0.015379652102619901,    0.06809705425468844,
        -0.1010390660363143,     0.09373283499853434,     -0.06633036581196795,    0.03716751553379472,
        -0.016197734061059108,   0.00503197001856426,     -0.0007577732634973155,  -0.00019925696553927866,
        0.00015062155590137163,  -2.4398057333996413e-05, -1.1221668942295945e-05, 5.706494720146254e-06,
        2.9313186423696087e-07,  -8.195085083459565e-07,  7.540467350144586e-08,   1.03256669073015e-07,
        -1.8406671051403966e-08, -9.652213521087604e-09,  1.9717656765049794e-09,
    };
    double q = (x - 4) / (x + 4), p = 0;
    for (size_t k = sizeof coefficient / sizeof coefficient[0]; k-- > 0;) p = p * q + coefficient[k];
    double d = 2 * x + 1, scaled = p / d;
    double lost = (fma(-scaled, d, p) - scaled * (1 - (d - 2 * x))) / p;
    lost += dx * (2 * x - 1.1283791670955126 / scaled) - rest;
    double v = scaled * (factor * exp(-s));
    return v + v * lost;
}

/* The libm of glibc is up to 5.2 ulps off. */
static inline double accurate_erfc(double a)
{
    return a > 0.5 && a < 28 ? erfc_tail(1, a, 0, a * a, fma(a, a, -(a * a))) : erfc(a);
}

/* factor erfc(-a / sqrt(2)). In the lower tail erfc would amplify the rounding of a / sqrt(2) by a^2, so the factor
 * exp(-a^2 / 2) is taken of a itself; factor comes before that underflows. */
static inline double erfc_of_normal(double factor, double a)
{
    double x = a * -0.7071067811865476;
    if (!(x > 0.53 && x < 28)) return factor * erfc(x);
    double dx = fma(a, -0.7071067811865476, -x) + a * 4.833646656726457e-17;
    return erfc_tail(factor, x, dx, a * a / 2, fma(a, a, -(a * a)) / 2);
}

static inline double normcdf(double a) { return erfc_of_normal(0.5, a); }
static inline double gelu(double a) { return a < -40 ? -0.0 : erfc_of_normal(0.5 * a, a); }

/* a sigmoid(a). Below -700 sigmoid(a) = exp(a) has no digits left, so the factor a comes first. */
static inline double silu(double a)
{
    if (a < -800) return -0.0;
    return a < -700 ? a * exp(a / 2) * exp(a / 2) : a * sigmoid(a);
}

/* a - b = d + rest exactly, where nothing overflows (Knuth, The Art of Computer Programming 2, 4.2.2). */
static inline double difference_rest(double a, double b, double d)
{
    double minus_b = d - a;
    double rest = (a - (d - minus_b)) - (b + minus_b);
    return isfinite(rest) ? rest : 0;
}

/* sigmoid(a - b); the rest of the rounded difference d is a relative error of that size where d < 0. */
static inline double softmax2(double a, double b)
{
    double d = a - b;
    double v = sigmoid(d);
    return v + v * sigmoid(-d) * difference_rest(a, b, d);
}

/* Double-double arithmetic: the number hi + lo, |lo| at most half an ulp of hi (Dekker, Numerische Mathematik
 * 18 (1971) 224; by fma as in Hida, Li and Bailey, ARITH-15 (2001) 155). Only logaddexp needs it. */
typedef struct double_double {
    double hi, lo;
} double_double;

static inline double_double dd_add(double_double x, double_double y)
{
    double s = x.hi + y.hi, t = s - x.hi;
    double rest = (x.hi - (s - t)) + (y.hi - t) + x.lo + y.lo;
    double hi = s + rest;
    return (double_double){hi, rest - (hi - s)};
}

static inline double_double dd_mul(double_double x, double_double y)
{
    double p = x.hi * y.hi;
    double rest = fma(x.hi, y.hi, -p) + (x.hi * y.lo + x.lo * y.hi);
    double hi = p + rest;
    return (double_double){hi, rest - (hi - p)};
}

static inline double_double dd_over(double_double x, double n)
{
    double q = x.hi / n;
    double rest = (fma(-q, n, x.hi) + x.lo) / n;
    double hi = q + rest;
    return (double_double){hi, rest - (hi - q)};
}

/* exp(x) - 1 for -746 < x <= 0 to about 95 bits, as 2^k (1 + p) - 1: with x = k log 2 + 32 t, p + 1 = exp(32 t)
 * comes of the series of exp(t) - 1 and of five times exp(2 t) - 1 = p (2 + p). */
static inline double_double dd_expm1(double x, int *k)
{
    const double_double one = {1, 0}, two = {2, 0};
    double n = rint(x * 1.4426950408889634);
    /* log 2 in three parts, so that n times the first two is exact */
    double_double t = {x - n * 0x1.62e42feep-1, 0};
    t = dd_add(t, (double_double){-n * 0x1.a39ef356p-33, 0});
    t = dd_add(t, (double_double){-n * 0x1.93c7673007e5fp-65, 0});
    t = (double_double){t.hi / 32, t.lo / 32};
    double_double p = one;
    for (int i = 12; i > 1; i--) p = dd_add(one, dd_over(dd_mul(t, p), i));
    p = dd_mul(t, p);
    for (int i = 0; i < 5; i++) p = dd_mul(p, dd_add(two, p));
    *k = (int)n;
    return p;
}

/* log(e^m + e^l) where that is near 0 and cancels: log(1 + s), s = (e^m - 1) + e^l in double-double. */
static inline double logaddexp_near_zero(double m, double l)
{
    const double_double one = {1, 0}, minus_one = {-1, 0};
    int k = 0;
    double_double s = dd_expm1(m, &k);
    if (k != 0) {
        s = dd_add(one, s);
        s = dd_add(minus_one, (double_double){ldexp(s.hi, k), ldexp(s.lo, k)});
    }
    double_double e = dd_add(one, dd_expm1(l, &k));
    s = dd_add(s, (double_double){ldexp(e.hi, k), ldexp(e.lo, k)});
    return log1p(s.hi) + s.lo / (1 + s.hi);
}

/* log(e^a + e^b) = m + log(1 + e^(l - m)) with m the greater, l the lesser operand. */
static inline double logaddexp(double a, double b)
{
    double m = max(a, b), l = min(a, b);
    if (m != m || !isfinite(m)) return m;
    double d = m - l, e = exp(-d);
    double t = log1p(e - e * difference_rest(m, l, d));
    return m >= 0 || m <= -2 * t ? m + t : logaddexp_near_zero(m, l);
}

#endif
