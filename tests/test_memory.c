/* SPDX-License-Identifier: MIT */
/* Every request for memory failed, once or from then on: no call crashes, leaks, or changes what was there. */
#include <autodiff/autodiff.h>

#include "failing_memory.h"
#include "helpers.h"
#include "run_suite.h"

#include <stdio.h>

/* ------------------------------------------------------------------- a scenario, call by call */

enum { WEIGHTS = 40, MANY = 3000 };

typedef struct scene {
    ad_tape *tape;
    ad_span weights, inputs, list, hidden, outputs;
    ad_var x, y, loss, formula;
    ad_mark mark;
    size_t watched;
} scene;

static ad_status status_of(const scene *s) { return ad_tape_error(s->tape); }

static ad_status make_x(scene *s)
{
    s->x = ad_leaf(s->tape, 0.5);
    return status_of(s);
}

static ad_status make_y(scene *s)
{
    s->y = ad_leaf(s->tape, -1.25);
    return status_of(s);
}

static ad_status make_weights(scene *s)
{
    double values[WEIGHTS];
    for (int k = 0; k < WEIGHTS; k++) values[k] = sin(k);
    s->weights = ad_leaves(s->tape, values, WEIGHTS);
    return status_of(s);
}

static ad_status set_mark(scene *s)
{
    s->mark = ad_tape_mark(s->tape);
    return AD_OK;
}

static ad_status name_nodes(scene *s) { return ad_name(s->x, "x"); }
static ad_status name_more(scene *s) { return ad_name(s->y, "y"); }

/* Naming many nodes, one by one, grows the tables of names. */
static ad_status name_weights(scene *s)
{
    for (size_t k = 0; k < s->weights.count; k++) {
        char name[16];
        snprintf(name, sizeof name, "w%zu", k);
        if (ad_name_of(ad_at(s->weights, k)) == NULL && ad_name(ad_at(s->weights, k), name) != AD_OK)
            return status_of(s);
    }
    return AD_OK;
}

static ad_status make_constants(scene *s)
{
    s->inputs = ad_constants(s->tape, (double[]){1, -2, 0.5, 3}, 4);
    return status_of(s);
}

static ad_status gather(scene *s)
{
    const ad_var vars[] = {s->x, ad_const(7.5), s->y, ad_const(-3.25)};
    s->list = ad_gather(s->tape, vars, 4);
    return status_of(s);
}

static ad_status make_hidden(scene *s)
{
    s->hidden = ad_weighted_sums(s->weights, s->inputs);
    return status_of(s);
}

static ad_status make_outputs(scene *s)
{
    s->outputs = ad_each(AD_OP_TANH, s->hidden);
    return status_of(s);
}

static ad_status make_products(scene *s)
{
    const ad_span products = ad_each2(AD_OP_MUL, s->outputs, s->hidden);
    if (status_of(s) == AD_OK) s->outputs = products;
    return status_of(s);
}

static ad_status make_ternary(scene *s)
{
    const ad_var v = ad_fma(s->x, ad_const(1.5), ad_const(2.5));
    if (status_of(s) == AD_OK) s->loss = v;
    return status_of(s);
}

static ad_status make_loss(scene *s)
{
    const ad_var v = ad_log_sum_exp(s->outputs);
    if (status_of(s) == AD_OK) s->loss = v;
    return status_of(s);
}

static ad_status make_loss_of_list(scene *s)
{
    const ad_var v = ad_half_sum_of_squares(s->list, ad_slice(s->weights, 0, 4));
    if (status_of(s) == AD_OK) s->loss = v;
    return status_of(s);
}

static ad_status add_constant(scene *s)
{
    const ad_var v = ad_add(s->loss, ad_const((double)ad_tape_stats(s->tape).constants));
    if (status_of(s) == AD_OK) s->loss = v;
    return status_of(s);
}

static ad_status apply_unary(scene *s)
{
    const ad_var v = ad_sin(s->loss);
    if (status_of(s) == AD_OK) s->loss = v;
    return status_of(s);
}

