/* SPDX-License-Identifier: MIT */
/* Derivatives of every kind through operations of the program's own. */
#include <autodiff/derivatives.h>

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
    return op;
}

static ad_var call1(ad_custom_op op, ad_var x) { return ad_at(ad_call(op, &x, 1), 0); }

static ad_span solve(ad_custom_op op, ad_span x)
{
    return ad_call(op, (ad_var[]){ad_at(x, 0), ad_at(x, 1), ad_at(x, 2)}, 3);
}

/* An operation with many operands and outputs: y = A x, A_jk = sin(1 + j + 10 k). */
static double element(size_t j, size_t k) { return sin(1 + (double)j + 10 * (double)k); }

static bool matrix_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state;
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t k = 0; k < n; k++) y[j] += element(j, k) * x[k];
    }
    return true;
}

static bool matrix_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)x, (void)y;
    if (state != NULL) ++*(size_t *)state;
    for (size_t k = 0; k < n; k++) {
        g[k] = 0;
        for (size_t j = 0; j < m; j++) g[k] += s[j] * element(j, k);
    }
    return true;
}

static ad_custom matrix(size_t inputs, size_t outputs, size_t *calls)
{
    return (ad_custom){.name = "matrix",
                       .inputs = inputs,
                       .outputs = outputs,
                       .value = matrix_value,
                       .vjp = matrix_vjp,
                       .state = calls};
}

/* ---------------------------------------------------------------------- Jacobians and products */

enum { MOST = 20 };

/* Checks ad_jvp and ad_vjp with 1 to MOST vectors, and ad_jacobian, against a Jacobian. */
static void assert_jacobian(ad_span y, ad_span x, const double *jacobian)
{
    const size_t m = y.count, n = x.count;
    double in[MOST * MOST], out[MOST * MOST];
    generator g = {m + 100 * n};
    ck_assert_int_eq(ad_jacobian(y, x, out), AD_OK);
    for (size_t k = 0; k < m * n; k++) assert_near(out[k], jacobian[k], 1e-13);
    for (size_t vectors = 1; vectors <= MOST; vectors += vectors == 1 ? 1 : vectors == 2 ? 6 : 1) {
        for (size_t k = 0; k < vectors * n; k++) in[k] = below(&g, 3) == 0 ? 0 : uniform(&g, -1, 1);
        ck_assert_int_eq(ad_jvp(y, x, in, vectors, out), AD_OK);
        for (size_t v = 0; v < vectors; v++)
            for (size_t j = 0; j < m; j++) {
                double sum = 0;
                for (size_t k = 0; k < n; k++) sum += jacobian[j * n + k] * in[v * n + k];
                assert_near(out[v * m + j], sum, 1e-12);
            }
        for (size_t k = 0; k < vectors * m; k++) in[k] = below(&g, 3) == 0 ? 0 : uniform(&g, -1, 1);
        ck_assert_int_eq(ad_vjp(y, x, in, vectors, out), AD_OK);
        for (size_t v = 0; v < vectors; v++)
            for (size_t k = 0; k < n; k++) {
                double sum = 0;
                for (size_t j = 0; j < m; j++) sum += jacobian[j * n + k] * in[v * m + j];
                assert_near(out[v * n + k], sum, 1e-12);
            }
    }
}

START_TEST(test_jacobians_of_one_operand_and_of_many_are_those_by_hand)
{
    static cube_state state;
    const ad_custom_op cubed = registered(cube(&state)), multiplied = registered(product());
    const ad_span x = ad_leaves(tape, (double[]){2, -3, 0.5}, 3);
    const ad_var y[] = {
        call1(cubed, ad_at(x, 1)),
        ad_at(ad_call(multiplied, (ad_var[]){ad_at(x, 0), ad_const(4), ad_at(x, 2), ad_at(x, 0)}, 4), 0),
        ad_mul(call1(cubed, ad_at(x, 2)), ad_at(x, 0)), ad_const(7), ad_at(x, 2)};
    const double by_hand[] = {0, 27, 0, 4 * 2 * 2 * 0.5, 0, 4 * 2 * 2, 0.125, 0, 2 * 3 * 0.25, 0, 0, 0, 0, 0, 1};
    assert_jacobian(ad_gather(tape, y, 5), x, by_hand);
    for (int on = 0; on < 2; on++) {
        ad_propagate_zeros(tape, on);
        assert_jacobian(ad_gather(tape, y, 5), x, by_hand);
    }
}
END_TEST

START_TEST(test_the_jacobian_of_several_outputs_is_that_of_the_solver)
{
    const double at[] = {0.7, 0.4, -0.3}, unit[2][2] = {{1, 0}, {0, 1}};
    double y[2], by_hand[6];
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, at, 3), out = solve(op, x);
    ck_assert(solver_value(NULL, at, 3, y, 2));
    for (int j = 0; j < 2; j++) ck_assert(solver_vjp(NULL, at, 3, y, 2, unit[j], by_hand + 3 * j));
    assert_jacobian(out, x, by_hand);
    assert_jacobian(ad_slice(out, 0, 1), x, by_hand);
    assert_jacobian(ad_slice(out, 1, 1), x, by_hand + 3);
}
END_TEST

