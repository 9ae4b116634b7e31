/* SPDX-License-Identifier: MIT */
/* Model files as text: what is saved comes back to the bit, and what is not exactly as it should be is refused. */
#include "model_files.h"
#include "run_suite.h"

#include <locale.h>

/* ----------------------------------------------------------------------------------- there and back */

START_TEST(test_a_file_is_read_as_it_is_described)
{
    ad_tape *tape = ad_tape_new();
    write_whole("m");
    nn_model model = load(tape, "m");
    const nn_shape *shape = nn_mlp_shape(model.net);
    ck_assert(shape->inputs == 2 && shape->depth == 2 && shape->cost == NN_MEAN_OF_SQUARES);
    ck_assert(shape->layers[0].activation == NN_ELU && shape->layers[0].alpha == 0.125 && !shape->layers[0].no_bias);
    ck_assert(shape->layers[1].activation == NN_TANH && shape->layers[1].no_bias && shape->layers[1].width == 1);
    ck_assert(model.shift[1] == -1 && model.scale[1] == 3 && model.label_count == 2);
    ck_assert_str_eq(model.labels[1], "\"y\\\n\xc3\xa9s");
    static const double expected[] = {1, 1.5, -0.5, 0, 0x1.fffffffffffffp+1023, -0.1, 0x1p-1074, -0.0};
    ck_assert_uint_eq(nn_parameters(model.net).count, 8);
    ck_assert_mem_eq(ad_values(nn_parameters(model.net)), expected, sizeof expected);
    const nn_options *o = nn_trainer_options(model.trainer);
    ck_assert(o->method == NN_MOMENTUM && o->rate == 0.03125 && o->momentum == 0.5 && o->l2 == 0x1p-10);
    ck_assert(o->batch == 10 && o->epochs == 30 && o->patience == 4 && o->seed == UINT64_MAX && !o->in_order);
    double cost;
    ck_assert_uint_eq(nn_trainer_steps(model.trainer), 250);
    ck_assert_uint_eq(nn_best_epoch(model.trainer, &cost), 7);
    ck_assert(cost == 0.25);
    save(&model, "n");
    assert_same_files("m", "n");
    ck_assert_int_eq(nn_use_best(model.trainer, NULL), NN_OK);
    ck_assert(ad_values(nn_weights(model.net, 2))[1] == -2);
    nn_model_free(&model);
    ck_assert(is_all_zero(&model));
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_the_file_in_the_documentation_is_one)
{
    const content page = read_file(CORPUS_DIR "/../../nn/model.md");
    const char *start = strstr(page.bytes, "```\n") + 4, *end = strstr(start, "```");
    ad_tape *tape = ad_tape_new();
    write_file("m", start, (size_t)(end - start));
    nn_model model = load(tape, "m");
    ck_assert_ptr_nonnull(model.trainer);
    ck_assert_str_eq(model.labels[1], "different");
    save(&model, "n");
    assert_same_files("m", "n");
    nn_model_free(&model);
    ad_tape_free(tape);
    free(page.bytes);
}
END_TEST

static bool same_layers(const nn_layer *a, const nn_layer *b)
{
    return a->width == b->width && a->activation == b->activation && same_bits(a->alpha, b->alpha) &&
           a->no_bias == b->no_bias && a->skip == b->skip;
}

static void assert_same_networks(const nn_mlp *a, const nn_mlp *b)
{
    const nn_shape *s = nn_mlp_shape(a), *t = nn_mlp_shape(b);
    ck_assert(s->inputs == t->inputs && s->depth == t->depth && s->cost == t->cost);
    for (size_t k = 0; k < s->depth; k++) ck_assert(same_layers(&s->layers[k], &t->layers[k]));
    const ad_span p = nn_parameters(a), q = nn_parameters(b);
    ck_assert_uint_eq(p.count, q.count);
    ck_assert_mem_eq(ad_values(p), ad_values(q), p.count * sizeof(double));
}

