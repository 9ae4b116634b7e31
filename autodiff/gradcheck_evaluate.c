/* SPDX-License-Identifier: MIT */
/* How f is evaluated beside x: what is recorded, by computing anew the operations that vary, on values that stand in
 * for the tape's; a function, by recording it once more and comparing. And the sweep from it. */
#include "gradcheck_internal.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------------- on other values */

/* While others stand in for them, the tape's own values are those "as recorded", so that a node tells whether it came
 * out on another side. */
typedef struct stand_in {
    double *value, *recorded;
    uint32_t recorded_count;
} stand_in;

static stand_in put_in(ad_tape *t, double *values, uint32_t known)
{
    const stand_in own = {t->value, t->recorded, t->recorded_count};
    t->recorded = t->value;
    t->recorded_count = known;
    t->value = values;
    return own;
}

static void put_back(ad_tape *t, stand_in own)
{
    t->value = own.value;
    t->recorded = own.recorded;
    t->recorded_count = own.recorded_count;
}

static double output_at(const ad_checking *c, const double *values, uint32_t k)
{
    const uint32_t reference = element_reference(c->tape, c->y.kind, c->y.first, k);
    return reference & CONSTANT_BIT ? c->tape->constants[reference & ~CONSTANT_BIT] : values[reference];
}

static double sum_of_outputs(const ad_checking *c, const double *values)
{
    double sum = 0;
    for (uint32_t k = 0; k < c->y.count; k++) sum += c->seeds[k] * output_at(c, values, k);
    return sum;
}

/* The first operation of those that matter whose value is not finite. */
static uint32_t first_nonfinite(const ad_checking *c, const double *values)
{
    for (uint32_t k = 0; k < c->touched_count; k++)
        if (c->leads[c->touched[k]] && !isfinite(values[c->touched[k]])) return c->touched[k];
    return c->touched_count > 0 ? c->touched[c->touched_count - 1] : 0;
}

/* An operation of the program's own that refuses has no value there: NaN, which is no error of the check's. */
static bool recompute(ad_tape *t, uint32_t i)
{
    const bool crossed = ad_reevaluate_node(t, i);
    if (t->custom_failed && t->error == AD_ERR_CUSTOM) ad_tape_clear_error(t);
    t->custom_failed = t->values_stale = false;
    return crossed;
}

static void compute(ad_checking *c, ad_sample *sample)
{
    ad_tape *t = c->tape;
    const stand_in own = put_in(t, c->values, c->end);
    for (uint32_t k = 0; k < c->touched_count; k++) {
        const uint32_t i = c->touched[k];
        if (!recompute(t, i) || sample->crossed || !c->leads[i]) continue;
        sample->crossed = true;
        sample->at = i;
    }
    put_back(t, own);
    sample->value = sum_of_outputs(c, c->values);
}

/* The nodes that are computed together with node i. */
static ad_span together(const ad_tape *t, uint32_t i)
{
    if (t->code[i] != CODE_CUSTOM) return (ad_span){.first = i, .count = 1};
    const ad_custom_group g = ad_custom_group_of(t, i);
    return (ad_span){.first = g.first, .count = g.m};
}

ad_status ad_gradcheck_evaluate_node(ad_checking *c, uint32_t i, ad_sample *sample)
{
    const ad_span nodes = together(c->tape, i);
    const stand_in own = put_in(c->tape, c->values, c->end);
    *sample = (ad_sample){.at = i};
    sample->crossed = recompute(c->tape, nodes.first);
    put_back(c->tape, own);
    sample->value = c->values[i];
    sample->finite = isfinite(sample->value);
    for (uint32_t k = nodes.first; k < nodes.first + nodes.count; k++) c->values[k] = c->tape->value[k];
    return c->tape->error;
}

void ad_gradcheck_restore(ad_checking *c)
{
    for (uint32_t k = 0; k < c->touched_count; k++) c->values[c->touched[k]] = c->tape->value[c->touched[k]];
}

/* --------------------------------------------------------------------------- a function, once more */

static bool same_double(double x, double y) { return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y)); }

/* How two recordings compare. */
typedef struct comparison {
    bool differ;          /* the program took another way, */
    uint32_t at;          /* from this node on */
    bool detached;        /* a constant has another value, */
    uint32_t detached_at; /* an operand of this node */
} comparison;

static bool compare_operands(const ad_tape *t, const ad_tape *other, uint32_t i, comparison *found)
{
    const uint32_t n = ad_operand_count(t, i);
    if (t->code[i] != other->code[i] || n != ad_operand_count(other, i)) return false;
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t x = ad_operand(t, i, k), y = ad_operand(other, i, k);
        if ((x & CONSTANT_BIT) != (y & CONSTANT_BIT) || (!(x & CONSTANT_BIT) && x != y)) return false;
        if (!(x & CONSTANT_BIT) || found->detached || same_double(value_at(t, x), value_at(other, y))) continue;
        found->detached = true;
        found->detached_at = i;
    }
    return true;
}

static bool is_same_recording(const ad_tape *t, const ad_tape *other)
{
    const size_t n = t->count, words = t->operands_count, constants = t->constants_count;
    return n == other->count && words == other->operands_count && constants == other->constants_count &&
           memcmp(t->code, other->code, n) == 0 && memcmp(t->a, other->a, n * sizeof *t->a) == 0 &&
           memcmp(t->b, other->b, n * sizeof *t->b) == 0 &&
           (words == 0 || memcmp(t->operands, other->operands, words * sizeof *t->operands) == 0) &&
           (constants == 0 || memcmp(t->constants, other->constants, constants * sizeof *t->constants) == 0);
}

