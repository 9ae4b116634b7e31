/* SPDX-License-Identifier: MIT */
/* The places of a graph: boxes apart from each other, edges from box to box, layers and neurons in their order; with
 * and without Graphviz. */
#include "graph_helpers.h"
#include "graphviz.h"
#include "run_suite.h"
#include "sanitized.h"

#include <math.h>

static const char *const formulas[] = {"x", "x*y + sin(x)", "x*x", "a = x + y; b = a*a; max(a, b)/2",
                                       "sum(x, y, x, 3)"};
enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* What Graphviz rounds to. */
static const double tolerance = 1.5;

static bool overlap(const graph_box *a, const graph_box *b)
{
    return fabs(a->x - b->x) < (a->width + b->width) / 2 - tolerance &&
           fabs(a->y - b->y) < (a->height + b->height) / 2 - tolerance;
}

/* How far a point is from the border of a box; 0: on it. */
static double from_border(graph_point p, const graph_box *b)
{
    const double beside = fabs(p.x - b->x) - b->width / 2, above = fabs(p.y - b->y) - b->height / 2;
    return fabs(fmax(beside, above));
}

static void assert_places(const graph *g)
{
    for (size_t k = 0; k < g->box_count; k++) {
        const graph_box *b = &g->boxes[k];
        ck_assert(b->width > 0 && b->x - b->width / 2 >= -tolerance && b->x + b->width / 2 <= g->width + tolerance);
        ck_assert(b->height > 0 && b->y - b->height / 2 >= -tolerance && b->y + b->height / 2 <= g->height + tolerance);
        for (size_t i = 0; i < k; i++)
            if (overlap(b, &g->boxes[i])) ck_abort_msg("%s and %s overlap", b->name, g->boxes[i].name);
    }
    for (size_t k = 0; k < g->edge_count; k++) {
        const graph_edge *e = &g->edges[k];
        ck_assert_uint_ge(e->point_count, 4);
        ck_assert_uint_eq(e->point_count % 3, 1);
        ck_assert_double_le(from_border(e->points[0], &g->boxes[e->from]), tolerance);
        ck_assert_double_le(from_border(e->points[e->point_count - 1], &g->boxes[e->to]), tolerance);
        for (size_t i = 0; i < e->point_count; i++)
            ck_assert(e->points[i].y >= -tolerance && e->points[i].y <= g->height + tolerance);
    }
}

/* ------------------------------------------------------------------------------------------- layers */

static void assert_neurons_in_order(const graph *g, uint32_t first, size_t count)
{
    for (size_t j = 1; j < count; j++) {
        const graph_box *above = &g->boxes[g->box_of[first + j - 1]], *b = &g->boxes[g->box_of[first + j]];
        ck_assert_double_gt(b->y, above->y);
        ck_assert_double_eq_tol(b->x, above->x, 1e-9);
    }
}

static void assert_in_frames(const graph *g)
{
    for (size_t k = 0; k < g->box_count; k++) {
        const graph_box *b = &g->boxes[k];
        if (b->frame == g->frame_count) continue;
        const graph_frame *f = &g->frames[b->frame];
        ck_assert_double_lt(fabs(b->x - f->x) + b->width / 2, f->width / 2);
        ck_assert_double_lt(fabs(b->y - f->y) + b->height / 2, f->height / 2);
    }
    for (size_t l = 1; l < g->frame_count; l++)
        ck_assert_double_gt(g->frames[l].x - g->frames[l].width / 2, g->frames[l - 1].x + g->frames[l - 1].width / 2);
}

/* No box that is neither its beginning nor its end lies on the way of an edge: sampled along its curves. */
static void assert_ways_are_free(const graph *g)
{
    for (size_t k = 0; k < g->edge_count; k++) {
        const graph_edge *e = &g->edges[k];
        for (size_t i = 0; i + 3 < e->point_count; i += 3)
            for (int step = 0; step <= 20; step++) {
                const double t = step / 20.0, s = 1 - t;
                const graph_point *p = &e->points[i];
                const double x =
                    s * s * s * p[0].x + 3 * s * s * t * p[1].x + 3 * s * t * t * p[2].x + t * t * t * p[3].x;
                const double y =
                    s * s * s * p[0].y + 3 * s * s * t * p[1].y + 3 * s * t * t * p[2].y + t * t * t * p[3].y;
                for (uint32_t b = 0; b < g->box_count; b++) {
                    const graph_box *box = &g->boxes[b];
                    if (b == e->from || b == e->to) continue;
                    if (fabs(x - box->x) <= box->width / 2 && fabs(y - box->y) <= box->height / 2)
                        ck_abort_msg("the edge from %s to %s crosses %s", g->boxes[e->from].name, g->boxes[e->to].name,
                                     box->name);
                }
            }
    }
}

static void assert_network(const char *sizes, nn_convention convention, bool has_biases, bool skips,
                           graph_folding folding)
{
    subject s;
    graph g;
    char *advice;
    explain_network_of(&s, convention, sizes, has_biases, skips);
    graph_make(&g, &s.x, folding, 4);
    ck_assert(graph_lay_out(&g, &advice));
    ck_assert_ptr_null(advice);
    ck_assert(g.is_on_grid);
    assert_places(&g);
    assert_in_frames(&g);
    assert_ways_are_free(&g);
    const size_t depth = depth_of(&s.view);
    for (size_t l = 0; l <= depth && folding == GRAPH_FOLD_NEVER; l++) {
        assert_neurons_in_order(&g, s.x.layers[l].a, width_at(&s.view, l));
        if (l > 0) assert_neurons_in_order(&g, s.x.layers[l].weights, width_at(&s.view, l) * width_at(&s.view, l - 1));
    }
    graph_free(&g);
    subject_free(&s);
}