START_TEST(test_wide_operations_are_asked_once_for_each_vector_at_most)
{
    enum { IN = 5, OUT = 19 };
    size_t calls = 0;
    double by_hand[OUT * IN], seeds[8 * OUT], products[8 * IN];
    const ad_custom_op op = registered(matrix(IN, OUT, &calls));
    const ad_span x = ad_leaves(tape, NULL, IN);
    ad_var operands[IN];
    for (size_t k = 0; k < IN; k++) operands[k] = ad_at(x, k);
    for (size_t k = 0; k < OUT * IN; k++) by_hand[k] = element(k / IN, k % IN);
    const ad_span y = ad_call(op, operands, IN);
    assert_jacobian(y, x, by_hand);
    for (size_t k = 0; k < 8 * OUT; k++) seeds[k] = cos((double)k);
    calls = 0;
    ck_assert_int_eq(ad_vjp(y, x, seeds, 8, products), AD_OK);
    ck_assert_uint_le(calls, 8);
    calls = 0;
    ck_assert_int_eq(ad_vjp(y, x, seeds, 2, products), AD_OK);
    ck_assert_uint_le(calls, 2);
    calls = 0;
    ck_assert_int_eq(ad_jacobian(ad_slice(y, 3, 4), x, by_hand), AD_OK);
    ck_assert_uint_le(calls, 4);
}
END_TEST

START_TEST(test_the_first_of_many_outputs_have_their_own_products)
{
    enum { OUT = 100, SOME = 50 };
    double products[2], seeds[2 * SOME];
    const ad_custom_op op = registered(matrix(1, OUT, NULL));
    const ad_var x = ad_leaf(tape, 0.5);
    const ad_span y = ad_slice(ad_call(op, &x, 1), 0, SOME);
    double by_hand = 0;
    for (size_t k = 0; k < 2 * SOME; k++) seeds[k] = 1;
    for (size_t k = 0; k < SOME; k++) by_hand += element(k, 0);
    ck_assert_int_eq(ad_vjp(y, ad_run(x, 1), seeds, 2, products), AD_OK);
    for (int k = 0; k < 2; k++) assert_near(products[k], by_hand, 1e-13);
}
END_TEST

START_TEST(test_what_does_not_depend_on_the_inputs_is_not_asked)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_span x = ad_leaves(tape, (double[]){2, 3}, 2);
    const ad_var y = ad_mul(ad_at(x, 0), call1(op, ad_at(x, 1)));
    double results[16];
    const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    state = (cube_state){.vjp_fails = true};
    ck_assert_int_eq(ad_vjp(ad_run(y, 1), ad_slice(x, 0, 1), ones, 8, results), AD_OK);
    ck_assert_int_eq(ad_jvp(ad_run(y, 1), ad_slice(x, 0, 1), ones, 8, results), AD_OK);
    for (int k = 0; k < 8; k++) assert_same_bits(results[k], 27);
    ck_assert_int_eq(ad_jvp(ad_run(y, 1), ad_slice(x, 0, 1), ones, 1, results), AD_OK);
    assert_same_bits(results[0], 27);
    ck_assert_uint_eq(state.derivatives, 0);
}
END_TEST

/* The derivatives of one graph by its leaves: of all kinds that need no second rule, and of those that do. */
typedef struct all_of {
    double jvp[9 * 2], vjp[9 * SCRIPT_LEAVES], jacobian[2 * SCRIPT_LEAVES], hvp[2 * SCRIPT_LEAVES],
        recorded[SCRIPT_LEAVES];
} all_of;

static void derive(const ad_var *slots, generator g, all_of *a)
{
    double v[9 * SCRIPT_SLOTS];
    const ad_span x = ad_run(slots[0], SCRIPT_LEAVES);
    const ad_var outs[] = {slots[SCRIPT_SLOTS - 1], slots[SCRIPT_SLOTS - 1 - below(&g, 10)]};
    const ad_span y = ad_gather(tape, outs, 2);
    for (size_t k = 0; k < 9 * SCRIPT_SLOTS; k++) v[k] = uniform(&g, -1, 1);
    ck_assert_int_eq(ad_jvp(y, x, v, 9, a->jvp), AD_OK);
    ck_assert_int_eq(ad_vjp(y, x, v, 9, a->vjp), AD_OK);
    ck_assert_int_eq(ad_jacobian(y, x, a->jacobian), AD_OK);
    ck_assert_int_eq(ad_hvp(outs[0], x, v, 2, a->hvp), AD_OK);
    const ad_span gradient = ad_record_gradient_from(outs, (ad_var[]){ad_const(v[0]), ad_const(v[1])}, 2, x);
    assert_ok(tape);
    for (size_t k = 0; k < SCRIPT_LEAVES; k++) a->recorded[k] = ad_value(ad_at(gradient, k));
}

static void assert_all_near(const double *found, const double *expected, size_t n, double tolerance, const char *what,
                            size_t *compared)
{
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(expected[k]) || !isfinite(found[k])) continue;
        ck_assert_msg(near(found[k], expected[k], tolerance), "%s, %zu: %.17g, not %.17g", what, k, found[k],
                      expected[k]);
        ++*compared;
    }
}

