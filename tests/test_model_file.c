/* SPDX-License-Identifier: MIT */
/* Model files as files: replaced whole or not at all, refused when they are something else. */
#include "failing_memory.h"
#include "model_files.h"
#include "run_suite.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static ad_tape *tape;
static nn_model model;
static double shift[2] = {0.5, -1}, scale[2] = {1, 0.25};
static char *labels[2] = {(char[]){"no"}, (char[]){"yes"}};

static nn_model new_model(ad_tape *where, size_t width)
{
    nn_layer layers[] = {{.width = width, .activation = NN_TANH}, {.width = 1, .activation = NN_SIGMOID}};
    nn_mlp *net = nn_mlp_new(where, &(nn_shape){2, 2, layers, NN_MEAN_OF_SQUARES}, NULL);
    ck_assert_ptr_nonnull(net);
    ck_assert_int_eq(nn_mlp_init(net, NN_INIT_NORMAL, width, NULL), NN_OK);
    return (nn_model){.net = net, .shift = shift, .scale = scale, .labels = labels, .label_count = 2};
}

static void begin(void)
{
    enter_directory();
    tape = ad_tape_new();
    model = new_model(tape, 3);
}

static void end(void)
{
    nn_mlp_free(model.net);
    ad_tape_free(tape);
    leave_directory();
}

static void assert_not_saved(const char *path, nn_status status, const char *message)
{
    nn_error error = {NN_OK, ""};
    const int before = entries();
    ck_assert_int_eq(nn_save(&model, path, &error), status);
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(entries(), before);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* Tests run as root in some places, for whom everything is allowed. */
static void become_nobody(void)
{
    if (geteuid() != 0) return;
    ck_assert_int_eq(chown(".", 65534, 65534), 0);
    ck_assert_int_eq(setegid(65534), 0);
    ck_assert_int_eq(seteuid(65534), 0);
}

static void become_oneself(void)
{
    if (getuid() != 0) return;
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setegid(0), 0);
}

/* --------------------------------------------------------------------------------------- saving */

START_TEST(test_saving_replaces_the_old_file_and_leaves_nothing_beside_it)
{
    write_file("m", "old", 3);
    save(&model, "m");
    ck_assert_int_eq(entries(), 1);
    save(&model, "n");
    ck_assert_int_eq(entries(), 2);
    assert_same_files("m", "n");
}
END_TEST

START_TEST(test_a_new_file_has_the_permissions_that_the_umask_leaves)
{
    umask(027);
    save(&model, "m");
    ck_assert_uint_eq(mode_of("m"), 0640);
    umask(0);
    save(&model, "n");
    ck_assert_uint_eq(mode_of("n"), 0666);
}
END_TEST

START_TEST(test_a_replaced_file_keeps_its_permissions)
{
    static const mode_t modes[] = {0600, 0640, 0664, 0777, 0200};
    umask(022);
    for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
        write_file("m", "old", 3);
        ck_assert_int_eq(chmod("m", modes[k]), 0);
        save(&model, "m");
        ck_assert_uint_eq(mode_of("m"), modes[k]);
        ck_assert_int_eq(unlink("m"), 0);
    }
}
END_TEST

START_TEST(test_a_replaced_file_keeps_its_owner_where_that_is_allowed)
{
    if (geteuid() != 0) return;
    struct stat info;
    write_file("m", "old", 3);
    ck_assert_int_eq(chown("m", 1234, 2345), 0);
    save(&model, "m");
    ck_assert_int_eq(stat("m", &info), 0);
    ck_assert_uint_eq(info.st_uid, 1234);
    ck_assert_uint_eq(info.st_gid, 2345);
}
END_TEST

