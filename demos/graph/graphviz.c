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

/* False: the graph cannot be read, laid out or written. */
static bool render(GVC_t *context, const char *dot, const char *format, FILE *to)
{
    graph_t *g = agmemread(dot);
    if (g == NULL) return false;
    bool is_good = gvLayout(context, g, "dot") == 0;
    if (is_good) {
        is_good = gvRender(context, g, format, to) == 0;
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
    GVC_t *context = gvContext();
    const bool is_good = render(context, dot, format, t.to);
    gvFreeContext(context);
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
