/* SPDX-License-Identifier: MIT */
#include "dataset_helpers.h"
#include "helpers.h"
#include "run_suite.h"

#include <locale.h>

/* ------------------------------------------------------------------------------------------ cells */

/* Each of these is the samples (1, 2) of class a and (3, 4) of class b. */
static const char *const same[] = {
    "1,2,a\n3,4,b\n",
    "1,2,a\n3,4,b",
    "1,2,a\r\n3,4,b\r\n",
    "1,2,a\r3,4,b\r",
    ("\xef\xbb\xbf"
     "1,2,a\n3,4,b\n"),
    "\n\n1,2,a\n\n  \n3,4,b\n\n",
    "\"1\",\"2\",\"a\"\n3,4,\"b\"\n",
    " 1 , 2 , a \n3 ,\t4, b\n",
    "1;2;a\n3;4;b\n",
    "1|2|a\n3|4|b\n",
    "1\t2\ta\n3\t4\tb\n",
    "1 2 a\n3 4 b\n",
    "  1   2 a  \n 3 4     b\n",
    "p,q,class\n1,2,a\n3,4,b\n",
    "p,q,class\r\n1,2,a\r\n3,4,b\r\n",
    ",q,class\n1,2,a\n3,4,b\n",
    "\"p, first\",q,\"the \"\"class\"\"\"\n1,2,a\n3,4,b\n",
    "\"p\n(metres)\",q,class\n1,2,a\n3,4,b\n",
    "1.0,+2,a\n3e0,0.4e+1,b\n",
    "1.,002,a\n30E-1,4,b\n",
};

START_TEST(test_quotes_line_ends_delimiters_and_headers_make_no_difference)
{
    dataset *data = good_csv(same[_i], (dataset_options){0});
    assert_x(data, 2, 2, (double[]){1, 2, 3, 4});
    ck_assert_uint_eq(data->classes, 2);
    assert_labels(data, "a b");
    ck_assert_uint_eq(data->outputs, 0);
    ck_assert_ptr_null(data->y);
    ck_assert_ptr_null(data->targets);
    ck_assert_uint_eq(data->image_width, 0);
    dataset_free(data);
}
END_TEST

START_TEST(test_a_given_delimiter_is_taken)
{
    dataset *data = good_csv("1:2:a,b\n3:4:c;d\n", (dataset_options){.delimiter = ':'});
    assert_x(data, 2, 2, (double[]){1, 2, 3, 4});
    assert_labels(data, "a,b c;d");
    dataset_free(data);
}
END_TEST

START_TEST(test_numbers_are_the_nearest_doubles_in_every_locale)
{
    static const double x[] = {0.1, -1.7976931348623157e308, 5e-324, 0, 123456789012345678.0, -0.0, 999999999, 0x1p60};
    static const char text[] = "0.1,-1.7976931348623157e308,5e-324, 0, 123456789012345678,-0,999999999,"
                               "1152921504606846976,a\n1,1,1,1,1,1,1,1,b";
    setlocale(LC_ALL, "de_DE.UTF-8");
    dataset *data = good_csv(text, (dataset_options){0});
    for (size_t k = 0; k < 8; k++) assert_same_bits(data->x[k], x[k]);
    dataset_free(data);
}
END_TEST

START_TEST(test_rows_across_blocks_of_the_file_are_whole)
{
    enum { ROWS = 20000 };
    char *text = malloc(ROWS * 32), *end = text;
    ck_assert_ptr_nonnull(text);
    for (unsigned k = 0; k < ROWS; k++) end += sprintf(end, "%u,-%u.5,\"%s\"\r\n", k, k, k % 3 == 0 ? "x\"\"y" : "z");
    dataset *data = good_csv(text, (dataset_options){0});
    ck_assert_uint_eq(data->samples, ROWS);
    for (size_t k = 0; k < ROWS; k++) {
        ck_assert(data->x[2 * k] == (double)k && data->x[2 * k + 1] == -(double)k - 0.5);
        ck_assert_str_eq(data->labels[data->label[k]], k % 3 == 0 ? "x\"y" : "z");
        ck_assert_uint_eq(data->number[k], k + 1);
    }
    dataset_free(data);
    free(text);
}
END_TEST

