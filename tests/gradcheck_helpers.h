/* SPDX-License-Identifier: MIT */
/* What the suites of the gradient check share: functions given as formulas, with a wrong rule if asked for. */
#ifndef TESTS_GRADCHECK_HELPERS_H
#define TESTS_GRADCHECK_HELPERS_H

#include <autodiff/gradcheck.h>

#include "helpers.h"

#include <stdio.h>

typedef struct planted {
    ad_op op;
    unsigned operand;
    double factor;
} planted;

typedef struct formula {
    const char *text;
    const planted *wrong; /* NULL: nothing is */
} formula;

/* The formula's inputs are x1, x2, ... */
static inline ad_status record_formula(ad_tape *tape, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    const formula *f = user;
    ad_text_error error = {.message = ""};
    ck_assert_uint_eq(m, 1);
    if (f->wrong != NULL) ad_plant_error(tape, f->wrong->op, f->wrong->operand, f->wrong->factor);
    for (size_t k = 0; k < n; k++) {
        char name[8];
        snprintf(name, sizeof name, "x%u", (unsigned)k + 1);
        ad_name(x[k], name);
    }
    const ad_status status = ad_parse(tape, f->text, y, &error);
    ck_assert_str_eq(error.message, "");
    return status;
}

static inline void check_planted(const char *text, const double *x, size_t n, const planted *wrong,
                                 const ad_gradcheck_options *options, ad_gradcheck_report *report)
{
    formula f = {text, wrong};
    const ad_status status = ad_gradcheck(record_formula, &f, x, n, options, report);
    ck_assert_msg(status == AD_OK, "%s", report->message);
}

static inline void check_formula(const char *text, const double *x, size_t n, const ad_gradcheck_options *options,
                                 ad_gradcheck_report *report)
{
    check_planted(text, x, n, NULL, options, report);
}

#endif
