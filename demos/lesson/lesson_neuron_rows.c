/* SPDX-License-Identifier: MIT */
/* The network as rows and matrices, with biases subtracted. */
#include "language.h"
#include "lesson_neuron.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------- numbers */

/* A layer's numbers as the note has them. */
typedef double (*number_of)(const delta_view *v, size_t l, size_t j);

static double subtracted_bias(const delta_view *v, size_t l, size_t j) { return -bias_of(v, l, j); }
static double target_of(const delta_view *v, size_t l, size_t j) { return l == depth_of(v) ? v->y[j] : 0; }
static double dE_db(const delta_view *v, size_t l, size_t j) { return as_noted(v, NN_TENSOR_DB, delta_of(v, l, j)); }

static double *numbers_of(const delta_view *v, size_t l, number_of number)
{
    double *x = resized(NULL, width_at(v, l), sizeof *x);
    for (size_t j = 0; j < width_at(v, l); j++) x[j] = number(v, l, j);
    return x;
}

static void put_row(matrix_line *e, const delta_view *v, size_t l, number_of number)
{
    line_matrix(e, 1, width_at(v, l), numbers_of(v, l, number));
}

/* W_l, which is in x out, or its transpose, which is nn.h's. */
static void put_weights(matrix_line *e, const delta_view *v, size_t l, bool transposed)
{
    const size_t in = width_at(v, l - 1), out = width_at(v, l);
    if (transposed) line_matrix(e, out, in, numbers_copied(ad_values(nn_weights(v->net, l)), out * in));
    else line_matrix(e, in, out, lesson_transposed_weights(v, l));
}

static void put_dE_dW(matrix_line *e, const delta_view *v, size_t l)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[NN_TENSOR_DW];
    double *dw = resized(NULL, c->rows * c->columns, sizeof *dw);
    for (size_t k = 0; k < c->columns; k++)
        for (size_t j = 0; j < c->rows; j++) dw[k * c->rows + j] = c->form[j * c->columns + k];
    line_matrix(e, c->columns, c->rows, dw);
}

static void say(script *to, const char *name, size_t l, matrix_line *e)
{
    char *key = formatted("%s%zu", name, l);
    script_line(to, key, e);
    free(key);
}

/* ------------------------------------------------------------------------------------------ names */

/* "A", "W_1" */
static const char *weights_name(const neuron_lesson *n, size_t l)
{
    return script_keep(n->to, has_letters(n->rows) ? formatted("%c", (int)('A' + l - 1)) : formatted("W_%zu", l));
}

/* "a", "b_1" */
static const char *biases_name(const neuron_lesson *n, size_t l)
{
    return script_keep(n->to, has_letters(n->rows) ? formatted("%c", (int)('a' + l - 1)) : formatted("b_%zu", l));
}

/* "x", "hidden₁", "ŷ"; "x_2" */
static const char *outputs_name(const neuron_lesson *n, size_t l)
{
    char *name = entry_name(n->rows, NN_TENSOR_A, l, 0, 0);
    name[strcspn(name, "[")] = '\0';
    return script_keep(n->to, name);
}

static void say_formulas(const neuron_lesson *n, bool backward)
{
    for (const char *const *line = formulas_of(n->rows, backward); *line != NULL; line++)
        script_formula(n->to, "%s", _(*line));
}

static void say_remark(const neuron_lesson *n, bool backward)
{
    const char *remark = convention_remark(NN_ROW_MINUS_BIAS, backward);
    if (remark != NULL) script_say(n->to, "%s", remark);
}

/* ---------------------------------------------------------------------------------------- forward */

static void say_z(const neuron_lesson *n, size_t l)
{
    const delta_view *v = n->rows;
    const char *x = outputs_name(n, l - 1), *w = weights_name(n, l), *b = biases_name(n, l);
    matrix_line e = {0};
    line_math(&e,
              has_biases(v, l) ? formatted("z_%zu = %s %s − %s =", l, x, w, b) : formatted("z_%zu = %s %s =", l, x, w));
    put_row(&e, v, l - 1, a_of);
    put_weights(&e, v, l, false);
    if (has_biases(v, l)) {
        line_math(&e, copied("−"));
        put_row(&e, v, l, subtracted_bias);
    }
    line_math(&e, copied("="));
    put_row(&e, v, l, z_of);
    say(n->to, "row_z", l, &e);
}

static void say_output(const neuron_lesson *n, size_t l)
{
    matrix_line e = {0};
    line_math(&e, formatted("%s = f(z_%zu) =", outputs_name(n, l), l));
    put_row(&e, n->rows, l, a_of);
    say(n->to, "row_output", l, &e);
}

void lesson_neuron_forward_rows(const neuron_lesson *n)
{
    script_heading(n->to, _("Forward, with rows and matrices"));
    script_ask(n->to,
               _("The other note puts the outputs of a layer into a row x and all weights into a matrix W, one row "
                 "for each neuron where weights begin. On which side of W does x stand, and what is its b, if it "
                 "writes f(x W − b)?"));
    script_say(
        n->to,
        _("On the left: a row times a matrix is a row. And its b is the negative of the bias that the other note "
          "adds: a threshold that the sum has to pass."));
    say_formulas(n, false);
    say_remark(n, false);
    for (size_t l = 1; l <= depth_of(n->rows); l++) {
        say_z(n, l);
        say_output(n, l);
    }
}

/* --------------------------------------------------------------------------------------- backward */

static void say_dE_db(const neuron_lesson *n, size_t l)
{
    const delta_view *v = n->rows;
    const bool is_output = l == depth_of(v);
    matrix_line e = {0};
    if (is_output) {
        line_math(&e, formatted("∂E/∂%s = −(", biases_name(n, l)));
        put_row(&e, v, l, a_of);
        line_math(&e, copied("−"));
        put_row(&e, v, l, target_of);
        line_math(&e, copied(") ∘"));
    } else {
        line_math(&e, formatted("∂E/∂%s =", biases_name(n, l)));
        put_row(&e, v, l + 1, dE_db);
        put_weights(&e, v, l + 1, true);
        line_math(&e, copied("∘"));
    }
    put_row(&e, v, l, slope_of);
    line_math(&e, copied("="));
    put_row(&e, v, l, dE_db);
    say(n->to, "row_db", l, &e);
}

static void say_dE_dW(const neuron_lesson *n, size_t l)
{
    const delta_view *v = n->rows;
    matrix_line e = {0};
    line_math(&e, formatted("∂E/∂%s = −", weights_name(n, l)));
    line_matrix(&e, width_at(v, l - 1), 1, numbers_of(v, l - 1, a_of));
    put_row(&e, v, l, dE_db);
    line_math(&e, copied("="));
    put_dE_dW(&e, v, l);
    say(n->to, "row_dW", l, &e);
}

void lesson_neuron_backward_rows(const neuron_lesson *n)
{
    script_heading(n->to, _("Backward, with rows and matrices"));
    script_ask(n->to, _("This note has no δ. It begins with ∂E/∂b of the last layer. How does ∂E/∂b differ from δ, and "
                        "what must that do to ∂E/∂W?"));
    script_say(n->to,
               _("b is subtracted, so that ∂E/∂b = −∂E/∂z = −δ. The recursion from layer to layer keeps the sign, "
                 "and ∂E/∂W, which does not care how b is counted, needs another minus to undo it:"));
    say_formulas(n, true);
    say_remark(n, true);
    for (size_t l = depth_of(n->rows); l >= 1; l--) {
        say_dE_db(n, l);
        say_dE_dW(n, l);
    }
}
