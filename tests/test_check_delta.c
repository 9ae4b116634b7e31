/* SPDX-License-Identifier: MIT */
/* The check of a network's tape against the closed forms: that they agree on random networks of every kind, and that
 * wrong forms are found out. */
#include "delta_broken.h"
#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"
#include "sanitized.h"

enum { MOST_DEPTH = 8, MOST_WIDTH = 40 };

/* --------------------------------------------------------------------------------- random networks */

typedef struct sample {
    ad_tape *tape;
    nn_mlp *net;
    nn_layer layer[MOST_DEPTH];
    nn_shape shape;
    double x[MOST_WIDTH], y[MOST_WIDTH];
} sample;

static void random_layers(sample *s, generator *g)
{
    const uint32_t usual = 1 + below(g, MOST_WIDTH);
    s->shape = (nn_shape){1 + below(g, MOST_WIDTH), 1 + below(g, MOST_DEPTH), s->layer, (nn_cost)below(g, NN_COSTS)};
    for (size_t l = 1; l <= s->shape.depth; l++) {
        nn_layer *layer = &s->layer[l - 1];
        *layer = (nn_layer){.width = below(g, 2) == 0 ? usual : 1 + below(g, MOST_WIDTH), .no_bias = below(g, 3) == 0};
        layer->activation = (nn_activation)below(g, NN_SOFTMAX);
        if (layer->activation == NN_LEAKY_RELU || layer->activation == NN_ELU) layer->alpha = uniform(g, 0, 1.5);
    }
    nn_layer *output = &s->layer[s->shape.depth - 1];
    if (s->shape.cost >= NN_BINARY_CROSS_ENTROPY) {
        output->activation = s->shape.cost == NN_BINARY_CROSS_ENTROPY ? NN_SIGMOID : NN_SOFTMAX;
        output->alpha = 0;
    }
}

/* Every pair of layers of equal width, a third of the time. */
static void random_skips(sample *s, generator *g)
{
    for (size_t l = 1; l <= s->shape.depth; l++) {
        nn_layer *layer = &s->layer[l - 1];
        if (below(g, 3) != 0 || (l == s->shape.depth && s->shape.cost >= NN_BINARY_CROSS_ENTROPY)) continue;
        for (size_t skip = 1; skip <= l; skip++)
            if ((skip == l ? s->shape.inputs : s->layer[l - skip - 1].width) == layer->width) layer->skip = skip;
    }
}

static void random_targets(sample *s, generator *g)
{
    const size_t n = s->layer[s->shape.depth - 1].width;
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += s->y[k] = uniform(g, 0.01, 1);
    for (size_t k = 0; k < n && s->shape.cost == NN_SOFTMAX_CROSS_ENTROPY; k++) s->y[k] /= sum;
    for (size_t k = 0; k < s->shape.inputs; k++) s->x[k] = uniform(g, -1, 1);
}

static void sample_begin(sample *s, double scale, generator *g)
{
    nn_error error = {NN_OK, ""};
    s->shape.layers = s->layer;
    s->tape = ad_tape_new();
    s->net = nn_mlp_new(s->tape, &s->shape, &error);
    ck_assert_msg(s->net != NULL, "%s", error.message);
    ck_assert_int_eq(nn_mlp_init(s->net, NN_INIT_FAN_IN, next_bits(g), NULL), NN_OK);
    double *w = ad_set_in_place(nn_parameters(s->net));
    for (uint32_t k = 0; k < nn_all_weights(s->net).count; k++) w[k] *= scale;
    for (uint32_t k = nn_all_weights(s->net).count; k < nn_parameters(s->net).count; k++) w[k] = uniform(g, -1, 1);
}

static void sample_end(sample *s)
{
    assert_ok(s->tape);
    nn_mlp_free(s->net);
    ad_tape_free(s->tape);
}

