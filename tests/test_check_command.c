/* SPDX-License-Identifier: MIT */
/* `chainrule check`, and --load. */
#include "run_suite.h"
#include "terminal.h"
#include "train_command.h"

#include <math.h>

/* A run with this exit code that prints nothing on standard error; its output. */
static char *output_with(const char *line, int code)
{
    const result r = run(line);
    ck_assert_msg(r.code == code && r.err[0] == '\0', "%s\nexit code %d\n%s", line, r.code, r.err);
    free(r.err);
    return r.out;
}

static json_t *json_with(const char *line, int code)
{
    char *out = output_with(line, code);
    json_t *root = parsed(out, line);
    free(out);
    return root;
}

static const char *text_at(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "there is no text %s", key);
    return text;
}

static size_t size_at(json_t *root, const char *key) { return json_array_size(json_object_get(root, key)); }

/* ---------------------------------------------------------------------------------------- verdicts */

static const struct {
    const char *line;
    int code;
    const char *says;
} verdicts[] = {
    {"chainrule check 'tanh(w*x + b)^2' w=0.5 x=2 b=-0.3", 0, "\nPASS: the tape's derivative is right by all 3 leaves"},
    {"chainrule check 'x^2' x=3", 0, "\nPASS: the tape's derivative is right by the leaf"},
    {"chainrule check x x=3", 0, "\nPASS: "},
    {"chainrule check 'z = x*y; sin(z) + z' x=1 y=2 --output=z", 0, "the derivative of z by each leaf"},
    {"echo 'x*y' | chainrule check - x=1 y=2", 0, "Formula  x*y\n"},
    {"chainrule check -x^3 x=2", 0, "Formula  -x^3\n"},
    {"chainrule check 'relu(x) + x^2' x=0", 0, "x: KINK. However small the step, relu"},
    {"chainrule check 'relu(x) + x^2' x=0", 0, "\nKINK: "},
    {"chainrule check 'max(x, y)' x=1 y=1", 0, "\nKINK: "},
    {"chainrule check 'sqrt(x)' x=0", 1, "\nNONFINITE: "},
    {"chainrule check 'log(x)*y' x=0 y=1", 1, "NONFINITE. The first number that is not finite is at log"},
    {"chainrule check 'tanh(x)' x=1 --plant=tanh:sign", 3,
     "\nFAIL: the tape's derivative is wrong by the leaf; look at tanh"},
    {"chainrule check 'tanh(x)' x=1 --plant=tanh:sign", 3,
     "Planted  tanh:sign, so that the tape's gradient is wrong\n"},
    {"chainrule check 'x*y' x=1 y=2 --plant='*.2:double'", 3,
     "\nFAIL: the tape's derivative is wrong by 1 of 2 leaves"},
};

START_TEST(test_verdict_is_said_and_has_its_exit_code)
{
    char *out = output_with(verdicts[_i].line, verdicts[_i].code);
    assert_has(out, verdicts[_i].says);
    assert_readable(out, verdicts[_i].line);
    free(out);
}
END_TEST

static const char *const spoilt[] = {"add", "sub", "mul", "div", "pow", "exp", "sin", "tanh", "sigmoid", "log_sum_exp"};
static const char *const errors[] = {"1e-5", "sign", "drop", "double"};
enum { SPOILT = sizeof spoilt / sizeof *spoilt, ERRORS = sizeof errors / sizeof *errors };

START_TEST(test_planted_error_is_found_and_its_operation_named)
{
    char line[400];
    const char *op = spoilt[_i / ERRORS];
    snprintf(line, sizeof line,
             "chainrule check --json --plant=%s:%s 'log_sum_exp(tanh(x - y/3), sin(x)^2*exp(y), sigmoid(y) + x)' x=0.7 "
             "y=-0.4",
             op, errors[_i % ERRORS]);
    json_t *root = json_with(line, 3), *rule = json_array_get(json_object_get(root, "wrong_rules"), 0);
    ck_assert_str_eq(text_at(root, "verdict"), "FAIL");
    ck_assert_msg(strncmp(text_at(json_object_get(rule, "at"), "text"), op, strlen(op)) == 0, "%s, but %s is named",
                  line, text_at(json_object_get(rule, "at"), "text"));
    json_decref(root);
}
END_TEST

