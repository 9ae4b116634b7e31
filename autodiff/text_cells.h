/* SPDX-License-Identifier: MIT */
/* What a formula computes: cells, each made of earlier ones, identical ones only once. Private to text*.c. */
#ifndef AUTODIFF_TEXT_CELLS_H
#define AUTODIFF_TEXT_CELLS_H

#include "internal.h"

/* A cell's kind is an ad_op, whose words are the cells it takes, or one of these. */
enum {
    CELL_NUMBER = AD_OP_COUNT, /* words: the halves of a double */
    CELL_NODE,                 /* words: the index of a node that was on the tape before */
    CELL_NAMED,                /* words: a cell, and the number of the name that it is given, each number once */
    CELL_CUSTOM                /* plus the place of an operation of the program's own; words: the cells it takes */
};

static inline bool is_operation(uint32_t kind) { return kind < AD_OP_COUNT || kind >= CELL_CUSTOM; }

typedef struct text_cell_head {
    uint32_t kind, first, count; /* where its words start, how many there are */
} text_cell_head;

typedef struct text_cells {
    ad_tape *tape; /* for memory */
    text_cell_head *heads;
    uint32_t count, capacity;
    uint32_t *words;
    uint32_t words_count, words_capacity;
    uint32_t *slots; /* a hash table: 1 + the cell, 0 where free; never more than half full */
    uint32_t slots_capacity;
    uint32_t longest; /* the most words of a cell */
} text_cells;

/* The cell of this kind with these words, new or the one there is; false: no memory. */
bool ad_text_cell(text_cells *cells, uint32_t kind, const uint32_t *words, uint32_t n, uint32_t *cell);
void ad_text_cells_free(text_cells *cells);

/* Reads a formula over `count` inputs of these names (NULL: one without) into cells, in which input k is CELL_NODE k,
 * and stores the cell of its value; false: no memory, or no formula. */
bool ad_text_read(text_cells *cells, const char *text, const char *const *inputs, uint32_t count, uint32_t *result);

/* The kind of cell that the function with this name makes, of the table or of the program's own; AD_OP_LEAF when there
 * is none. Why a formula cannot call it; NULL: it can. How many operands it takes; 0: any number from 1 on. */
uint32_t ad_text_function(const ad_tape *tape, const char *name, size_t length);
const char *ad_text_function_fault(const ad_tape *tape, uint32_t kind);
uint32_t ad_text_operands_taken(const ad_tape *tape, uint32_t kind);

/* Offers the name of every function to one that is unknown. */
void ad_text_offer_functions(const ad_tape *tape, void (*offer)(void *guess, const char *name), void *guess);

/* Records all cells on the tape, whose error must be clear, and returns the value of cell `result`. On failure the
 * invalid handle: the tape has to be rewound, and is in error unless memory ran out here. */
ad_var ad_text_record(const text_cells *cells, const ad_names *names, uint32_t result);

#endif
