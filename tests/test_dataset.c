/* SPDX-License-Identifier: MIT */
/* Data sets by name, files by path, parts, scaling and encoding. */
#include "dataset_helpers.h"
#include "helpers.h"
#include "run_suite.h"

#include <sys/stat.h>

/* ------------------------------------------------------------------------------------ built-in sets */

START_TEST(test_xor_is_its_four_samples)
{
    dataset *data = good_file("xor", (dataset_options){0});
    assert_x(data, 4, 2, (double[]){0, 0, 0, 1, 1, 0, 1, 1});
    assert_labels(data, "0 1 1 0");
    dataset_free(data);
}
END_TEST

/* The class of the curve that a point without noise lies on; 2: on none. */
static size_t moon_of(const double *x)
{
    const double upper = hypot(x[0], x[1]), lower = hypot(x[0] - 1, x[1] - 0.5);
    if (fabs(upper - 1) < 1e-12 && x[1] >= 0) return 0;
    return fabs(lower - 1) < 1e-12 && x[1] <= 0.5 ? 1 : 2;
}

static size_t circle_of(const double *x)
{
    const double radius = hypot(x[0], x[1]);
    return fabs(radius - 1) < 1e-12 ? 0 : fabs(radius - 0.5) < 1e-12 ? 1 : 2;
}

static size_t spiral_of(const double *x)
{
    const double radius = hypot(x[0], x[1]), turned = atan2(x[1], x[0]) / M_PI - 3.5 * radius;
    const double half_turns = nearbyint(turned);
    return fabs(turned - half_turns) < 1e-9 ? (size_t)(fmod(half_turns, 2) != 0) : 2;
}

static const struct generated {
    const char *name;
    size_t (*class_of)(const double *x);
    double noise;
} generated[] = {{"moons", moon_of, 0.1}, {"circles", circle_of, 0.05}, {"spirals", spiral_of, 0.02}};

START_TEST(test_without_noise_samples_lie_on_the_curve_of_their_class)
{
    const struct generated *g = &generated[_i];
    dataset *data = good_file(g->name, (dataset_options){.samples = 401, .has_noise = true, .seed = 5});
    size_t ones = 0;
    ck_assert(data->samples == 401 && data->inputs == 2 && data->classes == 2);
    for (size_t s = 0; s < 401; s++) {
        ck_assert_uint_eq(g->class_of(data->x + 2 * s), data->label[s]);
        ck_assert_uint_eq(data->number[s], s + 1);
        ones += data->label[s];
    }
    ck_assert_uint_eq(ones, 201);
    dataset_free(data);
}
END_TEST

/* The same seed takes the same places and order, with and without noise. */
START_TEST(test_noise_is_normal_with_the_deviation_asked_for)
{
    enum { N = 20000 };
    const struct generated *g = &generated[_i];
    dataset *bare = good_file(g->name, (dataset_options){.samples = N, .has_noise = true, .seed = 9});
    dataset *usual = good_file(g->name, (dataset_options){.samples = N, .seed = 9});
    double mean = 0, square = 0, beyond = 0;
    for (size_t k = 0; k < 2 * N; k++) {
        const double off = (usual->x[k] - bare->x[k]) / g->noise;
        mean += off / (2 * N);
        square += off * off / (2 * N);
        beyond += (fabs(off) > 1.959964) / (double)(2 * N);
    }
    assert_near(mean, 0, 0.02);
    assert_near(square, 1, 0.03);
    assert_near(beyond, 0.05, 0.005);
    dataset_free(usual);
    dataset_free(bare);
}
END_TEST

START_TEST(test_generated_sets_depend_on_the_seed_alone)
{
    dataset *first = good_file(generated[_i].name, (dataset_options){.seed = 1});
    dataset *again = good_file(generated[_i].name, (dataset_options){.seed = 1});
    dataset *other = good_file(generated[_i].name, (dataset_options){.seed = 2});
    ck_assert_uint_eq(first->samples, 500);
    ck_assert_int_eq(memcmp(first->x, again->x, 1000 * sizeof *first->x), 0);
    ck_assert_int_eq(memcmp(first->label, again->label, 500 * sizeof *first->label), 0);
    ck_assert_int_ne(memcmp(first->x, other->x, 1000 * sizeof *first->x), 0);
    dataset_free(first);
    dataset_free(again);
    dataset_free(other);
}
END_TEST

