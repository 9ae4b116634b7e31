/* SPDX-License-Identifier: MIT */
/* What explain and the lessons say holds for the network that they were given, also where it is an unusual one: without
 * hidden layers, without biases, with units that are dead, equal or saturated. */
#include "run_suite.h"
#include "test_command.h"

#include <ctype.h>

/* Words that must be said, and words that must not be. */
typedef struct claim {
    const char *arguments, *said, *unsaid;
} claim;

#define EXPLAIN "explain "
#define DEAD " --activation=relu --biases=-9,-9,-9,0,0"
#define ZEROS " --sizes=2,2,2 --weights=0,0,0,0,0,0,0,0"

static const claim claims[] = {
    /* Explain: biases. */
    {EXPLAIN "--sizes=2,1 --convention=S3", "and subtracts its bias", "adds its bias"},
    {EXPLAIN "--sizes=2,1 --convention=S2", "and adds its bias", "subtracts its bias"},
    {EXPLAIN "--sizes=2,1 --no-bias", "times its weights: that is its weighted input z", "its bias:"},
    {EXPLAIN "--sizes=2,1 --no-bias --convention=S2 --rate=1", "w ← w − η ∂C/∂w", "b ← b"},
    {EXPLAIN "--sizes=2,1 --no-bias --convention=S3 --rate=1", "W ← W − η ∂E/∂W", "b ← b"},
    {EXPLAIN "--sizes=2,1 --convention=S3 --rate=1", "b ← b − η ∂E/∂b", NULL},
    {EXPLAIN "--sizes=2,1 --no-bias --convention=S3 --by=node", "∂E/∂b stands for −∂E/∂z", "adjoint of the node −b"},
    {EXPLAIN "--sizes=2,1 --no-bias --hold-biases --rate=1", "goes from", "The biases are held"},
    /* Layers and neurons that there are. */
    {EXPLAIN "--sizes=2,1", "At the outputs it follows from the cost. From it", "A neuron before them"},
    {EXPLAIN "--sizes=2,2,1", "A neuron before them", NULL},
    {EXPLAIN "--sizes=2,1 --convention=S3", "f′(z_1) = ŷ ∘ (1 − ŷ) of a sigmoid", "likewise with"},
    {EXPLAIN "--sizes=2,2,1 --convention=S3", "f′(z_2) = ŷ ∘ (1 − ŷ) of a sigmoid, and likewise with hidden₁",
     "likewise with hidden₁ and"},
    {EXPLAIN "--sizes=2,2,1 --by=neuron", "that alone", "their sum"},
    {EXPLAIN "--sizes=2,2,2 --by=neuron", "their sum", "that alone"},
    {EXPLAIN "--sizes=1,1,1,1 --by=neuron", "that alone", "their sum"},
    {EXPLAIN "--sizes=1,1,1,1 --skip=0,1,0 --by=neuron", "their sum", NULL},
    /* What a number is made of stands before it. */
    {EXPLAIN "--sizes=2,1 --convention=S3", "difference in numbers ∂E/∂a[1]", NULL},
    {EXPLAIN "--sizes=2,1 --convention=S0", "C = −Σ [y log a^(L) + (1 − y) log(1 − a^(L))]", NULL},
    {EXPLAIN "--sizes=2,1 --rate=1", "By the closed form it goes to 0.", NULL},
    {EXPLAIN "--sizes=2,2,1 --activation=softplus --output=softplus --convention=S2", "1 − e^−o of softplus",
     "for a sigmoid"},
    {EXPLAIN "--sizes=1,1 --convention=S0 --targets=0.5 --inputs=1000 --weights=1 --biases=0",
     "-(0.5·log(1) + 0.5·(-1000))", "log(0)"},
    {EXPLAIN "--sizes=1,2 --output=softmax --inputs=1 --weights=1000,1 --biases=0,0 --targets=0,1",
     "-(0·log(1) + 1·(-999))", "log(0)"},
    {EXPLAIN "--sizes=2,2,2 --output=identity --convention=S0", "a^(l) = σ(z^(l)), a^(L) = z^(L)", NULL},
    {EXPLAIN "--sizes=2,1 --convention=S0", "is computed from the outputs' z", NULL},
    {EXPLAIN "--sizes=2,1 --convention=S2", NULL, "is computed from the outputs' z"},
    {EXPLAIN "--sizes=2,2,2,1 --convention=S4 --skip=0,1,0", "adds up is a neuron of its own", NULL},
    {EXPLAIN "--sizes=2,2,2,1 --convention=S2 --skip=0,1,0", NULL, "adds up is a neuron of its own"},
    {EXPLAIN "--sizes=1,1 --rate=0.123456789 --digits=9 --by=neuron", "− 0.123456789·", NULL},
    {EXPLAIN "--sizes=1,1 --rate=0.123456789 --digits=9", "with η = 0.123456789", NULL},
    {EXPLAIN "'1e16 + x' x=1", "x: no verdict, since the finite difference is too coarse here", "agree within"},
    {EXPLAIN "'sin(x)' x=1e22", "finite differences do not settle here", "its error is about"},
    {EXPLAIN "'x*x' x=3", "dv1/dx, by operand 2 = x = 3", "dv1/dx = x"},
    {EXPLAIN "'x*y' x=3 y=2", "dv2/dx = y = 2", "by operand"},
    /* Values of their own, apart from their option. */
    {EXPLAIN "--sizes 1,1 --inputs -1 --weights -.5 --biases -2", "-0.5·(-1) - 2", NULL},
    {"check --sizes 1,1 --inputs -1 --targets -2", "PASS", NULL},
    /* Lesson paths. */
    {"lesson paths --sizes=1,1,1", "hidden layers of 1 neuron between", "multiplies the paths by"},
    {"lesson paths --sizes=1,1,1", "There is nothing to add up", "Added up:"},
    {"lesson paths", "Added up:", "nothing explodes"},
    {"lesson paths", "it adds the same small number each time", "skips neurons"},
    {"lesson paths --sizes=2,2,2,1 --activation=relu --weights=-1,-1,-1,-1,1,1,1,1,1,1",
     "skips neurons whose derivative is exactly 0", "the same small number"},
    {"lesson paths --sizes=2,3,3,1 --skip=0,1,0", "there the factor is 1", NULL},
    {"lesson paths", "by σ′ in every hidden neuron", "there the factor is 1"},
    /* Lesson wishes. */
    {"lesson wishes --sizes=2,3,2" DEAD, NULL, "= 0 is the largest"},
    {"lesson wishes" ZEROS, "Here they are 0", "= 0 is the largest"},
    {"lesson wishes --sizes=2,2,1 --weights=1,1,1,1,1,1 --biases=0,0,0", "is the largest in size, and not alone",
     "Most of all"},
    {"lesson wishes" ZEROS, "is too long for it", "points against the mean"},
    {"lesson wishes", "points against the mean", "too long for it"},
    {"lesson wishes --batch=1", "J goes from", "no sample is worse off"},
    {"lesson wishes --no-bias", "W^[l] ← W^[l] − η ∂J/∂W^[l], η", "b^[l] ← b^[l]"},
    {"lesson wishes --sizes=2,3,3,2 --skip=0,1,0", "the da of its end is added", NULL},
    {"lesson wishes --sizes=1,1,1 --weights=0,0 --biases=0,0 --inputs=1 --targets=.5", "exactly the same", "e+"},
    /* Lesson equations. */
    {"lesson equations --sizes=2,3,2" DEAD, "The cost feels none of them", "feels z^1_1 most"},
    {"lesson equations --sizes=2,3,2" DEAD, "None: the gradient is 0 here", "the row of the largest"},
    {"lesson equations --sizes=3,4 --output=identity", "σ′ is 1 for all of them", "Both factors count"},
    {"lesson equations", "Both factors count", "for all of them"},
    {"lesson equations" ZEROS " --biases=0,0,0,0 --targets=0.5,0.5", "Here none: all are 0", "The largest in size"},
    {"lesson equations" ZEROS " --biases=0,0,0,0 --targets=0,0", "and not alone", "Both factors count"},
    /* Lesson demon. */
    {"lesson demon --sizes=2,3,2" DEAD, "What is the first term that", "Why a hundred times"},
    {"lesson demon" ZEROS, "it is not larger where the neuron is steep", "would change the cost by 0."},
    {"lesson demon --sizes=2,2,1 --weights=0,0,0,0,0,0 --biases=0,0,0 --targets=.5", "Here every δ is 0",
     "That is why δ is called"},
    {"lesson demon --activation=identity --output=identity --sizes=2,3,2", "Here η = 1 is too much", NULL},
    {"lesson demon", "never makes it rise", "η = 1 is too much"},
    /* Lesson vanish. */
    {"lesson vanish --depth=2", "the first layer learns more slowly", "Its gradient vanishes"},
    /* Lesson neuron. */
    {"lesson neuron --activation=relu --output=identity", NULL, "no second exponential"},
    {"lesson neuron", "no second exponential", NULL},
    {"lesson neuron --lang=zh", "sigmoid 的 f′(z_2) = ŷ ∘ (1 − ŷ)，对 hidden₁ 也是如此", "of a sigmoid"},
    {"lesson neuron --lang=zh", "计算带说", "a leaf was set"},
    {"lesson neuron --sizes=2,2,1 --no-bias", "With η = 0.5:", "the biases held"},
};
enum { CLAIMS = sizeof claims / sizeof *claims };

/* Lines may end anywhere. */
static void join_lines(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        const bool is_space = isspace((unsigned char)*from);
        if (is_space && to > text && to[-1] == ' ') continue;
        *to++ = is_space ? ' ' : *from;
    }
    *to = '\0';
}

START_TEST(test_what_is_said_is_true_of_the_network)
{
    const claim *c = &claims[_i];
    char line[300];
    snprintf(line, sizeof line, "chainrule %s", c->arguments);
    char *out = output_of(line);
    assert_readable(out, line);
    join_lines(out);
    ck_assert_msg(c->said == NULL || strstr(out, c->said) != NULL, "%s does not say: %s", line, c->said);
    ck_assert_msg(c->unsaid == NULL || strstr(out, c->unsaid) == NULL, "%s says: %s", line, c->unsaid);
    free(out);
}
END_TEST

int main(void)
{
    find_command();
    Suite *suite = suite_create("unusual");
    add(suite, "claims", test_what_is_said_is_true_of_the_network, CLAIMS);
    return run_suite(suite);
}