static void random_sample(sample *s, double scale, generator *g)
{
    random_layers(s, g);
    random_skips(s, g);
    random_targets(s, g);
    sample_begin(s, scale, g);
}

static nn_delta_report report_of(sample *s, nn_convention convention, const nn_closed_forms *forms)
{
    nn_delta_report report;
    nn_error error = {NN_OK, ""};
    const nn_status status = nn_check_delta_by(s->net, convention, forms, s->x, s->y, &report, &error);
    ck_assert_msg(status == NN_OK, "%s: %s", nn_convention_name(convention), error.message);
    return report;
}

static const char *const tensor_names[NN_TENSORS] = {"z", "a", "delta", "dw", "db", "da"};

static void assert_tensor(const nn_delta_report *report, const nn_tensor_check *c, size_t l, const char *name,
                          bool noisy)
{
    const double limit = noisy ? fmax(1e-12, 4 * c->noise) : 1e-12;
    ck_assert_msg(c->difference <= limit, "%s: %s of layer %zu of %zu: %.3g at (%zu, %zu), noise %.3g",
                  nn_convention_name(report->convention), name, l, report->depth, c->difference, c->row, c->column,
                  c->noise);
}

static void assert_within(const nn_delta_report *report, bool noisy)
{
    for (size_t l = 0; l <= report->depth; l++)
        for (int t = 0; t < NN_TENSORS; t++)
            assert_tensor(report, &report->layer[l].tensor[t], l, tensor_names[t], noisy);
    assert_tensor(report, &report->cost, report->depth, "the cost", noisy);
}

/* All conventions that know the network; how many. A deep network that is saturated may amplify the last bit of a
 * weight so much that no computation has 12 digits: `noisy` allows for that, as far as it is so. */
static int check_all(sample *s, bool noisy)
{
    int checked = 0;
    for (int k = 0; k < NN_CONVENTIONS; k++) {
        if (nn_convention_fits((nn_convention)k, &s->shape, NULL) != NN_OK) continue;
        nn_delta_report report = report_of(s, (nn_convention)k, NULL);
        assert_within(&report, noisy);
        ck_assert(report.agrees);
        nn_delta_report_free(&report);
        checked++;
    }
    return checked;
}

/* --------------------------------------------------------------------------------- they agree */

enum { NETWORKS = 400 / FEWER };

START_TEST(test_tape_agrees_with_every_convention_on_random_networks)
{
    generator g = {(uint64_t)_i};
    sample s;
    random_sample(&s, 1, &g);
    ck_assert_int_ge(check_all(&s, false), 1);
    sample_end(&s);
}
END_TEST

START_TEST(test_tape_agrees_where_neurons_are_saturated)
{
    generator g = {1000 + (uint64_t)_i};
    sample s;
    random_sample(&s, 8, &g);
    ck_assert_int_ge(check_all(&s, true), 1);
    sample_end(&s);
}
END_TEST

/* Of saturated networks the check is no less strict than of others, but for a few; and there the form that takes the
 * slope from the output loses digits, or all of them. */
START_TEST(test_saturation_costs_the_form_of_the_output_its_digits_but_not_the_check)
{
    size_t tensors = 0, lenient = 0, layers = 0, poor = 0, lost = 0;
    for (uint64_t k = 0; k < 100; k++) {
        generator g = {2000 + k};
        sample s;
        random_sample(&s, 8, &g);
        nn_delta_report report = report_of(&s, nn_convention_for(&s.shape), NULL);
        ck_assert(report.agrees);
        for (size_t l = 1; l <= report.depth; l++) {
            for (int t = 0; t < NN_TENSOR_DA; t++, tensors++) lenient += report.layer[l].tensor[t].difference > 1e-12;
            layers += report.layer[l].slope_loss.known;
            poor += report.layer[l].slope_loss.loss > 1e-6;
            lost += report.layer[l].slope_loss.loss == 1;
        }
        nn_delta_report_free(&report);
        sample_end(&s);
    }
    ck_assert_msg(lenient * 20 < tensors, "%zu of %zu", lenient, tensors);
    ck_assert_msg(poor * 10 > layers, "%zu of %zu", poor, layers);
    ck_assert_uint_ge(lost, 10);
}
END_TEST

