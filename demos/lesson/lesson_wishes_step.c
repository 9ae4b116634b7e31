/* SPDX-License-Identifier: MIT */
/* The fourth part of the lesson on wishes: their mean is the gradient of the batch, and one step along it. */
#include "language.h"
#include "lesson_wishes.h"
#include "library_text.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 20, MOST_COSTS = 12 };

/* ---------------------------------------------------------------------- the mean and the gradient */

/* Minus the gradient of the batch's cost, recorded and swept all at once. */
static double *all_at_once(const wishes *w, double *cost)
{
    nn_score score;
    nn_error error;
    nn_mlp *net = w->view->net;
    if (nn_gradient(net, &w->batch, NULL, w->batch.samples, 0, &score, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    double *gradient = resized(NULL, w->parameters, sizeof *gradient);
    const double *swept = ad_grads(nn_parameters(net));
    for (size_t e = 0; e < w->parameters; e++) gradient[e] = -swept[e];
    *cost = score.cost;
    return gradient;
}

static double *by_closed_form(const wishes *w, double *cost)
{
    double *gradient = resized(NULL, w->parameters, sizeof *gradient);
    *cost = closed_gradient(w, gradient);
    for (size_t e = 0; e < w->parameters; e++) gradient[e] = -gradient[e];
    return gradient;
}

static double largest_wish(const wishes *w)
{
    double most = 0;
    for (size_t i = 0; i < w->batch.samples; i++) most = fmax(most, largest_of(w->tape[i].gradient, w->parameters));
    return most;
}

static void compare_means(script *to, const wishes *w, const double *swept, const double *form, const double cost[2])
{
    comparison c = {0};
    const double scale = largest_wish(w);
    compare_on_scale(&c, w->mean, swept, w->parameters, scale, w->allowed);
    compare_on_scale(&c, w->mean, form, w->parameters, scale, w->allowed);
    compare(&c, &cost[0], &cost[1], 1, w->allowed);
    script_compared(to, _("the mean of the wishes, beside the batch swept at once and the closed form"), &c);
}

static void say_means(script *to, const wishes *w, const double *swept, const double *form)
{
    const char *const heads[] = {"", _("mean of the wishes"), _("batch at once"), _("closed form")};
    script_table(to, "means", 4, heads);
    for (size_t e = 0; e < w->parameters && e < MOST_ROWS; e++)
        script_row(to, (cell[]){cell_math(parameter_name(w, e)), cell_number(w->mean[e]), cell_number(swept[e]),
                                cell_number(form[e])});
    const size_t more = w->parameters > MOST_ROWS ? w->parameters - MOST_ROWS : 0;
    if (more > 0) script_say(to, ngettext("… %zu more", "… %zu more", more), more);
}

static void write_mean(script *to, const wishes *w)
{
    double cost[2];
    double *swept = all_at_once(w, &cost[0]), *form = by_closed_form(w, &cost[1]);
    script_heading(to, _("The mean of the wishes"));
    script_say(to, w->batch.samples == 1
                       ? _("A batch of a single sample: the mean is that sample's wish. In general every w and b gets "
                           "the mean of all wishes, which is minus the gradient of the batch's cost J, the mean of the "
                           "samples' costs:")
                       : _("What to do with so many wishes? Every w and b gets their mean. That is minus the gradient "
                           "of the batch's cost J, which is the mean of the samples' costs:"));
    script_formula(to, "J = 1/m Σ_i C₀^(i)");
    script_formula(to, "−∂J/∂W^[l] = 1/m Σ_i (−∂C₀^(i)/∂W^[l])");
    script_ask(to, _("Sample by sample, or all samples on one tape and one sweep: is it the same?"));
    say_means(to, w, swept, form);
    script_value(to, "J", cost[0]);
    script_say(to, _("The same. J = %s."), script_number(to, cost[0]));
    compare_means(to, w, swept, form, cost);
    free(form);
    free(swept);
}

/* --------------------------------------------------------------------------------------- one step */

typedef struct step {
    double rate;
    double *before; /* the parameters */
    double *costs;  /* of each sample, after the step; then J */
    size_t worse;   /* how many samples are worse off */
    size_t a_worse; /* the first of them */
} step;

static void take_step(const wishes *w, step *s)
{
    const ad_span all = nn_parameters(w->view->net);
    s->before = resized(NULL, w->parameters, sizeof *s->before);
    for (size_t e = 0; e < w->parameters; e++) s->before[e] = ad_values(all)[e];
    double *p = ad_set_in_place(all);
    for (size_t e = 0; e < w->parameters; e++) p[e] += s->rate * w->mean[e];
}

static double cost_now(const wishes *w, size_t first, size_t samples)
{
    const nn_data some = {w->batch.x + first * width_at(w->view, 0), w->batch.y + first * width_at(w->view, w->depth),
                          samples};
    nn_score score;
    nn_error error;
    if (nn_evaluate(w->view->net, &some, &score, &error) != NN_OK)
        die(CODE_DATA, _("after a step with --rate: %s"), library_text(error.message));
    return score.cost;
}

static double mean_cost(const wishes *w)
{
    double sum = 0;
    for (size_t i = 0; i < w->batch.samples; i++) sum += w->tape[i].cost;
    return sum / (double)w->batch.samples;
}

static void see_costs(script *to, const wishes *w, step *s)
{
    const size_t m = w->batch.samples;
    double *unused = resized(NULL, w->parameters, sizeof *unused);
    s->costs = resized(NULL, m + 1, sizeof *s->costs);
    for (size_t i = 0; i < m; i++) {
        s->costs[i] = cost_now(w, i, 1);
        if (s->costs[i] > w->tape[i].cost && s->worse++ == 0) s->a_worse = i;
    }
    s->costs[m] = cost_now(w, 0, m);
    const double form = closed_gradient(w, unused);
    comparison c = {0};
    compare(&c, &s->costs[m], &form, 1, w->allowed);
    script_compared(to, _("J after the step, beside the closed form"), &c);
    free(unused);
}

static void say_parameters(script *to, const wishes *w, const step *s)
{
    const char *const heads[] = {"", _("before"), _("mean of the wishes"), _("after")};
    script_table(to, "step", 4, heads);
    for (size_t e = 0; e < w->parameters && e < MOST_ROWS; e++)
        script_row(to, (cell[]){cell_math(parameter_name(w, e)), cell_input(s->before[e]), cell_number(w->mean[e]),
                                cell_number(s->before[e] + s->rate * w->mean[e])});
    const size_t more = w->parameters > MOST_ROWS ? w->parameters - MOST_ROWS : 0;
    if (more > 0) script_say(to, ngettext("… %zu more", "… %zu more", more), more);
}

/* How the cost of a sample would change if it were a plane: -eta times its gradient times that of J. */
static double foretold(const wishes *w, size_t i, double rate)
{
    double sum = 0;
    for (size_t e = 0; e < w->parameters; e++) sum += wish_of(w, i, e) * w->mean[e];
    return -rate * sum;
}

static void add_cost(script *to, cell name, double before, double after, double expected)
{
    script_row(to, (cell[]){name, cell_number(before), cell_number(after), cell_number(after - before),
                            cell_number(expected)});
}

static void say_costs(script *to, const wishes *w, const step *s)
{
    const size_t m = w->batch.samples;
    const char *const heads[] = {_("sample"), _("C₀ before"), _("after"), _("change"), _("foretold")};
    double mean = 0;
    script_table(to, "costs", 5, heads);
    for (size_t i = 0; i < m; i++) {
        const double expected = foretold(w, i, s->rate);
        mean += expected / (double)m;
        if (i < MOST_COSTS) add_cost(to, cell_count((double)i + 1), w->tape[i].cost, s->costs[i], expected);
    }
    if (m > MOST_COSTS) script_more(to, m - MOST_COSTS);
    add_cost(to, cell_text(copied(_("mean, J"))), mean_cost(w), s->costs[m], mean);
}

static void say_outcome(script *to, const wishes *w, const step *s)
{
    const double before = mean_cost(w), after = s->costs[w->batch.samples];
    const char *from = script_number(to, before), *into = script_number(to, after);
    if (after > before)
        script_say(to,
                   _("J rises from %s to %s: the step was too long. The gradient speaks of small steps only; try "
                     "a smaller --rate."),
                   from, into);
    else if (w->batch.samples == 1) script_say(to, _("J goes from %s to %s."), from, into);
    else if (s->worse == 0)
        script_say(to, _("J goes from %s to %s, and this time no sample is worse off."), from, into);
    else if (foretold(w, s->a_worse, s->rate) > 0)
        script_say(to,
                   ngettext("J goes from %s to %s, and yet %zu sample is worse off, sample %zu: what it wants "
                            "points against the mean.",
                            "J goes from %s to %s, and yet %zu samples are worse off, sample %zu among them: "
                            "what it wants points against the mean.",
                            s->worse),
                   from, into, s->worse, s->a_worse + 1);
    else
        script_say(to,
                   ngettext("J goes from %s to %s, and yet %zu sample is worse off, sample %zu: the step goes its "
                            "way, but is too long for it.",
                            "J goes from %s to %s, and yet %zu samples are worse off, sample %zu among them: the step "
                            "goes its way, but is too long for it.",
                            s->worse),
                   from, into, s->worse, s->a_worse + 1);
    script_say(to, _("Foretold is −η times the product of the sample's gradient and the mean gradient, added up over "
                     "all w and b: right for small steps. It is positive where a sample is outvoted."));
}

void write_step(script *to, const wishes *w, double rate)
{
    step s = {.rate = rate};
    write_mean(to, w);
    script_heading(to, _("One step"));
    script_value(to, "rate", rate);
    script_formula(to, "W^[l] ← W^[l] − η ∂J/∂W^[l],  %sη = %s",
                   has_some_biases(w->view) ? "b^[l] ← b^[l] − η ∂J/∂b^[l],  " : "", script_number(to, rate));
    script_ask(to,
               _("Every w and b goes along its mean wish. J will fall, if the step is small. Will the cost of every "
                 "sample?"));
    take_step(w, &s);
    see_costs(to, w, &s);
    ad_set_all(nn_parameters(w->view->net), s.before);
    say_parameters(to, w, &s);
    say_costs(to, w, &s);
    say_outcome(to, w, &s);
    free(s.costs);
    free(s.before);
}
