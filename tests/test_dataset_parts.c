/* SPDX-License-Identifier: MIT */
#include "dataset_helpers.h"
#include "helpers.h"
#include "run_suite.h"

/* Sample s has inputs s and -s, class s % 3 and the number s + 1. */
static dataset *numbered(size_t samples)
{
    char *text = malloc(samples * 32 + 32), *end = text;
    ck_assert_ptr_nonnull(text);
    for (size_t s = 0; s < samples; s++) end += sprintf(end, "%zu,-%zu,%zu\n", s, s, s % 3);
    dataset *data = good_csv(text, (dataset_options){0});
    free(text);
    return data;
}

static void assert_whole(const dataset *data)
{
    bool seen[1000] = {false};
    for (size_t s = 0; s < data->samples; s++) {
        const size_t old = data->number[s] - 1;
        ck_assert(old < data->samples && !seen[old]);
        seen[old] = true;
        ck_assert(data->x[2 * s] == (double)old && data->x[2 * s + 1] == -(double)old);
        ck_assert_uint_eq(data->label[s], old % 3);
        if (data->y == NULL) continue;
        for (size_t j = 0; j < 3; j++) ck_assert(data->y[3 * s + j] == (j == old % 3));
    }
}

/* ------------------------------------------------------------------------------------------ order */

START_TEST(test_reorder_puts_every_sample_where_the_order_says)
{
    enum { N = 300 };
    size_t order[N];
    dataset_error error;
    dataset *data = numbered(N);
    ck_assert(dataset_encode(data, 3, 0, 1, &error));
    nn_random random = nn_random_new((uint64_t)_i);
    nn_random_order(&random, order, N);
    dataset_reorder(data, order);
    for (size_t s = 0; s < N; s++) ck_assert_uint_eq(data->number[s], order[s] + 1);
    assert_whole(data);
    dataset_free(data);
}
END_TEST

/* ------------------------------------------------------------------------------------------ parts */

static const struct split {
    size_t samples;
    double validation, test;
    size_t sizes[3];
} splits[] = {
    {10, 0, 0, {10, 0, 0}},        {10, 0.2, 0.1, {7, 2, 1}},
    {10, 3, 4, {3, 3, 4}},         {10, 0.04, 0, {0}},
    {10, 0.05, 0, {9, 1, 0}},      {100, 0.999, 0, {0}},
    {1000, 0, 0.999, {1, 0, 999}}, {999, 0.1, 100, {799, 100, 100}},
};

START_TEST(test_parts_have_the_sizes_asked_for_and_follow_one_another)
{
    const struct split *w = &splits[_i];
    dataset_error error;
    dataset_parts p;
    dataset *data = numbered(w->samples);
    const bool good = dataset_split(data, w->validation, w->test, 1, &p, &error);
    ck_assert(good == (w->sizes[0] > 0));
    if (good) {
        ck_assert(p.training.first == 0 && p.training.count == w->sizes[0]);
        ck_assert(p.validation.first == w->sizes[0] && p.validation.count == w->sizes[1]);
        ck_assert(p.test.first == w->sizes[0] + w->sizes[1] && p.test.count == w->sizes[2]);
    }
    assert_whole(data);
    dataset_free(data);
}
END_TEST

START_TEST(test_the_seed_decides_who_is_in_which_part)
{
    size_t first[100];
    bool differs = false;
    for (uint64_t seed = 0; seed < 3; seed++) {
        dataset_error error;
        dataset_parts p;
        dataset *data = numbered(100);
        ck_assert(dataset_split(data, 0.2, 0.2, seed == 2 ? 7 : 3, &p, &error));
        if (seed == 0) memcpy(first, data->number, sizeof first);
        const bool same = memcmp(first, data->number, sizeof first) == 0;
        if (seed == 1) ck_assert(same);
        if (seed == 2) differs = !same;
        dataset_free(data);
    }
    ck_assert(differs);
}
END_TEST

static const struct bad_split {
    double validation, test;
    const char *message;
} bad_splits[] = {
    {10, 0, "validation part: 10 of 10 samples leave none for training"},
    {0, 11, "test part: 11 of 10 samples leave none for training"},
    {5, 5, "validation and test part: 5 + 5 of 10 samples leave none for training"},
    {0.5, 0.5, "validation and test part: 5 + 5 of 10 samples leave none for training"},
    {0.01, 0, "validation part: a fraction of 0.01 of 10 samples is not even one"},
    {0, 0.97, "test part: 10 of 10 samples leave none for training"},
    {-0.1, 0, "validation part: -0.1 is neither a fraction from 0 to 1 nor a number of samples"},
    {0, 2.5, "test part: 2.5 is neither a fraction from 0 to 1 nor a number of samples"},
    {NAN, 0, "validation part: nan is neither a fraction from 0 to 1 nor a number of samples"},
    {INFINITY, 0, "validation part: inf of 10 samples leave none for training"},
};

