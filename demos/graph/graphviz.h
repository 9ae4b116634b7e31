/* SPDX-License-Identifier: MIT */
/* Graphviz, as a library (libgvc), where it was there when the program was built. */
#ifndef DEMOS_GRAPHVIZ_H
#define DEMOS_GRAPHVIZ_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the program has it; what to do where it has not, as a sentence (translated). */
bool graphviz_is_there(void);
const char *graphviz_advice(void);

/* Lays the graph out, which is in the language of Graphviz, and gives it back in one of its formats: "svg", "png",
 * "plain", "json0". Returns bytes to be freed, or NULL after a message on standard error. */
char *graphviz_render(const char *dot, const char *format, size_t *size);

#endif
