/* SPDX-License-Identifier: MIT */
/* Explanations of formulas and of random networks, for tests of their graphs. */
#ifndef TESTS_GRAPH_HELPERS_H
#define TESTS_GRAPH_HELPERS_H

#include "command.h"
#include "delta_view.h"
#include "explanation.h"
#include "graph.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct subject {
    ad_tape *tape;
    explanation x;
    nn_mlp *net; /* NULL: a formula's */
    delta_view view;
    double inputs[80], targets[80];
} subject;

/* The formula with leaves x = 0.5 and y = -2. */
static inline void explain_formula(subject *s, const char *formula)
{
    ad_text_error error;
    ad_var out;
    *s = (subject){.tape = ad_tape_new()};
    ck_assert_int_eq(ad_name(ad_leaf(s->tape, 0.5), "x"), AD_OK);
    ck_assert_int_eq(ad_name(ad_leaf(s->tape, -2), "y"), AD_OK);
    ck_assert_msg(ad_parse(s->tape, formula, &out, &error) == AD_OK, "%s: %s", formula, error.message);
    explain(&s->x, formula, out, false);
}

/* sin(sin(... sin(x))). */
static inline void explain_chain(subject *s, size_t length)
{
    *s = (subject){.tape = ad_tape_new()};
    ad_var v = ad_leaf(s->tape, 1);
    for (size_t k = 0; k < length; k++) v = ad_sin(v);
    explain(&s->x, NULL, v, true);
}

static const char *const network_sizes[] = {"2,2,2", "1,1", "3,2,4,1", "4,8,3", "2,3,3,2"};
enum { NETWORK_SIZES = 5 };

/* A network with sigmoids whose layers are as wide as `sizes` says; one of two layers of 3 with a skip connection. */
static inline void explain_network_of(subject *s, nn_convention convention, const char *sizes, bool has_biases,
                                      bool skips)
{
    nn_layer layers[8] = {{0}};
    nn_error error;
    size_t depth = 0;
    const size_t inputs = strtoul(sizes, NULL, 10);
    for (const char *c = strchr(sizes, ','); c != NULL; c = strchr(c + 1, ','))
        layers[depth++] = (nn_layer){.width = strtoul(c + 1, NULL, 10),
                                     .activation = NN_SIGMOID,
                                     .no_bias = !has_biases || convention == NN_LOGISTIC};
    if (skips) layers[1].skip = 1;
    static const nn_cost costs[NN_CONVENTIONS] = {NN_BINARY_CROSS_ENTROPY, NN_SUM_OF_SQUARES};
    *s = (subject){.tape = ad_tape_new()};
    s->net = nn_mlp_new(s->tape, &(nn_shape){inputs, depth, layers, costs[convention]}, &error);
    ck_assert_msg(s->net != NULL, "%s", error.message);
    ck_assert_int_eq(nn_mlp_init(s->net, NN_INIT_NORMAL, 1, &error), NN_OK);
    for (size_t k = 0; k < inputs; k++) s->inputs[k] = 0.1 * (double)k - 0.3;
    s->view = (delta_view){.net = s->net, .convention = convention, .x = s->inputs, .y = s->targets, .digits = 4};
    const nn_status status = nn_check_delta(s->net, convention, s->inputs, s->targets, &s->view.report, &error);
    ck_assert_msg(status == NN_OK, "%s", error.message);
    explain_network(&s->x, &s->view);
}

static inline void subject_free(subject *s)
{
    explanation_free(&s->x);
    if (s->net != NULL) nn_delta_report_free(&s->view.report);
    nn_mlp_free(s->net);
    ad_tape_free(s->tape);
}

static inline char *dot_of(const graph *g, size_t *size)
{
    draft t;
    draft_begin(&t);
    graph_print_dot(t.to, g);
    char *dot = draft_done(&t);
    *size = t.size;
    return dot;
}

static inline size_t times_in(const char *text, const char *piece)
{
    size_t times = 0;
    for (; (text = strstr(text, piece)) != NULL; text += strlen(piece)) times++;
    return times;
}

/* Operands that are nodes. */
static inline size_t operands_of_all(const explanation *x)
{
    size_t count = 0;
    for (size_t k = 0; k < x->operand_count; k++) count += !x->operands[k].is_constant;
    return count;
}

#endif
