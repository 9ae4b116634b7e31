/* SPDX-License-Identifier: MIT */
/* Products with Jacobians. The judges are tangents summed up edge by edge, rows of gradients by ad_backward, and
 * central differences. */
#include <autodiff/derivatives.h>

#include "../autodiff/internal.h"
#include "../autodiff/kernels.h"
#include "sanitized.h"

#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

#include <stdio.h>
#include <stdlib.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

/* -------------------------------------------------------------------------------------- judges */

enum { MOST_NODES = 20000, MOST_VECTORS = 20, MOST_OUT = 400, MOST_IN = 1200, MOST_EDGES = 600 };

static bool same_or_nan(double x, double y) { return x == y || (isnan(x) && isnan(y)); }

static uint32_t index_in(ad_span s, size_t k)
{
    const ad_var v = ad_at(s, k);
    return ad_is_const(v) ? UINT32_MAX : v.index;
}

/* Which nodes depend on the inputs. */
static void find_dependent(ad_span x, bool *dependent)
{
    static ad_edge edges[MOST_EDGES];
    const size_t nodes = ad_tape_stats(tape).nodes;
    for (size_t i = 0; i < nodes; i++) {
        const size_t n = ad_edges(ad_node_at(tape, i), edges, MOST_EDGES);
        dependent[i] = false;
        for (size_t e = 0; e < n; e++)
            dependent[i] = dependent[i] || (!ad_is_const(edges[e].operand) && dependent[edges[e].operand.index]);
        for (size_t k = 0; ad_op_of(ad_node_at(tape, i)) == AD_OP_LEAF && k < x.count; k++)
            dependent[i] = dependent[i] || index_in(x, k) == i;
    }
}

/* Tangents of all nodes, and the sums of the sizes of their terms: what rounding is relative to. */
static void tangents_by_edges(ad_span x, const double *dx, bool propagate, double *tangent, double *size)
{
    static ad_edge edges[MOST_EDGES];
    static bool dependent[MOST_NODES];
    const size_t nodes = ad_tape_stats(tape).nodes;
    ck_assert_uint_le(nodes, MOST_NODES);
    find_dependent(x, dependent);
    for (size_t i = 0; i < nodes; i++) tangent[i] = size[i] = 0;
    for (size_t k = 0; k < x.count; k++) tangent[index_in(x, k)] += dx[k], size[index_in(x, k)] += fabs(dx[k]);
    for (size_t i = 0; i < nodes; i++) {
        const size_t n = ad_edges(ad_node_at(tape, i), edges, MOST_EDGES);
        ck_assert_uint_le(n, MOST_EDGES);
        for (size_t e = 0; e < n; e++) {
            if (ad_is_const(edges[e].operand) || !dependent[edges[e].operand.index]) continue;
            const uint32_t operand = edges[e].operand.index;
            if (tangent[operand] != 0 || propagate) tangent[i] += edges[e].partial * tangent[operand];
            if (size[operand] != 0) size[i] += fabs(edges[e].partial) * size[operand];
        }
    }
}

static bool agree(double x, double y, double size)
{
    if (same_or_nan(x, y)) return true;
    return isfinite(x) && isfinite(y) && fabs(x - y) <= 2e-14 * size;
}

static void check_jvp(ad_span y, ad_span x, const double *dx, size_t k, bool propagate)
{
    static double dy[MOST_VECTORS * MOST_NODES], tangent[MOST_NODES], size[MOST_NODES];
    for (size_t j = 0; j < k * y.count; j++) dy[j] = 17;
    ck_assert_int_eq(ad_jvp(y, x, dx, k, dy), AD_OK);
    assert_ok(tape);
    for (size_t l = 0; l < k; l++) {
        tangents_by_edges(x, dx + l * x.count, propagate, tangent, size);
        for (size_t i = 0; i < y.count; i++) {
            const uint32_t node = index_in(y, i);
            const double expected = node == UINT32_MAX ? 0 : tangent[node],
                         allowed = node == UINT32_MAX ? 0 : size[node];
            ck_assert_msg(agree(dy[l * y.count + i], expected, allowed),
                          "direction %zu of %zu, output %zu (%s): %.17g, by edges %.17g", l, k, i,
                          ad_op_get(ad_op_of(ad_at(y, i)))->name, dy[l * y.count + i], expected);
        }
    }
}

/* By ad_backward_from on a tape that is used for nothing else then. */
static void backward_from_span(ad_span y, const double *seed)
{
    static ad_var outs[MOST_NODES];
    static double seeds[MOST_NODES];
    size_t n = 0;
    for (size_t i = 0; i < y.count; i++)
        if (index_in(y, i) != UINT32_MAX) {
            outs[n] = ad_at(y, i);
            seeds[n++] = seed[i];
        }
    if (n > 0) ck_assert_int_eq(ad_backward_from(outs, seeds, n), AD_OK);
}

static bool has_nodes(ad_span y)
{
    for (size_t i = 0; i < y.count; i++)
        if (index_in(y, i) != UINT32_MAX) return true;
    return false;
}

static void check_vjp(ad_span y, ad_span x, const double *seeds, size_t k)
{
    static double products[MOST_VECTORS * MOST_IN];
    for (size_t j = 0; j < k * x.count; j++) products[j] = 17;
    ck_assert_int_eq(ad_vjp(y, x, seeds, k, products), AD_OK);
    assert_ok(tape);
    for (size_t l = 0; l < k; l++) {
        backward_from_span(y, seeds + l * y.count);
        for (size_t j = 0; j < x.count; j++) {
            const double expected = has_nodes(y) ? ad_grad(ad_at(x, j)) : 0;
            ck_assert_msg(same_or_nan(products[l * x.count + j], expected),
                          "seed %zu of %zu, input %zu: %.17g, by ad_backward_from %.17g", l, k, j,
                          products[l * x.count + j], expected);
        }
    }
}

