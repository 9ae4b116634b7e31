/* SPDX-License-Identifier: MIT */
/* A gradient check for reading: the coordinates, directions, operations alone, and the verdict in a sentence. */
#include "check_view.h"
#include "command.h"
#include "language.h"
#include "library_text.h"
#include "print.h"
#include "trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 9, SHOWN = 20, MOST_SHOWN = 100, MOST_NOTES = 12 };

static char *verdict_cell(ad_check_verdict verdict) { return copied(ad_check_verdict_text(verdict)); }

static bool is_formula(const check_view *v) { return v->subject.formula != NULL; }

/* ---------------------------------------------------------------------------------------- subject */

static void put_network(FILE *to, const check_subject *s)
{
    char *layers = trained_layers(s->net);
    put_labelled(to, _("Network"), MARGIN,
                 formatted(_("%s; cost %s"), layers, nn_cost_name(nn_mlp_shape(s->net)->cost)));
    put_labelled(to, _("Samples"), MARGIN,
                 s->from != NULL ? formatted(_("%zu from %s"), s->data.samples, s->from)
                                 : formatted(_("%zu drawn at random or as given"), s->data.samples));
    free(layers);
}

static void put_subject(FILE *to, const check_view *v)
{
    if (is_formula(v)) print_formula(to, v->subject.formula);
    else put_network(to, &v->subject);
    if (v->planted != NULL)
        put_labelled(to, _("Planted"), MARGIN, formatted(_("%s, so that the tape's gradient is wrong"), v->planted));
}

/* ------------------------------------------------------------------------------------ coordinates */

static int by_weight(const void *a, const void *b, void *coordinates)
{
    const ad_check_coordinate *compared = coordinates;
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const ad_check_coordinate *c = &compared[i], *d = &compared[j];
    if (c->verdict != d->verdict) return c->verdict > d->verdict ? -1 : 1;
    if (c->relative != d->relative && !isnan(c->relative) && !isnan(d->relative))
        return c->relative > d->relative ? -1 : 1;
    return i < j ? -1 : i > j;
}

static int by_number(const void *a, const void *b)
{
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    return i < j ? -1 : i > j;
}

/* The coordinates to be shown, in their order: of many the worst. To be freed. */
static size_t *chosen(const ad_gradcheck_report *r, size_t *count)
{
    const size_t odd = r->count - r->verdicts[AD_CHECK_PASS];
    size_t *order = resized(NULL, r->count, sizeof *order);
    for (size_t k = 0; k < r->count; k++) order[k] = k;
    *count = odd > MOST_SHOWN ? MOST_SHOWN : odd > SHOWN ? odd : SHOWN;
    if (*count > r->count) *count = r->count;
    qsort_r(order, r->count, sizeof *order, by_weight, r->coordinates);
    qsort(order, *count, sizeof *order, by_number);
    return order;
}

/* Where each number is from, if not all are from the same method. */
static unsigned methods_of(const ad_gradcheck_report *r)
{
    unsigned methods = 0;
    for (size_t k = 0; k < r->count; k++)
        if (r->coordinates[k].verdict != AD_CHECK_NONE) methods |= r->coordinates[k].method;
    return methods;
}

static const char *numeric_head(unsigned methods)
{
    return methods == AD_CHECK_COMPLEX       ? _("complex step")
           : methods == AD_CHECK_DIFFERENCES ? C_("finite", "difference")
                                             : _("numeric");
}

static void add_coordinate(table *t, const check_view *v, const ad_check_coordinate *c)
{
    const bool is_none = c->verdict == AD_CHECK_NONE;
    char *cells[] = {check_coordinate_name(&v->subject, c->index),
                     input_cell(c->x, v->digits),
                     number_cell(c->gradient, v->digits),
                     is_none || isnan(c->numeric) ? copied("-") : number_cell(c->numeric, v->digits),
                     is_none || !isfinite(c->error) ? copied("-") : known_magnitude(c->error),
                     is_none ? copied("-") : known_magnitude(c->relative),
                     verdict_cell(c->verdict),
                     copied(c->method == AD_CHECK_COMPLEX ? _("complex step") : C_("finite", "difference"))};
    if (t->columns < 8) free(cells[7]);
    table_add(t, cells);
}

