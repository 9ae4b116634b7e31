/* SPDX-License-Identifier: MIT */
#include "text_plot.h"
#include "command.h"
#include "print.h"
#include "ticks.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROWS = 17, LEAST_COLUMNS = 40, INDENT = 1, RIGHT_MARGIN = 4 };

/* A character of the plot. */
typedef struct mark {
    unsigned char dots; /* of Braille */
    char letter;        /* instead of them; 0: none */
    size_t curve;
} mark;

/* An axis whose ticks stand in the middle of characters wherever that can be. */
typedef struct scale {
    axis axis;
    double ticks[MOST_TICKS];
    char *texts[MOST_TICKS];
    size_t count, cells;
} scale;

typedef struct canvas {
    const plot *plot;
    bool is_unicode;
    size_t room, margin; /* of a line; of it before the plot, with the axis */
    scale x, y;
    mark cells[ROWS][LINE_WIDTH];
} canvas;

/* ------------------------------------------------------------------------------------------ scales */

static bool is_shown(const canvas *c, double x, double y)
{
    return isfinite(x) && isfinite(y) && (!c->plot->is_log_x || x > 0) && (!c->plot->is_log_y || y > 0);
}

static void take_ranges(canvas *c, axis *x, axis *y)
{
    x->low = y->low = INFINITY;
    x->high = y->high = -INFINITY;
    for (size_t k = 0; k < c->plot->count; k++) {
        const curve *own = &c->plot->curves[k];
        for (size_t i = 0; i < own->count; i++) {
            if (!is_shown(c, own->x[i], own->y[i])) continue;
            x->low = fmin(x->low, own->x[i]);
            x->high = fmax(x->high, own->x[i]);
            y->low = fmin(y->low, own->y[i]);
            y->high = fmax(y->high, own->y[i]);
        }
    }
}

/* Where all there is has one value, or there is nothing, an axis is still long; and where a number is next to the
 * largest or the least that there are, it does not reach so far. */
static void make_drawable(axis *a)
{
    static const double far = 1e300;
    if (a->low > a->high) a->low = a->high = 1;
    a->low = fmin(fmax(a->low, a->is_logarithmic ? 1 / far : -far), far);
    a->high = fmin(fmax(a->high, a->is_logarithmic ? 1 / far : -far), far);
    if (a->low < a->high) return;
    if (a->is_logarithmic) a->low /= 10;
    else a->high = a->low + (a->low != 0 ? fabs(a->low) : 1);
}

/* Whole decades where there are several. */
static void round_range(axis *a)
{
    if (a->is_logarithmic && log10(a->high) - log10(a->low) > 2.5) {
        a->low = pow(10, floor(log10(a->low) + 1e-9));
        a->high = pow(10, ceil(log10(a->high) - 1e-9));
    } else axis_round(a);
}

static bool is_whole(double x) { return fabs(x - round(x)) < 1e-9 * fmax(fabs(x), 1); }

/* Into how many equal parts an axis is divided so that ticks stand between them; 0: there is no such number. */
static double parts_of(const scale *s)
{
    const axis *a = &s->axis;
    const double decades = log10(a->high) - log10(a->low), span = a->high - a->low;
    if (a->is_logarithmic) return is_whole(decades) ? round(decades) : 0;
    const double step = s->count > 1 ? s->ticks[1] - s->ticks[0] : span;
    if (is_whole(span / step) && is_whole(a->low / step)) return round(span / step);
    return is_whole(a->low) && is_whole(span) && is_whole(step) ? round(span) : 0;
}

static void make_scale(scale *s, size_t room)
{
    s->axis.from = 0;
    s->axis.to = (double)room - 1;
    s->count = axis_ticks(&s->axis, s->ticks);
    const double parts = parts_of(s);
    if (parts > 0 && parts <= s->axis.to) s->axis.to = floor(s->axis.to / parts) * parts;
    if (s->axis.is_logarithmic) s->count = axis_ticks(&s->axis, s->ticks);
    s->cells = (size_t)s->axis.to + 1;
    for (size_t k = 0; k < s->count; k++) s->texts[k] = axis_tick_text(&s->axis, s->ticks[k], "-");
}

