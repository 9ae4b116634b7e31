/* SPDX-License-Identifier: MIT */
/* `chainrule train`: networks that learn, the same from the same seed, stopped and gone on with; messages. */
#include "run_suite.h"
#include "terminal.h"
#include "train_command.h"

#include <signal.h>

/* -------------------------------------------------------------------------------------- learning */

START_TEST(test_digits_are_learnt)
{
    json_t *root = json_of("chainrule train -o m --json --epochs=20");
    ck_assert_str_eq(json_string_value(json_object_get(root, "judged_on")), "test");
    ck_assert(number_at(root, "result samples") == 359);
    ck_assert(number_at(root, "samples training") == 1258);
    ck_assert_msg(number_at(root, "result accuracy") >= 0.93, "only %g", number_at(root, "result accuracy"));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "epochs")), 20);
    json_decref(root);
}
END_TEST

static const struct problem {
    const char *line;
    double right;
} problems[] = {
    {"moons --epochs=60", 0.97},
    {"circles --epochs=60", 0.97},
    {"xor --hidden=4 --seed=2", 1},
    {"moons --epochs=40 --hidden=12,12 --skip=1 --activation=silu", 0.95},
    {"moons --epochs=60 --activation=relu,tanh --hidden=12,8 --method=rmsprop --rate=0.01", 0.95},
    {"moons --epochs=60 --output=tanh --method=nesterov --rate=0.02", 0.95},
    {"moons --epochs=60 --output=softmax --method=adamw --schedule=cosine", 0.95},
    {"moons --epochs=60 --cost=half_sum_of_squares --method=momentum --rate=0.1 --schedule=step:20:0.5", 0.9},
    {"digits --limit=600 --epochs=10 --scale=-1..1 --output=sigmoid --schedule=exponential:0.95", 0.85},
    {"digits --limit=600 --epochs=10 --hidden=0 --l2=1e-4 --test=100", 0.85},
};

START_TEST(test_a_problem_is_learnt)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule train -o m --json %s", problems[_i].line);
    json_t *root = json_of(line);
    const double right = number_at(root, "result accuracy");
    ck_assert_msg(right >= problems[_i].right, "%s: only %g right", line, right);
    json_decref(root);
}
END_TEST

START_TEST(test_numbers_are_learnt_in_their_own_units)
{
    write_table("t.csv", 200);
    json_t *root = json_of("chainrule train t.csv --target=y --ignore=id,size --epochs=60 -o m --json");
    ck_assert(json_number_value(json_array_get(json_object_get(json_object_get(root, "result"), "r_squared"), 0)) >
              0.99);
    ck_assert(number_at(root, "result mean_error") < 0.15);
    json_decref(root);
    char *out = output_of("chainrule train t.csv --target=y --ignore=id,size --epochs=3 -o m");
    assert_has(out, "40 test samples: mean error ");
    assert_has(out, "The largest errors\n");
    ck_assert(!has_text(out, "right"));
    assert_readable(out, "numbers");
    free(out);
}
END_TEST

START_TEST(test_a_goal_ends_the_training)
{
    json_t *root = json_of("chainrule train xor --hidden=4 --seed=2 --goal=0.1 -o m --json");
    const double epochs = (double)json_array_size(json_object_get(root, "epochs"));
    ck_assert_str_eq(json_string_value(json_object_get(root, "end")), "goal");
    ck_assert(epochs > 10 && epochs < 1000 && number_at(root, "best_cost") <= 0.1);
    json_decref(root);
}
END_TEST

START_TEST(test_patience_ends_the_training)
{
    char *out = output_of("chainrule train moons --patience=3 -o m");
    assert_has(out, "because for 3 epochs nothing was better");
    assert_readable(out, "patience");
    free(out);
}
END_TEST

START_TEST(test_seeds_are_counted)
{
    char *out = output_of("chainrule train xor --hidden=4 --activation=sigmoid --method=gd --batch=1 --rate=1 "
                          "--cost=mean_of_squares --goal=0.01 --seeds=10");
    assert_has(out, "10 trainings, with seeds 1 to 10\n10 of them reached the goal, a cost of 0.01\n");
    assert_readable(out, "seeds");
    ck_assert_int_eq(entries(), 0);
    free(out);
}
END_TEST

/* ------------------------------------------------------------------------------------ the same again */

