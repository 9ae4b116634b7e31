/* SPDX-License-Identifier: MIT */
#include <autodiff/autodiff.h>

#include "failing_memory.h"
#include "run_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ad_tape *tape;

static void begin(void)
{
    tape = ad_tape_new();
    ck_assert_ptr_nonnull(tape);
}

static void end(void) { ad_tape_free(tape); }

static bool same_node(ad_var a, ad_var b) { return a.tape == b.tape && a.index == b.index; }

static void assert_refused(ad_var a, const char *name, const char *message)
{
    ad_tape_clear_error(tape);
    ck_assert_int_eq(ad_name(a, name), AD_ERR_NAME);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_NAME);
    ck_assert_str_eq(ad_tape_message(tape), message);
    ad_tape_clear_error(tape);
}

START_TEST(test_a_name_is_found_both_ways)
{
    const ad_var x = ad_leaf(tape, 1.0), y = ad_leaf(tape, 2.0), z = ad_mul(x, y);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert_int_eq(ad_name(z, "product"), AD_OK);
    ck_assert_str_eq(ad_name_of(x), "x");
    ck_assert_ptr_null(ad_name_of(y));
    ck_assert_str_eq(ad_name_of(z), "product");
    ck_assert(same_node(ad_find(tape, "x"), x));
    ck_assert(same_node(ad_find(tape, "product"), z));
    ck_assert(ad_is_valid(ad_find(tape, "product")));
    ck_assert_ptr_null(ad_find(tape, "y").tape);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
}
END_TEST

START_TEST(test_a_name_is_copied)
{
    char name[] = "w.1";
    const ad_var x = ad_leaf(tape, 1.0);
    ck_assert_int_eq(ad_name(x, name), AD_OK);
    name[0] = 'v';
    ck_assert_str_eq(ad_name_of(x), "w.1");
    ck_assert_ptr_null(ad_find(tape, "v.1").tape);
}
END_TEST

START_TEST(test_two_tapes_have_names_of_their_own)
{
    ad_tape *other = ad_tape_new();
    const ad_var x = ad_leaf(tape, 1.0), there = ad_leaf(other, 2.0);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert_ptr_null(ad_find(other, "x").tape);
    ck_assert_int_eq(ad_name(there, "x"), AD_OK);
    ck_assert(same_node(ad_find(other, "x"), there));
    ck_assert(same_node(ad_find(tape, "x"), x));
    ad_tape_free(other);
}
END_TEST

static const char *const good[] = {
    "x",
    "_",
    "_1",
    "x1",
    "w.1.2",
    "x.",
    "Sigma",
    "tanh",
    "pie",
    "E",
    "infinity",
    "\xc3\xa9t\xc3\xa9",        /* été */
    "\xce\xb8",                 /* θ */
    "x\xe2\x82\x81",            /* x with a subscript 1 */
    "\xd0\xb2\xd0\xb5\xd1\x81", /* вес */
    "\xe9\x87\x8d\xe3\x81\xbf", /* 重み */
    "\xf0\x9d\x9b\xbc",         /* a mathematical italic alpha */
};

START_TEST(test_letters_of_any_script_make_names)
{
    const ad_var x = ad_leaf(tape, 1.0);
    ck_assert_int_eq(ad_name(x, good[_i]), AD_OK);
    ck_assert_str_eq(ad_name_of(x), good[_i]);
    ck_assert(same_node(ad_find(tape, good[_i]), x));
}
END_TEST

