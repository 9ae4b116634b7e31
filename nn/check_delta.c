/* SPDX-License-Identifier: MIT */
/* The check of a network's tape against the closed forms of delta. */
#include "delta_internal.h"

#include <math.h>
#include <string.h>

/* -------------------------------------------------------------------------------- reading the tape */

/* A node's part in a message: its value, or its adjoint. */
static nn_status not_finite(const nn_mlp *net, ad_span span, size_t k, const char *what, double x, nn_error *error)
{
    char node[80];
    nn_describe(net, ad_at(span, k), node, sizeof node);
    return nn_fail(error, NN_ERR_NONFINITE, "%s%s is %s", what, node, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

static nn_status copy(const nn_mlp *net, ad_span span, const double *from, double *to, const char *what,
                      nn_error *error)
{
    if (from == NULL) return nn_fail_tape(error, net->tape);
    for (size_t k = 0; k < span.count; k++) {
        if (!isfinite(from[k])) return not_finite(net, span, k, what, from[k], error);
        to[k] = from[k];
    }
    return NN_OK;
}

static nn_status copy_values(const nn_mlp *net, ad_span span, double *to, nn_error *error)
{
    return span.count == 0 ? NN_OK : copy(net, span, ad_values(span), to, "", error);
}

static nn_status copy_adjoints(const nn_mlp *net, ad_span span, double *to, nn_error *error)
{
    return span.count == 0 ? NN_OK : copy(net, span, ad_grads(span), to, "the adjoint of ", error);
}

static nn_status read_values(const nn_mlp *net, numbers *n, nn_error *error)
{
    nn_status status = copy_values(net, net->parts[0].a, n->layer[0].a, error);
    for (size_t l = 1; status == NN_OK && l <= net->shape.depth; l++) {
        const nn_part *part = &net->parts[l];
        const layer_numbers *to = &n->layer[l];
        status = copy_values(net, part->weights, to->w, error);
        if (status == NN_OK) status = copy_values(net, part->biases, to->b, error);
        if (status == NN_OK) status = copy_values(net, part->z, to->z, error);
        if (status == NN_OK) status = copy_values(net, part->a, to->a, error);
    }
    return status == NN_OK ? copy_values(net, net->costs, &n->cost, error) : status;
}

static nn_status read_adjoints(const nn_mlp *net, numbers *n, nn_error *error)
{
    nn_status status = NN_OK;
    for (size_t l = net->shape.depth; status == NN_OK && l > 0; l--) {
        const nn_part *part = &net->parts[l];
        const layer_numbers *to = &n->layer[l];
        status = copy_adjoints(net, part->a, to->da, error);
        if (status == NN_OK) status = copy_adjoints(net, part->z, to->delta, error);
        if (status == NN_OK) status = copy_adjoints(net, part->weights, to->dw, error);
        if (status == NN_OK) status = copy_adjoints(net, part->biases, to->db, error);
    }
    return status == NN_OK ? copy_adjoints(net, net->parts[0].a, n->layer[0].da, error) : status;
}

/* ---------------------------------------------------------------------------- recording a sample */

/* The sample on the tape; x as leaves, so that it has adjoints too. */
static nn_status record(nn_mlp *net, const double *x, const double *y, nn_error *error)
{
    const ad_span inputs = ad_leaves(net->tape, x, net->shape.inputs);
    const ad_span targets = ad_constants(net->tape, y, nn_mlp_outputs(net));
    if (inputs.tape == NULL || targets.tape == NULL) return nn_fail_tape(error, net->tape);
    const nn_status status = nn_forward(net, inputs, error);
    return status == NN_OK ? nn_record_costs(net, targets, error) : status;
}

static nn_status sweep(nn_mlp *net, nn_error *error)
{
    ad_span nothing = net->parameters;
    nothing.count = 0;
    if (ad_accumulate(nothing) != AD_OK || ad_backward(ad_at(net->costs, 0)) != AD_OK)
        return nn_fail_tape(error, net->tape);
    return NN_OK;
}

static nn_status by_tape(nn_mlp *net, const double *x, const double *y, numbers *n, nn_error *error)
{
    const ad_mark mark = ad_tape_mark(net->tape);
    memcpy(n->x, x, n->layer[0].width * sizeof *x);
    memcpy(n->y, y, n->layer[net->shape.depth].width * sizeof *y);
    nn_status status = record(net, x, y, error);
    if (status == NN_OK) status = read_values(net, n, error);
    if (status == NN_OK) status = sweep(net, error);
    if (status == NN_OK) status = read_adjoints(net, n, error);
    ad_tape_rewind(net->tape, mark);
    net->samples = 0;
    return status;
}

/* ------------------------------------------------------------------------------------ the check */

/* A number may stay where it is by chance when all that it comes from is jolted, but hardly ever four times. */
enum { JOLTS = 4 };

static nn_status find_noise(nn_delta_report *report, const numbers *form, nn_error *error)
{
    numbers jolted;
    nn_status status = NN_OK;
    if (!nn_numbers_new(&jolted, form->shape, &form->allocator)) return nn_fail_memory(error);
    for (uint64_t seed = 0; status == NN_OK && seed < JOLTS; seed++) {
        nn_numbers_jolt(&jolted, form, seed);
        status = nn_numbers_by_form(&jolted, report->convention, NULL, error);
        if (status == NN_OK) nn_report_noise(report, &jolted);
    }
    nn_numbers_free(&jolted);
    return status;
}

/* The library's form first, for the noise. */
static nn_status by_forms(nn_delta_report *report, const nn_closed_forms *forms, nn_error *error)
{
    report_memory *memory = report->memory;
    numbers *form = &memory->form;
    nn_numbers_give(form, &memory->tape);
    nn_status status = nn_numbers_by_form(form, report->convention, NULL, error);
    if (status == NN_OK) status = find_noise(report, form, error);
    if (status != NN_OK || forms == NULL) return status;
    nn_numbers_forget(form);
    return nn_numbers_by_form(form, report->convention, forms, error);
}

nn_status nn_check_delta_by(nn_mlp *net, nn_convention convention, const nn_closed_forms *forms, const double *x,
                            const double *y, nn_delta_report *report, nn_error *error)
{
    *report = (nn_delta_report){0};
    nn_status status = nn_convention_fits(convention, &net->shape, error);
    if (status != NN_OK) return status;
    if (!nn_report_new(report, convention, &net->shape, &net->allocator)) return nn_fail_memory(error);
    report_memory *memory = report->memory;
    status = by_tape(net, x, y, &memory->tape, error);
    if (status == NN_OK) status = by_forms(report, forms, error);
    if (status == NN_OK) nn_report_compare(report);
    else nn_delta_report_free(report);
    return status;
}

nn_status nn_check_delta(nn_mlp *net, nn_convention convention, const double *x, const double *y,
                         nn_delta_report *report, nn_error *error)
{
    return nn_check_delta_by(net, convention, NULL, x, y, report, error);
}
