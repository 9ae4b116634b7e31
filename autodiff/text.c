/* SPDX-License-Identifier: MIT */
/* Formulas as text, in two steps. The first reads the text into *cells*, one for each distinct subexpression in an
 * order that can be computed, and finds every error of the text without touching the tape; operators and open
 * parentheses wait on a stack in memory (Dijkstra 1961), so that depth costs no C stack. The second records the cells.
 */
#include "text_cells.h"
#include "text_lex.h"

#include <stdio.h>
#include <string.h>

typedef enum waiting_kind { WAITING_OPERATOR, WAITING_PARENTHESIS, WAITING_CALL, WAITING_QUESTION } waiting_kind;

typedef struct waiting {
    uint8_t kind, binding;
    uint32_t op;   /* the kind of a cell */
    uint32_t base; /* of a call: the values below its operands */
    size_t offset; /* of a call: its name's */
} waiting;

/* A name that the text assigns. */
typedef struct local {
    size_t offset, length;
    uint32_t cell;
} local;

typedef struct parser {
    text_reader reader;
    text_cells cells;
    waiting *waiting;
    uint32_t waiting_count, waiting_capacity;
    uint32_t *values; /* cells that operators wait for */
    uint32_t values_count, values_capacity;
    local *locals;
    uint32_t locals_count, locals_capacity;
    ad_names *local_names; /* number: index into locals */
    size_t open;           /* parentheses */
    bool wants_value;      /* a value comes next, not an operator */
    bool finished;         /* the expression has ended */
    bool has_result;
    uint32_t result; /* the cell of the last statement */
} parser;

static const char *text_at(const parser *p, size_t offset) { return p->reader.text + offset; }

static bool next(parser *p) { return ad_text_next(&p->reader, p->open == 0); }

static waiting *top(parser *p) { return p->waiting_count > 0 ? &p->waiting[p->waiting_count - 1] : NULL; }

static bool is_waiting_for(parser *p, waiting_kind kind) { return top(p) != NULL && top(p)->kind == kind; }

static bool push_waiting(parser *p, waiting_kind kind, uint32_t op, unsigned binding, size_t offset)
{
    if (!ad_grow(p->reader.tape, &p->waiting, &p->waiting_capacity, (size_t)p->waiting_count + 1, sizeof *p->waiting))
        return ad_text_out_of_memory(&p->reader);
    p->waiting[p->waiting_count++] = (waiting){(uint8_t)kind, (uint8_t)binding, op, p->values_count, offset};
    p->wants_value = true;
    return true;
}

static bool push_value(parser *p, uint32_t cell)
{
    if (!ad_grow(p->reader.tape, &p->values, &p->values_capacity, (size_t)p->values_count + 1, sizeof *p->values))
        return ad_text_out_of_memory(&p->reader);
    p->values[p->values_count++] = cell;
    p->wants_value = false;
    return true;
}

static bool push_cell(parser *p, uint32_t kind, const uint32_t *words, uint32_t n)
{
    uint32_t cell;
    return ad_text_cell(&p->cells, kind, words, n, &cell) ? push_value(p, cell) : ad_text_out_of_memory(&p->reader);
}

static bool push_number(parser *p, double number)
{
    uint32_t words[2];
    memcpy(words, &number, sizeof words);
    return push_cell(p, CELL_NUMBER, words, 2);
}

/* The operation takes the last n values. */
static bool combine(parser *p, uint32_t op, uint32_t n)
{
    p->values_count -= n;
    return push_cell(p, op, p->values + p->values_count, n);
}

/* Combines what binds tighter than what comes now, or as tight where that goes from left to right. */
static bool reduce(parser *p, unsigned binding, bool from_right)
{
    for (waiting *w = top(p); w != NULL && w->binding != BIND_NOT; w = top(p)) {
        if (w->binding < binding || (w->binding == binding && from_right)) return true;
        p->waiting_count--;
        if (!combine(p, w->op, (uint32_t)ad_op_get((ad_op)w->op)->arity)) return false;
    }
    return true;
}

/* -------------------------------------------------------------------------------------- errors */

