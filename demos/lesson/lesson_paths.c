/* SPDX-License-Identifier: MIT */
/* The derivative by one z as the sum over all paths to the cost. */
#include "lesson_paths.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

/* Paths that are listed; of more, the largest few. */
enum { MOST_LISTED = 32, LARGEST_LISTED = 5, MOST_UNITS = 12, DEEPEST = 20 };

typedef struct paths_lesson {
    script *to;
    delta_view *v;
    const nn_logistic_net *net;
    size_t l, j;      /* of the unit, as the convention counts them */
    const char *unit; /* "z^(2)_2" */
} paths_lesson;

static void set_defaults(lesson_settings *s)
{
    static const delta_options own = {.sizes = "2,2,2,1",
                                      .no_biases = true,
                                      .convention = "logistic",
                                      .weights = "0.5,-0.4,0.3,0.8,0.9,-0.6,0.7,0.2,1.2,-0.5",
                                      .inputs = "1,0.5",
                                      .targets = "1"};
    lesson_default_network(&s->network, &own);
    if (s->depth == 0) s->depth = DEEPEST;
    if (s->depth > DEEPEST) die(CODE_USAGE, _("--depth=%zu: lesson paths goes to %d"), s->depth, DEEPEST);
}

static void choose_unit(const lesson_settings *s, const delta_view *v, size_t *l, size_t *j)
{
    *l = s->layer > 0 ? s->layer : 2;
    const size_t layers = depth_of(v) + 1, width = *l >= 2 && *l <= layers ? width_at(v, *l - 1) : 0;
    *j = s->unit > 0 ? s->unit : width > 1 ? 2 : 1;
    if (width == 0)
        die(CODE_USAGE, _("--unit=%zu,%zu: there is no z^(%zu); the input is layer 1, and the last layer is %zu"), *l,
            *j, *l, layers);
    if (*j > width)
        die(CODE_USAGE,
            ngettext("--unit=%zu,%zu: layer %zu has %zu unit", "--unit=%zu,%zu: layer %zu has %zu units", width), *l,
            *j, *l, width);
}

/* ----------------------------------------------------------------------------------------- forward */

static void say_formulas(script *to, const delta_view *v, bool backward)
{
    const char *const *line = convention_formulas(v->convention, nn_mlp_shape(v->net)->cost, backward);
    for (; *line != NULL; line++) script_formula(to, "%s", _(*line));
}

/* Its a are functions of all z of the layer. */
static bool is_softmax(const delta_view *v, size_t l) { return layer_of(v, l)->activation == NN_SOFTMAX; }

static void say_forward(paths_lesson *p)
{
    const delta_view *v = p->v;
    script_heading(p->to, _("Forward"));
    say_formulas(p->to, v, false);
    script_table(p->to, "forward", 5, (const char *[]){_("layer"), _("unit"), "z", "a = σ(z)", "σ′(z)"});
    for (size_t l = 1; l <= depth_of(v); l++) {
        const size_t shown = rows_shown(width_at(v, l), MOST_UNITS);
        for (size_t j = 0; j < shown; j++)
            script_row(p->to, (cell[]){cell_count((double)(l + 1)), cell_count((double)(j + 1)),
                                       cell_number(z_of(v, l, j)), cell_number(a_of(v, l, j)),
                                       is_softmax(v, l) ? cell_empty() : cell_number(slope_of(v, l, j))});
        script_more(p->to, width_at(v, l) - shown);
    }
    const double cost = v->report.cost.tape[0];
    script_formula(p->to, "C = %s", script_number(p->to, cost));
    script_value(p->to, "C", cost);
}

/* ------------------------------------------------------------------------------------------- paths */

typedef struct walked {
    size_t path;
    double product;
} walked;

static int by_number(const void *a, const void *b)
{
    const walked *x = a, *y = b;
    return (x->path > y->path) - (x->path < y->path);
}

static int by_size(const void *a, const void *b)
{
    const walked *x = a, *y = b;
    const double one = fabs(x->product), other = fabs(y->product);
    return one != other ? (one < other) - (one > other) : by_number(a, b);
}

