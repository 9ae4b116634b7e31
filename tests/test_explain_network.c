/* SPDX-License-Identifier: MIT */
/* The numbers of `chainrule explain` on a network beside a textbook's loops, for programs and as text. */
#include "explained.h"
#include "run_suite.h"

/* Both sides of a number. */
static void assert_both(json_t *object, double x, const char *what)
{
    assert_close(number(object, "tape"), x, 1e-13, what);
    assert_close(number(object, "closed_form"), x, 1e-13, what);
}

/* --------------------------------------------------------------------------- every number, for programs */

static double of_tensor(json_t *layer, const char *tensor, const char *side, size_t entry)
{
    return json_number_value(json_array_get(json_object_get(json_object_get(layer, tensor), side), entry));
}

static void assert_tensor(json_t *layer, const char *tensor, size_t entry, double x)
{
    assert_close(of_tensor(layer, tensor, "tape", entry), x, 1e-13, tensor);
    assert_close(of_tensor(layer, tensor, "closed_form", entry), x, 1e-13, tensor);
}

START_TEST(test_layers_have_the_numbers_of_a_textbook)
{
    const int convention = _i / SHAPES;
    const textbook t = network_of(convention, _i % SHAPES);
    json_t *all = json_for("explain --by=layer --json", &t, convention), *layers = json_object_get(all, "layers");
    for (size_t l = 1; l <= t.n.depth; l++) {
        json_t *layer = json_array_get(layers, l);
        for (size_t j = 0; j < t.n.width[l]; j++) {
            assert_tensor(layer, "z", j, t.p.z[l][j]);
            assert_tensor(layer, "a", j, t.p.a[l][j]);
            assert_tensor(layer, "delta", j, t.p.dz[l][j]);
            if (convention == S1) assert_tensor(layer, "da", j, t.p.da[l][j]);
            else ck_assert_ptr_null(json_object_get(layer, "da"));
            assert_tensor(layer, "db", j, t.p.dz[l][j]);
            for (size_t k = 0; k < t.n.width[l - 1]; k++)
                assert_tensor(layer, "dw", j * t.n.width[l - 1] + k, t.p.dw[l][j][k]);
        }
    }
    for (size_t k = 0; k < t.n.width[0]; k++) assert_tensor(json_array_get(layers, 0), "da", k, t.p.da[0][k]);
    assert_tensor(all, "cost", 0, t.p.cost);
    json_decref(all);
}
END_TEST

static void assert_neuron(json_t *neuron, const textbook *t, size_t l, size_t j, double sign)
{
    json_t *weights = json_object_get(neuron, "weights"), *received = json_object_get(neuron, "received"),
           *bias = json_object_get(neuron, "bias");
    assert_both(json_object_get(neuron, "z"), t->p.z[l][j], "z");
    assert_both(json_object_get(neuron, "a"), t->p.a[l][j], "a");
    assert_both(json_object_get(neuron, "delta"), sign * t->p.dz[l][j], "delta");
    assert_both(json_object_get(bias, "gradient"), sign * t->p.dz[l][j], "db");
    assert_close(number(bias, "value"), sign * t->n.b[l][j], 0, "b");
    ck_assert_uint_eq(json_array_size(weights), t->n.width[l - 1]);
    for (size_t k = 0; k < t->n.width[l - 1]; k++) {
        assert_both(json_object_get(json_array_get(weights, k), "gradient"), t->p.dw[l][j][k], "dw");
        assert_close(number(json_array_get(weights, k), "value"), t->n.w[l][j][k], 0, "w");
    }
    ck_assert_uint_eq(json_array_size(received), l < t->n.depth ? t->n.width[l + 1] : 0);
    for (size_t k = 0; k < json_array_size(received); k++)
        assert_both(json_array_get(received, k), sign * t->n.w[l + 1][k][j] * t->p.dz[l + 1][k], "received");
}

START_TEST(test_neurons_have_the_numbers_of_a_textbook)
{
    const int convention = _i / SHAPES;
    const textbook t = network_of(convention, _i % SHAPES);
    json_t *all = json_for("explain --by=neuron --json", &t, convention), *neurons = json_object_get(all, "neurons");
    size_t at = 0;
    for (size_t l = 1; l <= t.n.depth; l++)
        for (size_t j = 0; j < t.n.width[l]; j++)
            assert_neuron(json_array_get(neurons, at++), &t, l, j, convention == S3 ? -1 : 1);
    ck_assert_uint_eq(json_array_size(neurons), at);
    json_decref(all);
}
END_TEST

