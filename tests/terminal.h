/* SPDX-License-Identifier: MIT */
/* Running the command on a terminal, as somebody who looks would. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include "test_command.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>

/* Whether a pseudo-terminal can be had here; else says what is skipped. */
static inline bool have_terminal(const char *what)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal >= 0 && close(terminal) == 0) return true;
    printf("# skipped: %s on a terminal, which cannot be had here\n", what);
    return false;
}

/* A line that runs on a terminal, to be read and typed to. */
typedef struct session {
    int terminal;
    pid_t child;
    char *text; /* all that it has shown so far, what was typed too */
    size_t size;
} session;

static inline session begin_session(const char *line)
{
    session s = {.text = calloc(1, 1)};
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    s.child = forkpty(&s.terminal, NULL, NULL, &size);
    if (s.child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    ck_assert(s.child > 0 && s.text != NULL);
    return s;
}

/* Reads on until nothing has come for so many milliseconds, or the line has ended. */
static inline void read_until_quiet(session *s, int milliseconds)
{
    struct pollfd ready = {.fd = s->terminal, .events = POLLIN};
    while (poll(&ready, 1, milliseconds) > 0) {
        s->text = realloc(s->text, s->size + 4097);
        if (s->text == NULL) abort();
        const ssize_t n = read(s->terminal, s->text + s->size, 4096);
        if (n <= 0) return;
        s->size += (size_t)n;
        s->text[s->size] = '\0';
    }
}

/* Reads on until the text is there, which must come within some seconds. */
static inline void read_until(session *s, const char *text, size_t times)
{
    for (int k = 0; k < 200; k++) {
        size_t found = 0;
        for (const char *at = s->text; (at = strstr(at, text)) != NULL; at += strlen(text)) found++;
        if (found >= times) return;
        read_until_quiet(s, 50);
    }
    ck_abort_msg("'%s' did not come %zu times, but at last:\n%s", text, times,
                 s->size > 500 ? s->text + s->size - 500 : s->text);
}

static inline void type(const session *s, const char *keys)
{
    ck_assert_int_eq((int)write(s->terminal, keys, strlen(keys)), (int)strlen(keys));
}

/* Its exit code, as the shell has it. */
static inline int end_session(session *s)
{
    int status;
    read_until_quiet(s, 10000);
    ck_assert_int_eq(waitpid(s->child, &status, 0), s->child);
    close(s->terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The output of a line on a terminal of so many columns. */
static inline char *on_terminal(const char *line, unsigned short columns)
{
    int terminal, status;
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    const pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(child, 0);
    char *text = whole_of(fdopen(terminal, "r"));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    return text;
}

#endif