START_TEST(test_symbolic_links_are_followed_also_to_what_is_not_there_yet)
{
    ck_assert_int_eq(mkdir("sub", 0777), 0);
    ck_assert_int_eq(symlink("sub/second", "first"), 0);
    ck_assert_int_eq(symlink("../m", "sub/second"), 0);
    save(&model, "first");
    save(&model, "first");
    struct stat info;
    ck_assert_int_eq(lstat("first", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(lstat("sub/second", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(lstat("m", &info), 0);
    ck_assert(S_ISREG(info.st_mode));
    save(&model, "n");
    assert_same_files("m", "n");
    ck_assert_int_eq(unlink("sub/second"), 0);
}
END_TEST

START_TEST(test_what_is_no_regular_file_is_not_written_to)
{
    ck_assert_int_eq(mkdir("d", 0777), 0);
    ck_assert_int_eq(mkfifo("p", 0666), 0);
    ck_assert_int_eq(symlink("/dev/full", "full"), 0);
    ck_assert_int_eq(symlink("turn", "turn"), 0);
    assert_not_saved("d", NN_ERR_FILE, "d: not a regular file but a directory");
    assert_not_saved("d/", NN_ERR_FILE, "d/: not a regular file but a directory");
    assert_not_saved("p", NN_ERR_FILE, "p: not a regular file but a pipe");
    assert_not_saved("/dev/null", NN_ERR_FILE, "/dev/null: not a regular file but a character device");
    assert_not_saved("full", NN_ERR_FILE, "full: not a regular file but a character device");
    assert_not_saved("turn", NN_ERR_FILE, "turn: Too many levels of symbolic links");
}
END_TEST

START_TEST(test_paths_that_lead_nowhere_are_refused)
{
    write_file("m", "old", 3);
    assert_not_saved("", NN_ERR_FILE, ": No such file or directory");
    assert_not_saved("none/m", NN_ERR_FILE, "none/m: cannot write a file beside it: No such file or directory");
    assert_not_saved("none/", NN_ERR_FILE, "none/: cannot write a file beside it: No such file or directory");
    assert_not_saved("m/m", NN_ERR_FILE, "m/m: Not a directory");
}
END_TEST

START_TEST(test_of_a_path_that_is_too_long_the_message_has_the_end)
{
    char path[5001], message[400] = "...";
    for (size_t length = 256; length <= 5000; length += 4744) {
        memset(path, 'n', length);
        path[length] = '\0';
        memset(message + 3, 'n', 100);
        strcpy(message + 103, ": File name too long");
        assert_not_saved(path, NN_ERR_FILE, message);
        assert_not_loaded(path, NN_ERR_FILE, message);
    }
}
END_TEST

START_TEST(test_a_path_in_a_message_has_no_control_characters)
{
    assert_not_loaded("a\nb\033[m\xff\xc2\x85\xc3\xa9", NN_ERR_FILE,
                      "a\\x0ab\\x1b[m\\xff\\xc2\\x85\xc3\xa9: No such file or directory");
}
END_TEST

START_TEST(test_a_directory_or_file_without_permission_is_refused)
{
    write_file("m", "old", 3);
    ck_assert_int_eq(chmod("m", 0444), 0);
    become_nobody();
    assert_not_saved("m", NN_ERR_FILE, "m: Permission denied");
    become_oneself();
    ck_assert_int_eq(chmod("m", 0666), 0);
    ck_assert_int_eq(chmod(".", 0555), 0);
    become_nobody();
    assert_not_saved("m", NN_ERR_FILE, "m: cannot write a file beside it: Permission denied");
    assert_not_saved("n", NN_ERR_FILE, "n: cannot write a file beside it: Permission denied");
    become_oneself();
    ck_assert_int_eq(chmod(".", 0700), 0);
    const content old = read_file("m");
    ck_assert_str_eq(old.bytes, "old");
    free(old.bytes);
}
END_TEST

/* Writing stops after so many bytes. */
static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(test_when_writing_fails_the_old_file_is_whole)
{
    static const rlim_t limits[] = {0, 1, 100, 65535, 65536, 70000, 131072};
    save(&model, "m");
    save(&model, "n");
    nn_mlp_free(model.net);
    model = new_model(tape, 2000);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        limit_file_size(limits[k]);
        assert_not_saved("m", NN_ERR_FILE, "m: cannot write: File too large");
        assert_not_saved("new", NN_ERR_FILE, "new: cannot write: File too large");
        limit_file_size(RLIM_INFINITY);
        assert_same_files("m", "n");
    }
    save(&model, "m");
    nn_model loaded = load(tape, "m");
    ck_assert_uint_eq(nn_mlp_width(loaded.net, 1), 2000);
    nn_model_free(&loaded);
}
END_TEST

START_TEST(test_when_the_program_dies_while_it_writes_the_old_file_is_whole)
{
    save(&model, "m");
    save(&model, "n");
    nn_mlp_free(model.net);
    model = new_model(tape, 2000);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGXFSZ, SIG_DFL);
        limit_file_size(70000);
        nn_save(&model, "m", NULL);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    ck_assert_int_eq(entries(), 3); /* what was written so far is left behind */
    assert_same_files("m", "n");
    save(&model, "m");
}
END_TEST

START_TEST(test_a_file_left_behind_is_not_written_to)
{
    char name[64];
    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, ".chainrule-%ld-%d", (long)getpid(), k);
        write_file(name, "mine", 4);
    }
    save(&model, "m");
    ck_assert_int_eq(entries(), 4);
    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, ".chainrule-%ld-%d", (long)getpid(), k);
        const content c = read_file(name);
        ck_assert_str_eq(c.bytes, "mine");
        free(c.bytes);
    }
}
END_TEST

START_TEST(test_the_error_may_be_null)
{
    nn_model loaded;
    ck_assert_int_eq(nn_save(&model, "none/m", NULL), NN_ERR_FILE);
    ck_assert_int_eq(nn_load(&loaded, tape, "none", NULL), NN_ERR_FILE);
    write_file("m", "x", 1);
    ck_assert_int_eq(nn_load(&loaded, tape, "m", NULL), NN_ERR_FORMAT);
}
END_TEST

/* -------------------------------------------------------------------------------------- loading */

