/* SPDX-License-Identifier: MIT */
/* The command in two languages: that no text is missing, what the environment asks for, and that both say the same. */
#include "english.h"
#include "golden.h"
#include "print.h"
#include "run_suite.h"

/* Runs a line that must succeed; its output is not asked for. */
static void do_run(const char *line) { free(output_of(line)); }

/* --------------------------------------------------------------------------------- the catalogue */

#ifdef XGETTEXT_ARGS
START_TEST(test_every_text_is_translated)
{
    char line[8192];
    snprintf(line, sizeof line,
             "t=$(mktemp -d) && xgettext %s -D %s -f %s/demos/language/POTFILES -o $t/texts.pot 2>$t/said && "
             "msgcmp %s/demos/language/zh_CN.po $t/texts.pot; code=$?; rm -r $t; exit $code",
             XGETTEXT_ARGS, SOURCE_DIR, SOURCE_DIR, SOURCE_DIR);
    const result r = run(line);
    ck_assert_msg(r.code == 0, "`ninja chainrule-update-po', then translate:\n%s", r.err);
    release(r);
}
END_TEST

START_TEST(test_catalogue_has_no_guesses_and_no_old_texts)
{
    static const char *const options[] = {"--only-fuzzy", "--only-obsolete", "--untranslated"};
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        char line[4096];
        snprintf(line, sizeof line, "msgattrib %s %s/demos/language/zh_CN.po", options[k], SOURCE_DIR);
        char *found = output_of(line);
        ck_assert_msg(*found == '\0', "%s:\n%s", options[k], found);
        free(found);
    }
}
END_TEST

START_TEST(test_formats_take_the_same_arguments)
{
    do_run("msgfmt --check-format -o /dev/null " SOURCE_DIR "/demos/language/zh_CN.po");
}
END_TEST
#endif

START_TEST(test_every_file_with_texts_is_in_POTFILES)
{
    char *missing = output_of("cd " SOURCE_DIR " && for f in $(grep -rlE '\\b(_|N_|C_|ngettext)\\(' demos "
                              "--include='*.[ch]' | grep -v language/language.h); do "
                              "grep -qx \"$f\" demos/language/POTFILES || echo \"$f\"; done");
    ck_assert_str_eq(missing, "");
    free(missing);
}
END_TEST

START_TEST(test_catalogue_has_no_date_and_no_path_of_a_machine)
{
    char *found = output_of("grep -E 'POT-Creation-Date|^#: .*:[0-9]|/home/|/tmp/' " SOURCE_DIR
                            "/demos/language/zh_CN.po || true");
    ck_assert_str_eq(found, "");
    free(found);
}
END_TEST

/* ------------------------------------------------------------------------------- the environment */

static const struct environment {
    const char *variables, *option;
    bool is_chinese;
} environments[] = {
    {"LANG=zh_CN.UTF-8", "", true},
    {"LANG=zh_CN", "", true},
    {"LANG=zh", "", true},
    {"LANG=zh_CN.UTF-8 LC_ALL=C", "", false},
    {"LANG=zh_CN.UTF-8 LC_ALL=C.UTF-8", "", false},
    {"LANG=zh_CN.UTF-8 LC_ALL=POSIX", "", false},
    {"LANG=zh_CN.UTF-8 LC_ALL=", "", true},
    {"LANG=en_US.UTF-8 LC_ALL=zh_CN.UTF-8", "", true},
    {"LANG=en_US.UTF-8 LC_MESSAGES=zh_CN.UTF-8", "", true},
    {"LANG=zh_CN.UTF-8 LC_MESSAGES=en_US.UTF-8", "", false},
    {"LANG=en_US.UTF-8 LC_CTYPE=zh_CN.UTF-8", "", false},
    {"LANG=en_US.UTF-8 LANGUAGE=zh", "", true},
    {"LANG=de_DE.UTF-8 LANGUAGE=de:zh_CN:en", "", true},
    {"LANG=zh_CN.UTF-8 LANGUAGE=en:zh", "", false},
    {"LANG=C LANGUAGE=zh", "", false},
    {"LANG=C.UTF-8 LANGUAGE=zh", "", false},
    {"LANG=zhx_CN.UTF-8", "", false},
    {"LANG=de_DE.UTF-8", "", false},
    {"LANG=", "", false},
    {"", "", false},
    {"LANG=zh_CN.UTF-8", "--lang=en", false},
    {"LANG=C", "--lang=zh", true},
    {"", "--lang zh", true},
    {"", "--lang=en --lang=zh", true},
    {"LOCPATH=/nonexistent", "--lang=zh", true},
};