#define MALFORMED ": a name is a letter or '_', then letters, digits, '_' and '.'"
static const struct {
    const char *name, *message;
} bad[] = {
    {"", "ad_name: a name cannot be empty"},
    {NULL, "ad_name: a name cannot be empty"},
    {"1x", "ad_name: '1x'" MALFORMED},
    {".x", "ad_name: '.x'" MALFORMED},
    {"x y", "ad_name: 'x y'" MALFORMED},
    {" x", "ad_name: ' x'" MALFORMED},
    {"x-y", "ad_name: 'x-y'" MALFORMED},
    {"x\n", "ad_name: 'x\\n'" MALFORMED},
    {"x\t\r", "ad_name: 'x\\t\\r'" MALFORMED},
    {"x\x7f", "ad_name: 'x\\x7f'" MALFORMED},
    {"\xc2\x85", "ad_name: '\\u0085'" MALFORMED},                      /* a control */
    {"x\xc2\xa0", "ad_name: 'x\\u00a0'" MALFORMED},                    /* a space */
    {"x\xe2\x80\xae", "ad_name: 'x\\u202e'" MALFORMED},                /* right to left override */
    {"x\xc3\x97y", "ad_name: 'x\xc3\x97y'" MALFORMED},                 /* × */
    {"x\xe2\x88\x92y", "ad_name: 'x\xe2\x88\x92y'" MALFORMED},         /* − */
    {"x\xff", "ad_name: 'x\\xff'" MALFORMED},                          /* no such byte */
    {"x\xc3", "ad_name: 'x\\xc3'" MALFORMED},                          /* cut short */
    {"\xc0\x80", "ad_name: '\\xc0\\x80'" MALFORMED},                   /* overlong */
    {"\xe0\x80\xaf", "ad_name: '\\xe0\\x80\\xaf'" MALFORMED},          /* overlong */
    {"\xed\xa0\x80", "ad_name: '\\xed\\xa0\\x80'" MALFORMED},          /* a surrogate */
    {"\xf4\x90\x80\x80", "ad_name: '\\xf4\\x90\\x80\\x80'" MALFORMED}, /* above U+10FFFF */
    {"\xef\xbf\xbf", "ad_name: '\\uffff'" MALFORMED},                  /* no character */
    {"pi", "ad_name: 'pi': this name is a number in formulas"},
    {"e", "ad_name: 'e': this name is a number in formulas"},
    {"inf", "ad_name: 'inf': this name is a number in formulas"},
    {"nan", "ad_name: 'nan': this name is a number in formulas"},
};

START_TEST(test_malformed_and_reserved_names_are_refused)
{
    const ad_var x = ad_leaf(tape, 1.0);
    assert_refused(x, bad[_i].name, bad[_i].message);
    ck_assert_ptr_null(ad_name_of(x));
    if (bad[_i].name != NULL) ck_assert_ptr_null(ad_find(tape, bad[_i].name).tape);
}
END_TEST

START_TEST(test_a_name_has_at_most_255_bytes)
{
    char name[257];
    memset(name, 'n', 256);
    name[256] = '\0';
    const ad_var x = ad_leaf(tape, 1.0);
    assert_refused(x, name, "ad_name: 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...': a name has at most 255 bytes");
    name[255] = '\0';
    ck_assert_int_eq(ad_name(x, name), AD_OK);
    ck_assert_str_eq(ad_name_of(x), name);
}
END_TEST

START_TEST(test_a_long_name_is_cut_between_characters_in_a_message)
{
    char name[400] = "", shown[400] = "ad_name: '";
    for (int k = 0; k < 90; k++) strcat(name, "\xf0\x9d\x9b\xbc");
    for (int k = 0; k < 19; k++) strcat(shown, "\xf0\x9d\x9b\xbc"); /* as many as fit 76 bytes */
    strcat(shown, "...': a name has at most 255 bytes");
    assert_refused(ad_leaf(tape, 1.0), name, shown);
}
END_TEST

START_TEST(test_a_node_has_one_name_and_a_name_one_node)
{
    const ad_var x = ad_leaf(tape, 1.0), y = ad_leaf(tape, 2.0);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    assert_refused(y, "x", "ad_name: 'x' is the name of node 0");
    assert_refused(x, "z", "ad_name: 'z': node 0 has a name already");
    ck_assert_ptr_null(ad_name_of(y));
    ck_assert_ptr_null(ad_find(tape, "z").tape);
    ck_assert_str_eq(ad_name_of(x), "x");
}
END_TEST

START_TEST(test_giving_a_node_its_own_name_again_is_fine)
{
    const ad_var x = ad_leaf(tape, 1.0);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
}
END_TEST

