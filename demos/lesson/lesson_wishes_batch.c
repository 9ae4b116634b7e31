/* SPDX-License-Identifier: MIT */
/* The second part of the lesson on wishes: what each sample of the batch wants, layer by layer. */
#include "language.h"
#include "lesson_wishes.h"
#include "print.h"

#include <math.h>
#include <stdlib.h>

/* How many samples have a column, how many entries of a matrix a row, how many neurons a column. */
enum { MOST_SAMPLES = 3, MOST_ROWS = 12, MOST_NEURONS = 4 };

static size_t shown_samples(const wishes *w)
{
    return w->batch.samples < MOST_SAMPLES ? w->batch.samples : MOST_SAMPLES;
}

/* ------------------------------------------------------------------------------------- the samples */

char *vector_text(script *to, const double *x, size_t n)
{
    char shown[NUMBER_SIZE];
    draft t;
    draft_begin(&t);
    fputc('(', t.to);
    for (size_t k = 0; k < n && k < MOST_ROWS; k++)
        fprintf(t.to, "%s%s", k == 0 ? "" : ", ", show_input(shown, x[k], script_digits(to)));
    fputs(n > MOST_ROWS ? ", …)" : ")", t.to);
    return draft_done(&t);
}

/* The outputs that vector_text shows, with all digits. */
static void put_outputs(script *to, size_t sample, const double *a, size_t n)
{
    for (size_t k = 0; k < n && k < MOST_ROWS; k++) {
        char *key = formatted("a_%zu_%zu", sample + 1, k + 1);
        script_value(to, key, a[k]);
        free(key);
    }
}

static void say_samples(script *to, const wishes *w)
{
    const size_t in = width_at(w->view, 0), out = width_at(w->view, w->depth), m = w->batch.samples;
    const char *const heads[] = {_("sample"), "x", "y", "a^[L]", "C₀"};
    script_table(to, "samples", 5, heads);
    for (size_t i = 0; i < m && i < MOST_ROWS; i++) {
        const double *x = w->batch.x + i * in, *y = w->batch.y + i * out, *a = w->tape[i].a + unit_at(w, w->depth, 0);
        script_row(to, (cell[]){cell_count((double)i + 1), cell_math(vector_text(to, x, in)),
                                cell_math(vector_text(to, y, out)), cell_math(vector_text(to, a, out)),
                                cell_number(w->tape[i].cost)});
        put_outputs(to, i, a, out);
    }
    if (m > MOST_ROWS)
        script_say(to, ngettext("… %zu more sample.", "… %zu more samples.", m - MOST_ROWS), m - MOST_ROWS);
}

/* ---------------------------------------------------------------------- the largest wishes of each */

/* Of the shown samples, and at last of the mean: the largest wish for a parameter and for a hidden a. */
typedef struct marks {
    size_t count;
    size_t parameter[MOST_SAMPLES + 1], a[MOST_SAMPLES + 1];
} marks;

static double wish_at(const wishes *w, size_t column, size_t entry)
{
    return column < shown_samples(w) ? wish_of(w, column, entry) : w->mean[entry];
}

/* SIZE_MAX: all are 0. */
static size_t largest_between(const wishes *w, size_t column, size_t first, size_t end)
{
    size_t largest = first;
    for (size_t e = first; e < end; e++)
        if (fabs(wish_at(w, column, e)) > fabs(wish_at(w, column, largest))) largest = e;
    return wish_at(w, column, largest) != 0 ? largest : SIZE_MAX;
}

static marks marks_of(const wishes *w)
{
    marks m = {.count = shown_samples(w) + 1};
    for (size_t c = 0; c < m.count; c++) {
        m.parameter[c] = largest_between(w, c, 0, w->parameters);
        m.a[c] = w->depth == 1 ? SIZE_MAX : largest_between(w, c, entry_of_a(w, 1, 0), entry_of_a(w, w->depth, 0));
    }
    return m;
}

static bool is_marked(const marks *m, size_t column, size_t entry)
{
    return m->parameter[column] == entry || m->a[column] == entry;
}

/* "1, 3, mean" */
static char *marks_text(const marks *m, size_t entry)
{
    draft t;
    size_t written = 0;
    draft_begin(&t);
    for (size_t c = 0; c < m->count; c++) {
        if (!is_marked(m, c, entry)) continue;
        fputs(written++ == 0 ? "" : ", ", t.to);
        if (c + 1 < m->count) fprintf(t.to, "%zu", c + 1);
        else fputs(_("mean"), t.to);
    }
    return draft_done(&t);
}

static bool has_mark(const marks *m, size_t entry)
{
    for (size_t c = 0; c < m->count; c++)
        if (is_marked(m, c, entry)) return true;
    return false;
}

/* -------------------------------------------------------------------------------- tables of wishes */

static void add_wishes(script *to, const wishes *w, const marks *m, char *name, size_t entry)
{
    cell cells[MOST_COLUMNS] = {cell_math(name)};
    for (size_t c = 0; c < m->count; c++) cells[1 + c] = cell_number(wish_at(w, c, entry));
    cells[1 + m->count] = cell_text(marks_text(m, entry));
    script_row(to, cells);
}

static void add_more(script *to, const marks *m, size_t count)
{
    cell cells[MOST_COLUMNS];
    if (count == 0) return;
    cells[0] = cell_text(formatted(ngettext("… %zu more", "… %zu more", count), count));
    for (size_t c = 1; c < m->count + 2; c++) cells[c] = cell_empty();
    script_row(to, cells);
}

