/* SPDX-License-Identifier: MIT */
/* Mathematics on one line as MathML: what the project writes, and any text whatever. */
#include "command.h"
#include "delta_view.h"
#include "mathml.h"
#include "run_suite.h"
#include "sanitized.h"

#include <autodiff/autodiff.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *markup;
} cases[] = {
    {"z^1_4", "<msubsup><mi>z</mi><mn>4</mn><mn>1</mn></msubsup>"},
    {"w^2_13", "<msubsup><mi>w</mi><mn>13</mn><mn>2</mn></msubsup>"},
    {"x_2[1]", "<mrow><msub><mi>x</mi><mn>2</mn></msub><mrow><mo>[</mo><mn>1</mn><mo>]</mo></mrow></mrow>"},
    {"dW^[1]_{12,3}", "<mrow><mi>d</mi><msubsup><mi>W</mi><mrow><mn>12</mn><mo>,</mo><mn>3</mn></mrow><mrow><mo>[</"
                      "mo><mn>1</mn><mo>]</mo></mrow></msubsup></mrow>"},
    {"δ^(l) = ((Θ^(l))ᵀ δ^(l+1)) ⊙ σ′(z^(l))",
     "<msup><mi>δ</mi><mrow><mo>(</mo><mi>l</mi><mo>)</mo></mrow></msup><mo>=</mo><mrow><mo>(</mo><msup><mrow><mo>(</"
     "mo><msup><mi>Θ</mi><mrow><mo>(</mo><mi>l</mi><mo>)</mo></mrow></msup><mo>)</mo></mrow><mi "
     "mathvariant=\"normal\">T</mi></msup><mspace "
     "width=\"0.17em\"/><msup><mi>δ</mi><mrow><mo>(</mo><mi>l</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow></msup><mo>)</"
     "mo></mrow><mo>⊙</mo><mrow><msup><mi>σ</mi><mo>′</mo></msup><mrow><mo>(</mo><msup><mi>z</mi><mrow><mo>(</"
     "mo><mi>l</mi><mo>)</mo></mrow></msup><mo>)</mo></mrow></mrow>"},
    {"a^(l−1)_k", "<msubsup><mi>a</mi><mi>k</mi><mrow><mi>l</mi><mo>−</mo><mn>1</mn></mrow></msubsup>"},
    {"∂C/∂θ^(2)_13", "<mfrac><mrow><mi>∂</mi><mi>C</mi></mrow><mrow><mi>∂</mi><msubsup><mi>θ</mi><mn>13</"
                     "mn><mrow><mo>(</mo><mn>2</mn><mo>)</mo></mrow></msubsup></mrow></mfrac>"},
    {"∂E/∂W_1[2,3]", "<mfrac><mrow><mi>∂</mi><mi>E</mi></mrow><mrow><mi>∂</mi><mrow><msub><mi>W</mi><mn>1</mn></"
                     "msub><mrow><mo>[</mo><mn>2</mn><mo>,</mo><mn>3</mn><mo>]</mo></mrow></mrow></mrow></mfrac>"},
    {"∂L/∂w_36",
     "<mfrac><mrow><mi>∂</mi><mi>L</mi></mrow><mrow><mi>∂</mi><msub><mi>w</mi><mn>36</mn></msub></mrow></mfrac>"},
    {"C = 1/(2n) Σ ‖y − a^L‖²",
     "<mi>C</mi><mo>=</mo><mfrac><mn>1</mn><mrow><mn>2</mn><mi>n</mi></mrow></mfrac><mo>∑</mo><msup><mrow><mo>‖</"
     "mo><mi>y</mi><mo>−</mo><msup><mi>a</mi><mi>L</mi></msup><mo>‖</mo></mrow><mn>2</mn></msup>"},
    {"E = ½ ‖ŷ − y‖²", "<mi>E</mi><mo>=</mo><mn>½</mn><mspace width=\"0.17em\"/><msup><mrow><mo>‖</mo><mover "
                       "accent=\"true\"><mi>y</mi><mo "
                       "stretchy=\"false\">^</mo></mover><mo>−</mo><mi>y</mi><mo>‖</mo></mrow><mn>2</mn></msup>"},
    {"x_kᵀ", "<msubsup><mi>x</mi><mi>k</mi><mi mathvariant=\"normal\">T</mi></msubsup>"},
    {"C₀", "<msub><mi>C</mi><mn>0</mn></msub>"},
    {"1 - v * v", "<mn>1</mn><mo>−</mo><mi>v</mi><mo>·</mo><mi>v</mi>"},
    {"cosh(x)", "<mrow><mi>cosh</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow>"},
    {"-a / (b * b)", "<mo form=\"prefix\">−</mo><mfrac><mi>a</mi><mrow><mi>b</mi><mo>·</mo><mi>b</mi></mrow></mfrac>"},
    {"x >= 0 ? 1 : 0.01",
     "<mrow><mo>{</mo><mtable><mtr><mtd style=\"text-align: left\"><mn>1</mn></mtd><mtd "
     "style=\"text-align: left\"><mtext>if</mtext><mspace "
     "width=\"0.33em\"/><mrow><mi>x</mi><mo>≥</mo><mn>0</mn></mrow></mtd></mtr><mtr><mtd style=\"text-align: "
     "left\"><mn>0.01</mn></mtd><mtd style=\"text-align: left\"><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>"},
    {"a > 0 ? 1 : a > -700 ? b : 2",
     "<mrow><mo>{</mo><mtable><mtr><mtd style=\"text-align: left\"><mn>1</mn></mtd><mtd "
     "style=\"text-align: left\"><mtext>if</mtext><mspace "
     "width=\"0.33em\"/><mrow><mi>a</mi><mo>&gt;</mo><mn>0</mn></mrow></mtd></mtr><mtr><mtd style=\"text-align: "
     "left\"><mi>b</mi></mtd><mtd style=\"text-align: left\"><mtext>if</mtext><mspace "
     "width=\"0.33em\"/><mrow><mi>a</mi><mo>&gt;</mo><mo "
     "form=\"prefix\">−</mo><mn>700</mn></mrow></mtd></mtr><mtr><mtd style=\"text-align: left\"><mn>2</mn></mtd><mtd "
     "style=\"text-align: left\"><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>"},
    {"-(0.75 - 0.2653) · 0.1949", "<mo "
                                  "form=\"prefix\">−</mo><mrow><mo>(</mo><mn>0.75</mn><mo>−</mo><mn>0.2653</mn><mo>)</"
                                  "mo></mrow><mo>·</mo><mn>0.1949</mn>"},
    {"0.4383·(-0.8)",
     "<mn>0.4383</mn><mo>·</mo><mrow><mo>(</mo><mo form=\"prefix\">−</mo><mn>0.8</mn><mo>)</mo></mrow>"},
    {"6.02e-05", "<mrow><mn>6.02</mn><mo>×</mo><msup><mn>10</mn><mn>−5</mn></msup></mrow>"},
    {"1e-17", "<msup><mn>10</mn><mn>−17</mn></msup>"},
    {"-inf", "<mo form=\"prefix\">−</mo><mn>∞</mn>"},
    {"nan", "<mn>NaN</mn>"},
    {"sqrt(x) + abs(-x)",
     "<msqrt><mi>x</mi></msqrt><mo>+</mo><mrow><mo>|</mo><mo form=\"prefix\">−</mo><mi>x</mi><mo>|</mo></mrow>"},
    {"pow(x + 1, y) * square(x)", "<msup><mrow><mo>(</mo><mi>x</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow><mrow><mi>y</"
                                  "mi></mrow></msup><mo>·</mo><msup><mrow><mi>x</mi></mrow><mn>2</mn></msup>"},
    {"exp(x)^2",
     "<msup><mrow><mo>(</mo><msup><mi>e</mi><mrow><mi>x</mi></mrow></msup><mo>)</mo></mrow><mn>2</mn></msup>"},
    {"a ^ b", "<msup><mi>a</mi><mi>b</mi></msup>"},
    {"x^-2", "<msup><mi>x</mi><mrow><mo>−</mo><mn>2</mn></mrow></msup>"},
    {"dv7/dw0", "<mfrac><mrow><mi>d</mi><msub><mi>v</mi><mn>7</mn></msub></mrow><mrow><mi>d</mi><msub><mi>w</mi><mn>0</"
                "mn></msub></mrow></mfrac>"},
    {"2 x/y", "<mn>2</mn><mspace width=\"0.17em\"/><mfrac><mi>x</mi><mi>y</mi></mfrac>"},
    {"sum_k w_k x_k", "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>w</mi><mi>k</mi></msub><mspace "
                      "width=\"0.17em\"/><msub><mi>x</mi><mi>k</mi></msub>"},
    {"leaky_relu(x, 0.01)",
     "<mrow><mi>leaky_relu</mi><mrow><mo>(</mo><mi>x</mi><mo>,</mo><mn>0.01</mn><mo>)</mo></mrow></mrow>"},
    {"log a", "<mi>log</mi><mspace width=\"0.33em\"/><mi>a</mi>"},
    {"an output neuron v", "<mtext>an output neuron</mtext><mspace width=\"0.33em\"/><mi>v</mi>"},
    {"误差 x", "<mtext>误差</mtext><mspace width=\"0.33em\"/><mi>x</mi>"},
    {"a<b & c>d \"e\"", "<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&amp;</mo><mi>c</mi><mo>&gt;</mo><mi>d</mi><mo>\"</"
                        "mo><mi>e</mi><mo>\"</mo>"},
    {"x^", "<mi>x</mi><mo>^</mo>"},
    {")(", "<mo>)</mo><mrow><mo>(</mo></mrow>"},
    {"f(x", "<mrow><mi>f</mi><mrow><mo>(</mo><mi>x</mi></mrow></mrow>"},
    {"a /", "<mi>a</mi><mo>/</mo>"},
    {"x/delta = dloss/dw_1", "<mfrac><mi>x</mi><mi>delta</mi></mfrac><mo>=</mo><mfrac><mrow><mi>d</mi><mi>loss</mi></"
                             "mrow><mrow><mi>d</mi><msub><mi>w</mi><mn>1</mn></msub></mrow></mfrac>"},
    {"square(1 / a)", "<msup><mrow><mo>(</mo><mfrac><mn>1</mn><mi>a</mi></mfrac><mo>)</mo></mrow><mn>2</mn></msup>"},
    {"e^(-z) / Σ e^z",
     "<mfrac><msup><mi>e</mi><mrow><mo "
     "form=\"prefix\">−</mo><mi>z</mi></mrow></msup><mrow><mo>∑</mo><msup><mi>e</mi><mi>z</mi></msup></mrow></mfrac>"},
};