START_TEST(test_language_is_that_of_the_option_else_of_the_environment)
{
    const struct environment *e = &environments[_i];
    char line[8192];
    snprintf(line, sizeof line, "env -i PATH=\"$PATH\" %s chainrule explain %s 'x^2' x=3", e->variables, e->option);
    char *out = output_of(line);
    const char *label = e->is_chinese ? "公式 " : "Formula ";
    ck_assert_msg(strncmp(out, label, strlen(label)) == 0, "%s\n%s", line, out);
    free(out);
}
END_TEST

START_TEST(test_unknown_language_is_refused)
{
    const result r = run("chainrule explain --lang=fr x x=1");
    ck_assert_int_eq(r.code, 2);
    ck_assert_ptr_nonnull(strstr(r.err, "--lang=fr: expected en or zh\n"));
    release(r);
}
END_TEST

START_TEST(test_installed_command_finds_its_catalogue)
{
    char *out =
        output_of("t=$(mktemp -d) && from=$(dirname " CHAINRULE ") && there=$t/share/locale/zh_CN/LC_MESSAGES && "
                  "mkdir -p $t/bin $there && cp " CHAINRULE " $t/bin && "
                  "cp $from/language/zh_CN/LC_MESSAGES/chainrule.mo $there && "
                  "LD_LIBRARY_PATH=$from/../nn:$from/../autodiff $t/bin/chainrule explain --lang=zh x x=1; rm -r $t");
    ck_assert_msg(strncmp(out, "公式 ", strlen("公式 ")) == 0, "%s", out);
    free(out);
}
END_TEST

/* ------------------------------------------------------------------------------- the same in both */

/* Where the sentences of one language say numbers in another order than those of the other, only the numbers as such
 * are compared. */
static const struct command {
    const char *line;
    bool is_reordered;
} commands[] = {
    {"explain 'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3", false},
    {"explain 'abs(x)*max(x, y) + relu(z)' x=0 y=0 z=0", false},
    {"explain 'log(a)/b' a=0 b=0", false},
    {"explain --forward 'x*y' x=1 y=2", false},
    {"explain x x=1", false},
    {"delta", false},
    {"delta --convention=logistic --paths=2,2 --sizes=2,2,2,1", false},
    {"delta --convention=squared --sizes=2,3,2 --rate=0.1", false},
    {"delta --convention=half-mean --sizes=2,3,2 --entries=3", false},
    {"delta --convention=row-minus-bias --sizes=3,5,4,3 --entries=4", false},
    {"delta --convention=per-neuron --sizes=2,2,2 --rate=0.5 --hold-biases", false},
    {"delta --sizes=2,4,4,1 --activation=relu --skip=0,1,0", false},
    {"delta --sizes=1,1,1 --weights=40,1 --biases=0,0 --inputs=1 --targets=0", false},
    {"delta --data=digits --row=7 --sizes=64,10,10 --output=softmax --entries=3", false},
    {"check 'tanh(w*x + b)^2' w=0.5 x=2 b=-0.3", false},
    {"check 'relu(x) + x^2' x=0", false},
    {"check --sizes=2,3,1 --most=4", false},
    {"explain --sizes=2,3,2 --convention=S0 --paths=2,1", false},
    {"explain --sizes=2,2,2 --convention=S1 --rate=0.1", false},
    {"explain --sizes=2,2,1 --convention=S2 --by=node", false},
    {"explain --sizes=2,2,2 --convention=S3 --by=neuron", true},
    {"explain --sizes=2,2,2 --convention=S4 --by=neuron --rate=0.5", false},
    {"explain --sizes=2,3,3,1 --activation=relu --skip=0,1,0 --by=neuron --entries=2", true},
    {"diff 'relu(x)^3 + abs(x)*y' x", false},
    {"diff 'max(x, y)*floor(z)' x x=1 y=1 z=2", false},
    {"diff 'tanh(x)' x x x x=2", false},
    {"ops", true},
    {"lesson", false},
    {"lesson paths --no-pause", false},
    {"lesson wishes --no-pause", true},
    {"lesson equations --no-pause", true},
    {"lesson demon --no-pause", true},
    {"lesson vanish --no-pause --depth=4", true},
    {"lesson neuron --no-pause", true},
};

