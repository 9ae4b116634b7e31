/* SPDX-License-Identifier: MIT */
/* What the commands of `chainrule` share: exit codes, messages, memory, colours. */
#ifndef DEMOS_COMMAND_H
#define DEMOS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FORMAT(string, first) __attribute__((format(printf, string, first)))

/* Exit codes, as --help says them. */
enum { CODE_OK, CODE_DATA, CODE_USAGE, CODE_WRONG };

int check_command(int argc, char **argv);
int data_command(int argc, char **argv);
int delta_command(int argc, char **argv);
int diff_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int info_command(int argc, char **argv);
int lesson_command(int argc, char **argv);
int ops_command(int argc, char **argv);
int predict_command(int argc, char **argv);
int train_command(int argc, char **argv);

/* One line on standard error, "chainrule: ..."; `die` then exits. */
void complain(const char *format, ...) FORMAT(1, 2);
_Noreturn void die(int code, const char *format, ...) FORMAT(2, 3);

/* Arranges that what could not be written to standard output makes the exit code CODE_DATA, with a message. */
void watch_output(void);

/* realloc, strdup, asprintf and open_memstream, but for the want of memory, which ends the program. */
void *resized(void *block, size_t count, size_t size);
char *copied(const char *text);
double *numbers_copied(const double *x, size_t n);
char *formatted(const char *format, ...) FORMAT(1, 2);

/* A text being written piece by piece: print to `to`, then `draft_done` gives the whole, to be freed. */
typedef struct draft {
    FILE *to;
    char *bytes;
    size_t size;
} draft;
void draft_begin(draft *t);
char *draft_done(draft *t);

/* Colours: on a terminal, unless NO_COLOR is set to something or TERM is dumb, or as --color says. */
typedef enum colour { COLOUR_PLAIN, COLOUR_HEADING, COLOUR_STEP, COLOUR_NUMBER, COLOUR_WARNING, COLOUR_QUIET } colour;
bool choose_colours(const char *when); /* "auto", "always", "never"; false: another word */
const char *start_of(colour c);
const char *end_of(colour c);

#endif
