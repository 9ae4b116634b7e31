/* SPDX-License-Identifier: MIT */
/* `chainrule lesson`: the list, options, pauses, formats and messages; what holds for every lesson. */
#include "golden.h"
#include "lesson_json.h"
#include "run_suite.h"
#include "terminal.h"

#include <script.h>

static const char *text_in(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "there is no %s", key);
    return text;
}

/* ------------------------------------------------------------------------------------------ the list */

static const char *const lessons[] = {"paths", "wishes", "equations", "demon", "vanish", "neuron"};
enum { LESSONS = sizeof lessons / sizeof *lessons };

START_TEST(test_list_names_every_lesson_with_its_note)
{
    static const char *const notes[] = {"S0", "S1", "S2", "S2", "S2", "S3, S4"};
    char *text = output_of("chainrule lesson");
    json_t *list = json_of("chainrule lesson --json");
    ck_assert_uint_eq(json_array_size(list), LESSONS);
    for (size_t k = 0; k < LESSONS; k++) {
        char row[40];
        json_t *one = json_array_get(list, k);
        ck_assert_str_eq(text_in(one, "lesson"), lessons[k]);
        ck_assert_str_eq(text_in(one, "note"), notes[k]);
        ck_assert(*text_in(one, "summary") != '\0' && *text_in(one, "title") != '\0');
        snprintf(row, sizeof row, "  %-9s  %-6s  ", lessons[k], notes[k]);
        ck_assert_msg(strstr(text, row) != NULL, "%s in:\n%s", row, text);
    }
    assert_readable(text, "the list");
    json_decref(list);
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------- every lesson's JSON */

/* All numbers of a JSON value, with all digits. */
typedef struct numbers {
    double *x;
    size_t count;
} numbers;

static void gather(numbers *n, json_t *value)
{
    size_t k;
    const char *key;
    json_t *item;
    if (json_is_number(value)) {
        n->x = realloc(n->x, (n->count + 1) * sizeof *n->x);
        if (n->x == NULL) abort();
        n->x[n->count++] = json_number_value(value);
    }
    json_array_foreach(value, k, item) gather(n, item);
    json_object_foreach(value, key, item) gather(n, item);
}

static bool has_number(const numbers *n, shown_number shown)
{
    for (size_t k = 0; k < n->count; k++)
        if (fabs(fabs(n->x[k]) - fabs(shown.value)) <= 0.5001 * shown.unit) return true;
    return false;
}

/* Numbers with a decimal mark and a few digits are results; others may be indices, dates or exponents. */
static void assert_text_is_covered(const numbers *n, const char *text, const char *what)
{
    for (const char *at = text; *at != '\0';) {
        const size_t length = starts_number(text, at) ? number_length(at) : 0;
        const shown_number shown = number_in(at, length);
        if (length > 0 && memchr(at, '.', length) != NULL && shown.digits >= 3)
            ck_assert_msg(has_number(n, shown), "%s: %.*s is nowhere with all digits: %s", what, (int)length, at, text);
        at += length > 0 ? length : 1;
    }
}

/* What is shown is the number, rounded. */
static void assert_shown(json_t *value, const char *shown, const char *what)
{
    if (!json_is_number(value)) return;
    const shown_number x = number_in(shown, number_length(shown));
    ck_assert_msg(fabs(x.value - json_number_value(value)) <= 0.5001 * x.unit, "%s: %s is not %.17g", what, shown,
                  json_number_value(value));
}

static void check_table(const numbers *n, json_t *block, const char *name)
{
    ck_assert_msg(rows_of(block) > 0 && columns_in(block) > 0, "%s: an empty table", name);
    for (size_t row = 0; row < rows_of(block); row++) {
        ck_assert_uint_eq(json_array_size(json_array_get(json_object_get(block, "rows"), row)), columns_in(block));
        for (size_t k = 0; k < columns_in(block); k++) {
            json_t *one = cell_at(block, row, k), *value = json_object_get(one, "value");
            const char *kind = text_in(one, "kind"), *shown = text_in(one, "shown");
            const bool is_text = strcmp(kind, "text") == 0 || strcmp(kind, "math") == 0;
            ck_assert_msg(is_text == (value == NULL), "%s: a cell of %s", name, text_in(block, "key"));
            if (is_text) assert_text_is_covered(n, shown, name);
            else assert_shown(value, shown, name);
        }
    }
}

static void check_matrices(json_t *block, const char *name)
{
    size_t at, row, column;
    json_t *one, *entries, *entry;
    json_array_foreach(json_object_get(block, "terms"), at, one)
    {
        json_t *shown = json_object_get(one, "shown");
        if (json_object_get(one, "math") != NULL) continue;
        ck_assert_uint_eq(json_array_size(json_object_get(one, "rows")), json_array_size(shown));
        json_array_foreach(json_object_get(one, "rows"), row, entries) json_array_foreach(entries, column, entry)
            assert_shown(entry, json_string_value(json_array_get(json_array_get(shown, row), column)), name);
    }
}

static void check_plot(json_t *block, const char *name)
{
    size_t at;
    json_t *one;
    ck_assert_uint_gt(json_array_size(json_object_get(block, "curves")), 0);
    json_array_foreach(json_object_get(block, "curves"), at, one)
    {
        const size_t points = json_array_size(json_object_get(one, "x"));
        ck_assert_msg(points > 0 && points == json_array_size(json_object_get(one, "y")), "%s: a curve", name);
    }
}

static void check_block(const numbers *n, json_t *block, const char *name)
{
    const char *kind = text_in(block, "kind");
    if (strcmp(kind, "table") == 0) check_table(n, block, name);
    else if (strcmp(kind, "matrices") == 0) check_matrices(block, name);
    else if (strcmp(kind, "plot") == 0) check_plot(block, name);
    else assert_text_is_covered(n, text_in(block, "text"), name);
}

static bool same_text(json_t *a, json_t *b, const char *key)
{
    const char *x = json_string_value(json_object_get(a, key)), *y = json_string_value(json_object_get(b, key));
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* Keys name blocks that programs look for; a plot may have that of the table which it draws. */
static void assert_keys_are_unlike(json_t *all, const char *name)
{
    json_t *blocks = json_object_get(all, "blocks");
    for (size_t k = 0; k < json_array_size(blocks); k++)
        for (size_t m = 0; m < k; m++) {
            json_t *one = json_array_get(blocks, k), *other = json_array_get(blocks, m);
            ck_assert_msg(!same_text(one, other, "key") || !same_text(one, other, "kind"), "%s: two blocks are %s",
                          name, json_string_value(json_object_get(one, "key")));
        }
}

START_TEST(test_json_has_every_number_of_the_lesson_with_all_digits)
{
    char line[80];
    size_t k;
    json_t *block, *check;
    numbers n = {0};
    snprintf(line, sizeof line, "chainrule lesson %s --json", lessons[_i]);
    json_t *all = lesson_json(line);
    ck_assert_str_eq(text_in(all, "lesson"), lessons[_i]);
    gather(&n, all);
    json_array_foreach(json_object_get(all, "blocks"), k, block) check_block(&n, block, lessons[_i]);
    ck_assert_uint_gt(json_array_size(json_object_get(all, "checks")), 0);
    json_array_foreach(json_object_get(all, "checks"), k, check)
    {
        ck_assert(json_is_true(json_object_get(check, "agrees")));
        ck_assert(json_integer_value(json_object_get(check, "numbers")) > 0);
    }
    assert_keys_are_unlike(all, lessons[_i]);
    free(n.x);
    json_decref(all);
}
END_TEST

/* -------------------------------------------------------------------------------------------- text */

/* The words of a text, whatever the lines: each must follow the one before. */
static const char *find_words(const char *text, const char *words)
{
    while (*words != '\0') {
        const size_t n = strcspn(words, " ");
        while (*text == ' ' || *text == '\n') text++;
        if (strncmp(text, words, n) != 0) return NULL;
        text += n;
        words += n + strspn(words + n, " ");
    }
    return text;
}

static const char *behind_words(const char *text, const char *words)
{
    for (; *text != '\0'; text++) {
        const char *end = find_words(text, words);
        if (end != NULL) return end;
    }
    return NULL;
}

START_TEST(test_text_has_the_paragraphs_of_the_json_in_order)
{
    char line[80];
    size_t k;
    json_t *block;
    snprintf(line, sizeof line, "chainrule lesson %s --json", lessons[_i]);
    json_t *all = lesson_json(line);
    snprintf(line, sizeof line, "chainrule lesson %s", lessons[_i]);
    char *text = output_of(line);
    const char *at = behind_words(text, text_in(all, "title"));
    ck_assert_ptr_nonnull(at);
    json_array_foreach(json_object_get(all, "blocks"), k, block)
    {
        const char *words = json_string_value(json_object_get(block, "text"));
        if (words == NULL) continue;
        at = behind_words(at, words);
        ck_assert_msg(at != NULL, "%s: missing, or in another order: %s", line, words);
    }
    ck_assert_ptr_nonnull(behind_words(at, "Checked"));
    json_decref(all);
    free(text);
}
END_TEST

START_TEST(test_readable_at_80_columns)
{
    static const char *const options[] = {"", "--digits=17", "--digits=1"};
    char line[100];
    snprintf(line, sizeof line, "chainrule lesson %s %s", lessons[_i / 3], options[_i % 3]);
    assert_prints_readable(line);
}
END_TEST

START_TEST(test_colours_change_nothing_else)
{
    char line[100];
    snprintf(line, sizeof line, "chainrule lesson %s", lessons[_i]);
    char *plain = output_of(line);
    snprintf(line, sizeof line, "chainrule lesson %s --color=always", lessons[_i]);
    char *coloured = output_of(line);
    ck_assert_str_ne(plain, coloured);
    strip_colours(coloured);
    ck_assert_str_eq(plain, coloured);
    free(coloured);
    free(plain);
}
END_TEST

START_TEST(test_help_teaches_the_options)
{
    static const char *const parts[] = {
        "--no-pause",       "--unit=L,J", "--depth=N",   "--batch=N",         "--rate=ETA",
        "--sizes=LIST",     "--json",     "--html=FILE", "S3 row-minus-bias", "Examples:\n  chainrule lesson\n",
        "3 a check failed."};
    char *text = output_of("chainrule lesson --help");
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        ck_assert_msg(strstr(text, parts[k]) != NULL, "no %s", parts[k]);
    assert_readable(text, "--help");
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------- pauses */

static const char prompt[] = "(think, then press Enter; q ends)";

static size_t questions_of(const char *lesson)
{
    char line[80];
    size_t k, count = 0;
    json_t *block;
    snprintf(line, sizeof line, "chainrule lesson %s --json", lesson);
    json_t *all = lesson_json(line);
    json_array_foreach(json_object_get(all, "blocks"), k, block) count +=
        strcmp(text_in(block, "kind"), "question") == 0;
    json_decref(all);
    return count;
}

START_TEST(test_lesson_waits_after_each_question_until_enter_is_pressed)
{
    if (!have_terminal("pauses")) return;
    char line[80];
    const size_t questions = questions_of(lessons[_i]);
    ck_assert_msg(questions >= 2, "%s asks too little", lessons[_i]);
    snprintf(line, sizeof line, "chainrule lesson %s", lessons[_i]);
    session s = begin_session(line);
    for (size_t k = 1; k <= questions; k++) {
        read_until(&s, prompt, k);
        const size_t size = s.size;
        read_until_quiet(&s, 150);
        ck_assert_msg(strlen(strrchr(s.text, '?')) < 700, "it went on: %s", s.text + size);
        ck_assert_ptr_null(strstr(s.text, "Checked"));
        type(&s, "\n");
    }
    ck_assert_int_eq(end_session(&s), 0);
    ck_assert_ptr_nonnull(strstr(s.text, "Checked"));
    free(s.text);
}
END_TEST

START_TEST(test_lesson_ends_politely_by_q_or_the_end_of_input)
{
    static const char *const keys[] = {"q\n", "\004"};
    if (!have_terminal("pauses")) return;
    session s = begin_session("chainrule lesson paths");
    read_until(&s, prompt, 1);
    type(&s, keys[_i]);
    ck_assert_int_eq(end_session(&s), 0);
    ck_assert_ptr_nonnull(strstr(s.text, "\r\nUntil next time.\r\n"));
    ck_assert_ptr_null(strstr(s.text, "Layer by layer"));
    ck_assert_ptr_null(strstr(s.text, "Checked"));
    free(s.text);
}
END_TEST

START_TEST(test_nothing_pauses_away_from_a_terminal_or_where_told_not_to)
{
    static const char *const lines[] = {"chainrule lesson paths --no-pause", "chainrule lesson paths </dev/null",
                                        "chainrule lesson paths | cat", "chainrule lesson paths --json"};
    if (!have_terminal("no pauses")) return;
    char *text = on_terminal(lines[_i], 80);
    ck_assert_ptr_null(strstr(text, prompt));
    ck_assert_ptr_nonnull(strstr(text, _i == 3 ? "\"checks\"" : "Checked"));
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------- the page */

START_TEST(test_page_has_the_lesson_and_says_nothing)
{
    char *out = output_of("f=$(mktemp) && chainrule lesson neuron --html=$f && cat $f && rm $f");
    ck_assert_int_eq(strncmp(out, "<!doctype html>", 15), 0);
    ck_assert_ptr_nonnull(strstr(out, "Mazur"));
    free(out);
}
END_TEST

START_TEST(test_graph_is_that_of_the_lessons_network)
{
    char *dot = output_of("chainrule lesson neuron --dot");
    ck_assert_int_eq(strncmp(dot, "digraph ", 8), 0);
    ck_assert_ptr_nonnull(strstr(dot, "w<sub>13</sub>"));
    char *both = output_of("f=$(mktemp) && chainrule lesson neuron --dot=$f && cat $f && rm $f");
    ck_assert_ptr_nonnull(strstr(both, "\nChecked\n"));
    ck_assert_ptr_nonnull(strstr(both, dot));
    free(both);
    free(dot);
}
END_TEST

/* ------------------------------------------------------------------------------- a check that fails */

static char *shown_of(const script *s)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    setlocale(LC_CTYPE, "C.UTF-8");
    ck_assert(script_print_text(to, s, false));
    fclose(to);
    return text;
}

START_TEST(test_check_that_fails_is_said)
{
    static const double differences[] = {2e-12, NAN, INFINITY};
    script *s = script_new("test", "A test", 4);
    script_checked(s, "one thing beside itself", 3, 0, 0);
    ck_assert(script_agrees(s));
    script_checked(s, "this beside that", 5, differences[_i], 1e-12);
    ck_assert(!script_agrees(s));
    char *text = shown_of(s);
    ck_assert_ptr_nonnull(strstr(text, "  one thing beside itself: 3 numbers are exactly the same.\n"));
    ck_assert_ptr_nonnull(strstr(text, "  this beside that: 5 numbers do NOT agree; the largest difference is "));
    ck_assert_ptr_nonnull(strstr(text, "\n  Not all of these 8 numbers agree.\n"));
    json_t *all = script_json(s);
    ck_assert(json_is_false(json_object_get(all, "agrees")));
    json_decref(all);
    free(text);
    script_free(s);
}
END_TEST

START_TEST(test_check_at_its_limit_is_passed)
{
    script *s = script_new("test", "A test", 4);
    script_checked(s, "this beside that", 1, 1e-12, 1e-12);
    ck_assert(script_agrees(s));
    char *text = shown_of(s);
    ck_assert_ptr_nonnull(
        behind_words(text, "this beside that: 1 number agrees; the largest difference is 1.0e-12 (1e-12 is allowed)."));
    free(text);
    script_free(s);
}
END_TEST

/* ----------------------------------------------------------------------------------------- matrices */

START_TEST(test_matrices_stand_side_by_side)
{
    static const double column[] = {0.5, -1.25, 10}, row[] = {1, 2};
    script *s = script_new("test", "A test", 4);
    script_matrices(s, "product", (term[]){{.math = "x ="}, {NULL, 3, 1, column}, {NULL, 1, 2, row}}, 3);
    script_checked(s, "nothing", 1, 0, 0);
    char *text = shown_of(s);
    ck_assert_ptr_nonnull(strstr(text, "      ⎡ 0.5 ⎤\n"
                                       "  x = ⎢-1.25⎥ [1  2]\n"
                                       "      ⎣10   ⎦\n"));
    free(text);
    script_free(s);
}
END_TEST

START_TEST(test_large_matrix_shows_its_corners)
{
    double *x = malloc(100 * sizeof *x);
    for (size_t k = 0; k < 100; k++) x[k] = (double)k;
    script *s = script_new("test", "A test", 4);
    script_matrices(s, "large", (term[]){{NULL, 10, 10, x}}, 1);
    char *text = shown_of(s);
    ck_assert_ptr_nonnull(strstr(text, "\n  ⎡ 0   1   2   3  …   9⎤\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  ⎣90  91  92  93  …  99⎦\n"));
    json_t *all = script_json(s);
    ck_assert(entry_at(matrix_of(block_of(all, "large"), 0), 7, 7) == 77);
    json_decref(all);
    free(text);
    script_free(s);
    free(x);
}
END_TEST

/* ---------------------------------------------------------------------------------------- messages */

static const failure failures[] = {
    {"foo", 2, "chainrule: there is no lesson 'foo'; there are paths, wishes, equations, demon, vanish, neuron\n"},
    {"''", 2, "chainrule: there is no lesson ''; there are ..."},
    {"paths neuron", 2, "chainrule lesson: one lesson at a time: 'neuron' is one too many\n..."},
    {"--frob", 2, "chainrule lesson: unrecognized option '--frob'\n..."},
    {"paths --batch=3", 2, "chainrule: lesson paths has no --batch\n"},
    {"paths --rate=1", 2, "chainrule: lesson paths has no --rate\n"},
    {"neuron --unit=2,1", 2, "chainrule: lesson neuron has no --unit\n"},
    {"neuron --depth=2", 2, "chainrule: lesson neuron has no --depth\n"},
    {"paths --unit=2", 2, "chainrule lesson: --unit=2: expected a layer and a unit, as in 2,1\n..."},
    {"paths --unit=2,x", 2, "chainrule lesson: --unit=x: expected a whole number from 1 to 1000000\n..."},
    {"paths --unit=0,1", 2, "chainrule lesson: --unit=0: expected a whole number from 1 to 1000000\n..."},
    {"paths --unit=1,1", 2,
     "chainrule: --unit=1,1: there is no z^(1); the input is layer 1, and the last layer is 4\n"},
    {"paths --unit=5,1", 2, "chainrule: --unit=5,1: there is no z^(5); ..."},
    {"paths --unit=2,3", 2, "chainrule: --unit=2,3: layer 2 has 2 units\n"},
    {"paths --depth=21", 2, "chainrule: --depth=21: lesson paths goes to 20\n"},
    {"paths --depth=0", 2, "chainrule lesson: --depth=0: expected a whole number from 1 to 1000000\n..."},
    {"wishes --batch=0", 2, "chainrule lesson: --batch=0: expected a whole number from 1 to 1000000\n..."},
    {"neuron --rate=0", 2, "chainrule lesson: --rate=0: expected a number above 0\n..."},
    {"neuron --rate=x", 2, "chainrule lesson: --rate=x: expected a number above 0\n..."},
    {"paths --digits=18", 2, "chainrule lesson: --digits=18: expected a whole number from 1 to 17\n..."},
    {"paths --json --html=x.html", 2, "chainrule lesson: --json and --html exclude each other\n..."},
    {"paths --json --dot", 2, "chainrule lesson: --json and --dot exclude each other\n..."},
    {"--html=x.html", 2, "chainrule lesson: --html needs a lesson\n..."},
    {"--svg=x.svg", 2, "chainrule lesson: --svg needs a lesson\n..."},
    {"vanish --dot", 2, "chainrule: lesson vanish has no --dot\n"},
    {"vanish --sizes=2,1", 2, "chainrule: lesson vanish has no --sizes\n"},
    {"vanish --output=tanh", 2, "chainrule: lesson vanish has no --output\n"},
    {"paths --html=/nowhere/x.html", 1, "chainrule: /nowhere/x.html: No such file or directory\n"},
    {"paths --color=red", 2, "chainrule lesson: --color=red: expected auto, always or never\n..."},
    {"paths --lang=xx", 2, "chainrule lesson: --lang=xx: expected en or zh\n..."},
    {"paths --sizes=2,x,1", 2, "chainrule: --sizes: 'x' is no number; ..."},
    {"paths --cost=sum_of_squares", 1, "chainrule: the convention logistic needs a matched pair: ..."},
    {"paths --inputs=1", 2, "chainrule: --inputs: 1 number is given, but 2 needed: one for each input\n"},
    {"paths --weights=1,2", 2, "chainrule: --weights: 2 numbers are given, but 10 needed: ..."},
    {"neuron --skip=0,1", 1, "chainrule: the convention row-minus-bias has no skip connections, ..."},
    {"neuron --output=softmax", 1, "chainrule: the convention per-neuron needs the cost half_sum_of_squares; ..."},
    {"neuron --model=/nowhere", 1, "chainrule: /nowhere: No such file or directory\n"},
    {"neuron --inputs=1e308,1e308 --weights=1e10,1,1,1,1,1,1,1", 1, "chainrule: z^1_1 of sample 1 is inf\n"},
    {"paths >/dev/full", 1, "chainrule: cannot write the output: No space left on device\n"},
};

START_TEST(test_error_has_its_message_its_exit_code_and_no_output) { assert_refuses("lesson", &failures[_i]); }
END_TEST

/* ------------------------------------------------------------------------------------------ suite */

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson");
    add(suite, "list", test_list_names_every_lesson_with_its_note, 1);
    add(suite, "json", test_json_has_every_number_of_the_lesson_with_all_digits, LESSONS);
    add(suite, "text", test_text_has_the_paragraphs_of_the_json_in_order, LESSONS);
    add(suite, "readable", test_readable_at_80_columns, 3 * LESSONS);
    add(suite, "colours", test_colours_change_nothing_else, LESSONS);
    add(suite, "help", test_help_teaches_the_options, 1);
    add(suite, "pauses", test_lesson_waits_after_each_question_until_enter_is_pressed, LESSONS);
    add(suite, "going away", test_lesson_ends_politely_by_q_or_the_end_of_input, 2);
    add(suite, "no pauses", test_nothing_pauses_away_from_a_terminal_or_where_told_not_to, 4);
    add(suite, "page", test_page_has_the_lesson_and_says_nothing, 1);
    add(suite, "graph", test_graph_is_that_of_the_lessons_network, 1);
    add(suite, "a check that fails", test_check_that_fails_is_said, 3);
    add(suite, "a check at its limit", test_check_at_its_limit_is_passed, 1);
    add(suite, "matrices", test_matrices_stand_side_by_side, 1);
    add(suite, "large matrices", test_large_matrix_shows_its_corners, 1);
    add(suite, "errors", test_error_has_its_message_its_exit_code_and_no_output, sizeof failures / sizeof *failures);
    return run_suite(suite);
}
