/* SPDX-License-Identifier: MIT */
/* Chainrule's closed forms: what five ways of writing backpropagation down say delta, dC/dw and dC/db are, each in its
 * own notation, as plain loops over plain arrays, without a tape; and the check of a network's tape against them.
 *
 * The five *conventions* are those of five sets of notes, which differ in the cost, in the sign of the biases, in the
 * order of indices and in which way rows and columns go:
 *
 *     convention       cost of a sample     weights            delta of the output
 *     logistic         a matched pair       theta^(l)_{ij}     a - y
 *     squared          sum (a - y)^2        W^[l]              dz = 2 (a - y) g'(z)
 *     half-mean        1/2 |y - a|^2        w^l_{jk}           (a - y) sigma'(z)
 *     row-minus-bias   1/2 |yhat - y|^2     x_k W_k - b_k      -dE/db = (yhat - y) f'
 *     per-neuron       1/2 (t - o)^2        w_{pq}, p to q     -(t - o) f'(z)
 *
 * Symbols are those of the convention, said in its section; (.) is the product entry by entry (Hadamard's), ^T a
 * transposed matrix. In all of them delta is dC/dz, of the neuron's weighted input, and the derivative of an activation
 * is taken of z, not of the output: o (1 - o) loses its digits as o comes near 1. What is meant by each activation's
 * derivative at a kink is what the op table of the engine says, and alpha is as in nn_layer.
 *
 *     nn_delta_report report;
 *     nn_error error;
 *     if (nn_check_delta(net, nn_convention_for(nn_mlp_shape(net)), x, y, &report, &error) != NN_OK)
 * puts(error.message); else puts(report.agrees ? "every gradient is right" : "they differ");
 *     nn_delta_report_free(&report);
 *
 * Arrays are the caller's, matrices row-major; "out:" marks what a closed form writes. No closed form allocates. Where
 * they are too short or missing the behaviour is undefined; a shape or a cost that the convention does not know is
 * NN_ERR_ARGUMENT, and nothing is written. Cost: O(weights) for each sample.
 */
#ifndef NN_DELTA_H
#define NN_DELTA_H

#include <nn/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_convention { NN_LOGISTIC, NN_SQUARED, NN_HALF_MEAN, NN_ROW_MINUS_BIAS, NN_PER_NEURON } nn_convention;
enum { NN_CONVENTIONS = NN_PER_NEURON + 1 };

/* "logistic", "squared", "half-mean", "row-minus-bias", "per-neuron"; NULL for no such number; -1 for no such name. */
AD_API const char *nn_convention_name(nn_convention convention);
AD_API int nn_convention_find(const char *name);

/* NN_OK when the convention knows a network of this shape; otherwise NN_ERR_ARGUMENT, and the message says which cost,
 * activation or layers it needs:
 *   logistic        NN_BINARY_CROSS_ENTROPY, NN_SOFTMAX_CROSS_ENTROPY, or NN_HALF_SUM_OF_SQUARES on NN_IDENTITY
 *   squared         NN_SUM_OF_SQUARES
 *   half-mean       any of the three costs of squares
 *   row-minus-bias  NN_HALF_SUM_OF_SQUARES, no skip connections
 *   per-neuron      NN_HALF_SUM_OF_SQUARES */
AD_API nn_status nn_convention_fits(nn_convention convention, const nn_shape *shape, nn_error *error);

/* The convention for a network of which nothing more is known: the first that fits. */
AD_API nn_convention nn_convention_for(const nn_shape *shape);

/* --------------------------------------------------------------------------- activations, as plain functions */

/* f(z) and f'(z). NaN for NN_SOFTMAX, which is no function of one z. */
AD_API double nn_activation_value(nn_activation activation, double alpha, double z);
AD_API double nn_activation_slope(nn_activation activation, double alpha, double z);

/* f'(z) from the output o = f(z) alone, which saves an exponential: o (1 - o) for the sigmoid, 1 - o^2 for tanh,
 * 1 - e^-o for softplus, o + alpha below 0 for ELU. It loses digits where o is rounded to the value of a limit, and all
 * of them in the end. NaN where two z have the same output: SiLU, GELU, leaky ReLU and ELU with alpha < 0; and for
 * softmax. */
AD_API double nn_activation_slope_of_output(nn_activation activation, double alpha, double o);

/* ------------------------------------------------------------------------------------ logistic */

