/* SPDX-License-Identifier: MIT */
/* Lessons on networks that are unlike their own: near rounding, saturated, wide, with zeros. What they check agrees,
 * what they say is true there, and what they leave out they say. */
#include "lesson_json.h"
#include "run_suite.h"

#include <script.h>

static json_t *json_for(const char *options)
{
    char line[400];
    snprintf(line, sizeof line, "chainrule lesson %s --json", options);
    return lesson_json(line);
}

/* -------------------------------------------------------------------------------- what agrees */

static const char *const near_rounding[] = {
    "paths --sizes=1,1 --weights=100 --inputs=1 --targets=1",
    "paths --sizes=2,3,150,150,150,1",
    "demon --seed=70",
    "demon --seed=8 --inputs=700,-700",
    "demon --sizes=1,1 --output=gelu --weights=-30 --no-bias --inputs=1 --targets=1",
    ("demon --sizes=4,4,1 --activation=relu --seed=80298 --init=glorot "
     "--inputs=-1.52044e-07,4.14417e-07,7.10428e-07,-8.53129e-07"),
    "demon --sizes=1,1 --output=identity --weights=1 --biases=0 --inputs=1 --targets=1",
};

START_TEST(test_networks_near_rounding_agree) { json_decref(json_for(near_rounding[_i])); }
END_TEST

START_TEST(test_drawn_networks_agree)
{
    static const char *const options[] = {"paths --sizes=2,4,1 --activation=identity",
                                          "paths --sizes=2,4,1 --activation=softplus",
                                          "demon --sizes=2,3,2 --activation=tanh --output=sigmoid",
                                          "demon --sizes=2,3,2 --activation=tanh --output=softplus"};
    for (int seed = 1; seed <= 40; seed++) {
        char line[200];
        snprintf(line, sizeof line, "%s --seed=%d", options[_i], seed);
        json_decref(json_for(line));
    }
}
END_TEST

/* Where rounding does not hide all digits, a check still allows little. */
START_TEST(test_checks_of_usual_networks_allow_little)
{
    static const char *const options[] = {"paths", "demon", "paths --sizes=3,4,4,2 --seed=2", "demon --seed=3"};
    size_t at;
    json_t *check, *all = json_for(options[_i]);
    json_array_foreach(json_object_get(all, "checks"), at, check)
    {
        const double allowed = number_of(json_object_get(check, "allowed"), "what is allowed");
        const bool is_order = strstr(json_string_value(json_object_get(check, "what")), "order") != NULL;
        ck_assert_msg(allowed <= (is_order ? 0.1 : 1e-6), "%s: %g", options[_i], allowed);
    }
    json_decref(all);
}
END_TEST

/* ------------------------------------------------------------------------------- what is said */

typedef struct saying {
    const char *options, *said, *not_said; /* NULL: no matter */
} saying;

static const saying sayings[] = {
    {"paths --sizes=2,3,150,150,150,1", "It can take 3,375,000 paths", "1,000,001"},
    {"paths", "nobody walked along them", "How can paths be counted without"},
    {"paths --depth=3", "How can paths be counted without walking along them?", "nobody walked"},
    {"paths --sizes=2,1,1 --depth=20", "How can paths be counted without walking along them?", "nobody walked"},
    {"paths --depth=1", "A further layer would multiply the paths by 2", "Every further layer"},
    {"paths --depth=2", "Every further layer", "A further layer would"},
    {"paths --sizes=3,64,2 --depth=2", "The widest hidden layer of this network has 64 neurons", NULL},
    {"paths --sizes=3,16,2 --depth=2", NULL, "The widest hidden layer"},
    {"equations --sizes=1,1 --output=gelu --weights=-2 --biases=0 --inputs=1 --targets=-1", "Not here: σ′ is -0.08523",
     "never negative"},
    {"equations --sizes=2,1 --output=identity", "σ′ is 1 everywhere", "saturated neuron"},
    {"equations --sizes=2,1", "σ′ is never negative for sigmoid", NULL},
    {"equations --sizes=2,1 --output=tanh", "σ′ is never negative for tanh", NULL},
    {"equations --sizes=2,1 --output=softplus", "Where it is near 0, δ is small", "saturated neuron"},
    {"equations --sizes=1,1 --output=relu --weights=-2 --no-bias --inputs=1 --targets=1", "as σ′ is 0", "It has"},
    {"equations --sizes=1,1 --output=identity --weights=1 --no-bias --inputs=1 --targets=1", "Here both are 0",
     "It has"},
    {"demon --sizes=1,1 --output=identity --weights=1 --biases=0 --inputs=1 --targets=1", "all of ΔC is error",
     "ΔC does too"},
    {"demon", "ΔC does too", "all of ΔC is error"},
    {"wishes --sizes=2,2,1 --output=relu --activation=tanh --weights=1,2,-3,1,-5,-5 --biases=0,0,-10 --inputs=1,1 "
     "--targets=1",
     "Here −dz is 0, and so are the wishes.", "Here they are 0"},
    {"wishes --sizes=2,2,1 --no-bias --activation=relu --weights=-1,-1,-1,-1,1,1 --inputs=1,1 --targets=1",
     "Here they are 0, and so are the wishes.", "Here −dz is 0"},
    {"wishes --rate=0.123456789 --digits=8", "η = 0.123456789", NULL},
    {"vanish --rate=1000 --depth=2", "With η = 1000 that cannot be seen", NULL},
    {"vanish --depth=2", NULL, "that cannot be seen"},
    {"equations --sizes=2,1 --inputs=20000,1 --weights=1e-5,30000 --targets=1", "20000", "2e+04"},
};

