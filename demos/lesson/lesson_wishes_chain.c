/* SPDX-License-Identifier: MIT */
/* The first part of the lesson on wishes: layers of one neuron each, so that the chain rule is a product. */
#include "language.h"
#include "lesson_wishes.h"

#include <stdlib.h>

typedef struct chain {
    const wishes *w;
    const pass *tape, *form;
    size_t depth;
    comparison compared;
} chain;

/* One line of the chain rule: dC/d. = dz/d. da/dz dC/da. */
typedef struct link {
    char *name; /* owned */
    double by, slope, rest, tape;
} link;

/* ------------------------------------------------------------------------------------- forward */

static cell number_or_none(bool is_there, double x) { return is_there ? cell_number(x) : cell_empty(); }

static void say_forward(script *to, const chain *c)
{
    const delta_view *v = c->w->view;
    const char *const heads[] = {_("layer"), "w", "b", "z", "a"};
    script_table(to, "chain", 5, heads);
    for (size_t l = 0; l <= c->depth; l++) {
        const bool has_b = l > 0 && has_biases(v, l);
        script_row(to, (cell[]){l > 0 ? cell_count((double)l) : cell_text(copied(_("input"))),
                                l > 0 ? cell_input(weight_of(v, l, 0, 0)) : cell_empty(),
                                has_b ? cell_input(bias_of(v, l, 0)) : cell_empty(),
                                number_or_none(l > 0, c->tape->z[l]), cell_number(c->tape->a[l])});
    }
    script_value(to, "chain_y", v->y[0]);
    script_value(to, "chain_C0", c->tape->cost);
    script_formula(to, "C₀ = (a^(%zu) − y)² = (%s − %s)² = %s", c->depth, script_number(to, c->tape->a[c->depth]),
                   script_operand(to, v->y[0]), script_number(to, c->tape->cost));
}

/* ------------------------------------------------------------------------------------- backward */

static double product_of(const link *k) { return k->by * k->slope * k->rest; }

static void add_link(script *to, chain *c, link k)
{
    const double product = product_of(&k);
    compare(&c->compared, &k.tape, &product, 1, c->w->allowed);
    script_row(to, (cell[]){cell_math(k.name), cell_number(k.by), cell_number(k.slope), cell_number(k.rest),
                            cell_number(product), cell_number(k.tape)});
}

/* The derivatives of layer l, given that by its a; returns that by the a before. */
static double add_layer(script *to, chain *c, size_t l, double rest)
{
    const delta_view *v = c->w->view;
    const nn_layer *layer = layer_of(v, l);
    const double slope = nn_activation_slope(layer->activation, layer->alpha, c->form->z[l]);
    const double w = weight_of(v, l, 0, 0);
    add_link(to, c,
             (link){formatted("∂C₀/∂w^(%zu)", l), c->form->a[l - 1], slope, rest,
                    c->tape->gradient[entry_of_weight(c->w, l, 0, 0)]});
    if (has_biases(v, l))
        add_link(to, c,
                 (link){formatted("∂C₀/∂b^(%zu)", l), 1, slope, rest, c->tape->gradient[entry_of_bias(c->w, l, 0)]});
    if (l > 1) add_link(to, c, (link){formatted("∂C₀/∂a^(%zu)", l - 1), w, slope, rest, c->tape->da[l - 1]});
    return w * slope * rest;
}

static void begin_table(script *to, const char *key)
{
    const char *const heads[] = {"", "∂z/∂…", "∂a/∂z", "∂C₀/∂a", _("product"), _("tape")};
    script_table(to, key, 6, heads);
}

static double by_output(const chain *c) { return 2 * (c->form->a[c->depth] - c->w->view->y[0]); }

