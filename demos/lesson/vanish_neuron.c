/* SPDX-License-Identifier: MIT */
/* One saturated neuron: late to learn under the quadratic cost, not under cross-entropy. */
#include "language.h"
#include "library_text.h"
#include "vanish.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ---------------------------------------------------------------------------------------- learning */

static nn_mlp *neuron(ad_tape *tape, const vanish_run *r)
{
    const nn_layer layer = {.width = 1, .activation = NN_SIGMOID};
    nn_error error;
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){1, 1, &layer, r->cost}, &error);
    if (net == NULL) die(CODE_DATA, "%s", library_text(error.message));
    ad_set_all(nn_parameters(net), (double[]){r->w, r->b});
    return net;
}

/* ∂C/∂w = δ x and ∂C/∂b = δ by the closed form: δ = (a - y) σ′(z), or a - y. */
static void compare(vanish_run *r, double z, const double gradient[2])
{
    const double a = nn_activation_value(NN_SIGMOID, 0, z), slope = nn_activation_slope(NN_SIGMOID, 0, z);
    const double delta = r->cost == NN_BINARY_CROSS_ENTROPY ? a : a * slope;
    for (size_t k = 0; k < 2; k++) {
        const double difference = relative_difference(gradient[k], delta);
        if (!(difference <= r->worst) && !(fabs(delta) < DBL_MIN / DBL_EPSILON)) r->worst = difference;
    }
}

void vanish_train(vanish_run *r, double rate)
{
    static const double x = 1, y = 0;
    const nn_data data = {&x, &y, 1};
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    nn_mlp *net = neuron(tape, r);
    nn_score score;
    nn_error error;
    for (size_t e = 0; e <= VANISH_EPOCHS; e++) {
        if (nn_predict(net, &x, 1, &r->a[e], &error) != NN_OK ||
            nn_gradient(net, &data, NULL, 1, 0, &score, &error) != NN_OK)
            die(CODE_DATA, "%s", library_text(error.message));
        const double *g = ad_grads(nn_parameters(net)), *p = ad_values(nn_parameters(net));
        const double gradient[] = {g[0], g[1]}, at[] = {p[0], p[1]};
        r->C[e] = score.cost;
        if (e == 0) r->z = at[0] * x + at[1], r->delta = gradient[1];
        compare(r, at[0] * x + at[1], gradient);
        ad_set_all(nn_parameters(net), (double[]){at[0] - rate * gradient[0], at[1] - rate * gradient[1]});
    }
    nn_mlp_free(net);
    ad_tape_free(tape);
}

double vanish_half(const vanish_run *r)
{
    for (size_t e = 0; e <= VANISH_EPOCHS; e++)
        if (r->a[e] < 0.5) return (double)e;
    return NAN;
}

/* --------------------------------------------------------------------------------------- the lesson */

enum { QUADRATIC, CROSS_ENTROPY, KINDER, RUNS };

/* Who needs no more than these learns at once. */
enum { FEW_EPOCHS = 10 };

static const char *run_name(size_t k)
{
    static const char *const names[RUNS] = {N_("quadratic"), N_("cross-entropy"), N_("quadratic, kinder start")};
    return _(names[k]);
}

static void add_starts(script *to, const vanish_run runs[RUNS])
{
    script_table(to, "start", 8, (const char *[]){_("cost"), "w", "b", "z", "a", "σ′(z)", "δ", _("epochs to a < ½")});
    for (size_t k = 0; k < RUNS; k++) {
        const vanish_run *r = &runs[k];
        const double half = vanish_half(r);
        script_row(to, (cell[]){cell_text(copied(k == CROSS_ENTROPY ? run_name(k) : run_name(QUADRATIC))),
                                cell_input(r->w), cell_input(r->b), cell_number(r->z), cell_number(r->a[0]),
                                cell_number(nn_activation_slope(NN_SIGMOID, 0, r->z)), cell_number(r->delta),
                                isnan(half) ? cell_text(formatted("> %d", VANISH_EPOCHS)) : cell_count(half)});
    }
}

