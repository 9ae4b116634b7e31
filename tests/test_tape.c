/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

/* For the one test that sets the counter of generations. */
#include "../autodiff/internal.h"

#include "helpers.h"
#include "run_suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

static const ad_var no_var;
static const ad_span no_span;

static bool is_no_var(ad_var a) { return a.tape == NULL && a.index == 0 && a.generation == 0; }
static bool is_no_span(ad_span s) { return s.tape == NULL && s.count == 0 && s.kind == 0; }

/* ----------------------------------------------------------------------------------- leaves */

START_TEST(test_a_leaf_has_the_value_it_was_given)
{
    const double values[] = {0.0, -0.0, 1.5, -1e308, 5e-324, INFINITY, -INFINITY, (double)NAN};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        const ad_var leaf = ad_leaf(tape, values[k]);
        ck_assert_uint_eq(leaf.index, k);
        ck_assert(ad_is_valid(leaf));
        ck_assert(!ad_is_const(leaf));
        assert_same_bits(ad_value(leaf), values[k]);
        ck_assert_int_eq(ad_op_of(leaf), AD_OP_LEAF);
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_leaves_are_consecutive_and_copied)
{
    double values[] = {1, 2, 3};
    ad_leaf(tape, 9);
    const ad_span leaves = ad_leaves(tape, values, 3);
    values[1] = 7;
    ck_assert_uint_eq(leaves.first, 1);
    ck_assert_uint_eq(leaves.count, 3);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_uint_eq(ad_at(leaves, k).index, 1 + k);
        ck_assert_double_eq(ad_value(ad_at(leaves, k)), (double)k + 1);
        ck_assert_double_eq(ad_values(leaves)[k], (double)k + 1);
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_leaves_without_values_are_0)
{
    const ad_tape *const before = tape;
    for (int k = 0; k < 100; k++) ad_leaf(tape, 5);
    ad_tape_reset(tape);
    const ad_span leaves = ad_leaves(tape, NULL, 100);
    ck_assert_ptr_eq(leaves.tape, before);
    for (size_t k = 0; k < 100; k++) assert_same_bits(ad_values(leaves)[k], 0.0);
    assert_ok(tape);
}
END_TEST

START_TEST(test_no_leaves_are_an_empty_span_and_no_error)
{
    const ad_span none = ad_leaves(tape, NULL, 0), none_here = ad_slice(ad_leaves(tape, NULL, 3), 3, 0);
    ck_assert_ptr_eq(none.tape, tape);
    ck_assert_uint_eq(none.count, 0);
    ck_assert_uint_eq(none_here.count, 0);
    ck_assert(is_no_var(ad_at(none_here, 0)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_at: the span has 0 elements");
}
END_TEST

/* -------------------------------------------------------------------------------- constants */

START_TEST(test_a_constant_keeps_its_bits_and_needs_no_tape)
{
    const uint64_t bits[] = {0,
                             UINT64_C(1) << 63,
                             1,
                             0x7ff0000000000000,
                             0xfff0000000000000,
                             0x7ff8000000000123,
                             0xfff8000000000001,
                             0x3ff0000000000000,
                             0x00000000ffffffff,
                             0xffffffff00000000};
    for (size_t k = 0; k < sizeof bits / sizeof *bits; k++) {
        double value;
        memcpy(&value, &bits[k], sizeof value);
        const ad_var c = ad_const(value);
        ck_assert(ad_is_const(c));
        ck_assert(ad_is_valid(c));
        assert_same_bits(ad_value(c), value);
        ck_assert_int_eq(ad_op_of(c), AD_OP_LEAF);
        ck_assert_uint_eq(ad_arity_of(c), 0);
    }
}
END_TEST

START_TEST(test_constants_alone_make_a_constant_for_every_operation)
{
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const int arity = ad_op_get(op)->arity;
        if (arity < 0) continue;
        const ad_var leaves[] = {ad_leaf(tape, 0.75), ad_leaf(tape, 0.5), ad_leaf(tape, 0.25)};
        const ad_var constants[] = {ad_const(0.75), ad_const(0.5), ad_const(0.25)};
        const ad_var node = ad_apply(op, leaves, (size_t)arity), folded = ad_apply(op, constants, (size_t)arity);
        ck_assert(!ad_is_const(node));
        ck_assert(ad_is_const(folded));
        assert_same_bits(ad_value(folded), ad_value(node));
    }
    assert_ok(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 0);
}
END_TEST

START_TEST(test_a_constant_has_no_adjoint_and_costs_no_node)
{
    const ad_var x = ad_leaf(tape, 3), c = ad_const(2), y = ad_mul(x, c);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 2);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_double_eq(ad_grad(x), 2);
    ck_assert(isnan(ad_grad(c)));
    ck_assert_int_eq(ad_backward(c), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_set(c, 1), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_name(c, "c"), AD_ERR_HANDLE);
    ck_assert_ptr_null(ad_name_of(c));
    ck_assert(is_no_span(ad_run(c, 1)));
    assert_ok(tape);
}
END_TEST

START_TEST(test_equal_constants_share_their_place_and_zeros_of_both_signs_do_not)
{
    ad_var x = ad_leaf(tape, 1);
    for (int k = 0; k < 1000; k++) {
        x = ad_mul(x, ad_const(1));
        x = ad_add(ad_const(0.0), x);
    }
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 2);
    const ad_var y = ad_div(ad_const(1), ad_mul(x, ad_const(-0.0)));
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 3);
    ck_assert_double_eq(ad_value(y), -INFINITY);
    const ad_mark mark = ad_tape_mark(tape);
    ad_add(x, ad_const(17));
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    const double other = 18;
    const ad_span constants = ad_constants(tape, &other, 1);
    const ad_var z = ad_add(x, ad_const(17));
    ck_assert_double_eq(ad_value(z), 18);
    ck_assert_double_eq(ad_value(ad_at(constants, 0)), 18);
    ck_assert(ad_is_const(ad_at(constants, 0)));
    assert_ok(tape);
}
END_TEST

START_TEST(test_a_thousand_different_constants_keep_their_values)
{
    const ad_var x = ad_leaf(tape, 1);
    ad_var sums[3000];
    for (int k = 0; k < 3000; k++) sums[k] = ad_add(x, ad_const(k % 1000));
    for (int k = 0; k < 3000; k++) ck_assert_double_eq(ad_value(sums[k]), 1 + k % 1000);
    ck_assert_int_eq(ad_set(x, 2), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    for (int k = 0; k < 3000; k++) ck_assert_double_eq(ad_value(sums[k]), 2 + k % 1000);
}
END_TEST

START_TEST(test_a_constant_takes_part_in_operations_of_any_tape)
{
    ad_tape *other = ad_tape_new();
    const ad_var c = ad_const(3), x = ad_leaf(tape, 2), y = ad_leaf(other, 5);
    ck_assert_double_eq(ad_value(ad_mul(x, c)), 6);
    ck_assert_double_eq(ad_value(ad_sub(c, y)), -2);
    ck_assert_double_eq(ad_value(ad_fma(c, y, c)), 18);
    assert_ok(tape);
    assert_ok(other);
    ad_tape_free(other);
}
END_TEST

/* ---------------------------------------------------------------------------------- handles */

/* The handle is refused by everything that takes one, and the tape still works. */
static void assert_refused(ad_var bad)
{
    ck_assert(!ad_is_valid(bad));
    ck_assert(!ad_is_const(bad));
    ck_assert(isnan(ad_value(bad)));
    ck_assert(isnan(ad_grad(bad)));
    ck_assert_int_eq(ad_set(bad, 1), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_backward(bad), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_name(bad, "bad"), AD_ERR_HANDLE);
    ck_assert_ptr_null(ad_name_of(bad));
    ck_assert_int_eq(ad_op_of(bad), AD_OP_LEAF);
    ck_assert_uint_eq(ad_arity_of(bad), 0);
    ck_assert_uint_eq(ad_edges(bad, NULL, 0), 0);
    ck_assert(is_no_span(ad_run(bad, 1)));
    ck_assert(is_no_var(ad_neg(bad)));
    ck_assert(is_no_var(ad_mul(bad, ad_const(1))));
    ck_assert(is_no_var(ad_mul(ad_const(1), bad)));
    ck_assert(is_no_var(ad_fma(ad_const(1), ad_const(2), bad)));
    ad_tape_clear_error(tape);
    const ad_var good = ad_leaf(tape, 1);
    ck_assert(is_no_var(ad_mul(bad, good)));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert(is_no_var(ad_mul(good, bad)));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert(is_no_span(ad_gather(tape, (ad_var[]){good, bad}, 2)));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    const double seeds[] = {1, 1};
    ck_assert_int_eq(ad_backward_from((ad_var[]){good, bad}, seeds, 2), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_backward_from((ad_var[]){bad, good}, seeds, 2), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
}

START_TEST(test_the_zero_handle_is_refused)
{
    assert_refused(no_var);
    ck_assert(is_no_var(ad_at(no_span, 0)));
    ck_assert(is_no_span(ad_slice(no_span, 0, 0)));
    ck_assert_ptr_null(ad_values(no_span));
    ck_assert_ptr_null(ad_grads(no_span));
    ck_assert_int_eq(ad_set_all(no_span, NULL), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_accumulate(no_span), AD_ERR_HANDLE);
    ck_assert(is_no_var(ad_sum(no_span)));
    ck_assert(is_no_span(ad_each(AD_OP_EXP, no_span)));
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, no_span, no_span)));
    ck_assert(is_no_span(ad_weighted_sums(no_span, no_span)));
    assert_ok(tape);
}
END_TEST

