/* SPDX-License-Identifier: MIT */
/* Messages are recognised by the formats that the library makes them from, with %s for all that is put in. */
#include "library_text.h"
#include "command.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 4 };

/* Of two that a message has, the longer one comes first. */
static const char *const formats[] = {
    N_("expected ')', found %s: the '(' at line %s, column %s is not closed"),
    N_("expected ':', found %s: the '?' at line %s, column %s has no ':'"),
    N_("expected a value, found %s: a formula goes on after it only inside parentheses"),
    N_("expected a value, found %s: a power is written ^"),
    N_("expected a value, found %s"),
    N_("expected an operator, found '=': to compare write ==, to name a value start a statement with its name"),
    N_("expected ',' or an operator, found %s"),
    N_("expected an operator, found %s: to multiply write %s"),
    N_("unknown name %s: did you mean %s?"),
    N_("unknown name %s"),
    N_("unknown function %s: did you mean %s?"),
    N_("unknown function %s"),
    N_("%s is a function: write its operands in parentheses, %s"),
    N_("%s is not a function: to multiply write %s"),
    N_("%s takes at least 1 operand, got %s"),
    N_("%s takes %s operand, got %s"),
    N_("%s takes %s operands, got %s"),
    N_("',' stands only between the operands of a function; the decimal mark is a point"),
    N_("':' without a '?' before it"),
    N_("')' without a '(' before it"),
    N_("%s is too long for a name: at most %s bytes"),
    N_("%s is a number in formulas and cannot be assigned"),
    N_("a name cannot be empty"),
    N_("%s: a name is a letter or '_', then letters, digits, '_' and '.'"),
    N_("%s: a name has at most 255 bytes"),
    N_("the name %s is already taken on the tape"),
    N_("the name %s is already taken (line %s)"),
    N_("expected a formula, found the end of the text"),
    N_("%s is not a number: it has no digits"),
    N_("%s is not a number: its exponent has no digits"),
    N_("%s is not a number: it has a point too many"),
    N_("%s is not a number: digits stand together"),
    N_("the number %s is too large"),
    N_("byte %s is not valid UTF-8 here"),
    N_("%s has no meaning here: write %s"),
    N_("%s has no meaning in a formula"),
    N_("%s: a leaf was set since these values were computed: ad_reevaluate first"),
    N_("layer %s: skip: there is no layer %s before it"),
    N_("layer %s: skip: layer %s is %s wide, this one %s"),
    N_("layer %s: skip: not with softmax"),
    N_("layer %s: skip: not on the output of %s"),
    N_("layer %s: width: must be at least 1"),
    N_("inputs: must be at least 1"),
    N_("cost: %s needs %s on the output, layer %s, which has %s"),
    N_("the convention %s needs %s; this is %s on %s"),
    N_("the convention %s: layer %s has softmax, which goes only on the output of the convention logistic"),
    N_("the convention %s has no skip connections, and layer %s has one; half-mean and per-neuron know them"),
    N_("a matched pair: binary_cross_entropy on sigmoid, softmax_cross_entropy on softmax, or half_sum_of_squares on "
       "identity"),
    N_("a cost of squares: half_sum_of_squares, sum_of_squares or mean_of_squares"),
    N_("the cost sum_of_squares"),
    N_("the cost half_sum_of_squares"),
    N_("%s, node %s"),
    N_("the end of the text"),
    N_("the end of the line"),
};

/* Whether a message is made from a format; what stands for each %s, to be freed either way. */
static bool is_made_from(const char *message, const char *format, char *arguments[MOST_ARGUMENTS])
{
    for (size_t k = 0; k < MOST_ARGUMENTS; k++) arguments[k] = NULL;
    for (size_t k = 0;; k++) {
        const char *hole = strstr(format, "%s");
        const size_t fixed = hole != NULL ? (size_t)(hole - format) : strlen(format);
        if (strncmp(message, format, fixed) != 0) return false;
        message += fixed;
        if (hole == NULL) return *message == '\0';
        format = hole + strlen("%s");
        char *next = formatted("%.*s", (int)strcspn(format, "%"), format);
        const char *end = *next == '\0' ? message + strlen(message) : strstr(message, next);
        free(next);
        if (end == NULL) return false;
        arguments[k] = formatted("%.*s", (int)(end - message), message);
        message = end;
    }
}

static char *translation_of(const char *message)
{
    char *a[MOST_ARGUMENTS], *text = NULL;
    for (size_t k = 0; text == NULL && k < sizeof formats / sizeof *formats; k++) {
        if (is_made_from(message, formats[k], a)) {
            for (size_t n = 0; n < MOST_ARGUMENTS && a[n] != NULL; n++) {
                char *own = a[n];
                a[n] = translation_of(own);
                free(own);
            }
            text = formatted(_(formats[k]), a[0], a[1], a[2], a[3]);
        }
        for (size_t n = 0; n < MOST_ARGUMENTS; n++) free(a[n]);
    }
    return text != NULL ? text : copied(message);
}

const char *library_text(const char *message)
{
    static char *kept;
    if (is_english()) return message;
    free(kept);
    return kept = translation_of(message);
}
