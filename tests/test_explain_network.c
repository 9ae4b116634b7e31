/* SPDX-License-Identifier: MIT */
/* `chainrule explain` on a network: its numbers beside a textbook's loops, the names and formulas of each convention,
 * and its messages. */
#include "run_suite.h"
#include "test_command.h"
#include "textbook.h"

#include <nn/nn.h>

#include <jansson.h>

enum { CONVENTIONS = 5, SHAPES = 3, WAYS = 3 };
static const char *const ways[WAYS] = {"layer", "neuron", "node"};
static const char *const conventions[CONVENTIONS] = {"logistic", "squared", "half-mean", "row-minus-bias",
                                                     "per-neuron"};
enum { S0, S1, S2, S3, S4 };

/* --------------------------------------------------------------------------- networks, and commands for them */

/* Numbers of two decimals, so that the command reads exactly what the textbook has. */
static double draw(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return ((int)(*state >> 16) % 400 - 200) / 100.0;
}

/* A network with its sample, and what the textbook makes of it. */
typedef struct textbook {
    book_net n;
    book_pass p;
    double x[BOOK_UNITS], y[BOOK_UNITS];
} textbook;

static textbook network_of(int convention, int shape)
{
    static const char *const sizes[SHAPES] = {"2,3,1", "3,2,4,2", "1,1,1"};
    textbook t = {.n = {.hidden = shape == 1 ? "tanh" : "sigmoid",
                        .output = "sigmoid",
                        .factor = convention == S1 ? 2 : 1,
                        .is_cross_entropy = convention == S0}};
    unsigned state = (unsigned)(10 * convention + shape + 1);
    book_sizes(&t.n, sizes[shape]);
    for (size_t k = 0; k < t.n.width[0]; k++) t.x[k] = draw(&state);
    for (size_t l = 1; l <= t.n.depth; l++)
        for (size_t j = 0; j < t.n.width[l]; j++) {
            t.n.b[l][j] = draw(&state);
            for (size_t k = 0; k < t.n.width[l - 1]; k++) t.n.w[l][j][k] = draw(&state);
        }
    for (size_t j = 0; j < t.n.width[t.n.depth]; j++)
        t.y[j] = convention == S0 ? (double)(j % 2) : fabs(draw(&state)) / 2;
    book_run(&t.n, t.x, t.y, &t.p);
    return t;
}

/* One step: all gradients were there before the first parameter changes. */
static void take_step(textbook *t, double eta, bool biases)
{
    for (size_t l = 1; l <= t->n.depth; l++)
        for (size_t j = 0; j < t->n.width[l]; j++) {
            for (size_t k = 0; k < t->n.width[l - 1]; k++) t->n.w[l][j][k] -= eta * t->p.dw[l][j][k];
            if (biases) t->n.b[l][j] -= eta * t->p.dz[l][j];
        }
    book_forward(&t->n, t->x, t->y, &t->p);
}

static void put_list(FILE *to, const char *option, const double *x, size_t n)
{
    fprintf(to, " --%s=", option);
    for (size_t k = 0; k < n; k++) fprintf(to, "%s%.17g", k > 0 ? "," : "", x[k]);
}

/* Row-minus-bias writes its matrices in x out, and subtracts its biases. */
static void put_parameters(FILE *to, const textbook *t, bool is_row)
{
    double w[100], b[20];
    size_t weights = 0, biases = 0;
    for (size_t l = 1; l <= t->n.depth; l++) {
        const size_t out = t->n.width[l], in = t->n.width[l - 1];
        for (size_t e = 0; e < out * in; e++)
            w[weights++] = is_row ? t->n.w[l][e % out][e / out] : t->n.w[l][e / in][e % in];
        for (size_t j = 0; j < out; j++) b[biases++] = is_row ? -t->n.b[l][j] : t->n.b[l][j];
    }
    put_list(to, "weights", w, weights);
    put_list(to, "biases", b, biases);
}

static char *line_for(const char *command, const textbook *t, int convention)
{
    char *line;
    size_t size;
    FILE *to = open_memstream(&line, &size);
    fprintf(to, "chainrule %s --convention=%s --sizes=", command, conventions[convention]);
    for (size_t l = 0; l <= t->n.depth; l++) fprintf(to, "%s%zu", l > 0 ? "," : "", t->n.width[l]);
    fprintf(to, " --activation=%s", t->n.hidden);
    put_parameters(to, t, convention == S3);
    put_list(to, "inputs", t->x, t->n.width[0]);
    put_list(to, "targets", t->y, t->n.width[t->n.depth]);
    fclose(to);
    return line;
}

