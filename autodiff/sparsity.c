/* SPDX-License-Identifier: MIT */
/* Which inputs each node depends on, propagated from node to node; from that the patterns of Jacobian and Hessian. */
#include "interaction.h"
#include "nary.h"
#include "rules.h"

#include <string.h>

/* What a row of the op table says of its partial derivatives: by which operands (sequences) they are not 0 everywhere,
 * and for each pair of them whether the second one is not: of elements side by side, or of all with all. */
enum { JOIN_NONE, JOIN_SIDE_BY_SIDE, JOIN_ALL };
typedef struct op_joins {
    bool known, any;
    bool flows[3];
    uint8_t with[3][3];
} op_joins;

/* The elements of an operand: one, but of an n-ary node those of a sequence. */
typedef struct part {
    uint32_t kind, first, n;
} part;

/* A node on the way to an output. */
typedef struct step {
    uint32_t node;
    const op_joins *joins;
    unsigned parts_count;
    part parts[3];
} step;

typedef struct walk {
    ad_tape *tape;
    const char *function;
    uint32_t end;
    uint8_t *leads; /* whether a node leads to an output */
    uint32_t *last; /* the last node for which its set is needed; 0: there is none */
    uint32_t *set;  /* the inputs that a node depends on, where that is needed */
    ad_sets sets;
    op_joins joins[AD_OP_CUSTOM + 1];
    interactions *joined; /* NULL: of a Jacobian there are none */
} walk;

#define KEPT UINT32_MAX /* `last` of an output: its set is kept to the end */

static ad_status no_memory(walk *w)
{
    return ad_fail(w->tape, AD_ERR_MEMORY, w->function, "no memory for a sparsity pattern");
}

/* ------------------------------------------------------------------------- what the rows say */

/* How partial derivative p varies with the elements of operand q. */
static uint8_t variation(const ad_rule *rule, unsigned q, bool is_nary)
{
    static const unsigned everything[] = {RULE_L, RULE_S};
    if (is_nary && q < 2 && ad_rule_depends(rule, everything[q])) return JOIN_ALL;
    if (ad_rule_depends(rule, RULE_V)) return JOIN_ALL;
    return ad_rule_depends(rule, RULE_A + q) ? JOIN_SIDE_BY_SIDE : JOIN_NONE;
}

static bool read_joins(walk *w, op_joins *joins, ad_op op)
{
    const ad_op_info *info = ad_op_get(op);
    for (unsigned p = 0; p < 3 && info->partial[p] != NULL; p++) {
        const ad_rule *rule = ad_rule_of(w->tape, op, p, w->function);
        if (rule == NULL) return false;
        joins->flows[p] = strcmp(info->partial[p], "0") != 0;
        for (unsigned q = 0; q < 3 && info->partial[q] != NULL; q++) {
            const uint8_t with = variation(rule, q, info->arity < 0);
            if (with > joins->with[p][q]) joins->with[p][q] = joins->with[q][p] = with;
            joins->any = joins->any || with != JOIN_NONE;
        }
    }
    joins->known = true;
    return true;
}

/* Of an operation of the program's own nothing is known: all operands with all. */
static const op_joins custom_joins = {true, true, {true, true, true}, {{JOIN_ALL}}};

static const op_joins *joins_of(walk *w, ad_op op)
{
    if (op == AD_OP_CUSTOM) return &custom_joins;
    op_joins *joins = &w->joins[op];
    return joins->known || read_joins(w, joins, op) ? joins : NULL;
}

/* ------------------------------------------------------------------------------------ a step */

static void nary_parts(const ad_tape *t, step *s)
{
    const nary node = nary_at(t, s->node);
    s->parts[0] = (part){node.x.kind, node.x.first, node.n};
    s->parts[1] = (part){node.y.kind, node.y.first, node.n};
    s->parts_count = node.y.kind == 0 ? 1 : 2;
}

/* False, with the tape in error, when there is no memory. */
static bool step_at(walk *w, uint32_t i, step *s)
{
    const ad_tape *t = w->tape;
    const ad_op op = ad_op_of_code(t->code[i]);
    const int arity = ad_op_get(op)->arity;
    s->node = i;
    s->joins = joins_of(w, op);
    s->parts_count = (unsigned)arity;
    if (arity < 0) nary_parts(t, s);
    else
        for (unsigned k = 0; k < s->parts_count; k++) {
            const uint32_t reference = ad_operand(t, i, k);
            s->parts[k] = (part){reference & CONSTANT_BIT ? SPAN_CONSTANTS : SPAN_RUN, reference, 1};
        }
    return s->joins != NULL;
}

/* Whether part p has nodes through which anything flows. */
static bool flows(const step *s, unsigned p) { return s->joins->flows[p] && s->parts[p].kind != SPAN_CONSTANTS; }

/* The node that is element k; UINT32_MAX for a constant. */
static inline uint32_t node_of(const ad_tape *t, const part *p, uint32_t k)
{
    const uint32_t reference = element_reference(t, p->kind, p->first, k);
    return reference & CONSTANT_BIT ? UINT32_MAX : reference;
}

