/* SPDX-License-Identifier: MIT */
/* Names: two hash tables over the same entries, by name and by number, and the calls that name nodes. A tape has
 * one set of names, whose numbers are nodes; a formula being read has another for what it assigns. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* The tables take their memory from the `tape` in scope. Where there is none, uthash leaves the entry out and its
 * handle's `tbl` NULL. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) ad_resize(tape, NULL, 0, size)
#define uthash_free(block, size) ad_resize(tape, block, size, 0)
#include <uthash.h>

typedef struct entry {
    UT_hash_handle by_name, by_number;
    uint32_t number, length;
    char name[];
} entry;

struct ad_names {
    entry *by_name, *by_number;
};

static void free_entry(ad_tape *tape, entry *e) { ad_resize(tape, e, sizeof *e + e->length + 1, 0); }

static void forget(ad_tape *tape, ad_names *names, entry *e)
{
    HASH_DELETE(by_name, names->by_name, e);
    HASH_DELETE(by_number, names->by_number, e);
    free_entry(tape, e);
}

static bool enter(ad_tape *tape, ad_names *names, entry *e)
{
    HASH_ADD_KEYPTR(by_name, names->by_name, e->name, e->length, e);
    if (e->by_name.tbl == NULL) return false;
    HASH_ADD(by_number, names->by_number, number, sizeof e->number, e);
    if (e->by_number.tbl != NULL) return true;
    HASH_DELETE(by_name, names->by_name, e);
    return false;
}

bool ad_names_add(ad_tape *tape, ad_names **names, const char *name, size_t length, uint32_t number)
{
    if (*names == NULL) {
        if ((*names = ad_resize(tape, NULL, 0, sizeof **names)) == NULL) return false;
        **names = (ad_names){NULL, NULL};
    }
    entry *e = ad_resize(tape, NULL, 0, sizeof *e + length + 1);
    if (e == NULL) return false;
    e->number = number;
    e->length = (uint32_t)length;
    memcpy(e->name, name, length);
    e->name[length] = '\0';
    if (enter(tape, *names, e)) return true;
    free_entry(tape, e);
    return false;
}

bool ad_names_find(const ad_names *names, const char *name, size_t length, uint32_t *number)
{
    entry *e = NULL;
    if (names != NULL) HASH_FIND(by_name, names->by_name, name, length, e);
    if (e != NULL) *number = e->number;
    return e != NULL;
}

const char *ad_names_of(const ad_names *names, uint32_t number)
{
    entry *e = NULL;
    if (names != NULL) HASH_FIND(by_number, names->by_number, &number, sizeof number, e);
    return e == NULL ? NULL : e->name;
}

void ad_names_visit(const ad_names *names, void (*visit)(void *user, const char *name), void *user)
{
    if (names == NULL) return;
    for (const entry *e = names->by_name; e != NULL; e = e->by_name.next) visit(user, e->name);
}

void ad_names_release(ad_tape *tape, ad_names **names)
{
    if (*names == NULL) return;
    while ((*names)->by_name != NULL) forget(tape, *names, (*names)->by_name);
    ad_resize(tape, *names, sizeof **names, 0);
    *names = NULL;
}

void ad_names_free(ad_tape *tape)
{
    ad_names_release(tape, &tape->names);
    tape->named_end = 0;
}

void ad_names_rewind(ad_tape *tape, uint32_t nodes)
{
    tape->named_end = 0;
    if (tape->names == NULL) return;
    for (entry *e = tape->names->by_name, *next; e != NULL; e = next) {
        next = e->by_name.next;
        if (e->number >= nodes) forget(tape, tape->names, e);
        else if (tape->named_end <= e->number) tape->named_end = e->number + 1;
    }
}

bool ad_reserved_name(const char *name, size_t length, double *value)
{
    static const struct {
        char name[4];
        double value;
    } reserved[] = {{"pi", 3.14159265358979323846}, {"e", 2.71828182845904523536}, {"inf", INFINITY}, {"nan", NAN}};
    for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++)
        if (strlen(reserved[k].name) == length && memcmp(reserved[k].name, name, length) == 0) {
            *value = reserved[k].value;
            return true;
        }
    return false;
}

const char *ad_name_fault(const char *name, size_t length)
{
    double value;
    if (length == 0) return "a name cannot be empty";
    if (ad_name_length(name) != length) return "a name is a letter or '_', then letters, digits, '_' and '.'";
    if (length > AD_MAX_NAME) return "a name has at most 255 bytes";
    return ad_reserved_name(name, length, &value) ? "this name is a number in formulas" : NULL;
}

ad_status ad_name(ad_var a, const char *name)
{
    static const char function[] = "ad_name";
    char quoted[AD_QUOTE_SIZE];
    const ad_status status = ad_check_node(NULL, a, function, 0);
    if (status != AD_OK) return status;
    ad_tape *tape = a.tape;
    const size_t length = name == NULL ? 0 : strlen(name);
    const char *fault = ad_name_fault(name, length), *old = ad_names_of(tape->names, a.index);
    if (length > 0) ad_quote(quoted, name, length);
    if (length > 0 && fault != NULL) return ad_fail(tape, AD_ERR_NAME, function, "'%s': %s", quoted, fault);
    if (fault != NULL) return ad_fail(tape, AD_ERR_NAME, function, "%s", fault);
    if (old != NULL && strcmp(old, name) == 0) return AD_OK;
    uint32_t taken;
    if (ad_names_find(tape->names, name, length, &taken))
        return ad_fail(tape, AD_ERR_NAME, function, "'%s' is the name of node %u", quoted, taken);
    if (old != NULL) return ad_fail(tape, AD_ERR_NAME, function, "'%s': node %u has a name already", quoted, a.index);
    if (!ad_names_add(tape, &tape->names, name, length, a.index))
        return ad_fail(tape, AD_ERR_MEMORY, function, "no memory for more names");
    if (tape->named_end <= a.index) tape->named_end = a.index + 1;
    return AD_OK;
}

const char *ad_name_of(ad_var a)
{
    if (is_const(a) || !ad_is_valid(a)) return NULL;
    return ad_names_of(a.tape->names, a.index);
}

ad_var ad_find(ad_tape *tape, const char *name)
{
    uint32_t node;
    if (tape == NULL || name == NULL || !ad_names_find(tape->names, name, strlen(name), &node)) return INVALID;
    return node_handle(tape, node);
}