static json_t *json_of(const char *line)
{
    json_error_t error;
    char *out = output_of(line);
    json_t *all = json_loads(out, 0, &error);
    ck_assert_msg(all != NULL, "%s: line %d: %s", line, error.line, error.text);
    free(out);
    return all;
}

static json_t *json_for(const char *command, const textbook *t, int convention)
{
    char *line = line_for(command, t, convention);
    json_t *all = json_of(line);
    free(line);
    return all;
}

static char *text_for(const char *command, const textbook *t, int convention)
{
    char *line = line_for(command, t, convention), *out = output_of(line);
    assert_readable(out, line);
    free(line);
    return out;
}

static void assert_close(double x, double y, double tolerance, const char *what)
{
    ck_assert_msg(fabs(x - y) <= tolerance * fmax(1e-3, fabs(y)), "%s is %.17g, not %.17g", what, x, y);
}

static double number(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "no number '%s'", key);
    return json_number_value(value);
}

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
            assert_tensor(layer, "db", j, t.p.dz[l][j]);
            for (size_t k = 0; k < t.n.width[l - 1]; k++)
                assert_tensor(layer, "dw", j * t.n.width[l - 1] + k, t.p.dw[l][j][k]);
        }
    }
    for (size_t k = 0; k < t.n.width[0]; k++) assert_tensor(json_array_get(layers, 0), "dx", k, t.p.da[0][k]);
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
        assert_both(json_array_get(received, k), t->n.w[l + 1][k][j] * t->p.dz[l + 1][k], "received");
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

static json_t *node_called(json_t *all, const char *name)
{
    size_t k;
    json_t *node, *found = NULL;
    json_array_foreach(json_object_get(all, "nodes"), k, node)
    {
        const char *own = json_string_value(json_object_get(node, "name"));
        if (own == NULL || strcmp(own, name) != 0) continue;
        ck_assert_msg(found == NULL, "two nodes are called %s", name);
        found = node;
    }
    ck_assert_msg(found != NULL, "no node is called %s", name);
    return found;
}

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
    ck_assert(json_is_null(json_object_get(all, "formula")));
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
            if (_i % WAYS == 1) assert_received(text, &t, convention, l, j);
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

/* --------------------------------------------------------------------------------------- the notes' formulas */

