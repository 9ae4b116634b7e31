/* SPDX-License-Identifier: MIT */
/* The four equations, each with its symbols, its components in numbers, its matrices, and where it is from. */
#include "language.h"
#include "lesson_equations.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 12 };

/* ---------------------------------------------------------------------------------- components */

static void begin_components(script *to, const char *key, size_t l)
{
    const char *const heads[] = {"", _("in numbers"), _("by the equation"), _("tape")};
    script_table(to, l > 0 ? script_keep(to, formatted("%s_%zu", key, l)) : key, 4, heads);
}

static void add_component(script *to, const delta_view *v, nn_tensor tensor, size_t l, size_t entry, double ours)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t row = entry / c->columns, column = entry % c->columns;
    script_row(to, (cell[]){cell_math(entry_name(v, tensor, l, row, column)),
                            cell_math(entry_in_numbers(v, tensor, l, row, column)), cell_number(ours),
                            cell_number(c->tape[entry])});
}

/* All entries of a tensor, or the first and how many more there are. */
static void add_components(script *to, const delta_view *v, nn_tensor tensor, size_t l, const double *ours)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t size = c->rows * c->columns, shown = rows_shown(size, MOST_ROWS);
    for (size_t e = 0; e < shown; e++) add_component(to, v, tensor, l, e, ours[e]);
    script_more(to, size - shown);
}

static size_t largest_entry(const double *x, size_t n)
{
    size_t largest = 0;
    for (size_t k = 1; k < n; k++)
        if (fabs(x[k]) > fabs(x[largest])) largest = k;
    return largest;
}

static bool is_any_as_large(const double *x, size_t n, size_t largest)
{
    for (size_t k = 0; k < n; k++)
        if (k != largest && fabs(x[k]) == fabs(x[largest])) return true;
    return false;
}

static bool are_all_equal(const double *x, size_t n)
{
    for (size_t k = 1; k < n; k++)
        if (x[k] != x[0]) return false;
    return true;
}

static term symbols(const char *math) { return (term){.math = math}; }
static const char *text(script *to, char *owned) { return script_keep(to, owned); }

/* --------------------------------------------------------------------------------------------- BP1 */

static const char *gradient_by_outputs(const delta_view *v)
{
    switch (nn_mlp_shape(v->net)->cost) {
    case NN_SUM_OF_SQUARES: return "∇_a C = 2 (a^L − y)";
    case NN_MEAN_OF_SQUARES: return "∇_a C = 2/n^L (a^L − y)";
    default: return "∇_a C = a^L − y";
    }
}

static void ask_bp1(script *to, size_t outputs)
{
    if (outputs > 1) script_ask(to, _("Which output neuron has the largest δ? Look at a − y, and at σ′(z)."));
    else
        script_ask(to,
                   _("There is one output neuron. Has its δ the sign of a − y? What can make it small although a is "
                     "far from y?"));
}

/* Whether the one output's δ has the sign of a − y, and what makes it small. */
static void say_only_delta(script *to, const equations *e)
{
    const equations_layer *last = &e->layer[e->depth];
    const nn_activation activation = layer_of(e->view, e->depth)->activation;
    if (last->delta[0] == 0)
        script_say(to, last->bracket[0] == 0 ? _("Here both are 0: a is y.")
                                             : _("Here δ is 0, as σ′ is 0: the cost does not feel z, however far a is "
                                                 "from y."));
    else if (last->slope[0] < 0)
        script_say(to,
                   _("Not here: σ′ is %s, and so δ and a − y have opposite signs. Where σ′ is near 0, δ is small, "
                     "however wrong the neuron is."),
                   script_number(to, last->slope[0]));
    else if (activation == NN_SIGMOID || activation == NN_TANH)
        script_say(to,
                   _("It has: σ′ is never negative for %s. But where z is far from 0, σ′ is near 0, and with it δ: "
                     "a saturated neuron learns slowly, however wrong it is."),
                   nn_activation_name(activation));
    else if (activation == NN_IDENTITY)
        script_say(to, _("It has: σ′ is 1 everywhere, and nothing makes δ small but an a near y."));
    else
        script_say(to, _("It has: σ′ is %s here. Where it is near 0, δ is small, however wrong the neuron is."),
                   script_number(to, last->slope[0]));
}

static void say_largest_delta(script *to, const equations *e)
{
    const equations_layer *last = &e->layer[e->depth];
    const size_t n = width_at(e->view, e->depth), largest = largest_entry(last->delta, n);
    const char *name = text(to, entry_name(e->view, NN_TENSOR_DELTA, e->depth, largest, 0));
    const char *bracket = script_number(to, last->bracket[largest]), *slope = script_number(to, last->slope[largest]);
    if (last->delta[largest] == 0) script_say(to, _("Here none: all are 0."));
    else if (is_any_as_large(last->delta, n, largest))
        script_say(to, _("The largest in size is %s, and not alone: ∇_a C is %s there, and σ′ is %s."), name, bracket,
                   slope);
    else if (are_all_equal(last->slope, n))
        script_say(to, _("The largest in size is %s: ∇_a C is %s there; σ′ is %s for all of them."), name, bracket,
                   slope);
    else
        script_say(to, _("The largest in size is %s: ∇_a C is %s there, and σ′ is %s. Both factors count."), name,
                   bracket, slope);
}

