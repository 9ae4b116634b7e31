/* SPDX-License-Identifier: MIT */
/* How the number of paths grows with depth, and how the sweep does. */
#include "language.h"
#include "lesson_paths.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>

/* Wider layers would take long at depth 20. */
enum { WIDEST = 16 };

/* ------------------------------------------------------------------------------------ summing */

path_sum sum_over_paths(const nn_logistic_net *net, size_t l, size_t j)
{
    path_sum s = {0};
    for (size_t path = 0; path < net->layer[l - 1].paths; path++) {
        const double product = nn_logistic_path(net, l, j, path, NULL, NULL);
        s.sum += product;
        s.size += fabs(product);
    }
    return s;
}

double apart_by(double a, double b, double size) { return a == b ? 0 : fabs(a - b) / fmax(size, LEAST_SCALE); }

/* ------------------------------------------------------------------------------------ counting */

/* The same wires, every weight 1 and every activation the identity. */
static nn_mlp *all_ones(ad_tape *tape, const nn_shape *shape)
{
    nn_error error;
    nn_layer *layers = resized(NULL, shape->depth, sizeof *layers);
    for (size_t k = 0; k < shape->depth; k++)
        layers[k] = (nn_layer){.width = shape->layers[k].width, .no_bias = true, .skip = shape->layers[k].skip};
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){shape->inputs, shape->depth, layers, NN_HALF_SUM_OF_SQUARES}, &error);
    if (net == NULL) die(CODE_DATA, "%s", library_text(error.message));
    const ad_span weights = nn_all_weights(net);
    double *w = ad_set_in_place(weights);
    for (size_t k = 0; k < weights.count; k++) w[k] = 1;
    free(layers);
    return net;
}

