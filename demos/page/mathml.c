/* SPDX-License-Identifier: MIT */
/* Reads mathematics from left to right and writes its markup as it goes: what turns out to be the base of a script or
 * the numerator of a fraction gets its element put around it afterwards. */
#include "mathml.h"
#include "command.h"
#include "language.h"
#include "mathml_reader.h"

#include <stdlib.h>
#include <string.h>

enum { FARTHEST_COLON = 2000 };

static const size_t NO_PRODUCT = (size_t)-1;

/* Where the reader is in a row. */
typedef struct row {
    ends until;
    piece_kind previous; /* NOTHING: an operator, or the start */
    bool was_word;       /* the factor before was one */
    size_t product;      /* the start of the product that is being read */
    size_t factors;      /* of the product */
    piece last;          /* its last factor */
    bool is_beside;      /* the last factor stands beside the one before, without an operator */
    int fractions;       /* one inside the other */
    size_t clause;       /* the start of what would be the condition of a ? */
    size_t open;         /* brackets that are shown without structure */
    size_t items;        /* all there are */
    size_t choices;      /* those that are cases */
    size_t start;
} row;

size_t skip_spaces(reader *r)
{
    size_t spaces = 0;
    for (sign s = sign_at(r->s); s.kind == SIGN_SPACE; s = sign_at(r->s)) {
        r->s += s.bytes;
        spaces++;
    }
    return spaces;
}

void put_sign(reader *r, const char *before, uint32_t character)
{
    put(&r->m, before);
    put_character(&r->m, character);
    put(&r->m, "</mo>");
}

void put_word(reader *r, const char *tag, size_t bytes)
{
    put(&r->m, "<");
    put(&r->m, tag);
    put(&r->m, ">");
    put_escaped(&r->m, r->s, bytes);
    put(&r->m, "</");
    put(&r->m, tag);
    put(&r->m, ">");
    r->s += bytes;
}

void put_around(reader *r, size_t start, const char *open, const char *close)
{
    put_at(&r->m, start, open);
    put(&r->m, close);
}

static void begin_product(row *w)
{
    w->product = NO_PRODUCT;
    w->factors = 0;
    w->fractions = 0;
}

static void begin_clause(reader *r, row *w)
{
    begin_product(w);
    w->clause = r->m.size;
}

/* ---------------------------------------------------------------------------------------- operators */

static const struct sign_form {
    const char *text, *shown;
    bool is_product, ends_clause;
} operators[] = {
    {"<=", "≤", false, false},   {">=", "≥", false, false}, {"!=", "≠", false, false}, {"==", "=", false, false},
    {"&&", "∧", false, false},   {"||", "∨", false, false}, {"*", "·", true, false},   {"·", "·", true, false},
    {"×", "×", true, false},     {"-", "−", false, false},  {"−", "−", false, false},  {"+", "+", false, false},
    {"<", "&lt;", false, false}, {"=", "=", false, true},   {",", ",", false, true},   {";", ";", false, true},
};

static const struct sign_form *operator_at(const char *s)
{
    for (size_t k = 0; k < sizeof operators / sizeof *operators; k++)
        if (strncmp(s, operators[k].text, strlen(operators[k].text)) == 0) return &operators[k];
    return NULL;
}

/* An operator, or any character that is nothing else. */
static void read_operator(reader *r, row *w)
{
    const struct sign_form *form = operator_at(r->s);
    const sign s = sign_at(r->s);
    const bool is_prefix = w->previous == NOTHING && strchr("+-", *r->s) != NULL;
    const char *open = is_prefix || (w->previous == NOTHING && s.character == 0x2212) ? "<mo form=\"prefix\">" : "<mo>";
    if (form == NULL) put_sign(r, open, s.character);
    else {
        put(&r->m, open);
        put(&r->m, form->shown);
        put(&r->m, "</mo>");
    }
    r->s += form != NULL ? strlen(form->text) : s.bytes;
    if (form != NULL && form->ends_clause) begin_clause(r, w);
    else if (form == NULL || !form->is_product) begin_product(w);
    w->previous = NOTHING;
    w->is_beside = false;
    w->items++;
}

bool is_large_operator(const reader *r) { return sign_at(r->s).kind == SIGN_LARGE || strncmp(r->s, "sum_", 4) == 0; }

