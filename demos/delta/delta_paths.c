/* SPDX-License-Identifier: MIT */
/* delta as the sum over all paths to the cost, each path the product of the derivatives along it. */
#include "delta_view.h"
#include "command.h"
#include "json_values.h"
#include "language.h"
#include "library_text.h"
#include "print.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------ the network as the convention has it */

struct delta_paths {
    nn_logistic_net net;
    double *numbers;
    double sum;
};

static double *take(double **next, size_t count)
{
    double *first = *next;
    *next += count;
    return first;
}

static size_t room_for(const delta_view *v)
{
    size_t room = 0;
    for (size_t l = 0; l <= depth_of(v); l++) {
        room += 4 * width_at(v, l);
        if (l > 0) room += 2 * width_at(v, l) * (width_at(v, l - 1) + 1);
    }
    return room;
}

static void copy_theta(const delta_view *v, size_t l, double *theta)
{
    for (size_t j = 0; j < width_at(v, l); j++) {
        if (has_biases(v, l)) *theta++ = bias_of(v, l, j);
        for (size_t k = 0; k < width_at(v, l - 1); k++) *theta++ = weight_of(v, l, j, k);
    }
}

static void lay_out(const delta_view *v, delta_paths *p)
{
    const size_t depth = depth_of(v);
    double *next = p->numbers;
    for (size_t l = 0; l <= depth; l++) {
        const size_t n = width_at(v, l);
        nn_logistic_layer *layer = &p->net.layer[l];
        *layer = (nn_logistic_layer){
            .units = n, .z = take(&next, n), .delta = take(&next, n), .a = take(&next, n), .da = take(&next, n)};
        if (l > 0) {
            layer->activation = layer_of(v, l)->activation;
            layer->alpha = layer_of(v, l)->alpha;
            layer->skip = layer_of(v, l)->skip;
        }
        if (l == depth) continue;
        layer->bias_unit = has_biases(v, l + 1);
        const size_t thetas = width_at(v, l + 1) * (n + layer->bias_unit);
        double *theta = take(&next, thetas);
        copy_theta(v, l + 1, theta);
        layer->theta = theta;
        layer->dtheta = take(&next, thetas);
    }
}

delta_paths *delta_paths_of(const delta_view *v)
{
    const size_t layers = depth_of(v) + 1;
    nn_error error;
    delta_paths *p = resized(NULL, 1, sizeof *p);
    p->net = (nn_logistic_net){layers, resized(NULL, layers, sizeof *p->net.layer), nn_mlp_shape(v->net)->cost, 0};
    p->numbers = resized(NULL, room_for(v), sizeof *p->numbers);
    lay_out(v, p);
    if (nn_delta_logistic(&p->net, v->x, v->y, &error) != NN_OK) die(CODE_DATA, "%s", library_text(error.message));
    return p;
}

delta_paths *delta_paths_new(const delta_view *v)
{
    if (v->path_layer == 0) return NULL;
    nn_error error;
    delta_paths *p = delta_paths_of(v);
    if (nn_logistic_sum_of_paths(&p->net, v->path_layer, v->path_unit, &p->sum, &error) != NN_OK)
        die(CODE_DATA, "%s", library_text(error.message));
    return p;
}

const nn_logistic_net *delta_paths_net(const delta_paths *p) { return &p->net; }

void delta_paths_free(delta_paths *p)
{
    if (p == NULL) return;
    free(p->net.layer);
    free(p->numbers);
    free(p);
}

/* --------------------------------------------------------------------------------------- paths */

static char *theta_name(const delta_view *v, const nn_path_step *at, size_t before)
{
    return weight_name(v, at->layer - 1, at->unit - 1, before - 1);
}

/* From the cost back to the neuron, as the note has it; steps run the other way. */
char *path_in_symbols(const delta_view *v, const nn_path_step *steps, size_t count)
{
    draft t;
    draft_begin(&t);
    const nn_path_step *last = &steps[count - 1];
    char *target = target_name(v, last->unit - 1);
    fprintf(t.to, "(a^(%zu)_%zu − %s)", last->layer, last->unit, target);
    free(target);
    for (size_t n = count - 1; n > 0; n--) {
        if (!steps[n].skipped_to) {
            char *theta = theta_name(v, &steps[n], steps[n - 1].unit);
            fprintf(t.to, " · %s", theta);
            free(theta);
        }
        if (!steps[n - 1].skipped_to) fprintf(t.to, " σ′(z^(%zu)_%zu)", steps[n - 1].layer, steps[n - 1].unit);
    }
    return draft_done(&t);
}

