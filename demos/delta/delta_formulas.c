/* SPDX-License-Identifier: MIT */
/* The five conventions' formulas, line by line, and what is to be remarked on them. */
#include "delta_view.h"
#include "command.h"
#include "language.h"

static const char *const *logistic_formulas(nn_cost cost, bool backward)
{
    static const char *const binary[] = {"C = −Σ [y log a^(L) + (1 − y) log(1 − a^(L))]",
                                         "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l))", NULL};
    static const char *const softmax[] = {
        "C = −Σ y log a^(L)", "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l)), a^(L) = softmax(z^(L))", NULL};
    static const char *const squares[] = {"C = ½ Σ (a^(L) − y)²",
                                          "z^(l+1) = Θ^(l) a^(l)        a^(l) = σ(z^(l)), a^(L) = z^(L)", NULL};
    static const char *const deltas[] = {"δ^(L) = a^(L) − y", "δ^(l) = ((Θ^(l))ᵀ δ^(l+1)) ⊙ σ′(z^(l))",
                                         "∂C/∂θ^(l)_ij = δ^(l+1)_i a^(l)_j", NULL};
    if (backward) return deltas;
    return cost == NN_BINARY_CROSS_ENTROPY ? binary : cost == NN_SOFTMAX_CROSS_ENTROPY ? softmax : squares;
}

static const char *const *squared_formulas(bool backward)
{
    static const char *const forward[] = {"C₀ = Σ (a^[L] − y)²",
                                          "z^[l] = W^[l] a^[l−1] + b^[l]        a^[l] = g(z^[l])", NULL};
    static const char *const deltas[] = {"da^[L] = 2 (a^[L] − y)        da^[l−1] = (W^[l])ᵀ dz^[l]",
                                         "dz^[l] = da^[l] ⊙ g′(z^[l])",
                                         "dW^[l] = dz^[l] (a^[l−1])ᵀ        db^[l] = dz^[l]", NULL};
    return backward ? deltas : forward;
}

/* One neuron in each layer. */
static const char *const *chain_formulas(bool backward)
{
    static const char *const forward[] = {"C₀ = (a^(L) − y)²", "z^(l) = w^(l) a^(l−1) + b^(l)        a^(l) = σ(z^(l))",
                                          NULL};
    static const char *const deltas[] = {
        "∂C₀/∂w^(L) = ∂z/∂w · ∂a/∂z · ∂C₀/∂a = a^(L−1) σ′(z^(L)) 2 (a^(L) − y)",
        "∂C₀/∂b^(L) = ∂z/∂b · ∂a/∂z · ∂C₀/∂a = σ′(z^(L)) 2 (a^(L) − y)",
        "∂C₀/∂a^(L−1) = ∂z/∂a · ∂a/∂z · ∂C₀/∂a = w^(L) σ′(z^(L)) 2 (a^(L) − y)",
        N_("and so on for every layer before it, with ∂C₀/∂a^(l) in place of 2 (a^(L) − y)"), NULL};
    return backward ? deltas : forward;
}

static const char *const *half_mean_formulas(nn_cost cost, bool backward)
{
#define Z "z^l = w^l a^(l−1) + b^l        a^l = σ(z^l)"
#define BP1 "BP1   δ^L_j = ∂C/∂a^L_j σ′(z^L_j)"
#define BP2_TO_4 \
    "BP2   δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l)", "BP3   ∂C/∂b^l_j = δ^l_j", "BP4   ∂C/∂w^l_jk = a^(l−1)_k δ^l_j", NULL
    static const char *const forward[][3] = {
        {N_("C = 1/(2n) Σ ‖y − a^L‖², of n = 1 sample"), Z, NULL},
        {"C = ‖y − a^L‖²", Z, NULL},
        {N_("C = 1/n^L ‖y − a^L‖², n^L the number of outputs"), Z, NULL},
    };
    static const char *const deltas[][6] = {
        {BP1, "BP1a  δ^L = ∇_a C ⊙ σ′(z^L),  ∇_a C = a^L − y", BP2_TO_4},
        {BP1, "BP1a  δ^L = ∇_a C ⊙ σ′(z^L),  ∇_a C = 2 (a^L − y)", BP2_TO_4},
        {BP1, "BP1a  δ^L = ∇_a C ⊙ σ′(z^L),  ∇_a C = 2/n^L (a^L − y)", BP2_TO_4},
    };
#undef Z
#undef BP1
#undef BP2_TO_4
    return backward ? deltas[cost] : forward[cost];
}

static const char *const *row_formulas(bool backward)
{
    static const char *const formulas[][4] = {
        {"E = ½ ‖ŷ − y‖²", "z_k = x_k W_k − b_k        x_(k+1) = f(z_k)        ŷ = x_(l+1)", NULL},
        {N_("∂E/∂b_l = −(ŷ − y) ∘ f′(z_l)        of a sigmoid f′(z_l) = ŷ ∘ (1 − ŷ)"),
         "∂E/∂b_k = (∂E/∂b_(k+1) W_(k+1)ᵀ) ∘ f′(z_k)", "∂E/∂W_k = −x_kᵀ ∂E/∂b_k", NULL}};
    return formulas[backward];
}