START_TEST(test_a_handle_from_before_a_rewind_is_refused)
{
    ad_leaf(tape, 0);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var old = ad_leaf(tape, 1);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    assert_refused(old);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    const ad_var fresh = ad_leaf(tape, 2);
    ck_assert_uint_eq(fresh.index, old.index);
    ck_assert(ad_is_valid(fresh));
    assert_refused(old);
}
END_TEST

START_TEST(test_a_handle_from_before_a_reset_is_refused)
{
    const ad_var old = ad_leaf(tape, 1);
    ad_tape_reset(tape);
    assert_refused(old);
    ck_assert_double_eq(ad_value(ad_node_at(tape, 0)), 1);
    assert_refused(old);
}
END_TEST

START_TEST(test_a_handle_of_another_tape_is_refused_as_an_operand)
{
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 1), y = ad_leaf(other, 2);
    ck_assert(is_no_var(ad_mul(x, y)));
    assert_error(tape, AD_ERR_HANDLE, "ad_mul: operand 2 belongs to another tape");
    ck_assert(is_no_var(ad_fma(ad_const(1), x, y)));
    assert_error(tape, AD_ERR_HANDLE, "ad_fma: operand 3 belongs to another tape");
    ck_assert(is_no_span(ad_gather(tape, &y, 1)));
    assert_error(tape, AD_ERR_HANDLE, "ad_gather: operand 1 belongs to another tape");
    ck_assert(is_no_span(ad_gather(tape, (ad_var[]){x, ad_const(5), y}, 3)));
    assert_error(tape, AD_ERR_HANDLE, "ad_gather: operand 3 belongs to another tape");
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 0);
    ck_assert(is_no_var(ad_sum_of_squares(ad_run(x, 1), ad_run(y, 1))));
    assert_error(tape, AD_ERR_HANDLE, "ad_sum_of_squares: operand 2 belongs to another tape");
    ck_assert_int_eq(ad_backward_from((ad_var[]){x, y}, (double[]){1, 1}, 2), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_backward_from: operand 2 belongs to another tape");
    assert_ok(other);
    ck_assert_uint_eq(ad_tape_stats(other).nodes, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_handles_from_thin_air_are_refused)
{
    generator g = {1};
    const ad_var x = ad_leaf(tape, 1);
    ck_assert(!ad_is_valid((ad_var){tape, 1, x.generation}));
    assert_refused((ad_var){tape, 1000, x.generation});
    assert_refused((ad_var){tape, UINT32_MAX, x.generation});
    assert_refused((ad_var){tape, 0x80000000u, x.generation});
    assert_refused((ad_var){tape, 0, x.generation + 1000});
    assert_refused((ad_var){tape, 0, x.generation - 1});
    const ad_mark mark = ad_tape_mark(tape);
    for (int k = 0; k < 20; k++) {
        ad_leaf(tape, 2);
        if (k % 3 == 0) ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        const uint32_t far = 1000 + below(&g, UINT32_MAX - 2000);
        assert_refused((ad_var){tape, 0, x.generation + far});
        assert_refused((ad_var){tape, 2 + 64 * (uint32_t)k + below(&g, 1u << 30), x.generation});
    }
}
END_TEST

START_TEST(test_spans_from_thin_air_are_refused)
{
    const double values[] = {1, 2, 3, 4};
    const ad_span run = ad_leaves(tape, values, 4), constants = ad_constants(tape, values, 4),
                  list = ad_gather(tape, (ad_var[]){ad_at(run, 0), ad_at(run, 1), ad_at(run, 2), ad_at(run, 3)}, 4);
    for (unsigned kind = 0; kind < 20; kind++)
        for (unsigned change = 0; change < 5; change++) {
            ad_span bad = (ad_span[]){run, constants, list}[kind % 3];
            if (kind >= 3) bad.kind = kind * kind;
            else if (change == 0) bad.count = 5;
            else if (change == 1) bad.first = 1;
            else if (change == 2) bad.first = UINT32_MAX;
            else if (change == 3) bad.count = UINT32_MAX;
            else bad.generation -= 1;
            ck_assert(is_no_var(ad_at(bad, 0)));
            ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
            ad_tape_clear_error(tape);
            ck_assert(is_no_span(ad_slice(bad, 0, 1)));
            ck_assert(is_no_var(ad_sum(bad)));
            ck_assert(is_no_span(ad_each(AD_OP_EXP, bad)));
            ck_assert(is_no_span(ad_each2(AD_OP_ADD, run, bad)));
            ck_assert(is_no_var(ad_weighted_sum(bad, run)));
            ck_assert(is_no_var(ad_weighted_sum(run, bad)));
            ck_assert(is_no_span(ad_weighted_sums(bad, run)));
            ck_assert(is_no_span(ad_weighted_sums(run, bad)));
            ck_assert_ptr_null(ad_values(bad));
            ck_assert_ptr_null(ad_grads(bad));
            ck_assert_int_eq(ad_set_all(bad, values), AD_ERR_HANDLE);
            ck_assert_int_eq(ad_accumulate(bad), AD_ERR_HANDLE);
        }
    ad_tape_clear_error(tape);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 4);
}
END_TEST

START_TEST(test_a_span_that_claims_to_be_of_constants_without_a_tape_is_refused)
{
    const ad_var c = ad_const(1);
    for (unsigned kind = 0; kind < 5; kind++) {
        const ad_span bad = {c.tape, 0, 0, 0, kind};
        ck_assert(is_no_var(ad_sum(bad)));
        ck_assert(is_no_var(ad_weighted_sum(bad, bad)));
        ck_assert(is_no_span(ad_weighted_sums(bad, bad)));
        ck_assert(is_no_span(ad_each(AD_OP_EXP, bad)));
        ck_assert(is_no_span(ad_slice(bad, 0, 0)));
        ck_assert_int_eq(ad_accumulate(bad), AD_ERR_HANDLE);
        ck_assert_int_eq(ad_set_all(bad, NULL), AD_ERR_HANDLE);
    }
}
END_TEST

/* Gives the first request of every tape the same memory. */
typedef struct same_place {
    bool taken;
    max_align_t place[4096 / sizeof(max_align_t)];
} same_place;

