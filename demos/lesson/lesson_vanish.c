/* SPDX-License-Identifier: MIT */
/* Gradients that vanish with depth, and a neuron that learns late. */
#include "language.h"
#include "library_text.h"
#include "vanish.h"

#include <math.h>
#include <stdlib.h>

static void set_defaults(lesson_settings *s)
{
    if (s->depth == 0) s->depth = VANISH_DEPTH;
    if (s->rate == 0) s->rate = 0.15;
    if (s->depth < 2 || s->depth > VANISH_DEEPEST)
        die(CODE_USAGE, _("--depth=%zu: lesson vanish goes from 2 to %d layers"), s->depth, VANISH_DEEPEST);
}

/* --------------------------------------------------------------------------------- layer by layer */

/* All kinds at all depths from 2 on. */
typedef struct measured {
    script *to;
    size_t depth;                     /* the deepest */
    vanish_norms (*at)[VANISH_KINDS]; /* [depth] */
    vanish_agreement agreement;
} measured;

static void measure(measured *m)
{
    m->at = resized(NULL, m->depth + 1, sizeof *m->at);
    for (size_t depth = 2; depth <= m->depth; depth++)
        for (size_t kind = 0; kind < VANISH_KINDS; kind++)
            m->at[depth][kind] = vanish_measure(kind, depth, &m->agreement);
}

static void forget(measured *m)
{
    for (size_t depth = 2; depth <= m->depth; depth++)
        for (size_t kind = 0; kind < VANISH_KINDS; kind++) free(m->at[depth][kind].norm);
    free(m->at);
}

/* A number of each kind, in a row or a curve that begins with `first`. */
typedef double kind_number(const measured *m, size_t kind, size_t first);

static double norm_in(const measured *m, size_t kind, size_t l) { return m->at[m->depth][kind].norm[l]; }
static double ratio_at(const measured *m, size_t kind, size_t depth) { return vanish_ratio(&m->at[depth][kind]); }

static void add_table(const measured *m, const char *key, const char *head, kind_number *number, size_t from)
{
    const char *heads[1 + VANISH_KINDS] = {head};
    for (size_t kind = 0; kind < VANISH_KINDS; kind++) heads[1 + kind] = vanish_kind(kind);
    script_table(m->to, key, 1 + VANISH_KINDS, heads);
    for (size_t k = from; k <= m->depth; k++) {
        cell cells[1 + VANISH_KINDS] = {cell_count((double)k)};
        for (size_t kind = 0; kind < VANISH_KINDS; kind++) cells[1 + kind] = cell_number(number(m, kind, k));
        script_row(m->to, cells);
    }
}

static void add_plot(const measured *m, const char *key, const char *x_label, const char *y_label, kind_number *number,
                     size_t from)
{
    double x[VANISH_DEEPEST], y[VANISH_KINDS][VANISH_DEEPEST];
    curve curves[VANISH_KINDS];
    const size_t count = m->depth + 1 - from;
    for (size_t kind = 0; kind < VANISH_KINDS; kind++) {
        for (size_t k = 0; k < count; k++) {
            x[k] = (double)(from + k);
            y[kind][k] = number(m, kind, from + k);
        }
        curves[kind] = (curve){.name = vanish_kind(kind), .x = x, .y = y[kind], .count = count};
    }
    script_plot(m->to, &(plot){.key = key,
                               .x_label = x_label,
                               .y_label = y_label,
                               .is_log_y = true,
                               .curves = curves,
                               .count = VANISH_KINDS});
}