/* The parenthesis or '?' on top of the stack has no end before the present token. */
static bool not_closed(parser *p)
{
    const waiting *w = top(p);
    size_t offset = w->offset;
    if (w->kind == WAITING_CALL)
        offset = ad_text_after_space(&p->reader, offset + ad_name_length(text_at(p, offset)), false);
    const text_place place = ad_text_place_of(p->reader.text, offset);
    text_shown shown;
    const bool question = w->kind == WAITING_QUESTION;
    return ad_text_fail(&p->reader, p->reader.token.offset,
                        "expected '%s', found %s: the '%s' at line %zu, column %zu %s", question ? ":" : ")",
                        ad_text_show_token(&p->reader, shown), question ? "?" : "(", place.line, place.column,
                        question ? "has no ':'" : "is not closed");
}

static bool expected_value(parser *p)
{
    const text_reader *r = &p->reader;
    const char *hint = "";
    if (r->token.kind == TEXT_LINE_END) hint = ": a formula goes on after it only inside parentheses";
    if (r->token.op == AD_OP_MUL && r->before.op == AD_OP_MUL) hint = ": a power is written ^";
    text_shown shown;
    return ad_text_fail(&p->reader, r->token.offset, "expected a value, found %s%s", ad_text_show_token(r, shown),
                        hint);
}

static bool is_line_between(const parser *p)
{
    const size_t from = p->reader.before.offset, to = p->reader.token.offset;
    return memchr(text_at(p, from), '\n', to - from) != NULL;
}

static bool expected_operator(parser *p)
{
    text_reader *r = &p->reader;
    const text_token *before = &r->before, *token = &r->token;
    reduce(p, BIND_CHOICE, false);
    if (r->status != AD_OK) return false;
    if (p->open > 0 && is_line_between(p)) return not_closed(p);
    text_shown shown;
    ad_text_show_token(r, shown);
    if (token->kind == TEXT_ASSIGN)
        return ad_text_fail(r, token->offset,
                            "expected an operator, found '=': to compare write ==, "
                            "to name a value start a statement with its name");
    if (is_waiting_for(p, WAITING_CALL) && token->offset > before->offset + before->length)
        return ad_text_fail(r, token->offset, "expected ',' or an operator, found %s", shown);
    if (before->kind == TEXT_CLOSE || before->length + token->length > 40)
        return ad_text_fail(r, token->offset, "expected an operator, found %s: to multiply write *", shown);
    return ad_text_fail(r, token->offset, "expected an operator, found %s: to multiply write %.*s*%.*s%s", shown,
                        (int)before->length, text_at(p, before->offset), (int)token->length, text_at(p, token->offset),
                        token->kind == TEXT_OPEN ? "...)" : "");
}

/* -------------------------------------------------------------------------------------- names */

static bool is_known(const parser *p, const char *name, size_t length)
{
    uint32_t number;
    double value;
    return ad_names_find(p->local_names, name, length, &number) ||
           ad_names_find(p->reader.tape->names, name, length, &number) || ad_reserved_name(name, length, &value);
}

static void offer(void *guess, const char *name) { ad_text_guess_offer(guess, name); }

static bool unknown(parser *p, const char *what, bool is_call)
{
    const text_token *t = &p->reader.token;
    text_guess guess = ad_text_guess_for(text_at(p, t->offset), t->length);
    if (!is_call) {
        ad_names_visit(p->reader.tape->names, offer, &guess);
        ad_names_visit(p->local_names, offer, &guess);
        ad_text_guess_offer(&guess, "pi");
        ad_text_guess_offer(&guess, "e");
    }
    ad_text_offer_functions(p->reader.tape, offer, &guess);
    text_shown shown;
    ad_text_show_token(&p->reader, shown);
    if (guess.best[0] == '\0') return ad_text_fail(&p->reader, t->offset, "unknown %s %s", what, shown);
    return ad_text_fail(&p->reader, t->offset, "unknown %s %s: did you mean '%s'?", what, shown, guess.best);
}