static void *resize_at_same_place(void *user, void *block, size_t old_size, size_t new_size)
{
    same_place *memory = user;
    (void)old_size;
    if (block == memory->place) {
        ck_assert_uint_eq(new_size, 0);
        memory->taken = false;
        return NULL;
    }
    if (block == NULL && !memory->taken && new_size <= sizeof memory->place) {
        memory->taken = true;
        return memory->place;
    }
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

START_TEST(test_a_handle_of_a_freed_tape_is_refused_by_a_new_one_in_the_same_memory)
{
    static same_place memory;
    const ad_allocator allocator = {resize_at_same_place, &memory};
    enum { TAPES = 1000 };
    static ad_var old[TAPES];
    for (int k = 0; k < TAPES; k++) {
        ad_tape *place = ad_tape_new_with(&allocator);
        ck_assert_ptr_eq(place, memory.place);
        old[k] = ad_leaf(place, k);
        ck_assert(ad_is_valid(old[k]));
        for (int j = 0; j < k; j++) ck_assert(!ad_is_valid(old[j]));
        ad_tape_free(place);
    }
}
END_TEST

START_TEST(test_node_at_gives_the_nodes_in_order)
{
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x);
    ck_assert(same_node(ad_node_at(tape, 0), x));
    ck_assert(same_node(ad_node_at(tape, 1), y));
    ck_assert(is_no_var(ad_node_at(tape, 2)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_node_at: there are 2 nodes");
    ck_assert(is_no_var(ad_node_at(tape, SIZE_MAX)));
    ck_assert(is_no_var(ad_node_at(tape, (size_t)UINT32_MAX + 1)));
    ck_assert(is_no_var(ad_node_at(NULL, 0)));
}
END_TEST

START_TEST(test_runs_and_slices_end_where_the_nodes_end)
{
    const ad_span five = ad_leaves(tape, (double[]){0, 1, 2, 3, 4}, 5);
    const ad_var third = ad_at(five, 2);
    const ad_span run = ad_run(third, 3), slice = ad_slice(five, 2, 3);
    ck_assert_uint_eq(run.first, 2);
    ck_assert_uint_eq(run.count, 3);
    ck_assert_mem_eq(&run, &slice, sizeof run);
    ck_assert(is_no_span(ad_run(third, 4)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_run: only 3 nodes from the first one on");
    ck_assert(is_no_span(ad_run(third, SIZE_MAX)));
    ad_tape_clear_error(tape);
    ck_assert(is_no_span(ad_slice(five, 3, 3)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_slice: the span has 5 elements");
    ck_assert(is_no_span(ad_slice(five, SIZE_MAX, 2)));
    ck_assert(is_no_span(ad_slice(five, 2, SIZE_MAX)));
    ck_assert(is_no_span(ad_slice(five, 6, 0)));
    ad_tape_clear_error(tape);
    ck_assert_uint_eq(ad_slice(five, 5, 0).count, 0);
    ck_assert(is_no_var(ad_at(five, SIZE_MAX)));
    ck_assert(is_no_var(ad_at(five, (size_t)UINT32_MAX + 1)));
    ad_tape_clear_error(tape);
}
END_TEST

START_TEST(test_a_slice_of_any_kind_has_the_elements_of_the_whole)
{
    const double values[] = {5, 6, 7, 8};
    const ad_span run = ad_leaves(tape, values, 4), constants = ad_constants(tape, values, 4);
    const ad_span list = ad_gather(tape, (ad_var[]){ad_at(run, 0), ad_const(6), ad_at(run, 2), ad_const(8)}, 4);
    const ad_span all[] = {run, constants, list};
    for (int kind = 0; kind < 3; kind++)
        for (size_t from = 0; from <= 4; from++)
            for (size_t count = 0; from + count <= 4; count++) {
                const ad_span slice = ad_slice(all[kind], from, count);
                ck_assert_uint_eq(slice.count, count);
                for (size_t k = 0; k < count; k++) ck_assert_double_eq(ad_value(ad_at(slice, k)), values[from + k]);
            }
    ck_assert(ad_is_const(ad_at(list, 1)));
    ck_assert(same_node(ad_at(list, 2), ad_at(run, 2)));
    ck_assert_ptr_null(ad_values(list));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_values: the elements of a gathered span do not stand in a row");
}
END_TEST

/* ----------------------------------------------------------------------------- mark and rewind */

START_TEST(test_rewind_forgets_what_was_made_since_and_keeps_what_is_older)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_stats before = ad_tape_stats(tape);
    const ad_var z = ad_mul(y, ad_const(7));
    const ad_span list = ad_gather(tape, &z, 1), constants = ad_constants(tape, (double[]){1}, 1);
    ck_assert_int_eq(ad_name(z, "z"), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.nodes, before.nodes);
    ck_assert_uint_eq(after.leaves, before.leaves);
    ck_assert_uint_eq(after.constants, before.constants);
    ck_assert_uint_eq(after.bytes_used, before.bytes_used);
    ck_assert_double_eq(ad_value(y), 4);
    ck_assert(!ad_is_valid(z));
    ck_assert(is_no_var(ad_find(tape, "z")));
    assert_ok(tape);
    ck_assert(is_no_var(ad_at(list, 0)));
    assert_error(tape, AD_ERR_HANDLE, "ad_at: the handle is from before a rewind or a reset");
    ck_assert(is_no_var(ad_at(constants, 0)));
    assert_error(tape, AD_ERR_HANDLE, "ad_at: the handle is from before a rewind or a reset");
}
END_TEST

START_TEST(test_older_gradients_stay_readable_after_a_rewind)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    const ad_mark mark = ad_tape_mark(tape);
    ck_assert_int_eq(ad_backward(ad_mul(y, ad_const(7))), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_double_eq(ad_grad(x), 28);
    ck_assert_double_eq(ad_grad(y), 7);
    const ad_var z = ad_mul(y, y);
    ck_assert_double_eq(ad_grad(x), 28);
    ck_assert(isnan(ad_grad(z)));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 2 was recorded");
}
END_TEST

START_TEST(test_marks_nest_and_can_be_used_again)
{
    const ad_mark empty = ad_tape_mark(tape);
    ad_leaf(tape, 0);
    const ad_mark one = ad_tape_mark(tape);
    ad_leaf(tape, 1);
    const ad_mark two = ad_tape_mark(tape);
    for (int k = 0; k < 5; k++) {
        ad_leaf(tape, 2);
        ck_assert_int_eq(ad_tape_rewind(tape, two), AD_OK);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, 2);
    }
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(ad_tape_rewind(tape, one), AD_OK);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
        ad_leaf(tape, 3);
    }
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(ad_tape_rewind(tape, empty), AD_OK);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
        ad_leaf(tape, 3);
    }
    assert_ok(tape);
}
END_TEST

START_TEST(test_a_mark_that_was_rewound_past_is_refused)
{
    const ad_var x = ad_leaf(tape, 0);
    const ad_mark outer = ad_tape_mark(tape);
    ad_leaf(tape, 1);
    const ad_mark inner = ad_tape_mark(tape);
    ck_assert_int_eq(ad_tape_rewind(tape, outer), AD_OK);
    ad_leaf(tape, 2);
    ad_leaf(tape, 3);
    ck_assert_int_eq(ad_tape_rewind(tape, inner), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_tape_rewind: the tape was rewound to before this mark");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 3);
    ck_assert(ad_is_valid(x));
    ck_assert_int_eq(ad_tape_rewind(tape, outer), AD_OK);
}
END_TEST

START_TEST(test_a_mark_of_constants_or_lists_alone_is_refused_once_they_are_gone)
{
    const ad_var x = ad_leaf(tape, 0);
    const ad_mark outer = ad_tape_mark(tape);
    ad_constants(tape, NULL, 0);
    ad_constants(tape, (double[]){1}, 1);
    const ad_mark with_constant = ad_tape_mark(tape);
    ad_gather(tape, &x, 1);
    const ad_mark with_list = ad_tape_mark(tape);
    ck_assert_int_eq(ad_tape_rewind(tape, with_constant), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, with_list), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_tape_rewind(tape, outer), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, with_constant), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
}
END_TEST

START_TEST(test_a_mark_from_before_a_reset_is_refused)
{
    ad_leaf(tape, 0);
    const ad_mark mark = ad_tape_mark(tape);
    ad_tape_reset(tape);
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_ERR_HANDLE);
        assert_error(tape, AD_ERR_HANDLE, "ad_tape_rewind: the tape was rewound to before this mark");
        ad_leaf(tape, 0);
    }
}
END_TEST

START_TEST(test_a_mark_of_another_tape_is_refused)
{
    ad_tape *other = ad_tape_new();
    const ad_mark mark = ad_tape_mark(other), none = ad_tape_mark(NULL);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_tape_rewind: the mark belongs to another tape");
    ck_assert_int_eq(ad_tape_rewind(tape, none), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_tape_rewind(NULL, mark), AD_ERR_HANDLE);
    assert_ok(other);
    ad_tape_free(other);
}
END_TEST