static ad_status parse(scene *s)
{
    ad_text_error error;
    const ad_status status =
        ad_parse(s->tape, "p = x*y + 3; q = sigmoid(p)^2; q + sum(x, y, p, 0.125)", &s->formula, &error);
    /* A formula that fails leaves the tape without an error. */
    if (status != AD_OK) {
        ck_assert_int_eq(ad_tape_error(s->tape), AD_OK);
        ck_assert_ptr_null(s->formula.tape);
        ck_assert_ptr_null(ad_find(s->tape, "p").tape);
        ck_assert_ptr_null(ad_find(s->tape, "q").tape);
    }
    return status;
}

static ad_status sweep(scene *s) { return ad_backward(s->loss); }

static ad_status sweep_formula(scene *s)
{
    return ad_backward_from((ad_var[]){s->formula, s->loss}, (double[]){2, 1}, 2);
}

static ad_status accumulate(scene *s) { return ad_accumulate(s->weights); }

static void count(void *user, const ad_sweep_step *step)
{
    ck_assert_uint_gt(step->count, 0);
    ++*(size_t *)user;
}

static ad_status watch(scene *s)
{
    ad_watch(s->tape, count, &s->watched);
    return AD_OK;
}

static ad_status set_leaf(scene *s) { return ad_set(s->x, ad_value(s->x) + 0.25); }

static ad_status set_weights(scene *s)
{
    double values[WEIGHTS];
    for (int k = 0; k < WEIGHTS; k++) values[k] = cos(k);
    return ad_set_all(s->weights, values);
}

static ad_status reevaluate(scene *s) { return ad_reevaluate(s->tape, NULL); }
static ad_status reserve(scene *s) { return ad_tape_reserve(s->tape, MANY); }

static ad_status make_many_leaves(scene *s)
{
    return ad_leaves(s->tape, NULL, MANY).tape != NULL ? AD_OK : status_of(s);
}

static ad_status rewind_to_mark(scene *s)
{
    /* The mark stands above the weights and below all operations: the gradient of the weights stays. */
    return ad_tape_rewind(s->tape, s->mark);
}

/* A rewind inside one that was made before: one more record of what stands. */
static ad_status rewind_inside(scene *s) { return ad_tape_rewind(s->tape, ad_tape_mark(s->tape)); }

static ad_status reset(scene *s)
{
    ad_tape_reset(s->tape);
    return AD_OK;
}

typedef struct call {
    const char *name;
    ad_status (*make)(scene *);
    bool in_parts; /* may have done a part of its work when it fails */
} call;

#define CALL(function)             \
    {                              \
#function, function, false \
    }
static const call calls[] = {
    CALL(make_x),
    CALL(make_y),
    CALL(name_nodes),
    CALL(name_more),
    CALL(make_weights),
    {"name_weights", name_weights, true},
    CALL(set_mark),
    CALL(make_constants),
    CALL(gather),
    CALL(make_hidden),
    CALL(make_outputs),
    CALL(make_products),
    CALL(make_ternary),
    CALL(make_loss),
    CALL(sweep),
    CALL(add_constant),
    CALL(make_loss_of_list),
    CALL(apply_unary),
    CALL(sweep),
    CALL(set_leaf),
    CALL(reevaluate),
    CALL(sweep),
    CALL(parse),
    CALL(sweep_formula),
    CALL(accumulate),
    CALL(sweep),
    CALL(sweep),
    CALL(watch),
    CALL(sweep),
    CALL(sweep_formula),
    CALL(reserve),
    CALL(sweep),
    CALL(rewind_inside),
    CALL(make_many_leaves),
    CALL(rewind_inside),
    CALL(sweep),
    CALL(set_weights),
    CALL(reevaluate),
    CALL(sweep),
    CALL(rewind_to_mark),
    CALL(make_constants),
    CALL(gather),
    CALL(make_hidden),
    CALL(make_loss_of_list),
    CALL(set_weights),
    CALL(reevaluate),
    CALL(sweep),
    CALL(parse),
    CALL(sweep_formula),
    CALL(reset),
    CALL(make_x),
    CALL(make_y),
    CALL(make_ternary),
    CALL(sweep),
};
enum { CALLS = sizeof calls / sizeof *calls };

/* --------------------------------------------------------------------------- what must stay */

enum { SNAPSHOT = 8192 };

