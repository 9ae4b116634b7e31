/* SPDX-License-Identifier: MIT */
/* Tables of the tape's numbers beside the closed form's. */
#include "delta_print.h"
#include "command.h"
#include "language.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 5 };

/* Numbers with many digits leave no room for the last column. */
table entry_table(const delta_view *v)
{
    enum { MOST_DIGITS = 9 };
    static const char *heads[COLUMNS] = {NULL};
    heads[0] = "";
    heads[1] = _("tape");
    heads[2] = _("closed form");
    heads[3] = _("difference");
    heads[4] = _("in numbers");
    static const bool is_number[COLUMNS] = {false, true, true, true, false};
    const size_t columns = v->digits > MOST_DIGITS ? COLUMNS - 1 : COLUMNS;
    return (table){.columns = columns, .heads = heads, .is_number = is_number, .wrapped = COLUMNS - 1};
}

static void add_row(table *t, char *const cells[COLUMNS])
{
    table_add(t, cells);
    if (t->columns < COLUMNS) free(cells[COLUMNS - 1]);
}

double difference_of(const nn_tensor_check *c, size_t k) { return fabs(c->tape[k] - c->form[k]) / c->largest; }

void add_entry(table *t, const delta_view *v, nn_tensor tensor, size_t l, size_t row, size_t column)
{
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t k = row * c->columns + column;
    add_row(t, (char *[COLUMNS]){entry_name(v, tensor, l, row, column), number_text(v, as_noted(v, tensor, c->tape[k])),
                                 number_text(v, as_noted(v, tensor, c->form[k])), magnitude_text(difference_of(c, k)),
                                 entry_in_numbers(v, tensor, l, row, column)});
}

void add_cost(table *t, const delta_view *v)
{
    const nn_tensor_check *c = &v->report.cost;
    add_row(t, (char *[COLUMNS]){copied(cost_letter(v->convention)), number_text(v, c->tape[0]),
                                 number_text(v, c->form[0]), magnitude_text(c->difference), cost_in_numbers(v)});
}

void add_rest(table *t, size_t count, double apart)
{
    add_row(t, (char *[COLUMNS]){formatted(_("… %zu more"), count), copied(""), copied(""), magnitude_text(apart),
                                 copied("")});
}

void add_tensor(table *t, const delta_view *v, nn_tensor tensor, size_t l)
{
    if (!is_noted(v, tensor, l)) return;
    const nn_tensor_check *c = &v->report.layer[l].tensor[tensor];
    const size_t size = c->rows * c->columns, shown = size > v->entries + 1 ? v->entries : size;
    double apart = 0;
    for (size_t e = 0, row, column; e < size; e++) {
        entry_at(v, tensor, c, e, &row, &column);
        if (e < shown) add_entry(t, v, tensor, l, row, column);
        else apart = fmax(apart, difference_of(c, row * c->columns + column));
    }
    if (shown < size) add_rest(t, size - shown, apart);
}
