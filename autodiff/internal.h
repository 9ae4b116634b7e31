/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. Never installed. */
#ifndef AUTODIFF_INTERNAL_H
#define AUTODIFF_INTERNAL_H

#include <autodiff/autodiff.h>

#if defined(__GNUC__)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COLD __attribute__((cold, noinline))
#define APART __attribute__((noinline))
#define FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LIKELY(x) (x)
#define UNLIKELY(x) (x)
#define COLD
#define APART
#define FORMAT(fmt, args)
#endif

/* The byte that stands on the tape for a node. A binary row has three, so that the sweep never asks
 * which operand is a constant: both nodes, b constant (_VC), a constant (_CV). */
enum ad_code {
    CODE_LEAF,
#define AD_UNARY(ID, ...) CODE_##ID,
#define AD_BINARY(ID, ...) CODE_##ID, CODE_##ID##_VC, CODE_##ID##_CV,
#define AD_TERNARY(ID, ...) CODE_##ID,
#define AD_NARY(ID, ...) CODE_##ID,
#include <autodiff/ops.def>
    CODE_CUSTOM, /* an operation of the program's own */
    CODE_COUNT
};
_Static_assert(CODE_COUNT <= 256, "a node's code is one byte");

/* What to add to a binary row's code: b is a constant; a is. */
enum { FORM_VC = 1, FORM_CV = 2 };

/* An operand on the tape is a *reference*: the index of a node, or CONSTANT_BIT + an index into
 * `constants`. */
#define CONSTANT_BIT 0x80000000u
#define MAX_NODES 0x7fffffffu
#define RECENT_CONSTANTS 256 /* as many as 8 bits of a hash tell apart */

/* Inside a watcher or a callback nothing may change; inside a second rule, whose business it is, there may be recorded.
 */
enum { NOT_WATCHING, WATCHING, ONLY_RECORDING };

/* Kinds of spans, and of the two operand sequences of an n-ary node. */
enum ad_span_kind { SPAN_RUN = 1, SPAN_CONSTANTS, SPAN_LIST };

/* The streams of the tape, and the memory behind each: room for `capacity` elements (where another stream could not
 * grow, more than the tape's), which start `offset` bytes into the block. */
enum {
    STREAM_CODE,
    STREAM_A,
    STREAM_B,
    STREAM_VALUE,
    STREAM_ADJOINT,
    STREAM_CONSTANTS,
    STREAM_OPERANDS,
    STREAM_TANGENT,
    STREAM_LANES,
    STREAMS
};
typedef struct ad_stream {
    char *block;
    size_t offset;
    uint32_t capacity;
} ad_stream;

/* What a rewind left standing; `generation` is the first one after it. */
typedef struct ad_extent {
    uint32_t generation, nodes, constants, operands;
} ad_extent;

/* Nodes `first` .. first + count - 1: one operation, whose code on nodes is `code`, on consecutive a, and on
 * consecutive b, of which there are `repeat`, again and again. */
typedef struct ad_group {
    uint32_t first, count, repeat, code, arity;
} ad_group;

/* Leaves below `end`, which only weighted sums over runs look at, have their tangents here and not with the others:
 * those from `first` on, `count` of them; 0 the others. */
typedef struct ad_direction {
    const double *tangent;
    uint32_t first, count, end;
} ad_direction;

/* An n-ary node's header in `operands`: how many elements, and where its one or two sequences start (a node, a constant
 * or a place in `operands`, by the kinds in the node's SHAPE). The weighted sums of a layer share one: they differ by
 * the ROW of the matrix that x is. */
enum { HEADER_N, HEADER_X, HEADER_Y, HEADER_SIZE };
#define SHAPE(x_kind, y_kind, row) ((uint32_t)(x_kind) | (uint32_t)(y_kind) << 4 | (uint32_t)(row) << 8)
#define SHAPE_X(shape) ((shape)&15u)
#define SHAPE_Y(shape) ((shape) >> 4 & 15u)
#define SHAPE_ROW(shape) ((shape) >> 8)
#define MAX_ROWS 0x1000000u