static void check_jacobian(ad_span y, ad_span x)
{
    static double jacobian[MOST_OUT * MOST_IN], tangent[MOST_NODES], size[MOST_NODES], ones[MOST_IN];
    ck_assert_uint_le(y.count, MOST_OUT);
    ck_assert_uint_le(x.count, MOST_IN);
    for (size_t j = 0; j < x.count; j++) ones[j] = 1;
    for (size_t j = 0; j < y.count * x.count; j++) jacobian[j] = 17;
    ck_assert_int_eq(ad_jacobian(y, x, jacobian), AD_OK);
    assert_ok(tape);
    tangents_by_edges(x, ones, false, tangent, size);
    for (size_t i = 0; i < y.count; i++) {
        const bool constant = index_in(y, i) == UINT32_MAX;
        if (!constant) ck_assert_int_eq(ad_backward(ad_at(y, i)), AD_OK);
        for (size_t j = 0; j < x.count; j++) {
            const double expected = constant ? 0 : ad_grad(ad_at(x, j)), allowed = constant ? 0 : size[index_in(y, i)];
            ck_assert_msg(agree(jacobian[i * x.count + j], expected, allowed),
                          "%u x %u, row %zu, column %zu: %.17g, by ad_backward %.17g", y.count, x.count, i, j,
                          jacobian[i * x.count + j], expected);
        }
    }
}

static void fill(generator *g, double *vector, size_t n)
{
    for (size_t k = 0; k < n; k++) vector[k] = below(g, 5) == 0 ? 0 : uniform(g, -1, 1);
}

static const size_t counts[] = {1, 3, 8, 9, 20};
enum { COUNTS = sizeof counts / sizeof *counts };

static void check_all(generator *g, ad_span y, ad_span x, size_t k)
{
    static double dx[MOST_VECTORS * MOST_IN], seeds[MOST_VECTORS * MOST_NODES];
    fill(g, dx, k * x.count);
    fill(g, seeds, k * y.count);
    check_jvp(y, x, dx, k, false);
    check_vjp(y, x, seeds, k);
    check_jacobian(y, x);
}

/* ------------------------------------------------------------------------------- every operation */

static double odd_value(generator *g)
{
    static const double values[] = {0, -0.0, 1, -1, 0.5, 2, 3, 1e-300, 40, -40, 800, -800, INFINITY, -INFINITY, NAN};
    return below(g, 3) == 0 ? values[below(g, sizeof values / sizeof *values)] : uniform(g, -3, 3);
}

/* An operation on leaves and constants; at least one is a leaf. */
static ad_var record_odd(generator *g, ad_op op, ad_var *leaves, size_t *count)
{
    const int arity = ad_op_get(op)->arity;
    const unsigned n = arity > 0 ? (unsigned)arity : has_two_sequences(op) ? 4 : 2, variable = below(g, n);
    ad_var operands[4];
    *count = 0;
    for (unsigned k = 0; k < n; k++) {
        const double value = odd_value(g);
        operands[k] = k != variable && below(g, 4) == 0 ? ad_const(value) : ad_leaf(tape, value);
        if (!ad_is_const(operands[k])) leaves[(*count)++] = operands[k];
    }
    if (arity > 0) return ad_apply(op, operands, n);
    const ad_span x = ad_gather(tape, operands, 2);
    return apply_nary(op, x, n == 4 ? ad_gather(tape, operands + 2, 2) : x);
}

START_TEST(test_every_operation_sends_directions_and_seeds_as_its_edges_say)
{
    const ad_op op = (ad_op)_i;
    generator g = {(uint64_t)_i};
    for (int round = 0; round < 400 / FEWER; round++) {
        ad_tape_reset(tape);
        const bool propagate = round % 4 == 0;
        ad_propagate_zeros(tape, propagate);
        ad_var leaves[4];
        size_t n;
        const ad_var v = record_odd(&g, op, leaves, &n);
        const ad_span x = ad_gather(tape, leaves, n), y = ad_run(v, 1);
        double dx[9 * 4], seeds[9];
        const size_t k = round % 3 == 0 ? 1 : 9;
        fill(&g, dx, 9 * n);
        fill(&g, seeds, 9);
        check_jvp(y, x, dx, k, propagate);
        check_vjp(y, x, seeds, k);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------- random graphs */

enum { SEEDS = 8, GRAPHS = 60 / FEWER, LAST = SCRIPT_SLOTS - 1 };

/* Outputs of every kind: results, leaves, constants, some of them twice. */
static ad_span random_outputs(generator *g, const ad_var *slots, size_t n)
{
    ad_var outs[40];
    for (size_t k = 0; k < n; k++)
        outs[k] = below(g, 12) == 0 ? ad_const(3) : slots[below(g, 5) == 0 ? below(g, 5) : LAST - below(g, 20)];
    return ad_gather(tape, outs, n);
}

/* Some leaves, some of them twice; or all in a run. */
static ad_span random_inputs(generator *g, const ad_var *slots)
{
    ad_var ins[7];
    const size_t n = 1 + below(g, 7);
    if (below(g, 3) == 0) return ad_run(slots[0], SCRIPT_LEAVES);
    for (size_t k = 0; k < n; k++) ins[k] = slots[below(g, SCRIPT_LEAVES)];
    return ad_gather(tape, ins, n);
}

START_TEST(test_random_graphs_send_directions_and_seeds_as_edges_and_gradients_say)
{
    generator g = {1000 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        for (size_t c = 0; c < COUNTS; c++)
            check_all(&g, random_outputs(&g, slots, 1 + below(&g, 20)), random_inputs(&g, slots), counts[c]);
    }
}
END_TEST

START_TEST(test_products_from_both_sides_agree_with_each_other)
{
    generator g = {2000 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span y = random_outputs(&g, slots, 6), x = random_inputs(&g, slots);
        double dx[8 * 7], seeds[8 * 6], dy[8 * 6], products[8 * 7], jacobian[6 * 7], most = 1;
        fill(&g, dx, 8 * x.count);
        fill(&g, seeds, 8 * 6);
        ck_assert_int_eq(ad_jvp(y, x, dx, 8, dy), AD_OK);
        ck_assert_int_eq(ad_vjp(y, x, seeds, 8, products), AD_OK);
        ck_assert_int_eq(ad_jacobian(y, x, jacobian), AD_OK);
        for (size_t k = 0; k < 6 * x.count; k++) most = fmax(most, fabs(jacobian[k]));
        for (size_t l = 0; l < 8; l++) {
            double from_left = 0, from_right = 0;
            for (size_t i = 0; i < 6; i++) from_left += seeds[l * 6 + i] * dy[l * 6 + i];
            for (size_t j = 0; j < x.count; j++) from_right += products[l * x.count + j] * dx[l * x.count + j];
            assert_near(from_left, from_right, 1e-12 * most);
        }
    }
}
END_TEST

/* Leaf k moves by h[k]. */
static void outputs_at(const script *s, const double *h, double *values)
{
    script moved = *s;
    ad_var slots[SCRIPT_SLOTS];
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) moved.leaf[k] += h[k];
    ad_tape_reset(tape);
    record_script(tape, &moved, slots);
    for (size_t k = 0; k < SCRIPT_SLOTS; k++) values[k] = ad_value(slots[k]);
}

static void differences(const script *s, const double *dx, double h, double *slopes)
{
    double step[SCRIPT_LEAVES], low[SCRIPT_SLOTS], high[SCRIPT_SLOTS];
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) step[k] = -h * dx[k];
    outputs_at(s, step, low);
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) step[k] = h * dx[k];
    outputs_at(s, step, high);
    for (size_t k = 0; k < SCRIPT_SLOTS; k++) slopes[k] = (high[k] - low[k]) / (2 * h);
}

