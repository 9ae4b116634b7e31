/* SPDX-License-Identifier: MIT */
/* `chainrule explain` on a network: the derivations of the notes, every kind of network, files, messages. */
#include "explained.h"
#include "network_files.h"
#include "run_suite.h"

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
      "BP1   δ^L_j = ∂C/∂a^L_j σ′(z^L_j)", "BP1a  δ^L = ∇_a C ⊙ σ′(z^L),  ∇_a C = a^L − y",
      "BP2   δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l)", "BP3   ∂C/∂b^l_j = δ^l_j", "BP4   ∂C/∂w^l_jk = a^(l−1)_k δ^l_j",
      "The note's demon moves z to z − η (∂C/∂z) Δz; it must"}},
    {S3,
     "--sizes=3,5,4,3",
     {"E = ½ ‖ŷ − y‖²        ŷ = f(f(f(xA − a)B − b)C − c)", "hidden₁ = f(z_1)", "column vectors; they must be rows",
      "∂E/∂c = −(ŷ − y) ∘ f′(z_3)             ∂E/∂C = −hidden₂ᵀ ∂E/∂c",
      "∂E/∂b = (∂E/∂c Cᵀ) ∘ f′(z_2)           ∂E/∂B = −hidden₁ᵀ ∂E/∂b",
      "∂E/∂a = (∂E/∂b Bᵀ) ∘ f′(z_1)           ∂E/∂A = −xᵀ ∂E/∂a",
      "f′(z_3) = ŷ ∘ (1 − ŷ) of a sigmoid, and likewise with hidden₁ and hidden₂",
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

/* What a node of layer l receives, by its name and in the textbook. */
static void assert_received(json_t *all, const char *format, size_t l, size_t j, double expected)
{
    char name[40];
    snprintf(name, sizeof name, format, l, j + 1);
    assert_close(number(node_called(all, name), "adjoint"), expected, 1e-12, name);
}

START_TEST(test_skip_connection_hands_back_what_its_end_receives)
{
    const textbook t = drawn_network(S2, "2,2,2,1", "sigmoid", "0,1,0", 7);
    char *line = line_for("explain --skip=0,1,0 --by=node --json", &t, S2);
    json_t *all = json_of(line);
    for (size_t l = 1; l <= 3; l++)
        for (size_t j = 0; j < t.n.width[l]; j++) {
            assert_received(all, "a^%zu_%zu", l, j, t.p.da[l][j]);
            assert_received(all, "z^%zu_%zu", l, j, t.p.dz[l][j]);
        }
    json_decref(all);
    free(line);
    line = line_for("explain --skip=0,1,0 --by=neuron", &t, S2);
    char *out = output_of(line);
    for (size_t j = 0; j < 2; j++) {
        char words[40];
        snprintf(words, sizeof words, "by skip from a^2_%zu ", j + 1);
        const char *at = strstr(strstr(out, "Backward"), words);
        ck_assert_msg(at != NULL, "no %s", words);
        assert_close(strtod(at + strlen(words), NULL), t.p.da[2][j], 1e-3, words);
    }
    free(out);
    free(line);
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
    enter_with_model(NULL, NULL);
    write_text("broken", "chainrule-model 1\nnonsense\n");
    write_text("x", "");
}

START_TEST(test_model_is_explained_on_a_row)
{
    char line[100];
    snprintf(line, sizeof line, "chainrule explain model --data=rows.csv --row=2 --by=%s", ways[_i]);
    char *out = output_of(line);
    ck_assert_ptr_nonnull(strstr(out, "Network     2-3-2; layer 2: tanh; layer 3: softmax"));
    ck_assert_ptr_nonnull(strstr(out, "Sample      rows.csv, row 2, which is \"no\"; x = (3, 4), y = (1, 0)\n"));
    free(out);
}
END_TEST

/* A formula may be called as a file is. */
START_TEST(test_formula_with_values_is_no_file)
{
    char *out = output_of("chainrule explain x x=3");
    ck_assert_ptr_nonnull(strstr(out, "Formula  x\n"));
    free(out);
}
END_TEST

static const failure failures[] = {
    {"--by=unit", 2, "chainrule explain: --by=unit: expected layer, neuron or node\n..."},
    {"'x*y' x=1 y=2 --by=node", 2, "chainrule explain: --by is for networks, not for a formula\n..."},
    {"'x*y' x=1 y=2 --rate=1", 2, "chainrule explain: --rate is for networks, not for a formula\n..."},
    {"'x*y' x=1 y=2 --entries=3", 2, "chainrule explain: --entries is for networks, not for a formula\n..."},
    {"'x*y' x=1 y=2 --seed=3", 2, "chainrule explain: --seed is for networks, not for a formula\n..."},
    {"x x=1 --convention=S2", 2, "chainrule explain: --convention is for networks, not for a formula\n..."},
    {"'x^2' --by=node", 2, "chainrule explain: --by is for networks, not for a formula\n..."},
    {"- --sizes=2,1", 2, "chainrule explain: --sizes is for networks, not for a formula\n..."},
    {"--sizes=2,1 w=3", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; ..."},
    {"w=3 b=1 --sizes=2,1", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; ..."},
    {"model w=3", 2, "chainrule explain: 'w=3': a network takes no NAME=VALUE; ..."},
    {"model --model=model", 2, "chainrule explain: 'model': --model says already which\n..."},
    {"model --sizes=2,1", 2, "chainrule: --model and --sizes exclude each other\n"},
    {"--sizes=2,1 --load=a.so", 2, "chainrule explain: --load is for formulas, not for a network\n..."},
    {"--sizes=2,1 --forward --rate=1", 2, "chainrule explain: --forward stops before the gradient, ..."},
    {"--sizes=2,1 --forward --paths=2,1", 2, "chainrule explain: --forward stops before the backward pass, ..."},
    {"--sizes=2,1 --rate=-1", 2, "chainrule explain: --rate=-1: expected a number above 0\n..."},
    {"--sizes=2,1 --rate=nan", 2, "chainrule explain: --rate=nan: expected a number above 0\n..."},
    {"--convention=S5", 2, "chainrule: --convention=S5: expected one of logistic, squared, ..."},
    {"--convention=S22", 2, "chainrule: --convention=S22: expected one of ..."},
    {"--convention=S", 2, "chainrule: --convention=S: expected one of ..."},
    {"--paths=2,1 --convention=S1", 2, "chainrule: --paths goes with --convention=logistic, not with S1\n"},
    {"--sizes=2,x,1", 2, "chainrule: --sizes: 'x' is no number; ..."},
    {"--sizes=2,3,1 --weights=1,2", 2, "chainrule: --weights: 2 numbers are given, but 9 needed: ..."},
    {"--inputs=1,,2", 2, "chainrule: --inputs: 3 numbers are given, but 2 needed: one for each input\n"},
    {"--inputs=1,two", 2, "chainrule: --inputs: 'two' is no number; ..."},
    {"--row=3 --sizes=2,1", 2, "chainrule: --row needs --data\n"},
    {"--hold-biases --sizes=2,1", 2, "chainrule: --hold-biases needs --rate\n"},
    {"--sizes=2,1 --activation=cubic", 2, "chainrule: --activation=cubic: expected one of identity, sigmoid, ..."},
    {"--sizes=2,2,1 --alpha=0.2", 2, "chainrule: --alpha: no layer is leaky_relu or elu\n"},
    {"--sizes=2,0,1", 2, "chainrule: --sizes: expected whole numbers from 1 to 100000, as in 2,3,1\n"},
    {"nowhere.model", 1, "chainrule: nowhere.model: ..."},
    {"nowhere --data=rows.csv", 1, "chainrule: nowhere: ..."},
    {"broken", 1, "chainrule: broken:3: ..."},
    {"rows.csv", 1, "chainrule: rows.csv:1: ..."},
    {"model --data=rows.csv --row=4", 1, "chainrule: --row=4: rows.csv has 3 samples\n"},
    {"model --data=nowhere", 1, "chainrule: nowhere: there is no such file or data set\n"},
    {"--sizes=3,1 --data=rows.csv", 1, "chainrule: --data=rows.csv has 2 inputs, the network 3\n"},
    {"--inputs=1e308,1e308 --weights=1e10,1,1,1,1,1,1,1,1 --by=node", 1, "chainrule: z^1_1 of sample 1 is inf\n"},
    {"--sizes=2,1 >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
    {"--sizes=2,1 --by=neuron >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
    {"--sizes=2,1 --by=node >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_its_exit_code_and_no_output) { assert_refuses("explain", &failures[_i]); }
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("explain_shown");
    add(suite, "derivations", test_derivation_is_that_of_the_note, DERIVATIONS * WAYS);
    add(suite, "numbers of conventions", test_convention_has_the_number_of_its_note, CONVENTIONS * 4);
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
    add_between(suite, "models", test_model_is_explained_on_a_row, WAYS, make_files, leave_directory);
    add_between(suite, "formula", test_formula_with_values_is_no_file, 1, make_files, leave_directory);
    add_between(suite, "errors", test_error_has_its_message_its_exit_code_and_no_output,
                sizeof failures / sizeof *failures, make_files, leave_directory);
    return run_suite(suite);
}