START_TEST(test_operations_of_the_table_made_anew_have_the_same_derivatives_in_random_graphs)
{
    enum { GRAPHS = 60 };
    ad_custom_op twins[AD_OP_COUNT];
    generator g = {(uint64_t)_i};
    size_t compared = 0;
    register_twins(tape, twins);
    for (int round = 0; round < GRAPHS; round++) {
        const script s = random_script(&g, false);
        ad_var slots[SCRIPT_SLOTS];
        all_of expected, found;
        ad_tape_reset(tape);
        record_script(tape, &s, slots);
        const generator same = g;
        derive(slots, same, &expected);
        ad_tape_reset(tape);
        record_twins(tape, &s, twins, &g, slots);
        derive(slots, same, &found);
        const double size = 1e4; /* of adjoints on the way */
        for (int k = 0; k < 18; k++) assert_near(found.jvp[k], expected.jvp[k], 0);
        for (int k = 0; k < 9 * SCRIPT_LEAVES; k++) assert_near(found.vjp[k], expected.vjp[k], 0);
        for (int k = 0; k < 2 * SCRIPT_LEAVES; k++) assert_near(found.jacobian[k], expected.jacobian[k], 0);
        assert_all_near(found.hvp, expected.hvp, 2 * SCRIPT_LEAVES, 1e-13 * size, "ad_hvp", &compared);
        assert_all_near(found.recorded, expected.recorded, SCRIPT_LEAVES, 1e-13 * size, "recorded", &compared);
    }
    ck_assert_uint_gt(compared, GRAPHS * 3 * SCRIPT_LEAVES * 9 / 10);
}
END_TEST

/* --------------------------------------------------------------------------- the second rule */

/* Sine and cosine, the rule of each of which calls the other. */
typedef struct circle {
    ad_custom_op other;
} circle;

static bool sine_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = sin(x[0]);
    return true;
}

static bool sine_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)y, (void)m;
    g[0] = s[0] * cos(x[0]);
    return true;
}

static bool sine_record_vjp(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                            const ad_var *s, ad_var *g)
{
    (void)t, (void)n, (void)y, (void)m;
    g[0] = ad_mul(s[0], ad_at(ad_call(((circle *)state)->other, x, 1), 0));
    return true;
}

static bool cosine_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = cos(x[0]);
    return true;
}

static bool cosine_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)y, (void)m;
    g[0] = -s[0] * sin(x[0]);
    return true;
}

static bool cosine_record_vjp(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                              const ad_var *s, ad_var *g)
{
    (void)t, (void)n, (void)y, (void)m;
    g[0] = ad_neg(ad_mul(s[0], ad_at(ad_call(((circle *)state)->other, x, 1), 0)));
    return true;
}

static ad_custom_op register_circle(void)
{
    static circle states[2];
    const ad_custom_op sine = registered((ad_custom){
        .name = "sine", .value = sine_value, .vjp = sine_vjp, .record_vjp = sine_record_vjp, .state = &states[0]});
    const ad_custom_op cosine = registered((ad_custom){.name = "cosine",
                                                       .value = cosine_value,
                                                       .vjp = cosine_vjp,
                                                       .record_vjp = cosine_record_vjp,
                                                       .state = &states[1]});
    states[0].other = cosine;
    states[1].other = sine;
    return sine;
}