START_TEST(test_directional_derivatives_are_central_differences)
{
    generator g = {3000 + (uint64_t)_i};
    size_t checked = 0, sharp = 0;
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double dx[2 * SCRIPT_LEAVES], dy[2 * SCRIPT_SLOTS], coarse[SCRIPT_SLOTS], fine[SCRIPT_SLOTS];
        const script s = random_script(&g, true);
        for (size_t k = 0; k < 2 * SCRIPT_LEAVES; k++) dx[k] = uniform(&g, -1, 1);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_span y = ad_gather(tape, slots, SCRIPT_SLOTS), x = ad_run(slots[0], SCRIPT_LEAVES);
        ck_assert_int_eq(ad_jvp(y, x, dx, 2, dy), AD_OK);
        for (size_t l = 0; l < 2; l++) {
            differences(&s, dx + l * SCRIPT_LEAVES, 2e-5, coarse);
            differences(&s, dx + l * SCRIPT_LEAVES, 1e-5, fine);
            for (size_t k = 0; k < SCRIPT_SLOTS; k++) {
                if (!isfinite(coarse[k]) || !isfinite(fine[k])) continue;
                const double doubt = 4 * fabs(fine[k] - coarse[k]) + 1e-8 * (1 + fabs(fine[k]));
                ck_assert_msg(fabs(dy[l * SCRIPT_SLOTS + k] - fine[k]) <= doubt, "graph %d, slot %zu: %.17g, not %.17g",
                              round, k, dy[l * SCRIPT_SLOTS + k], fine[k]);
                checked++;
                sharp += doubt < 1e-6 * (1 + fabs(fine[k]));
            }
        }
    }
    ck_assert_uint_gt(checked, (size_t)GRAPHS * SCRIPT_SLOTS);
    ck_assert_uint_gt(sharp, checked * 3 / 4);
}
END_TEST

/* -------------------------------------------------------------------------------------- in bulk */

static ad_span random_leaves(generator *g, size_t n)
{
    const ad_span leaves = ad_leaves(tape, NULL, n);
    double *values = ad_set_in_place(leaves);
    for (size_t k = 0; k < n; k++) values[k] = uniform(g, -1, 1);
    return leaves;
}

static ad_span random_constants(generator *g, size_t n, bool odd)
{
    double *values;
    const ad_span constants = ad_constants_in_place(tape, n, &values);
    for (size_t k = 0; k < n; k++) values[k] = odd && below(g, 9) == 0 ? odd_value(g) : uniform(g, -1, 1);
    return constants;
}

/* A part of a span; the whole of it now and then. */
static ad_span random_part(generator *g, ad_span s)
{
    const uint32_t from = below(g, s.count), most = s.count - from < 300 ? s.count - from : 300;
    return below(g, 3) == 0 && s.count < 300 ? s : ad_slice(s, from, 1 + below(g, most));
}

typedef struct layers {
    ad_span w, x, b, y;
} layers;

static layers random_layers(generator *g, bool odd)
{
    const size_t in = 1 + below(g, below(g, 3) == 0 ? 130 : 12), out = 1 + below(g, 12), samples = 1 + below(g, 6);
    const uint32_t order = below(g, 4);
    layers n;
    if (order == 0) n.x = random_leaves(g, samples * in);
    n.w = order == 3 ? random_constants(g, out * in, odd) : random_leaves(g, out * in);
    n.b = random_leaves(g, out);
    if (order == 1) n.x = random_constants(g, samples * in, odd);
    if (order > 1) n.x = random_leaves(g, samples * in);
    if (order == 3) n.x = ad_each(AD_OP_SQUARE, n.x);
    const ad_span z = ad_weighted_sums_batch(n.w, n.x, samples);
    n.y = ad_each(AD_OP_TANH, ad_each2(below(g, 2) ? AD_OP_ADD : AD_OP_MAX, z, n.b));
    const ad_span v = random_leaves(g, 3 * out);
    n.y = ad_each2(AD_OP_MUL, ad_weighted_sums_batch(v, n.y, samples), ad_constants(tape, (double[]){1, 2, 3}, 3));
    return n;
}

