/* SPDX-License-Identifier: MIT */
/* The languages that the command speaks: English, in which its texts are written, and those of the catalogues in this
 * folder (GNU gettext), but data, info, predict and train speak English. Numbers are written the same in all of them.
 */
#ifndef DEMOS_LANGUAGE_H
#define DEMOS_LANGUAGE_H

#include <libintl.h>
#include <stdbool.h>

/* The text in the language that was chosen; N_ marks one that is translated later, where it is used. In a format the
 * order of the arguments may be changed by %2$s and %1$s. */
#define _(text) gettext(text)
#define N_(text) text

/* The same of a text that may be empty. */
static inline const char *translated(const char *text) { return *text != '\0' ? gettext(text) : text; }

/* One English word may be two in another language: the context says which. */
static inline const char *in_context(const char *both, const char *text)
{
    const char *found = gettext(both);
    return found != both ? found : text;
}
#define C_(context, text) in_context(context "\004" text, text)

/* What argp translates a command's help by. */
#define LANGUAGE_DOMAIN "chainrule"

/* What a --lang in the arguments says, else the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); before any text is
 * written, so that --help has it too. Another word ends the program when the command's own options are read. */
void choose_language(int argc, char **argv);

/* Whether there is such a language, "en" or "zh". */
bool is_language(const char *name);

/* Whether English was chosen. */
bool is_english(void);

/* Of the language that was chosen, as HTML has it: "en", "zh-CN". */
const char *language_tag(void);

#endif
