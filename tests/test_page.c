/* SPDX-License-Identifier: MIT */
/* Pages of HTML: the numbers, graphs and lessons in them, and the file. How a page behaves is for tests/browser. */
#include "page_files.h"
#include "run_suite.h"

#include <page.h>

#include <math.h>

/* ---------------------------------------------------------------------------------------- numbers */
/* Equal to the bit: numbers, or the texts that stand for infinities and NaN. */
static void assert_same(json_t *shown, json_t *engine, const char *what, size_t i)
{
    ck_assert_msg(shown != NULL && json_equal(shown, engine), "%s of node %zu differs", what, i);
}

START_TEST(test_nodes_have_the_engines_numbers)
{
    json_t *data = data_from(explained[_i]), *engine = json_from(explained[_i]), *n;
    json_t *nodes = at(at(data, "graph"), "nodes");
    size_t i;
    ck_assert_uint_eq(json_array_size(nodes), json_array_size(at(engine, "nodes")));
    json_array_foreach(at(engine, "nodes"), i, n)
    {
        json_t *shown = json_array_get(nodes, i);
        assert_same(at(shown, "value"), at(n, "value"), "the value", i);
        assert_same(at(shown, "adjoint"), at(n, "adjoint"), "the adjoint", i);
        assert_same(at(shown, "label"), at(n, "label"), "the label", i);
        ck_assert_uint_eq(json_array_size(at(shown, "operands")), json_array_size(at(n, "operands")));
    }
    json_decref(data);
    json_decref(engine);
}
END_TEST

/* The operands of a node on the page that pass something on. */
static json_t *passing(json_t *n)
{
    json_t *all = json_array(), *o;
    size_t k;
    json_array_foreach(at(n, "operands"), k, o)
    {
        if (at(o, "contribution") != NULL) json_array_append(all, o);
    }
    return all;
}

START_TEST(test_steps_have_the_engines_contributions)
{
    json_t *data = data_from(explained[_i]), *engine = json_from(explained[_i]), *step, *given;
    json_t *graph = at(data, "graph");
    size_t k, c, seen = 0;
    ck_assert_uint_eq(json_array_size(at(graph, "steps")), json_array_size(at(engine, "steps")));
    json_array_foreach(at(engine, "steps"), k, step)
    {
        const size_t i = (size_t)json_integer_value(at(step, "node"));
        ck_assert_int_eq(json_integer_value(json_array_get(at(graph, "steps"), k)), (json_int_t)i);
        json_t *shown = passing(json_array_get(at(graph, "nodes"), i));
        ck_assert_uint_eq(json_array_size(shown), json_array_size(at(step, "contributions")));
        json_array_foreach(at(step, "contributions"), c, given)
        {
            json_t *o = json_array_get(shown, c);
            json_t *after = at(o, "after") != NULL ? at(o, "after") : at(o, "contribution");
            assert_same(at(o, "node"), at(given, "to"), "an operand", i);
            assert_same(at(o, "partial"), at(given, "derivative"), "a derivative", i);
            assert_same(at(o, "contribution"), at(given, "contribution"), "a contribution", i);
            assert_same(after, at(given, "after"), "a sum", i);
            seen++;
        }
        json_decref(shown);
    }
    ck_assert_uint_gt(seen, 0);
    json_decref(data);
    json_decref(engine);
}
END_TEST

START_TEST(test_checks_are_the_finite_differences)
{
    json_t *data = data_from(explained[0]), *engine = json_from(explained[0]), *c;
    size_t k;
    ck_assert_uint_eq(json_array_size(at(at(data, "graph"), "checks")), 5);
    json_array_foreach(at(at(data, "graph"), "checks"), k, c)
    {
        json_t *leaf = json_array_get(at(engine, "gradient"), k);
        assert_same(at(c, "leaf"), at(leaf, "node"), "the leaf", k);
        assert_same(at(c, "difference"), at(at(leaf, "check"), "finite_difference"), "the difference", k);
        assert_same(at(c, "relative"), at(at(leaf, "check"), "relative_difference"), "the relative one", k);
    }
    json_decref(data);
    json_decref(engine);
}
END_TEST

