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

/* "C", "C.UTF-8", "POSIX". */
static bool is_plain(const char *locale)
{
    return (locale[0] == 'C' && strchr(".", locale[1]) != NULL) || strcmp(locale, "POSIX") == 0;
}

static const struct language *of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;
    for (size_t k = 0; k < 3 && (locale == NULL || *locale == '\0'); k++) locale = getenv(variables[k]);
    if (locale == NULL || *locale == '\0' || is_plain(locale)) return NULL;
    const struct language *l = of_list(getenv("LANGUAGE"));
    return l != NULL ? l : language_of_locale(locale);
}

/* --------------------------------------------------------------------------------- the catalogues */

static bool has_catalogue(const char *folder)
{
    char *file = formatted("%s/%s/LC_MESSAGES/" LANGUAGE_DOMAIN ".mo", folder, chosen->catalogue);
    const bool found = access(file, R_OK) == 0;
    free(file);
    return found;
}

/* Where the program was built they are beside it; where it was installed, and perhaps moved since, in ../share/locale.
 */
static char *folder_of_catalogues(void)
{
    static const char *const beside[] = {"language", "../share/locale"};
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    const char *slash = n > 0 && (size_t)n < sizeof path ? memrchr(path, '/', (size_t)n) : NULL;
    for (size_t k = 0; slash != NULL && k < sizeof beside / sizeof *beside; k++) {
        char *folder = formatted("%.*s/%s", (int)(slash - path), path, beside[k]);
        if (has_catalogue(folder)) return folder;
        free(folder);
    }
    return copied(LOCALE_DIR);
}

/* gettext translates in any locale but those without a language. C.UTF-8 is there on every system, that of Chinese may
 * not be; where C.UTF-8 counts as having no language, since glibc 2.39, it goes by another name. */
static void choose_locale(void)
{
    setlocale(LC_MESSAGES, "C.UTF-8");
#ifdef __GLIBC__
    const locale_t named = *gettext("") == '\0' ? newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;
    if (named == (locale_t)0) return;
    named->__names[LC_MESSAGES] = chosen->catalogue;
    uselocale(named);
#endif
}

static void load_catalogue(void)
{
    char *folder = folder_of_catalogues();
    setenv("LANGUAGE", chosen->catalogue, 1);
    bindtextdomain(LANGUAGE_DOMAIN, folder);
    bind_textdomain_codeset(LANGUAGE_DOMAIN, "UTF-8");
    textdomain(LANGUAGE_DOMAIN);
    choose_locale();
    free(folder);
}

void choose_language(int argc, char **argv)
{
    const char *name = given(argc, argv);
    const struct language *l = name != NULL ? language_called(name) : of_environment();
    if (l != NULL) chosen = l;
    if (chosen != &languages[0]) load_catalogue();
}