static ad_span inputs_of(generator *g, const layers *n)
{
    const ad_span choice[] = {n->w, n->x, n->b};
    for (;;) {
        const ad_span x = choice[below(g, 3)];
        if (x.kind == SPAN_RUN && ad_op_of(ad_at(x, 0)) == AD_OP_LEAF) return random_part(g, x);
    }
}

START_TEST(test_layers_batches_and_groups_give_what_their_nodes_give_one_by_one)
{
    generator g = {4000 + (uint64_t)_i};
    for (int round = 0; round < 40 / FEWER; round++) {
        ad_tape_reset(tape);
        const layers n = random_layers(&g, false);
        const ad_span all = ad_run(ad_node_at(tape, 0), ad_tape_stats(tape).nodes);
        const ad_span outs = below(&g, 2) ? n.y : random_part(&g, all);
        check_all(&g, ad_slice(outs, 0, outs.count < MOST_OUT ? outs.count : MOST_OUT), inputs_of(&g, &n),
                  counts[below(&g, COUNTS)]);
    }
}
END_TEST

START_TEST(test_layers_with_infinite_and_missing_numbers_follow_the_rule_of_zeros)
{
    static double vectors[MOST_VECTORS * MOST_NODES];
    generator g = {5000 + (uint64_t)_i};
    for (int round = 0; round < 40 / FEWER; round++) {
        ad_tape_reset(tape);
        const bool propagate = round % 3 == 0;
        ad_propagate_zeros(tape, propagate);
        const layers n = random_layers(&g, true);
        const ad_span x = inputs_of(&g, &n);
        const size_t k = counts[below(&g, 4)];
        for (size_t j = 0; j < k * x.count; j++) vectors[j] = below(&g, 2) == 0 ? 0 : uniform(&g, -1, 1);
        check_jvp(n.y, x, vectors, k, propagate);
        for (size_t j = 0; j < k * n.y.count; j++) vectors[j] = below(&g, 2) == 0 ? 0 : uniform(&g, -1, 1);
        check_vjp(n.y, x, vectors, k);
    }
}
END_TEST

/* One weight's tangent is 0 where its element is infinite; those of other weights are all there is, or the elements
 * have tangents too. */
START_TEST(test_a_weighted_sum_leaves_out_terms_whose_tangent_is_0)
{
    generator g = {13};
    for (uint32_t in = 1; in < 40; in++)
        for (int form = 0; form < 6; form++) {
            enum { OUT = 3, SAMPLES = 2 };
            static double dx[MOST_IN];
            ad_tape_reset(tape);
            const uint32_t hole = below(&g, in);
            const ad_span w = random_leaves(&g, OUT * in);
            ad_span x = form % 2 ? random_leaves(&g, SAMPLES * in) : random_constants(&g, SAMPLES * in, false);
            if (form % 2) ad_set_in_place(x)[hole] = INFINITY;
            else {
                double values[SAMPLES * 40];
                for (uint32_t k = 0; k < x.count; k++) values[k] = k == hole ? INFINITY : uniform(&g, -1, 1);
                x = ad_constants(tape, values, x.count);
            }
            const ad_span y = ad_weighted_sums_batch(w, x, SAMPLES);
            const ad_span inputs = form % 2 == 1 ? ad_run(ad_at(w, 0), (OUT + SAMPLES) * in)
                                   : form == 2   ? ad_slice(w, 0, (OUT - 1) * in + hole + 1)
                                                 : w;
            for (uint32_t k = 0; k < inputs.count; k++)
                dx[k] = dx[inputs.count + k] = k % in == hole ? 0 : uniform(&g, -1, 1);
            check_jvp(y, inputs, dx, 1, false);
            check_jvp(y, inputs, dx, 2, false);
            double dy[SAMPLES * OUT];
            ck_assert_int_eq(ad_jvp(y, inputs, dx, 1, dy), AD_OK);
            for (size_t k = 0; k < y.count; k++) ck_assert(isfinite(dy[k]));
        }
}
END_TEST

START_TEST(test_every_operation_in_a_group_gives_what_its_nodes_give_one_by_one)
{
    generator g = {(uint64_t)_i};
    const ad_op op = (ad_op)_i;
    const int arity = ad_op_get(op)->arity;
    for (int round = 0; round < 24 / FEWER; round++) {
        ad_tape_reset(tape);
        ad_propagate_zeros(tape, round % 5 == 0);
        if (arity != 1 && arity != 2) break;
        const size_t repeat = 1 + below(&g, round % 2 ? 4 : 40), n = repeat * (1 + below(&g, 40) % (300 / repeat));
        const ad_span run = random_leaves(&g, n + repeat);
        double *values = ad_set_in_place(run);
        for (size_t k = 0; k < run.count; k++) values[k] = odd_value(&g);
        ad_span a = ad_slice(run, 0, n), b = ad_slice(run, n, repeat);
        if (round % 3 == 1) a = random_constants(&g, n, true);
        if (round % 3 == 2) b = random_constants(&g, repeat, true);
        if (arity == 1) a = ad_slice(run, 0, n);
        const ad_span y = arity == 1 ? ad_each(op, a) : ad_each2(op, a, b);
        static double dx[9 * MOST_IN];
        fill(&g, dx, 9 * run.count);
        check_jvp(y, run, dx, 1, round % 5 == 0);
        check_jvp(y, run, dx, 9, round % 5 == 0);
    }
}
END_TEST

