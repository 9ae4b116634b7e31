/* SPDX-License-Identifier: MIT */
/* The command `chainrule`: what it prints for reading, its messages and its exit codes. */
#include "golden.h"
#include "run_suite.h"
#include "terminal.h"

#include <glob.h>
#include <math.h>

static glob_t golden;

/* ---------------------------------------------------------------------------------------- output */

START_TEST(test_golden_output_is_printed)
{
    char *line, *out = golden_output(golden.gl_pathv[_i], &line);
    if (strstr(line, "--dot") == NULL) assert_readable(out, line);
    free(line);
    free(out);
}
END_TEST

START_TEST(test_example_shows_the_numbers_of_the_neuron)
{
    static const char *const rows[] = {"w0     2     -0.1966   -0.1966", "x0    -1      0.3932    0.3932",
                                       "w1    -3     -0.3932   -0.3932", "x1    -2     -0.5898   -0.5898",
                                       "w2    -3      0.1966    0.1966"};
    char *out = output_of("chainrule explain 'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3");
    ck_assert_ptr_nonnull(strstr(out, "v9          sigmoid  v8         0.7311\n"));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) ck_assert_ptr_nonnull(strstr(out, rows[k]));
    free(out);
}
END_TEST

START_TEST(test_readable_at_80_columns_without_escape_codes)
{
    static const char *const lines[] = {
        "chainrule ops",
        "chainrule --help",
        "chainrule explain --help",
        "chainrule ops --help",
        "chainrule delta --help",
        "chainrule check --help",
        "chainrule diff --help",
        "chainrule data --help",
        "chainrule data list",
        "chainrule --version",
        "chainrule explain --digits=17 'hypot(x, y)^(x/3) + logaddexp(x, y)*atan2(x, y)' x=1.1 y=2.2",
        "chainrule explain --digits=1 'elu(x*gelu(y), 1.5e-300) + silu(y)' x=-1.123456789 y=2.2e250",
        "chainrule explain 'x0123456789abcdefghijklmnopqrstuvwxyz^2' x0123456789abcdefghijklmnopqrstuvwxyz=3",
        "chainrule explain \"$(seq -s + 1 3000)+x\" x=1",
        "chainrule explain \"$(printf 'sin(%.0s' $(seq 500))x$(printf ')%.0s' $(seq 500))\" x=1"};
    assert_prints_readable(lines[_i]);
}
END_TEST

START_TEST(test_digits_are_as_many_as_asked_for)
{
    char *few = output_of("chainrule explain --digits=2 'exp(x)' x=1"),
         *all = output_of("chainrule explain --digits=17 'exp(x)' x=1");
    ck_assert_ptr_nonnull(strstr(few, "v1          exp   x         2.7\n"));
    ck_assert_ptr_nonnull(strstr(all, "v1          exp   x         2.718281828459045\n"));
    free(few);
    free(all);
}
END_TEST

START_TEST(test_locale_does_not_change_numbers)
{
    static const char line[] = "chainrule explain 'x/3' x=0.5";
    char *plain = output_of(line);
    setenv("LC_ALL", _i == 0 ? "de_DE.UTF-8" : "C", 1);
    setenv("LANG", "de_DE.UTF-8", 1);
    char *other = output_of(line);
    ck_assert_str_eq(plain, other);
    free(plain);
    free(other);
}
END_TEST

START_TEST(test_ops_says_what_the_table_says)
{
    char *all = output_of("chainrule ops"), *one = output_of("chainrule ops relu '*'");
    ck_assert_ptr_nonnull(
        strstr(all, "sigmoid(a)\n    v = 1 / (1 + exp(-a))\n    dv/da = v < 0.75 ? v * (1 - v) : v * sigmoid(-a)\n"));
    ck_assert_ptr_nonnull(strstr(all, "Conventions:"));
    ck_assert_ptr_nonnull(
        strstr(one, "relu(a)\n    v = max(a, 0)\n    dv/da = a > 0 ? 1 : 0\n    kink where a == 0\n"));
    ck_assert_ptr_nonnull(strstr(one, "mul(a, b), written a * b\n"));
    ck_assert_ptr_null(strstr(one, "sigmoid"));
    ck_assert_ptr_null(strstr(one, "Conventions:"));
    free(all);
    free(one);
}
END_TEST

