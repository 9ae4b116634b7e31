/* SPDX-License-Identifier: MIT */
/* The plot of a step sweep in characters: a row for each decade of the error, a few columns for each of the step. In
 * Unicode central differences are dots of Braille, eight to a character. */
#include "command.h"
#include "language.h"
#include "print.h"
#include "step_sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 17, MARGIN = 8, MOST_EACH = 4, MOST_COLUMNS = SWEEP_DECADES * MOST_EACH + 1 };

typedef struct canvas {
    const step_sweep *s;
    size_t room;          /* of a line */
    size_t each, columns; /* of the plot: characters for a decade, in all */
    bool is_unicode;
    unsigned char central[ROWS][MOST_COLUMNS]; /* dots of Braille */
    bool forward[ROWS][MOST_COLUMNS];
} canvas;

/* How far an error is below 10, in quarters of a decade; the last row is for all that is less. */
static size_t height_of(double error)
{
    const double quarters = error > 0 ? floor(4 * (1 - log10(error))) : 4 * ROWS;
    return quarters < 0 ? 0 : quarters >= 4 * ROWS ? 4 * ROWS - 1 : (size_t)quarters;
}

/* The dot in row `y` (of 4) and column `x` (of 2) of a character. */
static unsigned char dot(size_t x, size_t y)
{
    static const unsigned char dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    return dots[y][x];
}

static void put_points(canvas *c)
{
    for (size_t k = 0; k < SWEEP_COUNT; k++) {
        const size_t across = 2 * c->each * k / SWEEP_EACH, column = across / 2;
        if (!isnan(c->s->central[k])) {
            const size_t y = height_of(c->s->central[k]);
            c->central[y / 4][column] |= dot(across % 2, y % 4);
        }
        if (!isnan(c->s->forward[k]) && 2 * c->each * k % SWEEP_EACH == 0 && across % 2 == 0)
            c->forward[height_of(c->s->forward[k]) / 4][column] = true;
    }
}

/* ---------------------------------------------------------------------------------------- printing */

static void put_braille(FILE *to, unsigned char dots)
{
    const unsigned code = 0x2800u + dots;
    fprintf(to, "%c%c%c", (int)(0xe0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3f)), (int)(0x80 | (code & 0x3f)));
}

static colour colour_at(const canvas *c, size_t row, size_t column)
{
    return c->central[row][column] != 0 ? COLOUR_STEP : c->forward[row][column] ? COLOUR_NUMBER : COLOUR_PLAIN;
}

static void put_cell(FILE *to, const canvas *c, size_t row, size_t column)
{
    if (c->central[row][column] == 0) fputc(c->forward[row][column] ? '+' : ' ', to);
    else if (c->is_unicode) put_braille(to, c->central[row][column]);
    else fputc('*', to);
}

static void put_row(FILE *to, const canvas *c, size_t row)
{
    size_t end = c->columns;
    while (end > 0 && colour_at(c, row, end - 1) == COLOUR_PLAIN) end--;
    if (row % 4 == 0) fprintf(to, row == 0 ? "%*s1 " : "%*s1e-%zu ", row == 0 ? MARGIN - 3 : row < 10 ? 2 : 1, "", row);
    else fprintf(to, "%*s", MARGIN - 1, "");
    fputs(c->is_unicode ? row % 4 == 0 ? "┤" : "│" : row % 4 == 0 ? "+" : "|", to);
    for (size_t k = 0; k < end; k++) {
        const colour own = colour_at(c, row, k);
        if (k == 0 || colour_at(c, row, k - 1) != own) fputs(start_of(own), to);
        put_cell(to, c, row, k);
        if (k + 1 == end || colour_at(c, row, k + 1) != own) fputs(end_of(own), to);
    }
    fputc('\n', to);
}

static size_t ticks_apart(const canvas *c) { return c->each < 2 ? 8 : 4; }

static void put_axis(FILE *to, const canvas *c)
{
    fprintf(to, "%*s%s", MARGIN - 1, "", c->is_unicode ? "└" : "+");
    for (size_t k = 0; k < c->columns; k++)
        if (k % (ticks_apart(c) * c->each) == 0) fputs(c->is_unicode ? "┬" : "+", to);
        else fputs(c->is_unicode ? "─" : "-", to);
    fputc('\n', to);
}

static void put_tick_labels(FILE *to, const canvas *c)
{
    size_t used = 0;
    for (size_t decade = 0; decade <= SWEEP_DECADES; decade += ticks_apart(c)) {
        const int exponent = c->s->top - SWEEP_DECADES + (int)decade;
        char *label = exponent == 0 ? copied("1") : formatted("1e%d", exponent);
        const size_t middle = MARGIN + decade * c->each, half = (strlen(label) - 1) / 2;
        used += (size_t)fprintf(to, "%*s%s", (int)(middle - half - used), "", label);
        free(label);
    }
    fputs("  h\n", to);
}

/* The mark below its column, with what is said of it on the side where there is room, else below. */
static void put_best(FILE *to, const canvas *c)
{
    const step_sweep *s = c->s;
    if (!step_sweep_has_best(s)) return;
    const size_t at = MARGIN + c->each * s->best / SWEEP_EACH;
    char *text = step_sweep_best_text(s);
    const size_t length = width_of(text);
    const char *mark = c->is_unicode ? "▲" : "^";
    if (at + 2 + length <= c->room) fprintf(to, "%*s%s %s\n", (int)at, "", mark, text);
    else if (at > length) fprintf(to, "%*s%s %s\n", (int)(at - length - 1), "", text, mark);
    else fprintf(to, "%*s%s\n%*s%s\n", (int)at, "", mark, MARGIN, "", text);
    free(text);
}

static void put_legend(FILE *to, const canvas *c)
{
    enum { TOGETHER = 55 };
    fprintf(to, "%*s%s%s%s %s", MARGIN, "", start_of(COLOUR_STEP), c->is_unicode ? "⠶" : "*", end_of(COLOUR_STEP),
            _("central differences"));
    if (c->room < TOGETHER) fprintf(to, "\n%*s", MARGIN, "");
    else fputs("  ", to);
    fprintf(to, "%s+%s %s\n", start_of(COLOUR_NUMBER), end_of(COLOUR_NUMBER), _("forward differences"));
}

void step_sweep_print(FILE *to, const step_sweep *s, size_t columns, bool is_unicode)
{
    canvas c = {.s = s, .room = columns, .is_unicode = is_unicode};
    const size_t each = columns > MARGIN + 1 ? (columns - MARGIN - 1) / SWEEP_DECADES : 0;
    c.each = each < 1 ? 1 : each > MOST_EACH ? MOST_EACH : each;
    c.columns = SWEEP_DECADES * c.each + 1;
    put_points(&c);
    fprintf(to, "%s\n", _("relative error"));
    for (size_t row = 0; row < ROWS; row++) put_row(to, &c, row);
    put_axis(to, &c);
    put_tick_labels(to, &c);
    put_best(to, &c);
    put_legend(to, &c);
}