START_TEST(test_a_layer_over_the_layer_before_with_the_same_matrix_is_no_batch)
{
    generator g = {7};
    for (size_t n = 1; n < 14; n++) {
        ad_tape_reset(tape);
        const ad_span w = random_leaves(&g, n * n), x = random_leaves(&g, n);
        ad_span y = x;
        for (int power = 0; power < 3; power++) y = ad_weighted_sums(w, y);
        for (size_t c = 0; c < COUNTS; c++) {
            check_all(&g, y, x, counts[c]);
            check_all(&g, y, ad_run(ad_at(w, 0), n * n + n), counts[c]);
        }
    }
}
END_TEST

START_TEST(test_weights_that_are_inputs_of_their_own_sums_give_both_terms)
{
    generator g = {8};
    for (size_t n = 1; n < 30; n++) {
        ad_tape_reset(tape);
        const ad_span run = random_leaves(&g, 4 * n);
        const ad_span y =
            ad_weighted_sums_batch(ad_slice(run, 0, 3 * n), ad_slice(run, below(&g, 2) ? n : 0, 2 * n), 2);
        const ad_var outs[] = {ad_at(y, 1), ad_sum(ad_each(AD_OP_EXP, y)), ad_at(y, 5)};
        for (size_t c = 0; c < COUNTS; c++) {
            check_all(&g, ad_gather(tape, outs, 3), run, counts[c]);
            check_all(&g, y, ad_slice(run, 0, n), counts[c]);
        }
    }
}
END_TEST

/* --------------------------------------------------------------------------------- all shapes */

START_TEST(test_jacobians_of_every_shape)
{
    generator g = {9};
    for (int round = 0; round < 200 / FEWER; round++) {
        ad_tape_reset(tape);
        const size_t n = 1 + below(&g, 40), m = 1 + below(&g, 40);
        const ad_span x = random_leaves(&g, n), unused = random_leaves(&g, 3);
        ad_var outs[41];
        for (size_t i = 0; i < m; i++)
            outs[i] = below(&g, 9) == 0   ? ad_at(x, below(&g, (uint32_t)n))
                      : below(&g, 9) == 0 ? ad_const(2)
                                          : ad_mul(ad_sin(ad_at(x, below(&g, (uint32_t)n))), ad_at(x, i % n));
        const ad_span y = ad_gather(tape, outs, m);
        check_jacobian(y, x);
        check_jacobian(y, unused);
        check_jacobian(y, ad_run(ad_at(x, 0), n + 3));
        check_jacobian(ad_run(ad_node_at(tape, n), 3), x);
    }
}
END_TEST

START_TEST(test_where_there_is_nothing_there_is_nothing_to_do)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2}, 2), none = ad_slice(x, 0, 0);
    const ad_span constants = ad_constants(tape, (double[]){5, 6, 7}, 3);
    double dx[] = {1, 1, 1, 1}, out[6] = {17, 17, 17, 17, 17, 17}, seeds[] = {1, 2, 3};
    ck_assert_int_eq(ad_jvp(x, x, dx, 0, out), AD_OK);
    ck_assert_int_eq(ad_vjp(x, x, dx, 0, out), AD_OK);
    ck_assert_int_eq(ad_jvp(none, x, dx, 2, out), AD_OK);
    ck_assert_int_eq(ad_vjp(x, none, dx, 2, out), AD_OK);
    ck_assert_int_eq(ad_jacobian(none, x, out), AD_OK);
    ck_assert_int_eq(ad_jacobian(x, none, out), AD_OK);
    for (int k = 0; k < 6; k++) assert_same_bits(out[k], 17.0);
    ck_assert_int_eq(ad_jvp(constants, x, dx, 1, out), AD_OK);
    for (int k = 0; k < 3; k++) assert_same_bits(out[k], 0.0);
    out[0] = out[1] = 17;
    ck_assert_int_eq(ad_vjp(constants, x, seeds, 1, out), AD_OK);
    for (int k = 0; k < 2; k++) assert_same_bits(out[k], 0.0);
    out[0] = out[1] = out[2] = 17;
    ck_assert_int_eq(ad_jvp(x, none, dx, 1, out), AD_OK);
    for (int k = 0; k < 2; k++) assert_same_bits(out[k], 0.0);
    ck_assert_int_eq(ad_vjp(none, x, seeds, 1, out), AD_OK);
    for (int k = 0; k < 2; k++) assert_same_bits(out[k], 0.0);
    for (int k = 0; k < 6; k++) out[k] = 17;
    ck_assert_int_eq(ad_jacobian(constants, x, out), AD_OK);
    for (int k = 0; k < 6; k++) assert_same_bits(out[k], 0.0);
}
END_TEST

START_TEST(test_an_input_twice_counts_as_two)
{
    const ad_var a = ad_leaf(tape, 3), b = ad_leaf(tape, 5), v = ad_mul(a, b);
    const ad_span x = ad_gather(tape, (ad_var[]){a, b, a}, 3), y = ad_gather(tape, (ad_var[]){v, v, a}, 3);
    double dy[3], products[3], jacobian[9];
    const double expected[] = {5, 3, 5, 5, 3, 5, 1, 0, 1};
    ck_assert_int_eq(ad_jvp(y, x, (double[]){1, 10, 100}, 1, dy), AD_OK);
    assert_same_bits(dy[0], 535.0);
    assert_same_bits(dy[1], 535.0);
    assert_same_bits(dy[2], 101.0);
    ck_assert_int_eq(ad_vjp(y, x, (double[]){1, 10, 100}, 1, products), AD_OK);
    assert_same_bits(products[0], 155.0);
    assert_same_bits(products[1], 33.0);
    assert_same_bits(products[2], 155.0);
    ck_assert_int_eq(ad_jacobian(y, x, jacobian), AD_OK);
    for (int k = 0; k < 9; k++) assert_same_bits(jacobian[k], expected[k]);
}
END_TEST