START_TEST(test_planted_error_of_one_operand_leaves_the_others_alone)
{
    json_t *root = json_with("chainrule check --json --plant=div.2:1e-5 'x/y' x=0.7 y=-0.4", 3), *rules, *c;
    rules = json_object_get(root, "wrong_rules");
    ck_assert_uint_eq(json_array_size(rules), 1);
    ck_assert(number_at(json_array_get(rules, 0), "operand") == 2);
    ck_assert(fabs(number_at(json_array_get(rules, 0), "relative_error") - 1e-5) < 1e-8);
    c = json_object_get(root, "coordinates");
    ck_assert_str_eq(text_at(json_array_get(c, 0), "verdict"), "PASS");
    ck_assert_str_eq(text_at(json_array_get(c, 1), "verdict"), "FAIL");
    json_decref(root);
}
END_TEST

/* ----------------------------------------------------------------------------------------- methods */

START_TEST(test_methods_are_those_asked_for)
{
    static const struct {
        const char *list, *columns;
        size_t directions;
    } methods[] = {{"differences", "difference ", 0},
                   {"complex", "complex step", 0},
                   {"taylor", "Taylor slope", 3},
                   {"dot", "u.(J v)", 3},
                   {"nodes", "Each operation alone", 0}};
    char line[200];
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        snprintf(line, sizeof line, "chainrule check --no-steps 'exp(x)*y' x=1 y=2 --method=%s", methods[_i].list);
        char *out = output_of(line);
        ck_assert_msg(has_text(out, methods[k].columns) == (k == (size_t)_i), "%s: %s", line, out);
        free(out);
    }
    snprintf(line, sizeof line, "chainrule check --json 'exp(x)*y' x=1 y=2 --method=%s", methods[_i].list);
    json_t *root = json_of(line), *used = json_object_get(root, "methods");
    ck_assert_uint_eq(json_array_size(used), 1);
    ck_assert_str_eq(json_string_value(json_array_get(used, 0)), methods[_i].list);
    ck_assert_uint_eq(size_at(root, "directions"), methods[_i].directions);
    json_decref(root);
}
END_TEST

START_TEST(test_right_gradient_has_taylor_slope_two_and_a_wrong_one_has_slope_one)
{
    json_t *right = json_of("chainrule check --json --method=taylor 'exp(x)*sin(y)' x=1 y=2");
    json_t *wrong = json_with("chainrule check --json --method=taylor 'exp(x)*sin(y)' x=1 y=2 --plant=sin:double", 3);
    json_t *d;
    size_t k;
    json_array_foreach(json_object_get(right, "directions"), k, d) ck_assert(fabs(number_at(d, "slope") - 2) < 0.2);
    json_array_foreach(json_object_get(wrong, "directions"), k, d) ck_assert(fabs(number_at(d, "slope") - 1) < 0.2);
    json_decref(right);
    json_decref(wrong);
}
END_TEST

START_TEST(test_tolerance_is_what_a_relative_error_may_be)
{
    const char *const line =
        "chainrule check --no-steps --method=differences 'sin(x)' x=1 --plant=sin:1e-5 --tolerance=";
    char all[200];
    snprintf(all, sizeof all, "%s1e-4", line);
    free(output_with(all, 0));
    snprintf(all, sizeof all, "%s1e-6", line);
    free(output_with(all, 3));
}
END_TEST

START_TEST(test_same_seed_gives_the_same_output_and_another_seed_other_directions)
{
    const char *const line = "chainrule check 'exp(x)*y' x=1 y=2 --seed=";
    char *outs[3];
    for (int k = 0; k < 3; k++) {
        char all[200];
        snprintf(all, sizeof all, "%s%d", line, k / 2 + 1);
        outs[k] = output_of(all);
    }
    ck_assert(strcmp(outs[0], outs[1]) == 0 && strcmp(outs[0], outs[2]) != 0);
    for (int k = 0; k < 3; k++) free(outs[k]);
}
END_TEST

