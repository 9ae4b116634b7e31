/* SPDX-License-Identifier: MIT */
/* Derivatives of C functions: record, take the derivative of what is recorded, rewind. */
#include <autodiff/derivatives.h>

#include "internal.h"

#include <math.h>

/* ----------------------------------------------------------------------------------- recording */

/* The outputs as a span; `y` holds their handles. */
static ad_span span_of_outputs(ad_tape *t, const ad_var *y, size_t m, const char *function)
{
    for (size_t k = 0; k < m; k++)
        if (!is_const(y[k]) && (y[k].tape != t || !is_live(t, y[k]))) {
            ad_fail(t, AD_ERR_HANDLE, function, "output %u is no node of this tape and no constant", (unsigned)k + 1);
            return INVALID_SPAN;
        }
    return ad_gather(t, y, m);
}

static ad_status record(ad_tape *t, const ad_function *f, const double *x, ad_var *handles, ad_span *inputs,
                        ad_span *outputs, const char *function)
{
    ad_var *in = handles, *out = handles + f->inputs;
    *inputs = ad_leaves(t, x, f->inputs);
    if (inputs->tape == NULL) return t->error;
    for (size_t k = 0; k < f->inputs; k++) in[k] = ad_at(*inputs, k);
    for (size_t k = 0; k < f->outputs; k++) out[k] = INVALID;
    const ad_status said = f->record(t, in, f->inputs, out, f->outputs, f->user);
    if (t->error != AD_OK) return t->error;
    if (said != AD_OK) return ad_fail(t, said, function, "the function failed: %s", ad_status_text(said));
    *outputs = span_of_outputs(t, out, f->outputs, function);
    return t->error;
}

static ad_status record_or_undo(ad_tape *t, const ad_function *f, const double *x, ad_span *inputs, ad_span *outputs,
                                const char *function)
{
    *inputs = *outputs = INVALID_SPAN;
    if (t == NULL) return AD_ERR_HANDLE;
    if (t->error != AD_OK) return t->error;
    if (t->watching) return ad_not_watching(t, function);
    if (f == NULL || f->record == NULL) return ad_fail(t, AD_ERR_ARGUMENT, function, "no function");
    if (x == NULL && f->inputs > 0) return ad_fail(t, AD_ERR_ARGUMENT, function, "no point x");
    const size_t most = MAX_NODES;
    if (f->inputs > most || f->outputs > most)
        return ad_fail(t, AD_ERR_LIMIT, function, "more than %u inputs or outputs", MAX_NODES);
    const ad_mark mark = ad_tape_mark(t);
    const size_t bytes = (f->inputs + f->outputs + 1) * sizeof(ad_var);
    ad_var *handles = ad_undo_ready(t) ? ad_resize(t, NULL, 0, bytes) : NULL;
    if (handles == NULL) return ad_fail(t, AD_ERR_MEMORY, function, "no memory for the inputs and outputs");
    const ad_status status = record(t, f, x, handles, inputs, outputs, function);
    ad_resize(t, handles, bytes, 0);
    if (status == AD_OK) return AD_OK;
    *inputs = *outputs = INVALID_SPAN;
    ad_undo(t, mark);
    return status;
}

ad_status ad_record(ad_tape *tape, const ad_function *f, const double *x, ad_span *inputs, ad_span *outputs)
{
    return record_or_undo(tape, f, x, inputs, outputs, "ad_record");
}

/* ------------------------------------------------------------------------------------- drivers */

typedef struct call {
    ad_tape *tape;
    ad_mark mark;
    ad_span x, y;
} call;

static ad_status begin(call *c, ad_tape *t, const ad_function *f, const double *x, const char *function)
{
    *c = (call){.tape = t, .mark = ad_tape_mark(t)};
    return record_or_undo(t, f, x, &c->x, &c->y, function);
}

static ad_status begin_scalar(call *c, ad_tape *t, const ad_function *f, const double *x, const char *function)
{
    if (t != NULL && f != NULL && f->outputs != 1)
        return ad_fail(t, AD_ERR_ARGUMENT, function, "a function of 1 output, not of %zu", f->outputs);
    return begin(c, t, f, x, function);
}

/* Stores the outputs where they are asked for, and takes the recording off the tape. */
static ad_status finish(const call *c, ad_status status, double *y)
{
    for (size_t k = 0; y != NULL && k < c->y.count; k++) y[k] = ad_value(ad_at(c->y, k));
    ad_undo(c->tape, c->mark);
    return status;
}

static ad_status store_gradient(const call *c, double *gradient)
{
    const ad_var y = ad_at(c->y, 0);
    const size_t n = c->x.count;
    for (size_t k = 0; k < n; k++) gradient[k] = 0;
    if (n == 0 || is_const(y)) return AD_OK;
    const ad_status status = ad_backward(y);
    if (status != AD_OK) return status;
    const double *adjoints = ad_grads(c->x);
    for (size_t k = 0; k < n; k++) gradient[k] = adjoints[k];
    return AD_OK;
}

ad_status ad_fn_gradient(ad_tape *tape, const ad_function *f, const double *x, double *value, double *gradient)
{
    call c;
    const ad_status status = begin_scalar(&c, tape, f, x, "ad_fn_gradient");
    if (status != AD_OK) return status;
    return finish(&c, gradient == NULL ? AD_OK : store_gradient(&c, gradient), value);
}

ad_status ad_fn_jvp(ad_tape *tape, const ad_function *f, const double *x, const double *dx, size_t k, double *y,
                    double *dy)
{
    call c;
    const ad_status status = begin(&c, tape, f, x, "ad_fn_jvp");
    return status != AD_OK ? status : finish(&c, ad_jvp(c.y, c.x, dx, k, dy), y);
}

ad_status ad_fn_vjp(ad_tape *tape, const ad_function *f, const double *x, const double *seeds, size_t k, double *y,
                    double *products)
{
    call c;
    const ad_status status = begin(&c, tape, f, x, "ad_fn_vjp");
    return status != AD_OK ? status : finish(&c, ad_vjp(c.y, c.x, seeds, k, products), y);
}

ad_status ad_fn_jacobian(ad_tape *tape, const ad_function *f, const double *x, double *y, double *jacobian)
{
    call c;
    const ad_status status = begin(&c, tape, f, x, "ad_fn_jacobian");
    return status != AD_OK ? status : finish(&c, ad_jacobian(c.y, c.x, jacobian), y);
}

ad_status ad_fn_hvp(ad_tape *tape, const ad_function *f, const double *x, const double *v, size_t k, double *value,
                    double *products)
{
    call c;
    const ad_status status = begin_scalar(&c, tape, f, x, "ad_fn_hvp");
    return status != AD_OK ? status : finish(&c, ad_hvp(ad_at(c.y, 0), c.x, v, k, products), value);
}

ad_status ad_fn_hessian(ad_tape *tape, const ad_function *f, const double *x, double *value, double *gradient,
                        double *hessian)
{
    call c;
    ad_status status = begin_scalar(&c, tape, f, x, "ad_fn_hessian");
    if (status != AD_OK) return status;
    if (gradient != NULL) status = store_gradient(&c, gradient);
    if (status == AD_OK) status = ad_hessian(ad_at(c.y, 0), c.x, hessian);
    return finish(&c, status, value);
}
