/* SPDX-License-Identifier: MIT */
/* The report of a gradient check as text. */
#include "gradcheck_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ad_check_verdict_text(ad_check_verdict verdict)
{
    static const char *const texts[AD_CHECK_VERDICTS] = {
        [AD_CHECK_NONE] = "NONE",   [AD_CHECK_PASS] = "PASS",           [AD_CHECK_KINK] = "KINK",
        [AD_CHECK_NOISE] = "NOISE", [AD_CHECK_NONFINITE] = "NONFINITE", [AD_CHECK_FAIL] = "FAIL",
    };
    return (unsigned)verdict < AD_CHECK_VERDICTS ? texts[verdict] : "unknown";
}

/* -------------------------------------------------------------------------------------- writing */

typedef struct writer {
    char *text;
    size_t size, length; /* length: of all that was to be written */
} writer;

static void write_text(writer *w, const char *format, ...) FORMAT(2, 3);
static void write_text(writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const size_t from = w->length < w->size ? w->length : w->size;
    const int n = vsnprintf(w->size > from ? w->text + from : NULL, w->size - from, format, args);
    va_end(args);
    if (n > 0) w->length += (size_t)n;
}

enum { CELL = 64 };

/* What a locale puts for the decimal point, of whatever length, becomes a point. */
static void use_point(char *text)
{
    char *to = text;
    bool in_mark = false;
    for (const char *from = text; *from != '\0'; from++) {
        const bool is_mark = strchr("0123456789+-einfa", *from) == NULL;
        if (!is_mark) *to++ = *from;
        else if (!in_mark) *to++ = '.';
        in_mark = is_mark;
    }
    *to = '\0';
}

static const char *number_text(char text[CELL], double x, int digits)
{
    if (isnan(x)) return strcpy(text, "nan");
    snprintf(text, CELL, "%.*g", digits, x);
    use_point(text);
    return text;
}

/* As many digits as an error leaves. */
static const char *measured_text(char text[CELL], double x, double error)
{
    const double digits = error > 0 ? ceil(log10(fabs(x) / error)) : 10;
    return number_text(text, x, digits > 10 ? 10 : digits >= 1 ? (int)digits : 1);
}

static const char *error_text(char text[CELL], double x) { return isnan(x) ? "" : number_text(text, x, 2); }

/* In characters, of UTF-8 text. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* -------------------------------------------------------------------------------------- the table */

enum { NAME, POINT, GRADIENT, NUMERIC, ERROR, RELATIVE, METHOD, VERDICT, COLUMNS };
static const char *const titles[COLUMNS] = {"input", "value",    "by the sweep", "without it",
                                            "+-",    "relative", "method",       "verdict"};

static const char *cell_text(const ad_check_coordinate *x, int column, char text[CELL])
{
    const bool compared = x->method != 0;
    switch (column) {
    case NAME: return x->name;
    case POINT: return number_text(text, x->x, 6);
    case GRADIENT: return number_text(text, x->gradient, 10);
    case NUMERIC: return compared ? measured_text(text, x->numeric, x->error) : "";
    case ERROR: return compared ? error_text(text, x->error) : "";
    case RELATIVE: return compared ? error_text(text, x->relative) : "";
    case METHOD: return x->method == AD_CHECK_COMPLEX ? "complex" : compared ? "differences" : "";
    default: return ad_check_verdict_text(x->verdict);
    }
}

/* Which coordinates are shown: those that are not PASS, up to a limit, and the worst of the others. */
enum { MOST_OTHERS = 100, WORST = 20 };

typedef struct selection {
    size_t worst[WORST], count;
} selection;

static double badness(const ad_check_coordinate *x) { return isnan(x->relative) ? INFINITY : x->relative; }

static selection worst_of(const ad_gradcheck_report *r)
{
    selection s = {.count = 0};
    for (size_t k = 0; k < r->count; k++) {
        if (r->coordinates[k].verdict != AD_CHECK_PASS) continue;
        size_t at = s.count < WORST ? s.count++ : WORST;
        for (; at > 0 && badness(&r->coordinates[s.worst[at - 1]]) < badness(&r->coordinates[k]); at--)
            if (at < WORST) s.worst[at] = s.worst[at - 1];
        if (at < WORST) s.worst[at] = k;
    }
    return s;
}