/* A node of an operation of the program's own is n-ary, over a list. Its m outputs are consecutive nodes that share one
 * header, which says more: the operation's place in `customs`, m, the first output. Then comes the list. */
enum { HEADER_CUSTOM = HEADER_SIZE, HEADER_OUTPUTS, HEADER_FIRST, CUSTOM_HEADER_SIZE };

struct ad_tape {
    /* The nodes: code, two operands, value. Unary: a. Binary: a, b. Ternary: a = where its three
     * references start in `operands`. n-ary: a = where its header starts in `operands`, b = its SHAPE. The
     * adjoints come with the first sweep. */
    uint8_t *code;
    uint32_t *a, *b;
    double *value, *adjoint;
    uint32_t count, capacity; /* nodes; room for nodes, never above limit */

    /* Validity of handles: see is_live. */
    uint32_t generation;
    uint32_t old_generation, old_span, old_count;

    /* Leaves below bulk_end are operands of nothing but weighted sums over runs; in a sweep, the adjoints of those
     * below `zeroed` wait to be zeroed: see adjoint.c. */
    uint32_t bulk_end, zeroed;

    uint32_t leaf_prefix; /* nodes 0 .. leaf_prefix - 1 are leaves: the sweep stops above them */
    uint32_t leaves;
    double *constants;
    uint32_t constants_count;
    uint32_t *operands;
    uint32_t operands_count;
    ad_stream streams[STREAMS];
    uint32_t recent_constants[RECENT_CONSTANTS]; /* by hash: where a constant's bits may already stand */

    uint32_t grad_count; /* nodes whose adjoint the last sweep computed; 0: none */
    uint32_t accumulate_first, accumulate_count;
    bool accumulate_anew; /* the next sweep is the first of a sum: it starts from 0 */

    double *recorded; /* values when the last node was recorded, saved by the first set after it */
    uint32_t recorded_count, recorded_capacity;

    bool gradient_stale; /* a leaf was set since the last sweep */
    bool values_stale;   /* ... and operations come after the first one set, stale_from */
    uint32_t stale_from;
    bool propagate_zeros;
    uint8_t watching; /* what may not be done */

    const struct ad_kernels *kernels;
    bool step_by_step; /* a sweep is: there is a watcher, or an error is planted */
    ad_watcher watcher;
    void *watcher_user;
    ad_edge *edges; /* scratch, for sweeps step by step */
    uint32_t edges_capacity;
    uint8_t
        planted_op; /* whose partial by operand planted_operand (from 1; 0: each) sweeps multiply; AD_OP_LEAF: none's */
    uint32_t planted_operand;
    double planted_factor;

    struct ad_names *names;
    uint32_t named_end; /* 1 + the highest index that has a name */

    ad_custom **customs; /* the operations of the program's own */
    uint32_t customs_count, customs_capacity;
    const ad_custom *calling; /* the one that has a callback running */
    bool custom_failed;       /* in this re-evaluation, a callback did */
    double *numbers;          /* scratch for calls: n operands, m seeds, n products */
    uint32_t numbers_capacity;

    ad_extent *rewinds; /* each leaves more than the one before; the first stands for the last reset */
    uint32_t rewinds_count, rewinds_capacity;

    double *second; /* ad_hvp's adjoints, and their tangents */
    uint32_t second_capacity;

    struct ad_rule *rules; /* of every operation, three each; read when they are needed */

    /* Scratch of derivatives, none of it kept from one call to the next: tangents of nodes; eight numbers beside each,
     * and marks, in the order of what they say: see lanes.c. */
    double *tangent, *lanes;
    uint8_t *marks;
    uint32_t marks_capacity;
    ad_direction direction;

    ad_group *groups; /* in the order of recording */
    uint32_t groups_count, groups_capacity;

