/* SPDX-License-Identifier: MIT */
/* Operations of the program's own: registering, recording, sweeping, computing anew. */
#include <autodiff/autodiff.h>

#include "custom_ops.h"
#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

#include <stdio.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

static ad_custom_op registered(ad_custom custom)
{
    const ad_custom_op op = ad_register(tape, &custom);
    assert_ok(tape);
    ck_assert_ptr_eq(op.tape, tape);
    return op;
}

static ad_var call1(ad_custom_op op, ad_var x) { return ad_at(ad_call(op, &x, 1), 0); }

static bool is_no_span(ad_span s) { return s.tape == NULL && s.count == 0; }
static bool is_no_op(ad_custom_op op) { return op.tape == NULL && op.index == 0; }

/* -------------------------------------------------------------------------------- registering */

START_TEST(test_what_was_registered_can_be_read_and_stays_where_it_is)
{
    static cube_state state;
    char name[] = "cube";
    ad_custom custom = cube(&state);
    custom.name = name;
    custom.outputs = 0;
    const ad_custom_op op = registered(custom);
    const ad_custom *kept = ad_custom_get(op);
    name[0] = '?';
    for (int k = 0; k < 100; k++) {
        char other[16];
        snprintf(other, sizeof other, "other%d", k);
        custom = product();
        custom.name = other;
        ck_assert_uint_eq(registered(custom).index, op.index + 1 + (unsigned)k);
    }
    ck_assert_ptr_eq(ad_custom_get(op), kept);
    ck_assert_str_eq(kept->name, "cube");
    ck_assert_uint_eq(kept->inputs, 1);
    ck_assert_uint_eq(kept->outputs, 1);
    ck_assert_ptr_eq(kept->state, &state);
    ck_assert(kept->value == cube_value && kept->vjp == cube_vjp && kept->record_vjp == cube_record_vjp);
    ck_assert_str_eq(ad_custom_get((ad_custom_op){tape, op.index + 42})->name, "other41");
}
END_TEST

START_TEST(test_an_operation_that_was_not_registered_is_null)
{
    ck_assert_ptr_null(ad_custom_get((ad_custom_op){NULL, 0}));
    ck_assert_ptr_null(ad_custom_get((ad_custom_op){tape, 0}));
    registered(product());
    ck_assert_ptr_null(ad_custom_get((ad_custom_op){tape, 1}));
    const ad_var x = ad_leaf(tape, 1);
    ck_assert(is_no_span(ad_call((ad_custom_op){NULL, 0}, &x, 1)));
    ck_assert(is_no_span(ad_call((ad_custom_op){tape, 1}, &x, 1)));
    assert_error(tape, AD_ERR_HANDLE, "ad_call: the operation is not registered with this tape");
}
END_TEST

