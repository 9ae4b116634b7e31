/* SPDX-License-Identifier: MIT */
/* Chainrule, the layer on top: multilayer perceptrons whose every weight, bias and activation is a scalar node of a
 * tape. It uses nothing but the public functions of <autodiff/autodiff.h>.
 *
 * Symbols in this file: layers l = 1 .. L (layer 0 is the input); n^l the width of layer l; w^l_{jk} the weight from
 * unit k of layer l - 1 to unit j of layer l; b^l biases; f the activation of the layer; for each sample
 *
 *     z^l_j = sum_k w^l_{jk} a^{l-1}_k + b^l_j        the weighted input
 *     a^l_j = f(z^l_j)  [+ a^{l-s}_j]                 the activation, with a skip connection over s layers if asked for
 *     C     the cost of the sample, from a^L and the target y
 *
 * Matrices are row-major: weights out x in, batches samples x width.
 *
 *     ad_tape *tape = ad_tape_new();
 *     nn_mlp *net = nn_mlp_new(tape, &(nn_shape){.inputs = 2, .depth = 2, .cost = NN_MEAN_OF_SQUARES,
 *         .layers = (nn_layer[]){{.width = 3, .activation = NN_TANH}, {.width = 1, .activation = NN_SIGMOID}}}, NULL);
 *     nn_mlp_init(net, NN_INIT_FAN_IN, 1, NULL);
 *     nn_trainer *trainer = nn_trainer_new(net, &(nn_options){.method = NN_ADAM, .rate = 0.05, .epochs = 500}, NULL);
 *     nn_error error;
 *     if (nn_train(trainer, &(nn_data){x, y, 4}, NULL, NULL, &error) != NN_OK) puts(error.message);
 *
 * Errors. Functions that can fail return an nn_status (0 is good), or NULL where they make an object, and describe the
 * failure in *error, which may be NULL. An error of the tape (limit, memory, a stale handle) comes through with its
 * message and is cleared on the tape. After a failure everything is as it was before the call, unless said otherwise.
 * Nothing here prints, aborts or exits.
 *
 * Memory. Objects take theirs from their tape's allocator. A network's parameters live on the tape, and the tape must
 * outlive every use of the network but nn_mlp_free. _free(NULL) is fine.
 *
 * Numbers. The same seed gives the same bits on every machine, compiler and optimisation level whose libm has the same
 * exp, tanh, ...; starting weights and shuffles do not even depend on libm.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include <autodiff/gradcheck.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------------------------- errors */

typedef enum nn_status {
    NN_OK = 0,
    NN_ERR_MEMORY,    /* the allocator returned NULL */
    NN_ERR_ARGUMENT,  /* a shape, an option or an array is wrong; the message says which */
    NN_ERR_TAPE,      /* the tape refused; the message is the tape's */
    NN_ERR_NONFINITE, /* a cost or a gradient is not finite; the message names the first bad node */
    NN_ERR_FILE,      /* the system refused: no such file, no space, not a regular file, ... */
    NN_ERR_FORMAT     /* a model file is wrong; the message has line and reason */
} nn_status;

typedef struct nn_error {
    nn_status status;
    char message[320]; /* one line, without a full stop or a newline */
} nn_error;

/* A word for a status: "ok", "out of memory", ...; never NULL. */
AD_API const char *nn_status_text(nn_status status);

/* ------------------------------------------------------------------------------- random numbers */

/* xoshiro256** (Blackman and Vigna, 2018), its state filled from the seed by splitmix64. */
typedef struct nn_random {
    uint64_t state[4];
} nn_random;

AD_API nn_random nn_random_new(uint64_t seed);
AD_API uint64_t nn_random_bits(nn_random *random);

/* Uniform in [0, 1): the highest 53 bits times 2^-53. */
AD_API double nn_random_uniform(nn_random *random);

/* Uniform in 0 .. n - 1, without bias (Lemire, 2019); n > 0. */
AD_API uint64_t nn_random_below(nn_random *random, uint64_t n);

/* Standard normal, by the polar method (Marsaglia and Bray, 1964), with a logarithm of its own, so that it has the
 * same bits everywhere. */
AD_API double nn_random_normal(nn_random *random);

/* Shuffles 0 .. n - 1 into order[0 .. n - 1] (Fisher and Yates). O(n). */
AD_API void nn_random_order(nn_random *random, size_t *order, size_t n);

/* ------------------------------------------------------------------------------------ networks */