    uint32_t limit;
    ad_allocator allocator;
    size_t bytes, bytes_peak;
    size_t steps, skipped, kinks;

    ad_status error;
    char message[192];
};

/* ------------------------------------------------------------------------------------ error.c */

/* Keeps the tape's first error. The message is "function: text". Returns the status. tape may be NULL. */
ad_status ad_fail(ad_tape *tape, ad_status status, const char *function, const char *format, ...) FORMAT(4, 5);

/* -------------------------------------------------------------------------------- allocator.c */

extern const ad_allocator ad_default_allocator;

/* ----------------------------------------------------------------------------------- memory.c */

/* All of a tape's memory goes through here: like realloc, old_size told; new_size 0 frees. */
void *ad_resize(ad_tape *tape, void *block, size_t old_size, size_t new_size);

/* Room for `need` elements of `size` bytes in the array at *array, which grows by doubling; false, with
 * nothing changed and no error set, when there is no memory or `need` is above MAX_NODES. */
bool ad_grow(ad_tape *tape, void *array, uint32_t *capacity, size_t need, size_t size);
void ad_release(ad_tape *tape, void *array, size_t capacity, size_t size);
void ad_release_streams(ad_tape *tape);

/* An error inside a watcher or a callback of an operation. */
ad_status ad_not_watching(ad_tape *tape, const char *function);

/* Room for `more` nodes, constants, operand words, adjoints or tangents of all nodes; on failure the tape is in error.
 * None is given inside a watcher or a callback. */
ad_status ad_room_for_nodes(ad_tape *tape, size_t more, const char *function);
ad_status ad_room_for_constants(ad_tape *tape, size_t more, const char *function);
ad_status ad_room_for_operands(ad_tape *tape, size_t more, const char *function);
ad_status ad_room_for_adjoints(ad_tape *tape, const char *function);
ad_status ad_room_for_tangents(ad_tape *tape, const char *function);

/* Room for the lanes of nodes below `end`, whatever stood there; false, and no error is set, when there is none. */
bool ad_grow_lanes(ad_tape *tape, uint32_t end);

/* The same, where there mostly is room already. (Inside a watcher there is none for nodes.) */
static inline ad_status room_for_nodes(ad_tape *t, size_t more, const char *function)
{
    return LIKELY(more - 1 < t->capacity - t->count) ? AD_OK : ad_room_for_nodes(t, more, function);
}

static inline ad_status room_for_operands(ad_tape *t, size_t more, const char *function)
{
    const uint32_t capacity = t->streams[STREAM_OPERANDS].capacity;
    return LIKELY(more <= capacity - t->operands_count) ? AD_OK : ad_room_for_operands(t, more, function);
}

/* ------------------------------------------------------------------------------------- tape.c */

/* For what records and may fail half-way: makes sure, beforehand, that there will be memory to rewind (false: there is
 * none); rewinds to a mark taken then, unless nothing was recorded since. */
bool ad_undo_ready(ad_tape *tape);
void ad_undo(ad_tape *tape, ad_mark mark);

/* ----------------------------------------------------------------------------------- handle.c */

/* The tape that the handles of constants point to: holds nothing, never written. */
extern const ad_tape ad_constant_tape;

#define INVALID ((ad_var){NULL, 0, 0})
#define INVALID_SPAN ((ad_span){NULL, 0, 0, 0, 0})

static inline bool is_const(ad_var x) { return x.tape == &ad_constant_tape; }
static inline double const_value(ad_var x)
{
    union {
        uint64_t bits;
        double whole;
    } u = {(uint64_t)x.generation << 32 | x.index};
    return u.whole;
}

/* What of the things made in `generation` or before still stands. */
ad_extent ad_extent_of(const ad_tape *tape, uint32_t generation);