START_TEST(test_an_operation_without_value_or_without_derivative_cannot_be_registered)
{
    cube_state state = {0};
    ad_custom custom = cube(&state);
    custom.value = NULL;
    ck_assert(is_no_op(ad_register(tape, &custom)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_register: 'cube' has no value");
    custom = cube(&state);
    custom.vjp = NULL;
    ck_assert(is_no_op(ad_register(tape, &custom)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_register: 'cube' has no derivative (vjp)");
    ck_assert(is_no_op(ad_register(tape, NULL)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_register: no operation");
    ck_assert(is_no_op(ad_register(NULL, &custom)));
    custom = cube(&state);
    custom.inputs = SIZE_MAX;
    ck_assert(is_no_op(ad_register(tape, &custom)));
    assert_error(tape, AD_ERR_LIMIT, "ad_register: 'cube' has more than 2147483647 operands or outputs");
    custom.inputs = 1, custom.outputs = SIZE_MAX;
    ck_assert(is_no_op(ad_register(tape, &custom)));
    assert_error(tape, AD_ERR_LIMIT, "ad_register: 'cube' has more than 2147483647 operands or outputs");
    ad_tape_free(tape);
    ck_assert_uint_eq(state.freed, 0);
    tape = ad_tape_new();
}
END_TEST

START_TEST(test_a_bad_or_taken_name_is_refused)
{
    static const struct {
        const char *name, *message;
    } cases[] = {
        {NULL, "ad_register: a name cannot be empty"},
        {"", "ad_register: a name cannot be empty"},
        {"my op", "ad_register: 'my op': a name is a letter or '_', then letters, digits, '_' and '.'"},
        {"2x", "ad_register: '2x': a name is a letter or '_', then letters, digits, '_' and '.'"},
        {"pi", "ad_register: 'pi': this name is a number in formulas"},
        {"tanh", "ad_register: 'tanh' is an operation of the table"},
        {"log_sum_exp", "ad_register: 'log_sum_exp' is an operation of the table"},
        {"cube", "ad_register: 'cube' is registered already"},
    };
    cube_state first = {0}, state = {0};
    registered(cube(&first));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ad_custom custom = cube(&state);
        custom.name = cases[k].name;
        ck_assert(is_no_op(ad_register(tape, &custom)));
        assert_error(tape, AD_ERR_NAME, cases[k].message);
    }
    for (int op = AD_OP_LEAF + 1; op < AD_OP_COUNT; op++) {
        ad_custom custom = cube(&state);
        custom.name = ad_op_get((ad_op)op)->name;
        ck_assert(is_no_op(ad_register(tape, &custom)));
        ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NAME);
        ad_tape_clear_error(tape);
    }
    ad_tape_free(tape);
    ck_assert_uint_eq(first.freed, 1);
    ck_assert_uint_eq(state.freed, 0);
    tape = ad_tape_new();
}
END_TEST

START_TEST(test_names_are_as_those_of_nodes)
{
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = '\0';
    ad_custom custom = product();
    custom.name = longest;
    ck_assert(is_no_op(ad_register(tape, &custom)));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NAME);
    ad_tape_clear_error(tape);
    custom.name = longest + 1;
    registered(custom);
    custom.name = "gel\xc3\xb6st.2";
    ck_assert_str_eq(ad_custom_get(registered(custom))->name, "gel\xc3\xb6st.2");
    custom.name = "x"; /* a node's name is no obstacle, nor the other way round */
    ck_assert_int_eq(ad_name(ad_leaf(tape, 1), "x"), AD_OK);
    registered(custom);
    ck_assert_int_eq(ad_name(ad_leaf(tape, 1), "gel\xc3\xb6st.2"), AD_OK);
}
END_TEST

START_TEST(test_state_is_freed_once_when_the_tape_is_and_survives_a_reset)
{
    static cube_state states[5];
    ad_custom_op ops[5];
    for (int k = 0; k < 5; k++) {
        ad_custom custom = cube(&states[k]);
        char name[] = "cube_0";
        name[5] = (char)('0' + k);
        custom.name = name;
        if (k == 4) custom.free_state = NULL;
        ops[k] = registered(custom);
    }
    ad_tape_reset(tape);
    for (int k = 0; k < 5; k++) {
        ck_assert_uint_eq(states[k].freed, 0);
        assert_same_bits(ad_value(call1(ops[k], ad_leaf(tape, 2))), 8);
    }
    ad_tape_free(tape);
    for (int k = 0; k < 5; k++) ck_assert_uint_eq(states[k].freed, k < 4);
    tape = ad_tape_new();
}
END_TEST

/* -------------------------------------------------------------------------------- recording */

START_TEST(test_a_call_records_the_value_and_says_what_it_is)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, -2), y = call1(op, x), z = ad_tanh(y);
    assert_same_bits(ad_value(y), -8);
    ck_assert_uint_eq(state.values, 1);
    ck_assert_uint_eq(state.derivatives, 0);
    ck_assert_int_eq(ad_op_of(y), AD_OP_CUSTOM);
    ck_assert_uint_eq(ad_arity_of(y), 1);
    ck_assert_uint_eq(ad_custom_of(y).index, op.index);
    ck_assert_ptr_eq(ad_custom_of(y).tape, tape);
    ck_assert(is_no_op(ad_custom_of(x)) && is_no_op(ad_custom_of(z)) && is_no_op(ad_custom_of(ad_const(1))) &&
              is_no_op(ad_custom_of((ad_var){NULL, 0, 0})));
    ck_assert_str_eq(ad_op_name_of(y), "cube");
    ck_assert_str_eq(ad_op_name_of(z), "tanh");
    ck_assert_str_eq(ad_op_name_of(x), "leaf");
    ck_assert_str_eq(ad_op_name_of(ad_const(2)), "constant");
    ck_assert_str_eq(ad_op_name_of((ad_var){NULL, 0, 0}), "");
    ck_assert_str_eq(ad_op_name_of((ad_var){tape, 7, y.generation}), "");
    assert_ok(tape);
}
END_TEST

START_TEST(test_the_row_of_operations_of_ones_own_says_so)
{
    const ad_op_info *info = ad_op_get(AD_OP_CUSTOM);
    ck_assert_ptr_nonnull(info);
    ck_assert_int_eq(info->op, AD_OP_CUSTOM);
    ck_assert_str_eq(info->name, "custom");
    ck_assert_int_eq(info->arity, -1);
    for (int k = 0; k < 3; k++) ck_assert_ptr_null(info->partial[k]);
    ck_assert(info->label != NULL && info->definition != NULL && info->kink[0] == '\0' && info->note != NULL);
    ck_assert_int_eq(ad_op_find("custom"), AD_OP_LEAF);
}
END_TEST

START_TEST(test_edges_are_the_partials_by_each_operand_and_constants_have_theirs)
{
    const ad_custom_op op = registered(product());
    const ad_var x = ad_leaf(tape, 2), y = ad_leaf(tape, -3);
    const ad_var v = ad_at(ad_call(op, (ad_var[]){x, ad_const(5), y, x}, 4), 0);
    ad_edge edges[4];
    assert_same_bits(ad_value(v), -60);
    ck_assert_uint_eq(ad_arity_of(v), 4);
    ck_assert_uint_eq(ad_edges(v, edges, 4), 4);
    const double values[] = {2, 5, -3, 2}, partials[] = {-30, -12, 20, -30};
    for (int k = 0; k < 4; k++) {
        assert_same_bits(edges[k].value, values[k]);
        assert_same_bits(edges[k].partial, partials[k]);
        ck_assert(edges[k].contribution == 0 && edges[k].adjoint == 0);
    }
    ck_assert(same_node(edges[0].operand, x) && same_node(edges[2].operand, y) && same_node(edges[3].operand, x));
    ck_assert(ad_is_const(edges[1].operand));
    edges[1].partial = 77;
    ck_assert_uint_eq(ad_edges(v, edges, 1), 4);
    assert_same_bits(edges[1].partial, 77);
    ck_assert_uint_eq(ad_edges(v, NULL, 0), 4);
}
END_TEST

START_TEST(test_edges_of_each_output_are_its_own)
{
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3);
    const ad_span y = ad_call(op, (ad_var[]){ad_at(x, 0), ad_at(x, 1), ad_at(x, 2)}, 3);
    ck_assert_uint_eq(y.count, 2);
    for (uint32_t j = 0; j < 2; j++) {
        ad_edge edges[3];
        ck_assert_uint_eq(ad_edges(ad_at(y, j), edges, 3), 3);
        for (uint32_t k = 0; k < 3; k++) {
            double at[] = {0.7, 0.4, -0.3}, up[2], down[2];
            const double h = 1e-5;
            at[k] += h;
            ck_assert(solver_value(NULL, at, 3, up, 2));
            at[k] -= 2 * h;
            ck_assert(solver_value(NULL, at, 3, down, 2));
            assert_near(edges[k].partial, (up[j] - down[j]) / (2 * h), 1e-9);
        }
    }
}
END_TEST

