/* SPDX-License-Identifier: MIT */
/* The gradient check: what is to be checked, the order of the methods, and the report. */
#include "gradcheck_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------------------------------- memory */

void *ad_gradcheck_allocate(ad_checking *c, size_t count, size_t size)
{
    const size_t bytes = (count > 0 ? count : 1) * size;
    void *start =
        count <= SIZE_MAX / 2 / size && c->blocks_count < CHECK_BLOCKS ? ad_resize(c->tape, NULL, 0, bytes) : NULL;
    if (start == NULL) {
        ad_fail(c->tape, AD_ERR_MEMORY, c->function, "no memory for the check");
        return NULL;
    }
    c->blocks[c->blocks_count].start = start;
    c->blocks[c->blocks_count++].bytes = bytes;
    return memset(start, 0, bytes);
}

void *ad_gradcheck_keep(ad_checking *c, size_t count, size_t size)
{
    const ad_allocator *memory = &c->report->allocator;
    void *start = memory->resize(memory->user, NULL, 0, count * size);
    if (start != NULL) return memset(start, 0, count * size);
    ad_fail(c->tape, AD_ERR_MEMORY, c->function, "no memory for the report");
    return NULL;
}

static void release(ad_checking *c)
{
    for (unsigned op = 0; op < AD_OP_COUNT && c->definitions != NULL; op++) ad_rule_free(c->tape, &c->definitions[op]);
    while (c->blocks_count > 0) {
        c->blocks_count--;
        ad_resize(c->tape, c->blocks[c->blocks_count].start, c->blocks[c->blocks_count].bytes, 0);
    }
}

static void drop(const ad_allocator *memory, void *block, size_t count, size_t size)
{
    if (block != NULL) memory->resize(memory->user, block, count * size, 0);
}

void ad_gradcheck_free(ad_gradcheck_report *r)
{
    if (r == NULL) return;
    drop(&r->allocator, r->coordinates, r->coordinates_room, sizeof *r->coordinates);
    drop(&r->allocator, r->directions, r->directions_room, sizeof *r->directions);
    drop(&r->allocator, r->rules, CHECK_MOST_RULES, sizeof *r->rules);
    memset(r, 0, sizeof *r);
}

/* --------------------------------------------------------------------------------------- chance */

uint64_t ad_gradcheck_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double ad_gradcheck_uniform(uint64_t *state) { return (double)(ad_gradcheck_bits(state) >> 11) * 0x1p-53; }

bool ad_gradcheck_choose(uint64_t *state, size_t left, size_t wanted)
{
    if (wanted == 0 || wanted >= left) return wanted > 0;
    return ad_gradcheck_uniform(state) * (double)left < (double)wanted;
}

/* --------------------------------------------------------------------------------------- places */

ad_check_place ad_gradcheck_place(const ad_checking *c, uint32_t index)
{
    const ad_var node = node_handle(c->tape, index);
    const char *name = ad_name_of(node), *op = ad_op_name_of(node);
    ad_check_place place = {.found = true, .node = index, .op = ad_op_of(node)};
    char words[64] = "";
    if (c->options.describe != NULL) c->options.describe(c->options.user, node, words, sizeof words);
    else if (name != NULL) snprintf(words, sizeof words, "node %u '%.40s'", (unsigned)index, name);
    else snprintf(words, sizeof words, "node %u", (unsigned)index);
    const size_t length = strlen(op);
    const bool has_op = strncmp(words, op, length) == 0 && words[length] == ',';
    snprintf(place.text, sizeof place.text, "%s%s%s", has_op ? "" : op, has_op ? "" : ", ", words);
    return place;
}

bool ad_gradcheck_progress(ad_checking *c)
{
    c->done++;
    return c->options.progress == NULL || c->options.progress(c->options.user, c->done, c->all);
}

/* ---------------------------------------------------------------------------------- preparation */

static ad_gradcheck_options filled_in(const ad_gradcheck_options *options)
{
    ad_gradcheck_options o = {.methods = 0};
    if (options != NULL) o = *options;
    if (o.methods == 0) o.methods = AD_CHECK_ALL;
    if (o.tolerance == 0) o.tolerance = 1e-6;
    if (o.most == 0) o.most = 1000;
    if (o.most_nodes == 0) o.most_nodes = 10000;
    if (o.directions == 0) o.directions = 3;
    if (o.outputs == 0) o.outputs = 1;
    if (!(o.methods & (AD_CHECK_TAYLOR | AD_CHECK_DOT_PRODUCT))) o.directions = 0;
    return o;
}

