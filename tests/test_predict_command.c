/* SPDX-License-Identifier: MIT */
/* `chainrule predict` and `chainrule info`, and the pictures that they and `chainrule train` draw. */
#include "run_suite.h"
#include "train_command.h"

/* --------------------------------------------------------------------------------------- predicting */

/* A model of the classes of the table, one of its numbers, and the table. */
static void make_models(void)
{
    write_table("t.csv", 120);
    do_lines("chainrule train t.csv --ignore=id,y --epochs=30 -q -o classes; "
             "chainrule train t.csv --target=y --ignore=id,size --epochs=60 -q -o numbers");
}

static size_t lines_in(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) count += *text == '\n';
    return count;
}

START_TEST(test_csv_has_a_row_for_each_sample_and_says_how_many_are_right)
{
    make_models();
    const result r = run("chainrule predict classes t.csv --ignore=id,y");
    ck_assert_int_eq(r.code, 0);
    ck_assert_int_eq(strncmp(r.out, "sample,predicted,probability,label\n2,", 37), 0);
    ck_assert_uint_eq(lines_in(r.out), 121);
    assert_has(r.out, ",\"middle, so so\"\n");
    assert_has(r.err, " of 120 right (");
    release(r);
}
END_TEST

START_TEST(test_classes_follow_from_what_the_model_gives)
{
    json_t *root, *row;
    size_t i, right = 0;
    make_models();
    root = json_of("chainrule predict classes t.csv --ignore=id,y --all --format=json");
    json_array_foreach(json_object_get(root, "predictions"), i, row)
    {
        const char *label, *predicted = json_string_value(json_object_get(row, "predicted"));
        json_t *p;
        double sum = 0, most = 0;
        json_object_foreach(json_object_get(row, "classes"), label, p)
        {
            sum += json_number_value(p);
            most = fmax(most, json_number_value(p));
        }
        assert_near(sum, 1, 1e-6);
        ck_assert(number_at(row, "probability") == most);
        ck_assert(json_number_value(json_object_get(json_object_get(row, "classes"), predicted)) == most);
        right += strcmp(predicted, json_string_value(json_object_get(row, "label"))) == 0;
    }
    ck_assert_uint_eq(i, 120);
    ck_assert(number_at(root, "result right") == (double)right && right > 100);
    json_decref(root);
}
END_TEST

START_TEST(test_numbers_come_in_the_units_of_the_data)
{
    make_models();
    const result r = run("chainrule predict numbers t.csv --target=y --ignore=id,size");
    double predicted, y, worst = 0;
    int number, used;
    ck_assert_int_eq(strncmp(r.out, "sample,predicted y,y\n", 21), 0);
    for (const char *at = r.out + 21; sscanf(at, "%d,%lf,%lf\n%n", &number, &predicted, &y, &used) == 3; at += used)
        worst = fmax(worst, fabs(predicted - y));
    ck_assert_int_eq(number, 121);
    ck_assert_msg(worst < 0.5, "%g off", worst);
    assert_has(r.err, "mean error ");
    release(r);
}
END_TEST

START_TEST(test_samples_without_answers_come_from_standard_input)
{
    make_models();
    char *out = output_of("printf '0.9,-0.9\\n-0.9,0.9\\n' | chainrule predict classes -");
    ck_assert_int_eq(strncmp(out, "sample,predicted,probability\n1,large,", 37), 0);
    assert_has(out, "\n2,small,");
    free(out);
    out = output_of("printf 'a b\\n0.5 0.5\\n' | chainrule predict numbers - --format=table");
    assert_has(out, "  sample  predicted y\n  2       5");
    ck_assert(!has_text(out, "error"));
    free(out);
}
END_TEST

START_TEST(test_without_data_the_samples_are_those_of_the_test)
{
    json_t *trained, *predicted;
    write_table("t.csv", 120);
    trained = json_of("chainrule train t.csv --ignore=id,y --epochs=30 -o m --json --test=25");
    predicted = json_of("chainrule predict m --format=json");
    ck_assert(number_at(predicted, "result samples") == 25);
    ck_assert(json_equal(json_object_get(trained, "result"), json_object_get(predicted, "result")));
    json_decref(trained);
    json_decref(predicted);
    char *out = output_of("chainrule predict m --format=summary");
    assert_has(out, "\n25 test samples: ");
    assert_readable(out, "summary");
    free(out);
}
END_TEST

