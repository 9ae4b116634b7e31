/* SPDX-License-Identifier: MIT */
/* Each optimiser beside its formula, and the options of all. */
#include "nn_helpers.h"
#include "run_suite.h"

static ad_tape *tape;
static nn_mlp *net;
static nn_error error;

enum { IN = 2, SAMPLES = 6, WEIGHTS = 6 + 3, PARAMETERS = WEIGHTS + 3 + 1, STEPS = 12 };

static const double x[SAMPLES * IN] = {0.5, 1, -0.25, 0.75, 1.5, -1, -2, 0.125, 0.25, 0.25, -1, -0.5};
static const double y[SAMPLES] = {1, -0.5, 0.25, 0, 2, 0.75};
static const nn_data data = {x, y, SAMPLES};

/* Rectifiers and squares need no function of a libm. */
static void begin(void)
{
    tape = ad_tape_new();
    net = make_net(tape, &(nn_shape){IN, 2, (nn_layer[]){{.width = 3, .activation = NN_RELU}, {.width = 1}},
                                     NN_HALF_SUM_OF_SQUARES});
    assert_good(nn_mlp_init(net, NN_INIT_NORMAL, 7, &error), error);
}

static void end(void)
{
    nn_mlp_free(net);
    ad_tape_free(tape);
}

static nn_trainer *trainer_of(const nn_options *options)
{
    nn_trainer *trainer = nn_trainer_new(net, options, &error);
    ck_assert_msg(trainer != NULL, "%s", error.message);
    return trainer;
}

/* ------------------------------------------------------------------------------- the formulas */

typedef struct state {
    double p[PARAMETERS], m[PARAMETERS], v[PARAMETERS];
} state;

static void step_by_hand(state *s, const double *g, const nn_options *o, double r, int t)
{
    for (int k = 0; k < PARAMETERS; k++) {
        double *p = &s->p[k], *m = &s->m[k], *v = &s->v[k];
        const double mu = o->momentum, rho = o->decay_rate;
        switch (o->method) {
        case NN_GRADIENT_DESCENT: *p -= r * g[k]; break;
        case NN_MOMENTUM:
            *m = mu * *m + g[k];
            *p -= r * *m;
            break;
        case NN_NESTEROV:
            *m = mu * *m + g[k];
            *p -= r * (g[k] + mu * *m);
            break;
        case NN_RMSPROP:
            *v = rho * *v + (1 - rho) * g[k] * g[k];
            *p -= r * g[k] / (sqrt(*v) + o->epsilon);
            break;
        case NN_ADAMW:
            if (k < WEIGHTS) *p -= r * o->weight_decay * *p; /* falls through */
        default:
            *m = mu * *m + (1 - mu) * g[k];
            *v = rho * *v + (1 - rho) * g[k] * g[k];
            *p -= r * (*m / (1 - pow(mu, t))) / (sqrt(*v / (1 - pow(rho, t))) + o->epsilon);
        }
    }
}

static const nn_options by_default[NN_METHODS] = {
    {.method = NN_GRADIENT_DESCENT, .rate = 0.1},
    {.method = NN_MOMENTUM, .rate = 0.1, .momentum = 0.9},
    {.method = NN_NESTEROV, .rate = 0.1, .momentum = 0.9},
    {.method = NN_RMSPROP, .rate = 0.1, .decay_rate = 0.9, .epsilon = 1e-8},
    {.method = NN_ADAM, .rate = 0.1, .momentum = 0.9, .decay_rate = 0.999, .epsilon = 1e-8},
    {.method = NN_ADAMW, .rate = 0.1, .momentum = 0.9, .decay_rate = 0.999, .epsilon = 1e-8, .weight_decay = 0.01},
};

static void assert_follows(const nn_options *given, const nn_options *meant)
{
    state s = {{0}, {0}, {0}};
    nn_trainer *trainer = trainer_of(given);
    memcpy(s.p, ad_values(nn_parameters(net)), sizeof s.p);
    for (int t = 1; t <= STEPS; t++) {
        double g[PARAMETERS];
        const double rate = meant->rate / t;
        assert_good(nn_gradient(net, &data, NULL, SAMPLES, 0, NULL, &error), error);
        memcpy(g, ad_grads(nn_parameters(net)), sizeof g);
        step_by_hand(&s, g, meant, rate, t);
        assert_good(nn_trainer_step(trainer, rate, &error), error);
        ck_assert_uint_eq(nn_trainer_steps(trainer), (uint64_t)t);
        for (int k = 0; k < PARAMETERS; k++) {
            const double p = ad_value(ad_at(nn_parameters(net), (size_t)k));
            ck_assert_msg(near(p, s.p[k], 1e-13), "%s, step %d: parameter %d is %.17g, not %.17g",
                          nn_method_name(meant->method), t, k, p, s.p[k]);
        }
    }
    nn_trainer_free(trainer);
}