static bool variable(parser *p)
{
    const text_token *t = &p->reader.token;
    const char *name = text_at(p, t->offset);
    uint32_t number;
    double value;
    if (ad_names_find(p->local_names, name, t->length, &number)) return push_value(p, p->locals[number].cell);
    if (ad_names_find(p->reader.tape->names, name, t->length, &number)) return push_cell(p, CELL_NODE, &number, 1);
    if (ad_reserved_name(name, t->length, &value)) return push_number(p, value);
    if (ad_text_function(p->reader.tape, name, t->length) == AD_OP_LEAF) return unknown(p, "name", false);
    text_shown shown;
    return ad_text_fail(&p->reader, t->offset, "%s is a function: write its operands in parentheses, %.*s(...)",
                        ad_text_show_token(&p->reader, shown), (int)t->length, name);
}

static bool no_function(parser *p)
{
    const text_token *t = &p->reader.token;
    const char *name = text_at(p, t->offset);
    if (!is_known(p, name, t->length)) return unknown(p, "function", true);
    char quoted[AD_QUOTE_SIZE];
    ad_quote(quoted, name, t->length);
    return ad_text_fail(&p->reader, t->offset, "'%s' is not a function: to multiply write %s*(...)", quoted, quoted);
}

static bool begin_call(parser *p)
{
    const text_token name = p->reader.token;
    const uint32_t op = ad_text_function(p->reader.tape, text_at(p, name.offset), name.length);
    text_shown shown;
    ad_text_show_token(&p->reader, shown);
    if (op == AD_OP_LEAF) return no_function(p);
    const char *fault = ad_text_function_fault(p->reader.tape, op);
    if (fault != NULL) return ad_text_fail(&p->reader, name.offset, "%s %s", shown, fault);
    if (!push_waiting(p, WAITING_CALL, op, BIND_NOT, name.offset) || !next(p)) return false;
    p->open++;
    return true;
}

static bool end_call(parser *p)
{
    const waiting call = *top(p);
    const uint32_t n = p->values_count - call.base, takes = ad_text_operands_taken(p->reader.tape, call.op);
    if (takes > 0 ? n != takes : n == 0) {
        char quoted[AD_QUOTE_SIZE];
        ad_quote(quoted, text_at(p, call.offset), ad_name_length(text_at(p, call.offset)));
        return ad_text_fail(&p->reader, call.offset, "'%s' takes %s%u operand%s, got %u", quoted,
                            takes == 0 ? "at least " : "", takes == 0 ? 1 : (unsigned)takes, takes <= 1 ? "" : "s",
                            (unsigned)n);
    }
    p->waiting_count--;
    p->open--;
    return combine(p, call.op, n);
}

/* --------------------------------------------------------------------------------- expressions */

/* The present token where a value is due. */
static bool read_value(parser *p)
{
    const text_token *t = &p->reader.token;
    if (t->kind == TEXT_NUMBER) return push_number(p, t->number);
    if (t->kind == TEXT_NAME)
        return *text_at(p, ad_text_after_space(&p->reader, p->reader.at, p->open == 0)) == '(' ? begin_call(p)
                                                                                               : variable(p);
    if (t->kind == TEXT_OPEN) {
        p->open++;
        return push_waiting(p, WAITING_PARENTHESIS, AD_OP_LEAF, BIND_NOT, t->offset);
    }
    if (t->kind == TEXT_CLOSE && p->reader.before.kind == TEXT_OPEN && is_waiting_for(p, WAITING_CALL))
        return end_call(p);
    if (t->kind == TEXT_OPERATOR && t->op == AD_OP_SUB)
        return push_waiting(p, WAITING_OPERATOR, AD_OP_NEG, BIND_SIGN, t->offset);
    return (t->kind == TEXT_OPERATOR && t->op == AD_OP_ADD) || expected_value(p);
}

static bool read_colon(parser *p)
{
    if (!reduce(p, BIND_CHOICE, false)) return false;
    if (is_waiting_for(p, WAITING_QUESTION)) {
        *top(p) = (waiting){WAITING_OPERATOR, BIND_CHOICE, AD_OP_SELECT, 0, 0};
        p->wants_value = true;
        return true;
    }
    return ad_text_fail(&p->reader, p->reader.token.offset, "':' without a '?' before it");
}

static bool read_comma(parser *p)
{
    if (!reduce(p, BIND_CHOICE, false)) return false;
    p->wants_value = true;
    if (is_waiting_for(p, WAITING_CALL)) return true;
    if (is_waiting_for(p, WAITING_QUESTION)) return not_closed(p);
    return ad_text_fail(&p->reader, p->reader.token.offset,
                        "',' stands only between the operands of a function; the decimal mark is a point");
}