START_TEST(test_notation_has_its_markup)
{
    char *markup = mathml_of(cases[_i].text, 0);
    char *expected = formatted("<math>%s</math>", cases[_i].markup);
    ck_assert_str_eq(markup, expected);
    free(expected);
    free(markup);
}
END_TEST

START_TEST(test_block_says_so)
{
    char *markup = mathml_of("x", 1);
    ck_assert_str_eq(markup, "<math display=\"block\"><mi>x</mi></math>");
    free(markup);
}
END_TEST

/* ------------------------------------------------------------------------------------ well-formed */

enum { MOST_DEPTH = 512 };

/* How many elements an element must have as children; 0: any number. */
static size_t children_of(const char *name, size_t length)
{
    static const struct {
        const char *name;
        size_t children;
    } elements[] = {{"math", 0},    {"mrow", 0},   {"mi", 0},    {"mn", 0},        {"mo", 0},
                    {"mtext", 0},   {"mspace", 0}, {"mfrac", 2}, {"msup", 2},      {"msub", 2},
                    {"msubsup", 3}, {"munder", 2}, {"mover", 2}, {"msqrt", 0},     {"mroot", 2},
                    {"mtable", 0},  {"mtr", 2},    {"mtd", 0},   {"munderover", 3}};
    for (size_t k = 0; k < sizeof elements / sizeof *elements; k++)
        if (strlen(elements[k].name) == length && strncmp(elements[k].name, name, length) == 0)
            return elements[k].children;
    ck_abort_msg("no element of MathML Core: %.*s", (int)length, name);
    return 0;
}