/* Takes from a text all but its numbers, each on a line of its own. */
static char *numbers_of(const char *text)
{
    draft t;
    draft_begin(&t);
    for (const char *at = text; *at != '\0';) {
        const size_t n = starts_number(text, at) ? number_length(at) : 0;
        if (n > 0) fprintf(t.to, "%.*s\n", (int)n, at);
        at += n > 0 ? n : 1;
    }
    return draft_done(&t);
}

static char *in_language(const char *language, const char *command)
{
    char line[4096];
    snprintf(line, sizeof line, "chainrule %s --lang=%s", command, language);
    return output_of(line);
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Sorts the lines of a text. */
static char *sorted(char *text)
{
    size_t n = 0, size = strlen(text) + 1;
    char **lines = resized(NULL, size, sizeof *lines), *copy = copied(text);
    for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n")) lines[n++] = line;
    qsort(lines, n, sizeof *lines, by_bytes);
    *text = '\0';
    for (size_t k = 0, at = 0; k < n; k++) at += (size_t)snprintf(text + at, size - at, "%s\n", lines[k]);
    free(copy);
    free(lines);
    return text;
}

START_TEST(test_numbers_are_the_same_in_both_languages)
{
    const char *line = commands[_i].line;
    char *english = in_language("en", line), *chinese = in_language("zh", line);
    char *expected = numbers_of(english), *found = numbers_of(chinese);
    if (commands[_i].is_reordered) {
        sorted(expected);
        sorted(found);
    }
    ck_assert_msg(strcmp(english, chinese) != 0, "%s: not in Chinese", line);
    size_t same = 0;
    while (expected[same] != '\0' && expected[same] == found[same]) same++;
    ck_assert_msg(strcmp(expected, found) == 0, "%s: expected ...%.40s, found ...%.40s", line, expected + same,
                  found + same);
    free(found);
    free(expected);
    free(chinese);
    free(english);
}
END_TEST

START_TEST(test_chinese_is_laid_out_on_80_columns)
{
    char *chinese = in_language("zh", commands[_i].line);
    assert_readable(chinese, commands[_i].line);
    free(chinese);
}
END_TEST

START_TEST(test_json_is_the_same_in_both_languages)
{
    static const char *const of[] = {"explain 'relu(x)' x=0 --json", "delta --json", "check 'x*y' x=1 y=2 --json"};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        char *english = in_language("en", of[k]), *chinese = in_language("zh", of[k]);
        ck_assert_str_eq(english, chinese);
        free(chinese);
        free(english);
    }
}
END_TEST

static const char *const helps[] = {"", "explain", "delta", "diff", "check", "lesson", "ops"};

START_TEST(test_help_in_chinese_is_laid_out_on_80_columns)
{
    static const char *const options[] = {"--help", "--usage", "-h", "'-?'"};
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        char line[256];
        snprintf(line, sizeof line, "chainrule %s --lang=zh %s", helps[_i], options[k]);
        char *out = output_of(line);
        assert_readable(out, line);
        ck_assert_msg(strncmp(out, "用法：", strlen("用法：")) == 0, "%s: %s", line, out);
        ck_assert_msg(strpbrk(out, "\2\3") == NULL, "%s: a mark is left", line);
        free(out);
    }
}
END_TEST

START_TEST(test_a_command_that_speaks_english_speaks_it_alone)
{
    static const char *const of[] = {"data --help",  "info --help",       "predict --help",
                                     "train --help", "data show nothing", "train --nothing"};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        char lines[2][256];
        snprintf(lines[0], sizeof lines[0], "chainrule %s", of[k]);
        snprintf(lines[1], sizeof lines[1], "LC_ALL=zh_CN.UTF-8 chainrule --lang=zh %s --lang=zh", of[k]);
        const result english = run(lines[0]), r = run(lines[1]);
        ck_assert_str_eq(r.out, english.out);
        ck_assert_str_eq(r.err, english.err);
        release(english);
        release(r);
    }
}
END_TEST

/* Options and what they do stand in two columns; a text goes on in its own. */
START_TEST(test_help_in_chinese_has_two_columns)
{
    char line[256];
    snprintf(line, sizeof line, "chainrule %s --lang=zh --help", helps[_i]);
    char *out = output_of(line);
    char *end = strstr(out, "--version"), *at = strstr(out, "\n\n");
    ck_assert(at != NULL && end != NULL);
    for (*end = '\0'; at != NULL; at = strchr(at + 1, '\n')) {
        const size_t spaces = strspn(at + 1, " ");
        if (at[1] == '\n') continue;
        const size_t expected = at[1 + spaces] != '-' ? 29 : at[2 + spaces] == '-' ? 6 : 2;
        ck_assert_msg(spaces == expected || spaces == 1, "%s: %.*s", line, (int)strcspn(at + 1, "\n"), at + 1);
    }
    free(out);
}
END_TEST