START_TEST(test_a_call_of_constants_alone_is_a_node_without_derivative)
{
    const ad_custom_op op = registered(product());
    const ad_var v = ad_at(ad_call(op, (ad_var[]){ad_const(3), ad_const(5)}, 2), 0);
    const ad_var x = ad_leaf(tape, 7), y = ad_mul(v, x);
    assert_same_bits(ad_value(v), 15);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), 15);
    assert_same_bits(ad_grad(v), 7);
    ck_assert_int_eq(ad_set(x, 2), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    assert_same_bits(ad_value(y), 30);
}
END_TEST

START_TEST(test_the_wrong_number_of_operands_is_refused)
{
    static cube_state state;
    const ad_custom_op one = registered(cube(&state)), any = registered(product()), three = registered(solver());
    const ad_var x = ad_leaf(tape, 1), many[] = {x, x, x, x};
    const ad_stats before = ad_tape_stats(tape);
    ck_assert(is_no_span(ad_call(one, many, 2)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: 'cube' takes 1 operand, got 2");
    ck_assert(is_no_span(ad_call(one, many, 0)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: 'cube' takes 1 operand, got 0");
    ck_assert(is_no_span(ad_call(any, many, 0)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: 'product' takes at least 1 operand, got 0");
    ck_assert(is_no_span(ad_call(three, many, 4)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: 'solve' takes 3 operands, got 4");
    ck_assert(is_no_span(ad_call(three, NULL, 3)));
    assert_error(tape, AD_ERR_ARGUMENT, "ad_call: no operands of 'solve'");
    ck_assert(is_no_span(ad_call(any, many, SIZE_MAX)));
    assert_error(tape, AD_ERR_LIMIT, "ad_call: more than 2147483647 operands");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_used, before.bytes_used);
    ck_assert_uint_eq(state.values, 0);
}
END_TEST

START_TEST(test_bad_operands_are_refused_by_number_and_change_nothing)
{
    const ad_custom_op op = registered(product());
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 1), foreign = ad_leaf(other, 1);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var dead = ad_leaf(tape, 1);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    ck_assert(is_no_span(ad_call(op, (ad_var[]){ad_const(4.5), foreign}, 2)));
    assert_error(tape, AD_ERR_HANDLE, "ad_call: operand 2 of 'product' belongs to another tape");
    ck_assert(is_no_span(ad_call(op, (ad_var[]){x, x, dead}, 3)));
    assert_error(tape, AD_ERR_HANDLE, "ad_call: operand 3 of 'product' is from before a rewind or a reset");
    ck_assert(is_no_span(ad_call(op, (ad_var[]){{NULL, 0, 0}, x}, 2)));
    assert_error(tape, AD_ERR_HANDLE, "ad_call: operand 1 of 'product' is the invalid handle");
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, before.constants);
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_used, before.bytes_used);
    ad_tape_free(other);
}
END_TEST

START_TEST(test_a_value_that_fails_records_nothing)
{
    static cube_state state = {.value_fails = true};
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 1);
    ck_assert(is_no_span(ad_call(op, &x, 1)));
    assert_error(tape, AD_ERR_CUSTOM, "ad_call: the value of 'cube' failed");
    const ad_var c = ad_const(9);
    ck_assert(is_no_span(ad_call(op, &c, 1)));
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, 0);
    ad_tape_clear_error(tape);
    state.value_fails = false;
    assert_same_bits(ad_value(call1(op, ad_const(2))), 8);
}
END_TEST

START_TEST(test_the_limit_holds_for_all_outputs_together)
{
    const ad_custom_op op = registered(solver());
    const ad_var x = ad_leaf(tape, 0.1), operands[] = {x, x, x};
    ck_assert_int_eq(ad_tape_limit(tape, 2), AD_OK);
    ck_assert(is_no_span(ad_call(op, operands, 3)));
    assert_error(tape, AD_ERR_LIMIT, "ad_call: more than 2 nodes");
    ck_assert_int_eq(ad_tape_limit(tape, 3), AD_OK);
    ck_assert_uint_eq(ad_call(op, operands, 3).count, 2);
}
END_TEST

static bool nothing(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)x, (void)n, (void)y, (void)m;
    return true;
}

static bool no_derivative(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)x, (void)n, (void)y, (void)m, (void)s, (void)g;
    return true;
}

START_TEST(test_what_a_callback_does_not_store_is_nan)
{
    const ad_custom_op op = registered((ad_custom){.name = "lazy", .value = nothing, .vjp = no_derivative});
    const ad_var x = ad_leaf(tape, 3), y = call1(op, x);
    ad_nonfinite found;
    ck_assert(isnan(ad_value(y)));
    ck_assert_int_eq(ad_backward(y), AD_OK);
    ck_assert(isnan(ad_grad(x)));
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(same_node(found.node, y) && !found.in_adjoint);
}
END_TEST

/* ------------------------------------------------------------------------------------- sweeps */

START_TEST(test_a_sweep_takes_the_derivative_by_hand)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 1.5), y = call1(op, ad_mul(x, ad_const(2))), z = ad_mul(y, y);
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(ad_backward(z), AD_OK);
        assert_near(ad_grad(x), 6 * 64 * pow(1.5, 5), 1e-14); /* (2x)^6 */
        ck_assert_uint_eq(state.derivatives, 1 + (size_t)round);
        ck_assert_uint_eq(ad_tape_stats(tape).steps, 3);
        ck_assert_uint_eq(ad_tape_stats(tape).skipped, 0);
    }
}
END_TEST

START_TEST(test_an_operand_that_stands_several_times_receives_several_contributions)
{
    const ad_custom_op op = registered(product());
    const ad_var x = ad_leaf(tape, 3), y = ad_at(ad_call(op, (ad_var[]){x, x, ad_const(2), x}, 4), 0);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), 54);
}
END_TEST

static ad_span solve(ad_custom_op op, ad_span x)
{
    return ad_call(op, (ad_var[]){ad_at(x, 0), ad_at(x, 1), ad_at(x, 2)}, 3);
}