START_TEST(test_what_is_said_is_true_of_the_network)
{
    const saying *s = &sayings[_i];
    json_t *all = json_for(s->options);
    if (s->said != NULL) ck_assert_msg(says(all, s->said), "lesson %s does not say: %s", s->options, s->said);
    if (s->not_said != NULL) ck_assert_msg(!says(all, s->not_said), "lesson %s says: %s", s->options, s->not_said);
    json_decref(all);
}
END_TEST

START_TEST(test_whole_numbers_are_shown_as_typed)
{
    json_t *demon = json_for("demon --digits=1"),
           *neuron = json_for("neuron --sizes=2,1 --weights=20000,-300000 --inputs=0,0 --targets=1 --biases=0");
    ck_assert_str_eq(shown_at(block_of(demon, "saturation"), 0, 0), "-10");
    ck_assert_str_eq(shown_at(block_of(neuron, "update"), 0, 1), "20000");
    ck_assert_str_eq(shown_at(block_of(neuron, "parameters"), 1, 1), "-300000");
    json_decref(neuron);
    json_decref(demon);
}
END_TEST

/* The one output's δ has the sign of a − y, or it is said that it has not. */
START_TEST(test_sign_of_the_only_delta_is_said)
{
    static const char *const outputs[] = {"gelu", "silu", "sigmoid", "identity", "relu", "elu"};
    for (double w = -4; w <= 4; w += 0.5) {
        char options[200];
        snprintf(options, sizeof options,
                 "equations --sizes=1,1 --output=%s --weights=%g --biases=0 --inputs=1 --targets=-1", outputs[_i], w);
        json_t *all = json_for(options), *matrices = block_of(all, "bp1_matrices");
        const double bracket = entry_at(matrix_of(matrices, 0), 0, 0), delta = entry_at(matrix_of(matrices, 2), 0, 0);
        ck_assert_msg(says(all, "Not here: σ′ is") == (bracket * delta < 0), "%s", options);
        ck_assert_msg(says(all, "It has: σ′ is") == (bracket * delta > 0), "%s", options);
        json_decref(all);
    }
}
END_TEST

/* ---------------------------------------------------------------------------- what is left out */

typedef struct counting {
    const char *options, *table;
    size_t entries, rows; /* those that there are, and the rows of the table */
} counting;

static const counting countings[] = {
    {"neuron --sizes=2,14,2", "forward", 16, 15},
    {"neuron --sizes=2,14,2", "deltas", 16, 15},
    {"neuron --sizes=2,14,2", "gradients", 56, 50},
    {"neuron --sizes=2,14,2", "three_ways", 16 * 3 + 56, 15 * 3 + 26},
    {"neuron --sizes=2,14,2", "update", 56, 26},
    {"neuron --sizes=2,14,2", "slip", 28, 13},
    {"neuron --sizes=2,13,2", "forward", 15, 15},
    {"neuron --sizes=2,14,2", "parameters", 72, 25 + 14 + 25 + 2},
    {"neuron --sizes=100,100,10", "parameters", 11110, 25 + 25 + 25 + 10},
    {"paths --sizes=2,14,1 --depth=2", "forward", 15, 14},
    {"paths --sizes=2,14,1 --depth=2", "three_ways", 15, 14},
    {"paths --sizes=2,13,1 --depth=2", "three_ways", 14, 14},
    {"equations --sizes=2,14,1", "sigmoid", 14, 13},
    {"wishes --sizes=2,14,1 --batch=1", "larger_a", 14, 13},
    {"wishes --sizes=2,14,1 --batch=1", "larger_w", 14, 13},
    {"wishes --sizes=2,14,1 --batch=1", "slip", 14, 13},
};