static bool is_shown(const ad_gradcheck_report *r, const selection *s, size_t k, size_t *others)
{
    if (r->count <= WORST) return true;
    if (r->coordinates[k].verdict != AD_CHECK_PASS) return (*others)++ < MOST_OTHERS;
    bool found = false;
    for (size_t at = 0; at < s->count; at++) found = found || s->worst[at] == k;
    return found;
}

static void write_cell(writer *w, const char *text, size_t width, bool right)
{
    const size_t own = width_of(text);
    const int pad = (int)(width > own ? width - own : 0);
    if (right) write_text(w, "%*s%s", pad, "", text);
    else write_text(w, "%s%*s", text, pad, "");
}

static void write_row(writer *w, const ad_check_coordinate *x, const size_t width[COLUMNS])
{
    char text[CELL];
    for (int column = 0; column < COLUMNS; column++) {
        const bool right = column >= POINT && column <= RELATIVE, last = column == COLUMNS - 1;
        const char *cell = x == NULL ? titles[column] : cell_text(x, column, text);
        write_cell(w, cell, last ? 0 : width[column], right);
        if (!last) write_text(w, "  ");
    }
    if (x != NULL && x->at.found) write_text(w, ": %s", x->at.text);
    write_text(w, "\n");
}

static void write_coordinates(writer *w, const ad_gradcheck_report *r)
{
    const selection s = worst_of(r);
    size_t width[COLUMNS], others = 0, shown = 0;
    char text[CELL];
    for (int column = 0; column < COLUMNS; column++) width[column] = strlen(titles[column]);
    for (size_t k = 0; k < r->count; k++)
        if (is_shown(r, &s, k, &others))
            for (int column = 0; column < COLUMNS; column++) {
                const size_t own = width_of(cell_text(&r->coordinates[k], column, text));
                if (own > width[column]) width[column] = own;
            }
    others = 0;
    if (r->count > 0) write_row(w, NULL, width);
    for (size_t k = 0; k < r->count; k++)
        if (is_shown(r, &s, k, &others)) {
            write_row(w, &r->coordinates[k], width);
            shown++;
        }
    if (shown < r->count) write_text(w, "(the worst %zu of %zu)\n", shown, r->count);
}

/* ---------------------------------------------------------------------- directions and rules */

static void write_directions(writer *w, const ad_gradcheck_report *r)
{
    char slope[CELL], relative[CELL];
    for (size_t k = 0; k < r->direction_count; k++) {
        const ad_check_direction *d = &r->directions[k];
        write_text(w, "direction %zu:", k + 1);
        if (d->taylor != AD_CHECK_NONE) {
            write_text(w, " Taylor %s", ad_check_verdict_text(d->taylor));
            if (isnan(d->slope) && d->taylor == AD_CHECK_PASS) write_text(w, " (no more than rounding)");
            else if (!isnan(d->slope)) write_text(w, " (slope %s)", number_text(slope, d->slope, 3));
        }
        if (d->dot != AD_CHECK_NONE)
            write_text(w, "%s dot product %s", d->taylor != AD_CHECK_NONE ? "," : "", ad_check_verdict_text(d->dot));
        if (!isnan(d->relative)) write_text(w, " (relative %s)", error_text(relative, d->relative));
        write_text(w, "\n");
    }
}

static void write_nodes(writer *w, const ad_gradcheck_report *r)
{
    char partial[CELL], numeric[CELL], relative[CELL];
    if (r->methods & AD_CHECK_NODES)
        write_text(w, "operations alone: %zu of %zu checked, %zu wrong, %zu unclear\n", r->nodes_checked, r->node_count,
                   r->rule_count, r->nodes_unclear);
    for (size_t k = 0; k < r->rule_count; k++) {
        const ad_check_rule *rule = &r->rules[k];
        if (rule->operand == 0)
            write_text(w, "  %s: its adjoint depends on whether the sweep goes step by step\n", rule->at.text);
        else
            write_text(w, "  %s, operand %zu: %s by the sweep, %s without it, relative %s\n", rule->at.text,
                       rule->operand, number_text(partial, rule->partial, 10),
                       measured_text(numeric, rule->numeric, rule->error), error_text(relative, rule->relative));
    }
}

/* ----------------------------------------------------------------------------------- the sentence */

static double worst_relative(const ad_gradcheck_report *r)
{
    double worst = 0;
    for (size_t k = 0; k < r->count; k++)
        if (r->coordinates[k].verdict == AD_CHECK_PASS) worst = fmax(worst, r->coordinates[k].relative);
    return worst;
}

