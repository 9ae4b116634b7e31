// SPDX-License-Identifier: MIT
#include "bench_adolc.h"
#include "bench_network.h"

#include <adolc/adolc.h>

#include <cmath>
#include <vector>

namespace {

const short tag = 1;

// Begins a tape of about so many operations, in buffers just large enough that nothing goes to files, which keeps what
// the reverse sweep needs.
void start(size_t operations)
{
    const unsigned steps = static_cast<unsigned>(2 * operations) + 1024;
    trace_on(tag, 1, steps, 3 * steps, steps, steps, 1);
}

// One gradient: `formula` makes the output of the inputs.
template <typename Formula>
double gradient_of(size_t operations, const double *x, size_t n, double *gradient, const Formula &formula)
{
    static std::vector<adouble> inputs;
    double value = 0, weight = 1;
    inputs.resize(n);
    start(operations + n);
    for (size_t k = 0; k < n; k++) inputs[k] <<= x[k];
    {
        adouble out = formula(inputs);
        out >>= value;
    }
    trace_off();
    fos_reverse(tag, 1, static_cast<int>(n), &weight, gradient);
    return value;
}

adouble squares(const adouble *x, size_t n)
{
    adouble sum = x[0] * x[0];
    for (size_t k = 1; k < n; k++) sum += x[k] * x[k];
    return sum;
}

adouble log_sum_exp(const adouble *x, size_t n)
{
    size_t most = 0;
    for (size_t k = 1; k < n; k++)
        if (x[k].value() > x[most].value()) most = k;
    adouble sum = exp(x[0] - x[most]);
    for (size_t k = 1; k < n; k++) sum += exp(x[k] - x[most]);
    return log(sum) + x[most];
}

struct Mixture {
    const double *data;
    size_t points, dim, parts;

    adouble operator()(const std::vector<adouble> &x) const
    {
        const size_t lower = dim * (dim - 1) / 2, factor = dim + lower;
        const adouble *mu = x.data() + parts, *q = mu + parts * dim;
        std::vector<adouble> diagonal(parts * dim), sums(parts), terms(parts), c(dim), y(dim);
        for (size_t k = 0; k < parts; k++) {
            sums[k] = q[k * factor];
            for (size_t j = 0; j < dim; j++) diagonal[k * dim + j] = exp(q[k * factor + j]);
            for (size_t j = 1; j < dim; j++) sums[k] += q[k * factor + j];
        }
        adouble total = 0;
        for (size_t i = 0; i < points; i++) {
            for (size_t k = 0; k < parts; k++) {
                const adouble *l = q + k * factor + dim;
                for (size_t j = 0; j < dim; j++) c[j] = data[i * dim + j] - mu[k * dim + j];
                for (size_t j = 0; j < dim; j++) y[j] = diagonal[k * dim + j] * c[j];
                for (size_t j = 0; j < dim; j++)
                    for (size_t r = j + 1; r < dim; r++) y[r] += *l++ * c[j];
                terms[k] = x[k] + sums[k] - 0.5 * squares(y.data(), dim);
            }
            total += log_sum_exp(terms.data(), parts);
        }
        adouble prior = 0;
        for (size_t k = 0; k < parts; k++)
            prior += squares(&diagonal[k * dim], dim) + squares(q + k * factor + dim, lower);
        return total - static_cast<double>(points) * log_sum_exp(x.data(), parts) + 0.5 * prior;
    }
};

adouble activate(int activation, const adouble &z)
{
    if (activation == BENCH_TANH) return tanh(z);
    if (activation == BENCH_RELU) return fmax(z, 0.0);
    return 1.0 / (1.0 + exp(-z));
}

struct Network {
    const size_t *widths;
    size_t layers;
    int activation;
    const double *sample, *target;

    template <typename Number> std::vector<adouble> layer(size_t l, const adouble *w, const Number *in) const
    {
        const size_t width = widths[l], above = widths[l + 1];
        const adouble *b = w + width * above;
        std::vector<adouble> out(above);
        for (size_t j = 0; j < above; j++) {
            adouble z = w[j * width] * in[0];
            for (size_t k = 1; k < width; k++) z += w[j * width + k] * in[k];
            z += b[j];
            out[j] = activate(l + 1 < layers ? activation : BENCH_SIGMOID, z);
        }
        return out;
    }

    adouble operator()(const std::vector<adouble> &x) const
    {
        const adouble *w = x.data();
        std::vector<adouble> out = layer(0, w, sample);
        for (size_t l = 1; l < layers; l++) {
            w += (widths[l - 1] + 1) * widths[l];
            out = layer(l, w, out.data());
        }
        for (size_t k = 0; k < out.size(); k++) out[k] -= target[k];
        return 0.5 * squares(out.data(), out.size());
    }
};

} // namespace

// A factor need not live longer than its multiplication: ADOL-C keeps the values of all that live at once.
double bench_adolc_product(size_t operations, const double *x, size_t n, double *gradient)
{
    double value = 0, weight = 1;
    start(operations + n);
    {
        adouble p;
        p <<= x[0];
        for (size_t k = 1; k < n; k++) {
            adouble factor;
            factor <<= x[k];
            p *= factor;
        }
        p >>= value;
    }
    trace_off();
    fos_reverse(tag, 1, static_cast<int>(n), &weight, gradient);
    return value;
}

double bench_adolc_mixture(size_t operations, const double *data, size_t points, size_t dim, size_t parts,
                           const double *x, size_t n, double *gradient)
{
    return gradient_of(operations, x, n, gradient, Mixture{data, points, dim, parts});
}

double bench_adolc_network(size_t operations, const size_t *widths, size_t layers, int activation, const double *sample,
                           const double *target, const double *x, size_t n, double *gradient)
{
    return gradient_of(operations, x, n, gradient, Network{widths, layers, activation, sample, target});
}