/* Each cost with each output that it goes with, and each activation inside; the smallest networks too. */
START_TEST(test_every_activation_and_cost_is_checked)
{
    const nn_cost cost = (nn_cost)(_i / NN_SOFTMAX);
    generator g = {(uint64_t)_i};
    for (size_t depth = 1; depth <= 3; depth++) {
        sample s = {.shape = {3, depth, NULL, cost}};
        for (size_t l = 1; l <= depth; l++)
            s.layer[l - 1] = (nn_layer){.width = 4, .activation = (nn_activation)(_i % NN_SOFTMAX), .no_bias = l == 2};
        if (cost == NN_BINARY_CROSS_ENTROPY) s.layer[depth - 1].activation = NN_SIGMOID;
        if (cost == NN_SOFTMAX_CROSS_ENTROPY) s.layer[depth - 1].activation = NN_SOFTMAX;
        random_targets(&s, &g);
        sample_begin(&s, 1, &g);
        const bool is_plain = s.layer[depth - 1].activation == NN_IDENTITY;
        static const int expected[NN_COSTS] = {3, 2, 1, 1, 1};
        ck_assert_int_eq(check_all(&s, false), expected[cost] + (cost == NN_HALF_SUM_OF_SQUARES && is_plain));
        sample_end(&s);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------ wrong forms */

static void square_layers(sample *s, generator *g, nn_convention convention)
{
    s->shape = (nn_shape){3 + below(g, 4), 2 + below(g, 3), s->layer, NN_HALF_SUM_OF_SQUARES};
    for (size_t l = 1; l <= s->shape.depth; l++)
        s->layer[l - 1] = (nn_layer){.width = s->shape.inputs, .activation = below(g, 2) == 0 ? NN_TANH : NN_SIGMOID};
    nn_layer *output = &s->layer[s->shape.depth - 1];
    if (convention == NN_SQUARED) s->shape.cost = NN_SUM_OF_SQUARES;
    if (convention == NN_HALF_MEAN) s->shape.cost = (nn_cost)below(g, NN_MEAN_OF_SQUARES + 1);
    if (convention == NN_LOGISTIC) {
        const bool is_softmax = below(g, 2) == 0;
        s->shape.cost = is_softmax ? NN_SOFTMAX_CROSS_ENTROPY : NN_BINARY_CROSS_ENTROPY;
        output->activation = is_softmax ? NN_SOFTMAX : NN_SIGMOID;
    }
    random_targets(s, g);
}

/* Layers as wide as the input. */
static void square_sample(sample *s, nn_convention convention, generator *g)
{
    square_layers(s, g, convention);
    sample_begin(s, 1, g);
}

enum { WRONG_NETWORKS = 20 };

/* A pupil's form that is right agrees; with any mistake it does not, on the same networks. */
START_TEST(test_wrong_form_is_found_out)
{
    const nn_convention convention = (nn_convention)(_i / WRONG_NETWORKS);
    generator g = {(uint64_t)_i};
    sample s;
    square_sample(&s, convention, &g);
    for (int m = 0; m < MISTAKES; m++) {
        nn_delta_report report = report_of(&s, convention, forms_with((mistake)m));
        ck_assert_msg(report.agrees == (m == NO_MISTAKE), "%s with %s: %s, %.3g", nn_convention_name(convention),
                      mistake_names[m], report.agrees ? "agrees" : "differs",
                      report.layer[report.worst_layer].tensor[report.worst].difference);
        if (m == NO_MISTAKE) assert_within(&report, false);
        else ck_assert(report.layer[report.worst_layer].tensor[report.worst].difference > 1e-4);
        nn_delta_report_free(&report);
    }
    sample_end(&s);
}
END_TEST

static nn_status idle_squared(nn_squared_net *net, const double *x, const double *y, size_t m, nn_error *error)
{
    (void)net, (void)x, (void)y, (void)m, (void)error;
    return NN_OK;
}

static nn_status idle_row(nn_row_net *net, const double *x, const double *y, nn_error *error)
{
    (void)net, (void)x, (void)y, (void)error;
    return NN_OK;
}

START_TEST(test_form_that_does_nothing_is_found_out)
{
    static const nn_closed_forms idle = {.squared = idle_squared, .row_minus_bias = idle_row};
    const nn_convention convention = _i == 0 ? NN_SQUARED : NN_ROW_MINUS_BIAS;
    generator g = {(uint64_t)_i};
    sample s;
    square_sample(&s, convention, &g);
    nn_delta_report report = report_of(&s, convention, &idle);
    ck_assert(!report.agrees && !report.cost.agrees);
    for (size_t l = 1; l <= report.depth; l++)
        for (int t = 0; t < NN_TENSORS; t++)
            ck_assert(report.layer[l].tensor[t].rows == 0 || !report.layer[l].tensor[t].agrees);
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

/* The library's form, but for one entry. */
static nn_status slightly_wrong(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    const nn_status status = nn_delta_half_mean(net, x, y, n, error);
    net->layer[2].dw[1 * net->layer[1].width + 2] += 1e-9;
    return status;
}

static nn_status refuses(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    (void)net, (void)x, (void)y, (void)n;
    error->status = NN_ERR_FORMAT;
    strcpy(error->message, "no");
    return NN_ERR_FORMAT;
}

START_TEST(test_report_says_where_the_difference_is)
{
    static const nn_closed_forms forms = {.half_mean = slightly_wrong};
    generator g = {3};
    sample s;
    square_sample(&s, NN_HALF_MEAN, &g);
    nn_delta_report report = report_of(&s, NN_HALF_MEAN, &forms);
    ck_assert(!report.agrees);
    ck_assert(report.worst_layer == 2 && report.worst == NN_TENSOR_DW);
    const nn_tensor_check *dw = &report.layer[2].tensor[NN_TENSOR_DW];
    ck_assert(!dw->agrees && dw->row == 1 && dw->column == 2);
    const double tape = dw->tape[1 * dw->columns + 2], form = dw->form[1 * dw->columns + 2];
    assert_near(form - tape, 1e-9, 1e-15);
    assert_near(dw->difference * dw->largest, 1e-9, 1e-15);
    ck_assert(report.layer[2].tensor[NN_TENSOR_DB].agrees && report.layer[1].tensor[NN_TENSOR_DW].agrees);
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

START_TEST(test_form_that_fails_ends_the_check_with_its_message)
{
    static const nn_closed_forms forms = {.half_mean = refuses};
    generator g = {3};
    nn_delta_report report;
    nn_error error;
    sample s;
    square_sample(&s, NN_HALF_MEAN, &g);
    ck_assert_int_eq(nn_check_delta_by(s.net, NN_HALF_MEAN, &forms, s.x, s.y, &report, &error), NN_ERR_FORMAT);
    ck_assert_str_eq(error.message, "no");
    ck_assert(report.memory == NULL && report.layer == NULL);
    sample_end(&s);
}
END_TEST

/* --------------------------------------------------------------------------------- what is reported */

static void mazur_sample(sample *s)
{
    static const double parameters[] = {.15, .20, .25, .30, .40, .45, .50, .55, .35, .35, .60, .60};
    generator g = {0};
    *s = (sample){.shape = {2, 2, NULL, NN_HALF_SUM_OF_SQUARES}, .x = {.05, .10}, .y = {.01, .99}};
    s->layer[0] = s->layer[1] = (nn_layer){.width = 2, .activation = NN_SIGMOID};
    sample_begin(s, 1, &g);
    ck_assert_int_eq(ad_set_all(nn_parameters(s->net), parameters), AD_OK);
}

START_TEST(test_report_has_the_numbers_of_mazur_on_both_sides)
{
    static const nn_convention conventions[] = {NN_HALF_MEAN, NN_ROW_MINUS_BIAS, NN_PER_NEURON};
    sample s;
    mazur_sample(&s);
    nn_delta_report report = report_of(&s, conventions[_i], NULL);
    const nn_tensor_check *dw2 = &report.layer[2].tensor[NN_TENSOR_DW], *dw1 = &report.layer[1].tensor[NN_TENSOR_DW];
    ck_assert(report.agrees && report.convention == conventions[_i] && report.depth == 2);
    ck_assert_uint_eq(report.numbers, 1 + 2 + 2 * (2 + 2 + 2 + 4 + 2));
    ck_assert(fabs(report.cost.tape[0] - 0.298371109) < 5e-10 && fabs(report.cost.form[0] - 0.298371109) < 5e-10);
    ck_assert(fabs(report.layer[2].tensor[NN_TENSOR_DELTA].tape[0] - 0.138498562) < 5e-10);
    ck_assert(fabs(report.layer[2].tensor[NN_TENSOR_DELTA].form[0] - 0.138498562) < 5e-10);
    ck_assert(dw2->rows == 2 && dw2->columns == 2 && fabs(dw2->tape[0] - 0.082167041) < 5e-10);
    ck_assert(fabs(dw1->tape[0] - 0.000438568) < 5e-10 && fabs(dw1->form[0] - 0.000438568) < 5e-10);
    ck_assert_uint_eq(report.layer[0].tensor[NN_TENSOR_DA].rows, 2);
    ck_assert_uint_eq(report.layer[0].tensor[NN_TENSOR_DW].rows, 0);
    ck_assert_uint_eq(report.layer[1].tensor[NN_TENSOR_DA].rows, 0);
    nn_delta_report_free(&report);
    ck_assert(report.memory == NULL && report.depth == 0);
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

START_TEST(test_report_shows_what_the_form_of_the_output_loses)
{
    sample s;
    mazur_sample(&s);
    double *b = ad_set_in_place(nn_biases(s.net, 1));
    b[0] = 30;
    b[1] = -3;
    nn_delta_report report = report_of(&s, NN_PER_NEURON, NULL);
    const nn_slope_loss *hidden = &report.layer[1].slope_loss, *output = &report.layer[2].slope_loss;
    ck_assert(report.agrees);
    ck_assert(hidden->known && hidden->unit == 0 && hidden->loss > 1e-6 && hidden->loss < 1e-2);
    assert_near(hidden->slope / exp(-report.layer[1].tensor[NN_TENSOR_Z].form[0]), 1, 1e-12);
    assert_near(hidden->loss, fabs(hidden->of_output / hidden->slope - 1), 1e-9);
    ck_assert(output->known && output->loss < 1e-13);
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

START_TEST(test_form_of_the_output_may_lose_everything_or_not_exist)
{
    sample s;
    mazur_sample(&s);
    ck_assert_int_eq(ad_set(ad_at(nn_biases(s.net, 1), 1), 50), AD_OK);
    nn_delta_report report = report_of(&s, NN_HALF_MEAN, NULL);
    ck_assert(report.layer[1].slope_loss.unit == 1);
    assert_same_bits(report.layer[1].slope_loss.loss, 1);
    nn_delta_report_free(&report);
    nn_mlp_free(s.net);
    s.layer[0].activation = NN_SILU;
    s.net = nn_mlp_new(s.tape, &s.shape, NULL);
    report = report_of(&s, NN_HALF_MEAN, NULL);
    ck_assert(!report.layer[1].slope_loss.known && report.layer[2].slope_loss.known);
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

/* A network whose outputs are right but for the last digits: a - y has only noise left. */
START_TEST(test_nearly_right_network_agrees_within_its_noise)
{
    generator g = {17 + (uint64_t)_i};
    sample s;
    random_sample(&s, 1, &g);
    const nn_convention convention = nn_convention_for(&s.shape);
    double sum = 0;
    nn_delta_report report = report_of(&s, convention, NULL);
    for (size_t k = 0; k < nn_mlp_outputs(s.net); k++)
        sum += s.y[k] = report.layer[s.shape.depth].tensor[NN_TENSOR_A].tape[k] * (1 + (k % 2 == 0 ? 1e-9 : -1e-9));
    for (size_t k = 0; k < nn_mlp_outputs(s.net) && s.shape.cost == NN_SOFTMAX_CROSS_ENTROPY; k++) s.y[k] /= sum;
    nn_delta_report_free(&report);
    report = report_of(&s, convention, NULL);
    const nn_tensor_check *delta = &report.layer[s.shape.depth].tensor[NN_TENSOR_DELTA];
    ck_assert_msg(report.agrees, "%.3g", report.layer[report.worst_layer].tensor[report.worst].difference);
    ck_assert_msg(delta->noise > 1e-10, "%.3g", delta->noise);
    nn_delta_report_free(&report);
    if (convention == NN_HALF_MEAN && s.layer[s.shape.depth - 1].skip == 0 && s.shape.depth == 1) {
        report = report_of(&s, convention, forms_with(FLIPPED_SIGN));
        ck_assert(!report.agrees);
        nn_delta_report_free(&report);
    }
    sample_end(&s);
}
END_TEST

START_TEST(test_noise_is_that_of_rounding_where_nothing_cancels)
{
    sample s;
    mazur_sample(&s);
    nn_delta_report report = report_of(&s, NN_HALF_MEAN, NULL);
    for (size_t l = 1; l <= 2; l++)
        for (int t = 0; t < NN_TENSOR_DA; t++) {
            const nn_tensor_check *c = &report.layer[l].tensor[t];
            ck_assert(c->noise < 1e-14 && c->allowed == NN_DELTA_TOLERANCE);
        }
    nn_delta_report_free(&report);
    sample_end(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------ the tape */

START_TEST(test_tape_is_as_it_was_but_for_the_gradient)
{
    sample s;
    mazur_sample(&s);
    ck_assert_int_eq(ad_accumulate(nn_parameters(s.net)), AD_OK);
    const ad_var mine = ad_mul(ad_at(nn_parameters(s.net), 0), ad_const(2));
    const size_t nodes = ad_tape_stats(s.tape).nodes;
    for (int k = 0; k < 3; k++) {
        nn_delta_report report = report_of(&s, NN_PER_NEURON, NULL);
        ck_assert(report.agrees);
        ck_assert_uint_eq(ad_tape_stats(s.tape).nodes, nodes);
        assert_same_bits(ad_grads(nn_weights(s.net, 2))[0], report.layer[2].tensor[NN_TENSOR_DW].tape[0]);
        nn_delta_report_free(&report);
    }
    assert_same_bits(ad_value(mine), 0.3);
    ck_assert_uint_eq(nn_outputs(s.net).count, 0);
    sample_end(&s);
}
END_TEST

START_TEST(test_report_outlives_the_network)
{
    sample s;
    mazur_sample(&s);
    nn_delta_report report = report_of(&s, NN_PER_NEURON, NULL);
    sample_end(&s);
    ck_assert(fabs(report.layer[1].tensor[NN_TENSOR_Z].form[0] - 0.3775) < 1e-15);
    nn_delta_report_free(&report);
}
END_TEST

static void assert_fails(sample *s, nn_convention convention, nn_status expected, const char *message)
{
    nn_delta_report report;
    nn_error error = {NN_OK, ""};
    const size_t nodes = ad_tape_stats(s->tape).nodes;
    ck_assert_int_eq(nn_check_delta(s->net, convention, s->x, s->y, &report, &error), expected);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(error.status, expected);
    ck_assert(report.memory == NULL && report.layer == NULL && report.depth == 0);
    ck_assert_uint_eq(ad_tape_stats(s->tape).nodes, nodes);
    assert_ok(s->tape);
}

START_TEST(test_number_that_is_not_finite_is_named)
{
    sample s;
    mazur_sample(&s);
    s.x[1] = NAN;
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "x_2 of sample 1 is nan");
    s.x[1] = 1e308;
    ck_assert_int_eq(ad_set(ad_at(nn_weights(s.net, 1), 3), -10), AD_OK);
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "z^1_2 of sample 1 is -inf");
    s.x[1] = 1;
    ck_assert_int_eq(ad_set(ad_at(nn_weights(s.net, 1), 3), INFINITY), AD_OK);
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "w^1_{2,2} is inf");
    ck_assert_int_eq(ad_set(ad_at(nn_weights(s.net, 1), 3), 0), AD_OK);
    ck_assert_int_eq(ad_set(ad_at(nn_biases(s.net, 2), 1), NAN), AD_OK);
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "b^2_2 is nan");
    ck_assert_int_eq(ad_set(ad_at(nn_biases(s.net, 2), 1), 0), AD_OK);
    s.y[0] = 1e200;
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "the cost of sample 1 is inf");
    sample_end(&s);
}
END_TEST

START_TEST(test_adjoint_that_is_not_finite_is_named)
{
    generator g = {0};
    sample s = {.shape = {1, 2, NULL, NN_HALF_SUM_OF_SQUARES}, .x = {1}, .y = {1e150}};
    s.layer[0] = s.layer[1] = (nn_layer){.width = 1};
    sample_begin(&s, 1, &g);
    ck_assert_int_eq(ad_set_all(nn_parameters(s.net), (double[]){1e-200, 1e200, 0, 0}), AD_OK);
    assert_fails(&s, NN_HALF_MEAN, NN_ERR_NONFINITE, "the adjoint of z^1_1 of sample 1 is -inf");
    sample_end(&s);
}
END_TEST

START_TEST(test_what_a_convention_does_not_know_is_an_error)
{
    sample s;
    mazur_sample(&s);
    assert_fails(&s, NN_SQUARED, NN_ERR_ARGUMENT,
                 "the convention squared needs the cost sum_of_squares; this is half_sum_of_squares on sigmoid");
    sample_end(&s);
    generator g = {0};
    s = (sample){.shape = {1, 1, NULL, NN_SOFTMAX_CROSS_ENTROPY}, .x = {1}, .y = {0.5, 0.25}};
    s.layer[0] = (nn_layer){.width = 2, .activation = NN_SOFTMAX};
    sample_begin(&s, 1, &g);
    assert_fails(&s, NN_LOGISTIC, NN_ERR_ARGUMENT,
                 "the convention logistic: with softmax_cross_entropy the targets must add up to 1, not 0.75");
    sample_end(&s);
}
END_TEST

START_TEST(test_tape_that_refuses_is_an_error)
{
    sample s;
    mazur_sample(&s);
    ck_assert_int_eq(ad_tape_limit(s.tape, ad_tape_stats(s.tape).nodes + 7), AD_OK);
    nn_delta_report report;
    nn_error error = {NN_OK, ""};
    ck_assert_int_eq(nn_check_delta(s.net, NN_HALF_MEAN, s.x, s.y, &report, &error), NN_ERR_TAPE);
    ck_assert_str_eq(error.message, "ad_each: more than 19 nodes");
    ck_assert(report.memory == NULL);
    sample_end(&s);
}
END_TEST

/* -------------------------------------------------------------------------------------- memory */

/* Fails the k-th request, for all k until the check needs no more. */
START_TEST(test_check_without_memory_fails_and_leaks_nothing)
{
    const nn_convention convention = (nn_convention)_i;
    generator g = {(uint64_t)_i};
    sample s;
    square_layers(&s, &g, convention);
    size_t failures = 0;
    for (size_t k = 1;; k++) {
        failing_memory memory = {0};
        nn_delta_report report;
        nn_error error = {NN_OK, ""};
        ad_tape *tape = failing_tape(&memory);
        nn_mlp *net = nn_mlp_new(tape, &s.shape, &error);
        ck_assert_ptr_nonnull(net);
        ck_assert_int_eq(nn_mlp_init(net, NN_INIT_NORMAL, 1, &error), NN_OK);
        fail_at(&memory, k, k % 2 == 0);
        const nn_status status = nn_check_delta(net, convention, s.x, s.y, &report, &error);
        fail_at(&memory, 0, false);
        if (status == NN_OK) ck_assert(report.agrees);
        else {
            ck_assert_int_eq(status, NN_ERR_MEMORY);
            ck_assert_int_eq(error.status, NN_ERR_MEMORY);
            ck_assert(report.memory == NULL);
            failures++;
        }
        nn_delta_report_free(&report);
        assert_ok(tape);
        nn_mlp_free(net);
        ad_tape_free(tape);
        ck_assert(memory.held == 0 && !memory.wrong_size);
        if (status == NN_OK) break;
    }
    ck_assert_uint_ge(failures, 8);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    Suite *suite = suite_create("check_delta");
    TCase *agree = tcase_create("agree");
    tcase_set_timeout(agree, 120);
    tcase_add_loop_test(agree, test_tape_agrees_with_every_convention_on_random_networks, 0, NETWORKS);
    tcase_add_loop_test(agree, test_tape_agrees_where_neurons_are_saturated, 0, NETWORKS);
    tcase_add_test(agree, test_saturation_costs_the_form_of_the_output_its_digits_but_not_the_check);
    tcase_add_loop_test(agree, test_every_activation_and_cost_is_checked, 0, NN_COSTS * NN_SOFTMAX);
    suite_add_tcase(suite, agree);
    TCase *wrong = tcase_create("wrong forms");
    tcase_add_loop_test(wrong, test_wrong_form_is_found_out, 0, NN_CONVENTIONS * WRONG_NETWORKS);
    tcase_add_loop_test(wrong, test_form_that_does_nothing_is_found_out, 0, 2);
    tcase_add_test(wrong, test_report_says_where_the_difference_is);
    tcase_add_test(wrong, test_form_that_fails_ends_the_check_with_its_message);
    suite_add_tcase(suite, wrong);
    TCase *reports = tcase_create("report");
    tcase_add_loop_test(reports, test_report_has_the_numbers_of_mazur_on_both_sides, 0, 3);
    tcase_add_test(reports, test_report_shows_what_the_form_of_the_output_loses);
    tcase_add_test(reports, test_form_of_the_output_may_lose_everything_or_not_exist);
    tcase_add_loop_test(reports, test_nearly_right_network_agrees_within_its_noise, 0, 60);
    tcase_add_test(reports, test_noise_is_that_of_rounding_where_nothing_cancels);
    suite_add_tcase(suite, reports);
    TCase *tape = tcase_create("tape");
    tcase_add_test(tape, test_tape_is_as_it_was_but_for_the_gradient);
    tcase_add_test(tape, test_report_outlives_the_network);
    tcase_add_test(tape, test_number_that_is_not_finite_is_named);
    tcase_add_test(tape, test_adjoint_that_is_not_finite_is_named);
    tcase_add_test(tape, test_what_a_convention_does_not_know_is_an_error);
    tcase_add_test(tape, test_tape_that_refuses_is_an_error);
    suite_add_tcase(suite, tape);
    TCase *memory = tcase_create("memory");
    tcase_add_loop_test(memory, test_check_without_memory_fails_and_leaks_nothing, 0, NN_CONVENTIONS);
    suite_add_tcase(suite, memory);
    return run_suite(suite);
}
