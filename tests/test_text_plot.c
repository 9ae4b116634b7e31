/* SPDX-License-Identifier: MIT */
/* Plots in characters: what stands on the lines is read back and compared with what was to be shown. */
#define CHAINRULE "chainrule" /* is not run */
#include "run_suite.h"
#include "test_command.h"

#include <command.h>
#include <text_plot.h>

#include <math.h>

enum { MOST_LINES = 40, MOST_WIDE = 200 };

/* A plot as printed, and its lines. */
typedef struct page {
    char *text, *line[MOST_LINES];
    size_t lines;
} page;

static page page_of(const plot *p, size_t columns, bool is_unicode)
{
    size_t size;
    page all = {.lines = 0};
    FILE *to = open_memstream(&all.text, &size);
    setlocale(LC_CTYPE, "C.UTF-8");
    text_plot_print(to, p, columns, is_unicode);
    fclose(to);
    assert_readable(all.text, "the plot");
    for (char *at = strtok(all.text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        ck_assert_uint_lt(all.lines, MOST_LINES);
        all.line[all.lines++] = at;
    }
    return all;
}

/* The lines that an axis stands on. */
static bool is_row(const char *line)
{
    const char *bar = strpbrk(line, "|+");
    return bar != NULL && strchr(bar, '-') == NULL && strspn(line, " -.e0123456789") == (size_t)(bar - line);
}

static size_t first_row(const page *p)
{
    size_t k = 0;
    while (k < p->lines && !is_row(p->line[k])) k++;
    ck_assert_uint_lt(k, p->lines);
    return k;
}

static size_t axis_line(const page *p)
{
    size_t k = first_row(p);
    while (k < p->lines && is_row(p->line[k])) k++;
    return k;
}

/* The row that has this number, and the column below which this one stands. */
static size_t row_called(const page *p, double number)
{
    for (size_t k = first_row(p); k < axis_line(p); k++) {
        char *end;
        const double own = strtod(p->line[k], &end);
        if (end != p->line[k] && strcspn(end, "+") == 1 && fabs(own - number) <= 1e-12 * fabs(number)) return k;
    }
    ck_abort_msg("no row has the number %g", number);
}

static size_t column_called(const page *p, double number)
{
    const char *axis = p->line[axis_line(p)], *texts = p->line[axis_line(p) + 1], *at = texts;
    while (*at != '\0') {
        char *end;
        const double own = strtod(at, &end);
        if (end == at) break;
        const char *start = at + strspn(at, " ");
        const size_t middle = (size_t)(start - texts) + ((size_t)(end - start) - 1) / 2;
        if (fabs(own - number) <= 1e-12 * fabs(number)) {
            ck_assert_msg(axis[middle] == '+', "no tick above %g: %s\n%s", number, axis, texts);
            return middle;
        }
        at = end;
    }
    ck_abort_msg("no column has the number %g: %s", number, texts);
}

static size_t marks_in(const page *p, char mark)
{
    size_t count = 0;
    for (size_t k = first_row(p); k < axis_line(p); k++)
        for (const char *c = strpbrk(p->line[k], "|+") + 1; *c != '\0'; c++) count += *c == mark;
    return count;
}

static char mark_at(const page *p, size_t row, size_t column)
{
    return column < strlen(p->line[row]) ? p->line[row][column] : ' ';
}

/* ------------------------------------------------------------------------------------- where it stands */

START_TEST(test_a_point_stands_beside_its_number_on_both_axes)
{
    static const struct {
        bool is_log_x, is_log_y;
        double x[3], y[3]; /* the ends of the axes, and a point that is on ticks */
    } cases[] = {{false, false, {0, 10, 4}, {0, 1, 0.4}},           {false, false, {-2, 3, -1}, {-300, 200, -100}},
                 {false, true, {2, 12, 4}, {1e-9, 1, 1e-4}},        {true, false, {1e-8, 1, 1e-3}, {-1, 1, 0}},
                 {true, true, {1e-16, 1, 1e-8}, {1e-16, 1, 1e-12}}, {true, true, {1, 100, 10}, {2, 50, 10}}};
    const curve points = {"points", cases[_i].x, cases[_i].y, 3, true};
    const plot p = {.is_log_x = cases[_i].is_log_x, .is_log_y = cases[_i].is_log_y, .curves = &points, .count = 1};
    page ascii = page_of(&p, 80, false);
    const size_t row = row_called(&ascii, cases[_i].y[2]), column = column_called(&ascii, cases[_i].x[2]);
    ck_assert_msg(mark_at(&ascii, row, column) == '*', "not in row %zu, column %zu", row, column);
    ck_assert_uint_eq(marks_in(&ascii, '*'), 3);
    free(ascii.text);
}
END_TEST

/* The dots of the Braille character of this line and column, 0 where there is none. */
static unsigned dots_at(const char *line, size_t column)
{
    wchar_t wide[MOST_WIDE];
    const size_t n = mbstowcs(wide, line, MOST_WIDE);
    return column < n && wide[column] > 0x2800 && wide[column] <= 0x28ff ? (unsigned)wide[column] - 0x2800 : 0;
}

START_TEST(test_braille_dots_are_where_ascii_has_its_marks)
{
    double x[50], y[50];
    for (size_t k = 0; k < 50; k++) {
        x[k] = (double)k;
        y[k] = sin((double)k / 8);
    }
    const curve wave = {"sine", x, y, 50, _i == 1};
    const plot p = {.curves = &wave, .count = 1};
    page ascii = page_of(&p, 80, false), unicode = page_of(&p, 80, true);
    for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++)
        for (size_t column = strcspn(ascii.line[k], "|+") + 1; column < 80; column++)
            ck_assert_msg((mark_at(&ascii, k, column) == '*') == (dots_at(unicode.line[k], column) != 0),
                          "line %zu: %s", k, unicode.line[k]);
    free(ascii.text);
    free(unicode.text);
}
END_TEST