START_TEST(test_the_best_epoch_is_used)
{
    json_t *root = json_of("chainrule train moons --epochs=60 --rate=0.1 --seed=3 -o m --json");
    const double best = number_at(root, "best_epoch");
    ck_assert_msg(best < 60, "the last epoch was the best");
    ad_tape *tape = ad_tape_new();
    nn_model model = load(tape, "m");
    ck_assert_int_eq(nn_use_best(model.trainer, NULL), NN_OK);
    save(&(nn_model){.net = model.net,
                     .shift = model.shift,
                     .scale = model.scale,
                     .labels = model.labels,
                     .label_count = model.label_count},
         "best");
    nn_model_free(&model);
    ad_tape_free(tape);
    do_lines("chainrule predict m moons >1; chainrule predict best moons >2");
    assert_same_files("1", "2");
    json_decref(root);
}
END_TEST

static const struct {
    const char *line;
    int code;
    const char *err;
} failures[] = {
    {"chainrule predict", 2, "chainrule predict: which model?\n..."},
    {"chainrule predict nosuch", 1, "chainrule: nosuch: No such file or directory\n"},
    {"chainrule predict t.csv", 1, "chainrule: t.csv:1: expected 'chainrule-model', found 'id,a,b,y,size'\n"},
    {"chainrule predict classes nosuch", 1, "chainrule: nosuch: there is no such file or data set\n"},
    {"chainrule predict classes t.csv a", 2, "chainrule predict: 'a' is one name too many\n..."},
    {"chainrule predict classes t.csv --format=xml", 2,
     "chainrule predict: --format=xml: expected csv, table, summary or json\n..."},
    {"chainrule predict classes t.csv", 1,
     "chainrule: t.csv: 4 input columns, where 2 are expected\n"
     "chainrule: the training read its data with --ignore=id,y\n"},
    {"chainrule predict classes t.csv --ignore=id,a", 1,
     "chainrule: t.csv: input 1 is 'b', but the model was trained on 'a' there\n"
     "chainrule: the training read its data with --ignore=id,y\n"},
    {"chainrule predict classes digits", 1,
     "chainrule: digits: 64 input columns, where 2 are expected\n"
     "chainrule: the training read its data with --ignore=id,y\n"},
    {"printf '1,2,tiny\\n' | chainrule predict classes -", 1,
     "chainrule: standard input:1: column 3: the class 'tiny' is unknown (expected one of: large, middle, so so, "
     "small)\n..."},
    {"printf '1,2\\n' | chainrule predict classes - --format=summary", 1,
     "chainrule: --format=summary: the samples have no labels to compare predictions with\n"},
    {"chainrule predict numbers --boundary=b.png", 1, "chainrule: --boundary: the network does not tell classes\n"},
    {"chainrule predict classes --mistakes=m.png", 1, "chainrule: --mistakes: the samples are not images\n"},
    {"chainrule predict classes --boundary=nodir/b.png", 1, "chainrule: nodir/b.png: No such file or directory\n"},
    {"chainrule info", 2, "chainrule info: which model?\n..."},
    {"chainrule info classes numbers", 2, "chainrule info: 'numbers' is one name too many\n..."},
    {"chainrule info t.csv", 1, "chainrule: t.csv:1: expected 'chainrule-model', found 'id,a,b,y,size'\n"},
    {"chainrule info classes --curves=c.gif", 2, "chainrule info: --curves=c.gif: expected the name of a file ..."},
};

START_TEST(test_error_has_its_message_and_its_exit_code_and_writes_nothing)
{
    make_models();
    assert_fails(failures[_i].line, failures[_i].code, failures[_i].err);
    ck_assert_int_eq(entries(), 3);
}
END_TEST

/* ------------------------------------------------------------------------------------------ info */