char *path_in_values(const delta_view *v, const nn_path_step *steps, size_t count, double product)
{
    char shown[NUMBER_SIZE];
    draft t;
    draft_begin(&t);
    fputs("= ", t.to);
    put_operand(t.to, v, steps[count - 1].slope);
    for (size_t n = count - 1; n > 0; n--) {
        if (!steps[n].skipped_to) {
            fputs(" · ", t.to);
            put_operand(t.to, v, steps[n].theta);
        }
        if (!steps[n - 1].skipped_to) {
            fputs("·", t.to);
            put_operand(t.to, v, steps[n - 1].slope);
        }
    }
    fprintf(t.to, " = %s", show_number(shown, product, v->digits));
    return draft_done(&t);
}

static void put_indented(FILE *to, size_t indent, char *owned)
{
    put_wrapped(to, owned, indent, indent + 2);
    fputc('\n', to);
    free(owned);
}

static void print_path(FILE *to, const delta_view *v, const nn_logistic_net *net, size_t path, nn_path_step *steps)
{
    size_t count;
    const double product = nn_logistic_path(net, v->path_layer, v->path_unit, path, steps, &count);
    char *name = formatted(_("path %zu"), path + 1);
    const size_t indent = 2 + width_of(name) + 2;
    fprintf(to, "\n  %s%s%s  ", start_of(COLOUR_STEP), name, end_of(COLOUR_STEP));
    put_indented(to, indent, path_in_symbols(v, steps, count));
    fprintf(to, "%*s", (int)indent, "");
    put_indented(to, indent, path_in_values(v, steps, count, product));
    free(name);
}

static void put_way(FILE *to, const delta_view *v, const char *way, double x)
{
    enum { WIDTH = 25 };
    char shown[NUMBER_SIZE];
    fputs("  ", to);
    put_column(to, way, WIDTH, COLOUR_PLAIN);
    fprintf(to, "%s\n", show_number(shown, x, v->digits));
}

/* Three ways to one number. */
static void print_sum(FILE *to, const delta_view *v, double sum)
{
    const size_t l = v->path_layer - 1, j = v->path_unit - 1;
    const nn_tensor_check *delta = &v->report.layer[l].tensor[NN_TENSOR_DELTA];
    char *name = entry_name(v, NN_TENSOR_DELTA, l, j, 0);
    char *by_layer = formatted(_("%s, layer by layer"), name);
    fputc('\n', to);
    put_way(to, v, _("the sum over all paths"), sum);
    put_way(to, v, by_layer, delta->form[j]);
    put_way(to, v, _("the adjoint on the tape"), delta->tape[j]);
    free(by_layer);
    free(name);
}

void print_paths(FILE *to, const delta_view *v, const delta_paths *p)
{
    if (p == NULL) return;
    nn_path_step *steps = resized(NULL, p->net.layers, sizeof *steps);
    const size_t paths = p->net.layer[v->path_layer - 1].paths;
    char *heading = formatted(_("Paths: ∂C/∂z^(%zu)_%zu as the sum over every way from there to the cost"),
                              v->path_layer, v->path_unit);
    put_heading(to, heading);
    for (size_t path = 0; path < paths && path < v->entries; path++) print_path(to, v, &p->net, path, steps);
    if (paths > v->entries) {
        fputs("\n  ", to);
        fprintf(to, _("… %zu more"), paths - v->entries);
        fputc('\n', to);
    }
    print_sum(to, v, p->sum);
    free(heading);
    free(steps);
}

/* ------------------------------------------------------------------------------------ for programs */

static json_t *path_json(const delta_view *v, const nn_logistic_net *net, size_t path, nn_path_step *steps)
{
    size_t count;
    json_t *object = json_object(), *units = json_array();
    set(object, "product", exact_number(nn_logistic_path(net, v->path_layer, v->path_unit, path, steps, &count)));
    for (size_t n = 0; n < count; n++) append(units, json_pack("[ii]", (int)steps[n].layer, (int)steps[n].unit));
    set(object, "units", units);
    return object;
}

json_t *delta_paths_json(const delta_view *v)
{
    delta_paths *p = delta_paths_new(v);
    nn_path_step *steps = resized(NULL, p->net.layers, sizeof *steps);
    json_t *object = json_object(), *list = json_array();
    for (size_t path = 0; path < p->net.layer[v->path_layer - 1].paths; path++)
        append(list, path_json(v, &p->net, path, steps));
    set(object, "layer", whole_number(v->path_layer));
    set(object, "unit", whole_number(v->path_unit));
    set(object, "sum", exact_number(p->sum));
    set(object, "list", list);
    free(steps);
    delta_paths_free(p);
    return object;
}
