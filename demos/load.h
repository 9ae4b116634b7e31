/* SPDX-License-Identifier: MIT */
/* Operations of one's own for the command, from a shared object. */
#ifndef DEMOS_LOAD_H
#define DEMOS_LOAD_H

#include "language.h"

#include <autodiff/autodiff.h>

/* What a shared object must have: a function that registers its operations on a tape, by ad_register. It returns AD_OK,
 * or what is wrong. */
typedef ad_status (*load_register)(ad_tape *tape);
#define LOAD_FUNCTION "chainrule_register"

/* What --help says of --load=FILE. */
#define LOAD_TEXT                                                                                                    \
    N_("Load operations of your own from a shared object, by its function ad_status chainrule_register(ad_tape *); " \
       "may "                                                                                                        \
       "stand more than once")

/* The shared objects that a command line asks for. */
typedef struct load_list {
    const char **paths;
    size_t count;
} load_list;
void load_add(load_list *list, const char *path);

/* Registers the operations of all of them, which stay loaded until the program ends; frees the list. Ends the program
 * with a message where something fails. */
void load_operations(ad_tape *tape, load_list *list);

#endif