START_TEST(test_a_wide_row_is_read)
{
    enum { WIDE = 50000 };
    char *text = malloc(WIDE * 16), *end = text;
    ck_assert_ptr_nonnull(text);
    for (unsigned k = 0; k < 2 * WIDE; k++) end += sprintf(end, "%u%c", k, k % WIDE == WIDE - 1 ? '\n' : ',');
    dataset *data = good_csv(text, (dataset_options){0});
    ck_assert_uint_eq(data->samples, 2);
    ck_assert_uint_eq(data->inputs, WIDE - 1);
    ck_assert(data->x[WIDE - 2] == WIDE - 2 && data->x[WIDE - 1] == WIDE);
    dataset_free(data);
    free(text);
}
END_TEST

/* ---------------------------------------------------------------------------------------- columns */

static const struct choice {
    const char *text;
    dataset_options options;
    const char *columns, *targets, *labels; /* labels: of the samples */
    size_t inputs, outputs;
    double x[4], y[4];
} choices[] = {
    {"a,b,c\n1,2,3\n4,5,6", {.label = "b"}, "a c", "", "2 5", 2, 0, {1, 3, 4, 6}, {0}},
    {"u,v,w\n1,2,x\n4,5,y", {.label = "3"}, "u v", "", "x y", 2, 0, {1, 2, 4, 5}, {0}},
    {"x,1,2\ny,4,5", {.label = "1"}, "x1 x2", "", "x y", 2, 0, {1, 2, 4, 5}, {0}},
    {"1,x,2\n4,y,5", {.label = "-2"}, "x1 x2", "", "x y", 2, 0, {1, 2, 4, 5}, {0}},
    {"3,1,2\n7,8,9\n7,6,9", {.label = "1", .header = DATASET_HEADER}, "3 2", "", "8 6", 2, 0, {7, 9, 7, 9}, {0}},
    {"a,b,c\n1,2,3\n4,5,6", {.targets = "c"}, "a b", "c", NULL, 2, 1, {1, 2, 4, 5}, {3, 6}},
    {"a,b,c\n1,2,3\n4,5,6", {.targets = "c,a"}, "b", "c a", NULL, 1, 2, {2, 5}, {3, 1, 6, 4}},
    {"1,2,3\n4,5,6", {.targets = "-1"}, "x1 x2", "y1", NULL, 2, 1, {1, 2, 4, 5}, {3, 6}},
    {"1,2,3\n4,5,6", {.outputs = 2}, "x1", "y1 y2", NULL, 1, 2, {1, 4}, {2, 3, 5, 6}},
    {"id,a,b,c\nq,1,2,u\nr,4,5,v", {.ignore = "id"}, "a b", "", "u v", 2, 0, {1, 2, 4, 5}, {0}},
    {"q,1,2,u,?\nr,4,5,v,?", {.ignore = "1,-1"}, "x1 x2", "", "u v", 2, 0, {1, 2, 4, 5}, {0}},
    {"2,1,label\n1,2,7\n4,5,8", {0}, "2 1", "", "7 8", 2, 0, {1, 2, 4, 5}, {0}},
    {"a,,c\n1,2,u\n4,5,v", {0}, "a x2", "", "u v", 2, 0, {1, 2, 4, 5}, {0}},
    {"a,b\n1,2\n4,5", {.inputs = 2, .may_lack_targets = true}, "a b", "", NULL, 2, 0, {1, 2, 4, 5}, {0}},
    {"1,2,u\n4,5,v", {.inputs = 2, .may_lack_targets = true}, "x1 x2", "", "u v", 2, 0, {1, 2, 4, 5}, {0}},
    {"a,b,c\n1,2,u\n4,5,v", {.inputs = 2, .label = "c"}, "a b", "", "u v", 2, 0, {1, 2, 4, 5}, {0}},
};

START_TEST(test_columns_are_chosen_by_name_and_number)
{
    const struct choice *c = &choices[_i];
    dataset *data = good_csv(c->text, c->options);
    ck_assert_uint_eq(data->inputs, c->inputs);
    ck_assert_uint_eq(data->outputs, c->outputs);
    assert_texts(data->columns, data->inputs, c->columns);
    if (c->outputs > 0) assert_texts(data->targets, data->outputs, c->targets);
    for (size_t k = 0; k < data->samples * data->inputs; k++) ck_assert(data->x[k] == c->x[k]);
    for (size_t k = 0; k < data->samples * data->outputs; k++) ck_assert(data->y[k] == c->y[k]);
    if (c->labels != NULL) assert_labels(data, c->labels);
    else ck_assert(data->classes == 0 && data->label == NULL && data->labels == NULL);
    dataset_free(data);
}
END_TEST