START_TEST(test_each_method_follows_its_formula)
{
    const nn_options given = {.method = (nn_method)_i, .rate = 0.1};
    assert_follows(&given, &by_default[_i]);
}
END_TEST

START_TEST(test_each_method_follows_its_formula_with_other_options)
{
    nn_options options = {.method = (nn_method)_i,
                          .rate = 0.05,
                          .momentum = 0.5,
                          .decay_rate = 0.25,
                          .epsilon = 0.125,
                          .weight_decay = 0.5};
    assert_follows(&options, &options);
}
END_TEST

START_TEST(test_parameters_have_these_bits_everywhere_after_some_steps)
{
    static const double expected[NN_METHODS][3] = {
        {0x1.aff86132e9de5p-1, 0x1.bd768a8812faep-1, 0x1.76090483aff94p-1},
        {0x1.c4efa96b2e03dp-1, 0x1.f60b278e0b85dp-3, 0x1.015d4eaa72632p+0},
        {0x1.c84e9e0f2c695p-1, 0x1.43d2b684e4eabp-2, 0x1.da828a907c694p-1},
        {0x1.43d73bd155343p-1, 0x1.dfc90b9971fd4p-1, 0x1.669a156dd2118p-1},
        {0x1.595da93caab01p-1, 0x1.f6d7f202836c3p-1, 0x1.78864f66e36b5p-1},
        {0x1.57328777949dbp-1, 0x1.f49d88927914ep-1, 0x1.785d0bf8810bcp-1},
    };
    nn_trainer *trainer = trainer_of(&(nn_options){.method = (nn_method)_i, .rate = 0.05});
    for (int t = 0; t < 10; t++) {
        assert_good(nn_gradient(net, &data, NULL, SAMPLES, 0.01, NULL, &error), error);
        assert_good(nn_trainer_step(trainer, 0.05, &error), error);
    }
    static const size_t shown[] = {0, 7, PARAMETERS - 1};
    for (size_t k = 0; k < 3; k++) assert_same_bits(ad_value(ad_at(nn_parameters(net), shown[k])), expected[_i][k]);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_the_correction_of_the_bias_is_exact_after_many_steps)
{
    /* A constant gradient g makes m / (1 - mu^t) = g and v / (1 - rho^t) = g^2 at every step: each takes off r. */
    nn_mlp *line = make_net(tape, &(nn_shape){1, 1, (nn_layer[]){{.width = 1}}, NN_HALF_SUM_OF_SQUARES});
    nn_trainer *trainer = nn_trainer_new(line, &(nn_options){.method = NN_ADAM, .rate = 1}, &error);
    for (int t = 1; t <= 3000; t++) {
        const ad_mark mark = ad_tape_mark(tape);
        const ad_var w = ad_at(nn_parameters(line), 0), b = ad_at(nn_parameters(line), 1);
        ck_assert_int_eq(ad_backward(ad_add(ad_mul(w, ad_const(3)), ad_mul(b, ad_const(-0.5)))), AD_OK);
        ad_tape_rewind(tape, mark);
        assert_good(nn_trainer_step(trainer, 1, &error), error);
        assert_near(ad_value(w), -t, 1e-7);
        assert_near(ad_value(b), t, 1e-7);
    }
    nn_trainer_free(trainer);
    nn_mlp_free(line);
}
END_TEST

/* ------------------------------------------------------------------------------------ options */

START_TEST(test_defaults_are_filled_in_where_the_method_uses_them)
{
    nn_trainer *trainer = trainer_of(&(nn_options){.method = (nn_method)_i, .rate = 0.1});
    const nn_options *got = nn_trainer_options(trainer), *expected = &by_default[_i];
    ck_assert_double_eq(got->rate, 0.1);
    ck_assert_double_eq(got->momentum, expected->momentum);
    ck_assert_double_eq(got->decay_rate, expected->decay_rate);
    ck_assert_double_eq(got->epsilon, expected->epsilon);
    ck_assert_double_eq(got->weight_decay, expected->weight_decay);
    ck_assert_double_eq(got->l2, 0);
    ck_assert_uint_eq(got->batch, 10);
    ck_assert_uint_eq(nn_trainer_steps(trainer), 0);
    double cost = 1;
    ck_assert_uint_eq(nn_best_epoch(trainer, &cost), 0);
    assert_refused(nn_use_best(trainer, &error), NN_ERR_ARGUMENT, error, "no epoch is over yet, so none is the best");
    nn_trainer_free(trainer);
    nn_trainer_free(NULL);
}
END_TEST

