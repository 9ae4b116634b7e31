/* SPDX-License-Identifier: MIT */
/* Where the rows of ops.def are to be tested: their domains, for each operand. */
#ifndef TESTS_ROW_DOMAINS_H
#define TESTS_ROW_DOMAINS_H

#include <autodiff/autodiff.h>

#include <math.h>

enum { MOST_POINTS = 20 };

#define inf INFINITY
#define OVER(...)   \
    {               \
        __VA_ARGS__ \
    }
#define LIST(...)   \
    {               \
        __VA_ARGS__ \
    }
/* least, greatest, further points, and zeros; of n-ary operations none */
static const double row_domains[AD_OP_COUNT][3][MOST_POINTS] = {
#define AD_UNARY(ID, name, label, definition, value, da, kink, domain, note) [AD_OP_##ID] = LIST domain,
#define AD_BINARY(ID, name, label, definition, value, da, db, kink, domain, note) [AD_OP_##ID] = LIST domain,
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, kink, domain, note) [AD_OP_##ID] = LIST domain,
#include <autodiff/ops.def>
};
#undef inf
#undef OVER
#undef LIST

#endif