START_TEST(test_a_sample_knows_its_line)
{
    dataset *data = good_csv("p,q,class\n\n1,2,\"a\n\"\r\n", (dataset_options){.ignore = "class", .outputs = 1});
    ck_assert_uint_eq(data->number[0], 3);
    dataset_free(data);
    data = good_csv("1,\"a\"\n\n\r\n2,\"b\"\r3,b\n", (dataset_options){0});
    ck_assert_uint_eq(data->samples, 3);
    ck_assert_uint_eq(data->number[0], 1);
    ck_assert_uint_eq(data->number[1], 4);
    ck_assert_uint_eq(data->number[2], 5);
    dataset_free(data);
}
END_TEST

START_TEST(test_a_limit_reads_the_first_samples_only)
{
    dataset *data = good_csv("p,class\n1,a\n2,b\n3,c\nbad", (dataset_options){.most = 2});
    assert_x(data, 2, 1, (double[]){1, 2});
    assert_texts(data->labels, data->classes, "a b");
    dataset_free(data);
}
END_TEST

/* ---------------------------------------------------------------------------------------- classes */

START_TEST(test_labels_are_in_the_order_of_numbers_where_all_are_numbers)
{
    dataset *data = good_csv("0,10\n0,9\n0,-1\n0,9\n0,1e1", (dataset_options){0});
    assert_texts(data->labels, data->classes, "-1 9 10 1e1");
    assert_labels(data, "10 9 -1 9 1e1");
    dataset_free(data);
}
END_TEST

START_TEST(test_labels_are_in_the_order_of_bytes_otherwise)
{
    dataset *data = good_csv("0,10\n0,9\n0,b\n0,\xc3\xa9\n0,B", (dataset_options){0});
    assert_texts(data->labels, data->classes, "10 9 B b \xc3\xa9");
    assert_labels(data, "10 9 b \xc3\xa9 B");
    dataset_free(data);
}
END_TEST

START_TEST(test_known_classes_keep_their_order_and_the_same_number_is_the_same_class)
{
    static const char *const known[] = {"2", "1", "x"};
    dataset *data = good_csv("0,1.0\n0,x\n0,2", (dataset_options){.classes = known, .class_count = 3});
    assert_texts(data->labels, data->classes, "2 1 x");
    assert_labels(data, "1 x 2");
    ck_assert_uint_eq(data->label[0], 1);
    dataset_free(data);
    data = good_csv("0,x\n0,x", (dataset_options){.classes = known, .class_count = 3});
    ck_assert_uint_eq(data->classes, 3);
    dataset_free(data);
}
END_TEST

START_TEST(test_more_than_1000_classes_are_refused)
{
    char *text = malloc(20000), *end = text;
    dataset_error error;
    for (int k = 0; k < 1000; k++) end += sprintf(end, "1,%d\n", k);
    dataset *data = good_csv(text, (dataset_options){0});
    ck_assert_uint_eq(data->classes, 1000);
    dataset_free(data);
    end += sprintf(end, "1,other\n");
    ck_assert_ptr_null(csv_of(text, (size_t)(end - text), &(dataset_options){0}, &error));
    ck_assert_str_eq(error.message, "data.csv:1001: column 2: more than 1000 different labels: are they numbers to be "
                                    "learnt, not classes?");
    free(text);
}
END_TEST

/* -------------------------------------------------------------------------------------------- errors */

static const char *const cat_dog[] = {"cat", "dog"};

