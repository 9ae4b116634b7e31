/* SPDX-License-Identifier: MIT */
/* --dot, --svg and --png of the command: to standard output and to files. */
#include "run_suite.h"
#include "terminal.h"
#include "test_command.h"

#include <sys/stat.h>

static char folder[] = "/tmp/chainrule-graph-XXXXXX";

static char *contents(const char *name, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    struct stat status;
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    return whole_of(file);
}

static result run_in_folder(const char *line)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "cd %s && rm -rf * && %s", folder, line);
    return run(whole);
}

static void enter(void)
{
    find_command();
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void leave(void)
{
    char line[256];
    snprintf(line, sizeof line, "chmod -R u+w %s; rm -rf %s", folder, folder);
    ck_assert_int_eq(system(line), 0);
}

START_TEST(test_graph_on_standard_output_comes_alone_and_in_files_beside_the_text)
{
    size_t size;
    result r = run_in_folder("chainrule explain --dot --svg=g.svg 'x*y' x=1 y=2");
    ck_assert_int_eq(r.code, HAVE_DRAWING ? 0 : 1);
    if (HAVE_DRAWING) {
        ck_assert_int_eq(strncmp(r.out, "digraph ", 8), 0);
        ck_assert_ptr_null(strstr(r.out, "Formula"));
        char *svg = contents("g.svg", &size);
        ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
        free(svg);
    } else ck_assert_ptr_nonnull(strstr(r.err, "libgraphviz-dev"));
    release(r);
    r = run_in_folder("chainrule explain --dot=g.gv 'x*y' x=1 y=2");
    ck_assert_int_eq(r.code, 0);
    ck_assert_int_eq(strncmp(r.out, "Formula", 7), 0);
    char *dot = contents("g.gv", &size);
    ck_assert_int_eq(strncmp(dot, "digraph ", 8), 0);
    free(dot);
    release(r);
}
END_TEST

START_TEST(test_all_three_at_once_go_to_files_and_json_too)
{
    size_t size;
    if (!HAVE_DRAWING) return;
    result r = run_in_folder("chainrule explain --json --dot=g.gv --svg=g.svg --png=g.png --sizes=4,8,3");
    ck_assert_msg(r.code == 0, "%s", r.err);
    ck_assert_int_eq(r.out[0], '{');
    char *png = contents("g.png", &size);
    ck_assert(size > 1000 && memcmp(png, "\x89PNG", 4) == 0);
    free(png);
    free(contents("g.gv", &size));
    char *svg = contents("g.svg", &size);
    ck_assert_ptr_nonnull(strstr(svg, "weights of layer 1"));
    free(svg);
    release(r);
}
END_TEST

START_TEST(test_all_nodes_unfolds)
{
    result folded = run_in_folder("chainrule explain --dot --sizes=4,8,3");
    result full = run_in_folder("chainrule explain --dot --all-nodes --sizes=4,8,3");
    ck_assert_ptr_nonnull(strstr(folded.out, "weights of layer 1"));
    ck_assert_ptr_null(strstr(full.out, "weights of layer 1"));
    ck_assert_ptr_nonnull(strstr(full.out, "n104 ["));
    release(folded);
    release(full);
}
END_TEST

START_TEST(test_matrices_have_the_rows_of_the_convention)
{
    result columns = run_in_folder("chainrule explain --dot --sizes=4,8,3 --convention=S2");
    result rows = run_in_folder("chainrule explain --dot --sizes=4,8,3 --convention=S3");
    ck_assert_ptr_nonnull(strstr(columns.out, "8 × 4"));
    ck_assert_ptr_nonnull(strstr(rows.out, "4 × 8"));
    release(columns);
    release(rows);
}
END_TEST

START_TEST(test_all_nodes_of_a_graph_that_is_too_large_are_not_drawn)
{
    result r = run_in_folder("chainrule explain --svg=g.svg --all-nodes \"sum($(seq -s, -f 'x*%g' 3000))\" x=1");
    ck_assert_int_eq(r.code, 1);
    if (HAVE_DRAWING)
        ck_assert_str_eq(r.err, "chainrule: the graph is too large to be drawn node by node: it has 3,002 nodes: leave "
                                "out --all-nodes\n");
    release(r);
    r = run_in_folder("chainrule explain --svg=g.svg --all-nodes x x=1 && ls");
    if (HAVE_DRAWING) ck_assert_ptr_nonnull(strstr(r.out, "\ng.svg\n"));
    release(r);
}
END_TEST

static const struct {
    const char *line, *err;
    int code;
} errors[] = {
    {"chainrule explain --dot --svg x x=1", "--dot and --svg cannot both go to standard output: give one a file", 2},
    {"chainrule explain --png --dot x x=1", "--png and --dot cannot both go to standard output", 2},
    {"chainrule explain --svg --json x x=1", "--json and --svg exclude each other", 2},
    {"chainrule explain --svg= x x=1", "--svg= needs the name of a file", 2},
    {"chainrule explain --dot=no/g.gv x x=1", "no/g.gv: No such file or directory", 1},
    {"mkdir d; chainrule explain --dot=d x x=1", "d: Is a directory", 1},
    {"chainrule explain --dot=g.gv 'x +' x=1", "column", 1},
    {"chainrule explain --dot=/dev/full x x=1", "/dev/full: this is not a regular file", 1},
    {"chainrule explain --svg x x=1 >/dev/full", HAVE_DRAWING ? "cannot write the output" : "libgraphviz-dev", 1},
};

START_TEST(test_what_cannot_be_written_has_its_message_and_leaves_no_file)
{
    const result r = run_in_folder(errors[_i].line);
    ck_assert_int_eq(r.code, errors[_i].code);
    ck_assert_msg(strstr(r.err, errors[_i].err) != NULL, "no '%s' in: %s", errors[_i].err, r.err);
    ck_assert_str_eq(r.out, "");
    release(r);
    char line[256];
    snprintf(line, sizeof line, "find %s -type f", folder);
    char *files = output_of(line);
    ck_assert_str_eq(files, "");
    free(files);
}
END_TEST

/* No file may have more than 1 KiB, and each of these has more. */
START_TEST(test_old_file_stays_where_the_new_one_fails)
{
    static const char *const formats[] = {"dot", "svg", "png"};
    char line[300];
    if (!HAVE_DRAWING && _i > 0) return;
    snprintf(line, sizeof line,
             "echo old >g; { trap '' XFSZ; ulimit -f 2; chainrule explain --%s=g 'x*y + sin(x)' x=1 y=2; }; echo $?; "
             "cat g; ls -A",
             formats[_i]);
    const result r = run_in_folder(line);
    ck_assert_msg(strcmp(r.out, "1\nold\ng\n") == 0, "--%s: not the old file alone", formats[_i]);
    ck_assert_str_eq(r.err, "chainrule: g: cannot write: File too large\n");
    release(r);
}
END_TEST

START_TEST(test_terminal_is_not_sent_png)
{
    if (!have_terminal("--png")) return;
    session s = begin_session("chainrule explain --png x x=1");
    ck_assert_int_eq(end_session(&s), 2);
    ck_assert_ptr_nonnull(strstr(s.text, "a terminal does not show PNG"));
    free(s.text);
}
END_TEST

START_TEST(test_a_graph_too_large_for_png_is_not_scaled_down)
{
    if (!HAVE_DRAWING) return;
    result r = run_in_folder("chainrule explain --sizes=64,10,10 --all-nodes --png=g.png; echo $?; ls -A");
    ck_assert_msg(strstr(r.out, "1\n") == r.out, "%s", r.out);
    ck_assert_ptr_null(strstr(r.out, "g.png"));
    ck_assert_ptr_nonnull(strstr(r.err, "too large for PNG"));
    ck_assert_ptr_nonnull(strstr(r.err, "--svg"));
    ck_assert_ptr_null(strstr(r.err, "renderer"));
    release(r);
    r = run_in_folder("chainrule explain --sizes=64,10,10 --all-nodes --svg=g.svg >/dev/null; echo $?; ls -A");
    ck_assert_str_eq(r.out, "0\ng.svg\n");
    release(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph_command");
    TCase *tcase = tcase_create("command");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, enter, leave);
    tcase_add_test(tcase, test_graph_on_standard_output_comes_alone_and_in_files_beside_the_text);
    tcase_add_test(tcase, test_all_three_at_once_go_to_files_and_json_too);
    tcase_add_test(tcase, test_all_nodes_unfolds);
    tcase_add_test(tcase, test_matrices_have_the_rows_of_the_convention);
    tcase_add_test(tcase, test_all_nodes_of_a_graph_that_is_too_large_are_not_drawn);
    tcase_add_loop_test(tcase, test_what_cannot_be_written_has_its_message_and_leaves_no_file, 0,
                        sizeof errors / sizeof *errors);
    tcase_add_loop_test(tcase, test_old_file_stays_where_the_new_one_fails, 0, 3);
    tcase_add_test(tcase, test_terminal_is_not_sent_png);
    tcase_add_test(tcase, test_a_graph_too_large_for_png_is_not_scaled_down);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
