/* SPDX-License-Identifier: MIT */
/* Operations of the program's own: registering them with a tape, and recording calls of them. */
#include "internal.h"

#include <string.h>

/* ---------------------------------------------------------------------------------- registering */

uint32_t ad_custom_find(const ad_tape *t, const char *name, size_t length)
{
    uint32_t k = 0;
    while (k < t->customs_count &&
           !(strlen(t->customs[k]->name) == length && memcmp(t->customs[k]->name, name, length) == 0))
        k++;
    return k;
}

static ad_status check_name(ad_tape *t, const char *name, const char *function)
{
    char quoted[AD_QUOTE_SIZE];
    const size_t length = name == NULL ? 0 : strlen(name);
    const char *fault = ad_name_fault(name, length);
    if (length == 0) return ad_fail(t, AD_ERR_NAME, function, "%s", fault);
    ad_quote(quoted, name, length);
    if (fault != NULL) return ad_fail(t, AD_ERR_NAME, function, "'%s': %s", quoted, fault);
    if (ad_op_find(name) != AD_OP_LEAF)
        return ad_fail(t, AD_ERR_NAME, function, "'%s' is an operation of the table", quoted);
    if (ad_custom_find(t, name, length) < t->customs_count)
        return ad_fail(t, AD_ERR_NAME, function, "'%s' is registered already", quoted);
    return AD_OK;
}

static ad_status check_custom(ad_tape *t, const ad_custom *custom, const char *function)
{
    char quoted[AD_QUOTE_SIZE];
    if (custom == NULL) return ad_fail(t, AD_ERR_ARGUMENT, function, "no operation");
    ad_status status = ad_not_watching(t, function);
    if (status == AD_OK) status = check_name(t, custom->name, function);
    if (status != AD_OK) return status;
    ad_quote(quoted, custom->name, strlen(custom->name));
    if (custom->value == NULL) return ad_fail(t, AD_ERR_ARGUMENT, function, "'%s' has no value", quoted);
    if (custom->vjp == NULL) return ad_fail(t, AD_ERR_ARGUMENT, function, "'%s' has no derivative (vjp)", quoted);
    if (custom->inputs <= MAX_NODES && custom->outputs <= MAX_NODES) return AD_OK;
    return ad_fail(t, AD_ERR_LIMIT, function, "'%s' has more than %u operands or outputs", quoted, MAX_NODES);
}

/* A copy with the name behind it, in one block that stays where it is; NULL: no memory. */
static ad_custom *copy_of(ad_tape *t, const ad_custom *custom)
{
    const size_t size = strlen(custom->name) + 1;
    ad_custom *copy = ad_resize(t, NULL, 0, sizeof *copy + size);
    if (copy == NULL) return NULL;
    *copy = *custom;
    copy->name = memcpy(copy + 1, custom->name, size);
    if (copy->outputs == 0) copy->outputs = 1;
    return copy;
}

ad_custom_op ad_register(ad_tape *t, const ad_custom *custom)
{
    static const char function[] = "ad_register";
    static const ad_custom_op none = {NULL, 0};
    if (t == NULL || check_custom(t, custom, function) != AD_OK) return none;
    ad_custom *copy = NULL;
    if (ad_grow(t, &t->customs, &t->customs_capacity, (size_t)t->customs_count + 1, sizeof(ad_custom *)))
        copy = copy_of(t, custom);
    if (copy == NULL) {
        ad_fail(t, AD_ERR_MEMORY, function, "no memory for one more operation");
        return none;
    }
    t->customs[t->customs_count] = copy;
    return (ad_custom_op){t, t->customs_count++};
}

void ad_customs_free(ad_tape *t)
{
    while (t->customs_count > 0) {
        ad_custom *custom = t->customs[--t->customs_count];
        if (custom->free_state != NULL) custom->free_state(custom->state);
        ad_resize(t, custom, sizeof *custom + strlen(custom->name) + 1, 0);
    }
    ad_release(t, &t->customs, t->customs_capacity, sizeof(ad_custom *));
}

const ad_custom *ad_custom_get(ad_custom_op op)
{
    return op.tape != NULL && op.index < op.tape->customs_count ? op.tape->customs[op.index] : NULL;
}

/* ---------------------------------------------------------------------------------------- calls */