static void free_scale(scale *s)
{
    for (size_t k = 0; k < s->count; k++) free(s->texts[k]);
}

static void make_scales(canvas *c)
{
    const plot *p = c->plot;
    axis x = {.is_logarithmic = p->is_log_x, .spacing = 8}, y = {.is_logarithmic = p->is_log_y};
    y.spacing = p->is_log_y ? 4 : 3;
    y.to = ROWS - 1;
    take_ranges(c, &x, &y);
    if (p->x_range[0] < p->x_range[1]) x.low = p->x_range[0], x.high = p->x_range[1];
    if (p->y_range[0] < p->y_range[1]) y.low = p->y_range[0], y.high = p->y_range[1];
    make_drawable(&x);
    make_drawable(&y);
    if (!(p->y_range[0] < p->y_range[1])) round_range(&y);
    c->y.axis = y;
    make_scale(&c->y, ROWS);
    size_t widest = 0;
    for (size_t k = 0; k < c->y.count; k++)
        if (width_of(c->y.texts[k]) > widest) widest = width_of(c->y.texts[k]);
    c->margin = INDENT + widest + 2;
    c->x.axis = x;
    make_scale(&c->x, c->room - c->margin - RIGHT_MARGIN);
}

/* ------------------------------------------------------------------------------------------ curves */

/* In characters, from the top left; from the middle of the first to the middle of the last. */
static double column_of(const canvas *c, double x) { return fmin(fmax(axis_place(&c->x.axis, x), 0), c->x.axis.to); }

static double row_of(const canvas *c, double y)
{
    return c->y.axis.to - fmin(fmax(axis_place(&c->y.axis, y), 0), c->y.axis.to);
}

static char letter_of(size_t k)
{
    static const char letters[] = "*+xo#@%&";
    return letters[k % (sizeof letters - 1)];
}

/* In column `across` and row `down` of dots, two and four of which are in a character. */
static void put_dot(canvas *c, long across, long down, size_t k)
{
    static const unsigned char bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    mark *m = &c->cells[down / 4][across / 2];
    if (m->dots == 0) m->curve = k;
    m->dots |= bits[down % 4][across % 2];
    if (!c->is_unicode && m->letter == 0) m->letter = letter_of(k);
}

/* Of dots; ticks are in the left column and the third row of a character's. */
static long dots_across(const canvas *c, double x) { return lround(2 * column_of(c, x)); }
static long dots_down(const canvas *c, double y) { return lround(4 * row_of(c, y)) + 2; }

static void put_line(canvas *c, long x1, long y1, long x2, long y2, size_t k)
{
    const long steps = labs(x2 - x1) > labs(y2 - y1) ? labs(x2 - x1) : labs(y2 - y1);
    for (long i = 0; i <= steps; i++) {
        const double part = steps > 0 ? (double)i / (double)steps : 0;
        put_dot(c, x1 + lround(part * (double)(x2 - x1)), y1 + lround(part * (double)(y2 - y1)), k);
    }
}

static void put_curve(canvas *c, size_t k)
{
    const curve *own = &c->plot->curves[k];
    bool goes_on = false;
    long x = 0, y = 0;
    for (size_t i = 0; i < own->count; i++) {
        const bool is_here = is_shown(c, own->x[i], own->y[i]);
        if (is_here) {
            const long to_x = dots_across(c, own->x[i]), to_y = dots_down(c, own->y[i]);
            put_line(c, goes_on ? x : to_x, goes_on ? y : to_y, to_x, to_y, k);
            x = to_x;
            y = to_y;
        }
        goes_on = is_here && !own->is_scattered;
    }
}