START_TEST(test_layers_stand_from_left_to_right_and_neurons_in_order)
{
    for (int convention = 0; convention < NN_CONVENTIONS; convention++)
        for (int way = 0; way < 4; way++)
            assert_network(network_sizes[_i], (nn_convention)convention, way % 2, false,
                           way < 2 ? GRAPH_FOLD_NEVER : GRAPH_FOLD_ALWAYS);
}
END_TEST

START_TEST(test_skip_connections_go_around_the_boxes)
{
    for (int way = 0; way < 4; way++)
        assert_network("2,3,3,2", NN_HALF_MEAN, way % 2, true, way < 2 ? GRAPH_FOLD_NEVER : GRAPH_FOLD_ALWAYS);
}
END_TEST

START_TEST(test_places_follow_boxes_that_were_made_larger)
{
    subject s;
    graph g;
    explain_network_of(&s, NN_HALF_MEAN, "3,2,4,1", true, false);
    graph_make(&g, &s.x, GRAPH_FOLD_NEVER, 4);
    ck_assert(graph_place_layers(&g));
    const double width = g.width;
    for (size_t k = 0; k < g.box_count; k++) {
        g.boxes[k].width += 40;
        g.boxes[k].height += (double)(k % 3) * 10;
    }
    ck_assert(graph_place_layers(&g));
    assert_places(&g);
    assert_in_frames(&g);
    ck_assert_double_gt(g.width, width + 100);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------------ formulas */

START_TEST(test_formula_is_laid_out_by_graphviz)
{
    subject s;
    graph g;
    char *advice;
    explain_formula(&s, formulas[_i % FORMULAS]);
    graph_make(&g, &s.x, _i < FORMULAS ? GRAPH_FOLD_NEVER : GRAPH_FOLD_ALWAYS, 4);
    const bool is_laid_out = graph_lay_out(&g, &advice);
    ck_assert_int_eq(is_laid_out, graphviz_is_there());
    if (is_laid_out) {
        assert_places(&g);
        for (size_t k = 0; k < g.edge_count; k++) {
            ck_assert_double_gt(g.boxes[g.edges[k].to].x, g.boxes[g.edges[k].from].x);
            ck_assert(g.edges[k].label.x > 0 && g.edges[k].label.x < g.width);
        }
        ck_assert_ptr_null(advice);
    } else ck_assert_ptr_nonnull(strstr(advice, "libgraphviz-dev"));
    free(advice);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

/* Two thousand nodes of few leaves, which are used everywhere. */
START_TEST(test_two_thousand_nodes_are_laid_out_in_seconds)
{
    draft t;
    subject s;
    graph g;
    char *advice;
    draft_begin(&t);
    for (int k = 0; k < 400; k++) fprintf(t.to, "s%d = sin(x*%d)*cos(y*%d); ", k, k + 2, k + 2);
    for (int k = 0; k < 400; k++) fprintf(t.to, "%ss%d", k > 0 ? " + " : "", k);
    char *formula = draft_done(&t);
    explain_formula(&s, formula);
    graph_make(&g, &s.x, GRAPH_FOLD_NEVER, 4);
    ck_assert_uint_gt(g.box_count, 2000);
    ck_assert_int_eq(graph_lay_out(&g, &advice), graphviz_is_there());
    if (advice == NULL) assert_places(&g);
    free(advice);
    graph_free(&g);
    subject_free(&s);
    free(formula);
}
END_TEST

START_TEST(test_graph_that_would_take_minutes_is_refused)
{
    subject s;
    graph g;
    char *advice;
    explain_chain(&s, GRAPH_MOST_BOXES);
    graph_make(&g, &s.x, GRAPH_FOLD_NEVER, 4);
    ck_assert(!graph_lay_out(&g, &advice));
    ck_assert_str_eq(advice, "the graph is too large to be drawn node by node: it has 2,501 nodes");
    free(advice);
    graph_free(&g);
    subject_free(&s);
}
END_TEST

#ifdef WITHOUT_GRAPHVIZ
START_TEST(test_without_graphviz_nothing_is_drawn_and_the_advice_says_why)
{
    size_t size = 1;
    FILE *kept = freopen("/dev/null", "w", stderr);
    ck_assert_ptr_nonnull(kept);
    ck_assert(!graphviz_is_there());
    ck_assert_ptr_null(graphviz_render("digraph { a }", "svg", &size));
    ck_assert_uint_eq(size, 0);
    ck_assert_ptr_nonnull(strstr(graphviz_advice(), "libgraphviz-dev"));
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("graph_layout");
    TCase *tcase = tcase_create("places");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_layers_stand_from_left_to_right_and_neurons_in_order, 0, NETWORK_SIZES);
    tcase_add_test(tcase, test_skip_connections_go_around_the_boxes);
    tcase_add_test(tcase, test_places_follow_boxes_that_were_made_larger);
    tcase_add_loop_test(tcase, test_formula_is_laid_out_by_graphviz, 0, 2 * FORMULAS);
    tcase_add_test(tcase, test_graph_that_would_take_minutes_is_refused);
#ifdef WITHOUT_GRAPHVIZ
    tcase_add_test(tcase, test_without_graphviz_nothing_is_drawn_and_the_advice_says_why);
#endif
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("seconds");
    tcase_set_timeout(tcase, 20 * FEWER);
    tcase_add_test(tcase, test_two_thousand_nodes_are_laid_out_in_seconds);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
