/* SPDX-License-Identifier: MIT */
/* The functions that a formula can call: operations of the table, and those of the program's own with one output. */
#include "text_cells.h"

#include <string.h>

static const ad_custom *custom_of(const ad_tape *t, uint32_t kind)
{
    return kind >= CELL_CUSTOM ? t->customs[kind - CELL_CUSTOM] : NULL;
}

uint32_t ad_text_function(const ad_tape *t, const char *name, size_t length)
{
    char copy[64];
    const uint32_t custom = ad_custom_find(t, name, length);
    if (custom < t->customs_count) return CELL_CUSTOM + custom;
    if (length >= sizeof copy) return AD_OP_LEAF;
    memcpy(copy, name, length);
    copy[length] = '\0';
    return ad_op_find(copy);
}

/* Takes one row of values, or two of which the second may be 0. */
static bool is_row_function(uint32_t op)
{
    return op == AD_OP_SUM || op == AD_OP_LOG_SUM_EXP || op == AD_OP_HALF_SUM_OF_SQUARES ||
           op == AD_OP_SUM_OF_SQUARES || op == AD_OP_MEAN_OF_SQUARES;
}

const char *ad_text_function_fault(const ad_tape *t, uint32_t kind)
{
    const ad_custom *custom = custom_of(t, kind);
    if (custom != NULL) return custom->outputs == 1 ? NULL : "has several outputs, which a formula cannot write";
    if (ad_op_get((ad_op)kind)->arity >= 0 || is_row_function(kind)) return NULL;
    return "takes two rows of values, which a formula cannot write";
}

uint32_t ad_text_operands_taken(const ad_tape *t, uint32_t kind)
{
    const ad_custom *custom = custom_of(t, kind);
    if (custom != NULL) return (uint32_t)custom->inputs;
    const int arity = ad_op_get((ad_op)kind)->arity;
    return arity < 0 ? 0 : (uint32_t)arity;
}

void ad_text_offer_functions(const ad_tape *t, void (*offer)(void *guess, const char *name), void *guess)
{
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) offer(guess, ad_op_get((ad_op)op)->name);
    for (uint32_t k = 0; k < t->customs_count; k++)
        if (t->customs[k]->outputs == 1) offer(guess, t->customs[k]->name);
}