START_TEST(test_digits_are_the_1797_images_of_the_uci_test_set)
{
    static const size_t of_class[] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    static const double first_rows[] = {0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0};
    dataset *data = good_file("digits", (dataset_options){0});
    size_t count[10] = {0};
    double sum = 0;
    ck_assert(data->samples == 1797 && data->inputs == 64 && data->classes == 10);
    ck_assert(data->image_width == 8 && data->image_height == 8);
    for (size_t k = 0; k < 16; k++) ck_assert(data->x[k] == first_rows[k]);
    for (size_t k = 0; k < 1797 * 64; k++) {
        ck_assert(data->x[k] >= 0 && data->x[k] <= 16 && data->x[k] == floor(data->x[k]));
        sum += data->x[k];
    }
    ck_assert(sum == 561718); /* counted with awk */
    for (size_t s = 0; s < 1797; s++) count[data->label[s]]++;
    ck_assert_int_eq(memcmp(count, of_class, sizeof count), 0);
    assert_texts(data->labels, 10, "0 1 2 3 4 5 6 7 8 9");
    ck_assert_str_eq(data->columns[63], "pixel_7_7");
    ck_assert(data->number[0] == 1 && data->number[1796] == 1797);
    dataset_free(data);
}
END_TEST

START_TEST(test_named_sets_take_known_classes_and_a_limit)
{
    static const char *const backwards[] = {"1", "0"}, *const few[] = {"0", "1", "2"};
    dataset *data = good_file("xor", (dataset_options){.classes = backwards, .class_count = 2, .most = 3});
    ck_assert_uint_eq(data->samples, 3);
    assert_labels(data, "0 1 1");
    ck_assert_uint_eq(data->label[0], 1);
    dataset_free(data);
    assert_refused("digits", (dataset_options){.classes = few, .class_count = 3},
                   "digits:5: column 65 ('digit'): the class '3' is unknown (expected one of: 0, 1, 2)");
    assert_refused("moons", (dataset_options){.classes = few + 1, .class_count = 2},
                   "moons: the class '0' is unknown (expected one of: 1, 2)");
    assert_refused("xor", (dataset_options){.inputs = 3}, "xor: 2 inputs, where 3 are expected");
    assert_refused("xor", (dataset_options){.outputs = 1}, "xor: classes, where 1 numbers are expected as targets");
}
END_TEST

static const struct refused {
    const char *name;
    dataset_options options;
    const char *message;
} refused[] = {
    {"digts", {0}, "digts: there is no such file or data set, did you mean 'digits'?"},
    {"something", {0}, "something: there is no such file or data set"},
    {"", {0}, ": there is no such file or data set"},
    {"./digits", {0}, "./digits: No such file or directory"},
    {"none/none.csv", {0}, "none/none.csv: No such file or directory"},
    {".", {0}, ".: this is a folder, not a file"},
    {"moons", {.samples = 1}, "moons: 1 samples, where 2 to 10000000 are possible"},
    {"moons", {.samples = 10000001}, "moons: 10000001 samples, where 2 to 10000000 are possible"},
    {"circles", {.has_noise = true, .noise = -1}, "circles: a noise of -1, where 0 to 1e6 is possible"},
    {"circles", {.has_noise = true, .noise = NAN}, "circles: a noise of nan, where 0 to 1e6 is possible"},
    {"spirals", {.has_noise = true, .noise = INFINITY}, "spirals: a noise of inf, where 0 to 1e6 is possible"},
    {"digits", {.label = "1"}, "digits is a built-in data set: no label columns can be chosen"},
    {"xor", {.targets = "1"}, "xor is a built-in data set: no target columns can be chosen"},
    {"mnist", {.ignore = "1"}, "mnist is a built-in data set: no ignored columns can be chosen"},
    {"mnist", {.labels_path = "x"}, "mnist is a built-in data set: no file of labels can be chosen"},
};

START_TEST(test_a_wrong_name_or_option_is_refused)
{
    assert_refused(refused[_i].name, refused[_i].options, refused[_i].message);
}
END_TEST

/* ------------------------------------------------------------------------------------------ files */

START_TEST(test_a_file_is_read_plain_and_gzipped_and_from_standard_input)
{
    static const char text[] = "a,b,c\n1,2,u\n3,4,v\n";
    write_file("t.csv", BYTES(text));
    write_gzip("t.gz", BYTES(text));
    ck_assert_ptr_nonnull(freopen("t.gz", "rb", stdin));
    static const char *const paths[] = {"t.csv", "t.gz", "-"}, *const sources[] = {"t.csv", "t.gz", "standard input"};
    for (size_t k = 0; k < 3; k++) {
        dataset *data = good_file(paths[k], (dataset_options){0});
        assert_x(data, 2, 2, (double[]){1, 2, 3, 4});
        assert_labels(data, "u v");
        ck_assert_str_eq(data->source, sources[k]);
        dataset_free(data);
    }
    assert_refused("t.csv", (dataset_options){.labels_path = "x"},
                   "t.csv: this is no IDX file; only that has its labels in a second file");
}
END_TEST

START_TEST(test_a_file_with_the_name_of_a_set_can_be_read)
{
    write_file("xor", BYTES("1,a\n2,b\n3,b\n"));
    dataset *data = good_file("./xor", (dataset_options){0});
    ck_assert_uint_eq(data->samples, 3);
    dataset_free(data);
    data = good_file("xor", (dataset_options){0});
    ck_assert_uint_eq(data->samples, 4);
    dataset_free(data);
}
END_TEST