/* Layers l = 1 .. L, the input being layer 1; theta^(l)_{ij} leads from unit j of layer l to unit i of layer l + 1:
 *
 *     a^(1) = x,  z^(l+1) = Theta^(l) a^(l),  a^(l) = sigma(z^(l))  [+ a^(l-s)]
 *     delta^(L) = a^(L) - y
 *     delta^(l) = ((Theta^(l))^T delta^(l+1)) (.) sigma'(z^(l))
 *     dC/dtheta^(l)_{ij} = delta^(l+1)_i a^(l)_j
 *
 * The second line is true of *matched pairs* of a cost C and an output: cross-entropy on sigmoid, softmax cross-entropy
 * on softmax (the y_j must add up to 1), half the sum of squares on identity.
 *
 * The note has no biases. Here a layer may have a bias unit, a^(l)_0 = 1, whose theta^(l)_{i0} come first in the rows
 * of Theta^(l). The note has no skip connections either; with one, a^(l-s) also receives what a^(l) does. */
typedef struct nn_logistic_layer {
    size_t units;
    nn_activation activation; /* sigma, of all layers but the first */
    double alpha;
    size_t skip; /* s, or 0 */
    bool bias_unit;
    const double *theta; /* Theta^(l), of all layers but the last: units of layer l + 1 x (bias_unit + units) */
    double *z, *delta;   /* out: of all layers but the first */
    double *a, *da;      /* out: a^(l) and dC/da^(l), without the bias unit; da of layer 1 is dC/dx. Of the output of a
                            cross-entropy, da is all 0: its C is computed from z */
    double *dtheta;      /* out: dC/dTheta^(l), like theta */
    size_t paths;        /* out: from a unit of this layer to C; NN_MOST_PATHS + 1 when there are more than that */
} nn_logistic_layer;

typedef struct nn_logistic_net {
    size_t layers;            /* L, at least 2 */
    nn_logistic_layer *layer; /* layer[l - 1] is layer l */
    nn_cost cost;
    double C; /* out */
} nn_logistic_net;

AD_API nn_status nn_delta_logistic(nn_logistic_net *net, const double *x, const double *y, nn_error *error);

/* The same delta as the chain rule has it before anything is factored out: a sum over all paths from z^(l)_j to C,
 * each path the product of the local derivatives along it. In a network of 4 layers with 2 units in layer 3 and 1 in
 * layer 4 two paths lead from z^(2)_2:
 *
 *     dC/dz^(2)_2 = (a^(4)_1 - y) theta^(3)_{11} sigma'(z^(3)_1) theta^(2)_{12} sigma'(z^(2)_2)
 *                 + (a^(4)_1 - y) theta^(3)_{12} sigma'(z^(3)_2) theta^(2)_{22} sigma'(z^(2)_2)
 *
 * Their number is the product of the widths of the layers above (a skip connection adds more), so that the sum is for
 * networks of a size to be looked at: at most NN_MOST_PATHS paths. */
enum { NN_MOST_PATHS = 1000000 };

/* A unit that a path goes through. */
typedef struct nn_path_step {
    size_t layer, unit; /* both from 1 */
    bool skipped_to; /* from `unit` of an earlier layer by a skip connection: the derivative is 1, and z is left out */
    double theta;    /* theta^(layer-1)_{unit, unit before}, by which the path comes here; 1 for the first unit */
    double slope;    /* sigma'(z^(layer)_unit); of the last unit: a^(L)_unit - y_unit; 1 if skipped to */
} nn_path_step;

/* After nn_delta_logistic: path number `path` (from 0) from z^(l)_j to C, j from 1, l from 2. Returns its product, the
 * product of all theta and slope. steps (may be NULL) has room for L - l + 1; *count (may be NULL) is how many there
 * are. NaN for a layer, a unit or a path that does not exist, or when there are more than NN_MOST_PATHS. */
AD_API double nn_logistic_path(const nn_logistic_net *net, size_t l, size_t j, size_t path, nn_path_step *steps,
                               size_t *count);

/* After nn_delta_logistic: the sum over all paths. O(paths L). NN_ERR_ARGUMENT for a layer or a unit that does not
 * exist, and when there are more than NN_MOST_PATHS. */
AD_API nn_status nn_logistic_sum_of_paths(const nn_logistic_net *net, size_t l, size_t j, double *sum, nn_error *error);

/* ------------------------------------------------------------------------------------- squared */