static void put_coordinates(FILE *to, const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    const unsigned methods = methods_of(r);
    const bool is_mixed = (methods & AD_CHECK_COMPLEX) != 0 && (methods & AD_CHECK_DIFFERENCES) != 0;
    const char *const heads[] = {is_formula(v) ? _("leaf") : _("parameter"),
                                 _("value"),
                                 _("tape"),
                                 numeric_head(methods),
                                 _("its error"),
                                 _("rel. error"),
                                 _("verdict"),
                                 _("by")};
    static const bool is_number[] = {false, true, true, true, true, true, false, false};
    table t = {.columns = is_mixed ? 8 : 7, .heads = heads, .is_number = is_number, .wrapped = 8};
    size_t count, *order = chosen(r, &count);
    char *output = check_output_name(&v->subject);
    char *heading =
        is_formula(v)
            ? formatted(_("Gradient: the derivative of %s by each leaf, from the tape and without it"), output)
            : copied(_("Gradient: the derivative of the mean cost by each parameter, from the tape and without it"));
    put_heading(to, heading);
    for (size_t k = 0; k < count; k++) add_coordinate(&t, v, &r->coordinates[order[k]]);
    table_print(&t, to);
    if (r->count > count) put_owned_note(to, formatted(_("(the worst %zu of %zu that were checked)"), count, r->count));
    if (r->inputs > r->count)
        put_owned_note(to, formatted(is_formula(v) ? _("(%zu of %zu leaves were checked, chosen at random by the seed "
                                                       "%llu: see --most)")
                                                   : _("(%zu of %zu parameters were checked, chosen at random by the "
                                                       "seed %llu: see --most)"),
                                     r->count, r->inputs, (unsigned long long)r->seed));
    free(heading);
    free(output);
    free(order);
}

/* ------------------------------------------------------------------------------------- directions */

static void add_direction(table *t, const ad_check_direction *d, size_t number_of, bool taylor, bool dot, int digits)
{
    char *cells[6] = {formatted("%zu", number_of)};
    size_t n = 1;
    if (taylor) cells[n++] = isnan(d->slope) ? copied("-") : formatted("%.2f", d->slope);
    if (dot) {
        cells[n++] = number_cell(d->forward, digits);
        cells[n++] = number_cell(d->backward, digits);
        cells[n++] = known_magnitude(d->relative);
    }
    cells[n] = verdict_cell(d->taylor > d->dot ? d->taylor : d->dot);
    table_add(t, cells);
}

static void put_directions(FILE *to, const check_view *v)
{
    const char *const taylor_heads[] = {_("direction"), _("Taylor slope"), _("verdict")};
    const char *const dot_heads[] = {_("direction"), "u.(J v)", "(J'u).v", _("rel. error"), _("verdict")};
    const char *const all_heads[] = {_("direction"), _("Taylor slope"), "u.(J v)",
                                     "(J'u).v",      _("rel. error"),   _("verdict")};
    static const bool is_number[] = {false, true, true, true, true, false}, are_slopes[] = {false, true, false},
                      are_products[] = {false, true, true, true, false};
    const ad_gradcheck_report *r = &v->report;
    const bool taylor = (r->methods & AD_CHECK_TAYLOR) != 0, dot = (r->methods & AD_CHECK_DOT_PRODUCT) != 0;
    table t = {.columns = 6, .heads = all_heads, .is_number = is_number, .wrapped = 6};
    if (r->direction_count == 0 || (!taylor && !dot)) return;
    if (!dot) t = (table){.columns = 3, .heads = taylor_heads, .is_number = are_slopes, .wrapped = 6};
    if (!taylor) t = (table){.columns = 5, .heads = dot_heads, .is_number = are_products, .wrapped = 6};
    put_heading(to, _("Random directions: all inputs at once"));
    for (size_t k = 0; k < r->direction_count; k++) add_direction(&t, &r->directions[k], k + 1, taylor, dot, v->digits);
    table_print(&t, to);
}

