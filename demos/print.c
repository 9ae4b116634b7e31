/* SPDX-License-Identifier: MIT */
/* Numbers, and text on lines of at most 80 columns. */
#include "print.h"
#include "command.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ------------------------------------------------------------------------------------- numbers */

/* Tries `digits` significant digits and more, as long as `most` and 17 allow, until they are the number itself. */
static bool show_exactly(char shown[NUMBER_SIZE], double x, int digits, int most)
{
    for (int n = digits < 15 ? digits : 15; n <= most && n <= 17; n++) {
        snprintf(shown, NUMBER_SIZE, "%.*g", n, x);
        if (strtod(shown, NULL) == x) return true;
    }
    return false;
}

const char *show_number(char shown[NUMBER_SIZE], double x, int digits)
{
    if (isnan(x)) return strcpy(shown, "nan");
    if (x == 0) return strcpy(shown, "0");
    const double size = fabs(x);
    if (size < 1e9 && (x == floor(x) || size >= pow(10, digits))) {
        snprintf(shown, NUMBER_SIZE, "%.0f", x);
        if (x == floor(x) || digits < 9) return shown;
    }
    if (!show_exactly(shown, x, digits, digits + 2)) snprintf(shown, NUMBER_SIZE, "%.*g", digits, x);
    /* 9999.97 is rounded up to a number of one digit more. */
    if (size >= 1 && size < 1e9 && strchr(shown, 'e') != NULL) snprintf(shown, NUMBER_SIZE, "%.0f", x);
    return shown;
}

const char *show_input(char shown[NUMBER_SIZE], double x, int digits)
{
    enum { AS_TYPED = 10 };
    if (x == floor(x) && fabs(x) < 1e9) return show_number(shown, x, digits);
    return show_exactly(shown, x, digits, AS_TYPED) ? shown : show_number(shown, x, digits);
}

char *number_cell(double x, int digits)
{
    char shown[NUMBER_SIZE];
    return copied(show_number(shown, x, digits));
}

char *input_cell(double x, int digits)
{
    char shown[NUMBER_SIZE];
    return copied(show_input(shown, x, digits));
}

char *magnitude_text(double x) { return x == 0 ? copied("0") : formatted("%.1e", x); }

char *known_magnitude(double x) { return isnan(x) ? copied("-") : magnitude_text(x); }

char *count_text(size_t n)
{
    char digits[24];
    draft t;
    const int length = snprintf(digits, sizeof digits, "%zu", n);
    draft_begin(&t);
    for (int k = 0; k < length; k++) fprintf(t.to, "%s%c", k > 0 && (length - k) % 3 == 0 ? "," : "", digits[k]);
    return draft_done(&t);
}

/* -------------------------------------------------------------------------------------- widths */

/* The columns and the bytes of one character; a byte that is none takes one column. */
static size_t character(const char *s, size_t *columns)
{
    wchar_t c;
    mbstate_t state = {0};
    const size_t bytes = mbrtowc(&c, s, 4, &state);
    *columns = 1;
    if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0) return 1;
    const int width = wcwidth(c);
    *columns = width < 0 ? 1 : (size_t)width;
    return bytes;
}

size_t width_of(const char *string)
{
    size_t width = 0;
    for (size_t columns; *string != '\0'; width += columns) string += character(string, &columns);
    return width;
}

size_t fitting(const char *string, size_t width)
{
    size_t at = 0, used = 0;
    while (string[at] != '\0') {
        size_t columns;
        const size_t bytes = character(string + at, &columns);
        if (at > 0 && used + columns > width) break;
        at += bytes;
        used += columns;
    }
    return at;
}

/* ------------------------------------------------------------------------------------ wrapping */

/* Chinese has no spaces: between characters of double width a line may end, but no line begins or ends with these. */
static const char *const not_first = "，。；：、！？）】》」』”’％…,.;:!?)]}%", *const not_last = "（【《「『“‘([{";