/* Whether node x is live: no rewind went below it. It is of this generation and on the tape, or lies below what the
 * latest rewind left and is no older than the one before. Behind several nested rewinds a handle takes the slow way,
 * for which this says false. */
static inline bool is_surely_live(const ad_tape *t, ad_var x)
{
    if (LIKELY(x.generation == t->generation)) return x.index < t->count;
    return x.generation - t->old_generation <= t->old_span && x.index < t->old_count;
}

static inline bool is_live(const ad_tape *t, ad_var x)
{
    return LIKELY(is_surely_live(t, x)) || x.index < ad_extent_of(t, x.generation).nodes;
}

/* The same of a span of nodes. */
static inline bool run_is_surely_live(const ad_tape *t, ad_span x)
{
    const ad_var last = {x.tape, x.first + x.count - 1, x.generation};
    return x.kind == SPAN_RUN && x.first <= last.index && is_surely_live(t, last);
}

/* The same of a span of constants. */
static inline bool constants_surely_stand(const ad_tape *t, ad_span x)
{
    return x.kind == SPAN_CONSTANTS && x.generation == t->generation && x.count - 1 < t->constants_count &&
           x.first <= t->constants_count - x.count;
}

/* AD_OK when x is a live node (the span's elements all exist). If not, the error is set on `tape` (NULL: on x's own),
 * naming the function and the operand (0: it has only one). */
ad_status ad_check_node(ad_tape *tape, ad_var x, const char *function, unsigned operand);

/* What is wrong with a node as an operand on `tape`, "belongs to another tape"; NULL: nothing. */
const char *ad_node_fault(const ad_tape *tape, ad_var x);
ad_status ad_check_span_slowly(ad_tape *tape, ad_span x, const char *function, unsigned operand);
static inline ad_status ad_check_span(ad_tape *tape, ad_span x, const char *function, unsigned operand)
{
    if (LIKELY(x.tape == tape && tape != NULL && (run_is_surely_live(tape, x) || constants_surely_stand(tape, x))))
        return AD_OK;
    return ad_check_span_slowly(tape, x, function, operand);
}

/* The reference of an operand, which must be a constant or a live node of `tape`. */
ad_status ad_reference(ad_tape *tape, ad_var x, const char *function, unsigned operand, uint32_t *reference);

ad_status ad_constant_reference(ad_tape *tape, double value, const char *function, uint32_t *reference);

/* The same where there is room for one constant more. One with the same bits that was used lately serves again. */
static inline uint32_t constant_reference(ad_tape *t, double value)
{
    union {
        double whole;
        uint64_t bits;
    } u = {value}, kept;
    uint32_t *recent = &t->recent_constants[(u.bits * 0x9e3779b97f4a7c15u) >> 56];
    if (*recent < t->constants_count) {
        kept.whole = t->constants[*recent];
        if (kept.bits == u.bits) return *recent | CONSTANT_BIT;
    }
    *recent = t->constants_count++;
    t->constants[*recent] = value;
    return *recent | CONSTANT_BIT;
}

/* The reference of element k of a sequence that starts at `first`, of the given kind of span. */
static inline uint32_t element_reference(const ad_tape *t, uint32_t kind, uint32_t first, uint32_t k)
{
    if (kind == SPAN_LIST) return t->operands[first + k];
    return kind == SPAN_CONSTANTS ? (first + k) | CONSTANT_BIT : first + k;
}

static inline double value_at(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? t->constants[reference & ~CONSTANT_BIT] : t->value[reference];
}

/* The handle of a reference, of a node. */
ad_var ad_handle(ad_tape *tape, uint32_t reference);
static inline ad_var node_handle(ad_tape *t, uint32_t index) { return (ad_var){t, index, t->generation}; }

/* --------------------------------------------------------------------------------- adjoint.c */

/* Zeroes the adjoints of all nodes but those that accumulate, and those of the first `later` leaves at the latest in
 * ad_adjoints_finish: until then, these may only be added to by ad_adjoints_add_run, which adds s * x[k]. */
