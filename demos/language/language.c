/* SPDX-License-Identifier: MIT */
#include "language.h"
#include "command.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct language {
    const char *name, *catalogue, *tag;
} languages[] = {{"en", "en", "en"}, {"zh", "zh_CN", "zh-CN"}};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static const struct language *chosen = &languages[0];

static const struct language *language_called(const char *name)
{
    for (size_t k = 0; k < LANGUAGES; k++)
        if (strcmp(languages[k].name, name) == 0) return &languages[k];
    return NULL;
}

bool is_language(const char *name) { return language_called(name) != NULL; }
bool is_english(void) { return chosen == &languages[0]; }
const char *language_tag(void) { return chosen->tag; }

/* ------------------------------------------------------------------------------------- the choice */

/* The value of the last --lang; NULL: there is none. */
static const char *given(int argc, char **argv)
{
    const char *found = NULL;
    for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++) {
        if (strncmp(argv[k], "--lang=", 7) == 0) found = argv[k] + 7;
        if (strcmp(argv[k], "--lang") == 0 && k + 1 < argc) found = argv[k + 1];
    }
    return found;
}

/* The language of a locale, "zh_CN.UTF-8" or "zh"; NULL: none that is known. */
static const struct language *language_of_locale(const char *locale)
{
    for (size_t k = 0; k < LANGUAGES; k++) {
        const size_t n = strlen(languages[k].name);
        if (strncmp(locale, languages[k].name, n) == 0 && strchr("_.@:", locale[n]) != NULL) return &languages[k];
    }
    return NULL;
}

/* LANGUAGE is a list, of which the first that is known counts; like gettext, it means nothing in the locale C. */
static const struct language *of_list(const char *list)
{
    while (list != NULL && *list != '\0') {
        const struct language *l = language_of_locale(list);
        if (l != NULL) return l;
        list += strcspn(list, ":");
        list += *list == ':';
    }
    return NULL;
}

static const struct language *of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;
    for (size_t k = 0; k < 3 && (locale == NULL || *locale == '\0'); k++) locale = getenv(variables[k]);
    if (locale == NULL || *locale == '\0' || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) return NULL;
    const struct language *l = of_list(getenv("LANGUAGE"));
    return l != NULL ? l : language_of_locale(locale);
}

/* --------------------------------------------------------------------------------- the catalogues */

/* Beside the program, where it was built; else where they were installed. */
static char *folder_of_catalogues(void)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0 || (size_t)n >= sizeof path) return copied(LOCALE_DIR);
    const char *slash = memrchr(path, '/', (size_t)n);
    char *folder = formatted("%.*s/language", slash != NULL ? (int)(slash - path) : 0, path);
    if (access(folder, R_OK) == 0) return folder;
    free(folder);
    return copied(LOCALE_DIR);
}

/* gettext translates in any locale but C; C.UTF-8 is there on every system, the locale of a language may not be. */
static void load_catalogue(void)
{
    char *folder = folder_of_catalogues();
    if (setlocale(LC_MESSAGES, "C.UTF-8") == NULL) setlocale(LC_MESSAGES, "");
    setenv("LANGUAGE", chosen->catalogue, 1);
    bindtextdomain(LANGUAGE_DOMAIN, folder);
    bind_textdomain_codeset(LANGUAGE_DOMAIN, "UTF-8");
    textdomain(LANGUAGE_DOMAIN);
    free(folder);
}

void choose_language(int argc, char **argv)
{
    const char *name = given(argc, argv);
    const struct language *l = name != NULL ? language_called(name) : of_environment();
    if (l != NULL) chosen = l;
    if (chosen != &languages[0]) load_catalogue();
}
