/* SPDX-License-Identifier: MIT */
/* The op table as text. */
#include "internal.h"

#include <string.h>

#define SMOOTH ""
#define KINK(at, side) #at
#define BRANCH(side) ""

static const ad_op_info table[AD_OP_COUNT + 1] = {
    {AD_OP_LEAF, "leaf", "leaf", "", {NULL, NULL, NULL}, "", "an input, a weight, anything to differentiate by", 0},
#define AD_UNARY(ID, name, label, definition, value, da, kink, domain, note) \
    {AD_OP_##ID, #name, label, definition, {#da, NULL, NULL}, kink, note, 1},
#define AD_BINARY(ID, name, label, definition, value, da, db, kink, domain, note) \
    {AD_OP_##ID, #name, label, definition, {#da, #db, NULL}, kink, note, 2},
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, kink, domain, note) \
    {AD_OP_##ID, #name, label, definition, {#da, #db, #dc}, kink, note, 3},
#define AD_NARY1(ID, name, label, definition, x, dx, note) \
    {AD_OP_##ID, #name, label, definition, {#dx, NULL, NULL}, "", note, -1},
#define AD_NARY2(ID, name, label, definition, x, dx, y, dy, note) \
    {AD_OP_##ID, #name, label, definition, {#dx, #dy, NULL}, "", note, -1},
#include <autodiff/ops.def>
    {AD_OP_CUSTOM, "custom", "custom", "", {NULL, NULL, NULL}, "", "an operation of your own", -1},
};

const ad_op_info *ad_op_get(ad_op op) { return (unsigned)op <= AD_OP_CUSTOM ? &table[op] : NULL; }

ad_op ad_op_find(const char *name)
{
    for (int op = AD_OP_LEAF + 1; name != NULL && op < AD_OP_COUNT; op++)
        if (strcmp(table[op].name, name) == 0) return (ad_op)op;
    return AD_OP_LEAF;
}