/* Activations f, with their derivatives at kinks as the op table of the engine has them. */
typedef enum nn_activation {
    NN_IDENTITY,   /* z: no node is recorded, a^l is z^l (unless a skip connection adds to it) */
    NN_SIGMOID,    /* 1 / (1 + e^-z) */
    NN_TANH,       /* tanh z */
    NN_RELU,       /* max(z, 0) */
    NN_LEAKY_RELU, /* z for z > 0, else alpha z */
    NN_ELU,        /* z for z > 0, else alpha (e^z - 1) */
    NN_SILU,       /* z sigmoid(z) */
    NN_GELU,       /* z Phi(z), Phi the normal distribution function */
    NN_SOFTPLUS,   /* log(1 + e^z) */
    NN_SOFTMAX     /* e^{z_j} / sum_k e^{z_k}: only on the output, with NN_SOFTMAX_CROSS_ENTROPY */
} nn_activation;
enum { NN_ACTIVATIONS = NN_SOFTMAX + 1 };

/* Costs C of one sample. The two cross-entropies are computed from z^L, so that nothing overflows or cancels. */
typedef enum nn_cost {
    NN_HALF_SUM_OF_SQUARES,  /* 1/2 sum_j (a^L_j - y_j)^2: the "quadratic cost" */
    NN_SUM_OF_SQUARES,       /* sum_j (a^L_j - y_j)^2 */
    NN_MEAN_OF_SQUARES,      /* 1/n^L sum_j (a^L_j - y_j)^2 */
    NN_BINARY_CROSS_ENTROPY, /* -sum_j y_j log a^L_j + (1 - y_j) log(1 - a^L_j); needs NN_SIGMOID on the output */
    NN_SOFTMAX_CROSS_ENTROPY /* -sum_j y_j log a^L_j; needs NN_SOFTMAX on the output */
} nn_cost;
enum { NN_COSTS = NN_SOFTMAX_CROSS_ENTROPY + 1 };

/* The names in model files and options: "leaky_relu", "half_sum_of_squares", ...; NULL for no such number. The
 * functions that find by name return -1 when there is none. */
AD_API const char *nn_activation_name(nn_activation activation);
AD_API const char *nn_cost_name(nn_cost cost);
AD_API int nn_activation_find(const char *name);
AD_API int nn_cost_find(const char *name);

/* One layer; all-zero but for the width is a linear layer with biases. */
typedef struct nn_layer {
    size_t width;
    nn_activation activation;
    double alpha; /* of NN_LEAKY_RELU (0: 0.01) and NN_ELU (0: 1) */
    bool no_bias;
    size_t skip; /* s: adds the activations of layer l - s, which must be as wide; 0: adds nothing. Not with softmax,
                    and not on the output of a cross-entropy */
} nn_layer;

typedef struct nn_shape {
    size_t inputs; /* n^0 */
    size_t depth;  /* L */
    const nn_layer *layers;
    nn_cost cost;
} nn_shape;

typedef struct nn_mlp nn_mlp;

/* A network on the tape; `shape` is copied. Its parameters are one run of leaves, recorded at the end of the tape, all
 * 0: first the weights w^1, ..., w^L, then the biases b^1, ..., b^L. Sweeps are fastest when they are the first nodes
 * of the tape. NULL on error: AD limits, widths of 0, an activation that does not go with the cost, a skip between
 * different widths, ... O(parameters). */
AD_API nn_mlp *nn_mlp_new(ad_tape *tape, const nn_shape *shape, nn_error *error);

/* Frees the network, but not its nodes, which are the tape's. */
AD_API void nn_mlp_free(nn_mlp *net);

/* What it was made of (with alpha filled in); lasts as long as the network. */
AD_API const nn_shape *nn_mlp_shape(const nn_mlp *net);
AD_API ad_tape *nn_mlp_tape(const nn_mlp *net);
AD_API size_t nn_mlp_outputs(const nn_mlp *net);         /* n^L */
AD_API size_t nn_mlp_width(const nn_mlp *net, size_t l); /* n^l, l = 0 .. L */

/* All parameters; those of layer l = 1 .. L: w^l (n^l x n^{l-1}), b^l (n^l; of no elements with no_bias); all weights.
 * The invalid span when there is no such layer. */
AD_API ad_span nn_parameters(const nn_mlp *net);
AD_API ad_span nn_weights(const nn_mlp *net, size_t l);
AD_API ad_span nn_biases(const nn_mlp *net, size_t l);
AD_API ad_span nn_all_weights(const nn_mlp *net);