START_TEST(test_a_network_has_the_closed_form_beside_the_tape)
{
    json_t *data = data_from(explained[5]), *n;
    size_t i, both = 0;
    json_array_foreach(at(at(data, "graph"), "nodes"), i, n)
    {
        if (at(n, "closed_adjoint") == NULL) continue;
        const double tape = json_number_value(at(n, "adjoint")), form = json_number_value(at(n, "closed_adjoint"));
        ck_assert_msg(fabs(tape - form) <= 1e-14 * fabs(form), "node %zu: %.17g and %.17g", i, tape, form);
        both++;
    }
    ck_assert_uint_eq(both, 12 + 4 + 4 + 2 + 1); /* parameters, z, a, inputs, the cost */
    json_decref(data);
}
END_TEST

/* By the textbook: delta^2_j = (a_j - y_j) a_j (1 - a_j), dC/dw^2_jk = delta^2_j a^1_k. */
START_TEST(test_equations_of_mazur_have_the_textbooks_results)
{
    static const double x[] = {.05, .10}, y[] = {.01, .99}, w[] = {.15, .20, .25, .30, .40, .45, .50, .55};
    double h[2], delta[2];
    for (int j = 0; j < 2; j++) h[j] = 1 / (1 + exp(-(w[2 * j] * x[0] + w[2 * j + 1] * x[1] + .35)));
    for (int j = 0; j < 2; j++) {
        const double o = 1 / (1 + exp(-(w[4 + 2 * j] * h[0] + w[5 + 2 * j] * h[1] + .60)));
        delta[j] = (o - y[j]) * o * (1 - o);
    }
    json_t *data = data_from("explain --convention=half-mean " MAZUR), *network = at(at(data, "graph"), "network");
    json_t *layer = json_array_get(at(network, "layers"), 2), *backward = at(network, "backward");
    for (int j = 0; j < 2; j++) {
        char key[16];
        snprintf(key, sizeof key, "%d", (int)json_integer_value(at(layer, "z")) + j);
        ck_assert_double_eq_tol(json_number_value(at(json_array_get(at(backward, key), 0), "result")), delta[j], 1e-15);
        for (int k = 0; k < 2; k++) {
            snprintf(key, sizeof key, "%d", (int)json_integer_value(at(layer, "weights")) + 2 * j + k);
            ck_assert_double_eq_tol(json_number_value(at(json_array_get(at(backward, key), 0), "result")),
                                    delta[j] * h[k], 1e-15);
        }
    }
    json_decref(data);
}
END_TEST

/* da_j = 2 (a_j - y_j), dz_j = da_j g'(z_j). */
START_TEST(test_equations_of_the_chain_in_squared_have_da_and_dz)
{
    const double w = 0.5, x = 0.8, y = 0.9, a = 1 / (1 + exp(-w * x));
    json_t *data =
               data_from("explain --convention=squared --sizes=1,1 --no-bias --weights=.5 --inputs=.8 --targets=.9"),
           *network = at(at(data, "graph"), "network"), *backward = at(network, "backward");
    json_t *layer = json_array_get(at(network, "layers"), 1), *roles = at(network, "roles");
    char key[16];
    snprintf(key, sizeof key, "%d", (int)json_integer_value(at(layer, "a")));
    json_t *da = json_array_get(at(backward, key), 0);
    ck_assert_double_eq_tol(json_number_value(at(da, "result")), 2 * (a - y), 1e-15);
    ck_assert_str_eq(json_string_value(at(da, "role")), "received");
    snprintf(key, sizeof key, "%d", (int)json_integer_value(at(layer, "z")));
    json_t *dz = json_array_get(at(backward, key), 0);
    ck_assert_double_eq_tol(json_number_value(at(dz, "result")), 2 * (a - y) * a * (1 - a), 1e-15);
    ck_assert_int_eq((int)json_integer_value(json_array_get(at(roles, "received"), 0)), 0);
    ck_assert_int_eq((int)json_integer_value(json_array_get(at(roles, "output"), 0)), 1);
    json_decref(data);
}
END_TEST

START_TEST(test_forward_alone_has_no_adjoints)
{
    json_t *data = data_from("explain 'x*y' x=2 y=3 --forward"), *graph = at(data, "graph");
    ck_assert(json_is_null(at(graph, "steps")));
    ck_assert_ptr_null(at(json_array_get(at(graph, "nodes"), 2), "adjoint"));
    json_decref(data);
}
END_TEST

/* ----------------------------------------------------------------------------------- the picture */