/* At most three layers, whose matrices and biases have letters. */
static const char *const *lettered_formulas(size_t depth, bool backward)
{
    static const char *const forward[][5] = {
        {"E = ½ ‖ŷ − y‖²        ŷ = f(xA − a)", "z_1 = xA − a            ŷ = f(z_1)", NULL},
        {"E = ½ ‖ŷ − y‖²        ŷ = f(f(xA − a)B − b)", "z_1 = xA − a            hidden₁ = f(z_1)",
         "z_2 = hidden₁ B − b     ŷ = f(z_2)", NULL},
        {"E = ½ ‖ŷ − y‖²        ŷ = f(f(f(xA − a)B − b)C − c)", "z_1 = xA − a            hidden₁ = f(z_1)",
         "z_2 = hidden₁ B − b     hidden₂ = f(z_2)", "z_3 = hidden₂ C − c     ŷ = f(z_3)", NULL}};
    static const char *const deltas[][5] = {
        {"∂E/∂a = −(ŷ − y) ∘ f′(z_1)             ∂E/∂A = −xᵀ ∂E/∂a", N_("f′(z_1) = ŷ ∘ (1 − ŷ) of a sigmoid"), NULL},
        {"∂E/∂b = −(ŷ − y) ∘ f′(z_2)             ∂E/∂B = −hidden₁ᵀ ∂E/∂b",
         "∂E/∂a = (∂E/∂b Bᵀ) ∘ f′(z_1)           ∂E/∂A = −xᵀ ∂E/∂a",
         N_("f′(z_2) = ŷ ∘ (1 − ŷ) of a sigmoid, and likewise with hidden₁"), NULL},
        {"∂E/∂c = −(ŷ − y) ∘ f′(z_3)             ∂E/∂C = −hidden₂ᵀ ∂E/∂c",
         "∂E/∂b = (∂E/∂c Cᵀ) ∘ f′(z_2)           ∂E/∂B = −hidden₁ᵀ ∂E/∂b",
         "∂E/∂a = (∂E/∂b Bᵀ) ∘ f′(z_1)           ∂E/∂A = −xᵀ ∂E/∂a",
         N_("f′(z_3) = ŷ ∘ (1 − ŷ) of a sigmoid, and likewise with hidden₁ and "
            "hidden₂"),
         NULL}};
    return backward ? deltas[depth - 1] : forward[depth - 1];
}

static const char *const *neuron_formulas(bool backward)
{
    static const char *const formulas[][5] = {
        {"L = ½ Σ_v (t_v − o_v)²", "z_q = Σ_p w_pq o_p + b_q        o_q = f(z_q)", NULL},
        {N_("δ_v = −(t_v − o_v) f′(z_v)          an output neuron v"),
         N_("δ_q = f′(z_q) Σ_k δ_k w_qk         a hidden neuron q, which leads to k"),
         "∂L/∂w_pq = δ_q o_p        ∂L/∂b_q = δ_q", N_("f′(z_q) = o_q (1 − o_q) of a sigmoid"), NULL}};
    return formulas[backward];
}

const char *const *convention_formulas(nn_convention convention, nn_cost cost, bool backward)
{
    switch (convention) {
    case NN_LOGISTIC: return logistic_formulas(cost, backward);
    case NN_SQUARED: return squared_formulas(backward);
    case NN_HALF_MEAN: return half_mean_formulas(cost, backward);
    case NN_ROW_MINUS_BIAS: return row_formulas(backward);
    case NN_PER_NEURON: return neuron_formulas(backward);
    }
    return NULL;
}

const char *const *formulas_of(const delta_view *v, bool backward)
{
    if (is_chain(v)) return chain_formulas(backward);
    if (has_letters(v)) return lettered_formulas(depth_of(v), backward);
    return convention_formulas(v->convention, nn_mlp_shape(v->net)->cost, backward);
}

char *step_formula(const delta_view *v)
{
    static const char *const weights[NN_CONVENTIONS] = {"θ ← θ − η ∂C/∂θ", "W ← W − η dW", "w ← w − η ∂C/∂w",
                                                        "W ← W − η ∂E/∂W", "w_pq ← w_pq − η ∂L/∂w_pq"};
    static const char *const biases[NN_CONVENTIONS] = {NULL, "b ← b − η db", "b ← b − η ∂C/∂b", "b ← b − η ∂E/∂b",
                                                       "b_q ← b_q − η ∂L/∂b_q"};
    const char *w = is_chain(v) ? "w ← w − η ∂C₀/∂w" : weights[v->convention];
    const char *b = is_chain(v) ? "b ← b − η ∂C₀/∂b" : biases[v->convention];
    return v->hold_biases || b == NULL || !has_some_biases(v) ? copied(w) : formatted("%s        %s", w, b);
}

/* ---------------------------------------------------------------------------------------- errata */

const char *convention_remark(nn_convention convention, bool backward)
{
    static const char *const remarks[NN_CONVENTIONS][2] = {
        [NN_SQUARED] = {NULL, N_("The note writes da^[l−1] = dz · dW in its last line; it must be (W^[l])ᵀ dz^[l]: the "
                                 "weights, not their gradient.")},
        [NN_HALF_MEAN] =
            {N_("The note writes the sigmoid as 1/(1 − e^−x); it must be 1/(1 + e^−x)."),
             N_("The note's demon moves z to z − η (∂C/∂z) Δz; it must choose a Δz of the opposite sign to "
                "∂C/∂z, and then ΔC ≈ (∂C/∂z) Δz.")},
        [NN_ROW_MINUS_BIAS] = {N_("The note calls hidden₁ and hidden₂ column vectors; they must be rows, as x is."),
                               N_("The note writes B · hidden₁ once in ∂E/∂b; it must be hidden₁ · B.")},
        [NN_PER_NEURON] = {NULL, N_("The note defines δ_v = ∂L/∂z_v and then writes (t_v − o_v) o_v (1 − o_v), which "
                                    "has lost its sign; it must be −(t_v − o_v) o_v (1 − o_v), and with it "
                                    "∂L/∂w_uv = +δ_v o_u.")},
    };
    const char *remark = remarks[convention][backward];
    return remark != NULL ? _(remark) : NULL;
}