/* Two dots across and four down are in a character: neighbours half and a quarter of one away are other dots of it. */
START_TEST(test_braille_has_eight_places_in_a_character)
{
    static const struct {
        double across, down; /* in characters, from the one in the middle */
        unsigned dot;
    } cases[] = {{0, 0, 0x04},     {0.5, 0, 0x20},  {0, 0.25, 0x40},    {0.5, 0.25, 0x80},
                 {0, -0.25, 0x02}, {0, -0.5, 0x01}, {0.5, -0.25, 0x10}, {0.5, -0.5, 0x08}};
    const double x[] = {0, 10, 6 + cases[_i].across / 7}, y[] = {0, 4, 2 - cases[_i].down / 4};
    const curve points = {NULL, x, y, 3, true};
    page ascii = page_of(&(plot){.curves = &points, .count = 1}, 80, false),
         unicode = page_of(&(plot){.curves = &points, .count = 1}, 80, true);
    const size_t row = row_called(&ascii, 2), column = column_called(&ascii, 6);
    ck_assert_uint_eq(column_called(&ascii, 8) - column, 14);
    ck_assert_uint_eq(row - row_called(&ascii, 3), 4);
    ck_assert_uint_eq(dots_at(unicode.line[row], column), cases[_i].dot);
    free(ascii.text);
    free(unicode.text);
}
END_TEST

START_TEST(test_a_line_has_no_gap)
{
    const double x[] = {0, 1, 3}, y[] = {0, 5, 1};
    const curve line = {NULL, x, y, 3, false};
    page ascii = page_of(&(plot){.curves = &line, .count = 1}, 80, false);
    const size_t from = column_called(&ascii, 0), to = column_called(&ascii, 3);
    for (size_t column = from; column <= to; column++) {
        size_t marks = 0;
        for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++) marks += mark_at(&ascii, k, column) == '*';
        ck_assert_msg(marks > 0, "nothing in column %zu", column);
    }
    for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++)
        ck_assert_msg(strchr(ascii.line[k], '*') != NULL, "nothing in row %zu", k);
    free(ascii.text);
}
END_TEST

START_TEST(test_a_line_breaks_where_there_is_no_number)
{
    static const struct {
        bool is_log;
        double hole;
        bool breaks;
    } cases[] = {{false, NAN, true}, {false, INFINITY, true}, {true, 0, true},
                 {true, -1, true},   {false, 1.5, false},     {true, 1.5, false}};
    const double x[] = {0, 1, 4, 6, 7}, y[] = {1, 1, cases[_i].hole, 2, 2};
    const curve line = {NULL, x, y, 5, false};
    page ascii = page_of(&(plot){.is_log_y = cases[_i].is_log, .curves = &line, .count = 1}, 80, false);
    const size_t column = column_called(&ascii, 4);
    size_t marks = 0;
    for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++) marks += mark_at(&ascii, k, column) == '*';
    ck_assert_int_eq(marks == 0, cases[_i].breaks);
    free(ascii.text);
}
END_TEST

