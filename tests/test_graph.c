/* SPDX-License-Identifier: MIT */
/* Graphs of explanations: what their boxes and edges stand for, and what Graphviz reads. */
#include "graph_helpers.h"
#include "graphviz.h"
#include "print.h"
#include "run_suite.h"

#include <math.h>
#include <unistd.h>

#ifdef HAVE_GRAPHVIZ
#include <graphviz/cgraph.h>
#endif

static const char *const formulas[] = {"x",
                                       "x*y + sin(x)",
                                       "x*x",
                                       "a = x + y; b = a*a; max(a, b)/2",
                                       "sum(x, y, x, 3)",
                                       "x < y ? x : y*y",
                                       "z = x*y; x + 1"};
enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* ------------------------------------------------------------------------------------------- full */

START_TEST(test_small_graph_has_a_box_for_each_node_and_an_edge_for_each_operand)
{
    subject s;
    graph g;
    explain_formula(&s, formulas[_i]);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 4);
    ck_assert(!g.is_folded);
    ck_assert_uint_eq(g.box_count, s.x.node_count);
    ck_assert_uint_eq(g.edge_count, operands_of_all(&s.x));
    size_t outputs = 0;
    for (uint32_t i = 0; i < g.box_count; i++) {
        const node *n = &s.x.nodes[i];
        ck_assert_uint_eq(g.box_of[i], i);
        ck_assert_uint_eq(g.boxes[i].node, i);
        ck_assert_str_eq(g.boxes[i].name, n->label);
        ck_assert_int_eq(*g.boxes[i].detail == '\0', n->op == AD_OP_LEAF);
        const graph_kind kind = i == s.x.output.index ? GRAPH_OUTPUT
                                : !n->output_depends  ? GRAPH_UNRELATED
                                : n->op == AD_OP_LEAF ? GRAPH_LEAF
                                                      : GRAPH_OPERATION;
        ck_assert_int_eq(g.boxes[i].kind, kind);
        outputs += kind == GRAPH_OUTPUT;
    }
    ck_assert_uint_eq(outputs, 1);
    for (size_t k = 0; k < g.edge_count; k++) {
        const operand *o = &s.x.operands[g.edges[k].operand];
        ck_assert_uint_eq(o->node, g.edges[k].from);
        ck_assert_double_eq(o->partial, g.edges[k].partial);
        ck_assert_uint_eq(g.edges[k].count, 1);
    }
    graph_free(&g);
    subject_free(&s);
}
END_TEST

START_TEST(test_operand_that_stands_many_times_has_one_edge)
{
    enum { TIMES = 5000 };
    draft t;
    subject s;
    graph g;
    draft_begin(&t);
    fputs("sum(x", t.to);
    for (int k = 1; k < TIMES; k++) fputs(", x", t.to);
    fputs(", y)", t.to);
    char *formula = draft_done(&t);
    explain_formula(&s, formula);
    graph_make(&g, &s.x, GRAPH_FOLD_NEVER, 4);
    ck_assert_uint_eq(g.edge_count, 2);
    ck_assert_uint_eq(g.edges[0].count, TIMES);
    ck_assert_double_eq(g.edges[0].partial, TIMES);
    ck_assert_uint_eq(g.edges[1].count, 1);
    graph_free(&g);
    subject_free(&s);
    free(formula);
}
END_TEST

/* ----------------------------------------------------------------------------------------- folded */