START_TEST(test_info_says_what_the_model_is)
{
    make_models();
    json_t *root = json_of("chainrule info --json classes"), *layer;
    ck_assert(number_at(root, "inputs") == 2 && number_at(root, "parameters") == 2 * 30 + 30 + 30 * 3 + 3);
    layer = json_array_get(json_object_get(root, "layers"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(layer, "activation")), "tanh");
    ck_assert(number_at(layer, "weights count") == 60 && number_at(layer, "weights deviation") > 0);
    ck_assert(number_at(root, "training batch") == 10 && number_at(root, "training steps") == 30 * 9);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "labels")), 3);
    json_decref(root);
    static const char *const parts[] = {"  network     2 - 30 tanh - 3 softmax\n",
                                        "  parameters  183, of which 150 are weights\n",
                                        "  inputs      a, b\n",
                                        "  classes     large, middle, so so, small\n",
                                        "  data        t.csv: 84 samples for training, 12 for validation, 24 for the ",
                                        "  method      adam, rate 0.01, batch 10, seed 1, start fan_in\n",
                                        "  epochs      30 of 30, 270 steps\n",
                                        "  best epoch  ",
                                        "  1: 2 - 30 tanh     weights  60 "};
    char *out = output_of("chainrule info classes");
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) assert_has(out, parts[k]);
    assert_readable(out, "info");
    free(out);
}
END_TEST

/* What another program has saved has no notes. */
START_TEST(test_a_model_without_notes_is_as_good)
{
    ad_tape *tape = ad_tape_new();
    nn_layer layers[] = {{.width = 3, .activation = NN_ELU}, {.width = 1, .activation = NN_IDENTITY}};
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){2, 2, layers, NN_SUM_OF_SQUARES}, NULL);
    ck_assert_int_eq(nn_mlp_init(net, NN_INIT_HE, 1, NULL), NN_OK);
    save(&(nn_model){.net = net}, "m");
    nn_mlp_free(net);
    ad_tape_free(tape);
    char *out = output_of("chainrule info m --weights=w.svg");
    assert_has(out, "  training    the file has nothing that training further would need\n");
    free(out);
    out = output_of("echo 1,2 | chainrule predict m -");
    ck_assert_int_eq(strncmp(out, "sample,predicted y1\n1,", 22), 0);
    free(out);
    assert_fails("chainrule info m --curves=c.svg >/dev/null", 1,
                 "chainrule: --curves: the model's file does not tell of its epochs\n");
    assert_fails("chainrule predict m", 1, "chainrule: the model's file does not say what data it was trained on\n");
}
END_TEST

/* ------------------------------------------------------------------------------------------ pictures */

static void assert_picture(const char *path)
{
    const content c = read_file(path);
    const bool is_svg = strstr(path, ".svg") != NULL;
    const char *start = is_svg ? "<?xml " : "\x89PNG\r\n\x1a\n", *end = is_svg ? "</svg>\n" : "IEND\xae\x42\x60\x82";
    ck_assert_msg(c.size > 3000, "%s: only %zu bytes", path, c.size);
    ck_assert_msg(memcmp(c.bytes, start, strlen(start)) == 0, "%s begins otherwise", path);
    ck_assert_msg(memcmp(c.bytes + c.size - strlen(end), end, strlen(end)) == 0, "%s ends otherwise", path);
    free(c.bytes);
}

static const struct drawing {
    const char *line, *paths[4];
} drawings[] = {
    {"train digits --epochs=2 -o m --curves=c.png --weights=w.PNG --mistakes=m.png", {"c.png", "m.png", "w.PNG"}},
    {"train digits --epochs=2 -o m --curves=c.svg --weights=w.svg --mistakes=m.svg", {"c.svg", "m.svg", "w.svg"}},
    {"train moons --epochs=200 -o m --curves=c.svg --weights=w.png --boundary=b.png", {"b.png", "c.svg", "w.png"}},
    {"train xor --hidden=3 --output=softmax -o m --boundary=b.svg --curves=c.png", {"b.svg", "c.png"}},
    {"train t.csv --ignore=id,y --epochs=1 -o m --boundary=b.png --curves=c.png", {"b.png", "c.png"}},
    {"train t.csv --target=y --ignore=id,size --epochs=9 -o m --curves=c.png --weights=w.svg", {"c.png", "w.svg"}},
    {"train digits --epochs=1 --output=sigmoid --cost=sum_of_squares --no-bias -o m --mistakes=m.svg", {"m.svg"}},
    {"train digits --epochs=2 -q -o m && chainrule info m --curves=c.png --weights=w.png", {"c.png", "w.png"}},
    {"train digits --epochs=2 -q -o m && chainrule predict m --mistakes=m.png --format=summary", {"m.png"}},
    {"train moons --output=tanh --epochs=9 -q -o m && chainrule predict m moons --boundary=b.png --format=summary",
     {"b.png"}},
};

