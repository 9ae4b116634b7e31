/* SPDX-License-Identifier: MIT */
/* How numbers are written for reading. */
#include "print.h"
#include "run_suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct writing {
    double x;
    int digits;
    const char *number, *input; /* as a result, and as one that the reader chose */
} writing;

static const writing writings[] = {
    {0, 4, "0", "0"},
    {-0.0, 4, "0", "0"},
    {20000, 4, "20000", "20000"},
    {-10, 1, "-10", "-10"},
    {123456789, 1, "123456789", "123456789"},
    {2e9, 4, "2e+09", "2e+09"},
    {9999.97123, 4, "10000", "9999.97123"},
    {-9999.97123, 4, "-10000", "-9999.97123"},
    {99.97123, 2, "100", "99.97123"},
    {9.97, 1, "9.97", "9.97"},
    {9.97123, 1, "10", "9.97123"},
    {999999999.71234, 4, "1000000000", "1000000000"},
    {999999999.71234, 9, "1000000000", "1000000000"},
    {12345.678, 4, "12346", "12345.678"},
    {0.99999712, 4, "1", "0.99999712"},
    {0.0000123456, 4, "1.23456e-05", "1.23456e-05"},
    {0.00001234567, 4, "1.235e-05", "1.234567e-05"},
    {1.0 / 3, 4, "0.3333", "0.3333"},
    {INFINITY, 4, "inf", "inf"},
    {-INFINITY, 4, "-inf", "-inf"},
    {NAN, 4, "nan", "nan"},
};

START_TEST(test_numbers_are_written_as_documented)
{
    char shown[NUMBER_SIZE];
    const writing *w = &writings[_i];
    ck_assert_str_eq(show_number(shown, w->x, w->digits), w->number);
    ck_assert_str_eq(show_input(shown, w->x, w->digits), w->input);
}
END_TEST

/* From 1 to 10^9 in size, many of them just below a power of ten. */
static double random_number(void)
{
    const double power = pow(10, rand() % 9);
    const double x = rand() % 2 == 0 ? power * (1 + 9 * drand48()) : 10 * power * (1 - pow(10, -8 * drand48()));
    return rand() % 2 == 0 ? x : -x;
}

START_TEST(test_no_digit_before_the_decimal_mark_is_left_out)
{
    srand((unsigned)_i);
    srand48(_i);
    for (int k = 0; k < 2000; k++) {
        char shown[NUMBER_SIZE], bare[NUMBER_SIZE];
        const double x = k % 2 == 0 ? random_number() : round(random_number());
        const int digits = 1 + rand() % 17;
        for (int way = 0; way < 2; way++) {
            const char *text = way == 0 ? show_number(shown, x, digits) : show_input(shown, x, digits);
            snprintf(bare, sizeof bare, "%.0f", floor(fabs(x)));
            ck_assert_msg(strcspn(text + (x < 0), ".") >= strlen(bare) && strchr(text, 'e') == NULL, "%s is %.17g",
                          text, x);
            const double unit = pow(10, fmin(0, ceil(log10(fabs(x))) - digits));
            ck_assert_msg(fabs(strtod(text, NULL) - x) <= 0.5001 * unit + 1e-15 * fabs(x), "%s is %.17g", text, x);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numbers");
    add(suite, "written", test_numbers_are_written_as_documented, sizeof writings / sizeof *writings);
    add(suite, "random", test_no_digit_before_the_decimal_mark_is_left_out, 20);
    return run_suite(suite);
}