/* -------------------------------------------------------------------------------------------- JSON */

START_TEST(test_json_says_everything)
{
    static const char *const keys[] = {"formula",
                                       "output",
                                       "value",
                                       "verdict",
                                       "planted",
                                       "methods",
                                       "tolerance",
                                       "seed",
                                       "deterministic",
                                       "inputs",
                                       "checked",
                                       "coordinates",
                                       "directions",
                                       "operations",
                                       "operations_checked",
                                       "operations_unclear",
                                       "wrong_rules",
                                       "steps"};
    static const char *const of_coordinates[] = {"index",          "name",   "verdict", "x",
                                                 "gradient",       "method", "numeric", "estimated_error",
                                                 "relative_error", "step",   "at"};
    json_t *root = json_of("chainrule check --json 'y = x*w + sin(x)' x=1 w=2"), *c;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        ck_assert_msg(json_object_get(root, keys[k]) != NULL, "there is no %s", keys[k]);
    ck_assert_uint_eq(json_object_size(root), sizeof keys / sizeof *keys);
    c = json_array_get(json_object_get(root, "coordinates"), 1);
    for (size_t k = 0; k < sizeof of_coordinates / sizeof *of_coordinates; k++)
        ck_assert_msg(json_object_get(c, of_coordinates[k]) != NULL, "there is no %s", of_coordinates[k]);
    ck_assert_uint_eq(json_object_size(c), sizeof of_coordinates / sizeof *of_coordinates);
    ck_assert_str_eq(text_at(root, "output"), "y");
    ck_assert_str_eq(text_at(c, "name"), "w");
    ck_assert(number_at(c, "gradient") == 1 && fabs(number_at(c, "numeric") - 1) < 1e-6);
    ck_assert(json_is_null(json_object_get(root, "steps")) && json_is_null(json_object_get(root, "planted")));
    json_decref(root);
}
END_TEST

START_TEST(test_steps_in_json_fall_with_slope_two_to_the_best)
{
    json_t *root = json_of("chainrule check --json --steps=w 'exp(sin(w))*x' x=1 w=2"), *steps;
    steps = json_object_get(root, "steps");
    ck_assert_str_eq(text_at(steps, "name"), "w");
    ck_assert(fabs(number_at(steps, "slope") - 2) < 0.05);
    ck_assert(number_at(steps, "best_step") > 1e-8 && number_at(steps, "best_step") < 1e-3);
    ck_assert(number_at(steps, "least_error") < 1e-9);
    ck_assert_uint_eq(size_at(steps, "h"), 129);
    ck_assert_uint_eq(size_at(steps, "central"), 129);
    ck_assert_uint_eq(size_at(steps, "forward"), 129);
    json_decref(root);
}
END_TEST

/* ------------------------------------------------------------------------------------------- steps */

static size_t widest_line(const char *text)
{
    size_t most = 0;
    setlocale(LC_CTYPE, "C.UTF-8");
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
        const size_t width = columns_of(line, strcspn(line, "\n"));
        if (width > most) most = width;
    }
    return most;
}

/* The plot alone: from its first line to the legend. */
static char *plot_of(const char *line)
{
    char *out = output_of(line), *from = strstr(out, "relative error\n"), *to = strstr(out, "central differences");
    ck_assert_msg(from != NULL && to != NULL, "%s: %s", line, out);
    to[strcspn(to, "\n") + 1] = '\0';
    memmove(out, from, strlen(from) + 1);
    return out;
}