/* Leaves have operands of no meaning, and constants need not be where they were: what differs is looked at closely. */
static comparison compare(const ad_checking *c, ad_span outputs)
{
    const ad_tape *t = c->tape, *other = c->again;
    const uint32_t least = t->count < other->count ? t->count : other->count;
    comparison found = {.differ = false};
    uint32_t i = 0;
    if (is_same_recording(t, other)) i = t->count;
    while (i < least && compare_operands(t, other, i, &found)) i++;
    found.differ = i < t->count || t->count != other->count;
    found.at = i < t->count ? i : t->count - 1;
    for (uint32_t k = 0; k < c->y.count && !found.differ; k++) {
        const uint32_t x = element_reference(t, c->y.kind, c->y.first, k);
        const uint32_t y = element_reference(other, outputs.kind, outputs.first, k);
        if (x == y) continue;
        if (x & y & CONSTANT_BIT) found.detached = found.detached || !same_double(value_at(t, x), value_at(other, y));
        else found.differ = true;
    }
    return found;
}

static ad_status record_again(ad_checking *c, ad_span *outputs)
{
    ad_span inputs;
    ad_tape_reset(c->again);
    return ad_record(c->again, c->program, c->point, &inputs, outputs);
}

/* Where the function fails by itself it is taken for one that has no value there. */
static bool is_fatal(ad_status status) { return status == AD_ERR_MEMORY || status == AD_ERR_LIMIT; }

static ad_status sample_program(ad_checking *c, ad_sample *sample)
{
    ad_span outputs;
    for (uint32_t k = 0; k < c->x.count; k++) c->point[k] = c->values[input_of(c, k)];
    const ad_status status = record_again(c, &outputs);
    if (is_fatal(status)) return ad_fail(c->tape, status, c->function, "recording once more: %s", c->again->message);
    if (status != AD_OK) {
        sample->value = (double)NAN;
        return AD_OK;
    }
    const comparison found = compare(c, outputs);
    sample->value = 0;
    for (uint32_t k = 0; k < outputs.count; k++)
        sample->value += c->seeds[k] * value_at(c->again, element_reference(c->again, outputs.kind, outputs.first, k));
    sample->detached = found.detached;
    sample->detached_at = found.detached_at;
    if (found.differ && (!sample->crossed || found.at < sample->at)) {
        sample->crossed = true;
        sample->at = found.at;
    }
    return AD_OK;
}

ad_status ad_gradcheck_evaluate(ad_checking *c, ad_sample *sample)
{
    *sample = (ad_sample){.finite = true};
    compute(c, sample);
    const ad_status status = c->program == NULL ? c->tape->error : sample_program(c, sample);
    sample->finite = isfinite(sample->value);
    if (!sample->finite) sample->at = first_nonfinite(c, c->values);
    return status;
}

static ad_status program_repeats(ad_checking *c, bool *same)
{
    ad_span outputs;
    for (uint32_t k = 0; k < c->x.count; k++) c->point[k] = c->tape->value[input_of(c, k)];
    const ad_status status = record_again(c, &outputs);
    if (is_fatal(status)) return ad_fail(c->tape, status, c->function, "recording once more: %s", c->again->message);
    if (status != AD_OK) *same = false;
    if (!*same) return AD_OK;
    const comparison found = compare(c, outputs);
    *same = !found.differ && !found.detached;
    for (uint32_t i = 0; i < c->tape->count && *same; i++) *same = same_double(c->tape->value[i], c->again->value[i]);
    return AD_OK;
}

ad_status ad_gradcheck_repeats(ad_checking *c, bool *same)
{
    ad_sample sample = {.finite = true};
    *same = true;
    ad_gradcheck_touch(c, c->x);
    for (int k = 0; k < 2; k++) {
        compute(c, &sample);
        for (uint32_t i = 0; i < c->end && *same; i++) *same = same_double(c->values[i], c->tape->value[i]);
    }
    ad_gradcheck_restore(c);
    return c->program == NULL ? c->tape->error : program_repeats(c, same);
}

/* ------------------------------------------------------------------------------------- the sweep */

static void watch_nothing(void *user, const ad_sweep_step *step) { (void)user, (void)step; }

/* The sweep from f, by steps or not. */
static ad_status sweep(ad_checking *c, ad_watcher watcher)
{
    ad_tape *t = c->tape;
    ad_watch(t, watcher, NULL);
    ad_status status = ad_room_for_adjoints(t, c->function);
    if (status == AD_OK && c->outs_count > 0) return ad_backward_from(c->outs, c->out_seeds, c->outs_count);
    if (status == AD_OK) memset(t->adjoint, 0, t->count * sizeof *t->adjoint);
    return status;
}

/* An operation of the program's own is asked for one product in one way, and for many in the other. */
static bool has_custom(const ad_checking *c) { return memchr(c->tape->code, CODE_CUSTOM, c->end) != NULL; }

ad_status ad_gradcheck_sweep(ad_checking *c, bool *agrees, uint32_t *at)
{
    const uint32_t n = c->tape->count;
    ad_status status = sweep(c, watch_nothing);
    if (status != AD_OK) return status;
    memcpy(c->adjoint, c->tape->adjoint, n * sizeof *c->adjoint);
    status = sweep(c, NULL);
    if (status != AD_OK) return status;
    *agrees = true;
    for (*at = has_custom(c) ? 0 : n; *at > 0 && *agrees;) {
        --*at;
        *agrees = c->adjoint[*at] == c->tape->adjoint[*at] || same_double(c->adjoint[*at], c->tape->adjoint[*at]);
    }
    memcpy(c->adjoint, c->tape->adjoint, n * sizeof *c->adjoint);
    return AD_OK;
}