/* ------------------------------------------------------------------------------------ zeros */

START_TEST(test_zeros_are_not_propagated_unless_they_shall_be)
{
    const ad_var a = ad_leaf(tape, 0), b = ad_leaf(tape, 0), root = ad_sqrt(a), y = ad_add(root, ad_exp(b));
    const ad_span x = ad_gather(tape, (ad_var[]){a, b}, 2), out = ad_run(y, 1);
    const double dx[] = {0, 1, 0, 1, 1, 0};
    double dy[3], products[4];
    for (size_t k = 1; k <= 3; k += 2) {
        ck_assert_int_eq(ad_jvp(out, x, dx, k, dy), AD_OK);
        assert_same_bits(dy[0], 1.0);
    }
    assert_same_bits(dy[1], 1.0);
    ck_assert_double_eq(dy[2], INFINITY);
    const ad_span both = ad_gather(tape, (ad_var[]){y, b}, 2);
    ck_assert_int_eq(ad_vjp(both, x, (double[]){0, 1, 1, 0}, 2, products), AD_OK);
    assert_same_bits(products[0], 0.0);
    assert_same_bits(products[1], 1.0);
    ck_assert_double_eq(products[2], INFINITY);
    ad_propagate_zeros(tape, true);
    for (size_t k = 1; k <= 2; k++) {
        ck_assert_int_eq(ad_jvp(out, x, dx, k, dy), AD_OK);
        ck_assert(isnan(dy[0]));
        ck_assert_int_eq(ad_vjp(both, x, (double[]){0, 1, 1, 0}, k, products), AD_OK);
        ck_assert(isnan(products[0]));
    }
}
END_TEST

START_TEST(test_what_does_not_depend_on_the_inputs_has_no_say)
{
    const ad_var a = ad_leaf(tape, 0), b = ad_leaf(tape, 2), y = ad_add(ad_sqrt(a), ad_exp(b));
    double dy[2];
    ad_propagate_zeros(tape, true);
    for (size_t k = 1; k <= 2; k++) {
        ck_assert_int_eq(ad_jvp(ad_run(y, 1), ad_run(b, 1), (double[]){1, 0}, k, dy), AD_OK);
        ck_assert_double_eq(dy[0], exp(2));
    }
}
END_TEST

/* ------------------------------------------------------------------------------ what stays */

START_TEST(test_adjoints_counts_and_sums_of_gradients_stay_as_they_are)
{
    generator g = {11};
    for (int round = 0; round < 40 / FEWER; round++) {
        static double before[MOST_NODES], dx[9 * MOST_IN], seeds[9 * MOST_NODES], out[9 * MOST_NODES];
        ad_tape_reset(tape);
        const layers n = random_layers(&g, false);
        const ad_var last = ad_sum(ad_each(AD_OP_RELU, n.y));
        const ad_span all = ad_run(ad_node_at(tape, 0), ad_tape_stats(tape).nodes), x = inputs_of(&g, &n);
        if (round % 2) ck_assert_int_eq(ad_accumulate(n.b), AD_OK);
        ck_assert_int_eq(ad_backward(last), AD_OK);
        const ad_stats stats = ad_tape_stats(tape);
        memcpy(before, ad_grads(all), all.count * sizeof *before);
        fill(&g, dx, 9 * x.count);
        fill(&g, seeds, 9 * n.y.count);
        for (size_t k = 1; k <= 9; k += 8) {
            ck_assert_int_eq(ad_jvp(n.y, x, dx, k, out), AD_OK);
            ck_assert_int_eq(ad_vjp(n.y, x, seeds, k, out), AD_OK);
        }
        ck_assert_int_eq(ad_jacobian(n.y, x, out), AD_OK);
        const ad_stats after = ad_tape_stats(tape);
        ck_assert_uint_eq(after.steps, stats.steps);
        ck_assert_uint_eq(after.skipped, stats.skipped);
        ck_assert_uint_eq(after.kinks, stats.kinks);
        ck_assert_uint_eq(after.nodes, stats.nodes);
        for (size_t k = 0; k < all.count; k++) assert_same_bits(ad_grads(all)[k], before[k]);
        ck_assert_int_eq(ad_backward(last), AD_OK);
        for (size_t k = 0; k < all.count; k++) {
            const bool adds = round % 2 && k - n.b.first < n.b.count;
            assert_near(ad_grads(all)[k], adds ? 2 * before[k] : before[k], adds ? 1e-13 : 0);
        }
    }
}
END_TEST

static void count_steps(void *user, const ad_sweep_step *step)
{
    (void)step;
    ++*(int *)user;
}

START_TEST(test_a_watcher_sees_nothing_of_it)
{
    int steps = 0;
    double out[2];
    const ad_var x = ad_leaf(tape, 2), y = ad_exp(x);
    ad_watch(tape, count_steps, &steps);
    for (size_t k = 1; k <= 2; k++) {
        ck_assert_int_eq(ad_jvp(ad_run(y, 1), ad_run(x, 1), (double[]){1, 1}, k, out), AD_OK);
        ck_assert_int_eq(ad_vjp(ad_run(y, 1), ad_run(x, 1), (double[]){1, 1}, k, out), AD_OK);
    }
    ck_assert_int_eq(steps, 0);
}
END_TEST

/* ------------------------------------------------------------------------------------ errors */

typedef ad_status call(ad_span y, ad_span x);
static double scratch[64];
static ad_status jvp(ad_span y, ad_span x) { return ad_jvp(y, x, scratch, 1, scratch + 32); }
static ad_status vjp(ad_span y, ad_span x) { return ad_vjp(y, x, scratch, 1, scratch + 32); }
static ad_status jacobian(ad_span y, ad_span x) { return ad_jacobian(y, x, scratch); }

