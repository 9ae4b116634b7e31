/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *ad_status_text(ad_status status)
{
    switch (status) {
    case AD_OK: return "ok";
    case AD_ERR_MEMORY: return "out of memory";
    case AD_ERR_LIMIT: return "limit reached";
    case AD_ERR_HANDLE: return "bad handle";
    case AD_ERR_ARGUMENT: return "bad argument";
    case AD_ERR_STALE: return "stale";
    case AD_ERR_NO_GRADIENT: return "no gradient";
    case AD_ERR_NAME: return "bad name";
    case AD_ERR_TEXT: return "bad formula";
    case AD_ERR_CUSTOM: return "an operation or a function of the program failed";
    }
    return "unknown status";
}

ad_status ad_fail(ad_tape *tape, ad_status status, const char *function, const char *format, ...)
{
    if (tape == NULL || tape == &ad_constant_tape || tape->error != AD_OK) return status;
    tape->error = status;
    /* Only %s and %u are used: nothing in here depends on the locale. */
    const int used = snprintf(tape->message, sizeof tape->message, "%s: ", function);
    if (used < 0 || (size_t)used >= sizeof tape->message) return status;
    va_list args;
    va_start(args, format);
    vsnprintf(tape->message + used, sizeof tape->message - (size_t)used, format, args);
    va_end(args);
    return status;
}

ad_status ad_tape_error(const ad_tape *tape) { return tape == NULL ? AD_ERR_HANDLE : tape->error; }

const char *ad_tape_message(const ad_tape *tape) { return tape == NULL ? "no tape" : tape->message; }

void ad_tape_clear_error(ad_tape *tape)
{
    if (tape == NULL) return;
    tape->error = AD_OK;
    tape->message[0] = '\0';
}