START_TEST(test_what_is_outside_a_given_range_stands_at_its_edge)
{
    const double x[] = {-5, 5, 50}, y[] = {1e-30, 1e-2, 1e9};
    const curve points = {NULL, x, y, 3, true};
    const plot p = {.is_log_y = true, .curves = &points, .count = 1, .x_range = {0, 10}, .y_range = {1e-4, 1}};
    page ascii = page_of(&p, 80, false);
    ck_assert_int_eq(mark_at(&ascii, row_called(&ascii, 1e-4), column_called(&ascii, 0)), '*');
    ck_assert_int_eq(mark_at(&ascii, row_called(&ascii, 1), column_called(&ascii, 10)), '*');
    ck_assert_uint_eq(row_called(&ascii, 1), first_row(&ascii));
    ck_assert_uint_eq(row_called(&ascii, 1e-4) + 1, axis_line(&ascii));
    free(ascii.text);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- ticks */

static bool is_round(double x)
{
    const double unit = pow(10, floor(log10(fabs(x)) + 1e-6)), m = fabs(x) / unit;
    return fabs(m - 1) < 1e-6 || fabs(m - 2) < 1e-6 || fabs(m - 5) < 1e-6;
}

START_TEST(test_ticks_are_round_numbers_and_evenly_spaced)
{
    static const struct {
        bool is_log;
        double low, high;
    } cases[] = {{false, 0.013, 0.98}, {false, 2, 12},        {false, -7.3, 1234},  {false, 1.0000001, 1.0000009},
                 {false, 0, 300},      {false, 4e-9, 1.7e-8}, {true, 1e-12, 1},     {true, 0.03, 0.9},
                 {true, 3e-17, 40},    {true, 1, 1e5},        {true, 2e-300, 1e300}};
    const double x[] = {1, 2}, y[] = {cases[_i].low, cases[_i].high};
    const curve points = {NULL, x, y, 2, true};
    page ascii = page_of(&(plot){.is_log_y = cases[_i].is_log, .curves = &points, .count = 1}, 80, false);
    double before = NAN, apart = NAN;
    size_t count = 0;
    for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++) {
        char *end;
        const double tick = strtod(ascii.line[k], &end);
        if (end == ascii.line[k]) continue;
        if (count > 0) {
            ck_assert_msg(tick < before, "%g is below %g", tick, before);
            const double step = cases[_i].is_log ? 0 : before - tick;
            if (cases[_i].is_log) ck_assert_msg(is_round(tick), "%g is not round", tick);
            else if (isnan(apart)) ck_assert_msg(is_round(step), "steps of %g", step);
            else ck_assert_double_eq_tol(step, apart, 1e-6 * apart);
            apart = step;
        }
        before = tick;
        count++;
    }
    ck_assert_msg(count >= 3 && count <= 9, "%zu ticks", count);
    free(ascii.text);
}
END_TEST

START_TEST(test_numbers_below_the_axis_do_not_touch)
{
    static const double ends[][2] = {{1e-300, 1e300}, {1, 1.0001}, {-123456, 123456},
                                     {1e-5, 2e-5},    {0, 1},      {1, 1.0000001}};
    for (size_t columns = 40; columns <= 80; columns++)
        for (int is_log = 0; is_log < 2; is_log++) {
            if (is_log && ends[_i][0] <= 0) continue;
            const double y[] = {1, 2};
            const curve line = {NULL, ends[_i], y, 2, false};
            page ascii = page_of(&(plot){.is_log_x = is_log == 1, .curves = &line, .count = 1}, columns, false);
            const char *texts = ascii.line[axis_line(&ascii) + 1];
            ck_assert_uint_le(strlen(texts), columns);
            for (const char *at = texts + strspn(texts, " "); *at != '\0'; at += strspn(at, " ")) {
                char *end;
                strtod(at, &end);
                ck_assert_msg(end > at && (*end == ' ' || *end == '\0'), "%s", texts);
                at = end;
            }
            free(ascii.text);
        }
}
END_TEST

/* -------------------------------------------------------------------------------------- several curves */