static const struct {
    call *run;
    const char *name;
} calls[] = {{jvp, "ad_jvp"}, {vjp, "ad_vjp"}, {jacobian, "ad_jacobian"}};
enum { CALLS = sizeof calls / sizeof *calls };

static void assert_refused(int k, ad_span y, ad_span x, ad_status status, const char *why)
{
    char message[200];
    snprintf(message, sizeof message, "%s: %s", calls[k].name, why);
    ck_assert_int_eq(calls[k].run(y, x), status);
    assert_error(tape, status, message);
}

START_TEST(test_what_a_sweep_refuses_is_refused)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2}, 2), y = ad_each(AD_OP_EXP, x), none = {0};
    const ad_var c = ad_const(1);
    ad_tape *other = ad_tape_new();
    ck_assert_int_eq(calls[_i].run(none, none), AD_ERR_HANDLE);
    assert_refused(_i, y, y, AD_ERR_ARGUMENT, "input 1, node 2, is not a leaf");
    assert_refused(_i, y, ad_gather(tape, (ad_var[]){ad_at(x, 0), c}, 2), AD_ERR_ARGUMENT,
                   "input 2 is a constant: inputs are leaves");
    const ad_span foreign = ad_leaves(other, NULL, 2);
    ck_assert_int_eq(calls[_i].run(foreign, x), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ck_assert_ptr_nonnull(strstr(ad_tape_message(tape), calls[_i].name));
    ad_tape_clear_error(tape);
    ad_tape_clear_error(other);
    ck_assert_int_eq(calls[_i].run(none, x), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(calls[_i].run(y, none), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_span gone = ad_each(AD_OP_SIN, x);
    ad_tape_rewind(tape, mark);
    ck_assert_int_eq(calls[_i].run(gone, x), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_set(ad_at(x, 0), 3), AD_OK);
    assert_refused(_i, y, x, AD_ERR_STALE, "a leaf was set since these values were computed: ad_reevaluate first");
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(calls[_i].run(y, x), AD_OK);
    ck_assert_int_eq(ad_name(ad_at(x, 0), ""), AD_ERR_NAME);
    ck_assert_int_eq(calls[_i].run(y, x), AD_ERR_NAME);
    ad_tape_clear_error(tape);
    ad_tape_free(other);
}
END_TEST

static ad_span watched_y, watched_x;
static ad_status refused_with;

static void call_inside(void *user, const ad_sweep_step *step)
{
    (void)step;
    refused_with = calls[*(int *)user].run(watched_y, watched_x);
}

START_TEST(test_inside_a_watcher_it_is_refused)
{
    int k = _i;
    char message[100];
    snprintf(message, sizeof message, "%s: not inside a watcher", calls[k].name);
    watched_x = ad_leaves(tape, (double[]){1}, 1);
    watched_y = ad_each(AD_OP_EXP, watched_x);
    ad_watch(tape, call_inside, &k);
    ck_assert_int_eq(ad_backward(ad_at(watched_y, 0)), AD_ERR_ARGUMENT);
    ck_assert_int_eq(refused_with, AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, message);
}
END_TEST

/* ------------------------------------------------------------------------------------ memory */

/* What all three of them take memory for, on a tape of its own. */
static ad_status take_memory(ad_span y, ad_span x, double *results)
{
    ad_status status = ad_jvp(y, x, scratch, 1, results);
    if (status == AD_OK) status = ad_vjp(y, x, scratch, 1, results);
    if (status == AD_OK) status = ad_jvp(y, x, scratch, 3, results);
    if (status == AD_OK) status = ad_vjp(y, x, scratch, 3, results);
    if (status == AD_OK) status = ad_jacobian(y, x, results);
    return status;
}

static bool fails_cleanly(size_t at, bool for_ever)
{
    failing_memory memory = {0};
    ad_tape *t = failing_tape(&memory);
    const ad_span x = ad_leaves(t, (double[]){1, 2, 3}, 3),
                  y = ad_each(AD_OP_EXP, ad_weighted_sums(x, ad_slice(x, 0, 1)));
    ck_assert_int_eq(ad_backward(ad_at(y, 1)), AD_OK);
    const double adjoint = ad_grad(ad_at(x, 1));
    double results[20];
    fail_at(&memory, at, for_ever);
    const ad_status status = take_memory(y, x, results);
    ck_assert(status == AD_OK || status == AD_ERR_MEMORY);
    ck_assert_int_eq(ad_tape_error(t), status);
    ad_tape_clear_error(t);
    assert_same_bits(ad_grad(ad_at(x, 1)), adjoint);
    fail_at(&memory, 0, false);
    ck_assert_int_eq(take_memory(y, x, results), AD_OK);
    memory.calls = 0;
    ck_assert_int_eq(take_memory(y, x, results), AD_OK);
    ck_assert_uint_eq(memory.calls, 0);
    ck_assert_uint_eq(ad_tape_stats(t).bytes_reserved, memory.held);
    ad_tape_free(t);
    ck_assert(!memory.wrong_size);
    ck_assert_uint_eq(memory.held, 0);
    return status == AD_OK;
}

START_TEST(test_when_memory_runs_out_everything_is_as_it_was_and_it_is_kept_for_the_next_call)
{
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t at = 1;
        while (!fails_cleanly(at, for_ever)) at++;
        ck_assert_uint_gt(at, 3);
    }
}
END_TEST

/* ------------------------------------------------------------------------------ instruction sets */

static size_t all_products(ad_span y, ad_span x, const double *dx, const double *seeds, double *out)
{
    size_t n = 0;
    for (size_t c = 0; c < COUNTS; c++) {
        ck_assert_int_eq(ad_jvp(y, x, dx, counts[c], out + n), AD_OK);
        n += counts[c] * y.count;
        ck_assert_int_eq(ad_vjp(y, x, seeds, counts[c], out + n), AD_OK);
        n += counts[c] * x.count;
    }
    return n;
}

START_TEST(test_every_instruction_set_gives_the_same_bits)
{
    static double dx[MOST_VECTORS * MOST_IN], seeds[MOST_VECTORS * MOST_NODES], first[60 * MOST_IN], next[60 * MOST_IN];
    generator g = {(uint64_t)_i};
    for (int round = 0; round < 30 / FEWER; round++) {
        ad_tape_reset(tape);
        ad_propagate_zeros(tape, round % 4 == 0);
        const layers n = random_layers(&g, round % 2 == 0);
        const ad_span x = inputs_of(&g, &n);
        fill(&g, dx, MOST_VECTORS * x.count);
        fill(&g, seeds, MOST_VECTORS * n.y.count);
        size_t sets = 0;
        for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++, sets++) {
            tape->kernels = *kernels;
            const size_t count = all_products(n.y, x, dx, seeds, sets == 0 ? first : next);
            for (size_t k = 0; k < count && sets > 0; k++)
                ck_assert_msg(same_bits(first[k], next[k]) || (isnan(first[k]) && isnan(next[k])), "%s: %a, not %a",
                              (*kernels)->name, next[k], first[k]);
        }
        ck_assert_uint_ge(sets, 1);
        tape->kernels = ad_kernels_choose();
    }
}
END_TEST

