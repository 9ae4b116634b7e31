/* SPDX-License-Identifier: MIT */
/* The lesson on the wishes of a minibatch's samples. */
#include "lesson_wishes.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 12, DEFAULT_BATCH = 3 };
#define DEFAULT_RATE 0.5

static void set_defaults(lesson_settings *s)
{
    static const delta_options own = {.sizes = "2,3,2",
                                      .convention = "squared",
                                      .weights = "0.9,-0.6,0.3,0.8,-1.1,0.5,1.2,-0.7,0.4,-0.9,0.6,1.5",
                                      .biases = "0.1,-0.2,0.3,-0.4,0.2"};
    lesson_default_network(&s->network, &own);
    const bool one = s->network.inputs != NULL || s->network.targets != NULL;
    if (s->batch == 0) s->batch = one ? 1 : DEFAULT_BATCH;
    if (s->rate <= 0) s->rate = DEFAULT_RATE;
}

/* ------------------------------------------------------------------------------------ the general form */

/* What comes back to a^[L-1]_k by a skip connection. */
static double skipped_back(const wishes *w, size_t k)
{
    return layer_of(w->view, w->depth)->skip == 1 ? w->form[0].da[unit_at(w, w->depth, k)] : 0;
}

/* (M^T dz^[L])_k for a matrix like W^[L]. */
static double transposed_product(const wishes *w, const double *matrix, size_t k)
{
    const size_t n = width_at(w->view, w->depth), in = width_at(w->view, w->depth - 1);
    const double *dz = w->form[0].dz + unit_at(w, w->depth, 0);
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += matrix[j * in + k] * dz[j];
    return sum;
}

static const double *weights_of(const wishes *w) { return ad_values(nn_weights(w->view->net, w->depth)); }
static const double *their_gradient(const wishes *w)
{
    return w->form[0].gradient + entry_of_weight(w, w->depth, 0, 0);
}

static void say_product(script *to, const wishes *w, const char *key, const char *name, const double *matrix)
{
    const size_t L = w->depth, n = width_at(w->view, L), in = width_at(w->view, L - 1);
    double *transposed = resized(NULL, n * in, sizeof *transposed), *product = resized(NULL, in, sizeof *product);
    for (size_t k = 0; k < in; k++) {
        for (size_t j = 0; j < n; j++) transposed[k * n + j] = matrix[j * in + k];
        product[k] = transposed_product(w, matrix, k);
    }
    const char *title = script_keep(to, formatted("(%s^[%zu])ᵀ dz^[%zu] =", name, L, L));
    script_matrices(to, key,
                    (term[]){{.math = title},
                             {NULL, in, n, transposed},
                             {NULL, n, 1, w->form[0].dz + unit_at(w, L, 0)},
                             {.math = "="},
                             {NULL, in, 1, product}},
                    5);
    free(product);
    free(transposed);
}

static void say_slip(script *to, const wishes *w)
{
    const size_t L = w->depth;
    const char *const heads[] = {"", _("Wᵀ dz"), _("tape"), _("the slip, dWᵀ dz")};
    comparison c = {0};
    script_table(to, "slip", 4, heads);
    const size_t n = width_at(w->view, L - 1), shown = rows_shown(n, MOST_ROWS);
    for (size_t k = 0; k < n; k++) {
        const double right = transposed_product(w, weights_of(w), k) + skipped_back(w, k);
        const double wrong = transposed_product(w, their_gradient(w), k) + skipped_back(w, k);
        const double tape = w->tape[0].da[unit_at(w, L - 1, k)];
        compare_on_scale(&c, &right, &tape, 1, largest_of(w->tape[0].da + unit_at(w, L - 1, 0), n), w->allowed);
        if (k < shown)
            script_row(to, (cell[]){cell_math(formatted("da^[%zu]_%zu", L - 1, k + 1)), cell_number(right),
                                    cell_number(tape), cell_number(wrong)});
    }
    script_more(to, n - shown);
    script_compared(to, _("Wᵀ dz, beside the tape"), &c);
}

void write_general_form(script *to, const wishes *w)
{
    script_heading(to, _("The general form, and a slip"));
    script_say(to, _("For any layer and any activation g, what is handed on is da:"));
    script_formula(to, "dz^[l] = da^[l] ⊙ g′(z^[l])");
    script_formula(to, "dW^[l] = dz^[l] (a^[l−1])ᵀ,  db^[l] = dz^[l]");
    script_formula(to, "da^[l−1] = (W^[l])ᵀ dz^[l]");
    if (has_skips(w->view)) script_say(to, _("Where a skip connection begins, the da of its end is added."));
    script_ask(to, _("The note writes its last line with dW: da^[l−1] = dz^[l] · dW^[l]. What would that be, and why "
                     "must it be W?"));
    say_product(to, w, "right_product", "W", weights_of(w));
    say_product(to, w, "slip_product", "dW", their_gradient(w));
    if (layer_of(w->view, w->depth)->skip == 1)
        script_say(to, _("To both belongs what comes back by the skip connection."));
    say_slip(to, w);
    script_say(to, _("∂z_j/∂a_k is the weight W_jk itself. With the slip, dW_jk = dz_j a_k, and da_k would be the sum "
                     "of dz_j² times a_k: it would not know the weights, and always have the sign of a_k."));
}

/* ------------------------------------------------------------------------------------------ all of it */

static void write(script *to, lesson_settings *s)
{
    const delta_subject *n = lesson_network_of(s);
    comparison c = {0};
    wishes w;
    script_say(to, _("Every sample wants its own cost to fall, and has a wish for every weight, bias and activation: a "
                     "direction and a size. A step of gradient descent is the mean of these wishes."));
    write_chain(to, n, s->digits);
    script_heading(to, _("A minibatch: every sample has its wishes"));
    lesson_say_network(to, n);
    wishes_make(&w, n);
    write_wishes(to, &w);
    compare_wishes(&c, &w);
    script_compared(to, _("each sample's wishes on the tape, beside the closed form"), &c);
    write_observations(to, &w);
    write_step(to, &w, s->rate);
    write_general_form(to, &w);
    wishes_free(&w);
}

const lesson lesson_wishes = {.name = "wishes",
                              .note = "S1",
                              .title = N_("What each sample of a minibatch wishes"),
                              .summary = N_("Each sample's wish for every w, b and a, and the step that is their mean"),
                              .options = LESSON_NETWORK | LESSON_BATCH | LESSON_RATE,
                              .set_defaults = set_defaults,
                              .write = write};