static const struct bad {
    const char *bytes;
    size_t size;
    dataset_options options;
    const char *message;
} bad[] = {
    {BYTES(""), {0}, "data.csv: the file is empty"},
    {BYTES("\xef\xbb\xbf"), {0}, "data.csv: there are only blank lines"},
    {BYTES("\n\r\n  \n"), {0}, "data.csv: there are only blank lines"},
    {BYTES("\xff\xfe"
           "1\0,\0"),
     {0},
     "data.csv: this is UTF-16; save the file as UTF-8"},
    {BYTES("a,b"), {0}, "data.csv: there is a header, but no sample"},
    {BYTES("a,b,c\n"), {0}, "data.csv: there is a header, but no sample"},
    {BYTES("1,2\n3,4,5\n"), {0}, "data.csv:2: the number of cells is 3, but 2 on line 1"},
    {BYTES("\np,q,r\n1,2,x\n\n3,4\n"), {0}, "data.csv:5: the number of cells is 2, but 3 on line 2"},
    {BYTES("1,2,\0,3\n"), {0}, "data.csv:1: a NUL byte: this is no text"},
    {BYTES("1,2\n3,4\n\0\n"), {0}, "data.csv:3: a NUL byte: this is no text"},
    {BYTES("width,class\n1,a\nabc,b\n"), {0}, "data.csv:3: column 1 ('width'): 'abc' is not a number"},
    {BYTES("1,a\n2,b\nabc,b\n"), {0}, "data.csv:3: column 1: 'abc' is not a number"},
    {BYTES("1,a\nnan,b\n"), {0}, "data.csv:2: column 1: 'nan' is not a number"},
    {BYTES("1,a\n-inf,b\n"), {0}, "data.csv:2: column 1: '-inf' is not a number"},
    {BYTES("1,a\n0x10,b\n"), {0}, "data.csv:2: column 1: '0x10' is not a number"},
    {BYTES("1,a\n1e,b\n"), {0}, "data.csv:2: column 1: '1e' is not a number"},
    {BYTES("1,a\n1-1,b\n"), {0}, "data.csv:2: column 1: '1-1' is not a number"},
    {BYTES("1,a\n1 2,b\n"), {0}, "data.csv:2: column 1: '1 2' is not a number"},
    {BYTES("1,a\n1e999,b\n"), {0}, "data.csv:2: column 1: '1e999' is too large"},
    {BYTES("1,2,a\n1,,b\n"), {0}, "data.csv:2: column 2: a number is missing"},
    {BYTES("1,2,a\n1,\"\",b\n"), {0}, "data.csv:2: column 2: a number is missing"},
    {BYTES("1;a\n1,5;b\n"), {0}, "data.csv:2: column 1: '1,5' is not a number: the decimal mark is a point"},
    {BYTES("1,x,a\n2,3,b\n"), {0}, "data.csv:1: column 2: 'x' is not a number (for a header, say --header=yes)"},
    {BYTES("1,x,a\n2,3,b\n"), {.header = DATASET_NO_HEADER}, "data.csv:1: column 2: 'x' is not a number"},
    {BYTES("1,2,\n2,3,b\n"), {0}, "data.csv:1: column 3: the label is missing"},
    {BYTES("1,a\n2,b\x01\n"), {0}, "data.csv:2: column 2: the label 'b?' has characters that are not printable UTF-8"},
    {BYTES("1,a\n2,\xffz\xc3\n"),
     {0},
     "data.csv:2: column 2: the label '?z?' has characters that are not printable UTF-8"},
    {BYTES("1,a\n2,\"b\nc\"\n"),
     {0},
     "data.csv:2: column 2: the label 'b?c' has characters that are not printable UTF-8"},
    {BYTES("1,a\n2,a\n"), {0}, "data.csv: all samples are of the class 'a': there is nothing to tell apart"},
    {BYTES("1,a\n2,\"b\n3,c\n"), {0}, "data.csv:2: a quote is not closed to the end of the file"},
    {BYTES("1,a\n2,b\"\n"), {0}, "data.csv:2: a quote in the middle of a cell (in a quoted cell, quotes are doubled)"},
    {BYTES("1,a\n2,\"b\"c\n"),
     {0},
     "data.csv:2: a quote in the middle of a cell (in a quoted cell, quotes are doubled)"},
    {BYTES("1\n2\n"),
     {0},
     "data.csv: no column is left for inputs (there is 1 in all; is another --delimiter needed?)"},
    {BYTES("1,2\n3,4\n"),
     {.targets = "1,2"},
     "data.csv: no column is left for inputs (there are only so few in all; is another --delimiter needed?)"},
    {BYTES("width,kind\n1,a\n"), {.label = "kidn"}, "data.csv: there is no column 'kidn', did you mean 'kind'?"},
    {BYTES("width,kind\n1,a\n"), {.label = "species"}, "data.csv: there is no column 'species'"},
    {BYTES("1,a\n2,b\n"),
     {.label = "kind", .header = DATASET_NO_HEADER},
     "data.csv: there is no column 'kind': the file has no header"},
    {BYTES("1,a\n2,b\n"), {.label = "3"}, "data.csv: there is no column 3; the file has 2"},
    {BYTES("1,a\n2,b\n"), {.label = "0"}, "data.csv: there is no column 0; the file has 2"},
    {BYTES("1,a\n2,b\n"), {.label = "-3"}, "data.csv: there is no column -3; the file has 2"},
    {BYTES("1,a\n2,b\n"),
     {.label = "-9223372036854775808"},
     "data.csv: there is no column -9223372036854775808; the file has 2"},
    {BYTES("u,u,k\n1,2,a\n"),
     {.ignore = "u"},
     "data.csv: the header has 'u' more than once; choose the column by its number"},
    {BYTES("u,v,k\n1,2,a\n"), {.ignore = "k", .label = "k"}, "data.csv: the column 'k' is chosen twice"},
    {BYTES("u,v,k\n1,2,a\n"), {.targets = "u,"}, "data.csv: there is no column ''"},
    {BYTES("u,v,k\n1,2,a\n"),
     {.targets = "u", .label = "k"},
     "data.csv: a label column and target columns exclude each other"},
    {BYTES("u,v,k\n1,2,a\n"), {.targets = "k"}, "data.csv:2: column 3 ('k'): 'a' is not a number"},
    {BYTES("1,2\n3,4\n"), {.outputs = 2}, "data.csv: 2 columns are too few for 2 targets"},
    {BYTES("1,2,a\n3,4,b\n"), {.inputs = 3}, "data.csv: 2 input columns, where 3 are expected"},
    {BYTES("1,2,a\n3,4,b\n"),
     {.inputs = 4, .may_lack_targets = true},
     "data.csv: 2 input columns, where 4 are expected"},
    {BYTES("1,dog\n2,dgo\n"),
     {.classes = cat_dog, .class_count = 2},
     "data.csv:2: column 2: the class 'dgo' is unknown (expected one of: cat, dog)"},
    {BYTES("1,dog\n2,\n"), {.classes = cat_dog, .class_count = 2}, "data.csv:2: column 2: the label is missing"},
};

