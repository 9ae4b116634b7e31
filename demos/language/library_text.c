/* SPDX-License-Identifier: MIT */
/* Messages are recognised by the formats that the library makes them from, with %s for all that is put in. */
#include "library_text.h"
#include "command.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 6 };

/* The first that a message is made from is taken: of two that fit, the longer one comes first, and what begins with a
 * hole comes behind what may follow the name of a file or a function. */
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
    N_("%s: this name is a number in formulas"),
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
    N_("layer %s: activation: softmax goes only on the output, with softmax_cross_entropy"),
    N_("layer %s: alpha: must be finite"),
    N_("layer %s: alpha: %s has none, only leaky_relu and elu have"),
    N_("layer %s: width: must be at least 1"),
    N_("layer %s: width: with %s weights each, %s units are too many"),
    N_("inputs: must be at least 1"),
    N_("cost: %s needs %s on the output, layer %s, which has %s"),
    N_("the convention %s needs %s; this is %s on %s"),
    N_("the convention %s: layer %s has softmax, which goes only on the output of the convention logistic"),
    N_("the convention %s has no skip connections, and layer %s has one; all the others know them"),
    N_("the convention logistic: with softmax_cross_entropy the targets must add up to 1, not %s"),
    N_("a matched pair: binary_cross_entropy on sigmoid, softmax_cross_entropy on softmax, or half_sum_of_squares on "
       "identity"),
    N_("a cost of squares: half_sum_of_squares, sum_of_squares or mean_of_squares"),
    N_("the cost sum_of_squares"),
    N_("the cost half_sum_of_squares"),
    N_("there is no z^(%s)_%s: layers with a weighted input are 2 to %s, units count from 1"),
    N_("more than %s paths lead from z^(%s)_%s to the cost; the sum over paths is for smaller networks"),

    /* what is not finite */
    N_("the cost is not finite: the samples' costs are, but not their sum"),
    N_("the cost is not finite: input %s of sample %s is %s"),
    N_("the cost is not finite: target %s of sample %s is %s"),
    N_("the cost is not finite: %s is %s, %s of %s numbers from %s to %s"),
    N_("the cost is not finite: %s is %s, %s of %s and %s"),
    N_("the cost is not finite: %s is %s, %s of %s"),
    N_("the cost is not finite: %s is %s"),
    N_("the adjoint of %s is %s"),
    N_("w^%s is %s"),
    N_("b^%s is %s"),

    /* model files */
    N_("the file is empty"),
    N_("the file ends without its checksum: it was cut short"),
    N_("the checksum is %s, that of the content is %s: the file was damaged or edited"),
    N_("lines end in CR LF: those of a model file end in LF alone"),
    N_("a NUL byte, which no text has"),
    N_("version %s: this program reads version %s"),
    N_("a backslash stands before \", \\, or x and the two digits of a control character"),
    N_("the control character %s in a %s must be %s"),
    N_("a %s has at most %s bytes"),
    N_("alpha cannot be 0"),
    N_("the method %s has no moments %s"),
    N_("the method %s needs the moments %s"),
    N_("not a regular file but %s"),
    N_("cannot read: %s"),
    N_("expected '\"' at the end of the %s"),
    N_("expected %s, found %s"),
    N_("a whole number after %s"),
    N_("a number from %s to %s after %s"),
    N_("a number after %s"),
    N_("number %s of %s"),
    N_("'yes' or 'no' after %s"),
    N_("a known %s"),
    N_("a %s in quotes"),
    N_("another part or the checksum"),
    N_("finite and above 0"),
    N_("finite and at least 0"),
    N_("at least 0 and below 1"),
    N_("a directory"),
    N_("a pipe"),
    N_("a socket"),
    N_("a character device"),
    N_("a block device"),
    N_("a space"),
    N_("the checksum"),
    N_("the end of the file after the checksum"),
    N_("the end of the file"),
    N_("the end of the text"),
    N_("the end of the line"),

    /* the tape, and operations of the program's own */
    N_("out of memory"),
    N_("limit reached"),
    N_("bad handle"),
    N_("bad argument"),
    N_("stale"),
    N_("no gradient"),
    N_("bad name"),
    N_("bad formula"),
    N_("an operation or a function of the program failed"),
    N_("no memory for %s"),
    N_("more than %s nodes"),
    N_("more than %s constants"),
    N_("more than %s operands"),
    N_("not inside a callback of %s"),
    N_("operation %s has no second rule (record_vjp)"),
    N_("the second rule (record_vjp) of %s, node %s, failed"),
    N_("product %s of the second rule (record_vjp) of %s is no node of this tape and no constant"),

    /* words for a node, of a sample */
    N_("the cost of sample %s is %s"),
    N_("the cost of sample %s"),
    N_("the weighted sum in %s"),
    N_("the log-sum-exp of %s"),

    N_("value"),
    N_("derivative (vjp)"),
    N_("the %s of %s, node %s, failed"),
    N_("the %s of %s failed"),
    N_("%s is not in normal form: 0x1, digits without zeros at their end, and no more of them than a double has"),
    N_("%s: %s, but must be %s"),
    N_("%s: %s"),

    N_("%s x %s weights do not fit the %s bytes that follow"),
    N_("%s layers do not fit the %s bytes that follow"),
    N_("%s numbers do not fit the %s bytes that follow"),
    N_("%s labels do not fit the %s bytes that follow"),
    N_("%s notes do not fit the %s bytes that follow"),
    N_("%s hexadecimal digits after %s"),
    N_("%s after %s"),
    N_("%s needs an alpha"),
    N_("%s cannot be 0 here"),
    N_("%s is not a number in the form 0x1.8p+3"),
    N_("%s is too large"),
    N_("%s is an operation of the table"),
    N_("%s is registered already"),
    N_("%s has no value"),
    N_("%s has no derivative (vjp)"),
    N_("%s has more than %s operands or outputs"),
    N_("%s has several outputs, which a formula cannot write"),
    N_("%s takes two rows of values, which a formula cannot write"),
    N_("%s is the name of node %s"),
    N_("%s, the cost of sample %s"),
    N_("%s, %s of sample %s"),
    N_("%s of sample %s is %s"),
    N_("%s of sample %s"),
    N_("%s, node %s"),
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
            text = formatted(_(formats[k]), a[0], a[1], a[2], a[3], a[4], a[5]);
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