static void say_layers(const measured *m)
{
    script_heading(m->to, _("Layer by layer"));
    script_ask(m->to,
               _("A network has %zu layers. In which does gradient descent change most: in the first, which sees the "
                 "input, or in the last? And by how much less in the other?"),
               m->depth);
    script_say(m->to,
               _("These are the lengths of ∂C/∂b^l, which is δ^l, in each layer of four kinds of networks, computed "
                 "now: geometric means over the seeds 1 to %d."),
               VANISH_SEEDS);
    add_table(m, "norms", _("layer"), norm_in, 1);
    add_plot(m, "norms", _("layer"), "‖∂C/∂b^l‖", norm_in, 1);
    const vanish_norms *s = &m->at[m->depth][VANISH_SIGMOID];
    if (vanish_ratio(s) > 0.01)
        script_say(m->to,
                   _("In the sigmoid network the gradient of the first layer is %s of the last one's: the first layer "
                     "learns more slowly. With more layers it hardly learns at all; --depth adds some."),
                   script_number(m->to, vanish_ratio(s)));
    else
        script_say(m->to,
                   _("In the sigmoid network the gradient of the first layer is %s of the last one's: the first layers "
                     "hardly learn, whatever they do wrong. Its gradient vanishes."),
                   script_magnitude(m->to, vanish_ratio(s)));
}

/* By what a layer more multiplies the sigmoid network's ratio, in the mean. */
static double ratio_of_depths(const measured *m)
{
    const double first = ratio_at(m, VANISH_SIGMOID, 2), last = ratio_at(m, VANISH_SIGMOID, m->depth);
    return pow(last / first, 1 / (double)(m->depth - 2));
}

static void say_depths(const measured *m)
{
    if (m->depth == 2) return;
    script_heading(m->to, _("The deeper, the worse"));
    script_ask(m->to, _("How does that depend on the number of layers?"));
    script_say(m->to, _("The gradient of the first layer as a part of the last layer's, by the number of layers:"));
    add_table(m, "ratios", _("layers"), ratio_at, 2);
    add_plot(m, "ratios", _("layers"), _("‖∂C/∂b^l‖ of the first layer / that of the last"), ratio_at, 2);
    const double factor = ratio_of_depths(m);
    script_value(m->to, "factor_by_depth", factor);
    script_say(m->to,
               _("Each layer more leaves the sigmoid network's first layer about %s of its gradient: it falls "
                 "exponentially, a straight line on this axis."),
               script_number(m->to, factor));
}

/* ------------------------------------------------------------------------------------------ the chain */

/* One neuron in each layer: there δ is a product and no sum. */
typedef struct chain {
    size_t depth;
    double w[VANISH_DEEPEST + 1], slope[VANISH_DEEPEST + 1], delta[VANISH_DEEPEST + 1]; /* [l], by the tape */
} chain;