/* Every node is in one box, and what a box says of its nodes is so; every operand is inside a box or in an edge. */
static void assert_folded(const graph *g)
{
    const explanation *x = g->x;
    size_t nodes = 0, operands = 0, inside = 0;
    for (uint32_t k = 0; k < g->box_count; k++) {
        double least = INFINITY, largest = -INFINITY, squares = 0;
        size_t count = 0;
        for (size_t i = 0; i < x->node_count; i++) {
            if (g->box_of[i] != k) continue;
            count++;
            least = fmin(least, x->nodes[i].value);
            largest = fmax(largest, x->nodes[i].value);
            squares += x->nodes[i].adjoint * x->nodes[i].adjoint;
        }
        ck_assert_uint_eq(g->boxes[k].count, count);
        ck_assert_int_eq(g->boxes[k].is_group, count > 1);
        ck_assert_double_eq(g->boxes[k].least, least);
        ck_assert_double_eq(g->boxes[k].largest, largest);
        if (x->is_swept) ck_assert_double_le(fabs(g->boxes[k].norm - sqrt(squares)), 1e-12 * sqrt(squares));
        nodes += count;
    }
    for (size_t i = 0; i < x->node_count; i++)
        for (size_t k = x->nodes[i].first; k < x->nodes[i].first + x->nodes[i].count; k++)
            inside += !x->operands[k].is_constant && g->box_of[x->operands[k].node] == g->box_of[i];
    for (size_t k = 0; k < g->edge_count; k++) {
        ck_assert_uint_ne(g->edges[k].from, g->edges[k].to);
        operands += g->edges[k].count;
        for (size_t i = 0; i < k; i++)
            ck_assert(g->edges[i].from != g->edges[k].from || g->edges[i].to != g->edges[k].to);
    }
    ck_assert_uint_eq(nodes, x->node_count);
    ck_assert_uint_eq(operands + inside, operands_of_all(x));
    ck_assert(!g->boxes[g->box_of[x->output.index]].is_group);
}

START_TEST(test_network_folds_into_a_box_for_each_group)
{
    const char *first = _i == NN_LOGISTIC ? "layer 2" : _i == NN_PER_NEURON ? "neurons 31 to 50" : "layer 1";
    const char *second = _i == NN_LOGISTIC ? "layer 3" : _i == NN_PER_NEURON ? "neurons 51 to 60" : "layer 2";
    char *names[] = {copied("inputs"), formatted("weights of %s", first), formatted("activations of %s", first),
                     formatted("biases of %s", second)};
    subject s;
    graph g;
    explain_network_of(&s, (nn_convention)_i, "30,20,10", true, false);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 4);
    ck_assert(g.is_folded);
    assert_folded(&g);
    ck_assert_uint_eq(g.box_count, _i == NN_LOGISTIC ? 8 : 12);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t found = 0;
        for (size_t k = 0; k < g.box_count; k++) found += strcmp(g.boxes[k].name, names[i]) == 0;
        ck_assert_msg(found == (_i == NN_LOGISTIC && i == 3 ? 0 : 1), "%zu boxes %s", found, names[i]);
        free(names[i]);
    }
    const graph_box *weights = &g.boxes[g.box_of[s.x.layers[1].weights]];
    ck_assert_str_eq(weights->detail, _i == NN_ROW_MINUS_BIAS ? "30 × 20" : "20 × 30");
    ck_assert_uint_eq(weights->count, 600);
    ck_assert_int_eq(weights->kind, GRAPH_LEAF);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

START_TEST(test_formula_folds_by_levels)
{
    subject s;
    graph g;
    explain_formula(&s, formulas[_i]);
    graph_make(&g, &s.x, GRAPH_FOLD_ALWAYS, 4);
    assert_folded(&g);
    for (size_t i = 0; i < s.x.node_count; i++)
        if (s.x.nodes[i].op == AD_OP_LEAF) ck_assert(!g.boxes[g.box_of[i]].is_group);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

START_TEST(test_hundred_thousand_nodes_fold_into_few_boxes)
{
    subject s;
    graph g;
    size_t size;
    explain_chain(&s, 100000);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 4);
    ck_assert_uint_le(g.box_count, 12);
    size_t nodes = 0;
    for (size_t k = 0; k < g.box_count; k++) nodes += g.boxes[k].count;
    ck_assert_uint_eq(nodes, 100001);
    ck_assert_double_eq(g.boxes[g.box_of[0]].least, 1);
    char *dot = dot_of(&g, &size);
    ck_assert_uint_lt(size, 20000);
    ck_assert_uint_gt(times_in(dot, "not computed"), 0);
    free(dot);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

/* The a, weights and z of the layer are in one box, which says from which layer to which it goes. */
static void assert_layers_in_a_box(const graph *g, size_t l, size_t first, size_t last)
{
    const layer_nodes *at = &g->x->layers[l];
    const graph_box *b = &g->boxes[g->box_of[at->a]];
    char *name = formatted("layers %zu to %zu", first, last);
    ck_assert_str_eq(b->name, name);
    ck_assert(&g->boxes[g->box_of[at->weights]] == b && &g->boxes[g->box_of[at->z]] == b);
    free(name);
}

START_TEST(test_deep_network_folds_by_layers_of_several)
{
    subject s;
    graph g;
    ad_tape *tape = ad_tape_new();
    nn_layer layers[40];
    nn_error error;
    double x[3] = {0.1, 0.2, 0.3}, y[3] = {0};
    for (size_t l = 0; l < 40; l++) layers[l] = (nn_layer){.width = 3, .activation = NN_SIGMOID};
    s = (subject){.tape = tape, .net = nn_mlp_new(tape, &(nn_shape){3, 40, layers, NN_HALF_SUM_OF_SQUARES}, NULL)};
    s.view = (delta_view){.net = s.net, .convention = NN_HALF_MEAN, .x = x, .y = y, .digits = 4};
    ck_assert_int_eq(nn_check_delta(s.net, NN_HALF_MEAN, x, y, &s.view.report, &error), NN_OK);
    explain_network(&s.x, &s.view);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 4);
    assert_folded(&g);
    for (size_t l = 1; l <= 40; l++) assert_layers_in_a_box(&g, l, l - (l - 1) % 6, l > 36 ? 40 : l + 5 - (l - 1) % 6);
    ck_assert_str_eq(g.boxes[g.box_of[s.x.layers[0].a]].name, "inputs");
    ck_assert_uint_eq(g.box_count, 9);
    ck_assert_uint_eq(g.frame_count, 0);
    ck_assert(!graph_place_layers(&g));
    graph_free(&g);
    subject_free(&s);
}
END_TEST