void ad_adjoints_clear(ad_tape *tape, uint32_t later);
void ad_adjoints_add_run(ad_tape *tape, uint32_t first, uint32_t n, double s, const double *x);
void ad_adjoints_zero_from(ad_tape *tape, uint32_t first); /* now, for whoever adds to them itself */

/* For whoever adds to a whole run itself: whether it must store there instead, because the run counts as 0. */
bool ad_adjoints_take_run(ad_tape *tape, uint32_t first, uint32_t n);
void ad_adjoints_finish(ad_tape *tape);

/* Numbers of nodes that are added up in another array, as many as there are nodes, as if they were adjoints: all begin
 * at 0, those of leaves below `bulk` and below what only weighted sums over runs use with delay. Giving back finishes.
 */
typedef struct ad_adjoints {
    double *adjoint;
    uint32_t accumulate_count;
    bool accumulate_anew;
} ad_adjoints;
ad_adjoints ad_adjoints_lend(ad_tape *tape, double *instead, uint32_t bulk);
void ad_adjoints_give_back(ad_tape *tape, const ad_adjoints *kept);

/* Node `reference` (if it is one) is an operand of something else than a weighted sum over a run. */
static inline void use_alone(ad_tape *t, uint32_t reference)
{
    if (UNLIKELY(reference < t->bulk_end)) t->bulk_end = reference;
}

/* ------------------------------------------------------------------------------------ each.c */

/* Groups that reach beyond the first `nodes` nodes are none any more; sweeps a group, and counts steps, skipped ones
 * and kinks. */
void ad_groups_rewind(ad_tape *tape, uint32_t nodes);
void ad_group_sweep(ad_tape *tape, const ad_group *group, double skip);

/* The first group that starts at node `from` or later; the tangents of a group's nodes. */
uint32_t ad_first_group(const ad_tape *tape, uint32_t from);
void ad_group_tangent(ad_tape *tape, const ad_group *group);

/* ------------------------------------------------------------------------------------ leaf.c */

/* The first node from `from` on that is not a leaf; tape->count when there is none. */
uint32_t ad_first_operation(const ad_tape *tape, uint32_t from);

/* AD_OK when the span is of consecutive leaves. */
ad_status ad_check_leaves(ad_span leaves, const char *function);

/* ------------------------------------------------------------------------------------ nary.c */

/* Sweeps the weighted sum at `last`, and those before it that belong to the same layer and batch. Returns the first
 * node that was swept; adds to *skipped the number of those whose adjoint is `skip`. */
uint32_t ad_sums_sweep(ad_tape *tape, uint32_t last, double skip, size_t *skipped);

/* Node i is n-ary: its value, its part of a sweep (s: its adjoint), its edges. */
double ad_nary_value(const ad_tape *tape, uint32_t i);
double ad_nary_value_over(const ad_tape *tape, ad_op op, ad_span x); /* of an operation on one sequence */
uint32_t ad_nary_operand_count(const ad_tape *tape, uint32_t i);
uint32_t ad_nary_operand(const ad_tape *tape, uint32_t i, uint32_t k);
bool ad_nary_touches(const ad_tape *tape, uint32_t i, const uint8_t *marks);
void ad_nary_spans(ad_tape *tape, uint32_t i, ad_span *x, ad_span *y); /* the invalid span where there is no y */
void ad_nary_sweep(ad_tape *tape, uint32_t i, double s);
size_t ad_nary_edges(ad_tape *tape, uint32_t i, ad_edge *edges, size_t room);

/* ---------------------------------------------------------------------------------- custom.c */

/* Frees the operations of a tape, and their state. */
void ad_customs_free(ad_tape *tape);

/* The place in `customs` of the operation with this name; customs_count when there is none. */
uint32_t ad_custom_find(const ad_tape *tape, const char *name, size_t length);

/* ------------------------------------------------------------------------------ custom_rule.c */

