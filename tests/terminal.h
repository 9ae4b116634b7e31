/* SPDX-License-Identifier: MIT */
/* Running the command on a terminal, as somebody who looks would. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include "test_command.h"

#include <fcntl.h>
#include <pty.h>

/* Whether a pseudo-terminal can be had here; else says what is skipped. */
static inline bool have_terminal(const char *what)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal >= 0 && close(terminal) == 0) return true;
    printf("# skipped: %s on a terminal, which cannot be had here\n", what);
    return false;
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
