/* SPDX-License-Identifier: MIT */
/* The command `chainrule`: takes the name of a command and hands the rest of the line to it. */
#include "command.h"
#include "display_argp.h"
#include "help_text.h"
#include "language.h"

#include <argp.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    bool is_english;
} commands[] = {{"check", check_command, false},     {"data", data_command, true},
                {"delta", delta_command, false},     {"diff", diff_command, false},
                {"explain", explain_command, false}, {"info", info_command, true},
                {"lesson", lesson_command, false},   {"ops", ops_command, false},
                {"predict", predict_command, true},  {"train", train_command, true}};

static const char doc[] = N_("Shows the chain rule at work: automatic differentiation, step by step.\n") "\v" N_(
    "Commands:\n"
    "  check FORMULA|MODEL            gradients beside derivatives without a tape\n"
    "  data list|fetch|show           data sets: which there are, what is in them\n"
    "  delta                          backpropagation beside its closed formulas\n"
    "  diff FORMULA NAME...           the derivative as a formula\n"
    "  explain FORMULA|MODEL          both passes step by step, and the gradient\n"
    "  info MODEL                     what a saved network is\n"
    "  lesson [LESSON]                backpropagation taught with numbers\n"
    "  ops [OPERATION...]             the operations and their derivatives\n"
    "  predict MODEL [DATA]           what a saved network says of data\n"
    "  train [DATA]                   a network learns from data\n"
    "`chainrule COMMAND --help' says more about a command.\n"
    "\n"
    "Examples:\n"
    "  chainrule explain 'x^2 + sin(x)' x=1.5\n"
    "  chainrule explain 'z = w*x + b; y = tanh(z)' w=0.5 x=2 b=-1\n"
    "  chainrule check 'tanh(w*x)' w=0.5 x=2\n"
    "  chainrule diff 'x^2 + sin(x)' x\n"
    "  chainrule ops tanh relu\n"
    "  chainrule explain --sizes=2,3,1 --by=neuron\n"
    "  chainrule lesson paths\n"
    "  chainrule train digits\n"
    "\n"
    "Exit codes: 0 all went well; 1 an error in a formula, a value or a name, or the output could not be "
    "written; 2 the command was called wrongly; 3 a check failed.\n");

typedef struct choice {
    const struct command *command;
    int at; /* of the command's name in argv */
} choice;

static const struct command *command_called(const char *name)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        if (strcmp(commands[k].name, name) == 0) return &commands[k];
    return NULL;
}

/* Before the line is read; options before the command, and what they are given, are not commands. */
static bool speaks_english_only(int argc, char **argv)
{
    const struct command *command = NULL;
    for (int k = 1; k < argc && command == NULL; k++) command = command_called(argv[k]);
    return command != NULL && command->is_english;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    choice *chosen = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        chosen->command = command_called(argument);
        if (chosen->command == NULL) argp_error(state, _("there is no command '%s'"), argument);
        chosen->at = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, _("a command is missing")); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&display_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {NULL,      parse,          N_("COMMAND [ARGUMENT...]"), doc, children,
                                     help_text, LANGUAGE_DOMAIN};
    argp_program_version = "chainrule " VERSION;
    argp_err_exit_status = CODE_USAGE;
    watch_output();
    choose_colours("auto");
    if (!speaks_english_only(argc, argv)) choose_language(argc, argv);
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of characters; numbers are the same everywhere */
    choice chosen = {NULL, 0};
    argv[0] = copied("chainrule");
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen);
    argv[chosen.at] = formatted("chainrule %s", chosen.command->name);
    const int code = chosen.command->run(argc - chosen.at, argv + chosen.at);
    free(argv[chosen.at]);
    free(argv[0]);
    return code;
}
