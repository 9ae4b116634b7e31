/* SPDX-License-Identifier: MIT */
/* What `chainrule info` says of a model, as text and as JSON. */
#ifndef DEMOS_INFO_H
#define DEMOS_INFO_H

#include "history.h"
#include "trained.h"

/* The numbers of a layer's weights or biases. */
typedef struct spread {
    size_t count;
    double mean, deviation, least, most;
} spread;
spread spread_of(ad_span parameters);

void info_print_text(const trained *t, const char *path);
void info_print_json(const trained *t, const char *path);

#endif