void read_large_operator(reader *r)
{
    piece p = {OTHER, r->m.size};
    const sign s = sign_at(r->s);
    put_sign(r, "<mo>", s.kind == SIGN_LARGE ? s.base : 0x2211);
    r->s += s.kind == SIGN_LARGE ? s.bytes : strlen("sum");
    read_scripts(r, &p, true);
}

/* ---------------------------------------------------------------------------------------- fractions */

/* A factor, -x, or a sum of one. */
static piece read_denominator(reader *r)
{
    const piece p = {OTHER, r->m.size};
    if (is_large_operator(r)) read_large_operator(r);
    else if (*r->s == '-') {
        put(&r->m, "<mo form=\"prefix\">−</mo>");
        r->s++;
    } else return read_factor(r);
    skip_spaces(r);
    read_factor(r);
    put_around(r, p.start, "<mrow>", "</mrow>");
    return p;
}

static bool begins_denominator(const char *s)
{
    s += strspn(s, " ");
    if (*s == '-') s++;
    const sign_kind kind = sign_at(s).kind;
    return number_at(s) > 0 || word_at(s) > 0 || kind == SIGN_TEXT || kind == SIGN_OPEN || kind == SIGN_BAR ||
           kind == SIGN_LARGE;
}

/* At the /, which has spaces around it or has not: x / y takes the whole product before it, 2 x/y its last factor. */
static bool read_fraction(reader *r, row *w, bool is_spaced)
{
    if (w->previous == NOTHING || w->product == NO_PRODUCT || w->fractions == MOST_FRACTIONS) return false;
    if (r->level + 1 >= MOST_LEVELS || !begins_denominator(r->s + 1)) return false;
    const bool takes_one = w->factors == 1 || (w->is_beside && !is_spaced);
    const size_t start = takes_one ? w->last.start : w->product;
    if (takes_one) strip_group(r, w->last);
    else put_around(r, start, "<mrow>", "</mrow>");
    r->s++;
    skip_spaces(r);
    r->level++;
    const piece p = read_denominator(r);
    r->level--;
    strip_group(r, p);
    put_around(r, start, "<mfrac>", "</mfrac>");
    w->factors = takes_one ? w->factors : 1;
    w->last = (piece){OTHER, start};
    w->fractions++;
    return true;
}

/* -------------------------------------------------------------------------------------------- cases */

/* Whether the ? here has a : */
static bool has_colon(const char *s)
{
    int depth = 0, choices = 0;
    for (size_t k = 0; k < FARTHEST_COLON && s[k] != '\0' && depth >= 0; k++) {
        depth += (s[k] == '(') - (s[k] == ')');
        if (depth == 0) choices += (s[k] == '?') - (s[k] == ':');
        if (depth == 0 && choices == 0) return true;
    }
    return false;
}

static char *cut(reader *r, size_t start)
{
    char *text = copied(r->m.text + start);
    take_out(&r->m, start, r->m.size - start);
    return text;
}

/* One line of the cases: at the ? after its condition, to the : */
static void read_case(reader *r, size_t condition_start)
{
    char *condition = cut(r, condition_start);
    put(&r->m, "<mtr><mtd style=\"text-align: left\">");
    r->s++;
    read_row(r, (ends){AT_COLON, 0});
    put(&r->m, "</mtd><mtd style=\"text-align: left\"><mtext>");
    put(&r->m, _("if"));
    put(&r->m, "</mtext><mspace width=\"0.33em\"/><mrow>");
    put(&r->m, condition);
    put(&r->m, "</mrow></mtd></mtr>");
    if (*r->s == ':') r->s++;
    free(condition);
}

/* At the ?, after the condition: a table of what it is, and where. */
static void read_choice(reader *r, row *w)
{
    const size_t start = w->clause;
    size_t condition = start;
    r->level++;
    do {
        read_case(r, condition);
        condition = r->m.size;
        read_row(r, (ends){AT_QUESTION | AT_COLON | AT_COMMA, 0});
    } while (*r->s == '?' && has_colon(r->s));
    r->level--;
    put_around(r, condition, "<mtr><mtd style=\"text-align: left\">", "</mtd><mtd style=\"text-align: left\"><mtext>");
    put(&r->m, _("otherwise"));
    put(&r->m, "</mtext></mtd></mtr>");
    put_around(r, start, "<mrow><mo>{</mo><mtable>", "</mtable></mrow>");
    begin_product(w);
    w->previous = OTHER;
    w->choices++;
}

