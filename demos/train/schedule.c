/* SPDX-License-Identifier: MIT */
#include "schedule.h"
#include "command.h"
#include "number.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_factor(const char *text, double *factor)
{
    return read_number(text, factor) && *factor > 0 && *factor <= 1;
}

/* "EPOCHS:FACTOR" */
static bool read_step(const char *text, schedule *s)
{
    char *end;
    const unsigned long every = strtoul(text, &end, 10);
    if (*text < '1' || *text > '9' || *end != ':' || every > 1000000) return false;
    s->every = every;
    return read_factor(end + 1, &s->factor);
}

static const char *behind(const char *text, const char *beginning)
{
    const size_t length = strlen(beginning);
    return strncmp(text, beginning, length) == 0 ? text + length : NULL;
}

bool schedule_read(const char *text, schedule *s)
{
    const char *step = behind(text, "step:"), *exponential = behind(text, "exponential:");
    s->kind = step != NULL                  ? SCHEDULE_STEP
              : exponential != NULL         ? SCHEDULE_EXPONENTIAL
              : strcmp(text, "cosine") == 0 ? SCHEDULE_COSINE
                                            : SCHEDULE_CONSTANT;
    if (step != NULL) return read_step(step, s);
    if (exponential != NULL) return read_factor(exponential, &s->factor);
    return s->kind == SCHEDULE_COSINE || strcmp(text, "constant") == 0;
}

char *schedule_text(const schedule *s)
{
    enum { EXACT = 15 };
    char shown[NUMBER_SIZE];
    switch (s->kind) {
    case SCHEDULE_COSINE: return copied("cosine");
    case SCHEDULE_STEP: return formatted("step:%zu:%s", s->every, show_number(shown, s->factor, EXACT));
    case SCHEDULE_EXPONENTIAL: return formatted("exponential:%s", show_number(shown, s->factor, EXACT));
    default: return copied("constant");
    }
}

double schedule_rate(const schedule *s, double rate, double epoch, size_t epochs)
{
    static const double pi = 3.14159265358979323846;
    switch (s->kind) {
    case SCHEDULE_COSINE: return rate * 0.5 * (1 + cos(pi * epoch / (double)epochs));
    case SCHEDULE_STEP: return rate * pow(s->factor, floor(epoch / (double)s->every));
    case SCHEDULE_EXPONENTIAL: return rate * pow(s->factor, epoch);
    default: return rate;
    }
}
