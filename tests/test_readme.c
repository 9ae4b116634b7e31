/* SPDX-License-Identifier: MIT */
/* The README's programs and sessions do what it says they do.
 *
 * A ```c block that a ```text block follows is compiled against the library and must print that text. One that does not
 * start with an #include stands inside main, where `tape` is a new tape. In a ```console block, each line "$ command"
 * is run and must print the lines that follow it; "..." stands for any lines. */
#include "run_suite.h"
#include "test_command.h"

#include <autodiff/autodiff.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BLOCKS = 100 };

typedef struct block {
    char kind[16]; /* "c", "text", "console", ... */
    char *body;
    int line;
} block;

static block blocks[MOST_BLOCKS];
static int blocks_count;
static int programs[MOST_BLOCKS], programs_count, sessions[MOST_BLOCKS], sessions_count; /* which blocks they are */
static char directory[] = "/tmp/readme-XXXXXX";

static char *copy(const char *from, size_t n)
{
    char *to = malloc(n + 1);
    if (to == NULL) abort();
    memcpy(to, from, n);
    to[n] = '\0';
    return to;
}

/* Splits the README into its fenced blocks. */
static void read_blocks(void)
{
    FILE *file = fopen(README, "r");
    if (file == NULL) return;
    char *text = whole_of(file), *line = text, *body = NULL;
    for (int number = 1; *line != '\0'; number++) {
        char *end = strchr(line, '\n');
        if (end == NULL) break;
        if (strncmp(line, "```", 3) == 0 && body == NULL && blocks_count < MOST_BLOCKS) {
            block *b = &blocks[blocks_count];
            b->line = number;
            snprintf(b->kind, sizeof b->kind, "%.*s", (int)(end - line - 3), line + 3);
            body = end + 1;
        } else if (strncmp(line, "```", 3) == 0 && body != NULL) {
            blocks[blocks_count++].body = copy(body, (size_t)(line - body));
            body = NULL;
        }
        line = end + 1;
    }
    free(text);
}

static void find_tests(void)
{
    for (int i = 0; i < blocks_count; i++) {
        if (strcmp(blocks[i].kind, "console") == 0) sessions[sessions_count++] = i;
        if (strcmp(blocks[i].kind, "c") == 0 && i + 1 < blocks_count && strcmp(blocks[i + 1].kind, "text") == 0)
            programs[programs_count++] = i;
    }
}

/* What a shell command prints, its errors too. */
static char *printed_by(const char *command)
{
    char line[8192];
    snprintf(line, sizeof line, "exec 2>&1; %s", command);
    const result r = run(line);
    free(r.err);
    return r.out;
}

static void write_program(const char *path, const char *body)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    if (strncmp(body, "#include", 8) == 0) fputs(body, file);
    else
        fprintf(file,
                "#include <autodiff/gradcheck.h>\n#include <math.h>\n#include <stdio.h>\n"
                "int main(void)\n{\nad_tape *tape = ad_tape_new();\n%sad_tape_free(tape);\nreturn 0;\n}\n",
                body);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_program_prints_what_the_readme_says)
{
    const block *program = &blocks[programs[_i]], *wanted = program + 1;
    char source[64], command[4096];
    snprintf(source, sizeof source, "%s/%d.c", directory, _i);
    write_program(source, program->body);
    snprintf(command, sizeof command, "%s -std=c11 -Wall -Wextra -Werror -I%s %s -o %s.exe %s -lm && %s.exe", COMPILER,
             INCLUDE_DIR, source, source, LIBRARY, source);
    char *printed = printed_by(command);
    if (strcmp(printed, wanted->body) != 0)
        ck_abort_msg("README.md:%d prints\n%sinstead of\n%s", program->line, printed, wanted->body);
    free(printed);
}
END_TEST