static const struct derivation {
    int convention;
    const char *options, *lines[8]; /* the formulas, in this order */
} derivations[] = {
    {S0,
     "--sizes=2,2,2,1 --no-bias --paths=2,2",
     {"z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l))", "δ^(L) = a^(L) − y", "δ^(l) = ((Θ^(l))ᵀ δ^(l+1)) ⊙ σ′(z^(l))",
      "∂C/∂θ^(l)_ij = δ^(l+1)_i a^(l)_j", "(a^(4)_1 − y) · θ^(3)_11 σ′(z^(3)_1) · θ^(2)_12 σ′(z^(2)_2)",
      "(a^(4)_1 − y) · θ^(3)_12 σ′(z^(3)_2) · θ^(2)_22 σ′(z^(2)_2)"}},
    {S1,
     "--sizes=2,2,1",
     {"C₀ = Σ (a^[L] − y)²", "z^[l] = W^[l] a^[l−1] + b^[l]",
      "da^[L] = 2 (a^[L] − y)        da^[l−1] = (W^[l])ᵀ dz^[l]", "dz^[l] = da^[l] ⊙ g′(z^[l])",
      "dW^[l] = dz^[l] (a^[l−1])ᵀ        db^[l] = dz^[l]",
      "The note writes da^[l−1] = dz · dW in its last line; it must be (W^[l])ᵀ"}},
    {S1,
     "--sizes=1,1,1,1",
     {"C₀ = (a^(L) − y)²", "z^(l) = w^(l) a^(l−1) + b^(l)        a^(l) = σ(z^(l))",
      "∂C₀/∂w^(L) = ∂z/∂w · ∂a/∂z · ∂C₀/∂a = a^(L−1) σ′(z^(L)) 2 (a^(L) − y)",
      "∂C₀/∂b^(L) = ∂z/∂b · ∂a/∂z · ∂C₀/∂a = σ′(z^(L)) 2 (a^(L) − y)",
      "∂C₀/∂a^(L−1) = ∂z/∂a · ∂a/∂z · ∂C₀/∂a = w^(L) σ′(z^(L)) 2 (a^(L) − y)"}},
    {S2,
     "--sizes=2,2,1",
     {"z^l = w^l a^(l−1) + b^l        a^l = σ(z^l)", "1/(1 − e^−x); it must be 1/(1 + e^−x)",
      "BP1   δ^L_j = ∂C/∂a^L_j σ′(z^L_j)", "BP1a  δ^L = ∇C ⊙ σ′(z^L),  ∇C = a^L − y",
      "BP2   δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l)", "BP3   ∂C/∂b^l_j = δ^l_j", "BP4   ∂C/∂w^l_jk = a^(l−1)_k δ^l_j",
      "The note's demon moves z to z − η (∂C/∂z) Δz; it must"}},
    {S3,
     "--sizes=3,5,4,3",
     {"E = ½ ‖ŷ − y‖²        ŷ = f(f(f(xA − a)B − b)C − c)", "hidden₁ = f(z_1)", "column vectors; they must be rows",
      "∂E/∂c = −(ŷ − y) ∘ f′(z_3)             ∂E/∂C = −hidden₂ᵀ ∂E/∂c",
      "∂E/∂b = (∂E/∂c Cᵀ) ∘ f′(z_2)           ∂E/∂B = −hidden₁ᵀ ∂E/∂b",
      "∂E/∂a = (∂E/∂b Bᵀ) ∘ f′(z_1)           ∂E/∂A = −xᵀ ∂E/∂a", "f′(z) = ŷ ∘ (1 − ŷ) of a sigmoid",
      "B · hidden₁ once in ∂E/∂b; it must be hidden₁ · B"}},
    {S3,
     "--sizes=2,2,2,2,2",
     {"z_k = x_k W_k − b_k        x_(k+1) = f(z_k)        ŷ = x_(l+1)", "∂E/∂b_l = −(ŷ − y) ∘ f′(z_l)",
      "∂E/∂b_k = (∂E/∂b_(k+1) W_(k+1)ᵀ) ∘ f′(z_k)", "∂E/∂W_k = −x_kᵀ ∂E/∂b_k"}},
    {S4,
     "--sizes=2,2,1 --rate=0.5",
     {"z_q = Σ_p w_pq o_p + b_q        o_q = f(z_q)", "δ_v = −(t_v − o_v) f′(z_v)", "δ_q = f′(z_q) Σ_k δ_k w_qk",
      "∂L/∂w_pq = δ_q o_p        ∂L/∂b_q = δ_q", "f′(z_q) = o_q (1 − o_q)", "has lost its sign; it must be",
      "∇L = (∂L/∂w_35, ∂L/∂w_45", "w_pq ← w_pq − η ∂L/∂w_pq"}},
};
enum { DERIVATIONS = sizeof derivations / sizeof *derivations };

/* Without the spaces and line breaks, which depend on where lines end. */
static void without_spaces(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from != ' ' && *from != '\n') *to++ = *from;
    *to = '\0';
}

START_TEST(test_derivation_is_that_of_the_note)
{
    const struct derivation *d = &derivations[_i / WAYS];
    char line[200];
    snprintf(line, sizeof line, "chainrule explain --by=%s --convention=S%d %s", ways[_i % WAYS], d->convention,
             d->options);
    char *out = output_of(line), *at = out;
    without_spaces(out);
    for (size_t k = 0; k < 8 && d->lines[k] != NULL; k++) {
        char expected[300];
        snprintf(expected, sizeof expected, "%s", d->lines[k]);
        without_spaces(expected);
        char *found = strstr(at, expected);
        ck_assert_msg(found != NULL, "%s: after the line before there is no %s", line, d->lines[k]);
        at = found;
    }
    free(out);
}
END_TEST

