/* SPDX-License-Identifier: MIT */
/* Random numbers that are the same everywhere: integers, and IEEE operations that are exactly rounded. */
#include <nn/nn.h>

#include <math.h>
#include <string.h>

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t split(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

nn_random nn_random_new(uint64_t seed)
{
    nn_random random;
    for (int k = 0; k < 4; k++) random.state[k] = split(&seed);
    return random;
}

static uint64_t rotated(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

uint64_t nn_random_bits(nn_random *random)
{
    uint64_t *const s = random->state;
    const uint64_t result = rotated(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return result;
}

double nn_random_uniform(nn_random *random) { return (double)(nn_random_bits(random) >> 11) * 0x1p-53; }

/* The high half of the product; the low one goes to *low. */
static uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    const uint64_t mask = 0xffffffffu, a0 = a & mask, a1 = a >> 32, b0 = b & mask, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (middle & mask);
    *low = a * b;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

uint64_t nn_random_below(nn_random *random, uint64_t n)
{
    uint64_t low, high = multiply(nn_random_bits(random), n, &low);
    if (low >= n) return high;
    const uint64_t excess = (0 - n) % n; /* 2^64 mod n: so many numbers would come out too often */
    while (low < excess) high = multiply(nn_random_bits(random), n, &low);
    return high;
}

/* Natural logarithm of a positive normal number, as 2^e m: e log 2 + 2 atanh((m - 1) / (m + 1)) with m near 1. The
 * terms left out of the series are below half of the last bit. */
static double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t fraction = bits & 0xfffffffffffffu, one = (uint64_t)1023 << 52;
    int exponent = (int)(bits >> 52) - 1023;
    double m;
    bits = one | fraction;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m /= 2;
        exponent++;
    }
    const double f = (m - 1) / (m + 1), square = f * f;
    double series = 0;
    for (int k = 21; k > 1; k -= 2) series = (series + 1.0 / k) * square;
    return exponent * 0.6931471805599453 + 2 * (f + f * series);
}

double nn_random_normal(nn_random *random)
{
    double x, s;
    do {
        x = 2 * nn_random_uniform(random) - 1;
        const double y = 2 * nn_random_uniform(random) - 1;
        s = x * x + y * y;
    } while (s >= 1 || s == 0);
    return x * sqrt(-2 * logarithm(s) / s);
}

void nn_random_order(nn_random *random, size_t *order, size_t n)
{
    for (size_t k = 0; k < n; k++) order[k] = k;
    for (size_t left = n; left > 1; left--) {
        const size_t chosen = (size_t)nn_random_below(random, left), last = order[left - 1];
        order[left - 1] = order[chosen];
        order[chosen] = last;
    }
}