START_TEST(test_what_is_no_regular_file_is_not_read)
{
    ck_assert_int_eq(mkdir("d", 0777), 0);
    ck_assert_int_eq(mkfifo("p", 0666), 0);
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s"};
    ck_assert_int_eq(bind(s, (struct sockaddr *)&address, sizeof address), 0);
    assert_not_loaded("none", NN_ERR_FILE, "none: No such file or directory");
    assert_not_loaded("d", NN_ERR_FILE, "d: not a regular file but a directory");
    assert_not_loaded("p", NN_ERR_FILE, "p: not a regular file but a pipe");
    assert_not_loaded("s", NN_ERR_FILE, "s: No such device or address");
    assert_not_loaded("/dev/null", NN_ERR_FILE, "/dev/null: not a regular file but a character device");
    assert_not_loaded("/dev/zero", NN_ERR_FILE, "/dev/zero: not a regular file but a character device");
    close(s);
}
END_TEST

START_TEST(test_a_file_without_permission_is_not_read)
{
    save(&model, "m");
    ck_assert_int_eq(chmod("m", 0), 0);
    become_nobody();
    assert_not_loaded("m", NN_ERR_FILE, "m: Permission denied");
    become_oneself();
}
END_TEST

START_TEST(test_a_model_is_loaded_through_symbolic_links)
{
    save(&model, "m");
    ck_assert_int_eq(symlink("m", "link"), 0);
    nn_model loaded = load(tape, "link");
    nn_model_free(&loaded);
}
END_TEST

/* --------------------------------------------------------------------------------------- memory */

/* Saves and loads with the k-th request failing. Returns whether it came. */
static bool survives(size_t k, bool for_ever, bool loads)
{
    failing_memory memory = {0};
    ad_tape *t = failing_tape(&memory);
    nn_model small = new_model(t, 3), loaded = {0};
    save(&small, "n");
    const ad_stats stats = ad_tape_stats(t);
    nn_error error;
    fail_at(&memory, k, for_ever);
    const nn_status status = loads ? nn_load(&loaded, t, "n", &error) : nn_save(&small, "m", &error);
    fail_at(&memory, 0, false);
    if (status != NN_OK) {
        ck_assert_int_eq(status, NN_ERR_MEMORY);
        ck_assert_uint_eq(ad_tape_stats(t).nodes, stats.nodes);
        ck_assert(!loads || is_all_zero(&loaded));
    }
    assert_ok(t);
    ck_assert_int_eq(entries(), 1 + (!loads && status == NN_OK));
    nn_model_free(&loaded);
    nn_mlp_free(small.net);
    ad_tape_free(t);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return status != NN_OK;
}

START_TEST(test_saving_and_loading_survive_a_lack_of_memory_at_every_request)
{
    size_t k = 1;
    while (survives(k, _i % 2 == 1, _i >= 2)) k++;
    ck_assert_uint_gt(k, _i >= 2 ? 10 : 1);
}
END_TEST

START_TEST(test_a_model_without_network_or_path_is_refused)
{
    nn_error error;
    nn_model none = {0};
    ck_assert_int_eq(nn_save(NULL, "m", &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no network to save");
    ck_assert_int_eq(nn_save(&none, "m", &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no network to save");
    ck_assert_int_eq(nn_save(&model, NULL, &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no path to save to");
    ck_assert_int_eq(nn_load(NULL, tape, "m", &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no model to load into");
    ck_assert_int_eq(nn_load(&none, NULL, "m", &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no tape");
    ck_assert_int_eq(nn_load(&none, tape, NULL, &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, "no path to load from");
    nn_model_free(NULL);
    nn_model_free(&none);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("model_file");
    TCase *c = tcase_create("save");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_saving_replaces_the_old_file_and_leaves_nothing_beside_it);
    tcase_add_test(c, test_a_new_file_has_the_permissions_that_the_umask_leaves);
    tcase_add_test(c, test_a_replaced_file_keeps_its_permissions);
    tcase_add_test(c, test_a_replaced_file_keeps_its_owner_where_that_is_allowed);
    tcase_add_test(c, test_symbolic_links_are_followed_also_to_what_is_not_there_yet);
    tcase_add_test(c, test_what_is_no_regular_file_is_not_written_to);
    tcase_add_test(c, test_paths_that_lead_nowhere_are_refused);
    tcase_add_test(c, test_of_a_path_that_is_too_long_the_message_has_the_end);
    tcase_add_test(c, test_a_path_in_a_message_has_no_control_characters);
    tcase_add_test(c, test_a_directory_or_file_without_permission_is_refused);
    tcase_add_test(c, test_when_writing_fails_the_old_file_is_whole);
    tcase_add_test(c, test_when_the_program_dies_while_it_writes_the_old_file_is_whole);
    tcase_add_test(c, test_a_file_left_behind_is_not_written_to);
    tcase_add_test(c, test_the_error_may_be_null);
    tcase_add_test(c, test_a_model_without_network_or_path_is_refused);
    suite_add_tcase(s, c);

    c = tcase_create("load");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_what_is_no_regular_file_is_not_read);
    tcase_add_test(c, test_a_file_without_permission_is_not_read);
    tcase_add_test(c, test_a_model_is_loaded_through_symbolic_links);
    suite_add_tcase(s, c);

    c = tcase_create("memory");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, test_saving_and_loading_survive_a_lack_of_memory_at_every_request, 0, 4);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