/* -------------------------------------------------------------------------------- operations alone */

static void put_wrong_rules(FILE *to, const check_view *v)
{
    const char *const heads[] = {_("operation"), _("operand"),   _("tape"),
                                 _("numeric"),   _("its error"), _("rel. error")};
    static const bool is_number[] = {false, true, true, true, true, true};
    const ad_gradcheck_report *r = &v->report;
    table t = {.columns = 6, .heads = heads, .is_number = is_number, .wrapped = 0};
    put_heading(to, _("Wrong rules: derivatives of single operations"));
    for (size_t k = 0; k < r->rule_count && k < SHOWN; k++) {
        const ad_check_rule *rule = &r->rules[k];
        table_add(&t, (char *[]){copied(library_text(rule->at.text)),
                                 rule->operand > 0 ? formatted("%zu", rule->operand) : copied("-"),
                                 number_cell(rule->partial, v->digits), number_cell(rule->numeric, v->digits),
                                 known_magnitude(rule->error), known_magnitude(rule->relative)});
    }
    table_print(&t, to);
    if (r->rule_count > SHOWN) put_owned_note(to, formatted(_("(and %zu more)"), r->rule_count - SHOWN));
}

static void put_operations(FILE *to, const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    if (r->rule_count > 0) put_wrong_rules(to, v);
    if ((r->methods & AD_CHECK_NODES) == 0 || r->node_count == 0) return;
    char *checked = r->nodes_checked == r->node_count ? formatted("%zu", r->node_count)
                                                      : formatted(_("%zu of %zu"), r->nodes_checked, r->node_count);
    char *unclear = r->nodes_unclear == 0
                        ? copied("")
                        : formatted(_("; of %zu there is nothing to say, at a kink or in rounding"), r->nodes_unclear);
    fputc('\n', to);
    put_owned_note(to,
                   formatted(r->rule_count == 0 ? _("Each operation alone: %s checked, none is wrong%s.")
                                                : _("Each operation alone: %s checked, with the wrong ones above%s."),
                             checked, unclear));
    free(checked);
    free(unclear);
}

/* ---------------------------------------------------------------------------------------- remarks */

static char *remark_on(const ad_check_coordinate *c, const char *name, bool has_rules)
{
    char h[NUMBER_SIZE];
    const char *where = c->at.found ? library_text(c->at.text) : _("something");
    show_number(h, c->step, 2);
    switch (c->verdict) {
    case AD_CHECK_KINK:
        if (c->step == 0)
            return formatted(
                _("%s: KINK. However small the step, %s changes sides: a kink, a tie or a branch. There is no "
                  "difference; the tape's gradient is that at %s itself, a convention."),
                name, where, name);
        return formatted(
            _("%s: KINK. Between %s - %s and %s + %s, %s changes sides: a kink, a tie or a branch. Differences "
              "mix both sides; the tape's gradient is that at %s itself."),
            name, name, h, name, h, where, name);
    case AD_CHECK_NOISE:
        return formatted(_("%s: NOISE. Differences have an error of about %.1e here, too coarse for a verdict."), name,
                         c->error);
    case AD_CHECK_NONFINITE:
        return formatted(_("%s: NONFINITE. The first number that is not finite is at %s."), name, where);
    case AD_CHECK_FAIL:
        if (!c->at.found || has_rules) return NULL; /* which say it */
        return formatted(_("%s: FAIL. Look at %s."), name, where);
    default: return NULL;
    }
}

static void put_remarks(FILE *to, const check_view *v)
{
    size_t said = 0, more = 0;
    for (size_t k = 0; k < v->report.count; k++) {
        const ad_check_coordinate *c = &v->report.coordinates[k];
        char *name = check_coordinate_name(&v->subject, c->index),
             *remark = remark_on(c, name, v->report.rule_count > 0);
        free(name);
        if (remark == NULL) continue;
        if (said == 0) fputc('\n', to);
        if (said++ < MOST_NOTES) put_note(to, remark);
        else more++;
        free(remark);
    }
    if (more > 0) put_owned_note(to, formatted(_("(and %zu more like these)"), more));
}

