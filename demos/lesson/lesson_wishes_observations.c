/* SPDX-License-Identifier: MIT */
/* The third part of the lesson on wishes: which w and a matter, and which samples contradict each other. */
#include "language.h"
#include "lesson_wishes.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 12, MOST_CONTRADICTIONS = 6 };

/* ------------------------------------------------------------------------- one neuron of the last layer */

/* The one that sample 1 pushes hardest. */
static size_t pushed_neuron(const wishes *w)
{
    const double *dz = w->form[0].dz + unit_at(w, w->depth, 0);
    size_t j = 0;
    for (size_t k = 1; k < width_at(w->view, w->depth); k++)
        if (fabs(dz[k]) > fabs(dz[j])) j = k;
    return j;
}

static double size_of(const wishes *w, size_t j, bool by_a, size_t k)
{
    return fabs(by_a ? w->form[0].a[unit_at(w, w->depth - 1, k)] : weight_of(w->view, w->depth, j, k));
}

/* The input of the neuron for whose a, or for whose w, the size of the wish is largest. */
static size_t most_wanted(const wishes *w, size_t j, bool by_a)
{
    size_t largest = 0;
    for (size_t k = 1; k < width_at(w->view, w->depth - 1); k++)
        if (size_of(w, j, by_a, k) > size_of(w, j, by_a, largest)) largest = k;
    return largest;
}

static void begin_products(script *to, const char *key, const char *by)
{
    const char *const heads[] = {"", by, "−dz", _("wish")};
    script_table(to, key, 4, heads);
}

/* Whether another is as large. */
static bool is_tied(const wishes *w, size_t j, bool by_a, size_t largest)
{
    for (size_t k = 0; k < width_at(w->view, w->depth - 1); k++)
        if (k != largest && size_of(w, j, by_a, k) == size_of(w, j, by_a, largest)) return true;
    return false;
}

static const char *what_matters(bool by_a, bool is_alone)
{
    if (!by_a) return _("The larger the w in size, the more its a matters.");
    return is_alone ? _("The larger the a in size, the more its w matters.")
                    : _("All are pushed by the same −dz: the larger the a in size, the more its w matters.");
}

/* Which of several is wanted most, and why. */
static void say_most(script *to, const wishes *w, size_t j, bool by_a)
{
    const size_t l = w->depth, k = most_wanted(w, j, by_a);
    const bool is_pushed = w->form[0].dz[unit_at(w, l, j)] != 0;
    const char *weight = script_keep(to, weight_name(w->view, l, j, k));
    const char *a = script_keep(to, entry_name(w->view, NN_TENSOR_A, l - 1, k, 0));
    const double size = by_a ? w->form[0].a[unit_at(w, l - 1, k)] : weight_of(w->view, l, j, k);
    const bool is_alone = width_at(w->view, l - 1) == 1;
    script_say(to, "%s", what_matters(by_a, is_alone));
    if (is_alone) return;
    if (size == 0) script_say(to, _("Here they are 0, and so are the wishes."));
    else if (!is_pushed) script_say(to, _("Here −dz is 0, and so are the wishes."));
    else if (is_tied(w, j, by_a, k))
        script_say(to, _("Here several matter most: %s = %s is the largest in size, and not alone."), by_a ? a : weight,
                   script_number(to, size));
    else
        script_say(to, _("Most of all %s: %s = %s is the largest in size."), by_a ? weight : a, by_a ? a : weight,
                   script_number(to, size));
}

static void write_larger_a(script *to, const wishes *w, size_t j)
{
    const size_t l = w->depth, n = width_at(w->view, l - 1);
    const double *a = w->form[0].a + unit_at(w, l - 1, 0), push = -w->form[0].dz[unit_at(w, l, j)];
    const char *inputs = script_keep(to, vector_text(to, a, n));
    if (n == 1)
        script_ask(to,
                   _("On what does it depend how much sample 1 wants to change the weight into neuron %zu of layer "
                     "%zu? Look at the a: %s."),
                   j + 1, l, inputs);
    else
        script_ask(to,
                   _("Which of the %zu weights into neuron %zu of layer %zu does sample 1 most want to change? Look "
                     "at the a's: %s."),
                   n, j + 1, l, inputs);
    script_formula(to, "−dW^[l]_jk = a^[l−1]_k · (−dz^[l]_j)");
    begin_products(to, "larger_a", script_keep(to, formatted("a^[%zu]_k", l - 1)));
    const size_t shown = rows_shown(n, MOST_ROWS);
    for (size_t k = 0; k < shown; k++)
        script_row(to, (cell[]){cell_math(weight_name(w->view, l, j, k)), cell_number(a[k]), cell_number(push),
                                cell_number(wish_of(w, 0, entry_of_weight(w, l, j, k)))});
    script_more(to, n - shown);
    say_most(to, w, j, true);
}