START_TEST(test_derivatives_of_any_order_come_by_repetition)
{
    static cube_state state;
    const ad_custom_op cubed = registered(cube(&state)), sine = register_circle();
    const ad_var x = ad_leaf(tape, 0.7), y = ad_square(call1(cubed, x)), z = call1(sine, ad_mul(ad_const(2), x));
    ad_var dy = y, dz = z;
    for (int order = 1; order <= 4; order++) {
        static const double factors[] = {1, 6, 30, 120, 360};
        const double phase = 1.4 + order * 1.57079632679489661923;
        dy = ad_at(ad_record_gradient(dy, ad_run(x, 1)), 0);
        dz = ad_at(ad_record_gradient(dz, ad_run(x, 1)), 0);
        assert_ok(tape);
        assert_near(ad_value(dy), factors[order] * pow(0.7, 6 - order), 1e-12);
        assert_near(ad_value(dz), pow(2, order) * sin(phase), 1e-12);
    }
    ck_assert_int_eq(ad_set(x, -1.25), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    assert_near(ad_value(dy), 360 * 1.25 * 1.25, 1e-12);
    assert_near(ad_value(dz), 16 * sin(-2.5), 1e-12);
}
END_TEST

/* f of the solver's outputs that mixes them. */
static ad_var mixture(ad_span out) { return ad_mul(ad_exp(ad_at(out, 0)), ad_sin(ad_at(out, 1))); }

static void gradient_at(ad_custom_op op, const double *at, const double *direction, double h, double *g)
{
    const ad_mark mark = ad_tape_mark(tape);
    double moved[3];
    for (int k = 0; k < 3; k++) moved[k] = at[k] + h * direction[k];
    const ad_span x = ad_leaves(tape, moved, 3);
    ck_assert_int_eq(ad_backward(mixture(solve(op, x))), AD_OK);
    for (size_t k = 0; k < 3; k++) g[k] = ad_grad(ad_at(x, k));
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
}

START_TEST(test_second_derivatives_of_several_outputs_agree_three_ways)
{
    const double at[] = {0.7, 0.4, -0.3};
    const ad_custom_op op = registered(solver());
    generator g = {42};
    for (int round = 0; round < 20; round++) {
        double v[3], up[3], down[3], hv[3], hessian[9], seeded[3];
        for (int k = 0; k < 3; k++) v[k] = uniform(&g, -1, 1);
        gradient_at(op, at, v, 1e-5, up);
        gradient_at(op, at, v, -1e-5, down);
        const ad_span x = ad_leaves(tape, at, 3);
        const ad_var f = mixture(solve(op, x));
        ck_assert_int_eq(ad_hvp(f, x, v, 1, hv), AD_OK);
        ck_assert_int_eq(ad_hessian(f, x, hessian), AD_OK);
        const ad_span gradient = ad_record_gradient(f, x);
        const ad_var vg = ad_weighted_sum(ad_constants(tape, v, 3), gradient);
        ck_assert_int_eq(ad_backward(vg), AD_OK);
        for (size_t k = 0; k < 3; k++) {
            seeded[k] = ad_grad(ad_at(x, k));
            assert_near(hv[k], (up[k] - down[k]) / 2e-5, 1e-8);
            assert_near(hv[k], seeded[k], 1e-12);
            assert_near(hv[k], hessian[3 * k] * v[0] + hessian[3 * k + 1] * v[1] + hessian[3 * k + 2] * v[2], 1e-12);
            for (size_t i = 0; i < 3; i++) assert_near(hessian[3 * k + i], hessian[3 * i + k], 1e-12);
        }
        ad_tape_reset(tape);
    }
}
END_TEST

START_TEST(test_third_derivatives_of_several_outputs_are_those_of_hessians)
{
    const double at[] = {0.7, 0.4, -0.3};
    const ad_custom_op op = registered(solver());
    double up[9], down[9];
    for (size_t k = 0; k < 3; k++) {
        for (int side = 0; side < 2; side++) {
            double moved[] = {at[0], at[1], at[2]};
            moved[k] += side == 0 ? 1e-5 : -1e-5;
            ad_tape_reset(tape);
            const ad_span x = ad_leaves(tape, moved, 3);
            ck_assert_int_eq(ad_hessian(mixture(solve(op, x)), x, side == 0 ? up : down), AD_OK);
        }
        ad_tape_reset(tape);
        const ad_span x = ad_leaves(tape, at, 3);
        const ad_span first = ad_record_gradient(mixture(solve(op, x)), x);
        for (size_t i = 0; i < 3; i++) {
            double third[9];
            const ad_span second = ad_record_gradient(ad_at(first, i), x);
            assert_ok(tape);
            ck_assert_int_eq(ad_jacobian(second, x, third), AD_OK);
            for (size_t j = 0; j < 3; j++)
                assert_near(third[3 * j + k], (up[3 * i + j] - down[3 * i + j]) / 2e-5, 1e-7);
        }
    }
}
END_TEST

START_TEST(test_one_output_alone_has_its_own_second_derivatives)
{
    const double at[] = {0.7, 0.4, -0.3};
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, at, 3), out = solve(op, x);
    for (uint32_t j = 0; j < 2; j++) {
        double hessian[9], product[3];
        const ad_var scaled = ad_mul(ad_at(out, j), ad_const(2));
        ck_assert_int_eq(ad_hessian(ad_at(out, j), x, hessian), AD_OK);
        const ad_span gradient = ad_record_gradient(ad_at(out, j), x);
        for (uint32_t k = 0; k < 3; k++) {
            ck_assert_int_eq(ad_backward(ad_at(gradient, k)), AD_OK);
            for (uint32_t i = 0; i < 3; i++) assert_near(hessian[3 * k + i], ad_grad(ad_at(x, i)), 1e-13);
        }
        ck_assert_int_eq(ad_hvp(scaled, x, (double[]){0, 1, 0}, 1, product), AD_OK);
        for (uint32_t k = 0; k < 3; k++) assert_near(product[k], 2 * hessian[3 * k + 1], 1e-13);
    }
}
END_TEST

/* a^b for an integer b, which is a parameter: the product by it is a constant. */
static bool power_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)n, (void)m;
    y[0] = pow(x[0], x[1]);
    return true;
}

static bool power_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)n, (void)m, (void)y;
    g[0] = s[0] * x[1] * pow(x[0], x[1] - 1);
    g[1] = 0;
    return true;
}

static bool power_record_vjp(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                             const ad_var *s, ad_var *g)
{
    (void)state, (void)n, (void)m, (void)t;
    const ad_var lower[] = {x[0], ad_sub(x[1], ad_const(1))};
    g[0] = ad_mul(ad_mul(s[0], x[1]), ad_at(ad_call(ad_custom_of(y[0]), lower, 2), 0));
    g[1] = ad_const(0);
    return true;
}

START_TEST(test_products_may_be_constants_and_rules_may_call_their_own_operation)
{
    const ad_custom_op op = registered((ad_custom){
        .name = "power", .inputs = 2, .value = power_value, .vjp = power_vjp, .record_vjp = power_record_vjp});
    const ad_span x = ad_leaves(tape, (double[]){3, 4}, 2);
    const ad_var f = ad_at(ad_call(op, (ad_var[]){ad_at(x, 0), ad_at(x, 1)}, 2), 0);
    double hessian[4];
    ck_assert_int_eq(ad_hessian(f, x, hessian), AD_OK);
    assert_near(hessian[0], 12 * 9, 1e-14);
    assert_near(hessian[1], 0, 0);
    assert_near(hessian[3], 0, 0);
    const ad_span gradient = ad_record_gradient(f, x);
    ck_assert(ad_is_const(ad_at(gradient, 1)) && ad_value(ad_at(gradient, 1)) == 0);
    assert_near(ad_value(ad_at(ad_record_gradient(ad_at(gradient, 0), x), 0)), 12 * 9, 1e-14);
}
END_TEST

/* The sum of cubes, whose rule records groups of nodes and a leaf. */
static bool cubes_value(void *state, const double *x, size_t n, double *y, size_t m)
{
    (void)state, (void)m;
    y[0] = 0;
    for (size_t k = 0; k < n; k++) y[0] += x[k] * x[k] * x[k];
    return true;
}

