/* SPDX-License-Identifier: MIT */
/* Naming the first number that is not finite. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *nn_number_text(double value, char text[NN_NUMBER_SIZE])
{
    if (isnan(value)) return strcpy(text, "nan");
    char *end = text;
    snprintf(text, NN_NUMBER_SIZE, "%.6g", value);
    bool point = false;
    /* A locale may have another decimal mark, of several bytes even. */
    for (const char *c = text; *c != '\0'; c++)
        if (strchr("0123456789+-einf", *c) != NULL) *end++ = *c;
        else if (!point) {
            *end++ = '.';
            point = true;
        }
    *end = '\0';
    return text;
}

size_t nn_first_nonfinite(const double *values, size_t n)
{
    size_t k = 0;
    while (k < n && isfinite(values[k])) k++;
    return k;
}

static size_t number_of(nn_sample_numbers numbers, size_t sample)
{
    return 1 + (numbers.which != NULL ? numbers.which[sample] : numbers.from + sample);
}

/* Whether a row of data has a number that is not finite; then that is the message. */
static bool is_bad_data(nn_error *error, const char *what, const double *values, size_t samples, size_t width,
                        nn_sample_numbers numbers)
{
    char number[NN_NUMBER_SIZE];
    const size_t k = nn_first_nonfinite(values, samples * width);
    if (k == samples * width) return false;
    nn_fail(error, NN_ERR_NONFINITE, "the cost is not finite: %s %zu of sample %zu is %s", what, k % width + 1,
            number_of(numbers, k / width), nn_number_text(values[k], number));
    return true;
}

/* " = add of 1e+308 and 1e+308", or how many operands there are and between which numbers they lie; nothing for a leaf,
 * or where there is no memory for that. */
static void describe_operands(const nn_mlp *net, ad_var node, char *text, size_t size)
{
    const size_t n = ad_arity_of(node);
    ad_edge *edges = n > 0 ? nn_allocate(&net->allocator, n, sizeof *edges) : NULL;
    char first[NN_NUMBER_SIZE], last[NN_NUMBER_SIZE];
    text[0] = '\0';
    if (edges == NULL) return;
    ad_edges(node, edges, n);
    const char *op = ad_op_get(ad_op_of(node))->name;
    double low = edges[0].value, high = low;
    for (size_t k = 1; k < n; k++) {
        if (edges[k].value < low) low = edges[k].value;
        if (edges[k].value > high) high = edges[k].value;
    }
    if (n == 1) snprintf(text, size, ", %s of %s", op, nn_number_text(low, first));
    else if (n == 2)
        snprintf(text, size, ", %s of %s and %s", op, nn_number_text(edges[0].value, first),
                 nn_number_text(edges[1].value, last));
    else
        snprintf(text, size, ", %s of %zu numbers from %s to %s", op, n, nn_number_text(low, first),
                 nn_number_text(high, last));
    nn_release(&net->allocator, edges, n, sizeof *edges);
}

/* The first node of the run whose value is not finite; the invalid handle when there is none. */
static ad_var first_in(ad_span run)
{
    const double *values = ad_values(run);
    const size_t k = values == NULL ? run.count : nn_first_nonfinite(values, run.count);
    return k < run.count ? ad_at(run, k) : (ad_var){NULL, 0, 0};
}

nn_status nn_fail_nonfinite(nn_error *error, const nn_mlp *net, ad_span x, ad_span y, nn_sample_numbers numbers,
                            size_t from)
{
    char what[80] = "", operands[120], number[NN_NUMBER_SIZE];
    if (is_bad_data(error, "input", ad_values(x), net->samples, net->shape.inputs, numbers) ||
        is_bad_data(error, "target", ad_values(y), net->samples, nn_mlp_outputs(net), numbers))
        return NN_ERR_NONFINITE;
    const ad_var begin = ad_node_at(net->tape, from);
    ad_var node = first_in(net->parameters);
    if (node.tape == NULL) node = first_in(ad_run(begin, ad_tape_stats(net->tape).nodes - from));
    nn_place place;
    if (!nn_find_place(net, node, &place))
        return nn_fail(error, NN_ERR_NONFINITE, "the cost is not finite: the samples' costs are, but not their sum");
    nn_place_text(&place, number_of(numbers, place.sample), what, sizeof what);
    describe_operands(net, node, operands, sizeof operands);
    return nn_fail(error, NN_ERR_NONFINITE, "the cost is not finite: %s is %s%s", what,
                   nn_number_text(ad_value(node), number), operands);
}