static bool is_within(json_t *layout, json_t *box)
{
    const double x = json_number_value(at(box, "x")), y = json_number_value(at(box, "y"));
    return x >= 0 && y >= 0 && x + json_number_value(at(box, "width")) <= json_number_value(at(layout, "width")) + 1 &&
           y + json_number_value(at(box, "height")) <= json_number_value(at(layout, "height")) + 1;
}

/* Every node is in one box, and every box has a place. */
static void assert_complete(json_t *layout, size_t nodes)
{
    json_t *box;
    size_t k, seen = 0;
    json_array_foreach(at(layout, "boxes"), k, box)
    {
        seen += at(box, "nodes") != NULL ? json_array_size(at(box, "nodes")) : 1;
        ck_assert_msg(is_within(layout, box), "box %zu has no place", k);
    }
    ck_assert_uint_eq(seen, nodes);
}

static bool has_graphviz(void)
{
    const result r = run("chainrule explain x --svg x=1");
    const bool is_there = r.code == 0;
    release(r);
    return is_there;
}

START_TEST(test_a_small_graph_is_not_folded)
{
    if (!has_graphviz()) return;
    json_t *data = data_from(explained[0]), *picture = at(at(data, "graph"), "picture");
    ck_assert(json_is_null(at(picture, "folded")));
    assert_complete(at(picture, "full"), 10);
    json_decref(data);
}
END_TEST

START_TEST(test_a_large_graph_is_folded_and_whole)
{
    json_t *data = data_from("explain --sizes=10,8,8"), *graph = at(data, "graph"), *picture = at(graph, "picture");
    const size_t nodes = json_array_size(at(graph, "nodes"));
    assert_complete(at(picture, "folded"), nodes);
    assert_complete(at(picture, "full"), nodes);
    ck_assert_uint_lt(json_array_size(at(at(picture, "folded"), "boxes")), 20);
    json_decref(data);
}
END_TEST

/* Node a_k needs the one before and x, which is so far away that the whole would take Graphviz very long. */
START_TEST(test_a_long_chain_is_written_all_the_same)
{
    char *formula = NULL;
    size_t size;
    FILE *to = open_memstream(&formula, &size);
    fprintf(to, "printf '%%s' 'a0=x");
    for (int k = 1; k <= 700; k++) fprintf(to, "; a%d = sin(a%d) + x", k, k - 1);
    fprintf(to, "' | chainrule explain - x=.5 --html=%s", path);
    fclose(to);
    free(output_of(formula));
    char *html = html_at(path);
    json_t *data = data_of(html), *graph = at(data, "graph");
    ck_assert_uint_gt(json_array_size(at(graph, "nodes")), 1400);
    json_decref(data);
    free(html);
    free(formula);
}
END_TEST

/* -------------------------------------------------------------------------------------- the lesson */

static bool are_same(json_t *a, json_t *b) { return (a == NULL && b == NULL) || json_equal(a, b); }

START_TEST(test_a_lesson_is_its_blocks_with_mathematics_set)
{
    static const char *const lessons[] = {"paths", "wishes", "equations", "demon", "vanish", "neuron"};
    char arguments[64];
    snprintf(arguments, sizeof arguments, "lesson %s", lessons[_i]);
    json_t *data = data_from(arguments), *lesson = json_from(arguments), *block,
           *blocks = at(at(data, "lesson"), "blocks");
    size_t k;
    ck_assert_uint_eq(json_array_size(blocks), json_array_size(at(lesson, "blocks")));
    json_array_foreach(at(lesson, "blocks"), k, block)
    {
        json_t *shown = json_array_get(blocks, k);
        const char *math = json_string_value(at(shown, "mathml"));
        ck_assert(are_same(at(shown, "text"), at(block, "text")));
        ck_assert(are_same(at(shown, "curves"), at(block, "curves")));
        if (strcmp(json_string_value(at(block, "kind")), "formula") == 0) ck_assert(strncmp(math, "<math", 5) == 0);
    }
    ck_assert(json_equal(at(at(data, "lesson"), "values"), at(lesson, "values")));
    json_decref(data);
    json_decref(lesson);
}
END_TEST

static json_t *pieces_in(const char *text);

