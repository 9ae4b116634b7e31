/* SPDX-License-Identifier: MIT */
/* The rows of the op table in the words of a formula: a, b, c and v replaced by the names of the nodes. */
#include "explain_network.h"
#include "command.h"
#include "language.h"
#include "print.h"
#include "library_text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A derivative in pieces, c ? x : y, is shown whole up to this length; else only the piece that is taken. */
enum { LONGEST_CHOICE = 32 };

struct wording {
    const explanation *x;
    int digits;
    bool in_numbers;
    ad_tape *scratch; /* with leaves a, b, c, v: to find out which piece is taken */
    ad_var abcv[4];
};

wording *wording_new(const explanation *x, int digits)
{
    static const char *const names[] = {"a", "b", "c", "v"};
    wording *w = resized(NULL, 1, sizeof *w);
    *w = (wording){.x = x, .digits = digits, .scratch = ad_tape_new()};
    for (size_t k = 0; k < 4; k++) {
        w->abcv[k] = ad_leaf(w->scratch, 0.0);
        if (ad_name(w->abcv[k], names[k]) != AD_OK) die(CODE_DATA, _("out of memory"));
    }
    return w;
}

void wording_free(wording *w)
{
    ad_tape_free(w->scratch);
    free(w);
}

void wording_in_numbers(wording *w, bool in_numbers) { w->in_numbers = in_numbers; }

/* ------------------------------------------------------------------------------------ operands */

static const operand *operand_at(const wording *w, uint32_t i, size_t k)
{
    return &w->x->operands[w->x->nodes[i].first + k];
}

/* A number inside a formula is in parentheses where a sign might meet an operator. */
static void put_number(FILE *to, const char *shown, bool in_formula)
{
    fprintf(to, in_formula && shown[0] == '-' ? "(%s)" : "%s", shown);
}

static void put_named(FILE *to, const wording *w, const operand *o, bool in_formula)
{
    char shown[NUMBER_SIZE];
    if (o->is_constant) put_number(to, show_input(shown, o->value, w->digits), in_formula);
    else if (w->in_numbers) put_number(to, show_number(shown, o->value, w->digits), in_formula);
    else {
        const char *label = w->x->nodes[o->node].label;
        fprintf(to, in_formula && strncmp(label, "−", strlen("−")) == 0 ? "(%s)" : "%s", label);
    }
}

static void put_result(FILE *to, const wording *w, uint32_t i)
{
    char shown[NUMBER_SIZE];
    if (w->in_numbers) put_number(to, show_number(shown, w->x->nodes[i].value, w->digits), true);
    else fputs(w->x->nodes[i].label, to);
}

char *operand_of(wording *w, uint32_t i, size_t k)
{
    draft t;
    draft_begin(&t);
    put_named(t.to, w, operand_at(w, i, k), true);
    return draft_done(&t);
}

/* The operands that the formula has: an n-ary operation on two rows whose second is all 0 was written with one. */
static size_t operands_written(const wording *w, uint32_t i)
{
    const node *n = &w->x->nodes[i];
    const ad_op_info *info = ad_op_get(n->op);
    if (info->arity >= 0 || info->partial[1] == NULL) return n->count;
    for (size_t k = n->count / 2; k < n->count; k++) {
        const operand *o = operand_at(w, i, k);
        if (!o->is_constant || o->value != 0) return n->count;
    }
    return n->count / 2;
}

/* Of a run that is longer than `most` the first ones and the last are written. */
enum { FIRST_OF_RUN = 3, MOST_OPERANDS = 24, MOST_TERMS = 8 };
static bool is_left_out(size_t k, size_t n, size_t most) { return n > most && k >= FIRST_OF_RUN && k + 1 < n; }

static void put_operands(FILE *to, const wording *w, uint32_t i)
{
    const size_t n = operands_written(w, i);
    for (size_t k = 0; k < n; k++) {
        if (!is_left_out(k, n, MOST_OPERANDS)) {
            fputs(k > 0 ? ", " : "", to);
            put_named(to, w, operand_at(w, i, k), false);
        } else if (k == FIRST_OF_RUN) fprintf(to, _(", … (%zu more)"), n - FIRST_OF_RUN - 1);
    }
}

char *operands_of(wording *w, uint32_t i)
{
    draft t;
    draft_begin(&t);
    put_operands(t.to, w, i);
    return draft_done(&t);
}

/* -------------------------------------------------------------------------------- substitution */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

/* The length of the rows of an n-ary operation. */
static size_t pairs_of(const node *n) { return ad_op_get(n->op)->partial[1] == NULL ? n->count : n->count / 2; }