typedef struct open_element {
    const char *name;
    size_t length, children;
} open_element;

static void assert_entity(const char *s, const char *text)
{
    ck_assert_msg(strncmp(s, "&lt;", 4) == 0 || strncmp(s, "&gt;", 4) == 0 || strncmp(s, "&amp;", 5) == 0,
                  "an unescaped & for: %s", text);
}

static void close_element(const open_element *e, const char *s, const char *text)
{
    const size_t wanted = children_of(e->name, e->length);
    ck_assert_msg(strncmp(s, e->name, e->length) == 0 && s[e->length] == '>', "</%.9s closes <%.*s> for: %s", s,
                  (int)e->length, e->name, text);
    ck_assert_msg(wanted == 0 || wanted == e->children, "<%.*s> with %zu children for: %s", (int)e->length, e->name,
                  e->children, text);
}

/* Balanced elements of MathML Core with as many children as they must have, text only in tokens, nothing unescaped. */
static void assert_well_formed(const char *markup, const char *text)
{
    open_element open[MOST_DEPTH];
    size_t depth = 0;
    for (const char *s = markup; *s != '\0'; s++) {
        if (*s == '&') assert_entity(s, text);
        if (*s != '<') {
            ck_assert_msg(depth > 0 && strncmp(open[depth - 1].name, "mi", 2) *
                                               strncmp(open[depth - 1].name, "mn>", 3) *
                                               strncmp(open[depth - 1].name, "mo", 2) *
                                               strncmp(open[depth - 1].name, "mtext", 5) ==
                                           0,
                          "text outside of a token for: %s\n%s", text, markup);
            continue;
        }
        if (s[1] == '/') close_element(&open[--depth], s + 2, text);
        else {
            const open_element e = {s + 1, strcspn(s + 1, " >/"), 0};
            children_of(e.name, e.length);
            if (depth > 0) open[depth - 1].children++;
            ck_assert_msg(depth + 1 < MOST_DEPTH, "too deep for: %.200s", text);
            open[depth++] = e;
        }
        s += strcspn(s, ">");
        if (s[-1] == '/') depth--;
    }
    ck_assert_msg(depth == 0, "not closed for: %s", text);
}