/* What node i, of an operation of the program's own, belongs to: the operation, its outputs first .. first + m - 1, and
 * its operands' references. */
typedef struct ad_custom_group {
    const ad_custom *custom;
    uint32_t first, n, m;
    const uint32_t *references;
} ad_custom_group;
ad_custom_group ad_custom_group_of(const ad_tape *tape, uint32_t i);

/* Room in `numbers` for calls of an operation with n operands and m outputs. */
ad_status ad_room_for_call(ad_tape *tape, size_t n, size_t m, const char *function);

/* Computes all outputs from the operands' values: y has room for m. False: the callback failed, and the tape is in
 * error. */
bool ad_custom_value(ad_tape *tape, const ad_custom_group *group, double *y, const char *function);

/* The n products of m seeds with the derivative, in scratch that lasts until the next call; NULL: the callback failed,
 * and the tape is in error. There is scratch for seeds too. ad_custom_partials: the partials of output j, the product
 * of a unit seed. */
const double *ad_custom_vjp(ad_tape *tape, const ad_custom_group *group, const double *seeds, const char *function);
static inline double *ad_custom_seeds(const ad_tape *t, const ad_custom_group *g) { return t->numbers + g->n; }
const double *ad_custom_partials(ad_tape *tape, const ad_custom_group *group, uint32_t j, const char *function);

/* Sweeps all outputs of the operation that node `last` is an output of, by one product. Otherwise as ad_sums_sweep. */
uint32_t ad_custom_sweep(ad_tape *tape, uint32_t last, double skip, size_t *skipped);

/* Recomputes all outputs when i is the first of them. Nothing more once a callback has failed. */
void ad_custom_reevaluate(ad_tape *tape, uint32_t i);

/* The tangents of the outputs from node i on, below node `end`; returns the first node after them. Where a callback
 * fails they are NaN, and the tape is in error. */
uint32_t ad_custom_tangent(ad_tape *tape, uint32_t i, uint32_t end);

/* The same of eight sweeps at once: see lanes.c. */
uint32_t ad_custom_lanes_back(ad_tape *tape, uint32_t last);
uint32_t ad_custom_lanes_forward(ad_tape *tape, uint32_t i, uint32_t end);

size_t ad_custom_edges(ad_tape *tape, uint32_t i, ad_edge *edges, size_t room);

/* ---------------------------------------------------------------------------- custom_record.c */

/* Records the products of m seeds (nodes or constants) with the derivative of the operation of node i: n nodes or
 * constants. False, with the tape in error and maybe some nodes more: it cannot. */
bool ad_custom_record(ad_tape *tape, uint32_t i, const ad_var *seeds, ad_var *products, const char *function);

/* Adds to the adjoints of the operands what the adjoints of the outputs up to `last` give, and to the tangents of them,
 * `dot`, the tangents of that, where the values have theirs in tape->tangent. The streams of the tape may have moved
 * afterwards. False, with the tape in error and otherwise as it was: there is no second rule, or it failed. */
bool ad_custom_second(ad_tape *tape, uint32_t last, double *adjoint, double *dot, const char *function);

/* --------------------------------------------------------------------------- nary_tangent.c */

/* Node i is n-ary: its tangent. And those of the weighted sums from `first` on that belong to the same layer and batch,
 * below node `end`; returns the first node after them. */
double ad_nary_tangent(const ad_tape *tape, uint32_t i);
uint32_t ad_sums_tangent(ad_tape *tape, uint32_t first, uint32_t end);

/* Calls visitor(user, operand, partial) for each operand of n-ary node i that is a node, in the order of ad_edges. */
void ad_nary_visit(const ad_tape *tape, uint32_t i, void (*visitor)(void *user, uint32_t operand, double partial),
                   void *user);

/* --------------------------------------------------------------------------------- inspect.c */

/* The operation behind a node's code. */
ad_op ad_op_of_code(unsigned code);