START_TEST(test_a_random_network_comes_back_to_the_bit)
{
    generator g = {(uint64_t)_i + 1};
    ad_tape *tape = ad_tape_new();
    for (int k = 0; k < 20; k++) {
        nn_model model = {.net = random_network(&g, tape)};
        double shift[8], scale[8];
        for (int i = 0; i < 8; i++) shift[i] = any_double(&g), scale[i] = any_double(&g);
        if (below(&g, 2) == 0) model.shift = shift, model.scale = scale;
        save(&model, "m");
        nn_model loaded = load(tape, "m");
        assert_same_networks(model.net, loaded.net);
        ck_assert_int_eq(loaded.shift != NULL, model.shift != NULL);
        if (model.shift != NULL) {
            ck_assert_mem_eq(loaded.shift, shift, nn_mlp_width(model.net, 0) * sizeof *shift);
            ck_assert_mem_eq(loaded.scale, scale, nn_mlp_width(model.net, 0) * sizeof *scale);
        }
        save(&loaded, "n");
        assert_same_files("m", "n");
        nn_model_free(&loaded);
        nn_mlp_free(model.net);
    }
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_labels_and_notes_may_hold_any_text)
{
    char every[256], longest[256], longest_note[4096], accents[256] = "";
    for (int c = 1; c < 128; c++) every[c - 1] = (char)c;
    every[127] = '\0';
    memset(longest, 'l', 255);
    longest[255] = '\0';
    memset(longest_note, 'n', 4095);
    longest_note[4095] = '\0';
    for (int k = 0; k < 63; k++) strcat(accents, "\xf0\x9d\x9b\xbc");
    char *labels[] = {every, longest, accents, (char[]){""}, (char[]){"\xe2\x80\xae \xc2\x85"}};
    ad_tape *tape = ad_tape_new();
    generator g = {5};
    nn_model model = {.net = random_network(&g, tape), .labels = labels, .label_count = 5};
    char *notes[] = {longest_note, every, (char[]){""}};
    model.notes = notes;
    model.note_count = 3;
    save(&model, "m");
    nn_model loaded = load(tape, "m");
    ck_assert_uint_eq(loaded.label_count, 5);
    for (int k = 0; k < 5; k++) ck_assert_str_eq(loaded.labels[k], labels[k]);
    ck_assert_uint_eq(loaded.note_count, 3);
    for (int k = 0; k < 3; k++) ck_assert_str_eq(loaded.notes[k], notes[k]);
    save(&loaded, "n");
    assert_same_files("m", "n");
    nn_model_free(&loaded);
    nn_mlp_free(model.net);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_a_decimal_comma_in_the_locale_changes_nothing)
{
    ad_tape *tape = ad_tape_new();
    write_whole("m");
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "de_DE.utf8") == NULL) return;
    char half[8];
    snprintf(half, sizeof half, "%.1f", 0.5);
    ck_assert_str_eq(half, "0,5");
    nn_model model = load(tape, "m");
    save(&model, "n");
    assert_same_files("m", "n");
    nn_model_free(&model);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_a_network_goes_behind_what_the_tape_has_and_outlives_its_model)
{
    ad_tape *tape = ad_tape_new();
    const ad_var x = ad_leaf(tape, 2), y = ad_mul(x, x);
    write_whole("m");
    nn_model model = load(tape, "m");
    ck_assert_uint_eq(nn_parameters(model.net).first, 2);
    ck_assert(ad_value(y) == 4);
    nn_mlp *net = model.net;
    nn_trainer *trainer = model.trainer;
    model.net = NULL;
    model.trainer = NULL;
    nn_model_free(&model);
    ck_assert_int_eq(nn_predict(net, (double[]){0, 0}, 1, (double[]){0}, NULL), NN_OK);
    nn_trainer_free(trainer);
    nn_mlp_free(net);
    ad_tape_free(tape);
}
END_TEST
/* ------------------------------------------------------------------------- what cannot be saved */

static void assert_not_saved(const nn_model *model, const char *message)
{
    nn_error error = {NN_OK, ""};
    ck_assert_int_eq(nn_save(model, "m", &error), NN_ERR_ARGUMENT);
    ck_assert_str_eq(error.message, message);
    ck_assert_int_eq(entries(), 0);
}