/* --------------------------------------------------------------------------------------------- rows */

static bool is_end(const reader *r, const row *w, sign s)
{
    if (s.kind == SIGN_END || (s.kind == SIGN_CLOSE && w->open == 0 && w->until.at != AT_NOTHING)) return true;
    if (s.kind == SIGN_BAR && s.character == w->until.bar && w->previous != NOTHING) return r->s[1] != '|';
    return (*r->s == ',' && (w->until.at & AT_COMMA)) || (*r->s == ':' && (w->until.at & AT_COLON)) ||
           (*r->s == '?' && (w->until.at & AT_QUESTION));
}

/* The space between factors side by side. */
static const char *space_between(const row *w, piece_kind next, size_t spaces)
{
    if (w->previous == NOTHING || spaces == 0) return "";
    if (w->previous == WORD || w->was_word || next == WORD) return "<mspace width=\"0.33em\"/>";
    return "<mspace width=\"0.17em\"/>";
}

static bool read_next_factor(reader *r, row *w, size_t spaces)
{
    const char *from = r->s;
    piece p = read_factor(r);
    if (p.kind == NOTHING) return false;
    const char *space = space_between(w, p.kind, spaces);
    const bool is_word = sign_at(from).kind == SIGN_LETTER && is_function(from, word_at(from));
    put_at(&r->m, p.start, space);
    p.start += strlen(space);
    w->is_beside = w->previous != NOTHING;
    if (w->product == NO_PRODUCT) w->product = p.start;
    w->factors++;
    w->items++;
    w->last = p;
    w->previous = p.kind;
    w->was_word = p.kind == WORD || (is_word && p.kind != POWER);
    return true;
}

/* A bracket deeper than any structure that is shown. */
static void count_brackets(const reader *r, row *w)
{
    const sign_kind s = sign_at(r->s).kind;
    if (s == SIGN_OPEN) w->open++;
    if (s == SIGN_CLOSE && w->open > 0) w->open--;
}

static void read_item(reader *r, row *w, size_t spaces)
{
    if (*r->s == '/' && read_fraction(r, w, spaces > 0)) return;
    if (*r->s == '?' && w->clause < r->m.size && r->level < MOST_LEVELS && has_colon(r->s)) {
        read_choice(r, w);
        return;
    }
    if (is_large_operator(r)) {
        read_large_operator(r);
        begin_product(w);
        w->previous = NOTHING;
        w->items += 2;
        return;
    }
    if (strncmp(r->s, "||", 2) != 0 || w->previous == NOTHING)
        if (read_next_factor(r, w, spaces)) return;
    count_brackets(r, w);
    read_operator(r, w);
}

row_kind read_row(reader *r, ends until)
{
    row w = {.until = until, .product = NO_PRODUCT, .clause = r->m.size, .start = r->m.size};
    for (;;) {
        const size_t spaces = skip_spaces(r);
        if (is_end(r, &w, sign_at(r->s))) break;
        if (spaces > 1 && w.items > 0) {
            put(&r->m, spaces > 3 ? "<mspace width=\"2em\"/>" : "<mspace width=\"1em\"/>");
            begin_clause(r, &w);
            w.previous = NOTHING;
        }
        read_item(r, &w, spaces);
    }
    if (w.choices == 1 && w.clause == w.start) return ROW_CHOICE;
    if (w.items != 1 || w.choices > 0 || w.fractions > 0) return ROW_OTHER;
    return w.previous == GROUP ? ROW_GROUP : ROW_FACTOR;
}

/* Whether a superscript is a single letter or number in parentheses: the layers of who writes them so. */
static bool has_layers(const char *text)
{
    for (const char *s = strstr(text, "^("); s != NULL; s = strstr(s + 1, "^(")) {
        const size_t digits = strspn(s + 2, "0123456789"), word = word_at(s + 2);
        const size_t inside = digits > 0 ? digits : letters_of(s + 2, word) == 1 ? word : 0;
        if (inside > 0 && s[2 + inside] == ')') return true;
    }
    return false;
}

char *mathml_of(const char *text, int is_block)
{
    reader r = {.s = text, .shows_layers = has_layers(text)};
    put(&r.m, is_block ? "<math display=\"block\">" : "<math>");
    read_row(&r, (ends){AT_NOTHING, 0});
    put(&r.m, "</math>");
    return r.m.text;
}
