/* SPDX-License-Identifier: MIT */
/* What the reader typed, onto a tape; what is wrong with it ends the program with a message that shows where. */
#ifndef DEMOS_INPUT_H
#define DEMOS_INPUT_H

#include <autodiff/autodiff.h>

#include <stddef.h>

/* All of standard input; to be freed. */
char *read_formula(void);

/* "name=value" becomes a leaf of that name; a value is a formula of constants. */
void record_assignment(ad_tape *tape, const char *assignment);

/* Records the formula; what it is worth is a node, not a constant. `command` is for an example in a message. */
ad_var record_formula(ad_tape *tape, const char *formula, const char *command);

/* Says where the formula is wrong, and ends the program. */
_Noreturn void refuse_formula(const char *formula, const ad_text_error *error);

/* The length of the name that an error of a formula is about, at its offset; 0: it is about something else than an
 * unknown name. */
size_t unknown_name(const char *formula, const ad_text_error *error);

/* A formula may begin with a minus sign. No option has one dash but -h, -? and -V, so that anything else with one is
 * given a space, which means nothing in a formula and hides it from getopt; `formula_typed` takes it away again, also
 * of an option's value. */
void hide_formulas(int argc, char **argv);
char *formula_typed(const char *argument); /* as writable as the argument */

/* Warns of those of the first `count` nodes, leaves with a value, that no node uses and that are not the output. */
void warn_of_unused_values(ad_tape *tape, ad_var output, size_t count);

/* The node called `name`. */
ad_var node_called(ad_tape *tape, const char *name);

#endif
