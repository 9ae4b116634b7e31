/* SPDX-License-Identifier: MIT */
/* What holds for every graph, on thousands of random ones. A loop test's number is its seed. */
#include <autodiff/autodiff.h>

#include "helpers.h"
#include "run_suite.h"

#include <stdlib.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

enum { SEEDS = 8, GRAPHS = 150, LAST = SCRIPT_SLOTS - 1 };

static void gradient_of(ad_var out, const ad_var *slots, double *grads)
{
    ck_assert_int_eq(ad_backward(out), AD_OK);
    for (int k = 0; k < SCRIPT_SLOTS; k++) grads[k] = ad_grad(slots[k]);
}

/* The largest adjoint: what rounding in a sweep is relative to, where contributions cancel. */
static double size_of(const double *grads)
{
    double most = 1;
    for (int k = 0; k < SCRIPT_SLOTS; k++) most = fmax(most, fabs(grads[k]));
    return most;
}

START_TEST(test_the_gradient_of_a_weighted_sum_of_outputs_is_the_weighted_sum_of_gradients)
{
    generator g = {(uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double p[SCRIPT_SLOTS], q[SCRIPT_SLOTS], both[SCRIPT_SLOTS], recorded[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const ad_var outs[] = {slots[LAST], slots[LAST - 1 - below(&g, 10)]};
        const double seeds[] = {uniform(&g, -2, 2), uniform(&g, -2, 2)};
        gradient_of(outs[0], slots, p);
        gradient_of(outs[1], slots, q);
        ck_assert_int_eq(ad_backward_from(outs, seeds, 2), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) both[k] = ad_grad(slots[k]);
        const ad_var sum = ad_add(ad_mul(ad_const(seeds[0]), outs[0]), ad_mul(outs[1], ad_const(seeds[1])));
        gradient_of(sum, slots, recorded);
        const double size = 4 * (size_of(p) + size_of(q));
        for (int k = 0; k < SCRIPT_SLOTS; k++) {
            assert_near(both[k], seeds[0] * p[k] + seeds[1] * q[k], 1e-13 * size);
            assert_near(recorded[k], both[k], 1e-13 * size);
        }
    }
}
END_TEST

START_TEST(test_scaling_the_seed_by_a_power_of_two_scales_every_adjoint_exactly)
{
    generator g = {100 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double grads[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        gradient_of(slots[LAST], slots, grads);
        const double scale = (below(&g, 2) ? 1 : -1) * exp2((double)below(&g, 20) - 10);
        ck_assert_int_eq(ad_backward_from(&slots[LAST], &scale, 1), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) ck_assert_double_eq(ad_grad(slots[k]), scale * grads[k]);
    }
}
END_TEST

/* Records the steps in another order that respects their operands. */
static void record_shuffled(const script *s, ad_var *slots, generator *g)
{
    bool done[SCRIPT_SLOTS] = {false};
    for (size_t left = SCRIPT_SLOTS; left > 0;) {
        const uint32_t k = below(g, SCRIPT_SLOTS);
        bool ready = !done[k];
        if (k >= SCRIPT_LEAVES) {
            const script_step *step = &s->step[k - SCRIPT_LEAVES];
            for (unsigned j = 0; j < step->n; j++) ready = ready && (step->is_constant[j] || done[step->slot[j]]);
        }
        if (!ready) continue;
        slots[k] =
            k < SCRIPT_LEAVES ? ad_leaf(tape, s->leaf[k]) : record_step(tape, &s->step[k - SCRIPT_LEAVES], slots);
        done[k] = true;
        left--;
    }
}

START_TEST(test_the_order_of_recording_changes_no_value_and_no_gradient)
{
    generator g = {200 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS], shuffled[SCRIPT_SLOTS];
        double grads[SCRIPT_SLOTS], values[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        gradient_of(slots[LAST], slots, grads);
        for (int k = 0; k < SCRIPT_SLOTS; k++) values[k] = ad_value(slots[k]);
        ad_tape_reset(tape);
        record_shuffled(&s, shuffled, &g);
        assert_ok(tape);
        ck_assert_int_eq(ad_backward(shuffled[LAST]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) {
            assert_same_bits(ad_value(shuffled[k]), values[k]);
            /* Contributions to a node may be added in another order. */
            assert_near(ad_grad(shuffled[k]), grads[k], 1e-13 * size_of(grads));
        }
    }
}
END_TEST

/* The output with the node of a slot replaced by a leaf of the given value. */
static double output_with(const script *s, size_t slot, double value)
{
    ad_var slots[SCRIPT_SLOTS];
    ad_tape_reset(tape);
    record_replacing(tape, s, slots, slot, value);
    return ad_value(slots[LAST]);
}

START_TEST(test_the_adjoint_of_every_node_is_the_difference_quotient_of_replacing_it)
{
    generator g = {300 + (uint64_t)_i};
    size_t sharp = 0, checked = 0, zero = 0;
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double grads[SCRIPT_SLOTS], values[SCRIPT_SLOTS];
        const script s = random_script(&g, true);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        gradient_of(slots[LAST], slots, grads);
        for (int k = 0; k < SCRIPT_SLOTS; k++) values[k] = ad_value(slots[k]);
        for (size_t k = 0; k < SCRIPT_SLOTS; k++) {
            const double h = 1e-5, v = values[k];
            const double coarse = (output_with(&s, k, v + 2 * h) - output_with(&s, k, v - 2 * h)) / (4 * h);
            const double fine = (output_with(&s, k, v + h) - output_with(&s, k, v - h)) / (2 * h);
            if (!isfinite(coarse) || !isfinite(fine)) continue;
            const double doubt = 4 * fabs(fine - coarse) + 1e-8 * (1 + fabs(fine));
            ck_assert_msg(fabs(grads[k] - fine) <= doubt, "graph %d, slot %zu: adjoint %.17g, differences %.17g ± %g",
                          round, k, grads[k], fine, doubt);
            checked++;
            sharp += doubt < 1e-6 * (1 + fabs(fine));
            zero += grads[k] == 0;
        }
    }
    ck_assert_uint_gt(checked, (size_t)GRAPHS * SCRIPT_SLOTS * 9 / 10);
    ck_assert_uint_gt(sharp, checked * 3 / 4);
    ck_assert_uint_lt(zero, checked * 3 / 4);
}
END_TEST

START_TEST(test_forward_tangents_from_the_edges_give_the_same_derivatives)
{
    generator g = {400 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        double grads[SCRIPT_SLOTS], direction[SCRIPT_LEAVES], expected = 0, size = 1;
        static double tangent[4 * SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        gradient_of(slots[LAST], slots, grads);
        for (int k = 0; k < SCRIPT_LEAVES; k++) {
            direction[k] = uniform(&g, -1, 1);
            expected += direction[k] * grads[k];
            size += fabs(direction[k] * grads[k]);
        }
        const size_t nodes = ad_tape_stats(tape).nodes;
        for (size_t k = 0; k < nodes; k++) {
            ad_edge edges[4];
            const size_t n = ad_edges(ad_node_at(tape, k), edges, 4);
            tangent[k] = k < SCRIPT_LEAVES ? direction[k] : 0;
            for (size_t e = 0; e < n; e++) {
                if (ad_is_const(edges[e].operand)) continue;
                ck_assert_uint_lt(edges[e].operand.index, k);
                const double term = edges[e].partial * tangent[edges[e].operand.index];
                tangent[k] += term;
                size = fmax(size, fabs(term));
            }
        }
        assert_near(tangent[slots[LAST].index], expected, 1e-11 * size * size_of(grads));
    }
}
END_TEST

START_TEST(test_what_is_recorded_and_rewound_in_between_leaves_no_trace)
{
    generator g = {500 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS], others[SCRIPT_SLOTS];
        double grads[SCRIPT_SLOTS];
        const script s = random_script(&g, false), other = random_script(&g, false);
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        gradient_of(slots[LAST], slots, grads);
        const ad_stats before = ad_tape_stats(tape);
        ad_tape_reset(tape);
        for (int k = 0; k < SCRIPT_SLOTS; k++) {
            if (below(&g, 4) == 0) {
                const ad_mark mark = ad_tape_mark(tape);
                record_script(tape, &other, others);
                if (below(&g, 2) == 0) ck_assert_int_eq(ad_backward(others[LAST]), AD_OK);
                ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
                ck_assert(!ad_is_valid(others[0]));
            }
            slots[k] =
                k < SCRIPT_LEAVES ? ad_leaf(tape, s.leaf[k]) : record_step(tape, &s.step[k - SCRIPT_LEAVES], slots);
        }
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) assert_same_bits(ad_grad(slots[k]), grads[k]);
        const ad_mark mark = ad_tape_mark(tape);
        record_script(tape, &other, others);
        ck_assert_int_eq(ad_backward(others[LAST]), AD_OK);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        ck_assert_int_eq(ad_backward(slots[LAST]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) assert_same_bits(ad_grad(slots[k]), grads[k]);
        const ad_stats after = ad_tape_stats(tape);
        ck_assert_uint_eq(after.nodes, before.nodes);
        ck_assert_uint_eq(after.steps, before.steps);
        ck_assert_uint_eq(after.skipped, before.skipped);
        ck_assert_uint_eq(after.kinks, before.kinks);
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_steps_and_skipped_operations_are_all_operations_up_to_the_output)
{
    generator g = {600 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS; round++) {
        ad_var slots[SCRIPT_SLOTS];
        const script s = random_script(&g, false);
        ad_tape_reset(tape);
        record_shuffled(&s, slots, &g);
        const ad_var out = slots[SCRIPT_LEAVES + below(&g, SCRIPT_STEPS)];
        ck_assert_int_eq(ad_backward(out), AD_OK);
        size_t operations = 0;
        for (size_t k = 0; k <= out.index; k++) operations += ad_op_of(ad_node_at(tape, k)) != AD_OP_LEAF;
        const ad_stats stats = ad_tape_stats(tape);
        ck_assert_uint_eq(stats.steps + stats.skipped, operations);
    }
}
END_TEST

START_TEST(test_accumulated_gradients_of_random_samples_are_their_sum)
{
    generator g = {700 + (uint64_t)_i};
    for (int round = 0; round < GRAPHS / 5; round++) {
        double sum[SCRIPT_LEAVES] = {0}, size = 1;
        ad_tape_reset(tape);
        const ad_span leaves = ad_leaves(tape, NULL, SCRIPT_LEAVES);
        const ad_mark mark = ad_tape_mark(tape);
        const script s = random_script(&g, false);
        for (int accumulated = 0; accumulated < 2; accumulated++) {
            if (accumulated) ck_assert_int_eq(ad_accumulate(leaves), AD_OK);
            for (int sample = 0; sample < 6; sample++) {
                ad_var slots[SCRIPT_SLOTS];
                ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
                ck_assert_int_eq(ad_set_all(leaves, s.leaf), AD_OK);
                for (size_t k = 0; k < SCRIPT_SLOTS; k++)
                    slots[k] =
                        k < SCRIPT_LEAVES ? ad_at(leaves, k) : record_step(tape, &s.step[k - SCRIPT_LEAVES], slots);
                ck_assert_int_eq(ad_backward(slots[LAST - sample]), AD_OK);
                for (size_t k = 0; !accumulated && k < SCRIPT_LEAVES; k++) {
                    sum[k] += ad_grads(leaves)[k];
                    size = fmax(size, fabs(ad_grads(leaves)[k]));
                }
            }
        }
        /* Each sample adds contributions to a sum, not a gradient to a sum. */
        for (size_t k = 0; k < SCRIPT_LEAVES; k++) assert_near(ad_grads(leaves)[k], sum[k], 1e-12 * size);
    }
    assert_ok(tape);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("properties");
    TCase *graphs = tcase_create("random graphs");
    tcase_add_checked_fixture(graphs, begin, end);
    tcase_set_timeout(graphs, 120);
    tcase_add_loop_test(graphs, test_the_gradient_of_a_weighted_sum_of_outputs_is_the_weighted_sum_of_gradients, 0,
                        SEEDS);
    tcase_add_loop_test(graphs, test_scaling_the_seed_by_a_power_of_two_scales_every_adjoint_exactly, 0, SEEDS);
    tcase_add_loop_test(graphs, test_the_order_of_recording_changes_no_value_and_no_gradient, 0, SEEDS);
    tcase_add_loop_test(graphs, test_the_adjoint_of_every_node_is_the_difference_quotient_of_replacing_it, 0, SEEDS);
    tcase_add_loop_test(graphs, test_forward_tangents_from_the_edges_give_the_same_derivatives, 0, SEEDS);
    tcase_add_loop_test(graphs, test_what_is_recorded_and_rewound_in_between_leaves_no_trace, 0, SEEDS);
    tcase_add_loop_test(graphs, test_steps_and_skipped_operations_are_all_operations_up_to_the_output, 0, SEEDS);
    tcase_add_loop_test(graphs, test_accumulated_gradients_of_random_samples_are_their_sum, 0, SEEDS);
    suite_add_tcase(suite, graphs);
    return run_suite(suite);
}