START_TEST(test_plot_is_of_characters_that_the_locale_has)
{
    char *ascii = plot_of("LC_ALL=C chainrule check 'exp(sin(w))' w=2"),
         *unicode = plot_of("LC_ALL=C.UTF-8 chainrule check 'exp(sin(w))' w=2");
    for (const char *c = ascii; *c != '\0'; c++) ck_assert_msg((unsigned char)*c < 0x80, "not ASCII: %s", ascii);
    assert_has(ascii, "\n  1e-4 +");
    assert_has(ascii, "best: h = ");
    assert_has(unicode, "\n  1e-4 ┤");
    assert_has(unicode, "▲");
    assert_has(unicode, "⠁");
    ck_assert_ptr_null(strstr(unicode, "*"));
    free(ascii);
    free(unicode);
}
END_TEST

START_TEST(test_plot_fits_the_terminal)
{
    static const char *const columns[] = {"40", "60", "80", "200", "1", "x"};
    static const size_t most[] = {40, 60, 80, 80, 40, 80};
    char line[200];
    snprintf(line, sizeof line, "COLUMNS=%s LC_ALL=C.UTF-8 chainrule check 'exp(sin(w))' w=2", columns[_i]);
    char *plot = plot_of(line);
    ck_assert_uint_le(widest_line(plot), most[_i]);
    assert_readable(plot, line);
    free(plot);
}
END_TEST

START_TEST(test_plot_is_where_it_is_wanted)
{
    static const struct {
        const char *line;
        bool has_plot;
    } cases[] = {{"chainrule check 'x^3' x=2", true},
                 {"chainrule check 'x^3' x=2 --no-steps", false},
                 {"chainrule check 'x^3' x=2 --steps", true},
                 {"chainrule check 'x^3*y' x=2 y=1 --steps=y", true},
                 {"chainrule check --sizes=2,1", false},
                 {"chainrule check --sizes=2,1 --steps", true},
                 {"chainrule check --sizes=2,1 --steps=b^1_1", true}};
    char *out = output_of(cases[_i].line);
    ck_assert_msg(has_text(out, "central differences") == cases[_i].has_plot, "%s: %s", cases[_i].line, out);
    free(out);
}
END_TEST

START_TEST(test_plot_is_of_the_worst_leaf)
{
    char *right = output_of("chainrule check 'x*0 + sin(y)' x=1 y=2"),
         *wrong = output_with("chainrule check 'sin(x) + cos(y)' x=1 y=2 --plant=cos:1e-3", 3);
    assert_has(right, "how near differences by y come");
    assert_has(wrong, "how near differences by y come");
    assert_has(wrong, "do not come nearer than about 0.001 to");
    free(right);
    free(wrong);
}
END_TEST

START_TEST(test_colours_only_on_a_terminal_and_change_nothing_else)
{
    char *plain = output_of("chainrule check 'exp(x)*y' x=1 y=2");
    char *coloured = output_of("chainrule check --color=always 'exp(x)*y' x=1 y=2");
    ck_assert_ptr_null(strchr(plain, '\033'));
    ck_assert_ptr_nonnull(strchr(coloured, '\033'));
    strip_colours(coloured);
    ck_assert_str_eq(plain, coloured);
    free(plain);
    free(coloured);
}
END_TEST

START_TEST(test_terminal_has_colours_a_plot_of_its_width_and_a_line_while_it_waits)
{
    char *out = on_terminal("TERM=xterm LC_ALL=C.UTF-8 chainrule check 'exp(x)*y' x=1 y=2", 50);
    ck_assert_ptr_nonnull(strchr(out, '\033'));
    ck_assert_ptr_nonnull(strstr(out, "┬───────┬───────┬"));
    free(out);
    out = on_terminal("TERM=xterm chainrule check --sizes=100,50,10 --batch=30 --most=400 >/dev/null", 50);
    ck_assert_msg(strstr(out, "checking [") != NULL, "%s", out);
    ck_assert_msg(strcmp(out + strlen(out) - 4, "\r\033[K") == 0, "%s", out);
    free(out);
    out = on_terminal("TERM=dumb chainrule check --sizes=100,50,10 --batch=30 --most=400 >/dev/null", 50);
    ck_assert_str_eq(out, "");
    free(out);
}
END_TEST

/* ---------------------------------------------------------------------------------------- pictures */

