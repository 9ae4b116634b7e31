/* SPDX-License-Identifier: MIT */
#include "delta_argp.h"
#include "help_text.h"
#include "input.h"
#include "language.h"
#include "option.h"

#include <string.h>
#include <sys/stat.h>

enum {
    KEY_SIZES = 0x5000,
    KEY_ACTIVATION,
    KEY_OUTPUT,
    KEY_COST,
    KEY_ALPHA,
    KEY_SKIP,
    KEY_NO_BIAS,
    KEY_WEIGHTS,
    KEY_BIASES,
    KEY_INIT,
    KEY_SEED,
    KEY_INPUTS,
    KEY_MODEL,
    KEY_DATA,
    KEY_ROW,
    KEY_TARGETS
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, N_("The network:"), 2},
    {"sizes", KEY_SIZES, "LIST", 0, N_("Inputs, hidden layers, outputs (default 2,3,1; in lessons their own)"), 2},
    {"activation", KEY_ACTIVATION, "LIST", 0,
     N_("Of the hidden layers, one for all or one for each: identity, sigmoid (default), tanh, relu, leaky_relu, elu, "
        "silu, gelu, softplus"),
     2},
    {"output", KEY_OUTPUT, "NAME", 0, N_("Activation of the output: one of these (default sigmoid), or softmax"), 2},
    {"cost", KEY_COST, "NAME", 0,
     N_("half_sum_of_squares, sum_of_squares, mean_of_squares, binary_cross_entropy, softmax_cross_entropy"), 2},
    {"alpha", KEY_ALPHA, "NUMBER", 0, N_("Of leaky_relu (default 0.01) and elu (default 1)"), 2},
    {"skip", KEY_SKIP, "N", 0,
     N_("Add the activations of N layers before to hidden layers that are as wide; or a list, one number for each "
        "layer, "
        "0: none"),
     2},
    {"no-bias", KEY_NO_BIAS, NULL, 0, N_("No layer has biases"), 2},
    {NULL, 0, NULL, 0, N_("Its numbers:"), 3},
    {"model", KEY_MODEL, "FILE", 0, N_("The network is that of a model file, as chainrule train saves one"), 3},
    {"data", KEY_DATA, "DATA", 0,
     N_("The sample is one of a data set or a file (see chainrule data); for a model, scaled as it wants it"), 3},
    {"row", KEY_ROW, "N", 0, N_("Which sample of the data (default 1)"), 3},
    {"weights", KEY_WEIGHTS, "LIST", 0, N_("All weights, layer by layer"), 3},
    {"biases", KEY_BIASES, "LIST", 0, N_("All biases, layer by layer"), 3},
    {"inputs", KEY_INPUTS, "LIST", 0, N_("The sample's inputs"), 3},
    {"targets", KEY_TARGETS, "LIST", 0, N_("The sample's targets"), 3},
    {"init", KEY_INIT, "NAME", 0, N_("How parameters are drawn: normal (default), fan_in, glorot, he"), 3},
    {"seed", KEY_SEED, "N", 0, N_("What is drawn, it is drawn from this seed (default 1)"), 3},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    delta_options *o = state->input;
    if (argument != NULL) argument = formula_typed(argument);
    switch (key) {
    case KEY_SIZES: o->sizes = argument; return 0;
    case KEY_ACTIVATION: o->activation = argument; return 0;
    case KEY_OUTPUT: o->output = argument; return 0;
    case KEY_COST: o->cost = argument; return 0;
    case KEY_ALPHA: o->alpha = argument; return 0;
    case KEY_SKIP: o->skip = argument; return 0;
    case KEY_NO_BIAS: o->no_biases = true; return 0;
    case KEY_WEIGHTS: o->weights = argument; return 0;
    case KEY_BIASES: o->biases = argument; return 0;
    case KEY_INPUTS: o->inputs = argument; return 0;
    case KEY_TARGETS: o->targets = argument; return 0;
    case KEY_MODEL: o->model = argument; return 0;
    case KEY_DATA: o->data = argument; return 0;
    case KEY_ROW: o->row = (size_t)option_within(state, "row", argument, 1, 1e9); return 0;
    case KEY_INIT: o->init = argument; return 0;
    case KEY_SEED:
        o->has_seed = true;
        o->seed = (uint64_t)option_within(state, "seed", argument, 0, 0x1p53);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp delta_argp = {options, parse, NULL, NULL, NULL, help_text, LANGUAGE_DOMAIN};

const char *delta_argp_network(const delta_options *o)
{
    const struct {
        const char *name, *given;
    } all[] = {{"sizes", o->sizes},
               {"activation", o->activation},
               {"cost", o->cost},
               {"alpha", o->alpha},
               {"skip", o->skip},
               {"weights", o->weights},
               {"biases", o->biases},
               {"init", o->init},
               {"inputs", o->inputs},
               {"targets", o->targets},
               {"model", o->model},
               {"data", o->data},
               {"no-bias", o->no_biases ? "" : NULL},
               {"row", o->row > 0 ? "" : NULL}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k].given != NULL) return all[k].name;
    return NULL;
}

/* ------------------------------------------------------------------------- a formula or a network */

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* A file that is missing is to be missed as one. */
static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static bool is_model(const char *path)
{
    static const char first[] = "chainrule-model ";
    char start[sizeof first] = "";
    FILE *file = is_file(path) ? fopen(path, "r") : NULL;
    if (file == NULL) return false;
    const bool is_one = fgets(start, sizeof start, file) != NULL && strcmp(start, first) == 0;
    fclose(file);
    return is_one;
}

/* "name=value", which a formula of several statements may begin with, too. */
static bool is_assignment(const char *text)
{
    const size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    return name > 0 && text[name] == '=' && strpbrk(text, ";\n") == NULL;
}

static void refuse_value(struct argp_state *state, const char *assignment)
{
    argp_error(state,
               _("'%s': a network takes no NAME=VALUE; its numbers are given by --weights, --biases, --inputs and "
                 "--targets"),
               assignment);
}

/* A network's command line has at most one argument, which is a model's file. */
static void refuse_mixture(struct argp_state *state, const char *option, const char *first, char *const *others,
                           size_t count)
{
    if (count > 0 && is_model(first)) refuse_value(state, others[0]);
    if (option == NULL || (count == 0 && is_file(first))) return;
    if (is_assignment(first)) refuse_value(state, first);
    const bool is_formula = count > 0 || strcmp(first, "-") == 0 || strpbrk(first, "()*^+ ") != NULL;
    if (is_formula) argp_error(state, _("--%s is for networks, not for a formula"), option);
}

bool network_is_meant(struct argp_state *state, delta_options *o, const char *option, const char *first,
                      char *const *others, size_t count)
{
    if (first == NULL && option == NULL)
        argp_error(state,
                   _("a formula is missing, or a model's file, or an option of a network such as --sizes=2,3,1"));
    if (first == NULL) return true;
    refuse_mixture(state, option, first, others, count);
    const bool is_path = is_file(first) || ends_in(first, ".model");
    if (count > 0 || strcmp(first, "-") == 0 || (option == NULL && !is_path)) return false;
    if (o->model != NULL) argp_error(state, _("'%s': --model says already which"), first);
    o->model = first;
    return true;
}