static void add_epochs(script *to, const vanish_run runs[RUNS])
{
    enum { EACH = 50 };
    script_table(
        to, "epochs", 7,
        (const char *[]){_("epoch"), _("C quadratic"), "a", _("C cross-entropy"), "a", _("C kinder start"), "a"});
    for (size_t e = 0; e <= VANISH_EPOCHS; e += EACH) {
        cell cells[7] = {cell_count((double)e)};
        for (size_t k = 0; k < RUNS; k++) {
            cells[1 + 2 * k] = cell_number(runs[k].C[e]);
            cells[2 + 2 * k] = cell_number(runs[k].a[e]);
        }
        script_row(to, cells);
    }
}

static void plot_costs(script *to, const vanish_run runs[RUNS])
{
    double epoch[VANISH_EPOCHS + 1], part[RUNS][VANISH_EPOCHS + 1];
    curve curves[RUNS];
    for (size_t e = 0; e <= VANISH_EPOCHS; e++) epoch[e] = (double)e;
    for (size_t k = 0; k < RUNS; k++) {
        for (size_t e = 0; e <= VANISH_EPOCHS; e++) part[k][e] = runs[k].C[e] / runs[k].C[0];
        curves[k] = (curve){.name = run_name(k), .x = epoch, .y = part[k], .count = VANISH_EPOCHS + 1};
    }
    script_plot(to, &(plot){.key = "costs",
                            .x_label = _("epoch"),
                            .y_label = _("cost, as a part of the cost at the start"),
                            .curves = curves,
                            .count = RUNS});
}

static void say_answer(script *to, const vanish_run runs[RUNS], double rate)
{
    const vanish_run *q = &runs[QUADRATIC], *c = &runs[CROSS_ENTROPY];
    script_say(to,
               _("It is badly wrong, a = %s, and hardly learns: its z is %s, where the sigmoid is flat. The δ of the "
                 "quadratic cost has σ′(z) as a factor, which is %s:"),
               script_number(to, q->a[0]), script_number(to, q->z),
               script_number(to, nn_activation_slope(NN_SIGMOID, 0, q->z)));
    script_formula(to, "δ = (a − y) σ′(z) = %s", script_number(to, q->delta));
    if (vanish_half(q) <= FEW_EPOCHS)
        script_say(to,
                   _("With η = %s that cannot be seen: a step of such a length brings z out of the flat part, "
                     "however small δ is. The default, --rate=0.15, shows it."),
                   script_number(to, rate));
    script_say(to, _("The kinder start, w = 0.6 and b = 0.9, is less wrong and yet has a larger δ. Cross-entropy "
                     "cancels the factor, as its derivative by a has σ′(z) = a (1 − a) in the denominator:"));
    script_formula(to, "C = −(y ln(a) + (1 − y) ln(1 − a))");
    script_formula(to, "∂C/∂a = (a − y)/(a (1 − a))");
    script_formula(to, "δ = ∂C/∂a · σ′(z) = a − y = %s", script_number(to, c->delta));
    script_say(to, _("So the more wrong the neuron is, the faster it learns. Costs of two kinds cannot be compared as "
                     "such; the plot shows each as a part of its beginning, and a is what the neuron says."));
}

void vanish_say_neuron(script *to, double rate)
{
    vanish_run runs[RUNS] = {{.w = 2, .b = 2, .cost = NN_HALF_SUM_OF_SQUARES},
                             {.w = 2, .b = 2, .cost = NN_BINARY_CROSS_ENTROPY},
                             {.w = 0.6, .b = 0.9, .cost = NN_HALF_SUM_OF_SQUARES}};
    double worst = 0;
    for (size_t k = 0; k < RUNS; k++) {
        vanish_train(&runs[k], rate);
        worst = runs[k].worst <= worst ? worst : runs[k].worst;
    }
    script_heading(to, _("One neuron that learns late"));
    script_say(to,
               _("One sigmoid neuron has to learn that input 1 means output 0. Its weight and its bias are both 2. It "
                 "learns by gradient descent with η = %s, %d epochs long."),
               script_number(to, rate), VANISH_EPOCHS);
    script_ask(to, _("It says nearly 1 where it should say 0: it could hardly be more wrong. Will it learn fast or "
                     "slowly at the beginning? And what would another cost change?"));
    say_answer(to, runs, rate);
    add_starts(to, runs);
    plot_costs(to, runs);
    add_epochs(to, runs);
    script_checked(to, _("∂C/∂w and ∂C/∂b of the neuron in every epoch, by the tape and by δ = (a − y) σ′(z) or a − y"),
                   RUNS * 2 * (VANISH_EPOCHS + 1), worst, 1e-12);
}