typedef struct snapshot {
    ad_stats stats;
    size_t nodes;
    ad_op ops[SNAPSHOT];
    double values[SNAPSHOT], grads[SNAPSHOT];
    size_t readable; /* gradients, from node 0 on */
    char names[SNAPSHOT][8];
} snapshot;

/* Reading gradients sets errors where there are none. */
static void take(snapshot *shot, const scene *s)
{
    ck_assert_int_eq(ad_tape_error(s->tape), AD_OK);
    shot->stats = ad_tape_stats(s->tape);
    shot->nodes = shot->stats.nodes;
    shot->readable = 0;
    ck_assert_uint_le(shot->nodes, SNAPSHOT);
    for (size_t k = 0; k < shot->nodes; k++) {
        const ad_var node = ad_node_at(s->tape, k);
        const char *name = ad_name_of(node);
        shot->ops[k] = ad_op_of(node);
        shot->values[k] = ad_value(node);
        snprintf(shot->names[k], sizeof shot->names[k], "%s", name == NULL ? "" : name);
    }
    for (; shot->readable < shot->nodes; shot->readable++) {
        shot->grads[shot->readable] = ad_grad(ad_node_at(s->tape, shot->readable));
        if (ad_tape_error(s->tape) != AD_OK) break;
    }
    ad_tape_clear_error(s->tape);
}

static void assert_unchanged(const snapshot *old, const snapshot *new, const char *name)
{
    ck_assert_msg(old->nodes == new->nodes, "%s: %zu nodes, then %zu", name, old->nodes, new->nodes);
    ck_assert_msg(old->stats.leaves == new->stats.leaves, "%s: leaves", name);
    ck_assert_msg(old->stats.constants == new->stats.constants, "%s: %zu constants, then %zu", name,
                  old->stats.constants, new->stats.constants);
    ck_assert_msg(old->stats.bytes_used == new->stats.bytes_used, "%s: %zu bytes, then %zu", name,
                  old->stats.bytes_used, new->stats.bytes_used);
    ck_assert_msg(old->readable == new->readable, "%s: %zu gradients, then %zu", name, old->readable, new->readable);
    ck_assert_msg(memcmp(old->ops, new->ops, old->nodes * sizeof *old->ops) == 0, "%s: operations", name);
    ck_assert_msg(memcmp(old->values, new->values, old->nodes * sizeof *old->values) == 0, "%s: values", name);
    ck_assert_msg(memcmp(old->grads, new->grads, old->readable * sizeof *old->grads) == 0, "%s: gradients", name);
    for (size_t k = 0; k < old->nodes; k++)
        ck_assert_msg(strcmp(old->names[k], new->names[k]) == 0, "%s: name of node %zu", name, k);
}

/* Makes a call of which a request fails; then makes it again without that. */
static void make_again(const call *c, scene *s, failing_memory *memory, const snapshot *before, ad_status status)
{
    static snapshot after;
    ck_assert_msg(status == AD_ERR_MEMORY, "%s: %s", c->name, ad_status_text(status));
    if (ad_tape_error(s->tape) != AD_OK) {
        ck_assert_msg(ad_tape_error(s->tape) == AD_ERR_MEMORY, "%s: %s", c->name, ad_tape_message(s->tape));
        ck_assert_ptr_nonnull(strstr(ad_tape_message(s->tape), ": no memory "));
        ad_tape_clear_error(s->tape);
    }
    if (!c->in_parts) {
        take(&after, s);
        assert_unchanged(before, &after, c->name);
    }
    fail_at(memory, 0, false);
    ck_assert_msg(c->make(s) == AD_OK, "%s, once more: %s", c->name, ad_tape_message(s->tape));
}

/* Runs the scenario with a failing request; the call that met it is made again. `final` takes the end state. True if
 * the request was reached. */
