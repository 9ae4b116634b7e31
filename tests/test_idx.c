/* SPDX-License-Identifier: MIT */
#include "dataset_helpers.h"
#include "helpers.h"
#include "run_suite.h"

/* Two images of 1 x 3 pixels, and their labels. */
#define IMAGES "\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\3\x00\x33\xff\x66\x01\x80"
#define LABELS "\0\0\x08\x01\0\0\0\2\7\3"

static dataset *idx_of(const char *images, size_t images_size, const char *labels, size_t labels_size,
                       dataset_options options, dataset_error *error)
{
    stream *of_images = stream_of(images, images_size, "images");
    stream *of_labels = labels != NULL ? stream_of(labels, labels_size, "labels") : NULL;
    strcpy(error->message, "no message");
    dataset *data = idx_read(of_images, of_labels, NULL, 0, &options, error);
    stream_close(of_images);
    stream_close(of_labels);
    return data;
}

/* --------------------------------------------------------------------------------------- good files */

START_TEST(test_images_and_labels_are_read)
{
    dataset_error error;
    dataset *data = idx_of(BYTES(IMAGES), BYTES(LABELS), (dataset_options){0}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    assert_x(data, 2, 3, (double[]){0, 0.2, 1, 0.4, 1.0 / 255, 128.0 / 255});
    assert_labels(data, "7 3");
    assert_texts(data->labels, data->classes, "3 7");
    assert_texts(data->columns, data->inputs, "x1 x2 x3");
    ck_assert(data->image_width == 3 && data->image_height == 1);
    ck_assert(data->number[0] == 1 && data->number[1] == 2);
    dataset_free(data);
}
END_TEST

static const struct typed {
    const char *bytes;
    size_t size;
    double x[2];
} typed[] = {
    {BYTES("\0\0\x08\x02\0\0\0\1\0\0\0\2\x00\xff"), {0, 1}},
    {BYTES("\0\0\x09\x02\0\0\0\1\0\0\0\2\x7f\x80"), {127, -128}},
    {BYTES("\0\0\x0b\x02\0\0\0\1\0\0\0\2\x7f\xff\x80\x01"), {32767, -32767}},
    {BYTES("\0\0\x0c\x02\0\0\0\1\0\0\0\2\x80\0\0\0\0\x01\0\x02"), {-2147483648.0, 65538}},
    {BYTES("\0\0\x0d\x02\0\0\0\1\0\0\0\2\x3f\x80\0\0\xbe\xaa\xaa\xab"), {1, -0x1.555556p-2}},
    {BYTES("\0\0\x0e\x02\0\0\0\1\0\0\0\2\x3f\xf0\0\0\0\0\0\1\x80\0\0\0\0\0\0\0"), {0x1.0000000000001p0, -0.0}},
};

START_TEST(test_all_types_are_read_to_the_bit)
{
    dataset_error error;
    dataset *data = idx_of(typed[_i].bytes, typed[_i].size, NULL, 0, (dataset_options){0}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    assert_x(data, 1, 2, typed[_i].x);
    for (size_t k = 0; k < 2; k++) assert_same_bits(data->x[k], typed[_i].x[k]);
    ck_assert(data->image_width == 0 && data->classes == 0 && data->label == NULL);
    dataset_free(data);
}
END_TEST

START_TEST(test_labels_may_be_of_any_integer_type)
{
    dataset_error error;
    dataset *data = idx_of(BYTES(IMAGES), BYTES("\0\0\x0b\x01\0\0\0\2\xff\xfe\1\0"), (dataset_options){0}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    assert_labels(data, "-2 256");
    dataset_free(data);
}
END_TEST

START_TEST(test_known_classes_keep_their_order)
{
    static const char *const known[] = {"7", "5", "3"};
    dataset_error error;
    dataset *data = idx_of(BYTES(IMAGES), BYTES(LABELS), (dataset_options){.classes = known, .class_count = 3}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    ck_assert(data->classes == 3 && data->label[0] == 0 && data->label[1] == 2);
    dataset_free(data);
}
END_TEST

START_TEST(test_a_limit_reads_the_first_images_only)
{
    dataset_error error;
    dataset *data = idx_of(BYTES(IMAGES), BYTES(LABELS), (dataset_options){.most = 1}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    assert_x(data, 1, 3, (double[]){0, 0.2, 1});
    assert_labels(data, "7");
    dataset_free(data);
}
END_TEST

START_TEST(test_many_values_are_read_across_blocks)
{
    enum { SAMPLES = 500, SIZE = 333 };
    static unsigned char bytes[16 + SAMPLES * SIZE * 2];
    dataset_error error;
    memcpy(bytes, "\0\0\x0b\x03\0\0\1\xf4\0\0\0\x09\0\0\0\x25", 16);
    generator g = {1};
    for (size_t k = 16; k < sizeof bytes; k++) bytes[k] = (unsigned char)below(&g, 256);
    dataset *data = idx_of((char *)bytes, sizeof bytes, NULL, 0, (dataset_options){0}, &error);
    ck_assert_msg(data != NULL, "%s", error.message);
    ck_assert(data->samples == SAMPLES && data->inputs == SIZE && data->image_height == 9 && data->image_width == 37);
    for (size_t k = 0; k < SAMPLES * SIZE; k++)
        ck_assert(data->x[k] == (int16_t)(bytes[16 + 2 * k] << 8 | bytes[17 + 2 * k]));
    dataset_free(data);
}
END_TEST

/* --------------------------------------------------------------------------------------- bad files */

#define LIE "\xff\xff\xff\xff"

static const struct bad {
    const char *images;
    size_t images_size;
    const char *labels;
    size_t labels_size;
    const char *message;
} bad[] = {
    {BYTES(""), BYTES(LABELS), "images: the file is empty"},
    {BYTES("\0\0\x08"), BYTES(LABELS), "images: the IDX header is cut off"},
    {BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0"), BYTES(LABELS), "images: the IDX header is cut off"},
    {BYTES("\x1f\0\x08\x03"), BYTES(LABELS), "images: this is no IDX file: it begins with 1f 00, not with two zeros"},
    {BYTES("\0\0\x0a\x03"), BYTES(LABELS), "images: 0x0a is no type of IDX"},
    {BYTES("\0\0\x08\x00"), BYTES(LABELS), "images: 0 dimensions, where 1 to 4 are expected"},
    {BYTES("\0\0\x08\xff"), BYTES(LABELS), "images: 255 dimensions, where 1 to 4 are expected"},
    {BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\0\0\0\0\3"), BYTES(LABELS), "images: dimension 2 is 0"},
    {BYTES("\0\0\x08\x03\0\0\0\0\0\0\0\1\0\0\0\3"), BYTES(LABELS), "images: dimension 1 is 0"},
    {BYTES("\0\0\x08\x04" LIE LIE LIE LIE), BYTES(LABELS), "images: the dimensions are too large"},
    {BYTES("\0\0\x08\x03\0\x10\0\0" LIE "\0\0\1\0"), BYTES(LABELS),
     "images: the file ends after 0 of the 1152921504338411520 values that its header promises"},
    {BYTES("\0\0\x08\x03" LIE "\0\0\0\1\0\0\0\3\0\0\0\0\0"), BYTES(LABELS),
     "images: the file ends after 5 of the 12884901885 values that its header promises"},
    {BYTES("\0\0\x0b\x02\0\0\0\1\0\0\0\2\0\0\0"), BYTES(LABELS),
     "images: the file ends after 1 of the 2 values that its header promises"},
    {BYTES(IMAGES "x"), BYTES(LABELS), "images: there are more bytes than its header promises"},
    {BYTES(LABELS), BYTES(LABELS), "images: there is one number for each sample: is this the file of the labels?"},
    {BYTES("\0\0\x0d\x02\0\0\0\2\0\0\0\1\0\0\0\0\x7f\x80\0\0"), BYTES(LABELS),
     "images: value 1 of sample 2 is not finite"},
    {BYTES("\0\0\x0e\x02\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\x7f\xf8\0\0\0\0\0\0"), BYTES(LABELS),
     "images: value 2 of sample 1 is not finite"},
    {BYTES(IMAGES), BYTES(""), "labels: the file is empty"},
    {BYTES(IMAGES), BYTES(IMAGES), "labels: labels have one dimension, not 3"},
    {BYTES(IMAGES), BYTES("\0\0\x0d\x01\0\0\0\2\0\0\0\0\0\0\0\0"), "labels: labels are integers, not floating point"},
    {BYTES(IMAGES), BYTES("\0\0\x08\x01\0\0\0\3\0\1\2"), "labels: 3 labels, but 2 samples in images"},
    {BYTES(IMAGES), BYTES("\0\0\x08\x01\0\0\0\2\0"),
     "labels: the file ends after 1 of the 2 values that its header promises"},
    {BYTES(IMAGES), BYTES(LABELS "x"), "labels: there are more bytes than its header promises"},
};

START_TEST(test_a_wrong_file_is_refused_with_its_reason)
{
    dataset_error error;
    ck_assert_ptr_null(
        idx_of(bad[_i].images, bad[_i].images_size, bad[_i].labels, bad[_i].labels_size, (dataset_options){0}, &error));
    ck_assert_str_eq(error.message, bad[_i].message);
}
END_TEST

START_TEST(test_what_does_not_fit_a_model_is_refused)
{
    static const char *const known[] = {"7", "5"};
    dataset_error error;
    ck_assert_ptr_null(idx_of(BYTES(IMAGES), BYTES(LABELS), (dataset_options){.inputs = 4}, &error));
    ck_assert_str_eq(error.message, "images: 3 values for each sample, where 4 inputs are expected");
    ck_assert_ptr_null(
        idx_of(BYTES(IMAGES), BYTES(LABELS), (dataset_options){.classes = known, .class_count = 2}, &error));
    ck_assert_str_eq(error.message, "labels: label 2: the class '3' is unknown (expected one of: 7, 5)");
}
END_TEST

/* ------------------------------------------------------------------------------------------- on disk */

START_TEST(test_the_labels_are_found_by_the_name_of_the_images)
{
    static const char *const pairs[][2] = {{"a-images-idx3-ubyte", "a-labels-idx1-ubyte"},
                                           {"./a-images-idx3-ubyte", "a-labels-idx1-ubyte.gz"},
                                           {"b.images.gz", "b.labels"},
                                           {"images", "labels"}};
    const char *images = pairs[_i][0], *labels = pairs[_i][1];
    (strstr(images, ".gz") != NULL ? write_gzip : write_file)(images, BYTES(IMAGES));
    (strstr(labels, ".gz") != NULL ? write_gzip : write_file)(labels, BYTES(LABELS));
    dataset *data = good_file(images, (dataset_options){0});
    assert_x(data, 2, 3, (double[]){0, 0.2, 1, 0.4, 1.0 / 255, 128.0 / 255});
    assert_labels(data, "7 3");
    ck_assert_str_eq(data->source, images);
    dataset_free(data);
}
END_TEST

START_TEST(test_the_labels_may_be_named)
{
    write_file("p.idx", BYTES(IMAGES));
    write_file("l.idx", BYTES(LABELS));
    dataset *data = good_file("p.idx", (dataset_options){.labels_path = "l.idx"});
    assert_labels(data, "7 3");
    dataset_free(data);
    data = good_file("p.idx", (dataset_options){.may_lack_targets = true});
    ck_assert(data->samples == 2 && data->classes == 0);
    dataset_free(data);
    assert_refused("p.idx", (dataset_options){0}, "p.idx: no file of labels is beside it; name one with --labels");
    assert_refused("l.idx", (dataset_options){0}, "l.idx: this is a file of labels; name the file of their images");
    assert_refused("p.idx", (dataset_options){.labels_path = "none"}, "none: No such file or directory");
    assert_refused("p.idx", (dataset_options){.label = "3"},
                   "p.idx: this is an IDX file, which has no columns to choose");
}
END_TEST

START_TEST(test_a_gzip_file_that_is_cut_off_or_damaged_is_refused)
{
    static unsigned char bytes[200000];
    generator g = {1};
    memcpy(bytes, "\0\0\x08\x02\0\0\0\x63\0\0\7\xd0", 12);
    for (size_t k = 12; k < 12 + 99 * 2000; k++) bytes[k] = (unsigned char)below(&g, 256);
    write_gzip("whole", bytes, 12 + 99 * 2000);
    dataset_free(good_file("whole", (dataset_options){.may_lack_targets = true}));

    FILE *file = fopen("whole", "rb");
    static unsigned char packed[300000];
    const size_t size = fread(packed, 1, sizeof packed, file);
    fclose(file);
    write_file("cut", packed, size - 10);
    assert_refused("cut", (dataset_options){.may_lack_targets = true}, "cut: the gzip file is cut off");
    packed[size - 5] ^= 1; /* in the checksum */
    write_file("damaged", packed, size);
    assert_refused("damaged", (dataset_options){.may_lack_targets = true}, "damaged: the gzip file is damaged");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("idx");
    TCase *c = tcase_create("good");
    tcase_add_test(c, test_images_and_labels_are_read);
    tcase_add_loop_test(c, test_all_types_are_read_to_the_bit, 0, sizeof typed / sizeof *typed);
    tcase_add_test(c, test_labels_may_be_of_any_integer_type);
    tcase_add_test(c, test_known_classes_keep_their_order);
    tcase_add_test(c, test_a_limit_reads_the_first_images_only);
    tcase_add_test(c, test_many_values_are_read_across_blocks);
    suite_add_tcase(s, c);

    c = tcase_create("bad");
    tcase_add_loop_test(c, test_a_wrong_file_is_refused_with_its_reason, 0, sizeof bad / sizeof *bad);
    tcase_add_test(c, test_what_does_not_fit_a_model_is_refused);
    suite_add_tcase(s, c);

    c = tcase_create("files");
    tcase_add_checked_fixture(c, enter_folder, leave_folder);
    tcase_add_loop_test(c, test_the_labels_are_found_by_the_name_of_the_images, 0, 4);
    tcase_add_test(c, test_the_labels_may_be_named);
    tcase_add_test(c, test_a_gzip_file_that_is_cut_off_or_damaged_is_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