START_TEST(test_outputs_are_swept_together_whether_one_or_both_are_used_once_or_often)
{
    const double at[] = {0.7, 0.4, -0.3}, unit[2][2] = {{1, 0}, {0, 1}};
    double y[2], by[2][3];
    const ad_custom_op op = registered(solver());
    ck_assert(solver_value(NULL, at, 3, y, 2));
    for (int j = 0; j < 2; j++) ck_assert(solver_vjp(NULL, at, 3, y, 2, unit[j], by[j]));
    const ad_span x = ad_leaves(tape, at, 3), out = solve(op, x);
    const ad_var u = ad_at(out, 0), v = ad_at(out, 1);
    const struct {
        ad_var f;
        double du, dv;
        size_t steps, skipped;
    } uses[] = {
        {u, 1, 0, 1, 0}, /* the second output lies behind the end of the sweep */
        {v, 0, 1, 1, 1},
        {ad_square(u), 2 * y[0], 0, 2, 1},
        {ad_square(v), 0, 2 * y[1], 2, 2},
        {ad_mul(u, v), y[1], y[0], 3, 2},
        {ad_mul(ad_mul(u, u), ad_mul(u, v)), 3 * y[0] * y[0] * y[1], y[0] * y[0] * y[0], 5, 3},
    };
    for (size_t k = 0; k < sizeof uses / sizeof *uses; k++) {
        ck_assert_int_eq(ad_backward(uses[k].f), AD_OK);
        for (uint32_t i = 0; i < 3; i++)
            assert_near(ad_grad(ad_at(x, i)), uses[k].du * by[0][i] + uses[k].dv * by[1][i], 1e-14);
        ck_assert_uint_eq(ad_tape_stats(tape).steps, uses[k].steps);
        ck_assert_uint_eq(ad_tape_stats(tape).skipped, uses[k].skipped);
    }
}
END_TEST

START_TEST(test_an_operation_whose_adjoints_are_all_zero_is_not_asked)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), y = call1(op, x), z = ad_mul(y, ad_const(0)), other = ad_square(x);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_uint_eq(state.derivatives, 0);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, 1);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, 1);
    ck_assert_int_eq(ad_backward(other), AD_OK);
    ck_assert_uint_eq(state.derivatives, 0);
    ad_propagate_zeros(tape, true);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert_uint_eq(state.derivatives, 1);
    assert_same_bits(ad_grad(x), 0);
}
END_TEST

START_TEST(test_a_derivative_that_fails_ends_the_sweep_without_a_gradient)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), w = call1(op, x), y = call1(op, w), z = ad_add(ad_sin(y), w);
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(ad_backward(z), AD_OK);
        const double before = ad_grad(x);
        state.vjp_fails = true;
        state.derivatives = 0;
        ck_assert_int_eq(ad_backward(z), AD_ERR_CUSTOM);
        ck_assert_uint_eq(state.derivatives, 1);
        assert_error(tape, AD_ERR_CUSTOM, "ad_backward: the derivative (vjp) of 'cube', node 2, failed");
        ck_assert(isnan(ad_grad(x)) && isnan(ad_grad(z)));
        ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NO_GRADIENT);
        ad_tape_clear_error(tape);
        state.vjp_fails = false;
        ck_assert_int_eq(ad_backward(z), AD_OK);
        assert_same_bits(ad_grad(x), before);
    }
}
END_TEST

static void keep_count(void *user, const ad_sweep_step *step)
{
    (void)step;
    ++*(size_t *)user;
}

static void clear_errors(void *user, const ad_sweep_step *step)
{
    (void)user;
    ad_tape_clear_error(step->node.tape);
}

START_TEST(test_a_derivative_that_fails_ends_a_watched_sweep_too)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), w = call1(op, ad_sin(x)), z = ad_sin(w);
    size_t steps = 0;
    ad_watch(tape, keep_count, &steps);
    state.vjp_fails = true;
    ck_assert_int_eq(ad_backward(z), AD_ERR_CUSTOM);
    assert_error(tape, AD_ERR_CUSTOM, "ad_edges: the derivative (vjp) of 'cube', node 2, failed");
    ck_assert_uint_eq(steps, 1);
    ck_assert(isnan(ad_grad(x)));
    assert_error(tape, AD_ERR_NO_GRADIENT, "ad_grad: no sweep since node 0 was recorded");
    ad_watch(tape, clear_errors, NULL);
    ck_assert_int_eq(ad_backward(ad_sin(z)), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    ck_assert(isnan(ad_grad(x)));
    ad_tape_clear_error(tape);
    state.vjp_fails = false;
    ad_watch(tape, NULL, NULL);
    ck_assert_int_eq(ad_backward(z), AD_OK);
    ck_assert(isfinite(ad_grad(x)));
}
END_TEST

START_TEST(test_edges_of_a_derivative_that_fails_are_nan_and_spoil_no_later_sweep)
{
    static cube_state state = {.vjp_fails = true};
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), y = call1(op, x);
    ad_edge edge;
    ck_assert_uint_eq(ad_edges(y, &edge, 1), 1);
    ck_assert(isnan(edge.partial) && edge.value == 2);
    assert_error(tape, AD_ERR_CUSTOM, "ad_edges: the derivative (vjp) of 'cube', node 1, failed");
    state.vjp_fails = false;
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), 12);
}
END_TEST

typedef struct sums {
    double total[8];
    size_t steps[8];
} sums;

static void add_up(void *user, const ad_sweep_step *step)
{
    sums *s = user;
    s->steps[step->node.index]++;
    for (size_t k = 0; k < step->count; k++) {
        const ad_edge *edge = &step->edges[k];
        if (ad_is_const(edge->operand)) continue;
        s->total[edge->operand.index] += edge->contribution;
        assert_near(edge->contribution, step->skipped ? 0 : step->adjoint * edge->partial, 1e-15);
        assert_near(edge->adjoint, s->total[edge->operand.index], 1e-15);
    }
}