static nn_mlp *two_layers(ad_tape *tape)
{
    nn_layer layers[] = {{.width = 3, .activation = NN_TANH}, {.width = 1, .activation = NN_SIGMOID}};
    nn_mlp *net = nn_mlp_new(tape, &(nn_shape){2, 2, layers, NN_MEAN_OF_SQUARES}, NULL);
    ck_assert_int_eq(nn_mlp_init(net, NN_INIT_NORMAL, 1, NULL), NN_OK);
    return net;
}

START_TEST(test_a_parameter_that_is_not_finite_is_named_and_nothing_is_written)
{
    static const struct {
        size_t at;
        double value;
        const char *message;
    } cases[] = {{0, NAN, "w^1_{1,1} is not finite"},
                 {5, INFINITY, "w^1_{3,2} is not finite"},
                 {8, -INFINITY, "w^2_{1,3} is not finite"},
                 {10, NAN, "b^1_2 is not finite"},
                 {12, NAN, "b^2_1 is not finite"}};
    ad_tape *tape = ad_tape_new();
    const nn_model model = {.net = two_layers(tape)};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const ad_var p = ad_at(nn_parameters(model.net), cases[k].at);
        const double good = ad_value(p);
        ad_set(p, cases[k].value);
        assert_not_saved(&model, cases[k].message);
        ad_set(p, good);
    }
    nn_mlp_free(model.net);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_scaling_and_labels_that_make_no_sense_are_refused)
{
    char longest[257], *labels[] = {longest, NULL};
    double good[2] = {1, 2}, wrong[2] = {1, INFINITY};
    ad_tape *tape = ad_tape_new();
    nn_mlp *net = two_layers(tape);
    memset(longest, 'l', 256);
    longest[256] = '\0';
    assert_not_saved(&(nn_model){.net = net, .shift = good}, "shift and scale: only one of them is there");
    assert_not_saved(&(nn_model){.net = net, .scale = good}, "shift and scale: only one of them is there");
    assert_not_saved(&(nn_model){.net = net, .shift = wrong, .scale = good}, "the shift of input 2 is not finite");
    assert_not_saved(&(nn_model){.net = net, .shift = good, .scale = wrong}, "the scale of input 2 is not finite");
    assert_not_saved(&(nn_model){.net = net, .label_count = 2}, "2 labels, but none are there");
    assert_not_saved(&(nn_model){.net = net, .labels = labels, .label_count = 2},
                     "label 1 has 256 bytes, more than 255");
    strcpy(longest, "short");
    assert_not_saved(&(nn_model){.net = net, .labels = labels, .label_count = 2}, "label 2 is not there");
    strcpy(longest, "caf\xe9");
    assert_not_saved(&(nn_model){.net = net, .labels = labels, .label_count = 1}, "label 1 is not valid UTF-8");
    assert_not_saved(&(nn_model){.net = net, .notes = labels, .note_count = 2}, "note 1 is not valid UTF-8");
    assert_not_saved(&(nn_model){.net = net, .note_count = 1}, "1 notes, but none are there");
    nn_mlp_free(net);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_a_trainer_of_another_network_or_a_forgotten_network_is_refused)
{
    ad_tape *tape = ad_tape_new();
    nn_mlp *net = two_layers(tape);
    const ad_mark mark = ad_tape_mark(tape);
    nn_mlp *other = two_layers(tape);
    nn_trainer *trainer = nn_trainer_new(other, &(nn_options){.rate = 1}, NULL);
    assert_not_saved(&(nn_model){.net = net, .trainer = trainer}, "the trainer is another network's");
    ck_assert_int_eq(ad_tape_rewind(tape, mark), AD_OK);
    nn_error error;
    ck_assert_int_eq(nn_save(&(nn_model){.net = other}, "m", &error), NN_ERR_TAPE);
    ck_assert_int_eq(entries(), 0);
    assert_ok(tape);
    nn_trainer_free(trainer);
    nn_mlp_free(other);
    nn_mlp_free(net);
    ad_tape_free(tape);
}
END_TEST

/* One weight of 1 on inputs of this size, whose target is 0. */
static nn_model steep_model(ad_tape *tape, nn_method method)
{
    nn_layer layer = {.width = 1, .no_bias = true};
    nn_model model = {.net = nn_mlp_new(tape, &(nn_shape){1, 1, &layer, NN_SUM_OF_SQUARES}, NULL)};
    ad_set(ad_at(nn_parameters(model.net), 0), 1);
    model.trainer =
        nn_trainer_new(model.net, &(nn_options){.method = method, .rate = 1e-310, .batch = 1, .epochs = 1}, NULL);
    return model;
}