/* The operand that a word of a row stands for: a, b, c, or of the pair `k` of an n-ary operation x_k, w_k (the first
 * row of a weighted sum) and y_k; NULL for another word. */
static const operand *operand_called(const wording *w, uint32_t i, size_t k, const char *word, size_t length)
{
    const node *n = &w->x->nodes[i];
    const ad_op_info *info = ad_op_get(n->op);
    if (info->arity >= 0)
        return length == 1 && word[0] >= 'a' && word[0] < 'a' + info->arity ? operand_at(w, i, (size_t)(word[0] - 'a'))
                                                                            : NULL;
    if (length != 3 || strncmp(word + 1, "_k", 2) != 0) return NULL;
    const size_t half = pairs_of(n), pair = k % half;
    const bool is_weighted_sum = n->op == AD_OP_WEIGHTED_SUM;
    const bool is_second = word[0] == (is_weighted_sum ? 'x' : 'y');
    return operand_at(w, i, is_second ? half + pair : pair);
}

static void put_substituted(FILE *to, const wording *w, uint32_t i, size_t k, const char *row, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t n = 0;
        while (at + n < length && is_word(row[at + n])) n++;
        const operand *o = operand_called(w, i, k, row + at, n);
        if (o != NULL) put_named(to, w, o, n < length);
        else if (n == 1 && row[at] == 'v') put_result(to, w, i);
        else if (n == 1 && row[at] == 'n') fprintf(to, "%zu", pairs_of(&w->x->nodes[i]));
        else fwrite(row + at, 1, n > 0 ? n : 1, to);
        at += n > 0 ? n : 1;
    }
}

/* --------------------------------------------------------------------------------- expressions */

/* An operation whose label is no word is written as an operator. */
static void put_operator(FILE *to, const wording *w, uint32_t i, const ad_op_info *info)
{
    if (info->arity == 2) {
        put_named(to, w, operand_at(w, i, 0), true);
        fprintf(to, " %s ", info->label);
        put_named(to, w, operand_at(w, i, 1), true);
    } else put_substituted(to, w, i, 0, info->definition, strlen(info->definition));
}

/* A weighted sum as a sum of products; row-minus-bias has the inputs first. */
static void put_weighted_sum(FILE *to, const wording *w, uint32_t i)
{
    const delta_view *v = w->x->network;
    const size_t n = w->x->nodes[i].count / 2, first = v != NULL && v->convention == NN_ROW_MINUS_BIAS ? n : 0;
    for (size_t k = 0; k < n; k++) {
        if (is_left_out(k, n, MOST_TERMS)) {
            if (k == FIRST_OF_RUN) fputs(" + …", to);
            continue;
        }
        if (k > 0) fputs(" + ", to);
        put_named(to, w, operand_at(w, i, first + k), true);
        fputs("·", to);
        put_named(to, w, operand_at(w, i, n - first + k), true);
    }
    if (n > MOST_TERMS) fprintf(to, _(" (%zu products)"), n);
}

/* Of a cost of squares, "0.5 · ((a^2_1 - 0.01)² + …)". */
static void put_squares(FILE *to, const wording *w, uint32_t i)
{
    const ad_op op = w->x->nodes[i].op;
    const size_t n = w->x->nodes[i].count / 2;
    const bool in_parentheses = op != AD_OP_SUM_OF_SQUARES && n > 1;
    if (op == AD_OP_HALF_SUM_OF_SQUARES) fputs("0.5 · ", to);
    if (op == AD_OP_MEAN_OF_SQUARES && n > 1) fprintf(to, "1/%zu · ", n);
    if (in_parentheses) fputc('(', to);
    for (size_t k = 0; k < n; k++) {
        if (is_left_out(k, n, MOST_TERMS)) {
            if (k == FIRST_OF_RUN) fputs(" + …", to);
            continue;
        }
        fputs(k > 0 ? " + (" : "(", to);
        put_named(to, w, operand_at(w, i, k), true);
        fputs(" - ", to);
        put_named(to, w, operand_at(w, i, n + k), true);
        fputs(")²", to);
    }
    if (in_parentheses) fputc(')', to);
}

static bool is_of_squares(ad_op op)
{
    return op == AD_OP_HALF_SUM_OF_SQUARES || op == AD_OP_SUM_OF_SQUARES || op == AD_OP_MEAN_OF_SQUARES;
}

char *expression_of(wording *w, uint32_t i)
{
    const ad_op_info *info = ad_op_get(w->x->nodes[i].op);
    draft t;
    draft_begin(&t);
    if (w->x->nodes[i].op == AD_OP_WEIGHTED_SUM) put_weighted_sum(t.to, w, i);
    else if (w->x->network != NULL && is_of_squares(w->x->nodes[i].op)) put_squares(t.to, w, i);
    else if (info->arity > 0 && !isalpha((unsigned char)info->label[0])) put_operator(t.to, w, i, info);
    else {
        fprintf(t.to, "%s(", w->x->nodes[i].op_name);
        put_operands(t.to, w, i);
        fputc(')', t.to);
    }
    return draft_done(&t);
}