START_TEST(test_a_watcher_sees_every_output_as_a_step_that_adds_up)
{
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3), out = solve(op, x);
    const ad_var f = ad_mul(ad_at(out, 0), ad_at(out, 1));
    sums s = {{0}, {0}};
    double plain[3];
    ck_assert_int_eq(ad_backward(f), AD_OK);
    for (uint32_t k = 0; k < 3; k++) plain[k] = ad_grad(ad_at(x, k));
    const ad_stats unwatched = ad_tape_stats(tape);
    s.total[f.index] = 1;
    ad_watch(tape, add_up, &s);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_uint_eq(s.steps[3] + s.steps[4] + s.steps[5], 3);
    ck_assert_uint_eq(ad_tape_stats(tape).steps, unwatched.steps);
    ck_assert_uint_eq(ad_tape_stats(tape).skipped, unwatched.skipped);
    for (uint32_t k = 0; k < 3; k++) {
        assert_near(plain[k], ad_grad(ad_at(x, k)), 1e-15);
        assert_same_bits(s.total[k], ad_grad(ad_at(x, k)));
    }
}
END_TEST

START_TEST(test_gradients_accumulate_over_samples_and_a_failed_one_starts_the_sum_anew)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_span w = ad_leaves(tape, (double[]){2, 3}, 2);
    ck_assert_int_eq(ad_accumulate(w), AD_OK);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var f = ad_mul(call1(op, ad_at(w, 0)), ad_at(w, 1));
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_same_bits(ad_grad(ad_at(w, 0)), 72);
    assert_same_bits(ad_grad(ad_at(w, 1)), 16);
    state.vjp_fails = true;
    ck_assert_int_eq(ad_backward(f), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    state.vjp_fails = false;
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_same_bits(ad_grad(ad_at(w, 0)), 36);
    assert_same_bits(ad_grad(ad_at(w, 1)), 8);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_int_eq(ad_backward(call1(op, ad_at(w, 1))), AD_OK);
    assert_same_bits(ad_grad(ad_at(w, 1)), 8 + 27);
}
END_TEST

START_TEST(test_leaves_of_layers_may_be_operands_too)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_span w = ad_leaves(tape, (double[]){1, -2, 3, 0.5, 4, -1}, 6), x = ad_constants(tape, (double[]){2, 5}, 2);
    const ad_span sums_of_layer = ad_weighted_sums(w, x);
    const ad_var penalty = call1(op, ad_at(w, 2)), f = ad_add(ad_sum(sums_of_layer), penalty);
    const double by_hand[] = {2, 5, 2 + 27, 5, 2, 5};
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(ad_backward(f), AD_OK);
        for (uint32_t k = 0; k < 6; k++) assert_same_bits(ad_grad(ad_at(w, k)), by_hand[k]);
    }
}
END_TEST

START_TEST(test_marks_and_rewinds_take_calls_as_any_other_node)
{
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3), kept = solve(op, x);
    const double u = ad_value(ad_at(kept, 0));
    for (int round = 0; round < 50; round++) {
        const ad_mark mark = ad_tape_mark(tape);
        const ad_span again = ad_call(op, (ad_var[]){ad_at(kept, 1), ad_const(0.1 * round), ad_at(kept, 0)}, 3);
        ck_assert_int_eq(ad_backward(ad_at(again, 1)), AD_OK);
        ck_assert(isfinite(ad_grad(ad_at(x, 0))));
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        ck_assert(is_no_op(ad_custom_of(ad_at(again, 0))));
        ad_tape_clear_error(tape);
    }
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    assert_same_bits(ad_value(ad_at(kept, 0)), u);
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 5);
    ck_assert_int_eq(ad_backward(ad_at(kept, 1)), AD_OK);
}
END_TEST

START_TEST(test_the_first_nonfinite_number_may_be_that_of_a_call)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    ad_nonfinite found;
    const ad_var x = ad_leaf(tape, 1e200), y = call1(op, x);
    ad_recip(y);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(same_node(found.node, y) && !found.in_adjoint && isinf(found.value));
    ad_tape_reset(tape);
    const ad_var p = ad_leaf(tape, 1e90), q = ad_mul(p, ad_const(1)), r = ad_mul(call1(op, q), ad_const(1e30));
    ck_assert_int_eq(ad_backward_from(&r, &(double){1e200}, 1), AD_OK);
    ck_assert(ad_find_nonfinite(tape, &found));
    ck_assert(same_node(found.node, q) && found.in_adjoint && isinf(found.adjoint));
}
END_TEST

/* ------------------------------------------------------------------------------- re-evaluation */

START_TEST(test_all_outputs_are_computed_anew_by_one_call)
{
    static cube_state state;
    const ad_custom_op op = registered(solver()), c = registered(cube(&state));
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3), out = solve(op, x);
    const ad_var y = call1(c, ad_at(out, 1));
    const double at[] = {-0.2, 0.6, 0.5};
    double expected[2];
    ad_verdict verdict;
    ck_assert(solver_value(NULL, at, 3, expected, 2));
    ck_assert_int_eq(ad_set_all(x, at), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_uint_eq(verdict.changed, 0);
    ck_assert_uint_eq(state.values, 2);
    for (uint32_t j = 0; j < 2; j++) assert_same_bits(ad_value(ad_at(out, j)), expected[j]);
    assert_same_bits(ad_value(y), expected[1] * expected[1] * expected[1]);
    ck_assert_int_eq(ad_backward(y), AD_OK);
}
END_TEST

START_TEST(test_a_value_that_fails_in_a_reevaluation_leaves_values_stale)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), y = call1(op, x), z = call1(op, y);
    for (int set = 0; set < 2; set++) {
        state = (cube_state){.value_fails = true};
        if (set) ck_assert_int_eq(ad_set(x, 1), AD_OK);
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_ERR_CUSTOM);
        assert_error(tape, AD_ERR_CUSTOM, "ad_reevaluate: the value of 'cube', node 1, failed");
        ck_assert_uint_eq(state.values, 1);
        ck_assert(isnan(ad_value(y)));
        ck_assert_int_eq(ad_backward(z), AD_ERR_STALE);
        ad_tape_clear_error(tape);
        state.value_fails = false;
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
        assert_same_bits(ad_value(z), set ? 1 : 512);
        ck_assert_int_eq(ad_backward(z), AD_OK);
    }
}
END_TEST