START_TEST(test_tables_say_how_much_they_leave_out)
{
    const counting *c = &countings[_i];
    json_t *all = json_for(c->options), *table = block_of(all, c->table);
    size_t entries = 0;
    for (size_t row = 0; row < rows_of(table); row++) {
        const size_t more = more_in(shown_at(table, row, 0));
        ck_assert_uint_ne(more, 1);
        entries += more > 0 ? more : 1;
    }
    ck_assert_uint_eq(entries, c->entries);
    ck_assert_uint_eq(rows_of(table), c->rows);
    json_decref(all);
}
END_TEST

static const char *const long_lines[] = {
    "equations --sizes=6,6 --seed=1 --digits=17",
    "equations --sizes=6,6 --seed=1 --digits=12",
    "equations --sizes=7,7 --seed=1 --digits=9",
    "equations --sizes=9,3 --seed=1 --digits=1",
    "neuron --sizes=6,6,7 --seed=2 --digits=17",
    "paths --sizes=6,6,6,7 --unit=2,1 --seed=3 --digits=17 --depth=2",
    ("equations --sizes=3,2 --output=identity --weights=1e-300,1e16,3,2,1,0.1 --digits=17 --inputs=1e-5,1e-9,0.1 "
     "--targets=1,0"),
};

START_TEST(test_matrices_fit_on_their_lines)
{
    char line[300];
    snprintf(line, sizeof line, "chainrule lesson %s", long_lines[_i]);
    assert_prints_readable(line);
}
END_TEST

START_TEST(test_json_says_whether_points_are_scattered)
{
    const double x[] = {1, 2};
    const curve curves[] = {{"a line", x, x, 2, false}, {"points", x, x, 2, true}};
    script *s = script_new("none", "None", 4);
    script_plot(s, &(plot){.key = "p", .x_label = "x", .y_label = "y", .curves = curves, .count = 2});
    json_t *all = script_json(s), *of = json_object_get(plot_of(all, "p"), "curves");
    for (size_t k = 0; k < 2; k++)
        ck_assert(json_is_true(json_object_get(json_array_get(of, k), "scattered")) == curves[k].is_scattered);
    json_decref(all);
    script_free(s);
}
END_TEST

/* --------------------------------------------------------------------------------- what is refused */

#define DATA "test_lesson_unusual.csv"

static void write_data(void)
{
    FILE *file = fopen(DATA, "w");
    if (file == NULL || fputs("a,b,y\n1,2,0.5\n1e308,1e308,0.3\n", file) < 0 || fclose(file) != 0) abort();
}

static void remove_data(void) { remove(DATA); }

static const failure refused[] = {
    {"paths --unit=4,2", 2, "chainrule: --unit=4,2: layer 4 has 1 unit\n"},
    {"paths --unit=3,3", 2, "chainrule: --unit=3,3: layer 3 has 2 units\n"},
    {"wishes --sizes=2,2,1 --data=" DATA " --batch=2 --activation=relu --output=identity", 1,
     "chainrule: z^1_1 of sample 2 is inf\n"},
    {"--depth=3", 2, "chainrule lesson: --depth needs a lesson\n..."},
    {"--batch=5", 2, "chainrule lesson: --batch needs a lesson\n..."},
    {"--sizes=3", 2, "chainrule lesson: --sizes needs a lesson\n..."},
    {"--unit=2,1 --json", 2, "chainrule lesson: --unit needs a lesson\n..."},
    {"--rate=2", 2, "chainrule lesson: --rate needs a lesson\n..."},
    {"--seed=2", 2, "chainrule lesson: --seed needs a lesson\n..."},
    {"--output=tanh", 2, "chainrule lesson: --output needs a lesson\n..."},
    {"--html=", 2, "chainrule lesson: --html= needs the name of a file\n..."},
    {"paths --html=", 2, "chainrule lesson: --html= needs the name of a file\n..."},
};

START_TEST(test_what_cannot_be_is_said) { assert_refuses("lesson", &refused[_i]); }
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("lesson_unusual");
    add(suite, "rounding", test_networks_near_rounding_agree, sizeof near_rounding / sizeof *near_rounding);
    add(suite, "drawn", test_drawn_networks_agree, 4);
    add(suite, "allowed", test_checks_of_usual_networks_allow_little, 4);
    add(suite, "said", test_what_is_said_is_true_of_the_network, sizeof sayings / sizeof *sayings);
    add(suite, "as typed", test_whole_numbers_are_shown_as_typed, 1);
    add(suite, "sign", test_sign_of_the_only_delta_is_said, 6);
    add(suite, "left out", test_tables_say_how_much_they_leave_out, sizeof countings / sizeof *countings);
    add(suite, "matrices", test_matrices_fit_on_their_lines, sizeof long_lines / sizeof *long_lines);
    add(suite, "scattered", test_json_says_whether_points_are_scattered, 1);
    add_between(suite, "refused", test_what_cannot_be_is_said, sizeof refused / sizeof *refused, write_data,
                remove_data);
    return run_suite(suite);
}