static const struct {
    nn_options options;
    const char *message;
} bad[] = {
    {{.method = (nn_method)6, .rate = 1}, "method: there is none with number 6"},
    {{.method = (nn_method)-1, .rate = 1}, "method: there is none with number -1"},
    {{.rate = 0}, "rate: 0, but must be finite and above 0"},
    {{.rate = -0.5}, "rate: -0.5, but must be finite and above 0"},
    {{.rate = INFINITY}, "rate: inf, but must be finite and above 0"},
    {{.rate = NAN}, "rate: nan, but must be finite and above 0"},
    {{.rate = 1, .momentum = 1}, "momentum: 1, but must be at least 0 and below 1"},
    {{.rate = 1, .momentum = -0.1}, "momentum: -0.1, but must be at least 0 and below 1"},
    {{.rate = 1, .momentum = NAN}, "momentum: nan, but must be at least 0 and below 1"},
    {{.rate = 1, .decay_rate = 1.5}, "decay_rate: 1.5, but must be at least 0 and below 1"},
    {{.rate = 1, .epsilon = -1e-9}, "epsilon: -1e-09, but must be finite and at least 0"},
    {{.rate = 1, .weight_decay = INFINITY}, "weight_decay: inf, but must be finite and at least 0"},
    {{.rate = 1, .l2 = -1}, "l2: -1, but must be finite and at least 0"},
};

START_TEST(test_bad_options_are_refused)
{
    error.message[0] = '\0';
    ck_assert_ptr_null(nn_trainer_new(net, &bad[_i].options, &error));
    ck_assert_str_eq(error.message, bad[_i].message);
    ck_assert_int_eq((int)error.status, NN_ERR_ARGUMENT);
}
END_TEST

START_TEST(test_no_network_and_no_options_are_refused)
{
    ck_assert_ptr_null(nn_trainer_new(NULL, &by_default[0], &error));
    ck_assert_str_eq(error.message, "no network");
    ck_assert_ptr_null(nn_trainer_new(net, NULL, &error));
    ck_assert_str_eq(error.message, "no options");
}
END_TEST

START_TEST(test_a_step_without_a_gradient_or_with_a_bad_rate_is_refused)
{
    nn_trainer *trainer = trainer_of(&by_default[NN_ADAM]);
    double before[PARAMETERS];
    memcpy(before, ad_values(nn_parameters(net)), sizeof before);
    assert_refused(nn_trainer_step(trainer, 0.1, &error), NN_ERR_TAPE, error,
                   "ad_grads: no sweep since node 12 was recorded");
    assert_ok(tape);
    assert_good(nn_gradient(net, &data, NULL, SAMPLES, 0, NULL, &error), error);
    assert_refused(nn_trainer_step(trainer, -1, &error), NN_ERR_ARGUMENT, error,
                   "rate: -1, but must be finite and at least 0");
    assert_refused(nn_trainer_step(trainer, NAN, &error), NN_ERR_ARGUMENT, error,
                   "rate: nan, but must be finite and at least 0");
    ck_assert(memcmp(before, ad_values(nn_parameters(net)), sizeof before) == 0);
    ck_assert_uint_eq(nn_trainer_steps(trainer), 0);
    assert_good(nn_trainer_step(trainer, 0.1, &error), error);
    assert_refused(nn_trainer_step(trainer, 0.1, &error), NN_ERR_TAPE, error,
                   "ad_grads: a leaf was set since the last sweep");
    ck_assert_uint_eq(nn_trainer_steps(trainer), 1);
    nn_trainer_free(trainer);
}
END_TEST

START_TEST(test_a_trainer_may_be_freed_after_its_network_and_its_tape)
{
    nn_trainer *trainer = trainer_of(&by_default[NN_ADAM]);
    end();
    nn_trainer_free(trainer);
    begin();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_optimiser");

    TCase *methods = tcase_create("methods");
    tcase_add_checked_fixture(methods, begin, end);
    tcase_add_loop_test(methods, test_each_method_follows_its_formula, 0, NN_METHODS);
    tcase_add_loop_test(methods, test_each_method_follows_its_formula_with_other_options, 0, NN_METHODS);
    tcase_add_loop_test(methods, test_parameters_have_these_bits_everywhere_after_some_steps, 0, NN_METHODS);
    tcase_add_test(methods, test_the_correction_of_the_bias_is_exact_after_many_steps);
    suite_add_tcase(suite, methods);

    TCase *options = tcase_create("options");
    tcase_add_checked_fixture(options, begin, end);
    tcase_add_loop_test(options, test_defaults_are_filled_in_where_the_method_uses_them, 0, NN_METHODS);
    tcase_add_loop_test(options, test_bad_options_are_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(options, test_no_network_and_no_options_are_refused);
    tcase_add_test(options, test_a_step_without_a_gradient_or_with_a_bad_rate_is_refused);
    tcase_add_test(options, test_a_trainer_may_be_freed_after_its_network_and_its_tape);
    suite_add_tcase(suite, options);

    return run_suite(suite);
}
