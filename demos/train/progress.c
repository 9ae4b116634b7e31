/* SPDX-License-Identifier: MIT */
#include "progress.h"
#include "command.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* About twenty lines, each after a round number of epochs. */
static size_t every_of(size_t epochs)
{
    enum { LINES = 20 };
    static const size_t round[] = {1, 2, 5};
    size_t unit = 1;
    for (;; unit *= 10)
        for (size_t k = 0; k < 3; k++)
            if (epochs / (round[k] * unit) <= LINES) return round[k] * unit;
}

static double now(void)
{
    struct timespec t = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The stream if lines on it can be redrawn; else NULL. */
static FILE *terminal_of(FILE *live)
{
    const char *terminal = getenv("TERM");
    const bool is_dumb = terminal != NULL && strcmp(terminal, "dumb") == 0;
    return live == NULL || is_dumb || !isatty(fileno(live)) ? NULL : live;
}

progress progress_new(FILE *to, FILE *live, size_t epochs, size_t samples)
{
    return (progress){
        .to = to, .live = terminal_of(live), .epochs = epochs, .samples = samples, .every = every_of(epochs)};
}

double progress_seconds(const progress *p) { return p->is_begun ? now() - p->began : 0; }

/* --------------------------------------------------------------------------------- the live line */

static size_t width_of_terminal(FILE *to)
{
    struct winsize size;
    if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return LINE_WIDTH;
    return size.ws_col;
}

static char *time_text(double seconds)
{
    if (!(seconds < 360000)) return copied("days");
    const unsigned long s = (unsigned long)(seconds + 0.5);
    if (s < 3600) return formatted("%lu:%02lu", s / 60, s % 60);
    return formatted("%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
}

/* What stands behind the bar: the last score, then the pace. Of what does not fit `room` columns the end is left out.
 */
static char *state_of(const progress *p, double epoch, double seconds, size_t room)
{
    const nn_score *score = p->has_validation ? &p->last.validation : &p->last.training;
    const double done = epoch - p->first, settled = 0.2;
    char *parts[] = {NULL, NULL, NULL, NULL}, *state = copied("");
    if (score->samples > 0) parts[0] = formatted("  cost %.4g", score->cost);
    if (score->samples > 0 && p->has_classes)
        parts[1] = formatted("  right %.1f %%", 100 * (double)score->correct / (double)score->samples);
    if (done > 0 && seconds > settled) {
        char *left = time_text(((double)p->epochs - epoch) * seconds / done);
        parts[2] = formatted("  %s left", left);
        parts[3] = formatted("  %.0f/s", done * (double)p->samples / seconds);
        free(left);
    }
    for (size_t k = 0; k < 4; k++) {
        if (parts[k] != NULL && strlen(state) + strlen(parts[k]) <= room) {
            char *longer = formatted("%s%s", state, parts[k]);
            free(state);
            state = longer;
        }
        free(parts[k]);
    }
    return state;
}

static void put_bar(FILE *to, size_t width, double part)
{
    const size_t done = (size_t)(part * (double)width);
    fputc('[', to);
    for (size_t k = 0; k < width; k++) fputc(k < done ? '=' : k == done ? '>' : ' ', to);
    fputc(']', to);
}

static void draw(progress *p, double epoch, double time)
{
    enum { LEAST_BAR = 8, MOST_BAR = 40, ENDS = 3 };
    const size_t columns = width_of_terminal(p->live);
    const size_t running = (size_t)epoch + 1 < p->epochs ? (size_t)epoch + 1 : p->epochs;
    char *count = formatted("%zu/%zu ", running, p->epochs);
    const size_t used = strlen(count) + ENDS, room = used + LEAST_BAR < columns ? columns - used - LEAST_BAR : 0;
    char *state = state_of(p, epoch, time - p->began, room);
    const size_t left = room + LEAST_BAR - strlen(state);
    fprintf(p->live, "\r\033[K%s", count);
    if (room > 0) put_bar(p->live, left < MOST_BAR ? left : MOST_BAR, epoch / (double)p->epochs);
    fputs(state, p->live);
    fflush(p->live);
    free(count);
    free(state);
    p->is_drawn = true;
    p->drawn = time;
}

static void wipe(progress *p)
{
    if (!p->is_drawn) return;
    fputs("\r\033[K", p->live);
    fflush(p->live);
    p->is_drawn = false;
}

void progress_batch(progress *p, double epoch)
{
    static const double interval = 0.1;
    if (p->is_begun && p->live == NULL) return;
    const double time = now();
    if (!p->is_begun) {
        p->is_begun = true;
        p->first = epoch;
        p->began = p->drawn = time;
    }
    if (p->live != NULL && time - p->drawn >= interval) draw(p, epoch, time);
}

/* ------------------------------------------------------------------------------------- the lines */

static void put_score(FILE *to, const progress *p, const nn_score *score)
{
    fprintf(to, "  %11.4g", score->cost);
    if (p->has_classes) fprintf(to, "  %6.2f %%", 100 * (double)score->correct / (double)score->samples);
}

static void put_heads(const progress *p)
{
    const char *heading = start_of(COLOUR_HEADING), *end = end_of(COLOUR_HEADING);
    fprintf(p->to, "\n%s  epoch  %11s%s%s%s%s\n", heading, p->has_l2 ? "cost + l2" : "cost",
            p->has_classes ? "     right" : "", p->has_validation ? "   validation" : "",
            p->has_validation && p->has_classes ? "     right" : "", end);
}

static void put_line(progress *p, const nn_epoch *e)
{
    if (p->to == NULL || p->printed == e->epoch) return;
    if (p->printed == 0) put_heads(p);
    fprintf(p->to, "%7zu", e->epoch);
    put_score(p->to, p, &e->training);
    if (p->has_validation) put_score(p->to, p, &e->validation);
    fputc('\n', p->to);
    fflush(p->to);
    p->printed = e->epoch;
}

void progress_epoch(progress *p, const nn_epoch *epoch)
{
    p->last = *epoch;
    if (epoch->epoch != 1 && epoch->epoch % p->every != 0 && epoch->epoch != p->epochs) return;
    wipe(p);
    put_line(p, epoch);
}

void progress_end(progress *p)
{
    wipe(p);
    if (p->last.epoch > 0) put_line(p, &p->last);
}

/* ------------------------------------------------------------------------------------- other work */

waiting waiting_begin(FILE *live, const char *word)
{
    const double time = now();
    return (waiting){.live = terminal_of(live), .word = word, .began = time, .drawn = time};
}

void waiting_show(waiting *w, double part)
{
    enum { BAR = 40, ENDS = 4 };
    static const double patience = 0.5, interval = 0.1;
    if (w->live == NULL) return;
    const double time = now();
    if (time - w->began < patience || time - w->drawn < interval) return;
    const size_t columns = width_of_terminal(w->live), used = strlen(w->word) + ENDS;
    fprintf(w->live, "\r\033[K%s ", w->word);
    if (columns > used) put_bar(w->live, columns - used < BAR ? columns - used : BAR, part);
    fflush(w->live);
    w->is_drawn = true;
    w->drawn = time;
}

void waiting_end(waiting *w)
{
    if (w->is_drawn) fputs("\r\033[K", w->live);
    if (w->is_drawn) fflush(w->live);
    w->is_drawn = false;
}