static ad_status check_call(ad_tape *t, const ad_custom *custom, const ad_var *x, size_t n, const char *function)
{
    char quoted[AD_QUOTE_SIZE];
    const size_t inputs = custom->inputs;
    ad_quote(quoted, custom->name, strlen(custom->name));
    if (n > MAX_NODES) return ad_fail(t, AD_ERR_LIMIT, function, "more than %u operands", MAX_NODES);
    if (inputs == 0 ? n == 0 : n != inputs)
        return ad_fail(t, AD_ERR_ARGUMENT, function, "'%s' takes %s%u operand%s, got %u", quoted,
                       inputs == 0 ? "at least " : "", inputs == 0 ? 1 : (unsigned)inputs, inputs <= 1 ? "" : "s",
                       (unsigned)n);
    if (x == NULL) return ad_fail(t, AD_ERR_ARGUMENT, function, "no operands of '%s'", quoted);
    for (size_t k = 0; k < n; k++) {
        const char *fault = is_const(x[k]) ? NULL : ad_node_fault(t, x[k]);
        if (fault != NULL)
            return ad_fail(t, AD_ERR_HANDLE, function, "operand %u of '%s' %s", (unsigned)k + 1, quoted, fault);
    }
    return AD_OK;
}

static ad_status room_for_call(ad_tape *t, const ad_custom *custom, size_t n, const char *function)
{
    ad_status status = room_for_operands(t, n + CUSTOM_HEADER_SIZE, function);
    if (status == AD_OK) status = room_for_nodes(t, custom->outputs, function);
    if (status == AD_OK) status = ad_room_for_call(t, n, custom->outputs, function);
    return status;
}

/* Writes header and operands behind what is recorded. */
static ad_status write_operands(ad_tape *t, ad_custom_op op, const ad_var *x, uint32_t n, const char *function)
{
    const uint32_t list = t->operands_count + CUSTOM_HEADER_SIZE;
    uint32_t *header = t->operands + t->operands_count;
    header[HEADER_N] = n;
    header[HEADER_X] = list;
    header[HEADER_Y] = 0;
    header[HEADER_CUSTOM] = op.index;
    header[HEADER_OUTPUTS] = (uint32_t)t->customs[op.index]->outputs;
    header[HEADER_FIRST] = t->count;
    for (uint32_t k = 0; k < n; k++) {
        const ad_status status = ad_reference(t, x[k], function, k + 1, &t->operands[list + k]);
        if (status != AD_OK) return status;
    }
    return AD_OK;
}

static ad_span push_outputs(ad_tape *t, const ad_custom_group *g)
{
    const ad_span outputs = {t, t->count, g->m, t->generation, SPAN_RUN};
    const uint32_t header = t->operands_count;
    for (uint32_t j = 0; j < g->m; j++) push(t, CODE_CUSTOM, header, SHAPE(SPAN_LIST, 0, 0), t->value[g->first + j]);
    for (uint32_t k = 0; k < g->n; k++) use_alone(t, g->references[k]);
    t->operands_count += CUSTOM_HEADER_SIZE + g->n;
    return outputs;
}

ad_span ad_call(ad_custom_op op, const ad_var *x, size_t n)
{
    static const char function[] = "ad_call";
    ad_tape *t = op.tape;
    const ad_custom *custom = ad_custom_get(op);
    if (custom == NULL) {
        ad_fail(t, AD_ERR_HANDLE, function, "the operation is not registered with this tape");
        return INVALID_SPAN;
    }
    if (check_call(t, custom, x, n, function) != AD_OK || room_for_call(t, custom, n, function) != AD_OK)
        return INVALID_SPAN;
    const uint32_t constants = t->constants_count;
    if (write_operands(t, op, x, (uint32_t)n, function) == AD_OK) {
        const ad_custom_group g = {custom, t->count, (uint32_t)n, (uint32_t)custom->outputs,
                                   t->operands + t->operands_count + CUSTOM_HEADER_SIZE};
        if (ad_custom_value(t, &g, t->value + t->count, function)) return push_outputs(t, &g);
    }
    t->constants_count = constants;
    return INVALID_SPAN;
}

/* ------------------------------------------------------------------------------------ inspection */

ad_custom_op ad_custom_of(ad_var node)
{
    ad_tape *t = node.tape;
    if (t == NULL || is_const(node) || !is_live(t, node) || t->code[node.index] != CODE_CUSTOM)
        return (ad_custom_op){NULL, 0};
    return (ad_custom_op){t, t->operands[t->a[node.index] + HEADER_CUSTOM]};
}

const char *ad_op_name_of(ad_var a)
{
    if (is_const(a)) return "constant";
    if (a.tape == NULL || !is_live(a.tape, a)) return "";
    const ad_custom *custom = ad_custom_get(ad_custom_of(a));
    return custom != NULL ? custom->name : ad_op_get(ad_op_of(a))->name;
}