static void add_weights(script *to, const wishes *w, const marks *m, size_t l)
{
    const size_t in = width_at(w->view, l - 1), size = in * width_at(w->view, l);
    size_t left_out = 0;
    for (size_t e = 0; e < size; e++) {
        const size_t entry = entry_of_weight(w, l, 0, 0) + e;
        if (e >= MOST_ROWS && !has_mark(m, entry)) left_out++;
        else add_wishes(to, w, m, weight_name(w->view, l, e / in, e % in), entry);
    }
    add_more(to, m, left_out);
}

static void add_units(script *to, const wishes *w, const marks *m, size_t l, bool biases)
{
    size_t left_out = 0;
    for (size_t j = 0; j < width_at(w->view, l); j++) {
        const size_t entry = biases ? entry_of_bias(w, l, j) : entry_of_a(w, l, j);
        if (j >= MOST_ROWS && !has_mark(m, entry)) left_out++;
        else add_wishes(to, w, m, biases ? bias_name(w->view, l, j) : entry_name(w->view, NN_TENSOR_A, l, j, 0), entry);
    }
    add_more(to, m, left_out);
}

static void begin_wishes(script *to, const marks *m, size_t l)
{
    const char *heads[MOST_COLUMNS] = {""};
    for (size_t c = 0; c + 1 < m->count; c++) heads[1 + c] = script_keep(to, formatted(_("sample %zu"), c + 1));
    heads[m->count] = _("mean");
    heads[m->count + 1] = _("largest of");
    script_table(to, script_keep(to, formatted("wishes_%zu", l)), m->count + 2, heads);
}

static void say_layer(script *to, const wishes *w, const marks *m, size_t l)
{
    if (l > 1)
        script_say(to, _("Layer %zu: wishes for its w and b, and for the a of layer %zu, which are handed on."), l,
                   l - 1);
    else script_say(to, _("Layer 1: wishes for its w and b. Its inputs are given, and nobody can change them."));
    begin_wishes(to, m, l);
    add_weights(to, w, m, l);
    if (has_biases(w->view, l)) add_units(to, w, m, l, true);
    if (l > 1) add_units(to, w, m, l - 1, false);
}

/* --------------------------------------------------------------------- the neurons' wishes for an a */

static void begin_neurons(script *to, size_t neurons, bool has_others)
{
    const char *heads[MOST_COLUMNS] = {""};
    size_t columns = 1;
    for (size_t j = 0; j < neurons; j++) heads[columns++] = script_keep(to, formatted(_("neuron %zu"), j + 1));
    if (has_others) heads[columns++] = _("others");
    heads[columns++] = _("sum");
    heads[columns++] = _("tape");
    script_table(to, "neurons", columns, heads);
}

/* What sample 1 wishes for an a of the layer before the last: one wish from each neuron of the last. */
static void add_neurons(script *to, const wishes *w, size_t k, size_t neurons, bool has_others)
{
    const size_t l = w->depth;
    cell cells[MOST_COLUMNS] = {cell_math(entry_name(w->view, NN_TENSOR_A, l - 1, k, 0))};
    size_t columns = 1;
    double sum = 0, others = 0;
    for (size_t j = 0; j < width_at(w->view, l); j++) {
        const double wish = -weight_of(w->view, l, j, k) * w->form[0].dz[unit_at(w, l, j)];
        sum += wish;
        if (j < neurons) cells[columns++] = cell_number(wish);
        else others += wish;
    }
    if (layer_of(w->view, l)->skip == 1) {
        others -= w->form[0].da[unit_at(w, l, k)];
        sum -= w->form[0].da[unit_at(w, l, k)];
    }
    if (has_others) cells[columns++] = cell_number(others);
    cells[columns++] = cell_number(sum);
    cells[columns++] = cell_number(wish_of(w, 0, entry_of_a(w, l - 1, k)));
    script_row(to, cells);
}

static void say_neurons(script *to, const wishes *w)
{
    const size_t l = w->depth, before = width_at(w->view, l - 1), n = width_at(w->view, l);
    const bool skips = layer_of(w->view, l)->skip == 1, has_others = n > MOST_NEURONS || skips;
    const size_t most = has_others ? MOST_NEURONS - 1 : MOST_NEURONS, neurons = n < most ? n : most;
    script_ask(to,
               _("A w belongs to one neuron, but an a goes to every neuron of layer %zu. What is the sample's wish "
                 "for it?"),
               l);
    script_say(to, _("The sum of what these neurons wish. Of sample 1:"));
    if (skips) script_say(to, _("Among the others is what comes back by the skip connection."));
    begin_neurons(to, neurons, has_others);
    for (size_t k = 0; k < before && k < MOST_ROWS; k++) add_neurons(to, w, k, neurons, has_others);
    if (before > MOST_ROWS)
        script_say(to, ngettext("… %zu more", "… %zu more", before - MOST_ROWS), before - MOST_ROWS);
}

/* ------------------------------------------------------------------------------------------ all of it */

void write_wishes(script *to, const wishes *w)
{
    const size_t m = w->batch.samples;
    const marks largest = marks_of(w);
    say_samples(to, w);
    script_ask(to, _("Every sample wants its own cost C₀ to fall. What can it ask for?"));
    script_say(to, _("To change every w, every b, and the a that it meets on its way: by minus the derivative of its "
                     "cost. The last layer comes first. The column at the right marks the largest wish for a w or b, "
                     "and the largest for an a."));
    if (m > MOST_SAMPLES)
        script_say(to, _("Shown are the first %d of %zu samples; the mean is that of all."), MOST_SAMPLES, m);
    for (size_t l = w->depth; l >= 1; l--) say_layer(to, w, &largest, l);
    if (w->depth == 1) return;
    script_say(to, _("The mean of the wishes for an a moves nothing: each sample has its own a, and hands on its own "
                     "wish."));
    if (width_at(w->view, w->depth) > 1 || layer_of(w->view, w->depth)->skip == 1) say_neurons(to, w);
}
