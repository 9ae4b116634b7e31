/* SPDX-License-Identifier: MIT */
/* What the command prints as JSON. */
#ifndef TESTS_COMMAND_JSON_H
#define TESTS_COMMAND_JSON_H

#include "test_command.h"

#include <jansson.h>

static inline json_t *parsed(const char *text, const char *line)
{
    json_error_t error;
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(all != NULL, "%s: line %d: %s\n%s", line, error.line, error.text, text);
    return all;
}

/* Of a line that must succeed; to be freed. */
static inline json_t *json_of(const char *line)
{
    char *out = output_of(line);
    json_t *all = parsed(out, line);
    free(out);
    return all;
}

#endif
