/* SPDX-License-Identifier: MIT */
/* From a row's text to a program: the formula is read into cells, and the cells that the result needs become steps, so
 * that of c ? x : y only the piece that is taken is computed. */
#include "rules.h"
#include "ops_math.h"
#include "text_cells.h"

#include <string.h>

/* What the rows call their operands, and their partial derivatives. */
typedef struct row_texts {
    const char *names[RULE_INPUTS], *partial[3];
} row_texts;

static const row_texts rows[AD_OP_COUNT] = {
#define AD_UNARY(ID, name, label, definition, value, da, ...) [AD_OP_##ID] = {{"a", "b", "c", "v"}, {#da}},
#define AD_BINARY(ID, name, label, definition, value, da, db, ...) [AD_OP_##ID] = {{"a", "b", "c", "v"}, {#da, #db}},
#define AD_TERNARY(ID, name, label, definition, value, da, db, dc, ...) \
    [AD_OP_##ID] = {{"a", "b", "c", "v"}, {#da, #db, #dc}},
#define AD_NARY1(ID, name, label, definition, x, dx, note) [AD_OP_##ID] = {{#x, NULL, NULL, "v", "n", "L", "s"}, {#dx}},
#define AD_NARY2(ID, name, label, definition, x, dx, y, dy, note) \
    [AD_OP_##ID] = {{#x, #y, NULL, "v", "n", "L", "s"}, {#dx, #dy}},
#include <autodiff/ops.def>
};

/* ---------------------------------------------------------------------------- from cells to steps */

enum { NOWHERE = 255 };

typedef struct compiler {
    const text_cells *cells;
    rule_step steps[RULE_MOST];
    ad_dual registers[RULE_MOST];
    bool is_constant[RULE_MOST];
    uint8_t inputs[RULE_MOST]; /* which inputs a register varies with */
    uint8_t where[RULE_MOST];  /* the register of a cell that has been computed on the way here */
    unsigned steps_count, registers_count;
    bool full;
} compiler;

static uint8_t new_register(compiler *c, uint8_t inputs)
{
    if (c->registers_count == RULE_MOST) {
        c->full = true;
        return 0;
    }
    c->inputs[c->registers_count] = inputs;
    return (uint8_t)c->registers_count++;
}

static uint8_t new_constant(compiler *c, double value)
{
    const uint8_t r = new_register(c, 0);
    c->registers[r].v = value;
    c->is_constant[r] = true;
    return r;
}

static rule_step *new_step(compiler *c, unsigned op, unsigned to)
{
    if (c->steps_count == RULE_MOST) {
        c->full = true;
        return &c->steps[0];
    }
    rule_step *step = &c->steps[c->steps_count++];
    *step = (rule_step){(uint8_t)op, (uint8_t)to, {0, 0, 0}};
    return step;
}

static uint8_t place(compiler *c, uint32_t cell);

/* Both pieces write to one register; what was computed in a piece is not there after it. */
static uint8_t place_choice(compiler *c, const uint32_t *words)
{
    const uint8_t condition = place(c, words[0]);
    if (c->is_constant[condition]) return place(c, words[c->registers[condition].v != 0 ? 1 : 2]);
    uint8_t known[RULE_MOST];
    const uint8_t r = new_register(c, 0);
    rule_step *jump = new_step(c, STEP_JUMP_UNLESS, 0), *end;
    jump->operand[0] = condition;
    memcpy(known, c->where, sizeof known);
    uint8_t piece = place(c, words[1]);
    new_step(c, STEP_COPY, r)->operand[0] = piece;
    c->inputs[r] = c->inputs[piece];
    end = new_step(c, STEP_JUMP, 0);
    jump->to = (uint8_t)c->steps_count;
    memcpy(c->where, known, sizeof known);
    piece = place(c, words[2]);
    new_step(c, STEP_COPY, r)->operand[0] = piece;
    c->inputs[r] |= c->inputs[piece];
    end->to = (uint8_t)c->steps_count;
    memcpy(c->where, known, sizeof known);
    return r;
}

/* An operation on constants is one. It varies with what its operands vary with, but for those by which its derivative
 * is 0 everywhere. */
static uint8_t place_operation(compiler *c, ad_op op, const uint32_t *words, uint32_t n)
{
    uint8_t operand[3] = {0, 0, 0}, inputs = 0;
    ad_var constants[3];
    bool constant = true;
    for (uint32_t k = 0; k < n; k++) {
        operand[k] = place(c, words[k]);
        constant = constant && c->is_constant[operand[k]];
        constants[k] = ad_const(c->registers[operand[k]].v);
        if (strcmp(rows[op].partial[k], "0") != 0) inputs |= c->inputs[operand[k]];
    }
    if (constant) return new_constant(c, ad_value(ad_apply(op, constants, n)));
    const uint8_t r = new_register(c, inputs);
    memcpy(new_step(c, op, r)->operand, operand, sizeof operand);
    return r;
}

/* The register of a cell, with the steps that compute it. (It goes as deep as a row's text is nested.) */
static uint8_t place(compiler *c, uint32_t cell)
{
    if (cell >= RULE_MOST || c->full) {
        c->full = true;
        return 0;
    }
    if (c->where[cell] != NOWHERE) return c->where[cell];
    const text_cell_head *head = &c->cells->heads[cell];
    const uint32_t *words = c->cells->words + head->first;
    double number;
    uint8_t r;
    if (head->kind == CELL_NODE) r = (uint8_t)words[0];
    else if (head->kind == CELL_NUMBER) {
        memcpy(&number, words, sizeof number);
        r = new_constant(c, number);
    } else if (head->kind == AD_OP_SELECT) r = place_choice(c, words);
    else r = place_operation(c, (ad_op)head->kind, words, head->count);
    return c->where[cell] = r;
}

static bool keep(ad_tape *t, ad_rule *rule, const compiler *c, uint8_t result)
{
    rule->steps_count = (uint8_t)c->steps_count;
    rule->registers_count = (uint8_t)c->registers_count;
    rule->registers = ad_resize(t, NULL, 0, c->registers_count * sizeof *rule->registers);
    rule->steps = ad_resize(t, NULL, 0, c->steps_count * sizeof *rule->steps);
    if (rule->registers == NULL || (rule->steps == NULL && c->steps_count > 0)) {
        ad_rule_free(t, rule);
        return false;
    }
    memcpy(rule->registers, c->registers, c->registers_count * sizeof *rule->registers);
    if (c->steps_count > 0) memcpy(rule->steps, c->steps, c->steps_count * sizeof *rule->steps);
    rule->result = result;
    rule->inputs = c->inputs[result];
    rule->read = true;
    return true;
}

bool ad_rule_read(ad_tape *t, ad_rule *rule, const char *text, const char *const *names, unsigned count)
{
    text_cells cells = {.tape = t};
    uint32_t result = 0;
    bool done = ad_text_read(&cells, text, names, count, &result);
    if (done) {
        compiler c = {.cells = &cells};
        memset(c.where, NOWHERE, sizeof c.where);
        for (unsigned k = 0; k < RULE_INPUTS; k++) new_register(&c, (uint8_t)(1u << k));
        const uint8_t r = place(&c, result);
        done = !c.full && keep(t, rule, &c, r);
    }
    ad_text_cells_free(&cells);
    return done;
}

/* ------------------------------------------------------------------------------ a tape's rules */

void ad_rule_free(ad_tape *t, ad_rule *rule)
{
    ad_release(t, &rule->registers, rule->registers_count, sizeof *rule->registers);
    ad_release(t, &rule->steps, rule->steps_count, sizeof *rule->steps);
    *rule = (ad_rule){.read = false};
}

ad_rule *ad_rule_of(ad_tape *t, ad_op op, unsigned which, const char *function)
{
    const size_t bytes = (size_t)AD_OP_COUNT * RULES_OF_OP * sizeof *t->rules;
    if (t->rules == NULL) {
        t->rules = ad_resize(t, NULL, 0, bytes);
        if (t->rules != NULL) memset(t->rules, 0, bytes);
    }
    ad_rule *rule = ad_rule_at(t, op, which);
    if (rule != NULL && (rule->read || ad_rule_read(t, rule, rows[op].partial[which], rows[op].names, RULE_INPUTS)))
        return rule;
    ad_fail(t, AD_ERR_MEMORY, function, "no memory for the rule of '%s'", ad_op_get(op)->name);
    return NULL;
}

void ad_rules_free(ad_tape *t)
{
    if (t->rules == NULL) return;
    for (unsigned k = 0; k < AD_OP_COUNT * RULES_OF_OP; k++) ad_rule_free(t, &t->rules[k]);
    ad_resize(t, t->rules, (size_t)AD_OP_COUNT * RULES_OF_OP * sizeof *t->rules, 0);
}

/* ------------------------------------------------------------------------------------- running */

/* What an operand's tangent adds, where 0 stays 0 even if the partial derivative is not finite. */
static inline double along(double tangent, double partial) { return tangent == 0 ? 0 : tangent * partial; }

/* One operation on numbers with tangents. */
static inline ad_dual apply(const rule_step *step, const ad_dual *r)
{
    const ad_dual x = r[step->operand[0]], y = r[step->operand[1]], z = r[step->operand[2]];
    const double a = x.v, b = y.v, c = z.v;
    (void)b, (void)c;
    switch (step->op) {
#define AD_UNARY(ID, name, label, definition, VALUE, DA, ...) \
    case AD_OP_##ID: {                                        \
        const double v = VALUE;                               \
        return (ad_dual){v, along(x.d, DA)};                  \
    }
#define AD_BINARY(ID, name, label, definition, VALUE, DA, DB, ...) \
    case AD_OP_##ID: {                                             \
        const double v = VALUE;                                    \
        return (ad_dual){v, along(x.d, DA) + along(y.d, DB)};      \
    }
#define AD_TERNARY(ID, name, label, definition, VALUE, DA, DB, DC, ...)        \
    case AD_OP_##ID: {                                                         \
        const double v = VALUE;                                                \
        (void)v;                                                               \
        return (ad_dual){v, along(x.d, DA) + along(y.d, DB) + along(z.d, DC)}; \
    }
#include <autodiff/ops.def>
    default: return x;
    }
}

ad_dual ad_rule_run(ad_rule *rule)
{
    ad_dual *r = rule->registers;
    for (unsigned at = 0; at < rule->steps_count; at++) {
        const rule_step *step = &rule->steps[at];
        if (step->op == STEP_JUMP || (step->op == STEP_JUMP_UNLESS && r[step->operand[0]].v == 0)) at = step->to - 1u;
        else if (step->op != STEP_JUMP_UNLESS) r[step->to] = apply(step, r);
    }
    return r[rule->result];
}
