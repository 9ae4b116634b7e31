/* SPDX-License-Identifier: MIT */
/* Colourings, greedy: the vertices, in some order, each take the least colour that no earlier one forbids. */
#include "sparse.h"

#include <string.h>

/* A colour that neighbours of a vertex have. */
typedef struct palette_entry {
    uint32_t colour, first; /* first: the neighbour that took it first */
    bool several;           /* and others did after it */
} palette_entry;

typedef struct colourer {
    ad_tape *tape;
    const ad_pattern *pattern, *transposed;
    uint32_t n, colours;
    uint32_t *colour, *order;
    uint32_t *forbidden; /* by colour: 1 + the vertex that may not have it */

    /* Of a star colouring, by vertex, in places as the pattern has them for its neighbours: the colours of those that
     * have one; and its hubs, the coloured neighbours that have another neighbour of its colour. */
    palette_entry *palettes;
    uint32_t *hubs, *palette_count, *hub_count;
    uint32_t *several; /* by colour: 1 + the vertex that has several neighbours of it */
} colourer;

static void release(colourer *c)
{
    const size_t n = c->n;
    free_array(c->tape, c->colour, n, sizeof *c->colour);
    free_array(c->tape, c->order, n, sizeof *c->order);
    free_array(c->tape, c->forbidden, n, sizeof *c->forbidden);
    free_array(c->tape, c->palettes, c->pattern->count, sizeof *c->palettes);
    free_array(c->tape, c->hubs, c->pattern->count, sizeof *c->hubs);
    free_array(c->tape, c->palette_count, n, sizeof *c->palette_count);
    free_array(c->tape, c->hub_count, n, sizeof *c->hub_count);
    free_array(c->tape, c->several, n, sizeof *c->several);
}

static bool begin(colourer *c, const ad_pattern *pattern, const ad_pattern *transposed)
{
    const size_t n = pattern->columns;
    *c = (colourer){.tape = pattern->tape, .pattern = pattern, .transposed = transposed, .n = pattern->columns};
    c->colour = new_array(c->tape, n, sizeof *c->colour);
    c->order = new_array(c->tape, n, sizeof *c->order);
    c->forbidden = new_array(c->tape, n, sizeof *c->forbidden);
    return c->colour != NULL && c->order != NULL && c->forbidden != NULL;
}

static bool begin_star(colourer *c, const ad_pattern *pattern)
{
    if (!begin(c, pattern, pattern)) return false;
    c->palettes = new_array(c->tape, pattern->count, sizeof *c->palettes);
    c->hubs = new_array(c->tape, pattern->count, sizeof *c->hubs);
    c->palette_count = new_array(c->tape, c->n, sizeof *c->palette_count);
    c->hub_count = new_array(c->tape, c->n, sizeof *c->hub_count);
    c->several = new_array(c->tape, c->n, sizeof *c->several);
    return c->palettes != NULL && c->hubs != NULL && c->palette_count != NULL && c->hub_count != NULL &&
           c->several != NULL;
}

/* -------------------------------------------------------------------------------------- order */

static void as_they_stand(colourer *c)
{
    for (uint32_t v = 0; v < c->n; v++) c->order[v] = v;
}

/* How many columns share rows with v, counted once for each row; of a graph, v's neighbours. */
static uint32_t weight_of(const colourer *c, uint32_t v)
{
    if (c->palettes != NULL) return row_length(c->pattern, v);
    uint64_t sum = 0;
    for (uint32_t e = c->transposed->start[v]; e < c->transposed->start[v + 1]; e++)
        sum += row_length(c->pattern, c->transposed->column[e]) - 1;
    return (uint32_t)(sum < c->n ? sum : c->n);
}

/* Those with the most weight first, those of equal weight as they stand. */
static bool largest_first(colourer *c)
{
    uint32_t *weight = new_array(c->tape, c->n, sizeof *weight);
    uint32_t *place = new_array(c->tape, (size_t)c->n + 2, sizeof *place);
    if (weight != NULL && place != NULL) {
        memset(place, 0, ((size_t)c->n + 2) * sizeof *place);
        for (uint32_t v = 0; v < c->n; v++) {
            weight[v] = c->n - weight_of(c, v);
            place[weight[v] + 1]++;
        }
        for (uint32_t w = 0; w <= c->n; w++) place[w + 1] += place[w];
        for (uint32_t v = 0; v < c->n; v++) c->order[place[weight[v]]++] = v;
    }
    const bool done = weight != NULL && place != NULL;
    free_array(c->tape, weight, c->n, sizeof *weight);
    free_array(c->tape, place, (size_t)c->n + 2, sizeof *place);
    return done;
}

static void start(colourer *c)
{
    c->colours = 0;
    memset(c->colour, 255, c->n * sizeof *c->colour);
    memset(c->forbidden, 0, c->n * sizeof *c->forbidden);
}

/* The least colour that is not forbidden. */
static void take_colour(colourer *c, uint32_t v)
{
    uint32_t colour = 0;
    while (colour < c->colours && c->forbidden[colour] == v + 1) colour++;
    c->colour[v] = colour;
    if (colour == c->colours) c->colours++;
}

/* ------------------------------------------------------------------------------------ columns */

static void colour_column(colourer *c, uint32_t v)
{
    const ad_pattern *p = c->pattern, *t = c->transposed;
    for (uint32_t e = t->start[v]; e < t->start[v + 1]; e++)
        for (uint32_t f = p->start[t->column[e]]; f < p->start[t->column[e] + 1]; f++) {
            const uint32_t other = c->colour[p->column[f]];
            if (other != NO_COLOUR) c->forbidden[other] = v + 1;
        }
    take_colour(c, v);
}