/* z of the third layer and, by the skip connection, its output lead back to the first. */
START_TEST(test_what_a_neuron_receives_by_a_skip_connection_is_listed)
{
    json_t *all = json_of("chainrule explain --by=neuron --json --convention=per-neuron --sizes=2,2,2,1 --skip=0,1,0"),
           *layers = json_object_get(all, "layers"), *neurons = json_object_get(all, "neurons");
    for (size_t j = 0; j < 2; j++) {
        json_t *neuron = json_array_get(neurons, j), *received = json_object_get(neuron, "received"), *one;
        const double z = of_tensor(json_array_get(layers, 1), "z", "tape", j);
        double sum = 0;
        size_t k;
        json_array_foreach(received, k, one) sum += number(one, "tape");
        ck_assert_uint_eq(json_array_size(received), 3);
        one = json_array_get(received, 2);
        ck_assert(number(one, "from_layer") == 2 && number(one, "from_unit") == (double)j);
        assert_both(json_object_get(neuron, "delta"), sum * book_slope("sigmoid", z), "delta");
    }
    json_decref(all);
}
END_TEST

START_TEST(test_paths_are_listed_for_programs)
{
    const textbook t = network_of(S0, 1);
    json_t *all = json_for("explain --paths=2,1 --json", &t, S0), *paths = json_object_get(all, "paths"),
           *list = json_object_get(paths, "list"), *path;
    double sum = 0;
    size_t k;
    ck_assert_uint_eq(json_array_size(list), t.n.width[2] * t.n.width[3]);
    json_array_foreach(list, k, path)
    {
        json_t *units = json_object_get(path, "units");
        const size_t i = (size_t)json_integer_value(json_array_get(json_array_get(units, 1), 1)) - 1,
                     o = (size_t)json_integer_value(json_array_get(json_array_get(units, 2), 1)) - 1;
        ck_assert_uint_eq(json_array_size(units), 3);
        assert_close(number(path, "product"),
                     t.p.dz[3][o] * t.n.w[3][o][i] * t.p.slope[2][i] * t.n.w[2][i][0] * t.p.slope[1][0], 1e-13, "path");
        sum += number(path, "product");
    }
    assert_close(sum, t.p.dz[1][0], 1e-13, "the sum of the paths");
    assert_close(number(paths, "sum"), t.p.dz[1][0], 1e-13, "their sum");
    json_decref(all);
}
END_TEST

/* ----------------------------------------------------------------------------------- names of each note */

typedef enum kind { Z, A, DELTA, W, B, DW, DB, DX } kind;

/* Units of layers in a row, from 1, as per-neuron counts. */
static size_t neuron_of(const textbook *t, size_t l, size_t j)
{
    size_t n = j + 1;
    for (size_t m = 0; m < l; m++) n += t->n.width[m];
    return n;
}

static const char *name_logistic(char *text, kind what, size_t l, size_t j, size_t k)
{
    static const char *const formats[] = {"z^(%zu)_%zu",        "a^(%zu)_%zu",    "δ^(%zu)_%zu",
                                          "θ^(%zu)_%zu%zu",     "θ^(%zu)_%zu%zu", "∂C/∂θ^(%zu)_%zu%zu",
                                          "∂C/∂θ^(%zu)_%zu%zu", "∂C/∂a^(%zu)_%zu"};
    const bool is_parameter = what >= W && what <= DB;
    sprintf(text, formats[what], is_parameter ? l : l + 1, j, what == B || what == DB ? 0 : k);
    return text;
}