/* Is an operation that leads to an output. */
static bool takes_part(const walk *w, uint32_t i) { return w->leads[i] && w->tape->code[i] != CODE_LEAF; }

/* Whether the set of part p is needed: for that of the node, or because the node joins it with another. A long sum on
 * the way to the output of a Hessian has no set, and costs nothing. */
static bool is_needed(const walk *w, const step *s, unsigned p)
{
    bool needed = w->last[s->node] != 0;
    for (unsigned q = 0; q < s->parts_count && w->joined != NULL; q++)
        needed = needed || (s->joins->with[p][q] != JOIN_NONE && flows(s, q));
    return needed;
}

/* ------------------------------------------------------------------------- back from the outputs */

static void use_part(walk *w, const part *p, uint32_t i, bool needed)
{
    for (uint32_t k = 0; k < p->n; k++) {
        const uint32_t node = node_of(w->tape, p, k);
        if (node == UINT32_MAX) continue;
        w->leads[node] = 1;
        if (needed && w->last[node] == 0) w->last[node] = i;
    }
}

static bool find_last_uses(walk *w)
{
    step s;
    for (uint32_t i = w->end; i-- > w->tape->leaf_prefix;) {
        if (!takes_part(w, i)) continue;
        if (!step_at(w, i, &s)) return false;
        for (unsigned p = 0; p < s.parts_count; p++)
            if (flows(&s, p)) use_part(w, &s.parts[p], i, is_needed(w, &s, p));
    }
    return true;
}

/* ------------------------------------------------------------------------ forth from the inputs */

static void add_part(walk *w, const part *p)
{
    if (p->kind == SPAN_RUN) {
        ad_sets_add_all(&w->sets, w->set + p->first, p->n);
        return;
    }
    for (uint32_t k = 0; k < p->n; k++) {
        const uint32_t node = node_of(w->tape, p, k);
        if (node != UINT32_MAX) ad_sets_add(&w->sets, w->set[node]);
    }
}

/* The sets of nodes that nothing later makes use of. */
static void drop_part(walk *w, const part *p, uint32_t i)
{
    for (uint32_t k = 0; k < p->n; k++) {
        const uint32_t node = node_of(w->tape, p, k);
        if (node == UINT32_MAX || w->last[node] != i) continue;
        ad_sets_drop(&w->sets, w->set[node]);
        w->set[node] = SET_EMPTY;
    }
}

static uint32_t set_of(const walk *w, const part *p, uint32_t k)
{
    const uint32_t node = node_of(w->tape, p, k);
    return node == UINT32_MAX ? SET_EMPTY : w->set[node];
}

/* The union of two parts' sets interact. */
static bool join_parts(walk *w, const part *p, const part *q)
{
    ad_sets_start(&w->sets);
    add_part(w, p);
    const uint32_t a = ad_sets_union(&w->sets);
    if (a == SET_FAILED) return false;
    ad_sets_start(&w->sets);
    add_part(w, q);
    const uint32_t b = ad_sets_union(&w->sets);
    const bool done = b != SET_FAILED && ad_interactions_join(w->joined, &w->sets, a, b);
    if (b != SET_FAILED) ad_sets_drop(&w->sets, b);
    ad_sets_drop(&w->sets, a);
    return done;
}

static bool join_elements(walk *w, const part *p, const part *q)
{
    for (uint32_t k = 0; k < p->n; k++)
        if (!ad_interactions_join(w->joined, &w->sets, set_of(w, p, k), set_of(w, q, k))) return false;
    return true;
}

static bool interact(walk *w, const step *s)
{
    if (w->joined == NULL || !s->joins->any) return true;
    for (unsigned p = 0; p < s->parts_count; p++)
        for (unsigned q = 0; q <= p; q++) {
            const uint8_t with = s->joins->with[p][q];
            if (with == JOIN_NONE || !flows(s, p) || !flows(s, q)) continue;
            if (!(with == JOIN_ALL ? join_parts : join_elements)(w, &s->parts[p], &s->parts[q])) return false;
        }
    return true;
}

static bool propagate_step(walk *w, const step *s)
{
    if (w->last[s->node] != 0) {
        ad_sets_start(&w->sets);
        for (unsigned p = 0; p < s->parts_count; p++)
            if (flows(s, p)) add_part(w, &s->parts[p]);
        w->set[s->node] = ad_sets_union(&w->sets);
        if (w->set[s->node] == SET_FAILED) return false;
    }
    if (!interact(w, s)) return false;
    for (unsigned p = 0; p < s->parts_count; p++)
        if (flows(s, p)) drop_part(w, &s->parts[p], s->node);
    return true;
}

static ad_status propagate(walk *w)
{
    step s;
    for (uint32_t i = w->tape->leaf_prefix; i < w->end; i++) {
        if (!takes_part(w, i)) continue;
        if (!step_at(w, i, &s)) return w->tape->error;
        if (!propagate_step(w, &s)) return no_memory(w);
    }
    return AD_OK;
}