/* Starting values, drawn for w^1, b^1, w^2, b^2, ... in this order from nn_random_new(seed). */
typedef enum nn_init {
    NN_INIT_FAN_IN, /* weights normal with deviation 1/sqrt(n^{l-1}), biases 0 */
    NN_INIT_GLOROT, /* weights uniform within +-sqrt(6 / (n^{l-1} + n^l)), biases 0 (Glorot and Bengio, 2010, eq. 16) */
    NN_INIT_HE,     /* weights normal with deviation sqrt(2 / n^{l-1}), biases 0 (He et al., 2015, eq. 10) */
    NN_INIT_NORMAL  /* weights and biases standard normal (Nielsen, 2015, chapter 1) */
} nn_init;
enum { NN_INITS = NN_INIT_NORMAL + 1 };
AD_API const char *nn_init_name(nn_init init);
AD_API int nn_init_find(const char *name);

/* Sets all parameters. O(parameters). */
AD_API nn_status nn_mlp_init(nn_mlp *net, nn_init init, uint64_t seed, nn_error *error);

/* --------------------------------------------------------------------- recording, call by call */

/* Records the network on inputs x: a span of samples x inputs elements (leaves, constants or other consecutive nodes of
 * the net's tape), for any number of samples at once. For each layer in order: the n^l weighted sums of each sample,
 * the bias additions, the activations, the additions of a skip connection; each group sample by sample, one node for
 * each neuron. (softmax takes one log-sum-exp for each sample, then a subtraction and an exp for each neuron.) All
 * samples at once give the same bits as one after the other, faster. On a failure the tape is rewound to where it was,
 * and the network has no recording. */
AD_API nn_status nn_forward(nn_mlp *net, ad_span x, nn_error *error);

/* Records one cost node for each sample of the last nn_forward, against targets y: samples x outputs elements. */
AD_API nn_status nn_record_costs(nn_mlp *net, ad_span y, nn_error *error);

/* What the last nn_forward recorded, l = 1 .. L (activations: l = 0 is x), samples x n^l elements each, and the last
 * nn_record_costs, one element for each sample. Without a bias z^l is the weighted sums. Invalid spans before, and
 * after nn_gradient, nn_evaluate and nn_predict, which record and rewind. */
AD_API ad_span nn_weighted_inputs(const nn_mlp *net, size_t l);
AD_API ad_span nn_activations(const nn_mlp *net, size_t l);
AD_API ad_span nn_outputs(const nn_mlp *net); /* a^L */
AD_API ad_span nn_costs(const nn_mlp *net);

/* lambda/2 sum of the squares of all weights (not of the biases), as two nodes. On a failure the invalid handle, and
 * the tape is in error, as with the functions of the engine. */
AD_API ad_var nn_l2(const nn_mlp *net, double lambda);

/* What a node is to the network, for messages: "w^2_{3,1}", "z^1_4 of sample 2", "the cost of sample 1"; units and
 * samples count from 1. A node that is none of the network's: its operation and index. Writes at most size bytes,
 * returns text. */
AD_API const char *nn_describe(const nn_mlp *net, ad_var node, char *text, size_t size);

/* --------------------------------------------------------------------- samples, costs, gradients */

/* Samples in rows: x is samples x inputs, y samples x outputs. The arrays stay the caller's. */
typedef struct nn_data {
    const double *x, *y;
    size_t samples;
} nn_data;

/* How well a network does on a number of samples. */
typedef struct nn_score {
    size_t samples;
    double cost;    /* the mean of the samples' costs (with L2: plus that) */
    size_t correct; /* several outputs: the largest of a^L is where the largest of y is; one output: a^L and y are on
                       the same side of the middle, which is 0 for NN_TANH and 1/2 otherwise */
} nn_score;

/* The mean gradient over the samples which[0 .. n - 1] of the data (NULL: 0 .. n - 1), plus that of nn_l2(net, l2):
 * afterwards ad_grads(nn_parameters(net)) is dC/dparameter, until parameters are set or the tape is swept again. The
 * samples' nodes are recorded, swept and rewound, many at once. *score may be NULL. NN_ERR_NONFINITE when the cost is
 * not finite; the message names the first number to blame and its operands. Ends what ad_accumulate began. On a failure
 * there may be no gradient. After the first call of this size it allocates nothing. */
AD_API nn_status nn_gradient(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, double l2,
                             nn_score *score, nn_error *error);