/* Whether node i stands exactly at a kink of its operation. */
bool ad_is_at_kink(const ad_tape *tape, uint32_t i);

/* How many operands node i has, and the reference of its k-th; in the order of ad_edges. O(1). */
uint32_t ad_operand_count(const ad_tape *tape, uint32_t i);
uint32_t ad_operand(const ad_tape *tape, uint32_t i, uint32_t k);

/* The partials of an elementary operation at a, b, c, where its value is v: as many as its operands. */
typedef struct ad_operands {
    double a, b, c, v;
} ad_operands;
void ad_partials(ad_op op, const ad_operands *at, double *partial);

/* ----------------------------------------------------------------------------------- sweep.c */

/* The sweep of ad_backward_from, but into these adjoints, of all nodes; all that a sweep leaves on the tape stays as it
 * was. Outputs may be constants. */
void ad_sweep_beside(ad_tape *tape, double *adjoints, ad_span outs, const double *seeds);

/* --------------------------------------------------------------------------------- tangent.c */

/* The tangents of nodes `from` to `to` - 1 from those of their operands, at the present values: the sum of partial
 * times tangent. Leaves keep theirs; there must be room. A tangent of exactly 0 is not propagated, so that 0 * inf
 * makes no NaN, unless ad_propagate_zeros is on: as in a sweep. */
void ad_tangent_nodes(ad_tape *tape, uint32_t from, uint32_t to);

/* Those of all nodes below `end` along a direction of the inputs; there must be room. The inputs may leave those of
 * leaves below `unwritten`, which only weighted sums over runs look at, where they are: see ad_direction. That is 0
 * where the inputs are no run. */
void ad_tangents_along(ad_tape *tape, ad_span x, const double *dx, uint32_t unwritten, uint32_t end);

/* The tangent of an elementary node, without the terms whose tangent is 0: where the sum of all is not a number. */
double ad_tangent_without_zeros(const ad_tape *tape, uint32_t i);

static inline double tangent_at(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? 0 : t->tangent[reference];
}

/* ----------------------------------------------------------------------------------- lanes.c */

enum { ABREAST = 8 };
enum { INDEPENDENT, DEPENDENT, ACTIVE }; /* marks; the first two as ad_mark_dependent writes them */

static inline double *lanes_of(const ad_tape *t, uint32_t i) { return t->lanes + (size_t)i * ABREAST; }

static inline uint8_t mark_at(const ad_tape *t, uint32_t reference)
{
    return reference & CONSTANT_BIT ? INDEPENDENT : t->marks[reference];
}

/* Marks and lanes for nodes below `end`, none of them active. */
ad_status ad_room_for_lanes(ad_tape *tape, ad_span x, uint32_t end, const char *function);

/* The lanes of a node, which is active from now on: 0 where it was not. The same for all nodes that depend. */
double *ad_lanes_activate(ad_tape *tape, uint32_t i);
void ad_lanes_activate_all(ad_tape *tape, uint32_t begin, uint32_t end);

/* From node `end` - 1 down to `begin`, the lanes of active nodes go to those operands that depend on the inputs; no
 * operation is active afterwards. */
void ad_lanes_back(ad_tape *tape, uint32_t end, uint32_t begin);

/* From node `begin` up to `end` - 1, nodes take their lanes from their active operands. */
void ad_lanes_forward(ad_tape *tape, uint32_t begin, uint32_t end);

/* ------------------------------------------------------------------------------ derivatives.c */

/* AD_OK when derivatives of y by x can be taken: they are of one tape then, that of x. */
ad_status ad_derivable(ad_span y, ad_span x, const char *function);

/* 1 + the last output that is a node; 0 when all are constants. */
uint32_t ad_outputs_end(ad_span y);

/* The first node that can depend on the inputs without being one. */
uint32_t ad_first_dependent(ad_span x);