static void write_larger_w(script *to, const wishes *w, size_t j)
{
    const size_t l = w->depth, n = width_at(w->view, l - 1);
    const double push = -w->form[0].dz[unit_at(w, l, j)];
    script_ask(to,
               n == 1 ? _("And the a of layer %zu: on what does it depend how much neuron %zu wants to change it? Look "
                          "at its w: %s.")
                      : _("And which a of layer %zu does neuron %zu most want to change? Look at its w's: %s."),
               l - 1, j + 1, script_keep(to, vector_text(to, ad_values(nn_weights(w->view->net, l)) + j * n, n)));
    script_say(to, _("What neuron %zu wishes for an a is the w by which it comes, times −dz:"), j + 1);
    begin_products(to, "larger_w", script_keep(to, formatted("W^[%zu]_jk", l)));
    const size_t shown = rows_shown(n, MOST_ROWS);
    for (size_t k = 0; k < shown; k++) {
        const double weight = weight_of(w->view, l, j, k);
        script_row(to, (cell[]){cell_math(entry_name(w->view, NN_TENSOR_A, l - 1, k, 0)), cell_input(weight),
                                cell_number(push), cell_number(weight * push)});
    }
    script_more(to, n - shown);
    say_most(to, w, j, false);
    if (l == 1) script_say(to, _("(These a are the inputs: nobody can grant this wish.)"));
}

/* ------------------------------------------------------------------------------------ contradictions */

/* What samples want of one parameter. */
typedef struct quarrel {
    size_t entry, up, down;
    double size, lost; /* the mean of |wish|, and how much of it is not in the mean */
} quarrel;

static quarrel quarrel_of(const wishes *w, size_t entry)
{
    quarrel q = {.entry = entry};
    for (size_t i = 0; i < w->batch.samples; i++) {
        const double wish = wish_of(w, i, entry);
        q.up += wish > 0;
        q.down += wish < 0;
        q.size += fabs(wish);
    }
    q.size /= (double)w->batch.samples;
    q.lost = q.size - fabs(w->mean[entry]);
    return q;
}

static int by_loss(const void *a, const void *b)
{
    const quarrel *p = a, *q = b;
    if (p->lost != q->lost) return p->lost < q->lost ? 1 : -1;
    return p->entry < q->entry ? -1 : p->entry > q->entry;
}

/* Those that samples pull both ways, the largest loss first; to be freed. */
static quarrel *quarrels_of(const wishes *w, size_t *count)
{
    quarrel *all = resized(NULL, w->parameters, sizeof *all);
    *count = 0;
    for (size_t e = 0; e < w->parameters; e++) {
        const quarrel q = quarrel_of(w, e);
        if (q.up > 0 && q.down > 0) all[(*count)++] = q;
    }
    qsort(all, *count, sizeof *all, by_loss);
    return all;
}

static void add_quarrel(script *to, const wishes *w, const quarrel *q)
{
    script_row(to, (cell[]){cell_math(parameter_name(w, q->entry)), cell_count((double)q->up),
                            cell_count((double)q->down), cell_number(q->size), cell_number(w->mean[q->entry]),
                            cell_number(100 * fabs(w->mean[q->entry]) / q->size)});
}

static void say_quarrels(script *to, const wishes *w, const quarrel *q, size_t count)
{
    const char *const heads[] = {"", _("want it up"), _("down"), _("mean size"), _("mean"), _("left, in %")};
    script_say(to,
               ngettext("No: of the %zu weights and biases %zu is pulled both ways. What they want against each "
                        "other is lost in the mean.",
                        "No: of the %zu weights and biases %zu are pulled both ways. What they want against each "
                        "other is lost in the mean.",
                        count),
               w->parameters, count);
    script_table(to, "contradictions", 6, heads);
    for (size_t k = 0; k < count && k < MOST_CONTRADICTIONS; k++) add_quarrel(to, w, &q[k]);
    if (count > MOST_CONTRADICTIONS) script_say(to, _("These are the %d that lose most."), MOST_CONTRADICTIONS);
}

static void write_contradictions(script *to, const wishes *w)
{
    if (w->batch.samples < 2) {
        script_say(to, _("A single sample contradicts nobody: more of them are had by --batch."));
        return;
    }
    size_t count;
    quarrel *q = quarrels_of(w, &count);
    script_ask(to, _("Do the samples agree on the direction in which each w and b should go?"));
    script_value(to, "pulled_both_ways", (double)count);
    if (count > 0) say_quarrels(to, w, q, count);
    else script_say(to, _("Yes: every w and b is pulled in one direction only."));
    free(q);
}

void write_observations(script *to, const wishes *w)
{
    const size_t j = pushed_neuron(w);
    write_larger_a(to, w, j);
    write_larger_w(to, w, j);
    write_contradictions(to, w);
}
