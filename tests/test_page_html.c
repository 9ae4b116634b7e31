/* SPDX-License-Identifier: MIT */
/* Pages of HTML: that nothing is fetched, that names cannot become markup, and that no words stand outside the
 * catalogue. */
#include "page_files.h"
#include "run_suite.h"

#include <page.h>

#include <ctype.h>

/* ---------------------------------------------------------------------------------------- safety */

START_TEST(test_nothing_is_fetched)
{
    static const char *const never[] = {"<script src", "<link",   "@import", "url(", "fetch(", "XMLHttpRequest",
                                        "import(",     "<iframe", "<img",    "src=", "https:", "WebSocket"};
    char *html = html_of(explained[_i]);
    for (size_t k = 0; k < sizeof never / sizeof *never; k++)
        ck_assert_msg(strstr(html, never[k]) == NULL, "there is %s", never[k]);
    for (const char *found = html; (found = strstr(found, "http:")) != NULL; found++)
        ck_assert_msg(strncmp(found, "http://www.w3.org/2000/svg", 26) == 0, "%.60s", found);
    ck_assert_ptr_nonnull(strstr(
        html, "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "));
    free(html);
}
END_TEST

START_TEST(test_hostile_names_stay_names)
{
    static const char *const names[] = {"</script><b>x</b>", "\"'&<>", "<!-- <script>", "名字", "a]]>b",
                                        "\\u003c/script>"};
    ad_tape *tape = ad_tape_new();
    const ad_var x = ad_leaf(tape, 2), y = ad_mul(x, ad_leaf(tape, 3));
    explanation e;
    explain(&e, names[_i], y, false);
    e.nodes[0].name = e.nodes[0].label = names[_i];
    const page p = {.title = names[_i], .graph = &e, .digits = 4};
    ck_assert(page_write(path, &p));
    char *html = html_at(path);
    ck_assert_uint_eq(count_of(html, "<script"), count_of(html, "</script>"));
    ck_assert_ptr_null(strstr(html, "<b>x</b>"));
    ck_assert_ptr_null(strstr(html, "<!-- <"));
    json_t *data = data_of(html), *n = json_array_get(at(at(data, "graph"), "nodes"), 0);
    ck_assert_str_eq(json_string_value(at(n, "label")), names[_i]);
    ck_assert_str_eq(json_string_value(at(at(data, "graph"), "formula")), names[_i]);
    ck_assert_ptr_null(strstr(json_string_value(at(n, "math")), "<b>"));
    ck_assert_ptr_null(strstr(json_string_value(at(n, "math")), "<script>"));
    json_decref(data);
    free(html);
    explanation_free(&e);
    ad_tape_free(tape);
}
END_TEST

/* -------------------------------------------------------------------------------------------- HTML */

static bool is_void(const char *name, size_t length)
{
    static const char *const names[] = {"!doctype", "!--"};
    for (size_t k = 0; k < 2; k++)
        if (strlen(names[k]) == length && strncmp(names[k], name, length) == 0) return true;
    return false;
}

/* Where the element that begins here ends its start tag; quoted values may hold >. */
static const char *end_of_tag(const char *s)
{
    bool is_quoted = false;
    for (; *s != '>' || is_quoted; s++) {
        ck_assert_int_ne(*s, '\0');
        if (*s == '"') is_quoted = !is_quoted;
    }
    return s;
}

static const char *after_text_element(const char *s, const char *name, size_t length)
{
    char end[32];
    if (strncmp(name, "script", length) != 0 && strncmp(name, "style", length) != 0) return s;
    snprintf(end, sizeof end, "</%.*s>", (int)length, name);
    s = strstr(s, end);
    ck_assert_ptr_nonnull(s);
    return s;
}