START_TEST(test_the_same_seed_gives_the_same_bytes)
{
    static const char *const filter = "sed 's/([0-9.]* s)//'";
    char line[200];
    char *outs[2];
    for (int k = 0; k < 2; k++) {
        snprintf(line, sizeof line, "chainrule train digits --epochs=4 --seed=5 -o m | %s; mv m m%d", filter, k);
        outs[k] = output_of(line);
    }
    ck_assert_str_eq(outs[0], outs[1]);
    assert_same_files("m0", "m1");
    do_lines("chainrule train digits --epochs=4 --seed=6 -q -o m2");
    ck_assert_int_ne(system("cmp -s m0 m2"), 0);
    free(outs[0]);
    free(outs[1]);
}
END_TEST

START_TEST(test_output_is_for_reading)
{
    write_table("t.csv", 200);
    static const char *const lines[] = {"chainrule train digits --epochs=3 -o m", "chainrule train xor -o m",
                                        "chainrule train t.csv --ignore=id,y --epochs=100 -o m",
                                        "chainrule train moons --epochs=55 --l2=0.001 --schedule=cosine -o m"};
    char *out = output_of(lines[_i]);
    assert_readable(out, lines[_i]);
    ck_assert_ptr_null(strchr(out, '\033'));
    ck_assert_ptr_null(strchr(out, '\r'));
    int count = 0;
    for (const char *c = out; *c != '\0'; c++) count += *c == '\n';
    ck_assert_int_lt(count, 60);
    free(out);
}
END_TEST

START_TEST(test_quiet_says_nothing)
{
    char *out = output_of("chainrule train moons --epochs=2 --quiet");
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(access("moons.model", F_OK), 0);
    free(out);
}
END_TEST

START_TEST(test_a_model_that_was_there_is_kept)
{
    do_lines("chainrule train moons --epochs=2 -q; cp moons.model first");
    char *out = output_of("chainrule train moons --epochs=3");
    assert_has(out, "the one that was there in moons.model~");
    assert_same_files("first", "moons.model~");
    do_lines("chainrule train moons --epochs=3 -q -o named; chainrule train moons --epochs=3 -q -o named");
    ck_assert_int_ne(access("named~", F_OK), 0);
    free(out);
}
END_TEST

/* ------------------------------------------------------------------------------ stopped, and going on */

/* Starts the command, sends the signal once the first epoch is printed, and returns all that it printed. */
static char *interrupted(char *const arguments[], int number, int *code)
{
    int ends[2], status;
    char line[1000];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(CHAINRULE, arguments);
        _exit(127);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r"), *all = tmpfile();
    bool is_sent = false;
    while (fgets(line, sizeof line, from) != NULL) {
        fputs(line, all);
        if (!is_sent && strncmp(line, "      1 ", 8) == 0) {
            ck_assert_int_eq(kill(child, number), 0);
            is_sent = true;
        }
    }
    fclose(from);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    *code = WEXITSTATUS(status);
    rewind(all);
    return whole_of(all);
}

static uint64_t steps_in(const char *path)
{
    ad_tape *tape = ad_tape_new();
    nn_model model = load(tape, path);
    const uint64_t steps = nn_trainer_steps(model.trainer);
    nn_model_free(&model);
    ad_tape_free(tape);
    return steps;
}

START_TEST(test_a_stopped_training_goes_on_as_if_nothing_had_happened)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    char *const arguments[] = {(char[]){"chainrule"},
                               (char[]){"train"},
                               (char[]){"--epochs=250"},
                               (char[]){"-o"},
                               (char[]){"half.model"},
                               (char[]){"--schedule=cosine"},
                               NULL};
    int code;
    char *out = interrupted(arguments, signals[_i], &code);
    ck_assert_int_eq(code, 128 + signals[_i]);
    assert_has(out, "\nstopped in epoch ");
    assert_has(out, "\n  chainrule train --resume half.model ");
    ck_assert_uint_lt(steps_in("half.model"), 250 * 126);
    do_lines("chainrule train --epochs=250 --schedule=cosine -q -o whole.model; "
             "chainrule train --resume half.model > out");
    assert_same_files("whole.model", "half.model");
    ck_assert_int_eq(entries(), 3);
    free(out);
}
END_TEST

START_TEST(test_two_trainings_in_a_row_are_one)
{
    static const char *const options[] = {"moons",
                                          "moons --method=gd --rate=0.5 --batch=7",
                                          "moons --method=nesterov --validation=0 --test=0",
                                          "moons --method=rmsprop --schedule=exponential:0.9",
                                          "moons --method=adamw --schedule=step:3:0.5 --data-seed=4 --noise=0.2",
                                          "t.csv --target=y --ignore=id,size --header=yes",
                                          "t.csv --ignore=id,y --delimiter=, --validation=30 --test=0.1"};
    char line[500];
    write_table("t.csv", 150);
    snprintf(line, sizeof line,
             "chainrule train %s -q -o a --epochs=7; chainrule train %s -q -o b --epochs=3; "
             "chainrule train --resume b -q --epochs=7",
             options[_i], options[_i]);
    do_lines(line);
    assert_same_files("a", "b");
}
END_TEST

