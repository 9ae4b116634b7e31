/* SPDX-License-Identifier: MIT */
#include "display_argp.h"
#include "command.h"
#include "help_text.h"
#include "language.h"

enum { KEY_COLOUR = 0x7000, KEY_LANG, GROUP = 8 };

static const struct argp_option options[] = {
    {"color", KEY_COLOUR, "WHEN", 0,
     N_("Use colors: auto (default: on a terminal, unless NO_COLOR is set), always or never"), GROUP},
    {"lang", KEY_LANG, "LANGUAGE", 0,
     N_("en or zh (default: that of the environment); data, info, predict and train speak English"), GROUP},
    {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_INIT: help_begin(state); return 0;
    case KEY_COLOUR:
        if (!choose_colours(argument)) argp_error(state, _("--color=%s: expected auto, always or never"), argument);
        return 0;
    case KEY_LANG:
        if (!is_language(argument)) argp_error(state, _("--lang=%s: expected en or zh"), argument);
        return 0;
    case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp display_argp = {options, parse, NULL, NULL, NULL, help_text, LANGUAGE_DOMAIN};