static bool run(size_t fail, bool for_ever, snapshot *final)
{
    static snapshot before;
    failing_memory memory = {0};
    scene s = {0};
    bool failed = false;
    fail_at(&memory, fail, for_ever);
    s.tape = failing_tape(&memory);
    if (s.tape == NULL) {
        ck_assert_uint_eq(memory.held, 0);
        failed = true;
        fail_at(&memory, 0, false);
        s.tape = failing_tape(&memory);
    }
    for (size_t k = 0; k < CALLS; k++) {
        if (fail > 0 && !failed) take(&before, &s);
        const ad_status status = calls[k].make(&s);
        if (status == AD_OK) continue;
        ck_assert_msg(!failed && fail > 0, "%s: %s", calls[k].name, ad_tape_message(s.tape));
        failed = true;
        make_again(&calls[k], &s, &memory, &before, status);
    }
    take(final, &s);
    ck_assert_uint_eq(memory.held, ad_tape_stats(s.tape).bytes_reserved);
    ad_tape_free(s.tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
    return failed;
}

START_TEST(test_every_failed_request_leaves_the_tape_as_it_was)
{
    static snapshot expected, final;
    const bool for_ever = _i != 0;
    size_t reached = 0;
    run(0, false, &expected);
    ck_assert_uint_gt(expected.nodes, 2);
    ck_assert_uint_gt(expected.readable, 2);
    while (run(reached + 1, for_ever, &final)) {
        assert_unchanged(&expected, &final, "the end");
        reached++;
    }
    /* The last run met no failure: all requests were failed, of which there are a good many. */
    ck_assert_uint_gt(reached, 80);
}
END_TEST

/* ---------------------------------------------------------------------------- single calls */

START_TEST(test_a_new_tape_without_memory_is_null)
{
    for (size_t k = 1; k <= 2; k++) {
        failing_memory memory = {0};
        fail_at(&memory, k, false);
        ck_assert_ptr_null(failing_tape(&memory));
        ck_assert_uint_eq(memory.held, 0);
        ck_assert(!memory.wrong_size);
    }
}
END_TEST

START_TEST(test_all_memory_comes_from_the_allocator_and_goes_back)
{
    failing_memory memory = {0};
    ad_tape *tape = failing_tape(&memory);
    ck_assert_uint_eq(memory.held, ad_tape_stats(tape).bytes_reserved);
    ad_var x = ad_leaf(tape, 1);
    for (int k = 0; k < 5000; k++) x = ad_mul(x, ad_const(k));
    ck_assert_int_eq(ad_backward(x), AD_OK);
    ck_assert_uint_eq(memory.held, ad_tape_stats(tape).bytes_reserved);
    ad_tape_reset(tape);
    ck_assert_uint_eq(memory.held, ad_tape_stats(tape).bytes_reserved);
    ck_assert_uint_eq(ad_tape_stats(tape).bytes_peak, memory.held);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
    ck_assert(!memory.wrong_size);
}
END_TEST

START_TEST(test_messages_say_what_there_was_no_memory_for)
{
    failing_memory memory = {0};
    ad_tape *tape = failing_tape(&memory);
    const ad_span x = ad_leaves(tape, (double[]){1, 2}, 2);
    const ad_var y = ad_at(x, 0);
    fail_at(&memory, 1, true);
    ck_assert_ptr_null(ad_leaves(tape, NULL, 1000).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_leaves: no memory for more nodes");
    ck_assert_ptr_null(ad_constants(tape, (double[]){1}, 1).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_constants: no memory for more constants");
    ck_assert_ptr_null(ad_mul(y, ad_const(2)).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_mul: no memory for more constants");
    ck_assert_ptr_null(ad_fma(y, y, y).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_fma: no memory for more operands");
    ck_assert_ptr_null(ad_gather(tape, &y, 1).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_gather: no memory for more operands");
    ck_assert_ptr_null(ad_sum(x).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_sum: no memory for more operands");
    ck_assert_int_eq(ad_backward(y), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_backward: no memory for more adjoints");
    ck_assert_int_eq(ad_accumulate(x), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_accumulate: no memory for more adjoints");
    ck_assert_int_eq(ad_name(y, "y"), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_name: no memory for more names");
    ck_assert_int_eq(ad_tape_reserve(tape, 1000), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_tape_reserve: no memory for more nodes");
    const ad_var z = ad_exp(y);
    ck_assert_int_eq(ad_set(y, 2), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_set: no memory to keep the values as recorded");
    ck_assert_double_eq(ad_value(y), 1);
    ad_tape_reset(tape);
    fail_at(&memory, 0, false);
    ck_assert(!ad_is_valid(z));
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
}
END_TEST

START_TEST(test_a_rewind_that_finds_no_memory_for_its_record_changes_nothing)
{
    enum { DEEP = 100 };
    failing_memory memory = {0};
    ad_tape *tape = failing_tape(&memory);
    ad_var kept[DEEP], gone[DEEP];
    size_t failures = 0;
    for (int k = 0; k < DEEP; k++) {
        kept[k] = ad_leaf(tape, k);
        const ad_mark mark = ad_tape_mark(tape);
        gone[k] = ad_leaf(tape, -k);
        fail_at(&memory, 1, true);
        if (ad_tape_rewind(tape, mark) != AD_OK) {
            assert_error(tape, AD_ERR_MEMORY, "ad_tape_rewind: no memory for one more nested rewind");
            ck_assert_double_eq(ad_value(gone[k]), -k);
            failures++;
            fail_at(&memory, 0, false);
            ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
        }
        fail_at(&memory, 0, false);
        for (int j = 0; j <= k; j++) ck_assert(ad_is_valid(kept[j]) && !ad_is_valid(gone[j]));
    }
    ck_assert_uint_gt(failures, 0);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.held, 0);
}
END_TEST

/* Denies what is larger than `most`. */
typedef struct small_memory {
    failing_memory counted;
    size_t most;
} small_memory;

static void *resize_small(void *user, void *block, size_t old_size, size_t new_size)
{
    small_memory *memory = user;
    return new_size > memory->most ? NULL : failing_resize(&memory->counted, block, old_size, new_size);
}

START_TEST(test_the_largest_counts_allowed_fail_cleanly_where_there_is_no_memory)
{
    small_memory memory = {{0}, 1 << 20};
    const ad_allocator allocator = {resize_small, &memory};
    ad_tape *tape = ad_tape_new_with(&allocator);
    const ad_var x = ad_leaf(tape, 1);
    const size_t most = ((size_t)1 << 31) - 2; /* with x, as many nodes as there may be */
    ck_assert_ptr_null(ad_leaves(tape, NULL, most).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_leaves: no memory for more nodes");
    ck_assert_ptr_null(ad_constants(tape, NULL, most).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_constants: no memory for more constants");
    ck_assert_ptr_null(ad_gather(tape, NULL, most).tape);
    assert_error(tape, AD_ERR_MEMORY, "ad_gather: no memory for more operands");
    ck_assert_int_eq(ad_tape_reserve(tape, most), AD_ERR_MEMORY);
    assert_error(tape, AD_ERR_MEMORY, "ad_tape_reserve: no memory for more nodes");
    ad_var y = x;
    while (ad_is_valid(y)) y = ad_add(y, x);
    assert_error(tape, AD_ERR_MEMORY, "ad_add: no memory for more nodes");
    const size_t nodes = ad_tape_stats(tape).nodes;
    ck_assert_uint_gt(nodes, 1000);
    ck_assert_int_eq(ad_backward(ad_node_at(tape, nodes - 1)), AD_OK);
    ck_assert_double_eq(ad_grad(x), (double)nodes);
    ad_tape_free(tape);
    ck_assert_uint_eq(memory.counted.held, 0);
    ck_assert(!memory.counted.wrong_size);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");

    TCase *scenario = tcase_create("scenario");
    tcase_set_timeout(scenario, 120);
    tcase_add_loop_test(scenario, test_every_failed_request_leaves_the_tape_as_it_was, 0, 2);
    suite_add_tcase(suite, scenario);

    TCase *single = tcase_create("single calls");
    tcase_set_timeout(single, 60);
    tcase_add_test(single, test_a_new_tape_without_memory_is_null);
    tcase_add_test(single, test_all_memory_comes_from_the_allocator_and_goes_back);
    tcase_add_test(single, test_messages_say_what_there_was_no_memory_for);
    tcase_add_test(single, test_a_rewind_that_finds_no_memory_for_its_record_changes_nothing);
    tcase_add_test(single, test_the_largest_counts_allowed_fail_cleanly_where_there_is_no_memory);
    suite_add_tcase(suite, single);

    return run_suite(suite);
}