START_TEST(test_values_before_one_that_failed_are_good)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2), y = ad_sin(x);
    const ad_mark mark = ad_tape_mark(tape);
    call1(op, y);
    state.value_fails = true;
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_backward(y), AD_ERR_STALE);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_same_bits(ad_grad(x), cos(2));
}
END_TEST

/* -------------------------------------------------------------------- callbacks that may not */

static ad_var shared_leaf;

static void misbehave_leaf(void *with) { ck_assert_ptr_null(ad_leaf(with, 1).tape); }
static void misbehave_op(void *with) { ck_assert(with != NULL && ad_sin(shared_leaf).tape == NULL); }
static void misbehave_binary(void *with) { ck_assert(with != NULL && ad_mul(shared_leaf, ad_const(3)).tape == NULL); }
static void misbehave_gather(void *with) { ck_assert_ptr_null(ad_gather(with, &shared_leaf, 1).tape); }
static void misbehave_constants(void *with) { ck_assert_ptr_null(ad_constants(with, NULL, 3).tape); }
static void misbehave_call(void *with) { ck_assert(is_no_span(ad_call((ad_custom_op){with, 0}, &shared_leaf, 1))); }
static void misbehave_sweep(void *with) { ck_assert(with != NULL && ad_backward(shared_leaf) != AD_OK); }
static void misbehave_set(void *with) { ck_assert(with != NULL && ad_set(shared_leaf, 3) != AD_OK); }
static void misbehave_reevaluate(void *with) { ck_assert_int_ne(ad_reevaluate(with, NULL), AD_OK); }
static void misbehave_rewind(void *with) { ck_assert_int_ne(ad_tape_rewind(with, ad_tape_mark(with)), AD_OK); }
static void misbehave_reserve(void *with) { ck_assert_int_ne(ad_tape_reserve(with, 100000), AD_OK); }
static void misbehave_accumulate(void *with)
{
    ck_assert(with != NULL && ad_accumulate(ad_run(shared_leaf, 1)) != AD_OK);
}
static void misbehave_register(void *with)
{
    const ad_custom custom = product();
    ck_assert(is_no_op(ad_register(with, &custom)));
}
static void misbehave_edges(void *with)
{
    ad_edge edge;
    ck_assert_uint_eq(ad_edges(ad_node_at(with, 1), &edge, 1), 1);
    ck_assert(isnan(edge.partial));
}

static const struct {
    void (*misbehave)(void *tape);
    const char *function;
} misdeeds[] = {
    {misbehave_leaf, "ad_leaf"},
    {misbehave_op, "ad_sin"},
    {misbehave_binary, "ad_mul"},
    {misbehave_gather, "ad_gather"},
    {misbehave_call, "ad_call"},
    {misbehave_constants, "ad_constants"},
    {misbehave_sweep, "ad_backward"},
    {misbehave_set, "ad_set"},
    {misbehave_rewind, "ad_tape_rewind"},
    {misbehave_reevaluate, "ad_reevaluate"},
    {misbehave_reserve, "ad_tape_reserve"},
    {misbehave_accumulate, "ad_accumulate"},
    {misbehave_register, "ad_register"},
    {misbehave_edges, "ad_edges"},
};
enum { MISDEEDS = sizeof misdeeds / sizeof *misdeeds };

START_TEST(test_a_callback_that_touches_the_tape_has_failed_and_changed_nothing)
{
    static cube_state state;
    char message[100];
    state = (cube_state){0};
    const ad_custom_op op = registered(cube(&state));
    shared_leaf = ad_leaf(tape, 2);
    const ad_var y = call1(op, shared_leaf);
    snprintf(message, sizeof message, "%s: not inside a callback of 'cube'", misdeeds[_i].function);
    state.misbehave = misdeeds[_i].misbehave;
    state.with = tape;
    const ad_stats before = ad_tape_stats(tape);

    ck_assert(is_no_span(ad_call(op, &y, 1)));
    assert_error(tape, AD_ERR_ARGUMENT, message);
    ck_assert_int_eq(ad_backward(y), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, message);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, message);
    ad_edge edge;
    ad_edges(y, &edge, 1);
    assert_error(tape, AD_ERR_ARGUMENT, message);
    ck_assert(isnan(edge.partial));

    ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
    ck_assert_uint_eq(ad_tape_stats(tape).constants, before.constants);
    state.misbehave = NULL;
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(ad_backward(call1(op, y)), AD_OK);
    assert_same_bits(ad_grad(shared_leaf), 9 * 256);
}
END_TEST

/* ------------------------------------------------------------------------------------ formulas */

static ad_var parsed(const char *text)
{
    ad_var v;
    ad_text_error error;
    ck_assert_msg(ad_parse(tape, text, &v, &error) == AD_OK, "%s: %s", text, error.message);
    return v;
}

static void assert_no_formula(const char *text, size_t column, const char *message)
{
    ad_var v;
    ad_text_error error;
    ck_assert_int_eq(ad_parse(tape, text, &v, &error), AD_ERR_TEXT);
    ck_assert_str_eq(error.message, message);
    ck_assert_uint_eq(error.column, column);
    assert_ok(tape);
}

START_TEST(test_formulas_call_operations_by_name)
{
    static cube_state state;
    registered(cube(&state));
    registered(product());
    const ad_var x = ad_leaf(tape, 2);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    const ad_var y = parsed("y = cube(x + 1); product(x, y, 2, cube(x + 1))");
    assert_same_bits(ad_value(y), 2 * 27 * 2 * 27);
    ck_assert_int_eq(ad_op_of(ad_find(tape, "y")), AD_OP_CUSTOM);
    ck_assert_uint_eq(state.values, 1); /* what stands twice is computed once */
    ck_assert_int_eq(ad_backward(y), AD_OK);
    assert_near(ad_grad(x), 2 * 27 * 27 + 2 * 2 * 2 * 27 * 27, 1e-14); /* d/dx 2 x (x+1)^6 */
    ck_assert(ad_is_const(parsed("cube(3) + 1")));
    assert_same_bits(ad_value(parsed("cube(3) + 1")), 28);
    assert_same_bits(ad_value(parsed("-cube(-x)^2")), -64);
    const ad_var z = parsed("z = cube(2)");
    ck_assert_int_eq(ad_op_of(z), AD_OP_LEAF);
}
END_TEST