/* Of thousands of epochs the file tells of some. */
START_TEST(test_a_long_history_is_the_same_in_two_parts)
{
    do_lines("chainrule train xor -q -o a --epochs=4700; chainrule train xor -q -o b --epochs=1233; "
             "chainrule train --resume b -q --epochs=4700");
    assert_same_files("a", "b");
    char *count = output_of("grep -c '^note \"epoch ' a");
    ck_assert_int_gt(atoi(count), 500);
    ck_assert_int_lt(atoi(count), 1010);
    free(count);
}
END_TEST

START_TEST(test_resume_takes_the_same_data_from_another_place)
{
    write_table("t.csv", 100);
    do_lines("chainrule train t.csv --ignore=id,y -q -o m --epochs=2; mv t.csv u.csv");
    assert_fails("chainrule train --resume m --epochs=3", 1, "chainrule: t.csv: there is no such file or data set\n");
    do_lines("chainrule train --resume m u.csv --epochs=3 -q");
    do_lines("sed -i 's/^7,./7,1/' u.csv");
    assert_fails("chainrule train --resume m u.csv --epochs=4", 1,
                 "chainrule: u.csv: these are not the data that the model was trained on, or not as they were\n");
}
END_TEST

/* -------------------------------------------------------------------------------------- terminal */

/* The longest line that begins like "34/300" behind the code that takes the one before away. */
static size_t longest_live_line(const char *out)
{
    static const char wipe[] = "\r\033[K";
    size_t most = 0;
    for (const char *at = out; (at = strstr(at, wipe)) != NULL;) {
        at += sizeof wipe - 1;
        const size_t n = strcspn(at, "\r\n");
        const bool is_live = at[strspn(at, "0123456789")] == '/';
        if (is_live && n > most) most = n;
    }
    return most;
}

START_TEST(test_a_terminal_shows_a_bar_that_fits)
{
    static const unsigned short columns[] = {80, 50, 20};
    char *out = on_terminal("TERM=xterm chainrule train --epochs=200 --hidden=60 -o m", columns[_i]);
    const size_t longest = longest_live_line(out);
    ck_assert_uint_gt(longest, 3);
    ck_assert_uint_le(longest, columns[_i]);
    if (columns[_i] > 40) assert_has(out, "[=");
    if (columns[_i] >= 80) assert_has(out, " left");
    free(out);
}
END_TEST

START_TEST(test_a_dumb_terminal_and_a_pipe_show_no_bar)
{
    static const char *const lines[] = {"TERM=dumb chainrule train --epochs=100 -o m",
                                        "TERM=xterm chainrule train --epochs=100 -o m | cat",
                                        "TERM=xterm chainrule train --epochs=100 -o m -q"};
    char *out = on_terminal(lines[_i], 80);
    ck_assert_ptr_null(strstr(out, "\033[K"));
    ck_assert_ptr_null(strstr(out, "[="));
    free(out);
}
END_TEST

/* -------------------------------------------------------------------------------------- messages */

