/* SPDX-License-Identifier: MIT */
#include "kernels.h"

extern const ad_kernels ad_kernels_plain;
#ifdef HAVE_KERNELS_X86
extern const ad_kernels ad_kernels_avx2, ad_kernels_avx512;
#endif

const ad_kernels *const *ad_kernels_all(void)
{
    static const ad_kernels *const plain[] = {&ad_kernels_plain, NULL};
#ifdef HAVE_KERNELS_X86
    static const ad_kernels *const avx2[] = {&ad_kernels_avx2, &ad_kernels_plain, NULL};
    static const ad_kernels *const avx512[] = {&ad_kernels_avx512, &ad_kernels_avx2, &ad_kernels_plain, NULL};
    if (__builtin_cpu_supports("avx512f")) return avx512;
    if (__builtin_cpu_supports("avx2")) return avx2;
#endif
    return plain;
}

const ad_kernels *ad_kernels_choose(void) { return ad_kernels_all()[0]; }