static const double four_x[] = {0, 1, 2, 3, 4, 5},
                    four_y[4][6] = {{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {0, 0, 0, 0, 0, 0}, {5, 5, 5, 5, 5, 5}};
static const curve four[] = {{"rising", four_x, four_y[0], 6, false},
                             {"falling", four_x, four_y[1], 6, false},
                             {"low", four_x, four_y[2], 6, false},
                             {"high", four_x, four_y[3], 6, false}};

START_TEST(test_curves_are_told_apart_without_colour)
{
    static const char *const names[] = {"rising", "falling", "low", "high"};
    const plot p = {.curves = four, .count = 4};
    page ascii = page_of(&p, 80, false), unicode = page_of(&p, 80, true);
    for (size_t k = 0; k < 4; k++) {
        const char mark = "*+xo"[k];
        char expected[40];
        snprintf(expected, sizeof expected, "%c %s", mark, names[k]);
        ck_assert_msg(strstr(ascii.line[ascii.lines - 1], expected) != NULL, "%s", ascii.line[ascii.lines - 1]);
        ck_assert_uint_ge(marks_in(&ascii, mark), 4);
        snprintf(expected, sizeof expected, k == 0 ? "⠒⠒⠒ %s" : "%s", names[k]);
        ck_assert_msg(strstr(unicode.line[unicode.lines - 1], expected) != NULL, "%s", unicode.line[unicode.lines - 1]);
        if (k == 0) continue;
        snprintf(expected, sizeof expected, "⠒%c⠒ %s", mark, names[k]);
        ck_assert_ptr_nonnull(strstr(unicode.line[unicode.lines - 1], expected));
        size_t marks = 0;
        for (size_t line = first_row(&ascii); line < axis_line(&ascii); line++)
            marks += strchr(unicode.line[line], mark) != NULL;
        ck_assert_uint_ge(marks, 1);
    }
    free(ascii.text);
    free(unicode.text);
}
END_TEST

START_TEST(test_letters_stand_on_the_points_of_their_line)
{
    page ascii = page_of(&(plot){.curves = four, .count = 2}, 80, false),
         unicode = page_of(&(plot){.curves = four, .count = 2}, 80, true);
    for (size_t k = 0; k < 6; k++) {
        const size_t row = row_called(&ascii, four_y[1][k]), column = column_called(&ascii, four_x[k]);
        wchar_t wide[MOST_WIDE];
        ck_assert_uint_gt(mbstowcs(wide, unicode.line[row], MOST_WIDE), column);
        ck_assert_int_eq(wide[column], L'+');
    }
    free(ascii.text);
    free(unicode.text);
}
END_TEST

START_TEST(test_scattered_points_of_a_second_curve_are_letters_alone)
{
    const double x[] = {0, 1, 2, 3, 4}, flat[] = {0, 0, 0, 0, 0}, y[] = {1, 2, 3, 4, 0};
    const curve curves[] = {{"a", x, flat, 5, true}, {"b", x, y, 5, true}};
    page ascii = page_of(&(plot){.curves = curves, .count = 2}, 60, false),
         unicode = page_of(&(plot){.curves = curves, .count = 2}, 60, true);
    ck_assert_uint_eq(marks_in(&ascii, '*'), 5);
    ck_assert_uint_eq(marks_in(&ascii, '+'), 4);
    for (size_t k = 0; k < 4; k++)
        ck_assert_int_eq(mark_at(&ascii, row_called(&ascii, y[k]), column_called(&ascii, x[k])), '+');
    size_t letters = 0;
    for (size_t k = first_row(&ascii); k < axis_line(&ascii); k++) letters += strchr(unicode.line[k], '+') != NULL;
    ck_assert_uint_eq(letters, 4);
    ck_assert_ptr_nonnull(strstr(unicode.line[unicode.lines - 1], "⠶ a  + b"));
    free(ascii.text);
    free(unicode.text);
}
END_TEST

START_TEST(test_colours_change_nothing_else)
{
    page plain = page_of(&(plot){.curves = four, .count = 4, .y_label = "y", .x_label = "x"}, 80, _i == 1);
    char *text = NULL;
    size_t size, at = 0;
    ck_assert(choose_colours("always"));
    FILE *to = open_memstream(&text, &size);
    text_plot_print(to, &(plot){.curves = four, .count = 4, .y_label = "y", .x_label = "x"}, 80, _i == 1);
    fclose(to);
    ck_assert_ptr_nonnull(strstr(text, "\033["));
    choose_colours("never");
    strip_colours(text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_str_eq(line, plain.line[at++]);
    ck_assert_uint_eq(at, plain.lines);
    free(text);
    free(plain.text);
}
END_TEST

/* ---------------------------------------------------------------------------------------------- labels */

START_TEST(test_ascii_has_nothing_else)
{
    page ascii = page_of(&(plot){.curves = four, .count = 4, .note = "here", .note_x = 3}, 80, false);
    for (size_t k = 0; k < ascii.lines; k++)
        for (const char *c = ascii.line[k]; *c != '\0'; c++) ck_assert((unsigned char)*c < 0x80);
    free(ascii.text);
}
END_TEST

START_TEST(test_labels_of_any_width_keep_lines_short)
{
    static const char *const labels[] = {"h", "第一层的范数与最后一层的范数之比",
                                         "a label that would be as long as a line of a narrow terminal"};
    for (size_t columns = 30; columns <= 100; columns += 7)
        for (int is_unicode = 0; is_unicode < 2; is_unicode++) {
            curve named[4];
            memcpy(named, four, sizeof four);
            named[2].name = "带跳跃连接的网络";
            const plot p = {.x_label = labels[_i], .curves = named, .count = 4, .note = "在这里", .note_x = 2};
            page all = page_of(&p, columns, is_unicode == 1);
            const size_t most = columns < 40 ? 40 : columns > 80 ? 80 : columns;
            bool is_there = false;
            for (size_t k = 0; k < all.lines; k++) {
                const size_t bytes = strlen(all.line[k]), own = strlen(labels[_i]);
                const bool has_label = bytes >= own && strcmp(all.line[k] + bytes - own, labels[_i]) == 0;
                is_there = is_there || has_label;
                if (_i < 2 || !has_label) ck_assert_uint_le(columns_of(all.line[k], bytes), most);
            }
            ck_assert(is_there);
            free(all.text);
        }
}
END_TEST

START_TEST(test_a_note_points_at_its_column)
{
    for (size_t k = 0; k < 6; k++) {
        const plot p = {.curves = four,
                        .count = 1,
                        .note = "a note of some length, which has to be put somewhere",
                        .note_x = four_x[k]};
        page ascii = page_of(&p, 80, false);
        const char *line = ascii.line[axis_line(&ascii) + 2], *arrow = strchr(line, '^');
        ck_assert_ptr_nonnull(arrow);
        ck_assert_uint_eq((size_t)(arrow - line), column_called(&ascii, four_x[k]));
        ck_assert(strstr(line, p.note) != NULL || strstr(ascii.line[axis_line(&ascii) + 3], p.note) != NULL);
        free(ascii.text);
    }
}
END_TEST

START_TEST(test_nothing_and_hardly_anything_can_be_plotted)
{
    static const double one[] = {3}, none[] = {NAN}, zero[] = {0}, same[] = {2, 2}, large[] = {1e308, -1e308};
    const struct {
        curve curve;
        size_t marks;
    } cases[] = {{{"nothing", NULL, NULL, 0, false}, 0},   {{"one", one, one, 1, false}, 1},
                 {{"no number", one, none, 1, false}, 0},  {{"zero", zero, zero, 1, false}, 1},
                 {{"one place", same, same, 2, false}, 1}, {{"large", same, large, 2, true}, 2}};
    for (int is_log = 0; is_log < 2; is_log++) {
        page ascii = page_of(&(plot){.is_log_y = is_log == 1, .curves = &cases[_i].curve, .count = 1}, 80, false);
        if (is_log == 0) ck_assert_uint_eq(marks_in(&ascii, '*'), cases[_i].marks);
        free(ascii.text);
    }
    page empty = page_of(&(plot){.count = 0}, 80, false);
    ck_assert_uint_eq(marks_in(&empty, '*'), 0);
    free(empty.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_plot");
    add(suite, "places", test_a_point_stands_beside_its_number_on_both_axes, 6);
    add(suite, "braille", test_braille_dots_are_where_ascii_has_its_marks, 2);
    add(suite, "dots", test_braille_has_eight_places_in_a_character, 8);
    add(suite, "lines", test_a_line_has_no_gap, 1);
    add(suite, "breaks", test_a_line_breaks_where_there_is_no_number, 6);
    add(suite, "ranges", test_what_is_outside_a_given_range_stands_at_its_edge, 1);
    add(suite, "ticks", test_ticks_are_round_numbers_and_evenly_spaced, 11);
    add(suite, "numbers", test_numbers_below_the_axis_do_not_touch, 6);
    add(suite, "marks", test_curves_are_told_apart_without_colour, 1);
    add(suite, "letters", test_letters_stand_on_the_points_of_their_line, 1);
    add(suite, "scattered", test_scattered_points_of_a_second_curve_are_letters_alone, 1);
    add(suite, "colours", test_colours_change_nothing_else, 2);
    add(suite, "ascii", test_ascii_has_nothing_else, 1);
    add(suite, "labels", test_labels_of_any_width_keep_lines_short, 3);
    add(suite, "notes", test_a_note_points_at_its_column, 1);
    add(suite, "little", test_nothing_and_hardly_anything_can_be_plotted, 6);
    return run_suite(suite);
}