START_TEST(test_a_state_of_training_that_is_not_finite_is_named)
{
    double x[4] = {1e100, 1e100, 1e100, 1e100}, y[4] = {0};
    const nn_data data = {x, y, 4};
    ad_tape *tape = ad_tape_new();
    nn_model model = steep_model(tape, NN_RMSPROP);
    ck_assert_int_eq(nn_train(model.trainer, &data, NULL, NULL, NULL), NN_OK);
    assert_not_saved(&model, "the moment v of w^1_{1,1} is not finite");
    nn_model_free(&model);
    for (int k = 0; k < 4; k++) x[k] = 0.9e154;
    model = steep_model(tape, NN_GRADIENT_DESCENT);
    ck_assert_int_eq(nn_train(model.trainer, &data, NULL, NULL, NULL), NN_OK);
    assert_not_saved(&model, "the best cost is not finite");
    nn_model_free(&model);
    ad_tape_free(tape);
}
END_TEST

START_TEST(test_a_tape_that_has_no_room_for_the_network_says_so)
{
    ad_tape *tape = ad_tape_new();
    nn_model model;
    nn_error error;
    write_whole("m");
    ck_assert_int_eq(ad_tape_limit(tape, 7), AD_OK);
    ck_assert_int_eq(nn_load(&model, tape, "m", &error), NN_ERR_TAPE);
    ck_assert_str_eq(error.message, "ad_leaves: more than 7 nodes");
    ck_assert(is_all_zero(&model));
    assert_ok(tape);
    ad_tape_free(tape);
}
END_TEST

/* ------------------------------------------------------------------------------------- training */

enum { SAMPLES = 23, EPOCHS = 6 };

/* What a run reports of its epochs. */
typedef struct report {
    nn_epoch epochs[EPOCHS];
    size_t count;
} report;

static bool note(void *user, const nn_epoch *epoch)
{
    report *r = user;
    ck_assert_uint_le(epoch->epoch, EPOCHS);
    r->count++;
    r->epochs[epoch->epoch - 1] = *epoch;
    return true;
}

/* Stops after so many batches, in the middle of an epoch perhaps: the schedule is asked before every one. */
static size_t batches_left;
static int stop_now;
static double count_batches(void *user, double rate, double epoch)
{
    (void)user;
    if (--batches_left == 0) stop_now = 1;
    return rate / (1 + epoch);
}

static nn_options options_for(nn_method method, report *r)
{
    return (nn_options){.method = method,
                        .rate = 0.05,
                        .l2 = 0.001,
                        .batch = 5,
                        .epochs = EPOCHS,
                        .seed = 3,
                        .schedule = count_batches,
                        .on_epoch = note,
                        .user = r,
                        .stop = &stop_now};
}

static nn_data random_data(double *x, double *y)
{
    generator g = {17};
    for (int k = 0; k < 2 * SAMPLES; k++) x[k] = uniform(&g, -1, 1);
    for (int k = 0; k < SAMPLES; k++) y[k] = x[2 * k] * x[2 * k + 1] > 0;
    return (nn_data){x, y, SAMPLES};
}

/* Trains to the end; stops after every `piece` batches (0: never) to save, forget and load. The file is `path`. */
static void train_in_pieces(nn_method method, size_t piece, const char *path, report *r)
{
    double x[2 * SAMPLES], y[SAMPLES];
    const nn_data data = random_data(x, y);
    ad_tape *tape = ad_tape_new();
    nn_model model = {.net = two_layers(tape)};
    nn_options options = options_for(method, r);
    model.trainer = nn_trainer_new(model.net, &options, NULL);
    nn_end end = NN_STOPPED;
    for (;;) {
        batches_left = piece;
        stop_now = 0;
        nn_error error;
        ck_assert_msg(nn_train(model.trainer, &data, &data, &end, &error) == NN_OK, "%s", error.message);
        save(&model, path);
        nn_model_free(&model);
        ad_tape_reset(tape);
        if (end != NN_STOPPED) break;
        model = load(tape, path);
        save(&model, "again");
        assert_same_files(path, "again");
        nn_trainer_go_on(model.trainer, &options);
    }
    ad_tape_free(tape);
}