START_TEST(test_elements_are_closed_in_order)
{
    char *html = html_of(explained[0]), open[64][16];
    size_t depth = 0;
    for (const char *s = html; (s = strchr(s, '<')) != NULL;) {
        const bool is_end = s[1] == '/';
        const char *name = s + 1 + is_end, *end = end_of_tag(s);
        const size_t length = strcspn(name, " >/\n");
        ck_assert_uint_lt(length, 16);
        s = end + 1;
        if (is_end) {
            ck_assert_uint_gt(depth, 0);
            depth--;
            ck_assert_msg(strlen(open[depth]) == length && strncmp(open[depth], name, length) == 0,
                          "%s is closed by %.*s", open[depth], (int)length, name);
        } else if (!is_void(name, length) && end[-1] != '/') {
            ck_assert_uint_lt(depth, 64);
            snprintf(open[depth++], 16, "%.*s", (int)length, name);
            s = after_text_element(s, name, length);
        }
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_int_eq(strncmp(html, "<!doctype html>", 15), 0);
    ck_assert_ptr_nonnull(strstr(html, "<html lang=\"en\">"));
    free(html);
}
END_TEST

/* The values of an attribute in the template, which ends where the data begin. */
static const char *next_value(const char *s, const char *attribute, const char *end, char value[64])
{
    char mark[64];
    snprintf(mark, sizeof mark, " %s=\"", attribute);
    const char *found = strstr(s, mark);
    if (found == NULL || found > end) return NULL;
    found += strlen(mark);
    snprintf(value, 64, "%.*s", (int)strcspn(found, "\""), found);
    return found;
}

START_TEST(test_ids_are_there_once)
{
    static const char *const references[] = {"aria-controls", "aria-labelledby", "for"};
    char *html = html_of(explained[0]), value[64], id[80];
    const char *body = strstr(html, "<body>"), *end = strstr(html, "id=\"data\"");
    for (const char *s = body; (s = next_value(s, "id", end, value)) != NULL;) {
        snprintf(id, sizeof id, " id=\"%s\"", value);
        ck_assert_msg(count_of(html, id) == 1, "the id %s is there more than once", value);
    }
    for (size_t k = 0; k < 3; k++)
        for (const char *s = body; (s = next_value(s, references[k], end, value)) != NULL;) {
            snprintf(id, sizeof id, " id=\"%s\"", value);
            ck_assert_msg(count_of(html, id) == 1, "%s=%s leads nowhere", references[k], value);
        }
    free(html);
}
END_TEST

/* ------------------------------------------------------------------------------------------- words */

/* Outside of elements the template has no letters, but for the title. */
START_TEST(test_the_template_has_no_words)
{
    char *html = html_of("explain x x=1");
    const char *s = strstr(html, "<main>"), *end = strstr(html, "<script type");
    while (s < end) {
        s = strchr(s, '>') + 1;
        for (; *s != '<'; s++) {
            const bool is_speed = strncmp(s - 1, ">1", 2) == 0 || strchr("0123456789", *s) != NULL;
            ck_assert_msg(is_speed || !isalpha((unsigned char)*s), "text in the template: %.30s", s);
        }
    }
    free(html);
}
END_TEST

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (islower((unsigned char)s[n]) || s[n] == '_') n++;
    return n;
}

START_TEST(test_scripts_and_words_fit)
{
    char *html = html_of("explain x x=1");
    json_t *data = data_of(html), *words = at(data, "words"), *used = json_object(), *text;
    const char *key;
    static const char *const marks[] = {"words.", "data-word=\"", "data-label=\""};
    for (size_t k = 0; k < 3; k++)
        for (const char *s = html; (s = strstr(s, marks[k])) != NULL;) {
            char word[64];
            s += strlen(marks[k]);
            snprintf(word, sizeof word, "%.*s", (int)word_length(s), s);
            ck_assert_msg(at(words, word) != NULL, "there is no word %s", word);
            json_object_set_new(used, word, json_true());
        }
    json_object_foreach(words, key, text) ck_assert_msg(at(used, key) != NULL, "the word %s is not used", key);
    json_decref(used);
    json_decref(data);
    free(html);
}
END_TEST

/* Literals that begin like a sentence: a capital letter, and later a space or a full stop. */
START_TEST(test_scripts_have_no_sentences)
{
    char *html = html_of("explain x x=1");
    for (const char *s = strstr(strstr(html, "id=\"data\""), "</script>"); (s = strpbrk(s, "\"`")) != NULL; s++) {
        const size_t n = strcspn(s + 1, "\"`\n");
        const bool is_capital = isupper((unsigned char)s[1]) && islower((unsigned char)s[2]);
        ck_assert_msg(!is_capital || memchr(s + 1, ' ', n) == NULL || s[n + 1] == '\n', "a sentence: %.*s", (int)n,
                      s + 1);
    }
    free(html);
}
END_TEST

START_TEST(test_a_page_in_chinese_has_chinese_words)
{
    char *html = html_of("explain x x=1 --lang=zh");
    json_t *data = data_of(html), *english = data_from("explain x x=1"), *text;
    const char *key;
    ck_assert_ptr_nonnull(strstr(html, "<html lang=\"zh-CN\">"));
    json_object_foreach(at(data, "words"), key, text)
    {
        const bool is_english = json_equal(text, at(at(english, "words"), key));
        ck_assert_msg(is_english == (strcmp(key, "counter") == 0), "the word %s", key);
    }
    json_decref(data);
    json_decref(english);
    free(html);
}
END_TEST

/* ------------------------------------------------------------------------------------------- suite */

int main(void)
{
    Suite *suite = suite_create("page_html");
    setlocale(LC_CTYPE, "C.UTF-8");
    find_command();
    add_to(suite, "nothing fetched", test_nothing_is_fetched, EXPLAINED);
    add_to(suite, "hostile", test_hostile_names_stay_names, 6);
    add_to(suite, "closed", test_elements_are_closed_in_order, 1);
    add_to(suite, "ids", test_ids_are_there_once, 1);
    add_to(suite, "template", test_the_template_has_no_words, 1);
    add_to(suite, "words", test_scripts_and_words_fit, 1);
    add_to(suite, "literals", test_scripts_have_no_sentences, 1);
    add_to(suite, "chinese", test_a_page_in_chinese_has_chinese_words, 1);
    return run_suite(suite);
}