START_TEST(test_parts_that_make_no_sense_are_refused)
{
    dataset_error error;
    dataset_parts parts;
    dataset *data = numbered(10);
    ck_assert(!dataset_split(data, bad_splits[_i].validation, bad_splits[_i].test, 1, &parts, &error));
    ck_assert_str_eq(error.message, bad_splits[_i].message);
    for (size_t s = 0; s < 10; s++) ck_assert_uint_eq(data->number[s], s + 1);
    dataset_free(data);
}
END_TEST

START_TEST(test_rows_of_a_part_are_what_the_nn_layer_trains_on)
{
    dataset_error error;
    dataset *data = numbered(10);
    ck_assert_ptr_null(dataset_rows(data, dataset_all(data)).y);
    ck_assert(dataset_encode(data, 3, 0, 1, &error));
    const nn_data rows = dataset_rows(data, (dataset_part){4, 3});
    ck_assert_uint_eq(rows.samples, 3);
    ck_assert(rows.x[0] == 4 && rows.x[5] == -6 && rows.y[1] == 1 && rows.y[8] == 0 && rows.y[6] == 1);
    dataset_free(data);
}
END_TEST

/* ---------------------------------------------------------------------------------------- scaling */

#define COLUMNS "0,5,1e-300,1\n4,5,2e-300,1\n2,5,0,2\n10,-7,9,2\n"

/* Of the first three samples; the fourth is in no training part. */
static const struct scaled {
    dataset_scaling scaling;
    double shift[3], first[3], fourth[3]; /* fourth 0: not compared */
} scaled[] = {
    {DATASET_AS_IS, {0, 0, 0}, {0, 5, 1e-300}, {10, -7, 9}},
    {DATASET_FROM_0_TO_1, {0, 5, 0}, {0, 0, 0.5}, {2.5, -12, 0}},
    {DATASET_FROM_M1_TO_1, {2, 5, 1e-300}, {-1, 0, 0}, {4, -12, 0}},
    {DATASET_STANDARDISED, {2, 5, 1e-300}, {-1.224744871391589, 0, 0}, {4.898979485566356, -12, 0}},
};

START_TEST(test_inputs_are_scaled_by_the_training_part_alone)
{
    const struct scaled *e = &scaled[_i];
    double shift[3], scale[3];
    dataset *data = good_csv(COLUMNS, (dataset_options){0});
    dataset_scaling_of(data, (dataset_part){0, 3}, e->scaling, shift, scale);
    dataset_scale(data, shift, scale);
    for (size_t k = 0; k < 3; k++) {
        assert_near(shift[k], e->shift[k], 1e-15);
        assert_near(data->x[k], e->first[k], 1e-14);
        if (e->fourth[k] != 0) assert_near(data->x[9 + k], e->fourth[k], 1e-14);
    }
    ck_assert(scale[1] == 1);
    dataset_free(data);
}
END_TEST

START_TEST(test_scaled_numbers_have_the_range_or_the_mean_and_deviation_asked_for)
{
    double shift[2], scale[2], mean[2] = {0}, square[2] = {0};
    double least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};
    dataset *data = good_file("moons", (dataset_options){.samples = 300});
    dataset_scaling_of(data, dataset_all(data), (dataset_scaling)_i, shift, scale);
    dataset_scale(data, shift, scale);
    for (size_t k = 0; k < 600; k++) {
        const double x = data->x[k];
        least[k % 2] = fmin(least[k % 2], x);
        most[k % 2] = fmax(most[k % 2], x);
        mean[k % 2] += x / 300;
        square[k % 2] += x * x / 300;
    }
    for (size_t k = 0; k < 2; k++) {
        if (_i == DATASET_STANDARDISED) {
            assert_near(mean[k], 0, 1e-14);
            assert_near(square[k], 1, 1e-14);
        } else {
            assert_near(least[k], _i == DATASET_FROM_0_TO_1 ? 0 : -1, 1e-14);
            assert_near(most[k], 1, 1e-14);
        }
    }
    dataset_free(data);
}
END_TEST

START_TEST(test_all_pixels_of_images_share_shift_and_scale)
{
    double shift[64], scale[64];
    dataset *data = good_file("digits", (dataset_options){0});
    dataset_scaling_of(data, dataset_all(data), DATASET_FROM_0_TO_1, shift, scale);
    for (size_t k = 0; k < 64; k++) ck_assert(shift[k] == 0 && scale[k] == 1.0 / 16);
    dataset_scaling_of(data, dataset_all(data), DATASET_STANDARDISED, shift, scale);
    for (size_t k = 0; k < 64; k++) ck_assert(shift[k] == shift[0] && scale[k] == scale[0]);
    assert_near(shift[0], 561718.0 / (1797 * 64), 1e-11);
    dataset_free(data);
}
END_TEST

