/* SPDX-License-Identifier: MIT */
/* Factors: numbers, names, functions, groups. */
#include "mathml_reader.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------- groups */

static const char group_start[] = "<mrow><mo>(</mo>", group_end[] = "<mo>)</mo></mrow>";

void strip_group(reader *r, piece p)
{
    const size_t head = strlen(group_start), tail = strlen(group_end), size = r->m.size - p.start;
    if (p.kind != GROUP || size < head + tail || strncmp(r->m.text + p.start, group_start, head) != 0) return;
    if (strcmp(r->m.text + r->m.size - tail, group_end) != 0) return;
    take_out(&r->m, r->m.size - tail, tail - strlen("</mrow>"));
    take_out(&r->m, p.start + strlen("<mrow>"), head - strlen("<mrow>"));
}

/* Cases need no parentheses where nothing follows them. */
static bool nothing_follows(const reader *r)
{
    const char *s = r->s + strspn(r->s, " ");
    return *s == '\0' || *s == '=' || *s == ',' || *s == ')';
}

/* Any bracket closes any: [0, 1). */
static piece read_brackets(reader *r, row_kind *inner)
{
    const piece p = {GROUP, r->m.size};
    const sign open = sign_at(r->s);
    const bool is_bar = open.kind == SIGN_BAR;
    put_sign(r, "<mrow><mo>", open.character);
    r->s += open.bytes;
    r->level++;
    *inner = read_row(r, (ends){0, is_bar ? open.character : 0});
    r->level--;
    const sign close = sign_at(r->s);
    if (close.kind == (is_bar ? SIGN_BAR : SIGN_CLOSE)) {
        put_sign(r, "<mo>", close.character);
        r->s += close.bytes;
    }
    put(&r->m, "</mrow>");
    if (*inner == ROW_CHOICE && nothing_follows(r)) strip_group(r, p);
    return p;
}

piece read_group(reader *r)
{
    row_kind inner;
    return read_brackets(r, &inner);
}

/* log((-3)) needs one pair of parentheses. */
static void read_argument_group(reader *r)
{
    row_kind inner;
    const piece p = read_brackets(r, &inner);
    const size_t head = strlen(group_start);
    if (inner == ROW_GROUP && strncmp(r->m.text + p.start + head, group_start, head) == 0) strip_group(r, p);
}

void read_inside(reader *r)
{
    put(&r->m, "<mrow>");
    r->s++;
    r->level++;
    read_row(r, (ends){0, 0});
    r->level--;
    if (sign_at(r->s).kind == SIGN_CLOSE) r->s++;
    put(&r->m, "</mrow>");
}

/* ------------------------------------------------------------------------------------------ numbers */

/* 6.02e-05 is 6.02 · 10^-5. */
static piece read_number(reader *r)
{
    const piece p = {NUMBER, r->m.size};
    const size_t bytes = number_at(r->s), mantissa = strcspn(r->s, "eE");
    if (mantissa >= bytes) {
        put_word(r, "mn", bytes);
        return p;
    }
    const char *end = r->s + bytes;
    const bool is_one = mantissa == 1 && *r->s == '1';
    if (is_one) r->s++;
    else put_word(r, "mn", mantissa);
    const bool is_negative = r->s[1] == '-';
    r->s += 1 + strspn(r->s + 1, "+-");
    while (*r->s == '0' && r->s + 1 < end) r->s++;
    put(&r->m, is_one ? "<msup><mn>10</mn><mn>" : "<mo>×</mo><msup><mn>10</mn><mn>");
    if (is_negative) put(&r->m, "−");
    put_escaped(&r->m, r->s, (size_t)(end - r->s));
    put(&r->m, "</mn></msup>");
    r->s = end;
    if (!is_one) put_around(r, p.start, "<mrow>", "</mrow>");
    return (piece){is_one ? POWER : NUMBER, p.start};
}

/* ---------------------------------------------------------------------------------------- functions */

/* Functions with a shape of their own. */
static const struct form {
    const char *name, *open, *close;
    piece_kind kind;
} forms[] = {
    {"abs", "<mrow><mo>|</mo>", "<mo>|</mo></mrow>", OTHER},
    {"cbrt", "<mroot><mrow>", "</mrow><mn>3</mn></mroot>", OTHER},
    {"ceil", "<mrow><mo>⌈</mo>", "<mo>⌉</mo></mrow>", OTHER},
    {"exp", "<msup><mi>e</mi><mrow>", "</mrow></msup>", POWER},
    {"exp2", "<msup><mn>2</mn><mrow>", "</mrow></msup>", POWER},
    {"floor", "<mrow><mo>⌊</mo>", "<mo>⌋</mo></mrow>", OTHER},
    {"sqrt", "<msqrt>", "</msqrt>", OTHER},
};