void write_bp1(script *to, const equations *e)
{
    const delta_view *v = e->view;
    const size_t L = e->depth, n = width_at(v, L);
    const equations_layer *last = &e->layer[L];
    script_heading(to, _("BP1: δ of the output layer"));
    script_formula(to, "δ^L = ∇_a C ⊙ σ′(z^L),  %s", gradient_by_outputs(v));
    script_say(to,
               _("Where it is from: δ^L_j is ∂C/∂z^L_j, and z^L_j reaches the cost by way of a^L_j alone, so that the "
                 "chain rule has one product."));
    script_formula(to, "δ^L_j = ∂C/∂z^L_j = ∂C/∂a^L_j ∂a^L_j/∂z^L_j = ∂C/∂a^L_j σ′(z^L_j)");
    ask_bp1(to, n);
    begin_components(to, "bp1", 0);
    add_components(to, v, NN_TENSOR_DELTA, L, last->delta);
    script_matrices(to, "bp1_matrices",
                    (term[]){symbols(text(to, formatted("δ^%zu =", L))), column(last->bracket, n), symbols("⊙"),
                             column(last->slope, n), symbols("="), column(last->delta, n)},
                    6);
    if (n > 1) say_largest_delta(to, e);
    else say_only_delta(to, e);
}

/* --------------------------------------------------------------------------------------------- BP2 */

static bool is_skipped_back_to(const equations *e, size_t l)
{
    for (size_t m = l + 1; m <= e->depth; m++)
        if (layer_of(e->view, m)->skip == m - l) return true;
    return false;
}

/* What the skip connections bring back to layer l; to be freed. */
static double *skipped_back(const equations *e, size_t l)
{
    double *sum = resized(NULL, width_at(e->view, l), sizeof *sum);
    for (size_t j = 0; j < width_at(e->view, l); j++) {
        sum[j] = 0;
        for (size_t m = l + 1; m <= e->depth; m++)
            if (layer_of(e->view, m)->skip == m - l) sum[j] += e->layer[m].bracket[j];
    }
    return sum;
}

/* First the matrix times the vector, then the product entry by entry. */
static void say_bp2_matrices(script *to, const equations *e, size_t l)
{
    const size_t n = width_at(e->view, l), next = width_at(e->view, l + 1);
    const equations_layer *here = &e->layer[l];
    double *w = lesson_transposed_weights(e->view, l + 1);
    script_matrices(to, text(to, formatted("bp2_product_%zu", l)),
                    (term[]){symbols(text(to, formatted("(w^%zu)ᵀ δ^%zu =", l + 1, l + 1))),
                             {NULL, n, next, w},
                             column(e->layer[l + 1].delta, next),
                             symbols("="),
                             column(here->weighted, n)},
                    5);
    free(w);
    if (is_skipped_back_to(e, l)) {
        double *back = skipped_back(e, l);
        script_say(to, _("A skip connection starts here: its end passes on what it receives."));
        script_matrices(
            to, text(to, formatted("bp2_skip_%zu", l)),
            (term[]){column(here->weighted, n), symbols("+"), column(back, n), symbols("="), column(here->bracket, n)},
            5);
        free(back);
    }
    script_matrices(to, text(to, formatted("bp2_matrices_%zu", l)),
                    (term[]){symbols(text(to, formatted("δ^%zu =", l))), column(here->bracket, n), symbols("⊙"),
                             column(here->slope, n), symbols("="), column(here->delta, n)},
                    6);
}

static void write_bp2_layer(script *to, const equations *e, size_t l)
{
    const delta_view *v = e->view;
    const size_t n = width_at(v, l);
    begin_components(to, "bp2", l);
    add_components(to, v, NN_TENSOR_DELTA, l, e->layer[l].delta);
    say_bp2_matrices(to, e, l);
    const double *delta = e->layer[l].delta;
    const size_t largest = largest_entry(delta, n);
    if (delta[largest] == 0) script_say(to, _("The cost feels none of them: to first order nothing here matters."));
    else if (n > 1 && !is_any_as_large(delta, n, largest))
        script_say(to, _("The cost feels %s most."), text(to, entry_name(v, NN_TENSOR_Z, l, largest, 0)));
}