static const char *name_squared(char *text, const textbook *t, kind what, size_t l, size_t j, size_t k)
{
    static const char *const formats[] = {"z^[%zu]_%zu", "a^[%zu]_%zu",     "dz^[%zu]_%zu", "W^[%zu]_%zu%zu",
                                          "b^[%zu]_%zu", "dW^[%zu]_%zu%zu", "db^[%zu]_%zu", "da^[%zu]_%zu"};
    static const char *const chain[] = {"z^(%zu)", "a^(%zu)",      "∂C₀/∂z^(%zu)", "w^(%zu)",
                                        "b^(%zu)", "∂C₀/∂w^(%zu)", "∂C₀/∂b^(%zu)", "∂C₀/∂a^(%zu)"};
    sprintf(text, (t->n.width[0] == 1 ? chain : formats)[what], l, j, k);
    return text;
}

static const char *name_half_mean(char *text, kind what, size_t l, size_t j, size_t k)
{
    static const char *const formats[] = {"z^%zu_%zu", "a^%zu_%zu",        "δ^%zu_%zu",     "w^%zu_%zu%zu",
                                          "b^%zu_%zu", "∂C/∂w^%zu_%zu%zu", "∂C/∂b^%zu_%zu", "∂C/∂a^%zu_%zu"};
    sprintf(text, formats[what], l, j, k);
    return text;
}

/* All networks here have at most three layers, and so letters. */
static const char *name_row(char *text, const textbook *t, kind what, size_t l, size_t j, size_t k)
{
    static const char *const outputs[] = {"x", "hidden₁", "hidden₂"};
    const char *output = l == t->n.depth ? "ŷ" : outputs[l];
    switch (what) {
    case Z: sprintf(text, "z_%zu[%zu]", l, j); break;
    case A: sprintf(text, "%s[%zu]", output, j); break;
    case W: sprintf(text, "%c[%zu,%zu]", " ABC"[l], k, j); break;
    case B: sprintf(text, "%c[%zu]", " abc"[l], j); break;
    case DW: sprintf(text, "∂E/∂%c[%zu,%zu]", " ABC"[l], k, j); break;
    case DELTA:
    case DB: sprintf(text, "∂E/∂%c[%zu]", " abc"[l], j); break;
    case DX: sprintf(text, "∂E/∂%s[%zu]", output, j); break;
    }
    return text;
}

static const char *name_neuron(char *text, const textbook *t, kind what, size_t l, size_t j, size_t k)
{
    static const char *const formats[] = {"z_%zu", "o_%zu",        "δ_%zu",     "w_%zu%zu",
                                          "b_%zu", "∂L/∂w_%zu%zu", "∂L/∂b_%zu", "∂L/∂o_%zu"};
    const size_t q = neuron_of(t, l, j - 1), p = what == W || what == DW ? neuron_of(t, l - 1, k - 1) : 0;
    if (p > 0 && q > 9) sprintf(text, what == W ? "w_{%zu,%zu}" : "∂L/∂w_{%zu,%zu}", p, q);
    else if (p > 0) sprintf(text, formats[what], p, q);
    else sprintf(text, formats[what], q);
    return text;
}

/* l, j and k as the textbook counts them, j and k from 0. */
static const char *name_of(char *text, const textbook *t, int convention, kind what, size_t l, size_t j, size_t k)
{
    switch (convention) {
    case S0: return name_logistic(text, what, l, j + 1, k + 1);
    case S1: return name_squared(text, t, what, l, j + 1, k + 1);
    case S2: return name_half_mean(text, what, l, j + 1, k + 1);
    case S3: return name_row(text, t, what, l, j + 1, k + 1);
    default: return name_neuron(text, t, what, l, j + 1, k + 1);
    }
}

/* ----------------------------------------------------------------------------------------- the tape's nodes */

static void assert_node(json_t *all, const char *name, const char *field, double x)
{
    json_t *node = node_called(all, name);
    char closed[40];
    snprintf(closed, sizeof closed, "closed_%s", field);
    assert_close(number(node, field), x, 1e-13, name);
    assert_close(number(node, closed), x, 1e-13, name);
}

/* The names of row-minus-bias' nodes that the tape adds. */
static const char *bias_on_tape(char *text, const textbook *t, int convention, size_t l, size_t j)
{
    char name[60];
    name_of(name, t, convention, B, l, j, 0);
    sprintf(text, convention == S3 ? "−%s" : "%s", name);
    return text;
}