static bool cubes_vjp(void *state, const double *x, size_t n, const double *y, size_t m, const double *s, double *g)
{
    (void)state, (void)y, (void)m;
    for (size_t k = 0; k < n; k++) g[k] = s[0] * 3 * x[k] * x[k];
    return true;
}

static bool cubes_record_vjp(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                             const ad_var *s, ad_var *g)
{
    (void)state, (void)y, (void)m;
    const ad_var three = ad_leaf(t, 3);
    const ad_span squares = ad_each(AD_OP_SQUARE, ad_run(x[0], n));
    const ad_span products = ad_each2(AD_OP_MUL, squares, ad_run(ad_mul(three, s[0]), 1));
    for (size_t k = 0; k < n; k++) g[k] = ad_at(products, k);
    return true;
}

START_TEST(test_a_rule_may_record_groups_of_nodes_and_leaves)
{
    enum { N = 500 };
    static double at[N], v[N], hv[N];
    ad_var operands[N];
    const ad_custom_op op = registered((ad_custom){
        .name = "cubes", .inputs = N, .value = cubes_value, .vjp = cubes_vjp, .record_vjp = cubes_record_vjp});
    for (int k = 0; k < N; k++) at[k] = sin(k), v[k] = cos(k);
    const ad_span x = ad_leaves(tape, at, N);
    for (size_t k = 0; k < N; k++) operands[k] = ad_at(x, k);
    const ad_var f = ad_at(ad_call(op, operands, N), 0);
    const ad_mark mark = ad_tape_mark(tape);
    const ad_span later = ad_each(AD_OP_EXP, x);
    ck_assert_int_eq(ad_jvp(ad_slice(later, 0, 1), x, v, 1, hv), AD_OK);
    ck_assert_int_eq(ad_jvp(ad_slice(later, N - 1, 1), x, v, 1, hv), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(ad_hvp(f, x, v, 1, hv), AD_OK);
        for (int k = 0; k < N; k++) assert_near(hv[k], 6 * at[k] * v[k], 1e-14);
    }
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, N + 1);
    const ad_span gradient = ad_record_gradient(f, x);
    for (size_t k = 0; k < N; k++) assert_near(ad_value(ad_at(gradient, k)), 3 * at[k] * at[k], 1e-14);
}
END_TEST

START_TEST(test_products_leave_everything_as_it_was)
{
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3), out = solve(op, x);
    const ad_var f = mixture(out);
    double grads[3], hv[3];
    ad_verdict verdict;
    ck_assert_int_eq(ad_set(ad_at(x, 0), 0.6), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    for (size_t k = 0; k < 3; k++) grads[k] = ad_grad(ad_at(x, k));
    const ad_stats before = ad_tape_stats(tape);
    ck_assert_int_eq(ad_hvp(f, x, (double[]){1, 2, 3}, 1, hv), AD_OK);
    const ad_stats after = ad_tape_stats(tape);
    ck_assert(before.nodes == after.nodes && before.constants == after.constants && before.leaves == after.leaves &&
              before.bytes_used == after.bytes_used && before.steps == after.steps && before.skipped == after.skipped);
    for (size_t k = 0; k < 3; k++) assert_same_bits(ad_grad(ad_at(x, k)), grads[k]);
    ck_assert(ad_is_valid(f) && ad_is_valid(ad_at(out, 1)));
    ck_assert_int_eq(ad_reevaluate(tape, &verdict), AD_OK);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    for (size_t k = 0; k < 3; k++) assert_same_bits(ad_grad(ad_at(x, k)), grads[k]);
}
END_TEST

/* ------------------------------------------------------------------------------------- sparse */

static void assert_dense(const ad_sparse *sparse, const double *dense, size_t count)
{
    ck_assert_ptr_nonnull(sparse);
    const ad_sparse_matrix *a = ad_sparse_matrix_of(sparse);
    double found[64] = {0};
    ck_assert_uint_eq(a->count, count);
    for (size_t e = 0; e < a->count; e++) found[a->row[e] * a->columns + a->column[e]] = a->value[e];
    for (size_t k = 0; k < a->rows * a->columns; k++) assert_near(found[k], dense[k], 1e-13);
}

START_TEST(test_sparse_derivatives_take_every_output_to_depend_on_every_operand)
{
    static cube_state state;
    const ad_custom_op solved = registered(solver()), cubed = registered(cube(&state)),
                       multiplied = registered(product());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3, 1.5, 2.5, -2}, 6), out = solve(solved, x);
    const ad_var y[] = {ad_at(out, 1), ad_square(ad_at(x, 3)), ad_at(out, 0), call1(cubed, ad_at(x, 5))};
    const ad_var pair = ad_at(ad_call(multiplied, (ad_var[]){ad_at(x, 3), ad_at(x, 4)}, 2), 0);
    const ad_var sum = ad_add(ad_add(ad_at(out, 0), pair), y[3]);
    double dense[36];
    ad_sparse *jacobian = ad_sparse_jacobian_new(ad_gather(tape, y, 4), x);
    ck_assert_int_eq(ad_jacobian(ad_gather(tape, y, 4), x, dense), AD_OK);
    assert_dense(jacobian, dense, 3 + 1 + 3 + 1);
    ad_sparse_free(jacobian);
    ad_sparse *hessian = ad_sparse_hessian_new(sum, x);
    ck_assert_int_eq(ad_hessian(sum, x, dense), AD_OK);
    assert_dense(hessian, dense, 9 + 4 + 1);
    ck_assert_int_eq(ad_set(ad_at(x, 5), 3), AD_OK);
    ck_assert_int_eq(ad_reevaluate(tape, NULL), AD_OK);
    ck_assert_int_eq(ad_sparse_evaluate(hessian), AD_OK);
    dense[35] = 18;
    assert_dense(hessian, dense, 9 + 4 + 1);
    ad_sparse_free(hessian);
}
END_TEST

