/* SPDX-License-Identifier: MIT */
/* What the tests of `chainrule train`, `predict` and `info` share. Each test runs in a fresh directory. */
#ifndef TESTS_TRAIN_COMMAND_H
#define TESTS_TRAIN_COMMAND_H

#include "command_json.h"
#include "model_files.h"

/* Runs lines that must succeed, whatever they print; what they print is lost. */
static inline void do_lines(const char *lines)
{
    const result r = run(lines);
    ck_assert_msg(r.code == 0, "%s\nexit code %d\n%s", lines, r.code, r.err);
    release(r);
}

/* The number at the end of a path of keys: "result accuracy". */
static inline double number_at(json_t *root, const char *path)
{
    char keys[200], *rest = keys;
    snprintf(keys, sizeof keys, "%s", path);
    for (const char *key; (key = strsep(&rest, " ")) != NULL;) {
        root = json_object_get(root, key);
        ck_assert_msg(root != NULL, "there is no %s", path);
    }
    ck_assert_msg(json_is_number(root), "%s is not a number", path);
    return json_number_value(root);
}

static inline bool has_text(const char *text, const char *part) { return strstr(text, part) != NULL; }

#define assert_has(text, part) ck_assert_msg(has_text(text, part), "'%s' is not in:\n%s", part, text)

/* A TCase in which each test has a directory of its own. */
static inline void add_in_directory(Suite *suite, const char *name, const TTest *test, size_t cases)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
    tcase_add_loop_test(tcase, test, 0, (int)cases);
    suite_add_tcase(suite, tcase);
}

/* ------------------------------------------------------------------------------------------ data */

/* A table of numbers from a generator: column `y` is 3 a - 2 b + 5, `size` a class of it. */
static inline void write_table(const char *path, int rows)
{
    generator g = {7};
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("id,a,b,y,size\n", file);
    for (int k = 0; k < rows; k++) {
        const double a = uniform(&g, -1, 1), b = uniform(&g, -1, 1), y = 3 * a - 2 * b + 5;
        fprintf(file, "%d,%.4f,%.4f,%.4f,%s\n", k + 1, a, b, y,
                y < 4   ? "small"
                : y < 6 ? "\"middle, so so\""
                        : "large");
    }
    ck_assert_int_eq(fclose(file), 0);
}

#endif
