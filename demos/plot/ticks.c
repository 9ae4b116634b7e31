/* SPDX-License-Identifier: MIT */
#include "ticks.h"
#include "command.h"

#include <math.h>
#include <string.h>

static double position(const axis *a, double value) { return a->is_logarithmic ? log10(value) : value; }

double axis_place(const axis *a, double value)
{
    const double low = position(a, a->low), high = position(a, a->high);
    return high > low ? a->from + (position(a, value) - low) / (high - low) * (a->to - a->from) : a->from;
}

/* The least of 1, 2, 5, 10, ... times a power of ten that makes at most `most` steps. */
static double step_of(double span, double most, bool is_whole)
{
    const double unit = pow(10, floor(log10(span / most)));
    double step = unit;
    if (span / step > most) step = 2 * unit;
    if (span / step > most) step = 5 * unit;
    if (span / step > most) step = 10 * unit;
    return is_whole && step < 1 ? 1 : step;
}

/* As many ticks as have room. */
static double step_on(const axis *a)
{
    const double room = fabs(a->to - a->from), spacing = a->spacing > 0 ? a->spacing : 55;
    return step_of(a->high - a->low, fmin(fmax(floor(room / spacing), 2), 10), a->is_whole);
}

void axis_round(axis *a)
{
    if (a->is_logarithmic) {
        const double low = pow(10, floor(log10(a->low))), high = pow(10, floor(log10(a->high)));
        a->low = 5 * low <= a->low ? 5 * low : 2 * low <= a->low ? 2 * low : low;
        a->high = high >= a->high ? high : 2 * high >= a->high ? 2 * high : 5 * high >= a->high ? 5 * high : 10 * high;
        return;
    }
    if (!(a->high > a->low)) a->high = a->low + (a->low != 0 ? fabs(a->low) : 1);
    const double step = step_on(a);
    a->low = floor(a->low / step + 1e-9) * step;
    a->high = ceil(a->high / step - 1e-9) * step;
}

/* So many decades from tick to tick. */
static double skip_on(const axis *a, double decades)
{
    if (a->spacing > 0) return fmax(ceil(decades * a->spacing / fabs(a->to - a->from) - 1e-9), 1);
    return decades > 8 ? ceil(decades / 6) : 1;
}

/* 1, 10, 100, ..., or every few of them; with 2 and 5 between where that would be few. */
static size_t logarithmic_ticks(const axis *a, double ticks[MOST_TICKS])
{
    static const double between[] = {1, 2, 5};
    const double decades = log10(a->high) - log10(a->low), skip = skip_on(a, decades);
    const size_t each = decades < 2.5 ? 3 : 1;
    size_t count = 0;
    for (double e = floor(log10(a->low) / skip) * skip; e <= log10(a->high) + 1e-9; e += skip)
        for (size_t k = 0; k < each && count < MOST_TICKS; k++) {
            const double tick = between[k] * pow(10, e);
            if (tick >= a->low * (1 - 1e-9) && tick <= a->high * (1 + 1e-9)) ticks[count++] = tick;
        }
    return count;
}

size_t axis_ticks(const axis *a, double ticks[MOST_TICKS])
{
    if (a->is_logarithmic) return logarithmic_ticks(a, ticks);
    const double step = step_on(a);
    size_t count = 0;
    for (double k = ceil(a->low / step - 1e-9); k * step <= a->high + 1e-9 * step && count < MOST_TICKS; k++)
        ticks[count++] = k == 0 ? 0 : k * step;
    return count;
}

/* 1e-05 and 1e+06 to 1e-5 and 1e6. */
static void shorten_exponent(char *number)
{
    char *e = strchr(number, 'e');
    if (e == NULL) return;
    char *to = e[1] == '-' ? e + 2 : e + 1;
    const char *from = e + 2;
    while (*from == '0' && from[1] != '\0') from++;
    memmove(to, from, strlen(from) + 1);
}

/* So many digits that neighbouring ticks differ. */
static int digits_of(const axis *a, double tick)
{
    const int usual = fabs(tick) >= 1e6 ? 3 : 7;
    if (a->is_logarithmic || tick == 0) return usual;
    const int needed = (int)(floor(log10(fabs(tick)) + 1e-9) - floor(log10(step_on(a)) + 1e-9)) + 1;
    return needed > 15 ? 15 : needed > usual ? needed : usual;
}

char *axis_tick_text(const axis *a, double tick, const char *minus)
{
    char number[32];
    if (a->is_logarithmic && tick < 1e-3 * (1 - 1e-9)) snprintf(number, sizeof number, "%.0e", tick);
    else snprintf(number, sizeof number, "%.*g", digits_of(a, tick), fabs(tick));
    shorten_exponent(number);
    return formatted("%s%s%s", tick < 0 ? minus : "", number, a->unit != NULL ? a->unit : "");
}
