/* SPDX-License-Identifier: MIT */
/* Mathematics for the page: what is inside of <math>, and long sums made short. */
#include "mathml.h"
#include "page_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The page makes its own <math> around several of these. */
json_t *math_of(const char *notation)
{
    char *whole = mathml_of(notation, 0);
    const char *begin = strchr(whole, '>') + 1, *end = strstr(begin, "</math>");
    json_t *inner = json_stringn(begin, end != NULL ? (size_t)(end - begin) : strlen(begin));
    free(whole);
    return inner;
}

json_t *math_of_owned(char *notation)
{
    json_t *math = math_of(notation);
    free(notation);
    return math;
}

static bool is_inside_word(const char *text, const char *at)
{
    return at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
}

/* What begins with a letter only where a word begins; frees the text. */
static char *with_replaced(char *owned, const char *old, const char *new)
{
    const char *rest = owned;
    draft t;
    draft_begin(&t);
    for (const char *found; (found = strstr(rest, old)) != NULL; rest = found + strlen(old)) {
        const bool is_kept = isalpha((unsigned char)*old) && is_inside_word(owned, found);
        fprintf(t.to, "%.*s%s", (int)(found - rest), rest, is_kept ? old : new);
    }
    fputs(rest, t.to);
    free(owned);
    return draft_done(&t);
}

/* Among nodes Σ is the name of a sum, and sum_k one that a reader chose, not operators: they go through as other
 * letters, which no one types. */
json_t *math_of_nodes(char *notation)
{
    static const char sigma[] = "\u03fa", sum[] = "\u03fb";
    notation = with_replaced(with_replaced(notation, "Σ", sigma), "sum_", "\u03fb_");
    json_t *math = math_of_owned(notation);
    char *names = copied(json_string_value(math));
    json_decref(math);
    names = with_replaced(with_replaced(names, sigma, "Σ"), sum, "sum");
    math = json_string(names);
    free(names);
    return math;
}

/* ------------------------------------------------------------------------------ n-ary operations */

/* How the pairs (or the single operands) of an n-ary operation are written: begin, then each pair as
 * before x_k between y_k after, joined, then end; and what it is for short. */
typedef struct sum_of_terms {
    ad_op op;
    const char *sign, *begin, *before, *between, *after, *join, *end;
} sum_of_terms;

static const sum_of_terms sums[] = {
    {AD_OP_WEIGHTED_SUM, "Σ w·x", "", "", " · ", "", " + ", ""},
    {AD_OP_SUM, "Σ x", "", "", NULL, "", " + ", ""},
    {AD_OP_HALF_SUM_OF_SQUARES, "½ Σ (…)²", "½ (", "(", " − ", ")^2", " + ", ")"},
    {AD_OP_SUM_OF_SQUARES, "Σ (…)²", "", "(", " − ", ")^2", " + ", ""},
    {AD_OP_MEAN_OF_SQUARES, "1/n Σ (…)²", NULL, "(", " − ", ")^2", " + ", ")"},
};

static const sum_of_terms *sum_written(const node *n)
{
    for (size_t k = 0; k < sizeof sums / sizeof *sums; k++)
        if (sums[k].op == n->op) return &sums[k];
    return NULL;
}

const char *short_sign_of(const node *n)
{
    const sum_of_terms *s = sum_written(n);
    return s != NULL ? s->sign : NULL;
}

/* All of a few terms, of many the first ones. */
static size_t terms_shown(size_t count)
{
    enum { MOST = 5, FEW = 3 };
    return count <= MOST ? count : FEW;
}

static void put_operand_at(FILE *to, wording *w, uint32_t i, size_t k)
{
    char *text = operand_of(w, i, k);
    fputs(text, to);
    free(text);
}

static void put_sum(FILE *to, wording *w, const node *n, uint32_t i, const sum_of_terms *s)
{
    const size_t count = s->between != NULL ? n->count / 2 : n->count, shown = terms_shown(count);
    if (s->op == AD_OP_MEAN_OF_SQUARES) fprintf(to, "1/%zu (", count);
    else fputs(s->begin, to);
    for (size_t k = 0; k < shown; k++) {
        fprintf(to, "%s%s", k > 0 ? s->join : "", s->before);
        put_operand_at(to, w, i, k);
        if (s->between != NULL) {
            fputs(s->between, to);
            put_operand_at(to, w, i, count + k);
        }
        fputs(s->after, to);
    }
    if (shown < count) fprintf(to, "%s…", s->join);
    fputs(s->end, to);
}

static void put_call(FILE *to, wording *w, const node *n, uint32_t i)
{
    const size_t shown = terms_shown(n->count);
    fprintf(to, "%s(", n->op_name);
    for (size_t k = 0; k < shown; k++) {
        if (k > 0) fputs(", ", to);
        put_operand_at(to, w, i, k);
    }
    fputs(shown < n->count ? ", …)" : ")", to);
}

char *short_expression_of(wording *w, const explanation *x, uint32_t i)
{
    const node *n = &x->nodes[i];
    const sum_of_terms *s = sum_written(n);
    if (ad_op_get(n->op)->arity >= 0) return expression_of(w, i);
    draft t;
    draft_begin(&t);
    if (s != NULL) put_sum(t.to, w, n, i, s);
    else put_call(t.to, w, n, i);
    return draft_done(&t);
}