static const struct {
    const char *line;
    int code;
    const char *err;
} failures[] = {
    {"chainrule train --hidden=3,x", 2, "chainrule train: --hidden=x: expected a whole number from 0 up\n..."},
    {"chainrule train --hidden=3,0", 2, "chainrule train: --hidden=3,0: a layer needs at least one unit\n..."},
    {"chainrule train --activation=tahn", 2,
     "chainrule train: --activation=tahn: expected identity, sigmoid, tanh, relu, leaky_relu, elu, silu, gelu or "
     "softplus\n..."},
    {"chainrule train --activation=tanh,relu", 2, "chainrule: --activation: 2 names for 1 hidden layers\n"},
    {"chainrule train --cost=mse", 2,
     "chainrule train: --cost=mse: expected half_sum_of_squares, sum_of_squares, mean_of_squares, "
     "binary_cross_entropy or softmax_cross_entropy\n..."},
    {"chainrule train --output=relu --cost=binary-cross-entropy", 2,
     "chainrule: cost: binary_cross_entropy needs sigmoid on the output, layer 2, which has relu\n"},
    {"chainrule train --method=sgd", 2,
     "chainrule train: --method=sgd: expected gd, momentum, nesterov, rmsprop, adam or adamw\n..."},
    {"chainrule train --init=zero", 2, "chainrule train: --init=zero: expected fan_in, glorot, he or normal\n..."},
    {"chainrule train --skip=3", 2, "chainrule: --skip=3: no hidden layer is as wide as the layer 3 before it\n"},
    {"chainrule train --rate=0", 2, "chainrule train: --rate=0: expected a number above 0\n..."},
    {"chainrule train --rate=1,5", 2, "chainrule train: --rate=1,5: expected a number above 0\n..."},
    {"chainrule train --rate=inf", 2, "chainrule train: --rate=inf: expected a number above 0\n..."},
    {"chainrule train --rate=1e999", 2, "chainrule train: --rate=1e999: expected a number above 0\n..."},
    {"chainrule train --momentum=1", 2, "chainrule train: --momentum=1: expected a number above 0 and below 1\n..."},
    {"chainrule train --l2=-1", 2, "chainrule train: --l2=-1: expected a number from 0 up\n..."},
    {"chainrule train --epochs=0", 2, "chainrule train: --epochs=0: expected a whole number from 1 up\n..."},
    {"chainrule train --batch=ten", 2, "chainrule train: --batch=ten: expected a whole number from 1 up\n..."},
    {"chainrule train --seed=-1", 2, "chainrule train: --seed=-1: expected a whole number from 0 up\n..."},
    {"chainrule train --schedule=step:0:0.5", 2,
     "chainrule train: --schedule=step:0:0.5: expected constant, cosine, ..."},
    {"chainrule train --schedule=exponential:2", 2,
     "chainrule train: --schedule=exponential:2: expected constant, ..."},
    {"chainrule train --scale=1", 2, "chainrule train: --scale=1: expected none, 0..1, -1..1 or standard\n..."},
    {"chainrule train --validation=1.5", 2,
     "chainrule train: --validation=1.5: expected a fraction below 1 or a whole number of samples\n..."},
    {"chainrule train --test=5000", 1, "chainrule: digits: test part: 5000 of 1797 samples leave none for training\n"},
    {"chainrule train --seeds=3 -o m", 2, "chainrule train: --seeds excludes --resume, -o and --json\n..."},
    {"chainrule train --seeds=3 --curves=c.png", 2, "chainrule train: --seeds draws no pictures\n..."},
    {"chainrule train a b", 2, "chainrule train: 'b': there is 'a' to train on already\n..."},
    {"chainrule train nosuch.csv", 1, "chainrule: nosuch.csv: there is no such file or data set\n"},
    {"chainrule train digit", 1, "chainrule: digit: there is no such file or data set, did you mean 'digits'?\n"},
    {"printf '1,2,a\\n3,4,a\\n' | chainrule train -", 1,
     "chainrule: standard input: all samples are of the class 'a': there is nothing to tell apart\n"},
    {"chainrule train -o nodir/m", 1, "chainrule: nodir/m: No such file or directory\n"},
    {"chainrule train -o /dev/full", 1, "chainrule: /dev/full: this is not a regular file\n"},
    {"chainrule train -o .", 1, "chainrule: .: Is a directory\n"},
    {"chainrule train --curves=c.jpg", 2,
     "chainrule train: --curves=c.jpg: expected the name of a file that ends in .png or .svg\n..."},
    {"chainrule train --weights=nodir/w.png", 1, "chainrule: nodir/w.png: No such file or directory\n"},
    {"chainrule train --boundary=b.png", 1, "chainrule: --boundary: the network does not have two inputs\n"},
    {"chainrule train moons --mistakes=m.png", 1, "chainrule: --mistakes: the samples are not images\n"},
    {"chainrule train --resume nosuch", 1, "chainrule: nosuch: No such file or directory\n"},
    {"chainrule train --resume m --rate=1", 2,
     "chainrule train: --rate cannot change when a training goes on: --resume takes it as it was\n..."},
    {"chainrule train --resume m --hidden=5", 2,
     "chainrule train: --hidden cannot change when a training goes on: ..."},
    {"chainrule train --resume m --label=2", 2,
     "chainrule train: the data cannot be read otherwise when a training goes on: --resume takes them as they "
     "were\n..."},
    {"chainrule train --resume m", 1, "chainrule: m: all its 2 epochs are done; for more: --epochs=4\n"},
    {"chainrule train --resume m --epochs=1", 1, "chainrule: m: all its 1 epochs are done; for more: --epochs=4\n"},
    {"chainrule train --resume m circles --epochs=5", 1,
     "chainrule: circles: these are not the data that the model was trained on, or not as they were\n"},
    {"chainrule train --resume m digits --epochs=5", 1, "chainrule: digits: 64 input columns, where 2 are expected\n"},
    {"chainrule train --resume bare --epochs=5", 1,
     "chainrule: bare: the file has a network, but not what training it further needs\n"},
    {"chainrule train --resume silent --epochs=5", 1,
     "chainrule: the model's file does not say what data it was trained on\n"},
};