START_TEST(test_convention_has_the_number_of_its_note)
{
    const char *const commands[] = {"explain", "delta"}, *const letters[] = {"S", "s"};
    char numbered[100], named[100];
    const char *command = commands[_i / CONVENTIONS % 2];
    snprintf(numbered, sizeof numbered, "chainrule %s --sizes=2,2,1 --convention=%s%d", command,
             letters[_i / CONVENTIONS / 2], _i % CONVENTIONS);
    snprintf(named, sizeof named, "chainrule %s --sizes=2,2,1 --convention=%s", command, conventions[_i % CONVENTIONS]);
    char *one = output_of(numbered), *other = output_of(named);
    ck_assert_str_eq(one, other);
    free(one);
    free(other);
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
    for (size_t l = 1; l <= t.n.depth; l++) {
        json_t *w = json_object_get(json_array_get(layers, l - 1), "w"),
               *b = json_object_get(json_array_get(layers, l - 1), "b");
        for (size_t j = 0; j < t.n.width[l]; j++) {
            assert_close(json_number_value(json_array_get(b, j)), t.n.b[l][j], 1e-13, "b");
            for (size_t k = 0; k < t.n.width[l - 1]; k++)
                assert_close(json_number_value(json_array_get(w, j * t.n.width[l - 1] + k)), t.n.w[l][j][k], 1e-13,
                             "w");
        }
    }
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

/* -------------------------------------------------------------------------------------------- other networks */

START_TEST(test_delta_is_explain_by_layer)
{
    static const char *const options[] = {"", "--convention=S3 --json", "--paths=2,2 --sizes=2,2,2,1 --no-bias",
                                          "--rate=0.5 --entries=3", "--data=digits --row=7 --sizes=64,10,10"};
    char one[200], other[200];
    snprintf(one, sizeof one, "chainrule delta %s", options[_i]);
    snprintf(other, sizeof other, "chainrule explain --by=layer %s", options[_i]);
    char *delta = output_of(one), *explain = output_of(other);
    ck_assert_str_eq(delta, explain);
    free(delta);
    free(explain);
}
END_TEST

static const char *const networks[] = {
    "--sizes=2,3,4 --output=softmax --rate=.1",
    "--sizes=3,4,4,4,4 --skip=0,1,2,3 --activation=gelu --rate=.3",
    "--sizes=3,4,4,4,4 --skip=0,1,2,3 --activation=tanh --convention=S4",
    "--sizes=2,3,3,1 --skip=0,1,0 --activation=identity --output=identity --convention=S0",
    "--weights=0,0,0,0,0,0,0,0,0 --activation=relu --biases=0,0,0,0",
    "--activation=elu --alpha=.3 --output=softplus --cost=mean_of_squares --sizes=2,2,3",
    "--activation=leaky_relu --alpha=.2 --convention=S3 --no-bias",
    "--activation=silu --output=tanh --convention=S1",
    "--cost=sum_of_squares --convention=half-mean --sizes=2,3 --no-bias",
    "--sizes=40,20,15,12 --entries=3 --rate=1 --digits=9 --convention=S4",
    "--sizes=3,4,4,4 --digits=17",
    "--sizes=1,1 --weights=40 --biases=0 --inputs=1 --targets=0",
    "--inputs=-1e-300,1e10 --weights=-1e10,1e-10,123456.789,1,-1e-200,3,1e5,.000012345,-7"};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* Whatever the network, tape and closed form agree at each node, and the text keeps to its lines. */
START_TEST(test_every_kind_of_network_is_explained)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule explain --by=%s %s", ways[_i % WAYS], networks[_i / WAYS]);
    char *out = output_of(line);
    assert_readable(out, line);
    ck_assert_msg(strstr(out, "NOT agree") == NULL && strstr(out, " nan") == NULL, "%s", line);
    free(out);
    strcat(line, " --color=always");
    char *coloured = output_of(line);
    ck_assert_ptr_nonnull(strchr(coloured, '\033'));
    free(coloured);
}
END_TEST

START_TEST(test_closed_form_stands_beside_every_activation_and_gradient)
{
    char line[300];
    size_t k, known = 0;
    json_t *node;
    snprintf(line, sizeof line, "chainrule explain --by=node --json %s", networks[_i]);
    json_t *all = json_of(line);
    json_array_foreach(json_object_get(all, "nodes"), k, node)
    {
        static const char *const fields[] = {"value", "adjoint"};
        for (size_t f = 0; f < 2; f++) {
            char closed[40];
            snprintf(closed, sizeof closed, "closed_%s", fields[f]);
            if (!json_is_number(json_object_get(node, closed))) continue;
            known++;
            const double x = number(node, fields[f]), y = number(node, closed);
            ck_assert_msg(fabs(x - y) <= 1e-11 * fmax(fabs(y), 1e-3), "%s: %s: %s %g, %g", line,
                          json_string_value(json_object_get(node, "label")), fields[f], x, y);
        }
    }
    ck_assert_uint_gt(known, 5);
    json_decref(all);
}
END_TEST