START_TEST(test_picture_is_written_whole)
{
    do_lines("chainrule check 'exp(sin(x))' x=1 --no-steps --picture=a.png");
    do_lines("chainrule check --sizes=2,3,1 --picture=b.svg --steps='w^2_{1,3}'");
    const content png = read_file("a.png"), svg = read_file("b.svg");
    ck_assert(png.size > 5000 && memcmp(png.bytes, "\x89PNG", 4) == 0);
    ck_assert(memcmp(png.bytes + png.size - 8, "IEND", 4) == 0);
    ck_assert_ptr_nonnull(strstr(svg.bytes, "<svg"));
    ck_assert_ptr_nonnull(strstr(svg.bytes, "</svg>"));
    ck_assert_int_eq(entries(), 2);
    free(png.bytes);
    free(svg.bytes);
}
END_TEST

START_TEST(test_picture_that_cannot_be_written_is_said_before_anything_else)
{
    assert_fails("chainrule check 'x^2' x=1 --picture=none/a.png", 1,
                 "chainrule: none/a.png: No such file or directory\n");
    assert_fails("mkdir f.png; chainrule check 'x^2' x=1 --picture=f.png", 1, "chainrule: f.png: Is a directory\n");
    ck_assert_int_eq(entries(), 1);
}
END_TEST

/* ---------------------------------------------------------------------------------------- networks */

START_TEST(test_network_is_checked_by_all_its_parameters)
{
    json_t *root = json_of("chainrule check --json --sizes=2,3,1 --activation=tanh --batch=4"), *c;
    size_t k;
    ck_assert(number_at(root, "inputs") == 13 && number_at(root, "checked") == 13 && number_at(root, "samples") == 4);
    ck_assert_str_eq(text_at(root, "verdict"), "PASS");
    c = json_object_get(root, "coordinates");
    ck_assert_str_eq(text_at(json_array_get(c, 1), "name"), "w^1_{1,2}");
    ck_assert_str_eq(text_at(json_array_get(c, 12), "name"), "b^2_1");
    json_array_foreach(json_object_get(root, "coordinates"), k, c) ck_assert_str_eq(text_at(c, "verdict"), "PASS");
    json_decref(root);
}
END_TEST

START_TEST(test_every_activation_and_cost_passes)
{
    static const char *const lines[] = {"--sizes=3,4,2",
                                        "--network",
                                        "--sizes=3,4,3 --output=softmax",
                                        "--sizes=2,4,1 --activation=relu",
                                        "--sizes=2,4,1 --activation=gelu --output=identity --cost=sum_of_squares",
                                        "--sizes=2,3,3,1 --activation=leaky_relu,elu --skip=0,1,0 --no-bias",
                                        "--sizes=2,2 --weights=1,2,3,4 --biases=0.1,0.2 --inputs=1,-1 --targets=0,1",
                                        "--data=digits --row=3 --sizes=64,5,10 --activation=silu"};
    char line[300];
    snprintf(line, sizeof line, "chainrule check %s", lines[_i]);
    char *out = output_of(line);
    assert_has(out, "\nPASS: ");
    assert_readable(out, line);
    free(out);
}
END_TEST

START_TEST(test_planted_error_in_a_network_is_found_and_its_place_named)
{
    char *out = output_with("chainrule check --sizes=2,3,1 --activation=tanh --plant=tanh:1e-4", 3);
    assert_has(out, "a^1_1 of sample 1");
    assert_has(out, "\nFAIL: ");
    free(out);
    out = output_with("chainrule check --sizes=2,3,1 --plant=weighted_sum.1:drop", 3);
    assert_has(out, "weighted_sum");
    free(out);
    assert_fails("chainrule check --sizes=2,3,1 --plant=tanh:sign", 1,
                 "chainrule: --plant=tanh:sign: there is no tanh to spoil; there is: weighted_sum, add, sigmoid, ...");
}
END_TEST