START_TEST(test_nodes_have_the_numbers_of_a_textbook)
{
    const int convention = _i / SHAPES;
    const textbook t = network_of(convention, _i % SHAPES);
    json_t *all = json_for("explain --by=node --json", &t, convention);
    char name[60];
    for (size_t l = 1; l <= t.n.depth; l++)
        for (size_t j = 0; j < t.n.width[l]; j++) {
            assert_node(all, name_of(name, &t, convention, Z, l, j, 0), "value", t.p.z[l][j]);
            assert_node(all, name, "adjoint", t.p.dz[l][j]);
            assert_node(all, name_of(name, &t, convention, A, l, j, 0), "value", t.p.a[l][j]);
            if (l < t.n.depth || convention != S0) assert_node(all, name, "adjoint", t.p.da[l][j]);
            assert_node(all, bias_on_tape(name, &t, convention, l, j), "adjoint", t.p.dz[l][j]);
            assert_close(number(node_called(all, name), "value"), t.n.b[l][j], 0, name);
            for (size_t k = 0; k < t.n.width[l - 1]; k++)
                assert_node(all, name_of(name, &t, convention, W, l, j, k), "adjoint", t.p.dw[l][j][k]);
        }
    for (size_t k = 0; k < t.n.width[0]; k++)
        assert_node(all, name_of(name, &t, convention, A, 0, k, 0), "adjoint", t.p.da[0][k]);
    static const char *const costs[CONVENTIONS] = {"C", "C₀", "C", "E", "L"};
    assert_node(all, costs[convention], "value", t.p.cost);
    ck_assert(json_is_null(json_object_get(all, "formula")) && json_is_null(json_object_get(all, "gradient")));
    ck_assert(json_is_true(json_object_get(json_object_get(all, "network"), "agrees")));
    json_decref(all);
}
END_TEST

START_TEST(test_no_two_nodes_have_the_same_label)
{
    static const char *const networks[] = {"--sizes=3,12,11,2 --convention=half-mean",
                                           "--sizes=2,3 --output=softmax",
                                           "--sizes=3,4,4,4 --skip=0,1,2 --convention=per-neuron",
                                           "--sizes=3,4,4,4 --skip=0,1,2 --convention=half-mean",
                                           "--sizes=2,2,2,2,2 --convention=row-minus-bias",
                                           "--sizes=2,2,2 --output=identity --activation=identity --no-bias"};
    char line[200];
    snprintf(line, sizeof line, "chainrule explain --by=node --json %s", networks[_i]);
    json_t *all = json_of(line), *seen = json_object(), *node;
    size_t k;
    json_array_foreach(json_object_get(all, "nodes"), k, node)
    {
        const char *label = json_string_value(json_object_get(node, "label"));
        ck_assert_msg(json_object_get(seen, label) == NULL, "%s: %s is there twice", line, label);
        json_object_set_new(seen, label, json_true());
    }
    json_decref(seen);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------- every number, as text */

/* The two numbers of a row that begins with this name; behind `from`. */
static void assert_row(const char *from, const char *name, double x)
{
    const size_t n = strlen(name);
    for (const char *line = from; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "  ", 2) != 0 || strncmp(line + 2, name, n) != 0 || line[2 + n] != ' ') continue;
        char *end;
        const double tape = strtod(line + 2 + n, &end), form = strtod(end, NULL);
        if (end == line + 2 + n) continue;
        assert_close(tape, x, 2e-6, name);
        assert_close(form, x, 2e-6, name);
        return;
    }
    ck_abort_msg("no row begins with %s", name);
}

/* Neuron by neuron there is also what a neuron has received in all; row-minus-bias hands on the negative of it. */
static void assert_received(const char *text, const textbook *t, int convention, size_t l, size_t j)
{
    char name[60], signed_name[80];
    if (l == t->n.depth && convention == S0) return;
    sprintf(signed_name, "%s%s", convention == S3 ? "−" : "", name_of(name, t, convention, DX, l, j, 0));
    assert_row(strstr(text, "Backward"), signed_name, (convention == S3 ? -1 : 1) * t->p.da[l][j]);
}

