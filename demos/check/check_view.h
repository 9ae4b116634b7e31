/* SPDX-License-Identifier: MIT */
/* A gradient check for showing: what was checked, how, and what came out. */
#ifndef DEMOS_CHECK_VIEW_H
#define DEMOS_CHECK_VIEW_H

#include "check_subject.h"

typedef struct check_view {
    check_subject subject;
    ad_gradcheck_options options;
    ad_gradcheck_report report;
    const char *planted;     /* as typed; NULL: nothing was */
    const step_sweep *steps; /* NULL: none */
    int digits;
} check_view;

void check_print_text(FILE *to, const check_view *v);
void check_print_steps(FILE *to, const check_view *v);
void check_print_json(const check_view *v);

#endif