/* The letters of a curve, some columns apart; scattered ones behind what stands there already. */
static void put_letters(canvas *c, size_t k)
{
    enum { APART = 4 };
    const curve *own = &c->plot->curves[k];
    long last = -APART;
    for (size_t i = 0; i < own->count; i++) {
        if (!is_shown(c, own->x[i], own->y[i])) continue;
        const long column = lround(column_of(c, own->x[i])), row = lround(row_of(c, own->y[i]));
        mark *m = &c->cells[row][column];
        if (labs(column - last) < (own->is_scattered ? 1 : APART) || m->letter != 0) continue;
        if (own->is_scattered && m->dots != 0) continue;
        m->letter = letter_of(k);
        m->curve = k;
        last = column;
    }
}

static void put_curves(canvas *c)
{
    const plot *p = c->plot;
    for (size_t k = 0; k < p->count; k++)
        if (k == 0 || !p->curves[k].is_scattered) put_curve(c, k);
    for (size_t k = 1; k < p->count; k++)
        if (c->is_unicode || p->curves[k].is_scattered) put_letters(c, k);
}

/* ---------------------------------------------------------------------------------------- printing */

static colour colour_of(size_t k)
{
    static const colour colours[] = {COLOUR_STEP, COLOUR_NUMBER, COLOUR_WARNING, COLOUR_HEADING};
    return colours[k % (sizeof colours / sizeof *colours)];
}

static bool is_empty(const mark *m) { return m->dots == 0 && m->letter == 0; }

static colour colour_at(const canvas *c, size_t row, size_t column)
{
    const mark *m = &c->cells[row][column];
    return is_empty(m) ? COLOUR_PLAIN : colour_of(m->curve);
}

static void put_mark(FILE *to, const mark *m)
{
    const unsigned code = 0x2800u + m->dots;
    if (is_empty(m)) fputc(' ', to);
    else if (m->letter != 0) fputc(m->letter, to);
    else fprintf(to, "%c%c%c", (int)(0xe0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3f)), (int)(0x80 | (code & 0x3f)));
}

/* The tick whose number stands in this cell; `count` for none. */
static size_t tick_at(const scale *s, double cell)
{
    size_t k = 0;
    while (k < s->count && lround(axis_place(&s->axis, s->ticks[k])) != lround(cell)) k++;
    return k;
}

static void put_row(FILE *to, const canvas *c, size_t row)
{
    const size_t tick = tick_at(&c->y, c->y.axis.to - (double)row);
    const bool has_tick = tick < c->y.count;
    size_t end = c->x.cells;
    while (end > 0 && is_empty(&c->cells[row][end - 1])) end--;
    fprintf(to, "%*s ", (int)c->margin - 2, has_tick ? c->y.texts[tick] : "");
    fputs(c->is_unicode ? has_tick ? "┤" : "│" : has_tick ? "+" : "|", to);
    for (size_t k = 0; k < end; k++) {
        const colour own = colour_at(c, row, k);
        if (k == 0 || colour_at(c, row, k - 1) != own) fputs(start_of(own), to);
        put_mark(to, &c->cells[row][k]);
        if (k + 1 == end || colour_at(c, row, k + 1) != own) fputs(end_of(own), to);
    }
    fputc('\n', to);
}

static void put_axis(FILE *to, const canvas *c)
{
    fprintf(to, "%*s%s", (int)c->margin - 1, "", c->is_unicode ? "└" : "+");
    for (size_t k = 0; k < c->x.cells; k++)
        if (tick_at(&c->x, (double)k) < c->x.count) fputs(c->is_unicode ? "┬" : "+", to);
        else fputs(c->is_unicode ? "─" : "-", to);
    fputc('\n', to);
}