/* Layers l = 1 .. L on the input a^[0]. Every sample has wishes for every w, b and a: the derivatives of its own cost
 * C_0 = sum_j (a^[L]_j - y_j)^2, where the factor 2 stays. They are found for the last layer first and handed on:
 *
 *     z^[l] = W^[l] a^[l-1] + b^[l],  a^[l] = g(z^[l])  [+ a^[l-s]]
 *     da^[L] = 2 (a^[L] - y)
 *     dz^[l] = da^[l] (.) g'(z^[l]),  dW^[l] = dz^[l] (a^[l-1])^T,  db^[l] = dz^[l]
 *     da^[l-1] = (W^[l])^T dz^[l]
 *
 * (The note has dz dW in the last line, which is a slip.) The cost of a batch is J = 1/m sum_i C_0^(i), and so the
 * gradient of a batch is the mean of the samples' wishes. With a skip connection, da^[l-s] also receives da^[l]. */
typedef struct nn_squared_layer {
    size_t width;
    nn_activation activation; /* g */
    double alpha;
    size_t skip;         /* s, or 0 */
    const double *W, *b; /* W^[l]: width x width of layer l - 1; b^[l], or NULL: no biases */
    double *z, *dz;      /* out: of the batch's last sample */
    double *a, *da;      /* out: the same; those of layer 0 are x and dC_0/dx */
    double *dW, *db;     /* out: the means over the batch; db may be NULL */
} nn_squared_layer;

typedef struct nn_squared_net {
    size_t layers;           /* L, at least 1 */
    nn_squared_layer *layer; /* layer[0] .. layer[L]; of layer[0] only width, a and da are looked at */
    double J;                /* out */
} nn_squared_net;

/* x is m x width of layer 0, y m x width of layer L; m = 1 gives the wishes of one sample. */
AD_API nn_status nn_delta_squared(nn_squared_net *net, const double *x, const double *y, size_t m, nn_error *error);

/* ----------------------------------------------------------------------------------- half-mean */

/* Layers l = 1 .. L on the input a^0; w^l_{jk} leads from unit k of layer l - 1 to unit j of layer l. The cost is the
 * mean over n samples, C = 1/n sum_x C_x, and that of a sample is C_x = 1/2 |y - a^L|^2:
 *
 *     z^l = w^l a^{l-1} + b^l,  a^l = sigma(z^l)  [+ a^{l-s}]
 *     delta^L = grad_a C (.) sigma'(z^L)                      (BP1), grad_a C = a^L - y
 *     delta^l = ((w^{l+1})^T delta^{l+1}) (.) sigma'(z^l)     (BP2)
 *     dC/db^l_j = delta^l_j                                   (BP3)
 *     dC/dw^l_{jk} = a^{l-1}_k delta^l_j                      (BP4)
 *
 * BP1 takes other costs by their gradient: sum of squares (2 (a^L - y)), mean of squares (2/n^L (a^L - y)). With a skip
 * connection, the bracket of BP2 in layer l - s also receives that of layer l. (The sigmoid is 1/(1 + e^-x); the note
 * has a slip in its sign.)
 *
 * A demon may sit at a neuron and add Delta z to its weighted input; then Delta C is about delta Delta z, which is what
 * delta means. A good demon chooses a Delta z of the opposite sign of delta. */
typedef struct nn_half_mean_layer {
    size_t width;
    nn_activation activation; /* sigma */
    double alpha;
    size_t skip;         /* s, or 0 */
    const double *w, *b; /* w^l: width x width of layer l - 1; b^l, or NULL: no biases */
    const double *demon; /* Delta z^l, one for each neuron; NULL: no demon */
    double *z, *delta;   /* out: of the last sample */
    double *a, *da;      /* out: the same; da is grad_a C and the bracket of BP2; those of layer 0 are x and dC_x/dx */
    double *dw, *db;     /* out: the means over the samples; db may be NULL */
} nn_half_mean_layer;

typedef struct nn_half_mean_net {
    size_t layers;             /* L, at least 1 */
    nn_half_mean_layer *layer; /* layer[0] .. layer[L]; of layer[0] only width, a and da are looked at */
    nn_cost cost;              /* C_x: one of the three of squares */
    double C;                  /* out */
} nn_half_mean_net;

/* x is n x width of layer 0, y n x width of layer L. */
AD_API nn_status nn_delta_half_mean(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error);

/* ------------------------------------------------------------------------------ row-minus-bias */

/* Row vectors, and biases that are subtracted. Layers k = 1 .. l, x_1 = x the input, W_k is in x out:
 *
 *     x_{k+1} = f(x_k W_k - b_k),  yhat = x_{l+1},  E = 1/2 |yhat - y|^2
 *     dE/db_l = -(yhat - y) (.) f'
 *     dE/db_k = (dE/db_{k+1} W_{k+1}^T) (.) f'      for k < l
 *     dE/dW_k = -x_k^T dE/db_k
 *
 * f' stands for f'(x_k W_k - b_k). The note takes it from the stored output, f (1 - f) for the sigmoid and 1 - f^2 for
 * tanh, which is slope_of_output here; the gradients are made with slope, which keeps its digits. The recursion runs
 * over dE/db, and so a layer without biases has it too: it is -dE/dz. */