static bool is_one_of(const char *set, const char *c, size_t bytes)
{
    for (const char *at = set; (at = strchr(at, c[0])) != NULL; at++)
        if (strncmp(at, c, bytes) == 0) return true;
    return false;
}

/* Whether a line may end between two characters that follow each other. */
static bool may_end(const char *last, const char *next)
{
    size_t columns, more;
    const size_t bytes = character(last, &columns), next_bytes = character(next, &more);
    if (*last == ' ' || *next == ' ') return true;
    const bool is_wide = columns > 1 || more > 1;
    return is_wide && !is_one_of(not_first, next, next_bytes) && !is_one_of(not_last, last, bytes);
}

size_t line_within(const char *s, size_t width)
{
    const size_t most = fitting(s, width);
    size_t best = 0, columns;
    if (s[most] == '\0') return most;
    for (size_t at = 0; at < most;) {
        const size_t bytes = character(s + at, &columns);
        if (may_end(s + at, s + at + bytes)) best = at + bytes;
        at += bytes;
    }
    while (best > 0 && s[best - 1] == ' ') best--;
    return best;
}

static size_t line_that_fits(const char *s, size_t room)
{
    const size_t n = line_within(s, room);
    return n > 0 ? n : fitting(s, room);
}

void put_wrapped(FILE *to, const char *string, size_t column, size_t indent)
{
    for (;;) {
        size_t n = line_that_fits(string, column < LINE_WIDTH ? LINE_WIDTH - column : 1);
        fwrite(string, 1, n, to);
        while (string[n] == ' ') n++;
        if (string[n] == '\0') return;
        string += n;
        column = indent;
        fprintf(to, "\n%*s", (int)indent, "");
    }
}

void put_heading(FILE *to, const char *heading)
{
    fprintf(to, "\n%s", start_of(COLOUR_HEADING));
    put_wrapped(to, heading, 0, 0);
    fprintf(to, "%s\n", end_of(COLOUR_HEADING));
}

void put_note(FILE *to, const char *note)
{
    put_wrapped(to, note, 0, 2);
    fputc('\n', to);
}

void put_owned_note(FILE *to, char *owned)
{
    put_note(to, owned);
    free(owned);
}

void put_column(FILE *to, const char *string, size_t width, colour c)
{
    const size_t own = width_of(string);
    fprintf(to, "%s%s%s%*s", start_of(c), string, end_of(c), own < width ? (int)(width - own) : 0, "");
}

void put_labelled(FILE *to, const char *label, size_t margin, char *owned)
{
    put_column(to, label, margin, COLOUR_HEADING);
    put_wrapped(to, owned, margin, margin);
    fputc('\n', to);
    free(owned);
}

/* ------------------------------------------------------------------------------------- formulas */

enum { MARGIN = 9 };

static void print_line(FILE *to, const char *line, size_t n, bool is_first)
{
    char *shown = formatted("%.*s", (int)n, line);
    for (char *c = shown; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = ' ';
    for (size_t end = n; end > 0 && shown[end - 1] == ' '; end--) shown[end - 1] = '\0';
    if (is_first) put_column(to, _("Formula"), MARGIN, COLOUR_HEADING);
    else fprintf(to, "%*s", MARGIN, "");
    put_wrapped(to, shown, MARGIN, MARGIN);
    fputc('\n', to);
    free(shown);
}

/* The formula as typed but for empty lines; of a long one the beginning. */
void print_formula(FILE *to, const char *formula)
{
    enum { LONGEST = 800 };
    const char *end = formula + fitting(formula, LONGEST);
    bool is_first = true;
    for (const char *line = formula; line < end;) {
        size_t n = strcspn(line, "\n");
        if (n > (size_t)(end - line)) n = (size_t)(end - line);
        if (strspn(line, " \t\r") < n) {
            print_line(to, line, n, is_first);
            is_first = false;
        }
        line += n + (line[n] == '\n');
    }
    if (*end != '\0') fprintf(to, "%*s...\n", MARGIN, "");
}