/* A line ends where the next word finds no room, and Chinese may be broken between any two characters. */
START_TEST(test_lines_of_help_are_full)
{
    char *out = output_of("chainrule explain --lang=zh --help");
    ck_assert_ptr_nonnull(strstr(out, "把第 L 层第 J 个神经元的 δ 写成到代价的所有路径之\n"));
    ck_assert_ptr_nonnull(strstr(out, "以此学习率 η 沿梯度下降一步，显示结果\n"));
    free(out);
}
END_TEST

START_TEST(test_message_in_chinese_says_what_is_wrong)
{
    const result r = run("chainrule explain --lang=zh 'x + y^' x=1 y=2"),
                 u = run("chainrule delta --lang=zh --sizes=2");
    ck_assert_int_eq(r.code, 1);
    ck_assert_msg(strncmp(r.err, "chainrule: 公式第 7 列：", strlen("chainrule: 公式第 7 列：")) == 0, "%s", r.err);
    ck_assert_int_eq(u.code, 2);
    ck_assert_msg(strncmp(u.err, "chainrule: --sizes：", strlen("chainrule: --sizes：")) == 0, "%s", u.err);
    release(u);
    release(r);
}
END_TEST

/* Of the library, which speaks English. */
static const char *const wrong[] = {
    "x +",      "(x+1",    "x ? 1", "x ** 2", "x y",   "sni(x)",   "nosuchname",  "sin",       "x(3)",
    "sin(1,2)", "max(x)",  "sum()", "x:1",    "x)",    "pi=3;x",   "y=x;y=x",     "",          "1e",
    "1.2.3*x",  "1e999*x", "x × 2", "x @ 2",  "2x",    "x==1 ? 2", "sum(1 x, 2)", "x = x = 2", "(x) 2",
    "(x) (x)",  "sim(x",   "1_0",   "0x",     "x\xff", "x + \n1",  "sin (x\n, 2",
};

START_TEST(test_what_is_wrong_with_a_formula_is_said_in_chinese)
{
    char path[] = "/tmp/test_language_XXXXXX", line[256];
    const int file = mkstemp(path);
    ck_assert(file >= 0 && write(file, wrong[_i], strlen(wrong[_i])) == (ssize_t)strlen(wrong[_i]) && close(file) == 0);
    snprintf(line, sizeof line, "chainrule explain --lang=zh - x=1 <%s", path);
    const result r = run(line);
    unlink(path);
    ck_assert_int_eq(r.code, 1);
    r.err[strcspn(r.err, "\n")] = '\0';
    ck_assert_msg(!has_english(r.err), "%s: %s", wrong[_i], r.err);
    release(r);
}
END_TEST

/* Of the names and values that are given beside a formula, and of networks. */
static const char *const refused[] = {
    "explain x x=1,2",
    "explain x =1",
    "explain x 1x=1",
    "explain x 'x y=1'",
    "explain x x=1 x=2",
    "explain x 'x=foo(2)'",
    "explain x x=1 --output='x +'",
    "delta --output=softmax --convention=S2",
    "delta --sizes=2,3,0",
    "delta --cost=softmax_cross_entropy --output=sigmoid",
    "delta --convention=S1 --cost=half_sum_of_squares",
    "delta --convention=S3 --sizes=2,2,2,1 --skip=1",
    "delta --sizes=2,3,2 --skip=0,3",
    "delta --sizes=2,3,2 --skip=0,1",
    "diff 'x^2' z",
    "diff 'z = x^2' z",
    "ops nothing",
    "ops sni",
    "delta --data=nosuchfile",
    "delta --data=digits --sizes=3,1",
    "delta --data=digits --row=5000 --sizes=64,10",
    "explain x pi=3",
    "explain --sizes=1,1 --output=identity --weights=1e200 --inputs=1 --biases=0 --targets=1",
    "explain --sizes=2,2,2 --activation=softmax",
    "explain --sizes=100000,100000",
    "explain --model=" SOURCE_DIR "/README.md",
    "explain --model=" SOURCE_DIR,
    "check --model=" SOURCE_DIR "/README.md",
    "delta --sizes=2,2 --output=softmax --targets=1,1",
    "delta --paths=9,9",
    "delta --paths=2,1 --sizes=30,30,30,30,30,30,30,30 --convention=logistic",
    "lesson neuron --inputs=1e308,1e308 --weights=1e10,1,1,1,1,1,1,1",
    "lesson wishes --output=identity --rate=1e300",
};

