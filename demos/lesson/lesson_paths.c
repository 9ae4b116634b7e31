/* SPDX-License-Identifier: MIT */
/* The derivative by one z as the sum over all paths to the cost. */
#include "language.h"
#include "lesson.h"

static void set_defaults(lesson_settings *s)
{
    static const delta_options own = {.sizes = "2,2,2,1",
                                      .no_biases = true,
                                      .convention = "logistic",
                                      .weights = "0.5,-0.4,0.3,0.8,0.9,-0.6,0.7,0.2,1.2,-0.5",
                                      .inputs = "1,0.5",
                                      .targets = "1"};
    lesson_default_network(&s->network, &own);
    if (s->layer > 0) return;
    s->layer = 2;
    s->unit = 2;
}

static void write(script *to, lesson_settings *s)
{
    const lesson_network *n = lesson_network_of(s);
    script_say(to, _("How does the cost change when one neuron's weighted input z moves a little? Whatever z does to "
                     "the cost, it does along the wires that lead there. So follow every path."));
    lesson_say_network(to, n);
    lesson_check_network(to, n);
}

const lesson lesson_paths = {.name = "paths",
                             .note = "S0",
                             .title = N_("One derivative is the sum over all paths"),
                             .summary = N_("∂C/∂z is the sum over every path to the cost; why a sweep is needed"),
                             .options = LESSON_NETWORK | LESSON_UNIT | LESSON_DEPTH,
                             .set_defaults = set_defaults,
                             .write = write};
