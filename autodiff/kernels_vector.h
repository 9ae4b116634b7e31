/* SPDX-License-Identifier: MIT */
/* Vectors of the instruction set that a file of kernels is compiled for. */
#ifndef AUTODIFF_KERNELS_VECTOR_H
#define AUTODIFF_KERNELS_VECTOR_H

/* The widest vector of the target, as the vector extension of gcc and clang; loaded from and stored to the address of
 * any double. */
#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
typedef double vec __attribute__((vector_size(WIDTH), aligned(sizeof(double)), may_alias));
typedef long long bits __attribute__((vector_size(WIDTH)));
typedef double quad __attribute__((vector_size(32)));
typedef double pair __attribute__((vector_size(16)));
#define UNROLLED _Pragma("GCC unroll 16")
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define AT(x) (*(const vec *)(x))
#define PUT(x) (*(vec *)(x))

/* Keeps a vector in a register, which gcc would rather load anew for each of its uses. */
#if WIDTH == 64
#define HOLD(x) __asm__("" : "+v"(x))
#else
#define HOLD(x) (void)(x)
#endif

/* LANES numbers stand in a vector, eight in GROUP of them. */
enum { LANES = WIDTH / sizeof(double), GROUP = 8 / LANES };

#endif