typedef struct nn_row_layer {
    size_t width;             /* out */
    nn_activation activation; /* f */
    double alpha;
    const double *W, *b;             /* W_k: in x out; b_k, or NULL: no biases */
    double *z;                       /* out: x_k W_k - b_k */
    double *output;                  /* out: x_{k+1} */
    double *slope, *slope_of_output; /* out: f' of z, and of the output (NaN where that does not tell) */
    double *dE_dW, *dE_db;           /* out */
} nn_row_layer;

typedef struct nn_row_net {
    size_t inputs;
    size_t layers;       /* l, at least 1 */
    nn_row_layer *layer; /* layer[k - 1] is layer k */
    double *dE_dx;       /* out: -dE/db_1 W_1^T, or NULL */
    double E;            /* out */
} nn_row_net;

AD_API nn_status nn_delta_row_minus_bias(nn_row_net *net, const double *x, const double *y, nn_error *error);

/* ---------------------------------------------------------------------------------- per-neuron */

/* Neuron by neuron, for any feed-forward wiring: w_{pq} leads from neuron p to neuron q, whatever their layers, if they
 * are in any. t_v is the target of the output neuron v, eta the learning rate:
 *
 *     z_q = sum_p w_{pq} o_p + b_q,  o_q = f(z_q),  L = 1/2 sum_v (t_v - o_v)^2
 *     delta_v = -(t_v - o_v) f'(z_v)                 an output neuron
 *     delta_q = f'(z_q) sum_k delta_k w_{qk}         a hidden neuron; k: all that q leads to
 *     dL/dw_{pq} = delta_q o_p,  dL/db_q = delta_q
 *     w_{pq} <- w_{pq} - eta dL/dw_{pq}
 *
 * (The note loses the minus sign of delta_v on the way; with it the gradient is +delta o.) An output neuron that leads
 * on to others has both terms. f' = o (1 - o) of the note is slope_of_output here, as in row-minus-bias. A skip
 * connection that adds an activation is a neuron with identity and weights of 1. */
typedef struct nn_neuron {
    nn_activation activation; /* f; not looked at in inputs */
    double alpha;
    double bias;                   /* b_q; 0: none */
    double z, o;                   /* out: of an input both are its x */
    double slope, slope_of_output; /* out: f' of z, and of the output (NaN where that does not tell) */
    double delta;                  /* out: dL/dz_q = dL/db_q; of an input: dL/dx */
} nn_neuron;

typedef struct nn_wire {
    size_t p, q; /* p < q */
    double w;
    double dw; /* out: dL/dw_{pq} */
} nn_wire;

typedef struct nn_wiring {
    size_t neurons;       /* in all; each takes only from ones with a lower number */
    nn_neuron *neuron;    /* the inputs come first */
    size_t inputs;        /* at least 1 */
    size_t wires;         /* in the order of their q */
    nn_wire *wire;        /* all that lead to the same q in a row */
    size_t outputs;       /* at least 1 */
    const size_t *output; /* the neurons v */
    double L;             /* out */
} nn_wiring;

AD_API nn_status nn_delta_per_neuron(nn_wiring *net, const double *x, const double *t, nn_error *error);

/* One step down the gradient that the last nn_delta_per_neuron found: all weights, and all biases but the inputs' if
 * `biases` says so. All gradients are there before the first weight changes: a hidden delta never sees an output
 * weight that is already new. */
AD_API void nn_per_neuron_update(nn_wiring *net, double eta, bool biases);

/* ---------------------------------------------------------------------------- checking the tape */

/* What is compared, in the notation of nn.h; the closed form's numbers are brought to it. */
typedef enum nn_tensor {
    NN_TENSOR_Z,     /* z^l: n^l entries */
    NN_TENSOR_A,     /* a^l: n^l */
    NN_TENSOR_DELTA, /* dC/dz^l: n^l */
    NN_TENSOR_DW,    /* dC/dw^l: n^l x n^{l-1} */
    NN_TENSOR_DB,    /* dC/db^l: n^l; no entries without biases */
    NN_TENSOR_DA     /* dC/da^l: n^l; of layer 0, where a is x and there is nothing else, and where the convention
                        speaks of it: in squared */
} nn_tensor;
enum { NN_TENSORS = NN_TENSOR_DA + 1 };