/* ---------------------------------------------------------------------------------------- verdict */

static double worst_of(const ad_gradcheck_report *r)
{
    double worst = 0;
    for (size_t k = 0; k < r->count; k++)
        if (r->coordinates[k].verdict == AD_CHECK_PASS) worst = fmax(worst, r->coordinates[k].relative);
    return worst;
}

/* "all 3 leaves", "2 of 3 parameters", "the leaf". */
static char *count_of(const check_view *v, size_t n)
{
    const size_t all = v->report.count;
    if (all == 1 && n == 1) return copied(is_formula(v) ? _("the leaf") : _("the parameter"));
    if (n == all) return formatted(is_formula(v) ? _("all %zu leaves") : _("all %zu parameters"), n);
    return formatted(is_formula(v) ? _("%zu of %zu leaves") : _("%zu of %zu parameters"), n, all);
}

static char *sentence_of_failure(const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    if (r->differs)
        return copied(_("two evaluations at the same point are not the same, so that nothing can be compared."));
    const size_t wrong = r->verdicts[AD_CHECK_FAIL];
    char *count = count_of(v, wrong),
         *what = wrong > 0           ? formatted(_("the tape's derivative is wrong by %s"), count)
                 : r->rule_count > 0 ? copied(_("the gradient looks right here, but a rule is wrong"))
                                     : copied(_("the tape's gradient is wrong along a direction")),
         *sentence = r->rule_count == 0 ? formatted(_("%s."), what)
                     : r->rule_count == 1
                         ? formatted(_("%s; look at %s."), what, library_text(r->rules[0].at.text))
                         : formatted(_("%s; look at %s and those after it."), what, library_text(r->rules[0].at.text));
    free(what);
    free(count);
    return sentence;
}

static char *sentence_of_success(const check_view *v, const char *count)
{
    const double worst = worst_of(&v->report);
    if (v->report.verdicts[AD_CHECK_PASS] == 0) return copied(_("nothing is wrong."));
    if (worst == 0) return formatted(_("the tape's derivative is right by %s, to the last digit."), count);
    return formatted(_("the tape's derivative is right by %s; the largest relative error is %.1e."), count, worst);
}

static char *sentence_of(const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    const size_t good = r->verdicts[AD_CHECK_PASS];
    char *count = count_of(v, good), *sentence = NULL;
    switch (r->verdict) {
    case AD_CHECK_NONE: sentence = copied(_("no method that was asked for can be used here.")); break;
    case AD_CHECK_PASS: sentence = sentence_of_success(v, count); break;
    case AD_CHECK_FAIL: sentence = sentence_of_failure(v); break;
    default:
        sentence =
            good > 0
                ? formatted(
                      _("the tape's derivative is right by %s; for the others there is no verdict, as said above."),
                      count)
                : copied(_("there is no comparison, as said above."));
        break;
    }
    free(count);
    return sentence;
}

static void put_verdict(FILE *to, const check_view *v)
{
    const ad_gradcheck_report *r = &v->report;
    const char *word = ad_check_verdict_text(r->verdict);
    const colour c = r->verdict == AD_CHECK_PASS ? COLOUR_NUMBER : COLOUR_WARNING;
    char *sentence = sentence_of(v), *all = formatted(_("%s: %s"), word, sentence);
    fprintf(to, "\n%s", start_of(c));
    put_wrapped(to, all, 0, 2);
    fprintf(to, "%s\n", end_of(c));
    free(all);
    free(sentence);
}

void check_print_text(FILE *to, const check_view *v)
{
    put_subject(to, v);
    put_coordinates(to, v);
    put_directions(to, v);
    put_operations(to, v);
    put_remarks(to, v);
    if (v->steps != NULL) check_print_steps(to, v);
    put_verdict(to, v);
}
