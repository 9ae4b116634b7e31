/* SPDX-License-Identifier: MIT */
#include <nn/nn.h>

#include "helpers.h"
#include "run_suite.h"

/* ------------------------------------------------------------------------------- the generator */

START_TEST(test_the_generator_gives_the_published_numbers)
{
    /* From the state 1, 2, 3, 4: the outputs that the authors' code gives. */
    static const uint64_t expected[] = {11520,
                                        0,
                                        1509978240,
                                        1215971899390074240u,
                                        1216172134540287360u,
                                        607988272756665600u,
                                        16172922978634559625u,
                                        8476171486693032832u,
                                        10595114339597558777u,
                                        2904607092377533576u};
    nn_random random = {{1, 2, 3, 4}};
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++)
        ck_assert_uint_eq(nn_random_bits(&random), expected[k]);
}
END_TEST

START_TEST(test_the_state_is_what_splitmix64_gives_for_the_seed)
{
    static const uint64_t of_1234567[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                          4593380528125082431u};
    const nn_random random = nn_random_new(1234567);
    for (int k = 0; k < 4; k++) ck_assert_uint_eq(random.state[k], of_1234567[k]);
    for (uint64_t seed = 0; seed < 100; seed++) {
        generator g = {seed * 0x123456789abcdefu};
        const nn_random other = nn_random_new(g.state);
        for (int k = 0; k < 4; k++) ck_assert_uint_eq(other.state[k], next_bits(&g));
    }
}
END_TEST

START_TEST(test_different_seeds_give_different_numbers)
{
    for (uint64_t seed = 1; seed < 100; seed++) {
        nn_random one = nn_random_new(seed), other = nn_random_new(seed + 1);
        ck_assert_uint_ne(nn_random_bits(&one), nn_random_bits(&other));
    }
}
END_TEST

START_TEST(test_uniform_numbers_are_the_high_53_bits)
{
    nn_random random = nn_random_new(5), copy = random;
    for (int k = 0; k < 10000; k++) {
        const double u = nn_random_uniform(&random);
        assert_same_bits(u, ldexp((double)(nn_random_bits(&copy) >> 11), -53));
        ck_assert(u >= 0 && u < 1);
    }
}
END_TEST

/* -------------------------------------------------------------------------------- whole numbers */

/* The high 64 bits of a * b, bit by bit; the low ones in *low. */
static uint64_t long_product(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t high = 0;
    *low = 0;
    for (int bit = 63; bit >= 0; bit--) {
        high = high << 1 | *low >> 63;
        *low <<= 1;
        if ((b >> bit & 1) == 0) continue;
        *low += a;
        high += *low < a;
    }
    return high;
}

static const uint64_t limits[] = {1,
                                  2,
                                  3,
                                  10,
                                  1000,
                                  0xffffffff,
                                  0x100000000,
                                  (uint64_t)1 << 63,
                                  ((uint64_t)1 << 63) + 1,
                                  0xaaaaaaaaaaaaaaab,
                                  UINT64_MAX - 1,
                                  UINT64_MAX};

START_TEST(test_numbers_below_n_are_the_high_words_of_products_that_are_not_rejected)
{
    const uint64_t n = limits[_i];
    nn_random random = nn_random_new(77), copy = random;
    for (int k = 0; k < 1000; k++) {
        const uint64_t got = nn_random_below(&random, n), excess = (UINT64_MAX - n + 1) % n;
        uint64_t low, high;
        do high = long_product(nn_random_bits(&copy), n, &low);
        while (low < excess);
        ck_assert_uint_eq(got, high);
        ck_assert_uint_lt(got, n);
    }
    ck_assert_uint_eq(random.state[0], copy.state[0]);
}
END_TEST

START_TEST(test_numbers_below_n_are_equally_frequent)
{
    enum { N = 7, DRAWS = 70000 };
    size_t count[N] = {0};
    nn_random random = nn_random_new(3);
    for (int k = 0; k < DRAWS; k++) count[nn_random_below(&random, N)]++;
    /* Five standard deviations of a count are 463. */
    for (int k = 0; k < N; k++) ck_assert_msg(count[k] > 9537 && count[k] < 10463, "%d: %zu", k, count[k]);
}
END_TEST

/* ----------------------------------------------------------------------------- normal numbers */

START_TEST(test_normal_numbers_are_those_of_the_polar_method)
{
    nn_random random = nn_random_new(9), copy = random;
    for (int k = 0; k < 100000; k++) {
        double x, s;
        do {
            x = 2 * nn_random_uniform(&copy) - 1;
            const double y = 2 * nn_random_uniform(&copy) - 1;
            s = x * x + y * y;
        } while (s >= 1 || s == 0);
        const double expected = x * sqrt(-2 * log(s) / s), got = nn_random_normal(&random);
        ck_assert_msg(fabs(got - expected) <= 1e-15 * fabs(expected), "%a, %a", got, expected);
    }
}
END_TEST