/* Costs and right answers over all the data, without a sweep. *score may be NULL. NN_ERR_NONFINITE as above. */
AD_API nn_status nn_evaluate(nn_mlp *net, const nn_data *data, nn_score *score, nn_error *error);

/* The outputs a^L of n samples: x is n x inputs, outputs n x n^L. */
AD_API nn_status nn_predict(nn_mlp *net, const double *x, size_t n, double *outputs, nn_error *error);

/* Checks the gradient of the mean cost of the samples which[0 .. n - 1] of the data (NULL: 0 .. n - 1), plus that of
 * nn_l2(net, l2), by all parameters (options->most of them at random, where there are more): ad_gradcheck_recorded of
 * what nn_gradient records, with places in the words of nn_describe. options may be NULL; the report is freed with
 * ad_gradcheck_free. The tape is rewound afterwards, the parameters as they were. */
AD_API nn_status nn_gradcheck(nn_mlp *net, const nn_data *data, const size_t *which, size_t n, double l2,
                              const ad_gradcheck_options *options, ad_gradcheck_report *report, nn_error *error);

/* ------------------------------------------------------------------------------------ training */

/* How parameters p follow the gradient g, at step t = 1, 2, ... with the learning rate r:
 * m and v are state, 0 at first; all arithmetic for each parameter on its own. */
typedef enum nn_method {
    NN_GRADIENT_DESCENT, /* p -= r g */
    NN_MOMENTUM,         /* m = mu m + g;  p -= r m */
    NN_NESTEROV,         /* m = mu m + g;  p -= r (g + mu m) (Sutskever et al., 2013) */
    NN_RMSPROP,          /* v = rho v + (1 - rho) g^2;  p -= r g / (sqrt(v) + eps) (Tieleman and Hinton, 2012) */
    NN_ADAM,             /* m = mu m + (1 - mu) g;  v = rho v + (1 - rho) g^2;
                            p -= r (m / (1 - mu^t)) / (sqrt(v / (1 - rho^t)) + eps) (Kingma and Ba, 2015) */
    NN_ADAMW             /* p -= r decay p for weights, not biases; then NN_ADAM (Loshchilov and Hutter, 2019) */
} nn_method;
enum { NN_METHODS = NN_ADAMW + 1 };
AD_API const char *nn_method_name(nn_method method); /* "gd", "momentum", "nesterov", "rmsprop", "adam", "adamw" */
AD_API int nn_method_find(const char *name);

/* What a callback is told after an epoch. */
typedef struct nn_epoch {
    size_t epoch, epochs; /* this one, from 1, of so many */
    uint64_t steps;       /* optimiser steps so far */
    double rate;          /* of the last step */
    nn_score training;    /* over the epoch's batches, each before its step */
    nn_score validation;  /* after the epoch; samples == 0: there is no validation set */
    double gradient_norm; /* Euclidean, of the epoch's last batch */
    double seconds;       /* that the epoch took, without the validation */
    double samples_per_second;
    bool best; /* the parameters are the best so far: see nn_use_best */
} nn_epoch;

typedef struct nn_options {
    nn_method method;
    double rate;         /* r; must be above 0 */
    double momentum;     /* mu; 0: 0.9 */
    double decay_rate;   /* rho; 0: 0.9 for RMSprop, 0.999 for Adam and AdamW */
    double epsilon;      /* eps; 0: 1e-8 */
    double weight_decay; /* decay, of AdamW; 0: 0.01 */
    double l2;           /* lambda of nn_l2, added to every batch's cost; 0: none */
    size_t batch;        /* samples in a batch; 0: 10; more than there are: all. The last of an epoch may be smaller */
    size_t epochs;       /* how many in all, those before a resume included */
    size_t patience;     /* stops when so many epochs brought nothing better; 0: never */
    uint64_t seed;       /* of the shuffles: epoch e = 1, 2, ... is ordered by nn_random_new(seed + e). Where one batch
                            has all samples, they stay in order */
    bool in_order;       /* no shuffles */
    /* The rate of a step, given `rate`; NULL: constant. epoch (from 0) is fractional: 2.5 is in the middle of the
     * third. */
    double (*schedule)(void *user, double rate, double epoch);
    /* Called after every epoch; returning false stops. */
    bool (*on_epoch)(void *user, const nn_epoch *epoch);
    void *user;
    /* Looked at before every batch: not 0 stops. May be set by another thread or a signal handler. */
    const volatile int *stop;
} nn_options;

