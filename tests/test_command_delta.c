/* SPDX-License-Identifier: MIT */
/* `chainrule delta`: what it computes from its options, its messages, and how it shows a check that fails. */
#include "command_json.h"
#include "network_files.h"
#include "run_suite.h"

#include <delta_view.h>

#include <math.h>

/* Entry k of a tensor of layer l, on one of its sides. */
static double entry(json_t *all, size_t l, const char *tensor, const char *side, size_t k)
{
    json_t *layer = json_array_get(json_object_get(all, "layers"), l);
    json_t *number = json_array_get(json_object_get(json_object_get(layer, tensor), side), k);
    ck_assert_msg(json_is_number(number), "layer %zu has no %s[%zu]", l, tensor, k);
    return json_number_value(number);
}

static double parameter(json_t *all, size_t l, const char *name, size_t k)
{
    json_t *layer = json_array_get(json_object_get(all, "layers"), l);
    return json_number_value(json_array_get(json_object_get(layer, name), k));
}

#define assert_close(x, y, tolerance) \
    ck_assert_msg(fabs((x) - (y)) <= (tolerance), "%s is %.17g, not %.17g", #x, (double)(x), (double)(y))

/* ------------------------------------------------------------------------------------ what is computed */

#define MAZUR                                                                                           \
    "chainrule delta --sizes=2,2,2 --weights=.15,.20,.25,.30,.40,.45,.50,.55 --biases=.35,.35,.60,.60 " \
    "--inputs=.05,.10 --targets=.01,.99 "

START_TEST(test_json_has_the_numbers_of_mazur)
{
    static const char *const lines[] = {MAZUR "--json", MAZUR "--json --convention=per-neuron"};
    static const char *const sides[] = {"tape", "closed_form"};
    json_t *all = json_of(lines[_i]);
    for (int side = 0; side < 2; side++) {
        assert_close(entry(all, 1, "z", sides[side], 0), 0.3775, 1e-15);
        assert_close(entry(all, 2, "delta", sides[side], 0), 0.138498562, 5e-10);
        assert_close(entry(all, 2, "dw", sides[side], 0), 0.082167041, 5e-10);
        assert_close(entry(all, 1, "dw", sides[side], 0), 0.000438568, 5e-10);
    }
    ck_assert(json_is_true(json_object_get(all, "agrees")));
    ck_assert_int_eq(json_integer_value(json_object_get(all, "numbers")), 27);
    json_decref(all);
}
END_TEST

START_TEST(test_step_with_held_biases_has_the_total_of_mazur)
{
    char *out = output_of(MAZUR "--convention=per-neuron --rate=.5 --hold-biases --digits=12");
    ck_assert_ptr_nonnull(strstr(out, "L goes from 0.29837110876 to 0.291027773694. The biases are held"));
    ck_assert_ptr_nonnull(strstr(out, "0.14978071613"));
    free(out);
}
END_TEST

START_TEST(test_step_moves_the_biases_too)
{
    char *out = output_of(MAZUR "--convention=per-neuron --rate=.5 --digits=9");
    ck_assert_ptr_nonnull(strstr(out, "  b_5 "));
    ck_assert_ptr_nonnull(strstr(out, "0.530750719")); /* 0.60 - 0.5 * 0.138498562 */
    ck_assert_ptr_null(strstr(out, "held"));
    free(out);
}
END_TEST

/* The weights of row-minus-bias are the matrix W, its biases are subtracted. */
START_TEST(test_row_minus_bias_takes_its_own_matrices)
{
    json_t *all = json_of("chainrule delta --convention=row-minus-bias --sizes=2,3,1 --weights=1,2,3,4,5,6,7,8,9 "
                          "--biases=.1,.2,.3,.4 --json");
    static const double w[] = {1, 4, 2, 5, 3, 6};
    for (size_t k = 0; k < 6; k++) assert_close(parameter(all, 1, "w", k), w[k], 0);
    assert_close(parameter(all, 2, "w", 2), 9, 0);
    assert_close(parameter(all, 1, "b", 1), -0.2, 0);
    assert_close(parameter(all, 2, "b", 0), -0.4, 0);
    json_decref(all);
}
END_TEST

START_TEST(test_convention_and_cost_follow_from_each_other)
{
    static const struct {
        const char *options, *convention, *cost;
    } cases[] = {{"", "half-mean", "half_sum_of_squares"},
                 {"--convention=logistic", "logistic", "binary_cross_entropy"},
                 {"--convention=logistic --output=identity", "logistic", "half_sum_of_squares"},
                 {"--output=softmax", "logistic", "softmax_cross_entropy"},
                 {"--cost=softmax_cross_entropy", "logistic", "softmax_cross_entropy"},
                 {"--cost=sum_of_squares", "squared", "sum_of_squares"},
                 {"--convention=squared", "squared", "sum_of_squares"},
                 {"--cost=mean_of_squares", "half-mean", "mean_of_squares"},
                 {"--convention=per-neuron --output=softplus", "per-neuron", "half_sum_of_squares"},
                 {"--paths=2,1", "logistic", "binary_cross_entropy"}};
    char line[200];
    snprintf(line, sizeof line, "chainrule delta --json %s", cases[_i].options);
    json_t *all = json_of(line);
    ck_assert_str_eq(json_string_value(json_object_get(all, "convention")), cases[_i].convention);
    ck_assert_str_eq(json_string_value(json_object_get(all, "cost_function")), cases[_i].cost);
    json_decref(all);
}
END_TEST

START_TEST(test_what_is_drawn_follows_from_the_seed)
{
    char *one = output_of("chainrule delta --seed=7"), *again = output_of("chainrule delta --seed=7"),
         *other = output_of("chainrule delta --seed=8");
    ck_assert_str_eq(one, again);
    ck_assert(strcmp(one, other) != 0);
    free(one);
    free(again);
    free(other);
}
END_TEST

START_TEST(test_activations_and_skips_are_given_for_each_layer)
{
    json_t *all = json_of("chainrule delta --sizes=3,4,4,4 --activation=elu,leaky_relu --alpha=.25 --output=tanh "
                          "--skip=0,1,2 --no-bias --json");
    json_t *layers = json_object_get(all, "layers");
    static const char *const activations[] = {"elu", "leaky_relu", "tanh"};
    for (size_t l = 1; l <= 3; l++) {
        json_t *layer = json_array_get(layers, l);
        ck_assert_str_eq(json_string_value(json_object_get(layer, "activation")), activations[l - 1]);
        ck_assert_int_eq(json_integer_value(json_object_get(layer, "skip")), (json_int_t)l - 1);
        ck_assert(json_is_null(json_object_get(layer, "b")) && json_object_get(layer, "db") == NULL);
        if (l < 3) assert_close(json_number_value(json_object_get(layer, "alpha")), 0.25, 0);
    }
    json_decref(all);
}
END_TEST

START_TEST(test_one_skip_is_for_all_layers_that_are_wide_enough)
{
    json_t *all = json_of("chainrule delta --sizes=2,4,4,3,4,1 --skip=1 --json");
    static const int skips[] = {0, 0, 1, 0, 0, 0};
    for (size_t l = 1; l <= 5; l++) {
        json_t *layer = json_array_get(json_object_get(all, "layers"), l);
        ck_assert_int_eq(json_integer_value(json_object_get(layer, "skip")), skips[l]);
    }
    json_decref(all);
}
END_TEST

/* --------------------------------------------------------------------------------------- files */

/* Its inputs are scaled. */
static void make_files(void)
{
    enter_with_model((double[]){1, 2}, (double[]){0.5, 0.25});
    write_text("wrong.csv", "p,q,answer\n1,2,yes\n3,4,perhaps\n");
}

START_TEST(test_sample_of_a_model_is_scaled_and_encoded_as_it_wants)
{
    static const struct {
        const char *row;
        double x[2], y[2];
    } rows[] = {{"", {0, 0}, {0, 1}}, {"--row=2", {1, 0.5}, {1, 0}}, {"--row=3", {2, -1}, {0, 1}}};
    char line[100];
    snprintf(line, sizeof line, "chainrule delta --model=model --data=rows.csv --json %s", rows[_i].row);
    json_t *all = json_of(line), *x = json_object_get(all, "x"), *y = json_object_get(all, "y");
    for (size_t k = 0; k < 2; k++) {
        assert_close(json_number_value(json_array_get(x, k)), rows[_i].x[k], 0);
        assert_close(json_number_value(json_array_get(y, k)), rows[_i].y[k], 0);
    }
    ck_assert_str_eq(json_string_value(json_object_get(all, "convention")), "logistic");
    json_decref(all);
}
END_TEST

START_TEST(test_sample_says_where_it_is_from)
{
    char *out = output_of("chainrule delta --model=model --data=rows.csv --row=2");
    ck_assert_ptr_nonnull(strstr(out, "Sample      rows.csv, row 2, which is \"no\"; x = (1, 0.5), y = (1, 0)\n"));
    assert_readable(out, "a model");
    free(out);
}
END_TEST

START_TEST(test_data_serve_a_network_that_is_given_by_options)
{
    json_t *all = json_of("chainrule delta --data=xor --row=3 --sizes=2,2,1 --output=tanh --json");
    assert_close(json_number_value(json_array_get(json_object_get(all, "x"), 0)), 1, 0);
    assert_close(json_number_value(json_array_get(json_object_get(all, "y"), 0)), 1, 0);
    json_decref(all);
    all = json_of("chainrule delta --data=xor --row=1 --sizes=2,2,1 --output=tanh --json");
    assert_close(json_number_value(json_array_get(json_object_get(all, "y"), 0)), -1, 0);
    json_decref(all);
}
END_TEST

START_TEST(test_wrong_file_has_its_message)
{
    static const failure cases[] = {
        {"--model=nowhere", 1, "chainrule: nowhere: ..."},
        {"--model=rows.csv", 1, "chainrule: rows.csv:1: ..."},
        {"--model=model --data=nowhere", 1, "chainrule: nowhere: there is no such file or data set\n"},
        {"--model=model --data=wrong.csv", 1, "chainrule: wrong.csv:3: ..."},
        {"--model=model --data=rows.csv --row=4", 1, "chainrule: --row=4: rows.csv has 3 samples\n"},
        {"--data=rows.csv --sizes=3,1", 1, "chainrule: --data=rows.csv has 2 inputs, the network 3\n"},
        {"--data=rows.csv --sizes=2,3", 1, "chainrule: --data=rows.csv: 2 classes need 2 outputs or one, not 3\n"},
        {"--model=model --convention=squared", 1, "chainrule: the convention squared needs the cost ..."}};
    assert_refuses("delta", &cases[_i]);
}
END_TEST

/* ---------------------------------------------------------------------------------- what is shown */

START_TEST(test_readable_at_80_columns)
{
    static const char *const lines[] = {
        "chainrule delta --sizes=40,40,3 --convention=per-neuron --entries=5",
        "chainrule delta --sizes=12,11,10,11 --convention=row-minus-bias --activation=tanh --skip=0,0,0",
        "chainrule delta --sizes=5,4,4,4,4 --activation=gelu --skip=0,1,2,3 --digits=17",
        "chainrule delta --sizes=5,4,4,4,4 --convention=per-neuron --skip=0,1,2,3 --digits=9",
        "chainrule delta --sizes=3,4,10 --output=softmax --digits=1 --paths=2,3 --rate=0.1",
        "chainrule delta --sizes=3,30,10,9 --paths=2,3 --entries=2 --convention=logistic",
        "chainrule delta --sizes=2,9,9,1 --convention=squared --digits=12 --rate=1e-5 --init=fan_in",
        "chainrule delta --sizes=1,1,1,1,1,1,1,1,1,1,1,1 --activation=tanh --cost=mean_of_squares --output=identity",
        "chainrule delta --inputs=-1e-300,1e10 --weights=-1e10,1e-10,123456.789,1,-1e-200,3,1e5,.000012345,-7",
        "chainrule delta --sizes=2,2,2 --inputs=-0.123456,-0.000123456 --targets=-0.001234,1e-17 --output=identity",
        "chainrule delta --sizes=1,1 --weights=.5 --inputs=1 --targets=0.62245933120185459 --biases=0"};
    assert_prints_readable(lines[_i]);
}
END_TEST

START_TEST(test_colours_change_nothing_else)
{
    static const char line[] = "chainrule delta --paths=2,2 --sizes=1,2,1 --weights=40,1,2,3";
    char coloured_line[sizeof line + 20];
    snprintf(coloured_line, sizeof coloured_line, "%s --color=always", line);
    char *plain = output_of(line), *coloured = output_of(coloured_line);
    ck_assert_ptr_nonnull(strchr(coloured, '\033'));
    strip_colours(coloured);
    ck_assert_str_eq(plain, coloured);
    free(plain);
    free(coloured);
}
END_TEST

START_TEST(test_entries_left_out_are_counted)
{
    char *all = output_of("chainrule delta --sizes=2,5,1 --entries=100"),
         *few = output_of("chainrule delta --sizes=2,5,1 --entries=3");
    ck_assert_ptr_null(strstr(all, " more"));
    ck_assert_ptr_nonnull(strstr(all, "∂C/∂w^1_52 "));
    ck_assert_ptr_nonnull(strstr(few, "… 7 more"));
    ck_assert_ptr_null(strstr(few, "∂C/∂w^1_52 "));
    free(all);
    free(few);
}
END_TEST

START_TEST(test_rounding_that_limits_the_comparison_is_said)
{
    char *out =
        output_of("chainrule delta --sizes=1,1 --weights=.5 --inputs=1 --targets=0.62245933120185459 --biases=0");
    ck_assert_ptr_nonnull(strstr(out, "Rounding limits the comparison"));
    free(out);
}
END_TEST

/* ------------------------------------------------------------------------------ a check that fails */

static nn_status wrong_slope(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    const nn_status status = nn_delta_half_mean(net, x, y, n, error);
    for (size_t j = 0; j < 2; j++) net->layer[1].delta[j] = net->layer[1].da[j];
    return status;
}

static nn_status wrong_cost(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error)
{
    const nn_status status = nn_delta_half_mean(net, x, y, n, error);
    net->C *= 2;
    return status;
}

/* What the command would print of Mazur's network with this form. */
static char *shown_with(const nn_closed_forms *forms, void (*print)(FILE *to, delta_view *v))
{
    static const double x[] = {.05, .10}, y[] = {.01, .99};
    const nn_layer layers[] = {{.width = 2, .activation = NN_SIGMOID}, {.width = 2, .activation = NN_SIGMOID}};
    const nn_shape shape = {2, 2, layers, NN_HALF_SUM_OF_SQUARES};
    const double parameters[] = {.15, .20, .25, .30, .40, .45, .50, .55, .35, .35, .60, .60};
    char *text;
    size_t size;
    setlocale(LC_CTYPE, "C.UTF-8");
    FILE *to = open_memstream(&text, &size);
    ad_tape *tape = ad_tape_new();
    delta_view v = {
        .net = nn_mlp_new(tape, &shape, NULL), .convention = NN_HALF_MEAN, .x = x, .y = y, .digits = 4, .entries = 12};
    ck_assert_int_eq(ad_set_all(nn_parameters(v.net), parameters), AD_OK);
    ck_assert_int_eq(nn_check_delta_by(v.net, NN_HALF_MEAN, forms, x, y, &v.report, NULL), NN_OK);
    print(to, &v);
    nn_delta_report_free(&v.report);
    nn_mlp_free(v.net);
    ad_tape_free(tape);
    fclose(to);
    return text;
}

START_TEST(test_disagreement_is_shown_with_its_place)
{
    static const nn_closed_forms forms[] = {{.half_mean = wrong_slope}, {.half_mean = wrong_cost}};
    static const char *const places[] = {
        "Furthest apart is δ^1_2: 0.009954 on the tape and 0.04137 by the closed form, a\n",
        "Furthest apart is C: 0.2984 on the tape and 0.5967 by the closed form, a\n"};
    char *text = shown_with(&forms[_i], delta_print_text);
    ck_assert_ptr_nonnull(strstr(text, "\nTape and closed form do NOT agree\n"));
    ck_assert_ptr_null(strstr(text, "closed form agree"));
    ck_assert_msg(strstr(text, places[_i]) != NULL, "%s", text);
    assert_readable(text, "a check that fails");
    free(text);
}
END_TEST

START_TEST(test_disagreement_is_in_the_json)
{
    static const nn_closed_forms forms = {.half_mean = wrong_slope};
    char *text = shown_with(&forms, delta_print_json);
    json_t *all = parsed(text, "a check that fails");
    json_t *delta = json_object_get(json_array_get(json_object_get(all, "layers"), 1), "delta");
    ck_assert(json_is_false(json_object_get(all, "agrees")));
    ck_assert(json_is_false(json_object_get(delta, "agrees")));
    ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(delta, "at"), 0)), 1);
    json_decref(all);
    free(text);
}
END_TEST

