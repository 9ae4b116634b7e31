/* SPDX-License-Identifier: MIT */
/* What holds after ad_parse of any text at all. Shared by the suite and the fuzzer. */
#ifndef TESTS_TEXT_INVARIANTS_H
#define TESTS_TEXT_INVARIANTS_H

#include <autodiff/autodiff.h>

#include "failing_memory.h"

#include <stdbool.h>
#include <string.h>

typedef struct text_run {
    ad_status status;
    size_t nodes;
    double value;
    ad_text_error error;
    const char *broken; /* the invariant that does not hold; NULL: all do */
} text_run;

static inline ad_tape *tape_of_five(failing_memory *memory)
{
    static const char *const names[] = {"x", "y", "w", "b", "\xce\xb8"};
    static const double values[] = {0.75, -1.5, 2.0, 0.1, 3.0};
    ad_tape *tape = failing_tape(memory);
    for (int k = 0; k < 5; k++) ad_name(ad_leaf(tape, values[k]), names[k]);
    ad_tape_limit(tape, 20000);
    return tape;
}

/* Printable UTF-8 of at least one character, which fits. */
static inline bool is_message(const char *s)
{
    const size_t length = strlen(s);
    if (length == 0 || length >= sizeof((ad_text_error *)NULL)->message - 1) return false;
    for (const unsigned char *p = (const unsigned char *)s; *p != 0;) {
        const int more = *p < 0x80 ? 0 : *p < 0xc2 ? -1 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : *p < 0xf5 ? 3 : -1;
        if (more < 0 || *p < ' ' || *p == 0x7f) return false;
        p++;
        for (int k = 0; k < more; k++, p++)
            if ((*p & 0xc0) != 0x80) return false;
    }
    return true;
}

static inline bool is_place(const ad_text_error *error, const char *text)
{
    if (error->offset > strlen(text)) return false;
    size_t line = 1, column = 1;
    for (size_t k = 0; k < error->offset; k++) {
        column += ((unsigned char)text[k] & 0xc0) != 0x80;
        if (text[k] == '\n') line++, column = 1;
    }
    return error->line == line && error->column == column;
}

/* Parses with the request `fail` for memory failing (0: none). */
static inline text_run text_run_of(const char *text, size_t fail)
{
    failing_memory memory = {0};
    ad_tape *tape = tape_of_five(&memory);
    const ad_stats before = ad_tape_stats(tape);
    text_run run = {AD_OK, 0, 0.0, {0, 0, 0, ""}, NULL};
    ad_var out;
    fail_at(&memory, fail, fail % 2 == 0);
    run.status = ad_parse(tape, text, &out, &run.error);
    fail_at(&memory, 0, false);
    const ad_stats after = ad_tape_stats(tape);
    run.nodes = after.nodes;
    if (ad_tape_error(tape) != AD_OK) run.broken = "no error is left on the tape";
    if (run.status == AD_OK) {
        if (!ad_is_valid(out)) run.broken = "the result is valid";
        run.value = ad_value(out);
        if (!ad_is_const(out) && ad_backward(out) != AD_OK) run.broken = "the result can be swept";
    } else {
        if (out.tape != NULL) run.broken = "a failure gives the invalid handle";
        if (after.nodes != before.nodes || after.leaves != before.leaves || after.constants != before.constants ||
            after.bytes_used != before.bytes_used)
            run.broken = "a failure leaves the tape as it was";
        if (!is_message(run.error.message)) run.broken = "a failure has a printable message";
        if (run.status == AD_ERR_TEXT && !is_place(&run.error, text)) run.broken = "an error has a place in the text";
        if (run.status != AD_ERR_TEXT && run.status != AD_ERR_LIMIT && (run.status != AD_ERR_MEMORY || fail == 0))
            run.broken = "only the text, the limit and memory fail";
        if (ad_find(tape, "w").index != 2 || ad_value(ad_find(tape, "w")) != 2.0) run.broken = "old nodes stay";
    }
    ad_tape_free(tape);
    if (memory.held != 0) run.broken = "all memory is given back";
    if (memory.wrong_size) run.broken = "sizes are told to the allocator as they are";
    return run;
}

/* NULL, or the invariant that does not hold. */
static inline const char *text_broken_invariant(const char *text)
{
    const text_run first = text_run_of(text, 0), again = text_run_of(text, 0);
    if (first.broken != NULL) return first.broken;
    if (first.status != again.status || first.nodes != again.nodes ||
        memcmp(&first.value, &again.value, sizeof first.value) != 0 || strcmp(first.error.message, again.error.message))
        return "the same text gives the same result";
    size_t sum = 1;
    for (const char *p = text; *p != '\0'; p++) sum += (unsigned char)*p;
    return text_run_of(text, 1 + sum % 32).broken;
}

#endif