typedef struct nn_trainer nn_trainer;

/* An optimiser with its state, for this network; options are copied. NULL on error. O(parameters) memory. It may be
 * freed before the network or after it. */
AD_API nn_trainer *nn_trainer_new(nn_mlp *net, const nn_options *options, nn_error *error);
AD_API void nn_trainer_free(nn_trainer *trainer);

AD_API const nn_options *nn_trainer_options(const nn_trainer *trainer); /* with the defaults filled in */
AD_API uint64_t nn_trainer_steps(const nn_trainer *trainer);

/* Replaces callbacks, epochs, patience and stop, which are no part of what was learnt (the other fields are not looked
 * at): for going on after nn_load. */
AD_API void nn_trainer_go_on(nn_trainer *trainer, const nn_options *options);

/* One step along the gradient that stands in the adjoints of the network's parameters (nn_gradient, or a sweep of your
 * own), at this rate: for those who write the loop themselves. Afterwards the gradient is stale; nodes that were
 * recorded from the parameters and still stand are so too, and must be rewound or re-evaluated before the next sweep.
 */
AD_API nn_status nn_trainer_step(nn_trainer *trainer, double rate, nn_error *error);

/* Why training ended. */
typedef enum nn_end {
    NN_ALL_EPOCHS,  /* all of options.epochs are done */
    NN_NO_PROGRESS, /* patience is over */
    NN_STOPPED      /* by the callback, or by *stop, in the middle of an epoch perhaps */
} nn_end;

/* Trains from where the trainer is until options.epochs are done, or patience is over, or it is stopped. Each epoch
 * goes once through the shuffled samples in batches: nn_gradient, nn_trainer_step. Called again after a stop it goes on
 * with the next batch of the same epoch: stopped or not, the parameters come out the same to the bit. The best
 * parameters by cost, of `validation` or, where that is NULL, of the training data, are kept beside the present ones.
 * On NN_ERR_NONFINITE (a cost or, at the end of an epoch, a gradient or a parameter) the parameters are the best so far
 * (the starting ones before the first epoch is over), and the optimiser has taken no step. After any other failure a
 * call goes on with the batch that failed. The score of an epoch that went on after nn_load is that of the batches
 * since. *end may be NULL. */
AD_API nn_status nn_train(nn_trainer *trainer, const nn_data *data, const nn_data *validation, nn_end *end,
                          nn_error *error);

/* The best epoch so far, counted from 1 (0: none yet), and its cost; sets the parameters to those after it.
 * NN_ERR_ARGUMENT when there is none yet. */
AD_API size_t nn_best_epoch(const nn_trainer *trainer, double *cost);
AD_API nn_status nn_use_best(nn_trainer *trainer, nn_error *error);

/* --------------------------------------------------------------------------------- model files */

/* What a model file holds: a network, and what is needed to use it or to train it further. */
typedef struct nn_model {
    nn_mlp *net;
    nn_trainer *trainer;   /* NULL: without what training needs */
    double *shift, *scale; /* inputs elements each, or both NULL: the network's input is (x - shift) * scale */
    char **labels;         /* label_count names of the classes, in UTF-8, of at most 255 bytes each, or NULL */
    size_t label_count;
    char **notes; /* note_count lines of UTF-8 that whoever made the model wants kept with it, or NULL: where the data
                     came from, say. They mean nothing to this library */
    size_t note_count;
} nn_model;

/* Writes the model to the file `path`: text, described in nn/model.md, exact to the last bit, independent of the
 * locale, with a checksum. Writes a file beside it first, syncs it and renames it, so that a crash or a full disk
 * leaves the old file whole. NN_ERR_FILE: with the system's reason. NN_ERR_ARGUMENT: a parameter that is not finite,
 * ... */
AD_API nn_status nn_save(const nn_model *model, const char *path, nn_error *error);

/* Reads a model file; the parameters go to the end of the tape. NN_ERR_FORMAT: the message begins with
 * "path:line: ". Only regular files are read. On failure *model is all-zero and the tape as it was. Free the model
 * with nn_model_free. */
AD_API nn_status nn_load(nn_model *model, ad_tape *tape, const char *path, nn_error *error);

/* Frees net, trainer, shift, scale, labels and notes, which must have come from nn_load (or NULL), and makes it
 * all-zero. */
AD_API void nn_model_free(nn_model *model);

#ifdef __cplusplus
}
#endif

#endif