START_TEST(test_two_names_for_one_call_are_two_nodes)
{
    static cube_state state;
    registered(cube(&state));
    ck_assert_int_eq(ad_name(ad_leaf(tape, 2), "x"), AD_OK);
    const ad_var b = parsed("a = cube(x); b = cube(x); b");
    ck_assert_str_eq(ad_name_of(b), "b");
    ck_assert_int_eq(ad_op_of(ad_find(tape, "a")), AD_OP_CUSTOM);
    ck_assert(!same_node(ad_find(tape, "a"), b));
}
END_TEST

START_TEST(test_formulas_say_what_is_wrong_with_a_call)
{
    static cube_state state;
    registered(cube(&state));
    registered(product());
    registered(solver());
    ck_assert_int_eq(ad_name(ad_leaf(tape, 2), "x"), AD_OK);
    assert_no_formula("1 + cube(x, 2)", 5, "'cube' takes 1 operand, got 2");
    assert_no_formula("cube()", 1, "'cube' takes 1 operand, got 0");
    assert_no_formula("product()", 1, "'product' takes at least 1 operand, got 0");
    assert_no_formula("qube(x)", 1, "unknown function 'qube': did you mean 'cube'?");
    assert_no_formula("x + prodcut", 5, "unknown name 'prodcut': did you mean 'product'?");
    assert_no_formula("cube + 1", 1, "'cube' is a function: write its operands in parentheses, cube(...)");
    assert_no_formula("solve(x, x, x)", 1, "'solve' has several outputs, which a formula cannot write");
    assert_no_formula("slove(x)", 1, "unknown function 'slove'");
}
END_TEST

START_TEST(test_names_equal_to_an_operation_keep_the_rules_of_functions)
{
    static cube_state state;
    registered(cube(&state));
    const ad_var x = ad_leaf(tape, 2);
    ck_assert_int_eq(ad_name(x, "cube"), AD_OK);
    assert_same_bits(ad_value(parsed("cube(cube) + cube")), 10);
    assert_same_bits(ad_value(parsed("tanh = 5; tanh(0) + tanh")), 5);
    ad_tape_reset(tape);
    assert_same_bits(ad_value(parsed("cube = 5; cube(2) + cube")), 13);
}
END_TEST

START_TEST(test_a_formula_whose_call_fails_leaves_the_tape_as_it_was)
{
    static cube_state state = {.value_fails = true};
    registered(cube(&state));
    ck_assert_int_eq(ad_name(ad_leaf(tape, 2), "x"), AD_OK);
    const ad_stats before = ad_tape_stats(tape);
    static const char *const texts[] = {"y = x*5; cube(x)", "cube(3)"};
    for (int k = 0; k < 2; k++) {
        ad_var v;
        ad_text_error error;
        ck_assert_int_eq(ad_parse(tape, texts[k], &v, &error), AD_ERR_CUSTOM);
        ck_assert_str_eq(error.message, "ad_call: the value of 'cube' failed");
        ck_assert_ptr_null(v.tape);
        assert_ok(tape);
        ck_assert_uint_eq(ad_tape_stats(tape).nodes, before.nodes);
        ck_assert_uint_eq(ad_tape_stats(tape).constants, before.constants);
        ck_assert_ptr_null(ad_find(tape, "y").tape);
    }
}
END_TEST

/* ------------------------------------------------------------------------------- random graphs */

START_TEST(test_operations_of_the_table_made_anew_give_the_same_bits_in_random_graphs)
{
    enum { GRAPHS = 150 };
    ad_custom_op twins[AD_OP_COUNT];
    generator g = {(uint64_t)_i};
    register_twins(tape, twins);
    for (int round = 0; round < GRAPHS; round++) {
        const script s = random_script(&g, false);
        ad_var slots[SCRIPT_SLOTS];
        double values[SCRIPT_SLOTS], grads[SCRIPT_SLOTS];
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS - 1]), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) values[k] = ad_value(slots[k]), grads[k] = ad_grad(slots[k]);
        const ad_stats stats = ad_tape_stats(tape);
        ad_tape_reset(tape);
        record_twins(tape, &s, twins, &g, slots);
        for (int watched = 0; watched < 2; watched++) {
            size_t steps = 0;
            ad_watch(tape, watched ? keep_count : NULL, &steps);
            ck_assert_int_eq(ad_backward(slots[SCRIPT_SLOTS - 1]), AD_OK);
            for (int k = 0; k < SCRIPT_SLOTS; k++) {
                assert_same_bits(ad_value(slots[k]), values[k]);
                assert_same_bits(ad_grad(slots[k]), grads[k]);
            }
            ck_assert_uint_eq(ad_tape_stats(tape).steps, stats.steps);
            ck_assert_uint_eq(ad_tape_stats(tape).skipped, stats.skipped);
        }
        ad_watch(tape, NULL, NULL);
        ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
        for (int k = 0; k < SCRIPT_SLOTS; k++) assert_same_bits(ad_value(slots[k]), values[k]);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------- memory */