START_TEST(test_text_has_each_number_by_its_name)
{
    const int convention = _i / (SHAPES * WAYS), shape = _i / WAYS % SHAPES;
    const textbook t = network_of(convention, shape);
    char command[80], name[60];
    snprintf(command, sizeof command, "explain --entries=99 --digits=7 --by=%s", ways[_i % WAYS]);
    char *text = text_for(command, &t, convention);
    const double sign = convention == S3 ? -1 : 1;
    for (size_t l = 1; l <= t.n.depth; l++)
        for (size_t j = 0; j < t.n.width[l]; j++) {
            assert_row(text, name_of(name, &t, convention, Z, l, j, 0), t.p.z[l][j]);
            assert_row(text, name_of(name, &t, convention, A, l, j, 0), t.p.a[l][j]);
            assert_row(text, name_of(name, &t, convention, DELTA, l, j, 0), sign * t.p.dz[l][j]);
            assert_row(text, name_of(name, &t, convention, DB, l, j, 0), sign * t.p.dz[l][j]);
            if (_i % WAYS == 1 || convention == S1) assert_received(text, &t, convention, l, j);
            for (size_t k = 0; k < t.n.width[l - 1]; k++)
                assert_row(text, name_of(name, &t, convention, DW, l, j, k), t.p.dw[l][j][k]);
        }
    for (size_t k = 0; k < t.n.width[0]; k++)
        assert_row(text, name_of(name, &t, convention, DX, 0, k, 0), t.p.da[0][k]);
    ck_assert_ptr_nonnull(strstr(text, "\nTape and closed form agree\n"));
    free(text);
}
END_TEST

