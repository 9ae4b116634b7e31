/* SPDX-License-Identifier: MIT */
#include "option.h"
#include "command.h"
#include "language.h"
#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t option_whole(struct argp_state *state, const char *option, const char *text, uint64_t least)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < least)
        argp_error(state, _("--%s=%s: expected a whole number from %d up"), option, text, (int)least);
    return value;
}

size_t option_count(struct argp_state *state, const char *option, const char *text, size_t least)
{
    return (size_t)option_whole(state, option, text, least);
}

double option_within(struct argp_state *state, const char *option, const char *text, double least, double most)
{
    double x = 0;
    if (!read_number(text, &x) || x != floor(x) || x < least || x > most)
        argp_error(state, _("--%s=%s: expected a whole number from %.0f to %.0f"), option, text, least, most);
    return x;
}

bool option_pair(struct argp_state *state, const char *option, const char *text, double least, size_t *layer,
                 size_t *unit)
{
    const char *comma = strchr(text, ',');
    if (comma == NULL) return false;
    char *first = formatted("%.*s", (int)(comma - text), text);
    *layer = (size_t)option_within(state, option, first, least, 1e6);
    *unit = (size_t)option_within(state, option, comma + 1, 1, 1e6);
    free(first);
    return true;
}

double option_number(struct argp_state *state, const char *option, const char *text, option_range range)
{
    double x = 0;
    const bool is_number = read_number(text, &x) && isfinite(x);
    if (is_number && x >= range.least && x < range.bound && !(range.is_open && x == range.least)) return x;
    if (isinf(range.bound))
        argp_error(state,
                   range.is_open ? _("--%s=%s: expected a number above %g")
                                 : _("--%s=%s: expected a number from %g up"),
                   option, text, range.least);
    else
        argp_error(state,
                   range.is_open ? _("--%s=%s: expected a number above %g and below %g")
                                 : _("--%s=%s: expected a number from %g and below %g"),
                   option, text, range.least, range.bound);
    return 0;
}

int digits_in(struct argp_state *state, const char *text) { return (int)option_within(state, "digits", text, 1, 17); }

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++)
        if ((*a == '-' ? '_' : *a) != *b) return false;
    return true;
}

int option_choice(struct argp_state *state, const char *option, const char *text, const char *(*name_of)(int),
                  int count)
{
    for (int k = 0; k < count; k++)
        if (same_name(text, name_of(k))) return k;
    draft t;
    draft_begin(&t);
    for (int k = 0; k < count; k++)
        fprintf(t.to, "%s%s", k == 0 ? "" : k + 1 < count ? _(", ") : _(" or "), name_of(k));
    char *names = draft_done(&t);
    argp_error(state, _("--%s=%s: expected %s"), option, text, names);
    free(names);
    return -1;
}