static void assert_good(const char *text)
{
    char *markup = mathml_of(text, 1);
    assert_well_formed(markup, text);
    free(markup);
}

START_TEST(test_formulas_of_every_convention_are_well_formed_and_in_structure)
{
    for (int cost = 0; cost <= NN_SOFTMAX_CROSS_ENTROPY; cost++)
        for (int backward = 0; backward < 2; backward++) {
            if (_i == NN_HALF_MEAN && cost > NN_MEAN_OF_SQUARES) continue;
            const char *const *line = convention_formulas((nn_convention)_i, (nn_cost)cost, backward);
            for (; *line != NULL; line++) {
                char *markup = mathml_of(*line, 1);
                assert_well_formed(markup, *line);
                ck_assert_msg(strpbrk(markup + strlen("<math"), "^_") == NULL || strstr(*line, "ŷ") != NULL,
                              "a script as text: %s", markup);
                ck_assert_msg(strstr(markup, "<mo>/</mo>") == NULL, "a fraction as text: %s", markup);
                free(markup);
            }
        }
}
END_TEST

START_TEST(test_rows_of_the_op_table_are_well_formed)
{
    size_t rows = 0;
    for (int op = 0;; op++) {
        const ad_op_info *info = ad_op_get((ad_op)op);
        if (info == NULL) break;
        const char *const texts[] = {info->definition, info->partial[0], info->partial[1],
                                     info->partial[2], info->kink,       info->label};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (texts[k] != NULL) assert_good(texts[k]);
        rows++;
    }
    ck_assert_uint_gt(rows, 50);
}
END_TEST