START_TEST(test_neuron_says_what_it_receives_and_from_which)
{
    const textbook t = network_of(S4, 0);
    char *text = text_for("explain --by=neuron --digits=7", &t, S4);
    const char *hidden = strstr(strstr(text, "Backward"), "\nneuron 3 ");
    ck_assert_ptr_nonnull(hidden);
    assert_row(hidden, "from neuron 6", t.n.w[2][0][0] * t.p.dz[2][0]);
    assert_row(hidden, "∂L/∂o_3", t.p.da[1][0]);
    ck_assert_ptr_nonnull(strstr(hidden, "δ_6·w_36"));
    ck_assert_ptr_nonnull(strstr(hidden, "f′(z_3) · ∂L/∂o_3"));
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- the step */

static textbook mazur(void)
{
    static const double w[2][2][2] = {{{.15, .20}, {.25, .30}}, {{.40, .45}, {.50, .55}}}, b[2] = {.35, .60};
    textbook t = {.n = {.hidden = "sigmoid", .output = "sigmoid", .factor = 1}, .x = {.05, .10}, .y = {.01, .99}};
    book_sizes(&t.n, "2,2,2");
    for (size_t l = 1; l <= 2; l++)
        for (size_t j = 0; j < 2; j++) {
            t.n.b[l][j] = b[l - 1];
            for (size_t k = 0; k < 2; k++) t.n.w[l][j][k] = w[l - 1][j][k];
        }
    book_run(&t.n, t.x, t.y, &t.p);
    return t;
}

/* The line of --help, as it is pasted. */
START_TEST(test_mazur_costs_are_those_that_follow_from_one_step_at_once)
{
    textbook t = mazur();
    const double before = t.p.cost;
    char command[100], expected[100];
    snprintf(command, sizeof command, "explain --by=%s --rate=.5 --hold-biases --digits=9", ways[_i]);
    char *text = text_for(command, &t, S4);
    take_step(&t, 0.5, false);
    snprintf(expected, sizeof expected, "L goes from %.9f to %.9f. The biases are held", before, t.p.cost);
    ck_assert_str_eq(expected, "L goes from 0.298371109 to 0.291027774. The biases are held");
    ck_assert_ptr_nonnull(strstr(text, expected));
    ck_assert_ptr_null(strstr(text, "0.291027924"));
    free(text);
}
END_TEST

static void assert_parameters(const book_net *n, const json_t *layers, const char *weights, const char *biases)
{
    for (size_t l = 1; l <= n->depth; l++) {
        const json_t *w = json_object_get(json_array_get(layers, l - 1), weights),
                     *b = json_object_get(json_array_get(layers, l - 1), biases);
        for (size_t j = 0; j < n->width[l]; j++) {
            assert_close(json_number_value(json_array_get(b, j)), n->b[l][j], 1e-13, biases);
            for (size_t k = 0; k < n->width[l - 1]; k++)
                assert_close(json_number_value(json_array_get(w, j * n->width[l - 1] + k)), n->w[l][j][k], 1e-13,
                             weights);
        }
    }
}

START_TEST(test_step_changes_every_parameter_by_its_gradient)
{
    const int convention = _i / 2;
    const bool hold = _i % 2;
    textbook t = network_of(convention, 1);
    const textbook before = t;
    json_t *all = json_for(hold ? "explain --json --learning-rate=0.25 --hold-biases" : "explain --json --rate=0.25",
                           &t, convention),
           *step = json_object_get(all, "step"), *layers = json_object_get(step, "layers");
    take_step(&t, 0.25, !hold);
    assert_close(number(step, "cost_before"), before.p.cost, 1e-13, "the cost before");
    assert_close(number(step, "cost_after"), t.p.cost, 1e-13, "the cost after");
    assert_close(number(step, "cost_after_closed_form"), t.p.cost, 1e-13, "the cost after, by the closed form");
    assert_parameters(&t.n, layers, "w", "b");
    assert_parameters(&t.n, layers, "w_closed_form", "b_closed_form");
    json_decref(all);
}
END_TEST

START_TEST(test_neuron_writes_the_update_of_its_weights)
{
    textbook t = mazur();
    char *text = text_for("explain --by=neuron --rate=.5 --digits=9", &t, S4);
    ck_assert_ptr_nonnull(strstr(text, "\n  w_35 ← 0.4 − 0.5·0.0821670406 = 0.35891648\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  w_36 ← 0.5 − 0.5·(-0.0226025405) = 0.51130127\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  b_5 ← 0.6 − 0.5·"));
    free(text);
    text = text_for("explain --by=neuron --rate=.5 --hold-biases", &t, S4);
    ck_assert_ptr_null(strstr(text, "b_5 ←"));
    free(text);
}
END_TEST

/* In row-minus-bias b is subtracted: dE/db is -dE/dz, and a step adds to b. */
START_TEST(test_subtracted_biases_have_the_sign_of_the_note)
{
    const textbook t = network_of(S3, 0);
    json_t *all = json_for("explain --by=neuron --json --rate=2", &t, S3);
    json_t *bias = json_object_get(json_array_get(json_object_get(all, "neurons"), 0), "bias");
    ck_assert_str_eq(json_string_value(json_object_get(bias, "name")), "a[1]");
    assert_close(number(bias, "value"), -t.n.b[1][0], 0, "a[1]");
    assert_close(number(bias, "after"), -t.n.b[1][0] + 2 * t.p.dz[1][0], 1e-13, "a[1] after");
    json_decref(all);
    char *text = text_for("explain --by=node", &t, S3);
    ck_assert_ptr_nonnull(strstr(text, "it has a node −b"));
    ck_assert_ptr_nonnull(strstr(text, "z_1[1] = Σ_1[1] + (−a[1])"));
    ck_assert_ptr_nonnull(strstr(text, "∂z_1[1]/∂(−a[1]) = 1\n"));
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("explain_network");
    add(suite, "layers", test_layers_have_the_numbers_of_a_textbook, CONVENTIONS * SHAPES);
    add(suite, "neurons", test_neurons_have_the_numbers_of_a_textbook, CONVENTIONS * SHAPES);
    add(suite, "nodes", test_nodes_have_the_numbers_of_a_textbook, CONVENTIONS * SHAPES);
    add(suite, "neurons", test_what_a_neuron_receives_by_a_skip_connection_is_listed, 1);
    add(suite, "paths", test_paths_are_listed_for_programs, 1);
    add(suite, "labels", test_no_two_nodes_have_the_same_label, 6);
    add(suite, "text", test_text_has_each_number_by_its_name, CONVENTIONS * SHAPES * WAYS);
    add(suite, "received", test_neuron_says_what_it_receives_and_from_which, 1);
    add(suite, "mazur", test_mazur_costs_are_those_that_follow_from_one_step_at_once, WAYS);
    add(suite, "step", test_step_changes_every_parameter_by_its_gradient, CONVENTIONS * 2);
    add(suite, "updates", test_neuron_writes_the_update_of_its_weights, 1);
    add(suite, "signs", test_subtracted_biases_have_the_sign_of_the_note, 1);
    return run_suite(suite);
}