/* The numbers of the ticks, as many as do not touch, and behind them or below what they are. */
static void put_tick_texts(FILE *to, const canvas *c)
{
    size_t used = 0;
    for (size_t k = 0; k < c->x.count; k++) {
        const size_t width = width_of(c->x.texts[k]);
        const size_t middle = c->margin + (size_t)lround(axis_place(&c->x.axis, c->x.ticks[k]));
        const size_t centred = middle - (width - 1) / 2, at = centred + width > c->room ? c->room - width : centred;
        if (used > 0 && at < used + 1) continue;
        fprintf(to, "%*s%s", (int)(at - used), "", c->x.texts[k]);
        used = at + width;
    }
    const char *label = c->plot->x_label;
    const size_t width = label != NULL ? width_of(label) : 0, end = c->margin + c->x.cells;
    if (width > 0 && used + 2 + width <= c->room) fprintf(to, "  %s", label);
    else if (width > 0) fprintf(to, "\n%*s%s", (int)(end > width ? end - width : 0), "", label);
    fputc('\n', to);
}

/* An arrow below its column, with the note on the side where there is room, else below. */
static void put_plot_note(FILE *to, const canvas *c)
{
    const char *note = c->plot->note, *arrow = c->is_unicode ? "▲" : "^";
    if (note == NULL) return;
    const size_t at = c->margin + (size_t)lround(column_of(c, c->plot->note_x)), width = width_of(note);
    if (at + 2 + width <= c->room) fprintf(to, "%*s%s %s\n", (int)at, "", arrow, note);
    else if (at > width) fprintf(to, "%*s%s %s\n", (int)(at - width - 1), "", note, arrow);
    else fprintf(to, "%*s%s\n%*s%s\n", (int)at, "", arrow, (int)c->margin, "", note);
}

/* A piece of the curve: dots, a letter, or both. */
static char *sample_of(const canvas *c, size_t k)
{
    const bool is_scattered = c->plot->curves[k].is_scattered;
    if (c->is_unicode && k == 0) return copied(is_scattered ? "⠶" : "⠒⠒⠒");
    if (c->is_unicode && !is_scattered) return formatted("⠒%c⠒", letter_of(k));
    return formatted("%c", letter_of(k));
}

static void put_legend(FILE *to, const canvas *c)
{
    size_t used = 0;
    for (size_t k = 0; k < c->plot->count; k++) {
        const char *name = c->plot->curves[k].name;
        if (name == NULL) continue;
        char *sample = sample_of(c, k);
        const size_t width = width_of(sample) + 1 + width_of(name);
        const bool goes_on = used > 0 && used + 2 + width <= c->room;
        if (!goes_on) fprintf(to, "%s%*s", used > 0 ? "\n" : "", (int)c->margin, "");
        fprintf(to, "%s%s%s%s %s", goes_on ? "  " : "", start_of(colour_of(k)), sample, end_of(colour_of(k)), name);
        used = (goes_on ? used + 2 : c->margin) + width;
        free(sample);
    }
    if (used > 0) fputc('\n', to);
}

void text_plot_print(FILE *to, const plot *p, size_t columns, bool is_unicode)
{
    canvas c = {.plot = p, .is_unicode = is_unicode};
    c.room = columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns > LINE_WIDTH ? LINE_WIDTH : columns;
    make_scales(&c);
    put_curves(&c);
    if (p->y_label != NULL) fprintf(to, "%s\n", p->y_label);
    for (size_t row = 0; row < c.y.cells; row++) put_row(to, &c, row);
    put_axis(to, &c);
    put_tick_texts(to, &c);
    put_plot_note(to, &c);
    put_legend(to, &c);
    free_scale(&c.x);
    free_scale(&c.y);
}

/* -------------------------------------------------------------------------------------- the reader */

bool text_plot_has_unicode(void)
{
    const locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (own == (locale_t)0) return false;
    const char *charset = nl_langinfo_l(CODESET, own);
    const bool is_unicode = charset[0] == 'U' && charset[1] == 'T' && charset[2] == 'F';
    freelocale(own);
    return is_unicode;
}

size_t text_plot_columns(FILE *to)
{
    struct winsize size;
    const char *given = getenv("COLUMNS");
    size_t columns = given != NULL ? strtoul(given, NULL, 10) : 0;
    if (columns == 0 && ioctl(fileno(to), TIOCGWINSZ, &size) == 0) columns = size.ws_col;
    return columns == 0 || columns > LINE_WIDTH ? LINE_WIDTH : columns;
}