static bool same_scores(const nn_score *a, const nn_score *b)
{
    return a->samples == b->samples && a->correct == b->correct && same_bits(a->cost, b->cost);
}

static bool same_epochs(const nn_epoch *a, const nn_epoch *b)
{
    return a->epoch == b->epoch && a->epochs == b->epochs && a->steps == b->steps && same_bits(a->rate, b->rate) &&
           same_scores(&a->training, &b->training) && same_scores(&a->validation, &b->validation) &&
           same_bits(a->gradient_norm, b->gradient_norm) && a->best == b->best;
}

START_TEST(test_training_that_was_saved_and_loaded_goes_on_to_the_same_bits_and_reports)
{
    report once = {0}, pieces = {0};
    train_in_pieces((nn_method)_i, 0, "once", &once);
    ck_assert_uint_eq(once.count, EPOCHS);
    for (size_t piece = 1; piece <= 8; piece++) {
        memset(&pieces, 0, sizeof pieces);
        train_in_pieces((nn_method)_i, piece, "pieces", &pieces);
        ck_assert_uint_eq(pieces.count, EPOCHS);
        for (int k = 0; k < EPOCHS; k++) ck_assert(same_epochs(&once.epochs[k], &pieces.epochs[k]));
        assert_same_files("once", "pieces");
    }
}
END_TEST

START_TEST(test_before_the_first_epoch_is_over_the_parameters_at_the_start_are_kept)
{
    double x[2 * SAMPLES], y[SAMPLES];
    nn_data data = random_data(x, y);
    ad_tape *tape = ad_tape_new();
    nn_model model = {.net = two_layers(tape)};
    double start[13];
    memcpy(start, ad_values(nn_parameters(model.net)), sizeof start);
    nn_options options = options_for(NN_ADAM, &(report){0});
    model.trainer = nn_trainer_new(model.net, &options, NULL);
    batches_left = 2;
    stop_now = 0;
    ck_assert_int_eq(nn_train(model.trainer, &data, NULL, NULL, NULL), NN_OK);
    save(&model, "m");
    nn_model_free(&model);
    model = load(tape, "m");
    y[0] = INFINITY;
    ck_assert_int_eq(nn_train(model.trainer, &data, NULL, NULL, NULL), NN_ERR_NONFINITE);
    ck_assert_mem_eq(ad_values(nn_parameters(model.net)), start, sizeof start);
    nn_model_free(&model);
    ad_tape_free(tape);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("model");
    TCase *c = tcase_create("round trip");
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_test(c, test_a_file_is_read_as_it_is_described);
    tcase_add_test(c, test_the_file_in_the_documentation_is_one);
    tcase_add_loop_test(c, test_a_random_network_comes_back_to_the_bit, 0, 10);
    tcase_add_test(c, test_labels_and_notes_may_hold_any_text);
    tcase_add_test(c, test_a_decimal_comma_in_the_locale_changes_nothing);
    tcase_add_test(c, test_a_network_goes_behind_what_the_tape_has_and_outlives_its_model);
    suite_add_tcase(s, c);

    c = tcase_create("refused");
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_test(c, test_a_parameter_that_is_not_finite_is_named_and_nothing_is_written);
    tcase_add_test(c, test_scaling_and_labels_that_make_no_sense_are_refused);
    tcase_add_test(c, test_a_state_of_training_that_is_not_finite_is_named);
    tcase_add_test(c, test_a_tape_that_has_no_room_for_the_network_says_so);
    tcase_add_test(c, test_a_trainer_of_another_network_or_a_forgotten_network_is_refused);
    suite_add_tcase(s, c);

    c = tcase_create("training");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, enter_directory, leave_directory);
    tcase_add_loop_test(c, test_training_that_was_saved_and_loaded_goes_on_to_the_same_bits_and_reports, 0, NN_METHODS);
    tcase_add_test(c, test_before_the_first_epoch_is_over_the_parameters_at_the_start_are_kept);
    suite_add_tcase(s, c);
    return s;
}

int main(void) { return run_suite(suite()); }