START_TEST(test_of_a_long_path_the_end_is_shown)
{
    char path[3000] = "", expected[400];
    for (size_t k = 0; k < 250; k++) strcat(path, "/123456789");
    dataset_error error;
    ck_assert_ptr_null(dataset_open(path, &(dataset_options){0}, &error));
    strcpy(expected, "...");
    for (size_t k = 0; k < 20; k++) strcat(expected, "/123456789");
    strcat(expected, ": No such file or directory");
    ck_assert_str_eq(error.message, expected);
}
END_TEST

START_TEST(test_fetched_sets_are_found_in_their_folder)
{
    static const struct {
        const char *variable, *value, *path;
    } places[] = {
        {"CHAINRULE_DATA", "d", "d"}, {"XDG_DATA_HOME", NULL, "chainrule"}, {"HOME", "h", "h/.local/share/chainrule"}};
    char command[256], message[512];
    for (size_t k = 0; k < 3; k++) unsetenv(places[k].variable);
    ck_assert_ptr_null(dataset_folder());
    assert_refused("mnist", (dataset_options){0},
                   "mnist is not in a folder that is known (HOME is not set); to fetch it: chainrule data fetch mnist");

    setenv(places[_i].variable, places[_i].value != NULL ? places[_i].value : folder, 1);
    char *place = dataset_folder();
    snprintf(message, sizeof message, "mnist-test is not in %s/mnist; to fetch it: chainrule data fetch mnist", place);
    assert_refused("mnist-test", (dataset_options){0}, message);
    snprintf(command, sizeof command, "mkdir -p %s/mnist", places[_i].path);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(chdir(places[_i].path), 0);
    write_gzip("mnist/t10k-images-idx3-ubyte.gz", BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\1\xff\0"));
    write_file("mnist/t10k-labels-idx1-ubyte", BYTES("\0\0\x08\x01\0\0\0\2\3\4"));
    ck_assert_int_eq(chdir(folder), 0);
    dataset *data = good_file("mnist-test", (dataset_options){0});
    assert_x(data, 2, 1, (double[]){1, 0});
    assert_labels(data, "3 4");
    dataset_free(data);
    free(place);
}
END_TEST

START_TEST(test_the_classes_of_fashion_mnist_have_names)
{
    setenv("CHAINRULE_DATA", folder, 1);
    ck_assert_int_eq(mkdir("fashion-mnist", 0777), 0);
    write_file("fashion-mnist/train-images-idx3-ubyte", BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\1\xff\0"));
    write_file("fashion-mnist/train-labels-idx1-ubyte", BYTES("\0\0\x08\x01\0\0\0\2\0\x09"));
    dataset *data = good_file("fashion-mnist", (dataset_options){0});
    ck_assert_uint_eq(data->classes, 10);
    assert_labels(data, "T-shirt/top ankle boot");
    ck_assert(data->label[0] == 0 && data->label[1] == 9);
    dataset_free(data);
}
END_TEST

START_TEST(test_only_fetched_sets_have_a_test_set)
{
    ck_assert_str_eq(dataset_test_name("mnist"), "mnist-test");
    ck_assert_str_eq(dataset_test_name("fashion-mnist"), "fashion-mnist-test");
    ck_assert_ptr_null(dataset_test_name("mnist-test"));
    ck_assert_ptr_null(dataset_test_name("digits"));
    ck_assert_ptr_null(dataset_test_name("file.csv"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dataset");
    TCase *c = tcase_create("named");
    const int n = sizeof generated / sizeof *generated;
    tcase_add_test(c, test_xor_is_its_four_samples);
    tcase_add_loop_test(c, test_without_noise_samples_lie_on_the_curve_of_their_class, 0, n);
    tcase_add_loop_test(c, test_noise_is_normal_with_the_deviation_asked_for, 0, n);
    tcase_add_loop_test(c, test_generated_sets_depend_on_the_seed_alone, 0, n);
    tcase_add_test(c, test_digits_are_the_1797_images_of_the_uci_test_set);
    tcase_add_test(c, test_named_sets_take_known_classes_and_a_limit);
    tcase_add_test(c, test_only_fetched_sets_have_a_test_set);
    suite_add_tcase(s, c);

    c = tcase_create("files");
    tcase_add_checked_fixture(c, enter_folder, leave_folder);
    tcase_add_loop_test(c, test_a_wrong_name_or_option_is_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, test_a_file_is_read_plain_and_gzipped_and_from_standard_input);
    tcase_add_test(c, test_a_file_with_the_name_of_a_set_can_be_read);
    tcase_add_test(c, test_of_a_long_path_the_end_is_shown);
    tcase_add_loop_test(c, test_fetched_sets_are_found_in_their_folder, 0, 3);
    tcase_add_test(c, test_the_classes_of_fashion_mnist_have_names);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