/* ----------------------------------------------------------------------------------- refusals */

static void assert_unchanged(const ad_stats *before)
{
    const ad_stats now = ad_tape_stats(tape);
    ck_assert_uint_eq(now.nodes, before->nodes);
    ck_assert_uint_eq(now.constants, before->constants);
    ck_assert_uint_eq(now.bytes_used, before->bytes_used);
}

START_TEST(test_without_a_second_rule_second_derivatives_are_refused_by_name)
{
    static cube_state state;
    ad_custom custom = cube(&state);
    custom.record_vjp = NULL;
    const ad_custom_op op = registered(custom);
    const ad_span x = ad_leaves(tape, (double[]){2, 3}, 2);
    const ad_var c = call1(op, ad_at(x, 0)), f = ad_mul(c, ad_square(ad_at(x, 1)));
    const double v[] = {1, 1};
    double results[4];
    const ad_stats before = ad_tape_stats(tape);
    ck_assert_ptr_null(ad_record_gradient(f, x).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_record_gradient: operation 'cube' has no second rule (record_vjp)");
    const ad_var one = ad_const(1);
    ck_assert_ptr_null(ad_record_gradient_from(&c, &one, 1, x).tape);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_record_gradient_from: operation 'cube' has no second rule (record_vjp)");
    ck_assert_int_eq(ad_hvp(f, x, v, 1, results), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_hvp: operation 'cube' has no second rule (record_vjp)");
    ck_assert_int_eq(ad_hessian(f, x, results), AD_ERR_ARGUMENT);
    assert_error(tape, AD_ERR_ARGUMENT, "ad_hessian: operation 'cube' has no second rule (record_vjp)");
    assert_unchanged(&before);
    ck_assert_ptr_null(ad_sparse_hessian_new(f, x));
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(ad_tape_message(tape), "operation 'cube' has no second rule (record_vjp)"));
    ad_tape_clear_error(tape);
    assert_unchanged(&before);
    /* By an input that the operation does not depend on there is nothing to refuse. */
    ck_assert_int_eq(ad_hessian(f, ad_slice(x, 1, 1), results), AD_OK);
    assert_near(results[0], 16, 1e-15);
    assert_near(ad_value(ad_at(ad_record_gradient(f, ad_slice(x, 1, 1)), 0)), 48, 1e-15);
    ck_assert_int_eq(ad_hvp(f, x, (double[]){0, 1}, 1, results), AD_OK);
    assert_near(results[0], 12 * 6, 1e-15);
    assert_near(results[1], 16, 1e-15);
}
END_TEST

static ad_tape *foreign_tape;
static ad_mark mark_before;

static bool rule_fails(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m, const ad_var *s,
                       ad_var *g)
{
    (void)state, (void)n, (void)y, (void)m, (void)t;
    g[0] = ad_mul(s[0], x[0]);
    return false;
}

static bool rule_stores_nothing(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                const ad_var *s, ad_var *g)
{
    (void)state, (void)n, (void)y, (void)m, (void)t, (void)g;
    ad_mul(s[0], x[0]);
    return true;
}

static bool rule_stores_foreign(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                const ad_var *s, ad_var *g)
{
    (void)state, (void)n, (void)y, (void)m, (void)t, (void)x, (void)s;
    g[0] = ad_leaf(foreign_tape, 1);
    return true;
}

static bool rule_sweeps(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m, const ad_var *s,
                        ad_var *g)
{
    (void)state, (void)n, (void)m, (void)t, (void)x, (void)s;
    g[0] = ad_const(1);
    ck_assert_int_ne(ad_backward(y[0]), AD_OK);
    return true;
}

static bool rule_calls_and_sets(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                const ad_var *s, ad_var *g)
{
    (void)state, (void)m, (void)t, (void)s;
    g[0] = ad_at(ad_call(ad_custom_of(y[0]), x, n), 0);
    ck_assert_int_ne(ad_set(x[0], 3), AD_OK);
    return true;
}

static bool rule_rewinds(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m, const ad_var *s,
                         ad_var *g)
{
    (void)state, (void)n, (void)m, (void)x, (void)s, (void)y;
    g[0] = ad_const(1);
    ck_assert_int_ne(ad_tape_rewind(t, mark_before), AD_OK);
    ad_tape_reset(t);
    return true;
}

static bool rule_derives(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m, const ad_var *s,
                         ad_var *g)
{
    (void)state, (void)n, (void)m, (void)t, (void)s;
    g[0] = ad_at(ad_record_gradient(y[0], ad_run(x[0], 1)), 0);
    return true;
}

static bool rule_uses_a_bad_handle(void *state, ad_tape *t, const ad_var *x, size_t n, const ad_var *y, size_t m,
                                   const ad_var *s, ad_var *g)
{
    (void)state, (void)n, (void)y, (void)m, (void)t, (void)x;
    g[0] = ad_mul(s[0], ad_leaf(foreign_tape, 1));
    return true;
}

static const struct {
    bool (*rule)(void *, ad_tape *, const ad_var *, size_t, const ad_var *, size_t, const ad_var *, ad_var *);
    ad_status status;
    const char *message; /* after the name of the function, or whole where it has a colon */
} bad_rules[] = {
    {rule_fails, AD_ERR_CUSTOM, "the second rule (record_vjp) of 'cube', node 1, failed"},
    {rule_stores_nothing, AD_ERR_CUSTOM,
     "product 1 of the second rule (record_vjp) of 'cube' is no node of this tape and no constant"},
    {rule_stores_foreign, AD_ERR_CUSTOM,
     "product 1 of the second rule (record_vjp) of 'cube' is no node of this tape and no constant"},
    {rule_sweeps, AD_ERR_ARGUMENT, "ad_backward: not inside a callback of 'cube'"},
    {rule_calls_and_sets, AD_ERR_ARGUMENT, "ad_set: not inside a callback of 'cube'"},
    {rule_rewinds, AD_ERR_ARGUMENT, "ad_tape_rewind: not inside a callback of 'cube'"},
    {rule_derives, AD_ERR_ARGUMENT, "ad_record_gradient: not inside a callback of 'cube'"},
    {rule_uses_a_bad_handle, AD_ERR_HANDLE, "ad_mul: operand 2 belongs to another tape"},
};
enum { BAD_RULES = sizeof bad_rules / sizeof *bad_rules };

START_TEST(test_a_second_rule_that_fails_leaves_the_tape_as_it_was)
{
    static cube_state state;
    char message[200];
    ad_custom custom = cube(&state);
    custom.record_vjp = bad_rules[_i].rule;
    foreign_tape = ad_tape_new();
    mark_before = ad_tape_mark(tape);
    const ad_custom_op op = registered(custom);
    const ad_var x = ad_leaf(tape, 2), f = ad_square(call1(op, x));
    const bool is_whole = strstr(bad_rules[_i].message, ": ") != NULL;
    const ad_stats before = ad_tape_stats(tape);
    double hv;
    ck_assert_ptr_null(ad_record_gradient(f, ad_run(x, 1)).tape);
    snprintf(message, sizeof message, "%s%s", is_whole ? "" : "ad_record_gradient: ", bad_rules[_i].message);
    assert_error(tape, bad_rules[_i].status, message);
    assert_unchanged(&before);
    ck_assert_int_eq(ad_hvp(f, ad_run(x, 1), &(double){1}, 1, &hv), bad_rules[_i].status);
    snprintf(message, sizeof message, "%s%s", is_whole ? "" : "ad_hvp: ", bad_rules[_i].message);
    assert_error(tape, bad_rules[_i].status, message);
    assert_unchanged(&before);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    assert_near(ad_grad(x), 6 * 32, 1e-15);
    ad_tape_free(foreign_tape);
}
END_TEST

START_TEST(test_derivatives_that_fail_are_errors_of_every_kind_of_product)
{
    static cube_state state;
    const ad_custom_op op = registered(cube(&state));
    const ad_span x = ad_leaves(tape, (double[]){2, 3}, 2);
    const ad_var f = ad_mul(call1(op, ad_at(x, 0)), call1(op, ad_at(x, 1)));
    const double ones[18] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    double results[18];
    static const size_t counts[] = {1, 2, 8, 9};
    ck_assert_int_eq(ad_backward(f), AD_OK);
    for (int c = 0; c < 4; c++) {
        state = (cube_state){.vjp_fails = true};
        ck_assert_int_eq(ad_jvp(ad_run(f, 1), x, ones, counts[c], results), AD_ERR_CUSTOM);
        ck_assert_uint_eq(state.derivatives, 1);
        assert_error(tape, AD_ERR_CUSTOM, "ad_jvp: the derivative (vjp) of 'cube', node 2, failed");
        state.derivatives = 0;
        ck_assert_int_eq(ad_vjp(ad_run(f, 1), x, ones, counts[c], results), AD_ERR_CUSTOM);
        ck_assert_uint_eq(state.derivatives, 1);
        ck_assert_int_eq(ad_tape_error(tape), AD_ERR_CUSTOM);
        ad_tape_clear_error(tape);
        assert_same_bits(ad_grad(ad_at(x, 0)), 12 * 27); /* the sweep made before is what it was */
        state.vjp_fails = false;
        ck_assert_int_eq(ad_vjp(ad_run(f, 1), x, ones, counts[c], results), AD_OK);
        assert_same_bits(results[0], 12 * 27);
        ck_assert_int_eq(ad_jvp(ad_run(f, 1), x, ones, counts[c], results), AD_OK);
        assert_same_bits(results[0], 12 * 27 + 8 * 27);
        ck_assert_int_eq(ad_backward(f), AD_OK);
    }
    state.vjp_fails = true;
    ck_assert_int_eq(ad_jacobian(ad_run(f, 1), x, results), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_jacobian(ad_gather(tape, (ad_var[]){f, f, f}, 3), x, results), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_hvp(f, x, ones, 1, results), AD_ERR_CUSTOM);
    ad_tape_clear_error(tape);
    state.vjp_fails = false;
    ck_assert_int_eq(ad_hvp(f, x, ones, 1, results), AD_OK);
    assert_near(results[0], 12 * 27 + 12 * 27, 1e-15);
}
END_TEST

/* --------------------------------------------------------------------------------- functions, memory */

static ad_status with_operations(ad_tape *t, const ad_var *x, size_t n, ad_var *y, size_t m, void *user)
{
    (void)t, (void)m;
    const ad_span out = ad_call(*(ad_custom_op *)user, x, n);
    if (out.tape == NULL) return AD_ERR_CUSTOM;
    y[0] = mixture(out);
    return AD_OK;
}

START_TEST(test_functions_may_call_operations)
{
    ad_custom_op op = registered(solver());
    const ad_function f = {with_operations, &op, 3, 1};
    const double at[] = {0.7, 0.4, -0.3};
    double value, gradient[3], g[3], hessian[9], v[] = {0.5, -1, 2}, hv[3];
    ck_assert_int_eq(ad_fn_hessian(tape, &f, at, &value, gradient, hessian), AD_OK);
    ck_assert_int_eq(ad_fn_hvp(tape, &f, at, v, 1, NULL, hv), AD_OK);
    gradient_at(op, at, v, 0, g);
    for (size_t k = 0; k < 3; k++) {
        assert_near(gradient[k], g[k], 1e-14);
        assert_near(hv[k], hessian[3 * k] * v[0] + hessian[3 * k + 1] * v[1] + hessian[3 * k + 2] * v[2], 1e-13);
    }
    ck_assert_uint_eq(ad_tape_stats(tape).nodes, 0);
}
END_TEST

/* Every kind of derivative while a request fails; returns whether it was reached. */
static bool run_with_failure(size_t fail, bool for_ever)
{
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    const ad_custom_op op = registered(solver());
    const ad_span x = ad_leaves(tape, (double[]){0.7, 0.4, -0.3}, 3);
    const ad_var f = mixture(solve(op, x));
    const double v[27] = {1, 2, 3, 4, 5, 6};
    double results[27];
    const ad_stats before = ad_tape_stats(tape);
    bool failed = false;
    fail_at(&memory, fail, for_ever);
    for (int k = 0; k < 6 && !failed; k++) {
        const ad_status status = k == 0   ? ad_jvp(ad_run(f, 1), x, v, 1, results)
                                 : k == 1 ? ad_vjp(ad_run(f, 1), x, v, 3, results)
                                 : k == 2 ? ad_jvp(ad_run(f, 1), x, v, 3, results)
                                 : k == 3 ? ad_hvp(f, x, v, 2, results)
                                 : k == 4 ? ad_hessian(f, x, results)
                                          : (ad_record_gradient(f, x), ad_tape_error(tape));
        if (status == AD_OK) continue;
        ck_assert_int_eq(status, AD_ERR_MEMORY);
        ck_assert_ptr_nonnull(strstr(ad_tape_message(tape), ": no memory "));
        ad_tape_clear_error(tape);
        assert_unchanged(&before);
        failed = true;
    }
    fail_at(&memory, 0, false);
    ck_assert_int_eq(ad_backward(f), AD_OK);
    ck_assert_int_eq(ad_hessian(f, x, results), AD_OK);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return failed;
}

START_TEST(test_every_failed_request_leaves_the_tape_as_it_was)
{
    size_t reached = 0;
    while (run_with_failure(reached + 1, _i != 0)) reached++;
    ck_assert_uint_gt(reached, 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("custom_derivatives");
    TCase *c = tcase_create("products");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_jacobians_of_one_operand_and_of_many_are_those_by_hand);
    tcase_add_test(c, test_the_jacobian_of_several_outputs_is_that_of_the_solver);
    tcase_add_test(c, test_wide_operations_are_asked_once_for_each_vector_at_most);
    tcase_add_test(c, test_the_first_of_many_outputs_have_their_own_products);
    tcase_add_test(c, test_what_does_not_depend_on_the_inputs_is_not_asked);
    tcase_add_loop_test(c, test_operations_of_the_table_made_anew_have_the_same_derivatives_in_random_graphs, 0, 4);
    suite_add_tcase(s, c);

    c = tcase_create("second rule");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_derivatives_of_any_order_come_by_repetition);
    tcase_add_test(c, test_second_derivatives_of_several_outputs_agree_three_ways);
    tcase_add_test(c, test_third_derivatives_of_several_outputs_are_those_of_hessians);
    tcase_add_test(c, test_one_output_alone_has_its_own_second_derivatives);
    tcase_add_test(c, test_products_may_be_constants_and_rules_may_call_their_own_operation);
    tcase_add_test(c, test_a_rule_may_record_groups_of_nodes_and_leaves);
    tcase_add_test(c, test_products_leave_everything_as_it_was);
    suite_add_tcase(s, c);

    c = tcase_create("sparse");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_sparse_derivatives_take_every_output_to_depend_on_every_operand);
    suite_add_tcase(s, c);

    c = tcase_create("refusals");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_without_a_second_rule_second_derivatives_are_refused_by_name);
    tcase_add_loop_test(c, test_a_second_rule_that_fails_leaves_the_tape_as_it_was, 0, BAD_RULES);
    tcase_add_test(c, test_derivatives_that_fail_are_errors_of_every_kind_of_product);
    suite_add_tcase(s, c);

    c = tcase_create("functions");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_functions_may_call_operations);
    suite_add_tcase(s, c);

    c = tcase_create("memory");
    tcase_add_loop_test(c, test_every_failed_request_leaves_the_tape_as_it_was, 0, 2);
    suite_add_tcase(s, c);
    return run_suite(s);
}