START_TEST(test_every_operation_gives_the_same_bits_with_every_instruction_set)
{
    generator g = {12};
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++)
        for (int round = 0; round < 30 / FEWER; round++) {
            ad_tape_reset(tape);
            ad_var leaves[4];
            size_t n;
            const ad_var v = record_odd(&g, op, leaves, &n);
            const ad_span x = ad_gather(tape, leaves, n);
            double dx[MOST_VECTORS * 4], seeds[MOST_VECTORS], first[60 * 5], next[60 * 5];
            fill(&g, dx, MOST_VECTORS * n);
            fill(&g, seeds, MOST_VECTORS);
            const size_t count = all_products(ad_run(v, 1), x, dx, seeds, first);
            for (const ad_kernels *const *kernels = ad_kernels_all(); *kernels != NULL; kernels++) {
                tape->kernels = *kernels;
                all_products(ad_run(v, 1), x, dx, seeds, next);
                for (size_t k = 0; k < count; k++)
                    ck_assert_msg(same_bits(first[k], next[k]) || (isnan(first[k]) && isnan(next[k])), "%s, %s",
                                  ad_op_get(op)->name, (*kernels)->name);
            }
            tape->kernels = ad_kernels_choose();
        }
}
END_TEST

static TCase *fresh(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("jvp_vjp");

    TCase *table = fresh(suite, "op table");
    tcase_add_loop_test(table, test_every_operation_sends_directions_and_seeds_as_its_edges_say, 1, AD_OP_COUNT);
    tcase_add_loop_test(table, test_every_operation_in_a_group_gives_what_its_nodes_give_one_by_one, 1, AD_OP_COUNT);

    TCase *graphs = fresh(suite, "random graphs");
    tcase_add_loop_test(graphs, test_random_graphs_send_directions_and_seeds_as_edges_and_gradients_say, 0, SEEDS);
    tcase_add_loop_test(graphs, test_products_from_both_sides_agree_with_each_other, 0, SEEDS);
    tcase_add_loop_test(graphs, test_directional_derivatives_are_central_differences, 0, SEEDS);

    TCase *bulk = fresh(suite, "in bulk");
    tcase_add_loop_test(bulk, test_layers_batches_and_groups_give_what_their_nodes_give_one_by_one, 0, SEEDS);
    tcase_add_loop_test(bulk, test_layers_with_infinite_and_missing_numbers_follow_the_rule_of_zeros, 0, SEEDS);
    tcase_add_test(bulk, test_a_weighted_sum_leaves_out_terms_whose_tangent_is_0);
    tcase_add_test(bulk, test_a_layer_over_the_layer_before_with_the_same_matrix_is_no_batch);
    tcase_add_test(bulk, test_weights_that_are_inputs_of_their_own_sums_give_both_terms);

    TCase *shapes = fresh(suite, "shapes");
    tcase_add_test(shapes, test_jacobians_of_every_shape);
    tcase_add_test(shapes, test_where_there_is_nothing_there_is_nothing_to_do);
    tcase_add_test(shapes, test_an_input_twice_counts_as_two);
    tcase_add_test(shapes, test_zeros_are_not_propagated_unless_they_shall_be);
    tcase_add_test(shapes, test_what_does_not_depend_on_the_inputs_has_no_say);

    TCase *stays = fresh(suite, "what stays");
    tcase_add_test(stays, test_adjoints_counts_and_sums_of_gradients_stay_as_they_are);
    tcase_add_test(stays, test_a_watcher_sees_nothing_of_it);

    TCase *errors = fresh(suite, "errors");
    tcase_add_loop_test(errors, test_what_a_sweep_refuses_is_refused, 0, CALLS);
    tcase_add_loop_test(errors, test_inside_a_watcher_it_is_refused, 0, CALLS);
    tcase_add_test(errors, test_when_memory_runs_out_everything_is_as_it_was_and_it_is_kept_for_the_next_call);

    TCase *sets = fresh(suite, "instruction sets");
    tcase_add_loop_test(sets, test_every_instruction_set_gives_the_same_bits, 0, SEEDS);
    tcase_add_test(sets, test_every_operation_gives_the_same_bits_with_every_instruction_set);
    return run_suite(suite);
}
