/* SPDX-License-Identifier: MIT */
/* One network neuron by neuron, in rows and matrices, and on the tape. */
#include "lesson_neuron.h"
#include "language.h"
#include "library_text.h"

#include <math.h>

/* Mazur's "A step by step backpropagation example". */
static const delta_options own = {.sizes = "2,2,2",
                                  .convention = "per-neuron",
                                  .weights = ".15,.20,.25,.30,.40,.45,.50,.55",
                                  .biases = ".35,.35,.60,.60",
                                  .inputs = ".05,.10",
                                  .targets = ".01,.99"};
static const double own_rate = 0.5;

static void set_defaults(lesson_settings *s)
{
    lesson_default_network(&s->network, &own);
    if (!(s->rate > 0)) s->rate = own_rate;
}

/* Whether the reader has changed nothing: texts that were not given are those above. */
static bool is_own(const lesson_settings *s)
{
    const delta_options *o = &s->network;
    return o->sizes == own.sizes && o->weights == own.weights && o->biases == own.biases && o->inputs == own.inputs &&
           o->targets == own.targets && o->activation == NULL && o->output == NULL && o->cost == NULL &&
           o->skip == NULL && s->rate == own_rate;
}

static size_t shown_of(size_t n) { return rows_shown(n, MOST_ENTRIES_SHOWN); }

static void say_formulas(const neuron_lesson *n, bool backward)
{
    const char *const *line = convention_formulas(NN_PER_NEURON, NN_HALF_SUM_OF_SQUARES, backward);
    for (; *line != NULL; line++) script_formula(n->to, "%s", _(*line));
}

/* ---------------------------------------------------------------------------------- neuron by neuron */

static cell neuron_number(const delta_view *v, size_t l, size_t j) { return cell_count((double)unit_number(v, l, j)); }

/* How many neurons of the layer are not shown. */
static void add_more(script *to, const delta_view *v, size_t l)
{
    script_more(to, width_at(v, l) - shown_of(width_at(v, l)));
}

static void say_forward(const neuron_lesson *n)
{
    const delta_view *v = n->neurons;
    script_heading(n->to, _("Forward, neuron by neuron"));
    say_formulas(n, false);
    script_table(n->to, "forward", 4, (const char *[]){_("neuron"), "z", "o = f(z)", _("z in numbers")});
    for (size_t l = 1; l <= depth_of(v); l++) {
        for (size_t j = 0; j < shown_of(width_at(v, l)); j++)
            script_row(n->to, (cell[]){neuron_number(v, l, j), cell_number(z_of(v, l, j)), cell_number(a_of(v, l, j)),
                                       cell_math(entry_in_numbers(v, NN_TENSOR_Z, l, j, 0))});
        add_more(n->to, v, l);
    }
    script_formula(n->to, "L = %s", script_number(n->to, v->report.cost.tape[0]));
    script_value(n->to, "L", v->report.cost.tape[0]);
}

static cell slope_from_output(const delta_view *v, size_t l, size_t j)
{
    const nn_layer *layer = layer_of(v, l);
    return cell_known(nn_activation_slope_of_output(layer->activation, layer->alpha, a_of(v, l, j)));
}

static void tabulate_deltas(const neuron_lesson *n)
{
    const delta_view *v = n->neurons;
    script_table(n->to, "deltas", 5, (const char *[]){_("neuron"), "f′(z)", _("f′ from o"), "δ", _("δ in numbers")});
    for (size_t l = depth_of(v); l >= 1; l--) {
        for (size_t j = 0; j < shown_of(width_at(v, l)); j++)
            script_row(n->to, (cell[]){neuron_number(v, l, j), cell_number(slope_of(v, l, j)),
                                       slope_from_output(v, l, j), cell_number(delta_of(v, l, j)),
                                       cell_math(entry_in_numbers(v, NN_TENSOR_DELTA, l, j, 0))});
        add_more(n->to, v, l);
    }
}

static void tabulate_gradients(const neuron_lesson *n)
{
    const delta_view *v = n->neurons;
    script_table(n->to, "gradients", 3, (const char *[]){_("derivative"), _("value"), _("δ_q o_p in numbers")});
    for (size_t l = depth_of(v); l >= 1; l--) {
        const size_t in = width_at(v, l - 1), size = width_at(v, l) * in,
                     shown = rows_shown(size, MOST_GRADIENTS_SHOWN);
        for (size_t e = 0; e < shown; e++)
            script_row(n->to, (cell[]){cell_math(entry_name(v, NN_TENSOR_DW, l, e / in, e % in)),
                                       cell_number(v->report.layer[l].tensor[NN_TENSOR_DW].form[e]),
                                       cell_math(entry_in_numbers(v, NN_TENSOR_DW, l, e / in, e % in))});
        script_more(n->to, size - shown);
    }
}

static bool has_exponentials(const delta_view *v)
{
    for (size_t l = 1; l <= depth_of(v); l++)
        if (layer_of(v, l)->activation == NN_SIGMOID || layer_of(v, l)->activation == NN_TANH) return true;
    return false;
}

