/* SPDX-License-Identifier: MIT */
/* Putting a suite together, and running it. */
#ifndef TESTS_RUN_SUITE_H
#define TESTS_RUN_SUITE_H

#include <check.h>

/* A TCase of its own for a loop test, run so many times, each between these two functions, where there are some. */
static inline void add_between(Suite *suite, const char *name, const TTest *test, size_t how_many, SFun set_up,
                               SFun tear_down)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test, 0, (int)how_many);
    suite_add_tcase(suite, tcase);
}

static inline void add(Suite *suite, const char *name, const TTest *test, size_t how_many)
{
    add_between(suite, name, test, how_many, NULL, NULL);
}

/* Says in TAP, on standard output, how it went. Returns what main should return. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