START_TEST(test_pictures_are_drawn_and_nothing_else_is_left)
{
    char line[300];
    int count = 1;
    write_table("t.csv", 100);
    snprintf(line, sizeof line, "chainrule %s; rm t.csv", drawings[_i].line);
    do_lines(line);
    for (; drawings[_i].paths[count - 1] != NULL; count++) assert_picture(drawings[_i].paths[count - 1]);
    ck_assert_int_eq(entries(), count);
}
END_TEST

START_TEST(test_a_picture_is_replaced_whole_or_not_at_all)
{
    do_lines("chainrule train --epochs=1 -q -o m --weights=w.svg; chmod 640 w.svg; cp w.svg old");
    const result r = run("trap '' XFSZ; ulimit -f 4; chainrule info m --weights=w.svg");
    ck_assert_int_eq(r.code, 1);
    ck_assert_str_eq(r.err, "chainrule: w.svg: cannot write: File too large\n");
    assert_same_files("w.svg", "old");
    ck_assert_int_eq(entries(), 3);
    release(r);
    do_lines("ln -s w.svg link.svg; chainrule train --epochs=2 -q -o m --weights=link.svg; test -h link.svg");
    ck_assert_int_ne(system("cmp -s w.svg old"), 0);
    char *mode = output_of("stat -c %a w.svg");
    ck_assert_str_eq(mode, "640\n");
    free(mode);
}
END_TEST

/* ------------------------------------------------------------------------------------------ help */

/* In the help, examples are the lines that run chainrule after two spaces; they follow "Examples". */
START_TEST(test_examples_of_help_work_when_pasted)
{
    static const char *const helps[] = {"chainrule train --help", "chainrule predict --help", "chainrule info --help"};
    char *help = output_of(helps[_i]);
    int examples = 0;
    assert_readable(help, helps[_i]);
    do_lines("chainrule train digits --epochs=3 -q");
    do_lines("{ echo a,b,c,d,species; for i in 1 2 3 4 5 6; do echo 5.$i,3.5,1.4,0.2,setosa; "
             "echo 6.$i,3.1,4.4,1.3,versicolor; done; } >iris.csv; cut -d, -f1-4 iris.csv >new.csv; "
             "{ echo id,street,area,price; for i in 1 2 3 4 5 6 7 8 9; do echo $i,1,$i.5,10$i; done; } >houses.csv; "
             "chainrule train iris.csv --label=species --epochs=9 -o iris.model -q");
    for (char *line = strtok(strstr(help, "Examples"), "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "  ", 2) != 0 || strstr(line, "chainrule ") == NULL || strstr(line, "mnist") != NULL)
            continue;
        examples++;
        do_lines(line);
    }
    ck_assert_int_ge(examples, 3);
    free(help);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("predict command");
    add_in_directory(suite, "csv", test_csv_has_a_row_for_each_sample_and_says_how_many_are_right, 1);
    add_in_directory(suite, "classes", test_classes_follow_from_what_the_model_gives, 1);
    add_in_directory(suite, "numbers", test_numbers_come_in_the_units_of_the_data, 1);
    add_in_directory(suite, "standard input", test_samples_without_answers_come_from_standard_input, 1);
    add_in_directory(suite, "test samples", test_without_data_the_samples_are_those_of_the_test, 1);
    add_in_directory(suite, "best", test_the_best_epoch_is_used, 1);
    add_in_directory(suite, "errors", test_error_has_its_message_and_its_exit_code_and_writes_nothing,
                     sizeof failures / sizeof *failures);
    add_in_directory(suite, "info", test_info_says_what_the_model_is, 1);
    add_in_directory(suite, "no notes", test_a_model_without_notes_is_as_good, 1);
    add_in_directory(suite, "pictures", test_pictures_are_drawn_and_nothing_else_is_left,
                     sizeof drawings / sizeof *drawings);
    add_in_directory(suite, "replaced", test_a_picture_is_replaced_whole_or_not_at_all, 1);
    add_in_directory(suite, "help", test_examples_of_help_work_when_pasted, 3);
    return run_suite(suite);
}
