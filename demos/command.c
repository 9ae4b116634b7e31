/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "language.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------ messages */

static void say(const char *format, va_list args)
{
    fflush(stdout);
    fputs("chainrule: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void die(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    exit(code);
}

/* An error of the stream may be older than this flush; errno is only known for one that comes now. */
static void close_output(void)
{
    const bool failed_before = ferror(stdout) != 0;
    errno = 0;
    if (fclose(stdout) == 0 && !failed_before) return;
    if (errno != 0) complain(_("cannot write the output: %s"), strerror(errno));
    else complain(_("cannot write the output"));
    _exit(CODE_DATA);
}

void watch_output(void) { atexit(close_output); }

/* -------------------------------------------------------------------------------------- memory */

void *resized(void *block, size_t count, size_t size)
{
    void *more = reallocarray(block, count > 0 ? count : 1, size);
    if (more == NULL) die(CODE_DATA, _("out of memory"));
    return more;
}

char *copied(const char *string)
{
    const size_t size = strlen(string) + 1;
    return memcpy(resized(NULL, size, 1), string, size);
}

double *numbers_copied(const double *x, size_t n) { return memcpy(resized(NULL, n, sizeof *x), x, n * sizeof *x); }

char *formatted(const char *format, ...)
{
    char *string;
    va_list args;
    va_start(args, format);
    const int length = vasprintf(&string, format, args);
    va_end(args);
    if (length < 0) die(CODE_DATA, _("out of memory"));
    return string;
}

void draft_begin(draft *t)
{
    t->to = open_memstream(&t->bytes, &t->size);
    if (t->to == NULL) die(CODE_DATA, _("out of memory"));
}

char *draft_done(draft *t)
{
    if (fclose(t->to) != 0) die(CODE_DATA, _("out of memory"));
    return t->bytes;
}

/* ------------------------------------------------------------------------------------- colours */

static bool colours_on;

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && *value != '\0';
}

static bool terminal_has_colours(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !is_set("NO_COLOR") && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

bool choose_colours(const char *when)
{
    colours_on = strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && terminal_has_colours());
    return colours_on || strcmp(when, "never") == 0 || strcmp(when, "auto") == 0;
}

const char *start_of(colour c)
{
    static const char *const starts[] = {
        [COLOUR_PLAIN] = "",          [COLOUR_HEADING] = "\033[1m",  [COLOUR_STEP] = "\033[1;36m",
        [COLOUR_NUMBER] = "\033[32m", [COLOUR_WARNING] = "\033[33m", [COLOUR_QUIET] = "\033[2m"};
    return colours_on ? starts[c] : "";
}

const char *end_of(colour c) { return colours_on && c != COLOUR_PLAIN ? "\033[0m" : ""; }