/* An empty report, whose memory comes from there. */
static void begin_report(ad_gradcheck_report *report, const ad_gradcheck_options *options, const ad_allocator *memory)
{
    *report = (ad_gradcheck_report){.allocator = *memory};
    if (options != NULL && options->allocator != NULL) report->allocator = *options->allocator;
    if (options != NULL) report->seed = options->seed;
}

/* After a failure: nothing but the message. */
static ad_status fail(ad_gradcheck_report *report, ad_status status, const char *message)
{
    ad_gradcheck_free(report);
    snprintf(report->message, sizeof report->message, "%s", message);
    return status;
}

/* Which nodes lead to the outputs. */
static void mark_leads(ad_checking *c)
{
    const ad_tape *t = c->tape;
    c->widest = 3; /* of a definition's operands there are three, whether it has them or not */
    for (size_t k = 0; k < c->outs_count; k++) c->leads[c->outs[k].index] = 1;
    for (uint32_t i = c->end; i-- > 0;) {
        if (!c->leads[i] || t->code[i] == CODE_LEAF) continue;
        const uint32_t n = ad_operand_count(t, i);
        if (n > c->widest) c->widest = n;
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t x = ad_operand(t, i, k);
            if (!(x & CONSTANT_BIT)) c->leads[x] = 1;
        }
    }
    for (uint32_t i = 0; i < c->end; i++)
        if (t->code[i] != CODE_LEAF && ad_operand_count(t, i) > c->widest) c->widest = ad_operand_count(t, i);
}

static bool allocate(ad_checking *c)
{
    const size_t n = c->tape->count, m = c->y.count;
    return (c->seeds = ad_gradcheck_allocate(c, m, sizeof *c->seeds)) != NULL &&
           (c->outs = ad_gradcheck_allocate(c, m, sizeof *c->outs)) != NULL &&
           (c->out_seeds = ad_gradcheck_allocate(c, m, sizeof *c->out_seeds)) != NULL &&
           (c->values = ad_gradcheck_allocate(c, n, sizeof *c->values)) != NULL &&
           (c->adjoint = ad_gradcheck_allocate(c, n, sizeof *c->adjoint)) != NULL &&
           (c->tangent = ad_gradcheck_allocate(c, n, sizeof *c->tangent)) != NULL &&
           (c->unit = ad_gradcheck_allocate(c, n, sizeof *c->unit)) != NULL &&
           (c->leads = ad_gradcheck_allocate(c, n, sizeof *c->leads)) != NULL &&
           (c->varies = ad_gradcheck_allocate(c, n, sizeof *c->varies)) != NULL &&
           (c->touched = ad_gradcheck_allocate(c, n, sizeof *c->touched)) != NULL &&
           (c->definitions = ad_gradcheck_allocate(c, AD_OP_COUNT, sizeof *c->definitions)) != NULL &&
           (c->program == NULL || (c->point = ad_gradcheck_allocate(c, c->x.count, sizeof *c->point)) != NULL);
}

/* One output counts 1, of several each a random number of +-[0.5, 1]. */
static void choose_seeds(ad_checking *c)
{
    for (uint32_t k = 0; k < c->y.count; k++) {
        const double part = 1 - ad_gradcheck_uniform(&c->random) / 2;
        c->seeds[k] = c->y.count == 1 ? 1 : ad_gradcheck_bits(&c->random) & 1 ? part : -part;
        const uint32_t y = element_reference(c->tape, c->y.kind, c->y.first, k);
        c->value += c->seeds[k] * value_at(c->tape, y);
        if (y & CONSTANT_BIT) continue;
        c->outs[c->outs_count] = node_handle(c->tape, y);
        c->out_seeds[c->outs_count++] = c->seeds[k];
    }
}