START_TEST(test_names_in_sentences_become_mathematics)
{
    static const struct {
        const char *text;
        size_t pieces, math;
    } cases[] = {
        {"the cost by z^(2)_2, as", 3, 1},
        {"half_sum_of_squares of x", 1, 0},
        {"∂C/∂w is δ", 2, 1},
        {"由 a^1_2 得到，再看z^2_1。", 5, 2},
        {"w_11 and w_12.", 4, 2},
        {"", 0, 0},
        {"(a^2_1) is 2.2e-16", 2, 1},
        {"x = (1, 0.5)", 1, 0},
    };
    json_t *pieces = pieces_in(cases[_i].text), *piece;
    size_t k, math = 0;
    json_array_foreach(pieces, k, piece) math += json_is_object(piece);
    ck_assert_uint_eq(json_array_size(pieces), cases[_i].pieces);
    ck_assert_uint_eq(math, cases[_i].math);
    json_decref(pieces);
}
END_TEST

static json_t *pieces_in(const char *text)
{
    script *s = script_new("test", "test", 4);
    script_say(s, "%s", text);
    const page p = {.title = "test", .lesson = s, .digits = 4};
    ck_assert(page_write(path, &p));
    char *html = html_at(path);
    json_t *data = data_of(html);
    json_t *pieces = json_incref(at(json_array_get(at(at(data, "lesson"), "blocks"), 0), "pieces"));
    json_decref(data);
    free(html);
    script_free(s);
    return pieces;
}

/* ------------------------------------------------------------------------------------------- files */

START_TEST(test_what_cannot_be_written_is_said)
{
    static const char *const lines[] = {"chainrule explain x x=1 --html=%s/none/page.html",
                                        "chainrule explain x x=1 --html=%s", "chainrule explain x x=1 --html=/dev/full",
                                        "chainrule lesson paths --html=%s/none/page.html"};
    char line[256];
    snprintf(line, sizeof line, lines[_i], folder);
    const result r = run(line);
    ck_assert_int_eq(r.code, 1);
    ck_assert_msg(strncmp(r.err, "chainrule: ", 11) == 0, "%s", r.err);
    ck_assert_msg(strstr(r.err, "/dev/full: ") != NULL || strstr(r.err, folder) != NULL, "%s", r.err);
    ck_assert_str_eq(r.out, "");
    release(r);
}
END_TEST

START_TEST(test_a_file_is_replaced_whole_or_not_at_all)
{
    char line[512];
    snprintf(line, sizeof line,
             "cd %s && echo old >page.html && { trap '' XFSZ; ulimit -f 8; chainrule explain 'x*y' x=1 y=2 "
             "--html=page.html; "
             "} ; echo $?; cat page.html; ls -A",
             folder);
    const result r = run(line);
    ck_assert_str_eq(r.out, "1\nold\npage.html\n");
    ck_assert_ptr_nonnull(strstr(r.err, "page.html: "));
    release(r);
}
END_TEST

START_TEST(test_json_and_page_exclude_each_other)
{
    const result r = run("chainrule explain x x=1 --json --html=x.html");
    ck_assert_int_eq(r.code, 2);
    ck_assert_ptr_nonnull(strstr(r.err, "--html"));
    release(r);
}
END_TEST

/* ------------------------------------------------------------------------------------------- suite */

int main(void)
{
    Suite *suite = suite_create("page");
    setlocale(LC_CTYPE, "C.UTF-8");
    find_command();
    add_to(suite, "numbers", test_nodes_have_the_engines_numbers, EXPLAINED);
    add_to(suite, "contributions", test_steps_have_the_engines_contributions, EXPLAINED);
    add_to(suite, "checks", test_checks_are_the_finite_differences, 1);
    add_to(suite, "closed form", test_a_network_has_the_closed_form_beside_the_tape, 1);
    add_to(suite, "equations", test_equations_of_mazur_have_the_textbooks_results, 1);
    add_to(suite, "equations", test_equations_of_the_chain_in_squared_have_da_and_dz, 1);
    add_to(suite, "forward", test_forward_alone_has_no_adjoints, 1);
    add_to(suite, "small", test_a_small_graph_is_not_folded, 1);
    add_to(suite, "large", test_a_large_graph_is_folded_and_whole, 1);
    add_to(suite, "chain", test_a_long_chain_is_written_all_the_same, 1);
    add_to(suite, "lesson", test_a_lesson_is_its_blocks_with_mathematics_set, 6);
    add_to(suite, "sentences", test_names_in_sentences_become_mathematics, 8);
    add_to(suite, "refused", test_what_cannot_be_written_is_said, 4);
    add_to(suite, "whole", test_a_file_is_replaced_whole_or_not_at_all, 1);
    add_to(suite, "excluded", test_json_and_page_exclude_each_other, 1);
    return run_suite(suite);
}