/* Whether `printed` matches `wanted` line by line, "..." standing for any number of lines. */
static bool matches(const char *wanted, const char *printed)
{
    const char *again = NULL, *resume = NULL;
    while (*printed != '\0') {
        const char *wanted_end = wanted + strcspn(wanted, "\n"), *printed_end = printed + strcspn(printed, "\n");
        const size_t n = (size_t)(wanted_end - wanted);
        if (n == 3 && strncmp(wanted, "...", 3) == 0) {
            again = wanted = *wanted_end == '\0' ? wanted_end : wanted_end + 1;
            resume = printed;
            continue;
        }
        const bool same = *wanted != '\0' && n == (size_t)(printed_end - printed) && memcmp(wanted, printed, n) == 0;
        if (same) wanted = *wanted_end == '\0' ? wanted_end : wanted_end + 1;
        else if (again == NULL) return false;
        else {
            wanted = again;
            printed_end = resume + strcspn(resume, "\n");
            resume = *printed_end == '\0' ? printed_end : printed_end + 1;
        }
        printed = *printed_end == '\0' ? printed_end : printed_end + 1;
    }
    return *wanted == '\0' || strncmp(wanted, "...", 3) == 0;
}

START_TEST(test_session_prints_what_the_readme_says)
{
    const block *session = &blocks[sessions[_i]];
    for (char *at = session->body; strncmp(at, "$ ", 2) == 0;) {
        char *end = strchr(at, '\n'), *next = strstr(end, "\n$ ");
        char *command = copy(at + 2, (size_t)(end - at - 2));
        char *wanted = next == NULL ? copy(end + 1, strlen(end + 1)) : copy(end + 1, (size_t)(next - end));
        ck_assert_int_eq(chdir(directory), 0); /* what the command writes goes there */
        char *printed = printed_by(command);
        if (!matches(wanted, printed))
            ck_abort_msg("README.md:%d: %s prints\n%sinstead of\n%s", session->line, command, printed, wanted);
        free(command);
        free(wanted);
        free(printed);
        if (next == NULL) break;
        at = next + 1;
    }
}
END_TEST

/* The published conventions are the rows of the op table. */
START_TEST(test_conventions_stand_as_in_the_op_table)
{
    FILE *file = fopen(README, "r");
    ck_assert_ptr_nonnull(file);
    char *text = whole_of(file);
    int found = 0;
    for (int op = 0; op < AD_OP_COUNT; op++) {
        const ad_op_info *info = ad_op_get((ad_op)op);
        if (info->kink[0] == '\0') continue;
        char row[1024];
        snprintf(row, sizeof row, "| `%s` | `%s` | %s |\n", info->name, info->kink, info->note);
        ck_assert_msg(strstr(text, row) != NULL, "README.md lacks this row, or has another: %s", row);
        found++;
    }
    ck_assert_int_ge(found, 20);
    free(text);
}
END_TEST

START_TEST(test_readme_has_programs_and_sessions)
{
    ck_assert_int_ge(programs_count, 5);
    ck_assert_int_ge(sessions_count, 1);
}
END_TEST

START_TEST(test_matching_takes_dots_for_any_lines_and_nothing_else)
{
    ck_assert(matches("a\nb\n", "a\nb\n"));
    ck_assert(!matches("a\nb\n", "a\nc\n"));
    ck_assert(!matches("a\n", "a\nb\n"));
    ck_assert(!matches("a\nb\n", "a\n"));
    ck_assert(matches("a\n...\nd\n", "a\nb\nc\nd\n"));
    ck_assert(matches("a\n...\n", "a\nb\n"));
    ck_assert(!matches("a\n...\nd\n", "a\nb\nc\n"));
}
END_TEST

int main(void)
{
    find_command();
    read_blocks();
    find_tests();
    if (mkdtemp(directory) == NULL) return 1;
    Suite *suite = suite_create("readme");
    TCase *all = tcase_create("README.md");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_matching_takes_dots_for_any_lines_and_nothing_else);
    tcase_add_test(all, test_readme_has_programs_and_sessions);
    tcase_add_test(all, test_conventions_stand_as_in_the_op_table);
    tcase_add_loop_test(all, test_program_prints_what_the_readme_says, 0, programs_count);
    tcase_add_loop_test(all, test_session_prints_what_the_readme_says, 0, sessions_count);
    suite_add_tcase(suite, all);
    const int failed = run_suite(suite);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) != 0 || failed;
}
