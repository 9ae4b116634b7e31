/* SPDX-License-Identifier: MIT */
/* Statuses and messages. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *nn_status_text(nn_status status)
{
    switch (status) {
    case NN_OK: return "ok";
    case NN_ERR_MEMORY: return "out of memory";
    case NN_ERR_ARGUMENT: return "bad argument";
    case NN_ERR_TAPE: return "the tape refused";
    case NN_ERR_NONFINITE: return "not finite";
    case NN_ERR_FILE: return "file error";
    case NN_ERR_FORMAT: return "bad model file";
    }
    return "unknown status";
}

nn_status nn_fail(nn_error *error, nn_status status, const char *format, ...)
{
    if (error == NULL) return status;
    error->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return status;
}

nn_status nn_fail_memory(nn_error *error) { return nn_fail(error, NN_ERR_MEMORY, "out of memory"); }

nn_status nn_fail_tape(nn_error *error, ad_tape *tape)
{
    const nn_status status = ad_tape_error(tape) == AD_ERR_MEMORY ? NN_ERR_MEMORY : NN_ERR_TAPE;
    nn_fail(error, status, "%s", ad_tape_message(tape));
    ad_tape_clear_error(tape);
    return status;
}