/* The model: every element of the three streams has an identity of its own, and a handle is alive while the element
 * that it was made for still stands at its place. */
enum { ROOM = 4096, POOL = 400, MARKS = 24 };

typedef struct stream_model {
    uint64_t id[ROOM];
    uint32_t count;
} stream_model;

typedef struct model {
    stream_model nodes, constants, operands;
    double value[ROOM], constant[ROOM];
    uint64_t last_id;
} model;

typedef struct known_handle {
    bool used;
    ad_var var;
    uint64_t id;
} known_handle;

typedef struct known_span {
    ad_span span;
    uint64_t first_id, last_id;
} known_span;

typedef struct known_mark {
    bool used;
    ad_mark mark;
    uint64_t id[3]; /* of the last element of each stream, 0 for none */
} known_mark;

static void extend(model *m, stream_model *stream, uint32_t count)
{
    while (stream->count < count) stream->id[stream->count++] = ++m->last_id;
}

static uint64_t id_at(const stream_model *stream, uint32_t index)
{
    return index < stream->count ? stream->id[index] : 0;
}

static uint64_t id_below(const stream_model *stream, uint32_t count)
{
    return count == 0 ? 0 : id_at(stream, count - 1);
}

/* Takes what was just recorded into the model. */
static void follow(model *m)
{
    const ad_mark now = ad_tape_mark(tape);
    const uint32_t first = m->nodes.count;
    extend(m, &m->nodes, now.nodes);
    extend(m, &m->constants, now.constants);
    extend(m, &m->operands, now.operands);
    for (uint32_t k = first; k < now.nodes; k++) m->value[k] = ad_value(ad_node_at(tape, k));
}

static bool model_is_live(const model *m, known_handle h) { return id_at(&m->nodes, h.var.index) == h.id; }

static const stream_model *stream_of(const model *m, ad_span s)
{
    return s.kind == SPAN_RUN ? &m->nodes : s.kind == SPAN_CONSTANTS ? &m->constants : &m->operands;
}

static bool model_span_is_live(const model *m, known_span s)
{
    const stream_model *stream = stream_of(m, s.span);
    return id_at(stream, s.span.first) == s.first_id && id_at(stream, s.span.first + s.span.count - 1) == s.last_id;
}

static bool model_mark_is_live(const model *m, known_mark k)
{
    return id_below(&m->nodes, k.mark.nodes) == k.id[0] && id_below(&m->constants, k.mark.constants) == k.id[1] &&
           id_below(&m->operands, k.mark.operands) == k.id[2];
}

static void check_handle(const model *m, known_handle h)
{
    const bool live = model_is_live(m, h);
    ck_assert_msg(ad_is_valid(h.var) == live, "handle of node %u, generation %u", h.var.index, h.var.generation);
    if (live) assert_same_bits(ad_value(h.var), m->value[h.var.index]);
}

static void check_span(const model *m, known_span s)
{
    ck_assert(ad_is_valid(ad_at(s.span, s.span.count - 1)) == model_span_is_live(m, s));
    ad_tape_clear_error(tape);
}

static void shrink(model *m, ad_mark mark)
{
    m->nodes.count = mark.nodes;
    m->constants.count = mark.constants;
    m->operands.count = mark.operands;
}

START_TEST(test_handles_spans_and_marks_agree_with_a_model_over_random_rewinds)
{
    static model m;
    static known_handle pool[POOL];
    static known_span spans[POOL];
    static known_mark marks[MARKS];
    generator g = {(uint64_t)_i + 1};
    size_t spans_count = 0, rewinds = 0, refused = 0, dead = 0;
    m = (model){.last_id = 0};
    memset(pool, 0, sizeof pool);
    memset(marks, 0, sizeof marks);
    for (int step = 0; step < 30000; step++) {
        const uint32_t what = below(&g, 100);
        if (m.nodes.count > ROOM - 100 || m.constants.count > ROOM - 100 || m.operands.count > ROOM - 100 ||
            what == 0) {
            if (below(&g, 50) == 0 || what != 0) {
                ad_tape_reset(tape);
                shrink(&m, (ad_mark){.nodes = 0});
            }
        } else if (what < 12) {
            const uint32_t k = below(&g, MARKS);
            marks[k] = (known_mark){true,
                                    ad_tape_mark(tape),
                                    {id_below(&m.nodes, m.nodes.count), id_below(&m.constants, m.constants.count),
                                     id_below(&m.operands, m.operands.count)}};
        } else if (what < 30) {
            const known_mark mark = marks[below(&g, MARKS)];
            if (mark.used) {
                const bool live = model_mark_is_live(&m, mark);
                ck_assert_int_eq(ad_tape_rewind(tape, mark.mark), live ? AD_OK : AD_ERR_HANDLE);
                if (live) shrink(&m, mark.mark), rewinds++;
                else refused++;
                ad_tape_clear_error(tape);
            }
        } else {
            const known_handle a = pool[below(&g, POOL)], b = pool[below(&g, POOL)];
            const bool fine = a.used && b.used && model_is_live(&m, a) && model_is_live(&m, b);
            const ad_var c = ad_const((double)below(&g, 200));
            ad_span span = no_span;
            ad_var made = no_var;
            if (what < 50) made = ad_leaf(tape, uniform(&g, -1, 1));
            else if (what < 70) {
                made = ad_add(a.var, b.var);
                ck_assert(ad_is_valid(made) == fine);
            } else if (what < 75) made = ad_mul(a.var, c);
            else if (what < 80) made = ad_fma(c, a.var, b.var);
            else if (what < 85) span = ad_leaves(tape, NULL, 1 + below(&g, 5));
            else if (what < 90) span = ad_constants(tape, m.value, 1 + below(&g, 5));
            else if (what < 95) span = ad_gather(tape, (ad_var[]){a.var, c, b.var}, 3);
            else if (spans_count > 0) made = ad_sum(spans[below(&g, POOL) % spans_count].span);
            ad_tape_clear_error(tape);
            follow(&m);
            if (made.tape != NULL) pool[below(&g, POOL)] = (known_handle){true, made, m.nodes.id[made.index]};
            if (span.tape != NULL) {
                const stream_model *stream = stream_of(&m, span);
                spans[spans_count < POOL ? spans_count++ : below(&g, POOL)] =
                    (known_span){span, stream->id[span.first], stream->id[span.first + span.count - 1]};
            }
        }
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, m.nodes.count);
        for (int k = 0; k < 3; k++) {
            const known_handle h = pool[below(&g, POOL)];
            if (!h.used) continue;
            check_handle(&m, h);
            dead += !model_is_live(&m, h);
            if (spans_count > 0) check_span(&m, spans[below(&g, POOL) % spans_count]);
        }
        if (step % 1000 == 0)
            for (int k = 0; k < POOL; k++)
                if (pool[k].used) check_handle(&m, pool[k]);
    }
    ck_assert_uint_gt(rewinds, 1000);
    ck_assert_uint_gt(refused, 100);
    ck_assert_uint_gt(dead, 1000);
}
END_TEST

START_TEST(test_the_counter_of_generations_may_wrap_around_and_run_out)
{
    const ad_var a = ad_leaf(tape, 1), b = ad_exp(a);
    const ad_mark two = ad_tape_mark(tape);
    const ad_var c = ad_leaf(tape, 3), d = ad_exp(c);
    const ad_mark four = ad_tape_mark(tape);
    ck_assert_int_eq(ad_tape_rewind(tape, four), AD_OK);
    /* As if four thousand million rewinds to `four` had been made. */
    const uint32_t first = tape->rewinds[0].generation;
    tape->generation = first - 3;
    tape->rewinds[1].generation = first - 3;
    tape->old_span = tape->generation - 1 - tape->old_generation;
    for (int k = 0; k < 10; k++) {
        const ad_var z = ad_add(b, d);
        ck_assert_int_eq(ad_tape_rewind(tape, four), AD_OK);
        ck_assert(ad_is_valid(a) && ad_is_valid(b) && ad_is_valid(c) && ad_is_valid(d));
        ck_assert(!ad_is_valid(z));
    }
    ck_assert_int_eq(ad_tape_rewind(tape, two), AD_OK);
    ck_assert(ad_is_valid(a) && ad_is_valid(b));
    ck_assert(!ad_is_valid(c) && !ad_is_valid(d));
    const ad_var sum = ad_add(a, b);
    ck_assert_int_eq(ad_backward(sum), AD_OK);
    assert_near(ad_grad(a), 1 + exp(1), 1e-15);
    ad_tape_reset(tape);
    ck_assert(!ad_is_valid(a) && !ad_is_valid(b) && !ad_is_valid(sum));
    const ad_var e = ad_leaf(tape, 1);
    const ad_mark one = ad_tape_mark(tape);
    const ad_var f = ad_leaf(tape, 2);
    ck_assert_int_eq(ad_tape_rewind(tape, one), AD_OK);
    ck_assert(ad_is_valid(e) && !ad_is_valid(f));
}
END_TEST

