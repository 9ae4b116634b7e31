/* SPDX-License-Identifier: MIT */
#include "graphviz.h"
#include "command.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>

const char *graphviz_advice(void)
{
    return _("this program was built without Graphviz: install it with its files for development (Debian: "
             "libgraphviz-dev) and build the program again; or write the graph by --dot and draw it elsewhere");
}

#ifdef HAVE_GRAPHVIZ

#include <graphviz/gvc.h>
#include <math.h>

#ifdef __has_feature
#define LOOKS_FOR_LEAKS __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define LOOKS_FOR_LEAKS 1
#else
#define LOOKS_FOR_LEAKS 0
#endif

#if LOOKS_FOR_LEAKS
/* Graphviz, Pango and fontconfig, some of it in threads of their own, keep some of the memory that they take: the
 * sanitizer asks these functions for what it is not to report, and how. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgvc\nleak:libcgraph\nleak:libpango\nleak:libglib\nleak:libfontconfig\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }
#endif

bool graphviz_is_there(void) { return true; }

/* What Graphviz says, piece by piece, while it works. */
static draft said;

static int hear(char *text)
{
    fputs(text, said.to);
    return 0;
}

/* One line of it, without "Error: " and what follows. */
static char *first_complaint(char *text)
{
    static const char head[] = "Error: ";
    char *start = strncmp(text, head, strlen(head)) == 0 ? text + strlen(head) : text;
    start[strcspn(start, "\n")] = '\0';
    return start;
}

/* One for all graphs, until the end: Graphviz 2 remembers the last font of a context that was freed, and reads it. */
static GVC_t *context;

static void free_context(void) { gvFreeContext(context); }

static void begin_context(void)
{
    if (context != NULL) return;
    context = gvContext();
    atexit(free_context);
}

/* Cairo draws no larger bitmaps: Graphviz would scale the graph down until no one can read it. */
enum { MOST_DOTS = 32767, DOTS_PER_INCH = 96, PAD = 4 };

static bool fits(graph_t *g, const char *format)
{
    const boxf box = GD_bb(g);
    const double points = fmax(box.UR.x - box.LL.x, box.UR.y - box.LL.y) + 2 * PAD;
    return strcmp(format, "png") != 0 || points * DOTS_PER_INCH / 72 <= MOST_DOTS;
}

/* False: the graph cannot be read, laid out or written. */
static bool render(const char *dot, const char *format, FILE *to)
{
    graph_t *g = agmemread(dot);
    if (g == NULL) return false;
    bool is_good = gvLayout(context, g, "dot") == 0;
    if (is_good) {
        is_good = fits(g, format);
        if (!is_good) fputs(_("it is too large for PNG: leave out --all-nodes, or use --svg"), said.to);
        is_good = is_good && gvRender(context, g, format, to) == 0;
        gvFreeLayout(context, g);
    }
    agclose(g);
    return is_good;
}

char *graphviz_render(const char *dot, const char *format, size_t *size)
{
    draft t;
    draft_begin(&t);
    draft_begin(&said);
    const agusererrf before = agseterrf(hear);
    const agerrlevel_t level = agseterr(AGERR);
    begin_context();
    const bool is_good = render(dot, format, t.to);
    agseterr(level);
    agseterrf(before);
    char *text = draft_done(&said), *bytes = draft_done(&t);
    *size = t.size;
    if (!is_good) {
        const char *why = first_complaint(text);
        complain(_("Graphviz cannot draw the graph: %s"), *why != '\0' ? why : format);
        free(bytes);
        bytes = NULL;
    }
    free(text);
    return bytes;
}

#else

bool graphviz_is_there(void) { return false; }

char *graphviz_render(const char *dot, const char *format, size_t *size)
{
    (void)dot;
    (void)format;
    *size = 0;
    complain("%s", graphviz_advice());
    return NULL;
}

#endif
