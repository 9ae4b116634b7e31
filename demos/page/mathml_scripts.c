/* SPDX-License-Identifier: MIT */
/* Superscripts and subscripts. */
#include "mathml_reader.h"
#include "command.h"

#include <stdlib.h>
#include <string.h>

/* Superscript or subscript characters in a row: digits, T, a prime, ... */
static void read_script_signs(reader *r, sign_kind kind)
{
    const size_t start = r->m.size;
    size_t items = 0;
    for (sign s = sign_at(r->s); s.kind == kind; items++) {
        const bool is_digit = s.base >= '0' && s.base <= '9', is_letter = !is_digit && s.base < 0x80;
        put(&r->m, is_digit ? "<mn>" : !is_letter ? "<mo>" : s.base == 'T' ? "<mi mathvariant=\"normal\">" : "<mi>");
        do {
            put_character(&r->m, s.base);
            r->s += s.bytes;
            s = sign_at(r->s);
        } while (is_digit && s.kind == kind && s.base >= '0' && s.base <= '9');
        put(&r->m, is_digit ? "</mn>" : !is_letter ? "</mo>" : "</mi>");
    }
    if (items > 1) put_around(r, start, "<mrow>", "</mrow>");
}

static bool is_index(sign s)
{
    return s.kind == SIGN_LETTER || s.kind == SIGN_DIGIT || s.kind == SIGN_SYMBOL || s.character == '_';
}

/* Digits and letters: ij are two indices, max is a word. */
static bool read_indices(reader *r)
{
    size_t bytes = 0, letters = 0;
    bool is_word = false;
    for (sign s = sign_at(r->s); is_index(s); s = sign_at(r->s + bytes)) {
        letters = s.kind == SIGN_DIGIT ? 0 : letters + 1;
        is_word = is_word || letters > 2 || s.character == '_';
        bytes += s.bytes;
    }
    if (bytes == 0) return false;
    const size_t start = r->m.size;
    size_t items = 0;
    for (const char *end = r->s + bytes; r->s < end; items++) {
        const size_t digits = strspn(r->s, "0123456789");
        if (is_word) put_word(r, "mi", bytes);
        else put_word(r, digits > 0 ? "mn" : "mi", digits > 0 ? digits : sign_at(r->s).bytes);
    }
    if (items > 1) put_around(r, start, "<mrow>", "</mrow>");
    return true;
}

/* One number or name, or a function of something; to the power of another perhaps. */
static bool read_exponent(reader *r)
{
    piece p = {NAME, r->m.size};
    const size_t number = number_at(r->s), word = word_at(r->s);
    if (number == 0 && word == 0) return false;
    if (number == 0 && letters_of(r->s, word) > 1) return read_factor(r).kind != NOTHING;
    put_word(r, number > 0 ? "mn" : "mi", number > 0 ? number : word);
    if (*r->s == '^') read_scripts(r, &p, false);
    return true;
}

static bool read_script(reader *r, bool is_raised);

/* -x */
static bool read_negative_script(reader *r, sign s)
{
    const size_t start = r->m.size;
    const char *from = r->s;
    r->s += s.bytes;
    put_sign(r, "<mo>", s.character == '-' ? 0x2212 : s.character);
    const bool is_there = read_script(r, true);
    if (is_there) put_around(r, start, "<mrow>", "</mrow>");
    else {
        take_out(&r->m, start, r->m.size - start);
        r->s = from;
    }
    return is_there;
}

/* What follows ^ or _. False, with nothing read, when nothing there can be one. */
static bool read_script(reader *r, bool is_raised)
{
    const sign s = sign_at(r->s);
    bool is_there = true;
    if (r->level >= MOST_LEVELS) return false;
    r->level++;
    if (s.kind == SIGN_OPEN) {
        if (s.character == '[' || (s.character == '(' && is_raised && r->shows_layers)) read_group(r);
        else read_inside(r);
    } else if (s.character == '-' || s.character == 0x2212 || s.character == '+') is_there = read_negative_script(r, s);
    else is_there = is_raised ? read_exponent(r) : read_indices(r);
    r->level--;
    return is_there;
}

/* The script that begins at ^, _ or a raised or lowered character; a power may have spaces around its sign. */
static bool read_marked_script(reader *r, bool is_raised)
{
    const char *from = r->s;
    if (is_raised) skip_spaces(r);
    if (*r->s == (is_raised ? '^' : '_')) {
        r->s++;
        if (is_raised) skip_spaces(r);
        if (read_script(r, is_raised)) return true;
    }
    r->s = from;
    const sign_kind kind = is_raised ? SIGN_RAISED : SIGN_LOWERED;
    if (sign_at(r->s).kind != kind) return false;
    read_script_signs(r, kind);
    return true;
}

static void swap_scripts(markup *m, size_t first, size_t second)
{
    char *copy = copied(m->text + first);
    const size_t size = second - first, more = m->size - second;
    memcpy(m->text + first, copy + size, more);
    memcpy(m->text + first + more, copy, size);
    free(copy);
}

/* Puts a power in parentheses that is raised again. */
static void protect_power(reader *r, const piece *base)
{
    const char *s = r->s + strspn(r->s, " ");
    if (base->kind == POWER && (*s == '^' || sign_at(s).kind == SIGN_RAISED))
        put_around(r, base->start, "<mrow><mo>(</mo>", "<mo>)</mo></mrow>");
}

bool read_scripts(reader *r, piece *base, bool is_large)
{
    static const char *const open[2][4] = {{NULL, "<msup>", "<msub>", "<msubsup>"},
                                           {NULL, "<mover>", "<munder>", "<munderover>"}};
    static const char *const close[2][4] = {{NULL, "</msup>", "</msub>", "</msubsup>"},
                                            {NULL, "</mover>", "</munder>", "</munderover>"}};
    protect_power(r, base);
    const size_t first = r->m.size;
    bool raised = read_marked_script(r, true);
    const size_t second = r->m.size;
    const bool lowered = read_marked_script(r, false);
    if (raised && lowered) swap_scripts(&r->m, first, second);
    else if (lowered) raised = read_marked_script(r, true);
    const int which = 2 * lowered + raised;
    if (which == 0) return false;
    put_around(r, base->start, open[is_large][which], close[is_large][which]);
    if (base->kind != NAME) base->kind = OTHER;
    return true;
}