/* ---------------------------------------------------------------------------------------- messages */

static const failure failures[] = {
    {"foo", 2, "chainrule delta: 'foo' is no option; a list has commas and no spaces\n..."},
    {"--frob", 2, "chainrule delta: unrecognized option '--frob'\n..."},
    {"--sizes=2", 2, "chainrule: --sizes: a network has at least two: the inputs and the outputs, as in 2,1\n"},
    {"--sizes=2,1.5", 2, "chainrule: --sizes: expected whole numbers from 1 to 100000, as in 2,3,1\n"},
    {"--sizes=2,,1", 2, "chainrule: --sizes: '' is no number; numbers have commas between them, as in 0.1,-2,3e-4\n"},
    {"--sizes=2,0,1", 2, "chainrule: --sizes: expected whole numbers from 1 to 100000, as in 2,3,1\n"},
    {"--sizes=20000,20000,20000,20000,20000,20000,20000", 1,
     "chainrule: layer 6: width: with 20000 weights each, 20000 units are too many\n"},
    {"--cost=foo", 2,
     "chainrule: --cost=foo: expected one of half_sum_of_squares, sum_of_squares, mean_of_squares, "
     "binary_cross_entropy, softmax_cross_entropy\n"},
    {"--convention=foo", 2,
     "chainrule: --convention=foo: expected one of logistic, squared, half-mean, row-minus-bias, per-neuron\n"},
    {"--init=foo", 2, "chainrule: --init=foo: expected one of fan_in, glorot, he, normal\n"},
    {"--output=foo", 2, "chainrule: --output=foo: expected one of identity, sigmoid, tanh, ..."},
    {"--activation=tanh,relu", 2,
     "chainrule: --activation=tanh,relu: expected one name, or one for each hidden layer, of which there is 1\n"},
    {"--skip=1", 2, "chainrule: --skip=1: no hidden layer is as wide as the one 1 layer before it\n"},
    {"--skip=0,1,1", 2,
     "chainrule: --skip=0,1,1: expected one number, or one for each layer after the input, of which there are 2; 0: "
     "none\n"},
    {"--skip=0,1", 1, "chainrule: layer 2: skip: layer 1 is 3 wide, this one 1\n"},
    {"--weights=1,2", 2,
     "chainrule: --weights: 2 numbers are given, but 9 needed: 3 x 2 for layer 1, then 1 x 3 for layer 2\n"},
    {"--biases=1", 2, "chainrule: --biases: 1 number is given, but 4 needed: 3 for layer 1, then 1 for layer 2\n"},
    {"--biases=1 --no-bias", 2, "chainrule: --biases and --no-bias exclude each other\n"},
    {"--model=m --sizes=2,1", 2, "chainrule: --model and --sizes exclude each other\n"},
    {"--model=m --no-bias", 2, "chainrule: --model and --no-bias exclude each other\n"},
    {"--data=xor --inputs=1,2", 2, "chainrule: --data and --inputs exclude each other\n"},
    {"--row=2", 2, "chainrule: --row needs --data\n"},
    {"--row=0 --data=xor", 2, "chainrule delta: --row=0: expected a whole number from 1 to 1000000000\n..."},
    {"--inputs=1,2,3", 2, "chainrule: --inputs: 3 numbers are given, but 2 needed: one for each input\n"},
    {"--inputs=1,nan", 2, "chainrule: --inputs: 'nan' is no number; ..."},
    {"--inputs=1,1e999", 2, "chainrule: --inputs: '1e999' is no number; ..."},
    {"--targets=1,2", 2, "chainrule: --targets: 2 numbers are given, but 1 needed: one for each output\n"},
    {"--convention=squared --cost=mean_of_squares", 1,
     "chainrule: the convention squared needs the cost sum_of_squares; this is mean_of_squares on sigmoid\n"},
    {"--convention=row-minus-bias --sizes=2,2,2 --skip=0,1", 1,
     "chainrule: the convention row-minus-bias has no skip connections, and layer 2 has one; ..."},
    {"--cost=softmax_cross_entropy --sizes=2,3 --targets=1,1,0", 1,
     "chainrule: the convention logistic: with softmax_cross_entropy the targets must add up to 1, not 2\n"},
    {"--inputs=1e308,1e308 --weights=1e10,1,1,1,1,1,1,1,1", 1, "chainrule: z^1_1 of sample 1 is inf\n"},
    {"--paths=2", 2, "chainrule delta: --paths=2: expected a layer and a neuron, as in 2,1\n..."},
    {"--paths=1,1", 2, "chainrule delta: --paths=1: expected a whole number from 2 to 1000000\n..."},
    {"--paths=2,9 --json", 1,
     "chainrule: there is no z^(2)_9: layers with a weighted input are 2 to 3, units count from 1\n"},
    {"--alpha=0 --activation=elu", 2, "chainrule: --alpha=0: leaky_relu or elu with 0 is relu\n"},
    {"--sizes=1,1 --inputs=1e10 --weights=1e-10 --rate=1e308 --json", 1,
     "chainrule: after the step: w^1_{1,1} is -inf\n"},
    {"--paths=2,9", 1, "chainrule: there is no z^(2)_9: layers with a weighted input are 2 to 3, units count from 1\n"},
    {"--paths=2,1 --convention=squared", 2, "chainrule: --paths goes with --convention=logistic, not with squared\n"},
    {"--paths=2,1 --sizes=1,2,101,100,100", 1, "chainrule: more than 1000000 paths lead from z^(2)_1 to the cost; ..."},
    {"--rate=0", 2, "chainrule delta: --rate=0: expected a number above 0\n..."},
    {"--seed=-1", 2, "chainrule delta: --seed=-1: expected a whole number from 0 to 9007199254740992\n..."},
    {"--digits=18", 2, "chainrule delta: --digits=18: expected a whole number from 1 to 17\n..."},
    {"--entries=0", 2, "chainrule delta: --entries=0: expected a whole number from 1 to 1000000000\n..."},
    {"--color=red", 2, "chainrule delta: --color=red: expected auto, always or never\n..."},
    {">/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_its_exit_code_and_no_output) { assert_refuses("delta", &failures[_i]); }
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("command_delta");
    add(suite, "mazur", test_json_has_the_numbers_of_mazur, 2);
    add(suite, "mazur's step", test_step_with_held_biases_has_the_total_of_mazur, 1);
    add(suite, "step", test_step_moves_the_biases_too, 1);
    add(suite, "matrices", test_row_minus_bias_takes_its_own_matrices, 1);
    add(suite, "defaults", test_convention_and_cost_follow_from_each_other, 10);
    add(suite, "seed", test_what_is_drawn_follows_from_the_seed, 1);
    add(suite, "skips", test_one_skip_is_for_all_layers_that_are_wide_enough, 1);
    add(suite, "layers", test_activations_and_skips_are_given_for_each_layer, 1);
    add_between(suite, "model and data", test_sample_of_a_model_is_scaled_and_encoded_as_it_wants, 3, make_files,
                leave_directory);
    add_between(suite, "where from", test_sample_says_where_it_is_from, 1, make_files, leave_directory);
    add(suite, "data", test_data_serve_a_network_that_is_given_by_options, 1);
    add_between(suite, "wrong files", test_wrong_file_has_its_message, 8, make_files, leave_directory);
    add(suite, "readable", test_readable_at_80_columns, 11);
    add(suite, "colours", test_colours_change_nothing_else, 1);
    add(suite, "entries", test_entries_left_out_are_counted, 1);
    add(suite, "rounding", test_rounding_that_limits_the_comparison_is_said, 1);
    add(suite, "disagreement", test_disagreement_is_shown_with_its_place, 2);
    add(suite, "disagreement in json", test_disagreement_is_in_the_json, 1);
    add(suite, "errors", test_error_has_its_message_its_exit_code_and_no_output, sizeof failures / sizeof *failures);
    return run_suite(suite);
}