/* "z^(2)_2 → z^(3)_1 → z^(4)_1" */
static char *neurons_of(const nn_path_step *steps, size_t count)
{
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < count; k++)
        fprintf(t.to, "%s%c^(%zu)_%zu", k > 0 ? " → " : "", steps[k].skipped_to ? 'a' : 'z', steps[k].layer,
                steps[k].unit);
    fputs(" → C", t.to);
    return draft_done(&t);
}

static void add_path(const paths_lesson *p, const walked *w, nn_path_step *steps)
{
    size_t count;
    nn_logistic_path(p->net, p->l, p->j, w->path, steps, &count);
    script_row(p->to, (cell[]){cell_count((double)(w->path + 1)), cell_math(neurons_of(steps, count)),
                               cell_math(path_in_symbols(p->v, steps, count)),
                               cell_math(path_in_values(p->v, steps, count, w->product)), cell_number(w->product)});
}

static void list_paths(const paths_lesson *p, size_t paths)
{
    walked *all = resized(NULL, paths, sizeof *all);
    nn_path_step *steps = resized(NULL, p->net->layers, sizeof *steps);
    for (size_t k = 0; k < paths; k++) all[k] = (walked){k, nn_logistic_path(p->net, p->l, p->j, k, NULL, NULL)};
    if (paths > MOST_LISTED) qsort(all, paths, sizeof *all, by_size);
    script_table(p->to, "paths", 5,
                 (const char *[]){_("path"), _("neurons"), _("in symbols"), _("in numbers"), _("product")});
    for (size_t k = 0; k < (paths > MOST_LISTED ? LARGEST_LISTED : paths); k++) add_path(p, &all[k], steps);
    free(steps);
    free(all);
}

static void add_up(const paths_lesson *p, size_t paths)
{
    enum { MOST_ADDED = 6 };
    const path_sum s = sum_over_paths(p->net, p->l, p->j);
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < paths && paths <= MOST_ADDED; k++)
        fprintf(t.to, "%s%s", k > 0 ? " + " : "",
                script_operand(p->to, nn_logistic_path(p->net, p->l, p->j, k, NULL, NULL)));
    if (paths > MOST_ADDED) fputs(_("the sum over all paths"), t.to);
    char *terms = draft_done(&t);
    script_say(p->to, "%s",
               paths > 1 ? _("Added up:") : _("There is nothing to add up: its product is the derivative."));
    if (paths > 1) script_formula(p->to, "∂C/∂%s = %s = %s", p->unit, terms, script_number(p->to, s.sum));
    else script_formula(p->to, "∂C/∂%s = %s", p->unit, script_number(p->to, s.sum));
    script_value(p->to, "sum_over_paths", s.sum);
    free(terms);
}

static void say_paths(const paths_lesson *p)
{
    const size_t paths = p->net->layer[p->l - 1].paths;
    script_heading(p->to, _("Path by path"));
    script_ask(p->to,
               _("A small change of %s travels along the wires, forward to the cost. Which ways can it take, and what "
                 "happens to it on the way?"),
               p->unit);
    if (paths == 1)
        script_say(p->to,
                   _("It can take 1 path. On it the change is multiplied by σ′ in every hidden neuron and by θ on "
                     "every wire; the last factor, a − y, is the derivative of the cost by the output's z."));
    else
        script_say(p->to,
                   _("It can take %s paths. On each the change is multiplied by σ′ in every hidden neuron and by θ "
                     "on every wire; the last factor, a − y, is the derivative of the cost by the output's z."),
                   script_count(p->to, counted_by_sweep(nn_mlp_shape(p->v->net), p->l - 1)));
    if (has_skips(p->v))
        script_say(p->to, _("A skip connection leads to an a without passing through its z: there the factor is 1."));
    if (paths > MOST_WALKED) {
        script_say(p->to, _("They are too many to walk along: this lesson does so with at most %s."),
                   script_count(p->to, MOST_WALKED));
        return;
    }
    script_say(p->to, paths > MOST_LISTED
                          ? _("These have the largest products. The factors are written from the cost back:")
                          : _("The factors are written from the cost back:"));
    list_paths(p, paths);
    add_up(p, paths);
}