static bool is_word(const char *s, size_t bytes, const char *word)
{
    return strlen(word) == bytes && strncmp(s, word, bytes) == 0;
}

static void close_arguments(reader *r)
{
    r->level--;
    if (sign_at(r->s).kind == SIGN_CLOSE) r->s++;
}

static piece read_form(reader *r, const struct form *f)
{
    const piece p = {f->kind, r->m.size};
    put(&r->m, f->open);
    r->s += strlen(f->name) + 1;
    r->level++;
    const size_t inside = r->m.size;
    if (read_row(r, (ends){0, 0}) == ROW_GROUP) strip_group(r, (piece){GROUP, inside});
    close_arguments(r);
    put(&r->m, f->close);
    return p;
}

/* pow(x, y) and square(x): the base in parentheses, unless it is a single name or the like, or has them. */
static piece read_power(reader *r, size_t name)
{
    const piece p = {POWER, r->m.size};
    r->s += name + 1;
    r->level++;
    const row_kind base = read_row(r, (ends){AT_COMMA, 0});
    if (base == ROW_FACTOR) put_around(r, p.start, "<mrow>", "</mrow>");
    else if (base != ROW_GROUP) put_around(r, p.start, group_start, group_end);
    if (*r->s == ',') {
        r->s++;
        put(&r->m, "<mrow>");
        read_row(r, (ends){0, 0});
        put(&r->m, "</mrow>");
    } else put(&r->m, "<mn>2</mn>");
    close_arguments(r);
    put_around(r, p.start, "<msup>", "</msup>");
    return p;
}

/* A function whose name has underscores, leaky_relu(x, 0.01); of x_k(l) the name is x. */
static size_t long_function_at(const char *s, size_t word)
{
    size_t bytes = word;
    if (letters_of(s, word) < 2 || is_word(s, word, "sum")) return 0;
    while (s[bytes] == '_' || (sign_at(s + bytes).kind == SIGN_DIGIT) || word_at(s + bytes) > 0)
        bytes += s[bytes] == '_' || sign_at(s + bytes).kind == SIGN_DIGIT ? 1 : word_at(s + bytes);
    return bytes > word && s[bytes] == '(' ? bytes : 0;
}

/* -------------------------------------------------------------------------------------------- names */

/* Bytes of a word of prose that stands here, before a space and another: "an output neuron v". */
static size_t prose_word_at(const char *s)
{
    const size_t word = word_at(s);
    if (word == 0 || sign_at(s).kind != SIGN_LETTER || is_function(s, word)) return 0;
    if (letters_of(s, word) < word || (letters_of(s, word) < 2 && *s != 'a')) return 0;
    return strchr("(_^[/", s[word]) != NULL && s[word] != '\0' ? 0 : word;
}

static size_t prose_at(const char *s)
{
    size_t bytes = prose_word_at(s), words = bytes > 0;
    if (bytes == 0) return 0;
    while (s[bytes] == ' ') {
        const size_t more = prose_word_at(s + bytes + 1);
        if (more == 0 || letters_of(s + bytes + 1, more) < 2) break;
        bytes += 1 + more;
        words++;
    }
    return words > 1 ? bytes : 0;
}

/* The d of a differential: dz, dW^[1], dloss/dw; ∂. What follows is the name itself. */
static bool is_differential(reader *r, size_t word)
{
    const char *s = r->s;
    if (sign_at(s).character == 0x2202) return word_at(s + word) > 0;
    if (*s != 'd' || letters_of(s, word) < 2) return false;
    if (letters_of(s, word) == 2) return sign_at(s + 1).kind == SIGN_LETTER;
    const char *end = s + strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (end[0] != '/' || end[1] != 'd') return s == r->by;
    r->by = end + 1;
    return true;
}

static piece read_differential(reader *r)
{
    const piece p = {OTHER, r->m.size};
    put_word(r, "mi", sign_at(r->s).bytes);
    r->level++;
    read_factor(r);
    r->level--;
    put_around(r, p.start, "<mrow>", "</mrow>");
    return p;
}

