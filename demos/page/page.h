/* SPDX-License-Identifier: MIT */
/* One self-contained page of HTML: a graph to step through, forward and back, and a lesson's text. Its parts are files
 * in this folder, embedded in the program; the data are JSON in the page. */
#ifndef DEMOS_PAGE_H
#define DEMOS_PAGE_H

#include "explanation.h"
#include "script.h"

typedef struct page {
    const char *title;
    explanation *graph;   /* NULL: none */
    const script *lesson; /* NULL: none */
    int digits;
} page;

/* Writes it, whole or not at all. False: it could not be, and a message has said why. */
bool page_write(const char *path, const page *p);

#endif