/* A leaf that stands k times among the inputs is k inputs. */
static bool set_inputs(walk *w, ad_span x)
{
    for (uint32_t k = 0; k < x.count; k++) {
        const uint32_t leaf = element_reference(w->tape, x.kind, x.first, k);
        if (leaf >= w->end || w->last[leaf] == 0) continue;
        if (w->set[leaf] == SET_EMPTY) {
            w->set[leaf] = SET_SINGLE | k;
            continue;
        }
        ad_sets_start(&w->sets);
        ad_sets_add(&w->sets, w->set[leaf]);
        ad_sets_add(&w->sets, SET_SINGLE | k);
        ad_sets_drop(&w->sets, w->set[leaf]);
        w->set[leaf] = ad_sets_union(&w->sets);
        if (w->set[leaf] == SET_FAILED) return false;
    }
    return true;
}

/* --------------------------------------------------------------------------------- the whole walk */

static void end_walk(walk *w)
{
    ad_sets_end(&w->sets);
    free_array(w->tape, w->leads, w->end, sizeof *w->leads);
    free_array(w->tape, w->last, w->end, sizeof *w->last);
    free_array(w->tape, w->set, w->end, sizeof *w->set);
}

static ad_status begin_walk(walk *w, ad_span y, ad_span x, interactions *joined, const char *function)
{
    *w = (walk){.tape = x.tape, .function = function, .end = ad_outputs_end(y), .joined = joined};
    const bool done = ad_sets_begin(&w->sets, w->tape, x.count);
    w->leads = new_array(w->tape, w->end, sizeof *w->leads);
    w->last = new_array(w->tape, w->end, sizeof *w->last);
    w->set = new_array(w->tape, w->end, sizeof *w->set);
    if (!done || w->leads == NULL || w->last == NULL || w->set == NULL) return no_memory(w);
    memset(w->leads, 0, w->end * sizeof *w->leads);
    memset(w->last, 0, w->end * sizeof *w->last);
    memset(w->set, 0, w->end * sizeof *w->set);
    for (uint32_t k = 0; k < y.count; k++) {
        const uint32_t reference = element_reference(w->tape, y.kind, y.first, k);
        if (reference & CONSTANT_BIT) continue;
        w->leads[reference] = 1;
        if (joined == NULL) w->last[reference] = KEPT;
    }
    if (!find_last_uses(w)) return w->tape->error;
    if (!set_inputs(w, x)) return no_memory(w);
    return propagate(w);
}

static ad_status finish_rows(walk *w, ad_pattern_rows *rows, bool done, ad_pattern *pattern)
{
    if (done && ad_pattern_sort(rows, pattern)) return AD_OK;
    const bool too_many = rows->too_many;
    ad_pattern_drop(rows);
    if (!too_many) return no_memory(w);
    return ad_fail(w->tape, AD_ERR_LIMIT, w->function, "more than %u elements", MAX_NODES);
}

static ad_status jacobian_rows(walk *w, ad_span y, ad_pattern *pattern)
{
    ad_pattern_rows rows;
    bool done = ad_pattern_begin(&rows, w->tape, y.count, w->sets.bound);
    for (uint32_t k = 0; k < y.count && done; k++) {
        const part output = {y.kind, y.first, y.count};
        const uint32_t set = set_of(w, &output, k), size = ad_sets_size(&w->sets, set);
        uint32_t *columns = ad_pattern_row(&rows, size);
        done = columns != NULL;
        if (done) ad_pattern_add(&rows, ad_sets_elements(&w->sets, set, columns));
    }
    return finish_rows(w, &rows, done, pattern);
}

ad_status ad_pattern_jacobian(ad_pattern *pattern, ad_span y, ad_span x, const char *function)
{
    walk w;
    ad_status status = begin_walk(&w, y, x, NULL, function);
    if (status == AD_OK) status = jacobian_rows(&w, y, pattern);
    end_walk(&w);
    return status;
}

static ad_status hessian_rows(walk *w, ad_pattern *pattern)
{
    const uint32_t n = w->sets.bound;
    ad_pattern_rows rows;
    bool done = ad_pattern_begin(&rows, w->tape, n, n);
    for (uint32_t i = 0; i < n && done; i++) {
        const uint32_t most = ad_interactions_of(w->joined, &w->sets, i);
        uint32_t *columns = ad_pattern_row(&rows, most);
        done = columns != NULL;
        if (done) ad_pattern_add(&rows, ad_sets_collect(&w->sets, columns));
    }
    return finish_rows(w, &rows, done, pattern);
}

ad_status ad_pattern_hessian(ad_pattern *pattern, ad_var y, ad_span x, const char *function)
{
    walk w = {.tape = x.tape, .function = function};
    const ad_span no_outputs = {x.tape, 0, 0, x.generation, SPAN_RUN};
    interactions joined;
    ad_status status = AD_OK;
    if (!ad_interactions_begin(&joined, x.tape, x.count)) status = no_memory(&w);
    else status = begin_walk(&w, is_const(y) ? no_outputs : span_of(y), x, &joined, function);
    if (status == AD_OK) status = hessian_rows(&w, pattern);
    end_walk(&w);
    ad_interactions_end(&joined);
    return status;
}