/* Registers, calls, parses and sweeps while a request fails; returns whether it was reached. */
static bool run_with_failure(size_t fail, bool for_ever)
{
    enum { WIDE = 300 };
    static cube_state state;
    failing_memory memory = {0};
    ad_tape *t = failing_tape(&memory);
    ad_custom custom = cube(&state);
    state = (cube_state){0};
    const ad_var x = ad_leaf(t, 2);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ad_var wide[WIDE], v = x, formula;
    for (int k = 0; k < WIDE; k++) wide[k] = k % 2 == 0 ? x : ad_const(1 + 1e-3 * k);
    fail_at(&memory, fail, for_ever);
    size_t failures = 0;
    ad_custom_op cubed = {NULL, 0}, wider = {NULL, 0};
    ad_status status = AD_OK;
    const ad_stats before = ad_tape_stats(t);
    for (int k = 0; k < 6; k++) {
        if (k == 0) status = (cubed = ad_register(t, &custom)).tape != NULL ? AD_OK : ad_tape_error(t);
        custom = product();
        if (k == 1) status = (wider = ad_register(t, &custom)).tape != NULL ? AD_OK : ad_tape_error(t);
        const ad_stats now = ad_tape_stats(t);
        if (k == 2) status = (v = ad_at(ad_call(wider, wide, WIDE), 0)).tape != NULL ? AD_OK : ad_tape_error(t);
        if (k == 3) status = (v = ad_at(ad_call(cubed, &v, 1), 0)).tape != NULL ? AD_OK : ad_tape_error(t);
        if (k == 4) status = ad_parse(t, "cube(x) * product(x, 3, 4.5)", &formula, NULL);
        if (k == 5) status = ad_backward_from((ad_var[]){v, formula}, (double[]){1, 1}, 2);
        if (status == AD_OK) continue;
        failures++;
        ck_assert_int_eq(status, AD_ERR_MEMORY);
        ck_assert_uint_eq(ad_tape_stats(t).bytes_used, k < 2 ? before.bytes_used : now.bytes_used);
        if (k != 4) ck_assert_ptr_nonnull(strstr(ad_tape_message(t), ": no memory "));
        ad_tape_clear_error(t);
        break;
    }
    fail_at(&memory, 0, false);
    const bool is_registered = cubed.tape != NULL;
    ad_tape_free(t);
    ck_assert_uint_eq(state.freed, is_registered);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return failures > 0;
}

START_TEST(test_every_failed_request_leaves_everything_as_it_was_and_state_with_its_owner)
{
    size_t reached = 0;
    while (run_with_failure(reached + 1, _i != 0)) reached++;
    ck_assert_uint_gt(reached, 10);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("custom");
    TCase *c = tcase_create("registering");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_what_was_registered_can_be_read_and_stays_where_it_is);
    tcase_add_test(c, test_an_operation_that_was_not_registered_is_null);
    tcase_add_test(c, test_an_operation_without_value_or_without_derivative_cannot_be_registered);
    tcase_add_test(c, test_a_bad_or_taken_name_is_refused);
    tcase_add_test(c, test_names_are_as_those_of_nodes);
    tcase_add_test(c, test_state_is_freed_once_when_the_tape_is_and_survives_a_reset);
    suite_add_tcase(s, c);

    c = tcase_create("recording");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_a_call_records_the_value_and_says_what_it_is);
    tcase_add_test(c, test_the_row_of_operations_of_ones_own_says_so);
    tcase_add_test(c, test_edges_are_the_partials_by_each_operand_and_constants_have_theirs);
    tcase_add_test(c, test_edges_of_each_output_are_its_own);
    tcase_add_test(c, test_a_call_of_constants_alone_is_a_node_without_derivative);
    tcase_add_test(c, test_the_wrong_number_of_operands_is_refused);
    tcase_add_test(c, test_bad_operands_are_refused_by_number_and_change_nothing);
    tcase_add_test(c, test_a_value_that_fails_records_nothing);
    tcase_add_test(c, test_the_limit_holds_for_all_outputs_together);
    tcase_add_test(c, test_what_a_callback_does_not_store_is_nan);
    suite_add_tcase(s, c);

    c = tcase_create("sweeps");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_a_sweep_takes_the_derivative_by_hand);
    tcase_add_test(c, test_an_operand_that_stands_several_times_receives_several_contributions);
    tcase_add_test(c, test_outputs_are_swept_together_whether_one_or_both_are_used_once_or_often);
    tcase_add_test(c, test_an_operation_whose_adjoints_are_all_zero_is_not_asked);
    tcase_add_test(c, test_a_derivative_that_fails_ends_the_sweep_without_a_gradient);
    tcase_add_test(c, test_a_derivative_that_fails_ends_a_watched_sweep_too);
    tcase_add_test(c, test_edges_of_a_derivative_that_fails_are_nan_and_spoil_no_later_sweep);
    tcase_add_test(c, test_a_watcher_sees_every_output_as_a_step_that_adds_up);
    tcase_add_test(c, test_gradients_accumulate_over_samples_and_a_failed_one_starts_the_sum_anew);
    tcase_add_test(c, test_leaves_of_layers_may_be_operands_too);
    tcase_add_test(c, test_marks_and_rewinds_take_calls_as_any_other_node);
    tcase_add_test(c, test_the_first_nonfinite_number_may_be_that_of_a_call);
    suite_add_tcase(s, c);

    c = tcase_create("reevaluation");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_all_outputs_are_computed_anew_by_one_call);
    tcase_add_test(c, test_a_value_that_fails_in_a_reevaluation_leaves_values_stale);
    tcase_add_test(c, test_values_before_one_that_failed_are_good);
    suite_add_tcase(s, c);

    c = tcase_create("callbacks");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, test_a_callback_that_touches_the_tape_has_failed_and_changed_nothing, 0, MISDEEDS);
    suite_add_tcase(s, c);

    c = tcase_create("formulas");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_formulas_call_operations_by_name);
    tcase_add_test(c, test_two_names_for_one_call_are_two_nodes);
    tcase_add_test(c, test_formulas_say_what_is_wrong_with_a_call);
    tcase_add_test(c, test_names_equal_to_an_operation_keep_the_rules_of_functions);
    tcase_add_test(c, test_a_formula_whose_call_fails_leaves_the_tape_as_it_was);
    suite_add_tcase(s, c);

    c = tcase_create("random graphs");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, test_operations_of_the_table_made_anew_give_the_same_bits_in_random_graphs, 0, 4);
    suite_add_tcase(s, c);

    c = tcase_create("memory");
    tcase_add_loop_test(c, test_every_failed_request_leaves_everything_as_it_was_and_state_with_its_owner, 0, 2);
    suite_add_tcase(s, c);
    return run_suite(s);
}