START_TEST(test_constants_and_dead_handles_have_no_name)
{
    const ad_var none = {NULL, 0, 0};
    ck_assert_int_eq(ad_name(ad_const(1.0), "x"), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_name(none, "x"), AD_ERR_HANDLE);
    ck_assert_ptr_null(ad_name_of(ad_const(1.0)));
    ck_assert_ptr_null(ad_name_of(none));
    const ad_mark mark = ad_tape_mark(tape);
    const ad_var x = ad_leaf(tape, 1.0);
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert_ptr_null(ad_name_of(x));
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
    ck_assert_int_eq(ad_name(x, "x"), AD_ERR_HANDLE);
    ck_assert_int_eq(ad_tape_error(tape), AD_ERR_HANDLE);
}
END_TEST

START_TEST(test_finding_nothing_is_no_error)
{
    ck_assert_ptr_null(ad_find(tape, "x").tape);
    ck_assert_ptr_null(ad_find(tape, "").tape);
    ck_assert_ptr_null(ad_find(tape, NULL).tape);
    ck_assert_ptr_null(ad_find(NULL, "x").tape);
    ck_assert_int_eq(ad_tape_error(tape), AD_OK);
}
END_TEST

START_TEST(test_rewind_forgets_the_names_made_since_the_mark)
{
    const ad_var x = ad_leaf(tape, 1.0), later_named = ad_leaf(tape, 2.0);
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    const ad_mark mark = ad_tape_mark(tape);
    for (int round = 0; round < 3; round++) {
        const ad_var y = ad_tanh(x), z = ad_mul(y, x);
        ck_assert_int_eq(ad_name(z, "z"), AD_OK);
        ck_assert_int_eq(ad_name(y, "y"), AD_OK);
        if (round == 0) ck_assert_int_eq(ad_name(later_named, "later"), AD_OK);
        ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        ck_assert_ptr_null(ad_find(tape, "y").tape);
        ck_assert_ptr_null(ad_find(tape, "z").tape);
        ck_assert(same_node(ad_find(tape, "x"), x));
        ck_assert(same_node(ad_find(tape, "later"), later_named));
        ck_assert_str_eq(ad_name_of(x), "x");
        ck_assert_str_eq(ad_name_of(later_named), "later");
    }
    ck_assert_ptr_null(ad_name_of(ad_tanh(x)));
}
END_TEST

START_TEST(test_a_rewind_after_a_rewind_forgets_names_too)
{
    const ad_mark start = ad_tape_mark(tape);
    ck_assert_int_eq(ad_name(ad_leaf(tape, 1.0), "x"), AD_OK);
    const ad_mark middle = ad_tape_mark(tape);
    ck_assert_int_eq(ad_name(ad_leaf(tape, 2.0), "y"), AD_OK);
    ck_assert_int_eq(ad_tape_rewind(tape, middle), AD_OK);
    ck_assert_ptr_nonnull(ad_find(tape, "x").tape);
    ck_assert_int_eq(ad_tape_rewind(tape, start), AD_OK);
    ck_assert_ptr_null(ad_find(tape, "x").tape);
    ck_assert_int_eq(ad_name(ad_leaf(tape, 3.0), "y"), AD_OK);
}
END_TEST

START_TEST(test_reset_forgets_all_names)
{
    ck_assert_int_eq(ad_name(ad_leaf(tape, 1.0), "x"), AD_OK);
    ad_tape_reset(tape);
    ck_assert_ptr_null(ad_find(tape, "x").tape);
    const ad_var x = ad_leaf(tape, 2.0);
    ck_assert_ptr_null(ad_name_of(x));
    ck_assert_int_eq(ad_name(x, "x"), AD_OK);
    ck_assert(same_node(ad_find(tape, "x"), x));
}
END_TEST

START_TEST(test_a_tape_in_error_can_still_be_named_and_keeps_its_first_error)
{
    const ad_var x = ad_leaf(tape, 1.0), y = ad_leaf(tape, 1.0);
    ck_assert_int_eq(ad_name(x, "2"), AD_ERR_NAME);
    ck_assert_int_eq(ad_name(y, "y"), AD_OK);
    ck_assert_int_eq(ad_name(x, "y"), AD_ERR_NAME);
    ck_assert_str_eq(ad_tape_message(tape), "ad_name: '2'" MALFORMED);
    ck_assert(same_node(ad_find(tape, "y"), y));
}
END_TEST

