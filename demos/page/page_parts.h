/* SPDX-License-Identifier: MIT */
/* The parts of a page's data, each as JSON, and what they share. */
#ifndef DEMOS_PAGE_PARTS_H
#define DEMOS_PAGE_PARTS_H

#include "explanation.h"
#include "script.h"

#include <jansson.h>

/* ------------------------------------------------------------------------------- page_math.c */

/* A text in the notation of mathml.h as MathML without its <math>; the second frees the text. */
json_t *math_of(const char *notation);
json_t *math_of_owned(char *notation);

/* The same of nodes' names and what is made of them. */
json_t *math_of_nodes(char *owned);

/* How a node comes of its operands, of many the first few; to be freed. */
char *short_expression_of(wording *w, const explanation *x, uint32_t i);

/* An n-ary operation in a few signs, "Σ w·x"; NULL: another operation. */
const char *short_sign_of(const node *n);

/* ----------------------------------------------------------------------------- page_inline.c */

/* A sentence as a list of texts and of objects with "math". */
json_t *pieces_of(const char *text);

/* ------------------------------------------------------------------------------ page_graph.c */

/* Nodes, operands, steps, checks, groups, in the order of the tape. */
json_t *graph_json(const explanation *x, int digits);

/* ---------------------------------------------------------------------------- page_picture.c */

/* Where Graphviz put the nodes: folded, in full; null where it did not. */
json_t *picture_json(const explanation *x, int digits);

/* ---------------------------------------------------------------------------- page_network.c */

/* Layers, formulas and equations of a network's explanation, else null. */
json_t *network_json(const explanation *x);

/* ----------------------------------------------------------------------------- page_lesson.c */

/* What script_json says, with MathML beside what is mathematics. */
json_t *lesson_json(const script *s);

/* ------------------------------------------------------------------------------ page_words.c */

/* Every word that the page says, in the language that was chosen. */
json_t *words_json(void);

/* ------------------------------------------------------------------------------ page_files.c */

/* The files of this folder. */
extern const char page_html[], theme_js[];

/* All style sheets; all other scripts, each as an element. */
void put_styles(FILE *to);
void put_scripts(FILE *to);

#endif