static bool read_close(parser *p)
{
    if (!reduce(p, BIND_CHOICE, false)) return false;
    if (is_waiting_for(p, WAITING_CALL)) return end_call(p);
    if (is_waiting_for(p, WAITING_QUESTION)) return not_closed(p);
    if (top(p) == NULL) return ad_text_fail(&p->reader, p->reader.token.offset, "')' without a '(' before it");
    p->waiting_count--;
    p->open--;
    return true;
}

static bool read_end(parser *p)
{
    if (!reduce(p, BIND_CHOICE, false)) return false;
    p->finished = true;
    return p->waiting_count == 0 || not_closed(p);
}

/* The present token after a value. */
static bool read_operator(parser *p)
{
    const text_token *t = &p->reader.token;
    switch (t->kind) {
    case TEXT_OPERATOR:
        return reduce(p, t->binding, t->op == AD_OP_POW) &&
               push_waiting(p, WAITING_OPERATOR, t->op, t->binding, t->offset);
    case TEXT_QUESTION:
        return reduce(p, BIND_CHOICE, true) && push_waiting(p, WAITING_QUESTION, AD_OP_LEAF, BIND_NOT, t->offset);
    case TEXT_COLON: return read_colon(p);
    case TEXT_COMMA: return read_comma(p);
    case TEXT_CLOSE: return read_close(p);
    case TEXT_END:
    case TEXT_LINE_END:
    case TEXT_SEMICOLON: return read_end(p);
    default: return expected_operator(p);
    }
}

/* From the present token to a separator. */
static bool read_expression(parser *p)
{
    p->wants_value = true;
    p->finished = false;
    for (;;) {
        if (!(p->wants_value ? read_value(p) : read_operator(p))) return false;
        if (p->finished) return true;
        if (!next(p)) return false;
    }
}

/* ---------------------------------------------------------------------------------- statements */

static bool is_assignment(const parser *p)
{
    if (p->reader.token.kind != TEXT_NAME) return false;
    const char *after = text_at(p, ad_text_after_space(&p->reader, p->reader.at, true));
    return after[0] == '=' && after[1] != '=';
}

static bool check_new_name(parser *p)
{
    const text_token *t = &p->reader.token;
    const char *name = text_at(p, t->offset);
    uint32_t number;
    double value;
    text_shown shown;
    ad_text_show_token(&p->reader, shown);
    if (t->length > AD_MAX_NAME)
        return ad_text_fail(&p->reader, t->offset, "%s is too long for a name: at most %d bytes", shown, AD_MAX_NAME);
    if (ad_reserved_name(name, t->length, &value))
        return ad_text_fail(&p->reader, t->offset, "%s is a number in formulas and cannot be assigned", shown);
    if (ad_names_find(p->reader.tape->names, name, t->length, &number))
        return ad_text_fail(&p->reader, t->offset, "the name %s is already taken on the tape", shown);
    if (!ad_names_find(p->local_names, name, t->length, &number)) return true;
    const text_place place = ad_text_place_of(p->reader.text, p->locals[number].offset);
    return ad_text_fail(&p->reader, t->offset, "the name %s is already taken (line %zu)", shown, place.line);
}

static bool assign(parser *p, const text_token *name)
{
    ad_tape *tape = p->reader.tape;
    const uint32_t words[2] = {p->result, p->locals_count};
    if (!ad_grow(tape, &p->locals, &p->locals_capacity, (size_t)p->locals_count + 1, sizeof *p->locals) ||
        !ad_text_cell(&p->cells, CELL_NAMED, words, 2, &p->result) ||
        !ad_names_add(tape, &p->local_names, text_at(p, name->offset), name->length, p->locals_count))
        return ad_text_out_of_memory(&p->reader);
    p->locals[p->locals_count++] = (local){name->offset, name->length, p->result};
    return true;
}

static bool read_statement(parser *p)
{
    const text_token first = p->reader.token;
    if (first.kind == TEXT_END || first.kind == TEXT_LINE_END || first.kind == TEXT_SEMICOLON) return true;
    const bool is_named = is_assignment(p);
    if (is_named && (!check_new_name(p) || !next(p) || !next(p))) return false;
    if (!read_expression(p)) return false;
    p->has_result = true;
    p->result = p->values[--p->values_count];
    return !is_named || assign(p, &first);
}