static ad_status prepare(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    c->end = ad_outputs_end(c->y);
    c->random = c->options.seed;
    if (!allocate(c)) return c->tape->error;
    choose_seeds(c);
    memcpy(c->values, c->tape->value, c->tape->count * sizeof *c->values);
    mark_leads(c);
    c->edges = ad_gradcheck_allocate(c, c->widest, sizeof *c->edges);
    if (c->edges == NULL) return c->tape->error;
    report->value = c->value;
    report->inputs = c->x.count;
    report->count = report->inputs < c->options.most ? report->inputs : c->options.most;
    report->coordinates_room = report->count;
    report->directions_room = c->options.directions;
    report->coordinates = ad_gradcheck_keep(c, report->coordinates_room, sizeof *report->coordinates);
    if (report->coordinates == NULL) return c->tape->error;
    if (c->options.directions > 0)
        report->directions = ad_gradcheck_keep(c, report->directions_room, sizeof *report->directions);
    return c->tape->error;
}

/* ------------------------------------------------------------------------------------- the check */

static void count_nodes(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    ad_gradcheck_touch(c, c->x);
    for (uint32_t k = 0; k < c->touched_count; k++) report->node_count += c->leads[c->touched[k]];
    const size_t nodes = report->node_count < c->options.most_nodes ? report->node_count : c->options.most_nodes;
    const unsigned methods = c->options.methods;
    c->all = (methods & AD_CHECK_NODES ? nodes : 0) + c->options.directions;
    c->all += methods & (AD_CHECK_DIFFERENCES | AD_CHECK_COMPLEX) ? report->count : 0;
}

/* The two ways to sweep must not differ: if they do, that is a wrong rule without an operand. */
static ad_status sweep(ad_checking *c)
{
    bool agrees;
    uint32_t at;
    ad_status status = ad_gradcheck_sweep(c, &agrees, &at);
    if (status != AD_OK || agrees || !(c->options.methods & AD_CHECK_NODES)) return status;
    const ad_check_rule rule = {.at = ad_gradcheck_place(c, at), .numeric = (double)NAN, .partial = c->adjoint[at]};
    return ad_gradcheck_add_rule(c, &rule);
}

static void conclude(ad_checking *c)
{
    ad_gradcheck_report *r = c->report;
    ad_gradcheck_blame(c);
    for (size_t k = 0; k < r->count; k++) r->verdict = weightier(r->verdict, r->coordinates[k].verdict);
    for (size_t k = 0; k < r->direction_count; k++)
        r->verdict = weightier(r->verdict, weightier(r->directions[k].taylor, r->directions[k].dot));
    if (r->rule_count > 0 || r->differs) r->verdict = AD_CHECK_FAIL;
    if (r->verdict == AD_CHECK_NONE && r->nodes_checked > r->nodes_unclear) r->verdict = AD_CHECK_PASS;
}

static ad_status run(ad_checking *c)
{
    ad_gradcheck_report *report = c->report;
    const unsigned methods = c->options.methods;
    bool same;
    ad_status status = prepare(c);
    if (status == AD_OK) status = ad_gradcheck_repeats(c, &same);
    if (status == AD_OK) status = sweep(c);
    if (status != AD_OK) return status;
    report->differs = !same;
    if (same) {
        count_nodes(c);
        if (methods & (AD_CHECK_DIFFERENCES | AD_CHECK_COMPLEX)) status = ad_gradcheck_coordinates(c);
        else report->count = 0;
        if (status == AD_OK && (methods & AD_CHECK_NODES) && !report->stopped) status = ad_gradcheck_nodes(c);
        if (status == AD_OK && c->options.directions > 0 && !report->stopped) status = ad_gradcheck_directions(c);
    } else report->count = 0;
    if (status == AD_OK && (methods & AD_CHECK_NODES)) status = ad_gradcheck_sweep(c, &same, &(uint32_t){0});
    if (status == AD_OK) conclude(c);
    return status;
}

/* The check of outputs by inputs on a tape, which must be fit for it. */
static ad_status check(ad_checking *c)
{
    ad_tape *t = c->tape;
    const ad_watcher watcher = t->watcher;
    void *const user = t->watcher_user;
    t->accumulate_count = 0;
    ad_status status = run(c);
    ad_watch(t, watcher, user);
    if (status != AD_OK) t->grad_count = 0;
    release(c);
    return status == AD_OK ? AD_OK : fail(c->report, status, t->message);
}

/* ------------------------------------------------------------------------------------ of what */

