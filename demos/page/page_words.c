/* SPDX-License-Identifier: MIT */
/* Every word of the page. */
#include "json_values.h"
#include "language.h"
#include "page_parts.h"

/* In sentences %s is filled in by the page. */
static const struct word {
    const char *key, *text;
} page_words[] = {
    /* what there is to see */
    {"theme", N_("Light or dark")},
    {"walk", N_("Both passes, step by step")},
    {"views", N_("What is shown")},
    {"graph", N_("Graph")},
    {"layers", N_("Layers")},
    {"fit", N_("Fit")},
    {"zoom_in", N_("Larger")},
    {"zoom_out", N_("Smaller")},
    {"fold", N_("Fold")},
    {"unfold", N_("Unfold")},
    {"nodes", N_("All nodes")},
    {"all_steps", N_("All steps")},
    {"equations", N_("Equations of the network")},
    /* going through the steps */
    {"player", N_("Steps")},
    {"first", N_("First step")},
    {"previous", N_("Previous step")},
    {"play", N_("Play")},
    {"pause", N_("Pause")},
    {"next", N_("Next step")},
    {"last", N_("Last step")},
    {"slider", N_("Step")},
    {"speed", N_("Speed")},
    {"forward", N_("Forward pass")},
    {"backward", N_("Backward sweep")},
    {"counter", N_("%1$s / %2$s")},
    /* the step */
    {"start_title", N_("Before the first step")},
    {"start_sentence", N_("The leaves have their values; nothing else is known yet.")},
    {"forward_title", N_("Forward pass, step %1$s of %2$s")},
    {"forward_sentence", N_("%1$s gets its value from its operands: %2$s.")},
    {"seed_title", N_("The backward sweep begins")},
    {"seed_sentence", N_("The derivative of %s with respect to itself is 1.")},
    {"backward_title", N_("Backward sweep, step %1$s of %2$s")},
    {"backward_sentence",
     N_("%1$s passes its adjoint, %2$s, on to its operands, times its derivative with respect to each.")},
    {"nothing_sentence", N_("%s passes nothing on.")},
    {"spoken", N_("%1$s. %2$s")},
    {"more", N_("… %s more")},
    {"comma", N_(", ")},
    {"places", N_("%1$s stands more than once in %2$s: each place has a derivative of its own, %3$s, …")},
    /* nodes */
    {"node", N_("node")},
    {"operation", N_("operation")},
    {"value", N_("value")},
    {"adjoint", N_("adjoint")},
    {"closed_value", N_("value, closed form")},
    {"closed_adjoint", N_("adjoint, closed form")},
    {"finite_difference", N_("finite difference")},
    {"difference", N_("relative difference")},
    {"after_step", N_("after the step")},
    {"node_value", N_("%1$s: value %2$s")},
    {"node_label", N_("%1$s: value %2$s, adjoint %3$s")},
    {"legend_adjoint", N_("adjoint: the derivative of %s by the node")},
    {"legend_delta", N_("δ: the derivative of the cost by z")},
    {"legend_bias_delta", N_("δ: the derivative of the cost by the bias, the opposite of that by z")},
    /* paths */
    {"paths_title", N_("Paths to the output")},
    {"paths_hint", N_("Point at a node to see every path from it to %s.")},
    {"paths_count", N_("Paths from %1$s to %2$s: %3$s. On each, the product of the derivatives along it.")},
    {"no_path", N_("No path leads from %1$s to %2$s: the derivative is 0.")},
    {"at_output", N_("%s is the output: its derivative with respect to itself is 1.")},
    {"more_paths", N_("The paths with the largest products are listed; there are %s more.")},
    /* layers */
    {"layers_hint", N_("Point at a neuron or a weight to see its numbers.")},
    {"positive", N_("positive weight")},
    {"negative", N_("negative weight")},
    /* lessons */
    {"question", N_("Question")},
    {"checks", N_("What was checked")},
    {"check", N_("%1$s: %2$s numbers, the largest difference %3$s (allowed: %4$s)")},
    {"check_agrees", N_("Agrees.")},
    {"check_differs", N_("Differs.")},
    {"plot_label", N_("%1$s against %2$s: %3$s")},
};

json_t *words_json(void)
{
    json_t *words = json_object();
    for (size_t k = 0; k < sizeof page_words / sizeof *page_words; k++)
        set(words, page_words[k].key, json_string(_(page_words[k].text)));
    return words;
}