START_TEST(test_gradient_program_prints_the_gradient)
{
    char *out = output_of(GRADIENT);
    assert_same_text("y = 0.6351, dy/dw = 1.1932, dy/dx = 0.2983, dy/db = 0.5966\n", out, "gradient");
    free(out);
}
END_TEST

/* ----------------------------------------------------------------------------------------- help */

static bool has_graphviz(void) { return system("dot -V >/dev/null 2>&1") == 0; }

/* A backslash at the end of a line joins it with the next. */
static void join_lines(char *text)
{
    for (char *end = text; (end = strstr(end, "\\\n")) != NULL;) end[0] = end[1] = ' ';
}

/* In the help, examples are the lines that run chainrule after two spaces. */
START_TEST(test_examples_of_help_work_when_pasted)
{
    static const char *const helps[] = {"chainrule --help", "chainrule explain --help", "chainrule ops --help",
                                        "chainrule delta --help", "chainrule diff --help"};
    char folder[] = "/tmp/chainrule-XXXXXX", *help = output_of(helps[_i]);
    int examples = 0;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    join_lines(help);
    for (char *line = strtok(strstr(help, "Examples:"), "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "  ", 2) != 0 || strstr(line, "chainrule ") == NULL) continue;
        examples++;
        if (strstr(line, "dot -T") != NULL && !has_graphviz()) continue;
        release((result){0, output_of(line), NULL});
    }
    ck_assert_int_ge(examples, 3);
    ck_assert_int_eq(system("rm -f -- *"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    free(help);
}
END_TEST

START_TEST(test_help_is_the_same_by_all_its_names)
{
    char *help = output_of("chainrule explain --help"), *h = output_of("chainrule explain -h");
    ck_assert_str_eq(help, h);
    free(help);
    free(h);
}
END_TEST

/* -------------------------------------------------------------------------------------- messages */

static const struct {
    const char *line;
    int code;
    const char *err; /* all of it, or its beginning where it ends with "..." */
} failures[] = {
    {"chainrule", 2, "chainrule: a command is missing\n..."},
    {"chainrule differentiate", 2, "chainrule: there is no command 'differentiate'\n..."},
    {"chainrule --frob", 2, "chainrule: unrecognized option '--frob'\n..."},
    {"chainrule explain", 2,
     "chainrule explain: a formula is missing, or a model's file, or an option of a network such as ..."},
    {"chainrule explain --frob x x=1", 2, "chainrule explain: unrecognized option '--frob'\n..."},
    {"chainrule explain --digits=0 x x=1", 2,
     "chainrule explain: --digits=0: expected a whole number from 1 to 17\n..."},
    {"chainrule explain --digits=18 x x=1", 2,
     "chainrule explain: --digits=18: expected a whole number from 1 to 17\n..."},
    {"chainrule explain --digits=4x x x=1", 2,
     "chainrule explain: --digits=4x: expected a whole number from 1 to 17\n..."},
    {"chainrule explain --color=red x x=1", 2, "chainrule explain: --color=red: expected auto, always or never\n..."},
    {"chainrule ops --color=red", 2, "chainrule ops: --color=red: expected auto, always or never\n..."},
    {"chainrule explain --html= x x=1", 2, "chainrule explain: --html= needs the name of a file\n..."},
    {"chainrule explain --paths=2,1 --html=x.html", 2, "chainrule explain: --paths and --html exclude each other\n..."},
    {"chainrule explain --json --dot x x=1", 2, "chainrule explain: --json and --dot exclude each other\n..."},
    {"chainrule explain 'x*y' x", 2,
     "chainrule: 'x' is no NAME=VALUE; the formula comes first, in quotes, then the values\n"},
    {"chainrule explain 'sigmod(x)' x=1", 1,
     "chainrule: column 1 of the formula: unknown function 'sigmod': did you mean 'sigmoid'?\n  sigmod(x)\n  ^\n"},
    {"chainrule explain 'x + weight*2' x=1", 1,
     "chainrule: column 5 of the formula: unknown name 'weight'\n  x + weight*2\n      ^\n"
     "chainrule: to give weight a value, add it after the formula: weight=1\n"},
    {"chainrule explain -x+ x=1", 1,
     "chainrule: column 4 of the formula: expected a value, found the end of the text\n  -x+\n     ^\n"},
    {"chainrule explain '变量 + ß)' 变量=1 ß=2", 1,
     "chainrule: column 7 of the formula: ')' without a '(' before it\n  变量 + ß)\n          ^\n"},
    {"printf 'z = x\\ty = z $ 2\\n' | tr '\\t' '\\n' | chainrule explain - x=1", 1,
     "chainrule: line 2, column 7 of the formula: '$' has no meaning in a formula\n  y = z $ 2\n        ^\n"},
    {"chainrule explain \"$(printf 'x+%.0s' $(seq 60))q+$(seq -s + 1 60)\" x=1", 1,
     "chainrule: column 121 of the formula: unknown name 'q'\n"
     "  x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+q+1+2+3+4+5+6+7+8+9+10+11+12\n"
     "                                                    ^\n"
     "chainrule: to give q a value, add it after the formula: q=1\n"},
    {"chainrule explain ''", 1,
     "chainrule: column 1 of the formula: expected a formula, found the end of the text\n..."},
    {"chainrule explain \"$(printf 'x \\377')\" x=1", 1,
     "chainrule: column 3 of the formula: byte 0xff is not valid UTF-8 here\n..."},
    {"printf 'x\\0y' | chainrule explain - x=1", 1, "chainrule: the formula on standard input contains a NUL byte\n"},
    {"chainrule explain - x=1 <&-", 1, "chainrule: cannot read the formula: Bad file descriptor\n"},
    {"chainrule explain '2 + 3'", 1,
     "chainrule: the formula is the constant 5: there is nothing to differentiate by.\n"
     "chainrule: use names and give them values, as in: chainrule explain 'x^2' x=3\n"},
    {"chainrule explain x x=1+", 1,
     "chainrule: in x=1+: expected a value, found the end of the text\n  x=1+\n      ^\n"},
    {"chainrule explain x x=y", 1, "chainrule: in x=y: unknown name 'y'\n  x=y\n    ^\n"},
    {"chainrule explain x x=", 1, "chainrule: in x=: expected a formula, found the end of the text\n  x=\n    ^\n"},
    {"chainrule explain x x=1,5", 1, "chainrule: in x=1,5: ',' stands only between the operands of a function; ..."},
    {"chainrule explain x x=y=2", 1, "chainrule: in x=y=2: a value is a number or a formula of numbers\n"},
    {"chainrule explain x x=1 x=2", 1, "chainrule: x is given a value twice\n"},
    {"chainrule explain x pi=3", 1, "chainrule: in pi=3: 'pi': this name is a number in formulas\n"},
    {"chainrule explain x 2x=3", 1,
     "chainrule: in 2x=3: '2x': a name is a letter or '_', then letters, digits, '_' and '.'\n"},
    {"chainrule explain x =3", 1, "chainrule: in =3: a name cannot be empty\n"},
    {"chainrule explain 'x = 2' x=1", 1,
     "chainrule: column 1 of the formula: the name 'x' is already taken on the tape\n..."},
    {"chainrule explain 'zeta = x^2; sin(zeta)' x=1 --output=zets", 1,
     "chainrule: --output=zets: unknown name 'zets': did you mean 'zeta'?\n"},
    {"chainrule explain 'sin(x)' x=1 --output=pi", 1, "chainrule: --output=pi: no node of the formula has this name\n"},
    {"chainrule ops sigmod", 1, "chainrule: unknown function 'sigmod': did you mean 'sigmoid'?\n"},
    {"chainrule ops tanh @", 1, "chainrule: there is no operation '@'\n"},
    {"chainrule ops xyzxyzxyzxyz", 1, "chainrule: unknown function 'xyzxyzxyzxyz'\n"},
};

START_TEST(test_error_has_its_message_its_exit_code_and_no_output)
{
    assert_fails(failures[_i].line, failures[_i].code, failures[_i].err);
}
END_TEST

START_TEST(test_unused_value_is_warned_of)
{
    const result r = run("chainrule explain 'x^2' x=1 speed=3 y=2");
    ck_assert_int_eq(r.code, 0);
    ck_assert_str_eq(r.err, "chainrule: warning: speed is given a value, but the formula does not use it\n"
                            "chainrule: warning: y is given a value, but the formula does not use it\n");
    release(r);
}
END_TEST

START_TEST(test_output_that_cannot_be_written_is_an_error)
{
    static const struct {
        const char *line, *err;
    } outputs[] = {
        {"chainrule explain 'x^2' x=3 >/dev/full", "chainrule: cannot write the output: No space left on device\n"},
        {"chainrule explain --json \"$(seq -s + 1 3000)+x\" x=1 >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule explain --json 'x^2' x=3 >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule explain --dot 'x^2' x=3 >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule ops >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule --help >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule --version >/dev/full", "chainrule: cannot write the output..."},
        {"chainrule explain 'x^2' x=3 >&-", "chainrule: cannot write the output: Bad file descriptor\n"},
        {"trap '' PIPE; { while env printf x 2>&-; do :; done; chainrule ops; echo $? >&2; } | true",
         "chainrule: cannot write the output: Broken pipe\n1\n"},
    };
    const result r = run(outputs[_i].line);
    const size_t n = strcspn(outputs[_i].err, ".");
    if (strstr(outputs[_i].line, "PIPE") == NULL) ck_assert_int_eq(r.code, 1);
    ck_assert_msg(strncmp(r.err, outputs[_i].err, n) == 0, "%s: %s", outputs[_i].line, r.err);
    release(r);
}
END_TEST

/* ---------------------------------------------------------------------------------------- colours */

START_TEST(test_colours_only_on_a_terminal_that_wants_them)
{
    static const struct {
        const char *line;
        bool coloured;
    } cases[] = {{"TERM=xterm chainrule explain x x=1", true},
                 {"TERM=xterm chainrule explain x x=1 --color=never", false},
                 {"TERM=xterm NO_COLOR=1 chainrule explain x x=1", false},
                 {"TERM=xterm NO_COLOR= chainrule explain x x=1", true},
                 {"TERM=xterm NO_COLOR=1 chainrule explain x x=1 --color=always", true},
                 {"TERM=dumb chainrule explain x x=1", false},
                 {"TERM=xterm chainrule explain x x=1 --json", false},
                 {"TERM=xterm chainrule explain x x=1 --dot", false},
                 {"TERM=xterm chainrule ops tanh", true},
                 {"TERM=xterm chainrule ops tanh | cat", false}};
    char *out = on_terminal(cases[_i].line, 80);
    ck_assert_msg((strchr(out, '\033') != NULL) == cases[_i].coloured, "%s: %s", cases[_i].line, out);
    free(out);
}
END_TEST

START_TEST(test_colours_change_nothing_else)
{
    char *plain = output_of("chainrule explain 'relu(x)*log(y)' x=0 y=0");
    char *coloured = output_of("chainrule explain --color=always 'relu(x)*log(y)' x=0 y=0");
    strip_colours(coloured);
    ck_assert_str_eq(plain, coloured);
    free(plain);
    free(coloured);
}
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    if (glob(GOLDEN_DIR "/*.txt", 0, NULL, &golden) != 0) return 1;
    Suite *suite = suite_create("command");
    add(suite, "golden", test_golden_output_is_printed, golden.gl_pathc);
    add(suite, "example", test_example_shows_the_numbers_of_the_neuron, 1);
    add(suite, "readable", test_readable_at_80_columns_without_escape_codes, 15);
    add(suite, "digits", test_digits_are_as_many_as_asked_for, 1);
    add(suite, "locale", test_locale_does_not_change_numbers, 2);
    add(suite, "ops", test_ops_says_what_the_table_says, 1);
    add(suite, "gradient", test_gradient_program_prints_the_gradient, 1);
    add(suite, "help examples", test_examples_of_help_work_when_pasted, 5);
    add(suite, "help", test_help_is_the_same_by_all_its_names, 1);
    add(suite, "errors", test_error_has_its_message_its_exit_code_and_no_output, sizeof failures / sizeof *failures);
    add(suite, "warnings", test_unused_value_is_warned_of, 1);
    add(suite, "unwritable", test_output_that_cannot_be_written_is_an_error, 9);
    if (have_terminal("colours")) add(suite, "terminal", test_colours_only_on_a_terminal_that_wants_them, 10);
    add(suite, "colours", test_colours_change_nothing_else, 1);
    const int failed = run_suite(suite);
    globfree(&golden);
    return failed;
}