START_TEST(test_extreme_numbers_scale_to_finite_ones)
{
    double shift[2], scale[2];
    dataset *data = good_csv("-1.7e308,4e-324,a\n1.7e308,0,b\n", (dataset_options){0});
    dataset_scaling_of(data, dataset_all(data), (dataset_scaling)_i, shift, scale);
    for (size_t k = 0; k < 2; k++) ck_assert(isfinite(shift[k]) && isfinite(scale[k]));
    dataset_free(data);
}
END_TEST

START_TEST(test_scalings_are_found_by_their_names)
{
    for (int k = 0; k < DATASET_SCALINGS; k++)
        ck_assert_int_eq(dataset_scaling_find(dataset_scaling_name((dataset_scaling)k)), k);
    ck_assert_int_eq(dataset_scaling_find("something"), -1);
    ck_assert_ptr_null(dataset_scaling_name((dataset_scaling)DATASET_SCALINGS));
}
END_TEST

/* --------------------------------------------------------------------------------------- encoding */

START_TEST(test_several_outputs_are_high_where_the_class_is)
{
    dataset_error error;
    dataset *data = numbered(4);
    ck_assert(dataset_encode(data, 3, -1, 1, &error));
    static const double y[] = {1, -1, -1, -1, 1, -1, -1, -1, 1, 1, -1, -1};
    ck_assert_uint_eq(data->outputs, 3);
    ck_assert_int_eq(memcmp(data->y, y, sizeof y), 0);
    dataset_free(data);
}
END_TEST

START_TEST(test_one_output_is_high_for_the_second_of_two_classes)
{
    dataset_error error;
    dataset *data = good_file("xor", (dataset_options){0});
    ck_assert(dataset_encode(data, 2, 0.1, 0.9, &error));
    ck_assert(dataset_encode(data, 1, -1, 1, &error));
    static const double y[] = {-1, 1, 1, -1};
    ck_assert_uint_eq(data->outputs, 1);
    ck_assert_int_eq(memcmp(data->y, y, sizeof y), 0);
    ck_assert(!dataset_encode(data, 3, 0, 1, &error));
    ck_assert_str_eq(error.message, "2 classes need 2 outputs or one, not 3");
    dataset_free(data);
}
END_TEST

START_TEST(test_outputs_that_do_not_fit_are_refused)
{
    dataset_error error;
    dataset *data = numbered(4);
    ck_assert(!dataset_encode(data, 1, 0, 1, &error));
    ck_assert_str_eq(error.message, "3 classes need 3 outputs, not 1");
    ck_assert_ptr_null(data->y);
    dataset_free(data);
    data = good_csv("1,2,3\n4,5,6", (dataset_options){.targets = "2,3"});
    ck_assert(dataset_encode(data, 2, 0, 1, &error));
    ck_assert(data->y[0] == 2 && data->y[3] == 6);
    ck_assert(!dataset_encode(data, 1, 0, 1, &error));
    ck_assert_str_eq(error.message, "2 target columns, but 1 outputs");
    dataset_free(data);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dataset_parts");
    TCase *c = tcase_create("parts");
    tcase_add_loop_test(c, test_reorder_puts_every_sample_where_the_order_says, 0, 20);
    tcase_add_loop_test(c, test_parts_have_the_sizes_asked_for_and_follow_one_another, 0,
                        sizeof splits / sizeof *splits);
    tcase_add_test(c, test_the_seed_decides_who_is_in_which_part);
    tcase_add_loop_test(c, test_parts_that_make_no_sense_are_refused, 0, sizeof bad_splits / sizeof *bad_splits);
    tcase_add_test(c, test_rows_of_a_part_are_what_the_nn_layer_trains_on);
    suite_add_tcase(s, c);

    c = tcase_create("scaling");
    tcase_add_loop_test(c, test_inputs_are_scaled_by_the_training_part_alone, 0, sizeof scaled / sizeof *scaled);
    tcase_add_loop_test(c, test_scaled_numbers_have_the_range_or_the_mean_and_deviation_asked_for, 1, DATASET_SCALINGS);
    tcase_add_test(c, test_all_pixels_of_images_share_shift_and_scale);
    tcase_add_loop_test(c, test_extreme_numbers_scale_to_finite_ones, 0, DATASET_SCALINGS);
    tcase_add_test(c, test_scalings_are_found_by_their_names);
    suite_add_tcase(s, c);

    c = tcase_create("encoding");
    tcase_add_test(c, test_several_outputs_are_high_where_the_class_is);
    tcase_add_test(c, test_one_output_is_high_for_the_second_of_two_classes);
    tcase_add_test(c, test_outputs_that_do_not_fit_are_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