/* Models that lack what resuming needs. */
static void write_lacking_models(void)
{
    ad_tape *tape = ad_tape_new();
    nn_model model = load(tape, "m");
    nn_model bare = model, silent = model;
    bare.trainer = NULL;
    silent.note_count = 0;
    save(&bare, "bare");
    save(&silent, "silent");
    nn_model_free(&model);
    ad_tape_free(tape);
}

START_TEST(test_error_has_its_message_and_its_exit_code_and_writes_nothing)
{
    do_lines("chainrule train moons --epochs=2 -q -o m");
    write_lacking_models();
    assert_fails(failures[_i].line, failures[_i].code, failures[_i].err);
    ck_assert_int_eq(entries(), 3);
}
END_TEST

START_TEST(test_numbers_that_run_away_are_reported_and_the_best_is_kept)
{
    write_table("t.csv", 200);
    const result r = run("chainrule train t.csv --target=y --ignore=id,size --method=gd --rate=3 --hidden=0 "
                         "--validation=0 --epochs=200 --batch=40 -o m");
    ck_assert_int_eq(r.code, 1);
    assert_has(r.err, "is not finite");
    assert_has(r.err, "chainrule: the numbers ran away; a lower learning rate may help: --rate=0.3, say\n");
    assert_has(r.err, "chainrule: the network as it was at its best is in m\n");
    char *out = output_of("chainrule info m");
    assert_has(out, "nothing that training further would need");
    free(out);
    release(r);
}
END_TEST

/* A file that cannot grow stands for a full disk. */
START_TEST(test_a_full_disk_leaves_the_old_model)
{
    do_lines("chainrule train --epochs=1 -q -o m; cp m old");
    assert_fails("trap '' XFSZ; ulimit -f 4; chainrule train --epochs=2 -q -o m", 1,
                 "chainrule: m: cannot write: File too large\n");
    assert_same_files("m", "old");
    ck_assert_int_eq(entries(), 2);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("train command");
    add_in_directory(suite, "digits", test_digits_are_learnt, 1);
    add_in_directory(suite, "problems", test_a_problem_is_learnt, sizeof problems / sizeof *problems);
    add_in_directory(suite, "numbers", test_numbers_are_learnt_in_their_own_units, 1);
    add_in_directory(suite, "goal", test_a_goal_ends_the_training, 1);
    add_in_directory(suite, "patience", test_patience_ends_the_training, 1);
    add_in_directory(suite, "seeds", test_seeds_are_counted, 1);
    add_in_directory(suite, "same", test_the_same_seed_gives_the_same_bytes, 1);
    add_in_directory(suite, "readable", test_output_is_for_reading, 4);
    add_in_directory(suite, "quiet", test_quiet_says_nothing, 1);
    add_in_directory(suite, "old model", test_a_model_that_was_there_is_kept, 1);
    add_in_directory(suite, "stopped", test_a_stopped_training_goes_on_as_if_nothing_had_happened, 3);
    add_in_directory(suite, "two parts", test_two_trainings_in_a_row_are_one, 7);
    add_in_directory(suite, "history", test_a_long_history_is_the_same_in_two_parts, 1);
    add_in_directory(suite, "resume", test_resume_takes_the_same_data_from_another_place, 1);
    if (have_terminal("the live line")) {
        add_in_directory(suite, "terminal", test_a_terminal_shows_a_bar_that_fits, 3);
        add_in_directory(suite, "no terminal", test_a_dumb_terminal_and_a_pipe_show_no_bar, 3);
    }
    add_in_directory(suite, "errors", test_error_has_its_message_and_its_exit_code_and_writes_nothing,
                     sizeof failures / sizeof *failures);
    add_in_directory(suite, "run away", test_numbers_that_run_away_are_reported_and_the_best_is_kept, 1);
    add_in_directory(suite, "full disk", test_a_full_disk_leaves_the_old_model, 1);
    return run_suite(suite);
}