START_TEST(test_a_million_rewinds_take_no_memory)
{
    const ad_var x = ad_leaf(tape, 1);
    const ad_mark mark = ad_tape_mark(tape);
    ad_mul(x, ad_const(2));
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    const size_t bytes = ad_tape_stats(tape).bytes_reserved;
    for (int k = 0; k < 1000000; k++) {
        ad_mul(x, ad_const(k % 7));
        if (ad_tape_rewind(tape, mark) != AD_OK) ck_abort();
    }
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_reserved, bytes);
    ck_assert_double_eq(ad_value(x), 1);
}
END_TEST

/* ------------------------------------------------------------------------------------- errors */

START_TEST(test_the_first_error_stays_until_it_is_cleared)
{
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 1), y = ad_leaf(other, 1);
    ck_assert_str_eq(ad_tape_message(tape), "");
    ad_add(x, y);
    ck_assert_str_eq(ad_tape_message(tape), "ad_add: operand 2 belongs to another tape");
    ad_mul(y, x);
    assert_error(other, AD_ERR_HANDLE, "ad_mul: operand 2 belongs to another tape");
    ad_tape_limit(tape, 0);
    ad_mul(x, no_var);
    ad_run(x, 100);
    ad_at(no_span, 1);
    ck_assert_str_eq(ad_tape_message(tape), "ad_add: operand 2 belongs to another tape");
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
    ad_tape_clear_error(tape);
    ck_assert_str_eq(ad_tape_message(tape), "");
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ad_mul(x, no_var);
    assert_error(tape, AD_ERR_HANDLE, "ad_mul: operand 2 is the invalid handle");
    ad_tape_free(other);
}
END_TEST

START_TEST(test_a_tape_in_error_records_but_is_not_swept)
{
    const ad_var x = ad_leaf(tape, 2), y = ad_square(x);
    ad_add(y, no_var);
    const ad_var z = ad_mul(y, x);
    ck_assert_double_eq(ad_value(z), 8);
    ck_assert_int_eq(ad_backward(z), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_backward_from(&z, (double[]){1}, 1), AD_ERR_HANDLE);
    assert_error(tape, AD_ERR_HANDLE, "ad_add: operand 2 is the invalid handle");
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_double_eq(ad_grad(x), 12);
}
END_TEST

START_TEST(test_reset_clears_the_error)
{
    ad_leaf(tape, 1);
    ad_node_at(tape, 7);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_ARGUMENT);
    ad_tape_reset(tape);
    assert_ok(tape);
    ck_assert_str_eq(ad_tape_message(tape), "");
}
END_TEST

/* What is wrong with an operand, and how a message says it. */
typedef struct fault {
    ad_var var;
    ad_span span;
    const char *why;
} fault;

enum { FAULTS = 3 };

static void make_faults(fault faults[FAULTS], ad_tape *other)
{
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var dead = ad_leaf(tape, 1), foreign = ad_leaf(other, 1);
    faults[0] = (fault){no_var, no_span, "is the invalid handle"};
    faults[1] = (fault){dead, ad_run(dead, 1), "is from before a rewind or a reset"};
    faults[2] = (fault){foreign, ad_run(foreign, 1), "belongs to another tape"};
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
}