/* -------------------------------------------------------------------------------- what Graphviz reads */

#ifdef HAVE_GRAPHVIZ

START_TEST(test_dot_has_names_values_and_adjoints_of_every_node)
{
    subject s;
    graph g;
    size_t size;
    char shown[NUMBER_SIZE];
    explain_formula(&s, formulas[_i]);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 6);
    char *dot = dot_of(&g, &size);
    Agraph_t *read = agmemread(dot);
    ck_assert_ptr_nonnull(read);
    ck_assert_int_eq(agnnodes(read), (int)s.x.node_count);
    ck_assert_int_eq(agnedges(read), (int)operands_of_all(&s.x));
    for (uint32_t i = 0; i < s.x.node_count; i++) {
        char *name = formatted("n%u", i), *title = formatted("<b>%s</b>", s.x.nodes[i].label);
        Agnode_t *n = agnode(read, name, 0);
        ck_assert_ptr_nonnull(n);
        char *label = agget(n, (char *)"label");
        ck_assert_ptr_nonnull(strstr(label, title));
        char *value = formatted(">value </td><td align=\"right\">%s<", show_input(shown, s.x.nodes[i].value, 6));
        char *adjoint = formatted(">adjoint </td><td align=\"right\">%s<", show_number(shown, s.x.nodes[i].adjoint, 6));
        ck_assert_msg(strstr(label, value) != NULL, "no %s in %s", value, label);
        ck_assert_msg(strstr(label, adjoint) != NULL, "no %s in %s", adjoint, label);
        ck_assert_int_eq(strstr(agget(n, (char *)"style"), "rounded") != NULL, g.boxes[i].kind == GRAPH_LEAF);
        char *peripheries = agget(n, (char *)"peripheries");
        ck_assert_int_eq(peripheries != NULL && *peripheries == '2', i == s.x.output.index);
        free(adjoint);
        free(value);
        free(title);
        free(name);
    }
    agclose(read);
    free(dot);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

static const char *const nasty[] = {"a\"b\"", "back\\slash\\", "<b>&amp;", "a&b;c", "größe", "误差", "two\nlines\t.",
                                    "]]>",    "\xff\xfe",      "\x01\x1f", ">>];}", "",      "//",   "/*",
                                    "\\N\\G"};

