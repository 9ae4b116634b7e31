/* SPDX-License-Identifier: MIT */
/* The lesson on the four equations of backpropagation. */
#include "lesson_equations.h"
#include "language.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 12 };

static void set_defaults(lesson_settings *s)
{
    static const delta_options own = {.sizes = "2,3,2",
                                      .convention = "half-mean",
                                      .weights = "0.2,-0.5,0.7,0.4,-0.3,0.9,0.6,-0.8,0.5,-0.4,0.3,1.1",
                                      .biases = "0.1,-0.2,0.3,0.2,-0.1",
                                      .inputs = "1,0.5",
                                      .targets = "0.9,0.1"};
    lesson_default_network(&s->network, &own);
}

/* ------------------------------------------------------------------------------------------ forward */

static void say_z(script *to, const delta_view *v, size_t l)
{
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    term terms[7] = {{.math = script_keep(to, formatted("z^%zu =", l))},
                     {NULL, n, in, ad_values(nn_weights(v->net, l))},
                     column(activations_on_tape(v, l - 1), in)};
    size_t count = 3;
    if (has_biases(v, l)) {
        terms[count++] = (term){.math = "+"};
        terms[count++] = column(ad_values(nn_biases(v->net, l)), n);
    }
    terms[count++] = (term){.math = "="};
    terms[count++] = column(on_tape(v, NN_TENSOR_Z, l), n);
    script_matrices(to, script_keep(to, formatted("forward_z_%zu", l)), terms, count);
}

static void say_a(script *to, const delta_view *v, size_t l)
{
    const nn_layer *layer = layer_of(v, l);
    const char *name = layer->skip == 0 ? formatted("a^%zu = %s(z^%zu) =", l, nn_activation_name(layer->activation), l)
                                        : formatted("a^%zu = %s(z^%zu) + a^%zu =", l,
                                                    nn_activation_name(layer->activation), l, l - layer->skip);
    script_matrices(
        to, script_keep(to, formatted("forward_a_%zu", l)),
        (term[]){{.math = script_keep(to, (char *)name)}, column(on_tape(v, NN_TENSOR_A, l), width_at(v, l))}, 2);
}

/* ------------------------------------------------------------------------- the slip in the sigmoid */

/* The engine's sigmoid of these numbers. */
static void sigmoids(double *to, const double *x, size_t n)
{
    ad_tape *tape = ad_tape_new();
    const ad_span all = ad_each(AD_OP_SIGMOID, ad_leaves(tape, x, n));
    if (all.tape == NULL) die(CODE_DATA, "%s", tape == NULL ? _("out of memory") : library_text(ad_tape_message(tape)));
    for (size_t k = 0; k < n; k++) to[k] = ad_values(all)[k];
    ad_tape_free(tape);
}

static void say_sigmoid(script *to, const delta_view *v)
{
    const char *const heads[] = {"", "z", "1/(1 + e^(−z))", _("tape"), _("the slip, 1/(1 − e^(−z))")};
    const size_t n = rows_shown(width_at(v, 1), MOST_ROWS);
    const double *z = on_tape(v, NN_TENSOR_Z, 1);
    double swept[MOST_ROWS + 1], form[MOST_ROWS + 1];
    comparison c = {0};
    sigmoids(swept, z, n);
    script_table(to, "sigmoid", 5, heads);
    for (size_t j = 0; j < n; j++) {
        form[j] = 1 / (1 + exp(-z[j]));
        script_row(to, (cell[]){cell_math(entry_name(v, NN_TENSOR_Z, 1, j, 0)), cell_number(z[j]), cell_number(form[j]),
                                cell_number(swept[j]), cell_number(1 / (1 - exp(-z[j])))});
    }
    script_more(to, width_at(v, 1) - n);
    compare(&c, form, swept, n, NN_DELTA_TOLERANCE);
    script_compared(to, _("1/(1 + e^(−z)), beside the tape's sigmoid"), &c);
}

void write_forward(script *to, const delta_view *v)
{
    script_heading(to, _("Forward: z and a of every layer"));
    script_formula(to, "z^l = w^l a^{l−1} + b^l,  a^l = σ(z^l)");
    for (size_t l = 1; l <= depth_of(v); l++) {
        say_z(to, v, l);
        say_a(to, v, l);
    }
    script_value(to, "C", v->report.cost.tape[0]);
    script_formula(to, "C = %s = %s", script_keep(to, cost_in_numbers(v)), script_number(to, v->report.cost.tape[0]));
    script_ask(to, _("The note writes the sigmoid as 1/(1 − e^(−x)). What tells at a glance that this is a slip?"));
    script_say(to,
               _("A sigmoid lies between 0 and 1. With the minus sign it would never be there: it would be above 1 or "
                 "below 0, and have no value at 0."));
    say_sigmoid(to, v);
}

/* ----------------------------------------------------------------------------------------- Hadamard */

void write_hadamard(script *to)
{
    static const double s[] = {1, 2}, t[] = {3, 4};
    double product[2];
    ad_tape *tape = ad_tape_new();
    const ad_span each = ad_each2(AD_OP_MUL, ad_leaves(tape, s, 2), ad_leaves(tape, t, 2));
    if (each.tape == NULL)
        die(CODE_DATA, "%s", tape == NULL ? _("out of memory") : library_text(ad_tape_message(tape)));
    for (size_t k = 0; k < 2; k++) product[k] = ad_values(each)[k];
    ad_tape_free(tape);
    script_heading(to, _("The product ⊙"));
    script_say(to, _("Hadamard's product multiplies entry by entry. With the note's example:"));
    script_formula(to, "(s ⊙ t)_j = s_j t_j");
    script_matrices(to, "hadamard",
                    (term[]){column(s, 2), {.math = "⊙"}, column(t, 2), {.math = "="}, column(product, 2)}, 5);
}

/* ---------------------------------------------------------------------------------------- all of it */

static void write_summary(script *to)
{
    script_heading(to, _("The four equations"));
    script_formula(to, "δ^L = ∇_a C ⊙ σ′(z^L)");
    script_formula(to, "δ^l = ((w^{l+1})ᵀ δ^{l+1}) ⊙ σ′(z^l)");
    script_formula(to, "∂C/∂b^l_j = δ^l_j");
    script_formula(to, "∂C/∂w^l_jk = a^{l−1}_k δ^l_j");
}

static void write(script *to, lesson_settings *s)
{
    const delta_subject *n = lesson_network_of(s);
    comparison c = {0};
    equations e;
    equations_make(&e, &n->view);
    script_say(to, _("Backpropagation is four equations. They are written here for one sample, each with its symbols, "
                     "its numbers, and its matrices; beside them what the sweep of the tape found."));
    lesson_say_network(to, n);
    write_forward(to, &n->view);
    write_hadamard(to);
    write_bp1(to, &e);
    write_bp2(to, &e);
    write_bp3(to, &e);
    write_bp4(to, &e);
    write_summary(to);
    compare_equations(&c, &e);
    lesson_check_network(to, n);
    script_compared(to, _("the four equations as matrices, beside the tape"), &c);
    equations_free(&e);
}

const lesson lesson_equations = {.name = "equations",
                                 .note = "S2",
                                 .title = N_("The four equations of backpropagation"),
                                 .summary = N_("BP1 to BP4 on your network: symbols, numbers, matrices, proofs"),
                                 .options = LESSON_NETWORK,
                                 .set_defaults = set_defaults,
                                 .write = write};