static void colour_all_columns(colourer *c)
{
    start(c);
    for (uint32_t k = 0; k < c->n; k++)
        if (row_length(c->transposed, c->order[k]) > 0) colour_column(c, c->order[k]);
}

/* ----------------------------------------------------------------------------------- as stars */

/* The greedy star colouring of Gebremedhin, Tarafdar, Manne and Pothen (2007). Vertex v may not have the colour of a
 * neighbour; nor that of a hub of a neighbour w, where v - w - hub - (another neighbour of the hub) would have but two
 * colours; nor, where it has several neighbours w of a colour, that of any neighbour of them. In place of the lists of
 * neighbours there are the lists of their colours, so that all takes O(elements * colours). */
static bool is_joined(const colourer *c, uint32_t v, uint32_t e) { return c->pattern->column[e] != v; }

static void forbid_around(colourer *c, uint32_t v, uint32_t w)
{
    const uint32_t at = c->pattern->start[w];
    if (c->several[c->colour[w]] == v + 1)
        for (uint32_t k = 0; k < c->palette_count[w]; k++) c->forbidden[c->palettes[at + k].colour] = v + 1;
    else
        for (uint32_t k = 0; k < c->hub_count[w]; k++) c->forbidden[c->colour[c->hubs[at + k]]] = v + 1;
}

static void add_hub(colourer *c, uint32_t v, uint32_t hub) { c->hubs[c->pattern->start[v] + c->hub_count[v]++] = hub; }

/* w has a neighbour v of this colour now, which may be one that no vertex has had so far. */
static void tell_neighbour(colourer *c, uint32_t w, uint32_t v, bool is_new)
{
    palette_entry *palette = c->palettes + c->pattern->start[w];
    const uint32_t count = c->palette_count[w], colour = c->colour[v];
    uint32_t k = is_new ? count : 0;
    while (k < count && palette[k].colour != colour) k++;
    if (k == count) {
        palette[c->palette_count[w]++] = (palette_entry){colour, v, false};
        return;
    }
    if (c->colour[w] != NO_COLOUR) {
        if (!palette[k].several) add_hub(c, palette[k].first, w);
        add_hub(c, v, w);
    }
    palette[k].several = true;
}

static void colour_star(colourer *c, uint32_t v)
{
    const uint32_t begin = c->pattern->start[v], end = c->pattern->start[v + 1], before = c->colours;
    for (uint32_t k = 0; k < c->palette_count[v]; k++) {
        const palette_entry *entry = &c->palettes[begin + k];
        c->forbidden[entry->colour] = v + 1;
        if (entry->several) c->several[entry->colour] = v + 1;
    }
    for (uint32_t e = begin; e < end; e++)
        if (is_joined(c, v, e) && c->colour[c->pattern->column[e]] != NO_COLOUR)
            forbid_around(c, v, c->pattern->column[e]);
    take_colour(c, v);
    for (uint32_t e = begin; e < end; e++) {
        const uint32_t w = c->pattern->column[e];
        if (!is_joined(c, v, e)) continue;
        tell_neighbour(c, w, v, c->colours > before);
        if (c->colour[w] != NO_COLOUR && c->several[c->colour[w]] == v + 1) add_hub(c, w, v);
    }
}

static void colour_all_stars(colourer *c)
{
    start(c);
    memset(c->palette_count, 0, c->n * sizeof *c->palette_count);
    memset(c->hub_count, 0, c->n * sizeof *c->hub_count);
    memset(c->several, 0, c->n * sizeof *c->several);
    for (uint32_t k = 0; k < c->n; k++)
        if (row_length(c->pattern, c->order[k]) > 0) colour_star(c, c->order[k]);
}

/* -------------------------------------------------------------------------------- the better one */

/* Colours the largest first, and as they stand where that took more than the `least` that any colouring does; keeps the
 * one with fewer colours. */
static bool colour_twice(colourer *c, ad_colouring *to, void (*colour_all)(colourer *), uint32_t least)
{
    *to = (ad_colouring){c->tape, NULL, c->n, 0};
    if (!largest_first(c)) return false;
    colour_all(c);
    to->colour = c->colour;
    to->colours = c->colours;
    c->colour = NULL;
    if (to->colours <= least) return true;
    c->colour = new_array(c->tape, c->n, sizeof *c->colour);
    if (c->colour == NULL) {
        ad_colouring_free(to);
        return false;
    }
    as_they_stand(c);
    colour_all(c);
    if (c->colours < to->colours) {
        uint32_t *worse = to->colour;
        to->colour = c->colour;
        to->colours = c->colours;
        c->colour = worse;
    }
    return true;
}

/* Outputs of many samples alike have rows alike: once is enough. */
bool ad_colour_columns(ad_colouring *to, const ad_pattern *pattern)
{
    ad_pattern rows, columns;
    colourer c;
    if (!ad_pattern_distinct(pattern, &rows)) return false;
    bool done = ad_pattern_transpose(&rows, &columns);
    if (done) {
        done = begin(&c, &rows, &columns) && colour_twice(&c, to, colour_all_columns, ad_pattern_longest_row(&rows));
        release(&c);
        ad_pattern_free(&columns);
    }
    ad_pattern_free(&rows);
    return done;
}

bool ad_colour_star(ad_colouring *to, const ad_pattern *pattern)
{
    colourer c;
    const bool done = begin_star(&c, pattern) && colour_twice(&c, to, colour_all_stars, 2);
    release(&c);
    return done;
}

void ad_colouring_free(ad_colouring *colouring)
{
    free_array(colouring->tape, colouring->colour, colouring->count, sizeof *colouring->colour);
    colouring->colour = NULL;
}
