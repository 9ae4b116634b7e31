/* SPDX-License-Identifier: MIT */
/* Where lines end, in English and in Chinese, whose characters are twice as wide; and tables of such texts. */
#include "command.h"
#include "print.h"
#include "run_suite.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static char *wrapped(const char *text, size_t column, size_t indent)
{
    draft t;
    draft_begin(&t);
    put_wrapped(t.to, text, column, indent);
    return draft_done(&t);
}

/* Twice as many columns as characters. */
#define TEN "一二三四五六七八九十"
#define FORTY TEN TEN TEN TEN

static const struct wrapping {
    const char *text, *lines;
} wrappings[] = {
    {FORTY, FORTY},
    {FORTY "百", FORTY "\n百"},
    {"a" FORTY, "a" TEN TEN TEN "一二三四五六七八九\n十"},
    /* Not before a comma, not after a parenthesis. */
    {FORTY "，百", TEN TEN TEN "一二三四五六七八九\n十，百"},
    {FORTY "。", TEN TEN TEN "一二三四五六七八九\n十。"},
    {TEN TEN TEN "一二三四五六七八九（百", TEN TEN TEN "一二三四五六七八九\n（百"},
    {TEN TEN TEN "一二三四五六七八（“百”", TEN TEN TEN "一二三四五六七八\n（“百”"},
    {TEN TEN TEN "一二三四五六七八九 5%", TEN TEN TEN "一二三四五六七八九\n5%"},
    /* Words stay whole; a line may end at a space, which goes. */
    {TEN TEN TEN "一二三四五六七 sigmoid 百", TEN TEN TEN "一二三四五六七\nsigmoid 百"},
    {FORTY " 百", FORTY "\n百"},
    {TEN TEN TEN "一二三四五六，sigmoid", TEN TEN TEN "一二三四五六，\nsigmoid"},
    /* English as ever. */
    {"one two", "one two"},
    {"aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb cc",
     "aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb\ncc"},
    {"aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbbb.",
     "aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa bbbbbbbbb aaaaaaaaa\nbbbbbbbbbb."},
};

START_TEST(test_lines_end_where_they_may)
{
    char *found = wrapped(wrappings[_i].text, 0, 0);
    ck_assert_str_eq(found, wrappings[_i].lines);
    free(found);
}
END_TEST

static const char *const pieces[] = {"权重", "偏置", "的",  "，", "。", "（", "）",
                                     " ",    " w ",  "δ^l", "3",  "%",  "“",  "”"};

/* Random texts: nothing gets lost, no line is too long, none begins with a comma or ends with a parenthesis. */
START_TEST(test_random_texts_are_wrapped_well)
{
    srand((unsigned)_i + 1);
    draft t;
    draft_begin(&t);
    for (int k = 0; k < 150; k++) fputs(pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)], t.to);
    char *text = draft_done(&t), *found = wrapped(text, 0, 4), *from = text;
    for (char *line = strtok(found, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *own = line + (line == found ? 0 : 4);
        ck_assert_msg(width_of(line) <= 80, "%s", line);
        ck_assert_msg(strncmp(own, from, strlen(own)) == 0, "expected %s, found %s", from, own);
        from += strlen(own);
        const bool is_at_space = *from == ' ';
        from += strspn(from, " ");
        if (*from == '\0' || is_at_space) continue;
        ck_assert_msg(strncmp(from, "，", 3) != 0 && strncmp(from, "。", 3) != 0 && strncmp(from, "）", 3) != 0, "%s",
                      from);
        ck_assert_msg(strlen(own) < 3 || strcmp(own + strlen(own) - 3, "（") != 0, "%s", own);
    }
    ck_assert_str_eq(from, "");
    free(found);
    free(text);
}
END_TEST

/* --------------------------------------------------------------------------------------- tables */

static size_t column_of(const char *line, const char *what)
{
    const char *at = strstr(line, what);
    ck_assert_msg(at != NULL, "no %s in %s", what, line);
    char *before = formatted("%.*s", (int)(at - line), line);
    const size_t column = width_of(before);
    free(before);
    return column;
}

START_TEST(test_columns_of_a_table_stand_below_each_other)
{
    static const char *const heads[] = {"节点", "激活值", "说明"};
    static const bool is_number[] = {false, true, false};
    table t = {.columns = 3, .heads = heads, .is_number = is_number, .wrapped = 2};
    table_add(&t, (char *[]){copied("输入"), copied("-0.5"), copied(FORTY "百")});
    table_add(&t, (char *[]){copied("a"), copied("10.25"), copied("甲")});
    draft d;
    draft_begin(&d);
    table_print(&t, d.to);
    char *out = draft_done(&d), *lines[5];
    size_t n = 0;
    for (char *line = strtok(out, "\n"); line != NULL && n < 5; line = strtok(NULL, "\n")) lines[n++] = line;
    ck_assert_uint_eq(n, 4);
    ck_assert_uint_eq(column_of(lines[0], "激活值"), 8);
    ck_assert_uint_eq(column_of(lines[1], "-0.5"), 8);
    ck_assert_uint_eq(column_of(lines[3], "10.25"), 8);
    ck_assert_uint_eq(column_of(lines[0], "说明"), column_of(lines[1], "一"));
    ck_assert_uint_eq(column_of(lines[0], "说明"), column_of(lines[3], "甲"));
    ck_assert_uint_eq(column_of(lines[2], lines[2] + strspn(lines[2], " ")), column_of(lines[0], "说明"));
    for (size_t k = 0; k < n; k++) ck_assert_uint_le(width_of(lines[k]), 80);
    free(out);
}
END_TEST

START_TEST(test_what_is_too_wide_for_a_table_is_listed_in_two_columns)
{
    static const char *const heads[] = {"节点", "说明"};
    static const bool is_number[] = {false, false};
    table t = {.columns = 2, .heads = heads, .is_number = is_number, .wrapped = 2};
    table_add(&t, (char *[]){copied("输入"), copied(FORTY "百")});
    draft d;
    draft_begin(&d);
    table_print(&t, d.to);
    char *out = draft_done(&d);
    ck_assert_str_eq(out, "  节点    输入\n"
                          "    说明  " TEN TEN TEN "一二三四五\n"
                          "          六七八九十百\n");
    free(out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrapping");
    setlocale(LC_CTYPE, "C.UTF-8");
    add(suite, "lines", test_lines_end_where_they_may, sizeof wrappings / sizeof *wrappings);
    add(suite, "random", test_random_texts_are_wrapped_well, 200);
    add(suite, "table", test_columns_of_a_table_stand_below_each_other, 1);
    add(suite, "list", test_what_is_too_wide_for_a_table_is_listed_in_two_columns, 1);
    return run_suite(suite);
}