/* ---------------------------------------------------------------------------------- derivatives */

/* A part of a row's text. */
typedef struct part {
    const char *at;
    size_t length;
} part;

/* The first `mark` outside parentheses and inner choices; `length` when there is none. */
static size_t find(part p, char mark)
{
    int depth = 0, choices = 0;
    for (size_t k = 0; k < p.length; k++) {
        const char c = p.at[k];
        if (depth == 0 && choices == 0 && c == mark) return k;
        depth += (c == '(') - (c == ')');
        if (depth == 0) choices += (c == '?') - (c == ':');
    }
    return p.length;
}

static part between(part p, size_t from, size_t to)
{
    while (from < to && p.at[from] == ' ') from++;
    while (to > from && p.at[to - 1] == ' ') to--;
    return (part){p.at + from, to - from};
}

/* The value of a condition of a row at the node's present operands. */
static bool holds(wording *w, uint32_t i, part condition)
{
    const ad_mark mark = ad_tape_mark(w->scratch);
    char *copy = formatted("%.*s", (int)condition.length, condition.at);
    const node *n = &w->x->nodes[i];
    for (size_t k = 0; k < n->count && k < 3; k++) ad_set(w->abcv[k], operand_at(w, i, k)->value);
    ad_set(w->abcv[3], n->value);
    ad_var out;
    ad_text_error error;
    if (ad_parse(w->scratch, copy, &out, &error) != AD_OK) die(CODE_DATA, "%s: %s", copy, library_text(error.message));
    const double value = ad_value(out);
    ad_tape_rewind(w->scratch, mark);
    free(copy);
    return value != 0;
}

/* The piece of a derivative in pieces that is taken. */
static part piece_taken(wording *w, uint32_t i, part p)
{
    for (;;) {
        const size_t question = find(p, '?');
        if (question == p.length) return p;
        const part rest = {p.at + question + 1, p.length - question - 1};
        const size_t colon = find(rest, ':');
        const bool first = holds(w, i, between(p, 0, question));
        p = first ? between(rest, 0, colon) : between(rest, colon + 1, rest.length);
    }
}

bool has_formula(const node *n) { return n->op != AD_OP_CUSTOM; }

/* A network's cross-entropy by its z: "a^(4)_1 - 1". */
static char *matched_partial(const wording *w, uint32_t i, size_t k)
{
    const explanation *x = w->x;
    const layer_nodes *last = &x->layers[depth_of(x->network)];
    const operand a = {.node = last->a + (uint32_t)k};
    draft t;
    draft_begin(&t);
    put_named(t.to, w, w->in_numbers ? &(operand){.is_constant = true, .value = x->nodes[a.node].value} : &a, false);
    fputs(" - ", t.to);
    put_named(t.to, w, operand_at(w, i, x->nodes[i].count / 2 + k), true);
    return draft_done(&t);
}

static bool is_cross_entropy(const node *n)
{
    return n->op == AD_OP_LOGISTIC_CROSS_ENTROPY || n->op == AD_OP_SOFTMAX_CROSS_ENTROPY;
}

char *partial_of(wording *w, uint32_t i, size_t k)
{
    const node *n = &w->x->nodes[i];
    if (w->x->network != NULL && is_cross_entropy(n)) return matched_partial(w, i, k);
    if (!has_formula(n)) return number_cell(operand_at(w, i, k)->partial, w->digits);
    const ad_op_info *info = ad_op_get(n->op);
    const bool is_row = info->arity < 0;
    const size_t which = !is_row ? k : info->partial[1] != NULL && k >= n->count / 2;
    part p = {info->partial[which], strlen(info->partial[which])};
    const bool is_choice = !is_row && find(p, '?') < p.length, whole = is_choice && p.length <= LONGEST_CHOICE;
    if (is_choice && !whole) p = piece_taken(w, i, p);
    draft t;
    draft_begin(&t);
    if (whole) fputc('(', t.to);
    put_substituted(t.to, w, i, k, p.at, p.length);
    if (whole) fputc(')', t.to);
    return draft_done(&t);
}

char *kink_of(wording *w, uint32_t i)
{
    const char *kink = ad_op_get(w->x->nodes[i].op)->kink;
    draft t;
    draft_begin(&t);
    put_substituted(t.to, w, i, 0, kink, strlen(kink));
    return draft_done(&t);
}
