/* SPDX-License-Identifier: MIT */
/* Rules: the partial derivatives of a row of ops.def, read from their text, as small programs. The sweep computes them
 * as C; to differentiate them further, or to write them down as nodes, they are run step by step. */
#ifndef AUTODIFF_RULES_H
#define AUTODIFF_RULES_H

#include "internal.h"

/* The registers that a rule's inputs stand in: the operands a, b, c (of an n-ary operation the k-th elements x, y) and
 * the value; of an n-ary operation also its length, L = log sum_j exp(x_j) and s = sum_j y_j. */
enum { RULE_A, RULE_B, RULE_C, RULE_V, RULE_N, RULE_L, RULE_S, RULE_INPUTS };
enum { RULE_X = RULE_A, RULE_Y = RULE_B };

/* One operation on registers. A step's op is an elementary ad_op, or one of these. */
enum { STEP_COPY = AD_OP_COUNT + 1, STEP_JUMP, STEP_JUMP_UNLESS };
typedef struct rule_step {
    uint8_t op, to; /* of a jump, `to` is the step that comes next; STEP_JUMP_UNLESS goes there if its operand is 0 */
    uint8_t operand[3];
} rule_step;

enum { RULE_MOST = 250 }; /* registers, and steps, at most */

/* A number and its tangent. */
typedef struct ad_dual {
    double v, d;
} ad_dual;

enum { RULES_OF_OP = 3 };

typedef struct ad_rule {
    bool read;      /* otherwise the rest is nothing yet */
    uint8_t result; /* the register of the partial derivative */
    uint8_t inputs; /* which of them it is a function of, as bits: a condition alone makes it none */
    uint8_t steps_count;
    uint8_t registers_count;
    rule_step *steps;
    ad_dual *registers; /* constants are in their places; the inputs and the rest are written by whoever runs it */
} ad_rule;

/* The rule of an operation's partial derivative by operand `which` (0 is the first), read when it is first asked for;
 * NULL, with the tape in error, when there is no memory. It has no such partial: AD_ERR_ARGUMENT. */
ad_rule *ad_rule_of(ad_tape *tape, ad_op op, unsigned which, const char *function);

/* Where it stands, read or not; NULL: none has been read yet. */
static inline ad_rule *ad_rule_at(const ad_tape *tape, ad_op op, unsigned which)
{
    return tape->rules == NULL ? NULL : &tape->rules[(unsigned)op * RULES_OF_OP + which];
}

/* Reads any formula over these names (those of the registers 0, 1, ...; NULL: none has it) into an empty rule. */
bool ad_rule_read(ad_tape *tape, ad_rule *rule, const char *text, const char *const *names, unsigned count);
void ad_rule_free(ad_tape *tape, ad_rule *rule);
void ad_rules_free(ad_tape *tape);

/* Whether a partial derivative varies with an input (RULE_A, ...), so that the second derivative may be other than 0.
 */
static inline bool ad_rule_depends(const ad_rule *rule, unsigned input) { return rule->inputs >> input & 1; }

/* Runs the rule on the inputs that stand in its registers, and returns the partial with its tangent. */
ad_dual ad_rule_run(ad_rule *rule);

/* How many operands the operation of a step has. */
static inline unsigned step_operands(const rule_step *step)
{
    return step->op == STEP_COPY ? 1 : (unsigned)ad_op_get((ad_op)step->op)->arity;
}

#endif
