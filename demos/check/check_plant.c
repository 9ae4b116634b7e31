/* SPDX-License-Identifier: MIT */
#include "check_plant.h"
#include "command.h"
#include "language.h"
#include "library_text.h"
#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ad_op op_called(const char *name)
{
    const ad_op found = ad_op_find(name);
    for (int op = AD_OP_LEAF + 1; found == AD_OP_LEAF && op < AD_OP_COUNT; op++)
        if (strcmp(ad_op_get((ad_op)op)->label, name) == 0) return (ad_op)op;
    return found;
}

static double factor_of(struct argp_state *state, const char *text, const char *error)
{
    double off = 0;
    if (strcmp(error, "sign") == 0) return -1;
    if (strcmp(error, "drop") == 0) return 0;
    if (strcmp(error, "double") == 0) return 2;
    if (!read_number(error, &off) || !isfinite(off) || 1 + off == 1)
        argp_error(state, _("--plant=%s: expected sign, drop, double or a relative error such as 1e-5 after the colon"),
                   text);
    return 1 + off;
}

/* The operand after the last point of the name, which is taken off it. */
static unsigned operand_of(struct argp_state *state, const char *text, char *name)
{
    char *point = strrchr(name, '.'), *end;
    if (point == NULL || point == name || ad_op_find(name) != AD_OP_LEAF) return 0;
    const unsigned long operand = strtoul(point + 1, &end, 10);
    if (end == point + 1 || *end != '\0') return 0;
    if (operand == 0 || operand > 1000000) argp_error(state, _("--plant=%s: operands count from 1"), text);
    *point = '\0';
    return (unsigned)operand;
}

void plant_read(planted_error *p, struct argp_state *state, const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text) {
        argp_error(state, _("--plant=%s: expected OP:ERROR, as in tanh:1e-5 or mul.2:sign"), text);
        return;
    }
    free(p->name);
    *p = (planted_error){.text = text, .name = formatted("%.*s", (int)(colon - text), text)};
    p->factor = factor_of(state, text, colon + 1);
    p->operand = operand_of(state, text, p->name);
    p->op = op_called(p->name);
    const ad_op_info *info = p->op != AD_OP_LEAF ? ad_op_get(p->op) : NULL;
    const int arity = info == NULL ? 0 : info->arity > 0 ? info->arity : info->partial[1] != NULL ? 2 : 1;
    if (arity > 0 && p->operand > (unsigned)arity)
        argp_error(state, ngettext("--plant=%s: %s has %d operand", "--plant=%s: %s has %d operands", (unsigned)arity),
                   text, p->name, arity);
}

/* Whether one of the nodes up to y is such an operation; adds all that there are to `names`, each once. */
static bool is_there(const planted_error *p, ad_var y, draft *names)
{
    bool found = false, has_name[AD_OP_COUNT + 1] = {false};
    for (size_t i = 0; i <= y.index; i++) {
        const ad_var node = ad_node_at(y.tape, i);
        const ad_op op = ad_op_of(node);
        if (op == AD_OP_LEAF) continue;
        const char *name = ad_op_name_of(node);
        found = found || (op == p->op && op != AD_OP_CUSTOM) || strcmp(name, p->name) == 0;
        if (!has_name[op]) fprintf(names->to, "%s%s", ftell(names->to) > 0 ? ", " : "", name);
        has_name[op] = true;
    }
    return found;
}

void plant_put(planted_error *p, ad_tape *tape, ad_var y)
{
    if (p->text == NULL) return;
    draft t;
    draft_begin(&t);
    const bool found = is_there(p, y, &t);
    char *names = draft_done(&t);
    if (!found)
        die(CODE_DATA, _("--plant=%s: there is no %s to spoil; there is: %s"), p->text, p->name,
            *names != '\0' ? names : _("no operation at all"));
    if (ad_plant_error(tape, p->op == AD_OP_LEAF ? AD_OP_CUSTOM : p->op, p->operand, p->factor) != AD_OK)
        die(CODE_DATA, "%s", library_text(ad_tape_message(tape)));
    free(names);
    free(p->name);
    p->name = NULL;
}