START_TEST(test_model_is_checked_on_its_data)
{
    do_lines("chainrule train moons --hidden=4 --epochs=3 -q -o m.model");
    char *out = output_of("chainrule check m.model --data=moons"),
         *same = output_of("chainrule check --model=m.model --data=moons");
    assert_has(out, "Samples  10 from moons, rows 1 to 10\n");
    assert_has(out, "\nPASS: the tape's derivative is right by all 17 parameters");
    ck_assert_str_eq(out, same);
    free(out);
    free(same);
    out = output_of("chainrule check m.model --data=moons --row=499 --batch=5");
    assert_has(out, "Samples  2 from moons, rows 499 to 500\n");
    free(out);
    out = output_of("chainrule check m.model");
    assert_has(out, "Samples  1 drawn at random");
    free(out);
}
END_TEST

START_TEST(test_large_network_is_checked_by_a_random_choice_that_is_said)
{
    char *out = output_of("chainrule check --sizes=30,20,5 --most=25");
    assert_has(out, "(the worst 20 of 25 that were checked)");
    assert_has(out, "(25 of 725 parameters were checked, chosen at random by the seed 1: see --most)");
    free(out);
}
END_TEST

/* -------------------------------------------------------------------------------------------- load */

START_TEST(test_loaded_operation_is_checked_explained_and_differentiated)
{
    char *out = output_of("chainrule check --load=" CUSTOM_OP " 'bessel(0, x)^2' x=1");
    assert_has(out, "\nPASS: ");
    free(out);
    out = output_of("chainrule explain --load=" CUSTOM_OP " 'bessel(0, x)^2' x=1");
    assert_has(out, "bessel");
    free(out);
    out = output_of("chainrule diff --load=" CUSTOM_OP " 'bessel(0, x)' x");
    ck_assert_str_eq(out, "0.5 * (bessel(-1, x) - bessel(1, x))\n");
    free(out);
    out = output_with("chainrule check --load=" CUSTOM_OP " 'bessel(0, x)^2' x=1 --plant=bessel:1e-5", 3);
    assert_has(out, "look at bessel");
    free(out);
}
END_TEST

/* ---------------------------------------------------------------------------------------- messages */