START_TEST(test_random_texts_are_well_formed)
{
    static const char *const pieces[] = {
        "x",  "w",           "2",    "13",       "0.5",  "1e-5",    "(",     ")",    "[",    "]",        "{",
        "}",  "^",           "_",    "/",        " / ",  "*",       " · ",   "+",    "-",    " ",        "  ",
        ",",  "‖",           "|",    "||",       "Σ",    "sum_k",   "∂",     "d",    "ᵀ",    "′",        "²",
        "₀",  "ŷ",           "δ",    "½",        "?",    ":",       " ? ",   " : ",  "<",    ">",        "&",
        "\"", "'",           "exp(", "sqrt(",    "pow(", "square(", "cbrt(", "log ", "relu", "a neuron", "误差",
        "\n", "\x01",        "\xff", "\xe2\x88", "∇",    "Δ",       "…",     "=",    "==",   "inf",      "nan",
        "dW", "leaky_relu(", "∏",    "\xcc\x82", "😀"};
    uint64_t state = (uint64_t)_i * 7919 + 1;
    for (int round = 0; round < 1000 / FEWER; round++) {
        char text[1000] = "";
        const size_t count = (state >> 40) % 40;
        for (size_t k = 0; k < count; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            strcat(text, pieces[(state >> 33) % (sizeof pieces / sizeof *pieces)]);
        }
        state = state * 6364136223846793005u + 1442695040888963407u;
        assert_good(text);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------- large */

static char *repeated(const char *piece, size_t times)
{
    draft t;
    draft_begin(&t);
    for (size_t k = 0; k < times; k++) fputs(piece, t.to);
    return draft_done(&t);
}

static const char *const deep[] = {
    "(",   "[",   "x^",      "x^(",  "x^-",      "x_{",      "exp(",      "pow(a, ", "1/",    "1 / (",
    "∂",   "‖",   "|",       "x²",   "a ? ",     "a ? b : ", "(a ? b : ", "(a ? ",   "sqrt(", "f(",
    "dx",  "Σ_(", "square(", "a/b(", "(((a/b/c", "ŷ^",       "- ",        "word ",   "ab_",   "^",
    "x_y", ") ",  "a / -",   "x^ab", "1 / Σ ",   "2^exp(",   "𝛿",         "((x ",    "a,"};

START_TEST(test_thousands_of_levels_are_shown_with_bounded_depth)
{
    char *text = repeated(deep[_i], 5000);
    char *markup = mathml_of(text, 1);
    assert_well_formed(markup, deep[_i]);
    free(markup);
    free(text);
}
END_TEST

START_TEST(test_text_deeper_than_structure_is_all_there)
{
    char *open = repeated("(", 1000), *close = repeated(")", 1000), *text = formatted("%sx%s", open, close);
    char *markup = mathml_of(text, 0);
    size_t brackets[2] = {0, 0};
    for (const char *s = markup; (s = strstr(s, "<mo>(</mo>")) != NULL; s++) brackets[0]++;
    for (const char *s = markup; (s = strstr(s, "<mo>)</mo>")) != NULL; s++) brackets[1]++;
    ck_assert_uint_eq(brackets[0], 1000);
    ck_assert_uint_eq(brackets[1], 1000);
    free(markup);
    free(text);
    free(close);
    free(open);
}
END_TEST

/* Parentheses around parentheses say nothing; other brackets stay, and so does what is more than that. */
START_TEST(test_arguments_have_one_pair_of_parentheses)
{
#define MINUS_THREE "<mo form=\"prefix\">−</mo><mn>3</mn>"
#define IN_PARENTHESES "<mrow><mo>(</mo>" MINUS_THREE "<mo>)</mo></mrow>"
    static const struct {
        const char *text, *markup;
    } arguments[] = {
        {"log((-3))", "<math><mrow><mi>log</mi><mrow>" IN_PARENTHESES "</mrow></mrow></math>"},
        {"pow((-3), 2)", "<math><msup>" IN_PARENTHESES "<mrow><mn>2</mn></mrow></msup></math>"},
        {"square((-3))", "<math><msup>" IN_PARENTHESES "<mn>2</mn></msup></math>"},
        {"sqrt((-3))", "<math><msqrt><mrow>" MINUS_THREE "</mrow></msqrt></math>"},
        {"f((-3)·x)",
         "<math><mrow><mi>f</mi><mrow><mo>(</mo>" IN_PARENTHESES "<mo>·</mo><mi>x</mi><mo>)</mo></mrow></mrow></math>"},
        {"f(|x|)", "<math><mrow><mi>f</mi><mrow><mo>(</mo><mrow><mo>|</mo><mi>x</mi><mo>|</mo></mrow><mo>)</mo></mrow>"
                   "</mrow></math>"},
    };
#undef MINUS_THREE
#undef IN_PARENTHESES
    char *markup = mathml_of(arguments[_i].text, 0);
    ck_assert_str_eq(markup, arguments[_i].markup);
    free(markup);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mathml");
    TCase *tcase = tcase_create("notation");
    tcase_add_loop_test(tcase, test_notation_has_its_markup, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, test_block_says_so);
    tcase_add_loop_test(tcase, test_formulas_of_every_convention_are_well_formed_and_in_structure, 0, NN_CONVENTIONS);
    tcase_add_test(tcase, test_rows_of_the_op_table_are_well_formed);
    tcase_add_loop_test(tcase, test_arguments_have_one_pair_of_parentheses, 0, 6);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("any text");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_random_texts_are_well_formed, 0, 20);
    tcase_add_loop_test(tcase, test_thousands_of_levels_are_shown_with_bounded_depth, 0, sizeof deep / sizeof *deep);
    tcase_add_test(tcase, test_text_deeper_than_structure_is_all_there);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