/* y with a circumflex. */
static void put_hat(reader *r, sign s)
{
    put(&r->m, "<mover accent=\"true\"><mi>");
    put_character(&r->m, s.base);
    put(&r->m, "</mi><mo stretchy=\"false\">^</mo></mover>");
    r->s += s.bytes;
}

/* w0: a letter and its number. */
static void put_numbered(reader *r, size_t letter)
{
    put(&r->m, "<msub>");
    put_word(r, "mi", letter);
    put_word(r, "mn", strspn(r->s, "0123456789"));
    put(&r->m, "</msub>");
}

static piece read_plain_name(reader *r, size_t word)
{
    const piece p = {letters_of(r->s, word) > 1 ? WORD : NAME, r->m.size};
    const sign s = sign_at(r->s);
    const size_t digits = strspn(r->s + s.bytes, "0123456789");
    const char after = r->s[s.bytes + digits];
    const bool is_numbered = digits > 0 && after != '_' && after != '.';
    if (s.kind == SIGN_HAT && word == s.bytes) put_hat(r, s);
    else if (is_numbered && letters_of(r->s, word) == 1 && word_at(r->s + s.bytes + digits) == 0)
        put_numbered(r, s.bytes);
    else if (s.character == 0x2207 || s.character == 0x394) {
        put(&r->m, "<mi mathvariant=\"normal\">");
        put_escaped(&r->m, r->s, word);
        put(&r->m, "</mi>");
        r->s += word;
    } else if (s.character == 0x221e || s.character == 0xbd || s.character == 0xbc) put_word(r, "mn", word);
    else put_word(r, "mi", word);
    return p;
}

static piece read_name(reader *r)
{
    const size_t word = word_at(r->s), prose = prose_at(r->s), longer = long_function_at(r->s, word);
    const size_t start = r->m.size;
    if (prose > 0) {
        put_word(r, "mtext", prose);
        return (piece){WORD, start};
    }
    if (longer > 0) {
        put_word(r, "mi", longer);
        return (piece){WORD, start};
    }
    if (r->s[word] == '(' && r->level < MOST_LEVELS) {
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
            if (is_word(r->s, word, forms[k].name)) return read_form(r, &forms[k]);
        if (is_word(r->s, word, "pow") || is_word(r->s, word, "square")) return read_power(r, word);
    }
    if (is_word(r->s, word, "inf") || is_word(r->s, word, "nan")) {
        put(&r->m, *r->s == 'i' ? "<mn>∞</mn>" : "<mn>NaN</mn>");
        r->s += word;
        return (piece){NUMBER, start};
    }
    if (r->level < MOST_LEVELS && is_differential(r, word)) return read_differential(r);
    return read_plain_name(r, word);
}

/* ------------------------------------------------------------------------------------------ factors */

static piece read_base(reader *r)
{
    const sign s = sign_at(r->s);
    const piece p = {OTHER, r->m.size};
    if (number_at(r->s) > 0) return read_number(r);
    if (word_at(r->s) > 0) return read_name(r);
    if (foreign_at(r->s) > 0) {
        put_word(r, "mtext", foreign_at(r->s));
        return (piece){WORD, p.start};
    }
    if ((s.kind == SIGN_OPEN || s.kind == SIGN_BAR) && r->level < MOST_LEVELS) return read_group(r);
    if (s.kind == SIGN_RAISED || s.kind == SIGN_LOWERED) {
        put_word(r, "mi", s.bytes);
        return p;
    }
    return (piece){NOTHING, p.start};
}

/* f(x), x_2[1] */
static bool read_arguments(reader *r, piece *p)
{
    const bool is_callable = p->kind == NAME || p->kind == WORD;
    if (!is_callable || (*r->s != '(' && *r->s != '[') || r->level >= MOST_LEVELS) return false;
    read_argument_group(r);
    put_around(r, p->start, "<mrow>", "</mrow>");
    p->kind = OTHER;
    return true;
}

piece read_factor(reader *r)
{
    piece p = read_base(r);
    if (p.kind == NOTHING) return p;
    for (int scripts = 0; scripts < MOST_SCRIPTS; scripts++)
        if (!read_arguments(r, &p) && !read_scripts(r, &p, false)) break;
    return p;
}