void write_bp2(script *to, const equations *e)
{
    script_heading(to, _("BP2: δ of a layer from that of the next"));
    script_formula(to, "δ^l = ((w^{l+1})ᵀ δ^{l+1}) ⊙ σ′(z^l)");
    script_say(to,
               _("Where it is from: z^l_j reaches the cost by way of every neuron k of layer l + 1, so that the chain "
                 "rule has a sum over k; and ∂z^{l+1}_k/∂z^l_j is w^{l+1}_kj σ′(z^l_j)."));
    script_formula(to, "δ^l_j = Σ_k ∂C/∂z^{l+1}_k ∂z^{l+1}_k/∂z^l_j = Σ_k w^{l+1}_kj δ^{l+1}_k σ′(z^l_j)");
    if (e->depth == 1) {
        script_say(to, _("This network has no hidden layer: BP1 has all of its δ."));
        return;
    }
    for (size_t l = e->depth - 1; l >= 1; l--) {
        if (l + 1 == e->depth)
            script_ask(to,
                       _("To go back, each neuron of layer %zu gathers the δ's of layer %zu by the weights that "
                         "lead there: which weights are these, a row of w^%zu or a column?"),
                       l, l + 1, l + 1);
        else script_say(to, _("And once more, from layer %zu to layer %zu."), l + 1, l);
        if (l + 1 == e->depth) script_say(to, _("A column, of those that leave the neuron; and so w is transposed."));
        write_bp2_layer(to, e, l);
    }
}

/* --------------------------------------------------------------------------------------------- BP3 */

void write_bp3(script *to, const equations *e)
{
    const delta_view *v = e->view;
    bool any = false;
    script_heading(to, _("BP3: the gradient by the biases"));
    script_formula(to, "∂C/∂b^l_j = δ^l_j");
    script_say(to, _("Where it is from: b^l_j is added to z^l_j and goes nowhere else, and ∂z^l_j/∂b^l_j is 1."));
    script_formula(to, "∂C/∂b^l_j = ∂C/∂z^l_j ∂z^l_j/∂b^l_j = δ^l_j · 1");
    script_ask(to, _("What is left to be computed for the biases, now that δ is known?"));
    for (size_t l = 1; l <= e->depth; l++) any = any || has_biases(v, l);
    if (!any) {
        script_say(to, _("This network has no biases."));
        return;
    }
    script_say(to, _("Nothing. On the tape they are leaves of their own, and they agree:"));
    begin_components(to, "bp3", 0);
    for (size_t l = 1; l <= e->depth; l++)
        if (has_biases(v, l)) add_components(to, v, NN_TENSOR_DB, l, e->layer[l].delta);
}

/* --------------------------------------------------------------------------------------------- BP4 */

static void write_bp4_layer(script *to, const equations *e, size_t l)
{
    const delta_view *v = e->view;
    const size_t n = width_at(v, l), in = width_at(v, l - 1);
    begin_components(to, "bp4", l);
    add_components(to, v, NN_TENSOR_DW, l, e->layer[l].outer);
    script_matrices(to, text(to, formatted("bp4_matrices_%zu", l)),
                    (term[]){symbols(text(to, formatted("∂C/∂w^%zu = δ^%zu (a^%zu)ᵀ =", l, l, l - 1))),
                             column(e->layer[l].delta, n),
                             {NULL, 1, in, activations_on_tape(v, l - 1)},
                             symbols("="),
                             {NULL, n, in, e->layer[l].outer}},
                    5);
}

static void say_largest_weight(script *to, const equations *e)
{
    const delta_view *v = e->view;
    const size_t in = width_at(v, 0), size = in * width_at(v, 1), largest = largest_entry(e->layer[1].outer, size);
    if (e->layer[1].outer[largest] == 0)
        script_say(to, _("None: the gradient is 0 here, because all δ are 0 or all a. Such weights do not learn."));
    else if (is_any_as_large(e->layer[1].outer, size, largest))
        script_say(to,
                   _("%s, and not alone: a row of the largest δ, and a column of the largest a in size. A weight "
                     "learns slowly where the a before it is near 0, or the δ behind it."),
                   text(to, entry_name(v, NN_TENSOR_DW, 1, largest / in, largest % in)));
    else
        script_say(
            to,
            _("%s: the row of the largest δ, and the column of the largest a in size. A weight learns slowly where "
              "the a before it is near 0, or the δ behind it."),
            text(to, entry_name(v, NN_TENSOR_DW, 1, largest / in, largest % in)));
}

void write_bp4(script *to, const equations *e)
{
    script_heading(to, _("BP4: the gradient by the weights"));
    script_formula(to, "∂C/∂w^l_jk = a^{l−1}_k δ^l_j");
    script_say(to, _("Where it is from: w^l_jk enters z^l_j alone, multiplied by a^{l−1}_k."));
    script_formula(to, "∂C/∂w^l_jk = ∂C/∂z^l_j ∂z^l_j/∂w^l_jk = δ^l_j a^{l−1}_k");
    script_ask(to, _("Which weight of layer 1 has the largest gradient? Look for the largest δ and the largest a."));
    say_largest_weight(to, e);
    for (size_t l = 1; l <= e->depth; l++) write_bp4_layer(to, e, l);
}