START_TEST(test_what_is_refused_is_refused_in_chinese)
{
    char line[256];
    snprintf(line, sizeof line, "chainrule %s --lang=zh", refused[_i]);
    const result r = run(line);
    ck_assert(r.code == 1 || r.code == 2);
    r.err[strcspn(r.err, "\n")] = '\0';
    ck_assert_msg(!has_english(r.err), "%s: %s", refused[_i], r.err);
    release(r);
}
END_TEST

/* Words for places in networks and formulas, in tables and sentences. */
static const struct place {
    const char *line, *said;
} places[] = {
    {"check --sizes=2,3,1 --plant=sigmoid:sign", "sigmoid（样本 1 的 a^2_1）"},
    {"check --sizes=1,1,1 --activation=relu --weights=0,1 --biases=0,0 --inputs=1 --targets=1",
     "relu（样本 1 的 a^1_1）"},
    {"check --sizes=1,1 --output=identity --weights=1e200 --biases=0 --inputs=1 --targets=0",
     "half_sum_of_squares（样本 1 的代价）"},
    {"check --sizes=1,1 --output=identity --weights=1e200 --biases=0 --inputs=1e200 --targets=0",
     "weighted_sum（样本 1 的 z^1_1 中的"},
    {"check 'y = abs(x); y^2' x=0", "abs（节点 1 'y'）"},
};

START_TEST(test_places_are_named_in_chinese)
{
    char line[256];
    snprintf(line, sizeof line, "chainrule %s --lang=zh | tr -d '\\n'", places[_i].line);
    const result r = run(line);
    ck_assert_msg(strstr(r.out, places[_i].said) != NULL, "%s: %s", line, r.out);
    ck_assert_msg(!has_english(r.out), "%s: %s", line, r.out);
    release(r);
}
END_TEST

START_TEST(test_golden_output_in_chinese)
{
    static const char *const names[] = {"zh_explain.txt", "zh_kinks.txt", "zh_delta_mazur.txt", "zh_check_planted.txt"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        char path[4096], *line;
        snprintf(path, sizeof path, "%s/%s", GOLDEN_DIR, names[k]);
        char *out = golden_output(path, &line);
        assert_readable(out, line);
        free(out);
        free(line);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("language");
    find_command();
#ifdef XGETTEXT_ARGS
    add(suite, "complete", test_every_text_is_translated, 1);
    add(suite, "no guesses", test_catalogue_has_no_guesses_and_no_old_texts, 1);
    add(suite, "formats", test_formats_take_the_same_arguments, 1);
#else
    puts("# gettext's tools are missing: whether the catalogue is complete was not tested");
#endif
    add(suite, "files", test_every_file_with_texts_is_in_POTFILES, 1);
    add(suite, "no dates", test_catalogue_has_no_date_and_no_path_of_a_machine, 1);
    add(suite, "environment", test_language_is_that_of_the_option_else_of_the_environment,
        sizeof environments / sizeof *environments);
    add(suite, "refused", test_unknown_language_is_refused, 1);
    add(suite, "installed", test_installed_command_finds_its_catalogue, 1);
    add(suite, "numbers", test_numbers_are_the_same_in_both_languages, sizeof commands / sizeof *commands);
    add(suite, "columns", test_chinese_is_laid_out_on_80_columns, sizeof commands / sizeof *commands);
    add(suite, "json", test_json_is_the_same_in_both_languages, 1);
    add(suite, "help", test_help_in_chinese_is_laid_out_on_80_columns, sizeof helps / sizeof *helps);
    add(suite, "English alone", test_a_command_that_speaks_english_speaks_it_alone, 1);
    add(suite, "help columns", test_help_in_chinese_has_two_columns, sizeof helps / sizeof *helps);
    add(suite, "full lines", test_lines_of_help_are_full, 1);
    add(suite, "message", test_message_in_chinese_says_what_is_wrong, 1);
    add(suite, "formula", test_what_is_wrong_with_a_formula_is_said_in_chinese, sizeof wrong / sizeof *wrong);
    add(suite, "refused in Chinese", test_what_is_refused_is_refused_in_chinese, sizeof refused / sizeof *refused);
    add(suite, "places", test_places_are_named_in_chinese, sizeof places / sizeof *places);
    add(suite, "golden", test_golden_output_in_chinese, 1);
    return run_suite(suite);
}