START_TEST(test_messages_name_operation_and_operand_for_every_elementary_operation)
{
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 0.5), c = ad_const(0.5);
    fault faults[FAULTS];
    make_faults(faults, other);
    size_t checked = 0;
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const ad_op_info *info = ad_op_get(op);
        const ad_stats before = ad_tape_stats(tape);
        for (int k = 0; k < info->arity; k++)
            for (int f = 0; f < FAULTS; f++) {
                /* Operand k is bad, and another is a node of the tape (k = 0: a later one). */
                if (info->arity == 1 && f != 1) continue;
                if (k == 0 && f == 2) continue; /* the tape would be the other one */
                ad_var operands[3] = {x, c, ad_const(1e9 + (double)checked)};
                operands[k] = faults[f].var;
                if (k == 0) operands[1] = x;
                char message[100];
                if (info->arity == 1)
                    snprintf(message, sizeof message, "ad_%s: the handle %s", info->name, faults[f].why);
                else snprintf(message, sizeof message, "ad_%s: operand %d %s", info->name, k + 1, faults[f].why);
                ck_assert(is_no_var(ad_apply(op, operands, (size_t)info->arity)));
                assert_error(tape, AD_ERR_HANDLE, message);
                checked++;
            }
        const ad_stats after = ad_tape_stats(tape);
        ck_assert_uint_eq(after.nodes, before.nodes);
        ck_assert_uint_eq(after.constants, before.constants);
        ck_assert_uint_eq(after.bytes_used, before.bytes_used);
    }
    ck_assert_uint_gt(checked, 100);
    assert_ok(other);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_messages_name_operation_and_operand_for_every_nary_operation)
{
    ad_tape *other = ad_tape_new();
    const ad_span x = ad_leaves(tape, (double[]){0.5}, 1);
    fault faults[FAULTS];
    make_faults(faults, other);
    const ad_stats before = ad_tape_stats(tape);
    for (ad_op op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        const ad_op_info *info = ad_op_get(op);
        if (info->arity >= 0) continue;
        char message[100];
        for (int f = 0; f < FAULTS; f++) {
            if (has_two_sequences(op)) {
                snprintf(message, sizeof message, "ad_%s: operand 2 %s", info->name, faults[f].why);
                ck_assert(is_no_var(apply_nary(op, x, faults[f].span)));
                assert_error(tape, AD_ERR_HANDLE, message);
            }
            if (f == 2 || (f == 0 && !has_two_sequences(op))) continue;
            snprintf(message, sizeof message, "ad_%s: operand 1 %s", info->name, faults[f].why);
            ck_assert(is_no_var(apply_nary(op, faults[f].span, x)));
            assert_error(tape, AD_ERR_HANDLE, message);
        }
        const ad_span none = ad_slice(x, 1, 0), three = ad_constants(tape, (double[]){1, 2, 3}, 3);
        snprintf(message, sizeof message, "ad_%s: the span is empty", info->name);
        ck_assert(is_no_var(apply_nary(op, none, none)));
        assert_error(tape, AD_ERR_ARGUMENT, message);
        if (!has_two_sequences(op)) continue;
        snprintf(message, sizeof message, "ad_%s: spans of 1 and 3 elements", info->name);
        ck_assert(is_no_var(apply_nary(op, x, three)));
        assert_error(tape, AD_ERR_ARGUMENT, message);
    }
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_messages_of_the_calls_on_spans_name_the_operand)
{
    const ad_span x = ad_leaves(tape, (double[]){1, 2, 3}, 3), c = ad_constants(tape, (double[]){1, 2, 3}, 3);
    const ad_span list = ad_gather(tape, (ad_var[]){ad_at(x, 0), ad_const(1), ad_at(x, 1)}, 3);
    const ad_stats before = ad_tape_stats(tape);
    ck_assert(is_no_span(ad_each(AD_OP_EXP, c)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: element 0 is constant");
    ck_assert(is_no_span(ad_each(AD_OP_EXP, list)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: element 1 is constant");
    ck_assert(is_no_span(ad_each(AD_OP_ADD, x)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: not a unary operation");
    ck_assert(is_no_span(ad_each(AD_OP_LEAF, x)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: not a unary operation");
    ck_assert(is_no_span(ad_each(AD_OP_SUM, x)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: not a unary operation");
    ck_assert(is_no_span(ad_each(AD_OP_COUNT, x)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each: not a unary operation");
    ck_assert(is_no_span(ad_each2(AD_OP_EXP, x, x)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: not a binary operation");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, x, ad_slice(x, 0, 2))));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: spans of 3 and 2 elements");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, list, c)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: element 1 is constant");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, c, c)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_each2: element 0 is constant");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, no_span, x)));
    assert_error(tape, AD_ERR_HANDLE, "ad_each2: operand 1 is the invalid handle");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, x, no_span)));
    assert_error(tape, AD_ERR_HANDLE, "ad_each2: operand 2 is the invalid handle");
    ck_assert(is_no_span(ad_weighted_sums(x, ad_slice(x, 0, 2))));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums: 3 weights are no matrix with 2 columns");
    ck_assert(is_no_span(ad_weighted_sums(x, ad_slice(x, 0, 0))));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_weighted_sums: 3 weights are no matrix with 0 columns");
    ck_assert(is_no_span(ad_weighted_sums(no_span, x)));
    assert_error(tape, AD_ERR_HANDLE, "ad_weighted_sums: operand 1 is the invalid handle");
    ck_assert_int_eq(ad_set_all(c, (double[]){1, 2, 3}), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_set_all: the elements are not consecutive leaves");
    ck_assert_int_eq(ad_accumulate(list), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_accumulate: the elements are not consecutive leaves");
    ck_assert_ptr_null(ad_grads(list));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_grads: the elements are not consecutive nodes");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, before.constants);
}
END_TEST

START_TEST(test_apply_refuses_the_wrong_number_of_operands)
{
    const ad_var x = ad_leaf(tape, 0.5), operands[] = {x, x, x, x};
    for (ad_op op = AD_OP_LEAF; op < AD_OP_COUNT; op++)
        for (size_t n = 1; n <= 4; n++) {
            if (ad_op_get(op)->arity == (int)n) continue;
            char message[100];
            snprintf(message, sizeof message, "ad_apply: '%s' does not take %u operands", ad_op_get(op)->name,
                     (unsigned)n);
            ck_assert(is_no_var(ad_apply(op, operands, n)));
            assert_error(tape, AD_ERR_ARGUMENT, message);
        }
    ck_assert(is_no_var(ad_apply(AD_OP_CUSTOM, operands, 1)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_apply: an operation of your own is recorded by ad_call");
    ck_assert(is_no_var(ad_apply((ad_op)999, operands, 2)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_apply: '?' does not take 2 operands");
    ck_assert(is_no_var(ad_apply(AD_OP_ADD, NULL, 0)));
    ck_assert(is_no_var(ad_apply(AD_OP_ADD, (ad_var[]){ad_const(1)}, 1)));
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
}
END_TEST

START_TEST(test_every_call_takes_no_tape_at_all)
{
    ad_nonfinite found;
    ad_verdict verdict;
    ad_tape_free(NULL);
    ck_assert_int_eq(ad_tape_reserve(NULL, 10), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_limit(NULL, 10), AD_ERR_HANDLE);
    ck_assert_ptr_null(ad_tape_mark(NULL).tape);
    ad_tape_reset(NULL);
    ck_assert_uint_eq(ad_tape_stats(NULL).nodes, 0);
    ck_assert_int_eq(ad_tape_error(NULL), AD_ERR_HANDLE);
    ck_assert_str_eq(ad_tape_message(NULL), "no tape");
    ad_tape_clear_error(NULL);
    ck_assert(is_no_var(ad_leaf(NULL, 1)));
    ck_assert(is_no_span(ad_leaves(NULL, NULL, 1)));
    ck_assert(is_no_span(ad_constants(NULL, (double[]){1}, 1)));
    ck_assert(is_no_span(ad_gather(NULL, (ad_var[]){ad_const(1)}, 1)));
    ck_assert(is_no_var(ad_node_at(NULL, 0)));
    ck_assert_int_eq(ad_backward_from(NULL, NULL, 0), AD_ERR_HANDLE);
    ad_propagate_zeros(NULL, true);
    ck_assert_int_eq(ad_reevaluate(NULL, &verdict), AD_ERR_HANDLE);
    ck_assert_uint_eq(verdict.changed, 0);
    ck_assert_int_eq(ad_reevaluate(NULL, NULL), AD_ERR_HANDLE);
    ad_watch(NULL, NULL, NULL);
    ck_assert(!ad_find_nonfinite(NULL, &found));
    ck_assert(is_no_var(found.node));
    ck_assert(is_no_var(ad_find(NULL, "x")));
    ck_assert(is_no_var(ad_find(tape, NULL)));
}
END_TEST

START_TEST(test_every_status_has_a_text)
{
    const char *seen[AD_ERR_CUSTOM + 1];
    for (int k = 0; k <= AD_ERR_CUSTOM; k++) {
        seen[k] = ad_status_text((ad_status)k);
        ck_assert_uint_gt(strlen(seen[k]), 1);
        for (int j = 0; j < k; j++) ck_assert_str_ne(seen[j], seen[k]);
    }
    ck_assert_str_eq(ad_status_text(AD_OK), "ok");
    ck_assert_str_eq(ad_status_text(AD_ERR_MEMORY), "out of memory");
    ck_assert_str_eq(ad_status_text((ad_status)(AD_ERR_CUSTOM + 1)), "unknown status");
    ck_assert_str_eq(ad_status_text((ad_status)77), "unknown status");
}
END_TEST

/* --------------------------------------------------------------------- limit, reserve and stats */

START_TEST(test_the_limit_stops_recording_and_changes_nothing)
{
    ck_assert_int_eq(ad_tape_limit(tape, 3), AD_OK);
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x), z = ad_mul(x, y);
    const ad_span both = ad_run(x, 2);
    const ad_stats before = ad_tape_stats(tape);
    ck_assert(is_no_var(ad_leaf(tape, 1)));
    assert_error(tape, AD_ERR_LIMIT, "ad_leaf: more than 3 nodes");
    ck_assert(is_no_var(ad_exp(z)));
    assert_error(tape, AD_ERR_LIMIT, "ad_exp: more than 3 nodes");
    ck_assert(is_no_var(ad_mul(z, x)));
    assert_error(tape, AD_ERR_LIMIT, "ad_mul: more than 3 nodes");
    ck_assert(is_no_var(ad_mul(z, ad_const(12345))));
    assert_error(tape, AD_ERR_LIMIT, "ad_mul: more than 3 nodes");
    ck_assert(is_no_var(ad_fma(ad_const(2345), z, ad_const(6789))));
    assert_error(tape, AD_ERR_LIMIT, "ad_fma: more than 3 nodes");
    ck_assert(is_no_var(ad_sum(both)));
    assert_error(tape, AD_ERR_LIMIT, "ad_sum: more than 3 nodes");
    ck_assert(is_no_span(ad_each(AD_OP_EXP, both)));
    assert_error(tape, AD_ERR_LIMIT, "ad_each: more than 3 nodes");
    ck_assert(is_no_span(ad_each2(AD_OP_ADD, both, both)));
    assert_error(tape, AD_ERR_LIMIT, "ad_each2: more than 3 nodes");
    ck_assert(is_no_span(ad_weighted_sums(both, both)));
    assert_error(tape, AD_ERR_LIMIT, "ad_weighted_sums: more than 3 nodes");
    ck_assert(is_no_span(ad_leaves(tape, NULL, 1)));
    assert_error(tape, AD_ERR_LIMIT, "ad_leaves: more than 3 nodes");
    ck_assert_int_eq(ad_tape_reserve(tape, 4), AD_ERR_LIMIT);
    assert_error(tape, AD_ERR_LIMIT, "ad_tape_reserve: more than 3 nodes");
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_uint_eq(after.nodes, before.nodes);
    ck_assert_uint_eq(after.constants, before.constants);
    ck_assert_uint_eq(after.bytes_used, before.bytes_used);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_int_eq(ad_tape_limit(tape, 4), AD_OK);
    ck_assert(ad_is_valid(ad_leaf(tape, 1)));
    assert_ok(tape);
}
END_TEST

START_TEST(test_the_limit_can_be_lowered_to_what_is_recorded_and_raised_again)
{
    const ad_var x = ad_leaf(tape, 1);
    for (int k = 0; k < 999; k++) ad_exp(x);
    ck_assert_int_eq(ad_tape_limit(tape, 999), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT,
                 "ad_tape_limit: the limit must be from 1000, the nodes recorded, to 2147483647");
    ck_assert_int_eq(ad_tape_limit(tape, (size_t)1 << 31), AD_ERR_ARGUMENT);
    ck_assert_int_eq(ad_tape_limit(tape, SIZE_MAX), AD_ERR_ARGUMENT);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_tape_limit(tape, 1000), AD_OK);
    ck_assert(is_no_var(ad_exp(x)));
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_tape_limit(tape, ((size_t)1 << 31) - 1), AD_OK);
    const size_t bytes = ad_tape_stats(tape).bytes_reserved;
    for (int k = 0; k < 9000; k++) ck_assert(ad_is_valid(ad_exp(x)));
    ck_assert_uint_gt(ad_tape_stats(tape).bytes_reserved, bytes);
    ck_assert_int_eq(ad_backward(ad_node_at(tape, 9999)), AD_OK);
    assert_near(ad_grad(x), exp(1), 1e-15);
}
END_TEST

START_TEST(test_huge_counts_are_refused_and_change_nothing)
{
    const double value = 1;
    const ad_var x = ad_leaf(tape, 1);
    const size_t huge[] = {SIZE_MAX,   SIZE_MAX / 2,      SIZE_MAX / 8, SIZE_MAX / 8 + 1, (size_t)UINT32_MAX + 1,
                           UINT32_MAX, UINT32_MAX / 2 + 1};
    const ad_stats before = ad_tape_stats(tape);
    for (size_t k = 0; k < sizeof huge / sizeof *huge; k++) {
        ck_assert(is_no_span(ad_leaves(tape, &value, huge[k])));
        assert_error(tape, AD_ERR_LIMIT, "ad_leaves: more than 2147483647 nodes");
        ck_assert(is_no_span(ad_constants(tape, &value, huge[k])));
        assert_error(tape, AD_ERR_LIMIT, "ad_constants: more than 2147483647 constants");
        ck_assert(is_no_span(ad_gather(tape, &x, huge[k])));
        assert_error(tape, AD_ERR_LIMIT, "ad_gather: more than 2147483647 operands");
        ck_assert_int_eq(ad_tape_reserve(tape, huge[k]), AD_ERR_LIMIT);
        assert_error(tape, AD_ERR_LIMIT, "ad_tape_reserve: more than 2147483647 nodes");
        ck_assert(is_no_span(ad_run(x, huge[k])));
        ad_tape_clear_error(tape);
    }
    const ad_stats after = ad_tape_stats(tape);
    ck_assert_mem_eq(&after, &before, sizeof after);
}
END_TEST

START_TEST(test_after_reserve_recording_and_sweeping_need_no_more_room_for_nodes)
{
    ck_assert_int_eq(ad_tape_reserve(tape, 10000), AD_OK);
    const size_t bytes = ad_tape_stats(tape).bytes_reserved;
    ad_var x = ad_leaf(tape, 1);
    for (int k = 1; k < 10000; k++) x = ad_mul(x, x);
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_reserved, bytes);
    ck_assert_int_eq(ad_tape_reserve(tape, 5), AD_OK);
    ck_assert_int_eq(ad_tape_reserve(tape, 0), AD_OK);
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_reserved, bytes);
    ck_assert_double_eq(ad_value(x), 1);
}
END_TEST

START_TEST(test_stats_count_what_is_recorded)
{
    ad_stats s = ad_tape_stats(tape);
    ck_assert_uint_eq(s.nodes, 0);
    ck_assert_uint_eq(s.bytes_used, 0);
    ck_assert_uint_gt(s.bytes_reserved, 0);
    ck_assert_uint_eq(s.bytes_reserved, s.bytes_peak);
    const ad_var x = ad_leaf(tape, 1), y = ad_exp(x), z = ad_add(y, ad_const(3));
    ad_constants(tape, (double[]){1, 2}, 2);
    s = ad_tape_stats(tape);
    ck_assert_uint_eq(s.nodes, 3);
    ck_assert_uint_eq(s.leaves, 1);
    ck_assert_uint_eq(s.constants, 3);
    const size_t without = s.bytes_used;
    ck_assert_int_eq(ad_backward(z), AD_OK);
    s = ad_tape_stats(tape);
    ck_assert_uint_eq(s.bytes_used, without + 3 * sizeof(double));
    ck_assert_uint_eq(s.steps, 2);
    ck_assert_uint_eq(s.skipped, 0);
    ck_assert_uint_ge(s.bytes_reserved, s.bytes_used);
    ck_assert_uint_ge(s.bytes_peak, s.bytes_reserved);
}
END_TEST

START_TEST(test_a_large_tape_takes_at_most_25_bytes_a_node_with_adjoints)
{
    const ad_var x = ad_leaf(tape, 1);
    ad_var y = x;
    for (int k = 1; k < 100000; k++) y = ad_mul(y, x);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert_uint_le(ad_tape_stats(tape).bytes_used, 25 * 100000);
}
END_TEST

START_TEST(test_reset_keeps_memory_limit_and_watcher_but_nothing_recorded)
{
    const ad_var x = ad_leaf(tape, 1);
    for (int k = 0; k < 100; k++) ad_mul(x, ad_const(k));
    ck_assert_int_eq(ad_tape_limit(tape, 200), AD_OK);
    const size_t bytes = ad_tape_stats(tape).bytes_reserved;
    ad_tape_reset(tape);
    const ad_stats s = ad_tape_stats(tape);
    ck_assert_uint_eq(s.nodes, 0);
    ck_assert_uint_eq(s.leaves, 0);
    ck_assert_uint_eq(s.constants, 0);
    ck_assert_uint_eq(s.bytes_used, 0);
    ck_assert_uint_eq(s.bytes_reserved, bytes);
    ck_assert(is_no_span(ad_leaves(tape, NULL, 201)));
    assert_error(tape, AD_ERR_LIMIT, "ad_leaves: more than 200 nodes");
}
END_TEST

/* ---------------------------------------------------------------------------- tapes and threads */

START_TEST(test_two_tapes_never_touch)
{
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 2), y = ad_leaf(other, 3), f = ad_square(x), h = ad_square(y);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert(isnan(ad_grad(y)));
    assert_ok(tape);
    assert_error(other, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 0 was recorded");
    ck_assert_int_eq(ad_set(y, 4), AD_OK);
    ck_assert_double_eq(ad_grad(x), 4);
    ad_tape_reset(other);
    ck_assert(ad_is_valid(f));
    ck_assert(!ad_is_valid(h));
    ad_tape_free(other);
    ck_assert_double_eq(ad_grad(x), 4);
    ck_assert_int_eq(ad_backward(f), AD_OK);
}
END_TEST

/* Records, sweeps, rewinds and sets on a tape of its own; the sum of all that comes out. */
static void *work(void *result)
{
    generator g = {99};
    double total = 0;
    ad_tape *own = ad_tape_new();
    const ad_span w = ad_leaves(own, NULL, 60);
    const ad_mark mark = ad_tape_mark(own);
    for (int round = 0; round < 200; round++) {
        double values[60];
        for (int k = 0; k < 60; k++) values[k] = uniform(&g, -1, 1);
        ad_set_all(w, values);
        const ad_span h = ad_each(AD_OP_TANH, ad_weighted_sums(w, ad_constants(own, values, 6)));
        const ad_var loss = ad_add(ad_sum(h), ad_log_sum_exp(h));
        if (ad_backward(loss) != AD_OK) break;
        total += ad_value(loss) + ad_grads(w)[round % 60];
        ad_add(loss, no_var);
        total += (double)strlen(ad_tape_message(own));
        ad_tape_clear_error(own);
        if (ad_tape_rewind(own, mark) != AD_OK) break;
    }
    ad_tape_free(own);
    *(double *)result = total;
    return NULL;
}

START_TEST(test_threads_with_a_tape_each_get_the_same_bits)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    double results[THREADS], alone;
    work(&alone);
    for (int k = 0; k < THREADS; k++) ck_assert_int_eq(pthread_create(&threads[k], NULL, work, &results[k]), 0);
    for (int k = 0; k < THREADS; k++) ck_assert_int_eq(pthread_join(threads[k], NULL), 0);
    for (int k = 0; k < THREADS; k++) assert_same_bits(results[k], alone);
    ck_assert(isfinite(alone) && alone != 0);
}
END_TEST

START_TEST(test_a_made_up_list_is_refused_where_it_names_no_node)
{
    enum { N = 1000 };
    ad_var many[N];
    many[0] = ad_leaf(tape, 1);
    for (int k = 1; k < N; k++) many[k] = many[0];
    ad_span list = ad_gather(tape, many, N);
    ad_sum(list); /* behind the list, its header: 1000 elements; but there are only two nodes */
    list.first += N;
    list.count = 1;
    ck_assert(!ad_is_valid(ad_at(list, 0)));
    ck_assert_str_eq(ad_tape_message(tape), "ad_at: the handle is from before a rewind or a reset");
    ad_tape_clear_error(tape);
    ck_assert(!ad_is_valid(ad_sum(list)));
    ck_assert_str_eq(ad_tape_message(tape), "ad_sum: operand 1 is from before a rewind or a reset");
}
END_TEST

START_TEST(test_missing_arrays_are_zeros_or_errors)
{
    const ad_span zeros = ad_constants(tape, NULL, 9), x = ad_leaves(tape, NULL, 3);
    for (int k = 0; k < 9; k++) ck_assert_double_eq(ad_values(zeros)[k], 0);
    ck_assert_int_eq(ad_set_all(x, NULL), AD_ERR_ARGUMENT);
    ck_assert_str_eq(ad_tape_message(tape), "ad_set_all: no values");
    ad_tape_clear_error(tape);
    ck_assert_ptr_null(ad_gather(tape, NULL, 2).tape);
    ck_assert_str_eq(ad_tape_message(tape), "ad_gather: no variables");
    ck_assert_int_eq(ad_op_find(NULL), AD_OP_LEAF);
}
END_TEST

START_TEST(test_reset_forgets_the_last_sweep)
{
    ck_assert_int_eq(ad_backward(ad_abs(ad_leaf(tape, 0))), AD_OK);
    ck_assert_uint_eq(ad_tape_stats(tape).kinks, 1);
    ad_tape_reset(tape);
    const ad_stats stats = ad_tape_stats(tape);
    ck_assert_uint_eq(stats.steps + stats.skipped + stats.kinks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tape");

    TCase *leaves = tcase_create("leaves");
    tcase_add_checked_fixture(leaves, begin, end);
    tcase_add_test(leaves, test_a_leaf_has_the_value_it_was_given);
    tcase_add_test(leaves, test_leaves_are_consecutive_and_copied);
    tcase_add_test(leaves, test_leaves_without_values_are_0);
    tcase_add_test(leaves, test_no_leaves_are_an_empty_span_and_no_error);
    suite_add_tcase(suite, leaves);

    TCase *constants = tcase_create("constants");
    tcase_add_checked_fixture(constants, begin, end);
    tcase_add_test(constants, test_a_constant_keeps_its_bits_and_needs_no_tape);
    tcase_add_test(constants, test_constants_alone_make_a_constant_for_every_operation);
    tcase_add_test(constants, test_a_constant_has_no_adjoint_and_costs_no_node);
    tcase_add_test(constants, test_equal_constants_share_their_place_and_zeros_of_both_signs_do_not);
    tcase_add_test(constants, test_a_thousand_different_constants_keep_their_values);
    tcase_add_test(constants, test_a_constant_takes_part_in_operations_of_any_tape);
    suite_add_tcase(suite, constants);

    TCase *handles = tcase_create("handles");
    tcase_add_checked_fixture(handles, begin, end);
    tcase_set_timeout(handles, 60);
    tcase_add_test(handles, test_the_zero_handle_is_refused);
    tcase_add_test(handles, test_a_handle_from_before_a_rewind_is_refused);
    tcase_add_test(handles, test_a_handle_from_before_a_reset_is_refused);
    tcase_add_test(handles, test_a_handle_of_another_tape_is_refused_as_an_operand);
    tcase_add_test(handles, test_handles_from_thin_air_are_refused);
    tcase_add_test(handles, test_spans_from_thin_air_are_refused);
    tcase_add_test(handles, test_a_span_that_claims_to_be_of_constants_without_a_tape_is_refused);
    tcase_add_test(handles, test_a_handle_of_a_freed_tape_is_refused_by_a_new_one_in_the_same_memory);
    tcase_add_test(handles, test_node_at_gives_the_nodes_in_order);
    tcase_add_test(handles, test_runs_and_slices_end_where_the_nodes_end);
    tcase_add_test(handles, test_a_slice_of_any_kind_has_the_elements_of_the_whole);
    suite_add_tcase(suite, handles);

    TCase *rewind = tcase_create("rewind");
    tcase_add_checked_fixture(rewind, begin, end);
    tcase_set_timeout(rewind, 60);
    tcase_add_test(rewind, test_rewind_forgets_what_was_made_since_and_keeps_what_is_older);
    tcase_add_test(rewind, test_older_gradients_stay_readable_after_a_rewind);
    tcase_add_test(rewind, test_marks_nest_and_can_be_used_again);
    tcase_add_test(rewind, test_a_mark_that_was_rewound_past_is_refused);
    tcase_add_test(rewind, test_a_mark_of_constants_or_lists_alone_is_refused_once_they_are_gone);
    tcase_add_test(rewind, test_a_mark_from_before_a_reset_is_refused);
    tcase_add_test(rewind, test_a_mark_of_another_tape_is_refused);
    tcase_add_loop_test(rewind, test_handles_spans_and_marks_agree_with_a_model_over_random_rewinds, 0, 4);
    tcase_add_test(rewind, test_the_counter_of_generations_may_wrap_around_and_run_out);
    tcase_add_test(rewind, test_a_million_rewinds_take_no_memory);
    suite_add_tcase(suite, rewind);

    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, begin, end);
    tcase_add_test(errors, test_the_first_error_stays_until_it_is_cleared);
    tcase_add_test(errors, test_a_tape_in_error_records_but_is_not_swept);
    tcase_add_test(errors, test_reset_clears_the_error);
    tcase_add_test(errors, test_messages_name_operation_and_operand_for_every_elementary_operation);
    tcase_add_test(errors, test_messages_name_operation_and_operand_for_every_nary_operation);
    tcase_add_test(errors, test_messages_of_the_calls_on_spans_name_the_operand);
    tcase_add_test(errors, test_apply_refuses_the_wrong_number_of_operands);
    tcase_add_test(errors, test_every_call_takes_no_tape_at_all);
    tcase_add_test(errors, test_every_status_has_a_text);
    suite_add_tcase(suite, errors);

    TCase *sizes = tcase_create("sizes");
    tcase_add_checked_fixture(sizes, begin, end);
    tcase_set_timeout(sizes, 60);
    tcase_add_test(sizes, test_the_limit_stops_recording_and_changes_nothing);
    tcase_add_test(sizes, test_the_limit_can_be_lowered_to_what_is_recorded_and_raised_again);
    tcase_add_test(sizes, test_huge_counts_are_refused_and_change_nothing);
    tcase_add_test(sizes, test_after_reserve_recording_and_sweeping_need_no_more_room_for_nodes);
    tcase_add_test(sizes, test_stats_count_what_is_recorded);
    tcase_add_test(sizes, test_a_large_tape_takes_at_most_25_bytes_a_node_with_adjoints);
    tcase_add_test(sizes, test_reset_keeps_memory_limit_and_watcher_but_nothing_recorded);
    suite_add_tcase(suite, sizes);

    TCase *threads = tcase_create("threads");
    tcase_add_checked_fixture(threads, begin, end);
    tcase_set_timeout(threads, 60);
    tcase_add_test(threads, test_two_tapes_never_touch);
    tcase_add_test(threads, test_threads_with_a_tape_each_get_the_same_bits);
    suite_add_tcase(suite, threads);

    TCase *made_up = tcase_create("made up");
    tcase_add_checked_fixture(made_up, begin, end);
    tcase_add_test(made_up, test_a_made_up_list_is_refused_where_it_names_no_node);
    tcase_add_test(made_up, test_missing_arrays_are_zeros_or_errors);
    tcase_add_test(made_up, test_reset_forgets_the_last_sweep);
    suite_add_tcase(suite, made_up);

    return run_suite(suite);
}