static bool read_text(parser *p)
{
    do
        if (!next(p) || !read_statement(p)) return false;
    while (p->reader.token.kind != TEXT_END);
    if (p->has_result) return true;
    return ad_text_fail(&p->reader, p->reader.token.offset, "expected a formula, found the end of the text");
}

/* ------------------------------------------------------------------------------------ ad_parse */

/* Records what was read, on a tape without error. What a failure left half done is rewound. */
static ad_status record(parser *p, ad_var *out)
{
    ad_tape *tape = p->reader.tape;
    const ad_mark mark = ad_tape_mark(tape);
    if (!ad_undo_ready(tape)) return AD_ERR_MEMORY;
    *out = ad_text_record(&p->cells, p->local_names, p->result);
    if (out->tape != NULL) return AD_OK;
    const ad_status status = tape->error != AD_OK ? tape->error : AD_ERR_MEMORY;
    ad_undo(tape, mark);
    return status;
}

static void release(parser *p)
{
    ad_tape *tape = p->reader.tape;
    ad_release(tape, &p->waiting, p->waiting_capacity, sizeof *p->waiting);
    ad_release(tape, &p->values, p->values_capacity, sizeof *p->values);
    ad_release(tape, &p->locals, p->locals_capacity, sizeof *p->locals);
    ad_names_release(tape, &p->local_names);
    ad_text_cells_free(&p->cells);
}

/* Binds a name to input number k. */
static bool name_input(parser *p, const char *name, uint32_t k)
{
    ad_tape *tape = p->reader.tape;
    const size_t length = strlen(name);
    uint32_t cell;
    if (!ad_grow(tape, &p->locals, &p->locals_capacity, (size_t)p->locals_count + 1, sizeof *p->locals) ||
        !ad_text_cell(&p->cells, CELL_NODE, &k, 1, &cell) ||
        !ad_names_add(tape, &p->local_names, name, length, p->locals_count))
        return false;
    p->locals[p->locals_count++] = (local){0, length, cell};
    return true;
}

bool ad_text_read(text_cells *cells, const char *text, const char *const *inputs, uint32_t count, uint32_t *result)
{
    parser p = {.reader = {.tape = cells->tape, .text = text}, .cells = *cells};
    bool done = true;
    for (uint32_t k = 0; k < count && done; k++) done = inputs[k] == NULL || name_input(&p, inputs[k], k);
    done = done && read_text(&p);
    *cells = p.cells;
    *result = p.result;
    p.cells = (text_cells){.tape = cells->tape};
    release(&p);
    return done;
}

static ad_status explain(ad_text_error *error, ad_status status, const char *message)
{
    if (error != NULL) snprintf(error->message, sizeof error->message, "%s", message);
    return status;
}

ad_status ad_parse(ad_tape *tape, const char *text, ad_var *out, ad_text_error *error)
{
    if (error != NULL) *error = (ad_text_error){0, 0, 0, ""};
    if (out != NULL) *out = INVALID;
    if (tape == NULL || tape == &ad_constant_tape) return explain(error, AD_ERR_HANDLE, "ad_parse: no tape");
    if (text == NULL) return explain(error, AD_ERR_ARGUMENT, "ad_parse: text is NULL");
    if (out == NULL) return explain(error, AD_ERR_ARGUMENT, "ad_parse: out is NULL");
    if (tape->watching == WATCHING) return explain(error, AD_ERR_ARGUMENT, "ad_parse: not inside a watcher");

    parser p = {.reader = {.tape = tape, .text = text, .error = error}, .cells = {.tape = tape}};
    const ad_status kept = tape->error;
    char message[sizeof tape->message];
    memcpy(message, tape->message, sizeof message);
    ad_tape_clear_error(tape);
    const ad_status status = read_text(&p) ? record(&p, out) : p.reader.status;
    if (status != AD_OK && status != AD_ERR_TEXT)
        explain(error, status, tape->error != AD_OK ? tape->message : "ad_parse: no memory to read the text");
    release(&p);
    tape->error = kept;
    memcpy(tape->message, message, sizeof message);
    return status;
}