/* ------------------------------------------------------------------------------------------- layers */

/* What the ends of skip connections that begin in this layer hand back; NULL: there are none. */
static double *handed_back(const paths_lesson *p, size_t l)
{
    double *sum = NULL;
    for (size_t m = l + 1; m <= p->net->layers; m++) {
        if (p->net->layer[m - 1].skip != m - l) continue;
        if (sum == NULL) sum = calloc(p->net->layer[l - 1].units, sizeof *sum);
        if (sum == NULL) die(CODE_DATA, _("out of memory"));
        for (size_t j = 0; j < p->net->layer[l - 1].units; j++) sum[j] += p->net->layer[m - 1].da[j];
    }
    return sum;
}

static void say_equation(const paths_lesson *p, size_t l, matrix_line *e)
{
    const nn_logistic_layer *layer = &p->net->layer[l - 1];
    char *key = formatted("delta%zu", l);
    line_matrix(e, layer->units, 1, numbers_copied(layer->delta, layer->units));
    script_line(p->to, key, e);
    free(key);
}

static void say_output_delta(const paths_lesson *p)
{
    const size_t l = p->net->layers;
    matrix_line e = {0};
    line_math(&e, formatted("δ^(%zu) = a^(%zu) − y =", l, l));
    say_equation(p, l, &e);
}

static double *slopes_of(const paths_lesson *p, size_t l)
{
    const size_t n = p->net->layer[l - 1].units;
    double *slopes = resized(NULL, n, sizeof *slopes);
    for (size_t j = 0; j < n; j++) slopes[j] = slope_of(p->v, l - 1, j);
    return slopes;
}

/* δ^(l) from δ^(l+1), l as the convention counts it. */
static void say_hidden_delta(const paths_lesson *p, size_t l)
{
    const size_t units = p->net->layer[l - 1].units, next = p->net->layer[l].units;
    double *skips = handed_back(p, l);
    matrix_line e = {0};
    line_math(&e, formatted("δ^(%zu) =%s", l, skips != NULL ? " (" : ""));
    line_matrix(&e, units, next, lesson_transposed_weights(p->v, l));
    line_matrix(&e, next, 1, numbers_copied(p->net->layer[l].delta, next));
    if (skips != NULL) {
        line_math(&e, copied("+"));
        line_matrix(&e, units, 1, skips);
    }
    line_math(&e, copied(skips != NULL ? ") ⊙" : "⊙"));
    line_matrix(&e, units, 1, slopes_of(p, l));
    line_math(&e, copied("="));
    say_equation(p, l, &e);
}

static void say_layers(const paths_lesson *p)
{
    script_heading(p->to, _("Layer by layer"));
    script_ask(p->to, _("Many paths run along the same wires at their ends. Which products need to be computed only "
                        "once?"));
    script_say(p->to, _("All that lies between one neuron and the cost is the same for every path that comes through "
                        "this neuron. So add it up there, once, and call it δ, the derivative of the cost by the "
                        "neuron's z. The δ of a layer need only those of the next:"));
    script_formula(p->to, "δ^(L) = a^(L) − y");
    script_formula(p->to, "δ^(l) = ((Θ^(l))ᵀ δ^(l+1)) ⊙ σ′(z^(l))");
    if (has_skips(p->v))
        script_say(p->to, _("Where a skip connection begins, what its end receives is added in the bracket."));
    say_output_delta(p);
    for (size_t l = p->net->layers - 1; l >= p->l; l--) say_hidden_delta(p, l);
}

/* ---------------------------------------------------------------------------------------- three ways */

typedef struct agreement {
    comparison sums;
    size_t counts;
    double count_difference;
} agreement;