START_TEST(test_a_wrong_file_is_refused_with_its_place_and_reason)
{
    dataset_error error;
    ck_assert_ptr_null(csv_of(bad[_i].bytes, bad[_i].size, &bad[_i].options, &error));
    ck_assert_str_eq(error.message, bad[_i].message);
}
END_TEST

START_TEST(test_a_quote_that_swallows_16_MiB_is_refused)
{
    const size_t size = (16 << 20) + 100;
    char *text = malloc(size);
    dataset_error error;
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    memcpy(text, "1,a\n2,\"", 7);
    ck_assert_ptr_null(csv_of(text, size, &(dataset_options){0}, &error));
    ck_assert_str_eq(error.message, "data.csv:2: a row of more than 16 MiB: is a quote not closed?");
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv");
    TCase *c = tcase_create("cells");
    tcase_add_loop_test(c, test_quotes_line_ends_delimiters_and_headers_make_no_difference, 0,
                        sizeof same / sizeof *same);
    tcase_add_test(c, test_a_given_delimiter_is_taken);
    tcase_add_test(c, test_numbers_are_the_nearest_doubles_in_every_locale);
    tcase_add_test(c, test_rows_across_blocks_of_the_file_are_whole);
    tcase_add_test(c, test_a_wide_row_is_read);
    suite_add_tcase(s, c);

    c = tcase_create("columns");
    tcase_add_loop_test(c, test_columns_are_chosen_by_name_and_number, 0, sizeof choices / sizeof *choices);
    tcase_add_test(c, test_a_sample_knows_its_line);
    tcase_add_test(c, test_a_limit_reads_the_first_samples_only);
    suite_add_tcase(s, c);

    c = tcase_create("classes");
    tcase_add_test(c, test_labels_are_in_the_order_of_numbers_where_all_are_numbers);
    tcase_add_test(c, test_labels_are_in_the_order_of_bytes_otherwise);
    tcase_add_test(c, test_known_classes_keep_their_order_and_the_same_number_is_the_same_class);
    tcase_add_test(c, test_more_than_1000_classes_are_refused);
    suite_add_tcase(s, c);

    c = tcase_create("errors");
    tcase_add_loop_test(c, test_a_wrong_file_is_refused_with_its_place_and_reason, 0, sizeof bad / sizeof *bad);
    tcase_add_test(c, test_a_quote_that_swallows_16_MiB_is_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