static void ask_for_direction(script *to, const chain *c)
{
    script_say(to,
               _("From w to the cost there is one way, by z and a. So the chain rule has three factors; for b and for "
                 "the a before only the first is another one:"));
    script_formula(to, "∂C₀/∂w^(L) = ∂z^(L)/∂w^(L) ∂a^(L)/∂z^(L) ∂C₀/∂a^(L)");
    script_formula(to, "∂C₀/∂w^(L) = a^(L−1) σ′(z^(L)) 2(a^(L) − y)");
    script_formula(to, "∂C₀/∂b^(L) = σ′(z^(L)) 2(a^(L) − y)");
    script_formula(to, "∂C₀/∂a^(L−1) = w^(L) σ′(z^(L)) 2(a^(L) − y)");
    script_ask(to,
               _("The output is %s and should be %s. Does the sample want w^(%zu) to become larger or smaller? "
                 "Look at the signs of the three factors."),
               script_number(to, c->tape->a[c->depth]), script_number(to, c->w->view->y[0]), c->depth);
}

static void say_direction(script *to, double derivative, size_t l)
{
    const char *shown = script_number(to, derivative);
    if (derivative > 0)
        script_say(to, _("The derivative by w^(%zu) is %s: the cost grows with it, and the sample wants it smaller."),
                   l, shown);
    else if (derivative < 0)
        script_say(to,
                   _("The derivative by w^(%zu) is %s: the cost falls as it grows, and the sample wants it larger."), l,
                   shown);
    else script_say(to, _("The derivative by w^(%zu) is 0: for now the sample has no wish for it."), l);
    script_say(to, _("A wish is minus the derivative: its sign is the direction, its size how much it matters."));
}

static void write_rest(script *to, chain *c, double rest)
{
    if (c->depth == 1) return;
    script_ask(to,
               _("∂C₀/∂a^(%zu) takes the place of 2 (a^(%zu) − y) for the layer before. By what is it multiplied "
                 "each time it is handed on, and what does that do to the wishes of layer 1?"),
               c->depth - 1, c->depth);
    script_formula(to, "∂C₀/∂a^(l−1) = w^(l) σ′(z^(l)) ∂C₀/∂a^(l)");
    begin_table(to, "chain_before");
    const double by_last = rest;
    for (size_t l = c->depth - 1; l >= 1; l--) {
        const double before = add_layer(to, c, l, rest);
        if (l > 1) rest = before;
    }
    if (c->depth == 2) return;
    script_say(to,
               _("Each layer multiplies by w^(l) σ′(z^(l)), and σ′ of a sigmoid is never above 1/4: ∂C₀/∂a^(%zu) is "
                 "%s, ∂C₀/∂a^(1) is %s."),
               c->depth - 1, script_number(to, by_last), script_number(to, rest));
}

static void write_chain_of(script *to, const delta_subject *n)
{
    wishes w;
    wishes_make(&w, n);
    chain c = {.w = &w, .tape = &w.tape[0], .form = &w.form[0], .depth = w.depth};
    say_forward(to, &c);
    ask_for_direction(to, &c);
    begin_table(to, "chain_last");
    const double rest = add_layer(to, &c, c.depth, by_output(&c));
    say_direction(to, w.tape[0].gradient[entry_of_weight(&w, c.depth, 0, 0)], c.depth);
    write_rest(to, &c, rest);
    script_compared(to, _("the products of the chain, beside the tape"), &c.compared);
    wishes_free(&w);
}

void write_chain(script *to, const delta_subject *n, int digits)
{
    script_heading(to, _("A chain: one neuron in each layer"));
    script_say(to, _("With one neuron in each layer nothing has an index but the layer, and the chain rule is one "
                     "product. The cost of one sample is C₀; the factor 2 of its square stays."));
    script_formula(to, "C₀ = (a^(L) − y)²,  z^(l) = w^(l) a^(l−1) + b^(l),  a^(l) = σ(z^(l))");
    if (is_chain(&n->view) && !has_skips(&n->view)) {
        write_chain_of(to, n);
        return;
    }
    lesson_settings own = {.network = {.sizes = "1,1,1,1",
                                       .convention = "squared",
                                       .weights = "1.2,-0.8,1.5",
                                       .biases = "0.3,0.1,-0.4",
                                       .inputs = "0.5",
                                       .targets = "0.1"},
                           .digits = digits};
    delta_subject *small = lesson_network_of(&own);
    write_chain_of(to, small);
    lesson_network_free(&own);
}
