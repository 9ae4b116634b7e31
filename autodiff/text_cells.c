/* SPDX-License-Identifier: MIT */
/* The cells of a formula: made once each while the text is read, then recorded from the first to the last. */
#include "text_cells.h"

#include <string.h>

static uint32_t hash(uint32_t kind, const uint32_t *words, uint32_t n)
{
    uint64_t h = kind;
    for (uint32_t k = 0; k < n; k++) {
        h = (h ^ words[k]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

/* The slot of the cell, or the free one where it belongs. */
static uint32_t *slot_of(const text_cells *c, uint32_t kind, const uint32_t *words, uint32_t n)
{
    const uint32_t mask = c->slots_capacity - 1;
    for (uint32_t at = hash(kind, words, n) & mask;; at = (at + 1) & mask) {
        if (c->slots[at] == 0) return &c->slots[at];
        const text_cell_head *head = &c->heads[c->slots[at] - 1];
        if (head->kind == kind && head->count == n &&
            (n == 0 || memcmp(c->words + head->first, words, n * sizeof *words) == 0))
            return &c->slots[at];
    }
}

static bool more_slots(text_cells *c)
{
    const uint32_t old = c->slots_capacity, room = old == 0 ? 64 : 2 * old;
    uint32_t *slots = room == 0 ? NULL : ad_resize(c->tape, NULL, 0, room * sizeof *slots);
    if (slots == NULL) return false;
    memset(slots, 0, room * sizeof *slots);
    ad_resize(c->tape, c->slots, old * sizeof *slots, 0);
    c->slots = slots;
    c->slots_capacity = room;
    for (uint32_t k = 0; k < c->count; k++) {
        const text_cell_head *head = &c->heads[k];
        *slot_of(c, head->kind, c->words + head->first, head->count) = k + 1;
    }
    return true;
}

static bool append(text_cells *c, uint32_t kind, const uint32_t *words, uint32_t n)
{
    if (!ad_grow(c->tape, &c->heads, &c->capacity, (size_t)c->count + 1, sizeof *c->heads) ||
        !ad_grow(c->tape, &c->words, &c->words_capacity, (size_t)c->words_count + n, sizeof *c->words))
        return false;
    if (n > 0) memcpy(c->words + c->words_count, words, n * sizeof *words);
    c->heads[c->count++] = (text_cell_head){kind, c->words_count, n};
    c->words_count += n;
    if (c->longest < n) c->longest = n;
    return true;
}

bool ad_text_cell(text_cells *c, uint32_t kind, const uint32_t *words, uint32_t n, uint32_t *cell)
{
    if (c->count >= c->slots_capacity / 2 && !more_slots(c)) return false;
    uint32_t *slot = slot_of(c, kind, words, n);
    if (*slot == 0) {
        if (!append(c, kind, words, n)) return false;
        *slot = c->count;
    }
    *cell = *slot - 1;
    return true;
}

void ad_text_cells_free(text_cells *c)
{
    ad_release(c->tape, &c->heads, c->capacity, sizeof *c->heads);
    ad_release(c->tape, &c->words, c->words_capacity, sizeof *c->words);
    ad_release(c->tape, &c->slots, c->slots_capacity, sizeof *c->slots);
}

/* ------------------------------------------------------------------------------------ recording */

static ad_var call(ad_tape *tape, uint32_t custom, const ad_var *row, size_t n)
{
    const ad_span outputs = ad_call((ad_custom_op){tape, custom}, row, n);
    return outputs.tape == NULL ? INVALID : ad_at(outputs, 0);
}

/* `row` is overwritten. */
static ad_var record_row(ad_tape *tape, uint32_t op, ad_var *row, size_t n)
{
    if (op >= CELL_CUSTOM) return call(tape, op - CELL_CUSTOM, row, n);
    const ad_span x = ad_gather(tape, row, n);
    if (x.tape == NULL) return INVALID;
    if (op == AD_OP_SUM) return ad_sum(x);
    if (op == AD_OP_LOG_SUM_EXP) return ad_log_sum_exp(x);
    for (size_t k = 0; k < n; k++) row[k] = ad_const(0.0);
    const ad_span zeros = ad_gather(tape, row, n);
    if (zeros.tape == NULL) return INVALID;
    if (op == AD_OP_HALF_SUM_OF_SQUARES) return ad_half_sum_of_squares(x, zeros);
    return op == AD_OP_SUM_OF_SQUARES ? ad_sum_of_squares(x, zeros) : ad_mean_of_squares(x, zeros);
}

static bool all_constant(const ad_var *row, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!is_const(row[k])) return false;
    return true;
}

/* Of constants alone there is no node: it is computed as one, which is taken off the tape before anyone has seen it. */
static ad_var row_of_constants(ad_tape *tape, uint32_t op, ad_var *row, size_t n)
{
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var v = record_row(tape, op, row, n);
    if (v.tape == NULL) return v;
    const double value = tape->value[v.index];
    tape->count = mark.nodes;
    tape->constants_count = mark.constants;
    tape->operands_count = mark.operands;
    return ad_const(value);
}

/* Records an operation; `row` has room for its operands. */
static ad_var record_operation(const text_cells *c, const text_cell_head *head, const ad_var *done, ad_var *row)
{
    for (uint32_t k = 0; k < head->count; k++) row[k] = done[c->words[head->first + k]];
    if (head->kind < AD_OP_COUNT && ad_op_get((ad_op)head->kind)->arity > 0)
        return ad_apply((ad_op)head->kind, row, head->count);
    return (all_constant(row, head->count) ? row_of_constants : record_row)(c->tape, head->kind, row, head->count);
}

/* A name is given to a node that has none: a constant becomes a leaf, an operation that another name has already is
 * recorded once more. A name for what is nothing but another name is one only inside the text. */
static ad_var record_named(const text_cells *c, const text_cell_head *head, const char *name, const ad_var *done,
                           ad_var *row)
{
    const uint32_t named = c->words[head->first];
    ad_var v = done[named];
    if (is_const(v)) v = ad_leaf(c->tape, const_value(v));
    else if (is_operation(c->heads[named].kind) && ad_name_of(v) != NULL)
        v = record_operation(c, &c->heads[named], done, row);
    if (v.tape == NULL || ad_name_of(v) != NULL) return v;
    return ad_name(v, name) == AD_OK ? v : INVALID;
}

static ad_var record_cell(const text_cells *c, const text_cell_head *head, const ad_names *names, const ad_var *done,
                          ad_var *row)
{
    const uint32_t *words = c->words + head->first;
    if (head->kind == CELL_NODE) return node_handle(c->tape, words[0]);
    if (head->kind == CELL_NAMED) return record_named(c, head, ad_names_of(names, words[1]), done, row);
    if (head->kind != CELL_NUMBER) return record_operation(c, head, done, row);
    double number;
    memcpy(&number, words, sizeof number);
    return ad_const(number);
}

ad_var ad_text_record(const text_cells *c, const ad_names *names, uint32_t result)
{
    const size_t bytes = ((size_t)c->count + c->longest) * sizeof(ad_var);
    ad_var *done = ad_resize(c->tape, NULL, 0, bytes), v = INVALID;
    if (done == NULL) return INVALID;
    for (uint32_t k = 0; k < c->count; k++) {
        v = done[k] = record_cell(c, &c->heads[k], names, done, done + c->count);
        if (v.tape == NULL) break;
    }
    if (v.tape != NULL) v = done[result];
    ad_resize(c->tape, done, bytes, 0);
    return v;
}