static void add_unit(const paths_lesson *p, size_t l, size_t j, double counted, agreement *all)
{
    const nn_tensor_check *delta = &p->v->report.layer[l - 1].tensor[NN_TENSOR_DELTA];
    const nn_logistic_layer *layer = &p->net->layer[l - 1];
    const bool is_walked = layer->paths <= MOST_WALKED;
    const path_sum s =
        is_walked ? sum_over_paths(p->net, l, j + 1) : (path_sum){layer->delta[j], fabs(layer->delta[j])};
    const double size = fmax(s.size, delta->largest), by_layers = apart_by(layer->delta[j], s.sum, size),
                 by_tape = apart_by(delta->tape[j], s.sum, size);
    script_row(p->to, (cell[]){cell_math(entry_name(p->v, NN_TENSOR_Z, l - 1, j, 0)), cell_count(counted),
                               is_walked ? cell_number(s.sum) : cell_empty(), cell_number(layer->delta[j]),
                               cell_number(delta->tape[j]), cell_magnitude(fmax(by_layers, by_tape))});
    compare_on_scale(&all->sums, &layer->delta[j], &s.sum, 1, size, delta->allowed);
    compare_on_scale(&all->sums, &delta->tape[j], &s.sum, 1, size, delta->allowed);
    all->sums.numbers += is_walked;
    if (layer->paths > NN_MOST_PATHS) return;
    all->counts++;
    all->count_difference = fmax(all->count_difference, relative_difference(counted, (double)layer->paths));
}

static void say_three_ways(const paths_lesson *p)
{
    agreement all = {0};
    script_say(p->to, _("A tape does the same, node by node: it goes back from the cost, and every node hands its "
                        "derivative on to its operands, where contributions are added. One such sweep, and every z has "
                        "its derivative:"));
    script_table(p->to, "three_ways", 6,
                 (const char *[]){"", _("paths"), _("all paths"), _("by layers"), _("tape"), _("difference")});
    for (size_t l = p->net->layers; l >= 2; l--) {
        const double counted = counted_by_sweep(nn_mlp_shape(p->v->net), l - 1);
        const size_t units = p->net->layer[l - 1].units, shown = rows_shown(units, MOST_UNITS);
        for (size_t j = 0; j < shown; j++) add_unit(p, l, j, counted, &all);
        script_more(p->to, units - shown);
    }
    script_say(p->to, _("Differences are rounding: they are relative to the sum of the paths' sizes, or to the layer's "
                        "largest δ where that is more."));
    if (all.sums.difference > 1e-3)
        script_say(p->to, _("Here some of the numbers are hardly more than rounding error themselves, so that their "
                            "difference is not small beside them."));
    script_compared(p->to,
                    _("∂C/∂z by all paths, by layers and on the tape, relative to the sizes of the paths or the "
                      "layer's largest δ"),
                    &all.sums);
    script_checked(p->to, _("the paths from each unit, counted by a sweep and along the wires"), all.counts,
                   all.count_difference, 0);
}

/* ----------------------------------------------------------------------------------------- all of it */

static void write(script *to, lesson_settings *s)
{
    delta_subject *n = lesson_network_of(s);
    paths_lesson p = {.to = to, .v = &n->view};
    choose_unit(s, p.v, &p.l, &p.j);
    delta_paths *paths = delta_paths_of(p.v);
    p.net = delta_paths_net(paths);
    p.unit = script_keep(to, entry_name(p.v, NN_TENSOR_Z, p.l - 1, p.j - 1, 0));
    script_say(to,
               _("A neuron in the middle of a network moves the cost through all the neurons behind it. This lesson "
                 "writes the derivative of the cost by %s as the sum over every path from there, as the chain rule has "
                 "it, and then finds out why nobody computes it so."),
               p.unit);
    lesson_say_network(to, n);
    say_forward(&p);
    say_paths(&p);
    say_layers(&p);
    say_three_ways(&p);
    lesson_paths_grow(to, p.v, s->depth, s->network.seed);
    lesson_check_network(to, n);
    delta_paths_free(paths);
}

const lesson lesson_paths = {.name = "paths",
                             .note = "S0",
                             .title = N_("Paths: one derivative is the sum over all ways to the cost"),
                             .summary = N_("A derivative as the sum over all paths, and why a sweep is better"),
                             .options = LESSON_NETWORK | LESSON_UNIT | LESSON_DEPTH,
                             .set_defaults = set_defaults,
                             .write = write};
