/* SPDX-License-Identifier: MIT */
/* Pages as the command writes them, and the data in them. */
#ifndef TESTS_PAGE_FILES_H
#define TESTS_PAGE_FILES_H

#include "test_command.h"

#include <jansson.h>

#define MAZUR                                                                                            \
    "--sizes=2,2,2 --weights=.15,.20,.25,.30,.40,.45,.50,.55 --biases=.35,.35,.60,.60 --inputs=.05,.10 " \
    "--targets=.01,.99"

static char folder[] = "/tmp/chainrule-page-XXXXXX";
static char path[64];

static void make_folder(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/page.html", folder);
}

static void remove_folder(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -r %s", folder);
    ck_assert_int_eq(system(line), 0);
}

static inline char *html_at(const char *file)
{
    FILE *from = fopen(file, "rb");
    ck_assert_msg(from != NULL, "there is no %s", file);
    return whole_of(from);
}

/* What the command writes with these arguments. */
static inline char *html_of(const char *arguments)
{
    char line[2048];
    snprintf(line, sizeof line, "chainrule %s --html=%s", arguments, path);
    char *out = output_of(line);
    ck_assert_str_eq(out, "");
    free(out);
    return html_at(path);
}

static inline json_t *parsed(const char *text, size_t length)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, 0, &error);
    ck_assert_msg(json != NULL, "column %d: %s", error.column, error.text);
    return json;
}

/* The data that are in the page, as a browser finds them: up to the next end of a script. */
static inline json_t *data_of(const char *html)
{
    static const char mark[] = "<script type=\"application/json\" id=\"data\">";
    const char *begin = strstr(html, mark);
    ck_assert_ptr_nonnull(begin);
    begin += strlen(mark);
    return parsed(begin, (size_t)(strstr(begin, "</script") - begin));
}

static inline json_t *data_from(const char *arguments)
{
    char *html = html_of(arguments);
    json_t *data = data_of(html);
    free(html);
    return data;
}

static inline json_t *json_from(const char *arguments)
{
    char line[2048];
    snprintf(line, sizeof line, "chainrule %s --json", arguments);
    char *out = output_of(line);
    json_t *json = parsed(out, strlen(out));
    free(out);
    return json;
}

static inline json_t *at(json_t *object, const char *key) { return json_object_get(object, key); }

static const char *const explained[] = {
    "explain 'sigmoid(w0*x0 + w1*x1 + w2)' w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
    "explain 'z = w*x + b; y = tanh(z)*z + x/z + z^2' w=.5 x=2 b=-.3",
    "explain 'relu(a) + max(a, b) + 0*c + a*a*a' a=0 b=0 c=3",
    "explain 'sum(a, b, a, 2, b*b, a) + log(0*a + 1)' a=2 b=-1e-7",
    "explain 'z = log(a); y = z*b' a=0 b=2",
    "explain --by=node " MAZUR,
    "explain --by=node --convention=row-minus-bias --sizes=3,5,4,3",
    "explain --by=node --convention=logistic --sizes=6,5,5,1",
    "explain --by=node --output=softmax --sizes=4,3",
};
enum { EXPLAINED = sizeof explained / sizeof *explained };

static inline size_t count_of(const char *html, const char *what)
{
    size_t n = 0;
    for (const char *found = html; (found = strstr(found, what)) != NULL; found++) n++;
    return n;
}

static void add_to(Suite *suite, const char *name, const TTest *test, size_t cases)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, test, 0, (int)cases);
    suite_add_tcase(suite, tcase);
}

#endif