/* What is wrong with the first wrong rule, or where the first FAIL comes from. */
static void write_reason(writer *w, const ad_gradcheck_report *r)
{
    char factor[CELL];
    if (r->rule_count > 0 && r->rules[0].operand > 0) {
        const ad_check_rule *rule = &r->rules[0];
        write_text(w, ": the rule of %s", rule->at.text);
        if (rule->partial == 0) write_text(w, ", leaves a term out");
        else if (rule->numeric == 0) write_text(w, ", is %s instead of 0", number_text(factor, rule->partial, 6));
        else
            write_text(w, ", is off by a factor %s",
                       number_text(factor, rule->partial / rule->numeric, rule->relative < 1e-4 ? 9 : 6));
        return;
    }
    if (r->rule_count > 0) write_text(w, ": at %s the two ways to sweep differ", r->rules[0].at.text);
    for (size_t k = 0; k < r->count && r->rule_count == 0; k++)
        if (r->coordinates[k].verdict == AD_CHECK_FAIL && r->coordinates[k].at.found) {
            write_text(w, ": a value is used as a constant in %s", r->coordinates[k].at.text);
            return;
        }
    if (r->rule_count == 0 && r->nodes_checked > 0)
        write_text(w, ", though %s operation alone is right", r->nodes_unclear > 0 ? "no" : "every");
}

static void write_count(writer *w, const ad_gradcheck_report *r, ad_check_verdict verdict)
{
    const size_t n = r->verdicts[verdict];
    if (n == r->count && n > 1) write_text(w, "all %zu coordinates", n);
    else write_text(w, "%zu of %zu coordinates", n, r->count);
}

static void write_failure(writer *w, const ad_gradcheck_report *r)
{
    write_text(w, "FAIL: ");
    if (r->differs) {
        write_text(w, "two evaluations at the same point differ.\n");
        return;
    }
    if (r->verdicts[AD_CHECK_FAIL] > 0) write_count(w, r, AD_CHECK_FAIL);
    else write_text(w, "no coordinate, but %s", r->rule_count > 0 ? "an operation alone" : "a direction");
    write_reason(w, r);
    write_text(w, ".\n");
}

static void write_passes(writer *w, const ad_gradcheck_report *r)
{
    char worst[CELL];
    const char *relative = error_text(worst, worst_relative(r));
    if (r->count == 1) write_text(w, "The coordinate PASSes; relative error %s.\n", relative);
    else write_text(w, "All %zu coordinates PASS; largest relative error %s.\n", r->count, relative);
}

/* "KINK: 3 of 4 coordinates PASS, 1 KINK." */
static void write_mixture(writer *w, const ad_gradcheck_report *r)
{
    write_text(w, "%s: %zu of %zu coordinates PASS", ad_check_verdict_text(r->verdict), r->verdicts[AD_CHECK_PASS],
               r->count);
    for (int v = AD_CHECK_NONE; v < AD_CHECK_VERDICTS; v++)
        if (v != AD_CHECK_PASS && r->verdicts[v] > 0)
            write_text(w, ", %zu %s", r->verdicts[v], ad_check_verdict_text((ad_check_verdict)v));
    write_text(w, ".\n");
}

static void write_sentence(writer *w, const ad_gradcheck_report *r)
{
    if (r->count < r->inputs && r->count > 0 && !r->stopped)
        write_text(w, "%zu of %zu inputs were checked, chosen at random by the seed %llu.\n", r->count, r->inputs,
                   (unsigned long long)r->seed);
    if (r->stopped) write_text(w, "Stopped before the end.\n");
    if (r->verdict == AD_CHECK_FAIL) write_failure(w, r);
    else if (r->count == 0) write_text(w, "%s.\n", ad_check_verdict_text(r->verdict));
    else if (r->verdict == AD_CHECK_PASS && r->verdicts[AD_CHECK_PASS] == r->count) write_passes(w, r);
    else write_mixture(w, r);
}

size_t ad_gradcheck_text(const ad_gradcheck_report *report, char *text, size_t size)
{
    writer w = {text, size, 0};
    if (size > 0) text[0] = '\0';
    if (report->message[0] != '\0') write_text(&w, "%s\n", report->message);
    else {
        if (!report->differs) write_coordinates(&w, report);
        write_directions(&w, report);
        write_nodes(&w, report);
        write_sentence(&w, report);
    }
    return w.length;
}