/* Adds a number for each input to that of its node, all 0 before, below `end`; and back: 0 beyond it. */
void ad_inputs_scatter(ad_span x, const double *numbers, double *nodes, uint32_t end);
void ad_inputs_gather(ad_span x, const double *nodes, uint32_t end, double *numbers);

/* No outputs at all, of the tape of x; a node as a span of one element. */
static inline ad_span ad_no_outputs(ad_span x)
{
    return (ad_span){x.tape, 0, 0, x.tape == NULL ? 0 : x.tape->generation, SPAN_RUN};
}
static inline ad_span span_of(ad_var y) { return (ad_span){y.tape, y.index, 1, y.generation, SPAN_RUN}; }

/* marks[i] = whether node i < end depends on the inputs x, which it is itself where it is one of them. O(operands). */
void ad_mark_dependent(const ad_tape *tape, ad_span x, uint32_t end, uint8_t *marks);

/* ------------------------------------------------------------------------------- reevaluate.c */

/* Recomputes node i alone, from the values of its operands. True when it came out on another side than at the values in
 * `recorded`, of which the first recorded_count nodes have one. */
bool ad_reevaluate_node(ad_tape *tape, uint32_t i);

/* ------------------------------------------------------------------------------------ sweep.c */

/* Hands the adjoint of node i down to its operands, as a sweep does. There must be room for adjoints, and since it was
 * made no more nodes; those of all other nodes of the same layer must be 0. */
void ad_sweep_node(ad_tape *tape, uint32_t i);

/* ------------------------------------------------------------------------------------- utf8.c */

#define AD_MAX_NAME 255
#define AD_QUOTE_SIZE 80

/* Reads one character of UTF-8 text that ends in NUL; returns its bytes, 0 when they are not valid UTF-8. */
unsigned ad_utf8_read(const char *text, uint32_t *character);

/* The bytes of the longest name that `text` starts with; 0 when it starts with none. O(result). */
size_t ad_name_length(const char *text);
bool ad_is_digit(char c);

/* Text for a message: at most 40 characters, then "..."; controls and invalid bytes escaped. Returns `quoted`. */
const char *ad_quote(char quoted[AD_QUOTE_SIZE], const char *text, size_t length);

/* ------------------------------------------------------------------------------------ names.c */

/* A set of names with a number each (of a node, on a tape); NULL is the empty set. */
typedef struct ad_names ad_names;

/* Adds a name that is not in the set yet. False, the set as it was and no error set, when there is no memory. */
bool ad_names_add(ad_tape *tape, ad_names **names, const char *name, size_t length, uint32_t number);
bool ad_names_find(const ad_names *names, const char *name, size_t length, uint32_t *number);
const char *ad_names_of(const ad_names *names, uint32_t number);
void ad_names_visit(const ad_names *names, void (*visit)(void *user, const char *name), void *user);
void ad_names_release(ad_tape *tape, ad_names **names);

/* Forgets the names of nodes from `nodes` on; all names of the tape. */
void ad_names_rewind(ad_tape *tape, uint32_t nodes);
void ad_names_free(ad_tape *tape);

/* What keeps `name` from being a name; NULL when it is fine. */
const char *ad_name_fault(const char *name, size_t length);

/* Whether a name stands for a number in every formula (pi, e, inf, nan), and which. */
bool ad_reserved_name(const char *name, size_t length, double *value);

/* Writes the next node; there must be room. (The streams are fetched first: a store of a byte may alias anything.) */
static inline ad_var push(ad_tape *t, unsigned code, uint32_t a, uint32_t b, double value)
{
    const uint32_t n = t->count;
    const ad_var node = node_handle(t, n);
    uint8_t *const codes = t->code;
    uint32_t *const as = t->a, *const bs = t->b;
    double *const values = t->value;
    t->count = n + 1;
    codes[n] = (uint8_t)code;
    as[n] = a;
    bs[n] = b;
    values[n] = value;
    return node;
}

#endif