static void say_backward(const neuron_lesson *n)
{
    script_heading(n->to, _("Backward, neuron by neuron"));
    script_ask(n->to, _("A hidden neuron has no target. By what does it know how much it is to blame for the error?"));
    script_say(n->to, _("By the neurons that it leads to: each hands its own δ back over the wire, times the wire's "
                        "weight. An output neuron has its target."));
    say_formulas(n, true);
    tabulate_deltas(n);
    if (has_exponentials(n->neurons))
        script_say(n->to,
                   _("f′ needs no second exponential, because the output o is stored: it is o (1 − o) for the sigmoid, "
                     "1 − o² for tanh. (Where o is rounded to 0 or 1, that loses digits, and so the lesson goes on "
                     "with f′(z).)"));
    script_say(n->to, "%s", convention_remark(NN_PER_NEURON, true));
    tabulate_gradients(n);
}

/* ------------------------------------------------------------------------------------- three ways */

typedef struct agreement {
    size_t numbers;
    double difference, allowed;
} agreement;

/* The largest difference between any two of three, relative to the largest number beside them. */
static double apart(const nn_tensor_check *rows, const nn_tensor_check *neurons, size_t e)
{
    const double most = fmax(fmax(neurons->tape[e], neurons->form[e]), rows->form[e]),
                 least = fmin(fmin(neurons->tape[e], neurons->form[e]), rows->form[e]);
    return most == least ? 0 : (most - least) / neurons->largest;
}

static void add_entry(const neuron_lesson *n, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const nn_tensor_check *neurons = &n->neurons->report.layer[l].tensor[tensor],
                          *rows = &n->rows->report.layer[l].tensor[tensor];
    const size_t e = row * neurons->columns + column;
    script_row(n->to, (cell[]){cell_math(entry_name(n->neurons, tensor, l, row, column)),
                               cell_math(entry_name(n->rows, tensor, l, row, column)), cell_number(neurons->tape[e]),
                               cell_number(neurons->form[e]), cell_number(as_noted(n->rows, tensor, rows->form[e])),
                               cell_magnitude(apart(rows, neurons, e))});
}

static void add_tensor(const neuron_lesson *n, nn_tensor tensor, size_t l, agreement *all)
{
    const nn_tensor_check *neurons = &n->neurons->report.layer[l].tensor[tensor],
                          *rows = &n->rows->report.layer[l].tensor[tensor];
    const size_t size = neurons->rows * neurons->columns;
    for (size_t e = 0; e < size; e++) {
        if (e < shown_of(size)) add_entry(n, tensor, l, e / neurons->columns, e % neurons->columns);
        all->difference = fmax(all->difference, apart(rows, neurons, e));
    }
    script_more(n->to, size - shown_of(size));
    all->numbers += 3 * size;
    all->allowed = fmax(all->allowed, fmax(neurons->allowed, rows->allowed));
}

static void say_three_ways(const neuron_lesson *n)
{
    agreement all = {.allowed = NN_DELTA_TOLERANCE};
    script_heading(n->to, _("Three ways, one network"));
    script_say(n->to,
               _("The tape knows neither rows nor neurons: it has recorded sums, products and activations, and swept "
                 "them once. All of its numbers beside those of both notes; ∂E/∂b has its sign turned:"));
    script_table(n->to, "three_ways", 6,
                 (const char *[]){_("neurons"), _("rows"), _("tape"), _("by neurons"), _("by rows"), _("difference")});
    for (size_t l = 1; l <= depth_of(n->neurons); l++) {
        add_tensor(n, NN_TENSOR_Z, l, &all);
        add_tensor(n, NN_TENSOR_A, l, &all);
    }
    for (size_t l = depth_of(n->neurons); l >= 1; l--) {
        add_tensor(n, NN_TENSOR_DELTA, l, &all);
        add_tensor(n, NN_TENSOR_DW, l, &all);
    }
    script_checked(n->to, _("the tape, neurons, and rows and matrices, relative to the largest number beside it"),
                   all.numbers, all.difference, all.allowed);
}

/* ----------------------------------------------------------------------------------------- all of it */

static void write(script *to, lesson_settings *s)
{
    nn_error error;
    const delta_subject *network = lesson_network_of(s);
    delta_view rows = network->view;
    rows.convention = NN_ROW_MINUS_BIAS;
    if (nn_check_delta(rows.net, rows.convention, rows.x, rows.y, &rows.report, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    const neuron_lesson n = {to, &network->view, &rows, s->rate, is_own(s)};
    script_say(to, _("Two notes derive the same gradient and hardly share a symbol. One goes from neuron to neuron and "
                     "adds biases; the other multiplies rows by matrices and subtracts them. This lesson does both on "
                     "one network, lets the tape do it a third time, and takes a step down the gradient."));
    if (n.is_mazur) script_say(to, _("The network is that of Mazur's \"A step by step backpropagation example\"."));
    lesson_say_network(to, network);
    say_forward(&n);
    lesson_neuron_forward_rows(&n);
    say_backward(&n);
    lesson_neuron_backward_rows(&n);
    say_three_ways(&n);
    lesson_neuron_step(&n);
    nn_delta_report_free(&rows.report);
}

const lesson lesson_neuron = {.name = "neuron",
                              .note = "S3, S4",
                              .title = N_("Neuron: one network written in three ways, and a step down its gradient"),
                              .summary = N_("Rows with subtracted biases, neuron by neuron, and a tape: all agree"),
                              .options = LESSON_NETWORK | LESSON_RATE,
                              .set_defaults = set_defaults,
                              .write = write};