START_TEST(test_normal_numbers_have_the_moments_of_the_normal_distribution)
{
    enum { DRAWS = 1000000 };
    double sum = 0, squares = 0, fourth = 0;
    nn_random random = nn_random_new(11);
    for (int k = 0; k < DRAWS; k++) {
        const double x = nn_random_normal(&random);
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    /* Five standard deviations of the means: 1, sqrt(2), sqrt(96) thousandths. */
    ck_assert_double_lt(fabs(sum / DRAWS), 0.005);
    ck_assert_double_lt(fabs(squares / DRAWS - 1), 0.0071);
    ck_assert_double_lt(fabs(fourth / DRAWS - 3), 0.049);
}
END_TEST

START_TEST(test_normal_numbers_have_these_bits_everywhere)
{
    static const double expected[] = {0x1.e267c87ac62ebp+0,  0x1.4d55c9633557cp+0, 0x1.c0d732ae4b3ddp-2,
                                      -0x1.5088df52fd8fdp-1, 0x1.153c160bd1468p+0, 0x1.0252c47c3a352p-1};
    nn_random random = nn_random_new(1);
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++)
        assert_same_bits(nn_random_normal(&random), expected[k]);
}
END_TEST

/* ------------------------------------------------------------------------------------- orders */

START_TEST(test_an_order_has_every_number_once)
{
    enum { MOST = 300 };
    nn_random random = nn_random_new(2);
    for (size_t n = 0; n <= MOST; n++) {
        size_t order[MOST + 1];
        bool seen[MOST] = {false};
        order[n] = 12345;
        nn_random_order(&random, order, n);
        ck_assert_uint_eq(order[n], 12345);
        for (size_t k = 0; k < n; k++) {
            ck_assert_uint_lt(order[k], n);
            ck_assert(!seen[order[k]]);
            seen[order[k]] = true;
        }
    }
}
END_TEST

START_TEST(test_all_orders_are_equally_frequent)
{
    enum { DRAWS = 240000 };
    size_t count[256] = {0}, found = 0;
    nn_random random = nn_random_new(4);
    for (int k = 0; k < DRAWS; k++) {
        size_t order[4];
        nn_random_order(&random, order, 4);
        count[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (size_t k = 0; k < 256; k++) {
        if (count[k] == 0) continue;
        found++;
        ck_assert_msg(count[k] > 9510 && count[k] < 10490, "%zu: %zu", k, count[k]); /* five deviations */
    }
    ck_assert_uint_eq(found, 24);
}
END_TEST

START_TEST(test_orders_are_the_same_everywhere)
{
    static const size_t expected[] = {3, 6, 1, 5, 0, 9, 2, 8, 4, 7};
    size_t order[10];
    nn_random random = nn_random_new(1);
    nn_random_order(&random, order, 10);
    for (int k = 0; k < 10; k++) ck_assert_uint_eq(order[k], expected[k]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_random");

    TCase *bits = tcase_create("bits");
    tcase_add_test(bits, test_the_generator_gives_the_published_numbers);
    tcase_add_test(bits, test_the_state_is_what_splitmix64_gives_for_the_seed);
    tcase_add_test(bits, test_different_seeds_give_different_numbers);
    tcase_add_test(bits, test_uniform_numbers_are_the_high_53_bits);
    suite_add_tcase(suite, bits);

    TCase *whole = tcase_create("whole numbers");
    tcase_add_loop_test(whole, test_numbers_below_n_are_the_high_words_of_products_that_are_not_rejected, 0,
                        sizeof limits / sizeof *limits);
    tcase_add_test(whole, test_numbers_below_n_are_equally_frequent);
    suite_add_tcase(suite, whole);

    TCase *normal = tcase_create("normal numbers");
    tcase_add_test(normal, test_normal_numbers_are_those_of_the_polar_method);
    tcase_add_test(normal, test_normal_numbers_have_the_moments_of_the_normal_distribution);
    tcase_add_test(normal, test_normal_numbers_have_these_bits_everywhere);
    suite_add_tcase(suite, normal);

    TCase *orders = tcase_create("orders");
    tcase_add_test(orders, test_an_order_has_every_number_once);
    tcase_add_test(orders, test_all_orders_are_equally_frequent);
    tcase_add_test(orders, test_orders_are_the_same_everywhere);
    suite_add_tcase(suite, orders);

    return run_suite(suite);
}