START_TEST(test_any_name_is_drawn)
{
    subject s;
    graph g;
    size_t size, svg_size;
    explain_formula(&s, "x*y");
    s.x.nodes[0].name = s.x.nodes[0].label = nasty[_i];
    s.x.nodes[s.x.output.index].name = s.x.nodes[s.x.output.index].label = nasty[_i];
    graph_make(&g, &s.x, GRAPH_FOLD_NEVER, 4);
    char *dot = dot_of(&g, &size);
    char *svg = graphviz_render(dot, "svg", &svg_size);
    ck_assert_ptr_nonnull(svg);
    ck_assert_uint_eq(times_in(svg, "class=\"node\""), 3);
    ck_assert_uint_eq(times_in(svg, "class=\"edge\""), 2);
    ck_assert_uint_eq(times_in(svg, ">adjoint"), 3);
    if (_i == 0) ck_assert_ptr_nonnull(strstr(svg, ">a&quot;b&quot;<"));
    if (_i == 2) ck_assert_ptr_nonnull(strstr(svg, ">&lt;b&gt;&amp;amp;<"));
    if (_i == 5) ck_assert_ptr_nonnull(strstr(svg, ">误差<"));
    free(svg);
    free(dot);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

START_TEST(test_pictures_are_what_they_are_called)
{
    subject s;
    graph g;
    size_t size, bytes;
    explain_network_of(&s, NN_HALF_MEAN, "2,2,2", true, false);
    graph_make(&g, &s.x, GRAPH_FOLD_LARGE, 4);
    if (_i == 1) graph_place_layers(&g);
    char *dot = dot_of(&g, &size);
    char *png = graphviz_render(dot, "png", &bytes);
    ck_assert_ptr_nonnull(png);
    ck_assert(bytes > 1000 && memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
    ck_assert_mem_eq(png + bytes - 8, "IEND", 4);
    char *svg = graphviz_render(dot, "svg", &bytes);
    ck_assert_ptr_nonnull(svg);
    ck_assert_mem_eq(svg, "<?xml", 5);
    ck_assert_uint_eq(strlen(svg), bytes);
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    ck_assert_uint_eq(times_in(svg, "class=\"cluster\""), 3);
    free(svg);
    free(png);
    free(dot);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

/* What was written since the last time is one line, which begins so and says more; forgets it. */
static void assert_one_message(FILE *err, const char *head)
{
    char text[400];
    ck_assert_int_eq(fflush(stderr), 0);
    rewind(err);
    text[fread(text, 1, sizeof text - 1, err)] = '\0';
    ck_assert_msg(strncmp(text, head, strlen(head)) == 0, "%s", text);
    ck_assert_msg(strcspn(text + strlen(head), "\n") > 0, "nothing is said: %s", text);
    ck_assert_msg(strchr(text, '\n') == text + strlen(text) - 1, "more than a line: %s", text);
    rewind(err);
    ck_assert_int_eq(ftruncate(fileno(err), 0), 0);
}

START_TEST(test_what_graphviz_refuses_is_one_message)
{
    static const struct {
        const char *dot, *format;
    } cases[] = {{"digraph { a -> ", "svg"}, {"nonsense", "svg"}, {"", "svg"}, {"digraph { a }", "no such format"}};
    size_t size;
    FILE *err = tmpfile();
    ck_assert(err != NULL && dup2(fileno(err), STDERR_FILENO) == STDERR_FILENO);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ck_assert_ptr_null(graphviz_render(cases[k].dot, cases[k].format, &size));
        assert_one_message(err, "chainrule: Graphviz cannot draw the graph: ");
    }
    char *svg = graphviz_render("digraph { a -> b }", "svg", &size);
    ck_assert_ptr_nonnull(svg);
    free(svg);
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *tcase = tcase_create("boxes");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_small_graph_has_a_box_for_each_node_and_an_edge_for_each_operand, 0, FORMULAS);
    tcase_add_test(tcase, test_operand_that_stands_many_times_has_one_edge);
    tcase_add_loop_test(tcase, test_network_folds_into_a_box_for_each_group, 0, NN_CONVENTIONS);
    tcase_add_loop_test(tcase, test_formula_folds_by_levels, 0, FORMULAS);
    tcase_add_test(tcase, test_hundred_thousand_nodes_fold_into_few_boxes);
    tcase_add_test(tcase, test_deep_network_folds_by_layers_of_several);
    suite_add_tcase(suite, tcase);
#ifdef HAVE_GRAPHVIZ
    tcase = tcase_create("Graphviz");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_dot_has_names_values_and_adjoints_of_every_node, 0, FORMULAS);
    tcase_add_loop_test(tcase, test_any_name_is_drawn, 0, sizeof nasty / sizeof *nasty);
    tcase_add_loop_test(tcase, test_pictures_are_what_they_are_called, 0, 2);
    tcase_add_test(tcase, test_what_graphviz_refuses_is_one_message);
    suite_add_tcase(suite, tcase);
#endif
    return run_suite(suite);
}
