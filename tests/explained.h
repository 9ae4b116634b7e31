/* SPDX-License-Identifier: MIT */
/* Networks with a textbook's numbers, the command lines that explain them, and what those print. */
#ifndef TESTS_EXPLAINED_H
#define TESTS_EXPLAINED_H

#include "command_json.h"
#include "textbook.h"

enum { CONVENTIONS = 5, SHAPES = 3, WAYS = 3 };
static const char *const ways[WAYS] = {"layer", "neuron", "node"};
static const char *const conventions[CONVENTIONS] = {"logistic", "squared", "half-mean", "row-minus-bias",
                                                     "per-neuron"};
enum { S0, S1, S2, S3, S4 };

/* --------------------------------------------------------------------------- networks, and commands for them */

/* Numbers of two decimals, so that the command reads exactly what the textbook has. */
static inline double draw(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return ((int)(*state >> 16) % 400 - 200) / 100.0;
}

/* A network with its sample, and what the textbook makes of it. */
typedef struct textbook {
    book_net n;
    book_pass p;
    double x[BOOK_UNITS], y[BOOK_UNITS];
} textbook;

/* skip: as --skip has it, or NULL. */
static inline textbook drawn_network(int convention, const char *sizes, const char *hidden, const char *skip,
                                     unsigned state)
{
    textbook t = {.n = {.hidden = hidden,
                        .output = "sigmoid",
                        .factor = convention == S1 ? 2 : 1,
                        .is_cross_entropy = convention == S0}};
    book_sizes(&t.n, sizes);
    if (skip != NULL) book_skip(&t.n, skip);
    for (size_t k = 0; k < t.n.width[0]; k++) t.x[k] = draw(&state);
    for (size_t l = 1; l <= t.n.depth; l++)
        for (size_t j = 0; j < t.n.width[l]; j++) {
            t.n.b[l][j] = draw(&state);
            for (size_t k = 0; k < t.n.width[l - 1]; k++) t.n.w[l][j][k] = draw(&state);
        }
    for (size_t j = 0; j < t.n.width[t.n.depth]; j++)
        t.y[j] = convention == S0 ? (double)(j % 2) : fabs(draw(&state)) / 2;
    book_run(&t.n, t.x, t.y, &t.p);
    return t;
}

static inline textbook network_of(int convention, int shape)
{
    static const char *const sizes[SHAPES] = {"2,3,1", "3,2,4,2", "1,1,1"};
    return drawn_network(convention, sizes[shape], shape == 1 ? "tanh" : "sigmoid", NULL,
                         (unsigned)(10 * convention + shape + 1));
}

/* One step: all gradients were there before the first parameter changes. */
static inline void take_step(textbook *t, double eta, bool biases)
{
    for (size_t l = 1; l <= t->n.depth; l++)
        for (size_t j = 0; j < t->n.width[l]; j++) {
            for (size_t k = 0; k < t->n.width[l - 1]; k++) t->n.w[l][j][k] -= eta * t->p.dw[l][j][k];
            if (biases) t->n.b[l][j] -= eta * t->p.dz[l][j];
        }
    book_forward(&t->n, t->x, t->y, &t->p);
}

static inline void put_list(FILE *to, const char *option, const double *x, size_t n)
{
    fprintf(to, " --%s=", option);
    for (size_t k = 0; k < n; k++) fprintf(to, "%s%.17g", k > 0 ? "," : "", x[k]);
}

/* Row-minus-bias writes its matrices in x out, and subtracts its biases. */
static inline void put_parameters(FILE *to, const textbook *t, bool is_row)
{
    double w[100], b[20];
    size_t weights = 0, biases = 0;
    for (size_t l = 1; l <= t->n.depth; l++) {
        const size_t out = t->n.width[l], in = t->n.width[l - 1];
        for (size_t e = 0; e < out * in; e++)
            w[weights++] = is_row ? t->n.w[l][e % out][e / out] : t->n.w[l][e / in][e % in];
        for (size_t j = 0; j < out; j++) b[biases++] = is_row ? -t->n.b[l][j] : t->n.b[l][j];
    }
    put_list(to, "weights", w, weights);
    put_list(to, "biases", b, biases);
}

static inline char *line_for(const char *command, const textbook *t, int convention)
{
    char *line;
    size_t size;
    FILE *to = open_memstream(&line, &size);
    fprintf(to, "chainrule %s --convention=%s --sizes=", command, conventions[convention]);
    for (size_t l = 0; l <= t->n.depth; l++) fprintf(to, "%s%zu", l > 0 ? "," : "", t->n.width[l]);
    fprintf(to, " --activation=%s", t->n.hidden);
    put_parameters(to, t, convention == S3);
    put_list(to, "inputs", t->x, t->n.width[0]);
    put_list(to, "targets", t->y, t->n.width[t->n.depth]);
    fclose(to);
    return line;
}

static inline json_t *json_for(const char *command, const textbook *t, int convention)
{
    char *line = line_for(command, t, convention);
    json_t *all = json_of(line);
    free(line);
    return all;
}

static inline char *text_for(const char *command, const textbook *t, int convention)
{
    char *line = line_for(command, t, convention), *out = output_of(line);
    assert_readable(out, line);
    free(line);
    return out;
}

static inline void assert_close(double x, double y, double tolerance, const char *what)
{
    ck_assert_msg(fabs(x - y) <= tolerance * fmax(1e-3, fabs(y)), "%s is %.17g, not %.17g", what, x, y);
}

static inline double number(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "no number '%s'", key);
    return json_number_value(value);
}

static inline json_t *node_called(json_t *all, const char *name)
{
    size_t k;
    json_t *node, *found = NULL;
    json_array_foreach(json_object_get(all, "nodes"), k, node)
    {
        const char *own = json_string_value(json_object_get(node, "name"));
        if (own == NULL || strcmp(own, name) != 0) continue;
        ck_assert_msg(found == NULL, "two nodes are called %s", name);
        found = node;
    }
    ck_assert_msg(found != NULL, "no node is called %s", name);
    return found;
}

#endif