double counted_by_sweep(const nn_shape *shape, size_t l)
{
    nn_error error;
    ad_tape *tape = ad_tape_new();
    nn_mlp *net = all_ones(tape, shape);
    double *zeros = resized(NULL, shape->inputs, sizeof *zeros);
    for (size_t k = 0; k < shape->inputs; k++) zeros[k] = 0;
    if (nn_forward(net, ad_leaves(tape, zeros, shape->inputs), &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    if (ad_backward(ad_sum(nn_outputs(net))) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    const double paths = ad_grad(ad_at(nn_weighted_inputs(net, l), 0));
    free(zeros);
    nn_mlp_free(net);
    ad_tape_free(tape);
    return paths;
}

/* -------------------------------------------------------------------------------- one network */

typedef struct growth {
    double paths;          /* from z^(2)_1 */
    double expected_paths; /* the product of the widths above */
    double multiplications;
    size_t multiply_adds, parameters; /* of the sweep; what it has the derivatives by */
    bool is_walked;
    path_sum by_paths;
    double by_sweep;
    double scale, allowed; /* what their difference is relative to, and how large it may be */
} growth;

static size_t widest_hidden(const delta_view *v)
{
    size_t widest = 1;
    for (size_t l = 1; l < depth_of(v); l++)
        if (width_at(v, l) > widest) widest = width_at(v, l);
    return widest;
}

static size_t feasible_width(const delta_view *v) { return widest_hidden(v) < WIDEST ? widest_hidden(v) : WIDEST; }

/* Hidden layers as wide as the reader's widest one, as far as that is feasible, with the activation and the biases of
 * the first; and the reader's output. */
static nn_mlp *deep_net(ad_tape *tape, const delta_view *v, size_t hidden, uint64_t seed)
{
    nn_error error;
    nn_layer *layers = resized(NULL, hidden + 1, sizeof *layers);
    const nn_layer *first = layer_of(v, 1), *last = layer_of(v, depth_of(v));
    for (size_t k = 0; k < hidden; k++)
        layers[k] = (nn_layer){.width = feasible_width(v),
                               .activation = first == last ? NN_SIGMOID : first->activation,
                               .alpha = first == last ? 0 : first->alpha,
                               .no_bias = first->no_bias};
    layers[hidden] = *last;
    layers[hidden].skip = 0;
    const nn_shape shape = {width_at(v, 0), hidden + 1, layers, nn_mlp_shape(v->net)->cost};
    nn_mlp *net = nn_mlp_new(tape, &shape, &error);
    if (net == NULL || nn_mlp_init(net, NN_INIT_NORMAL, seed, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    free(layers);
    return net;
}

/* Where the adjoint is 0, and to constants, nothing is passed on. */
static void count_edges(void *user, const ad_sweep_step *step)
{
    size_t *count = user;
    for (size_t k = 0; !step->skipped && k < step->count; k++) *count += !ad_is_const(step->edges[k].operand);
}

/* The real sweep, watched. */
static void sweep(growth *g, const delta_view *v)
{
    nn_error error;
    ad_tape *tape = nn_mlp_tape(v->net);
    const ad_span x = ad_leaves(tape, v->x, width_at(v, 0));
    const ad_span y = ad_constants(tape, v->y, nn_mlp_outputs(v->net));
    if (nn_forward(v->net, x, &error) != NN_OK || nn_record_costs(v->net, y, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    ad_watch(tape, count_edges, &g->multiply_adds);
    if (ad_backward(ad_at(nn_costs(v->net), 0)) != AD_OK) die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    g->by_sweep = ad_grad(ad_at(nn_weighted_inputs(v->net, 1), 0));
    g->parameters = nn_parameters(v->net).count;
}

/* What rounding leaves to compare in δ of layer 2. */
static void find_scale(growth *g, const delta_view *v)
{
    nn_error error;
    nn_delta_report report;
    if (nn_check_delta(v->net, NN_LOGISTIC, v->x, v->y, &report, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    const nn_tensor_check *delta = &report.layer[1].tensor[NN_TENSOR_DELTA];
    g->scale = fmax(g->by_paths.size, delta->largest);
    g->allowed = delta->allowed;
    nn_delta_report_free(&report);
}

static growth growth_at(const delta_view *like, size_t hidden, uint64_t seed)
{
    growth g = {0};
    ad_tape *tape = ad_tape_new();
    const delta_view v = {
        .net = deep_net(tape, like, hidden, seed), .convention = NN_LOGISTIC, .x = like->x, .y = like->y};
    const size_t factors = 1 + 2 * hidden;
    g.paths = counted_by_sweep(nn_mlp_shape(v.net), 1);
    g.expected_paths = (double)nn_mlp_outputs(v.net);
    for (size_t k = 1; k < hidden; k++) g.expected_paths *= (double)width_at(&v, 1);
    g.multiplications = g.paths * (double)(factors - 1);
    g.is_walked = g.paths <= MOST_WALKED;
    delta_paths *p = delta_paths_of(&v);
    if (g.is_walked) g.by_paths = sum_over_paths(delta_paths_net(p), 2, 1);
    find_scale(&g, &v);
    sweep(&g, &v);
    delta_paths_free(p);
    nn_mlp_free(v.net);
    ad_tape_free(tape);
    return g;
}

/* ------------------------------------------------------------------------------------ the lesson */

static void tabulate_work(script *to, const growth *g, size_t depth)
{
    script_table(to, "growth", 4,
                 (const char *[]){_("hidden layers"), _("paths"), _("multiplications along them"), _("in the sweep")});
    for (size_t k = 0; k < depth; k++)
        script_row(to, (cell[]){cell_count((double)(k + 1)), cell_count(g[k].paths), cell_count(g[k].multiplications),
                                cell_count((double)g[k].multiply_adds)});
}

static void tabulate_sums(script *to, const growth *g, size_t depth)
{
    script_table(to, "deeper_sums", 4,
                 (const char *[]){_("hidden layers"), _("all paths"), _("sweep"), _("difference")});
    for (size_t k = 0; k < depth; k++) {
        const double apart = apart_by(g[k].by_paths.sum, g[k].by_sweep, g[k].scale);
        if (!g[k].is_walked) continue;
        script_row(to, (cell[]){cell_count((double)(k + 1)), cell_number(g[k].by_paths.sum), cell_number(g[k].by_sweep),
                                cell_magnitude(apart)});
    }
}

static void plot_growth(script *to, const growth *g, size_t depth)
{
    double *numbers = resized(NULL, 3 * depth, sizeof *numbers);
    double *hidden = numbers, *by_paths = numbers + depth, *by_sweep = numbers + 2 * depth;
    for (size_t k = 0; k < depth; k++) {
        hidden[k] = (double)(k + 1);
        by_paths[k] = g[k].multiplications;
        by_sweep[k] = (double)g[k].multiply_adds;
    }
    const curve curves[] = {{.name = _("path by path"), .x = hidden, .y = by_paths, .count = depth},
                            {.name = _("sweep"), .x = hidden, .y = by_sweep, .count = depth}};
    script_plot(to, &(plot){.key = "growth_plot",
                            .x_label = _("hidden layers"),
                            .y_label = _("multiplications"),
                            .is_log_y = true,
                            .curves = curves,
                            .count = 2});
    free(numbers);
}

static void check_growth(script *to, const growth *g, size_t depth)
{
    double counts = 0;
    comparison sums = {0};
    for (size_t k = 0; k < depth; k++) {
        counts = fmax(counts, relative_difference(g[k].paths, g[k].expected_paths));
        if (!g[k].is_walked) continue;
        compare_on_scale(&sums, &g[k].by_paths.sum, &g[k].by_sweep, 1, g[k].scale, g[k].allowed);
    }
    script_compared(to, _("the deeper networks' sums over all paths beside their sweeps"), &sums);
    script_checked(to, _("the paths counted by a sweep beside the product of the widths"), depth, counts,
                   g[depth - 1].paths > 0x1p53 ? 1e-12 : 0);
}

/* Not where a neuron's slope is 0: the sweep skips what it would pass on. */
static bool grows_evenly(const growth *g, size_t depth)
{
    for (size_t k = 2; k < depth; k++)
        if (g[k].multiply_adds - g[k - 1].multiply_adds != g[1].multiply_adds - g[0].multiply_adds) return false;
    return depth < 2 || g[1].multiply_adds > g[0].multiply_adds;
}

static void say_what_explodes(script *to, const growth *g, size_t depth, size_t width)
{
    if (width == 1)
        script_say(to, _("With one neuron in each layer there is one path, however deep the network is, and nothing "
                         "explodes. Wider layers are had by --sizes."));
    else if (depth == 1)
        script_say(to, _("A further layer would multiply the paths by %zu; --depth adds some."), width);
    else if (grows_evenly(g, depth))
        script_say(to,
                   _("Every further layer multiplies the paths by %zu. To the work of the sweep it adds the same small "
                     "number each time."),
                   width);
    else
        script_say(to,
                   _("Every further layer multiplies the paths by %zu. The work of the sweep grows at most with the "
                     "number of weights; here it is less, as it skips neurons whose derivative is exactly 0."),
                   width);
}

static void say_growth(script *to, const growth *g, size_t depth, size_t width)
{
    const growth *last = &g[depth - 1];
    script_say(to, _("The paths start at z^(2)_1. The multiplications of the sweep were counted while it ran:"));
    tabulate_work(to, g, depth);
    plot_growth(to, g, depth);
    say_what_explodes(to, g, depth, width);
    script_say(to,
               _("In the last row the paths take %s multiplications. The sweep takes %s, and has then found not only "
                 "this derivative, but those by every z and by all %s parameters."),
               script_count(to, last->multiplications), script_count(to, (double)last->multiply_adds),
               script_count(to, (double)last->parameters));
    script_value(to, "parameters", (double)last->parameters);
    if (last->multiplications > 0x1p53)
        script_say(to, _("(Counts are exact up to 2^53. Above that they are rounded: a double has no more bits.)"));
}

static void say_sums(script *to, const growth *g, size_t depth)
{
    script_say(
        to,
        _("Both ways lead to the same ∂C/∂z^(2)_1. Here it is by both, where there are at most %s paths to walk; "
          "parameters are drawn from the seed:"),
        script_count(to, MOST_WALKED));
    tabulate_sums(to, g, depth);
}

static void say_counting(script *to, bool is_walked)
{
    script_ask(to, "%s",
               is_walked ? _("How can paths be counted without walking along them?")
                         : _("The paths of the last rows were counted, but nobody walked along them. How can they be "
                             "counted?"));
    script_say(to,
               _("By a sweep. Let every derivative on the way be 1: every θ, every σ′, and the one of the cost by the "
                 "outputs. Then the product along each path is 1, and the sum over all paths is their number. "
                 "That is how the paths of the table were counted: on a tape of the same wires, by one sweep."));
    script_say(to, _("Adding up what is known already, instead of walking all ways again, is called dynamic "
                     "programming. The backward sweep is nothing else."));
}

void lesson_paths_grow(script *to, const delta_view *v, size_t depth, uint64_t seed)
{
    const size_t width = feasible_width(v);
    growth *g = resized(NULL, depth, sizeof *g);
    for (size_t k = 0; k < depth; k++) g[k] = growth_at(v, k + 1, seed);
    script_heading(to, _("Deeper networks"));
    if (width < widest_hidden(v))
        script_say(to,
                   _("The widest hidden layer of this network has %zu neurons. The deeper networks of this part have "
                     "%zu in each hidden layer: enough to see what happens."),
                   widest_hidden(v), width);
    script_ask(to,
               ngettext("Now put more hidden layers of %zu neuron between the inputs and the output. What does each do "
                        "to the number of paths, and what to the work of the sweep?",
                        "Now put more hidden layers of %zu neurons between the inputs and the output. What does each "
                        "do to the number of paths, and what to the work of the sweep?",
                        width),
               width);
    say_growth(to, g, depth, width);
    say_counting(to, g[depth - 1].is_walked);
    say_sums(to, g, depth);
    check_growth(to, g, depth);
    free(g);
}