START_TEST(test_skip_connection_hands_back_what_its_end_receives)
{
    char *out = output_of("chainrule explain --by=neuron --sizes=2,2,2,1 --skip=0,1,0 --convention=S2");
    const char *at = strstr(strstr(out, "Backward"), "\nneuron 1 of layer 1 ");
    ck_assert_ptr_nonnull(strstr(at, "by skip from a^2_1"));
    json_t *all = json_of("chainrule explain --by=node --sizes=2,2,2,1 --skip=0,1,0 --convention=S2 --json");
    const double received = number(node_called(all, "a^1_1"), "adjoint");
    double sum = number(node_called(all, "a^2_1"), "adjoint");
    for (int k = 1; k <= 2; k++) {
        char w[20], delta[20];
        sprintf(w, "w^2_%d1", k);
        sprintf(delta, "z^2_%d", k);
        sum += number(node_called(all, w), "value") * number(node_called(all, delta), "adjoint");
    }
    assert_close(received, sum, 1e-13, "what a^1_1 receives");
    json_decref(all);
    free(out);
}
END_TEST

START_TEST(test_kink_is_said_where_weights_are_zero)
{
    char *out = output_of("chainrule explain --by=node --weights=0,0,0,0,0,0,1,1,0 --activation=relu --biases=0,0,0,0");
    ck_assert_ptr_nonnull(strstr(out, "at a kink (z^1_1 == 0)"));
    ck_assert_ptr_nonnull(strstr(out, "skipped: its adjoint is exactly 0"));
    free(out);
}
END_TEST

START_TEST(test_outputs_of_a_cross_entropy_are_off_the_way_of_the_sweep)
{
    char *out = output_of("chainrule explain --by=node --sizes=2,2 --output=softmax");
    ck_assert_ptr_nonnull(strstr(out, "A cross-entropy is computed from the outputs' z"));
    ck_assert_ptr_nonnull(strstr(out, "∂C/∂z^(2)_1 = a^(2)_1 - "));
    ck_assert_ptr_nonnull(strstr(out, "skipped: C does not depend on a^(2)_1"));
    ck_assert_ptr_nonnull(strstr(out, "log Σ e^z"));
    free(out);
}
END_TEST

START_TEST(test_forward_stops_before_the_backward_pass)
{
    char line[100];
    snprintf(line, sizeof line, "chainrule explain --by=%s --forward --sizes=2,2,1", ways[_i]);
    char *out = output_of(line);
    ck_assert_ptr_nonnull(strstr(out, "Forward pass"));
    ck_assert_ptr_null(strstr(out, "Backward"));
    ck_assert_ptr_null(strstr(out, "∂C"));
    free(out);
    strcat(line, " --json");
    out = output_of(line);
    ck_assert_ptr_null(strstr(out, "\"delta\""));
    ck_assert_ptr_null(strstr(out, "\"gradient\": {"));
    free(out);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- large ones */

static size_t lines_in(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) n += *text == '\n';
    return n;
}

START_TEST(test_large_network_is_shown_in_part)
{
    char line[100];
    snprintf(line, sizeof line, "chainrule explain --by=%s --sizes=784,100,10 --entries=4 --rate=1", ways[_i]);
    char *out = output_of(line);
    assert_readable(out, line);
    ck_assert_uint_lt(lines_in(out), 900);
    ck_assert_ptr_nonnull(strstr(out, "… 96 more"));
    free(out);
}
END_TEST

START_TEST(test_long_sum_is_written_with_its_ends_and_its_length)
{
    char *out = output_of("chainrule explain --by=node --sizes=784,2");
    without_spaces(out);
    ck_assert_ptr_nonnull(strstr(out, "w^1_11·a^0_1+w^1_12·a^0_2+w^1_13·a^0_3+…+w^1_{1,784}·a^0_784(784products)"));
    ck_assert_ptr_nonnull(strstr(out, "…780morelikethese"));
    ck_assert_ptr_null(strstr(out, "a^0_400"));
    free(out);
}
END_TEST