static const struct {
    const char *line;
    int code;
    const char *err;
} failures[] = {
    {"chainrule check", 2,
     "chainrule check: a formula is missing, or a model's file, or an option of a network such as --sizes=2,3,1\n..."},
    {"chainrule check --frob", 2, "chainrule check: unrecognized option '--frob'\n..."},
    {"chainrule check x x=1 --method=magic", 2,
     "chainrule check: --method=magic: 'magic' is none of differences, complex, taylor, dot, nodes\n..."},
    {"chainrule check x x=1 --tolerance=0", 2, "chainrule check: --tolerance=0: expected a number above 0\n..."},
    {"chainrule check x x=1 --tolerance=-1", 2, "chainrule check: --tolerance=-1: expected a number above 0\n..."},
    {"chainrule check x x=1 --most=0", 2, "chainrule check: --most=0: expected a whole number from 1 up\n..."},
    {"chainrule check x x=1 --seed=x", 2, "chainrule check: --seed=x: expected a whole number from 0 to ..."},
    {"chainrule check --network --batch=0", 2, "chainrule check: --batch=0: expected a whole number from 1 up\n..."},
    {"chainrule check x x=1 --digits=0", 2, "chainrule check: --digits=0: expected a whole number from 1 to 17\n..."},
    {"chainrule check x x=1 --color=red", 2, "chainrule check: --color=red: expected auto, always or never\n..."},
    {"chainrule check x x=1 --plant=tanh", 2,
     "chainrule check: --plant=tanh: expected OP:ERROR, as in tanh:1e-5 or mul.2:sign\n..."},
    {"chainrule check x x=1 --plant=:sign", 2,
     "chainrule check: --plant=:sign: expected OP:ERROR, as in tanh:1e-5 or mul.2:sign\n..."},
    {"chainrule check x x=1 --plant=tanh:very", 2,
     "chainrule check: --plant=tanh:very: expected sign, drop, double or a relative error such as 1e-5 after the "
     "colon\n..."},
    {"chainrule check x x=1 --plant=tanh:0", 2, "chainrule check: --plant=tanh:0: expected sign, drop, double or ..."},
    {"chainrule check x x=1 --plant=tanh.2:sign", 2, "chainrule check: --plant=tanh.2:sign: tanh has 1 operand\n..."},
    {"chainrule check x x=1 --plant=mul.3:sign", 2, "chainrule check: --plant=mul.3:sign: mul has 2 operands\n..."},
    {"chainrule check x x=1 --plant=mul.0:sign", 2, "chainrule check: --plant=mul.0:sign: operands count from 1\n..."},
    {"chainrule check 'x*x' x=1 --plant=tanh:sign", 1,
     "chainrule: --plant=tanh:sign: there is no tanh to spoil; there is: mul\n"},
    {"chainrule check 'x*x' x=1 --plant=tahn:sign", 1,
     "chainrule: --plant=tahn:sign: there is no tahn to spoil; there is: mul\n"},
    {"chainrule check x x=1 --plant=tanh:sign", 1,
     "chainrule: --plant=tanh:sign: there is no tanh to spoil; there is: no operation at all\n"},
    {"chainrule check x x=1 --picture=a.gif", 2,
     "chainrule check: --picture=a.gif: expected the name of a file that ends in .png or .svg\n..."},
    {"chainrule check x x=1 --steps=y", 1, "chainrule: --steps=y: there is no leaf of this name\n"},
    {"chainrule check --sizes=2,1 --steps=y", 1, "chainrule: --steps=y: there is no parameter of this name\n"},
    {"chainrule check x x=1 --steps --no-steps", 2, "chainrule check: --steps and --no-steps exclude each other\n..."},
    {"chainrule check 'x*y' x=1 --sizes=2,1", 2, "chainrule check: --sizes is for networks, not for a formula\n..."},
    {"chainrule check 'x*y' x=1 --batch=2", 2, "chainrule check: --batch is for networks, not for a formula\n..."},
    {"chainrule check 'x*y' x=1", 1,
     "chainrule: column 3 of the formula: unknown name 'y'\n  x*y\n    ^\n"
     "chainrule: to give y a value, add it after the formula: y=1\n"},
    {"chainrule check '2 + 3'", 1,
     "chainrule: the formula is the constant 5: there is nothing to differentiate by.\n"
     "chainrule: use names and give them values, as in: chainrule check 'x^2' x=3\n"},
    {"chainrule check 'x*y' x", 2, "chainrule: 'x' is no NAME=VALUE; ..."},
    {"chainrule check 'z = x^2; z' x=1 --output=q", 1, "chainrule: --output=q: unknown name 'q'\n"},
    {"chainrule check none.model --data=digits", 1, "chainrule: none.model: No such file or directory\n"},
    {"chainrule check a.model --model=b.model", 2, "chainrule check: 'a.model': --model says already which\n..."},
    {"chainrule check --model=a.model --sizes=2,1", 2, "chainrule: --model and --sizes exclude each other\n"},
    {"chainrule check --sizes=2,1 --data=digits", 1, "chainrule: --data=digits has 64 inputs, the network 2\n"},
    {"chainrule check --sizes=2,1 --inputs=1,2 --batch=2", 2, "chainrule: --inputs and --batch exclude each other\n"},
    {"chainrule check --sizes=2", 2, "chainrule: --sizes: a network has at least two: ..."},
    {"chainrule check x x=1 --load=none.so", 1, "chainrule: --load=none.so: No such file or directory\n"},
    {"chainrule check x x=1 --load=.", 1, "chainrule: --load=.: this is not a file\n"},
    {"echo text >t.so; chainrule check x x=1 --load=t.so", 1, "chainrule: --load=t.so: this cannot be loaded: ..."},
    {"chainrule explain x x=1 --load=" LOADED_NOTHING, 1,
     "chainrule: --load=" LOADED_NOTHING ": it has no function chainrule_register\n"},
    {"chainrule diff x x --load=" LOADED_FAILING, 1,
     "chainrule: --load=" LOADED_FAILING ": chainrule_register failed: ad_register: ..."},
    {"chainrule check 'x^2' x=1 --no-steps >/dev/full", 1,
     "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_and_its_exit_code)
{
    assert_fails(failures[_i].line, failures[_i].code, failures[_i].err);
}
END_TEST

START_TEST(test_unused_value_is_warned_of)
{
    const result r = run("chainrule check --no-steps 'x^2' x=1 speed=3");
    ck_assert_int_eq(r.code, 0);
    ck_assert_str_eq(r.err, "chainrule: warning: speed is given a value, but the formula does not use it\n");
    release(r);
}
END_TEST

/* The examples of the help, but for the one that needs a model; the last one shows a wrong rule. */
START_TEST(test_examples_of_help_work_when_pasted)
{
    char *help = output_of("chainrule check --help");
    int examples = 0, wrong = 0;
    assert_readable(help, "the help");
    for (char *line = strtok(strstr(help, "Examples:"), "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "  chainrule ", 12) != 0 || has_text(line, ".model")) continue;
        const bool is_wrong = has_text(line, "--plant");
        free(output_with(line, is_wrong ? 3 : 0));
        examples++;
        wrong += is_wrong;
    }
    ck_assert_int_ge(examples, 7);
    ck_assert_int_eq(wrong, 1);
    free(help);
}
END_TEST

#define ALL(array) (sizeof(array) / sizeof *(array))

int main(void)
{
    find_command();
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("COLUMNS");
    Suite *suite = suite_create("check_command");
    add(suite, "verdicts", test_verdict_is_said_and_has_its_exit_code, ALL(verdicts));
    add(suite, "planted", test_planted_error_is_found_and_its_operation_named, SPOILT * ERRORS);
    add(suite, "one operand", test_planted_error_of_one_operand_leaves_the_others_alone, 1);
    add(suite, "methods", test_methods_are_those_asked_for, 5);
    add(suite, "taylor", test_right_gradient_has_taylor_slope_two_and_a_wrong_one_has_slope_one, 1);
    add(suite, "tolerance", test_tolerance_is_what_a_relative_error_may_be, 1);
    add(suite, "seed", test_same_seed_gives_the_same_output_and_another_seed_other_directions, 1);
    add(suite, "json", test_json_says_everything, 1);
    add(suite, "json steps", test_steps_in_json_fall_with_slope_two_to_the_best, 1);
    add(suite, "characters", test_plot_is_of_characters_that_the_locale_has, 1);
    add(suite, "widths", test_plot_fits_the_terminal, 6);
    add(suite, "plot", test_plot_is_where_it_is_wanted, 7);
    add(suite, "worst", test_plot_is_of_the_worst_leaf, 1);
    add(suite, "colours", test_colours_only_on_a_terminal_and_change_nothing_else, 1);
    if (have_terminal("a check"))
        add(suite, "terminal", test_terminal_has_colours_a_plot_of_its_width_and_a_line_while_it_waits, 1);
    add_in_directory(suite, "pictures", test_picture_is_written_whole, 1);
    add_in_directory(suite, "no picture", test_picture_that_cannot_be_written_is_said_before_anything_else, 1);
    add(suite, "network", test_network_is_checked_by_all_its_parameters, 1);
    add(suite, "networks", test_every_activation_and_cost_passes, 8);
    add(suite, "planted in networks", test_planted_error_in_a_network_is_found_and_its_place_named, 1);
    add_in_directory(suite, "model", test_model_is_checked_on_its_data, 1);
    add(suite, "most", test_large_network_is_checked_by_a_random_choice_that_is_said, 1);
    add(suite, "load", test_loaded_operation_is_checked_explained_and_differentiated, 1);
    add_in_directory(suite, "errors", test_error_has_its_message_and_its_exit_code, ALL(failures));
    add(suite, "warnings", test_unused_value_is_warned_of, 1);
    add_in_directory(suite, "help", test_examples_of_help_work_when_pasted, 1);
    return run_suite(suite);
}
