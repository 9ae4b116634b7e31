/* SPDX-License-Identifier: MIT */
/* The messages of the libraries in Chinese: that none is missing, as read from the sources that make them. */
#include "command.h"
#include "english.h"
#include "language.h"
#include "library_text.h"
#include "model_files.h"
#include "run_suite.h"
#include "test_command.h"

static void speak_chinese(void)
{
    choose_language(2, (char *[]){"chainrule", "--lang=zh", NULL});
    bindtextdomain(LANGUAGE_DOMAIN, CATALOGUES);
    ck_assert_str_eq(library_text("the file is empty"), "文件是空的");
}

/* ------------------------------------------------------------------------------- from the sources */

/* A message of each format in the sources of what a command hands to a reader, one a line: 1 and x are filled in. */
static const char messages[] =
    "cd " SOURCE_DIR "/nn && xgettext --language=C --from-code=UTF-8 --omit-header --no-location --no-wrap -o - "
    "-k -knn_fail:3 -knn_read_fail:2 -knn_read_expected:2 -kad_text_fail:3 -kad_fail:4 "
    "check_delta.c delta_convention.c delta_logistic.c delta_paths.c mlp.c model_file.c model_lex.c model_load.c "
    "model_read.c nonfinite.c optimiser.c status.c ../autodiff/custom.c ../autodiff/custom_record.c "
    "../autodiff/custom_rule.c ../autodiff/memory.c ../autodiff/names.c ../autodiff/text.c ../autodiff/text_lex.c | "
    "sed -n -e 's/^msgid \"\\(.*\\)\"$/\\1/' -e 's/\\\\\\([\"\\\\]\\)/\\1/g' "
    "-e 's/%\\(\\.\\*\\)\\{0,1\\}s/x/g' -e 's/%[0-9.]*[zl]*[dgux]/1/g' -e '/^msgstr/d' -e '/^#/d' -e '/./p'";

/* What no command can be told: it does not ask for such a thing, or has refused it before. */
static const char *const unsaid[] = {
    "'x': node 1 has a name already",
    "cost: there is none with number 1",
    "depth: must be at least 1",
    "init: there is none with number 1",
    "layer 1: activation: there is none with number 1",
    "layers: there are none",
    "method: there is none with number 1",
    "more than 1 operands",
    "no epoch is over yet, so none is the best",
    "no model to load into",
    "no network",
    "no operands of 'x'",
    "no operation",
    "no path to load from",
    "no shape",
    "no tape",
    "not inside a watcher",
    "operand 1 of 'x' x",
    "the convention logistic: a skip connection to the output of a x",
    "the convention x: a network needs a layer beside its input",
    "the convention x: layer 1 has 1 units and a skip connection from a layer of 1",
    "the convention x: layer 1 has no known activation",
    "the convention x: layer 1 is empty",
    "the operation is not registered with this tape",
    "there is no convention number 1",
};

/* What has more words of English where x stands. The commands are asked for these. */
static const char *const composed[] = {
    "'x' is not a number: x",
    "'x' takes x1 operandx, got 1",
    "1 x do not fit the 1 bytes that follow",
    "expected 'x', found x: the 'x' at line 1, column 1 x",
    "more than 1 x",
    "the cost is not finite: x 1 of sample 1 is x",
    "the method x x moments x",
    "unknown x x",
    "unknown x x: did you mean 'x'?",
    "xx is x",
};

static bool is_among(const char *message, const char *const *list, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (strcmp(list[k], message) == 0) return true;
    return false;
}

START_TEST(test_every_message_in_the_sources_is_translated)
{
    const result r = run(messages);
    size_t count = 0;
    ck_assert_msg(r.code == 0, "%s", r.err);
    speak_chinese();
    for (char *line = strtok(r.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (!has_english(line) || is_among(line, unsaid, sizeof unsaid / sizeof *unsaid) ||
            is_among(line, composed, sizeof composed / sizeof *composed))
            continue;
        ck_assert_msg(!has_english(library_text(line)), "add it to demos/language/library_text.c: %s\n%s", line,
                      library_text(line));
        count++;
    }
    ck_assert_uint_gt(count, 70);
    release(r);
}
END_TEST

/* ---------------------------------------------------------------------------------- from bad files */

START_TEST(test_what_is_wrong_with_a_model_file_is_said_in_chinese)
{
    char *files = output_of("ls " CORPUS_DIR "/model/*");
    size_t refused = 0;
    speak_chinese();
    for (char *path = strtok(files, "\n"); path != NULL; path = strtok(NULL, "\n")) {
        const content c = read_file(path);
        ad_tape *tape = ad_tape_new();
        nn_model model;
        nn_error error;
        write_sealed("model", c.bytes, c.size);
        if (nn_load(&model, tape, "model", &error) == NN_OK) nn_model_free(&model);
        else {
            const char *message = library_text(error.message);
            ck_assert_msg(strncmp(message, "model:", 6) == 0, "%s: %s", path, message);
            ck_assert_msg(!has_english(message), "%s: %s", path, message);
            refused++;
        }
        ad_tape_free(tape);
        free(c.bytes);
    }
    ck_assert_uint_gt(refused, 40);
    free(files);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("library text");
    TCase *sources = tcase_create("sources"), *files = tcase_create("model files");
    find_command();
    tcase_add_test(sources, test_every_message_in_the_sources_is_translated);
    tcase_add_checked_fixture(files, enter_directory, leave_directory);
    tcase_add_test(files, test_what_is_wrong_with_a_model_file_is_said_in_chinese);
    suite_add_tcase(suite, sources);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