ad_status ad_gradcheck_recorded(ad_var y, ad_span x, const ad_gradcheck_options *options, ad_gradcheck_report *report)
{
    static const char function[] = "ad_gradcheck_recorded";
    if (report == NULL) return AD_ERR_ARGUMENT;
    const ad_span out = span_of(y);
    ad_tape *t = x.tape != NULL ? x.tape : is_const(y) ? NULL : y.tape;
    begin_report(report, options, t != NULL ? &t->allocator : &ad_default_allocator);
    if (t == NULL) return fail(report, AD_ERR_HANDLE, "ad_gradcheck_recorded: the invalid handle");
    if (ad_derivable(out, x, function) != AD_OK) return fail(report, t->error, t->message);
    if (x.count == 0) return fail(report, ad_fail(t, AD_ERR_ARGUMENT, function, "there are no inputs"), t->message);
    ad_checking c = {
        .function = function, .tape = t, .options = filled_in(options), .report = report, .x = x, .y = out};
    return check(&c);
}

/* Records the function on the first tape, and lets it record again and again on the second. */
static ad_status check_function(ad_tape *tape, ad_tape *again, const ad_function *f, const double *x,
                                const ad_gradcheck_options *options, ad_gradcheck_report *report)
{
    ad_span inputs, outputs;
    const ad_status status = ad_record(tape, f, x, &inputs, &outputs);
    if (status != AD_OK) return fail(report, status, tape->message);
    ad_checking c = {.function = "ad_gradcheck",
                     .tape = tape,
                     .again = again,
                     .program = f,
                     .options = filled_in(options),
                     .report = report,
                     .x = inputs,
                     .y = outputs};
    return check(&c);
}

ad_status ad_gradcheck(ad_fn fn, void *user, const double *x, size_t n, const ad_gradcheck_options *options,
                       ad_gradcheck_report *report)
{
    if (report == NULL) return AD_ERR_ARGUMENT;
    begin_report(report, options, &ad_default_allocator);
    if (fn == NULL) return fail(report, AD_ERR_ARGUMENT, "ad_gradcheck: no function");
    if (x == NULL || n == 0) return fail(report, AD_ERR_ARGUMENT, "ad_gradcheck: no point x");
    const ad_function f = {fn, user, n, filled_in(options).outputs};
    ad_tape *tape = ad_tape_new_with(&report->allocator), *again = ad_tape_new_with(&report->allocator);
    const ad_status status = tape == NULL || again == NULL
                                 ? fail(report, AD_ERR_MEMORY, "ad_gradcheck: no memory for a tape")
                                 : check_function(tape, again, &f, x, options, report);
    ad_tape_free(tape);
    ad_tape_free(again);
    return status;
}

/* Records the operation at x behind what stands on its tape; the check rewinds that. */
static ad_status record_custom(ad_custom_op op, const double *x, size_t n, ad_span *inputs, ad_span *outputs)
{
    *inputs = ad_leaves(op.tape, x, n);
    if (inputs->tape == NULL) return op.tape->error;
    const size_t bytes = n * sizeof(ad_var);
    ad_var *operands = ad_resize(op.tape, NULL, 0, bytes);
    if (operands == NULL) return ad_fail(op.tape, AD_ERR_MEMORY, "ad_gradcheck_custom", "no memory for the operands");
    for (size_t k = 0; k < n; k++) operands[k] = ad_at(*inputs, k);
    *outputs = ad_call(op, operands, n);
    ad_resize(op.tape, operands, bytes, 0);
    return op.tape->error;
}

ad_status ad_gradcheck_custom(ad_custom_op op, const double *x, size_t n, const ad_gradcheck_options *options,
                              ad_gradcheck_report *report)
{
    static const char function[] = "ad_gradcheck_custom";
    ad_tape *t = op.tape;
    if (report == NULL) return AD_ERR_ARGUMENT;
    begin_report(report, options, t != NULL ? &t->allocator : &ad_default_allocator);
    if (t == NULL) return fail(report, AD_ERR_HANDLE, "ad_gradcheck_custom: the invalid operation");
    if (t->error != AD_OK) return fail(report, t->error, t->message);
    if (x == NULL || n == 0) return fail(report, ad_fail(t, AD_ERR_ARGUMENT, function, "no point x"), t->message);
    const ad_mark mark = ad_tape_mark(t);
    ad_checking c = {.function = function, .tape = t, .options = filled_in(options), .report = report};
    ad_status status = record_custom(op, x, n, &c.x, &c.y);
    if (status == AD_OK && t->values_stale) status = ad_fail(t, AD_ERR_STALE, function, "ad_reevaluate first");
    status = status == AD_OK ? check(&c) : fail(report, status, t->message);
    ad_tape_rewind(t, mark);
    return status;
}
