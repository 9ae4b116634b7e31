/* SPDX-License-Identifier: MIT */
/* The exact value and the exact derivatives of a formula in the language of ops.def's definitions, by the
 * multiple-precision arithmetic of MPFR. Nothing is differentiated by hand: a derivative is a difference
 * quotient with a step of 2^-100 or less at as many bits as that takes. */
#ifndef TESTS_MPFR_ORACLE_H
#define TESTS_MPFR_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include <mpfr.h>

typedef struct oracle oracle;

/* An oracle for `definition`, a formula of a, b, c; NULL when that does not parse: message says why. */
oracle *oracle_new(const char *definition, char *message, size_t room);
void oracle_free(oracle *o);

/* The value at x[0], x[1], x[2] to at least 90 bits (or to 2^-1200, where less shows no more). The result may
 * be infinite or NaN. False when that many bits could not be had. */
bool oracle_value(oracle *o, const double x[3], mpfr_t result);

/* The partial derivative by operand k in the same sense; one-sided at the end of a domain. False as well
 * when there is none: at a pole, a jump, or outside the domain. */
bool oracle_partial(oracle *o, const double x[3], int k, mpfr_t result);

/* How far `got` is from `exact`, in units of the last place of `exact` rounded to a double; of 2^-1074 for
 * subnormal numbers, and an infinity counts as 2^1024. 0 for two NaNs, infinite for one. */
double ulps_off(double got, const mpfr_t exact);

#endif
