/* SPDX-License-Identifier: MIT */
/* The page's files, which are part of the program. */
#include "page_parts.h"

const char page_html[] = {
#include "page_html.inc"
    '\0'};

const char theme_js[] = {
#include "theme_js.inc"
    '\0'};

static const char page_css[] = {
#include "page_css.inc"
    '\0'};

static const char graph_css[] = {
#include "graph_css.inc"
    '\0'};

static const char layers_css[] = {
#include "layers_css.inc"
    '\0'};

static const char step_css[] = {
#include "step_css.inc"
    '\0'};

static const char table_css[] = {
#include "table_css.inc"
    '\0'};

static const char player_css[] = {
#include "player_css.inc"
    '\0'};

static const char lesson_css[] = {
#include "lesson_css.inc"
    '\0'};

static const char narrow_css[] = {
#include "narrow_css.inc"
    '\0'};

static const char paper_css[] = {
#include "paper_css.inc"
    '\0'};

static const char elements_js[] = {
#include "elements_js.inc"
    '\0'};

static const char numbers_js[] = {
#include "numbers_js.inc"
    '\0'};

static const char model_js[] = {
#include "model_js.inc"
    '\0'};

static const char paths_js[] = {
#include "paths_js.inc"
    '\0'};

static const char labels_js[] = {
#include "labels_js.inc"
    '\0'};

static const char line_js[] = {
#include "line_js.inc"
    '\0'};

static const char graph_js[] = {
#include "graph_js.inc"
    '\0'};

static const char zoom_js[] = {
#include "zoom_js.inc"
    '\0'};

static const char trace_js[] = {
#include "trace_js.inc"
    '\0'};

static const char layers_js[] = {
#include "layers_js.inc"
    '\0'};

static const char equations_js[] = {
#include "equations_js.inc"
    '\0'};

static const char table_js[] = {
#include "table_js.inc"
    '\0'};

static const char plot_js[] = {
#include "plot_js.inc"
    '\0'};

static const char lesson_js[] = {
#include "lesson_js.inc"
    '\0'};

static const char player_js[] = {
#include "player_js.inc"
    '\0'};

static const char main_js[] = {
#include "main_js.inc"
    '\0'};

void put_styles(FILE *to)
{
    static const char *const styles[] = {page_css,   graph_css,  layers_css, step_css, table_css,
                                         player_css, lesson_css, narrow_css, paper_css};
    for (size_t k = 0; k < sizeof styles / sizeof *styles; k++) fputs(styles[k], to);
}

/* Each uses what those before it define. */
void put_scripts(FILE *to)
{
    static const char *const scripts[] = {elements_js, numbers_js, model_js,  paths_js,  labels_js,    line_js,
                                          graph_js,    zoom_js,    trace_js,  layers_js, equations_js, table_js,
                                          plot_js,     lesson_js,  player_js, main_js};
    for (size_t k = 0; k < sizeof scripts / sizeof *scripts; k++) fprintf(to, "<script>\n%s</script>\n", scripts[k]);
}
