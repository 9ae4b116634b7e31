/* SPDX-License-Identifier: MIT */
/* Running the command as a reader would, by a line for the shell. */
#ifndef TESTS_TEST_COMMAND_H
#define TESTS_TEST_COMMAND_H

#include <check.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

typedef struct result {
    int code; /* as the shell has it: 128 and more for a signal */
    char *out, *err;
} result;

static inline char *whole_of(FILE *file)
{
    char *text = NULL;
    size_t size = 0, room = 0;
    do {
        room = 2 * room + 4096;
        text = realloc(text, room);
        if (text == NULL) abort();
        size += fread(text + size, 1, room - size - 1, file);
    } while (size == room - 1);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* The folder of the command is the first on the PATH; it speaks English. */
static inline void find_command(void)
{
    char path[8192], folder[4096];
    snprintf(folder, sizeof folder, "%s", CHAINRULE);
    *strrchr(folder, '/') = '\0';
    snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    unsetenv("NO_COLOR");
    unsetenv("LANGUAGE");
    setenv("LC_ALL", "C.UTF-8", 1);
}

static inline result run(const char *line)
{
    FILE *out = tmpfile(), *err = tmpfile();
    ck_assert(out != NULL && err != NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    rewind(out);
    rewind(err);
    return (result){WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), whole_of(out), whole_of(err)};
}

static inline void release(result r)
{
    free(r.out);
    free(r.err);
}

/* What a line prints that must succeed without a word on standard error. */
static inline char *output_of(const char *line)
{
    const result r = run(line);
    ck_assert_msg(r.code == 0 && r.err[0] == '\0', "%s\nexit code %d\n%s", line, r.code, r.err);
    free(r.err);
    return r.out;
}

static inline size_t columns_of(const char *line, size_t bytes)
{
    size_t columns = 0;
    mbstate_t state = {0};
    for (size_t k = 0; k < bytes;) {
        wchar_t c;
        const size_t n = mbrtowc(&c, line + k, bytes - k, &state);
        ck_assert_msg(n > 0 && n <= bytes - k, "not UTF-8: %.*s", (int)bytes, line);
        ck_assert_msg(wcwidth(c) >= 0, "a control character in: %.*s", (int)bytes, line);
        columns += (size_t)wcwidth(c);
        k += n;
    }
    return columns;
}

/* Lines of at most 80 columns, without control characters and spaces at the end. */
static inline void assert_readable(const char *text, const char *what)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    for (const char *line = text; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        ck_assert_msg(columns_of(line, n) <= 80, "%s: longer than 80 columns: %.*s", what, (int)n, line);
        ck_assert_msg(n == 0 || line[n - 1] != ' ', "%s: a space at the end of: %.*s|", what, (int)n, line);
        ck_assert_msg(line[n] == '\n', "%s: no newline at the end", what);
        line += n + 1;
    }
}

static inline void assert_prints_readable(const char *line)
{
    char *out = output_of(line);
    assert_readable(out, line);
    free(out);
}

/* A run that fails: its code, nothing on standard output, and this on standard error; a text that ends in "..." is the
 * beginning of it. */
static inline void assert_fails(const char *line, int code, const char *err)
{
    const result r = run(line);
    const size_t n = strlen(err);
    const bool is_beginning = n > 3 && strcmp(err + n - 3, "...") == 0;
    ck_assert_msg(r.code == code, "%s: exit code %d\n%s", line, r.code, r.err);
    ck_assert_msg(r.out[0] == '\0', "%s: %s", line, r.out);
    ck_assert_msg(is_beginning ? strncmp(r.err, err, n - 3) == 0 : strcmp(r.err, err) == 0,
                  "%s\nexpected: %s\nfound: %s", line, err, r.err);
    release(r);
}

/* Options behind the name of a command, and what it says of them. */
typedef struct failure {
    const char *options;
    int code;
    const char *err;
} failure;

static inline void assert_refuses(const char *command, const failure *f)
{
    char line[400];
    snprintf(line, sizeof line, "chainrule %s %s", command, f->options);
    assert_fails(line, f->code, f->err);
}

/* Takes the sequences that colour a text out of it. */
static inline void strip_colours(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        if (*from == '\033') from += strcspn(from, "m") + 1;
        else *to++ = *from++;
    }
    *to = '\0';
}

#endif