/* One tensor of one layer: both numbers of each entry, and how far they are apart. */
typedef struct nn_tensor_check {
    size_t rows, columns;      /* 0 x 0: there is none */
    const double *tape, *form; /* what the tape has, and the closed form */
    double largest;            /* max |form|; at least 1e-292, below which doubles have fewer digits */
    double difference;         /* max |tape - form| / largest; INFINITY where that is no number */
    size_t row, column;        /* where, from 0 */
    double noise;   /* how far the form's own entries move, likewise, when each weight, bias, input and target
                       moves by its last bit (the most in four trials): what rounding does to any way of
                       computing them */
    double allowed; /* NN_DELTA_TOLERANCE, or 16 noise where that is more */
    bool agrees;    /* difference <= allowed */
} nn_tensor_check;

/* What f' from the output (nn_activation_slope_of_output) loses in the layer against f'(z): the unit with the largest
 * relative difference. Nothing is computed with it. */
typedef struct nn_slope_loss {
    bool known; /* false: the activation has no such form */
    double loss;
    size_t unit;             /* from 0 */
    double slope, of_output; /* of that unit */
} nn_slope_loss;

typedef struct nn_layer_check {
    nn_tensor_check tensor[NN_TENSORS];
    nn_slope_loss slope_loss;
} nn_layer_check;

typedef struct nn_delta_report {
    nn_convention convention;
    size_t depth;          /* L of nn.h */
    nn_layer_check *layer; /* layer[0] .. layer[L] */
    nn_tensor_check cost;  /* C: one entry */
    size_t numbers;        /* compared in all */
    bool agrees;           /* all of them do */
    size_t worst_layer;    /* and tensor: the one with the largest difference / allowed */
    nn_tensor worst;
    void *memory; /* the report's own */
} nn_delta_report;

/* Of the largest entry of a tensor. */
#define NN_DELTA_TOLERANCE 1e-12

/* Compares the tape with the closed form for one sample: x has n^0, y n^L numbers. Records the sample with x as leaves,
 * sweeps, reads the value of every z and a, and the adjoint of every z, a, weight, bias and input; rewinds; then
 * computes all of them again by the convention's closed form, which knows only the values of the parameters, x and y.
 * Returns NN_OK whether they agree or not, which is report->agrees.
 *
 * The two agree to NN_DELTA_TOLERANCE of the largest entry of each tensor, but where rounding leaves fewer digits than
 * that to compare, whoever computes: in a^L - y when a network is almost right, or beside a kink. There the allowed
 * difference is more, and the report has it.
 *
 * Afterwards the adjoints of the parameters are those of this sample (an ad_accumulate is over), and what nn_forward
 * recorded before is no longer nn_activations(net, l) and its like. NN_ERR_ARGUMENT: as nn_convention_fits; for softmax
 * targets that do not add up to 1. NN_ERR_NONFINITE: the message says where. On a failure the report is all-zero;
 * otherwise free it with nn_delta_report_free. Its memory is from the tape's allocator, and it may outlive network and
 * tape. O(parameters) time and memory. */
AD_API nn_status nn_check_delta(nn_mlp *net, nn_convention convention, const double *x, const double *y,
                                nn_delta_report *report, nn_error *error);

/* Frees what a report owns and makes it all-zero. */
AD_API void nn_delta_report_free(nn_delta_report *report);

/* Closed forms in place of the library's: to check a formula of one's own, or to see that a wrong one is found out.
 * NULL stands for the library's. A form fills in what is marked "out:"; anything but NN_OK ends the check. */
typedef struct nn_closed_forms {
    nn_status (*logistic)(nn_logistic_net *net, const double *x, const double *y, nn_error *error);
    nn_status (*squared)(nn_squared_net *net, const double *x, const double *y, size_t m, nn_error *error);
    nn_status (*half_mean)(nn_half_mean_net *net, const double *x, const double *y, size_t n, nn_error *error);
    nn_status (*row_minus_bias)(nn_row_net *net, const double *x, const double *y, nn_error *error);
    nn_status (*per_neuron)(nn_wiring *net, const double *x, const double *t, nn_error *error);
} nn_closed_forms;

/* nn_check_delta with these forms. (The noise is always that of the library's.) */
AD_API nn_status nn_check_delta_by(nn_mlp *net, nn_convention convention, const nn_closed_forms *forms, const double *x,
                                   const double *y, nn_delta_report *report, nn_error *error);

#ifdef __cplusplus
}
#endif

#endif