START_TEST(test_a_hundred_thousand_names)
{
    enum { N = 100000 };
    const ad_span xs = ad_leaves(tape, NULL, N);
    char name[16];
    for (unsigned k = 0; k < N; k++) {
        snprintf(name, sizeof name, "x.%u", k);
        ck_assert_int_eq(ad_name(ad_at(xs, k), name), AD_OK);
    }
    for (unsigned k = 0; k < N; k += 7) {
        snprintf(name, sizeof name, "x.%u", k);
        ck_assert_str_eq(ad_name_of(ad_at(xs, k)), name);
        ck_assert_uint_eq(ad_find(tape, name).index, k);
    }
}
END_TEST

/* Names `count` leaves while request k fails, and after that the rest. Returns whether request k came. */
static bool names_survive(size_t k, bool for_ever, unsigned count)
{
    failing_memory memory = {0};
    tape = failing_tape(&memory);
    const ad_span xs = ad_leaves(tape, NULL, count);
    fail_at(&memory, k, for_ever);
    unsigned named = 0;
    ad_status status = AD_OK;
    char name[16];
    for (; named < count && status == AD_OK; named += status == AD_OK) {
        snprintf(name, sizeof name, "x%u", named);
        status = ad_name(ad_at(xs, named), name);
    }
    const bool failed = status != AD_OK;
    if (failed) {
        ck_assert_int_eq(status, AD_ERR_MEMORY);
        ck_assert_int_eq(ad_tape_error(tape), AD_ERR_MEMORY);
        ck_assert_str_eq(ad_tape_message(tape), "ad_name: no memory for more names");
        ad_tape_clear_error(tape);
    }
    fail_at(&memory, 0, false);
    for (unsigned x = 0; x < count; x++) {
        snprintf(name, sizeof name, "x%u", x);
        ck_assert(same_node(ad_find(tape, name), x < named ? ad_at(xs, x) : (ad_var){NULL, 0, 0}));
        if (x >= named) {
            ck_assert_ptr_null(ad_name_of(ad_at(xs, x)));
            ck_assert_int_eq(ad_name(ad_at(xs, x), name), AD_OK);
        }
        ck_assert_str_eq(ad_name_of(ad_at(xs, x)), name);
    }
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return failed;
}

START_TEST(test_names_survive_a_lack_of_memory_at_every_request)
{
    size_t k = 1;
    while (names_survive(k, _i == 1, 400)) k++;
    ck_assert_uint_gt(k, 400);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("names");
    TCase *c = tcase_create("find");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_a_name_is_found_both_ways);
    tcase_add_test(c, test_a_name_is_copied);
    tcase_add_test(c, test_two_tapes_have_names_of_their_own);
    tcase_add_test(c, test_finding_nothing_is_no_error);
    tcase_add_test(c, test_a_hundred_thousand_names);
    suite_add_tcase(s, c);

    c = tcase_create("rules");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, test_letters_of_any_script_make_names, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(c, test_malformed_and_reserved_names_are_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(c, test_a_name_has_at_most_255_bytes);
    tcase_add_test(c, test_a_long_name_is_cut_between_characters_in_a_message);
    tcase_add_test(c, test_a_node_has_one_name_and_a_name_one_node);
    tcase_add_test(c, test_giving_a_node_its_own_name_again_is_fine);
    tcase_add_test(c, test_constants_and_dead_handles_have_no_name);
    tcase_add_test(c, test_a_tape_in_error_can_still_be_named_and_keeps_its_first_error);
    suite_add_tcase(s, c);

    c = tcase_create("rewind");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, test_rewind_forgets_the_names_made_since_the_mark);
    tcase_add_test(c, test_a_rewind_after_a_rewind_forgets_names_too);
    tcase_add_test(c, test_reset_forgets_all_names);
    suite_add_tcase(s, c);

    c = tcase_create("memory");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, test_names_survive_a_lack_of_memory_at_every_request, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