START_TEST(test_json_has_every_node_of_a_large_network)
{
    json_t *all = json_of("chainrule explain --by=node --sizes=784,100,10 --json");
    ck_assert_uint_eq(json_array_size(json_object_get(all, "nodes")), 784 + 78500 + 300 + 1010 + 30 + 1);
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------------------- files and messages */

static void make_files(void)
{
    static char folder[] = "/tmp/chainrule-explain-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    const nn_layer layers[] = {{.width = 3, .activation = NN_TANH}, {.width = 2, .activation = NN_SOFTMAX}};
    char *labels[] = {"no", "yes"};
    ad_tape *tape = ad_tape_new();
    const nn_model model = {.net = nn_mlp_new(tape, &(nn_shape){2, 2, layers, NN_SOFTMAX_CROSS_ENTROPY}, NULL),
                            .labels = labels,
                            .label_count = 2};
    ck_assert_int_eq(nn_mlp_init(model.net, NN_INIT_GLOROT, 1, NULL), NN_OK);
    ck_assert_int_eq(nn_save(&model, "model", NULL), NN_OK);
    nn_mlp_free(model.net);
    ad_tape_free(tape);
    FILE *rows = fopen("rows.csv", "w");
    fputs("p,q,answer\n1,2,yes\n3,4,no\n5,-2,yes\n", rows);
    fclose(rows);
    FILE *broken = fopen("broken", "w");
    fputs("chainrule-model 1\nnonsense\n", broken);
    fclose(broken);
    FILE *x = fopen("x", "w");
    fclose(x);
}

static void remove_files(void)
{
    char folder[100];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    ck_assert_int_eq(system("rm -f model rows.csv broken x"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(test_model_is_explained_on_a_row)
{
    char line[100];
    make_files();
    snprintf(line, sizeof line, "chainrule explain model --data=rows.csv --row=2 --by=%s", ways[_i]);
    char *out = output_of(line);
    ck_assert_ptr_nonnull(strstr(out, "Network     2-3-2; layer 2: tanh; layer 3: softmax"));
    ck_assert_ptr_nonnull(strstr(out, "Sample      rows.csv, row 2, which is \"no\"; x = (3, 4), y = (1, 0)\n"));
    free(out);
    remove_files();
}
END_TEST

/* A formula may be called as a file is. */
START_TEST(test_formula_with_values_is_no_file)
{
    make_files();
    char *out = output_of("chainrule explain x x=3");
    ck_assert_ptr_nonnull(strstr(out, "Formula  x\n"));
    free(out);
    remove_files();
}
END_TEST

static const struct failure {
    const char *options;
    int code;
    const char *err; /* its beginning */
} failures[] = {
    {"--by=unit", 2, "chainrule explain: --by=unit: expected layer, neuron or node\n"},
    {"'x*y' x=1 y=2 --by=node", 2, "chainrule explain: --by is for networks, not for a formula\n"},
    {"'x*y' x=1 y=2 --rate=1", 2, "chainrule explain: --rate is for networks, not for a formula\n"},
    {"'x*y' x=1 y=2 --entries=3", 2, "chainrule explain: --entries is for networks, not for a formula\n"},
    {"'x*y' x=1 y=2 --seed=3", 2, "chainrule explain: --seed is for networks, not for a formula\n"},
    {"x x=1 --convention=S2", 2, "chainrule explain: --convention is for networks, not for a formula\n"},
    {"'x^2' --by=node", 2, "chainrule explain: --by is for networks, not for a formula\n"},
    {"- --sizes=2,1", 2, "chainrule explain: --sizes is for networks, not for a formula\n"},
    {"--sizes=2,1 w=3", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; "},
    {"w=3 b=1 --sizes=2,1", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; "},
    {"model w=3", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; "},
    {"model --model=model", 2, "chainrule explain: 'model': --model says already which\n"},
    {"model --sizes=2,1", 2, "chainrule: --model and --sizes exclude each other\n"},
    {"--sizes=2,1 --load=a.so", 2, "chainrule explain: --load is for formulas, not for a network\n"},
    {"--sizes=2,1 --forward --rate=1", 2, "chainrule explain: --forward stops before the gradient, "},
    {"--sizes=2,1 --forward --paths=2,1", 2, "chainrule explain: --forward stops before the backward pass, "},
    {"--sizes=2,1 --rate=-1", 2, "chainrule explain: --rate=-1: expected a number above 0\n"},
    {"--sizes=2,1 --rate=nan", 2, "chainrule explain: --rate=nan: expected a number above 0\n"},
    {"--convention=S5", 2, "chainrule: --convention=S5: expected one of logistic, squared, "},
    {"--convention=S22", 2, "chainrule: --convention=S22: expected one of "},
    {"--convention=S", 2, "chainrule: --convention=S: expected one of "},
    {"--paths=2,1 --convention=S1", 2, "chainrule: --paths goes with --convention=logistic, not with S1\n"},
    {"--sizes=2,x,1", 2, "chainrule: --sizes: 'x' is no number; "},
    {"--sizes=2,3,1 --weights=1,2", 2, "chainrule: --weights: 2 numbers are given, but 9 needed: "},
    {"--inputs=1,,2", 2, "chainrule: --inputs: 3 numbers are given, but 2 needed: one for each input\n"},
    {"--inputs=1,two", 2, "chainrule: --inputs: 'two' is no number; "},
    {"--row=3 --sizes=2,1", 2, "chainrule: --row needs --data\n"},
    {"nowhere --data=rows.csv", 1, "chainrule: nowhere: "},
    {"broken", 1, "chainrule: broken:3: "},
    {"rows.csv", 1, "chainrule: rows.csv:1: "},
    {"model --data=rows.csv --row=4", 1, "chainrule: --row=4: rows.csv has 3 samples\n"},
    {"model --data=nowhere", 1, "chainrule: nowhere: there is no such file or data set\n"},
    {"--sizes=3,1 --data=rows.csv", 1, "chainrule: --data=rows.csv has 2 inputs, the network 3\n"},
    {"--inputs=1e308,1e308 --weights=1e10,1,1,1,1,1,1,1,1 --by=node", 1, "chainrule: z^1_1 of sample 1 is inf\n"},
    {"--sizes=2,1 >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
    {"--sizes=2,1 --by=neuron >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
    {"--sizes=2,1 --by=node >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_its_exit_code_and_no_output)
{
    const struct failure *f = &failures[_i];
    char line[300];
    make_files();
    snprintf(line, sizeof line, "chainrule explain %s", f->options);
    const result r = run(line);
    ck_assert_msg(r.code == f->code, "%s: exit code %d\n%s", line, r.code, r.err);
    ck_assert_str_eq(r.out, "");
    ck_assert_msg(strncmp(r.err, f->err, strlen(f->err)) == 0, "%s\nexpected: %s\nfound: %s", line, f->err, r.err);
    release(r);
    remove_files();
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
    add(suite, "labels", test_no_two_nodes_have_the_same_label, 6);
    add(suite, "text", test_text_has_each_number_by_its_name, CONVENTIONS * SHAPES * WAYS);
    add(suite, "received", test_neuron_says_what_it_receives_and_from_which, 1);
    add(suite, "derivations", test_derivation_is_that_of_the_note, DERIVATIONS * WAYS);
    add(suite, "numbers of conventions", test_convention_has_the_number_of_its_note, CONVENTIONS * 4);
    add(suite, "mazur", test_mazur_costs_are_those_that_follow_from_one_step_at_once, WAYS);
    add(suite, "step", test_step_changes_every_parameter_by_its_gradient, CONVENTIONS * 2);
    add(suite, "updates", test_neuron_writes_the_update_of_its_weights, 1);
    add(suite, "signs", test_subtracted_biases_have_the_sign_of_the_note, 1);
    add(suite, "delta", test_delta_is_explain_by_layer, 5);
    add(suite, "networks", test_every_kind_of_network_is_explained, NETWORKS * WAYS);
    add(suite, "closed forms", test_closed_form_stands_beside_every_activation_and_gradient, NETWORKS);
    add(suite, "skip", test_skip_connection_hands_back_what_its_end_receives, 1);
    add(suite, "kink", test_kink_is_said_where_weights_are_zero, 1);
    add(suite, "cross-entropy", test_outputs_of_a_cross_entropy_are_off_the_way_of_the_sweep, 1);
    add(suite, "forward", test_forward_stops_before_the_backward_pass, WAYS);
    add(suite, "large", test_large_network_is_shown_in_part, WAYS);
    add(suite, "long sum", test_long_sum_is_written_with_its_ends_and_its_length, 1);
    add(suite, "large json", test_json_has_every_node_of_a_large_network, 1);
    add(suite, "models", test_model_is_explained_on_a_row, WAYS);
    add(suite, "formula", test_formula_with_values_is_no_file, 1);
    add(suite, "errors", test_error_has_its_message_its_exit_code_and_no_output, sizeof failures / sizeof *failures);
    return run_suite(suite);
}