static void make_chain(chain *c, size_t depth)
{
    static const double x = 1, y = 0;
    nn_layer layers[VANISH_DEEPEST];
    nn_error error;
    ad_tape *tape = ad_tape_new();
    if (tape == NULL) die(CODE_DATA, _("out of memory"));
    for (size_t l = 0; l < depth; l++) layers[l] = (nn_layer){.width = 1, .activation = NN_SIGMOID};
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){1, depth, layers, NN_HALF_SUM_OF_SQUARES}, &error);
    if (net == NULL || nn_mlp_init(net, NN_INIT_NORMAL, 1, &error) != NN_OK ||
        nn_forward(net, ad_constants(tape, &x, 1), &error) != NN_OK ||
        nn_record_costs(net, ad_constants(tape, &y, 1), &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    ad_backward(ad_at(nn_costs(net), 0));
    c->depth = depth;
    for (size_t l = 1; l <= depth; l++) {
        ad_edge edge;
        ad_edges(ad_at(nn_activations(net, l), 0), &edge, 1);
        c->w[l] = ad_value(ad_at(nn_weights(net, l), 0));
        c->slope[l] = edge.partial;
        c->delta[l] = ad_grad(ad_at(nn_weighted_inputs(net, l), 0));
    }
    nn_mlp_free(net);
    ad_tape_free(tape);
}

/* From the output back; returns how far the products are from the tape's δ. */
static double add_chain(script *to, const chain *c)
{
    double product = c->delta[c->depth], worst = 0;
    script_table(to, "chain", 5, (const char *[]){_("layer"), "w^(l+1)", "σ′(z^l)", "w^(l+1) · σ′(z^l)", "δ^l"});
    for (size_t l = c->depth; l >= 1; l--) {
        const double w = l < c->depth ? c->w[l + 1] : NAN;
        if (l < c->depth) product *= w * c->slope[l];
        worst = fmax(worst, relative_difference(product, c->delta[l]));
        script_row(to, (cell[]){cell_count((double)l), cell_known(w), cell_number(c->slope[l]),
                                cell_known(w * c->slope[l]), cell_number(c->delta[l])});
    }
    return worst;
}

static void add_factors(const measured *m)
{
    script_table(m->to, "factors", 3,
                 (const char *[]){_("network"), _("mean of f′(z)"), _("factor from a hidden layer to the one below")});
    for (size_t kind = 0; kind < VANISH_KINDS; kind++) {
        const vanish_norms *n = &m->at[m->depth][kind];
        script_row(m->to,
                   (cell[]){cell_text(copied(vanish_kind(kind))), cell_number(n->slope), cell_known(vanish_factor(n))});
    }
}

/* Returns how far the chain's products are from the tape. */
static double say_why(const measured *m)
{
    chain c;
    make_chain(&c, m->depth);
    script_heading(m->to, _("Why"));
    script_ask(m->to, _("With one neuron in each layer there is one path from the first z to the cost. Which factors "
                        "stand along it?"));
    script_say(m->to, _("For each layer on the way a weight and a slope:"));
    script_formula(m->to, "∂C/∂b^1 = σ′(z^1) · w^2 · σ′(z^2) · … · w^L · σ′(z^L) · (a^L − y)");
    script_say(
        m->to,
        _("The slope of σ(z) = 1/(1 + e^−z) is nowhere larger than σ′(0) = ¼. (In the note the sign before e^−z is a "
          "slip.) So each layer takes at least three quarters of the gradient away, unless its weight is larger than "
          "1 in size. Measured on such a chain, with standard normal weights from seed 1, from the output back:"));
    const double worst = add_chain(m->to, &c);
    script_say(m->to, _("Wide layers add up many such paths (BP2), but of the same factors. In the networks above:"));
    add_factors(m);
    script_say(m->to,
               _("Weights are drawn with deviation 1/√n, n the number of a neuron's inputs, so that z neither grows "
                 "nor shrinks from layer to layer; for ReLU with √(2/n) (He), as about half of its neurons are off. "
                 "Then what a layer leaves of the gradient is about the slope: of a sigmoid less than a quarter; of "
                 "tanh, whose slope reaches 1, most. The slope of ReLU is 0 or 1: half of the neurons pass nothing on, "
                 "the others all, and the larger weights make up for the half."));
    script_say(m->to, _("Skip connections add the activations of the layer below, a^l = σ(z^l) + a^(l−1). So "
                        "∂a^l/∂a^(l−1) has a 1 beside w^l σ′(z^l), and the 1 hands the gradient on whole. With the "
                        "same sigmoid it falls once, at the output, which has no skip connection, and then no more."));
    return worst;
}

/* --------------------------------------------------------------------------------------- the lesson */

static void write_lesson(script *to, lesson_settings *s)
{
    measured m = {.to = to, .depth = s->depth};
    measure(&m);
    script_say(to, _("Gradient descent changes a weight as fast as the cost depends on it. In deep networks of sigmoid "
                     "neurons the cost hardly depends on the first layers, and in a saturated neuron it hardly depends "
                     "on anything. Both have one reason, the factor σ′(z) of BP1 and BP2."));
    script_say(to,
               _("The networks here have %d inputs and %d neurons in each layer; the output is sigmoid, the cost half "
                 "the sum of squares. Sample, weights and targets are drawn at random."),
               VANISH_WIDTH, VANISH_WIDTH);
    say_layers(&m);
    say_depths(&m);
    const double worst = say_why(&m);
    vanish_say_neuron(to, s->rate);
    script_checked(to, _("z, a, δ and the gradients of all networks, on the tape and by BP1 to BP4"),
                   m.agreement.numbers, m.agreement.difference, m.agreement.allowed);
    script_checked(to, _("δ of the chain, by the tape and as a product"), m.depth, worst, 1e-12);
    forget(&m);
}

const lesson lesson_vanish = {"vanish",
                              "S2",
                              N_("Gradients that vanish, and a neuron that learns late"),
                              N_("Why the first layers of a deep network, and saturated neurons, learn slowly"),
                              LESSON_DEPTH | LESSON_RATE,
                              set_defaults,
                              write_lesson};
